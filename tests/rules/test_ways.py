"""The shortest legal way from any state of a group to any operation."""

import pytest

from drkit.model import GroupStatus, Inventory, Operation
from drkit.rules import Projection, way_from
from drkit.rules.fitness import ALREADY, remedy
from tests.facts import Fact, Facts, reading

RUNNING: Facts = {"production": "ACTIVE", "dr": "SHUTOFF"}
ALL_RUNNING: Facts = {"production": "ACTIVE", "dr": "ACTIVE"}
DEAD_ENDS = {"error", "error-deleting", "deleting", "brand-new"}


def way_to(operation: Operation, inventory: Inventory, group: str) -> tuple[str, ...]:
    return way_from(Projection.of(inventory), operation, inventory.group(group).id)


def shop(status: str, servers: Facts = RUNNING, **pair: Fact) -> Inventory:
    return reading(
        {
            "groups": {"shop": {"status": status}},
            "instances": {"web": {"group": "shop", "servers": servers}},
            "pairs": {"data": {"group": "shop", **pair}},
        }
    )


EVERY_STATE = [
    (status, operation) for status in [*map(str, GroupStatus), "brand-new"] for operation in Operation
]


class TestAWay:
    @pytest.mark.parametrize(
        ("operation", "status", "way"),
        [
            (Operation.ATTACH_PAIR, "protected", []),
            (
                Operation.DISABLE_PROTECTION,
                "reversing",
                ["Wait until shop is no longer reversing; then it is protected."],
            ),
            (
                Operation.PLANNED_FAILOVER,
                "error-stopping",
                [
                    "Disable protection of shop.",
                    "Enable protection of shop.",
                    "Stop the servers at the production site: web.",
                ],
            ),
            (
                Operation.ATTACH_PAIR,
                "failing-over",
                [
                    "Wait until shop is no longer failing-over; then it is failed-over.",
                    "Re-protect shop.",
                ],
            ),
            (
                Operation.ATTACH_PAIR,
                "creating",
                ["Wait until shop is no longer creating; then it is available."],
            ),
            (Operation.CREATE_DRILL, "error-reversing", []),
        ],
    )
    def test_is_the_shortest(self, operation: Operation, status: str, way: list[str]) -> None:
        assert list(way_to(operation, shop(status), "shop")) == way

    def test_stops_production_only_once_the_link_is_back(self) -> None:
        cut = shop("protected", fault_level="5")
        assert way_to(Operation.PLANNED_FAILOVER, cut, "shop") == (
            "Have the provider restore the replication link of data.",
            "Stop the servers at the production site: web.",
        )

    def test_stops_the_servers_that_run_at_the_dr_site(self) -> None:
        over = shop("failed-over", ALL_RUNNING)
        assert way_to(Operation.REPROTECT, over, "shop") == ("Stop the servers at the DR site: web-dr.",)

    def test_repeats_a_failover_that_failed(self) -> None:
        way = way_to(Operation.ATTACH_PAIR, shop("error-failing-over"), "shop-id")
        assert way == ("Repeat the failover of shop.", "Re-protect shop.")

    @pytest.mark.parametrize("servers", [ALL_RUNNING, {}])
    def test_never_begins_a_failover(self, servers: Facts) -> None:
        for status, operation in EVERY_STATE:
            way = way_to(operation, shop(status, servers), "shop")
            assert not [each for each in way if each.startswith("Fail over")], (status, operation)

    def test_waits_for_the_synchronisation(self) -> None:
        behind = shop("protected", replication="copying")
        assert way_to(Operation.CREATE_DRILL, behind, "shop") == ("Wait until data are synchronised.",)

    def test_to_a_first_drill_begins_with_the_protection_that_copies(self) -> None:
        for told in ("inactive", ""):
            never = shop("available", replication=told)
            assert way_to(Operation.CREATE_DRILL, never, "shop") == (
                "Enable protection of shop.",
                "Wait until data are synchronised.",
            )
        assert way_to(Operation.CREATE_DRILL, shop("available", replication="active-stopped"), "shop") == ()

    def test_has_the_replication_link_restored(self) -> None:
        cut = shop("protected", fault_level="5")
        way = way_to(Operation.FAILOVER, cut, "shop")
        assert way == ("Have the provider restore the replication link of data.",)

    def test_ends_where_the_operation_would_lead(self) -> None:
        there = way_to(Operation.REPROTECT, shop("protected"), "shop")
        assert there == ("Nothing is to be done: shop is protected.",)
        soon = way_to(Operation.DISABLE_PROTECTION, shop("stopping"), "shop")
        assert soon[-1] == "Then nothing is left to be done: shop is available."

    @pytest.mark.parametrize("station", ["source", ""])
    def test_is_found_for_a_group_whose_production_site_is_not_known(self, station: str) -> None:
        inventory = reading(
            {
                "groups": {"shop": {"station": station, "status": "reversing"}},
                "pairs": {"data": {"group": "shop"}},
            }
        )
        assert len(way_to(Operation.DISABLE_PROTECTION, inventory, "shop")) == 1


class TestNoWay:
    def test_is_known_where_a_failover_of_a_group_without_a_known_site_will_end(self) -> None:
        inventory = reading(
            {
                "groups": {"shop": {"station": "", "status": "failing-over"}},
                "pairs": {"data": {"group": "shop"}},
            }
        )
        (sentence,) = way_to(Operation.REPROTECT, inventory, "shop")
        assert sentence.startswith("No step of drkit leads from failing-over")
        assert "Wait until it is no longer failing-over, then read again." in sentence

    @pytest.mark.parametrize("status", sorted(DEAD_ENDS))
    def test_is_said_with_the_exit(self, status: str) -> None:
        (sentence,) = way_to(Operation.ENABLE_PROTECTION, shop(status), "shop")
        assert sentence.startswith(
            f"No step of drkit leads from {status} to where enable protection is legal."
        )
        assert remedy(GroupStatus.read(status)) in sentence

    def test_leads_on_without_pairs(self) -> None:
        empty = reading({"groups": {"shop": {"status": "available"}}})
        (sentence,) = way_to(Operation.ENABLE_PROTECTION, empty, "shop")
        assert "Create a replication pair in it first." in sentence


@pytest.mark.parametrize(("status", "operation"), EVERY_STATE)
def test_every_state_has_a_way_or_a_named_exit_for_every_operation(status: str, operation: Operation) -> None:
    way = way_to(operation, shop(status, ALL_RUNNING), "shop")
    stuck = [each for each in way if each.startswith("No step")]
    assert not stuck or status in DEAD_ENDS
    assert not stuck or "." in stuck[0].split("is legal.")[1]


@pytest.mark.parametrize(
    ("status", "operation"),
    [(status, operation) for status, operation in EVERY_STATE if operation in ALREADY],
)
def test_what_a_rule_advises_is_where_the_way_begins(status: str, operation: Operation) -> None:
    advice = remedy(GroupStatus.read(status)).split()
    way = [
        each for each in way_to(operation, shop(status), "shop") if not each.startswith("Stop the servers")
    ]
    begins = (way or ["legal"])[0].split()
    others = {"legal", "No", "Nothing", "Perform", "Then"}  # an exit, or nothing to advise about
    assert begins[0] in others or begins[0] == advice[0] or {begins[0], advice[0]} == {"Fail", "Re-protect"}
