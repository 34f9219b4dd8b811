"""How pictures become SVG: the same figure gives the same bytes (with one version of matplotlib), and no text
in it can do anything.
"""

import io
import math
import re
import threading
from contextlib import ExitStack
from html import escape
from typing import Self

from markupsafe import Markup
from matplotlib import style
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from drkit import showing
from drkit.showing import Look

INK, FAINT, PAPER, WORKING = "#1b1f24", "#6b7280", "#ffffff", "#2563a8"
FONTS = "Helvetica Neue, Arial, Liberation Sans, DejaVu Sans, sans-serif"
COLOURS = {
    "done": showing.COLOURS[Look.SOUND],
    "failed": showing.COLOURS[Look.TROUBLE],
    "unknown": showing.COLOURS[Look.UNKNOWN],
    "skipped": showing.COLOURS[Look.EXPOSED],
    "not sent": FAINT,
    "working": WORKING,
    "ready": WORKING,
    "waiting": FAINT,
}
"""Colours of the states of steps, told apart by the colour-blind; a word always stands beside them."""

_STYLE = {
    "svg.hashsalt": "drkit",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 8,
    "date.converter": "concise",
    "axes.labelsize": 7,
    "axes.edgecolor": FAINT,
    "text.color": INK,
    "xtick.color": FAINT,
    "hatch.linewidth": 0.6,
}
_NOTHING = {"Date": None, "Creator": None, "Format": None, "Type": None}
_TOKEN = re.compile(r"@(\d+)@")
_one_at_a_time = threading.RLock()  # the module's: matplotlib's settings belong to the whole process


class Picture:
    """A figure of so many inches, drawn within `with Picture(...) as picture:`.

    A text of a server may hold formulas for matplotlib, letters its font lacks, or markup: so `words`
    draws a token in its place, and the escaped text is put in when the SVG is made.
    """

    def __init__(self, width: float, height: float) -> None:
        self._size = (width, height)
        self._texts: list[str] = []
        self._inside = ExitStack()

    def __enter__(self) -> Self:
        self._inside.enter_context(_one_at_a_time)
        self._inside.enter_context(style.context(["default", _STYLE]))
        self.figure = Figure(figsize=self._size, facecolor=PAPER)
        FigureCanvasSVG(self.figure)
        return self

    def __exit__(self, *_error: object) -> None:
        self._inside.close()

    def words(self, text: str, longest: int = 48) -> str:
        """What to hand to matplotlib in place of the text, which is cut to so many characters."""
        self._texts.append(shortened(text, longest))
        return f"@{len(self._texts) - 1}@"

    def svg(self, description: str) -> Markup:
        """The picture as an `<svg>` element for a page, with a description for those who can't see it."""
        drawn = io.StringIO()
        self.figure.savefig(drawn, format="svg", metadata=_NOTHING)
        text = drawn.getvalue()
        text = text[text.index("<svg") :].strip()
        text = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>\s*", "", text, count=1, flags=re.DOTALL)
        text = re.sub(r'<g id="[^"]*"', "<g", text).replace("font-family: 'DejaVu Sans', sans-serif; ", "")
        text = _TOKEN.sub(lambda found: escape(self._texts[int(found[1])]), text)
        label = f'<svg font-family="{FONTS}" role="img" aria-label="{escape(clean(description))}" '
        return Markup(text.replace("<svg ", label, 1))  # noqa: S704  # every text in it is escaped here


def clean(text: str) -> str:
    """The text on one line, without characters that XML forbids."""
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())


def shortened(text: str, longest: int) -> str:
    """The text on one line, cut in the middle to so many characters: both ends of a name tell."""
    line = clean(text)
    if len(line) <= longest:
        return line
    head = (longest - 1) * 2 // 3
    return f"{line[:head]}…{line[len(line) - (longest - 1 - head) :]}"


def time_axis(axes: Axes, whole: float) -> None:
    """Mark the x axis, which has so many seconds, at round spans of time."""
    steps = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 28800, 43200, 86400)
    step = next((each for each in steps if whole / each <= 6), math.ceil(whole / 6 / 86400) * 86400)
    places = [step * at for at in range(int(whole // step) + 1)]
    axes.set_xticks(places, [_tick(each, step) for each in places], fontsize=7)
    axes.grid(visible=True, axis="x", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)


def _tick(seconds: int, step: int) -> str:
    size, unit = (1, "s") if step < 60 else (60, "min") if step < 3600 else (3600, "h")
    return f"{seconds // size} {unit}"
