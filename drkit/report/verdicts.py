"""What a run's end is called, and where it did not go as planned (pure).

A skipped or failed step never ends as "completed": it is a deviation at the least.
"""

from collections.abc import Iterator, Sequence

from drkit.execution import RecoveryClock, RunPhase, RunState, Snapshot, StepPhase
from drkit.model import Operation
from drkit.plan import LEFT_OVER, ManualStep
from drkit.report.evidence import Deviation, Ending, LeftBehind, NotExecuted, RecoveryPoint, StepEvidence
from drkit.report.words import duration, outage

COMPLETED, DEVIATING = "completed", "completed with deviations"
FAILED, STOPPED, UNKNOWN, UNFINISHED = "failed", "stopped", "outcome unknown", "unfinished"
_LEDGER = frozenset(asks for asks, _ in LEFT_OVER)
_AFTERWARDS = _LEDGER | {ManualStep.RELEASE}  # steps whose failing says nothing about the recovery


def ending(state: RunState, clocks: Sequence[RecoveryClock], off: Sequence[Deviation]) -> Ending:
    """The verdict of a run, given where it deviated."""
    phases = {each.phase for each in state.steps}
    if StepPhase.UNKNOWN in phases or state.phase is RunPhase.UNKNOWN:
        return Ending(UNKNOWN, "At least one change was sent and what became of it could not be told.")
    if state.ended_at is None:
        return Ending(UNFINISHED, "The journal ends before the run did: it goes on now or was interrupted.")
    if state.phase is RunPhase.STOPPED:
        return Ending(STOPPED, state.sentence)
    if missed := list(_missed(state, clocks)):
        return Ending(FAILED, " ".join(missed))
    if off:
        what = "deviation" if len(off) == 1 else "deviations"
        return Ending(DEVIATING, f"It came to its end, with {len(off)} {what} from the plan.")
    return Ending(COMPLETED, "Every step was done as planned.")


def _missed(state: RunState, clocks: Sequence[RecoveryClock]) -> Iterator[str]:
    """What the run was for and did not reach: groups not recovered, checks not passed, changes not made."""
    if still := [each.group for each in clocks if each.since and each.until is None]:
        yield f"Not recovered: {', '.join(still)}."
    if idle := [each.group for each in clocks if each.since is None]:
        yield f"Not begun: {', '.join(idle)}."
    measured = {each.group_id for each in clocks}
    for shown in state.steps:
        step = state.plan.step(shown.key)
        if step.manual and shown.phase is StepPhase.FAILED and step.asks not in _AFTERWARDS:
            yield f"Not passed: {step.title}."
        left = shown.phase not in {StepPhase.DONE, StepPhase.SKIPPED}
        if left and not step.manual and step.group_id not in measured:
            yield f"{shown.phase.value.capitalize()}: {step.title}."


def deviations(
    steps: Sequence[StepEvidence],
    clocks: Sequence[RecoveryClock],
    points: Sequence[RecoveryPoint],
    breaks: Sequence[str],
) -> tuple[Deviation, ...]:
    """Everything that did not go as planned, in the order of the plan; `breaks` are about the whole run."""
    late = (_too_late(each, each.target) for each in clocks if each.target and each.kept is False)
    lost = (f"Recovery point of {each.group}: {each.statement}" for each in points if each.kept is False)
    return (
        *(Deviation(step.number, sentence) for step in steps for sentence in _of_step(step)),
        *(Deviation(0, sentence) for sentence in (*breaks, *late, *lost)),
    )


def _too_late(clock: RecoveryClock, target: int) -> str:
    told = f"{outage(clock)}, {duration(clock.seconds - target)} over its target"
    return f"The outage of {clock.group} was {told}."


def _of_step(step: StepEvidence) -> Iterator[str]:
    match step.phase:
        case "done":
            pass
        case "skipped":
            yield f"{step.title}. {step.sentence}"
        case "working":
            yield f"{step.title}: under way when the run ended. {step.sentence}"
        case "failed" | "unknown":
            yield f"{step.title}: {step.phase}. {step.sentence}".strip()
        case _:
            yield f"{step.title}: not done. {_why_left(step)}".strip()
    for each in step.surprises:
        yield f"{step.title}: {each}"
    if len(step.attempts) > 1:
        failed = [each.sentence or each.outcome for each in step.attempts[:-1]]
        yield f"{step.title}: took {len(step.attempts)} attempts. Before the last: {' '.join(failed)}"


def not_executed(steps: Sequence[StepEvidence]) -> tuple[NotExecuted, ...]:
    """The steps that were planned and not done, and why."""
    return tuple(
        NotExecuted(f"Step {each.number}, {each.title}", _why_left(each) or "The run ended before it.")
        for each in steps
        if each.phase in {"skipped", "not sent", "waiting", "ready"}
    )


def _why_left(step: StepEvidence) -> str:
    """Why a step was not done; what a person was asked is no reason."""
    asked = step.phase == "ready" and step.sentence == step.does
    return "It waited for somebody to sign it when the run ended." if asked else step.sentence


def ledger(state: RunState, steps: Sequence[StepEvidence], after: Snapshot | None) -> tuple[LeftBehind, ...]:
    """What the run made or left behind: the drills still there at its end, and the steps of the clean-up.

    Where nothing was read at the end, the drills that the run made and did not delete.
    """
    if after is None:
        there = tuple(_drills_left(state))
    else:
        drills = [each for group in after["groups"] for each in group["drills"]]
        told = ((f"Drill {each['name']}", f"still there, {each['status']}") for each in drills)
        there = tuple(LeftBehind(what, how, False) for what, how in told)
    signed = tuple(
        LeftBehind(each.title, each.sentence or each.phase, each.phase == "done")
        for each in steps
        if each.kind in _LEDGER
    )
    return there + signed


def _drills_left(state: RunState) -> Iterator[LeftBehind]:
    changes = [(each, change) for each in state.steps if (change := state.plan.step(each.key).change)]
    gone = {
        change.group_id
        for each, change in changes
        if change.operation is Operation.DELETE_DRILL and each.phase is StepPhase.DONE
    }
    for each, change in changes:
        if change.operation is Operation.CREATE_DRILL and each.attempts and change.group_id not in gone:
            made = "made by this run" if each.phase is StepPhase.DONE else f"{each.title}: {each.phase}"
            state_then = f"{made}, and not deleted by it; not looked at when it ended"
            yield LeftBehind(f"Drill {change.name}", state_then, False)
