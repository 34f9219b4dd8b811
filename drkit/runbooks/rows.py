"""What a plan and a run say as plain rows and sentences, for a terminal and a table alike. No HTML."""

from collections.abc import Mapping

from drkit.execution import Forecast, RunState, Source, StepForecast
from drkit.model import Inventory
from drkit.plan import Plan, Step
from drkit.report import duration, moment

KNOWN_BY: Mapping[Source, str] = {
    Source.EARLIER_RUNS: "from earlier runs",
    Source.DOCUMENTED: "documented, no earlier run",
    Source.ASSUMED: "assumed, no earlier run",
}


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
        {"pair": out.subject, "instance": "", "device": "", "note": "; ".join(map(str, out.objections))}
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
        "the usual experts": "keep out of it" if fixed.expert_absent else "take part",
        **{f"RTO target of {names.get(key, key)}": duration(span) for key, span in fixed.rto_targets},
        "RPO target": duration(fixed.rpo_target) if fixed.kind.recovers else "",
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
        {"state": "not sent", "step": out.subject, "result": " ".join(map(str, out.objections))}
        for out in state.plan.left_out
    ]
    return [*steps, *left]


def how(step: Step) -> str:
    """Who or what does a step."""
    if step.change:
        return "automatic"
    if step.reads:
        return "read from the service"
    return "health check" if step.check else "by hand, signed off"


def irreversible(step: Step) -> bool:
    """Whether a step cannot be taken back once it was sent."""
    return step.change is not None and not step.undo


def expected_words(ahead: StepForecast) -> str:
    """How long a step takes, and how that is known."""
    return f"{duration(ahead.expected.usual)}, {KNOWN_BY[ahead.expected.source]}"


def whole_words(plan: Plan, ahead: Forecast) -> str:
    """How long the whole will take, from now on, and how that is known."""
    ends = (ahead.usual_end, ahead.slowest_end)
    usual, slowest = ((end - ahead.made_at).total_seconds() for end in ends)
    lasting = [step.title for step in plan.steps if irreversible(step)]
    undoing = f"Cannot be undone: {', '.join(lasting)}." if lasting else "Every step can be taken back."
    return (
        f"{len(plan.steps)} steps, usually {duration(usual)} in all, at the slowest {duration(slowest)} "
        f"({KNOWN_BY[ahead.source]} for the least known step). {undoing}"
    )
