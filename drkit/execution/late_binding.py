"""A planned change fitted to the reading right before it is sent (pure)."""

from collections.abc import Iterable

from drkit.model import (
    PLANNED,
    Change,
    Drill,
    Inventory,
    Operation,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ServerStatus,
)

Made = ProtectionGroup | ProtectedInstance | ReplicationPair | Drill
_POWER = {Operation.STOP_SERVER: ServerStatus.SHUTOFF, Operation.START_SERVER: ServerStatus.ACTIVE}
_MEMBERS = {"drill_id": "drills", "pair_id": "pairs", "instance_id": "instances"}


def bind_late(change: Change, inventory: Inventory) -> Change:
    """The change with the ids that were not known when it was planned.

    What an earlier step created is found by its name, a member of a group in its group; where none or more
    than one bears it the change stays as it is, and the rules refuse it.
    """
    planned = [key for key in _MEMBERS if getattr(change, key).startswith(PLANNED)]
    if not planned and not change.group_id.startswith(PLANNED):
        return change
    creates = change.operation is Operation.CREATE_GROUP
    group_id = change.group_id if creates else bound(change.group_id, inventory.groups.values())
    arguments = dict(change.arguments)
    for key in planned:
        members = getattr(inventory, f"{_MEMBERS[key]}_of")(group_id)
        arguments[key] = bound(getattr(change, key), members)
    fitted = Change.of(change.operation, group_id, **arguments)
    return change if fitted == change else fitted


def bound(identity: str, things: Iterable[Made]) -> str:
    """The id of the only thing of the name that stands in its place; the identity itself where it is one."""
    name = identity.removeprefix(PLANNED)
    named = [each.id for each in things if each.name == name] if identity.startswith(PLANNED) else []
    return named[0] if len(named) == 1 else identity


def done_already(change: Change, inventory: Inventory) -> str:
    """Why nothing has to be sent, as a sentence; empty where it has to.

    Of servers: whether they start by themselves after a switch is documented both ways, and a server may have
    been stopped by hand. And of pairs that are to be deleted: those that came with an instance go with it.
    """
    if change.operation is Operation.DELETE_PAIR and change.pair_id not in inventory.pairs:
        read = change.group_id in inventory.groups and not inventory.problems
        return "The pair is gone already; nothing was sent." if read else ""
    server = inventory.servers.get(change.server_id)
    wanted = _POWER.get(change.operation)
    if server is None or wanted is None or server.status != wanted or server.task_state:
        return ""
    return f"{server.name} is {server.status} already; nothing was sent."
