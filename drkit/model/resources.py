"""What SDRS knows: groups, instances, pairs, attachments and drills, as frozen values.

`from_wire` reads one JSON object of an answer. It raises `WireError` only without what identifies the
thing or decides about it: id, status, and the group it belongs to. What else is missing, or is not what the
reference says, is not known: it reads as nothing, and its key is in `unknown`. Sizes are GB, progress is
0 to 100, times are UTC. Source: the list and show operations of the SDRS API reference.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from drkit.model.fields import WireFields
from drkit.model.sites import at_dr, at_production
from drkit.model.statuses import (
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    PairStatus,
    ReplicationStatus,
    Station,
    Unknown,
)
from drkit.showing import shows


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class ProtectionGroup:
    """Servers and disks that are protected and switched together, between two availability zones."""

    id: str
    name: str
    description: str
    status: GroupStatus | Unknown
    progress: int
    source_zone: str
    target_zone: str
    priority_station: Station | Unknown
    domain_id: str
    domain_name: str
    instance_count: int
    pair_count: int
    drill_count: int
    replication_status: ReplicationStatus | Unknown
    health_status: str
    source_vpc_id: str
    target_vpc_id: str
    created_at: datetime | None
    updated_at: datetime | None
    unknown: tuple[str, ...] = ()

    @property
    def production_zone(self) -> str:
        """The availability zone that is production now."""
        return at_production(self.priority_station, self.source_zone, self.target_zone)

    @property
    def dr_zone(self) -> str:
        """The availability zone that would take over."""
        return at_dr(self.priority_station, self.source_zone, self.target_zone)

    @property
    def vpc_ids(self) -> frozenset[str]:
        """The networks of both sites."""
        return frozenset({self.source_vpc_id, self.target_vpc_id} - {""})

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `server_group`."""
        fields = WireFields.lenient("protection group", source)
        return cls(
            id=fields.identity(),
            name=fields.known("name") or fields.identity(),
            description=fields.text("description"),
            status=GroupStatus.read(fields.identity("status")),
            progress=fields.number("progress"),
            source_zone=fields.text("source_availability_zone"),
            target_zone=fields.text("target_availability_zone"),
            priority_station=Station.read(fields.known("priority_station")),
            domain_id=fields.text("domain_id"),
            domain_name=fields.text("domain_name"),
            instance_count=fields.number("protected_instance_num"),
            pair_count=fields.number("replication_num"),
            drill_count=fields.number("disaster_recovery_drill_num"),
            replication_status=ReplicationStatus.read(fields.text("replication_status")),
            health_status=fields.text("health_status"),
            source_vpc_id=fields.text("source_vpc_id"),
            target_vpc_id=fields.text("target_vpc_id"),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
            unknown=fields.unknown,
        )


