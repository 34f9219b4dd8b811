"""A notebook of our own, opened by `drkit lab`: what any runbook can rely on."""

import json
from collections.abc import Iterator
from pathlib import Path

import nbformat
import pytest
from playwright.sync_api import expect

from tests.browser.screen import Screen
from tests.lab.process import Started

FORM = """\
import ipywidgets, threading
label, button = ipywidgets.Label("not pressed"), ipywidgets.Button(description="Press me")
field, ticks = ipywidgets.Text(description="Name"), ipywidgets.Label("0 ticks")
presses, ready = [], threading.Event()
def on_click(_):
    presses.append(1)
    label.value = f"pressed {len(presses)} times by {field.value}"
def tick():
    for number in range(1, 2000):
        ticks.value = f"{number} ticks"
        if ready.wait(0.1): break
button.on_click(on_click)
threading.Thread(target=tick, daemon=True).start()
ipywidgets.VBox([button, field, label, ticks])
"""
TABLE = """\
import pandas
from itables.widget import ITable
ITable(pandas.DataFrame({"pair": ["alpha", "beta"], "size": [10, 20]}), select=True)
"""


@pytest.fixture(scope="module", autouse=True)
def work(lab: Started) -> Iterator[Path]:
    """The working folder, with a start notebook of our own in it, as if the operator had changed it."""
    hidden = {"jupyter": {"source_hidden": True}}
    cells = [
        nbformat.v4.new_markdown_cell("# A runbook\n\n[The next one](plain.ipynb)"),
        nbformat.v4.new_code_cell('group: str = ""  # the group', metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(FORM, metadata=hidden),
        nbformat.v4.new_code_cell(TABLE, metadata=hidden),
    ]
    start = lab.folder / "00_start_here.ipynb"
    shipped = start.read_bytes()
    nbformat.write(nbformat.v4.new_notebook(cells=cells), start)
    nbformat.write(nbformat.v4.new_notebook(cells=cells[1:3]), lab.folder / "plain.ipynb")
    yield lab.folder
    start.write_bytes(shipped)


def test_a_runbook_shows_its_forms_without_a_click_and_survives_a_reload(screen: Screen) -> None:
    screen.open()
    screen.see("not pressed")
    screen.see("alpha")
    screen.field("Name").fill("Ada")
    screen.field("Name").press("Tab")
    screen.press("Press me")
    screen.see("pressed 1 times by Ada")
    screen.picture("runbook")
    screen.reload()
    screen.see("pressed 1 times by Ada")
    screen.see("alpha")
    assert screen.field("Name").input_value() == "Ada"
    screen.press("Press me")
    screen.see("pressed 2 times by Ada")


def test_a_page_that_loads_slowly_still_shows_every_piece(screen: Screen) -> None:
    screen.open()
    screen.see("alpha")
    screen.page.context.new_cdp_session(screen.page).send("Emulation.setCPUThrottlingRate", {"rate": 8})
    screen.reload()
    screen.see("alpha")


def test_a_form_that_lab_has_given_up_is_asked_for_again(screen: Screen) -> None:
    """As Lab marks it when the form comes more than two seconds late, on a slow page that is loaded again."""
    screen.open()
    form = screen.see("pressed").locator("xpath=ancestor::*[contains(@class, 'jp-OutputArea-output')][1]")
    form.evaluate("e => { e.textContent = 'model not found'; e.classList.add('jupyter-widgets'); }")
    screen.see("pressed")
    screen.press("Press me")
    screen.see("times by")
    expect(screen.page.get_by_text("model not found")).to_have_count(0)


def test_no_press_goes_to_a_subshell_where_it_could_be_lost(screen: Screen) -> None:
    """ipykernel 7.4 sends what a page says to a widget into the subshell that spoke last when the widget was
    made on a thread; where that one has ended meanwhile, the press is dropped without a word.
    """
    sent = screen.said_to_kernel()
    screen.open()
    screen.see("pressed")
    screen.press("Press me")
    screen.see("times by")
    assert any("comm_msg" in each for each in sent)
    assert not any("subshell_request" in each for each in sent)


def test_no_cell_runs_before_the_page_has_asked_the_kernel_for_its_widgets(
    screen: Screen, lab: Started
) -> None:
    """What it hears it takes for true, also over a newer word that came meanwhile."""
    lab.end_kernels()
    sent = screen.said_to_kernel()
    screen.open()
    screen.see("not pressed")
    screen.see("alpha")
    asked = [at for at, each in enumerate(sent) if "comm_info_request" in each or "request_states" in each]
    run = [at for at, each in enumerate(sent) if "execute_request" in each]
    assert asked
    assert run
    assert max(asked) < min(run)


def test_the_code_is_out_of_sight_and_can_be_brought_back(screen: Screen) -> None:
    screen.open()
    screen.see("pressed")
    code = screen.page.locator(".jp-CodeCell", has_text="import ipywidgets")
    assert not screen.page.get_by_text("import ipywidgets").locator("visible=true").count()
    screen.page.get_by_role("button", name="Show code", exact=True).click()
    code.locator(".cm-content").first.wait_for()


def test_a_runbook_on_a_kernel_that_is_gone_runs_again(screen: Screen, lab: Started) -> None:
    screen.open()
    screen.see("pressed")
    lab.end_kernels()
    screen.page.set_viewport_size({"width": 1280, "height": 400})
    screen.open()
    screen.see("not pressed")
    screen.page.locator(".jp-Cell[data-windowed-list-index='0'].jp-mod-active").wait_for()
    expect(screen.page.get_by_role("heading", name="A runbook")).to_be_in_viewport()


def test_a_notebook_that_is_no_runbook_waits_to_be_run(screen: Screen, work: Path) -> None:
    screen.open()
    screen.see("pressed")
    screen.page.locator("a[href*='/files/plain.ipynb']").click()  # so it reads once Lab has taken it over
    screen.page.wait_for_url("**/doc/tree/plain.ipynb")
    plain = screen.page.locator(".jp-NotebookPanel:visible")
    plain.get_by_text("import ipywidgets").first.wait_for()
    assert plain.locator(".jp-OutputArea-output").count() == 0
    screen.run_all()
    plain.locator(".jp-OutputArea-output").get_by_text("not pressed").wait_for()
    assert json.loads((work / "plain.ipynb").read_text())["nbformat"] == 4


def test_the_keyboard_alone_is_enough(screen: Screen) -> None:
    screen.open()
    screen.see("pressed")
    button = screen.page.get_by_role("button", name="Press me", exact=True)
    button.focus()
    before = screen.see("pressed").inner_text()
    screen.page.keyboard.press("Enter")
    screen.page.wait_for_function(
        "before => ![...document.querySelectorAll('.widget-label')].some(e => e.textContent === before)",
        arg=before,
    )
    screen.page.keyboard.press("Tab")
    assert screen.field("Name").evaluate("e => e === document.activeElement")
