"""Whole rehearsals on the practice range: every state, every verb, every fault, and the way out of each."""

import socket
from functools import cache
from itertools import product
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drkit.errors import RefusedError
from drkit.execution.recovery import recovery_clocks
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.model import GroupStatus, Operation, ServerStatus, Station
from drkit.plan.exits import ways_out
from drkit.plan.objectives import RunbookKind
from drkit.sandbox.building import Builder
from drkit.sandbox.world import World
from tests.execution.rehearsal_drive import Range
from tests.plan.matrix import FAULTS
from tests.plan.rehearsal_world import planned, world

pytestmark = pytest.mark.slow  # whole runs, half a second and more each

OFF, ON = ServerStatus.SHUTOFF, ServerStatus.ACTIVE
KINDS = [each for each in RunbookKind if each is not RunbookKind.CLEANUP]
JOBS = {
    RunbookKind.PLANNED_FAILOVER: "reverseProtectionGroupNoCG",
    RunbookKind.FAILOVER: "failoverProtectionGroupNoCG",
}


def one_group(status: str, fault: str, *, running: bool) -> World:
    build = Builder("one-group")
    group = build.group("erp", status)
    instance = build.instance(group, "erp-01")
    servers = [build.world.servers[each] for each in (instance.source_server, instance.target_server)]
    for server in servers:
        server.status = "ACTIVE" if running and server.status == "ACTIVE" else "SHUTOFF"
    for pair in build.world.pairs.values():
        pair.fault_level = fault
        pair.replication = pair.replication or "active-stopped"  # it was synchronised once
    return build.world


def more(kind: RunbookKind) -> dict[str, str]:
    return {"drill_name": "d"} if kind is RunbookKind.DRILL else {}


def faults_of(state: RunState) -> list[str]:
    return [f"{each.title}: {each.sentence}" for each in state.steps if each.phase is not StepPhase.DONE]


def legal_ways(field: Range) -> list[str]:
    return [each.name for each in ways_out(field.inventory, "erp") if each.legal]


@cache
def starts() -> list[tuple[GroupStatus, str, RunbookKind, bool]]:
    """Every state, fault and runbook from which there is a plan, found without running anything."""
    return [each for each in product(GroupStatus, FAULTS, KINDS, (True, False)) if is_planned(*each)]


def is_planned(status: GroupStatus, fault: str, kind: RunbookKind, running: bool) -> bool:
    found = world("erp", status=status, production=ON if running else OFF, fault=fault)
    try:
        planned(found, kind, ["erp"], drill_name="d")
    except RefusedError:
        return False
    return True


@settings(max_examples=25, deadline=None, derandomize=True)
@given(start=st.deferred(lambda: st.sampled_from(starts())))
def test_no_runbook_sends_an_illegal_verb_or_ends_without_a_way_out(
    tmp_path_factory: pytest.TempPathFactory, start: tuple[GroupStatus, str, RunbookKind, bool]
) -> None:
    """Of 714 starts (17 states, 3 faults, 7 runbooks, servers running or not) 78 have a plan. Hypothesis
    draws 25 of these, always the same ones, and each is run to its end. That every start has a way out, and a
    sound plan or a refusal, tests/plan/test_rehearsal_exits.py shows for all of them without a run.
    """
    status, fault, kind, running = start
    field = Range(tmp_path_factory.mktemp("start"), one_group(status, fault, running=running))
    assert legal_ways(field)
    ended = field.to_the_end(field.start(field.plan(kind, ["erp"], **more(kind))))
    # A fault keeps a pair from being synchronised, which is read, and no signature passes for it.
    never = kind is RunbookKind.REPROTECT and fault != "0"
    assert ended.phase is (RunPhase.FAILED if never else RunPhase.DONE), faults_of(ended)
    assert legal_ways(field)
    assert field.sandbox.invariants() == []


@pytest.mark.parametrize("kind", JOBS)
def test_every_way_out_of_a_switch_that_failed_leads_out(tmp_path: Path, kind: RunbookKind) -> None:
    broken = Range(tmp_path, one_group("protected", "0", running=True))
    broken.sandbox.fault("job-fails", job_type=JOBS[kind])
    ended = broken.to_the_end(broken.start(broken.plan(kind, ["erp"])))
    assert ended.phase is RunPhase.FAILED
    assert all(each.phase is not StepPhase.READY for each in ended.steps)
    ways = [each for each in ways_out(broken.inventory, "erp") if each.legal and each.kind]
    assert RunbookKind.FAILOVER in {each.kind for each in ways}
    broken.sandbox.save(tmp_path / "broken")
    for way in ways:
        assert way.kind
        field = Range(tmp_path, type(broken.sandbox).load(tmp_path / "broken").world)
        out = field.to_the_end(field.start(field.plan(way.kind, ["erp"])))
        assert out.phase is RunPhase.DONE, faults_of(out)


def test_a_drill_from_beginning_to_end_leaves_only_what_its_ledger_names(tmp_path: Path) -> None:
    field = Range(tmp_path)
    before = set(field.inventory.servers)
    plan = field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1")
    ended = field.to_the_end(field.start(plan))
    assert ended.phase is RunPhase.DONE
    assert set(field.inventory.servers) == before
    assert not field.inventory.drills
    (clock,) = recovery_clocks(ended, field.clock.now())
    assert clock.kept is True


