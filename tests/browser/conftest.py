"""A real Chromium on a real `drkit lab`. A test module may set LAB_OPTIONS, the words after `drkit lab`."""

import os
import shutil
from collections.abc import Iterator
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


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The working folder of this module's `drkit lab`; a module with files of its own there overrides it."""
    return tmp_path_factory.mktemp("lab") / "runbooks"


@pytest.fixture(scope="module")
def lab(chromium: Browser, work: Path, request: pytest.FixtureRequest) -> Iterator[Started]:
    """`drkit lab`, ready; started once for the tests of a module."""
    with drkit_lab(work, *getattr(request.module, "LAB_OPTIONS", ("--speed", "60"))) as started:
        yield started


@pytest.fixture
def screen(
    chromium: Browser, lab: Started, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Screen]:
    """A fresh window of 1280x800; the test fails at its end when the page asked another host for anything."""
    context = chromium.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    pictures = Path(os.environ.get("DRKIT_SCREENSHOTS") or tmp_path)
    pictures.mkdir(parents=True, exist_ok=True)
    screen = Screen(context.new_page(), lab, pictures)
    yield screen
    screen.picture(f"end-of-{request.node.name}")
    context.close()
    assert screen.elsewhere == []
