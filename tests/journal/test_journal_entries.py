import json
import re
import sqlite3
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import create_engine, text
from sqlalchemy.exc import DBAPIError

from drkit.clock import SteppedClock
from drkit.errors import JournalDamagedError, JournalError, LeaseLostError, UnknownNameError
from drkit.journal import Entry, EntryKind, Hold, Journal, chain_faults
from drkit.journal.database import locate
from drkit.journal.entries import LONGEST_TEXT, cleaned
from tests.journal.stores import begun, new_run, opened

MOMENT = datetime(2026, 1, 1, tzinfo=UTC)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def chained(*data: dict[str, object]) -> list[Entry]:
    found: list[Entry] = []
    for seq, each in enumerate(data):
        entry = Entry("r1", seq, "1", EntryKind.NOTED, MOMENT, "duty", "ops1", "0.1", "", 1, each)
        found.append(replace(entry, hash=entry.sealed_after(found[-1].hash if found else "")))
    return found


def altered(file: Path, statement: str) -> None:
    """Change a journal behind its own back, as somebody with a database tool would."""
    with sqlite3.connect(file) as connection:
        for table in ("drkit_runs", "drkit_entries"):
            for verb in ("update", "delete"):
                connection.execute(f"DROP TRIGGER IF EXISTS {table}_no_{verb}")
        assert connection.execute(statement).rowcount > 0
    connection.close()


def test_entries_come_back_as_they_were_written_with_who_where_and_when(
    journal: Journal, clock: SteppedClock
) -> None:
    hold = begun(journal)
    clock.advance(1.5)
    written = hold.append(EntryKind.INTENDED, "1", {"change": {"a": [1, "ü", None, 2.5]}})
    sent = hold.append(EntryKind.SENT, "1", job_id="j1")
    first, *others = journal.entries("r1")
    assert others == [written, sent]
    assert (first.kind, first.seq, first.step) == (EntryKind.PLANNED, 0, "")
    assert (written.seq, written.who, written.fence) == (1, "duty", hold.fence)
    assert written.at == datetime(2026, 1, 1, 0, 0, 1, 500000, tzinfo=UTC)
    assert written.host
    assert written.version[0].isdigit()
    assert sent.job_id == "j1"
    assert journal.verify("r1").holds


@pytest.mark.parametrize("table", ["drkit_entries", "drkit_runs"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET {} = 'x'", "DELETE FROM {}"])
def test_the_database_itself_refuses_to_change_what_was_written(
    journal: Journal, where: str, table: str, statement: str
) -> None:
    begun(journal)
    column = "data" if table == "drkit_entries" else "title"
    engine = create_engine(locate(where))
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text(statement.format(table, column)))
    engine.dispose()
    assert journal.verify("r1").holds


def test_a_run_id_is_used_once(journal: Journal) -> None:
    begun(journal)
    with pytest.raises(JournalError, match="There is a run 'r1' already"):
        journal.start(new_run(groups=(("g2", "crm"),)))
    assert [each.id for each in journal.runs()] == ["r1"]


def test_a_run_that_is_not_there_is_named_with_the_nearest(journal: Journal) -> None:
    begun(journal, "20260101-101500-aa")
    with pytest.raises(UnknownNameError, match="did you mean '20260101-101500-aa'"):
        journal.entries("20260101-101500-ab")


def test_notes_can_be_added_after_the_end_and_do_not_reopen_the_run(journal: Journal) -> None:
    hold = begun(journal)
    hold.close(EntryKind.SETTLED, {"phase": "done"})
    note = journal.note("r1", {"finding": {"text": "slow"}}, step="1")
    assert (note.kind, note.fence, note.step) == (EntryKind.NOTED, 0, "1")
    assert [(each.state, each.finished) for each in journal.runs()] == [("done", True)]
    assert journal.verify("r1").holds
    with pytest.raises(UnknownNameError):
        journal.note("r2", {})


@given(st.lists(st.dictionaries(st.text(max_size=5), json_values, max_size=3), min_size=1, max_size=4))
def test_any_json_is_chained_and_read_back_the_same(data: list[dict[str, object]]) -> None:
    entries = chained(*data)
    assert chain_faults(entries) == []
    assert [Entry.from_row(each.to_row()) for each in entries] == entries


@given(st.integers(0, 3), st.sampled_from(["who", "data", "kind", "at", "job_id", "fence", "step"]))
def test_any_altered_word_breaks_the_chain_there(place: int, what: str) -> None:
    entries = chained({"n": 0}, {"n": 1}, {"n": 2}, {"n": 3})
    other = {"who": "another", "data": {"n": 9}, "kind": EntryKind.SENT, "at": MOMENT.replace(year=2025)}
    entries[place] = replace(entries[place], **{what: other.get(what, 7 if what == "fence" else "x")})  # type: ignore[arg-type]
    assert chain_faults(entries)[0].startswith(f"Entry {place} ")


def test_an_entry_taken_out_is_missed() -> None:
    entries = chained({"n": 0}, {"n": 1}, {"n": 2})
    del entries[1]
    assert chain_faults(entries) == [
        "Entry 2 (noted, 2026-01-01T00:00:00.000000+00:00) should be entry 1: what came between is missing."
    ]


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("""UPDATE drkit_entries SET data = '{"phase":"failed"}' WHERE seq = 1""", "Entry 1 .* altered"),
        ("UPDATE drkit_entries SET who = 'another' WHERE seq = 2", "Entry 2 .* altered"),
        ("UPDATE drkit_entries SET data = 'no json' WHERE seq = 1", "Entry 1 .* cannot be read"),
        ("UPDATE drkit_entries SET data = 'null' WHERE seq = 1", "Entry 1 .* cannot be read"),
        ("UPDATE drkit_entries SET kind = 'guessed' WHERE seq = 1", "Entry 1 .* cannot be read"),
        ("DELETE FROM drkit_entries WHERE seq = 1", "should be entry 1"),
        ("DELETE FROM drkit_entries WHERE seq = 0", "does not begin with its plan"),
        ("UPDATE drkit_runs SET title = 'Another'", "row in the list differs"),
    ],
)
def test_verifying_says_where_a_record_was_altered(
    kept: Journal, file: Path, statement: str, said: str
) -> None:
    hold = begun(kept)
    hold.append(EntryKind.INTENDED, "1")
    hold.append(EntryKind.SENT, "1", job_id="j1")
    altered(file, statement)
    found = kept.verify("r1")
    assert not found.holds
    assert any(re.search(said, each) for each in found.faults)


