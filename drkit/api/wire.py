"""Values to requests: the one place that knows the service's words for what drkit reads and changes.

Source: the SDRS v1 API reference; for listings of servers and disks the ECS and EVS references. Paths are
relative to the service's root for the project ("/v1/{project_id}" and the like), IAM's to "/v3".
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias
from urllib.parse import quote

from drkit.errors import InputError
from drkit.model import PLANNED, Change, Operation, as_tags

Json: TypeAlias = Any
"""What JSON holds. Whatever comes in one is read key by key."""

ServiceName = Literal["sdrs", "ecs", "evs", "vpc", "cts", "iam", "sandbox", "versions"]
"""`versions` is SDRS outside of any project: what it tells of its own API."""

Filters = tuple[tuple[str, str], ...]

PAGE = 1000
"""The largest page that SDRS, ECS and EVS give."""

IDS_PER_REQUEST = 30
"""The longest id list that SDRS takes (SDRS.0226)."""


@dataclass(frozen=True, slots=True)
class Request:
    """One call; `body` is JSON (None: no body), `changes` says that it is not a mere read.

    `reader` makes JSON of the bytes of an answer where that is not done as usual; ValueError: it is none.
    """

    method: str
    path: str
    query: Filters = ()
    body: Json = field(default=None, repr=False)
    service: ServiceName = "sdrs"
    changes: bool = False
    reader: "Callable[[bytes], Json] | None" = field(default=None, repr=False, compare=False)

    @property
    def where(self) -> str:
        """What errors call it: "SDRS on GET /jobs/42"."""
        return f"{self.service.upper()} on {self.method} {self.path}"


@dataclass(frozen=True, slots=True)
class Listing:
    """A list operation: its path, the key of the list in the answer, and how it counts its offset.

    `identity` is the key under which its rows tell which they are. `reader` reads its pages, where that is
    not done as usual.
    """

    path: str
    key: str
    service: ServiceName = "sdrs"
    numbers_pages: bool = False
    identity: str = "id"
    reader: "Callable[[bytes], Json] | None" = field(default=None, repr=False, compare=False)

    def page(self, start: int, limit: int = PAGE, filters: Filters = ()) -> Request:
        """The request for up to `limit` things from the thing number `start` (from 0) on."""
        offset = start // limit + 1 if self.numbers_pages else start
        query = (*filters, ("limit", str(limit)), ("offset", str(offset)))
        return Request("GET", self.path, query, service=self.service, reader=self.reader)

    def page_after(self, marker: str, limit: int = PAGE) -> Request:
        """The request for up to `limit` things after the one of that id, where a listing goes by markers."""
        query = (("limit", str(limit)), *((("marker", marker),) if marker else ()))
        return Request("GET", self.path, query, service=self.service)


GROUPS = Listing("/server-groups", "server_groups")
INSTANCES = Listing("/protected-instances", "protected_instances")
PAIRS = Listing("/replications", "replications")
DRILLS = Listing("/disaster-recovery-drills", "disaster_recovery_drills")
SERVERS = Listing("/cloudservers/detail", "servers", "ecs", numbers_pages=True)
DISKS = Listing("/cloudvolumes/detail", "volumes", "evs")
NETWORKS = Listing("/vpcs", "vpcs", "vpc")
PUBLIC_ADDRESSES = Listing("/publicips", "publicips", "vpc")
NO_DRILL: Filters = (("query_type", "period_no_dr_drill"),)
"""Of the listing of groups: those without a drill for three months."""
FAILED_TASKS = Listing("/task-center/failure-jobs", "failure_jobs", identity="job_id")
RPO_STATISTICS = Listing("/resource/rpo-statistics", "resource_rpo_statistics")


def of_groups(group_ids: Iterable[str]) -> tuple[Filters, ...]:
    """The filters that limit a listing to some groups, one per request that it takes (all groups: none)."""
    ids = list(dict.fromkeys(group_ids))
    if len(ids) < 2:
        return (tuple(("server_group_id", each) for each in ids),)
    return _in_chunks("server_group_ids", ids)


def of_instances(instance_ids: Iterable[str]) -> tuple[Filters, ...]:
    """The filters that limit the listing of pairs to those attached to some instances, one per request."""
    return _in_chunks("protected_instance_ids", list(dict.fromkeys(instance_ids)))


def _in_chunks(key: str, ids: Sequence[str]) -> tuple[Filters, ...]:
    chunks = (ids[start : start + IDS_PER_REQUEST] for start in range(0, len(ids), IDS_PER_REQUEST))
    return tuple(((key, json.dumps(each, separators=(",", ":"))),) for each in chunks)


def at(path: str, identity: str) -> str:
    """The path of one thing; InputError for what can't be an id, so that no call goes to its parent."""
    if identity in {"", ".", ".."}:
        raise InputError(f"{identity!r} is no id of anything under {path}; nothing was sent.")
    return f"{path}/{quote(identity, safe='')}"


