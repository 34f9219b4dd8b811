"""Time stamps (RFC 3161): an authority outside says that a record's head was there at that moment.

A key of one's own cannot prove when it signed; the authority's can. Only the hash of the head leaves.
The authority is asked at DRKIT_TIMESTAMPS; its word counts as proof where DRKIT_TIMESTAMP_CERTS names a file
with the certificates (PEM) that its own is issued by.
"""

import base64
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from drkit.errors import JournalError
from drkit.journal.entries import Entry, lost_since

# rfc3161_client and x509 are loaded where a stamp is made or read: they take as long as all else of it.
# ruff: noqa: PLC0415
if TYPE_CHECKING:
    from cryptography.x509 import Certificate
    from rfc3161_client import TimeStampResponse


def authority() -> str:
    """The URL of the authority that is to be asked; empty where none is named."""
    return os.environ.get("DRKIT_TIMESTAMPS", "").strip()


@dataclass(frozen=True, slots=True)
class Stamp:
    """An authority's word that so many `entries` of a run were there, the last with the hash `head`."""

    run_id: str
    entries: int
    head: str
    authority: str
    token: str = field(repr=False)

    @classmethod
    def asked(cls, run_id: str, entries: int, head: str, url: str, ask: Callable[[bytes], bytes]) -> Self:
        """Have that authority stamp a head; `ask` sends a request to it and gives the answer.

        Raises `JournalError` for an answer that is no time stamp of this head.
        """
        from rfc3161_client import HashAlgorithm, TimestampRequestBuilder

        builder = TimestampRequestBuilder().data(head.encode()).hash_algorithm(HashAlgorithm.SHA256)
        request = builder.cert_request(cert_request=True).build()
        answer = ask(request.as_bytes())
        stamp = cls(run_id, entries, head, url, base64.b64encode(answer).decode())
        if not stamp.fits or stamp._response.tst_info.nonce != request.nonce:
            raise JournalError(f"What {url} answered is no time stamp of this record.")
        return stamp

    def to_row(self) -> dict[str, Any]:
        """The columns of the stamp."""
        return {name: getattr(self, name) for name in ("run_id", "entries", "head", "authority", "token")}

    @classmethod
    def from_row(cls, row: Mapping[Any, Any]) -> Self:
        """The stamp of those columns."""
        return cls(**{str(key): value for key, value in row.items() if key != "number"})

    @property
    def at(self) -> datetime:
        """The moment (UTC) that the authority names."""
        return self._response.tst_info.gen_time

    @property
    def fits(self) -> bool:
        """Whether it can be read, and is about this head."""
        try:
            told = self._response.tst_info.message_imprint
        except (ValueError, TypeError):  # also of what is no base64
            return False
        return told.message == sha256(self.head.encode()).digest()

    def against(self, certificates: "Sequence[Certificate]") -> str:
        """Why it is not the word of an authority with these certificates; empty where it is."""
        from rfc3161_client import VerificationError, VerifierBuilder

        builder = VerifierBuilder()
        for each in certificates:
            builder = builder.add_root_certificate(each)
        try:
            builder.build().verify(self._response, sha256(self.head.encode()).digest())
        except (VerificationError, ValueError) as error:
            return str(error) or type(error).__name__
        return ""

    @property
    def _response(self) -> "TimeStampResponse":
        from rfc3161_client import decode_timestamp_response

        return decode_timestamp_response(base64.b64decode(self.token, validate=True))


def certificates() -> "list[Certificate]":
    """The certificates in the file that DRKIT_TIMESTAMP_CERTS names; none where it names none.

    Raises `JournalError` where they cannot be read.
    """
    named = os.environ.get("DRKIT_TIMESTAMP_CERTS", "").strip()
    if not named:
        return []
    from cryptography.x509 import load_pem_x509_certificates

    try:
        return load_pem_x509_certificates(Path(named).expanduser().read_bytes())
    except (OSError, ValueError) as error:
        raise JournalError(f"The certificates in {named} cannot be read ({error}).") from error


def stamp_faults(found: Iterable[Stamp], chain: Sequence[Entry]) -> list[str]:
    """Where a time stamp does not fit the entries that are there, as sentences."""
    faults = []
    for stamp in found:
        if not stamp.fits:
            faults.append(f"The time stamp over {stamp.entries} entries is not about them: it was altered.")
            continue
        known = (
            f"{stamp.entries} entries were stamped at {stamp.at:%Y-%m-%d %H:%M:%S} UTC by {stamp.authority}"
        )
        if lost := lost_since(known, stamp.entries, stamp.head, chain):
            faults.append(lost)
    return faults
