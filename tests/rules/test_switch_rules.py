"""The rules for switching a group, and for drills, sizes and servers in it."""

import pytest

from drkit.model import Change, DrillStatus, GroupStatus, Inventory, Operation, PairStatus
from drkit.model.operations import Argument
from drkit.rules import Objection, judge
from tests.facts import Fact, Facts, reading

STOPPED: Facts = {"servers": {"production": "SHUTOFF", "dr": "SHUTOFF"}}

LEGAL = {
    Operation.ENABLE_PROTECTION: {"available", "error-starting"},
    Operation.DISABLE_PROTECTION: {"protected", "error-stopping"},
    Operation.PLANNED_FAILOVER: {"protected", "error-reversing"},
    Operation.FAILOVER: {"protected", "error-failing-over", "error-reversing"},
    Operation.REPROTECT: {"failed-over", "error-reprotecting"},
    Operation.CREATE_DRILL: {
        "available",
        "protected",
        "failed-over",
        "error-starting",
        "error-stopping",
        "error-reversing",
        "error-reprotecting",
        "error-failing-over",
    },
    Operation.RESIZE_INSTANCE: {"available", "protected"},
}
ARGUMENTS: dict[Operation, dict[str, Argument]] = {
    Operation.PLANNED_FAILOVER: {"to": "target"},
    Operation.CREATE_DRILL: {"name": "spring", "drill_vpc_id": ""},
    Operation.RESIZE_INSTANCE: {"instance_id": "db-01-id", "flavor": "s3.xlarge.2"},
}


def shop(
    *, group: Facts | None = None, instance: Facts | None = None, pair: Facts | None = None, **more: Fact
) -> Inventory:
    """Group shop with instance db-01, its servers stopped, and pair data on it, changed as said."""
    return reading(
        {
            "groups": {"shop": group or {}, "other": {}},
            "instances": {
                "db-01": {"group": "shop", "attached": {"data": "/dev/vdb"}, **STOPPED, **(instance or {})}
            },
            "pairs": {"data": {"group": "shop", **(pair or {})}},
            **more,
        }
    )


def refused(operation: Operation, inventory: Inventory, **arguments: Argument) -> dict[str, Objection]:
    change = Change.of(operation, "shop-id", **{**ARGUMENTS.get(operation, {}), **arguments})
    return {each.rule: each for each in judge(change, inventory).objections}


class TestTheStateOfTheGroup:
    @pytest.mark.parametrize("operation", LEGAL, ids=str)
    @pytest.mark.parametrize("status", [*GroupStatus, "brand-new"])
    def test_decides_what_is_legal(self, operation: Operation, status: str) -> None:
        inventory = shop(group={"status": status}, instance={"status": "protected"})
        assert (not refused(operation, inventory)) == (status in LEGAL[operation])

    @pytest.mark.parametrize(
        ("operation", "status", "remedy"),
        [
            (Operation.DISABLE_PROTECTION, "available", "Nothing is to be done: the group is there already."),
            (Operation.ENABLE_PROTECTION, "protected", "Nothing is to be done: the group is there already."),
            (Operation.FAILOVER, "available", "Enable protection of the group first."),
            (Operation.FAILOVER, "reversing", "Wait until it is no longer reversing, then read again."),
            (Operation.ENABLE_PROTECTION, "error-stopping", "Disable protection of the group again."),
        ],
    )
    def test_comes_with_what_to_do(self, operation: Operation, status: str, remedy: str) -> None:
        assert refused(operation, shop(group={"status": status}))["group_status_fits"].remedy == remedy

    def test_tells_enabling_from_reprotecting(self) -> None:
        enable = refused(Operation.ENABLE_PROTECTION, shop(group={"status": "failed-over"}))
        assert enable["the_start_means_what_is_asked"].remedy.endswith("would reprotect: ask for that.")
        again = refused(Operation.REPROTECT, shop(group={"status": "available"}))
        assert again["the_start_means_what_is_asked"].remedy.endswith("enable protection: ask for that.")


