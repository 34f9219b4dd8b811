"""A table as a section of its own: how much it holds, its name in Python, its code, and a file of it."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping

from ipywidgets import Button, HBox, VBox
from markupsafe import Markup
from pandas import DataFrame

from drkit.forms.exploring import NO_LOOKS, grid
from drkit.forms.live import Live
from drkit.forms.markup import Text
from drkit.report import meanings
from drkit.showing import Look, count

COLUMNS = 8  # that are shown at first; the others can be added


class TableSection(VBox):
    """A folded table; the page gets its rows once it is opened.

    `on_open` and `on_save` are told on some thread, `on_save` with the kind of the file.
    """

    def __init__(self, name: str, on_open: Callable[[], object], on_save: Callable[[str], object]) -> None:
        self.name = name
        self.toggle = Button(tooltip="Open or fold this table").add_class("drkit-toggle")
        self.toggle.on_click(lambda _: self._turn())
        self.line = Live().add_class("drkit-line")
        self.copies = Live(on_press=lambda _: self.say("Copied."))
        kinds = {"csv": "Save as CSV", "parquet": "Save as Parquet"}
        self.saves = {kind: Button(description=words) for kind, words in kinds.items()}
        for kind, button in self.saves.items():
            button.on_click(lambda _, kind=kind: on_save(kind))
        self.result, self.error = Live(spoken="polite"), Live(spoken="assertive").add_class("drkit-error")
        self._place = VBox().add_class("drkit-picking")
        actions = HBox([self.copies, *self.saves.values(), self.result]).add_class("drkit-actions")
        self._body = VBox([self._place, actions, self.error])
        self._on_open, self._rows = on_open, "reading…"
        super().__init__([HBox([self.toggle, self.line]).add_class("drkit-head"), self._body])
        self.add_class("drkit-section")
        self.fold(folded=True)

    @property
    def folded(self) -> bool:
        """Whether the table is out of sight."""
        return bool(self._body.layout.display == "none")

    def fold(self, *, folded: bool) -> None:
        """Hide or show the table."""
        self._body.layout.display = "none" if folded else ""
        self.toggle.description = f"{'▸' if folded else '▾'}  {self._rows}"

    def say_how_many(self, frame: DataFrame, whole: int, notes: Text, looks: Iterable[Look] = ()) -> None:
        """Say how many rows fit, of how many, and what they mean."""
        rows = count(whole, "row")
        self._rows = rows if len(frame) == whole else f"{len(frame):,} of {rows}"
        self.fold(folded=self.folded)
        words = Markup('<code>view.{}</code> <span class="drkit-quiet">{}</span> {}')
        self.line.show(words.format(self.name, meanings(Counter(looks)), notes))
        self.error.show("")

    def fill(self, frame: DataFrame, code: str, key: str, looks: Mapping[str, Look] = NO_LOOKS) -> None:
        """Show these rows; a new table each time, for one whose data is replaced may be deaf."""
        before = self._place.children
        self._place.children = [grid(frame, COLUMNS, key=key, looks=looks)]
        for each in before:
            each.close()
        button = Markup('<button class="jupyter-button" data-copy="{}">{}</button>')
        name = f"view.{self.name}"
        self.copies.show(button.format(name, f"Copy {name}") + button.format(code, "Copy as code"))
        self.say("")

    def say(self, text: Text) -> None:
        """What became of the last button."""
        self.result.show(text)

    def complain(self, error: str) -> None:
        """An error, beside what caused it."""
        self.error.show(error)

    def _turn(self) -> None:
        self.fold(folded=not self.folded)
        if not self.folded:
            self._on_open()
