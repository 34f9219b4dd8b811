"""What must hold in every world at every moment; each sentence names what does not."""

from collections.abc import Iterator

from drkit.sandbox import jobs
from drkit.sandbox.attaching import SLOTS
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

SETTLED = ("available", "protected", "failed-over", "invalid", "fault", "error")


def broken(world: World) -> list[str]:
    """Sentences for what is inconsistent; none when the world is sound."""
    return [
        *_attachments(world),
        *_devices(world),
        *_disks(world),
        *_membership(world),
        *_motion(world),
        *_zones(world),
    ]


def _attachments(world: World) -> Iterator[str]:
    for pair in world.pairs.values():
        for id_, device in pair.devices.items():
            instance = world.instances.get(id_)
            if instance is None or instance.devices.get(pair.id) != device:
                yield f"Pair {pair.name} says it is attached to {id_} at {device}, the instance does not."
        if len(pair.devices) > 1 and not pair.shared:
            yield f"Pair {pair.name} is not shared and attached {len(pair.devices)} times."
    for instance in world.instances.values():
        for id_, device in instance.devices.items():
            if id_ not in world.pairs or world.pairs[id_].devices.get(instance.id) != device:
                yield f"Instance {instance.name} says {id_} is attached at {device}, the pair does not."


def _devices(world: World) -> Iterator[str]:
    owners = [(it.name, list(it.devices.values())) for it in world.instances.values()]
    owners += [(server.name, list(server.disks.values())) for server in world.servers.values()]
    for name, devices in owners:
        if len(set(devices)) != len(devices):
            yield f"{name} has a device name twice: {sorted(devices)}."
        if len(devices) > SLOTS:
            yield f"{name} has {len(devices)} disks."


def _disks(world: World) -> Iterator[str]:
    for server in world.servers.values():
        for id_, device in server.disks.items():
            if id_ not in world.disks or world.disks[id_].servers.get(server.id) != device:
                yield f"Server {server.name} says disk {id_} is at {device}, the disk does not."
    for disk in world.disks.values():
        for id_, device in disk.servers.items():
            if id_ not in world.servers or world.servers[id_].disks.get(disk.id) != device:
                yield f"Disk {disk.name} says it is on {id_} at {device}, the server does not."
        if len(disk.servers) > 1 and not disk.shared:
            yield f"Disk {disk.name} is not shared and on {len(disk.servers)} servers."


def _membership(world: World) -> Iterator[str]:
    for kind, members in (("instances", world.instances), ("pairs", world.pairs), ("drills", world.drills)):
        listed = [id_ for group in world.groups.values() for id_ in getattr(group, kind)]
        if sorted(listed) != sorted(members):
            yield f"The {kind} of the groups are not the {kind} of the project."
    used = [id_ for pair in world.pairs.values() for id_ in (pair.source_disk, pair.target_disk)]
    if len(set(used)) != len(used):
        yield "A disk belongs to two pairs."
    used = [id_ for it in world.instances.values() for id_ in (it.source_server, it.target_server)]
    if len(set(used)) != len(used):
        yield "A server belongs to two instances."


def _motion(world: World) -> Iterator[str]:
    moved = {touch for job in jobs.running(world) for touch in job.touches}
    kinds: Json = {
        "group": world.groups,
        "instance": world.instances,
        "pair": world.pairs,
        "drill": world.drills,
    }
    for kind, things in kinds.items():
        for id_, thing in things.items():
            settled = thing.status in SETTLED or thing.status.startswith("error-")
            if not settled and (kind, id_) not in moved:
                yield f"The {kind} {thing.name} is {thing.status}, and no job moves it."


def _zones(world: World) -> Iterator[str]:
    for pair in world.pairs.values():
        group = world.groups[pair.group_id]
        for id_, zone in ((pair.source_disk, group.source_zone), (pair.target_disk, group.target_zone)):
            if id_ in world.disks and world.disks[id_].zone != zone:
                yield f"A disk of pair {pair.name} is in {world.disks[id_].zone}, not in {zone}."
    for instance in world.instances.values():
        for pair_id, device in instance.devices.items():
            for server in world.servers_of(instance):
                if device[5] != server.root_device[5]:
                    yield f"{device} of {pair_id} has the wrong prefix for {server.name}."
