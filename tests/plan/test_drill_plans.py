from dataclasses import replace

import pytest

from drkit.errors import InputError, RefusedError, UnknownNameError
from drkit.model import DrillStatus, GroupStatus, Operation, ReplicationStatus
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan, Step
from tests.plan.rehearsal_world import aims, planned, with_drill, world

DRILL = RunbookKind.DRILL


def titled(plan: Plan, start: str) -> list[Step]:
    return [each for each in plan.steps if each.title.startswith(start)]


def operations(plan: Plan) -> list[Operation]:
    return [each.change.operation for each in plan.steps if each.change]


def test_a_drill_is_created_verified_released_deleted_and_accounted_for() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="drill-1")
    assert [each.title for each in plan.steps] == [
        "Create drill drill-1-xxxxxx-1 of erp",
        "Service answers: erp-1",
        "Data is there: erp-1",
        "Logins work: erp-1",
        "Service answers: erp-2",
        "Data is there: erp-2",
        "Logins work: erp-2",
        "Settings carried over: erp",
        "Drill network: erp",
        "Release: erp",
        "Delete drill drill-1-xxxxxx-1",
        "Drill servers gone: erp",
        "Drill network left over: erp",
        "Public addresses left over: erp",
    ]
    assert plan.groups == (("g-erp", "erp"),)
    assert plan.objectives == aims(DRILL, "g-erp")


def test_the_drill_is_deleted_only_when_it_was_released_after_every_check() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="drill-1")
    (release,), (delete,) = titled(plan, "Release"), titled(plan, "Delete")
    assert release.after == tuple(str(number) for number in range(2, 10))
    assert not release.skippable
    assert delete.needs == (release.key,)
    assert delete.undo == ""


def test_the_ledger_is_asked_for_even_when_the_deletion_failed() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="drill-1")
    for step in plan.steps[-3:]:
        assert step.needs == ("1",)
        assert step.after == ("11",)


def test_the_clock_of_a_drill_stops_when_every_drill_server_answers() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="drill-1")
    assert plan.recovered_by == {"g-erp": (("2",), ("5",))}


def test_several_groups_are_drilled_side_by_side_under_names_of_their_own() -> None:
    plan = planned(world("erp", "shop"), DRILL, ["erp", "shop"], drill_name="d")
    created = titled(plan, "Create")
    assert [each.title for each in created] == [
        "Create drill d-erp-xxxxxx-1 of erp",
        "Create drill d-shop-xxxxxx-15 of shop",
    ]
    assert all(each.needs == () for each in created)


def test_one_drill_network_cannot_serve_two_groups() -> None:
    with pytest.raises(InputError, match="one drill only"):
        planned(world("erp", "shop"), DRILL, ["erp", "shop"], drill_name="d", drill_vpc_id="vpc-9")


def test_a_drill_before_the_first_synchronisation_is_refused_with_the_way_there() -> None:
    found = world("erp", replication=ReplicationStatus.COPYING)
    with pytest.raises(RefusedError) as caught:
        planned(found, DRILL, ["erp"], drill_name="d")
    assert [each.rule for each in caught.value.objections] == ["the_first_synchronisation_is_complete"]
    assert "1. Wait until erp-1-system, erp-2-system are synchronised." in str(caught.value)


def test_a_refusal_names_every_objection_of_every_group() -> None:
    found = world("erp", "shop", status=GroupStatus.REVERSING)
    with pytest.raises(RefusedError) as caught:
        planned(found, DRILL, ["erp", "shop"], drill_name="no good name")
    assert len([each for each in caught.value.objections if each.rule == "group_status_fits"]) == 2
    assert len([each for each in caught.value.objections if each.rule == "drill_is_named_right"]) == 2
    assert "1. Wait until erp is no longer reversing; then it is protected." in str(caught.value)


def test_the_groups_own_network_is_no_drill_network() -> None:
    with pytest.raises(RefusedError, match=r"SDRS\.1907"):
        planned(world("erp"), DRILL, ["erp"], drill_name="d", drill_vpc_id="vpc-erp")


