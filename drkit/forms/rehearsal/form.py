"""A rehearsal on the screen: its five cards over one task."""

from pathlib import Path

from ipywidgets import HTML, VBox

from drkit.forms.band import band
from drkit.forms.card import Card
from drkit.forms.live import Live, Reloadable, style
from drkit.forms.markup import identity
from drkit.forms.rehearsal.aiming import ObjectivesCard
from drkit.forms.rehearsal.choosing import ChooseGroupsCard
from drkit.forms.rehearsal.confirming import ConfirmRehearsalCard
from drkit.forms.rehearsal.ending import RehearsalResultCard
from drkit.forms.rehearsal.request import RehearsalRequest
from drkit.forms.rehearsal.running import RehearsalRunCard
from drkit.forms.rehearsal.task import RehearsalTask
from drkit.forms.runbook import Runbook


class RehearsalForm:
    """Leads through a rehearsal; each step's method gives the card for its cell."""

    def __init__(self, task: RehearsalTask) -> None:
        self.task, self.top, self._wished = task, Live(), task.wish
        cards = [
            ChooseGroupsCard(task),
            ObjectivesCard(task),
            ConfirmRehearsalCard(task),
            RehearsalRunCard(task),
            RehearsalResultCard(task, self.restart),
        ]
        self.book = Runbook("rehearsal", cards, self._show_band)
        self.book.start()

    def begin(self, wish: RehearsalRequest) -> None:
        """What a cell that is run (again) wants: a run that is under way is shown again, as is one that ended
        when nothing else is wished for; else the rehearsal begins anew.
        """
        run = self.task.run
        if run and (wish == self._wished or run.state().phase.alive):
            return
        self._wished = wish
        self.restart(wish)

    def restart(self, wish: RehearsalRequest) -> None:
        """Begin anew with these parameters."""
        self.book.later(self.book.cards["choose"], lambda: self.task.restart(wish))
        self.book.start()

    def choose(self) -> VBox:
        """Step 1, with the band on top: which groups."""
        return VBox([style(), own_style(), Reloadable([self.top]), self.book.cards["choose"]])

    def objectives(self) -> Card:
        """Step 2: what it is measured against."""
        return self.book.cards["objectives"]

    def confirm(self) -> Card:
        """Step 3: the whole plan, and the typed names."""
        return self.book.cards["confirm"]

    def run(self) -> Card:
        """Step 4: carry it out."""
        return self.book.cards["run"]

    def result(self) -> Card:
        """Step 5: what became of it."""
        return self.book.cards["result"]

    def _show_band(self) -> None:
        task = self.task
        if task.overview is None:
            return
        state = task.run.state() if task.run else None
        pieces = {
            "region": task.overview.backend.region,
            "groups": ", ".join(task.names.values()) if task.inventory else "",
            "run": identity(state.run_id) if state else "",
            "held by": state.lease if state else "",
        }
        self.top.show(band(task.overview.backend, pieces))


def own_style() -> HTML:
    """What only rehearsals look like."""
    return HTML(f"<style>{(Path(__file__).parent / 'style.css').read_text()}</style>")