@pytest.mark.parametrize(
    ("statement", "begun_at"),
    [
        ("UPDATE drkit_entries SET data = '{' WHERE run_id = 'r1' AND seq = 1", "2026-01-01"),
        ("UPDATE drkit_entries SET data = '[]' WHERE run_id = 'r1' AND seq = 1", "2026-01-01"),
        ("UPDATE drkit_entries SET at = 'x' WHERE run_id = 'r1' AND seq = 1", "2026-01-01"),
        ("UPDATE drkit_runs SET groups = 'x' WHERE id = 'r1'", "2026-01-01"),
        ("UPDATE drkit_runs SET started_at = 'x' WHERE id = 'r1'", "2026-01-01"),
        ("UPDATE drkit_runs SET started_at = 'x'; UPDATE drkit_entries SET at = 'x'", "1970-01-01"),
    ],
)
def test_an_altered_run_is_listed_as_damaged_and_hides_no_other(
    kept: Journal, file: Path, statement: str, begun_at: str
) -> None:
    begun(kept).close(EntryKind.SETTLED, {"phase": "done", "sentence": "Ended."})
    kept.start(new_run("r2", (("g2", "crm"),)))
    for each in statement.split("; "):
        altered(file, each)
    row = {each.id: each for each in kept.runs()}["r1"]
    assert len(kept.runs()) == 2
    assert (row.state, row.finished, row.held_by) == ("damaged", False, "")
    assert row.title == "Attach a pair (altered; look at it with: drkit verify r1)"
    assert f"{row.started_at:%Y-%m-%d}" == begun_at


def test_an_exchanged_plan_with_all_hashes_made_anew_is_still_found(kept: Journal, file: Path) -> None:
    begun(kept)
    (first,) = kept.entries("r1")
    other = replace(first, data={**first.data, "plan": {"title": "Another"}})
    row = replace(other, hash=other.sealed_after("")).to_row()
    altered(file, f"UPDATE drkit_entries SET data = '{row['data']}', hash = '{row['hash']}'")
    assert kept.verify("r1").faults == (
        "The plan in entry 0 is not the plan that was confirmed: its hash differs.",
    )


def test_nothing_is_added_behind_an_altered_entry(kept: Journal, file: Path) -> None:
    hold = begun(kept)
    hold.append(EntryKind.INTENDED, "1")
    altered(file, "UPDATE drkit_entries SET who = 'another' WHERE seq = 1")
    with pytest.raises(JournalDamagedError, match="drkit verify r1"):
        hold.append(EntryKind.SENT, "1", job_id="j1")
    assert len(kept.entries("r1")) == 2


