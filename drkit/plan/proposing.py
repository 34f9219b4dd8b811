"""To which of several instances each pair of a group would go, and why; nothing is guessed. Pure."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drkit.errors import InputError
from drkit.model import Inventory, ProtectedInstance, ReplicationPair
from drkit.plan.changes import pair_in
from drkit.showing import first_few


@dataclass(frozen=True, slots=True)
class Proposal:
    """Where a pair would go, and in words why there, or why nowhere.

    `instance` is None where nothing tells one of the chosen instances. What is not `proposed` is for the
    operator to say: a pair with shared disks stands there once for each instance.
    """

    pair: ReplicationPair
    instance: ProtectedInstance | None
    why: str
    proposed: bool = False


def propose(inventory: Inventory, instance_ids: Iterable[str]) -> tuple[Proposal, ...]:
    """For every pair of the group of these instances, to which of them it would go.

    A pair goes where its production disk is attached to the production server now; where that disk is
    attached to no server, or it is not known, by its name (or its disk's): it begins with the instance's, or
    with that of its server. Two instances that fit as well as each other are none.
    """
    chosen = {key: inventory.instance(key) for key in instance_ids}
    homes = dict.fromkeys(each.group_id for each in chosen.values())
    places = [(_Places(inventory, home, chosen), home) for home in homes]
    return tuple(
        proposal
        for place, home in places
        for pair in inventory.pairs_of(home)
        for proposal in (place.shared(pair) if pair.shared else (place.single(pair),))
    )


def placed(
    inventory: Inventory, instance_ids: Iterable[str], pair_ids: Iterable[str]
) -> Mapping[str, tuple[str, ...]]:
    """The pairs (ids) by the instance that each is proposed for.

    Raises `InputError` that says of each other pair why it is proposed for none.
    """
    asked, wanted = tuple(pair_ids), {key: list[str]() for key in instance_ids}
    every = defaultdict[str, list[Proposal]](list)
    for proposal in propose(inventory, wanted):
        every[proposal.pair.id].append(proposal)
    homeless = list[str]()
    for key in asked:
        sure = [each.instance.id for each in every[key] if each.proposed and each.instance]
        for instance_id in sure:
            wanted[instance_id].append(key)
        if not sure:
            why = next((each.why for each in every[key]), "it is in another group")
            homeless.append(f"{inventory.pairs[key].name} ({why})")
    if homeless:
        raise InputError(f"Say to which instance these pairs go: {first_few(homeless, between='; ')}")
    return {key: tuple(pairs) for key, pairs in wanted.items() if pairs}


Devices = Mapping[str, Mapping[str, str]]


def read_places(
    inventory: Inventory,
    by_instance: Mapping[str, Sequence[str]],
    pairs: Sequence[str],
    devices: Mapping[str, str],
    group: str = "",
) -> tuple[Mapping[str, Sequence[str]], Devices]:
    """What is asked for by names, as ids: the pairs by instance, the devices by instance and pair.

    `pairs` are those whose instance is not said; each goes where it is proposed. Raises `UnknownNameError`,
    and `InputError` as `placed` does, or for pairs that stand in both.
    """
    if pairs and any(by_instance.values()):
        raise InputError("Say of all pairs to which instance they go, or of none")
    inside = inventory.group(group).id if group else ""
    chosen = {name: inventory.instance(name, inside) for name in by_instance}

    def pair_id(name: str) -> str:
        home = next((each.group_id for each in chosen.values()), inside)
        return pair_in(inventory, name, home).id

    here: Mapping[str, Sequence[str]] = {
        chosen[name].id: [pair_id(each) for each in those] for name, those in by_instance.items()
    }
    if pairs and len(here) == 1:
        here = {key: [pair_id(each) for each in pairs] for key in here}
    elif pairs:
        here = placed(inventory, here, [pair_id(each) for each in pairs])
    by_hand = {pair_id(name): device for name, device in devices.items()}
    everywhere = {key for those in here.values() for key in those}
    of_each = {
        instance_id: {key: device for key, device in by_hand.items() if key in those or key not in everywhere}
        for instance_id, those in here.items()
    }
    return here, of_each


class _Places:
    """What tells of the pairs of one group where they belong, indexed once."""

    def __init__(self, inventory: Inventory, group_id: str, chosen: Mapping[str, ProtectedInstance]) -> None:
        self._inventory, self._chosen = inventory, chosen
        self._of_server = {each.production_server_id: each for each in inventory.instances_of(group_id)}
        self._of_name = defaultdict[str, dict[str, ProtectedInstance]](dict)
        for key, instance in self._of_server.items():
            server = inventory.servers.get(key)
            for name in {instance.name, server.name if server else instance.name}:
                self._of_name[name.casefold()][instance.id] = instance
        self._servers = defaultdict[str, dict[str, None]](dict)  # of a disk, in the order they were read
        for server in inventory.servers.values():
            for held in server.disks:
                self._servers[held.disk_id][server.id] = None
        for disk in inventory.disks.values():
            self._servers[disk.id].update((key, None) for key, _ in disk.servers)

    def single(self, pair: ReplicationPair) -> Proposal:
        """Where a pair would go that goes to one instance."""
        if held := self._inventory.attachments_of(pair.id):
            instance = self._inventory.instances.get(held[0].instance_id)
            name = instance.name if instance else held[0].instance_id
            return Proposal(pair, self._chosen.get(held[0].instance_id), f"it is attached to {name} already")
        if servers := self._servers.get(pair.production_disk_id):
            return self._by_disk(pair, tuple(servers))
        return self._by_name(pair)

    def shared(self, pair: ReplicationPair) -> Iterator[Proposal]:
        """Each of the chosen instances, to every one of which a pair with shared disks may go."""
        held = {each.instance_id for each in self._inventory.attachments_of(pair.id)}
        servers = self._servers.get(pair.production_disk_id, {})
        for instance in self._chosen.values():
            if instance.group_id != pair.group_id:
                continue
            if instance.id in held:
                yield Proposal(pair, instance, f"it is attached to {instance.name} already")
            elif instance.production_server_id in servers:
                yield Proposal(pair, instance, self._on(instance.production_server_id), proposed=True)
            else:
                yield Proposal(pair, instance, "its disks are shared, and nothing tells whether it goes here")

    def _by_disk(self, pair: ReplicationPair, servers: tuple[str, ...]) -> Proposal:
        where = first_few(map(self._on, servers), between=", and ")
        owners = [self._of_server[key] for key in servers if key in self._of_server]
        if not owners:
            return Proposal(pair, None, f"{where}, which is no production server of this group")
        if len(servers) > 1:
            return Proposal(pair, None, where)
        return self._at(pair, owners[0], where)

    def _by_name(self, pair: ReplicationPair) -> Proposal:
        disk = self._inventory.disks.get(pair.production_disk_id)
        names = [("its name", pair.name), *([("its disk's name", disk.name)] if disk else [])]
        for whose, name in names:
            part = next(filter(self._of_name.__contains__, _beginnings(name.casefold())), "")
            owners = list(self._of_name[part].values()) if part else []
            if len(owners) > 1:
                return Proposal(pair, None, f"{whose} fits {len(owners)} instances: {part}")
            if owners:
                return self._at(pair, owners[0], f"{whose} begins with {name[: len(part)]}")
        known = "its disk is attached to no server" if disk else "where its disk is attached is not known"
        return Proposal(pair, None, f"{known}, and its name begins with that of no instance")

    def _at(self, pair: ReplicationPair, instance: ProtectedInstance, why: str) -> Proposal:
        if instance.id not in self._chosen:
            return Proposal(pair, None, f"{why}, and {instance.name} is not chosen")
        return Proposal(pair, instance, why, proposed=True)

    def _on(self, server_id: str) -> str:
        server = self._inventory.servers.get(server_id)
        return f"its disk is attached to {server.name if server else server_id} now"


def _beginnings(name: str) -> Iterator[str]:
    """The name and what it begins with, the longest first, cut only where a word of it ends."""
    yield name
    for at in range(len(name) - 1, 0, -1):
        if not name[at].isalnum():
            yield name[:at]
