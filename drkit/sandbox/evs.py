"""The neighbour EVS: disks."""

from drkit.sandbox.answers import Answer, RefusalError, neighbour, ok, pair_time
from drkit.sandbox.reading import IncomingCall, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Disk, Json
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v2/{project}/cloudvolumes"


def find(world: World, disk_id: str) -> Disk:
    """A disk by its id; EVS answers 404 when there is none."""
    if disk_id not in world.disks:
        message = f"Volume {disk_id[:64]} could not be found."
        raise RefusalError(404, {"itemNotFound": {"message": message, "code": 404}})
    return world.disks[disk_id]


def shown(disk: Disk) -> Json:
    """A disk as it goes over the wire."""
    return {
        "id": disk.id,
        "name": disk.name,
        "status": disk.status,
        "size": disk.size,
        "volume_type": disk.type,
        "availability_zone": disk.zone,
        "bootable": "true" if disk.bootable else "false",
        "multiattach": disk.shared,
        "shareable": disk.shared,
        "encrypted": disk.encrypted,
        "metadata": {},
        "attachments": [
            {
                "server_id": server,
                "device": device,
                "volume_id": disk.id,
                "attachment_id": disk.id,
                "id": disk.id,
            }
            for server, device in disk.servers.items()
        ],
        "created_at": pair_time(disk.created),
        "updated_at": pair_time(disk.updated),
    }


@routes("GET", PATH + "/detail")
def list_disks(call: IncomingCall) -> Answer:
    """Disks by name (fuzzy) and status. offset counts disks."""
    query = call.query
    limit, offset = whole(query.get("limit") or "1000"), whole(query.get("offset") or "0")
    if limit is None or limit > 1000 or offset is None:
        raise neighbour(400, "EVS.2027", "limit must be 0 to 1000, offset a number that is not negative.")
    name, status = query.get("name").lower(), query.get("status")
    found = [
        disk
        for disk in call.world.disks.values()
        if name in disk.name.lower() and status in ("", disk.status)
    ]
    volumes = [shown(disk) for disk in found[offset : offset + limit]]
    return ok({"volumes": volumes, "count": len(found)})


@routes("GET", PATH + "/{disk}")
def show_disk(call: IncomingCall) -> Answer:
    """One disk."""
    return ok({"volume": shown(find(call.world, call.path["disk"]))})


@routes("DELETE", PATH + "/{disk}")
def delete_disk(call: IncomingCall) -> Answer:
    """Delete a disk that is attached to no server; a pair that it belongs to becomes invalid."""
    world, disk = call.world, find(call.world, call.path["disk"])
    if disk.status != "available":
        raise neighbour(400, "EVS.2042", f"The disk is {disk.status}, only an available disk can be deleted.")
    forget(world, disk)
    return ok({"job_id": world.digest("evs-job")[:32]})


def forget(world: World, disk: Disk) -> None:
    """The disk is gone; so is the worth of a pair that it belonged to."""
    world.drop_disk(disk)
    for pair in world.pairs.values():
        if disk.id in (pair.source_disk, pair.target_disk):
            pair.status, pair.replication, pair.updated = "invalid", "inactive", world.now
            pair.failure = f"The disk {disk.name} was deleted."
