"""`Projection`: an `Inventory` as it will be once planned changes are done, each with its final effect.

Source: the `effect` of each operation in the SDRS API reference, and what the guide tells of a switch.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from drkit import devices
from drkit.errors import EffectUnknownError
from drkit.model import (
    Attachment,
    BlockDevice,
    Change,
    Disk,
    Drill,
    DrillStatus,
    FreeSlots,
    GroupStatus,
    InstanceStatus,
    Inventory,
    Operation,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
    Unknown,
)


@dataclass(frozen=True)
class Projection:
    """What rules are asked about. It shares everything with the inventory that no planned change touches.

    `planned` are the changes that it takes as done, `memo` has room for what is worked out once.
    """

    inventory: Inventory
    groups: Mapping[str, ProtectionGroup]
    instances: Mapping[str, ProtectedInstance]
    pairs: Mapping[str, ReplicationPair]
    drills: Mapping[str, Drill]
    servers: Mapping[str, Server]
    memo: dict[object, object]
    planned: tuple[Change, ...] = ()
    _on: Mapping[str, tuple[Attachment, ...]] = field(default_factory=dict)
    _of: Mapping[str, tuple[Attachment, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, inventory: Inventory, planned: Iterable[Change] = ()) -> "Projection":
        """The projection of an inventory after some planned changes, in their order."""
        world = cls(
            inventory,
            inventory.groups,
            inventory.instances,
            inventory.pairs,
            inventory.drills,
            inventory.servers,
            inventory.memo,
        )
        for each in planned:
            world = world.after(each)
        return world

    @property
    def disks(self) -> Mapping[str, Disk]:
        """The disks that were read."""
        return self.inventory.disks

    def attachments_on(self, instance_id: str) -> tuple[Attachment, ...]:
        """What will be attached to an instance."""
        found = self._on.get(instance_id)
        return self.inventory.attachments_on(instance_id) if found is None else found

    def attachments_of(self, pair_id: str) -> tuple[Attachment, ...]:
        """Where a pair will be attached."""
        found = self._of.get(pair_id)
        return self.inventory.attachments_of(pair_id) if found is None else found

    def instances_of(self, group_id: str) -> tuple[ProtectedInstance, ...]:
        """The instances of a group."""
        return tuple(self.instances[each.id] for each in self.inventory.instances_of(group_id))

    def pairs_of(self, group_id: str) -> tuple[ReplicationPair, ...]:
        """The pairs of a group."""
        return tuple(self.pairs[each.id] for each in self.inventory.pairs_of(group_id))

    def after(self, change: Change) -> "Projection":
        """The projection when that change is done too.

        Raises `EffectUnknownError` where that cannot be worked out, as for a change about things that were
        not read: what comes after it would be judged in a world that will never be.
        """
        self._check_that_it_is_there(change)
        return replace(_EFFECTS[change.operation](self, change), planned=(*self.planned, change))

    def _check_that_it_is_there(self, change: Change) -> None:
        things: Mapping[str, tuple[str, Collection[str]]] = {
            "group": (change.group_id, self.groups),
            "instance": (change.instance_id, self.instances),
            "pair": (change.pair_id, self.pairs),
            "server": (change.server_id, self.servers),
        }
        for kind, (identity, known) in things.items():
            if identity not in known and (identity or kind == "group"):
                raise _unclear(change, f"{kind} {identity!r} is not in the reading")

    def with_group(self, group_id: str, status: GroupStatus, station: Station | None = None) -> "Projection":
        """The group in that status; its instances and pairs follow, as far as they are sound."""
        group = self.groups[group_id]
        side = station or group.priority_station
        synchronised = (
            ReplicationStatus.ACTIVE if status is GroupStatus.PROTECTED else ReplicationStatus.ACTIVE_STOPPED
        )
        instances = {
            instance.id: replace(
                instance,
                priority_station=side,
                status=InstanceStatus(status.value) if instance.status in FOLLOWING else instance.status,
            )
            for instance in self.instances_of(group_id)
        }
        pairs = {
            pair.id: replace(
                pair,
                priority_station=side,
                status=PairStatus(status.value) if pair.status in FOLLOWING else pair.status,
                replication_status=_synchronisation(pair, status),
            )
            for pair in self.pairs_of(group_id)
        }
        switched = replace(group, status=status, priority_station=side, replication_status=synchronised)
        return replace(
            self,
            memo={},
            groups={**self.groups, group_id: switched},
            instances={**self.instances, **instances},
            pairs={**self.pairs, **pairs},
        )

    def with_servers(self, servers: Iterable[Server]) -> "Projection":
        """Those servers in place of what they were."""
        return replace(self, memo={}, servers={**self.servers, **{each.id: each for each in servers}})

    def with_pairs(self, pairs: Iterable[ReplicationPair]) -> "Projection":
        """Those pairs in place of what they were."""
        return replace(self, memo={}, pairs={**self.pairs, **{each.id: each for each in pairs}})

    def with_attachments(
        self, pair: ReplicationPair, instance: ProtectedInstance, attached: Iterable[Attachment]
    ) -> "Projection":
        """The pair attached to the instance as said, or not at all where `attached` is empty."""
        new = tuple(attached)
        on = tuple(each for each in self.attachments_on(instance.id) if each.pair_id != pair.id)
        of = tuple(each for each in self.attachments_of(pair.id) if each.instance_id != instance.id)
        return replace(
            self, memo={}, _on={**self._on, instance.id: (*on, *new)}, _of={**self._of, pair.id: (*of, *new)}
        )

    def with_drills(self, drills: Mapping[str, Drill]) -> "Projection":
        """Those drills, and no others."""
        return replace(self, memo={}, drills=drills)


def _synchronisation(pair: ReplicationPair, status: GroupStatus) -> ReplicationStatus:
    """What a pair's synchronisation is then: one that was stopped before its end has not reached it."""
    if status is GroupStatus.PROTECTED:
        return ReplicationStatus.ACTIVE
    ended = pair.replication_status not in {ReplicationStatus.COPYING, ReplicationStatus.INACTIVE}
    return ReplicationStatus.ACTIVE_STOPPED if ended else ReplicationStatus.INACTIVE


