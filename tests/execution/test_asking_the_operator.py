import socket
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from drkit.errors import InputError, JournalError, LeaseHeldError
from drkit.execution import files
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.journal import EntryKind
from drkit.model import Change
from drkit.plan.steps import Step
from drkit.report.gathering import gather
from tests.execution.stage import CACHES, PATIENCE, Stage, phases

ASKING = RunPhase.WAITING_FOR_OPERATOR
LOOK = Step("1", "Look at the service", instruction="Open the shop.", skippable=True)


def taken_in_between(stage: Stage) -> Run:
    """A run whose second attach is no longer allowed when its turn comes: somebody attached that pair."""
    plan = stage.attach(CACHES[0], CACHES[1])
    rival = stage.attach(CACHES[1], to="app-02").steps[0].change
    assert rival
    asked = stage.plan(replace(LOOK, key="0"), *(replace(each, needs=("0",)) for each in plan.steps))
    run = stage.start(asked)
    stage.ended(run)
    stage.client.submit(rival)
    stage.clock.advance(60)
    run.sign_off("0", True, "Duty lead", "seen")
    return run


class TestAManualStep:
    def test_waits_for_a_person_and_says_what_to_do(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        state = stage.ended(run)
        (step,) = state.steps
        assert (state.phase, state.exit_code) == (ASKING, 3)
        assert state.sentence == "Waiting for you at step 1: Look at the service"
        assert (step.phase, step.sentence) == (StepPhase.READY, "Open the shop.")
        assert step.actions == (Action.SIGN_OFF, Action.SKIP)
        assert state.lease.startswith("duty on ")
        run.stop()

    def test_is_signed_off_with_who_and_a_note(self, stage: Stage) -> None:
        run = stage.start(stage.plan(replace(LOOK, instruction="")))
        assert stage.ended(run).steps[0].sentence == "Do it, then sign it off."
        run.sign_off("1", True, "Shift lead", "the till works")
        state = stage.ended(run)
        assert (state.phase, phases(state)) == (RunPhase.DONE, [StepPhase.DONE])
        assert state.steps[0].sentence == "Done, says Shift lead: the till works"
        said = stage.entries(run.id, EntryKind.SETTLED)[0].data
        assert (said["signed_by"], said["by"], said["passed"]) == ("Shift lead", "duty", True)

    def test_is_signed_by_nobody_without_a_word_or_a_file(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        for passed in (True, False):
            with pytest.raises(InputError, match="Say what you saw, in the note, or add a file"):
                run.sign_off("1", passed, "Shift lead", "  ")
        assert run.state().phase is ASKING
        run.sign_off("1", True, "Shift lead", attachment=("till.txt", "text/plain", b"open"))
        assert stage.ended(run).steps[0].sentence == "Done, says Shift lead: with the file till.txt"
        assert [each.name for each in files(stage.entries(run.id))] == ["till.txt"]

    def test_answered_before_it_was_reached_says_so(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        run.sign_off("1", True, "Cron", "seen", beforehand=True)
        state = stage.ended(run)
        assert state.steps[0].sentence == "Done, says Cron, answered before the start: seen"
        assert stage.entries(run.id, EntryKind.SETTLED)[0].data["beforehand"] is True

    def test_can_be_not_passed_and_tried_again(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        run.sign_off("1", False, "Shift lead", "seen")
        state = stage.ended(run)
        assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)
        assert state.steps[0].sentence == "Not passed, says Shift lead: seen"
        run.retry("1")
        assert stage.ended(run).phase is ASKING
        run.sign_off("1", True, "Shift lead", "seen")
        assert stage.ended(run).phase is RunPhase.DONE

    def test_can_be_skipped_with_a_reason_where_the_plan_allows_it(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK, replace(LOOK, key="2", skippable=False, needs=("1",))))
        stage.ended(run)
        with pytest.raises(InputError, match="Say why the step is skipped"):
            run.skip("1", "  ")
        run.skip("1", "nobody there")
        state = stage.ended(run)
        assert phases(state) == [StepPhase.SKIPPED, StepPhase.READY]
        assert state.steps[0].sentence == "Skipped: nobody there"
        with pytest.raises(InputError, match="you cannot skip it now, but sign_off"):
            run.skip("2", "neither here")
        run.stop()

    def test_does_not_hold_up_what_does_not_need_it(self, stage: Stage) -> None:
        state = stage.run(stage.plan(replace(LOOK, key="0"), *stage.attach(CACHES[0]).steps))
        assert phases(state) == [StepPhase.READY, StepPhase.DONE]


class TestAStepThatIsNoLongerAllowed:
    def test_waits_for_a_new_yes_while_the_others_go_on(self, stage: Stage) -> None:
        run = taken_in_between(stage)
        state = stage.ended(run)
        assert (state.phase, phases(state)) == (
            ASKING,
            [StepPhase.DONE, StepPhase.DONE, StepPhase.READY],
        )
        step = state.steps[2]
        assert step.code == "SDRS.1605"
        assert step.sentence == (
            f"Things have changed since the plan was shown: pair {CACHES[1]}: attached to app-02 "
            "as /dev/vdc, must be attached to no instance. It waits for a new yes."
        )
        assert step.actions == (Action.APPROVE, Action.SKIP)
        assert step.remedy == "Detach it there first, or leave it where it is."
        run.stop()

    def test_is_judged_again_after_the_yes_and_sent_when_it_is_allowed_again(self, stage: Stage) -> None:
        run = taken_in_between(stage)
        stage.ended(run)
        run.approve("2")
        assert stage.ended(run).steps[2].phase is StepPhase.READY
        back = stage.detach(CACHES[1], off="app-02").steps[0].change
        assert back
        stage.client.submit(back)
        stage.clock.advance(60)
        run.approve("2")
        state = stage.ended(run)
        assert state.phase is RunPhase.DONE
        assert stage.story(run.id, "2") == [
            "noted ready",
            "approved waiting",
            "noted ready",
            "approved waiting",
            "intended",
            "sent",
            "settled done",
        ]

    def test_tells_three_reasons_and_keeps_them_all(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        asked = stage.plan(replace(LOOK, key="0"), *(replace(each, needs=("0",)) for each in plan.steps))
        run = stage.start(asked)
        stage.ended(run)
        world = stage.sandbox.world
        (pair,) = (each for each in world.pairs.values() if each.name == CACHES[0])
        pair.status = "error"
        pair.devices["elsewhere"] = "/dev/vdb"
        group = world.groups[pair.group_id]
        group.status = "error"
        for key in group.instances:
            world.instances[key].status, world.instances[key].frozen = "error", True
        run.sign_off("0", True, "Duty lead", "seen")
        step = stage.ended(run).steps[1]
        (noted,) = [each for each in stage.entries(run.id) if "objections" in each.data]
        assert len(noted.data["objections"]) > 3
        assert step.sentence.count(", must be ") == 3
        assert step.sentence.endswith(
            f" And {len(noted.data['objections']) - 3} more. It waits for a new yes."
        )
        run.stop()

    def test_is_not_sent_where_nobody_can_be_asked(self, stage: Stage) -> None:
        plan = stage.attach(CACHES[0])
        frozen = stage.sandbox.world.instances[stage.inventory().instance("app-01").id]
        run_inventory = stage.client.inventory
        calls: list[int] = []

        def freeze_then_read(*args: object, **more: object) -> object:
            calls.append(1)
            frozen.frozen = len(calls) == 2
            return run_inventory(*args, **more)  # type: ignore[arg-type]

        stage.client.inventory = freeze_then_read  # type: ignore[assignment,method-assign]
        run = stage.start(plan, attended=False)
        state = stage.ended(run)
        assert (state.phase, state.exit_code, phases(state)) == (RunPhase.FAILED, 2, [StepPhase.NOT_SENT])
        assert state.steps[0].code == "SDRS.0225"
        assert state.steps[0].actions == (Action.RETRY,)
        assert stage.jobs() == 0
        run.retry("1")
        assert stage.ended(run).phase is RunPhase.DONE


class TestACheck:
    @pytest.fixture
    def listening(self) -> Iterator[int]:
        with socket.create_server(("127.0.0.1", 0)) as server:
            yield server.getsockname()[1]

    def test_that_holds_is_done(self, stage: Stage, listening: int) -> None:
        state = stage.run(stage.plan(Step("1", "Answers", check=f"tcp://127.0.0.1:{listening}")))
        assert (state.phase, state.steps[0].sentence) == (RunPhase.DONE, "It answers.")

    def test_is_asked_again_until_it_holds(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = iter(["it does not answer", "it answers 503", ""])
        monkeypatch.setattr(stage.client, "check", lambda _check: next(answers))
        state = stage.run(stage.plan(Step("1", "Answers", check="https://shop.invalid")))
        assert state.phase is RunPhase.DONE
        assert stage.clock.monotonic() == 10.0

    def test_that_never_holds_fails_after_an_hour(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(stage.client, "check", lambda _check: "it answers 503")
        state = stage.run(stage.plan(Step("1", "Answers", check="https://shop.invalid")))
        assert state.steps[0].phase is StepPhase.FAILED
        assert state.steps[0].sentence == "Asked for 3605 s, and still it answers 503."
        assert state.steps[0].actions == (Action.RETRY,)

    def test_can_be_answered_by_a_person(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        asked = stage.plan(LOOK, Step("2", "Answers", check="https://shop.invalid", needs=("1",)))
        run = stage.start(asked)
        stage.ended(run)

        def answered(_check: str) -> str:
            run.sign_off("2", True, "Duty lead", "I see the shop")
            return "it does not answer"

        monkeypatch.setattr(stage.client, "check", answered)
        run.sign_off("1", True, "Duty lead", "seen")
        state = stage.ended(run)
        assert phases(state) == [StepPhase.DONE, StepPhase.DONE]
        assert state.steps[1].sentence == "Done, says Duty lead: I see the shop"

    def test_that_a_person_signs_against_what_it_shows_is_a_deviation_with_both(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        asked = stage.plan(LOOK, Step("2", "Answers", check="https://shop.invalid", needs=("1",)))
        run = stage.start(asked)
        stage.ended(run)
        answers = iter(["it does not answer", ""])

        def answered(_check: str) -> str:
            if "does not answer" in run.state().steps[1].sentence:
                run.sign_off("2", True, "Duty lead", "I see the shop")
            return next(answers)

        monkeypatch.setattr(stage.client, "check", answered)
        run.sign_off("1", True, "Duty lead", "seen")
        assert stage.ended(run).phase is RunPhase.DONE
        (off,) = gather(stage.entries(run.id)).deviations
        assert "Done, says Duty lead: I see the shop The check: Asked again and again" in off.sentence
        assert off.sentence.endswith("until it answers; now it does not answer.")

    def test_that_breaks_fails_with_the_reason(self, stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
        def broken(_check: str) -> str:
            raise InputError("That is no check.")

        monkeypatch.setattr(stage.client, "check", broken)
        state = stage.run(stage.plan(Step("1", "Answers", check="https://shop.invalid")))
        assert (state.steps[0].phase, state.steps[0].sentence) == (StepPhase.FAILED, "That is no check.")


class TestAWordThatDoesNotFit:
    def test_says_what_can_be_done_instead(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        with pytest.raises(InputError, match="is ready: you cannot approve it now, but sign_off or skip"):
            run.approve("1")
        with pytest.raises(InputError, match="There is no step '9'"):
            run.retry("9")
        with pytest.raises(InputError, match="Say who signs"):
            run.sign_off("1", True, "")
        run.stop()

    def test_says_that_nothing_can_be_done(self, stage: Stage) -> None:
        run = stage.start(stage.attach(CACHES[0]))
        stage.ended(run)
        with pytest.raises(InputError, match="Step 1 is done: you cannot retry it now, but nothing"):
            run.retry("1")
        assert [each.state for each in stage.journal.runs()] == ["done"]

    def test_to_a_stopped_run_asks_to_resume_it(self, stage: Stage) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        run.stop()
        assert stage.ended(run).phase is RunPhase.STOPPED
        with pytest.raises(InputError, match=f"drkit resume {run.id}"):
            run.sign_off("1", True, "Duty lead", "seen")

    def test_while_somebody_else_holds_the_group_is_refused(self, stage: Stage) -> None:
        failed = stage.start(stage.plan(LOOK))
        stage.ended(failed)
        failed.sign_off("1", False, "Duty lead", "seen")
        stage.ended(failed)
        other = stage.start(stage.plan(LOOK))
        with pytest.raises(LeaseHeldError, match=other.id):
            failed.retry("1")
        assert failed.state().phase is RunPhase.FAILED
        stage.ended(other)
        other.stop()

    def test_that_cannot_be_written_down_changes_nothing(
        self, stage: Stage, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        run = stage.start(stage.plan(LOOK))
        stage.ended(run)
        run.sign_off("1", False, "Duty lead", "seen")
        stage.ended(run)

        def full(*_args: object) -> None:
            raise JournalError("The disk is full.")

        with monkeypatch.context() as patch:
            patch.setattr("drkit.journal.journal.Hold.append", full)
            with pytest.raises(JournalError, match="full"):
                run.retry("1")
        assert run.state().phase is RunPhase.FAILED
        run.retry("1")
        assert stage.ended(run).phase is ASKING
        run.stop()


def test_a_word_that_comes_while_the_end_is_being_written_goes_on_with_the_run(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan, read = stage.attach(CACHES[0]), stage.client.inventory
    stage.sandbox.fault("unreachable", operation="attach_protected_instance_replication")
    runs: list[Run] = []
    begun = threading.Event()

    def retry_at_the_end(*args: Any, **more: Any) -> Any:  # noqa: ANN401  # passed on
        if threading.current_thread().name.startswith("drkit-run-"):
            assert begun.wait(PATIENCE)
        if runs and runs[0].state().steps[0].phase is StepPhase.FAILED:
            runs[0].retry("1")
        return read(*args, **more)

    monkeypatch.setattr(stage.client, "inventory", retry_at_the_end)
    runs.append(stage.start(plan))
    begun.set()
    state = stage.ended(runs[0])
    assert (state.phase, state.steps[0].attempts) == (RunPhase.DONE, 2)
    assert "resumed_by" not in {key for each in stage.entries(runs[0].id) for key in each.data}


def test_an_unknown_outcome_can_be_settled_by_the_operators_word(stage: Stage) -> None:
    plan = stage.attach(CACHES[0], CACHES[1])
    stage.sandbox.fault("answer-lost-before", operation="attach_protected_instance_replication")
    run = stage.start(plan)
    state = stage.ended(run)
    assert (state.phase, state.exit_code) == (RunPhase.UNKNOWN, 3)
    assert phases(state) == [StepPhase.UNKNOWN, StepPhase.NOT_SENT]
    assert "only one change at a time may go there" in state.steps[1].sentence
    assert state.steps[0].actions == (Action.LOOK_AGAIN, Action.RESOLVE)
    with pytest.raises(InputError, match="Say how you know"):
        run.resolve("1", False, "")
    run.resolve("1", False, "the console shows it free")
    state = stage.ended(run)
    assert phases(state) == [StepPhase.FAILED, StepPhase.DONE]
    assert state.steps[0].sentence == "Not done, on the operator's word: the console shows it free"
    run.retry("1")
    state = stage.ended(run)
    assert (state.phase, phases(state)) == (RunPhase.DONE, [StepPhase.DONE] * 2)
    assert stage.jobs() == 2
    assert stage.journal.verify(run.id).holds


def test_an_unknown_outcome_can_be_taken_as_done(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("answer-lost-before", operation="attach_protected_instance_replication")
    run = stage.start(plan)
    stage.ended(run)
    assert plan.steps[0].change
    stage.client.submit(plan.steps[0].change)
    stage.clock.advance(60)
    run.resolve("1", True, "Shift lead attached it by hand")
    state = stage.ended(run)
    assert (state.phase, state.steps[0].sentence) == (
        RunPhase.DONE,
        "Done, on the operator's word: Shift lead attached it by hand",
    )


def test_the_operators_word_does_not_outrank_the_reading_at_the_end(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    stage.sandbox.fault("answer-lost-before", operation="attach_protected_instance_replication")
    run = stage.start(plan)
    stage.ended(run)
    run.resolve("1", True, "Shift lead attached it by hand")
    state = stage.ended(run)
    assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)
    sentence = state.steps[0].sentence
    assert "on the operator's word: Shift lead attached it by hand But the reading of" in sentence
    assert "shows: pair available, attached to nothing" in sentence


def test_looking_again_finds_what_came_late(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    change = plan.steps[0].change
    assert isinstance(change, Change)
    stage.sandbox.fault("answer-lost-before", operation="attach_protected_instance_replication")
    run = stage.start(plan)
    assert stage.ended(run).steps[0].phase is StepPhase.UNKNOWN
    run.look_again("1")
    assert stage.ended(run).steps[0].phase is StepPhase.UNKNOWN
    stage.client.submit(change)
    run.look_again("1")
    state = stage.ended(run)
    assert (state.phase, state.steps[0].phase) == (RunPhase.DONE, StepPhase.DONE)
    assert stage.jobs() == 1
