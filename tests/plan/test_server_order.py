"""The order in which servers within a group start, and stop the other way round."""

from dataclasses import replace
from typing import Any

import pytest

from drkit.errors import InputError, UnknownNameError
from drkit.model import GroupStatus, ServerStatus
from drkit.plan import Level, Plan, RunbookKind, read_order
from tests.plan.rehearsal_world import planned, world

CHECK = "tcp://db.internal:5432"
FAILOVER = RunbookKind.PLANNED_FAILOVER


def titles(plan: Plan) -> dict[str, list[str]]:
    """The titles of the steps, each with those that it waits for."""
    names = {step.key: step.title for step in plan.steps}
    return {step.title: [names[key] for key in step.needs] for step in plan.steps}


def ordered(*order: str, kind: RunbookKind = FAILOVER, **more: Any) -> Plan:  # noqa: ANN401  # of a request
    return planned(world("erp", "web"), kind, ["erp"], order=order, **more)


def test_a_level_is_read_with_its_pause_and_its_check_in_either_order() -> None:
    wanted = Level(("db-01", "db-02"), 60, CHECK)
    assert read_order([f" db-01 + db-02 ; 1 min; {CHECK} ", " "]) == (wanted,)
    assert read_order([f"db-01+db-02; {CHECK}; 60 s"]) == (wanted,)
    assert wanted.line == f"db-01+db-02; 1 min; {CHECK}"
    assert read_order([wanted.line]) == (wanted,)
    resting = Level(("db-01",), 60, CHECK, 30)
    assert read_order([f"db-01; stop 30 s; {CHECK}; 60 s"]) == read_order([resting.line]) == (resting,)
    assert read_order(["app-01"]) == (Level(("app-01",)),)
    assert read_order(["a+b"], known=["a+b"]) == (Level(("a+b",)),)


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("; 60 s", "names nobody"),
        ("db-01+; 60 s", "names nobody"),
        ("db-01; 60 s; 2 min", "more than one pause"),
        ("db-01; stop 60 s; stop 2 min", "more than one pause"),
        (f"db-01; {CHECK}; {CHECK}", "more than one check"),
        ("db-01; tcp://me:secret@db:5432", "no user and no password"),
        ("db-01; soon", "soon"),
        ("db-01; ftp://db", "is no check"),
    ],
)
def test_a_line_that_cannot_be_meant_is_refused_in_words(line: str, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        read_order([line])


def test_servers_stop_from_the_last_level_to_the_first_and_start_the_other_way() -> None:
    plan = ordered(f"erp-2; 1 min; {CHECK}", "erp-1")
    waits = titles(plan)
    assert list(waits)[:7] == [
        "Stop erp-1-az1 (soft)",
        "Stop erp-2-az1 (soft)",
        "Planned failover of erp",
        "Start erp-2-az2",
        "Wait 1 min after erp-2-az2",
        "Ready for the next: erp-2-az2",
        "Start erp-1-az2",
    ]
    for after, before in zip(list(waits)[1:7], waits, strict=False):
        assert waits[after] == [before]
    assert plan.step("5").pause == 60
    assert plan.step("6").check == CHECK
    (note,) = (each for each in plan.notes if each.startswith("Order"))
    assert note == (
        f"Order in erp: 1. erp-2 (then 1 min and until {CHECK} answers); 2. erp-1. "
        "Servers are stopped the other way round."
    )


def test_a_level_rests_once_it_was_stopped_where_it_had_to_be() -> None:
    plan = ordered("erp-2; stop 5 s", "erp-1; 1 min; stop 2 min")
    waits = titles(plan)
    assert list(waits)[:5] == [
        "Stop erp-1-az1 (soft)",
        "Wait 2 min once erp-1-az1 has stopped",
        "Stop erp-2-az1 (soft)",
        "Wait 5 s once erp-2-az1 has stopped",
        "Planned failover of erp",
    ]
    for after, before in zip(list(waits)[1:5], waits, strict=False):
        assert waits[after] == [before]
    assert [step.pause for step in plan.steps[1:4:2]] == [120, 5]
    assert any(each.endswith("round, with 2 min after erp-1; 5 s after erp-2.") for each in plan.notes)
    off = world("erp", production=ServerStatus.SHUTOFF)
    again = planned(off, FAILOVER, ["erp"], order=["erp-2; stop 5 s"])
    assert not any("once" in step.title for step in again.steps), "nothing had to be stopped"


def test_who_is_not_named_starts_last_and_stops_first() -> None:
    plan = ordered("erp-2")
    assert list(titles(plan))[:5] == [
        "Stop erp-1-az1 (soft)",
        "Stop erp-2-az1 (soft)",
        "Planned failover of erp",
        "Start erp-2-az2",
        "Start erp-1-az2",
    ]
    assert any("2. erp-1" not in note and "last: erp-1" in note for note in plan.notes)


def test_without_an_order_all_go_side_by_side_as_before() -> None:
    waits = titles(ordered())
    assert waits["Start erp-1-az2"] == waits["Start erp-2-az2"] == ["Planned failover of erp"]
    assert waits["Planned failover of erp"] == ["Stop erp-1-az1 (soft)", "Stop erp-2-az1 (soft)"]


def test_a_pause_is_left_out_where_nothing_has_to_be_started_and_a_check_is_not() -> None:
    found = world("erp", status=GroupStatus.PROTECTED, production=ServerStatus.ACTIVE)
    off = {key: replace(each, status=ServerStatus.SHUTOFF) for key, each in found.servers.items()}
    off["erp-2-az1"] = found.servers["erp-2-az1"]
    plan = planned(
        replace(found, servers=off), RunbookKind.RESTART, ["erp"], order=[f"erp-2; 60 s; {CHECK}", "erp-1"]
    )
    assert list(titles(plan))[:2] == ["Ready for the next: erp-2-az1", "Start erp-1-az1"]


def test_the_order_counts_within_each_group() -> None:
    plan = planned(world("erp", "web"), FAILOVER, ["erp"], ["web"], order=["web-2+erp-2", "erp-1"])
    waits = titles(plan)
    assert waits["Start erp-1-az2"] == ["Start erp-2-az2"]
    assert waits["Start web-1-az2"] == ["Start web-2-az2"]
    assert waits["Start web-2-az2"] == ["Planned failover of web"]


def test_a_stranger_or_one_with_two_places_is_refused_before_anything_is_planned() -> None:
    with pytest.raises(UnknownNameError, match="erp-9"):
        ordered("erp-9")
    with pytest.raises(UnknownNameError, match="web-1"):
        ordered("web-1")
    with pytest.raises(InputError, match="one place in the order; more than one has: erp-1"):
        ordered("erp-1", "erp-2+erp-1")


def test_a_runbook_without_servers_to_start_takes_no_order() -> None:
    with pytest.raises(InputError, match="An order is for servers that are stopped and started"):
        ordered("erp-1", kind=RunbookKind.DRILL, drill_name="d")


def test_a_plan_with_an_order_is_the_same_after_a_trip_through_json() -> None:
    plan = ordered(f"erp-2; 60 s; {CHECK}")
    again = Plan.from_json(plan.to_json())
    assert (again, again.digest) == (plan, plan.digest)
    again.check(plan.backend)
    pause = next(step for step in plan.steps if step.pause)
    assert (pause.manual, pause.probes, pause.kind, pause.likeness) == (False, False, "check", "pause: 60")
