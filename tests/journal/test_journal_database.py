import errno
import os
import sqlite3
import subprocess
import sys
import threading
import traceback
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import event, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import QueuePool

from drkit.clock import SteppedClock
from drkit.errors import InputError, JournalDamagedError, JournalError
from drkit.journal import EntryKind, Journal, schema
from drkit.journal import database as storage
from drkit.journal.database import locate
from tests.journal.stores import begun, new_run, opened, postgres


class TestWhereTheJournalIs:
    def test_a_file_is_sqlite(self) -> None:
        assert locate("/x/j.sqlite").render_as_string() == "sqlite:////x/j.sqlite"
        assert locate(Path("/x/j.sqlite")).database == "/x/j.sqlite"

    def test_the_home_folder_may_be_written_short(self) -> None:
        assert locate("~/j.sqlite").database == str(Path.home() / "j.sqlite")

    @pytest.mark.parametrize("scheme", ["postgres", "postgresql", "postgresql+psycopg"])
    def test_every_spelling_of_postgresql_uses_the_same_driver(self, scheme: str) -> None:
        assert locate(f"{scheme}://a:b@h/d").drivername == "postgresql+psycopg"

    def test_the_environment_names_it_where_nobody_else_does(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", "/y/j.sqlite")
        assert locate(None).database == "/y/j.sqlite"
        assert locate("/x/j.sqlite").database == "/x/j.sqlite"

    def test_else_it_is_in_the_data_folder(self, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
        monkeypatch.delenv("DRKIT_JOURNAL", raising=False)
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
        assert locate(None).database == str(tmp_path / "drkit" / "journal.sqlite")

    def test_another_kind_of_database_is_refused(self) -> None:
        with pytest.raises(InputError, match="SQLite or PostgreSQL, not in 'mysql'"):
            locate("mysql://h/d")

    def test_a_url_that_is_none_is_refused_without_repeating_it(self) -> None:
        with pytest.raises(InputError, match="cannot be read") as refused:
            locate("postgresql://duty:hush@h:port/d")
        assert "hush" not in str(refused.value)

    def test_a_journal_that_would_be_forgotten_is_refused(self) -> None:
        with pytest.raises(InputError, match="a file, or postgresql"):
            locate("sqlite://")


def test_the_folder_is_made_and_belongs_to_the_user_alone(tmp_path: Path) -> None:
    journal = opened(tmp_path / "new" / "j.sqlite")
    assert (tmp_path / "new").stat().st_mode & 0o777 == 0o700
    assert journal.where.endswith("new/j.sqlite")
    journal.close()


def test_its_files_are_the_users_alone_from_the_first_write_and_so_are_those_of_an_earlier_drkit(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = os.umask(0)
    try:
        for _ in range(2):
            with opened(file) as journal, journal._database.writing():
                rights = {each.name: oct(each.stat().st_mode & 0o777) for each in file.parent.iterdir()}
            assert rights == dict.fromkeys(
                ("journal.sqlite", "journal.sqlite-wal", "journal.sqlite-shm"), "0o600"
            )
            with sqlite3.connect(file) as left_open:  # its files were made with wide rights, and stay in use
                left_open.execute("SELECT * FROM drkit_runs").fetchall()
                for each in file.parent.iterdir():
                    each.chmod(0o666)
                with opened(file) as journal:
                    assert {each.stat().st_mode & 0o777 for each in file.parent.iterdir()} == {0o600}
                    begun(journal, f"r{_}").close(EntryKind.SETTLED, {"phase": "done"})
            left_open.close()
    finally:
        os.umask(before)


@pytest.mark.parametrize("url", ["sqlite:///file:{}?uri=true", "sqlite:///{}?timeout=5"])
def test_however_a_file_is_named_it_is_the_users_alone(file: Path, url: str) -> None:
    with opened(url.format(file)):
        assert file.stat().st_mode & 0o777 == 0o600


def test_a_journal_in_memory_makes_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with opened("sqlite:///:memory:") as journal:
        assert journal.runs() == []
    assert list(tmp_path.iterdir()) == []


def test_a_file_is_written_through_to_the_disk_and_read_while_written(kept: Journal, file: Path) -> None:
    begun(kept)
    with kept._database.reading() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {each}").scalar()
            for each in ("journal_mode", "synchronous", "foreign_keys")
        ]
    assert settings == ["wal", 2, 1]
    with kept._database.writing():
        reader = opened(file)
        assert len(reader.runs()) == 1
        reader.close()


GONE = r"was deleted or replaced while it was in use\. Nothing more"


def test_a_file_that_was_deleted_takes_nothing_more_and_what_was_written_is_still_read(
    kept: Journal, file: Path
) -> None:
    hold = begun(kept)
    assert kept.there
    file.rename(file.with_name("aside.sqlite"))
    for write in (hold.renew, lambda: hold.append(EntryKind.INTENDED, "1")):
        with pytest.raises(JournalError, match=GONE):
            write()
    assert not kept.there
    assert [each.kind for each in kept.entries(hold.run_id)] == [EntryKind.PLANNED]
    kept.close()
    with pytest.raises(JournalError, match=GONE):
        kept.runs()
    assert not file.exists()
    file.with_name("aside.sqlite").replace(file)
    assert len(kept.runs()) == 1
    hold.renew()


def test_a_file_in_the_place_of_the_one_that_was_opened_takes_nothing(kept: Journal, file: Path) -> None:
    hold = begun(kept)
    file.rename(file.with_name("aside.sqlite"))
    other = opened(file)
    with pytest.raises(JournalError, match=GONE):
        hold.append(EntryKind.INTENDED, "1")
    assert other.runs() == []
    other.close()


def test_a_file_stays_the_same_when_the_folder_is_another_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    journal = opened(Path("j.sqlite"))
    monkeypatch.chdir("/")
    begun(journal)
    assert journal.where == str(tmp_path / "j.sqlite")
    journal.close()


def test_a_connection_in_use_while_the_journal_is_closed_is_closed_after_it(journal: Journal) -> None:
    begun(journal)
    with journal._database.reading() as connection:
        driver = connection.connection.driver_connection
        journal.close()
        assert connection.exec_driver_sql("SELECT id FROM drkit_runs").scalar() == "r1"
    assert isinstance(driver, sqlite3.Connection | psycopg.Connection)
    with pytest.raises((sqlite3.ProgrammingError, psycopg.OperationalError), match="closed"):
        driver.execute("SELECT 1")
    assert len(journal.runs()) == 1


def test_a_password_is_not_shown() -> None:
    with pytest.raises(JournalError, match="cannot be reached") as refused:
        Journal.open("postgresql://duty:hush@127.0.0.1:9/none")
    assert "hush" not in str(refused.value)
    assert "duty:***@127.0.0.1:9" in str(refused.value)


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ("password=S3cret", "password=***"),
        ("sslpassword=S3cret&sslmode=prefer", "sslmode=prefer&sslpassword=***"),
        ("passfile=/home/S3cret&sslkey=S3cret", "passfile=***&sslkey=***"),
        ("password=S3cret&password=S3cret", "password=***"),
        ("pwd=S3cret", "pwd=***"),
        ("options=-c%20my.token=S3cret", "options=***"),
    ],
)
def test_what_may_be_a_secret_in_a_query_is_not_shown(query: str, shown: str) -> None:
    with pytest.raises(JournalError) as refused:
        Journal.open(f"postgresql://duty@127.0.0.1:9/none?{query}")
    assert f"duty@127.0.0.1:9/none?{shown} " in str(refused.value)
    assert "S3cret" not in "".join(traceback.format_exception(refused.value, limit=0))


