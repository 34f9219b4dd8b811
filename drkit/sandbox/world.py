"""The one world of the practice range: what is in it, an agenda, and ids that repeat for a seed.

What is here: how things are found, added and removed. What is not allowed here: knowing what a request
looks like.

`World.now` is simulated time, which runs `speed` times as fast as the clock on the wall; `World.wall` is not
sped up and counts for what clients compare with their own clock (tokens, signature dates). Both are seconds
since the epoch, UTC.
"""

from __future__ import annotations

import hashlib
import heapq
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from drkit.sandbox.things import (
    Account,
    Disk,
    Drill,
    Failure,
    Fault,
    Group,
    Instance,
    Job,
    Json,
    Pair,
    Server,
    Token,
    Vpc,
)

FREE_ADDRESSES = "free_addresses"
"""Among the facts of a world: the public addresses that lead nowhere, and since when."""


@dataclass
class World:
    """Everything that exists, and what will happen to it by itself."""

    seed: int = 0
    name: str = "empty"
    now: float = 0.0
    wall: float = 0.0
    counter: int = 0
    requests: int = 0
    account: Account = field(default_factory=Account)
    zones: list[str] = field(default_factory=lambda: ["sandbox-1a", "sandbox-1b", "sandbox-1c"])
    dark: list[str] = field(default_factory=list)
    quotas: dict[str, int] = field(
        default_factory=lambda: {"server_groups": 10, "replications": 100, "disaster_recovery_drills": 10}
    )
    vpcs: dict[str, Vpc] = field(default_factory=dict)
    groups: dict[str, Group] = field(default_factory=dict)
    instances: dict[str, Instance] = field(default_factory=dict)
    pairs: dict[str, Pair] = field(default_factory=dict)
    servers: dict[str, Server] = field(default_factory=dict)
    disks: dict[str, Disk] = field(default_factory=dict)
    drills: dict[str, Drill] = field(default_factory=dict)
    jobs: dict[str, Job] = field(default_factory=dict)
    live: list[str] = field(default_factory=list)
    failures: dict[str, Failure] = field(default_factory=dict)
    tokens: dict[str, Token] = field(default_factory=dict, repr=False)
    faults: dict[str, Fault] = field(default_factory=dict)
    agenda: list[tuple[float, int, str, Json]] = field(default_factory=list)
    facts: dict[str, Json] = field(default_factory=dict)

    def used(self, quota: str) -> int:
        """How many things there are that count against a quota; of what is not kept here, as many as were
        read where the world is a copy.
        """
        kept = {"server_groups": "groups", "replications": "pairs", "disaster_recovery_drills": "drills"}
        if quota in kept:
            return len(getattr(self, kept[quota]))
        used: int = self.facts.get("used", {}).get(quota, 0)
        return used

    def digest(self, what: str) -> str:
        """64 hex digits that depend on the seed, how many were drawn before, and `what`."""
        self.counter += 1
        return hashlib.sha256(f"{self.seed}:{self.counter}:{what}".encode()).hexdigest()

    def new_id(self, what: str) -> str:
        """A new id in the form of a UUID."""
        raw = self.digest(what)
        return f"{raw[:8]}-{raw[8:12]}-4{raw[13:16]}-a{raw[17:20]}-{raw[20:32]}"

    def chance(self) -> float:
        """A number in [0, 1) that repeats for a seed."""
        return int(self.digest("chance")[:12], 16) / float(1 << 48)

    def later(self, seconds: float, event: str, details: Json) -> None:
        """Let `event` happen in `seconds` of simulated time."""
        self.counter += 1
        heapq.heappush(self.agenda, (self.now + seconds, self.counter, event, details))

    def advance(self, now: float, happen: Callable[[World, str, Json], None]) -> None:
        """Move simulated time on to `now`; what falls due happens in order, each at its own time."""
        while self.agenda and self.agenda[0][0] <= now:
            due, _, event, details = heapq.heappop(self.agenda)
            self.now = max(self.now, due)
            happen(self, event, details)
        self.now = max(self.now, now)

    def production_server(self, instance: Instance) -> str:
        """The id of the server at the current production site."""
        return instance.source_server if self._at_source(instance) else instance.target_server

    def dr_server(self, instance: Instance) -> str:
        """The id of the server at the current DR site."""
        return instance.target_server if self._at_source(instance) else instance.source_server

    def _at_source(self, instance: Instance | Pair) -> bool:
        return self.groups[instance.group_id].priority == "source"

    def production_disk(self, pair: Pair) -> str:
        """The id of the disk at the current production site."""
        return pair.source_disk if self._at_source(pair) else pair.target_disk

    def servers_of(self, instance: Instance) -> list[Server]:
        """Both servers of an instance, as far as they still exist."""
        return self._known(self.servers, (instance.source_server, instance.target_server))

    def disks_of(self, pair: Pair) -> list[Disk]:
        """Both disks of a pair, as far as they still exist."""
        return self._known(self.disks, (pair.source_disk, pair.target_disk))

    @staticmethod
    def _known(things: dict[str, Json], ids: Iterable[str]) -> list[Json]:
        return [things[id_] for id_ in ids if id_ in things]

    def attach_disk(self, server: Server, disk: Disk, device: str) -> None:
        """Attach a disk to a server, on both sides of the record."""
        server.disks[disk.id] = device
        disk.servers[server.id] = device
        disk.updated = self.now

    def detach_disk(self, server: Server, disk: Disk) -> None:
        """Detach a disk from a server, on both sides of the record."""
        server.disks.pop(disk.id, None)
        disk.servers.pop(server.id, None)
        disk.updated = self.now

    def drop_server(self, server: Server) -> None:
        """Remove a server; its disks stay, detached, and its public addresses lead nowhere."""
        free = {each: self.now for nic in server.nics for each in nic.floating}
        if free and server.id in self.servers:
            self.facts.setdefault(FREE_ADDRESSES, {}).update(free)
        for disk in self._known(self.disks, list(server.disks)):
            self.detach_disk(server, disk)
        self.servers.pop(server.id, None)

    def drop_disk(self, disk: Disk) -> None:
        """Remove a disk from every server and from the world."""
        for server in self._known(self.servers, list(disk.servers)):
            self.detach_disk(server, disk)
        self.disks.pop(disk.id, None)

    def join(self, instance: Instance, pair: Pair, device: str) -> None:
        """Record that a pair is attached to an instance."""
        instance.devices[pair.id] = device
        pair.devices[instance.id] = device

    def part(self, instance: Instance, pair: Pair) -> None:
        """Forget that a pair is attached to an instance."""
        instance.devices.pop(pair.id, None)
        pair.devices.pop(instance.id, None)
