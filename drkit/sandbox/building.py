"""Laying out a world: the account, networks, servers with disks, and groups, instances and pairs at rest."""

from dataclasses import replace
from typing import Final

from drkit.sandbox import attaching
from drkit.sandbox.things import Account, Disk, Group, Instance, Nic, Pair, Server, Vpc
from drkit.sandbox.world import World

EPOCH: Final = 1767225600.0
"""2026-01-01T00:00:00Z, where time starts when nobody says otherwise."""
DAY: Final = 86400.0


def account(world: World) -> Account:
    """The account of a world's seed; the project is of this start too, so that nobody takes it for another.

    What opens it (password and keys) is nothing that a seed may tell: the sandbox draws it.
    """
    return replace(
        Account(),
        project_id=world.digest(f"project {world.wall}")[:32],
        domain_id=world.digest("domain")[:32],
        user_id=world.digest("user")[:32],
    )


class Builder:
    """Puts things into a world, with ids that repeat for its seed and a history of a few weeks."""

    def __init__(self, name: str, seed: int = 0, start: float = EPOCH) -> None:
        self.world = World(seed, name, start, start)
        self.world.account = account(self.world)
        zones = self.world.zones
        self.domain = self.world.new_id("domain")
        self.world.facts["domains"] = {
            self.domain: {"name": "practice-domain", "zones": zones[:2]},
            self.world.new_id("domain"): {"name": "practice-domain-far", "zones": zones[1:]},
        }
        self.vpc = self.network("vpc-production", "192.168.0.0/16")
        self.drill_vpc = self.network("vpc-drill", "192.168.0.0/16")
        self._made = 0

    def _born(self) -> float:
        """A time in the past, later for each thing that is made."""
        self._made += 1
        return self.world.now - 40 * DAY + self._made * 61.037

    def network(self, name: str, cidr: str, *, subnets: int = 1) -> Vpc:
        """A VPC whose subnets are named by the third number of their addresses."""
        prefix = ".".join(cidr.split(".")[:2])
        found = {self.world.new_id("subnet"): f"{prefix}.{number}.0/24" for number in range(subnets)}
        vpc = Vpc(self.world.new_id("vpc"), name, cidr, found)
        vpc.created = self.world.now - 40 * DAY
        self.world.vpcs[vpc.id] = vpc
        return vpc

    def nic(self, *, primary: bool = False) -> Nic:
        """A network card with the next address of the production network."""
        number = self.world.facts["addresses"] = self.world.facts.get("addresses", 9) + 1
        subnet, cidr = next(iter(self.vpc.subnets.items()))
        prefix = ".".join(cidr.split(".")[:2])
        mac = ":".join(f"{part:02x}" for part in (0xFA, 0x16, 0x3E, *number.to_bytes(3, "big")))
        ip = f"{prefix}.{number >> 8 & 255}.{number & 255}"
        return Nic(self.world.new_id("nic"), subnet, ip, mac, ["sg-default"], primary)

    def server(self, name: str, zone: str, *, hypervisor: str = "kvm", nics: bool = True) -> Server:
        """A server without disks; running when it has network cards, else stopped, as at a DR site."""
        born = self._born()
        flavor = "s1.medium" if hypervisor == "xen" else "s3.large.2"
        server = Server(self.world.new_id("server"), name, zone, self.vpc.id, hypervisor, flavor)
        server.status = "ACTIVE" if nics else "SHUTOFF"
        server.nics = [self.nic(primary=True)] if nics else []
        server.created = server.updated = born
        self.world.servers[server.id] = server
        return server

    def disk(  # noqa: PLR0913 (all that a disk is)
        self, name: str, zone: str, size: int, *, on: Server | None = None, letter: str = "",
        type_: str = "SSD", bootable: bool = False, shared: bool = False, encrypted: bool = False,
    ) -> Disk:  # fmt: skip
        """A disk, attached to a server if one is given."""
        born = self._born()
        disk = Disk(self.world.new_id("disk"), name, zone, size, type_, bootable, shared, encrypted)
        disk.created = disk.updated = born
        self.world.disks[disk.id] = disk
        if on is not None:
            self.world.attach_disk(on, disk, on.rewritten(f"/dev/vd{letter}"))
        return disk

    def group(self, name: str, status: str = "available", description: str = "") -> Group:
        """A group between the first two zones."""
        zones, born = self.world.zones, self._born()
        group = Group(
            self.world.new_id("group"), name, zones[0], zones[1], self.domain, self.vpc.id, description
        )
        group.status = status
        group.priority = "target" if status == "failed-over" else "source"
        group.protected_status = "started" if status in ("protected", "error-reversing") else "stopped"
        group.created = group.updated = group.last_drill = born
        self.world.groups[group.id] = group
        return group

    def instance(self, group: Group, name: str, *, hypervisor: str = "kvm", size: int = 40) -> Instance:
        """An instance with its two servers and the pair of their system disks."""
        source = self.server(name, group.source_zone, hypervisor=hypervisor)
        target = self.server(f"{name}-dr", group.target_zone, hypervisor=hypervisor, nics=False)
        if group.priority == "target":
            source.nics, target.nics = target.nics, source.nics
            source.status, target.status = "SHUTOFF", "ACTIVE"
        instance = Instance(self.world.new_id("instance"), name, group.id, source.id, target.id)
        instance.status = group.status
        instance.created = instance.updated = self._born()
        self.world.instances[instance.id] = instance
        group.instances.append(instance.id)
        system = self.pair(group, f"{name}-system", size, on=[instance], letter="a", bootable=True)
        system.made_with = instance.id
        return instance

    def pair(
        self, group: Group, name: str, size: int, *, on: list[Instance] | None = None, letter: str = "",
        type_: str = "SSD", bootable: bool = False, shared: bool = False,
    ) -> Pair:  # fmt: skip
        """A pair with its two disks, attached to the instances given."""
        source = self.disk(name, group.source_zone, size, type_=type_, bootable=bootable, shared=shared)
        target = self.disk(
            f"{name}-dr", group.target_zone, size, type_=type_, bootable=bootable, shared=shared
        )
        pair = Pair(self.world.new_id("pair"), name, group.id, source.id, target.id, size, type_)
        pair.status, pair.bootable, pair.shared = group.status, bootable, shared
        pair.replication = "active" if group.protected_status == "started" else None
        if group.status == "failed-over":
            pair.replication = "active-stopped"
        pair.created = pair.updated = self._born()
        self.world.pairs[pair.id] = pair
        group.pairs.append(pair.id)
        for instance in on or []:
            server = self.world.servers[instance.source_server]
            attaching.put_on(self.world, pair, instance, server.rewritten(f"/dev/vd{letter}"))
        return pair
