"""From an operator's words to changes: which things, which operation, with which arguments. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence

from drkit.devices import assign
from drkit.errors import InputError, UnknownNameError
from drkit.model import NEEDS, Argument, Change, Inventory, Operation, ReplicationPair, Station, find

_WORDS = {"pair_id": "pairs", "instance_id": "instance", "drill_id": "drill", "server_id": "server"}
"""What operators call the arguments that are ids."""


def read_operation(text: str) -> Operation:
    """The operation of that name, with underscores, hyphens or spaces; UnknownNameError with suggestions."""
    spelled = text.strip().lower().replace(" ", "_").replace("-", "_")
    if spelled not in set(Operation):
        raise UnknownNameError.among("operation", text, (each.value for each in Operation))
    return Operation(spelled)


def pair_in(inventory: Inventory, name: str, group_id: str) -> ReplicationPair:
    """The pair of that name or id: in that group, else in another one, so that a rule can object to that."""
    try:
        return inventory.pair(name, group_id)
    except UnknownNameError:
        return inventory.pair(name)


def changes_of(
    operation: Operation,
    inventory: Inventory,
    *,
    group: str = "",
    instance: str = "",
    pairs: Iterable[str] = (),
    **arguments: Argument,
) -> tuple[Change, ...]:
    """The changes that are meant: one per pair for an operation on pairs, otherwise one.

    Without pairs all of the group are meant, without `device` the one a pair would be given, without `to`
    the site that is the DR site now. Raises InputError for an argument that the operation does not take, that
    it needs, or that is of the wrong kind, and UnknownNameError for a name that fits nothing.
    """
    needs, names = NEEDS[operation], tuple(pairs)
    _check_words(operation, {*arguments, *(["instance"] if instance else []), *(["pairs"] if names else [])})
    ids = {word: key for key, word in _WORDS.items()}
    given = {ids.get(word, word): value for word, value in arguments.items()}
    home = inventory.group(group).id if group else ""
    if "instance_id" in needs:
        if not instance:
            raise InputError(f"{operation.words} needs an instance; name it.")
        chosen = inventory.instance(instance, home)
        given["instance_id"], home = chosen.id, chosen.group_id
    if "drill_id" in given:
        drill = inventory.drill(str(given["drill_id"]), home)
        given["drill_id"], home = drill.id, drill.group_id
    if "server_id" in given:
        given["server_id"] = find("server", str(given["server_id"]), inventory.servers).id
        home = home or _group_of(inventory, given["server_id"])
    if "pair_id" not in needs:
        return (_change(operation, inventory, home, given),)
    members = [pair_in(inventory, each, home) for each in names] or inventory.pairs_of(home)
    return tuple(
        _change(operation, inventory, home or each.group_id, {**given, "pair_id": each.id})
        for each in members
    )


def given_to(
    operations: Sequence[Operation], arguments: Mapping[str, Argument]
) -> dict[Operation, dict[str, Argument]]:
    """What of the arguments each operation is given: of several operations those that take it.

    One that none of several takes is given to all, so that it is refused.
    """
    takes = {each: {_WORDS.get(key, key) for key in NEEDS[each]} | {*NEEDS[each]} for each in operations}
    known = set().union(*takes.values()) if len(takes) > 1 else set()
    return {
        each: {word: value for word, value in arguments.items() if word in mine or word not in known}
        for each, mine in takes.items()
    }


def _check_words(operation: Operation, used: Collection[str]) -> None:
    takes = ["group", *(_WORDS.get(key, key) for key in NEEDS[operation])]
    strange = sorted(set(used) - set(takes))
    if strange:
        raise InputError(
            f"{operation.words} takes no {' and no '.join(strange)}; it takes {', '.join(takes)}."
        )


def _change(
    operation: Operation, inventory: Inventory, group_id: str, given: Mapping[str, Argument]
) -> Change:
    if group_id not in inventory.groups:
        raise InputError(f"{operation.words} needs a group; name it.")
    needs = NEEDS[operation]
    usual = {key: value for key, value in _usual(inventory, group_id, given).items() if key in needs}
    filled = {**usual, **given}
    missing = [_WORDS.get(key, key) for key in needs if key not in filled]
    if missing:
        raise InputError(f"{operation.words} needs {' and '.join(missing)}.")
    for key, kind in needs.items():
        if type(filled[key]) is not kind:
            raise InputError(f"{key}={filled[key]!r} of {operation.words} is no {_KINDS[kind]}.")
    return Change.of(operation, group_id, **filled)


_KINDS = {str: "text", int: "whole number", bool: "true or false"}


def _usual(inventory: Inventory, group_id: str, given: Mapping[str, Argument]) -> dict[str, Argument]:
    """The arguments that need not be named."""
    usual: dict[str, Argument] = {"drill_vpc_id": "", "hard": False}
    station = inventory.groups[group_id].priority_station
    if isinstance(station, Station):
        usual["to"] = station.other.value
    pair = inventory.pairs.get(str(given.get("pair_id", "")))
    instance = inventory.instances.get(str(given.get("instance_id", "")))
    if pair and instance:
        usual["device"] = assign(inventory, instance, pair).device
    return usual


def _group_of(inventory: Inventory, server_id: Argument) -> str:
    groups = {each.group_id for each in inventory.instances.values() if server_id in each.server_ids}
    return min(groups, default="")
