"""What is shown with and without a screen: the picture of the zones, and tables. HTML, and no widgets."""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from IPython.display import HTML
from markupsafe import Markup

from drkit import report
from drkit.forms.band import band
from drkit.forms.markup import Text, lines, moment, readiness_chip, status_chip, style_sheet, table
from drkit.model import Inventory, ProtectionGroup
from drkit.report import NOT_JUDGED, GroupLine
from drkit.runbooks import NO_CELLS, TABLES, ExploreSession

if TYPE_CHECKING:
    from pandas import DataFrame

_HEADS = ("Group", "State", "Readiness", "Production → DR site", "Instances", "Pairs")


class PlainLook:
    """What the notebook to look around shows without a screen: a picture and tables."""

    def __init__(self, session: ExploreSession) -> None:
        self.session = session
        session.read()

    def __getattr__(self, name: str) -> "DataFrame":
        if name not in TABLES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        return self.session.filtered(name).frame

    def top(self) -> HTML:
        """The band: where all of this is, and when it was read."""
        inventory = self.session.inventory
        where, read = inventory.backend, moment(inventory.read_at)
        places = {"region": where.region, "project": where.project, "read at": read}
        return HTML(
            f"{style_sheet()}{band(where, places, self.session.site.access.value)}{lines(inventory.problems)}"
        )

    def picture(self) -> HTML:
        """The groups between their zones, and the same as a table."""
        session = self.session
        return HTML(picture(session.inventory, session.groups(), session.readiness()))

    def why_not(self) -> "DataFrame":
        """Which verbs are open for which groups."""
        return self.session.verbs().frame("group")

    def why_not_attach(self) -> "DataFrame":
        """Which pairs may be attached to which instances, of the first group that fits."""
        groups = self.session.groups()
        return (self.session.pairing(groups[0].id) if groups else NO_CELLS).frame("pair")

    def table(self, name: str) -> "DataFrame":
        """A table, what needs attention first."""
        return self.session.filtered(name).frame


def picture(
    inventory: Inventory, groups: Iterable[ProtectionGroup], readiness: Mapping[str, str] = NOT_JUDGED
) -> Markup:
    """The groups between their zones, and below the picture the same as a table, folded."""
    told = report.group_lines(inventory, groups, readiness)
    drawn = report.zones(inventory, groups, readiness)
    return Markup(
        '<div class="drkit-picture">{}</div>'
        '<details class="drkit-twin"><summary>The same as a table</summary>{}</details>'
    ).format(drawn, table(_HEADS, map(_cells, told)))


def _cells(line: GroupLine) -> Sequence[Text]:
    return (
        Markup("<b>{}</b>").format(line.name),
        status_chip(line.group.status, line.meaning),
        readiness_chip(line.readiness),
        zones_words(line.group),
        report.meanings(line.instances) or "none",
        report.meanings(line.pairs) or "none",
    )


def zones_words(group: ProtectionGroup) -> str:
    """From which zone to which one a group is copied."""
    return f"{group.production_zone or 'not known'} → {group.dr_zone or 'not known'}"
