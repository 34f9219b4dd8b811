"""Which runbook makes the plan of which kind of rehearsal."""

from collections.abc import Callable, Mapping
from datetime import datetime
from itertools import chain

from drkit.errors import InputError
from drkit.model import Inventory
from drkit.plan.drill import plan_drill, plan_drill_cleanup
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.requests import PlanRequest
from drkit.plan.steps import Plan
from drkit.plan.switches import (
    plan_failback,
    plan_failover,
    plan_planned_failover,
    plan_reprotect,
    plan_restart,
)
from drkit.showing import first_few

_BUILDERS: Mapping[RunbookKind, Callable[[Inventory, PlanRequest, Objectives], Plan]] = {
    RunbookKind.DRILL: plan_drill,
    RunbookKind.CLEANUP: plan_drill_cleanup,
    RunbookKind.PLANNED_FAILOVER: plan_planned_failover,
    RunbookKind.FAILBACK: plan_failback,
    RunbookKind.FAILOVER: plan_failover,
    RunbookKind.REPROTECT: plan_reprotect,
    RunbookKind.RESTART: plan_restart,
}
"""Each takes a request that is resolved, with its objectives."""


def plan_rehearsal(inventory: Inventory, request: PlanRequest, now: datetime) -> Plan:
    """The plan of a rehearsal, with its objectives checked first.

    Raises `InputError` for objectives that are not complete, `RefusedError` with every objection and the
    shortest way there, `UnknownNameError`.
    """
    wanted = request.resolved(inventory)
    ids = list(chain(*wanted.waves))
    if not ids:
        raise InputError("Pick at least one protection group.")
    names = {key: inventory.called(key) for key in ids}
    if twice := sorted(name for key, name in names.items() if ids.count(key) > 1):
        raise InputError(f"Name each protection group once; more than once: {first_few(twice)}.")
    objectives = wanted.objectives().check(names, now)
    if wanted.order and objectives.kind in {RunbookKind.DRILL, RunbookKind.CLEANUP}:
        raise InputError(
            "An order is for servers that are stopped and started, and this runbook does neither."
        )
    return _BUILDERS[objectives.kind](inventory, wanted, objectives)
