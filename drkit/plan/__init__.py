"""What shall be done: plans as values, from an operator's words and one reading of the project. Pure.

Here: `steps` (a plan and its steps, also as JSON), `objectives` (what a rehearsal is measured against),
`requests` (what an operator asks of a rehearsal, and its names as ids), `order` (of the servers in a group),
`attach`, `drill` and `switches` (the plans of each runbook), `proposing` (which pair goes to which instance),
`runbooks` (which of them is meant), `builder` (a plan in the making), `readiness` (each rule of a runbook
with its answer), `exits` (where a group can go from its state), `offers` (a way as it is taken: a button, a
line of the shell, a line of Python), `changes` (an operator's words for one change). Not here: the journal,
threads, a clock, the service: how a plan is carried out is `drkit.execution`. A contract of import-linter
holds that.
"""

from drkit.plan.attach import (
    on_instance,
    plan_attach,
    plan_attach_several,
    plan_reattach,
    plan_reattach_several,
    recheck,
)
from drkit.plan.changes import changes_of, given_to, pair_in, read_operation
from drkit.plan.commands import python_call, shell_line, shell_lines, takes, unmistakable, wants_group
from drkit.plan.drill import LEFT_OVER
from drkit.plan.exits import WayOut, drill_ways_out, removals, standing, ways_out
from drkit.plan.objectives import Objectives, RunbookKind, read_seconds, spell_seconds
from drkit.plan.offers import NO_OFFER, REMOVAL, Offer, offer, offers_of, offers_on
from drkit.plan.order import Level, read_order, resolved_order
from drkit.plan.proposing import Proposal, propose, read_places
from drkit.plan.protecting import GroupToBe, Protection, fitting_domains, groups_to_be, plan_protection
from drkit.plan.readiness import MAIN, RuleCheck, rule_checks, spelled_out, wanted_by, way_there
from drkit.plan.removal import Removal, plan_removal
from drkit.plan.requests import PlanRequest, read_moment
from drkit.plan.runbooks import plan_rehearsal
from drkit.plan.single import is_destructive, plan_change, plan_of
from drkit.plan.steps import (
    DECISIONS,
    LOOKED_UP,
    Answers,
    LeftOut,
    ManualStep,
    Plan,
    ReadingCheck,
    Step,
    checked,
)
from drkit.plan.verbs import VERBS, Verb, loss, thing_of

__all__ = [
    "DECISIONS",
    "LEFT_OVER",
    "LOOKED_UP",
    "MAIN",
    "NO_OFFER",
    "REMOVAL",
    "VERBS",
    "Answers",
    "GroupToBe",
    "LeftOut",
    "Level",
    "ManualStep",
    "Objectives",
    "Offer",
    "Plan",
    "PlanRequest",
    "Proposal",
    "Protection",
    "ReadingCheck",
    "Removal",
    "RuleCheck",
    "RunbookKind",
    "Step",
    "Verb",
    "WayOut",
    "changes_of",
    "checked",
    "drill_ways_out",
    "fitting_domains",
    "given_to",
    "groups_to_be",
    "is_destructive",
    "loss",
    "offer",
    "offers_of",
    "offers_on",
    "on_instance",
    "pair_in",
    "plan_attach",
    "plan_attach_several",
    "plan_change",
    "plan_of",
    "plan_protection",
    "plan_reattach",
    "plan_reattach_several",
    "plan_rehearsal",
    "plan_removal",
    "propose",
    "python_call",
    "read_moment",
    "read_operation",
    "read_order",
    "read_places",
    "read_seconds",
    "recheck",
    "removals",
    "resolved_order",
    "rule_checks",
    "shell_line",
    "shell_lines",
    "spell_seconds",
    "spelled_out",
    "standing",
    "takes",
    "thing_of",
    "unmistakable",
    "wanted_by",
    "wants_group",
    "way_there",
    "ways_out",
]
