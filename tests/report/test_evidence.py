import json
import re
from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import JournalDamagedError
from drkit.execution.annotations import finding_entry, note_entry, sign_off_entry
from drkit.execution.snapshot import Snapshot
from drkit.journal import EntryKind
from drkit.plan.objectives import RunbookKind
from drkit.plan.steps import ManualStep, Step
from drkit.report.evidence import Evidence
from drkit.report.gathering import gather
from tests.report.stories import (
    AIMS,
    REAL,
    START,
    Story,
    change_step,
    hand_step,
    plan_of,
    usual,
    usual_plan,
)

FATES = ["done", "failed", "skipped", "left", "retried"]


def happens(story: Story, key: str, fate: str) -> None:
    match fate, key:
        case "skipped", _:
            story.skipped(key)
        case "left", _:
            story.left(key)
        case "retried", _:
            happens(story, key, "failed")
            happens(story, key, "done")
        case "done", "1":
            story.sent().done()
        case "failed", "1":
            story.sent().failed()
        case _:
            story.signed(key, passed=fate == "done")


def sentences(story: Story) -> str:
    return "\n".join(f"{each.step}: {each.sentence}" for each in story.evidence.deviations)


class TestTheVerdict:
    def test_a_run_that_went_as_planned_is_completed(self) -> None:
        assert usual().evidence.verdict.carried_out.word == "as planned"
        assert usual().evidence.deviations == ()

    def test_a_skipped_step_makes_it_completed_with_deviations(self) -> None:
        plan = plan_of(*usual_plan().steps, hand_step("4", "Settings carried over: billing"))
        story = Story(plan).sent().done().signed("2").signed("3").skipped("4").ends()
        assert story.evidence.verdict.carried_out.word == "with deviations"
        assert sentences(story) == "4: Settings carried over: billing. Skipped: No time"
        assert [each.what for each in story.evidence.not_executed] == [
            "Step 4, Settings carried over: billing"
        ]

    def test_a_skipped_step_has_an_end_and_no_more_than_that(self) -> None:
        story = Story(usual_plan()).sent().done().signed("2").asked("3").skipped("3").ends()
        (skipped,) = (each for each in story.evidence.steps if each.phase == "skipped")
        assert skipped.seconds == 10

    def test_what_was_asked_is_not_the_reason_why_it_was_not_done(self) -> None:
        story = Story(usual_plan()).sent().done().asked("2").stops()
        told = {each.what: each.why for each in story.evidence.not_executed}
        assert told == {
            "Step 2, Service answers: billing": "It waited for somebody to sign it when the run ended.",
            "Step 3, Accepted: billing": "The run ended before it.",
        }

    def test_a_recovery_that_took_too_long_is_not_called_reached(self) -> None:
        verdict = usual(aims=replace(AIMS, rto_targets=(("g1", 1),))).evidence.verdict
        assert verdict.words == "carried out as planned, objectives missed"
        assert "The outage of billing was 40 s, 39 s over its target." in verdict.sentence
        assert not verdict.good

    def test_a_harmless_stop_and_a_missed_target_are_told_apart(self) -> None:
        story = Story(usual_plan()).sent().stops().resumed().done().signed("2").signed("3").ends()
        verdict = story.evidence.verdict
        assert verdict.words == "carried out with deviations, objectives met"
        assert verdict.objectives.sentence == "billing: Back after 1 min 00 s of 15 min 00 s."
        assert verdict.good

    def test_a_run_without_objectives_has_one_part(self) -> None:
        story = Story(usual_plan(aims=None)).sent().done().signed("2").signed("3").ends()
        assert story.evidence.verdict.words == "carried out as planned"
        assert story.evidence.verdict.objectives.word == "none set"

    def test_what_was_not_accepted_or_has_no_target_is_not_called_met(self) -> None:
        story = Story(usual_plan()).sent().done().signed("2").skipped("3").ends()
        assert story.evidence.verdict.objectives.word == "not measured"
        assert "It was not accepted." in story.evidence.verdict.objectives.sentence
        free = usual(aims=replace(AIMS, rto_targets=()))
        assert (
            free.evidence.verdict.objectives.sentence == "billing: No time to be back within is set for it."
        )

    def test_while_it_goes_on_nothing_is_missed_yet(self) -> None:
        verdict = Story(usual_plan()).sent().evidence.verdict
        assert (verdict.carried_out.word, verdict.objectives.word) == ("unfinished", "not measured")
        assert [each.carried_out.word for each in verdict.groups] == ["unfinished"]

    def test_each_group_has_its_own_verdict_and_one_that_was_not_begun_is_called_so(self) -> None:
        second = [
            replace(step, key=f"b{step.key}", about="g2", wave=2, change=None, asks=ManualStep.ACCEPTED)
            for step in usual_plan().steps
        ]
        mine = usual_plan()
        plan = replace(
            mine,
            groups=(*mine.groups, ("g2", "web")),
            steps=(*mine.steps, *second),
            recovered_by={**mine.recovered_by, "g2": (("b2",),)},
        )
        story = (
            Story(plan).sent().failed().left("2").left("3").left("b1").left("b2").left("b3").ends("failed")
        )
        evidence = story.evidence
        told = [(each.group, each.carried_out.word, each.objectives.word) for each in evidence.verdict.groups]
        assert told == [("billing", "failed", "missed"), ("web", "not begun", "not measured")]
        assert [each.sentence for each in evidence.deviations if "web" in each.sentence] == [
            "web was not begun. It needs step 1, which failed."
        ]
        assert len(evidence.not_executed) == 5

    def test_a_group_that_was_not_begun_is_called_so_though_its_outage_is_counted(
        self,
    ) -> None:
        aims = replace(AIMS, kind=RunbookKind.FAILOVER, declared_at=START)
        verdict = Story(usual_plan(aims=aims)).left("1").left("2").left("3").ends("failed").evidence.verdict
        assert verdict.carried_out.sentence == "Not begun: billing."
        assert (verdict.groups[0].carried_out.word, verdict.objectives.word) == ("not begun", "missed")

    def test_a_group_whose_outcome_is_unknown_or_that_was_stopped_says_so(self) -> None:
        unknown = Story(usual_plan()).sent().lost().left("2").left("3").ends("unknown").evidence.verdict
        assert unknown.groups[0].carried_out.word == "outcome unknown"
        stopped = Story(usual_plan()).sent().done().stops().evidence.verdict
        assert (stopped.carried_out.word, stopped.groups[0].carried_out.word) == ("stopped", "stopped")

    def test_a_group_that_is_not_back_makes_it_failed(self) -> None:
        story = Story(usual_plan()).sent().failed().left("2").left("3").ends("failed")
        assert story.evidence.verdict.carried_out.word == "failed"
        assert story.evidence.verdict.carried_out.sentence == "Not recovered: billing."

    def test_a_check_that_a_person_did_not_pass_makes_it_failed(self) -> None:
        story = Story(usual_plan()).sent().done().signed("2").signed("3", passed=False).ends("failed")
        assert story.evidence.verdict.carried_out.word == "failed"
        assert story.evidence.verdict.carried_out.sentence == "Not passed: Accepted: billing."

    def test_a_clean_up_that_is_not_done_is_a_deviation_and_no_failure(self) -> None:
        plan = plan_of(*usual_plan().steps, hand_step("4", "Drill network left over: billing"))
        story = Story(plan).sent().done().signed("2").signed("3").signed("4", passed=False).ends("failed")
        assert story.evidence.verdict.carried_out.word == "with deviations"
        assert [(each.what, each.settled) for each in story.evidence.ledger] == [
            ("Drill network left over: billing", False)
        ]

    def test_a_change_of_a_run_without_objectives_that_failed_makes_it_failed(self) -> None:
        story = Story(plan_of(change_step(), aims=None)).sent().failed().ends("failed")
        assert story.evidence.verdict.carried_out.word == "failed"
        assert story.evidence.kind == "change"
        assert story.evidence.clauses == ()

    def test_an_interrupted_run_is_stopped_and_tells_what_is_under_way(self) -> None:
        story = Story(usual_plan()).sent().stops()
        assert story.evidence.verdict.carried_out.word == "stopped"
        assert "Under way at the service when it stopped: Planned failover of billing job-1" in sentences(
            story
        )

    def test_a_run_that_broke_off_without_a_word_is_unfinished(self) -> None:
        evidence = Story(usual_plan()).sent().evidence
        assert evidence.verdict.carried_out.word == "unfinished"
        assert evidence.ended_at is None
        assert evidence.last_at == START + timedelta(seconds=20)

    def test_a_lost_outcome_makes_it_outcome_unknown(self) -> None:
        story = Story(usual_plan()).sent().lost()
        story.tell(EntryKind.STOPPED, data={"phase": "unknown", "sentence": "Ended: 1 unknown."})
        assert story.evidence.verdict.carried_out.word == "outcome unknown"

    def test_a_run_that_was_gone_on_with_says_so(self) -> None:
        story = Story(usual_plan()).sent().stops()
        takeover = [{"group_id": "g1", "from": "cy on laptop", "fence": 1}]
        story.tell(EntryKind.NOTED, data={"resumed_by": "bea@console", "takeover": takeover})
        story.done().signed("2").signed("3").ends()
        assert story.evidence.verdict.carried_out.word == "with deviations"
        assert "gone on with at 2026-03-01 03:00:40 UTC by bea@console" in sentences(story)
        assert "taken over at 2026-03-01 03:00:40 UTC from cy on laptop" in sentences(story)

    @given(
        st.lists(st.sampled_from(["done", "failed", "skipped", "left", "retried"]), min_size=3, max_size=3)
    )
    def test_only_a_run_whose_every_step_was_done_at_once_is_completed(self, fates: list[str]) -> None:
        story = Story(usual_plan())
        for key, fate in zip("123", fates, strict=True):
            happens(story, key, fate)
        verdict = story.ends().evidence.verdict.carried_out.word
        assert (verdict == "as planned") == (set(fates) == {"done"})


