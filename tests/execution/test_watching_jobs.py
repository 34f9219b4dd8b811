# ruff: noqa: ANN401  # calls are passed on as they come

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drkit.errors import SignInError, UnavailableError, UnreachableError
from drkit.execution.limits import LIMITS, Pace
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, StepPhase, StepState
from drkit.journal import EntryKind
from drkit.model import Operation, PairStatus, Unknown
from drkit.plan.steps import Plan
from tests.execution.stage import CACHES, PATIENCE, Stage, intercepted, phases

pytestmark = pytest.mark.slow  # whole runs, half a second and more each


def started(stage: Stage, plan: Plan, **instead: Callable[..., Any]) -> Run:
    confirm = ", ".join(name for _, name in plan.groups)
    service = intercepted(stage.client, **instead)
    return Run.start(plan, client=service, journal=stage.journal, clock=stage.clock, confirm=confirm)


def watched(stage: Stage, plan: Plan, at: str = "pairs", **instead: Callable[..., Any]) -> list[StepState]:
    """Run a plan to its end; what was shown of its first step at each look."""
    seen: list[StepState] = []
    runs: list[Run] = []

    def look(*args: Any) -> Any:
        if runs:
            seen.append(runs[0].state().steps[0])
        return (instead.get(at) or getattr(stage.client, at))(*args)

    runs.append(started(stage, plan, **{**instead, at: look}))
    seen.append(stage.ended(runs[0]).steps[0])
    return seen


