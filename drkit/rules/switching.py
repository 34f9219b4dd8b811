"""Rules for switching a group: enable and disable protection, planned failover, failover, re-protect.

Source: the pages "Enabling Protection or Performing Reprotection for a Protection Group", "Performing a
Planned Failover for a Protection Group", "Performing a Failover for a Protection Group" of the SDRS API
reference, and the user guide on what happens around a switch.
"""

from collections.abc import Callable

from drkit.model import (
    Change,
    GroupStatus,
    InstanceStatus,
    Operation,
    ReplicationStatus,
    Server,
    Station,
    Unknown,
)
from drkit.rules.advising import LINK_DOWN, course, stop_first, synchronise_first
from drkit.rules.existing import group_exists
from drkit.rules.fitness import the_start_means_what_is_asked
from drkit.rules.powering import not_stopped, starting
from drkit.rules.rule import Advice, Case, NotRead, RuleAnswer, rule
from drkit.showing import first_few

UNSYNCHRONISED = {ReplicationStatus.COPYING, ReplicationStatus.INACTIVE}


@rule("SDRS.1608", "SDRS.1027", "SDRS.1029", "SDRS.1030", "SDRS.1032", about="group", needs=[group_exists])
def group_has_pairs(case: Case) -> RuleAnswer:
    """Switch only a group that has replication pairs.

    Source: Enable, Planned Failover and Failover. The reference names no code for it; the service may also
    answer that the operation failed, with the code that each operation has for that.
    """
    if case.world.listed_pairs_of(case.group.id):
        return None
    open_ = case.group.status in {GroupStatus.AVAILABLE, GroupStatus.PROTECTED}
    never = f"None can be created while the group is {case.group.status}: delete it and begin anew."
    remedy = "Create a replication pair in it first." if open_ else never
    return "without replication pairs", "a group with pairs", remedy


@rule("SDRS.1314", "SDRS.1015", about="group", needs=[group_exists])
def no_server_was_deleted(case: Case) -> RuleAnswer:
    """Switch only a group of which no server was deleted behind the service's back.

    Source: Failover: with a deleted server no operation can be performed on the group; `invalid` on the page
    "Querying Protected Instances". The reference names no code for it.
    """
    return _deleted(case)


@rule("SDRS.1029", about="group", needs=[group_exists], caution=True)
def no_server_was_deleted_before_a_planned_failover(case: Case) -> RuleAnswer:
    """Plan a failover only for a group of which no server was deleted behind the service's back.

    Source: Planned Failover: with a deleted server it fails, and the group becomes unavailable. Our own
    caution: the service takes the request, and fails later.
    """
    return _deleted(case)


@rule("SDRS.0216", "SDRS.0201", about="group", needs=[group_exists])
def the_other_site_takes_over(case: Case) -> RuleAnswer:
    """Name the site that is to become production: the one that is not production now.

    Source: Planned Failover: `priority_station` "names the site that becomes production".
    """
    named, now = case.change.to, case.group.priority_station
    if named not in set(Station):
        return f"to {named!r}", "to source or target", "Name one of the two sites."
    if named == now:
        return f"production at {now} already", "production at the other site", "Name the other site."
    return None


@rule("SDRS.1319", "SDRS.1352", about="group", needs=[group_exists])
def production_servers_are_stopped(case: Case) -> RuleAnswer:
    """Stop all servers at the production site, and leave them stopped until the switch is done.

    Source: Planned Failover.
    """
    return _servers(case, not_stopped, production=True)


@rule("SDRS.1319", "SDRS.1352", about="group", needs=[group_exists], caution=True)
def production_servers_stay_stopped(case: Case) -> RuleAnswer:
    """Make sure that no server at the production site starts while the switch is under way.

    Source: Planned Failover. Our own caution: a server that is about to start, or that was not seen, could
    break the switch later.
    """
    return _servers(case, starting, production=True)


@rule("SDRS.1342", about="group", needs=[the_start_means_what_is_asked])
def dr_servers_are_stopped(case: Case) -> RuleAnswer:
    """Stop all servers at the DR site before re-protecting.

    Source: the user guide on re-protection; SDRS.1342 on the page "Error Codes".
    """
    return _servers(case, not_stopped, production=False)


