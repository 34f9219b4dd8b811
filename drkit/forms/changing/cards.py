"""The first steps of a single change: choose the thing, choose the verb."""

from collections.abc import Sequence

from ipywidgets import Checkbox, Dropdown, IntText, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError
from drkit.forms.card import Card
from drkit.forms.choosing import Chooser
from drkit.forms.live import Live
from drkit.forms.markup import chip, identity, table
from drkit.forms.picking import PickTable
from drkit.forms.unfinished import FirstCard
from drkit.model import Operation
from drkit.plan import VERBS
from drkit.runbooks import (
    KINDS,
    NEW_GROUP,
    OF_GROUP,
    WITHOUT_A_THING,
    ChangeSession,
    VerbChance,
    against_words,
    read_words,
)

_WIDE = Layout(width="560px")
_STYLE = {"description_width": "160px"}
_WHOLE = Markup('<span class="drkit-whole">{}</span>')
_HINTS = {OF_GROUP: "the group itself", NEW_GROUP: "it is made: only its name and place are asked"}


class ChooseThingCard(FirstCard[ChangeSession]):
    """Which group, which kind of thing, which thing."""

    title, button = "Choose what is to be changed", "See what is open"

    def __init__(self, session: ChangeSession) -> None:
        self.group = Chooser("Protection group", lambda: self.later(self._offer_things))
        style = {"description_width": "130px"}  # as a Chooser
        self.kind = Dropdown(options=list(KINDS), description="Kind of thing", style=style, layout=_WIDE)
        self.kind.observe(lambda _: self.later(self._offer_things), "value")
        self.thing = Chooser("Which one", lambda: None)
        self._shown: tuple[str, str] = "", ""
        self._names: dict[str, str] = {}
        super().__init__(session, [self.group, self.kind, self.thing], first=self.group.field)

    def prepare(self) -> None:
        """Read the project, and choose the group that the parameters name."""
        with self.saying("Reading the project…"):
            reading = self.session.survey()
        groups = sorted(reading.groups.values(), key=lambda group: group.name)
        options = [(f"{reading.called(each.id)}  ·  {each.status}", each.id) for each in groups]
        chosen = reading.group(self.session.request.group).id if self.session.request.group else ""
        self.group.fill(options, chosen)
        self._shown = "", ""
        self._offer_things()
        self.say("Choose what is to be changed. Nothing is changed by looking.")
        self.offer_runs()

    def work(self) -> str:
        """Take what is chosen."""
        session = self.session
        session.choose(str(self.kind.value), self.group.chosen, self.thing.chosen)
        group = session.reading.called(session.group_id) if session.group_id else ""
        if session.kind == NEW_GROUP:
            return "a new group"
        if session.kind == OF_GROUP:
            return f"group {group}"
        return f"{session.kind} {self._names[session.thing_id]} of {group}"

    def _offer_things(self) -> None:
        if self._shown == (now := (self.group.chosen, str(self.kind.value))):
            return
        self._shown = now
        if self.kind.value in WITHOUT_A_THING or not self.group.chosen:
            self.thing.fill((), hint=_HINTS.get(str(self.kind.value), "choose the group first"))
        else:
            things = self.session.things(str(self.kind.value), self.group.chosen)
            self._names = {key: name for name, key in things}
            self.thing.fill(things)


class ChooseVerbCard(Card):
    """Every verb for the thing with what is against it; the chosen one asks for what it needs."""

    key, title, button = "verb", "Choose what is to be done", "Make the plan"

    def __init__(self, session: ChangeSession) -> None:
        self.session = session
        self.table = Live()
        self.verb = Dropdown(options=[("– choose –", "")], description="Do", style=_STYLE, layout=_WIDE)
        self.verb.observe(lambda _: self.later(self._ask), "value")
        self.fields = VBox()
        self._asked = ""
        super().__init__([self.table, self.verb, self.fields], first=self.verb)

    def prepare(self) -> None:
        """Show what is open and what not, and why."""
        chances = self.session.chances()
        self.table.show(_chances(chances))
        self._asked, self.fields.children = "", ()
        self.verb.options = [("– choose –", ""), *(_option(each) for each in chances)]
        wanted = chances[0].operation.value if len(chances) == 1 else self.session.request.verb
        self.verb.value = wanted if any(each.operation == wanted for each in chances) else ""
        self.say("What is not open now says why; the plan is refused with all reasons.")
        self._ask()

    def work(self) -> str:
        """Make the plan; an error lists every objection."""
        if not self.verb.value:
            raise InputError("Choose what is to be done.")
        operation = Operation(self.verb.value)
        typed = {field.word: str(field.value).strip() for field in self._inputs() if field.value}
        plan = self.session.draft(operation, read_words(operation, typed))
        self.detail.show(Markup("The same in a shell: <code>{}</code>").format(self.session.command))
        return plan.title

    def _inputs(self) -> Sequence["_Field"]:
        return [each for each in self.fields.children if isinstance(each, _Field)]

    def _ask(self) -> None:
        if self._asked == self.verb.value:
            return
        self._asked = self.verb.value
        kinds = self.session.fields(Operation(self.verb.value)) if self.verb.value else {}
        choices = self.session.choices
        self.fields.children = tuple(_Field(word, kind, choices(word)) for word, kind in kinds.items())


class _Field(VBox):
    """One word of a verb, asked for by its kind; where there are `choices` (name, id) one picks from them."""

    def __init__(self, word: str, kind: type, choices: Sequence[tuple[str, str]]) -> None:
        self.word, self.choices = word, choices
        label = word.replace("_", " ")
        self._input: Checkbox | IntText | TextField | Dropdown | PickTable
        if choices and kind is tuple:
            self._input = PickTable(lambda _: None, label=label)
            self._input.fill(
                (label.capitalize(), "ID"), {key: (name, identity(key)) for name, key in choices}
            )
        elif choices:
            options = [("– choose –", ""), *choices]
            self._input = Dropdown(options=options, description=label, style=_STYLE, layout=_WIDE)
        elif kind is bool:
            self._input = Checkbox(description=label, indent=False)
        elif kind is int:
            self._input = IntText(description=label, style=_STYLE, layout=_WIDE)
        else:
            hint = "several: with commas between" if kind is tuple else ""
            self._input = TextField(description=label, placeholder=hint, style=_STYLE, layout=_WIDE)
        super().__init__([self._input])

    @property
    def value(self) -> str | int | bool:
        """What was typed, ticked or picked."""
        if isinstance(self._input, PickTable):
            return ",".join(self._input.picked)
        value: str | int | bool = self._input.value or ""
        return value


def _option(chance: VerbChance) -> tuple[str, str]:
    closed = "  ·  not now" if chance.objections else ""
    lost = "  ·  something is lost by it" if chance.lost else ""
    return f"{chance.operation.words}{closed}{lost}", chance.operation.value


def _chances(chances: Sequence[VerbChance]) -> Markup:
    rows = [
        (
            _WHOLE.format(chance.operation.words),
            _WHOLE.format(VERBS[chance.operation].console),
            chip("not now", "stopped") if chance.objections else chip("open", "done"),
            against_words(chance.objections) or ("It loses something: see the plan." if chance.lost else ""),
        )
        for chance in chances
    ]
    return table(("Do", "In the console", "Now", "Why not, and what to do first"), rows)
