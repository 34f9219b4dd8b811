"""One change by clicking and by typing, in a real Chromium on the practice range."""

import pytest

from tests.browser.screen import Screen
from tests.lab.process import Started

SPEED = 10


@pytest.fixture
def change(screen: Screen, lab: Started) -> Screen:
    """The runbook, opened on a kernel of its own."""
    lab.end_kernels()
    screen.open("15_change_one_thing.ipynb")
    screen.see("Choose what is to be changed")
    return screen


def choose(screen: Screen, label: str, name: str) -> None:
    field = screen.page.get_by_role("combobox", name=label)
    field.select_option(str(field.locator(f"option[value^='{name}']").first.get_attribute("value")))


def test_a_pair_is_deleted_with_its_disk_by_the_name_of_the_pair(change: Screen) -> None:
    choose(change, "Protection group", "shop-backend ")
    choose(change, "Kind of thing", "pair")
    choose(change, "Which one", "app-cache-01")
    change.picture("change-1-choose")
    change.press("See what is open")
    change.see("What is not open now says why")
    choose(change, "Do", "delete pair")
    change.page.get_by_role("checkbox", name="with disk").check()
    change.look_over("change-2-verb")
    change.press("Make the plan")
    change.see("are DELETED, for good")
    change.look_over("change-3-confirm")
    change.page.get_by_role("textbox", name="The name of what is lost").fill("app-cache-01")
    change.press("Do it now")
    change.see("kept as run")
    change.look_over("change-4-result")
