"""What one reading of the service says about one change: untouched, on its way, reached, broken (pure).

It serves twice: to find the trace of a change whose answer was lost, and to show how a change is getting on.
Source: the `effect` and the status tables of each operation in the SDRS API reference; ECS for servers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from drkit.devices import same_slot
from drkit.model import (
    PLANNED,
    Change,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Inventory,
    Operation,
    PairStatus,
    ServerStatus,
    ThingKind,
    as_tags,
)

Marks = Mapping[str, Any]
KEPT = frozenset({"network", "addresses"})
"""What is noted of a drill beside its marks, for the ledger: no trace of a change."""


class ChangeStage(StrEnum):
    """How far a change is at the service, as far as a reading shows.

    ELSEWHERE: things changed since, but not as this change would have changed them.
    """

    UNTOUCHED = "untouched"
    MOVING = "moving"
    REACHED = "reached"
    BROKEN = "broken"
    ELSEWHERE = "elsewhere"


@dataclass(frozen=True, slots=True)
class Observation:
    """One look: the stage, what was seen for a sentence, and progress 0 to 100 where the service gives it.

    `differs` says in what a change that is reached is another one than was asked for.
    """

    stage: ChangeStage
    words: str
    progress: int | None = None
    differs: str = ""

    @property
    def trace(self) -> str:
        """For a change without an answer: the sentence that it was found; empty where it was not."""
        if self.stage in {ChangeStage.UNTOUCHED, ChangeStage.ELSEWHERE}:
            return ""
        return f"Its answer was lost; found at the service, and not so before it was sent: {self.words}."


def kinds_for(change: Change) -> tuple[ThingKind, ...]:
    """What has to be read to see how far a change is."""
    return _LOOKS[change.operation].kinds


def marks_of(change: Change, inventory: Inventory) -> Marks:
    """What this reading says of the things a change touches, as JSON, to compare with later."""
    return _LOOKS[change.operation].marks(change, inventory)


def observe(change: Change, inventory: Inventory, before: Marks) -> Observation:
    """How far a change is, given what was noted before it was sent."""
    look = _LOOKS[change.operation]
    now = look.marks(change, inventory)
    if change.operation in _AS_WANTED and look.stage(change, now) is ChangeStage.REACHED:
        return Observation(ChangeStage.REACHED, look.words(change, now))  # whoever made it so
    if _alike(now, before):
        return Observation(ChangeStage.UNTOUCHED, f"{look.words(change, now)}, as before it was sent")
    if change.operation in _FOUND_BY_NAME:  # others may bear the same name
        now = {key: status for key, status in now.items() if key not in before}
    stage = look.stage(change, now)
    group = inventory.groups.get(change.group_id) if stage is ChangeStage.MOVING else None
    differs = _another_device(change, now) if stage is ChangeStage.REACHED else ""
    return Observation(stage, look.words(change, now), group.progress if group else None, differs)


def _alike(now: Marks, before: Marks) -> bool:
    """Whether nothing has changed. A time that one of both readings does not tell says nothing about it."""
    untold = {"updated_at"} if "" in {now.get("updated_at"), before.get("updated_at")} else set()
    return all(now.get(key) == before.get(key) for key in (now.keys() | before.keys()) - untold - KEPT)


def _plainly(_change: Change, marks: Marks) -> str:
    shown = [f"{key} {value or 'none'}" for key, value in marks.items() if key != "updated_at"]
    return ", ".join(shown) or "nothing of it is there"


@dataclass(frozen=True, slots=True)
class _Look:
    kinds: tuple[ThingKind, ...]
    marks: Callable[[Change, Inventory], Marks]
    stage: Callable[[Change, Marks], ChangeStage]
    words: Callable[[Change, Marks], str] = _plainly


def _stage(status: str, moving: str, reached: bool, broken: str) -> ChangeStage:  # a table's columns
    if status == moving:
        return ChangeStage.MOVING
    if status == broken:
        return ChangeStage.BROKEN
    return ChangeStage.REACHED if reached else ChangeStage.ELSEWHERE


# Pairs


def _pair_marks(change: Change, inventory: Inventory) -> Marks:
    pair = inventory.pairs.get(change.pair_id)
    if pair is None:
        return {"pair": "gone"}
    return {
        "pair": str(pair.status),
        "attached": [[each.instance_id, each.device] for each in pair.attachments],
        "size_gb": pair.size_gb,
        "updated_at": pair.updated_at.isoformat() if pair.updated_at else "",
    }


def _attached(change: Change, marks: Marks) -> str:
    """What is shown of a pair: its status and, at rest, what it is attached to."""
    if marks["pair"] in {PairStatus.ATTACHING, PairStatus.DETACHING, "gone"}:
        return f"pair {marks['pair']}"
    ours = change.instance_id
    held = [f"{'this' if key == ours else key} instance as {device}" for key, device in marks["attached"]]
    return f"pair {marks['pair']}, attached to {' and '.join(held) or 'nothing'}"


def _device(change: Change, marks: Marks) -> str:
    return str(dict(marks.get("attached", ())).get(change.instance_id, ""))


def _attach(change: Change, marks: Marks) -> ChangeStage:
    there = bool(_device(change, marks))
    return _stage(marks["pair"], PairStatus.ATTACHING, there, PairStatus.ERROR_ATTACHING)


def _another_device(change: Change, marks: Marks) -> str:
    # The service rewrites a prefix that does not fit; the letter stays.
    found = _device(change, marks)
    if change.operation is not Operation.ATTACH_PAIR or same_slot(found, change.device):
        return ""
    return f"it is attached as {found}, and {change.device} was asked for"


def _detach(change: Change, marks: Marks) -> ChangeStage:
    gone = marks["pair"] != "gone" and not _device(change, marks)
    return _stage(marks["pair"], PairStatus.DETACHING, gone, PairStatus.ERROR_DETACHING)


def _expand(change: Change, marks: Marks) -> ChangeStage:
    grown = marks.get("size_gb", 0) >= change.new_size_gb
    return _stage(marks["pair"], PairStatus.EXTENDING, grown, PairStatus.ERROR_EXTENDING)


def _size(_change: Change, marks: Marks) -> str:
    return f"pair {marks['pair']}, {marks.get('size_gb', 0)} GB"


# Groups

_PATHS: Mapping[Operation, tuple[GroupStatus, GroupStatus, GroupStatus]] = {
    Operation.ENABLE_PROTECTION: (
        GroupStatus.STARTING,
        GroupStatus.PROTECTED,
        GroupStatus.ERROR_STARTING,
    ),
    Operation.DISABLE_PROTECTION: (
        GroupStatus.STOPPING,
        GroupStatus.AVAILABLE,
        GroupStatus.ERROR_STOPPING,
    ),
    Operation.PLANNED_FAILOVER: (
        GroupStatus.REVERSING,
        GroupStatus.PROTECTED,
        GroupStatus.ERROR_REVERSING,
    ),
    Operation.FAILOVER: (
        GroupStatus.FAILING_OVER,
        GroupStatus.FAILED_OVER,
        GroupStatus.ERROR_FAILING_OVER,
    ),
    Operation.REPROTECT: (
        GroupStatus.REPROTECTING,
        GroupStatus.PROTECTED,
        GroupStatus.ERROR_REPROTECTING,
    ),
}
"""By operation: the status on the way, at the end, and after a failure."""


def _group_marks(change: Change, inventory: Inventory) -> Marks:
    group = inventory.groups.get(change.group_id)
    if group is None:
        return {"group": "gone"}
    return {
        "group": str(group.status),
        "production": str(group.priority_station),
        "updated_at": group.updated_at.isoformat() if group.updated_at else "",
    }


def _switch(change: Change, marks: Marks) -> ChangeStage:
    moving, target, broken = _PATHS[change.operation]
    switched = not change.to or marks.get("production") == change.to
    return _stage(marks["group"], moving, marks["group"] == target and switched, broken)


# Drills


def _create_drill(_change: Change, marks: Marks) -> ChangeStage:
    status = next(iter(marks.values())) if len(marks) == 1 else "not to be told apart"
    reached = status == DrillStatus.AVAILABLE
    return _stage(status, DrillStatus.CREATING, reached, DrillStatus.ERROR)


def _drill_marks(change: Change, inventory: Inventory) -> Marks:
    drill = inventory.drills.get(change.drill_id)
    if drill is None:
        return {"drill": "gone"}
    return {"drill": str(drill.status), "servers": [server_id for _, server_id in drill.servers]}


def _drill_words(_change: Change, marks: Marks) -> str:
    return f"drill {marks['drill']}"


def _delete_drill(_change: Change, marks: Marks) -> ChangeStage:
    status, gone = marks["drill"], marks["drill"] == "gone"
    return _stage(status, DrillStatus.DELETING, gone, DrillStatus.ERROR_DELETING)


# Instances and servers


def _instance_marks(change: Change, inventory: Inventory) -> Marks:
    instance = inventory.instances.get(change.instance_id)
    if instance is None:
        return {"instance": "gone"}
    servers = [inventory.servers.get(each) for each in instance.server_ids]
    marks = {"instance": str(instance.status), "flavors": [each.flavor for each in servers if each]}
    if change.flavor:
        return marks
    sides = (("production", instance.production_server_id), ("dr", instance.dr_server_id))
    found = ((side, inventory.servers.get(key)) for side, key in sides)
    return {**marks, **{side: server.flavor if server else "" for side, server in found}}


def _resize(change: Change, marks: Marks) -> ChangeStage:
    status, flavors = marks["instance"], set(marks.get("flavors", ()))
    wanted = {"production": change.production_flavor, "dr": change.dr_flavor}
    sides = all(marks.get(side) == flavor for side, flavor in wanted.items() if flavor)
    resized = flavors == {change.flavor} if change.flavor else sides
    return _stage(status, InstanceStatus.RESIZING, resized, InstanceStatus.ERROR_RESIZING)


def _server_marks(change: Change, inventory: Inventory) -> Marks:
    server = inventory.servers.get(change.server_id)
    if server is None:
        return {"server": "gone"}
    return {"server": str(server.status), "task": server.task_state}


def _power(change: Change, marks: Marks) -> ChangeStage:
    wanted = ServerStatus.SHUTOFF if change.operation is Operation.STOP_SERVER else ServerStatus.ACTIVE
    status = "on its way" if marks.get("task") else marks["server"]
    return _stage(status, "on its way", status == wanted, ServerStatus.ERROR)


# What is made or taken away, renamed, tagged


def _named(kind: str) -> Callable[[Change, Inventory], Marks]:
    """The things of a kind, in the group where it has one, that bear the name of the change."""

    def marks(change: Change, inventory: Inventory) -> Marks:
        things = getattr(inventory, f"{kind}s").values()
        return {
            f"{kind} {each.id}": str(each.status)
            for each in things
            if each.name == change.name and getattr(each, "group_id", change.group_id) == change.group_id
        }

    return marks


def _server_instances(change: Change, inventory: Inventory) -> Marks:
    """The instances of the servers that are to be protected: a server has one at most."""
    wanted = set(change.all_server_ids)
    return {
        f"instance {each.id}": str(each.status)
        for each in inventory.instances.values()
        if wanted.intersection(each.server_ids)
    }


def _disk_pairs(change: Change, inventory: Inventory) -> Marks:
    return {
        f"pair {each.id}": str(each.status)
        for each in inventory.pairs.values()
        if change.disk_id in each.disk_ids
    }


def _made(change: Change, marks: Marks) -> ChangeStage:
    """As many as are wanted, each at rest; one that is broken, or is still being made, counts for all."""
    wanted, states = max(len(change.all_server_ids), 1), set(marks.values())
    if "creating" in states:
        return ChangeStage.MOVING
    if "error" in states:
        return ChangeStage.BROKEN
    return ChangeStage.REACHED if len(marks) == wanted else ChangeStage.ELSEWHERE


def _states(kind: str, ids: str) -> Callable[[Change, Inventory], Marks]:
    """The statuses of what is to go."""

    def marks(change: Change, inventory: Inventory) -> Marks:
        things, named = getattr(inventory, f"{kind}s"), getattr(change, ids)
        wanted = (named,) if isinstance(named, str) else named
        statuses = {f"{kind} {key}": str(things[key].status) if key in things else "gone" for key in wanted}
        return statuses if kind != "instance" else {**statuses, **_attached_to(wanted, inventory)}

    return marks


def _attached_to(instance_ids: Iterable[str], inventory: Inventory) -> Marks:
    pairs = sorted(each.pair_id for key in instance_ids for each in inventory.attachments_on(key))
    return {"pairs": pairs} if pairs else {}


def _went(_change: Change, marks: Marks) -> ChangeStage:
    states = {status for key, status in marks.items() if key != "pairs"}
    if "deleting" in states:
        return ChangeStage.MOVING
    if "error-deleting" in states:
        return ChangeStage.BROKEN
    return ChangeStage.REACHED if states == {"gone"} else ChangeStage.ELSEWHERE


def _name_of(kind: str) -> Callable[[Change, Inventory], Marks]:
    def marks(change: Change, inventory: Inventory) -> Marks:
        found = getattr(inventory, f"{kind}s").get(getattr(change, f"{kind}_id"))
        return {"name": found.name if found else "gone"}

    return marks


def _renamed(change: Change, marks: Marks) -> ChangeStage:
    return ChangeStage.REACHED if marks["name"] == change.name else ChangeStage.ELSEWHERE


def _tags(change: Change, inventory: Inventory) -> Marks:
    instance = inventory.instances.get(change.instance_id)
    return dict(sorted(instance.tags)) if instance else {"instance": "gone"}


def _tagged(change: Change, marks: Marks) -> ChangeStage:
    wanted = dict(as_tags(change.tags))
    there = all(marks.get(key) == value for key, value in wanted.items())
    return ChangeStage.REACHED if there and not set(change.keys) & marks.keys() else ChangeStage.ELSEWHERE


def _cards(change: Change, inventory: Inventory) -> Marks:
    instance = inventory.instances.get(change.instance_id)
    server = inventory.servers.get(instance.production_server_id) if instance else None
    return {"cards": sorted(key for key, _ in server.nics) if server else ["not seen"]}


def _card(change: Change, marks: Marks) -> ChangeStage:
    there = change.nic_id in marks["cards"]
    # One more is ours, whatever its id: `observe` has seen that they are not what they were.
    return ChangeStage.ELSEWHERE if there or marks["cards"] == ["not seen"] else ChangeStage.REACHED


def _tasks(change: Change, inventory: Inventory) -> Marks:
    """The failed tasks that are to be cleared and are still there."""
    home = "" if change.group_id.startswith(PLANNED) else change.group_id
    there = inventory.failed_tasks.items()
    if change.task_id:
        return {"tasks": [key for key, _ in there if key == change.task_id]}
    return {"tasks": sorted(key for key, each in there if each.group_id == home)}


def _cleared(_change: Change, marks: Marks) -> ChangeStage:
    return ChangeStage.ELSEWHERE if marks["tasks"] else ChangeStage.REACHED


_AS_WANTED = {
    Operation.RENAME_GROUP,
    Operation.RENAME_INSTANCE,
    Operation.RENAME_PAIR,
    Operation.RENAME_DRILL,
    Operation.SET_TAGS,
    Operation.DELETE_TAGS,
    Operation.CLEAR_FAILED_TASK,
    Operation.CLEAR_FAILED_TASKS,
}
"""What may be as it is wanted before it is sent: then nothing changes, and nothing is wrong."""

_FOUND_BY_NAME = {Operation.CREATE_DRILL, Operation.CREATE_GROUP}

_LOOKS: Mapping[Operation, _Look] = {
    Operation.ATTACH_PAIR: _Look(("pairs",), _pair_marks, _attach, _attached),
    Operation.DETACH_PAIR: _Look(("pairs",), _pair_marks, _detach, _attached),
    Operation.EXPAND_PAIR: _Look(("pairs",), _pair_marks, _expand, _size),
    **{each: _Look(("groups",), _group_marks, _switch) for each in _PATHS},
    Operation.CREATE_DRILL: _Look(("drills",), _named("drill"), _create_drill),
    Operation.DELETE_DRILL: _Look(("drills",), _drill_marks, _delete_drill, _drill_words),
    Operation.RESIZE_INSTANCE: _Look(("instances", "servers"), _instance_marks, _resize),
    Operation.STOP_SERVER: _Look(("servers",), _server_marks, _power),
    Operation.START_SERVER: _Look(("servers",), _server_marks, _power),
    Operation.CREATE_GROUP: _Look(("groups",), _named("group"), _made),
    Operation.CREATE_INSTANCE: _Look(("instances",), _server_instances, _made),
    Operation.CREATE_INSTANCES: _Look(("instances",), _server_instances, _made),
    Operation.CREATE_PAIR: _Look(("pairs",), _disk_pairs, _made),
    Operation.DELETE_GROUP: _Look(("groups",), _states("group", "group_id"), _went),
    Operation.DELETE_INSTANCE: _Look(("instances",), _states("instance", "all_instance_ids"), _went),
    Operation.DELETE_INSTANCES: _Look(("instances",), _states("instance", "all_instance_ids"), _went),
    Operation.DELETE_PAIR: _Look(("pairs",), _states("pair", "pair_id"), _went),
    Operation.RENAME_GROUP: _Look(("groups",), _name_of("group"), _renamed),
    Operation.RENAME_INSTANCE: _Look(("instances",), _name_of("instance"), _renamed),
    Operation.RENAME_PAIR: _Look(("pairs",), _name_of("pair"), _renamed),
    Operation.RENAME_DRILL: _Look(("drills",), _name_of("drill"), _renamed),
    Operation.SET_TAGS: _Look(("instances",), _tags, _tagged),
    Operation.DELETE_TAGS: _Look(("instances",), _tags, _tagged),
    Operation.ADD_NIC: _Look(("instances", "servers"), _cards, _card),
    Operation.DELETE_NIC: _Look(("instances", "servers"), _cards, _card),
    Operation.CLEAR_FAILED_TASK: _Look(("failed_tasks",), _tasks, _cleared),
    Operation.CLEAR_FAILED_TASKS: _Look(("failed_tasks",), _tasks, _cleared),
}
