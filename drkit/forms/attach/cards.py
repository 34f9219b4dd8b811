"""The steps of the attach runbook up to the confirmation: choose, pick, check the plan, confirm."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import chain

from ipywidgets import Button, Checkbox, DOMWidget, Dropdown, HBox, Layout, VBox
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.attach import words
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.confirming import ConfirmCard
from drkit.forms.holding import TakeOver, held_words
from drkit.forms.live import Live
from drkit.forms.naming import NamingTable
from drkit.forms.picking import PickTable
from drkit.forms.unfinished import FirstCard
from drkit.model import Inventory, Operation
from drkit.plan import LeftOut, Plan
from drkit.runbooks import AttachRequest, AttachSession, Chance
from drkit.showing import count, first_few

_PREFIXES = (("– choose –", ""), ("/dev/vd  (KVM)", "vd"), ("/dev/sd  (Xen)", "sd"))


class ChooseInstanceCard(FirstCard[AttachSession]):
    """Which group, which instance; and, where no server tells, how device names begin there."""

    title, button = "Choose the group and the instance", "Continue"

    def __init__(self, session: AttachSession) -> None:
        self.group = Chooser("Protection group", lambda: self.later(self._group_chosen))
        self.facts = Live().add_class("drkit-facts")
        self.instance = Chooser("Protected instance", lambda: self.later(self._instance_chosen))
        self.several = Checkbox(description="Several instances of the group, in one go", indent=False)
        self.several.observe(lambda _: self.later(self._several_chosen), "value")
        self.instances = PickTable(
            lambda _: self.later(self._instance_chosen, instead_of="instances"), label="Protected instances"
        )
        self.which = Live(spoken="polite")
        self.held, self.frozen = TakeOver(), Live(spoken="polite")
        self.prefix = Dropdown(
            options=_PREFIXES, description="Device names begin", layout=Layout(width="560px")
        )
        self.prefix.style.description_width = "130px"
        self._ask_no_prefix()
        self.prefix.observe(lambda _: self.later(self._prefix_chosen), "value")
        self._group_shown = ""
        self._instances_shown: tuple[str, ...] = ()
        self._asked: AttachRequest | None = None
        self.again = Button(description="Read again", tooltip="Ask the service once more")
        self.again.on_click(lambda _: self.book.start())
        content: list[DOMWidget] = [self.group, self.facts, self.held, self.instance, self.several]
        content += [self.instances, self.which, self.frozen, self.prefix]
        self._show_which()
        super().__init__(session, content, asides=[self.again], first=self.group.field)

    def prepare(self) -> None:
        """Read what there is to choose from; what was chosen stays, else it is what the parameters say."""
        super().prepare()
        same, self._asked = self._asked == self.session.request, self.session.request
        kept = (self.group.chosen, self.chosen) if same else ("", ())
        self.group.wait()
        self.instance.wait()
        self.relabel("Try again")
        with self.saying("Reading the groups and instances…"):
            overview = self.session.survey()
        self.relabel(self.button)
        there = kept[0] in overview.groups
        self.group.fill(words.group_options(overview), kept[0])
        self._show_group(kept[1])
        self._invite()
        if not there:
            group_id, instance_ids = self.session.requested(overview)
            self.several.value = len(instance_ids) > 1
            self.group.field.value = group_id
            self._show_group(instance_ids)
        self.offer_runs()

    def work(self) -> str | None:
        """Read the group and the instance's servers, and judge all pairs."""
        if self.session.overview is None:
            self.book.start()
            return None
        self._demand_free(self.session.overview)
        self.say("Reading the group, the pairs and the servers…")
        try:
            self.session.read(self.group.chosen, self.chosen)
            self._judge()
        finally:
            self._invite()
        self.detail.show(words.group_facts(self.session.reading, self.session.group))
        called = self.session.reading.called(self.session.group.id)
        return f"{called}, {first_few(each.name for each in self.session.instances)}"

    @property
    def chosen(self) -> tuple[str, ...]:
        """The ids of the chosen instances."""
        one = (self.instance.chosen,) if self.instance.chosen else ()
        return self.instances.picked if self.several.value else one

    def _invite(self) -> None:
        self.say("Choose where the pairs are to be attached. Nothing is changed by looking.")

    def _judge(self) -> None:
        try:
            self.session.judge(self.prefix.value or "")
        except InputError:
            self.prefix.layout.display = ""
            raise

    def _demand_free(self, overview: Inventory) -> None:
        held = self._show_held(overview)
        self.session.takeover = self.held.runs if self.held.wanted else frozenset()
        if held and not self.held.wanted:
            raise InputError("A run holds that group: it stands above. Wait, or take the group over.")

    def _show_held(self, overview: Inventory) -> bool:
        """Say who holds the chosen group; whether somebody does."""
        chosen = [(key, overview.called(key)) for key in [self.group.chosen] if key in overview.groups]
        held = self.session.held(chosen)
        self.held.ask([held_words(each) for each in held], self.session.holding(chosen))
        return bool(held)

    def _group_chosen(self) -> None:
        if self.group.chosen != self._group_shown:
            self.pardon()
            self._show_group()

    def _instance_chosen(self) -> None:
        if self.chosen != self._instances_shown:
            self._instances_shown = self.chosen
            self.pardon()
            self._ask_no_prefix()
        self._say_which()

    def _several_chosen(self) -> None:
        """Take what is chosen along, from the list into the table and back."""
        if self.several.value and self.instance.chosen and not self.instances.picked:
            self.instances.pick([self.instance.chosen])
        elif not self.several.value and len(self.instances.picked) == 1:
            self.instance.field.value = self.instances.picked[0]
        self._show_which()
        self._instance_chosen()

    def _show_which(self) -> None:
        several = bool(self.several.value)
        self.instance.layout.display = "none" if several else ""
        self.instances.layout.display = self.which.layout.display = "" if several else "none"

    def _say_which(self) -> None:
        overview = self.session.overview
        known = overview.instances if overview else {}
        chosen = [known[key] for key in self.chosen if key in known]
        self.which.show(words.chosen_words(chosen))
        self.frozen.show(words.frozen_words(chosen))

    def _prefix_chosen(self) -> None:
        if self.prefix.value:
            self.pardon()

    def _show_group(self, instance_ids: Sequence[str] = ()) -> None:
        overview, group_id = self.session.overview, self.group.chosen
        self._group_shown = group_id
        if overview and group_id in overview.groups:
            self._show_held(overview)
            self.facts.show(words.group_facts(overview, overview.groups[group_id]))
            one = instance_ids[0] if len(instance_ids) == 1 else ""
            self.instance.fill(words.instance_options(overview, group_id), one)
            rows, members = words.instance_rows(overview, group_id), overview.instances_of(group_id)
            thawed = [each.id for each in members if not each.frozen]
            self.instances.fill(words.INSTANCE_HEADS, rows, instance_ids, thawed)
        else:
            self.held.ask(())
            self.facts.show("")
            self.instance.fill((), hint="choose the group first")
            self.instances.fill(words.INSTANCE_HEADS, {})
        self._instances_shown = self.chosen
        self._show_which()
        self._say_which()

    def _ask_no_prefix(self) -> None:
        self.prefix.value = ""
        self.prefix.layout.display = "none"


