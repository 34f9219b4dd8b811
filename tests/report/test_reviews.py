import json
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

import drkit
from drkit import cli
from drkit.clock import SteppedClock
from drkit.errors import InputError
from drkit.execution.annotations import closing_entry as closed
from drkit.execution.annotations import finding_entry, findings
from drkit.journal import Journal
from drkit.model import Backend
from drkit.report.reviews import Review, Reviews
from tests.report.stories import AIMS, PRACTICE, REAL, START, Story, hand_step, plan_of, usual_plan
from tests.report.test_report_files import keep

NOW = START + timedelta(days=100)


def story(day: int = 0, backend: Backend = REAL, target: int = 900, group: str = "billing") -> Story:
    aims = replace(AIMS, rto_targets=(("g1", target),))
    plan = replace(usual_plan(aims, backend), groups=(("g1", group),))
    told = Story(plan, run_id=f"run-{day}-{group}", start=START + timedelta(days=day))
    return told.sent().done().signed("2").signed("3").ends()


def review(*stories: Story, practice: bool = False, days: int = 90, groups: tuple[str, ...] = ()) -> Review:
    return Review(tuple(each.evidence for each in stories), practice, NOW, days, groups)


class TestTheTables:
    def test_each_rehearsal_stands_with_its_recovery_time_and_target_the_newest_first(self) -> None:
        table = review(story(0), story(10, target=30)).rehearsals
        assert table["run"].tolist() == ["run-10-billing", "run-0-billing"]
        assert table["recovery_seconds"].tolist() == [40.0, 40.0]
        assert table["people_seconds"].tolist() == [10.0, 10.0]
        assert table["kept"].tolist() == [False, True]
        assert table["backend"].tolist() == ["Open Telekom Cloud eu-de eu-de_shop"] * 2

    def test_a_change_without_objectives_is_no_rehearsal(self) -> None:
        change = Story(plan_of(hand_step("1", "Look", needs=()), aims=None)).signed("1").ends()
        assert review(change).rehearsals.empty
        assert review(change).overdue["group"].tolist() == ["billing"]

    def test_steps_tell_the_usual_the_fastest_and_the_slowest_and_leave_retried_ones_out(self) -> None:
        retried = Story(usual_plan(), run_id="retried").sent().failed().sent().done()
        table = review(story(0), story(1), retried).steps
        columns = ("times", "usual_seconds", "fastest_seconds", "slowest_seconds")
        assert [table[each][0] for each in columns] == [2, 20, 20, 20]
        assert table["step"].tolist()[0] == "planned failover"

    def test_failures_are_counted_by_their_code(self) -> None:
        story = Story(usual_plan()).sent().failed().sent().failed().sent().done()
        story.signed("2").signed("3", passed=False).ends("failed")
        table = review(story).failures
        assert table[["code", "step", "times"]].to_numpy().tolist() == [
            ["SDRS.2005", "planned failover", 2],
            ["no code", "Accepted", 1],
        ]
        assert table["last_at"][0] > START

    def test_a_group_is_overdue_when_its_last_proving_rehearsal_is_too_long_ago(self) -> None:
        table = review(story(0, group="old"), story(99, group="fresh")).overdue
        assert table[["group", "days"]].to_numpy().tolist() == [["old", 100]]

    def test_a_failed_rehearsal_proves_nothing(self) -> None:
        failed = (
            Story(usual_plan(backend=REAL), run_id="f", start=NOW)
            .sent()
            .failed()
            .left("2")
            .left("3")
            .ends("failed")
        )
        table = review(story(0), failed).overdue
        assert table["days"].tolist() == [100]

    def test_a_group_that_no_run_ever_touched_is_overdue_when_it_is_asked_for(self) -> None:
        table = review(story(99), groups=("ledger", "billing")).overdue
        assert table["group"].tolist() == ["ledger"]
        assert table["days"].isna().all()

    def test_open_findings_stand_by_their_due_date_and_closed_ones_are_left_out(self) -> None:
        told = story(0)
        for due in (date(2026, 9, 1), date(2026, 5, 1), date(2026, 6, 1)):
            told.added(finding_entry(f"due {due}", "ops", due))
        told.added(closed(findings(told.entries), 3, "done"))
        table = review(told).findings
        assert table["finding"].tolist() == ["due 2026-05-01", "due 2026-09-01"]
        assert table["overdue"].tolist() == [True, False]

    def test_empty_tables_keep_their_columns_and_types(self) -> None:
        empty, full = review(groups=()), review(story(0).added(finding_entry("x", "ops", date(2026, 4, 1))))
        for name in ("rehearsals", "steps", "failures", "overdue", "findings"):
            bare = getattr(empty, name)
            assert bare.empty
            assert list(bare.dtypes.items()) == list(getattr(full, name).dtypes.items())


class TestThePictures:
    def test_they_show_every_group_with_its_share_of_the_target(self) -> None:
        drawn = review(
            story(0), story(10, target=30), story(10, group="<b>shop</b> $x$"), story(50)
        ).recovery_picture
        words = ["".join(each.itertext()) for each in ElementTree.fromstring(str(drawn)).iter()]
        assert {"billing", "<b>shop</b> $x$", "target"} <= set(words)
        assert drawn._repr_svg_() == str(drawn)

    def test_what_took_far_too_long_is_drawn_at_the_edge_and_said_in_figures(self) -> None:
        assert "billing: 4,000 %" in review(story(0, target=1)).recovery_picture

    def test_runs_of_one_day_do_not_span_years(self) -> None:
        drawn = str(review(story(0)).recovery_picture)
        assert "Mar-01" in drawn
        assert "2025" not in drawn

    def test_there_is_none_where_there_is_nothing_to_draw(self) -> None:
        assert review().recovery_picture == ""
        assert review().durations_picture._repr_svg_() is None

    def test_durations_say_the_usual_and_the_slowest(self) -> None:
        assert "usually 20 s, slowest 20 s, seen 2 times" in review(story(0), story(1)).durations_picture

    def test_a_review_shows_itself_as_its_sentence_and_its_pictures(self) -> None:
        shown = review(story(0))._repr_html_()
        assert shown.count("<svg ") == 2
        assert "Real runs: 1 rehearsal of 1 group, 0 of them not carried out to the end; " in shown
        assert "objectives missed 0 times; " in shown
        assert "1 group without a rehearsal for 90 days; 0 open findings." in shown


