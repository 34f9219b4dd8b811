"""What exists in the world of the practice range, as plain values.

Times are seconds since the epoch, UTC; sizes are GB. What is not allowed here: knowing what a request looks
like, or how things are found.
"""

from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

Json: TypeAlias = Any
"""What `json.loads` gives. Everything that arrives in one is checked by `reading` before it is used."""


NEVER: Final = 1e15
"""A time that does not come."""


@dataclass(slots=True)
class Nic:
    """A network card (port) of a server; it moves to the other server of an instance at a switch.

    `floating`: the public addresses that lead to it.
    """

    id: str
    subnet_id: str
    ip: str
    mac: str
    security_groups: list[str]
    primary: bool = False
    floating: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Vpc:
    """A network with its subnets (id -> CIDR)."""

    id: str
    name: str
    cidr: str
    subnets: dict[str, str]
    created: float = 0.0


@dataclass(slots=True)
class Server:
    """A cloud server. `disks`: disk id -> device name. `fenced`: why it cannot start, or nothing."""

    id: str
    name: str
    zone: str
    vpc_id: str
    hypervisor: str = "kvm"
    flavor: str = "s3.large.2"
    status: str = "ACTIVE"
    task: str = ""
    nics: list[Nic] = field(default_factory=list)
    disks: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    updated: float = 0.0
    fenced: str = ""
    before_dark: str = ""

    def rewritten(self, device: str) -> str:
        """The device name with this server's prefix: /dev/vdX on Xen becomes /dev/sdX and the reverse."""
        return ("/dev/sd" if self.hypervisor == "xen" else "/dev/vd") + device.removeprefix("/dev/")[2:]

    @property
    def root_device(self) -> str:
        """Where the system disk sits."""
        return self.rewritten("/dev/vda")


@dataclass(slots=True)
class Disk:
    """A cloud disk, size in GB. `servers`: server id -> device name, the mirror of `Server.disks`."""

    id: str
    name: str
    zone: str
    size: int
    type: str = "SSD"
    bootable: bool = False
    shared: bool = False
    encrypted: bool = False
    moving: str = ""
    servers: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    updated: float = 0.0

    @property
    def status(self) -> str:
        """EVS's word for the disk's state."""
        return self.moving or ("in-use" if self.servers else "available")


@dataclass(slots=True)
class Group:
    """A protection group. Source and target zone never change; `priority` says which one is production."""

    id: str
    name: str
    source_zone: str
    target_zone: str
    domain_id: str
    vpc_id: str
    description: str = ""
    status: str = "available"
    priority: str = "source"
    protected_status: str | None = None
    test_vpc_id: str | None = None
    dr_type: str = "migration"
    created: float = 0.0
    updated: float = 0.0
    last_drill: float = 0.0
    instances: list[str] = field(default_factory=list)
    pairs: list[str] = field(default_factory=list)
    drills: list[str] = field(default_factory=list)

    @property
    def production_zone(self) -> str:
        """The availability zone that production runs in now."""
        return self.source_zone if self.priority == "source" else self.target_zone

    @property
    def dr_zone(self) -> str:
        """The availability zone that is the DR site now."""
        return self.target_zone if self.priority == "source" else self.source_zone


@dataclass(slots=True)
class Instance:
    """A protected instance: a server in each of the two zones. `devices`: pair -> device."""

    id: str
    name: str
    group_id: str
    source_server: str
    target_server: str
    description: str = ""
    status: str = "available"
    frozen: bool = False
    devices: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    updated: float = 0.0


