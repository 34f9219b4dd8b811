"""Groups, instances, pairs and drills: made, changed, refused, taken away again."""

from typing import Any

import pytest

from tests.sandbox.practice import Practice


def group_body(practice: Practice, **other: str) -> dict[str, Any]:
    domain, details = next(iter(practice.world.facts["domains"].items()))
    body = {
        "name": "shop",
        "source_availability_zone": details["zones"][0],
        "target_availability_zone": details["zones"][1],
        "domain_id": domain,
        "source_vpc_id": next(iter(practice.world.vpcs)),
    }
    return {"server_group": body | other}


def new_instance(practice: Practice, server: str, **other: Any) -> Any:  # noqa: ANN401
    body = {"server_group_id": practice.id("shop"), "server_id": practice.server(server), "name": server}
    return "POST", "protected-instances", {"protected_instance": body | other}


def new_pair(practice: Practice, disk: str, group: str = "shop", **other: str) -> Any:  # noqa: ANN401
    body = {"server_group_id": practice.id(group), "volume_id": practice.disk(disk), "name": f"{disk}-pair"}
    return "POST", "replications", {"replication": body | other}


@pytest.fixture
def shop(empty: Practice) -> Practice:
    empty.done("POST", "server-groups", group_body(empty))
    return empty


def test_a_fresh_group_carries_everything_the_pages_promise(shop: Practice) -> None:
    group = shop.group("shop")
    assert (group["status"], group["progress"], group["dr_type"]) == ("available", 0, "migration")
    assert (group["server_type"], group["protection_type"]) == ("ECS", "replication-pair")
    assert group["target_vpc_id"] == group["source_vpc_id"]
    nothing = ("protected_status", "replication_status", "health_status", "test_vpc_id", "replication_model")
    assert [group[key] for key in nothing] == [None] * 5


def test_a_domain_serves_both_directions(empty: Practice) -> None:
    body = group_body(empty, source_availability_zone="sandbox-1b", target_availability_zone="sandbox-1a")
    empty.done("POST", "server-groups", body)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        ({"name": "with space"}, "SDRS.0202"),
        ({"name": "x" * 65}, "SDRS.0202"),
        ({"description": "a < b"}, "SDRS.0212"),
        ({"description": "ä" * 33}, "SDRS.0212"),
        ({"source_availability_zone": "sandbox-1c"}, "SDRS.0203"),
        ({"source_availability_zone": "sandbox-1b"}, "SDRS.0203"),
        ({"domain_id": "none"}, "SDRS.0205"),
        ({"source_vpc_id": "none"}, "SDRS.0204"),
        ({"dr_type": "magic"}, "SDRS.0201"),
    ],
)
def test_a_group_against_the_rules_is_refused(empty: Practice, wrong: dict[str, str], code: str) -> None:
    assert empty.refusal("POST", "server-groups", group_body(empty, **wrong)) == code


def test_the_quota_of_groups_runs_out(empty: Practice) -> None:
    empty.world.quotas["server_groups"] = 1
    empty.done("POST", "server-groups", group_body(empty))
    assert empty.refusal("POST", "server-groups", group_body(empty)) == "SDRS.0305"
    quotas = empty.get("sdrs/quotas")["quotas"]["resources"]
    assert quotas[0] == {"type": "server_groups", "used": 1, "quota": 1, "min": 0, "max": 1000}


def test_only_an_empty_group_can_be_deleted(demo: Practice) -> None:
    path = f"server-groups/{demo.id('shop-frontend')}"
    assert demo.refusal("DELETE", path) == "SDRS.1001"
    demo.world.groups[demo.id("shop-frontend")].instances.clear()
    answer = demo.call("DELETE", path)
    assert answer.json()["error"]["code"] == "SDRS.1010"
    demo.world.groups[demo.id("shop-frontend")].pairs.clear()
    demo.world.groups[demo.id("shop-frontend")].drills.append("one")
    assert demo.call("DELETE", path).json()["error"]["code"] == "SDRS.1003"