class PickCard(Card):
    """Which pairs; each row says whether it can be attached and why not."""

    key, title, button = "pick", "Pick the replication pairs", "Make the plan"

    def __init__(self, session: AttachSession) -> None:
        self.session = session
        self.table = PickTable(
            lambda _: self.later(self._show_picked, instead_of="picked"), label="Replication pairs"
        )
        self.picked = Live(spoken="polite").add_class("drkit-picked")
        self.goes = Chooser("Goes to", lambda: self.later(self._offer_to_give))
        self.give_one, self.give_all = Button(), Button()
        self.give_one.on_click(lambda _: self.later(lambda: self._give([self.table.touched])))
        self.give_all.on_click(lambda _: self.later(lambda: self._give(self.table.picked)))
        buttons = HBox([self.give_one, self.give_all]).add_class("drkit-picking-row")
        self.giving = VBox([self.goes, buttons])
        self.again = Button(description="Read again", tooltip="Ask the service once more")
        self.again.on_click(lambda _: self.later(self._read_again))
        super().__init__([self.table, self.giving, self.picked], asides=[self.again])

    def prepare(self) -> None:
        """Show all pairs of the group, those that can be attached first; pick what the parameters say."""
        several = self.session.several
        where = Markup(
            "Pick the pairs to attach to <b>{}</b>: click a row, or use the arrow keys and the space bar.{}"
        )
        more = " Beside each pair stands where it would go and why; below the table that can be changed."
        named = first_few(each.name for each in self.session.instances)
        self.say(where.format(named, more if several else ""))
        self.giving.layout.display = "" if several else "none"
        self.goes.fill([(each.name, each.id) for each in self.session.instances])
        try:
            picked = self.session.requested_pairs()
        except InputError:
            self._fill(())
            raise
        self._fill(picked)

    def work(self) -> str:
        """Take what is picked; raises `InputError` when none of it can be attached."""
        chosen = self._chosen()
        if nowhere := self.session.homeless(self.table.picked):
            raise InputError(f"{nowhere}. Say where each goes, or do not pick it.")
        good = [each for each in chosen if each.open]
        if not good:
            raise InputError("Pick at least one pair that can be attached; beside each row stands why not.")
        self.session.picked = tuple(each.key for each in chosen)
        self.detail.show(words.picked_words(chosen))
        left = f", {len(chosen) - len(good)} left out" if len(chosen) > len(good) else ""
        return f"{count(len(good), 'pair')}{left}"

    def after_a_way(self) -> None:
        """Judge anew what a way has changed; what is picked stays so. On any thread."""
        self.later(self._read_again)

    def _fill(self, picked: Sequence[str], *, keep: bool = False) -> None:
        chances, several = self.session.chances.values(), self.session.several
        fitting = {each.key for each in chances if each.open and each.proposed}
        heads = words.PICK_HEADS_SEVERAL if several else words.PICK_HEADS
        self.table.fill(heads, words.pick_rows(chances, several=several), picked, fitting, keep=keep)
        self._show_picked()

    def _give(self, keys: Sequence[str]) -> None:
        self.session.give(keys, self.goes.chosen)
        self._fill((), keep=True)

    def _read_again(self) -> None:
        picked = self.table.picked
        self.session.judge_again()
        self._fill(picked)

    def _show_picked(self) -> None:
        self.picked.show(words.picked_words(self._chosen()))
        self._offer_to_give()
        self.pardon()

    def _chosen(self) -> list[Chance]:
        """What is picked; of what cannot be attached the ways that open it are offered."""
        chosen = [self.session.chances[each] for each in self.table.picked]
        refused = [each.objections for each in chosen if each.objections][: words.MOST_SHOWN]
        self.offer(self.session.offers(chain(*refused)))
        return chosen

    def _offer_to_give(self) -> None:
        """The buttons that change where pairs go: the one that was pressed last, and all that are picked."""
        touched, picked = self.session.chances.get(self.table.touched), self.table.picked
        self.give_one.description = f"Have {touched.pair.name} go there" if touched else ""
        self.give_all.description = f"Have all {count(len(picked), 'picked pair')} go there"
        for button, there in ((self.give_one, bool(touched)), (self.give_all, len(picked) > 1)):
            button.layout.display = "" if there else "none"
            button.disabled = not self.goes.chosen


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
        self._suggest({})  # first: what the parameters name may not be there any more
        if asked := self.session.requested_devices():
            self._suggest({key: name for key, name in asked.items() if key in self.session.picked})

    def work(self) -> str:
        """Take the plan with the names as they stand."""
        typed = self.names.devices
        plan = self._judge()
        if wrong := len(plan.left_out) + sum(not each for each in typed.values()):
            raise InputError(
                f"Correct {count(wrong, 'device name')} first: beside each stands what is wrong."
            )
        if not plan.steps:
            raise InputError("Nothing is left to attach: pick other pairs in step 2.")
        self.session.plan = replace(plan, left_out=self.left_out)
        self.detail.show(words.plan_words(self.session.reading, self.session.plan))
        return ", ".join(each.change.device for each in plan.steps if each.change)

    def after_a_way(self) -> None:
        """Judge the names anew as they stand: a way may have freed one. On any thread."""
        self.later(self._read_again)

    def _read_again(self) -> None:
        self.session.judge_again()
        typed = self.names.devices
        self._suggest({key: typed[key] for key in self.session.picked if typed.get(key)})

    def _suggest(self, by_hand: Mapping[str, str]) -> None:
        plan = self.session.draft(self.session.picked, by_hand)
        named = {**by_hand, **words.devices_of(self.session, plan)}
        self.left_out = tuple(each for each in plan.left_out if self._key_of(each) not in named)
        if self.session.several:  # one instance after the other, as in the plan
            named = {key: named[key] for key in self.session.in_order(named)}
        self.names.fill(words.namings(self.session, plan, named))
        self._judge()

    def _key_of(self, out: LeftOut) -> str:
        return self.session.key_of(out.subject_id, out.instance_id)

    def _edit(self, key: str) -> None:
        self.edited = key
        self.later(self._judge, instead_of="device names")

    def _judge(self) -> Plan:
        """Judge the names as typed, that of the last edited field last: the error is to stand beside it."""
        typed, session = dict(self.names.devices), self.session
        order = sorted(typed, key=lambda key: key == self.edited)
        judged = session.draft(order, {key: typed[key] for key in order if typed[key]})
        plan = session.draft(typed, {key: name for key, name in typed.items() if name})
        self.names.remark(words.namings(session, judged, typed))
        chances = [session.chances[key] for key in typed]
        self.rest.show(
            words.notes(judged, {name for each in chances for name in (each.name, each.pair.name)})
            + words.refused_words(self.left_out, "left out")
        )
        refused = [each.objections for each in (*judged.left_out, *self.left_out)][: words.MOST_SHOWN]
        self.offer(session.offers(chain(*refused)))
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
        steps = self.session.drafted.steps
        again = any(step.change and step.change.operation is Operation.DETACH_PAIR for step in steps)
        pairs = count(len({step.change.pair_id for step in steps if step.change}), "pair")
        self.relabel(f"Detach and attach again: {pairs}" if again else f"Attach {pairs}")
        self.hold_back.value = self.session.request.fail_fast

    def _plan_words(self) -> Markup:
        return words.plan_words(self.session.reading, self.session.drafted)

    def _fail_fast(self) -> bool:
        return bool(self.hold_back.value)
