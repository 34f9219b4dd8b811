"""Recovery clocks: how long each group was without its service, by step, against its target (pure)."""

from dataclasses import dataclass
from datetime import datetime

from drkit.execution.entries import SyncedPairs
from drkit.execution.forecasting import Forecast
from drkit.execution.states import RunState, StepPhase
from drkit.model import Change, Inventory, Operation, ReplicationStatus
from drkit.plan import Answers

RPO_METHOD = (
    "Synchronous replication: what was acknowledged while a pair is active is on both disks. Stated from the "
    "pairs that the service called active in the last reading before the switch; it is not measured."
)


@dataclass(frozen=True, slots=True)
class RecoveryClock:
    """How long a group has been, or was, without its service.

    It runs from `since` (the declared event, else the start of the run) to `until`, when the health
    check or the operator said that the service answers; None while it still runs. `parts` split
    `seconds` by step, each from the end of the step before. `expected_end` is a forecast (UTC).
    """

    group_id: str
    group: str
    since: datetime
    until: datetime | None
    seconds: float
    target: int | None
    expected_end: datetime | None
    parts: tuple[tuple[str, float], ...]

    @property
    def kept(self) -> bool | None:
        """Whether the target was kept; None while that is open, or where there is no target."""
        if self.target is None or (self.until is None and self.seconds <= self.target):
            return None
        return self.seconds <= self.target


def recovery_point(change: Change, inventory: Inventory) -> SyncedPairs | None:
    """What can be said of the recovery point of a switch right before it is sent; None for other changes.

    Replication is synchronous: what was acknowledged while a pair is active is on both disks, so with all
    pairs active nothing acknowledged is lost.
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
    recovering = state.plan.recovered_by
    return tuple(
        _clock(state, (key, name), recovering[key], now, ahead)
        for key, name in state.plan.groups
        if key in recovering
    )


def _clock(
    state: RunState, group: tuple[str, str], answers: Answers, now: datetime, ahead: Forecast | None
) -> RecoveryClock:
    aims = state.plan.objectives
    since = (aims.declared_at if aims else None) or state.started_at
    ends = [_answered_at(state, keys) for keys in answers]
    known = [each for each in ends if each is not None]
    until = max(known) if len(known) == len(ends) else None
    return RecoveryClock(
        group_id=group[0],
        group=group[1],
        since=since,
        until=until,
        seconds=((until or now) - since).total_seconds(),
        target=aims.target(group[0]) if aims else None,
        expected_end=until if until or ahead is None else _due(state, answers, ahead),
        parts=_parts(state, group[0], since, until or now),
    )


def _due(state: RunState, answers: Answers, ahead: Forecast) -> datetime | None:
    """When the last of the answers is expected; None where one of them comes only if somebody acts."""
    ends: list[datetime] = []
    for keys in answers:
        phases = {key: state.step(key).phase for key in keys}
        coming = [key for key, phase in phases.items() if phase is StepPhase.DONE or not phase.rests]
        if not coming:
            return None
        ends.append(ahead.of(coming[0]).usual_end)
    return max(ends)


def _answered_at(state: RunState, keys: tuple[str, ...]) -> datetime | None:
    done = (each for each in map(state.step, keys) if each.phase is StepPhase.DONE)
    return min((each.ended_at for each in done if each.ended_at), default=None)


def _parts(state: RunState, group_id: str, since: datetime, until: datetime) -> tuple[tuple[str, float], ...]:
    mine = [each for each in state.steps if state.plan.step(each.key).group_id == group_id]
    ended = sorted(
        (each.ended_at, each.started_at or each.ended_at, each.title)
        for each in mine
        if each.ended_at and each.ended_at <= until
    )
    found: list[tuple[str, float]] = []
    before = since

    def part(title: str, end: datetime) -> None:
        nonlocal before
        if end > before:
            found.append((title, (end - before).total_seconds()))
            before = end

    part("Before the run started", min(state.started_at, until))
    for end, begun, title in ended:
        part("Waiting", begun)
        part(title, end)
    under_way = [each for each in mine if each.started_at and not each.ended_at]
    part(under_way[0].title if under_way else "Waiting", until)
    return tuple(found)
