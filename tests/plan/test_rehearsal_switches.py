from dataclasses import replace

import pytest

from drkit.errors import EffectUnknownError, InputError, RefusedError
from drkit.model import GroupStatus, Operation, ReplicationStatus, ServerStatus, Station, Unknown
from drkit.plan.attach import recheck
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan, ReadingCheck
from tests.plan.rehearsal_world import planned, world

PLANNED, BACK, LOST = RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.FAILOVER
AGAIN, RESTART = RunbookKind.REPROTECT, RunbookKind.RESTART


def titles(plan: Plan) -> list[str]:
    return [each.title for each in plan.steps]


def sent(plan: Plan, operation: Operation) -> list[str]:
    changes = [each.change for each in plan.steps if each.change]
    return [each.server_id for each in changes if each.operation is operation]


def test_a_planned_failover_stops_switches_starts_and_verifies() -> None:
    plan = planned(world("erp"), PLANNED, ["erp"])
    assert titles(plan) == [
        "Stop erp-1-az1 (soft)",
        "Stop erp-2-az1 (soft)",
        "Planned failover of erp",
        "Start erp-1-az2",
        "Start erp-2-az2",
        "Service answers: erp",
        "Data is there: erp",
        "Accepted: erp",
    ]
    assert plan.title == "Planned failover of erp from az1 to az2"
    assert [each.needs for each in plan.steps] == [
        (), (), ("1", "2"), ("3",), ("3",), ("4", "5"), ("4", "5"), ("4", "5"),
    ]  # fmt: skip
    assert plan.steps[-1].after == ("6", "7")
    switch = plan.step("3").change
    assert switch
    assert switch.to == "target"


def test_what_cannot_be_undone_has_no_undo() -> None:
    plan = planned(world("erp"), PLANNED, ["erp"])
    assert all(each.undo for each in plan.steps if each.change)
    lost = planned(world("erp"), LOST, ["erp"])
    assert lost.step("1").undo == ""


def test_servers_are_cut_off_hard_only_when_asked() -> None:
    soft = planned(world("erp"), PLANNED, ["erp"])
    hard = planned(world("erp"), PLANNED, ["erp"], hard=True)
    assert [each.change.hard for each in soft.steps[:2] if each.change] == [0, 0]
    assert [each.change.hard for each in hard.steps[:2] if each.change] == [1, 1]
    assert any("cut off hard" in each for each in hard.notes)


def test_servers_that_are_stopped_already_are_not_stopped_again() -> None:
    plan = planned(world("erp", production=ServerStatus.SHUTOFF), PLANNED, ["erp"])
    assert sent(plan, Operation.STOP_SERVER) == []
    assert "Stopped already in erp: erp-1-az1, erp-2-az1." in plan.notes
    assert plan.step("1").needs == ()


def test_a_wave_waits_until_every_group_of_the_one_before_is_accepted() -> None:
    found = world("db", "app", "web")
    plan = planned(found, PLANNED, ["db"], ["app", "web"])
    accepted = next(each.key for each in plan.steps if each.title == "Accepted: db")
    second = [each for each in plan.steps if each.wave == 2 and each.title.startswith("Stop")]
    assert len(second) == 4
    assert all(each.needs == (accepted,) for each in second)


def test_groups_of_one_wave_do_not_wait_for_each_other() -> None:
    plan = planned(world("app", "web"), PLANNED, ["app", "web"])
    assert all(each.needs == () for each in plan.steps if each.title.startswith("Stop"))


def test_a_health_check_stops_the_clock_or_else_the_acceptance() -> None:
    plan = planned(world("erp"), PLANNED, ["erp"], checks={"erp": "tcp://10.0.0.5:443"})
    assert plan.step("6").check == "tcp://10.0.0.5:443"
    assert plan.recovered_by == {"g-erp": (("6", "8"),)}


@pytest.mark.parametrize(
    "check",
    ["erp.example:443", "tcp://erp.example", "ftp://erp.example", ""],
)
def test_a_health_check_that_cannot_be_asked_is_refused(check: str) -> None:
    with pytest.raises(InputError, match="tcp://host:port"):
        planned(world("erp"), PLANNED, ["erp"], checks={"erp": check})


def test_a_health_check_with_a_password_is_refused_and_not_repeated() -> None:
    with pytest.raises(InputError, match="no password") as caught:
        planned(world("erp"), PLANNED, ["erp"], checks={"erp": "https://user:word@erp.example"})
    assert "word@" not in str(caught.value)


def test_a_health_check_for_a_group_outside_the_plan_is_refused() -> None:
    with pytest.raises(InputError, match="not in this plan: shop"):
        planned(world("erp", "shop"), PLANNED, ["erp"], checks={"shop": "tcp://h:1"})


def test_the_way_back_is_the_same_steps_the_other_way() -> None:
    found = world("erp", station=Station.TARGET)
    plan = planned(found, BACK, ["erp"])
    assert sent(plan, Operation.STOP_SERVER) == ["erp-1-az2", "erp-2-az2"]
    assert sent(plan, Operation.START_SERVER) == ["erp-1-az1", "erp-2-az1"]
    switch = plan.step("3").change
    assert switch
    assert switch.to == "source"
    assert plan.title == "Failback of erp"


def test_there_is_no_way_back_for_a_group_that_is_at_home() -> None:
    with pytest.raises(RefusedError, match="first zone already for erp"):
        planned(world("erp"), BACK, ["erp"])


