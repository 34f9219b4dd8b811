"""A run for the shell: how it is by the journal alone, what becomes of it, and closing it for good."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

from drkit.errors import IN_THE_FAULTS, InputError, JournalDamagedError
from drkit.execution.annotations import stated
from drkit.execution.board import Board
from drkit.execution.engine import left
from drkit.execution.entries import RunEnded
from drkit.execution.run import Run, finished
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.journal import RunRow
from drkit.model import Backend
from drkit.showing import first_few

if TYPE_CHECKING:
    from drkit.journal import Journal

LOOK_EVERY = 0.5


def recorded(journal: "Journal", run_id: str) -> RunState:
    """How a run is by its record; one that another process drives is running, and who does is said."""
    state = Board.replay(journal.entries(run_id)).state()
    held = [each for each in journal.leases(run_id) if not each.expired]
    if not held:
        return state
    sentence = f"Held by {held[0].sentence}."
    return replace(state, phase=RunPhase.RUNNING, sentence=sentence, lease=held[0].sentence, ended_at=None)


def readable(journal: "Journal", rows: Iterable[RunRow]) -> Iterator[tuple[RunRow, RunState]]:
    """The runs as they are by their records; one that was altered is left out and stops nobody."""
    for each in rows:
        with suppress(JournalDamagedError):
            yield each, recorded(journal, each.id)


def unfinished(journal: "Journal", backend: Backend) -> Iterator[tuple[RunRow, RunState]]:
    """The runs on this backend that somebody should look after, as they are by their records."""
    rows = (each for each in journal.runs() if not each.finished)
    here = (each for each in rows if (each.practice, each.place) == (backend.practice, backend.label))
    return readable(journal, here)


def close(journal: "Journal", run_id: str, why: str, *, takeover: bool = False) -> RunState:
    """Close a run that nobody will go on with: who did, why, and what was under way are written down.

    Nothing is sent or looked up. Raises `InputError` without a reason or where the run has ended,
    `LeaseHeldError` while somebody drives it, `JournalDamagedError` when its record does not hold.
    """
    why = stated("why the run is closed", why)
    if faults := journal.verify(run_id).faults:
        raise JournalDamagedError(
            f"Run {run_id} is not closed: {first_few(faults, IN_THE_FAULTS, ' ')}",
            run_id=run_id,
            faults=faults,
        )
    entries = journal.entries(run_id)
    if finished(entries):
        raise InputError(f"Run {run_id} has ended already: {Board.replay(entries).state().sentence}")
    sentence = f"Closed by {journal.holder}: {why}"
    undone = left(Board.replay(entries).records())
    end: RunEnded = {"phase": RunPhase.STOPPED.value, "sentence": sentence, **undone}
    journal.close_run(run_id, end, takeover=takeover)
    return recorded(journal, run_id)


def follow(
    run: Run, say: Callable[[str], object], answer: Callable[[Run, RunState], bool] = lambda *_: False
) -> RunState:
    """Say what becomes of each step until nothing goes on by itself; a question to the operator stops it.

    `answer` is asked first: whether it has given the run an answer. Ctrl-C stops the run in order, too.
    """
    try:
        return _follow(run, say, answer)
    except KeyboardInterrupt:
        run.stop("Interrupted")
        return run.wait()


def _follow(run: Run, say: Callable[[str], object], answer: Callable[[Run, RunState], bool]) -> RunState:
    shown: dict[str, str] = {}
    while True:
        state = run.wait(LOOK_EVERY)
        for step in state.steps:
            line = f"{step.phase.value}: {step.sentence}"
            if step.phase is not StepPhase.WAITING and shown.get(step.key) != line:
                shown[step.key] = line
                say(f"Step {step.key} ({step.title}) {line}")
        if answer(run, state):
            continue
        if state.phase is RunPhase.WAITING_FOR_OPERATOR:
            say(f"{state.sentence}. The run is stopped until it is answered.")
            run.stop("Stopped at a question to the operator")
        elif state.phase is not RunPhase.RUNNING:
            return state
