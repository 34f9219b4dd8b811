"""The actions on a whole group: enable, disable, planned failover, failover, re-protect.

Instances and pairs follow their group. What has trouble of its own (invalid, error-attaching, ...) stays
behind, and what is in motion by a job of its own joins when that job ends.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from drkit.sandbox import groups, jobs, syncing
from drkit.sandbox.answers import Answer, refused
from drkit.sandbox.reading import IncomingCall, RequestFields
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Group, Instance, Job, Pair, Server
from drkit.sandbox.world import World

routes = Routes()
NAMES = {
    b'"start-server-group"': "start_protection_group",
    b'"stop-server-group"': "stop_protection_group",
    b'"reverse-server-group"': "start_reverse_protection_group",
    b'"failover-server-group"': "start_failover_protection_group",
}


@dataclass(frozen=True)
class Verb:
    """One action: when it is allowed, what it is called while it runs, and how long it takes."""

    type: str
    allowed: tuple[str, ...]
    moving: str
    code: str
    seconds: float
    per_pair: float


ENABLE = Verb("startProtectionGroup", ("available", "error-starting"), "starting", "SDRS.1027", 14, 3)
REPROTECT = Verb(
    "reprotectProtectionGroup", ("failed-over", "error-reprotecting"), "reprotecting", "SDRS.1032", 20, 3
)
DISABLE = Verb("stopProtectionGroup", ("protected", "error-stopping"), "stopping", "SDRS.1028", 4, 2)
PLANNED = Verb("reverseProtectionGroup", ("protected", "error-reversing"), "reversing", "SDRS.1029", 45, 3)
FAILOVER = Verb(
    "failoverProtectionGroup",
    ("protected", "error-failing-over", "error-reversing"),
    "failing-over",
    "SDRS.1030",
    40,
    3,
)


@routes("POST", groups.PATH + "/{group}/action", names=NAMES)
def act_on_protection_group(call: IncomingCall) -> Answer:
    """start-server-group, stop-server-group, reverse-server-group, failover-server-group."""
    world, group, body = call.world, groups.find(call.world, call.path["group"]), call.body()
    actions: dict[str, Callable[[World, Group, RequestFields], Job]] = {
        "start-server-group": _start,
        "stop-server-group": _stop,
        "reverse-server-group": _reverse,
        "failover-server-group": _failover,
    }
    if len(body.values) != 1 or not body.values.keys() <= actions.keys():
        raise refused("SDRS.0206", f"one of {', '.join(actions)}")
    ((name, given),) = body.values.items()
    fields = body.inner(name) if given is not None else RequestFields({})
    return jobs.accepted(actions[name](world, group, fields))


def _start(world: World, group: Group, _fields: RequestFields) -> Job:
    """Enable protection, or re-protect when the group was failed over."""
    groups.need(group, ENABLE.allowed + REPROTECT.allowed)
    groups.need_servers(world, group)
    verb = ENABLE if group.status in ENABLE.allowed else REPROTECT
    _need_pairs(group, verb)
    if verb is ENABLE:
        return _begin(world, group, ENABLE)
    for server in _servers(world, group, production=False):
        if server.status != "SHUTOFF":
            raise refused("SDRS.1342", f"{server.name} is {server.status}")
    return _begin(world, group, REPROTECT)


def _stop(world: World, group: Group, _fields: RequestFields) -> Job:
    groups.need(group, DISABLE.allowed)
    groups.need_servers(world, group)
    return _begin(world, group, DISABLE)


def _reverse(world: World, group: Group, fields: RequestFields) -> Job:
    """Planned failover: production is stopped, the link is whole, the data is the same on both sides.

    With a deleted server it is taken, and fails at its end.
    """
    station = fields.text("priority_station", code="SDRS.0216")
    if station not in ("source", "target"):
        raise refused("SDRS.0216", "priority_station is source or target")
    groups.need(group, PLANNED.allowed)
    if station == group.priority:
        raise refused("SDRS.0216", f"{station} is the production site already")
    _need_pairs(group, PLANNED)
    for server in _servers(world, group, production=True):
        if server.status != "SHUTOFF":
            raise refused("SDRS.1319", f"{server.name} is {server.status}")
    _need_link(world, group, PLANNED)
    if syncing.copying(world, syncing.pairs_of(world, group)):
        raise refused("SDRS.1830", group.name)
    return _begin(world, group, PLANNED)


def _failover(world: World, group: Group, _fields: RequestFields) -> Job:
    groups.need(group, FAILOVER.allowed)
    groups.need_servers(world, group)
    _need_pairs(group, FAILOVER)
    _need_link(world, group, FAILOVER)
    return _begin(world, group, FAILOVER)


def _need_pairs(group: Group, verb: Verb) -> None:
    if not group.pairs:
        raise refused(verb.code, f"{group.name} has no replication pairs")


def _need_link(world: World, group: Group, verb: Verb) -> None:
    """fault_level 5: the replication link is down, no failover is possible."""
    for pair in syncing.pairs_of(world, group):
        if pair.fault_level == "5":
            raise refused(verb.code, f"the replication link of {pair.name} is down (fault_level 5)")


def _servers(world: World, group: Group, *, production: bool) -> Iterator[Server]:
    for id_ in group.instances:
        instance = world.instances[id_]
        server_id = world.production_server(instance) if production else world.dr_server(instance)
        if server_id in world.servers:
            yield world.servers[server_id]


def _members(world: World, group: Group) -> list[tuple[jobs.Touch, Instance | Pair]]:
    members: list[tuple[jobs.Touch, Instance | Pair]] = []
    members += [(("instance", id_), world.instances[id_]) for id_ in group.instances]
    members += [(("pair", id_), world.pairs[id_]) for id_ in group.pairs]
    return members


def _begin(world: World, group: Group, verb: Verb) -> Job:
    follow = {*jobs.AT_REST, group.status} | ({"fault"} if verb is FAILOVER else set())
    touches = [touch for touch, member in _members(world, group) if member.status in follow]
    entities = {"server_group_id": group.id}
    return jobs.begin(
        world,
        f"{verb.type}NoCG",
        verb.seconds + verb.per_pair * min(len(group.pairs), 30),
        touches=[("group", group.id), *touches],
        moving=verb.moving,
        subs=[(f"{verb.type}RepNoCG", dict(entities)) for _ in group.pairs],
        work={"group": group.id},
    )


def _arrive(world: World, job: Job, status: str) -> Group:
    """The group and all that follow it come to rest in `status`."""
    group = world.groups[job.work["group"]]
    jobs.settle(world, job, status)
    for _, member in _members(world, group):
        if member.status in jobs.AT_REST:
            member.status = status
    return group


def _synchronise(world: World, group: Group, *, anew: bool) -> None:
    for pair in syncing.pairs_of(world, group):
        if pair.status not in ("invalid", "fault", "error"):
            known = not anew or pair.replication == "active-stopped"
            syncing.start(world, pair, pace=syncing.AGAIN if known else syncing.FIRST)


@jobs.ends("startProtectionGroupNoCG", code=ENABLE.code, failure_status="startFail")
def _enabled(world: World, job: Job) -> None:
    group = _arrive(world, job, "protected")
    group.protected_status = "started"
    _synchronise(world, group, anew=True)


@jobs.ends("stopProtectionGroupNoCG", code=DISABLE.code, failure_status="stopFail")
def _disabled(world: World, job: Job) -> None:
    group = _arrive(world, job, "available")
    group.protected_status = "stopped"
    for pair in syncing.pairs_of(world, group):
        syncing.stop(world, pair)


@jobs.ends("reverseProtectionGroupNoCG", code=PLANNED.code, failure_status="reverseFail")
def _reversed(world: World, job: Job) -> None:
    group = world.groups[job.work["group"]]
    for server in _servers(world, group, production=True):
        if server.status != "SHUTOFF":
            raise jobs.JobFailedError("SDRS.1352", f"{server.name} is {server.status}")
    for instance in (world.instances[id_] for id_ in group.instances):
        if instance.status == "invalid":
            raise jobs.JobFailedError(PLANNED.code, f"a server of {instance.name} was deleted")
    _flip(world, _arrive(world, job, "protected"))


@jobs.ends("failoverProtectionGroupNoCG", code=FAILOVER.code, failure_status="failoverFail")
def _failed_over(world: World, job: Job) -> None:
    """Production is forced off and may not start again; the servers at the other site wait to be started."""
    group = world.groups[job.work["group"]]
    for server in _servers(world, group, production=True):
        server.fenced = f"{group.name} was failed over"
        if server.status != "UNKNOWN":
            server.status, server.task = "SHUTOFF", ""
        server.before_dark = "SHUTOFF"
    for pair in syncing.pairs_of(world, group):
        if pair.fault_level != "0" or syncing.status(world, pair) == "copying":
            pair.failure = "The copy is as old as the last completed synchronisation."
        pair.fault_level = "0"
        syncing.stop(world, pair)
    _flip(world, _arrive(world, job, "failed-over"))
    group.protected_status = "stopped"


@jobs.ends("reprotectProtectionGroupNoCG", code=REPROTECT.code, failure_status="reprotectFail")
def _reprotected(world: World, job: Job) -> None:
    group = _arrive(world, job, "protected")
    group.protected_status = "started"
    for server in _servers(world, group, production=False):
        server.fenced = ""
    for pair in syncing.pairs_of(world, group):
        pair.failure = None
    _synchronise(world, group, anew=False)


def _flip(world: World, group: Group) -> None:
    """The other site becomes production; addresses move along. Source and target zones stay what they are."""
    for id_ in group.instances:
        instance = world.instances[id_]
        old = world.servers.get(world.production_server(instance))
        new = world.servers.get(world.dr_server(instance))
        if old is not None and new is not None:
            old.nics, new.nics = new.nics, old.nics
    group.priority = "target" if group.priority == "source" else "source"


def server_started(world: World, server: Server) -> None:
    """A server was started: a planned failover that needs it stopped will fail."""
    for job in jobs.running(world):
        group = world.groups.get(job.work.get("group", ""))
        if group is None or job.type != "reverseProtectionGroupNoCG":
            continue
        if server in _servers(world, group, production=True):
            job.doom, job.fail_reason = "SDRS.1352", f"{server.name} was started in the course of it"
