"""Tables of what is done: jobs, objections, ways out, runs, steps. One row per thing."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pandas as pd

from drkit.execution import RunPhase, StepPhase
from drkit.model import Inventory, Job, JobStatus
from drkit.plan import WayOut
from drkit.rules import Verdict
from drkit.tables.columns import Column, moments, numbers, numbers_or_none, statuses, texts, words

RUN_STATES = [
    str(RunPhase.UNKNOWN),
    str(RunPhase.FAILED),
    "interrupted",
    str(RunPhase.STOPPED),
    str(RunPhase.WAITING_FOR_OPERATOR),
    str(RunPhase.RUNNING),
    str(RunPhase.DONE),
]
STEP_PHASES = [
    str(each)
    for each in (
        StepPhase.UNKNOWN,
        StepPhase.FAILED,
        StepPhase.NOT_SENT,
        StepPhase.WORKING,
        StepPhase.READY,
        StepPhase.WAITING,
        StepPhase.SKIPPED,
        StepPhase.DONE,
    )
]
"""What needs attention comes first when sorted."""


def jobs(found: Iterable[Job]) -> pd.DataFrame:
    """Jobs of the service; `seconds` is how long one took, missing while it is under way."""
    rows = list(found)
    return pd.DataFrame(
        {
            "type": texts(each.type for each in rows),
            "status": statuses((each.status for each in rows), JobStatus),
            "begin_at": moments(each.begin_at for each in rows),
            "end_at": moments(each.end_at for each in rows),
            "seconds": numbers_or_none(map(_seconds, rows)),
            "error_code": texts(each.error_code for each in rows),
            "fail_reason": texts(each.fail_reason for each in rows),
            "sub_jobs": numbers(len(each.sub_jobs) for each in rows),
            "job_id": texts(each.id for each in rows),
            "group_id": texts(_entity(each, "server_group_id") for each in rows),
            "instance_id": texts(_entity(each, "protected_instance_id") for each in rows),
            "pair_id": texts(_entity(each, "replication_pair_id") for each in rows),
        }
    )


def objections(verdicts: Iterable[Verdict], inventory: Inventory) -> pd.DataFrame:
    """Why changes are not allowed, one row per objection: what is, what would have to be, what to do."""
    rows = [(verdict.change, each) for verdict in verdicts for each in verdict.objections]
    changes = [change for change, _ in rows]
    pair_ids = [change.pair_id for change in changes]
    instance_ids = [change.instance_id for change in changes]
    return pd.DataFrame(
        {
            "subject": texts(each.subject for _, each in rows),
            "pair": _names(pair_ids, {key: each.name for key, each in inventory.pairs.items()}),
            "instance": _names(instance_ids, {key: each.name for key, each in inventory.instances.items()}),
            "operation": texts(change.operation.words for change in changes),
            "rule": texts(each.sentence for _, each in rows),
            "code": texts(each.code for _, each in rows),
            "found": texts(each.found for _, each in rows),
            "wanted": texts(each.wanted for _, each in rows),
            "remedy": texts(each.remedy for _, each in rows),
            "pair_id": texts(pair_ids),
            "instance_id": texts(instance_ids),
            "group_id": texts(change.group_id for change in changes),
        }
    )


def ways(found: Iterable[WayOut]) -> pd.DataFrame:
    """The ways out for a group, one row each: whether it is open, what it leads to, what is against it."""
    rows = list(found)
    return pd.DataFrame(
        {
            "way": texts(each.name for each in rows),
            "open": pd.Series([each.legal for each in rows], dtype="bool"),
            "consequences": texts(each.consequences for each in rows),
            "against": texts(" ".join(map(str, each.objections)) for each in rows),
        }
    )


def runs(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Runs of the journal, from its plain rows."""
    return _from_rows(rows, _RUN)


def steps(rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
    """Steps of a run, from its plain rows."""
    return _from_rows(rows, _STEP)


Maker = Callable[[Iterable[Any]], Column]

_RUN: Mapping[str, Maker] = {
    "title": texts,
    "state": lambda values: words(values, RUN_STATES),
    "groups": texts,
    "backend": texts,
    "started_at": moments,
    "last_at": moments,
    "held_by": texts,
    "run": texts,
}

_STEP: Mapping[str, Maker] = {
    "step": texts,
    "title": texts,
    "phase": lambda values: words(values, STEP_PHASES),
    "sentence": texts,
    "code": texts,
    "reason": texts,
    "remedy": texts,
    "progress": numbers_or_none,
    "attempts": numbers,
    "started_at": moments,
    "ended_at": moments,
    "job_id": texts,
}


def _from_rows(rows: Iterable[Mapping[str, Any]], makers: Mapping[str, Maker]) -> pd.DataFrame:
    found = list(rows)
    return pd.DataFrame({name: make([each[name] for each in found]) for name, make in makers.items()})


def _names(ids: list[str], names: Mapping[str, str]) -> Column:
    return texts(names.get(each, "") for each in ids)


def _entity(job: Job, key: str) -> str:
    """What a job is about; a group's job says it in its sub-jobs only, and several things are none."""
    below = {each.entity(key) for each in job.sub_jobs}
    return job.entity(key) or (below.pop() if len(below) == 1 else "")


def _seconds(job: Job) -> int | None:
    if job.begin_at is None or job.end_at is None:
        return None
    return round((job.end_at - job.begin_at).total_seconds())
