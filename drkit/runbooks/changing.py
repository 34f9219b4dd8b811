"""Changing one thing, with or without a screen: what is open to it and what not, plan, start, watch."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from drkit.errors import InputError
from drkit.execution import planned
from drkit.model import NEEDS, Argument, Change, Inventory, Operation
from drkit.plan import VERBS, Offer, Plan, plan_change, plan_of, read_operation, shell_lines, takes
from drkit.plan import changes_of as changes_asked
from drkit.rules import IN_THE_WHOLE_PROJECT, Objection, judge, read_also
from drkit.runbooks.practice import world_name
from drkit.runbooks.requests import ChangeRequest
from drkit.runbooks.rows import frame
from drkit.runbooks.session import RunbookSession
from drkit.runbooks.unattended import Unattended, print_notes
from drkit.showing import first_few

if TYPE_CHECKING:
    from pandas import DataFrame

OF_GROUP, NEW_GROUP, FAILED_TASK = "group", "new group", "failed task"
KINDS: Mapping[str, tuple[Operation, ...]] = {
    OF_GROUP: (
        Operation.ENABLE_PROTECTION,
        Operation.PLANNED_FAILOVER,
        Operation.CREATE_DRILL,
        Operation.CREATE_INSTANCES,
        Operation.RENAME_GROUP,
        Operation.CLEAR_FAILED_TASKS,
        Operation.DISABLE_PROTECTION,
        Operation.FAILOVER,
        Operation.REPROTECT,
        Operation.DELETE_INSTANCES,
        Operation.DELETE_GROUP,
    ),
    "instance": (
        Operation.RENAME_INSTANCE,
        Operation.RESIZE_INSTANCE,
        Operation.SET_TAGS,
        Operation.DELETE_TAGS,
        Operation.ADD_NIC,
        Operation.DELETE_NIC,
        Operation.DELETE_INSTANCE,
    ),
    "pair": (
        Operation.ATTACH_PAIR,
        Operation.RENAME_PAIR,
        Operation.EXPAND_PAIR,
        Operation.DETACH_PAIR,
        Operation.DELETE_PAIR,
    ),
    "drill": (Operation.RENAME_DRILL, Operation.DELETE_DRILL),
    "server": (Operation.CREATE_INSTANCE, Operation.STOP_SERVER, Operation.START_SERVER),
    "disk": (Operation.CREATE_PAIR,),
    FAILED_TASK: (Operation.CLEAR_FAILED_TASK,),
    NEW_GROUP: (Operation.CREATE_GROUP,),
}
"""What can be done to a thing of each kind: what loses something comes last."""


WITHOUT_A_THING = {OF_GROUP, NEW_GROUP}
"""Of these nothing is chosen but, at most, the group."""


@dataclass(frozen=True, slots=True)
class VerbChance:
    """Whether one verb is open to a thing; `asks` are the words that it still wants, `lost` that it loses."""

    operation: Operation
    asks: tuple[str, ...]
    objections: tuple[Objection, ...]
    lost: bool


class ChangeSession(RunbookSession[ChangeRequest]):
    """One change of one thing."""

    surveys = ("groups",)
    first = "Choose the thing first."

    def restart(self, request: ChangeRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.kind, self.group_id, self.thing_id = "", "", ""

    def survey(self) -> Inventory:
        """Read the whole project: what there is to choose from is what is judged, too."""
        self.overview = self.inventory = self.site.client.inventory(disks=True, quotas=True, domains=True)
        self.world = world_name(self.site)
        return self.overview

    def choose(self, kind: str, group_id: str, thing_id: str) -> None:
        """What is to be changed; of a group the thing is the group itself, and a new one is of none."""
        group_id = "" if kind == NEW_GROUP else group_id
        here = group_id or kind == NEW_GROUP
        if kind not in KINDS or not here or not (thing_id or kind in WITHOUT_A_THING):
            raise InputError("Choose a group, a kind of thing, and the thing.")
        self.kind, self.group_id = kind, group_id
        self.thing_id = group_id if kind in WITHOUT_A_THING else thing_id

    def things(self, kind: str, group_id: str) -> list[tuple[str, str]]:
        """The (name, id) of the things of a kind that there are in a group, or could be protected in it.

        Failed tasks are read now, for they are asked for group by group: those of the group, and of none.
        """
        reading = self.surveyed
        if kind == FAILED_TASK:
            read = self.site.client.failed_tasks
            tasks = {each.id: each for each in (*read(group_id), *read())}
            self.overview = self.inventory = replace(reading, failed_tasks=tasks)
            return sorted(
                (f"{task.resource_name}: {task.failure_status}, {task.begin_at or ''}", key)
                for key, task in tasks.items()
            )
        if kind in {"instance", "pair", "drill"}:
            found = list(getattr(reading, f"{kind}s_of")(group_id))
        elif kind == "server":
            mine = {key for each in reading.instances_of(group_id) for key in each.server_ids}
            others = {key for each in reading.instances.values() for key in each.server_ids} - mine
            found = [each for key, each in reading.servers.items() if key not in others]
        else:
            paired = {key for each in reading.pairs.values() for key in each.disk_ids}
            found = [each for key, each in reading.disks.items() if key not in paired]
        return sorted((each.name, each.id) for each in found)

    def choices(self, word: str) -> list[tuple[str, str]]:
        """What a word of a verb can be, as (name, id); nothing where it is typed."""
        reading = self.surveyed
        if word == "servers":
            protected = {key for each in reading.instances.values() for key in each.server_ids}
            return [(name, key) for name, key in self.things("server", self.group_id) if key not in protected]
        if word == "instances":
            return self.things("instance", self.group_id)
        if word == "domain":
            return sorted((each.name, each.id) for each in reading.domains.values() if not each.sold_out)
        found = set[str]()
        if word in {"source_zone", "target_zone"}:
            found = {
                zone for each in reading.domains.values() for zone in (each.local_zone, each.remote_zone)
            }
        if word == "vpc":
            found = {each.vpc_id for each in reading.servers.values() if each.vpc_id}
        return [(each, each) for each in sorted(found)]

    def chances(self) -> list[VerbChance]:
        """Every verb for the chosen thing, open or not; judged with samples of what it asks."""
        return [self._chance(operation) for operation in KINDS[self.kind]]

    def fields(self, operation: Operation) -> dict[str, type]:
        """The words that a verb takes besides the thing itself, and their kinds."""
        return {word: kind for word, kind in takes(operation).items() if word != self.kind}

    def draft(self, operation: Operation, words: Mapping[str, Argument]) -> Plan:
        """The plan of the change; raises `RefusedError` with every objection, `InputError`."""
        given: dict[str, Any] = {key: value for key, value in words.items() if value}
        given |= self._about(operation)
        group = self.reading.groups.get(self.group_id)
        self.plan = planned(
            self.site.journal,
            [(group.id, group.name) if group else ("", str(given.get("name", "")))],
            lambda: plan_change(self.reading, operation, **given),
        )
        return self.plan

    def take(self, way: Offer) -> Plan:
        """The plan of a way that was offered, on a new reading; raises `RefusedError` where it is closed now.

        `InputError` where no plan of changes takes it.
        """
        if not way.changes:
            raise InputError(f"There is nothing that drkit could send for this: {way.words}")
        operations = {each.operation for each in way.changes}
        groups = tuple(dict.fromkeys(each.group_id for each in way.changes))
        around = () if operations & IN_THE_WHOLE_PROJECT else groups
        also = read_also(operations)
        also["disks"] = True  # what is lost is told by name
        self.group_id, self.run, self.plan = groups[0], None, None
        self.overview = self.inventory = reading = self.site.client.inventory(around, **also)
        named = [(key, reading.groups[key].name) for key in groups if key in reading.groups]
        self.plan = planned(
            self.site.journal, named, lambda: plan_of(reading, *way.changes, heading=way.title)
        )
        return self.plan

    @property
    def command(self) -> str:
        """The line for the shell that does the same."""
        changes = (step.change for step in self.drafted.steps if step.change)
        return " && ".join(shell_lines(changes, self.reading))

    def _about(self, operation: Operation) -> dict[str, str]:
        """The words that name the group and the thing."""
        if self.kind == FAILED_TASK:  # which tells its group itself, if it is of one
            return {"task": self.thing_id}
        named = {} if operation is Operation.CREATE_GROUP else {"group": self.group_id}
        return named if self.kind in WITHOUT_A_THING else {**named, self.kind: self.thing_id}

    def _chance(self, operation: Operation) -> VerbChance:
        about = self._about(operation)
        pairs = (about.pop("pair"),) if "pair" in about else ()
        asks = tuple(word for word in self.fields(operation) if word in _SAMPLES)
        try:
            (change,) = self._sampled(operation, pairs, about)
            objections = judge(change, self.reading).objections
        except InputError as error:
            objections = (_unfit(str(error)),)
        return VerbChance(operation, asks, objections, bool(VERBS[operation].lost))

    def _sampled(
        self, operation: Operation, pairs: tuple[str, ...], about: Mapping[str, str]
    ) -> tuple[Change, ...]:
        needed = {word for word in takes(operation) if word not in about}
        mandatory = {*NEEDS[operation], *(f"{word}s" for word in NEEDS[operation])}
        samples = {word: _SAMPLES[word] for word in needed & _SAMPLES.keys() if _is_asked(word, mandatory)}
        if operation is Operation.EXPAND_PAIR:
            samples["new_size_gb"] = self.reading.pairs[pairs[0]].size_gb + 1
        if operation is Operation.DELETE_TAGS:
            held = self.reading.instances[self.thing_id].tags
            samples["keys"] = tuple(key for key, _ in held[:1]) or ("key",)
        if operation is Operation.DELETE_NIC:
            server = self.reading.servers.get(self.reading.instances[self.thing_id].production_server_id)
            samples["nic"] = server.nics[-1][0] if server and server.nics else "card"
        if operation in {Operation.ATTACH_PAIR, Operation.DETACH_PAIR}:
            samples["instance"] = self._some_instance(pairs[0])
        if operation is Operation.CREATE_GROUP:
            samples |= self._some_place()
        for word in needed & {"servers", "instances"}:
            samples[word] = self._some(word)
        words: dict[str, Any] = {**samples, **about}
        return changes_asked(operation, self.reading, pairs=pairs, **words)

    def _some(self, word: str) -> tuple[str, ...]:
        """One of the servers or instances that could be named, of the servers one where production is."""
        zone, servers = self.reading.groups[self.group_id].production_zone, self.reading.servers
        keys = [key for _, key in self.choices(word)]
        if not keys:
            raise InputError("Every server is protected." if word == "servers" else "There is no instance.")
        return tuple(sorted(keys, key=lambda key: key in servers and servers[key].zone != zone)[:1])

    def _some_place(self) -> dict[str, str]:
        """Between which zones a group could be, and in which network."""
        open_, networks = self.choices("domain"), self.choices("vpc")
        if not open_:
            raise InputError("There is no active-active domain that is not sold out.")
        domain = self.reading.domains[open_[0][1]]
        vpc = networks[0][1] if networks else ""
        zones = {"source_zone": domain.local_zone, "target_zone": domain.remote_zone}
        return {"domain": domain.id, **zones, "vpc": vpc}

    def _some_instance(self, pair_id: str) -> str:
        held = self.reading.attachments_of(pair_id)
        members = self.reading.instances_of(self.group_id)
        if not held and not members:
            raise InputError("There is no instance in its group.")
        return held[0].instance_id if held else members[0].id

    def _refuses(self, plan: Plan) -> str:
        changes = all(step.change for step in plan.steps) and not plan.objectives
        return "" if plan.steps and changes else f"is no change of one thing: {plan.title}."

    def _take_up(self, plan: Plan) -> None:
        self.survey()
        self.group_id = plan.groups[0][0]


_SAMPLES: dict[str, Argument] = {
    "name": "another-name",
    "new_size_gb": 0,
    "flavor": "another",
    "tags": ("key=value",),
    "keys": ("key",),
    "subnet": "a-subnet",
    "nic": "a-card",
    "instance": "",
}


def _is_asked(word: str, mandatory: set[str]) -> bool:
    return word in mandatory or f"{word}_id" in mandatory


def _unfit(sentence: str) -> Objection:
    return Objection("it_fits", "", "Ask for what there is.", "it", sentence, "something that is there", "")


class UnattendedChange(Unattended[ChangeSession]):
    """The steps of one change by the same names; each does its work at once and gives a table."""

    def choose(self) -> "DataFrame":
        """Read the project; gives every verb that the parameters could name."""
        session = self.session
        if session.request.run:
            session.resume(session.request.run, attended=False)
        else:
            session.survey()
        rows = [
            {"verb": each.value, "what": verb.reference, "lost": verb.lost} for each, verb in VERBS.items()
        ]
        wanted = session.request.verb.replace("-", "_").replace(" ", "_")
        return frame([row for row in rows if not wanted or row["verb"] == wanted])

    def plan(self) -> "DataFrame":
        """Make the plan; gives its step. Raises `RefusedError` with all reasons."""
        session, request = self.session, self.session.request
        if session.run is None:
            if not request.verb:
                raise InputError("Nobody is here to choose: give the parameter verb, as rename_group.")
            operation = read_operation(request.verb)
            words = read_words(operation, request.arguments)
            session.plan = session.site.plan(operation.value, **words)  # type: ignore[arg-type]
        return frame(self._planned())

    def confirm(self) -> str:
        """Start the run when the parameter confirm is what the plan asks for; gives a sentence."""
        session = self.session
        print_notes(session.drafted)
        if session.run is None:
            self._start(session.drafted.to_type, "what it asks for", self._planned())
        return f"{session.drafted.title}, on {session.drafted.backend.label}"

    def run(self) -> "DataFrame":
        """Wait until the run has ended; gives what became of the step."""
        return self._ended()

    def result(self) -> "DataFrame":
        """How the group is now."""
        reading = self.session.site.read(beside=False)
        return reading.groups()

    def _planned(self) -> list[dict[str, str]]:
        return [
            {"step": each.key, "does": each.title, "to_undo_it": each.undo or "It cannot be undone."}
            for each in self.session.drafted.steps
        ]


def read_words(operation: Operation, given: Mapping[str, str]) -> dict[str, Argument]:
    """Words as they are typed, as the kinds that the operation takes; `InputError` for what does not fit.

    A list is written with commas between, or with quotes as in a shell; true or false as yes or no.
    """
    kinds: dict[str, type] = {"group": str, **takes(operation)}
    words: dict[str, Argument] = {}
    for word, text in given.items():
        if word not in kinds:
            raise InputError(f"{operation.words} takes no {word}; it takes {', '.join(kinds)}.")
        if text.strip():
            words[word] = _read(word, text.strip(), kinds[word])
    return words


def _read(word: str, text: str, kind: type) -> Argument:
    if kind is tuple:
        return tuple(part for part in shlex.split(text.replace(",", " ")) if part)
    if kind is bool and text.casefold() in {"yes", "true", "1", "no", "false", "0"}:
        return text.casefold() in {"yes", "true", "1"}
    if kind is int and text.isdecimal():
        return int(text)
    if kind is str:
        return text
    wanted = "yes or no" if kind is bool else "a whole number"
    raise InputError(f"{word}={text!r} is not {wanted}.")


def against_words(objections: Sequence[Objection]) -> str:
    """What is against a verb, and what to do about it, in a few words."""
    return first_few((f"{each.judged} {each.remedy}" for each in objections), between=" ", most=2)
