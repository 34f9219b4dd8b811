"""Pictures for the screen: the zones with their groups, instances and pairs.

They take on the colours of the page they are put into (JupyterLab's themes).
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.patches import FancyArrowPatch, FancyBboxPatch

from drkit.model import Inventory, Phase, ProtectedInstance, ProtectionGroup, ReplicationPair, Server, Station
from drkit.report.drawing import COLOURS, FAINT, INK, PAPER, Picture

WIDTH = 10.6  # inches
MOST_GROUPS, MOST_INSTANCES, MOST_PAIRS = 8, 10, 24  # drawn one by one; the rest is counted

_LINE = 0.25
_HEAD = 0.62
_FOOT = 0.34
_LEFT, _RIGHT, _BOX = 0.15, 6.75, 3.7
_MIDDLE = (_LEFT + _BOX + _RIGHT) / 2

_LOOKS = {
    Phase.SETTLED: ("done", "s"),
    Phase.MOVING: ("working", ">"),
    Phase.BROKEN: ("failed", "X"),
    Phase.UNKNOWN: ("unknown", "D"),
}
_WORDS = {
    Phase.SETTLED: "pair at rest",
    Phase.MOVING: "pair in transition",
    Phase.BROKEN: "pair in trouble",
    Phase.UNKNOWN: "pair in an unknown state",
}
_THEME = {
    INK: f"var(--jp-ui-font-color1, {INK})",
    FAINT: f"var(--jp-ui-font-color2, {FAINT})",
    PAPER: f"var(--jp-layout-color1, {PAPER})",
    COLOURS["done"]: f"var(--jp-success-color1, {COLOURS['done']})",
    COLOURS["working"]: f"var(--jp-brand-color1, {COLOURS['working']})",
    COLOURS["failed"]: f"var(--jp-error-color1, {COLOURS['failed']})",
    COLOURS["unknown"]: f"var(--jp-warn-color1, {COLOURS['unknown']})",
}


@dataclass(frozen=True, slots=True)
class _Row:
    """One line of a group: a server on each side, and the pairs between them."""

    left: str
    right: str
    pairs: tuple[ReplicationPair, ...]
    words: str = ""


def zones(inventory: Inventory, group: str = "") -> Markup:
    """Draw each protection group between its two zones, as an SVG: servers, pairs, where production is.

    Groups in trouble come first; of many things the first few are drawn and the others counted. `group`, a
    name or an id, draws that one alone. Raises `UnknownNameError`.
    """
    groups = [inventory.group(group)] if group else by_trouble(inventory.groups.values())
    drawn = [(each, _rows(inventory, each)) for each in groups[:MOST_GROUPS]]
    height = sum(_HEAD + _LINE * len(rows) for _, rows in drawn) + _FOOT
    with Picture(WIDTH, height) as picture:
        axes = picture.figure.add_axes((0, 0, 1, 1))
        axes.set(xlim=(0, WIDTH), ylim=(0, height))
        axes.axis("off")
        top = height
        for each, rows in drawn:
            _group(picture, axes, each, rows, top)
            top -= _HEAD + _LINE * len(rows)
        _legend(picture, axes, len(groups) - len(drawn))
        return _themed(picture.svg(_description(groups)))


def by_trouble(groups: Iterable[ProtectionGroup]) -> list[ProtectionGroup]:
    """The groups with those in trouble first, then by name."""
    order = (Phase.BROKEN, Phase.UNKNOWN, Phase.MOVING, Phase.SETTLED)
    return sorted(groups, key=lambda each: (order.index(each.status.phase), each.name, each.id))


def _rows(inventory: Inventory, group: ProtectionGroup) -> list[_Row]:
    instances = sorted(inventory.instances_of(group.id), key=lambda each: (each.name, each.id))
    rows = [_row(inventory, each) for each in instances[:MOST_INSTANCES]]
    if len(instances) > MOST_INSTANCES:
        words = f"and {len(instances) - MOST_INSTANCES:,} more instances"
        rows.append(_Row(words, "", ()))
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
    return _Row(source, target, tuple(each for each in attached if each))


def _server_words(server: Server | None, instance: ProtectedInstance) -> str:
    return f"{server.name}  {server.status}" if server else f"{instance.name}  server not read"


def _group(picture: Picture, axes: Axes, group: ProtectionGroup, rows: Sequence[_Row], top: float) -> None:
    looks, _ = _LOOKS[group.status.phase]
    axes.text(_LEFT, top - 0.14, picture.words(group.name, 60), fontsize=9.5, weight="bold", va="center")
    status = f"{group.status}" + (f", {group.progress} %" if group.status.phase == Phase.MOVING else "")
    axes.text(
        _RIGHT + _BOX,
        top - 0.14,
        picture.words(status),
        fontsize=8.5,
        va="center",
        ha="right",
        color=COLOURS[looks],
    )
    bottom = top - _HEAD - _LINE * len(rows) + 0.1
    sides = ((_LEFT, group.source_zone, Station.SOURCE), (_RIGHT, group.target_zone, Station.TARGET))
    for left, zone, station in sides:
        _zone(picture, axes, (left, bottom, top - 0.28), zone, here=group.priority_station == station)
    _arrow(axes, group, top - 0.4)
    for at, row in enumerate(rows):
        _draw_row(picture, axes, row, top - _HEAD + 0.02 - _LINE * at)


def _zone(picture: Picture, axes: Axes, box: tuple[float, float, float], zone: str, *, here: bool) -> None:
    left, bottom, top = box
    edge = COLOURS["working"] if here else FAINT
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
    ends = [(_LEFT + _BOX + 0.1, height), (_RIGHT - 0.1, height)]
    start, end = ends if group.priority_station == Station.SOURCE else ends[::-1]
    copying = group.replication_status in {"active", "copying"}
    axes.add_patch(
        FancyArrowPatch(
            start,
            end,
            arrowstyle="-|>",
            mutation_scale=9,
            color=INK if copying else FAINT,
            linestyle="-" if copying else (0, (2, 2)),
        )
    )


def _draw_row(picture: Picture, axes: Axes, row: _Row, height: float) -> None:
    for left, words in ((_LEFT, row.left), (_RIGHT, row.right)):
        axes.text(left + 0.1, height, picture.words(words, 52), fontsize=8, va="center")
    if row.words:
        axes.text(_LEFT + _BOX - 0.1, height, row.words, fontsize=8, va="center", ha="right", color=FAINT)
    shown = row.pairs[:MOST_PAIRS]
    gap = 0.1
    first = _MIDDLE - gap * (len(shown) - 1) / 2
    for phase, (looks, marker) in _LOOKS.items():
        places = [first + gap * at for at, pair in enumerate(shown) if pair.status.phase == phase]
        if places:
            axes.scatter(
                places, [height] * len(places), s=22, marker=marker, color=COLOURS[looks], linewidths=0
            )
    if len(row.pairs) > MOST_PAIRS:
        more = f"+{len(row.pairs) - MOST_PAIRS:,}"
        axes.text(_RIGHT - 0.08, height, more, fontsize=7, va="center", ha="right", color=FAINT)


def _legend(picture: Picture, axes: Axes, left_out: int) -> None:
    place = _LEFT + 0.05
    for phase, (looks, marker) in _LOOKS.items():
        axes.scatter([place], [0.14], s=22, marker=marker, color=COLOURS[looks], linewidths=0)
        axes.text(place + 0.1, 0.14, _WORDS[phase], fontsize=8, va="center", color=FAINT)
        place += 0.35 + 0.075 * len(_WORDS[phase])
    axes.text(place, 0.14, "→  copied this way; dashed: not now", fontsize=8, va="center", color=FAINT)
    if left_out:
        more = picture.words(f"and {left_out:,} more groups")
        axes.text(_RIGHT + _BOX, 0.14, more, fontsize=8, va="center", ha="right", color=FAINT)


def _description(groups: Sequence[ProtectionGroup]) -> str:
    by_status = Counter(str(each.status) for each in groups)
    return "Groups between their zones: " + ", ".join(
        f"{number} {status}" for status, number in by_status.items()
    )


def _themed(svg: Markup) -> Markup:
    """Let the page's colours take the place of ink and paper."""
    for colour, variable in _THEME.items():
        svg = svg.replace(f": {colour}", f": {variable}")
    return svg
