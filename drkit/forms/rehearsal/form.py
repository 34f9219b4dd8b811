"""A rehearsal on the screen: its five cards over one session."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from ipywidgets import HTML

from drkit.execution import RunState
from drkit.forms.card import Card
from drkit.forms.form import RunbookForm
from drkit.forms.markup import Text
from drkit.forms.rehearsal.choosing import ChooseGroupsCard
from drkit.forms.rehearsal.confirming import ConfirmRehearsalCard
from drkit.forms.rehearsal.ending import RehearsalResultCard
from drkit.forms.rehearsal.objectives import ObjectivesCard
from drkit.forms.rehearsal.running import RehearsalRunCard
from drkit.runbooks import RehearsalRequest, RehearsalSession


class RehearsalForm(RunbookForm[RehearsalSession, RehearsalRequest]):
    """Leads through a rehearsal; each step's method gives the card for its cell."""

    name = "rehearsal"

    def _cards(self) -> Sequence[Card]:
        session = self.session
        deciding = [ChooseGroupsCard(session), ObjectivesCard(session), ConfirmRehearsalCard(session)]
        run = RehearsalRunCard(session)
        return [
            *deciding,
            run,
            RehearsalResultCard(session, self.restart, lambda: run.book.press(run)),
        ]

    def _places(self) -> Mapping[str, Text]:
        return {"groups": ", ".join(self.session.names.values())}

    def _run_words(self, state: RunState) -> Text:
        return state.run_id

    def _styles(self) -> list[HTML]:
        return [*super()._styles(), own_style()]

    def objectives(self) -> Card:
        """Step 2: what it is measured against."""
        return self.book.cards["objectives"]


def own_style() -> HTML:
    """What only rehearsals look like."""
    return HTML(f"<style>{(Path(__file__).parent / 'style.css').read_text()}</style>")
