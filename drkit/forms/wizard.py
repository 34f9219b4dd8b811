"""Where a runbook stands: which step waits, is ready, works or has ended. Values only, no widgets."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Self


class State(StrEnum):
    """What a card's chip says."""

    WAITING = "waiting"
    READY = "ready"
    WORKING = "working"
    DONE = "done"
    FAILED = "failed"
    STOPPED = "stopped"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class WizardStep:
    """One step: `line` is its result in one line, `error` what was wrong with the last try."""

    key: str
    state: State = State.WAITING
    line: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True)
class Wizard:
    """All steps in order. A step opens when the one before is done; nothing goes back once `sent`.

    Each method returns the wizard as it is afterwards. What comes at the wrong moment, such as a
    second click, changes nothing.
    """

    stages: tuple[WizardStep, ...]
    sent: bool = False

    @classmethod
    def of(cls, *keys: str) -> Self:
        """The first step is ready, the others wait."""
        first, *others = keys
        return cls((WizardStep(first, State.READY), *(WizardStep(key) for key in others)))

    def stage(self, key: str) -> WizardStep:
        """The step of that key."""
        return self.stages[self._at(key)]

    @property
    def current(self) -> WizardStep:
        """The step that is not through yet; the last one when all are."""
        return next((each for each in self.stages if each.state != State.DONE), self.stages[-1])

    def begin(self, key: str) -> Self:
        """Start work on a step that is ready, or again on one that ended in any other way than done."""
        if self.stage(key).state in {State.WAITING, State.WORKING, State.DONE}:
            return self
        return self._open(key, State.WORKING)

    def done(self, key: str, line: str = "") -> Self:
        """The step has its result; the next one opens."""
        if self.stage(key).state not in {State.READY, State.WORKING}:
            return self
        return self._closed(key, State.DONE, line)

    def refuse(self, key: str, error: str) -> Self:
        """The try did not fit; the step is ready again and says why."""
        if self.stage(key).state not in {State.READY, State.WORKING}:
            return self
        return self._with(key, State.READY, error=error)

    def end(self, key: str, state: State, line: str) -> Self:
        """The work ended, but not well: failed, stopped or unknown. The steps after it open to show it."""
        return self._closed(key, state, line)

    def mark_sent(self) -> Self:
        """From now on something has been sent to the service."""
        return replace(self, sent=True)

    def skip_to(self, key: str, line: str, *, sent: bool = True) -> Self:
        """Everything before that step was done elsewhere, and as a rule sent; the step is ready."""
        at = self._at(key)
        before = tuple(WizardStep(each.key, State.DONE, line) for each in self.stages[:at])
        after = tuple(WizardStep(each.key) for each in self.stages[at + 1 :])
        return replace(self, stages=(*before, WizardStep(key, State.READY), *after), sent=sent)

    def may_go_back(self, key: str) -> bool:
        """Whether that step can be opened again to change it."""
        busy = any(each.state == State.WORKING for each in self.stages)
        return self.stage(key).state == State.DONE and not self.sent and not busy

    def back(self, key: str) -> Self:
        """Open that step again; the ones after it wait. Nothing changes where that is not possible."""
        if not self.may_go_back(key):
            return self
        return self._open(key, State.READY)

    def _at(self, key: str) -> int:
        return [each.key for each in self.stages].index(key)

    def _open(self, key: str, state: State) -> Self:
        at = self._at(key)
        waiting = (WizardStep(each.key) for each in self.stages[at + 1 :])
        return replace(self, stages=(*self.stages[:at], WizardStep(key, state), *waiting))

    def _closed(self, key: str, state: State, line: str) -> Self:
        at = self._at(key)
        closed = (*self.stages[:at], WizardStep(key, state, line))
        following = tuple(WizardStep(each.key, State.READY) for each in self.stages[at + 1 : at + 2])
        return replace(self, stages=(*closed, *following, *self.stages[at + 2 :]))

    def _with(self, key: str, state: State, line: str = "", error: str = "") -> Self:
        changed = WizardStep(key, state, line, error)
        return replace(self, stages=tuple(changed if each.key == key else each for each in self.stages))
