"""A runbook as an operator has it: nothing of Jupyter to trip over, and a word when its kernel is gone."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Locator, expect

import drkit
from drkit.lab import find_notebook
from tests.browser.screen import Screen
from tests.lab.process import Started

SPEED = 10
LOADED = ".drkit-opening[hidden]"


@pytest.fixture
def runbook(screen: Screen, lab: Started) -> Iterator[Screen]:
    """The attach runbook, opened; its file is put back as it was."""
    path = lab.folder / "20_attach_pairs.ipynb"
    shipped = path.read_bytes()
    lab.end_kernels()
    screen.open(path.name)
    screen.see("Choose where the pairs are to be attached")
    screen.page.locator(LOADED).wait_for(state="attached")
    yield screen
    path.write_bytes(shipped)


def tool(screen: Screen, name: str) -> Locator:
    return screen.page.locator(".jp-NotebookPanel:visible").get_by_role("button", name=name, exact=True)


def cells(screen: Screen) -> int:
    return screen.page.locator(".jp-NotebookPanel:visible .jp-Notebook .jp-Cell").count()


def test_no_key_and_no_mouse_changes_a_cell_until_the_code_is_shown(runbook: Screen) -> None:
    page, before = runbook.page, cells(runbook)
    expect(page.locator("#jp-top-panel, #jp-menu-panel, #jp-bottom-panel, .jp-SideBar").first).to_be_hidden()
    expect(page.locator(".jp-cell-toolbar, .jp-InputPrompt").locator("visible=true")).to_have_count(0)
    title = page.get_by_role("heading", name="Attach replication pairs")
    title.dblclick()
    title.click(button="right")
    for keys in ("Escape", "d", "d", "x", "a", "b", "m", "0", "0", "Enter", "Shift+Enter", "Control+Shift+c"):
        page.keyboard.press(keys)
    expect(page.locator(".lm-Menu, .jp-Dialog")).to_have_count(0)
    assert cells(runbook) == before
    expect(title).to_be_visible()
    runbook.see("Choose where the pairs are to be attached")

    tool(runbook, "Show code").click()
    expect(page.get_by_text("from drkit.forms import").first).to_be_visible()
    title.click()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    expect(page.locator(".jp-Notebook .jp-Cell")).to_have_count(before + 1)
    tool(runbook, "Hide code").click()
    expect(page.get_by_text("from drkit.forms import").locator("visible=true")).to_have_count(0)


def test_plain_jupyterlab_is_one_click_away_and_so_is_the_way_back(runbook: Screen) -> None:
    menus = runbook.page.get_by_role("menuitem", name="Kernel", exact=True)
    expect(menus).to_be_hidden()
    tool(runbook, "Plain JupyterLab").click()
    expect(menus).to_be_visible()
    expect(runbook.page.locator(".jp-SideBar").first).to_be_visible()
    runbook.picture("plain-jupyterlab")
    tool(runbook, "Runbook view").click()
    expect(menus).to_be_hidden()
    expect(tool(runbook, "Plain JupyterLab")).to_be_visible()


def test_the_toolbar_leads_to_the_start_page_and_to_every_runbook_by_keyboard(runbook: Screen) -> None:
    page = runbook.page
    page.locator("summary", has_text="Runbooks").focus()
    page.keyboard.press("Enter")
    expect(tool(runbook, "start here")).to_be_focused()
    page.keyboard.press("Tab")
    expect(tool(runbook, "inspect")).to_be_focused()
    runbook.picture("toolbar-runbooks")
    page.keyboard.press("Escape")
    expect(tool(runbook, "start here")).to_have_count(0)
    tool(runbook, "Start page").click()
    page.wait_for_url("**/doc/tree/00_start_here.ipynb")
    runbook.see("5 protection groups")


def test_a_word_is_there_within_a_second_and_nothing_moves_once_the_forms_are(
    screen: Screen, lab: Started
) -> None:
    lab.end_kernels()
    page = screen.page
    page.add_init_script(
        "new MutationObserver(() => { if (!window.word && document.querySelector('[role=status]'))"
        " window.word = performance.now(); }).observe(document, { childList: true, subtree: true });"
    )
    steps: list[str] = []
    page.expose_function("heard", lambda step: steps.append(step))  # noqa: PLW0108 - a builtin is refused
    page.add_init_script(
        "setInterval(() => { const at = document.querySelector('.drkit-opening:not([hidden]) "
        '[data-state="under way"]\'); at && heard(at.textContent); }, 20);'
    )
    page.goto(f"http://127.0.0.1:{lab.port}/doc/tree/20_attach_pairs.ipynb?token={lab.token}")
    page.locator(LOADED).wait_for(state="attached")
    assert page.evaluate("window.word - performance.getEntriesByType('navigation')[0].responseStart") < 1000
    known = ["The notebook is read", "Python is started", "drkit is loaded", "The project is read"]
    ordered = list(dict.fromkeys(steps))
    assert [each for each in known if any(each in step for step in ordered)][-2:] == known[-2:]
    card = page.locator(".drkit-card").nth(1)
    place = card.bounding_box()
    page.wait_for_timeout(2000)  # what comes late would move it now
    assert card.bounding_box() == place
    screen.see("Choose where the pairs are to be attached")


def test_a_copied_runbook_with_parameters_of_its_own_opens_as_the_original(
    screen: Screen, lab: Started
) -> None:
    lab.end_kernels()
    text = find_notebook(Path("20_attach_pairs")).read_text()
    copy = lab.folder / "mine.ipynb"
    copy.write_text(text.replace('group: str = \\"\\"', 'group: str = \\"shop-backend\\"'))
    screen.open(copy.name)
    expect(screen.page.get_by_role("combobox", name="Protection group")).to_contain_text("shop-backend")
    expect(tool(screen, "Show code")).to_be_visible()
    expect(screen.page.locator(".jp-InputArea-editor").locator("visible=true")).to_have_count(0)
    copy.unlink()


def test_a_changed_copy_is_run_only_when_its_reader_says_so(screen: Screen, lab: Started) -> None:
    lab.end_kernels()
    book = json.loads(find_notebook(Path("20_attach_pairs")).read_text())
    code = next(each for each in book["cells"] if "from drkit" in "".join(each["source"]))
    code["source"] = ["print('anything')\n", *code["source"]]
    copy = lab.folder / "changed.ipynb"
    copy.write_text(json.dumps(book))
    screen.open(copy.name)
    screen.page.get_by_text("The code of this runbook is not as it was shipped").wait_for()
    expect(screen.outputs).to_have_count(0)
    screen.picture("changed-runbook")
    tool(screen, "Start").click()
    screen.see("anything")
    screen.see("Choose where the pairs are to be attached")
    copy.unlink()


def test_a_kernel_that_died_is_told_within_five_seconds_and_a_press_brings_the_run_back(
    runbook: Screen, lab: Started, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(lab.home / "sandbox.json"))
    journal = next(lab.home.rglob("journal.sqlite*"))
    with drkit.connect(journal=Path(journal)) as site:
        plan = site.plan_attach("app-01", ["app-cache-01"])
        run = site.run(plan, confirm="shop-backend")
        run.stop()
        run.wait()
    tool(runbook, "Start page").click()
    runbook.see("1 run is not finished")
    lab.end_kernels()
    runbook.open("20_attach_pairs.ipynb")
    runbook.press("Go on with it")
    runbook.see(run.id, within=runbook.page.locator(".drkit-band"))
    kernels = [each for each in lab.family() if "ipykernel" in " ".join(each.cmdline())]
    for each in kernels:
        os.kill(each.pid, signal.SIGKILL)
    said = runbook.page.get_by_text("The kernel of this runbook has ended")
    said.wait_for(timeout=5000)
    runbook.picture("kernel-gone")
    tool(runbook, "Start again, and show its run").click()
    expect(said).to_have_count(0)
    runbook.see(run.id, within=runbook.page.locator(".drkit-band"))
    runbook.picture("kernel-back")


def test_a_kernel_that_was_shut_down_elsewhere_is_told_too(runbook: Screen, lab: Started) -> None:
    lab.end_kernels()
    runbook.page.get_by_text("The kernel of this runbook has ended").wait_for(timeout=5000)
    tool(runbook, "Start again").click()
    runbook.see("Choose where the pairs are to be attached")
    runbook.see("2  Pick")


def test_a_lab_that_is_gone_is_told(runbook: Screen, lab: Started) -> None:
    runbook.page.context.set_offline(True)
    runbook.page.get_by_text("JupyterLab does not answer").wait_for(timeout=5000)
    runbook.page.context.set_offline(False)
    expect(runbook.page.get_by_text("JupyterLab does not answer")).to_have_count(0)
