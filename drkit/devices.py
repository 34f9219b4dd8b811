"""Device names: what is taken on an instance, what is free, and what the service makes of a name.

A name is "/dev/", a prefix ("vd" on KVM, "sd" on Xen) and letters. drkit assigns single letters only,
because the reference knows only one ("/dev/sdX or /dev/vdX, X a letter"): a for the system disk, then
the next free one in alphabetical order, up to x on KVM (24 virtio disks) and z on Xen. Longer names
(aa, ab, ...) are read, ordered after z, and taken. Names with the same letters are the same slot
whatever their prefix, since the service rewrites a wrong prefix: sdb and vdb cannot both be had.

Source: "Attaching a Replication Pair to a Protected Instance" (SDRS); the root device name and the
limits of disks on the cloudservers/detail and block_device pages (ECS).
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import ascii_lowercase
from typing import Protocol

from drkit.model import Attachment, BlockDevice, Disk, ProtectedInstance, ReplicationPair, Server

SYSTEM = "a"
LETTERS: Mapping[str, str] = {"vd": ascii_lowercase[: ascii_lowercase.index("x") + 1], "sd": ascii_lowercase}
"""What drkit assigns, by prefix."""

HYPERVISORS: Mapping[str, str] = {"vd": "KVM", "sd": "Xen"}

_ASSIGNABLE = re.compile(r"/dev/([sv]d)([a-z])")
_READABLE = re.compile(r"(?:/dev/)?(xvd|[sv]d)([a-z]{1,3})\d*")


class DeviceReading(Protocol):
    """What this module asks of an `Inventory`, or of one as it will be after planned changes."""

    @property
    def pairs(self) -> Mapping[str, ReplicationPair]:
        """The pairs, by id."""
        ...

    @property
    def servers(self) -> Mapping[str, Server]:
        """The servers that were read, by id."""
        ...

    @property
    def disks(self) -> Mapping[str, Disk]:
        """The disks that were read, by id."""
        ...

    @property
    def memo(self) -> dict[object, object]:
        """Room for what is worked out once per reading."""
        ...

    def attachments_on(self, instance_id: str) -> tuple[Attachment, ...]:
        """What is attached to an instance."""
        ...


@dataclass(frozen=True, slots=True)
class DeviceName:
    """A device name in its parts; `str()` of it is the name."""

    prefix: str
    letters: str

    def __str__(self) -> str:
        return f"/dev/{self.prefix}{self.letters}"

    @property
    def order(self) -> tuple[int, str, str]:
        """Sorts a to z, then aa, ab, ..."""
        return len(self.letters), self.letters, self.prefix


@lru_cache(maxsize=4096)
def parse(text: str) -> DeviceName | None:
    """Read a name as a server or the service tells it, with or without /dev/ and a partition's number.

    None when it is no disk name with a letter.
    """
    match = _READABLE.fullmatch(text)
    return DeviceName(match[1], match[2]) if match else None


@lru_cache(maxsize=4096)
def assignable(text: str) -> DeviceName | None:
    """Read a name as it may be sent: /dev/vd or /dev/sd and one letter, nothing else; None otherwise."""
    match = _ASSIGNABLE.fullmatch(text)
    return DeviceName(match[1], match[2]) if match else None


def same_slot(one: str, other: str) -> bool:
    """Whether two names have the same letters, so that a server can have only one of them."""
    first, second = parse(one), parse(other)
    return first is not None and second is not None and first.letters == second.letters


@dataclass(frozen=True, slots=True)
class NameHolder:
    """What holds a device name on an instance; `known` says whether SDRS knows of it, as pair `pair_id`."""

    name: DeviceName
    what: str
    known: bool
    pair_id: str = ""


@dataclass(frozen=True, slots=True)
class Prefix:
    """The device prefix of an instance and how it is known; `value` is None when it has to be asked."""

    value: str | None
    reason: str


@dataclass(frozen=True, slots=True)
class Names:
    """What is known of the device names on an instance: the servers' prefix, and who holds which letters."""

    prefix: Prefix
    taken: Mapping[str, NameHolder]

    def free(self, prefix: str, reserved: Collection[str] = ()) -> list[str]:
        """The letters that data disks can still have, in alphabetical order."""
        usable = LETTERS[prefix].replace(SYSTEM, "")
        return [each for each in usable if each not in self.taken and each not in reserved]


