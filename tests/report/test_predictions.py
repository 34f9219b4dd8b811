"""Predicted beside observed: what was written down at the start, and what the steps then took."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from drkit.report.evidence import Evidence
from drkit.report.files import verify_report
from drkit.report.page import html
from drkit.report.run_record import RunRecord
from tests.execution.copies_drive import Night
from tests.execution.test_copies_of_a_project import FAILOVER, carried_out
from tests.report.stories import REAL, Story, usual_plan
from tests.report.test_report_files import keep

COPY = {
    "name": "Open Telekom Cloud eu-de_shop",
    "cloud": "Open Telekom Cloud",
    "region": "eu-de",
    "project": "eu-de_shop",
    "project_id": "0a1b2c",
    "read_at": "2026-02-20T18:00:00+00:00",
    "reading": "5f" * 32,
}
STEPS: dict[str, Any] = {
    "1": {"forecast": 180.0, "source": "assumed", "practised": 57.0},
    "2": {"forecast": 300.0, "source": "earlier runs", "practised": 10.0},
    "3": {"forecast": 300.0, "source": "assumed"},
}
REHEARSED = {"predicted": {"run": "practice-7", "copy_of": COPY, "steps": STEPS}}


def told(more: dict[str, Any]) -> Evidence:
    """A switch that took ten seconds, an answer after ten, and a step that was left out."""
    story = Story(usual_plan(backend=REAL), more)
    return story.sent().done().signed("2", note="It answers").skipped("3").ends().evidence


def words(evidence: Evidence) -> str:
    section = re.search(r'<section id="predictions">.*?</section>', html(evidence), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", section[0]).split()) if section else ""


def test_each_step_has_practice_forecast_and_now_and_what_lies_between() -> None:
    found = told(REHEARSED).predictions
    assert found
    first, second, third = found.steps
    assert (first.practised, first.forecast, first.observed) == (57.0, 180.0, 20.0)
    assert (first.beyond_practice, first.beyond_forecast) == (-37.0, -160.0)
    assert (second.observed, second.beyond_practice) == (10.0, 0.0)
    assert (third.practised, third.observed, third.beyond_practice, third.beyond_forecast) == (None,) * 4


def test_the_page_says_it_in_words_and_where_there_is_nothing_says_so() -> None:
    text = words(told(REHEARSED))
    assert "Rehearsed before in practice run practice-7, on a copy of Open Telekom Cloud eu-de_shop" in text
    assert "read at 2026-02-20 18:00:00 UTC. How long" in text
    assert "57 s 3 min 00 s assumed 20 s −37 s −2 min 40 s" in text
    assert "10 s 5 min 00 s earlier runs 10 s as long −4 min 50 s" in text
    assert "none 5 min 00 s assumed not done none none" in text


def test_a_run_that_was_not_rehearsed_says_so_plainly() -> None:
    bare = {key: {"forecast": step["forecast"], "source": step["source"]} for key, step in STEPS.items()}
    assert "This plan was not rehearsed on a copy of this project before" in words(
        told({"predicted": {"steps": bare}})
    )


def test_a_run_of_before_predictions_were_written_down_has_no_such_section() -> None:
    evidence = told({})
    assert evidence.predictions is None
    assert words(evidence) == ""


def test_a_practice_run_on_a_copy_says_of_what_on_its_band() -> None:
    evidence = Story(usual_plan(), {"speed": 10.0, "copy_of": COPY}).sent().done().ends().evidence
    assert evidence.copy_of == COPY
    assert evidence.record.lines[0].said.endswith(", 3 steps, on a copy of Open Telekom Cloud eu-de_shop")
    assert "5f" * 32 in html(evidence)
    assert "Its world was a copy of Open Telekom Cloud eu-de_shop, read at 2026-02-20 18:00:00 UTC" in html(
        evidence
    )
    assert "Its world" not in html(Story(usual_plan(), {"speed": 10.0}).ends().evidence)


def test_names_of_a_project_are_escaped() -> None:
    nasty = "<script>alert(1)</script>"
    named: dict[str, Any] = {"predicted": {**REHEARSED["predicted"], "copy_of": {**COPY, "name": nasty}}}
    assert nasty not in html(told(named))


@pytest.mark.parametrize("key", ["observed", "practised", "forecast", "beyond_practice"])
def test_a_number_that_was_altered_does_not_hold(tmp_path: Path, key: str) -> None:
    night = Night(tmp_path)
    carried_out(night.copy(), FAILOVER, "shop-db")
    run = carried_out(night.cloud, FAILOVER, "shop-db")
    record = RunRecord(night.cloud.site.journal, run.id, tmp_path / "reports")
    page = record.write()
    plain = page.with_suffix(".json")
    assert record.verify() == []
    assert any("how long its steps took in practice, by run" in line for line in record.prove().checked)
    written = json.loads(plain.read_text())
    written["predictions"]["steps"][0][key] += 1
    plain.write_text(json.dumps(written))
    (fault,) = verify_report(plain, night.cloud.site.journal)
    assert fault.startswith(f"predictions.steps[0].{key}: the report says")


def told_of(night: Night, run_id: str, practised: dict[str, float]) -> None:
    """A run on the cloud that says so of its rehearsal."""
    steps = {
        key: {"forecast": 60.0, "source": "assumed", "practised": seconds}
        for key, seconds in practised.items()
    }
    more = {"predicted": {"run": run_id, "copy_of": COPY, "steps": steps}}
    story = Story(usual_plan(backend=REAL), more).sent().done().signed("2", note="It answers").ends()
    keep(night.cloud.site.journal, story)


def test_what_the_rehearsals_own_record_does_not_say_does_not_hold(tmp_path: Path) -> None:
    night = Night(tmp_path)
    rehearsal = carried_out(night.copy(), FAILOVER, "shop-db")
    told_of(night, rehearsal.id, {"1": 57.0})
    proof = RunRecord(night.cloud.site.journal, "run-1", tmp_path / "reports").prove()
    assert f"Steps 1: how long they took in practice is not what run {rehearsal.id} says." in proof.faults


def test_a_rehearsal_that_another_journal_has_is_said_to_be_unchecked(tmp_path: Path) -> None:
    night = Night(tmp_path)
    told_of(night, "elsewhere", {"1": 57.0})
    proof = RunRecord(night.cloud.site.journal, "run-1", tmp_path / "reports").prove()
    assert "how long its steps took in practice: run elsewhere cannot be read here" in proof.unchecked
