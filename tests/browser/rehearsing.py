"""What an operator does in the rehearsal runbooks, on a screen."""

import re
from contextlib import suppress

from playwright.sync_api import Error, Locator, expect

from tests.browser.screen import Screen

NOTE = "note: what you saw, or why"


def panel(screen: Screen) -> Locator:
    """The notebook that is in front."""
    return screen.page.locator(".jp-NotebookPanel:visible")


def pick(screen: Screen, *groups: str) -> None:
    """Pick these groups in the table, in this order."""
    for each in groups:
        panel(screen).locator(".drkit-picking td", has_text=each).first.click()
    expect(panel(screen).get_by_text("Picked: ", exact=False)).to_contain_text(groups[-1])


def fill_aims(screen: Screen, *groups: str) -> None:
    """Fill in what the rehearsal is measured against."""
    screen.field("Scenario").fill("Maintenance of the first zone")
    screen.field("Scope").fill("The shop")
    screen.field("Recovered means").fill("Orders can be placed.")
    screen.field("Participants").fill("Duty engineer\nShift lead")
    for each in groups:
        screen.type(f"Recovered within: {each}", "15 min")


def confirm(screen: Screen, names: str, button: str = "Start") -> None:
    """Type the names of the groups and start, with the button of this name."""
    typed = panel(screen).locator(".drkit-typed input:visible")
    typed.fill(names)
    typed.press("Tab")
    screen.press(button)


def sign_as(screen: Screen, name: str) -> None:
    """Say who signs, once something is to be signed."""
    panel(screen).get_by_role("combobox", name="You sign as").fill(name)


def sign_until(screen: Screen, text: str) -> None:
    """Sign whatever is asked as passed, as one list, until that text is there."""
    wanted = panel(screen).get_by_text(text).locator("visible=true").first
    desk = panel(screen).locator(".drkit-desk:visible")
    note = panel(screen).get_by_placeholder(NOTE)
    while True:
        expect(wanted.or_(desk).first).to_be_visible()
        if wanted.is_visible():
            return
        with suppress(Error, AssertionError):  # the last may be answered, and gone, at any moment
            desk.get_by_role("button", name=re.compile("Pick all that fit")).click(timeout=5000)
            note.fill("looked at it", timeout=5000)
            desk.get_by_role("button", name="Passed", exact=True).click(timeout=5000)
            expect(note).to_have_value("", timeout=5000)  # the answer was taken
        screen.page.wait_for_timeout(200)


def rows_to_sign(screen: Screen, count: int) -> None:
    """Wait until so many steps wait to be signed."""
    expect(panel(screen).locator(".drkit-desk:visible tr[data-press]")).to_have_count(count)


def look_at(screen: Screen, text: str, picture: str, *, over: bool = False) -> None:
    """Scroll until that text is in sight, also when it is rewritten meanwhile, and take a picture."""
    for _ in range(10):
        with suppress(Error):
            screen.see(text).scroll_into_view_if_needed(timeout=3000)
            break
    (screen.look_over if over else screen.picture)(picture)
