"""Frozen values: what the service told, in operators' words.

Here: groups, instances, pairs, attachments, drills, jobs, servers, disks, their statuses, and
`Inventory`, one reading of a project. Not here: I/O, pandas, decisions; wire spellings only in `from_wire`.
"""

from drkit.model.fields import WireFields, parse_time
from drkit.model.inventory import Backend, Inventory, Part, ThingKind, find
from drkit.model.jobs import Job, Quota
from drkit.model.machines import BlockDevice, Disk, FreeSlots, Server
from drkit.model.operations import NEEDS, Argument, Change, Operation
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

__all__ = [
    "NEEDS",
    "Argument",
    "Attachment",
    "Backend",
    "BlockDevice",
    "Change",
    "Disk",
    "Drill",
    "DrillStatus",
    "FreeSlots",
    "GroupStatus",
    "InstanceStatus",
    "Inventory",
    "Job",
    "JobStatus",
    "Operation",
    "PairStatus",
    "Part",
    "Phase",
    "ProtectedInstance",
    "ProtectionGroup",
    "Quota",
    "ReplicationPair",
    "ReplicationStatus",
    "Server",
    "ServerStatus",
    "Station",
    "ThingKind",
    "Unknown",
    "WireFields",
    "find",
    "parse_time",
]