@dataclass(slots=True)
class Pair:
    """A replication pair: a disk in each of the two zones. `devices`: instance -> device.

    `sync_from` and `sync_until` frame a running synchronisation, `stuck_at` is where it will not go on;
    `behind` is since when the pair is not synchronised. `made_with` is the instance that it was made together
    with and goes with, empty once it is attached or detached by hand.
    """

    id: str
    name: str
    group_id: str
    source_disk: str
    target_disk: str
    size: int
    type: str = "SSD"
    description: str = ""
    status: str = "available"
    bootable: bool = False
    shared: bool = False
    size_as_text: bool = False
    fault_level: str = "0"
    failure: str | None = None
    replication: str | None = None
    sync_from: float = 0.0
    sync_until: float = 0.0
    stuck_at: int | None = None
    behind: float | None = None
    devices: dict[str, str] = field(default_factory=dict)
    made_with: str = ""
    created: float = 0.0
    updated: float = 0.0


@dataclass(slots=True)
class Drill:
    """A DR drill. `servers`: protected instance -> drill server."""

    id: str
    name: str
    group_id: str
    vpc_id: str
    status: str = "creating"
    servers: dict[str, str] = field(default_factory=dict)
    created: float = 0.0
    updated: float = 0.0


@dataclass(slots=True)
class Job:
    """A job of SDRS or ECS. `touches`: (kind, id) of what it moves; `work`: what its end needs to know."""

    id: str
    type: str
    begin: float
    due: float
    service: str = "sdrs"
    status: str = "RUNNING"
    end: float | None = None
    entities: dict[str, Json] = field(default_factory=dict)
    subs: list[str] = field(default_factory=list)
    parent: str = ""
    touches: list[tuple[str, str]] = field(default_factory=list)
    work: dict[str, Json] = field(default_factory=dict)
    doom: str = ""
    error_code: str | None = None
    fail_reason: str | None = None


@dataclass(slots=True)
class Failure:
    """A record of the task center. `group_id` is empty for failures at the level of protection groups."""

    id: str
    job_type: str
    begin: float
    failure_status: str
    resource_type: str
    resource_id: str
    resource_name: str
    error_code: str
    reason: str
    group_id: str = ""


@dataclass(slots=True)
class Token:
    """A token that IAM gave out; `expires` is on the wall's clock. No project: it opens nothing but IAM.

    `methods`: how somebody signed in for it.
    """

    id: str = field(repr=False)
    expires: float
    project_id: str = ""
    methods: list[str] = field(default_factory=lambda: ["password"])


@dataclass(slots=True)
class Fault:
    """A planted fault: which kind, where it bites, how many times more (None: until it is cleared)."""

    id: str
    name: str
    where: dict[str, Json]
    times: int | None = None
    hits: int = 0


@dataclass(slots=True)
class Account:
    """Who may come in, how, and what the project is called.

    Besides a password and keys there are an application credential and temporary keys, which come with a
    security token that ends at `keys_end` on the wall's clock. `seed` is what passcodes are computed from
    (RFC 6238, in base 32); where a `second_factor` is asked for, a password alone does not do. A passcode
    counts once: `counted` is the last one's number. `roles` without one that may write may only read.
    """

    region: str = "sandbox-1"
    project_id: str = ""
    project: str = "sandbox-1"
    domain_id: str = ""
    domain: str = "practice"
    user_id: str = ""
    username: str = "operator"
    password: str = field(default="", repr=False)
    access_key: str = field(default="", repr=False)
    secret_key: str = field(default="", repr=False)
    application_credential_id: str = ""
    application_credential_secret: str = field(default="", repr=False)
    temporary_access_key: str = field(default="", repr=False)
    temporary_secret_key: str = field(default="", repr=False)
    security_token: str = field(default="", repr=False)
    keys_end: float = NEVER
    seed: str = field(default="", repr=False)
    second_factor: bool = False
    counted: int = 0
    roles: list[str] = field(default_factory=lambda: ["te_admin"])


OPENS: Final = (
    "password", "access_key", "secret_key", "application_credential_id", "application_credential_secret",
    "temporary_access_key", "temporary_secret_key", "security_token", "seed",
)  # fmt: skip
"""Of an account, what lets somebody in."""
