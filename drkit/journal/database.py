"""The database behind a journal: where it is, transactions, and its failures as sentences."""

import os
import sqlite3
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from drkit.clock import Clock
from drkit.errors import InputError, JournalDamagedError, JournalError
from drkit.journal import schema

BUSY_SECONDS = 10.0
_WANTED = "wanted: a file, or postgresql://user@host/database"
_SOON_TOLD = {  # a server that went away is noticed in seconds, not when the kernel gives up
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_SIGNS = (  # what the databases say, and what it means
    (
        ("malformed", "not a database", "corrupt", "decode"),
        "is damaged. Put it aside, keep it, and restore a copy",
    ),
    (("disk is full", "no space"), "cannot grow: the disk is full. Make room, then resume"),
    (("disk i/o error",), "cannot be written: the disk is full or fails. Look at it, then resume"),
    (("readonly", "read-only", "permission denied"), "is read-only. Make it writable, then resume"),
    (("locked", "lock timeout"), f"was kept busy by another program for {BUSY_SECONDS:.0f} s. Try again"),
)


def locate(where: str | Path | None) -> URL:
    """The database's URL: as given, else from DRKIT_JOURNAL, else a file in the platform's data folder."""
    where = where or os.environ.get("DRKIT_JOURNAL") or user_data_path("drkit") / "journal.sqlite"
    if isinstance(where, Path) or "://" not in where:
        return URL.create("sqlite", database=str(Path(where).expanduser()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise InputError(f"The journal's URL cannot be read; {_WANTED}") from None
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise InputError(f"The journal is kept in SQLite or PostgreSQL, not in {url.drivername!r}; {_WANTED}")
    if not url.database:
        raise InputError(f"The journal's URL names no database; {_WANTED}")
    return url


class Database:
    """A pool of connections. Every failure comes out as a `JournalError`, one sentence without secrets."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self.sqlite = url.drivername == "sqlite"
        self.shown = url.database or "memory" if self.sqlite else url.render_as_string(hide_password=True)
        self._writing = threading.Lock()
        with self._told():
            self._engine = create_engine(url, **self._options())
            self._writer = self._engine.execution_options(writes=True)
            event.listen(self._engine, "connect", _set_up_sqlite if self.sqlite else _set_up_postgresql)
            if self.sqlite:
                event.listen(self._engine, "begin", _begin_sqlite)
        self._prepare()

    def _options(self) -> dict[str, object]:
        if self.sqlite:
            return {"connect_args": {"timeout": BUSY_SECONDS}}
        return {"connect_args": _SOON_TOLD, "pool_pre_ping": True}

    def _prepare(self) -> None:
        if self.sqlite and self.url.database and not self.url.query:
            with self._told():
                Path(self.url.database).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self.reading() as connection:
            is_ready = schema.ready(connection)
        if not is_ready:
            with self.writing() as connection:
                schema.create(connection)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads and waits for nobody."""
        with self._told(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on the disk when it returns, or has left no trace when it raises."""
        with self._writing, self._told(), self._writer.begin() as connection:
            yield connection

    def now(self, connection: Connection) -> datetime:
        """What leases are judged by: PostgreSQL's clock, which all see alike; for a file this machine's."""
        if self.sqlite:
            return self.clock.now()
        moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC)

    def close(self) -> None:
        """Give the connections back; a later use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _told(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, sqlite3.Error, UnicodeError, ImportError) as error:
            raise self._sentence(error) from error

    def _sentence(self, error: BaseException) -> JournalError:
        cause = str(error.orig) if isinstance(error, DBAPIError) else str(error)
        first = cause.strip().partition("\n")[0]
        for signs, meaning in _SIGNS:
            if any(sign in cause.lower() for sign in signs):
                kind = JournalDamagedError if "damaged" in meaning else JournalError
                return kind(f"The journal {self.shown} {meaning} ({first}).")
        if isinstance(error, ImportError):
            return JournalError("A journal in PostgreSQL needs its driver: pip install 'drkit[postgres]'")
        return JournalError(f"The journal {self.shown} cannot be reached or used ({first}).")


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say
    cursor = connection.cursor()
    for setting in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON"):
        cursor.execute(f"PRAGMA {setting}")
    cursor.close()


def _set_up_postgresql(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # Nobody waits for ever, and whoever falls asleep within a transaction does not keep the others out.
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = {BUSY_SECONDS * 1000:.0f}")
    cursor.execute("SET idle_in_transaction_session_timeout = 30000")
    cursor.close()
    connection.commit()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes the lock first: nothing it has read can change before it writes.
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
