"""The attach runbook on the screen: its six cards over one session."""

from collections.abc import Mapping, Sequence

from ipywidgets import Button

from drkit.execution import RunState, StepPhase
from drkit.forms.attach import words
from drkit.forms.attach.cards import ChooseInstanceCard, ConfirmAttachCard, PickCard, PlanCard
from drkit.forms.card import Card
from drkit.forms.form import RunbookForm
from drkit.forms.live import Live
from drkit.forms.markup import JOIN, Text, chip
from drkit.forms.progress import counts, results_table
from drkit.forms.running import STATES, RunCard
from drkit.runbooks import AttachRequest, AttachSession


class AttachRunCard(RunCard[AttachSession]):
    """Watching the attachment."""

    title = "Attach and watch"


class AttachResultCard(Card):
    """What became of each pair, and what is attached to the instance now."""

    key, title, stays_open, always_shown = "result", "Result", True, True

    def __init__(self, session: AttachSession) -> None:
        self.session = session
        self.outcome, self.attached = Live(), Live()
        self.anew = Button(description="Attach more pairs")
        super().__init__([self.outcome, self.attached], asides=[self.anew])

    def prepare(self) -> None:
        """Show the result table, then read the attachments once more."""
        state = self.session.started.state()
        self.outcome.show(results_table(state))
        self.attached.show("Reading what is attached now…")
        self.session.read_again()
        done = {each.key for each in state.steps if each.phase == StepPhase.DONE}
        new = [step.change.pair_id for step in state.plan.steps if step.change and step.key in done]
        self.attached.show(words.attached_now(self.session.reading, self.session.instance, new))
        line = f"{counts(state)}; kept as run {state.run_id}"
        self.book.turn(self.book.wizard.end(self.key, STATES[state.phase], line))


class AttachForm(RunbookForm[AttachSession, AttachRequest]):
    """Leads through attaching pairs to an instance; each step's method gives the card for its cell."""

    name = "attach"

    def _cards(self) -> Sequence[Card]:
        session, result = self.session, AttachResultCard(self.session)
        result.anew.on_click(lambda _: self.restart(session.request))
        choosing = [ChooseInstanceCard(session), PickCard(session), PlanCard(session)]
        return [*choosing, ConfirmAttachCard(session), AttachRunCard(session), result]

    def _places(self) -> Mapping[str, Text]:
        return {"group": self.session.reading.called(self.session.group.id)}

    def _run_words(self, state: RunState) -> Text:
        return JOIN + state.run_id + " " + chip(state.phase.value, STATES[state.phase])

    def pick(self) -> Card:
        """Step 2: which pairs."""
        return self.book.cards["pick"]

    def plan(self) -> Card:
        """Step 3: the plan and its device names."""
        return self.book.cards["plan"]
