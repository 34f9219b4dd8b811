"""What the journal's entries mean for a step: a fold over entries, the same live and after a crash (pure).

What the `data` of an entry holds, by its kind:

- of the run (no step): planned {plan, digest, confirmed, fail_fast, snapshot, run}; noted {resumed_by},
  {takeover}; settled and stopped {phase, sentence}, settled {snapshot} or {snapshot_missing}, stopped
  {in_flight, not_sent};
- of a step: intended {change, before}, sent {answer}, lost {error}, adopted {how}; settled, approved and
  noted {phase, sentence} with, where there are any, code, reason, remedy, request_id, objections, retry (is
  it offered), job (the service's job with its sub_jobs), seen, by (who said it), signed_by, passed, note,
  resolved, why. A noted entry without a phase changes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from drkit.execution.states import Action, StepPhase, StepState
from drkit.journal import Entry, EntryKind
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

    def told(self, entry: Entry) -> "StepRecord":
        """The record after one more entry about this step."""
        match entry.kind:
            case EntryKind.INTENDED:
                return self._intended(entry)
            case EntryKind.SENT:
                sentence = f"Accepted by the service as job {entry.job_id}."
                return replace(self, answered=True, shown=self._now(sentence=sentence, job_id=entry.job_id))
            case EntryKind.LOST:
                sentence = f"The answer was lost: {entry.data['error']} Looking for its trace at the service."
                return replace(self, lost=True, shown=self._now(sentence=sentence))
            case EntryKind.ADOPTED:
                return replace(self, answered=True, shown=self._now(sentence=str(entry.data["how"])))
            case _ if "phase" in entry.data:
                return self._phased(entry)
        return self

    def shows(self, **changes: Any) -> "StepRecord":  # noqa: ANN401  # the fields of StepState
        """The record with other words on the screen, which are not kept."""
        return replace(self, shown=replace(self.shown, **changes))

    def _intended(self, entry: Entry) -> "StepRecord":
        shown = replace(
            StepState(self.step.key, self.step.title, StepPhase.WORKING, "Being sent."),
            attempts=self.shown.attempts + 1,
            started_at=self.shown.started_at or entry.at,
            actions=_actions(self.step, StepPhase.WORKING),
        )
        before = entry.data.get("before", {})
        sent = entry.data.get("change")
        step = replace(self.step, change=Change.from_json(sent)) if sent else self.step  # with its last ids
        return StepRecord(step, shown, before, entry.at, answered=self.step.change is None)

    def _now(self, **changes: Any) -> StepState:  # noqa: ANN401  # the fields of StepState
        actions = _actions(self.step, StepPhase.WORKING)
        fresh = {"phase": StepPhase.WORKING, "ended_at": None, "silent": False, "actions": actions}
        return replace(self.shown, **fresh | changes)

    def _phased(self, entry: Entry) -> "StepRecord":
        data, phase = entry.data, StepPhase(entry.data["phase"])
        begun = self.shown.started_at or (None if phase in _NOT_BEGUN else entry.at)
        shown = replace(
            self.shown,
            phase=phase,
            sentence=str(data.get("sentence", "")),
            code=str(data.get("code", "")),
            reason=str(data.get("reason", "")),
            remedy=str(data.get("remedy", "")),
            progress=100 if phase is StepPhase.DONE else None,
            started_at=begun,
            ended_at=entry.at if phase in _ENDED else None,
            silent=False,
            actions=_actions(self.step, phase, retry=bool(data.get("retry", True))),
        )
        return replace(self, shown=shown)


_NOT_BEGUN = frozenset({StepPhase.WAITING, StepPhase.NOT_SENT, StepPhase.SKIPPED})
_SKIPPABLE = frozenset({StepPhase.READY, StepPhase.WORKING, StepPhase.FAILED})
_ENDED = frozenset({StepPhase.DONE, StepPhase.FAILED, StepPhase.SKIPPED, StepPhase.UNKNOWN})


def _actions(step: Step, phase: StepPhase, *, retry: bool = True) -> tuple[Action, ...]:
    fitting: dict[StepPhase, tuple[Action, ...]] = {
        StepPhase.READY: (Action.SIGN_OFF,) if step.manual else (Action.APPROVE,),
        StepPhase.WORKING: (Action.SIGN_OFF,) if step.check else (),
        StepPhase.FAILED: (Action.RETRY,),
        StepPhase.NOT_SENT: (Action.RETRY,) if retry else (),
        StepPhase.UNKNOWN: (Action.LOOK_AGAIN, Action.RESOLVE),
    }
    found = fitting.get(phase, ())
    skips = step.skippable and found and phase in _SKIPPABLE
    return (*found, Action.SKIP) if skips else found