class TestTheSteps:
    def test_a_retried_step_tells_every_attempt(self) -> None:
        story = Story(usual_plan()).sent().failed()
        story.tell(
            EntryKind.APPROVED, "1", {"phase": "waiting", "sentence": "To be tried again."}
        ).sent().done()
        [step, *_] = story.signed("2").signed("3").ends().evidence.steps
        assert [(each.outcome, each.job_id) for each in step.attempts] == [
            ("failed", "job-1"),
            ("done", "job-1"),
        ]
        assert "1: Planned failover of billing: took 2 attempts. Before the last: It failed." in sentences(
            story
        )

    def test_a_job_is_shown_with_all_its_parts(self) -> None:
        part = {"id": "s1", "type": "reverse", "status": "SUCCESS", "error_code": "", "fail_reason": ""}
        job = {**part, "id": "j", "sub_jobs": [{**part, "sub_jobs": [{**part, "id": "s2", "sub_jobs": []}]}]}
        [step, *_] = Story(usual_plan()).sent().done(more={"job": job}).evidence.steps
        assert [(each.id, each.level) for each in step.sub_jobs] == [("s1", 1), ("s2", 2)]

    def test_a_failed_step_tells_the_services_words_and_what_to_do(self) -> None:
        [step, *_] = Story(usual_plan()).sent().failed().evidence.steps
        assert (step.code, step.reason, step.remedy) == (
            "SDRS.2005",
            "No capacity.",
            "Make room, then retry.",
        )
        assert (step.phase, step.seconds, step.does) == ("failed", 20.0, "planned failover, to target")

    def test_a_lost_answer_and_its_trace_are_a_deviation_even_of_a_step_that_was_done(self) -> None:
        story = Story(usual_plan())
        change = change_step().change
        assert change
        story.tell(EntryKind.INTENDED, "1", {"change": change.to_json(), "before": {}})
        story.tell(EntryKind.LOST, "1", {"error": "Timed out."})
        story.tell(EntryKind.ADOPTED, "1", {"how": "Found: the group is reversing."})
        story.done().signed("2").signed("3").ends()
        assert "its answer was lost." in sentences(story)
        assert "Found: the group is reversing." in sentences(story)
        assert story.evidence.verdict.carried_out.word == "with deviations"

    def test_an_unknown_outcome_that_somebody_resolved_names_their_word(self) -> None:
        story = Story(usual_plan()).sent().lost()
        told = {"phase": "done", "resolved": True, "why": "Saw it.", "sentence": "Done, on my word."}
        story.tell(EntryKind.SETTLED, "1", told)
        [step, *_] = story.evidence.steps
        assert [each.outcome for each in step.attempts] == ["done"]
        assert step.surprises == ("Done, on my word.",)

    def test_a_change_that_was_found_after_somebody_said_it_was_not_done_is_the_same_attempt(self) -> None:
        story = Story(usual_plan()).sent().lost()
        told = {"phase": "failed", "resolved": False, "why": "Looked.", "sentence": "Not done, on my word."}
        story.tell(EntryKind.SETTLED, "1", told)
        story.tell(EntryKind.APPROVED, "1", {"phase": "waiting", "sentence": "To be sent again."})
        story.tell(EntryKind.ADOPTED, "1", {"how": "Found at the service."})
        story.tell(EntryKind.SETTLED, "1", {"phase": "done", "sentence": "Done, as the service shows."})
        [step, *_] = story.evidence.steps
        assert [(each.outcome, each.sentence) for each in step.attempts] == [
            ("done", "Done, as the service shows.")
        ]
        assert step.surprises == ("Not done, on my word.", "Found at the service.")

    def test_a_step_that_had_to_be_approved_anew_says_why(self) -> None:
        story = Story(usual_plan())
        told = "Things have changed."
        objected = {"phase": "ready", "sentence": told, "objections": ["The group is gone."]}
        story.tell(EntryKind.NOTED, "1", objected)
        story.tell(EntryKind.APPROVED, "1", {"phase": "waiting", "sentence": "Approved anew."}).sent().done()
        [step, *_] = story.evidence.steps
        assert step.surprises == (told,)
        assert len(step.attempts) == 1

    def test_a_check_tells_what_it_asks(self) -> None:
        plan = plan_of(change_step(), replace(hand_step("2", "Service answers"), check="tcp://billing:443"))
        story = Story(plan).sent().done()
        story.tell(EntryKind.NOTED, "2", {"phase": "working", "sentence": "Is asked."}).done("2")
        step = story.evidence.steps[1]
        assert (step.how, step.does) == ("check", "asks tcp://billing:443 until it answers")

    def test_notes_and_files_stand_at_their_step_and_drkits_own_remarks_too(self) -> None:
        story = Story(usual_plan()).sent()
        story.tell(EntryKind.NOTED, "1", {"sentence": "Silent: nothing new for 60 s."})
        story.added(note_entry("Called the desk.", "Database desk", ("a.txt", "text/plain", b"x")), "1")
        story.added(note_entry("Cold room.", ""))
        evidence = story.evidence
        assert [(each.who, each.text) for each in evidence.steps[0].notes] == [
            ("Database desk", "Called the desk."),
            ("drkit", "Silent: nothing new for 60 s."),
        ]
        assert [(each.who, each.text) for each in evidence.notes] == [("duty", "Cold room.")]
        assert [each.name for each in evidence.attachments] == ["a.txt"]


