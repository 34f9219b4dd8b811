"""What the journal's entries mean for a step: a fold over entries, the same live and after a crash (pure)."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from drkit.execution.entries import Adopted, Intended, Lost, Phased, Sent, read
from drkit.execution.states import Action, StepPhase, StepState
from drkit.journal import Entry
from drkit.model import Change
from drkit.plan import Step


@dataclass(frozen=True, slots=True)
class StepRecord:
    """A step, what is shown of it, and what looking up a lost answer needs.

    `before` is what the reading before the last sending said of the change; `answered` is False from the
    moment the change was intended until its answer came or its trace was found; `lost` says that an answer
    was waited for in vain, so that the change must not be sent again by itself.
    """

    step: Step
    shown: StepState
    before: Mapping[str, Any] = field(default_factory=dict)
    intended_at: datetime | None = None
    answered: bool = True
    lost: bool = False

    @classmethod
    def of(cls, step: Step) -> "StepRecord":
        """The record of a step that nothing happened to."""
        return cls(step, StepState(step.key, step.title))

    @property
    def phase(self) -> StepPhase:
        """How far the step is."""
        return self.shown.phase

    def after(self, entry: Entry) -> "StepRecord":
        """The record after one more entry about this step; a mere remark changes nothing."""
        if (intended := read(entry, Intended)) is not None:
            return self._intended(entry, intended)
        if read(entry, Sent) is not None:
            sentence = f"Accepted by the service as job {entry.job_id}."
            return replace(self, answered=True, shown=self._now(sentence=sentence, job_id=entry.job_id))
        if (lost := read(entry, Lost)) is not None:
            sentence = f"The answer was lost: {lost['error']} Looking for its trace at the service."
            return replace(self, lost=True, shown=self._now(sentence=sentence))
        if (adopted := read(entry, Adopted)) is not None:
            return replace(self, answered=True, shown=self._now(sentence=adopted["how"]))
        if phased := read(entry, Phased):
            return self._phased(entry, phased)
        return self

    def shows(self, **changes: Any) -> "StepRecord":  # noqa: ANN401  # the fields of StepState
        """The record with something else on the screen, which is not kept."""
        return replace(self, shown=replace(self.shown, **changes))

    def _intended(self, entry: Entry, intended: Intended) -> "StepRecord":
        shown = replace(
            StepState(self.step.key, self.step.title, StepPhase.WORKING, "Being sent."),
            attempts=self.shown.attempts + 1,
            started_at=self.shown.started_at or entry.at,
            actions=_actions(self.step, StepPhase.WORKING),
        )
        step = replace(self.step, change=Change.from_json(intended["change"]))  # with its last ids
        return StepRecord(step, shown, intended.get("before", {}), entry.at, answered=False)

    def _now(self, **changes: Any) -> StepState:  # noqa: ANN401  # the fields of StepState
        actions = _actions(self.step, StepPhase.WORKING)
        fresh = {"phase": StepPhase.WORKING, "ended_at": None, "silent": False, "actions": actions}
        return replace(self.shown, **fresh | changes)

    def _phased(self, entry: Entry, data: Phased) -> "StepRecord":
        phase = StepPhase(data["phase"])
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
        )
        return replace(self, shown=shown)


_NOT_BEGUN = frozenset({StepPhase.WAITING, StepPhase.NOT_SENT, StepPhase.SKIPPED})
_SKIPPABLE = frozenset({StepPhase.READY, StepPhase.WORKING, StepPhase.FAILED})
_ENDED = frozenset({StepPhase.DONE, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.UNKNOWN})


def _actions(step: Step, phase: StepPhase, *, retry: bool = True) -> tuple[Action, ...]:
    fitting: dict[StepPhase, tuple[Action, ...]] = {
        StepPhase.READY: (Action.SIGN_OFF,) if step.manual else (Action.APPROVE,),
        # Nobody signs what the service is read for: it can be left out, with a reason.
        StepPhase.WORKING: (Action.SIGN_OFF,) if step.check and not step.reads else (),
        StepPhase.FAILED: (Action.RETRY,),
        StepPhase.NOT_SENT: (Action.RETRY,) if retry else (),
        StepPhase.UNKNOWN: (Action.LOOK_AGAIN, Action.RESOLVE),
    }
    actions = fitting.get(phase, ())
    skips = step.skippable and (actions or step.reads) and phase in _SKIPPABLE
    return (*actions, Action.SKIP) if skips else actions
