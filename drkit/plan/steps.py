"""A plan as data: which steps, in which order, and what was left out and why. It can be kept as JSON."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Self

from drkit.model import Backend, Change
from drkit.rules.objections import Objection


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: send a change, repeat a check until it holds, or have a person do it and sign off.

    `check` is "tcp://host:port" or an http(s) URL that has to answer. `needs` are the keys of the steps
    that must be done before, `after` those that must have come to an end, well or not (a clean-up waits
    for the checks, and comes even when they fail); `lane`, where not empty, names what only one step at a
    time may touch; `wave` counts from 1 where groups go one after the other; `undo` says how to take the
    step back, empty where it can't be; `about` is the id of the group where no change names it.
    """

    key: str
    title: str
    change: Change | None = None
    check: str = ""
    instruction: str = ""
    needs: tuple[str, ...] = ()
    lane: str = ""
    wave: int = 0
    undo: str = ""
    skippable: bool = False
    after: tuple[str, ...] = ()
    about: str = ""

    @property
    def group_id(self) -> str:
        """The group that the step belongs to; empty where it belongs to none."""
        return self.change.group_id if self.change else self.about

    @property
    def manual(self) -> bool:
        """Whether a person does it."""
        return self.change is None and not self.check


@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was asked for and is not in the plan, with the reasons."""

    subject: str
    subject_id: str
    objections: tuple[Objection, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done to which groups, on which backend, judged on the reading of `read_at`.

    `notes` are sentences the operator must have read, such as a device name that the service will rewrite;
    `facts` are further words that the kind of runbook fixes before the start (objectives, scenario).
    """

    title: str
    backend: Backend
    groups: tuple[tuple[str, str], ...]  # (id, name)
    steps: tuple[Step, ...]
    read_at: datetime
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()

    @property
    def digest(self) -> str:
        """SHA-256 of the whole plan: what the operator confirms is what is run."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def step(self, key: str) -> Step:
        """The step of that key; KeyError where there is none."""
        return {each.key: each for each in self.steps}[key]

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        plain = asdict(self)
        plain["read_at"] = self.read_at.isoformat()
        for shown, step in zip(plain["steps"], self.steps, strict=True):
            shown["change"] = step.change.to_json() if step.change else None
        return plain

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """The plan that `to_json` wrote, also after a trip through a JSON text."""
        return cls(
            title=source["title"],
            backend=Backend(**source["backend"]),
            groups=tuple((key, name) for key, name in source["groups"]),
            steps=tuple(_step(each) for each in source["steps"]),
            read_at=datetime.fromisoformat(source["read_at"]),
            left_out=tuple(
                LeftOut(
                    each["subject"], each["subject_id"], tuple(Objection(**one) for one in each["objections"])
                )
                for each in source["left_out"]
            ),
            notes=tuple(source["notes"]),
            facts=tuple((key, value) for key, value in source["facts"]),
        )


def _step(source: Mapping[str, Any]) -> Step:
    change = Change.from_json(source["change"]) if source["change"] else None
    keys = {name: tuple(source.get(name, ())) for name in ("needs", "after")}
    return Step(**{**source, "change": change, **keys})
