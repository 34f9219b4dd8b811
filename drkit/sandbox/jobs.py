"""Jobs: how one begins, moves things, ends by itself when its time has come, and is shown.

A module that offers an asynchronous operation registers what its end does with `ends`. The end may raise
`JobFailedError`; then whatever the job was moving gets its error status and the task center a record.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

from drkit.sandbox import faults
from drkit.sandbox.answers import Answer, RefusalError, job_time, ok, sentence
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import NEVER, Drill, Failure, Group, Instance, Job, Json, Pair
from drkit.sandbox.world import World

routes = Routes()
End: TypeAlias = Callable[[World, Job], None]
Touch: TypeAlias = tuple[str, str]
AT_REST: Final = ("available", "protected", "failed-over")


class JobFailedError(Exception):
    """A job cannot succeed: the service's code and why."""

    def __init__(self, code: str, reason: str) -> None:
        super().__init__(code)
        self.code, self.reason = code, reason


@dataclass(frozen=True)
class JobKind:
    """What is known of a type of job: its end, and how its failure is recorded."""

    done: End
    failed: End | None
    code: str
    failure_status: str


KINDS: Final[dict[str, JobKind]] = {}
RESOURCES: Final = {
    "group": "server_groups",
    "instance": "protected_instances",
    "pair": "replications",
    "drill": "disaster_recovery_drills",
}


def ends(
    type_: str, *, code: str, failure_status: str = "", failed: End | None = None
) -> Callable[[End], End]:
    """Register what happens at the end of a type of job, and the code it fails with when nobody names one."""

    def register(done: End) -> End:
        KINDS[type_] = JobKind(done, failed, code, failure_status)
        return done

    return register


def thing(world: World, touch: Touch) -> Group | Instance | Pair | Drill | None:
    """What a job touches, if it still exists."""
    kind, id_ = touch
    kinds: Json = {
        "group": world.groups,
        "instance": world.instances,
        "pair": world.pairs,
        "drill": world.drills,
    }
    found: Group | Instance | Pair | Drill | None = kinds[kind].get(id_)
    return found


def new_job_id(world: World) -> str:
    """32 hex digits, of which 17 to 28 are the time in milliseconds."""
    raw = world.digest("job")
    return f"{raw[:16]}{int(world.now * 1000):012x}{raw[16:20]}"


def begin(  # noqa: PLR0913 (all that a job is, in one place)
    world: World,
    type_: str,
    seconds: float,
    *,
    touches: Sequence[Touch],
    moving: str = "",
    entities: dict[str, Json] | None = None,
    subs: Iterable[tuple[str, dict[str, Json]]] = (),
    work: dict[str, Json] | None = None,
    service: str = "sdrs",
) -> Job:
    """Start a job that moves `touches` into the status `moving` and ends in about so many seconds."""
    due = world.now + seconds * (0.85 + 0.3 * world.chance())
    job = Job(
        new_job_id(world), type_, world.now, due, service, entities=entities or {}, touches=list(touches)
    )
    before: dict[str, str] = {}
    job.work = {"before": before} | (work or {})
    for touch in touches:
        if (touched := thing(world, touch)) is not None:
            before[touch[1]] = touched.status
            touched.status = moving or touched.status
            touched.updated = world.now
    world.jobs[job.id] = job
    world.live.append(job.id)
    _add_subs(world, job, list(subs))
    faults.meet_job(world, job, KINDS[type_].code)
    if job.due < NEVER:
        world.later(job.due - world.now, "job", job.id)
    return job


def _add_subs(world: World, job: Job, subs: list[tuple[str, dict[str, Json]]]) -> None:
    for number, (type_, entities) in enumerate(subs, 1):
        due = job.begin + (job.due - job.begin) * number / (len(subs) + 1)
        sub = Job(new_job_id(world), type_, job.begin, due, job.service, entities=entities, parent=job.id)
        world.jobs[sub.id] = sub
        job.subs.append(sub.id)


def accepted(job: Job) -> Answer:
    """The answer to a call that started a job."""
    return ok({"job_id": job.id})


def finish(world: World, job_id: Json) -> None:
    """The job's time has come: let it succeed, or fail if that is what awaits it."""
    job = world.jobs[str(job_id)]
    kind = KINDS[job.type]
    try:
        if job.doom:
            raise JobFailedError(job.doom, job.fail_reason or sentence(job.doom))
        if job.touches and thing(world, job.touches[0]) is None:
            raise JobFailedError(kind.code, "what it was about was deleted in the meantime")
        kind.done(world, job)
    except JobFailedError as failure:
        _fail(world, job, kind, failure)
    else:
        _close(world, job, "SUCCESS")