FOLLOWING: Collection[str] = {
    GroupStatus.AVAILABLE,
    GroupStatus.PROTECTED,
    GroupStatus.FAILED_OVER,
    GroupStatus.ERROR_STARTING,
    GroupStatus.ERROR_STOPPING,
    GroupStatus.ERROR_REVERSING,
    GroupStatus.ERROR_FAILING_OVER,
    GroupStatus.ERROR_REPROTECTING,
}
"""The states in which a member of a group goes along with it; in any other it has troubles of its own."""

_RESTING: Collection[str] = {GroupStatus.AVAILABLE, GroupStatus.PROTECTED, GroupStatus.FAILED_OVER}

Effect = Callable[[Projection, Change], Projection]


def _unclear(change: Change, why: str) -> EffectUnknownError:
    return EffectUnknownError(
        f"What {change.operation.words} would lead to cannot be worked out: {why}. Read again and plan anew."
    )


def _attach(world: Projection, change: Change) -> Projection:
    pair, instance = world.pairs[change.pair_id], world.instances[change.instance_id]
    device = devices.as_attached(change.device, devices.prefix_of(world, instance))
    disk_of = {
        instance.source_server_id: pair.source_disk_id,
        instance.target_server_id: pair.target_disk_id,
    }
    servers = [
        replace(
            server,
            disks=(*server.disks, BlockDevice(disk_of[server.id], device)),
            slots=_fewer(server.slots, 1),
        )
        for server in devices.servers_of(world, instance)
    ]
    attached = [Attachment(pair.id, instance.id, device)]
    return world.with_servers(servers).with_attachments(pair, instance, attached)


