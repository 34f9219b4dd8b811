"""Readings of a project that are kept beside the record of runs, to be compared with later.

They are no evidence: what a run saw of its groups stands in its entries, in the chain.
"""

import base64
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, Self

from drkit.errors import JournalDamagedError

Moment = Literal["", "start", "end"]
"""When of a run a reading was kept; empty where somebody kept it by hand."""

LARGEST = 512 * 1024 * 1024  # bytes of a reading; more than that is no reading but a bomb


@dataclass(frozen=True, slots=True)
class KeptReading:
    """A reading in the list: its number, when it was read, of which project, and for which run."""

    number: int
    at: datetime
    scope: str
    place: str
    practice: bool
    run_id: str
    moment: Moment
    who: str

    @classmethod
    def of(cls, row: Mapping[Any, Any]) -> Self:
        """From its columns. Raises `JournalDamagedError`."""
        try:
            at = datetime.fromisoformat(row["at"])
        except ValueError:
            raise JournalDamagedError(
                f"Reading {row['number']} of the journal is damaged: no time."
            ) from None
        who = f"{row['who']} on {row['host']}"
        return cls(
            row["number"], at, row["scope"], row["place"], row["practice"], row["run_id"], row["moment"], who
        )


def packed(content: bytes) -> str:
    """The text of a reading as the journal keeps it."""
    return base64.b64encode(zlib.compress(content, 1)).decode()


def unpacked(number: int, data: str) -> bytes:
    """What was packed. Raises `JournalDamagedError`."""
    try:
        unpacker = zlib.decompressobj()
        content = unpacker.decompress(base64.b64decode(data, validate=True), LARGEST)
        if unpacker.eof:
            return content
    except (ValueError, zlib.error):
        pass
    raise JournalDamagedError(f"Reading {number} of the journal is damaged; take another one.")
