"""Rules for protecting: making a group, an instance of a server, a pair of a disk.

Source: the pages "Creating a Protection Group", "Creating a Protected Instance", "Creating Protected
Instances in Batches" and "Creating a Replication Pair" of the SDRS API reference. What only the networks tell
(whether a VPC or a subnet is there, an address is free) only the service can refuse.
"""

from collections import Counter
from collections.abc import Iterable

from drkit.model import Change, Disk, Operation, Server, ServerStatus
from drkit.rules.advising import detach_first
from drkit.rules.existing import group_exists
from drkit.rules.rule import Advice, Case, NotRead, RuleAnswer, rule
from drkit.showing import first_few

_UNREAD_DISKS = NotRead("not all of the disks were seen")


UNPAIRED_TYPES = frozenset({"co-p1", "uh-l1"})
"""The types of disks, as EVS spells them, that no pair is made of."""


@rule("SDRS.0201", "SDRS.0202", about="group", caution=True)
def group_name_is_free(case: Case) -> RuleAnswer:
    """Give a group a name that no other group has.

    Source: "Creating a Protection Group", `name`. Our own caution: the service takes a name twice, and what
    is confirmed by typing it, or found by it, would not be certain any more.
    """
    others = [key for key, each in case.world.groups.items() if each.name == case.change.name]
    if not set(others) - {case.change.group_id if case.change.operation is Operation.RENAME_GROUP else ""}:
        return None
    return f"a group is named {case.change.name} already", "a name of its own", "Give another name."


@rule("SDRS.0205", about="group", reads=["domains"])
def domain_is_there(case: Case) -> RuleAnswer:
    """Make a group in an active-active domain of the service.

    Source: "Creating a Protection Group", `domain_id`.
    """
    domains, wanted = case.world.inventory.domains, case.change.domain_id
    if wanted in domains:
        return None
    if wanted and "domains" not in case.world.inventory.whole:
        return NotRead("the domains were not read")
    names = first_few(f"{each.name} ({each.id})" for each in domains.values())
    return f"domain {wanted or 'not given'}", f"one of {names or 'none'}", "Name a domain that is there."


@rule("SDRS.0205", about="group", needs=[domain_is_there], caution=True, reads=["domains"])
def domain_is_not_sold_out(case: Case) -> RuleAnswer:
    """Make a group in a domain that is not sold out.

    Source: "Querying an Active-Active Domain", `sold_out`. Our own caution: the reference names no code.
    """
    domain = case.world.inventory.domains[case.change.domain_id]
    if not domain.sold_out:
        return None
    return f"domain {domain.name} is sold out", "a domain with room", "Pick another one, or ask the provider."


@rule("SDRS.0203", about="group", needs=[domain_is_there], reads=["domains"])
def zones_are_those_of_the_domain(case: Case) -> RuleAnswer:
    """Make a group between the two zones of its domain, either way round.

    Source: "Creating a Protection Group", `source_availability_zone` and `target_availability_zone`.
    """
    domain = case.world.inventory.domains[case.change.domain_id]
    zones = {domain.local_zone, domain.remote_zone}
    if {case.change.source_zone, case.change.target_zone} == zones:
        return None
    asked = f"from {case.change.source_zone or 'nowhere'} to {case.change.target_zone or 'nowhere'}"
    return asked, f"between {' and '.join(sorted(zones))}", "Name the two zones of the domain."


@rule("SDRS.0204", about="group")
def network_is_named(case: Case) -> RuleAnswer:
    """Say in which network (VPC) the servers of the group are.

    Source: "Creating a Protection Group", `source_vpc_id`.
    """
    return None if case.change.vpc_id else ("no VPC", "the VPC of the servers", "Name the VPC.")


@rule("SDRS.0305", about="group", reads=["quotas"])
def group_quota_is_left(case: Case) -> RuleAnswer:
    """Make a group only while the quota for groups is not used up.

    Source: SDRS.0305 on the page "Error Codes".
    """
    more = len(case.world.groups) - len(case.world.inventory.groups) + 1
    return _quota(case, "server_groups", more, "protection groups")


