"""What changed between two readings of a project, in operators' words (pure)."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any, Literal

from drkit.model import Inventory

What = Literal["added", "removed", "changed"]

NOUNS: Mapping[str, str] = {
    "groups": "group",
    "instances": "instance",
    "pairs": "pair",
    "drills": "drill",
    "servers": "server",
    "disks": "disk",
    "quotas": "quota",
    "failed_tasks": "failed task",
    "domains": "domain",
}
_OF_A_GROUP = frozenset({"instances", "pairs", "drills"})
_QUIET = frozenset(
    {
        "updated_at",
        "progress",
        "unknown",
        "instance_count",
        "pair_count",
        "drill_count",
        "slots",
        "task_state",
    }
)
"""Fields that change by themselves, or only count or repeat what other changes tell."""

_MIRRORED = {("instances", "attachments"), ("disks", "servers")}
"""What another thing tells as well: the pair of its attachments, the server of its disks."""

Thing = Any
"""Any frozen value of an inventory."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One change: of a thing that was added or removed (`new` or `old` is the thing), or of a field of one.

    `quiet`: it comes by itself, or another change tells it as well.
    """

    kind: str
    id: str
    name: str
    group_id: str
    what: What
    field: str
    old: Any
    new: Any
    sentence: str
    quiet: bool = False


def differences(before: Inventory, after: Inventory) -> tuple[Difference, ...]:
    """What changed from one reading to another, of what both have read."""
    return tuple(difference for kind in NOUNS for difference in _of_a_kind(kind, before, after))


def applied(before: Inventory, found: tuple[Difference, ...]) -> Inventory:
    """The reading with these changes made: its things are those of the later one."""
    things: dict[str, dict[str, Thing]] = {kind: dict(getattr(before, kind)) for kind in NOUNS}
    for change in found:
        there, key = things[change.kind], change.id
        if change.what == "removed":
            del there[key]
        else:
            added = change.what == "added"
            there[key] = change.new if added else replace(there[key], **{change.field: change.new})
    parts: dict[str, Any] = things
    return replace(before, **parts)


def covers(inventory: Inventory, kind: str, thing: Thing) -> bool:
    """Whether a reading would have that thing if it is there: not of another group, not in a part unread."""
    if kind in inventory.whole:
        return True
    if kind not in _OF_A_GROUP and kind != "groups":
        return False
    group_id = thing.id if kind == "groups" else thing.group_id
    return not inventory.of_groups or group_id in inventory.of_groups


def _of_a_kind(kind: str, before: Inventory, after: Inventory) -> Iterator[Difference]:
    old: Mapping[str, Thing] = getattr(before, kind)
    new: Mapping[str, Thing] = getattr(after, kind)
    for key, thing in old.items():
        if key in new:
            yield from _of_a_thing(kind, key, (thing, new[key]), (before, after))
        elif covers(after, kind, thing):
            yield _there(kind, key, thing, "removed")
    for key, thing in new.items():
        if key not in old and covers(before, kind, thing):
            yield _there(kind, key, thing, "added")


def _name(kind: str, thing: Thing) -> str:
    names = {"quotas": "type", "failed_tasks": "resource_name"}
    return str(getattr(thing, names.get(kind, "name")))


def _group_of(kind: str, thing: Thing) -> str:
    return str(thing.id if kind == "groups" else getattr(thing, "group_id", ""))


def _there(kind: str, key: str, thing: Thing, what: What) -> Difference:
    gone, name = what == "removed", _name(kind, thing)
    old, new = (thing, None) if gone else (None, thing)
    sentence = f"{NOUNS[kind]} {name} {'is gone' if gone else 'is new'}"
    return Difference(kind, key, name, _group_of(kind, thing), what, "", old, new, sentence)


def _of_a_thing(
    kind: str, key: str, things: tuple[Thing, Thing], readings: tuple[Inventory, Inventory]
) -> Iterator[Difference]:
    old, new = things
    name = _name(kind, new)
    for field in fields(old):
        one, other = getattr(old, field.name), getattr(new, field.name)
        if one == other:
            continue
        told = _WORDS.get((kind, field.name), _plainly)(field.name, one, other, readings)
        quiet = field.name in _QUIET or (kind, field.name) in _MIRRORED or not told
        yield Difference(
            kind,
            key,
            name,
            _group_of(kind, new),
            "changed",
            field.name,
            one,
            other,
            f"{NOUNS[kind]} {name} {told or _plainly(field.name, one, other, readings)}",
            quiet,
        )


Readings = tuple[Inventory, Inventory]
Words = Callable[[str, Any, Any, Readings], str]


def spelled(value: object) -> str:
    """A field's value as a person reads it."""
    if value is None or value in ("", ()):
        return "nothing"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S} UTC"
    if isinstance(value, tuple):
        return ", ".join("=".join(map(str, each)) if isinstance(each, tuple) else str(each) for each in value)
    return str(value)


def _plainly(name: str, old: object, new: object, _readings: Readings) -> str:
    return f"changed {name.replace('_', ' ')} from {spelled(old)} to {spelled(new)}"


def _sized(_name: str, old: int, new: int, _readings: Readings) -> str:
    return f"was expanded from {old} to {new} GB" if new > old else f"changed size from {old} to {new} GB"


def _resized(_name: str, old: str, new: str, _readings: Readings) -> str:
    return f"was resized from {spelled(old)} to {spelled(new)}"


def _status(_name: str, old: str, new: str, _readings: Readings) -> str:
    return f"went from {spelled(old)} to {spelled(new)}"


def _attached(_name: str, old: tuple[Any, ...], new: tuple[Any, ...], readings: Readings) -> str:
    before, after = readings
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    words = [f"detached from {_called(before, each.instance_id)}" for each in gone]
    words += [f"attached to {_called(after, each.instance_id)} as {each.device}" for each in come]
    return " and ".join(words)


def _called(reading: Inventory, instance_id: str) -> str:
    instance = reading.instances.get(instance_id)
    return instance.name if instance else instance_id


def _disks(_name: str, old: tuple[Any, ...], new: tuple[Any, ...], readings: Readings) -> str:
    """Disks that came or went, but those of pairs: the pair tells of them."""
    known = {disk for reading in readings for pair in reading.pairs.values() for disk in pair.disk_ids}
    was = {each.disk_id: each for each in old if each.disk_id not in known}
    now = {each.disk_id: each for each in new if each.disk_id not in known}
    words = [f"lost the disk at {was[key].device or key}" for key in was if key not in now]
    words += [
        f"got a disk at {now[key].device or key} that SDRS does not know" for key in now if key not in was
    ]
    return " and ".join(words)


_WORDS: Mapping[tuple[str, str], Words] = {
    ("pairs", "size_gb"): _sized,
    ("disks", "size_gb"): _sized,
    ("servers", "flavor"): _resized,
    ("pairs", "attachments"): _attached,
    ("servers", "disks"): _disks,
    ("groups", "status"): _status,
    ("instances", "status"): _status,
    ("pairs", "status"): _status,
    ("drills", "status"): _status,
    ("servers", "status"): _status,
}
