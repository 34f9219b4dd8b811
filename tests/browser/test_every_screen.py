"""Every screen at 1280x800, light and dark: a picture, axe-core's word, and nothing wider than the window.

    DRKIT_SCREENSHOTS=pictures pytest tests/browser/test_every_screen.py

writes the pictures, two of each screen. All browser tests write some; `DRKIT_THEME=dark` begins them in dark.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.lab.process import Started

SPEED = 60
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


@pytest.mark.parametrize("name", FIRST)
def test_a_runbook_as_it_opens(name: str, screen: Screen, lab: Started) -> None:
    lab.end_kernels()
    screen.open(f"{name}.ipynb")
    screen.see(FIRST[name])
    screen.page.locator(".drkit-opening[hidden]").wait_for(state="attached")
    screen.look_over(name)


def test_what_is_said_while_a_runbook_opens_and_when_its_kernel_is_gone(screen: Screen, lab: Started) -> None:
    lab.end_kernels()
    screen.open("20_attach_pairs.ipynb")
    screen.see("Choose where the pairs are to be attached")
    lab.end_kernels()
    screen.page.get_by_text("The kernel of this runbook has ended").wait_for()
    screen.look_over("kernel-gone")
    screen.page.locator(".drkit-opening").evaluate("e => (e.hidden = false)")
    expect(screen.page.get_by_text("Opening the runbook").last).to_be_visible()
    screen.look_over("opening")
