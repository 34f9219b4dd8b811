"""`Client`: the service's operations by name, for one project of one backend."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from types import TracebackType
from typing import Self
from urllib.parse import quote

from drkit.api import responses, wire
from drkit.api.access import Access
from drkit.api.checks import failing
from drkit.api.pages import read_listings
from drkit.api.practice import PracticeRange
from drkit.api.reading import USUAL, Reader, Scope
from drkit.api.traces import read_traces
from drkit.api.transport import CONNECTIONS, Auth, Transport, answer_of
from drkit.api.wire import Filters, Json, Listing, Request, ServiceName
from drkit.clock import Clock
from drkit.errors import InputError, ProfileError, WireError
from drkit.model import (
    Backend,
    Change,
    Disk,
    Domain,
    Drill,
    FailedTask,
    Inventory,
    Job,
    Network,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    PublicAddress,
    Quota,
    ReplicationPair,
    RpoPoint,
    Server,
    ThingKind,
    Trace,
    WireFields,
)

GroupIds = str | Collection[str]
"""One group's id, several, or none ("") for all groups."""

InstanceIds = Iterable[str] | Callable[[Inventory], Iterable[str]]
"""The ids of instances, or what picks them once the rest of a reading is there."""

_VERSIONS: Mapping[ServiceName, str] = {"sdrs": "v1", "ecs": "v1", "evs": "v2", "vpc": "v1", "cts": "v3"}


class ProjectConnection:
    """The services of one project, signed in; `roots` are their addresses."""

    def __init__(
        self, transport: Transport, auth: Auth, roots: Mapping[ServiceName, str], project_id: str
    ) -> None:
        self._transport, self._auth, self.roots = transport, auth, roots
        self._project = quote(project_id, safe="")

    def ask(self, request: Request) -> Json:
        """Send a request and return the JSON of the answer."""
        return self._transport.send(request, self._base(request.service), self._auth)[0]

    def submit(self, request: Request, *, at_once: bool = False) -> str:
        """Send a change and return the id of the job that does it; empty where the answer was all."""
        body, answer = self._transport.send(request, self._base(request.service), self._auth)
        return "" if at_once else responses.job_id(answer, request, body)

    @property
    def access(self) -> Access:
        """What may leave."""
        return self._transport.access

    @property
    def speed(self) -> float:
        """How many seconds passed there in one second here at the last answer: 1 but for a sandbox."""
        return self._transport.speed

    def close(self) -> None:
        """Close all connections."""
        self._transport.close()

    def _base(self, service: ServiceName) -> str:
        if service in {"sandbox", "versions"}:
            return self.roots["sdrs"]
        root = self.roots.get(service) or (_beside(self.roots["sdrs"]) if service == "cts" else "")
        if not root:
            raise ProfileError(
                f"The address of {service.upper()} is not known: the catalog does not list it here. "
                f"Set DRKIT_{service.upper()}_URL."
            )
        return f"{root}/{_VERSIONS[service]}/{self._project}"


def _beside(sdrs: str) -> str:
    """Where CTS listens, where nothing names it: these clouds call hosts by service and region."""
    return sdrs.replace("://sdrs.", "://cts.", 1) if "://sdrs." in sdrs else ""


