"""What a run's end is called, and where it did not go as planned (pure).

A skipped or failed step never ends as "as planned": it is a deviation at the least.
"""

from collections.abc import Collection, Iterator, Sequence

from drkit.execution import RecoveryClock, RunPhase, RunState, Snapshot, StepPhase, StepState
from drkit.model import Operation
from drkit.plan import LEFT_OVER, LOOKED_UP, ManualStep, Step
from drkit.report.evidence import (
    Deviation,
    Ending,
    GroupVerdict,
    LeftBehind,
    NotExecuted,
    RecoveryPoint,
    RunVerdict,
    StepEvidence,
)
from drkit.report.words import duration, outage

AS_PLANNED, DEVIATING = "as planned", "with deviations"
FAILED, STOPPED, UNKNOWN, UNFINISHED = "failed", "stopped", "outcome unknown", "unfinished"
NOT_BEGUN = "not begun"
MET, MISSED, NOT_MEASURED, NONE_SET = "met", "missed", "not measured", "none set"
_LEDGER = frozenset({*(asks for asks, _ in LEFT_OVER), ManualStep.DR_SERVERS_LEFT, ManualStep.DR_DISKS_LEFT})
_AFTERWARDS = _LEDGER | {ManualStep.RELEASE}  # steps whose failing says nothing about the recovery
_LEFT = frozenset({StepPhase.WAITING, StepPhase.NOT_SENT, StepPhase.READY})


def verdict(
    state: RunState,
    clocks: Sequence[RecoveryClock],
    points: Sequence[RecoveryPoint],
    off: Sequence[Deviation],
) -> RunVerdict:
    """Both parts of the verdict of a run, given where it deviated."""
    idle = not_begun(state)
    groups = tuple(
        GroupVerdict(
            name,
            _carried_out(state, key, off, idle),
            _objectives(state, [each for each in clocks if each.group_id == key], points, key, name),
        )
        for key, name in state.plan.groups
    )
    return RunVerdict(_ending(state, clocks, off, idle), _all_objectives(groups), groups)


def _ending(
    state: RunState, clocks: Sequence[RecoveryClock], off: Sequence[Deviation], idle: Collection[str]
) -> Ending:
    phases = {each.phase for each in state.steps}
    if StepPhase.UNKNOWN in phases or state.phase is RunPhase.UNKNOWN:
        return Ending(UNKNOWN, "At least one change was sent and what became of it could not be told.")
    if state.ended_at is None:
        return Ending(UNFINISHED, "The journal ends before the run did: it goes on now or was interrupted.")
    if state.phase is RunPhase.STOPPED:
        return Ending(STOPPED, state.sentence)
    if missed := list(_missed(state, clocks, idle)):
        return Ending(FAILED, " ".join(missed))
    return _by_deviations(len(off))


def _by_deviations(count: int) -> Ending:
    if count:
        what = "deviation" if count == 1 else "deviations"
        return Ending(DEVIATING, f"It came to its end, with {count} {what} from the plan.")
    return Ending(AS_PLANNED, "Every step was done as planned.")


def _missed(state: RunState, clocks: Sequence[RecoveryClock], not_begun: Collection[str]) -> Iterator[str]:
    """What the run was for and did not reach: groups not recovered, checks not passed, changes not made."""
    waiting = {each.group_id for each in clocks if each.since is None or each.group_id in not_begun}
    if still := [each.group for each in clocks if each.until is None and each.group_id not in waiting]:
        yield f"Not recovered: {', '.join(still)}."
    if idle := [each.group for each in clocks if each.group_id in waiting]:
        yield f"Not begun: {', '.join(idle)}."
    measured = {each.group_id for each in clocks}
    for step, shown in zip(state.plan.steps, state.steps, strict=True):
        if _not_passed(step, shown):
            yield f"Not passed: {step.title}."
        left = shown.phase not in {StepPhase.DONE, StepPhase.SKIPPED}
        if left and not (step.manual or step.asks in LOOKED_UP) and step.group_id not in measured:
            yield f"{shown.phase.value.capitalize()}: {step.title}."


def _not_passed(step: Step, shown: StepState) -> bool:
    return step.manual and shown.phase is StepPhase.FAILED and step.asks not in _AFTERWARDS


def _steps_of(state: RunState, group_id: str) -> list[tuple[Step, StepState]]:
    steps = zip(state.plan.steps, state.steps, strict=True)
    return [(step, shown) for step, shown in steps if step.group_id == group_id]


def not_begun(state: RunState) -> frozenset[str]:
    """The groups (ids) of which no step was begun when the run was over."""
    if state.ended_at is None:
        return frozenset()
    touched: dict[str, bool] = {}
    for step, shown in zip(state.plan.steps, state.steps, strict=True):
        touched[step.group_id] = touched.get(step.group_id, False) or shown.phase not in _LEFT
    return frozenset(group_id for group_id, begun in touched.items() if not begun)


