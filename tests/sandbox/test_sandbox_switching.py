"""What happens around a switch: who must be stopped, what flips, what stays, and how one gets out again."""

import pytest

from tests.sandbox.practice import Practice

WEB = ("web-01", "web-02", "web-03")


def statuses(demo: Practice, group: str) -> set[str]:
    """The statuses of a group and of everything in it."""
    id_ = demo.id(group)
    found = {demo.group(group)["status"]}
    found |= {it["status"] for it in demo.get(f"replications?server_group_id={id_}")["replications"]}
    instances = demo.get(f"protected-instances?server_group_id={id_}")["protected_instances"]
    return found | {it["status"] for it in instances}


def server_status(demo: Practice, name: str) -> str:
    return str(demo.get(f"cloudservers/{demo.server(name)}")["server"]["status"])


def test_enabling_protection_takes_everything_along_and_then_synchronises(demo: Practice) -> None:
    assert demo.call(*demo.act("shop-backend", "start")).status_code == 200
    assert statuses(demo, "shop-backend") == {"starting"}
    demo.sandbox.step(120)
    assert statuses(demo, "shop-backend") == {"protected"}
    group = demo.group("shop-backend")
    assert (group["protected_status"], group["replication_status"]) == ("started", "copying")
    small, large = demo.pair("app-cache-01"), demo.pair("batch-archive")
    assert 0 < large["progress"] < small["progress"] < 100
    demo.sandbox.step(3600)
    group = demo.group("shop-backend")
    assert (group["replication_status"], group["progress"]) == ("active", 100)


def test_a_group_in_motion_shows_how_far_it_is(demo: Practice) -> None:
    demo.call(*demo.act("shop-backend", "start"))
    demo.sandbox.step(30)
    assert 0 < demo.group("shop-backend")["progress"] < 100
    assert 0 < demo.instance("app-01")["progress"] < 100


def test_group_actions_have_one_sub_job_for_each_pair(demo: Practice) -> None:
    job_id = demo.call(*demo.act("shop-frontend", "stop")).json()["job_id"]
    demo.sandbox.step(5)
    subs = demo.get(f"jobs/{job_id}")["entities"]["sub_jobs"]
    assert len(subs) == 9
    assert {sub["job_type"] for sub in subs} == {"stopProtectionGroupRepNoCG"}
    assert {sub["status"] for sub in subs} == {"SUCCESS", "RUNNING"}
    demo.sandbox.step(60)
    job = demo.get(f"jobs/{job_id}")
    assert list(job["entities"]) == ["sub_jobs"]
    assert demo.get(f"jobs/{subs[0]['job_id']}")["status"] == "SUCCESS"
    assert demo.group("shop-frontend")["replication_status"] == "active-stopped"


def test_a_planned_failover_flips_production_and_nothing_else(demo: Practice) -> None:
    before = demo.group("shop-frontend")
    addresses = demo.get(f"cloudservers/{demo.server('web-01')}")["server"]["addresses"]
    demo.power("os-stop", *WEB)
    job = demo.done(*demo.act("shop-frontend", "reverse", priority_station="target"))
    assert job["job_type"] == "reverseProtectionGroupNoCG"
    after = demo.group("shop-frontend")
    assert (after["status"], after["priority_station"]) == ("protected", "target")
    assert after["replication_status"] == "active"
    for key in ("source_availability_zone", "target_availability_zone"):
        assert after[key] == before[key]
    assert demo.get(f"cloudservers/{demo.server('web-01-dr')}")["server"]["addresses"] == addresses
    demo.done(*demo.act("shop-frontend", "reverse", priority_station="source"))
    assert demo.group("shop-frontend")["priority_station"] == "source"


@pytest.mark.parametrize(
    ("group", "action", "details", "code"),
    [
        ("shop-frontend", "reverse", {"priority_station": "target"}, "SDRS.1319"),
        ("shop-frontend", "reverse", {"priority_station": "source"}, "SDRS.0216"),
        ("shop-frontend", "reverse", {"priority_station": "moon"}, "SDRS.0216"),
        ("shop-frontend", "reverse", {}, "SDRS.0216"),
        ("shop-backend", "reverse", {"priority_station": "target"}, "SDRS.1002"),
        ("shop-database", "failover", {}, "SDRS.1030"),
        ("shop-backend", "failover", {}, "SDRS.1002"),
        ("shop-frontend", "start", {}, "SDRS.1002"),
        ("shop-backend", "stop", {}, "SDRS.1002"),
        ("shop-backend", "explode", {}, "SDRS.0206"),
    ],
)
def test_a_switch_against_the_rules_is_refused(
    demo: Practice, group: str, action: str, details: dict[str, str], code: str
) -> None:
    assert demo.refusal(*demo.act(group, action, **details)) == code


def test_a_broken_link_forbids_a_planned_failover_too(demo: Practice) -> None:
    demo.power("os-stop", "db-01", "db-02")
    assert demo.refusal(*demo.act("shop-database", "reverse", priority_station="target")) == "SDRS.1029"


def test_a_planned_failover_waits_for_the_synchronisation(demo: Practice) -> None:
    demo.call(*demo.act("shop-backend", "start"))
    servers = [it.source_server for it in demo.world.instances.values()]
    for id_ in servers:
        demo.world.servers[id_].status = "SHUTOFF"
    demo.sandbox.step(150)
    assert demo.refusal(*demo.act("shop-backend", "reverse", priority_station="target")) == "SDRS.1830"


