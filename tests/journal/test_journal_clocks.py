"""When an entry was written: counted by a clock that does not jump, within one start of one machine."""

from datetime import timedelta

import pytest

from drkit.clock import SteppedClock, SystemClock
from drkit.journal import ClockReading, EntryKind, Journal
from tests.closing import at_the_end
from tests.journal.stores import new_run

HOURS = 3 * 3600.0


@pytest.mark.parametrize("hours", [HOURS, -HOURS])
def test_entries_go_on_by_seconds_when_the_wall_is_set(
    journal: Journal, clock: SteppedClock, hours: float
) -> None:
    hold = journal.start(new_run("r1"))
    begun = journal.entries("r1")[-1].at
    clock.advance(10)
    clock.set_by(hours)
    entry = hold.append(EntryKind.NOTED)
    assert (entry.at - begun).total_seconds() == 10
    assert entry.clock is not None
    assert (entry.clock.wall - begun).total_seconds() == 10 + hours
    assert journal.entries("r1")[-1] == entry
    assert journal.verify("r1").holds


def test_the_same_boot_goes_on_counting_behind_what_another_machine_noted(
    journal: Journal, clock: SteppedClock, where: str
) -> None:
    hold = journal.start(new_run("r1"))
    begun = journal.entries("r1")[-1].at
    elsewhere = at_the_end.enter_context(Journal.open(where, SteppedClock(begun), who="second"))
    elsewhere.note("r1", {"noted": "seen"})
    clock.advance(10)
    clock.set_by(-HOURS)
    assert (hold.append(EntryKind.NOTED).at - begun).total_seconds() == 10


def test_another_boot_knows_the_wall_alone_and_never_goes_back(journal: Journal, where: str) -> None:
    journal.start(new_run("r1"))
    begun = journal.entries("r1")[-1].at
    moments = []
    for apart in (60.0, -HOURS):
        other = SteppedClock(begun + timedelta(seconds=apart))
        elsewhere = at_the_end.enter_context(Journal.open(where, other, who="second"))
        moments.append((elsewhere.note("r1", {"noted": "seen"}).at - begun).total_seconds())
    assert moments == [60, 60]


def test_a_clock_without_a_boot_goes_by_the_wall(journal: Journal, clock: SteppedClock, where: str) -> None:
    clock.boot = ""
    hold = journal.start(new_run("r1"))
    begun = journal.entries("r1")[-1].at
    elsewhere = at_the_end.enter_context(Journal.open(where, SteppedClock(begun), who="second"))
    elsewhere.note("r1", {"noted": "seen"})
    clock.set_by(5)
    assert (hold.append(EntryKind.NOTED).at - begun).total_seconds() == 5


def test_the_clock_of_this_machine_goes_on_in_another_process() -> None:
    first = ClockReading.of(SystemClock())
    assert ClockReading.of(SystemClock()).goes_on(first)
    assert not first.goes_on(None)
