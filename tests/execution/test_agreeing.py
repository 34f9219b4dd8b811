"""A job is the one that was asked for, and a step is what the reading at the end shows of it."""

# ruff: noqa: ANN401  # calls are passed on as they come

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import pytest

from drkit.api.wire import ANSWERED_AT_ONCE
from drkit.errors import BusyError, ServiceError, SignInError, UnavailableError
from drkit.execution.agreeing import another_job, contradicted
from drkit.execution.records import StepRecord
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, RunState, StepPhase, StepState
from drkit.journal import EntryKind
from drkit.model import PLANNED, Change, Inventory, Job, JobStatus, Operation, PairStatus
from drkit.plan import Plan, Step
from drkit.report.gathering import gather
from tests.execution.stage import CACHES, Stage, intercepted
from tests.facts import reading

GROUP = "erp-id"
ATTACH = Change.of(Operation.ATTACH_PAIR, GROUP, pair_id="data-id", instance_id="app-id", device="/dev/vdc")
DETACH = Change.of(Operation.DETACH_PAIR, GROUP, pair_id="data-id", instance_id="app-id")
FAILOVER = Change.of(Operation.FAILOVER, GROUP)


def job(type_: str = "", *, job_id: str = "j1", parts: tuple[Job, ...] = (), **entities: str) -> Job:
    return Job(job_id, type_, JobStatus.SUCCESS, None, None, "", "", tuple(entities.items()), parts)


class TestAJob:
    @pytest.mark.parametrize(
        "told",
        [
            job("attachReplicationPairNew", replication_pair_id="data-id", protected_instance_id="app-id"),
            job("attachReplicationPair", job_id="J1"),
            job("someWordOfAnotherCloud", nic_id="n1"),
            job("", job_id=""),
            job("attachReplicationPairNew", parts=(job("", server_group_id=GROUP),)),
        ],
    )
    def test_is_taken_for_the_one_asked_about_where_nothing_speaks_against_it(self, told: Job) -> None:
        assert another_job(told, "j1", ATTACH) == ""

    @pytest.mark.parametrize(
        ("told", "why"),
        [
            (job(job_id="j2"), "it has the id j2"),
            (
                job("createProtectionGroupNoCG"),
                "it is of the type createProtectionGroupNoCG, wanted attachReplicationPair",
            ),
            (
                job("detachReplicationPairNew"),
                "it is of the type detachReplicationPairNew, wanted attachReplicationPair",
            ),
            (job(replication_pair_id="logs-id"), "it is about replication_pair_id logs-id, wanted data-id"),
            (job(parts=(job("", server_group_id="g2"),)), "it is about server_group_id g2, wanted erp-id"),
        ],
    )
    def test_of_another_id_type_or_thing_is_another_one(self, told: Job, why: str) -> None:
        assert another_job(told, "j1", ATTACH) == why

    @pytest.mark.parametrize("operation", sorted(set(Operation) - ANSWERED_AT_ONCE))
    def test_of_every_operation_has_a_type(self, operation: Operation) -> None:
        change = Change(operation, GROUP)
        another = "deleteServer" if operation is Operation.DELETE_PAIR else "deleteReplicationPairNoCG"
        assert another_job(job(another), "j1", change)


def world(status: str = "available", *, held: str = "") -> Inventory:
    """A group with one instance and one pair, which is attached as `held`."""
    things: dict[str, Any] = {
        "groups": {"erp": {}},
        "instances": {"app": {"group": "erp", "attached": {"data": held} if held else {}}},
        "pairs": {"data": {"group": "erp", "status": status}},
    }
    return reading(things)


def found(*steps: tuple[Change, StepPhase], now: Inventory) -> list[tuple[str, str]]:
    """The keys of the steps that the reading contradicts, with what it shows."""
    planned = tuple(Step(str(number), "s", change) for number, (change, _) in enumerate(steps, 1))
    plan = Plan("A plan", now.backend, ((GROUP, "erp"),), planned, now.read_at)
    records = [
        StepRecord(step, StepState(step.key, "s", phase))
        for step, (_, phase) in zip(planned, steps, strict=True)
    ]
    return [(record.step.key, seen.words) for record, seen in contradicted(plan, records, now)]


DONE, FAILED, UNKNOWN, SKIPPED = StepPhase.DONE, StepPhase.FAILED, StepPhase.UNKNOWN, StepPhase.SKIPPED
HELD = world(held="/dev/vdc")