def test_a_group_in_motion_cannot_be_deleted_and_one_that_grows_stays(shop: Practice) -> None:
    path = f"server-groups/{shop.id('shop')}"
    job_id = shop.call("DELETE", path).json()["job_id"]
    assert shop.refusal("DELETE", path) == "SDRS.1002"
    shop.world.groups[shop.id("shop")].pairs.append("sudden")
    shop.sandbox.step(60)
    assert shop.get(f"jobs/{job_id}")["error_code"] == "SDRS.1016"


def test_protecting_a_server_makes_a_twin_and_a_pair_for_each_disk(shop: Practice) -> None:
    answer = shop.call(*new_instance(shop, "search-01", flavorRef="s3.xlarge.2"))
    instance = shop.instance("search-01")
    assert instance["status"] == "creating"
    shop.sandbox.step(600)
    job = shop.get(f"jobs/{answer.json()['job_id']}")
    assert (job["status"], job["job_type"]) == ("SUCCESS", "createProtectedInstanceNoCG")
    assert job["entities"]["protected_instance_id"] == instance["id"]
    instance = shop.instance("search-01")
    assert sorted(it["device"] for it in instance["attachment"]) == ["/dev/vda", "/dev/vdb"]
    twin = shop.get(f"cloudservers/{instance['target_server']}")["server"]
    assert (twin["status"], twin["flavor"]["name"]) == ("SHUTOFF", "s3.xlarge.2")
    assert twin["OS-EXT-AZ:availability_zone"] == "sandbox-1b"
    assert len(twin["os-extended-volumes:volumes_attached"]) == 2
    sizes = [it["record_metadata"]["volume_size"] for it in shop.get("replications")["replications"]]
    assert sizes == ["40", "80"]


def test_in_a_protected_group_new_pairs_synchronise_by_themselves(shop: Practice) -> None:
    shop.done(*new_pair(shop, "spare-1"))
    shop.done(*shop.act("shop", "start"))
    shop.call(*new_pair(shop, "spare-3"))
    shop.sandbox.step(60)
    pair = shop.pair("spare-3-pair")
    assert (pair["status"], pair["replication_status"]) == ("protected", "copying")


@pytest.mark.parametrize(
    ("server", "change", "code"),
    [
        ("search-01", {"vpc_id": "other"}, "SDRS.1304"),
        ("search-01", {"zone": "sandbox-1b"}, "SDRS.1303"),
        ("search-01", {"status": "ERROR"}, "SDRS.1333"),
        ("search-01", {"disks": {}}, "SDRS.1321"),
        ("search-01", {"disks": {"x": "/dev/vdb"}}, "SDRS.1339"),
    ],
)
def test_a_server_that_cannot_be_protected_is_refused(
    shop: Practice, server: str, change: dict[str, Any], code: str
) -> None:
    for key, value in change.items():
        setattr(shop.world.servers[shop.server(server)], key, value)
    answer = shop.call(*new_instance(shop, server))
    assert answer.json()["error"]["code"] == code


def test_a_server_with_a_shared_or_encrypted_disk_cannot_be_protected(shop: Practice) -> None:
    world, server = shop.world, shop.world.servers[shop.server("search-02")]
    world.attach_disk(server, world.disks[shop.disk("spare-shared")], "/dev/vdc")
    assert shop.refusal(*new_instance(shop, "search-02")) == "SDRS.1806"
    world.disks[shop.disk("spare-shared")].shared = False
    world.disks[shop.disk("spare-shared")].encrypted = True
    assert shop.refusal(*new_instance(shop, "search-02")) == "SDRS.1802"
    world.disks[shop.disk("spare-shared")].encrypted = False
    world.disks[shop.disk("spare-shared")].type = "co-p1"
    assert shop.refusal(*new_instance(shop, "search-02")) == "SDRS.1806"


