"""The durable record of runs: append-only, hash-chained entries, and the leases that keep runs apart.

Here: the database (SQLite by default, PostgreSQL by URL), the entries and their chain, who holds which
group. Not here: what an entry means for a step (`drkit.execution`), or any change to what was written.
"""

from drkit.journal.chain import DRKIT_VERSION
from drkit.journal.entries import Entry, EntryKind, FirstEntry, Resumed, TakenOver, chain_faults
from drkit.journal.journal import Hold, Journal, NewRun
from drkit.journal.leases import Lease, LeaseHolder
from drkit.journal.listing import RunRow, Verified

__all__ = [
    "DRKIT_VERSION",
    "Entry",
    "EntryKind",
    "FirstEntry",
    "Hold",
    "Journal",
    "Lease",
    "LeaseHolder",
    "NewRun",
    "Resumed",
    "RunRow",
    "TakenOver",
    "Verified",
    "chain_faults",
]
