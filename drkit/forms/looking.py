"""Looking around on the screen: filters, the picture, what is open, and every table of one reading."""

from collections.abc import Callable

from ipywidgets import Button, DOMWidget, Dropdown, HBox, VBox
from markupsafe import Markup
from pandas import DataFrame

from drkit.forms.band import band
from drkit.forms.filtering import FilterBar
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import lines, moment
from drkit.forms.matrix import MatrixBox
from drkit.forms.picturing import picture
from drkit.forms.sections import TableSection
from drkit.forms.signing import SecretField
from drkit.forms.ways import WaysBox
from drkit.forms.worker import FormWorker
from drkit.runbooks import MOST_INSTANCES, MOST_PAIRS, NO_CELLS, TABLES, ExploreSession, world_name
from drkit.showing import Look, count

_HOW = Markup(
    '<p class="drkit-quiet">Where no row of a table has what is chosen itself, the rows of groups are shown '
    "in which something has it.</p>"
)
_STOPPED = Markup('<p class="drkit-quiet">Servers that a runbook stops itself count as stopped.</p>')
OPEN_AT_FIRST = ("ready", "changes")


class LookAround:
    """What the notebook to look around shows. All work is done on one engine thread, on one reading.

    Each table is an attribute too, as it is filtered now: `view.pairs` is a DataFrame.
    """

    def __init__(self, session: ExploreSession) -> None:
        self.session = session
        self.band, self.trouble = Live(), Live(spoken="assertive").add_class("drkit-error")
        self.summary, self.drawn = Live(spoken="polite"), Live()
        self.filters = FilterBar(lambda: self._later(self._filter, instead_of="filters"))
        self.again = Button(description="Read again")
        self.again.on_click(lambda _: self.read())
        self.verbs = MatrixBox(
            lambda key: self._later(lambda: self._answer(self.verbs, key)), WaysBox(session, self.read)
        )
        self.pairing = MatrixBox(
            lambda key: self._later(lambda: self._answer(self.pairing, key)), WaysBox(session, self.read)
        )
        self.chooser = Dropdown(description="Group")
        self.chooser.observe(lambda _: self._later(self._turn_to_start, instead_of="pairing"), "value")
        self.more = {name: Button(description=f"More {name}") for name in ("pairs", "instances")}
        self.more["pairs"].on_click(lambda _: self._later(lambda: self._turn(MOST_PAIRS, 0)))
        self.more["instances"].on_click(lambda _: self._later(lambda: self._turn(0, MOST_INSTANCES)))
        self.left = Live()
        self.sections: dict[str, TableSection] = {}
        self._looks: dict[str, Look] = {}
        self.secret = SecretField(self.read)
        self.engine = FormWorker("look-around")
        self.read()

    def __getattr__(self, name: str) -> DataFrame:
        if name not in TABLES:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        self.engine.settle()
        return self.session.filtered(name).frame

    def read(self) -> None:
        """Have everything read again; it is shown when it is there, and filtered as before."""
        self.summary.show(Markup('<p class="drkit-quiet">Reading…</p>'))
        self.engine.do(self._read, self._complain)

    def leave(self) -> None:
        """Give the connections back, once what is being done is done."""
        self.engine.do(self.session.leave, self._complain)

    # what the cells show

    def top(self) -> VBox:
        """The band, trouble with the connection, the filters, and when all of it was read."""
        row = HBox([self.again, self.summary]).add_class("drkit-actions")
        top = [style(), self.band, self.secret, self.filters, Live(_HOW), row, self.trouble]
        return _looked_at(top, leads=True)

    def picture(self) -> VBox:
        """The groups between their zones, and the same as a table."""
        return _looked_at([self.drawn])

    def why_not(self) -> VBox:
        """Which verbs are open for which groups."""
        return _looked_at([Live(_STOPPED), self.verbs])

    def why_not_attach(self) -> VBox:
        """Which pairs of a group may be attached to which of its instances."""
        row = HBox([self.chooser, *self.more.values(), self.left]).add_class("drkit-actions")
        return _looked_at([row, self.pairing])

    def table(self, name: str) -> VBox:
        """A table of `TABLES`, folded until it is opened."""
        if name not in self.sections:
            section = TableSection(name, lambda: self._later(lambda: self._open(name)), self._saver(name))
            section.fold(folded=name not in OPEN_AT_FIRST)
            self.sections[name] = section
            self._later(lambda: self._open(name))
        return _looked_at([self.sections[name]])

    # on the engine

    def _later(self, work: Callable[[], object], *, instead_of: str = "") -> None:
        self.engine.do(work, self._complain, instead_of=instead_of)

    def _read(self) -> None:
        session = self.session
        session.read()
        where = session.site.backend
        places = {"region": where.region, "project": where.project, "in": session.site.practised_in}
        self.band.show(band(where, places, session.site.access.value, world_name(session.site)))
        self.filters.offer(session.choices(), session.filters)
        self._looks = session.looks()
        self._show()

    def _filter(self) -> None:
        self.session.filters = self.filters.filters
        self._show()

    def _show(self) -> None:
        session = self.session
        groups = session.groups()
        words = Markup("<p>Read at {}. {} of {} shown.</p>{}").format(
            moment(session.inventory.read_at),
            f"{len(groups):,}",
            count(len(session.inventory.groups), "group"),
            lines(session.inventory.problems),
        )
        self.summary.show(words)
        self.trouble.show("")
        self.drawn.show(picture(session.inventory, groups, session.readiness()))
        self.verbs.fill(session.verbs(), "Group")
        names = sorted((session.inventory.called(each.id), each.id) for each in groups)
        chosen = self.chooser.value
        self.chooser.options = names
        if names:
            keys = [key for _, key in names]
            self.chooser.value = chosen if chosen in keys else keys[0]
        self._turn_to_start()
        for name in tuple(self.sections):  # cells add to them meanwhile
            self._open(name)

    def _open(self, name: str) -> None:
        """Count a table, and fill it where it is not folded."""
        session, section = self.session, self.sections[name]
        if not session.there:
            return
        shown, key = session.filtered(name), session.key_of(name)
        owners = shown.frame[key] if key else ()
        not_asked = ", ".join(shown.not_asked)
        notes = f"It has no {not_asked}: that filter does not hold here. " if not_asked else ""
        notes += session.compared if name == "changes" else ""
        whole = len(session.whole(name))
        section.say_how_many(
            shown.frame, whole, notes, [self._looks[each] for each in owners if each in self._looks]
        )
        if not section.folded:
            section.fill(shown.frame, session.code(name), key, self._looks)

    def _saver(self, name: str) -> Callable[[str], object]:
        def save(kind: str) -> None:
            section = self.sections[name]
            section.error.show("")
            self.engine.do(lambda: section.say(_saved(self.session.save(name, kind))), section.complain)

        return save

    def _answer(self, box: MatrixBox, key: tuple[str, str]) -> None:
        if cell := box.cell(key):
            box.show_answer(cell, self.session.way(cell), self.session.offers(cell))

    def _turn_to_start(self) -> None:
        self.session.place = (0, 0)
        self._turn(0, 0)

    def _turn(self, pairs: int, instances: int) -> None:
        """Show the next pairs or instances of the chosen group; after the last ones the first."""
        session, group = self.session, self.chooser.value or ""
        if not group:
            self.pairing.fill(NO_CELLS, "Pair")
            return
        sizes = session.sizes(group)
        down, across = session.place
        session.place = (
            down + pairs if down + pairs < sizes[0] else 0,
            across + instances if across + instances < sizes[1] else 0,
        )
        self.pairing.fill(session.pairing(group), "Pair")
        words = Markup("{} by {}, read at {}")
        pairs_words, instances_words = count(sizes[0], "pair"), count(sizes[1], "instance")
        self.left.show(words.format(pairs_words, instances_words, moment(session.near(group).read_at)))
        self.more["pairs"].disabled = sizes[0] <= MOST_PAIRS
        self.more["instances"].disabled = sizes[1] <= MOST_INSTANCES

    def _complain(self, error: str) -> None:
        self.summary.show("")
        self.trouble.show(f"{error}\nWhen that is put right, press Read again.")


def _looked_at(children: list[DOMWidget], *, leads: bool = False) -> VBox:
    box = Reloadable(children, leads=leads)
    box.add_class("drkit-look")
    return box


def _saved(path: object) -> Markup:
    return Markup("Saved as <code>{}</code>").format(path)


# One per kernel: a cell that is run again finds it. The module's, for cells share only what they import.
_shown: list[LookAround] = []


def shown_view(profile: str, group: str) -> LookAround:
    """The view of this kernel; called again it is read again, and for other parameters it is another one."""
    wanted = (profile, group)
    if _shown and (_shown[0].session.profile, _shown[0].session.requested) == wanted:
        _shown[0].read()
    else:
        for former in _shown:
            former.leave()
        _shown[:] = [LookAround(ExploreSession(profile, group))]
    return _shown[0]
