"""`Client`: the service's operations by name, for one project of one backend."""

from collections.abc import Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from types import TracebackType
from typing import Self
from urllib.parse import quote

from drkit.api import responses, wire
from drkit.api.checks import failing
from drkit.api.practice import PracticeRange
from drkit.api.reading import USUAL, Reader, Scope
from drkit.api.transport import CONNECTIONS, Auth, Transport, answer_of
from drkit.api.wire import Json, Listing, Request, ServiceName
from drkit.clock import Clock
from drkit.errors import InputError, ProfileError
from drkit.model import (
    Backend,
    Change,
    Disk,
    Drill,
    Inventory,
    Job,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    Quota,
    ReplicationPair,
    Server,
    ThingKind,
    WireFields,
)

GroupIds = str | Collection[str]
"""One group's id, several, or none ("") for all groups."""

_VERSIONS: Mapping[ServiceName, str] = {"sdrs": "v1", "ecs": "v1", "evs": "v2"}


class ProjectConnection:
    """The services of one project, signed in; `roots` are their addresses."""

    def __init__(
        self, transport: Transport, auth: Auth, roots: Mapping[ServiceName, str], project_id: str
    ) -> None:
        self._transport, self._auth, self._roots = transport, auth, roots
        self._project = quote(project_id, safe="")

    def ask(self, request: Request) -> Json:
        """Send a request and return the JSON of the answer."""
        return self._transport.send(request, self._base(request.service), self._auth)[0]

    def submit(self, request: Request) -> str:
        """Send a change and return the id of the job that does it."""
        body, answer = self._transport.send(request, self._base(request.service), self._auth)
        return responses.job_id(answer, request, body)

    @property
    def speed(self) -> float:
        """How many seconds passed there in one second here at the last answer: 1 but for a sandbox."""
        return self._transport.speed

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _base(self, service: ServiceName) -> str:
        if service == "sandbox":
            return self._roots["sdrs"]
        if service not in self._roots:
            raise ProfileError(
                f"The address of {service.upper()} is not known: the catalog does not list it here. "
                f"Set DRKIT_{service.upper()}_URL."
            )
        return f"{self._roots[service]}/{_VERSIONS[service]}/{self._project}"


