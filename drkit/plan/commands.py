"""A change as it is asked for: the words of `Site.plan`, a line of Python, a line for the shell. Pure."""

import shlex
from collections import Counter
from collections.abc import Iterable, Mapping

from drkit.model import NEEDS, OPTIONS, PLANNED, Argument, Change, Inventory, Operation
from drkit.rules import Objection

WORDS: Mapping[str, str] = {
    "pair_id": "pair",
    "instance_id": "instance",
    "drill_id": "drill",
    "server_id": "server",
    "disk_id": "disk",
    "domain_id": "domain",
    "vpc_id": "vpc",
    "subnet_id": "subnet",
    "nic_id": "nic",
    "task_id": "task",
    "cluster_id": "cluster",
    "dedicated_host_id": "dedicated_host",
    "server_ids": "servers",
    "instance_ids": "instances",
    "security_group_ids": "security_groups",
}
"""What operators call the arguments that are ids."""

_NAMED = {
    "pair_id": "pairs",
    "instance_id": "instances",
    "drill_id": "drills",
    "server_id": "servers",
    "disk_id": "disks",
    "server_ids": "servers",
    "instance_ids": "instances",
}
_OF_A_GROUP = {"pairs", "instances", "drills"}


def takes(operation: Operation) -> dict[str, type]:
    """The words that an operation takes besides the group, and their kinds."""
    kinds = {**NEEDS[operation], **OPTIONS.get(operation, {})}
    return {WORDS.get(key, key): kind for key, kind in kinds.items()}


def wants_group(operation: Operation) -> bool:
    """Whether an operation is told its group: all but the one that makes it."""
    return operation is not Operation.CREATE_GROUP


def asked(change: Change, inventory: Inventory) -> dict[str, Argument]:
    """The words that plan this change, with names where they tell what is meant, else with ids."""
    words: dict[str, Argument] = {}
    if wants_group(change.operation) and not change.group_id.startswith(PLANNED):
        words["group"] = unmistakable(change.group_id, "groups", inventory)
    for key, value in change.arguments:
        words[WORDS.get(key, key)] = _told(key, value, change, inventory)
    return {key: value for key, value in words.items() if value not in (False, "", ())}


def python_call(change: Change, inventory: Inventory) -> str:
    """The line of Python that plans this change on a site: `site.plan("enable_protection", group="shop")`."""
    words = "".join(f", {key}={value!r}" for key, value in asked(change, inventory).items())
    return f"site.plan({change.operation.value!r}{words})"


def shell_line(change: Change, inventory: Inventory) -> str:
    """The line for the shell: `drkit do enable-protection --group shop`; --dry-run or --confirm is added."""
    parts = ["drkit", "do", change.operation.value.replace("_", "-")]
    for key, value in asked(change, inventory).items():
        flag = f"--{key.replace('_', '-')}"
        values: Iterable[Argument] = value if isinstance(value, tuple) else (value,)
        parts += [flag] if value is True else [part for one in values for part in (flag, str(one))]
    return shlex.join(parts)


def shell_lines(changes: Iterable[Change], inventory: Inventory) -> tuple[str, ...]:
    """A line for the shell for each of these changes."""
    return tuple(shell_line(change, inventory) for change in changes)


def against(objection: Objection, inventory: Inventory) -> str:
    """An objection as a line of a list, with the lines for the shell that do what it advises."""
    ways = (" && ".join(shell_lines(way, inventory)) for way in objection.ways)
    return "\n".join((f"- {objection}", *(f"  {line}" for line in ways if line)))


def _told(key: str, value: Argument, change: Change, inventory: Inventory) -> Argument:
    if key not in _NAMED:
        return value
    kind = _NAMED[key]
    group_id = change.group_id if kind in _OF_A_GROUP else ""
    if isinstance(value, tuple):
        return tuple(unmistakable(each, kind, inventory, group_id) for each in value)
    return unmistakable(str(value), kind, inventory, group_id)


def unmistakable(identity: str, kind: str, inventory: Inventory, group_id: str = "") -> str:
    """What a thing is called in a line that is to be typed: its name, where it is no other's (in its group,
    where one is given); else the id.
    """
    names = inventory.memo.get((unmistakable, kind, group_id))  # many lines are made of one reading
    if not isinstance(names, Counter):
        known = getattr(inventory, kind).values()
        names = Counter(each.name for each in known if not group_id or each.group_id == group_id)
        inventory.memo[unmistakable, kind, group_id] = names
    thing = getattr(inventory, kind).get(identity)
    name = thing.name if thing else identity
    return name if names[name] == 1 and not name.startswith("-") else identity
