"""The second step of a rehearsal: the objectives, fixed before the start, with errors beside the fields."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from ipywidgets import Checkbox, DOMWidget, HBox, Layout, Textarea, VBox
from ipywidgets import Text as TextField

from drkit.errors import InputError
from drkit.forms.card import Card
from drkit.forms.live import Live
from drkit.plan import RunbookKind, checked, read_moment, read_seconds, resolved_order
from drkit.runbooks import RehearsalRequest, RehearsalSession
from drkit.showing import count, first_few

CHECKED = {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.FAILOVER, RunbookKind.RESTART}
ORDERED = {*CHECKED, RunbookKind.REPROTECT}
STOPPED = {RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK}


class LabelledField(HBox):
    """One field with its label, a hint in it as long as it is empty, and its error behind it."""

    def __init__(self, field: TextField | Textarea, hint: str = "") -> None:
        self.field, self.error = field, Live(spoken="assertive").add_class("drkit-error")
        field.observe(lambda _: self.complain(""), "value")  # it is judged anew with the next press
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

    def __init__(self, session: RehearsalSession) -> None:
        self.session = session
        self.form = VBox().add_class("drkit-form")
        self.fields: dict[str, LabelledField] = {}
        self.targets: dict[str, LabelledField] = {}
        self.checks: dict[str, LabelledField] = {}
        self.flags: dict[str, Checkbox] = {}
        super().__init__([self.form])

    def prepare(self) -> None:
        """Show the fields that this runbook needs, filled with what the parameters say."""
        kept = "This is kept in the record and cannot be changed once the run has started."
        self.say(f"{self.session.away} {kept}".strip())
        request, kind = self.session.chosen, self.session.kind
        self.fields = self._texts(request, kind)
        self.targets = self._per_group(
            "Recovered within", request.rto if kind.recovers else None, "for example 15 min", "340px"
        )
        hint = "tcp://host:port or a URL; empty: somebody says so"
        checks = request.checks if kind in CHECKED else None
        self.checks = self._per_group("Health check", checks, hint, "640px")
        self.flags = {
            "expert_absent": _flag("The people who usually do this keep out of it", request.expert_absent),
            "second_person": _flag(
                "A second person approves the plan before its first change, and accepts the record",
                request.second_person,
            ),
        }
        if kind in STOPPED:
            self.flags["hard"] = _flag(
                "Cut the servers off hard: what they have not written is lost", request.hard
            )
        for each in (*self.fields.values(), *self.targets.values(), *self.checks.values()):
            each.field.observe(lambda _: self.later(self._pardon_if_right), "value")
        rows: list[DOMWidget] = [*self.fields.values(), *self.targets.values(), *self.checks.values()]
        self.form.children = [*rows, *self.flags.values()]

    def work(self) -> str:
        """Check the objectives and make the plan; each error stands beside its field."""
        typed = self._typed()
        request = self._checked(replace(self.session.chosen, **typed))
        plan = self.session.draft(request)
        self.session.request, self.session.plan = replace(self.session.request, **typed), plan
        return f"{request.scenario}; {count(len(plan.steps), 'step')} planned"

    def _texts(self, request: RehearsalRequest, kind: RunbookKind) -> dict[str, LabelledField]:
        fields: dict[str, LabelledField] = {}
        if kind is RunbookKind.DRILL:
            fields["drill_name"] = line(
                "Name of the drill", self.session.drill_name, "the marks of the run and the step are added"
            )
            fields["drill_vpc_id"] = line(
                "Drill network (VPC id)", request.drill_vpc_id, "empty: a network is made for each group"
            )
        if kind.declared:
            fields["declared_what"] = area("What happened", request.declared_what)
            fields["declared_by"] = line("Who declared the disaster", request.declared_by)
            fields["declared_at"] = line(
                "Since when (UTC)",
                request.declared_at,
                f"as {self.session.clock.now():%Y-%m-%d %H:%M}; the clock runs from there",
            )
        fields["scenario"] = area("Scenario", request.scenario, "what is rehearsed, or happened")
        fields["scope"] = line("Scope", request.scope, "what is in it")
        fields["criteria"] = area("Recovered means", request.criteria, "how success is told")
        fields["participants"] = area("Participants", "\n".join(request.participants), "one per line")
        if kind in ORDERED:
            reading = self.session.reading
            members = (each.name for key in self.session.names for each in reading.instances_of(key))
            fields["order"] = area(
                "Order of the servers",
                "\n".join(self.session.request.order),
                "one level a line, as db-01+db-02; 60 s; tcp://host:port; stop 30 s; empty: side by side. "
                f"There are {first_few(sorted(members))}",
                rows=4,
            )
        if kind.switches:
            fields["rpo"] = line(
                "Data that may be lost", request.rpo, "a span of time; 0 s: none", width="340px"
            )
        return fields

    def _per_group(
        self, label: str, requested: Mapping[str, str] | None, hint: str, width: str
    ) -> dict[str, LabelledField]:
        """A field for each group; none where nothing of the kind is asked for."""
        if requested is None:
            return {}
        return {
            key: line(f"{label}: {name}", requested.get(key, ""), hint, width=width)
            for key, name in self.session.names.items()
        }

    def _typed(self) -> dict[str, Any]:
        """What stands in the fields, by the names that a request has for it."""
        texts: dict[str, Any] = {key: field.text for key, field in self.fields.items()}
        people = tuple(filter(None, map(str.strip, texts.pop("participants").split("\n"))))
        if "order" in texts:
            typed_order = texts.pop("order").split("\n")
            texts |= {"order": tuple(filter(None, map(str.strip, typed_order)))}
        typed: dict[str, Any] = {
            **texts,
            **{key: flag.value for key, flag in self.flags.items()},
            "kind": self.session.kind.value,
            "participants": people,
        }
        for what, fields in (("rto", self.targets), ("checks", self.checks)):
            if fields:  # what is not asked for here is kept for the runbook that follows
                typed[what] = {key: field.text for key, field in fields.items() if field.text}
        return typed

    def _checked(self, request: RehearsalRequest) -> RehearsalRequest:
        """The request with the targets that have a field; `InputError` with each error beside its field."""
        errors = {key: _wrong(read_seconds, field.text) for key, field in self.targets.items()}
        errors |= {
            "order": self._wrong_order(request.order),
            "rpo": _wrong(read_seconds, request.rpo),
            "declared_at": _wrong(read_moment, request.declared_at),
        }
        readable = replace(
            request,
            rto={key: span for key, span in request.rto.items() if errors.get(key) == ""},
            rpo="" if errors["rpo"] else request.rpo,
            declared_at="" if errors["declared_at"] else request.declared_at,
        )
        objectives = readable.objectives()
        faults = objectives.faults(self.session.names, self.session.clock.now())
        for key, sentence in faults.items():
            unset = [group for group in self.targets if objectives.target(group) is None] or list(
                self.targets
            )
            for name in unset if key == "rto_targets" else [_FIELDS.get(key, key)]:
                errors[name] = errors.get(name) or sentence
        self._complain_beside(errors)
        return readable

    def _wrong_order(self, order: Sequence[str]) -> str:
        try:
            resolved_order(order, self.session.reading, self.session.names)
        except InputError as error:
            return str(error)
        return ""

    def _pardon_if_right(self) -> None:
        """Take the sentence at the button away once no field is marked as wrong any more."""
        if not any(each.error.value for each in (self.fields | self.targets | self.checks).values()):
            self.pardon()

    def _complain_beside(self, errors: Mapping[str, str]) -> None:
        beside = [(field, errors.get(key, "")) for key, field in (self.fields | self.targets).items()]
        beside += [(field, _wrong(checked, field.text)) for field in self.checks.values()]
        for field, error in beside:
            field.complain(error)
        if wrong := [field.field for field, error in beside if error]:
            wrong[0].focus()
            named = ", ".join(field.description for field in wrong)
            raise InputError(f"Missing or wrong, as it stands beside each field: {named}.")


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