def show(listing: Listing, identity: str) -> Request:
    """Ask for one thing."""
    return Request("GET", at(listing.path.removesuffix("/detail"), identity), service=listing.service)


def job(job_id: str, service: ServiceName = "sdrs") -> Request:
    """Ask how a job is doing."""
    return Request("GET", at("/jobs", job_id), service=service)


def block_devices(server_id: str) -> Request:
    """Ask for the disks of a server and its free slots."""
    return Request("GET", f"{at('/cloudservers', server_id)}/block_device", service="ecs")


QUOTAS = Request("GET", "/sdrs/quotas")
DOMAINS = Request("GET", "/active-domains")
PROJECT_TAGS = Request("GET", "/protected-instances/tags")
VERSIONS = Request("GET", "/", service="versions")


def version(name: str) -> Request:
    """Ask for one version of the API of SDRS: "v1"."""
    return Request("GET", at("", name), service="versions")


def tags(instance_id: str) -> Request:
    """Ask for the tags of an instance."""
    return Request("GET", f"{at(INSTANCES.path, instance_id)}/tags")


def tagged(wanted: Mapping[str, Sequence[str]], start: int, limit: int = PAGE) -> Request:
    """Ask for instances that have all these tags: key -> values, any of them; none: whatever it is.

    A read, though the service takes it as a POST.
    """
    keys = [{"key": key, "values": list(values)} for key, values in wanted.items()]
    body = {"action": "filter", "tags": keys, "limit": str(limit), "offset": str(start)}
    return Request("POST", f"{INSTANCES.path}/resource_instances/action", body=body)


READS: Mapping[str, Request] = {
    "protection groups": GROUPS.page(0, 1),
    "protected instances": INSTANCES.page(0, 1),
    "replication pairs": PAIRS.page(0, 1),
    "DR drills": DRILLS.page(0, 1),
    "failed tasks": FAILED_TASKS.page(0, 1),
    "quotas": QUOTAS,
    "active-active domains": DOMAINS,
    "servers": SERVERS.page(0, 1),
    "disks": DISKS.page(0, 1),
}
"""One small request for each kind of thing that is read, to see whether it may be."""


def request_for(change: Change) -> Request:
    """The request that asks the service for a change."""
    return _SENDERS[change.operation](change)


def _attach_pair(change: Change) -> Request:
    attachment = {"replication_id": change.pair_id, "device": change.device}
    path = f"{at(INSTANCES.path, change.instance_id)}/attachreplication"
    return _post(path, {"replicationAttachment": attachment})


def _detach_pair(change: Change) -> Request:
    path = f"{at(INSTANCES.path, change.instance_id)}/detachreplication"
    return Request("DELETE", at(path, change.pair_id), changes=True)


def _group_action(word: str) -> Callable[[Change], Request]:
    return lambda change: _on_group(change, {word: {}})


def _planned_failover(change: Change) -> Request:
    return _on_group(change, {"reverse-server-group": {"priority_station": change.to}})


def _on_group(change: Change, action: Json) -> Request:
    return _post(f"{at(GROUPS.path, change.group_id)}/action", action)


def _create_drill(change: Change) -> Request:
    drill = {"server_group_id": change.group_id, "name": change.name}
    vpc = {"drill_vpc_id": change.drill_vpc_id} if change.drill_vpc_id else {}
    return _post(DRILLS.path, {"disaster_recovery_drill": drill | vpc})


def _delete_drill(change: Change) -> Request:
    return Request("DELETE", at(DRILLS.path, change.drill_id), changes=True)


def _expand_pair(change: Change) -> Request:
    size = {"new_size": change.new_size_gb}
    return _post(f"{at(PAIRS.path, change.pair_id)}/action", {"extend-replication": size})