def _carried_out(state: RunState, group_id: str, off: Sequence[Deviation], idle: Collection[str]) -> Ending:
    mine = _steps_of(state, group_id)
    named = [(step.title, shown.phase) for step, shown in mine]
    if unknown := [title for title, phase in named if phase is StepPhase.UNKNOWN]:
        return Ending(UNKNOWN, f"What became of it could not be told: {', '.join(unknown)}.")
    if group_id in idle:
        return Ending(NOT_BEGUN, f"None of its {len(mine)} steps was executed.")
    if failed := [title for title, phase in named if phase is StepPhase.FAILED]:
        return Ending(FAILED, f"Failed: {', '.join(failed)}.")
    if left := [title for title, phase in named if phase in _LEFT or phase is StepPhase.WORKING]:
        word = UNFINISHED if state.ended_at is None else STOPPED
        return Ending(word, f"Not executed to its end: {', '.join(left)}.")
    named_steps = {step.key for step, _ in mine}
    numbers = {number for number, shown in enumerate(state.steps, start=1) if shown.key in named_steps}
    return _by_deviations(sum(each.step in numbers for each in off))


def _objectives(
    state: RunState,
    clocks: Sequence[RecoveryClock],
    points: Sequence[RecoveryPoint],
    group_id: str,
    name: str,
) -> Ending:
    """Whether a group met its objectives: it is back in its time, with no more data lost, and accepted."""
    if state.plan.objectives is None or not clocks:
        return Ending(NONE_SET, "No time to be back within is set for it.")
    [clock] = clocks
    if clock.since is None:
        return Ending(NOT_MEASURED, "Nothing of it was begun.")
    lost = [each for each in points if each.group == name]
    over = state.ended_at is not None and state.phase is not RunPhase.STOPPED
    wrong = [step.title for step, shown in _steps_of(state, group_id) if _not_passed(step, shown)]
    missed = [
        *([_too_late(clock, clock.target)] if clock.kept is False and clock.target else []),
        *([f"{_what(clock)} is not back."] if clock.until is None and over else []),
        *(each.statement for each in lost if each.kept is False),
        *(f"Not passed: {title}." for title in wrong),
    ]
    if missed:
        return Ending(MISSED, " ".join(missed))
    open_ = [
        *([f"{_what(clock)} is not back yet."] if clock.until is None else []),
        *(["A server of it was off before the run, nobody knows since when."] if clock.at_least else []),
        *(["It was not accepted."] if clock.accepted is None else []),
        *("What data it may have lost is not shown." for each in lost if each.kept is None),
    ]
    if open_ or clock.target is None:
        return Ending(NOT_MEASURED, " ".join(open_) or "No time to be back within is set for it.")
    back = "Its drill answered" if clock.beside else "Back"
    return Ending(MET, f"{back} after {outage(clock)} of {duration(clock.target)}.")


def _what(clock: RecoveryClock) -> str:
    return "The service on its drill" if clock.beside else "Its service"


def _all_objectives(groups: Sequence[GroupVerdict]) -> Ending:
    for word in (MISSED, NOT_MEASURED, MET):
        if those := [each for each in groups if each.objectives.word == word]:
            return Ending(word, " ".join(f"{each.group}: {each.objectives.sentence}" for each in those))
    return Ending(NONE_SET, "")


def deviations(
    state: RunState, steps: Sequence[StepEvidence], breaks: Sequence[str]
) -> tuple[Deviation, ...]:
    """Everything that did not go as planned, in the order of the plan; `breaks` are about the whole run.

    A step that was not executed is listed as such; here each group has a sentence for all of its own.
    """
    left: dict[str, list[StepEvidence]] = {}
    for step in steps:
        if step.phase in _LEFT:
            left.setdefault(step.group, []).append(step)
    idle = not_begun(state)
    names = {name for key, name in state.plan.groups if key in idle}
    return (
        *(Deviation(step.number, sentence) for step in steps for sentence in _of_step(step)),
        *(Deviation(many[0].number, _not_done(group, many, names)) for group, many in left.items()),
        *(Deviation(0, sentence) for sentence in breaks),
    )


def _not_done(group: str, steps: Sequence[StepEvidence], idle: Collection[str]) -> str:
    if group in idle:
        return f"{group} was not begun. {_why_left(steps[0])}".strip()
    what = f"{steps[0].title}: not executed."
    if len(steps) > 1:
        what = f"{len(steps)} steps of {group or 'no group'} were not executed, from {steps[0].title} on."
    return f"{what} {_why_left(steps[0])}".strip()


def _too_late(clock: RecoveryClock, target: int) -> str:
    told = f"{outage(clock)}, {duration(clock.seconds - target)} over its target"
    return f"The {'time to answer of the drill' if clock.beside else 'outage'} of {clock.group} was {told}."


def _of_step(step: StepEvidence) -> Iterator[str]:
    match step.phase:
        case "done":
            pass
        case "skipped":
            yield f"{step.title}. {step.sentence}"
        case "working":
            yield f"{step.title}: under way when the run ended. {step.sentence}"
        case "failed" | "unknown":
            sentence = (
                step.sentence.replace(f"Job {step.job_id} ", "The job ") if step.job_id else step.sentence
            )
            yield f"{step.title}: {step.phase}. {sentence}".strip()
        case _:
            pass  # not executed
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