class Client:
    """Reads and changes one project. Thread-safe; close it when done, or use it in a `with`.

    Every method raises ServiceError or one of its kinds when the service refuses, UnavailableError when it
    fails or does not answer, UnreachableError when there is no connection, WireError for an answer that
    is not what the reference says. Reads were tried several times by then.

    `backend` says practice or real, and which project; `speed` how many seconds pass at the service in one
    second here: 1 but for a sandbox; `user` who is signed in at the cloud, empty for an access key and for a
    sandbox's own user; `roles` what IAM calls the rights of that user, none where it does not say.
    """

    def __init__(
        self,
        backend: Backend,
        connection: ProjectConnection,
        clock: Clock,
        *,
        ca_file: str = "",
        user: str = "",
        roles: tuple[str, ...] = (),
    ) -> None:
        self.backend, self.user, self.roles = backend, user, roles
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

    @property
    def access(self) -> Access:
        """What the profile lets leave: only reads, reads and drills, or everything."""
        return self._connection.access

    @property
    def copy_of(self) -> Mapping[str, str] | None:
        """Of which project the practice world is a copy, as `PracticeRange.copy_of`; None on a real cloud."""
        return self.practice.copy_of() if self.backend.practice else None

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
        block_devices_of: InstanceIds = (),
        disks: bool = False,
        quotas: bool = False,
        every_drill: bool = False,
        beside: bool = False,
        domains: bool = False,
        kinds: tuple[ThingKind, ...] = USUAL,
    ) -> Inventory:
        """One consistent reading: groups, instances, pairs, drills, servers; `disks` and `quotas` if asked,
        and `beside`: failed tasks, domains, RPO statistics; `domains`: of these the domains alone.

        `group_id` limits instances, pairs and drills to that group or those groups; with `every_drill` the
        drills of the others are there too. Of the instances whose
        ids are in `block_devices_of`, or which it names when it is given the reading so far, both servers
        get their disks and free slots; that is a request for each of them. `kinds` reads less.
        What contradicts itself is read a second time; what still does then is in `problems`, as is that
        servers, disks or quotas could not be read.
        """
        wanted = (*kinds, "disks") if disks and "disks" not in kinds else kinds
        named = block_devices_of if callable(block_devices_of) else tuple(block_devices_of)
        scope = Scope(wanted, _ids(group_id), named, every_drill, quotas, beside, domains)
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

    def networks(self) -> tuple[Network, ...]:
        """All networks (VPCs) of the project."""
        return self._reader.marked(wire.NETWORKS, Network.from_wire)

    def public_addresses(self) -> tuple[PublicAddress, ...]:
        """All public addresses (EIPs) of the project, bound or not."""
        return self._reader.marked(wire.PUBLIC_ADDRESSES, PublicAddress.from_wire)

    def quotas(self) -> tuple[Quota, ...]:
        """How many groups, pairs and the like there are and may be; what cannot be read is left out."""
        return self._reader.quotas()

    def domains(self) -> tuple[Domain, ...]:
        """The active-active domains: between which zones groups can be protected."""
        answer = WireFields("domains answer", self._connection.ask(wire.DOMAINS))
        return tuple(Domain.from_wire(each.source) for each in answer.objects("domains"))

    def failed_tasks(self, group_id: str = "") -> tuple[FailedTask, ...]:
        """The failed tasks of what is in a group; without one, those of groups themselves."""
        filters = (("server_group_id", group_id),) if group_id else ()
        rows = self._listed(wire.FAILED_TASKS, filters)
        return tuple(FailedTask.from_wire(each, group_id) for each in rows)

    def rpo(self, since: datetime | None = None, until: datetime | None = None) -> tuple[RpoPoint, ...]:
        """How many resources exceeded their recovery point objective, hour by hour; the last day if no times
        are given."""
        times = (("start_time", since), ("end_time", until))
        filters = tuple((key, f"{int(at.timestamp() * 1000)}") for key, at in times if at)
        return tuple(map(RpoPoint.from_wire, self._listed(wire.RPO_STATISTICS, filters)))

    def versions(self) -> tuple[str, ...]:
        """The versions of the API of SDRS, as "v1 (CURRENT)"."""
        answer = WireFields("versions answer", self._connection.ask(wire.VERSIONS))
        return tuple(map(_version, answer.objects("versions")))

    def version(self, name: str) -> str:
        """One version of the API of SDRS, as `versions` tells it; GoneError when it is not there."""
        return _version(
            WireFields("version answer", self._connection.ask(wire.version(name))).object("version")
        )

    def tags(self, instance_id: str = "") -> tuple[tuple[str, tuple[str, ...]], ...]:
        """The tags of an instance, or those in use in the project: each key with its values."""
        request = wire.tags(instance_id) if instance_id else wire.PROJECT_TAGS
        rows = WireFields("tags answer", self._connection.ask(request)).objects("tags")
        if instance_id:
            return tuple((each.identity("key"), (each.text("value"),)) for each in rows)
        return tuple((each.identity("key"), tuple(map(str, each.rows("values")))) for each in rows)

    def tagged(self, wanted: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
        """The ids of the instances that have all these tags: key -> values, any of them (none: whatever)."""
        ids: list[str] = []
        while True:
            answer = WireFields("tagged answer", self._connection.ask(wire.tagged(wanted, len(ids))))
            rows = [each.identity("resource_id") for each in answer.objects("resources")]
            ids += rows
            if not rows or len(ids) >= answer.number("total_count"):
                return tuple(dict.fromkeys(ids))

    def try_read(self, what: str) -> None:
        """Read as little as possible of what `READS` names so: whether it may be read, and can be reached."""
        self._connection.ask(wire.READS[what])

    def address_of(self, service: ServiceName) -> str:
        """Where a service is, without version and project; empty where nothing tells it."""
        return self._connection.roots.get(service, "")

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

    def traces(self, since: datetime, until: datetime) -> tuple[Trace, ...]:
        """What the cloud itself traced between two moments (Cloud Trace Service), whoever asked for it.

        A trace comes some minutes late, and the service forgets it after seven days. GoneError or
        ServiceError where the profile may not read them, ProfileError where its address is not known.
        """
        return read_traces(self._connection.ask, since, until)

    def submit(self, change: Change) -> str:
        """Ask the service for a change; returns the id of the job that does it, empty where it is done.

        It is sent once. OutcomeUnknownError: it was sent and whether it was taken is not known (no answer,
        5xx, 408, an answer without a job id). Any other error: it was not taken; UnreachableError: not
        even sent.
        """
        at_once = change.operation in wire.ANSWERED_AT_ONCE
        return self._connection.submit(wire.request_for(change), at_once=at_once)

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

    def _listed(self, listing: Listing, filters: Filters) -> tuple[Json, ...]:
        """The rows of a listing; raises what the service answered, and `WireError` where pages do not fit."""
        (listed,) = read_listings(self._connection.ask, self._pool, [(listing, filters)])
        if listed.error or listed.problem:
            raise listed.error or WireError(listed.problem)
        return listed.objects

    def _one(self, listing: Listing, identity: str, key: str) -> object:
        return WireFields("answer", self._connection.ask(wire.show(listing, identity))).object(key).source


def _version(fields: WireFields) -> str:
    return f"{fields.identity()} ({fields.optional('status') or 'no status told'})"


def _ids(group_id: GroupIds) -> tuple[str, ...]:
    ids = (group_id,) if isinstance(group_id, str) else tuple(group_id)
    return tuple(each for each in ids if each)
