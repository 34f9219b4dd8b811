"""From an operator's words to changes: which things, which operation, with which arguments. Pure."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from drkit.devices import assign
from drkit.errors import InputError, UnknownNameError
from drkit.model import (
    FAILED_TASKS,
    NEEDS,
    OPTIONS,
    PLANNED,
    Argument,
    Change,
    Inventory,
    Operation,
    ReplicationPair,
    Station,
    find,
)
from drkit.plan.commands import WORDS

_WORDS = {**WORDS, "pair_id": "pairs"}  # here several may be named


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
    if without := _without_group(operation, inventory, group, given):
        return (_change(operation, inventory, without, given),)
    home = inventory.group(group).id if group else ""
    for key, kind, things in _found_by_name(inventory):
        if key in given:
            given[key] = _ids(kind, given[key], things)
    home = home or _group_of_members(inventory, given)
    if "instance_id" in needs:
        if not instance:
            raise InputError(f"{operation.words} needs an instance; name it.")
        chosen = inventory.instance(instance, home)
        given["instance_id"], home = chosen.id, chosen.group_id
    if "drill_id" in given:
        drill = inventory.drill(str(given["drill_id"]), home)
        given["drill_id"], home = drill.id, drill.group_id
    if "server_id" in given:
        home = home or _group_of(inventory, given["server_id"])
    if "nic_id" in given:
        given["nic_id"] = _nic(inventory, str(given["instance_id"]), str(given["nic_id"]))
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
    takes = {each: {*map(_word, _takes(each))} | {*_takes(each)} for each in operations}
    known = set().union(*takes.values()) if len(takes) > 1 else set()
    return {
        each: {word: value for word, value in arguments.items() if word in mine or word not in known}
        for each, mine in takes.items()
    }


def _check_words(operation: Operation, used: Collection[str]) -> None:
    takes = ["group", *map(_word, _takes(operation))]
    strange = sorted(set(used) - {*takes, *_takes(operation)})
    if strange:
        raise InputError(
            f"{operation.words} takes no {' and no '.join(strange)}; it takes {', '.join(takes)}."
        )


def _takes(operation: Operation) -> tuple[str, ...]:
    return (*NEEDS[operation], *OPTIONS.get(operation, ()))


def _word(key: str) -> str:
    return _WORDS.get(key, key)


def _found_by_name(inventory: Inventory) -> tuple[tuple[str, str, Mapping[str, Any]], ...]:
    """The arguments that name things by their names, as operators do."""
    return (
        ("server_id", "server", inventory.servers),
        ("server_ids", "server", inventory.servers),
        ("disk_id", "disk", inventory.disks),
        ("instance_ids", "protected instance", inventory.instances),
    )


def _ids(kind: str, given: Argument, things: Mapping[str, Any]) -> Argument:
    if isinstance(given, str):
        return str(find(kind, given, things).id)
    return tuple(find(kind, each, things).id for each in given) if isinstance(given, tuple) else given


def _group_of_members(inventory: Inventory, given: Mapping[str, Argument]) -> str:
    ids = given.get("instance_ids", ())
    homes = {inventory.instances[each].group_id for each in ids} if isinstance(ids, tuple) else set[str]()
    if len(homes) > 1:
        raise InputError("These instances are of several groups; name those of one group at a time.")
    return min(homes, default="")


def _without_group(
    operation: Operation, inventory: Inventory, group: str, given: Mapping[str, Argument]
) -> str:
    """What stands in the place of a group: of one that is to be made, and where failed tasks are of none."""
    if operation is Operation.CREATE_GROUP:
        return f"{PLANNED}{given.get('name', '')}"
    if group or operation not in _TASKS:
        return ""
    task = inventory.failed_tasks.get(str(given.get("task_id", "")))
    return (task.group_id if task else "") or FAILED_TASKS


def _nic(inventory: Inventory, instance_id: str, name: str) -> str:
    """The id of a network card that is named by its private address."""
    instance = inventory.instances[instance_id]
    server = inventory.servers.get(instance.production_server_id)
    by_address = {address: key for key, address in server.nics} if server else {}
    return by_address.get(name, name)


_TASKS = {Operation.CLEAR_FAILED_TASK, Operation.CLEAR_FAILED_TASKS}


def _change(
    operation: Operation, inventory: Inventory, group_id: str, given: Mapping[str, Argument]
) -> Change:
    if group_id not in inventory.groups and not group_id.startswith(PLANNED):
        raise InputError(f"{operation.words} needs a group; name it.")
    needs = NEEDS[operation]
    usual = {key: value for key, value in _usual(inventory, group_id, given).items() if key in needs}
    filled = {**usual, **given}
    missing = [_word(key) for key in needs if key not in filled]
    if missing:
        raise InputError(f"{operation.words} needs {' and '.join(missing)}.")
    kinds = {**needs, **OPTIONS.get(operation, {})}
    for key, value in filled.items():
        if type(value) is not kinds[key]:
            raise InputError(f"{key}={value!r} of {operation.words} is no {_KINDS[kinds[key]]}.")
    return Change.of(operation, group_id, **filled)


_KINDS = {str: "text", int: "whole number", bool: "true or false", tuple: "list of texts"}


def _usual(inventory: Inventory, group_id: str, given: Mapping[str, Argument]) -> dict[str, Argument]:
    """The arguments that need not be named."""
    usual: dict[str, Argument] = {"drill_vpc_id": "", "hard": False}
    usual |= {"with_disk": False, "with_server": False, "with_eip": False}
    if {"production_flavor", "dr_flavor"} & given.keys():  # of one side
        usual["flavor"] = ""
    group = inventory.groups.get(group_id)
    if group and isinstance(group.priority_station, Station):
        usual["to"] = group.priority_station.other.value
    for key, things in (("server_id", inventory.servers), ("disk_id", inventory.disks)):
        if named := things.get(str(given.get(key, ""))):
            usual["name"] = named.name
    pair = inventory.pairs.get(str(given.get("pair_id", "")))
    instance = inventory.instances.get(str(given.get("instance_id", "")))
    if pair and instance:
        usual["device"] = assign(inventory, instance, pair).device
    return usual


def _group_of(inventory: Inventory, server_id: Argument) -> str:
    groups = {each.group_id for each in inventory.instances.values() if server_id in each.server_ids}
    return min(groups, default="")
