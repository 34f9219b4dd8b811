"""What people add to a run's record: notes and files, findings with owner and due date, the run's sign-off.

All of it is kept in *noted* entries, also after the run's end. `note_entry`, `finding_entry`,
`closing_entry` and `sign_off_entry` give the data to write; `notes`, `files`, `findings` and `sign_offs`
read it back.
"""

import base64
import hashlib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any

from drkit.errors import InputError, UnknownNameError
from drkit.journal import Entry

LONGEST = 2000  # characters
LARGEST_FILE = 1_000_000  # bytes
_CHUNK = 3000  # characters of base64: well below what the journal takes as one text


@dataclass(frozen=True, slots=True)
class Note:
    """What somebody wrote down at a step; `step` is empty where it is about the whole run."""

    step: str
    text: str
    who: str
    at: datetime


@dataclass(frozen=True, slots=True)
class File:
    """A text or picture that was added; `content` is base64, `size` is in bytes."""

    step: str
    name: str
    media_type: str
    sha256: str
    size: int
    added_by: str
    added_at: datetime
    content: str


@dataclass(frozen=True, slots=True)
class Finding:
    """Something to put right. Numbers count from 1 within a run; `step` may be empty."""

    number: int
    text: str
    owner: str
    due: date
    step: str
    noted_by: str
    noted_at: datetime
    closed_by: str = ""
    closed_at: datetime | None = None
    outcome: str = ""

    @property
    def open(self) -> bool:
        """Whether it is still to be put right."""
        return self.closed_at is None

    def overdue(self, today: date) -> bool:
        """Whether it is open and its day has passed."""
        return self.open and self.due < today


@dataclass(frozen=True, slots=True)
class SignOff:
    """A word on the run as a whole, after its end; `who` is the name given, `written_by` the user."""

    who: str
    accepted: bool
    note: str
    at: datetime
    written_by: str


def note_entry(text: str, who: str, attachment: tuple[str, str, bytes] | None = None) -> dict[str, Any]:
    """The data of the entry that records a note, with a file (its name, media type, content) or without.

    Raises `InputError` for an empty note without a file, and for a file above 1 MB.
    """
    if attachment is None:
        return {"noted": {"text": _told("the note", text), "who": who.strip()}}
    name, media_type, content = attachment
    if len(content) > LARGEST_FILE:
        size = f"{len(content):,} bytes"
        raise InputError(f"{name} has {size}; a file of a run's record has at most {LARGEST_FILE:,}.")
    spelled = base64.b64encode(content).decode()
    kept = {
        "name": name.replace("\\", "/").rpartition("/")[2][:200] or "unnamed",
        "media_type": media_type[:100],
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "content": [spelled[at : at + _CHUNK] for at in range(0, len(spelled), _CHUNK)],
    }
    return {"noted": {"text": text.strip()[:LONGEST], "who": who.strip(), "file": kept}}


def finding_entry(text: str, owner: str, due: date, step: str = "") -> dict[str, Any]:
    """The data of the entry that records a finding; raises `InputError` when something is missing."""
    told = {"text": _told("the finding", text), "owner": _told("its owner", owner)}
    return {"finding": {**told, "due": due.isoformat(), "step": step}}


def closing_entry(found: Iterable[Finding], number: int, outcome: str) -> dict[str, Any]:
    """The data of the entry that closes an open finding; `outcome` says how it was put right."""
    still = {str(each.number): each for each in found if each.open}
    if str(number) not in still:
        raise UnknownNameError.among("open finding", str(number), still)
    return {"finding_closed": {"number": number, "outcome": _told("how it was put right", outcome)}}


def sign_off_entry(who: str, note: str, *, accepted: bool) -> dict[str, Any]:
    """The data of the entry with which somebody accepts the run's record, or does not and says why."""
    if not accepted:
        _told("why it is not accepted", note)
    return {
        "signed_off": {"who": _told("who signs", who), "accepted": accepted, "note": note.strip()[:LONGEST]}
    }


def notes(entries: Iterable[Entry]) -> tuple[Note, ...]:
    """All notes with a text, in the order they were written."""
    return tuple(
        Note(entry.step, said["text"], said["who"] or entry.who, entry.at)
        for entry in entries
        if (said := entry.data.get("noted")) and said["text"]
    )


def files(entries: Iterable[Entry]) -> tuple[File, ...]:
    """All files, in the order they were added."""
    return tuple(
        File(
            entry.step,
            kept["name"],
            kept["media_type"],
            kept["sha256"],
            kept["size"],
            said["who"] or entry.who,
            entry.at,
            "".join(kept["content"]),
        )
        for entry in entries
        if (said := entry.data.get("noted")) and (kept := said.get("file"))
    )


def findings(entries: Iterable[Entry]) -> tuple[Finding, ...]:
    """All findings of a run in the order they were noted, closed where they were."""
    found: dict[int, Finding] = {}
    for entry in entries:
        if said := entry.data.get("finding"):
            number = len(found) + 1
            due = date.fromisoformat(said["due"])
            found[number] = Finding(
                number, said["text"], said["owner"], due, said["step"], entry.who, entry.at
            )
        if (said := entry.data.get("finding_closed")) and said["number"] in found:
            found[said["number"]] = replace(
                found[said["number"]], closed_by=entry.who, closed_at=entry.at, outcome=said["outcome"]
            )
    return tuple(found.values())


def sign_offs(entries: Iterable[Entry]) -> tuple[SignOff, ...]:
    """Every sign-off of the run as a whole, the last word last."""
    return tuple(
        SignOff(said["who"], said["accepted"], said["note"], entry.at, entry.who)
        for entry in entries
        if (said := entry.data.get("signed_off"))
    )


def _told(what: str, text: str) -> str:
    if not text.strip():
        raise InputError(f"Say {what}.")
    if len(text) > LONGEST:
        raise InputError(f"At most {LONGEST} characters for {what}, not {len(text)}.")
    return text.strip()
