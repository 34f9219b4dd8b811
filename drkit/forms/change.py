"""The last steps of changes, in their runbook and wherever a way is taken: confirm, watch, result."""

from markupsafe import Markup

from drkit.forms.confirming import ConfirmCard
from drkit.forms.markup import JOIN, lines, table
from drkit.forms.running import ResultCard, RunCard
from drkit.plan import Plan
from drkit.runbooks import ChangeSession


class ConfirmChangeCard(ConfirmCard[ChangeSession]):
    """The change once more, with what is lost by it, and the typed name."""

    title, button = "Confirm", "Do it now"
    stale = "Open the step before again and plan anew."

    def prepare(self) -> None:
        """Show the plan and ask for the name: of the thing itself where something is lost."""
        super().prepare()
        plan = self.session.drafted
        what = "the name of what is lost" if plan.confirms else "the name of the group"
        self.name.ask(plan.to_type, thing=what)
        self.name.field.description = what.capitalize()

    def _plan_words(self) -> Markup:
        return plan_words(self.session.drafted)


def plan_words(plan: Plan) -> Markup:
    """The plan of one change: what is done, how it is undone, and what is lost, apart."""
    lost = [each for each in plan.notes if each.startswith("Lost: ")]
    rows = [(each.key, each.title, each.undo or "It cannot be undone.") for each in plan.steps]
    apart = Markup('<div class="drkit-note drkit-error">{}</div>').format(lines(lost)) if lost else JOIN
    notes = lines(each for each in plan.notes if each not in lost)
    return table(("Step", "What is done", "To undo it"), rows) + apart + notes


class ChangeRunCard(RunCard[ChangeSession]):
    """Watching the change."""

    title = "Do it and watch"


class ChangeResultCard(ResultCard[ChangeSession]):
    """What became of it."""

    more = "Change something else"

    def prepare(self) -> None:
        """Show what became of the step."""
        self._close(self._show_outcome())
