"""A plan as data: which steps, in which order, and what was left out and why. It can be kept as JSON."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, Self
from urllib.parse import urlsplit

from drkit.errors import InputError
from drkit.model import Backend, Change
from drkit.plan.objectives import Objectives
from drkit.rules import Objection
from drkit.showing import card, count, cut, line, listed, shows, table

RUN_MARK = "xxxxxx"
"""What stands, between hyphens, in the name of a drill for the mark of the run that will create it."""

CHECK = "check"
"""The kind of every step that repeats a health check."""

PAUSE = "pause: "
"""What stands before the seconds in the check of a step that only waits."""


class ReadingCheck(StrEnum):
    """What a reading of the service can tell, so that nobody is asked to; the check of such a step.

    APPROVED is read of the run's own record, where somebody else writes it.
    """

    SYNCHRONISED = "reading: synchronised"
    DRILL_GONE = "reading: drill gone"
    NETWORK_GONE = "reading: drill network gone"
    ADDRESSES_GONE = "reading: public addresses gone"
    APPROVED = "reading: approved"


class ManualStep(StrEnum):
    """What a person is asked to do or to look at; its words also name the step's answer in `attest`.
    Where a step has a `ReadingCheck`, the service is read instead, and no person is asked.

    Other rooms go by the kind of a step and never by its title, which is for people.
    """

    APPROVED = "Approved by a second person"
    SERVICE_ANSWERS = "Service answers"
    DATA_IS_THERE = "Data is there"
    LOGINS_WORK = "Logins work"
    SETTINGS_CARRIED_OVER = "Settings carried over"
    DRILL_NETWORK = "Drill network"
    RELEASE = "Release"
    DRILL_SERVERS_GONE = "Drill servers gone"
    DRILL_NETWORK_LEFT = "Drill network left over"
    ADDRESSES_LEFT = "Public addresses left over"
    DR_SERVERS_LEFT = "DR servers left over"
    DR_DISKS_LEFT = "Disks at the DR site left over"
    ACCEPTED = "Accepted"
    PROTECTED_AGAIN = "Protected again"
    SYNCHRONISED = "Synchronised"


READ: Mapping[ManualStep, ReadingCheck] = {
    ManualStep.APPROVED: ReadingCheck.APPROVED,
    ManualStep.PROTECTED_AGAIN: ReadingCheck.SYNCHRONISED,
    ManualStep.SYNCHRONISED: ReadingCheck.SYNCHRONISED,
    ManualStep.DRILL_SERVERS_GONE: ReadingCheck.DRILL_GONE,
    ManualStep.DRILL_NETWORK_LEFT: ReadingCheck.NETWORK_GONE,
    ManualStep.ADDRESSES_LEFT: ReadingCheck.ADDRESSES_GONE,
}
"""What a reading settles in a person's stead. A plan of a former record may still ask a person."""

LOOKED_UP = frozenset({ManualStep.DRILL_NETWORK_LEFT, ManualStep.ADDRESSES_LEFT})
"""What is looked up first; a person is asked what becomes of it only where something is left."""

DECISIONS = frozenset({ManualStep.RELEASE})
"""What can be told beforehand. What any other manual step asks about is there only once it is reached."""

Answers = tuple[tuple[str, ...], ...]
"""What has to tell that a service answers: all of these, of each any one step (by its key) is enough."""


