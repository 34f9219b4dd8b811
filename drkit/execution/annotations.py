"""What people add to a run's record: notes and files, findings with owner and due date, the run's sign-off.

All of it is kept in *noted* entries, also after the run's end. `note_entry`, `finding_entry`,
`closing_entry` and `sign_off_entry` give what to write; `notes`, `files`, `findings` and `sign_offs` read it
back.
"""

import base64
import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from drkit.errors import InputError, UnknownNameError
from drkit.execution.entries import (
    FileJson,
    FindingClosed,
    FindingNoted,
    Noted,
    SignedOff,
    SignOffJson,
    beginning,
    read,
)
from drkit.journal import Entry
from drkit.plan import Plan

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
    """The whole run is accepted, or not, after its end; `who` is the name given, `written_by` the user.

    `entries` and `head`, the hash of the last of them, are what was signed; the word lapses when anything
    but another sign-off is written after them, of which there are `later`.
    """

    who: str
    accepted: bool
    note: str
    at: datetime
    written_by: str
    entries: int = 0
    head: str = ""
    later: int = 0


def note_entry(text: str, who: str, attachment: tuple[str, str, bytes] | None = None) -> Noted:
    """What the entry holds that records a note, with a file (its name, media type, content) or without.

    Raises `InputError` for an empty note without a file, and for a file above 1 MB.
    """
    if attachment is None:
        return {"noted": {"text": stated("the note", text), "who": who.strip()}}
    name, media_type, content = attachment
    if len(content) > LARGEST_FILE:
        size = f"{len(content):,} bytes"
        raise InputError(f"{name} has {size}; a file of a run's record has at most {LARGEST_FILE:,}.")
    spelled = base64.b64encode(content).decode()
    kept: FileJson = {
        "name": name.replace("\\", "/").rpartition("/")[2][:200] or "unnamed",
        "media_type": media_type[:100],
        "sha256": hashlib.sha256(content).hexdigest(),
        "size": len(content),
        "content": [spelled[at : at + _CHUNK] for at in range(0, len(spelled), _CHUNK)],
    }
    return {"noted": {"text": text.strip()[:LONGEST], "who": who.strip(), "file": kept}}


def approval_entry(entries: Sequence[Entry], writer: str, who: str, note: str, confirm: str) -> Noted:
    """What the entry holds with which a second person approves a run's plan; `writer` is who writes it.

    Raises `InputError` where the run asks for nobody's approval, for the login that started it, and without
    the names of the plan's groups, a name and a note.
    """
    begun = beginning(entries)
    plan = Plan.from_json(begun["plan"])
    if not plan.objectives or not plan.objectives.second_person:
        raise InputError("Nothing was approved: this run asks for no second person.")
    check_other_login(entries, writer)
    wanted = ", ".join(name for _, name in plan.groups)
    if confirm.strip() != wanted:
        raise InputError(f"Nothing was approved: to approve the plan, confirm it with {wanted!r}.")
    text = stated("what you looked at", note)
    return {"noted": {"text": text, "who": stated("who approves", who), "approves": begun["digest"]}}


def check_other_login(entries: Sequence[Entry], writer: str) -> None:
    """Raise `InputError` where the writer has the login that started the run."""
    if _login(writer) == _login(entries[0].who):
        raise InputError(
            f"{_login(writer)} started this run: the second person does this from a login of their own."
        )


def approval(entries: Sequence[Entry]) -> str:
    """Who of another login has approved the plan, as a sentence; empty where nobody has."""
    for entry in entries[1:]:
        yes = read(entry, Noted)
        approves = yes["noted"].get("approves") if yes else None
        if yes and approves == entries[0].data.get("digest") and _login(entry.who) != _login(entries[0].who):
            return f"Approved by {yes['noted']['who']} (written by {entry.who}): {yes['noted']['text']}"
    return ""


def _login(who: str) -> str:
    return who.partition(" (cloud user ")[0]