def test_a_drill_needs_at_least_one_group_that_is_there_and_each_once() -> None:
    with pytest.raises(InputError, match="at least one"):
        planned(world("erp"), DRILL, [], drill_name="d")
    with pytest.raises(InputError, match="more than once: erp"):
        planned(world("erp"), DRILL, ["erp", "g-erp"], drill_name="d")
    with pytest.raises(UnknownNameError, match="did you mean 'erp'"):
        planned(world("erp"), DRILL, ["erb"], drill_name="d")


def test_a_drill_that_failed_is_cleaned_up_with_its_ledger() -> None:
    found = with_drill(world("erp"), "erp", "drill-1", DrillStatus.ERROR)
    plan = planned(found, RunbookKind.CLEANUP, drills=["drill-1"])
    assert operations(plan) == [Operation.DELETE_DRILL]
    assert [each.after for each in plan.steps[1:]] == [("1",)] * 3
    assert plan.title == "Clean-up of the DR drill of erp"


def test_a_drill_that_is_being_created_cannot_be_cleaned_up_yet() -> None:
    found = with_drill(world("erp"), "erp", "drill-1", DrillStatus.CREATING)
    with pytest.raises(RefusedError, match=r"SDRS\.1913"):
        planned(found, RunbookKind.CLEANUP, drills=["drill-1"])


def test_the_plan_says_what_a_drill_leaves_behind() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="d")
    assert any("subnets stay" in each for each in plan.notes)
    assert any("do not synchronise" in each for each in plan.notes)
    assert len(plan.notes) == len(set(plan.notes))


def test_a_group_that_is_gone_is_refused() -> None:
    found = with_drill(world("erp"), "gone", "old", DrillStatus.AVAILABLE)
    with pytest.raises(UnknownNameError):
        planned(replace(found, groups={}), RunbookKind.CLEANUP, drills=["old"])


def test_a_drill_gets_a_name_of_its_own_from_the_run_and_the_step() -> None:
    plan = planned(world("erp"), DRILL, ["erp"], drill_name="spring")
    assert any("xxxxxx in the name of a drill becomes the end of the run's id" in each for each in plan.notes)
    run = plan.for_run("20261120-030500-4f2a1c")
    (create,), (delete,), (release,) = titled(run, "Create"), titled(run, "Delete"), titled(run, "Release")
    assert create.title == "Create drill spring-4f2a1c-1 of erp"
    assert create.change
    assert create.change.name == "spring-4f2a1c-1"
    assert delete.change
    assert delete.change.drill_id == "planned:spring-4f2a1c-1"
    assert "the drill spring-4f2a1c-1 and its servers are deleted" in release.instruction
    run.check(run.backend)
    other = plan.for_run("20261120-030500-000000")
    assert other.steps[0].change != create.change
    assert replace(run, steps=plan.steps) == plan


def test_what_makes_no_drill_is_the_same_for_every_run() -> None:
    plan = planned(with_drill(world("erp"), "erp", "d", DrillStatus.ERROR), RunbookKind.CLEANUP, drills=["d"])
    assert plan.for_run("20261120-030500-4f2a1c") == plan


@pytest.mark.parametrize("length", [1, 54, 55, 56, 64])
def test_a_drill_name_is_cut_to_what_the_service_takes(length: int) -> None:
    change = planned(world("erp"), DRILL, ["erp"], drill_name="n" * length).steps[0].change
    assert change
    assert change.name == f"{'n' * min(length, 55)}-xxxxxx-1"


@pytest.mark.parametrize("name", ["", "n" * 65, "no good name"])
def test_a_drill_name_that_the_service_would_not_take_is_refused(name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        planned(world("erp"), DRILL, ["erp"], drill_name=name)
    assert [each.rule for each in caught.value.objections] == ["drill_is_named_right"]


def test_a_drill_of_the_same_given_name_does_not_stand_against_another_one() -> None:
    found = with_drill(world("erp"), "erp", "d", DrillStatus.AVAILABLE)
    assert titled(planned(found, DRILL, ["erp"], drill_name="d"), "Create")
