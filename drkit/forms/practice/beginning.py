"""Beginning another world of the practice range: a scenario, or the copy of a real project.

What was chosen is confirmed by a second press.
"""

from collections.abc import Callable, Mapping

from ipywidgets import Button, FileUpload, HBox, Layout, VBox
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.choosing import Chooser
from drkit.forms.live import Live
from drkit.forms.practice import words
from drkit.forms.worker import FormWorker, Work
from drkit.runbooks import PracticeRange, PracticeWorld, copy_title, copyable, run_under_way
from drkit.site import Site

Begin = Callable[[PracticeRange], object]


class Beginning(VBox):
    """Starting a scenario, or the copy of a project from a kept reading (a file, or one in the journal). The
    second press stands elsewhere than the first: a double click confirms nothing.

    `on_begin` is told on the engine when another world has begun.
    """

    def __init__(self, engine: FormWorker, site: Callable[[], Site], on_begin: Callable[[], object]) -> None:
        self._engine, self._site, self._on_begin = engine, site, on_begin
        self._worlds: Mapping[str, PracticeWorld] = {}
        self._readings: list[tuple[str, str]] | None = None
        self._now: PracticeWorld | None = None
        self._asked: tuple[str, Begin] | None = None
        self.world = Chooser("Scenario", lambda: self._later(self._choose))
        self.story = Live(spoken="polite")
        self.story.layout = Layout(flex="1 1 0", min_width="320px", margin="2px 0 0 16px")
        self.start = Button(description="Start this scenario", button_style="primary", icon="play")
        self.start.on_click(lambda _: self._later(self._ask_scenario))
        self.kept = Chooser("Kept reading", lambda: self._later(self._choose_kept))
        self.file = FileUpload(accept=".json", multiple=False, description="A file")
        self.file.observe(lambda _: self._later(self._choose_file), "value")
        self.copy = Button(description="Begin this copy", button_style="primary", icon="copy")
        self.copy.on_click(lambda _: self._later(self._ask_copy))
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
                Live(Markup("<h4>Begin a copy of a real project</h4>") + words.copying()),
                HBox([self.kept, self.file], layout=Layout(flex_flow="row wrap")),
                HBox([self.copy]).add_class("drkit-actions"),
                self.confirming,
                self.error,
                self.said,
            ]
        )
        self._withdraw()

    def fill(self, worlds: Mapping[str, PracticeWorld], now: PracticeWorld) -> None:
        """Offer these worlds, scenarios first; what was chosen stays chosen."""
        self._now = now
        readings = copyable(self._site().journal.readings())
        if readings != self._readings:
            self._readings = readings
            self.kept.fill(readings, self.kept.chosen, hint="none in the journal")
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

    def _choose_kept(self) -> None:
        if self.kept.chosen:
            self.file.value = ()
        self._withdraw()

    def _choose_file(self) -> None:
        if self.file.value:
            self.kept.field.value = ""
        self._withdraw()

    def _ask_scenario(self) -> None:
        wanted = self._worlds.get(self.world.chosen)
        if wanted is None:
            raise InputError("Choose a scenario first.")
        self._ask(wanted.title, lambda control: control.change_world(wanted.name))

    def _ask_copy(self) -> None:
        content = self._reading()
        self._ask(copy_title(content), lambda control: control.begin_copy(content))

    def _reading(self) -> bytes:
        """The kept reading that was chosen."""
        for file in self.file.value:
            return bytes(file["content"])
        if not self.kept.chosen:
            raise InputError("Choose a kept reading or a file first.")
        return self._site().journal.reading(int(self.kept.chosen))

    def _ask(self, title: str, begin: Begin) -> None:
        """The first press: say what goes, unless a run is under way."""
        self._withdraw()
        runs = self._site().journal.runs()
        if self._now is None:
            raise InputError("The present world is not known yet; look again.")
        if refusal := run_under_way(runs):
            raise InputError(refusal)
        self._asked = title, begin
        self.question.show(words.farewell(self._now, title, runs))
        self.confirming.layout.display, self.start.disabled, self.copy.disabled = "", True, True
        self.keep.focus()

    def _withdraw(self) -> None:
        self._asked = None
        self.error.show("")
        self.confirming.layout.display = "none"
        self.start.disabled = not self.world.chosen
        self.copy.disabled = not (self.kept.chosen or self.file.value)

    def _begin(self) -> None:
        """The second press: another world, unless a run has begun meanwhile."""
        if self._asked is None:
            return
        title, begin = self._asked
        self._withdraw()
        if refusal := run_under_way(self._site().journal.runs()):
            raise InputError(refusal)
        begin(self._site().sandbox)
        self.said.show(
            Markup(
                "✓ <b>{}</b> has begun. Runbooks that are open still show the old world: "
                "run their cells again."
            ).format(title)
        )
        self._on_begin()
