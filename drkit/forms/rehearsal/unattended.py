"""A rehearsal without a screen: the parameters decide everything, and the run is waited for.

A manual step is signed off with the answer that `attest` has for it. Where there is none the run stops in
order at that step, with exit code 3, and can be gone on with: nothing is signed that nobody said.
"""

import re
from collections.abc import Mapping

from pandas import DataFrame

from drkit import tables
from drkit.errors import DrkitError, InputError, NotConfirmedError, UnknownNameError
from drkit.execution import Action, RecoveryClock, Run, RunPhase, RunState, StepPhase, StepState, kind_of
from drkit.forms.progress import EVERY
from drkit.forms.rehearsal.task import RehearsalTask
from drkit.forms.rehearsal.words import aims_rows, plan_rows, whole_words
from drkit.headless import aligned, report_outcome
from drkit.plan import Plan, Step
from drkit.report import duration

_ANSWER = re.compile(r"(passed|failed|skip)\s*(?::\s*(.*))?", re.DOTALL)


class UnattendedRehearsal:
    """The steps of a rehearsal by the same names; each does its work at once and tells what came of it."""

    def __init__(self, task: RehearsalTask) -> None:
        self.task = task
        self.answers = {key: _read_answer(key, each) for key, each in task.wish.attest.items()}

    def choose(self) -> DataFrame:
        """Read the groups of the parameters; gives their rows."""
        if self.task.wish.run:
            self.task.resume(self.task.wish.run, attended=False)
        else:
            self.task.choose(self.task.wished_waves(self.task.survey()), self.task.wish.drills)
        shown = tables.groups(self.task.reading)
        return shown[shown["group_id"].isin(self.task.names)]

    def objectives(self) -> DataFrame:
        """Fix the objectives, which are given, and make the plan. Raises `RefusedError` with all reasons."""
        task = self.task
        if task.run is None:
            task.plan = task.draft(task.wished_aims(), task.wish)
        self._check_answers(task.drafted)
        return DataFrame(aims_rows(task.drafted))

    def confirm(self) -> DataFrame:
        """Print the whole plan, and start it when the parameter confirm has the names of its groups."""
        task, plan = self.task, self.task.drafted
        print(f"{plan.title}, on {plan.backend.label}: {whole_words(plan, task.ahead(plan))}")  # noqa: T201
        for note in plan.notes:
            print(f"Note: {note}")  # noqa: T201
        if task.wish.dry_run:
            report_outcome(0, "Dry run: this is the plan. Nothing was sent.", self._planned())
        elif task.run is None:
            self._start(", ".join(name for _, name in plan.groups))
        return DataFrame(self._planned())

    def _start(self, wanted: str) -> None:
        if self.task.wish.confirm != wanted:
            print(*aligned(self._planned()), sep="\n")  # noqa: T201
            raise NotConfirmedError(
                "Nothing was sent: to have this plan carried out, give the names of its groups, "
                f"{wanted!r}, as the parameter confirm; it was {self.task.wish.confirm!r}."
            )
        report_outcome(3, "Changes were being sent; `drkit runs` knows how far it got.")
        try:
            self.task.start(wanted, attended=False)
        except DrkitError as error:  # whatever it was, it came before the first change
            report_outcome(error.exit_code, "Nothing was sent.")
            raise

    def run(self) -> DataFrame:
        """Wait until the run has ended or nobody can answer; gives what became of each step."""
        if self.task.wish.dry_run:
            return DataFrame(self._planned())
        state = self._ended()
        report_outcome(state.exit_code, self._sentence(state), _rows(state))
        return tables.steps(state.rows())

    def result(self) -> DataFrame:
        """The recovery times against their targets; what became of it, and the ways out, are printed."""
        if self.task.wish.dry_run:
            return DataFrame()
        evidence = self.task.record.evidence
        print(f"Verdict: {evidence.verdict.word}. {evidence.verdict.sentence}")  # noqa: T201
        for clock in evidence.clocks:
            print(f"Recovery time of {clock.group}: {_against_its_target(clock)}")  # noqa: T201
        for point in evidence.points:
            print(f"Recovery point of {point.group}: {point.statement} {point.method}")  # noqa: T201
        for each in evidence.deviations:
            print(f"Deviation: {each.sentence}")  # noqa: T201
        for left in evidence.ledger:
            print(f"Left: {left.what}: {left.state}")  # noqa: T201
        if evidence.verdict.word not in {"completed", "completed with deviations"}:
            self._tell_ways_out()
        return DataFrame(
            [
                {
                    "group": each.group,
                    "recovery_time": duration(each.seconds),
                    "target": "" if each.target is None else duration(each.target),
                    "kept": {True: "yes", False: "no", None: "open"}[each.kept],
                    "parts": "; ".join(f"{title} {duration(spent)}" for title, spent in each.parts),
                }
                for each in evidence.clocks
            ]
        )

    def _tell_ways_out(self) -> None:
        for key, name in self.task.drafted.groups:
            stands, ways = self.task.ways_out(key)
            print(f"{name}: {' '.join(stands)}")  # noqa: T201
            for way in ways:
                against = " ".join(map(str, way.objections))
                said = f"Not now: {against}" if against else way.consequences
                print(f"  {way.name}: {said}")  # noqa: T201

    def _planned(self) -> list[dict[str, str]]:
        return plan_rows(self.task.drafted, self.task.ahead(self.task.drafted))

    def _ended(self) -> RunState:
        run = self.task.run
        if run is None:
            raise InputError("The run was not started: run the cells above first.")
        told: dict[str, StepPhase] = {}
        while True:
            state = run.wait(EVERY)
            for each in state.steps:
                if told.get(each.key, StepPhase.WAITING) != each.phase:
                    print(f"{self.task.clock.now():%H:%M:%SZ} {each.phase:8} {each.title}")  # noqa: T201
                told[each.key] = each.phase
            said = self._answer(run, state)
            if not state.phase.alive and not said:
                return state
            if state.phase is RunPhase.WAITING_FOR_OPERATOR and not said:
                run.stop(f"Nobody is here to answer: {state.sentence}")

    def _answer(self, run: Run, state: RunState) -> bool:
        """Give the answers that the parameters have for what is asked now; whether there was one."""
        said = False
        for shown in state.steps:
            step = state.plan.step(shown.key)
            answer = self._answer_to(step) if Action.SIGN_OFF in shown.actions and step.manual else None
            if answer:
                self._say(run, shown, *answer)
                said = True
        return said

    def _answer_to(self, step: Step) -> tuple[str, str] | None:
        return next((self.answers[each] for each in _calls(step) if each in self.answers), None)

    def _check_answers(self, plan: Plan) -> None:
        manual = [each for each in plan.steps if each.manual]
        known = {name for each in manual for name in _calls(each)}
        for name, (word, _) in self.answers.items():
            if name not in known:
                raise UnknownNameError.among("manual step", name, known)
            kept = [each.title for each in manual if name in _calls(each) and not each.skippable]
            if word == "skip" and kept:
                raise InputError(f"{kept[0]!r} cannot be skipped; answer passed, or failed: WHY.")
        if self.answers and not self.task.wish.signed_by.strip():
            raise InputError("Say who signs: give the parameter signed_by with the answers in attest.")

    def _say(self, run: Run, shown: StepState, word: str, note: str) -> None:
        if word == "skip":
            run.skip(shown.key, note)
        else:
            run.sign_off(shown.key, word == "passed", self.task.wish.signed_by, note)

    def _sentence(self, state: RunState) -> str:
        kept = f"{state.sentence} It is kept as run {state.run_id}."
        asked = [each.title for each in state.steps if each.phase is StepPhase.READY]
        if not asked:
            return kept
        return (
            f"{kept} It waits for: {'; '.join(asked)}. Go on with -p run={state.run_id} and an answer in "
            "attest for each."
        )


def _against_its_target(clock: RecoveryClock) -> str:
    word = {True: "kept", False: "missed", None: "not back yet" if clock.until is None else "no target"}
    target = f" of {duration(clock.target)}" if clock.target is not None else ""
    return f"{duration(clock.seconds)}{target}, {word[clock.kept]}"


def _rows(state: RunState) -> list[Mapping[str, str]]:
    return [
        {
            "state": each.phase.value,
            "step": each.title,
            "result": each.words,
            "code": each.code,
            "job": each.job_id,
        }
        for each in state.steps
    ]


def _calls(step: Step) -> tuple[str, ...]:
    """The names under which an answer to a step may be given."""
    return step.title, step.key, kind_of(step)


def _read_answer(step: str, text: str) -> tuple[str, str]:
    match = _ANSWER.fullmatch(text.strip())
    if not match:
        raise InputError(
            f"The answer to {step!r} is {text!r}; write passed, passed: NOTE, failed: NOTE or skip: REASON."
        )
    word, note = match[1], (match[2] or "").strip()
    if word != "passed" and not note:
        raise InputError(f"The answer to {step!r} needs a reason: {word}: WHY.")
    return word, note
