"""The words the service has for states, each sorted into settled, moving or broken.

Source: the status tables of the SDRS, ECS and EVS API references. A word that is in none of them is
kept as `Unknown`, which is neither settled nor fit for an operation.
"""

from enum import StrEnum
from typing import Self


class Phase(StrEnum):
    """What a status means for an operator."""

    SETTLED = "settled"
    MOVING = "moving"
    BROKEN = "broken"
    UNKNOWN = "unknown"


class Unknown(str):
    """A status that no reference names, as it came."""

    __slots__ = ()

    @property
    def phase(self) -> Phase:
        """Always unknown."""
        return Phase.UNKNOWN


class _Status(StrEnum):
    @classmethod
    def read(cls, text: str) -> "Self | Unknown":
        """The member of that spelling, or the text itself as `Unknown`."""
        try:
            return cls(text)
        except ValueError:
            return Unknown(text)

    @property
    def phase(self) -> Phase:
        """Whether a thing in this state rests, changes by itself, or needs help."""
        if self.value in _BROKEN or self.value.startswith("error"):
            return Phase.BROKEN
        if self.value == "UNKNOWN":
            return Phase.UNKNOWN
        return Phase.MOVING if self.value in _MOVING or self.value.endswith("ing") else Phase.SETTLED


_BROKEN = frozenset({"invalid", "fault", "FAIL", "ERROR"})
_MOVING = frozenset(
    {
        "failing-over",
        "INIT",
        "RUNNING",
        "BUILD",
        "REBOOT",
        "HARD_REBOOT",
        "MIGRATING",
        "REBUILD",
        "RESIZE",
        "REVERT_RESIZE",
    }
)


class GroupStatus(_Status):
    """Of a protection group."""

    CREATING = "creating"
    AVAILABLE = "available"
    PROTECTED = "protected"
    DELETING = "deleting"
    ERROR_DELETING = "error-deleting"
    ERROR = "error"
    STARTING = "starting"
    ERROR_STARTING = "error-starting"
    REPROTECTING = "reprotecting"
    ERROR_REPROTECTING = "error-reprotecting"
    STOPPING = "stopping"
    ERROR_STOPPING = "error-stopping"
    REVERSING = "reversing"
    ERROR_REVERSING = "error-reversing"
    FAILING_OVER = "failing-over"
    FAILED_OVER = "failed-over"
    ERROR_FAILING_OVER = "error-failing-over"


class InstanceStatus(_Status):
    """Of a protected instance."""

    CREATING = "creating"
    AVAILABLE = "available"
    PROTECTED = "protected"
    DELETING = "deleting"
    ERROR_DELETING = "error-deleting"
    ERROR = "error"
    STARTING = "starting"
    ERROR_STARTING = "error-starting"
    REPROTECTING = "reprotecting"
    ERROR_REPROTECTING = "error-reprotecting"
    STOPPING = "stopping"
    ERROR_STOPPING = "error-stopping"
    REVERSING = "reversing"
    ERROR_REVERSING = "error-reversing"
    FAILING_OVER = "failing-over"
    FAILED_OVER = "failed-over"
    ERROR_FAILING_OVER = "error-failing-over"
    RESIZING = "resizing"
    ERROR_RESIZING = "error-resizing"
    INVALID = "invalid"
    FAULT = "fault"


class PairStatus(_Status):
    """Of a replication pair."""

    CREATING = "creating"
    AVAILABLE = "available"
    PROTECTED = "protected"
    DELETING = "deleting"
    ERROR_DELETING = "error-deleting"
    ERROR = "error"
    EXTENDING = "extending"
    ERROR_EXTENDING = "error-extending"
    STARTING = "starting"
    ERROR_STARTING = "error-starting"
    REPROTECTING = "reprotecting"
    ERROR_REPROTECTING = "error-reprotecting"
    STOPPING = "stopping"
    ERROR_STOPPING = "error-stopping"
    REVERSING = "reversing"
    ERROR_REVERSING = "error-reversing"
    FAILING_OVER = "failing-over"
    FAILED_OVER = "failed-over"
    ERROR_FAILING_OVER = "error-failing-over"
    ATTACHING = "attaching"
    ERROR_ATTACHING = "error-attaching"
    DETACHING = "detaching"
    ERROR_DETACHING = "error-detaching"
    INVALID = "invalid"
    FAULT = "fault"


class DrillStatus(_Status):
    """Of a DR drill."""

    CREATING = "creating"
    AVAILABLE = "available"
    DELETING = "deleting"
    ERROR_DELETING = "error-deleting"
    ERROR = "error"


class JobStatus(_Status):
    """Of a job; SUCCESS and FAIL are final."""

    INIT = "INIT"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    FAIL = "FAIL"


class ServerStatus(_Status):
    """Of a server (ECS)."""

    ACTIVE = "ACTIVE"
    BUILD = "BUILD"
    DELETED = "DELETED"
    ERROR = "ERROR"
    HARD_REBOOT = "HARD_REBOOT"
    MIGRATING = "MIGRATING"
    REBOOT = "REBOOT"
    REBUILD = "REBUILD"
    RESIZE = "RESIZE"
    REVERT_RESIZE = "REVERT_RESIZE"
    SHELVED = "SHELVED"
    SHELVED_OFFLOADED = "SHELVED_OFFLOADED"
    SHUTOFF = "SHUTOFF"
    UNKNOWN = "UNKNOWN"
    VERIFY_RESIZE = "VERIFY_RESIZE"


class ReplicationStatus(_Status):
    """Of the synchronisation: active is synchronised, copying synchronises."""

    ACTIVE = "active"
    INACTIVE = "inactive"
    COPYING = "copying"
    ACTIVE_STOPPED = "active-stopped"


class Station(_Status):
    """The site that is production now: `source` or `target` availability zone."""

    SOURCE = "source"
    TARGET = "target"

    @property
    def other(self) -> "Station":
        """The DR site, as a station."""
        return Station.TARGET if self is Station.SOURCE else Station.SOURCE
