"""A single change on the screen: its cards over one session."""

from collections.abc import Mapping, Sequence

from drkit.forms.card import Card
from drkit.forms.change import ChangeResultCard, ChangeRunCard, ConfirmChangeCard
from drkit.forms.changing.cards import ChooseThingCard, ChooseVerbCard
from drkit.forms.form import RunbookForm
from drkit.forms.markup import Text
from drkit.runbooks import ChangeRequest, ChangeSession


class ChangeForm(RunbookForm[ChangeSession, ChangeRequest]):
    """Leads through one change; each step's method gives the card for its cell."""

    name = "change"

    def _cards(self) -> Sequence[Card]:
        session, result = self.session, ChangeResultCard(self.session)
        result.anew.on_click(lambda _: self.restart(session.request))
        choosing = [ChooseThingCard(session), ChooseVerbCard(session)]
        return [*choosing, ConfirmChangeCard(session), ChangeRunCard(session), result]

    def _places(self) -> Mapping[str, Text]:
        group_id, reading = self.session.group_id, self.session.reading
        return {"group": reading.called(group_id)} if group_id in reading.groups else {}

    def plan(self) -> Card:
        """Step 2: the verb, what it needs, and the plan."""
        return self.book.cards["verb"]
