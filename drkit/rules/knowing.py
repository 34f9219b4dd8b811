"""The rule that drkit acts on what is known only.

Real answers leave keys out, or hold something that the reference does not foresee. What a thing did not tell
reads as nothing (`unknown` of each thing), and nothing must not pass for "no fault" or "attached nowhere".
"""

from collections.abc import Callable, Iterable, Mapping
from typing import cast

from drkit.model import Drill, ListedPair, Operation, ProtectedInstance, ProtectionGroup
from drkit.rules.existing import group_exists
from drkit.rules.rule import Case, RuleAnswer, rule
from drkit.showing import first_few

_Thing = ProtectionGroup | ProtectedInstance | ListedPair | Drill
_ZONES = ("priority_station", "source_availability_zone", "target_availability_zone")
_SIDES = ("priority_station", "source_server", "target_server")

_NEEDED: Mapping[Operation, Mapping[str, tuple[str, ...]]] = {
    **{each: {} for each in Operation},
    Operation.ATTACH_PAIR: {
        "group": ("priority_station",),
        "instance": (*_SIDES, "attachment", "metadata"),
        "pair": (
            "priority_station",
            "attachment",
            "record_metadata.multiattach",
            "record_metadata.bootable",
        ),
    },
    Operation.DETACH_PAIR: {
        "instance": (*_SIDES, "attachment"),
        "pair": ("attachment", "record_metadata.bootable"),
    },
    Operation.PLANNED_FAILOVER: {
        "group": ("priority_station",),
        "instances": _SIDES,
        "pairs": ("fault_level", "replication_status"),
    },
    Operation.FAILOVER: {"group": ("priority_station",), "pairs": ("fault_level",)},
    Operation.REPROTECT: {"group": ("priority_station",), "instances": _SIDES},
    Operation.CREATE_DRILL: {
        "group": ("source_vpc_id", "target_vpc_id"),
        "pairs": ("fault_level", "replication_status"),
    },
    Operation.EXPAND_PAIR: {
        "pair": (
            "attachment",
            "record_metadata.multiattach",
            "record_metadata.bootable",
            "record_metadata.volume_size",
            "volume_ids",
        ),
    },
    Operation.RESIZE_INSTANCE: {"instance": _SIDES},
    Operation.START_SERVER: {"instances": _SIDES},
    Operation.CREATE_INSTANCE: {"group": (*_ZONES, "source_vpc_id")},
    Operation.CREATE_INSTANCES: {"group": (*_ZONES, "source_vpc_id")},
    Operation.CREATE_PAIR: {"group": _ZONES},
    Operation.DELETE_PAIR: {"group": ("priority_station",), "pair": ("attachment",)},
    Operation.DELETE_INSTANCE: {"group": ("priority_station",), "pairs": ("attachment",)},
    Operation.DELETE_INSTANCES: {"group": ("priority_station",), "pairs": ("attachment",)},
    Operation.ADD_NIC: {"instance": _SIDES},
    Operation.DELETE_NIC: {"instance": _SIDES},
}
"""The keys, as the service spells them, that the other rules of an operation rest on: of the things that a
change names, or of all instances and pairs of its group."""


_NAMED: Mapping[str, Callable[[Case], _Thing | None]] = {
    "group": lambda case: case.world.groups.get(case.change.group_id),
    "instance": lambda case: case.world.instances.get(case.change.instance_id),
    "pair": lambda case: case.world.pairs.get(case.change.pair_id),
}


@rule("SDRS.1002", about="group", needs=[group_exists], caution=True)
def what_it_rests_on_is_known(case: Case) -> RuleAnswer:
    """Act only on what the service has told.

    Source: the response tables of the list operations. Our own caution: the service knows it all the same.
    """
    missing = [
        f"{key} of {thing.name}"
        for part, keys in _NEEDED[case.change.operation].items()
        for thing in _things(case, part)
        for key in keys
        if any(_same(key, unknown) for unknown in thing.unknown)
    ]
    if not missing:
        return None
    remedy = "Read again; if it stays so, look at it in the cloud's console, and act there."
    return f"not known: {first_few(missing)}", "told by the service", remedy


def _things(case: Case, part: str) -> Iterable[_Thing]:
    """The things of a part that do not tell everything, which few do."""
    change, world = case.change, case.world
    if part in {"instances", "pairs"}:
        key = _things, part, change.group_id  # every operation asks it of all of a group's
        if key not in world.memo:
            of = world.instances_of if part == "instances" else world.listed_pairs_of
            of_group: Iterable[_Thing] = of(change.group_id)
            world.memo[key] = [thing for thing in of_group if thing.unknown]
        return cast("list[_Thing]", world.memo[key])
    named = _NAMED[part](case)
    return [named] if named is not None and named.unknown else []


def _same(key: str, unknown: str) -> bool:
    """Whether not knowing the one means not knowing the other: the same key, a part of it, or the whole."""
    return f"{unknown}.".startswith(f"{key}.") or f"{key}.".startswith(f"{unknown}.")
