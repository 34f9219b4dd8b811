"""Rules for stopping and starting the servers of a group.

Source: the ECS pages on starting and stopping servers, and the user guide of SDRS on what happens around a
switch. The neighbour service (ECS) lets most of it pass: these are drkit's own cautions, under the
codes that SDRS has for what would go wrong.
"""

from drkit.model import Change, GroupStatus, Operation, Server, ServerStatus
from drkit.rules.advising import course, moves
from drkit.rules.existing import group_exists, server_exists
from drkit.rules.rule import Advice, Case, RuleAnswer, rule

BOTH = (group_exists, server_exists)

SWITCHING = {GroupStatus.REVERSING, GroupStatus.FAILING_OVER, GroupStatus.REPROTECTING}


@rule("SDRS.1333", about="server", needs=[server_exists], caution=True)
def server_runs(case: Case) -> RuleAnswer:
    """Stop a server that runs.

    Source: SDRS.1333 on the page "Error Codes".
    """
    return _in_state(case, ServerStatus.ACTIVE, ServerStatus.SHUTOFF)


@rule("SDRS.1333", about="server", needs=[server_exists], caution=True)
def server_is_off(case: Case) -> RuleAnswer:
    """Start a server that is stopped.

    Source: SDRS.1333 on the page "Error Codes".
    """
    return _in_state(case, ServerStatus.SHUTOFF, ServerStatus.ACTIVE)


@rule("SDRS.1342", about="server", needs=BOTH, caution=True)
def server_is_not_the_dr_one(case: Case) -> RuleAnswer:
    """Start servers at the production site only; those at the DR site stay stopped.

    Source: the user guide: after a failover the old production servers cannot start any more, and
    re-protection wants the servers at the DR site stopped.
    """
    dr_servers = {each.dr_server_id: each.name for each in case.world.instances_of(case.group.id)}
    if case.server.id not in dr_servers:
        return None
    found = f"the DR server of {dr_servers[case.server.id]}"
    instance = next(
        each for each in case.world.instances_of(case.group.id) if each.dr_server_id == case.server.id
    )
    start = (Change.of(Operation.START_SERVER, case.group.id, server_id=instance.production_server_id),)
    switch = course(case, Operation.PLANNED_FAILOVER)
    options = (
        Advice("Start the production server instead, or switch the group first.", (start, switch)),
        Advice("Start the production server instead.", (start,)),
        Advice("Switch the group first.", (switch,)),
        Advice("Leave it stopped: the group cannot be switched, nor its production server started, now."),
    )
    return found, "a production server", options


@rule("SDRS.1352", "SDRS.1319", about="group", needs=BOTH, caution=True)
def no_switch_is_going_on(case: Case) -> RuleAnswer:
    """Leave the servers stopped while the group is switching.

    Source: "Performing a Planned Failover for a Protection Group".
    """
    if case.group.status not in SWITCHING:
        return None
    return str(case.group.status), "at rest", "Wait until the switch has ended, then read again."


def not_stopped(server: Server) -> str:
    """What a server does instead of being stopped, in words; empty for a stopped one."""
    return "" if server.status == ServerStatus.SHUTOFF else f"{server.name} is {_doing(server)}"


def starting(server: Server) -> str:
    """What a stopped server is about to do, in words; empty for one that stays stopped."""
    at_rest = server.status != ServerStatus.SHUTOFF or not server.task_state
    return "" if at_rest else f"{server.name} is {_doing(server)}"


def _doing(server: Server) -> str:
    return f"{server.status} {server.task_state}".strip()


def _in_state(case: Case, wanted: ServerStatus, other: ServerStatus) -> RuleAnswer:
    status, task = case.server.status, case.server.task_state
    if status == wanted and not task:
        return None
    if status == other and not task:
        remedy = "Nothing is to be done: it is in the wanted state already."
    elif moves(case.server):
        remedy = "Wait until it has settled, then read again."
    else:
        remedy = "Look at it in the cloud's console: it neither runs nor is stopped, and nothing moves it."
    return _doing(case.server), str(wanted), remedy
