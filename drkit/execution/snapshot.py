"""What the groups of a run look like at one moment, as JSON values for the journal and the report (pure)."""

from collections.abc import Iterable, Iterator
from typing import TypedDict, TypeVar

from drkit.execution.late_binding import bound
from drkit.model import Drill, Inventory, ListedPair, ProtectedInstance, ServerStatus

Thing = TypeVar("Thing", ProtectedInstance, ListedPair, Drill)


class ServerSnapshot(TypedDict):
    """A server; name and status are empty where it was not read."""

    id: str
    name: str
    status: str


class InstanceSnapshot(TypedDict):
    """A protected instance with its servers, by the site they stand at."""

    id: str
    name: str
    status: str
    production_server: ServerSnapshot
    dr_server: ServerSnapshot


class PairSnapshot(TypedDict):
    """A replication pair; `attached` holds an instance's id and a device for each attachment."""

    id: str
    name: str
    status: str
    replication: str
    size_gb: int
    attached: list[list[str]]


class DrillSnapshot(TypedDict):
    """A drill; `vpc` is the id of its network."""

    id: str
    name: str
    status: str
    vpc: str
    servers: list[ServerSnapshot]


class GroupSnapshot(TypedDict):
    """A protection group and what is in it, by name; one that is gone has the status "gone", and no more."""

    id: str
    name: str
    status: str
    replication: str
    health: str
    production_zone: str
    dr_zone: str
    instances: list[InstanceSnapshot]
    pairs: list[PairSnapshot]
    drills: list[DrillSnapshot]


class Snapshot(TypedDict):
    """The groups in the order of the plan, when they were read (ISO 8601), and what could not be read."""

    read_at: str
    problems: list[str]
    groups: list[GroupSnapshot]


def snapshot(inventory: Inventory, groups: Iterable[tuple[str, str]]) -> Snapshot:
    """The (id, name) `groups` of a plan as this reading has them."""
    return {
        "read_at": inventory.read_at.isoformat(),
        "problems": list(inventory.problems),
        "groups": [_group(inventory, key, name) for key, name in groups],
    }


def off_in(before: Snapshot) -> Iterator[str]:
    """The groups (ids) of which a production server is off."""
    for group in before["groups"]:
        servers = (each["production_server"] for each in group.get("instances", ()))
        if any(each["status"] == ServerStatus.SHUTOFF for each in servers):
            yield group["id"]


def _group(inventory: Inventory, key: str, name: str) -> GroupSnapshot:
    key = bound(key, inventory.groups.values())
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
        "pairs": [_pair(each) for each in _by_name(inventory.listed_pairs_of(key))],
        "drills": [_drill(inventory, each) for each in _by_name(inventory.drills_of(key))],
    }


def _instance(inventory: Inventory, instance: ProtectedInstance) -> InstanceSnapshot:
    return {
        "id": instance.id,
        "name": instance.name,
        "status": str(instance.status),
        "production_server": _server(inventory, instance.production_server_id),
        "dr_server": _server(inventory, instance.dr_server_id),
    }


def _pair(pair: ListedPair) -> PairSnapshot:
    return {
        "id": pair.id,
        "name": pair.name,
        "status": str(pair.status),
        "replication": str(pair.replication_status),
        "size_gb": pair.size_gb,
        "attached": [[each.instance_id, each.device] for each in pair.attachments],
    }


def _drill(inventory: Inventory, drill: Drill) -> DrillSnapshot:
    return {
        "id": drill.id,
        "name": drill.name,
        "status": str(drill.status),
        "vpc": drill.drill_vpc_id,
        "servers": [_server(inventory, server_id) for _, server_id in drill.servers],
    }


def _server(inventory: Inventory, server_id: str) -> ServerSnapshot:
    server = inventory.servers.get(server_id)
    return {
        "id": server_id,
        "name": server.name if server else "",
        "status": str(server.status) if server else "",
    }


def _by_name(things: Iterable[Thing]) -> list[Thing]:
    return sorted(things, key=lambda each: (each.name, each.id))
