"""Changes whose answer is lost: found at the service and adopted, or asked about; never sent twice."""

# calls are passed on as they come

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.api.wire import ANSWERED_AT_ONCE, request_for
from drkit.errors import GoneError, OutcomeUnknownError, UnavailableError, WireError
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, StepPhase
from drkit.journal import EntryKind
from drkit.model import NEEDS, Change, Operation
from drkit.plan.single import plan_change
from drkit.plan.steps import Plan
from drkit.sandbox.things import Disk, Failure, Nic
from tests.execution.stage import CACHES, Stage, intercepted, phases

ATTACH = "attach_protected_instance_replication"


def started(stage: Stage, plan: Plan, **instead: Callable[..., Any]) -> Run:
    confirm = ", ".join(name for _, name in plan.groups)
    service = intercepted(stage.client, **instead)
    return Run.start(plan, client=service, journal=stage.journal, clock=stage.clock, confirm=confirm)


@pytest.mark.parametrize(
    "fault",
    [
        {"name": "answer-lost-after", "how": "timeout"},
        {"name": "answer-lost-after", "how": "hang-up"},
        {"name": "error-500", "accepted": True},
        {"name": "error-502", "accepted": True},
        {"name": "error-503", "accepted": True},
        {"name": "truncated"},
    ],
    ids=str,
)
def test_an_accepted_attach_is_found_adopted_and_followed_to_its_end(
    stage: Stage, fault: dict[str, Any]
) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault(operation=ATTACH, **fault)
    run = stage.start(plan)
    state = stage.ended(run)
    assert (state.phase, phases(state)) == (RunPhase.DONE, [StepPhase.DONE])
    assert stage.story(run.id) == ["intended", "lost", "adopted", "settled done"]
    how = stage.entries(run.id, EntryKind.ADOPTED)[0].data["how"]
    assert how.startswith("Its answer was lost; found at the service, and not so before it was sent: ")
    assert "pair attaching" in how
    assert stage.jobs() == 1
    assert CACHES[0] in stage.attached()


@pytest.mark.parametrize("fault", ["answer-lost-before", "error-500", "error-502", "error-503"])
def test_an_attach_that_left_no_trace_is_asked_about_and_not_sent_again(stage: Stage, fault: str) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault(fault, operation=ATTACH)
    run = stage.start(plan)
    state = stage.ended(run)
    assert (state.phase, state.exit_code, phases(state)) == (RunPhase.UNKNOWN, 3, [StepPhase.UNKNOWN])
    assert stage.story(run.id) == ["intended", "lost", "noted unknown"]
    said = state.steps[0].sentence
    assert said == (
        "No answer came, and whether it was taken cannot be told: 28 looks from 00:00:00 to 00:02:04 UTC "
        "found no trace of it: pair available, attached to nothing, as before it was sent. It may still come."
    )
    assert "say whether it was done" in state.steps[0].remedy
    assert stage.jobs() == 0
    assert stage.journal.runs()[0].state == "unknown"
    assert not stage.journal.runs()[0].finished


def test_an_answer_without_sense_counts_as_lost(stage: Stage) -> None:
    def garbled(change: Change) -> str:
        stage.client.submit(change)
        raise WireError("The answer lacks a job id.")

    run = started(stage, stage.attach(CACHES[0]), submit=garbled)
    assert stage.ended(run).phase is RunPhase.DONE
    assert stage.jobs() == 1


