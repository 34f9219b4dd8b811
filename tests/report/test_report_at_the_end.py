"""Real runs on the practice range, each of which leaves its report, however it ends."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit import cli
from drkit.execution.run import Run
from drkit.execution.states import RunPhase
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan
from drkit.report.run_record import RunRecord
from tests.execution.rehearsal_drive import Range
from tests.execution.stage import until

pytestmark = pytest.mark.slow  # whole runs, half a second and more each


@pytest.fixture
def field(tmp_path: Path) -> Iterator[Range]:
    made = Range(tmp_path)
    yield made
    made.site.close()


def start(field: Range, plan: Plan) -> Run:
    return field.site.run(plan, ", ".join(name for _, name in plan.groups))


def left(field: Range, run: Run) -> RunRecord:
    """The record of a run whose report is there and holds."""
    dossier = field.site.record(run.id)
    assert [each.suffix for each in dossier.written] == [".html", ".json"]
    assert dossier.verify() == []
    return dossier


def test_a_drill_leaves_a_report_with_its_ledger_and_both_states(field: Range) -> None:
    run = start(field, field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1"))
    field.to_the_end(run)
    evidence = left(field, run).evidence
    assert evidence.verdict.carried_out.word == "as planned"
    assert [each.settled for each in evidence.ledger] == [True, True, True]
    assert evidence.before
    assert evidence.after
    assert [each.kept for each in evidence.clocks] == [True]


def test_a_planned_failover_leaves_its_recovery_point_and_the_jobs_of_every_pair(field: Range) -> None:
    run = start(field, field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], ["shop-app"]))
    field.to_the_end(run)
    evidence = left(field, run).evidence
    assert [(each.group, each.kept) for each in evidence.points] == [("shop-db", True), ("shop-app", True)]
    switches = [each for each in evidence.steps if each.title.startswith("Planned failover")]
    assert [len(each.sub_jobs) for each in switches] == [4, 4]
    assert evidence.after
    assert {each["production_zone"] for each in evidence.after["groups"]} == {"sandbox-1b"}


def test_a_switch_that_failed_leaves_a_report_that_says_so(field: Range) -> None:
    field.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG")
    run = start(field, field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    assert field.to_the_end(run).phase is RunPhase.FAILED
    evidence = left(field, run).evidence
    assert evidence.verdict.carried_out.word == "failed"
    assert evidence.verdict.carried_out.sentence.startswith("Not recovered: shop-db.")
    assert any(each.code for each in evidence.steps if each.phase == "failed")
    assert {each.phase for each in evidence.steps if each.how == "by hand"} == {"not sent"}


def test_a_run_that_was_stopped_leaves_a_report_of_what_was_not_done(field: Range) -> None:
    run = start(field, field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1"))
    run.wait(60)  # until somebody is asked
    run.stop()
    run.wait(60)
    evidence = left(field, run).evidence
    assert evidence.verdict.carried_out.word == "stopped"
    assert len(evidence.not_executed) == len(evidence.steps) - 1
    assert evidence.after is None
    (made,) = field.inventory.drills.values()
    assert made.name == f"drill-1-{run.id[-6:]}-1"
    assert (evidence.ledger[0].what, evidence.ledger[0].settled) == (f"Drill {made.name}", False)
    assert (evidence.steps[0].title, evidence.steps[0].does) == (
        f"Create drill {made.name} of shop-app",
        f"create drill, name {made.name}",
    )
    assert evidence.ledger[0].state.startswith("made by this run, and not deleted by it")


def test_a_run_that_is_gone_on_with_leaves_a_new_report(field: Range) -> None:
    run = start(field, field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1"))
    run.wait(60)
    run.stop()
    run.wait(60)
    again = field.site.resume(run.id)
    field.to_the_end(again)
    evidence = left(field, run).evidence
    assert (evidence.verdict.carried_out.word, evidence.deviations) == (
        "as planned",
        (),
    )  # it only waited for an answer


def test_a_run_that_was_stopped_while_something_was_under_way_deviates(field: Range) -> None:
    field.sandbox.fault("job-stuck")
    run = start(field, field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1"))
    until(run, lambda now: bool(now.steps[0].job_id))
    run.stop()
    run.wait(60)
    field.sandbox.clear_faults()
    field.to_the_end(field.site.resume(run.id))
    told = " ".join(each.sentence for each in left(field, run).evidence.deviations)
    assert "The run stopped at" in told
    assert "Under way at the service when it stopped: Create drill" in told
    assert "The run was gone on with at" in told


def test_the_plan_in_the_report_is_the_one_that_was_confirmed(field: Range) -> None:
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"])
    run = start(field, plan)
    field.to_the_end(run)
    assert left(field, run).evidence.plan_digest == plan.digest


def test_a_runbook_without_a_screen_leaves_its_report_in_the_folder_of_all_reports(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    monkeypatch.delenv("DRKIT_REPORTS", raising=False)
    monkeypatch.setenv("DRKIT_SANDBOX_SPEED", "2000")
    wish = ("group=shop-backend", "instance=app-01", "pairs=app-cache-01", "confirm=shop-backend")
    words = [word for each in wish for word in ("-p", each)]
    assert cli.main(["run", "20_attach_pairs", *words, "--out", str(tmp_path / "out")]) == 0
    assert {each.suffix for each in (tmp_path / "out").iterdir()} == {".ipynb"}
    assert {each.suffix for each in (tmp_path / "reports").iterdir()} == {".html", ".json"}


def test_a_run_that_failed_names_in_its_report_the_run_that_goes_on_from_it(field: Range) -> None:
    field.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG")
    failed = start(field, field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
    assert field.to_the_end(failed).phase is RunPhase.FAILED
    again = start(field, field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], follows=failed.id))
    field.to_the_end(again)
    assert left(field, failed).evidence.followed_by == (again.id,)
    objectives = left(field, again).evidence.objectives
    assert objectives
    assert objectives.follows == failed.id


def test_a_predecessor_that_is_not_in_the_journal_keeps_no_run_from_going_on(
    field: Range, caplog: pytest.LogCaptureFixture
) -> None:
    run = start(field, field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], follows="run-0"))
    field.to_the_end(run)
    assert "Run run-0 cannot name" in caplog.text
