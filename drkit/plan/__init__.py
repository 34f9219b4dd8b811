"""What shall be done: plans as values, from an operator's words and one reading of the project. Pure.

Here: `steps` (a plan and its steps, also as JSON), `objectives` (what a rehearsal is measured against),
`requests` (what an operator asks of a rehearsal, and its names as ids), `attach`, `drill` and `switches` (the
plans of each runbook), `runbooks` (which of them is meant), `builder` (a plan in the making), `readiness`
(each rule of a runbook with its answer), `exits` (where a group can go from its state), `changes` (an
operator's words for one change). Not here: the journal, threads, a clock, the service: how a plan is carried
out is `drkit.execution`. A contract of import-linter holds that.
"""

from drkit.plan.attach import plan_attach, recheck
from drkit.plan.changes import changes_of, given_to, pair_in, read_operation
from drkit.plan.drill import LEFT_OVER
from drkit.plan.exits import WayOut, drill_ways_out, standing, ways_out
from drkit.plan.objectives import Objectives, RunbookKind, read_seconds, spell_seconds
from drkit.plan.readiness import MAIN, RuleCheck, rule_checks, wanted_by, way_there
from drkit.plan.requests import PlanRequest, read_moment
from drkit.plan.runbooks import plan_rehearsal
from drkit.plan.steps import (
    DECISIONS,
    PLANNED,
    Answers,
    LeftOut,
    ManualStep,
    Plan,
    ReadingCheck,
    Step,
    checked,
)

__all__ = [
    "DECISIONS",
    "LEFT_OVER",
    "MAIN",
    "PLANNED",
    "Answers",
    "LeftOut",
    "ManualStep",
    "Objectives",
    "Plan",
    "PlanRequest",
    "ReadingCheck",
    "RuleCheck",
    "RunbookKind",
    "Step",
    "WayOut",
    "changes_of",
    "checked",
    "drill_ways_out",
    "given_to",
    "pair_in",
    "plan_attach",
    "plan_rehearsal",
    "read_moment",
    "read_operation",
    "read_seconds",
    "recheck",
    "rule_checks",
    "spell_seconds",
    "standing",
    "wanted_by",
    "way_there",
    "ways_out",
]
