"""One consistent reading of a project, and what contradicts itself in it. Decides nothing."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Literal, TypeVar

from drkit.api import wire
from drkit.api.pages import Ask, Listed, read_listings, read_marked
from drkit.api.rows import InstanceRow, ListedRow, Page, PairRow, ServerRow, lacking, valued, values
from drkit.api.wire import Filters, Listing
from drkit.clock import Clock
from drkit.errors import DrkitError, SignInError, WireError
from drkit.model import (
    Attachment,
    Backend,
    Disk,
    Domain,
    Drill,
    FailedTask,
    Inventory,
    Part,
    Phase,
    ProtectedInstance,
    ProtectionGroup,
    Quota,
    ReplicationPair,
    RpoPoint,
    Server,
    Station,
    ThingKind,
    WireFields,
)
from drkit.showing import first_few

USUAL: tuple[ThingKind, ...] = ("groups", "instances", "pairs", "drills", "servers")
MOST_PROBLEMS = 20
Marked = TypeVar("Marked")


def _in_rows(listing: Listing, kind: type[ListedRow]) -> Listing:
    return replace(listing, reader=Page(listing.key, kind))


_KINDS: Mapping[ThingKind, tuple[Listing, Callable[[object], Any]]] = {
    "groups": (wire.GROUPS, ProtectionGroup.from_wire),
    "instances": (_in_rows(wire.INSTANCES, InstanceRow), ProtectedInstance.from_wire),
    "pairs": (_in_rows(wire.PAIRS, PairRow), ReplicationPair.from_wire),
    "drills": (wire.DRILLS, Drill.from_wire),
    "servers": (_in_rows(wire.SERVERS, ServerRow), Server.from_wire),
    "disks": (wire.DISKS, Disk.from_wire),
}
_OF_A_GROUP: frozenset[ThingKind] = frozenset({"instances", "pairs", "drills"})
_NEIGHBOURS: frozenset[ThingKind] = frozenset({"servers", "disks"})
_WHOLE: tuple[Literal["drills", "servers", "disks"], ...] = ("drills", "servers", "disks")


@dataclass(frozen=True, slots=True)
class Scope:
    """What to read.

    `kinds` of things; of instances, pairs and drills those of some groups (none named: of all), unless
    `every_drill` is wanted; the block devices of both servers of some instances; the `quotas`; and what the
    project tells `beside` its things: failed tasks, domains, RPO statistics; or the `domains` alone.
    """

    kinds: tuple[ThingKind, ...] = USUAL
    group_ids: tuple[str, ...] = ()
    block_devices_of: tuple[str, ...] | Callable[[Inventory], Iterable[str]] = ()
    every_drill: bool = False
    quotas: bool = False
    beside: bool = False
    domains: bool = False

    def groups_of(self, kind: ThingKind) -> tuple[str, ...]:
        """The groups that the things of a kind are read of; empty where it is all of them."""
        return () if kind not in _OF_A_GROUP or (kind == "drills" and self.every_drill) else self.group_ids


class Reader:
    """Reads the project through `ask`, many requests at a time."""

    def __init__(self, ask: Ask, pool: ThreadPoolExecutor, clock: Clock, backend: Backend) -> None:
        self._ask, self._pool, self._clock, self._backend = ask, pool, clock, backend

    def inventory(self, scope: Scope) -> Inventory:
        """One reading; when it contradicts itself a second one, whose contradictions become `problems`.

        `read_at` is when the reading began. That servers or disks cannot be read is a problem, not an
        error: an outage that takes ECS along must not hide the groups.
        """
        reading = _valued(self.listing(scope))
        of = scope.block_devices_of
        told, unknown = self._block_devices(reading, of(reading) if callable(of) else of)
        if told:
            reading = replace(reading, servers={**reading.servers, **told})
        reading, untold = self._quotas_of(reading) if scope.quotas else (reading, ())
        reading, unread = self._beside(reading) if scope.beside else (reading, ())
        if scope.domains and not scope.beside:
            reading, unread = self._with_domains(reading)
        more = (*unknown, *untold, *unread)
        return replace(reading, problems=(*reading.problems, *more)) if more else reading

    def listing(self, scope: Scope) -> Inventory:
        """As `inventory`, without block devices and quotas, and with rows where there may be thousands.

        For tables: a row (see `drkit.api.rows`) has the names of its value, and costs less.
        """
        reading, problems, unread = self._read(scope)
        if problems:
            reading, problems, unread = self._read(scope)
        return replace(reading, problems=(*problems, *unread))

    def listed(
        self,
        kind: ThingKind,
        group_ids: tuple[str, ...] = (),
        filters: tuple[Filters, ...] | None = None,
    ) -> tuple[Any, ...]:
        """All things of one kind; read a second time where the pages did not fit together.

        `filters` limit them otherwise than to groups, one for each request.
        Raises `WireError` for a row that cannot be told apart: who watches a thing must not take it for gone.
        """
        listing = self._listing(Scope((kind,), group_ids), filters)
        if listing.moved:
            listing = self._listing(Scope((kind,), group_ids), filters)
        for error in (*listing.errors.values(), *map(WireError, listing.left_out)):
            raise error
        (found,) = values(listing.things[kind])
        return tuple(found.values())

    def marked(self, listing: Listing, read: Callable[[object], Marked]) -> tuple[Marked, ...]:
        """All things of a listing that goes by markers. Raises `WireError` for a row that tells not which."""
        return tuple(map(read, read_marked(self._ask, listing)))

    def _beside(self, reading: Inventory) -> tuple[Inventory, tuple[str, ...]]:
        """The reading with failed tasks, domains and RPO statistics, and what of them could not be read.

        The task center tells failures of groups by themselves, and those within a group for each group.
        """
        groups = ("", *(key for key in reading.groups if not reading.of_groups or key in reading.of_groups))
        of_tasks = [((("server_group_id", key),) if key else ()) for key in groups]
        listings: list[tuple[Listing, Filters]] = [(wire.FAILED_TASKS, filters) for filters in of_tasks]
        also = [(wire.RPO_STATISTICS, ()), (wire.GROUPS, wire.NO_DRILL)]
        *told, points, idle = read_listings(self._ask, self._pool, [*listings, *also])
        tasks, rpo, domains = _Found("failed tasks"), _Found("RPO statistics"), _Found("domains")
        for key, listed in zip(groups, told, strict=True):
            tasks.take(listed, partial(FailedTask.from_wire, group_id=key))
        rpo.take(points, RpoPoint.from_wire)
        domains.take(self._domains(), Domain.from_wire)
        undrilled = _Found("groups without a drill")
        undrilled.take(idle, ProtectionGroup.from_wire)
        parts: dict[Part, _Found]
        parts = {"failed_tasks": tasks, "rpo": rpo, "domains": domains, "undrilled": undrilled}
        return replace(
            reading,
            failed_tasks={each.id: each for each in tasks.things},
            rpo=tuple(sorted(rpo.things, key=lambda point: point.at)),
            domains={each.id: each for each in domains.things},
            undrilled=frozenset(each.id for each in undrilled.things),
            whole=reading.whole | {name for name, part in parts.items() if not part.problems},
        ), tuple(sentence for part in parts.values() for sentence in part.problems)

    def _with_domains(self, reading: Inventory) -> tuple[Inventory, tuple[str, ...]]:
        part = _Found("domains")
        part.take(self._domains(), Domain.from_wire)
        read: frozenset[Part] = frozenset() if part.problems else frozenset({"domains"})
        domains = {each.id: each for each in part.things}
        return replace(reading, domains=domains, whole=reading.whole | read), tuple(part.problems)

    def _domains(self) -> Listed:
        try:
            answer = WireFields.lenient("domains answer", self._ask(wire.DOMAINS))
            return Listed(answer.rows("domains"))
        except DrkitError as error:
            return Listed(error=error)

    def quotas(self) -> tuple[Quota, ...]:
        """How many things there are and may be; what of the answer cannot be read is left out."""
        answer = WireFields.lenient("quota answer", self._ask(wire.QUOTAS))
        quotas: list[Quota] = []
        for resource in answer.object("quotas").objects("resources"):
            with suppress(WireError):
                quotas.append(Quota.from_wire(resource.source))
        return tuple(quotas)

    def _quotas_of(self, reading: Inventory) -> tuple[Inventory, tuple[str, ...]]:
        try:
            quotas = {quota.type: quota for quota in self.quotas()}
        except SignInError:
            raise
        except DrkitError as error:
            return reading, (f"The quotas could not be read: {error}",)
        return replace(reading, quotas=quotas, whole=reading.whole | {"quotas"}), ()

    def _read(self, scope: Scope) -> tuple[Inventory, tuple[str, ...], tuple[str, ...]]:
        """The reading, what a second one may mend, and what it won't."""
        began = self._clock.now()
        listing = self._listing(scope)
        for kind, error in listing.errors.items():
            if kind not in _NEIGHBOURS or isinstance(error, SignInError):
                raise error
        whole: frozenset[Part] = frozenset(
            kind
            for kind in _WHOLE
            if kind in listing.things and kind not in listing.partly and not scope.groups_of(kind)
        )
        of_groups = frozenset(scope.group_ids)
        found = Inventory(self._backend, began, **listing.things, whole=whole, of_groups=of_groups)
        unread = (f"The {kind} could not be read: {error}" for kind, error in listing.errors.items())
        for_good = (*unread, *listing.left_out, *_unknown_keys(found))
        return found, (*listing.moved, *_contradictions(found, scope)), for_good

    def _listing(self, scope: Scope, given: tuple[Filters, ...] | None = None) -> "_Listing":
        tasks: list[tuple[ThingKind, Listing, Filters]] = [
            (kind, _KINDS[kind][0], filters)
            for kind in scope.kinds
            for filters in (_filters(kind, scope) if given is None else given)
        ]
        listings = read_listings(self._ask, self._pool, [(listing, filters) for _, listing, filters in tasks])
        result = _Listing({kind: {} for kind in scope.kinds})
        result.moved += [listed.problem for listed in listings if listed.problem]
        for (kind, _, _), listed in zip(tasks, listings, strict=True):
            if listed.error is not None:
                result.errors[kind] = listed.error
            if listed.error is not None or listed.problem:
                result.partly.add(kind)
            for row in listed.objects:
                result.take(kind, row, scope)
        return result

    def _block_devices(
        self, found: Inventory, instance_ids: Iterable[str]
    ) -> tuple[dict[str, Server], tuple[str, ...]]:
        instances = [found.instances[each] for each in instance_ids if each in found.instances]
        ids = dict.fromkeys(one for each in instances for one in each.server_ids)
        known = [found.servers[each] for each in ids if each in found.servers]
        read = list(self._pool.map(self._with_devices, known))
        missing = [
            f"Server {each} is not listed, so its disks are not known."
            for each in ids
            if each not in found.servers
        ]
        unread = [each for each in read if isinstance(each, str)]
        return {each.id: each for each in read if isinstance(each, Server)}, (*missing, *unread)

    def _with_devices(self, server: Server) -> Server | str:
        try:
            return server.with_block_devices(self._ask(wire.block_devices(server.id)))
        except SignInError:
            raise
        except DrkitError as error:
            return f"The disks of server {server.name!r} could not be read: {error}"


