"""Rules for taking protection away: deleting pairs, instances and groups; network cards; failed tasks.

Source: the pages "Deleting a Replication Pair", "Deleting a Protected Instance", "Deleting Protected
Instances in Batches", "Deleting a Protection Group", "Adding an NIC to a Protected Instance", "Deleting an
NIC from a Protected Instance" and "Deleting a Failed Task" of the SDRS API reference.
"""

from collections.abc import Iterable
from itertools import islice

from drkit.model import (
    FAILED_TASKS,
    Change,
    Drill,
    InstanceStatus,
    Operation,
    Phase,
    ProtectedInstance,
    ReplicationPair,
    Station,
)
from drkit.rules.advising import course, detach_first
from drkit.rules.existing import group_exists, instance_exists, pair_exists
from drkit.rules.fitness import remedy
from drkit.rules.rule import Advice, Case, NotRead, RuleAnswer, Way, rule
from drkit.showing import MOST_NAMED, first_few

DELETABLE = {each for each in InstanceStatus if each.phase is not Phase.MOVING}
"""The page lists every state of an instance at rest, and none in which something is under way."""


@rule("SDRS.1605", about="pair", needs=[pair_exists])
def pair_is_attached_nowhere(case: Case) -> RuleAnswer:
    """Delete a pair that is attached to no instance.

    Source: "Deleting a Replication Pair".
    """
    attached = case.world.attachments_of(case.pair.id)
    if not attached:
        return None
    known = (case.world.instances.get(each.instance_id) for each in attached)
    places = first_few(each.name if each else "an instance that was not read" for each in known)
    advice = detach_first(
        case, case.pair, "Detach it there first.", "Put right first what stands against detaching it there."
    )
    return f"attached to {places}", "attached to no instance", advice


@rule("SDRS.1611", about="pair", needs=[pair_exists])
def pair_is_of_the_group(case: Case) -> RuleAnswer:
    """Delete a pair as one of its own group.

    Source: "Deleting a Replication Pair", `server_group_id`.
    """
    if case.pair.group_id == case.change.group_id:
        return None
    return "of another group", "of the group of the change", "Name the group of the pair."


@rule("SDRS.1809", about="pair", needs=[group_exists, pair_exists])
def dr_disk_was_made_by_the_service(case: Case) -> RuleAnswer:
    """Delete the disk at the DR site only while production is at the site that the group began with.

    Source: SDRS.1809 on the page "Error Codes": after a switch the disk at the DR site is the first one.
    """
    if not case.change.with_disk:
        return None
    without = Change.of(
        Operation.DELETE_PAIR, case.change.group_id, pair_id=case.change.pair_id, with_disk=False
    )
    return _switched(case, "Delete the pair without its disk", (without,))


@rule("SDRS.1301", "SDRS.1320", "SDRS.0201", about="instance")
def instances_are_there(case: Case) -> RuleAnswer:
    """Delete protected instances of the group.

    Source: "Deleting a Protected Instance"; SDRS.1301 and SDRS.1320 on the page "Error Codes".
    """
    ids = case.change.all_instance_ids
    missing = [each for each in ids if each not in case.world.instances]
    if not ids or missing:
        found = f"not found: {first_few(missing)}" if ids else "no instance"
        remedy_ = "Nothing is to be done for one that was deleted already."
        return found, "a protected instance of the group", remedy_
    if any(each.group_id != case.change.group_id for each in _instances(case)):
        return "in another group", "in the group of the change", "Pick instances of that group."
    return None


@rule("SDRS.1301", "SDRS.1314", about="instance", needs=[instances_are_there])
def instances_can_be_deleted(case: Case) -> RuleAnswer:
    """Delete an instance while nothing is under way with it.

    Source: "Deleting a Protected Instance".
    """
    busy = [each for each in _instances(case) if each.status not in DELETABLE]
    if not busy:
        return None
    words = first_few(f"{each.name} is {each.status}" for each in busy)
    return words, "at rest", remedy(busy[0].status)


@rule("SDRS.1330", about="instance", needs=[group_exists, instances_are_there])
def dr_server_was_made_by_the_service(case: Case) -> RuleAnswer:
    """Delete the server at the DR site only while production is at the site that the group began with.

    Source: SDRS.1330 on the page "Error Codes": after a switch the server at the DR site is the first one.
    """
    return _without_the_rest(case) if case.change.with_server else None


@rule("SDRS.1338", about="instance", needs=[group_exists, instances_are_there], caution=True)
def address_is_that_of_a_dr_server(case: Case) -> RuleAnswer:
    """Delete public addresses (EIP) only while production is at the site that the group began with.

    Source: SDRS.1338 on the page "Error Codes". Our own caution: that may come at the end only.
    """
    return _without_the_rest(case) if case.change.with_eip else None


@rule("SDRS.1001", about="group", needs=[group_exists])
def group_has_no_instances(case: Case) -> RuleAnswer:
    """Delete a group when it has no protected instances any more.

    Source: "Deleting a Protection Group".
    """
    there = case.world.instances_of(case.group.id)
    words = "Delete its instances first; their servers stay."
    return _in_the_way(there, words, [_instance_away(each) for each in there])


