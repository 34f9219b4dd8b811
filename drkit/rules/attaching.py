"""Rules for attaching a pair to an instance and for detaching it.

Source: the pages "Attaching a Replication Pair to a Protected Instance" and "Detaching a Replication
Pair from a Protected Instance" of the SDRS API reference, named below as Attach and Detach.
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from drkit import devices
from drkit.model import Change, FreeSlots, Inventory, Operation, PairStatus, ProtectedInstance
from drkit.rules.advising import detach_first, make_room, stop_first
from drkit.rules.existing import group_exists, instance_exists, pair_exists
from drkit.rules.powering import not_stopped
from drkit.rules.rule import Advice, Case, NotRead, RuleAnswer, rule, unseen_of
from drkit.showing import first_few

BOTH = (instance_exists, pair_exists)
ROOMY = 12
"""So many disks a KVM server takes in any case: half of its 24 (ECS), because a flavor may take less."""


@rule("SDRS.1611", about="pair", needs=BOTH)
def pair_is_in_the_same_group(case: Case) -> RuleAnswer:
    """Attach a pair to an instance of its own protection group.

    Source: Attach.
    """
    pair, instance = case.pair, case.instance
    if pair.group_id == instance.group_id:
        return None
    there, here = (_group_name(case, each.group_id) for each in (pair, instance))
    there_too = case.world.instances_of(pair.group_id)
    remedy = f"Pick an instance of group {there}, or another pair." if there_too else "Pick another pair."
    return f"in group {there}", f"in group {here}", remedy


@rule("SDRS.1605", "SDRS.1603", about="pair", needs=BOTH)
def pair_is_free(case: Case) -> RuleAnswer:
    """Attach a pair to one instance only, unless its disks are shared.

    Source: Attach.
    """
    attached = case.world.attachments_of(case.pair.id)
    if case.pair.shared or not attached:
        return None
    places = first_few(f"{_instance_name(case, each.instance_id)} as {each.device}" for each in attached)
    if any(each.instance_id == case.instance.id for each in attached):
        # One that stuck on its way there holds its own place: it is detached first, and attached again.
        broken = case.pair.status is PairStatus.ERROR_ATTACHING
        here = "it is, or is planned to be, attached there."
        remedy = "Detach the pair from the instance, then attach it again." if broken else ""
        return f"attached to {places}", "attached to no instance", remedy or f"Nothing is to be done: {here}"
    advice = detach_first(
        case,
        case.pair,
        "Detach it there first, or leave it where it is.",
        "Leave it where it is: it cannot be detached there now.",
    )
    return f"attached to {places}", "attached to no instance", advice


@rule("SDRS.1603", "SDRS.1605", about="pair", needs=BOTH)
def shared_pair_is_attached_once(case: Case) -> RuleAnswer:
    """Attach a pair with shared disks to several instances, but to each of them once.

    Source: Attach.
    """
    here = [each for each in case.world.attachments_of(case.pair.id) if each.instance_id == case.instance.id]
    if not case.pair.shared or not here:
        return None
    found = f"attached to {case.instance.name} as {here[0].device}"
    return found, "not attached to that instance", "Nothing is to be done: it is attached there already."


@rule("SDRS.0225", about="instance", needs=[instance_exists])
def instance_is_not_frozen(case: Case) -> RuleAnswer:
    """Leave frozen resources alone until the provider has thawed them.

    Source: SDRS.0225 on the page "Error Codes", and `__system__frozen` in an instance's metadata.
    """
    if not case.instance.frozen:
        return None
    return "frozen", "not frozen", "Have the provider lift the freeze of the account, then read again."


@rule("SDRS.1025", about="instance", needs=[group_exists, instance_exists])
def instance_agrees_on_production(case: Case) -> RuleAnswer:
    """Let group and instance agree on which site is production.

    Source: SDRS.1025 on the page "Error Codes".
    """
    return _sides(case.instance.priority_station, case.group.priority_station)


@rule("SDRS.1026", about="pair", needs=[group_exists, pair_exists, pair_is_in_the_same_group])
def pair_agrees_on_production(case: Case) -> RuleAnswer:
    """Let group and pair agree on which site is production.

    Source: SDRS.1026 on the page "Error Codes".
    """
    return _sides(case.pair.priority_station, case.group.priority_station)


@rule("SDRS.1807", "SDRS.0201", about="pair", needs=BOTH, caution=True)
def a_letter_is_left(case: Case) -> RuleAnswer:
    """Attach a disk only while a device name is left for it.

    Source: Attach: "X a letter". Our own caution: it is asked where no name could be assigned.
    """
    names = devices.names_on(case.world, case.instance)
    if case.change.device or case.pair.system_disk or not names.prefix.value:
        return None
    if names.free(names.prefix.value):
        return None
    reason = devices.assign(case.world, case.instance, case.pair).reason
    room = make_room(case, "Detach a disk that is not needed from the instance.")
    return reason, "a free device name", room


@rule("SDRS.0201", about="pair", needs=[a_letter_is_left])
def device_is_named(case: Case) -> RuleAnswer:
    """Say under which device name the pair is to be attached; there is no default.

    Source: Attach; the parameter is mandatory.
    """
    if case.change.device:
        return None
    reason = devices.assign(case.world, case.instance, case.pair).reason or "no device name was given"
    remedy = "Give a device name, or the prefix of the servers: vd on KVM, sd on Xen."
    return reason, "a free device name", remedy


@rule("SDRS.0201", about="pair", needs=[device_is_named])
def device_is_spelled_right(case: Case) -> RuleAnswer:
    """Spell a device name /dev/vdX or /dev/sdX, X being one letter.

    Source: Attach.
    """
    if devices.assignable(case.change.device):
        return None
    return (
        f"device name {case.change.device!r}",
        "/dev/vd or /dev/sd and one small letter",
        "Correct the device name.",
    )


@rule("SDRS.0201", about="pair", needs=[device_is_spelled_right])
def device_fits_the_kind_of_disk(case: Case) -> RuleAnswer:
    """Attach a system disk as a, and a data disk under any other letter.

    Source: Attach: "/dev/sda on Xen, /dev/vda on KVM" for system disks.
    """
    name, system = devices.assignable(case.change.device), case.pair.system_disk
    if name is None or (name.letters == devices.SYSTEM) == system:
        return None
    kind, wanted = ("system", f"/dev/{name.prefix}a") if system else ("data", "a letter from b on")
    return f"a {kind} disk as {name}", wanted, "Correct the device name."


@rule("SDRS.1603", about="pair", needs=[device_is_spelled_right], reads=["disks"])
def device_is_free(case: Case) -> RuleAnswer:
    """Use a device name that no other disk on the instance has, known to SDRS or not.

    Source: Attach; a server's own list of disks is on the ECS page block_device. Names with the same letter
    are the same, whatever their prefix, because the service rewrites the prefix.
    """
    name = devices.assignable(case.change.device)
    holder = devices.taken(case.world, case.instance).get(name.letters) if name else None
    if holder and holder.pair_id == case.pair.id:
        return None  # that it is attached is said by another rule; nobody frees a name of itself
    if holder is None:
        told = _told(case.world, case.instance)
        return told.unseen or told.nameless
    return (
        f"{name} is held by {holder.what}{'' if holder.known else ', which SDRS does not know'}",
        f"a free device name{_such_as(case)}",
        _another_name(case, holder),
    )


@rule("SDRS.1807", "SDRS.0201", about="pair", needs=[device_is_spelled_right], caution=True)
def device_is_within_reach(case: Case) -> RuleAnswer:
    """Use the letters a to x on a KVM server.

    Source: a KVM server takes 24 virtio disks (ECS). Our own caution: the job would fail at the end.
    """
    prefix = devices.prefix_of(case.world, case.instance)
    device = devices.as_attached(case.change.device, prefix)
    name = devices.assignable(device)
    if name is None or name.letters in devices.LETTERS[name.prefix]:
        within = name is None or prefix or name.letters in devices.LETTERS["vd"]
        return None if within else NotRead(f"it is not known how device names begin on {case.instance.name}")
    wanted = f"within /dev/{name.prefix}a to /dev/{name.prefix}{devices.LETTERS[name.prefix][-1]}"
    left = devices.names_on(case.world, case.instance).free(name.prefix)
    full = make_room(case, "No letter in that range is free: detach a disk that is not needed.")
    remedy = "Pick a letter in that range." if left or case.pair.system_disk else full
    return f"{device} on a {devices.HYPERVISORS[name.prefix]} server", wanted, remedy


@rule("SDRS.1807", about="instance", needs=[instance_exists], caution=True)
def servers_have_a_free_slot(case: Case) -> RuleAnswer:
    """Attach a disk only while both servers of the instance can take one more.

    Source: attachableQuantity on the ECS page block_device, which need not be read of a KVM server with few
    disks. Our own caution: the reference names no code, and the job would fail at the end.
    """
    facts = _told(case.world, case.instance)
    if not facts.full:
        return facts.unseen or _slotless(facts)
    room = make_room(case, "Detach a disk that is not needed.")
    return f"no free slot on {first_few(facts.full)}", "room for one more disk", room


@rule("SDRS.1604", about="pair", needs=BOTH)
def pair_is_attached_here(case: Case) -> RuleAnswer:
    """Detach a pair from an instance that it is attached to.

    Source: Detach.
    """
    attached = case.world.attachments_of(case.pair.id)
    if any(each.instance_id == case.instance.id for each in attached):
        return None
    places = first_few(_instance_name(case, each.instance_id) for each in attached)
    found = f"attached to {places}" if places else "attached to no instance"
    remedy = "Pick the instance it is attached to." if places else "Nothing is to be done: it is free."
    return found, f"attached to {case.instance.name}", remedy


@rule("SDRS.1316", about="pair", needs=[pair_is_attached_here])
def production_server_of_a_system_disk_is_stopped(case: Case) -> RuleAnswer:
    """Stop the production server before detaching a system disk.

    Source: Detach: "a system disk (/dev/sda, /dev/vda) only while the server is stopped".
    """
    return _boots_from_it(case, case.instance.production_server_id)


@rule("SDRS.1316", about="pair", needs=[pair_is_attached_here], caution=True)
def dr_server_of_a_system_disk_is_stopped(case: Case) -> RuleAnswer:
    """Stop the DR server, too, before detaching a system disk.

    Source: Detach speaks of one server only. Our own caution: the disks of a pair are on both.
    """
    return _boots_from_it(case, case.instance.dr_server_id)


def _boots_from_it(case: Case, server_id: str) -> RuleAnswer:
    on_it = case.world.attachments_on(case.instance.id)
    device = next(each.device for each in on_it if each.pair_id == case.pair.id)
    name, server = devices.parse(device), case.world.servers.get(server_id)
    system_disk = name.letters == devices.SYSTEM if name else case.pair.system_disk
    if server is None:
        return case.unseen(case.instance) if system_disk else None
    running = not_stopped(server) if system_disk else ""
    if not running:
        return None
    return f"a system disk; {running}", "on a stopped server", stop_first(case, [server])


def _another_name(case: Case, holder: devices.NameHolder) -> tuple[Advice, ...]:
    """To pick a free name, where there is one, or to detach the pair that holds this one, where it can be."""
    free = bool(_such_as(case))
    pick = (
        "Pick a free device name." if free else "No device name is free for it here: pick another instance."
    )
    both = (
        "Pick a free device name, or detach what holds this one." if free else "Detach what holds this one."
    )
    pair = case.world.pairs.get(holder.pair_id)
    return detach_first(case, pair, both, pick) if pair else (Advice(pick),)


def _sides(found: str, wanted: str) -> RuleAnswer:
    if found == wanted:
        return None
    remedy = "Read again; if it stays so, ask the provider: a switch did not end cleanly."
    return f"production at {found or 'no site'}", f"production at {wanted or 'no site'}", remedy


@dataclass(frozen=True, slots=True)
class _Told:
    """What both servers of an instance tell: that one was not seen, which are full, whose free slots were not
    read, that a disk has no device name, and how many more disks they take by the listing alone.
    """

    unseen: NotRead | None
    full: tuple[str, ...]
    slotless: tuple[str, ...]
    nameless: NotRead | None
    room: int


def _told(world: devices.DeviceReading, instance: ProtectedInstance) -> _Told:
    """What the servers tell, worked out once per reading."""
    facts = world.memo.get((_Told, instance.id))
    if not isinstance(facts, _Told):
        facts = world.memo[_Told, instance.id] = _asked(world, instance)
    return facts


def _asked(world: devices.DeviceReading, instance: ProtectedInstance) -> _Told:
    servers, names = devices.servers_of(world, instance), devices.names_on(world, instance)
    virtio = names.prefix.value == "vd"
    held = [
        (server, disk, devices.device_of(world, server, disk)) for server in servers for disk in server.disks
    ]
    listed = len(servers) == len(instance.server_ids) and not any(each.unknown for each in servers)
    known = listed and virtio and all(devices.parse(device) for _, _, device in held)
    mute = (
        NotRead(f"disk {disk.disk_id} on server {server.name} tells no device name")
        for server, disk, device in held
        if not device
    )
    return _Told(
        unseen_of(instance, world.servers),
        tuple(each.name for each in servers if each.slots and _left(each.slots, virtio) <= 0),
        tuple(each.name for each in servers if each.slots is None),
        next(mute, None),
        ROOMY - len(names.taken) if known else 0,
    )


def _slotless(told: _Told) -> NotRead | None:
    if not told.slotless or told.room > 0:
        return None
    return NotRead(f"the free slots of {first_few(told.slotless)} were not read")


def to_look_into(changes: Iterable[Change], reading: Inventory) -> list[str]:
    """The instances (ids) whose servers have to tell their block devices before these changes are judged."""
    wanted = Counter(each.instance_id for each in changes if each.operation is Operation.ATTACH_PAIR)
    known = {key: reading.instances[key] for key in wanted if key in reading.instances}
    return [key for key, instance in known.items() if _told(reading, instance).room < wanted[key]]


def _left(slots: FreeSlots, virtio: bool) -> int:
    return min(slots.disks, slots.virtio) if virtio else slots.disks


def _such_as(case: Case) -> str:
    offer = devices.assign(case.world, case.instance, case.pair).device
    return f" such as {offer}" if offer and not devices.same_slot(offer, case.change.device) else ""


def _group_name(case: Case, group_id: str) -> str:
    group = case.world.groups.get(group_id)
    return group.name if group else group_id


def _instance_name(case: Case, instance_id: str) -> str:
    instance = case.world.instances.get(instance_id)
    return instance.name if instance else instance_id
