"""Leases: one run at a time changes a group, and a number tells a late holder that it is late.

A lease promises: until it expires nobody takes the group without asking for `takeover`. It expires when its
process is certainly gone; while its process can be seen it does not, whatever a clock says; its time counts
only where nothing is known of the process. A lease does not promise that a holder which sleeps past its time
sends nothing (`RunContext.check_hold` makes that unlikely).

The fence: each taking gets the next number of the journal. It is checked where the run writes (`keep`), in
the transaction of the write itself: a holder whose group was taken meanwhile writes not one entry more.
Time is told by the database's clock on PostgreSQL, so that machines with different clocks agree, and by this
machine's clock on SQLite.
"""

import getpass
import os
import secrets
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, and_, delete, insert, select, update

from drkit.errors import JournalDamagedError, LeaseHeldError, LeaseLostError
from drkit.journal.entries import spell_time
from drkit.journal.processes import Process
from drkit.journal.schema import facts, leases
from drkit.showing import shows

LEASE_SECONDS = 60.0
# The takings that this very process goes on with, which tells them from those of a run that broke off. Each
# by a token of its own, because the fences of two journals are the same numbers. The module's, because it
# speaks of the process: of two journals on one database, as two cells open them, each has to know what the
# other holds. Each use is one step of a set, so it needs no lock.
_going_on: set[str] = set()


@dataclass(frozen=True, slots=True)
class LeaseHolder:
    """Who writes: a person, on a machine, in a process."""

    who: str
    host: str
    process: Process

    @classmethod
    def here(cls, who: str = "") -> "LeaseHolder":
        """This process; the person is who is logged in unless said otherwise."""
        host = socket.gethostname()
        return cls(who or _user(), host, Process.here(host))


def _user() -> str:
    try:
        return os.environ.get("JUPYTERHUB_USER") or getpass.getuser()
    except (KeyError, OSError):  # a container whose user has no name
        return f"uid {os.getuid()}"


@shows("who", "host", "group_id", "run_id")
@dataclass(frozen=True, slots=True)
class Lease:
    """Who holds a group, as another operator has to be told; times are UTC.

    `expired`: its process is certainly gone, or nothing is known of it and its time is up; whoever comes next
    need not wait.
    """

    group_id: str
    run_id: str
    fence: int
    who: str
    host: str
    pid: int
    doing: str
    since: datetime
    heard_at: datetime
    expired: bool

    @property
    def sentence(self) -> str:
        """Who, since when, doing what, last heard of when."""
        return (
            f"{self.who} on {self.host} (process {self.pid}) since {self.since:%Y-%m-%d %H:%M:%S} UTC, "
            f"run {self.run_id}: {self.doing}; last heard of at {self.heard_at:%H:%M:%S} UTC"
        )


@dataclass(frozen=True, slots=True)
class Claim:
    """What is to be held: these groups (id, name) of a scope (cloud and project), for a run, by whom."""

    scope: str
    groups: tuple[tuple[str, str], ...]
    run_id: str
    doing: str
    holder: LeaseHolder
    seconds: float = LEASE_SECONDS
    token: str = field(default_factory=secrets.token_urlsafe)  # of this very taking

    @property
    def ids(self) -> tuple[str, ...]:
        """The ids of the groups."""
        return tuple(key for key, _ in self.groups)

    def rows(self) -> ColumnElement[bool]:
        """The condition for all leases of these groups."""
        return and_(leases.c.scope == self.scope, leases.c.group_id.in_(self.ids))


@dataclass(frozen=True, slots=True)
class Taken:
    """What a taking gave: the fencing number, and whose leases were taken over."""

    fence: int
    over: tuple[Lease, ...] = field(default=())


def take(connection: Connection, claim: Claim, now: datetime, *, takeover: bool) -> Taken:
    """Take all groups or none, within a writing transaction.

    Raises `LeaseHeldError` when another run, still there, holds one of them.
    """
    fence: int = connection.execute(  # first of all: the row's lock lets one taker in at a time
        update(facts).values(fence=facts.c.fence + 1).returning(facts.c.fence)
    ).scalar_one()
    rows = connection.execute(select(leases).where(claim.rows())).mappings()
    before = tuple(_lease(row, now, claim.holder) for row in rows)
    if others := [lease for lease in before if not (takeover or lease.expired)]:
        name = dict(claim.groups)[others[0].group_id]
        raise LeaseHeldError(
            f"Group {name!r} is held by {others[0].sentence}. Wait until that run is "
            "through; if you know that nobody is behind it any more, take the group over (takeover).",
            others,
        )
    connection.execute(delete(leases).where(claim.rows()))
    connection.execute(insert(leases), [_row(claim, key, fence, now) for key in claim.ids])
    _going_on.add(claim.token)
    return Taken(fence, before)


