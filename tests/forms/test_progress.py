"""What is shown of a run, from its state alone."""

import threading
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from drkit.clock import SteppedClock
from drkit.execution.states import RunPhase, RunState, StepPhase, StepState
from drkit.forms.progress import RunObserver, counts, headline, remaining, results_table, steps_table
from drkit.model import Backend, Change, Operation
from drkit.plan.steps import LeftOut, Plan, Step
from drkit.rules import Objection
from tests.forms.hands import plain

START = datetime(2026, 11, 23, 3, 0, tzinfo=UTC)
NOW = START + timedelta(seconds=90)
NASTY = "<img src=x onerror=alert(1)>"


def seconds(number: float) -> datetime:
    return START + timedelta(seconds=number)


def step(key: str) -> Step:
    ids = {"pair_id": f"p{key}", "instance_id": "i"}
    return Step(
        key, f"Attach {key}", Change.of(Operation.ATTACH_PAIR, "g", **ids, device="/dev/vdb"), lane="i"
    )


def state(*steps: StepState, practice: bool = False, phase: RunPhase = RunPhase.RUNNING) -> RunState:
    backend = Backend(practice, "FlexibleEngine", "eu-west-0", "prod", "p")
    plan = Plan("Attach", backend, (("g", "orders"),), tuple(step(each.key) for each in steps), START)
    ended = None if phase.alive else NOW
    return RunState("run-1", plan, phase, steps, START, ended, counts_of(steps), 0, 1)


def counts_of(steps: tuple[StepState, ...]) -> str:
    return f"{len(steps)} steps"


DONE = StepState("1", "Attach 1", StepPhase.DONE, job_id="job-1", started_at=START, ended_at=seconds(40))
WORKING = StepState("2", "Attach 2", StepPhase.WORKING, "Under way.", progress=25, started_at=seconds(60))
WAITING = StepState("3", "Attach 3")


def test_the_headline_says_how_far_since_when_and_what_remains() -> None:
    under_way = state(DONE, WORKING, WAITING)
    shown = plain(headline(under_way, NOW, remaining(under_way, NOW)))
    assert "1 of 3 ended, 1 min 30 s since" in shown
    assert "about 50 s to go, judged by the steps that are done" in shown


def test_the_bar_counts_the_progress_of_what_is_under_way() -> None:
    assert 'aria-valuenow="42"' in headline(state(DONE, WORKING, WAITING), NOW, "")
    assert 'aria-valuenow="0"' in headline(state(), NOW, "")


def test_before_the_first_end_the_documented_durations_tell_what_remains() -> None:
    assert remaining(state(WAITING), NOW) == "about 45 s to go, by the documented durations"


def test_the_practice_range_is_faster_than_the_documentation_so_nothing_is_guessed() -> None:
    assert remaining(state(WAITING, practice=True), NOW) == ""


def test_a_step_that_is_late_is_expected_any_moment() -> None:
    late = replace(WORKING, started_at=START - timedelta(hours=1))
    assert remaining(state(DONE, late), NOW) == "about 1 s to go, judged by the steps that are done"


def test_when_it_waits_for_the_operator_that_is_said_and_after_the_end_nothing() -> None:
    assert remaining(state(WAITING, phase=RunPhase.WAITING_FOR_OPERATOR), NOW) == "it waits for you"
    assert remaining(state(DONE, phase=RunPhase.DONE), NOW) == ""


def test_each_step_is_a_row_with_state_words_time_and_job() -> None:
    shown = plain(steps_table(state(DONE, WORKING, WAITING), NOW))
    assert "✓ done Attach 1" in shown
    assert "40 s job-1" in shown
    assert "working 25 % Attach 2 Under way. 30 s" in shown
    assert "waiting Attach 3" in shown


