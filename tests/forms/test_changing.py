"""One change on the screen, from the choice of a thing to what became of it."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.forms.card import Card
from drkit.forms.change import ChangeResultCard, ChangeRunCard, ConfirmChangeCard
from drkit.forms.changing import ChangeForm
from drkit.forms.changing.cards import ChooseThingCard, ChooseVerbCard
from drkit.forms.running import STATES
from drkit.runbooks import KINDS, ChangeRequest, ChangeSession
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.closing import at_the_end
from tests.forms.hands import PATIENCE, plain


class Hand:
    """The form on a practice range in stepped time."""

    def __init__(self, folder: Path, request: ChangeRequest | None = None) -> None:
        clock = SteppedClock()
        self.sandbox = Sandbox("demo", speed=1.0, now=clock.monotonic)
        site = practise(self.sandbox, clock=clock, journal=folder / "journal.sqlite")
        self.site = at_the_end.enter_context(site)
        session = ChangeSession(request or ChangeRequest(), site=self.site, clock=clock)
        self.form = ChangeForm(session)
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.form.book.engine.settle(PATIENCE)

    def card(self, key: str) -> Card:
        return self.form.book.cards[key]

    def press(self, key: str) -> str:
        self.card(key).primary.click()
        self.settle()
        return plain(self.card(key).error.value)

    def thing(self, group: str, kind: str = "group", name: str = "") -> str:
        card, session = self.card("choose"), self.form.session
        assert isinstance(card, ChooseThingCard)
        card.group.field.value = session.surveyed.group(group).id
        card.kind.value = kind
        self.settle()
        if name:
            card.thing.field.value = dict(session.things(kind, card.group.chosen))[name]
        return self.press("choose")

    def verb(self, verb: str, **words: str | bool | int) -> str:
        card = self.card("verb")
        assert isinstance(card, ChooseVerbCard)
        card.verb.value = verb
        self.settle()
        for field in card._inputs():
            if field.word in words:
                field._input.set_trait("value", words[field.word])
        return self.press("verb")

    def confirmed(self, name: str) -> str:
        card = self.card("confirm")
        assert isinstance(card, ConfirmChangeCard)
        card.name.field.value = name
        assert not card.primary.disabled
        said = self.press("confirm")
        run = self.form.session.run
        assert run
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            state = run.wait(1.0)
            self.settle()
            if not state.phase.alive and self.card("run").stage.state == STATES[state.phase]:
                return said
        raise AssertionError(f"still going: {run.state()}")


@pytest.fixture
def hand(tmp_path: Path) -> Iterator[Hand]:
    made = Hand(tmp_path)
    yield made
    watch = made.card("run")
    assert isinstance(watch, ChangeRunCard)
    watch.leave()
    made.settle()


def test_a_group_is_renamed_from_the_choice_to_the_result(hand: Hand) -> None:
    assert hand.thing("shop-backend") == ""
    shown = plain(hand.card("verb").table.value)  # type: ignore[attr-defined]
    assert "enable protection Enable Protection ✓ open" in shown
    assert "planned failover Execute Switchover ■ not now" in shown
    assert hand.verb("rename_group", name="store") == ""
    assert "drkit do rename-group --group shop-backend --name store" in plain(hand.card("verb").detail.value)
    assert hand.confirmed("shop-backend") == ""
    assert "store" in set(hand.site.groups()["group"])
    assert [each.state for each in hand.form.book.wizard.stages] == ["done"] * 5
    result = hand.card("result")
    assert isinstance(result, ChangeResultCard)
    assert "Rename group shop-backend to store" in plain(result.outcome.value)
    result.anew.click()
    hand.settle()
    assert plain(result.outcome.value) == "", "of the former run nothing stands there any more"


def test_what_is_lost_stands_apart_and_is_confirmed_with_the_name_of_the_thing(hand: Hand) -> None:
    hand.thing("shop-backend", "pair", "app-cache-01")
    assert hand.verb("delete_pair", with_disk=True) == ""
    confirm = hand.card("confirm")
    assert isinstance(confirm, ConfirmChangeCard)
    assert "are DELETED, for good" in plain(confirm.whole.value)
    assert "It cannot be undone." in plain(confirm.whole.value)
    assert confirm.name.field.description == "The name of what is lost"
    confirm.name.field.value = "shop-backend"
    assert confirm.primary.disabled
    assert hand.confirmed("app-cache-01") == ""
    assert "app-cache-01" not in set(hand.site.pairs()["pair"])


def test_what_does_not_fit_is_said_beside_its_button(hand: Hand) -> None:
    assert hand.press("choose") == "Choose a group, a kind of thing, and the thing."
    hand.thing("shop-backend")
    assert hand.press("verb") == "Choose what is to be done."
    assert "refused, and nothing was sent" in hand.verb("planned_failover")


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_of_every_kind_of_thing_says_whether_it_is_open(hand: Hand, kind: str) -> None:
    session = hand.form.session
    for group in session.surveyed.groups:
        for _, key in session.things(kind, group)[:2] if kind != "group" else [("", "")]:
            session.choose(kind, group, key)
            assert [each.operation for each in session.chances()] == list(KINDS[kind])


def test_the_parameters_choose_beforehand(tmp_path: Path) -> None:
    hand = Hand(tmp_path, ChangeRequest(group="shop-frontend", verb="rename_group"))
    card = hand.card("choose")
    assert isinstance(card, ChooseThingCard)
    assert card.group.chosen == hand.form.session.surveyed.group("shop-frontend").id
    assert hand.press("choose") == ""
    verb = hand.card("verb")
    assert isinstance(verb, ChooseVerbCard)
    assert verb.verb.value == "rename_group"
