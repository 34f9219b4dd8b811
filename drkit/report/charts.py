"""Pictures for the screen: the zones with their groups, instances and pairs.

They take on the colours of the page they are put into (JupyterLab's themes). A few groups are drawn one by
one, many are folded by where they are copied from and to: the picture does not grow with the project.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import FancyBboxPatch

from drkit.model import Inventory, ProtectedInstance, ProtectionGroup, ReplicationPair, Server, Station
from drkit.report.drawing import FAINT, WORKING, Picture
from drkit.report.folding import folded
from drkit.report.looks import (
    NOT_JUDGED,
    WORST_FIRST,
    GroupLine,
    group_lines,
    look_of_instance,
    look_of_pair,
)
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
    signs,
    state_words,
    themed,
)
from drkit.showing import Look, count

MOST_GROUPS, MOST_PAIRS = 8, 24  # drawn one by one; more groups are folded, more pairs counted
MOST_INSTANCES, FEW = 10, 4  # of each group: while no more than so many groups are drawn, and otherwise

_ROOM_FOR_A_COUNT = 6  # signs fewer, where the number of pairs that are not drawn stands behind them
_HEAD = 0.62
_RIGHT, _BOX = 6.75, 3.7
_MIDDLE = (LEFT + _BOX + _RIGHT) / 2


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a group: a server on each side, and the pairs between them."""

    left: str
    right: str
    pairs: tuple[ReplicationPair, ...]
    words: str = ""
    meaning: Look | None = None


def zones(
    inventory: Inventory,
    groups: Iterable[ProtectionGroup],
    readiness: Mapping[str, str] = NOT_JUDGED,
) -> Markup:
    """Draw protection groups between their zones, as an SVG: servers, pairs, where production is.

    Groups that need attention come first. More than eight are folded: for each direction how many groups,
    instances and pairs are in which state, and below the first eight groups by name.
    """
    lines = group_lines(inventory, groups, readiness)
    few = len(lines) <= MOST_GROUPS
    return _one_by_one(inventory, lines) if few else folded(lines)


def _one_by_one(inventory: Inventory, lines: Sequence[GroupLine]) -> Markup:
    most = MOST_INSTANCES if len(lines) <= FEW else FEW
    drawn = [(line, _rows(inventory, line.group, most)) for line in lines]
    height = sum(_HEAD + LINE * len(rows) for _, rows in drawn) + FOOT
    with Picture(WIDTH, height) as picture:
        axes, top = canvas(picture, height), height
        for line, rows in drawn:
            _group(picture, axes, line, rows, top)
            top -= _HEAD + LINE * len(rows)
        legend(picture, axes, "→  copied this way; dashed: not now")
        return themed(picture.svg(description(lines)))


def _rows(inventory: Inventory, group: ProtectionGroup, most: int) -> list[_Row]:
    instances = sorted(inventory.instances_of(group.id), key=lambda each: (each.name, each.id))
    rows = [_row(inventory, each) for each in instances[:most]]
    if len(instances) > most:
        rows.append(_Row(f"and {count(len(instances) - most, 'more instance')}", "", ()))
    free = tuple(each for each in inventory.pairs_of(group.id) if not inventory.attachments_of(each.id))
    if free:
        rows.append(_Row("", "", free, "attached to none"))
    return rows or [_Row("no instances", "", ())]


def _row(inventory: Inventory, instance: ProtectedInstance) -> _Row:
    source, target = (
        _server_words(inventory.servers.get(each), instance)
        for each in (instance.source_server_id, instance.target_server_id)
    )
    attached = (inventory.pairs.get(each.pair_id) for each in inventory.attachments_on(instance.id))
    pairs = tuple(each for each in attached if each)
    return _Row(source, target, pairs, meaning=look_of_instance(instance))


def _server_words(server: Server | None, instance: ProtectedInstance) -> str:
    return f"{server.name}  {server.status}" if server else f"{instance.name}  server not read"


def _group(picture: Picture, axes: Axes, line: GroupLine, rows: Sequence[_Row], top: float) -> None:
    group = line.group
    sign(axes, LEFT + 0.05, top - 0.14, line.meaning, 34)
    axes.text(LEFT + 0.2, top - 0.14, picture.words(line.name, 60), fontsize=9.5, weight="bold", va="center")
    axes.text(
        _RIGHT + _BOX, top - 0.14, picture.words(state_words(line), 80), fontsize=8.5, va="center", ha="right"
    )
    bottom = top - _HEAD - LINE * len(rows) + 0.1
    sides = ((LEFT, group.source_zone, Station.SOURCE), (_RIGHT, group.target_zone, Station.TARGET))
    for left, zone, station in sides:
        _zone(picture, axes, (left, bottom, top - 0.28), zone, here=group.priority_station == station)
    _arrow(axes, group, top - 0.4)
    for at, row in enumerate(rows):
        _draw_row(picture, axes, row, top - _HEAD + 0.02 - LINE * at)


def _zone(picture: Picture, axes: Axes, box: tuple[float, float, float], zone: str, *, here: bool) -> None:
    left, bottom, top = box
    edge = WORKING if here else FAINT
    shape = "round,pad=0,rounding_size=0.06"
    axes.add_patch(
        FancyBboxPatch(
            (left, bottom),
            _BOX,
            top - bottom,
            boxstyle=shape,
            facecolor="none",
            edgecolor=edge,
            linewidth=1.6 if here else 0.8,
            linestyle="-" if here else (0, (4, 3)),
        )
    )
    axes.text(left + 0.1, top - 0.14, picture.words(zone or "zone not told", 30), fontsize=8, va="center")
    word = "production" if here else "DR site"
    weight = "bold" if here else "normal"
    axes.text(
        left + _BOX - 0.1, top - 0.14, word, fontsize=8, va="center", ha="right", color=edge, weight=weight
    )


def _arrow(axes: Axes, group: ProtectionGroup, height: float) -> None:
    """Which way the data goes; no arrow where nobody knows which side is production."""
    if not isinstance(group.priority_station, Station):
        return
    ends = [(LEFT + _BOX + 0.1, height), (_RIGHT - 0.1, height)]
    start, end = ends if group.priority_station == Station.SOURCE else ends[::-1]
    draw_arrow(axes, start, end, now=group.replication_status in {"active", "copying"})


def _draw_row(picture: Picture, axes: Axes, row: _Row, height: float) -> None:
    if row.meaning:
        sign(axes, LEFT + 0.14, height, row.meaning, 20)
    for left, words in ((LEFT + 0.14, row.left), (_RIGHT, row.right)):
        axes.text(left + 0.1, height, picture.words(words, 52), fontsize=8, va="center")
    if row.words:
        axes.text(LEFT + _BOX - 0.1, height, row.words, fontsize=8, va="center", ha="right", color=FAINT)
    left_out = len(row.pairs) > MOST_PAIRS
    most = MOST_PAIRS - _ROOM_FOR_A_COUNT if left_out else MOST_PAIRS
    shown = sorted(row.pairs, key=lambda pair: WORST_FIRST.index(look_of_pair(pair)))[:most]
    gap = 0.1
    first = LEFT + _BOX + 0.14 if left_out else _MIDDLE - gap * (len(shown) - 1) / 2
    for meaning in dict.fromkeys(map(look_of_pair, shown)):
        places = [first + gap * at for at, pair in enumerate(shown) if look_of_pair(pair) is meaning]
        signs(axes, places, height, meaning, 22)
    if left_out:
        more = f"+{len(row.pairs) - most:,}"
        axes.text(first + gap * most, height, more, fontsize=7, va="center", color=FAINT)
