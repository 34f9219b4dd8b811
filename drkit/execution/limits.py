"""How often to look at a job, when to call it silent, and when to stop waiting (pure).

All are seconds of the service's own time; on a practice range that runs ten times as fast, `Pace(0.1)`
makes them a tenth, but never so short that this machine's own slowness would count.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from drkit.model import Operation

FIRST_LOOK, LONGEST_LOOK, GROWTH = 1.0, 5.0, 1.5  # clients of the live service poll every 5 s
MANY_PAIRS = 300  # groups with more are not listed as a whole at each look
MANY_JOBS = 50  # so many are looked at twice as often: it is one list for all of them
SEEN_AT_ONCE = 30  # instances that one request asks for
ASK_ANYWAY = 30.0  # a job is asked after so long, even while its pair still moves
# A request may be held on its way for as long as it is waited for, and a list may show what was a minute ago
# (40 s were seen). Only a reading that begins after both can tell that a change left no trace; and even then
# nothing says that it will not come.
LATEST_ARRIVAL, LONGEST_LAG = 60.0, 60.0
LOOK_ONCE_MORE = 15.0  # the same for a change that was looked for in vain for so long before
PATIENCE = 600.0  # how long the service may be unreadable before steps that wait for it are given up
CHECK_EVERY, CHECK_TIMEOUT = 5.0, 3600.0
READ_EVERY, SYNC_TIMEOUT = 15.0, 6 * 3600.0  # a synchronisation goes with the size of the disks


@dataclass(frozen=True, slots=True)
class Limit:
    """`silent`: nothing new for so long is called silence. `deadline`: after that nobody waits any more."""

    silent: float
    deadline: float


MINUTE, HOUR = 60.0, 3600.0

LIMITS: Mapping[Operation, Limit] = {
    # Seen at the live service: well under a minute; a queue before it may take several.
    Operation.ATTACH_PAIR: Limit(2 * MINUTE, 15 * MINUTE),
    Operation.DETACH_PAIR: Limit(2 * MINUTE, 15 * MINUTE),
    # Grows both disks, one after the other.
    Operation.EXPAND_PAIR: Limit(5 * MINUTE, 30 * MINUTE),
    # 20 s for one instance; it may include the first synchronisation, which goes with the disks' size.
    Operation.ENABLE_PROTECTION: Limit(10 * MINUTE, 6 * HOUR),
    Operation.REPROTECT: Limit(10 * MINUTE, 6 * HOUR),
    # 8 s for two pairs; each pair is a sub-job.
    Operation.DISABLE_PROTECTION: Limit(5 * MINUTE, HOUR),
    # One sub-job per pair, and addresses move along; an outage makes all of it slower.
    Operation.PLANNED_FAILOVER: Limit(5 * MINUTE, 2 * HOUR),
    Operation.FAILOVER: Limit(5 * MINUTE, 2 * HOUR),
    # Minutes: snapshots, and one server per instance.
    Operation.CREATE_DRILL: Limit(10 * MINUTE, 2 * HOUR),
    Operation.DELETE_DRILL: Limit(10 * MINUTE, HOUR),
    # Two servers are rebuilt with another flavor.
    Operation.RESIZE_INSTANCE: Limit(5 * MINUTE, HOUR),
    # A soft stop waits for the guest system to shut down.
    Operation.STOP_SERVER: Limit(3 * MINUTE, 20 * MINUTE),
    Operation.START_SERVER: Limit(3 * MINUTE, 20 * MINUTE),
    # Seen at the live service: 15 s for a group.
    Operation.CREATE_GROUP: Limit(2 * MINUTE, 15 * MINUTE),
    Operation.DELETE_GROUP: Limit(2 * MINUTE, 15 * MINUTE),
    # A server is built, and a disk for each of its disks; of many the last is seen long after the first.
    Operation.CREATE_INSTANCE: Limit(10 * MINUTE, HOUR),
    Operation.CREATE_INSTANCES: Limit(10 * MINUTE, 3 * HOUR),
    Operation.DELETE_INSTANCE: Limit(10 * MINUTE, HOUR),
    Operation.DELETE_INSTANCES: Limit(10 * MINUTE, 3 * HOUR),
    Operation.CREATE_PAIR: Limit(5 * MINUTE, 30 * MINUTE),
    Operation.DELETE_PAIR: Limit(5 * MINUTE, 30 * MINUTE),
    Operation.ADD_NIC: Limit(3 * MINUTE, 15 * MINUTE),
    Operation.DELETE_NIC: Limit(3 * MINUTE, 15 * MINUTE),
    # Answered at once: only looked for where the answer was lost.
    **dict.fromkeys(
        (
            Operation.RENAME_GROUP,
            Operation.RENAME_INSTANCE,
            Operation.RENAME_PAIR,
            Operation.RENAME_DRILL,
            Operation.SET_TAGS,
            Operation.DELETE_TAGS,
            Operation.CLEAR_FAILED_TASK,
            Operation.CLEAR_FAILED_TASKS,
        ),
        Limit(2 * MINUTE, 10 * MINUTE),
    ),
}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the service's time passes here: 1 for a real cloud, 1/speed on the practice range."""

    factor: float = 1.0

    def pause(self, seconds: float) -> float:
        """A pause between two looks."""
        return max(seconds * self.factor, 0.02)

    def silent(self, operation: Operation) -> float:
        """After how long without news a job is called silent."""
        return max(LIMITS[operation].silent * self.factor, 3.0)

    def deadline(self, operation: Operation) -> float:
        """How long a job is waited for."""
        return max(LIMITS[operation].deadline * self.factor, 30.0)

    @property
    def uncertain(self) -> float:
        """How long a change without an answer may stay without a trace, and have been taken all the same."""
        return max((LATEST_ARRIVAL + LONGEST_LAG) * self.factor, 3.0)

    def patience(self, seconds: float) -> float:
        """How long something else is waited for."""
        return max(seconds * self.factor, 10.0)
