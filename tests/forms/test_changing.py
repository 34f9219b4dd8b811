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
from drkit.forms.picking import PickTable
from drkit.forms.running import STATES
from drkit.runbooks import KINDS, WITHOUT_A_THING, ChangeRequest, ChangeSession
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
        card.group.field.value = session.surveyed.group(group).id if group else ""
        card.kind.value = kind
        self.settle()
        if name:
            options = dict(card.thing.field.options)
            card.thing.field.value = next(key for label, key in options.items() if label.startswith(name))
        return self.press("choose")

    def anew(self) -> None:
        result = self.card("result")
        assert isinstance(result, ChangeResultCard)
        result.anew.click()
        self.settle()

    def verb(self, verb: str, **words: str | bool | int) -> str:
        card = self.card("verb")
        assert isinstance(card, ChooseVerbCard)
        card.verb.value = verb
        self.settle()
        for field in card._inputs():
            if field.word not in words:
                continue
            if isinstance(field._input, PickTable):
                field._input.pick([dict(field.choices)[str(words[field.word])]])
            else:
                ids: dict[str | bool | int, str] = {**dict(field.choices)}
                field._input.set_trait("value", ids.get(words[field.word], words[field.word]))
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


def test_a_group_is_made_servers_protected_in_it_and_a_failed_task_of_it_cleared(hand: Hand) -> None:
    """Without a group to begin with; what is made is there for the next change of the same form."""
    assert hand.thing("", "new group") == ""
    assert "create group Create Protection Group ✓ open" in plain(hand.card("verb").table.value)  # type: ignore[attr-defined]
    zones = {"source_zone": "sandbox-1a", "target_zone": "sandbox-1b"}
    (domain, *_), (vpc, *_) = (hand.form.session.choices(word) for word in ("domain", "vpc"))
    assert hand.verb("create_group", name="spare", domain=domain[0], vpc=vpc[0], **zones) == ""
    assert hand.confirmed("spare") == ""
    hand.anew()
    assert hand.thing("spare") == ""
    spare = hand.form.session.choices("servers")[0][0]
    assert hand.verb("create_instances", servers=spare, name="spare") == ""
    assert f"Protect servers {spare} in spare" in plain(hand.card("confirm").whole.value)  # type: ignore[attr-defined]
    assert hand.confirmed("spare") == ""
    assert hand.site.instances("spare")["instance"].tolist() == ["spare-0001"]
    backend = hand.site.inventory().group("shop-backend").id
    hand.sandbox.fault("job-fails", pair=hand.site.inventory().pair("app-cache-01").id)
    hand.site.run(hand.site.plan_attach("app-01", "app-cache-01"), "shop-backend").wait(PATIENCE)
    hand.anew()
    assert hand.thing("shop-backend", "failed task", "app-cache-01: attachFail") == ""
    assert hand.verb("clear_failed_task") == ""
    assert hand.confirmed("app-cache-01 (attachFail)") == ""
    assert hand.site.client.failed_tasks(backend) == ()


def test_what_does_not_fit_is_said_beside_its_button(hand: Hand) -> None:
    assert hand.press("choose") == "Choose a group, a kind of thing, and the thing."
    hand.thing("shop-backend")
    assert hand.press("verb") == "Choose what is to be done."
    assert "refused, and nothing was sent" in hand.verb("planned_failover")


@pytest.mark.parametrize("kind", KINDS)
def test_every_verb_of_every_kind_of_thing_says_whether_it_is_open(hand: Hand, kind: str) -> None:
    session = hand.form.session
    for group in session.surveyed.groups:
        for _, key in session.things(kind, group)[:2] if kind not in WITHOUT_A_THING else [("", "")]:
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
