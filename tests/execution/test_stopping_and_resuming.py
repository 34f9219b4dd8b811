# ruff: noqa: ANN401  # calls are passed on as they come

import gc
import os
import signal
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drkit.clock import SystemClock
from drkit.errors import (
    JournalDamagedError,
    JournalError,
    LeaseHeldError,
    LeaseLostError,
    OutcomeUnknownError,
    RefusedError,
    UnknownNameError,
)
from drkit.execution.context import RunContext, RunOptions
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, StepPhase
from drkit.journal import EntryKind, Hold, Journal
from drkit.model import Backend, Change
from drkit.plan.steps import Plan, Step
from tests.closing import at_the_end
from tests.execution.stage import CACHES, PATIENCE, Stage, intercepted, phases, until

DONE, WORKING, WAITING, UNKNOWN = (
    StepPhase.DONE,
    StepPhase.WORKING,
    StepPhase.WAITING,
    StepPhase.UNKNOWN,
)


def interrupted(
    stage: Stage, at: str = "pairs", plan: Plan | None = None, **instead: Callable[..., Any]
) -> Run:
    """A run that is stopped when it first makes that call."""
    runs: list[Run] = []

    def stop_there(*args: Any) -> Any:
        begun.wait(PATIENCE)
        runs[0].stop()
        return (instead.get(at) or getattr(stage.client, at))(*args)

    begun = threading.Event()
    service = intercepted(stage.client, **{**instead, at: stop_there})
    runs.append(
        Run.start(
            plan or stage.attach(),
            client=service,
            journal=stage.journal,
            clock=stage.clock,
            confirm="shop-backend",
        )
    )
    begun.set()
    assert stage.ended(runs[0]).phase is RunPhase.STOPPED
    return runs[0]


class TestStop:
    def test_sends_no_more_leaves_the_job_running_and_writes_down_what_is_in_flight(
        self, stage: Stage
    ) -> None:
        run = interrupted(stage)
        state = run.state()
        assert (state.phase, state.exit_code) == (RunPhase.STOPPED, 3)
        assert phases(state) == [WORKING, WAITING, WAITING]
        assert state.steps[0].sentence.startswith("Goes on at the service, not watched.")
        assert state.sentence == "Stopped by the operator: 2 waiting, 1 working."
        last = stage.entries(run.id)[-1]
        assert last.kind is EntryKind.STOPPED
        assert [each["job_id"] for each in last.data["in_flight"]] == [state.steps[0].job_id]
        assert last.data["not_sent"] == ["2", "3"]
        assert stage.journal.leases() == ()
        assert stage.jobs() == 1
        stage.clock.advance(60)
        assert CACHES[0] in stage.attached()

    def test_waits_for_the_answer_to_what_is_being_sent(self, stage: Stage) -> None:
        run = interrupted(stage, at="submit", submit=lambda _change: "job-1")
        assert stage.story(run.id) == ["intended", "sent"]
        assert run.state().steps[0].job_id == "job-1"

    def test_keeps_back_what_has_not_left_yet_and_it_is_sent_when_the_run_goes_on(self, stage: Stage) -> None:
        run = interrupted(stage, at="submit", plan=stage.attach(CACHES[0]))
        assert (stage.story(run.id), stage.jobs()) == (["intended", "settled waiting"], 0)
        (step,) = run.state().steps
        assert (step.phase, step.attempts) == (WAITING, 1)
        assert step.sentence.endswith("stopped right before. Nothing was sent.")
        assert stage.ended(stage.resume(run.id)).phase is RunPhase.DONE
        assert stage.jobs() == 1

    def test_of_two_that_are_to_be_sent_the_second_is_not_sent_any_more(self, stage: Stage) -> None:
        one = stage.attach(CACHES[0]).steps[0]
        other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
        begun, runs = threading.Event(), list[Run]()

        def stop_first(change: Change) -> str:
            begun.wait(PATIENCE)
            job_id = stage.client.submit(change)
            runs[0].stop()
            return job_id

        runs.append(
            Run.start(
                stage.plan(one, other),
                client=intercepted(stage.client, submit=stop_first),
                journal=stage.journal,
                clock=stage.clock,
                confirm="shop-backend",
                options=RunOptions(parallel=1),
            )
        )
        begun.set()
        assert phases(stage.ended(runs[0])) == [WORKING, WAITING]
        assert stage.jobs() == 1

    def test_before_anything_was_sent_sends_nothing(self, stage: Stage) -> None:
        calls: list[int] = []

        def second_reading(*args: Any, **more: Any) -> Any:
            calls.append(1)
            if len(calls) == 2:
                begun.wait(PATIENCE)
                runs[0].stop("Enough")
            return stage.client.inventory(*args, **more)

        begun, runs = threading.Event(), list[Run]()
        service = intercepted(stage.client, inventory=second_reading)
        runs.append(
            Run.start(
                stage.attach(),
                client=service,
                journal=stage.journal,
                clock=stage.clock,
                confirm="shop-backend",
            )
        )
        begun.set()
        state = stage.ended(runs[0])
        assert phases(state) == [WAITING] * 3
        assert state.sentence.startswith("Enough: ")
        assert stage.jobs() == 0

    def test_of_a_run_that_has_ended_does_nothing(self, stage: Stage) -> None:
        run = stage.start(stage.attach(CACHES[0]))
        stage.ended(run)
        run.stop()
        assert stage.ended(run).phase is RunPhase.DONE
        resumed = stage.resume(run.id)
        resumed.stop()
        assert resumed.state().phase is RunPhase.DONE

    def test_by_ctrl_c_while_waiting_is_in_order_too(self, stage: Stage) -> None:
        run = stage.start(stage.plan(Step("1", "Look")))
        stage.ended(run)
        other = intercepted(stage.client, pairs=lambda _groups: ())
        plan = stage.attach(CACHES[0], CACHES[1])
        run.stop()
        stage.ended(run)
        slow = Run.start(
            plan, client=other, journal=stage.journal, clock=SystemClock(), confirm="shop-backend"
        )
        threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT)).start()
        state = slow.wait(PATIENCE)
        assert (state.phase, state.exit_code) == (RunPhase.STOPPED, 3)
        assert state.sentence.startswith("Interrupted: ")


