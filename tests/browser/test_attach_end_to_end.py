"""The attach runbook by clicking and by typing, in a real Chromium on the practice range."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, expect

from drkit.api.practice import PracticeRange
from tests.browser.screen import LateListener, Screen
from tests.lab.process import Started

SPEED = 10  # slow enough that a stuck job is given up long after the page is back
CACHES = ("app-cache-01", "app-cache-02", "app-cache-03")


@pytest.fixture
def practice(lab: Started) -> Iterator[PracticeRange]:
    """The practice range behind the screen."""
    with lab.practice() as found:
        yield found


def choose(screen: Screen, group: str, instance: str) -> None:
    for label, name in (("Protection group", group), ("Protected instance", instance)):
        field = screen.page.get_by_role("combobox", name=label)
        field.select_option(str(field.locator(f"option[value^='{name} ']").get_attribute("value")))
    screen.press("Continue")
    screen.see("Pick the pairs to attach to")


def row(screen: Screen, pair: str) -> Locator:
    return screen.page.locator(".drkit-pick tbody tr").filter(has_text=pair)


def card(screen: Screen, title: str) -> Locator:
    return screen.page.locator(".drkit-card").filter(has=screen.page.get_by_role("button", name=title))


def test_three_pairs_are_attached_with_one_refused_on_the_way(
    attach: Screen, practice: PracticeRange
) -> None:
    attach.picture("attach-1-choose")
    choose(attach, "shop-backend", "app-01")
    for pair in (*CACHES[:2], "app-01-data"):
        row(attach, pair).click()
    attach.see("1 pair picked that cannot, and will be left out")
    attach.see("attached to app-01 as /dev/vdb", within=attach.page.locator(".drkit-picked"))
    attach.see("SDRS.1605")
    attach.picture("attach-2-pick-with-one-refused")
    row(attach, "app-01-data").click()
    row(attach, CACHES[2]).click()
    attach.see("3 pairs")
    attach.press("Make the plan")

    attach.field(f"Device name of {CACHES[0]}").fill("/dev/vdb")
    attach.see("/dev/vdb is held by pair app-01-data")
    attach.look_over("attach-3-a-taken-device-name")
    card(attach, "Check the plan").get_by_role("button", name="Continue").click()
    attach.see("Correct 1 device name first")
    attach.has_keyboard("Check the plan")
    attach.field(f"Device name of {CACHES[0]}").fill("/dev/vdc")
    expect(attach.page.get_by_text("/dev/vdb is held by")).to_have_count(0)
    card(attach, "Check the plan").get_by_role("button", name="Continue").click()

    attach.see("This is what will be done")
    attach.has_keyboard("Confirm")
    go = attach.page.get_by_role("button", name="Attach 3 pairs", exact=True)
    expect(go).to_be_disabled()
    attach.field("Name of the group").fill("shop-backen")
    expect(go).to_be_disabled()
    attach.field("Name of the group").fill("shop-backend")
    attach.see("The name fits.")
    attach.look_over("attach-4-confirm")
    practice.fault("job-stuck", skip=1)
    go.click()

    attach.see("The service is at work.")
    attach.see("to go, judged by the steps that are done")
    attach.picture("attach-5-under-way")
    late = LateListener(attach.page)
    attach.reload()
    attach.see("to go, judged by the steps that are done")
    expect(card(attach, "Attach and watch").locator(".drkit-head .drkit-chip")).to_contain_text("working")
    card(attach, "Attach and watch").scroll_into_view_if_needed()
    attach.look_over("attach-6-loaded-again")
    practice.clear_faults()
    late.listen(after="Attached to app-01 now")
    attach.see("Attached to app-01 now")
    result = card(attach, "Result")
    expect(result.locator(".drkit-chip", has_text="new")).to_have_count(3)
    result.scroll_into_view_if_needed()
    attach.look_over("attach-7-result")
    assert [line for line in result.all_inner_texts() if all(pair in line for pair in CACHES)]


def test_the_keyboard_alone_is_enough_and_wakes_no_shortcut(attach: Screen) -> None:
    keys = attach.page.keyboard
    before = attach.page.locator(".jp-Cell").count()
    attach.page.get_by_role("combobox", name="Protection group").focus()
    keys.type("shop-da")
    expect(attach.page.get_by_role("combobox", name="Protected instance")).to_contain_text("db-01")
    keys.press("Tab")
    keys.type("db-01")
    keys.press("Tab")  # several instances of the group, in one go
    keys.press("Tab")
    keys.press("Enter")
    attach.see("Pick the pairs to attach to")
    expect(attach.page.get_by_role("button", name="Make the plan")).to_be_focused()
    while not attach.page.evaluate("document.activeElement.matches('.drkit-pick tr')"):
        keys.press("Shift+Tab")
    keys.press("ArrowDown")
    keys.press("Space")
    attach.see("1 pair")
    assert attach.page.evaluate("document.activeElement.getAttribute('aria-selected')") == "true"
    keys.press("Home")
    keys.press("ArrowUp")
    assert attach.page.evaluate("document.activeElement.closest('th').textContent") == "Pair"
    keys.press("ArrowDown")
    toggle = attach.page.get_by_role("button", name="Pick the replication pairs")
    toggle.focus()
    expect(toggle).to_have_attribute("aria-expanded", "true")
    keys.type("dd00")
    attach.tab_to("Make the plan")
    keys.press("Enter")
    for title, button in (("Check the plan", "Continue"), ("Confirm", "Attach 1 pair")):
        attach.has_keyboard(title)
        if title == "Confirm":
            keys.type("shop-database")
        attach.tab_to(button)
        keys.press("Enter")
    attach.has_keyboard("Attach and watch")
    attach.see("Attached to db-01 now")
    assert attach.page.evaluate("!!document.activeElement.closest('.drkit-card')")
    assert attach.page.locator(".jp-Cell").count() == before
    assert attach.page.locator(".jp-Dialog").count() == 0


def test_a_text_that_is_being_read_survives_a_rewrite_and_markup_of_a_server_stays_text(
    screen: Screen,
) -> None:
    screen.open("00_start_here.ipynb")
    screen.see("5 protection groups")
    name = screen.page.locator(".drkit-groups td b").first
    name.evaluate("e => { e.dataset.seen = 'yes'; getSelection().selectAllChildren(e); }")
    screen.press("Read again")
    screen.see("5 protection groups")
    expect(screen.page.locator(".drkit-groups time")).to_be_visible()
    assert name.get_attribute("data-seen") in {"yes", None}
    assert screen.page.evaluate("getSelection().toString()") == name.inner_text()
    screen.picture("start")
