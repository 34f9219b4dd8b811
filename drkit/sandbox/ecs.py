"""The neighbour ECS: servers, their block devices, and starting, stopping and deleting them as jobs."""

from collections.abc import Callable, Iterator
from functools import wraps

from drkit.sandbox import evs, jobs, switching
from drkit.sandbox.answers import Answer, RefusalError, neighbour, ok, server_time
from drkit.sandbox.attaching import SLOTS
from drkit.sandbox.reading import INVALID, IncomingCall, RequestFields, whole
from drkit.sandbox.routes import Handler, Routes
from drkit.sandbox.things import Job, Json, Nic, Server
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/cloudservers"
FLAVORS = {
    "s3.large.2": ("2", "4096"), "s3.xlarge.2": ("4", "8192"), "s3.2xlarge.2": ("8", "16384"),
    "m3.large.8": ("2", "16384"), "m3.xlarge.8": ("4", "32768"),
    "s1.medium": ("1", "4096"), "s1.large": ("2", "8192"),
}  # fmt: skip
"""Flavors: name -> (vcpus, RAM in MiB). The s1 family runs on Xen, the others on KVM."""


def find(world: World, server_id: str) -> Server:
    """A server by its id; ECS answers 404 when there is none."""
    if server_id not in world.servers:
        raise neighbour(404, "Ecs.0114", f"Instance[{server_id[:64]}] could not be found.")
    return world.servers[server_id]


def shown(world: World, server: Server) -> Json:
    """A server as it goes over the wire."""
    vcpus, ram = world.facts.get("flavors", {}).get(server.flavor) or FLAVORS.get(
        server.flavor, ("2", "4096")
    )
    power = {"ACTIVE": 1, "SHUTOFF": 4}.get(server.status, 0)
    return {
        "id": server.id,
        "name": server.name,
        "status": server.status,
        "flavor": {"id": server.flavor, "name": server.flavor, "vcpus": vcpus, "ram": ram, "disk": "0"},
        "image": {"id": "practice-linux"},
        "metadata": {
            "vpc_id": server.vpc_id, "os_type": "Linux", "os_bit": "64", "image_name": "practice-linux",
            "charging_mode": "0", "EcmResStatus": "",
        },
        "addresses": {server.vpc_id: [it for nic in server.nics for it in _addresses(nic)]},
        "OS-EXT-AZ:availability_zone": server.zone,
        "OS-EXT-STS:vm_state": {"ACTIVE": "active", "SHUTOFF": "stopped"}.get(server.status, "error"),
        "OS-EXT-STS:power_state": power,
        "OS-EXT-STS:task_state": server.task or None,
        "OS-EXT-SRV-ATTR:root_device_name": server.root_device,
        "OS-EXT-SRV-ATTR:instance_name": f"instance-{server.id[:8]}",
        "os-extended-volumes:volumes_attached": [
            {"id": id_, "bootIndex": _boot_index(device), "device": device, "delete_on_termination": "false"}
            for id_, device in server.disks.items()
        ],
        "security_groups": [{"id": id_, "name": id_} for id_ in _security_groups(server)],
        "tags": [f"{key}={value}" for key, value in server.tags.items()],
        "created": server_time(server.created),
        "updated": server_time(server.updated),
    }  # fmt: skip


def _security_groups(server: Server) -> list[str]:
    return server.nics[0].security_groups if server.nics else []


def _addresses(nic: Nic) -> Iterator[Json]:
    for address, kind in ((nic.ip, "fixed"), *((it, "floating") for it in nic.floating)):
        yield {
            "addr": address, "version": "4", "OS-EXT-IPS-MAC:mac_addr": nic.mac,
            "OS-EXT-IPS:type": kind, "OS-EXT-IPS:port_id": nic.id,
        }  # fmt: skip


def _boot_index(device: str) -> str:
    return "0" if device.endswith("da") else "-1"


@routes("GET", PATH + "/detail")
def list_servers(call: IncomingCall) -> Answer:
    """Servers by name (fuzzy) and status. offset is a page number from 1; limit is 25 unless given."""
    query = call.query
    limit, number = whole(query.get("limit") or "25"), whole(query.get("offset") or "1")
    if limit is None or limit > 1000 or number is None:
        raise neighbour(400, "Ecs.0005", "Request body parameter is invalid: limit 0..1000, offset from 1.")
    name, status = query.get("name").lower(), query.get("status")
    found = [
        server
        for server in call.world.servers.values()
        if name in server.name.lower() and status in ("", server.status)
    ]
    start = (max(number, 1) - 1) * limit
    servers = [shown(call.world, server) for server in found[start : start + limit]]
    return ok({"servers": servers, "count": len(found)})


@routes("GET", PATH + "/{server}")
def show_server(call: IncomingCall) -> Answer:
    """One server."""
    return ok({"server": shown(call.world, find(call.world, call.path["server"]))})


@routes("GET", PATH + "/{server}/block_device")
def list_block_devices(call: IncomingCall) -> Answer:
    """Every disk on a server, those that SDRS does not know too, and how many more fit."""
    world, server = call.world, find(call.world, call.path["server"])
    free = max(0, SLOTS - len(server.disks))
    bus = "scsi" if server.hypervisor == "xen" else "virtio"
    found = [
        {
            "id": disk_id, "volumeId": disk_id, "serverId": server.id, "device": device, "bus": bus,
            "bootIndex": int(_boot_index(device)), "size": world.disks[disk_id].size,
            "pciAddress": f"0000:02:{number:02x}.0",
        }
        for number, (disk_id, device) in enumerate(server.disks.items(), 1)
    ]  # fmt: skip
    quantity = {"free_scsi": free, "free_blk": free, "free_disk": free}
    return ok({"volumeAttachments": found, "attachableQuantity": quantity})


