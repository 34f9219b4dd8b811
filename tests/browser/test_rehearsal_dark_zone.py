"""A zone that goes dark in the middle of a planned failover, and the way out by clicking."""

from tests.browser.rehearsing import (
    confirm,
    fill_aims,
    look_at,
    pick,
    rows_to_sign,
    sign_as,
    sign_until,
)
from tests.browser.screen import Screen

WORLD = "zone-goes-dark"


def test_the_emergency_exit_leads_out_by_failover(screen: Screen) -> None:
    screen.open("40_planned_failover.ipynb")
    screen.see("shop-app")
    pick(screen, "shop-app")
    screen.press("Check that they are ready")
    screen.see("Recovered within: shop-app")
    fill_aims(screen, "shop-app")
    screen.press("Make the plan")
    screen.see("Every step can be taken back")
    confirm(screen, "shop-app")
    look_at(screen, "shop-app: ways out", "dark-1-ways-out", over=True)
    screen.press("Go this way: failover")
    screen.see("Give up a lost site")
    screen.press("Check that they are ready")
    screen.see("Who declared the disaster")
    screen.press("Make the plan")
    screen.see("Say what happened.")
    screen.picture("dark-2-declaration-missing")
    screen.field("What happened").fill("The first zone went dark in the middle of the planned failover")
    screen.type("Who declared the disaster", "Shift lead")
    screen.press("Make the plan")
    screen.see("Cannot be undone")
    screen.look_over("dark-3-plan")
    confirm(screen, "shop-app")
    rows_to_sign(screen, 2)
    screen.picture("dark-4-under-way")
    sign_as(screen, "Shift lead")
    sign_until(screen, "Evidence report")
    look_at(screen, "Evidence report", "dark-5-result", over=True)
    screen.see("Go on: re-protection")
