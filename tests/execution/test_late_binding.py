from dataclasses import replace

import pytest

from drkit.execution.late_binding import bind_late, done_already
from drkit.execution.recovery import recovery_point
from drkit.model import (
    Change,
    DrillStatus,
    GroupStatus,
    Operation,
    Quota,
    ReplicationStatus,
    ServerStatus,
    Station,
    Unknown,
)
from drkit.plan.objectives import RunbookKind
from drkit.plan.readiness import rule_checks
from tests.plan.rehearsal_world import NOW, with_drill, world

DELETE = Change.of(Operation.DELETE_DRILL, "g-erp", drill_id="planned:d")


def start(server_id: str) -> Change:
    return Change.of(Operation.START_SERVER, "g-erp", server_id=server_id)


def test_a_drill_is_found_by_its_name_once_it_is_there() -> None:
    found = with_drill(world("erp"), "erp", "d", DrillStatus.AVAILABLE)
    assert bind_late(DELETE, found).drill_id == "d-d"


def test_a_drill_that_is_not_there_or_there_twice_is_not_guessed() -> None:
    assert bind_late(DELETE, world("erp")) is DELETE
    once = with_drill(world("erp"), "erp", "d", DrillStatus.AVAILABLE)
    twice = replace(once, drills={**once.drills, "other": replace(once.drills["d-d"], id="other")})
    assert bind_late(DELETE, twice) is DELETE


def test_a_drill_of_that_name_in_another_group_is_left_alone() -> None:
    found = with_drill(world("erp", "shop"), "shop", "d", DrillStatus.AVAILABLE)
    assert bind_late(DELETE, found) is DELETE


def test_a_change_with_known_ids_stays_as_it_is() -> None:
    known = Change.of(Operation.DELETE_DRILL, "g-erp", drill_id="d-1")
    assert bind_late(known, world("erp")) is known
    assert bind_late(start("s"), world("erp")) == start("s")


def test_a_server_that_runs_already_needs_no_start() -> None:
    assert done_already(start("erp-1-az1"), world("erp")) == "erp-1-az1 is ACTIVE already; nothing was sent."
    assert done_already(start("erp-1-az2"), world("erp")) == ""


def test_a_server_that_is_off_already_needs_no_stop() -> None:
    stop = Change.of(Operation.STOP_SERVER, "g-erp", server_id="erp-1-az2", hard=False)
    assert "SHUTOFF already" in done_already(stop, world("erp"))


def test_a_server_that_is_under_way_or_unseen_is_not_called_done() -> None:
    found = world("erp")
    busy = replace(found.servers["erp-1-az1"], task_state="powering-off")
    assert done_already(start(busy.id), replace(found, servers={busy.id: busy})) == ""
    assert done_already(start("nowhere"), found) == ""
    assert done_already(DELETE, found) == ""


def test_a_ready_group_has_every_rule_answered_with_yes() -> None:
    found = world("erp", production=ServerStatus.ACTIVE)
    for kind in (RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILOVER):
        assert all(each.holds for each in rule_checks(found, found.groups["g-erp"], kind))
    with_quota = replace(
        found,
        quotas={"disaster_recovery_drills": Quota("disaster_recovery_drills", 0, 5)},
        whole=frozenset({"quotas"}),
    )
    drill = RunbookKind.DRILL
    assert all(each.holds for each in rule_checks(with_quota, found.groups["g-erp"], drill, "d"))


def test_a_rule_that_was_not_asked_is_said_with_what_was_not_read() -> None:
    found = world("erp")
    points = rule_checks(found, found.groups["g-erp"], RunbookKind.DRILL, "d")
    [unread] = [each for each in points if not each.holds]
    assert (unread.holds, unread.objection, unread.missing) == (None, None, "the quotas were not read")


def test_the_servers_that_a_runbook_stops_itself_do_not_stand_against_it() -> None:
    found = world("erp", status=GroupStatus.FAILED_OVER, station=Station.TARGET, dr=ServerStatus.ACTIVE)
    assert all(each.holds for each in rule_checks(found, found.groups["g-erp"], RunbookKind.REPROTECT))


def test_a_rule_that_does_not_hold_has_its_objection_and_what_depends_on_it_is_open() -> None:
    found = world("erp", status=GroupStatus.STOPPING)
    points = rule_checks(found, found.groups["g-erp"], RunbookKind.REPROTECT)
    assert {each.holds for each in points} == {True, False, None}
    assert [each.objection.code for each in points if each.objection] == ["SDRS.1002"]


def test_a_group_without_a_known_production_site_is_not_ready() -> None:
    found = world("erp")
    lost = replace(found.groups["g-erp"], priority_station=Unknown("?"))
    points = rule_checks(replace(found, groups={"g-erp": lost}), lost, RunbookKind.PLANNED_FAILOVER)
    assert not all(each.holds for each in points)


@pytest.mark.parametrize("operation", [Operation.FAILOVER, Operation.REPROTECT])
def test_the_recovery_point_of_a_switch_counts_the_pairs_that_are_active(operation: Operation) -> None:
    found = world("erp")
    lagging = replace(found.pairs["p-erp-2"], replication_status=ReplicationStatus.COPYING)
    found = replace(found, pairs={**found.pairs, lagging.id: lagging})
    point = recovery_point(Change.of(operation, "g-erp"), found)
    if operation is Operation.REPROTECT:
        assert point is None
        return
    assert point
    assert (point["pairs"], point["active"], point["behind"]) == (2, 1, ["erp-2-system"])
    assert point["read_at"] == NOW.isoformat()
    assert "not measured" in point["method"]
