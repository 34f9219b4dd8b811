"""The steps of the attach runbook up to the confirmation: choose, pick, check the plan, confirm."""

from collections.abc import Mapping
from dataclasses import replace

from ipywidgets import Button, Checkbox, Dropdown, Layout
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.attach import words
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.confirming import ConfirmCard
from drkit.forms.live import Live
from drkit.forms.naming import NamingTable
from drkit.forms.picking import PickTable
from drkit.forms.unfinished import FirstCard
from drkit.plan import LeftOut, Plan
from drkit.runbooks import AttachSession
from drkit.showing import count

_PREFIXES = (("– choose –", ""), ("/dev/vd  (KVM)", "vd"), ("/dev/sd  (Xen)", "sd"))


class ChooseInstanceCard(FirstCard[AttachSession]):
    """Which group, which instance; and, where no server tells, how device names begin there."""

    title, button = "Choose the group and the instance", "Continue"

    def __init__(self, session: AttachSession) -> None:
        self.group = Chooser("Protection group", lambda: self.later(self._group_chosen))
        self.facts = Live().add_class("drkit-facts")
        self.instance = Chooser("Protected instance", self._ask_no_prefix)
        self.prefix = Dropdown(
            options=_PREFIXES, description="Device names begin", layout=Layout(width="560px")
        )
        self.prefix.style.description_width = "130px"
        self._ask_no_prefix()
        self._group_shown = ""
        super().__init__(
            session, [self.group, self.facts, self.instance, self.prefix], first=self.group.field
        )

    def prepare(self) -> None:
        """Read what there is to choose from, and choose what the parameters say."""
        self.relabel("Try again")
        with self.saying("Reading the groups and instances…"):
            overview = self.session.survey()
        self.relabel(self.button)
        self.group.fill(words.group_options(overview))
        self.instance.fill((), hint="choose the group first")
        self._invite()
        group_id, instance_id = self.session.requested(overview)
        if group_id:
            self.group.field.value = group_id
            self._show_group(instance_id)
        self.offer_runs()

    def work(self) -> str | None:
        """Read the group and the instance's servers, and judge all pairs."""
        if self.session.overview is None:
            self.book.start()
            return None
        self.say("Reading the group, the pairs and the servers…")
        try:
            self.session.read(self.group.chosen, self.instance.chosen)
            self._judge()
        finally:
            self._invite()
        self.detail.show(words.group_facts(self.session.group))
        return f"{self.session.reading.called(self.session.group.id)}, {self.session.instance.name}"

    def _invite(self) -> None:
        self.say("Choose where the pairs are to be attached. Nothing is changed by looking.")

    def _judge(self) -> None:
        try:
            self.session.judge(self.prefix.value or "")
        except InputError:
            self.prefix.layout.display = ""
            raise

    def _group_chosen(self) -> None:
        if self.group.chosen != self._group_shown:
            self._show_group()

    def _show_group(self, instance_id: str = "") -> None:
        overview, group_id = self.session.overview, self.group.chosen
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

    def __init__(self, session: AttachSession) -> None:
        self.session = session
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
        self.say(where.format(self.session.instance.name))
        self._fill([])
        self._fill(list(self.session.requested_pairs()))

    def work(self) -> str:
        """Take what is picked; raises `InputError` when none of it can be attached."""
        chosen = [self.session.chances[each] for each in self.table.picked]
        good = [each for each in chosen if not each.objections]
        if not good:
            raise InputError("Pick at least one pair that can be attached; beside each row stands why not.")
        self.session.picked = tuple(each.pair.id for each in chosen)
        self.detail.show(words.picked_words(chosen))
        left = f", {len(chosen) - len(good)} left out" if len(chosen) > len(good) else ""
        return f"{count(len(good), 'pair')}{left}"

    def _fill(self, picked: list[str]) -> None:
        self.table.fill(words.PICK_HEADS, words.pick_rows(self.session.chances.values()), picked)
        self._show_picked()

    def _read_again(self) -> None:
        picked = list(self.table.picked)
        self.session.read_again()
        self.session.judge(self.session.prefix)
        self._fill(picked)

    def _show_picked(self) -> None:
        chosen = [self.session.chances[each] for each in self.table.picked]
        self.picked.show(words.picked_words(chosen))
        self.complain("")


class PlanCard(Card):
    """The plan with its device names, which are judged while one types."""

    key, title, button = "plan", "Check the plan and its device names", "Continue"

    def __init__(self, session: AttachSession) -> None:
        self.session = session
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
            {
                key: name
                for key, name in self.session.requested_devices().items()
                if key in self.session.picked
            }
        )

    def work(self) -> str:
        """Take the plan with the names as they stand."""
        typed = self.names.devices
        plan = self._judge()
        if wrong := len(plan.left_out) + sum(not each for each in typed.values()):
            raise InputError(
                f"Correct {count(wrong, 'device name')} first: beside each stands what is wrong."
            )
        self.session.plan = replace(plan, left_out=self.left_out)
        self.detail.show(words.plan_words(self.session.reading, self.session.plan))
        return ", ".join(each.change.device for each in plan.steps if each.change)

    def _suggest(self, by_hand: Mapping[str, str]) -> None:
        plan = self.session.draft(self.session.picked, by_hand)
        rows = words.proposed(self.session.reading, plan, by_hand)
        named = {each.key for each in rows}
        self.left_out = tuple(each for each in plan.left_out if each.subject_id not in named)
        self.names.fill(rows)
        self._judge()

    def _edit(self, key: str) -> None:
        self.edited = key
        self.later(self._judge, instead_of="device names")

    def _judge(self) -> Plan:
        """Judge the names as typed, that of the last edited field last: the error is to stand beside it."""
        typed, reading = dict(self.names.devices), self.session.reading
        order = sorted(typed, key=lambda key: key == self.edited)
        judged = self.session.draft(order, {key: typed[key] for key in order if typed[key]})
        plan = self.session.draft(typed, {key: name for key, name in typed.items() if name})
        self.names.remark(words.namings(reading, judged, typed))
        self.rest.show(
            words.notes(judged, (reading.pairs[key].name for key in typed))
            + words.refused_words(self.left_out, "left out")
        )
        self.complain("")
        return replace(plan, left_out=judged.left_out)


class ConfirmAttachCard(ConfirmCard[AttachSession]):
    """The last look at the plan, and the name of the group, typed."""

    title = "Confirm"
    stale = "Go back to step 2, press Read again there, and plan anew."

    def __init__(self, session: AttachSession) -> None:
        self.hold_back = Checkbox(description="Send no more when one pair fails", indent=False)
        super().__init__(session, [self.hold_back])

    def prepare(self) -> None:
        """Show the whole plan and ask for the name."""
        super().prepare()
        self.relabel(f"Attach {count(len(self.session.drafted.steps), 'pair')}")
        self.hold_back.value = self.session.request.fail_fast

    def _plan_words(self) -> Markup:
        return words.plan_words(self.session.reading, self.session.drafted)

    def _fail_fast(self) -> bool:
        return bool(self.hold_back.value)
