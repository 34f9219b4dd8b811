from dataclasses import replace

import pytest

from drkit.model import Change, InstanceStatus, Operation, PairStatus
from drkit.rules import judge
from tests.plan.rehearsal_world import world

DRILL = Change.of(Operation.CREATE_DRILL, "g-erp", name="d", drill_vpc_id="")


def test_a_drill_of_a_sound_group_is_allowed() -> None:
    assert judge(DRILL, world("erp")).allowed


@pytest.mark.parametrize("fault", ["2", "5"])
def test_a_pair_with_a_fault_makes_a_drill_worthless(fault: str) -> None:
    (objection,) = judge(DRILL, world("erp", fault=fault)).objections
    assert objection.rule == "nothing_in_the_group_is_faulty"
    assert f"erp-1-system has fault level {fault}" in objection.found


def test_an_invalid_instance_or_pair_is_named() -> None:
    found = world("erp")
    instance = replace(found.instances["i-erp-1"], status=InstanceStatus.INVALID)
    pair = replace(found.pairs["p-erp-2"], status=PairStatus.FAULT, fault_level="2")
    broken = replace(
        found,
        instances={**found.instances, instance.id: instance},
        pairs={**found.pairs, pair.id: pair},
    )
    (objection,) = judge(DRILL, broken).objections
    assert objection.found == "erp-1 is invalid, erp-2-system is fault"
