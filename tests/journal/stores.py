"""Where the journal's tests keep it: a SQLite file, or a schema of its own on a real PostgreSQL."""

import os
import secrets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from pathlib import Path

import pytest
from sqlalchemy import URL, create_engine, make_url, text

from drkit.clock import SteppedClock
from drkit.journal import Hold, Journal, NewRun
from drkit.journal.leases import LEASE_SECONDS
from tests.closing import at_the_end

PLAN = {"title": "Attach a pair", "steps": [{"key": "1"}]}


at_end = ExitStack()  # closed by tests/conftest.py


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty schema; skips where DRKIT_TEST_POSTGRES names no server."""
    named = os.environ.get("DRKIT_TEST_POSTGRES", "")
    if not named:
        if os.environ.get("DRKIT_REQUIRE_POSTGRES"):
            pytest.fail("PostgreSQL is required, but DRKIT_TEST_POSTGRES names no server.")
        pytest.skip("on PostgreSQL (start one and set DRKIT_TEST_POSTGRES=postgresql://...)")
    schema = f"drkit_{secrets.token_hex(6)}"
    url = database(named)
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.execute(text(f"CREATE SCHEMA {schema}"))
    try:
        options = {"options": f"-csearch_path={schema}"}
        yield url.set(drivername="postgresql").update_query_dict(options).render_as_string(False)
    finally:
        with engine.begin() as connection:
            connection.execute(text(f"DROP SCHEMA {schema} CASCADE"))
        engine.dispose()


@cache
def database(named: str) -> URL:
    """A database of this process's own beside the named one: advisory locks hold for a whole database."""
    own = f"drkit_{secrets.token_hex(6)}"
    url = make_url(named).set(drivername="postgresql+psycopg")
    server = create_engine(url, isolation_level="AUTOCOMMIT")
    with server.connect() as connection:
        connection.execute(text(f"CREATE DATABASE {own}"))

    def drop() -> None:
        with server.connect() as connection:
            connection.execute(text(f"DROP DATABASE {own} WITH (FORCE)"))
        server.dispose()

    at_end.callback(drop)
    return url.set(database=own)


@contextmanager
def store(kind: str, folder: Path) -> Iterator[str]:
    if kind == "postgresql":
        with postgres() as url:
            yield url
    else:
        yield str(folder / "journal.sqlite")


def new_run(
    run_id: str = "r1", groups: tuple[tuple[str, str], ...] = (("g1", "erp"),), title: str = "Attach a pair"
) -> NewRun:
    return NewRun(run_id, title, True, "PRACTICE", "practice/p", groups, PLAN, digest_of(PLAN), {})


def digest_of(plan: object) -> str:
    import hashlib
    import json

    return hashlib.sha256(json.dumps(plan, sort_keys=True).encode()).hexdigest()


def begun(journal: Journal, run_id: str = "r1") -> Hold:
    return journal.start(new_run(run_id))


def opened(where: str | Path, who: str = "duty", lease_seconds: float = LEASE_SECONDS) -> Journal:
    journal = Journal.open(where, SteppedClock(), who=who, lease_seconds=lease_seconds)
    return at_the_end.enter_context(journal)
