"""Protection groups: list, show, create, rename, delete."""

from collections.abc import Iterable
from typing import TypeVar

from drkit.sandbox import jobs, syncing
from drkit.sandbox.answers import Answer, group_time, ok, refused
from drkit.sandbox.reading import IncomingCall, Query
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Group, Instance, Job, Json, Pair
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/server-groups"
ABNORMAL = ("error", "invalid", "fault")
MONTHS_3 = 90 * 86400
Member = TypeVar("Member", Group, Instance, Pair)


def find(world: World, group_id: str, code: str = "SDRS.1013") -> Group:
    """A group by its id, or the refusal that there is none."""
    if group_id not in world.groups:
        raise refused(code, group_id[:64])
    return world.groups[group_id]


def need(group: Group, allowed: tuple[str, ...]) -> None:
    """Refuse unless the group's status is one of `allowed` (SDRS.1024 or SDRS.1002)."""
    if group.status not in allowed:
        code = "SDRS.1024" if allowed == ("available", "protected") else "SDRS.1002"
        raise refused(code, f"{group.name} is {group.status}, allowed: {', '.join(allowed)}")


def need_servers(world: World, group: Group) -> None:
    """Refuse when a server of the group was deleted: no operation can be performed on it then (SDRS.1314)."""
    for id_ in group.instances:
        if world.instances[id_].status == "invalid":
            raise refused("SDRS.1314", f"a server of {world.instances[id_].name} was deleted")


def abnormal(status: str) -> bool:
    """Whether a status counts as abnormal for query_type=status_abnormal."""
    return status.startswith("error") or status in ABNORMAL


def health(world: World, group: Group) -> str:
    """normal, or abnormal when the group or anything in it is in trouble."""
    members = [world.instances[id_].status for id_ in group.instances]
    members += [pair.status for pair in syncing.pairs_of(world, group)]
    return "abnormal" if any(abnormal(status) for status in (group.status, *members)) else "normal"


def shown(world: World, group: Group) -> Json:
    """A group as it goes over the wire."""
    replication, progress = syncing.of_group(world, group)
    if group.status.endswith("ing") and (job := jobs.busy(world, ("group", group.id))):
        progress = jobs.progress(world, job)
    return {
        "id": group.id,
        "name": group.name,
        "description": group.description,
        "status": group.status,
        "progress": progress,
        "source_availability_zone": group.source_zone,
        "target_availability_zone": group.target_zone,
        "domain_id": group.domain_id,
        "domain_name": world.facts["domains"][group.domain_id]["name"],
        "priority_station": group.priority,
        "protected_instance_num": len(group.instances),
        "replication_num": len(group.pairs),
        "disaster_recovery_drill_num": len(group.drills),
        "protected_status": group.protected_status,
        "replication_status": replication,
        "health_status": health(world, group) if group.pairs or group.instances else None,
        "source_vpc_id": group.vpc_id,
        "target_vpc_id": group.vpc_id,
        "test_vpc_id": group.test_vpc_id,
        "dr_type": group.dr_type,
        "created_at": group_time(group.created),
        "updated_at": group_time(group.updated),
        "protection_type": "replication-pair",
        "replication_model": None,
        "server_type": "ECS",
    }


def narrowed(world: World, query: Query, things: Iterable[Member]) -> list[Member]:
    """What is left of `things` by name (fuzzy), status and availability_zone (production's)."""
    name, status, zone = query.get("name").lower(), query.get("status"), query.get("availability_zone")
    if name:
        things = [thing for thing in things if name in thing.name.lower()]
    if status:
        things = [thing for thing in things if thing.status == status]
    if zone:
        things = [thing for thing in things if _group_of(world, thing).production_zone == zone]
    return list(things)


def of_type(query: Query, things: list[Member]) -> list[Member]:
    """What is left of instances or pairs by query_type: status_abnormal, or general, which takes all."""
    query_type = query.get("query_type")
    if query_type not in ("", "general", "status_abnormal"):
        raise refused("SDRS.0201", "query_type: status_abnormal, general")
    return (
        [thing for thing in things if abnormal(thing.status)] if query_type == "status_abnormal" else things
    )


def _group_of(world: World, thing: Group | Instance | Pair) -> Group:
    return thing if isinstance(thing, Group) else world.groups[thing.group_id]


