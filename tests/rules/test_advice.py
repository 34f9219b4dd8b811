"""What an objection advises fits the world that it is about."""

import pytest

from drkit.model import Change, Inventory, Operation
from drkit.model.operations import Argument
from drkit.rules import Objection, Projection, judge, way_from
from tests.facts import Fact, Facts, reading

DARK: Facts = {"production": "UNKNOWN", "dr": "SHUTOFF"}

SHUT: Facts = {"production": "SHUTOFF", "dr": "SHUTOFF"}


def shop(status: str = "protected", servers: Facts | None = None, **pair: Fact) -> Inventory:
    instance = {"group": "shop", "servers": servers or {"production": "ACTIVE", "dr": "SHUTOFF"}}
    return reading(
        {
            "groups": {"shop": {"status": status, "station": pair.pop("station", "source")}},
            "instances": {"web": {**instance, "attached": {"data": "/dev/vdb"}, "status": "protected"}},
            "pairs": {"data": {"group": "shop", **pair}},
        }
    )


def against(operation: Operation, inventory: Inventory, **arguments: Argument) -> dict[str, Objection]:
    if operation is Operation.PLANNED_FAILOVER:
        arguments.setdefault("to", "target")
    verdict = judge(Change.of(operation, "shop-id", **arguments), inventory)
    return {each.rule: each for each in verdict.objections}


class TestToStopServers:
    def test_names_those_that_run_and_the_changes_that_stop_them(self) -> None:
        found = against(Operation.PLANNED_FAILOVER, shop())["production_servers_are_stopped"]
        assert found.remedy == "Stop web, then read again."
        [[stop]] = found.ways
        assert (stop.operation, stop.server_id) == (Operation.STOP_SERVER, "web-server")

    def test_is_not_said_of_servers_that_cannot_be_reached(self) -> None:
        dark = shop(servers=DARK, fault_level="2", status="protected")
        found = against(Operation.PLANNED_FAILOVER, dark)["production_servers_are_stopped"]
        assert found.remedy == "web cannot be stopped now: if that site is lost, fail over instead."
        [[instead]] = found.ways
        assert judge(instead, dark).allowed

    def test_leaves_the_provider_where_no_failover_is_possible_either(self) -> None:
        cut = shop(servers=DARK, fault_level="5")
        found = against(Operation.PLANNED_FAILOVER, cut)["production_servers_are_stopped"]
        assert found.remedy.startswith("web cannot be stopped now: have the provider bring that server back")
        assert found.ways == ()
        there = shop("failed-over", servers={"production": "ACTIVE", "dr": "UNKNOWN"})
        again = against(Operation.REPROTECT, there)["dr_servers_are_stopped"]
        assert again.remedy.startswith("web-dr cannot be stopped now: have the provider")

    @pytest.mark.parametrize("doing", ["REBOOT", "ACTIVE powering-off", "SHUTOFF powering-on"])
    def test_waits_for_what_is_on_its_way(self, doing: str) -> None:
        found = against(Operation.PLANNED_FAILOVER, shop(servers={"production": doing}))
        told = {each.remedy for key, each in found.items() if key.startswith("production_servers")}
        assert told == {"Wait until web has settled, stop what runs then, and read again."}


class TestToWaitForTheSynchronisation:
    def test_is_said_of_pairs_that_are_at_it(self) -> None:
        found = against(Operation.PLANNED_FAILOVER, shop(replication="copying"))["pairs_are_synchronised"]
        assert found.remedy == "Wait for the synchronisation to end."

    @pytest.mark.parametrize(("fault", "what"), [("5", "the replication link"), ("2", "the replication")])
    def test_is_not_said_of_pairs_that_are_cut_off(self, fault: str, what: str) -> None:
        cut = shop(replication="inactive", fault_level=fault)
        found = against(Operation.PLANNED_FAILOVER, cut)["pairs_are_synchronised"]
        assert found.remedy.startswith(f"Have the provider restore {what} of data, then wait")

    def test_is_not_said_while_protection_is_off(self) -> None:
        off = shop("available", replication="inactive")
        drill: dict[str, Argument] = {"name": "spring", "drill_vpc_id": ""}
        found = against(Operation.CREATE_DRILL, off, **drill)["the_first_synchronisation_is_complete"]
        assert found.remedy.startswith("Enable protection of the group, then wait")
        [[enable]] = found.ways
        assert judge(enable, off).allowed

    def test_is_not_said_while_the_group_is_failed_over(self) -> None:
        over = shop("failed-over", SHUT, replication="inactive")
        drill: dict[str, Argument] = {"name": "spring", "drill_vpc_id": ""}
        found = against(Operation.CREATE_DRILL, over, **drill)["the_first_synchronisation_is_complete"]
        assert found.remedy == "Re-protect the group, then wait for the synchronisation to end."
        [[reprotect]] = found.ways
        assert judge(reprotect, over).allowed

    def test_counts_after_a_failed_switch_where_pairs_synchronise_right_now(self) -> None:
        halfway = shop("error-reversing", replication="copying")
        assert "pairs_are_synchronised" in against(Operation.PLANNED_FAILOVER, halfway)
        stopped = shop("error-reversing", replication="inactive")
        assert "pairs_are_synchronised" not in against(Operation.PLANNED_FAILOVER, stopped)


