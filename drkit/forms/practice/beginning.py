"""Beginning another world of the practice range: chosen by its story, confirmed by a second press."""

from collections.abc import Callable, Mapping

from ipywidgets import Button, HBox, Layout, VBox
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.choosing import Chooser
from drkit.forms.live import Live
from drkit.forms.practice import words
from drkit.forms.worker import FormWorker, Work
from drkit.runbooks import PracticeWorld, run_under_way
from drkit.site import Site


class Beginning(VBox):
    """Starting a scenario. The second press stands elsewhere than the first: a double click confirms nothing.

    `on_begin` is told on the engine when another world has begun.
    """

    def __init__(self, engine: FormWorker, site: Callable[[], Site], on_begin: Callable[[], object]) -> None:
        self._engine, self._site, self._on_begin = engine, site, on_begin
        self._worlds: Mapping[str, PracticeWorld] = {}
        self._now: PracticeWorld | None = None
        self._asked = ""
        self.world = Chooser("Scenario", lambda: self._later(self._choose))
        self.story = Live(spoken="polite")
        self.story.layout = Layout(flex="1 1 0", min_width="320px", margin="2px 0 0 16px")
        self.start = Button(description="Start this scenario", button_style="primary", icon="play")
        self.start.on_click(lambda _: self._later(self._ask))
        self.question = Live(spoken="assertive")
        self.keep = Button(description="Keep the present world")
        self.keep.on_click(lambda _: self._later(self._withdraw))
        self.confirm = Button(description="Throw it away and start", button_style="danger")
        self.confirm.on_click(lambda _: self._later(self._begin))
        self.confirming = VBox(
            [self.question, HBox([self.keep, self.confirm]).add_class("drkit-actions")]
        ).add_class("drkit-note")
        self.error, self.said = Live(spoken="assertive").add_class("drkit-error"), Live(spoken="polite")
        super().__init__(
            [
                Live(Markup("<h4>Begin a scenario</h4>")),
                HBox([self.world, self.story], layout=Layout(flex_flow="row wrap", align_items="flex-start")),
                HBox([self.start]).add_class("drkit-actions"),
                self.confirming,
                self.error,
                self.said,
            ]
        )
        self._withdraw()

    def fill(self, worlds: Mapping[str, PracticeWorld], now: PracticeWorld) -> None:
        """Offer these worlds, scenarios first; what was chosen stays chosen."""
        self._now = now
        if worlds != self._worlds:
            self._worlds = worlds
            ordered = sorted(worlds.values(), key=lambda each: not each.good_end)
            self.world.fill([(each.title, each.name) for each in ordered], self.world.chosen)

    def _later(self, work: Work) -> None:
        self._engine.do(work, self.error.show)

    def _choose(self) -> None:
        self._withdraw()
        self.said.show("")
        world = self._worlds.get(self.world.chosen)
        self.story.show(words.story(world) if world else "")
        self.start.disabled = world is None

    def _ask(self) -> None:
        """The first press: say what goes, unless a run is under way."""
        self._withdraw()
        wanted, runs = self._worlds.get(self.world.chosen), self._site().journal.runs()
        if wanted is None or self._now is None:
            raise InputError("Choose a scenario first.")
        if refusal := run_under_way(runs):
            raise InputError(refusal)
        self._asked = wanted.name
        self.question.show(words.farewell(self._now, wanted, runs))
        self.confirming.layout.display, self.start.disabled = "", True
        self.keep.focus()

    def _withdraw(self) -> None:
        self._asked = ""
        self.error.show("")
        self.confirming.layout.display = "none"
        self.start.disabled = not self.world.chosen

    def _begin(self) -> None:
        """The second press: another world, unless a run has begun meanwhile."""
        wanted = self._worlds.get(self._asked)
        if wanted is None:
            return
        self._withdraw()
        if refusal := run_under_way(self._site().journal.runs()):
            raise InputError(refusal)
        self._site().sandbox.change_world(wanted.name)
        self.said.show(
            Markup(
                "✓ <b>{}</b> has begun. Runbooks that are open still show the old world: "
                "run their cells again."
            ).format(wanted.title)
        )
        self._on_begin()