def test_a_job_that_stays_silent_is_shown_as_silent_then_as_unknown_and_never_as_failed(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("job-stuck")
    seen = watched(stage, plan)
    silent = [each for each in seen if each.silent]
    assert silent
    assert silent[-1].sentence.startswith("Silent, nothing new: pair attaching")
    assert not seen[5].silent
    last = seen[-1]
    assert (last.phase, last.silent) == (StepPhase.UNKNOWN, False)
    assert last.sentence.startswith("No end after 15 min, the limit for attach pair; last: pair attaching")
    run_id = stage.journal.runs()[0].id
    notes = [each.data.get("sentence", "") for each in stage.entries(run_id, EntryKind.NOTED)]
    assert notes[0].startswith("Silent: nothing new for 12")
    assert len(notes) == 2


@pytest.mark.slow
def test_a_short_limit_of_a_fast_practice_range_is_told_in_seconds(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("job-stuck")
    (step,) = stage.run(plan, pace=0.005).steps
    assert step.sentence.startswith("No end after 30 s, the limit for attach pair; last: pair attaching")


def test_a_job_that_speaks_again_is_silent_no_more(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("job-stuck")
    looks: list[int] = []

    def mend(groups: tuple[str, ...]) -> Any:
        looks.append(1)
        if len(looks) == 60:
            stage.sandbox.clear_faults()
        return stage.client.pairs(groups)

    seen = watched(stage, plan, pairs=mend)
    assert any(each.silent for each in seen)
    assert (seen[-1].phase, seen[-1].silent) == (StepPhase.DONE, False)


def test_progress_is_shown_and_a_step_back_is_said(stage: Stage) -> None:
    plan = stage.switch("shop-backend", Operation.ENABLE_PROTECTION)
    told = iter([10, 40, 20, 30, 60, 70])

    def group(identity: str) -> Any:
        now = stage.client.group(identity)
        return replace(now, progress=next(told, 80))

    seen = watched(stage, plan, at="group", group=group)
    assert [each.progress for each in seen[1:6]] == [10, 40, 20, 30, 60]
    assert seen[3].sentence.endswith("Progress went back from 40 % to 20 %.")
    assert seen[4].sentence.endswith("Progress went back from 40 % to 20 %.")
    assert "went back" not in seen[5].sentence
    assert seen[-1].progress == 100
    run_id = stage.journal.runs()[0].id
    (note,) = stage.entries(run_id, EntryKind.NOTED)
    assert note.data["sentence"] == "Progress went back from 40 % to 20 %."


def test_a_service_that_cannot_be_read_for_a_while_is_said_and_waited_for(stage: Stage) -> None:
    looks: list[int] = []

    def down(groups: tuple[str, ...]) -> Any:
        looks.append(1)
        if len(looks) in {2, 3}:
            raise UnavailableError(503, "", "Down for repair.", where="pairs")
        return stage.client.pairs(groups)

    seen = watched(stage, stage.attach(CACHES[0]), pairs=down)
    assert seen[2].sentence.startswith("Its state cannot be read now: pairs answered 503")
    assert seen[-1].phase is StepPhase.DONE


def test_a_job_that_cannot_be_asked_for_a_while_is_said_and_waited_for(stage: Stage) -> None:
    asked: list[int] = []

    def down(job_id: str) -> Any:
        asked.append(1)
        if len(asked) == 1:
            raise UnreachableError("No way there.")
        return stage.client.job(job_id)

    plan = stage.switch("shop-frontend", Operation.DISABLE_PROTECTION)
    seen = watched(stage, plan, at="group", job=down)
    assert any(each.sentence.startswith("Its state cannot be read now: No way there.") for each in seen)
    assert seen[-1].phase is StepPhase.DONE


def test_a_status_no_reference_names_is_neither_done_nor_failed(stage: Stage) -> None:
    def strange(job_id: str) -> Any:
        return replace(stage.client.job(job_id), status=Unknown("PAUSED"))

    seen = watched(stage, stage.attach(CACHES[0]), job=strange)
    assert seen[-1].phase is StepPhase.UNKNOWN
    assert "PAUSED" in seen[-1].sentence


def test_a_status_no_reference_names_is_said_at_once_and_never_called_silence(stage: Stage) -> None:
    def strange(job_id: str) -> Any:
        return replace(stage.client.job(job_id), status=Unknown("PAUSED"))

    seen = watched(stage, stage.attach(CACHES[0]), job=strange)
    words = "job 'PAUSED', which is no status that drkit knows"
    attached = [step.sentence for step in seen if "attaching" not in step.sentence]
    assert words in attached[1]  # behind "Accepted by the service as job"
    assert not any(step.silent for step in seen)
    (run,) = stage.journal.runs()
    noted = stage.entries(run.id, EntryKind.NOTED)[0].data["sentence"]
    assert "is 'PAUSED', which is no status that drkit knows: whether it goes on, ended or failed" in noted


def test_a_pair_that_moves_for_long_has_its_job_asked_all_the_same(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    pair_id = plan.steps[0].change.pair_id  # type: ignore[union-attr]
    moving = "attaching"

    def pairs(groups: tuple[str, ...]) -> Any:
        found = stage.client.pairs(groups)
        return tuple(
            replace(each, status=type(each.status)(moving)) if each.id == pair_id else each for each in found
        )

    seen = watched(stage, plan, pairs=pairs)
    assert seen[-1].phase is StepPhase.DONE
    assert seen[-1].sentence.endswith("Under which device name was not seen.")
    assert 90 <= stage.clock.monotonic() < 110  # asked after 30 s, then the list had 60 s to come after it


def test_servers_and_drills_are_followed_by_their_jobs_alone(stage: Stage) -> None:
    def never(*_args: Any) -> None:
        raise AssertionError("There is no need to list anything.")

    now = stage.inventory()
    server = now.instance("app-01").production_server_id
    stop = stage.switch("shop-backend", Operation.STOP_SERVER, server_id=server, hard=False)
    run = started(stage, stop, servers=never, pairs=never, group=never, drills=never)
    assert stage.ended(run).phase is RunPhase.DONE
    drill = stage.switch("shop-frontend", Operation.CREATE_DRILL, name="d", drill_vpc_id="")
    run = started(stage, drill, servers=never, pairs=never, group=never, drills=never)
    assert stage.ended(run).phase is RunPhase.DONE


def test_a_job_that_is_still_being_asked_is_not_asked_twice(stage: Stage) -> None:
    asked: list[str] = []
    looked_again = threading.Event()

    def pairs(groups: tuple[str, ...]) -> Any:
        if asked:
            looked_again.set()
        return tuple(replace(each, status=PairStatus.AVAILABLE) for each in stage.client.pairs(groups))

    def job(job_id: str) -> Any:
        asked.append(job_id)
        stage.clock.advance(30)
        assert looked_again.wait(PATIENCE)
        time.sleep(0.05)
        return stage.client.job(job_id)

    run = started(stage, stage.attach(CACHES[0]), pairs=pairs, job=job)
    assert stage.ended(run).phase is RunPhase.DONE
    assert len(asked) == 1


class TestBeforeSending:
    """The service is read once more before each sending; while it cannot be, nothing is sent."""

    def unreadable(self, stage: Stage, error: Exception, times: int) -> Callable[..., Any]:
        calls: list[int] = []

        def read(*args: Any, **more: Any) -> Any:
            calls.append(1)
            if 1 < len(calls) <= 1 + times:
                raise error
            return stage.client.inventory(*args, **more)

        return read

    def test_a_pause_of_the_service_is_waited_for(self, stage: Stage) -> None:
        down = self.unreadable(stage, UnavailableError(503, "", "Down."), 3)
        run = started(stage, stage.attach(CACHES[0]), inventory=down)
        assert stage.ended(run).phase is RunPhase.DONE
        assert stage.clock.monotonic() > 15

    def test_a_long_outage_leaves_the_step_undone_with_a_retry(self, stage: Stage) -> None:
        down = self.unreadable(stage, UnavailableError(503, "", "Down."), 125)
        run = started(stage, stage.attach(CACHES[0]), inventory=down)
        state = stage.ended(run)
        assert (state.phase, state.exit_code, phases(state)) == (RunPhase.FAILED, 2, [StepPhase.NOT_SENT])
        assert state.steps[0].sentence.startswith("The service could not be read: ")
        run.retry("1")
        assert stage.ended(run).phase is RunPhase.DONE

    def test_refused_credentials_leave_it_undone_at_once(self, stage: Stage) -> None:
        refused = self.unreadable(stage, SignInError(401, "", "Wrong password."), 1)
        run = started(stage, stage.attach(CACHES[0]), inventory=refused)
        assert phases(stage.ended(run)) == [StepPhase.NOT_SENT]
        assert stage.clock.monotonic() == 0


class TestThePace:
    @pytest.mark.parametrize("operation", Operation)
    def test_every_operation_has_its_limits_and_is_silent_before_it_is_given_up(
        self, operation: Operation
    ) -> None:
        assert 0 < LIMITS[operation].silent < LIMITS[operation].deadline

    def test_is_that_of_the_practice_range_but_never_faster_than_this_machine(self) -> None:
        real, fast = Pace(), Pace(0.001)
        assert (real.pause(1), fast.pause(1)) == (1, 0.02)
        assert (real.silent(Operation.ATTACH_PAIR), fast.silent(Operation.ATTACH_PAIR)) == (120, 3)
        assert (real.deadline(Operation.ATTACH_PAIR), fast.deadline(Operation.ATTACH_PAIR)) == (900, 30)
        assert (real.patience(600), fast.patience(600)) == (600, 10)

    def test_on_a_fast_range_is_that_much_faster(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("job-stuck")
        stage.run(plan, pace=0.1)
        assert 85 < stage.clock.monotonic() < 95