@routes("GET", PATH)
def list_protection_groups(call: IncomingCall) -> Answer:
    """Filters: status, name (fuzzy), query_type, availability_zone (the current production zone)."""
    query_type = call.query.get("query_type")
    groups = narrowed(call.world, call.query, call.world.groups.values())
    groups = [group for group in groups if _of_type(call.world, query_type, group)]
    page = call.query.page(groups)
    return ok({"server_groups": [shown(call.world, group) for group in page], "count": len(groups)})


def _of_type(world: World, query_type: str, group: Group) -> bool:
    if query_type == "status_abnormal":
        return health(world, group) == "abnormal"
    if query_type == "stop_protected":
        return group.protected_status != "started"
    if query_type == "period_no_dr_drill":
        return world.now - group.last_drill > MONTHS_3
    if query_type not in ("", "general"):
        raise refused("SDRS.0201", "query_type: status_abnormal, stop_protected, period_no_dr_drill, general")
    return True


@routes("GET", PATH + "/{group}")
def show_protection_group(call: IncomingCall) -> Answer:
    """One group."""
    return ok({"server_group": shown(call.world, find(call.world, call.path["group"]))})


@routes("PUT", PATH + "/{group}")
def update_protection_group_name(call: IncomingCall) -> Answer:
    """Rename a group."""
    group = find(call.world, call.path["group"])
    group.name = call.body().inner("server_group").name()
    group.updated = call.world.now
    return ok({"server_group": shown(call.world, group)})


@routes("POST", PATH)
def create_protection_group(call: IncomingCall) -> Answer:
    """A group between two zones of a domain, in one VPC. The group shows up as creating at once."""
    world, fields = call.world, call.body().inner("server_group")
    group = Group(
        world.new_id("group"),
        fields.name(),
        fields.text("source_availability_zone", code="SDRS.0203"),
        fields.text("target_availability_zone", code="SDRS.0203"),
        fields.text("domain_id", code="SDRS.0205"),
        fields.text("source_vpc_id", code="SDRS.0204"),
        fields.description(),
        "creating",
        created=world.now,
        last_drill=world.now,
    )
    if fields.text("dr_type", "migration") != "migration":
        raise refused("SDRS.0201", "dr_type must be migration")
    _check_new(world, group)
    world.groups[group.id] = group
    job = jobs.begin(
        world,
        "createProtectionGroupNoCG",
        15,
        touches=[("group", group.id)],
        moving="creating",
        entities={"server_group_id": group.id},
    )
    return jobs.accepted(job)


def _check_new(world: World, group: Group) -> None:
    domain = world.facts["domains"].get(group.domain_id)
    if domain is None:
        raise refused("SDRS.0205")
    zones = {group.source_zone, group.target_zone}
    if zones != set(domain["zones"]):
        raise refused("SDRS.0203", f"the domain joins {' and '.join(domain['zones'])}")
    if group.vpc_id not in world.vpcs:
        raise refused("SDRS.0204")
    if len(world.groups) >= world.quotas["server_groups"]:
        raise refused("SDRS.0305", f"the quota is {world.quotas['server_groups']}")


@jobs.ends("createProtectionGroupNoCG", code="SDRS.1014", failure_status="createFail")
def _created(world: World, job: Job) -> None:
    jobs.settle(world, job, "available")


@routes("DELETE", PATH + "/{group}")
def delete_protection_group(call: IncomingCall) -> Answer:
    """Delete an empty group."""
    world, group = call.world, find(call.world, call.path["group"])
    for members, code in (
        (group.instances, "SDRS.1001"),
        (group.pairs, "SDRS.1010"),
        (group.drills, "SDRS.1003"),
    ):
        if members:
            raise refused(code, f"{group.name} has {len(members)}")
    if group.status.endswith("ing") and not group.status.startswith("error-"):
        raise refused("SDRS.1002", f"{group.name} is {group.status}")
    job = jobs.begin(
        world,
        "deleteProtectionGroupNoCG",
        10,
        touches=[("group", group.id)],
        moving="deleting",
        entities={"server_group_id": group.id},
    )
    return jobs.accepted(job)


@jobs.ends("deleteProtectionGroupNoCG", code="SDRS.1016", failure_status="deleteFail")
def _deleted(world: World, job: Job) -> None:
    group = world.groups[job.touches[0][1]]
    if group.instances or group.pairs or group.drills:
        raise jobs.JobFailedError("SDRS.1016", "something was added to the group in the meantime")
    del world.groups[group.id]