def _filters(kind: ThingKind, scope: Scope) -> tuple[Filters, ...]:
    group_ids = scope.groups_of(kind)
    if kind == "drills" and len(group_ids) > 1:
        return ((),)  # their listing takes one group only; the others are left out afterwards
    return wire.of_groups(group_ids) if kind in _OF_A_GROUP else ((),)


@dataclass(slots=True)
class _Listing:
    """What the listings held: things by kind and id, sentences about what did not fit, and the kinds that
    something is missing of."""

    things: dict[str, Any]
    moved: list[str] = field(default_factory=list)
    left_out: list[str] = field(default_factory=list)
    errors: dict[ThingKind, DrkitError] = field(default_factory=dict)
    partly: set[ThingKind] = field(default_factory=set)

    def take(self, kind: ThingKind, row: object, scope: Scope) -> None:
        """Read one row; a strange one is left out and said, so that it does not hide the others."""
        try:
            thing: Any = row if isinstance(row, ListedRow) else _KINDS[kind][1](row)
        except WireError as error:
            self.left_out.append(f"One of the {kind} is left out: {error}")
            self.partly.add(kind)
            return
        group_ids = scope.groups_of(kind)
        if not group_ids or thing.group_id in group_ids:
            self.things[kind][thing.id] = thing


@dataclass(slots=True)
class _Found:
    """What was read of a part beside the things, and sentences about what could not be."""

    what: str
    things: list[Any] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)

    def take(self, listed: Listed, read: Callable[[object], Any]) -> None:
        """Take up a listing; a strange row is left out and said."""
        if isinstance(listed.error, SignInError):
            raise listed.error
        if listed.error or listed.problem:
            self.problems.append(f"The {self.what} could not be read: {listed.error or listed.problem}")
        for row in listed.objects:
            try:
                self.things.append(read(row))
            except WireError as error:
                self.problems.append(f"One of the {self.what} is left out: {error}")


