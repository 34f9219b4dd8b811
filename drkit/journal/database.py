"""The database behind a journal: where it is, transactions, and its failures as sentences."""

import errno
import os
import re
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote, urlsplit

from platformdirs import user_data_path
from sqlalchemy import URL, Connection, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry, QueuePool

from drkit import owned
from drkit.clock import Clock
from drkit.errors import InputError, JournalDamagedError, JournalError
from drkit.journal import schema

BUSY_SECONDS = 10.0
_A_SERVER = re.compile(r"^\w[\w+]+(:/|//)|\bpassword *=", re.IGNORECASE)  # misspelled ones too
_WANTED = "wanted: a file, or postgresql://user@host/database"
_SOON_NOTICED = {  # a server that went away is noticed in seconds, not when the kernel gives up
    "connect_timeout": 10,
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 20_000,
}
_PLAIN = frozenset(  # what is shown of a URL's query; anything else in it may be a secret
    (
        *("host", "hostaddr", "port", "dbname", "user", "application_name"),
        *("sslmode", "gssencmode", "channel_binding", "target_session_attrs", "load_balance_hosts"),
        *("connect_timeout", "tcp_user_timeout"),
        *("keepalives", "keepalives_count", "keepalives_idle", "keepalives_interval"),
    )
)
_DAMAGED = "is damaged. Put it aside, keep it, and restore a copy"
_FULL = "cannot grow: the disk is full. Make room, then resume"
_FAILING = "cannot be written: the disk is full or fails. Look at it, then resume"
_GONE = (
    "was deleted or replaced while it was in use. Nothing more is written or sent; put the file back (or a "
    "copy of it), then resume"
)
_READ_ONLY = "is read-only. Make it writable, then resume"
_BUSY = f"was kept busy by another program for {BUSY_SECONDS:.0f} s. Try again"
_SQLITE: Mapping[int, str] = {  # by SQLite's primary result code
    sqlite3.SQLITE_CORRUPT: _DAMAGED,
    sqlite3.SQLITE_NOTADB: _DAMAGED,
    sqlite3.SQLITE_FULL: _FULL,
    sqlite3.SQLITE_IOERR: _FAILING,
    sqlite3.SQLITE_READONLY: _READ_ONLY,
    sqlite3.SQLITE_PERM: _READ_ONLY,
    sqlite3.SQLITE_BUSY: _BUSY,
    sqlite3.SQLITE_LOCKED: _BUSY,
}
_POSTGRESQL: Mapping[str | None, str] = {  # by SQLSTATE
    "XX001": _DAMAGED,  # data_corrupted
    "XX002": _DAMAGED,  # index_corrupted
    "53100": _FULL,  # disk_full
    "58030": _FAILING,  # io_error
    "25006": _READ_ONLY,  # read_only_sql_transaction
    "42501": _READ_ONLY,  # insufficient_privilege
    "55P03": _BUSY,  # lock_not_available: the lock_timeout below
}
_SYSTEM: Mapping[int | None, str] = {
    errno.ENOSPC: _FULL,
    errno.EIO: _FAILING,
    errno.EROFS: _READ_ONLY,
    errno.EACCES: _READ_ONLY,
}


def locate(where: str | Path | None) -> URL:
    """The database's URL: as given, else from DRKIT_JOURNAL, else a file in the platform's data folder."""
    where = where or os.environ.get("DRKIT_JOURNAL") or user_data_path("drkit") / "journal.sqlite"
    if isinstance(where, Path) or not _A_SERVER.search(where):
        return URL.create("sqlite", database=str(Path(where).expanduser().absolute()))
    try:
        url = make_url(where)
    except (ArgumentError, ValueError):
        raise InputError(f"The journal's URL cannot be read; {_WANTED}") from None
    if "@" in (url.host or ""):  # the rest of a password, which would be looked up as a name
        raise InputError(f"The journal's URL holds @ twice: in a password it is spelled %40; {_WANTED}")
    if url.drivername in {"postgres", "postgresql"}:
        url = url.set(drivername="postgresql+psycopg")
    if url.drivername not in {"sqlite", "postgresql+psycopg"}:
        raise InputError(f"The journal is kept in SQLite or PostgreSQL, not in {url.drivername!r}; {_WANTED}")
    if not url.database:
        raise InputError(f"The journal's URL names no database; {_WANTED}")
    return url


class _Pool(QueuePool):
    """Keeps nothing once it was closed: another thread may have opened or used a connection meanwhile, and
    nobody else would close what it gives back.
    """

    _closed = False

    def dispose(self) -> None:
        self._closed = True  # first: what is given back from now on sees it, what was before is in the queue
        super().dispose()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        super()._do_return_conn(record)
        if self._closed:
            super().dispose()