class TestResume:
    def test_goes_on_where_it_stopped(self, stage: Stage) -> None:
        stopped = interrupted(stage)
        run = stage.resume(stopped.id)
        state = stage.ended(run)
        assert (state.phase, phases(state)) == (RunPhase.DONE, [DONE] * 3)
        assert stage.jobs() == 3
        assert stage.story(run.id) == ["intended", "sent", "settled done"]
        assert stage.journal.verify(run.id).holds
        assert run.plan == stopped.plan

    def test_finds_a_job_that_ended_in_the_meantime(self, stage: Stage) -> None:
        stopped = interrupted(stage, plan=stage.attach(CACHES[0]))
        stage.clock.advance(3600)
        state = stage.ended(stage.resume(stopped.id))
        assert state.phase is RunPhase.DONE
        assert stage.jobs() == 1

    def test_can_be_done_again_and_again(self, stage: Stage) -> None:
        run = interrupted(stage)
        for _ in range(2):
            self.resumed_and_stopped(stage, run.id)
        assert stage.ended(stage.resume(run.id)).phase is RunPhase.DONE
        assert stage.jobs() == 3

    def resumed_and_stopped(self, stage: Stage, run_id: str) -> None:
        calls: list[int] = []

        def stop_soon(groups: tuple[str, ...]) -> Any:
            calls.append(1)
            if len(calls) == 2:
                run.stop()
            return stage.client.pairs(groups)

        service = intercepted(stage.client, pairs=stop_soon)
        run = Run.resume(run_id, client=service, journal=stage.journal, clock=stage.clock)
        assert stage.ended(run).phase is RunPhase.STOPPED

    def test_of_a_run_that_is_driven_here_gives_that_very_run(self, stage: Stage) -> None:
        run = stage.start(stage.plan(Step("1", "Look")))
        stage.ended(run)
        assert stage.resume(run.id) is run
        run.stop()
        stage.ended(run)
        again = stage.resume(run.id)
        assert again is not run
        again.stop()

    def test_of_a_run_that_nobody_held_on_to_finds_it_all_the_same(self, stage: Stage) -> None:
        run_id = stage.ended(stage.start(stage.plan(Step("1", "Look")))).run_id
        gc.collect()
        run = stage.resume(run_id)
        run.sign_off("1", True, "Duty lead", "seen")
        assert stage.ended(run).phase is RunPhase.DONE
        assert len(stage.entries(run_id, EntryKind.NOTED)) == 1

    def test_of_a_finished_run_shows_it_and_holds_nothing(self, stage: Stage) -> None:
        first = stage.start(stage.attach(CACHES[0]))
        ended = stage.ended(first)
        stage.journal.note(first.id, {"finding": {"text": "slow"}})
        run = stage.resume(first.id)
        assert run.wait(1) == replace(ended, version=run.state().version)
        assert stage.journal.leases() == ()
        assert len(stage.entries(first.id)) == 6

    def test_of_a_failed_run_can_retry(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("unreachable", operation="attach_protected_instance_replication")
        first = stage.start(plan)
        assert stage.ended(first).phase is RunPhase.FAILED
        run = stage.resume(first.id)
        run.retry("1")
        assert stage.ended(run).phase is RunPhase.DONE

    def test_says_before_the_retry_whether_it_would_be_refused(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("unreachable", operation="attach_protected_instance_replication")
        run = stage.start(plan)
        assert stage.ended(run).phase is RunPhase.FAILED
        assert run.refused_again() == {}, "it may be tried again"
        change = plan.steps[0].change
        assert change
        stage.sandbox.clear_faults()
        stage.client.submit(change)
        stage.clock.advance(600)
        assert [each.code for each in run.refused_again()["1"]]
        done = stage.start(stage.attach(CACHES[1]))
        assert stage.ended(done).phase is RunPhase.DONE
        assert done.refused_again() == {}, "nothing is left to try"

    def test_looks_again_at_what_was_unknown(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("job-stuck")
        first = stage.start(plan)
        assert stage.ended(first).phase is RunPhase.UNKNOWN
        stage.sandbox.clear_faults()
        state = stage.ended(stage.resume(first.id))
        assert (state.phase, phases(state)) == (RunPhase.DONE, [DONE])
        assert stage.jobs() == 1

    def test_keeps_to_what_was_asked_for_at_the_start(self, stage: Stage) -> None:
        plan = stage.attach()
        first = Run.start(
            plan,
            client=stage.client,
            journal=stage.journal,
            clock=stage.clock,
            confirm="shop-backend",
            options=RunOptions(fail_fast=True),
        )
        stage.ended(first)
        stopped = stage.entries(first.id)[0].data
        assert stopped["fail_fast"] is True
        assert Run.resume(
            first.id, client=stage.client, journal=stage.journal, clock=stage.clock
        )._options.fail_fast

    def test_of_another_backends_run_is_refused(self, stage: Stage) -> None:
        run = interrupted(stage)
        stage.client.backend = Backend(False, "OTC", "eu-de", "prod", "p1")
        with pytest.raises(RefusedError, match="belongs to PRACTICE, and this is OTC eu-de prod"):
            stage.resume(run.id)

    def test_of_another_project_of_the_same_name_says_which_is_which(self, stage: Stage) -> None:
        one, another = (Backend(False, "OTC", "eu-de", "prod", each) for each in ("p1", "p2"))
        stage.client.backend = one
        run = interrupted(stage, plan=replace(stage.attach(), backend=one))
        stage.client.backend = another
        with pytest.raises(RefusedError, match=r"\(project p1\), and this is OTC eu-de prod \(project p2\)"):
            stage.resume(run.id)

    def test_of_a_practice_range_that_is_gone_says_so_and_what_to_do(self, stage: Stage) -> None:
        run = interrupted(stage)
        stage.client.backend = replace(stage.client.backend, project_id="another")
        with pytest.raises(
            RefusedError, match="its world is gone and .*: close it with drkit close " + run.id
        ):
            stage.resume(run.id)

    def test_of_a_damaged_record_is_refused(self, stage: Stage) -> None:
        run = interrupted(stage)
        with sqlite3.connect(stage.file) as connection:
            connection.execute("DROP TRIGGER drkit_entries_no_update")
            connection.execute("UPDATE drkit_entries SET who = 'another' WHERE seq = 1")
        connection.close()
        with pytest.raises(JournalDamagedError, match=r"is not gone on with: Entry 1 .* altered") as damaged:
            stage.resume(run.id)
        assert damaged.value.run_id == run.id
        assert "Entry 1 " in damaged.value.faults[0]
        assert stage.jobs() == 1

    def test_of_an_unknown_run_is_refused(self, stage: Stage) -> None:
        with pytest.raises(UnknownNameError):
            stage.resume("nothing")

    def test_while_another_run_holds_the_group_is_refused(self, stage: Stage) -> None:
        stopped = interrupted(stage)
        other = stage.start(stage.plan(Step("1", "Look")))
        with pytest.raises(LeaseHeldError, match=other.id):
            stage.resume(stopped.id)
        taken = stage.resume(stopped.id, takeover=True)
        assert stage.ended(taken).phase is RunPhase.DONE
        assert stage.entries(stopped.id, EntryKind.NOTED)[-1].data.get("takeover")
        with pytest.raises(LeaseLostError):
            other.sign_off("1", True, "Duty lead", "seen")
        other._engine.context.wake.set()  # type: ignore[union-attr]  # it wakes up, late


def killed_at(stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: EntryKind, *, written: bool) -> str:
    """Run the attach of one pair in an engine that dies at its first entry of a kind; the run's id."""
    append = Hold.append

    def dying(self: Hold, which: EntryKind, *args: Any, **more: Any) -> Any:
        if which is kind:
            if written:
                append(self, which, *args, **more)
            raise SystemExit
        return append(self, which, *args, **more)

    run = None
    with monkeypatch.context() as patch:
        patch.setattr(Hold, "append", dying)
        patch.setattr(threading, "excepthook", lambda _args: None)
        run = stage.start(stage.attach(CACHES[0]))
        assert run._engine
        run._engine.thread.join(PATIENCE)
    run._engine.context.hold.abandon()
    run._engine.ended = True
    return run.id


class TestAfterACrash:
    @pytest.mark.parametrize(
        ("kind", "written", "story"),
        [
            (EntryKind.INTENDED, False, ["intended", "sent", "settled done"]),
            (EntryKind.SENT, False, ["intended", "adopted", "settled done"]),
            (EntryKind.SENT, True, ["intended", "sent", "settled done"]),
            (EntryKind.SETTLED, False, ["intended", "sent", "settled done"]),
            (EntryKind.SETTLED, True, ["intended", "sent", "settled done"]),
        ],
    )
    def test_the_pair_is_attached_exactly_once(
        self,
        stage: Stage,
        monkeypatch: pytest.MonkeyPatch,
        kind: EntryKind,
        written: bool,
        story: list[str],
    ) -> None:
        run_id = killed_at(stage, monkeypatch, kind, written=written)
        (row,) = stage.journal.runs()
        assert not row.finished
        state = stage.ended(stage.resume(run_id))
        assert state.phase is RunPhase.DONE
        assert stage.story(run_id) == story
        assert stage.jobs() == 1
        assert CACHES[0] in stage.attached()
        assert stage.journal.verify(run_id).holds

    def test_a_change_that_may_have_been_sent_is_asked_about_and_not_sent_again(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_id = killed_at(stage, monkeypatch, EntryKind.INTENDED, written=True)
        for _ in range(2):
            state = stage.ended(stage.resume(run_id, attended=False))
            assert (state.phase, state.exit_code, phases(state)) == (RunPhase.UNKNOWN, 3, [UNKNOWN])
            assert "found no trace of it: pair available" in state.steps[0].sentence
        assert stage.story(run_id) == ["intended", "noted unknown", "noted working", "noted unknown"]
        assert stage.jobs() == 0

    def test_a_change_that_is_not_as_it_was_is_not_sent(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run_id = killed_at(stage, monkeypatch, EntryKind.INTENDED, written=True)
        rival = stage.attach(CACHES[0], to="app-02").steps[0].change
        assert rival
        stage.client.submit(rival)
        stage.clock.advance(60)
        state = stage.ended(stage.resume(run_id))
        assert phases(state) == [UNKNOWN]
        assert stage.jobs() == 1

    def test_a_lost_answer_stays_lost_and_is_not_sent_again(self, stage: Stage) -> None:
        def lost(_change: Change) -> str:
            raise OutcomeUnknownError("No answer.")

        run = interrupted(stage, plan=stage.attach(CACHES[0]), submit=lost)
        assert run.state().steps[0].phase is WORKING
        assert (
            run.state()
            .steps[0]
            .sentence.startswith("Not looked for any more, and whether the service took it is not known. ")
        )
        state = stage.ended(stage.resume(run.id))
        assert phases(state) == [UNKNOWN]
        assert stage.jobs() == 0

    def test_an_adopted_change_is_followed_on(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("answer-lost-after", operation="attach_protected_instance_replication")
        calls: list[int] = []
        runs: list[Run] = []

        def third(groups: tuple[str, ...]) -> Any:
            calls.append(1)
            if len(calls) == 3:
                runs[0].stop()
            return stage.client.pairs(groups)

        runs.append(
            Run.start(
                plan,
                client=intercepted(stage.client, pairs=third),
                journal=stage.journal,
                clock=stage.clock,
                confirm="shop-backend",
            )
        )
        stage.ended(runs[0])
        assert stage.story(runs[0].id) == ["intended", "lost", "adopted"]
        state = stage.ended(stage.resume(runs[0].id))
        assert state.phase is RunPhase.DONE
        assert stage.story(runs[0].id) == ["intended", "lost", "adopted", "settled done"]

    def test_a_manual_step_and_a_check_wait_on(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        answer = "not yet"
        monkeypatch.setattr(stage.client, "check", lambda _check: answer)
        plan = stage.plan(Step("1", "Look"), Step("2", "Answers", check="tcp://127.0.0.1:1"))
        run = stage.start(plan, pace=0.001)
        run.stop()
        stage.ended(run)
        answer = ""
        resumed = stage.resume(run.id)
        state = stage.ended(resumed)
        assert phases(state) == [StepPhase.READY, DONE]
        resumed.stop()


class TestAJournalThatFails:
    """The run stops before the next change, says so, and loses nothing that was recorded."""

    def failing_at(self, stage: Stage, monkeypatch: pytest.MonkeyPatch, kind: EntryKind, plan: Plan) -> Run:
        append = Hold.append

        def full(self: Hold, which: EntryKind, *args: Any, **more: Any) -> Any:
            if which is kind:
                raise JournalError("The journal cannot grow: the disk is full.")
            return append(self, which, *args, **more)

        with monkeypatch.context() as patch:
            patch.setattr(Hold, "append", full)
            run = stage.start(plan)
            stage.ended(run)
        return run

    def test_before_a_change_sends_nothing(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        run = self.failing_at(stage, monkeypatch, EntryKind.INTENDED, stage.attach())
        state = run.state()
        assert (state.phase, state.exit_code) == (RunPhase.STOPPED, 3)
        assert state.sentence == "The journal cannot grow: the disk is full."
        assert stage.jobs() == 0
        assert stage.ended(stage.resume(run.id)).phase is RunPhase.DONE
        assert stage.jobs() == 3

    def test_after_a_change_says_which_job_is_not_written_down_and_finds_it_later(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = self.failing_at(stage, monkeypatch, EntryKind.SENT, stage.attach())
        state = run.state()
        assert stage.jobs() == 1
        (job,) = (each for each in stage.sandbox.world.jobs.values() if not each.parent)
        assert f"Step 1 was accepted as job {job.id} before" in state.sentence
        assert state.steps[0].job_id == job.id
        assert stage.ended(stage.resume(run.id)).phase is RunPhase.DONE
        assert stage.story(run.id) == ["intended", "adopted", "settled done"]
        assert stage.jobs() == 3

    def test_of_two_changes_in_flight_both_are_told(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = stage.attach(CACHES[0]).steps[0]
        other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
        both = threading.Barrier(2, timeout=PATIENCE)
        submit = stage.client.submit

        def together(change: Change) -> str:
            job = submit(change)
            both.wait()
            return job

        monkeypatch.setattr(stage.client, "submit", together)
        run = self.failing_at(stage, monkeypatch, EntryKind.SENT, stage.plan(one, other))
        assert "Step 1 was accepted" in run.state().sentence
        assert "Step 2 was accepted" in run.state().sentence

    def test_a_worse_fault_after_that_is_left_out_of_the_sentence(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        one = stage.attach(CACHES[0]).steps[0]
        other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
        append = Hold.append
        runs: list[Run] = []

        def failing(self: Hold, which: EntryKind, step: str = "", *args: Any, **more: Any) -> Any:
            if which is not EntryKind.SENT:
                return append(self, which, step, *args, **more)
            if step == "1":
                raise JournalError("The disk is full.")
            begun.wait(PATIENCE)
            until(runs[0], lambda now: "full" in now.sentence)
            raise ZeroDivisionError

        begun = threading.Event()
        monkeypatch.setattr(Hold, "append", failing)
        runs.append(stage.start(stage.plan(one, other)))
        begun.set()
        state = until(runs[0], lambda now: now.phase is RunPhase.STOPPED)
        assert state.sentence.startswith("The disk is full. Step 1 was accepted as job ")
        assert "ZeroDivision" not in state.sentence

    @pytest.mark.parametrize("replaced", [False, True])
    def test_whose_file_is_gone_sends_nothing_more_and_says_so(self, stage: Stage, replaced: bool) -> None:
        submit = stage.client.submit

        def removing(change: Change) -> str:
            stage.file.unlink()
            if replaced:
                Journal.open(stage.file).close()
            return submit(change)

        run = Run.start(
            stage.attach(),
            client=intercepted(stage.client, submit=removing),
            journal=stage.journal,
            clock=stage.clock,
            confirm="shop-backend",
        )
        state = stage.ended(run)
        assert (state.phase, stage.jobs()) == (RunPhase.STOPPED, 1)
        assert (
            "was deleted or replaced while it was in use. Nothing more is written or sent" in state.sentence
        )
        assert f"was accepted as job {state.steps[0].job_id} before, which is not written" in state.sentence
        assert not stage.journal.there

    def test_when_another_run_took_over_says_who(self, stage: Stage) -> None:
        taken: list[Run] = []

        def overtaken(groups: tuple[str, ...]) -> Any:
            if not taken:
                other = at_the_end.enter_context(Journal.open(stage.file, stage.clock, who="second"))
                taken.append(
                    Run.start(
                        stage.plan(Step("1", "Look")),
                        client=stage.client,
                        journal=other,
                        clock=stage.clock,
                        confirm="shop-backend",
                        takeover=True,
                    )
                )
            return stage.client.pairs(groups)

        run = Run.start(
            stage.attach(),
            client=intercepted(stage.client, pairs=overtaken),
            journal=stage.journal,
            clock=stage.clock,
            confirm="shop-backend",
        )
        state = stage.ended(run)
        assert state.phase is RunPhase.STOPPED
        assert "held by second on" in state.sentence
        assert stage.jobs() == 1
        taken[0].stop()
        stage.ended(taken[0])
        taken[0]._journal.close()

    def test_a_process_that_overslept_its_lease_before_sending_sends_nothing(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        check = RunContext.check_hold

        def late(self: RunContext) -> None:
            stage.clock.advance(100)
            check(self)

        monkeypatch.setattr(RunContext, "check_hold", late)
        run = stage.start(stage.attach(CACHES[0]))
        state = stage.ended(run)
        assert (state.phase, stage.jobs()) == (RunPhase.STOPPED, 0)
        assert "slept longer than its lease lasts" in state.sentence

    def test_the_lease_is_renewed_while_nothing_is_written(self, stage: Stage) -> None:
        plan, seen = stage.attach(CACHES[0]), list[bool]()
        stage.sandbox.fault("job-stuck")

        def looked_at(groups: tuple[str, ...]) -> Any:
            seen.append(stage.journal.leases()[0].expired)
            return stage.client.pairs(groups)

        run = Run.start(
            plan,
            client=intercepted(stage.client, pairs=looked_at),
            journal=stage.journal,
            clock=stage.clock,
            confirm="shop-backend",
        )
        assert stage.ended(run).phase is RunPhase.UNKNOWN
        assert len(seen) > 100
        assert not any(seen)
