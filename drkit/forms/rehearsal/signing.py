"""What waits for the operator in a rehearsal: manual steps to sign off, and steps that failed."""

import mimetypes
from collections import Counter
from collections.abc import Callable, Sequence

from ipywidgets import Button, Combobox, FileUpload, HBox, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError
from drkit.execution import Action, Run, RunPhase, RunState, StepPhase, StepState
from drkit.forms.live import Live
from drkit.forms.markup import JOIN, Text, chip, with_short_ids
from drkit.forms.picking import PickTable
from drkit.forms.progress import step_words
from drkit.forms.questions import RunCommand
from drkit.forms.worker import OnError
from drkit.plan import Step
from drkit.showing import count

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


HEADS = ("Check", "Of", "State", "What to look at, or what was seen")
MOST_GROUPS = 12  # buttons for what rows are of; the filter finds the others


class Desk(VBox):
    """What waits for the operator: a row per check and server, in the order of the plan.

    Rows are answered as they are picked: one, all of a server, or the whole list, with one note or file. All
    widgets are there from the start: one made while a page loads the others again can break them.
    """

    def __init__(self, tell: TellRun) -> None:
        self._tell = tell
        self.who = Combobox(placeholder="your name", ensure_option=False, description="You sign as")
        self.who.style.description_width = "90px"
        self.table = PickTable(lambda _: self._allow(), page=15, label="What waits for your word")
        self.of = Live(on_press=self._pick_all_of)
        self.note = TextField(
            description="Note",
            placeholder="note: what you saw, or why (or add a file)",
            layout=Layout(width="420px"),
        )
        self.note.add_class("drkit-spoken-label")
        self.file = FileUpload(accept=".txt,.log,.csv,.json,.png,.jpg,.jpeg,.pdf", multiple=False)
        self.file.description = "File"
        self.file.tooltip = "What the answer rests on: a log, a table, a picture"
        self.hint, self.error = (Live(spoken=each) for each in ("polite", "assertive"))
        self.hint.add_class("drkit-quiet")
        self.error.add_class("drkit-error")
        self.answers = {
            "Passed": (Action.SIGN_OFF, self._button("Passed", "success", lambda: self._sign(passed=True))),
            "Not passed": (
                Action.SIGN_OFF,
                self._button("Not passed", "warning", lambda: self._sign(passed=False)),
            ),
            "Try again": (Action.RETRY, self._button("Try again", "primary", self._retry)),
            "Skip": (Action.SKIP, self._button("Skip", "", self._skip)),
        }
        self._due: dict[str, StepState] = {}
        self._alone: tuple[str, ...] = ()
        self._of: dict[str, str] = {}  # what each waiting check is of
        for field in (self.note, self.file):
            field.observe(lambda _: self._allow(), "value")
        row = HBox([self.note, self.file, *(button for _, button in self.answers.values())])
        super().__init__([self.who, self.table, self.of, row, self.hint, self.error])
        self.add_class("drkit-desk").add_class("drkit-sign")
        self.layout.display = "none"

    def begin(self, people: Sequence[str]) -> None:
        """Offer these names to sign as; forget what another run asked."""
        self.who.options, self._due, self.layout.display = list(people), {}, "none"
        self.table.fill(HEADS, {})
        self._empty()
        if len(people) == 1:
            self.who.value = people[0]

    def show(self, state: RunState) -> None:
        """Show what waits now; what is picked and typed stays, as far as it still waits."""
        before, self._due = self._due, {each.key: each for each in waiting(state)}
        steps = {key: state.plan.step(key) for key in self._due}
        self.table.fill(HEADS, {key: _row(steps[key], each) for key, each in self._due.items()}, keep=True)
        self._of = {key: _of(step) for key, step in steps.items()}
        rows_of = Counter(self._of.values())
        shown = [each for each, rows in rows_of.items() if rows > 1][:MOST_GROUPS] if len(rows_of) > 1 else ()
        button = Markup('<button class="jupyter-button" data-press="{}">All of {}</button>')
        self.of.show(JOIN.join(button.format(each, each) for each in shown))
        alone = tuple(self._due) if len(self._due) == 1 else ()
        if alone or (self._alone and self.table.picked == self._alone):  # more came: nobody picked that one
            self.table.pick(alone)
        self._alone = alone
        if self._due and not before.keys() & self._due.keys():
            self.error.show("")
        self.layout.display = "" if self._due else "none"
        self._allow()

    def _pick_all_of(self, subject: str) -> None:
        self.table.pick([*self.table.picked, *(key for key, of in self._of.items() if of == subject)])

    def _button(self, words: str, style: str, work: Callable[[], object]) -> Button:
        button = Button(description=words, button_style=style)
        button.on_click(lambda _: work())
        return button

    def _allow(self) -> None:
        """What fits every picked row can be answered; a word needs what it rests on: a note, or for a
        signature a file; a skip needs its reason.
        """
        picked = [self._due[key] for key in self.table.picked if key in self._due]
        for words, (action, button) in self.answers.items():
            fits = any(action in each.actions for each in self._due.values())
            button.layout.display = "" if fits else "none"
            filed = bool(self.file.value) and words != "Skip"
            rests = words == "Try again" or self._why or filed
            button.disabled = not (picked and rests and all(action in each.actions for each in picked))
        signs = any(Action.SIGN_OFF in each.actions for each in self._due.values())
        self.file.layout.display = "" if signs else "none"
        several = f"{count(len(picked), 'row')} picked: your answer goes to all of them."
        self.hint.show(several if picked else "Pick the rows that you answer.")

    @property
    def _why(self) -> str:
        return str(self.note.value).strip()

    def _answer(self, command: Callable[[Run, str], object]) -> None:
        keys = [key for key in self.table.picked if key in self._due]

        def answer(run: Run) -> None:
            for key in keys:
                command(run, key)
            self._empty()

        self._tell(answer, self.error.show)

    def _empty(self) -> None:
        self.note.value, self.file.value = "", ()
        self.error.show("")

    def _sign(self, *, passed: bool) -> None:
        who, said = str(self.who.value).strip(), self._why
        files = [(file["name"], _media(file["name"]), bytes(file["content"])) for file in self.file.value]

        def sign(run: Run, key: str) -> None:
            if not who:
                raise InputError("Say who signs: choose or type your name above.")
            run.sign_off(key, passed, who, said, next(iter(files), None))

        self._answer(sign)

    def _retry(self) -> None:
        self._answer(lambda run, key: run.retry(key))

    def _skip(self) -> None:
        note, who = self._why, str(self.who.value).strip()
        reason = f"{note} (says {who})" if who else note
        self._answer(lambda run, key: run.skip(key, reason))


def _of(step: Step) -> str:
    """What a check is of, as its title has it for people: a server, or a group."""
    return step.title.removeprefix(f"{step.kind}: ")


def _row(step: Step, shown: StepState) -> tuple[Text, ...]:
    # What was looked up first tells what is left of it.
    asks = shown.phase is StepPhase.READY and step.manual
    said = with_short_ids(step.instruction) if asks else step_words(shown)
    check = step.kind if step.manual else shown.title
    return check, _of(step), chip(shown.phase.value), said


def _media(name: str) -> str:
    return mimetypes.guess_type(name)[0] or "application/octet-stream"
