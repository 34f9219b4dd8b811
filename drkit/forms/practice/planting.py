"""Planting faults on the practice range: which, where it strikes, and what is planted."""

import re
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

from ipywidgets import Button, Dropdown, HBox, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.forms.choosing import Chooser, Option
from drkit.forms.live import Live
from drkit.forms.practice import words
from drkit.forms.worker import FormWorker, Work
from drkit.model import Inventory
from drkit.site import Site

FaultField = Chooser | Dropdown | TextField

CHOICES: dict[str, tuple[str, tuple[tuple[str, object], ...]]] = {
    "method": (
        "It strikes",
        (
            ("the next change that is sent (POST)", "POST"),
            ("the next deletion or detaching (DELETE)", "DELETE"),
            ("the next reading (GET)", "GET"),
            ("the next request, whatever it is", ""),
        ),
    ),
    "how": ("The client", (("sees the connection break", "hang-up"), ("waits until it gives up", "timeout"))),
    "action": (
        "Somebody else",
        (
            ("takes the device name", "takes-device"),
            ("takes the pair", "takes-pair"),
            ("disables the group's protection", "disables-group"),
        ),
    ),
    "accepted": ("The work", (("was not done", False), ("was done before", True))),
}
"""What is chosen from a few, by the fault's key: its label, and (words, value)."""

THINGS = {"group": "Group", "instance": "Instance", "pair": "Pair", "server": "Server"}
NUMBERS = {
    "seconds": ("Seconds", "as usual"),
    "after": ("After (seconds)", "at once"),
    "lasts": ("Lasts (seconds)", "until cleared"),
    "at": ("Stays at (%)", "37"),
    "times": ("How many times", "1"),
}
"""What is typed, by the fault's key: its label, and what an empty field means."""

_LABEL = {"description_width": "130px"}


class Planting(VBox):
    """Choose a fault, say where it strikes, plant it; below stand those that are planted."""

    def __init__(self, engine: FormWorker, site: Callable[[], Site]) -> None:
        self._engine, self._site = engine, site
        self._kinds: Mapping[str, str] = {}
        self._keys: Mapping[str, tuple[str, ...]] = {}
        self._inventory: Inventory | None = None
        self.fields: dict[str, FaultField] = {}
        self.kind = Chooser("Fault", lambda: self._later(self._choose, instead_of="choose"))
        self.sentence, self.where = Live(spoken="polite").add_class("drkit-facts"), VBox()
        self.plant = Button(description="Plant this fault", icon="bolt", disabled=True)
        self.plant.on_click(lambda _: self._later(self._plant))
        self.clear = Button(description="Clear all faults", icon="eraser")
        self.clear.on_click(lambda _: self._later(self._clear))
        self.error, self.planted = Live(spoken="assertive").add_class("drkit-error"), Live(spoken="polite")
        super().__init__(
            [
                Live(Markup("<h4>Plant a fault</h4>")),
                self.kind,
                self.sentence,
                self.where,
                HBox([self.plant, self.clear]).add_class("drkit-actions"),
                self.error,
                self.planted,
            ]
        )

    def fill(self) -> None:
        """Show what is planted now."""
        if not self._kinds:
            control = self._site().sandbox
            self._kinds, self._keys = control.fault_kinds(), control.fault_keys()
            self.kind.fill([(f"{name}  ·  {sentence}", name) for name, sentence in self._kinds.items()])
        found = self._site().sandbox.faults()
        self.planted.show(words.planted(found))
        self.clear.disabled = not found

    def forget(self) -> None:
        """Another world has begun: what was read of the old one counts no more."""
        self._inventory = None
        self._choose()

    def _later(self, work: Work, *, instead_of: str = "") -> None:
        self._engine.do(work, self.error.show, instead_of=instead_of)

    def _choose(self) -> None:
        name = self.kind.chosen
        self.error.show("")
        self.sentence.show(self._kinds.get(name, ""))
        self.plant.disabled = not name
        keys = self._keys.get(name, ())
        if self._inventory is None and set(THINGS).intersection(keys):
            self.where.children = [Live("Reading what there is to choose from…").add_class("drkit-facts")]
        self.fields = {key: self._field(key) for key in (*CHOICES, *THINGS, *NUMBERS) if key in keys}
        numbers = [each for key, each in self.fields.items() if key in NUMBERS]
        others = [each for key, each in self.fields.items() if key not in NUMBERS]
        hint = Live("What stays empty does not narrow it down: the fault takes the first that fits.")
        hint.add_class("drkit-quiet").add_class("drkit-facts")
        row = HBox(numbers, layout=Layout(flex_flow="row wrap"))
        self.where.children = [
            *others,
            *([row] if numbers else []),
            *([hint] if "group" in self.fields else []),
        ]

    def _field(self, key: str) -> FaultField:
        if key in CHOICES:
            label, options = CHOICES[key]
            return Dropdown(options=options, description=label, style=_LABEL, layout=Layout(width="560px"))
        if key in NUMBERS:
            label, empty = NUMBERS[key]
            return TextField(placeholder=empty, description=label, style=_LABEL, layout=Layout(width="270px"))
        chooser = Chooser(THINGS[key], lambda: None)
        chooser.fill(self._things(key), hint=f"there is no {key}")
        return chooser

    def _things(self, kind: str) -> list[Option]:
        now = self._inventory = self._inventory or self._site().inventory()
        if kind == "group":
            options = [(now.called(key), key) for key in now.groups]
        elif kind == "server":
            options = [(f"{each.name}  ·  {each.zone}", each.id) for each in now.servers.values()]
        else:
            members = now.instances if kind == "instance" else now.pairs
            options = [
                (f"{each.name}  ·  {now.called(each.group_id)}", each.id)
                for each in members.values()
                if each.group_id in now.groups
            ]
        return sorted(options)

    def _plant(self) -> None:
        name = self.kind.chosen
        self.error.show("")
        given = {key: _value(key, field) for key, field in self.fields.items()}
        where = {key: value for key, value in given.items() if value not in ("", None)}
        self._site().sandbox.fault(name, **where)
        self.fill()

    def _clear(self) -> None:
        self.error.show("")
        self._site().sandbox.clear_faults()
        self.fill()


def _value(key: str, field: FaultField) -> Any:  # noqa: ANN401  # whatever a fault takes
    if isinstance(field, Chooser):
        return field.chosen
    if key not in NUMBERS:
        return field.value
    typed = str(field.value).strip()
    with suppress(ValueError):
        return float(typed) if re.search(r"\.", typed) else int(typed)
    return typed
