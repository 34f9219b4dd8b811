"""The first step of a rehearsal: which runbook, which groups, in which order, and whether they are ready."""

from collections.abc import Sequence
from itertools import chain

from ipywidgets import BoundedIntText, Button, HBox, Label, ToggleButtons, VBox

from drkit.errors import InputError
from drkit.forms.holding import TakeOver, held_words
from drkit.forms.live import Live
from drkit.forms.markup import JOIN
from drkit.forms.picking import PickTable
from drkit.forms.rehearsal import words
from drkit.forms.unfinished import FirstCard
from drkit.plan import Offer, RunbookKind, removals
from drkit.runbooks import RehearsalSession
from drkit.showing import count

FAMILIES = (
    (RunbookKind.DRILL, RunbookKind.CLEANUP),
    (RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK),
    (RunbookKind.FAILOVER, RunbookKind.REPROTECT, RunbookKind.FAILBACK, RunbookKind.RESTART),
)
"""The runbooks that one notebook leads through."""

IN_WAVES = {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.FAILOVER, RunbookKind.RESTART}


def family(kind: RunbookKind) -> tuple[RunbookKind, ...]:
    """The runbooks to choose from where this one is meant."""
    return next(each for each in FAMILIES if kind in each)


class WavesField(VBox):
    """The order of the groups: those with the same number go side by side."""

    def __init__(self) -> None:
        self.numbers: dict[str, BoundedIntText] = {}
        super().__init__([])
        self.add_class("drkit-waves")

    def fill(self, groups: Sequence[tuple[str, str]], numbers: dict[str, int]) -> None:
        """Ask for a number for each group (id, name); what was typed before is kept."""
        before = {key: each.value for key, each in self.numbers.items()}
        self.numbers = {
            key: BoundedIntText(
                value=before.get(key, numbers.get(key, 1)), min=1, max=99, description=name
            ).add_class("drkit-wave")
            for key, name in groups
        }
        told = "The order: groups with the same number go side by side; the next number waits for them."
        self.children = [Label(told), HBox(list(self.numbers.values()))] if len(groups) > 1 else []

    @property
    def waves(self) -> list[list[str]]:
        """The ids by wave, in order."""
        found: dict[int, list[str]] = {}
        for key, field in self.numbers.items():
            found.setdefault(field.value, []).append(key)
        return [found[number] for number in sorted(found)]


