"""What belongs to the whole project: versions, domains, quotas, failed tasks, recovery-point statistics."""

from datetime import UTC, datetime

from drkit.sandbox import syncing
from drkit.sandbox.answers import Answer, RefusalError, group_time, job_time, no_content, ok, refused
from drkit.sandbox.groups import find
from drkit.sandbox.reading import IncomingCall, whole
from drkit.sandbox.routes import Routes
from drkit.sandbox.things import Failure, Json
from drkit.sandbox.world import World

routes = Routes()
FAILURES = "/v1/{project}/task-center"
HOUR = 3600


def _version(call: IncomingCall) -> Json:
    return {
        "id": "v1",
        "links": [{"rel": "self", "href": f"{call.origin}/v1"}],
        "version": "",
        "status": "CURRENT",
        "updated": "2018-05-30T00:00:00Z",
        "min_version": "",
    }


@routes("GET", "/")
def list_api_versions(call: IncomingCall) -> Answer:
    """The versions of the API: there is one."""
    return ok({"versions": [_version(call)]})


@routes("GET", "/{version}")
def show_specified_api_version(call: IncomingCall) -> Answer:
    """One version of the API."""
    if call.path["version"] != "v1":
        message = f"There is no version {call.path['version'][:64]}."
        raise RefusalError(404, {"itemNotFound": {"message": message, "code": 404}})
    return ok({"version": _version(call)})


@routes("GET", "/v1/{project}/active-domains")
def list_active_active_domains(call: IncomingCall) -> Answer:
    """Pairs of zones that can protect each other; one domain serves both directions."""
    found = [
        {
            "id": id_,
            "name": domain["name"],
            "description": domain.get("description", " and ".join(domain["zones"])),
            "sold_out": domain.get("sold_out", False),
            "local_replication_cluster": {"availability_zone": domain["zones"][0]},
            "remote_replication_cluster": {"availability_zone": domain["zones"][1]},
        }
        for id_, domain in call.world.facts["domains"].items()
    ]
    return ok({"domains": found})


@routes("GET", "/v1/{project}/sdrs/quotas")
def show_quota(call: IncomingCall) -> Answer:
    """How many groups, pairs and drills there are and may be."""
    found = [
        {"type": type_, "used": call.world.used(type_), "quota": quota, "min": 0, "max": max(quota, 1000)}
        for type_, quota in call.world.quotas.items()
    ]
    return ok({"quotas": {"resources": found}})


def _failure(failure: Failure) -> Json:
    return {
        "job_type": failure.job_type,
        "job_status": "FAIL",
        "begin_time": job_time(failure.begin),
        "job_id": failure.id,
        "failure_status": failure.failure_status,
        "resource_id": failure.resource_id,
        "resource_name": failure.resource_name,
        "error_code": failure.error_code,
        "fail_reason": failure.reason,
        "resource_type": failure.resource_type,
    }


@routes("GET", FAILURES + "/failure-jobs")
def list_failure_jobs(call: IncomingCall) -> Answer:
    """Failures of groups, or with server_group_id those of what is in the group."""
    query = call.query
    group, status, type_ = (query.get(key) for key in ("server_group_id", "failure_status", "resource_type"))
    found = [
        failure
        for failure in call.world.failures.values()
        if failure.group_id == group
        and status in ("", failure.failure_status)
        and type_ in ("", failure.resource_type)
        and query.get("resource_name").lower() in failure.resource_name.lower()
    ]
    return ok({"failure_jobs": [_failure(failure) for failure in query.page(found)], "count": len(found)})


@routes("DELETE", FAILURES + "/failure-jobs/batch")
def delete_all_server_group_failure_jobs(call: IncomingCall) -> Answer:
    """Forget every failure at the level of protection groups."""
    return _forget(call.world, "")


@routes("DELETE", FAILURES + "/{group}/failure-jobs/batch")
def delete_server_group_failure_jobs(call: IncomingCall) -> Answer:
    """Forget every failure of what is in one group."""
    return _forget(call.world, find(call.world, call.path["group"]).id)


@routes("DELETE", FAILURES + "/failure-jobs/{failure}")
def delete_failure_job(call: IncomingCall) -> Answer:
    """Forget one failure; 400 when there is no such record."""
    if call.world.failures.pop(call.path["failure"], None) is None:
        raise refused("SDRS.0201", "there is no such failed task")
    return no_content()


def _forget(world: World, group_id: str) -> Answer:
    world.failures = {id_: it for id_, it in world.failures.items() if it.group_id != group_id}
    return no_content()


@routes("GET", "/v1/{project}/resource/rpo-statistics")
def list_rpo_statistics(call: IncomingCall) -> Answer:
    """Hour by hour, how many pairs miss their recovery point: the last day unless start and end are given."""
    world, query = call.world, call.query
    end = _moment(query.get("end_time"), world.now)
    start = max(_moment(query.get("start_time"), end - 24 * HOUR), world.now - 30 * 24 * HOUR)
    if query.get("resource_type") not in ("", "replication"):
        raise refused("SDRS.0201", "resource_type: replication")
    behind = [
        since for pair in world.pairs.values() if (since := syncing.behind_since(world, pair)) is not None
    ]
    hours = range(int(-(-start // HOUR)), int(min(end, world.now) // HOUR) + 1)
    points = query.page(hours)
    kept = world.facts.get("rpo", {})
    moments = [hour * HOUR for hour in points]
    found = [_point(world, at, kept.get(f"{at}", sum(since <= at for since in behind))) for at in moments]
    return ok({"resource_rpo_statistics": found, "count": len(hours)})


def _point(world: World, at: float, number: int) -> Json:
    return {
        "id": f"{world.account.project_id[:20]}{int(at):012x}",
        "point_time": f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M}",
        "resource_num": number,
        "resource_type": "replication",
        "created_at": group_time(at),
        "updated_at": group_time(at),
    }


def _moment(text: str, default: float) -> float:
    """Seconds since the epoch from milliseconds, or from yyyy-MM-dd HH:mm[:ss], UTC."""
    if not text:
        return default
    if (number := whole(text)) is not None:
        return min(number / 1000, 4e9)
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()
    except ValueError:
        raise refused("SDRS.0201", "times are milliseconds or yyyy-MM-dd HH:mm") from None
