"""Rules for creating and deleting a DR drill.

Source: the pages "Creating a DR Drill" and "Deleting a DR Drill" of the SDRS API reference. Whether the
drill network has a subnet and the right CIDR (SDRS.1908, SDRS.1909) only the service can tell.
"""

import re
from collections.abc import Iterable, Iterator

from drkit.model import (
    Change,
    Drill,
    InstanceStatus,
    ListedPair,
    Operation,
    PairStatus,
    ProtectedInstance,
    ReplicationStatus,
)
from drkit.rules.advising import synchronise_first
from drkit.rules.existing import group_exists
from drkit.rules.rule import Advice, Case, NotRead, RuleAnswer, rule
from drkit.showing import first_few

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


@rule("SDRS.1921", about="group", reads=["drills"])
def drill_network_is_not_in_use(case: Case) -> RuleAnswer:
    """Drill in a network (VPC) that no other drill uses.

    Source: SDRS.1921 on the page "Error Codes".
    """
    wanted = case.change.drill_vpc_id
    others = [each for each in case.world.drills.values() if wanted and each.drill_vpc_id == wanted]
    if not others:
        every = not wanted or "drills" in case.world.inventory.whole
        return None if every else NotRead("the drills of the other groups were not read")
    another = "ame another VPC, or none to have one made."
    advice = (
        Advice(f"Delete that drill first, or n{another}", (tuple(map(_deleted, others)),)),
        Advice(f"N{another}"),
    )
    return f"drill VPC {wanted} is used by drill {others[0].name}", "an unused VPC", advice


@rule("SDRS.1922", about="group", caution=True, reads=["quotas"])
def drill_quota_is_left(case: Case) -> RuleAnswer:
    """Create a drill only while the quota for drills is not used up.

    Source: "Querying Tenant Quotas". Our own caution: the reference names no code for drills, and some
    clouds tell no such quota: there it is not asked. Drills that are planned count, also those that are
    deleted at the end of the same plan, for groups go side by side.
    """
    inventory = case.world.inventory
    quota = inventory.quotas.get("disaster_recovery_drills")
    if quota is None:
        read = "quotas" in inventory.whole
        return NotRead("the service tells no quota of drills" if read else "the quotas were not read")
    there = {(each.group_id, each.name) for each in inventory.drills.values()}
    planned = {
        (each.group_id, each.name) for each in case.world.planned if each.operation is Operation.CREATE_DRILL
    }
    used = quota.used + len(planned - there)
    if quota.limit < 0 or used < quota.limit:
        return None
    ask = "sk the provider for more."
    over = (
        Advice(f"Delete a drill that is over, or a{ask}", ((_deleted(each),),))
        for each in inventory.drills.values()
    )
    return f"{used} of {quota.limit} drills are used", "below the quota", (*over, Advice(f"A{ask}"))


def _deleted(drill: Drill) -> Change:
    return Change.of(Operation.DELETE_DRILL, drill.group_id, drill_id=drill.id)


@rule("SDRS.1015", "SDRS.1314", about="group", needs=[group_exists], caution=True)
def nothing_in_the_group_is_faulty(case: Case) -> RuleAnswer:
    """Drill only while none of the group's instances and pairs is invalid or faulty.

    Source: `status` and `fault_level` on the pages "Querying Protected Instances" and "Querying Replication
    Pairs". Our own caution: what is faulty is missing or stale in the drill, which then proves nothing.
    """
    wrong = list(faulty(case.world.instances_of(case.group.id), case.world.listed_pairs_of(case.group.id)))
    if not wrong:
        return None
    advice = "Have it repaired, or delete it and create it anew, then read again."
    return first_few(wrong), "without a fault", advice


@rule("SDRS.1830", about="group", needs=[group_exists], caution=True)
def the_first_synchronisation_is_complete(case: Case) -> RuleAnswer:
    """Drill only when every pair is known to be synchronised, or to have been; else a copy may not boot.

    Source: "Creating a DR Drill": the first synchronisation has finished. Our own caution: the reference does
    not say that the service refuses. A pair that tells nothing was, as far as is known, never copied.
    """
    never = [
        pair
        for pair in case.world.listed_pairs_of(case.group.id)
        if pair.replication_status not in SYNCHRONISED
    ]
    if not never:
        return None
    words = (f"{pair.name} is {pair.replication_status or 'not known to be'}" for pair in never)
    return f"not synchronised: {first_few(words)}", "synchronised", synchronise_first(case, never)


def faulty(instances: Iterable[ProtectedInstance], pairs: Iterable[ListedPair]) -> Iterator[str]:
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
