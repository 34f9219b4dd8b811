"""What is asked of the service while watching: just the lists that are needed, and jobs as they are kept."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from drkit.errors import GoneError, WireError
from drkit.execution.context import CloudService
from drkit.execution.entries import JobJson
from drkit.model import (
    PLANNED,
    Change,
    Inventory,
    Job,
    Operation,
    PairStatus,
    ProtectionGroup,
    ReplicationPair,
    ThingKind,
)

MOVING: Mapping[Operation, PairStatus] = {
    Operation.ATTACH_PAIR: PairStatus.ATTACHING,
    Operation.DETACH_PAIR: PairStatus.DETACHING,
    Operation.EXPAND_PAIR: PairStatus.EXTENDING,
}
"""The status of a pair while such a change is under way."""


def groups_to_read(groups: Iterable[str]) -> tuple[str, ...]:
    """The groups that a reading is limited to: to none (all are read) where one has no id yet."""
    wanted = tuple(sorted(set(groups)))
    return () if any(each.startswith(PLANNED) for each in wanted) else wanted


def read_lists(
    service: CloudService, kinds: Sequence[ThingKind], changes: Sequence[Change], now: datetime
) -> Inventory:
    """Read just what is needed to see how far some changes are."""
    groups = groups_to_read(each.group_id for each in changes)
    instances = sorted({each.instance_id for each in changes})
    read: dict[ThingKind, Callable[[], Iterable[Any]]] = {
        "pairs": lambda: service.pairs(groups),
        "drills": lambda: service.drills(groups),
        "servers": service.servers,
        "groups": lambda: _there(service.group, groups) if groups else service.groups(),
        # One that is being made is found by its server: then all of the groups are listed.
        "instances": lambda: (
            _there(service.instance, instances) if "" not in instances else service.instances(groups)
        ),
        "failed_tasks": lambda: [task for key in tasks_of for task in service.failed_tasks(key)],
    }
    tasks_of = sorted({"" if each.group_id.startswith(PLANNED) else each.group_id for each in changes})
    lists: dict[str, Any] = {kind: {each.id: each for each in read[kind]()} for kind in kinds}
    for change in changes:
        _check_that_it_tells(lists.get("pairs", {}).get(change.pair_id), "attachment")
        _check_that_it_tells(lists.get("groups", {}).get(change.group_id), "priority_station")
    return Inventory(service.backend, now, **lists)


def read_moving(
    service: CloudService, looked_at: Sequence[Change], effects: Sequence[Change]
) -> list[ReplicationPair]:
    """The pairs that move as the changes in `looked_at` have them, and those that `effects` have attached.

    What rests is not read, so this costs the same however much of it there is. A pair that is not among them
    does not move, or a list shows it late.
    """
    moving = [
        pair for status in {MOVING[each.operation] for each in looked_at} for pair in service.pairs_in(status)
    ]
    if effects:
        moving += service.pairs_on(dict.fromkeys(each.instance_id for each in effects))
    wanted = {each.pair_id: each for each in (*looked_at, *effects)}
    found = [pair for pair in moving if pair.id in wanted]
    for pair in found:
        _check_that_it_tells(pair, "attachment")
    return found


def _check_that_it_tells(thing: ReplicationPair | ProtectionGroup | None, key: str) -> None:
    """Raise `WireError` where a change is followed by a key that is not known: that is no "gone"."""
    if thing and any(unknown.partition(".")[0] == key for unknown in thing.unknown):
        raise WireError(f"{thing.name} does not tell {key!r} as the reference says it does")


def _there(show: Callable[[str], Any], ids: Iterable[str]) -> Iterable[Any]:
    for each in ids:
        try:
            yield show(each)
        except GoneError:
            continue


def job_json(job: Job) -> JobJson:
    """A job as the journal keeps it."""
    return {
        "id": job.id,
        "type": job.type,
        "status": str(job.status),
        "begin_at": job.begin_at.isoformat() if job.begin_at else "",
        "end_at": job.end_at.isoformat() if job.end_at else "",
        "error_code": job.error_code,
        "fail_reason": job.fail_reason,
        "sub_jobs": [job_json(each) for each in job.sub_jobs],
    }


def failure_of(job: Job) -> tuple[str, str]:
    """The first code and the first reason that the job, or else one of its parts, gives for its failure."""
    parts = (job, *job.sub_jobs)
    code = next((each.error_code for each in parts if each.error_code), "")
    return code, next((each.fail_reason for each in parts if each.fail_reason), "")