class TestRecovery:
    def test_the_outage_runs_from_the_first_change_until_the_service_answers(self) -> None:
        [clock] = usual().evidence.clocks
        assert (clock.seconds, clock.people, clock.elapsed) == (40.0, 10.0, 70.0)
        assert (clock.target, clock.kept) == (900, True)

    def test_a_target_that_was_missed_is_no_deviation_and_wants_a_finding(self) -> None:
        story = usual(replace(AIMS, rto_targets=(("g1", 30),)))
        assert story.evidence.verdict.objectives.word == "missed"
        assert sentences(story) == ""
        missing = [one for clause in story.evidence.clauses for one in clause.missing]
        assert "There are missed objectives and no finding with an owner and a due date." in missing

    def test_an_unfinished_recovery_is_counted_to_the_runs_last_word_not_to_a_later_note(self) -> None:
        story = Story(usual_plan()).sent()
        before = story.evidence.clocks
        story.added(note_entry("Later.", "Database desk"))
        assert story.evidence.clocks == before

    def test_with_all_pairs_synchronised_no_more_is_said_than_that_of_each_disk(self) -> None:
        [point] = usual().evidence.points
        assert point.kept is True
        assert point.statement.startswith("All 4 pairs were synchronised")
        assert "Not known: the order of writes across disks" in point.statement
        assert "what the application had not written yet" in point.statement

    def test_pairs_that_lag_behind_break_a_recovery_point_of_zero(self) -> None:
        story = Story(usual_plan()).sent(behind=("data-1",)).done().signed("2").signed("3").ends()
        [point] = story.evidence.points
        assert point.kept is False
        assert story.evidence.verdict.objectives.word == "missed"
        assert "1 of 4 pairs was not synchronised" in story.evidence.verdict.objectives.sentence

    def test_a_group_of_one_pair_is_told_in_the_singular(self) -> None:
        story = Story(usual_plan()).sent().done().signed("2").signed("3").ends()
        story.entries[1].data["recovery_point"]["pairs"] = 1
        assert story.evidence.points[0].statement.startswith("Its 1 pair was synchronised at")

    def test_pairs_that_lag_behind_leave_another_target_untold(self) -> None:
        plan = usual_plan(aims=replace(AIMS, rpo_target=300))
        [point] = Story(plan).sent(behind=("data-1",)).evidence.points
        assert point.kept is None
        assert "within 5 min 00 s cannot be told" in point.statement

    def test_what_may_be_lost_goes_back_to_the_last_reading_that_was_synchronised_of_any_run(self) -> None:
        read_at = START - timedelta(seconds=70)
        more = {"synced": {"g1": {"read_at": read_at.isoformat(), "run": "run-0"}}}
        plan = usual_plan(aims=replace(AIMS, rpo_target=80), backend=REAL)
        story = Story(plan, more).sent(behind=("data-1",)).done().signed("2").signed("3").ends()
        [point] = story.evidence.points
        assert point.kept is True
        assert "All were read as synchronised at 2026-03-01 02:58:50 UTC by run run-0" in point.statement
        assert "what was written in the 1 min 20 s up to the event" in point.statement
        strict = usual_plan(aims=replace(AIMS, rpo_target=79), backend=REAL)
        [point] = Story(strict, more).sent(behind=("data-1",)).done().signed("2").evidence.points
        assert point.kept is False

    def test_on_the_practice_range_it_is_told_in_the_services_time(self) -> None:
        more = {"speed": 100, "synced": {"g1": {"read_at": START.isoformat(), "run": "run-0"}}}
        [point] = Story(usual_plan(), more).sent(behind=("data-1",)).evidence.points
        assert "in the 16 min 40 s up to the event" in point.statement

    def test_a_reading_after_the_event_leaves_nothing_that_may_be_lost(self) -> None:
        aims = replace(AIMS, declared_at=START - timedelta(seconds=300))
        pair = {"id": "p", "name": "data-1", "status": "protected", "replication": "active"}
        group = {"id": "g1", "name": "billing", "pairs": [{**pair, "size_gb": 1, "attached": []}]}
        before = {"read_at": START.isoformat(), "problems": [], "groups": [group]}
        story = Story(usual_plan(aims), {"snapshot": before}).sent(behind=("data-1",)).done().signed("2")
        [point] = story.evidence.points
        assert point.kept is True
        assert "which is not before the event at 2026-03-01 02:55:00 UTC" in point.statement

    def test_a_declaration_later_than_the_run_it_follows_is_a_deviation_with_both_times(self) -> None:
        more = {"away": {"run": "run-0", "since": (START - timedelta(seconds=300)).isoformat()}}
        late = usual_plan(replace(AIMS, declared_at=START - timedelta(seconds=60), follows="run-0"))
        told = sentences(Story(late, more).sent())
        assert "counted from 2026-03-01 02:59:00 UTC, but in run run-0" in told
        assert "away since 2026-03-01 02:55:00 UTC" in told
        good = usual_plan(replace(AIMS, declared_at=START - timedelta(seconds=300), follows="run-0"))
        assert "counted from" not in sentences(Story(good, more).sent())
        assert "counted from" in sentences(Story(usual_plan(), more).sent())

    def test_nothing_is_kept_as_long_as_the_group_is_not_back(self) -> None:
        [point] = Story(usual_plan()).sent().evidence.points
        assert point.kept is None

    def test_a_group_without_pairs_says_that_nothing_was_replicated(self) -> None:
        story = Story(usual_plan())
        change = change_step().change
        assert change
        point = {"pairs": 0, "active": 0, "behind": [], "read_at": START.isoformat(), "method": "m"}
        story.tell(EntryKind.INTENDED, "1", {"change": change.to_json(), "recovery_point": point})
        assert story.evidence.points[0].kept is None


