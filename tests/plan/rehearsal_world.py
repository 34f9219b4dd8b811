"""A small inventory for runbook tests: groups of two instances, each with two servers and one pair."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from drkit.model import (
    Attachment,
    Backend,
    Drill,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Inventory,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
)
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.requests import PlanRequest
from drkit.plan.runbooks import plan_rehearsal
from drkit.plan.steps import Plan

NOW = datetime(2025, 12, 31, 23, 55, tzinfo=UTC)
BACKEND = Backend(True, "sandbox", "practice-1", "rehearsals", "p1")


def aims(kind: RunbookKind, *groups: str) -> Objectives:
    declared: dict[str, Any] = {}
    if kind.declared:
        declared = {"declared_what": "az1 is dark", "declared_by": "Shift lead", "declared_at": NOW}
    targets = tuple((each, 900) for each in groups)
    return Objectives(kind, "Practice", "All of it", "Orders work.", ("Duty engineer",), targets, **declared)


def asked(kind: RunbookKind, *waves: list[str], **more: Any) -> PlanRequest:  # noqa: ANN401 - its fields
    """A request whose objectives are complete; each wave names its groups."""
    texts: dict[str, Any] = (
        {"declared_what": "az1 is dark", "declared_by": "Shift lead"} if kind.declared else {}
    )
    if kind.declared:
        texts["declared_at"] = f"{NOW:%Y-%m-%d %H:%M}"
    if kind.recovers:
        texts["rto"] = {"*": "15 min"}
    people, said = ("Duty engineer",), ("Practice", "All of it", "Orders work.")
    return PlanRequest(kind.value, waves, *said, people, **texts | more)


def planned(found: Inventory, kind: RunbookKind, *waves: list[str], **more: Any) -> Plan:  # noqa: ANN401
    """The plan of such a request."""
    return plan_rehearsal(found, asked(kind, *waves, **more), NOW)


def server(identity: str, zone: str, status: ServerStatus) -> Server:
    return Server(identity, identity, status, zone, "vpc-1", "s3.large.2", "/dev/vda", "", ())


def world(
    *names: str,
    status: GroupStatus = GroupStatus.PROTECTED,
    station: Station = Station.SOURCE,
    production: ServerStatus = ServerStatus.ACTIVE,
    dr: ServerStatus = ServerStatus.SHUTOFF,
    fault: str = "0",
    replication: ReplicationStatus = ReplicationStatus.ACTIVE,
) -> Inventory:
    """Groups of these names; ids have "g-", "i-", "p-" before the name, servers are "erp-1-az1" and so on."""
    found = Inventory(BACKEND, NOW)
    for name in names:
        found = _with_group(found, name, status, station, production, dr, fault, replication)
    return found


def _with_group(
    found: Inventory,
    name: str,
    status: GroupStatus,
    station: Station,
    production: ServerStatus,
    dr: ServerStatus,
    fault: str,
    replication: ReplicationStatus,
) -> Inventory:
    key = f"g-{name}"
    group = ProtectionGroup(
        key, name, "", status, 100, "az1", "az2", station, "d1", "domain", 2, 2, 0, replication, "normal",
        f"vpc-{name}", f"vpc-{name}", NOW, NOW,
    )  # fmt: skip
    instances, pairs, servers = {}, {}, {}
    at_source, at_target = (production, dr) if station is Station.SOURCE else (dr, production)
    for number in (1, 2):
        base = f"{name}-{number}"
        attached = (Attachment(f"p-{base}", f"i-{base}", "/dev/vda"),)
        instances[f"i-{base}"] = ProtectedInstance(
            f"i-{base}", base, "", InstanceStatus(status.value), f"{base}-az1", f"{base}-az2", key, False,
            attached, (), 100, station, NOW, NOW,
        )  # fmt: skip
        pairs[f"p-{base}"] = ReplicationPair(
            f"p-{base}", f"{base}-system", "", PairStatus(status.value), f"v-{base}-1", f"v-{base}-2",
            attached, 100, "", False, True, 40, "SSD", fault, key, station, replication, NOW, NOW,
        )  # fmt: skip
        servers[f"{base}-az1"] = server(f"{base}-az1", "az1", at_source)
        servers[f"{base}-az2"] = server(f"{base}-az2", "az2", at_target)
    return replace(
        found,
        groups={**found.groups, key: group},
        instances={**found.instances, **instances},
        pairs={**found.pairs, **pairs},
        servers={**found.servers, **servers},
    )


def with_drill(found: Inventory, group: str, name: str, status: DrillStatus) -> Inventory:
    drill = Drill(f"d-{name}", name, status, "vpc-drill", f"g-{group}", (), NOW, NOW)
    return replace(found, drills={**found.drills, drill.id: drill})
