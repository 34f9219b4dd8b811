from collections.abc import Callable
from dataclasses import replace
from itertools import product

import pytest

from drkit.errors import RefusedError, UnknownNameError
from drkit.model import Change, GroupStatus, Inventory, Operation, Phase, ServerStatus, Station, Unknown
from drkit.plan.attach import recheck
from drkit.plan.exits import WayOut, drill_ways_out, removals, standing, ways_out
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan
from drkit.rules import Projection, judge_in
from tests.plan.matrix import FAULTS, VERBS, example, legal, matrix
from tests.plan.rehearsal_world import planned, world

OFF, ON = ServerStatus.SHUTOFF, ServerStatus.ACTIVE
RUNBOOKS: dict[str, Callable[[Inventory], Plan]] = {
    "drill": lambda found: planned(found, RunbookKind.DRILL, ["erp"], drill_name="d"),
    "planned failover": lambda found: planned(found, RunbookKind.PLANNED_FAILOVER, ["erp"]),
    "failback": lambda found: planned(found, RunbookKind.FAILBACK, ["erp"]),
    "failover": lambda found: planned(found, RunbookKind.FAILOVER, ["erp"]),
    "re-protection": lambda found: planned(found, RunbookKind.REPROTECT, ["erp"]),
    "restart": lambda found: planned(found, RunbookKind.RESTART, ["erp"]),
}
BREAKS = {
    Operation.PLANNED_FAILOVER: GroupStatus.ERROR_REVERSING,
    Operation.FAILOVER: GroupStatus.ERROR_FAILING_OVER,
    Operation.REPROTECT: GroupStatus.ERROR_REPROTECTING,
}


def by_name(found: Inventory) -> dict[str, WayOut]:
    return {each.name: each for each in ways_out(found, "erp")}


def legal_names(found: Inventory) -> list[str]:
    return [each.name for each in ways_out(found, "erp") if each.legal]


def test_a_drill_is_left_by_its_clean_up_and_by_no_switch() -> None:
    found = example(GroupStatus.PROTECTED)
    (cleaned, stopped) = drill_ways_out(found, "group")
    assert (cleaned.name, cleaned.kind, cleaned.legal) == ("clean up drill drill", RunbookKind.CLEANUP, True)
    assert cleaned.change == Change.of(Operation.DELETE_DRILL, "group", drill_id="drill")
    assert "cost money" in stopped.consequences
    (stopped,) = drill_ways_out(replace(found, drills={}), "group")
    assert "No drill is left." in stopped.consequences


def test_a_planned_failover_that_failed_can_be_retried_left_by_failover_or_stopped() -> None:
    found = world("erp", status=GroupStatus.ERROR_REVERSING, production=OFF)
    assert legal_names(found) == [
        "retry planned failover",
        "failover",
        "start production again",
        "stop here",
    ]
    ways = by_name(found)
    assert "Cannot be undone" in ways["failover"].consequences
    assert "stays down" in ways["stop here"].consequences
    assert ways["failover"].kind is RunbookKind.FAILOVER


def test_an_exit_that_something_stands_against_is_shown_with_the_reason() -> None:
    ways = by_name(world("erp", status=GroupStatus.ERROR_REVERSING, production=ServerStatus.UNKNOWN))
    retry = ways["retry planned failover"]
    assert not retry.legal
    assert retry.objections[0].code == "SDRS.1319"
    assert ways["failover"].legal


def test_servers_that_the_runbook_stops_itself_do_not_close_a_way() -> None:
    retry = by_name(world("erp", status=GroupStatus.ERROR_REVERSING))["retry planned failover"]
    assert retry.legal
    assert retry.change
    assert retry.change.operation is Operation.STOP_SERVER
    found = world("erp", status=GroupStatus.FAILED_OVER, dr=ON)
    assert by_name(found)["re-protection"].legal


def test_a_broken_link_leaves_no_failover() -> None:
    ways = legal_names(world("erp", status=GroupStatus.ERROR_REVERSING, production=OFF, fault="5"))
    assert ways == ["start production again", "stop here"]


def test_production_is_not_started_again_once_a_pair_has_turned() -> None:
    found = world("erp", status=GroupStatus.ERROR_REVERSING, production=OFF)
    turned = replace(found.pairs["p-erp-1"], priority_station=Station.TARGET)
    ways = by_name(replace(found, pairs={**found.pairs, turned.id: turned}))
    restart = ways["start production again"]
    assert not restart.legal
    assert "erp-1-system" in str(restart.objections[0])


def test_a_group_that_moves_by_itself_is_waited_for() -> None:
    (only,) = ways_out(world("erp", status=GroupStatus.REVERSING), "erp")
    assert (only.name, only.change) == ("wait", None)


