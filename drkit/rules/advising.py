"""What to do first about an objection: courses of changes, of which only one that is open is told.

A rule knows what would help, but not whether it can be done in the world it was asked about: servers of a
dark zone cannot be stopped, a pair whose link is down is never synchronised. So it names what would help in
the order in which it is wanted, each with the changes that it takes; `judging` tells the first that is open.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import NamedTuple

from drkit import devices
from drkit.model import (
    Attachment,
    Change,
    GroupStatus,
    ListedPair,
    Operation,
    Phase,
    ReplicationPair,
    Server,
    ServerStatus,
    Station,
    Unknown,
)
from drkit.rules.rule import Advice, Case, Way
from drkit.showing import first_few

LINK_DOWN = "5"
"""The fault level of a pair whose replication link is down."""


class _Begin(NamedTuple):
    """What sets the pairs of a group to synchronising."""

    operation: Operation
    sentence: str
    otherwise: str


BEGINS_REPLICATION: dict[GroupStatus | Unknown, _Begin] = {
    GroupStatus.AVAILABLE: _Begin(
        Operation.ENABLE_PROTECTION,
        "Enable protection of the group",
        "Nothing is synchronised while protection is off, and it cannot be enabled now.",
    ),
    GroupStatus.FAILED_OVER: _Begin(
        Operation.REPROTECT,
        "Re-protect the group",
        "Nothing is synchronised while the group is failed over, and it cannot be re-protected now.",
    ),
}
"""In which groups nothing is replicated, and what begins it; in any other, waiting is enough."""


def course(case: Case, operation: Operation) -> Way:
    """The changes that an operation on the case's group takes: what must not run is stopped first."""
    group_id, world = case.change.group_id, case.world
    group = world.groups.get(group_id)
    station = group.priority_station if group else Station.TARGET
    to = station.other if isinstance(station, Station) else Station.TARGET
    arguments = {"to": to.value} if operation is Operation.PLANNED_FAILOVER else {}
    stopped = {
        Operation.PLANNED_FAILOVER: [each.production_server_id for each in world.instances_of(group_id)],
        Operation.REPROTECT: [each.dr_server_id for each in world.instances_of(group_id)],
    }.get(operation, [])
    servers = (world.servers[each] for each in stopped if each in world.servers)
    return (*stops(case, servers), Change.of(operation, group_id, **arguments))


def stops(case: Case, servers: Iterable[Server]) -> Way:
    """To stop those of these servers that are not stopped."""
    return tuple(
        Change.of(Operation.STOP_SERVER, case.change.group_id, server_id=each.id, hard=False)
        for each in servers
        if each.status != ServerStatus.SHUTOFF or each.task_state
    )


def stop_first(case: Case, servers: Sequence[Server], *instead: Advice) -> tuple[Advice, ...]:
    """To stop these servers, where each of them runs or will; else what is to be done `instead`."""
    names = first_few(each.name for each in servers)
    lost = [each.name for each in servers if each.status != ServerStatus.ACTIVE and not moves(each)]
    if lost:
        told = f"{first_few(lost)} cannot be stopped now"
        named = (Advice(f"{told}: {each.sentence}", each.ways) for each in instead)
        return (*named, Advice(f"{told}: have the provider bring that server back, then read again."))
    settling = [each.name for each in servers if moves(each)]
    return (
        Advice(f"Stop {names}, then read again.", (stops(case, servers),)),
        Advice(f"Wait until {first_few(settling)} has settled, stop what runs then, and read again."),
    )


def moves(server: Server) -> bool:
    """Whether a server is on its way to another state."""
    return bool(server.task_state) or server.status.phase is Phase.MOVING


def synchronise_first(case: Case, behind: Iterable[ListedPair]) -> tuple[Advice, ...]:
    """To have pairs synchronised: by waiting where they are at it, else by what sets them to it."""
    broken = [
        each for each in behind if each.fault_level not in {"", "0"} or each.status.phase is Phase.BROKEN
    ]
    if broken:
        down = any(each.fault_level == LINK_DOWN for each in broken)
        what = "the replication link" if down else "the replication"
        return (
            Advice(
                f"Have the provider restore {what} of {first_few(each.name for each in broken)}, then wait "
                "for the synchronisation to end. Waiting alone does not help."
            ),
        )
    if begin := BEGINS_REPLICATION.get(case.group.status):
        return (
            Advice(
                f"{begin.sentence}, then wait for the synchronisation to end.",
                (course(case, begin.operation),),
            ),
            Advice(begin.otherwise),
        )
    return (Advice("Wait for the synchronisation to end."),)


def detach_first(case: Case, pair: ReplicationPair, sentence: str, otherwise: str) -> tuple[Advice, ...]:
    """To detach a pair from wherever it is attached."""
    ways = [detaching(case, each) for each in case.world.attachments_of(pair.id)]
    way = tuple(chain(*ways))
    return (*([Advice(sentence, (way,))] if ways and all(ways) else []), Advice(otherwise))


def make_room(case: Case, sentence: str) -> tuple[Advice, ...]:
    """To detach any pair of the case's instance, and to say so where none can be."""
    ways = filter(None, (detaching(case, each) for each in case.world.attachments_on(case.instance.id)))
    otherwise = "No pair can be detached from it now: take off another disk, or pick another instance."
    return (*(Advice(sentence, (way,)) for way in ways), Advice(otherwise))


def detaching(case: Case, attached: Attachment) -> Way:
    """To detach a pair from an instance; no way where a server of it cannot be reached: that would fail."""
    instance = case.world.instances.get(attached.instance_id)
    servers = devices.servers_of(case.world, instance) if instance else ()
    if instance is None or any(each.status.phase is Phase.UNKNOWN for each in servers):
        return ()
    ids = {"pair_id": attached.pair_id, "instance_id": attached.instance_id}
    return (Change.of(Operation.DETACH_PAIR, instance.group_id, **ids),)
