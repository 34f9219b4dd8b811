"""What the steps of a plan were expected to take: on a copy of its project, and by the forecast.

It is written down at the start of a run on a real cloud, to be held against what the steps then took.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, TypeAlias

from drkit.errors import JournalDamagedError
from drkit.execution.board import Board
from drkit.execution.entries import CopyOf, Planned, Predicted, PredictedStep, beginning
from drkit.execution.forecasting import Past, durations, expected, past
from drkit.execution.readings import EARLIER_RUNS
from drkit.execution.states import RunState
from drkit.journal import Entry, RunRow
from drkit.model import Backend
from drkit.plan import Plan, Step

if TYPE_CHECKING:
    from drkit.journal import Journal

_NAMES = {"name", "drill_id"}  # of a drill, which differ from run to run

Likeness: TypeAlias = tuple[object, ...]


def predicted(journal: "Journal", plan: Plan) -> Predicted:
    """What to expect of each step: how long it took where the plan was last rehearsed on a copy of its
    project, if it was, and what the forecast says; in seconds of the service's time.
    """
    earlier, rehearsal = learned(journal, plan.backend), _rehearsal(journal, plan)
    took = dict(_took(rehearsal[2])) if rehearsal else {}
    steps: dict[str, PredictedStep] = {}
    for step, likeness in _alike(plan.steps):
        ahead = expected(step, earlier)
        steps[step.key] = {"forecast": ahead.usual, "source": ahead.source.value}
        if likeness in took:
            steps[step.key]["practised"] = took[likeness]
    found: Predicted = {"steps": steps}
    if rehearsal:
        found["run"], found["copy_of"] = rehearsal[0], rehearsal[1]
    return found


def unlike_rehearsal(entries: Sequence[Entry], rehearsal: Sequence[Entry]) -> list[str]:
    """The keys of the steps of a run that took otherwise in its rehearsal than the run wrote down."""
    told = beginning(entries).get("predicted")
    steps = told["steps"] if told else {}
    practised = {key: step["practised"] for key, step in steps.items() if "practised" in step}
    took = dict(_took(Board.replay(rehearsal).state()))
    return [
        step.key
        for step, likeness in _alike(Board.replay(entries).plan.steps)
        if step.key in practised and took.get(likeness) != practised[step.key]
    ]


def learned(journal: "Journal", backend: Backend) -> Past:
    """How long the steps of the newest runs took, on this backend only."""
    here = (backend.practice, backend.label)
    rows = [row for row in journal.runs() if (row.practice, row.place) == here]
    records = _readable(journal, rows)
    return past((spent for _, _, state in records for spent in durations(state)), backend)


def _rehearsal(journal: "Journal", plan: Plan) -> tuple[str, CopyOf, RunState] | None:
    """The last run that ended of the same kind for the same groups on a copy of the plan's project."""
    groups = {key for key, _ in plan.groups}
    rows = [row for row in journal.runs() if row.practice and row.finished and {*dict(row.groups)} == groups]
    for run_id, begun, state in _readable(journal, rows):
        copied = begun.get("copy_of")
        if copied and _is_copy(copied, plan) and _kind(state.plan) == _kind(plan):
            return run_id, copied, state
    return None


def _readable(journal: "Journal", rows: Iterable[RunRow]) -> Iterator[tuple[str, Planned, RunState]]:
    """The newest of the runs; one whose record was altered is left out and stops nobody."""
    for row in sorted(rows, key=lambda each: each.started_at, reverse=True)[:EARLIER_RUNS]:
        with suppress(JournalDamagedError):
            entries = journal.entries(row.id)
            yield row.id, beginning(entries), Board.replay(entries).state()


def _is_copy(copied: CopyOf, plan: Plan) -> bool:
    home = plan.backend
    return (copied["region"], copied["project_id"]) == (home.region, home.project_id)


def _kind(plan: Plan) -> object:
    """The runbook, or of a mere change what it consists of."""
    return plan.objectives.kind if plan.objectives else {step.kind for step in plan.steps}


def _took(state: RunState) -> Iterable[tuple[Likeness, float]]:
    seconds: Mapping[str, float] = {row["key"]: row["seconds"] for row in durations(state)}
    for step, likeness in _alike(state.plan.steps):
        if step.key in seconds:
            yield likeness, seconds[step.key]


def _alike(steps: Iterable[Step]) -> Iterable[tuple[Step, Likeness]]:
    """The steps with what is the same in another plan for the same groups; keys only count steps."""
    seen: Counter[Likeness] = Counter()
    for step in steps:
        given = step.change.arguments if step.change else ()
        told = tuple(sorted((key, str(value)) for key, value in given if key not in _NAMES))
        likeness = (step.kind, step.group_id, step.check, told)
        yield step, (*likeness, seen[likeness])
        seen[likeness] += 1
