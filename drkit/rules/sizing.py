"""Rules for expanding a pair and for resizing an instance.

Source: the pages "Expanding the Capacity of a Replication Pair" and "Modifying the Specifications of a
Protected Instance" of the SDRS API reference.
"""

from drkit import devices
from drkit.rules.advising import detach_first, stop_first
from drkit.rules.existing import instance_exists, pair_exists
from drkit.rules.powering import not_stopped, starting
from drkit.rules.rule import Case, NotRead, RuleAnswer, rule
from drkit.showing import first_few


@rule("SDRS.0201", "SDRS.1814", about="pair", needs=[pair_exists])
def pair_grows(case: Case) -> RuleAnswer:
    """Expand a pair to more GB than it has.

    Source: "Expanding the Capacity of a Replication Pair", `new_size`.
    """
    wanted, now = case.change.new_size_gb, case.pair.size_gb
    if wanted > now:
        return None
    return f"{now} GB now, {wanted} GB asked", f"more than {now} GB", "Give a larger size: no disk shrinks."


@rule("SDRS.0201", about="pair", needs=[pair_exists])
def a_disk_can_be_that_large(case: Case) -> RuleAnswer:
    """Expand a pair to at most 32768 GB, a system disk's to at most 1024 GB.

    Source: "Expanding Capacity of an EVS Disk" of the EVS API reference, `new_size`. Nothing is ever made
    smaller again, so a slip of the finger must not be left to the service.
    """
    wanted, kind, most = case.change.new_size_gb, "data disk", 32768
    if case.pair.system_disk:
        kind, most = "system disk", 1024
    if wanted <= most:
        return None
    return f"{wanted} GB asked for a {kind}", f"at most {most} GB", "Give a size that a disk can have."


@rule("SDRS.1817", about="pair", needs=[pair_exists], reads=["disks"])
def disks_rest(case: Case) -> RuleAnswer:
    """Expand a pair only while its disks are available or in use.

    Source: SDRS.1817 on the page "Error Codes".
    """
    known = [case.world.disks[each] for each in case.pair.disk_ids if each in case.world.disks]
    busy = [f"disk {each.name} is {each.status}" for each in known if each.status not in _RESTING]
    if not busy:
        seen = len(known) == len(case.pair.disk_ids)
        return None if seen else NotRead(f"a disk of {case.pair.name} was not seen")
    waiting = all(each.status.endswith("ing") for each in known if each.status not in _RESTING)
    advice = (
        "Wait until the disks rest" if waiting else "Look at them in the cloud's console: they do not rest"
    )
    return first_few(busy), "with disks available or in-use", f"{advice}, then read again."


@rule("SDRS.1818", about="pair", needs=[pair_exists])
def shared_disks_are_detached(case: Case) -> RuleAnswer:
    """Detach a pair with shared disks from every instance before expanding it.

    Source: SDRS.1818 on the page "Error Codes".
    """
    attached = case.world.attachments_of(case.pair.id)
    if not case.pair.shared or not attached:
        return None
    known = (case.world.instances.get(each.instance_id) for each in attached)
    places = first_few(each.name if each else "an instance that was not read" for each in known)
    advice = detach_first(
        case,
        case.pair,
        "Detach it there first.",
        "It cannot be expanded now: put right first what stands against detaching it there.",
    )
    return f"shared, attached to {places}", "attached to no instance", advice


@rule("SDRS.1341", about="instance", needs=[instance_exists])
def flavor_is_another(case: Case) -> RuleAnswer:
    """Resize the servers to a flavor that they don't have yet.

    Source: SDRS.1341 on the page "Error Codes".
    """
    wanted = _wanted(case)
    servers = [each for each in devices.servers_of(case.world, case.instance) if each.id in wanted]
    same = [each.name for each in servers if each.flavor == wanted[each.id]]
    if not same or len(same) < len(wanted):
        untold = [each.name for each in servers if not each.flavor]
        missing = NotRead(f"the flavor of {first_few(untold)} is not told") if untold else None
        return case.unseen(case.instance) or missing
    flavors = first_few(dict.fromkeys(wanted.values()))
    return f"{first_few(same)}: {flavors} already", "servers of another flavor", "Pick another flavor."


@rule("SDRS.0201", about="instance", needs=[instance_exists])
def flavor_is_named(case: Case) -> RuleAnswer:
    """Say to which flavor the servers are to be resized.

    Source: "Modifying the Specifications of a Protected Instance", `flavorRef`.
    """
    return None if _wanted(case) else ("no flavor", "a flavor's name", "Name a flavor.")


@rule("SDRS.1316", "SDRS.1319", "SDRS.1352", about="instance", needs=[instance_exists])
def production_server_is_stopped(case: Case) -> RuleAnswer:
    """Stop the production server of the instance before resizing it.

    Source: "Modifying the Specifications of a Protected Instance".
    """
    return _stopped(case, case.instance.production_server_id, "production")


@rule("SDRS.1342", "SDRS.1316", about="instance", needs=[instance_exists])
def dr_server_is_stopped(case: Case) -> RuleAnswer:
    """Stop the DR server of the instance before resizing it.

    Source: "Modifying the Specifications of a Protected Instance".
    """
    return _stopped(case, case.instance.dr_server_id, "DR")


@rule("SDRS.1316", "SDRS.1342", about="instance", needs=[instance_exists], caution=True)
def servers_stay_stopped(case: Case) -> RuleAnswer:
    """Let neither server of the instance start while it is being resized.

    Source: "Modifying the Specifications of a Protected Instance". Our own caution: the service looks at the
    present state only.
    """
    both, wanted = devices.servers_of(case.world, case.instance), _wanted(case)
    found = [each for each in both if each.id in wanted and starting(each)]
    if not found:
        return case.unseen(case.instance)
    return first_few(map(starting, found)), "with both servers stopped", stop_first(case, found)


_RESTING = {"available", "in-use"}


def _wanted(case: Case) -> dict[str, str]:
    """The servers that are to be resized, with their new flavors: both, or one of them."""
    sides = {
        case.instance.production_server_id: case.change.flavor or case.change.production_flavor,
        case.instance.dr_server_id: case.change.flavor or case.change.dr_flavor,
    }
    return {key: flavor for key, flavor in sides.items() if flavor}


def _stopped(case: Case, server_id: str, site: str) -> RuleAnswer:
    if server_id not in _wanted(case):
        return None
    server = case.world.servers.get(server_id)
    if server is None:
        return f"its {site} server was not seen", f"with its {site} server stopped", "Read the servers again."
    if not (found := not_stopped(server)):
        return None
    return found, f"with its {site} server stopped", stop_first(case, [server])
