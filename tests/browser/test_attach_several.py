"""The attach runbook with several instances of a group in one go, by clicking, in a real Chromium."""

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen
from tests.browser.test_attach_end_to_end import card, row

APPS = ("app-01", "app-02", "batch-01")


def instance(screen: Screen, name: str) -> Locator:
    return (
        screen.page.get_by_role("grid", name="Protected instances").locator("tbody tr").filter(has_text=name)
    )


def give(screen: Screen, pair: str, name: str) -> None:
    row(screen, pair).click()
    field = screen.page.get_by_role("combobox", name="Goes to")
    field.select_option(str(field.locator(f"option:text-is('{name}')").get_attribute("value")))
    screen.press(f"Have {pair} go there")
    expect(row(screen, pair)).to_contain_text("you said so")


def test_pairs_of_three_instances_are_attached_with_one_refused(attach: Screen) -> None:
    field = attach.page.get_by_role("combobox", name="Protection group")
    field.select_option(str(field.locator("option[value^='shop-backend ']").get_attribute("value")))
    attach.page.get_by_role("checkbox", name="Several instances of the group").check()
    for name in (*APPS, "legacy-01"):
        instance(attach, name).click()
    attach.see("4 instances chosen")
    attach.see("frozen: nothing can be attached")
    card(attach, "Choose the group").scroll_into_view_if_needed()
    attach.picture("several-1-choose")
    attach.press("Continue")
    attach.see("Pick the pairs to attach to")
    give(attach, "app-cache-01", "app-01")
    give(attach, "app-cache-02", "app-02")
    give(attach, "app-cache-03", "legacy-01")
    give(attach, "batch-archive", "batch-01")
    attach.see("1 pair picked that cannot, and will be left out")
    card(attach, "Pick the replication pairs").scroll_into_view_if_needed()
    attach.picture("several-2-pick")
    attach.press("Make the plan")
    attach.see("3 pairs, 1 left out")
    expect(attach.field("Device name of batch-archive on batch-01")).to_have_value("/dev/sdb")
    card(attach, "Check the plan").scroll_into_view_if_needed()
    attach.picture("several-3-devices")
    card(attach, "Check the plan").get_by_role("button", name="Continue").click()
    attach.see("This is what will be done")
    attach.field("Name of the group").fill("shop-backend")
    card(attach, "Confirm").scroll_into_view_if_needed()
    attach.picture("several-4-plan")
    attach.page.get_by_role("button", name="Attach 3 pairs", exact=True).click()
    attach.see("Attached to batch-01 now")
    result = card(attach, "Result")
    expect(result.locator(".drkit-chip", has_text="new")).to_have_count(3)
    result.scroll_into_view_if_needed()
    attach.picture("several-5-result")
    attach.press("Attach more pairs")
    attach.see("4 instances chosen")
    attach.picture("several-6-more")
    assert attach.cut == []
