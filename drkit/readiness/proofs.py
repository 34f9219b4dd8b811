"""What a rehearsal proved of groups, instances and pairs, and what made the proof expire (pure).

A proof rests on what was read at the end of the rehearsal. What changed since in the thing, or in what it is
made of, ends it; states and switches do not: they are what was rehearsed.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Literal, Self

from drkit.model import Attachment, Inventory, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.readiness.changes import Difference, differences
from drkit.readiness.known import Known, Rehearsal

ProofState = Literal["proven", "expired", "never proven", "not known"]
Subject = tuple[str, str]
"""The kind of a thing ("groups", "instances", "pairs") and its id."""

_MATTERS = {
    "groups": {"source_zone", "target_zone", "domain_id", "source_vpc_id", "target_vpc_id"},
    "instances": {"source_server_id", "target_server_id"},
    "pairs": {"size_gb", "disk_type", "shared", "source_disk_id", "target_disk_id", "attachments"},
    "servers": {"flavor", "zone", "vpc_id", "security_groups", "disks"},
}
"""What of a thing a rehearsal rested on."""


@dataclass(frozen=True, slots=True)
class ThingProof:
    """Whether a thing is proven, by which rehearsal, and why not any more; `why` is empty where it is."""

    kind: str
    id: str
    name: str
    group_id: str
    state: ProofState
    by: Rehearsal | None
    why: str

    @property
    def at(self) -> datetime | None:
        """When the rehearsal ended."""
        return self.by.ended_at if self.by else None


def proofs(inventory: Inventory, known: Known) -> tuple[ThingProof, ...]:
    """The proof of every group, and of its instances and pairs."""
    past = cache(lambda by: _Past.of(known, by, inventory))  # a rehearsal may be that of many groups
    return tuple(
        proof for group_id in inventory.groups for proof in _of_a_group(inventory, known, group_id, past)
    )


@dataclass(frozen=True, slots=True)
class _Past:
    """What was there at the end of a rehearsal, and by thing what changed in it since."""

    after: Inventory | None
    against: Mapping[Subject, Sequence[str]]

    @classmethod
    def of(cls, known: Known, by: Rehearsal, now: Inventory) -> Self:
        after = known.after(by.run_id)
        return cls(after, _against(after, now, by) if after else {})


def _of_a_group(
    inventory: Inventory, known: Known, group_id: str, past: Callable[[Rehearsal], _Past]
) -> Iterator[ThingProof]:
    by = next((each for each in known.of(group_id) if each.proves and each.to_the_end), None)
    then = past(by) if by else _Past(None, {})
    things: list[tuple[str, ProtectionGroup | ProtectedInstance | ReplicationPair]]
    things = [("groups", inventory.groups[group_id])]
    things += [("instances", instance) for instance in inventory.instances_of(group_id)]
    things += [("pairs", pair) for pair in inventory.pairs_of(group_id)]
    for kind, thing in things:
        state, why = _judged(kind, thing.id, by, then, known)
        rehearsal = by if state != "never proven" else None
        yield ThingProof(kind, thing.id, thing.name, group_id, state, rehearsal, why)


def _judged(
    kind: str,
    key: str,
    by: Rehearsal | None,
    then: _Past,
    known: Known,
) -> tuple[ProofState, str]:
    if not known.journal_read:
        return "not known", "The journal could not be read."
    if by is None:
        return "never proven", "No rehearsal in the journal was carried out to its end."
    if then.after is None:
        return "not known", f"What was there at {by.name} was not kept."
    if key not in getattr(then.after, kind):
        return "never proven", f"It came after {by.name}."
    if reasons := then.against.get((kind, key)):
        return "expired", f"{'; '.join(reasons)}, after {by.name}."
    return "proven", ""


def _against(after: Inventory, now: Inventory, by: Rehearsal) -> dict[Subject, list[str]]:
    """By thing, what changed in it since the reading at the end of a rehearsal."""
    reasons: defaultdict[Subject, list[str]] = defaultdict(list)
    for drift in differences(after, now):
        if _matters(drift, after, now):
            for subject in dict.fromkeys(_touched(drift, after, now)):
                reasons[subject].append(_dated(drift, now, by))
    return reasons


def _matters(drift: Difference, after: Inventory, now: Inventory) -> bool:
    if drift.kind not in _MATTERS or drift.quiet:
        return False
    if drift.what != "changed":
        return drift.kind != "groups"
    if drift.field not in _MATTERS[drift.kind]:
        return False
    if drift.kind == "servers" and drift.field == "security_groups":  # a switch takes the network cards along
        return _guards(after, drift.id) != _guards(now, drift.id)
    return True


def _guards(inventory: Inventory, server_id: str) -> set[str]:
    """The security groups of both servers of the instance that a server belongs to."""
    instance = _instance_of(inventory, server_id)
    ids = instance.server_ids if instance else (server_id,)
    servers = (inventory.servers[key] for key in ids if key in inventory.servers)
    return {name for server in servers for name in server.security_groups or ()}


def _instance_of(inventory: Inventory, server_id: str) -> ProtectedInstance | None:
    return next((one for one in inventory.instances.values() if server_id in one.server_ids), None)


def _touched(drift: Difference, after: Inventory, now: Inventory) -> Iterator[Subject]:
    """The things whose proof a change ends: the thing, what it is attached to, the group."""
    if drift.kind == "servers":
        if instance := _instance_of(after, drift.id) or _instance_of(now, drift.id):
            yield from (("instances", instance.id), ("groups", instance.group_id))
        return
    yield from ((drift.kind, drift.id), ("groups", drift.group_id))
    if drift.kind == "pairs":
        yield from (("instances", place.instance_id) for place in _places(drift, after, now))


def _places(drift: Difference, after: Inventory, now: Inventory) -> Iterator[Attachment]:
    """Where a pair that changed was or is attached; of a changed attachment only what changed."""
    was, has = after.attachments_of(drift.id), now.attachments_of(drift.id)
    same = set(was) & set(has) if drift.field == "attachments" else set()
    return (place for place in (*was, *has) if place not in same)


def _dated(drift: Difference, now: Inventory, by: Rehearsal) -> str:
    """The change, with its day where the thing tells when it was changed last."""
    thing = getattr(now, drift.kind).get(drift.id)
    at = getattr(thing, "created_at" if drift.what == "added" else "updated_at", None)
    return f"{drift.sentence} on {at:%Y-%m-%d}" if at and at > by.ended_at else drift.sentence
