"""What an operator sees and does in the browser, in their words. Waits are for our own texts, never for
the kernel's sign: a notebook that is busy is no reason not to use it.
"""

import re
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import ConsoleMessage, Error, Locator, Page, Request, WebSocketRoute, expect

from tests.lab.process import THEME, Started

_UPDATE = re.compile(rb'"method":\s*"update"')
_SIGNS = """() => ({ state: document.readyState, frame: !!document.querySelector('#main'),
    cells: document.querySelectorAll('.jp-Notebook .jp-Cell').length,
    outputs: document.querySelectorAll('.jp-OutputArea-output').length,
    runbook: !!document.querySelector('.drkit-runbook') })"""
_CUT = """() => [...document.querySelectorAll('.drkit-card, .drkit-look, .drkit-section')].flatMap(form =>
    [...form.querySelectorAll('button, label, .widget-label, .drkit-chip')].filter(each => each.offsetParent
        && getComputedStyle(each).position !== 'absolute' && getComputedStyle(each).clipPath === 'none'
        && (each.scrollWidth > each.clientWidth + 1 && getComputedStyle(each).display !== 'inline'))
    .map(each => `${each.className}: ${each.textContent}`))"""
_FOCUS_SHOWS = """e => { const look = () => ['outlineStyle', 'outlineWidth', 'boxShadow', 'borderColor']
    .map(each => getComputedStyle(e)[each]).join(); const seen = look(); e.blur(); const without = look();
    e.focus(); return seen !== without; }"""
_FOCUSED = "() => [document.hasFocus(), document.activeElement.outerHTML.slice(0, 300)]"
_THEME = "light => document.body.setAttribute('data-jp-theme-light', light)"
_THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}
_SHOWN = re.compile(rb'"page":\s*"[\d.]+"')
MOST_TABS = 80
PATIENCE = 300_000.0  # milliseconds; only a page that lives and gets nowhere is waited for so long


