"""Runbooks without a screen: the parameters decide everything, and the run is waited for.

What the parameters leave open is refused before anything is sent; the same cells raise the errors that
`drkit run` turns into its exit code. A manual step that is asked is signed off with the answer that `attest`
has for it. Where there is none the run stops in order at that step, with exit code 3, and can be gone on
with: nothing is signed that nobody said, or that nobody can have seen.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Generic

from drkit import tables
from drkit.errors import IN_THE_TABLE, DrkitError, InputError, NotConfirmedError, RefusedError
from drkit.execution import RecoveryClock, Run, RunPhase, RunState, StepPhase, interruptions, recorded
from drkit.headless import aligned, report_outcome
from drkit.plan import Plan
from drkit.report import duration, outage, speeds_words
from drkit.runbooks.answers import Answers, how_to_go_on
from drkit.runbooks.attach import AttachSession
from drkit.runbooks.rehearsal import RehearsalSession
from drkit.runbooks.rows import (
    attach_rows,
    frame,
    objectives_rows,
    outage_words,
    plan_rows,
    result_rows,
    whole_words,
)
from drkit.runbooks.session import AnySession
from drkit.showing import count, first_few
from drkit.site import Site

if TYPE_CHECKING:
    from pandas import DataFrame

    from drkit.report import RunRecord


def exit_code(state: RunState, record: "RunRecord") -> int:
    """What a command ends with: that of the run, and 1 where it came to its end and missed an objective."""
    missed = state.phase is RunPhase.DONE and record.evidence.verdict.objectives.word == "missed"
    return 1 if missed else state.exit_code


HOW_TO_PLACE = "PAIR=INSTANCE, or PAIR=INSTANCE+INSTANCE where its disks are shared"
EVERY = 0.5  # seconds between two readings of a run's state


class Unattended(Generic[AnySession]):
    """Starts a run that the parameters confirm, waits for its end, and reports it to `drkit run`."""

    def __init__(self, session: AnySession) -> None:
        self.session = session
        self._interrupted_before = interruptions.listen()

    def _start(self, wanted: str, what: str, rows: Sequence[dict[str, str]], **options: bool) -> None:
        """Start the run where the parameter confirm is what is `wanted`, else print its plan and refuse."""
        confirm = self.session.request.confirm
        if confirm != wanted:
            print(*aligned(rows), sep="\n")  # noqa: T201 - for the terminal of `drkit run`, as all below
            raise NotConfirmedError(
                f"Nothing was sent: to have this plan carried out, give {what}, {wanted!r}, as the parameter "
                f"confirm; it was {confirm!r}."
            )
        if interruptions.listen() > self._interrupted_before:  # something else swallowed it
            raise KeyboardInterrupt
        report_outcome(3, "Changes were being sent; `drkit runs` knows how far it got.")
        try:
            self.session.start(confirm, attended=False, **options)
        except DrkitError as error:  # whatever it was, it came before the first change
            report_outcome(error.exit_code, "Nothing was sent.")
            raise

    def _confirmed(self, whole: str, what: str, rows: Sequence[dict[str, str]]) -> "DataFrame":
        """Print the plan with words on the `whole`, and start it as `_start` does; a dry run ends there."""
        session, plan = self.session, self.session.drafted
        print(f"{plan.title}, on {plan.backend.label}: {whole}")  # noqa: T201
        print_notes(plan)
        if session.request.dry_run:
            report_outcome(0, "Dry run: this is the plan. Nothing was sent.", rows)
        elif session.run is None:
            self._start(plan.to_type, what, rows)
        return frame(rows)

    def _ended(self) -> "DataFrame":
        """Wait for the end, print what changes meanwhile, and report it; what became of each step."""
        run = self.session.started
        try:
            state = self._waited(run)
        except KeyboardInterrupt:
            run.stop("Interrupted")
            state = run.wait()
        kept = f"It is kept as run {state.run_id}. {how_to_go_on(state)}"
        sentence = f"{state.sentence} {kept if self.session.site.journal.there else ''}"
        report_outcome(self._exit_code(state), sentence.strip(), result_rows(state))
        return tables.steps(state.rows())

    def _exit_code(self, state: RunState) -> int:
        return state.exit_code

    def _waited(self, run: Run) -> RunState:
        phases: dict[str, StepPhase] = {}
        while True:
            state = run.wait(EVERY)
            for step in state.steps:
                if phases.get(step.key, StepPhase.WAITING) != step.phase:
                    print(f"{self.session.clock.now():%H:%M:%SZ} {step.phase:8} {step.title}")  # noqa: T201
                phases[step.key] = step.phase
            answered = self._answer(run, state)
            if not state.phase.alive and not answered:
                return state
            if state.phase is RunPhase.WAITING_FOR_OPERATOR and not answered:
                run.stop(f"Nobody is here to answer: {state.sentence}")

    def _answer(self, run: Run, state: RunState) -> bool:  # noqa: ARG002 - those of a subclass
        """Give the answers that the parameters have for what is asked now; whether there was one."""
        return False


class UnattendedAttach(Unattended[AttachSession]):
    """The steps of the attach runbook by the same names; each does its work at once and gives a table."""

    def choose(self) -> "DataFrame":
        """Read the group and the instances of the parameters; gives the instances' rows."""
        session = self.session
        if session.request.run:
            self._before = recorded(session.site.journal, session.request.run)  # what it asked by then
            session.resume(session.request.run, attended=False)
        else:
            group_id, instance_ids = session.requested(session.survey())
            if not instance_ids:
                raise InputError("Nobody is here to choose: give the parameter instance, by name or id.")
            session.read(group_id, instance_ids)
        shown = tables.instances(session.reading)
        return shown[shown["instance_id"].isin(session.instance_ids)]

    def pick(self) -> "DataFrame":
        """Judge the pairs of the parameters; gives their rows."""
        session = self.session
        if session.run is None:
            session.judge(session.request.prefix)
            if not session.request.pairs:
                raise InputError("Nobody is here to pick: give the parameter pairs, names or ids.")
            session.picked = session.requested_pairs()
            if nowhere := session.homeless(session.picked, session.request.pairs):
                raise InputError(f"{nowhere}. Give the parameter to: {HOW_TO_PLACE}.")
        shown = tables.pairs(session.reading)
        return shown[shown["pair_id"].isin(session.picked_pairs)]

    def plan(self) -> "DataFrame":
        """Make the plan; gives its steps. Raises `RefusedError` where it would leave something out."""
        session = self.session
        if session.run is None:
            plan = session.draft(session.picked, session.requested_devices())
            if plan.left_out and not (session.request.skip_refused and plan.steps):
                raise _refusal(plan)
            session.plan = plan
        return frame(self._planned())

    def confirm(self) -> str:
        """Start the run when the parameter confirm is the name of the group; gives a sentence.

        Otherwise the plan is printed, for the terminal of `drkit run`, and nothing is sent.
        """
        session = self.session
        print_notes(session.drafted)
        if session.run is None:
            fail_fast = session.request.fail_fast
            [(_, name)] = session.drafted.groups
            self._start(name, "the name of the group", self._planned(), fail_fast=fail_fast)
        return f"{session.drafted.title}, on {session.drafted.backend.label}"

    def run(self) -> "DataFrame":
        """Wait until the run has ended; gives what became of each step."""
        return self._ended()

    def result(self) -> "DataFrame":
        """What is attached to the instances now."""
        self.session.read_again()
        shown = tables.attachments(self.session.reading)
        return shown[shown["instance_id"].isin(self.session.instance_ids)]

    def _planned(self) -> list[dict[str, str]]:
        return attach_rows(self.session.reading, self.session.drafted)