class TestSwitching:
    @pytest.mark.parametrize(
        "operation",
        [Operation.ENABLE_PROTECTION, Operation.PLANNED_FAILOVER, Operation.FAILOVER, Operation.REPROTECT],
    )
    def test_needs_pairs(self, operation: Operation) -> None:
        assert "group_has_pairs" in refused(operation, shop(pairs={}))

    @pytest.mark.parametrize("status", ["ACTIVE", "ACTIVE powering-off", "UNKNOWN", "brand-new"])
    def test_by_plan_needs_the_production_servers_stopped(self, status: str) -> None:
        running = shop(instance={"servers": {"production": status, "dr": "ACTIVE"}})
        objection = refused(Operation.PLANNED_FAILOVER, running)["production_servers_are_stopped"]
        assert (objection.code, objection.found) == ("SDRS.1319", f"db-01 is {status}")

    def test_by_plan_lets_no_production_server_start(self) -> None:
        about_to = shop(
            instance={"servers": {"production": "SHUTOFF powering-on", "dr": "SHUTOFF powering-on"}}
        )
        assert set(refused(Operation.PLANNED_FAILOVER, about_to)) == {"production_servers_stay_stopped"}

    def test_by_plan_needs_every_production_server_seen_unless_it_is_gone_for_good(self) -> None:
        unseen = refused(Operation.PLANNED_FAILOVER, shop(instance={"servers": {}}))
        assert unseen["production_servers_stay_stopped"].found == "the server of db-01 was not seen"
        gone = refused(Operation.PLANNED_FAILOVER, shop(instance={"servers": {}, "status": "invalid"}))
        assert set(gone) == {"no_server_was_deleted_before_a_planned_failover"}

    @pytest.mark.parametrize(
        ("operation", "status", "codes"),
        [
            (Operation.ENABLE_PROTECTION, "available", "SDRS.1314"),
            (Operation.DISABLE_PROTECTION, "protected", "SDRS.1314"),
            (Operation.PLANNED_FAILOVER, "protected", "SDRS.1029"),
            (Operation.FAILOVER, "error-reversing", "SDRS.1314"),
            (Operation.REPROTECT, "failed-over", "SDRS.1314"),
            (Operation.CREATE_DRILL, "protected", "SDRS.1015"),
        ],
    )
    def test_is_refused_in_every_way_once_a_server_was_deleted(
        self, operation: Operation, status: str, codes: str
    ) -> None:
        lost = shop(group={"status": status}, instance={"servers": {}, "status": "invalid"})
        [objection] = refused(operation, lost).values()
        assert objection.code == codes
        assert "db-01" in objection.found
        assert "elete" in objection.remedy

    def test_by_plan_looks_at_the_servers_that_are_production_now(self) -> None:
        turned = shop(
            group={"station": "target"}, instance={"servers": {"production": "ACTIVE", "dr": "SHUTOFF"}}
        )
        objection = refused(Operation.PLANNED_FAILOVER, turned, to="source")["production_servers_are_stopped"]
        assert objection.found == "db-01-dr is ACTIVE"

    def test_by_plan_goes_to_the_other_site(self) -> None:
        same = refused(Operation.PLANNED_FAILOVER, shop(), to="source")["the_other_site_takes_over"]
        assert same.found == "production at source already"
        nowhere = refused(Operation.PLANNED_FAILOVER, shop(), to="elsewhere")["the_other_site_takes_over"]
        assert nowhere.wanted == "to source or target"

    @pytest.mark.parametrize("replication", ["copying", "inactive"])
    def test_by_plan_waits_for_the_synchronisation(self, replication: str) -> None:
        behind = refused(Operation.PLANNED_FAILOVER, shop(pair={"replication": replication}))
        assert behind["pairs_are_synchronised"].found == "not synchronised: data"

    def test_by_plan_does_not_wait_after_one_that_failed(self) -> None:
        halfway = shop(group={"status": "error-reversing"}, pair={"replication": "inactive"})
        assert not refused(Operation.PLANNED_FAILOVER, halfway)

    @pytest.mark.parametrize("operation", [Operation.FAILOVER, Operation.PLANNED_FAILOVER])
    def test_to_the_other_site_needs_the_replication_links(self, operation: Operation) -> None:
        down = refused(operation, shop(pair={"fault_level": "5"}))
        assert [each.found for each in down.values()] == ["link down at data"]
        assert not refused(operation, shop(pair={"fault_level": "2"}))

    def test_in_an_emergency_asks_for_no_stopped_servers(self) -> None:
        assert not refused(
            Operation.FAILOVER, shop(instance={"servers": {"production": "ACTIVE", "dr": "ACTIVE"}})
        )

    def test_back_into_protection_needs_the_dr_servers_stopped(self) -> None:
        over = {"status": "failed-over", "station": "target"}
        running = shop(group=over, instance={"servers": {"production": "ACTIVE", "dr": "ACTIVE"}})
        objection = refused(Operation.REPROTECT, running)["dr_servers_are_stopped"]
        assert (objection.code, objection.found) == ("SDRS.1342", "db-01 is ACTIVE")
        about_to = shop(
            group=over, instance={"servers": {"production": "ACTIVE", "dr": "SHUTOFF powering-on"}}
        )
        assert set(refused(Operation.REPROTECT, about_to)) == {"dr_servers_stay_stopped"}
        stopped = shop(group=over, instance={"servers": {"production": "ACTIVE", "dr": "SHUTOFF"}})
        assert not refused(Operation.REPROTECT, stopped)


