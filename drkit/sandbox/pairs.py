"""Replication pairs: list, show, create, rename, expand, delete."""

from collections.abc import Iterable

from drkit.sandbox import groups, jobs, syncing
from drkit.sandbox.answers import Answer, ok, pair_time, refused
from drkit.sandbox.reading import IncomingCall, Query
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Disk, Group, Job, Json, Pair
from drkit.sandbox.world import World

routes = Routes()
PATH = "/v1/{project}/replications"
DELETE_GROUP = (
    "available", "protected", "failed-over", "error-starting", "error-stopping",
    "error-reversing", "error-failing-over", "error-deleting", "error-reprotecting",
)  # fmt: skip
DELETE_PAIR = (*DELETE_GROUP, "error", "error-attaching", "error-extending", "invalid", "fault")

LARGEST, LARGEST_SYSTEM = 32768, 1024
"""GB of the largest data disk and the largest system disk that EVS makes."""


def find(world: World, pair_id: str) -> Pair:
    """A pair by its id, or the refusal that there is none."""
    if pair_id not in world.pairs:
        raise refused("SDRS.1608", pair_id[:64])
    return world.pairs[pair_id]


def need(pair: Pair, allowed: tuple[str, ...]) -> None:
    """Refuse unless the pair's status allows the call (SDRS.0214)."""
    if pair.status not in allowed:
        raise refused("SDRS.0214", f"{pair.name} is {pair.status}, allowed: {', '.join(allowed)}")


def shown(world: World, pair: Pair) -> Json:
    """A pair as it goes over the wire. volume_ids is source,target whichever of them is production."""
    replication, progress = syncing.state(world, pair)
    return {
        "id": pair.id,
        "name": pair.name,
        "description": pair.description,
        "status": pair.status,
        "volume_ids": f"{pair.source_disk},{pair.target_disk}",
        "attachment": [{"protected_instance": id_, "device": device} for id_, device in pair.devices.items()],
        "created_at": pair_time(pair.created),
        "updated_at": pair_time(pair.updated),
        "replication_model": "hypermetro",
        "progress": progress,
        "failure_detail": pair.failure,
        "record_metadata": {
            "multiattach": pair.shared,
            "bootable": pair.bootable,
            "volume_size": str(pair.size) if pair.size_as_text else pair.size,
            "volume_type": pair.type,
        },
        "fault_level": pair.fault_level,
        "server_group_id": pair.group_id,
        "priority_station": world.groups[pair.group_id].priority,
        "replication_status": replication,
    }


@routes("GET", PATH)
def list_replications(call: IncomingCall) -> Answer:
    """Filters: group and instance (one or many), name (fuzzy), status, query_type, availability_zone."""
    world, query = call.world, call.query
    found = groups.of_type(query, groups.narrowed(world, query, _within(world, query)))
    return ok({"replications": [shown(world, pair) for pair in query.page(found)], "count": len(found)})


def _within(world: World, query: Query) -> Iterable[Pair]:
    pairs: Iterable[Pair] = world.pairs.values()
    group_ids = query.one_or_many("server_group_id", "SDRS.0207")
    if group_ids is not None:
        within = [world.groups[id_] for id_ in group_ids if id_ in world.groups]
        pairs = [world.pairs[id_] for group in within for id_ in group.pairs]
    instance_ids = query.one_or_many("protected_instance_id", "SDRS.0208")
    if instance_ids is not None:
        pairs = [pair for pair in pairs if not pair.devices.keys().isdisjoint(instance_ids)]
    return pairs


@routes("GET", PATH + "/{pair}")
def show_replication(call: IncomingCall) -> Answer:
    """One pair."""
    return ok({"replication": shown(call.world, find(call.world, call.path["pair"]))})


@routes("PUT", PATH + "/{pair}")
def update_replication_name(call: IncomingCall) -> Answer:
    """Rename a pair."""
    pair = find(call.world, call.path["pair"])
    pair.name = call.body().inner("replication").name()
    pair.updated = call.world.now
    return ok({"replication": shown(call.world, pair)})


@routes("POST", PATH)
def create_replication(call: IncomingCall) -> Answer:
    """Pair a free disk at the production site with a new disk at the DR site."""
    world, fields = call.world, call.body().inner("replication")
    name, description = fields.name(), fields.description()
    group = groups.find(world, fields.id("server_group_id", code="SDRS.0207"))
    disk_id = fields.id("volume_id", code="SDRS.0211")
    groups.need(group, ("available", "protected"))
    if disk_id not in world.disks:
        raise refused("SDRS.0211", f"there is no disk {disk_id}")
    disk = world.disks[disk_id]
    if disk.status != "available":
        raise refused("SDRS.1801", f"{disk.name} is {disk.status}")
    check_disk(world, group, disk)
    check_quota(world, 1)
    pair = add(world, group, disk, name, description)
    job = jobs.begin(
        world,
        "createReplicationPairNoCG",
        30,
        touches=[("pair", pair.id)],
        moving="creating",
        entities={"replication_pair_id": pair.id, "server_group_id": group.id},
        work={"group": group.id},
    )
    return jobs.accepted(job)


