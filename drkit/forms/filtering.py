"""The filters on top of the tables: what is chosen in them holds for everything below."""

from collections.abc import Callable, Sequence

from ipywidgets import Button, Dropdown, HBox, Layout
from ipywidgets import Text as TextField

from drkit.runbooks import Choices, Filters


class FilterBar(HBox):
    """Four lists, a field for any word, and a button that clears them; `on_change` is told on some thread."""

    def __init__(self, on_change: Callable[[], object]) -> None:
        self._on_change, self._offering = on_change, False
        self.lists = {
            name: Dropdown(description=label, layout=Layout(width="185px"))
            for name, label in {"group": "Group", "status": "Status", "tag": "Tag", "zone": "Zone"}.items()
        }
        self.words = TextField(description="Any word", continuous_update=False, layout=Layout(width="185px"))
        self.clear = Button(description="Clear filters")
        self.clear.on_click(lambda _: self.show(Filters()))
        for field in (*self.lists.values(), self.words):
            field.style.description_width = "initial"
            field.observe(self._changed, "value")
        super().__init__([*self.lists.values(), self.words, self.clear])
        self.add_class("drkit-filters")
        self.offer(Choices((), (), (), ()), Filters())

    @property
    def filters(self) -> Filters:
        """What is chosen."""
        chosen = {name: field.value or "" for name, field in self.lists.items()}
        return Filters(**chosen, words=self.words.value.strip())

    def offer(self, choices: Choices, filters: Filters) -> None:
        """Offer these; what is chosen and not among them any more stays, and is marked as gone."""
        options = {
            "group": choices.groups,
            "status": _same(choices.statuses),
            "tag": _same(choices.tags),
            "zone": _same(choices.zones),
        }
        self._offering = True
        try:
            for name, field in self.lists.items():
                field.options = _with_gone(options[name], filters.given.get(name, ""))
        finally:
            self._offering = False
        self.show(filters, quietly=True)

    def show(self, filters: Filters, *, quietly: bool = False) -> None:
        """Choose these; `on_change` is told once, unless `quietly`."""
        before, self._offering = self.filters, True
        try:
            for name, field in self.lists.items():
                field.value = filters.given.get(name, "")
            self.words.value = filters.words
        finally:
            self._offering = False
        if filters != before and not quietly:
            self._on_change()

    def _changed(self, _: object) -> None:
        if not self._offering:
            self._on_change()


def _same(values: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return tuple((each, each) for each in values)


def _with_gone(options: Sequence[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    gone = (
        [] if not chosen or any(value == chosen for _, value in options) else [(f"{chosen} (gone)", chosen)]
    )
    return [("all", ""), *options, *gone]