class TestDrills:
    @pytest.mark.parametrize("name", ["", "spring drill", "x" * 65, "drill<1>", "drill\n"])
    def test_are_named_by_the_services_rules(self, name: str) -> None:
        assert set(refused(Operation.CREATE_DRILL, shop(), name=name)) == {"drill_is_named_right"}

    def test_go_into_a_network_that_is_not_the_groups(self) -> None:
        objection = refused(Operation.CREATE_DRILL, shop(), drill_vpc_id="shop-vpc")
        assert objection["drill_network_is_not_the_groups"].code == "SDRS.1907"

    def test_go_into_a_network_that_no_other_drill_uses(self) -> None:
        inventory = shop(drills={"autumn": {"group": "other", "vpc": "drill-net"}})
        objection = refused(Operation.CREATE_DRILL, inventory, drill_vpc_id="drill-net")
        assert objection["drill_network_is_not_in_use"].found == "drill VPC drill-net is used by drill autumn"
        assert not refused(Operation.CREATE_DRILL, inventory, drill_vpc_id="another")
        assert not refused(Operation.CREATE_DRILL, inventory)

    def test_wait_for_the_synchronisation(self) -> None:
        objection = refused(Operation.CREATE_DRILL, shop(pair={"replication": "copying"}))
        (one,) = objection.values()
        assert one.found == "not synchronised: data is copying"
        assert one.remedy == "Wait for the synchronisation to end."

    @pytest.mark.parametrize(
        ("told", "words"), [("", "not known to be"), ("inactive", "inactive"), ("new", "new")]
    )
    def test_are_refused_where_nothing_was_ever_copied_or_is_known_to_be(self, told: str, words: str) -> None:
        objection = refused(
            Operation.CREATE_DRILL, shop(group={"status": "available"}, pair={"replication": told})
        )["the_first_synchronisation_is_complete"]
        assert objection.found == f"not synchronised: data is {words}"
        assert objection.remedy == "Enable protection of the group, then wait for the synchronisation to end."

    @pytest.mark.parametrize("told", ["active", "active-stopped"])
    def test_go_ahead_where_protection_is_off_and_the_copies_are_whole(self, told: str) -> None:
        inventory = shop(group={"status": "available"}, pair={"replication": told})
        assert not refused(Operation.CREATE_DRILL, inventory)

    @pytest.mark.parametrize(("used", "limit", "full"), [(1, 2, False), (2, 2, True), (9, -1, False)])
    def test_stay_within_the_quota_where_one_is_told(self, used: int, limit: int, full: bool) -> None:
        inventory = shop(quotas={"disaster_recovery_drills": (used, limit)})
        assert bool(refused(Operation.CREATE_DRILL, inventory)) == full

    @pytest.mark.parametrize("status", [*DrillStatus, "brand-new"])
    def test_are_deleted_when_they_rest_or_are_broken(self, status: str) -> None:
        inventory = shop(drills={"spring": {"group": "shop", "status": status}})
        legal = status in {"available", "error", "error-deleting"}
        assert (not refused(Operation.DELETE_DRILL, inventory, drill_id="spring-id")) == legal

    def test_are_deleted_once_and_in_their_own_group(self) -> None:
        gone = refused(Operation.DELETE_DRILL, shop(), drill_id="spring-id")
        assert gone["drill_exists"].code == "SDRS.1913"
        theirs = refused(
            Operation.DELETE_DRILL, shop(drills={"spring": {"group": "other"}}), drill_id="spring-id"
        )
        assert theirs["drill_exists"].found == "of another group"


def expand(inventory: Inventory, size: int = 200) -> dict[str, Objection]:
    return refused(Operation.EXPAND_PAIR, inventory, pair_id="data-id", new_size_gb=size)


class TestExpanding:
    @pytest.mark.parametrize("status", [*PairStatus, "brand-new"])
    def test_needs_a_pair_at_rest(self, status: str) -> None:
        legal = status in {"available", "protected", "error-extending"}
        assert (not expand(shop(pair={"status": status}))) == legal

    @pytest.mark.parametrize(("size", "legal"), [(99, False), (100, False), (101, True)])
    def test_makes_a_pair_larger(self, size: int, legal: bool) -> None:
        assert (not expand(shop(), size)) == legal

    @pytest.mark.parametrize(("system", "most"), [(False, 32768), (True, 1024)])
    def test_makes_no_disk_larger_than_disks_can_be(self, system: bool, most: int) -> None:
        assert not expand(shop(pair={"system": system}), most)
        objection = expand(shop(pair={"system": system}), most + 1)["a_disk_can_be_that_large"]
        assert (objection.code, objection.wanted) == ("SDRS.0201", f"at most {most} GB")

    @pytest.mark.parametrize(
        ("status", "legal"), [("available", True), ("in-use", True), ("extending", False)]
    )
    def test_needs_disks_that_rest(self, status: str, legal: bool) -> None:
        assert (not expand(shop(pair={"disks": status}))) == legal

    def test_needs_shared_disks_detached(self) -> None:
        objection = expand(shop(pair={"shared": True}))["shared_disks_are_detached"]
        assert (objection.code, objection.found) == ("SDRS.1818", "shared, attached to db-01")
        assert not expand(shop(pair={"shared": True}, instance={"attached": {}}))


