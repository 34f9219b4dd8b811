"""What the pictures of groups have in common: canvas, signs, arrows, legend, and the colours of a page."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch

from drkit.report.drawing import FAINT, INK, PAPER, WORKING, Picture
from drkit.report.looks import WORDS, WORST_FIRST, GroupLine
from drkit.showing import COLOURS, Look, colour

WIDTH = 10.6  # inches
LEFT, LINE, FOOT = 0.15, 0.25, 0.34

SIGNS = {
    Look.SOUND: "s",
    Look.EXPOSED: "^",
    Look.MOVING: ">",
    Look.TROUBLE: "X",
    Look.UNKNOWN: "D",
    Look.RESTING: "o",
}
_SHOWN = WORST_FIRST[::-1]
_THEME = {
    INK: f"var(--jp-ui-font-color1, {INK})",
    FAINT: f"var(--jp-ui-font-color2, {FAINT})",
    PAPER: f"var(--jp-layout-color1, {PAPER})",
    WORKING: f"var(--jp-brand-color1, {WORKING})",
    **{COLOURS[meaning]: colour(meaning) for meaning in _SHOWN},
}


def canvas(picture: Picture, height: float) -> Axes:
    """The whole picture as axes in inches, from the bottom left."""
    axes = picture.figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, WIDTH), ylim=(0, height))
    axes.axis("off")
    return axes


def state_words(line: GroupLine) -> str:
    """The service's word, and what it means: the colour is never alone."""
    group = line.group
    moving = f", {group.progress} %" if line.meaning is Look.MOVING and group.progress else ""
    return f"{group.status}{moving} · {line.readiness or WORDS[line.meaning]}"


def sign(axes: Axes, x: float, y: float, meaning: Look, size: float) -> None:
    """The sign of a look, in its colour; `size` is its area in square points."""
    signs(axes, [x], y, meaning, size)


def signs(axes: Axes, places: Sequence[float], y: float, meaning: Look, size: float) -> None:
    """The same sign at several places of one line."""
    axes.plot(
        places,
        [y] * len(places),
        linestyle="none",
        marker=SIGNS[meaning],
        markersize=size**0.5,
        color=COLOURS[meaning],
        markeredgewidth=0,
    )


def draw_arrow(axes: Axes, start: tuple[float, float], end: tuple[float, float], *, now: bool) -> None:
    """From production to the DR site; dashed where nothing is copied now."""
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            color=INK if now else FAINT,
            linestyle="-" if now else (0, (2, 2)),
        )
    )


def legend(picture: Picture, axes: Axes, words: str) -> None:
    """What the signs stand for, at the bottom, and some words more."""
    place = LEFT + 0.05
    for meaning in _SHOWN:
        sign(axes, place, 0.14, meaning, 22)
        axes.text(place + 0.1, 0.14, WORDS[meaning], fontsize=8, va="center", color=FAINT)
        place += 0.33 + 0.07 * len(WORDS[meaning])
    axes.text(place, 0.14, picture.words(words, 60), fontsize=8, va="center", color=FAINT)


def description(lines: Sequence[GroupLine]) -> str:
    """What the picture says, for who does not see it."""
    states = Counter(f"{line.group.status} ({WORDS[line.meaning]})" for line in lines)
    told = ", ".join(f"{number} {state}" for state, number in states.items())
    return f"Groups between their zones: {told or 'there is none'}. The table below says the same."


def themed(svg: Markup) -> Markup:
    """Let the page's colours take the place of ink and paper."""
    for ours, variable in _THEME.items():
        svg = svg.replace(f": {ours}", f": {variable}")
    return svg
