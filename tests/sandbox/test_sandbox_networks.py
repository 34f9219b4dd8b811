"""The neighbour VPC on the practice range: networks, and public addresses that lead somewhere or nowhere."""

from drkit.sandbox.things import Nic
from tests.sandbox.practice import Practice


def app(demo: Practice) -> Nic:
    return demo.world.servers[demo.server("app-01")].nics[0]


def test_a_network_is_listed_with_the_moment_it_was_made(demo: Practice) -> None:
    rows = demo.get("vpcs")["vpcs"]
    assert {row["name"] for row in rows} >= {"vpc-production", "vpc-drill"}
    assert {row["status"] for row in rows} == {"OK"}
    assert all(row["created_at"].startswith("20") for row in rows)
    assert [row["id"] for row in demo.get(f"vpcs?id={rows[1]['id']}")["vpcs"]] == [rows[1]["id"]]


def test_listings_of_networks_and_addresses_go_by_marker(demo: Practice) -> None:
    rows = demo.get("vpcs")["vpcs"]
    first = demo.get("vpcs?limit=1")["vpcs"]
    assert demo.get(f"vpcs?limit=1&marker={first[0]['id']}")["vpcs"] == [rows[1]]
    assert demo.get(f"vpcs?marker={rows[-1]['id']}")["vpcs"] == []
    assert demo.get("vpcs?marker=nothing")["vpcs"] == []
    assert demo.call("GET", "publicips?limit=x").status_code == 400


def test_an_address_is_made_bound_unbound_and_released(demo: Practice) -> None:
    made = demo.call("POST", "publicips", {"publicip": {"type": "5_bgp"}}).json()["publicip"]
    assert (made["status"], made["public_ip_address"]) == ("DOWN", "203.0.113.1")
    bound = demo.call("PUT", f"publicips/{made['id']}", {"publicip": {"port_id": app(demo).id}}).json()
    assert (bound["publicip"]["status"], bound["publicip"]["private_ip_address"]) == ("ACTIVE", app(demo).ip)
    assert demo.call("DELETE", f"publicips/{made['id']}").status_code == 409
    assert demo.call("PUT", f"publicips/{made['id']}", {"publicip": {"port_id": "x"}}).status_code == 404
    freed = demo.call("PUT", f"publicips/{made['id']}", {"publicip": {}}).json()["publicip"]
    assert freed["status"] == "DOWN"
    assert demo.call("DELETE", f"publicips/{made['id']}").status_code == 204
    assert demo.get("publicips")["publicips"] == []
    assert demo.call("DELETE", f"publicips/{made['id']}").status_code == 404


def test_a_network_in_use_is_not_deleted(demo: Practice) -> None:
    ids = {row["name"]: row["id"] for row in demo.get("vpcs")["vpcs"]}
    assert demo.call("DELETE", f"vpcs/{ids['vpc-production']}").status_code == 409
    assert demo.call("DELETE", f"vpcs/{ids['vpc-drill']}").status_code == 204
    assert demo.call("DELETE", f"vpcs/{ids['vpc-drill']}").status_code == 404


def test_a_drill_leaves_its_network_and_the_address_that_led_to_its_server(demo: Practice) -> None:
    body = {"server_group_id": demo.id("shop-frontend"), "name": "d"}
    demo.done("POST", "disaster-recovery-drills", {"disaster_recovery_drill": body})
    drill = next(each for each in demo.world.drills.values() if each.name == "d")
    server = demo.world.servers[next(iter(drill.servers.values()))]
    assert server.nics[0].ip in {
        each["addr"] for each in demo.get(f"cloudservers/{server.id}")["server"]["addresses"][drill.vpc_id]
    }
    made = demo.call("POST", "publicips", {"publicip": {}}).json()["publicip"]
    demo.call("PUT", f"publicips/{made['id']}", {"publicip": {"port_id": server.nics[0].id}})
    demo.done("DELETE", f"disaster-recovery-drills/{drill.id}")
    assert drill.vpc_id in {row["id"] for row in demo.get("vpcs")["vpcs"]}
    assert [(row["id"], row["status"]) for row in demo.get("publicips")["publicips"]] == [
        (made["id"], "DOWN")
    ]
    assert demo.call("DELETE", f"vpcs/{drill.vpc_id}").status_code == 204


def test_a_card_leads_to_the_address_that_it_had_before_it_got_another(demo: Practice) -> None:
    ids = [demo.call("POST", "publicips", {"publicip": {}}).json()["publicip"]["id"] for _ in range(2)]
    for id_ in (*ids, ids[0]):
        demo.call("PUT", f"publicips/{id_}", {"publicip": {"port_id": app(demo).id}})
    assert app(demo).floating == ["203.0.113.2", "203.0.113.1"]
