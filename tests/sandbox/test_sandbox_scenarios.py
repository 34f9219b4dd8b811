"""Each scenario begins away from its good end, and a good operator can get there."""

from collections.abc import Callable

import pytest

from drkit.sandbox import SCENARIOS
from tests.sandbox.practice import Practice

Operator = Callable[[Practice], object]


def switch(practice: Practice, group: str, *servers: str) -> None:
    practice.power("os-stop", *servers)
    practice.done(*practice.act(group, "reverse", priority_station="target"))
    practice.power("os-start", *(f"{name}-dr" for name in servers))


def bring_the_shop_over(practice: Practice) -> None:
    switch(practice, "shop-db", "db-01", "db-02")
    switch(practice, "shop-app", "app-01", "app-02")
    switch(practice, "shop-web", "web-01", "web-02", "web-03")


def leave_the_dark_zone(practice: Practice) -> None:
    job = practice.job(*practice.act("shop-app", "reverse", priority_station="target"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1029")
    assert practice.world.dark == ["sandbox-1a"]
    practice.done(*practice.act("shop-app", "failover"))
    practice.power("os-start", "app-01-dr", "app-02-dr", "app-03-dr")


def replace_the_pair(practice: Practice) -> None:
    disk = practice.pair("db-02-data")["volume_ids"].split(",")[0]
    assert practice.pair("db-02-data")["progress"] == 37
    practice.done(*practice.detach("db-02", "db-02-data"))
    practice.done("DELETE", f"replications/{practice.id('db-02-data')}")
    body = {"server_group_id": practice.id("shop-db"), "volume_id": disk, "name": "db-02-data-new"}
    practice.done("POST", "replications", {"replication": body})
    practice.done(*practice.attach("db-02", "db-02-data-new", "/dev/vdb"))


def tidy_up(practice: Practice) -> None:
    assert practice.instance("app-02")["status"] == "invalid"
    practice.done("DELETE", f"protected-instances/{practice.id('app-02')}", {"delete_target_server": True})
    practice.done("DELETE", f"replications/{practice.id('app-02-data')}")  # the system disk's is gone


def make_room(practice: Practice) -> None:
    body = {"server_group_id": practice.id("shop-app"), "name": "search-01"}
    body["server_id"] = practice.server("search-01")
    send = ("POST", "protected-instances", {"protected_instance": body})
    assert practice.refusal(*send) == "SDRS.0306"
    for number in (1, 2):
        practice.done("DELETE", f"replications/{practice.id(f'old-test-0{number}')}")
    practice.done(*send)


def wait(practice: Practice) -> None:
    assert practice.refusal(*practice.act("shop-db", "failover")) == "SDRS.1030"
    practice.sandbox.step(1800)


def go_back(practice: Practice) -> None:
    practice.done(*practice.act("shop-app", "start"))
    practice.power("os-stop", "app-01-dr", "app-02-dr")
    practice.done(*practice.act("shop-app", "reverse", priority_station="source"))
    practice.power("os-start", "app-01", "app-02")


def repeat(practice: Practice) -> None:
    assert practice.refusal(*practice.act("shop-report", "reverse", priority_station="target")) == "SDRS.1319"
    switch(practice, "shop-report", "report-01", "report-02")


def fail_over(practice: Practice) -> None:
    practice.done(*practice.act("shop-report", "failover"))
    practice.power("os-start", "report-01-dr", "report-02-dr")


def attach_the_disks(practice: Practice) -> None:
    assert practice.refusal(*practice.attach("app-01", "app-01-cache", "/dev/vdc")) == "SDRS.1603"
    practice.done(*practice.attach("app-01", "app-01-archive", "/dev/vdd"))
    practice.done(*practice.attach("app-01", "app-01-cache", "/dev/vde"))
    practice.done(*practice.attach("app-02", "app-02-archive", "/dev/vdc"))


def protect_the_shop(practice: Practice) -> None:
    (domain,) = practice.get("active-domains")["domains"][:1]
    zones = [domain[f"{end}_replication_cluster"]["availability_zone"] for end in ("local", "remote")]
    servers = [each for each in practice.world.servers.values() if each.tags]
    body = {
        "name": "shop", "domain_id": domain["id"], "source_availability_zone": zones[0],
        "target_availability_zone": zones[1], "source_vpc_id": servers[0].vpc_id,
    }  # fmt: skip
    practice.done("POST", "server-groups", {"server_group": body})
    for server in servers:
        fields = {"server_group_id": practice.id("shop"), "server_id": server.id, "name": server.name}
        practice.done("POST", "protected-instances", {"protected_instance": fields})
    practice.done(*practice.act("shop", "start"))


GOOD: list[tuple[str, Operator]] = [
    ("healthy-three-tier", bring_the_shop_over),
    ("zone-goes-dark", leave_the_dark_zone),
    ("stuck-pair", replace_the_pair),
    ("server-deleted", tidy_up),
    ("quotas-exhausted", make_room),
    ("link-broken", wait),
    ("the-way-back", go_back),
    ("half-way", repeat),
    ("half-way", fail_over),
    ("new-disks", attach_the_disks),
    ("twelve-servers", protect_the_shop),
]


@pytest.mark.parametrize(("name", "operate"), GOOD, ids=lambda value: getattr(value, "__name__", value))
def test_a_good_operator_reaches_the_good_end(name: str, operate: Operator) -> None:
    practice, scenario = Practice(name), SCENARIOS[name]
    assert practice.sandbox.invariants() == []
    assert not scenario.reached(practice.world)
    operate(practice)
    practice.sandbox.step(3600)
    assert scenario.reached(practice.world), scenario.good_end
    assert practice.sandbox.state()["scenario"]["reached"] is True


def test_every_scenario_is_told_and_tried() -> None:
    assert {name for name, _ in GOOD} == set(SCENARIOS)
    for name, scenario in SCENARIOS.items():
        assert scenario.name == name
        assert scenario.title
        assert scenario.story.endswith(".")
        assert scenario.good_end.endswith(".")


def test_doing_nothing_is_no_good_end() -> None:
    for name in set(SCENARIOS) - {"link-broken"}:
        practice = Practice(name)
        practice.sandbox.step(36000)
        assert not SCENARIOS[name].reached(practice.world), name


def test_losing_the_group_is_no_good_end() -> None:
    for name in SCENARIOS:
        practice = Practice(name)
        practice.world.groups.clear()
        assert not SCENARIOS[name].reached(practice.world), name
