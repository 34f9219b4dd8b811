"""What was attached to what when a project was read, put into a copy's world."""

import re
import string
from typing import Final

from drkit.sandbox.attaching import SLOTS
from drkit.sandbox.kept import KeptReading, Notes
from drkit.sandbox.things import Disk, Instance, Pair, Server
from drkit.sandbox.world import World

_DEVICE: Final = re.compile(r"/dev/[sv]d[a-z]")
_ATTACHED: Final = "os-extended-volumes:volumes_attached"
NEW_SIZE: Final = 10
"""GB of a disk of which nobody told how large it is."""


class Attaching:
    """The attachments of a copy in the making; its servers, disks, instances and pairs are there.

    `made` are the ids of servers and disks that the reading does not hold.
    """

    def __init__(self, world: World, kept: KeptReading, notes: Notes, made: set[str]) -> None:
        self.world, self.kept, self.notes, self.made = world, kept, notes, made

    def attach(self) -> None:
        """Attach disks to servers, and pairs to instances."""
        self._put_disks_on_servers()
        for (pair_id, instance_id), device in self._attachments().items():
            self._join(pair_id, instance_id, device)
        for pair in self.world.pairs.values():
            for instance_id, device in pair.devices.items():
                self._attach_untold(pair, self.world.instances[instance_id], device)
        self._settle_disks()

    def _attachments(self) -> dict[tuple[str, str], str]:
        """Every attachment that either side tells of; the pair's word counts."""
        found: dict[tuple[str, str], str] = {}
        for kind in ("pairs", "instances"):
            for holder in self.kept.all(kind).values():
                for row in holder.rows("attachments"):
                    place, device = (row.text("pair_id"), row.text("instance_id")), row.text("device")
                    if found.setdefault(place, device) != device:
                        self.notes.say(
                            "Pair and instance name different devices; here it is the pair's", holder.name
                        )
        return found

    def _join(self, pair_id: str, instance_id: str, device: str) -> None:
        pair, instance = self.world.pairs.get(pair_id), self.world.instances.get(instance_id)
        if pair is None or instance is None or pair.group_id != instance.group_id:
            self.notes.say(
                "An attachment is left out, for its pair or instance is not there",
                (pair or instance or _Nobody).name,
            )
        elif pair.devices and not pair.shared:
            self.notes.say("A pair is attached twice and not shared; only the first counts", pair.name)
        elif free := self._device(instance, pair, device):
            self.world.join(instance, pair, free)
            if pair.bootable and len(pair.devices) == 1:
                pair.made_with = instance.id

    def _device(self, instance: Instance, pair: Pair, device: str) -> str:
        """The device name of an attachment, or the next free one where it cannot be that."""
        servers = self.world.servers_of(instance)
        device = device or self._seen(servers, pair)
        wanted = servers[0].rewritten(device) if servers and _DEVICE.fullmatch(device) else device
        taken = {*instance.devices.values()}
        if not _DEVICE.fullmatch(wanted) or wanted in taken:
            taken |= {name for server in servers for name in server.disks.values()}
            wanted = _next_free(taken, servers[0] if servers else None)
        if not wanted or len(instance.devices) >= SLOTS:
            self.notes.say("An attachment is left out, for its instance has no device free", pair.name)
            return ""
        if wanted != device:
            self.notes.say(
                f"The device {device or 'that is not known'} cannot be; another one is taken", pair.name
            )
        return wanted

    def _seen(self, servers: list[Server], pair: Pair) -> str:
        """Where the servers have the pair's disks, if they do."""
        seen = (
            it.disks[id_] for it in servers for id_ in (pair.source_disk, pair.target_disk) if id_ in it.disks
        )
        return next(seen, "")

    def _put_disks_on_servers(self) -> None:
        for row in self.kept.all("servers").values():
            for disk in row.rows("disks"):
                self._attach(
                    self.world.servers[row.id],
                    disk.text("disk_id"),
                    disk.text("device"),
                    disk.number("size_gb"),
                )
        for row in self.kept.all("disks").values():
            for server_id, device in row.text_pairs("servers"):
                if server_id in self.world.servers:
                    self._attach(self.world.servers[server_id], row.id, device)
                else:
                    self.notes.say("A disk is on a server that is not there; here it is free", row.name)

    def _attach_untold(self, pair: Pair, instance: Instance, device: str) -> None:
        """Put both disks of an attached pair on servers of which nobody told the disks."""
        for disk_id, server_id in (
            (pair.source_disk, instance.source_server),
            (pair.target_disk, instance.target_server),
        ):
            row = self.kept.all("servers").get(server_id)
            untold = disk_id in self.made or row is None or not row.knows(_ATTACHED)
            if untold and server_id in self.world.servers and disk_id in self.world.disks:
                self._attach(self.world.servers[server_id], disk_id, device)

    def _attach(self, server: Server, disk_id: str, device: str, size: int = 0) -> None:
        disk = self.world.disks.get(disk_id)
        if disk_id in server.disks or (disk and disk.servers and not disk.shared):
            if disk_id not in server.disks:
                self.notes.say("A disk is on two servers and not shared; only the first counts", server.name)
            return
        if disk is None and self.kept.whole("disks"):
            self.notes.say("A disk on a server was not there when it was read, and is left out", server.name)
            return
        if not device or device in server.disks.values():
            self.notes.say(
                "A disk's device on a server is not known or in use; the next free one is taken", server.name
            )
            device = _next_free({*server.disks.values()}, server)
        if not device or len(server.disks) >= SLOTS:
            self.notes.say("A disk is left out, for its server has no device free", server.name)
            return
        if disk is None:
            self.notes.say("The disks of a server were not read; they are made", server.name)
            disk = Disk(
                disk_id,
                f"{server.name}-{device[-1:]}",
                server.zone,
                size or NEW_SIZE,
                bootable=device == server.root_device,
            )
            self.world.disks[disk_id] = disk
        self.world.attach_disk(server, disk, device)

    def _settle_disks(self) -> None:
        pairs = [it for it in self.world.pairs.values() if it.status.endswith("ing")]
        moving = {id_ for it in pairs for id_ in (it.source_disk, it.target_disk)}
        for disk in self.world.disks.values():
            self._settle(disk, moving)

    def _settle(self, disk: Disk, moving: set[str]) -> None:
        """A disk that was at something comes to rest, unless its pair does; its zone is its server's."""
        if disk.moving.endswith("ing") and disk.id not in moving:
            self.notes.say(f"A disk was {disk.moving}; here it rests", disk.name)
            disk.moving = ""
        if not disk.zone:
            zones = [self.world.servers[id_].zone for id_ in disk.servers]
            disk.zone = next(
                filter(None, zones),
                next((it.source_zone for it in self.world.groups.values()), "zone-source"),
            )
            self.notes.say(f"The zone of a disk is not known, taken as {disk.zone}", disk.name)


class _Nobody:
    name = "somebody unknown"


def _next_free(taken: set[str], server: Server | None) -> str:
    """The next device name that is free, empty where there is none."""
    prefix = server.root_device[:-1] if server else "/dev/vd"
    letters = string.ascii_lowercase[1:] if prefix.endswith("sd") else string.ascii_lowercase[1:SLOTS]
    return next((f"{prefix}{letter}" for letter in letters if f"{prefix}{letter}" not in taken), "")
