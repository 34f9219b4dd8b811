"""The matrix of group states, verbs and faults with the exits of each, computed from the rules (pure)."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from drkit.model import (
    PLANNED,
    Argument,
    Attachment,
    Backend,
    BlockDevice,
    Change,
    Disk,
    Domain,
    Drill,
    DrillStatus,
    FailedTask,
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
_MORE = tuple(each for each in Operation if each not in VERBS)
_MOMENT = datetime(2000, 1, 1, tzinfo=UTC)


def matrix() -> str:
    """The matrix as a Markdown table, for a group whose production and DR servers are stopped.

    A cell says whether the verb is legal: yes, no (empty), or at which fault level it is not. The last column
    names the exits that are legal without a fault, and where a fault changes them.
    """
    heads = ["Group is", *(each.words for each in VERBS), "Ways out"]
    lines = [heads, ["---"] * len(heads), *(_row(each) for each in GroupStatus)]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def changes_matrix() -> str:
    """The other verbs as a Markdown table: those that are legal in the same states share a row.

    The thing that is changed is in the state of its group, and nothing else is in the way.
    """
    rows: dict[str, list[str]] = {}
    for verb in _MORE:
        rows.setdefault(_states(verb), []).append(verb.words)
    lines = [["Verb", "Legal while the group is"], ["---"] * 2]
    lines += [[", ".join(verbs), states] for states, verbs in rows.items()]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def _states(verb: Operation) -> str:
    opens = {fault: [each.value for each in GroupStatus if legal(verb, each, fault)] for fault in FAULTS}
    assert opens["0"] == opens["2"] == opens["5"], f"{verb.words}: say in the README what a fault changes"
    closed = [each.value for each in GroupStatus if each.value not in opens["0"]]
    if not closed:
        return "anything"
    many = len(closed) < len(opens["0"])
    return f"anything but {', '.join(closed)}" if many else ", ".join(opens["0"])


def example(status: GroupStatus, fault: str = "0", servers: ServerStatus = ServerStatus.SHUTOFF) -> Inventory:
    """A group in that state with one instance, one pair of that fault level, one drill, and these servers."""
    return Inventory(
        Backend(True, "example", "", "", ""),
        _MOMENT,
        groups={"group": _group(status)},
        instances={"instance": _instance(status)},
        pairs={"pair": _pair(status, fault)},
        drills={"drill": Drill("drill", "drill", DrillStatus.AVAILABLE, "", "group", (), None, None)},
        servers={each: _server(each, servers) for each in ("first", "second", "third")},
        disks={"disk": Disk("disk", "disk", "available", 10, "SSD", "zone 1", False, False, False, ())},
        domains={"domain": Domain("domain", "domain", "", False, "zone 1", "zone 2")},
        failed_tasks={"task": FailedTask("task", "", "", "", "", "", None, "", "", "group")},
        whole=frozenset({"failed_tasks", "domains"}),
    )


def legal(operation: Operation, status: GroupStatus, fault: str) -> bool:
    """Whether the verb may be sent to the example."""
    running = ServerStatus.ACTIVE if operation in _ON_RUNNING else ServerStatus.SHUTOFF
    group = f"{PLANNED}new" if operation is Operation.CREATE_GROUP else "group"
    change = Change.of(operation, group, **_ARGUMENTS.get(operation, {}))
    return judge(change, _for(operation, example(status, fault, running))).allowed


def _for(operation: Operation, world: Inventory) -> Inventory:
    """The example with nothing in the way of this verb: an empty group, or a pair that is attached."""
    if operation is Operation.DELETE_GROUP:
        return replace(world, instances={}, pairs={}, drills={})
    if operation is Operation.DETACH_PAIR:
        held = (Attachment("pair", "instance", "/dev/vdb"),)
        return replace(world, pairs={"pair": replace(world.pairs["pair"], attachments=held)})
    return world


_ON_RUNNING = {Operation.STOP_SERVER}
_INSTANCE, _PAIR = {"instance_id": "instance"}, {"pair_id": "pair"}
_KEPT = {"with_server": False, "with_eip": False}
_ARGUMENTS: Mapping[Operation, Mapping[str, Argument]] = {
    Operation.CREATE_GROUP: {
        "name": "new",
        "source_zone": "zone 1",
        "target_zone": "zone 2",
        "domain_id": "domain",
        "vpc_id": "vpc",
    },
    Operation.RENAME_GROUP: {"name": "other"},
    Operation.CREATE_INSTANCE: {"server_id": "third", "name": "third"},
    Operation.CREATE_INSTANCES: {"server_ids": ("third",), "name": "third"},
    Operation.RENAME_INSTANCE: {**_INSTANCE, "name": "other"},
    Operation.DELETE_INSTANCE: {**_INSTANCE, **_KEPT},
    Operation.DELETE_INSTANCES: {"instance_ids": ("instance",), **_KEPT},
    Operation.RESIZE_INSTANCE: {**_INSTANCE, "flavor": "another"},
    Operation.ADD_NIC: {**_INSTANCE, "subnet_id": "subnet"},
    Operation.DELETE_NIC: {**_INSTANCE, "nic_id": "second"},
    Operation.SET_TAGS: {**_INSTANCE, "tags": ("a=b",)},
    Operation.DELETE_TAGS: {**_INSTANCE, "keys": ("tag",)},
    Operation.CREATE_PAIR: {"disk_id": "disk", "name": "other"},
    Operation.RENAME_PAIR: {**_PAIR, "name": "other"},
    Operation.DELETE_PAIR: {**_PAIR, "with_disk": False},
    Operation.ATTACH_PAIR: {**_PAIR, **_INSTANCE, "device": "/dev/vdb"},
    Operation.DETACH_PAIR: {**_PAIR, **_INSTANCE},
    Operation.EXPAND_PAIR: {**_PAIR, "new_size_gb": 11},
    Operation.RENAME_DRILL: {"drill_id": "drill", "name": "other"},
    Operation.CLEAR_FAILED_TASK: {"task_id": "task"},
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
        tags=(("tag", "value"),),
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
    nics = (("first", "192.168.0.1"), ("second", "192.168.0.2"))
    disk = BlockDevice(f"system of {identity}", "/dev/vda", 0)
    return Server(identity, identity, status, "zone 1", "vpc", "flavor", "/dev/vda", "", (disk,), nics=nics)
