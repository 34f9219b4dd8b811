"""The changes that drkit makes, as data: a plan lists them, rules judge them, the api sends them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Final, Generic, Self, TypeVar

from drkit.showing import line

Argument = str | int | bool | tuple[str, ...]
T = TypeVar("T", str, int, bool, tuple[str, ...])

PLANNED: Final = "planned:"
"""What stands before a name in place of the id that a thing will have once it was created."""

FAILED_TASKS: Final = f"{PLANNED}failed tasks"
"""What stands in place of a group for the failed tasks that belong to none."""


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
    CREATE_GROUP = "create_group"
    RENAME_GROUP = "rename_group"
    DELETE_GROUP = "delete_group"
    CREATE_INSTANCE = "create_instance"
    CREATE_INSTANCES = "create_instances"
    RENAME_INSTANCE = "rename_instance"
    DELETE_INSTANCE = "delete_instance"
    DELETE_INSTANCES = "delete_instances"
    ADD_NIC = "add_nic"
    DELETE_NIC = "delete_nic"
    SET_TAGS = "set_tags"
    DELETE_TAGS = "delete_tags"
    CREATE_PAIR = "create_pair"
    RENAME_PAIR = "rename_pair"
    DELETE_PAIR = "delete_pair"
    RENAME_DRILL = "rename_drill"
    CLEAR_FAILED_TASK = "clear_failed_task"
    CLEAR_FAILED_TASKS = "clear_failed_tasks"

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
    Operation.CREATE_GROUP: {
        "name": str,
        "source_zone": str,
        "target_zone": str,
        "domain_id": str,
        "vpc_id": str,
    },
    Operation.RENAME_GROUP: {"name": str},
    Operation.DELETE_GROUP: {},
    Operation.CREATE_INSTANCE: {"server_id": str, "name": str},
    Operation.CREATE_INSTANCES: {"server_ids": tuple, "name": str},  # the name that the others begin with
    Operation.RENAME_INSTANCE: {"instance_id": str, "name": str},
    Operation.DELETE_INSTANCE: {"instance_id": str, "with_server": bool, "with_eip": bool},
    Operation.DELETE_INSTANCES: {"instance_ids": tuple, "with_server": bool, "with_eip": bool},
    Operation.ADD_NIC: {"instance_id": str, "subnet_id": str},
    Operation.DELETE_NIC: {"instance_id": str, "nic_id": str},
    Operation.SET_TAGS: {"instance_id": str, "tags": tuple},  # "key=value"
    Operation.DELETE_TAGS: {"instance_id": str, "keys": tuple},
    Operation.CREATE_PAIR: {"disk_id": str, "name": str},
    Operation.RENAME_PAIR: {"pair_id": str, "name": str},
    Operation.DELETE_PAIR: {"pair_id": str, "with_disk": bool},
    Operation.RENAME_DRILL: {"drill_id": str, "name": str},
    Operation.CLEAR_FAILED_TASK: {"task_id": str},
    Operation.CLEAR_FAILED_TASKS: {},
}
"""The arguments that each operation needs, besides the group."""

_NEW = {"description": str, "cluster_id": str}
_TWIN = {**_NEW, "subnet_id": str, "tags": tuple, "dedicated_host_id": str}

OPTIONS: Mapping[Operation, Mapping[str, type]] = {
    Operation.RESIZE_INSTANCE: {
        "production_flavor": str,
        "dr_flavor": str,
        "production_dedicated_host_id": str,
        "dr_dedicated_host_id": str,
    },
    Operation.CREATE_GROUP: {"description": str},
    Operation.CREATE_INSTANCE: {**_TWIN, "flavor": str, "ip_address": str},  # of the DR server
    Operation.CREATE_INSTANCES: {**_TWIN, "flavors": tuple},  # one for each server, or none
    Operation.ADD_NIC: {"ip_address": str, "security_group_ids": tuple},
    Operation.CREATE_PAIR: _NEW,
}
"""The arguments that may be left out; an empty one is as if it were."""


class _Named(Generic[T]):
    """Reads the argument of its own name out of a change."""

    def __init__(self, none: T) -> None:
        self._none: T = none

    def __set_name__(self, _: type, name: str) -> None:
        self._name = name

    def __get__(self, change: "Change", _: type) -> T:
        name = self._name
        for key, value in change.arguments:  # a few, asked for thousands of times
            if key == name:
                return value  # type: ignore[return-value]  # its type was checked by `of`
        return self._none


@dataclass(frozen=True, slots=True)
class Change:
    """One change to one group; equal changes are equal values and can be keys."""

    operation: Operation
    group_id: str
    arguments: tuple[tuple[str, Argument], ...] = ()

    @classmethod
    def of(cls, operation: Operation, group_id: str, **arguments: Argument) -> Self:
        """Build a change; TypeError when the arguments are not those of the operation."""
        needs, options = NEEDS[operation], OPTIONS.get(operation, {})
        given = {name: value for name, value in arguments.items() if value or name not in options}
        kinds = {name: type(value) for name, value in given.items()}
        if kinds != {**needs, **{name: kind for name, kind in options.items() if name in given}}:
            raise TypeError(f"{operation} takes {dict(needs)} and may take {dict(options)}, not {kinds}")
        return cls(operation, group_id, tuple(sorted(given.items())))

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
    production_flavor = _Named("")
    dr_flavor = _Named("")
    production_dedicated_host_id = _Named("")
    dr_dedicated_host_id = _Named("")
    description = _Named("")
    source_zone = _Named("")
    target_zone = _Named("")
    domain_id = _Named("")
    vpc_id = _Named("")
    cluster_id = _Named("")
    subnet_id = _Named("")
    ip_address = _Named("")
    dedicated_host_id = _Named("")
    nic_id = _Named("")
    disk_id = _Named("")
    task_id = _Named("")
    with_server = _Named(False)
    with_eip = _Named(False)
    with_disk = _Named(False)
    server_ids = _Named[tuple[str, ...]](())
    instance_ids = _Named[tuple[str, ...]](())
    security_group_ids = _Named[tuple[str, ...]](())
    flavors = _Named[tuple[str, ...]](())
    tags = _Named[tuple[str, ...]](())
    keys = _Named[tuple[str, ...]](())

    @property
    def all_server_ids(self) -> tuple[str, ...]:
        """The servers that it names, one or several."""
        return (self.server_id,) if self.server_id else self.server_ids

    @property
    def all_instance_ids(self) -> tuple[str, ...]:
        """The instances that it names, one or several."""
        return (self.instance_id,) if self.instance_id else self.instance_ids

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
        plain = source["arguments"]
        arguments = {key: tuple(one) if isinstance(one, list) else one for key, one in plain.items()}
        return cls.of(Operation(source["operation"]), source["group_id"], **arguments)
