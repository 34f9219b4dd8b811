"""Tables of what is beside the things: disks, tags, quotas, failed tasks, domains, RPO statistics, costs."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from drkit.model import Disk, Inventory, ProtectedInstance, Server, ServerStatus
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
    from_rows,
    word,
)
from drkit.tables.things import roles_of

if TYPE_CHECKING:
    import pandas as pd

DISKS: Schema = {
    "disk": TEXT,
    "role": word("production", "dr", "drill", "unprotected"),
    "server": TEXT,
    "device": TEXT,
    "replicated": FLAG,
    "pair": TEXT,
    "group": TEXT,
    "status": TEXT,
    "size_gb": NUMBER_OR_NONE,
    "disk_type": TEXT,
    "zone": TEXT,
    "system_disk": FLAG_OR_NONE,
    "shared": FLAG_OR_NONE,
    "encrypted": FLAG_OR_NONE,
    "disk_id": TEXT,
    "server_id": TEXT,
    "pair_id": TEXT,
    "group_id": TEXT,
}


@documented(DISKS)
def disks(inventory: Inventory) -> "pd.DataFrame":
    """Disks, one row for each server that one is on: whose they are, under which device name, and whether a
    pair replicates them. Sizes in GB. Of one that only its server tells of there is what that tells.
    """
    return from_rows(DISKS, list(_disk_rows(inventory)))


def _disk_rows(inventory: Inventory) -> Iterator[dict[str, Any]]:
    roles, pairs = (
        roles_of(inventory),
        {key: pair for pair in inventory.pairs.values() for key in pair.disk_ids},
    )
    places: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for disk in inventory.disks.values():
        places[disk.id] |= {server_id: device for server_id, device in disk.servers if server_id}
    for server in inventory.servers.values():
        for each in server.disks:
            places[each.disk_id][server.id] = each.device or places[each.disk_id].get(server.id, "")
    for disk_id in dict.fromkeys((*inventory.disks, *places)):
        known, pair = inventory.disks.get(disk_id), pairs.get(disk_id)
        for server_id, device in (places.get(disk_id) or {"": ""}).items():
            on = inventory.servers.get(server_id)
            role, instance = roles.get(server_id, ("unprotected", None))
            group_id = pair.group_id if pair else instance.group_id if instance else ""
            group = inventory.groups.get(group_id)
            yield {
                "disk": known.name if known else disk_id,
                "role": role,
                "server": on.name if on else server_id,
                "device": device,
                "replicated": pair is not None,
                "pair": pair.name if pair else "",
                "group": group.name if group else "",
                **_of_disk(known),
                "disk_id": disk_id,
                "server_id": server_id,
                "pair_id": pair.id if pair else "",
                "group_id": group_id,
            }


def _of_disk(disk: Disk | None) -> dict[str, Any]:
    names = ("status", "size_gb", "disk_type", "zone", "system_disk", "shared", "encrypted")
    texts = {"status", "disk_type", "zone"}
    return {name: getattr(disk, name) if disk else "" if name in texts else None for name in names}


TAGS: Schema = {
    "key": TEXT,
    "value": TEXT,
    "kind": word("instance", "server"),
    "name": TEXT,
    "group": TEXT,
    "id": TEXT,
    "group_id": TEXT,
}


@documented(TAGS)
def tags(inventory: Inventory) -> "pd.DataFrame":
    """Tags of protected instances and of servers, one row for each."""
    return from_rows(TAGS, list(_tag_rows(inventory)))


def _tag_rows(inventory: Inventory) -> Iterator[dict[str, Any]]:
    roles = roles_of(inventory)
    tagged: list[tuple[str, ProtectedInstance | Server, str]]
    tagged = [("instance", each, each.group_id) for each in inventory.instances.values()]
    for server in inventory.servers.values():
        _, instance = roles.get(server.id, ("", None))
        tagged.append(("server", server, instance.group_id if instance else ""))
    for kind, thing, group_id in tagged:
        group = inventory.groups.get(group_id)
        for key, value in thing.tags or ():
            yield {
                "key": key,
                "value": value,
                "kind": kind,
                "name": thing.name,
                "group": group.name if group else "",
                "id": thing.id,
                "group_id": group_id,
            }


QUOTAS: Schema = {"quota": TEXT, "used": NUMBER, "limit": NUMBER, "left": NUMBER}


@documented(QUOTAS)
def quotas(inventory: Inventory) -> "pd.DataFrame":
    """How many groups, pairs and drills there are, may be, and are left."""
    rows = list(inventory.quotas.values())
    return frame(QUOTAS, rows, quota=(row.type for row in rows))


FAILED_TASKS: Schema = {
    "what": TEXT,
    "failure": TEXT,
    "resource_type": TEXT,
    "group": TEXT,
    "begin_at": MOMENT,
    "error_code": TEXT,
    "fail_reason": TEXT,
    "job_type": TEXT,
    "job_id": TEXT,
    "resource_id": TEXT,
    "group_id": TEXT,
}


@documented(FAILED_TASKS)
def failed_tasks(inventory: Inventory) -> "pd.DataFrame":
    """Jobs that failed and that nobody has cleared yet, the newest first."""
    rows = sorted(
        inventory.failed_tasks.values(), key=lambda each: each.begin_at.timestamp() if each.begin_at else 0.0
    )[::-1]
    homes = [row.group_id or (row.resource_id if row.resource_id in inventory.groups else "") for row in rows]
    return frame(
        FAILED_TASKS,
        rows,
        what=(row.resource_name for row in rows),
        failure=(row.failure_status for row in rows),
        group=(inventory.groups[key].name if key in inventory.groups else "" for key in homes),
        job_type=(row.type for row in rows),
        job_id=(row.id for row in rows),
        group_id=homes,
    )


DOMAINS: Schema = {
    "domain": TEXT,
    "local_zone": TEXT,
    "remote_zone": TEXT,
    "sold_out": FLAG,
    "description": TEXT,
    "domain_id": TEXT,
}


@documented(DOMAINS)
def domains(inventory: Inventory) -> "pd.DataFrame":
    """Active-active domains: between which zones groups can be protected."""
    rows = list(inventory.domains.values())
    return frame(DOMAINS, rows, domain=(row.name for row in rows), domain_id=(row.id for row in rows))


RPO: Schema = {"at": MOMENT, "exceeding": NUMBER, "resource_type": TEXT}


@documented(RPO)
def rpo(inventory: Inventory) -> "pd.DataFrame":
    """How many resources exceeded their recovery point objective, by hour as the service counts it."""
    return frame(RPO, inventory.rpo)


COSTS: Schema = {
    "group": TEXT,
    "what": TEXT,
    "count": NUMBER,
    "amount": NUMBER,
    "unit": word("servers", "vCPUs", "GB RAM", "GB"),
    "price": REAL_OR_NONE,
    "cost": REAL_OR_NONE,
    "group_id": TEXT,
}


@documented(COSTS)
def costs(inventory: Inventory, prices: Mapping[str, float] | None = None) -> "pd.DataFrame":
    """What the DR side of each group takes: its servers by flavor and state, its disks by type, in GB.

    `prices` gives what one server of a flavor ("s3.large.2"; of one that is off "s3.large.2 off") and one GB
    of a disk type ("SSD") cost; a `cost` is missing where no price was given, for drkit knows none.
    """
    return from_rows(COSTS, list(_cost_rows(inventory, prices or {})))


def _cost_rows(inventory: Inventory, prices: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    for group in inventory.groups.values():
        servers: Counter[str] = Counter()
        for each in inventory.dr_servers_of(group.id):
            off = " off" if each.status == ServerStatus.SHUTOFF else ""
            servers[f"{each.flavor or 'flavor not known'}{off}"] += 1
        sizes: Counter[str] = Counter()
        disks_of: Counter[str] = Counter()
        for pair in inventory.pairs_of(group.id):
            sizes[pair.disk_type or "type not known"] += pair.size_gb
            disks_of[pair.disk_type or "type not known"] += 1
        amounts = [(what, number, number, "servers") for what, number in sorted(servers.items())]
        amounts += [(what, disks_of[what], size, "GB") for what, size in sorted(sizes.items())]
        for what, number, amount, unit in amounts:
            price = prices.get(what)
            yield {
                "group": group.name,
                "what": what,
                "count": number,
                "amount": amount,
                "unit": unit,
                "price": price,
                "cost": None if price is None else round(price * amount, 2),
                "group_id": group.id,
            }
