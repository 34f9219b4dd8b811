"""How long things took, on the run's clock: the service's work in its own time, people in theirs (pure).

The rule, for every figure that is measured:

- On a real cloud a second is a second.
- On the practice range what the service works at counts in its own time, at whatever speed it ran: as long as
  the job itself says from its begin to its end, and where no job tells, the wall's seconds times the speed.
- What a person does, or does not do, counts in the wall's seconds; so does a health check, which asks
  something that is no part of the range.
- A step begins when the last of what it waited for has ended, and so much later as it did on the wall.

So one plan gives the same figures at every speed. A `Stretch` is in seconds since the start of the run, on
this clock. Where a person is waited for while the service works at something else, the two cannot be told in
one time: the figures follow the plan, each group by its own steps.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

from drkit.execution.states import RunState, StepPhase, StepState
from drkit.plan import LOOKED_UP, ManualStep, Step

_FOR_PEOPLE = LOOKED_UP | {ManualStep.APPROVED}  # they settle at once, or wait for somebody


@dataclass(frozen=True, slots=True)
class Stretch:
    """A part of a step (its key; empty: nobody drove the run) on the run's clock; `people`: it was theirs."""

    key: str
    start: float
    end: float
    people: bool


@dataclass(frozen=True, slots=True)
class TimePart:
    """A part of a recovery time in seconds, and whether it was spent waiting for people."""

    title: str
    seconds: float
    people: bool = False


class RunClock:
    """The stretches of a run as of `now`, which is the wall's."""

    def __init__(self, state: RunState, now: datetime) -> None:
        self.state, self._now = state, now
        self._shown = {each.key: each for each in state.steps}
        self._ends: dict[str, tuple[datetime, float]] = {}  # on the wall, and on this clock
        lanes: dict[str, list[str]] = {}
        self.stretches: dict[str, tuple[Stretch, ...]] = {}
        for step in state.plan.steps:
            waits = (*step.needs, *step.after, *lanes.get(step.lane, ()))
            self.stretches[step.key] = tuple(self._of(step, self._shown[step.key], waits))
            if step.lane:
                lanes.setdefault(step.lane, []).append(step.key)
        self._stops = tuple(
            Stretch("", start := self._since(begun, self._ends), start + (end - begun).total_seconds(), True)
            for begun, end in state.pauses
        )

    def start(self, key: str) -> float | None:
        """When a step began, in seconds since the start of the run."""
        return next((each.start for each in self.stretches[key]), None)

    def end(self, key: str) -> float | None:
        """When a step ended, or how far it is now."""
        return self._ends[key][1] if key in self._ends else None

    def took(self, key: str, *, people: bool | None = None) -> float | None:
        """How many seconds a step took, or has taken; those of the service or those of people, if asked."""
        mine = self.stretches[key]
        if not mine:
            return None
        return sum(each.end - each.start for each in mine if people is None or each.people is people)

    def reaches(self, keys: Iterable[str]) -> float:
        """How far the clock is: where what is under way of these steps is now, else since all that ended."""
        under_way = [self._ends[key][1] for key in keys if key in self._ends and not self._over(key)]
        return max(under_way) if under_way else self._since(self._now, self._ends)

    def split(self, keys: Iterable[str], start: float, end: float) -> tuple[TimePart, ...]:
        """What the time from start to end was spent on: these steps, else what they waited for."""
        wanted = dict.fromkeys(keys)  # in their order: the same journal gives the same report
        mine = [each for key in wanted for each in self.stretches[key]]
        others = [each for key, many in self.stretches.items() if key not in wanted for each in many]
        rest = (*others, *self._stops)
        inside = {at for each in (*mine, *rest) for at in (each.start, each.end) if start < at < end}
        parts: list[TimePart] = []
        for begun, ended in pairwise(sorted({start, end, *inside})):
            part = self._part(mine, rest, begun, ended)
            if parts and (parts[-1].title, parts[-1].people) == (part.title, part.people):
                part = TimePart(part.title, parts.pop().seconds + part.seconds, part.people)
            parts.append(part)
        return tuple(parts)

    def _part(
        self, mine: Iterable[Stretch], others: Iterable[Stretch], begun: float, ended: float
    ) -> TimePart:
        seconds = ended - begun
        for stretches, own in ((mine, True), (others, False)):
            now = [each for each in stretches if each.start <= begun and ended <= each.end]
            if now:
                chosen = min(now, key=lambda each: each.people)  # the service's work before people's
                title = self._shown[chosen.key].title if own else "Waiting"
                return TimePart(title, seconds, chosen.people)
        return TimePart("Before the run started" if begun < 0 else "Waiting", seconds)

    def _over(self, key: str) -> bool:
        return self._shown[key].ended_at is not None

    def _of(self, step: Step, shown: StepState, waits: Iterable[str]) -> Iterator[Stretch]:
        begun = shown.started_at or shown.ended_at
        if begun is None:
            return
        at = start = self._since(begun, {key: self._ends[key] for key in waits if key in self._ends})
        for seconds, people in self._pieces(step, shown, begun):
            if seconds > 0:
                yield Stretch(step.key, at, at + seconds, people)
                at += seconds
        self._ends[step.key] = (shown.ended_at or max(self._now, begun), at)
        if at == start:
            yield Stretch(step.key, start, start, step.manual)

    def _since(self, moment: datetime, ends: Mapping[str, tuple[datetime, float]]) -> float:
        """A moment of the wall on this clock, when these ended before: as much later as on the wall."""
        before = [(wall, at) for wall, at in ends.values() if wall <= moment]
        if not before:
            return (moment - self.state.started_at).total_seconds()
        return max(at for _, at in before) + (moment - max(wall for wall, _ in before)).total_seconds()

    def _pieces(self, step: Step, shown: StepState, begun: datetime) -> Iterator[tuple[float, bool]]:
        """The seconds of a step in their order, and whether they were waiting for people."""
        until, at = shown.ended_at or max(self._now, begun), begun
        if step.pause is not None:
            yield min((until - at).total_seconds() * self.state.speed, step.pause), False
            return
        for spell in shown.spells:
            ended = spell.ended or until
            seconds = (
                spell.seconds if spell.ended else (ended - spell.begun).total_seconds() * self.state.speed
            )
            yield from (((spell.begun - at).total_seconds(), True), (seconds, False))
            at = ended
        waited = step.manual or step.asks in _FOR_PEOPLE or bool(shown.spells)
        waited = waited or shown.phase is StepPhase.READY
        yield (until - at).total_seconds(), waited
