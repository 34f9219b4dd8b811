"""Making protected instances out of servers and taking the protection away, one by one or in batches."""

from drkit.sandbox import attaching, groups, instances, jobs, pairs, tags
from drkit.sandbox.answers import Answer, refused
from drkit.sandbox.nics import check_address
from drkit.sandbox.reading import IncomingCall, RequestFields
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Disk, Group, Instance, Job, Json, Nic, Server
from drkit.sandbox.world import World

routes = Routes()
PATH = instances.PATH
DELETABLE = (
    "available", "protected", "failed-over", "error", "error-starting", "error-stopping", "error-reversing",
    "error-failing-over", "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault",
)  # fmt: skip


@routes("POST", PATH)
def create_protected_instance(call: IncomingCall) -> Answer:
    """Protect a server: a stopped twin at the DR site, and an attached pair for each of its disks."""
    world, fields = call.world, call.body().inner("protected_instance")
    name = fields.name()
    group = _group(world, fields)
    server = _server(world, group, fields.id("server_id", code="SDRS.0210"))
    pairs.check_quota(world, len(server.disks))
    nic = _address(world, group, fields)
    instance = _add(world, group, server, name, fields)
    if nic is not None:
        world.servers[world.dr_server(instance)].nics = [nic]
    return jobs.accepted(_begin(world, "createProtectedInstanceNoCG", [instance]))


@routes("POST", PATH + "/batch")
def batch_create_protected_instances(call: IncomingCall) -> Answer:
    """Protect several servers: all of them, or none when one of them cannot be."""
    world, fields = call.world, call.body().inner("protected_instances")
    prefix, group = fields.name("name_prefix"), _group(world, fields)
    items = fields.items("servers")
    ids = [item.id("server_id", code="SDRS.0210") for item in items]
    if not ids or len(set(ids)) != len(ids):
        raise refused("SDRS.0201", "servers must name at least one server, and each once")
    servers = [_server(world, group, id_) for id_ in ids]
    pairs.check_quota(world, sum(len(server.disks) for server in servers))
    made = [
        _add(world, group, server, f"{prefix[:59]}-{number:04}", fields, item)
        for number, (server, item) in enumerate(zip(servers, items, strict=True), 1)
    ]
    return jobs.accepted(_begin(world, "batchCreateProtectedInstanceNoCG", made))


def _group(world: World, fields: RequestFields) -> Group:
    fields.description()
    _tags(fields)
    group = groups.find(world, fields.id("server_group_id", code="SDRS.0207"))
    groups.need(group, ("available", "protected"))
    return group


def _tags(fields: RequestFields) -> dict[str, str]:
    return tags.read(fields) if "tags" in fields else {}


def _server(world: World, group: Group, server_id: str) -> Server:
    """The server to protect, or the reason why it cannot be."""
    server = world.servers.get(server_id)
    if server is None:
        raise refused("SDRS.1326", server_id)
    if server.vpc_id != group.vpc_id:
        raise refused("SDRS.1304", server.name)
    if server.zone != group.production_zone:
        raise refused(
            "SDRS.1303", f"{server.name} is in {server.zone}, production in {group.production_zone}"
        )
    if any(server_id in (it.source_server, it.target_server) for it in world.instances.values()):
        raise refused("SDRS.1305", server.name)
    if server.status not in ("ACTIVE", "SHUTOFF"):
        raise refused("SDRS.1333", f"{server.name} is {server.status}")
    if server.root_device not in server.disks.values():
        raise refused("SDRS.1339" if server.disks else "SDRS.1321", server.name)
    for disk in _disks(world, server):
        if disk.shared:
            raise refused("SDRS.1806", f"{disk.name} is shared")
        pairs.check_disk(world, group, disk)
    return server


def _disks(world: World, server: Server) -> list[Disk]:
    return [world.disks[id_] for id_ in server.disks]


def _address(world: World, group: Group, fields: RequestFields) -> Nic | None:
    """The network card for the twin, when the caller wants it in a subnet of his own."""
    if "primary_subnet_id" not in fields and "primary_ip_address" not in fields:
        return None
    subnet, ip = check_address(
        world, group, fields.id("primary_subnet_id"), fields.text("primary_ip_address", "")
    )
    return Nic(world.new_id("nic"), subnet, ip, "fa:16:3e:" + world.digest("mac")[:6], ["default"], True)


def _add(
    world: World,
    group: Group,
    server: Server,
    name: str,
    fields: RequestFields,
    item: RequestFields | None = None,
) -> Instance:
    flavor = (item or fields).text("flavorRef", server.flavor)
    twin = Server(
        world.new_id("server"),
        server.name,
        group.dr_zone,
        group.vpc_id,
        server.hypervisor,
        flavor,
        "BUILD",
    )
    twin.created = twin.updated = world.now
    world.servers[twin.id] = twin
    ends = (server.id, twin.id) if group.priority == "source" else (twin.id, server.id)
    instance = Instance(world.new_id("instance"), name, group.id, *ends, fields.description(), "creating")
    instance.created = instance.updated = world.now
    instance.tags = _tags(fields)
    world.instances[instance.id] = instance
    group.instances.append(instance.id)
    return instance


