"""One entry of the journal as a value, the chain that binds it to the one before, what is kept out (pure)."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime
from enum import StrEnum
from functools import lru_cache
from typing import Any, Self, TypedDict

from drkit.clock import Clock
from drkit.errors import JournalDamagedError

LONGEST_TEXT = 4000
_CLOCK = "clock"
_SECRET_KEY = re.compile(
    r"passw|secret|token|authoriz|credential|access_?key|signature|^[as]k$", re.IGNORECASE
)
_SECRET_TEXT = re.compile(
    r"(?i)((?:x-auth-token|x-subject-token|authorization|password)[\"']?\s*[:=]\s*[\"']?"
    r"(?:(?:bearer|basic)\s+)?)[^\s,;\"']+"
)


class EntryKind(StrEnum):
    """What an entry says. Without a step it speaks of the whole run."""

    PLANNED = "planned"  # the whole plan, as it was confirmed; always the first entry
    APPROVED = "approved"  # the operator said yes: to a changed step, to another try
    INTENDED = "intended"  # about to be sent, and what the world looked like
    SENT = "sent"  # the service accepted it, with the job id
    LOST = "lost"  # the answer did not arrive: it may or may not have been accepted
    ADOPTED = "adopted"  # found at the service without an answer, and how that was known
    SETTLED = "settled"  # the end of a step, or of the run
    NOTED = "noted"  # worth knowing, changes nothing at the service
    STOPPED = "stopped"  # the run was interrupted, and what was in flight


class RunColumns(TypedDict):
    """A run's row in the list, which the first entry repeats, so that altering the list is noticed."""

    id: str
    title: str
    practice: bool
    place: str
    scope: str
    groups: str
    started_at: str


class FirstEntry(TypedDict):
    """What the first entry of every run holds: its plan as JSON, the SHA-256 of that, its row in the list."""

    plan: Mapping[str, Any]
    digest: str
    run: RunColumns


class Resumed(TypedDict):
    """A run is gone on with, by whom on which machine."""

    resumed_by: str


Taking = TypedDict("Taking", {"group_id": str, "from": str})  # a keyword, which no class can spell


class TakenOver(TypedDict):
    """Groups were taken over from a run that somebody else held; each with who that was."""

    takeover: list[Taking]


