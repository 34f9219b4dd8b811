"""Tables of what is there: groups, instances, pairs, attachments, servers, drills. One row per thing."""

from collections.abc import Callable, Mapping
from typing import TypeAlias

import pandas as pd

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
    flags,
    flags_or_none,
    moments,
    numbers,
    numbers_or_none,
    statuses,
    texts,
    words,
)

SYNCHRONISATION = [
    str(each)
    for each in (
        ReplicationStatus.INACTIVE,
        ReplicationStatus.ACTIVE_STOPPED,
        ReplicationStatus.COPYING,
        ReplicationStatus.ACTIVE,
    )
]
HEALTH = ["abnormal", "normal"]
FAULT_LEVELS = ["0", "2", "5"]
ROLES = ["production", "dr", "drill", "unprotected"]


def groups(inventory: Inventory) -> pd.DataFrame:
    """Protection groups: where production is, in which state, how many of what."""
    rows = list(inventory.groups.values())
    return pd.DataFrame(
        {
            "group": texts(each.name for each in rows),
            "status": statuses((each.status for each in rows), GroupStatus),
            "production_zone": texts(each.production_zone for each in rows),
            "dr_zone": texts(each.dr_zone for each in rows),
            "priority_station": words((each.priority_station for each in rows), list(Station)),
            "progress": numbers(each.progress for each in rows),
            "replication_status": words((each.replication_status for each in rows), SYNCHRONISATION),
            "health": words((each.health_status for each in rows), HEALTH),
            "instances": numbers(each.instance_count for each in rows),
            "pairs": numbers(each.pair_count for each in rows),
            "drills": numbers(each.drill_count for each in rows),
            "created_at": moments(each.created_at for each in rows),
            "updated_at": moments(each.updated_at for each in rows),
            "description": texts(each.description for each in rows),
            "group_id": texts(each.id for each in rows),
        }
    )


def instances(inventory: Inventory) -> pd.DataFrame:
    """Protected instances with their group and both servers; `pairs` counts what is attached."""
    rows = list(inventory.instances.values())
    server, group = _namer(inventory.servers), _namer(inventory.groups)
    return pd.DataFrame(
        {
            "instance": texts(each.name for each in rows),
            "group": texts(group(each.group_id) for each in rows),
            "status": statuses((each.status for each in rows), InstanceStatus),
            "progress": numbers(each.progress for each in rows),
            "production_server": texts(server(each.production_server_id) for each in rows),
            "dr_server": texts(server(each.dr_server_id) for each in rows),
            "pairs": numbers(len(inventory.attachments_on(each.id)) for each in rows),
            "frozen": flags(each.frozen for each in rows),
            "created_at": moments(each.created_at for each in rows),
            "updated_at": moments(each.updated_at for each in rows),
            "description": texts(each.description for each in rows),
            "instance_id": texts(each.id for each in rows),
            "group_id": texts(each.group_id for each in rows),
            "production_server_id": texts(each.production_server_id for each in rows),
            "dr_server_id": texts(each.dr_server_id for each in rows),
        }
    )


def pairs(inventory: Inventory) -> pd.DataFrame:
    """Replication pairs, sizes in GB; `attached_to` and `device` list several where disks are shared."""
    rows = list(inventory.pairs.values())
    group, instance = _namer(inventory.groups), _namer(inventory.instances)
    attached = [inventory.attachments_of(each.id) for each in rows]
    return pd.DataFrame(
        {
            "pair": texts(each.name for each in rows),
            "group": texts(group(each.group_id) for each in rows),
            "status": statuses((each.status for each in rows), PairStatus),
            "attached_to": texts(", ".join([instance(one.instance_id) for one in all_]) for all_ in attached),
            "device": texts(", ".join([one.device for one in all_]) for all_ in attached),
            "size_gb": numbers(each.size_gb for each in rows),
            "disk_type": texts(each.disk_type for each in rows),
            "system_disk": flags(each.system_disk for each in rows),
            "shared": flags(each.shared for each in rows),
            "progress": numbers(each.progress for each in rows),
            "replication_status": words((each.replication_status for each in rows), SYNCHRONISATION),
            "fault_level": words((each.fault_level for each in rows), FAULT_LEVELS),
            "failure_detail": texts(each.failure_detail for each in rows),
            "created_at": moments(each.created_at for each in rows),
            "updated_at": moments(each.updated_at for each in rows),
            "description": texts(each.description for each in rows),
            "pair_id": texts(each.id for each in rows),
            "group_id": texts(each.group_id for each in rows),
            "production_disk_id": texts(each.production_disk_id for each in rows),
            "dr_disk_id": texts(each.dr_disk_id for each in rows),
        }
    )


