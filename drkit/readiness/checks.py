"""The checks of a group's readiness: each gives what it saw, and never ok for what is not known (pure)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from drkit.model import (
    GroupStatus,
    InstanceStatus,
    Inventory,
    Phase,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
)
from drkit.readiness.known import Known
from drkit.readiness.proofs import ThingProof
from drkit.showing import count, first_few


class CheckState(StrEnum):
    """How a check came out."""

    OK = "ok"
    WARNING = "warning"
    FAILING = "failing"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What is still right: days since the last drill, minutes that a thing may be moving, and the share of a
    quota that may be used."""

    drill_days: int = 90
    moving_minutes: int = 30
    quota_share: float = 0.9


USUAL = Thresholds()
THREE_MONTHS = 90
"""Days after which the service counts a group as one without a drill; its months may have two days more."""


@dataclass(frozen=True, slots=True)
class Check:
    """One check of one group: what was seen (`value`), why it is not ok, what to do, since when it is so."""

    name: str
    state: CheckState
    value: str
    why: str = ""
    to_do: str = ""
    since: datetime | None = None


@dataclass(frozen=True, slots=True)
class Looked:
    """What the checks of one group look at."""

    group: ProtectionGroup
    inventory: Inventory
    known: Known
    thresholds: Thresholds
    proof: ThingProof

    @property
    def instances(self) -> tuple[ProtectedInstance, ...]:
        """The group's instances."""
        return self.inventory.instances_of(self.group.id)

    @property
    def pairs(self) -> tuple[ReplicationPair, ...]:
        """The group's pairs."""
        return self.inventory.pairs_of(self.group.id)

    def sides(self) -> Iterator[tuple[ProtectedInstance, Server | None, Server | None]]:
        """Each instance with its production server and its DR server, as far as they were read."""
        servers = self.inventory.servers
        for each in self.instances:
            yield each, servers.get(each.production_server_id), servers.get(each.dr_server_id)

    @property
    def things(self) -> tuple[ProtectionGroup | ProtectedInstance | ReplicationPair, ...]:
        """The group, its instances and its pairs."""
        return (self.group, *self.instances, *self.pairs)


def _ok(value: str, since: datetime | None = None) -> "Answer":
    return CheckState.OK, value, "", "", since


def _unknown(
    value: str, why: str, to_do: str = "Read again; if it stays so, look in the console."
) -> "Answer":
    return CheckState.UNKNOWN, value, why, to_do, None


Answer = tuple[CheckState, str, str, str, datetime | None]
CHECKS: dict[str, Callable[[Looked], Answer]] = {}
"""The checks by name, the most urgent first: what fails first is done first."""


def _check(name: str) -> Callable[[Callable[[Looked], Answer]], Callable[[Looked], Answer]]:
    def add(function: Callable[[Looked], Answer]) -> Callable[[Looked], Answer]:
        CHECKS[name] = function
        return function

    return add


def checks(looked: Looked) -> tuple[Check, ...]:
    """Every check of a group."""
    return tuple(Check(name, *ask(looked)) for name, ask in CHECKS.items())


@_check("both sides running")
def _both_running(looked: Looked) -> Answer:
    both, unread = [], []
    for instance, production, dr in looked.sides():
        statuses = [each.status if each else ServerStatus.UNKNOWN for each in (production, dr)]
        if statuses == [ServerStatus.ACTIVE, ServerStatus.ACTIVE]:
            both.append(instance.name)
        elif ServerStatus.UNKNOWN in statuses or any(each.phase is Phase.UNKNOWN for each in statuses):
            unread.append(instance.name)
    if both:
        why = f"Production and DR server both run: {first_few(both)}."
        return CheckState.FAILING, f"{len(both)}", why, "Stop the server that must not work now.", None
    if unread:
        return _unknown(
            f"{len(unread)} not known", f"Whether both servers run is not known: {first_few(unread)}."
        )
    return _ok("none")


@_check("status")
def _status(looked: Looked) -> Answer:
    group = looked.group
    broken = [each for each in looked.things if each.status.phase is Phase.BROKEN]
    if broken:
        told = first_few(f"{each.name} is {each.status}" for each in broken)
        to_do = "See the ways out of the group, and the failed tasks."
        return CheckState.FAILING, str(group.status), f"In trouble: {told}.", to_do, broken[0].updated_at
    unknown = [each for each in looked.things if each.status.phase is Phase.UNKNOWN]
    if unknown:
        strange = first_few(f"{each.name} ({each.status})" for each in unknown)
        return _unknown(str(group.status), f"drkit does not know the status of {strange}.")
    return _ok(str(group.status), group.updated_at)


