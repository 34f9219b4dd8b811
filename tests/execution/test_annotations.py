import base64
import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta

import pytest

from drkit.errors import InputError, UnknownNameError
from drkit.execution.annotations import (
    LARGEST_FILE,
    File,
    Finding,
    Note,
    closing_entry,
    files,
    finding_entry,
    findings,
    note_entry,
    notes,
    sign_off_entry,
    sign_offs,
)
from drkit.journal.entries import Entry, EntryKind, cleaned

NOW = datetime(2026, 1, 1, tzinfo=UTC)
DUE = date(2026, 2, 1)


def record(*said: Mapping[str, object]) -> list[Entry]:
    return [
        Entry(
            "r1",
            at,
            "",
            EntryKind.NOTED,
            NOW + timedelta(seconds=at),
            "ada",
            "desk",
            "0.1.0",
            "",
            1,
            cleaned(data),
        )
        for at, data in enumerate(said)
    ]


def test_a_finding_is_read_back_with_its_owner_and_due_date() -> None:
    [found] = findings(
        record({"text": "hello"}, finding_entry(" DNS was slow ", "network team", DUE, step="4"))
    )
    assert found == Finding(1, "DNS was slow", "network team", DUE, "4", "ada", NOW + timedelta(seconds=1))
    assert found.open


def test_a_finding_is_overdue_the_day_after_its_due_date() -> None:
    [found] = findings(record(finding_entry("DNS was slow", "network team", DUE)))
    assert not found.overdue(DUE)
    assert found.overdue(DUE + timedelta(days=1))


def test_a_closed_finding_says_who_closed_it_and_how() -> None:
    first = finding_entry("DNS was slow", "network team", DUE)
    open_ones = findings(record(first))
    entries = record(
        first, finding_entry("no key", "ops", DUE), closing_entry(open_ones, 1, "TTL is 60 s now")
    )
    closed, still_open = findings(entries)
    assert (closed.closed_by, closed.closed_at, closed.outcome) == ("ada", entries[2].at, "TTL is 60 s now")
    assert not closed.overdue(DUE + timedelta(days=9))
    assert still_open.open


def test_only_an_open_finding_can_be_closed() -> None:
    first = finding_entry("DNS was slow", "network team", DUE)
    closed = findings(record(first, closing_entry(findings(record(first)), 1, "done")))
    with pytest.raises(UnknownNameError, match="No open finding is named '1'"):
        closing_entry(closed, 1, "again")


def test_a_closing_without_its_finding_is_passed_over() -> None:
    assert findings(record({"finding_closed": {"number": 7, "outcome": "x"}})) == ()


@pytest.mark.parametrize(
    ("text", "owner", "missing"),
    [("", "ops", "Say the finding"), ("DNS", "  ", "Say its owner"), ("x" * 2001, "ops", "At most 2000")],
)
def test_a_finding_without_text_or_owner_is_refused(text: str, owner: str, missing: str) -> None:
    with pytest.raises(InputError, match=missing):
        finding_entry(text, owner, DUE)


def test_a_sign_off_is_read_back() -> None:
    said = record(sign_off_entry("Head of IT", "", accepted=True))
    [off] = sign_offs(said)
    assert (off.who, off.accepted, off.note, off.at, off.written_by) == ("Head of IT", True, "", NOW, "ada")


def test_a_refused_sign_off_says_why() -> None:
    with pytest.raises(InputError, match="Say why it is not accepted"):
        sign_off_entry("Head of IT", "", accepted=False)
    [said] = sign_offs(record(sign_off_entry("Head of IT", "no data check", accepted=False)))
    assert (said.accepted, said.note) == (False, "no data check")


def test_a_note_is_read_back_under_the_name_that_was_given_or_that_of_the_user() -> None:
    said = record(note_entry("DNS took long ", "Database desk"), note_entry("and again", ""))
    assert [(each.text, each.who) for each in notes(said)] == [
        ("DNS took long", "Database desk"),
        ("and again", "ada"),
    ]
    assert notes(said)[0] == Note("", "DNS took long", "Database desk", NOW)


def test_an_empty_note_is_refused_unless_it_brings_a_file() -> None:
    with pytest.raises(InputError, match="Say the note"):
        note_entry(" ", "Database desk")
    assert notes(record(note_entry("", "Database desk", ("a.txt", "text/plain", b"x")))) == ()


def test_a_file_comes_back_whole_with_its_hash() -> None:
    content = bytes(range(256)) * 100
    [kept] = files(
        record(note_entry("see", "Database desk", ("C:\\shots\\screen.png", "image/png", content)))
    )
    digest = hashlib.sha256(content).hexdigest()
    told = base64.b64encode(content).decode()
    assert kept == File("", "screen.png", "image/png", digest, len(content), "Database desk", NOW, told)


def test_a_file_above_a_megabyte_is_refused() -> None:
    with pytest.raises(InputError, match=r"big\.bin has 1,000,001 bytes"):
        note_entry("see", "Database desk", ("big.bin", "application/octet-stream", b"x" * (LARGEST_FILE + 1)))