@shows("key", "title")
@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do: send a change, repeat a check until it holds, or have a person do it and sign off.

    `check` is "tcp://host:port" or an http(s) URL that has to answer, a `ReadingCheck`, or a pause. `needs`
    are the keys of the steps that must be done before, `after` those that must have come to an end, well or
    not (a clean-up waits for the checks, and comes even when they fail); `lane`, where not empty, names what
    only one step at a time may touch; `wave` counts from 1 where groups go one after the other; `undo` says
    how to take the step back, empty where it can't be; `about` is the id of the group where no change names
    it; `asks` says what a person does; `size` is how many pairs the group had, where the step is longer with
    more of them; `assumed` is in how many seconds of the service's time it is assumed to end, where sizes of
    disks tell that, else 0.
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
    asks: ManualStep | None = None
    size: int = 0
    assumed: int = 0

    @property
    def likeness(self) -> str:
        """By what a duration is learned: the kind, with the size in classes that double where it counts."""
        if self.pause is not None:
            return self.check
        if not self.size:
            return self.kind
        most = 1 << (self.size - 1).bit_length()
        return f"{self.kind} of up to {most} pair{'' if most == 1 else 's'}"

    @property
    def kind(self) -> str:
        """What steps are compared by: the operation, "check", or what a person is asked."""
        if self.change:
            return self.change.operation.value
        return str(self.asks or (CHECK if self.check else self.title))

    @property
    def group_id(self) -> str:
        """The group that the step belongs to; empty where it belongs to none."""
        return self.change.group_id if self.change else self.about

    @property
    def reads(self) -> ReadingCheck | None:
        """What is read of the service to settle the step; None where that is not how it is settled."""
        return ReadingCheck(self.check) if self.check in set(ReadingCheck) else None

    @property
    def pause(self) -> int | None:
        """How many seconds of the service's time the step lets pass; None where that is not what it does."""
        return int(self.check.removeprefix(PAUSE)) if self.check.startswith(PAUSE) else None

    @property
    def probes(self) -> bool:
        """Whether an address is asked until it answers."""
        return bool(self.check) and not self.reads and self.pause is None

    @property
    def manual(self) -> bool:
        """Whether a person does it."""
        return self.change is None and not self.check

    @property
    def signed(self) -> bool:
        """Whether a person's word settles it once it is asked: always, or where no reading could."""
        looked_up = {ReadingCheck.DRILL_GONE, ReadingCheck.NETWORK_GONE, ReadingCheck.ADDRESSES_GONE}
        return self.manual or self.reads in looked_up


@shows("subject", "objections")
@dataclass(frozen=True, slots=True)
class LeftOut:
    """Something that was asked for and is not in the plan, with the reasons.

    `instance_id` is where a pair was to be attached, in a plan for several instances.
    """

    subject: str
    subject_id: str
    objections: tuple[Objection, ...]
    instance_id: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """What will be done to which groups, on which backend, judged on the reading of `read_at`.

    `notes` are sentences the operator must have read, such as a device name that the service will rewrite;
    `objectives` are what a rehearsal is measured against, None for a change that is none; `recovered_by` has,
    by group id, the steps that tell that the service of a group answers again; `confirms` is what has to be
    typed for it, where that is not the names of its groups.
    """

    title: str
    backend: Backend
    groups: tuple[tuple[str, str], ...]  # (id, name)
    steps: tuple[Step, ...]
    read_at: datetime
    left_out: tuple[LeftOut, ...] = ()
    notes: tuple[str, ...] = ()
    objectives: Objectives | None = None
    recovered_by: Mapping[str, Answers] = field(default_factory=dict)
    confirms: str = ""

    def __repr__(self) -> str:
        return line(self, f"{cut(self.title, 80)}: {self._counts}, on {self.backend.label}")

    def _repr_html_(self) -> str:
        steps = [(step.key, step.title, ", ".join(step.needs), step.undo) for step in self.steps]
        left_out = [
            (thing.subject, reason.judged, reason.remedy, reason.code)
            for thing in self.left_out
            for reason in thing.objections
        ]
        return card(
            f"{self.title}: {self._counts}, on {self.backend.label}",
            table(("step", "what is done", "after", "to undo it"), steps),
            table(("left out", "because", "what to do", "code"), left_out),
            listed("Notes", self.notes),
        )

    @property
    def _counts(self) -> str:
        return f"{count(len(self.steps), 'step')}, {len(self.left_out)} left out"

    @property
    def to_type(self) -> str:
        """What is typed to confirm it."""
        return self.confirms or ", ".join(name for _, name in self.groups)

    @property
    def digest(self) -> str:
        """SHA-256 of the whole plan: what the operator confirms is what is run."""
        return hashlib.sha256(json.dumps(self.to_json(), sort_keys=True).encode()).hexdigest()

    def step(self, key: str) -> Step:
        """The step of that key; KeyError where there is none."""
        for each in self.steps:  # a plan is asked for each of its steps: a dict would be made each time
            if each.key == key:
                return each
        raise KeyError(key)

    def for_run(self, run_id: str) -> Self:
        """The plan with the mark of the run, the end of its id, in the names of the drills that it creates.

        No other run creates a drill of that name, so one that bears it is the one that was asked for.
        """
        mark = f"-{run_id[-len(RUN_MARK) :]}-"
        return replace(self, steps=tuple(_marked(each, f"-{RUN_MARK}-", mark) for each in self.steps))

    def check(self, backend: Backend) -> None:
        """Raise `InputError` where the plan cannot be run as it is, or was made on another backend."""
        if self.backend != backend:
            raise InputError(
                f"The plan was made on {self.backend.beside(backend)}, and this is "
                f"{backend.beside(self.backend)}: plan anew."
            )
        if not self.steps:
            raise InputError("The plan has no steps: there is nothing to do.")
        seen: set[str] = set()
        for step in self.steps:
            self._check_step(step, seen)
            seen.add(step.key)

    def _check_step(self, step: Step, before: Collection[str]) -> None:
        cannot = f"The plan cannot be run: step {step.key}"
        if step.change and step.change.group_id not in dict(self.groups):
            raise InputError(f"{cannot} is about a group that it does not name.")
        if step.key in before:
            raise InputError(f"The plan cannot be run: two steps are named {step.key}.")
        if strange := {*step.needs, *step.after}.difference(before):
            raise InputError(f"{cannot} waits for {', '.join(sorted(strange))}, no step before it.")
        if step.probes:
            checked(step.check)

    def to_json(self) -> dict[str, Any]:
        """The plan as JSON values."""
        plain = asdict(self)
        plain["read_at"] = self.read_at.isoformat()
        plain["objectives"] = self.objectives.to_json() if self.objectives else None
        if not self.confirms:  # as in records of before
            del plain["confirms"]
        for shown, step in zip(plain["steps"], self.steps, strict=True):
            shown["change"] = step.change.to_json() if step.change else None
            if not step.assumed:  # as in records of before
                del shown["assumed"]
        for out in plain["left_out"]:
            if not out["instance_id"]:  # as in records of before
                del out["instance_id"]
            for objection in out["objections"]:
                del objection["ways"]  # they were open then
        return plain

    @classmethod
    def from_json(cls, source: Mapping[str, Any]) -> Self:
        """The plan that `to_json` wrote, also after a trip through a JSON text."""
        if "facts" in source:
            source = _without_facts(source)
        aims = source["objectives"]
        return cls(
            title=source["title"],
            backend=Backend(**source["backend"]),
            groups=tuple((key, name) for key, name in source["groups"]),
            steps=tuple(_step(each) for each in source["steps"]),
            read_at=datetime.fromisoformat(source["read_at"]),
            left_out=tuple(
                LeftOut(**{**left, "objections": tuple(Objection(**one) for one in left["objections"])})
                for left in source["left_out"]
            ),
            notes=tuple(source["notes"]),
            objectives=Objectives.from_json(aims) if aims else None,
            recovered_by={
                key: tuple(tuple(steps) for steps in answers)
                for key, answers in source["recovered_by"].items()
            },
            confirms=source.get("confirms", ""),
        )


