# ruff: noqa: ANN401  # calls are passed on as they come

"""Where the groups hold many pairs only what moves is looked at; here every number counts as many."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from drkit.errors import GoneError, UnavailableError, UnreachableError
from drkit.execution import sending, watching
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, StepPhase
from drkit.journal import EntryKind
from drkit.model import PairStatus, ReplicationPair
from drkit.plan.steps import Plan
from tests.execution.stage import CACHES, Stage, intercepted, phases

pytestmark = pytest.mark.slow


@pytest.fixture(autouse=True)
def many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "MANY_PAIRS", 0)


def side_by_side(stage: Stage) -> Plan:
    """Three pairs, each to an instance of its own."""
    one = stage.attach(CACHES[0]).steps[0]
    other = replace(stage.attach(CACHES[1], to="app-02").steps[0], key="2")
    third = replace(stage.attach("batch-archive", to="batch-01").steps[0], key="3")
    return stage.plan(one, other, third)


def started(stage: Stage, plan: Plan, **instead: Callable[..., Any]) -> Run:
    service = intercepted(stage.client, **instead)
    confirm = ", ".join(name for _, name in plan.groups)
    return Run.start(plan, client=service, journal=stage.journal, clock=stage.clock, confirm=confirm)


def never(*_args: object) -> object:
    raise AssertionError("What rests is not listed.")


def test_what_rests_is_not_listed_and_the_device_is_known_all_the_same(stage: Stage) -> None:
    run = started(stage, side_by_side(stage), pairs=never)
    state = stage.ended(run)
    assert phases(state) == [StepPhase.DONE] * 3
    settled = stage.entries(run.id, EntryKind.SETTLED)[:3]
    assert not any("not seen" in each.data["sentence"] for each in settled)
    assert stage.attached()[CACHES[0]]


def test_a_job_that_fails_is_told_as_failed(stage: Stage) -> None:
    plan = side_by_side(stage)
    stage.sandbox.fault("job-fails")
    assert sorted(phases(stage.ended(started(stage, plan, pairs=never)))) == [
        StepPhase.DONE,
        StepPhase.DONE,
        StepPhase.FAILED,
    ]


def test_a_pair_that_is_detached_needs_no_look_at_what_rests(stage: Stage) -> None:
    stage.run(stage.attach(CACHES[0]))
    run = started(stage, stage.detach(CACHES[0]), pairs=never, pairs_on=never)
    assert stage.ended(run).phase is RunPhase.DONE


def test_a_list_that_is_behind_the_job_is_read_until_it_tells_the_device(stage: Stage) -> None:
    looks: list[int] = []

    def late(instances: Any) -> tuple[ReplicationPair, ...]:
        looks.append(1)
        return () if len(looks) < 3 else stage.client.pairs_on(instances)

    state = stage.ended(started(stage, stage.attach(CACHES[0]), pairs=never, pairs_on=late))
    assert (state.phase, len(looks)) == (RunPhase.DONE, 3)
    assert "not seen" not in state.steps[0].sentence


def test_a_list_that_is_ahead_of_the_job_settles_nothing(stage: Stage) -> None:
    def nothing_moves(_status: PairStatus) -> tuple[ReplicationPair, ...]:
        return ()

    run = started(stage, stage.attach(CACHES[0]), pairs=never, pairs_in=nothing_moves)
    state = stage.ended(run)
    (job,) = (each for each in stage.sandbox.world.jobs.values() if each.type == "attachReplicationPairNew")
    assert state.phase is RunPhase.DONE
    assert stage.clock.monotonic() >= job.due - job.begin


def test_a_look_that_fails_is_said_and_made_again(stage: Stage) -> None:
    looks: list[int] = []

    def down(status: PairStatus) -> tuple[ReplicationPair, ...]:
        looks.append(1)
        if len(looks) == 1:
            raise UnavailableError(503, "", "Down for repair.", where="pairs")
        return stage.client.pairs_in(status)

    assert stage.ended(started(stage, stage.attach(CACHES[0]), pairs=never, pairs_in=down)).exit_code == 0
    assert len(looks) > 1


def test_a_change_whose_job_is_not_known_any_more_is_followed_by_its_state(stage: Stage) -> None:
    lost: list[str] = []

    def job(job_id: str) -> Any:
        if not lost or job_id in lost:
            lost.append(job_id)
            raise GoneError(404, "", "No such job.")
        return stage.client.job(job_id)

    run = started(stage, side_by_side(stage), job=job)
    assert phases(stage.ended(run)) == [StepPhase.DONE] * 3
    assert any("followed by its state" in str(each.data) for each in stage.entries(run.id, EntryKind.NOTED))


def counted(stage: Stage) -> tuple[list[int], Callable[..., Any]]:
    """A mark for each reading of the world so far, and how it is read."""
    read: list[int] = []

    def inventory(*args: Any, **more: Any) -> Any:
        read.append(1)
        return stage.client.inventory(*args, **more)

    return read, inventory


def test_where_nothing_is_followed_by_a_job_all_is_listed(stage: Stage) -> None:
    def gone(_job_id: str) -> Any:
        raise GoneError(404, "", "No such job.")

    run = started(stage, stage.attach(CACHES[0]), job=gone)
    assert phases(stage.ended(run)) == [StepPhase.DONE]


def test_a_world_that_was_read_a_while_ago_is_read_again_before_more_is_sent(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 1)
    read, inventory = counted(stage)

    def slow(change: Any) -> str:
        stage.clock.advance(10)
        return stage.client.submit(change)

    run = started(stage, side_by_side(stage), inventory=inventory, submit=slow)
    assert phases(stage.ended(run)) == [StepPhase.DONE] * 3
    assert len(read) >= 4


def test_after_a_refusal_the_world_is_read_again(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "BATCH", 1)
    plan = side_by_side(stage)
    read, inventory = counted(stage)
    sent: list[int] = []

    def refused(change: Any) -> str:
        sent.append(1)
        if len(sent) == 1:
            raise UnreachableError("No way there.")
        return stage.client.submit(change)

    state = stage.ended(started(stage, plan, inventory=inventory, submit=refused))
    assert sorted(phases(state)) == [StepPhase.DONE, StepPhase.DONE, StepPhase.FAILED]
    assert len(read) >= 3


def test_what_was_not_judged_yet_is_held_back_after_a_failure(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 1)

    def refused(_change: Any) -> str:
        raise UnreachableError("No way there.")

    plan = side_by_side(stage)
    service = intercepted(stage.client, submit=refused)
    run = Run.start(
        plan,
        client=service,
        journal=stage.journal,
        clock=stage.clock,
        confirm="shop-backend",
        options=RunOptions(fail_fast=True),
    )
    assert phases(stage.ended(run)) == [StepPhase.FAILED, StepPhase.NOT_SENT, StepPhase.NOT_SENT]


def test_many_steps_are_judged_on_the_reading_of_the_start_and_sent_once(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 2)
    read, inventory = counted(stage)
    run = started(stage, side_by_side(stage), inventory=inventory)
    assert phases(stage.ended(run)) == [StepPhase.DONE] * 3
    assert len(read) == 2, "at the start, and at the end"
    assert stage.jobs() == 3


def test_a_reading_of_the_start_that_is_old_is_not_used(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 1)
    read: list[int] = []

    def slowly(*args: Any, **more: Any) -> Any:
        read.append(1)
        found = stage.client.inventory(*args, **more)
        stage.clock.advance(6)
        return found

    run = started(stage, side_by_side(stage), inventory=slowly)
    assert phases(stage.ended(run)) == [StepPhase.DONE] * 3
    assert len(read) >= 3


def test_a_step_whose_lane_gets_free_meanwhile_has_its_turn_as_well(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "BATCH", 1)
    first, second = stage.attach(CACHES[0], CACHES[2]).steps
    others = side_by_side(stage).steps[1:]
    plan = stage.plan(replace(first, key="1"), *others, replace(second, key="4"))

    def slow(change: Any) -> str:
        stage.clock.advance(3)
        return stage.client.submit(change)

    run = started(stage, plan, submit=slow)
    assert phases(stage.ended(run)) == [StepPhase.DONE] * 4
    assert stage.jobs() == 4
