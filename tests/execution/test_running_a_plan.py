import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drkit.errors import (
    InputError,
    LeaseHeldError,
    NotConfirmedError,
    OutcomeUnknownError,
    StalePlanError,
    UnreachableError,
)
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.journal import EntryKind
from drkit.model import Backend, Change, Operation
from drkit.plan.steps import Step
from tests.execution.stage import CACHES, PATIENCE, Stage, intercepted, phases

DONE, FAILED, NOT_SENT, UNKNOWN = (
    StepPhase.DONE,
    StepPhase.FAILED,
    StepPhase.NOT_SENT,
    StepPhase.UNKNOWN,
)


def test_three_pairs_are_attached_one_after_the_other_and_all_of_it_is_written_down(stage: Stage) -> None:
    run = stage.start(stage.attach())
    state = stage.ended(run)
    assert (state.phase, state.exit_code, phases(state)) == (RunPhase.DONE, 0, [DONE] * 3)
    assert stage.attached().keys() >= set(CACHES)
    kinds = [(each.kind, each.step) for each in stage.entries(run.id)]
    each_step = (EntryKind.INTENDED, EntryKind.SENT, EntryKind.SETTLED)
    assert kinds == [
        (EntryKind.PLANNED, ""),
        *((kind, str(step)) for step in (1, 2, 3) for kind in each_step),
        (EntryKind.SETTLED, ""),
    ]
    assert stage.journal.verify(run.id).holds
    assert stage.journal.leases() == ()
    assert stage.sandbox.invariants() == []


def test_a_step_that_there_is_not_is_a_key_error_of_the_plan_and_of_the_state(stage: Stage) -> None:
    state = stage.run(stage.attach(CACHES[0]))
    (step,) = state.steps
    assert state.plan.step(step.key).title == state.step(step.key).title
    for steps in (state.plan, state):
        with pytest.raises(KeyError, match="nope"):
            steps.step("nope")


def test_a_step_says_when_it_ran_as_which_job_and_how_it_ended(stage: Stage) -> None:
    state = stage.run(stage.attach(CACHES[0]))
    (step,) = state.steps
    assert step.started_at is not None
    assert step.ended_at is not None
    assert 10 < (step.ended_at - step.started_at).total_seconds() < 40
    assert step.job_id in stage.sandbox.world.jobs
    assert step.sentence == f"Done, says job {step.job_id}."
    assert (step.progress, step.attempts, step.actions) == (100, 1, ())
    assert state.rows()[0]["phase"] == "done"
    assert state.step("1") is step


