"""DR drills: servers in a drill VPC from snapshots of the DR site's disks; production is left alone."""

import uuid

from drkit.sandbox import groups, jobs, syncing
from drkit.sandbox.answers import Answer, group_time, ok, refused
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Disk, Drill, Group, Instance, Job, Json, Nic, Server, Vpc
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/disaster-recovery-drills"
GROUP = (
    "available", "protected", "failed-over",
    "error-starting", "error-stopping", "error-reversing", "error-reprotecting", "error-failing-over",
)  # fmt: skip


def find(world: World, drill_id: str, code: str = "SDRS.1902") -> Drill:
    """A drill by its id, or the refusal that there is none."""
    if drill_id not in world.drills:
        raise refused(code, drill_id[:64])
    return world.drills[drill_id]


def shown(drill: Drill) -> Json:
    """A drill as it goes over the wire."""
    return {
        "id": drill.id,
        "name": drill.name,
        "status": drill.status,
        "drill_vpc_id": drill.vpc_id,
        "created_at": group_time(drill.created),
        "updated_at": group_time(drill.updated),
        "server_group_id": drill.group_id,
        "drill_servers": [
            {"protected_instance": instance, "drill_server_id": server}
            for instance, server in drill.servers.items()
        ],
    }


@routes("GET", PATH)
def list_disaster_recovery_drills(call: IncomingCall) -> Answer:
    """Filters: server_group_id, name (fuzzy), status, drill_vpc_id."""
    query = call.query
    group, status, vpc = (query.get(key) for key in ("server_group_id", "status", "drill_vpc_id"))
    found = [
        drill
        for drill in call.world.drills.values()
        if query.get("name").lower() in drill.name.lower()
        and group in ("", drill.group_id)
        and status in ("", drill.status)
        and vpc in ("", drill.vpc_id)
    ]
    page = query.page(found)
    return ok({"disaster_recovery_drills": [shown(drill) for drill in page], "count": len(found)})


@routes("GET", PATH + "/{drill}")
def show_disaster_recovery_drill(call: IncomingCall) -> Answer:
    """One drill."""
    return ok({"disaster_recovery_drill": shown(find(call.world, call.path["drill"]))})


@routes("PUT", PATH + "/{drill}")
def update_disaster_recovery_drill_name(call: IncomingCall) -> Answer:
    """Rename a drill."""
    drill = find(call.world, call.path["drill"])
    drill.name = call.body().inner("disaster_recovery_drill").name()
    drill.updated = call.world.now
    return ok({"disaster_recovery_drill": shown(drill)})


@routes("POST", PATH)
def create_disaster_recovery_drill(call: IncomingCall) -> Answer:
    """A drill of a group, in the VPC given or in one that is made for it."""
    world, fields = call.world, call.body().inner("disaster_recovery_drill")
    name = fields.name()
    group = groups.find(world, fields.id("server_group_id", code="SDRS.0207"))
    vpc_id = fields.text("drill_vpc_id", "", code="SDRS.0204", most=64)
    groups.need(group, GROUP)
    groups.need_servers(world, group)
    quota = world.quotas.get("disaster_recovery_drills")  # a world saved by an earlier drkit has none
    if quota is not None and len(world.drills) >= quota:
        raise refused("SDRS.1922", f"the quota is {quota}")
    vpc = _check_vpc(world, group, vpc_id) if vpc_id else _make_vpc(world, group)
    drill = Drill(world.new_id("drill"), name, group.id, vpc.id, created=world.now, updated=world.now)
    world.drills[drill.id] = drill
    group.drills.append(drill.id)
    group.test_vpc_id = vpc.id
    job = jobs.begin(
        world,
        "createDisasterRecoveryDrill",
        150 + 15 * min(len(group.instances), 20),
        touches=[("drill", drill.id)],
        moving="creating",
        entities={"disaster_recovery_drill_id": drill.id},
        work={"group": group.id},
    )
    return jobs.accepted(job)


def _check_vpc(world: World, group: Group, vpc_id: str) -> Vpc:
    if vpc_id == group.vpc_id:
        raise refused("SDRS.1907")
    vpc = world.vpcs.get(vpc_id)
    if vpc is None:
        raise refused("SDRS.1928", vpc_id)
    if not vpc.subnets:
        raise refused("SDRS.1908", vpc.name)
    if vpc.cidr != world.vpcs[group.vpc_id].cidr:
        raise refused("SDRS.1909", f"{vpc.name} has {vpc.cidr}")
    if any(drill.vpc_id == vpc_id for drill in world.drills.values()):
        raise refused("SDRS.1921", vpc.name)
    return vpc