def _valued(reading: Inventory) -> Inventory:
    """The reading with values in the place of rows; those of pairs are made when they are asked for."""
    pairs, instances, servers = valued(dict(reading.pairs), reading.instances, reading.servers)
    return replace(reading, instances=instances, pairs=pairs, servers=servers)


def _unknown_keys(inventory: Inventory) -> Iterator[str]:
    """Sentences about what things do not tell though the reference says they do, a line for each key."""
    names: defaultdict[tuple[str, str], list[str]] = defaultdict(list)
    for kind in _KINDS:
        for thing in lacking(getattr(inventory, kind)):
            for key in thing.unknown:
                names[kind, key].append(thing.name)
    for (things, key), of in names.items():
        yield (
            f"{key!r} is not known of the {things} {first_few(of)}: it is missing, or not what "
            "the reference says."
        )


def _contradictions(inventory: Inventory, scope: Scope) -> tuple[str, ...]:
    """Sentences about what cannot be true at once; what is moving may be half done and is left alone."""
    kinds: Collection[ThingKind] = scope.kinds
    sentences: list[str] = []
    if "instances" in kinds and "pairs" in kinds:
        sentences += _unlike_attachments(inventory)
        if "groups" in kinds:
            sentences += _unlike_counts(inventory, scope.group_ids or tuple(inventory.groups))
    if "groups" in kinds:
        sentences += _unlike_stations(inventory)
    more = len(sentences) - MOST_PROBLEMS
    return (*sentences[:MOST_PROBLEMS], *([f"And {more} more contradictions."] if more > 0 else []))