def test_what_a_driver_repeats_of_a_secret_is_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    def repeat(*_args: object, **given: object) -> None:
        raise psycopg.OperationalError(f"cannot use {given}")

    monkeypatch.setattr(psycopg, "connect", repeat)
    with pytest.raises(JournalError, match=r"cannot use .*'password': '\*\*\*'") as refused:
        Journal.open("postgresql://duty:h%40sh@127.0.0.1:9/none?passfile=S3cret")
    shown = "".join(traceback.format_exception(refused.value, limit=0))
    assert "h@sh" not in shown
    assert "S3cret" not in shown


def test_neither_the_journal_nor_the_engine_shows_a_password_and_the_server_gets_it() -> None:
    with postgres() as where, Journal.open(f"{where}&password=S3cret&passfile=S3cret") as journal:
        assert "S3cret" not in f"{journal.where} {journal!r} {journal._database._engine!r}"
        with journal._database.reading() as connection:
            driver = connection.connection.driver_connection
        assert isinstance(driver, psycopg.Connection)
        assert driver.info.password == "S3cret"


@pytest.mark.parametrize(
    "where",
    [
        "postgresql:/duty:S3cret@h/d",
        "postgresql//duty:S3cret@h/d",
        "host=h dbname=d password=S3cret",
        "postgresql://duty:p@S3cret@h/d",
    ],
)
def test_a_misspelled_server_is_no_file_and_is_not_repeated(
    where: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match=r"The journal's URL .* wanted: a file, or postgresql") as refused:
        Journal.open(where)
    assert "S3cret" not in str(refused.value)
    assert list(tmp_path.iterdir()) == []


