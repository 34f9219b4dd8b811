"""A card: one step of a runbook, with its state, what to do now, the form, one button, and the error line."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, Protocol

from ipywidgets import Button, DOMWidget, HBox, VBox

from drkit.forms.live import Live, Reloadable
from drkit.forms.markup import JOIN, Text, chip
from drkit.forms.wizard import State, Wizard, WizardStep
from drkit.plan import Offer

_FOLDED = {State.WAITING, State.DONE}
_PRESSABLE = {State.READY, State.FAILED, State.STOPPED, State.UNKNOWN}


class Book(Protocol):
    """What a card asks of its runbook; see `Runbook`."""

    wizard: Wizard

    def start(self) -> None: ...  # noqa: D102
    def turn(self, wizard: Wizard) -> None: ...  # noqa: D102
    def done(self, card: Card, line: str) -> None: ...  # noqa: D102
    def press(self, card: Card) -> None: ...  # noqa: D102
    def back(self, card: Card) -> None: ...  # noqa: D102
    def later(self, card: Card, work: Callable[[], object], *, instead_of: str = "") -> None: ...  # noqa: D102
    def offer(self, card: Card, now: Sequence[Offer], later: Sequence[Offer]) -> None: ...  # noqa: D102


class Card(Reloadable):
    """One step of a runbook; a runbook's cards are subclasses that say what is asked and what is done.

    `content` is the form, `asides` are further buttons, `first` is the field to start with. A card that
    waits is folded; a done one shows its result in one line and is folded too, unless it `stays_open`.
    Opened again it shows in words what was decided, not the form, unless that is `always_shown`.
    """

    key: ClassVar[str]
    title: ClassVar[str]
    button: ClassVar[str] = ""
    stays_open: ClassVar[bool] = False
    always_shown: ClassVar[bool] = False

    book: Book

    def __init__(
        self,
        content: Sequence[DOMWidget],
        *,
        asides: Sequence[DOMWidget] = (),
        first: DOMWidget | None = None,
    ) -> None:
        self._label, self._first = self.title, first
        self.toggle = Button(tooltip="Open or fold this step").add_class("drkit-toggle")
        self.toggle.on_click(lambda _: self.fold(not self.folded))
        self.badge, self.line = Live(), Live(spoken="polite").add_class("drkit-line")
        self.sentence, self.error = Live().add_class("drkit-sentence"), Live(spoken="assertive")
        self.detail, self.content = Live(), VBox(content).add_class("drkit-content")
        self.primary = Button(description=self.button, button_style="primary")
        self.primary.on_click(lambda _: self.book.press(self))
        self.change = Button(description="Change this step")
        self.change.on_click(lambda _: self.book.back(self))
        self.change.layout.display = "none"
        self._asides = tuple(asides)
        self.actions = HBox([self.primary, self.change, *asides]).add_class("drkit-actions")
        self.error.add_class("drkit-error")
        self.ways = VBox()  # filled once there are some
        self._body = VBox([self.sentence, self.detail, self.content, self.actions, self.error, self.ways])
        head = HBox([self.toggle, self.line, self.badge]).add_class("drkit-head")
        super().__init__([head, self._body.add_class("drkit-body")])
        self.add_class("drkit-card")
        self.stage = WizardStep(self.key)
        self._dress()

    def forget(self) -> None:
        """Take away what was shown of an earlier try: the step waits again, and nothing of it holds now."""

    def prepare(self) -> None:
        """Fill the form: the step has just become ready. Runs on the engine."""

    def work(self) -> str | None:
        """Do what the button says; gives the result in one line, None when it goes on.

        Runs on the engine. An error leaves the step ready, with the error's sentence beside the button.
        """
        raise NotImplementedError

    def offer(self, now: Sequence[Offer], later: Sequence[Offer] = ()) -> None:
        """Ways that lead on from here, as buttons; those that come `later` wait for the ones before."""
        self.book.offer(self, now, later)

    def after_a_way(self) -> None:
        """What a way that was taken leads back to. On any thread."""
        self.book.press(self)

    def later(self, work: Callable[[], object], *, instead_of: str = "") -> None:
        """Have something done on the engine; an error is shown here."""
        self.book.later(self, work, instead_of=instead_of)

    @property
    def folded(self) -> bool:
        """Whether the body is hidden."""
        return bool(self._body.layout.display == "none")

    def number(self, number: int) -> None:
        """Which step of its runbook this is."""
        self._label = f"{number}  {self.title}"
        self.fold(self.folded)

    def fold(self, folded: bool) -> None:
        """Hide or show the body."""
        self._body.layout.display = "none" if folded else ""
        self.toggle.description = f"{'▸' if folded else '▾'}  {self._label}"

    def show(self, stage: WizardStep, *, back: bool = False) -> None:
        """Show the step as it stands; `back` offers to open a done step again."""
        before, self.stage = self.stage, stage
        if stage.state != before.state:
            self.remove_class(f"drkit-{before.state}")
            if stage.state == State.WAITING:
                self.ways.children = ()
                self.forget()
            self._dress()
        self.line.show(stage.line)
        self.complain(stage.error)
        self.change.layout.display = "" if back else "none"

    def relabel(self, button: str) -> None:
        """What the primary button says; without a word there is none."""
        self.primary.description = button
        pressable = bool(button) and self.stage.state in _PRESSABLE
        self.primary.layout.display = "" if pressable else "none"

    def say(self, sentence: Text) -> None:
        """What to do now, or what is going on."""
        self.sentence.show(sentence)

    @contextmanager
    def saying(self, sentence: str) -> Iterator[None]:
        """What is going on while the work within is done; after an error it is not said any more."""
        self.say(sentence)
        try:
            yield
        except Exception:
            self.say("")
            raise

    def complain(self, error: str) -> None:
        """The error line beside the button; an empty one takes it away."""
        self.error.show(error)

    def pardon(self) -> None:
        """Take the error away: its cause is gone. On the engine."""
        self.complain("")
        if self.stage.error:
            self.book.turn(self.book.wizard.refuse(self.key, ""))

    def focus_first(self) -> None:
        """Put the keyboard's focus on the first field, else on the button."""
        pressable = self.primary if not self.primary.layout.display else self.toggle
        (self._first or pressable).focus()

    def _dress(self) -> None:
        state = self.stage.state
        done = state == State.DONE
        self.add_class(f"drkit-{state}")
        self.badge.show(JOIN + chip(state))
        self.toggle.disabled = state == State.WAITING
        hidden = "none" if done and not self.always_shown else ""
        self.content.layout.display = self.ways.layout.display = hidden
        self.detail.layout.display = self.sentence.layout.display = ""
        (self.sentence if done else self.detail).layout.display = "none"
        for each in self._asides:  # of a step that is through they would do nothing
            each.layout.visibility = "hidden" if done and not self.always_shown else "visible"
        self.relabel(self.primary.description)
        self.fold(state in _FOLDED and not (done and self.stays_open))
