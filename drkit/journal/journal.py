"""`Journal`: open it, read it freely, and write to it through the `Hold` of a run."""

import threading
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Self

from sqlalchemy import URL, Connection, RowMapping, and_, func, insert, select
from sqlalchemy.exc import IntegrityError

from drkit.clock import Clock, SystemClock
from drkit.errors import JournalDamagedError, JournalError, UnknownNameError
from drkit.journal import leases
from drkit.journal.anchoring import Anchor, Anchors
from drkit.journal.chain import Chain, NewEntry
from drkit.journal.database import Database, locate
from drkit.journal.entries import (
    ClockReading,
    Entry,
    EntryKind,
    FirstEntry,
    Resumed,
    RunColumns,
    TakenOver,
    canonical,
    chain_faults,
    cleaned,
    spell_time,
)
from drkit.journal.leases import LEASE_SECONDS, Claim, Lease, LeaseHolder
from drkit.journal.listing import RunRow, Verified, beginning_faults, read_groups
from drkit.journal.readings import KeptReading, Moment, packed, unpacked
from drkit.journal.schema import entries, readings, runs, seals, stamps
from drkit.journal.sealing import Notary, Seal, WrittenReport, record_ended, seal_faults, unsigned
from drkit.journal.signing import SigningKey
from drkit.journal.stamping import Stamp
from drkit.showing import shows


@dataclass(frozen=True, slots=True)
class NewRun:
    """What a new run is: an id, a title, which backend, which groups, and the plan as confirmed.

    `place` is the backend's label, `scope` which cloud and project in an unmistakable form; `plan` is
    JSON and `digest` its SHA-256; `data` is what else the first entry has to say.
    """

    id: str
    title: str
    practice: bool
    place: str
    scope: str
    groups: tuple[tuple[str, str], ...]
    plan: Mapping[str, Any]
    digest: str
    data: Mapping[str, object]


