"""What stands against protecting servers and disks, naming and tagging, and taking protection away."""

from dataclasses import replace

import pytest

from drkit.model import FAILED_TASKS, NEEDS, Argument, Change, Inventory, Operation
from drkit.rules import Objection, judge
from tests.facts import Fact, Facts, reading
from tests.rules.test_knowing import ARGUMENTS, HOMES

STOPPED = {"production": "SHUTOFF", "dr": "SHUTOFF"}


def project(**more: Fact) -> Inventory:
    """A project in which each operation is open; `more` are facts besides or instead."""
    facts: dict[str, Fact] = {
        "groups": {"shop": {"status": "protected"}, "empty": {}},
        "servers": {"search": {"disks": {"/dev/vda": "search-root"}}},
        "disks": {"search-root": {"on": "search"}, "spare": {}},
        "domains": {"near": {}},
        "failed_tasks": {"attach": {"group": "shop"}},
        "quotas": {"server_groups": (2, 5), "replications": (2, 50)},
        "instances": {
            "db-01": {
                "group": "shop",
                "attached": {"data": "/dev/vdb"},
                "nics": {"port-1": "10.0.0.5"},
                "tags": {"tier": "0"},
                "servers": STOPPED,
            }
        },
        "pairs": {"data": {"group": "shop"}, "log": {"group": "shop"}},
        "drills": {"winter": {"group": "shop"}},
    }
    return reading({**facts, **more})


def change(operation: Operation, home: str = "", **given: Argument) -> Change:
    wanted = {**ARGUMENTS.get(operation, {}), **given}
    return Change.of(operation, home or HOMES.get(operation, "shop-id"), **wanted)


def against(inventory: Inventory, wanted: Change) -> dict[str, Objection]:
    return {each.rule: each for each in judge(wanted, inventory).objections}


def unread(inventory: Inventory, wanted: Change) -> set[str]:
    return {each.rule for each in judge(wanted, inventory).unread}


CREATE = Operation.CREATE_INSTANCE


class TestAGroup:
    @pytest.mark.parametrize(
        ("given", "rule", "code"),
        [
            ({"name": "shop"}, "group_name_is_free", "SDRS.0201"),
            ({"name": "a b"}, "it_is_named_right", "SDRS.0202"),
            ({"description": "a < b"}, "it_is_described_right", "SDRS.0212"),
            ({"domain_id": "far"}, "domain_is_there", "SDRS.0205"),
            ({"domain_id": ""}, "domain_is_there", "SDRS.0205"),
            ({"target_zone": "az1"}, "zones_are_those_of_the_domain", "SDRS.0203"),
            ({"vpc_id": ""}, "network_is_named", "SDRS.0204"),
        ],
    )
    def test_is_made_right_or_not_at_all(self, given: dict[str, str], rule: str, code: str) -> None:
        found = against(project(), change(Operation.CREATE_GROUP, **given))
        assert {name: each.code for name, each in found.items()} == {rule: code}

    def test_needs_a_domain_with_room_and_quota(self) -> None:
        sold = project(domains={"near": {"sold_out": True}}, quotas={"server_groups": (5, 5)})
        assert set(against(sold, change(Operation.CREATE_GROUP))) == {
            "domain_is_not_sold_out",
            "group_quota_is_left",
        }
        assert not against(project(quotas={"server_groups": (5, -1)}), change(Operation.CREATE_GROUP))

    def test_is_not_judged_on_domains_and_quotas_that_were_not_read(self) -> None:
        bare = project(domains={}, quotas={}, whole=["servers"])
        assert unread(bare, change(Operation.CREATE_GROUP)) == {"domain_is_there", "group_quota_is_left"}
        untold = project(quotas={"drills": (0, 1)})
        assert unread(untold, change(Operation.CREATE_GROUP)) == {"group_quota_is_left"}

    def test_keeps_its_own_name_but_takes_no_others(self) -> None:
        assert not against(project(), change(Operation.RENAME_GROUP, name="shop"))
        taken = against(project(), change(Operation.RENAME_GROUP, name="empty"))
        assert set(taken) == {"group_name_is_free"}

    def test_goes_when_it_is_empty_and_says_what_has_to_go_first(self) -> None:
        found = against(project(), change(Operation.DELETE_GROUP, "shop-id"))
        assert {name: each.code for name, each in found.items()} == {
            "group_has_no_drills": "SDRS.1003",
            "group_has_no_instances": "SDRS.1001",
            "group_has_no_pairs": "SDRS.1010",
        }
        [[first]] = found["group_has_no_instances"].ways
        assert (first.operation, first.instance_id) == (Operation.DELETE_INSTANCE, "db-01-id")
        assert found["group_has_no_pairs"].remedy.startswith("Put right first")

    def test_does_not_go_while_something_is_under_way(self) -> None:
        moving = project(groups={"shop": {}, "empty": {"status": "starting"}})
        assert set(against(moving, change(Operation.DELETE_GROUP))) == {"group_is_at_rest"}


