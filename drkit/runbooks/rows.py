"""What a plan and a run say as plain rows and sentences, for a terminal and a table alike. No HTML."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from drkit.errors import IN_THE_PLAN
from drkit.execution import (
    ExpectedOutage,
    Forecast,
    RunState,
    Source,
    StepForecast,
    expected_outages,
)
from drkit.model import Inventory, Operation
from drkit.plan import ManualStep, Plan, Step
from drkit.report import duration, moment
from drkit.showing import first_few

if TYPE_CHECKING:
    from pandas import DataFrame

KNOWN_BY: Mapping[Source, str] = {
    Source.EARLIER_RUNS: "from earlier runs",
    Source.DOCUMENTED: "documented, no earlier run",
    Source.ASSUMED: "assumed, no earlier run",
}


def frame(rows: Iterable[Any] = (), columns: list[str] | None = None) -> "DataFrame":
    """Plain rows as a table."""
    from pandas import DataFrame  # noqa: PLC0415  # half a second that a refusal need not wait for

    return DataFrame(list(rows), columns=columns)


def attach_rows(inventory: Inventory, plan: Plan) -> list[dict[str, str]]:
    """The plan of an attachment: each step, then what was left out and why."""
    steps = [
        {
            "pair": inventory.pairs[change.pair_id].name,
            "instance": inventory.instances[change.instance_id].name,
            "device": change.device,
            "note": "",
        }
        for change in (step.change for step in plan.steps)
        if change
    ]
    left = [
        {
            "pair": out.subject,
            "instance": "",
            "device": "",
            "note": first_few(out.objections, IN_THE_PLAN, "; "),
        }
        for out in plan.left_out
    ]
    return [*steps, *left]


def plan_rows(plan: Plan, ahead: Forecast) -> list[dict[str, str]]:
    """The whole plan of a rehearsal."""
    names = dict(plan.groups)
    return [
        {
            "step": str(number),
            "wave": str(step.wave or ""),
            "title": step.title,
            "group": names.get(step.group_id, ""),
            "how": how(step),
            "usually": expected_words(ahead.of(step.key)),
            "undo": "cannot be undone" if irreversible(step) else step.undo,
        }
        for number, step in enumerate(plan.steps, start=1)
    ]


def objectives_rows(plan: Plan) -> list[dict[str, str]]:
    """The objectives that a plan was made with; none for a plan without."""
    fixed = plan.objectives
    if fixed is None:
        return []
    names = dict(plan.groups)
    values = {
        "runbook": fixed.kind.words,
        "scenario": fixed.scenario,
        "scope": fixed.scope,
        "recovered means": fixed.criteria,
        "participants": ", ".join(fixed.participants),
        "second person": "approves before the first change, and accepts"
        if fixed.second_person
        else "not asked for",
        "the usual experts": "keep out of it" if fixed.expert_absent else "not said to keep out of it",
        **{f"RTO target of {names.get(key, key)}": duration(span) for key, span in fixed.rto_targets},
        "RPO target": duration(fixed.rpo_target) if fixed.kind.switches else "",
        "what happened": fixed.declared_what,
        "declared by": fixed.declared_by,
        "since": moment(fixed.declared_at),
        "goes on from run": fixed.follows,
    }
    return [{"objective": key, "value": value} for key, value in values.items() if value]


def result_rows(state: RunState) -> list[dict[str, str]]:
    """What became of each step of a run, then what was not sent and why."""
    steps = [
        {
            "state": step.phase.value,
            "step": step.title,
            "result": step.words,
            "code": step.code,
            "job": step.job_id,
        }
        for step in state.steps
    ]
    left = [
        {"state": "not sent", "step": out.subject, "result": first_few(out.objections, IN_THE_PLAN, " ")}
        for out in state.plan.left_out
    ]
    return [*steps, *left]


def how(step: Step) -> str:
    """Who or what does a step."""
    if step.change:
        return "automatic"
    if step.reads:
        return f"read from the {'record' if step.asks is ManualStep.APPROVED else 'service'}"
    if step.pause is not None:
        return "waits"
    return "health check" if step.check else "by hand, signed off"


def irreversible(step: Step) -> bool:
    """Whether a step cannot be taken back once it was sent."""
    return step.change is not None and not step.undo


def gives_up(plan: Plan) -> bool:
    """Whether something of production is given up for good: deleting a drill's copies is not that."""
    kept = {Operation.CREATE_DRILL, Operation.DELETE_DRILL}
    return any(
        irreversible(each) and each.change and each.change.operation not in kept for each in plan.steps
    )


def expected_words(ahead: StepForecast) -> str:
    """How long a step takes in the service's time, and how that is known: from how many runs of what."""
    expected = ahead.expected
    seen = f" ({expected.runs} x {expected.what})" if expected.runs else ""
    return f"{duration(expected.usual)}, {KNOWN_BY[expected.source]}{seen}"


def outage_words(plan: Plan, ahead: Forecast) -> list[str]:
    """For each group how long it will be without its service, against its target; said before the start."""
    return [_outage_sentence(each) for each in expected_outages(plan, ahead)]


def _outage_sentence(outage: ExpectedOutage) -> str:
    since = "the declared event" if outage.declared else "its first change"
    usual, slowest = duration(outage.usual), duration(outage.slowest)
    told = f"{outage.group}: its service usually answers {usual} after {since}, at the slowest {slowest}"
    if outage.target is None:
        return f"{told} ({KNOWN_BY[outage.source]}); no target"
    word = "fits" if outage.slowest <= outage.target else "fits usually, and not at the slowest"
    verdict = "THE TARGET WILL BE MISSED" if outage.late else word
    return f"{told} ({KNOWN_BY[outage.source]}); target {duration(outage.target)}: {verdict}"


def whole_words(plan: Plan, ahead: Forecast) -> str:
    """How long the whole will take in the service's time, from now on, and how that is known."""
    usual = max((each.usual_in for each in ahead.steps), default=0.0)
    slowest = max((each.slowest_in for each in ahead.steps), default=0.0)
    lasting = [step.title for step in plan.steps if irreversible(step)]
    undoing = f"Cannot be undone: {', '.join(lasting)}." if lasting else "Every step can be taken back."
    return (
        f"{len(plan.steps)} steps, usually {duration(usual)} in all, at the slowest {duration(slowest)} "
        f"({KNOWN_BY[ahead.source]} for the least known step). {undoing}"
    )
