"""The states in which the service accepts each operation, and how to get out of the others.

Source: the status lists of each operation in the SDRS API reference. A word that is not listed, a state
that no reference names among them, is unfit.
"""

from collections.abc import Collection, Mapping

from drkit import devices
from drkit.model import (
    NEEDS,
    Change,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Operation,
    PairStatus,
    Phase,
    Unknown,
)
from drkit.rules.advising import course, detaching, stops
from drkit.rules.existing import drill_exists, group_exists, instance_exists, pair_exists
from drkit.rules.rule import About, Advice, Case, RuleAnswer, Way, either, rule

GROUP_STATUSES: Mapping[Operation, Collection[GroupStatus]] = {
    Operation.ATTACH_PAIR: {GroupStatus.AVAILABLE, GroupStatus.PROTECTED},
    Operation.DETACH_PAIR: {
        GroupStatus.AVAILABLE,
        GroupStatus.PROTECTED,
        GroupStatus.FAILED_OVER,
        GroupStatus.ERROR_STARTING,
        GroupStatus.ERROR_STOPPING,
        GroupStatus.ERROR_REVERSING,
        GroupStatus.ERROR_FAILING_OVER,
    },
    Operation.ENABLE_PROTECTION: {GroupStatus.AVAILABLE, GroupStatus.ERROR_STARTING},
    Operation.REPROTECT: {GroupStatus.FAILED_OVER, GroupStatus.ERROR_REPROTECTING},
    Operation.DISABLE_PROTECTION: {GroupStatus.PROTECTED, GroupStatus.ERROR_STOPPING},
    Operation.PLANNED_FAILOVER: {GroupStatus.PROTECTED, GroupStatus.ERROR_REVERSING},
    Operation.FAILOVER: {
        GroupStatus.PROTECTED,
        GroupStatus.ERROR_FAILING_OVER,
        GroupStatus.ERROR_REVERSING,
    },
    Operation.CREATE_DRILL: {
        GroupStatus.AVAILABLE,
        GroupStatus.PROTECTED,
        GroupStatus.FAILED_OVER,
        GroupStatus.ERROR_STARTING,
        GroupStatus.ERROR_STOPPING,
        GroupStatus.ERROR_REVERSING,
        GroupStatus.ERROR_REPROTECTING,
        GroupStatus.ERROR_FAILING_OVER,
    },
    **{
        each: {GroupStatus.AVAILABLE, GroupStatus.PROTECTED}
        for each in (
            Operation.RESIZE_INSTANCE,
            Operation.CREATE_INSTANCE,
            Operation.CREATE_INSTANCES,
            Operation.ADD_NIC,
            Operation.DELETE_NIC,
            Operation.CREATE_PAIR,
        )
    },
    Operation.DELETE_PAIR: {
        GroupStatus.AVAILABLE,
        GroupStatus.PROTECTED,
        GroupStatus.FAILED_OVER,
        GroupStatus.ERROR_STARTING,
        GroupStatus.ERROR_STOPPING,
        GroupStatus.ERROR_REVERSING,
        GroupStatus.ERROR_FAILING_OVER,
        GroupStatus.ERROR_DELETING,
        GroupStatus.ERROR_REPROTECTING,
    },
}

STARTING = (Operation.ENABLE_PROTECTION, Operation.REPROTECT)
STARTS: Collection[GroupStatus] = {status for each in STARTING for status in GROUP_STATUSES[each]}
"""Enabling and re-protecting are one and the same request; the state of the group decides what it means."""

INSTANCE: Mapping[Operation, Collection[InstanceStatus]] = {
    Operation.ATTACH_PAIR: {InstanceStatus.AVAILABLE, InstanceStatus.PROTECTED},
    Operation.DETACH_PAIR: {
        InstanceStatus.AVAILABLE,
        InstanceStatus.PROTECTED,
        InstanceStatus.FAILED_OVER,
        InstanceStatus.ERROR_STARTING,
        InstanceStatus.ERROR_STOPPING,
        InstanceStatus.ERROR_REVERSING,
        InstanceStatus.ERROR_FAILING_OVER,
        InstanceStatus.ERROR_DELETING,
        InstanceStatus.ERROR_REPROTECTING,
        InstanceStatus.ERROR_RESIZING,
        InstanceStatus.INVALID,
        InstanceStatus.FAULT,
    },
    Operation.RESIZE_INSTANCE: {
        InstanceStatus.AVAILABLE,
        InstanceStatus.PROTECTED,
        InstanceStatus.ERROR_RESIZING,
    },
    Operation.ADD_NIC: {InstanceStatus.AVAILABLE, InstanceStatus.PROTECTED},
    Operation.DELETE_NIC: {InstanceStatus.AVAILABLE, InstanceStatus.PROTECTED},
}

