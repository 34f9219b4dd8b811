"""The service attaches under another letter than was asked for: the step is done, and that is a deviation."""

from collections.abc import Callable

import pytest

from drkit.errors import UnreachableError
from drkit.execution.observations import ChangeStage, observe
from drkit.execution.states import RunPhase, StepPhase
from drkit.model import Attachment, Change, Job, Operation, ReplicationPair
from drkit.report.gathering import gather
from drkit.tables import attachments
from tests.execution.stage import CACHES, Stage
from tests.execution.test_lost_answers import started
from tests.facts import reading

ASKED, FOUND = "/dev/vdc", "/dev/vde"


def told(stage: Stage, run_id: str) -> list[str]:
    return [each.sentence for each in gather(stage.journal.entries(run_id)).deviations]


def test_what_the_table_shows_is_what_the_run_says(stage: Stage) -> None:
    stage.sandbox.fault("device-ignored")
    plan = stage.attach(CACHES[0])
    asked = plan.steps[0].change.device if plan.steps[0].change else ""
    run = stage.start(plan)
    state = stage.ended(run)
    table = attachments(stage.inventory())
    found = table[table["pair"] == CACHES[0]]["device"].item()
    assert found != asked
    difference = f"it is attached as {found}, and {asked} was asked for."
    assert (state.phase, state.steps[0].phase) == (RunPhase.DONE, StepPhase.DONE)
    assert state.steps[0].sentence.endswith(f"But {difference}")
    assert told(stage, run.id) == [f"{plan.steps[0].title}: {difference}"]
    assert gather(stage.journal.entries(run.id)).verdict.carried_out.word == "with deviations"


def test_a_device_that_is_as_asked_is_no_deviation(stage: Stage) -> None:
    run = stage.start(stage.attach(CACHES[0]))
    assert stage.ended(run).steps[0].sentence.endswith("says job " + run.state().steps[0].job_id + ".")
    assert told(stage, run.id) == []


def test_without_a_job_to_ask_the_state_tells_the_device_all_the_same(stage: Stage) -> None:
    stage.sandbox.fault("device-ignored")
    stage.sandbox.fault("answer-lost-after", operation="attach_protected_instance_replication")
    run = stage.start(stage.attach(CACHES[0]))
    state = stage.ended(run)
    assert (state.phase, state.steps[0].job_id) == (RunPhase.DONE, "")
    assert "was asked for." in state.steps[0].sentence
    assert any("was asked for." in each for each in told(stage, run.id))


def test_a_list_that_is_behind_the_job_is_read_until_it_tells(stage: Stage) -> None:
    stage.sandbox.fault("device-ignored")
    late: list[tuple[ReplicationPair, ...]] = [stage.client.pairs()] * 3

    def pairs(group_ids: tuple[str, ...]) -> tuple[ReplicationPair, ...]:
        return late.pop() if late else stage.client.pairs(group_ids)

    run = started(stage, stage.attach(CACHES[0]), pairs=pairs, job=over(stage))
    assert "was asked for." in stage.ended(run).steps[0].sentence


@pytest.mark.parametrize("trouble", ["behind", "dead"])
def test_a_device_that_is_never_seen_is_said_to_be_so(stage: Stage, trouble: str) -> None:
    shown, looks = stage.client.pairs(), list[float]()

    def pairs(_: tuple[str, ...]) -> tuple[ReplicationPair, ...]:
        looks.append(stage.clock.monotonic())
        if trouble == "dead" and len(looks) > 1:
            raise UnreachableError("The line is dead.")
        return shown

    run = started(stage, stage.attach(CACHES[0]), pairs=pairs, job=over(stage))
    state = stage.ended(run)
    assert state.steps[0].sentence.endswith("Under which device name was not seen.")
    assert any("device name it is attached was not seen" in each for each in told(stage, run.id))
    assert looks[-1] - looks[1] >= 60.0


def over(stage: Stage) -> Callable[[str], Job]:
    """Jobs that are asked for only when they are over."""

    def job(job_id: str) -> Job:
        stage.clock.advance(600)
        return stage.client.job(job_id)

    return job


@pytest.mark.parametrize(("device", "differs"), [(ASKED, ""), ("/dev/sdc", ""), (FOUND, FOUND)])
def test_only_another_letter_is_a_difference_another_prefix_is_the_services_own(
    device: str, differs: str
) -> None:
    facts = {
        "groups": {"shop": {}},
        "instances": {"db": {"group": "shop"}},
        "pairs": {"data": {"group": "shop"}},
    }
    found = reading(facts)
    change = Change.of(Operation.ATTACH_PAIR, "shop-id", pair_id="data-id", instance_id="db-id", device=ASKED)
    pair = found.pairs["data-id"]
    object.__setattr__(pair, "attachments", (Attachment("data-id", "db-id", device),))
    seen = observe(change, found, {"pair": "protected", "attached": []})
    assert seen.stage is ChangeStage.REACHED
    assert seen.differs == (f"it is attached as {differs}, and {ASKED} was asked for" if differs else "")
