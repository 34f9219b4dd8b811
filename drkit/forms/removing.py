"""Removing a group's protection on the screen: what goes, what stays and costs, the yes, the ledger."""

from collections.abc import Mapping, Sequence

from ipywidgets import HTML, Checkbox, Layout
from markupsafe import Markup

from drkit.execution import RunState
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.confirming import ConfirmCard
from drkit.forms.form import RunbookForm
from drkit.forms.live import Live
from drkit.forms.markup import Text, chip, lines, table, with_short_ids
from drkit.forms.questions import RunCommand
from drkit.forms.rehearsal.form import own_style
from drkit.forms.rehearsal.signing import Desk, waiting
from drkit.forms.running import ResultCard, RunCard
from drkit.forms.unfinished import FirstCard
from drkit.forms.worker import OnError, guarded
from drkit.plan import Plan, Removal
from drkit.runbooks import RemovalRequest, RemovalSession
from drkit.showing import count

_FLAGS = {
    "with_disks": "DELETE the disks at the DR site too, with every copy, for good; detaches every pair first",
    "with_servers": "DELETE the DR servers too, for good",
    "with_eip": "RELEASE the public addresses (EIP) of the DR servers too",
}


class ChooseRemovalCard(FirstCard[RemovalSession]):
    """Which group, and what goes with its protection; the button makes the plan."""

    title, button = "Choose the group whose protection is removed", "Make the plan"

    def __init__(self, session: RemovalSession) -> None:
        self.group = Chooser("Protection group", lambda: self.later(self.pardon))
        self.flags = {
            word: Checkbox(description=label, indent=False, layout=Layout(width="auto"))
            for word, label in _FLAGS.items()
        }
        super().__init__(session, [self.group, *self.flags.values()], first=self.group.field)

    def prepare(self) -> None:
        """Read the groups, and choose what the parameters name."""
        super().prepare()
        request = self.session.request
        with self.saying("Reading the groups…"):
            reading = self.session.survey()
        groups = sorted(reading.groups.values(), key=lambda group: group.name)
        options = [(f"{reading.called(each.id)}  ·  {each.status}", each.id) for each in groups]
        for word, flag in self.flags.items():
            flag.value = getattr(request, word)
        self.say(
            "Production goes on, unprotected. Without a tick below nothing at the DR site is deleted: it "
            "stays, and keeps costing. Nothing is changed by looking."
        )
        known = request.group in reading.groups or not request.group
        self.group.fill(options, request.group if known else reading.group(request.group).id)
        self.offer_runs()

    def work(self) -> str:
        """Make the plan; an error lists every objection."""
        ticked = {word: flag.value for word, flag in self.flags.items()}
        return self.session.draft(self.group.chosen, Removal(**ticked)).title


class ConfirmRemovalCard(ConfirmCard[RemovalSession]):
    """What goes, what stays and costs, every step, and the typed name."""

    title, button = "What goes, what stays, and your yes", "Remove the protection"
    stale = "Open the step before again and plan anew."
    read_first = True

    def _plan_words(self) -> Markup:
        return plan_words(self.session.drafted, self.session.rows())


class RemovalRunCard(RunCard[RemovalSession]):
    """Watching it, and signing for what stays."""

    title = "Remove it, and account for what is left"

    def __init__(self, session: RemovalSession) -> None:
        super().__init__(session)
        self.desk = Desk(self._tell_run)
        self._signs: object = None
        self.content.children = [self.desk, *self.content.children]

    def prepare(self) -> None:
        """Show the current run from now on, until it has ended."""
        self._signs = None
        self.desk.begin(())
        super().prepare()

    def _show(self, state: RunState) -> None:
        super()._show(state)
        signs = [(step.key, step.phase, step.attempts, step.actions) for step in waiting(state)]
        if (state.run_id, signs) != self._signs:
            self._signs = (state.run_id, signs)
            self.later(lambda: self.desk.show(state))

    def _tell_run(self, command: RunCommand, complain: OnError) -> None:
        self.tell(lambda run: guarded(lambda: command(run), complain)())


class RemovalResultCard(ResultCard[RemovalSession]):
    """What became of it, and the ledger of what is left."""

    more = "Remove another protection"

    def __init__(self, session: RemovalSession) -> None:
        self.ledger = Live()
        super().__init__(session, self.ledger)

    def prepare(self) -> None:
        """Show the steps, who signed for what stays, and whether the group is gone."""
        state = self._show_outcome()
        self.ledger.show(ledger_words(state, still_there=self._still_there()))
        self._close(state)

    def _still_there(self) -> bool:
        [(group_id, _)] = self.session.drafted.groups
        return group_id in self.session.left().groups


class RemovalForm(RunbookForm[RemovalSession, RemovalRequest]):
    """Leads through removing a protection; each step's method gives the card for its cell."""

    name = "removal"

    def _cards(self) -> Sequence[Card]:
        session, result = self.session, RemovalResultCard(self.session)
        result.anew.on_click(lambda _: self.restart(RemovalRequest(session.request.profile)))
        cards = [ChooseRemovalCard(session), ConfirmRemovalCard(session), RemovalRunCard(session)]
        return [*cards, result]

    def _places(self) -> Mapping[str, Text]:
        plan = self.session.plan
        return {"group": plan.groups[0][1]} if plan else {}

    def _styles(self) -> list[HTML]:
        return [*super()._styles(), own_style()]


def plan_words(plan: Plan, rows: Sequence[Mapping[str, str]]) -> Markup:
    """What is lost first and apart, what stays and costs, then every step."""
    lost = [each for each in plan.notes if each.startswith("Lost: ")]
    stays = [each for each in plan.notes if not each.startswith("Lost: ")]
    shown = table(("", "Step", "How"), [(row["step"], row["title"], row["how"]) for row in rows], numbers=[0])
    return Markup(
        '<h4>What goes</h4><div class="drkit-note drkit-error">{}</div><h4>What stays, and costs</h4>{}'
        "<h4>In this order</h4>{}"
    ).format(lines(lost), lines(map(with_short_ids, stays)), shown)


def ledger_words(state: RunState, *, still_there: bool) -> Markup:
    """The ledger: whether the group is gone, and for each thing that stays whether it is accounted for."""
    whole = Markup('<span class="drkit-whole">{}</span>')
    asked = [
        (
            chip(shown.phase.value),
            whole.format(step.kind),
            with_short_ids(step.instruction),
            shown.phase.value in {"done", "skipped"},
        )
        for shown, step in zip(state.steps, state.plan.steps, strict=True)
        if not step.change
    ]
    group = (chip("open", "failed"), "The group is still there.")
    if not still_there:
        group = (chip("gone", "done"), "The group is gone; production is not protected any more.")
    still = sum(not settled for *_, settled in asked)
    told = f"{count(still, 'entry is', 'entries are')} open." if still else "Every entry is accounted for."
    shown = table(("State", "What", "Of it"), [row[:3] for row in asked])
    return Markup("<p>{} {}</p><h4>What is left</h4><p>{}</p>{}").format(*group, told, shown)
