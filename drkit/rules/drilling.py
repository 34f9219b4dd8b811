"""Rules for creating and deleting a DR drill.

Source: the pages "Creating a DR Drill" and "Deleting a DR Drill" of the SDRS API reference. Whether the
drill network has a subnet and the right CIDR (SDRS.1908, SDRS.1909) only the service can tell.
"""

import re
from collections.abc import Iterable, Iterator

from drkit.model import (
    GroupStatus,
    InstanceStatus,
    PairStatus,
    ProtectedInstance,
    ReplicationPair,
    ReplicationStatus,
)
from drkit.rules.existing import group_exists
from drkit.rules.rule import Case, RuleAnswer, rule, some_of

_NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")


@rule("SDRS.0202", "SDRS.0201", about="group")
def drill_is_named_right(case: Case) -> RuleAnswer:
    """Name the drill with at most 64 letters, digits, dots, underscores and hyphens.

    Source: "Creating a DR Drill", `name`.
    """
    if _NAME.fullmatch(case.change.name):
        return None
    return f"a drill named {case.change.name!r}", "1 to 64 of a-z A-Z 0-9 . _ -", "Give another name."


@rule("SDRS.1907", about="group", needs=[group_exists])
def drill_network_is_not_the_groups(case: Case) -> RuleAnswer:
    """Drill in a network (VPC) of its own, not in that of the group.

    Source: "Creating a DR Drill", `drill_vpc_id`.
    """
    if case.change.drill_vpc_id not in case.group.vpc_ids:
        return None
    remedy = "Name another VPC, or none to have one made."
    return f"drill VPC {case.change.drill_vpc_id} is the group's own", "another VPC", remedy


@rule("SDRS.1921", about="group")
def drill_network_is_not_in_use(case: Case) -> RuleAnswer:
    """Drill in a network (VPC) that no other drill uses.

    Source: SDRS.1921 on the page "Error Codes".
    """
    wanted = case.change.drill_vpc_id
    others = [each.name for each in case.world.drills.values() if wanted and each.drill_vpc_id == wanted]
    if not others:
        return None
    remedy = "Delete that drill first, or name another VPC, or none to have one made."
    return f"drill VPC {wanted} is used by drill {others[0]}", "an unused VPC", remedy


@rule("SDRS.1922", about="group", caution=True)
def drill_quota_is_left(case: Case) -> RuleAnswer:
    """Create a drill only while the quota for drills is not used up.

    Source: "Querying Tenant Quotas". Our own caution: the reference names no code for drills, and some
    clouds tell no such quota.
    """
    quota = case.world.inventory.quotas.get("disaster_recovery_drills")
    if quota is None or quota.limit < 0 or quota.used < quota.limit:
        return None
    remedy = "Delete a drill that is over, or ask the provider for more."
    return f"{quota.used} of {quota.limit} drills are used", "below the quota", remedy


@rule("SDRS.1015", about="group", needs=[group_exists], caution=True)
def nothing_in_the_group_is_faulty(case: Case) -> RuleAnswer:
    """Drill only while none of the group's instances and pairs is invalid or faulty.

    Source: `status` and `fault_level` on the pages "Querying Protected Instances" and "Querying Replication
    Pairs". Our own caution: what is faulty is missing or stale in the drill, which then proves nothing.
    """
    wrong = list(faulty(case.world.instances_of(case.group.id), case.world.pairs_of(case.group.id)))
    if not wrong:
        return None
    advice = "Have it repaired, or delete it and create it anew, then read again."
    return some_of(wrong), "without a fault", advice


@rule("SDRS.1830", about="group", needs=[group_exists], caution=True)
def the_first_synchronisation_is_complete(case: Case) -> RuleAnswer:
    """Drill only when every pair is known to be synchronised, or to have been; else a copy may not boot.

    Source: "Creating a DR Drill": the first synchronisation has finished. Our own caution: the reference does
    not say that the service refuses. A pair that tells nothing was, as far as is known, never copied.
    """
    never = [
        f"{pair.name} is {pair.replication_status or 'not known to be'}"
        for pair in case.world.pairs_of(case.group.id)
        if pair.replication_status not in SYNCHRONISED
    ]
    if not never:
        return None
    off = case.group.status == GroupStatus.AVAILABLE
    advice = "Enable protection first, and then wait" if off else "Wait"
    return f"not synchronised: {some_of(never)}", "synchronised", f"{advice} for the synchronisation to end."


def faulty(instances: Iterable[ProtectedInstance], pairs: Iterable[ReplicationPair]) -> Iterator[str]:
    """What is invalid or faulty, in words."""
    for instance in instances:
        if instance.status in _UNSOUND:
            yield f"{instance.name} is {instance.status}"
    for pair in pairs:
        if pair.status in _UNSOUND:
            yield f"{pair.name} is {pair.status}"
        elif pair.fault_level not in {"", "0"}:
            yield f"{pair.name} has fault level {pair.fault_level}"


SYNCHRONISED = {ReplicationStatus.ACTIVE, ReplicationStatus.ACTIVE_STOPPED}
_UNSOUND = {InstanceStatus.INVALID, InstanceStatus.FAULT, PairStatus.INVALID, PairStatus.FAULT}
