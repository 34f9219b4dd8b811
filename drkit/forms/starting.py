"""The start notebook: where one is, which runs are unfinished, and what state everything is in."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from ipywidgets import Button, Dropdown, HBox, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError, JournalError
from drkit.execution import recorded
from drkit.forms.band import band
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import Text, chip, lines, moment, readiness_chip, status_chip, table
from drkit.forms.picturing import zones_words
from drkit.forms.progress import file_words
from drkit.forms.signing import SecretField
from drkit.forms.worker import FormWorker
from drkit.model import GroupStatus, Inventory, Phase, ProtectionGroup
from drkit.readiness import Standing
from drkit.report import GroupLine, group_lines, meanings
from drkit.runbooks import RunRow, notebook_of, world_name
from drkit.showing import count
from drkit.site import Site, connect

_HEADS = ("Group", "State and readiness", "Production → DR site", "Instances", "Pairs", "What to know")
NO_NOTEBOOKS: Mapping[str, str] = {}
NOT_JUDGED: Mapping[str, Standing] = {}
MOST_REPORTS = 10  # of the latest runs
_MEANINGS = {
    GroupStatus.AVAILABLE: "protection is off: nothing is copied",
    GroupStatus.FAILED_OVER: "runs at the other site, unprotected until it is re-protected",
}


class Overview:
    """What the start notebook shows; all reading is done on one engine thread."""

    def __init__(self, profile: str = "", site: Site | None = None) -> None:
        self.profile, self._site = profile, site
        self.top, self.trouble = Live(), Live(spoken="assertive").add_class("drkit-error")
        self.closing = ClosingRun(lambda: self.engine.do(self._close, self._complain))
        self.runs, self.reports = Live(), Live()
        self.groups = Live().add_class("drkit-groups")
        self.again = Button(description="Read again")
        self.again.on_click(lambda _: self.read())
        self.secret = SecretField(self.read)
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
        """The band, trouble with the connection, the runs that are not finished, and the last reports."""
        told = [self.trouble, self.runs, self.closing, self.reports]
        return Reloadable([style(), self.top, self.secret, *told], leads=True)

    def state(self) -> VBox:
        """All groups, those in trouble first."""
        return Reloadable([self.groups, self.again])

    def _read(self) -> None:
        if self._site is None:
            self._site = connect(self.profile or None)
        site = self._site
        places = {"region": site.backend.region, "project": site.backend.project, "in": site.practised_in}
        self.top.show(band(site.backend, places, site.access.value, world_name(site)))
        self.trouble.show("")
        reading = site.read()
        standings = {each.group.id: each for each in reading.standings()}
        found = reading.inventory
        self.groups.show(summary(found, standings) + groups_table(found, standings))
        self._show_runs(site)

    def _show_runs(self, site: Site) -> None:
        runs, notebooks = site.journal.runs(), dict[str, str]()
        for run in runs:
            if not run.finished:
                with suppress(JournalError, LookupError, ValueError):  # one that was altered has no link
                    notebooks[run.id] = notebook_of(recorded(site.journal, run.id).plan)
        self.runs.show(unfinished(runs, notebooks))
        self.closing.offer(runs)
        latest = sorted(runs, key=lambda run: run.started_at, reverse=True)[:MOST_REPORTS]
        self.reports.show(last_reports([(run, site.record(run.id).written) for run in latest]))

    def _close(self) -> None:
        if self._site is None or not self.closing.which.value:
            raise InputError("There is no run to close; read again.")
        self._site.close_run(str(self.closing.which.value), self.closing.why.value)
        self.trouble.show("")
        self._show_runs(self._site)

    def _complain(self, error: str) -> None:
        if self._site is None:
            self.top.show("")
        self.trouble.show(f"{error}\nWhen that is put right, press Read again.")


class ClosingRun(HBox):
    """Closes a run that nobody will go on with; hidden where there is none that nobody drives."""

    def __init__(self, close: Callable[[], object]) -> None:
        self.which = Dropdown(description="Close run", layout=Layout(width="420px"))
        self.why = TextField(
            description="Why", placeholder="why nobody will go on with it", layout=Layout(width="340px")
        ).add_class("drkit-spoken-label")
        self.button = Button(description="Close it for good", button_style="danger", disabled=True)
        self.button.on_click(lambda _: close())
        self.why.observe(lambda _: self._allow(), "value")
        super().__init__([self.which, self.why, self.button])
        self.add_class("drkit-line-of-fields").add_class("drkit-look")
        self.offer(())

    def offer(self, runs: Sequence[RunRow]) -> None:
        """Those of these runs that are unfinished and that nobody drives."""
        left = [(f"{run.title}, {run.id}", run.id) for run in runs if not run.finished and not run.held_by]
        self.which.options = left
        self.which.value = left[0][1] if left else None
        self.why.value = ""
        self.layout.display = "" if left else "none"

    def _allow(self) -> None:
        self.button.disabled = not self.why.value.strip()


def unfinished(runs: Sequence[RunRow], notebooks: Mapping[str, str] = NO_NOTEBOOKS) -> Markup:
    """The runs that somebody should look after, with the notebook of each by its id; where there are none,
    that is said.
    """
    left = [each for each in runs if not each.finished]
    if not left:
        return Markup('<p class="drkit-quiet">No run is unfinished.</p>')
    rows = [
        (
            chip(run.state, "working" if run.held_by else "unknown"),
            _linked(run.title, notebooks.get(run.id, "")),
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
        "<p>Open a run's runbook: its first step offers to go on with it. One that nobody will go on with, "
        "as its practice world is gone, is closed below, or in a terminal with <code>drkit close</code>.</p>"
    )
    return Markup('<div class="drkit-note">{}{}{}</div>').format(head, table(heads, rows), advice)


def last_reports(runs: Sequence[tuple[RunRow, Sequence[Path]]]) -> Markup:
    """The reports of these runs, wherever they were made, folded; nothing where there is none."""
    rows = [
        (run.title, run.place, moment(run.started_at), lines(map(file_words, files)))
        for run, files in runs
        if files
    ]
    if not rows:
        return Markup()
    shown = table(("Run", "Where", "Begun", "Report"), rows, name="The latest reports")
    return Markup('<details class="drkit-twin"><summary>The latest reports: {}</summary>{}</details>').format(
        count(len(rows), "run"), shown
    )


def _linked(title: str, notebook: str) -> Text:
    link = Markup('<a href="{}" target="_blank">{}</a>')
    return link.format(notebook, title) if notebook else title


def summary(inventory: Inventory, standings: Mapping[str, Standing] = NOT_JUDGED) -> Markup:
    """How many groups are in order and how many are not, and what the reading could not make out."""
    looks = Counter(line.meaning for line in _lines(inventory, standings))
    shown = Markup("<p><b>{}</b>: {}. Read at {}.</p>").format(
        count(len(inventory.groups), "protection group"),
        meanings(looks) or "there is none",
        moment(inventory.read_at),
    )
    if not inventory.problems:
        return shown
    return shown + Markup('<div class="drkit-note">{}</div>').format(lines(inventory.problems))


def groups_table(inventory: Inventory, standings: Mapping[str, Standing] = NOT_JUDGED) -> Markup:
    """All groups, those in trouble first, each with what needs attention; `standings` are by id."""
    rows = [
        (
            Markup("<b>{}</b>").format(line.name),
            Markup("{}<br>{}").format(
                status_chip(line.group.status, line.meaning), readiness_chip(line.readiness)
            ),
            zones_words(line.group),
            str(line.instances.total()),
            str(line.pairs.total()),
            lines(attention(inventory, line.group, standings.get(line.group.id))),
        )
        for line in _lines(inventory, standings)
    ]
    return table(_HEADS, rows, numbers=(3, 4))


def _lines(inventory: Inventory, standings: Mapping[str, Standing]) -> list[GroupLine]:
    words = {key: str(each.readiness) for key, each in standings.items()}
    return group_lines(inventory, inventory.groups.values(), words)


def attention(inventory: Inventory, group: ProtectionGroup, standing: Standing | None = None) -> list[Text]:
    """What an operator should know of a group: what is off, in transition or in trouble, in words.

    Where it was judged, also what to do first, and that a proof has expired.
    """
    words: list[Text] = [] if standing else [_MEANINGS[key] for key in _MEANINGS if group.status == key]
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
    return words + (_judged(standing) if standing else [])


def _judged(standing: Standing) -> list[Text]:
    expired = [each.why for each in standing.checks if (each.name, each.value) == ("proof", "expired")]
    first = [Markup("<b>First:</b> {}").format(standing.first)] if standing.first else []
    return [*first, *(f"Not proven any more: {why}" for why in expired)]


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
