"""Servers that start level by level: the pause and the check between two of them are carried out and kept."""

import threading
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path

import pytest

from drkit.execution import forecast
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.plan import RunbookKind
from drkit.report.gathering import gather
from drkit.report.page import html
from drkit.runbooks.rows import plan_rows
from tests.execution.rehearsal_drive import PATIENCE, Range

pytestmark = pytest.mark.slow  # whole runs


@pytest.fixture
def field(tmp_path: Path) -> Range:
    return Range(tmp_path)


def started(field: Range, *order: str) -> Run:
    return field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-app"], order=order))


def started_and(field: Range, *order: str, do: Callable[[Run], object]) -> Run:
    """A run with which something is done while what stands between the two levels is under way."""
    begun, ours = Future[Run](), threading.get_ident()

    def look() -> None:
        if threading.get_ident() != ours:
            run = begun.result(PATIENCE)
            if run.state().steps[4].phase is StepPhase.WORKING:
                do(run)

    field.clock.before = look
    begun.set_result(run := started(field, *order))
    return run


def stopped_in_the_pause(field: Range) -> Run:
    run = started_and(field, "app-02; 3 h", "app-01", do=Run.stop)
    assert run.wait(PATIENCE).phase is RunPhase.STOPPED
    del field.clock.before
    return run


def test_the_next_level_starts_when_the_pause_is_over(field: Range) -> None:
    run = started(field, "app-02; 5 min", "app-01; stop 1 min")
    state = field.to_the_end(run)
    assert state.phase is RunPhase.DONE
    steps = {each.title: each for each in state.steps}
    pause = steps["Wait 5 min after app-02-dr"]
    first, second = steps["Start app-02-dr"], steps["Start app-01-dr"]
    assert first.ended_at and pause.started_at and pause.ended_at and second.started_at
    assert pause.started_at >= first.ended_at
    assert 300 <= (pause.ended_at - pause.started_at).total_seconds() < 310
    assert second.started_at >= pause.ended_at
    assert pause.sentence == "5 min have passed."
    rest, stop = steps["Wait 1 min once app-01 has stopped"], steps["Stop app-02 (soft)"]
    assert rest.started_at and rest.ended_at and stop.started_at
    assert (rest.ended_at - rest.started_at).total_seconds() >= 60
    assert stop.started_at >= rest.ended_at
    page = html(gather(field.site.journal.entries(run.id)))
    assert "Order in shop-app: 1. app-02 (then 5 min); 2. app-01." in page
    assert "Wait 5 min after app-02-dr" in page


def test_the_order_is_shown_before_the_start_with_the_time_it_costs(field: Range) -> None:
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-app"], order=["app-02; 5 min", "app-01"])
    rows = {row["title"]: row for row in plan_rows(plan, forecast(plan, {}, field.clock.now()))}
    assert rows["Wait 5 min after app-02-dr"]["how"] == "waits"
    assert rows["Wait 5 min after app-02-dr"]["usually"].startswith("5 min 00 s")


def test_a_pause_can_be_left_out(field: Range) -> None:
    run = stopped_in_the_pause(field)
    assert run.state().steps[4].actions == (Action.SKIP,)
    again = Run.resume(run.id, client=field.site.client, journal=field.site.journal, clock=field.clock)
    assert field.to_the_end(again).phase is RunPhase.DONE


def test_a_pause_goes_on_where_it_was_when_the_run_is_gone_on_with(field: Range) -> None:
    run = stopped_in_the_pause(field)
    begun = run.state().steps[4].started_at
    field.clock.advance(2 * 3600)
    again = Run.resume(run.id, client=field.site.client, journal=field.site.journal, clock=field.clock)
    pause = field.to_the_end(again).steps[4]
    assert begun and pause.ended_at
    assert pause.started_at == begun
    assert 3 * 3600 <= (pause.ended_at - begun).total_seconds() < 3 * 3600 + 30


def test_a_level_whose_check_does_not_hold_holds_back_the_next(field: Range) -> None:
    held: list[StepPhase] = []

    def sign_off(run: Run) -> None:
        if run.state().steps[4].actions:
            held.append(run.state().steps[5].phase)
            run.sign_off(run.state().steps[4].key, True, "Duty engineer", "the database answers from inside")

    run = started_and(field, "app-02; tcp://nowhere.invalid:1", "app-01", do=sign_off)
    assert field.to_the_end(run).phase is RunPhase.DONE
    assert held == [StepPhase.WAITING]