@shows("where")
class Journal:
    """The record of all runs in one database.

    Reading is free for everybody. Writing needs a `Hold`, which `start` and `hold` give. Everything here
    raises `JournalError` when the database is damaged, full, read-only or cannot be reached. Close it when
    done, or use it in a `with`.
    """

    def __init__(self, database: Database, holder: LeaseHolder, lease_seconds: float) -> None:
        self._database, self._holder, self._lease_seconds = database, holder, lease_seconds
        self._notary = Notary(_name(database.url), SigningKey.here(), Anchors.here())

    @classmethod
    def open(
        cls,
        where: str | Path | None = None,
        clock: Clock | None = None,
        *,
        who: str = "",
        signed_in: str = "",
        lease_seconds: float = LEASE_SECONDS,
    ) -> Self:
        """Open or make the journal: a file or a URL, else DRKIT_JOURNAL, else the platform's data folder.

        `who` writes, else whoever is logged in; `signed_in` is the cloud's user, who is named beside that.
        """
        holder = LeaseHolder.here(who)
        if signed_in:
            holder = replace(holder, who=f"{holder.who} (cloud user {signed_in})")
        return cls(Database(locate(where), clock or SystemClock()), holder, lease_seconds)

    @property
    def where(self) -> str:
        """The file or the URL, without a password."""
        return self._database.shown

    def now(self) -> datetime:
        """What leases are judged by: the database server's clock; for a file this machine's."""
        with self._database.reading() as connection:
            return self._database.now(connection)

    @property
    def there(self) -> bool:
        """Whether the journal's file is still the one that was opened: nobody deleted or replaced it."""
        return self._database.there

    @property
    def holder(self) -> str:
        """Who writes here, for people."""
        return f"{self._holder.who} on {self._holder.host}"

    @property
    def who(self) -> str:
        """Who writes here: the login, and the cloud user who is signed in."""
        return self._holder.who

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    @property
    def anchors(self) -> Anchors:
        """Where it is told, outside of the journal, how far each run's record has come."""
        return self._notary.outside

    @property
    def public_key(self) -> str:
        """The public half of the key that signs here; empty where nothing was signed with it yet."""
        return self._notary.key.public

    def close(self) -> None:
        """Give the database's connections back."""
        self._database.close()

    def start(self, run: NewRun, *, takeover: bool = False) -> "Hold":
        """Record a new run and take its groups, all in one: the first entry is *planned*.

        Raises `LeaseHeldError` and leaves no trace when a group is held by somebody who is still there.
        """
        row: RunColumns = {
            "id": run.id,
            "title": run.title,
            "practice": run.practice,
            "place": run.place,
            "scope": run.scope,
            "groups": canonical(run.groups),
            "started_at": spell_time(self._database.clock.now()),
        }
        # The plan goes in as it is: `cleaned` would change it, and with it what its digest was made of.
        beginning = FirstEntry(plan=run.plan, digest=run.digest, run=row)
        planned = {**cleaned(run.data), **beginning}
        # Row, lease and first entry are one transaction: no run without its groups, no groups without a run.
        with self._database.writing() as connection:
            try:
                connection.execute(insert(runs), row)
            except IntegrityError:
                raise JournalError(f"There is a run {run.id!r} already.") from None
            hold = self._take(connection, row, EntryKind.PLANNED, planned, takeover=takeover)
            begun = self._notary.standing(connection, run.id)
        self.anchors.add(begun)  # after the transaction: what is told outside is on the disk here
        return hold

    def hold(self, run_id: str, *, takeover: bool = False) -> "Hold":
        """Take a recorded run's groups again, to go on with it. Raises `LeaseHeldError` as `start` does."""
        with self._database.writing() as connection:
            row = self._run(connection, run_id)
            resumed = Resumed(resumed_by=self.holder)
            return self._take(connection, row, EntryKind.NOTED, resumed, takeover=takeover)

    def close_run(self, run_id: str, data: Mapping[str, object], *, takeover: bool = False) -> None:
        """Write the last entry of a run that nobody drives. Raises `LeaseHeldError` as `start` does."""
        with self._database.writing() as connection:
            row = self._run(connection, run_id)
            hold = self._take(connection, row, EntryKind.SETTLED, cleaned(data), takeover=takeover)
            signed = self._sign(connection, run_id)
            hold.drop(connection)
        self.anchors.add(signed)

    def note(self, run_id: str, data: Mapping[str, object], step: str = "") -> Entry:
        """Add a note to a run's record, also after its end: a finding, a sign-off. It needs no hold.

        Its fence is 0: it was written by no run.
        """
        with self._database.writing() as connection:
            self._run(connection, run_id)
            entry = self._write(connection, Chain(run_id), EntryKind.NOTED, step, cleaned(data), fence=0)
            chain_now = [Entry.from_row(row) for row in _rows(connection, run_id)]
            signed = self._sign(connection, run_id) if record_ended(chain_now) else None
        if signed:
            self.anchors.add(signed)
        return entry

    def sign_report(self, run_id: str, head: str, folder: str, files: Mapping[str, str]) -> None:
        """Sign which report of the entries up to the one with that hash was written on this machine into a
        folder, by the SHA-256 of each file; once for the same.
        """
        report: WrittenReport = {"host": self._holder.host, "folder": folder, "files": files}
        with self._database.writing() as connection:
            known = (seal for seal in self._seals(connection, run_id) if seal.head == head)
            if any(seal.report == report and seal.key for seal in known):
                return
            chain_now = [Entry.from_row(row) for row in _rows(connection, run_id)]
            count = next(entry.seq + 1 for entry in chain_now if entry.hash == head)
            who, host = self._holder.who, self._holder.host
            now = self._database.clock.now()
            self._notary.seal(connection, Seal(run_id, count, head, now, who, host, report=report))

    def lost_runs(self) -> list[Anchor]:
        """The last anchor of each run that was anchored from this journal and is not in it any more.

        Raises `JournalError` where the anchors cannot be read.
        """
        mine = {each.run_id: each for each in self.anchors.all() if each.journal == self._notary.journal}
        with self._database.reading() as connection:
            there = set(connection.scalars(select(entries.c.run_id).distinct()))
        return [anchor for run_id, anchor in mine.items() if run_id not in there]

    def seals(self, run_id: str) -> tuple[Seal, ...]:
        """What was signed of a run's record, in that order."""
        with self._database.reading() as connection:
            self._run(connection, run_id)
            return self._seals(connection, run_id)

    def _sign(self, connection: Connection, run_id: str) -> Anchor:
        return sign(connection, self._notary, run_id, self._holder, self._database.clock)

    def _take(
        self,
        connection: Connection,
        row: Mapping[Any, Any],
        kind: EntryKind,
        data: Mapping[str, object],
        *,
        takeover: bool,
    ) -> "Hold":
        groups = read_groups(row["groups"])
        claim = Claim(row["scope"], groups, row["id"], row["title"], self._holder, self._lease_seconds)
        taken = leases.take(connection, claim, self._database.now(connection), takeover=takeover)
        chain = Chain(claim.run_id)
        written = [self._write(connection, chain, kind, "", data, taken.fence)]
        if taken.over:
            over: TakenOver = {
                "takeover": [{"group_id": each.group_id, "from": each.sentence} for each in taken.over]
            }
            written.append(self._write(connection, chain, EntryKind.NOTED, "", over, taken.fence))
        return Hold(self._database, claim, taken.fence, self._notary, chain, written)

    def _write(
        self,
        connection: Connection,
        chain: Chain,
        kind: EntryKind,
        step: str,
        data: Mapping[str, object],
        fence: int,
    ) -> Entry:
        now = ClockReading.of(self._database.clock)
        draft = NewEntry(chain.run_id, kind, now, self._holder.who, self._holder.host, fence, data, step)
        return chain.add(connection, draft)[0]

    def runs(self) -> list[RunRow]:
        """All runs: the unfinished first, then the newest first."""
        last = select(entries.c.run_id, func.max(entries.c.seq).label("seq")).group_by(entries.c.run_id)
        tail = last.where(entries.c.kind != EntryKind.NOTED.value).subquery()
        wanted = (
            select(runs, entries.c.seq, entries.c.kind, entries.c.step, entries.c.at, entries.c.data)
            .join(entries, entries.c.run_id == runs.c.id)
            .join(tail, and_(tail.c.run_id == entries.c.run_id, tail.c.seq == entries.c.seq))
            .order_by(runs.c.started_at.desc(), runs.c.id)
        )
        with self._database.reading() as connection:
            now = self._database.now(connection)
            held = {each.run_id: each for each in leases.held(connection, now, self._holder)}
            rows = [RunRow.of(row, held.get(row["id"])) for row in connection.execute(wanted).mappings()]
        return sorted(rows, key=lambda each: each.finished)

    def entries(self, run_id: str) -> list[Entry]:
        """A run's entries in order. Raises `UnknownNameError` for a run that is not in this journal."""
        with self._database.reading() as connection:
            self._run(connection, run_id)
            return [Entry.from_row(row) for row in _rows(connection, run_id)]

    def leases(self, run_id: str = "") -> tuple[Lease, ...]:
        """Who holds which groups now, for one run where one is given."""
        with self._database.reading() as connection:
            return leases.held(connection, self._database.now(connection), self._holder, run_id)

    def verify(self, run_id: str) -> Verified:
        """Recompute a run's chain and its plan's hash, from the journal alone."""
        with self._database.reading() as connection:
            row = dict(self._run(connection, run_id))
            rows = _rows(connection, run_id)
            kept = self._seal_rows(connection, run_id)
        whole: list[Entry] = []
        try:
            whole.extend(map(Entry.from_row, rows))
            sealed = [Seal.from_row(row) for row in kept]
        except JournalDamagedError as error:
            return Verified(run_id, len(rows), "", (*chain_faults(whole), str(error)))
        faults = (*chain_faults(whole), *beginning_faults(row, whole), *seal_faults(sealed, whole))
        head = whole[-1].hash if whole else ""
        return Verified(run_id, len(whole), head, faults, unsigned(sealed, whole))

    def stamp(self, run_id: str, url: str, ask: Callable[[bytes], bytes]) -> Stamp:
        """Have an authority stamp how far a run's record has come; `ask` sends it a request for its answer.

        Nothing is kept where that is no time stamp, which raises `JournalError`, or where `ask` raises.
        """
        with self._database.reading() as connection:
            self._run(connection, run_id)
            now = self._notary.standing(connection, run_id)
        stamp = Stamp.asked(run_id, now.entries, now.head, url, ask)  # no transaction waits for the network
        with self._database.writing() as connection:
            connection.execute(insert(stamps), stamp.to_row())
        return stamp

    def stamps(self, run_id: str) -> tuple[Stamp, ...]:
        """The time stamps of a run's record, in the order they were given."""
        wanted = select(stamps).where(stamps.c.run_id == run_id).order_by(stamps.c.number)
        with self._database.reading() as connection:
            return tuple(map(Stamp.from_row, connection.execute(wanted).mappings()))

    def keep_reading(
        self, content: bytes, at: datetime, project: tuple[str, str, bool], run: tuple[str, Moment] = ("", "")
    ) -> int:
        """Keep a reading of the `project` (its scope, its place, whether it is practice) that was made `at` a
        time, for a `run` (its id, and which end of it) or for none; returns its number.
        """
        scope, place, practice = project
        row = {
            "at": spell_time(at),
            "scope": scope,
            "place": place,
            "practice": practice,
            "run_id": run[0],
            "moment": run[1],
            "who": self._holder.who,
            "host": self._holder.host,
            "data": packed(content),
        }
        with self._database.writing() as connection:
            (number,) = connection.execute(insert(readings).returning(readings.c.number), row).one()
        return int(number)

    def readings(self, scope: str = "", run_id: str = "") -> list[KeptReading]:
        """The readings that were kept, of one project or run where one is named, the newest first."""
        columns = [each for each in readings.c if each is not readings.c.data]
        wanted = select(*columns).order_by(readings.c.at.desc(), readings.c.number.desc())
        wanted = wanted.where(readings.c.scope == scope) if scope else wanted
        wanted = wanted.where(readings.c.run_id == run_id) if run_id else wanted
        with self._database.reading() as connection:
            return [KeptReading.of(row) for row in connection.execute(wanted).mappings()]

    def reading(self, number: int) -> bytes:
        """A kept reading. Raises `UnknownNameError` where there is none of that number."""
        with self._database.reading() as connection:
            data = connection.scalar(select(readings.c.data).where(readings.c.number == number))
            if data is None:
                there = map(str, connection.scalars(select(readings.c.number)))
                raise UnknownNameError.among("reading", str(number), there)
        return unpacked(number, data)

    def _seals(self, connection: Connection, run_id: str) -> tuple[Seal, ...]:
        return tuple(map(Seal.from_row, self._seal_rows(connection, run_id)))

    def _seal_rows(self, connection: Connection, run_id: str) -> Sequence[RowMapping]:
        wanted = select(seals).where(seals.c.run_id == run_id).order_by(seals.c.number)
        return connection.execute(wanted).mappings().all()

    def _run(self, connection: Connection, run_id: str) -> dict[str, Any]:
        row = connection.execute(select(runs).where(runs.c.id == run_id)).mappings().first()
        if row is None:
            raise UnknownNameError.among("run", run_id, connection.scalars(select(runs.c.id)))
        return {str(key): value for key, value in row.items()}


