import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from drkit import cli
from drkit.errors import InputError, UnknownNameError
from drkit.execution.annotations import sign_off_entry
from drkit.journal import Journal, NewRun
from drkit.report.files import verify_report, write_report
from drkit.report.run_record import RunRecord, report_folder
from tests.closing import at_the_end
from tests.journal.stores import store
from tests.report.stories import START, Story, usual


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """A journal with one run in it, as the story tells it."""
    made = Journal.open(tmp_path / "journal.sqlite", who="duty")
    keep(made, usual())
    yield made
    made.close()


def keep(journal: Journal, story: Story, run_id: str = "run-1") -> None:
    plan, first = story.plan, story.entries[0]
    data = {key: each for key, each in first.data.items() if key not in {"plan", "digest"}}
    backend = plan.backend
    new = NewRun(
        run_id,
        plan.title,
        backend.practice,
        backend.label,
        "practice",
        plan.groups,
        plan.to_json(),
        plan.digest,
        data,
    )
    hold = journal.start(new)
    *inner, last = story.entries[1:]
    for each in inner:
        hold.append(each.kind, each.step, each.data, each.job_id)
    hold.close(last.kind, last.data)


def written(journal: Journal) -> tuple[Path, Path]:
    dossier = RunRecord(journal, "run-1")
    return write_report(dossier.evidence, dossier.folder)


def test_a_report_and_its_new_folder_are_for_their_owner_alone(journal: Journal) -> None:
    page, plain = written(journal)
    page.chmod(0o644)
    assert written(journal) == (page, plain)
    assert {each.stat().st_mode & 0o777 for each in page.parent.iterdir()} == {0o600}
    assert page.parent.stat().st_mode & 0o777 == 0o700


