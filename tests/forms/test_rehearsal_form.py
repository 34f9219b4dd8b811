"""The rehearsal on a screen: what is chosen, typed and signed, and what stands there then."""

import sqlite3
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from drkit.execution.states import RunPhase
from drkit.forms import RehearsalRequest, rehearse
from drkit.forms.rehearsal import RehearsalForm
from drkit.forms.rehearsal.choosing import family
from drkit.forms.wizard import State
from drkit.plan.objectives import RunbookKind
from drkit.runbooks import objectives_rows
from drkit.sandbox.building import Builder
from drkit.sandbox.world import World
from tests.forms.hands import WayHand, plain
from tests.forms.rehearsal_hands import AIMS, RehearsalHands, one_group

pytestmark = pytest.mark.slow  # whole runs, half a second and more each

Make = Callable[..., RehearsalHands]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    made: list[RehearsalHands] = []

    def new(kind: str, world: World | str | None = None, **request: Any) -> RehearsalHands:  # noqa: ANN401 - the fields of a request
        made.append(RehearsalHands(tmp_path, RehearsalRequest(kind, **AIMS | request), world or one_group()))
        return made[-1]

    yield new
    for each in made:
        each.close()


def deviations(hands: RehearsalHands) -> str:
    return plain(hands.result.details.value)


def upload(name: str, content: bytes) -> dict[str, Any]:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "name": name,
        "type": "",
        "size": len(content),
        "content": memoryview(content),
        "last_modified": moment,
    }


def test_a_drill_goes_from_the_choice_to_the_ledger(make: Make) -> None:
    hands = make("dr_drill", drill_name="drill-1")
    assert plain(hands.choose.picked.value) == "Nothing is picked yet."
    hands.pick("erp")
    assert plain(hands.choose.picked.value) == "Picked: erp."
    hands.up_to_confirm()
    assert "Delete drill drill-1" in plain(hands.confirm.whole.value)
    assert "Cannot be undone: Delete drill drill-1" in plain(hands.confirm.whole.value)
    assert "deletes the drill's copies" in plain(hands.confirm.whole.value)
    assert hands.confirmed("erp") == ""
    hands.sign_all(until="Drill network left over")
    left = "192.168.0.0/16 is there, made"
    hands.until(lambda: left in hands.row("Drill network left over").words)
    hands.sign_all()
    verdict = plain(hands.result.verdict.value)
    assert verdict.startswith("✓ carried out: as planned Every step was done as planned. ✓ objectives: met")
    assert "Drill network left over: erp" in deviations(hands)
    assert "kept" in plain(hands.result.clocks.value)


def test_a_group_that_is_not_ready_says_why_and_the_shortest_way(make: Make) -> None:
    hands = make("planned_failover", one_group("available"))
    hands.pick("erp")
    error = hands.press("choose")
    assert error.startswith("1 group is not ready")
    said = plain(hands.choose.state.value)
    assert "not ready erp" in said
    assert "SDRS.1002" in said
    assert "The shortest legal way there: Enable protection of erp." in said
    assert hands.state("objectives") is State.WAITING


def test_a_group_that_was_not_deleted_as_a_whole_is_led_to_its_removal(make: Make) -> None:
    hands = make("dr_drill", one_group("error-deleting"))
    hands.pick("erp")
    assert hands.press("choose").startswith("1 group is not ready")
    remove = WayHand.in_card(hands.choose).box.buttons["Remove the protection of erp"]
    assert not remove.disabled
    assert "Deletes its drills, pairs and instances, and the group" in str(remove.tooltip)


def test_nothing_picked_is_asked_for(make: Make) -> None:
    assert make("dr_drill").press("choose") == "Pick at least one protection group."


def test_what_the_parameters_name_is_picked_and_filled_in(make: Make) -> None:
    hands = make("planned_failover", "healthy-three-tier", waves=["shop-db", "shop-app+shop-web"])
    assert [len(each) for each in hands.choose.waves.waves] == [1, 2]
    hands.press("choose")
    assert hands.aims.fields["scenario"].text == "Maintenance"
    assert [each.text for each in hands.aims.targets.values()] == ["15 min"] * 3


