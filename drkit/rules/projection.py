"""`Projection`: an `Inventory` as it will be once planned changes are done, each with its final effect.

Source: the `effect` of each operation in the SDRS API reference, and what the guide tells of a switch.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace

from drkit import devices
from drkit.errors import EffectUnknownError
from drkit.model import (
    FAILED_TASKS,
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
    ListedPair,
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
    as_tags,
)
from drkit.rules.making import attached, group_of, instance_of, pair_of


@dataclass(frozen=True)
class Projection:
    """What rules are asked about. It shares everything with the inventory that no planned change touches.

    `planned` are the changes that it takes as done, `made` the ids, which stand in for others, of the
    instances and pairs that these make; `memo` has room for what is worked out once.
    """

    inventory: Inventory
    groups: Mapping[str, ProtectionGroup]
    instances: Mapping[str, ProtectedInstance]
    pairs: Mapping[str, ReplicationPair]
    drills: Mapping[str, Drill]
    servers: Mapping[str, Server]
    memo: dict[object, object]
    planned: tuple[Change, ...] = ()
    made: tuple[str, ...] = ()
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
        there = (each.id for each in self.inventory.instances_of(group_id))
        return tuple(self.instances[key] for key in there if key in self.instances) + tuple(
            each for key in self.made if (each := self.instances.get(key)) and each.group_id == group_id
        )

    def pairs_of(self, group_id: str) -> tuple[ReplicationPair, ...]:
        """The pairs of a group."""
        if self.pairs is self.inventory.pairs:
            return self.inventory.pairs_of(group_id)
        there = (each.id for each in self.inventory.pairs_of(group_id))
        return tuple(self.pairs[key] for key in there if key in self.pairs) + tuple(
            each for key in self.made if (each := self.pairs.get(key)) and each.group_id == group_id
        )

    def listed_pairs_of(self, group_id: str) -> tuple[ListedPair, ...]:
        """The same as far as a listing tells of them, for who looks at all of thousands."""
        if self.pairs is self.inventory.pairs:
            return self.inventory.listed_pairs_of(group_id)
        return self.pairs_of(group_id)

    def drills_of(self, group_id: str) -> tuple[Drill, ...]:
        """The drills of a group."""
        return tuple(each for each in self.drills.values() if each.group_id == group_id)

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
            made = kind == "group" and (
                change.operation is Operation.CREATE_GROUP or identity == FAILED_TASKS
            )
            if identity not in known and (identity or kind == "group") and not made:
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

    def with_new(
        self, instances: Iterable[ProtectedInstance] = (), pairs: Iterable[ReplicationPair] = ()
    ) -> "Projection":
        """Those instances and pairs besides; a pair is attached to what its own attachments name."""
        new = {each.id: each for each in instances}, {each.id: each for each in pairs}
        attached = [one for pair in new[1].values() for one in pair.attachments]
        on = {key: self.attachments_on(key) for key in {each.instance_id for each in attached}}
        for each in attached:
            on[each.instance_id] = (*on[each.instance_id], each)
        return replace(
            self,
            memo={},
            instances={**self.instances, **new[0]},
            pairs={**self.pairs, **new[1]},
            made=(*self.made, *new[0], *new[1]),
            _on={**self._on, **on},
            _of={**self._of, **{key: pair.attachments for key, pair in new[1].items()}},
        )

    def without(self, *ids: str) -> "Projection":
        """The world without some groups, instances or pairs, and without the attachments of these."""
        gone = set(ids)
        touched = [each for key in ids for each in (*self.attachments_on(key), *self.attachments_of(key))]
        on = {
            key: tuple(each for each in self.attachments_on(key) if each.pair_id not in gone)
            for key in {each.instance_id for each in touched}
        }
        of = {
            key: tuple(each for each in self.attachments_of(key) if each.instance_id not in gone)
            for key in {each.pair_id for each in touched}
        }
        return replace(
            self,
            memo={},
            groups={key: each for key, each in self.groups.items() if key not in gone},
            instances={key: each for key, each in self.instances.items() if key not in gone},
            pairs={key: each for key, each in self.pairs.items() if key not in gone},
            _on={**self._on, **on},
            _of={**self._of, **of},
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
    wanted = {
        instance.production_server_id: change.flavor or change.production_flavor,
        instance.dr_server_id: change.flavor or change.dr_flavor,
    }
    servers = devices.servers_of(world, instance)
    return world.with_servers(replace(each, flavor=wanted[each.id] or each.flavor) for each in servers)


def _power(status: ServerStatus) -> Effect:
    return lambda world, change: world.with_servers(
        [replace(world.servers[change.server_id], status=status, task_state="")]
    )


# Making and taking away


def _create_group(world: Projection, change: Change) -> Projection:
    return replace(world, memo={}, groups={**world.groups, change.group_id: group_of(change)})


def _create_instances(world: Projection, change: Change) -> Projection:
    group, several = world.groups[change.group_id], not change.server_id
    for number, server_id in enumerate(change.all_server_ids, start=1):
        name = f"{change.name}-{number:04}" if several else change.name
        server = world.servers.get(server_id)
        held = [(each.device, each.disk_id) for each in server.disks] if server else []
        instance = instance_of(group, name, server_id)
        pairs = (
            attached(pair_of(group, f"{name} ({device})", key, world.disks.get(key)), instance, device)
            for device, key in held
        )
        world = world.with_new([instance], pairs)
    return world


def _create_pair(world: Projection, change: Change) -> Projection:
    group, disk = world.groups[change.group_id], world.disks.get(change.disk_id)
    return world.with_new(pairs=[pair_of(group, change.name, change.disk_id, disk)])


def _delete_instances(world: Projection, change: Change) -> Projection:
    """Pairs that came with an instance go with it, and others become free; which is which is not told.

    So all are taken as freed: what deletes them afterwards finds some gone, and then has nothing to do.
    """
    return world.without(*change.all_instance_ids)


def _rename_group(world: Projection, change: Change) -> Projection:
    renamed = replace(world.groups[change.group_id], name=change.name)
    return replace(world, memo={}, groups={**world.groups, renamed.id: renamed})


def _rename_instance(world: Projection, change: Change) -> Projection:
    renamed = replace(world.instances[change.instance_id], name=change.name)
    return replace(world, memo={}, instances={**world.instances, renamed.id: renamed})


def _rename_pair(world: Projection, change: Change) -> Projection:
    return world.with_pairs([replace(world.pairs[change.pair_id], name=change.name)])


def _rename_drill(world: Projection, change: Change) -> Projection:
    if change.drill_id not in world.drills:
        raise _unclear(change, f"drill {change.drill_id!r} is not in the reading")
    renamed = replace(world.drills[change.drill_id], name=change.name)
    return world.with_drills({**world.drills, renamed.id: renamed})


def _tagged(world: Projection, change: Change) -> Projection:
    instance = world.instances[change.instance_id]
    given = dict(as_tags(change.tags))
    tags = {key: value for key, value in instance.tags if key not in change.keys} | given
    changed = replace(instance, tags=tuple(tags.items()))
    return replace(world, memo={}, instances={**world.instances, instance.id: changed})


def _nothing(world: Projection, _: Change) -> Projection:
    """What no rule of a later change rests on."""
    return world


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
    Operation.CREATE_GROUP: _create_group,
    Operation.RENAME_GROUP: _rename_group,
    Operation.DELETE_GROUP: lambda world, change: world.without(change.group_id),
    Operation.CREATE_INSTANCE: _create_instances,
    Operation.CREATE_INSTANCES: _create_instances,
    Operation.RENAME_INSTANCE: _rename_instance,
    Operation.DELETE_INSTANCE: _delete_instances,
    Operation.DELETE_INSTANCES: _delete_instances,
    Operation.ADD_NIC: _nothing,
    Operation.DELETE_NIC: _nothing,
    Operation.SET_TAGS: _tagged,
    Operation.DELETE_TAGS: _tagged,
    Operation.CREATE_PAIR: _create_pair,
    Operation.RENAME_PAIR: _rename_pair,
    Operation.DELETE_PAIR: lambda world, change: world.without(change.pair_id),
    Operation.RENAME_DRILL: _rename_drill,
    Operation.CLEAR_FAILED_TASK: _nothing,
    Operation.CLEAR_FAILED_TASKS: _nothing,
}