PAIR: Mapping[Operation, Collection[PairStatus]] = {
    Operation.ATTACH_PAIR: {PairStatus.AVAILABLE, PairStatus.PROTECTED},
    Operation.DETACH_PAIR: {
        PairStatus.AVAILABLE,
        PairStatus.PROTECTED,
        PairStatus.FAILED_OVER,
        PairStatus.ERROR_ATTACHING,
        PairStatus.ERROR_DETACHING,
        PairStatus.ERROR_STARTING,
        PairStatus.ERROR_STOPPING,
        PairStatus.ERROR_REVERSING,
        PairStatus.ERROR_FAILING_OVER,
        PairStatus.ERROR_DELETING,
        PairStatus.ERROR_REPROTECTING,
        PairStatus.ERROR_EXTENDING,
        PairStatus.INVALID,
        PairStatus.FAULT,
    },
    Operation.EXPAND_PAIR: {PairStatus.AVAILABLE, PairStatus.PROTECTED, PairStatus.ERROR_EXTENDING},
    Operation.DELETE_PAIR: {
        PairStatus.AVAILABLE,
        PairStatus.PROTECTED,
        PairStatus.FAILED_OVER,
        PairStatus.ERROR,
        PairStatus.ERROR_STARTING,
        PairStatus.ERROR_STOPPING,
        PairStatus.ERROR_REVERSING,
        PairStatus.ERROR_FAILING_OVER,
        PairStatus.ERROR_DELETING,
        PairStatus.ERROR_REPROTECTING,
        PairStatus.ERROR_ATTACHING,
        PairStatus.ERROR_EXTENDING,
        PairStatus.INVALID,
        PairStatus.FAULT,
    },
}

DRILL: Mapping[Operation, Collection[DrillStatus]] = {
    Operation.DELETE_DRILL: {DrillStatus.AVAILABLE, DrillStatus.ERROR, DrillStatus.ERROR_DELETING},
}

Status = GroupStatus | InstanceStatus | PairStatus | DrillStatus | Unknown

ALREADY: Mapping[Operation, GroupStatus] = {
    Operation.ENABLE_PROTECTION: GroupStatus.PROTECTED,
    Operation.DISABLE_PROTECTION: GroupStatus.AVAILABLE,
    Operation.REPROTECT: GroupStatus.PROTECTED,
    Operation.FAILOVER: GroupStatus.FAILED_OVER,
}
"""Where an operation leads: there it has nothing to do."""

_WAY_OUT: Mapping[str, tuple[tuple[str, tuple[Operation, ...]], ...]] = {
    "available": (("Enable protection of the group first.", (Operation.ENABLE_PROTECTION,)),),
    "protected": (("Disable protection of the group first.", (Operation.DISABLE_PROTECTION,)),),
    "failed-over": (("Re-protect the group first.", (Operation.REPROTECT,)),),
    "error": (("It was not created whole: delete it, and create it anew.", ()),),
    "error-deleting": (("Delete it again.", ()),),
    "error-starting": (("Enable protection of the group again.", (Operation.ENABLE_PROTECTION,)),),
    "error-stopping": (("Disable protection of the group again.", (Operation.DISABLE_PROTECTION,)),),
    "error-reversing": (
        ("Repeat the planned failover, or fail over.", (Operation.PLANNED_FAILOVER, Operation.FAILOVER)),
        ("Fail over: the planned failover cannot be repeated now.", (Operation.FAILOVER,)),
        ("Repeat the planned failover.", (Operation.PLANNED_FAILOVER,)),
    ),
    "error-failing-over": (("Repeat the failover.", (Operation.FAILOVER,)),),
    "error-reprotecting": (("Re-protect the group again.", (Operation.REPROTECT,)),),
    "error-extending": (("Expand the pair again.", (Operation.EXPAND_PAIR,)),),
    "error-attaching": (
        ("Detach the pair from the instance, then attach it again.", (Operation.DETACH_PAIR,)),
    ),
    "error-detaching": (("Detach the pair again.", (Operation.DETACH_PAIR,)),),
    "error-resizing": (("Resize the instance again.", (Operation.RESIZE_INSTANCE,)),),
    "invalid": (
        (
            "A server or disk of it was deleted behind the service's back: delete it and create it anew.",
            (),
        ),
    ),
    "fault": (("Its synchronisation is abnormal: have the replication repaired, then read again.", ()),),
}
"""What leads out of a state, the best first: a sentence, and the operations that it names."""

_NOT_KNOWN = (("Look at it in the cloud's console: drkit does not know this state.", ()),)


def remedy(status: Status) -> str:
    """What leads out of an unfit state, if nothing else speaks against it."""
    if status.phase is Phase.MOVING:
        return f"Wait until it is no longer {status}, then read again."
    return _WAY_OUT.get(status, _NOT_KNOWN)[0][0]


_DELETED = {"error", "error-deleting", "invalid"}
"""The states that only deleting the thing leads out of."""

_AWAY: Mapping[About, Operation] = {
    "group": Operation.DELETE_GROUP,
    "instance": Operation.DELETE_INSTANCE,
    "pair": Operation.DELETE_PAIR,
    "drill": Operation.DELETE_DRILL,
}