class TestAServer:
    @pytest.mark.parametrize(
        ("server", "rule", "code"),
        [
            ({"vpc": "other"}, "servers_are_in_the_groups_network", "SDRS.1304"),
            ({"zone": "az2"}, "servers_are_at_the_production_site", "SDRS.1303"),
            ({"status": "ERROR"}, "servers_rest", "SDRS.1333"),
            ({"disks": {}}, "servers_have_a_system_disk", "SDRS.1339"),
            ({"disks": {}, "root": ""}, "servers_have_a_system_disk", "SDRS.1339"),
        ],
    )
    def test_is_protected_where_it_fits(self, server: Facts, rule: str, code: str) -> None:
        odd = {"disks": {"/dev/vda": "search-root"}, **server}
        found = against(project(servers={"search": odd}), change(CREATE))
        assert {name: each.code for name, each in found.items()} == {rule: code}

    @pytest.mark.parametrize(
        ("disk", "rule", "code"),
        [
            ({"shared": True}, "no_shared_disk_is_on_them", "SDRS.1806"),
            ({"encrypted": True}, "disks_are_not_encrypted", "SDRS.1802"),
            ({"type": "uh-l1"}, "disks_are_of_a_type_that_is_replicated", "SDRS.1806"),
            ({"zone": "az2"}, "disks_are_at_the_production_site", "SDRS.1810"),
        ],
    )
    def test_is_protected_with_disks_that_can_be(self, disk: Facts, rule: str, code: str) -> None:
        odd = {"search-root": {"on": "search", **disk}}
        found = against(project(disks=odd), change(CREATE))
        assert {name: each.code for name, each in found.items()} == {rule: code}

    def test_is_protected_once(self) -> None:
        found = against(project(), change(CREATE, server_id="db-01-server"))
        assert found["servers_are_not_protected_yet"].found == "db-01 is of db-01"

    def test_whose_disk_is_paired_already_is_helped_by_deleting_the_pair(self) -> None:
        held = project(servers={"search": {"disks": {"/dev/vda": "search-root"}}})
        pair = held.pairs["log-id"]
        vars(held)["pairs"] = {**held.pairs, "log-id": replace(pair, source_disk_id="search-root-disk")}
        found = against(held, change(CREATE))["disks_are_in_no_pair"]
        assert found.code == "SDRS.1811"
        [[way]] = found.ways
        assert (way.operation, way.pair_id, way.with_disk) == (Operation.DELETE_PAIR, "log-id", False)

    def test_is_named_once_and_there(self) -> None:
        several = Operation.CREATE_INSTANCES
        twice = change(several, server_ids=("search-server", "search-server"))
        assert against(project(), twice)["servers_are_there"].found == "named twice: search-server"
        assert against(project(), change(several, server_ids=()))["servers_are_there"].found == "no server"
        gone = change(several, server_ids=("nobody",))
        assert against(project(), gone)["servers_are_there"].found == "not found: nobody"
        assert "servers_are_there" in unread(project(whole=["disks"]), gone)
        some = change(several, flavors=("f1", "f2"))
        assert set(against(project(), some)) == {"a_flavor_is_given_for_each_or_none"}

    def test_is_not_judged_on_what_was_not_read(self) -> None:
        elsewhere = project(of_groups=["shop-id"], disks={}, servers={"search": {"vpc": "", "root": ""}})
        found = unread(elsewhere, change(CREATE))
        assert {"servers_are_not_protected_yet", "servers_are_in_the_groups_network"} <= found
        untold = project(servers={"search": {"root": "", "disks": {"/dev/vdb": "search-root"}}}, disks={})
        assert {"servers_have_a_system_disk", "no_shared_disk_is_on_them"} <= unread(untold, change(CREATE))
        typeless = project(disks={"search-root": {"on": "search", "type": ""}})
        assert "disks_are_of_a_type_that_is_replicated" in unread(typeless, change(CREATE))
        nobody = project(whole=["disks"])
        vars(nobody)["servers"] = {}
        assert {"disks_are_in_no_pair", "pair_quota_is_left"} <= unread(nobody, change(CREATE))

    def test_needs_room_in_the_quota_for_its_pairs(self) -> None:
        full = project(quotas={"replications": (50, 50)})
        assert against(full, change(CREATE))["pair_quota_is_left"].code == "SDRS.0306"


