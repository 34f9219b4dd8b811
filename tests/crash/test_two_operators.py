"""Two real processes want the same group, on SQLite and on PostgreSQL: one has its way, the other is told."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SystemClock
from drkit.journal import EntryKind, Journal
from drkit.sandbox import Sandbox, running
from tests.crash.range import SPEED, Range
from tests.journal.stores import store


@pytest.fixture(params=["sqlite", "postgresql"])
def practice(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Range]:
    with store(request.param, tmp_path) as where, running(Sandbox(speed=SPEED)) as sandbox:
        Journal.open(where).close()
        yield Range(sandbox, tmp_path, where)


def asleep(pid: int) -> bool:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def wait_until_asleep(pid: int) -> None:
    clock = SystemClock()
    deadline = clock.monotonic() + 60
    while not asleep(pid):
        assert clock.monotonic() < deadline, "It never fell asleep"
        clock.wait(0.005)


def test_of_two_that_start_at_once_one_runs_and_the_other_is_told_who(practice: Range) -> None:
    both = [practice.begin(), practice.begin()]
    first, second = sorted((practice.end(*each) for each in both), key=lambda told: told.phase)
    assert (first.phase, second.phase) in {
        ("LeaseHeldError", "done"),
        ("StalePlanError", "done"),
        ("done", "done"),
    }
    assert practice.jobs() == 3
    if first.phase == "LeaseHeldError":
        assert "is held by victim on" in first.points[0]
    journal = Journal.open(practice.where)
    assert all(journal.verify(each.id).holds for each in journal.runs())
    assert journal.leases() == ()
    journal.close()


@pytest.mark.parametrize("when", ["before intended", "after intended"])
def test_a_process_that_slept_through_a_takeover_neither_writes_nor_sends(practice: Range, when: str) -> None:
    sleeper = practice.begin(sleep_at=when, lease_seconds=0.2)
    pid = sleeper[0].pid
    assert pid
    wait_until_asleep(pid)
    winner = practice.let_loose(takeover=True)
    os.kill(pid, signal.SIGCONT)
    woken = practice.end(*sleeper)
    assert woken.phase == "stopped"
    assert practice.wrong(winner) == []
    journal = Journal.open(practice.where)
    (run,) = journal.runs()
    assert any("takeover" in each.data for each in journal.entries(run.id) if each.kind is EntryKind.NOTED)
    journal.close()
