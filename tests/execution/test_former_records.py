"""Runs that a journal holds from before plans had typed objectives: they are gone on with, and verified."""

from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

from drkit.execution.states import RunPhase
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan
from tests.execution.rehearsal_drive import PATIENCE, Range

pytestmark = pytest.mark.slow  # a whole run


class FormerPlan(Plan):
    """A plan that is kept as the former version kept it: objectives and answers as pairs of texts."""

    __slots__ = ()

    def to_json(self) -> dict[str, Any]:
        plain = super().to_json()
        fixed, answers = plain.pop("objectives"), plain.pop("recovered_by")
        targets = {f"rto_target:{key}": str(seconds) for key, seconds in fixed.pop("rto_targets")}
        texts = {
            **fixed,
            "participants": "\n".join(fixed["participants"]),
            "rpo_target": str(fixed["rpo_target"]),
            "expert_absent": "yes" if fixed["expert_absent"] else "no",
            "declared_at": fixed["declared_at"] or "",
        }
        told = {
            f"recovered_by:{key}": ",".join("|".join(one) for one in every) for key, every in answers.items()
        }
        for step in plain["steps"]:
            del step["asks"]
        return {**plain, "facts": [*(texts | targets | told).items()]}


def test_a_run_of_the_former_version_is_gone_on_with_and_its_record_holds(tmp_path: Path) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], ["shop-app"])
    former = FormerPlan(**{each.name: getattr(plan, each.name) for each in fields(plan)})
    run = field.start(former)
    run.stop()
    run.wait(PATIENCE)
    again = field.site.resume(run.id)
    assert again.plan == plan
    assert field.to_the_end(again).phase is RunPhase.DONE
    record = field.site.record(run.id)
    record.write()
    assert record.verify() == []
    assert record.evidence.objectives == plan.objectives
    assert len(record.evidence.clocks) == 2
    assert record.evidence.plan_digest == former.digest