def test_a_server_is_protected_once(shop: Practice) -> None:
    shop.done(*new_instance(shop, "search-01"))
    assert shop.refusal(*new_instance(shop, "search-01")) == "SDRS.1305"
    body = new_instance(shop, "search-01")[2]
    body["protected_instance"]["server_id"] = "nobody"
    assert shop.refusal("POST", "protected-instances", body) == "SDRS.1326"


def test_the_quota_of_pairs_counts_for_instances_too(shop: Practice) -> None:
    shop.world.quotas["replications"] = 1
    assert shop.refusal(*new_instance(shop, "search-01")) == "SDRS.0306"
    shop.done(*new_pair(shop, "spare-1"))
    assert shop.refusal(*new_pair(shop, "spare-2")) == "SDRS.0306"


def test_the_twin_can_have_an_address_of_its_own(shop: Practice) -> None:
    subnet = next(iter(next(iter(shop.world.vpcs.values())).subnets))
    wish = {"primary_subnet_id": subnet, "primary_ip_address": "192.168.0.77"}
    shop.done(*new_instance(shop, "search-01", **wish))
    assert shop.twin("search-01").nics[0].ip == "192.168.0.77"
    assert shop.refusal(*new_instance(shop, "search-02", **wish)) == "SDRS.1334"
    assert shop.refusal(*new_instance(shop, "search-02", primary_subnet_id="x")) == "SDRS.1335"