class TestADisk:
    def test_is_paired_where_it_is_free_and_there(self) -> None:
        pair = Operation.CREATE_PAIR
        assert not against(project(), change(pair))
        gone = against(project(), change(pair, disk_id="nothing"))
        assert gone["disk_is_there"].code == "SDRS.0211"
        assert "disk_is_there" in unread(project(whole=["servers"]), change(pair, disk_id="nothing"))
        used = against(project(disks={"spare": {"on": "search"}}), change(pair))["disk_is_available"]
        assert (used.code, used.subject) == ("SDRS.1801", "disk spare")
        assert used.remedy == "Detach it from search (ECS) first, or protect the server with it."
        busy = against(project(disks={"spare": {"status": "extending"}}), change(pair))
        assert busy["disk_is_available"].remedy == "Wait until it rests, then read again."
        taken = against(project(), change(pair, disk_id="data-source"))
        assert taken["disks_are_in_no_pair"].remedy.startswith("Nothing is to be done")
        assert "disks_are_in_no_pair" in unread(project(of_groups=["shop-id"]), change(pair))


class TestDeleting:
    def test_a_pair_wants_it_attached_nowhere_and_in_its_group(self) -> None:
        attached = against(project(), change(Operation.DELETE_PAIR, pair_id="data-id"))
        assert attached["pair_is_attached_nowhere"].code == "SDRS.1605"
        [[way]] = attached["pair_is_attached_nowhere"].ways
        assert way.operation is Operation.DETACH_PAIR
        other = against(project(), change(Operation.DELETE_PAIR, "empty-id"))
        assert other["pair_is_of_the_group"].code == "SDRS.1611"

    def test_what_was_there_first_is_refused_after_a_switch(self) -> None:
        turned = project(groups={"shop": {"station": "target"}, "empty": {}})
        pair = against(turned, change(Operation.DELETE_PAIR))["dr_disk_was_made_by_the_service"]
        assert pair.code == "SDRS.1809"
        assert not pair.ways[0][0].with_disk
        found = against(turned, change(Operation.DELETE_INSTANCE))
        assert found["dr_server_was_made_by_the_service"].code == "SDRS.1330"
        assert found["address_is_that_of_a_dr_server"].code == "SDRS.1338"
        kept = change(Operation.DELETE_INSTANCE, with_server=False, with_eip=False)
        assert not against(turned, kept)
        assert not against(turned, change(Operation.DELETE_PAIR, with_disk=False))

    def test_instances_wants_them_there_and_at_rest(self) -> None:
        several = Operation.DELETE_INSTANCES
        none = against(project(), change(several, instance_ids=()))["instances_are_there"]
        assert none.found == "no instance"
        gone = against(project(), change(several, instance_ids=("gone",)))["instances_are_there"]
        assert (gone.found, gone.subject) == ("not found: gone", "instances gone")
        foreign = against(project(), change(Operation.DELETE_INSTANCE, "empty-id"))
        assert foreign["instances_are_there"].found == "in another group"
        busy = project(instances={"db-01": {"group": "shop", "status": "starting"}})
        assert set(against(busy, change(several))) == {"instances_can_be_deleted"}

    def test_a_card_wants_one_that_is_there(self) -> None:
        none = against(project(), change(Operation.DELETE_NIC, nic_id="port-9"))["card_is_there"]
        assert (none.code, none.wanted) == ("SDRS.1310", "one of 10.0.0.5 (port-1)")
        untold = project(instances={"db-01": {"group": "shop", "servers": STOPPED}})
        assert "card_is_there" in unread(untold, change(Operation.DELETE_NIC))
        unseen = project(instances={"db-01": {"group": "shop", "servers": {}}})
        assert "production_server_is_there" in unread(unseen, change(Operation.DELETE_NIC))
        lost = project(instances={"db-01": {"group": "shop", "servers": {}, "status": "invalid"}})
        assert "production_server_is_there" in against(lost, change(Operation.ADD_NIC))
        assert set(against(project(), change(Operation.ADD_NIC, subnet_id=""))) == {"subnet_is_named"}

    def test_a_failed_task_wants_one_that_is_there(self) -> None:
        gone = against(project(), change(Operation.CLEAR_FAILED_TASK, task_id="gone"))
        assert set(gone) == {"failed_task_is_there"}
        unknown = project(failed_tasks={})
        assert "failed_task_is_there" in unread(unknown, change(Operation.CLEAR_FAILED_TASK))
        nowhere = against(project(), change(Operation.CLEAR_FAILED_TASKS, "nobody"))
        assert set(nowhere) == {"group_of_the_tasks_exists"}
        assert not against(project(), change(Operation.CLEAR_FAILED_TASKS, FAILED_TASKS))


