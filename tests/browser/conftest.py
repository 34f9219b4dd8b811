"""A real Chromium on a real `drkit lab`. A test module may set SPEED and WORLD of its practice range."""

import os
import shutil
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from functools import cache
from pathlib import Path

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.screen import Screen
from tests.lab.process import Started, drkit_lab

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"]
FLAGS += ["--disable-background-networking", "--disable-component-update"]
NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """The machine's own Chromium; the test is skipped where there is none, unless DRKIT_REQUIRE_BROWSER=1.

    For a module, not the session: while Playwright is there, no other test of this thread can run a loop.
    """
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        sentence = (
            "No Chromium on this machine: install your system's package `chromium` to run the browser tests"
        )
        if os.environ.get("DRKIT_REQUIRE_BROWSER") == "1":
            pytest.fail(sentence)
        pytest.skip(sentence)
    with (
        sync_playwright() as playwright,
        playwright.chromium.launch(executable_path=path, args=FLAGS) as browser,
    ):
        yield browser


@pytest.fixture(scope="session")
def labs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[int], Started]]:
    """`drkit lab` at a speed of the practice range, ready; started once in each process that asks for it."""
    with ExitStack() as running:
        yield cache(
            lambda speed: running.enter_context(
                drkit_lab(tmp_path_factory.mktemp("lab") / "runbooks", "--speed", str(speed))
            )
        )


@pytest.fixture(scope="module")
def lab(
    chromium: Browser, labs: Callable[[int], Started], request: pytest.FixtureRequest
) -> Iterator[Started]:
    """The Lab of this module: no kernels of others run, and its world is at the beginning."""
    lab = labs(getattr(request.module, "SPEED", 60))
    with lab.practice() as practice:
        practice.change_world(getattr(request.module, "WORLD", "demo"))
    yield lab
    if lab.alive:
        lab.end_kernels()


@pytest.fixture
def screen(
    chromium: Browser, lab: Started, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Screen]:
    """A fresh window of 1280x800; the test fails at its end when the page asked another host for anything,
    had an error, was wider than the window, or showed something cut.
    """
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    pictures = Path(os.environ.get("DRKIT_SCREENSHOTS") or tmp_path)
    pictures.mkdir(parents=True, exist_ok=True)
    screen = Screen(context.new_page(), lab, pictures)
    yield screen
    if not screen.page.is_closed():
        screen.picture(f"end-of-{request.node.name}")
        if screen.scrolls_sideways():
            screen.wrong.append("At the end the notebook is wider than the window.")
    context.close()
    assert screen.complaints == []
    assert screen.elsewhere == []
    assert sorted(set(screen.cut)) == []
    assert not screen.wrong, "\n".join(screen.wrong)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """A test that failed tells what was on its screen."""
    report = yield
    screen = getattr(item, "funcargs", {}).get("screen")
    if report.when == "call" and report.failed and screen:
        report.sections.append(("On the screen", screen.account()))
    return report


@pytest.fixture
def attach(screen: Screen, lab: Started) -> Screen:
    """The attach runbook, opened on a kernel of its own."""
    lab.end_kernels()
    screen.open("20_attach_pairs.ipynb")
    screen.see("Choose where the pairs are to be attached")
    return screen
