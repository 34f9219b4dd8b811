"""A clock that is set while a run is on: told with its size, in no duration, and the record still holds."""

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drkit.journal import ClockReading, Entry, EntryKind
from drkit.plan import Plan
from drkit.report.jumping import jumps
from drkit.report.run_record import RunRecord
from tests.execution.stage import CACHES, Stage

HOURS = 3 * 3600.0
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    made = Stage(tmp_path)
    yield made
    made.close()


def test_a_clock_that_is_set_in_mid_run_changes_no_duration(stage: Stage, tmp_path: Path) -> None:
    lasted: list[float] = []
    plans: list[tuple[float, Callable[[], Plan]]] = [
        (0.0, stage.attach),
        (-HOURS, lambda: stage.detach(*CACHES)),
        (HOURS, stage.attach),
    ]
    for change, plan in plans:
        planned = plan()
        set_once = [change]

        def moved(_seconds: float, left: list[float] = set_once) -> None:
            if left:
                stage.clock.set_by(left.pop())

        stage.clock._on_advance = moved
        run = stage.start(planned)
        run.wait()
        record = RunRecord(stage.journal, run.id, tmp_path)
        evidence = record.evidence
        assert evidence.ended_at is not None
        assert evidence.ended_at > evidence.started_at
        lasted.append(evidence.lasted)
        sentences = [each.sentence for each in evidence.deviations if "clock of" in each.sentence]
        page = record.write().read_text("utf-8")
        told = json.loads(record.to_json())
        if change:
            way = "back" if change < 0 else "ahead"
            assert len(sentences) == 1
            assert f"was set {way} by 3 h" in sentences[0]
            assert f"was set {way} by 3 h" in page
        else:
            assert not sentences
        assert told["lasted"] == evidence.lasted
        assert not record.prove().faults
    assert all(0 < each < 600 for each in lasted)


def _told(*readings: ClockReading | None) -> list[str]:
    entries = [
        Entry("r1", seq, "", EntryKind.NOTED, START, "duty", "ops1", "1", "", 1, clock=each)
        for seq, each in enumerate(readings)
    ]
    return list(jumps(entries))


def test_another_boot_is_told_once_and_a_former_record_tells_nothing() -> None:
    first, other = ClockReading(START, 5.0, "a"), ClockReading(START + timedelta(minutes=1), 1.0, "b")
    assert _told(None, None) == []
    [sentence] = _told(first, other, ClockReading(START + timedelta(minutes=2), 61.0, "b"))
    assert "after a restart of the machine or on another one" in sentence


def test_a_machine_that_is_behind_leaves_the_time_between_unknown() -> None:
    [sentence] = _told(ClockReading(START, 5.0, "a"), ClockReading(START - timedelta(hours=3), 1.0, "b"))
    assert "3 h 00 min behind" in sentence
    assert sentence.endswith("is not known.")


def test_where_no_boot_is_told_only_going_back_is_noticed() -> None:
    ahead = ClockReading(START + timedelta(hours=3), 1.0, "")
    assert _told(ClockReading(START, 0.0, ""), ahead) == []
    assert len(_told(ahead, ClockReading(START, 2.0, ""), ClockReading(START, 3.0, ""))) == 1