def _unlike_counts(inventory: Inventory, group_ids: Iterable[str]) -> Iterator[str]:
    for group in (inventory.groups[key] for key in group_ids if key in inventory.groups):
        listed = (len(inventory.instances_of(group.id)), len(inventory.pairs_of(group.id)))
        if _rests(group) and not group.unknown and listed != (group.instance_count, group.pair_count):
            yield (
                f"Group {group.name!r} counts {group.instance_count} instances and {group.pair_count} pairs, "
                f"but {listed[0]} and {listed[1]} are listed."
            )


def _unlike_attachments(inventory: Inventory) -> Iterator[str]:
    by_pair = {
        (key, each.instance_id, each.device)
        for key, pair in inventory.pairs.items()
        for each in pair.attachments
    }
    by_instance = {
        (each.pair_id, key, each.device)
        for key, instance in inventory.instances.items()
        for each in instance.attachments
    }
    for place in sorted(by_pair ^ by_instance):
        pair, instance = inventory.pairs.get(place[0]), inventory.instances.get(place[1])
        if all(one is None or (_rests(one) and not one.unknown) for one in (pair, instance)):
            yield _sentence(Attachment(*place), pair, instance, by_pair=place in by_pair)


def _sentence(
    attachment: Attachment,
    pair: ReplicationPair | None,
    instance: ProtectedInstance | None,
    *,
    by_pair: bool,
) -> str:
    of_pair = f"pair {pair.name if pair else attachment.pair_id!r}"
    of_instance = f"instance {instance.name if instance else attachment.instance_id!r}"
    one, other = (of_pair, of_instance) if by_pair else (of_instance, of_pair)
    device = repr(attachment.device)
    return f"The {one} is attached as {device} by its own words, by those of the {other} it is not."


def _unlike_stations(inventory: Inventory) -> Iterator[str]:
    members = (("Instance", inventory.instances), ("Pair", inventory.pairs))
    for kind, member in ((kind, each) for kind, things in members for each in things.values()):
        group = inventory.groups.get(member.group_id)
        if group is None or member.priority_station == group.priority_station:
            continue
        if isinstance(member.priority_station, Station) and _rests(group) and _rests(member):
            yield (
                f"{kind} {member.name!r} has its production at {member.priority_station}, "
                f"its group {group.name!r} at {group.priority_station}."
            )


def _rests(thing: ProtectionGroup | ProtectedInstance | ReplicationPair) -> bool:
    return thing.status.phase is not Phase.MOVING
