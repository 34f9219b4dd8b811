"""Taking a group's protection away: in the order that works, with a ledger of what is left."""

import pytest

from drkit.errors import RefusedError
from drkit.model import Operation
from drkit.plan import ManualStep, Plan, Removal, plan_removal
from tests.facts import Fact
from tests.rules.test_protecting_rules import project

GENTLE = Removal()
OFF = {"production": "SHUTOFF", "dr": "SHUTOFF"}


def removed(removal: Removal = GENTLE, **facts: Fact) -> Plan:
    return plan_removal(project(**facts), "shop-id", removal)


def told(plan: Plan) -> list[tuple[str, tuple[str, ...]]]:
    return [(each.title, each.needs or each.after) for each in plan.steps]


def test_nothing_is_detached_and_the_group_goes_last() -> None:
    assert told(removed())[:5] == [
        ("Delete drill winter", ()),
        ("Delete pair log", ()),
        ("Delete protected instance db-01", ()),
        ("Delete pair data", ("3",)),
        ("Delete group shop", ("1", "2", "3", "4")),
    ]


def test_what_stays_and_costs_is_said_before_and_signed_for_after() -> None:
    plan = removed()
    asked = [each.asks for each in plan.steps if each.manual]
    assert asked == [
        ManualStep.DR_SERVERS_LEFT,
        ManualStep.DR_DISKS_LEFT,
        ManualStep.ADDRESSES_LEFT,
        ManualStep.DRILL_NETWORK_LEFT,
    ]
    assert all(each.after == ("5",) for each in plan.steps if each.manual)
    assert "db-01-dr (db-01-dr-server)" in plan.steps[5].instruction
    assert any(each.startswith("The DR servers stay and cost: db-01-dr") for each in plan.notes)
    assert plan.to_type == "shop"


def test_with_everything_each_pair_is_detached_first_and_only_networks_are_left() -> None:
    facts = {"group": "shop", "attached": {"data": "/dev/vdb"}, "servers": OFF}
    plan = removed(Removal(with_disks=True, with_servers=True, with_eip=True), instances={"db-01": facts})
    operations = [each.change.operation for each in plan.steps if each.change]
    assert operations == [
        Operation.DELETE_DRILL,
        Operation.DETACH_PAIR,
        Operation.DELETE_PAIR,
        Operation.DELETE_PAIR,
        Operation.DELETE_INSTANCE,
        Operation.DELETE_GROUP,
    ]
    assert [each.asks for each in plan.steps if each.manual] == [ManualStep.DRILL_NETWORK_LEFT]
    assert "Lost: the disks at the DR site with every copy on them, for good." in plan.notes
    assert "Lost: the DR servers, for good." in plan.notes


def test_an_empty_group_leaves_nothing() -> None:
    plan = plan_removal(project(), "empty-id", Removal())
    assert told(plan) == [("Delete group empty", ())]


def test_servers_that_were_not_seen_are_told_by_their_ids() -> None:
    unseen = removed(instances={"db-01": {"group": "shop", "servers": {}}})
    assert "? (db-01-dr-server)" in unseen.steps[5].instruction


def test_all_reasons_are_said_at_once() -> None:
    with pytest.raises(RefusedError, match="2 reasons") as caught:
        removed(
            with_disks=True, pairs={"data": {"group": "shop"}, "log": {"group": "shop", "status": "creating"}}
        )
    assert {each.rule for each in caught.value.objections} >= {"pair_status_fits"}
