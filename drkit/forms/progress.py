"""A run on the screen: one table of all its steps, rewritten at most twice a second by one thread."""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

from markupsafe import Markup

from drkit.clock import Clock
from drkit.errors import IN_THE_PLAN
from drkit.execution import (
    Past,
    RunClock,
    RunPhase,
    RunState,
    Source,
    StepPhase,
    StepState,
    durations,
    forecast,
    past,
)
from drkit.forms.markup import JOIN, Text, chip, identity, lines, moment, table
from drkit.forms.worker import OnError, guarded
from drkit.report import duration
from drkit.showing import first_few

EVERY = 0.5  # seconds between two looks at a run

_KNOWN_BY: Mapping[Source, str] = {
    Source.EARLIER_RUNS: "judged by the steps that are done",
    Source.DOCUMENTED: "by the documented durations",
    Source.ASSUMED: "an assumption",
}


class Watchable(Protocol):
    """What is asked of a run here."""

    def state(self) -> RunState: ...  # noqa: D102 - named as in Run


class RunObserver:
    """Looks at a run until it has ended and tells `show` each time, on one thread of its own."""

    def __init__(
        self, run: Watchable, clock: Clock, show: Callable[[RunState], object], tell: OnError
    ) -> None:
        self._run, self._clock, self._show = run, clock, show
        self._enough = threading.Event()
        self._thread = threading.Thread(target=guarded(self._watch, tell), name="drkit-watcher", daemon=True)
        self._thread.start()

    def leave(self) -> None:
        """Look no more; the run goes on."""
        self._enough.set()

    @property
    def through(self) -> bool:
        """Whether it looks no more."""
        return not self._thread.is_alive()

    def join(self, timeout: float | None = None) -> None:
        """Wait until the run has ended and was shown as such."""
        self._thread.join(timeout)

    def _watch(self) -> None:
        while not self._enough.is_set():
            state = self._run.state()
            self._show(state)
            if not state.phase.alive:
                return
            self._clock.wait(EVERY, self._enough)


def headline(state: RunState, now: datetime, left: str) -> Markup:
    """How far the run is, since when, and what remains, which is `left`."""
    total = max(len(state.steps), 1)
    share = round(sum(100 if each.phase.rests else each.progress or 0 for each in state.steps) / total)
    spent = duration(((state.ended_at or now) - state.started_at).total_seconds())
    return Markup(
        '<div class="drkit-headline"><p>{}</p><div class="drkit-bar" role="progressbar" aria-label="Steps" '
        'aria-valuemin="0" aria-valuemax="100" aria-valuenow="{}"><i style="width:{}%"></i></div>'
        "<p><b>{} of {}</b> ended, {} since {}{}</p></div>"
    ).format(
        state.sentence,
        share,
        share,
        sum(each.phase.rests for each in state.steps),
        len(state.steps),
        spent,
        moment(state.started_at),
        f", {left}" if left else "",
    )


def counts(state: RunState) -> str:
    """How many steps are in which state: "2 done, 1 failed"."""
    numbers = {phase: sum(each.phase == phase for each in state.steps) for phase in StepPhase}
    return ", ".join(f"{number} {phase}" for phase, number in numbers.items() if number)


def remaining(state: RunState, now: datetime) -> str:
    """What remains and how that is known; empty where nothing tells it.

    The practice range runs faster than any service, so only its own steps count there.
    """
    if not state.phase.alive:
        return ""
    if state.phase == RunPhase.WAITING_FOR_OPERATOR:
        return "it waits for you"
    expected = forecast(state.plan, _own_past(state), now, state.steps, pace=1 / state.speed)
    if state.plan.backend.practice and expected.source != Source.EARLIER_RUNS:
        return ""
    seconds = (expected.usual_end - now).total_seconds()
    return f"about {duration(max(seconds, 1))} to go, {_KNOWN_BY[expected.source]}"


def _own_past(state: RunState) -> Past:
    return past(durations(state), state.plan.backend)


def steps_table(state: RunState, now: datetime, asked: Collection[str] = ()) -> Markup:
    """Every step with its state, what is going on, its time and its job.

    The steps whose keys are in `asked` are told of in a question above.
    """
    heads, clock = ("State", "Step", "What is going on", "Time", "Job"), RunClock(state, now)
    rows = [_row(each, clock.took(each.key), each.key in asked) for each in state.steps]
    return table(heads, rows, numbers=[3], name="Steps of the run")


def results_table(state: RunState) -> Markup:
    """What became of every step, with when it began and how long it took."""
    clock = RunClock(state, state.ended_at or state.started_at)
    heads = ("State", "Step", "Result", "Began", "Took", "Job")
    rows = [
        (
            chip(step.phase.value),
            step.title,
            step_words(step),
            moment(step.started_at),
            duration(clock.took(step.key) or 0.0) if step.started_at and step.ended_at else "",
            identity(step.job_id),
        )
        for step in state.steps
    ]
    left = [
        (chip("not sent"), each.subject, first_few(each.objections, IN_THE_PLAN, "; "), "", "", "")
        for each in state.plan.left_out
    ]
    return table(heads, [*rows, *left], numbers=[4], name="What became of every step")


def report_words(run_id: str, title: str, files: Iterable[Path]) -> Markup:
    """The report of a run, by its files."""
    written = lines(map(file_words, files)) or Markup("<p>being written…</p>")
    return Markup("<h4>Evidence report <small>run {}: {}</small></h4>{}").format(run_id, title, written)


def file_words(path: Path) -> Markup:
    """A file by its path; one below the notebook's folder, or linked to from it, can be opened beside it."""
    for near in (Path(), Path("reports")):
        if path.resolve().is_relative_to(near.resolve()):
            shown = (near / path.resolve().relative_to(near.resolve())).as_posix()
            return Markup('<a href="{}" target="_blank">{}</a>').format(quote(shown), shown)
    return Markup("<code>{}</code>").format(path)


def _row(step: StepState, spent: float | None, asked: bool) -> tuple[Text, ...]:
    word = step.phase.value
    if step.phase == StepPhase.WORKING and step.progress is not None:
        word = f"{word} {step.progress} %"
    return (
        chip(word, step.phase.value),
        step.title,
        "Your word is asked for above." if asked else step_words(step),
        "" if spent is None else duration(spent),
        identity(step.job_id),
    )


def step_words(step: StepState) -> Markup:
    """What is going on in a step, and where it went wrong: why, the service's code, what to do."""
    words = JOIN + _without_id(step.sentence, step.job_id)
    if step.silent:
        words += " Nothing was heard of it for a while."
    if step.reason and step.reason not in step.sentence:
        words += Markup("<br>The service says: {}").format(step.reason)
    if step.code:
        words += Markup(' <span class="drkit-quiet">({})</span>').format(step.code)
    return words + (Markup("<br><b>What to do:</b> {}").format(step.remedy) if step.remedy else JOIN)


def _without_id(sentence: str, job_id: str) -> str:
    """The sentence without the job's long id, which has a column of its own."""
    if not job_id:
        return sentence
    for words, shorter in (
        (f" as job {job_id}", ""),
        (f"job {job_id}", "the job"),
        (f"Job {job_id}", "The job"),
    ):
        sentence = sentence.replace(words, shorter)
    return sentence
