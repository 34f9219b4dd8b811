"""Another world under a running sandbox: what stays, what goes, and who may not notice."""

import threading

import httpx
import pytest

from drkit.sandbox import SCENARIOS, Sandbox, running
from tests.sandbox.practice import Practice

NAMES = ["demo", "empty", "large", *SCENARIOS]


def change(practice: Practice, world: object) -> httpx.Response:
    return practice.http.post("/_sandbox/world", json={"world": world})


def names(practice: Practice) -> set[str]:
    return {each["name"] for each in practice.get("server-groups")["server_groups"]}


def test_state_lists_every_world_with_its_story(demo: Practice) -> None:
    worlds = demo.http.get("/_sandbox/state").json()["worlds"]
    assert [each["name"] for each in worlds] == NAMES
    assert all(each["title"] and each["story"].endswith(".") for each in worlds)
    assert {each["name"] for each in worlds if each["good_end"]} == set(SCENARIOS)


@pytest.mark.parametrize("name", [name for name in NAMES if name != "large"])
def test_another_world_is_sound_and_the_token_goes_on(demo: Practice, name: str) -> None:
    assert change(demo, name).status_code == 204
    state = demo.sandbox.state()
    assert state["world"] == name
    assert demo.sandbox.invariants() == []
    assert state["counts"]["groups"] == len(names(demo))
    if name in SCENARIOS:
        assert state["scenario"]["reached"] is False


def test_access_speed_and_time_go_on(demo: Practice) -> None:
    demo.sandbox.step(7200)
    before, access = demo.sandbox.state(), demo.sandbox.access
    demo.sandbox.change_world("the-way-back")
    after = demo.sandbox.state()
    assert demo.sandbox.access == access
    assert (after["now"], after["wall"]) == (before["now"], before["wall"])
    demo.http.headers.clear()
    demo.sign_in()
    assert names(demo) == {"shop-app"}


def test_faults_jobs_and_what_was_to_happen_are_gone(demo: Practice) -> None:
    demo.sandbox.fault("zone-dark", after=60)
    demo.sandbox.fault("error-503", times=None)
    answer = demo.sandbox.handle("GET", "/v3", "", {}, b"")
    demo.sandbox.change_world("demo")
    assert demo.sandbox.faults() == []
    demo.sandbox.step(3600)
    assert demo.sandbox.state()["dark"] == []
    assert demo.sandbox.state()["counts"]["jobs"] == 0
    again = demo.sandbox.handle("GET", "/v3", "", {}, b"")
    assert again.headers["X-Request-Id"] > answer.headers["X-Request-Id"]


def test_a_scenario_brings_its_own_faults(demo: Practice) -> None:
    demo.sandbox.change_world("zone-goes-dark")
    assert [each["name"] for each in demo.sandbox.faults()] == ["zone-dark"]


def test_no_id_of_the_old_world_stands_for_anything_in_the_new_one(demo: Practice) -> None:
    answer = demo.call(*demo.act("shop-backend", "start"))
    old = {*demo.world.groups, *demo.world.pairs, *demo.world.instances, *demo.world.servers}
    demo.sandbox.change_world("demo")
    demo.call(*demo.act("shop-backend", "start"))
    new = {*demo.world.groups, *demo.world.pairs, *demo.world.instances, *demo.world.servers}
    assert len(new) == len(old)
    assert not new & old
    assert demo.call("GET", f"jobs/{answer.json()['job_id']}").status_code in (400, 404)


def test_the_same_changes_give_the_same_worlds() -> None:
    one, other = Practice("demo"), Practice("demo")
    for each in (one, other):
        each.sandbox.change_world("stuck-pair")
        each.sandbox.change_world("new-disks")
    assert one.sandbox.world.pairs == other.sandbox.world.pairs


@pytest.mark.parametrize("world", ["moon", "", 3, None, "world.json"])
def test_a_world_that_is_not_there_is_refused_and_nothing_changes(demo: Practice, world: object) -> None:
    answer = change(demo, world)
    assert answer.status_code == 400
    assert demo.sandbox.state()["world"] == "demo"
    with pytest.raises(ValueError, match=r"There is no world 'moon'.*demo, empty, large, healthy-"):
        demo.sandbox.change_world("moon")


def test_changing_is_for_those_who_signed_in(demo: Practice) -> None:
    del demo.http.headers["X-Auth-Token"]
    assert change(demo, "empty").status_code == 401


def test_a_large_world_has_its_usual_size(demo: Practice) -> None:
    demo.sandbox.change_world("large")
    assert demo.sandbox.state()["counts"]["pairs"] == 10_000


def test_readers_meanwhile_see_one_world_or_the_other() -> None:
    with running(Sandbox("healthy-three-tier")) as sandbox:
        practice = Practice("empty")
        practice.sandbox.url = sandbox.url
        practice.access = sandbox.access
        practice.http = httpx.Client(base_url=sandbox.url)
        practice.sign_in()
        seen: list[frozenset[str]] = []
        reader = threading.Thread(target=lambda: seen.extend(frozenset(names(practice)) for _ in range(60)))
        reader.start()
        for _ in range(10):
            sandbox.change_world("link-broken")
            sandbox.change_world("healthy-three-tier")
        reader.join(60)
        practice.http.close()
        assert len(seen) == 60
        assert set(seen) <= {frozenset({"shop-db"}), frozenset({"shop-web", "shop-app", "shop-db"})}


def test_the_zones_have_the_names_that_a_test_needs_in_this_world_and_the_next() -> None:
    sandbox = Sandbox("demo", zones=["eu-de-02", "eu-de-01"], now=lambda: 0.0)
    for name in ("demo", "zone-goes-dark", "quotas-exhausted"):
        sandbox.change_world(name)
        world = sandbox.world
        assert world.zones == ["eu-de-02", "eu-de-01", "sandbox-1c"]
        groups = {(each.source_zone, each.target_zone) for each in world.groups.values()}
        assert groups == {("eu-de-02", "eu-de-01")}
        assert {each.zone for each in world.servers.values()} <= {*world.zones}
        assert sandbox.invariants() == []
