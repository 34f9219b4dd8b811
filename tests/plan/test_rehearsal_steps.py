import json
from dataclasses import replace
from datetime import UTC, datetime

from drkit.model import Backend, Change, Operation
from drkit.plan.objectives import Objectives, RunbookKind
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


def former(*facts: tuple[str, str]) -> Plan:
    """What is read of a plan that was kept with these pairs of texts."""
    kept = plan_of(Step("1", "Fail over", CHANGE)).to_json()
    del kept["objectives"], kept["recovered_by"]
    return Plan.from_json(json.loads(json.dumps({**kept, "facts": facts})))


def test_a_plan_kept_with_its_objectives_as_pairs_of_texts_is_still_read() -> None:
    declared = datetime(2026, 11, 20, 3, 5, tzinfo=UTC)
    texts = {"kind": "failover", "scenario": "Dark: az1", "scope": "ERP", "criteria": "Orders: work"}
    texts |= {"participants": "Duty lead\nDatabase desk", "rpo_target": "60", "expert_absent": "yes"}
    texts |= {"declared_what": "Dark", "declared_by": "Shift lead", "declared_at": declared.isoformat()}
    texts |= {"follows": "run-0", "rto_target:g1": "900", "rto_target:g2": "1800"}
    plan = former(*texts.items(), ("recovered_by:g1", "2|3,4"))
    assert plan.objectives == Objectives(
        RunbookKind.FAILOVER,
        "Dark: az1",
        "ERP",
        "Orders: work",
        ("Duty lead", "Database desk"),
        (("g1", 900), ("g2", 1800)),
        60,
        True,
        "Dark",
        "Shift lead",
        declared,
        "run-0",
    )
    assert plan.recovered_by == {"g1": (("2", "3"), ("4",))}


def test_a_former_plan_without_objectives_has_none() -> None:
    assert (former().objectives, former().recovered_by) == (None, {})


def test_a_former_plan_without_a_declaration_has_none() -> None:
    texts = {"kind": "reprotect", "scenario": "s", "scope": "s", "criteria": "c", "participants": ""}
    texts |= {"rpo_target": "0", "expert_absent": "no", "declared_what": "", "declared_by": ""}
    objectives = former(*texts.items(), ("declared_at", ""), ("follows", "")).objectives
    assert objectives == Objectives(RunbookKind.REPROTECT, "s", "s", "c", ())


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