class TestVerifying:
    def test_an_untouched_report_holds_as_page_and_as_json(self, journal: Journal) -> None:
        assert [verify_report(each, journal) for each in written(journal)] == [[], []]
        assert RunRecord(journal, "run-1").verify() == []

    def test_a_number_that_was_altered_in_the_page_is_named_with_its_place(self, journal: Journal) -> None:
        page, _ = written(journal)
        page.write_text(page.read_text().replace("15 min 00 s", "20 min 00 s"))
        [one, *_] = verify_report(page, journal)
        assert "the report says" in one
        assert "20 min 00 s" in one
        assert "the journal gives" in one
        assert RunRecord(journal, "run-1").verify()[0].startswith("PRACTICE-run-1.html: ")

    def test_a_number_that_was_altered_in_the_json_is_named_with_its_path(self, journal: Journal) -> None:
        _, plain = written(journal)
        said = json.loads(plain.read_text())
        said["objectives"]["rpo_target"], said["steps"] = 60, said["steps"][:1]
        plain.write_text(json.dumps(said))
        one, other = verify_report(plain, journal)
        assert one == "objectives.rpo_target: the report says 60, the journal gives 0."
        assert other.startswith("steps: the report says [")

    def test_a_field_that_was_taken_out_or_put_in_is_named(self, journal: Journal) -> None:
        _, plain = written(journal)
        said = json.loads(plain.read_text())
        del said["title"]
        plain.write_text(json.dumps({**said, "praise": "all well"}))
        assert verify_report(plain, journal) == [
            'praise: the report says "all well", the journal gives null.',
            'title: the report says null, the journal gives "Planned failover of billing".',
        ]

    def test_markup_that_was_altered_without_a_word_is_told_by_its_line(self, journal: Journal) -> None:
        page, _ = written(journal)
        page.write_text(page.read_text().replace('<td class="n">', '<td class="n" hidden>', 1))
        [one] = verify_report(page, journal)
        assert one.startswith("All words are the same, but the file differs from line ")

    def test_a_report_of_another_drkit_holds_as_long_as_its_form_is_the_same(self, journal: Journal) -> None:
        dossier = RunRecord(journal, "run-1")
        older = replace(dossier.evidence, written_by="drkit 0.0.9")
        page, plain = write_report(older, dossier.folder)
        assert dossier.verify() == []
        plain.write_text(plain.read_text().replace('"rpo_target": 0', '"rpo_target": 5'))
        assert verify_report(plain, journal) == [
            f"Written by drkit 0.0.9, and this is {dossier.evidence.written_by}: its form may have changed.",
            "objectives.rpo_target: the report says 5, the journal gives 0.",
        ]
        assert "drkit 0.0.9" in page.read_text()

    def test_a_report_altered_all_over_is_told_in_twenty_sentences(self, journal: Journal) -> None:
        page, _ = written(journal)
        head, _, body = page.read_text().partition("<h1>")
        page.write_text(head + "<h1>" + re.sub(r">(\w+)", r">Other words than \1", body))
        told = verify_report(page, journal)
        assert len(told) == 21
        assert told[-1].endswith("more differences.")

    def test_notes_that_were_added_later_leave_an_older_report_right(self, journal: Journal) -> None:
        page, plain = written(journal)
        journal.note("run-1", sign_off_entry("Head of IT", "", accepted=True))
        assert verify_report(page, journal) + verify_report(plain, journal) == []

    def test_a_journal_that_was_altered_is_named(self, journal: Journal) -> None:
        page, _ = written(journal)
        with closing(sqlite3.connect(journal.where)) as connection:
            connection.execute("DROP TRIGGER drkit_entries_no_update")
            connection.execute("UPDATE drkit_entries SET who = 'nobody' WHERE seq = 2")
            connection.commit()
        assert verify_report(page, journal)[0].startswith("The journal of the run: Entry 2")
        assert "does not fit its hash" in RunRecord(journal, "run-1").verify()[0]

    def test_a_report_that_rests_on_an_entry_the_journal_lacks_is_told(self, journal: Journal) -> None:
        _, plain = written(journal)
        said = json.loads(plain.read_text())
        said["record"]["head"] = "f" * 64
        plain.write_text(json.dumps(said))
        assert "this journal does not have" in verify_report(plain, journal)[0]

    def test_a_report_of_a_run_that_is_elsewhere_is_refused(self, journal: Journal, tmp_path: Path) -> None:
        page, _ = written(journal)
        with pytest.raises(UnknownNameError, match="No run is named 'run-1'"):
            verify_report(page, at_the_end.enter_context(Journal.open(tmp_path / "another.sqlite")))

    @pytest.mark.parametrize("content", [b"hello", b"{}", b"{", b"[1]", b"\xff\xfe"])
    def test_a_file_that_is_no_report_is_refused(
        self, journal: Journal, tmp_path: Path, content: bytes
    ) -> None:
        (tmp_path / "file").write_bytes(content)
        with pytest.raises(InputError, match="file"):
            verify_report(tmp_path / "file", journal)

    def test_a_file_that_is_not_there_is_refused(self, journal: Journal, tmp_path: Path) -> None:
        with pytest.raises(InputError, match="cannot be read"):
            verify_report(tmp_path / "absent", journal)


