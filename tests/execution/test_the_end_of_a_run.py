import logging
from datetime import UTC

import pytest

from drkit.errors import InputError
from drkit.execution.annotations import files, notes
from drkit.execution.run import finished
from drkit.execution.states import RunPhase
from tests.execution.stage import CACHES, Stage


def test_who_waits_for_a_run_finds_done_what_was_to_follow_its_end(stage: Stage) -> None:
    told: list[str] = []
    run = stage.start(stage.attach(CACHES[0]), on_end=told.append)
    stage.ended(run)
    assert told == [run.id]


def test_what_fails_after_the_end_is_logged_and_changes_nothing(
    stage: Stage, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(_run_id: str) -> None:
        raise OSError("no room left")

    with caplog.at_level(logging.ERROR, "drkit.plan"):
        state = stage.run(stage.attach(CACHES[0]), on_end=fail)
    assert state.phase is RunPhase.DONE
    assert "no room left" in caplog.text


def test_a_note_with_a_file_can_be_added_while_it_runs_and_after_the_end(stage: Stage) -> None:
    run = stage.start(stage.attach(CACHES[0]))
    run.note("1", "Watched the console.", "Database desk")
    stage.ended(run)
    run.note("", "See the log.", "Database desk", ("log.txt", "text/plain", b"all fine"))
    entries = stage.entries(run.id)
    assert [(each.step, each.text) for each in notes(entries)] == [
        ("1", "Watched the console."),
        ("", "See the log."),
    ]
    [kept] = files(entries)
    assert (kept.name, kept.size, kept.added_at.tzinfo) == ("log.txt", 8, UTC)
    assert finished(entries)
    assert stage.journal.verify(run.id).holds


def test_a_note_to_a_step_that_is_not_there_is_refused(stage: Stage) -> None:
    run = stage.start(stage.attach(CACHES[0]))
    with pytest.raises(InputError, match="no step '9'"):
        run.note("9", "hello", "Database desk")
    stage.ended(run)
