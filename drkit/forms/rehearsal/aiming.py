"""The second step of a rehearsal: the objectives, fixed before the start, with errors beside the fields."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from ipywidgets import Checkbox, DOMWidget, HBox, Layout, Textarea, VBox
from ipywidgets import Text as TextField

from drkit.errors import InputError
from drkit.forms.card import Card
from drkit.forms.live import Live
from drkit.forms.markup import count
from drkit.forms.rehearsal.request import RehearsalRequest, read_moment
from drkit.forms.rehearsal.task import RehearsalTask
from drkit.plan import Objectives, RunbookKind, checked, read_seconds

CHECKED = {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.FAILOVER, RunbookKind.RESTART}
STOPPED = {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK}


class LabelledField(HBox):
    """One field with its label, a hint in it as long as it is empty, and its error behind it."""

    def __init__(self, field: TextField | Textarea, hint: str = "") -> None:
        self.field, self.error = field, Live(spoken="assertive").add_class("drkit-error")
        field.style.description_width = "210px"
        field.placeholder = hint
        super().__init__([field, self.error])
        self.add_class("drkit-field")

    @property
    def text(self) -> str:
        """What stands in it."""
        return str(self.field.value).strip()

    def complain(self, error: str) -> None:
        """Show what is wrong with it; empty takes it away."""
        (self.field.add_class if error else self.field.remove_class)("drkit-wrong")
        self.error.show(error)


def line(label: str, value: str, hint: str = "", *, width: str = "640px") -> LabelledField:
    """A field of one line."""
    return LabelledField(TextField(value=value, description=label, layout=Layout(width=width)), hint)


def area(label: str, value: str, hint: str = "", rows: int = 2) -> LabelledField:
    """A field of several lines."""
    layout = Layout(width="640px")
    return LabelledField(Textarea(value=value, description=label, rows=rows, layout=layout), hint)


class ObjectivesCard(Card):
    """What is rehearsed, by whom, and what it is measured against; then the plan is made."""

    key, title, button = "objectives", "Fix what it is measured against", "Make the plan"

    def __init__(self, task: RehearsalTask) -> None:
        self.task = task
        self.form = VBox().add_class("drkit-form")
        self.fields: dict[str, LabelledField] = {}
        self.targets: dict[str, LabelledField] = {}
        self.checks: dict[str, LabelledField] = {}
        self.flags: dict[str, Checkbox] = {}
        super().__init__([self.form])

    def prepare(self) -> None:
        """Show the fields that this runbook needs, filled with what the parameters say."""
        self.say("This is kept in the record and cannot be changed once the run has started.")
        wish, kind = self.task.wish, self.task.kind
        self.fields = self._texts(wish, kind)
        self.targets = self._per_group(
            "Recovered within", wish.rto if kind.recovers else None, "for example 15 min", "340px"
        )
        told = "tcp://host:port or a URL; empty: somebody says so"
        self.checks = self._per_group("Health check", wish.checks if kind in CHECKED else None, told, "640px")
        self.flags = {
            "expert_absent": _flag("The people who usually do this keep out of it", wish.expert_absent)
        }
        if kind in STOPPED:
            self.flags["hard"] = _flag(
                "Cut the servers off hard: what they have not written is lost", wish.hard
            )
        rows: list[DOMWidget] = [*self.fields.values(), *self.targets.values(), *self.checks.values()]
        self.form.children = [*rows, *self.flags.values()]

    def work(self) -> str:
        """Check the objectives and make the plan; each error stands beside its field."""
        wish = self._wish()
        aims = self._aims(wish)
        plan = self.task.draft(aims, wish)
        self.task.wish, self.task.plan = wish, plan
        return f"{aims.scenario}; {count(len(plan.steps), 'step')} planned"

    def _texts(self, wish: RehearsalRequest, kind: RunbookKind) -> dict[str, LabelledField]:
        found: dict[str, LabelledField] = {}
        if kind is RunbookKind.DRILL:
            found["drill_name"] = line("Name of the drill", wish.drill_name or self.task.drill_name)
            found["drill_vpc_id"] = line(
                "Drill network (VPC id)", wish.drill_vpc_id, "empty: a network is made for each group"
            )
        if kind.declared:
            found["declared_what"] = area("What happened", wish.declared_what)
            found["declared_by"] = line("Who declared the disaster", wish.declared_by)
            found["declared_at"] = line(
                "Since when (UTC)",
                wish.declared_at,
                f"as {self.task.clock.now():%Y-%m-%d %H:%M}; the clock runs from there",
            )
        found["scenario"] = area("Scenario", wish.scenario, "what is rehearsed, or happened")
        found["scope"] = line("Scope", wish.scope, "what is in it")
        found["criteria"] = area("Recovered means", wish.criteria, "how success is told")
        found["participants"] = area("Participants", "\n".join(wish.participants), "one per line")
        if kind.recovers:
            found["rpo"] = line("Data that may be lost", wish.rpo, "a span of time; 0 s: none", width="340px")
        return found

    def _per_group(
        self, label: str, wished: Mapping[str, str] | None, hint: str, width: str
    ) -> dict[str, LabelledField]:
        """A field for each group; none where nothing of the kind is wanted."""
        if wished is None:
            return {}
        given = {name: wished.get("*", "") for name in self.task.names.values()} | dict(wished)
        return {
            key: line(f"{label}: {name}", given.get(key, given.get(name, "")), hint, width=width)
            for key, name in self.task.names.items()
        }

    def _wish(self) -> RehearsalRequest:
        texts = {key: each.text for key, each in self.fields.items()}
        people = tuple(filter(None, (each.strip() for each in texts.pop("participants").split("\n"))))
        said: dict[str, Any] = {
            **texts,
            **{key: each.value for key, each in self.flags.items()},
            "kind": self.task.kind.value,
            "participants": people,
        }
        for what, fields in (("rto", self.targets), ("checks", self.checks)):
            if fields:  # what is not asked for here is kept for the runbook that follows
                said[what] = {key: each.text for key, each in fields.items() if each.text}
        return replace(self.task.wish, **said)

    def _aims(self, wish: RehearsalRequest) -> Objectives:
        """The objectives, each error beside its field; raises `InputError` when there is one."""
        errors = {key: _wrong(read_seconds, each.text) for key, each in self.targets.items()}
        errors |= {
            "rpo": _wrong(read_seconds, wish.rpo),
            "declared_at": _wrong(read_moment, wish.declared_at),
        }
        readable = replace(
            wish,
            rto={key: each for key, each in wish.rto.items() if errors.get(key) == ""},
            rpo="" if errors["rpo"] else wish.rpo,
            declared_at="" if errors["declared_at"] else wish.declared_at,
        )
        aims = readable.objectives(self.task.names)
        faults = aims.faults(self.task.names, self.task.clock.now())
        for key, sentence in faults.items():
            unset = [each for each in self.targets if aims.target(each) is None] or list(self.targets)
            for field in unset if key == "rto_targets" else [_FIELDS.get(key, key)]:
                errors[field] = errors.get(field) or sentence
        told = [(each, errors.get(key, "")) for key, each in (self.fields | self.targets).items()]
        told += [(each, _wrong(checked, each.text)) for each in self.checks.values()]
        wrong = []
        for each, error in told:
            each.complain(error)
            wrong += [each.field] if error else []
        if wrong:
            wrong[0].focus()
            named = ", ".join(each.description for each in wrong)
            raise InputError(f"Missing or wrong, as it stands beside each field: {named}.")
        return aims


_FIELDS = {"rpo_target": "rpo"}


def _wrong(read: Callable[[str], object], text: str) -> str:
    try:
        if text:
            read(text)
    except InputError as error:
        return str(error)
    return ""


def _flag(words: str, value: bool) -> Checkbox:
    return Checkbox(value=value, description=words, indent=False, layout=Layout(width="auto"))
