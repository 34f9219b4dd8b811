"""What `drkit verify` holds a record against, and what somebody without the key can make it believe."""

import json
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from drkit import cli
from drkit.errors import InputError
from drkit.execution.annotations import sign_off_entry
from drkit.journal import Journal
from drkit.report.drawing import COLOURS
from drkit.report.files import write_report
from drkit.report.gathering import gather
from drkit.report.proving import prove
from drkit.report.run_record import RunRecord, report_folder
from tests.journal.forging import cut_off, unlocked, written_anew
from tests.journal.test_journal_entries import altered
from tests.report.stories import usual
from tests.report.test_report_files import keep

Verify = Callable[..., tuple[int, str, str]]


@pytest.fixture
def file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "journal.sqlite"
    monkeypatch.setenv("DRKIT_JOURNAL", str(path))
    monkeypatch.setenv("DRKIT_KEY", str(tmp_path / "key.pem"))
    return path


@pytest.fixture
def journal(file: Path) -> Iterator[Journal]:
    """A journal with one run in it, and its report."""
    made = Journal.open(file, who="duty")
    keep(made, usual())
    RunRecord(made, "run-1").write()
    yield made
    made.close()


@pytest.fixture
def verify(capsys: pytest.CaptureFixture[str]) -> Verify:
    def command(*words: str) -> tuple[int, str, str]:
        code = cli.main(["verify", *words])
        printed = capsys.readouterr()
        return code, printed.out, printed.err

    return command


