"""Picking rows from a table: sorted, filtered, by mouse or keyboard, also out of 10,000 of them.

The kernel keeps the rows and sends the page that is shown: a press is one message, and its answer one page.
"""

import re
import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from html import unescape
from itertools import islice

from ipywidgets import Button, HBox, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.forms.live import Live
from drkit.forms.markup import JOIN, Text

Cells = Sequence[Text | int]
_TAG = re.compile(r"<[^>]*>")


class PickTable(VBox):
    """A table to pick rows from; `on_pick` is told of each change on some thread, with the picked ids.

    A row stays picked under its id while the table is sorted, filtered and paged. Arrow keys move along
    the rows, the space bar picks.
    """

    def __init__(
        self, on_pick: Callable[[tuple[str, ...]], object], *, page: int = 8, label: str = "To pick from"
    ) -> None:
        self._on_pick, self._page, self._label = on_pick, page, label
        # Presses and typing come on any thread, rows from the form's own.
        self._changing = threading.RLock()
        self.ids: tuple[str, ...] = ()
        self._heads: tuple[str, ...] = ()
        self._rows: Mapping[str, Cells] = {}
        self._fitting: frozenset[str] = frozenset()
        self._picked: set[str] = set()
        self._texts: dict[str, str] = {}
        self._order: tuple[int, bool] | None = None  # the column, and whether from its end
        self._keys: list[str] = []  # what fits the filter, in the order that is shown
        self._numbers: dict[str, int] = {}
        self._first = 0
        self._touched = ""
        self.filter = TextField(description="Filter", placeholder="any word, any column")
        self.filter.observe(lambda _: self._arrange(), "value")
        self.all = Button(tooltip="Pick every row that fits the filter and can be done")
        self.all.on_click(lambda _: self._pick_all())
        self.none = Button(description="Pick none")
        self.none.on_click(lambda _: self.clear())
        self.shown = Live(on_press=self._pressed)
        row = HBox([self.filter, self.all, self.none]).add_class("drkit-picking-row")
        super().__init__([row, self.shown])
        self.add_class("drkit-picking")
        self._show()

    def fill(
        self,
        heads: Sequence[str],
        rows: Mapping[str, Cells],
        picked: Sequence[str] = (),
        fitting: Collection[str] | None = None,
        *,
        keep: bool = False,
    ) -> None:
        """Show these rows (id to cells) in this order; numbers stand at the right and sort as numbers.

        `fitting` are those that "pick all" picks, where not all of them. `keep`: what is picked, typed,
        sorted and turned to stays.
        """
        with self._changing:
            self.ids, self._heads, self._rows, self._texts = tuple(rows), tuple(heads), rows, {}
            self._fitting = frozenset(self.ids if fitting is None else fitting)
            self._picked = {each for each in (self._picked if keep else picked) if each in rows}
            self._numbers = {key: at for at, key in enumerate(self.ids)}
            first = self._first if keep else 0
            if not keep:
                self._order, self._touched = None, ""
                self.filter.value = ""
            self.filter.layout.display = "" if len(rows) > self._page else "none"
            self.all.layout.display = self.none.layout.display = "" if rows else "none"
        self._arrange(first)

    @property
    def touched(self) -> str:
        """The id of the row that was pressed last; empty where none was."""
        with self._changing:
            return self._touched

    @property
    def picked(self) -> tuple[str, ...]:
        """The ids of the picked rows, in the order of the rows."""
        with self._changing:
            return tuple(each for each in self.ids if each in self._picked)

    def pick(self, ids: Sequence[str]) -> None:
        """Pick these rows and no others."""
        with self._changing:
            self._picked = {each for each in ids if each in self._rows}
        self._show()
        self._on_pick(self.picked)

    def clear(self) -> None:
        """Pick nothing."""
        self.pick(())

    def _pick_all(self) -> None:
        with self._changing:
            wanted = [*self._picked, *(each for each in self._keys if each in self._fitting)]
        self.pick(wanted)

    def _arrange(self, first: int = 0) -> None:
        with self._changing:
            self._keys = self._sorted(self._filtered())
        self._turn(first)

    def _turn(self, first: int) -> None:
        with self._changing:
            self._first = first
        self._show()

    def _pressed(self, press: str) -> None:
        """A row by its number, a head by its column, or a page by its first row."""
        what, _, number = press.partition(":")
        at = int(number) if number.isdecimal() else -1
        if what == "page" and at >= 0:
            self._turn(at)
        elif what == "head" and 0 <= at < len(self._heads):
            with self._changing:
                self._order = (at, self._order == (at, False))
            self._arrange()
        elif what == "row" and 0 <= at < len(self.ids):
            with self._changing:
                self._touched = self.ids[at]
                self._picked ^= {self._touched}
            self._show()
            self._on_pick(self.picked)

    def _filtered(self) -> list[str]:
        part = str(self.filter.value).casefold().strip()
        if not part:
            return list(self.ids)
        if not self._texts:
            self._texts = {key: " ".join(map(_plain, row)).casefold() for key, row in self._rows.items()}
        fitting = list(self.ids)
        for word in part.split():
            fitting = [key for key in fitting if word in self._texts[key]]
        return fitting

    def _sorted(self, keys: list[str]) -> list[str]:
        if self._order is None:
            return keys
        column, backwards = self._order
        return sorted(keys, key=lambda key: _sorting(self._rows[key][column]), reverse=backwards)

    def _show(self) -> None:
        with self._changing:
            keys = self._keys
            self._first = self._first if self._first < len(keys) else 0
            page = keys[self._first : self._first + self._page]
            focus = self._touched if self._touched in page else next(iter(page), "")
            rows = JOIN.join(self._row(key, focus=key == focus) for key in page)
            fits = sum(key in self._fitting for key in keys)
            self.all.description = f"Pick all that fit ({fits:,})"
            self.all.disabled = not fits
            self.shown.show(self._table(rows) + self._foot(len(keys)))

    def _row(self, key: str, *, focus: bool) -> Markup:
        picked = key in self._picked
        number, text = Markup('<td class="drkit-number">{}</td>'), Markup("<td>{}</td>")
        cells = JOIN.join(
            (number if isinstance(each, int) else text).format(each) for each in self._rows[key]
        )
        return Markup(
            '<tr data-press="row:{}" tabindex="{}" aria-selected="{}"{}><td aria-hidden="true"></td>{}</tr>'
        ).format(
            self._numbers[key],
            0 if focus else -1,
            "true" if picked else "false",
            Markup(' class="selected"') if picked else JOIN,
            cells,
        )

    def _table(self, rows: Markup) -> Markup:
        heads = JOIN.join(self._head(at, name) for at, name in enumerate(self._heads))
        empty = "Nothing fits the filter." if self.ids else "There is nothing to choose from."
        body = rows or Markup('<tr><td></td><td colspan="{}">{}</td></tr>').format(len(self._heads), empty)
        return Markup(
            '<table class="drkit-table drkit-pick" role="grid" aria-label="{}" aria-multiselectable="true">'
            '<thead><tr><th aria-label="picked"></th>{}</tr></thead><tbody>{}</tbody></table>'
        ).format(self._label, heads, body)

    def _head(self, at: int, name: str) -> Markup:
        sorting = {(at, False): "ascending", (at, True): "descending"}.get(self._order or (-1, False), "none")
        sign = {"ascending": " ▴", "descending": " ▾"}.get(sorting, "")
        right = any(isinstance(row[at], int) for row in islice(self._rows.values(), 1))
        return Markup(
            '<th aria-sort="{}" class="{}"><button tabindex="-1" data-press="head:{}">{}{}</button></th>'
        ).format(sorting, "drkit-number" if right else "", at, name, sign)

    def _foot(self, fitting: int) -> Markup:
        if len(self.ids) <= self._page:
            return JOIN
        last = min(self._first + self._page, fitting)
        in_all = f" (of {len(self.ids):,} in all)" if fitting < len(self.ids) else ""
        told = f"{self._first + 1:,} to {last:,} of {fitting:,}{in_all}" if fitting else "nothing fits"
        back, on = max(self._first - self._page, 0), self._first + self._page
        end = max(fitting - 1, 0) // self._page * self._page
        steps = (("First", 0, self._first), ("Back", back, self._first), ("On", on, fitting - on),
                 ("Last", end, fitting - on))  # fmt: skip
        turns = JOIN.join(
            Markup('<button class="jupyter-button" data-press="page:{}"{}>{}</button>').format(
                place, JOIN if open_ > 0 else Markup(" disabled"), word
            )
            for word, place, open_ in steps
        )
        foot = Markup('<div class="drkit-pages" aria-live="polite">{}<span>{}</span></div>')
        return foot.format(turns, told)


def _plain(cell: Text | int) -> str:
    if not isinstance(cell, Markup):
        return str(cell)
    return unescape(_TAG.sub(" ", cell)) if "<" in cell or "&" in cell else str(cell)


def _sorting(cell: Text | int) -> tuple[int, int, str]:
    return (0, cell, "") if isinstance(cell, int) else (1, 0, _plain(cell).casefold())
