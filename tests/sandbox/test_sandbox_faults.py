"""Every fault does what its sentence says, as often as it should, and is over when it is cleared."""

import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from drkit.sandbox import FAULTS, Sandbox, running
from tests.sandbox.practice import Practice, password_sign_in

ATTACH = "attach_protected_instance_replication"


def attach(demo: Practice) -> httpx.Response:
    return demo.call(*demo.attach("web-01", "web-media-a", "/dev/vdc"))


def test_every_fault_has_a_sentence() -> None:
    assert all(kind.sentence.endswith(".") for kind in FAULTS.values())


@pytest.mark.parametrize(
    ("how", "error"), [("hang-up", httpx.RemoteProtocolError), ("timeout", httpx.ReadTimeout)]
)
def test_an_answer_is_lost_after_the_work_was_accepted(
    demo: Practice, how: str, error: type[Exception]
) -> None:
    demo.sandbox.fault("answer-lost-after", operation=ATTACH, how=how)
    with pytest.raises(error):
        attach(demo)
    assert demo.pair("web-media-a")["status"] == "attaching"
    assert demo.sandbox.faults() == []


@pytest.mark.parametrize(
    ("name", "error"),
    [("answer-lost-before", httpx.RemoteProtocolError), ("unreachable", httpx.ConnectError)],
)
def test_a_request_is_lost_before_anything_was_done(
    demo: Practice, name: str, error: type[Exception]
) -> None:
    demo.sandbox.fault(name, method="POST")
    with pytest.raises(error):
        attach(demo)
    assert demo.pair("web-media-a")["status"] == "protected"
    assert attach(demo).status_code == 200


def test_a_request_that_times_out_on_its_way_does_nothing(demo: Practice) -> None:
    demo.sandbox.fault("answer-lost-before", path="attachreplication", how="timeout")
    with pytest.raises(httpx.ReadTimeout):
        attach(demo)
    assert demo.pair("web-media-a")["status"] == "protected"


@pytest.mark.parametrize(
    ("how", "error"), [("hang-up", httpx.RemoteProtocolError), ("timeout", httpx.ReadTimeout)]
)
def test_a_request_that_is_held_on_its_way_is_taken_late(
    demo: Practice, how: str, error: type[Exception]
) -> None:
    demo.sandbox.fault("request-arrives-late", operation=ATTACH, seconds=45, how=how)
    with pytest.raises(error):
        attach(demo)
    demo.sandbox.step(44)
    assert demo.pair("web-media-a")["status"] == "protected"
    demo.sandbox.step(1)
    assert demo.pair("web-media-a")["status"] == "attaching"
    demo.sandbox.step(3600)
    assert demo.pair("web-media-a")["attachment"][0]["device"] == "/dev/vdc"
    assert demo.sandbox.invariants() == []


def test_a_request_that_comes_late_is_refused_as_if_it_came_now(demo: Practice) -> None:
    demo.sandbox.fault("request-arrives-late", operation=ATTACH)
    with pytest.raises(httpx.RemoteProtocolError):
        attach(demo)
    assert attach(demo).status_code == 200
    demo.sandbox.step(3600)
    assert sum(each.type == "attachReplicationPairNew" for each in demo.world.jobs.values()) == 1
    assert demo.sandbox.invariants() == []


def test_a_list_shows_what_was_a_while_ago_and_what_is_asked_for_alone_what_is(demo: Practice) -> None:
    def listed() -> str:
        answer = demo.get(f"replications?server_group_id={demo.id('shop-frontend')}")
        return str(next(it["status"] for it in answer["replications"] if it["name"] == "web-media-a"))

    demo.sandbox.fault("list-lags", seconds=40)
    demo.sandbox.fault("list-lags", seconds=5)  # of two the longer one counts
    demo.sandbox.step(100)
    assert attach(demo).status_code == 200
    demo.sandbox.step(39)
    assert demo.pair("web-media-a")["attachment"]
    assert listed() == "protected"
    demo.sandbox.step(1)
    assert listed() == "attaching"
    demo.sandbox.step(40)
    assert attach(demo).status_code == 400
    assert demo.get("replications?name=web-media-a")["replications"][0]["attachment"]
    demo.sandbox.clear_faults()
    demo.done(*demo.detach("web-01", "web-media-a"))
    assert demo.world.facts.keys().isdisjoint({"past"})