class Screen:
    """One window on `drkit lab`. `page` is Playwright's, for what is not here."""

    def __init__(self, page: Page, lab: Started, pictures: Path) -> None:
        self.page, self._lab, self._pictures = page, lab, pictures
        self.elsewhere: list[str] = []
        self.complaints: list[str] = []
        self.cut: list[str] = []
        self.wrong: list[str] = []
        self.heard: list[str] = []
        page.set_default_timeout(PATIENCE)
        expect.set_options(timeout=PATIENCE)
        page.on("request", self._note)
        page.on("requestfailed", self._note_failure)
        page.on("pageerror", self._note_error)
        page.on("console", self._hear)
        page.on("crash", lambda _: self.heard.append("The page crashed."))

    def _note(self, request: Request) -> None:
        if not request.url.startswith((f"http://127.0.0.1:{self._lab.port}/", "data:", "blob:")):
            self.elsewhere.append(request.url)

    def _note_error(self, error: Error) -> None:
        if not str(error).startswith("Session not found"):  # Lab's own, once somebody has ended a kernel
            self.complaints.append(str(error))

    def _note_failure(self, request: Request) -> None:
        """A page whose Lab has ended asks in vain; it is closed, and with it ends every wait for it."""
        self.heard.append(f"{request.failure}: {request.method} {request.url}")
        if not self._lab.alive and not self.page.is_closed():
            self.heard.append("JupyterLab has ended.")
            with suppress(Error):
                self.picture("lab-has-ended")
            self.page.close()

    def _hear(self, message: ConsoleMessage) -> None:
        self.heard.append(f"{message.type}: {message.text}")

    def account(self) -> str:
        """What there was to see and to hear, for whoever looks into a test that failed."""
        shown = "closed" if self.page.is_closed() else self.page.url
        lines = [f"Page: {shown}", f"JupyterLab: {'runs' if self._lab.alive else 'has ended'}"]
        if not self.page.is_closed():
            with suppress(Error):
                signs = self.page.evaluate(_SIGNS)
                lines += [f"Signs: {signs}", f"Picture: {self.picture('failed')}"]
        return "\n".join([*lines, *self.complaints, *self.heard[-20:], *self._lab.last_words()])

    def open(self, notebook: str = "00_start_here.ipynb") -> None:
        """Open a notebook; a runbook runs by itself."""
        url = f"http://127.0.0.1:{self._lab.port}/doc/tree/{notebook}?token={self._lab.token}"
        self.page.goto(url, wait_until="commit")
        self._arrive()

    def _arrive(self) -> None:
        """Wait for Lab's own signs, one after the other: its frame, then the cells of the notebook."""
        self.page.locator("#main").wait_for()
        self.page.locator(".jp-Notebook .jp-Cell").first.wait_for()

    def run_all(self) -> None:
        """Run > Run All Cells, as one does in a Jupyter that drkit did not start.

        Until a kernel answers, Lab takes the click and does nothing, and no sign of it tells; a click during
        its start may start a second one, and what waited for the first is forgotten; a dialog may say that
        the first is ending. So the click is repeated until a cell has run, while none waits.
        """
        word = self.page.locator(".jp-Dialog .jp-mod-accept")
        prompt = self.page.locator(".jp-NotebookPanel:visible :is(.jp-InputPrompt, .jp-OutputPrompt)")
        for _ in range(int(PATIENCE / 3000)):
            with suppress(Error):
                if word.count():
                    word.first.click(timeout=3000)
                if not prompt.get_by_text("[*]").count():
                    self.page.get_by_role("menuitem", name="Run", exact=True).click(timeout=3000)
                    self.page.get_by_text("Run All Cells", exact=True).click(timeout=3000)
                prompt.get_by_text(re.compile(r"\[\d+\]")).first.wait_for(state="attached", timeout=3000)
                return

    def reload(self) -> None:
        """Press F5 and wait until the notebook is there again."""
        self.page.reload(wait_until="commit")
        self._arrive()

    def said_to_kernel(self) -> list[str]:
        """What the page says to the kernel from its next load on, as it is said."""
        said: list[str] = []
        self.page.on(
            "websocket", lambda socket: socket.on("framesent", lambda frame: said.append(str(frame)))
        )
        return said

    @property
    def outputs(self) -> Locator:
        """The cells' outputs: the forms, without code and markdown."""
        return self.page.locator(".jp-OutputArea-output")

    def see(self, text: str, *, within: Locator | None = None) -> Locator:
        """Wait until this text is in an output, and give the innermost element that holds it."""
        found = (within or self.outputs).get_by_text(text).locator("visible=true").first
        found.wait_for()
        return found

    def press(self, button: str) -> None:
        """Click the button of this name, when it is enabled."""
        self.page.get_by_role("button", name=button, exact=True).locator("visible=true").first.click()

    def field(self, label: str) -> Locator:
        """The text field of this label."""
        return self.page.get_by_role("textbox", name=label, exact=True)

    def type(self, label: str, text: str) -> None:
        """Put text into a field and leave it."""
        field = self.field(label)
        field.fill(text)
        field.press("Tab")

    def has_keyboard(self, title: str) -> None:
        """Wait until what has the keyboard's focus is in the card of this title, and is seen to have it."""
        focused = self.page.locator(".drkit-card", has=self.page.get_by_role("button", name=title)).locator(
            ":focus"
        )
        for _ in range(int(PATIENCE / 1000)):  # what it is on can be drawn anew, or be off while it works
            with suppress(Error):
                if focused.evaluate(_FOCUS_SHOWS, timeout=1000):
                    return
            self.page.wait_for_timeout(100)
        where = f"{focused.count()} there, {self.page.evaluate(_FOCUSED)}"
        raise AssertionError(f"The keyboard is not seen in {title!r}: {where}")

    def tab_to(self, name: str | re.Pattern[str]) -> None:
        """Press Tab until the keyboard is at the field or button of this name, and is seen to be there."""
        button = self.page.get_by_role("button", name=name, exact=True)
        text = self.page.get_by_role("textbox", name=name, exact=True)
        wanted = self.page.locator(":focus").and_(button.or_(text))
        for _ in range(MOST_TABS):
            if wanted.count():
                assert wanted.evaluate(_FOCUS_SHOWS), wanted.evaluate("e => e.outerHTML")
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"No Tab leads to {name!r}: {self.page.evaluate(_FOCUSED)}")

    def picture(self, name: str) -> Path:
        """A screenshot of the window; what is cut on it is noted, in light and in dark."""
        path = self._pictures / f"{name}.png"
        self.page.screenshot(path=path)
        with suppress(Error):
            light = self.page.locator("body").get_attribute("data-jp-theme-light")
            for other in ("false" if light == "true" else "true", light):
                self.page.evaluate(_THEME, other)
                self.cut += [f"{name}: {each}" for each in self.page.evaluate(_CUT)]
        return path

    def look_over(self, name: str) -> None:
        """Take a picture in both of Lab's themes, and have what is there looked over by axe-core."""
        for look, theme in _THEMES.items():
            self.in_theme(theme)
            self.picture(f"{name}-{look}")
            self.wrong += [f"{name} {look}: {each}" for each in findings(self.page)]
            if self.scrolls_sideways():
                self.wrong.append(f"{name} {look}: it is wider than the window")
        self.in_theme(_THEMES[THEME])

    def in_theme(self, theme: str) -> None:
        """As Settings > Theme does."""
        self.page.evaluate("theme => drkitLab.commands.drkit('apputils:change-theme', { theme })", theme)
        self.page.locator(f"body[data-jp-theme-name='{theme}']").wait_for(state="attached")
        self.page.locator("#jupyterlab-splash").wait_for(state="detached")  # it hides all else from axe-core

    def scrolls_sideways(self) -> bool:
        """True when the notebook is wider than the window."""
        wide = "e => e.scrollWidth > e.clientWidth + 1"
        return any(
            area.evaluate(wide) for area in self.page.locator(".jp-WindowedPanel-outer, .jp-OutputArea").all()
        )