class TestTheReading:
    def test_contradicts_a_step_that_is_done_and_not_there(self) -> None:
        assert found((ATTACH, DONE), now=world()) == [("1", "pair available, attached to nothing")]
        assert not found((ATTACH, DONE), now=HELD)

    def test_leaves_another_device_to_what_the_step_itself_says_of_it(self) -> None:
        assert not found((ATTACH, DONE), now=world(held="/dev/vdf"))

    def test_contradicts_a_failure_that_is_there_or_on_its_way(self) -> None:
        assert found((ATTACH, FAILED), now=HELD)
        assert found((ATTACH, FAILED), now=world("attaching"))
        assert not found((ATTACH, FAILED), now=world())

    def test_asks_nothing_of_what_a_later_step_took_away(self) -> None:
        pair = Change.of(Operation.DELETE_PAIR, GROUP, pair_id=ATTACH.pair_id, with_disk=False)
        gone: dict[str, Any] = {
            "instance_ids": (ATTACH.instance_id,),
            "with_server": False,
            "with_eip": False,
        }
        instances = Change.of(Operation.DELETE_INSTANCES, GROUP, **gone)
        group = Change.of(Operation.DELETE_GROUP, GROUP)
        now = replace(world(), pairs={}, instances={}, groups={})
        for later in (pair, instances, group):
            assert found((ATTACH, StepPhase.DONE), (later, StepPhase.DONE), now=now) == []

    @pytest.mark.parametrize("phase", [UNKNOWN, SKIPPED])
    def test_says_nothing_about_what_claims_nothing(self, phase: StepPhase) -> None:
        assert not found((ATTACH, phase), now=world())

    def test_is_held_against_the_last_step_about_a_thing(self) -> None:
        assert not found((ATTACH, DONE), (DETACH, DONE), now=world())
        assert [key for key, _ in found((ATTACH, DONE), (DETACH, DONE), now=HELD)] == ["2"]
        create = Change.of(Operation.CREATE_DRILL, GROUP, name="d", drill_vpc_id="")
        delete = Change.of(Operation.DELETE_DRILL, GROUP, drill_id=f"{PLANNED}d")
        assert not found((create, DONE), (delete, DONE), now=world())
        assert [key for key, _ in found((create, DONE), now=world())] == ["1"]

    @pytest.mark.parametrize(
        "change",
        [
            ATTACH,
            Change.of(Operation.CREATE_DRILL, GROUP, name="d", drill_vpc_id=""),
            Change.of(Operation.DELETE_DRILL, GROUP, drill_id="d-id"),
            Change.of(Operation.START_SERVER, GROUP, server_id="unread"),
            Change.of(Operation.RESIZE_INSTANCE, GROUP, instance_id="app-id", flavor="big"),
            Change.of(Operation.RESIZE_INSTANCE, GROUP, instance_id="gone", flavor="big"),
        ],
    )
    def test_with_gaps_says_nothing_about_what_is_not_in_it(self, change: Change) -> None:
        gaps = replace(world(), pairs={}, servers={}, problems=("The servers could not be read.",))
        assert not found((change, DONE), now=gaps)
        assert not found((change, FAILED), now=gaps)

    def test_of_a_thing_that_does_not_tell_where_it_is_attached_says_nothing(self) -> None:
        now = world()
        pairs = {key: replace(pair, unknown=("attachment",)) for key, pair in now.pairs.items()}
        assert not found((ATTACH, DONE), now=replace(now, pairs=pairs))


def ran(stage: Stage, plan: Plan, **instead: Callable[..., Any]) -> tuple[Run, RunState]:
    service = intercepted(stage.client, **instead)
    confirm = ", ".join(name for _, name in plan.groups)
    run = Run.start(plan, client=service, journal=stage.journal, clock=stage.clock, confirm=confirm)
    return run, stage.ended(run)


