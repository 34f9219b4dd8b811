"""What the attach form shows of its run: failures, questions, stopping, going on."""

import pytest

from drkit.errors import InputError
from drkit.execution.states import RunPhase
from drkit.forms.questions import Question
from drkit.forms.wizard import State
from drkit.runbooks import AttachRequest
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.closing import at_the_end
from tests.forms.hands import Hands, plain

pytestmark = pytest.mark.slow  # whole runs, half a second and more each

CACHES = ("app-cache-01", "app-cache-02", "app-cache-03")
ATTACH = "attach_protected_instance_replication"


def shown(hands: Hands) -> str:
    return plain(hands.run.table.value)


def visible(question: Question) -> list[str]:
    buttons = (question.look, question.approve, question.done, question.not_done, question.skip)
    return [str(each.description) for each in buttons if each.layout.display == ""]


def test_a_failed_job_says_why_and_what_to_do_and_can_be_retried(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", skip=1, times=1)
    hands.confirmed()
    hands.watched()
    assert hands.states()[4:] == ["failed", "failed"]
    assert "The job failed: No free slot. (SDRS.1807)" in shown(hands)
    assert "What to do:" in shown(hands)
    assert plain(hands.run.line.value) == "2 done, 1 failed"
    assert "failed" in plain(hands.form.top.value)


def test_what_stuck_on_its_way_is_detached_and_attached_again_from_the_run_itself(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", skip=1, times=1)
    hands.confirmed()
    hands.watched()
    first = hands.form.session.run
    assert first
    assert "trying again is closed now" in plain(hands.run.sentence.value)
    assert hands.run.primary.layout.display == "none"
    assert hands.run.once_more.description == "Detach and attach again: 1 pair"
    hands.run.once_more.click()
    hands.settle()
    assert hands.states() == [*["done"] * 3, "ready", "waiting", "waiting"]
    plan = hands.form.session.drafted
    assert [each.title for each in plan.steps] == [
        "Detach app-cache-02 from app-01 (/dev/vdd)",
        "Attach app-cache-02 to app-01 as /dev/vdd",
    ]
    assert "detached" in plain(hands.confirm.whole.value)
    assert hands.confirm.primary.disabled
    hands.confirmed()
    hands.watched()
    assert hands.states()[4:] == ["done", "done"]
    assert hands.attached()["app-cache-02"] == "/dev/vdd"
    now = hands.site.inventory()
    assert now.pair("app-cache-02").status == now.pair("app-cache-01").status
    assert hands.form.session.run
    assert hands.form.session.run.id in hands.site.record(first.id).evidence.followed_by
    assert first.id in plain(hands.result.former.value)


def test_done_is_not_said_of_a_run_whose_failed_step_was_skipped(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", times=1)
    hands.confirmed()
    hands.watched()
    run = hands.form.session.run
    assert run
    run.skip("1", "the server is full")
    state = run.wait(60)
    assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)
    assert "Not done: Attach app-cache-01" in state.sentence
    hands.run.prepare()
    hands.watched()
    assert hands.states()[4] == "failed"
    assert hands.run.once_more.layout.display == ""


def test_what_was_not_sent_is_retried(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("unreachable", operation=ATTACH, skip=1, times=1)
    hands.confirmed()
    hands.watched()
    assert hands.states()[4:] == ["failed", "failed"]
    hands.press(hands.run)
    hands.watched()
    assert hands.states()[4:] == ["done", "done"]
    assert hands.attached().keys() >= set(CACHES)


def test_a_step_that_no_longer_fits_when_it_is_tried_is_asked_about_and_can_be_skipped(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", skip=1, times=1)
    hands.confirmed()
    hands.watched()
    hands.run.tell(lambda run: run.retry("2"))  # as a terminal may, whatever the screen offers
    hands.settle()
    hands.watched()
    assert hands.run.stage.state == State.READY
    question = hands.run.questions.each[0]
    assert "error-attaching, must be available or protected" in plain(question.shown.value)
    assert visible(question) == ["Judge again, then send", "Skip it"]
    question.approve.click()
    hands.settle()
    hands.watched()
    assert question.step
    question.reason.value = "the server is full"
    question.skip.click()
    hands.settle()
    hands.watched()
    assert "the server is full" in shown(hands)
    assert hands.states()[4] == "failed"
    assert hands.run.once_more.layout.display == ""


def test_when_asked_for_nothing_more_is_sent_after_a_failure(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", times=1)
    hands.confirm.hold_back.value = True
    hands.confirmed()
    hands.watched()
    assert plain(hands.run.line.value) == "1 failed, 2 not sent"
    assert plain(hands.result.outcome.value).count("not sent") == 2
    assert hands.attached().keys().isdisjoint(CACHES[1:])


def test_a_lost_answer_is_asked_about_and_the_operators_word_needs_a_reason(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("answer-lost-before", operation=ATTACH, times=1)
    hands.confirmed()
    hands.watched()
    assert hands.states()[4] in {"unknown", "ready"}
    question, *others = hands.run.questions.each
    assert "unknown" in plain(question.shown.value)
    assert [each.step for each in others] == [None, None]
    assert visible(question) == ["Look at the service again", "It was done", "It was not done"]
    assert question.done.disabled
    question.reason.value = "the console shows nothing"
    assert not question.not_done.disabled
    question.not_done.click()
    hands.settle()
    hands.watched()
    assert "the console shows nothing" in shown(hands)
    assert hands.states()[4] == "failed"


def test_looking_again_finds_what_became_of_it(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("answer-lost-before", operation=ATTACH, times=1)
    hands.confirmed()
    hands.watched()
    hands.run.questions.each[0].look.click()
    hands.settle()
    hands.watched()
    assert "app-cache-01" not in hands.attached()
    assert hands.run.questions.each[0].step


def test_stop_stops_and_the_run_can_be_gone_on_with(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-stuck", times=1)
    hands.confirmed()
    hands.run.stop.click()
    hands.settle()
    hands.watched()
    assert hands.run.stage.state == State.STOPPED
    assert "goes on at the service" in plain(hands.run.sentence.value)
    assert hands.run.stop.layout.display == "none"
    assert hands.run.primary.description == "Go on with the run"
    hands.sandbox.clear_faults()
    hands.press(hands.run)
    hands.watched()
    assert hands.states()[4:] == ["done", "done"]
    assert hands.attached().keys() >= set(CACHES)


def test_a_kernel_that_was_started_anew_offers_the_unfinished_run_and_goes_on_with_it(hands: Hands) -> None:
    hands.up_to_confirm(*CACHES)
    hands.sandbox.fault("job-stuck", times=1)
    hands.confirmed()
    hands.run.stop.click()
    hands.settle()
    hands.watched()
    run = hands.form.session.run
    assert run
    hands.sandbox.clear_faults()
    hands.another(AttachRequest(), hands.connect())
    (offer,) = hands.choose.unfinished.children
    text, button = offer.children[0].children
    assert run.id in plain(text.value)
    button.click()
    hands.settle()
    hands.watched()
    assert hands.states() == ["done"] * 6
    assert hands.form.session.run
    assert hands.form.session.run.id == run.id
    assert hands.choose.line.value == f"done before, in run {run.id}"
    assert hands.attached().keys() >= set(CACHES)


def test_a_run_that_somebody_drives_is_taken_over_where_it_is_offered(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("job-stuck", times=1)
    hands.confirmed()
    run = hands.form.session.run
    assert run
    hands.until(lambda: hands.sandbox.faults()[0]["hits"])
    hands.site.journal.hold(run.id, takeover=True)  # as somebody else who is there does
    run.wait(60)
    hands.another(AttachRequest(), hands.connect())
    (offer,) = hands.choose.unfinished.children
    (_, button), takeover = offer.children[0].children, offer.children[1]
    assert takeover.layout.display == ""
    button.click()
    hands.settle()
    assert "is held by" in plain(takeover.who.value)
    hands.sandbox.clear_faults()
    takeover.box.value = True
    button.click()
    hands.settle()
    hands.watched()
    assert hands.states() == ["done"] * 6


def test_why_a_run_cannot_be_gone_on_with_stands_beside_its_button(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("job-stuck", times=1)
    hands.confirmed()
    hands.run.stop.click()
    hands.settle()
    hands.watched()
    hands.run.leave()
    elsewhere = at_the_end.enter_context(practise(Sandbox("demo"), journal=hands.file))
    hands.another(AttachRequest(), elsewhere)
    (offer,) = hands.choose.unfinished.children
    offer.children[0].children[1].click()
    hands.settle()
    assert "belongs to another practice range" in plain(offer.children[2].value)
    assert plain(hands.choose.error.value) == ""


def test_an_unfinished_run_of_another_kind_is_not_offered_and_never_gone_on_with(hands: Hands) -> None:
    hands.sandbox.fault("job-stuck", times=1)
    detach = hands.site.run(hands.site.plan_detach("app-02", "app-02-data"), "shop-backend")
    detach.stop()
    detach.wait(60)
    before = len(hands.site.journal.entries(detach.id))
    hands.another(AttachRequest(), hands.connect())
    assert hands.choose.unfinished.children == ()
    with pytest.raises(InputError, match="does not attach pairs: Detach"):
        hands.form.session.resume(detach.id)
    assert len(hands.site.journal.entries(detach.id)) == before


def test_a_run_named_by_the_parameter_is_shown_as_it_ended(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()
    run = hands.form.session.run
    assert run
    hands.another(AttachRequest(run=run.id), hands.connect())
    hands.watched()
    assert hands.states() == ["done"] * 6
    assert run.id in plain(hands.result.line.value)


def test_a_run_that_is_not_there_is_said_and_one_can_choose_anew(hands: Hands) -> None:
    hands.another(AttachRequest(run="20000101-000000-abcdef"))
    assert "No run is named '20000101-000000-abcdef'" in plain(hands.choose.error.value)
    assert hands.go_to("shop-backend", "app-01") == ""


def test_a_cell_that_is_run_again_shows_the_run_that_is_under_way(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("job-stuck", times=1)
    hands.confirmed()
    run = hands.form.session.run
    hands.form.begin(AttachRequest(group="shop-database"))
    hands.settle()
    assert hands.form.session.run is run
    assert hands.states()[4] == "working"


def test_after_the_end_other_parameters_begin_anew_and_the_same_ones_show_the_result(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()
    hands.form.begin(AttachRequest())
    hands.settle()
    assert hands.states() == ["done"] * 6
    hands.form.begin(AttachRequest(group="shop-database"))
    hands.settle()
    assert hands.states() == ["ready", *["waiting"] * 5]
    assert hands.choose.group.chosen == hands.site.inventory().group("shop-database").id


def test_more_pairs_can_be_attached_after_the_end(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()
    assert hands.form.session.run
    first = hands.form.session.run.id
    assert f"{first}.html" in plain(hands.result.report.value)
    hands.result.anew.click()
    hands.settle()
    assert f"{first}.html" in plain(hands.result.former.value)
    assert plain(hands.result.report.value) == ""
    assert hands.choose.instance.chosen == hands.site.inventory().instance("app-01").id
    assert hands.states() == ["ready", *["waiting"] * 5]
    hands.up_to_confirm("app-cache-02")
    hands.confirmed()
    hands.watched()
    assert hands.attached().keys() >= {"app-cache-01", "app-cache-02"}


def test_the_form_says_which_state_of_the_run_it_shows(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()
    assert hands.form.session.run
    assert hands.form.session.run.state().phase == RunPhase.DONE
    assert "done" in plain(hands.form.top.value)
    assert hands.form.session.run.id in plain(hands.form.top.value)


@pytest.mark.parametrize("typed", ["", "shop-backen", "SHOP-BACKEND", "shop-backend "])
def test_the_red_button_stays_disabled_until_the_name_fits(hands: Hands, typed: str) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirm.name.field.value = typed
    assert hands.confirm.primary.disabled
    hands.confirm.name.field.value = "shop-backend"
    assert not hands.confirm.primary.disabled


def test_a_press_with_another_name_sends_nothing(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirm.name.field.value = "shop-frontend"
    assert "Nothing was sent" in hands.press(hands.confirm)
    assert hands.form.session.run is None


def test_a_plan_that_no_longer_fits_says_what_changed_and_how_to_go_on(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    other = hands.site.plan_attach("app-02", "app-cache-01")
    hands.site.run(other, "shop-backend").wait(60)
    said = hands.confirmed()
    assert "Things changed since the plan was made. Nothing was sent." in said
    assert "attached to app-02" in said
    assert "press Read again there" in said
    hands.form.book.back(hands.pick)
    hands.settle()
    assert hands.states()[:3] == ["done", "ready", "waiting"]
    hands.pick.again.click()
    hands.settle()
    assert "attached to app-02" in plain(hands.pick.picked.value)


def test_a_group_that_another_run_holds_is_refused_and_can_be_taken_over(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.sandbox.fault("job-stuck", times=1)
    held = hands.site.run(hands.site.plan_attach("app-02", "app-cache-02"), "shop-backend")
    hands.until(lambda: hands.sandbox.faults()[0]["hits"])  # else it is the taker's job that is stuck
    said = hands.confirmed()
    assert "is held by" in said
    assert hands.confirm.takeover.layout.display == ""
    hands.confirm.takeover.box.value = True
    assert hands.press(hands.confirm) == ""
    hands.watched()
    assert "app-cache-01" in hands.attached()
    hands.sandbox.clear_faults()
    held.wait(60)
