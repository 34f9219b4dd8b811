"""What a reader of the journal gets: a run in the list, and what verifying a run found (pure)."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from drkit.journal.entries import Entry, EntryKind

if TYPE_CHECKING:
    from drkit.journal.leases import Lease

Groups = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RunRow:
    """One run in the list: `state` is done, failed, stopped, unknown, running, interrupted, closed, or
    damaged where its record was altered beyond reading.

    `finished` means that nothing is left to do but, where steps failed, to retry them. `last_at` is when
    its last entry but notes was written. `groups` are
    (id, name). `held_by` says who runs it now, empty where nobody does. Times are UTC.
    """

    id: str
    title: str
    practice: bool
    place: str
    groups: Groups
    started_at: datetime
    last_at: datetime
    state: str
    finished: bool
    held_by: str

    @classmethod
    def of(cls, row: Mapping[Any, Any], lease: "Lease | None") -> Self:
        """From the run's columns with those of its last entry but notes, and its lease where it has one."""
        try:
            return cls._read(row, lease)
        except (ValueError, TypeError, AttributeError, RecursionError):
            return cls._damaged(row)

    @classmethod
    def _read(cls, row: Mapping[Any, Any], lease: "Lease | None") -> Self:
        finished = row["kind"] == EntryKind.SETTLED and not row["step"]
        held = lease.sentence if lease and not lease.expired else ""
        ended = finished or row["kind"] == EntryKind.STOPPED
        phase = json.loads(row["data"]).get("phase", "stopped")
        phase = "closed" if finished and phase == "stopped" else phase
        return cls(
            id=row["id"],
            title=row["title"],
            practice=row["practice"],
            place=row["place"],
            groups=read_groups(row["groups"]),
            started_at=datetime.fromisoformat(row["started_at"]),
            last_at=datetime.fromisoformat(row["at"]),
            state="running" if held else phase if ended else "interrupted",
            finished=finished,
            held_by=held,
        )

    @classmethod
    def _damaged(cls, row: Mapping[Any, Any]) -> Self:
        """What can still be read: one altered run must not hide the others."""
        last = _moment(row["at"]) or _moment(row["started_at"]) or datetime.fromtimestamp(0, UTC)
        begun = _moment(row["started_at"]) or last
        title = f"{row['title']} (altered; look at it with: drkit verify {row['id']})"
        return cls(
            row["id"], title, bool(row["practice"]), row["place"], (), begun, last, "damaged", False, ""
        )

    def row(self) -> dict[str, Any]:
        """The run as one plain table row."""
        return {
            "run": self.id,
            "title": self.title,
            "state": self.state,
            "groups": ", ".join(name for _, name in self.groups),
            "backend": self.place,
            "started_at": self.started_at,
            "last_at": self.last_at,
            "held_by": self.held_by,
        }


@dataclass(frozen=True, slots=True)
class Verified:
    """What recomputing a run's record found; `head` is the hash of its last entry.

    `unsigned` says why the record of a run that has ended is not signed as a whole: nothing in it
    contradicts itself, but it may have been written anew.
    """

    run_id: str
    entries: int
    head: str
    faults: tuple[str, ...]
    unsigned: str = ""

    @property
    def holds(self) -> bool:
        """Whether nothing was found."""
        return not self.faults


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        return None


def read_groups(text: str) -> Groups:
    """The (id, name) of the groups as a run's row keeps them."""
    return tuple((key, name) for key, name in json.loads(text))


def beginning_faults(row: Mapping[str, Any], found: Sequence[Entry]) -> list[str]:
    """What is wrong with a run's first entry: the plan's hash, and what the list says of the run."""
    if not found or found[0].kind is not EntryKind.PLANNED:
        return ["The run does not begin with its plan."]
    data = found[0].data
    recomputed = hashlib.sha256(json.dumps(data.get("plan"), sort_keys=True).encode()).hexdigest()
    faults = []
    if recomputed != data.get("digest"):
        faults.append("The plan in entry 0 is not the plan that was confirmed: its hash differs.")
    if data.get("run") != row:
        faults.append("The run's row in the list differs from what entry 0 says of it.")
    return faults
