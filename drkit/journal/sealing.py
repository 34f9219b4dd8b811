"""Seals: what a key signed of a run's record, and what that proves of the entries that are there now.

A seal lies beside the chain, not in it. Whoever writes the record anew can make every hash fit again, but
has no key to sign the last of them with.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any, Self, TypedDict

from sqlalchemy import Connection, func, insert, select

from drkit.errors import JournalDamagedError, JournalError
from drkit.journal.anchoring import Anchor, Anchors
from drkit.journal.entries import Entry, EntryKind, canonical, lost_since, spell_time
from drkit.journal.schema import entries, runs, seals
from drkit.journal.signing import SigningKey, signature_holds


class WrittenReport(TypedDict):
    """A report that was written: on which machine, into which folder, the SHA-256 of each file by name."""

    host: str
    folder: str
    files: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Seal:
    """The first `entries` entries of a run, the last with the hash `head`, signed with a key by somebody.

    `report` says which report of them was written, if the seal is about one. `key` is the public half;
    where it is empty nothing was signed, and `why` says why. `at` is UTC.
    """

    run_id: str
    entries: int
    head: str
    at: datetime
    who: str
    host: str
    key: str = ""
    signed: str = field(default="", repr=False)
    why: str = ""
    report: WrittenReport | None = None

    @property
    def message(self) -> str:
        """What is signed: all of it but the signature."""
        said = [self.run_id, self.entries, self.head, spell_time(self.at), self.who, self.host, self.report]
        return canonical(said)

    @property
    def holds(self) -> bool:
        """Whether the key did sign it."""
        return signature_holds(self.key, self.message, self.signed)

    def to_row(self, number: int) -> dict[str, Any]:
        """The columns of the seal."""
        names = ("run_id", "entries", "head", "who", "host", "key", "signed", "why")
        texts = {"at": spell_time(self.at), "report": canonical(self.report) if self.report else ""}
        return {name: getattr(self, name) for name in names} | texts | {"number": number}

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """The seal of those columns. Raises `JournalDamagedError` where they were altered beyond reading."""
        values = {str(key): value for key, value in row.items() if key != "number"}
        try:
            report = json.loads(values["report"]) if values["report"] else None
            return cls(**{**values, "at": datetime.fromisoformat(values["at"]), "report": report})
        except (ValueError, TypeError):
            sentence = f"Seal {row['number']} of run {row['run_id']} cannot be read: the journal was altered."
            raise JournalDamagedError(sentence, run_id=row["run_id"]) from None


class Notary:
    """Signs how far a run's record has come, and tells it outside of the journal."""

    def __init__(self, journal: str, key: SigningKey, outside: Anchors) -> None:
        self.journal, self.key, self.outside = journal, key, outside

    def standing(self, connection: Connection, run_id: str) -> Anchor:
        """How far the record has come by now."""
        last = (
            entries.c.seq
            == select(func.max(entries.c.seq)).where(entries.c.run_id == run_id).scalar_subquery()
        )
        found = select(entries.c.seq, entries.c.hash, entries.c.at).where(entries.c.run_id == run_id, last)
        seq, head, at = connection.execute(found).one()
        count = connection.scalar(select(func.count()).select_from(runs)) or 0
        return Anchor(run_id, seq + 1, head, at, self.journal, count)

    def seal(self, connection: Connection, draft: Seal) -> None:
        """Sign it, within the writing transaction of what it is about. Without a key that can be used it is
        kept unsigned, with the reason: the end of a run is written down in any case.
        """
        try:
            key, signed = self.key.sign(draft.message)
            draft = replace(draft, key=key, signed=signed)
        except JournalError as error:
            draft = replace(draft, why=str(error))
        mine = select(func.count()).select_from(seals).where(seals.c.run_id == draft.run_id)
        connection.execute(insert(seals), draft.to_row(connection.scalar(mine) or 0))


def seal_faults(found: Iterable[Seal], chain: Sequence[Entry]) -> list[str]:
    """Where a signature does not fit the entries that are there, as sentences."""
    faults = []
    for seal in found:
        known = f"{seal.entries} entries were signed at {seal.at:%Y-%m-%d %H:%M:%S} UTC"
        if seal.key and not seal.holds:
            faults.append(f"The signature over {seal.entries} entries is not by its key: it was altered.")
        elif lost := lost_since(known, seal.entries, seal.head, chain):
            faults.append(lost)
    return list(dict.fromkeys(faults))


def unsigned(found: Sequence[Seal], chain: Sequence[Entry]) -> str:
    """Why the whole record of a run that has ended is not signed; empty where it is, or where it goes on."""
    if not record_ended(chain) or any(seal.key and seal.entries == len(chain) for seal in found):
        return ""
    reasons = [seal.why for seal in found if seal.why and seal.entries == len(chain)]
    known = reasons or ["Its signature was taken out, or the drkit that wrote it did not sign yet."]
    return f"The run has ended, and the last of its {len(chain)} entries is not signed. {known[-1]}"


def record_ended(chain: Sequence[Entry]) -> bool:
    """Whether the run rests: what it wrote last, apart from what was added to it, is its end."""
    # What people add later is written under no lease; closing a run notes a takeover behind the end.
    own = [entry for entry in chain if entry.fence and "takeover" not in entry.data]
    return bool(own) and not own[-1].step and own[-1].kind in {EntryKind.SETTLED, EntryKind.STOPPED}