def _resize_instance(change: Change) -> Request:
    path = f"{at(INSTANCES.path, change.instance_id)}/resize"
    sides = {
        "flavorRef": change.flavor,
        "production_flavorRef": change.production_flavor,
        "dr_flavorRef": change.dr_flavor,
        "production_dedicated_host_id": change.production_dedicated_host_id,
        "dr_dedicated_host_id": change.dr_dedicated_host_id,
    }
    return _post(path, {"resize": _filled(sides)})


def _stop_server(change: Change) -> Request:
    return _on_server(change, "os-stop", {"type": "HARD" if change.hard else "SOFT"})


def _start_server(change: Change) -> Request:
    return _on_server(change, "os-start", {})


def _on_server(change: Change, word: str, how: dict[str, Any]) -> Request:
    action = {word: {**how, "servers": [{"id": change.server_id}]}}
    return _post("/cloudservers/action", action, "ecs")


def _create_group(change: Change) -> Request:
    group = {
        "name": change.name,
        "description": change.description,
        "source_availability_zone": change.source_zone,
        "target_availability_zone": change.target_zone,
        "domain_id": change.domain_id,
        "source_vpc_id": change.vpc_id,
        "dr_type": "migration",
    }
    return _post(GROUPS.path, {"server_group": _filled(group)})


def _create_instance(change: Change) -> Request:
    instance = {
        **_twin(change),
        "server_id": change.server_id,
        "name": change.name,
        "flavorRef": change.flavor,
        "primary_ip_address": change.ip_address,
    }
    return _post(INSTANCES.path, {"protected_instance": _filled(instance)})


def _create_instances(change: Change) -> Request:
    flavors = change.flavors or ("",) * len(change.server_ids)
    if len(flavors) != len(change.server_ids):
        raise InputError("Give one flavor for each server, or none at all; nothing was sent.")
    servers = [
        _filled({"server_id": server_id, "flavorRef": flavor})
        for server_id, flavor in zip(change.server_ids, flavors, strict=True)
    ]
    instances = {**_twin(change), "name_prefix": change.name, "servers": servers}
    return _post(f"{INSTANCES.path}/batch", {"protected_instances": _filled(instances)})


def _twin(change: Change) -> dict[str, Json]:
    """What creating one instance and several have in common."""
    return {
        "server_group_id": change.group_id,
        "description": change.description,
        "cluster_id": change.cluster_id,
        "primary_subnet_id": change.subnet_id,
        "tags": _key_values(change.tags),
        "tenancy": "dedicated" if change.dedicated_host_id else "",
        "dedicated_host_id": change.dedicated_host_id,
    }


def _delete_instance(change: Change) -> Request:
    return _delete(at(INSTANCES.path, change.instance_id), _gone_too(change))


def _delete_instances(change: Change) -> Request:
    ids = [{"id": each} for each in change.instance_ids]
    return _post(f"{INSTANCES.path}/delete", {"protected_instances": ids, **_gone_too(change)})


def _gone_too(change: Change) -> dict[str, Json]:
    return {"delete_target_server": change.with_server, "delete_target_eip": change.with_eip}


def _add_nic(change: Change) -> Request:
    nic = {
        "subnet_id": change.subnet_id,
        "security_groups": [{"id": each} for each in change.security_group_ids],
        "ip_address": change.ip_address,
    }
    return _post(f"{at(INSTANCES.path, change.instance_id)}/nic", _filled(nic))


def _delete_nic(change: Change) -> Request:
    return _post(f"{at(INSTANCES.path, change.instance_id)}/nic/delete", {"nic_id": change.nic_id})


def _set_tags(change: Change) -> Request:
    path, given = f"{at(INSTANCES.path, change.instance_id)}/tags", _key_values(change.tags)
    if len(given) == 1:
        return _post(path, {"tag": given[0]})
    return _post(f"{path}/action", {"action": "create", "tags": given})


def _delete_tags(change: Change) -> Request:
    path = f"{at(INSTANCES.path, change.instance_id)}/tags"
    if len(change.keys) == 1:
        return _delete(at(path, change.keys[0]))
    return _post(f"{path}/action", {"action": "delete", "tags": [{"key": each} for each in change.keys]})


def _key_values(tags_given: Iterable[str]) -> list[dict[str, str]]:
    return [{"key": key, "value": value} for key, value in as_tags(tags_given)]


