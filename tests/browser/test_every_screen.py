"""Every screen at 1280x800, light and dark: a picture, axe-core's word, and nothing wider than the window.

    DRKIT_SCREENSHOTS=pictures pytest tests/browser/test_every_screen.py

writes the pictures, two of each screen.
"""

from collections.abc import Callable, Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.lab.process import Started

SPEED = 60
THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
FIRST = {
    "00_start_here": "5 protection groups",
    "10_inspect": "5 of 5 groups shown",
    "12_protect_servers": "Pick servers: ",
    "15_change_one_thing": "Choose what is to be changed",
    "16_remove_protection": "Choose the group whose protection is removed",
    "20_attach_pairs": "Choose where the pairs are to be attached",
    "30_dr_drill": "Pick the protection groups",
    "40_planned_failover": "Pick the protection groups",
    "50_failover_and_reprotect": "protection groups",
    "60_review_rehearsals": "Real runs: ",
}
SERIOUS = {"serious", "critical"}


@pytest.fixture
def look(screen: Screen) -> Iterator[Callable[[str], None]]:
    """Take a picture of what is there in both themes, and have it looked over; what is wrong is told last."""
    wrong: list[str] = []

    def look_at(name: str) -> None:
        for look, theme in THEMES.items():
            in_theme(screen, theme)
            screen.picture(f"{name}-{look}")
            wrong.extend(f"{name} {look}: {each}" for each in findings(screen))
            if screen.scrolls_sideways():
                wrong.append(f"{name} {look}: it is wider than the window")
        in_theme(screen, THEMES["light"])

    yield look_at
    assert not wrong, "\n".join(wrong)


def in_theme(screen: Screen, theme: str) -> None:
    """As Settings > Theme does."""
    screen.page.evaluate("theme => window.drkitLab.commands.drkit('apputils:change-theme', { theme })", theme)
    screen.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")


def findings(screen: Screen) -> list[str]:
    """What axe-core calls serious or critical, one sentence for each element."""
    answer = Axe().run(screen.page, options={"resultTypes": ["violations"]})
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:160]} {node['failureSummary'][:260]}"
        for found in answer.response["violations"]
        if found["impact"] in SERIOUS
        for node in found["nodes"]
    ]


@pytest.mark.parametrize("name", FIRST)
def test_a_runbook_as_it_opens(name: str, screen: Screen, lab: Started, look: Callable[[str], None]) -> None:
    lab.end_kernels()
    screen.open(f"{name}.ipynb")
    screen.see(FIRST[name])
    screen.page.locator(".drkit-opening[hidden]").wait_for(state="attached")
    look(name)


def test_what_is_said_while_a_runbook_opens_and_when_its_kernel_is_gone(
    screen: Screen, lab: Started, look: Callable[[str], None]
) -> None:
    lab.end_kernels()
    screen.open("20_attach_pairs.ipynb")
    screen.see("Choose where the pairs are to be attached")
    lab.end_kernels()
    screen.page.get_by_text("The kernel of this runbook has ended").wait_for()
    look("kernel-gone")
    screen.page.locator(".drkit-opening").evaluate("e => (e.hidden = false)")
    expect(screen.page.get_by_text("Opening the runbook").last).to_be_visible()
    look("opening")
