"""Ways as buttons: each leads to its plan, is confirmed by what it asks for, and arrives."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.forms.looking import LookAround
from drkit.forms.rehearsal import RehearsalForm
from drkit.forms.rehearsal.choosing import ChooseGroupsCard
from drkit.forms.ways import WaysBox, lines_of_code
from drkit.model import Change, Operation
from drkit.plan import NO_OFFER, Offer, offer
from drkit.runbooks import ExploreSession, RehearsalRequest, RehearsalSession
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.hands import PATIENCE, WayHand, folder_of_runbooks, plain

ENABLE = "Enable protection of shop-backend"


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def sandbox(clock: SteppedClock) -> Sandbox:
    return Sandbox("demo", speed=1.0, now=clock.monotonic)


@pytest.fixture
def site(tmp_path: Path, clock: SteppedClock, sandbox: Sandbox) -> Site:
    return at_the_end.enter_context(practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite"))


@pytest.fixture
def rehearsal(site: Site) -> Iterator[RehearsalForm]:
    request = RehearsalRequest("planned_failover", ["shop-backend"])
    form = RehearsalForm(RehearsalSession(request, site=site, clock=site._clock))
    settle(form)
    yield form
    settle(form)


def settle(form: RehearsalForm) -> None:
    for _ in range(3):
        form.book.engine.settle(PATIENCE)


def test_what_a_group_lacks_for_a_rehearsal_is_done_from_there_and_it_is_judged_again(
    site: Site, rehearsal: RehearsalForm
) -> None:
    card = rehearsal.book.cards["choose"]
    assert isinstance(card, ChooseGroupsCard)
    card.primary.click()
    settle(rehearsal)
    assert "The shortest legal way there: Enable protection of shop-backend." in plain(card.state.value)
    hand = WayHand.in_card(card)
    assert ENABLE in hand.press(ENABLE)
    assert hand.taken.confirm.primary.disabled, "nothing is typed yet"
    assert f"✓ done {ENABLE}" in hand.confirm("shop-backend")
    assert site.groups("shop-backend")["status"].tolist() == ["protected"]
    hand.taken.result.anew.click()
    settle(rehearsal)
    assert ENABLE not in hand.box.buttons, "it was judged anew"
    assert hand.box.taken is None


def test_a_cell_of_the_matrix_has_its_way_as_a_button_and_as_lines(site: Site) -> None:
    view = LookAround(ExploreSession(site=site))
    view.engine.settle()
    key = (site.inventory().group("shop-backend").id, "failover")
    view._answer(view.verbs, key)
    box = view.verbs.ways
    assert list(box.buttons) == [ENABLE]
    shown = plain(str(box.rows.children[1].children[1].value))
    assert "drkit do enable-protection --group shop-backend" in shown
    assert "site.plan('enable_protection', group='shop-backend')" in shown
    hand = WayHand(box)
    hand.press(ENABLE)
    hand.confirm("shop-backend")
    hand.taken.result.anew.click()
    view.engine.settle()
    assert not box.buttons


def test_an_open_cell_is_done_from_there_and_what_loses_something_is_red(site: Site) -> None:
    view = LookAround(ExploreSession(site=site))
    view.engine.settle()
    reading = site.inventory()
    frontend = reading.group("shop-frontend")
    view._answer(view.verbs, (frontend.id, "disable_protection"))
    (button,) = view.verbs.ways.buttons.values()
    assert button.button_style == "danger"
    hand = WayHand(view.verbs.ways)
    assert "Lost: Nothing is copied to the DR site of shop-frontend any more" in hand.press(
        "Disable protection of shop-frontend"
    )
    hand.taken.confirm.name.field.value = "shop-backend"
    assert hand.taken.confirm.primary.disabled


def opened(view: LookAround, group: str, verb: str, title: str) -> str:
    """Press a way's button in a cell's answer; gives the name of the runbook that it laid, or why none."""
    view.read()
    view.engine.settle()
    view._answer(view.verbs, (view.session.inventory.group(group).id, verb))
    box = view.verbs.ways
    box.buttons[title].click()
    box.engine.settle()
    return plain(box.opened.value)


def test_a_way_that_leads_through_a_runbook_opens_it_filled_in(
    site: Site, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    view = LookAround(ExploreSession(site=site))
    failover = "shop-frontend", "failover", "Open the runbook: failover of shop-frontend"
    monkeypatch.chdir(tmp_path)
    assert "There is no 50_failover_and_reprotect.ipynb" in opened(view, *failover)
    folder_of_runbooks(tmp_path)
    copy = "50_failover_and_reprotect-shop-frontend.ipynb"
    assert opened(view, *failover) == f"Open {copy} : it is filled in."
    laid = Path(copy).read_text()
    assert "action: str = 'failover'" in laid
    assert "waves: list[str] = ['shop-frontend']" in laid
    shown = plain(str(view.verbs.ways.rows.children[1].children[1].value))
    assert "drkit run 50_failover_and_reprotect -p action=failover -p waves=shop-frontend --dry-run" in shown
    drill = "Open the runbook: DR drill of shop-frontend"
    assert "30_dr_drill-shop-frontend.ipynb" in opened(view, "shop-frontend", "create_drill", drill)
    sandbox.world.groups[site.inventory().group("shop-backend").id].status = "error-deleting"
    remove = "Remove the protection of shop-backend"
    assert "16_remove_protection-shop-backend" in opened(view, "shop-backend", "failover", remove)
    assert "group: str = 'shop-backend'" in Path("16_remove_protection-shop-backend.ipynb").read_text()
    shown = plain(view.verbs.ways.rows.children[-1].children[1].value)
    assert "drkit remove-protection --group shop-backend" in shown
    assert "site.plan_removal('shop-backend')" in shown
    view.read()
    view.engine.settle()
    assert view.verbs.ways.opened.value == ""


def test_a_way_that_is_closed_by_now_says_why_and_sends_nothing(site: Site) -> None:
    box = WaysBox(ExploreSession(site=site), lambda: None)
    reading = site.inventory()
    group = reading.group("shop-frontend")
    stale = offer("Enable it.", (Change.of(Operation.ENABLE_PROTECTION, group.id),), reading)
    box.show([stale])
    hand = WayHand(box)
    assert "refused, and nothing was sent" in hand.press("Enable protection of shop-frontend")
    assert hand.taken.confirm.primary.disabled


def test_steps_that_come_later_wait_for_those_before(site: Site) -> None:
    reading = site.inventory()
    group = reading.group("shop-backend")
    first = offer("First.", (Change.of(Operation.ENABLE_PROTECTION, group.id),), reading)
    last = offer("Last.", (Change.of(Operation.DISABLE_PROTECTION, group.id),), reading)
    box = WaysBox(ExploreSession(site=site), lambda: None)
    box.show([first, Offer("Wait until it is synchronised.")], [first, last])
    assert [(name, each.disabled) for name, each in box.buttons.items()] == [
        (ENABLE, False),
        ("Disable protection of shop-backend", True),
    ]
    box.show([NO_OFFER])
    assert box.rows.children == ()


def test_no_name_becomes_markup() -> None:
    nasty = "<img src=x onerror=alert(1)>"
    assert "<img" not in lines_of_code(Offer(nasty, nasty, (), (nasty,), (nasty,)))
