"""What was moving when a project was read goes on in its copy: a job for each brings it to rest."""

from collections.abc import Iterable, Mapping
from typing import Final

from drkit.sandbox import jobs, switching
from drkit.sandbox.kept import KeptReading, Notes
from drkit.sandbox.things import Group, Job, Json
from drkit.sandbox.world import World

KINDS: Final = {"group": "groups", "instance": "instances", "pair": "pairs", "drill": "drills"}
VERBS: Final[Mapping[str, switching.Verb]] = {
    verb.moving: verb
    for verb in (
        switching.ENABLE, switching.DISABLE, switching.REPROTECT, switching.PLANNED, switching.FAILOVER,
    )
}  # fmt: skip
"""The actions on a whole group, by what it is called while they run."""
MOVING: Final[Mapping[str, frozenset[str]]] = {
    "group": frozenset({"creating", "deleting", *VERBS}),
    "instance": frozenset({"creating", "deleting", "resizing", *VERBS}),
    "pair": frozenset({"creating", "deleting", "extending", "attaching", "detaching", *VERBS}),
    "drill": frozenset({"creating", "deleting"}),
}
"""The statuses that pass by themselves."""
TASKS: Final = {
    "powering-on": ("startServer", 25.0),
    "powering-off": ("stopServer", 30.0),
    "deleting": ("deleteServer", 20.0),
}
"""What a server is at, as ECS calls it; the job that does it, and in how many seconds."""
_SECONDS: Final = 20.0


def known_status(kind: str, status: str) -> bool:
    """Whether the service's pages know the status for that kind of thing."""
    if kind == "drill":
        return status in {"available", "error", "error-deleting", *MOVING[kind]}
    troubles = {"error"} if kind == "group" else {"error", "invalid", "fault"}
    return (
        status in {*jobs.AT_REST, *troubles, *MOVING[kind]} or status.removeprefix("error-") in MOVING[kind]
    )


@jobs.ends("comeToRestInCopy", code="SDRS.0202")
def _rested(world: World, job: Job) -> None:
    """What it moved rests as its group does, or as it would have without it."""
    jobs.settle(world, job)
    for kind, id_ in job.touches:
        if kind == "pair":
            for disk in world.disks_of(world.pairs[id_]):
                disk.moving = "" if disk.moving.endswith("ing") else disk.moving
        if kind == "instance":
            for server in world.servers_of(world.instances[id_]):
                server.status = "SHUTOFF" if server.status == "BUILD" else server.status


def set_going(world: World, kept: KeptReading, notes: Notes) -> None:
    """Begin the jobs; each is as far as the thing's own progress says."""
    for group in world.groups.values():
        if group.status in VERBS:
            _act(world, kept, group, VERBS[group.status])
    moved = {touch for job in jobs.running(world) for touch in job.touches}
    for kind, things in KINDS.items():
        for id_, thing in getattr(world, things).items():
            if thing.status in MOVING[kind] and (kind, id_) not in moved:
                notes.say(
                    f"Some {kind}s are {thing.status}; their job is not known, and they come to rest",
                    thing.name,
                )
                work = {"group": getattr(thing, "group_id", id_)}
                done = kept.all(things)[id_].number("progress")
                _begin(world, "comeToRestInCopy", _SECONDS, [(kind, id_)], work, done)
    _go_on_with_servers(world, notes)


def _go_on_with_servers(world: World, notes: Notes) -> None:
    for server in world.servers.values():
        if server.task in TASKS:
            type_, seconds = TASKS[server.task]
            _begin(world, type_, seconds, [], {"servers": [server.id], "with_disks": False}, service="ecs")
        elif server.task:
            notes.say(f"A server's task {server.task} is not gone on with", server.name)
            server.task = ""


def _act(world: World, kept: KeptReading, group: Group, verb: switching.Verb) -> None:
    members = [("instance", id_) for id_ in group.instances] + [("pair", id_) for id_ in group.pairs]
    follow = [touch for touch in members if _status(world, touch) == verb.moving]
    seconds = verb.seconds + verb.per_pair * min(len(group.pairs), 30)
    done = kept.all("groups")[group.id].number("progress")
    _begin(world, f"{verb.type}NoCG", seconds, [("group", group.id), *follow], {"group": group.id}, done)


def _status(world: World, touch: jobs.Touch) -> str:
    thing = jobs.thing(world, touch)
    return thing.status if thing else ""


def _begin(
    world: World, type_: str, seconds: float, touches: Iterable[jobs.Touch], work: Json, done: int = 0,
    service: str = "sdrs",
) -> None:  # fmt: skip
    """A job that is under way already, so many percent of it done."""
    begin = world.now - seconds * (min(done, 99) + 0.5) / 100
    job = Job(jobs.new_job_id(world), type_, begin, begin + seconds, service, touches=list(touches))
    before = {id_: "available" for _, id_ in job.touches}
    entities = {"server_id": work["servers"][0]} if service == "ecs" else {"server_group_id": work["group"]}
    job.entities, job.work = entities, {"before": before} | work
    world.jobs[job.id] = job
    world.live.append(job.id)
    world.later(job.due - world.now, "job", job.id)