def test_postgresql_without_its_driver_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "psycopg", None)
    with pytest.raises(JournalError, match=r"drkit\[postgres\]"):
        Journal.open("postgresql://duty@127.0.0.1:9/none")


def test_a_server_that_goes_away_stops_the_writing_with_a_sentence() -> None:
    with postgres() as where:
        journal = Journal.open(where, SteppedClock())
        hold = begun(journal)
        hold._database._engine.dispose()
        event.listen(hold._database._engine, "do_connect", _refuse)  # the network, cut
        with pytest.raises(JournalError, match="cannot be reached"):
            hold.append(EntryKind.INTENDED, "1")
        journal.close()


def test_a_row_that_somebody_keeps_locked_is_waited_for_and_then_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgres() as where:
        monkeypatch.setattr(storage, "BUSY_SECONDS", 0.05)
        journal, other = Journal.open(where, SteppedClock()), Journal.open(where, SteppedClock())
        hold = begun(journal)
        with other._database.writing() as connection:
            connection.exec_driver_sql("SELECT * FROM drkit_leases FOR UPDATE")
            with pytest.raises(JournalError, match="kept busy by another program"):
                hold.append(EntryKind.INTENDED, "1")
        hold.append(EntryKind.INTENDED, "1")
        journal.close()
        other.close()


@pytest.mark.parametrize(
    ("failure", "kind", "meaning"),
    [
        (psycopg.errors.DiskFull("Datei konnte nicht erweitert werden"), JournalError, "the disk is full"),
        (psycopg.errors.ReadOnlySqlTransaction("nur lesbar"), JournalError, "is read-only"),
        (psycopg.errors.DataCorrupted("ungültige Seite"), JournalDamagedError, "is damaged"),
        (OSError(errno.ENOSPC, "Kein Platz"), JournalError, "the disk is full"),
        (OSError(errno.EROFS, "damaged is only a word here"), JournalError, "is read-only"),
    ],
)
def test_a_failure_is_known_by_its_code_in_whatever_language_it_is_said(
    kept: Journal, failure: Exception, kind: type[JournalError], meaning: str
) -> None:
    with pytest.raises(JournalError, match=meaning) as raised, kept._database.reading():
        raise DBAPIError("SELECT 1", {}, failure) if isinstance(failure, psycopg.Error) else failure
    assert type(raised.value) is kind


