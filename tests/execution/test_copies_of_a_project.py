"""A team rehearses on a copy of its project, and the night itself is held against it."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from drkit.execution.entries import Planned, Predicted, beginning
from drkit.execution.predicting import unlike_rehearsal
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase
from drkit.plan.objectives import RunbookKind
from tests.execution.copies_drive import Night, Place

DRILL, FAILOVER = RunbookKind.DRILL, RunbookKind.PLANNED_FAILOVER


@pytest.fixture
def night(tmp_path: Path) -> Night:
    return Night(tmp_path)


def carried_out(place: Place, kind: RunbookKind, *groups: str) -> Run:
    run = place.start(place.plan(kind, list(groups), drill_name="drill" if kind is DRILL else ""))
    assert place.to_the_end(run).phase is RunPhase.DONE
    return run


def begun(place: Place, run: Run) -> Planned:
    return beginning(place.site.journal.entries(run.id))


def predicted(place: Place, run: Run) -> Predicted:
    found = begun(place, run).get("predicted")
    assert found
    return found


@pytest.mark.parametrize("kind", [DRILL, FAILOVER])
def test_a_rehearsal_runs_on_a_copy_by_the_projects_own_names(night: Night, kind: RunbookKind) -> None:
    copy = night.copy()
    carried_out(copy, kind, "shop-db")
    assert copy.sandbox.invariants() == []


def test_pairs_are_attached_on_a_copy(tmp_path: Path) -> None:
    copy = Night(tmp_path, "demo").copy()
    run = copy.site.run(
        copy.site.plan_attach("app-01", ["app-cache-01", "app-cache-02"]), confirm="shop-backend"
    )
    assert run.wait(30).phase is RunPhase.DONE
    attached = copy.site.attachments("shop-backend").set_index("pair")
    assert list(attached.loc[["app-cache-01", "app-cache-02"], "device"]) == ["/dev/vdc", "/dev/vdd"]
    assert copy.sandbox.invariants() == []


def test_the_journal_says_of_what_the_world_was_a_copy_and_of_which_reading(night: Night) -> None:
    copy, backend = night.copy(), night.cloud.site.backend
    first = begun(copy, carried_out(copy, FAILOVER, "shop-db"))
    assert first.get("copy_of") == {
        "name": "Open Telekom Cloud sandbox-1",
        "cloud": "Open Telekom Cloud",
        "region": "eu-de",
        "project": "sandbox-1",
        "project_id": backend.project_id,
        "read_at": "2026-01-01T00:00:00+00:00",
        "reading": copy.sandbox.state()["copy_of"]["reading"],
    }
    assert "predicted" not in first


def test_a_run_on_a_world_that_is_no_copy_says_nothing_of_one(night: Night) -> None:
    copy = night.copy()
    copy.site.sandbox.change_world("healthy-three-tier")
    assert "copy_of" not in begun(copy, carried_out(copy, FAILOVER, "shop-db"))


def test_the_night_knows_how_long_each_step_took_in_practice(night: Night) -> None:
    copy = night.copy()
    rehearsal = carried_out(copy, FAILOVER, "shop-db")
    run = carried_out(night.cloud, FAILOVER, "shop-db")
    known = predicted(night.cloud, run)
    assert known.get("run") == rehearsal.id
    assert known.get("copy_of") == begun(copy, rehearsal).get("copy_of")
    practised = {key: step.get("practised") for key, step in known["steps"].items()}
    assert list(practised) == [step.key for step in run.plan.steps]
    assert None not in practised.values()
    switch = next(step.key for step in run.plan.steps if step.kind == "planned_failover")
    assert practised[switch] == pytest.approx(57, abs=12)
    assert known["steps"][switch]["source"] == "assumed"


def test_a_second_run_is_forecast_from_the_first_and_not_from_practice(night: Night) -> None:
    carried_out(night.copy(), FAILOVER, "shop-db")
    carried_out(night.cloud, FAILOVER, "shop-db")
    back = carried_out(night.cloud, RunbookKind.FAILBACK, "shop-db")
    known = predicted(night.cloud, back)
    assert "earlier runs" in {step["source"] for step in known["steps"].values()}
    assert "run" not in known


def test_without_a_rehearsal_of_the_same_kind_and_groups_there_is_the_forecast_alone(night: Night) -> None:
    copy = night.copy()
    carried_out(copy, FAILOVER, "shop-app")
    carried_out(copy, DRILL, "shop-db")
    known = predicted(night.cloud, carried_out(night.cloud, FAILOVER, "shop-db"))
    assert "run" not in known
    assert all("practised" not in step and step["forecast"] > 0 for step in known["steps"].values())


def test_a_rehearsal_on_any_other_world_does_not_count(night: Night) -> None:
    copy = night.copy()
    copy.site.sandbox.change_world("healthy-three-tier")
    carried_out(copy, FAILOVER, "shop-db")
    carried_out(night.copy(project_id="another"), FAILOVER, "shop-db")
    assert "run" not in predicted(night.cloud, carried_out(night.cloud, FAILOVER, "shop-db"))


def test_the_last_rehearsal_that_ended_counts(night: Night) -> None:
    carried_out(night.copy(), FAILOVER, "shop-db")
    night.clock.advance(60)
    copy = night.copy()
    last = carried_out(copy, FAILOVER, "shop-db")
    night.clock.advance(60)
    stopped = night.copy()
    run = stopped.start(stopped.plan(FAILOVER, ["shop-db"]))
    run.stop()
    run.wait(30)
    assert predicted(night.cloud, carried_out(night.cloud, FAILOVER, "shop-db")).get("run") == last.id


def test_a_drill_is_found_by_what_it_does_and_not_by_its_name(night: Night) -> None:
    copy = night.copy()
    rehearsed = copy.start(copy.plan(DRILL, ["shop-db"], drill_name="practice"))
    assert copy.to_the_end(rehearsed).phase is RunPhase.DONE
    run = night.cloud.start(night.cloud.plan(DRILL, ["shop-db"], drill_name="autumn"))
    assert night.cloud.to_the_end(run).phase is RunPhase.DONE
    known = predicted(night.cloud, run)
    assert known.get("run") == rehearsed.id
    assert all("practised" in step for step in known["steps"].values())


def test_a_step_that_was_left_out_in_practice_has_no_figure_from_there(night: Night) -> None:
    copy = night.copy()
    run = copy.start(copy.plan(FAILOVER, ["shop-db"]))
    while (state := run.wait(60)).phase.alive:
        for step in state.steps:
            if Action.SIGN_OFF in step.actions and step.title.startswith("Data is there"):
                run.skip(step.key, "nobody who knows the data was there")
            elif Action.SIGN_OFF in step.actions:
                run.sign_off(step.key, passed=True, who="Duty engineer", note="looked")
    known = predicted(night.cloud, carried_out(night.cloud, FAILOVER, "shop-db"))
    bare = [key for key, step in known["steps"].items() if "practised" not in step]
    assert [run.plan.step(key).title for key in bare] == ["Data is there: shop-db"]


def test_what_was_written_down_of_a_rehearsal_can_be_held_against_its_record(night: Night) -> None:
    first = carried_out(night.copy(), FAILOVER, "shop-db")
    night.clock.advance(60)
    last = carried_out(night.copy(), FAILOVER, "shop-db")
    run = carried_out(night.cloud, FAILOVER, "shop-db")
    record, other, one = (night.cloud.site.journal.entries(each.id) for each in (run, first, last))
    assert unlike_rehearsal(record, one) == []
    assert unlike_rehearsal(record, other) != []
    assert unlike_rehearsal(one, other) == []


def test_a_record_that_was_altered_stops_nobody(night: Night) -> None:
    carried_out(night.copy(), FAILOVER, "shop-db")
    night.clock.advance(60)
    altered = carried_out(night.copy(), FAILOVER, "shop-db")
    with closing(sqlite3.connect(night.journal)) as database, database:
        for trigger in database.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            database.execute(f"DROP TRIGGER {trigger[0]}")
        database.execute("UPDATE drkit_entries SET data = '{}' WHERE run_id = ? AND seq = 0", (altered.id,))
    assert predicted(night.cloud, carried_out(night.cloud, FAILOVER, "shop-db")).get("run") != altered.id