@dataclass(frozen=True, slots=True)
class ClockReading:
    """What the clocks showed when an entry was written: the wall's (UTC), and `seconds` of one that does not
    jump, which are comparable within one `boot` of a machine; where that is empty, with nothing.
    """

    wall: datetime
    seconds: float
    boot: str

    @classmethod
    def of(cls, clock: Clock) -> Self:
        """What that clock shows now."""
        return cls(clock.now(), round(clock.monotonic(), 6), clock.boot)

    def goes_on(self, earlier: "ClockReading | None") -> bool:
        """Whether the time that passed since the earlier one is known without the wall's clock."""
        known = earlier is not None and bool(self.boot) and earlier.boot == self.boot
        return known and earlier is not None and earlier.seconds <= self.seconds


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry. `at` (UTC) goes on by a clock that does not jump, and never back; what the wall's clock
    showed stands in `clock` (None in former records). `fence` is the number of the lease under which it was
    written.
    """

    run_id: str
    seq: int
    step: str
    kind: EntryKind
    at: datetime
    who: str
    host: str
    version: str
    job_id: str
    fence: int
    data: Mapping[str, Any] = field(default_factory=dict)
    hash: str = ""
    clock: ClockReading | None = None

    def sealed_after(self, previous: str) -> str:
        """SHA-256 over the hash of the entry before and everything this one says."""
        return _sealed(previous, self.to_row())

    def to_row(self) -> dict[str, Any]:
        """The columns of the entry."""
        texts = {"kind": self.kind.value, "at": spell_time(self.at), "data": canonical(self._kept)}
        return self._columns | texts

    def row_after(self, previous: str) -> dict[str, Any]:
        """The columns of the entry with its hash after that of the entry before; its data is spelled once."""
        row = self.to_row()
        return row | {"hash": _sealed(previous, row)}

    @property
    def _columns(self) -> dict[str, Any]:
        # Not by `asdict`, which copies the whole of `data`, of the first entry the plan and a snapshot.
        return {each.name: getattr(self, each.name) for each in fields(self) if each.name != "clock"}

    @property
    def _kept(self) -> dict[str, Any]:
        """What is stored: beside what the entry says, how the clocks stood."""
        if self.clock is None:
            return dict(self.data)
        return {**self.data, _CLOCK: asdict(self.clock) | {"wall": spell_time(self.clock.wall)}}

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """The entry of those columns. Raises `JournalDamagedError` where they were altered beyond reading."""
        try:
            data = dict(json.loads(row["data"]))
            shown = data.pop(_CLOCK, None)
            read = {
                "kind": EntryKind(row["kind"]),
                "at": datetime.fromisoformat(row["at"]),
                "data": data,
                "clock": shown and ClockReading(**{**shown, "wall": datetime.fromisoformat(shown["wall"])}),
            }
            return cls(**{**row, **read})
        except (ValueError, TypeError, RecursionError):
            raise JournalDamagedError(
                f"Entry {row['seq']} of run {row['run_id']} cannot be read: the journal was altered.",
                run_id=row["run_id"],
            ) from None


def _sealed(previous: str, row: Mapping[str, Any]) -> str:
    """SHA-256 over a hash and the columns of a row, but its own hash."""
    told = {key: value for key, value in row.items() if key != "hash"} | {"data": None}
    # The data is spelled in the row already, and may be megabytes. Before its key stand a hash and a time.
    text = canonical([previous, told]).replace('"data":null', f'"data":{row["data"]}', 1)
    return hashlib.sha256(text.encode()).hexdigest()


def spell_time(moment: datetime) -> str:
    """The one spelling of a moment that is stored: UTC, always with microseconds, so that it sorts."""
    return moment.isoformat(timespec="microseconds")


def canonical(value: object) -> str:
    """The one JSON text of a value: keys sorted, plain ASCII, no spaces."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def cleaned(value: Any) -> Any:  # noqa: ANN401  # a JSON value, as it went in
    """The same JSON value without secrets and without endless texts; the value itself where it has none."""
    if isinstance(value, str):
        return _told(value)
    if _is_clean(value):  # snapshots of thousands of things are, and a copy of each takes long
        return value
    if isinstance(value, list | tuple):
        return [cleaned(each) for each in value]
    if isinstance(value, Mapping):
        return {
            str(key): "***" if _names_a_secret(str(key)) else cleaned(each) for key, each in value.items()
        }
    return value


def _is_clean(value: object) -> bool:
    """Whether plain lists and dicts hold nothing that would be written otherwise."""
    if type(value) is str:
        return _told(value) is value
    if type(value) is list:
        return all(map(_is_clean, value))
    if type(value) is not dict:
        return value is None or type(value) in {int, bool, float}
    keys = all(type(key) is str and not _names_a_secret(key) for key in value)
    return keys and all(map(_is_clean, value.values()))


def _told(text: str) -> str:
    # What the pattern finds has one of these in it; most of the texts have neither.
    told = _SECRET_TEXT.sub(r"\1***", text) if ":" in text or "=" in text else text
    return told[:LONGEST_TEXT]


@lru_cache(maxsize=1000)
def _names_a_secret(key: str) -> bool:
    return _SECRET_KEY.search(key) is not None


def lost_since(known: str, count: int, head: str, chain: Sequence[Entry]) -> str:
    """How a record is not the one of which so many entries were known, the last with that hash; empty where
    it is. The sentence tells what was `known`.
    """
    if count > len(chain):
        return f"The end of the record was cut off: {known}, and {len(chain)} are there."
    if not count or chain[count - 1].hash != head:
        return f"The record was written anew: {known}, with another hash of the last."
    return ""


def chain_faults(entries: Iterable[Entry]) -> list[str]:
    """Where the chain of one run's entries breaks, as sentences; empty when it holds."""
    previous = ""
    faults: list[str] = []
    for expected, entry in enumerate(entries):
        place = f"Entry {entry.seq} ({entry.kind}, {spell_time(entry.at)})"
        if entry.seq != expected:
            return [*faults, f"{place} should be entry {expected}: what came between is missing."]
        if entry.hash != entry.sealed_after(previous):
            faults.append(f"{place} does not fit its hash: it, or what came before it, was altered.")
        previous = entry.hash
    return faults
