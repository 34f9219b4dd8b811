"""When a run and each of its steps will be over, learned from earlier runs (pure).

Durations are seconds. Nothing here is a promise: each figure says whether it comes from earlier runs,
from the service's documentation, or is only assumed because nobody has seen the step yet.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from statistics import median
from typing import Any

from drkit.execution.states import RunState, StepPhase, StepState
from drkit.execution.timing import RunClock
from drkit.model import Backend, Operation
from drkit.plan import Plan, Step

Past = Mapping[str, tuple[float, ...]]
"""Durations in seconds of earlier steps on the same backend, by what is alike: `Step.likeness`."""


class Source(StrEnum):
    """Where an expectation comes from."""

    EARLIER_RUNS = "earlier runs"
    DOCUMENTED = "documented"
    ASSUMED = "assumed"


@dataclass(frozen=True, slots=True)
class Expected:
    """How long a step usually takes and the slowest ever, in seconds; `runs` is how often `what` was seen."""

    usual: float
    slowest: float
    source: Source
    runs: int = 0
    what: str = ""


# Source: durations given in the references and seen by clients of the live service; see `Source`.
DOCUMENTED: Mapping[str, Expected] = {
    Operation.ENABLE_PROTECTION: Expected(20, 60, Source.DOCUMENTED),
    Operation.DISABLE_PROTECTION: Expected(8, 30, Source.DOCUMENTED),
    Operation.ATTACH_PAIR: Expected(45, 60, Source.DOCUMENTED),
    Operation.CREATE_DRILL: Expected(180, 600, Source.DOCUMENTED),
    Operation.DELETE_DRILL: Expected(180, 600, Source.DOCUMENTED),
}
ASSUMED: Mapping[str, Expected] = {
    Operation.PLANNED_FAILOVER: Expected(180, 900, Source.ASSUMED),
    Operation.FAILOVER: Expected(180, 900, Source.ASSUMED),
    Operation.REPROTECT: Expected(300, 3600, Source.ASSUMED),
    Operation.STOP_SERVER: Expected(60, 300, Source.ASSUMED),
    Operation.START_SERVER: Expected(60, 300, Source.ASSUMED),
    "check": Expected(60, 600, Source.ASSUMED),
}
_UNSEEN = Expected(300, 1800, Source.ASSUMED)


def past(rows: Iterable[Mapping[str, Any]], backend: Backend) -> Past:
    """Gather durations from rows of done steps: `likeness`, `seconds`, `backend`; no two of these mix."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for row in rows:
        if row["backend"] == backend:
            found[row["likeness"]].append(float(row["seconds"]))
    return {kind: tuple(each) for kind, each in found.items()}


def durations(state: RunState) -> Iterator[dict[str, Any]]:
    """The rows for `past` of one run: each step that was done, and how long it took in seconds.

    For a change that is the service's work in its own time; what people took is no part of it.
    """
    clock = RunClock(state, state.started_at)  # only what has ended counts, so now does not
    for shown in state.steps:
        if shown.phase is StepPhase.DONE and shown.started_at and shown.ended_at:
            step = state.plan.step(shown.key)
            yield {
                "key": step.key,
                "likeness": step.likeness,
                "seconds": clock.took(step.key, people=False if step.change else None),
                "backend": state.plan.backend,
            }


def expected(step: Step, earlier: Past) -> Expected:
    """What to expect of a step: the median and the slowest of earlier runs, else what is documented.

    Both are in the service's time, at whatever speed a practice range runs.
    """
    if step.pause is not None:
        return Expected(step.pause, step.pause, Source.DOCUMENTED)
    kind, what = step.kind, step.likeness
    if seen := earlier.get(what):
        return Expected(median(seen), max(seen), Source.EARLIER_RUNS, len(seen), what.replace("_", " "))
    if step.assumed:
        return Expected(step.assumed, 3 * step.assumed, Source.ASSUMED)
    return DOCUMENTED.get(kind) or ASSUMED.get(kind) or _UNSEEN


@dataclass(frozen=True, slots=True)
class StepForecast:
    """When a step usually ends and when at the slowest (UTC); both are its end when it has ended.

    `usual_in` and `slowest_in` say in how many seconds of the service's time it ends.
    """

    key: str
    number: int
    of: int
    usual_end: datetime
    slowest_end: datetime
    expected: Expected
    ended: bool = False
    usual_in: float = 0.0
    slowest_in: float = 0.0

    def sentence(self, zone: tzinfo = UTC) -> str:
        """The sentence for the operator, with the clock of `zone`."""
        usual, slowest = (f"{each.astimezone(zone):%H:%M}" for each in (self.usual_end, self.slowest_end))
        then = {
            Source.EARLIER_RUNS: f"usually done at {usual}, slowest ever {slowest}",
            Source.DOCUMENTED: f"done at about {usual} by the documented duration, no earlier run",
            Source.ASSUMED: f"perhaps done at {usual}: an assumption, no earlier run",
        }[self.expected.source]
        return f"step {self.number} of {self.of}, {f'ended at {usual}' if self.ended else then}"


