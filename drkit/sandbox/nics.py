"""Network cards of an instance, and its size (flavor)."""

import ipaddress

from drkit.sandbox import groups, instances, jobs
from drkit.sandbox.answers import Answer, refused
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Group, Job, Nic, Server
from drkit.sandbox.world import World

routes = Routes()
PATH = instances.PATH + "/{instance}"
AT_REST = ("available", "protected")
MOST_NICS = 12


def _production(world: World, instance_id: str) -> Server:
    instance = instances.find(world, instance_id)
    groups.need(world.groups[instance.group_id], AT_REST)
    instances.need(instance, AT_REST, code="SDRS.1327")
    server = world.servers.get(world.production_server(instance))
    if server is None:
        raise refused("SDRS.1326", f"the production server of {instance.name} is gone")
    return server


def check_address(world: World, group: Group, subnet_id: str, ip: str) -> tuple[str, str]:
    """The subnet and the address asked for, or the next free one; refused when it cannot be had."""
    cidr = world.vpcs[group.vpc_id].subnets.get(subnet_id)
    if cidr is None:
        raise refused("SDRS.1335", f"{subnet_id} is no subnet of the group's VPC")
    network = ipaddress.IPv4Network(cidr)
    used = {nic.ip for server in world.servers.values() for nic in server.nics}
    if not ip:
        free = (
            str(host) for number, host in enumerate(network.hosts()) if number > 1 and str(host) not in used
        )
        if not (ip := next(free, "")):
            raise refused("SDRS.1334", f"{cidr} is full")
    try:
        inside = ipaddress.IPv4Address(ip) in network
    except ValueError:
        inside = False
    if not inside:
        raise refused("SDRS.0219", f"{ip} is no address in {cidr}")
    if ip in used:
        raise refused("SDRS.1334", ip)
    return subnet_id, ip


@routes("POST", PATH + "/nic")
def add_protected_instance_nic(call: IncomingCall) -> Answer:
    """Add a network card; the address is the next free one unless it is given."""
    world, fields = call.world, call.body()
    server = _production(world, call.path["instance"])
    instance = world.instances[call.path["instance"]]
    fields = fields.inner("nic") if "nic" in fields else fields
    subnet, ip = check_address(
        world, world.groups[instance.group_id], fields.id("subnet_id"), fields.text("ip_address", "")
    )
    sets = [item.id("id") for item in fields.items("security_groups")] if "security_groups" in fields else []
    if len(server.nics) >= MOST_NICS:
        raise refused("SDRS.1340", f"{server.name} has {len(server.nics)}")
    mac = "fa:16:3e:" + ":".join(world.digest("mac")[at : at + 2] for at in (0, 2, 4))
    nic = Nic(world.new_id("nic"), subnet, ip, mac, sets or ["default"])
    server.nics.append(nic)
    return jobs.accepted(_begin(world, "addNicNew", instance.id, nic.id))


def _begin(world: World, type_: str, instance_id: str, nic_id: str) -> Job:
    return jobs.begin(
        world,
        type_,
        25,
        touches=[("instance", instance_id)],
        entities={"protected_instance_id": instance_id, "nic_id": nic_id},
        work={"nic": nic_id},
    )


def _drop(world: World, job: Job) -> None:
    instance = world.instances.get(job.touches[0][1])
    for server in world.servers_of(instance) if instance else []:
        server.nics = [nic for nic in server.nics if nic.id != job.work["nic"]]


@jobs.ends("addNicNew", code="SDRS.1312", failed=_drop)
def _added(_world: World, _job: Job) -> None:
    """The card was put in place when the job began, so that its address is not given out twice."""


@routes("POST", PATH + "/nic/delete")
def delete_protected_instance_nic(call: IncomingCall) -> Answer:
    """Remove a network card that is not the primary one."""
    world, fields = call.world, call.body()
    server = _production(world, call.path["instance"])
    nic_id = fields.id("nic_id", code="SDRS.0223")
    nic = next((nic for nic in server.nics if nic.id == nic_id), None)
    if nic is None:
        raise refused("SDRS.1310", nic_id)
    if nic.primary:
        raise refused("SDRS.1311", nic.ip)
    return jobs.accepted(_begin(world, "deleteNicNew", call.path["instance"], nic.id))


@jobs.ends("deleteNicNew", code="SDRS.1313")
def _removed(world: World, job: Job) -> None:
    _drop(world, job)


@routes("POST", PATH + "/resize")
def resize_protected_instance(call: IncomingCall) -> Answer:
    """Give one or both servers another flavor. flavorRef is for both and wins over the other two."""
    world, instance = call.world, instances.find(call.world, call.path["instance"])
    fields = call.body().inner("resize")
    both = fields.text("flavorRef", "")
    wanted = {
        world.production_server(instance): both or fields.text("production_flavorRef", ""),
        world.dr_server(instance): both or fields.text("dr_flavorRef", ""),
    }
    wanted = {server_id: flavor for server_id, flavor in wanted.items() if flavor}
    for key in ("production_dedicated_host_id", "dr_dedicated_host_id"):
        fields.text(key, "")
    if not wanted:
        raise refused("SDRS.0201", "flavorRef, production_flavorRef or dr_flavorRef must be given")
    groups.need(world.groups[instance.group_id], AT_REST)
    instances.need(instance, (*AT_REST, "error-resizing"))
    _check_flavors(world, wanted, world.dr_server(instance))
    job = jobs.begin(
        world,
        "resizeProtectedInstanceNew",
        45,
        touches=[("instance", instance.id)],
        moving="resizing",
        entities={"protected_instance_id": instance.id},
        work={"group": instance.group_id, "flavors": wanted},
    )
    return jobs.accepted(job)


def _check_flavors(world: World, wanted: dict[str, str], dr_server: str) -> None:
    servers = [world.servers[id_] for id_ in wanted if id_ in world.servers]
    for server in servers:
        if server.status != "SHUTOFF":
            code = "SDRS.1342" if server.id == dr_server else "SDRS.1316"
            raise refused(code, f"{server.name} is {server.status}")
    if all(server.flavor == wanted[server.id] for server in servers):
        raise refused("SDRS.1341", ", ".join(sorted(set(wanted.values()))))


@jobs.ends("resizeProtectedInstanceNew", code="SDRS.1329", failure_status="resizeFail")
def _resized(world: World, job: Job) -> None:
    for server_id, flavor in job.work["flavors"].items():
        if server_id in world.servers:
            world.servers[server_id].flavor = flavor
    jobs.settle(world, job)