def _detach(world: Projection, change: Change) -> Projection:
    pair, instance = world.pairs[change.pair_id], world.instances[change.instance_id]
    servers = [
        replace(
            server,
            disks=tuple(each for each in server.disks if each.disk_id not in pair.disk_ids),
            slots=_fewer(server.slots, -1),
        )
        for server in devices.servers_of(world, instance)
    ]
    freed = world.with_servers(servers).with_attachments(pair, instance, ())
    return freed.with_pairs([replace(pair, status=_at_rest(world, pair))])


def _at_rest(world: Projection, pair: ReplicationPair) -> PairStatus | Unknown:
    """The status of a pair after a job of its own: an error of its own is overcome, it rests as its group."""
    group = world.groups[pair.group_id]
    if pair.status == PairStatus.INVALID:
        return pair.status
    if pair.fault_level not in {"", "0"}:
        return PairStatus.FAULT
    if group.status in _RESTING:
        return PairStatus(group.status)
    return pair.status if pair.status in {*_RESTING, group.status} else PairStatus.AVAILABLE


def _fewer(slots: FreeSlots | None, count: int) -> FreeSlots | None:
    return slots and FreeSlots(slots.disks - count, slots.virtio - count, slots.scsi - count)


def _to(status: GroupStatus) -> Effect:
    return lambda world, change: world.with_group(change.group_id, status)


def _planned_failover(world: Projection, change: Change) -> Projection:
    if change.to not in set(Station):
        raise _unclear(change, f"{change.to!r} is no site")
    return world.with_group(change.group_id, GroupStatus.PROTECTED, Station(change.to))


def _failover(world: Projection, change: Change) -> Projection:
    ids = (each.production_server_id for each in world.instances_of(change.group_id))
    lost = [world.servers[each] for each in ids if each in world.servers]
    off = [replace(each, status=ServerStatus.SHUTOFF, task_state="") for each in lost]
    group = world.groups[change.group_id]
    station = group.priority_station
    if not isinstance(station, Station):
        raise _unclear(change, f"the production site of group {group.name} is not known")
    return world.with_servers(off).with_group(change.group_id, GroupStatus.FAILED_OVER, station.other)


def _create_drill(world: Projection, change: Change) -> Projection:
    name, vpc_id = change.name, change.drill_vpc_id
    drill = Drill(f"planned:{name}", name, DrillStatus.AVAILABLE, vpc_id, change.group_id, (), None, None)
    return world.with_drills({**world.drills, drill.id: drill})


def _delete_drill(world: Projection, change: Change) -> Projection:
    left = {key: each for key, each in world.drills.items() if key != change.drill_id}
    return world.with_drills(left)


def _expand(world: Projection, change: Change) -> Projection:
    pair = world.pairs[change.pair_id]
    return world.with_pairs([replace(pair, size_gb=change.new_size_gb, status=_at_rest(world, pair))])


def _resize(world: Projection, change: Change) -> Projection:
    instance = world.instances[change.instance_id]
    servers = devices.servers_of(world, instance)
    return world.with_servers(replace(each, flavor=change.flavor) for each in servers)


def _power(status: ServerStatus) -> Effect:
    return lambda world, change: world.with_servers(
        [replace(world.servers[change.server_id], status=status, task_state="")]
    )


_EFFECTS: Mapping[Operation, Effect] = {
    Operation.ATTACH_PAIR: _attach,
    Operation.DETACH_PAIR: _detach,
    Operation.ENABLE_PROTECTION: _to(GroupStatus.PROTECTED),
    Operation.DISABLE_PROTECTION: _to(GroupStatus.AVAILABLE),
    Operation.PLANNED_FAILOVER: _planned_failover,
    Operation.FAILOVER: _failover,
    Operation.REPROTECT: _to(GroupStatus.PROTECTED),
    Operation.CREATE_DRILL: _create_drill,
    Operation.DELETE_DRILL: _delete_drill,
    Operation.EXPAND_PAIR: _expand,
    Operation.RESIZE_INSTANCE: _resize,
    Operation.STOP_SERVER: _power(ServerStatus.SHUTOFF),
    Operation.START_SERVER: _power(ServerStatus.ACTIVE),
}