class TestTags:
    @pytest.mark.parametrize(
        ("tags", "rule", "code"),
        [
            ((), "a_tag_is_named", "SDRS.2202"),
            (("=1",), "tag_keys_are_right", "SDRS.2204"),
            (("k" * 129,), "tag_keys_are_right", "SDRS.2204"),
            (("a=" + "v" * 256,), "tag_values_are_right", "SDRS.2207"),
            (("a=1", "a=2"), "no_tag_is_named_twice", "SDRS.2209"),
            (tuple(f"k{number}=1" for number in range(20)), "tags_are_not_too_many", "SDRS.2203"),
        ],
    )
    def test_are_few_and_well_named(self, tags: tuple[str, ...], rule: str, code: str) -> None:
        found = against(project(), change(Operation.SET_TAGS, tags=tags))
        assert {name: each.code for name, each in found.items()} == {rule: code}

    def test_are_deleted_where_they_are_and_left_alone_while_it_is_made(self) -> None:
        one = against(project(), change(Operation.DELETE_TAGS, keys=("owner",)))["the_tag_is_there"]
        assert (one.code, one.wanted) == ("SDRS.2206", "one of its tags: tier")
        assert not against(project(), change(Operation.DELETE_TAGS, keys=("owner", "team")))
        new = project(instances={"db-01": {"group": "shop", "status": "creating"}})
        assert "instance_is_whole" in against(new, change(Operation.SET_TAGS))
        assert not against(project(), change(Operation.CREATE_INSTANCE))


def test_every_operation_that_makes_or_takes_away_has_an_example() -> None:
    assert {each for each in NEEDS if NEEDS[each]} <= ARGUMENTS.keys() | {Operation.DELETE_GROUP}