def keep(connection: Connection, claim: Claim, fence: int, now: datetime) -> None:
    """Renew the lease, which proves that it is still held. Raises `LeaseLostError` when it is not."""
    # The check of the fence. One statement proves and renews, so nobody can take a group in between. A lease
    # that has expired and that nobody took is still held: what counts is the number, not the time.
    # Under that number there are no leases but those of this very taking, so its groups need not be named.
    mine = and_(leases.c.scope == claim.scope, leases.c.run_id == claim.run_id, leases.c.fence == fence)
    renewed = connection.execute(
        update(leases)
        .where(mine)
        .values(heard_at=spell_time(now), expires_at=spell_time(now + timedelta(seconds=claim.seconds)))
    )
    if renewed.rowcount != len(claim.ids):
        others = connection.execute(select(leases).where(claim.rows(), leases.c.fence != fence)).mappings()
        whose = " and ".join({_lease(row, now, claim.holder).sentence for row in others}) or "nobody any more"
        raise LeaseLostError(
            f"This run does not hold its groups any more; they are held by {whose}.", run_id=claim.run_id
        )


def drop(connection: Connection, claim: Claim, fence: int) -> None:
    """Give the groups free, as far as they are still held under this number."""
    connection.execute(delete(leases).where(claim.rows(), leases.c.fence == fence))
    forget(claim)


def forget(claim: Claim) -> None:
    """This process is through with that taking, even where the journal could not be written any more."""
    _going_on.discard(claim.token)


def held(connection: Connection, now: datetime, reader: LeaseHolder, run_id: str = "") -> tuple[Lease, ...]:
    """The leases there are, of one run where one is given; the reader sees who is gone from its machine."""
    wanted = select(leases).order_by(leases.c.scope, leases.c.group_id)
    if run_id:
        wanted = wanted.where(leases.c.run_id == run_id)
    return tuple(_lease(row, now, reader) for row in connection.execute(wanted).mappings())


def _row(claim: Claim, group_id: str, fence: int, now: datetime) -> Mapping[str, Any]:
    return {
        "scope": claim.scope,
        "group_id": group_id,
        "run_id": claim.run_id,
        "fence": fence,
        "who": claim.holder.who,
        "host": claim.holder.host,
        "place": f"{claim.holder.process.place} {claim.holder.process.born} {claim.token}",
        "pid": claim.holder.process.pid,
        "doing": claim.doing,
        "since": spell_time(now),
        "heard_at": spell_time(now),
        "expires_at": spell_time(now + timedelta(seconds=claim.seconds)),
    }


def _lease(row: RowMapping, now: datetime, reader: LeaseHolder) -> Lease:
    try:
        there = _is_there(row, reader)
        return Lease(
            group_id=row["group_id"],
            run_id=row["run_id"],
            fence=row["fence"],
            who=row["who"],
            host=row["host"],
            pid=row["pid"],
            doing=row["doing"],
            since=datetime.fromisoformat(row["since"]),
            heard_at=datetime.fromisoformat(row["heard_at"]),
            expired=row["expires_at"] <= spell_time(now) if there is None else not there,
        )
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise JournalDamagedError(
            f"Who holds group {row['group_id']!r} cannot be read: the journal was altered."
        ) from None


def _is_there(row: RowMapping, reader: LeaseHolder) -> bool | None:
    """Whether the holder goes on; None where that is not known from here."""
    written: list[str] = row["place"].rsplit(" ", 2)
    place, born, token = [*written, "", ""][:3]  # an earlier drkit wrote less
    if token in _going_on:
        return True
    holder = Process(row["pid"], place, born)
    there = reader.process.sees(holder)
    return False if there and holder == reader.process else there  # this process, and it gave up