def test_a_server_that_starts_in_the_course_of_a_planned_failover_makes_it_fail(demo: Practice) -> None:
    demo.power("os-stop", *WEB)
    job_id = demo.call(*demo.act("shop-frontend", "reverse", priority_station="target")).json()["job_id"]
    body = {"os-start": {"servers": [{"id": demo.server("web-02")}]}}
    assert demo.call("POST", "cloudservers/action", body).status_code == 200
    demo.sandbox.step(300)
    job = demo.get(f"jobs/{job_id}")
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1352")
    assert statuses(demo, "shop-frontend") == {"error-reversing"}
    (failure,) = demo.get("task-center/failure-jobs")["failure_jobs"]
    assert (failure["failure_status"], failure["resource_name"]) == ("reverseFail", "shop-frontend")
    assert demo.group("shop-frontend")["priority_station"] == "source"
    demo.done(*demo.act("shop-frontend", "failover"))
    assert statuses(demo, "shop-frontend") == {"failed-over"}


def test_a_server_that_runs_at_the_end_of_a_planned_failover_makes_it_fail(demo: Practice) -> None:
    demo.power("os-stop", *WEB)
    demo.call(*demo.act("shop-frontend", "reverse", priority_station="target"))
    demo.world.servers[demo.server("web-02")].status = "ACTIVE"
    demo.sandbox.step(300)
    assert demo.group("shop-frontend")["status"] == "error-reversing"


def test_a_failed_planned_failover_can_be_repeated(demo: Practice) -> None:
    demo.done(*demo.act("shop-reporting", "reverse", priority_station="target"))
    assert statuses(demo, "shop-reporting") == {"protected"}


def test_a_failover_forces_production_off_and_leaves_starting_to_the_operator(demo: Practice) -> None:
    assert server_status(demo, "web-01") == "ACTIVE"
    job = demo.done(*demo.act("shop-frontend", "failover"))
    assert job["job_type"] == "failoverProtectionGroupNoCG"
    assert (server_status(demo, "web-01"), server_status(demo, "web-01-dr")) == ("SHUTOFF", "SHUTOFF")
    group = demo.group("shop-frontend")
    assert (group["status"], group["priority_station"]) == ("failed-over", "target")
    assert (group["protected_status"], group["replication_status"]) == ("stopped", "active-stopped")
    demo.power("os-start", "web-01-dr")
    body = {"os-start": {"servers": [{"id": demo.server("web-01")}]}}
    job = demo.job("POST", "cloudservers/action", body)
    assert job["status"] == "FAIL"
    assert "failed over" in job["fail_reason"]


def test_reprotection_needs_the_servers_at_the_dr_site_stopped(demo: Practice) -> None:
    demo.done(*demo.act("shop-frontend", "failover"))
    demo.world.servers[demo.server("web-03")].status = "ACTIVE"
    assert demo.refusal(*demo.act("shop-frontend", "start")) == "SDRS.1342"
    demo.power("os-stop", "web-03")
    job = demo.done(*demo.act("shop-frontend", "start"))
    assert job["job_type"] == "reprotectProtectionGroupNoCG"
    assert statuses(demo, "shop-frontend") == {"protected"}
    assert demo.group("shop-frontend")["priority_station"] == "target"
    demo.power("os-start", "web-01")


def test_a_group_without_pairs_cannot_be_enabled(demo: Practice) -> None:
    domain, details = next(iter(demo.world.facts["domains"].items()))
    body = {
        "name": "bare",
        "source_availability_zone": details["zones"][0],
        "target_availability_zone": details["zones"][1],
        "domain_id": domain,
        "source_vpc_id": next(iter(demo.world.vpcs)),
    }
    demo.done("POST", "server-groups", {"server_group": body})
    assert demo.refusal(*demo.act("bare", "start")) == "SDRS.1027"
    assert demo.refusal("POST", f"server-groups/{demo.id('bare')}/action", {}) == "SDRS.0206"


def test_what_has_trouble_of_its_own_stays_behind(demo: Practice) -> None:
    demo.sandbox.fault("job-fails", pair="web-media-a")
    demo.job(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    demo.done(*demo.act("shop-frontend", "stop"))
    assert statuses(demo, "shop-frontend") == {"available", "error-attaching"}
    demo.done(*demo.detach("web-01", "web-media-a"))
    assert statuses(demo, "shop-frontend") == {"available"}


def test_a_pair_that_is_attaching_meanwhile_joins_its_group_in_the_end(demo: Practice) -> None:
    demo.call(*demo.act("shop-frontend", "stop"))
    demo.sandbox.step(60)
    demo.call(*demo.attach("web-01", "web-media-a", "/dev/vdc"))
    demo.call(*demo.act("shop-frontend", "start"))
    demo.sandbox.step(80)
    assert statuses(demo, "shop-frontend") == {"protected"}
    assert demo.pair("web-media-a")["replication_status"] == "copying"


def test_null_is_as_good_as_an_empty_object_for_an_action(demo: Practice) -> None:
    path = f"server-groups/{demo.id('shop-frontend')}/action"
    assert demo.call("POST", path, {"stop-server-group": None}).status_code == 200


def test_the_pages_allow_a_failover_in_the_middle_of_a_synchronisation(demo: Practice) -> None:
    demo.call(*demo.act("shop-backend", "start"))
    demo.sandbox.step(150)
    demo.done(*demo.act("shop-backend", "failover"))
    assert demo.pair("batch-archive")["failure_detail"].startswith("The copy is as old")