def findings(page: Page) -> list[str]:
    """What axe-core calls serious or critical, one sentence for each element."""
    answer = Axe().run(page, options={"resultTypes": ["violations"]})
    return [
        f"{found['id']} ({found['impact']}): {node['html'][:160]} {node['failureSummary'][:260]}"
        for found in answer.response["violations"]
        if found["impact"] in {"serious", "critical"}
        for node in found["nodes"]
    ]


class LateListener:
    """From its next load on, a page misses every change of a widget, as any page does while it is loading."""

    def __init__(self, page: Page) -> None:
        self._page, self._missed = page, b""
        self._held: list[Callable[[], None]] = []
        self._listens = False
        page.route_web_socket(re.compile("/api/kernels/"), self._connect)

    def listen(self, *, after: str) -> None:
        """Once it has missed this text, the page tells that it shows the forms, and hears what comes then."""
        for _ in range(int(PATIENCE / 100)):
            if after.encode() in self._missed:
                break
            self._page.wait_for_timeout(100)
        assert self._held, "the page has told nothing"
        self._listens = True
        for send in self._held:
            send()

    def _connect(self, page: WebSocketRoute) -> None:
        kernel = page.connect_to_server()

        def to_kernel(frame: bytes | str) -> None:
            if _SHOWN.search(_bytes(frame)) and not self._listens:
                self._held.append(lambda: kernel.send(frame))
            else:
                kernel.send(frame)

        def to_page(frame: bytes | str) -> None:
            if _UPDATE.search(_bytes(frame)) and not self._listens:
                self._missed += _bytes(frame)
            else:
                page.send(frame)

        page.on_message(to_kernel)
        kernel.on_message(to_page)


def _bytes(frame: bytes | str) -> bytes:
    return frame.encode() if isinstance(frame, str) else frame
