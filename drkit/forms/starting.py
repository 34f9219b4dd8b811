"""The start notebook: where one is, which runs are unfinished, and what state everything is in."""

from collections import Counter
from collections.abc import Sequence

from ipywidgets import Button, VBox
from markupsafe import Markup

from drkit.forms.band import band
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import Text, chip, lines, moment, status_chip, table
from drkit.forms.worker import FormWorker
from drkit.model import GroupStatus, Inventory, Phase, ProtectionGroup
from drkit.report import by_trouble
from drkit.runbooks import RunRow
from drkit.showing import count
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

    def leave(self) -> None:
        """Give the connections back, once what is being read is there; a later reading connects again."""
        self.engine.do(self._leave, self._complain)

    def _leave(self) -> None:
        site, self._site = self._site, None
        if site:
            site.close()

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
            chip(run.state, "working" if run.held_by else "unknown"),
            run.title,
            ", ".join(name for _, name in run.groups),
            run.place,
            moment(run.started_at),
            run.held_by or "nobody",
            run.id,
        )
        for run in left
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
            Markup("<b>{}</b>").format(inventory.called(group.id)),
            status_chip(group.status),
            f"{group.production_zone or 'not known'} → {group.dr_zone or 'not known'}",
            str(len(inventory.instances_of(group.id))),
            str(len(inventory.pairs_of(group.id))),
            lines(attention(inventory, group)),
        )
        for group in by_trouble(inventory.groups.values())
    ]
    return table(_HEADS, rows, numbers=(3, 4))


def attention(inventory: Inventory, group: ProtectionGroup) -> list[Text]:
    """What an operator should know of a group: what is off, in transition or in trouble, in words."""
    words: list[Text] = [meaning for status, meaning in _MEANINGS.items() if group.status == status]
    if group.status.phase == Phase.MOVING:
        words.append(f"in transition, {group.progress} %")
    if group.status.phase == Phase.BROKEN:
        words.append("the last operation on the group failed")
    pairs = [each for each in inventory.pairs_of(group.id) if each.status.phase == Phase.BROKEN]
    instances = [each for each in inventory.instances_of(group.id) if each.status.phase == Phase.BROKEN]
    if pairs:
        words.append(f"{count(len(pairs), 'pair')} in trouble: {_named([each.name for each in pairs])}")
    words += [f"{each.name}: {each.failure_detail}" for each in pairs[:3] if each.failure_detail]
    if instances:
        words.append(
            f"{count(len(instances), 'instance')} in trouble: {_named([each.name for each in instances])}"
        )
    return words


def _named(names: Sequence[str]) -> str:
    shown = ", ".join(sorted(names)[:4])
    return shown if len(names) <= 4 else f"{shown} and {len(names) - 4:,} more"


# One per kernel: a cell that is run again finds it. The module's, for cells share only what they import.
_shown: list[Overview] = []


def shown_overview(profile: str) -> Overview:
    """The overview of this kernel; called again it is read again."""
    if _shown and _shown[0].profile == profile:
        _shown[0].read()
    else:
        for former in _shown:
            former.leave()
        _shown[:] = [Overview(profile)]
    return _shown[0]
