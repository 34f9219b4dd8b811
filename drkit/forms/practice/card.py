"""The practice range's card: folded it says which world it is and how it stands; opened it has everything."""

from collections.abc import Callable

from ipywidgets import Button, HBox, VBox

from drkit.clock import SystemClock
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import JOIN
from drkit.forms.practice import words
from drkit.forms.practice.beginning import Beginning
from drkit.forms.practice.planting import Planting
from drkit.forms.worker import FormWorker, Work
from drkit.runbooks import present_world
from drkit.site import Site


class PracticeCard(VBox):
    """Shown on the practice range alone; on a real cloud, or before it is known where one is, hidden.

    `open_site` connects, once, on the engine; `on_change` is told when another world has begun.
    """

    def __init__(self, open_site: Callable[[], Site], on_change: Callable[[], object] = lambda: None) -> None:
        self._open_site, self._on_change = open_site, on_change
        self._site: Site | None = None
        self.engine = FormWorker("practice")
        self.toggle = Button(tooltip="Open or fold the practice range").add_class("drkit-toggle")
        self.toggle.on_click(lambda _: self._toggled())
        self.line, self.badge = Live(spoken="polite").add_class("drkit-line"), Live()
        self.present, self.checked = Live(), Live(spoken="polite")
        self.error = Live(spoken="assertive").add_class("drkit-error")
        self.again = Button(description="Look again", icon="refresh")
        self.again.on_click(lambda _: self.look())
        self.check = Button(description="Check the world", tooltip="Look for what contradicts itself")
        self.check.on_click(lambda _: self._later(self._check))
        self.beginning = Beginning(self.engine, self._connected, self._begun)
        self.planting = Planting(self.engine, self._connected)
        looking = HBox([self.again, self.check]).add_class("drkit-actions")
        self._body = VBox(
            [self.present, looking, self.checked, self.error, self.beginning, self.planting]
        ).add_class("drkit-body")
        head = HBox([self.toggle, self.line, self.badge]).add_class("drkit-head")
        self.card = Reloadable([head, self._body]).add_class("drkit-card")
        super().__init__([])
        self.fold(folded=True)
        self.look()

    @property
    def folded(self) -> bool:
        """Whether the head alone is shown."""
        return bool(self._body.layout.display == "none")

    def fold(self, *, folded: bool) -> None:
        """Hide or show everything but the head."""
        self._body.layout.display = "none" if folded else ""
        self.toggle.description = f"{'▸' if folded else '▾'}  Practice range"

    def look(self) -> None:
        """Have the present world read again."""
        self.engine.do(self._look, self._lost)

    def leave(self) -> None:
        """Give the connections back, once what is being done is done; a later look connects again."""
        self._later(self._leave)

    def _leave(self) -> None:
        site, self._site = self._site, None
        if site:
            site.close()

    def _toggled(self) -> None:
        self.fold(folded=not self.folded)
        if not self.folded:
            self.look()

    def _later(self, work: Work) -> None:
        self.engine.do(work, self.error.show)

    def _connected(self) -> Site:
        if self._site is None:
            self._site = self._open_site()
        return self._site

    def _lost(self, error: str) -> None:
        self.line.show("The practice range could not be read.")
        self.badge.show("")
        self.error.show(error)

    def _look(self) -> None:
        site = self._connected()
        if not site.backend.practice:
            return
        self.error.show("")
        world, reached = present_world(site.sandbox)
        self.line.show(world.title)
        self.badge.show(JOIN + words.good_end_chip(reached))
        self.present.show(words.present_words(world, reached, SystemClock().now()))
        self.beginning.fill({each.name: each for each in site.sandbox.worlds()}, world)
        self.planting.fill()
        self.children = [style(), self.card] if not self.children else self.children

    def _check(self) -> None:
        self.error.show("")
        self.checked.show(words.checked(self._connected().sandbox.invariants()))

    def _begun(self) -> None:
        self.checked.show("")
        self._look()
        self.planting.forget()
        self._on_change()
