"""A reading as JSON and back: what is kept of a project, to be compared with later or rehearsed upon.

Each thing is an object with the names of its fields; states are their words, times ISO 8601, tuples lists.
"""

import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from enum import Enum
from functools import cache
from typing import Any, Union, cast, get_args, get_origin, get_type_hints

import msgspec

from drkit.errors import InputError
from drkit.model.inventory import Backend, Inventory
from drkit.model.jobs import Domain, FailedTask, Quota, RpoPoint
from drkit.model.machines import Disk, Server
from drkit.model.resources import Drill, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.model.statuses import Unknown

FORM = 1

_KEYED: Mapping[str, type] = {
    "groups": ProtectionGroup,
    "instances": ProtectedInstance,
    "pairs": ReplicationPair,
    "drills": Drill,
    "servers": Server,
    "disks": Disk,
    "quotas": Quota,
    "failed_tasks": FailedTask,
    "domains": Domain,
}


def kept(inventory: Inventory) -> bytes:
    """The reading as JSON."""
    rest = ("read_at", "backend", "rpo", "problems")
    content = {
        "form": FORM,
        **{name: getattr(inventory, name) for name in rest},
        "whole": sorted(inventory.whole),
        "undrilled": sorted(inventory.undrilled),
        "of_groups": sorted(inventory.of_groups),
        **{name: tuple(getattr(inventory, name).values()) for name in _KEYED},
    }
    return msgspec.json.encode(content, enc_hook=str)  # a status that no reference names is a text


def from_kept(content: bytes | str) -> Inventory:
    """The reading that was kept. Raises `InputError` that says what is wrong with it."""
    try:
        source = msgspec.json.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeError) as error:
        raise InputError(f"The kept reading is damaged: {error}; take another one.") from None
    if not isinstance(source, Mapping) or source.get("form") != FORM:
        raise InputError("This is no kept reading of a project, or one of a newer drkit; nothing was done.")
    try:
        things = {
            name: {_key(each): each for each in _reader(tuple[kind, ...])(source[name])}  # type: ignore[valid-type]  # made when it runs
            for name, kind in _KEYED.items()
        }
        return Inventory(
            backend=_reader(Backend)(source["backend"]),
            read_at=_reader(datetime)(source["read_at"]),
            rpo=_reader(tuple[RpoPoint, ...])(source["rpo"]),
            problems=_reader(tuple[str, ...])(source["problems"]),
            whole=cast("Any", frozenset(_reader(tuple[str, ...])(source["whole"]))),
            undrilled=frozenset(_reader(tuple[str, ...])(source.get("undrilled", []))),
            of_groups=frozenset(_reader(tuple[str, ...])(source["of_groups"])),
            **things,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"The kept reading is damaged: {error}; take another one.") from None


def _key(thing: Any) -> str:  # noqa: ANN401  # one of the kinds above
    return str(thing.type if isinstance(thing, Quota) else thing.id)


@cache
def _reader(kind: Any) -> Callable[[Any], Any]:  # noqa: ANN401  # any type that a field of the model has
    """What makes a value of a type of its plain form; ValueError or TypeError where it is none."""
    if is_dataclass(kind):
        return _reader_of_fields(cast("type", kind))
    if get_origin(kind) is tuple:
        return _reader_of_tuple(get_args(kind))
    if get_origin(kind) in (Union, types.UnionType):
        parts = [part for part in get_args(kind) if part not in (types.NoneType, Unknown)]
        inner = _reader(parts[0])
        return inner if Unknown in get_args(kind) else lambda value: None if value is None else inner(value)
    if kind is datetime:
        return datetime.fromisoformat
    if issubclass(kind, Enum):
        return lambda value: cast("Any", kind).read(_checked(value, str))
    return lambda value: _checked(value, kind)


def _reader_of_fields(kind: type) -> Callable[[Any], Any]:
    hints = get_type_hints(kind)
    needed = [each.name for each in fields(kind) if each.default is MISSING]
    readers = {each.name: _reader(hints[each.name]) for each in fields(kind)}

    def read(value: Any) -> Any:  # noqa: ANN401
        source = _checked(value, dict)
        if missing := [name for name in needed if name not in source]:
            raise ValueError(f"a {kind.__name__} lacks {missing[0]}")
        return kind(**{name: reader(source[name]) for name, reader in readers.items() if name in source})

    return read


def _reader_of_tuple(parts: tuple[Any, ...]) -> Callable[[Any], Any]:
    readers = [_reader(part) for part in parts if part is not Ellipsis]
    if parts[-1] is Ellipsis:
        return lambda value: tuple(map(readers[0], _checked(value, list)))
    return lambda value: tuple(
        reader(part) for reader, part in zip(readers, _checked(value, list), strict=True)
    )


def _checked(value: object, kind: type) -> Any:  # noqa: ANN401
    if isinstance(value, bool) is not (kind is bool) or not isinstance(value, kind):
        raise TypeError(f"{str(value)[:60]!r} is no {kind.__name__}")
    return value