def test_a_failed_creation_leaves_errors_behind_that_can_be_deleted(shop: Practice) -> None:
    shop.sandbox.fault("job-fails", job_type="createProtectedInstanceNoCG")
    job = shop.job(*new_instance(shop, "search-01"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1350")
    assert shop.instance("search-01")["status"] == "error"
    assert {it["status"] for it in shop.get("replications")["replications"]} == {"error"}
    assert job["entities"]["sub_jobs"][-1]["error_code"] == "SDRS.1350"
    shop.done("DELETE", f"protected-instances/{shop.id('search-01')}", {"delete_target_server": True})


def test_what_was_made_with_an_instance_goes_with_it_so_that_its_group_can_go(shop: Practice) -> None:
    """The sequence with which an open SDK tests itself on the live service."""
    shop.done(*new_instance(shop, "search-01"))
    assert shop.twin("search-01").name == "search-01"
    shop.done(*shop.act("shop", "start"))
    shop.done(*shop.act("shop", "stop"))
    assert shop.refusal("DELETE", f"server-groups/{shop.id('shop')}") == "SDRS.1001"
    twin = shop.twin("search-01")
    body = {"delete_target_server": False, "delete_target_eip": False}
    shop.done("DELETE", f"protected-instances/{shop.id('search-01')}", body)
    assert shop.get("replications")["replications"] == []
    assert shop.world.servers[twin.id].disks  # the server that stays keeps its disks
    answer = shop.call("DELETE", f"server-groups/{shop.id('shop')}")
    assert answer.status_code == 200, answer.text
    shop.sandbox.step(60)
    assert shop.get("server-groups")["server_groups"] == []
    assert shop.sandbox.invariants() == []


def test_a_pair_that_was_taken_off_and_put_on_again_by_hand_stays_when_its_instance_goes(
    shop: Practice,
) -> None:
    shop.done(*new_instance(shop, "search-01"))
    name = next(
        it["name"] for it in shop.get("replications")["replications"] if not it["record_metadata"]["bootable"]
    )
    shop.done(*shop.detach("search-01", name))
    shop.done(*shop.attach("search-01", name, "/dev/vdb"))
    shop.done("DELETE", f"protected-instances/{shop.id('search-01')}")
    assert [it["name"] for it in shop.get("replications")["replications"]] == [name]


def test_deleting_an_instance_frees_the_pairs_that_were_attached_to_it(demo: Practice) -> None:
    id_ = demo.id("web-01")
    demo.done("DELETE", f"protected-instances/{id_}")
    assert demo.pair("web-01-content")["attachment"] == []
    assert "web-01-system" not in {it["name"] for it in demo.get("replications")["replications"]}
    assert demo.server("web-01-dr")
    assert demo.refusal("DELETE", f"protected-instances/{id_}") == "SDRS.1301"
    assert demo.refusal("GET", f"protected-instances/{id_}") == "SDRS.1320"


def test_the_production_server_is_not_deleted_with_its_instance(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('stock-01')}"
    assert demo.refusal("DELETE", path, {"delete_target_server": True}) == "SDRS.1330"
    assert demo.call("DELETE", path, {"delete_target_server": "yes"}).json()["error"]["code"] == "SDRS.0201"


def test_an_instance_in_motion_cannot_be_deleted(demo: Practice) -> None:
    demo.call(*demo.act("shop-backend", "start"))
    assert demo.refusal("DELETE", f"protected-instances/{demo.id('app-01')}") == "SDRS.1301"


def test_batches_are_all_or_nothing(shop: Practice) -> None:
    servers = [{"server_id": shop.server(name)} for name in ("search-01", "fax-01")]
    body = {"server_group_id": shop.id("shop"), "name_prefix": "b", "servers": [*servers, servers[0]]}
    assert shop.refusal("POST", "protected-instances/batch", {"protected_instances": body}) == "SDRS.0201"
    body["servers"] = servers
    shop.done("POST", "protected-instances/batch", {"protected_instances": body})
    ids = [{"id": shop.id(name)} for name in ("b-0001", "b-0002")]
    bad = {"protected_instances": [*ids, {"id": "gone"}]}
    assert shop.refusal("POST", "protected-instances/delete", bad) == "SDRS.1301"
    assert shop.refusal("POST", "protected-instances/delete", {"protected_instances": []}) == "SDRS.0201"
    job = shop.done("POST", "protected-instances/delete", {"protected_instances": ids})
    assert len(job["entities"]["sub_jobs"]) == 2


@pytest.mark.parametrize(
    ("disk", "code"),
    [
        ("spare-encrypted", "SDRS.1802"),
        ("spare-hana", "SDRS.1806"),
        ("spare-elsewhere", "SDRS.1810"),
        ("search-01-data", "SDRS.1801"),
    ],
)
def test_a_disk_that_cannot_be_paired_is_refused(shop: Practice, disk: str, code: str) -> None:
    assert shop.refusal(*new_pair(shop, disk)) == code


def test_a_disk_is_paired_once_and_must_exist(shop: Practice) -> None:
    shop.done(*new_pair(shop, "spare-1"))
    assert shop.refusal(*new_pair(shop, "spare-1")) == "SDRS.1811"
    assert shop.refusal(*new_pair(shop, "spare-2", volume_id="nothing")) == "SDRS.0211"
    assert shop.refusal(*new_pair(shop, "spare-2", volume_id="../x")) == "SDRS.0211"
    assert shop.refusal(*new_pair(shop, "spare-2", server_group_id="nothing")) == "SDRS.1013"


def test_a_pair_goes_with_its_disk_or_without(shop: Practice) -> None:
    shop.done(*new_pair(shop, "spare-1"))
    shop.done(*new_pair(shop, "spare-2"))
    for name, body in (
        ("spare-1-pair", {"replication": {"server_group_id": shop.id("shop"), "delete_target_volume": True}}),
        ("spare-2-pair", None),
    ):
        shop.done("DELETE", f"replications/{shop.id(name)}", body)
    names = {disk.name for disk in shop.world.disks.values()}
    assert "spare-1-dr" not in names
    assert {"spare-1", "spare-2", "spare-2-dr"} <= names


def test_deleting_a_pair_against_the_rules_is_refused(demo: Practice) -> None:
    path = f"replications/{demo.id('web-01-content')}"
    assert demo.refusal("DELETE", path) == "SDRS.1605"
    other = {"replication": {"server_group_id": demo.id("shop-backend")}}
    assert demo.refusal("DELETE", path, other) == "SDRS.1611"
    with_disk = {"replication": {"delete_target_volume": True}}
    assert demo.refusal("DELETE", f"replications/{demo.id('stock-labels')}", with_disk) == "SDRS.1809"
    demo.call(*demo.act("shop-backend", "start"))
    assert demo.refusal("DELETE", f"replications/{demo.id('app-cache-01')}") == "SDRS.1002"


def test_a_pair_that_moves_cannot_be_deleted(demo: Practice) -> None:
    body = {"extend-replication": {"new_size": 500}}
    demo.call("POST", f"replications/{demo.id('app-cache-01')}/action", body)
    assert demo.refusal("DELETE", f"replications/{demo.id('app-cache-01')}") == "SDRS.0214"


def test_a_pair_grows_on_both_sides(demo: Practice) -> None:
    path = f"replications/{demo.id('web-01-content')}/action"
    job = demo.done("POST", path, {"extend-replication": {"new_size": 75.9}})
    assert job["job_type"] == "expandReplicationPairNew"
    sizes = {disk.size for disk in demo.world.disks.values() if disk.name.startswith("web-01-content")}
    assert sizes == {75}
    assert demo.refusal("POST", path, {"extend-replication": {"new_size": 75.9}}) == "SDRS.0201"
    assert demo.refusal("POST", path, {"shrink": {}}) == "SDRS.0206"


@pytest.mark.parametrize(("pair", "most"), [("web-01-content", 32768), ("web-01-system", 1024)])
def test_a_pair_grows_as_far_as_a_disk_can(pair: str, most: int, demo: Practice) -> None:
    path = f"replications/{demo.id(pair)}/action"
    for size in (most + 1, 10**30, -1, 0):
        assert demo.refusal("POST", path, {"extend-replication": {"new_size": size}}) == "SDRS.0201"
    demo.done("POST", path, {"extend-replication": {"new_size": most}})


def test_a_shared_disk_in_use_and_one_in_motion_do_not_grow(demo: Practice) -> None:
    body = {"extend-replication": {"new_size": 5000}}
    assert demo.refusal("POST", f"replications/{demo.id('db-cluster-data')}/action", body) == "SDRS.1818"
    pair = demo.world.pairs[demo.id("web-media-a")]
    demo.world.disks[pair.source_disk].moving = "error"
    assert demo.refusal("POST", f"replications/{pair.id}/action", body) == "SDRS.1817"


def test_resizing_needs_stopped_servers_and_another_flavor(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}/resize"
    assert demo.refusal("POST", path, {"resize": {"flavorRef": "s3.xlarge.2"}}) == "SDRS.1316"
    assert demo.refusal("POST", path, {"resize": {}}) == "SDRS.0201"
    demo.done("POST", path, {"resize": {"dr_flavorRef": "s3.xlarge.2"}})
    assert demo.refusal("POST", path, {"resize": {"dr_flavorRef": "s3.xlarge.2"}}) == "SDRS.1341"
    demo.power("os-stop", "web-01")
    demo.power("os-start", "web-01-dr")
    assert demo.refusal("POST", path, {"resize": {"flavorRef": "s3.2xlarge.2"}}) == "SDRS.1342"
    demo.done("POST", path, {"resize": {"production_flavorRef": "s3.2xlarge.2", "flavorRef": ""}})
    assert demo.world.servers[demo.server("web-01")].flavor == "s3.2xlarge.2"


def test_network_cards_against_the_rules_are_refused(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}/nic"
    subnet = next(iter(next(iter(demo.world.vpcs.values())).subnets))
    primary = demo.world.servers[demo.server("web-01")].nics[0]
    assert demo.refusal("POST", path, {"subnet_id": "other"}) == "SDRS.1335"
    assert demo.refusal("POST", path, {"subnet_id": subnet, "ip_address": primary.ip}) == "SDRS.1334"
    assert demo.refusal("POST", path, {"subnet_id": subnet, "ip_address": "10.0.0.1"}) == "SDRS.0219"
    assert demo.refusal("POST", path, {"subnet_id": subnet, "ip_address": "ten"}) == "SDRS.0219"
    assert demo.refusal("POST", f"{path}/delete", {"nic_id": primary.id}) == "SDRS.1311"
    assert demo.refusal("POST", f"{path}/delete", {"nic_id": "other"}) == "SDRS.1310"
    assert demo.refusal("POST", f"{path}/delete", {}) == "SDRS.0223"


def test_network_cards_come_and_go(demo: Practice) -> None:
    path = f"protected-instances/{demo.id('web-01')}/nic"
    subnet = next(iter(next(iter(demo.world.vpcs.values())).subnets))
    card = {"subnet_id": subnet, "security_groups": [{"id": "sg-1"}]}
    job = [demo.done("POST", path, card) for _ in range(11)][-1]
    assert demo.refusal("POST", path, {"subnet_id": subnet}) == "SDRS.1340"
    demo.done("POST", f"{path}/delete", {"nic_id": job["entities"]["nic_id"]})
    demo.sandbox.fault("job-fails", instance="web-01")
    assert demo.job("POST", path, {"subnet_id": subnet})["error_code"] == "SDRS.1312"
    assert len(demo.world.servers[demo.server("web-01")].nics) == 11


def test_a_full_subnet_gives_no_address(demo: Practice) -> None:
    vpc = next(iter(demo.world.vpcs.values()))
    vpc.subnets["tiny"] = "192.168.9.0/30"
    path = f"protected-instances/{demo.id('web-01')}/nic"
    assert demo.refusal("POST", path, {"subnet_id": "tiny"}) == "SDRS.1334"


def test_network_cards_need_an_instance_at_rest(demo: Practice) -> None:
    demo.world.instances[demo.id("web-01")].status = "error-resizing"
    assert demo.refusal("POST", f"protected-instances/{demo.id('web-01')}/nic", {}) == "SDRS.1327"
    demo.world.instances[demo.id("web-01")].status = "protected"
    demo.world.drop_server(demo.world.servers[demo.server("web-01")])
    assert demo.refusal("POST", f"protected-instances/{demo.id('web-01')}/nic", {}) == "SDRS.1326"


def drill_body(demo: Practice, group: str, **other: str) -> Any:  # noqa: ANN401
    return {"disaster_recovery_drill": {"server_group_id": demo.id(group), "name": "drill-1"} | other}


def test_a_drill_makes_servers_and_leaves_production_alone(demo: Practice) -> None:
    path = "disaster-recovery-drills"
    before = demo.get(f"cloudservers/{demo.server('web-01')}")
    job = demo.done("POST", path, drill_body(demo, "shop-frontend"))
    assert job["entities"] == {"disaster_recovery_drill_id": demo.id("drill-1")}
    (drill,) = demo.get(f"{path}?name=RILL&status=available")["disaster_recovery_drills"]
    assert len(drill["drill_servers"]) == 3
    assert demo.get(f"cloudservers/{demo.server('web-01')}") == before
    server = demo.get(f"cloudservers/{drill['drill_servers'][0]['drill_server_id']}")["server"]
    assert (server["status"], server["metadata"]["vpc_id"]) == ("ACTIVE", drill["drill_vpc_id"])
    assert demo.group("shop-frontend")["disaster_recovery_drill_num"] == 1
    assert demo.group("shop-frontend")["test_vpc_id"] == drill["drill_vpc_id"]
    servers = len(demo.world.servers)
    demo.done("DELETE", f"{path}/{drill['id']}")
    assert len(demo.world.servers) == servers - 3
    assert drill["drill_vpc_id"] in demo.world.vpcs
    assert demo.refusal("GET", f"{path}/{drill['id']}") == "SDRS.1902"
    assert demo.refusal("DELETE", f"{path}/{drill['id']}") == "SDRS.1913"


def test_a_drill_before_the_first_synchronisation_does_not_boot(demo: Practice) -> None:
    demo.call(*demo.act("shop-backend", "start"))
    demo.sandbox.step(120)
    demo.call("POST", "disaster-recovery-drills", drill_body(demo, "shop-backend"))
    demo.sandbox.step(290)
    found = {it.status for it in demo.world.servers.values() if it.name.endswith("-drill")}
    assert "ERROR" in found


def test_a_drill_does_without_an_instance_that_lost_its_server(demo: Practice) -> None:
    demo.sandbox.fault("server-deleted", server="web-02-dr")
    demo.sandbox.fault("job-fails", instance="web-02")
    demo.job("DELETE", f"protected-instances/{demo.id('web-02')}")
    assert demo.instance("web-02")["status"] == "error-deleting"
    demo.done("POST", "disaster-recovery-drills", drill_body(demo, "shop-frontend"))
    assert len(demo.world.drills[demo.id("drill-1")].servers) == 2


def test_an_instance_made_while_its_group_fails_over_gets_its_twin_all_the_same(shop: Practice) -> None:
    shop.done(*new_pair(shop, "spare-1"))
    shop.done(*shop.act("shop", "start"))
    shop.sandbox.fault("job-stuck", job_type="createProtectedInstanceNoCG")
    shop.call(*new_instance(shop, "search-01"))
    shop.done(*shop.act("shop", "failover"))
    shop.sandbox.clear_faults()
    assert shop.instance("search-01")["status"] == "failed-over"
    assert shop.twin("search-01").status == "SHUTOFF"


def test_the_vpc_of_a_drill_must_fit(demo: Practice) -> None:
    path, world = "disaster-recovery-drills", demo.world
    production, drill = world.vpcs.values()
    assert (
        demo.refusal("POST", path, drill_body(demo, "shop-frontend", drill_vpc_id=production.id))
        == "SDRS.1907"
    )
    assert demo.refusal("POST", path, drill_body(demo, "shop-frontend", drill_vpc_id="none")) == "SDRS.1928"
    demo.done("POST", path, drill_body(demo, "shop-frontend", drill_vpc_id=drill.id))
    assert demo.refusal("POST", path, drill_body(demo, "shop-database", drill_vpc_id=drill.id)) == "SDRS.1921"
    drill.cidr = "10.0.0.0/8"
    assert demo.refusal("POST", path, drill_body(demo, "shop-frontend", drill_vpc_id=drill.id)) == "SDRS.1909"
    drill.subnets.clear()
    assert demo.refusal("POST", path, drill_body(demo, "shop-frontend", drill_vpc_id=drill.id)) == "SDRS.1908"
    assert demo.refusal("DELETE", f"{path}/{demo.id('drill-1')}x") == "SDRS.1913"


def test_a_drill_in_motion_cannot_be_deleted(demo: Practice) -> None:
    demo.call("POST", "disaster-recovery-drills", drill_body(demo, "shop-frontend"))
    assert demo.refusal("DELETE", f"disaster-recovery-drills/{demo.id('drill-1')}") == "SDRS.1913"
    assert demo.group("shop-frontend")["status"] == "protected"


def test_a_rename_must_be_wrapped(demo: Practice) -> None:
    path = f"server-groups/{demo.id('shop-frontend')}"
    assert demo.refusal("PUT", path, {"name": "x"}) == "SDRS.0201"
    assert demo.call("PUT", path, {"server_group": {"name": "x"}}).json()["server_group"]["name"] == "x"
