import json
from dataclasses import replace
from datetime import UTC, datetime

from drkit.model import Backend, Change, Operation
from drkit.plan.steps import LeftOut, Plan, Step
from drkit.rules import Objection

CHANGE = Change.of(Operation.FAILOVER, "g1")


def plan_of(*steps: Step) -> Plan:
    return Plan("Failover", Backend(True, "sandbox", "", "", "p"), (("g1", "erp"),), steps, datetime.now(UTC))


def test_a_step_belongs_to_the_group_of_its_change_or_the_one_it_is_about() -> None:
    assert Step("1", "Fail over", CHANGE).group_id == "g1"
    assert Step("2", "Service answers: erp", about="g1").group_id == "g1"
    assert Step("3", "Tell everybody").group_id == ""


def test_a_plan_keeps_what_a_step_comes_after_and_is_about() -> None:
    plan = plan_of(Step("1", "Fail over", CHANGE), Step("2", "Look", after=("1",), about="g1"))
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan


def test_a_plan_kept_before_steps_could_come_after_others_is_still_read() -> None:
    kept = plan_of(Step("1", "Fail over", CHANGE)).to_json()
    for step in kept["steps"]:
        del step["after"], step["about"]
    assert Plan.from_json(kept).step("1").after == ()


def test_a_plan_shows_its_steps_and_what_is_left_out_and_why() -> None:
    reason = Objection("r", "SDRS.1013", "Wait for the group.", "group erp", "reversing", "at rest", "Wait.")
    plan = replace(
        plan_of(Step("1", "Fail over", CHANGE, undo="Cannot be undone.")),
        left_out=(LeftOut("pair data", "p1", (reason,)),),
        notes=("Read this.",),
    )
    assert repr(plan) == "<Plan Failover: 1 step, 1 left out, on PRACTICE>"
    shown = plan._repr_html_()
    for text in ("Fail over", "Cannot be undone.", "pair data", "reversing, must be at rest", "Read this."):
        assert text in shown
