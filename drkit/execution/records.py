"""What the journal's entries mean for a step: a fold over entries, the same live and after a crash (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from drkit.execution.entries import Adopted, Intended, JobJson, Lost, Phased, Sent, read
from drkit.execution.states import Action, Spell, StepPhase, StepState
from drkit.journal import Entry, EntryKind
from drkit.model import Change
from drkit.plan import Step


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step, what is shown of it, and what looking up a lost answer needs.

    `before` is what the reading before the last sending said of the change; `answered` is False from the
    moment the change was intended until its answer came or its trace was found. A lost answer and a process
    that died meanwhile are the same: the change is looked for, and never sent again by itself. `sought` says
    that it was looked for in vain for as long as it may be on its way.
    """

    step: Step
    shown: StepState
    before: Mapping[str, Any] = field(default_factory=dict)
    intended_at: datetime | None = None
    answered: bool = True
    sought: bool = False

    @classmethod
    def of(cls, step: Step) -> "StepRecord":
        """The record of a step that nothing happened to."""
        return cls(step, StepState(step.key, step.title))

    @property
    def phase(self) -> StepPhase:
        """How far the step is."""
        return self.shown.phase

    def after(self, entry: Entry, speed: float | None = None) -> "StepRecord":
        """The record after one more entry about this step; a mere remark changes nothing.

        `speed` is that of the practice range; None for a real cloud, where the wall's time is the service's.
        """
        if (intended := read(entry, Intended)) is not None:
            return self._intended(entry, intended)
        if read(entry, Sent) is not None:
            sentence = f"Accepted by the service as job {entry.job_id}."
            return replace(self, answered=True, shown=self._now(sentence=sentence, job_id=entry.job_id))
        if (lost := read(entry, Lost)) is not None:
            sentence = f"The answer was lost: {lost['error']} Looking for its trace at the service."
            return replace(self, shown=self._now(sentence=sentence))
        if (adopted := read(entry, Adopted)) is not None:
            return replace(self, answered=True, shown=self._now(sentence=adopted["how"]))
        if phased := read(entry, Phased):
            return self._phased(entry, phased, speed)
        return self

    def paused(self, since: datetime, until: datetime, speed: float | None) -> "StepRecord":
        """The record when nobody drove the run meanwhile: whether the service worked then is not known."""
        if not self.shown.spells or self.shown.spells[-1].ended:
            return self
        closed = _closed(self.shown.spells, since, speed)
        return self.shows(spells=(*closed, Spell(self.shown.attempts, until)))

    def shows(self, **changes: Any) -> "StepRecord":  # noqa: ANN401  # the fields of StepState
        """The record with something else on the screen, which is not kept."""
        return replace(self, shown=replace(self.shown, **changes))

    def _intended(self, entry: Entry, intended: Intended) -> "StepRecord":
        shown = replace(
            StepState(self.step.key, self.step.title, StepPhase.WORKING, "Being sent."),
            attempts=self.shown.attempts + 1,
            started_at=self.shown.started_at or entry.at,
            actions=_actions(self.step, StepPhase.WORKING),
            spells=(*self.shown.spells, Spell(self.shown.attempts + 1, entry.at)),
        )
        step = replace(self.step, change=Change.from_json(intended["change"]))  # with its last ids
        return StepRecord(step, shown, intended.get("before", {}), entry.at, answered=False)

    def _now(self, **changes: Any) -> StepState:  # noqa: ANN401  # the fields of StepState
        actions = _actions(self.step, StepPhase.WORKING)
        fresh = {"phase": StepPhase.WORKING, "ended_at": None, "silent": False, "actions": actions}
        return replace(self.shown, **fresh | changes)

    def _phased(self, entry: Entry, data: Phased, speed: float | None) -> "StepRecord":
        phase = StepPhase(data["phase"])
        if phase is StepPhase.WAITING and entry.kind is EntryKind.NOTED:
            return self  # an earlier version concluded after 15 s that it was not taken; nobody can know that
        begun = self.shown.started_at or (None if phase in _NOT_BEGUN else entry.at)
        shown = replace(
            self.shown,
            phase=phase,
            sentence=data["sentence"],
            code=data.get("code", ""),
            reason=data.get("reason", ""),
            remedy=data.get("remedy", ""),
            progress=100 if phase is StepPhase.DONE else None,
            started_at=begun,
            ended_at=entry.at if phase in _ENDED else None,
            silent=False,
            actions=_actions(self.step, phase, retry=data.get("retry", True)),
            spells=self._spells(entry, data, phase, speed),
        )
        # Settled by the service's own word or by readings. A person's word does not stop what is on its way,
        # and what goes again because the service was busy is looked for before.
        open_still = "resolved" in data or "busy" in data
        answered = self.answered or (entry.kind is EntryKind.SETTLED and not open_still)
        sought = self.sought or phase is StepPhase.UNKNOWN
        return replace(self, shown=shown, answered=answered, sought=sought)

    def _spells(self, entry: Entry, data: Phased, phase: StepPhase, speed: float | None) -> tuple[Spell, ...]:
        spells = self.shown.spells
        if phase is not StepPhase.WORKING:
            return _closed(spells, entry.at, speed, data.get("job"))
        if spells and spells[-1].ended:  # looked at again
            return (*spells, Spell(self.shown.attempts, entry.at))
        return spells


def _closed(
    spells: tuple[Spell, ...], at: datetime, speed: float | None, job: JobJson | None = None
) -> tuple[Spell, ...]:
    """The spells, the last of them ended; on the practice range as long as the job itself says."""
    if not spells or spells[-1].ended:
        return spells
    *before, last = spells
    seconds = (at - last.begun).total_seconds() * (speed or 1.0)
    worked = _job_seconds(job) if speed and job else None
    if worked is not None:
        earlier = sum(each.seconds for each in before if each.attempt == last.attempt)
        # After a pause the rest of the job may have passed in it: then no more than there was time for.
        seconds = min(seconds, max(worked - earlier, 0.0)) if earlier else worked
    return (*before, replace(last, ended=at, seconds=seconds))


def _job_seconds(job: JobJson) -> float | None:
    begun, ended = job.get("begin_at"), job.get("end_at")
    if not begun or not ended:
        return None
    return max((datetime.fromisoformat(ended) - datetime.fromisoformat(begun)).total_seconds(), 0.0)


_NOT_BEGUN = frozenset({StepPhase.WAITING, StepPhase.NOT_SENT, StepPhase.SKIPPED})
_SKIPPABLE = frozenset({StepPhase.READY, StepPhase.WORKING, StepPhase.FAILED})
_ENDED = frozenset({StepPhase.DONE, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.UNKNOWN})


def _actions(step: Step, phase: StepPhase, *, retry: bool = True) -> tuple[Action, ...]:
    fitting: dict[StepPhase, tuple[Action, ...]] = {
        StepPhase.READY: (Action.SIGN_OFF,) if step.signed else (Action.APPROVE,),
        # Nobody signs what the service is read for: it can be left out, with a reason.
        StepPhase.WORKING: (Action.SIGN_OFF,) if step.probes else (),
        StepPhase.FAILED: (Action.RETRY,),
        StepPhase.NOT_SENT: (Action.RETRY,) if retry else (),
        StepPhase.UNKNOWN: (Action.LOOK_AGAIN, Action.RESOLVE),
    }
    actions = fitting.get(phase, ())
    skips = step.skippable and (actions or step.check) and phase in _SKIPPABLE
    return (*actions, Action.SKIP) if skips else actions