def finding_entry(text: str, owner: str, due: date, step: str = "") -> FindingNoted:
    """What the entry holds that records a finding; raises `InputError` when something is missing."""
    text, owner = stated("the finding", text), stated("its owner", owner)
    return {"finding": {"text": text, "owner": owner, "due": due.isoformat(), "step": step}}


def closing_entry(noted: Iterable[Finding], number: int, outcome: str) -> FindingClosed:
    """What the entry holds that closes an open finding; `outcome` says how it was put right.

    Raises `UnknownNameError` where none of that number is open, `InputError` without an outcome.
    """
    still = {str(each.number): each for each in noted if each.open}
    if str(number) not in still:
        raise UnknownNameError.among("open finding", str(number), still)
    return {"finding_closed": {"number": number, "outcome": stated("how it was put right", outcome)}}


def sign_off_entry(who: str, note: str, *, accepted: bool, head: str = "") -> SignedOff:
    """What the entry holds with which somebody accepts the run's record, or does not and says why.

    `head` is the hash of the last entry that was before their eyes.

    Raises `InputError` without a name, and where it is not accepted and the note is empty.
    """
    if not accepted:
        stated("why it is not accepted", note)
    signed: SignOffJson = {
        "who": stated("who signs", who),
        "accepted": accepted,
        "note": note.strip()[:LONGEST],
    }
    return {"signed_off": {**signed, "head": head} if head else signed}


def notes(entries: Iterable[Entry]) -> tuple[Note, ...]:
    """All notes with a text, in the order they were written."""
    return tuple(
        Note(entry.step, noted["noted"]["text"], noted["noted"]["who"] or entry.who, entry.at)
        for entry in entries
        if (noted := read(entry, Noted)) and noted["noted"]["text"]
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
            noted["noted"]["who"] or entry.who,
            entry.at,
            "".join(kept["content"]),
        )
        for entry in entries
        if (noted := read(entry, Noted)) and (kept := noted["noted"].get("file"))
    )


def findings(entries: Iterable[Entry]) -> tuple[Finding, ...]:
    """All findings of a run in the order they were noted, closed where they were."""
    by_number: dict[int, Finding] = {}
    for entry in entries:
        if noted := read(entry, FindingNoted):
            number, finding = len(by_number) + 1, noted["finding"]
            due = date.fromisoformat(finding["due"])
            by_number[number] = Finding(
                number, finding["text"], finding["owner"], due, finding["step"], entry.who, entry.at
            )
        if (closed := read(entry, FindingClosed)) and closed["finding_closed"]["number"] in by_number:
            number, outcome = closed["finding_closed"]["number"], closed["finding_closed"]["outcome"]
            by_number[number] = replace(
                by_number[number], closed_by=entry.who, closed_at=entry.at, outcome=outcome
            )
    return tuple(by_number.values())


def sign_offs(entries: Sequence[Entry]) -> tuple[SignOff, ...]:
    """Every sign-off of the run as a whole, the latest last."""
    signed = ((entry, off["signed_off"]) for entry in entries if (off := read(entry, SignedOff)))
    return tuple(_signed_off(entry, off, entries) for entry, off in signed)


def _signed_off(entry: Entry, off: SignOffJson, entries: Sequence[Entry]) -> SignOff:
    head = off.get("head", "")  # one of a former drkit says nothing of it: then what was there before it
    before = entries[: entry.seq]
    known = next((each.seq + 1 for each in before if each.hash == head), 0) if head else entry.seq
    head = head or entries[known - 1].hash
    later = sum(read(each, SignedOff) is None for each in entries[known:])
    return SignOff(off["who"], off["accepted"], off["note"], entry.at, entry.who, known, head, later)


def stated(what: str, text: str) -> str:
    """The text without blanks around it; `InputError` where it is empty or longer than 2000 characters."""
    if not text.strip():
        raise InputError(f"Say {what}.")
    if len(text) > LONGEST:
        raise InputError(f"At most {LONGEST} characters for {what}, not {len(text)}.")
    return text.strip()