def names_on(reading: DeviceReading, instance: ProtectedInstance) -> Names:
    """What is known of the names on an instance, worked out once per reading."""
    names = reading.memo.get((Names, instance.id))
    if not isinstance(names, Names):
        held = tuple(_holders(reading, instance))
        known_first = {holder.name.letters: holder for holder in reversed(held)}
        names = Names(_learn(reading, instance, held), known_first)
        reading.memo[Names, instance.id] = names
    return names


def device_of(reading: DeviceReading, server: Server, disk: BlockDevice) -> str:
    """The device name of a disk on a server as the server tells it, else the disk; empty if neither does."""
    known = reading.disks.get(disk.disk_id)
    devices = dict(known.servers) if known and not disk.device else {}
    return disk.device or devices.get(server.id, "")


def taken(reading: DeviceReading, instance: ProtectedInstance) -> Mapping[str, NameHolder]:
    """What holds which letters: attached pairs, and every disk on both servers, known to SDRS or not."""
    return names_on(reading, instance).taken


def learn_prefix(reading: DeviceReading, instance: ProtectedInstance) -> Prefix:
    """Learn the prefix from the servers' root devices, else from the names on the instance; never guess."""
    return names_on(reading, instance).prefix


def prefix_of(reading: DeviceReading, instance: ProtectedInstance) -> str | None:
    """The prefix, "vd" or "sd"; None when the operator has to say it."""
    return names_on(reading, instance).prefix.value


def servers_of(reading: DeviceReading, instance: ProtectedInstance) -> tuple[Server, ...]:
    """Both servers of an instance, as far as they were read."""
    return tuple(reading.servers[each] for each in instance.server_ids if each in reading.servers)


@lru_cache(maxsize=4096)
def as_attached(device: str, prefix: str | None) -> str:
    """What the service makes of a name on servers of that prefix: /dev/vdX on Xen becomes /dev/sdX."""
    name = assignable(device)
    return str(DeviceName(prefix, name.letters)) if name and prefix else device


@dataclass(frozen=True, slots=True)
class Assignment:
    """The device name for a pair, or an empty one and why there is none."""

    device: str
    reason: str = ""


def assign(
    reading: DeviceReading,
    instance: ProtectedInstance,
    pair: ReplicationPair,
    *,
    prefix: str = "",
    reserved: Collection[str] = (),
) -> Assignment:
    """Choose the device name for a pair: a for a system disk, the next free letter for a data disk.

    `prefix` counts where none can be learned; letters in `reserved` are left alone.
    """
    names = names_on(reading, instance)
    chosen = names.prefix.value or prefix
    if not chosen:
        return Assignment("", names.prefix.reason)
    if pair.system_disk:
        return Assignment(str(DeviceName(chosen, SYSTEM)))
    free = names.free(chosen, reserved)
    if not free:
        return Assignment("", f"/dev/{chosen}b to /dev/{chosen}{LETTERS[chosen][-1]} are all taken")
    return Assignment(str(DeviceName(chosen, free[0])))


def _holders(reading: DeviceReading, instance: ProtectedInstance) -> Iterator[NameHolder]:
    ours: set[str] = set()
    for attachment in reading.attachments_on(instance.id):
        pair = reading.pairs.get(attachment.pair_id)
        ours.update(pair.disk_ids if pair else ())
        if name := parse(attachment.device):
            what = f"pair {pair.name if pair else attachment.pair_id}"
            yield NameHolder(name, what, known=True, pair_id=attachment.pair_id)
    for server in servers_of(reading, instance):
        for disk in server.disks:
            if name := parse(device_of(reading, server, disk)):
                yield NameHolder(name, _disk_words(reading, server, disk), disk.disk_id in ours)


def _learn(reading: DeviceReading, instance: ProtectedInstance, held: Sequence[NameHolder]) -> Prefix:
    servers = servers_of(reading, instance)
    evidence = [f"{each.name} boots from {each.root_device}" for each in servers if each.root_device]
    seen = {name.prefix for each in servers if (name := parse(each.root_device))}
    if not seen:
        names = sorted({each.name for each in held}, key=lambda name: name.order)
        evidence, seen = [f"{name} is attached" for name in names], {name.prefix for name in names}
    if not seen:
        return Prefix(None, f"no root device and no other disk of {instance.name} is known")
    reason = ", ".join(evidence)
    if len(seen) > 1 or not seen <= set(LETTERS):
        return Prefix(None, f"the names on {instance.name} do not agree on /dev/vd or /dev/sd: {reason}")
    return Prefix(seen.pop(), reason)


def _disk_words(reading: DeviceReading, server: Server, disk: BlockDevice) -> str:
    known = reading.disks.get(disk.disk_id)
    return f"disk {known.name if known and known.name else disk.disk_id} on server {server.name}"