@rule("SDRS.1010", about="group", needs=[group_exists])
def group_has_no_pairs(case: Case) -> RuleAnswer:
    """Delete a group when it has no replication pairs any more.

    Source: "Deleting a Protection Group".
    """
    there = case.world.pairs_of(case.group.id)
    ways = [
        Change.of(Operation.DELETE_PAIR, each.group_id, pair_id=each.id, with_disk=False) for each in there
    ]
    return _in_the_way(there, "Delete its pairs first; their disks stay.", ways)


@rule("SDRS.1003", about="group", needs=[group_exists])
def group_has_no_drills(case: Case) -> RuleAnswer:
    """Delete a group when it has no DR drills any more.

    Source: "Deleting a Protection Group".
    """
    there = case.world.drills_of(case.group.id)
    ways = [Change.of(Operation.DELETE_DRILL, each.group_id, drill_id=each.id) for each in there]
    return _in_the_way(there, "Delete its drills first.", ways)


@rule("SDRS.1002", about="group", needs=[group_exists])
def group_is_at_rest(case: Case) -> RuleAnswer:
    """Delete a group while nothing is under way with it.

    Source: "Deleting a Protection Group".
    """
    status = case.group.status
    return (
        None
        if status.phase not in {Phase.MOVING, Phase.UNKNOWN}
        else (str(status), "at rest", remedy(status))
    )


@rule("SDRS.1326", about="instance", needs=[instance_exists])
def production_server_is_there(case: Case) -> RuleAnswer:
    """Change the network cards of an instance whose production server is there.

    Source: SDRS.1326 on the page "Error Codes".
    """
    if case.instance.production_server_id in case.world.servers:
        return None
    return case.unseen(case.instance) or ("its production server is gone", "with its servers", _GONE)


_GONE = "A server of it was deleted: delete the instance, and protect the server that is left anew."


@rule("SDRS.0201", "SDRS.1335", about="instance")
def subnet_is_named(case: Case) -> RuleAnswer:
    """Say in which subnet of the group's network the card is to be.

    Source: "Adding an NIC to a Protected Instance", `subnet_id`.
    """
    return None if case.change.subnet_id else ("no subnet", "a subnet of the VPC", "Name the subnet.")


@rule("SDRS.1310", "SDRS.0223", about="instance", needs=[production_server_is_there])
def card_is_there(case: Case) -> RuleAnswer:
    """Delete a network card that the production server has.

    Source: SDRS.1310 on the page "Error Codes". That it is not the primary one only the service can tell.
    """
    cards = dict(case.world.servers[case.instance.production_server_id].nics)
    if case.change.nic_id in cards:
        return None
    if case.change.nic_id and not cards:
        return NotRead("the network cards of its production server are not told")
    known = first_few(f"{address} ({key})" for key, address in cards.items())
    return f"no card {case.change.nic_id!r}", f"one of {known}", "Name a card that it has."


@rule("SDRS.0201", about="group", reads=["failed_tasks"])
def failed_task_is_there(case: Case) -> RuleAnswer:
    """Clear a failed task that the task center still has.

    Source: "Deleting a Failed Task".
    """
    if case.change.task_id in case.world.inventory.failed_tasks:
        return None
    if case.change.task_id and "failed_tasks" not in case.world.inventory.whole:
        return NotRead("the failed tasks were not all read")
    remedy_ = "Nothing is to be done if it was cleared already."
    return f"no failed task {case.change.task_id!r}", "one of the task center", remedy_


@rule("SDRS.1013", about="group")
def group_of_the_tasks_exists(case: Case) -> RuleAnswer:
    """Clear the failed tasks of a group that exists, or those of the groups themselves.

    Source: "Deleting All Failed Tasks of a Protection Group"; SDRS.1013 on the page "Error Codes".
    """
    if case.change.group_id == FAILED_TASKS or case.change.group_id in case.world.groups:
        return None
    return "not found", "a group of this project", "Read again and pick one that is there."


def _instances(case: Case) -> list[ProtectedInstance]:
    return [each for key in case.change.all_instance_ids if (each := case.world.instances.get(key))]


def _instance_away(instance: ProtectedInstance) -> Change:
    kept = {"with_server": False, "with_eip": False}
    return Change.of(Operation.DELETE_INSTANCE, instance.group_id, instance_id=instance.id, **kept)


def _without_the_rest(case: Case) -> RuleAnswer:
    change = case.change
    kept = {"with_server": False, "with_eip": False}
    less = Change.of(change.operation, change.group_id, **{**dict(change.arguments), **kept})
    return _switched(case, "Delete the instance without its DR server and addresses", (less,))


def _switched(case: Case, instead: str, way: Way) -> RuleAnswer:
    if case.group.priority_station != Station.TARGET:
        return None
    there = "the server and the disk that are left there are those that the group began with"
    back = course(case, Operation.PLANNED_FAILOVER)
    options = (
        Advice(f"{instead}, or switch the group back first.", (way, back)),
        Advice(f"{instead}.", (way,)),
        Advice("Switch the group back first.", (back,)),
        Advice("Put right first what else stands against it."),
    )
    return f"production at the target site: {there}", "production at the source site", options


def _in_the_way(
    there: Iterable[ProtectedInstance | ReplicationPair | Drill],
    words: str,
    ways: Iterable[Change],
) -> RuleAnswer:
    names = [each.name for each in there]
    if not names:
        return None
    stuck = Advice("Put right first what stands against deleting them.")
    return (
        f"with {first_few(names)}",
        "empty",
        (Advice(words, tuple((each,) for each in islice(ways, MOST_NAMED))), stuck),
    )