def test_the_record_keeps_the_confirmation_the_plan_and_the_world_before_and_after(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    run = stage.start(plan)
    stage.ended(run)
    planned, *_, ended = stage.entries(run.id)
    assert planned.data["confirmed"] == "shop-backend"
    assert planned.data["digest"] == plan.digest
    before, after = (
        {pair["name"]: pair["attached"] for pair in each.data["snapshot"]["groups"][0]["pairs"]}
        for each in (planned, ended)
    )
    assert before[CACHES[0]] == []
    assert after[CACHES[0]] != []


def test_an_end_without_a_last_reading_is_an_end_all_the_same(stage: Stage) -> None:
    plan, calls = stage.attach(CACHES[0]), []

    def once_more(*args: object, **more: object) -> object:
        calls.append(1)
        if len(calls) > 2:
            raise UnreachableError("No way there.")
        return stage.client.inventory(*args, **more)  # type: ignore[arg-type]

    run = started(stage, plan, inventory=once_more)
    assert stage.ended(run).phase is RunPhase.DONE
    assert stage.entries(run.id)[-1].data["snapshot_missing"] == "No way there."


def started(stage: Stage, plan: object, **instead: Callable[..., object]) -> Run:
    service = intercepted(stage.client, **instead)
    return Run.start(
        plan,  # type: ignore[arg-type]
        client=service,
        journal=stage.journal,
        clock=stage.clock,
        confirm="shop-backend",
    )


class TestNothingIsSent:
    def refused(self, stage: Stage) -> None:
        assert stage.jobs() == 0
        assert stage.journal.runs() == []
        assert stage.journal.leases() == ()

    @pytest.mark.parametrize("typed", ["", "shop-frontend", "SHOP-BACKEND"])
    def test_without_the_name_of_the_group(self, stage: Stage, typed: str) -> None:
        with pytest.raises(NotConfirmedError, match="type 'shop-backend', not"):
            Run.start(
                stage.attach(), client=stage.client, journal=stage.journal, clock=stage.clock, confirm=typed
            )
        self.refused(stage)

    def test_when_the_world_changed_since_the_plan(self, stage: Stage) -> None:
        plan = stage.attach()
        other = stage.attach(CACHES[1], to="app-02")
        stage.client.submit(other.steps[0].change)  # type: ignore[arg-type]
        stage.clock.advance(60)
        with pytest.raises(StalePlanError, match="Things changed since the plan") as stale:
            stage.start(plan)
        assert "step 2" in str(stale.value)
        assert "step 3" not in str(stale.value)
        assert [each.code for each in stale.value.objections] == ["SDRS.1605"]
        assert stage.jobs() == 1
        assert stage.journal.runs() == []

    def test_and_a_plan_of_many_stale_steps_is_told_by_its_first_five(self, stage: Stage) -> None:
        step = stage.attach(CACHES[0]).steps[0]
        other = stage.attach(CACHES[0], to="app-02")
        plan = stage.plan(*(replace(step, key=str(number)) for number in range(1, 201)))
        stage.client.submit(other.steps[0].change)  # type: ignore[arg-type]
        stage.clock.advance(60)
        with pytest.raises(StalePlanError, match="200 of 200 steps would be refused now: step 1 ") as stale:
            stage.start(plan)
        told = str(stale.value)
        assert "step 5 " in told
        assert "step 6 " not in told
        more = len(stale.value.objections) - 5
        assert told.endswith(f"and {more} more: all are in the table on this error, error.table()")
        assert len(told) < 2500
        assert len(stale.value.table()) == len(stale.value.objections) >= 200

    def test_on_another_backend_than_the_plan_was_made_on(self, stage: Stage) -> None:
        plan = replace(stage.attach(), backend=Backend(False, "OTC", "eu-de", "prod", "p1"))
        with pytest.raises(InputError, match="made on OTC eu-de prod, and this is PRACTICE"):
            stage.start(plan)
        self.refused(stage)

    def test_for_a_plan_of_nothing(self, stage: Stage) -> None:
        with pytest.raises(InputError, match="nothing to do"):
            stage.start(replace(stage.attach(), steps=()))
        self.refused(stage)

    @pytest.mark.parametrize("how", [{"needs": ("2",)}, {"after": ("9",)}, {"needs": ("1",)}])
    def test_for_a_plan_that_waits_for_what_never_comes(
        self, stage: Stage, how: dict[str, tuple[str, ...]]
    ) -> None:
        plan = stage.attach(CACHES[0])
        with pytest.raises(InputError, match="no step before it"):
            stage.start(replace(plan, steps=(replace(plan.steps[0], **how),)))  # type: ignore[arg-type]
        self.refused(stage)

    def test_for_two_steps_of_one_name(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        with pytest.raises(InputError, match="two steps are named 1"):
            stage.start(replace(plan, steps=plan.steps * 2))

    def test_for_a_change_of_a_group_that_the_plan_does_not_name(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        other = stage.inventory().group("shop-frontend")
        with pytest.raises(InputError, match="a group that it does not name"):
            stage.start(replace(plan, groups=((other.id, other.name),)))
        self.refused(stage)

    def test_for_a_check_that_is_none(self, stage: Stage) -> None:
        with pytest.raises(InputError, match="is no check"):
            stage.start(stage.plan(Step("1", "Does it answer?", check="ping://erp")))
        self.refused(stage)

    def test_while_another_run_holds_the_group(self, stage: Stage) -> None:
        plan, other = stage.attach(CACHES[0]), stage.attach(CACHES[1])
        asking = stage.plan(Step("1", "Look at it"))
        first = stage.start(asking)
        stage.ended(first)
        for each in (plan, other):
            with pytest.raises(LeaseHeldError, match=f"run {first.id}: A plan of steps"):
                stage.start(each)
        first.stop()
        stage.ended(first)
        assert stage.run(plan).phase is RunPhase.DONE


def test_what_the_service_refuses_fails_with_its_code_and_what_to_do_and_stops_nobody_else(
    stage: Stage,
) -> None:
    plan = stage.attach()
    calls: list[Change] = []

    def submit(change: Change) -> str:
        calls.append(change)
        if len(calls) == 2:
            other = Change.of(
                change.operation,
                change.group_id,
                pair_id=change.pair_id,
                instance_id=stage.inventory().instance("app-02").id,
                device="/dev/vdx",
            )
            stage.client.submit(other)
        return stage.client.submit(change)

    state = stage.ended(started(stage, plan, submit=submit))
    assert phases(state) == [DONE, FAILED, DONE]
    assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)
    failed = state.steps[1]
    assert failed.code == "SDRS.0214"
    assert failed.reason
    assert failed.remedy
    assert failed.actions == (Action.RETRY, Action.SKIP)
    assert failed.sentence.startswith("The service refused it: ")
    assert stage.jobs() == 3


def test_a_job_that_fails_says_its_code_and_reason(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.")
    state = stage.run(plan)
    (step,) = state.steps
    assert (step.phase, step.code, step.reason) == (FAILED, "SDRS.1807", "No free slot.")
    assert "slot" in step.remedy
    assert step.sentence == f"Job {step.job_id} failed: No free slot."
    assert step.words == f"{step.sentence} {step.remedy}"
    assert replace(step, sentence="It failed.").words == f"It failed. No free slot. {step.remedy}"


def test_a_change_that_came_too_fast_has_its_turn_again_and_both_are_in_the_record(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("rate-limit", operation="attach_protected_instance_replication", seconds=7)
    before = stage.clock.monotonic()
    run = stage.start(plan)
    (step,) = stage.ended(run).steps
    assert (step.phase, step.attempts) == (DONE, 2)
    assert stage.clock.monotonic() - before >= 7
    kinds = [each.kind for each in stage.journal.entries(run.id) if each.step]
    intended, settled, sent = EntryKind.INTENDED, EntryKind.SETTLED, EntryKind.SENT
    assert kinds == [intended, settled, intended, sent, settled]
    (busy, _) = stage.entries(run.id, EntryKind.SETTLED)[:2]
    assert busy.data["phase"] == "waiting"
    assert busy.data["sentence"].startswith("To be sent again: SDRS on POST /protected-instances/")


@pytest.mark.parametrize("fault", [{"seconds": 1, "times": 9}, {"seconds": 3600}])
def test_a_change_that_comes_too_fast_again_and_again_is_told_to_be_retried(
    stage: Stage, fault: dict[str, int]
) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("rate-limit", operation="attach_protected_instance_replication", **fault)
    (step,) = stage.run(plan).steps
    assert (step.phase, step.code) == (FAILED, "APIGW.0308")
    assert step.attempts == (5 if "times" in fault else 1)
    assert step.remedy == "The service was asked too often and did nothing. Wait a minute, then retry."


def test_the_failure_of_a_part_of_a_job_is_the_reason_where_the_job_tells_none(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    job = stage.client.job

    def vague(job_id: str) -> object:
        told = job(job_id)
        if not told.final:
            return told
        part = replace(told, error_code="SDRS.1821", fail_reason="A part broke.")
        return replace(told, status=type(told.status)("FAIL"), error_code="", sub_jobs=(part,))

    (step,) = stage.ended(started(stage, plan, job=vague)).steps
    assert (step.code, step.reason) == ("SDRS.1821", "A part broke.")


def test_at_the_first_failure_everything_else_is_held_back_when_that_was_asked_for(stage: Stage) -> None:
    plan = stage.attach()
    stage.sandbox.fault("job-fails")
    state = stage.run(plan, fail_fast=True)
    assert phases(state) == [FAILED, NOT_SENT, NOT_SENT]
    assert "stop at the first" in state.steps[1].sentence
    assert "step 1" in state.steps[1].sentence
    assert stage.jobs() == 1


def test_nothing_sent_because_there_is_no_connection_can_be_retried(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("unreachable", operation="attach_protected_instance_replication")
    run = stage.start(plan)
    (step,) = stage.ended(run).steps
    assert (step.phase, step.actions) == (FAILED, (Action.RETRY, Action.SKIP))
    assert step.sentence.startswith("Nothing was sent: ")
    run.retry("1")
    run.retry("1")  # pressed twice
    (step,) = stage.ended(run).steps
    assert (step.phase, step.attempts) == (DONE, 2)
    assert stage.jobs() == 1
    assert stage.story(run.id) == [
        "intended",
        "settled failed",
        "approved waiting",
        "intended",
        "sent",
        "settled done",
    ]
    assert run.state().phase is RunPhase.DONE


def test_a_step_waits_for_those_it_needs_and_is_left_when_they_fail(stage: Stage) -> None:
    first, second, third = stage.attach().steps
    plan = stage.plan(first, replace(second, needs=("1",), lane=""), replace(third, lane="", after=("1",)))
    stage.sandbox.fault("job-fails")
    run = stage.start(plan)
    state = stage.ended(run)
    assert phases(state) == [FAILED, NOT_SENT, DONE]
    assert state.steps[1].sentence == f"It needs step 1 ({first.title}), which is failed."
    assert state.steps[1].actions == ()
    run.skip("1", "not today")
    state = stage.ended(run)
    assert phases(state) == [StepPhase.SKIPPED, DONE, DONE]
    assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)  # done is said of nothing that is broken
    assert state.sentence == f"Ended: 2 done, 1 skipped. Not done: {first.title}."


def test_what_needs_an_undone_step_is_left_all_along_the_line(stage: Stage) -> None:
    first, second, third = stage.attach().steps
    plan = stage.plan(first, replace(second, needs=("1",), lane=""), replace(third, lane="", needs=("2",)))
    stage.sandbox.fault("job-fails")
    state = stage.run(plan)
    assert phases(state) == [FAILED, NOT_SENT, NOT_SENT]
    assert "which is not sent" in state.steps[2].sentence


def test_pairs_of_different_instances_are_attached_side_by_side(stage: Stage) -> None:
    one = stage.attach(CACHES[0]).steps[0]
    other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
    state = stage.run(stage.plan(one, other))
    assert phases(state) == [DONE, DONE]
    starts = [each.started_at for each in state.steps]
    assert starts[0] == starts[1]


def test_only_so_many_steps_are_judged_at_a_time_and_all_are_sent_in_the_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = stage.inventory()
    free = [each for each in now.pairs_of(now.group("shop-backend").id) if not each.attachments]
    steps = []
    for number, pair in enumerate(free):
        grown: dict[str, Any] = {"pair_id": pair.id, "new_size_gb": pair.size_gb + 10}
        steps.append(Step(str(number), "Expand", Change.of(Operation.EXPAND_PAIR, pair.group_id, **grown)))
    monkeypatch.setattr("drkit.execution.sending.BATCH", 2)
    state = stage.run(stage.plan(*steps))
    assert set(phases(state)) == {DONE}


def test_an_unexpected_break_while_sending_counts_as_a_lost_answer(stage: Stage) -> None:
    def broken(_change: Change) -> str:
        raise ZeroDivisionError

    run = started(stage, stage.attach(CACHES[0]), submit=broken)
    (step,) = stage.ended(run).steps
    assert step.phase is UNKNOWN
    assert stage.entries(run.id, EntryKind.LOST)[0].data["error"] == "Sending broke off (ZeroDivisionError)."


def test_a_fault_in_drkit_itself_stops_the_run_with_a_sentence(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(_groups: object) -> object:
        raise ZeroDivisionError("oh")

    run = started(stage, stage.attach(CACHES[0]), pairs=broken)
    state = stage.ended(run)
    assert (state.phase, state.exit_code) == (RunPhase.STOPPED, 3)
    assert state.sentence == "A fault in drkit itself stopped the run: ZeroDivisionError: oh"
    assert stage.journal.runs()[0].finished is False
    assert stage.ended(stage.resume(run.id)).phase is RunPhase.DONE
    assert stage.jobs() == 1


def test_the_state_is_one_frozen_value_until_something_changes(stage: Stage) -> None:
    run = stage.start(stage.plan(Step("1", "Look")))
    first = stage.ended(run)
    assert run.state() is first
    run.sign_off("1", True, "Duty lead", "seen")
    later = stage.ended(run)
    assert later.version > first.version
    assert repr(run) == f"<Run {run.id}: A plan of steps, done>"
    assert repr(later) == f"<RunState {run.id}: A plan of steps, done, 1 of 1 steps done>"
    assert f"PRACTICE, run {run.id}: A plan of steps, done, 1 of 1 steps done" in run._repr_html_()


def test_many_jobs_are_watched_with_one_list_request_a_tick(stage: Stage) -> None:
    counted: dict[str, int] = {"pairs": 0, "job": 0}
    one = stage.attach(CACHES[0]).steps[0]
    other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
    third = replace(stage.attach("batch-archive", to="batch-01").steps[0], key="3")

    def pairs(groups: tuple[str, ...]) -> object:
        counted["pairs"] += 1
        return stage.client.pairs(groups)

    def job(job_id: str) -> object:
        counted["job"] += 1
        return stage.client.job(job_id)

    run = started(stage, stage.plan(one, other, third), pairs=pairs, job=job)
    assert stage.ended(run).phase is RunPhase.DONE
    assert counted["pairs"] <= 10
    assert counted["job"] <= 4


def test_waiting_gives_up_after_the_time_one_is_ready_to_wait(stage: Stage) -> None:
    hold = threading.Event()

    def slow(change: Change) -> str:
        hold.wait(PATIENCE)
        return stage.client.submit(change)

    run = started(stage, stage.attach(CACHES[0]), submit=slow)
    assert run.wait(0.05).phase is RunPhase.RUNNING
    hold.set()
    assert stage.ended(run).phase is RunPhase.DONE


def test_a_lost_answer_error_is_not_a_failure(stage: Stage) -> None:
    def lost(change: Change) -> str:
        stage.client.submit(change)
        raise OutcomeUnknownError("No answer.")

    run = started(stage, stage.attach(CACHES[0]), submit=lost)
    assert stage.ended(run).phase is RunPhase.DONE
    assert stage.jobs() == 1
