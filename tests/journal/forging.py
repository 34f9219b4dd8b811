"""What somebody does who has the journal's file and a database tool, and not the key."""

import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from drkit.journal import Entry

TABLES = ("drkit_runs", "drkit_entries", "drkit_seals")


def unlocked(file: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(file)
    connection.row_factory = sqlite3.Row
    for table in TABLES:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
    return connection


def written_anew(file: Path, who: str, seals: str = "left") -> None:
    """Every entry is said to be by somebody else, and the chain fits again. Of the seals that are there
    those are "left", "taken out", or "put right" as far as that goes without the key.
    """
    with closing(unlocked(file)) as connection, connection:
        previous = ""
        for row in connection.execute("SELECT * FROM drkit_entries ORDER BY run_id, seq").fetchall():
            entry = replace(Entry.from_row(dict(row)), who=who)
            previous = entry.sealed_after(previous if entry.seq else "")
            new = (who, previous, entry.run_id, entry.seq)
            connection.execute("UPDATE drkit_entries SET who=?, hash=? WHERE run_id=? AND seq=?", new)
            put = (previous, entry.run_id, entry.seq + 1)
            if seals == "put right":
                connection.execute("UPDATE drkit_seals SET head=? WHERE run_id=? AND entries=?", put)
        if seals == "taken out":
            connection.execute("DELETE FROM drkit_seals")


def cut_off(file: Path, entries: int, seals: int | None = None) -> None:
    """Only so many entries of each run are left, and of its seals; with none of them the run is gone."""
    with closing(unlocked(file)) as connection, connection:
        if seals is not None or not entries:
            connection.execute("DELETE FROM drkit_seals WHERE number >= ?", (seals or 0,))
        connection.execute("DELETE FROM drkit_entries WHERE seq >= ?", (entries,))
        if not entries:
            connection.execute("DELETE FROM drkit_runs")