def test_each_missing_objective_stands_beside_its_field(make: Make) -> None:
    hands = make("planned_failover", scope="", rto={})
    hands.pick("erp")
    hands.press("choose")
    (target,) = hands.aims.targets.values()
    target.field.value = "soon"
    hands.aims.fields["rpo"].field.value = "none"
    said = hands.press("objectives")
    assert said.endswith("beside each field: Scope, Data that may be lost, Recovered within: erp.")
    assert plain(hands.aims.fields["scope"].error.value) == "Say what is in scope."
    assert "no span of time" in plain(target.error.value)
    assert "no span of time" in plain(hands.aims.fields["rpo"].error.value)
    assert plain(hands.aims.fields["scenario"].error.value) == ""
    target.field.value, hands.aims.fields["scope"].field.value = "", "The shop"
    hands.settle()
    assert plain(target.error.value) == ""
    assert plain(hands.aims.error.value).endswith("Recovered within: erp.")
    hands.aims.fields["rpo"].field.value = ""
    hands.settle()
    assert plain(hands.aims.error.value) == ""
    hands.press("objectives")
    assert "Set the time in which it has to be back" in plain(target.error.value)
    target.field.value = "1 h"
    assert hands.press("objectives") == ""
    assert hands.form.session.drafted.objectives.rto_targets[0][1] == 3600  # type: ignore[union-attr]


def test_a_plan_that_is_refused_says_so_beside_the_button(make: Make) -> None:
    hands = make("dr_drill", drill_name="no good name")
    hands.pick("erp")
    assert "not ready" in hands.press("choose")


def test_a_check_that_is_none_says_so_beside_its_field(make: Make) -> None:
    hands = make("planned_failover", checks={"erp": "somewhere"})
    hands.pick("erp")
    hands.press("choose")
    assert hands.press("objectives").endswith("beside each field: Health check: erp.")
    (check,) = hands.aims.checks.values()
    assert "tcp://host:port" in plain(check.error.value)


def test_an_order_of_the_servers_is_typed_and_stands_in_the_plan_that_is_shown(make: Make) -> None:
    hands = make("planned_failover", "healthy-three-tier", waves=["shop-app"], order=["app-02; 5 s"])
    hands.pick("shop-app")
    assert hands.press("choose") == ""
    order = hands.aims.fields["order"]
    assert order.text == "app-02; 5 s"
    assert "There are app-01, app-02" in order.field.placeholder
    order.field.value = "app-02; soon"
    assert "Order of the servers" in hands.press("objectives")
    assert "soon" in plain(order.error.value)
    order.field.value = "app-09"
    hands.press("objectives")
    assert "No protected instance is named 'app-09'" in plain(order.error.value)
    order.field.value = "app-02; 10 s\napp-01"
    assert hands.press("objectives") == ""
    shown = plain(hands.confirm.whole.value)
    assert "Order in shop-app: 1. app-02 (then 10 s); 2. app-01." in shown
    assert shown.index("Start app-02-dr") < shown.index("Wait 10 s after") < shown.index("Start app-01-dr")


def test_a_failover_wants_its_declaration(make: Make) -> None:
    hands = make("failover")
    hands.pick("erp")
    hands.press("choose")
    hands.aims.fields["declared_at"].field.value = "just now"
    hands.press("objectives")
    assert plain(hands.aims.fields["declared_what"].error.value) == "Say what happened."
    assert "no time" in plain(hands.aims.fields["declared_at"].error.value)


