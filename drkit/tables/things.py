"""Tables of what is there: groups, instances, pairs, attachments, servers, drills. One row per thing."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from drkit import devices
from drkit.model import (
    Drill,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Inventory,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
)
from drkit.tables.columns import (
    FLAG,
    FLAG_OR_NONE,
    MOMENT,
    NUMBER,
    NUMBER_OR_NONE,
    REAL_OR_NONE,
    TEXT,
    Schema,
    documented,
    frame,
    status,
    word,
)

if TYPE_CHECKING:
    import pandas as pd

_SYNCHRONISATION = word(
    ReplicationStatus.INACTIVE,
    ReplicationStatus.ACTIVE_STOPPED,
    ReplicationStatus.COPYING,
    ReplicationStatus.ACTIVE,
)

GROUPS: Schema = {
    "group": TEXT,
    "status": status(GroupStatus),
    "production_zone": TEXT,
    "dr_zone": TEXT,
    "priority_station": word(*Station),
    "progress": NUMBER,
    "replication_status": _SYNCHRONISATION,
    "health": word("abnormal", "normal"),
    "instances": NUMBER,
    "pairs": NUMBER,
    "drills": NUMBER,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "description": TEXT,
    "group_id": TEXT,
}


@documented(GROUPS)
def groups(inventory: Inventory) -> "pd.DataFrame":
    """Protection groups: where production is, in which state, how many of what."""
    rows = list(inventory.groups.values())
    return frame(
        GROUPS,
        rows,
        group=(row.name for row in rows),
        health=(row.health_status for row in rows),
        instances=(row.instance_count for row in rows),
        pairs=(row.pair_count for row in rows),
        drills=(row.drill_count for row in rows),
        group_id=(row.id for row in rows),
    )


INSTANCES: Schema = {
    "instance": TEXT,
    "group": TEXT,
    "status": status(InstanceStatus),
    "progress": NUMBER,
    "production_server": TEXT,
    "dr_server": TEXT,
    "production_status": TEXT,
    "dr_status": TEXT,
    "production_vcpus": NUMBER_OR_NONE,
    "dr_vcpus": NUMBER_OR_NONE,
    "production_ram_gb": REAL_OR_NONE,
    "dr_ram_gb": REAL_OR_NONE,
    "pairs": NUMBER,
    "frozen": FLAG,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "description": TEXT,
    "instance_id": TEXT,
    "group_id": TEXT,
    "production_server_id": TEXT,
    "dr_server_id": TEXT,
}


@documented(INSTANCES)
def instances(inventory: Inventory) -> "pd.DataFrame":
    """Protected instances with their group and both servers; `pairs` counts what is attached.

    RAM in GB (GiB, as flavors are named); what a server does not tell is missing.
    """
    rows = list(inventory.instances.values())
    sides = [
        [inventory.servers.get(key) for key in (row.production_server_id, row.dr_server_id)] for row in rows
    ]
    server, group = _namer(inventory.servers), _namer(inventory.groups)
    return frame(
        INSTANCES,
        rows,
        instance=(row.name for row in rows),
        group=(group(row.group_id) for row in rows),
        production_server=(server(row.production_server_id) for row in rows),
        dr_server=(server(row.dr_server_id) for row in rows),
        production_status=(str(one.status) if one else "" for one, _ in sides),
        dr_status=(str(other.status) if other else "" for _, other in sides),
        production_vcpus=(one.vcpus if one else None for one, _ in sides),
        dr_vcpus=(other.vcpus if other else None for _, other in sides),
        production_ram_gb=(_ram(one) for one, _ in sides),
        dr_ram_gb=(_ram(other) for _, other in sides),
        pairs=(len(inventory.attachments_on(row.id)) for row in rows),
        instance_id=(row.id for row in rows),
    )


def _ram(server: Server | None) -> float | None:
    return server.ram_mib / 1024 if server and server.ram_mib is not None else None


PAIRS: Schema = {
    "pair": TEXT,
    "group": TEXT,
    "status": status(PairStatus),
    "attached_to": TEXT,
    "device": TEXT,
    "size_gb": NUMBER,
    "disk_type": TEXT,
    "system_disk": FLAG,
    "shared": FLAG,
    "progress": NUMBER,
    "replication_status": _SYNCHRONISATION,
    "fault_level": word("0", "2", "5"),
    "failure_detail": TEXT,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "description": TEXT,
    "pair_id": TEXT,
    "group_id": TEXT,
    "production_disk_id": TEXT,
    "dr_disk_id": TEXT,
}


@documented(PAIRS)
def pairs(inventory: Inventory) -> "pd.DataFrame":
    """Replication pairs, sizes in GB; `attached_to` and `device` list several where disks are shared."""
    rows = list(inventory.pairs.values())
    group, instance = _namer(inventory.groups), _namer(inventory.instances)
    places = places_of(inventory)
    attached = [places.get(row.id, _NOWHERE) for row in rows]
    return frame(
        PAIRS,
        rows,
        pair=(row.name for row in rows),
        group=(group(row.group_id) for row in rows),
        attached_to=(", ".join(map(instance, places)) for places in attached),
        device=(", ".join(places.values()) for places in attached),
        pair_id=(row.id for row in rows),
    )


ATTACHMENTS: Schema = {
    "pair": TEXT,
    "instance": TEXT,
    "device": TEXT,
    "group": TEXT,
    "status": status(PairStatus),
    "size_gb": NUMBER_OR_NONE,
    "disk_type": TEXT,
    "system_disk": FLAG_OR_NONE,
    "shared": FLAG_OR_NONE,
    "production_server": TEXT,
    "dr_server": TEXT,
    "pair_id": TEXT,
    "instance_id": TEXT,
    "group_id": TEXT,
}


@documented(ATTACHMENTS)
def attachments(inventory: Inventory) -> "pd.DataFrame":
    """Which pair is attached to which instance under which device name; sizes in GB."""
    rows = inventory.attachments
    known = [(inventory.pairs.get(row.pair_id), inventory.instances.get(row.instance_id)) for row in rows]
    group, server = _namer(inventory.groups), _namer(inventory.servers)
    group_ids = [pair.group_id if pair else instance.group_id if instance else "" for pair, instance in known]
    return frame(
        ATTACHMENTS,
        rows,
        pair=(pair.name if pair else "" for pair, _ in known),
        instance=(instance.name if instance else "" for _, instance in known),
        group=map(group, group_ids),
        status=(pair.status if pair else "" for pair, _ in known),
        size_gb=(pair.size_gb if pair else None for pair, _ in known),
        disk_type=(pair.disk_type if pair else "" for pair, _ in known),
        system_disk=(pair.system_disk if pair else None for pair, _ in known),
        shared=(pair.shared if pair else None for pair, _ in known),
        production_server=(server(one.production_server_id if one else "") for _, one in known),
        dr_server=(server(one.dr_server_id if one else "") for _, one in known),
        group_id=group_ids,
    )


SERVERS: Schema = {
    "server": TEXT,
    "role": word("production", "dr", "drill", "unprotected"),
    "instance": TEXT,
    "group": TEXT,
    "status": status(ServerStatus),
    "task": TEXT,
    "zone": TEXT,
    "flavor": TEXT,
    "vcpus": NUMBER_OR_NONE,
    "ram_gb": REAL_OR_NONE,
    "private": TEXT,
    "floating": TEXT,
    "security_groups": TEXT,
    "tags": TEXT,
    "root_device": TEXT,
    "disks": NUMBER,
    "other_disks": TEXT,
    "free_slots": NUMBER_OR_NONE,
    "server_id": TEXT,
    "instance_id": TEXT,
    "group_id": TEXT,
}


@documented(SERVERS)
def servers(inventory: Inventory) -> "pd.DataFrame":
    """Servers and their role: production, dr, drill, or unprotected, where no instance or drill has them.

    `free_slots` is missing where the block devices were not read; `other_disks` are the device names of
    disks that SDRS does not know; `private` and `floating` are addresses. RAM in GB.
    """
    rows = list(inventory.servers.values())
    roles = roles_of(inventory)
    held = [roles.get(row.id, ("unprotected", None)) for row in rows]
    group = _namer(inventory.groups)
    known = {pair.source_disk_id for pair in inventory.pairs.values()}
    known |= {pair.target_disk_id for pair in inventory.pairs.values()}
    return frame(
        SERVERS,
        rows,
        server=(row.name for row in rows),
        role=(role for role, _ in held),
        instance=(instance.name if instance else "" for _, instance in held),
        group=(group(instance.group_id) if instance else "" for _, instance in held),
        task=(row.task_state for row in rows),
        ram_gb=map(_ram, rows),
        private=(_addresses(row, floating=False) for row in rows),
        floating=(_addresses(row, floating=True) for row in rows),
        security_groups=(", ".join(row.security_groups or ()) for row in rows),
        tags=(", ".join(map("=".join, row.tags or ())) for row in rows),
        disks=(len(row.disks) for row in rows),
        other_disks=(_others(row, known) for row in rows),
        free_slots=(row.slots.disks if row.slots else None for row in rows),
        server_id=(row.id for row in rows),
        instance_id=(instance.id if instance else "" for _, instance in held),
        group_id=(instance.group_id if instance else "" for _, instance in held),
    )


def _addresses(server: Server, *, floating: bool) -> str:
    return ", ".join(address for address, outside in server.addresses or () if outside is floating)


DRILLS: Schema = {
    "drill": TEXT,
    "group": TEXT,
    "status": status(DrillStatus),
    "servers": NUMBER,
    "created_at": MOMENT,
    "updated_at": MOMENT,
    "drill_id": TEXT,
    "group_id": TEXT,
    "drill_vpc_id": TEXT,
}


@documented(DRILLS)
def drills(inventory: Inventory) -> "pd.DataFrame":
    """DR drills; `servers` counts the drill servers."""
    rows = list(inventory.drills.values())
    group = _namer(inventory.groups)
    return frame(
        DRILLS,
        rows,
        drill=(row.name for row in rows),
        group=(group(row.group_id) for row in rows),
        servers=(len(row.servers) for row in rows),
        drill_id=(row.id for row in rows),
    )


_NOWHERE: Mapping[str, str] = {}


def places_of(inventory: Inventory) -> dict[str, dict[str, str]]:
    """Of each attached pair the device names by instance; of two that differ the instance's own."""
    found = {
        key: {one.instance_id: one.device for one in pair.attachments}
        for key, pair in inventory.pairs.items()
        if pair.attachments
    }
    for key, instance in inventory.instances.items():
        for one in instance.attachments:
            found.setdefault(one.pair_id, {})[key] = one.device
    return found


_Named: TypeAlias = ProtectionGroup | ProtectedInstance | Server | Drill


def _namer(things: Mapping[str, _Named]) -> Callable[[str], str]:
    """A function from an id to the name, empty where the thing was not read."""
    names = {key: each.name for key, each in things.items()}
    return lambda key: names.get(key, "")


def roles_of(inventory: Inventory) -> dict[str, tuple[str, ProtectedInstance | None]]:
    """By server the part it plays, and its instance."""
    roles: dict[str, tuple[str, ProtectedInstance | None]] = {}
    for instance in inventory.instances.values():
        roles |= dict.fromkeys(instance.server_ids, ("", instance))
        if instance.production_server_id:
            roles[instance.production_server_id] = ("production", instance)
            roles[instance.dr_server_id] = ("dr", instance)
    for drill in inventory.drills.values():
        roles |= {server: ("drill", inventory.instances.get(key)) for key, server in drill.servers}
    return roles


def _others(server: Server, known: set[str]) -> str:
    names = [each.device for each in server.disks if each.disk_id not in known]
    return ", ".join(sorted(names, key=_device_order))


def _device_order(device: str) -> tuple[int, str, str]:
    name = devices.parse(device)
    return name.order if name else (0, device, "")