def test_whoever_falls_asleep_within_a_transaction_does_not_keep_the_others_out() -> None:
    with postgres() as where:
        journal = Journal.open(where, SteppedClock())
        with journal._database.reading() as connection:
            shown = connection.exec_driver_sql("SHOW idle_in_transaction_session_timeout").scalar()
        assert shown == "30s"
        journal.close()


def _refuse(*_args: object) -> None:
    raise OSError(errno.ENETUNREACH, "Network is unreachable")


def test_a_file_that_is_no_journal_is_called_damaged(tmp_path: Path) -> None:
    strange = tmp_path / "j.sqlite"
    strange.write_bytes(b"This was a journal once. " * 400)
    with pytest.raises(JournalDamagedError, match="is damaged"):
        opened(strange)


@pytest.mark.parametrize("text", [b"BEFORE UPDATE ON drkit_entries", b"Attach a pair"])
def test_bytes_that_are_no_text_any_more_are_called_damaged(kept: Journal, file: Path, text: bytes) -> None:
    begun(kept)
    kept.close()
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    file.write_bytes(file.read_bytes().replace(text, b"\xff" * len(text)))
    with pytest.raises(JournalDamagedError, match="is damaged"):
        opened(file).runs()


def test_a_damaged_page_stops_the_writing_and_what_can_be_read_is_kept(kept: Journal, file: Path) -> None:
    hold = begun(kept)
    for _ in range(40):
        hold.append(EntryKind.NOTED, "1", {"sentence": "x" * 500})
    kept.close()
    sqlite3.connect(file).execute("PRAGMA wal_checkpoint(TRUNCATE)").connection.close()
    pages = bytearray(file.read_bytes())
    for offset in range(8192, len(pages), 4096):
        pages[offset : offset + 64] = b"\xff" * 64
    file.write_bytes(pages)
    with pytest.raises(JournalDamagedError, match="Put it aside"):
        hold.append(EntryKind.INTENDED, "1")


def test_a_full_disk_stops_the_writing_and_loses_nothing(kept: Journal) -> None:
    hold = begun(kept)
    with kept._database.reading() as connection:
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    before = kept.entries("r1")
    with pytest.raises(JournalError, match=r"the disk is full\. Make room, then resume"):
        hold.append(EntryKind.INTENDED, "1", {"x": "y" * 3900, "z": ["y" * 3900] * 9})
    assert kept.entries("r1") == before
    assert kept.verify("r1").holds


def test_a_limit_of_the_kernel_on_the_file_stops_the_writing_too(file: Path) -> None:
    """Not SQLite's own limit but the operating system's: writing beyond it fails as on a full disk."""
    program = (
        "import resource, signal, sys\n"
        "from drkit.errors import JournalError\n"
        "from drkit.journal import EntryKind\n"
        "from tests.journal.stores import begun, opened\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "hold = begun(opened(sys.argv[1]))\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, 200_000))\n"
        "try:\n"
        "    for _ in range(99): hold.append(EntryKind.NOTED, '1', {'x': ['y' * 3900] * 9})\n"
        "except JournalError as error: print(error)\n"
    )
    result = subprocess.run(
        [sys.executable, "-c", program, str(file)], capture_output=True, text=True, check=True
    )
    assert "cannot be written: the disk is full or fails" in result.stdout
    journal = opened(file)
    assert journal.verify("r1").holds
    journal.close()


def test_a_journal_that_may_only_be_read_can_be_read_and_not_written(kept: Journal, file: Path) -> None:
    begun(kept)
    reader = opened(f"sqlite:///file:{file}?mode=ro&uri=true")
    assert len(reader.runs()) == 1
    assert reader.verify("r1").holds
    with pytest.raises(JournalError, match=r"is read-only\. Make it writable, then resume"):
        reader.start(new_run("r2", (("g2", "crm"),)))
    reader.close()


