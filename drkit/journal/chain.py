"""Adding entries to the end of a run's chain."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from importlib.metadata import version

from sqlalchemy import Connection, insert, select

from drkit.errors import JournalDamagedError
from drkit.journal.entries import ClockReading, Entry, EntryKind
from drkit.journal.schema import entries, runs

DRKIT_VERSION = version("drkit")


@dataclass(frozen=True, slots=True)
class NewEntry:
    """What an entry is to say, before it has its place in the chain."""

    run_id: str
    kind: EntryKind
    clock: ClockReading
    who: str
    host: str
    fence: int
    data: Mapping[str, object]
    step: str = ""
    job_id: str = ""


_GIVEN = tuple(each.name for each in fields(NewEntry))


class Chain:
    """The end of a run's chain. Whoever writes to it again and again need not read it anew each time: what
    stands there is held against what was written last, column by column.
    """

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        # Written within transactions alone, which come one after the other. One that was undone leaves a row
        # here that is not there: then the last entry is read and checked as that of a stranger.
        self._written: tuple[Entry, Mapping[str, object]] | None = None

    def add(self, connection: Connection, *drafts: NewEntry) -> list[Entry]:
        """Write entries behind the last one, within a writing transaction.

        Raises `JournalDamagedError` where the last one does not fit its hash.
        """
        # Two writers may be at one run: the holder, and somebody who adds a note without a hold. On
        # PostgreSQL the run's row keeps the second waiting until the first has its place in the chain. SQLite
        # has one writer for the whole file; there FOR UPDATE is left out.
        connection.execute(select(runs.c.id).where(runs.c.id == self.run_id).with_for_update())
        last, added, rows = self._last(connection), list[Entry](), list[Mapping[str, object]]()
        for draft in drafts:
            given = {name: getattr(draft, name) for name in _GIVEN}
            at = _moment(connection, draft, last)
            entry = Entry(**given, at=at, seq=last.seq + 1 if last else 0, version=DRKIT_VERSION)
            rows.append(row := entry.row_after(last.hash if last else ""))
            last = replace(entry, hash=row["hash"])
            added.append(last)
        connection.execute(insert(entries), rows)
        self._written = added[-1], rows[-1]
        return added

    def _last(self, connection: Connection) -> Entry | None:
        mine = select(entries).where(entries.c.run_id == self.run_id)
        newest = connection.execute(mine.order_by(entries.c.seq.desc()).limit(1)).mappings().first()
        if newest is None:
            return None
        # Before each write, not only when somebody verifies: nothing is sent on a record that was altered.
        # Only the last link, as the whole chain would cost more with every entry; `Journal.verify` walks it.
        if self._written and dict(newest) == self._written[1]:
            return self._written[0]
        last = Entry.from_row(newest)
        # Of the one before just its hash: it may be the first, which holds the whole plan.
        before = select(entries.c.hash).where(entries.c.run_id == self.run_id, entries.c.seq < last.seq)
        previous: str = connection.scalar(before.order_by(entries.c.seq.desc()).limit(1)) or ""
        if last.hash != last.sealed_after(previous):
            raise JournalDamagedError(
                f"The journal was altered: the last entry of run {self.run_id} does not fit its hash. "
                f"Nothing more is sent; look at it with: drkit verify {self.run_id}",
                run_id=self.run_id,
            )
        return last


def _moment(connection: Connection, draft: NewEntry, last: Entry | None) -> datetime:
    """When it is, counted from what was written before; by the wall's clock where nothing else can tell."""
    now = draft.clock
    if last is None:
        return now.wall
    known = last if last.clock and last.clock.boot == now.boot else _of_this_boot(connection, draft)
    if known and known.clock and now.goes_on(known.clock):
        return max(last.at, known.at + timedelta(seconds=now.seconds - known.clock.seconds))
    return max(last.at, now.wall)


def _of_this_boot(connection: Connection, draft: NewEntry) -> Entry | None:
    """The last entry of this start of this machine; others may have noted something since."""
    if not draft.clock.boot:
        return None
    mine = select(entries).where(entries.c.run_id == draft.run_id, entries.c.data.contains(draft.clock.boot))
    rows = connection.execute(mine.order_by(entries.c.seq.desc())).mappings()
    written = (Entry.from_row(row) for row in rows)
    return next((each for each in written if each.clock and each.clock.boot == draft.clock.boot), None)
