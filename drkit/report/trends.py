"""The pictures of a review: recovery times against their targets, and how long steps take."""

from collections.abc import Sequence
from typing import Any

import pandas as pd
from markupsafe import Markup
from matplotlib.axes import Axes

from drkit.report.drawing import COLOURS, FAINT, INK, Picture, time_axis
from drkit.report.words import duration

LINES = ("#2563a8", "#b45309", "#0f7a5a", "#8b2f8f", "#4b5563", "#be185d", "#0e7490", "#713f12")
MOST_STEPS = 16
MOST_SHARE = 400.0  # percent; what took longer is drawn there and said in figures
WIDTH = 8.6  # inches
_ROW = 0.28


class Drawing(Markup):
    """An SVG element that a notebook shows; empty where there is nothing to draw."""

    __slots__ = ()

    def _repr_svg_(self) -> str | None:
        return str(self) or None


def recovery_picture(rehearsals: pd.DataFrame, title: str) -> Drawing:
    """Each outage as a share of its target: up to 100 % it was kept. The 8 groups rehearsed last.

    A dotted line is what the service took of it; what lies above was waiting for people.
    """
    measured = rehearsals.dropna(subset=["recovery_seconds", "target_seconds"])
    if measured.empty:
        return Drawing()
    true_share = (100 * measured["recovery_seconds"] / measured["target_seconds"]).astype("float64")
    share = true_share.clip(upper=MOST_SHARE)
    top = max(float(share.max()) * 1.1, 120)
    with Picture(WIDTH, 3.2) as picture:
        axes = picture.figure.add_axes((0.08, 0.14, 0.7, 0.72))
        axes.set(ylim=(0, top), ylabel="outage, % of its target; dotted: without people")
        axes.axhline(100, color=INK, linewidth=0.8, linestyle=(0, (4, 2)))
        ends = [(100.0, "target", INK)]
        for colour, group in zip(LINES, measured["group"].unique(), strict=False):
            mine = measured["group"] == group
            _line(axes, measured[mine], share[mine], colour)
            served = (measured["recovery_seconds"] - measured["people_seconds"]) / measured["target_seconds"]
            when = [each.to_pydatetime() for each in measured[mine]["started_at"]]
            alone = (100 * served[mine]).astype("float64").clip(upper=MOST_SHARE).tolist()
            axes.plot(when, alone, color=colour, linewidth=1, linestyle=":", marker=".", markersize=3)
            beyond = float(true_share[mine].iloc[0])
            name = f"{group}: {beyond:,.0f} %" if beyond > MOST_SHARE else str(group)
            ends.append((float(share[mine].iloc[0]), name, colour))
        _names(picture, axes, ends, top * 0.055)
        _plain(axes)
        _room(axes, measured["started_at"])
        axes.set_title(picture.words(f"Recovery times. {title}", 90), fontsize=8, loc="left")
        return Drawing(picture.svg(f"Recovery times as a share of their targets. {title}"))


def _line(axes: Axes, rows: pd.DataFrame, share: "pd.Series[float]", colour: str) -> None:
    when = [each.to_pydatetime() for each in rows["started_at"]]
    axes.plot(when, share.tolist(), color=colour, linewidth=1)
    for x, y, kept in zip(when, share, rows["kept"].fillna(True), strict=True):
        marker, size = ("o", 4) if kept else ("X", 7)
        axes.plot([x], [y], marker=marker, color=colour, markersize=size, zorder=3)


def _names(picture: Picture, axes: Axes, ends: Sequence[tuple[float, str, str]], apart: float) -> None:
    """Names at the right, beside the ends of their lines, none upon another."""
    at = -apart
    for y, name, colour in sorted(ends):
        at = max(y, at + apart)
        _beside(picture, axes, 1, at, name, colour)


def _plain(axes: Axes) -> None:
    axes.margins(x=0.04)
    axes.tick_params(labelsize=7)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(visible=True, axis="y", color="#e5e7eb", linewidth=0.6)
    axes.set_axisbelow(True)


def _room(axes: Axes, moments: "pd.Series[pd.Timestamp]") -> None:
    """A day before the first and after the last, so that runs of one day do not span years."""
    day = pd.Timedelta(days=1)
    ends: list[Any] = [(moments.min() - day).to_pydatetime(), (moments.max() + day).to_pydatetime()]
    axes.plot(ends, [0, 0], alpha=0)


def durations_picture(steps: pd.DataFrame, title: str) -> Drawing:
    """From the fastest to the slowest of each kind of step, the usual one as a dot; the 16 slowest."""
    rows = steps[steps["slowest_seconds"] > 0].head(MOST_STEPS)
    if rows.empty:
        return Drawing()
    tall = _ROW * len(rows)
    slowest = float(rows["slowest_seconds"].max())
    with Picture(WIDTH, tall + 0.9) as picture:
        axes = picture.figure.add_axes((0.22, 0.45 / (tall + 0.9), 0.4, tall / (tall + 0.9)))
        axes.set(xlim=(0, slowest * 1.05), ylim=(len(rows) - 0.5, -0.5), yticks=[])
        time_axis(axes, slowest)
        axes.spines[["top", "right", "left"]].set_visible(False)
        for at, row in enumerate(rows.to_dict("records")):
            ends = [row["fastest_seconds"], row["slowest_seconds"]]
            axes.plot(ends, [at, at], color=COLOURS["working"], linewidth=4, alpha=0.35)
            axes.plot([row["usual_seconds"]], [at], marker="o", color=COLOURS["working"], markersize=6)
            usual, longest = duration(row["usual_seconds"]), duration(row["slowest_seconds"])
            _beside(picture, axes, 0, at, row["step"], INK)
            often = "once" if row["times"] == 1 else f"{row['times']} times"
            told = f"usually {usual}, slowest {longest}, seen {often}"
            _beside(picture, axes, 1, at, told, FAINT)
        axes.set_title(picture.words(f"How long steps take. {title}", 90), fontsize=8, loc="left")
        return Drawing(picture.svg(f"How long steps take. {title}"))


def _beside(picture: Picture, axes: Axes, x: int, y: float, words: str, colour: str) -> None:
    """Words outside the axes, at their left (x 0) or right (x 1) edge."""
    axes.annotate(
        picture.words(words, 60),
        (x, y),
        (6 if x else -6, 0),
        xycoords=("axes fraction", "data"),
        textcoords="offset points",
        ha="left" if x else "right",
        va="center",
        fontsize=7.5,
        color=colour,
    )
