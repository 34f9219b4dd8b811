"""What earlier runs know of a group: when it was last read as synchronised, and since when it is away."""

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING

from drkit.errors import JournalDamagedError, UnknownNameError
from drkit.execution.board import Board
from drkit.execution.entries import AwaySince, Intended, LastSynced, Planned, RunEnded, read
from drkit.execution.recovery import recovery_clocks
from drkit.execution.snapshot import Snapshot
from drkit.journal import Entry
from drkit.model import Change, Operation, ReplicationStatus
from drkit.plan import Plan

if TYPE_CHECKING:
    from drkit.journal import Journal

EARLIER_RUNS = 50  # so many of the newest runs are looked through, and teach the forecast


def last_synced(journal: "Journal", plan: Plan) -> dict[str, LastSynced]:
    """For each group that a plan fails over: the last reading of earlier runs with all its pairs active."""
    changes = (step.change for step in plan.steps)
    wanted = {each.group_id for each in changes if each and each.operation is Operation.FAILOVER}
    latest: dict[str, LastSynced] = {}
    if not wanted:
        return latest
    here = [each for each in journal.runs() if (each.practice, each.place) == _place(plan)]
    touching = [each for each in here if wanted & {key for key, _ in each.groups}]
    for row in sorted(touching, key=lambda each: each.last_at, reverse=True)[:EARLIER_RUNS]:
        with suppress(JournalDamagedError):
            entries = journal.entries(row.id)
            for group_id in wanted:
                at = synced_at(entries, group_id)
                if at and (group_id not in latest or at.isoformat() > latest[group_id]["read_at"]):
                    latest[group_id] = {"read_at": at.isoformat(), "run": row.id}
    return latest


def away_since(journal: "Journal", plan: Plan) -> AwaySince | None:
    """Since when a group of the plan has been away in the run that the plan follows; None: it was back."""
    follows = plan.objectives.follows if plan.objectives else ""
    try:
        entries = journal.entries(follows) if follows else []
        state = Board.replay(entries).state() if entries else None
    except (UnknownNameError, JournalDamagedError):
        return None
    clocks = recovery_clocks(state, entries[-1].at) if state else ()
    here = dict(plan.groups)
    since = [each.since for each in clocks if each.group_id in here and each.since and not each.until]
    return {"run": follows, "since": min(since).isoformat()} if since else None


def synced_at(entries: Iterable[Entry], group_id: str) -> datetime | None:
    """The last reading in these entries that shows the group with pairs, and all of them active."""
    return max(_readings(entries, group_id), default=None)


def _readings(entries: Iterable[Entry], group_id: str) -> Iterator[datetime]:
    for entry in entries:
        kept = read(entry, Planned) or read(entry, RunEnded)
        if kept and (snapshot := kept.get("snapshot")) and _all_active(snapshot, group_id):
            yield datetime.fromisoformat(snapshot["read_at"])
        intended = read(entry, Intended)
        if intended and Change.from_json(intended["change"]).group_id == group_id:
            point = intended.get("recovery_point")
            if point and point["pairs"] and not point["behind"]:
                yield datetime.fromisoformat(point["read_at"])


def _all_active(snapshot: Snapshot, group_id: str) -> bool:
    pairs = [pair for group in snapshot["groups"] if group["id"] == group_id for pair in group["pairs"]]
    return bool(pairs) and all(pair["replication"] == ReplicationStatus.ACTIVE for pair in pairs)


def _place(plan: Plan) -> tuple[bool, str]:
    return plan.backend.practice, plan.backend.label