class Database:
    """A pool of connections. Every failure comes out as a `JournalError`, one sentence without secrets."""

    def __init__(self, url: URL, clock: Clock) -> None:
        self.url, self.clock = url, clock
        self.sqlite = url.drivername == "sqlite"
        self._hidden = {} if self.sqlite else {key: url.query[key] for key in url.query.keys() - _PLAIN}
        self.shown = url.database or "memory" if self.sqlite else _shown(url, self._hidden)
        # One writer of this process at a time: its threads queue here, where they wait as long as it takes,
        # and not at SQLite, which lets one writer in and turns the others away after BUSY_SECONDS. Whoever
        # holds it takes no other lock of drkit.
        self._writing = threading.Lock()
        with self._sentences():
            # Secrets go to the driver by themselves: the engine shows its URL's query to whoever asks.
            self._engine = create_engine(url.difference_update_query(self._hidden), **self._options())
            self._writer = self._engine.execution_options(writes=True)
            self._opened: tuple[int, int] | None = None  # device and number: which file it is
            event.listen(self._engine, "do_connect", self._look_before_connecting)
            event.listen(self._engine, "connect", _set_up_sqlite if self.sqlite else _set_up_postgresql)
            if self.sqlite:
                event.listen(self._engine, "begin", _begin_sqlite)
        try:
            self._prepare()
        except BaseException:
            self.close()
            raise

    def _options(self) -> dict[str, object]:
        if self.sqlite:
            kept = {} if ":memory:" in (self.url.database or ":memory:") else {"poolclass": _Pool}
            return {"connect_args": {"timeout": BUSY_SECONDS}, **kept}
        secret = {**_SOON_NOTICED, **self._hidden}
        return {"connect_args": secret, "pool_pre_ping": True, "poolclass": _Pool}

    def _prepare(self) -> None:
        if file := self._file():
            with self._sentences():
                owned.make_folder(file.parent)
                # Before SQLite does: its other files, -wal and -shm, get the rights that this one has.
                owned.make_file(file)
                for beside in ("-wal", "-shm", "-journal"):
                    owned.narrow(Path(f"{file.resolve()}{beside}"))
        with self.reading() as connection:
            is_ready = schema.ready(connection)
        if not is_ready:
            with self.writing() as connection:
                schema.create(connection)
        self._opened = self._identity()

    @property
    def there(self) -> bool:
        """Whether the file is still the one that was opened; always so on a server."""
        return self._opened is None or self._opened == self._identity()

    def _identity(self) -> tuple[int, int] | None:
        name = self.url.database
        if not (self.sqlite and name and name != ":memory:") or self.url.query:
            return None
        try:
            found = Path(name).stat()
        except OSError:
            return (0, 0)
        return found.st_dev, found.st_ino

    def _look(self) -> None:
        if not self.there:
            raise JournalError(f"The journal {self.shown} {_GONE}.")

    def _look_before_connecting(self, *_: object) -> None:
        self._look()  # SQLite would make a new, empty file

    def _file(self) -> Path | None:
        """The file of a journal that may be made; None on PostgreSQL, and where it is only read."""
        name, mode = self.url.database or "", self.url.query.get("mode", "rwc")
        if not self.sqlite or ":memory:" in name or mode != "rwc":
            return None
        return Path(unquote(urlsplit(name).path) if name.startswith("file:") else name)

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A transaction that only reads and waits for nobody."""
        with self._sentences(), self._engine.begin() as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """A transaction that is on the disk when it returns, or has left no trace when it raises."""
        with self._writing, self._sentences(), self._writer.begin() as connection:
            # A file that was deleted takes what is written, and loses it.
            self._look()
            yield connection

    def now(self, connection: Connection) -> datetime:
        """What leases are judged by: PostgreSQL's clock, which all see alike; for a file this machine's."""
        if self.sqlite:
            return self.clock.now()
        moment: datetime = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
        return moment.astimezone(UTC)

    def close(self) -> None:
        """Give the connections back, those in use as soon as they are not; a later use opens new ones."""
        self._engine.dispose()

    @contextmanager
    def _sentences(self) -> Iterator[None]:
        try:
            yield
        except (SQLAlchemyError, OSError, sqlite3.Error, UnicodeError, ImportError) as error:
            # What a server's driver raises is not passed on: it may quote what it was given.
            raise self._sentence(error) from (error if self.sqlite else None)

    def _sentence(self, error: BaseException) -> JournalError:
        cause = error.orig if isinstance(error, DBAPIError) else error
        first = str(cause).strip().partition("\n")[0]
        for secret in filter(None, [self.url.password, *map(str, self._hidden.values())]):
            first = first.replace(secret, "***")
        if meaning := _meaning(cause):
            kind = JournalDamagedError if meaning is _DAMAGED else JournalError
            return kind(f"The journal {self.shown} {meaning} ({first}).")
        if isinstance(error, ImportError):
            return JournalError("A journal in PostgreSQL needs its driver: pip install 'drkit[postgres]'")
        return JournalError(f"The journal {self.shown} cannot be reached or used ({first}).")


def _shown(url: URL, hidden: Iterable[str]) -> str:
    masked = url.update_query_dict(dict.fromkeys(hidden, "***"))
    return masked.render_as_string(hide_password=True).replace("%2A%2A%2A", "***")


def _meaning(cause: BaseException | None) -> str:
    """What a failure means for the journal, by its type and code; empty where that says nothing."""
    if isinstance(cause, UnicodeDecodeError):
        return _DAMAGED  # a stored text that is none
    if isinstance(cause, sqlite3.Error):
        return _SQLITE.get(getattr(cause, "sqlite_errorcode", 0) & 0xFF, "")
    if isinstance(cause, OSError):
        return _SYSTEM.get(cause.errno, "")
    return _POSTGRESQL.get(getattr(cause, "sqlstate", None), "")


def _set_up_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    connection.isolation_level = None  # transactions begin where we say
    connection.text_factory = bytes.decode  # raises a UnicodeError; the default's error has no code
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