@dataclass(frozen=True, slots=True)
class Forecast:
    """The expected end of the whole and of each step, as of `made_at`; `source` is the weakest of all."""

    made_at: datetime
    steps: tuple[StepForecast, ...]
    usual_end: datetime
    slowest_end: datetime
    source: Source

    def of(self, key: str) -> StepForecast:
        """The forecast of one step; KeyError where there is none."""
        return {each.key: each for each in self.steps}[key]


def forecast(
    plan: Plan,
    earlier: Past,
    now: datetime,
    states: Iterable[StepState] = (),
    *,
    pace: float = 1.0,
) -> Forecast:
    """When each step ends if it starts as soon as the steps it waits for have ended and its lane is free.

    A step under way that is later than expected is expected any moment: at `now`. A step that rests
    without being done (failed, skipped, not sent, unknown) takes no more time unless somebody acts.
    `pace` is 1 for a real cloud and 1/speed on the practice range, where the service's part ends sooner.
    """
    known = {each.key: each for each in states}
    found = {step.key: known.get(step.key) or StepState(step.key, step.title) for step in plan.steps}
    wanted = {step.key: expected(step, earlier) for step in plan.steps}
    usual = {key: each.usual for key, each in wanted.items()}
    slowest = {key: each.slowest for key, each in wanted.items()}
    usual_in, slowest_in = (_left(plan, seconds, now, found, (1.0, 1 / pace)) for seconds in (usual, slowest))
    left = [_left(plan, each, now, found, (pace, 1.0)) for each in (usual, slowest)]
    usual_end, slowest_end = (
        {key: now + timedelta(seconds=seconds) for key, seconds in each.items()} for each in left
    )
    steps = tuple(
        StepForecast(
            key,
            number,
            len(wanted),
            usual_end[key],
            slowest_end[key],
            each,
            ended=found[key].phase.rests,
            usual_in=usual_in[key],
            slowest_in=slowest_in[key],
        )
        for number, (key, each) in enumerate(wanted.items(), start=1)
    )
    sources = {each.expected.source for each in steps if not each.ended}
    weakest = max(sources, key=list(Source).index, default=Source.EARLIER_RUNS)
    last, latest = (max(each.values(), default=now) for each in (usual_end, slowest_end))
    return Forecast(now, steps, last, latest, weakest)


@dataclass(frozen=True, slots=True)
class ExpectedOutage:
    """How long a group will be without its service, usually and at the slowest, and its target, in seconds.

    It runs from the declared event where there is one, else from the group's first change; `source` is the
    weakest of what the figures rest on.
    """

    group: str
    declared: bool
    usual: float
    slowest: float
    target: int | None
    source: Source

    @property
    def late(self) -> bool | None:
        """Whether the target will usually be missed; None without a target."""
        return None if self.target is None else self.usual > self.target


def expected_outages(plan: Plan, ahead: Forecast) -> tuple[ExpectedOutage, ...]:
    """For each group that a plan recovers: the outage to expect if it is started at once."""
    return tuple(_outage(plan, group, ahead) for group in plan.groups if plan.recovered_by.get(group[0], ()))


def _outage(plan: Plan, group: tuple[str, str], ahead: Forecast) -> ExpectedOutage:
    aims, mine = plan.objectives, [step for step in plan.steps if step.group_id == group[0]]
    answers = [ahead.of(keys[0]) for keys in plan.recovered_by[group[0]]]
    declared = aims.declared_at if aims else None
    first = ahead.of(next((step for step in mine if step.change), mine[0]).key)
    gone = (ahead.made_at - declared).total_seconds() if declared else 0.0
    begins = (first.usual_in - first.expected.usual, first.slowest_in - first.expected.slowest)
    usual, slowest = (-gone, -gone) if declared else begins
    sources = {ahead.of(step.key).expected.source for step in mine}
    return ExpectedOutage(
        group[1],
        declared is not None,
        max(each.usual_in for each in answers) - usual,
        max(each.slowest_in for each in answers) - slowest,
        aims.target(group[0]) if aims else None,
        max(sources, key=list(Source).index),
    )


def _left(
    plan: Plan,
    seconds: Mapping[str, float],
    now: datetime,
    states: Mapping[str, StepState],
    factors: tuple[float, float],
) -> dict[str, float]:
    """In how many seconds each step ends, counted by one clock, the service's or the wall's.

    `factors` are for the service's work: from the expected seconds, and from the wall's seconds so far, to
    that clock.
    """
    ends: dict[str, float] = {}
    lanes: dict[str, float] = {}
    for step in plan.steps:
        of_service = step.change or step.assumed
        state, (ahead, passed) = states[step.key], factors if of_service else (1.0, 1.0)
        if state.phase.rests:
            ends[step.key] = ((state.ended_at or now) - now).total_seconds()
            continue
        free = [0.0, *(ends[key] for key in (*step.needs, *step.after))]
        begin = max([*free, lanes.get(step.lane, 0.0)])
        if state.started_at:
            begin = (state.started_at - now).total_seconds() * passed
        ends[step.key] = max(begin + seconds[step.key] * ahead, 0.0)
        if step.lane:
            lanes[step.lane] = ends[step.key]
    return ends
