"""The steps of the attach runbook up to the confirmation: choose, pick, check the plan, confirm."""

from collections.abc import Mapping
from dataclasses import replace

from ipywidgets import Button, Checkbox, Dropdown, HBox, Layout, VBox
from markupsafe import Markup

from drkit.errors import InputError, LeaseHeldError, StalePlanError
from drkit.forms.attach import words
from drkit.forms.attach.task import AttachTask
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.confirming import TypedName
from drkit.forms.live import Live
from drkit.forms.markup import count
from drkit.forms.naming import NamingTable
from drkit.forms.picking import PickTable
from drkit.journal import RunRow
from drkit.plan import LeftOut, Plan

_PREFIXES = (("– choose –", ""), ("/dev/vd  (KVM)", "vd"), ("/dev/sd  (Xen)", "sd"))


class ChooseInstanceCard(Card):
    """Which group, which instance; and, where no server tells, how device names begin there."""

    key, title, button = "choose", "Choose the group and the instance", "Continue"

    def __init__(self, task: AttachTask) -> None:
        self.task = task
        self.group = Chooser("Protection group", lambda: self.later(self._group_chosen))
        self.facts = Live().add_class("drkit-facts")
        self.instance = Chooser("Protected instance", self._ask_no_prefix)
        self.prefix = Dropdown(
            options=_PREFIXES, description="Device names begin", layout=Layout(width="560px")
        )
        self.prefix.style.description_width = "130px"
        self._ask_no_prefix()
        self.unfinished, self._group_shown = VBox(), ""
        content = [self.unfinished, self.group, self.facts, self.instance, self.prefix]
        super().__init__(content, first=self.group.field)

    def prepare(self) -> None:
        """Read what there is to choose from, and choose what the parameters say."""
        self.relabel("Try again")
        with self.saying("Reading the groups and instances…"):
            overview = self.task.survey()
        self.relabel(self.button)
        self.group.fill(words.group_options(overview))
        self.instance.fill((), hint="choose the group first")
        self._invite()
        group_id, instance_id = self.task.wished(overview)
        if group_id:
            self.group.field.value = group_id
            self._show_group(instance_id)
        self.unfinished.children = [self._offer_run(each) for each in self.task.unfinished()]
        if self.task.wish.run:
            self._go_on(self.task.wish.run)

    def work(self) -> str | None:
        """Read the group and the instance's servers, and judge all pairs."""
        if self.task.overview is None:
            self.book.start()
            return None
        self.say("Reading the group, the pairs and the servers…")
        try:
            self.task.read(self.group.chosen, self.instance.chosen)
            self._judge()
        finally:
            self._invite()
        self.detail.show(words.group_facts(self.task.group))
        return f"{self.task.group.name}, {self.task.instance.name}"

    def _invite(self) -> None:
        self.say("Choose where the pairs are to be attached. Nothing is changed by looking.")

    def _offer_run(self, run: RunRow) -> HBox:
        button = Button(description="Go on with it")
        button.on_click(lambda _: self.later(lambda: self._go_on(run.id)))
        row = HBox([Live(words.unfinished_run(run)), button])
        row.add_class("drkit-note")
        return row

    def _go_on(self, run_id: str) -> None:
        self.task.resume(run_id)
        self.book.turn(self.book.wizard.skip_to("run", f"done before, in run {run_id}"))

    def _judge(self) -> None:
        try:
            self.task.judge(self.prefix.value or "")
        except InputError:
            self.prefix.layout.display = ""
            raise

    def _group_chosen(self) -> None:
        if self.group.chosen != self._group_shown:
            self._show_group()

    def _show_group(self, instance_id: str = "") -> None:
        overview, group_id = self.task.overview, self.group.chosen
        self._group_shown = group_id
        if overview and group_id:
            self.facts.show(words.group_facts(overview.groups[group_id]))
            self.instance.fill(words.instance_options(overview, group_id), instance_id)
        else:
            self.facts.show("")
            self.instance.fill((), hint="choose the group first")

    def _ask_no_prefix(self) -> None:
        self.prefix.value = ""
        self.prefix.layout.display = "none"


class PickCard(Card):
    """Which pairs; each row says whether it can be attached and why not."""

    key, title, button = "pick", "Pick the replication pairs", "Make the plan"

    def __init__(self, task: AttachTask) -> None:
        self.task = task
        self.table = PickTable(lambda _: self.later(self._show_picked))
        self.picked = Live(spoken="polite").add_class("drkit-picked")
        self.again = Button(description="Read again", tooltip="Ask the service once more")
        self.again.on_click(lambda _: self.later(self._read_again))
        nothing = Button(description="Pick none")
        nothing.on_click(lambda _: self.table.clear())
        super().__init__([self.table, self.picked], asides=[self.again, nothing])

    def prepare(self) -> None:
        """Show all pairs of the group, those that can be attached first; pick what the parameters say."""
        where = Markup(
            "Pick the pairs to attach to <b>{}</b>: click a row, or use the arrow keys and the space bar."
        )
        self.say(where.format(self.task.instance.name))
        self._fill([])
        self._fill([each.id for each in self.task.wished_pairs()])

    def work(self) -> str:
        """Take what is picked; raises `InputError` when none of it can be attached."""
        chosen = [self.task.chances[each] for each in self.table.picked]
        good = [each for each in chosen if not each.objections]
        if not good:
            raise InputError("Pick at least one pair that can be attached; beside each row stands why not.")
        self.task.picked = tuple(each.pair.id for each in chosen)
        self.detail.show(words.picked_words(chosen))
        left = f", {len(chosen) - len(good)} left out" if len(chosen) > len(good) else ""
        return f"{count(len(good), 'pair')}{left}"

    def _fill(self, picked: list[str]) -> None:
        self.table.fill(words.PICK_HEADS, words.pick_rows(self.task.chances.values()), picked)
        self._show_picked()

    def _read_again(self) -> None:
        picked = list(self.table.picked)
        self.task.read(self.task.group.id, self.task.instance_id)
        self.task.judge(self.task.prefix)
        self._fill(picked)

    def _show_picked(self) -> None:
        chosen = [self.task.chances[each] for each in self.table.picked]
        self.picked.show(words.picked_words(chosen))
        self.complain("")