def test_a_failover_leaves_the_lost_servers_alone() -> None:
    plan = planned(world("erp", fault="2"), LOST, ["erp"])
    assert sent(plan, Operation.STOP_SERVER) == []
    assert titles(plan) == [
        "Fail over erp",
        "Start erp-1-az2",
        "Start erp-2-az2",
        "Service answers: erp",
        "Data is there: erp",
        "Accepted: erp",
    ]
    assert any("cannot be undone" in each for each in plan.notes)


def test_a_failover_over_a_broken_link_is_refused_and_the_way_is_named() -> None:
    with pytest.raises(RefusedError) as caught:
        planned(world("erp", fault="5"), LOST, ["erp"])
    assert "1. Have the provider restore the replication link" in str(caught.value)


def test_servers_that_run_already_are_not_started_again() -> None:
    found = world("erp", dr=ServerStatus.ACTIVE)
    assert sent(planned(found, LOST, ["erp"]), Operation.START_SERVER) == []


def test_reprotection_stops_what_runs_at_the_dr_site_first() -> None:
    found = world("erp", status=GroupStatus.FAILED_OVER, station=Station.TARGET, dr=ServerStatus.ACTIVE)
    plan = planned(found, AGAIN, ["erp"])
    assert titles(plan) == [
        "Stop erp-1-az1 (soft)",
        "Stop erp-2-az1 (soft)",
        "Re-protect erp",
        "Protected again: erp",
    ]
    assert plan.step("3").undo == ""
    assert plan.recovered_by == {}


def test_a_planned_failover_of_an_unprotected_group_is_refused_with_the_way_there() -> None:
    with pytest.raises(RefusedError) as caught:
        planned(world("erp", status=GroupStatus.AVAILABLE), PLANNED, ["erp"])
    assert [each.rule for each in caught.value.objections] == ["group_status_fits"]
    assert "1. Enable protection of erp." in str(caught.value)


def test_a_group_without_a_known_production_site_is_refused() -> None:
    found = world("erp", production=ServerStatus.SHUTOFF)
    lost = replace(found.groups["g-erp"], priority_station=Station.read("nowhere"))
    with pytest.raises(RefusedError, match="source or target"):
        planned(replace(found, groups={"g-erp": lost}), PLANNED, ["erp"])


def test_a_planned_failover_waits_for_the_synchronisation() -> None:
    found = world("erp", replication=ReplicationStatus.COPYING)
    with pytest.raises(RefusedError, match="are synchronised"):
        planned(found, PLANNED, ["erp"])


def test_after_a_failed_switch_production_can_be_started_where_it_is() -> None:
    found = world("erp", status=GroupStatus.ERROR_REVERSING, production=ServerStatus.SHUTOFF)
    plan = planned(found, RESTART, ["erp"], checks={"g-erp": "https://erp.example/"})
    assert titles(plan) == [
        "Start erp-1-az1",
        "Start erp-2-az1",
        "Service answers: erp",
        "Data is there: erp",
        "Accepted: erp",
    ]


def test_a_server_that_was_not_seen_is_told_and_not_sent_to() -> None:
    found = world("erp")
    hidden = {key: each for key, each in found.servers.items() if key != "erp-1-az1"}
    with pytest.raises(RefusedError, match="erp-1 was not seen"):
        planned(replace(found, servers=hidden), PLANNED, ["erp"])


def test_production_is_not_started_while_the_group_moves() -> None:
    found = world("erp", status=GroupStatus.REVERSING, production=ServerStatus.SHUTOFF)
    with pytest.raises(RefusedError, match="Wait until the service has done with erp"):
        planned(found, RESTART, ["erp"])


def test_where_production_runs_there_is_nothing_to_restart() -> None:
    with pytest.raises(RefusedError, match="nothing to start"):
        planned(world("erp"), RESTART, ["erp"])


def test_what_is_not_sound_is_noted_and_does_not_hold_up_a_failover() -> None:
    plan = planned(world("erp", fault="2"), LOST, ["erp"])
    assert any(each.startswith("Not sound in erp: erp-1-system has fault level 2") for each in plan.notes)


def test_nobody_is_told_to_stop_the_servers_that_the_runbook_stops() -> None:
    with pytest.raises(RefusedError) as caught:
        planned(world("erp", status=GroupStatus.AVAILABLE), PLANNED, ["erp"])
    assert str(caught.value).endswith(
        "The shortest legal way to it for erp:\n1. Enable protection of erp. "
        "[drkit do enable-protection --group erp]"
    )


def test_a_step_whose_effect_cannot_be_worked_out_is_named_and_planning_is_refused() -> None:
    found = world("erp")
    odd = replace(found.groups["g-erp"], priority_station=Unknown("middle"))
    told = (
        r"Step 1 \(Fail over erp\): What failover would lead to .* production site of group erp is not known"
    )
    with pytest.raises(EffectUnknownError, match=told):
        planned(replace(found, groups={"g-erp": odd}), RunbookKind.FAILOVER, ["erp"])
    good = planned(found, RunbookKind.FAILOVER, ["erp"])
    with pytest.raises(EffectUnknownError, match=told):
        recheck(good, replace(found, groups={"g-erp": odd}))


@pytest.mark.parametrize("kind", [PLANNED, LOST, RunbookKind.DRILL])
def test_a_second_person_approves_before_anything_else(kind: RunbookKind) -> None:
    found = world("erp", fault="2") if kind is LOST else world("erp")
    plan = planned(found, kind, ["erp"], second_person=True, drill_name="d")
    first, *rest = plan.steps
    assert first.title == "Approved by a second person: erp"
    assert (first.reads, first.skippable, first.needs) == (ReadingCheck.APPROVED, False, ())
    assert all(each.needs or each.after for each in rest)
    (second, *_) = [each for each in rest if each.change]
    assert second.needs == (first.key,)