def test_a_folder_that_cannot_be_made_is_said(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(JournalError, match="cannot be reached or used"):
        opened(tmp_path / "file" / "j.sqlite")


def test_a_program_that_keeps_the_file_locked_is_waited_for_and_then_named(
    kept: Journal, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun(kept)
    monkeypatch.setattr(storage, "BUSY_SECONDS", 0.05)
    impatient = opened(file)
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(JournalError, match="kept busy by another program"):
        impatient.start(new_run("r2", (("g2", "crm"),)))
    other.close()
    impatient.close()


def test_a_journal_of_a_newer_drkit_is_not_touched(kept: Journal, file: Path) -> None:
    with sqlite3.connect(file) as connection:
        connection.execute("UPDATE drkit_journal SET version = 99")
    connection.close()
    with pytest.raises(JournalError, match="of version 99, newer than this drkit reads"):
        opened(file)


def test_threads_write_to_one_run_one_after_the_other(journal: Journal) -> None:
    hold = begun(journal)
    threads = [
        threading.Thread(target=lambda: [hold.append(EntryKind.NOTED, "1") for _ in range(10)])
        for _ in range(4)
    ]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert journal.verify("r1").entries == 41
    assert journal.verify("r1").holds


@pytest.mark.slow
def test_processes_that_make_the_same_journal_at_once_do_not_get_in_each_others_way(where: str) -> None:
    program = "import sys; from tests.journal.stores import opened; opened(sys.argv[1]).close()"
    racers = [subprocess.Popen([sys.executable, "-c", program, where]) for _ in range(4)]
    assert [each.wait() for each in racers] == [0, 0, 0, 0]


def test_whoever_comes_second_finds_the_tables_made(journal: Journal) -> None:
    begun(journal)
    with journal._database.writing() as connection:
        schema.create(connection)
    assert len(journal.runs()) == 1


def test_unfinished_runs_come_first_then_the_newest(journal: Journal, clock: SteppedClock) -> None:
    for number in range(1, 5):
        clock.advance(1)
        hold = journal.start(new_run(f"r{number}", ((f"g{number}", f"group {number}"),)))
        if number == 1:
            hold.append(EntryKind.INTENDED, "1")
            hold.abandon()
        elif number == 2:
            hold.close(EntryKind.STOPPED, {"phase": "stopped"})
        elif number == 3:
            hold.close(EntryKind.SETTLED, {"phase": "failed"})
    rows = journal.runs()
    assert [each.id for each in rows] == ["r4", "r2", "r1", "r3"]
    assert [each.state for each in rows] == ["running", "stopped", "interrupted", "failed"]
    assert [each.finished for each in rows] == [False, False, False, True]
    assert rows[0].row()["groups"] == "group 4"
    assert rows[0].row()["backend"] == "PRACTICE"


def test_a_run_whose_process_is_gone_is_interrupted(kept: Journal) -> None:
    hold = begun(kept)
    hold.append(EntryKind.INTENDED, "1")
    hold.abandon()
    (row,) = kept.runs()
    assert (row.state, row.held_by, row.finished) == ("interrupted", "", False)


def test_who_writes_is_told_with_the_clouds_user_where_one_is_signed_in(tmp_path: Path) -> None:
    with Journal.open(tmp_path / "j.sqlite", who="duty", signed_in="ops of acme") as journal:
        assert journal.holder.startswith("duty (cloud user ops of acme) on ")


def test_what_another_thread_gives_back_after_the_close_is_closed_too(tmp_path: Path) -> None:
    database = storage.Database(locate(tmp_path / "journal.sqlite"), SteppedClock())
    pool = database._engine.pool
    assert isinstance(pool, QueuePool)
    with database.reading():
        database.close()
    assert pool.checkedin() == 0
    pool.connect().close()  # opened while it was being closed
    assert pool.checkedin() == 0
    with database.reading() as connection:
        assert connection.scalar(text("SELECT 1")) == 1
    database.close()