def test_a_reading_that_is_named_lags_and_no_other(demo: Practice) -> None:
    demo.sandbox.fault("list-lags", operation="show_replication")
    assert attach(demo).status_code == 200
    assert demo.pair("web-media-a")["status"] == "protected"
    assert demo.get("replications?name=web-media-a")["replications"][0]["status"] == "attaching"
    demo.sandbox.step(40)
    assert demo.pair("web-media-a")["status"] == "attaching"


def test_what_somebody_else_did_is_seen_late_too(demo: Practice) -> None:
    demo.sandbox.fault("list-lags")
    demo.sandbox.fault("second-operator", method="GET", action="request", send={
        "path": f"/v1/{{project}}/replications/{demo.id('web-media-a')}", "method": "PUT",
        "body": {"replication": {"name": "renamed"}},
    })  # fmt: skip
    assert demo.get("replications?name=web-media-a")["count"] == 1
    assert demo.get("replications?name=renamed")["count"] == 0
    demo.sandbox.step(40)
    assert demo.get("replications?name=renamed")["count"] == 1


def test_what_is_on_its_way_and_what_a_list_showed_are_saved_with_the_world(
    demo: Practice, tmp_path: Path
) -> None:
    demo.sandbox.fault("list-lags")
    demo.sandbox.fault("request-arrives-late", operation=ATTACH)
    with pytest.raises(httpx.RemoteProtocolError):
        attach(demo)
    demo.sandbox.save(tmp_path / "world.json")
    later = Practice(Sandbox.load(tmp_path / "world.json").world)
    later.sandbox.step(45)
    assert later.get("replications?name=web-media-a")["replications"][0]["status"] == "protected"
    later.sandbox.step(40)
    assert later.get("replications?name=web-media-a")["replications"][0]["status"] == "attaching"


def test_the_gateway_asks_to_come_back_later(demo: Practice) -> None:
    demo.sandbox.fault("rate-limit", seconds=7, times=2)
    for _ in range(2):
        answer = demo.call("GET", "server-groups")
        assert (answer.status_code, answer.headers["Retry-After"]) == (429, "7")
    assert demo.call("GET", "server-groups").status_code == 200


@pytest.mark.parametrize("status", [500, 502, 503])
@pytest.mark.parametrize("accepted", [True, False])
def test_server_errors_come_before_or_after_the_work(demo: Practice, status: int, accepted: bool) -> None:
    demo.sandbox.fault(f"error-{status}", operation=ATTACH, accepted=accepted)
    assert attach(demo).status_code == status
    assert demo.pair("web-media-a")["status"] == ("attaching" if accepted else "protected")


def test_an_answer_breaks_off(demo: Practice) -> None:
    demo.sandbox.fault("truncated")
    with pytest.raises(ValueError, match=r"Unterminated|Expecting|delimiter"):
        demo.call("GET", "replications").json()
    demo.get("replications")


def test_a_refusal_can_break_off_too(demo: Practice) -> None:
    demo.sandbox.fault("truncated")
    assert demo.call("GET", "replications/gone").status_code == 400


def test_a_slow_answer_takes_its_time(demo: Practice) -> None:
    before = demo.world.now
    demo.sandbox.fault("slow", seconds=3)
    demo.get("server-groups")
    assert demo.world.now == before + 3


def test_an_answer_that_is_too_slow_is_not_waited_for(demo: Practice) -> None:
    demo.sandbox.fault("slow", seconds=60)
    demo.http.timeout = httpx.Timeout(2)
    with pytest.raises(httpx.ReadTimeout):
        attach(demo)
    assert demo.pair("web-media-a")["status"] == "attaching"


def test_a_fault_skips_the_first_ones_and_strikes_by_chance(demo: Practice) -> None:
    demo.sandbox.fault("error-503", skip=2)
    assert [demo.call("GET", "server-groups").status_code for _ in range(4)] == [200, 200, 503, 200]
    demo.sandbox.fault("error-503", chance=0.3, times=None)
    hits = [demo.call("GET", "server-groups").status_code for _ in range(100)].count(503)
    assert 10 < hits < 50


