"""The third step of a rehearsal: the whole plan with its expected duration, and the typed names."""

from markupsafe import Markup

from drkit.forms.confirming import ConfirmCard
from drkit.forms.markup import table
from drkit.forms.rehearsal import words
from drkit.runbooks import RehearsalSession, objectives_rows


class ConfirmRehearsalCard(ConfirmCard[RehearsalSession]):
    """The whole plan once more, and the names of the groups, typed."""

    title, button = "Read the whole plan and confirm", "Start"
    stale = "Go back to step 1 with Change this step, check again, and plan anew."
    read_first = True

    def _plan_words(self) -> Markup:
        plan = self.session.drafted
        objectives = [(row["objective"], row["value"]) for row in objectives_rows(plan)]
        fixed = Markup("<details><summary>What it is measured against</summary>{}</details>")
        away = Markup("<p><b>{}</b></p>").format(self.session.away) if self.session.away else Markup()
        return (
            away
            + words.plan_words(plan, self.session.ahead(plan))
            + fixed.format(table(("", ""), objectives, name="Objectives"))
        )