def _close(world: World, job: Job, status: str) -> None:
    job.status, job.end = status, world.now
    world.live.remove(job.id)
    for sub in (world.jobs[id_] for id_ in job.subs):
        if sub.status == "RUNNING":
            sub.status, sub.end = status, min(sub.due, world.now)


def _fail(world: World, job: Job, kind: JobKind, failure: JobFailedError) -> None:
    job.error_code, job.fail_reason = failure.code, failure.reason
    open_subs = [sub for sub in (world.jobs[id_] for id_ in job.subs) if sub.status == "RUNNING"]
    for sub in open_subs[:-1]:
        sub.status, sub.end = "SUCCESS", min(sub.due, world.now)
    for sub in open_subs[-1:]:
        sub.error_code, sub.fail_reason = failure.code, failure.reason
    if kind.failed is not None:
        kind.failed(world, job)
    for touch in job.touches:
        _break(world, touch)
    if kind.failure_status:
        _record(world, job, kind)
    _close(world, job, "FAIL")


def _break(world: World, touch: Touch) -> None:
    touched = thing(world, touch)
    if touched is not None and touched.status not in (*AT_REST, "invalid", "fault", "error"):
        at_fault = touched.status.removeprefix("error-")
        touched.status = "error" if at_fault == "creating" else f"error-{at_fault}"
        touched.updated = world.now


def _record(world: World, job: Job, kind: JobKind) -> None:
    touch = job.touches[0]
    touched = thing(world, touch)
    world.failures[job.id] = Failure(
        job.id,
        job.type,
        job.begin,
        kind.failure_status,
        RESOURCES[touch[0]],
        touch[1],
        touched.name if touched else "",
        job.error_code or kind.code,
        job.fail_reason or "",
        "" if touch[0] == "group" else str(getattr(touched, "group_id", job.work.get("group", ""))),
    )


def settle(world: World, job: Job, status: str = "") -> None:
    """Bring what the job moved to rest: in `status`, else as its group rests now, else as it was before."""
    for touch in job.touches:
        if (touched := thing(world, touch)) is not None and touched.status != "invalid":
            touched.status = status or rest(world, touched, job.work["before"].get(touch[1], "available"))
            touched.updated = world.now


def rest(world: World, member: Group | Instance | Pair | Drill, before: str) -> str:
    """The status that something in a group comes to rest in; `before` is what it had before it moved.

    An error of its own is overcome by the job's success, an error that came with the group's lasts.
    """
    if isinstance(member, Group | Drill) or before == "invalid":
        return before
    if isinstance(member, Pair) and member.fault_level != "0":
        return "fault"
    group = world.groups[member.group_id]
    if group.status in AT_REST:
        return group.status
    return before if before in AT_REST or before == group.status else "available"


def busy(world: World, touch: Touch) -> Job | None:
    """The running job that moves something, if there is one."""
    return next((job for job in running(world) if touch in job.touches), None)


def running(world: World) -> list[Job]:
    """The jobs that are under way."""
    return [world.jobs[id_] for id_ in world.live]


def progress(world: World, job: Job) -> int:
    """How far a running job is, 0 to 99."""
    due: float = job.work.get("expected", job.due)
    return max(0, min(99, int(100 * (world.now - job.begin) / max(1.0, due - job.begin))))


def shown(world: World, job: Job) -> Json:
    """A job as it goes over the wire."""
    entities = dict(job.entities)
    if job.subs:
        entities["sub_jobs"] = [shown(world, world.jobs[id_]) for id_ in job.subs]
        if job.service == "ecs":
            entities["sub_jobs_total"] = len(job.subs)
    status, end = _status_now(world, job)
    return {
        "status": status,
        "entities": entities,
        "job_id": job.id,
        "job_type": job.type,
        "begin_time": job_time(job.begin),
        "end_time": job_time(end),
        "error_code": job.error_code,
        "fail_reason": job.fail_reason,
    }


def _status_now(world: World, job: Job) -> tuple[str, float | None]:
    if job.status == "RUNNING":
        if world.now < job.begin + 1:
            return "INIT", None
        if job.parent and world.now >= job.due:
            return "SUCCESS", job.due
    return job.status, job.end


@routes("GET", "/v1/{project}/jobs/{job}")
def show_job_status(call: IncomingCall) -> Answer:
    """A job of SDRS or of ECS: both share this path."""
    job = call.world.jobs.get(call.path["job"])
    if job is None:
        message = f"Job {call.path['job']} could not be found."
        raise RefusalError(404, {"itemNotFound": {"message": message, "code": 404}})
    return ok(shown(call.world, job))
