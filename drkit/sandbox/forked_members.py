"""The servers, disks, instances and pairs of a kept reading, put into a copy's world."""

import re
from typing import Final

from drkit.sandbox import forked_motion, jobs, syncing
from drkit.sandbox.ecs import FLAVORS
from drkit.sandbox.forked_attaching import NEW_SIZE, Attaching
from drkit.sandbox.kept import KeptReading, KeptRow, Notes
from drkit.sandbox.things import Disk, Group, Instance, Nic, Pair, Server
from drkit.sandbox.world import World

_STATUSES: Final = (
    "ACTIVE", "BUILD", "DELETED", "ERROR", "HARD_REBOOT", "MIGRATING", "REBOOT", "REBUILD", "RESIZE",
    "REVERT_RESIZE", "SHELVED", "SHELVED_OFFLOADED", "SHUTOFF", "UNKNOWN", "VERIFY_RESIZE",
)  # fmt: skip


def fill(world: World, kept: KeptReading, notes: Notes) -> None:
    """Put everything of the reading that belongs to no group as a whole into the world."""
    _Members(world, kept, notes).fill()


class _Members:
    """The members of a copy in the making; `made` are the ids of servers and disks that nobody told."""

    def __init__(self, world: World, kept: KeptReading, notes: Notes) -> None:
        self.world, self.kept, self.notes = world, kept, notes
        self.made: set[str] = set()
        self._taken: set[str] = set()

    def fill(self) -> None:
        for row in self.kept.all("servers").values():
            self._server(row)
        for row in self.kept.all("disks").values():
            self._disk(row)
        for row in self.kept.all("instances").values():
            self._instance(row)
        for row in self.kept.all("pairs").values():
            self._pair(row)
        Attaching(self.world, self.kept, self.notes, self.made).attach()

    # servers and disks

    def _server(self, row: KeptRow) -> None:
        known_zone = row.text("zone")
        server = Server(row.id, row.name, known_zone, row.text("vpc_id") or next(iter(self.world.vpcs)))
        server.hypervisor = self._hypervisor(row)
        usual = "s1.medium" if server.hypervisor == "xen" else "s3.large.2"
        server.flavor = self._sound(
            row.text("flavor"), usual, f"The flavor of a server is not known, taken as {usual}", row
        )
        status = row.text("status")
        server.status = self._sound(
            status if status in _STATUSES else "",
            "ACTIVE",
            "The status of a server is not known, taken as ACTIVE",
            row,
        )
        server.task, server.tags = row.text("task_state"), dict(row.text_pairs("tags"))
        server.created = server.updated = self.kept.read_at
        self._size(row, server.flavor)
        self._nics(row, server)
        if row.text("root_device") not in ("", server.root_device):
            self.notes.say(f"A server's system disk is at {server.root_device} here", row.name)
        self.world.servers[server.id] = server

    def _hypervisor(self, row: KeptRow) -> str:
        root = row.text("root_device")
        devices = [root] if root else [disk.text("device") for disk in row.rows("disks")]
        if not root:
            self.notes.say(
                "The root device of a server is not known, taken by its disks, else as /dev/vda", row.name
            )
        return "xen" if any(device.startswith("/dev/sd") for device in devices) else "kvm"

    def _size(self, row: KeptRow, flavor: str) -> None:
        vcpus, ram = row.number("vcpus"), row.number("ram_mib")
        if vcpus and ram:
            self.world.facts["flavors"][flavor] = [f"{vcpus}", f"{ram}"]
        elif flavor not in {*FLAVORS, *self.world.facts["flavors"]}:
            self.notes.say(
                f"How large the flavor {flavor} is is not known, taken as 2 vCPUs with 4096 MiB", row.name
            )

    def _nics(self, row: KeptRow, server: Server) -> None:
        sets, floating = row.texts("security_groups"), []
        subnets = self.world.vpcs.get(server.vpc_id)
        subnet = next(iter(subnets.subnets)) if subnets else ""
        cards = {address: card for card, address in row.text_pairs("nics")}
        for address, public in row.twos("addresses"):
            if public is True:
                floating.append(address)
                continue
            mac = "fa:16:3e:" + ":".join(re.findall("..", self.world.digest("mac")[:6]))
            card = cards.pop(address, "") or self.world.new_id("nic")
            server.nics.append(Nic(card, subnet, address, mac, list(sets), not server.nics))
        for nic in server.nics[:1]:
            nic.floating = floating
        if (sets or floating) and not server.nics:
            self.notes.say(
                "Public addresses and security groups are left out where a server has no address", row.name
            )

    def _disk(self, row: KeptRow) -> None:
        size = row.number("size_gb")
        if not size:
            self.notes.say(f"The size of a disk is not known, taken as {NEW_SIZE} GB", row.name)
        zone = row.text("zone") or self._zone_by_server(row)
        disk = Disk(row.id, row.name, zone, size or NEW_SIZE, row.text("disk_type") or "SSD")
        disk.bootable, disk.shared = row.flag("system_disk"), row.flag("shared")
        disk.encrypted = row.flag("encrypted")
        self.world.disks[disk.id] = disk
        disk.created = disk.updated = self.kept.read_at
        disk.moving = row.text("status") if row.text("status") not in ("", "in-use", "available") else ""

    def _zone_by_server(self, row: KeptRow) -> str:
        zones = [
            self.world.servers[id_].zone for id_, _ in row.text_pairs("servers") if id_ in self.world.servers
        ]
        return next(filter(None, zones), "")

    # instances and pairs

    def _instance(self, row: KeptRow) -> None:
        group = self._home(row, "instance")
        ends = row.text("source_server_id"), row.text("target_server_id")
        if group is None or not self._free(row, "server", ends):
            return
        servers = [id_ or self.world.new_id("server") for id_ in ends]
        instance = Instance(row.id, row.name, group.id, servers[0], servers[1], row.text("description"))
        instance.status = self._status("instance", row, group)
        instance.frozen, instance.tags = row.flag("frozen"), dict(row.text_pairs("tags"))
        instance.created, instance.updated = self._times(row)
        self.world.instances[instance.id] = instance
        group.instances.append(instance.id)
        for id_, zone in zip(servers, (group.source_zone, group.target_zone), strict=True):
            self._stand(instance, group, id_, zone, named=id_ in ends)
        self._align(instance, group)

    def _stand(self, instance: Instance, group: Group, id_: str, zone: str, *, named: bool) -> None:
        """A server of an instance: the one that was read, or one that is made where none was."""
        server = self.world.servers.get(id_)
        if server is None and named and self.kept.whole("servers"):
            self.notes.say(
                "A server of an instance was not there when it was read, and is not here", instance.name
            )
        elif server is None:
            self.notes.say("The servers of an instance were not read; one is made", instance.name)
            production = zone == group.production_zone
            server = Server(id_, instance.name if production else f"{instance.name}-dr", zone, group.vpc_id)
            server.status = "ACTIVE" if production else "SHUTOFF"
            server.created = server.updated = self.kept.read_at
            self.world.servers[id_] = server
            self.made.add(id_)
        elif not server.zone:
            self.notes.say("The zone of a server is not known, taken as its group's", server.name)
            server.zone = zone

    def _align(self, instance: Instance, group: Group) -> None:
        """Both servers name disks alike; the one that was given up cannot start."""
        production, dr = (
            self.world.servers.get(id_)
            for id_ in (self.world.production_server(instance), self.world.dr_server(instance))
        )
        if production and dr and production.hypervisor != dr.hypervisor:
            self.notes.say(
                "The servers of an instance name disks differently; here both do as production",
                instance.name,
            )
            dr.hypervisor = production.hypervisor
        if dr and group.status in ("failed-over", "error-reprotecting"):
            dr.fenced = "failed over"

    def _pair(self, row: KeptRow) -> None:
        group = self._home(row, "pair")
        ends = row.text("source_disk_id"), row.text("target_disk_id")
        if group is None or not self._free(row, "disk", ends):
            return
        disks = [id_ or self.world.new_id("disk") for id_ in ends]
        there = next((self.world.disks[id_] for id_ in disks if id_ in self.world.disks), None)
        size = row.number("size_gb") or (there.size if there else NEW_SIZE)
        if not row.number("size_gb"):
            self.notes.say(
                f"The size of a pair is not known, taken as its disk's, else as {NEW_SIZE} GB", row.name
            )
        pair = Pair(row.id, row.name, group.id, disks[0], disks[1], size, row.text("disk_type") or "SSD")
        pair.description, pair.failure = row.text("description"), row.text("failure_detail") or None
        pair.status = self._status("pair", row, group)
        pair.bootable, pair.shared = row.flag("system_disk"), row.flag("shared")
        if there and not row.knows("record_metadata"):
            pair.bootable, pair.shared = there.bootable, there.shared
        pair.created, pair.updated = self._times(row)
        self._fault_level(row, pair)
        self._synchronise(row, pair, group)
        self.world.pairs[pair.id] = pair
        group.pairs.append(pair.id)
        for id_, zone in zip(disks, (group.source_zone, group.target_zone), strict=True):
            self._lie(pair, id_, zone, named=id_ in ends)

    def _lie(self, pair: Pair, id_: str, zone: str, *, named: bool) -> None:
        """A disk of a pair: the one that was read, or one that is made where none was."""
        disk = self.world.disks.get(id_)
        if disk is None and named and self.kept.whole("disks"):
            self.notes.say("A disk of a pair was not there when it was read, and is not here", pair.name)
        elif disk is None:
            self.notes.say("The disks of a pair were not read; they are made", pair.name)
            production = id_ == self.world.production_disk(pair)
            disk = Disk(
                id_,
                pair.name if production else f"{pair.name}-dr",
                zone,
                pair.size,
                pair.type,
                pair.bootable,
                pair.shared,
            )
            disk.created = disk.updated = self.kept.read_at
            self.world.disks[id_] = disk
            self.made.add(id_)
        elif disk.zone != zone:
            self.notes.say(
                f"A disk of a pair is in {disk.zone or 'no known zone'}, taken as in its group's zone",
                disk.name,
            )
            disk.zone = zone

    def _fault_level(self, row: KeptRow, pair: Pair) -> None:
        level = "2" if pair.status == "fault" else "0"
        pair.fault_level = self._sound(
            row.text("fault_level"), level, f"The fault level of a pair is not known, taken as {level}", row
        )

    def _synchronise(self, row: KeptRow, pair: Pair, group: Group) -> None:
        """How far the copy is: a running synchronisation goes on from where it was."""
        word, now = row.text("replication_status"), self.world.now
        protected = pair.status == "protected" or (
            pair.status == group.status and group.protected_status == "started"
        )
        if word not in ("", "active", "inactive", "copying", "active-stopped") or (not word and protected):
            self.notes.say("Whether a pair is synchronised is not known, taken as by its status", row.name)
            word = "active" if protected else ""
        pair.replication = word or None
        if word == "copying":
            total = pair.size * syncing.FIRST
            pair.sync_from = now - total * (min(row.number("progress"), 99) + 0.5) / 100
            pair.sync_until, pair.behind = pair.sync_from + total, pair.sync_from
        elif word == "inactive":
            pair.behind = pair.updated

    def _home(self, row: KeptRow, kind: str) -> Group | None:
        group = self.world.groups.get(row.text("group_id"))
        if group is None:
            self.notes.say(f"{kind.capitalize()}s are left out, for their group is not there", row.name)
        return group

    def _free(self, row: KeptRow, what: str, ends: tuple[str, str]) -> bool:
        """Whether no other thing has one of its two servers or disks."""
        if self._taken.intersection(ends) or (ends[0] and ends[0] == ends[1]):
            self.notes.say(f"Left out, for its {what} is in two places", row.name)
            return False
        self._taken.update(filter(None, ends))
        return True

    def _status(self, kind: str, row: KeptRow, group: Group) -> str:
        status = row.text("status")
        if forked_motion.known_status(kind, status):
            return status
        sound = group.status if group.status in jobs.AT_REST else "available"
        self.notes.say(
            f"The status {status or 'is empty'} of {kind}s is not known, taken as {sound}", row.name
        )
        return sound

    def _times(self, row: KeptRow) -> tuple[float, float]:
        created = row.moment("created_at") or self.kept.read_at
        return created, row.moment("updated_at") or created

    def _sound(self, told: str, usual: str, what: str, row: KeptRow) -> str:
        if not told:
            self.notes.say(what, row.name)
        return told or usual
