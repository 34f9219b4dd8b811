"""Which servers of a project can be protected, which are already, and why the others cannot be. Pure.

One pass over all of them, for a list may have thousands: what the rules of creating an instance say of a
server by itself, whatever group it would come into. `tests/rules` hold both against each other.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from drkit.model import Disk, Inventory, Server, ServerStatus
from drkit.rules.protecting import UNPAIRED_TYPES, boots
from drkit.showing import first_few


class Protectable(StrEnum):
    """Whether a server can be protected; UNKNOWN where not all that decides was read."""

    YES = "can be protected"
    ALREADY = "is protected"
    NO = "cannot be protected"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A server, whether it can be protected, why not; `disks` are those that come along, as far as read."""

    server: Server
    verdict: Protectable
    reasons: tuple[str, ...] = ()
    disks: tuple[Disk, ...] = ()

    @property
    def size_gb(self) -> int:
        """How much is replicated for it."""
        return sum(each.size_gb for each in self.disks)


def candidates(inventory: Inventory) -> tuple[Candidate, ...]:
    """Every server of the reading: those that can be protected first, then by name."""
    judged = _Judge(inventory)
    order = list(Protectable)
    found = map(judged.of, inventory.servers.values())
    return tuple(
        sorted(found, key=lambda each: (order.index(each.verdict), each.server.name, each.server.id))
    )


class _Judge:
    """What has to be looked up for each server, indexed once."""

    def __init__(self, inventory: Inventory) -> None:
        self._disks, self._whole = inventory.disks, inventory.whole
        self._partly = bool(inventory.of_groups)
        self._held = {
            key: f"{each.name} of {_group(inventory, each.group_id)}"
            for each in inventory.instances.values()
            for key in each.server_ids
        }
        self._paired = {key: each.name for each in inventory.pairs.values() for key in each.disk_ids}
        self._drilled = {key: each.name for each in inventory.drills.values() for _, key in each.servers}

    def of(self, server: Server) -> Candidate:
        """One server's verdict."""
        read = (self._disks.get(each.disk_id) for each in server.disks)
        disks = tuple(disk for disk in read if disk)
        if server.id in self._held:
            return Candidate(
                server, Protectable.ALREADY, (f"it is a server of {self._held[server.id]}",), disks
            )
        if against := tuple(self._against(server, disks)):
            return Candidate(server, Protectable.NO, against, disks)
        if unread := tuple(self._unread(server, disks)):
            return Candidate(server, Protectable.UNKNOWN, unread, disks)
        return Candidate(server, Protectable.YES, (), disks)

    def _against(self, server: Server, disks: tuple[Disk, ...]) -> Iterator[str]:
        if server.id in self._drilled:
            yield f"it is a server of the drill {self._drilled[server.id]}, and goes with it"
        if server.status not in {ServerStatus.ACTIVE, ServerStatus.SHUTOFF}:
            yield f"it is {server.status}, and not ACTIVE or SHUTOFF [SDRS.1333]"
        if not boots(server) and not (server.disks and not server.root_device):
            yield "it has no system disk [SDRS.1339]"
        faults: Mapping[str, list[str]] = {
            "shared, to be paired by themselves [SDRS.1806]": [each.name for each in disks if each.shared],
            "encrypted [SDRS.1802]": [each.name for each in disks if each.encrypted],
            "of a type that is not replicated [SDRS.1806]": [
                f"{each.name} ({each.disk_type})" for each in disks if each.disk_type in UNPAIRED_TYPES
            ],
            "in another zone [SDRS.1810]": [each.name for each in disks if each.zone != server.zone],
            "in a pair already [SDRS.1811]": [each.name for each in disks if each.id in self._paired],
        }
        for words, names in faults.items():
            if names:
                yield f"disks that are {words}: {first_few(names)}"

    def _unread(self, server: Server, disks: tuple[Disk, ...]) -> Iterator[str]:
        if len(disks) < len(server.disks):
            yield "not all of its disks were read"
        if not all(each.disk_type for each in disks):
            yield "the type of its disks is not told"
        if not boots(server):
            yield "what it boots from is not told"
        if not server.vpc_id:
            yield "its network is not told"
        if self._partly:
            yield "the instances and pairs of other groups were not read"


def _group(inventory: Inventory, group_id: str) -> str:
    group = inventory.groups.get(group_id)
    return group.name if group else "a group that is not listed"