@rule("SDRS.0306", about="group", reads=["quotas"])
def pair_quota_is_left(case: Case) -> RuleAnswer:
    """Make pairs only while the quota for pairs has room for them.

    Source: SDRS.0306 on the page "Error Codes".
    """
    if unseen := _unseen_servers(case):
        return unseen
    more = len(case.world.pairs) - len(case.world.inventory.pairs) + len(_disk_ids(case))
    return _quota(case, "replications", more, "replication pairs")


@rule("SDRS.1326", "SDRS.0210", "SDRS.0201", about="server")
def servers_are_there(case: Case) -> RuleAnswer:
    """Protect servers of this project, each named once.

    Source: "Creating a Protected Instance", `server_id`.
    """
    ids = case.change.all_server_ids
    if twice := [key for key, times in Counter(ids).items() if times > 1]:
        return f"named twice: {first_few(twice)}", "each server once", "Name it once."
    missing = [each for each in ids if each not in case.world.servers]
    if ids and not missing:
        return None
    if ids and "servers" not in case.world.inventory.whole:
        return NotRead("the servers were not all read")
    found = f"not found: {first_few(missing)}" if ids else "no server"
    return found, "a server of this project", "Read again and pick one that is there."


_SERVERS = [group_exists, servers_are_there]


@rule("SDRS.1304", about="server", needs=_SERVERS)
def servers_are_in_the_groups_network(case: Case) -> RuleAnswer:
    """Protect servers of the group's own network (VPC).

    Source: "Creating a Protected Instance".
    """
    elsewhere = [each for each in _servers(case) if each.vpc_id and each.vpc_id not in case.group.vpc_ids]
    if not elsewhere:
        untold = any(not each.vpc_id for each in _servers(case))
        return NotRead("the network of a server is not told") if untold else None
    words = first_few(f"{each.name} in VPC {each.vpc_id}" for each in elsewhere)
    return words, f"in VPC {first_few(sorted(case.group.vpc_ids))}", "Take a group of that network."


@rule("SDRS.1303", about="server", needs=_SERVERS)
def servers_are_at_the_production_site(case: Case) -> RuleAnswer:
    """Protect servers in the zone that is production of the group now.

    Source: "Creating a Protected Instance".
    """
    elsewhere = [each for each in _servers(case) if each.zone != case.group.production_zone]
    if not elsewhere:
        return None
    words = first_few(f"{each.name} in {each.zone or 'no known zone'}" for each in elsewhere)
    remedy = "Take a group whose production is in that zone."
    return words, f"in {case.group.production_zone or 'the zone of production'}", remedy


@rule("SDRS.1305", about="server", needs=[servers_are_there])
def servers_are_not_protected_yet(case: Case) -> RuleAnswer:
    """Protect a server once: it makes one protected instance only.

    Source: "Creating a Protected Instance".
    """
    held = {key: each.name for each in case.world.instances.values() for key in each.server_ids}
    protected = [each for each in _servers(case) if each.id in held]
    if not protected:
        partly = bool(case.world.inventory.of_groups)
        return NotRead("the instances of the other groups were not read") if partly else None
    words = first_few(f"{each.name} is of {held[each.id]}" for each in protected)
    return words, "not protected", "Nothing is to be done: it is protected already."


@rule("SDRS.1333", about="server", needs=[servers_are_there])
def servers_rest(case: Case) -> RuleAnswer:
    """Protect servers that run or are stopped.

    Source: SDRS.1333 on the page "Error Codes".
    """
    fit = {ServerStatus.ACTIVE, ServerStatus.SHUTOFF}
    busy = [each for each in _servers(case) if each.status not in fit]
    if not busy:
        return None
    words = first_few(f"{each.name} is {each.status}" for each in busy)
    return words, "ACTIVE or SHUTOFF", "Wait until it has settled, or look at it in the cloud's console."