def print_notes(plan: Plan) -> None:
    """Print the notes of a plan, for the terminal of `drkit run`."""
    for note in plan.notes:
        print(f"Note: {note}")  # noqa: T201


def _refusal(plan: Plan) -> RefusedError:
    """All reasons in one error; nothing was sent."""
    reasons = first_few(
        (f"- {out.subject}: {' '.join(map(str, out.objections))}" for out in plan.left_out),
        IN_THE_TABLE,
        "\n",
    )
    asked = len(plan.left_out) + len(plan.steps)
    refused = f"{len(plan.left_out)} of {count(asked, 'pair')} cannot be attached"
    advice = " Give skip_refused=true to attach the others." if plan.steps else ""
    return RefusedError(
        f"Nothing was sent: {refused}.{advice}\n{reasons}",
        [objection for out in plan.left_out for objection in out.objections],
    )


class UnattendedRehearsal(Unattended[RehearsalSession]):
    """The steps of a rehearsal by the same names; each does its work at once and tells what came of it."""

    def __init__(self, session: RehearsalSession) -> None:
        super().__init__(session)
        request = session.request
        self.answers = Answers(request.attest, request.signed_by, "the parameter signed_by")
        self._before: RunState | None = None

    def choose(self) -> "DataFrame":
        """Read the groups of the parameters; gives their rows."""
        session = self.session
        if session.request.run:
            # Before it goes on: what it asks only later was answered beforehand.
            self._before = recorded(session.site.journal, session.request.run)
            session.resume(session.request.run, attended=False)
        else:
            asked = session.requested(session.survey())
            session.choose(asked.waves, asked.drills)
        shown = tables.groups(session.reading)
        return shown[shown["group_id"].isin(session.names)]

    def objectives(self) -> "DataFrame":
        """Fix the objectives, which are given, and make the plan. Raises `RefusedError` with all reasons."""
        session = self.session
        if session.run is None:
            session.plan = session.draft(session.chosen)
        self.answers.check(session.drafted, self._before)
        return frame(objectives_rows(session.drafted))

    def confirm(self) -> "DataFrame":
        """Print the whole plan, and start it when the parameter confirm has the names of its groups."""
        session, plan = self.session, self.session.drafted
        ahead = session.ahead(plan)
        whole = "\n".join((whole_words(plan, ahead), *outage_words(plan, ahead)))
        return self._confirmed(whole, "the names of its groups", self._planned())

    def run(self) -> "DataFrame":
        """Wait until the run has ended or nobody can answer; gives what became of each step."""
        return frame(self._planned()) if self.session.request.dry_run else self._ended()

    def result(self) -> "DataFrame":
        """The recovery times against their targets; what became of it, and the ways out, are printed."""
        if self.session.request.dry_run:
            return frame()
        evidence = self.session.record.evidence
        print(f"Verdict: {evidence.verdict.words}. {evidence.verdict.sentence}")  # noqa: T201
        for each in evidence.verdict.groups:
            print(f"{each.group}: {each.carried_out.word}, objectives {each.objectives.word}")  # noqa: T201
        if evidence.backend.practice:
            print(f"Practice range {speeds_words(evidence.speeds)}.")  # noqa: T201
        for clock in evidence.clocks:
            away = "Time to answer" if clock.beside else "Outage"
            print(f"{away} of {clock.group}: {_against_its_target(clock)}")  # noqa: T201
        for point in evidence.points:
            print(f"Recovery point of {point.group}: {point.statement} {point.method}")  # noqa: T201
        for deviation in evidence.deviations:
            print(f"Deviation: {deviation.sentence}")  # noqa: T201
        for left in evidence.ledger:
            print(f"Left: {left.what}: {left.state}")  # noqa: T201
        waits = how_to_go_on(
            self.session.started.state()
        )  # then that is the way, and it is printed at the end
        if not evidence.verdict.to_the_end and not waits:
            self._print_ways_out()
        return frame(map(_recovery_row, evidence.clocks))

    def _print_ways_out(self) -> None:
        for key, name in self.session.drafted.groups:
            stands, ways, _ = self.session.ways_out(key)
            print(f"{name}: {' '.join(stands)}")  # noqa: T201
            for way in ways:
                against = first_few(way.objections, "all are in the table of ways out", " ")
                print(f"  {way.name}: {f'Not now: {against}' if against else way.consequences}")  # noqa: T201
                for line in () if against else way.shell:
                    print(f"    {line}")  # noqa: T201

    def _planned(self) -> list[dict[str, str]]:
        return plan_rows(self.session.drafted, self.session.ahead(self.session.drafted))

    def _answer(self, run: Run, state: RunState) -> bool:
        return self.answers.give(run, state)

    def _exit_code(self, state: RunState) -> int:
        return exit_code(state, self.session.record)


