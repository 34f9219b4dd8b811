import json
import logging
import multiprocessing
import os
import sqlite3
import stat
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_public_key,
)
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from drkit.clock import SteppedClock
from drkit.errors import InputError, JournalDamagedError, JournalError
from drkit.journal import EntryKind, Journal, anchor_faults, read_public
from drkit.journal.anchoring import Anchors
from drkit.journal.database import locate
from drkit.journal.signing import SigningKey, signature_holds
from tests.journal.forging import cut_off, written_anew
from tests.journal.stores import begun, store

DONE = {"phase": "done", "sentence": "Ended."}


def ended(journal: Journal, run_id: str = "r1") -> None:
    begun(journal, run_id).close(EntryKind.SETTLED, DONE)


@pytest.fixture
def key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "keys" / "key.pem"
    monkeypatch.setenv("DRKIT_KEY", str(path))
    return path


class TestTheKey:
    def test_it_is_made_on_first_use_for_its_owner_only(self, key: Path) -> None:
        mine = SigningKey.here()
        assert (mine.path, mine.public, key.exists()) == (key, "", False)
        public, signed = mine.sign("hello")
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert stat.S_IMODE(key.parent.stat().st_mode) == 0o700
        assert [each.name for each in key.parent.iterdir()] == ["key.pem"]
        assert mine.public == public == SigningKey(key).public
        assert signature_holds(public, "hello", signed)
        assert not signature_holds(public, "hallo", signed)

    def test_it_lies_in_the_data_folder_where_none_is_named(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.delenv("DRKIT_KEY")
        monkeypatch.delenv("DRKIT_ANCHORS")
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert SigningKey.here().path == tmp_path / "drkit" / "signing-key.pem"
        assert Anchors.here().where == str(tmp_path / "drkit" / "anchors.jsonl")

    def test_processes_that_make_it_at_once_have_the_same(self, key: Path) -> None:
        with multiprocessing.get_context("spawn").Pool(4) as pool:
            made = pool.map(_public, [str(key)] * 8)
        assert set(made) == {SigningKey(key).public}

    def test_one_that_another_process_made_meanwhile_is_kept(
        self, key: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        first, _ = SigningKey(key).sign("")
        late = SigningKey(key)
        monkeypatch.setattr(Path, "exists", lambda self: False)
        late_signed = late._private
        monkeypatch.undo()
        assert late.public == first
        assert late_signed
        assert len(list(key.parent.iterdir())) == 1

    def test_it_shows_nothing_of_itself(self, key: Path, journal: Journal) -> None:
        ended(journal)
        inside = [line for line in key.read_text().splitlines() if "-----" not in line]
        shown = (
            repr(SigningKey(key)) + repr(journal) + repr(journal.seals("r1")) + repr(journal.entries("r1"))
        )
        assert inside
        assert not [line for line in inside if line in shown]

    @pytest.mark.parametrize("content", ["", "no key", "-----BEGIN PRIVATE KEY-----\nAAAA\n"])
    def test_a_file_that_holds_none_is_said(self, tmp_path: Path, content: str) -> None:
        path = tmp_path / "key.pem"
        path.write_text(content)
        path.chmod(0o600)
        with pytest.raises(JournalError, match="holds no ed25519 key"):
            SigningKey(path).sign("")

    def test_a_key_of_another_kind_is_said(self, tmp_path: Path) -> None:
        path = tmp_path / "key.pem"
        other = ec.generate_private_key(ec.SECP256R1())
        path.write_bytes(other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
        with pytest.raises(JournalError, match="holds no ed25519 key"):
            SigningKey(path).sign("")
        pem = other.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(InputError, match="no public key of drkit"):
            read_public(pem)

    def test_one_that_others_can_read_signs_nothing(self, key: Path) -> None:
        SigningKey(key).sign("")
        key.chmod(0o640)
        with pytest.raises(JournalError, match="can be read by others"):
            SigningKey(key).sign("")

    def test_a_place_where_none_can_be_made_is_said(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(JournalError, match="cannot be made or read"):
            SigningKey(tmp_path / "file" / "key.pem").sign("")

    def test_its_public_half_is_read_as_printed_and_as_a_pem(self, key: Path) -> None:
        public, _ = SigningKey(key).sign("")
        pem = (
            SigningKey(key)
            ._private.public_key()
            .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        )
        assert load_pem_public_key(pem)
        assert read_public(f" {public}\n") == read_public(pem.decode()) == public

    @pytest.mark.parametrize(
        "text", ["", "hello", "ed25519:", "ed25519:AAAA", "ed25519:ä", "-----BEGIN PUBLIC KEY"]
    )
    def test_what_is_no_public_key_is_refused(self, text: str) -> None:
        with pytest.raises(InputError, match="no public key of drkit"):
            read_public(text)
        assert not signature_holds(text, "hello", "AAAA")


def _public(path: str) -> str:
    return SigningKey(Path(path)).sign("")[0]


class TestSeals:
    def test_the_end_of_a_run_is_signed_and_each_word_after_it(self, journal: Journal) -> None:
        ended(journal)
        assert journal.verify("r1").unsigned == ""
        journal.note("r1", {"finding": {"text": "slow"}})
        first, second = journal.seals("r1")
        chain = journal.entries("r1")
        assert [(each.entries, each.head) for each in (first, second)] == [
            (2, chain[1].hash),
            (3, chain[2].hash),
        ]
        assert first.holds
        assert first.key == journal.public_key
        assert (first.who, first.report, first.why) == ("duty", None, "")
        assert journal.verify("r1").holds
        assert journal.verify("r1").unsigned == ""

    def test_a_stopped_run_is_signed_and_signed_anew_at_its_end(self, journal: Journal) -> None:
        begun(journal).close(EntryKind.STOPPED, {"phase": "stopped", "sentence": "Stopped."})
        hold = journal.hold("r1")
        journal.note("r1", {"noted": {"text": "", "who": ""}})
        assert journal.verify("r1").unsigned == ""  # it goes on
        hold.close(EntryKind.SETTLED, DONE)
        assert [each.entries for each in journal.seals("r1")] == [2, 5]
        assert journal.verify("r1").unsigned == ""

    def test_a_run_that_is_closed_with_a_takeover_is_signed(self, journal: Journal) -> None:
        begun(journal)
        journal.close_run("r1", DONE, takeover=True)
        assert journal.entries("r1")[-1].kind is EntryKind.NOTED
        assert [each.entries for each in journal.seals("r1")] == [3]
        journal.note("r1", {"finding": {"text": "slow"}})
        assert [each.entries for each in journal.seals("r1")] == [3, 4]

    def test_a_run_without_a_key_ends_all_the_same_and_says_why_it_is_not_signed(
        self, journal: Journal, key: Path
    ) -> None:
        key.parent.mkdir()
        key.write_text("no key")
        key.chmod(0o600)
        again = Journal.open(locate_text(journal), SteppedClock(), who="duty")
        ended(again)
        assert again.runs()[0].state == "done"
        assert again.verify("r1").holds
        assert "is not signed" in again.verify("r1").unsigned
        assert "holds no ed25519 key" in again.verify("r1").unsigned
        again.close()

    def test_a_report_is_signed_once_for_the_same_content(self, journal: Journal) -> None:
        ended(journal)
        head = journal.entries("r1")[-1].hash
        journal.sign_report("r1", head, "/r", {"a": "1"})
        journal.sign_report("r1", head, "/r", {"a": "1"})
        journal.sign_report("r1", head, "/r", {"a": "2"})
        found = [each.report["files"] for each in journal.seals("r1") if each.report]
        assert found == [{"a": "1"}, {"a": "2"}]
        assert all(each.holds for each in journal.seals("r1"))
        assert journal.verify("r1").holds

    @pytest.mark.parametrize("table", ["drkit_seals", "drkit_anchors"])
    def test_the_database_itself_refuses_to_take_them_back(
        self, journal: Journal, where: str, table: str
    ) -> None:
        ended(journal)
        engine = create_engine(locate(where))
        columns = "run_id, number, entries, head, at, journal, runs"
        with engine.begin() as connection:
            connection.execute(
                text(f"INSERT INTO drkit_anchors ({columns}) VALUES ('r1', 1, 1, '', '', '', 1)")
            )
        with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
            connection.execute(text(f"DELETE FROM {table}"))
        engine.dispose()

    def test_a_journal_of_a_drkit_that_did_not_sign_is_gone_on_with(self, kept: Journal, file: Path) -> None:
        ended(kept)
        kept.close()
        with closing(sqlite3.connect(file)) as raw:
            raw.executescript("DROP TABLE drkit_seals; DROP TABLE drkit_anchors;")
        with closing(Journal.open(file, SteppedClock(), who="duty")) as again:
            assert again.verify("r1").holds
            assert "did not sign yet" in again.verify("r1").unsigned
            again.note("r1", {"finding": {"text": "slow"}})
            assert again.verify("r1").unsigned == ""

    def test_a_seal_that_was_altered_beyond_reading_is_said(self, kept: Journal, file: Path) -> None:
        ended(kept)
        with closing(sqlite3.connect(file)) as raw:
            raw.executescript("DROP TRIGGER drkit_seals_no_update; UPDATE drkit_seals SET at = 'x';")
        with pytest.raises(JournalDamagedError, match="Seal 0 of run r1 cannot be read"):
            kept.seals("r1")
        assert "Seal 0 of run r1 cannot be read" in kept.verify("r1").faults[0]


def locate_text(journal: Journal) -> str:
    return journal._database.url.render_as_string(hide_password=False)


class TestHistoryWrittenAnew:
    """Somebody with the file and a database tool, and without the key."""

    def test_all_hashes_made_anew_do_not_fit_what_was_signed(self, kept: Journal, file: Path) -> None:
        ended(kept)
        written_anew(file, who="somebody else")
        assert kept.verify("r1").faults == (
            "The record was written anew: 2 entries were signed at 2026-01-01 00:00:00 UTC, with another "
            "hash of the last.",
        )

    def test_a_signature_that_was_taken_out_is_missed(self, kept: Journal, file: Path) -> None:
        ended(kept)
        written_anew(file, who="somebody else", seals="taken out")
        assert kept.verify("r1").holds
        assert "Its signature was taken out" in kept.verify("r1").unsigned

    def test_a_head_that_was_put_into_the_seal_is_not_what_was_signed(
        self, kept: Journal, file: Path
    ) -> None:
        ended(kept)
        written_anew(file, who="somebody else", seals="put right")
        assert kept.verify("r1").faults == (
            "The signature over 2 entries is not by its key: it was altered.",
        )

    def test_an_end_that_was_cut_off_is_missed(self, kept: Journal, file: Path) -> None:
        ended(kept)
        cut_off(file, 1)
        assert "The end of the record was cut off: 2 entries were signed" in kept.verify("r1").faults[0]

    def test_a_word_added_without_the_key_is_found(self, kept: Journal, file: Path) -> None:
        ended(kept)
        kept.note("r1", {"signed_off": {"who": "Head of IT", "accepted": True, "note": ""}})
        cut_off(file, 3, seals=1)
        assert "the last of its 3 entries is not signed" in kept.verify("r1").unsigned

    def test_an_entry_number_below_one_is_no_seal(self, kept: Journal, file: Path) -> None:
        ended(kept)
        [seal] = kept.seals("r1")
        from drkit.journal.sealing import seal_faults

        none = replace(seal, entries=0, key="")
        assert "written anew" in seal_faults([none], kept.entries("r1"))[0]


class TestAnchors:
    def test_the_start_the_end_and_each_word_after_it_are_told_outside(self, journal: Journal) -> None:
        ended(journal)
        journal.note("r1", {"finding": {"text": "slow"}})
        begun(journal, "r2").append(EntryKind.NOTED, "1", {"sentence": "hello"})
        chain = journal.entries("r1")
        found = journal.anchors.of("r1")
        assert [(each.entries, each.head) for each in found] == [
            (count, chain[count - 1].hash) for count in (1, 2, 3)
        ]
        assert [each.runs for each in journal.anchors.all()] == [1, 1, 1, 2]
        assert anchor_faults(found, chain, "x") == []
        assert journal.lost_runs() == []
        assert stat.S_IMODE(Path(journal.anchors.where).stat().st_mode) == 0o600

    def test_a_record_written_anew_or_cut_off_does_not_fit_them(self, kept: Journal, file: Path) -> None:
        ended(kept)
        found = kept.anchors.of("r1")
        written_anew(file, who="somebody else", seals="taken out")
        [first, second] = anchor_faults(found, kept.entries("r1"), "there")
        assert first.startswith("The record was written anew: 1 entries were anchored at ")
        assert second.endswith(" in there, with another hash of the last.")
        cut_off(file, 1)
        assert "cut off" in anchor_faults(found, kept.entries("r1"), "there")[1]

    def test_a_run_that_is_gone_is_known_by_its_anchor(
        self, kept: Journal, file: Path, tmp_path: Path
    ) -> None:
        ended(kept)
        with closing(Journal.open(tmp_path / "another.sqlite", who="duty")) as other:
            ended(other, "r2")
        assert kept.lost_runs() == []
        cut_off(file, 0)
        assert [(each.run_id, each.entries) for each in kept.lost_runs()] == [("r1", 2)]

    def test_they_are_kept_in_a_journal_of_the_team_where_that_is_named(
        self, kept: Journal, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with store("postgresql", tmp_path) as team:
            monkeypatch.setenv("DRKIT_ANCHORS", team)
            with closing(Journal.open(file, SteppedClock(), who="duty")) as mine:
                ended(mine)
                assert [each.entries for each in mine.anchors.of("r1")] == [1, 2]
                assert mine.anchors.where.startswith("postgresql+psycopg://")
                cut_off(file, 0)
                assert [each.run_id for each in mine.lost_runs()] == ["r1"]
                mine.anchors._database.close()

    def test_a_place_that_cannot_be_written_stops_no_run(
        self, file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
    ) -> None:
        (tmp_path / "file").write_text("")
        monkeypatch.setenv("DRKIT_ANCHORS", str(tmp_path / "file" / "anchors"))
        with (
            closing(Journal.open(file, SteppedClock(), who="duty")) as journal,
            caplog.at_level(logging.WARNING),
        ):
            ended(journal)
            assert journal.runs()[0].state == "done"
        assert "Run r1 is not anchored in" in caplog.text

    @pytest.mark.parametrize("content", ["no json\n", '{"run_id": "r1"}\n', "[]\n"])
    def test_anchors_that_cannot_be_read_are_said(self, tmp_path: Path, content: str) -> None:
        (tmp_path / "anchors").write_text(content)
        with pytest.raises(JournalError, match=r"The anchors in .* cannot be read"):
            Anchors(str(tmp_path / "anchors")).all()

    def test_there_are_none_before_the_first(self, tmp_path: Path) -> None:
        assert Anchors(str(tmp_path / "anchors")).all() == []

    def test_a_line_is_one_anchor(self, kept: Journal) -> None:
        ended(kept)
        lines = Path(os.environ["DRKIT_ANCHORS"]).read_text().splitlines()
        assert [json.loads(line)["entries"] for line in lines] == [1, 2]