def _step(source: Mapping[str, Any]) -> Step:
    change = Change.from_json(source["change"]) if source["change"] else None
    keys = {name: tuple(source.get(name, ())) for name in ("needs", "after")}
    asks = source["asks"] if "asks" in source else source["title"].partition(":")[0]  # of a former record
    known = ManualStep(asks) if asks in {*ManualStep} else None
    return Step(**{**source, "change": change, **keys, "asks": known})


def _marked(step: Step, stand_in: str, mark: str) -> Step:
    texts = {name: getattr(step, name).replace(stand_in, mark) for name in ("title", "instruction", "undo")}
    change = step.change
    if change:
        given = {
            key: value.replace(stand_in, mark) if isinstance(value, str) else value
            for key, value in change.arguments
        }
        change = Change.of(change.operation, change.group_id, **given)
    return replace(step, change=change, **texts)


def _without_facts(source: Mapping[str, Any]) -> dict[str, Any]:
    """A plan of a journal from before: its objectives and answers were pairs of texts, called facts."""
    texts, plain = dict(source["facts"]), dict(source)
    targets, answers = (
        {key.removeprefix(mark): text for key, text in texts.items() if key.startswith(mark)}
        for mark in ("rto_target:", "recovered_by:")
    )
    plain["recovered_by"] = {
        key: [one.split("|") for one in text.split(",")] for key, text in answers.items()
    }
    plain["objectives"] = "kind" in texts and {
        **{key: text for key, text in texts.items() if ":" not in key},
        "participants": list(filter(None, texts["participants"].split("\n"))),
        "rto_targets": [(key, int(seconds)) for key, seconds in targets.items()],
        "rpo_target": int(texts["rpo_target"]),
        "expert_absent": texts["expert_absent"] == "yes",
    }
    return plain


def checked(check: str) -> str:
    """The check itself; `InputError` when it is neither tcp://host:port nor an http(s) URL."""
    try:
        parts = urlsplit(check)
        fits = bool(parts.hostname) and (
            parts.scheme in {"http", "https"} or (parts.scheme == "tcp" and parts.port is not None)
        )
    except ValueError:  # a port that is no number
        fits = False
    if not fits:
        raise InputError(f"{check!r} is no check; wanted: tcp://host:port, http://... or https://...")
    return check