def test_a_failure_says_why_the_code_and_what_to_do() -> None:
    failed = StepState(
        "1", "Attach 1", StepPhase.FAILED, "Refused.", "", "SDRS.1807", "No slot <b>.", "Detach a disk.",
        started_at=START, ended_at=NOW,
    )  # fmt: skip
    shown = plain(steps_table(state(failed), NOW))
    assert "Refused. The service says: No slot <b>. (SDRS.1807) What to do: Detach a disk." in shown


def test_a_reason_that_the_sentence_tells_is_not_told_twice() -> None:
    failed = StepState("1", "Attach 1", StepPhase.FAILED, "Failed: No slot.", reason="No slot.")
    assert plain(steps_table(state(failed), NOW)).count("No slot.") == 1


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ("Accepted by the service as job job-1.", "Accepted by the service."),
        ("Done, says job job-1.", "Done, says the job."),
        ("Job job-1 failed: full.", "The job failed: full."),
    ],
)
def test_the_long_id_of_a_job_stands_in_its_own_column_only(told: str, shown: str) -> None:
    table = plain(steps_table(state(replace(WORKING, job_id="job-1", sentence=told)), NOW))
    assert shown in table
    assert table.count("job-1") == 1


def test_a_silent_job_is_called_silent() -> None:
    assert "Nothing was heard of it for a while." in plain(
        steps_table(state(replace(WORKING, silent=True)), NOW)
    )


def test_nothing_of_the_service_becomes_markup() -> None:
    nasty = StepState(
        "1", NASTY, StepPhase.FAILED, NASTY, NASTY, NASTY, NASTY, NASTY, started_at=START, ended_at=NOW
    )
    assert "<img" not in steps_table(state(nasty), NOW) + results_table(state(nasty))
    assert "<img" not in headline(replace(state(nasty), sentence=NASTY), NOW, "")


def test_the_result_has_what_was_left_out_and_why() -> None:
    told = replace(state(DONE, phase=RunPhase.DONE))
    objection = Objection(
        "pair_is_free", "SDRS.1605", "One only.", "pair x", "attached", "free", "Detach it."
    )
    plan = replace(told.plan, left_out=(LeftOut("pair x", "px", (objection,)),))
    shown = plain(results_table(replace(told, plan=plan)))
    assert "✓ done Attach 1" in shown
    assert "– not sent pair x One only. pair x: attached, must be free. Detach it. (SDRS.1605)" in shown


def test_counts_are_words() -> None:
    assert counts(state(DONE, WORKING, WAITING)) == "1 waiting, 1 working, 1 done"


class Watched:
    def __init__(self, *states: RunState | Exception) -> None:
        self._states = list(states)

    def state(self) -> RunState:
        found = self._states.pop(0) if len(self._states) > 1 else self._states[0]
        if isinstance(found, Exception):
            raise found
        return found


def test_a_watcher_shows_each_look_until_the_run_has_ended() -> None:
    seen: list[RunPhase] = []
    clock = SteppedClock()
    running, ended = state(WORKING), state(DONE, phase=RunPhase.DONE)
    watcher = RunObserver(
        Watched(running, running, ended), clock, lambda each: seen.append(each.phase), pytest.fail
    )
    watcher.join(60)
    assert seen == [RunPhase.RUNNING, RunPhase.RUNNING, RunPhase.DONE]
    assert clock.monotonic() == 1.0
    assert watcher.through


def test_a_watcher_that_is_left_looks_no_more_and_the_run_goes_on() -> None:
    looked = threading.Event()
    watcher = RunObserver(Watched(state(WORKING)), SteppedClock(), lambda _: looked.set(), pytest.fail)
    assert looked.wait(60)
    watcher.leave()
    watcher.join(60)
    assert watcher.through


def test_an_error_of_a_watcher_is_told(swallowed: list[str]) -> None:
    told: list[str] = []
    RunObserver(Watched(ValueError("strange")), SteppedClock(), print, told.append).join(60)
    assert "ValueError: strange" in told[0]
    swallowed.clear()
