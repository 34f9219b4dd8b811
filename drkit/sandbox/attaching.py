"""Attaching pairs to instances and detaching them: constraints, device names, effects."""

import re

from drkit.sandbox import groups, instances, jobs, pairs
from drkit.sandbox.answers import Answer, refused
from drkit.sandbox.reading import IncomingCall
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Instance, Job, Pair
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/protected-instances/{instance}"
SLOTS = 24
ATTACHABLE = ("available", "protected")
DETACH_GROUP = (
    "available", "protected", "failed-over",
    "error-starting", "error-stopping", "error-reversing", "error-failing-over",
)  # fmt: skip
DETACH_INSTANCE = (
    *DETACH_GROUP, "error-deleting", "error-reprotecting", "error-resizing", "invalid", "fault",
)  # fmt: skip
DETACH_PAIR = (
    *DETACH_GROUP, "error-attaching", "error-detaching",
    "error-deleting", "error-reprotecting", "error-extending", "invalid", "fault",
)  # fmt: skip


@routes("POST", PATH + "/attachreplication")
def attach_protected_instance_replication(call: IncomingCall) -> Answer:
    """Attach both disks of a pair to both servers of an instance, under one device name."""
    world, instance = call.world, instances.find(call.world, call.path["instance"])
    fields = call.body().inner("replicationAttachment")
    pair = pairs.find(world, fields.id("replication_id", code="SDRS.0213"))
    device = fields.text("device", most=64)
    groups.need(world.groups[instance.group_id], ATTACHABLE)
    instances.need(instance, ATTACHABLE)
    _check_pair(instance, pair)
    device = _check_device(world, instance, pair, device)
    job = jobs.begin(
        world,
        "attachReplicationPairNew",
        20,
        touches=[("pair", pair.id)],
        moving="attaching",
        entities={"protected_instance_id": instance.id, "replication_pair_id": pair.id},
        work={"instance": instance.id, "device": device, "group": instance.group_id},
    )
    return jobs.accepted(job)


def _check_pair(instance: Instance, pair: Pair) -> None:
    if instance.frozen:
        raise refused("SDRS.0225", f"{instance.name} is frozen")
    if pair.group_id != instance.group_id:
        raise refused("SDRS.1611", f"{pair.name} and {instance.name} are in different groups")
    if pair.devices and (not pair.shared or instance.id in pair.devices):
        raise refused("SDRS.1605", pair.name)
    pairs.need(pair, ATTACHABLE)


def _check_device(world: World, instance: Instance, pair: Pair, device: str) -> str:
    """The device name that the service will use; refused when it has the wrong form or is taken."""
    servers = world.servers_of(instance)
    hypervisor = servers[0].hypervisor if servers else "kvm"
    letters = "a-z" if hypervisor == "xen" else "a-x"
    if not re.fullmatch(rf"/dev/[sv]d[{letters}]", device):
        raise refused("SDRS.0201", "device must be /dev/sdX or /dev/vdX, X one letter that the server has")
    device = servers[0].rewritten(device) if servers else device
    if device in taken(world, instance):
        raise refused("SDRS.1603", f"{device} is in use on {instance.name}")
    if pair.bootable != device.endswith("a"):
        raise refused("SDRS.0201", "the system disk goes to letter a, and nothing else does")
    if any(len(server.disks) + len(_in_flight(world, instance.id)) >= SLOTS for server in servers):
        raise refused("SDRS.1807", f"{instance.name} has no free device left")
    return device


def taken(world: World, instance: Instance) -> set[str]:
    """The device names that are gone: attached, attaching, or used by any disk on either server."""
    names = set(instance.devices.values()) | set(_in_flight(world, instance.id))
    for server in world.servers_of(instance):
        names |= set(server.disks.values())
    return names


def _in_flight(world: World, instance_id: str) -> list[str]:
    attaching = [job for job in jobs.running(world) if job.type == "attachReplicationPairNew"]
    return [job.work["device"] for job in attaching if job.work["instance"] == instance_id]


