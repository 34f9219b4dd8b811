"""`Inventory`: one reading of a project, with indexes, that rules judge and tables show."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Literal, TypeVar

from drkit.errors import UnknownNameError
from drkit.model.deferred import Deferred, ListedPair
from drkit.model.jobs import Domain, FailedTask, Quota, RpoPoint
from drkit.model.machines import Disk, Server
from drkit.model.resources import Attachment, Drill, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.showing import card, count, first_few, line, listed, shows, state, table

ThingKind = Literal["groups", "instances", "pairs", "drills", "servers", "disks", "failed_tasks"]
"""What can be listed, by the name of the inventory's part that holds it."""

Part = Literal["drills", "servers", "disks", "quotas", "failed_tasks", "domains", "rpo", "undrilled"]
"""What a reading has of the whole project, or has not."""

Named = TypeVar("Named", ProtectionGroup, ProtectedInstance, ReplicationPair, Drill, Server, Disk)


@shows("practice", "cloud", "region", "project")
@dataclass(frozen=True, slots=True)
class Backend:
    """Where a reading or a run comes from; `practice` is the sandbox."""

    practice: bool
    cloud: str
    region: str
    project: str
    project_id: str

    @property
    def label(self) -> str:
        """What the band on top of every screen and page says."""
        return "PRACTICE" if self.practice else f"{self.cloud} {self.region} {self.project}".strip()

    def beside(self, other: "Backend") -> str:
        """Its label, with the project's id where the other backend has the same label."""
        return self.label if self.label != other.label else f"{self.label} (project {self.project_id})"


@dataclass(frozen=True, repr=False)
class Inventory:
    """What was read, by id, and when.

    `servers` and `disks` hold what the neighbours told. `whole` are the parts that were read as a whole; what
    is missing in another part may be there all the same, for it was not read. `undrilled` are the groups that
    the service says had no drill for three months. `of_groups` are the groups
    whose instances, pairs and drills were read, where it was not all of them. `problems` are sentences about
    contradictions that a second reading did not resolve. `memo` has room for what other rooms work out once
    per reading.
    """

    backend: Backend
    read_at: datetime
    groups: Mapping[str, ProtectionGroup] = field(default_factory=dict)
    instances: Mapping[str, ProtectedInstance] = field(default_factory=dict)
    pairs: Mapping[str, ReplicationPair] = field(default_factory=dict)
    drills: Mapping[str, Drill] = field(default_factory=dict)
    servers: Mapping[str, Server] = field(default_factory=dict)
    disks: Mapping[str, Disk] = field(default_factory=dict)
    quotas: Mapping[str, Quota] = field(default_factory=dict)
    failed_tasks: Mapping[str, FailedTask] = field(default_factory=dict)
    domains: Mapping[str, Domain] = field(default_factory=dict)
    rpo: tuple[RpoPoint, ...] = ()
    undrilled: frozenset[str] = frozenset()
    of_groups: frozenset[str] = frozenset()
    whole: frozenset[Part] = frozenset()
    problems: tuple[str, ...] = ()
    memo: dict[object, object] = field(default_factory=dict, init=False, compare=False)

    def __repr__(self) -> str:
        return line(self, self._summary)

    def _repr_html_(self) -> str:
        rows = [
            (group.name, state(group.status), group.production_zone, group.dr_zone, str(group.progress))
            for group in self.groups.values()
        ]
        groups = table(("group", "status", "production zone", "DR zone", "%"), rows)
        return card(self._summary, groups, listed("Problems", self.problems))

    @property
    def _summary(self) -> str:
        kinds = ("group", "instance", "pair", "drill", "server")
        counts = ", ".join(count(len(getattr(self, f"{kind}s")), kind) for kind in kinds)
        return f"{self.backend.label} at {self.read_at:%Y-%m-%d %H:%M:%S} UTC: {counts}"

    @property
    def _listed_pairs(self) -> Mapping[str, ListedPair]:
        """The pairs as they came, so that none becomes a value for what a row tells as well."""
        return self.pairs.sources if isinstance(self.pairs, Deferred) else self.pairs

    @cached_property
    def attachments(self) -> tuple[Attachment, ...]:
        """Every attachment that either side tells of, each once."""
        found = {
            (pair.id, each.instance_id): Attachment(pair.id, each.instance_id, each.device)
            for pair in self._listed_pairs.values()
            for each in pair.attachments
        } | {
            (each.pair_id, each.instance_id): each
            for instance in self.instances.values()
            for each in instance.attachments
        }
        return tuple(found.values())

    @cached_property
    def _instances_by_group(self) -> dict[str, tuple[ProtectedInstance, ...]]:
        return _grouped(self.instances.values())

    @cached_property
    def _pairs_by_group(self) -> dict[str, tuple[ListedPair, ...]]:
        return _grouped(self._listed_pairs.values())

    @cached_property
    def _asked_for(self) -> dict[str, tuple[ReplicationPair, ...]]:
        """The pairs of the groups that somebody asked for."""
        return {}

    @cached_property
    def _attachments_by_instance(self) -> dict[str, tuple[Attachment, ...]]:
        found: defaultdict[str, list[Attachment]] = defaultdict(list)
        for each in self.attachments:
            found[each.instance_id].append(each)
        return {key: tuple(held) for key, held in found.items()}

    @cached_property
    def _attachments_by_pair(self) -> dict[str, tuple[Attachment, ...]]:
        found: dict[str, tuple[Attachment, ...]] = {}
        for each in self.attachments:
            found[each.pair_id] = (*found.get(each.pair_id, ()), each)  # one, but of a shared pair
        return found

    def instances_of(self, group_id: str) -> tuple[ProtectedInstance, ...]:
        """The instances of a group."""
        return self._instances_by_group.get(group_id, ())

    def pairs_of(self, group_id: str) -> tuple[ReplicationPair, ...]:
        """The pairs of a group."""
        known = self._asked_for
        if group_id not in known:
            known[group_id] = tuple([self.pairs[each.id] for each in self.listed_pairs_of(group_id)])
        return known[group_id]

    def listed_pairs_of(self, group_id: str) -> tuple[ListedPair, ...]:
        """The pairs of a group as far as a listing tells of them, for who looks at all of thousands."""
        return self._pairs_by_group.get(group_id, ())

    def drills_of(self, group_id: str) -> tuple[Drill, ...]:
        """The drills of a group."""
        return tuple(each for each in self.drills.values() if each.group_id == group_id)

    def attachments_on(self, instance_id: str) -> tuple[Attachment, ...]:
        """What is attached to an instance."""
        return self._attachments_by_instance.get(instance_id, ())

    def attachments_of(self, pair_id: str) -> tuple[Attachment, ...]:
        """Where a pair is attached."""
        return self._attachments_by_pair.get(pair_id, ())

    def production_servers_of(self, group_id: str) -> tuple[Server, ...]:
        """The servers at the production site of a group, as far as they were read."""
        ids = (each.production_server_id for each in self.instances_of(group_id))
        return tuple(self.servers[each] for each in ids if each in self.servers)

    def dr_servers_of(self, group_id: str) -> tuple[Server, ...]:
        """The servers at the DR site of a group, as far as they were read."""
        ids = (each.dr_server_id for each in self.instances_of(group_id))
        return tuple(self.servers[each] for each in ids if each in self.servers)

    def group(self, name: str) -> ProtectionGroup:
        """The group of that name or id. Raises `UnknownNameError` with the nearest names."""
        return find("protection group", name, self.groups)

    def called(self, group_id: str) -> str:
        """What a known group is called: its name, and as much of its id as others of that name lack."""
        name = self.groups[group_id].name
        others = [key for key, each in self.groups.items() if each.name == name and key != group_id]
        if not others:
            return name
        lengths = range(8, len(group_id))
        told = (group_id[:length] for length in lengths if not _begins(others, group_id[:length]))
        return f"{name} ({next(told, group_id)})"

    def instance(self, name: str, group_id: str = "") -> ProtectedInstance:
        """The instance of that name or id, within a group where one is given."""
        return find("protected instance", name, _within(self.instances, group_id))

    def pair(self, name: str, group_id: str = "") -> ReplicationPair:
        """The pair of that name or id, within a group where one is given."""
        return find("replication pair", name, _within(self.pairs, group_id))

    def drill(self, name: str, group_id: str = "") -> Drill:
        """The drill of that name or id, within a group where one is given."""
        return find("DR drill", name, _within(self.drills, group_id))