@rule("SDRS.1339", "SDRS.1321", about="server", needs=[servers_are_there], reads=["disks"])
def servers_have_a_system_disk(case: Case) -> RuleAnswer:
    """Protect servers with a system disk.

    Source: SDRS.1339 and SDRS.1321 on the page "Error Codes".
    """
    without = [each for each in _servers(case) if not boots(each)]
    untold = [each for each in without if not each.root_device and each.disks]
    if not without:
        return None
    if len(untold) == len(without):
        return NotRead(f"what {untold[0].name} boots from is not told")
    remedy = "Look at it in the cloud's console: without its system disk it cannot be protected."
    return f"no system disk: {first_few(each.name for each in without)}", "with a system disk", remedy


@rule("SDRS.1806", about="server", needs=[servers_are_there], reads=["disks"])
def no_shared_disk_is_on_them(case: Case) -> RuleAnswer:
    """Protect servers that have no shared disks; these are paired by themselves and attached afterwards.

    Source: "Creating a Protected Instance".
    """
    shared = [each for each in _disks(case) if each.shared]
    if not shared:
        return None if len(_disks(case)) == len(_disk_ids(case)) else _UNREAD_DISKS
    words = first_few(each.name for each in shared)
    remedy = "Detach it from the server (ECS) first, pair it by itself, and attach the pair afterwards."
    return f"shared: {words}", "servers without shared disks", remedy


@rule("SDRS.0211", "SDRS.1803", about="disk", reads=["disks"])
def disk_is_there(case: Case) -> RuleAnswer:
    """Pair a disk of this project.

    Source: "Creating a Replication Pair", `volume_id`.
    """
    if case.change.disk_id in case.world.disks:
        return None
    if case.change.disk_id and "disks" not in case.world.inventory.whole:
        return NotRead("the disks were not all read")
    return "not found", "a disk of this project", "Read again and pick one that is there."


@rule("SDRS.1801", about="disk", needs=[disk_is_there], reads=["disks"])
def disk_is_available(case: Case) -> RuleAnswer:
    """Pair a disk that is on no server; the disks of a server are paired when it is protected.

    Source: "Creating a Replication Pair".
    """
    disk = case.world.disks[case.change.disk_id]
    if disk.status == "available":
        return None
    on = first_few(case.world.servers[key].name for key, _ in disk.servers if key in case.world.servers)
    remedy = f"Detach it from {on or 'its server'} (ECS) first, or protect the server with it."
    return disk.status, "available", remedy if disk.servers else "Wait until it rests, then read again."


@rule("SDRS.1802", about="group", reads=["disks"])
def disks_are_not_encrypted(case: Case) -> RuleAnswer:
    """Pair disks that are not encrypted.

    Source: "Creating a Replication Pair".
    """
    return _about_disks(case, (each for each in _disks(case) if each.encrypted), "encrypted", "not encrypted")


@rule("SDRS.1806", about="group", reads=["disks"])
def disks_are_of_a_type_that_is_replicated(case: Case) -> RuleAnswer:
    """Pair disks of any type but the two for SAP HANA and HPC servers: co-p1 and uh-l1.

    Source: "Limitations" of the SDRS user guide of Open Telekom Cloud, whose High I/O (performance-optimized
    I) and Ultra-high I/O (latency-optimized) are these by the ECS API reference; SDRS.1806 on the page "Error
    Codes". From which size on a disk is too large is not known: no page has a figure but that of EVS itself,
    32,768 GB, which no disk exceeds; so nothing is refused for its size.
    """
    wrong = [each for each in _disks(case) if each.disk_type in UNPAIRED_TYPES]
    if untold := [each.name for each in _disks(case) if not each.disk_type and not wrong]:
        return NotRead(f"the type of {first_few(untold)} is not told")
    return _about_disks(case, wrong, "of a type that is not replicated", "of another type")


@rule("SDRS.1810", about="group", needs=[group_exists], reads=["disks"])
def disks_are_at_the_production_site(case: Case) -> RuleAnswer:
    """Pair disks in the zone that is production of the group now.

    Source: "Creating a Replication Pair".
    """
    zone = case.group.production_zone
    elsewhere = (each for each in _disks(case) if each.zone != zone)
    return _about_disks(case, elsewhere, "in another zone", f"in {zone or 'the zone of production'}")