class TestReviewingAJournal:
    @pytest.fixture
    def file(self, tmp_path: Path) -> Path:
        where = tmp_path / "journal.sqlite"
        with closing(Journal.open(where)) as journal:
            keep(journal, story(0, REAL), "real-1")
            keep(journal, story(0, PRACTICE), "practice-1")
        return where

    def test_practice_and_real_runs_are_kept_apart(self, file: Path) -> None:
        found: Reviews = drkit.review(file)
        assert found.real.rehearsals["run"].tolist() == ["real-1"]
        assert found.practice.rehearsals["run"].tolist() == ["practice-1"]
        assert found.problems == ()
        assert found.practice.title == "PRACTICE"

    def test_a_profile_that_names_a_journal_has_its_own_runs_reviewed(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        (tmp_path / "profiles.toml").write_text(f'[night]\ncloud = "env"\njournal = "{file}"\n')
        monkeypatch.setenv("DRKIT_PROFILES", str(tmp_path / "profiles.toml"))
        assert len(drkit.review(profile="night").real.runs) == 1
        assert drkit.review().real.runs == ()
        with pytest.raises(drkit.ProfileError, match="'nope'"):
            drkit.review(profile="nope")

    def test_the_days_count_from_the_clock(self, file: Path) -> None:
        assert drkit.review(file).real.overdue.empty
        later = drkit.review(file, clock=SteppedClock(START.replace(year=2100)))
        assert later.real.overdue["group"].tolist() == ["billing"]

    def test_it_tells_drkit_run_the_outcome_with_the_groups_that_are_overdue(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        from drkit.headless.outcome import read_outcome

        monkeypatch.setenv("DRKIT_OUTCOME", str(tmp_path / "outcome"))
        told = drkit.review(file, groups=["ledger"]).report()
        assert told.real.sentence in told._repr_html_()
        outcome = read_outcome(tmp_path / "outcome")
        assert outcome
        assert (outcome.exit, outcome.sentence) == (1, " ".join(told.sentences))
        assert {"runs": "Real runs", "overdue": "group ledger"} in outcome.table

    def test_a_run_whose_record_cannot_be_read_is_left_out_and_named(self, file: Path) -> None:
        import sqlite3

        with closing(sqlite3.connect(file)) as connection:
            connection.execute("DROP TRIGGER drkit_entries_no_update")
            connection.execute("UPDATE drkit_entries SET data = '{}' WHERE run_id = 'real-1' AND seq = 0")
            connection.commit()
        found = drkit.review(file)
        assert found.real.rehearsals.empty
        [problem] = found.problems
        assert problem.startswith("Run real-1 is left out")
        assert found.exit_code == 1

    def test_the_shell_ends_with_1_where_a_group_or_a_finding_is_overdue(
        self, file: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", str(file))
        assert cli.main(["runs", "--overdue", "100000"]) == 0
        told = capsys.readouterr().out
        assert "Real runs: 1 rehearsal" in told
        with closing(Journal.open(file)) as journal:
            journal.note("real-1", finding_entry("DNS\x1b was slow", "network team", date(2020, 1, 1)))
        assert cli.main(["runs", "--overdue", "100000"]) == 1
        told = capsys.readouterr().out
        assert "finding 1 of real-1, network team: DNS" in told
        assert "\x1b" not in told
        assert cli.main(["runs", "--overdue", "100000", "--json"]) == 1
        assert json.loads(capsys.readouterr().out)[0]["runs"] == "Real runs"
        assert cli.main(["runs", "--overdue", "0"]) == 2

    def test_practice_is_judged_where_there_are_no_real_runs_and_real_ones_where_there_are(
        self, file: Path, tmp_path: Path
    ) -> None:
        late = finding_entry("DNS was slow", "network team", date(2020, 1, 1))
        with closing(Journal.open(file)) as journal:
            practised = next(row.id for row in journal.runs() if row.practice)
            journal.note(practised, late)
        assert [row["runs"] for row in drkit.review(file, days=100000).rows] == ["PRACTICE"]
        assert drkit.review(file, days=100000).exit_code == 0
        with closing(Journal.open(tmp_path / "practice.sqlite")) as journal:
            keep(journal, story(0, PRACTICE), "practice-1")
            journal.note("practice-1", late)
        assert drkit.review(tmp_path / "practice.sqlite", days=100000).exit_code == 1

    def test_days_below_one_are_refused(self, file: Path) -> None:
        with pytest.raises(InputError, match="days must be 1 or more"):
            drkit.review(file, days=0)


@pytest.mark.slow
def test_the_notebook_runs_without_a_screen_and_tells_both_sides(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with closing(Journal.open(tmp_path / "journal.sqlite")) as journal:
        keep(journal, story(0, REAL), "real-1")
    words = ["-p", f"journal={journal.where}", "--out", str(tmp_path)]
    assert cli.main(["run", "60_review_rehearsals", *words]) == 0
    told = capsys.readouterr().out
    assert "Real runs: 1 rehearsal of 1 group" in told
    assert "PRACTICE: no rehearsal yet." in told
