"""Readings that are kept beside the record of runs."""

import pytest
from sqlalchemy import insert, text

from drkit.clock import SteppedClock
from drkit.errors import JournalDamagedError, JournalError, UnknownNameError
from drkit.journal import Journal
from drkit.journal.database import Database
from drkit.journal.readings import KeptReading, packed, unpacked
from drkit.journal.schema import readings

HERE = ("practice/one", "PRACTICE", True)
THERE = ("cloud/two", "OTC eu-de shop", False)


def test_a_reading_is_kept_and_found_again(journal: Journal, clock: SteppedClock) -> None:
    first = journal.keep_reading(b"one", clock.now(), HERE)
    clock.advance(60)
    second = journal.keep_reading(b"two", clock.now(), HERE, ("run-1", "end"))
    other = journal.keep_reading(b"three", clock.now(), THERE)
    assert [each.number for each in journal.readings()] == [other, second, first]
    assert [each.number for each in journal.readings(HERE[0])] == [second, first]
    (found,) = journal.readings(run_id="run-1")
    assert (found.moment, found.place, found.practice, found.at) == ("end", "PRACTICE", True, clock.now())
    assert found.who.startswith("duty on ")
    assert [journal.reading(number) for number in (first, second, other)] == [b"one", b"two", b"three"]


def test_one_that_is_not_there_is_an_unknown_name(journal: Journal) -> None:
    with pytest.raises(UnknownNameError, match="reading"):
        journal.reading(7)


def test_they_are_append_only(journal: Journal, clock: SteppedClock, where: str) -> None:
    journal.keep_reading(b"one", clock.now(), HERE)
    for statement in ("UPDATE drkit_readings SET data = ''", "DELETE FROM drkit_readings"):
        with pytest.raises(JournalError, match="append-only"), journal._database.writing() as connection:
            connection.execute(text(statement))
    assert where


def test_a_journal_of_a_former_drkit_gets_their_table(kept: Journal, clock: SteppedClock) -> None:
    kept.keep_reading(b"one", clock.now(), HERE)
    database: Database = kept._database
    with database.writing() as connection:
        connection.execute(text("DROP TABLE drkit_readings"))
    with Journal.open(kept.where, clock) as again:
        assert again.keep_reading(b"two", clock.now(), HERE) == 1


def test_what_was_altered_is_said(kept: Journal) -> None:
    row = {"at": "then", "scope": "x", "place": "p", "practice": True, "run_id": "", "moment": "", "who": "w"}
    with kept._database.writing() as connection:
        connection.execute(insert(readings), row | {"host": "h", "data": "!"})
    with pytest.raises(JournalDamagedError, match="Reading 1 of the journal is damaged"):
        kept.readings()
    with pytest.raises(JournalDamagedError, match="Reading 1 of the journal is damaged"):
        kept.reading(1)


@pytest.mark.parametrize("data", ["", "!", packed(b"x")[:-8], "QUJD"])
def test_what_cannot_be_unpacked_is_damaged(data: str) -> None:
    with pytest.raises(JournalDamagedError, match="Reading 3 of the journal is damaged"):
        unpacked(3, data)


def test_a_listed_reading_is_a_value() -> None:
    assert KeptReading.__slots__
