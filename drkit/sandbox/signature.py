"""Checking an AK/SK signature (SDK-HMAC-SHA256) from the request as it arrived."""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote_to_bytes

ALGORITHM = "SDK-HMAC-SHA256"
TOLERANCE = 15 * 60
_FORM = re.compile(rf"{ALGORITHM} Access=([^,\s]+), ?SignedHeaders=([^,\s]+), ?Signature=([0-9a-f]{{64}})")


def _encoded(text: str | bytes) -> str:
    return quote(text, safe="~")


def canonical_path(path: str) -> str:
    """The path, percent-encoded by segment; it ends in "/" here though the request line does not."""
    encoded = "/".join(_encoded(part) for part in unquote_to_bytes(path).split(b"/"))
    return encoded if encoded.endswith("/") else encoded + "/"


def canonical_query(query: str) -> str:
    """The query with sorted and encoded keys and values."""
    pairs = sorted(parse_qsl(query, keep_blank_values=True))
    return "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in pairs)


def access_key(authorization: str) -> str:
    """The access key that an Authorization header names, or nothing when it is none of this algorithm."""
    found = _FORM.fullmatch(authorization)
    return found[1] if found else ""


def flaw(
    method: str,
    path: str,
    query: str,
    headers: Mapping[str, str],
    body: bytes,
    secret: str,
    today: float | None,
) -> str:
    """What is wrong with the signature of a request, or nothing. `headers` have lower-case names.

    `today` is the time in seconds since the epoch that X-Sdk-Date must be near to; None: any date is good.
    """
    signed = _FORM.fullmatch(headers.get("authorization", ""))
    if not signed:
        return "the Authorization header is malformed"
    date, names = headers.get("x-sdk-date", ""), signed[2].split(";")
    if not {"host", "x-sdk-date"} <= set(names):
        return "Host and X-Sdk-Date must be signed"
    if not _is_recent(date, today):
        return "X-Sdk-Date is missing or too far from the present"
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
    canonical = "\n".join(
        [
            method,
            canonical_path(path),
            canonical_query(query),
            lines,
            signed[2],
            hashlib.sha256(body).hexdigest(),
        ]
    )
    to_sign = "\n".join([ALGORITHM, date, hashlib.sha256(canonical.encode()).hexdigest()])
    expected = hmac.new(secret.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return "" if hmac.compare_digest(expected, signed[3]) else "verify aksk signature fail"


def _is_recent(date: str, today: float | None) -> bool:
    try:
        sent = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    return today is None or abs(sent - today) <= TOLERANCE
