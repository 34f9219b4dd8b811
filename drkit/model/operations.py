"""The changes that drkit makes, as data: a plan lists them, rules judge them, the api sends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Generic, Self, TypeVar, cast

from drkit.showing import line

Argument = str | int | bool
T = TypeVar("T", str, int, bool)


class Operation(StrEnum):
    """What can be done, in operators' words."""

    ATTACH_PAIR = "attach_pair"
    DETACH_PAIR = "detach_pair"
    ENABLE_PROTECTION = "enable_protection"
    DISABLE_PROTECTION = "disable_protection"
    PLANNED_FAILOVER = "planned_failover"
    FAILOVER = "failover"
    REPROTECT = "reprotect"
    CREATE_DRILL = "create_drill"
    DELETE_DRILL = "delete_drill"
    EXPAND_PAIR = "expand_pair"
    RESIZE_INSTANCE = "resize_instance"
    STOP_SERVER = "stop_server"
    START_SERVER = "start_server"

    @property
    def words(self) -> str:
        """The name as people write it: "planned failover"."""
        return self.value.replace("_", " ")


NEEDS: Mapping[Operation, Mapping[str, type]] = {
    Operation.ATTACH_PAIR: {"pair_id": str, "instance_id": str, "device": str},
    Operation.DETACH_PAIR: {"pair_id": str, "instance_id": str},
    Operation.ENABLE_PROTECTION: {},
    Operation.DISABLE_PROTECTION: {},
    Operation.PLANNED_FAILOVER: {"to": str},  # the station that becomes production
    Operation.FAILOVER: {},
    Operation.REPROTECT: {},
    Operation.CREATE_DRILL: {"name": str, "drill_vpc_id": str},  # an empty VPC id has one made
    Operation.DELETE_DRILL: {"drill_id": str},
    Operation.EXPAND_PAIR: {"pair_id": str, "new_size_gb": int},
    Operation.RESIZE_INSTANCE: {"instance_id": str, "flavor": str},  # of both servers
    Operation.STOP_SERVER: {"server_id": str, "hard": bool},
    Operation.START_SERVER: {"server_id": str},
}
"""The arguments of each operation, besides the group."""


class _Named(Generic[T]):
    """Reads the argument of its own name out of a change."""

    def __init__(self, none: T) -> None:
        self._none: T = none

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, change: "Change", _: type) -> T:
        return cast(T, dict(change.arguments).get(self._name, self._none))  # its type was checked by `of`


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one group; equal changes are equal values and can be keys."""

    operation: Operation
    group_id: str
    arguments: tuple[tuple[str, Argument], ...] = ()

    @classmethod
    def of(cls, operation: Operation, group_id: str, **arguments: Argument) -> Self:
        """Build a change; TypeError when the arguments are not those of the operation."""
        needs = NEEDS[operation]
        kinds = {name: type(value) for name, value in arguments.items()}
        if kinds != dict(needs):
            raise TypeError(f"{operation} takes {dict(needs)}, not {kinds}")
        return cls(operation, group_id, tuple(sorted(arguments.items())))

    # The arguments, one by one; empty (0, false) where the operation takes none of that name.
    pair_id = _Named("")
    instance_id = _Named("")
    drill_id = _Named("")
    server_id = _Named("")
    device = _Named("")
    to = _Named("")
    name = _Named("")
    drill_vpc_id = _Named("")
    flavor = _Named("")
    new_size_gb = _Named(0)
    hard = _Named(False)

    def __repr__(self) -> str:
        given = "".join(f", {name}={value}" for name, value in self.arguments if value)
        return line(self, f"{self.operation.words}: group_id={self.group_id}{given}")

    def to_json(self) -> dict[str, Any]:
        """The change as JSON values, for the journal."""
        return {
            "operation": self.operation.value,
            "group_id": self.group_id,
            "arguments": dict(self.arguments),
        }

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """The change that `to_json` wrote."""
        return cls.of(Operation(source["operation"]), source["group_id"], **source["arguments"])
