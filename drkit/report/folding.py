"""Many groups in one picture that does not grow with them: folded by where they are copied from and to."""

from collections import Counter
from collections.abc import Sequence

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle

from drkit.report.drawing import FAINT, Picture
from drkit.report.looks import WORST_FIRST, GroupLine, meanings
from drkit.report.marks import (
    FOOT,
    LEFT,
    LINE,
    WIDTH,
    canvas,
    description,
    draw_arrow,
    legend,
    sign,
    state_words,
    themed,
)
from drkit.showing import COLOURS, Look, count

MOST_DIRECTIONS, MOST_NAMED = 4, 8
_FOLD = 0.95  # the height of a direction with its three bars


def folded(lines: Sequence[GroupLine]) -> Markup:
    """How many groups, instances and pairs are in which state for each direction, and the first by name."""
    directions = Counter(line.direction for line in lines).most_common()
    shown = [key for key, _ in directions[:MOST_DIRECTIONS]]
    left = len(directions) - len(shown)
    height = _FOLD * len(shown) + 0.3 * bool(left) + LINE * (MOST_NAMED + 2) + FOOT
    with Picture(WIDTH, height) as picture:
        axes, top = canvas(picture, height), height
        for direction in shown:
            _direction(picture, axes, direction, [line for line in lines if line.direction == direction], top)
            top -= _FOLD
        if left:
            rest = sum(number for _, number in directions[MOST_DIRECTIONS:])
            words = f"and {count(rest, 'group')} in {count(left, 'other direction')}"
            axes.text(LEFT, top - 0.1, words, fontsize=8, va="center", color=FAINT)
            top -= 0.3
        _first_groups(picture, axes, lines, top)
        legend(picture, axes, "")
        return themed(picture.svg(description(lines)))


def _direction(
    picture: Picture, axes: Axes, direction: tuple[str, str], lines: Sequence[GroupLine], top: float
) -> None:
    """One zone, the other one, and between them how many things are in which state."""
    middle = top - _FOLD / 2
    for at, (zone, word) in enumerate(zip(direction, ("production", "DR site"), strict=True)):
        left = LEFT if at == 0 else LEFT + 2.3
        axes.text(left, middle + 0.1, picture.words(zone or "zone not told", 22), fontsize=9, va="center")
        axes.text(left, middle - 0.12, word, fontsize=7.5, va="center", color=FAINT)
    draw_arrow(axes, (LEFT + 1.65, middle), (LEFT + 2.2, middle), now=True)
    kinds = {
        "group": Counter(line.meaning for line in lines),
        "instance": sum((line.instances for line in lines), Counter[Look]()),
        "pair": sum((line.pairs for line in lines), Counter[Look]()),
    }
    for at, (kind, looks) in enumerate(kinds.items()):
        _bar(axes, count(looks.total(), kind), looks, top - 0.16 - LINE * at)


def _bar(axes: Axes, words: str, looks: Counter[Look], height: float) -> None:
    """A bar of parts, each as long as its share, with its number and sign; none is too short to be seen."""
    left, whole, total = 5.75, WIDTH - 5.75 - 0.2, looks.total()
    axes.text(left - 0.12, height, words, fontsize=8, va="center", ha="right")
    parts = [meaning for meaning in WORST_FIRST if looks[meaning]]
    least = 0.42
    spare = whole - least * len(parts)
    for meaning in parts:
        width = least + spare * looks[meaning] / total
        place = (left, height - 0.085)
        axes.add_patch(
            Rectangle(place, width - 0.03, 0.17, facecolor=COLOURS[meaning], alpha=0.22, linewidth=0)
        )
        sign(axes, left + 0.09, height, meaning, 18)
        axes.text(left + 0.18, height, f"{looks[meaning]:,}", fontsize=7.5, va="center")
        left += width


def _first_groups(picture: Picture, axes: Axes, lines: Sequence[GroupLine], top: float) -> None:
    """The groups that need attention most, one line each, and how many more there are."""
    wanting = sum(line.meaning is not Look.SOUND for line in lines)
    head = f"{count(wanting, 'group')} of {len(lines):,} {'needs' if wanting == 1 else 'need'} attention"
    axes.text(LEFT, top - 0.12, head, fontsize=9, weight="bold", va="center")
    shown = [line for line in lines if line.meaning is not Look.SOUND][:MOST_NAMED]
    for at, line in enumerate(shown, start=1):
        height = top - 0.14 - LINE * at
        sign(axes, LEFT + 0.05, height, line.meaning, 26)
        axes.text(LEFT + 0.2, height, picture.words(line.name, 40), fontsize=8.5, va="center")
        axes.text(3.6, height, picture.words(state_words(line), 44), fontsize=8.5, va="center")
        inside = {"instances": line.instances, "pairs": line.pairs}
        words = "; ".join(f"{kind}: {meanings(looks) or 'none'}" for kind, looks in inside.items())
        axes.text(6.4, height, picture.words(words, 90), fontsize=7.5, va="center", color=FAINT)
    if wanting > MOST_NAMED:
        more = f"and {count(wanting - MOST_NAMED, 'more group')}: the table has them all"
        axes.text(
            LEFT + 0.2, top - 0.14 - LINE * (MOST_NAMED + 1), more, fontsize=8, va="center", color=FAINT
        )