class TestTheRest:
    def test_it_goes_through_json_and_says_where_it_ran(self) -> None:
        told = json.loads(json.dumps(usual(backend=REAL).evidence.to_json()))
        assert told["backend"]["practice"] is False
        assert told["plan_digest"] == usual_plan(backend=REAL).digest
        assert told["objectives"]["participants"] == ["Duty lead", "Database desk"]
        assert told["steps"][0]["started_at"] == "2026-03-01T03:00:10+00:00"
        assert told["confirmed"] == "duty on desk typed 'billing', 2026-03-01 03:00:00 UTC"

    def test_the_states_before_and_after_come_from_the_first_and_the_last_entry(self) -> None:
        before, after = (Snapshot(read_at=START.isoformat(), groups=[], problems=[each]) for each in "ab")
        story = Story(usual_plan(), {"snapshot": before}).sent().done().signed("2").signed("3")
        story.ends(more={"snapshot": after}).added(note_entry("Later.", "Database desk"))
        assert story.evidence.before == before
        assert story.evidence.after == after

    def test_why_the_state_after_is_missing_is_told(self) -> None:
        story = usual()
        story.ends("failed", {"snapshot_missing": "The service did not answer."})
        assert story.evidence.after is None
        assert story.evidence.after_missing == "The service did not answer."

    def test_findings_and_sign_offs_after_the_end_leave_the_times_of_the_run_alone(self) -> None:
        story = usual()
        before = story.evidence
        story.added(finding_entry("DNS was slow", "network team", date(2026, 4, 1)))
        story.added(sign_off_entry("Head of IT", "", accepted=True))
        after = story.evidence
        assert (after.last_at, after.ended_at, after.verdict) == (
            before.last_at,
            before.ended_at,
            before.verdict,
        )
        assert after.findings[0].owner == "network team"
        assert after.sign_offs[0].accepted

    def test_every_entry_stands_in_the_record_with_its_hash(self) -> None:
        story = usual()
        story.added(note_entry("Later.", "Database desk"))
        record = story.evidence.record
        assert record.head == story.entries[-1].hash
        assert record.faults == ()
        assert [each.said for each in record.lines][:3] == [
            "The plan: Planned failover of billing, 3 steps",
            "planned failover, to target",
            "Accepted as job job-1",
        ]
        assert record.lines[-1].said == "Note by Database desk: Later."

    def test_an_altered_entry_shows_in_the_record(self) -> None:
        story = usual()
        story.entries[2] = replace(story.entries[2], who="nobody")
        assert "does not fit its hash" in " ".join(story.evidence.record.faults)

    def test_entries_that_do_not_begin_with_a_plan_give_no_report(self) -> None:
        with pytest.raises(JournalDamagedError, match="does not begin with its plan"):
            gather(usual().entries[1:])