class PlanCard(Card):
    """The plan with its device names, which are judged while one types."""

    key, title, button = "plan", "Check the plan and its device names", "Continue"

    def __init__(self, task: AttachTask) -> None:
        self.task = task
        self.edited = ""
        self.left_out: tuple[LeftOut, ...] = ()
        self.names = NamingTable(self._edit)
        self.rest = Live()
        self.suggest = Button(description="Suggest names again")
        self.suggest.on_click(lambda _: self.later(lambda: self._suggest({})))
        super().__init__([self.names, self.rest], asides=[self.suggest])

    def prepare(self) -> None:
        """Propose the names: those of the parameters, and the next free ones."""
        self.say(
            "The next free names are proposed. Type another one where you want it; it is checked as you type."
        )
        self._suggest(
            {key: name for key, name in self.task.wished_devices().items() if key in self.task.picked}
        )

    def work(self) -> str:
        """Take the plan with the names as they stand."""
        typed = self.names.devices
        plan = self._judge()
        if wrong := len(plan.left_out) + sum(not each for each in typed.values()):
            raise InputError(
                f"Correct {count(wrong, 'device name')} first: beside each stands what is wrong."
            )
        self.task.plan = replace(plan, left_out=self.left_out)
        self.detail.show(words.plan_words(self.task.reading, self.task.plan))
        return ", ".join(each.change.device for each in plan.steps if each.change)

    def _suggest(self, by_hand: Mapping[str, str]) -> None:
        plan = self.task.draft(self.task.picked, by_hand)
        rows = words.proposed(self.task.reading, plan, by_hand)
        named = {each.key for each in rows}
        self.left_out = tuple(each for each in plan.left_out if each.subject_id not in named)
        self.names.fill(rows)
        self._judge()

    def _edit(self, key: str) -> None:
        self.edited = key
        self.later(self._judge, instead_of="device names")

    def _judge(self) -> Plan:
        """Judge the names as typed, that of the last edited field last: the error is to stand beside it."""
        typed, reading = dict(self.names.devices), self.task.reading
        order = sorted(typed, key=lambda key: key == self.edited)
        judged = self.task.draft(order, {key: typed[key] for key in order if typed[key]})
        plan = self.task.draft(typed, {key: name for key, name in typed.items() if name})
        self.names.remark(words.namings(reading, judged, typed))
        self.rest.show(
            words.notes(judged, (reading.pairs[key].name for key in typed))
            + words.refused_words(self.left_out, "left out")
        )
        self.complain("")
        return replace(plan, left_out=judged.left_out)


class ConfirmAttachCard(Card):
    """The last look at the plan, and the name of the group, typed."""

    key, title, danger = "confirm", "Confirm", True

    def __init__(self, task: AttachTask) -> None:
        self.task = task
        self.summary = Live()
        self.fail_fast = Checkbox(description="Send no more when one pair fails", indent=False)
        self.takeover = Checkbox(
            description="Nobody is behind that run any more: take the group over", indent=False
        )
        self.name = TypedName(self._allow)
        super().__init__([self.summary, self.fail_fast, self.takeover, self.name], first=self.name.field)

    def prepare(self) -> None:
        """Show the whole plan and ask for the name."""
        plan = self.task.drafted
        where = "on the practice range" if plan.backend.practice else f"for real, in {plan.backend.label}"
        self.say(Markup("This is what will be done <b>{}</b>. Read it once more.").format(where))
        self.summary.show(words.plan_words(self.task.reading, plan))
        self.relabel(f"Attach {count(len(plan.steps), 'pair')}")
        self.fail_fast.value = self.task.wish.fail_fast
        self.takeover.value, self.takeover.layout.display = False, "none"
        self.name.ask(self.task.group.name)
        self._allow()

    def work(self) -> str:
        """Start the run: the world is read once more, then the changes are sent."""
        plan = self.task.drafted
        try:
            run = self.task.start(
                self.name.field.value,
                fail_fast=self.fail_fast.value,
                takeover=self.takeover.value,
            )
        except LeaseHeldError:
            self.takeover.layout.display = ""
            raise
        except StalePlanError as error:
            raise StalePlanError(
                f"{error}\nGo back to step 2, press Read again there, and plan anew.",
                error.objections,
                steps=error.steps,
            ) from error
        self.detail.show(words.plan_words(self.task.reading, plan))
        return f"confirmed as run {run.id}"

    def _allow(self) -> None:
        self.primary.disabled = not self.name.fits
