"""A planned change fitted to the reading right before it is sent (pure)."""

from drkit.model import Change, Inventory, Operation, ServerStatus
from drkit.plan import PLANNED

_POWER = {Operation.STOP_SERVER: ServerStatus.SHUTOFF, Operation.START_SERVER: ServerStatus.ACTIVE}


def bind_late(change: Change, inventory: Inventory) -> Change:
    """The change with the ids that were not known when it was planned.

    A drill that an earlier step created is found by its name in the group; where none or more than one
    bears it the change stays as it is, and the rules refuse it.
    """
    wanted = change.drill_id
    if not wanted.startswith(PLANNED):
        return change
    name = wanted.removeprefix(PLANNED)
    found = [each.id for each in inventory.drills_of(change.group_id) if each.name == name]
    return Change.of(change.operation, change.group_id, drill_id=found[0]) if len(found) == 1 else change


def done_already(change: Change, inventory: Inventory) -> str:
    """Why nothing has to be sent, as a sentence; empty where it has to.

    Only for servers: whether they start by themselves after a switch is documented both ways, and a server
    may have been stopped by hand.
    """
    server = inventory.servers.get(change.server_id)
    wanted = _POWER.get(change.operation)
    if server is None or wanted is None or server.status != wanted or server.task_state:
        return ""
    return f"{server.name} is {server.status} already; nothing was sent."
