"""What a run asks its operator: what was seen of a step, and the answers that fit.

All widgets are there from the start: one that is made while a page loads the others again can break them.
"""

from collections.abc import Callable, Sequence

from ipywidgets import Button, HBox, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.execution import Action, Run, StepState
from drkit.forms.live import Live
from drkit.forms.markup import chip
from drkit.forms.progress import step_words
from drkit.showing import count

MOST = 3  # questions at a time

RunCommand = Callable[[Run], object]
Tell = Callable[[RunCommand], object]


class Questions(VBox):
    """The steps that wait for a word, a few at a time; `tell` takes an answer to the run."""

    def __init__(self, tell: Tell) -> None:
        self.each = [Question(tell) for _ in range(MOST)]
        self.more = Live()
        super().__init__([*self.each, self.more])
        self.ask(())

    def ask(self, steps: Sequence[StepState]) -> None:
        """Ask about these steps; none takes all questions away."""
        for at, question in enumerate(self.each):
            question.ask(steps[at] if at < len(steps) else None)
        left = len(steps) - MOST
        self.more.show(f"and {count(left, 'more question')} after these" if left > 0 else "")


class Question(VBox):
    """One step that waits for a word.

    An answer that nobody can check later needs a reason: its button works once a reason is typed.
    """

    def __init__(self, tell: Tell) -> None:
        self.step: StepState | None = None
        self._tell = tell
        self.shown = Live(spoken="polite")
        self.reason = TextField(
            description="Reason", placeholder="how do you know, or why? (it is written down)"
        )
        self.reason.add_class("drkit-typed").add_class("drkit-spoken-label")
        self.reason.observe(lambda _: self._allow(), "value")
        self.look = self._button("Look at the service again", lambda run: run.look_again(self._key))
        self.approve = self._button("Judge again, then send", lambda run: run.approve(self._key))
        self.done = self._button("It was done", lambda run: run.resolve(self._key, True, self._why))
        self.not_done = self._button("It was not done", lambda run: run.resolve(self._key, False, self._why))
        self.skip = self._button("Skip it", lambda run: run.skip(self._key, self._why))
        free, reasoned = HBox([self.look, self.approve]), [self.done, self.not_done, self.skip]
        self.giving_reasons = HBox([self.reason, *reasoned])
        super().__init__([self.shown, free, self.giving_reasons])
        self.add_class("drkit-note")
        self.ask(None)

    def ask(self, step: StepState | None) -> None:
        """Ask about this step; None takes the question away. What is typed for the same question stays."""
        asked = (step.key, step.actions) if step else None
        if asked != ((self.step.key, self.step.actions) if self.step else None):
            self.reason.value = ""
        self.step = step
        actions = step.actions if step else ()
        self.layout.display = "" if step else "none"
        if step:
            self.shown.show(
                Markup("{} <b>{}</b><br>{}").format(chip(step.phase.value), step.title, step_words(step))
            )
        for action, widgets in (
            (Action.LOOK_AGAIN, [self.look]),
            (Action.APPROVE, [self.approve]),
            (Action.RESOLVE, [self.done, self.not_done]),
            (Action.SKIP, [self.skip]),
        ):
            for widget in widgets:
                widget.layout.display = "" if action in actions else "none"
        needed = not {Action.RESOLVE, Action.SKIP}.isdisjoint(actions)
        self.giving_reasons.layout.display = "" if needed else "none"
        self._allow()

    @property
    def _key(self) -> str:
        return self.step.key if self.step else ""

    @property
    def _why(self) -> str:
        return str(self.reason.value).strip()

    def _allow(self) -> None:
        for button in (self.done, self.not_done, self.skip):
            button.disabled = not self._why

    def _button(self, words: str, command: RunCommand) -> Button:
        button = Button(description=words)
        button.on_click(lambda _: self._tell(command))
        return button
