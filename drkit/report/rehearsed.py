"""What the journal knows of a project's groups: who rehearsed them, what was there then, who holds them."""

from collections.abc import Iterator
from datetime import datetime

from drkit.errors import DrkitError, JournalDamagedError
from drkit.execution import scope_of
from drkit.journal import Journal
from drkit.model import Backend, Inventory, from_kept
from drkit.readiness import Held, Known, Rehearsal
from drkit.report.gathering import JudgedRun


def known_of(journal: Journal, backend: Backend, now: datetime) -> Known:
    """What is known of a backend's project; a run whose record cannot be read is left out."""
    held = tuple(Held(each.group_id, each.sentence, each.expired) for each in journal.leases())
    found = sorted(_rehearsals(journal, backend), key=lambda each: each.ended_at, reverse=True)
    return Known(now, tuple(found), held, lambda run_id: reading_after(journal, backend, run_id))


def reading_after(journal: Journal, backend: Backend, run_id: str) -> Inventory | None:
    """What was read at the end of a run; None where that was not kept or cannot be read."""
    for each in journal.readings(scope_of(backend), run_id):
        if each.moment == "end":
            try:
                return from_kept(journal.reading(each.number))
            except DrkitError:
                return None
    return None


def _rehearsals(journal: Journal, backend: Backend) -> Iterator[Rehearsal]:
    here = (row for row in journal.runs() if (row.practice, row.place) == (backend.practice, backend.label))
    for row in here:
        try:
            run = JudgedRun.of(journal.entries(row.id))
            plan = run.state.plan
            if plan.objectives and plan.backend == backend:
                yield Rehearsal(
                    row.id,
                    plan.objectives.kind.words,
                    tuple(key for key, _ in plan.groups),
                    run.until,
                    run.verdict.to_the_end,
                    proves=plan.objectives.kind.recovers,
                    holds=journal.verify(row.id).holds,
                )
        except (JournalDamagedError, LookupError, ValueError, TypeError):  # it hides no other run
            continue
