"""Picking rows from a table: sorted, filtered, by mouse or keyboard, also out of 10,000 of them."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ipywidgets import VBox
from itables.widget import ITable
from pandas import DataFrame

from drkit.forms.markup import JOIN, Text

_SELECT: dict[str, Any] = {"style": "multi", "keys": True, "info": False}  # keys: arrows move, space picks
_LAYOUT = {"topStart": "search", "topEnd": "info", "bottomStart": "pageLength", "bottomEnd": "paging"}
WORDS = {
    "search": "Filter",
    "searchPlaceholder": "any word, any column",
    "info": "_START_ to _END_ of _TOTAL_",
    "infoFiltered": "(of _MAX_ in all)",
    "infoEmpty": "nothing fits the filter",
    "zeroRecords": "Nothing fits the filter.",
    "emptyTable": "There is nothing to choose from.",
    "lengthMenu": "_MENU_ per page",
}


class Table(ITable):
    """An itables table that reaches the page with its data and is drawn once.

    Its own would be opened empty, filled by a second message, and drawn again whenever its data is sent
    again, as it is to a page that has just connected. But it listens to the first drawing only: after a
    second one every pick is lost.
    """

    # It is the class attribute that anywidget reads, and anywidget takes a text as well as a path.
    _esm = str(ITable._esm).replace("change:_dt_args", "change:_never")  # type: ignore[assignment]  # noqa: SLF001
    _filled = False

    def __init__(self, frame: DataFrame, **options: Any) -> None:  # noqa: ANN401 - what itables takes
        super().__init__(frame, **options)
        self._filled = True
        self.open()

    def open(self) -> None:
        """Tell the page of it, once it is filled."""
        if self._filled:
            super().open()


class PickTable(VBox):
    """A table to pick rows from; `on_pick` is told of each change on some thread, with the picked ids.

    A row stays picked under its id while the table is sorted, filtered and paged. Arrow keys move along
    the rows, the space bar picks.
    """

    def __init__(self, on_pick: Callable[[tuple[str, ...]], object], *, page: int = 8) -> None:
        super().__init__()
        self.add_class("drkit-picking")
        self._on_pick, self._page = on_pick, page
        self.ids: tuple[str, ...] = ()
        self.shown: Table | None = None

    def fill(
        self, heads: Sequence[str], rows: Mapping[str, Sequence[Text | int]], picked: Sequence[str] = ()
    ) -> None:
        """Show these rows (id to cells) in this order; numbers stand at the right and sort as numbers.

        A new table is made each time: one whose data is replaced no longer tells of picks.
        """
        before = self.shown
        self.ids = tuple(rows)
        wanted = frozenset(picked)
        self.shown = Table(
            _escaped(heads, rows),
            allow_html=True,
            maxBytes=0,
            select=_SELECT,
            selected_rows=[at for at, each in enumerate(self.ids) if each in wanted],
            showIndex=False,
            layout=_LAYOUT if len(rows) > self._page else dict.fromkeys(_LAYOUT),
            language=WORDS,
            pageLength=self._page,
            lengthMenu=[self._page, 25, 100],
            classes="display compact drkit-pick",
            style="width:100%",
            autoWidth=False,
            text_in_header_can_be_selected=False,
        )
        self.shown.observe(lambda _: self._on_pick(self.picked), "selected_rows")
        self.children = [self.shown]
        if before:
            before.close()

    @property
    def picked(self) -> tuple[str, ...]:
        """The ids of the picked rows, in the order of the rows."""
        chosen = sorted(self.shown.selected_rows) if self.shown else []
        return tuple(self.ids[at] for at in chosen if at < len(self.ids))

    def clear(self) -> None:
        """Pick nothing."""
        if self.shown:
            self.shown.selected_rows = []


def _escaped(heads: Sequence[str], rows: Mapping[str, Sequence[Text | int]]) -> DataFrame:
    cells = [[each if isinstance(each, int) else str(JOIN + each) for each in row] for row in rows.values()]
    return DataFrame([["", *row] for row in cells], columns=["", *heads])
