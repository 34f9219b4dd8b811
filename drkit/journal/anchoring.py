"""Anchors: how far a run's record had come, written where whoever owns the journal may not reach.

In the file or the PostgreSQL database that DRKIT_ANCHORS names, else in a file in the platform's data folder.
An anchor that cannot be written stops no run: it is logged, and verifying says what is not anchored.
"""

import json
import logging
import os
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Any

from platformdirs import user_data_path
from sqlalchemy import insert, select

from drkit.clock import SystemClock
from drkit.errors import JournalError
from drkit.journal.database import Database, locate
from drkit.journal.entries import Entry, canonical, lost_since
from drkit.journal.schema import anchors
from drkit.showing import shows

_log = logging.getLogger("drkit.journal")


@dataclass(frozen=True, slots=True)
class Anchor:
    """At that moment (UTC) a run had so many entries, the last with the hash `head`, and its journal so many
    runs.
    """

    run_id: str
    entries: int
    head: str
    at: str
    journal: str
    runs: int


@shows("where")
class Anchors:
    """Where anchors are written and read; `where` names it for people, without a password."""

    def __init__(self, place: str) -> None:
        self._place = place
        self.where = locate(place).render_as_string(hide_password=True) if "://" in place else place

    @classmethod
    def here(cls) -> "Anchors":
        """Where the environment says, else in the platform's data folder."""
        named = os.environ.get("DRKIT_ANCHORS", "").strip()
        return cls(named or str(user_data_path("drkit") / "anchors.jsonl"))

    def add(self, anchor: Anchor) -> None:
        """Write it down behind the others."""
        try:
            if self._is_file:
                self._append(canonical(asdict(anchor)) + "\n")
            else:
                with self._database.writing() as connection:
                    connection.execute(insert(anchors), asdict(anchor))
        except (JournalError, OSError) as error:
            _log.warning("Run %s is not anchored in %s: %s", anchor.run_id, self.where, error)

    def all(self) -> list[Anchor]:
        """All anchors in the order they were written. Raises `JournalError` where they cannot be read."""
        if not self._is_file:
            with self._database.reading() as connection:
                rows = connection.execute(select(anchors).order_by(anchors.c.number)).mappings().all()
            return [_anchor({key: value for key, value in row.items() if key != "number"}) for row in rows]
        try:
            lines = self._file.read_text("utf-8").splitlines() if self._file.exists() else []
            return [_anchor(json.loads(line)) for line in lines]
        except (OSError, ValueError, TypeError) as error:
            raise JournalError(f"The anchors in {self.where} cannot be read ({error}).") from error

    def of(self, run_id: str) -> list[Anchor]:
        """Those of one run."""
        return [anchor for anchor in self.all() if anchor.run_id == run_id]

    @property
    def _is_file(self) -> bool:
        return "://" not in self._place

    @cached_property
    def _file(self) -> Path:
        return Path(self._place).expanduser()

    @cached_property
    def _database(self) -> Database:
        return Database(locate(self._place), SystemClock())

    def _append(self, line: str) -> None:
        self._file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        # One write behind the end: two processes that anchor at once do not mix their lines.
        descriptor = os.open(self._file, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            os.write(descriptor, line.encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _anchor(source: dict[str, Any]) -> Anchor:
    return Anchor(**source)


def anchor_faults(found: Iterable[Anchor], entries: Sequence[Entry], where: str) -> list[str]:
    """Where a run's entries are not those that were anchored, as sentences."""
    faults = []
    for anchor in found:
        known = f"{anchor.entries} entries were anchored at {_moment(anchor.at)} in {where}"
        if lost := lost_since(known, anchor.entries, anchor.head, entries):
            faults.append(lost)
    return faults


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S} UTC"