def attachments(inventory: Inventory) -> pd.DataFrame:
    """Which pair is attached to which instance under which device name; sizes in GB."""
    rows = inventory.attachments
    known = [(inventory.pairs.get(each.pair_id), inventory.instances.get(each.instance_id)) for each in rows]
    group, server = _namer(inventory.groups), _namer(inventory.servers)
    group_ids = [pair.group_id if pair else instance.group_id if instance else "" for pair, instance in known]
    return pd.DataFrame(
        {
            "pair": texts(pair.name if pair else "" for pair, _ in known),
            "instance": texts(instance.name if instance else "" for _, instance in known),
            "device": texts(each.device for each in rows),
            "group": texts(map(group, group_ids)),
            "status": statuses((pair.status if pair else "" for pair, _ in known), PairStatus),
            "size_gb": numbers_or_none(pair.size_gb if pair else None for pair, _ in known),
            "disk_type": texts(pair.disk_type if pair else "" for pair, _ in known),
            "system_disk": flags_or_none(pair.system_disk if pair else None for pair, _ in known),
            "shared": flags_or_none(pair.shared if pair else None for pair, _ in known),
            "production_server": texts(
                server(each.production_server_id if each else "") for _, each in known
            ),
            "dr_server": texts(server(each.dr_server_id if each else "") for _, each in known),
            "pair_id": texts(each.pair_id for each in rows),
            "instance_id": texts(each.instance_id for each in rows),
            "group_id": texts(group_ids),
        }
    )


def servers(inventory: Inventory) -> pd.DataFrame:
    """Servers and their role: production, dr, drill, or unprotected, where no instance or drill has them.

    `free_slots` is missing where the block devices were not read; `other_disks` are the device names of
    disks that SDRS does not know.
    """
    rows = list(inventory.servers.values())
    roles = _roles(inventory)
    held = [roles.get(each.id, ("unprotected", None)) for each in rows]
    group = _namer(inventory.groups)
    known = {each.source_disk_id for each in inventory.pairs.values()}
    known |= {each.target_disk_id for each in inventory.pairs.values()}
    return pd.DataFrame(
        {
            "server": texts(each.name for each in rows),
            "role": words((role for role, _ in held), ROLES),
            "instance": texts(instance.name if instance else "" for _, instance in held),
            "group": texts(group(instance.group_id) if instance else "" for _, instance in held),
            "status": statuses((each.status for each in rows), ServerStatus),
            "task": texts(each.task_state for each in rows),
            "zone": texts(each.zone for each in rows),
            "flavor": texts(each.flavor for each in rows),
            "root_device": texts(each.root_device for each in rows),
            "disks": numbers(len(each.disks) for each in rows),
            "other_disks": texts(_others(each, known) for each in rows),
            "free_slots": numbers_or_none(each.slots.disks if each.slots else None for each in rows),
            "server_id": texts(each.id for each in rows),
            "instance_id": texts(instance.id if instance else "" for _, instance in held),
            "group_id": texts(instance.group_id if instance else "" for _, instance in held),
        }
    )


def drills(inventory: Inventory) -> pd.DataFrame:
    """DR drills; `servers` counts the drill servers."""
    rows = list(inventory.drills.values())
    group = _namer(inventory.groups)
    return pd.DataFrame(
        {
            "drill": texts(each.name for each in rows),
            "group": texts(group(each.group_id) for each in rows),
            "status": statuses((each.status for each in rows), DrillStatus),
            "servers": numbers(len(each.servers) for each in rows),
            "created_at": moments(each.created_at for each in rows),
            "updated_at": moments(each.updated_at for each in rows),
            "drill_id": texts(each.id for each in rows),
            "group_id": texts(each.group_id for each in rows),
            "drill_vpc_id": texts(each.drill_vpc_id for each in rows),
        }
    )


_Named: TypeAlias = ProtectionGroup | ProtectedInstance | Server | Drill


def _namer(things: Mapping[str, _Named]) -> Callable[[str], str]:
    """A function from an id to the name, empty where the thing was not read."""
    names = {key: each.name for key, each in things.items()}
    return lambda key: names.get(key, "")


def _roles(inventory: Inventory) -> dict[str, tuple[str, ProtectedInstance | None]]:
    found: dict[str, tuple[str, ProtectedInstance | None]] = {}
    for each in inventory.instances.values():
        found |= dict.fromkeys(each.server_ids, ("", each))
        if each.production_server_id:
            found |= {each.production_server_id: ("production", each), each.dr_server_id: ("dr", each)}
    for drill in inventory.drills.values():
        found |= {server: ("drill", inventory.instances.get(key)) for key, server in drill.servers}
    return found


def _others(server: Server, known: set[str]) -> str:
    names = [each.device for each in server.disks if each.disk_id not in known]
    return ", ".join(sorted(names, key=_device_order))


def _device_order(device: str) -> tuple[int, str, str]:
    name = devices.parse(device)
    return name.order if name else (0, device, "")
