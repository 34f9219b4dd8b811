"""What a person said beforehand of the manual steps of a run, where nobody is there to be asked."""

import re
import shlex
from collections.abc import Mapping

from drkit.errors import InputError, UnknownNameError
from drkit.execution import Action, Run, RunState, StepPhase, StepState
from drkit.headless import printable
from drkit.plan import DECISIONS, Plan, Step

_ANSWER = re.compile(r"(passed|failed|skip)\s*(?::\s*(.*))?", re.DOTALL)


class Answers:
    """Answers by a step's title, key or kind: "passed: NOTE", "failed: WHY" or "skip: WHY".

    `signed_by` is the person they are signed with; `sign` says how to give it. `InputError` for an answer
    that is none of these. Nothing is signed that nobody said, or that nobody can have seen: before its step
    is reached only a decision can be told, which is marked so, and what is to be left out.
    """

    def __init__(self, given: Mapping[str, str], signed_by: str, sign: str) -> None:
        self._given = {step: _read(step, text) for step, text in given.items()}
        self._signed_by, self._sign = signed_by.strip(), sign
        self._asked: frozenset[str] = frozenset()

    def check(self, plan: Plan, state: RunState | None = None) -> None:
        """Refuse, before anything is sent, what fits no manual step of this plan, and what nobody signs.

        `state` is that of the run which is gone on with: what it asks already is not answered beforehand.
        """
        if state:
            self._asked = frozenset(each.key for each in state.steps if each.phase is StepPhase.READY)
        manual = [step for step in plan.steps if step.signed]
        known = {name for step in manual for name in _names(step)}
        settled = {name for step in plan.steps if step.check for name in _names(step)} - known
        for name, (word, _) in self._given.items():
            if name in settled:
                raise InputError(f"Nothing was sent: {name!r} is settled by a check. Leave its answer out.")
            if name not in known:
                raise UnknownNameError.among("manual step", name, known)
            meant = [step for step in manual if name in _names(step)]
            kept = [step.title for step in meant if not step.skippable]
            if word == "skip" and kept:
                raise InputError(f"{kept[0]!r} cannot be skipped; answer passed, or failed: WHY.")
            if not any(self._counts(step, word) for step in meant):
                raise InputError(
                    f"Nothing was sent: {name!r} is not asked now, and nobody can tell what will be seen. "
                    "Leave its answer out: the run stops there and says how to go on. Or answer skip: WHY."
                )
        if self._given and not self._signed_by:
            raise InputError(f"Say who signs: give {self._sign} with the answers.")

    def give(self, run: Run, state: RunState) -> bool:
        """Give the answers there are for what is asked now; whether there was one."""
        answered = False
        for shown in state.steps:
            step = state.plan.step(shown.key)
            answer = self._of(step) if Action.SIGN_OFF in shown.actions and step.signed else None
            if answer:
                self._give(run, shown, *answer)
                answered = True
        return answered

    def _of(self, step: Step) -> tuple[str, str] | None:
        given = next((self._given[name] for name in _names(step) if name in self._given), None)
        return given if given and self._counts(step, given[0]) else None

    def _counts(self, step: Step, word: str) -> bool:
        return word == "skip" or step.key in self._asked or step.kind in DECISIONS

    def _give(self, run: Run, shown: StepState, word: str, note: str) -> None:
        if word == "skip":
            run.skip(shown.key, note)
        else:
            beforehand = shown.key not in self._asked
            run.sign_off(shown.key, word == "passed", self._signed_by, note, beforehand=beforehand)


def how_to_go_on(state: RunState) -> str:
    """How to go on with a run that stopped at a question, in a sentence; empty where it asks nothing."""
    asked = [step for step in state.steps if step.phase is StepPhase.READY]
    if not asked:
        return ""
    waits = f"It waits for: {'; '.join(step.title for step in asked)}."
    manual = [step.title for step in asked if state.plan.step(step.key).signed]
    if len(manual) < len(asked):  # a yes to what has changed: not without having seen it
        return f"{waits} Say yes to it on a screen: go on with run {state.run_id} in its runbook (drkit lab)."
    answers = " ".join(f"--attest {shlex.quote(f'{printable(title)}=ANSWER')}" for title in manual)
    return (
        f"{waits} Go on with: drkit resume {state.run_id} {answers} --sign NAME (an ANSWER is "
        "passed: NOTE, failed: WHY or skip: WHY)."
    )


def _names(step: Step) -> tuple[str, ...]:
    """The names under which an answer to a step may be given."""
    return step.title, step.key, step.kind


def _read(step: str, text: str) -> tuple[str, str]:
    match = _ANSWER.fullmatch(text.strip())
    if not match:
        raise InputError(
            f"The answer to {step!r} is {text!r}; write passed: NOTE, failed: NOTE or skip: REASON."
        )
    word, note = match[1], (match[2] or "").strip()
    if not note:
        needs = "a note on what was seen: passed: NOTE" if word == "passed" else f"a reason: {word}: WHY"
        raise InputError(f"The answer to {step!r} needs {needs}.")
    return word, note
