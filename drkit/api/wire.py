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
from drkit.model import Change, Operation

Json: TypeAlias = Any
"""What JSON holds. Whatever comes in one is read key by key."""

ServiceName = Literal["sdrs", "ecs", "evs", "iam", "sandbox"]
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

    `reader` reads its pages, where that is not done as usual.
    """

    path: str
    key: str
    service: ServiceName = "sdrs"
    numbers_pages: bool = False
    reader: "Callable[[bytes], Json] | None" = field(default=None, repr=False, compare=False)

    def page(self, start: int, limit: int = PAGE, filters: Filters = ()) -> Request:
        """The request for up to `limit` things from the thing number `start` (from 0) on."""
        offset = start // limit + 1 if self.numbers_pages else start
        query = (*filters, ("limit", str(limit)), ("offset", str(offset)))
        return Request("GET", self.path, query, service=self.service, reader=self.reader)


GROUPS = Listing("/server-groups", "server_groups")
INSTANCES = Listing("/protected-instances", "protected_instances")
PAIRS = Listing("/replications", "replications")
DRILLS = Listing("/disaster-recovery-drills", "disaster_recovery_drills")
SERVERS = Listing("/cloudservers/detail", "servers", "ecs", numbers_pages=True)
DISKS = Listing("/cloudvolumes/detail", "volumes", "evs")


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
    return _post(path, {"resize": {"flavorRef": change.flavor}})


def _stop_server(change: Change) -> Request:
    return _on_server(change, "os-stop", {"type": "HARD" if change.hard else "SOFT"})


def _start_server(change: Change) -> Request:
    return _on_server(change, "os-start", {})


def _on_server(change: Change, word: str, how: dict[str, Any]) -> Request:
    action = {word: {**how, "servers": [{"id": change.server_id}]}}
    return _post("/cloudservers/action", action, "ecs")


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
}
