"""Lists, pages, filters, tags, failures, statistics, servers and disks as the pages have them."""

from typing import Any

import pytest

from drkit.sandbox.core import ROUTER
from tests.sandbox.practice import Practice


def names(found: list[dict[str, Any]]) -> list[str]:
    return [it["name"] for it in found]


def test_paging_ends_with_an_empty_page(demo: Practice) -> None:
    pages = [demo.get(f"replications?limit=20&offset={offset}") for offset in (0, 20, 40, 60)]
    assert [len(page["replications"]) for page in pages] == [20, 20, 4, 0]
    assert {page["count"] for page in pages} == {44}
    assert demo.get("replications?limit=0")["replications"] == []


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("limit=1001", "SDRS.0221"),
        ("limit=-1", "SDRS.0221"),
        ("limit=ten", "SDRS.0221"),
        ("offset=-1", "SDRS.0222"),
        ("offset=1.5", "SDRS.0222"),
        ("query_type=odd", "SDRS.0201"),
        ("server_group_ids=%5B1%5D", "SDRS.0207"),
        ("server_group_ids=%5B", "SDRS.0207"),
        ("server_group_ids=a%20b", "SDRS.0207"),
        ("server_group_ids=" + ",".join(map(str, range(31))), "SDRS.0226"),
    ],
)
def test_a_query_against_the_rules_is_refused(demo: Practice, query: str, code: str) -> None:
    assert demo.refusal("GET", f"replications?{query}") == code
    assert demo.refusal("GET", f"protected-instances?{query}") == code


@pytest.mark.parametrize("form", ['["{0}","{1}"]', "['{0}','{1}']", "{0}&server_group_ids={1}", "{0},{1}"])
def test_lists_of_ids_are_understood_in_every_form(demo: Practice, form: str) -> None:
    ids = form.format(demo.id("shop-frontend"), demo.id("shop-warehouse"))
    assert demo.get(f"replications?server_group_ids={ids}")["count"] == 14
    assert demo.get(f"protected-instances?server_group_ids={ids}")["count"] == 5


def test_the_plural_wins_over_the_singular_and_groups_over_ids(demo: Practice) -> None:
    both = f"server_group_id={demo.id('shop-backend')}&server_group_ids={demo.id('shop-frontend')}"
    assert demo.get(f"replications?{both}")["count"] == 9
    ids = f"protected_instance_ids={demo.id('db-01')}"
    assert names(demo.get(f"protected-instances?{ids}")["protected_instances"]) == ["db-01"]
    assert demo.get(f"protected-instances?{ids}&{both}")["count"] == 3


def test_pairs_are_found_by_their_instance(demo: Practice) -> None:
    one = demo.get(f"replications?protected_instance_id={demo.id('db-02')}")
    assert one["count"] == 4
    two = demo.get(f"replications?protected_instance_ids={demo.id('db-01')},{demo.id('db-02')}")
    assert two["count"] == 8


def test_filters_by_name_status_zone_and_trouble(demo: Practice) -> None:
    assert names(demo.get("server-groups?name=WAREH")["server_groups"]) == ["shop-warehouse"]
    assert demo.get("server-groups?status=protected")["count"] == 2
    assert demo.get("server-groups?availability_zone=sandbox-1b")["count"] == 1
    troubled = demo.get("server-groups?query_type=status_abnormal")["server_groups"]
    assert names(troubled) == ["shop-database", "shop-reporting"]
    assert demo.get("server-groups?query_type=stop_protected")["count"] == 2
    assert demo.get("server-groups?query_type=general")["count"] == 5
    assert demo.get("server-groups?query_type=period_no_dr_drill")["count"] == 0
    demo.sandbox.step(60 * 86400)
    assert demo.get("server-groups?query_type=period_no_dr_drill")["count"] == 5
    assert demo.refusal("GET", "server-groups?query_type=odd") == "SDRS.0201"
    assert names(demo.get("replications?status=fault")["replications"]) == ["db-audit"]
    assert demo.get("replications?query_type=status_abnormal")["count"] == 5
    assert demo.get("replications?availability_zone=sandbox-1b")["count"] == 5
    assert demo.get("protected-instances?name=WEB")["count"] == 3