@rule("SDRS.1342", about="group", needs=[the_start_means_what_is_asked], caution=True)
def dr_servers_stay_stopped(case: Case) -> RuleAnswer:
    """Make sure that no server at the DR site starts while the group is being re-protected.

    Source: the user guide on re-protection. Our own caution: the service looks at the present state only.
    """
    return _servers(case, starting, production=False)


@rule("SDRS.1030", "SDRS.1002", "SDRS.1823", about="group", needs=[group_exists])
def replication_links_are_up(case: Case) -> RuleAnswer:
    """Don't fail over while the replication link of a pair is down (fault level 5).

    Source: `fault_level` on the page "Querying Replication Pairs". The reference names no code for it.
    """
    return _links(case)


@rule("SDRS.1029", about="group", needs=[group_exists], caution=True)
def replication_links_are_up_for_a_planned_failover(case: Case) -> RuleAnswer:
    """Don't plan a failover while the replication link of a pair is down (fault level 5).

    Source: `fault_level` on the page "Querying Replication Pairs". Our own caution: the reference forbids
    only the unplanned one.
    """
    return _links(case)


@rule("SDRS.1830", about="group", needs=[group_exists], caution=True)
def pairs_are_synchronised(case: Case) -> RuleAnswer:
    """Wait until all pairs are synchronised; before, the copies at the DR site can be useless.

    Source: "Creating a DR Drill": the first synchronisation has finished; SDRS.1830 on the page "Error
    Codes". Our own caution: the reference does not say that the service refuses. A switch that failed
    halfway may leave pairs unsynchronised, and must still find its way out: there only those count that
    synchronise right now.
    """
    at_rest = case.group.status in {GroupStatus.AVAILABLE, GroupStatus.PROTECTED}
    behind = [
        pair
        for pair in case.world.listed_pairs_of(case.group.id)
        if (at_rest and _is_behind(pair.replication_status))
        or pair.replication_status == ReplicationStatus.COPYING
    ]
    if not behind:
        return None
    names = first_few(each.name for each in behind)
    return f"not synchronised: {names}", "synchronised", synchronise_first(case, behind)


def _deleted(case: Case) -> RuleAnswer:
    invalid = [
        each for each in case.world.instances_of(case.group.id) if each.status == InstanceStatus.INVALID
    ]
    if not invalid:
        return None
    kept = {"with_server": False, "with_eip": False}
    ways = tuple(
        (Change.of(Operation.DELETE_INSTANCE, case.group.id, instance_id=each.id, **kept),)
        for each in invalid
    )
    before = "the group can do nothing before."
    options = (
        Advice(f"Delete that protected instance and have its server protected anew: {before}", ways),
        Advice(f"Put right first what stands against deleting that instance: {before}"),
    )
    names = first_few(each.name for each in invalid)
    return f"a server was deleted, invalid: {names}", "a group with all its servers", options


def _is_behind(status: ReplicationStatus | Unknown) -> bool:
    """Whether a pair is not synchronised, or in a state that no reference names; none is told at rest."""
    return status in UNSYNCHRONISED or (isinstance(status, Unknown) and status != "")


def _links(case: Case) -> RuleAnswer:
    down = [each.name for each in case.world.listed_pairs_of(case.group.id) if each.fault_level == LINK_DOWN]
    if not down:
        return None
    advice = "Have the provider restore the replication link, then read again."
    return f"link down at {first_few(down)}", "a group without fault level 5", advice


def _servers(case: Case, running: Callable[[Server], str], *, production: bool) -> RuleAnswer:
    answers: list[str] = []
    doing: list[Server] = []
    unseen: NotRead | None = None
    for instance in case.world.instances_of(case.group.id):
        server = case.world.servers.get(
            instance.production_server_id if production else instance.dr_server_id
        )
        if server is not None and (told := running(server)):
            answers.append(told)
            doing.append(server)
        elif server is not None:
            continue
        elif instance.status != InstanceStatus.INVALID and running is starting:
            answers.append(f"the server of {instance.name} was not seen")
        else:
            unseen = unseen or case.unseen(instance)
    if not answers:
        return unseen
    site = "production" if production else "DR-site"
    lost = Advice("if that site is lost, fail over instead.", (course(case, Operation.FAILOVER),))
    read_again = "Read again: a server that is not seen cannot be stopped."
    advice = stop_first(case, doing, *([lost] if production else [])) if doing else read_again
    return first_few(answers), f"with all its {site} servers stopped", advice