def _in_its_own_words(handler: Handler) -> Handler:
    """What is wrong with a body, ECS says with a code of its own."""

    @wraps(handler)
    def handle(call: IncomingCall) -> Answer:
        try:
            return handler(call)
        except RefusalError as error:
            if error.code != INVALID:
                raise
            raise neighbour(400, "Ecs.0005", error.body["error"]["message"]) from None

    return handle


@routes("POST", PATH + "/action", names={b'"os-start"': "start_servers", b'"os-stop"': "stop_servers"})
@_in_its_own_words
def act_on_servers(call: IncomingCall) -> Answer:
    """os-start, os-stop (SOFT or HARD): one job for all the servers named."""
    world, body = call.world, call.body()
    if len(body.values) != 1 or not body.values.keys() <= {"os-start", "os-stop"}:
        raise neighbour(400, "Ecs.0005", "The action must be os-start or os-stop.")
    ((action, _),) = body.values.items()
    fields = body.inner(action)
    if action == "os-start":
        return _begin(world, "startServer", _named(world, fields), 25, "powering-on")
    kind = fields.text("type", "SOFT").upper()
    if kind not in ("SOFT", "HARD"):
        raise neighbour(400, "Ecs.0005", "The type must be SOFT or HARD.")
    return _begin(world, "stopServer", _named(world, fields), 30 if kind == "SOFT" else 8, "powering-off")


@routes("POST", PATH + "/delete")
@_in_its_own_words
def delete_servers(call: IncomingCall) -> Answer:
    """Delete servers, behind the back of SDRS: a protected instance that loses one becomes invalid."""
    world, fields = call.world, call.body()
    fields.flag("delete_publicip")
    work = {"with_disks": fields.flag("delete_volume")}
    return _begin(world, "deleteServer", _named(world, fields), 20, "deleting", work)


def _named(world: World, fields: RequestFields) -> list[Server]:
    ids = list(dict.fromkeys(item.id("id") for item in fields.items("servers")))
    if not 1 <= len(ids) <= 1000:
        raise neighbour(400, "Ecs.0005", "servers must name 1 to 1000 servers.")
    return [find(world, id_) for id_ in ids]


def _begin(
    world: World, type_: str, found: list[Server], seconds: float, task: str, work: Json = None
) -> Answer:
    for server in found:
        server.task = task
    ids = [server.id for server in found]
    many = [(type_, {"server_id": id_}) for id_ in ids] if len(ids) > 1 else []
    one: dict[str, Json] = {"server_id": ids[0]} if len(ids) == 1 else {}
    work = {"servers": ids} | (work or {})
    job = jobs.begin(world, type_, seconds, touches=[], entities=one, subs=many, work=work, service="ecs")
    return jobs.accepted(job)


def _each(world: World, job: Job, act: Callable[[World, Server], str]) -> None:
    """Act on each server; those that cannot be acted on fail on their own, and the job with them."""
    reasons = []
    for number, id_ in enumerate(job.work["servers"]):
        server = world.servers.get(id_)
        reason = act(world, server) if server else f"Instance[{id_}] could not be found."
        if server is not None:
            server.task, server.updated = "", world.now
        if reason:
            reasons.append(reason)
        if job.subs:
            _close_sub(world, world.jobs[job.subs[number]], reason)
    if reasons:
        raise jobs.JobFailedError("Ecs.0219", reasons[0])


def _close_sub(world: World, sub: Job, reason: str) -> None:
    sub.status, sub.end = ("FAIL" if reason else "SUCCESS"), world.now
    if reason:
        sub.error_code, sub.fail_reason = "Ecs.0219", reason


def _calm(world: World, job: Job) -> None:
    for id_ in job.work["servers"]:
        if id_ in world.servers:
            world.servers[id_].task = ""


@jobs.ends("startServer", code="Ecs.0219", failed=_calm)
def _started(world: World, job: Job) -> None:
    _each(world, job, _start)


def _start(world: World, server: Server) -> str:
    if server.zone in world.dark:
        return f"{server.name} cannot be reached."
    if server.fenced:
        return f"{server.name} cannot start: {server.fenced}."
    if server.status not in ("ACTIVE", "SHUTOFF"):
        return f"{server.name} is {server.status}."
    server.status = "ACTIVE"
    switching.server_started(world, server)
    return ""


@jobs.ends("stopServer", code="Ecs.0219", failed=_calm)
def _stopped(world: World, job: Job) -> None:
    _each(world, job, _stop)


def _stop(world: World, server: Server) -> str:
    if server.zone in world.dark:
        return f"{server.name} cannot be reached."
    if server.status not in ("ACTIVE", "SHUTOFF"):
        return f"{server.name} is {server.status}."
    server.status = "SHUTOFF"
    return ""


@jobs.ends("deleteServer", code="Ecs.0219", failed=_calm)
def _gone(world: World, job: Job) -> None:
    with_disks = job.work["with_disks"]
    _each(world, job, lambda world, server: delete(world, server, with_disks=with_disks))


def delete(world: World, server: Server, *, with_disks: bool = False) -> str:
    """The server is gone; a protected instance that it belonged to is invalid."""
    disks = [world.disks[id_] for id_ in server.disks]
    world.drop_server(server)
    for disk in disks if with_disks else []:
        evs.forget(world, disk)
    for instance in world.instances.values():
        if server.id in (instance.source_server, instance.target_server):
            instance.status, instance.updated = "invalid", world.now
    return ""
