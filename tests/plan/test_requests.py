"""A request as it is typed, and what becomes of the names in it."""

import pytest

from drkit.errors import UnknownNameError
from drkit.model import DrillStatus
from drkit.plan.objectives import RunbookKind
from drkit.plan.requests import PlanRequest, read_moment
from tests.plan.rehearsal_world import NOW, planned, with_drill, world

KIND = RunbookKind.PLANNED_FAILOVER


def test_the_groups_of_a_wave_are_joined_by_a_plus_or_a_sequence() -> None:
    assert PlanRequest("failover", ["db", "app + web", ""]).in_waves() == (("db",), ("app", "web"))
    assert PlanRequest("failover", ["a+b", "c+d"]).in_waves(["a+b"]) == (("a+b",), ("c", "d"))
    assert PlanRequest("failover", ["db", ["app", "web+2"], []]).in_waves() == (("db",), ("app", "web+2"))


def test_every_name_becomes_an_id() -> None:
    asked = PlanRequest(
        "failover", ["erp", "g-shop"], rto={"erp": "1 h", "*": "9 s"}, checks={"shop": "tcp://s:1"}
    )
    ids = asked.resolved(world("erp", "shop"))
    assert ids.waves == (("g-erp",), ("g-shop",))
    assert ids.rto == {"g-erp": "1 h", "g-shop": "9 s"}
    assert ids.checks == {"g-shop": "tcp://s:1"}
    assert ids.resolved(world("erp", "shop")) == ids


def test_what_is_given_for_a_group_outside_the_waves_keeps_its_name() -> None:
    ids = PlanRequest("failover", ["erp"], rto={"shop": "1 h"}, checks={"shop": "x"}).resolved(
        world("erp", "shop")
    )
    assert (ids.rto, ids.checks) == ({"shop": "1 h"}, {"shop": "x"})


def test_a_clean_up_has_the_groups_of_its_drills() -> None:
    found = with_drill(world("erp"), "erp", "old", DrillStatus.AVAILABLE)
    ids = PlanRequest("cleanup", ["no such group"], drills=["old"]).resolved(found)
    assert (ids.waves, ids.drills) == ((("g-erp",),), ("d-old",))


def test_drills_are_looked_up_for_a_clean_up_only() -> None:
    assert PlanRequest("dr_drill", ["erp"], drills=["gone"]).resolved(world("erp")).drills == ["gone"]


def test_a_name_that_there_is_not_is_refused_with_the_nearest_one() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'erp'"):
        PlanRequest("failover", ["erb"]).resolved(world("erp"))
    with pytest.raises(UnknownNameError, match="planned_failover"):
        PlanRequest("planned failover").runbook()


def test_a_plan_made_by_names_is_the_plan_made_by_ids() -> None:
    found = world("erp", "shop")
    assert planned(found, KIND, ["erp", "shop"]) == planned(found, KIND, ["g-erp", "g-shop"])


def test_no_time_is_no_declaration() -> None:
    assert read_moment(" ") is None
    assert read_moment("2025-12-31 23:55") == NOW