def test_the_demo_world_is_interesting(demo: Practice) -> None:
    assert demo.sandbox.invariants() == []
    assert [it["status"] for it in demo.get("server-groups")["server_groups"]] == [
        "protected",
        "available",
        "protected",
        "failed-over",
        "error-reversing",
    ]
    assert demo.instance("legacy-01")["metadata"] == {"__system__frozen": "true"}
    assert demo.pair("db-audit")["fault_level"] == "5"
    roots = {
        it["OS-EXT-SRV-ATTR:root_device_name"] for it in demo.get("cloudservers/detail?limit=100")["servers"]
    }
    assert roots == {"/dev/vda", "/dev/sda"}
    sizes = {type(it["record_metadata"]["volume_size"]) for it in demo.get("replications")["replications"]}
    assert sizes == {int, str}


def test_times_are_written_in_three_ways(demo: Practice) -> None:
    demo.done(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    job = next(iter(demo.world.jobs))
    assert demo.group("shop-frontend")["created_at"] == "2025-11-22 00:01:01.037"
    assert demo.pair("web-media-a")["created_at"].count("T") == 1
    assert demo.get(f"jobs/{job}")["begin_time"] == "2026-01-01T00:00:00.000Z"
    assert int(job[16:28], 16) == 1767225600000


def test_static_parts_of_a_path_are_no_ids(demo: Practice) -> None:
    assert demo.get("protected-instances/tags") == {"tags": []}
    assert demo.refusal("GET", "protected-instances/batch") == "SDRS.1320"
    assert demo.call("DELETE", "task-center/failure-jobs/batch").status_code == 204
    assert demo.refusal("DELETE", "task-center/failure-jobs/other") == "SDRS.0201"
    assert demo.refusal("DELETE", "task-center/other/failure-jobs/batch") == "SDRS.1013"


def test_unknown_paths_and_methods(demo: Practice) -> None:
    assert demo.call("GET", "nothing/here").status_code == 404
    assert demo.call("PATCH", "server-groups").status_code == 405
    assert demo.http.get("/v7").json()["itemNotFound"]["code"] == 404
    assert demo.call("GET", "jobs/none").json()["itemNotFound"]["code"] == 404
    assert demo.http.get("/").json()["versions"][0]["id"] == "v1"
    assert demo.http.get("/v1").json()["version"]["id"] == "v1"


@pytest.mark.parametrize("raw", [b"", b"[1]", b"{", b"\xff", b"[" * 100000, b"1" * 5000])
def test_a_body_that_is_no_object_is_refused(demo: Practice, raw: bytes) -> None:
    path = f"/v1/{demo.access['project_id']}/server-groups"
    answer = demo.http.post(path, content=raw)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "SDRS.0201")


def test_every_operation_of_the_service_has_its_route() -> None:
    handlers = {route.handler.__name__ for route in ROUTER.routes}
    assert len([route for route in ROUTER.routes if "_sandbox" not in route.path]) >= 45 + 10
    assert {"show_quota", "list_rpo_statistics", "batch_create_protected_instances"} <= handlers


def tag(key: str, *values: str) -> dict[str, Any]:
    return {"key": key, "values": list(values)}