def _begin(world: World, type_: str, made: list[Instance]) -> Job:
    touches = [("instance", instance.id) for instance in made]
    plan: list[list[str]] = []
    subs: list[tuple[str, dict[str, Json]]] = []
    for instance in made:
        group = world.groups[instance.group_id]
        server = world.servers[world.production_server(instance)]
        subs.append(("createProtectedInstanceSub", {"protected_instance_id": instance.id}))
        for disk in _disks(world, server):
            pair = pairs.add(world, group, disk, f"{instance.name[:50]}-{len(plan):04}")
            pair.size_as_text, pair.made_with = True, instance.id
            plan.append([instance.id, pair.id, server.disks[disk.id]])
            touches.append(("pair", pair.id))
            subs.append(("createReplicationPairSub", {"replication_pair_id": pair.id}))
    one: dict[str, Json] = {"protected_instance_id": made[0].id} if len(made) == 1 else {}
    work = {"group": made[0].group_id, "plan": plan, "twins": [world.dr_server(it) for it in made]}
    return jobs.begin(
        world,
        type_,
        90 + 10 * len(plan),
        touches=touches,
        moving="creating",
        entities=one,
        subs=subs,
        work=work,
    )


def _creation_failed(world: World, job: Job) -> None:
    for twin in _twins(world, job):
        twin.status = "ERROR"


def _twins(world: World, job: Job) -> list[Server]:
    """The servers at the DR site that are being made, as far as nobody has deleted them."""
    return [world.servers[id_] for id_ in job.work["twins"] if id_ in world.servers]


@jobs.ends(
    "createProtectedInstanceNoCG", code="SDRS.1350", failure_status="createFail", failed=_creation_failed
)
@jobs.ends(
    "batchCreateProtectedInstanceNoCG", code="SDRS.1350", failure_status="createFail", failed=_creation_failed
)
def _created(world: World, job: Job) -> None:
    jobs.settle(world, job)
    for instance_id, pair_id, device in job.work["plan"]:
        instance, pair = world.instances.get(instance_id), world.pairs.get(pair_id)
        if pair is not None:
            pairs.made(world, pair)
        if pair is not None and instance is not None:
            attaching.put_on(world, pair, instance, device)
    for twin in _twins(world, job):
        twin.status = "SHUTOFF"


@routes("DELETE", PATH + "/{instance}")
def delete_protected_instance(call: IncomingCall) -> Answer:
    """Take the protection off: pairs that came with the instance go, others become free; the DR server goes
    too when that is asked for.
    """
    world, fields = call.world, call.optional_body()
    instance = instances.find(world, call.path["instance"], code="SDRS.1301")
    _need_deletable(world, instance, with_server=fields.flag("delete_target_server"))
    fields.flag("delete_target_eip")
    return jobs.accepted(_begin_delete(world, "deleteProtectedInstanceNoCG", [instance], fields))


@routes("POST", PATH + "/delete")
def batch_delete_protected_instances(call: IncomingCall) -> Answer:
    """Take the protection off several instances: all of them, or none when one of them may not go."""
    world, fields = call.world, call.body()
    ids = dict.fromkeys(item.id("id", code="SDRS.0208") for item in fields.items("protected_instances"))
    if not ids:
        raise refused("SDRS.0201", "protected_instances must name at least one instance")
    found = [instances.find(world, id_, code="SDRS.1301") for id_ in ids]
    fields.flag("delete_target_eip")
    for instance in found:
        _need_deletable(world, instance, with_server=fields.flag("delete_target_server"))
    return jobs.accepted(_begin_delete(world, "batchDeleteProtectedInstanceNoCG", found, fields))


def _need_deletable(world: World, instance: Instance, *, with_server: bool) -> None:
    instances.need(instance, DELETABLE, code="SDRS.1301")
    if with_server and world.groups[instance.group_id].priority == "target":
        raise refused("SDRS.1330", f"production of {instance.name} is at the target site")


def _begin_delete(world: World, type_: str, instances: list[Instance], fields: RequestFields) -> Job:
    one: dict[str, Json] = {"protected_instance_id": instances[0].id} if len(instances) == 1 else {}
    many = [("deleteProtectedInstanceSub", {"protected_instance_id": it.id}) for it in instances]
    return jobs.begin(
        world,
        type_,
        25 + 10 * len(instances),
        touches=[("instance", instance.id) for instance in instances],
        moving="deleting",
        entities=one,
        subs=many if len(instances) > 1 else (),
        work={"group": instances[0].group_id, "with_server": fields.flag("delete_target_server")},
    )


@jobs.ends("deleteProtectedInstanceNoCG", code="SDRS.1351", failure_status="deleteFail")
@jobs.ends("batchDeleteProtectedInstanceNoCG", code="SDRS.1351", failure_status="deleteFail")
def _deleted(world: World, job: Job) -> None:
    for instance in [world.instances.pop(id_) for _, id_ in job.touches if id_ in world.instances]:
        group = world.groups[instance.group_id]
        group.instances.remove(instance.id)
        for pair in [world.pairs[id_] for id_ in group.pairs]:
            world.part(instance, pair)
            if pair.made_with == instance.id:
                pairs.drop(world, pair)
        if job.work["with_server"] and instance.target_server in world.servers:
            world.drop_server(world.servers[instance.target_server])