class Client:
    """Reads and changes one project. Thread-safe; close it when done, or use it in a `with`.

    Every method raises ServiceError or one of its kinds when the service refuses, UnavailableError when it
    fails or does not answer, UnreachableError when there is no connection, WireError for an answer that
    is not what the reference says. Reads were tried several times by then.

    `backend` says practice or real, and which project; `speed` how many seconds pass at the service in one
    second here: 1 but for a sandbox; `user` who is signed in at the cloud, empty for an access key and for a
    sandbox's own user.
    """

    def __init__(
        self,
        backend: Backend,
        connection: ProjectConnection,
        clock: Clock,
        *,
        ca_file: str = "",
        user: str = "",
    ) -> None:
        self.backend, self.user = backend, user
        self._connection, self._ca_file = connection, ca_file
        # Reads side by side, as many as there are connections. Only callers' threads hand work to it and wait
        # for it; work in it never does, for a task that waits for the pool could wait for itself. Changes are
        # sent by the thread that calls `submit`.
        self._pool = ThreadPoolExecutor(CONNECTIONS, thread_name_prefix="drkit-read")
        self._reader = Reader(connection.ask, self._pool, clock, backend)

    @property
    def speed(self) -> float:
        """How many seconds pass at the service in one second here; a sandbox may change it at any time."""
        return self._connection.speed if self.backend.practice else 1.0

    def __repr__(self) -> str:
        return f"<Client of {self.backend.label}, project {self.backend.project_id}>"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close all connections; a call after that is an UnreachableError."""
        self._connection.close()  # the pool's idle threads end with the client

    def inventory(
        self,
        group_id: GroupIds = "",
        *,
        block_devices_of: Iterable[str] = (),
        disks: bool = False,
        quotas: bool = False,
        every_drill: bool = False,
        kinds: tuple[ThingKind, ...] = USUAL,
    ) -> Inventory:
        """One consistent reading: groups, instances, pairs, drills, servers; `disks` and `quotas` if asked.

        `group_id` limits instances, pairs and drills to that group or those groups; with `every_drill` the
        drills of the others are there too. Of the instances whose
        ids are in `block_devices_of` both servers get their disks and free slots. `kinds` reads less.
        What contradicts itself is read a second time; what still does then is in `problems`, as is that
        servers, disks or quotas could not be read.
        """
        wanted = (*kinds, "disks") if disks and "disks" not in kinds else kinds
        scope = Scope(wanted, _ids(group_id), tuple(block_devices_of), every_drill, quotas)
        return self._reader.inventory(scope)

    def listing(self, group_id: GroupIds = "", *, kinds: tuple[ThingKind, ...]) -> Inventory:
        """A reading for tables: as `inventory`, with rows in the place of instances, pairs and servers.

        A row has the names of the value that it stands for, but tells its times as texts; rules want values.
        """
        return self._reader.listing(Scope(kinds, _ids(group_id)))

    def groups(self) -> tuple[ProtectionGroup, ...]:
        """All protection groups."""
        return self._reader.listed("groups")

    def instances(self, group_id: GroupIds = "") -> tuple[ProtectedInstance, ...]:
        """The protected instances of a group, of several, or all."""
        return self._reader.listed("instances", _ids(group_id))

    def pairs(self, group_id: GroupIds = "") -> tuple[ReplicationPair, ...]:
        """The replication pairs of a group, of several, or all."""
        return self._reader.listed("pairs", _ids(group_id))

    def pairs_in(self, status: PairStatus) -> tuple[ReplicationPair, ...]:
        """The replication pairs of the project that are in a status: few where it is a moving one."""
        return self._reader.listed("pairs", filters=((("status", status.value),),))

    def pairs_on(self, instance_ids: Iterable[str]) -> tuple[ReplicationPair, ...]:
        """The replication pairs that are attached to any of those instances."""
        return self._reader.listed("pairs", filters=wire.of_instances(instance_ids))

    def drills(self, group_id: GroupIds = "") -> tuple[Drill, ...]:
        """The DR drills of a group, of several, or all."""
        return self._reader.listed("drills", _ids(group_id))

    def servers(self) -> tuple[Server, ...]:
        """All servers of the project, without their free slots."""
        return self._reader.listed("servers")

    def disks(self) -> tuple[Disk, ...]:
        """All disks of the project."""
        return self._reader.listed("disks")

    def quotas(self) -> tuple[Quota, ...]:
        """How many groups, pairs and the like there are and may be; what cannot be read is left out."""
        return self._reader.quotas()

    def group(self, identity: str) -> ProtectionGroup:
        """The group of that id; GoneError when it is not there."""
        return ProtectionGroup.from_wire(self._one(wire.GROUPS, identity, "server_group"))

    def instance(self, identity: str) -> ProtectedInstance:
        """The instance of that id; GoneError when it is not there."""
        return ProtectedInstance.from_wire(self._one(wire.INSTANCES, identity, "protected_instance"))

    def pair(self, identity: str) -> ReplicationPair:
        """The pair of that id; GoneError when it is not there."""
        return ReplicationPair.from_wire(self._one(wire.PAIRS, identity, "replication"))

    def drill(self, identity: str) -> Drill:
        """The drill of that id; GoneError when it is not there."""
        return Drill.from_wire(self._one(wire.DRILLS, identity, "disaster_recovery_drill"))

    def server(self, identity: str) -> Server:
        """The server of that id, without its free slots; GoneError when it is not there."""
        return Server.from_wire(self._one(wire.SERVERS, identity, "server"))

    def job(self, job_id: str) -> Job:
        """How a job of SDRS is doing."""
        return Job.from_wire(self._connection.ask(wire.job(job_id)))

    def jobs(self, job_ids: Iterable[str]) -> tuple[Job, ...]:
        """How several jobs of SDRS are doing, asked side by side."""
        return tuple(self._pool.map(self.job, job_ids))

    def server_job(self, job_id: str) -> Job:
        """How a job of ECS (starting or stopping a server) is doing."""
        return Job.from_wire(self._connection.ask(wire.job(job_id, "ecs")))

    def block_devices(self, server: Server) -> Server:
        """The same server with its disks, also those that SDRS does not know, and its free slots."""
        return server.with_block_devices(self._connection.ask(wire.block_devices(server.id)))

    def submit(self, change: Change) -> str:
        """Ask the service for a change; returns the id of the job that does it.

        It is sent once. OutcomeUnknownError: it was sent and whether it was taken is not known (no answer,
        5xx, 408, an answer without a job id). Any other error: it was not taken; UnreachableError: not
        even sent.
        """
        return self._connection.submit(wire.request_for(change))

    def check(self, address: str) -> str:
        """Why a health check ("tcp://host:port" or a URL) does not hold now; empty when it holds.

        It goes to the real network, on the practice range too, and carries no token.
        """
        return failing(address, self._ca_file)

    def time_stamp(self, authority: str, request: bytes) -> bytes:
        """What the authority at that URL answers to a request for a time stamp (RFC 3161).

        No token goes there. ConnectionError in words when it does not answer.
        """
        return answer_of(authority, request, "application/timestamp-query", 5.0, self._ca_file)

    @property
    def practice(self) -> PracticeRange:
        """The sandbox behind this client, to plant faults and move its time; InputError on a real cloud."""
        if not self.backend.practice:
            raise InputError(f"There is no sandbox behind {self.backend.label}; nothing was done.")
        return PracticeRange(self._connection.ask)

    def _one(self, listing: Listing, identity: str, key: str) -> object:
        return WireFields("answer", self._connection.ask(wire.show(listing, identity))).object(key).source


def _ids(group_id: GroupIds) -> tuple[str, ...]:
    ids = (group_id,) if isinstance(group_id, str) else tuple(group_id)
    return tuple(each for each in ids if each)