@_check("protection")
def _protection(looked: Looked) -> Answer:
    group = looked.group
    if group.status == GroupStatus.PROTECTED:
        return _ok("on", group.updated_at)
    if group.status == GroupStatus.AVAILABLE:
        why = "Protection is off: nothing is copied to the DR site."
        return CheckState.FAILING, "off", why, "Enable protection.", group.updated_at
    if group.status == GroupStatus.FAILED_OVER:
        why = "The group was failed over and is not protected since."
        return CheckState.FAILING, "failed over", why, "Re-protect the group.", group.updated_at
    if group.status.phase is Phase.MOVING:
        why, to_do = f"The group is {group.status}.", "Wait until that is done."
        return CheckState.WARNING, str(group.status), why, to_do, group.updated_at
    if group.status.phase is Phase.UNKNOWN:
        return _unknown("not known", f"drkit does not know the status {group.status}.")
    why = f"In the status {group.status} the group is not protected."
    return CheckState.FAILING, "off", why, "Take one of the ways out of the group.", group.updated_at


@_check("moving for long")
def _moving(looked: Looked) -> Answer:
    limit = timedelta(minutes=looked.thresholds.moving_minutes)
    moving = [each for each in looked.things if each.status.phase is Phase.MOVING]
    long = [each for each in moving if (at := each.updated_at) and looked.inventory.read_at - at > limit]
    if long:
        told = first_few(f"{each.name} is {each.status}" for each in long)
        why = f"For more than {looked.thresholds.moving_minutes} min: {told}."
        return (
            CheckState.WARNING,
            f"{len(long)}",
            why,
            "See its job, and the failed tasks.",
            long[0].updated_at,
        )
    if untold := [each.name for each in moving if each.updated_at is None]:
        return _unknown(f"{len(moving)} moving", f"Since when is not known of {first_few(untold)}.")
    return _ok(f"{len(moving)} moving" if moving else "none")


@_check("server or disk gone")
def _gone(looked: Looked) -> Answer:
    inventory = looked.inventory
    gone = [f"a server of {each.name}" for each in looked.instances if each.status == InstanceStatus.INVALID]
    if "servers" in inventory.whole:
        gone += [
            f"a server of {each.name}"
            for each in looked.instances
            if each.status != InstanceStatus.INVALID
            and any(key not in inventory.servers for key in each.server_ids)
        ]
    if "disks" in inventory.whole:
        gone += [
            f"a disk of {each.name}"
            for each in looked.pairs
            if any(key not in inventory.disks for key in each.disk_ids)
        ]
    if gone:
        to_do = "Delete what is invalid from the group and protect its server anew."
        return CheckState.FAILING, f"{len(gone)}", f"Not there any more: {first_few(gone)}.", to_do, None
    if missing := {"servers", "disks"} - inventory.whole:
        return _unknown("not known", f"Not all {' and '.join(sorted(missing))} of the project were read.")
    half = [each.name for each in looked.instances if len(each.server_ids) < 2]
    half += [each.name for each in looked.pairs if len(each.disk_ids) < 2]
    if half:
        return _unknown("not known", f"Not both sides are told of {first_few(half)}.")
    return _ok("none")


@_check("fault level")
def _faults(looked: Looked) -> Answer:
    faulty = [each for each in looked.pairs if each.fault_level not in ("", "0")]
    if faulty:
        told = first_few(f"{each.name} ({each.fault_level})" for each in faulty)
        to_do = "2: the zone cannot be reached; 5: the link is broken. Ask the provider; see the ways out."
        return CheckState.FAILING, f"{len(faulty)} pairs", f"At fault: {told}.", to_do, faulty[0].updated_at
    if untold := [each.name for each in looked.pairs if not each.fault_level]:
        return _unknown(f"{len(untold)} not known", f"The fault level is not known of {first_few(untold)}.")
    return _ok("0")


@_check("synchronised")
def _synchronised(looked: Looked) -> Answer:
    pairs, wanted = looked.pairs, ReplicationStatus
    if not pairs:
        why, to_do = (
            "There is no pair in the group: no data is copied.",
            "Create pairs, or protect the servers.",
        )
        return CheckState.FAILING, "no pairs", why, to_do, None
    if looked.group.status in (GroupStatus.AVAILABLE, GroupStatus.FAILED_OVER):
        why, to_do = f"In the status {looked.group.status} nothing is copied.", "Protect the group first."
        return CheckState.FAILING, "nothing is copied", why, to_do, looked.group.updated_at
    share = (
        f"{sum(each.replication_status == wanted.ACTIVE for each in pairs)} of {count(len(pairs), 'pair')}"
    )
    still = [each for each in pairs if each.replication_status in (wanted.INACTIVE, wanted.ACTIVE_STOPPED)]
    if still:
        why = f"Not copied: {first_few(each.name for each in still)}."
        to_do = "Enable protection, or see the fault level of these pairs."
        return CheckState.FAILING, share, why, to_do, still[0].updated_at
    untold = [each.name for each in pairs if each.replication_status not in (wanted.ACTIVE, wanted.COPYING)]
    if untold:
        return _unknown(share, f"The synchronisation is not known of {first_few(untold)}.")
    copying = [each for each in pairs if each.replication_status == wanted.COPYING]
    if copying:
        told = first_few(f"{each.name} ({each.progress} %)" for each in copying)
        return CheckState.WARNING, share, f"Still copied: {told}.", "Wait until they are synchronised.", None
    return _ok(share)