def test_a_drill_that_is_not_released_is_kept(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1")
    ended = field.to_the_end(field.start(plan), lambda title: not title.startswith("Release"))
    phases = {each.title.partition(":")[0]: each.phase for each in ended.steps}
    (left,) = field.inventory.drills.values()
    assert left.name == f"drill-1-{ended.run_id[-6:]}-1"
    assert phases[f"Delete drill {left.name}"] is StepPhase.NOT_SENT
    assert phases["Drill servers gone"] is StepPhase.FAILED  # read at once: there is nothing to wait for
    assert phases["Drill network left over"] is StepPhase.DONE  # the ledger is asked for all the same
    assert ended.phase is RunPhase.FAILED
    cleanup = field.plan(RunbookKind.CLEANUP, drills=(left.name,))
    assert field.to_the_end(field.start(cleanup)).phase is RunPhase.DONE
    assert not field.inventory.drills


def test_a_failed_check_does_not_keep_the_drill_from_being_released(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1")
    ended = field.to_the_end(field.start(plan), lambda title: title != "Logins work: app-01")
    assert ended.phase is RunPhase.FAILED
    assert [each.title for each in ended.steps if each.phase is not StepPhase.DONE] == ["Logins work: app-01"]
    assert not field.inventory.drills


def test_three_tiers_go_over_and_come_back_in_waves(tmp_path: Path) -> None:
    field = Range(tmp_path)
    waves = (["shop-db"], ["shop-app", "shop-web"])
    there = field.to_the_end(field.start(field.plan(RunbookKind.PLANNED_FAILOVER, *waves)))
    assert there.phase is RunPhase.DONE
    db, *others = recovery_clocks(there, field.clock.now())
    assert db.until
    assert all(each.until and each.until > db.until for each in others)
    assert {each.priority_station for each in field.inventory.groups.values()} == {Station.TARGET}
    back = field.to_the_end(field.start(field.plan(RunbookKind.FAILBACK, *waves)))
    assert back.phase is RunPhase.DONE
    assert {each.priority_station for each in field.inventory.groups.values()} == {Station.SOURCE}
    assert field.sandbox.invariants() == []


def test_a_wave_that_is_not_accepted_holds_back_the_next(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], ["shop-app"])
    ended = field.to_the_end(field.start(plan), lambda title: title != "Accepted: shop-db")
    assert ended.phase is RunPhase.FAILED
    assert {each.phase for each in ended.steps if plan.step(each.key).wave == 2} == {StepPhase.NOT_SENT}
    groups = {each.name: each for each in field.inventory.groups.values()}
    assert groups["shop-app"].production_zone == groups["shop-app"].source_zone


def test_a_zone_that_goes_dark_in_the_middle_is_left_by_failover(tmp_path: Path) -> None:
    field = Range(tmp_path, "zone-goes-dark")
    ended = field.to_the_end(field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-app"])))
    assert ended.phase is RunPhase.FAILED
    ways = {each.name: each for each in ways_out(field.inventory, "shop-app")}
    assert ways["failover"].legal
    assert not ways["retry planned failover"].legal
    out = field.to_the_end(field.start(field.plan(RunbookKind.FAILOVER, ["shop-app"])))
    assert out.phase is RunPhase.DONE, faults_of(out)
    assert field.sandbox.state()["scenario"]["reached"] is True


def test_after_a_failover_the_way_back_is_reprotection_and_failback(tmp_path: Path) -> None:
    field = Range(tmp_path, "the-way-back")
    assert (
        field.to_the_end(field.start(field.plan(RunbookKind.REPROTECT, ["shop-app"]))).phase is RunPhase.DONE
    )
    while any(each.replication_status != "active" for each in field.inventory.pairs.values()):
        field.clock.advance(60)
    ended = field.to_the_end(field.start(field.plan(RunbookKind.FAILBACK, ["shop-app"])))
    assert ended.phase is RunPhase.DONE, faults_of(ended)
    assert field.sandbox.state()["scenario"]["reached"] is True


def test_a_server_that_runs_by_itself_after_the_switch_is_not_started_again(tmp_path: Path) -> None:
    field = Range(tmp_path, one_group("protected", "0", running=True))
    plan = field.plan(RunbookKind.FAILOVER, ["erp"])
    run = field.start(plan)
    dr = next(each for each in field.sandbox.world.servers.values() if each.name == "erp-01-dr")
    dr.status = ServerStatus.ACTIVE.value
    ended = field.to_the_end(run)
    assert ended.phase is RunPhase.DONE
    (start,) = [
        each for each in plan.steps if each.change and each.change.operation is Operation.START_SERVER
    ]
    shown = ended.step(start.key)
    assert (shown.job_id, shown.sentence) == ("", "erp-01-dr is ACTIVE already; nothing was sent.")


def test_the_recovery_point_of_each_switch_is_written_down(tmp_path: Path) -> None:
    field = Range(tmp_path)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    field.to_the_end(run)
    points = [
        each.data["recovery_point"]
        for each in field.site.journal.entries(run.id)
        if "recovery_point" in each.data
    ]
    assert [(each["pairs"], each["active"], each["behind"]) for each in points] == [(4, 4, [])]


def test_a_health_check_that_answers_stops_the_clock_before_anybody_signs(tmp_path: Path) -> None:
    field = Range(tmp_path, one_group("protected", "0", running=True))
    with socket.create_server(("127.0.0.1", 0)) as service:
        check = f"tcp://127.0.0.1:{service.getsockname()[1]}"
        run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["erp"], checks={"erp": check}))
        waiting = run.wait(60)
        (clock,) = recovery_clocks(waiting, field.clock.now())
        assert clock.until
        assert clock.kept is True
        ended = field.to_the_end(run)
    assert ended.phase is RunPhase.DONE
    assert [each.sentence for each in ended.steps if each.title == "Service answers: erp"] == ["It answers."]