def test_the_runbooks_of_one_notebook_are_a_choice(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.turn_to("failback")
    assert plain(hands.choose.picked.value) == "Picked: erp."
    assert "back to the zone it was set up in" in plain(hands.choose.purpose.value)
    hands.choose.again.click()
    hands.settle()
    assert plain(hands.choose.picked.value) == "Picked: erp."
    hands.press("choose")
    assert "first zone already for erp" in hands.press("objectives")
    assert family(RunbookKind.RESTART)[0] is RunbookKind.FAILOVER


def test_a_runbook_that_switches_no_production_asks_for_no_recovery_point(make: Make) -> None:
    hands = make("reprotect", one_group("failed-over", stopped=True))
    hands.pick("erp")
    assert hands.press("choose") == ""
    assert "rpo" not in hands.aims.fields
    assert hands.press("objectives") == ""
    assert "RPO target" not in [each["objective"] for each in objectives_rows(hands.form.session.drafted)]


def test_the_wrong_name_starts_nothing(make: Make) -> None:
    hands = make("dr_drill")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirm.name.field.value = "ERP"
    assert hands.confirm.primary.disabled
    assert hands.form.session.run is None


def test_what_changed_since_the_plan_is_told_and_nothing_is_sent(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    next(iter(hands.sandbox.world.groups.values())).status = "available"
    assert "Go back to step 1" in hands.confirmed("erp")
    assert hands.site.journal.runs() == []


def test_a_group_that_somebody_holds_can_be_taken_over_on_request(make: Make) -> None:
    hands = make("dr_drill", drill_name="first")
    hands.pick("erp")
    hands.up_to_confirm()
    assert hands.confirmed("erp") == ""
    first = hands.form.session.run
    assert first
    other = hands.form
    hands.another(RehearsalRequest("planned_failover", **AIMS))
    hands.pick("erp")
    assert f"run {first.id}: DR drill of erp" in plain(hands.choose.held.who.value)
    assert "A run holds what you picked" in hands.press("choose")
    assert hands.state("objectives") is State.WAITING
    hands.choose.held.box.value = True
    hands.up_to_confirm()
    assert hands.confirmed("erp") == ""
    assert hands.form.session.run
    assert [each.run_id for each in hands.site.journal.leases()] == [hands.form.session.run.id]
    other.session.run = None
    first.stop()


def test_a_group_is_taken_over_from_the_run_that_was_shown_and_from_no_other(make: Make) -> None:
    hands = make("dr_drill", drill_name="first")
    hands.pick("erp")
    hands.up_to_confirm()
    assert hands.confirmed("erp") == ""
    first = hands.form.session.run
    assert first
    hands.another(RehearsalRequest("planned_failover", **AIMS))
    hands.pick("erp")
    hands.choose.held.box.value = True
    hands.up_to_confirm()
    assert f"taken over from run {first.id}" in plain(hands.confirm.sentence.value)
    second = hands.site.run(hands.form.session.drafted, "erp", takeover=True)
    assert f"run {second.id}" in hands.confirmed("erp")
    assert hands.confirm.takeover.layout.display == ""
    assert hands.form.session.run is None
    for each in (first, second):
        each.stop()


def test_whoever_signs_has_a_name_and_a_refusal_has_a_reason(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    row = hands.row("Service answers: erp")
    assert "ready" in row.words
    assert row.buttons["Not passed"].disabled
    assert row.buttons["Skip"].disabled
    row.buttons["Passed"].click()
    hands.settle()
    assert plain(row.desk.error.value) == "Say who signs: choose or type your name above."
    row.desk.note.value = "nobody could try"
    assert not row.buttons["Skip"].disabled
    hands.run.desk.who.value = "Shift lead"
    row.buttons["Skip"].click()
    hands.sign_all()
    assert "with deviations" in plain(hands.result.verdict.value)
    assert "nobody could try (says Shift lead)" in deviations(hands)


def test_a_file_is_kept_with_the_sign_off(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    row = hands.row("Service answers: erp")
    hands.run.desk.who.value = "Shift lead"
    row.desk.note.value = "see the log"
    row.desk.file.value = (upload("orders.txt", b"4711"),)
    row.buttons["Passed"].click()
    hands.sign_all()
    (kept,) = hands.form.session.record.evidence.attachments
    assert (kept.name, kept.media_type, kept.size) == ("orders.txt", "text/plain", 4)
    (step,) = (
        each for each in hands.form.session.record.evidence.steps if each.title == "Service answers: erp"
    )
    assert ([each.note for each in step.checked], step.notes) == (["see the log"], ())


def test_a_file_that_is_too_large_is_refused_and_nothing_is_signed(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    row = hands.row("Service answers: erp")
    hands.run.desk.who.value = "Shift lead"
    row.desk.file.value = (upload("big.log", b"x" * 1_000_001),)
    row.buttons["Passed"].click()
    hands.settle()
    assert "1,000,001 bytes" in plain(row.desk.error.value)
    assert "ready" in row.words


def test_a_check_that_fails_can_be_tried_again_while_the_run_goes_on(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.run.desk.who.value = "Shift lead"
    row = hands.row("Service answers: erp")
    row.desk.note.value = "no answer"
    row.buttons["Not passed"].click()
    failed = hands.row("failed Service answers: erp")
    assert "Not passed, says Shift lead: no answer" in failed.words
    assert failed.buttons["Passed"].disabled  # what failed is tried again, or left out
    failed.buttons["Try again"].click()
    hands.row("ready Service answers: erp")
    hands.sign_all()
    assert "with deviations" in plain(hands.result.verdict.value)


def test_a_failed_switch_shows_the_ways_out_and_one_leads_on(make: Make) -> None:
    hands = make("planned_failover")
    hands.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.result_shown()
    assert plain(hands.result.verdict.value).startswith("✗ carried out: failed")
    shown = [plain(str(getattr(each, "value", ""))) for each in hands.result.exits.children]
    assert any("erp: ways out" in each and "error-reversing" in each for each in shown)
    buttons = {
        each.children[1].description: each.children[1]
        for each in hands.result.exits.children
        if len(getattr(each, "children", ())) > 1
    }
    assert set(buttons) == {
        "Go this way: retry planned failover",
        "Go this way: failover",
        "Go this way: start production again",
    }
    first = hands.form.session.run
    buttons["Go this way: start production again"].click()
    hands.until(
        lambda: hands.form.session.kind is RunbookKind.RESTART and hands.state("choose") is State.READY
    )
    hands.up_to_confirm()
    assert "The service has been away since" in plain(hands.card("confirm").whole.value)
    hands.confirmed("erp")
    hands.sign_all()
    aims = hands.form.session.record.evidence.objectives
    assert first
    assert aims
    assert (aims.kind, aims.follows) == (RunbookKind.RESTART, first.id)
    assert aims.declared_at
    # As far back as the range's own clock had run, which is faster than the wall's.
    assert aims.declared_at < first.state().started_at


def test_after_going_over_the_way_back_is_offered(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    assert "erp: Its 1 pair was synchronised" in deviations(hands)
    assert hands.result.next.description == "Go on: failback"
    hands.go_on_to("failback")
    assert hands.form.session.drafted.title == "Failback of erp"
    aims = hands.form.session.drafted.objectives
    assert aims
    assert (aims.kind, aims.declared_at) == (RunbookKind.FAILBACK, None)


def test_the_way_back_goes_in_the_same_waves_and_is_measured_from_its_own_start(make: Make) -> None:
    declared = {"declared_what": "Dark", "declared_by": "Shift lead", "declared_at": "2026-01-01 00:00"}
    hands = make("failover", "healthy-three-tier", waves=["shop-db", "shop-app+shop-web"], **declared)
    hands.up_to_confirm()
    hands.confirmed("shop-db, shop-app, shop-web")
    hands.sign_all()
    hands.go_on_to("reprotect")
    hands.confirmed(", ".join(name for _, name in hands.form.session.drafted.groups))
    hands.sign_all()
    hands.go_on_to("failback")
    session = hands.form.session
    waves = [sorted(session.names[each] for each in wave) for wave in session.chosen.in_waves()]
    assert waves == [["shop-db"], ["shop-app", "shop-web"]]
    aims = session.drafted.objectives
    assert aims
    assert (aims.declared_what, aims.declared_at) == ("", None)


def test_findings_and_acceptance_go_into_the_record(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    form = hands.result.findings
    form.button.click()
    hands.settle()
    assert plain(hands.result.error.value) == "Say until when it has to be put right."
    form.what.value, form.owner.value, form.due.value = "DNS took long", "Network", date(2027, 1, 1)
    form.button.click()
    hands.result.acceptance.who.value = "Shift lead"
    hands.result.acceptance.refuse.click()
    hands.settle()
    assert "why it is not accepted" in plain(hands.result.error.value)
    hands.result.acceptance.accept.click()
    hands.settle()
    said = plain(hands.result.report.value)
    assert "DNS took long (Network, until 2027-01-01)" in said
    assert "Accepted by Shift lead." in said
    assert form.what.value == ""
    closing = hands.result.closing
    assert (closing.which.label, closing.layout.display) == ("1. DNS took long", "")
    closing.button.click()
    hands.settle()
    assert "Say how it was put right" in plain(hands.result.error.value)
    closing.outcome.value = "TTL is 60 s"
    closing.button.click()
    hands.settle()
    said = plain(hands.result.report.value)
    assert "DNS took long (Network, until 2027-01-01), closed: TTL is 60 s" in said
    assert "Accepted by Shift lead, lapsed: more was written after it." in said
    assert closing.layout.display == "none"


def test_a_drill_that_was_left_behind_is_cleaned_up(make: Make) -> None:
    hands = make("dr_drill", drill_name="drill-1")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all(failing="Release")
    (left,) = hands.site.inventory().drills.values()
    assert left.name.startswith("drill-1-")
    assert f"Drill {left.name}" in deviations(hands)
    buttons = [
        each.children[1] for each in hands.result.exits.children if len(getattr(each, "children", ())) > 1
    ]
    assert [each.description for each in buttons] == [f"Go this way: clean up drill {left.name}"]
    buttons[0].click()
    hands.until(
        lambda: hands.form.session.kind is RunbookKind.CLEANUP and hands.state("choose") is State.READY
    )
    assert plain(hands.choose.picked.value) == f"Picked: {left.name}."
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    assert plain(hands.result.verdict.value).startswith("✓ carried out: as planned"), deviations(hands)
    assert not hands.site.inventory().drills


def test_a_run_whose_record_was_altered_stops_nobody(make: Make, tmp_path: Path) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    run = hands.form.session.run
    assert run
    run.stop()
    run.wait(60)
    hands.run.leave()
    with sqlite3.connect(hands.site.journal.where) as connection:
        connection.execute("DROP TRIGGER drkit_entries_no_update")
        connection.execute("UPDATE drkit_entries SET data = '{' WHERE seq = 1")
    connection.close()
    hands.another(RehearsalRequest("planned_failover", **AIMS))
    assert hands.choose.unfinished.children == ()
    hands.pick("erp")
    hands.up_to_confirm()


def test_an_interrupted_rehearsal_is_offered_and_gone_on_with(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.row("Service answers: erp")
    run = hands.form.session.run
    assert run
    run.stop()
    run.wait(60)
    hands.run.leave()
    hands.another(RehearsalRequest("planned_failover", **AIMS))
    (offer,) = hands.choose.unfinished.children
    told, button = offer.children[0].children
    assert "Planned failover of erp" in plain(told.value)
    button.click()
    hands.settle()
    hands.sign_all()
    assert hands.form.session.run
    assert hands.form.session.run.id == run.id
    assert plain(hands.result.verdict.value).startswith("✓ carried out: as planned")


def test_a_run_named_in_the_parameters_is_gone_on_with(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    run = hands.form.session.run
    assert run
    hands.another(RehearsalRequest("planned_failover", run=run.id))
    hands.result_shown()
    assert run.id in plain(hands.result.report.value)


def test_many_steps_are_signed_by_row_by_server_or_as_a_list(make: Make) -> None:
    build = Builder("many", start=time.time())
    group = build.group("erp", "protected")
    for number in range(5):
        build.instance(group, f"erp-{number:02}")
    hands = make("dr_drill", build.world, participants=["Duty engineer"])
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.until(lambda: len(hands.rows()) == 17)
    desk = hands.run.desk
    assert desk.who.value == "Duty engineer"
    assert plain(desk.hint.value) == "Pick the rows that you answer."
    assert plain(desk.of.value) == " ".join(f"All of erp-{number:02}" for number in range(5)) + " All of erp"
    desk.of._handle_custom_msg({"press": "erp-02"}, [])
    assert plain(desk.hint.value) == "3 rows picked: your answer goes to all of them."
    assert desk.answers["Passed"][1].disabled
    desk.note.value = "looked at erp-02"
    desk.answers["Passed"][1].click()
    hands.until(lambda: len(hands.rows()) == 14)
    hands.settle()
    assert (desk.note.value, desk.table.picked) == ("", ())
    assert desk.table.all.description == "Pick all that fit (14)"
    hands.sign_all()
    assert plain(hands.result.verdict.value).startswith("✓ carried out: as planned")


def test_the_clock_and_the_forecast_are_on_the_screen(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.row("Service answers: erp")
    hands.until(lambda: "expected to answer" in plain(hands.run.clocks.value))
    hands.until(lambda: plain(hands.run.ahead.value).startswith("Step 4 of 6"))
    assert "of 15 min 00 s" in plain(hands.run.clocks.value)
    assert "All done at about" in plain(hands.run.ahead.value)


def test_a_run_that_is_stopped_promises_nothing_and_asks_for_nothing(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.row("Service answers: erp")
    hands.run.stop.click()
    hands.result_shown()
    assert "expected to answer" not in plain(hands.run.clocks.value)
    assert plain(hands.run.ahead.value) == ""
    hands.until(lambda: not hands.rows())
    assert hands.run.primary.description == "Go on with the run"
    hands.until(lambda: hands.result.exits.children)
    first = hands.result.exits.children[0]
    assert "go on with the run" in plain(first.children[0].value)
    first.children[1].click()
    hands.row("Service answers: erp")
    assert plain(hands.result.verdict.value) == ""
    hands.sign_all()
    assert plain(hands.result.verdict.value).startswith("✓ carried out: as planned")


def test_a_cell_that_is_run_again_shows_the_same_rehearsal(make: Make) -> None:
    hands = make("planned_failover")
    request = hands.form.session.request
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.form.begin(RehearsalRequest("dr_drill"))
    hands.settle()
    assert hands.form.session.kind is RunbookKind.PLANNED_FAILOVER
    hands.sign_all()
    hands.form.begin(request)
    hands.settle()
    assert hands.state("result") is State.DONE
    hands.form.begin(RehearsalRequest("dr_drill"))
    hands.until(lambda: hands.form.session.kind is RunbookKind.DRILL)
    assert hands.form.session.run is None


def test_each_cell_has_its_card_and_the_band_says_practice(make: Make) -> None:
    form = make("planned_failover").form
    top = form.choose()
    assert "PRACTICE" in plain(form.top.value)
    cards = [top.children[-1], form.objectives(), form.confirm(), form.run(), form.result()]
    assert [each.key for each in cards] == ["choose", "objectives", "confirm", "run", "result"]
    assert RunPhase.DONE.value == "done"


def test_one_kernel_has_one_rehearsal(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    hands = make("planned_failover")
    monkeypatch.setattr("drkit.forms.form._forms", {RehearsalForm: hands.form})
    assert rehearse(RehearsalRequest("planned_failover", **AIMS)) is hands.form
    form = rehearse(RehearsalRequest("dr_drill", **AIMS))
    assert form is hands.form
    hands.until(lambda: hands.form.session.kind is RunbookKind.DRILL)


def test_a_service_that_cannot_be_read_can_be_asked_again(make: Make) -> None:
    hands = make("dr_drill")
    hands.sandbox.fault("error-500", times=50)
    hands.form.session.overview = None
    assert "500" in hands.press("choose")
    assert "Reading" not in plain(hands.choose.sentence.value)
    hands.sandbox.clear_faults()
    assert hands.press("choose") == "Pick the groups, then press the button again."
    hands.pick("erp")
    hands.up_to_confirm()


def test_reading_again_shows_what_is_there_now(make: Make) -> None:
    hands = make("dr_drill")
    next(iter(hands.sandbox.world.groups.values())).status = "available"
    hands.choose.again.click()
    hands.settle()
    assert [each.status for each in hands.form.session.surveyed.groups.values()] == ["available"]


def test_protection_after_a_failover_has_no_recovery_clock(make: Make) -> None:
    hands = make("reprotect", one_group("failed-over"))
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    assert plain(hands.result.verdict.value).startswith("✓ carried out: as planned")
    assert plain(hands.result.clocks.value) == ""


def test_only_the_groups_that_are_not_recovered_have_ways_out(make: Make) -> None:
    hands = make("planned_failover", "healthy-three-tier", waves=["shop-db", "shop-app"])
    hands.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG", group="shop-app")
    hands.up_to_confirm()
    hands.confirmed("shop-db, shop-app")
    hands.sign_all()
    shown = " ".join(plain(str(getattr(each, "value", ""))) for each in hands.result.exits.children)
    assert "shop-app: ways out" in shown
    assert "shop-db: ways out" not in shown


def test_a_group_that_the_run_did_not_come_to_is_offered_no_failover(make: Make) -> None:
    hands = make("planned_failover", "healthy-three-tier", waves=["shop-db", "shop-app"])
    hands.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG", group="shop-db")
    hands.up_to_confirm()
    hands.confirmed("shop-db, shop-app")
    hands.result_shown()
    shown = [plain(str(getattr(each, "value", ""))) for each in hands.result.exits.children]
    assert any("shop-db: ways out" in each for each in shown)
    assert shown[-1] == "shop-app: not touched Nothing was sent to it; it is as it was before."


def test_what_is_not_there_any_more_is_forgotten_and_one_can_go_on(make: Make) -> None:
    hands = make("planned_failover")
    hands.pick("erp")
    hands.up_to_confirm()
    hands.confirmed("erp")
    hands.sign_all()
    assert hands.result.next.description == "Go on: failback"
    hands.sandbox.change_world("healthy-three-tier")
    hands.result.next.click()
    hands.until(lambda: hands.form.session.kind == "failback" and hands.state("choose") is State.READY)
    hands.settle()
    assert plain(hands.choose.error.value) == "erp is not there any more. Pick from what is there."
    hands.choose.again.click()
    hands.settle()
    assert plain(hands.choose.error.value) == ""
    hands.turn_to("planned_failover")
    hands.pick("shop-app")
    assert hands.press("choose") == ""
    assert hands.form.session.chosen.follows == ""
