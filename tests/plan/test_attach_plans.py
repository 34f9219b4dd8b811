"""Building plans. Each file in cases/ holds facts, a request, and the plan that has to come of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit import devices
from drkit.errors import InputError, UnknownNameError
from drkit.model import Operation
from drkit.plan.attach import plan_attach, plan_detach, plan_reattach, recheck
from drkit.plan.steps import Plan
from tests.facts import BACKEND, NOW, Fact, Facts, reading

CASES = sorted((Path(__file__).parent / "cases").glob("*.json"))


def built(facts: Facts, request: Fact) -> Plan:
    inventory = reading(facts)
    if "detach" in request:
        return plan_detach(inventory, request["from"], request["detach"])
    return plan_attach(
        inventory,
        request["to"],
        request["attach"],
        devices=request.get("devices", {}),
        prefix=request.get("prefix", ""),
    )


@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
def test_a_request_becomes_the_plan_of_its_case(path: Path) -> None:
    case = json.loads(path.read_text())
    plan = built(case["facts"], case["request"])
    assert plan.title == case["title"]
    steps = [[each.title, dict(each.change.arguments if each.change else ())] for each in plan.steps]
    assert steps == case["steps"]
    left_out = {each.subject: [one.code for one in each.objections] for each in plan.left_out}
    assert left_out == case["left_out"]
    assert list(plan.notes) == case["notes"]
    assert [list(each) for each in plan.groups] == case.get("groups", [["shop-id", "shop"]])


SHOP: Facts = {
    "groups": {"shop": {}},
    "instances": {"db-01": {"group": "shop", "attached": {"old": "/dev/vdb"}}},
    "pairs": {"old": {"group": "shop"}, "logs": {"group": "shop"}, "data": {"group": "shop"}},
}


class TestAPlan:
    def test_takes_names_and_ids(self) -> None:
        inventory = reading(SHOP)
        assert plan_attach(inventory, "db-01", ["logs"]) == plan_attach(inventory, "db-01-id", ["logs-id"])

    def test_lets_one_step_at_a_time_touch_the_instance_and_says_how_to_undo_it(self) -> None:
        attach = plan_attach(reading(SHOP), "db-01", ["logs"]).step("1")
        assert (attach.lane, attach.skippable) == ("db-01-id", True)
        assert attach.undo == "Detach logs from db-01."
        detach = plan_detach(reading(SHOP), "db-01", ["old"]).step("1")
        assert detach.change
        assert detach.change.operation is Operation.DETACH_PAIR
        assert detach.undo == "Attach old to db-01 as /dev/vdb again."

    def test_says_on_which_reading_of_which_backend_it_rests(self) -> None:
        plan = plan_attach(reading(SHOP), "db-01", ["logs"])
        assert (plan.backend, plan.read_at) == (BACKEND, NOW)
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan

    def test_keeps_what_was_left_out_and_why_but_not_the_ways_that_were_open(self) -> None:
        held = {"group": "shop", "attached": {"data": "/dev/vdb"}}
        found = reading(
            {
                "groups": {"shop": {}},
                "instances": {"db-01": held, "db-02": {"group": "shop", "slots": 3}},
                "pairs": {"data": {"group": "shop"}},
            }
        )
        plan = plan_attach(found, "db-02-id", ["data-id"])
        [reason] = plan.left_out[0].objections
        assert reason.ways
        kept = plan.to_json()
        assert "ways" not in kept["left_out"][0]["objections"][0]
        assert Plan.from_json(json.loads(json.dumps(kept))) == plan

    @given(st.sets(st.sampled_from("bcdefghij"), max_size=6), st.integers(0, 8), st.integers(0, 30))
    def test_never_gives_one_name_twice_nor_more_than_fit(
        self, held: set[str], slots: int, count: int
    ) -> None:
        pairs = {f"p{number}": {"group": "shop"} for number in range(count)}
        instance = {"group": "shop", "slots": slots, "other": {f"/dev/vd{each}": each for each in held}}
        inventory = reading({"groups": {"shop": {}}, "instances": {"db-01": instance}, "pairs": pairs})
        plan = plan_attach(inventory, "db-01", list(pairs))
        given_names = [each.change.device for each in plan.steps if each.change]
        letters = [name.letters for each in given_names if (name := devices.assignable(each))]
        assert len(plan.steps) == min(slots, count)
        assert len(plan.steps) + len(plan.left_out) == count
        assert letters == sorted(set(letters))
        assert not set(letters) & held


class TestAWishThatMakesNoSense:
    def test_names_a_pair_twice(self) -> None:
        with pytest.raises(InputError, match="Asked for more than once: logs; name each pair once"):
            plan_attach(reading(SHOP), "db-01", ["logs", "data", "logs-id"])

    def test_names_what_is_not_there(self) -> None:
        with pytest.raises(
            UnknownNameError, match="No replication pair is named 'lugs'; did you mean 'logs'"
        ):
            plan_detach(reading(SHOP), "db-01", ["lugs"])
        with pytest.raises(UnknownNameError, match="protected instance"):
            plan_attach(reading(SHOP), "db-02", ["logs"])

    def test_gives_a_device_to_a_pair_that_was_not_asked_for(self) -> None:
        with pytest.raises(InputError, match="A device was given for data, which is not among the pairs"):
            plan_attach(reading(SHOP), "db-01", ["logs"], devices={"data": "/dev/vdc"})

    def test_gives_a_prefix_that_is_none(self) -> None:
        with pytest.raises(InputError, match="The prefix 'nvme' is none; give vd"):
            plan_attach(reading(SHOP), "db-01", ["logs"], prefix="nvme")

    def test_leaves_a_device_empty_and_has_one_assigned(self) -> None:
        plan = plan_attach(reading(SHOP), "db-01", ["logs"], devices={"logs": " "})
        assert plan.step("1").title == "Attach logs to db-01 as /dev/vdc"


class TestRechecking:
    def test_finds_nothing_where_nothing_changed(self) -> None:
        plan = plan_attach(reading(SHOP), "db-01", ["logs", "data"])
        assert recheck(plan, reading(SHOP)) == ()

    def test_finds_the_steps_that_are_no_longer_allowed(self) -> None:
        plan = plan_attach(reading(SHOP), "db-01", ["logs", "data"])
        instance = {"group": "shop", "attached": {"old": "/dev/vdb", "logs": "/dev/vdd"}}
        found = recheck(plan, reading({**SHOP, "instances": {"db-01": instance}}))
        judged = {step.key: [each.code for each in verdict.objections] for step, verdict in found}
        assert judged == {"1": ["SDRS.1605"], "2": ["SDRS.1603"]}

    def test_leaves_out_what_is_done_and_what_people_do(self) -> None:
        plan = plan_attach(reading(SHOP), "db-01", ["logs"])
        instance = {"group": "shop", "attached": {"old": "/dev/vdb", "logs": "/dev/vdc"}}
        later = reading({**SHOP, "instances": {"db-01": instance}})
        by_hand = replace(plan.step("1"), key="2", change=None, instruction="Look at it.")
        assert recheck(replace(plan, steps=(*plan.steps, by_hand)), later, settled={"1"}) == ()


class TestAttachingAgain:
    def test_detaches_each_pair_and_attaches_it_under_the_same_name(self) -> None:
        plan = plan_reattach(reading(SHOP), "db-01", {"old-id": "/dev/vdb"})
        first, second = plan.steps
        assert plan.title == "Detach from db-01 and attach again: 1 pair"
        assert [each.change.operation for each in plan.steps if each.change] == [
            Operation.DETACH_PAIR,
            Operation.ATTACH_PAIR,
        ]
        assert second.needs == (first.key,)
        assert "/dev/vdb" in first.title
        assert "/dev/vdb" in second.title

    def test_leaves_out_a_pair_that_is_not_attached_there(self) -> None:
        plan = plan_reattach(reading(SHOP), "db-01", {"logs-id": "/dev/vdc", "old-id": "/dev/vdb"})
        assert [each.subject for each in plan.left_out] == ["logs"]
        assert len(plan.steps) == 2

    def test_leaves_out_a_pair_that_could_not_be_attached_under_that_name(self) -> None:
        plan = plan_reattach(reading(SHOP), "db-01", {"old-id": "/dev/vda"})
        assert plan.steps == ()
        assert [each.subject for each in plan.left_out] == ["old"]
