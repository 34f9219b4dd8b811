"""How long it takes from the address of a runbook to its first usable form, against the sum of its parts.

    python tests/bench/bench_opening.py [--smoke] [--rounds N] [--json FILE]

The parts, one after the other: Lab's page with a notebook that has nothing but a title, a kernel until it
answers, loading drkit in it, and one reading of the demo world with its judgements. `first` is a runbook that
is opened by its address with no kernel ahead, `ahead` the same with the one that `drkit lab` has ready,
`next` another runbook of the same session, by a click in the toolbar.
"""

import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import nbformat
from jupyter_client.manager import start_new_kernel
from playwright.sync_api import Page, sync_playwright

from drkit.lab.ahead import FORMS
from tests.bench.parts.rounds import Times, arguments, told, write
from tests.lab.process import Started, drkit_lab

LOADED = ".jp-NotebookPanel:visible .drkit-opening[hidden]"
READING = "import drkit; site = drkit.connect(); standings = site.read().standings()"
USUAL_PAUSE = 12_000  # milliseconds that somebody spends on the start page; the next kernel is ready by then


@contextmanager
def chromium() -> Iterator[Callable[[], Page]]:
    """Gives a fresh window, with nothing in its cache."""
    with sync_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox", "--disable-gpu"])
        yield lambda: browser.new_page(viewport={"width": 1280, "height": 800})
        browser.close()


def seconds(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


class Opening:
    """One Lab, and what is measured on it."""

    def __init__(self, lab: Started, window: Callable[[], Page]) -> None:
        self.lab, self.window = lab, window
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("# Nothing")])
        nbformat.write(book, lab.folder / "nothing.ipynb")

    def go(self, page: Page, name: str, sign: str) -> None:
        page.goto(
            f"http://127.0.0.1:{self.lab.port}/doc/tree/{name}.ipynb?token={self.lab.token}",
            wait_until="commit",
        )
        page.locator(sign).first.wait_for(state="attached", timeout=300_000)

    def parts(self) -> float:
        """The sum of the parts."""
        page = self.window()
        total = seconds(lambda: self.go(page, "nothing", ".jp-MarkdownOutput h1"))
        page.close()
        began = time.perf_counter()
        found_at = {"DRKIT_SANDBOX_FILE": str(self.lab.home / "sandbox.json")}  # this Lab's practice range
        manager, client = start_new_kernel(cwd=str(self.lab.folder), env=os.environ | found_at)
        for code in (FORMS, READING):
            client.execute_interactive(code, timeout=300)
        total += time.perf_counter() - began
        client.stop_channels()
        manager.shutdown_kernel(now=True)
        self.lab.end_kernels()
        return total

    def first(self) -> float:
        """A runbook by its address, with a kernel that is started for it."""
        page = self.window()
        status, taken = self.lab.ask("POST", "/api/kernels")  # the one that is ahead
        assert status == 201
        took = seconds(lambda: self.go(page, "20_attach_pairs", LOADED))
        page.close()
        self.lab.ask("DELETE", f"/api/kernels/{taken['id']}")
        self.lab.end_kernels()
        return took

    def following(self) -> tuple[float, float]:
        """A runbook by its address with the kernel that is ahead, and the next one by a click."""
        page = self.window()
        page.wait_for_timeout(USUAL_PAUSE)
        ahead = seconds(lambda: self.go(page, "00_start_here", LOADED))
        page.wait_for_timeout(USUAL_PAUSE)
        page.locator("summary", has_text="Runbooks").click()

        def click() -> None:
            page.get_by_role("button", name="attach pairs", exact=True).click()
            page.locator(".drkit-card", has_text="Choose the group").first.wait_for(timeout=300_000)
            page.locator(LOADED).first.wait_for(state="attached", timeout=300_000)

        following = seconds(click)
        page.close()
        self.lab.end_kernels()
        return ahead, following


def main() -> None:
    given = arguments(__doc__)
    found: dict[str, list[float]] = {each: [] for each in ("parts", "first", "ahead", "next")}
    with (
        TemporaryDirectory() as scratch,
        drkit_lab(Path(scratch) / "runbooks", "--speed", "60") as lab,
        chromium() as window,
    ):
        opening = Opening(lab, window)
        for _ in range(given.rounds):
            found["parts"].append(opening.parts())
            found["first"].append(opening.first())
            ahead, following = opening.following()
            found["ahead"].append(ahead)
            found["next"].append(following)
    figures = {name: Times(tuple(each), ()) for name, each in found.items()}
    write(given.json, [told("Opening a runbook", figures, "parts", cpu=False)])


if __name__ == "__main__":
    main()
