"""ECS by its other face: what `openstack server list` asks for."""

from typing import Any

from tests.sandbox.practice import Practice


def compute(practice: Practice, path: str) -> Any:  # noqa: ANN401 (JSON)
    answer = practice.http.get(f"/v2.1/{practice.access['project_id']}/{path}")
    assert answer.status_code == 200, answer.text
    return answer.json()


def test_the_servers_are_those_of_ecs(demo: Practice) -> None:
    seen = compute(demo, "servers/detail?deleted=False")["servers"]
    assert [it["id"] for it in seen] == list(demo.world.servers)
    web = compute(demo, "servers/detail?name=web-01&status=ACTIVE")["servers"]
    assert [it["name"] for it in web] == ["web-01"]
    assert web[0]["addresses"]["vpc-production"][0]["version"] == 4
    assert compute(demo, f"servers/{web[0]['id']}")["server"] == web[0]
    assert demo.http.get(f"/v2.1/{demo.access['project_id']}/servers/gone").status_code == 404


def test_pages_of_servers_follow_each_other_by_their_markers(demo: Practice) -> None:
    first = compute(demo, "servers/detail?limit=2")["servers"]
    then = compute(demo, f"servers/detail?limit=1&marker={first[-1]['id']}")["servers"]
    assert [it["id"] for it in first + then] == list(demo.world.servers)[:3]
    path = f"/v2.1/{demo.access['project_id']}/servers/detail?marker=gone"
    assert demo.http.get(path).status_code == 400


def test_each_flavor_of_a_server_can_be_looked_up(demo: Practice) -> None:
    known = {it["id"]: it for it in compute(demo, "flavors/detail")["flavors"]}
    assert {server.flavor for server in demo.world.servers.values()} <= known.keys()
    assert compute(demo, "flavors?marker=s3.large.2")["flavors"] == []
    assert compute(demo, "flavors/s3.large.2")["flavor"] == known["s3.large.2"]
    assert demo.http.get(f"/v2.1/{demo.access['project_id']}/flavors/gone").status_code == 404


def test_its_version_is_open_to_everybody_and_the_catalog_names_it(demo: Practice) -> None:
    version = demo.http.get("/v2.1", headers={"X-Auth-Token": ""}).json()["version"]
    assert (version["id"], version["status"]) == ("v2.1", "CURRENT")
    catalog = demo.http.get("/v3/auth/catalog").json()["catalog"]
    assert {"compute", "cts"} <= {it["type"] for it in catalog}
