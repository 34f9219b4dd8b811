"""An inventory from a few facts, as Python or JSON values: what is not said is sound and at rest.

A thing's id is its name and "-id". An instance has two servers of its name, the one at the target site with
"-dr" behind it. The facts of a thing: those of its class, and in short
- instance: group, attached {pair: device}, other {device: disk name} on the production server and
  other_dr on the DR server, root (the root device of both), slots (free ones of both), flavor, servers
  {"production": status, "dr": status} or {} where they were not seen;
- instance: nics {id: address} and tags {key: value};
- servers besides: zone, vpc, status, root, disks {device: disk name}; disks besides: zone, status, shared,
  encrypted, type, on (the name of a server besides); domains: zones, sold_out; failed_tasks: group;
- pair: group, disks {"status": ...}; drill: group, vpc, servers {instance: server name}.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, TypeAlias

from drkit.model import (
    Attachment,
    Backend,
    BlockDevice,
    Disk,
    Domain,
    Drill,
    DrillStatus,
    FailedTask,
    FreeSlots,
    GroupStatus,
    InstanceStatus,
    Inventory,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    Quota,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
)

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
BACKEND = Backend(True, "sandbox", "practice-1", "rehearsals", "p1")
Fact: TypeAlias = Any
"""A JSON value."""

Facts: TypeAlias = Mapping[str, Fact]


def reading(facts: Facts) -> Inventory:
    """The inventory that the facts describe."""
    groups = {name: _group(name, each) for name, each in facts.get("groups", {}).items()}
    told: dict[str, Facts] = facts.get("instances", {})
    instances = [_instance(name, each, groups) for name, each in told.items()]
    servers = [server for name, each in told.items() for server in _servers(name, each, facts)]
    pairs = [_pair(name, each, groups, told) for name, each in facts.get("pairs", {}).items()]
    drills = [_drill(name, each) for name, each in facts.get("drills", {}).items()]
    disks = [disk for name, each in facts.get("pairs", {}).items() for disk in _disks(name, each)]
    disks += [_disk(name, each) for name, each in facts.get("disks", {}).items()]
    besides = [_server(name, each) for name, each in facts.get("servers", {}).items()]
    domains = [_domain(name, each) for name, each in facts.get("domains", {}).items()]
    tasks = [_task(name, each) for name, each in facts.get("failed_tasks", {}).items()]
    quotas = {name: Quota(name, used, limit) for name, (used, limit) in facts.get("quotas", {}).items()}
    return Inventory(
        BACKEND,
        NOW,
        groups={each.id: each for each in groups.values()},
        instances={each.id: each for each in instances},
        pairs={each.id: each for each in pairs},
        drills={each.id: each for each in drills},
        servers={each.id: each for each in [*servers, *_drill_servers(drills), *besides]},
        disks={each.id: each for each in disks},
        quotas=quotas,
        domains={each.id: each for each in domains},
        failed_tasks={each.id: each for each in tasks},
        of_groups=frozenset(facts.get("of_groups", ())),
        whole=frozenset(
            facts.get(
                "whole",
                (
                    *("drills", "servers", "disks"),
                    *(part for part in ("quotas", "domains", "failed_tasks") if facts.get(part)),
                ),
            )
        ),
        problems=tuple(facts.get("problems", ())),
    )


def _group(name: str, facts: Facts) -> ProtectionGroup:
    return ProtectionGroup(
        id=f"{name}-id",
        name=name,
        description="",
        status=GroupStatus.read(facts.get("status", "protected")),
        progress=100,
        source_zone="az1",
        target_zone="az2",
        priority_station=Station.read(facts.get("station", "source")),
        domain_id="domain-id",
        domain_name="domain",
        instance_count=0,
        pair_count=0,
        drill_count=0,
        replication_status=ReplicationStatus.read(facts.get("replication", "active")),
        health_status="normal",
        source_vpc_id=f"{name}-vpc",
        target_vpc_id=f"{name}-vpc",
        created_at=NOW,
        updated_at=NOW,
    )


def _instance(name: str, facts: Facts, groups: Mapping[str, ProtectionGroup]) -> ProtectedInstance:
    group = groups.get(facts["group"])
    return ProtectedInstance(
        id=f"{name}-id",
        name=name,
        description="",
        status=InstanceStatus.read(facts.get("status", group.status if group else "protected")),
        source_server_id=f"{name}-server",
        target_server_id=f"{name}-dr-server",
        group_id=f"{facts['group']}-id",
        frozen=facts.get("frozen", False),
        attachments=tuple(
            Attachment(f"{pair}-id", f"{name}-id", device)
            for pair, device in facts.get("attached", {}).items()
        ),
        tags=tuple(facts.get("tags", {}).items()),
        progress=100,
        priority_station=Station.read(facts.get("station", group.priority_station if group else "source")),
        created_at=NOW,
        updated_at=NOW,
    )


def _servers(name: str, facts: Facts, all_facts: Facts) -> list[Server]:
    states = facts.get("servers", {"production": "ACTIVE", "dr": "SHUTOFF"})
    group = all_facts.get("groups", {}).get(facts["group"], {})
    turned = facts.get("station", group.get("station")) == "target"
    sites = ("dr", "production") if turned else ("production", "dr")
    found = []
    for suffix, disk, site, others in (
        ("", "source", sites[0], "other"),
        ("-dr", "target", sites[1], "other_dr"),
    ):
        if site not in states:
            continue
        attached = [
            BlockDevice(f"{pair}-{disk}", device)
            for pair, device in facts.get("attached", {}).items()
            if pair in all_facts.get("pairs", {})
        ]
        other = [BlockDevice(f"{name_}-disk", device) for device, name_ in facts.get(others, {}).items()]
        slots = facts.get("slots")
        status, _, task = states[site].partition(" ")
        found.append(
            Server(
                id=f"{name}{suffix}-server",
                name=f"{name}{suffix}",
                status=ServerStatus.read(status),
                zone="az2" if suffix else "az1",
                vpc_id="vpc",
                flavor=facts.get("flavor", "s3.large.2"),
                root_device=facts.get("root", "/dev/vda"),
                task_state=task,
                disks=(*attached, *other),
                slots=None if slots is None else FreeSlots(slots, slots, slots),
                nics=tuple(facts.get("nics", {}).items()),
            )
        )
    return found


def _pair(
    name: str, facts: Facts, groups: Mapping[str, ProtectionGroup], instances: Mapping[str, Facts]
) -> ReplicationPair:
    group = groups.get(facts["group"])
    return ReplicationPair(
        id=f"{name}-id",
        name=name,
        description="",
        status=PairStatus.read(facts.get("status", group.status if group else "protected")),
        source_disk_id=f"{name}-source",
        target_disk_id=f"{name}-target",
        attachments=tuple(
            Attachment(f"{name}-id", f"{instance}-id", each["attached"][name])
            for instance, each in instances.items()
            if name in each.get("attached", {})
        ),
        progress=100,
        failure_detail="",
        shared=facts.get("shared", False),
        system_disk=facts.get("system", False),
        size_gb=facts.get("size", 100),
        disk_type="SSD",
        fault_level=facts.get("fault_level", "0"),
        group_id=f"{facts['group']}-id",
        priority_station=Station.read(facts.get("station", group.priority_station if group else "source")),
        replication_status=ReplicationStatus.read(facts.get("replication", "active")),
        created_at=NOW,
        updated_at=NOW,
    )


def _server(name: str, facts: Facts) -> Server:
    return Server(
        id=f"{name}-server",
        name=name,
        status=ServerStatus.read(facts.get("status", "ACTIVE")),
        zone=facts.get("zone", "az1"),
        vpc_id=facts.get("vpc", "shop-vpc"),
        flavor=facts.get("flavor", "s3.large.2"),
        root_device=facts.get("root", "/dev/vda"),
        task_state="",
        disks=tuple(
            BlockDevice(f"{disk}-disk", device, 0 if device.endswith("a") else -1)
            for device, disk in facts.get("disks", {}).items()
        ),
    )


def _disk(name: str, facts: Facts) -> Disk:
    return Disk(
        id=f"{name}-disk",
        name=name,
        status=facts.get("status", "in-use" if "on" in facts else "available"),
        size_gb=facts.get("size", 100),
        disk_type=facts.get("type", "SSD"),
        zone=facts.get("zone", "az1"),
        system_disk=facts.get("system", False),
        shared=facts.get("shared", False),
        encrypted=facts.get("encrypted", False),
        servers=((f"{facts['on']}-server", "/dev/vdb"),) if "on" in facts else (),
    )


def _domain(name: str, facts: Facts) -> Domain:
    local, remote = facts.get("zones", ("az1", "az2"))
    return Domain(f"{name}-id", name, "", facts.get("sold_out", False), local, remote)


def _task(name: str, facts: Facts) -> FailedTask:
    group = facts.get("group", "")
    home = f"{group}-id" if group else ""
    return FailedTask(f"{name}-id", "", "createFail", "", "", name, NOW, "", "", home)


def _disks(name: str, facts: Facts) -> list[Disk]:
    if "disks" not in facts:
        return []
    size, shared, system = facts.get("size", 100), facts.get("shared", False), facts.get("system", False)
    return [
        Disk(
            f"{name}-{site}", f"{name}-{site}", facts["disks"], size, "SSD", "az1", system, shared, False, ()
        )
        for site in ("source", "target")
    ]


def _drill(name: str, facts: Facts) -> Drill:
    return Drill(
        id=f"{name}-id",
        name=name,
        status=DrillStatus.read(facts.get("status", "available")),
        drill_vpc_id=facts.get("vpc", f"{name}-vpc"),
        group_id=f"{facts['group']}-id",
        servers=tuple((f"{key}-id", f"{each}-server") for key, each in facts.get("servers", {}).items()),
        created_at=NOW,
        updated_at=NOW,
    )


def _drill_servers(drills: list[Drill]) -> list[Server]:
    return [
        Server(key, key.removesuffix("-server"), ServerStatus.ACTIVE, "az2", "vpc", "", "/dev/vda", "", ())
        for drill in drills
        for _, key in drill.servers
    ]