def find(what: str, name: str, things: Mapping[str, Named]) -> Named:
    """The one thing of that id or name; two of the same name are told apart by id only."""
    if name in things:
        return things[name]
    hits = [each for each in things.values() if each.name == name]
    if len(hits) > 1:
        ids = first_few(map(_told_apart, hits), "all are in error.near")
        raise UnknownNameError(
            f"{len(hits)} things of the kind {what} are named {name!r}; give one of their ids: {ids}",
            what=what,
            name=name,
            near=[each.id for each in hits],
        )
    if not hits:
        raise UnknownNameError.among(what, name, (each.name for each in things.values()))
    return hits[0]


def _begins(ids: Iterable[str], part: str) -> bool:
    return any(each.startswith(part) for each in ids)


def _told_apart(thing: Named) -> str:
    """The id of one of several things of the same name, and of a group what else tells it from the others."""
    if not isinstance(thing, ProtectionGroup):
        return thing.id
    has = f"{count(thing.instance_count, 'instance')}, {count(thing.pair_count, 'pair')}"
    return f"{thing.id} (production in {thing.production_zone or 'no known zone'}; {has})"


Member = TypeVar("Member", ProtectedInstance, ReplicationPair, Drill)


def _within(things: Mapping[str, Member], group_id: str) -> Mapping[str, Member]:
    return {key: each for key, each in things.items() if each.group_id == group_id} if group_id else things


Grouped = TypeVar("Grouped", ProtectedInstance, ListedPair)


def _grouped(things: Iterable[Grouped]) -> dict[str, tuple[Grouped, ...]]:
    found: defaultdict[str, list[Grouped]] = defaultdict(list)
    for each in things:
        found[each.group_id].append(each)
    return {key: tuple(each) for key, each in found.items()}
