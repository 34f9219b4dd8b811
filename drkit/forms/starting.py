"""The start notebook: where one is, which runs are unfinished, and what state everything is in."""

from collections import Counter
from collections.abc import Sequence

from ipywidgets import Button, VBox
from markupsafe import Markup
from pandas import DataFrame

from drkit.forms.band import band
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import Text, chip, count, lines, moment, status_chip, table
from drkit.forms.worker import FormWorker
from drkit.headless import is_headless
from drkit.journal import RunRow
from drkit.model import GroupStatus, Inventory, Phase, ProtectionGroup
from drkit.report import by_trouble
from drkit.site import Site, connect

_HEADS = ("Group", "State", "Production → DR site", "Instances", "Pairs", "What to know")
_MEANINGS = {
    GroupStatus.AVAILABLE: "protection is off: nothing is copied",
    GroupStatus.FAILED_OVER: "runs at the other site, unprotected until it is re-protected",
}


class Overview:
    """What the start notebook shows; all reading is done on one engine thread."""

    def __init__(self, profile: str = "", site: Site | None = None) -> None:
        self.profile, self._site = profile, site
        self.top, self.trouble = Live(), Live(spoken="assertive").add_class("drkit-error")
        self.runs, self.groups = Live(), Live().add_class("drkit-groups")
        self.again = Button(description="Read again")
        self.again.on_click(lambda _: self.read())
        self.engine = FormWorker("overview")
        self.read()

    def read(self) -> None:
        """Have everything read again; it is shown when it is there."""
        self.top.show(Markup('<p class="drkit-quiet">Reading…</p>'))
        self.engine.do(self._read, self._complain)

    def connection(self) -> VBox:
        """The band, trouble with the connection, and the runs that are not finished."""
        return Reloadable([style(), self.top, self.trouble, self.runs])

    def state(self) -> VBox:
        """All groups, those in trouble first."""
        return Reloadable([self.groups, self.again])

    def _read(self) -> None:
        if self._site is None:
            self._site = connect(self.profile or None)
        site = self._site
        self.top.show(band(site.backend, {"region": site.backend.region, "project": site.backend.project}))
        self.trouble.show("")
        found = site.client.inventory()
        self.groups.show(summary(found) + groups_table(found))
        self.runs.show(unfinished(site.journal.runs()))

    def _complain(self, error: str) -> None:
        if self._site is None:
            self.top.show("")
        self.trouble.show(f"{error}\nWhen that is put right, press Read again.")


def unfinished(runs: Sequence[RunRow]) -> Markup:
    """The runs that somebody should look after; where there are none, that is said."""
    left = [each for each in runs if not each.finished]
    if not left:
        return Markup('<p class="drkit-quiet">No run is unfinished.</p>')
    rows = [
        (
            chip(each.state, "working" if each.held_by else "unknown"),
            each.title,
            ", ".join(name for _, name in each.groups),
            each.place,
            moment(each.started_at),
            each.held_by or "nobody",
            each.id,
        )
        for each in left
    ]
    heads = ("State", "Run", "Group", "Where", "Begun", "Driven by", "Id")
    head = Markup("<h4>{} not finished</h4>").format(count(len(left), "run is", "runs are"))
    advice = Markup(
        "<p>Open the runbook a run came from: its first step offers to go on with it. "
        "One that nobody will go on with, as its practice world is gone, is closed in a terminal: "
        "<code>drkit close ID --why REASON</code></p>"
    )
    return Markup('<div class="drkit-note">{}{}{}</div>').format(head, table(heads, rows), advice)


def summary(inventory: Inventory) -> Markup:
    """How many groups there are in which state, and what the reading could not make out."""
    states = Counter(str(each.status) for each in by_trouble(inventory.groups.values()))
    told = ", ".join(f"{number} {status}" for status, number in states.items())
    shown = Markup("<p><b>{}</b>: {}. Read at {}.</p>").format(
        count(len(inventory.groups), "protection group"), told or "there is none", moment(inventory.read_at)
    )
    if not inventory.problems:
        return shown
    return shown + Markup('<div class="drkit-note">{}</div>').format(lines(inventory.problems))


def groups_table(inventory: Inventory) -> Markup:
    """All groups, those in trouble first, each with what needs attention."""
    rows = [
        (
            Markup("<b>{}</b>").format(each.name),
            status_chip(each.status),
            f"{each.production_zone or 'not known'} → {each.dr_zone or 'not known'}",
            str(len(inventory.instances_of(each.id))),
            str(len(inventory.pairs_of(each.id))),
            lines(attention(inventory, each)),
        )
        for each in by_trouble(inventory.groups.values())
    ]
    return table(_HEADS, rows, numbers=(3, 4))


def attention(inventory: Inventory, group: ProtectionGroup) -> list[Text]:
    """What an operator should know of a group: what is off, in transition or in trouble, in words."""
    found: list[Text] = [words for status, words in _MEANINGS.items() if group.status == status]
    if group.status.phase == Phase.MOVING:
        found.append(f"in transition, {group.progress} %")
    if group.status.phase == Phase.BROKEN:
        found.append("the last operation on the group failed")
    pairs = [each for each in inventory.pairs_of(group.id) if each.status.phase == Phase.BROKEN]
    instances = [each for each in inventory.instances_of(group.id) if each.status.phase == Phase.BROKEN]
    if pairs:
        found.append(f"{count(len(pairs), 'pair')} in trouble: {_named([each.name for each in pairs])}")
    found += [f"{each.name}: {each.failure_detail}" for each in pairs[:3] if each.failure_detail]
    if instances:
        found.append(
            f"{count(len(instances), 'instance')} in trouble: {_named([each.name for each in instances])}"
        )
    return found


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4:,} more"


class PlainOverview:
    """The same without a screen: tables."""

    def __init__(self, site: Site) -> None:
        self.site = site

    def connection(self) -> DataFrame:
        """The runs of the journal, unfinished ones first."""
        return self.site.runs()

    def state(self) -> DataFrame:
        """All groups, those in trouble first."""
        return self.site.groups().sort_values(["status", "group"])


_shown: list[Overview] = []  # one per kernel: a cell that is run again finds it


def overview(profile: str = "") -> Overview | PlainOverview:
    """What the start notebook shows; called again it is read again."""
    if is_headless():
        return PlainOverview(connect(profile or None))
    if _shown and _shown[0].profile == profile:
        _shown[0].read()
    else:
        _shown[:] = [Overview(profile)]
    return _shown[0]