def _recovery_row(clock: RecoveryClock) -> dict[str, str]:
    return {
        "group": clock.group,
        "recovery_time": outage(clock) if clock.since else "not begun",
        "waiting_for_people": duration(clock.people),
        "elapsed": duration(clock.elapsed),
        "target": "" if clock.target is None else duration(clock.target),
        "kept": {True: "yes", False: "no", None: "open"}[clock.kept],
        "parts": "; ".join(f"{part.title} {duration(part.seconds)}" for part in clock.parts),
    }


def _against_its_target(clock: RecoveryClock) -> str:
    if clock.since is None:
        return "not begun"
    ended = "no target" if clock.target is None else "kept or not is not known: a server was off before"
    word = {True: "kept", False: "missed", None: "not back yet" if clock.until is None else ended}
    target = f" of {duration(clock.target)}" if clock.target is not None else ""
    people = f", of it {duration(clock.people)} waiting for people" if clock.people >= 0.5 else ""
    elapsed = f"elapsed {duration(clock.elapsed)}{'' if clock.accepted else ', not accepted'}"
    return f"{outage(clock)}{target}, {word[clock.kept]}{people}; {elapsed}"


class PlainOverview:
    """What the start notebook shows without a screen: tables."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def connection(self) -> "DataFrame":
        """The runs of the journal, unfinished ones first."""
        return self.site.runs()

    def state(self) -> "DataFrame":
        """How ready each group is and what to do first, those that are not ready first."""
        return self.site.ready().sort_values(["readiness", "group"])
