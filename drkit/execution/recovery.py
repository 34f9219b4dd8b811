"""Recovery clocks: how long each group was without its service, by step, against its target (pure)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from drkit.execution.entries import SyncedPairs
from drkit.execution.forecasting import Forecast, StepForecast
from drkit.execution.states import RunState, StepPhase
from drkit.execution.timing import RunClock, TimePart
from drkit.model import Change, Inventory, Operation, ReplicationStatus
from drkit.plan import Answers, ManualStep, Step

RPO_METHOD = (
    "Replication is synchronous and by the disk: while a pair is active, what that disk acknowledged is on "
    "both of its disks. Nothing keeps the disks of a group at one moment, and the application is not asked. "
    "Stated from the pairs that the service called active in the last reading before the switch; it is not "
    "measured."
)


@dataclass(frozen=True, slots=True)
class RecoveryClock:
    """How long a group has been, or was, without its service; seconds are those of `drkit.execution.timing`.

    The outage, `seconds`, runs from `since` (the declared event, else the first change of the group: its
    first server is stopped; None: nothing of the group was begun) to `until`, when the health check or the
    operator said that the service answers; None while it still runs. It is what the target is held against.
    `elapsed` runs from the decision (the declared event, else the start of the run) until the group was
    `accepted`. `parts` split the outage. `expected_end` (UTC) and `expected` (the whole outage) are a
    forecast. `answered` is `until` in seconds since the start of the run, on its own clock. `at_least`: a
    server of the group was off before the run, nobody knows since when, so the outage was that or longer.
    `beside`: it is that of a drill, until its servers answered; production went on.
    """

    group_id: str
    group: str
    since: datetime | None
    until: datetime | None
    seconds: float
    target: int | None
    expected_end: datetime | None
    parts: tuple[TimePart, ...]
    elapsed: float = 0.0
    accepted: datetime | None = None
    expected: float | None = None
    answered: float | None = None
    at_least: bool = False
    beside: bool = False

    @property
    def kept(self) -> bool | None:
        """Whether the target was kept; None while that is open or not known, or where there is no target."""
        if self.target is None or ((self.until is None or self.at_least) and self.seconds <= self.target):
            return None
        return self.seconds <= self.target

    @property
    def people(self) -> float:
        """How much of the outage was waiting for people; the rest is the service's work."""
        return sum(each.seconds for each in self.parts if each.people)


def recovery_point(change: Change, inventory: Inventory) -> SyncedPairs | None:
    """What can be said of the recovery point of a switch right before it is sent; None for other changes.

    Replication is synchronous, by the disk: with all pairs active each disk has what it acknowledged. Of the
    order of writes across disks, and of what the application had not written yet, it says nothing.
    """
    if change.operation not in {Operation.PLANNED_FAILOVER, Operation.FAILOVER}:
        return None
    pairs = inventory.pairs_of(change.group_id)
    behind = [each.name for each in pairs if each.replication_status != ReplicationStatus.ACTIVE]
    return {
        "pairs": len(pairs),
        "active": len(pairs) - len(behind),
        "behind": behind,
        "read_at": inventory.read_at.isoformat(),
        "method": RPO_METHOD,
    }


def recovery_clocks(
    state: RunState, now: datetime, ahead: Forecast | None = None
) -> tuple[RecoveryClock, ...]:
    """One clock per group that the run recovers, in the order of its plan."""
    recovering, clock = state.plan.recovered_by, RunClock(state, now)
    return tuple(
        _clock(clock, (key, name), recovering[key], ahead)
        for key, name in state.plan.groups
        if key in recovering
    )


def _clock(
    clock: RunClock, group: tuple[str, str], answers: Answers, ahead: Forecast | None
) -> RecoveryClock:
    state, aims = clock.state, clock.state.plan.objectives
    mine = tuple(each for each in state.plan.steps if each.group_id == group[0])
    keys = tuple(each.key for each in mine)
    decided = (aims.declared_at - state.started_at).total_seconds() if aims and aims.declared_at else 0.0
    begun = (decided, aims.declared_at) if aims and aims.declared_at else _first(clock, mine)
    known = [each for each in (_first_done(clock, keys) for keys in answers) if each]
    answered = max(known) if len(known) == len(answers) else None
    accepting = tuple(each.key for each in mine if each.asks is ManualStep.ACCEPTED)
    accepted = _first_done(clock, accepting) if accepting else answered
    start, end = begun[0], answered[0] if answered else clock.reaches(keys)
    seconds = end - start if begun[1] else 0.0
    due = None if answered or ahead is None else _due(state, answers, ahead)
    return RecoveryClock(
        group_id=group[0],
        group=group[1],
        since=begun[1],
        until=answered[1] if answered else None,
        seconds=seconds,
        target=aims.target(group[0]) if aims else None,
        expected_end=answered[1] if answered else due.usual_end if due else None,
        parts=clock.split(keys, start, end) if begun[1] else (),
        elapsed=(accepted[0] if accepted else clock.reaches(keys)) - decided,
        accepted=accepted[1] if accepted else None,
        expected=seconds + due.usual_in if due and begun[1] else None,
        answered=answered[0] if answered else None,
        at_least=group[0] in state.off_before and not (aims and (aims.declared_at or aims.kind.beside)),
        beside=bool(aims and aims.kind.beside),
    )


def _first(clock: RunClock, steps: Sequence[Step]) -> tuple[float, datetime | None]:
    """When the first change of a group was sent, on the run's clock and on the wall; None: not yet."""
    changing = [each for each in steps if each.change] or steps
    begun = []
    for step in changing:
        shown, at = clock.state.step(step.key), clock.start(step.key)
        sent = shown.spells[0].begun if shown.spells else shown.started_at
        if at is not None and sent and not (shown.phase is StepPhase.READY and step.change):
            begun.append((at, sent))
    return min(begun, default=(0.0, None))


def _due(state: RunState, answers: Answers, ahead: Forecast) -> StepForecast | None:
    """The last of the answers to come; None where one of them comes only if somebody acts."""
    ends: list[StepForecast] = []
    for keys in answers:
        phases = {key: state.step(key).phase for key in keys}
        coming = [key for key, phase in phases.items() if phase is StepPhase.DONE or not phase.rests]
        if not coming:
            return None
        ends.append(ahead.of(coming[0]))
    return max(ends, key=lambda each: each.usual_end)


def _first_done(clock: RunClock, keys: Iterable[str]) -> tuple[float, datetime] | None:
    """When the first of these steps was done, on the run's clock and on the wall."""
    done = ((clock.end(key), clock.state.step(key)) for key in keys)
    ends = [(at, shown.ended_at) for at, shown in done if shown.phase is StepPhase.DONE]
    return min(((at, wall) for at, wall in ends if at is not None and wall), default=None)
