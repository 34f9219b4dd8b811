"""The durable record of runs: append-only, hash-chained entries, and the leases that keep runs apart.

Here: the database (SQLite by default, PostgreSQL by URL), the entries and their chain, who holds which
group; `signing` (the key), `sealing` (what it signed of a run), `stamping` (time stamps of an authority) and
`anchoring` (how far a record had come, told outside of the journal); `readings` (of projects, kept to be
compared with). Not here: what an entry means for a step
(`drkit.execution`), or any change to what was written.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drkit.journal.entries import ClockReading, Entry, EntryKind, FirstEntry, Resumed, TakenOver, chain_faults
from drkit.journal.listing import RunRow, Verified
from drkit.journal.readings import KeptReading, Moment
from drkit.journal.stamping import Stamp, authority, certificates, stamp_faults

if TYPE_CHECKING:
    from drkit.journal.anchoring import Anchor, anchor_faults
    from drkit.journal.chain import DRKIT_VERSION
    from drkit.journal.journal import Hold, Journal, NewRun
    from drkit.journal.leases import Lease, LeaseHolder
    from drkit.journal.sealing import Seal, WrittenReport, record_ended
    from drkit.journal.signing import read_public

_LATER = {
    "Anchor": "anchoring",
    "DRKIT_VERSION": "chain",
    "Hold": "journal",
    "Journal": "journal",
    "Lease": "leases",
    "LeaseHolder": "leases",
    "NewRun": "journal",
    "Seal": "sealing",
    "WrittenReport": "sealing",
    "anchor_faults": "anchoring",
    "read_public": "signing",
    "record_ended": "sealing",
}
"""Where each name is that needs a database or keys: loaded when it is first used, as that takes its time."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"drkit.journal.{_LATER[name]}"), name)


__all__ = [
    "DRKIT_VERSION",
    "Anchor",
    "ClockReading",
    "Entry",
    "EntryKind",
    "FirstEntry",
    "Hold",
    "Journal",
    "KeptReading",
    "Lease",
    "LeaseHolder",
    "Moment",
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