def test_an_adopted_attach_that_fails_at_the_service_is_a_failure(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("answer-lost-after", operation=ATTACH)
    stage.sandbox.fault("job-fails")
    state = stage.run(plan)
    (step,) = state.steps
    assert step.phase is StepPhase.FAILED
    assert "error-attaching" in step.sentence
    assert "task center" in step.remedy


def test_an_attach_that_ended_before_the_first_look_is_adopted_as_done(stage: Stage) -> None:
    def late(change: Change) -> str:
        stage.client.submit(change)
        stage.clock.advance(60)
        raise OutcomeUnknownError("No answer in time.")

    run = started(stage, stage.attach(CACHES[0]), submit=late)
    assert stage.ended(run).phase is RunPhase.DONE
    assert stage.story(run.id) == ["intended", "lost", "adopted", "settled done"]


def test_an_attach_that_failed_before_the_first_look_is_adopted_as_failed(stage: Stage) -> None:
    def late(change: Change) -> str:
        stage.client.submit(change)
        stage.clock.advance(60)
        raise OutcomeUnknownError("No answer in time.")

    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("job-fails")
    run = started(stage, plan, submit=late)
    assert stage.ended(run).steps[0].phase is StepPhase.FAILED
    assert stage.story(run.id) == ["intended", "lost", "adopted", "settled failed"]


def test_what_somebody_else_did_is_not_taken_for_ours(stage: Stage) -> None:
    other = stage.attach(CACHES[0], to="app-02").steps[0].change
    assert other

    def rivalled(_change: Change) -> str:
        stage.client.submit(other)
        stage.clock.advance(60)
        raise OutcomeUnknownError("No answer in time.")

    run = started(stage, stage.attach(CACHES[0]), submit=rivalled)
    (step,) = stage.ended(run).steps
    assert step.phase is StepPhase.UNKNOWN
    assert " UTC found something else: pair " in step.sentence
    assert "attached to" in step.sentence


def test_what_looked_like_ours_and_turns_out_not_to_be_is_unknown(stage: Stage) -> None:
    other = stage.attach(CACHES[0], to="app-02").steps[0].change
    assert other

    def rivalled(_change: Change) -> str:
        stage.client.submit(other)
        raise OutcomeUnknownError("No answer in time.")

    run = started(stage, stage.attach(CACHES[0]), submit=rivalled)
    (step,) = stage.ended(run).steps
    assert step.phase is StepPhase.UNKNOWN
    assert step.sentence.startswith("It did not become what it was to become. Seen: ")
    assert stage.story(run.id) == ["intended", "lost", "adopted", "noted unknown"]


def test_a_service_that_cannot_be_read_is_asked_until_the_deadline(stage: Stage) -> None:
    def lost(change: Change) -> str:
        stage.client.submit(change)
        raise OutcomeUnknownError("No answer.")

    def down(_groups: object) -> None:
        raise UnavailableError(503, "", "Down for repair.")

    run = started(stage, stage.attach(CACHES[0]), submit=lost, pairs=down)
    (step,) = stage.ended(run).steps
    assert step.phase is StepPhase.UNKNOWN
    assert step.sentence == "No end after 15 min, the limit for attach pair; last: nothing yet."
    assert 900 < stage.clock.monotonic() < 960


def test_a_job_the_service_has_forgotten_is_followed_by_the_state_of_what_it_changes(stage: Stage) -> None:
    def forgotten(_job_id: str) -> None:
        raise GoneError(404, "", "No such job.")

    run = started(stage, stage.attach(CACHES[0]), job=forgotten)
    state = stage.ended(run)
    assert state.phase is RunPhase.DONE
    assert stage.story(run.id) == ["intended", "sent", "noted", "settled done"]
    assert state.steps[0].sentence.startswith("Done, as the service shows: pair available")


def test_a_group_that_is_gone_when_its_answer_is_looked_for_is_asked_about(stage: Stage) -> None:
    def lost(_change: Change) -> str:
        raise OutcomeUnknownError("No answer.")

    def gone(_identity: str) -> None:
        raise GoneError(400, "SDRS.1013", "Protection group not found")

    plan = stage.switch("shop-backend", Operation.ENABLE_PROTECTION)
    (step,) = stage.ended(started(stage, plan, submit=lost, group=gone)).steps
    assert step.phase is StepPhase.UNKNOWN
    assert "found something else: group gone" in step.sentence


MAKING: dict[Operation, dict[str, Any]] = {
    Operation.CREATE_GROUP: {"name": "fresh"},
    Operation.RENAME_GROUP: {"group": "shop-backend", "name": "shop-back"},
    Operation.DELETE_GROUP: {"group": "fresh"},
    Operation.CREATE_INSTANCE: {"group": "shop-backend", "server": "search-01"},
    Operation.CREATE_INSTANCES: {
        "group": "shop-backend",
        "servers": ("search-01", "search-02"),
        "name": "search",
    },
    Operation.RENAME_INSTANCE: {"instance": "app-01", "name": "app-one"},
    Operation.DELETE_INSTANCE: {"instance": "app-01", "with_server": True},
    Operation.DELETE_INSTANCES: {"instances": ("app-01", "app-02")},
    Operation.ADD_NIC: {"instance": "app-01"},
    Operation.DELETE_NIC: {"instance": "app-01", "nic": "192.168.0.77"},
    Operation.SET_TAGS: {"instance": "app-01", "tags": ("tier=1", "owner=shop")},
    Operation.DELETE_TAGS: {"instance": "app-01", "keys": ("tier", "team")},
    Operation.CREATE_PAIR: {"group": "shop-backend", "disk": "spare"},
    Operation.RENAME_PAIR: {"pair": "app-cache-04", "name": "cache-four"},
    Operation.DELETE_PAIR: {"pair": "app-cache-04", "with_disk": True},
    Operation.RENAME_DRILL: {"name": "spring"},
    Operation.CLEAR_FAILED_TASK: {"task": "b" * 32},
    Operation.CLEAR_FAILED_TASKS: {"group": "shop-backend"},
}


class TestEveryKindOfChange:
    """Each operation once with its answer lost after the work was accepted, and once before."""

    def plan_for(self, stage: Stage, operation: Operation) -> Plan:
        now = stage.inventory()
        pair, app = now.pair("app-cache-04"), now.instance("app-01")
        server: dict[str, Any] = {"server_id": app.production_server_id}
        grown: dict[str, Any] = {"pair_id": pair.id, "new_size_gb": pair.size_gb + 10}
        resized: dict[str, Any] = {"instance_id": app.id, "flavor": "s3.xlarge.2"}
        wishes: dict[Operation, tuple[str, dict[str, Any]]] = {
            Operation.EXPAND_PAIR: ("shop-backend", grown),
            Operation.RESIZE_INSTANCE: ("shop-backend", resized),
            Operation.ENABLE_PROTECTION: ("shop-backend", {}),
            Operation.DISABLE_PROTECTION: ("shop-frontend", {}),
            Operation.PLANNED_FAILOVER: ("shop-frontend", {"to": "target"}),
            Operation.FAILOVER: ("shop-frontend", {}),
            Operation.REPROTECT: ("shop-warehouse", {}),
            Operation.CREATE_DRILL: ("shop-frontend", {"name": "drill-1", "drill_vpc_id": ""}),
            Operation.STOP_SERVER: ("shop-backend", {**server, "hard": False}),
            Operation.START_SERVER: ("shop-backend", server),
        }
        if operation in MAKING:
            return self.single(stage, operation)
        if operation is Operation.ATTACH_PAIR:
            return stage.attach(CACHES[0])
        if operation is Operation.DETACH_PAIR:
            return stage.detach("app-01-data")
        if operation is Operation.DELETE_DRILL:
            wishes[operation] = ("shop-frontend", {"drill_id": self.drill(stage)})
        if operation is not Operation.STOP_SERVER:
            self.power_off(stage)
        group, arguments = wishes[operation]
        return stage.switch(group, operation, **arguments)

    def single(self, stage: Stage, operation: Operation) -> Plan:
        """A plan of one change, with what it is about there."""
        world, words = stage.sandbox.world, dict[str, Any](MAKING[operation])
        if operation is Operation.DELETE_GROUP:
            near = next(iter(stage.client.domains()))
            vpc = stage.inventory().group("shop-backend").source_vpc_id
            fresh: dict[str, Any] = {"name": "fresh", "domain_id": near.id, "vpc_id": vpc}
            fresh |= {"source_zone": near.local_zone, "target_zone": near.remote_zone}
            stage.client.submit(Change.of(Operation.CREATE_GROUP, "planned:fresh", **fresh))
            stage.clock.advance(600)
        elif operation is Operation.CREATE_GROUP:
            near = next(iter(stage.client.domains()))
            words |= {"domain": near.id, "source_zone": near.local_zone, "target_zone": near.remote_zone}
            words["vpc"] = stage.inventory().group("shop-backend").source_vpc_id
        elif operation is Operation.RENAME_DRILL:
            words["drill"] = self.drill(stage)
        elif operation is Operation.DELETE_NIC:
            server = world.servers[stage.inventory().instance("app-01").production_server_id]
            server.nics.append(Nic("a" * 32, server.nics[0].subnet_id, "192.168.0.77", "fa:16:3e:0:0:1", []))
        elif operation is Operation.DELETE_TAGS:
            world.instances[stage.inventory().instance("app-01").id].tags = {"tier": "1", "team": "shop"}
        elif operation is Operation.ADD_NIC:
            words["subnet"] = next(iter(next(iter(world.vpcs.values())).subnets))
        elif operation is Operation.CREATE_PAIR:
            spare = Disk(world.new_id("disk"), "spare", "sandbox-1a", 10)
            world.disks[spare.id] = spare
        elif operation in {Operation.CLEAR_FAILED_TASK, Operation.CLEAR_FAILED_TASKS}:
            home = stage.inventory().group("shop-backend").id
            told = (
                "createReplicationPairNoCG",
                0.0,
                "createFail",
                "replications",
                "p",
                "cache",
                "SDRS.1606",
                "",
            )
            world.failures["b" * 32] = Failure("b" * 32, *told, home)
        now = stage.client.inventory(disks=True, quotas=True, beside=True)
        return plan_change(now, operation, **words)

    def drill(self, stage: Stage) -> str:
        group = stage.inventory().group("shop-frontend")
        stage.client.submit(Change.of(Operation.CREATE_DRILL, group.id, name="d", drill_vpc_id=""))
        stage.clock.advance(3600)
        return stage.inventory().drill("d").id

    def power_off(self, stage: Stage) -> None:
        for server in stage.sandbox.world.servers.values():
            server.status = "SHUTOFF"

    @pytest.mark.parametrize("operation", Operation)
    def test_accepted_and_lost_is_adopted_and_ends_well(self, stage: Stage, operation: Operation) -> None:
        plan = self.plan_for(stage, operation)
        stage.sandbox.fault("answer-lost-after", method=self.method(operation))
        jobs = self.begun(stage)
        run = stage.start(plan)
        state = stage.ended(run)
        assert (state.phase, state.steps[0].sentence[:4]) == (RunPhase.DONE, "Done")
        assert stage.story(run.id) == ["intended", "lost", "adopted", "settled done"]
        assert self.begun(stage) == jobs + (operation not in ANSWERED_AT_ONCE)

    @pytest.mark.parametrize("operation", Operation)
    def test_lost_on_the_way_there_is_asked_about(self, stage: Stage, operation: Operation) -> None:
        plan = self.plan_for(stage, operation)
        stage.sandbox.fault("answer-lost-before", method=self.method(operation))
        jobs = self.begun(stage)
        run = stage.start(plan)
        assert phases(stage.ended(run)) == [StepPhase.UNKNOWN]
        assert stage.story(run.id) == ["intended", "lost", "noted unknown"]
        assert self.begun(stage) == jobs

    def begun(self, stage: Stage) -> int:
        return sum(not each.parent for each in stage.sandbox.world.jobs.values())

    def method(self, operation: Operation) -> str:
        words: dict[type, Any] = {str: "x", int: 1, bool: False, tuple: ("x", "y")}
        given = {name: words[kind] for name, kind in NEEDS[operation].items()}
        return request_for(Change.of(operation, "x", **given)).method


def test_the_letter_counts_when_the_service_rewrote_the_prefix(tmp_path: Path) -> None:
    stage = Stage(tmp_path)
    plan = stage.attach("batch-archive", to="batch-01", batch_archive="/dev/vdf")
    assert stage.sandbox.fault("answer-lost-after", operation=ATTACH)
    state = stage.run(plan)
    assert state.phase is RunPhase.DONE
    assert stage.attached("batch-01")["batch-archive"] == "/dev/sdf"
    stage.close()


def test_a_run_whose_second_answer_is_lost_still_attaches_each_pair_once(stage: Stage) -> None:
    plan = stage.attach()
    stage.sandbox.fault("answer-lost-after", operation=ATTACH, skip=1)
    state = stage.run(replace(plan))
    assert phases(state) == [StepPhase.DONE] * 3
    assert stage.jobs() == 3
    assert stage.sandbox.invariants() == []
