"""From servers to protection as a plan: groups, instances with their pairs, enabling, first synchronisation.

Pure. A group has one network and one direction, so servers of several zones or networks come into several.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from drkit.errors import IN_THE_TABLE, InputError, RefusedError
from drkit.model import PLANNED, Argument, Change, Disk, Domain, Inventory, Operation, Server, find
from drkit.plan.objectives import spell_seconds
from drkit.plan.steps import READ, LeftOut, ManualStep, Plan, Step
from drkit.plan.verbs import title, undo
from drkit.rules import Objection, Projection, judge_in
from drkit.showing import count, first_few

ASSUMED_MB_A_SECOND = 60
"""How fast a first synchronisation is assumed to go, for each server by itself. Nobody has measured it."""


@dataclass(frozen=True, slots=True)
class Protection:
    """What an operator asks for: servers, domain and flavor keys are names or ids.

    `name` is that of the group; `by_tag` makes a group for each value of a tag, named after it and `name`.
    `target_zone` is where the DR servers come to be, empty for the other zone of the domain. `flavors` are
    those of DR servers that are to be other than production's, by server.
    """

    servers: Sequence[str] = ()
    name: str = ""
    by_tag: str = ""
    domain: str = ""
    target_zone: str = ""
    flavors: Mapping[str, str] = field(default_factory=dict)

    def resolved_servers(self, inventory: Inventory) -> tuple[str, ...]:
        """The ids of the servers, each once. Raises `UnknownNameError`."""
        return tuple(dict.fromkeys(find("server", name, inventory.servers).id for name in self.servers))


@dataclass(frozen=True, slots=True)
class GroupToBe:
    """A group that will be made, and the servers that come into it."""

    name: str
    source_zone: str
    target_zone: str
    vpc_id: str
    servers: tuple[Server, ...]


def fitting_domains(inventory: Inventory, servers: Iterable[Server]) -> tuple[Domain, ...]:
    """The domains that have the zones of all these servers, those with room first."""
    zones = {each.zone for each in servers}
    fit = [each for each in inventory.domains.values() if zones <= {each.local_zone, each.remote_zone}]
    return tuple(sorted(fit, key=lambda each: (each.sold_out, each.name)))


def plan_protection(inventory: Inventory, wanted: Protection) -> Plan:
    """Plan to make the groups, protect their servers, enable protection, and see the pairs synchronised.

    Groups go side by side. A server without the tag that groups are made by is left out, and why. Raises
    `RefusedError` with every objection, `InputError` for what is missing, `UnknownNameError`.
    """
    return _Protecting(inventory, wanted).plan()


def groups_to_be(inventory: Inventory, wanted: Protection) -> tuple[tuple[GroupToBe, ...], tuple[str, ...]]:
    """The groups that will be made, and the ids of the servers that come into none, for want of the tag.

    Raises `InputError`, `UnknownNameError`.
    """
    servers = [inventory.servers[key] for key in wanted.resolved_servers(inventory)]
    if not servers:
        raise InputError("Pick at least one server.")
    if not wanted.name and not wanted.by_tag:
        raise InputError("Give the group a name, or a tag to make groups by.")
    domain = _domain(inventory, wanted, servers)
    places: dict[tuple[str, str, str], list[Server]] = {}
    untagged: list[str] = []
    for server in servers:
        value = dict(server.tags or ()).get(wanted.by_tag) if wanted.by_tag else ""
        if value is None:
            untagged.append(server.id)
        else:
            places.setdefault((value, server.zone, server.vpc_id), []).append(server)
    made = []
    for (value, zone, vpc), members in places.items():
        several = sum(other == value for other, _, _ in places) > 1
        number = [each for each in places if each[0] == value].index((value, zone, vpc)) + 1
        parts = (wanted.name, value, str(number) if several else "")
        target = wanted.target_zone or (
            domain.remote_zone if zone == domain.local_zone else domain.local_zone
        )
        name = "-".join(filter(None, map(named, parts)))
        made.append(GroupToBe(name, zone, target, vpc, tuple(members)))
    return tuple(made), tuple(untagged)


def _domain(inventory: Inventory, wanted: Protection, servers: Sequence[Server]) -> Domain:
    if wanted.domain:
        known = inventory.domains
        named_so = [each for key, each in known.items() if wanted.domain in {key, each.name}]
        if len(named_so) != 1:
            names = first_few(f"{each.name} ({key})" for key, each in known.items())
            raise InputError(f"No one domain is {wanted.domain!r}; there are {names or 'none'}.")
        return named_so[0]
    fit = fitting_domains(inventory, servers)
    if len(fit) != 1:
        raise InputError(
            "Name the active-active domain; those with the zones of these servers are "
            f"{first_few(each.name for each in fit) or 'none: take servers of one pair of zones at a time'}."
        )
    return fit[0]


def named(text: str) -> str:
    """A text as the service takes it for a name: other characters become hyphens, 64 are kept."""
    return re.sub(r"[^A-Za-z0-9._-]+", "-", text)[:64]


class _Protecting:
    def __init__(self, inventory: Inventory, wanted: Protection) -> None:
        self._inventory, self._wanted = inventory, wanted
        self._groups, self._untagged = groups_to_be(inventory, wanted)
        self._world = Projection.of(inventory)
        self._steps: list[Step] = []
        self._objections: dict[str, Objection] = {}
        self._unread: list[str] = []
        servers = {key: find("server", key, inventory.servers).id for key in wanted.flavors}
        self._flavors = {servers[key]: flavor for key, flavor in wanted.flavors.items() if flavor}
        asked = {server.id for group in self._groups for server in group.servers}
        if strangers := [key for key, id_ in servers.items() if id_ not in asked]:
            raise InputError(f"A flavor is given for servers that are not picked: {first_few(strangers)}.")

    def plan(self) -> Plan:
        """The steps of all groups; those of one do not wait for those of another."""
        for group in self._groups:
            self._group(group)
        if self._objections:
            raise self._refusal()
        names = first_few(each.name for each in self._groups)
        number = sum(len(each.servers) for each in self._groups)
        return Plan(
            title=f"Protect {count(number, 'server')} in {names or 'no group'}",
            backend=self._inventory.backend,
            groups=tuple((f"{PLANNED}{each.name}", each.name) for each in self._groups),
            steps=tuple(self._steps),
            read_at=self._inventory.read_at,
            left_out=tuple(map(self._left_out, self._untagged)),
            notes=(*dict.fromkeys((*self._notes(), *self._unread)), *self._inventory.problems),
        )

    def _group(self, group: GroupToBe) -> None:
        key = f"{PLANNED}{group.name}"
        made = self._send(
            Operation.CREATE_GROUP,
            key,
            name=group.name,
            source_zone=group.source_zone,
            target_zone=group.target_zone,
            domain_id=_domain(self._inventory, self._wanted, group.servers).id,
            vpc_id=group.vpc_id,
        )
        instances = [
            self._send(
                Operation.CREATE_INSTANCE,
                key,
                (made,),
                server_id=server.id,
                name=name,
                flavor=self._flavors.get(server.id, ""),
            )
            for server, name in zip(group.servers, _names(group.servers), strict=True)
        ]
        enabled = self._send(Operation.ENABLE_PROTECTION, key, instances)
        self._steps.append(
            Step(
                str(len(self._steps) + 1),
                f"{ManualStep.SYNCHRONISED}: {group.name}",
                check=READ[ManualStep.SYNCHRONISED],
                instruction=f"reads the service until every pair of {group.name} is synchronised: only then "
                "is there something to fail over to, or to drill with",
                needs=(enabled,),
                about=key,
                asks=ManualStep.SYNCHRONISED,
                skippable=True,
                assumed=self._seconds(group.servers),
            )
        )

    def _send(
        self, operation: Operation, group_id: str, needs: Iterable[str] = (), **arguments: Argument
    ) -> str:
        change = Change.of(operation, group_id, **arguments)
        verdict = judge_in(change, self._world)
        self._objections.update((str(each), each) for each in verdict.objections)
        self._unread.extend(map(str, verdict.unread))
        if verdict.allowed:
            self._world = self._world.after(change)
        key = str(len(self._steps) + 1)
        shown = title(change, self._inventory)
        self._steps.append(
            Step(key, shown, change, needs=tuple(needs), undo=undo(change, self._inventory), skippable=True)
        )
        return key

    def _notes(self) -> Iterator[str]:
        for group in self._groups:
            disks = [disk for server in group.servers for disk in self._disks(server)]
            yield (
                f"{group.name}: {count(len(group.servers), 'server')} from {group.source_zone} to "
                f"{group.target_zone}, {count(len(disks), 'pair')} with "
                f"{sum(each.size_gb for each in disks)} GB."
            )
        yield "Production is not touched: servers may run. DR servers and disks are made, and cost from then."
        yield (
            "Every disk of a server comes along: one that cannot (shared, encrypted, co-p1, uh-l1) keeps its "
            "server from being protected. From which size on a disk is too large is not published: not known."
        )
        yield self._synchronisation()
        yield from self._quotas()
        yield from self._smaller()
        if len({(each.source_zone, each.vpc_id) for each in self._groups}) > 1:
            yield "A group has one network and one direction: servers elsewhere come into others."

    def _disks(self, server: Server) -> list[Disk]:
        known = self._inventory.disks
        return [known[each.disk_id] for each in server.disks if each.disk_id in known]

    def _size(self, server: Server) -> int:
        return sum(disk.size_gb for disk in self._disks(server))

    def _seconds(self, servers: Sequence[Server]) -> int:
        """How long their first synchronisation is assumed to take, side by side; in whole minutes."""
        longest = max(map(self._size, servers), default=0)
        return max(longest * 1024 // ASSUMED_MB_A_SECOND // 60 * 60, 60)

    def _synchronisation(self) -> str:
        servers = [one for group in self._groups for one in group.servers]
        sizes = list(map(self._size, servers))
        return (
            f"First synchronisation: {sum(sizes)} GB, {max(sizes, default=0)} GB of the largest server. At "
            f"an assumed {ASSUMED_MB_A_SECOND} MB/s for each server it takes "
            f"{spell_seconds(self._seconds(servers))}; "
            "nobody has measured it here. Until it has ended there is no copy to fail over to."
        )

    def _quotas(self) -> Iterator[str]:
        pairs = sum(len(one.disks) for group in self._groups for one in group.servers)
        for kind, words, more in (
            ("server_groups", "Protection groups", len(self._groups)),
            ("replications", "Replication pairs", pairs),
        ):
            quota = self._inventory.quotas.get(kind)
            if quota is None:
                yield f"{words}: {more} more; the quota is not known."
            else:
                limit = "no limit" if quota.limit < 0 else f"a limit of {quota.limit}"
                yield f"{words}: {quota.used} now, {quota.used + more} afterwards, with {limit}."

    def _smaller(self) -> Iterator[str]:
        """Warnings of DR servers that are smaller than production, as far as sizes are known."""
        known = {
            each.flavor: each for each in self._inventory.servers.values() if each.vcpus and each.ram_mib
        }
        for group in self._groups:
            for server in group.servers:
                flavor = self._flavors.get(server.id, server.flavor)
                there = known.get(flavor)
                if flavor == server.flavor:
                    continue
                if there is None or not (server.vcpus and server.ram_mib):
                    yield f"Whether {flavor} is smaller than {server.flavor} of {server.name} is not known."
                elif (there.vcpus or 0) < server.vcpus or (there.ram_mib or 0) < server.ram_mib:
                    yield (
                        f"SMALLER: the DR server of {server.name} gets {flavor} ({_size(there)}) instead of "
                        f"{server.flavor} ({_size(server)})."
                    )

    def _left_out(self, server_id: str) -> LeftOut:
        name = self._inventory.servers[server_id].name
        reason = Objection(
            "has_the_tag",
            "",
            "Make groups by a tag that the servers have.",
            name,
            f"no tag {self._wanted.by_tag}",
            f"a tag {self._wanted.by_tag}",
            f"Tag it, or make one group of all, or leave {name} out.",
        )
        return LeftOut(name, server_id, (reason,))

    def _refusal(self) -> RefusedError:
        objections = tuple(self._objections.values())
        lines = [
            f"They cannot be protected so, and nothing was sent. {count(len(objections), 'reason')}:",
            first_few((f"- {each}" for each in objections), IN_THE_TABLE, "\n"),
        ]
        return RefusedError("\n".join(lines), objections)


def _size(server: Server) -> str:
    return f"{server.vcpus} vCPUs, {(server.ram_mib or 0) / 1024:g} GiB"


def _names(servers: Iterable[Server]) -> list[str]:
    """What the instances are called: as their servers, with a number where another one is called so."""
    names: list[str] = []
    for server in servers:
        name = plain = named(server.name)
        number = 2
        while name in names:
            name, number = f"{plain[:60]}-{number}", number + 1
        names.append(name)
    return names
