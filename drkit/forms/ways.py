"""Ways as buttons: each leads to its plan, the typed name and the watching, right below, or opens the runbook
for it, filled in; and beside it stand the lines for the shell and of Python that do the same.
"""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from ipywidgets import Button, HBox, VBox
from markupsafe import Markup

from drkit.clock import Clock, SystemClock
from drkit.forms.change import ChangeResultCard, ChangeRunCard, ConfirmChangeCard
from drkit.forms.live import Live
from drkit.forms.markup import JOIN
from drkit.forms.runbook import Runbook
from drkit.forms.wizard import Wizard
from drkit.forms.worker import FormWorker
from drkit.plan import Offer
from drkit.runbooks import ChangeRequest, ChangeSession, runbook_of
from drkit.site import Site

_HEAD = Markup('<p class="drkit-quiet">Ways that can be taken from here; each shows its plan first.</p>')
_OPENED = Markup('<a href="{0}" target="_blank" data-open>Open {0}</a>: it is filled in.')
_LINE = Markup('<div class="drkit-line-of-code"><code>{0}</code> <button data-copy="{0}">copy</button></div>')


class HasSite(Protocol):
    """What ways are taken on."""

    @property
    def site(self) -> Site: ...  # noqa: D102
    @property
    def profile(self) -> str: ...  # noqa: D102


class WaysBox(VBox):
    """The ways that can be taken now, and those that come `later`, after the ones before.

    A pressed one is led through below; `after` is told when one goes on from there.
    """

    def __init__(self, host: HasSite, after: Callable[[], object], clock: Clock | None = None) -> None:
        self._host, self._after, self._clock = host, after, clock or SystemClock()
        self.rows, self.panel, self.opened = VBox(), VBox(), Live(spoken="polite")
        self.engine = FormWorker("opening")
        self.taken: WayTaken | None = None
        self.buttons: dict[str, Button] = {}
        super().__init__([self.rows, self.opened, self.panel])
        self.add_class("drkit-ways")

    def show(self, now: Sequence[Offer], later: Sequence[Offer] = ()) -> None:
        """Offer these; while one is being carried out it stays as it is."""
        if self.taken and self.taken.busy:
            return
        self._close()
        ways = [(way, at < len(now)) for at, way in enumerate((*now, *later)) if way.changes or way.opens]
        rows = {(way.changes, way.opens, way.about): (way, is_open) for way, is_open in reversed(ways)}
        self.buttons = {}
        shown = [self._row(way, is_open) for way, is_open in reversed(rows.values())]
        self.rows.children = [Live(_HEAD), *shown] if rows else []

    def _row(self, way: Offer, is_open: bool) -> HBox:
        button = Button(
            description=way.title,
            tooltip=way.words if is_open else f"After the ways before: {way.words}",
            button_style="danger" if way.lost and way.changes else "",
            disabled=not is_open,
        )
        button.on_click(lambda _: self.take(way))
        self.buttons[way.title] = button
        row = HBox([button, Live(lines_of_code(way))])
        row.add_class("drkit-way-on")
        return row

    def take(self, way: Offer) -> None:
        """Lead through a way: its plan, the yes, the watching; or have its runbook opened, filled in."""
        if self.taken and self.taken.busy:
            return
        if way.opens:
            self.engine.do(lambda: self._open(way), self.opened.show)
            return
        self.taken = WayTaken(ChangeSession(ChangeRequest(), site=self._host.site, clock=self._clock), way)
        self.taken.result.anew.on_click(lambda _: self._go_on())
        self.panel.children = list(self.taken.book.cards.values())

    def _open(self, way: Offer) -> None:
        self.opened.show(opened_words(runbook_of(way, self._host.profile)))

    def _go_on(self) -> None:
        self._close()
        self.rows.children = []
        self._after()

    def _close(self) -> None:
        self.taken, self.panel.children = None, ()
        self.opened.show("")


class ConfirmWayCard(ConfirmChangeCard):
    """The plan of a way, and the typed name."""

    stale = "Press the button of the way again: its plan is made anew."


class WayResultCard(ChangeResultCard):
    """What became of a way."""

    more = "Go on from here"


class WayTaken:
    """One way on its way: its cards, and whether it is being carried out."""

    def __init__(self, session: ChangeSession, way: Offer) -> None:
        self.session, self.way = session, way
        self.confirm, self.result = ConfirmWayCard(session), WayResultCard(session)
        self.run = ChangeRunCard(session)
        self.book = Runbook("way", [self.confirm, self.run, self.result])
        self.confirm.primary.disabled = True
        self.book.later(self.confirm, self._begin)

    @property
    def busy(self) -> bool:
        """Whether its run is still going."""
        return bool(self.session.run and self.session.run.state().phase.alive)

    def _begin(self) -> None:
        with self.confirm.saying("Reading, and making the plan…"):
            self.session.take(self.way)
        self.book.turn(Wizard.of(*self.book.cards))
        self.confirm.prepare()
        self.confirm.focus_first()


def opened_words(notebook: Path) -> Markup:
    """The runbook that was filled in; the page opens it once."""
    return _OPENED.format(notebook.name)


def lines_of_code(way: Offer) -> Markup:
    """The lines for the shell and of Python that plan the same, each with a button to copy it."""
    shell = " && ".join(way.shell)
    return JOIN.join(line_of_code(line) for line in (shell, "; ".join(way.python)) if line)


def line_of_code(line: str) -> Markup:
    """A line with a button to copy it."""
    return _LINE.format(line)
