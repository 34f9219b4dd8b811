"""Choosing one of several things by name; many are narrowed down by typing a part of it."""

from collections.abc import Callable, Sequence

from ipywidgets import Dropdown, HBox, Layout
from ipywidgets import Text as TextField

Option = tuple[str, str]
"""What is shown, and the id behind it."""

MANY = 12  # from here on a filter stands beside the list


class Chooser(HBox):
    """A list to choose from; nothing is chosen by itself. `on_choose` is told on some thread."""

    def __init__(self, label: str, on_choose: Callable[[], object]) -> None:
        self._options: tuple[Option, ...] = ()
        self._hint = ""
        style = {"description_width": "130px"}
        self.field = Dropdown(description=label, style=style, layout=Layout(width="560px"))
        self.filter = TextField(
            description=f"Filter of {label}",
            placeholder="type a part of the name",
            layout=Layout(width="220px"),
        ).add_class("drkit-spoken-label")
        self.field.observe(lambda _: on_choose(), "value")
        self.filter.observe(lambda _: self._narrow(), "value")
        super().__init__([self.field])
        self.add_class("drkit-choosing")

    def fill(self, options: Sequence[Option], chosen: str = "", *, hint: str = "there is nothing") -> None:
        """Offer these; `chosen` is the id that is chosen from the start, `hint` stands there without any."""
        self.field.disabled = self.filter.disabled = False
        self._hint = hint
        self._options = tuple(options)
        self.filter.value = ""
        self._offer(self._options, chosen)
        self.children = [self.field, self.filter] if len(options) > MANY else [self.field]

    def wait(self) -> None:
        """Keep what is chosen, and let nothing be chosen, until what there is has been read."""
        self.field.disabled = self.filter.disabled = True

    @property
    def chosen(self) -> str:
        """The id of what is chosen, empty when nothing is."""
        return self.field.value or ""

    def _narrow(self) -> None:
        part = self.filter.value.casefold()
        self._offer([each for each in self._options if part in each[0].casefold()], self.chosen)

    def _offer(self, options: Sequence[Option], chosen: str) -> None:
        empty = "nothing fits" if self._options else self._hint
        hint = f"choose one of {len(options):,}" if options else empty
        self.field.index = None
        self.field.options = [(f"– {hint} –", ""), *options]
        self.field.value = chosen if any(value == chosen for _, value in options) else ""