class TestResizing:
    @pytest.mark.parametrize("status", ["protected", "available", "error-resizing"])
    def test_is_for_instances_at_rest(self, status: str) -> None:
        assert not refused(Operation.RESIZE_INSTANCE, shop(instance={"status": status}))

    def test_is_not_for_others(self) -> None:
        broken = shop(instance={"status": "fault"})
        assert set(refused(Operation.RESIZE_INSTANCE, broken)) == {"instance_status_fits"}

    def test_needs_both_servers_stopped(self) -> None:
        running = shop(instance={"servers": {"production": "ACTIVE", "dr": "ERROR"}})
        found = {each.code: each.found for each in refused(Operation.RESIZE_INSTANCE, running).values()}
        assert found == {"SDRS.1316": "db-01 is ACTIVE", "SDRS.1342": "db-01-dr is ERROR"}

    def test_lets_neither_server_start(self) -> None:
        about_to = shop(instance={"servers": {"production": "SHUTOFF", "dr": "SHUTOFF powering-on"}})
        assert set(refused(Operation.RESIZE_INSTANCE, about_to)) == {"servers_stay_stopped"}

    def test_needs_both_servers_seen(self) -> None:
        unseen = refused(Operation.RESIZE_INSTANCE, shop(instance={"servers": {}}))
        assert unseen["production_server_is_stopped"].found == "its production server was not seen"
        assert unseen["dr_server_is_stopped"].found == "its DR server was not seen"

    def test_needs_another_flavor(self) -> None:
        same = refused(Operation.RESIZE_INSTANCE, shop(), flavor="s3.large.2")["flavor_is_another"]
        assert (same.code, same.found) == ("SDRS.1341", "db-01, db-01-dr: s3.large.2 already")
        assert set(refused(Operation.RESIZE_INSTANCE, shop(), flavor="")) == {"flavor_is_named"}


def stop(inventory: Inventory, server: str = "db-01-server") -> dict[str, Objection]:
    return refused(Operation.STOP_SERVER, inventory, server_id=server, hard=False)


def start(inventory: Inventory, server: str = "db-01-server") -> dict[str, Objection]:
    return refused(Operation.START_SERVER, inventory, server_id=server)


RUNNING: Facts = {"servers": {"production": "ACTIVE", "dr": "ACTIVE"}}


class TestServers:
    def test_are_stopped_when_they_run_and_started_when_they_are_off(self) -> None:
        assert not stop(shop(instance=RUNNING))
        assert not start(shop())

    def test_need_nothing_where_they_are_there_already(self) -> None:
        assert stop(shop())["server_runs"].remedy.startswith("Nothing is to be done")
        assert start(shop(instance=RUNNING))["server_is_off"].remedy.startswith("Nothing is to be done")

    @pytest.mark.parametrize("status", ["ERROR", "REBOOT", "ACTIVE powering-off", "brand-new"])
    def test_are_left_alone_while_they_do_anything_else(self, status: str) -> None:
        inventory = shop(instance={"servers": {"production": status}})
        assert stop(inventory)["server_runs"].found == status
        waits = start(inventory)["server_is_off"].remedy == "Wait until it has settled, then read again."
        assert waits == (status in {"REBOOT", "ACTIVE powering-off"})

    def test_are_those_of_the_group(self) -> None:
        inventory = shop(
            instances={"web-01": {"group": "other", **RUNNING}},
            drills={
                "autumn": {"group": "other", "servers": {"web-01": "theirs"}},
                "spring": {"group": "shop", "servers": {"db-01": "ours"}},
            },
        )
        assert not stop(inventory, "ours-server")
        assert stop(inventory, "theirs-server")["server_exists"].found == "not in the group"
        assert stop(inventory, "web-01-server")["server_exists"].found == "not in the group"
        assert stop(inventory, "nowhere")["server_exists"].found == "not found"

    def test_at_the_dr_site_stay_stopped(self) -> None:
        objection = start(shop(), "db-01-dr-server")["server_is_not_the_dr_one"]
        assert objection.found == "the DR server of db-01"
        assert not stop(shop(instance=RUNNING), "db-01-dr-server")

    @pytest.mark.parametrize("status", ["reversing", "failing-over", "reprotecting"])
    def test_stay_stopped_during_a_switch(self, status: str) -> None:
        assert set(start(shop(group={"status": status}))) == {"no_switch_is_going_on"}
