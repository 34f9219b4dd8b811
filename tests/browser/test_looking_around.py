"""Looking around by keyboard and by mouse, in a real Chromium."""

from playwright.sync_api import Locator, expect

from tests.browser.screen import Screen

STDERR = ".jp-RenderedText[data-mime-type='application/vnd.jupyter.stderr']"


def section(screen: Screen, name: str) -> Locator:
    found = screen.page.locator(".drkit-section").filter(
        has=screen.page.get_by_text(f"view.{name}", exact=True)
    )
    found.scroll_into_view_if_needed()
    return found


def shown(screen: Screen, groups: int) -> None:
    screen.see(f"{groups} of 5 groups shown.")


def test_a_cell_of_the_matrix_says_why_not_and_a_filter_holds_for_what_is_copied(screen: Screen) -> None:
    screen.page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    screen.open("10_inspect.ipynb")
    screen.page.locator(".drkit-picture svg").wait_for()
    shown(screen, 5)
    screen.picture("inspect-1-picture")
    first = screen.page.locator(".drkit-matrix td button").first
    first.scroll_into_view_if_needed()
    first.focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "ArrowRight", "Enter"):
        screen.page.keyboard.press(key)
    screen.see("failover of shop-backend")
    screen.see("Enable protection of shop-backend.")
    screen.picture("inspect-2-why-not")
    screen.page.get_by_role("combobox", name="Status").select_option("fault")
    shown(screen, 1)
    pairs = section(screen, "pairs")
    toggle = pairs.get_by_role("button", name="rows")
    expect(toggle).to_contain_text("1 of 44 rows")
    toggle.focus()
    screen.page.keyboard.press("Enter")
    screen.see("db-audit", within=pairs)
    pairs.get_by_role("button", name="Copy as code").click()
    screen.see("Copied.", within=pairs)
    copied = str(screen.page.evaluate("navigator.clipboard.readText()"))
    assert "pairs = pairs[pairs[\"status\"].isin(['fault'])]" in copied
    pairs.get_by_role("button", name="Save as CSV").click()
    screen.see("Saved as", within=pairs)
    screen.picture("inspect-3-pairs")
    assert screen.page.locator(STDERR).count() == 0


def test_what_was_filtered_and_opened_is_there_on_a_page_that_is_loaded_again(screen: Screen) -> None:
    screen.open("10_inspect.ipynb")
    screen.page.get_by_role("combobox", name="Status").select_option("fault")
    shown(screen, 1)
    screen.reload()
    shown(screen, 1)
    expect(screen.page.get_by_role("combobox", name="Status")).to_have_value("fault")
    pairs = section(screen, "pairs")
    if pairs.get_by_text("▸").count():
        pairs.get_by_role("button", name="rows").click()
    screen.see("db-audit", within=pairs)
    screen.press("Clear filters")
    shown(screen, 5)
    expect(pairs.get_by_role("button", name="rows")).to_contain_text("44 rows")
