"""Protected instances: list, show, rename."""

from collections.abc import Iterable

from drkit.sandbox import groups, jobs, syncing
from drkit.sandbox.answers import Answer, group_time, ok, refused
from drkit.sandbox.reading import IncomingCall, Query
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Instance, Json
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/protected-instances"


def find(world: World, instance_id: str, code: str = "SDRS.1320") -> Instance:
    """An instance by its id, or the refusal that there is none."""
    if instance_id not in world.instances:
        raise refused(code, instance_id[:64])
    return world.instances[instance_id]


def need(instance: Instance, allowed: tuple[str, ...], code: str = "SDRS.1328") -> None:
    """Refuse unless the instance's status allows the call."""
    if instance.status not in allowed:
        raise refused(code, f"{instance.name} is {instance.status}, allowed: {', '.join(allowed)}")


def _progress(world: World, instance: Instance) -> int:
    if instance.status.endswith("ing"):
        for touch in (("instance", instance.id), ("group", instance.group_id)):
            if (job := jobs.busy(world, touch)) is not None:
                return jobs.progress(world, job)
    return min((syncing.state(world, world.pairs[id_])[1] for id_ in instance.devices), default=0)


def tags(instance: Instance) -> Json:
    """The tags of an instance as they go over the wire."""
    return [{"key": key, "value": value} for key, value in instance.tags.items()]


def shown(world: World, instance: Instance) -> Json:
    """An instance as it goes over the wire. source_server and target_server never swap."""
    return {
        "id": instance.id,
        "name": instance.name,
        "description": instance.description,
        "status": instance.status,
        "source_server": instance.source_server,
        "target_server": instance.target_server,
        "server_group_id": instance.group_id,
        "created_at": group_time(instance.created),
        "updated_at": group_time(instance.updated),
        "metadata": {"__system__frozen": "true"} if instance.frozen else {},
        "attachment": [{"replication": id_, "device": device} for id_, device in instance.devices.items()],
        "tags": tags(instance),
        "progress": _progress(world, instance),
        "priority_station": world.groups[instance.group_id].priority,
    }


@routes("GET", PATH)
def list_protected_instances(call: IncomingCall) -> Answer:
    """Filters: group (one or many), ids, name (fuzzy), status, query_type, availability_zone."""
    world, query = call.world, call.query
    found = groups.of_type(query, groups.narrowed(world, query, _within(world, query)))
    page = query.page(found)
    return ok({"protected_instances": [shown(world, instance) for instance in page], "count": len(found)})


def _within(world: World, query: Query) -> Iterable[Instance]:
    """The plural wins over the singular, and groups win over protected_instance_ids."""
    group_ids = query.one_or_many("server_group_id", "SDRS.0207")
    wanted = query.ids("protected_instance_ids", "SDRS.0208")
    if group_ids is not None:
        within = [world.groups[id_] for id_ in group_ids if id_ in world.groups]
        return [world.instances[id_] for group in within for id_ in group.instances]
    if wanted is not None:
        return [world.instances[id_] for id_ in wanted if id_ in world.instances]
    return world.instances.values()


@routes("GET", PATH + "/{instance}")
def show_protected_instance(call: IncomingCall) -> Answer:
    """One instance."""
    return ok({"protected_instance": shown(call.world, find(call.world, call.path["instance"]))})


@routes("PUT", PATH + "/{instance}")
def update_protected_instance_name(call: IncomingCall) -> Answer:
    """Rename an instance."""
    instance = find(call.world, call.path["instance"])
    instance.name = call.body().inner("protected_instance").name()
    instance.updated = call.world.now
    return ok({"protected_instance": shown(call.world, instance)})