@_check("power")
def _power(looked: Looked) -> Answer:
    wrong, unread = [], []
    for instance, production, dr in looked.sides():
        for side, server, right in (
            ("production", production, ServerStatus.ACTIVE),
            ("DR", dr, ServerStatus.SHUTOFF),
        ):
            if server is None or server.status.phase is Phase.UNKNOWN:
                unread.append(f"{side} server of {instance.name}")
            elif server.status != right:
                wrong.append(f"{side} server of {instance.name} is {server.status}")
    if wrong:
        to_do = "Production runs and the DR side is off in a protected group: start or stop what is not so."
        return CheckState.WARNING, f"{len(wrong)} wrong", f"{first_few(wrong)}.", to_do, None
    if unread:
        return _unknown(f"{len(unread)} not known", f"Not known is the state of the {first_few(unread)}.")
    return _ok("as it has to be")


@_check("pairs not attached")
def _loose(looked: Looked) -> Answer:
    loose = [each for each in looked.pairs if not looked.inventory.attachments_of(each.id)]
    untold = [each.name for each in loose if "attachment" in each.unknown]
    if untold:
        return _unknown(
            f"{len(untold)} not known", f"Where it is attached is not known of {first_few(untold)}."
        )
    if loose:
        why = f"Copied, but on no server: {first_few(each.name for each in loose)}."
        return CheckState.WARNING, f"{len(loose)}", why, "Attach them with 20_attach_pairs.", None
    return _ok("none")


@_check("instances without pairs")
def _bare(looked: Looked) -> Answer:
    if not looked.instances:
        why, to_do = "There is no instance in the group: no server would start.", "Protect servers in it."
        return CheckState.FAILING, "no instances", why, to_do, None
    bare = [each for each in looked.instances if not looked.inventory.attachments_on(each.id)]
    if untold := [each.name for each in bare if "attachment" in each.unknown]:
        return _unknown(f"{len(untold)} not known", f"What is attached is not known of {first_few(untold)}.")
    if bare:
        why = f"No disk of theirs is copied: {first_few(each.name for each in bare)}."
        return CheckState.WARNING, f"{len(bare)}", why, "Create or attach pairs for their disks.", None
    return _ok("none")


def _replicated(inventory: Inventory) -> set[str]:
    """The ids of all disks that pairs hold, worked out once for a reading."""
    disks = inventory.memo.get(_replicated)
    if not isinstance(disks, set):
        disks = {key for pair in inventory.pairs.values() for key in pair.disk_ids}
        inventory.memo[_replicated] = disks
    return disks


@_check("disks that nobody replicates")
def _unreplicated(looked: Looked) -> Answer:
    copied = _replicated(looked.inventory)
    loose, unread = [], []
    for instance, production, _ in looked.sides():
        if production is None or _vague(production, "os-extended-volumes:volumes_attached"):
            unread.append(instance.name)
            continue
        loose += [
            f"{production.name} {each.device or each.disk_id}"
            for each in production.disks
            if each.disk_id not in copied
        ]
    if loose:
        to_do = "Create pairs for them, or know that they stay behind."
        return CheckState.WARNING, f"{len(loose)}", f"Would be missing: {first_few(loose)}.", to_do, None
    if unread:
        return _unknown(f"{len(unread)} not known", f"The disks are not known of {first_few(unread)}.")
    return _ok("none")


def _vague(server: Server, key: str) -> bool:
    return any(each.startswith(key) for each in server.unknown)


