"""What a run reads before it sends, and what it says where a rule could not be asked."""

from dataclasses import replace

import pytest

from drkit.errors import StalePlanError
from drkit.execution.sending import read_for
from drkit.execution.states import RunPhase, StepPhase
from drkit.journal import EntryKind
from drkit.model import Change, Operation
from drkit.plan import Step
from tests.execution.stage import CACHES, Stage, until

LOOK = Step("look", "Look", instruction="Look.")
QUOTA = "disaster_recovery_drills"


def drill(stage: Stage, name: str = "spring") -> Step:
    group = stage.inventory().group("shop-backend")
    for pair in stage.sandbox.world.pairs.values():  # it was synchronised once
        pair.replication = pair.replication or "active-stopped"
    return Step(name, name, Change.of(Operation.CREATE_DRILL, group.id, name=name, drill_vpc_id=""))


def remarks(stage: Stage, run_id: str) -> list[str]:
    noted = (each for each in stage.journal.entries(run_id) if each.kind is EntryKind.NOTED)
    return [each.data["sentence"] for each in noted if each.data.get("sentence", "").startswith("Not asked")]


def test_before_a_drill_is_sent_its_quota_is_read_and_asked(stage: Stage) -> None:
    plan = stage.plan(LOOK, replace(drill(stage), needs=("look",)))
    run = stage.start(plan)
    stage.ended(run)
    stage.sandbox.world.quotas[QUOTA] = 0
    run.sign_off("look", True, "Shift lead", "seen")
    assert "0 of 0 drills are used" in stage.ended(run).steps[1].sentence
    stage.sandbox.world.quotas[QUOTA] = 1
    run.approve("spring")
    assert stage.ended(run).phase is RunPhase.DONE
    assert remarks(stage, run.id) == []
    with pytest.raises(StalePlanError, match="1 of 1 drills are used"):
        stage.start(stage.plan(drill(stage, "autumn")))


def test_a_quota_that_is_not_told_is_written_down_as_not_asked(stage: Stage) -> None:
    del stage.sandbox.world.quotas[QUOTA]
    run = stage.start(stage.plan(drill(stage)))
    assert stage.ended(run).phase is RunPhase.DONE
    [remark] = remarks(stage, run.id)
    assert remark.startswith("Not asked, for the service tells no quota of drills: ")


def test_what_no_rule_of_the_steps_rests_on_is_not_read(stage: Stage) -> None:
    inventory = read_for(stage.attach(CACHES[0]).steps, stage.client)
    assert inventory.whole == {"servers", "disks"}
    assert read_for([drill(stage)], stage.client).whole == {"servers", "drills", "quotas"}


def test_a_later_step_is_not_judged_while_what_is_under_way_is_not_in_the_reading(stage: Stage) -> None:
    found = stage.inventory("app-01")
    server = found.servers[found.instance("app-02").production_server_id]
    stop = Change.of(Operation.STOP_SERVER, found.group("shop-backend").id, server_id=server.id, hard=False)
    later = replace(stage.attach(CACHES[0]).steps[0], key="later", needs=("look",))
    stage.sandbox.fault("job-stuck", job_type="stopServer")
    run = stage.start(stage.plan(Step("stop", "Stop", stop), LOOK, later))
    until(run, lambda state: bool(state.steps[0].job_id))
    stage.sandbox.fault("server-deleted", server=server.id)
    run.sign_off("look", True, "Shift lead", "seen")
    told = f"What stop server would lead to cannot be worked out: server '{server.id}' is not in the reading."
    until(run, lambda state: told in state.steps[2].sentence)
    assert run.state().steps[2].attempts == 0
    stage.sandbox.clear_faults()
    state = stage.ended(run)
    assert [each.phase for each in state.steps] == [StepPhase.FAILED, StepPhase.DONE, StepPhase.DONE]
