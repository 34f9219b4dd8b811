"""The neighbours' things: servers (ECS) and disks (EVS), as frozen values.

Source: the ECS cloudservers/detail and block_device pages, the EVS cloudvolumes/detail page.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Self

from drkit.model.fields import WireFields
from drkit.model.statuses import ServerStatus, Unknown
from drkit.showing import shows


@shows("device", "disk_id", "size_gb")
@dataclass(frozen=True, slots=True)
class BlockDevice:
    """A disk on a server under its device name; `size_gb` is 0 and `bus` empty where not told."""

    disk_id: str
    device: str
    boot_index: int | None = None
    bus: str = ""
    size_gb: int = 0


@dataclass(frozen=True, slots=True)
class FreeSlots:
    """How many more disks a server takes: in all, as virtio, as scsi."""

    disks: int
    virtio: int
    scsi: int


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class Server:
    """A server. `root_device` is "/dev/vda" on KVM, "/dev/sda" on Xen, empty where not told.

    `slots` is None as long as the server's block devices were not read. The flavor's `vcpus` and `ram_mib`,
    `addresses` (address, whether it is a floating one), `security_groups` and `tags` are None where not told;
    `nics` are (id, private address).
    """

    id: str
    name: str
    status: ServerStatus | Unknown
    zone: str
    vpc_id: str
    flavor: str
    root_device: str
    task_state: str
    disks: tuple[BlockDevice, ...]
    slots: FreeSlots | None = None
    vcpus: int | None = None
    ram_mib: int | None = None
    addresses: tuple[tuple[str, bool], ...] | None = None
    security_groups: tuple[str, ...] | None = None
    tags: tuple[tuple[str, str], ...] | None = None
    unknown: tuple[str, ...] = ()
    nics: tuple[tuple[str, str], ...] = ()

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `server` of cloudservers/detail."""
        fields = WireFields.lenient("server", source)
        metadata = fields.object("metadata")
        flavor = fields.object("flavor")
        return cls(
            id=fields.identity(),
            name=fields.known("name") or fields.identity(),
            status=ServerStatus.read(fields.identity("status")),
            zone=fields.text("OS-EXT-AZ:availability_zone"),
            vpc_id=metadata.optional("vpc_id"),
            flavor=flavor.optional("id"),
            root_device=fields.optional("OS-EXT-SRV-ATTR:root_device_name"),
            task_state=fields.optional("OS-EXT-STS:task_state"),
            disks=tuple(
                BlockDevice(disk_id, each.optional("device"), _boot_index(each, "bootIndex"))
                for each in fields.objects("os-extended-volumes:volumes_attached")
                if (disk_id := each.known("id"))
            ),
            vcpus=flavor.number("vcpus") if flavor.has("vcpus") else None,
            ram_mib=flavor.number("ram") if flavor.has("ram") else None,
            addresses=_addresses(fields) if fields.has("addresses") else None,
            security_groups=tuple(
                each.optional("name") or each.optional("id") for each in fields.objects("security_groups")
            )
            if fields.has("security_groups")
            else None,
            tags=as_tags(fields.rows("tags")) if fields.has("tags") else None,
            unknown=fields.unknown,
            nics=_nics(fields) if fields.has("addresses") else (),
        )

    def with_block_devices(self, source: object) -> "Server":
        """The same server with its disks and free slots as the block_device page tells them."""
        fields = WireFields.lenient("block device answer", source)
        disks = tuple(
            BlockDevice(
                disk_id=disk_id,
                device=disk.text("device"),
                boot_index=_boot_index(disk, "bootIndex"),
                bus=disk.text("bus"),
                size_gb=disk.number("size"),
            )
            for disk in fields.objects("volumeAttachments")
            if (disk_id := disk.known("volumeId"))
        )
        unknown = fields.unknown
        free = fields.object("attachableQuantity")
        slots = FreeSlots(free.number("free_disk"), free.number("free_blk"), free.number("free_scsi"))
        whole = fields.unknown == unknown  # one number that is missing could be the one that is none
        return replace(
            self, disks=disks, slots=slots if whole else None, unknown=(*self.unknown, *fields.unknown)
        )


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class Disk:
    """A disk; `servers` are (server id, device name)."""

    id: str
    name: str
    status: str
    size_gb: int
    disk_type: str
    zone: str
    system_disk: bool
    shared: bool
    encrypted: bool
    servers: tuple[tuple[str, str], ...]
    unknown: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `volume` of cloudvolumes/detail."""
        fields = WireFields.lenient("disk", source)
        return cls(
            id=fields.identity(),
            name=fields.known("name") or fields.identity(),
            status=fields.identity("status"),
            size_gb=fields.number("size"),
            disk_type=fields.text("volume_type"),
            zone=fields.text("availability_zone"),
            system_disk=fields.flag("bootable"),
            shared=fields.flag("multiattach"),
            encrypted=fields.has("encrypted") and fields.flag("encrypted"),
            servers=tuple(
                (each.text("server_id"), each.text("device")) for each in fields.objects("attachments")
            ),
            unknown=fields.unknown,
        )


def _addresses(fields: WireFields) -> tuple[tuple[str, bool], ...]:
    networks = fields.object("addresses")
    return tuple(
        (address, each.optional("OS-EXT-IPS:type") == "floating")
        for key in networks.source
        for each in networks.objects(key)
        if (address := each.known("addr"))
    )


def _nics(fields: WireFields) -> tuple[tuple[str, str], ...]:
    networks = fields.object("addresses")
    return tuple(
        (card, address)
        for key in networks.source
        for port in networks.objects(key)
        if (address := port.known("addr"))
        and (card := port.optional("OS-EXT-IPS:port_id"))
        and port.optional("OS-EXT-IPS:type") != "floating"
    )


def as_tags(rows: Iterable[object]) -> tuple[tuple[str, str], ...]:
    """The tags of a server, which are told as "key=value", or "key" alone."""
    parts = (each.partition("=") for each in rows if isinstance(each, str))
    return tuple((key, value) for key, _, value in parts)


def _boot_index(fields: WireFields, key: str) -> int | None:
    return fields.number(key) if fields.optional(key) else None