@rule("SDRS.1811", about="group", reads=["disks"])
def disks_are_in_no_pair(case: Case) -> RuleAnswer:
    """Pair a disk once.

    Source: "Creating a Replication Pair".
    """
    held = {key: each for each in case.world.pairs.values() for key in each.disk_ids}
    paired = [held[each] for each in _disk_ids(case) if each in held]
    if not paired and (unseen := _unseen_servers(case)):
        return unseen
    if not paired:
        partly = bool(case.world.inventory.of_groups)
        return NotRead("the pairs of the other groups were not read") if partly else None
    words = f"paired already: {first_few(each.name for each in paired)}"
    if case.change.disk_id:
        return words, "disks of no pair", "Nothing is to be done: it is paired already."
    ways = tuple(
        (Change.of(Operation.DELETE_PAIR, each.group_id, pair_id=each.id, with_disk=False),)
        for each in paired
    )
    options = (
        Advice("Delete that pair first; its disks stay.", ways),
        *(detach_first(case, paired[0], "Detach that pair first, then delete it.", "")[:-1]),
        Advice("Put right first what stands against deleting that pair."),
    )
    return words, "disks of no pair", options


@rule("SDRS.0201", about="group")
def a_flavor_is_given_for_each_or_none(case: Case) -> RuleAnswer:
    """Give a flavor for each of the DR servers, or for none of them: they get those of production then.

    Source: "Creating Protected Instances in Batches", `flavorRef`. A flavor for some is a slip in counting.
    """
    flavors, servers = case.change.flavors, case.change.server_ids
    if not flavors or len(flavors) == len(servers):
        return None
    found = f"{len(flavors)} flavors for {len(servers)} servers"
    return found, "one for each, or none", "Give one flavor for each server, in their order."


def _servers(case: Case) -> list[Server]:
    """The servers that a change names, as far as they are there."""
    return [each for key in case.change.all_server_ids if (each := case.world.servers.get(key))]


def _disk_ids(case: Case) -> list[str]:
    if case.change.disk_id:
        return [case.change.disk_id]
    return [disk.disk_id for server in _servers(case) for disk in server.disks]


def _disks(case: Case) -> list[Disk]:
    return [each for key in _disk_ids(case) if (each := case.world.disks.get(key))]


def boots(server: Server) -> bool:
    """Whether a server has its system disk, as far as it tells what it boots from."""
    if server.root_device:
        return any(disk.device == server.root_device for disk in server.disks)
    return any(disk.boot_index == 0 for disk in server.disks)


def _about_disks(case: Case, wrong: Iterable[Disk], found: str, wanted: str) -> RuleAnswer:
    names = [each.name for each in wrong]
    if names:
        return (
            f"{found}: {first_few(names)}",
            f"disks {wanted}",
            "It cannot be replicated: take another disk.",
        )
    seen = len(_disks(case)) == len(_disk_ids(case))
    return _unseen_servers(case) or (None if seen else _UNREAD_DISKS)


def _unseen_servers(case: Case) -> NotRead | None:
    """What to answer where a server was not seen, so that nobody knows what disks it has."""
    seen = len(_servers(case)) == len(case.change.all_server_ids)
    return None if seen else NotRead("not all of the servers were seen")


def _quota(case: Case, kind: str, more: int, words: str) -> RuleAnswer:
    inventory = case.world.inventory
    quota = inventory.quotas.get(kind)
    if quota is None:
        read = "quotas" in inventory.whole
        return NotRead(f"the service tells no quota of {words}" if read else "the quotas were not read")
    if quota.limit < 0 or quota.used + more <= quota.limit:
        return None
    found = f"{quota.used} of {quota.limit} {words} are used, {more} more asked for"
    return found, "within the quota", "Delete what is not needed, or ask the provider for more."