@shows("pair_id", "instance_id", "device")
@dataclass(frozen=True, slots=True)
class Attachment:
    """A pair attached to an instance under a device name, on both of its servers."""

    pair_id: str
    instance_id: str
    device: str


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class ProtectedInstance:
    """A production server and its DR server."""

    id: str
    name: str
    description: str
    status: InstanceStatus | Unknown
    source_server_id: str
    target_server_id: str
    group_id: str
    frozen: bool
    attachments: tuple[Attachment, ...]
    tags: tuple[tuple[str, str], ...]
    progress: int
    priority_station: Station | Unknown
    created_at: datetime | None
    updated_at: datetime | None
    unknown: tuple[str, ...] = ()

    @property
    def production_server_id(self) -> str:
        """The server that does the work now."""
        return at_production(self.priority_station, self.source_server_id, self.target_server_id)

    @property
    def dr_server_id(self) -> str:
        """The server that would take over."""
        return at_dr(self.priority_station, self.source_server_id, self.target_server_id)

    @property
    def server_ids(self) -> tuple[str, ...]:
        """Both servers, as far as they exist."""
        return tuple(each for each in (self.source_server_id, self.target_server_id) if each)

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `protected_instance`."""
        fields = WireFields.lenient("protected instance", source)
        identity = fields.identity()
        metadata = fields.object("metadata")
        return cls(
            id=identity,
            name=fields.known("name") or fields.identity(),
            description=fields.text("description"),
            status=InstanceStatus.read(fields.identity("status")),
            source_server_id=fields.text("source_server"),
            target_server_id=fields.text("target_server"),
            group_id=fields.identity("server_group_id"),
            frozen=bool(metadata.optional("__system__frozen")) and metadata.flag("__system__frozen"),
            attachments=tuple(
                Attachment(pair_id, identity, each.text("device"))
                for each in fields.objects("attachment")
                if (pair_id := each.known("replication"))
            ),
            tags=tuple((each.text("key"), each.text("value")) for each in fields.objects("tags")),
            progress=fields.number("progress"),
            priority_station=Station.read(fields.known("priority_station")),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
            unknown=fields.unknown,
        )


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class ReplicationPair:
    """A production disk and its copy at the DR site."""

    id: str
    name: str
    description: str
    status: PairStatus | Unknown
    source_disk_id: str
    target_disk_id: str
    attachments: tuple[Attachment, ...]
    progress: int
    failure_detail: str
    shared: bool
    system_disk: bool
    size_gb: int
    disk_type: str
    fault_level: str
    group_id: str
    priority_station: Station | Unknown
    replication_status: ReplicationStatus | Unknown
    created_at: datetime | None
    updated_at: datetime | None
    unknown: tuple[str, ...] = ()

    @property
    def production_disk_id(self) -> str:
        """The disk that is written now."""
        return at_production(self.priority_station, self.source_disk_id, self.target_disk_id)

    @property
    def dr_disk_id(self) -> str:
        """The disk that holds the copy."""
        return at_dr(self.priority_station, self.source_disk_id, self.target_disk_id)

    @property
    def disk_ids(self) -> tuple[str, ...]:
        """Both disks, as far as they exist."""
        return tuple(each for each in (self.source_disk_id, self.target_disk_id) if each)

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `replication`."""
        fields = WireFields.lenient("replication pair", source)
        identity = fields.identity()
        record = fields.object("record_metadata")
        disks = [each.strip() for each in fields.known("volume_ids").split(",")]
        return cls(
            id=identity,
            name=fields.known("name") or fields.identity(),
            description=fields.text("description"),
            status=PairStatus.read(fields.identity("status")),
            source_disk_id=disks[0],
            target_disk_id=disks[1] if len(disks) > 1 else "",
            attachments=tuple(
                Attachment(identity, instance_id, each.text("device"))
                for each in fields.objects("attachment")
                if (instance_id := each.known("protected_instance"))
            ),
            progress=fields.number("progress"),
            failure_detail=fields.optional("failure_detail"),
            shared=record.flag("multiattach"),
            system_disk=record.flag("bootable"),
            size_gb=record.number("volume_size"),
            disk_type=record.text("volume_type"),
            fault_level=fields.known("fault_level"),
            group_id=fields.identity("server_group_id"),
            priority_station=Station.read(fields.known("priority_station")),
            replication_status=ReplicationStatus.read(fields.text("replication_status")),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
            unknown=fields.unknown,
        )


@shows("id", "name", "status")
@dataclass(frozen=True, slots=True)
class Drill:
    """A DR drill: copies of a group's servers in a network of their own."""

    id: str
    name: str
    status: DrillStatus | Unknown
    drill_vpc_id: str
    group_id: str
    servers: tuple[tuple[str, str], ...]  # (instance id, drill server id)
    created_at: datetime | None
    updated_at: datetime | None
    unknown: tuple[str, ...] = ()

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one `disaster_recovery_drill`."""
        fields = WireFields.lenient("DR drill", source)
        return cls(
            id=fields.identity(),
            name=fields.known("name") or fields.identity(),
            status=DrillStatus.read(fields.identity("status")),
            drill_vpc_id=fields.text("drill_vpc_id"),
            group_id=fields.identity("server_group_id"),
            servers=tuple(
                (each.text("protected_instance"), each.text("drill_server_id"))
                for each in fields.objects("drill_servers")
            ),
            created_at=fields.time("created_at"),
            updated_at=fields.time("updated_at"),
            unknown=fields.unknown,
        )
