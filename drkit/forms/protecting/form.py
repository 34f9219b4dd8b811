"""Protecting servers on the screen: its five cards over one session."""

from collections.abc import Mapping, Sequence

from drkit.forms.card import Card
from drkit.forms.form import RunbookForm
from drkit.forms.live import Live
from drkit.forms.markup import Text
from drkit.forms.protecting import words
from drkit.forms.protecting.cards import ArrangeCard, ConfirmProtectCard, PickServersCard
from drkit.forms.running import ResultCard, RunCard
from drkit.forms.ways import opened_words
from drkit.runbooks import MadeGroup, ProtectRequest, ProtectSession
from drkit.showing import first_few


class ProtectRunCard(RunCard[ProtectSession]):
    """Watching until all pairs are synchronised."""

    title = "Protect and watch"


class ProtectResultCard(ResultCard[ProtectSession]):
    """What was made, what of it is attached to nothing, and what proves it."""

    more = "Protect more servers"

    def __init__(self, session: ProtectSession) -> None:
        self.made, self.next = Live(), Live(on_press=lambda way: self.later(lambda: self._go_on(way)))
        self.opened = Live(spoken="polite")
        self._groups: tuple[MadeGroup, ...] = ()
        super().__init__(session, self.made, self.next, self.opened)

    def prepare(self) -> None:
        """Show the result table, then read the groups once more."""
        state = self._show_outcome()
        self.made.show("Reading what is there now…")
        self._groups = made = self.session.made()
        self.made.show(words.made_words(self.session.reading, made))
        self.next.show(words.next_words(made))
        self._close(state)

    def focus_first(self) -> None:
        """Put the keyboard on what comes next, a drill best, which alone proves what was made."""
        if self.next.value:
            self.next.focus()
        else:
            super().focus_first()

    def _go_on(self, press: str) -> None:
        """Lay the runbook of the pressed way beside this one, and have it opened."""
        way, _, number = press.partition(":")
        if number.isdecimal() and int(number) < len(self._groups):
            self.complain("")
            self.opened.show(opened_words(self.session.next_runbook(way, self._groups[int(number)])))


class ProtectForm(RunbookForm[ProtectSession, ProtectRequest]):
    """Leads through protecting servers; each step's method gives the card for its cell."""

    name = "protect"

    def _cards(self) -> Sequence[Card]:
        session, result = self.session, ProtectResultCard(self.session)
        result.anew.on_click(lambda _: self.restart(session.request))
        cards = [PickServersCard(session), ArrangeCard(session), ConfirmProtectCard(session)]
        return [*cards, ProtectRunCard(session), result]

    def _places(self) -> Mapping[str, Text]:
        plan = self.session.plan
        return {"group": first_few(name for _, name in plan.groups)} if plan else {}

    def arrange(self) -> Card:
        """Step 2: which groups, which domain, which flavors."""
        return self.book.cards["arrange"]
