"""Ways that are pressed where they are named, and a protection that is removed, in a real Chromium."""

import pytest

from tests.browser.rehearsing import look_at, sign_as, sign_until
from tests.browser.screen import Screen
from tests.lab.process import Started

SPEED = 60


@pytest.fixture
def fresh(screen: Screen, lab: Started) -> Screen:
    """A window on kernels of their own."""
    lab.end_kernels()
    return screen


def test_what_the_matrix_names_is_done_from_there(fresh: Screen) -> None:
    fresh.open("10_inspect.ipynb")
    fresh.see("5 of 5 groups shown.")
    fresh.page.get_by_title("failover of shop-frontend", exact=True).click()
    with fresh.page.context.expect_page() as opened:
        fresh.press("Open the runbook: failover of shop-frontend")
    fresh.see("50_failover_and_reprotect-shop-frontend.ipynb")
    opened.value.close()
    fresh.page.get_by_title("failover of shop-backend", exact=True).click()
    fresh.see("drkit do enable-protection --group shop-backend")
    fresh.look_over("ways-1-inspect")
    fresh.press("Enable protection of shop-backend")
    fresh.see("To go ahead, type")
    fresh.page.get_by_role("textbox", name="The name of the group").scroll_into_view_if_needed()
    fresh.picture("ways-2-plan")
    fresh.page.get_by_role("textbox", name="The name of the group").fill("shop-backend")
    fresh.press("Do it now")
    fresh.see("kept as run")
    fresh.picture("ways-3-result")


def test_what_a_rehearsal_lacks_is_a_button_below_its_reasons(fresh: Screen) -> None:
    fresh.open("40_planned_failover.ipynb")
    fresh.see("Pick the protection groups")
    fresh.page.get_by_role("row", name="shop-database").first.click()
    fresh.see("Picked: shop-database")
    fresh.press("Check that they are ready")
    fresh.see("The shortest legal way there")
    fresh.picture("ways-4-rehearsal")


def test_a_protection_is_removed_by_the_name_of_the_group(fresh: Screen) -> None:
    fresh.open("16_remove_protection.ipynb")
    fresh.see("Choose the group whose protection is removed")
    field = fresh.page.get_by_role("combobox", name="Protection group")
    option = field.locator("option").filter(has_text="shop-backend").first
    field.select_option(str(option.get_attribute("value")))
    fresh.picture("removal-1-choose")
    fresh.press("Make the plan")
    fresh.see("What stays, and costs")
    fresh.look_over("removal-2-plan")
    typed = fresh.page.get_by_role("textbox", name="Name of the group")
    typed.fill("shop-backend")
    typed.scroll_into_view_if_needed()
    fresh.picture("removal-3-confirm")
    fresh.press("Remove the protection")
    fresh.see("DR servers left over")
    fresh.look_over("removal-4-run")
    sign_as(fresh, "Duty engineer")
    sign_until(fresh, "The group is gone; production is not protected any more.")
    look_at(fresh, "The group is gone; production is not protected any more.", "removal-5-result", over=True)
