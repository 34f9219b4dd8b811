"""The matrix of group states, verbs and faults with the exits of each, computed from the rules (pure)."""

from collections.abc import Mapping
from datetime import UTC, datetime

from drkit.model import (
    Backend,
    Change,
    Drill,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Inventory,
    Operation,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
)
from drkit.plan.exits import ways_out
from drkit.rules import judge

FAULTS = ("0", "2", "5")
VERBS = (
    Operation.ENABLE_PROTECTION,
    Operation.DISABLE_PROTECTION,
    Operation.PLANNED_FAILOVER,
    Operation.FAILOVER,
    Operation.REPROTECT,
    Operation.CREATE_DRILL,
    Operation.DELETE_DRILL,
    Operation.STOP_SERVER,
    Operation.START_SERVER,
)
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def matrix() -> str:
    """The matrix as a Markdown table, for a group whose production and DR servers are stopped.

    A cell says whether the verb is legal: yes, no (empty), or at which fault level it is not. The last column
    names the exits that are legal without a fault, and where a fault changes them.
    """
    heads = ["Group is", *(each.words for each in VERBS), "Ways out"]
    lines = [heads, ["---"] * len(heads), *(_row(each) for each in GroupStatus)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def example(status: GroupStatus, fault: str = "0", servers: ServerStatus = ServerStatus.SHUTOFF) -> Inventory:
    """A group in that state with one instance, one pair of that fault level, one drill, and these servers."""
    return Inventory(
        Backend(True, "example", "", "", ""),
        _MOMENT,
        groups={"group": _group(status)},
        instances={"instance": _instance(status)},
        pairs={"pair": _pair(status, fault)},
        drills={"drill": Drill("drill", "drill", DrillStatus.AVAILABLE, "", "group", (), None, None)},
        servers={each: _server(each, servers) for each in ("first", "second")},
    )


def legal(operation: Operation, status: GroupStatus, fault: str) -> bool:
    """Whether the verb may be sent to the example."""
    running = ServerStatus.ACTIVE if operation is Operation.STOP_SERVER else ServerStatus.SHUTOFF
    change = Change.of(operation, "group", **_ARGUMENTS.get(operation, {}))
    return judge(change, example(status, fault, running)).allowed


_ARGUMENTS: Mapping[Operation, Mapping[str, str | bool]] = {
    Operation.PLANNED_FAILOVER: {"to": Station.TARGET.value},
    Operation.CREATE_DRILL: {"name": "another", "drill_vpc_id": ""},
    Operation.DELETE_DRILL: {"drill_id": "drill"},
    Operation.STOP_SERVER: {"server_id": "first", "hard": False},
    Operation.START_SERVER: {"server_id": "first"},
}


def _row(status: GroupStatus) -> list[str]:
    ways = {fault: _ways(status, fault) for fault in FAULTS}
    others = [f"at fault {fault}: {ways[fault]}" for fault in FAULTS[1:] if ways[fault] != ways["0"]]
    return [status.value, *(_cell(each, status) for each in VERBS), "; ".join([ways["0"], *others])]


def _cell(operation: Operation, status: GroupStatus) -> str:
    refused = [fault for fault in FAULTS if not legal(operation, status, fault)]
    if len(refused) == len(FAULTS):
        return ""
    return f"not at fault {' or '.join(refused)}" if refused else "yes"


def _ways(status: GroupStatus, fault: str) -> str:
    return ", ".join(each.name for each in ways_out(example(status, fault), "group") if each.legal)


def _group(status: GroupStatus) -> ProtectionGroup:
    return ProtectionGroup(
        id="group",
        name="group",
        description="",
        status=status,
        progress=0,
        source_zone="zone 1",
        target_zone="zone 2",
        priority_station=Station.SOURCE,
        domain_id="",
        domain_name="",
        instance_count=1,
        pair_count=1,
        drill_count=1,
        replication_status=ReplicationStatus.ACTIVE,
        health_status="normal",
        source_vpc_id="vpc",
        target_vpc_id="vpc",
        created_at=None,
        updated_at=None,
    )


def _instance(status: GroupStatus) -> ProtectedInstance:
    return ProtectedInstance(
        id="instance",
        name="instance",
        description="",
        status=InstanceStatus(status.value),
        source_server_id="first",
        target_server_id="second",
        group_id="group",
        frozen=False,
        attachments=(),
        tags=(),
        progress=0,
        priority_station=Station.SOURCE,
        created_at=None,
        updated_at=None,
    )


def _pair(status: GroupStatus, fault: str) -> ReplicationPair:
    return ReplicationPair(
        id="pair",
        name="pair",
        description="",
        status=PairStatus(status.value),
        source_disk_id="",
        target_disk_id="",
        attachments=(),
        progress=0,
        failure_detail="",
        shared=False,
        system_disk=False,
        size_gb=10,
        disk_type="",
        fault_level=fault,
        group_id="group",
        priority_station=Station.SOURCE,
        replication_status=ReplicationStatus.ACTIVE,
        created_at=None,
        updated_at=None,
    )


def _server(identity: str, status: ServerStatus) -> Server:
    return Server(identity, identity, status, "", "", "", "", "", ())
