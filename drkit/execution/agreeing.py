"""Whether a job is the one that was asked for, and whether what steps tell is what a reading shows (pure).

What is not told, or not known, contradicts nothing.
"""

from collections.abc import Iterator, Mapping, Sequence

from drkit.execution.observations import ChangeStage, Marks, Observation, observe
from drkit.execution.records import StepRecord
from drkit.execution.states import StepPhase
from drkit.model import (
    PLANNED,
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
from drkit.plan import Plan

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
    Operation.CREATE_GROUP: "createProtectionGroup",
    Operation.DELETE_GROUP: "deleteProtectionGroup",
    Operation.CREATE_INSTANCE: "createProtectedInstance",
    Operation.CREATE_INSTANCES: "batchCreateProtectedInstance",
    Operation.DELETE_INSTANCE: "deleteProtectedInstance",
    Operation.DELETE_INSTANCES: "batchDeleteProtectedInstance",
    Operation.ADD_NIC: "addNic",
    Operation.DELETE_NIC: "deleteNic",
    Operation.CREATE_PAIR: "createReplicationPair",
    Operation.DELETE_PAIR: "deleteReplicationPair",
}
_OTHER_JOBS = ("deleteServer",)
_IN_PARTS = {
    Operation.CREATE_INSTANCES: "createProtectedInstance",
    Operation.DELETE_INSTANCES: "deleteProtectedInstance",
}
"""Several at once may be told as a job of one, too: the reference prints no type for it."""
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
    own = _JOBS.get(change.operation, "")  # what is answered at once has none
    others = (*_JOBS.values(), *_OTHER_JOBS)
    if job.id and job.id.casefold() != job_id.casefold():
        return f"it has the id {job.id}"
    fits = job.type.startswith((own, _IN_PARTS.get(change.operation, own)))
    if not fits and job.type.startswith(others):
        return f"it is of the type {job.type}, wanted {own}"
    for key, value in _entities(job):
        wanted = getattr(change, _ABOUT[key]) if key in _ABOUT else ""
        if value and wanted and value != wanted and not wanted.startswith(PLANNED):
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
    gone: set[str] = set()  # what later steps took away
    found: list[tuple[StepRecord, Observation]] = []
    for record in reversed(records):
        planned, change = planned_steps[record.step.key].change, record.step.change
        if planned is None or change is None or record.phase not in _OVER or _touched(planned) in changed:
            continue
        if gone.intersection({change.group_id, change.pair_id, *change.all_instance_ids}):
            continue
        changed.add(_touched(planned))
        if record.phase is StepPhase.DONE:
            gone |= _removed(change, record.before)
        seen = observe(change, reading, record.before)
        if seen.stage not in _FITS[record.phase] and _known(change, reading):
            found.append((record, seen))
    return found[::-1]


def broken_off(records: Sequence[StepRecord], reading: Inventory) -> list[StepRecord]:
    """The steps that were left out after they had been sent, and whose change did not end at the service.

    Of several steps that change the same thing the last one that was sent is asked about.
    """
    changed: set[tuple[str, ...]] = set()
    found: list[StepRecord] = []
    for record in reversed(records):
        change = record.step.change
        if change is None or not record.shown.attempts or _touched(change) in changed:
            continue
        changed.add(_touched(change))
        stage = observe(change, reading, record.before).stage
        if record.phase is StepPhase.SKIPPED and stage is ChangeStage.BROKEN:
            found.append(record)
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
    things = change.group_id, change.pair_id, change.disk_id, change.nic_id, change.task_id, made
    return *things, *change.all_instance_ids, *change.all_server_ids


def _removed(change: Change, before: Marks) -> set[str]:
    """The ids of what a change took away; with an instance go pairs that were attached to it."""
    if change.operation is Operation.DELETE_GROUP:
        return {change.group_id}
    if change.operation is Operation.DELETE_PAIR:
        return {change.pair_id}
    if change.operation in {Operation.DELETE_INSTANCE, Operation.DELETE_INSTANCES}:
        return {*change.all_instance_ids, *before.get("pairs", ())}
    return set()


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