def advice(case: Case, status: Status, about: About) -> tuple[Advice, ...]:
    """What to do about a thing in an unfit state, as far as it can be done in the world of the case."""
    if status.phase is Phase.MOVING:
        return (Advice(remedy(status)),)
    ways = _WAY_OUT.get(status, _NOT_KNOWN)
    if status in _DELETED:
        ways = ((ways[0][0], (_AWAY[about],)),)
    named = either(each.words for each in ways[0][1]) if ways[0][1] else ""
    options = ((sentence, tuple(_course(case, each) for each in verbs)) for sentence, verbs in ways)
    told = (Advice(sentence, courses) for sentence, courses in options if all(courses))
    first = f"{ways[0][0]} That" if status in _DELETED else f"What leads out of {status}"
    stuck = f"{first} is refused now: put right what stands against {named}, or ask the provider."
    return (*told, *([Advice(stuck)] if named else []))


def _course(case: Case, operation: Operation) -> Way:
    """The changes an operation takes, on the group, or on the pair or instance of the case; () for none."""
    change, world = case.change, case.world
    if operation in _AWAY.values():
        kept = {key: False for key, kind in NEEDS[operation].items() if kind is bool}
        ids = {key: getattr(change, key) for key in NEEDS[operation] if key not in kept}
        return (Change.of(operation, change.group_id, **ids, **kept),)
    if operation is Operation.EXPAND_PAIR:
        size = case.pair.size_gb + 1
        return (Change.of(operation, change.group_id, pair_id=change.pair_id, new_size_gb=size),)
    if operation is Operation.DETACH_PAIR:
        return next((detaching(case, each) for each in world.attachments_of(change.pair_id)), ())
    if operation is Operation.RESIZE_INSTANCE:
        ids = {"instance_id": change.instance_id, "flavor": "another"}
        servers = devices.servers_of(world, case.instance)
        return (*stops(case, servers), Change.of(operation, change.group_id, **ids))
    return course(case, operation)


def judged(case: Case, status: Status, fit: Collection[Status], about: About) -> RuleAnswer:
    """The answer about the status of a thing, given the fit ones."""
    return None if status in fit else (str(status), either(fit), advice(case, status, about))


@rule("SDRS.1024", "SDRS.1002", about="group", needs=[group_exists])
def group_is_available_or_protected(case: Case) -> RuleAnswer:
    """Bring the group into one of its two states of rest: available or protected.

    Source: the constraints on the pages "Attaching a Replication Pair to a Protected Instance" and
    "Modifying the Specifications of a Protected Instance".
    """
    return judged(case, case.group.status, GROUP_STATUSES[case.change.operation], "group")


@rule("SDRS.1002", about="group", needs=[group_exists])
def group_status_fits(case: Case) -> RuleAnswer:
    """Bring the group into a state that allows the operation.

    Source: the constraints on the page of each operation. Enabling and re-protecting are the same request
    there, so both lists count here; `the_start_means_what_is_asked` tells them apart.
    """
    operation, status = case.change.operation, case.group.status
    fit = STARTS if operation in STARTING else GROUP_STATUSES[operation]
    if status in fit:
        return None
    done = status == ALREADY.get(operation)
    there = "Nothing is to be done: the group is there already."
    return str(status), either(GROUP_STATUSES[operation]), there if done else advice(case, status, "group")


@rule("SDRS.1002", about="group", needs=[group_status_fits], caution=True)
def the_start_means_what_is_asked(case: Case) -> RuleAnswer:
    """Say "enable protection" of a group that is switched off, "re-protect" of one that failed over.

    Source: "Enabling Protection or Performing Reprotection for a Protection Group". The service takes the
    one request for both and goes by the state of the group; drkit does only what was asked for.
    """
    status, fit = case.group.status, GROUP_STATUSES[case.change.operation]
    if status in fit:
        return None
    meant = next(each for each in STARTING if status in GROUP_STATUSES[each])
    told = f"In this state the same request would {meant.words}"
    options = (
        Advice(f"{told}: ask for that.", (course(case, meant),)),
        Advice(f"{told}, and that is refused now."),
    )
    return str(status), either(fit), options


@rule("SDRS.1328", "SDRS.1314", "SDRS.0209", "SDRS.1327", about="instance", needs=[instance_exists])
def instance_status_fits(case: Case) -> RuleAnswer:
    """Bring the instance into a state that allows the operation.

    Source: the constraints on the pages "Attaching a Replication Pair to a Protected Instance", "Detaching
    a Replication Pair from a Protected Instance" and "Modifying the Specifications of a Protected Instance".
    """
    return judged(case, case.instance.status, INSTANCE[case.change.operation], "instance")


@rule("SDRS.0214", "SDRS.1601", about="pair", needs=[pair_exists])
def pair_status_fits(case: Case) -> RuleAnswer:
    """Bring the pair into a state that allows the operation.

    Source: the constraints on the pages "Attaching a Replication Pair to a Protected Instance", "Detaching
    a Replication Pair from a Protected Instance" and "Expanding the Capacity of a Replication Pair".
    """
    return judged(case, case.pair.status, PAIR[case.change.operation], "pair")


@rule("SDRS.1913", about="drill", needs=[drill_exists])
def drill_status_fits(case: Case) -> RuleAnswer:
    """Delete a drill only when it rests or is broken.

    Source: the constraints on the page "Deleting a DR Drill".
    """
    return judged(case, case.drill.status, DRILL[case.change.operation], "drill")