def _create_pair(change: Change) -> Request:
    pair = {
        "server_group_id": change.group_id,
        "volume_id": change.disk_id,
        "name": change.name,
        "description": change.description,
        "cluster_id": change.cluster_id,
    }
    return _post(PAIRS.path, {"replication": _filled(pair)})


def _delete_pair(change: Change) -> Request:
    pair = {"server_group_id": change.group_id, "delete_target_volume": change.with_disk}
    return _delete(at(PAIRS.path, change.pair_id), {"replication": pair})


def _rename(listing: Listing, argument: str, key: str) -> Callable[[Change], Request]:
    return lambda change: Request(
        "PUT", at(listing.path, getattr(change, argument)), body={key: {"name": change.name}}, changes=True
    )


def _clear_failed_task(change: Change) -> Request:
    return _delete(at(FAILED_TASKS.path, change.task_id))


def _clear_failed_tasks(change: Change) -> Request:
    if change.group_id.startswith(PLANNED):  # of the groups themselves
        return _delete(f"{FAILED_TASKS.path}/batch")
    return _delete(f"{at('/task-center', change.group_id)}/failure-jobs/batch")


def _filled(body: Mapping[str, Json]) -> dict[str, Json]:
    """What was given of a body."""
    return {key: value for key, value in body.items() if value not in ("", [])}


def _delete(path: str, body: Json = None) -> Request:
    return Request("DELETE", path, body=body, changes=True)


def _post(path: str, body: Json, service: ServiceName = "sdrs") -> Request:
    return Request("POST", path, body=body, service=service, changes=True)


_SENDERS: Mapping[Operation, Callable[[Change], Request]] = {
    Operation.ATTACH_PAIR: _attach_pair,
    Operation.DETACH_PAIR: _detach_pair,
    Operation.ENABLE_PROTECTION: _group_action("start-server-group"),
    Operation.DISABLE_PROTECTION: _group_action("stop-server-group"),
    Operation.PLANNED_FAILOVER: _planned_failover,
    Operation.FAILOVER: _group_action("failover-server-group"),
    Operation.REPROTECT: _group_action("start-server-group"),  # the same words: the group's status decides
    Operation.CREATE_DRILL: _create_drill,
    Operation.DELETE_DRILL: _delete_drill,
    Operation.EXPAND_PAIR: _expand_pair,
    Operation.RESIZE_INSTANCE: _resize_instance,
    Operation.STOP_SERVER: _stop_server,
    Operation.START_SERVER: _start_server,
    Operation.CREATE_GROUP: _create_group,
    Operation.RENAME_GROUP: _rename(GROUPS, "group_id", "server_group"),
    Operation.DELETE_GROUP: lambda change: _delete(at(GROUPS.path, change.group_id)),
    Operation.CREATE_INSTANCE: _create_instance,
    Operation.CREATE_INSTANCES: _create_instances,
    Operation.RENAME_INSTANCE: _rename(INSTANCES, "instance_id", "protected_instance"),
    Operation.DELETE_INSTANCE: _delete_instance,
    Operation.DELETE_INSTANCES: _delete_instances,
    Operation.ADD_NIC: _add_nic,
    Operation.DELETE_NIC: _delete_nic,
    Operation.SET_TAGS: _set_tags,
    Operation.DELETE_TAGS: _delete_tags,
    Operation.CREATE_PAIR: _create_pair,
    Operation.RENAME_PAIR: _rename(PAIRS, "pair_id", "replication"),
    Operation.DELETE_PAIR: _delete_pair,
    Operation.RENAME_DRILL: _rename(DRILLS, "drill_id", "disaster_recovery_drill"),
    Operation.CLEAR_FAILED_TASK: _clear_failed_task,
    Operation.CLEAR_FAILED_TASKS: _clear_failed_tasks,
}
ANSWERED_AT_ONCE = frozenset(
    {
        Operation.RENAME_GROUP,
        Operation.RENAME_INSTANCE,
        Operation.SET_TAGS,
        Operation.DELETE_TAGS,
        Operation.RENAME_PAIR,
        Operation.RENAME_DRILL,
        Operation.CLEAR_FAILED_TASK,
        Operation.CLEAR_FAILED_TASKS,
    }
)
"""What the service has done when it answers: no job follows."""
