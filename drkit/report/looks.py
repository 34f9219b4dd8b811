"""What the state of a group, an instance or a pair means: by all that was told of it, not by its word alone.

A group that is protected is in order only where everything in it is; what was not told is not known.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drkit.model import Inventory, ProtectedInstance, ProtectionGroup, ReplicationPair, ReplicationStatus
from drkit.showing import Look, look

NOT_JUDGED: Mapping[str, str] = {}
WORDS = {
    Look.SOUND: "in order",
    Look.EXPOSED: "unprotected",
    Look.MOVING: "in transition",
    Look.TROUBLE: "in trouble",
    Look.UNKNOWN: "not known",
    Look.RESTING: "at rest",
}
"""What the signs and colours of groups, instances and pairs stand for."""

WORST_FIRST = (Look.TROUBLE, Look.UNKNOWN, Look.EXPOSED, Look.MOVING, Look.SOUND)
_COPIED: Mapping[str, Look] = {
    ReplicationStatus.ACTIVE: Look.SOUND,
    ReplicationStatus.COPYING: Look.MOVING,
    ReplicationStatus.INACTIVE: Look.EXPOSED,
    ReplicationStatus.ACTIVE_STOPPED: Look.EXPOSED,
}


def look_of_pair(pair: ReplicationPair) -> Look:
    """Of a pair: in order where it is protected, synchronised and without a fault."""
    if pair.fault_level not in {"", "0"}:
        return Look.TROUBLE
    meaning = look(pair.status)
    return _COPIED.get(pair.replication_status, Look.UNKNOWN) if meaning is Look.SOUND else meaning


def look_of_instance(instance: ProtectedInstance) -> Look:
    """Of an instance: in order where it is protected."""
    return look(instance.status)


def look_of_group(inventory: Inventory, group: ProtectionGroup, readiness: str = "") -> Look:
    """Of a group: that of its status, unless what is in it is worse, or its `readiness` is.

    `readiness` is the group's word where it was judged. What is in the group is left out where none of it
    was read, as in a list of groups to choose from.
    """
    own, pairs = look(group.status), inventory.pairs_of(group.id)
    if own is Look.SOUND and group.health_status not in {"", "normal"}:
        own = Look.TROUBLE
    if own is Look.SOUND and (group.replication_status or not pairs):  # else the pairs tell it
        own = _COPIED.get(group.replication_status, Look.UNKNOWN)
    inside = {look_of_pair(pair) for pair in pairs}
    inside |= {look_of_instance(instance) for instance in inventory.instances_of(group.id)}
    if own is not Look.SOUND:
        return Look.TROUBLE if Look.TROUBLE in inside else own
    inside.add({"not ready": Look.TROUBLE, "not known": Look.UNKNOWN}.get(readiness, Look.SOUND))
    return worst({own, *inside})


def worst(looks: set[Look]) -> Look:
    """The one that needs attention most; `Look.SOUND` of none."""
    return next((each for each in WORST_FIRST if each in looks), Look.SOUND)


@dataclass(frozen=True, slots=True)
class GroupLine:
    """A group as it is drawn: what it means, and how many of its instances and pairs mean what."""

    group: ProtectionGroup
    name: str
    meaning: Look
    readiness: str
    instances: Counter[Look]
    pairs: Counter[Look]

    @property
    def direction(self) -> tuple[str, str]:
        """From which zone to which one it is copied; empty where that is not known."""
        return self.group.production_zone, self.group.dr_zone


def group_lines(
    inventory: Inventory, groups: Iterable[ProtectionGroup], readiness: Mapping[str, str] = NOT_JUDGED
) -> list[GroupLine]:
    """The groups as they are drawn, those that need attention first, then by name.

    `readiness` has the word of each group that was judged, by id.
    """
    lines = [_group_line(inventory, group, readiness.get(group.id, "")) for group in groups]
    return sorted(lines, key=lambda line: (WORST_FIRST.index(line.meaning), line.name, line.group.id))


def _group_line(inventory: Inventory, group: ProtectionGroup, readiness: str) -> GroupLine:
    return GroupLine(
        group,
        inventory.called(group.id),
        look_of_group(inventory, group, readiness),
        readiness,
        Counter(map(look_of_instance, inventory.instances_of(group.id))),
        Counter(map(look_of_pair, inventory.pairs_of(group.id))),
    )


def meanings(looks: Mapping[Look, int]) -> str:
    """How many mean what, the worst first: "1 in trouble, 4 in order"."""
    return ", ".join(f"{looks[each]:,} {WORDS[each]}" for each in WORST_FIRST if looks.get(each))