@pytest.fixture
def tagged(demo: Practice) -> Practice:
    for name, tags in (
        ("web-01", {"tier": "web", "owner": "anna"}),
        ("web-02", {"tier": "web"}),
        ("db-01", {"tier": "database", "a/b": ""}),
    ):
        body = {"tags": [{"key": key, "value": value} for key, value in tags.items()], "action": "create"}
        assert demo.call("POST", f"protected-instances/{demo.id(name)}/tags/action", body).status_code == 204
    return demo


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({"tags": [tag("tier", "web")]}, ["web-01", "web-02"]),
        ({"tags": [tag("tier", "web", "database"), tag("owner")]}, ["web-01"]),
        ({"tags_any": [tag("owner"), tag("a/b")]}, ["web-01", "db-01"]),
        ({"tags": [tag("tier", "*base")]}, ["db-01"]),
        ({"tags": [tag("tier")], "not_tags": [tag("tier", "web"), tag("owner")]}, ["web-02", "db-01"]),
        ({"tags": [tag("tier")], "not_tags_any": [tag("owner"), tag("a/b")]}, ["web-02"]),
        ({"tags": [tag("tier")], "matches": [{"key": "resource_name", "value": "-01"}]}, ["web-01", "db-01"]),
        ({"tags": [tag("tier")], "limit": "1", "offset": "1"}, ["web-02"]),
    ],
)
def test_instances_are_found_by_their_tags(
    tagged: Practice, query: dict[str, Any], expected: list[str]
) -> None:
    path = "protected-instances/resource_instances/action"
    answer = tagged.call("POST", path, query | {"action": "filter"})
    found = [it["resource_name"] for it in answer.json()["resources"]]
    assert found == expected
    if "limit" not in query:
        count = tagged.call("POST", path, query | {"action": "count"})
        assert count.json() == {"total_count": len(expected)}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ({}, "SDRS.2210"),
        ({"action": "count", "limit": "1"}, "SDRS.2211"),
        ({"action": "filter", "limit": "0"}, "SDRS.2220"),
        ({"action": "filter", "limit": 5}, "SDRS.2220"),
        ({"action": "filter", "offset": "-1"}, "SDRS.0222"),
        ({"action": "filter", "matches": []}, "SDRS.2212"),
        ({"action": "filter", "matches": [{}]}, "SDRS.2213"),
        ({"action": "filter", "matches": [{"key": "x"}]}, "SDRS.2214"),
        ({"action": "filter", "matches": [{"key": "resource_name"}]}, "SDRS.2216"),
        ({"action": "filter", "matches": [{"key": "resource_name", "value": "x"}] * 2}, "SDRS.2215"),
        ({"action": "filter", "matches": [{"key": "resource_name", "value": 1}]}, "SDRS.2217"),
        ({"action": "filter", "tags": [tag("a"), tag("a")]}, "SDRS.2209"),
        ({"action": "filter", "tags": [tag(f"k{number}") for number in range(21)]}, "SDRS.2203"),
        ({"action": "filter", "tags": [tag("a", "x", "x")]}, "SDRS.2219"),
        ({"action": "filter", "tags": [tag("a", *map(str, range(21)))]}, "SDRS.2218"),
        ({"action": "filter", "tags": [{"key": "a", "values": "x"}]}, "SDRS.2207"),
    ],
)
def test_a_tag_query_against_the_rules_is_refused(demo: Practice, query: dict[str, Any], code: str) -> None:
    assert demo.refusal("POST", "protected-instances/resource_instances/action", query) == code


def test_tags_are_overwritten_and_removed(tagged: Practice) -> None:
    path = f"protected-instances/{tagged.id('web-01')}/tags"
    assert tagged.call("POST", path, {"tag": {"key": "tier", "value": "new"}}).status_code == 204
    assert {it["key"]: it["value"] for it in tagged.get(path)["tags"]} == {"tier": "new", "owner": "anna"}
    body = {"tags": [{"key": "owner"}, {"key": "unknown"}], "action": "delete"}
    assert tagged.call("POST", f"{path}/action", body).status_code == 204
    assert tagged.get("protected-instances/tags")["tags"][0] == {
        "key": "tier",
        "values": ["new", "web", "database"],
    }
    assert tagged.call("DELETE", f"protected-instances/{tagged.id('db-01')}/tags/a%2Fb").status_code == 204
    answer = tagged.call("DELETE", f"{path}/unknown")
    assert (answer.status_code, answer.json()["error"]["code"]) == (404, "SDRS.2206")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"action": "burn"}, "SDRS.2201"),
        ({"action": "create", "tags": []}, "SDRS.2202"),
        ({"action": "create", "tags": [{"key": "a", "value": "1"}] * 2}, "SDRS.2209"),
        ({"action": "create", "tags": [{"key": f"k{n}", "value": ""} for n in range(21)]}, "SDRS.2203"),
        ({"action": "create", "tags": [{"key": 5, "value": ""}]}, "SDRS.2204"),
        ({"action": "create", "tags": [{"key": " ", "value": ""}]}, "SDRS.2205"),
        ({"action": "create", "tags": [{"key": "a", "value": 5}]}, "SDRS.2207"),
        ({"action": "create", "tags": [{"key": "a"}]}, "SDRS.2208"),
    ],
)
def test_tags_against_the_rules_are_refused(demo: Practice, body: dict[str, Any], code: str) -> None:
    assert demo.refusal("POST", f"protected-instances/{demo.id('web-01')}/tags/action", body) == code