def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on nobody has the key or the anchors: another machine."""
    monkeypatch.setenv("DRKIT_KEY", str(tmp_path / "elsewhere" / "key.pem"))
    monkeypatch.setenv("DRKIT_ANCHORS", str(tmp_path / "elsewhere" / "anchors.jsonl"))


def page_of(journal: Journal) -> Path:
    return report_folder(journal) / "PRACTICE-run-1.html"


class TestWhatHolds:
    def test_it_is_never_said_without_against_what(self, journal: Journal, verify: Verify) -> None:
        code, told, wrong = verify("run-1")
        assert (code, wrong) == (0, "")
        head = journal.entries("run-1")[-1].hash
        assert f"Checked: its chain: 9 entries, the last with hash {head}" in told
        assert f"Checked: {page_of(journal)}\n" in told
        assert f"Checked: {page_of(journal).with_suffix('.json')}\n" in told
        assert "Not checked" not in told
        assert told.endswith(
            f"Run run-1 holds against the key of this machine, {journal.public_key}, its anchors in "
            f"{journal.anchors.where}, which know 9 of its 9 entries.\n"
        )

    def test_the_report_prints_the_key_that_signed_and_never_the_other_half(
        self, journal: Journal, tmp_path: Path
    ) -> None:
        page, plain = page_of(journal), page_of(journal).with_suffix(".json")
        assert journal.public_key in page.read_text()
        assert json.loads(plain.read_text())["record"]["seals"][0]["key"] == journal.public_key
        secret = (tmp_path / "key.pem").read_text().splitlines()[1]
        database = (tmp_path / "journal.sqlite").read_bytes()
        assert len(secret) > 40
        assert secret not in page.read_text() + plain.read_text()
        assert secret.encode() not in database

    def test_where_nothing_outside_is_there_it_cannot_be_told(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        key = journal.public_key
        elsewhere(tmp_path, monkeypatch)
        code, told, _ = verify("run-1")
        assert code == 3
        assert f"Not checked: whose key signed it, {key}" in told
        assert "Not checked: anchors: there is none of it" in told
        assert "agrees with itself, and nothing outside of the journal was there" in told
        assert "holds against" not in told

    def test_it_is_held_against_the_key_that_is_given(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        key, other = journal.public_key, "ed25519:11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="
        (tmp_path / "key.txt").write_text(f"{key}\n")
        elsewhere(tmp_path, monkeypatch)
        for given in (key, str(tmp_path / "key.txt")):
            assert verify("run-1", "--against", given)[:2] == (
                0,
                told_against(verify, f"the key that was given, {key}"),
            )
        code, _, wrong = verify("run-1", "--against", other)
        assert code == 1
        assert f"signed with {key}, which is not the key that it is held against" in wrong

    def test_it_is_held_against_a_report_that_was_kept_elsewhere(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        kept = tmp_path / "kept.html"
        kept.write_bytes(page_of(journal).read_bytes())
        key = journal.public_key
        elsewhere(tmp_path, monkeypatch)
        journal.note("run-1", sign_off_entry("Head of IT", "", accepted=True))
        code, told, _ = verify("run-1", "--against", str(kept))
        assert code == 0
        assert (
            f"holds against the report {kept}, older than the journal: 1 of its 10 entries came later" in told
        )
        assert f"the key that was given, {key}" in told

    def test_what_is_no_report_and_no_key_is_refused(
        self, journal: Journal, tmp_path: Path, verify: Verify
    ) -> None:
        keep(journal, usual(), "run-2")
        other = RunRecord(journal, "run-2", tmp_path / "out").write()
        for given, said in (("nonsense", "neither a report"), (str(other), "report of another run, run-2")):
            code, _, wrong = verify("run-1", "--against", given)
            assert (code, said in wrong) == (2, True)
        assert verify()[0] == verify("run-1", "--all")[0] == 2

    def test_a_run_that_goes_on_is_known_as_far_as_its_anchors(
        self, journal: Journal, verify: Verify
    ) -> None:
        journal.hold("run-1")
        code, told, _ = verify("run-1")
        assert code == 0
        assert "Not checked: its signature: the run goes on" in told
        assert "which know 9 of its 10 entries" in told
        assert "older than the journal: 1 of its 10 entries came later" in told

    def test_a_key_that_others_can_read_vouches_for_nothing(
        self, journal: Journal, tmp_path: Path, verify: Verify
    ) -> None:
        (tmp_path / "key.pem").chmod(0o644)
        _, told, _ = verify("run-1")
        assert "Not checked: whose key signed it" in told

    def test_anchors_that_cannot_be_read_are_said(self, journal: Journal, verify: Verify) -> None:
        Path(journal.anchors.where).write_text("no anchor")
        code, told, _ = verify("run-1")
        assert code == 0
        assert "Not checked: its anchors: The anchors in" in told

    def test_entries_behind_the_last_anchor_are_said(self, journal: Journal, verify: Verify) -> None:
        where = Path(journal.anchors.where)
        where.write_text(where.read_text().splitlines(keepends=True)[0])
        assert "Not checked: 8 entries that came after the last anchor" in verify("run-1")[1]


def told_against(verify: Verify, words: str) -> str:
    told = verify("run-1", "--against", words.rpartition(" ")[2])[1]
    assert told.endswith(f"Run run-1 holds against {words}.\n")
    return told


class TestHistoryWrittenAnew:
    """Twenty lines of somebody with the file: triggers dropped, a name changed in every entry, the chain
    sealed again, the report written from it.
    """

    @pytest.mark.parametrize("seals", ["left", "taken out", "put right"])
    def test_it_is_found_on_the_machine_that_signed(
        self, journal: Journal, file: Path, verify: Verify, seals: str
    ) -> None:
        written_anew(file, who="somebody else", seals=seals)
        RunRecord(journal, "run-1").write()
        code, told, wrong = verify("run-1")
        assert code == 1
        assert "does not hold." in told
        assert "The record was written anew: 9 entries were anchored" in wrong

    @pytest.mark.parametrize("seals", ["left", "taken out", "put right"])
    def test_it_is_found_where_only_the_signature_is_known(
        self,
        journal: Journal,
        file: Path,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
        verify: Verify,
        seals: str,
    ) -> None:
        key = journal.public_key
        elsewhere(tmp_path, monkeypatch)
        written_anew(file, who="somebody else", seals=seals)
        assert verify("run-1")[0] == 1
        assert verify("run-1", "--against", key)[0] == 1

    def test_it_is_found_by_a_report_that_was_kept(
        self, journal: Journal, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        kept = tmp_path / "kept.html"
        kept.write_bytes(page_of(journal).read_bytes())
        elsewhere(tmp_path, monkeypatch)
        written_anew(file, who="somebody else", seals="taken out")
        assert "this journal does not have" in verify("run-1", "--against", str(kept))[2]

    def test_an_end_that_was_cut_off_is_found_without_any_report(
        self, journal: Journal, file: Path, verify: Verify
    ) -> None:
        for path in report_folder(journal).iterdir():
            path.unlink()
        cut_off(file, 5, seals=0)
        code, _, wrong = verify("run-1")
        assert code == 1
        assert "The end of the record was cut off: 9 entries were anchored" in wrong

    def test_an_end_that_was_cut_off_is_no_proof_where_nothing_outside_is_there(
        self, journal: Journal, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        for path in report_folder(journal).iterdir():
            path.unlink()
        elsewhere(tmp_path, monkeypatch)
        cut_off(file, 5, seals=0)
        code, told, _ = verify("run-1")
        assert code == 3
        assert "or its end was cut off" in told

    def test_a_record_taken_back_to_an_earlier_signed_state_is_found_by_its_anchors_alone(
        self, journal: Journal, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        """What the signature alone does not tell, as README says."""
        key = journal.public_key
        journal.note("run-1", sign_off_entry("Auditor", "Totals are wrong.", accepted=False))
        cut_off(file, 9, seals=2)
        code, _, wrong = verify("run-1")
        assert code == 1
        assert "cut off: 10 entries were anchored" in wrong
        elsewhere(tmp_path, monkeypatch)
        assert verify("run-1", "--against", key)[0] == 0

    def test_a_key_that_only_the_journal_names_is_not_taken_for_that_of_a_kept_report(
        self, journal: Journal, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        """Somebody adds a word and signs it, and the state before, with a key of their own."""
        kept = tmp_path / "kept.html"
        kept.write_bytes(page_of(journal).read_bytes())
        elsewhere(tmp_path, monkeypatch)
        for path in report_folder(journal).iterdir():
            path.unlink()
        with closing(Journal.open(file, who="duty")) as forger:
            with forger._database.writing() as connection:
                forger._sign(connection, "run-1")
            forger.note("run-1", sign_off_entry("Head of IT", "", accepted=True))
            own = forger.public_key
        monkeypatch.setenv("DRKIT_KEY", str(tmp_path / "nobody.pem"))
        code, told, wrong = verify("run-1", "--against", str(kept))
        assert code == 1
        assert own in wrong
        assert f"the key that was given, {own}" not in told

    def test_a_run_that_is_gone_is_found(self, journal: Journal, file: Path, verify: Verify) -> None:
        keep(journal, usual(), "run-2")
        assert verify("--all")[0] == 0
        cut_off(file, 0)
        keep(journal, usual(), "run-3")
        code, told, wrong = verify("--all")
        assert code == 1
        assert "drkit: run-1: The run is gone: 9 entries were anchored at 20" in wrong
        assert "drkit: run-2: The run is gone" in wrong
        assert told.startswith("3 runs are in ")
        assert "Run run-3 holds against" in told


class TestReports:
    def test_the_report_of_another_run_under_this_ones_name_is_found(
        self, journal: Journal, verify: Verify
    ) -> None:
        keep(journal, usual(), "run-2")
        page_of(journal).write_bytes(RunRecord(journal, "run-2").write().read_bytes())
        code, _, wrong = verify("run-1")
        assert code == 1
        assert "PRACTICE-run-1.html: It is the report of another run, run-2." in wrong

    def test_what_lies_under_its_name_and_is_no_report_is_found(
        self, journal: Journal, verify: Verify
    ) -> None:
        page_of(journal).write_text("nothing")
        assert "is not a report of drkit" in verify("run-1")[2]

    def test_each_is_found_wherever_it_was_written(
        self, journal: Journal, tmp_path: Path, verify: Verify
    ) -> None:
        folders = [tmp_path / "lab", tmp_path / "runs"]
        pages = [RunRecord(journal, "run-1", folder).write() for folder in folders]
        _, told, _ = verify("run-1")
        assert all(f"Checked: {page}\n" in told for page in pages)
        pages[0].write_text(pages[0].read_text().replace("15 min 00 s", "20 min 00 s"))
        pages[1].unlink()
        code, told, wrong = verify("run-1")
        assert code == 1
        assert "20 min 00 s" in wrong
        assert f"Not checked: {pages[1]} was written, and is not there any more" in told

    def test_one_in_a_folder_that_may_not_be_looked_into_is_not_checked(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        RunRecord(journal, "run-1", tmp_path / "lab").write()
        is_file = Path.is_file

        def refused(self: Path) -> bool:
            if "lab" in self.parts:
                raise PermissionError(self)
            return is_file(self)

        monkeypatch.setattr(Path, "is_file", refused)
        told = prove(journal, "run-1", report_folder(journal)).unchecked
        assert [each for each in told if each.endswith("is not there any more")]

    def test_none_that_is_there_is_said(self, journal: Journal, verify: Verify) -> None:
        for path in report_folder(journal).iterdir():
            path.unlink()
        assert "Not checked: no report of it is there" in verify("run-1")[1]

    def test_pictures_of_another_matplotlib_are_as_they_were_signed(
        self, journal: Journal, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        """Whatever this matplotlib would draw: the file is the one that was written."""
        monkeypatch.setattr("drkit.report.drawing.INK", "#000000")
        monkeypatch.setattr("drkit.report.drawing._STYLE", {"font.size": 12})
        assert verify("run-1")[0] == 0

    def test_a_picture_that_was_altered_is_found(self, journal: Journal, verify: Verify) -> None:
        page = page_of(journal)
        green, red = (f"fill: {COLOURS[key]}" for key in ("done", "failed"))
        page.write_text(page.read_text().replace(green, red, 1))
        code, _, wrong = verify("run-1")
        assert code == 1
        assert "All words are the same, but the file is not the one that was signed." in wrong

    def test_pictures_that_were_never_signed_are_not_checked(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        elsewhere(tmp_path, monkeypatch)
        copy = tmp_path / "reports" / page_of(journal).name
        with closing(Journal.open(tmp_path / "other.sqlite", who="duty")) as other:
            keep(other, usual())
            copy.unlink()
            write_report(RunRecord(other, "run-1").evidence, copy.parent)
            proof = prove(other, "run-1", copy.parent)
        assert proof.faults == []
        assert proof.unchecked == [f"{copy.name}: its pictures are not compared with anything"]

    def test_one_of_another_drkit_is_held_by_its_signature(
        self, journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, verify: Verify
    ) -> None:
        monkeypatch.setattr("drkit.report.gathering.DRKIT_VERSION", "0.0.9")
        page = RunRecord(journal, "run-1").write()
        monkeypatch.undo()
        monkeypatch.setenv("DRKIT_JOURNAL", journal.where)
        told = prove(journal, "run-1", page.parent)
        assert told.faults == []
        assert any("did not compute it anew" in each for each in told.unchecked)

    def test_a_report_is_written_where_the_journal_cannot_be(
        self, journal: Journal, file: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
    ) -> None:
        with closing(unlocked(file)) as connection:
            connection.execute("ALTER TABLE drkit_seals RENAME COLUMN why TO reason")
            connection.commit()
        page, _ = write_report(gather(journal.entries("run-1")), tmp_path / "out", journal)
        assert page.exists()
        assert "The report of run run-1 is not signed" in caplog.text

    def test_a_record_that_does_not_hold_is_not_computed_into_a_report(
        self, journal: Journal, file: Path, verify: Verify
    ) -> None:
        altered(file, "UPDATE drkit_entries SET data = 'no json' WHERE seq = 3")
        assert "Entry 3 of run run-1 cannot be read" in verify("run-1")[2]
        with pytest.raises(InputError):
            prove(journal, "run-1", report_folder(journal), ["nonsense"])
