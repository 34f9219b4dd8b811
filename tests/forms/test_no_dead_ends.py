"""Forms walked as the ways out are walked: every state, every button, worlds that change underneath.

Wherever a press leads, a person who uses nothing but what is enabled on the screen comes from there to the
next step of a runbook in the world that is there then.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest
from ipywidgets import Button, VBox, Widget

from drkit.forms.wizard import State
from drkit.runbooks import AttachRequest, RehearsalRequest
from tests.forms.hands import Hands, plain
from tests.forms.rehearsal_hands import AIMS, RehearsalHands, one_group

pytestmark = pytest.mark.slow  # whole runs, many times

AnyHands = Hands | RehearsalHands
HEAD = ("▸", "▾")  # what folds a card leads nowhere
MOST = 20  # presses after which a person gives up


def buttons(widget: Widget) -> Iterator[Button]:
    """The buttons that can be pressed: in sight of whoever opens the card, and enabled."""
    layout = getattr(widget, "layout", None)
    if layout is not None and layout.display == "none":
        return
    if isinstance(widget, Button):
        if not widget.disabled and not widget.description.startswith(HEAD):
            yield widget
        return
    for child in getattr(widget, "children", ()):
        yield from buttons(child)


def offered(hands: AnyHands) -> dict[str, Button]:
    """What can be pressed, by card and words; a folded card that can be opened counts as opened."""
    cards = [card for card in hands.form.book.cards.values() if not card.toggle.disabled]
    bodies = {card.key: VBox(card.children[1].children) for card in cards}
    return {f"{key}: {each.description}": each for key, body in bodies.items() for each in buttons(body)}


def press(hands: AnyHands, name: str) -> None:
    offered(hands)[name].click()
    hands.settle()
    run = hands.form.session.run
    if run:
        run.wait(5)
        hands.settle()


# The states, each by how a person comes there


def chosen(hands: RehearsalHands) -> None:
    hands.pick("erp")


def aimed(hands: RehearsalHands) -> None:
    hands.pick("erp")
    hands.press("choose")


def planned(hands: RehearsalHands) -> None:
    aimed(hands)
    hands.press("objectives")


def asked(hands: RehearsalHands) -> None:
    planned(hands)
    hands.confirmed("erp")
    hands.row("Service answers: erp")


def stopped(hands: RehearsalHands) -> None:
    asked(hands)
    hands.run.stop.click()
    hands.result_shown()


def failed(hands: RehearsalHands) -> None:
    hands.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG", times=1)
    planned(hands)
    hands.confirmed("erp")
    hands.result_shown()
    hands.until(lambda: hands.result.exits.children or hands.result.error.value)


def ended(hands: RehearsalHands) -> None:
    asked(hands)
    hands.sign_all()


STATES: dict[str, Callable[[RehearsalHands], None]] = {
    "nothing chosen": lambda _: None,
    **{each.__name__: each for each in (chosen, aimed, planned, asked, stopped, failed, ended)},
}


def same_world(_: AnyHands) -> None:
    pass


def another_world(hands: AnyHands) -> None:
    hands.sandbox.change_world("healthy-three-tier")


def unreadable(hands: AnyHands) -> None:
    hands.sandbox.fault("error-500", times=3)


WORLDS: dict[str, Callable[[AnyHands], None]] = {
    each.__name__: each for each in (same_world, another_world, unreadable)
}

PREFERRED = (
    *("result: Begin anew", "run: Stop", "choose: Read again", "choose: Check that they are ready"),
    *("choose: Change this step", "choose: Try again"),
)
"""What a person does who only wants to get on: to begin anew, to read, and to have the choice checked."""


def gets_on(hands: RehearsalHands) -> bool:
    """Whether somebody comes to the second step with the world as it is, by what is enabled alone."""
    hands.sandbox.clear_faults()
    for _ in range(MOST):
        if hands.state("choose") is State.READY and hands.choose.table.ids:
            overview = hands.form.session.surveyed
            there = [each for each in overview.groups.values() if each.id in hands.choose.table.ids]
            if there:
                hands.choose.table.pick([there[0].id])
                hands.settle()
        open_ = offered(hands)
        name = next((each for each in PREFERRED if each in open_), "")
        if not name:
            return False
        if name == "choose: Read again" and hands.state("choose") is State.READY:
            press(hands, name)
            hands.choose.table.pick(hands.choose.table.ids[:1])
            hands.settle()
            name = "choose: Check that they are ready"
        press(hands, name)
        if hands.state("choose") is State.DONE and hands.form.session.run is None:
            return True
    return False


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("state", STATES)
def test_every_button_of_every_state_of_a_rehearsal_leads_to_where_one_can_go_on(
    tmp_path: Path, state: str, world: str
) -> None:
    def begin(folder: Path) -> RehearsalHands:
        request = RehearsalRequest("planned_failover", **AIMS, drill_name="d")
        return RehearsalHands(folder, request, one_group())

    walk(tmp_path, begin, STATES[state], WORLDS[world], gets_on)


def chosen_pairs(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01")


def named(hands: Hands) -> None:
    chosen_pairs(hands)
    hands.press(hands.pick)


def planned_pairs(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")


def stuck(hands: Hands) -> None:
    hands.sandbox.fault("job-fails", times=1)
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()


def attached(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()


ATTACHING: dict[str, Callable[[Hands], None]] = {
    "nothing chosen": lambda _: None,
    **{each.__name__: each for each in (chosen_pairs, named, planned_pairs, stuck, attached)},
}
TO_GET_ON = (
    *("result: Attach more pairs", "run: Stop", "choose: Read again", "choose: Change this step"),
    *("choose: Continue", "choose: Try again"),
)


def gets_on_attaching(hands: Hands) -> bool:
    """As `gets_on`, to the second step of attaching."""
    hands.sandbox.clear_faults()
    for _ in range(MOST):
        if hands.states()[0] == "ready" and hands.form.session.overview:
            hands.choose.again.click()
            hands.settle()
            group = hands.form.session.surveyed.instances
            if there := next(iter(group.values()), None):
                hands.choose.group.field.value = there.group_id
                hands.settle()
                hands.choose.instance.field.value = there.id
                hands.settle()
                press(hands, "choose: Continue")
                return hands.states()[0] == "done"
        name = next((each for each in TO_GET_ON if each in offered(hands)), "")
        if not name:
            return False
        press(hands, name)
    return False


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize("state", ATTACHING)
def test_every_button_of_every_state_of_attaching_leads_to_where_one_can_go_on(
    tmp_path: Path, state: str, world: str
) -> None:
    def begin(folder: Path) -> Hands:
        return Hands(folder, AttachRequest())

    walk(tmp_path, begin, ATTACHING[state], WORLDS[world], gets_on_attaching)


Any_ = TypeVar("Any_", Hands, RehearsalHands)


def walk(
    tmp_path: Path,
    begin: Callable[[Path], Any_],
    state: Callable[[Any_], None],
    world: Callable[[AnyHands], None],
    on: Callable[[Any_], bool],
) -> None:
    """Press each button of a state in a world that has changed meanwhile; from each a person gets on."""
    walked: set[str] = set()
    left = [""]
    while left:
        name = left.pop()
        folder = tmp_path / str(len(walked))
        folder.mkdir()
        hands = begin(folder)
        try:
            state(hands)
            world(hands)
            open_ = offered(hands)
            assert open_, "no button leads anywhere"
            if not name:
                left += sorted(open_.keys() - walked)
            elif name in open_:
                press(hands, name)
            walked.add(name)
            told = {card.key: plain(card.error.value) for card in hands.form.book.cards.values()}
            assert on(hands), f"after {name!r}: stuck. {told}, {sorted(offered(hands))}"
        finally:
            hands.close()
    assert len(walked) > 1
