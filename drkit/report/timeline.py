"""The pictures of the evidence report: what happened when, and where things stood before and after."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from drkit.execution import GroupSnapshot, ServerSnapshot, Stretch
from drkit.report.drawing import COLOURS, FAINT, INK, Picture, time_axis
from drkit.report.words import duration

WIDTH = 7.1  # inches: what A4 leaves between its margins
ROWS = 36  # on one picture, so that it fits on one page
_ROW, _LABEL = 0.2, 2.45


@dataclass(frozen=True, slots=True)
class Bar:
    """One step: in which phase it is, whether it `ended`, and its stretches on the run's clock."""

    number: str
    title: str
    phase: str
    stretches: tuple[Stretch, ...]
    ended: bool


@dataclass(frozen=True, slots=True)
class Mark:
    """A moment worth a line through the picture, in seconds from the start."""

    when: float
    words: str


def timelines(
    bars: Sequence[Bar], marks: Sequence[Mark], start: datetime, seconds: float
) -> tuple[Markup, ...]:
    """SVG pictures of all steps from the start on, as long as the run took, at most 36 steps on each."""
    chunks = [bars[at : at + ROWS] for at in range(0, len(bars), ROWS)]
    inside = [each for each in marks if 0 <= each.when <= seconds]
    return tuple(_timeline(chunk, inside, start, max(seconds, 1.0)) for chunk in chunks)


def _timeline(bars: Sequence[Bar], marks: Sequence[Mark], start: datetime, whole: float) -> Markup:
    moments = _by_moment(marks, whole)
    above = 0.15 * len(moments) + 0.1
    height = _ROW * len(bars) + above + 0.4
    room = (_LABEL / WIDTH, 0.4 / height, (WIDTH - _LABEL - 1.3) / WIDTH, _ROW * len(bars) / height)
    with Picture(WIDTH, height) as picture:
        axes = picture.figure.add_axes(room)
        axes.set(xlim=(0, whole), ylim=(len(bars) - 0.5, -0.5), yticks=[])
        axes.spines[["top", "right", "left"]].set_visible(False)
        axes.set_xlabel(f"since the start at {start:%H:%M:%S} UTC", color=FAINT, fontsize=7)
        time_axis(axes, whole)
        for row, bar in enumerate(bars):
            _bar(picture, axes, row, bar, whole)
        for level, (x, words) in enumerate(moments):
            _mark(picture, axes, x, words, level, whole)
        told = "; ".join(f"{each.number} {each.title}: {each.phase}" for each in bars)
        return picture.svg(f"Timeline of the steps. {told}")


def _by_moment(marks: Sequence[Mark], whole: float) -> list[tuple[float, str]]:
    """Where to draw a line and what to write on it; what falls together in the picture shares one."""
    lines: list[tuple[float, str]] = []
    for mark in sorted(marks, key=lambda each: each.when):
        x = mark.when
        if lines and x - lines[-1][0] < whole / 100:
            lines[-1] = (lines[-1][0], f"{lines[-1][1]}, {mark.words}")
        else:
            lines.append((x, mark.words))
    return lines


def _mark(picture: Picture, axes: Axes, x: float, words: str, level: int, whole: float) -> None:
    """A line at x, its words above the bars, each mark on a line of its own."""
    axes.axvline(x, color=INK, linewidth=0.8, linestyle=(0, (4, 2)), zorder=3)
    axes.annotate(
        picture.words(words, 90),
        (x, 1),
        (0, 3 + level * 0.15 * 72),
        xycoords=("data", "axes fraction"),
        textcoords="offset points",
        ha="right" if x > whole / 2 else "left",
        fontsize=7,
    )