def put_on(world: World, pair: Pair, instance: Instance, device: str, *, both: bool = True) -> None:
    """Attach a pair to an instance: the entry on both sides, and the disks to the servers of their zones."""
    world.join(instance, pair, device)
    ends = [(pair.source_disk, instance.source_server), (pair.target_disk, instance.target_server)]
    if not both:
        ends = [end for end in ends if end[0] == world.production_disk(pair)]
    for disk_id, server_id in ends:
        disk, server = world.disks.get(disk_id), world.servers.get(server_id)
        if disk is not None and server is not None and (disk.shared or disk.servers.keys() <= {server_id}):
            world.attach_disk(server, disk, device)


def take_off(world: World, pair: Pair, instance: Instance) -> None:
    """Detach a pair from an instance, the reverse of `put_on`."""
    world.part(instance, pair)
    pair.made_with = ""
    for disk in world.disks_of(pair):
        for server in world.servers_of(instance):
            world.detach_disk(server, disk)


def _attach_failed(world: World, job: Job) -> None:
    """A failed attach leaves the entry and the production side, for a detach to clean up."""
    instance, pair = world.instances.get(job.work["instance"]), world.pairs.get(job.touches[0][1])
    if instance is not None and pair is not None:
        put_on(world, pair, instance, job.work["device"], both=False)


@jobs.ends("attachReplicationPairNew", code="SDRS.1821", failure_status="attachFail", failed=_attach_failed)
def _attached(world: World, job: Job) -> None:
    instance, pair = world.instances.get(job.work["instance"]), world.pairs[job.touches[0][1]]
    if instance is None:
        raise jobs.JobFailedError("SDRS.1821", "the protected instance was deleted in the meantime")
    _need_light(world, instance, "SDRS.1807")
    elsewhere = [disk.name for disk in world.disks_of(pair) if disk.servers and not disk.shared]
    if elsewhere:
        raise jobs.JobFailedError("SDRS.1807", f"{elsewhere[0]} is attached to another server")
    device = job.work["device"]
    if job.work.get("ignored"):
        gone = taken(world, instance)
        free = (f"{device[:-1]}{letter}" for letter in "bcdefghijklmnopqrstuvwx")
        device = next((name for name in free if name not in gone), device)
    put_on(world, pair, instance, device)
    jobs.settle(world, job)


def _need_light(world: World, instance: Instance, code: str) -> None:
    for server in world.servers_of(instance):
        if server.zone in world.dark:
            raise jobs.JobFailedError(code, f"{server.name} cannot be reached")


@routes("DELETE", PATH + "/detachreplication/{pair}")
def detach_protected_instance_replication(call: IncomingCall) -> Answer:
    """Detach both disks of a pair from both servers of an instance."""
    world, instance = call.world, instances.find(call.world, call.path["instance"])
    pair = pairs.find(world, call.path["pair"])
    groups.need(world.groups[instance.group_id], DETACH_GROUP)
    instances.need(instance, DETACH_INSTANCE)
    if instance.id not in pair.devices:
        raise refused("SDRS.1604", f"{pair.name} is not attached to {instance.name}")
    pairs.need(pair, DETACH_PAIR)
    _check_system_disk(world, instance, pair)
    job = jobs.begin(
        world,
        "detachReplicationPairNew",
        15,
        touches=[("pair", pair.id)],
        moving="detaching",
        entities={"protected_instance_id": instance.id, "replication_pair_id": pair.id},
        work={"instance": instance.id, "group": instance.group_id},
    )
    return jobs.accepted(job)


def _check_system_disk(world: World, instance: Instance, pair: Pair) -> None:
    server = world.servers.get(world.production_server(instance))
    if pair.devices[instance.id].endswith("da") and server is not None and server.status != "SHUTOFF":
        raise refused("SDRS.1316", f"{pair.name} is the system disk and {server.name} is {server.status}")


@jobs.ends("detachReplicationPairNew", code="SDRS.1822", failure_status="detachFail")
def _detached(world: World, job: Job) -> None:
    instance, pair = world.instances.get(job.work["instance"]), world.pairs[job.touches[0][1]]
    if instance is not None:
        _need_light(world, instance, "SDRS.1808")
        take_off(world, pair, instance)
    jobs.settle(world, job)