class ChooseGroupsCard(FirstCard[RehearsalSession]):
    """Which runbook, which groups, in which order; the button judges each group and says what is missing."""

    title, button = "Choose the groups", "Check that they are ready"

    def __init__(self, session: RehearsalSession) -> None:
        self.kinds = ToggleButtons(options=[], style={"button_width": "auto"})
        self.kinds.observe(lambda _: self.later(self._turn_to_kind), "value")
        self.purpose, self.state = Live(), Live()
        self.table = PickTable(lambda _: self.later(self._show_waves, instead_of="picked"))
        self.picked, self.waves = Live(spoken="polite").add_class("drkit-quiet"), WavesField()
        self.again = Button(description="Read again", icon="refresh", tooltip="Ask the service once more")
        self.again.on_click(lambda _: self.later(self._read_again))
        self.held = TakeOver()
        content = [self.kinds, self.purpose, self.table, self.picked, self.held, self.waves, self.state]
        super().__init__(session, content, asides=[self.again])

    def prepare(self) -> None:
        """Read what there is to choose from, and pick what the parameters say."""
        super().prepare()
        with self.saying("Reading the protection groups…"):
            self.session.survey()
        self.waves.numbers = {}
        kind = self.session.kind
        self.kinds.options = [(_capital(each.words), each.value) for each in family(kind)]
        self.kinds.value = kind.value
        self._fill_what_is_there()
        self.offer_runs()

    def work(self) -> str:
        """Read the picked groups and judge each; raises `InputError` where one is not ready."""
        if self.session.overview is None:
            self.prepare()
            raise InputError("Pick the groups, then press the button again.")
        self.session.choose(*self._chosen())
        self._demand_free()
        shown, ready = JOIN, []
        now, later = list[Offer](), list[Offer]()
        for group in self.session.groups:
            points = self.session.ready(group)
            holds = not any(each.objection for each in points)
            ready.append(holds)
            way = () if holds else self.session.way(group)
            shown += words.readiness_words(self.session.names[group.id], points, way)
            against = (each.objection for each in points if each.objection)
            now += [*way[:1], *self.session.offers(against), *removals(self.session.reading, group.id)]
            later += way[1:]
        self.state.show(shown)
        if not all(ready):
            self.offer(now, later)
            raise InputError(
                f"{count(ready.count(False), 'group is', 'groups are')} not ready: read why above. Put it "
                "right and check again, or pick other groups."
            )
        self.detail.show(shown)
        return f"{_capital(self.session.kind.words)} of {', '.join(self.session.names.values())}"

    def _fill(self, kept: Sequence[str] = ()) -> None:
        """Show what there is to pick from; what was picked before is `kept`, else what is requested."""
        overview, kind = self.session.surveyed, self.session.kind
        self.purpose.show(words.PURPOSES[kind])
        self.state.show("")
        if kind is RunbookKind.CLEANUP:
            self.say("Pick the drills that are to be deleted. Nothing is changed by looking.")
            rows = words.drill_rows(overview)
            picked = [each for each in kept if each in overview.drills]
            picked = picked or list(self.session.requested(overview).drills)
            self.table.fill(words.DRILL_HEADS, rows, picked)
        else:
            self.say("Pick the protection groups. Nothing is changed by looking.")
            picked = [each for each in kept if each in overview.groups]
            picked = picked or list(chain(*self.session.requested(overview).in_waves()))
            self.table.fill(words.GROUP_HEADS, words.group_rows(overview), picked)
        self._show_waves()

    def _chosen(self) -> tuple[list[list[str]], tuple[str, ...]]:
        """The groups by wave, and the drills."""
        overview, picked = self.session.surveyed, self.table.picked
        if self.session.kind is RunbookKind.CLEANUP:
            return [[each] for each in dict.fromkeys(overview.drills[key].group_id for key in picked)], picked
        return (self.waves.waves if self.session.kind in IN_WAVES else [list(picked)]), ()

    def _show_waves(self) -> None:
        overview = self.session.surveyed
        groups = [(key, overview.called(key)) for key in self.table.picked if key in overview.groups]
        drills = [overview.drills[key].name for key in self.table.picked if key in overview.drills]
        names = ", ".join([name for _, name in groups] or drills)
        self.picked.show(f"Picked: {names}." if names else "Nothing is picked yet.")
        owners = {overview.drills[key].group_id for key in self.table.picked if key in overview.drills}
        ids = {*(key for key, _ in groups), *owners} & overview.groups.keys()
        picked = [(key, overview.called(key)) for key in ids]
        held = self.session.held(picked)
        self.held.ask([held_words(each) for each in held], self.session.holding(picked))
        waves = self.session.requested(overview).in_waves()
        numbers = {key: number for number, wave in enumerate(waves, start=1) for key in wave}
        self.waves.fill(groups if self.session.kind in IN_WAVES else [], numbers)
        self.pardon()

    def _turn_to_kind(self) -> None:
        if self.kinds.value and RunbookKind(self.kinds.value) is not self.session.kind:
            self.session.kind = RunbookKind(self.kinds.value)
            self._fill(self.table.picked)

    def _read_again(self) -> None:
        self.session.survey()
        self._fill_what_is_there(self.table.picked)

    def _fill_what_is_there(self, kept: Sequence[str] = ()) -> None:
        """Show what there is; what was asked for and is not there is forgotten, and said."""
        gone = self.session.forget_unknown(self.session.surveyed)
        self._fill(kept)
        if gone:
            raise InputError(" ".join((*gone, "Pick from what is there.")))

    def _demand_free(self) -> None:
        """Raise where a run holds one of the groups, unless it is to be taken over."""
        names = list(self.session.names.items())
        held, runs = self.session.held(names), self.session.holding(names)
        self.held.ask([held_words(each) for each in held], runs)
        self.session.takeover = runs if self.held.wanted else frozenset()
        if held and not self.held.wanted:
            raise InputError("A run holds what you picked: it stands above. " + held[0].remedy)


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]