@pytest.mark.slow
class TestARun:
    def test_is_not_done_by_the_success_of_another_job(self, stage: Stage) -> None:
        other = job("createProtectionGroupNoCG", job_id="00000000000000000000000000000000")
        run, state = ran(stage, stage.attach(CACHES[0]), submit=lambda _: "j1", job=lambda _: other)
        assert (state.phase, state.exit_code) == (RunPhase.UNKNOWN, 3)
        noted = [each.data["sentence"] for each in stage.entries(run.id, EntryKind.NOTED)]
        assert noted[0].startswith("What is told of job j1 is not this change: it has the id 0000")
        assert gather(stage.entries(run.id)).verdict.carried_out.word == "outcome unknown"

    def test_is_not_done_by_a_success_of_its_job_that_left_nothing(self, stage: Stage) -> None:
        done = job("attachReplicationPairNew")
        run, state = ran(stage, stage.attach(CACHES[0]), submit=lambda _: "j1", job=lambda _: done)
        assert (state.phase, state.exit_code, state.steps[0].phase) == (RunPhase.FAILED, 1, FAILED)
        assert Action.RETRY in state.steps[0].actions
        evidence = gather(stage.entries(run.id))
        assert evidence.verdict.carried_out.word == "failed"
        assert evidence.after
        (unseen, off) = evidence.deviations
        (unseen, off) = sorted((unseen, off), key=lambda each: "But the reading of" in each.sentence)
        assert unseen.sentence.endswith("under which device name it is attached was not seen.")
        assert "But the reading of" in off.sentence
        assert off.sentence.endswith("UTC shows: pair available, attached to nothing, as before it was sent.")

    @pytest.mark.parametrize(
        "refusal",
        [
            SignInError(401, "", "Refused."),
            ServiceError(403, "", "Forbidden."),
            ServiceError(413, "", "Too large."),
        ],
    )
    def test_shows_both_sides_where_what_was_refused_is_there(
        self, stage: Stage, refusal: ServiceError
    ) -> None:
        def takes_it_and_refuses(change: Change) -> str:
            stage.client.submit(change)
            stage.clock.advance(120)
            raise refusal

        run, state = ran(stage, stage.attach(CACHES[0]), submit=takes_it_and_refuses)
        assert (state.phase, state.steps[0].phase) == (RunPhase.FAILED, FAILED)
        (off,) = gather(stage.entries(run.id)).deviations
        assert f"The service refused it: {refusal.message} But the reading of" in off.sentence
        assert "shows: pair available, attached to this instance as /dev/vd" in off.sentence

    def test_is_done_where_what_was_too_much_for_the_service_is_there_and_nothing_is_sent_again(
        self, stage: Stage
    ) -> None:
        sent: list[Change] = []

        def takes_it_and_says_later(change: Change) -> str:
            sent.append(change)
            stage.client.submit(change)
            stage.clock.advance(120)
            raise BusyError(429, "", "Later.")

        run, state = ran(stage, stage.attach(CACHES[0]), submit=takes_it_and_says_later)
        assert (state.phase, state.steps[0].phase, len(sent)) == (RunPhase.DONE, DONE, 1)
        assert stage.entries(run.id, EntryKind.ADOPTED)

    def test_shows_both_sides_where_a_failed_job_did_it(self, stage: Stage) -> None:
        def failed(job_id: str) -> Job:
            return replace(stage.client.job(job_id), status=JobStatus.FAIL)

        def pairs(groups: tuple[str, ...]) -> Any:
            stage.clock.advance(60)
            return stage.client.pairs(groups)

        run, state = ran(stage, stage.attach(CACHES[0]), job=failed, pairs=pairs)
        assert state.steps[0].phase is FAILED
        (off,) = gather(stage.entries(run.id)).deviations
        assert "failed: the service gives no reason But the reading" in off.sentence
        assert "shows: pair available, attached to this instance" in off.sentence

    def test_gives_a_list_that_lags_behind_time_to_come_after(self, stage: Stage) -> None:
        looks: Iterator[int] = iter(range(99))

        def inventory(*args: Any, **more: Any) -> Inventory:
            now = stage.client.inventory(*args, **more)
            if next(looks) != 2:
                return now
            return replace(now, pairs={k: replace(p, attachments=()) for k, p in now.pairs.items()})

        _, state = ran(stage, stage.attach(CACHES[0]), inventory=inventory)
        assert state.phase is RunPhase.DONE
        assert next(looks) == 4

    def test_does_not_know_what_still_moves_when_its_job_is_done(self, stage: Stage) -> None:
        def inventory(*args: Any, **more: Any) -> Inventory:
            now = stage.client.inventory(*args, **more)
            moving = {k: replace(p, status=PairStatus.ATTACHING) for k, p in now.pairs.items()}
            return replace(now, pairs=moving) if now.attachments_of(pair_id) else now

        plan = stage.attach(CACHES[0])
        assert plan.steps[0].change
        pair_id = plan.steps[0].change.pair_id
        _, state = ran(stage, plan, inventory=inventory)
        assert (state.phase, state.steps[0].phase) == (RunPhase.UNKNOWN, UNKNOWN)

    def test_that_could_not_be_read_at_its_end_says_that_nothing_was_compared(self, stage: Stage) -> None:
        looks: Iterator[int] = iter(range(99))

        def inventory(*args: Any, **more: Any) -> Inventory:
            if next(looks) == 2:
                raise UnavailableError(503, "", "Down for repair.", where="groups")
            return stage.client.inventory(*args, **more)

        run, state = ran(stage, stage.attach(CACHES[0]), inventory=inventory)
        assert state.phase is RunPhase.DONE
        (off,) = gather(stage.entries(run.id)).deviations
        assert off.sentence.startswith("No step was compared with what is there at the end: groups answered")
