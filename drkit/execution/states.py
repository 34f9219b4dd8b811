"""What a run shows: one frozen snapshot of the run and of each of its steps, fit for a form or a table."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from markupsafe import Markup

from drkit.clock import Clock
from drkit.journal import ClockReading
from drkit.plan import Plan
from drkit.showing import card, cut, line, shows, state, table

BEGUN = "Is asked."
"""What is shown of a health check until it was asked once."""


class StepPhase(StrEnum):
    """How far a step is. The first three go on; the others rest until somebody acts.

    WAITING: for other steps, for its lane, or for the last reading before it is sent. READY: its turn has
    come, and it waits for the operator's sign-off or approval (see `StepState.actions`).
    UNKNOWN: sent, and what became of it is not known. NOT_SENT: left undone, the sentence says why.
    """

    WAITING = "waiting"
    READY = "ready"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    UNKNOWN = "unknown"
    SKIPPED = "skipped"
    NOT_SENT = "not sent"

    @property
    def rests(self) -> bool:
        """Whether the step stays so unless somebody acts."""
        return self in RESTING


RESTING = frozenset(StepPhase) - {StepPhase.WAITING, StepPhase.READY, StepPhase.WORKING}
"""The phases in which a step rests."""

MET = frozenset({StepPhase.DONE, StepPhase.SKIPPED})
"""Those in which a step is out of the way of what needs it."""


class RunPhase(StrEnum):
    """How far a run is. RUNNING and WAITING_FOR_OPERATOR are alive, the others have ended.

    STOPPED and UNKNOWN can be resumed; FAILED has steps that can be retried.
    """

    RUNNING = "running"
    WAITING_FOR_OPERATOR = "waiting for operator"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"

    @property
    def alive(self) -> bool:
        """Whether the run goes on, by itself or with the operator's next instruction."""
        return self in {RunPhase.RUNNING, RunPhase.WAITING_FOR_OPERATOR}


class Action(StrEnum):
    """What the operator can do with a step now; each is a method of `Run` of the same name."""

    APPROVE = "approve"
    RETRY = "retry"
    SKIP = "skip"
    SIGN_OFF = "sign_off"
    RESOLVE = "resolve"
    LOOK_AGAIN = "look_again"


@dataclass(frozen=True, slots=True)
class Spell:
    """A while in which the service worked at a step, and its length in the service's time, in seconds.

    `ended` is None as long as it works; then `seconds` is 0. An attempt that was looked at again, or whose
    run was stopped meanwhile, has several.
    """

    attempt: int
    begun: datetime
    ended: datetime | None = None
    seconds: float = 0.0


@shows("key", "title", "phase", "sentence")
@dataclass(frozen=True, slots=True)
class StepState:
    """One step now. `sentence` says what is going on, why it failed, or why it was not sent.

    `code`, `reason` and `remedy` are the service's error code, its reason, and what to do about it;
    `progress` is 0 to 100, None where nothing shows it; `silent` means that nothing was heard for longer
    than usual; `actions` are the methods of `Run` that fit now; `spells` are when the service worked at it.
    Times are UTC, and those of the wall (`drkit.execution.timing` tells how long things took).
    """

    key: str
    title: str
    phase: StepPhase = StepPhase.WAITING
    sentence: str = ""
    job_id: str = ""
    code: str = ""
    reason: str = ""
    remedy: str = ""
    progress: int | None = None
    attempts: int = 0
    started_at: datetime | None = None
    ended_at: datetime | None = None
    silent: bool = False
    actions: tuple[Action, ...] = ()
    spells: tuple[Spell, ...] = ()

    @property
    def words(self) -> str:
        """The sentence, the service's reason where it is not in the sentence, and what to do about it."""
        reason = "" if self.reason in self.sentence else self.reason
        return " ".join(filter(None, (self.sentence, reason, self.remedy)))

    def row(self) -> dict[str, Any]:
        """The state as one plain table row; the phase as its text, datetimes stay datetimes."""
        return {
            "step": self.key,
            "title": self.title,
            "phase": self.phase.value,
            "sentence": self.sentence,
            "code": self.code,
            "reason": self.reason,
            "remedy": self.remedy,
            "progress": self.progress,
            "attempts": self.attempts,
            "started_at": self.started_at,
            "ended_at": self.ended_at,
            "job_id": self.job_id,
        }


@dataclass(frozen=True, slots=True)
class RunState:
    """The whole run now. `version` grows with every change, so a form redraws only when it has grown.

    `exit_code`: 0 done, 1 some step failed or was not sent, 2 refused with nothing sent, 3 interrupted or
    an outcome is unknown. `lease` says who holds the groups. `speeds` are those of the practice range, as the
    run recorded them; `pauses` are when nobody drove the run, from and until. `written`: when its last entry
    was, and what the clocks showed then. `off_before`: the groups (ids) of which a production server was off
    when the run was confirmed.
    """

    run_id: str
    plan: Plan
    phase: RunPhase
    steps: tuple[StepState, ...]
    started_at: datetime
    ended_at: datetime | None
    sentence: str
    exit_code: int
    version: int
    lease: str = ""
    speeds: tuple[float, ...] = ()
    pauses: tuple[tuple[datetime, datetime], ...] = ()
    written: tuple[datetime, ClockReading | None] | None = None
    off_before: frozenset[str] = frozenset()

    def now(self, clock: Clock) -> datetime:
        """The present moment (UTC) as the record counts it: by a clock that no setting of the wall's moves,
        where it goes on since the last entry; else the wall's, and never before that entry.
        """
        if self.written is None:
            return clock.now()
        (at, then), now = self.written, ClockReading.of(clock)
        if then and now.goes_on(then):
            return at + timedelta(seconds=now.seconds - then.seconds)
        return max(now.wall, at)

    @property
    def speed(self) -> float:
        """How many seconds pass at the service in one of the wall now: 1 but on the practice range."""
        return self.speeds[-1] if self.speeds else 1.0

    def __repr__(self) -> str:
        return line(self, f"{self.run_id}: {cut(self.plan.title)}, {self._progress}")

    def _repr_html_(self) -> str:
        title = f"{self.plan.backend.label}, run {self.run_id}: {self.plan.title}, {self._progress}"
        rows = [(step.key, step.title, state(step.phase), _percent(step), step.words) for step in self.steps]
        steps = table(("step", "what is done", "state", "%", "what is going on"), rows)
        return card(title, Markup("<p>{}</p>").format(self.sentence), steps)

    @property
    def _progress(self) -> str:
        done = sum(step.phase is StepPhase.DONE for step in self.steps)
        return f"{self.phase.value}, {done} of {len(self.steps)} steps done"

    def step(self, key: str) -> StepState:
        """The state of the step of that key; KeyError where there is none."""
        for each in self.steps:  # as in `Plan.step`
            if each.key == key:
                return each
        raise KeyError(key)

    def rows(self) -> list[dict[str, Any]]:
        """One plain row per step: done, failed (code, reason, what to do), not sent and why."""
        return [each.row() for each in self.steps]


def _percent(step: StepState) -> str:
    return "" if step.progress is None else str(step.progress)
