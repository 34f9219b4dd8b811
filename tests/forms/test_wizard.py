import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.forms.wizard import State, Wizard, WizardStep

KEYS = ("choose", "plan", "run")


def states(wizard: Wizard) -> list[str]:
    return [each.state.value for each in wizard.stages]


def at_the_end() -> Wizard:
    return Wizard.of(*KEYS).done("choose", "here").done("plan", "so")


def test_at_first_the_first_step_is_ready_and_the_others_wait() -> None:
    assert states(Wizard.of(*KEYS)) == ["ready", "waiting", "waiting"]


def test_a_step_opens_when_the_one_before_is_done() -> None:
    wizard = Wizard.of(*KEYS).begin("choose")
    assert states(wizard) == ["working", "waiting", "waiting"]
    wizard = wizard.done("choose", "here")
    assert states(wizard) == ["done", "ready", "waiting"]
    assert wizard.stage("choose").line == "here"
    assert wizard.current.key == "plan"


def test_a_step_that_waits_cannot_be_begun_or_done() -> None:
    wizard = Wizard.of(*KEYS)
    assert wizard.begin("plan") is wizard
    assert wizard.done("plan") is wizard


def test_a_second_press_changes_nothing() -> None:
    wizard = Wizard.of(*KEYS).begin("choose")
    assert wizard.begin("choose") is wizard
    done = wizard.done("choose")
    assert done.done("choose") is done
    assert done.refuse("choose", "too late") is done


def test_what_is_refused_is_ready_again_and_says_why() -> None:
    wizard = Wizard.of(*KEYS).begin("choose").refuse("choose", "No such group")
    assert wizard.stage("choose") == WizardStep("choose", State.READY, error="No such group")
    assert wizard.begin("choose").stage("choose").error == ""


@pytest.mark.parametrize("state", [State.FAILED, State.STOPPED, State.UNKNOWN])
def test_a_bad_end_opens_the_next_step_and_can_be_begun_again(state: State) -> None:
    wizard = Wizard.of("run", "result").begin("run").end("run", state, "1 failed")
    assert states(wizard) == [state.value, "ready"]
    assert wizard.current.key == "run"
    assert states(wizard.begin("run")) == ["working", "waiting"]


def test_the_last_step_can_end_badly_too() -> None:
    assert states(Wizard.of("run").end("run", State.FAILED, "")) == ["failed"]


def test_going_back_opens_a_done_step_and_lets_the_later_ones_wait() -> None:
    wizard = at_the_end().back("choose")
    assert states(wizard) == ["ready", "waiting", "waiting"]
    assert wizard.stage("choose").line == ""


def test_nothing_goes_back_once_something_was_sent_or_while_something_is_done() -> None:
    sent = at_the_end().mark_sent()
    assert sent.back("choose") is sent
    busy = at_the_end().begin("run")
    assert busy.back("choose") is busy
    assert not at_the_end().may_go_back("run")


def test_a_run_that_is_gone_on_with_skips_what_was_decided_before() -> None:
    wizard = Wizard.of(*KEYS).skip_to("run", "before")
    assert states(wizard) == ["done", "done", "ready"]
    assert wizard.stage("plan").line == "before"
    assert not wizard.may_go_back("plan")


def test_when_all_is_done_the_last_step_is_the_current_one() -> None:
    assert at_the_end().done("run").current.key == "run"


ACTS = st.sampled_from(["begin", "done", "refuse", "back", "end", "mark_sent"])


@given(st.lists(st.tuples(ACTS, st.sampled_from(KEYS)), max_size=30))
def test_whatever_is_pressed_no_step_is_open_before_those_in_front_of_it_ended(
    acts: list[tuple[str, str]],
) -> None:
    wizard = Wizard.of(*KEYS)
    for act, key in acts:
        match act:
            case "refuse":
                wizard = wizard.refuse(key, "no")
            case "end" if wizard.stage(key).state == State.WORKING:
                wizard = wizard.end(key, State.FAILED, "bad")
            case "mark_sent":
                wizard = wizard.mark_sent()
            case "begin":
                wizard = wizard.begin(key)
            case "done":
                wizard = wizard.done(key)
            case "back":
                wizard = wizard.back(key)
        open_at = [at for at, each in enumerate(wizard.stages) if each.state == State.WAITING]
        if open_at:
            assert all(each.state == State.WAITING for each in wizard.stages[open_at[0] :])
        assert sum(each.state == State.WORKING for each in wizard.stages) <= 1
