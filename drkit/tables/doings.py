"""Tables of what is done: jobs, objections, ways out, runs, steps. One row per thing."""

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from drkit.errors import BY_WHY_NOT
from drkit.execution import RunPhase, StepPhase
from drkit.model import Inventory, Job, JobStatus
from drkit.plan import NO_OFFER, Offer, WayOut, offers_of
from drkit.rules import NotAsked, Objection, Verdict
from drkit.showing import first_few
from drkit.tables.columns import (
    FLAG,
    MOMENT,
    NUMBER,
    NUMBER_OR_NONE,
    TEXT,
    Schema,
    documented,
    frame,
    from_rows,
    status,
    word,
)

if TYPE_CHECKING:
    import pandas as pd

JOBS: Schema = {
    "type": TEXT,
    "status": status(JobStatus),
    "begin_at": MOMENT,
    "end_at": MOMENT,
    "seconds": NUMBER_OR_NONE,
    "error_code": TEXT,
    "fail_reason": TEXT,
    "sub_jobs": NUMBER,
    "job_id": TEXT,
    "group_id": TEXT,
    "instance_id": TEXT,
    "pair_id": TEXT,
}


@documented(JOBS)
def jobs(found: Iterable[Job]) -> "pd.DataFrame":
    """Jobs of the service; `seconds` is how long one took, missing while it is under way."""
    rows = list(found)
    return frame(
        JOBS,
        rows,
        seconds=map(_seconds, rows),
        sub_jobs=(len(row.sub_jobs) for row in rows),
        job_id=(row.id for row in rows),
        group_id=(_entity(row, "server_group_id") for row in rows),
        instance_id=(_entity(row, "protected_instance_id") for row in rows),
        pair_id=(_entity(row, "replication_pair_id") for row in rows),
    )


OBJECTIONS: Schema = {
    "subject": TEXT,
    "asked": FLAG,
    "pair": TEXT,
    "instance": TEXT,
    "operation": TEXT,
    "rule": TEXT,
    "code": TEXT,
    "found": TEXT,
    "wanted": TEXT,
    "remedy": TEXT,
    "command": TEXT,
    "python": TEXT,
    "pair_id": TEXT,
    "instance_id": TEXT,
    "group_id": TEXT,
}


@documented(OBJECTIONS)
def objections(verdicts: Iterable[Verdict], inventory: Inventory) -> "pd.DataFrame":
    """Why changes are not allowed, one row per objection: what is, what would have to be, what to do.

    `command` has the lines for the shell that do what the remedy says, where drkit can, `python` those of
    Python: of several ways the first.

    Behind them those that were not `asked`: rules that may hold or not, for what they rest on was not read.
    """
    judged = [
        (verdict.change, answer)
        for verdict in verdicts
        for answer in (*verdict.objections, *map(_open, verdict.unread))
    ]
    changes = [change for change, _ in judged]
    pairs, instances = inventory.pairs, inventory.instances
    ways = [_way(objection, inventory) for _, objection in judged]
    return frame(
        OBJECTIONS,
        [objection for _, objection in judged],
        asked=(bool(objection.code) for _, objection in judged),
        pair=(pairs[key].name if (key := change.pair_id) in pairs else "" for change in changes),
        instance=(
            instances[key].name if (key := change.instance_id) in instances else "" for change in changes
        ),
        operation=(change.operation.words for change in changes),
        rule=(objection.sentence for _, objection in judged),
        command=("\n".join(way.shell) for way in ways),
        python=("\n".join(way.python) for way in ways),
        pair_id=(change.pair_id for change in changes),
        instance_id=(change.instance_id for change in changes),
        group_id=(change.group_id for change in changes),
    )


def _way(objection: Objection, inventory: Inventory) -> Offer:
    return next(iter(offers_of([objection], inventory)), NO_OFFER)


def _open(unread: NotAsked) -> Objection:
    """A rule that was not asked, in the columns of an objection; it has no code."""
    found, remedy = f"not asked, for {unread.missing}", "Read again; if it stays so, see to it by hand."
    return Objection(unread.rule, "", unread.sentence, unread.subject, found, "read", remedy)


WAYS: Schema = {
    "way": TEXT,
    "open": FLAG,
    "consequences": TEXT,
    "against": TEXT,
    "command": TEXT,
    "python": TEXT,
}


@documented(WAYS)
def ways(found: Iterable[WayOut]) -> "pd.DataFrame":
    """The ways out for a group, one row each: whether it is open, what it leads to, what is against it.

    `command` has the lines for the shell that take it, `python` those that plan it in Python; empty where one
    waits, or only the provider can help.
    """
    rows = list(found)
    return frame(
        WAYS,
        rows,
        way=(row.name for row in rows),
        open=(row.legal for row in rows),
        against=(first_few(row.objections, BY_WHY_NOT, " ") for row in rows),
        command=("\n".join(row.shell) for row in rows),
        python=("\n".join(row.python) for row in rows),
    )


RUNS: Schema = {
    "title": TEXT,
    "state": word(  # what needs attention comes first when sorted
        RunPhase.UNKNOWN,
        RunPhase.FAILED,
        "interrupted",
        RunPhase.STOPPED,
        RunPhase.WAITING_FOR_OPERATOR,
        RunPhase.RUNNING,
        RunPhase.DONE,
    ),
    "carried_out": TEXT,
    "objectives": TEXT,
    "kind": TEXT,
    "groups": TEXT,
    "who": TEXT,
    "seconds": NUMBER_OR_NONE,
    "backend": TEXT,
    "started_at": MOMENT,
    "last_at": MOMENT,
    "held_by": TEXT,
    "run": TEXT,
}


@documented(RUNS)
def runs(rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """Runs of the journal, from its plain rows."""
    return from_rows(RUNS, rows)


STEPS: Schema = {
    "step": TEXT,
    "title": TEXT,
    "phase": word(
        StepPhase.UNKNOWN,
        StepPhase.FAILED,
        StepPhase.NOT_SENT,
        StepPhase.WORKING,
        StepPhase.READY,
        StepPhase.WAITING,
        StepPhase.SKIPPED,
        StepPhase.DONE,
    ),
    "sentence": TEXT,
    "code": TEXT,
    "reason": TEXT,
    "remedy": TEXT,
    "progress": NUMBER_OR_NONE,
    "attempts": NUMBER,
    "who": TEXT,
    "seconds": NUMBER_OR_NONE,
    "started_at": MOMENT,
    "ended_at": MOMENT,
    "job_id": TEXT,
}


@documented(STEPS)
def steps(rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """Steps of a run, from its plain rows; who wrote the last word on one and how many seconds it took (on
    the practice range of the service's time) stand there once the journal was asked.
    """
    return from_rows(STEPS, ({"who": "", "seconds": None, **row} for row in rows))


def _entity(job: Job, key: str) -> str:
    """What a job is about; a group's job says it in its sub-jobs only, and several things are none."""
    below = {each.entity(key) for each in job.sub_jobs}
    return job.entity(key) or (below.pop() if len(below) == 1 else "")


def _seconds(job: Job) -> int | None:
    if job.begin_at is None or job.end_at is None:
        return None
    return round((job.end_at - job.begin_at).total_seconds())