def test_twenty_tags_are_enough(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}/tags"
    for number in range(20):
        assert demo.call("POST", path, {"tag": {"key": f"k{number}", "value": "x"}}).status_code == 204
    assert demo.refusal("POST", path, {"tag": {"key": "one-more", "value": "x"}}) == "SDRS.2203"


def test_an_instance_that_goes_away_takes_no_tags(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}"
    demo.call("DELETE", path)
    assert demo.refusal("POST", f"{path}/tags", {"tag": {"key": "a", "value": "b"}}) == "SDRS.2221"
    assert demo.refusal("DELETE", f"{path}/tags/a") == "SDRS.2222"


def test_the_task_center_keeps_failures_apart(demo: Practice) -> None:
    group = demo.id("shop-frontend")
    demo.sandbox.fault("job-fails", times=2)
    demo.job(*demo.act("shop-frontend", "stop"))
    demo.world.groups[group].status = "protected"
    demo.job(*demo.detach("web-01", "web-01-content"))
    of_groups = demo.get("task-center/failure-jobs")["failure_jobs"]
    within = demo.get(f"task-center/failure-jobs?server_group_id={group}")["failure_jobs"]
    assert [it["resource_type"] for it in of_groups] == ["server_groups"]
    assert [it["resource_type"] for it in within] == ["replications"]
    assert within[0]["failure_status"] == "detachFail"
    assert within[0]["job_id"] in demo.world.jobs
    empty = demo.get("task-center/failure-jobs?resource_type=replications&failure_status=stopFail")
    assert empty["count"] == 0
    assert demo.get("task-center/failure-jobs?resource_name=FRONT")["count"] == 1
    demo.call("DELETE", f"task-center/failure-jobs/{within[0]['job_id']}")
    assert demo.get(f"task-center/failure-jobs?server_group_id={group}")["count"] == 0
    demo.call("DELETE", "task-center/failure-jobs/batch")
    assert demo.get("task-center/failure-jobs")["count"] == 0


def test_recovery_points_missed_are_counted_by_the_hour(demo: Practice) -> None:
    path = "resource/rpo-statistics"
    points = demo.get(path)["resource_rpo_statistics"]
    assert (len(points), points[-1]["point_time"], points[-1]["resource_num"]) == (25, "2026-01-01 00:00", 1)
    assert points[0]["resource_num"] == 0
    window = "start_time=2025-12-31%2020:00&end_time=2025-12-31%2022:00:00&resource_type=replication"
    assert demo.get(f"{path}?{window}")["count"] == 3
    assert demo.get(f"{path}?start_time=1767222000000")["count"] == 2
    assert demo.refusal("GET", f"{path}?start_time=soon") == "SDRS.0201"
    assert demo.refusal("GET", f"{path}?resource_type=moon") == "SDRS.0201"


def test_servers_are_paged_by_page_number(demo: Practice) -> None:
    assert len(demo.get("cloudservers/detail")["servers"]) == 25
    second = demo.get("cloudservers/detail?limit=20&offset=2")
    assert (len(second["servers"]), second["count"]) == (11, 31)
    assert demo.get("cloudservers/detail?status=SHUTOFF&name=WEB")["count"] == 3
    for query in ("limit=2000", "offset=x"):
        assert demo.call("GET", f"cloudservers/detail?{query}").json()["error"]["code"] == "Ecs.0005"
    assert demo.call("GET", "cloudservers/none").json()["error"]["code"] == "Ecs.0114"


