"""Servers that become a protection group by clicking, in a real Chromium."""

from playwright.sync_api import expect

from tests.browser.rehearsing import confirm, panel
from tests.browser.screen import Screen
from tests.lab.process import Started

WORLD = "twelve-servers"


def test_servers_are_protected_from_the_choice_to_what_comes_next(screen: Screen, lab: Started) -> None:
    lab.end_kernels()
    screen.open("12_protect_servers.ipynb")
    screen.see("Pick servers: ")
    for name in ("app-01", "app-02"):
        panel(screen).get_by_role("row", name=name).first.click()
    screen.see("Picked: 2 servers")
    screen.press("Continue")
    screen.see("Target zone")
    screen.has_keyboard("Group them, and choose where to")
    screen.type("Name of the group", "shop")
    domain = panel(screen).get_by_role("combobox", name="Domain")
    domain.select_option(index=1)
    screen.look_over("protect-1-arrange")
    screen.press("Make the plan")
    screen.see("Create protection group shop from")
    screen.has_keyboard("The plan, and your yes")
    screen.look_over("protect-2-plan")
    confirm(screen, "shop", "Protect them")
    screen.see("Drill shop")
    expect(panel(screen).get_by_role("button", name="Drill shop")).to_be_focused()
    screen.look_over("protect-3-result")
