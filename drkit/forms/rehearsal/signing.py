"""What waits for the operator in a rehearsal: manual steps to sign off, and steps that failed."""

import mimetypes
from collections.abc import Callable, Sequence

from ipywidgets import Button, Combobox, FileUpload, HBox, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError
from drkit.execution import Action, Run, RunPhase, RunState, StepPhase, StepState
from drkit.forms.live import Live
from drkit.forms.markup import chip
from drkit.forms.progress import step_words
from drkit.forms.questions import RunCommand
from drkit.forms.worker import OnError
from drkit.plan import Step

TellRun = Callable[[RunCommand, OnError], object]
"""Has the run do something; the second is told the sentence when that fails."""

_ASKED = {Action.SIGN_OFF, Action.RETRY, Action.SKIP}


def waiting(state: RunState) -> tuple[StepState, ...]:
    """The steps that somebody has to sign, and those that failed; none once the run is stopped."""
    if state.phase is RunPhase.STOPPED:
        return ()
    return tuple(
        step
        for step in state.steps
        if not _ASKED.isdisjoint(step.actions)
        and (step.phase in {StepPhase.FAILED, StepPhase.WORKING} or Action.SIGN_OFF in step.actions)
    )


class Row(VBox):
    """One step: what to do, a note, a file, and the answers that fit."""

    def __init__(self, who: Callable[[], str], tell: TellRun) -> None:
        self._key, self._who, self._tell = "", who, tell
        self.error = Live(spoken="assertive").add_class("drkit-error")
        self.head = Live()
        self.note = TextField(
            placeholder="note: what you saw, or why (or add a file)", layout=Layout(width="420px")
        )
        self.file = FileUpload(accept=".txt,.log,.csv,.json,.png,.jpg,.jpeg,.pdf", multiple=False)
        self.file.description = "File"
        self._answers = {
            Action.SIGN_OFF: (
                self._button("Passed", "success", lambda: self._sign(passed=True)),
                self._button("Not passed", "warning", lambda: self._sign(passed=False)),
            ),
            Action.RETRY: (self._button("Try again", "primary", self._retry),),
            Action.SKIP: (self._button("Skip", "", self._skip),),
        }
        self.buttons: dict[str, Button] = {}
        self.note.observe(lambda _: self._allow(), "value")
        self.file.observe(lambda _: self._allow(), "value")
        every = [each for answers in self._answers.values() for each in answers]
        super().__init__([self.head, HBox([self.note, self.file, *every]), self.error])
        self.add_class("drkit-sign")

    def ask(self, step: Step, shown: StepState) -> None:
        """Ask about this step, with nothing typed yet."""
        self._key, self.note.value, self.file.value = step.key, "", ()
        self.error.show("")
        self.buttons = {}
        self.file.layout.display = "" if Action.SIGN_OFF in shown.actions else "none"
        for action, answers in self._answers.items():
            for button in answers:
                button.layout.display = "" if action in shown.actions else "none"
                button.tooltip = f"{button.description}: {step.title}"
                if action in shown.actions:
                    self.buttons[button.description] = button
        self._allow()

    def show(self, step: Step, shown: StepState) -> None:
        """Show the step as it stands; what was typed stays."""
        said = step.instruction if shown.phase is StepPhase.READY else step_words(shown)
        self.head.show(Markup("{} <b>{}</b><br>{}").format(chip(shown.phase.value), shown.title, said))

    def _button(self, words: str, style: str, work: Callable[[], object]) -> Button:
        button = Button(description=words, button_style=style)
        button.on_click(lambda _: work())
        return button

    def _allow(self) -> None:
        """A word needs what it rests on: a note, or for a signature a file; a skip needs its reason."""
        for words in ("Passed", "Not passed", "Skip"):
            if words in self.buttons:
                filed = bool(self.file.value) and words != "Skip"
                self.buttons[words].disabled = not (self._why or filed)

    @property
    def _why(self) -> str:
        return str(self.note.value).strip()

    def _sign(self, *, passed: bool) -> None:
        key, who, said = self._key, self._who(), self._why
        files = [(file["name"], _media(file["name"]), bytes(file["content"])) for file in self.file.value]

        def command(run: Run) -> None:
            if not who:
                raise InputError("Say who signs: choose or type your name above.")
            run.sign_off(key, passed, who, said, next(iter(files), None))

        self._tell(command, self.error.show)

    def _retry(self) -> None:
        key = self._key
        self._tell(lambda run: run.retry(key), self.error.show)

    def _skip(self) -> None:
        key, note, who = self._key, self._why, self._who()
        reason = f"{note} (says {who})" if who else note
        self._tell(lambda run: run.skip(key, reason), self.error.show)


MOST_ROWS = 8  # more widgets at once make a page slow


class Desk(VBox):
    """What waits for the operator, in the order of the plan; a row stays until it is answered.

    All rows are there from the start: a widget made while a page loads the others again can break them.
    """

    def __init__(self, tell: TellRun) -> None:
        self.who = Combobox(placeholder="your name", ensure_option=False, description="You sign as")
        self.who.style.description_width = "90px"
        self.more = Live(spoken="polite").add_class("drkit-quiet")
        self._free = [Row(lambda: str(self.who.value).strip(), tell) for _ in range(MOST_ROWS)]
        self._asked: dict[tuple[str, str, StepPhase, int], Row] = {}
        super().__init__([])
        self.add_class("drkit-desk")

    def begin(self, people: Sequence[str]) -> None:
        """Offer these names to sign as; forget what another run asked."""
        self._free += self._asked.values()
        self.who.options, self._asked, self.children = list(people), {}, []
        if len(people) == 1:
            self.who.value = people[0]

    def show(self, state: RunState) -> None:
        """Show what waits now."""
        due = waiting(state)
        asked = {(state.run_id, step.key, step.phase, step.attempts): step for step in due[:MOST_ROWS]}
        self.more.show(f"{len(due) - MOST_ROWS:,} more wait; they follow." if len(due) > MOST_ROWS else "")
        before = list(self._asked)
        self._free += [self._asked.pop(key) for key in before if key not in asked]
        rows: dict[tuple[str, str, StepPhase, int], Row] = {}
        for key, shown in asked.items():
            step = state.plan.step(shown.key)
            if key in self._asked:
                rows[key] = self._asked[key]
            else:
                rows[key] = self._free.pop(0)
                rows[key].ask(step, shown)
            rows[key].show(step, shown)
        self._asked = rows
        if list(rows) != before:
            self.children = [self.who, *rows.values(), self.more] if rows else []


def _media(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
