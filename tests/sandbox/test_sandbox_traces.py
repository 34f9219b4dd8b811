"""The neighbour CTS: what was asked, by whom, and what came of it."""

from typing import Any

from tests.sandbox.practice import Practice


def traces(practice: Practice, **query: str) -> list[Any]:
    now = round(practice.world.wall * 1000)
    given = {"trace_type": "system", "limit": "200", "from": "0", "to": str(now)} | query
    answer = practice.http.get(f"/v3/{practice.access['project_id']}/traces", params=given)
    assert answer.status_code == 200, answer.text
    assert answer.json()["meta_data"]["count"] == len(answer.json()["traces"])
    return list(answer.json()["traces"])


def test_a_change_is_traced_with_who_asked_and_the_job_that_came_of_it(demo: Practice) -> None:
    answer = demo.call(*demo.act("shop-frontend", "stop"))
    (trace,) = traces(demo)
    assert (trace["service_type"], trace["trace_name"]) == ("SDRS", "stopProtectionGroup")
    assert (trace["resource_id"], trace["resource_name"]) == (demo.id("shop-frontend"), "shop-frontend")
    assert answer.json()["job_id"] in trace["response"]
    assert trace["user"]["name"] == demo.access["username"]
    assert (trace["code"], trace["trace_rating"]) == ("200", "normal")
    assert trace["request_id"] == answer.headers["X-Request-Id"]


def test_reading_is_not_traced(demo: Practice) -> None:
    demo.get("server-groups")
    demo.get("cloudservers/detail")
    assert traces(demo) == []


def test_what_was_refused_is_traced_as_refused(demo: Practice) -> None:
    assert demo.refusal(*demo.act("shop-backend", "stop")) == "SDRS.1002"
    (trace,) = traces(demo)
    assert (trace["trace_name"], trace["code"], trace["trace_rating"]) == (
        "protectionGroupAction",
        "400",
        "warning",
    )


def test_starting_a_group_that_was_failed_over_is_a_re_protection(demo: Practice) -> None:
    group = next(it for it in demo.world.groups.values() if it.status == "failed-over")
    for id_ in group.instances:
        demo.world.servers[demo.world.dr_server(demo.world.instances[id_])].status = "SHUTOFF"
    demo.done(*demo.act(group.name, "start"))
    assert [it["trace_name"] for it in traces(demo)] == ["reprotectProtectionGroup"]


def test_what_is_made_is_traced_by_its_new_id(demo: Practice) -> None:
    body = {"disaster_recovery_drill": {"server_group_id": demo.id("shop-frontend"), "name": "spring"}}
    demo.done("POST", "disaster-recovery-drills", body)
    (trace,) = traces(demo)
    assert (trace["trace_name"], trace["resource_id"]) == ("createDrDrill", demo.id("spring"))


def test_servers_are_traced_one_by_one(demo: Practice) -> None:
    demo.power("os-stop", "web-01", "web-02")
    assert {(it["trace_name"], it["resource_name"]) for it in traces(demo, service_type="ECS")} == {
        ("stopServer", "web-01"),
        ("stopServer", "web-02"),
    }


def test_what_was_asked_in_a_broken_way_is_traced_without_a_server(demo: Practice) -> None:
    assert demo.call("POST", "cloudservers/action", {"os-stop": {"servers": "all"}}).status_code == 400
    assert [(it["trace_name"], it["resource_id"]) for it in traces(demo)] == [("stopServer", "")]


def test_somebody_else_is_traced_under_their_own_name(demo: Practice) -> None:
    demo.sandbox.fault("second-operator", action="disables-group", times=1)
    demo.call(*demo.act("shop-frontend", "stop"))
    assert [it["user"]["name"] for it in traces(demo)] == ["operator", "colleague"]
    demo.sandbox.fault("server-deleted", server="web-01")
    deleted = traces(demo)[0]
    assert (deleted["trace_name"], deleted["user"]["name"]) == ("deleteServer", "colleague")


def test_an_answer_that_was_lost_is_traced_and_a_request_that_was_lost_is_not(demo: Practice) -> None:
    demo.sandbox.fault("error-502", method="POST", times=1)
    assert demo.call(*demo.act("shop-frontend", "stop")).status_code == 502
    assert traces(demo) == []
    demo.sandbox.fault("error-502", method="POST", times=1, accepted=True)
    assert demo.call(*demo.act("shop-frontend", "stop")).status_code == 502
    assert [it["trace_name"] for it in traces(demo)] == ["stopProtectionGroup"]


def test_pages_follow_each_other_by_their_markers(demo: Practice) -> None:
    for _ in range(5):
        demo.refusal(*demo.act("shop-backend", "stop"))
    every = [it["trace_id"] for it in traces(demo)]
    first = [it["trace_id"] for it in traces(demo, limit="2")]
    then = [it["trace_id"] for it in traces(demo, limit="3", next=first[-1])]
    assert (first + then, len({*every})) == (every, 5)
    assert traces(demo, next=every[-1]) == []


def test_only_what_was_between_two_moments_is_told(demo: Practice) -> None:
    demo.refusal(*demo.act("shop-backend", "stop"))
    began = round(demo.world.wall * 1000)
    demo.sandbox.step(60)
    demo.refusal(*demo.act("shop-backend", "stop"))
    assert len(traces(demo)) == 2
    assert len(traces(demo, to=str(began))) == 1
    assert len(traces(demo, **{"from": str(began + 1)})) == 1


def test_what_makes_no_sense_is_refused(demo: Practice) -> None:
    path = f"/v3/{demo.access['project_id']}/traces"
    for query in ({}, {"trace_type": "data"}, {"trace_type": "system", "limit": "201"}):
        assert demo.http.get(path, params=query).json()["error"]["code"] == "CTS.0013"
    assert demo.http.get("/v3/other/traces", params={"trace_type": "system"}).status_code == 400