def test_starting_many_servers_is_one_job_with_sub_jobs(demo: Practice) -> None:
    servers = [{"id": demo.server(name)} for name in ("report-01", "report-02")]
    job_id = demo.call("POST", "cloudservers/action", {"os-start": {"servers": servers}}).json()["job_id"]
    assert (
        demo.get(f"cloudservers/{demo.server('report-01')}")["server"]["OS-EXT-STS:task_state"]
        == "powering-on"
    )
    demo.world.drop_server(demo.world.servers[demo.server("report-02")])
    demo.sandbox.step(60)
    job = demo.get(f"jobs/{job_id}")
    assert (job["status"], job["entities"]["sub_jobs_total"]) == ("FAIL", 2)
    assert [sub["status"] for sub in job["entities"]["sub_jobs"]] == ["SUCCESS", "FAIL"]


def test_a_hard_stop_is_faster_than_a_soft_one(demo: Practice) -> None:
    for kind, name, after in (("HARD", "web-01", "SHUTOFF"), ("SOFT", "web-02", "ACTIVE")):
        body = {"os-stop": {"type": kind, "servers": [{"id": demo.server(name)}]}}
        demo.call("POST", "cloudservers/action", body)
        demo.sandbox.step(12)
        assert demo.get(f"cloudservers/{demo.server(name)}")["server"]["status"] == after


@pytest.mark.parametrize(
    "body",
    [
        {"os-burn": {}},
        {"os-stop": {"type": "MAYBE", "servers": [{"id": "x"}]}},
        {"os-start": {"servers": []}},
        {"os-start": {"servers": [{"id": 5}]}},
        {"os-start": 1},
        {"os-start": {"servers": [{"id": "none"}]}},
    ],
)
def test_server_actions_against_the_rules_are_refused(demo: Practice, body: dict[str, Any]) -> None:
    answer = demo.call("POST", "cloudservers/action", body)
    assert answer.json()["error"]["code"] in ("Ecs.0005", "Ecs.0114")


@pytest.mark.parametrize("action", ["os-start", "os-stop"])
def test_a_broken_server_is_not_moved(demo: Practice, action: str) -> None:
    demo.world.servers[demo.server("web-01")].status = "ERROR"
    body = {action: {"servers": [{"id": demo.server("web-01")}]}}
    assert demo.job("POST", "cloudservers/action", body)["error_code"] == "Ecs.0219"


def test_deleting_a_server_makes_its_instance_invalid(demo: Practice) -> None:
    body = {"servers": [{"id": demo.server("web-01")}], "delete_volume": True}
    demo.done("POST", "cloudservers/delete", body)
    assert demo.instance("web-01")["status"] == "invalid"
    pair = demo.pair("web-01-content")
    assert (pair["status"], pair["replication_status"]) == ("invalid", "inactive")
    demo.done(*demo.detach("web-01", "web-01-content"))
    assert demo.pair("web-01-content")["status"] == "invalid"
    demo.done("DELETE", f"replications/{demo.id('web-01-content')}", {"replication": {}})
    demo.done("DELETE", f"protected-instances/{demo.id('web-01')}", {})


def test_disks_are_listed_shown_and_deleted(demo: Practice) -> None:
    path = "cloudvolumes"
    assert demo.get(f"{path}/detail?limit=5&offset=3", version="v2")["count"] > 100
    found = demo.get(f"{path}/detail?name=WEB-LOGS&status=available", version="v2")["volumes"]
    assert names(found) == ["web-logs", "web-logs-dr"]
    assert demo.call("GET", f"{path}/detail?limit=x", version="v2").json()["error"]["code"] == "EVS.2027"
    assert demo.call("GET", f"{path}/none", version="v2").status_code == 404
    used = demo.call("DELETE", f"{path}/{demo.disk('web-01-content')}", version="v2")
    assert used.json()["error"]["code"] == "EVS.2042"
    assert demo.call("DELETE", f"{path}/{demo.disk('web-logs-dr')}", version="v2").status_code == 200
    assert demo.pair("web-logs")["status"] == "invalid"
    assert demo.sandbox.invariants() == []


def test_answers_carry_a_request_id(demo: Practice) -> None:
    first, second = (demo.call("GET", "server-groups").headers["X-Request-Id"] for _ in range(2))
    assert len(first) == 32
    assert first != second
