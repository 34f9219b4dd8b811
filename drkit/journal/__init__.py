"""The durable record of runs: append-only, hash-chained entries, and the leases that keep runs apart.

Here: the database (SQLite by default, PostgreSQL by URL), the entries and their chain, who holds which
group; `signing` (the key), `sealing` (what it signed of a run), `stamping` (time stamps of an authority) and
`anchoring` (how far a record had come, told outside of the journal). Not here: what an entry means for a step
(`drkit.execution`), or any change to what was written.
"""

from drkit.journal.anchoring import Anchor, anchor_faults
from drkit.journal.chain import DRKIT_VERSION
from drkit.journal.entries import ClockReading, Entry, EntryKind, FirstEntry, Resumed, TakenOver, chain_faults
from drkit.journal.journal import Hold, Journal, NewRun
from drkit.journal.leases import Lease, LeaseHolder
from drkit.journal.listing import RunRow, Verified
from drkit.journal.sealing import Seal, WrittenReport, record_ended
from drkit.journal.signing import read_public
from drkit.journal.stamping import Stamp, authority, certificates, stamp_faults

__all__ = [
    "DRKIT_VERSION",
    "Anchor",
    "ClockReading",
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
    "Seal",
    "Stamp",
    "TakenOver",
    "Verified",
    "WrittenReport",
    "anchor_faults",
    "authority",
    "certificates",
    "chain_faults",
    "read_public",
    "record_ended",
    "stamp_faults",
]