def _make_vpc(world: World, group: Group) -> Vpc:
    like = world.vpcs[group.vpc_id]
    subnets = {world.new_id("subnet"): cidr for cidr in like.subnets.values()}
    vpc = Vpc(world.new_id("vpc"), f"vpc-drill-{group.name}", like.cidr, subnets)
    vpc.created = world.now
    world.vpcs[vpc.id] = vpc
    return vpc


@jobs.ends("createDisasterRecoveryDrill", code="SDRS.1922", failure_status="createFail")
def _created(world: World, job: Job) -> None:
    drill = world.drills[job.touches[0][1]]
    group = world.groups[drill.group_id]
    for id_ in group.instances:
        instance = world.instances[id_]
        like = world.servers.get(world.dr_server(instance))
        if like is not None and instance.status not in ("creating", "deleting", "error", "invalid"):
            drill.servers[id_] = _boot(world, drill, instance, like).id
    group.last_drill = drill.updated = world.now
    drill.status = "available"


def _boot(world: World, drill: Drill, instance: Instance, like: Server) -> Server:
    """A drill server. It does not boot from a disk whose first synchronisation is not complete."""
    group = world.groups[drill.group_id]
    server = Server(
        world.new_id("server"),
        f"{instance.name}-drill",
        group.dr_zone,
        drill.vpc_id,
        like.hypervisor,
        like.flavor,
    )
    server.created = server.updated = world.now
    pairs = [world.pairs[id_] for id_ in instance.devices]
    if syncing.copying(world, pairs) or group.dr_zone in world.dark:
        server.status = "ERROR"
    world.servers[server.id] = server
    production = world.servers.get(world.production_server(instance), like)
    server.nics = _cards(world, server, like if like.nics else production)
    for pair in pairs:
        _snapshot(world, pair.name, pair.size, server, pair.devices[instance.id])
    return server


def _cards(world: World, server: Server, like: Server) -> list[Nic]:
    """The same addresses as production's, in the network of the drill; no public one leads there."""
    subnets = list(world.vpcs[server.vpc_id].subnets)
    return [
        Nic(
            str(uuid.uuid5(uuid.NAMESPACE_OID, f"{server.id}:{number}")),
            subnets[min(number, len(subnets) - 1)],
            nic.ip,
            nic.mac,
            list(nic.security_groups),
            nic.primary,
        )
        for number, nic in enumerate(like.nics)
    ]


def _snapshot(world: World, name: str, size: int, server: Server, device: str) -> None:
    disk = Disk(world.new_id("disk"), f"{name}-drill", server.zone, size, bootable=device.endswith("da"))
    disk.created = disk.updated = world.now
    world.disks[disk.id] = disk
    world.attach_disk(server, disk, device)


@routes("DELETE", PATH + "/{drill}")
def delete_disaster_recovery_drill(call: IncomingCall) -> Answer:
    """Delete a drill with its servers, their disks and network cards; the drill VPC stays."""
    world, drill = call.world, find(call.world, call.path["drill"], code="SDRS.1913")
    if drill.status not in ("available", "error", "error-deleting"):
        raise refused("SDRS.1913", f"{drill.name} is {drill.status}")
    job = jobs.begin(
        world,
        "deleteDisasterRecoveryDrill",
        60,
        touches=[("drill", drill.id)],
        moving="deleting",
        entities={"disaster_recovery_drill_id": drill.id},
        work={"group": drill.group_id},
    )
    return jobs.accepted(job)


@jobs.ends("deleteDisasterRecoveryDrill", code="SDRS.1923", failure_status="deleteFail")
def _deleted(world: World, job: Job) -> None:
    drill = world.drills.pop(job.touches[0][1])
    world.groups[drill.group_id].drills.remove(drill.id)
    for server in [world.servers[id_] for id_ in drill.servers.values() if id_ in world.servers]:
        for disk_id in list(server.disks):
            world.drop_disk(world.disks[disk_id])
        world.drop_server(server)