class TestWhatLeadsOutOfAState:
    def test_is_told_as_far_as_it_is_open(self) -> None:
        both = against(Operation.ENABLE_PROTECTION, shop("error-reversing"))["group_status_fits"]
        assert both.remedy == "Repeat the planned failover, or fail over."
        dark = against(Operation.ENABLE_PROTECTION, shop("error-reversing", DARK))["group_status_fits"]
        assert dark.remedy == "Fail over: the planned failover cannot be repeated now."
        cut = against(Operation.ENABLE_PROTECTION, shop("error-reversing", fault_level="5"))
        assert cut["group_status_fits"].remedy == (
            "What leads out of error-reversing is refused now: put right what stands against failover or "
            "planned failover, or ask the provider."
        )

    def test_is_not_a_failover_whose_end_nobody_knows(self) -> None:
        lost = shop("error-failing-over", station="middle")
        found = against(Operation.ENABLE_PROTECTION, lost)["group_status_fits"]
        assert found.remedy.startswith("What leads out of error-failing-over is refused now")


class TestDetaching:
    def test_is_not_advised_where_a_server_cannot_be_reached(self) -> None:
        held: dict[str, Argument] = {"pair_id": "data-id", "instance_id": "web-id", "device": "/dev/vdc"}
        near = against(Operation.ATTACH_PAIR, another(shop()), **{**held, "instance_id": "app-id"})
        assert near["pair_is_free"].remedy == "Detach it there first, or leave it where it is."
        far = against(Operation.ATTACH_PAIR, another(shop(servers=DARK)), **{**held, "instance_id": "app-id"})
        assert far["pair_is_free"].remedy == "Leave it where it is: it cannot be detached there now."


def another(inventory: Inventory) -> Inventory:
    """With a second instance, app."""
    more = reading({"groups": {"shop": {}}, "instances": {"app": {"group": "shop", "slots": 3}}})
    vars(inventory).update(
        instances={**inventory.instances, **more.instances}, servers={**inventory.servers, **more.servers}
    )
    return inventory


class TestAWay:
    def test_has_servers_brought_back_that_cannot_be_reached(self) -> None:
        dark = shop(servers=DARK, fault_level="2", replication="inactive")
        assert way_from(Projection.of(dark), Operation.PLANNED_FAILOVER, "shop-id") == (
            "Have the provider restore the replication of data.",
            "Wait until data are synchronised.",
            "Have the provider bring back the servers at the production site: web is UNKNOWN.",
            "Stop the servers at the production site: web.",
        )

    def test_enables_protection_before_it_waits_for_the_synchronisation(self) -> None:
        off = shop("available", replication="inactive")
        assert way_from(Projection.of(off), Operation.CREATE_DRILL, "shop-id") == (
            "Enable protection of shop.",
            "Wait until data are synchronised.",
        )

    def test_lets_servers_settle_before_it_stops_them(self) -> None:
        moving = shop(servers={"production": "REBOOT", "dr": "SHUTOFF"})
        assert way_from(Projection.of(moving), Operation.PLANNED_FAILOVER, "shop-id") == (
            "Stop the servers at the production site, once they have settled: web.",
        )


@pytest.mark.parametrize("status", ["failed-over", "error-failing-over"])
def test_no_pair_is_to_be_created_where_none_can_be(status: str) -> None:
    empty = reading({"groups": {"shop": {"status": status}}})
    operation = Operation.REPROTECT if status == "failed-over" else Operation.FAILOVER
    assert against(operation, empty)["group_has_pairs"].remedy.startswith("None can be created while")