@_check("DR flavor")
def _flavor(looked: Looked) -> Answer:
    smaller, unread = [], []
    for instance, production, dr in looked.sides():
        if production and dr and production.flavor and production.flavor == dr.flavor:
            continue
        sizes = [
            (each.vcpus, each.ram_mib) if each and each.vcpus and each.ram_mib else None
            for each in (production, dr)
        ]
        if None in sizes or not production or not dr:
            unread.append(instance.name)
        elif dr.vcpus < production.vcpus or dr.ram_mib < production.ram_mib:  # type: ignore[operator]  # none is None
            smaller.append(f"{instance.name} ({production.flavor} at production, {dr.flavor} at the DR site)")
    if smaller:
        to_do = "Resize the DR servers, or know that they are slower."
        return CheckState.WARNING, f"{len(smaller)} smaller", f"Smaller: {first_few(smaller)}.", to_do, None
    if unread:
        return _unknown(f"{len(unread)} not known", f"The flavors are not known of {first_few(unread)}.")
    return _ok("not smaller")


@_check("last drill")
def _last_drill(looked: Looked) -> Answer:
    group, days = looked.group, looked.thresholds.drill_days
    drills = [each.created_at for each in looked.inventory.drills_of(group.id) if each.created_at]
    runs = [each.ended_at for each in looked.known.of(group.id) if each.to_the_end and each.proves]
    last = max((*drills, *runs), default=None)
    if last and (looked.known.now - last).days <= days:
        return _ok(f"{last:%Y-%m-%d}", last)
    if days >= THREE_MONTHS and _drilled_by_its_word(looked):
        return _ok("within three months, as the service counts")
    if not looked.known.journal_read or not _drills_read(looked):
        return _unknown("not known", "Not all drills and runs could be read.")
    value = f"{last:%Y-%m-%d}" if last else "none known"
    why = f"No rehearsal is known of the last {days} days: no run of drkit, no drill that is still there."
    return CheckState.WARNING, value, why, "Rehearse it with 30_dr_drill.", last


def _drilled_by_its_word(looked: Looked) -> bool:
    """Whether the service counts a drill in the last three months, also one that is gone by now.

    Of a group that is younger it may count the making of the group: that proves nothing.
    """
    inventory, group = looked.inventory, looked.group
    young = group.created_at is None or (looked.known.now - group.created_at).days <= 2 + THREE_MONTHS
    return "undrilled" in inventory.whole and group.id not in inventory.undrilled and not young


def _drills_read(looked: Looked) -> bool:
    inventory = looked.inventory
    return "drills" in inventory.whole or looked.group.id in inventory.of_groups


@_check("proof")
def _proof(looked: Looked) -> Answer:
    proof = looked.proof
    if proof.state == "not known":
        return _unknown("not known", proof.why)
    if proof.state == "proven" and proof.by and proof.by.holds is False:
        why, to_do = f"The record of {proof.by.name} does not hold.", f"See drkit verify {proof.by.run_id}."
        return CheckState.FAILING, "record does not hold", why, to_do, proof.at
    if proof.state == "proven":
        return _ok(f"proven by {proof.by.name}" if proof.by else "proven", proof.at)
    return CheckState.WARNING, proof.state, proof.why, "Rehearse it anew.", proof.at


@_check("quotas")
def _quotas(looked: Looked) -> Answer:
    if "quotas" not in looked.inventory.whole:
        return _unknown("not known", "The quotas were not read.")
    share = looked.thresholds.quota_share
    near = [each for each in looked.inventory.quotas.values() if each.used >= share * each.limit]
    if near:
        told = first_few(f"{each.type} {each.used} of {each.limit}" for each in near)
        to_do = "Delete what is not needed, or ask the provider for more."
        return CheckState.WARNING, f"{len(near)} near the end", f"Used: {told}.", to_do, None
    return _ok("enough left")


@_check("failed tasks")
def _failed_tasks(looked: Looked) -> Answer:
    inventory = looked.inventory
    mine = {each.id for each in looked.things}
    found = [
        each
        for each in inventory.failed_tasks.values()
        if each.group_id == looked.group.id or each.resource_id in mine
    ]
    if found:
        told = first_few(
            f"{each.failure_status} of {each.resource_name} ({each.error_code})" for each in found
        )
        to_do = "See to their cause, then clear them in the console."
        oldest = min((each.begin_at for each in found if each.begin_at), default=None)
        return CheckState.WARNING, f"{len(found)}", f"Nobody cleared: {told}.", to_do, oldest
    if "failed_tasks" not in inventory.whole:
        return _unknown("not known", "The failed tasks were not read.")
    return _ok("none")


@_check("lease")
def _lease(looked: Looked) -> Answer:
    held = [each for each in looked.known.held if each.group_id == looked.group.id]
    if not looked.known.journal_read:
        return _unknown("not known", "The journal could not be read.")
    if gone := [each for each in held if each.gone]:
        to_do = "Go on with that run, or close it: drkit close."
        why = f"A run that nobody drives any more holds the group: {gone[0].sentence}."
        return CheckState.WARNING, "dead holder", why, to_do, None
    return _ok("held by a run" if held else "free")
