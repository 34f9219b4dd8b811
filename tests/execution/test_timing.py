"""One clock on the practice range: the same plan gives the same figures at every speed."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.execution.board import Board
from drkit.execution.readings import away_since
from drkit.execution.recovery import RecoveryClock, recovery_clocks
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase
from drkit.execution.timing import RunClock
from drkit.plan.objectives import RunbookKind
from drkit.report.gathering import gather
from drkit.report.page import html
from drkit.report.words import duration
from drkit.runbooks import RehearsalRequest, RehearsalSession
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.execution.rehearsal_drive import Range
from tests.plan.rehearsal_world import asked

WAVES = (["shop-db"], ["shop-app", "shop-web"])
THINKS = 20.0  # seconds before somebody signs


def figures(field: Range) -> list[float]:
    """The outage and the elapsed time of each group, one after the other, each somebody signing after 20 s.

    Of groups side by side, that which came first waits for the other: how long is the machine's to say.
    """
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, *([name] for wave in WAVES for name in wave)))
    while (state := run.wait(60)).phase.alive:
        field.clock.advance(THINKS)
        for each in state.steps:
            if Action.SIGN_OFF in each.actions:
                run.sign_off(each.key, True, "Duty engineer", "looked")
    assert state.phase is RunPhase.DONE
    return told(recovery_clocks(state, field.clock.now()))


def told(clocks: tuple[RecoveryClock, ...]) -> list[float]:
    return [figure for each in clocks for figure in (each.seconds, each.people, each.elapsed)]


@pytest.fixture(scope="module")
def at_speed_1(tmp_path_factory: pytest.TempPathFactory) -> list[float]:
    return figures(Range(tmp_path_factory.mktemp("one"), speed=1.0))


@pytest.mark.slow
@pytest.mark.parametrize("speed", [10.0, 100.0, 1000.0])
def test_one_plan_gives_the_same_figures_at_every_speed(
    tmp_path: Path, at_speed_1: list[float], speed: float
) -> None:
    # Within 5 % but for when the end of a step is seen: one of these nine figures is 9 % off at speed 100.
    same = pytest.approx(at_speed_1, rel=0.1)
    assert figures(Range(tmp_path, speed=speed)) == same
    outage, people, elapsed = at_speed_1[:3]
    assert people == pytest.approx(THINKS)
    assert elapsed == pytest.approx(outage + THINKS), "somebody accepts after another while"


def really(folder: Path, speed: float) -> list[float]:
    """The outage of a group without the time of people, which is the machine's own here; and its report's."""
    with practise(Sandbox("healthy-three-tier", speed=speed), journal=folder / f"{speed}.sqlite") as site:
        return [each.seconds - each.people for each in gather(site.journal.entries(ran(site).id)).clocks]


def ran(site: Site) -> Run:
    run = site.run(site.plan_rehearsal(asked(RunbookKind.PLANNED_FAILOVER, ["shop-db"])), "shop-db")
    while (state := run.wait(60)).phase.alive:
        for each in state.steps:
            if Action.SIGN_OFF in each.actions:
                run.sign_off(each.key, True, "Duty engineer", "looked")
    return run


@pytest.mark.slow
def test_so_it_is_on_the_machines_own_clock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_REPORTS", str(tmp_path / "reports"))
    slow, fast = really(tmp_path, 100), really(tmp_path, 1000)
    assert slow == pytest.approx(fast, rel=0.05)
    assert slow[0] > 60, "in the service's time"


def test_a_run_records_the_speed_of_the_range_and_each_change_of_it(tmp_path: Path) -> None:
    field = Range(tmp_path, speed=100.0)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, *WAVES))
    run.wait(60)
    field.sandbox.speed = 10.0
    field.to_the_end(run)
    entries = field.site.journal.entries(run.id)
    evidence = gather(entries)
    assert evidence.speeds == (100.0, 10.0)
    assert run.state().speeds == (100.0, 10.0)
    assert "The practice range runs at speed 10 from now on." in [each.said for each in evidence.record.lines]
    assert "At speed 100, then 10; durations are in the service" in html(evidence)


def test_a_plan_that_follows_a_run_that_nobody_knows_is_away_since_nobody_knows(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], follows="nobody-knows")
    assert plan.objectives
    assert plan.objectives.follows == "nobody-knows"
    assert away_since(field.site.journal, plan) is None


def test_the_time_of_a_step_that_was_never_begun_is_not_known(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"])
    run = field.start(plan)
    run.stop()
    run.wait(60)
    assert RunClock(run.state(), field.clock.now()).took(plan.steps[-1].key) is None


def test_a_failover_knows_when_an_earlier_run_read_its_group_as_synchronised(tmp_path: Path) -> None:
    field = Range(tmp_path, "zone-goes-dark")
    failed = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-app"]))
    field.to_the_end(failed)
    more = {"declared_at": f"{field.clock.now():%Y-%m-%d %H:%M:%S}", "follows": failed.id}
    over = field.start(field.plan(RunbookKind.FAILOVER, ["shop-app"], **more))
    field.to_the_end(over)
    first, *entries = field.site.journal.entries(over.id)
    (told,) = first.data["synced"].values()
    assert told["run"] == failed.id
    [point] = gather([first, *entries]).points
    assert f"by run {failed.id}" in point.statement
    assert "up to the event" in point.statement
    assert point.kept is False
    (since,) = [each.since for each in recovery_clocks(failed.state(), field.clock.now())]
    assert since
    assert first.data["away"] == {"run": failed.id, "since": since.isoformat()}
    assert "it was not back." in " ".join(each.sentence for each in gather([first, *entries]).deviations)


def test_what_passes_while_nobody_drives_the_run_is_waiting_for_people(tmp_path: Path) -> None:
    field = Range(tmp_path, speed=100.0)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    run.wait(60)
    run.stop()
    run.wait(60)
    field.clock.advance(500)
    again = field.site.resume(run.id)
    ended = field.to_the_end(again)
    (clock,) = recovery_clocks(ended, field.clock.now())
    assert clock.people == pytest.approx(500)
    assert gather(field.site.journal.entries(run.id)).clocks == (clock,)


def test_a_fast_range_teaches_a_slow_one_in_the_services_time(tmp_path: Path) -> None:
    fast = Range(tmp_path, speed=1000.0)
    there = fast.to_the_end(fast.start(fast.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"])))
    slow = Range(tmp_path, speed=1.0)  # with the same journal
    session = RehearsalSession(RehearsalRequest("planned_failover"), site=slow.site, clock=slow.clock)
    plan = slow.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"])
    switch = next(each for each in plan.steps if each.kind == "planned_failover")
    job = there.step(switch.key)
    told = session.ahead(plan).of(switch.key).expected
    assert told.what == "planned failover of up to 4 pairs"
    assert told.usual == pytest.approx(sum(each.seconds for each in job.spells))
    assert told.usual > 20


def test_a_clock_that_is_set_moves_no_figure_on_the_screen(tmp_path: Path) -> None:
    field = Range(tmp_path)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    session = RehearsalSession(RehearsalRequest("planned_failover"), site=field.site, clock=field.clock)
    run.wait(60)
    (before,) = session.clocks_of(run)
    for hours in (-3, 6):
        field.clock.set_by(hours * 3600)
        field.clock.advance(60)
    (after,) = session.clocks_of(run)
    assert after.seconds == pytest.approx(before.seconds + 120)
    assert session.ahead(run.plan, run.state()).usual_end < run.state().started_at + timedelta(hours=1)


def test_after_a_restart_only_the_wall_tells_and_never_goes_back(tmp_path: Path) -> None:
    field = Range(tmp_path)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    state = run.wait(60)
    assert state.written
    written, elsewhere = state.written[0], SteppedClock(state.written[0] + timedelta(minutes=1))
    assert state.now(elsewhere) == written + timedelta(minutes=1)
    elsewhere.set_by(-3600)
    assert state.now(elsewhere) == written
    assert replace(state, written=None).now(elsewhere) == elsewhere.now()


def test_an_outage_that_began_before_the_run_was_that_long_or_longer(tmp_path: Path) -> None:
    field = Range(tmp_path)
    names = {each.name: each for each in field.inventory.groups.values()}
    (first, *_) = field.inventory.instances_of(names["shop-app"].id)
    field.sandbox.world.servers[first.production_server_id].status = "SHUTOFF"
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db", "shop-app"]))
    state = field.to_the_end(run)
    clocks = {each.group: each for each in recovery_clocks(state, field.clock.now())}
    assert (clocks["shop-db"].at_least, clocks["shop-db"].kept) == (False, True)
    assert (clocks["shop-app"].at_least, clocks["shop-app"].kept) == (True, None)
    assert replace(clocks["shop-app"], target=1).kept is False
    evidence = gather(field.site.journal.entries(run.id))
    page = html(evidence)
    assert f"at least {duration(clocks['shop-app'].seconds)}" in page
    assert "not known: a server of it was off before the run" in page


def test_a_record_that_holds_no_snapshot_says_of_no_server_that_it_was_off(tmp_path: Path) -> None:
    field = Range(tmp_path)
    run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    first = field.site.journal.entries(run.id)[0]
    former = replace(first, data={key: each for key, each in first.data.items() if key != "snapshot"})
    assert Board.replay([former]).state().off_before == frozenset()