@pytest.mark.parametrize(
    ("status", "opens"),
    [("error-deleting", True), ("error", False)],  # pairs cannot go in the latter
)
def test_out_of_a_broken_group_leads_removing_its_protection(status: str, opens: bool) -> None:
    found = world("erp")
    stuck = replace(found.groups["g-erp"], status=GroupStatus.read(status))
    broken = replace(found, groups={"g-erp": stuck})
    ways = {each.name: each for each in ways_out(broken, "erp")}
    assert set(ways) == {"remove protection", "ask the provider"}
    assert removals(broken, "erp") == ((ways["remove protection"].offer,) if opens else ())
    assert removals(found, "erp") == ()
    assert ways["remove protection"].legal is opens
    assert ways["remove protection"].shell == ("drkit remove-protection --group erp",)


@pytest.mark.parametrize("status", ["half-reversed"])
def test_where_nothing_may_be_sent_the_provider_is_asked(status: str) -> None:
    found = world("erp")
    stuck = replace(found.groups["g-erp"], status=GroupStatus.read(status))
    (only,) = ways_out(replace(found, groups={"g-erp": stuck}), "erp")
    assert only.name == "ask the provider"
    assert "g-erp" in only.consequences
    assert only.legal


def test_a_group_without_a_known_production_site_has_a_named_exit_too() -> None:
    found = world("erp")
    lost = replace(found.groups["g-erp"], priority_station=Unknown("nowhere"))
    ways = by_name(replace(found, groups={"g-erp": lost}))
    assert not ways["planned failover"].legal
    assert ways["stop here"].legal


def test_the_exits_of_an_unknown_group_are_not_guessed() -> None:
    with pytest.raises(UnknownNameError):
        ways_out(world("erp"), "shop")


def test_the_standing_counts_servers_pairs_and_faults() -> None:
    found = world("erp", status=GroupStatus.ERROR_REVERSING, production=OFF, fault="2")
    assert standing(found, "erp") == (
        "erp is error-reversing; production is at az1.",
        "Servers at the production site: 2 SHUTOFF.",
        "Servers at the DR site: 2 SHUTOFF.",
        "Pairs: 2 error-reversing; synchronisation: 2 active.",
        "Pairs with a fault: erp-1-system (level 2), erp-2-system (level 2).",
    )


def test_the_standing_of_an_empty_group_says_so() -> None:
    found = world("erp")
    lost = replace(found.groups["g-erp"], priority_station=Unknown(""))
    bare = replace(found, groups={"g-erp": lost}, instances={}, pairs={}, servers={})
    assert standing(bare, "erp")[0] == "erp is protected; production is at no known site."
    assert standing(bare, "erp")[1] == "Servers at the production site: none."


@pytest.mark.parametrize("status", GroupStatus)
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("runbook", RUNBOOKS)
def test_no_runbook_plans_an_illegal_verb_or_ends_without_a_named_exit(
    status: GroupStatus, fault: str, runbook: str
) -> None:
    for station, production, dr in product(Station, (ON, OFF), (ON, OFF)):
        found = world("erp", status=status, station=station, production=production, dr=dr, fault=fault)
        assert any(each.legal for each in ways_out(found, "erp"))
        try:
            plan = RUNBOOKS[runbook](found)
        except RefusedError as refused:
            assert str(refused)
            continue
        assert recheck(plan, found) == ()
        for step in plan.steps:
            if step.change and (broken := BREAKS.get(step.change.operation)):
                stuck = world("erp", status=broken, station=station, production=OFF, dr=dr, fault=fault)
                assert any(each.legal for each in ways_out(stuck, "erp"))


@pytest.mark.parametrize("status", GroupStatus)
def test_every_legal_exit_that_sends_something_is_legal_by_the_rules(status: GroupStatus) -> None:
    for fault in FAULTS:
        found = example(status, fault)
        for each in ways_out(found, "group"):
            if each.change and each.legal:
                assert judge_in(each.change, Projection.of(found)).allowed


def test_a_moving_group_takes_no_switch() -> None:
    switches = [
        each for each in VERBS if not each.value.startswith(("delete", "stop_server", "start_server"))
    ]
    for status in GroupStatus:
        if status.phase is Phase.MOVING:
            assert not any(legal(each, status, "0") for each in switches)


def test_the_matrix_has_a_row_per_state_and_names_a_way_out_in_each() -> None:
    rows = [line.strip("| ").split("|") for line in matrix().splitlines()[2:]]
    assert [row[0].strip() for row in rows] == [each.value for each in GroupStatus]
    assert all(row[-1].strip() for row in rows)
    assert any("not at fault 5" in row[4] for row in rows)
