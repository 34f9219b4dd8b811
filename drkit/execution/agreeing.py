"""Whether a job is the one that was asked for, and whether what steps tell is what a reading shows (pure).

What is not told, or not known, contradicts nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

from drkit.execution.observations import ChangeStage, Observation, observe
from drkit.execution.records import StepRecord
from drkit.execution.states import StepPhase
from drkit.model import (
    Change,
    Drill,
    Inventory,
    Job,
    Operation,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    Server,
)
from drkit.plan import PLANNED, Plan

# The types end differently from cloud to cloud ("New", "NoCG", nothing), so they are told by their beginning.
_JOBS: Mapping[Operation, str] = {
    Operation.ATTACH_PAIR: "attachReplicationPair",
    Operation.DETACH_PAIR: "detachReplicationPair",
    Operation.EXPAND_PAIR: "expandReplicationPair",
    Operation.ENABLE_PROTECTION: "startProtectionGroup",
    Operation.DISABLE_PROTECTION: "stopProtectionGroup",
    Operation.PLANNED_FAILOVER: "reverseProtectionGroup",
    Operation.FAILOVER: "failoverProtectionGroup",
    Operation.REPROTECT: "reprotectProtectionGroup",
    Operation.CREATE_DRILL: "createDisasterRecoveryDrill",
    Operation.DELETE_DRILL: "deleteDisasterRecoveryDrill",
    Operation.RESIZE_INSTANCE: "resizeProtectedInstance",
    Operation.STOP_SERVER: "stopServer",
    Operation.START_SERVER: "startServer",
}
_OTHER_JOBS = (
    *("createProtectionGroup", "createProtectedInstance", "createReplicationPair", "addNic", "deleteNic"),
    *("deleteProtectionGroup", "deleteProtectedInstance", "deleteReplicationPair", "deleteServer"),
)
_ABOUT = {
    "server_group_id": "group_id",
    "protected_instance_id": "instance_id",
    "replication_pair_id": "pair_id",
    "disaster_recovery_drill_id": "drill_id",
    "server_id": "server_id",
}
"""Which argument of a change the id under a key of a job's entities is."""


def another_job(job: Job, job_id: str, change: Change) -> str:
    """In what this is not the job of that id that does this change; empty where nothing speaks against it."""
    own = _JOBS[change.operation]
    if job.id and job.id.casefold() != job_id.casefold():
        return f"it has the id {job.id}"
    if not job.type.startswith(own) and job.type.startswith((*_JOBS.values(), *_OTHER_JOBS)):
        return f"it is of the type {job.type}, wanted {own}"
    for key, value in _entities(job):
        wanted = getattr(change, _ABOUT[key]) if key in _ABOUT else ""
        if value and wanted and value != wanted:
            return f"it is about {key} {value}, wanted {wanted}"
    return ""


def _entities(job: Job) -> Iterator[tuple[str, str]]:
    yield from job.entities
    for part in job.sub_jobs:
        yield from _entities(part)


def contradicted(
    plan: Plan, records: Sequence[StepRecord], reading: Inventory
) -> list[tuple[StepRecord, Observation]]:
    """The steps that ended well or in a failure, where the reading shows something else.

    Of several steps that change the same thing the last one is asked about.
    """
    planned_steps = {each.key: each for each in plan.steps}
    changed: set[tuple[str, ...]] = set()
    found: list[tuple[StepRecord, Observation]] = []
    for record in reversed(records):
        planned, change = planned_steps[record.step.key].change, record.step.change
        if planned is None or change is None or record.phase not in _OVER or _touched(planned) in changed:
            continue
        changed.add(_touched(planned))
        seen = observe(change, reading, record.before)
        if seen.stage not in _FITS[record.phase] and _known(change, reading):
            found.append((record, seen))
    return found[::-1]


_OVER = {StepPhase.DONE, StepPhase.FAILED, StepPhase.UNKNOWN}
_FITS: Mapping[StepPhase, frozenset[ChangeStage]] = {
    StepPhase.DONE: frozenset({ChangeStage.REACHED}),
    StepPhase.FAILED: frozenset({ChangeStage.UNTOUCHED, ChangeStage.BROKEN, ChangeStage.ELSEWHERE}),
    StepPhase.UNKNOWN: frozenset(ChangeStage),
}


def _touched(change: Change) -> tuple[str, ...]:
    """What a planned change leaves as it wants it, until a later one about the same wants it otherwise."""
    made = f"{PLANNED}{change.name}" if change.operation is Operation.CREATE_DRILL else change.drill_id
    return change.group_id, change.pair_id, change.instance_id, change.server_id, made


def _known(change: Change, reading: Inventory) -> bool:
    """Whether the reading tells of what the change is about; a reading with gaps makes nothing "gone"."""
    things = tuple(_things(change, reading))
    untold = {key.partition(".")[0] for each in things if each for key in each.unknown}
    return not untold & {"attachment", "priority_station"} and not (reading.problems and None in things)


Thing = ProtectionGroup | ProtectedInstance | ReplicationPair | Drill | Server


def _things(change: Change, reading: Inventory) -> Iterator[Thing | None]:
    """What the change names, as the reading has it; None for each that is not in it."""
    yield reading.groups.get(change.group_id)
    if change.pair_id:
        yield reading.pairs.get(change.pair_id)
    if change.server_id:
        yield reading.servers.get(change.server_id)
    if change.drill_id:
        yield reading.drills.get(change.drill_id)
    if change.operation is Operation.CREATE_DRILL:
        named = (each for each in reading.drills_of(change.group_id) if each.name == change.name)
        yield next(named, None)
    if change.operation is Operation.RESIZE_INSTANCE:
        yield (instance := reading.instances.get(change.instance_id))
        yield from (reading.servers.get(each) for each in (instance.server_ids if instance else ()))
