"""Which notebook leads through which runbook."""

from collections.abc import Mapping

from drkit.model import Operation
from drkit.plan import REMOVAL, Plan, RunbookKind

_ATTACH, _DRILL = "20_attach_pairs.ipynb", "30_dr_drill.ipynb"
_PLANNED, _FAILOVER = "40_planned_failover.ipynb", "50_failover_and_reprotect.ipynb"
NOTEBOOKS: Mapping[str, str] = {
    REMOVAL: "16_remove_protection.ipynb",
    RunbookKind.DRILL: _DRILL,
    RunbookKind.CLEANUP: _DRILL,
    RunbookKind.PLANNED_FAILOVER: _PLANNED,
    RunbookKind.FAILBACK: _PLANNED,
    RunbookKind.FAILOVER: _FAILOVER,
    RunbookKind.REPROTECT: _FAILOVER,
    RunbookKind.RESTART: _FAILOVER,
}


def notebook_of(plan: Plan) -> str:
    """The notebook whose first step offers to go on with a run of that plan."""
    if plan.objectives:
        return NOTEBOOKS[plan.objectives.kind]
    sent = [step.change.operation for step in plan.steps if step.change]
    if len(plan.steps) > 1 and sent[-1:] == [Operation.DELETE_GROUP]:
        return NOTEBOOKS[REMOVAL]
    if Operation.CREATE_GROUP in sent and len(sent) > 1:
        return "12_protect_servers.ipynb"
    attaches = Operation.ATTACH_PAIR in sent and {*sent} <= {Operation.ATTACH_PAIR, Operation.DETACH_PAIR}
    return _ATTACH if attaches else "15_change_one_thing.ipynb"
