"""Tables with the longest names the service allows, laid out by a real Chromium without a kernel."""

from pathlib import Path

import pandas as pd
import pytest
from playwright.sync_api import Browser

import drkit.forms
from drkit.forms import explore
from drkit.forms.markup import moment, table
from drkit.forms.starting import groups_table
from drkit.model import Inventory
from drkit.sandbox import Sandbox
from drkit.site import practise

NAME = "n" * 64
STYLE = Path(drkit.forms.__file__).with_name("style.css").read_text()
LINES = """e => { const r = document.createRange(); r.selectNodeContents(e);
    return new Set([...r.getClientRects()].map(each => Math.round(each.top))).size }"""


@pytest.fixture(scope="module")
def demo() -> Inventory:
    with practise(Sandbox("demo")) as site:
        return site.inventory()


def laid_out(chromium: Browser, body: str, look: str) -> tuple[bool, int]:
    """Whether the body fits a column of 1100 pixels, and on how many lines its element `look` stands."""
    page = chromium.new_page(viewport={"width": 1280, "height": 800})
    page.set_content(f"<style>{STYLE}</style><div id=all style='width:1100px'>{body}</div>")
    fits = bool(page.evaluate("document.querySelector('#all').scrollWidth <= 1100"))
    lines = int(page.locator(look).first.evaluate(LINES))
    page.close()
    return fits, lines


def test_a_number_and_a_time_are_never_broken_beside_long_names(chromium: Browser, demo: Inventory) -> None:
    rows = [(NAME, f"{NAME} {NAME} {NAME}", "1234", moment(demo.read_at), "id")]
    body = table(("Pair", "Result", "GB", "Began", "Id"), rows, numbers=(2,))
    assert laid_out(chromium, body, ".drkit-number") == (True, 1)
    assert laid_out(chromium, body, "time") == (True, 1)


def test_a_long_name_of_a_group_leaves_room_for_what_to_know(chromium: Browser, demo: Inventory) -> None:
    for name in (NAME * 2, f"{'n' * 31}-{'n' * 32}"):
        body = str(groups_table(demo)).replace("shop-backend", name)
        assert laid_out(chromium, f"<div class=drkit-groups>{body}</div>", ".drkit-number") == (True, 1)


def test_a_long_name_does_not_push_a_table_to_explore_past_the_page(chromium: Browser) -> None:
    frame = pd.DataFrame({"pair": [NAME], "group": [NAME], "attached_to": [NAME], "size_gb": [1234]})
    cells = "".join(f"<td>{each}</td>" for each in explore(frame).children[-1].df.iloc[0])
    body = f'<div class=drkit-picking><table class="dataTable"><tr>{cells}</tr></table></div>'
    assert laid_out(chromium, body, "td:last-child") == (True, 1)