def _rows(connection: Connection, run_id: str) -> Sequence[RowMapping]:
    wanted = select(entries).where(entries.c.run_id == run_id).order_by(entries.c.seq)
    return connection.execute(wanted).mappings().all()


Draft = tuple[EntryKind, str, Mapping[str, object], str]
"""What an entry is to say: its kind, the step's key, the data, the job's id."""


@dataclass(slots=True)
class _Waiting:
    """An entry that a thread waits for to be written."""

    draft: Draft
    entry: list[Entry] = field(default_factory=list)
    error: Exception | None = None

    @property
    def over(self) -> bool:
        return bool(self.entry or self.error)


class Hold:
    """A run's right to write, as long as it holds its groups; each write proves and renews it.

    Raises `LeaseLostError` as soon as another has taken a group over: then nothing was written. Several
    threads may use it; they write one after the other. `taken` are the entries that taking the groups wrote:
    of a run that begins all there are.
    """

    def __init__(
        self,
        database: Database,
        claim: Claim,
        fence: int,
        notary: Notary,
        chain: Chain,
        taken: Sequence[Entry],
    ) -> None:
        self.run_id, self.fence, self.taken = claim.run_id, fence, tuple(taken)
        self._database, self._claim, self._notary, self._chain = database, claim, notary, chain
        # Entries of several threads that come while another is being written go to the disk together. Whoever
        # gets `_turn` writes all that wait, and no `append` returns before its own is there. Taken before the
        # database's lock.
        self._turn = threading.Lock()
        self._waiting: deque[_Waiting] = deque()

    @property
    def who(self) -> str:
        """The person who holds."""
        return self._claim.holder.who

    @property
    def holder(self) -> str:
        """Who holds, for people."""
        return f"{self._claim.holder.who} on {self._claim.holder.host}"

    @property
    def seconds(self) -> float:
        """How long the hold lasts without being renewed."""
        return self._claim.seconds

    def entries(self) -> list[Entry]:
        """The run's entries so far, with those that others have added."""
        with self._database.reading() as connection:
            return [Entry.from_row(row) for row in _rows(connection, self.run_id)]

    def append(
        self, kind: EntryKind, step: str = "", data: Mapping[str, object] | None = None, job_id: str = ""
    ) -> Entry:
        """Write one entry, without secrets. It is on the disk when this returns."""
        mine = _Waiting((kind, step, data or {}, job_id))
        if threading.current_thread() is threading.main_thread():
            # Ctrl-C strikes here alone: it must not leave others without knowing whether theirs was written.
            return self.append_all([mine.draft])[0]
        self._waiting.append(mine)
        with self._turn:
            if not mine.over:
                self._write_waiting()
        if mine.error:
            raise mine.error
        return mine.entry[0]

    def _write_waiting(self) -> None:
        batch = [self._waiting.popleft() for _ in range(len(self._waiting))]
        try:
            written = self.append_all([waiting.draft for waiting in batch])
        except Exception as error:  # noqa: BLE001  # none of them was written: each is told so
            for waiting in batch:
                waiting.error = error
        else:
            for waiting, entry in zip(batch, written, strict=True):
                waiting.entry.append(entry)

    def append_all(self, drafts: Sequence[Draft]) -> list[Entry]:
        """Write some entries in one: all are on the disk when this returns, or none of them is."""
        with self._database.writing() as connection:
            self._prove(connection)
            return self._write(connection, *drafts)

    def close(self, kind: EntryKind, data: Mapping[str, object]) -> Entry:
        """Write the run's last entry, sign the record, and give the groups free, in one."""
        with self._database.writing() as connection:
            self._prove(connection)
            (entry,) = self._write(connection, (kind, "", data, ""))
            signed = sign(connection, self._notary, self.run_id, self._claim.holder, self._database.clock)
            self.drop(connection)
        self._notary.outside.add(signed)
        return entry

    def drop(self, connection: Connection) -> None:
        """Give the groups free, within a writing transaction."""
        leases.drop(connection, self._claim, self.fence)

    def renew(self) -> None:
        """Stay the holder for another while."""
        with self._database.writing() as connection:
            self._prove(connection)

    def abandon(self) -> None:
        """This process goes no further: whoever comes next on this machine need not wait."""
        leases.forget(self._claim)

    def _prove(self, connection: Connection) -> None:
        # Where the fence is checked: in the same transaction as the write, which it undoes by raising.
        leases.keep(connection, self._claim, self.fence, self._database.now(connection))

    def _write(self, connection: Connection, *drafts: Draft) -> list[Entry]:
        now, holder = ClockReading.of(self._database.clock), self._claim.holder
        return self._chain.add(
            connection,
            *(
                NewEntry(
                    self.run_id, kind, now, holder.who, holder.host, self.fence, cleaned(data), step, job_id
                )
                for kind, step, data, job_id in drafts
            ),
        )


def _name(url: URL) -> str:
    """What anchors call a journal: the file with its whole path, or the database, whoever connects to it."""
    file = url.get_backend_name() == "sqlite"
    named = url.set(database=str(Path(url.database or "memory").resolve())) if file else url
    return URL.create(
        named.drivername, host=named.host, port=named.port, database=named.database, query=named.query
    ).render_as_string()


def sign(connection: Connection, notary: Notary, run_id: str, holder: LeaseHolder, clock: Clock) -> Anchor:
    """Sign the record as far as it has come; what is to be told outside once that is on the disk."""
    now = notary.standing(connection, run_id)
    notary.seal(connection, Seal(run_id, now.entries, now.head, clock.now(), holder.who, holder.host))
    return now
