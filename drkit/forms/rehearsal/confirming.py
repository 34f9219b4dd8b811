"""The third step of a rehearsal: the whole plan with its expected duration, and the typed names."""

from ipywidgets import Checkbox
from markupsafe import Markup

from drkit.errors import LeaseHeldError, StalePlanError
from drkit.forms.card import Card
from drkit.forms.confirming import TypedName
from drkit.forms.live import Live
from drkit.forms.markup import table
from drkit.forms.rehearsal import words
from drkit.forms.rehearsal.task import RehearsalTask


class ConfirmRehearsalCard(Card):
    """The whole plan once more, and the names of the groups, typed."""

    key, title, button, danger = "confirm", "Read the whole plan and confirm", "Start", True

    def __init__(self, task: RehearsalTask) -> None:
        self.task = task
        self.plan = Live()
        self.takeover = Checkbox(
            description="Nobody is behind that run any more: take the group over", indent=False
        )
        self.name = TypedName(self._allow)
        super().__init__([self.plan, self.takeover, self.name])

    def prepare(self) -> None:
        """Show the plan, with how long it will take, and ask for the names."""
        plan = self.task.drafted
        where = "on the practice range" if plan.backend.practice else f"for real, in {plan.backend.label}"
        self.say(Markup("This is what will be done <b>{}</b>. Read it once more.").format(where))
        self.plan.show(self._shown())
        self.takeover.value, self.takeover.layout.display = False, "none"
        self.name.ask(*(name for _, name in plan.groups))
        self._allow()

    def work(self) -> str:
        """Start the run: the world is read once more, then the first changes are sent."""
        shown = self._shown()
        try:
            run = self.task.start(self.name.field.value, takeover=self.takeover.value)
        except LeaseHeldError:
            self.takeover.layout.display = ""
            raise
        except StalePlanError as error:
            raise StalePlanError(
                f"{error}\nGo back to step 1 with Change this step, check again, and plan anew.",
                error.objections,
                steps=error.steps,
            ) from error
        self.detail.show(shown)
        return f"confirmed as run {run.id}"

    def focus_first(self) -> None:
        """Stay at the top: the plan is to be read before the name is typed."""
        self.toggle.focus()

    def _shown(self) -> Markup:
        plan = self.task.drafted
        aims = [(each["objective"], each["value"]) for each in words.aims_rows(plan)]
        fixed = Markup("<details><summary>What it is measured against</summary>{}</details>")
        return words.plan_words(plan, self.task.ahead(plan)) + fixed.format(table(("", ""), aims))

    def _allow(self) -> None:
        self.primary.disabled = not self.name.fits
