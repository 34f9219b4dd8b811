"""Rehearsals by clicking, in a real Chromium: a drill, then a planned failover there and back."""

import re

from playwright.sync_api import expect

from tests.browser.rehearsing import (
    confirm,
    fill_aims,
    look_at,
    panel,
    pick,
    rows_to_sign,
    sign_as,
    sign_until,
)
from tests.browser.screen import Screen, findings
from tests.lab.process import Started

WORLD = "healthy-three-tier"


def test_a_drill_from_the_choice_to_the_ledger(screen: Screen, lab: Started) -> None:
    screen.open("30_dr_drill.ipynb")
    screen.see("shop-app")
    screen.picture("drill-1-choose")
    pick(screen, "shop-app")
    screen.press("Check that they are ready")
    screen.see("Name of the drill")
    screen.press("Make the plan")
    screen.see("Say what is in scope.")
    screen.has_keyboard("Fix what it is measured against")
    screen.picture("drill-2-objectives-missing")
    fill_aims(screen, "shop-app")
    screen.press("Make the plan")
    screen.see("Cannot be undone")
    screen.has_keyboard("Read the whole plan and confirm")
    screen.look_over("drill-3-plan")
    confirm(screen, "shop-app")
    rows_to_sign(screen, 8)
    screen.has_keyboard("Carry it out")
    look_at(screen, "All of app-01", "drill-4-checklist", over=True)
    sign_as(screen, "Duty engineer")
    sign_until(screen, "Every step was done as planned.")
    look_at(screen, "Public addresses left over: shop-app", "drill-5-ledger")
    look_at(screen, "Evidence report", "drill-6-result", over=True)
    with screen.page.expect_popup() as opened:
        panel(screen).get_by_role("link", name=".html").click()
    report = opened.value.frame_locator("iframe")
    report.get_by_text("Drill servers gone").first.wait_for()
    opened.value.screenshot(path=screen.picture("drill-7-report"))
    page = screen.page.context.new_page()
    page.set_content(
        max(lab.home.rglob("PRACTICE-*.html"), key=lambda each: each.stat().st_mtime).read_text()
    )
    for look in ("light", "dark"):  # Lab's frame around it is not ours
        page.emulate_media(color_scheme=look)
        screen.wrong += [f"report {look}: {each}" for each in findings(page)]
    page.close()
    opened.value.close()


def test_a_planned_failover_there_and_back(screen: Screen) -> None:
    screen.open("40_planned_failover.ipynb")
    screen.see("shop-app")
    pick(screen, "shop-db", "shop-app")
    panel(screen).get_by_role("spinbutton", name="shop-app").fill("2")
    screen.picture("planned-1-waves")
    screen.press("Check that they are ready")
    screen.see("Recovered within: shop-app")
    fill_aims(screen, "shop-db", "shop-app")
    look_at(screen, "Health check: shop-app", "planned-2-objectives")
    screen.press("Make the plan")
    screen.see("Every step can be taken back")
    screen.picture("planned-3-plan")
    confirm(screen, "shop-db, shop-app")
    rows_to_sign(screen, 2)
    screen.picture("planned-4-first-wave")
    sign_as(screen, "Shift lead")
    sign_until(screen, "Every step was done as planned.")
    look_at(screen, "Evidence report", "planned-5-result")
    screen.press("Go on: failback")
    screen.see("Move production back")
    screen.press("Check that they are ready")
    screen.see("Recovered within: shop-app")
    look_at(screen, "Health check: shop-app", "planned-6-the-way-back")
    screen.press("Make the plan")
    screen.see("Stop db-01-dr (soft)")
    confirm(screen, "shop-db, shop-app")
    rows_to_sign(screen, 2)
    screen.picture("planned-7-back-under-way")
    sign_as(screen, "Shift lead")
    sign_until(screen, "Every step was done as planned.")
    screen.picture("planned-8-back")


def test_a_drill_by_keyboard_alone(screen: Screen, lab: Started) -> None:
    lab.end_kernels()
    screen.open("30_dr_drill.ipynb")
    screen.see("shop-db")
    keys = screen.page.keyboard
    before = screen.page.locator(".jp-Cell").count()
    while not screen.page.evaluate("document.activeElement.matches('.drkit-picking tr')"):
        keys.press("Tab")
    while "shop-db" not in screen.page.evaluate("document.activeElement.innerText"):
        keys.press("ArrowDown")
    keys.press("Space")
    screen.see("Picked: shop-db")
    screen.tab_to("Check that they are ready")
    keys.press("Enter")
    screen.see("Name of the drill")
    screen.has_keyboard("Fix what it is measured against")
    said = {
        "Scenario": "Fire in the first zone",
        "Scope": "The shop",
        "Recovered means": "Orders can be placed.",
        "Participants": "Duty engineer",
        "Recovered within: shop-db": "15 min",
    }
    for label, text in said.items():
        screen.tab_to(label)
        keys.type(text)
    screen.tab_to("Make the plan")
    keys.press("Enter")
    screen.has_keyboard("Read the whole plan and confirm")
    screen.tab_to("Name of the group")
    keys.type("shop-db")
    screen.tab_to("Start")
    keys.press("Enter")
    screen.has_keyboard("Carry it out")
    for waiting in (8, 1, 1):  # what people look at, and what may be left over
        rows_to_sign(screen, waiting)
        if waiting > 1:  # one alone is picked by itself
            screen.tab_to(re.compile("Pick all that fit"))
            keys.press("Enter")
        screen.tab_to("Note")
        keys.type("looked at it")
        screen.tab_to("Passed")
        keys.press("Enter")
        expect(screen.field("Note").first).to_have_value("")  # the answer was taken
    screen.see("Every step was done as planned.")
    screen.has_keyboard("Result")
    assert screen.page.locator(".jp-Cell").count() == before
    assert screen.page.locator(".jp-Dialog").count() == 0
