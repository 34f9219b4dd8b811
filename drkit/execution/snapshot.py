"""What the groups of a run look like at one moment, as JSON values for the journal and the report (pure).

The shape, one entry per group in the order asked for:

    {"read_at": "2026-01-01T00:00:00+00:00", "problems": [...], "groups": [
        {"id", "name", "status", "replication", "health", "production_zone", "dr_zone",
         "instances": [{"id", "name", "status", "production_server": SERVER, "dr_server": SERVER}],
         "pairs": [{"id", "name", "status", "replication", "size_gb", "attached": [[instance id, device]]}],
         "drills": [{"id", "name", "status", "vpc", "servers": [SERVER]}]}]}

SERVER is {"id", "name", "status"}; its status is empty where the server was not read. A group that is
gone has the status "gone" and nothing below it.
"""

from collections.abc import Iterable
from typing import Any, TypeVar

from drkit.model import Drill, Inventory, ProtectedInstance, ReplicationPair

Thing = TypeVar("Thing", ProtectedInstance, ReplicationPair, Drill)


def snapshot(inventory: Inventory, groups: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """The (id, name) `groups` of a plan as this reading has them."""
    return {
        "read_at": inventory.read_at.isoformat(),
        "problems": list(inventory.problems),
        "groups": [_group(inventory, key, name) for key, name in groups],
    }


def _group(inventory: Inventory, key: str, name: str) -> dict[str, Any]:
    group = inventory.groups.get(key)
    return {
        "id": key,
        "name": group.name if group else name,
        "status": str(group.status) if group else "gone",
        "replication": str(group.replication_status) if group else "",
        "health": group.health_status if group else "",
        "production_zone": group.production_zone if group else "",
        "dr_zone": group.dr_zone if group else "",
        "instances": [_instance(inventory, each) for each in _by_name(inventory.instances_of(key))],
        "pairs": [_pair(each) for each in _by_name(inventory.pairs_of(key))],
        "drills": [_drill(inventory, each) for each in _by_name(inventory.drills_of(key))],
    }


def _instance(inventory: Inventory, instance: ProtectedInstance) -> dict[str, Any]:
    return {
        "id": instance.id,
        "name": instance.name,
        "status": str(instance.status),
        "production_server": _server(inventory, instance.production_server_id),
        "dr_server": _server(inventory, instance.dr_server_id),
    }


def _pair(pair: ReplicationPair) -> dict[str, Any]:
    return {
        "id": pair.id,
        "name": pair.name,
        "status": str(pair.status),
        "replication": str(pair.replication_status),
        "size_gb": pair.size_gb,
        "attached": [[each.instance_id, each.device] for each in pair.attachments],
    }


def _drill(inventory: Inventory, drill: Drill) -> dict[str, Any]:
    return {
        "id": drill.id,
        "name": drill.name,
        "status": str(drill.status),
        "vpc": drill.drill_vpc_id,
        "servers": [_server(inventory, server_id) for _, server_id in drill.servers],
    }


def _server(inventory: Inventory, server_id: str) -> dict[str, str]:
    server = inventory.servers.get(server_id)
    return {
        "id": server_id,
        "name": server.name if server else "",
        "status": str(server.status) if server else "",
    }


def _by_name(things: Iterable[Thing]) -> list[Thing]:
    return sorted(things, key=lambda each: (each.name, each.id))
