"""Where a group stands and the ways out of there, each with its consequences, computed from the rules.

Every state has at least one named exit: to wait, where it moves by itself, or to stop here and have somebody
look, where nothing may be sent.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drkit.errors import RefusedError
from drkit.model import (
    Change,
    GroupStatus,
    Inventory,
    Operation,
    Phase,
    ProtectionGroup,
    ServerStatus,
    Station,
)
from drkit.plan.objectives import RunbookKind
from drkit.plan.offers import NO_OFFER, Offer, offer, removal_offer
from drkit.plan.readiness import stops
from drkit.plan.removal import Removal, plan_removal
from drkit.rules import GROUP_STATUSES, Objection, Projection, judge_in
from drkit.showing import first_few, shows

STOP_HERE, WAIT, ASK_THE_PROVIDER = "stop here", "wait", "ask the provider"


@shows("name", "legal")
@dataclass(frozen=True, slots=True)
class WayOut:
    """A way out. `change` is its first change, None where nothing is sent; `kind` is the runbook for it.

    It is legal unless there are `objections`, which say what would have to be done first. `offer` is how it
    is taken by a button, in a shell and in Python; nothing is in it where there is nothing to send, or only
    the provider can help.
    """

    name: str
    consequences: str
    change: Change | None = None
    kind: RunbookKind | None = None
    objections: tuple[Objection, ...] = ()
    offer: Offer = NO_OFFER

    @property
    def shell(self) -> tuple[str, ...]:
        """The lines for the shell that take it, one after the other."""
        return self.offer.shell

    @property
    def python(self) -> tuple[str, ...]:
        """The lines of Python that plan it, one after the other."""
        return self.offer.python

    @property
    def legal(self) -> bool:
        """Whether nothing speaks against it now."""
        return not self.objections


@dataclass(frozen=True, slots=True)
class _Verb:
    name: str
    kind: RunbookKind | None
    consequences: str


_VERBS: Mapping[Operation, _Verb] = {
    Operation.PLANNED_FAILOVER: _Verb(
        "planned failover",
        RunbookKind.PLANNED_FAILOVER,
        "Stops the production servers that still run, then production moves to the other site, and "
        "synchronisation goes on from there. Can be undone by the same way back.",
    ),
    Operation.FAILOVER: _Verb(
        "failover",
        RunbookKind.FAILOVER,
        "Gives up the production site: its servers are forced off and cannot start any more, "
        "synchronisation stops, and protection is off until re-protection. Cannot be undone.",
    ),
    Operation.REPROTECT: _Verb(
        "re-protection",
        RunbookKind.REPROTECT,
        "Stops the servers at the DR site that still run; synchronisation starts anew from the present "
        "production site and overwrites the other one. Cannot be undone.",
    ),
    Operation.ENABLE_PROTECTION: _Verb(
        "enable protection",
        None,
        "Synchronisation starts; until it has ended there is no usable copy at the DR site.",
    ),
    Operation.DISABLE_PROTECTION: _Verb(
        "disable protection",
        None,
        "Synchronisation stops, and production goes on unprotected.",
    ),
}
_RETRIES: Mapping[GroupStatus, Operation] = {
    GroupStatus.ERROR_REVERSING: Operation.PLANNED_FAILOVER,
    GroupStatus.ERROR_FAILING_OVER: Operation.FAILOVER,
    GroupStatus.ERROR_REPROTECTING: Operation.REPROTECT,
    GroupStatus.ERROR_STARTING: Operation.ENABLE_PROTECTION,
    GroupStatus.ERROR_STOPPING: Operation.DISABLE_PROTECTION,
}
_REMOVABLE = {GroupStatus.ERROR, GroupStatus.ERROR_DELETING}
_RESTARTABLE = {GroupStatus.PROTECTED, GroupStatus.AVAILABLE, GroupStatus.FAILED_OVER, *_RETRIES}
_RESTING: Mapping[GroupStatus, str] = {
    GroupStatus.PROTECTED: "The group is protected; it can stay so.",
    GroupStatus.AVAILABLE: "The group is not protected: a lost zone now means lost data.",
    GroupStatus.FAILED_OVER: "Production runs unprotected until the group is re-protected.",
    GroupStatus.ERROR_REVERSING: "The planned failover did not end: the service stays down unless the "
    "production servers are started again, and protection cannot be relied on.",
    GroupStatus.ERROR_FAILING_OVER: "The failover did not end: the service stays down.",
    GroupStatus.ERROR_REPROTECTING: "Production goes on unprotected.",
    GroupStatus.ERROR_STARTING: "Production goes on unprotected.",
    GroupStatus.ERROR_STOPPING: "Production goes on; whether it is protected cannot be told.",
}


def ways_out(inventory: Inventory, group_id: str) -> tuple[WayOut, ...]:
    """Every way out for a group, the legal ones first; raises `UnknownNameError` for no such group.

    What the state of the group rules out altogether is not among them; what only something else stands
    against is, with the objections.
    """
    group, world = inventory.group(group_id), Projection.of(inventory)
    if group.status.phase is Phase.MOVING:
        return (_wait(group),)
    found = [_exit(world, group, each) for each in _VERBS if group.status in GROUP_STATUSES[each]]
    found += [*_restart(world, group), *_remove(inventory, group)]
    return (*sorted(found, key=lambda each: not each.legal), _stop_here(group))


def drill_ways_out(inventory: Inventory, group_id: str) -> tuple[WayOut, ...]:
    """The ways out of a drill, the legal ones first: clean up each drill of the group, or stop here.

    Production is not touched by a drill, so no switch is among them. Raises as `ways_out` does.
    """
    group, world = inventory.group(group_id), Projection.of(inventory)
    drills = sorted(inventory.drills_of(group.id), key=lambda each: (each.name, each.id))
    found: list[WayOut] = []
    for drill in drills:
        change = Change.of(Operation.DELETE_DRILL, group.id, drill_id=drill.id)
        words = (
            f"Deletes the drill {drill.name} and its servers, and accounts for what remains: network and "
            "public addresses. Cannot be undone; production is not touched."
        )
        objections = judge_in(change, world).objections
        way = offer(words, (change,), inventory)
        found.append(
            WayOut(f"clean up drill {drill.name}", words, change, RunbookKind.CLEANUP, objections, way)
        )
    kept = f"The drill servers of {first_few(each.name for each in drills)} stay and cost money."
    rest = kept if drills else "No drill is left."
    stop = WayOut(STOP_HERE, f"Nothing more is sent; production is not touched. {rest}")
    return (*sorted(found, key=lambda each: not each.legal), stop)


def standing(inventory: Inventory, group_id: str) -> tuple[str, ...]:
    """What state a group is in, as sentences: production site, servers at both sites, pairs, faults."""
    group = inventory.group(group_id)
    pairs = inventory.pairs_of(group.id)
    faulty = [
        f"{each.name} (level {each.fault_level})" for each in pairs if each.fault_level not in {"", "0"}
    ]
    sites = (
        ("production", inventory.production_servers_of(group.id)),
        ("DR", inventory.dr_servers_of(group.id)),
    )
    synchronised = _counted(each.replication_status or "not told" for each in pairs)
    return (
        f"{group.name} is {group.status}; production is at {group.production_zone or 'no known site'}.",
        *(
            f"Servers at the {site} site: {_counted(each.status for each in servers)}."
            for site, servers in sites
        ),
        f"Pairs: {_counted(each.status for each in pairs)}; synchronisation: {synchronised}.",
        *([f"Pairs with a fault: {first_few(faulty)}."] if faulty else []),
    )


def _exit(world: Projection, group: ProtectionGroup, operation: Operation) -> WayOut:
    verb, station = _VERBS[operation], group.priority_station
    arguments = (
        {"to": station.other.value if isinstance(station, Station) else ""}
        if operation is Operation.PLANNED_FAILOVER
        else {}
    )
    change = Change.of(operation, group.id, **arguments)
    before = stops(world, group.id, verb.kind) if verb.kind else ()
    for each in before:
        world = world.after(each)
    again = _RETRIES.get(GroupStatus(group.status)) is operation
    name = f"retry {verb.name}" if again else verb.name
    objections = judge_in(change, world).objections
    changes = (*before, change)
    way = offer(verb.consequences, changes, world.inventory)
    return WayOut(name, verb.consequences, changes[0], verb.kind, objections, way)


def _restart(world: Projection, group: ProtectionGroup) -> list[WayOut]:
    """Bring the service back where it was: only after a switch that failed, and while no pair has turned."""
    if group.status not in _RESTARTABLE:
        return []
    ids = [each.production_server_id for each in world.instances_of(group.id)]
    off = [each for key in ids if (each := world.servers.get(key)) and each.status == ServerStatus.SHUTOFF]
    if not off:
        return []
    starts = tuple(Change.of(Operation.START_SERVER, group.id, server_id=each.id) for each in off)
    objections = (*judge_in(starts[0], world).objections, *_turned(world, group))
    words = (
        f"Starts what is stopped where production is now, in {group.production_zone}: "
        f"{first_few(each.name for each in off)}. The service comes back there; the group stays "
        f"{group.status}."
    )
    way = offer(words, starts, world.inventory)
    return [WayOut("start production again", words, starts[0], RunbookKind.RESTART, objections, way)]


def _remove(inventory: Inventory, group: ProtectionGroup) -> list[WayOut]:
    """Take the protection away: the way out of a group that was not made, or not deleted, as a whole."""
    if group.status not in _REMOVABLE:
        return []
    first, objections = None, tuple[Objection, ...]()
    try:
        first = plan_removal(inventory, group.id, Removal()).steps[0].change
    except RefusedError as error:
        objections = error.objections
    words = (
        "Deletes its drills, pairs and instances, and the group; production goes on, unprotected. It can be "
        "protected anew in another group. Cannot be undone."
    )
    return [
        WayOut("remove protection", words, first, None, objections, removal_offer(words, group, inventory))
    ]


def removals(inventory: Inventory, group_id: str) -> tuple[Offer, ...]:
    """What leads out of a group that was not made, or not deleted, as a whole; nothing else."""
    ways = _remove(inventory, inventory.group(group_id))
    return tuple(each.offer for each in ways if each.legal)


def _turned(world: Projection, group: ProtectionGroup) -> tuple[Objection, ...]:
    turned = [
        each.name for each in world.pairs_of(group.id) if each.priority_station != group.priority_station
    ]
    if not turned:
        return ()
    return (
        Objection(
            "no_pair_has_turned",
            "SDRS.1026",
            "Start production again only while all its pairs still write in that direction.",
            f"group {group.name}",
            f"turned already: {first_few(turned)}",
            "all pairs as the group",
            "Look at the other ways out: those that are open lead on from here.",
        ),
    )


def _wait(group: ProtectionGroup) -> WayOut:
    return WayOut(
        WAIT,
        f"The service is at work: {group.name} is {group.status}. Nothing may be sent until it has ended; "
        "then it is protected, available or failed over, or in an error state with exits of its own.",
    )


def _stop_here(group: ProtectionGroup) -> WayOut:
    if isinstance(group.status, GroupStatus) and group.status in _RESTING:
        return WayOut(STOP_HERE, f"Nothing more is sent. {_RESTING[group.status]}")
    return WayOut(
        ASK_THE_PROVIDER,
        f"Nothing else that drkit may send leads out of {group.status}. Have the provider look at the group, "
        f"with its id {group.id} and the failed job.",
    )


def _counted(words: Iterable[str]) -> str:
    counts = Counter(str(each) for each in words)
    return ", ".join(f"{count} {word}" for word, count in counts.most_common()) or "none"