def usual_story(note: str) -> Story:
    return Story(usual_plan()).sent().done().signed("2").signed("3", note=note).ends()


class TestTheClauses:
    def missing(self, story: Story) -> dict[str, tuple[str, ...]]:
        return {each.number: each.missing for each in story.evidence.clauses}

    def test_each_clause_names_the_sections_that_serve_it(self) -> None:
        found = {each.number: each.sections for each in usual().evidence.clauses}
        assert found["Art. 12(6)"] == ("objectives", "recovery")
        assert found["A1.3"][0] == "objectives"

    def test_a_practice_run_does_not_stand_for_a_test_at_the_provider(self) -> None:
        practised, real = self.missing(usual()), self.missing(usual(backend=REAL))
        assert "Ran on the practice range" in practised["Art. 25(2)(b)"][0]
        assert real["Art. 25(2)(b)"] == ()

    def test_what_this_run_lacks_is_listed_at_every_clause_that_wants_it(self) -> None:
        story = Story(usual_plan(aims=replace(AIMS, participants=()))).sent().failed().ends("failed")
        found = self.missing(story)
        assert "No participants were given." in found["8.5 c)"]
        assert "There are deviations and no finding with an owner and a due date." in found["Art. 24(5)"]
        assert "The recovery time was not measured to its end for every group." in found["Art. 12(6)"]
        assert "No check and no sign-off says that the service answered." in found["4.4 Reconstitution"]

    def test_a_group_whose_data_nobody_looked_at_is_named(self) -> None:
        plan = plan_of(*usual_plan().steps, hand_step("4", "Accepted: shop"))
        story = Story(plan).sent().done().signed("2").signed("3").skipped("4").ends()
        wanted = "Nobody signed off that the data is there and whole: Accepted: shop."
        assert wanted in self.missing(story)["A1.3"]

    def test_a_tick_without_a_word_is_no_look_at_the_data(self) -> None:
        ticked = usual_story(note="")
        wanted = "Signed without a word on what was seen of the data: Accepted: billing."
        assert wanted in self.missing(ticked)["A1.3"]
        ticked.added(note_entry("", "Database desk", ("totals.txt", "text/plain", b"match")), "3")
        assert wanted not in self.missing(ticked)["A1.3"]
        assert wanted not in self.missing(usual_story(note="Totals match."))["A1.3"]

    def test_the_look_at_the_data_does_not_count_as_the_check_as_well(self) -> None:
        steps = (change_step(), hand_step("2", "Accepted: billing"))
        story = Story(plan_of(*steps)).sent().done().signed("2", note="Totals match.").ends()
        lacks = self.missing(story)["4.4 Reconstitution"]
        assert "No check and no sign-off says that the service answered." in lacks
        assert not [each for each in lacks if "data" in each]

    def test_a_refused_acceptance_is_told_at_every_clause_that_wants_one(self) -> None:
        story = usual().added(sign_off_entry("Head of IT", "", accepted=True))
        assert not [each for each in self.missing(story)["8.5 e)"] if "accept" in each]
        story.added(sign_off_entry("Auditor", "Totals are wrong.", accepted=False))
        assert "Auditor did not accept the report: Totals are wrong." in self.missing(story)["8.5 e)"]
        story.added(sign_off_entry("Auditor", "", accepted=True))
        assert self.missing(story)["8.5 e)"] == ()

    def test_an_acceptance_lapses_when_anything_is_written_after_it(self) -> None:
        story = usual()
        story.added(sign_off_entry("Head of IT", "", accepted=True, head=story.entries[-1].hash))
        story.added(sign_off_entry("Auditor", "", accepted=True, head=story.entries[-1].hash))
        off, other = story.evidence.sign_offs
        assert (off.later, off.entries, off.head) == (0, 9, story.entries[8].hash)
        assert (other.later, other.entries) == (0, 10)
        story.added(finding_entry("DNS was slow", "network team", date(2026, 4, 1)))
        assert [each.later for each in story.evidence.sign_offs] == [1, 1]
        assert "Auditor accepted the report before more was written to it." in self.missing(story)["8.5 e)"]

    def test_an_acceptance_of_what_was_before_the_eyes_lapses_at_once_where_more_was_written(self) -> None:
        story = usual()
        seen = story.entries[-1].hash
        story.added(note_entry("Wait.", "Database desk"))
        story.added(sign_off_entry("Head of IT", "", accepted=True, head=seen))
        story.added(sign_off_entry("Stranger", "", accepted=True, head="f" * 64))
        off, unknown = story.evidence.sign_offs
        assert (off.entries, off.later) == (9, 1)
        assert (unknown.entries, unknown.later) == (0, 10)

    def test_a_former_sign_off_without_a_hash_is_of_what_was_there_before_it(self) -> None:
        story = usual().added(sign_off_entry("Head of IT", "", accepted=True))
        [off] = story.evidence.sign_offs
        assert (off.entries, off.head, off.later) == (9, story.entries[8].hash, 0)

    def test_nobody_is_said_to_have_taken_part_because_a_box_was_not_ticked(self) -> None:
        lacks = self.missing(usual())["Art. 25(2)(d)"]
        assert lacks == ("Nobody said that the people who usually do this kept out of it.",)

    def test_a_switch_that_failed_serves_no_clause_that_wants_one(self) -> None:
        back = replace(AIMS, kind=RunbookKind.FAILBACK)
        story = Story(usual_plan(aims=back)).sent().failed().ends("failed")
        lacks = self.missing(story)["Art. 25(2)(c)"]
        assert "No switch-over came to its end in this run." in lacks
        assert "The way back did not come to its end." in lacks
        assert self.missing(usual(aims=back))["Art. 25(2)(c)"] == ()

    def test_a_reworded_title_changes_nothing_that_is_found(self) -> None:
        def told(*steps: Step) -> Evidence:
            return Story(plan_of(*steps)).sent().done().signed("2").signed("3").skipped("4").ends().evidence

        steps = (*usual_plan().steps, hand_step("4", "Drill servers gone: billing"))
        plain, reworded = told(*steps), told(*(replace(step, title="Please look") for step in steps))
        assert [each.missing for each in reworded.clauses] == [
            tuple(
                re.sub("(Drill servers gone|Accepted): billing", "Please look", one) for one in each.missing
            )
            for each in plain.clauses
        ]
        assert reworded.verdict.carried_out.word == plain.verdict.carried_out.word
        assert len(reworded.ledger) == len(plain.ledger) == 1

    def test_a_record_that_was_refused_leaves_no_clause_without_something_missing(self) -> None:
        story = usual()
        story.added(sign_off_entry("Head of IT", "The times are not ours.", accepted=False))
        refusal = "Head of IT did not accept the report: The times are not ours."
        assert all(refusal in each.missing for each in story.evidence.clauses)

    def test_a_section_that_the_report_does_not_have_serves_no_clause(self) -> None:
        drilled = Story(plan_of(*usual_plan().steps, hand_step("4", "Drill servers gone: billing"))).ends()
        for story, there in ((usual(), False), (drilled, True)):
            found = {each.number: each.sections for each in story.evidence.clauses}
            assert ("ledger" in found["4.4 Reconstitution"]) is there

    def test_a_complete_real_run_lacks_only_what_no_run_can_hold(self) -> None:
        aims = replace(AIMS, expert_absent=True)
        story = usual(aims=aims, backend=REAL)
        story.added(sign_off_entry("Head of IT", "", accepted=True))
        found = {sentence for each in story.evidence.clauses for sentence in each.missing}
        assert found == {
            "The business impact analysis and the risk assessment are not part of this report.",
            "The way back is not part of this run.",
        }
