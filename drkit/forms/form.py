"""A runbook's form: its cards over one session. A kernel has one of each kind."""

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, Self, TypeVar

from ipywidgets import HTML, VBox

from drkit.execution import RunState
from drkit.forms.band import band
from drkit.forms.card import Card
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import JOIN, Text, chip
from drkit.forms.runbook import Runbook
from drkit.forms.running import STATES
from drkit.forms.signing import SecretField
from drkit.forms.ways import WaysBox
from drkit.plan import Offer
from drkit.runbooks import AnySession, Objection

Request = TypeVar("Request")

# One of each kind per kernel: a cell that is run again finds the form that is there. The module's, for cells
# share only what they import.
_forms: dict[type, Any] = {}


class RunbookForm(Generic[AnySession, Request]):
    """Leads through a runbook; each step's method gives the card for its cell.

    A subclass says which `_cards` it has, and the `_places` in the band that the session is about; it may
    call a run there otherwise (`_run_words`).
    """

    name: ClassVar[str]

    def __init__(self, session: AnySession) -> None:
        self.session, self.top = session, Live()
        self._requested: Request = session.request
        self._ways: dict[str, WaysBox] = {}
        self.book = Runbook(
            self.name, self._cards(), self._show_band, on_refusal=self._refused, offering=self._offer
        )
        self.secret = SecretField(self.book.start)
        self.book.start()

    @classmethod
    def shown(cls, session: AnySession) -> Self:
        """The form of this kernel, for what the session requests; the first call's session is its own."""
        if cls in _forms:
            _forms[cls].begin(session.request)
        else:
            _forms[cls] = cls(session)
        form: Self = _forms[cls]
        return form

    def begin(self, request: Request) -> None:
        """What a cell that is run (again) wants: a run that is under way is shown again, as is one that ended
        when nothing else is requested; else the runbook begins anew.
        """
        run = self.session.run
        if run and (request == self._requested or run.state().phase.alive):
            return
        self._requested = request
        self.restart(request)

    def restart(self, request: Request) -> None:
        """Begin anew with these parameters."""
        self.book.later(self.book.cards["choose"], lambda: self.session.restart(request))
        self.book.start()

    def _cards(self) -> Sequence[Card]:
        raise NotImplementedError

    def _places(self) -> Mapping[str, Text]:
        raise NotImplementedError

    def _run_words(self, state: RunState) -> Text:
        return JOIN + state.run_id + " " + chip(state.phase.value, STATES[state.phase])

    def _styles(self) -> list[HTML]:
        return [style()]

    def choose(self) -> VBox:
        """Step 1, with the band on top: what it is about."""
        top = Reloadable([self.top, self.secret], leads=True)
        return VBox([*self._styles(), top, self.book.cards["choose"]])

    def confirm(self) -> Card:
        """The whole plan, and the typed names."""
        return self.book.cards["confirm"]

    def run(self) -> Card:
        """Carry it out and watch."""
        return self.book.cards["run"]

    def result(self) -> Card:
        """What became of it."""
        return self.book.cards["result"]

    def _refused(self, card: Card, objections: Sequence[Objection]) -> None:
        if self.session.inventory:
            self._offer(card, self.session.offers(objections), ())

    def _offer(self, card: Card, now: Sequence[Offer], later: Sequence[Offer]) -> None:
        """Show ways in a card; a box is made once there are some."""
        if card.key not in self._ways and (now or later):
            self._ways[card.key] = WaysBox(self.session, card.after_a_way, self.session.clock)
        if box := self._ways.get(card.key):
            box.show(now, later)
            card.ways.children = [box]

    def _show_band(self) -> None:
        session = self.session
        if session.overview is None:
            return
        state = session.run.state() if session.run else None
        pieces = {
            "region": session.overview.backend.region,
            "in": session.site.practised_in,
            **(self._places() if session.inventory else {}),
            "run": self._run_words(state) if state else "",
            "held by": state.lease if state else "",
        }
        self.top.show(band(session.overview.backend, pieces, session.site.access.value, session.world))
