"""A runbook on the screen: its cards follow the wizard, and its engine does what the buttons ask for."""

from collections.abc import Callable, Sequence

from drkit.forms.card import Card
from drkit.forms.wizard import State, Wizard
from drkit.forms.worker import FormWorker, guarded


class Runbook:
    """Cards in their order; `on_turn` is told whenever one changes its state.

    `start`, `press`, `back` and `later` may be called on any thread, the rest on the engine.
    """

    def __init__(
        self, name: str, cards: Sequence[Card], on_turn: Callable[[], object] = lambda: None
    ) -> None:
        self.cards, self.engine = {each.key: each for each in cards}, FormWorker(name)
        self._on_turn = on_turn
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
        guarded(lambda: self._end(card, card.work()), lambda error: self._refuse(card, error))()

    def done(self, card: Card, line: str) -> None:
        """The step has its result: the next one opens and gets the keyboard."""
        self.turn(self.wizard.done(card.key, line))
        current = self.wizard.current
        if current.state == State.READY:
            self.cards[current.key].focus_first()

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
