"""Which runbook makes the plan of which kind of rehearsal."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain

from drkit.model import Inventory
from drkit.plan.builder import picked_groups
from drkit.plan.drill import plan_drill, plan_drill_cleanup
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.steps import Plan
from drkit.plan.switches import (
    NO_CHECKS,
    Checks,
    Waves,
    plan_failback,
    plan_failover,
    plan_planned_failover,
    plan_reprotect,
    plan_restart,
)


@dataclass(frozen=True, slots=True)
class PlanRequest:
    """What is to be rehearsed: the objectives, whose kind decides, and the groups in their waves.

    `checks` are health checks by group; `hard` cuts servers off instead of shutting them down; the drill's
    name and network count for a drill, `drills` (names or ids) for a clean-up.
    """

    objectives: Objectives
    waves: Waves
    checks: Checks = field(default_factory=lambda: NO_CHECKS)
    hard: bool = False
    drill_name: str = ""
    drill_vpc_id: str = ""
    drills: tuple[str, ...] = ()


def plan_rehearsal(inventory: Inventory, wish: PlanRequest, now: datetime) -> Plan:
    """The plan of a rehearsal, with its objectives checked first.

    RTO targets may be set by name or id of a group. Raises `InputError` for objectives that are not
    complete, `RefusedError` with every objection and the shortest way there, `UnknownNameError`.
    """
    aims, groups = wish.objectives, tuple(chain(*wish.waves))
    if aims.kind is RunbookKind.CLEANUP:
        groups = tuple(dict.fromkeys(inventory.drill(each).group_id for each in wish.drills))
    names = {each.id: each.name for each in picked_groups(inventory, groups)}
    aims = _by_id(aims, names).check(names, now)
    return _BUILDERS[aims.kind](inventory, replace(wish, objectives=aims))


_BUILDERS: Mapping[RunbookKind, Callable[[Inventory, PlanRequest], Plan]] = {
    RunbookKind.DRILL: lambda seen, wish: plan_drill(
        seen, chain(*wish.waves), wish.objectives, wish.drill_name, wish.drill_vpc_id
    ),
    RunbookKind.CLEANUP: lambda seen, wish: plan_drill_cleanup(seen, wish.drills, wish.objectives),
    RunbookKind.PLANNED_FAILOVER: lambda seen, wish: plan_planned_failover(
        seen, wish.waves, wish.objectives, wish.checks, hard=wish.hard
    ),
    RunbookKind.FAILBACK: lambda seen, wish: plan_failback(
        seen, wish.waves, wish.objectives, wish.checks, hard=wish.hard
    ),
    RunbookKind.FAILOVER: lambda seen, wish: plan_failover(seen, wish.waves, wish.objectives, wish.checks),
    RunbookKind.REPROTECT: lambda seen, wish: plan_reprotect(seen, chain(*wish.waves), wish.objectives),
    RunbookKind.RESTART: lambda seen, wish: plan_restart(seen, wish.waves, wish.objectives, wish.checks),
}


def _by_id(aims: Objectives, names: Mapping[str, str]) -> Objectives:
    ids = {name: key for key, name in names.items()}
    return replace(aims, rto_targets=tuple((ids.get(key, key), each) for key, each in aims.rto_targets))