def test_secrets_and_endless_texts_do_not_get_into_the_journal(journal: Journal) -> None:
    hold = begun(journal)
    told = {
        "headers": [{"X-Auth-Token": "hush"}],
        "password": "hush",
        "secret_key": {"deep": "hush"},
        "reason": "refused: X-Auth-Token: hush, sorry",
        "long": "x" * 9000,
        "count": 3,
    }
    entry = hold.append(EntryKind.LOST, "1", told)
    assert "hush" not in json.dumps(dict(entry.data))
    assert entry.data["count"] == 3
    assert len(entry.data["long"]) == LONGEST_TEXT
    assert entry.data["reason"] == "refused: X-Auth-Token: ***, sorry"


@pytest.mark.parametrize(
    "told", ["password=hush", "Authorization: Bearer hush", "{'X-Auth-Token': 'hush'}", '"password": "hush"']
)
def test_a_secret_within_a_text_is_not_kept(told: str) -> None:
    assert cleaned(told) == told.replace("hush", "***")


@pytest.mark.parametrize(
    "harmless",
    [
        {"step": "1"},
        {"a": ["tokens are fine in words"]},
        {"task": "x"},
        "The first drill may change its password or key pair.",
    ],
)
def test_what_is_no_secret_is_kept_as_it_is(harmless: object) -> None:
    assert cleaned(harmless) == harmless


def test_what_holds_no_secret_is_written_without_a_copy_and_tuples_as_lists() -> None:
    plain = {"groups": [{"name": "shop", "sizes": [1, 2.5, None, True]}]}
    assert cleaned(plain) is plain
    strange = object()  # what JSON has no word for is refused where it is written
    assert cleaned([strange, "password=hush"]) == [strange, "password=***"]
    assert cleaned({"groups": ({"name": "shop"},), 1: {"token": "hush"}}) == {
        "groups": [{"name": "shop"}],
        "1": {"token": "***"},
    }


def test_a_run_that_goes_on_writing_adds_nothing_behind_its_own_entry_that_was_altered(file: Path) -> None:
    with Journal.open(file) as journal:
        hold = begun(journal)
        hold.append(EntryKind.NOTED, "1", {"sentence": "hello"})
        altered(file, """UPDATE drkit_entries SET data = '{"sentence":"bye"}' WHERE seq = 1""")
        with pytest.raises(JournalDamagedError, match="the last entry of run r1 does not fit its hash"):
            hold.append(EntryKind.NOTED, "1", {"sentence": "again"})


def test_a_run_goes_on_behind_what_another_has_noted(journal: Journal, where: str) -> None:
    hold = begun(journal)
    opened(where, who="second").note("r1", {"sentence": "hello"})
    hold.append(EntryKind.NOTED, "1", {"sentence": "again"})
    assert [each.seq for each in journal.entries("r1")] == [0, 1, 2]
    assert not journal.verify("r1").faults


def test_what_taking_the_groups_wrote_is_what_is_on_the_disk(journal: Journal) -> None:
    hold = begun(journal)
    assert list(hold.taken) == journal.entries("r1")


def test_two_journals_on_the_same_place_see_the_same(journal: Journal, where: str) -> None:
    begun(journal).append(EntryKind.NOTED, "1", {"sentence": "hello"})
    other = opened(where, who="second")
    assert other.entries("r1") == journal.entries("r1")
    assert other.verify("r1") == journal.verify("r1")
    other.close()


def side_by_side(hold: Hold, count: int, work: Callable[[int], object]) -> None:
    """Have so many threads wait for their turn to write, then let them."""
    threads = [threading.Thread(target=work, args=(number,)) for number in range(count)]
    with hold._turn:
        for each in threads:
            each.start()
        while len(hold._waiting) < count:
            time.sleep(0.001)  # until all of them wait
    for each in threads:
        each.join()


def test_entries_of_many_threads_go_to_the_disk_together_and_each_gets_its_own(journal: Journal) -> None:
    hold, got = begun(journal), dict[int, Entry]()

    def write(number: int) -> None:
        got[number] = hold.append(EntryKind.NOTED, str(number), {"sentence": f"note {number}"})

    side_by_side(hold, 9, write)
    kept = journal.entries("r1")
    assert [each.seq for each in kept] == list(range(10))
    assert all(got[number].data == {"sentence": f"note {number}"} for number in range(9))
    assert sorted(got.values(), key=lambda each: each.seq) == kept[1:]
    assert not journal.verify("r1").faults


def test_where_entries_cannot_be_written_each_who_waits_is_told_and_none_is_there(journal: Journal) -> None:
    hold, told = begun(journal), list[str]()
    journal.start(new_run("r2"), takeover=True)

    def write(number: int) -> None:
        try:
            hold.append(EntryKind.INTENDED, str(number))
        except LeaseLostError as error:
            told.append(str(error))

    side_by_side(hold, 3, write)
    assert len(told) == 3
    assert [each.kind for each in journal.entries("r1")] == [EntryKind.PLANNED]