class TestTheFolder:
    def test_it_lies_beside_the_journals_file(self, journal: Journal, tmp_path: Path) -> None:
        assert report_folder(journal) == tmp_path / "reports"

    def test_it_is_where_the_environment_says(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DRKIT_REPORTS", str(tmp_path / "elsewhere"))
        assert report_folder(journal) == tmp_path / "elsewhere"

    def test_it_lies_in_the_data_folder_where_the_journal_is_no_file(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        with store("postgresql", tmp_path) as where, closing(Journal.open(where)) as journal:
            assert report_folder(journal) == tmp_path / "drkit" / "reports"

    def test_nothing_but_the_report_is_left_in_it(self, journal: Journal) -> None:
        page, plain = written(journal)
        assert {each.name for each in page.parent.iterdir()} == {page.name, plain.name}
        assert page.name == "PRACTICE-run-1.html"


class TestTheDossier:
    def test_each_word_that_is_added_is_in_the_report_at_once(self, journal: Journal) -> None:
        dossier = RunRecord(journal, "run-1")
        dossier.note("Went well.", "Database desk", step="2", attachment=("log.txt", "text/plain", b"fine"))
        dossier.add_finding("DNS was slow", "network team", date(2026, 4, 1), step="2")
        dossier.close_finding(1, "TTL is 60 s now")
        page = dossier.sign_off("Head of IT", accepted=True)
        told = page.read_text()
        for words in ("Went well.", "log.txt", "DNS was slow", "TTL is 60 s now", "accepted by Head of IT"):
            assert words in told
        assert dossier.verify() == []
        assert journal.runs()[0].state == "done"


def test_only_a_run_that_did_not_reach_its_aim_is_told_who_goes_on(journal: Journal) -> None:
    record = RunRecord(journal, "run-1")
    record.followed("run-2")  # all went well: nothing is written, so an acceptance stays
    assert record.evidence.followed_by == ()


class TestTheCommand:
    def test_it_writes_the_report_and_prints_where(
        self,
        journal: Journal,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        assert cli.main(["report", "run-1", "--out", str(tmp_path / "out")]) == 0
        page = Path(capsys.readouterr().out.strip())
        assert page == tmp_path / "out" / "PRACTICE-run-1.html"
        assert verify_report(page, journal) == []

    def test_it_prints_json_and_writes_nothing(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        assert cli.main(["report", "run-1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)["verdict"]["carried_out"]["word"] == "as planned"
        assert not report_folder(journal).exists()

    def test_a_run_that_is_not_there_is_one_sentence_and_exit_code_2(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        assert cli.main(["report", "run-2"]) == 2
        assert "No run is named 'run-2'; did you mean 'run-1'?" in capsys.readouterr().err

    def test_verify_says_which_number_does_not_hold(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        _, plain = written(journal)
        plain.write_text(plain.read_text().replace('"rpo_target": 0', '"rpo_target": 5'))
        assert cli.main(["verify", "run-1"]) == 1
        assert "objectives.rpo_target: the report says 5, the journal gives 0." in capsys.readouterr().err


class TestFindingsInTheShell:
    def test_they_are_noted_listed_and_closed(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        due = ("--owner", "network team", "--due", "2026-04-01")
        assert cli.main(["findings", "run-1", "--note", "DNS was\x1b slow", *due]) == 0
        assert cli.main(["findings"]) == 0
        listed = capsys.readouterr().out
        assert listed.count("DNS was") == 2
        assert "network team" in listed
        assert "\x1b" not in listed
        assert cli.main(["findings", "run-1", "--close", "1", "--outcome", "TTL is 60 s now"]) == 0
        assert "closed by duty" not in listed
        assert ": TTL is 60 s now" in capsys.readouterr().out
        assert cli.main(["findings"]) == 0
        assert capsys.readouterr().out == "There are no findings.\n"
        assert cli.main(["findings", "run-1", "--json"]) == 0
        assert json.loads(capsys.readouterr().out)[0]["due"] == "2026-04-01"
        assert RunRecord(journal, "run-1").verify() == []

    def test_a_run_that_was_altered_hides_no_other(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        keep(journal, usual(), "run-2")
        RunRecord(journal, "run-2").add_finding("DNS was slow", "network team", date(2026, 4, 1))
        with closing(sqlite3.connect(journal.where)) as connection:
            connection.execute("DROP TRIGGER drkit_entries_no_update")
            connection.execute("UPDATE drkit_entries SET data = '{' WHERE seq = 2 AND run_id = 'run-1'")
            connection.commit()
        assert cli.main(["findings"]) == 0
        printed = capsys.readouterr()
        assert "DNS was slow" in printed.out
        assert "Entry 2 of run run-1 cannot be read" in printed.err

    @pytest.mark.parametrize(
        ("words", "said"),
        [
            (("--note", "DNS"), "Name the run"),
            (("run-1", "--note", "DNS", "--close", "1"), "not both at once"),
            (("run-1", "--note", "DNS", "--owner", "ops"), "--due"),
            (("run-1", "--note", "DNS", "--due", "2026-04-01"), "Say its owner"),
            (("run-1", "--close", "1"), "open finding"),
            (("run-2",), "No run is named"),
        ],
    )
    def test_what_is_missing_is_said_and_nothing_written(
        self,
        journal: Journal,
        monkeypatch: pytest.MonkeyPatch,
        capsys: pytest.CaptureFixture[str],
        words: tuple[str, ...],
        said: str,
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        assert cli.main(["findings", *words]) == 2
        assert said in capsys.readouterr().err
        assert len(journal.entries("run-1")) == 9

    def test_what_is_no_date_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            cli.main(["findings", "run-1", "--note", "DNS", "--due", "soon"])
        assert "'soon' is no date" in capsys.readouterr().err


def test_the_clock_of_the_story_is_not_the_wall_clock(journal: Journal) -> None:
    """What the journal wrote down counts: the entries here carry the moments of their writing."""
    assert RunRecord(journal, "run-1").evidence.started_at > START
