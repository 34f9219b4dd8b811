"""The attach runbook on the screen: its six cards over one task."""

from ipywidgets import Button, VBox

from drkit.execution import StepPhase
from drkit.forms.attach import words
from drkit.forms.attach.cards import ChooseInstanceCard, ConfirmAttachCard, PickCard, PlanCard
from drkit.forms.attach.request import AttachRequest
from drkit.forms.attach.task import AttachTask
from drkit.forms.band import band
from drkit.forms.card import Card
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import JOIN, chip
from drkit.forms.progress import counts, results_table
from drkit.forms.runbook import Runbook
from drkit.forms.running import STATES, RunCard


class AttachRunCard(RunCard):
    """Watching the attachment."""

    title = "Attach and watch"


class AttachResultCard(Card):
    """What became of each pair, and what is attached to the instance now."""

    key, title, stays_open, always_shown = "result", "Result", True, True

    def __init__(self, task: AttachTask) -> None:
        self.task = task
        self.outcome, self.attached = Live(), Live()
        self.anew = Button(description="Attach more pairs")
        super().__init__([self.outcome, self.attached], asides=[self.anew])

    def prepare(self) -> None:
        """Show the result table, then read the attachments once more."""
        state = self.task.started.state()
        self.outcome.show(results_table(state))
        self.attached.show("Reading what is attached now…")
        self.task.read(self.task.instance.group_id, self.task.instance_id)
        done = {each.key for each in state.steps if each.phase == StepPhase.DONE}
        new = [step.change.pair_id for step in state.plan.steps if step.change and step.key in done]
        self.attached.show(words.attached_now(self.task.reading, self.task.instance, new))
        line = f"{counts(state)}; kept as run {state.run_id}"
        self.book.turn(self.book.wizard.end(self.key, STATES[state.phase], line))


class AttachForm:
    """Leads through attaching pairs to an instance; each step's method gives the card for its cell."""

    def __init__(self, task: AttachTask) -> None:
        self.task, self.top = task, Live()
        result = AttachResultCard(task)
        result.anew.on_click(lambda _: self.restart(self.task.wish))
        cards = [
            ChooseInstanceCard(task),
            PickCard(task),
            PlanCard(task),
            ConfirmAttachCard(task),
            AttachRunCard(task.clock, lambda: task.run, task.resume),
            result,
        ]
        self.book = Runbook("attach", cards, self._show_band)
        self.book.start()

    def begin(self, wish: AttachRequest) -> None:
        """What a cell that is run (again) wants: a run that is under way is shown again, as is one that ended
        when nothing else is wished for; else the runbook begins anew.
        """
        run = self.task.run
        if run and (wish == self.task.wish or run.state().phase.alive):
            return
        self.restart(wish)

    def restart(self, wish: AttachRequest) -> None:
        """Begin anew with these parameters."""
        self.book.later(self.book.cards["choose"], lambda: self.task.restart(wish))
        self.book.start()

    def choose(self) -> VBox:
        """Step 1, with the band on top: which group and instance."""
        return VBox([style(), Reloadable([self.top]), self.book.cards["choose"]])

    def pick(self) -> Card:
        """Step 2: which pairs."""
        return self.book.cards["pick"]

    def plan(self) -> Card:
        """Step 3: the plan and its device names."""
        return self.book.cards["plan"]

    def confirm(self) -> Card:
        """Step 4: the name of the group, typed."""
        return self.book.cards["confirm"]

    def run(self) -> Card:
        """Step 5: attach and watch."""
        return self.book.cards["run"]

    def result(self) -> Card:
        """Step 6: what became of it."""
        return self.book.cards["result"]

    def _show_band(self) -> None:
        task = self.task
        if task.overview is None:
            return
        state = task.run.state() if task.run else None
        pieces = {
            "region": task.overview.backend.region,
            "group": task.group.name if task.inventory else "",
            "run": JOIN + state.run_id + " " + chip(state.phase.value, STATES[state.phase]) if state else "",
            "held by": state.lease if state else "",
        }
        self.top.show(band(task.overview.backend, pieces))