def test_tokens_expire_early(demo: Practice) -> None:
    demo.sandbox.fault("token-expires", after=100)
    assert demo.http.get(f"/v1/{demo.access['project_id']}/server-groups").status_code == 200
    demo.sandbox.step(101)
    assert demo.http.get(f"/v1/{demo.access['project_id']}/server-groups").status_code == 401
    demo.sign_in()
    demo.get("server-groups")


def test_a_job_fails_with_the_code_it_is_given(demo: Practice) -> None:
    demo.sandbox.fault("job-fails", pair="web-media-a", code="SDRS.1807", reason="No path to the disk")
    job = demo.job(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    assert (job["status"], job["error_code"], job["fail_reason"]) == (
        "FAIL",
        "SDRS.1807",
        "No path to the disk",
    )
    pair = demo.pair("web-media-a")
    assert pair["status"] == "error-attaching"
    group_id = demo.id("shop-frontend")
    (failure,) = demo.get(f"task-center/failure-jobs?server_group_id={group_id}")["failure_jobs"]
    assert (failure["failure_status"], failure["resource_id"]) == ("attachFail", pair["id"])
    demo.done(*demo.detach("web-01", "web-media-a"))
    demo.done(*demo.attach("web-01", "web-media-a", "/dev/vdc"))


@pytest.mark.parametrize(
    ("sent", "job_type", "code", "status"),
    [
        (
            ("DELETE", "replications/{app-cache-01}"),
            "deleteReplicationPairNoCG",
            "SDRS.1607",
            "error-deleting",
        ),
        (
            ("POST", "replications/{app-cache-01}/action", {"extend-replication": {"new_size": 99}}),
            "expandReplicationPairNew",
            "SDRS.1820",
            "error-extending",
        ),
    ],
)
def test_a_failed_job_leaves_its_error_status(
    demo: Practice,
    sent: Any,  # noqa: ANN401 (two or three words)
    job_type: str,
    code: str,
    status: str,
) -> None:
    demo.sandbox.fault("job-fails", job_type=job_type)
    method, path, *body = sent
    job = demo.job(method, path.replace("{app-cache-01}", demo.id("app-cache-01")), *body)
    assert (job["error_code"], demo.pair("app-cache-01")["status"]) == (code, status)
    assert demo.sandbox.invariants() == []


def test_a_job_stays_at_99_percent_until_the_fault_is_cleared(demo: Practice) -> None:
    demo.sandbox.fault("job-stuck", group="shop-backend")
    job_id = demo.call(*demo.act("shop-backend", "start")).json()["job_id"]
    demo.sandbox.step(100000)
    assert demo.get(f"jobs/{job_id}")["status"] == "RUNNING"
    assert demo.group("shop-backend")["progress"] == 99
    demo.sandbox.clear_faults()
    assert demo.get(f"jobs/{job_id}")["status"] == "SUCCESS"
    assert demo.sandbox.faults() == []


def test_a_job_fault_is_about_what_it_names_only(demo: Practice) -> None:
    demo.sandbox.fault("job-fails", instance="web-02")
    demo.done(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    assert demo.job(*demo.attach("web-02", "web-media-b", "/dev/vdc"))["status"] == "FAIL"


def test_the_second_operator_takes_the_device(demo: Practice) -> None:
    demo.sandbox.fault("second-operator", operation=ATTACH)
    answer = attach(demo)
    assert answer.json()["error"]["code"] == "SDRS.1603"
    assert demo.pair("web-media-a")["status"] == "protected"


def test_the_second_operator_takes_the_pair(demo: Practice) -> None:
    demo.sandbox.fault("second-operator", operation=ATTACH, action="takes-pair")
    assert attach(demo).json()["error"]["code"] == "SDRS.0214"


def test_the_second_operator_disables_the_group(demo: Practice) -> None:
    demo.sandbox.fault("second-operator", operation=ATTACH, action="disables-group")
    assert attach(demo).json()["error"]["code"] == "SDRS.1024"
    assert demo.group("shop-frontend")["status"] == "stopping"


def test_the_second_operator_sends_what_he_is_told(demo: Practice) -> None:
    path = f"/v1/{{project}}/server-groups/{demo.id('shop-database')}/action"
    send = {"path": path, "body": {"stop-server-group": {}}}
    demo.sandbox.fault("second-operator", method="GET", path="replications", send=send)
    demo.get("replications")
    assert demo.group("shop-database")["status"] == "stopping"


@pytest.mark.parametrize("send", [{"path": "/nowhere"}, {"path": "/v1/{project}/replications"}])
def test_the_second_operator_may_fail(demo: Practice, send: dict[str, Any]) -> None:
    demo.sandbox.fault("second-operator", send=send)
    demo.get("replications")


@pytest.mark.parametrize("action", ["takes-device", "takes-pair", "disables-group"])
def test_the_second_operator_finds_nothing_to_do(demo: Practice, action: str) -> None:
    demo.sandbox.fault("second-operator", action=action, times=2)
    demo.get("replications")
    demo.call("POST", f"protected-instances/{demo.id('web-01')}/attachreplication", {"x": 1})
    assert demo.sandbox.faults() == []


def test_a_zone_goes_dark_and_comes_back(demo: Practice) -> None:
    fault = demo.sandbox.fault("zone-dark", zone="sandbox-1a")
    pair, group = demo.pair("web-01-content"), demo.group("shop-frontend")
    assert (pair["status"], pair["fault_level"], pair["replication_status"]) == ("fault", "2", "inactive")
    assert (group["status"], group["health_status"]) == ("protected", "abnormal")
    assert demo.instance("web-01")["status"] == "fault"
    server = demo.get(f"cloudservers/{demo.server('web-01')}")["server"]
    assert server["status"] == "UNKNOWN"
    assert [it["id"] for it in demo.sandbox.faults()] == [fault]
    stop = {"os-stop": {"type": "HARD", "servers": [{"id": demo.server("web-01")}]}}
    assert demo.job("POST", "cloudservers/action", stop)["status"] == "FAIL"
    demo.done(*demo.act("shop-frontend", "failover"))
    assert demo.pair("web-01-content")["status"] == "failed-over"
    demo.power("os-start", "web-01-dr")
    assert demo.refusal(*demo.act("shop-frontend", "start")) == "SDRS.1342"
    demo.sandbox.clear_faults()
    assert demo.get(f"cloudservers/{demo.server('web-01')}")["server"]["status"] == "SHUTOFF"
    assert demo.instance("db-01")["status"] == "protected"
    demo.done(*demo.act("shop-frontend", "start"))


def test_a_dr_zone_that_goes_dark_breaks_the_link(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark", zone="sandbox-1b", lasts=600)
    assert demo.pair("web-01-content")["fault_level"] == "5"
    assert demo.instance("web-01")["status"] == "protected"
    demo.sandbox.step(700)
    assert (demo.pair("web-01-content")["status"], demo.world.dark) == ("protected", [])
    assert demo.world.pairs[demo.id("db-audit")].fault_level == "0"


def test_a_zone_can_be_dark_twice(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark")
    demo.sandbox.fault("zone-dark", lasts=10)
    demo.sandbox.step(20)
    assert demo.world.dark == ["sandbox-1a"]


def test_attaching_in_the_dark_fails(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark", zone="sandbox-1a")
    job = demo.job(*demo.attach("app-01", "app-cache-01", "/dev/vdd"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1807")


def test_a_broken_link_forbids_a_failover_until_it_mends(demo: Practice) -> None:
    demo.sandbox.fault("link-broken", group="shop-frontend", lasts=100)
    assert demo.refusal(*demo.act("shop-frontend", "failover")) == "SDRS.1030"
    demo.sandbox.step(101)
    demo.done(*demo.act("shop-frontend", "failover"))


def test_a_link_that_breaks_in_mid_planned_failover_makes_it_fail(demo: Practice) -> None:
    demo.power("os-stop", "web-01", "web-02", "web-03")
    demo.sandbox.fault("link-broken", pair="web-logs", during="reverseProtectionGroupNoCG", after=10)
    job = demo.job(*demo.act("shop-frontend", "reverse", priority_station="target"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1029")
    assert demo.refusal(*demo.act("shop-frontend", "failover")) == "SDRS.1030"


def test_a_pair_does_not_get_beyond_a_percentage(demo: Practice) -> None:
    demo.sandbox.fault("sync-stuck", pair="web-logs", at=42)
    demo.sandbox.step(10000)
    pair = demo.pair("web-logs")
    assert (pair["replication_status"], pair["progress"]) == ("copying", 42)
    demo.sandbox.clear_faults()
    demo.sandbox.step(10000)
    assert demo.pair("web-logs")["progress"] == 100


def test_a_server_is_deleted_behind_the_back_and_stays_deleted(demo: Practice) -> None:
    demo.sandbox.fault("server-deleted", server=demo.server("web-02"), after=60)
    assert demo.instance("web-02")["status"] == "protected"
    demo.sandbox.step(61)
    assert demo.instance("web-02")["status"] == "invalid"
    demo.sandbox.fault("server-deleted", server=demo.server("web-02-dr"), after=60)
    demo.world.drop_server(demo.world.servers[demo.server("web-02-dr")])
    demo.sandbox.step(61)
    demo.sandbox.clear_faults()
    assert demo.instance("web-02")["status"] == "invalid"


def test_trouble_in_mid_motion_shows_when_the_motion_ends(demo: Practice) -> None:
    body = {"extend-replication": {"new_size": 500}}
    demo.call("POST", f"replications/{demo.id('web-logs')}/action", body)
    demo.sandbox.fault("link-broken", pair="web-logs")
    assert demo.pair("web-logs")["status"] == "extending"
    demo.sandbox.step(60)
    assert (demo.pair("web-logs")["status"], demo.pair("web-logs")["fault_level"]) == ("fault", "5")
    demo.sandbox.clear_faults()
    assert demo.pair("web-logs")["status"] == "protected"


def test_a_job_whose_pair_is_deleted_meanwhile_fails(demo: Practice) -> None:
    demo.sandbox.fault("job-stuck", job_type="expandReplicationPairNew")
    body = {"extend-replication": {"new_size": 500}}
    job_id = demo.call("POST", f"replications/{demo.id('web-logs')}/action", body).json()["job_id"]
    demo.call("DELETE", f"cloudvolumes/{demo.disk('web-logs')}", version="v2")
    demo.done("DELETE", f"replications/{demo.id('web-logs')}")
    demo.sandbox.clear_faults()
    assert demo.get(f"jobs/{job_id}")["error_code"] == "SDRS.1820"


def test_an_invalid_pair_stays_invalid_in_the_dark_and_after(demo: Practice) -> None:
    demo.call("DELETE", f"cloudvolumes/{demo.disk('web-logs')}", version="v2")
    for zone in ("sandbox-1a", "sandbox-1b"):
        demo.sandbox.fault("zone-dark", zone=zone)
        assert demo.pair("web-logs")["status"] == "invalid"
        demo.sandbox.clear_faults()
    assert demo.pair("web-logs")["status"] == "invalid"


def test_a_server_in_the_dark_does_not_start(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark", zone="sandbox-1b")
    start = {"os-start": {"servers": [{"id": demo.server("web-01-dr")}]}}
    job = demo.job("POST", "cloudservers/action", start)
    assert job["fail_reason"] == "web-01-dr cannot be reached."


def test_a_drill_in_the_dark_does_not_boot(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark", zone="sandbox-1b")
    drill = {"server_group_id": demo.id("shop-frontend"), "name": "drill"}
    demo.done("POST", "disaster-recovery-drills", {"disaster_recovery_drill": drill})
    assert {it.status for it in demo.world.servers.values() if it.name.endswith("-drill")} == {"ERROR"}


def test_a_fault_waits_for_its_type_of_job(demo: Practice) -> None:
    demo.sandbox.fault("job-fails", job_type="detachReplicationPairNew")
    demo.done(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    assert demo.job(*demo.detach("web-01", "web-media-a"))["status"] == "FAIL"
    assert demo.pair("web-media-a")["status"] == "error-detaching"
    demo.done(*demo.detach("web-01", "web-media-a"))


@pytest.mark.parametrize(
    ("name", "where", "sentence"),
    [
        ("meteor", {}, "There is no fault 'meteor'"),
        ("slow", {"colour": "red"}, "slow does not understand colour"),
        ("slow", {"seconds": -1}, "seconds must be a number"),
        ("slow", {"seconds": True}, "seconds must be a number"),
        ("slow", {"seconds": float("nan")}, "seconds must be a number"),
        ("answer-lost-after", {"how": "softly"}, "how is one of hang-up, timeout"),
        ("slow", {"operation": 5}, "operation must be a string"),
        ("second-operator", {"send": "x"}, "send is an object"),
        ("second-operator", {"send": {}}, "send is an object"),
        ("second-operator", {"send": {"path": 5}}, "send is an object"),
        ("second-operator", {"send": {"path": "/", "pody": {}}}, "send is an object"),
        ("slow", {"method": "PSOT"}, "method is one of GET, POST, PUT, DELETE"),
        ("slow", {"operation": "list_replicatons"}, r"no operation .*Did you mean list_replications"),
        ("slow", {"operation": "x"}, "There are: add_protected_instance_nic"),
        ("list-lags", {"operation": ATTACH}, "list-lags is about readings"),
        ("list-lags", {"operation": "list_pairs"}, "There is no operation 'list_pairs'"),
        ("slow", {"chance": 7}, "chance must be a number from 0 to 1"),
        ("slow", {"times": 0}, "times must be a whole number, 1 or more"),
        ("slow", {"times": 1.5}, "times must be a whole number"),
        ("slow", {"skip": None}, "skip must be a whole number, 0 or more"),
        ("job-fails", {"job_type": "attachReplicationPair"}, "no type of job .*attachReplicationPairNew"),
        ("zone-dark", {"during": "a storm"}, "There is no type of job 'a storm'"),
        ("job-fails", {"group": "shop-fronted"}, "There is no group 'shop-fronted'"),
        ("job-stuck", {"instance": "web-1"}, "There is no instance 'web-1'"),
        ("job-stuck", {"pair": "none"}, "There is no pair 'none'"),
        ("sync-stuck", {"pair": "web-logs", "at": 500}, "at must be a number from 0 to 100"),
        ("zone-dark", {"zone": "moon"}, "There is no zone 'moon'"),
        ("link-broken", {"group": "none"}, "There is no group 'none'"),
        ("sync-stuck", {}, "needs to know which pair"),
        ("server-deleted", {}, "needs to know which server"),
    ],
)
def test_a_fault_that_is_not_understood_is_refused(
    demo: Practice, name: str, where: dict[str, Any], sentence: str
) -> None:
    with pytest.raises(ValueError, match=sentence):
        demo.sandbox.fault(name, **where)


def test_the_operations_that_share_a_path_are_struck_by_their_names(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}/tags/action"
    demo.sandbox.fault("error-503", operation="batch_delete_tags")
    tags = [{"key": "tier", "value": "web"}]
    assert demo.call("POST", path, {"action": "create", "tags": tags}).status_code == 204
    assert demo.call("POST", path, {"action": "delete", "tags": tags}).status_code == 503
    assert demo.call("POST", path, {"action": "delete", "tags": tags}).status_code == 204


def test_a_name_that_several_have_is_refused(demo: Practice) -> None:
    demo.world.servers[demo.server("web-01")].name = "web-02"
    with pytest.raises(ValueError, match="'web-02' names several servers"):
        demo.sandbox.fault("server-deleted", server="web-02")


def test_in_an_empty_world_there_is_nothing_to_break(empty: Practice) -> None:
    empty.sandbox.fault("link-broken")
    with pytest.raises(ValueError, match="There is no zone"):
        empty.sandbox.fault("zone-dark")


def test_over_http_a_lost_answer_is_a_closed_connection() -> None:
    with running(Sandbox("demo")) as sandbox:
        answer = httpx.post(f"{sandbox.access['iam_url']}/auth/tokens", json=password_sign_in(sandbox.access))
        token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        url = f"{sandbox.url}/v1/{sandbox.access['project_id']}/server-groups"
        sandbox.fault("answer-lost-after")
        with pytest.raises(httpx.RemoteProtocolError):
            httpx.get(url, headers=token)
        sandbox.fault("answer-lost-after", how="timeout")
        with pytest.raises(httpx.ReadTimeout):
            httpx.get(url, headers=token, timeout=0.2)
        sandbox.fault("request-arrives-late", method="PUT", how="timeout", seconds=20)
        pair = next(iter(sandbox.world.pairs.values()))
        where = f"{sandbox.url}/v1/{sandbox.access['project_id']}/replications/{pair.id}"
        with pytest.raises(httpx.ReadTimeout):
            httpx.put(where, headers=token, json={"replication": {"name": "late"}}, timeout=0.2)
        assert pair.name != "late"
        sandbox.step(20)
        assert pair.name == "late"
        sandbox.fault("slow", seconds=0.05)
        began = time.monotonic()
        assert httpx.get(url, headers=token).status_code == 200
        assert time.monotonic() - began >= 0.05
