"""The runbooks in a Jupyter that `drkit lab` did not start: Lab, Notebook 7, and without the labextension."""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psutil
import pytest
from playwright.sync_api import Browser, expect

from tests.browser.screen import Screen
from tests.browser.test_attach_end_to_end import card, choose, row
from tests.lab.process import Started, own_jupyter

Open = Callable[..., Screen]


@pytest.fixture
def jupyter(chromium: Browser, tmp_path: Path) -> Iterator[Open]:
    """Starts an application and opens the address of a runbook there."""
    with ExitStack() as running:

        @contextmanager
        def window(started: Started) -> Iterator[Screen]:
            context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
            yield Screen(context.new_page(), started, tmp_path)
            context.close()

        def start(application: str, address: str) -> Screen:
            started = running.enter_context(own_jupyter(tmp_path / "work", application))
            screen = running.enter_context(window(started))
            go(screen, started, address)
            return screen

        yield start


def go(screen: Screen, started: Started, address: str) -> None:
    screen.page.goto(f"http://127.0.0.1:{started.port}/{address}?token={started.token}")


def without_labextension(screen: Screen) -> None:
    """As `jupyter labextension disable drkit-lab` does; the page is loaded again."""
    config = started_by(screen).home / ".jupyter" / "labconfig" / "page_config.json"
    config.parent.mkdir(parents=True, exist_ok=True)
    config.write_text(json.dumps({"disabledExtensions": {"drkit-lab": True}}))
    screen.page.reload()
    expect(screen.page.get_by_text("No form below? Press Run All")).to_be_in_viewport()
    screen.picture("without-labextension")


def started_by(screen: Screen) -> Started:
    return screen._lab


def test_in_a_lab_of_ones_own_the_forms_are_there_without_a_click_and_a_world_is_shared(
    jupyter: Open,
) -> None:
    screen = jupyter("jupyterlab", "lab/tree/20_attach_pairs.ipynb")
    first = screen.see("Choose where the pairs are to be attached")
    expect(first).to_be_in_viewport()
    screen.see("the notebooks in")
    screen.see(": begun")
    for words in ("No form below?", "This page has no part of drkit"):
        expect(screen.page.get_by_text(words).locator("visible=true")).to_have_count(0)
    expect(screen.page.get_by_role("menuitem", name="Kernel", exact=True)).to_be_visible()
    screen.page.locator(".jp-SideBar").first.wait_for()
    screen.page.reload()
    expect(screen.see("Choose where the pairs are to be attached")).to_be_in_viewport()
    screen.picture("own-lab")

    lab = started_by(screen)
    go(screen, lab, "lab/tree/00_start_here.ipynb")
    screen.see("a world that is there already: joined")
    screen.see("5 protection groups")
    written = lab.folder / ".drkit" / "practice.json"
    served_by = psutil.Process(json.loads(written.read_text())["pid"])
    lab.process.terminate()
    lab.process.wait(60)
    gone, _ = psutil.wait_procs([served_by], timeout=60)
    assert gone


def test_without_the_labextension_run_all_brings_the_first_form_and_after_a_reload_the_run(
    jupyter: Open,
) -> None:
    screen = jupyter("jupyterlab", "lab/tree/20_attach_pairs.ipynb")
    screen.see("Choose where the pairs are to be attached")
    without_labextension(screen)
    screen.run_all()
    expect(screen.see("This page has no part of drkit")).to_be_in_viewport()
    expect(screen.see("Choose where the pairs are to be attached")).to_be_in_viewport()
    choose(screen, "shop-backend", "app-01")
    row(screen, "app-cache-01").click()
    screen.press("Make the plan")
    card(screen, "Check the plan").get_by_role("button", name="Continue").click()
    screen.field("Name of the group").fill("shop-backend")
    screen.press("Attach 1 pair")
    run = screen.page.locator(".drkit-band span:has(> small:text-is('run'))").inner_text().split()[1]
    screen.reload()
    screen.run_all()
    screen.run_all()
    expect(screen.see(run, within=screen.page.locator(".drkit-band"))).to_be_in_viewport()
    screen.see("Attached to app-01 now")
    screen.picture("without-labextension-again")


def test_in_notebook_7_the_forms_are_there_without_a_click_and_after_a_reload(jupyter: Open) -> None:
    screen = jupyter("notebook", "notebooks/30_dr_drill.ipynb")
    expect(screen.see("Pick the protection groups")).to_be_in_viewport()
    expect(screen.page.get_by_role("button", name="Show code", exact=True)).to_be_visible()
    screen.page.reload()
    expect(screen.see("Pick the protection groups")).to_be_in_viewport()
    screen.picture("notebook-7")
