"""Requests that arrive late and lists that lag: what was taken is found, nothing is sent twice on a guess."""

# ruff: noqa: ANN401  # calls are passed on as they come

import re
import threading
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.api import transport
from drkit.errors import GoneError, OutcomeUnknownError
from drkit.execution import limits
from drkit.execution.board import Board
from drkit.execution.entries import phased
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.journal import EntryKind, Hold
from drkit.model import Change, Operation
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import Plan, Step
from tests.execution.rehearsal_drive import Range
from tests.execution.stage import CACHES, PATIENCE, Stage, intercepted, phases

ATTACH = "attach_protected_instance_replication"
DRILL = "create_disaster_recovery_drill"
UNKNOWN, DONE = StepPhase.UNKNOWN, StepPhase.DONE


def drill_plan(stage: Stage) -> Plan:
    return stage.switch("shop-frontend", Operation.CREATE_DRILL, name="spring-xxxxxx-1", drill_vpc_id="")


def killed_after_sending(stage: Stage, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> str:
    """A run whose process dies when it has sent its first change and heard nothing; the run's id."""
    append = Hold.append

    def dying(self: Hold, which: EntryKind, *args: Any, **more: Any) -> Any:
        if which in {EntryKind.SENT, EntryKind.LOST}:
            raise SystemExit
        return append(self, which, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(Hold, "append", dying)
        patch.setattr(threading, "excepthook", lambda _args: None)
        run = stage.start(plan)
        assert run._engine
        run._engine.thread.join(PATIENCE)
    run._engine.context.hold.abandon()
    run._engine.ended = True
    assert stage.story(run.id) == ["intended"]
    return run.id


def started(stage: Stage, plan: Plan, **instead: Any) -> Run:
    confirm = ", ".join(name for _, name in plan.groups)
    service = intercepted(stage.client, **instead)
    return Run.start(plan, client=service, journal=stage.journal, clock=stage.clock, confirm=confirm)


def test_a_request_is_not_waited_for_longer_than_it_is_taken_to_be_on_its_way() -> None:
    assert transport.LONGEST_ANSWER <= limits.LATEST_ARRIVAL
    assert limits.Pace().uncertain == limits.LATEST_ARRIVAL + limits.LONGEST_LAG
    assert limits.Pace(0.001).uncertain == 3.0


@pytest.mark.parametrize("attended", [True, False])
@pytest.mark.parametrize("fault", ["list-lags", "request-arrives-late"])
class TestASenderThatDied:
    def world(self, stage: Stage, fault: str, operation: str) -> None:
        stage.sandbox.fault(fault, **({} if fault == "list-lags" else {"operation": operation}))

    def test_leaves_one_drill_of_one_name(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str, attended: bool
    ) -> None:
        plan = drill_plan(stage)
        self.world(stage, fault, DRILL)
        run_id = killed_after_sending(stage, plan, monkeypatch)
        state = stage.ended(stage.resume(run_id, attended=attended))
        assert state.phase is RunPhase.DONE
        assert stage.story(run_id) == ["intended", "adopted", "settled done"]
        stage.clock.advance(3600)
        (drill,) = stage.inventory().drills.values()
        assert drill.name == f"spring-{run_id[-6:]}-1"

    def test_leaves_each_pair_attached_once_and_called_done(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch, fault: str, attended: bool
    ) -> None:
        plan = stage.attach()
        self.world(stage, fault, ATTACH)
        run_id = killed_after_sending(stage, plan, monkeypatch)
        state = stage.ended(stage.resume(run_id, attended=attended))
        assert phases(state) == [DONE] * 3
        assert stage.jobs() == 3
        stage.sandbox.clear_faults()
        assert set(stage.attached()) >= set(CACHES)
        assert stage.sandbox.invariants() == []


class TestWhatWasNotFound:
    def lost(self, stage: Stage, seconds: float, **options: Any) -> Run:
        """A run whose only attach arrives that late."""
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("request-arrives-late", operation=ATTACH, seconds=seconds)
        return stage.start(plan, **options)

    def test_is_found_as_soon_as_it_is_there(self, stage: Stage) -> None:
        run = self.lost(stage, 45)
        assert stage.ended(run).phase is RunPhase.DONE
        assert stage.story(run.id) == ["intended", "lost", "adopted", "settled done"]
        (adopted,) = stage.entries(run.id, EntryKind.ADOPTED)
        (intended,) = stage.entries(run.id, EntryKind.INTENDED)
        assert 45 <= (adopted.at - intended.at).total_seconds() < 55

    def test_is_found_when_it_is_looked_for_again_however_late_it_came(self, stage: Stage) -> None:
        run = self.lost(stage, 200)
        assert phases(stage.ended(run)) == [UNKNOWN]
        stage.clock.advance(100)
        resumed = stage.resume(run.id, attended=False)
        assert stage.ended(resumed).phase is RunPhase.DONE
        assert stage.jobs() == 1

    def test_is_called_unknown_by_a_reading_that_began_late_enough(self, stage: Stage) -> None:
        began: list[float] = []

        def slowly(groups: tuple[str, ...]) -> Any:
            began.append(stage.clock.monotonic())
            found = stage.client.pairs(groups)
            stage.clock.advance(50)
            return found

        def lost(_change: Change) -> str:
            raise OutcomeUnknownError("No answer.")

        run = started(stage, stage.attach(CACHES[0]), submit=lost, pairs=slowly)
        assert phases(stage.ended(run)) == [UNKNOWN]
        assert began[-2] < limits.Pace().uncertain <= began[-1]

    def test_is_called_failed_for_a_broken_thing_only_when_it_cannot_come_any_more(
        self, stage: Stage
    ) -> None:
        def late(change: Change) -> str:
            stage.client.submit(change)
            stage.clock.advance(60)
            raise OutcomeUnknownError("No answer in time.")

        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("job-fails")
        run = started(stage, plan, submit=late)
        assert phases(stage.ended(run)) == [StepPhase.FAILED]
        assert stage.story(run.id) == ["intended", "lost", "adopted", "settled failed"]
        (lost,), (adopted,) = (stage.entries(run.id, each) for each in (EntryKind.LOST, EntryKind.ADOPTED))
        assert (adopted.at - lost.at).total_seconds() >= limits.Pace().uncertain

    def test_is_shown_as_looked_for_and_not_as_under_way_or_silent(self, stage: Stage) -> None:
        shown: list[str] = []

        def seen(groups: tuple[str, ...]) -> Any:
            shown.extend(each.sentence for run in runs for each in run.state().steps)
            return stage.client.pairs(groups)

        def lost(_change: Change) -> str:
            raise OutcomeUnknownError("No answer.")

        runs: list[Run] = []
        runs.append(started(stage, stage.attach(CACHES[0]), submit=lost, pairs=seen))
        stage.ended(runs[0])
        assert "No answer came; it is looked for: pair available, attached to nothing" in " ".join(shown)
        assert "Under way" not in " ".join(shown)
        assert stage.story(runs[0].id) == ["intended", "lost", "noted unknown"]

    def test_takes_no_such_long_wait_when_it_is_looked_for_once_more(self, stage: Stage) -> None:
        run = self.lost(stage, 9999)
        assert phases(stage.ended(run)) == [UNKNOWN]
        asked = stage.clock.monotonic()
        run.look_again("1")
        assert phases(stage.ended(run)) == [UNKNOWN]
        assert 15 <= stage.clock.monotonic() - asked < 25

    def test_is_sent_again_on_a_persons_word_alone_who_was_told_what_may_come_of_it(
        self, stage: Stage
    ) -> None:
        run = self.lost(stage, 9999)
        (step,) = stage.ended(run).steps
        assert step.actions == (Action.LOOK_AGAIN, Action.RESOLVE)
        looked = re.search(r"\d+ looks from 00:00:00 to 00:02:\d\d UTC found no trace of it", step.sentence)
        assert looked
        assert step.sentence.endswith("It may still come.")
        run.resolve("1", False, "the console shows it free")
        (step,) = stage.ended(run).steps
        assert Action.RETRY in step.actions
        assert "What was sent before may still arrive; then it is done twice." in step.words
        assert looked[0] in step.words
        assert stage.jobs() == 0
        run.retry("1")
        assert stage.ended(run).phase is RunPhase.DONE
        assert stage.jobs() == 1
        (again,) = stage.entries(run.id, EntryKind.APPROVED)
        assert again.data["sentence"] == (
            "To be sent again, on the operator's word. What was sent before may still arrive, too."
        )

    def test_is_adopted_and_not_sent_again_when_it_came_before_the_retry(self, stage: Stage) -> None:
        run = self.lost(stage, 200)
        stage.ended(run)
        run.resolve("1", False, "the console shows it free")
        stage.ended(run)
        stage.clock.advance(100)
        run.retry("1")
        state = stage.ended(run)
        assert (state.phase, state.steps[0].attempts) == (RunPhase.DONE, 1)
        assert stage.story(run.id)[-4:] == ["settled failed", "approved waiting", "adopted", "settled done"]
        assert stage.jobs() == 1

    def test_stays_unanswered_when_the_retry_is_held_back_by_a_rule(self, stage: Stage) -> None:
        run = self.lost(stage, 400, attended=False)
        stage.ended(run)
        run.resolve("1", False, "the console shows it free")
        stage.ended(run)
        instance = stage.sandbox.world.instances[stage.inventory().instance("app-01").id]
        instance.frozen = True
        run.retry("1")
        assert phases(stage.ended(run)) == [StepPhase.NOT_SENT]
        instance.frozen = False
        stage.clock.advance(400)
        run.retry("1")
        assert stage.ended(run).phase is RunPhase.DONE
        assert stage.jobs() == 1

    def test_is_marked_as_done_with_what_was_seen_of_it_and_read_once_more(self, stage: Stage) -> None:
        run = self.lost(stage, 9999)
        stage.ended(run)
        run.resolve("1", True, "attached by hand")
        ended = stage.ended(run)
        assert ended.phase is RunPhase.FAILED
        assert "But the reading of" in ended.steps[0].sentence
        assert "found no trace of it" in stage.entries(run.id, EntryKind.SETTLED)[0].data["seen"]

    def test_of_a_refused_change_is_no_question_when_it_is_retried(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("second-operator", operation=ATTACH, action="takes-pair")
        run = stage.start(plan)
        assert phases(stage.ended(run)) == [StepPhase.FAILED]
        run.retry("1")
        assert stage.ended(run).steps[0].phase is StepPhase.READY
        run.stop()
        assert stage.entries(run.id, EntryKind.APPROVED)[0].data["sentence"] == "To be tried again."


def test_what_an_earlier_version_concluded_is_not_believed(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("request-arrives-late", operation=ATTACH)
    run_id = killed_after_sending(stage, plan, monkeypatch)
    hold = stage.journal.hold(run_id)
    hold.append(EntryKind.NOTED, "1", phased(StepPhase.WAITING, "It was not taken. It is sent now."))
    hold.abandon()
    assert Board.replay(stage.journal.entries(run_id)).record("1").phase is StepPhase.WORKING
    assert stage.ended(stage.resume(run_id)).phase is RunPhase.DONE
    assert stage.jobs() == 1


class TestListsThatLag:
    @pytest.mark.parametrize("reads", [(), ("show_job_status", "show_protection_group", "show_server")])
    @pytest.mark.parametrize(
        ("kind", "groups"),
        [
            (RunbookKind.DRILL, ["shop-app"]),
            (RunbookKind.PLANNED_FAILOVER, ["shop-db"]),
            (RunbookKind.FAILOVER, ["shop-app"]),
        ],
    )
    def test_do_not_stop_a_rehearsal_for_what_it_did_itself(
        self, tmp_path: Path, kind: RunbookKind, groups: list[str], reads: tuple[str, ...]
    ) -> None:
        field = Range(tmp_path)
        plan = field.plan(kind, groups, drill_name="d") if kind is RunbookKind.DRILL else None
        plan = plan or field.plan(kind, groups)
        field.sandbox.fault("list-lags")
        for each in reads:
            field.sandbox.fault("list-lags", operation=each)
        assert field.to_the_end(field.start(plan)).phase is RunPhase.DONE
        field.clock.advance(60)
        assert not field.inventory.drills
        field.site.close()

    def test_do_not_hide_for_long_what_is_no_longer_allowed(self, stage: Stage) -> None:
        one, other = stage.attach(CACHES[0], CACHES[1]).steps
        rival = stage.attach(CACHES[1], to="app-02").steps[0].change
        assert rival
        rivals, shown, runs = [rival], list[str](), list[Run]()

        def rivalled(groups: tuple[str, ...]) -> Any:
            while rivals:
                stage.client.submit(rivals.pop())
            return stage.client.pairs(groups)

        def look(_seconds: float) -> None:
            shown.extend(each.state().step("2").sentence for each in runs)

        stage.clock._on_advance = look
        runs.append(started(stage, stage.plan(one, other), pairs=rivalled))
        state = stage.ended(runs[0])
        assert phases(state) == [DONE, StepPhase.READY]
        assert state.steps[1].sentence.startswith("Things have changed since the plan was shown: pair ")
        assert state.steps[1].code == "SDRS.1605"
        assert any(each.startswith("Read again soon, for lists may lag. Now: pair ") for each in shown)
        assert state.phase is RunPhase.WAITING_FOR_OPERATOR
        (ready,) = (each for each in stage.entries(runs[0].id, EntryKind.NOTED) if each.step == "2")
        (done,) = (each for each in stage.entries(runs[0].id, EntryKind.SETTLED) if each.step == "1")
        assert 60 <= (ready.at - done.at).total_seconds() < 70
        runs[0].stop()

    def test_do_not_make_a_job_that_is_not_shown_yet_a_failure(self, stage: Stage) -> None:
        asked: list[str] = []

        def unseen(job_id: str) -> Any:
            asked.append(job_id)
            raise GoneError(404, "", "No such job.")

        plan = stage.attach(CACHES[0])
        stage.sandbox.fault("list-lags")
        run = started(stage, plan, job=unseen)
        state = stage.ended(run)
        assert (state.phase, len(asked)) == (RunPhase.DONE, 1)
        assert state.steps[0].sentence.startswith("Done, as the service shows: pair available")

    def test_hold_up_no_objection_before_the_run_did_anything(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        rival = stage.attach(CACHES[0], to="app-02").steps[0].change
        assert rival
        asked = stage.plan(Step("0", "Look"), *(replace(each, needs=("0",)) for each in plan.steps))
        run = stage.start(asked)
        stage.ended(run)
        stage.client.submit(rival)
        stage.clock.advance(60)
        began = stage.clock.monotonic()
        run.sign_off("0", True, "Duty lead", "seen")
        assert phases(stage.ended(run)) == [DONE, StepPhase.READY]
        assert stage.clock.monotonic() == began
        run.stop()
