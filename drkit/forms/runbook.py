"""A runbook on the screen: its cards follow the wizard, and its engine does what the buttons ask for."""

from collections.abc import Callable, Sequence

from drkit.errors import RefusedError
from drkit.forms.card import Card
from drkit.forms.wizard import State, Wizard
from drkit.forms.worker import FormWorker, guarded
from drkit.plan import Offer
from drkit.runbooks import Objection

Offering = Callable[[Card, Sequence[Offer], Sequence[Offer]], object]
"""Shows in a card the ways that can be taken now, and those that come later."""


class Runbook:
    """Cards in their order; `on_turn` is told whenever one changes its state, `on_refusal` what is against
    what a card was to do, and `offering` has ways shown in it.

    `start`, `press`, `back` and `later` may be called on any thread, the rest on the engine.
    """

    def __init__(
        self,
        name: str,
        cards: Sequence[Card],
        on_turn: Callable[[], object] = lambda: None,
        *,
        on_refusal: Callable[[Card, Sequence[Objection]], object] = lambda *_: None,
        offering: Offering = lambda *_: None,
    ) -> None:
        self.cards, self.engine = {each.key: each for each in cards}, FormWorker(name)
        self._on_turn, self._on_refusal, self._offering = on_turn, on_refusal, offering
        for number, card in enumerate(cards, start=1):
            card.book = self
            card.number(number)
        self.wizard = Wizard.of(*self.cards)
        self.turn(self.wizard)

    def press(self, card: Card) -> None:
        """Have a step's work done; an error is shown in the card, and the step is ready again.

        A second press meanwhile does nothing.
        """
        self.later(card, lambda: self.do(card))

    def later(self, card: Card, work: Callable[[], object], *, instead_of: str = "") -> None:
        """Have something done soon; an error is shown in the card."""
        self.engine.do(work, card.complain, instead_of=instead_of)

    def back(self, card: Card) -> None:
        """Open a done step again."""
        self.later(card, lambda: self.turn(self.wizard.back(card.key)))

    def start(self) -> None:
        """Begin at the first step, as if nothing had been."""
        first = next(iter(self.cards.values()))
        self.later(first, lambda: self._start(first))

    def turn(self, wizard: Wizard) -> None:
        """Show the wizard as it is now; a card that has become ready fills itself."""
        before, self.wizard = self.wizard, wizard
        self._on_turn()
        for key, card in self.cards.items():
            card.show(wizard.stage(key), back=wizard.may_go_back(key))
        for key, card in self.cards.items():
            if (before.stage(key).state, wizard.stage(key).state) == (State.WAITING, State.READY):
                guarded(card.prepare, card.complain)()

    def do(self, card: Card) -> None:
        """Do a step's work now."""
        begun = self.wizard.begin(card.key)
        if begun is self.wizard:
            return
        self.turn(begun)
        self.offer(card, ())
        guarded(lambda: self._end(card, self._worked(card)), lambda error: self._refuse(card, error))()

    def offer(self, card: Card, now: Sequence[Offer], later: Sequence[Offer] = ()) -> None:
        """Have ways shown in a card."""
        self._offering(card, now, later)

    def _worked(self, card: Card) -> str | None:
        try:
            return card.work()
        except RefusedError as error:
            if error.objections:
                self._on_refusal(card, error.objections)
            raise

    def done(self, card: Card, line: str) -> None:
        """The step has its result: the one that is to be looked at next gets the keyboard."""
        self.turn(self.wizard.done(card.key, line))
        self.cards[self.wizard.current.key].focus_first()

    def _start(self, first: Card) -> None:
        self.turn(Wizard.of(*self.cards).begin(first.key))
        guarded(lambda: self._opened(first), lambda error: self._refuse(first, error))()

    def _opened(self, first: Card) -> None:
        first.prepare()
        self._refuse(first, "")

    def _end(self, card: Card, line: str | None) -> None:
        if line is not None:
            self.done(card, line)

    def _refuse(self, card: Card, error: str) -> None:
        self.turn(self.wizard.refuse(card.key, error))
        if error:
            card.focus_first()