def _bar(picture: Picture, axes: Axes, row: int, bar: Bar, whole: float) -> None:
    colour = COLOURS.get(bar.phase, FAINT)
    title = picture.words(f"{bar.number}  {bar.title}", 46)
    axes.annotate(title, (0, row), (-_LABEL * 72 + 4, 0), textcoords="offset points", va="center", fontsize=7)
    word = bar.phase
    if bar.stretches:
        seconds = bar.stretches[-1].end - bar.stretches[0].start
        for stretch in bar.stretches:
            axes.barh(
                row,
                max(stretch.end - stretch.start, whole / 250),
                left=stretch.start,
                height=0.55,
                color=f"{colour}33" if stretch.people or not bar.ended else colour,
                edgecolor=colour,
                linewidth=0.8,
                hatch="" if bar.ended else "////",
                clip_on=False,
            )
        word = f"{bar.phase}, {duration(seconds)}" if bar.ended else f"{bar.phase}, no end"
    axes.annotate(
        word,
        (1, row),
        (6, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        va="center",
        fontsize=7,
        color=colour,
    )


def topology(group: GroupSnapshot, title: str, left: str = "") -> Markup:
    """One group of a snapshot as an SVG picture: which zone is production, its servers and pairs.

    The zone named `left` stands at the left, so that two pictures of one group can be compared.
    """
    state = f"group {group['status']}"
    if group["replication"]:
        state += f", replication {group['replication']}"
    instances = group["instances"]
    sites = [
        ("production", group["production_zone"], [each["production_server"] for each in instances]),
        ("DR", group["dr_zone"], [each["dr_server"] for each in instances]),
    ]
    mirrored = bool(left) and group["dr_zone"] == left
    with Picture(WIDTH / 2 - 0.1, 1.75) as picture:
        axes = picture.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, 10), ylim=(0, 5))
        axes.axis("off")
        axes.text(0.15, 4.65, picture.words(title), fontsize=7.5, va="center", weight="bold")
        axes.text(0.15, 4.15, picture.words(state, 60), fontsize=7, va="center", color=FAINT)
        for x, site in zip((0.15, 6.05), reversed(sites) if mirrored else sites, strict=True):
            _site(picture, axes, x, *site)
        _copying(picture, axes, group, mirrored=mirrored)
        return picture.svg(f"{title}: {group['name']}, {state}, production in {group['production_zone']}")


def _site(
    picture: Picture, axes: Axes, left: float, word: str, zone: str, servers: Sequence[ServerSnapshot]
) -> None:
    edge = COLOURS["working"] if word == "production" else FAINT
    box = FancyBboxPatch(
        (left, 0.35), 3.8, 3.3, boxstyle="round,pad=0,rounding_size=0.15", facecolor="#f8fafc", edgecolor=edge
    )
    axes.add_patch(box)
    axes.text(left + 0.2, 3.25, word, fontsize=7, va="center", color=edge, weight="bold")
    axes.text(left + 0.2, 2.8, picture.words(zone or "zone not told", 26), fontsize=7, va="center")
    states = _counted([each["status"] or "not read" for each in servers if each["id"]])
    for row, line in enumerate(states[:4] or ["no servers"]):
        axes.text(left + 0.2, 2.2 - row * 0.48, picture.words(line, 28), fontsize=7, va="center")


def _copying(picture: Picture, axes: Axes, group: GroupSnapshot, *, mirrored: bool) -> None:
    active = group["replication"] == "active" or any(
        each["replication"] in {"active", "copying"} for each in group["pairs"]
    )
    axes.add_patch(
        FancyArrowPatch(
            (6.0 if mirrored else 4.0, 2.0),
            (4.0 if mirrored else 6.0, 2.0),
            arrowstyle="-|>",
            mutation_scale=9,
            linestyle="-" if active else (0, (2, 2)),
            color=INK if active else FAINT,
        )
    )
    count = len(group["pairs"])
    axes.text(5, 2.35, f"{count} pair{'' if count == 1 else 's'}", fontsize=7, ha="center")
    for row, line in enumerate(_counted([each["status"] for each in group["pairs"]])[:3]):
        axes.text(5, 1.5 - row * 0.42, picture.words(line, 16), fontsize=6.5, ha="center", va="center")


def _counted(words: Sequence[str]) -> list[str]:
    return [f"{words.count(each)} {each}" for each in sorted(set(words))]
