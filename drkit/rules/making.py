"""What planned changes will make: a group, an instance, a pair, with ids that stand in for those to come."""

from dataclasses import replace

from drkit.model import (
    PLANNED,
    Attachment,
    Change,
    Disk,
    GroupStatus,
    InstanceStatus,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ReplicationStatus,
    Station,
    Unknown,
)


def group_of(change: Change) -> ProtectionGroup:
    """The group that a change makes: empty, and not protected."""
    return ProtectionGroup(
        id=change.group_id,
        name=change.name,
        description=change.description,
        status=GroupStatus.AVAILABLE,
        progress=0,
        source_zone=change.source_zone,
        target_zone=change.target_zone,
        priority_station=Station.SOURCE,
        domain_id=change.domain_id,
        domain_name="",
        instance_count=0,
        pair_count=0,
        drill_count=0,
        replication_status=Unknown(""),
        health_status="",
        source_vpc_id=change.vpc_id,
        target_vpc_id=change.vpc_id,
        created_at=None,
        updated_at=None,
    )


def instance_of(group: ProtectionGroup, name: str, server_id: str) -> ProtectedInstance:
    """The instance that a server becomes in a group; its DR server is not there yet."""
    source, target = _ends(group, server_id, f"{PLANNED}{name} (DR server)")
    return ProtectedInstance(
        id=f"{PLANNED}{name}",
        name=name,
        description="",
        status=InstanceStatus.read(group.status),
        source_server_id=source,
        target_server_id=target,
        group_id=group.id,
        frozen=False,
        attachments=(),
        tags=(),
        progress=0,
        priority_station=group.priority_station,
        created_at=None,
        updated_at=None,
    )


def pair_of(group: ProtectionGroup, name: str, disk_id: str, disk: Disk | None) -> ReplicationPair:
    """The pair that a disk will be in, free; in a protected group it synchronises at once."""
    source, target = _ends(group, disk_id, f"{PLANNED}{name} (DR disk)")
    copying = group.status == GroupStatus.PROTECTED
    return ReplicationPair(
        id=f"{PLANNED}{name}",
        name=name,
        description="",
        status=PairStatus.read(group.status),
        source_disk_id=source,
        target_disk_id=target,
        attachments=(),
        progress=0,
        failure_detail="",
        shared=disk.shared if disk else False,
        system_disk=disk.system_disk if disk else False,
        size_gb=disk.size_gb if disk else 0,
        disk_type=disk.disk_type if disk else "",
        fault_level="0",
        group_id=group.id,
        priority_station=group.priority_station,
        replication_status=ReplicationStatus.COPYING if copying else ReplicationStatus.INACTIVE,
        created_at=None,
        updated_at=None,
    )


def attached(pair: ReplicationPair, instance: ProtectedInstance, device: str) -> ReplicationPair:
    """The pair on the instance under that device name."""
    return replace(pair, attachments=(Attachment(pair.id, instance.id, device),))


def _ends(group: ProtectionGroup, production: str, dr: str) -> tuple[str, str]:
    """What stands at the source and what at the target site."""
    return (dr, production) if group.priority_station == Station.TARGET else (production, dr)
