"""The neighbour CTS (Cloud Trace Service): which changes were asked of SDRS and ECS, by whom, when, and what
came of it; refused ones too.

Source: the page "Querying a Trace List" (v3) of its API reference, and the pages "Key Operations" that name
the traces of SDRS and of ECS. Its times are the wall's, which clients compare with their own clock.
"""

import json
from typing import Final
from uuid import NAMESPACE_OID, uuid5

from drkit.sandbox.answers import Answer, neighbour, ok
from drkit.sandbox.reading import IncomingCall, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

routes = Routes()
MOST: Final = 1000
"""Traces that are kept; the cloud keeps those of seven days."""
COLLEAGUE: Final = "colleague"

_GROUP, _INSTANCE = ("SDRS", "protectionGroup", "group"), ("SDRS", "protectedInstance", "instance")
_PAIR, _DRILL = ("SDRS", "replicationPair", "pair"), ("SDRS", "disasterRecoveryDrill", "drill")
_SERVER, _DISK = ("ECS", "ecs", "server"), ("EVS", "evs", "disk")
NAMES: Final[dict[str, tuple[tuple[str, str, str], str]]] = {
    "create_protection_group": (_GROUP, "createProtectionGroup"),
    "delete_protection_group": (_GROUP, "deleteProtectionGroup"),
    "update_protection_group_name": (_GROUP, "updateProtectionGroup"),
    "start_protection_group": (_GROUP, "startProtectionGroup"),
    "stop_protection_group": (_GROUP, "stopProtectionGroup"),
    "start_failover_protection_group": (_GROUP, "failoverProtectionGroup"),
    "start_reverse_protection_group": (_GROUP, "reverseProtectionGroup"),
    "create_protected_instance": (_INSTANCE, "createProtectedInstance"),
    "batch_create_protected_instances": (_INSTANCE, "createProtectedInstance"),
    "delete_protected_instance": (_INSTANCE, "deleteProtectedInstance"),
    "batch_delete_protected_instances": (_INSTANCE, "deleteProtectedInstance"),
    "update_protected_instance_name": (_INSTANCE, "updateProtectedInstance"),
    "attach_protected_instance_replication": (_INSTANCE, "attachReplicationPair"),
    "detach_protected_instance_replication": (_INSTANCE, "detachReplicationPair"),
    "add_protected_instance_nic": (_INSTANCE, "addNic"),
    "delete_protected_instance_nic": (_INSTANCE, "deleteNic"),
    "resize_protected_instance": (_INSTANCE, "resizeProtectedInstance"),
    "create_replication": (_PAIR, "createReplicationPair"),
    "delete_replication": (_PAIR, "deleteReplicationPair"),
    "update_replication_name": (_PAIR, "updateReplicationPair"),
    "expand_replication": (_PAIR, "expandReplicationPair"),
    "create_disaster_recovery_drill": (_DRILL, "createDrDrill"),
    "delete_disaster_recovery_drill": (_DRILL, "deleteDrDrill"),
    "update_disaster_recovery_drill_name": (_DRILL, "updateDrDrill"),
    "start_servers": (_SERVER, "startServer"),
    "stop_servers": (_SERVER, "stopServer"),
    "delete_servers": (_SERVER, "deleteServer"),
    "delete_disk": (_DISK, "deleteVolume"),
}
"""By the operation: the service, the type of what it is about and what a path calls it; the trace's name."""


def keep(call: IncomingCall, operation: str, status: int, body: Json) -> None:
    """Trace a change that the service took or refused; what only reads is not traced."""
    if operation not in NAMES:
        return
    (service, type_, key), name = NAMES[operation]
    job = call.world.jobs.get(body.get("job_id", "")) if isinstance(body, dict) else None
    if type_ == "protectionGroup" and status != 200:
        name = "protectionGroupAction" if "group" in call.path else name
    elif job and job.type.startswith("reprotect"):
        name = "reprotectProtectionGroup"
    ids = [call.path[key]] if key in call.path else _named(call) if key == "server" else []
    if not ids and job:
        ids = [id_ for kind, id_ in job.touches[:1] if kind == key]
    for id_ in ids or [""]:
        note(call.world, name, (service, type_, key), id_, status, by=call.by, call=call, response=body)


def _named(call: IncomingCall) -> list[str]:
    """The servers in the body of an action of ECS."""
    try:
        body = json.loads(call.raw)
        inner = next(iter(body.values())) if "servers" not in body else body
        return [str(server["id"])[:64] for server in inner["servers"]]
    except (ValueError, LookupError, TypeError, AttributeError, StopIteration):
        return []


def note(
    world: World,
    name: str,
    about: tuple[str, str, str],
    id_: str,
    status: int = 200,
    *,
    by: str = COLLEAGUE,
    call: IncomingCall | None = None,
    response: Json = None,
) -> None:
    """Keep a trace."""
    service, type_, key = about
    account, now = world.account, round(world.wall * 1000)
    kinds: Json = {"group": world.groups, "instance": world.instances, "pair": world.pairs}
    kinds |= {"drill": world.drills, "server": world.servers, "disk": world.disks}
    thing = kinds[key].get(id_)
    user = {"id": account.user_id, "name": account.username} if not by else {"id": by, "name": by}
    traces = world.facts.setdefault("traces", [])
    traces.append(
        {
            "trace_id": str(
                uuid5(NAMESPACE_OID, f"{world.seed}:{world.requests}:{len(traces)}:{now}:{name}{id_}")
            ),
            "trace_name": name,
            "trace_type": "ApiCall",
            "trace_rating": "normal" if status < 400 else "warning",
            "service_type": service,
            "resource_type": type_,
            "resource_id": id_,
            "resource_name": thing.name if thing else "",
            "request": call.raw.decode("utf-8", "replace") if call else "",
            "response": json.dumps(response, separators=(",", ":")) if response is not None else "",
            "code": str(status),
            "api_version": "v1",
            "source_ip": "127.0.0.1",
            "request_id": f"{world.requests:032x}",
            "user": user | {"domain": {"id": account.domain_id, "name": account.domain}},
            "time": now,
            "record_time": now,
        }
    )
    del traces[:-MOST]


@routes("GET", "/v3/{project}/traces")
def list_traces(call: IncomingCall) -> Answer:
    """The traces between two moments, the latest first: 10 unless told, at most 200; `next` is where an
    earlier page ended.
    """
    query, now = call.query, round(call.world.wall * 1000)
    if query.get("trace_type") != "system":
        raise neighbour(400, "CTS.0013", "trace_type must be system or data; there are no data traces here.")
    limit, since = whole(query.get("limit") or "10"), whole(query.get("from") or str(now - 3600_000))
    until = whole(query.get("to") or str(now))
    if limit is None or not 1 <= limit <= 200 or since is None or until is None:
        raise neighbour(400, "CTS.0013", "limit is 1 to 200; from and to are milliseconds.")
    filters = {key: query.get(key) for key in _FILTERS if query.get(key)}
    found = [
        trace
        for trace in reversed(call.world.facts.get("traces", []))
        if since <= trace["time"] <= until and all(trace[key] == value for key, value in filters.items())
    ]
    if marker := query.get("next"):
        ids = [trace["trace_id"] for trace in found]
        found = found[ids.index(marker) + 1 :] if marker in ids else []
    page = found[:limit]
    last = page[-1]["trace_id"] if page else ""
    return ok({"traces": page, "meta_data": {"count": len(page), "marker": last}})


_FILTERS: Final = ("service_type", "resource_id", "resource_name", "resource_type", "trace_id", "trace_name")