def check_disk(world: World, group: Group, disk: Disk) -> None:
    """Refuse a disk that cannot be paired: encrypted, of a wrong type, in another zone, paired already."""
    if disk.encrypted:
        raise refused("SDRS.1802", disk.name)
    if disk.type in ("co-p1", "uh-l1"):  # "Disk limitations" in the user guide's table
        raise refused("SDRS.1806", f"{disk.name} is of type {disk.type}")
    if disk.zone != group.production_zone:
        raise refused("SDRS.1810", f"{disk.name} is in {disk.zone}, production in {group.production_zone}")
    if any(disk.id in (pair.source_disk, pair.target_disk) for pair in world.pairs.values()):
        raise refused("SDRS.1811", disk.name)


def check_quota(world: World, more: int) -> None:
    """Refuse when so many more pairs do not fit into the quota (SDRS.0306)."""
    if len(world.pairs) + more > world.quotas["replications"]:
        raise refused("SDRS.0306", f"the quota is {world.quotas['replications']}")


def add(world: World, group: Group, disk: Disk, name: str, description: str = "") -> Pair:
    """A new pair of a disk at the production site and a disk made for it at the DR site."""
    twin = Disk(
        world.new_id("disk"),
        f"{disk.name}-dr",
        group.dr_zone,
        disk.size,
        disk.type,
        disk.bootable,
        disk.shared,
    )
    twin.created = twin.updated = world.now
    twin.moving = "creating"
    world.disks[twin.id] = twin
    ends = (disk.id, twin.id) if group.priority == "source" else (twin.id, disk.id)
    pair = Pair(world.new_id("pair"), name, group.id, *ends, disk.size, disk.type, description, "creating")
    pair.bootable, pair.shared, pair.created = disk.bootable, disk.shared, world.now
    world.pairs[pair.id] = pair
    group.pairs.append(pair.id)
    return pair


def made(world: World, pair: Pair) -> None:
    """The disks of a new pair are there; in a protected group they start to synchronise."""
    for disk in world.disks_of(pair):
        disk.moving = ""
    if world.groups[pair.group_id].status == "protected" and pair.status != "invalid":
        syncing.start(world, pair)


@jobs.ends("createReplicationPairNoCG", code="SDRS.1606", failure_status="createFail")
def _created(world: World, job: Job) -> None:
    made(world, world.pairs[job.touches[0][1]])
    jobs.settle(world, job)


@routes("DELETE", PATH + "/{pair}")
def delete_replication(call: IncomingCall) -> Answer:
    """Delete a pair that is not attached; its disk at the DR site goes too when that is asked for."""
    world, pair = call.world, find(call.world, call.path["pair"])
    body = call.optional_body()
    fields = body.inner("replication") if body.values else body
    group = world.groups[pair.group_id]
    if fields.text("server_group_id", group.id) != group.id:
        raise refused("SDRS.1611", pair.name)
    groups.need(group, DELETE_GROUP)
    if pair.devices:
        raise refused("SDRS.1605", pair.name)
    need(pair, DELETE_PAIR)
    if fields.flag("delete_target_volume") and group.priority == "target":
        raise refused("SDRS.1809", f"production of {group.name} is at the target site")
    job = jobs.begin(
        world,
        "deleteReplicationPairNoCG",
        20,
        touches=[("pair", pair.id)],
        moving="deleting",
        entities={"replication_pair_id": pair.id},
        work={"group": group.id, "with_disk": fields.flag("delete_target_volume")},
    )
    return jobs.accepted(job)


@jobs.ends("deleteReplicationPairNoCG", code="SDRS.1607", failure_status="deleteFail")
def _deleted(world: World, job: Job) -> None:
    pair = world.pairs[job.touches[0][1]]
    drop(world, pair)
    if job.work["with_disk"] and pair.target_disk in world.disks:
        world.drop_disk(world.disks[pair.target_disk])


def drop(world: World, pair: Pair) -> None:
    """Remove a pair that is attached to nothing; its disks stay."""
    del world.pairs[pair.id]
    world.groups[pair.group_id].pairs.remove(pair.id)


@routes("POST", PATH + "/{pair}/action")
def expand_replication(call: IncomingCall) -> Answer:
    """Make both disks of a pair larger. new_size in GB, at most what EVS makes; a decimal part is cut off."""
    world, pair = call.world, find(call.world, call.path["pair"])
    body = call.body()
    if body.values.keys() != {"extend-replication"}:
        raise refused("SDRS.0206", "extend-replication")
    size = body.inner("extend-replication").values.get("new_size")
    most = LARGEST_SYSTEM if pair.bootable else LARGEST
    if isinstance(size, bool) or not isinstance(size, int | float) or not pair.size + 1 <= size < most + 1:
        raise refused("SDRS.0201", f"new_size must be a number above {pair.size} and at most {most}")
    need(pair, ("available", "protected", "error-extending"))
    for disk in world.disks_of(pair):
        if disk.status not in ("available", "in-use"):
            raise refused("SDRS.1817", f"{disk.name} is {disk.status}")
        if disk.shared and disk.status == "in-use":
            raise refused("SDRS.1818", disk.name)
    job = jobs.begin(
        world,
        "expandReplicationPairNew",
        15,
        touches=[("pair", pair.id)],
        moving="extending",
        entities={"replication_pair_id": pair.id},
        work={"group": pair.group_id, "size": int(size)},
    )
    return jobs.accepted(job)


@jobs.ends("expandReplicationPairNew", code="SDRS.1820", failure_status="expandFail")
def _expanded(world: World, job: Job) -> None:
    pair = world.pairs[job.touches[0][1]]
    pair.size = job.work["size"]
    for disk in world.disks_of(pair):
        disk.size, disk.updated = pair.size, world.now
    jobs.settle(world, job)
