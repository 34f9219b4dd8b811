"""A matrix on the screen: what is open now; a pressed cell says why not, and the shortest legal way."""

from collections.abc import Callable, Sequence

from ipywidgets import VBox
from markupsafe import Markup

from drkit.forms.attach.words import reason
from drkit.forms.live import Live
from drkit.forms.markup import JOIN, chip, lines
from drkit.forms.ways import WaysBox
from drkit.plan import Offer
from drkit.runbooks import NO_CELLS, Matrix, MatrixCell

_LOOKS = {"yes": "done", "not known": "unknown"}
_HINT = Markup('<p class="drkit-quiet">Press a cell: it says why, and the shortest legal way.</p>')


class MatrixBox(VBox):
    """The matrix, and below it what the pressed cell says, and its ways.

    `on_press` is told which one, on some thread.
    """

    def __init__(self, on_press: Callable[[tuple[str, str]], object], ways: WaysBox) -> None:
        self._keys: list[tuple[str, str]] = []
        self._matrix = NO_CELLS
        self._on_press = on_press
        self.shown = Live(on_press=self._pressed)
        self.answer = Live(_HINT, spoken="polite").add_class("drkit-answer")
        self.ways = ways
        super().__init__([self.shown, self.answer, ways])

    def fill(self, matrix: Matrix, head: str) -> None:
        """Show another matrix; `head` says what its rows are."""
        self._matrix, self._keys = matrix, list(matrix.cells)
        self.shown.show(matrix_table(matrix, head))
        self.answer.show(_HINT if matrix.cells else "")
        self.ways.show(())

    def cell(self, key: tuple[str, str]) -> MatrixCell | None:
        """A cell of the matrix that is shown; None once another one is that does not have it."""
        return self._matrix.cells.get(key)

    def show_answer(self, cell: MatrixCell, way: Sequence[Offer], now: Sequence[Offer] = ()) -> None:
        """Say what is behind a cell; of its way the first step can be taken now, and the offers in `now`."""
        self.answer.show(cell_words(cell, way))
        self.ways.show([*way[:1], *now], way[1:])

    def _pressed(self, press: str) -> None:
        if press.isdecimal() and int(press) < len(self._keys):
            self._on_press(self._keys[int(press)])


def matrix_table(matrix: Matrix, head: str) -> Markup:
    """The matrix as a table of buttons, numbered in the order of its cells."""
    numbers = {key: at for at, key in enumerate(matrix.cells)}
    heads = JOIN.join(Markup('<th scope="col">{}</th>').format(name) for name in matrix.columns.values())
    rows = JOIN.join(
        Markup('<tr><th scope="row">{}</th>{}</tr>').format(
            name,
            JOIN.join(_button(matrix.cells[row, column], numbers[row, column]) for column in matrix.columns),
        )
        for row, name in matrix.rows.items()
    )
    return Markup(
        '<div class="drkit-scroll"><table class="drkit-table drkit-matrix" aria-label="What is open now">'
        '<thead><tr><th scope="col">{}</th>{}</tr></thead><tbody>{}</tbody></table></div>'
    ).format(head, heads, rows)


def _button(cell: MatrixCell, number: int) -> Markup:
    word = f"{cell.already}, {cell.word}" if cell.already else cell.word
    return Markup('<td><button data-press="{}" tabindex="{}" title="{}">{}</button></td>').format(
        number, 0 if number == 0 else -1, cell.title, chip(word, look_of(cell))
    )


def look_of(cell: MatrixCell) -> str:
    """With which sign and colour a cell answers: that something is not open now is no trouble."""
    return _LOOKS.get(cell.word, "waiting")


def cell_words(cell: MatrixCell, way: Sequence[Offer]) -> Markup:
    """What is behind a cell: every reason, what was not asked, and the shortest legal way."""
    head = Markup("<p>{} <b>{}</b></p>").format(chip(cell.word, look_of(cell)), cell.title)
    steps = JOIN.join(Markup("<li>{}</li>").format(each.words) for each in way)
    shortest = Markup("<p>The shortest legal way there:</p><ol>{}</ol>").format(steps) if way else JOIN
    open_ = JOIN if cell.objections or cell.unread else Markup("<p>Nothing speaks against it now.</p>")
    return head + lines(map(reason, cell.objections)) + lines(cell.unread) + shortest + open_
