"""Frozen values: what the service told, in operators' words.

Here: groups, instances, pairs, attachments, drills, jobs, servers, disks, networks, public addresses, their
statuses, and `Inventory`, one reading of a project. Not here: I/O, pandas, decisions; wire spellings only in
`from_wire`.
"""

from drkit.model.deferred import Deferred, ListedPair
from drkit.model.fields import WireFields, parse_time
from drkit.model.inventory import Backend, Inventory, Part, ThingKind, find
from drkit.model.jobs import Domain, FailedTask, Job, Quota, RpoPoint
from drkit.model.keeping import from_kept, kept
from drkit.model.machines import BlockDevice, Disk, FreeSlots, Server, as_tags
from drkit.model.networks import Network, PublicAddress
from drkit.model.operations import FAILED_TASKS, NEEDS, OPTIONS, PLANNED, Argument, Change, Operation
from drkit.model.resources import Attachment, Drill, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.model.statuses import (
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    JobStatus,
    PairStatus,
    Phase,
    ReplicationStatus,
    ServerStatus,
    Station,
    Unknown,
)
from drkit.model.traces import Trace

__all__ = [
    "FAILED_TASKS",
    "NEEDS",
    "OPTIONS",
    "PLANNED",
    "Argument",
    "Attachment",
    "Backend",
    "BlockDevice",
    "Change",
    "Deferred",
    "Disk",
    "Domain",
    "Drill",
    "DrillStatus",
    "FailedTask",
    "FreeSlots",
    "GroupStatus",
    "InstanceStatus",
    "Inventory",
    "Job",
    "JobStatus",
    "ListedPair",
    "Network",
    "Operation",
    "PairStatus",
    "Part",
    "Phase",
    "ProtectedInstance",
    "ProtectionGroup",
    "PublicAddress",
    "Quota",
    "ReplicationPair",
    "ReplicationStatus",
    "RpoPoint",
    "Server",
    "ServerStatus",
    "Station",
    "ThingKind",
    "Trace",
    "Unknown",
    "WireFields",
    "as_tags",
    "find",
    "from_kept",
    "kept",
    "parse_time",
]
