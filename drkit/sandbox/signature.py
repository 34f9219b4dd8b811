"""Checking an AK/SK signature (SDK-HMAC-SHA256) from the request as it arrived.

It comes in two forms: signed with the secret key (`Access=AK`), or, as Go clients do, with a key that is
derived from it for a day, a region and a service (`Credential=AK/day/region/service/sdk_request`).
"""

import hashlib
import hmac
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from functools import reduce
from urllib.parse import parse_qsl, quote, unquote_to_bytes

ALGORITHM = "SDK-HMAC-SHA256"
TOLERANCE = 15 * 60
_FORM = re.compile(
    rf"{ALGORITHM} (?:Access=(?P<access>[^,\s]+)|Credential=(?P<key>[^,/\s]+)/(?P<scope>[^,\s]+)), ?"
    r"SignedHeaders=(?P<names>[^,\s]+), ?Signature=(?P<signature>[0-9a-f]{64})"
)


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
    return found["access"] or found["key"] if found else ""


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
    date, names, scope = headers.get("x-sdk-date", ""), signed["names"].split(";"), signed["scope"]
    if "x-sdk-date" not in names:
        return "X-Sdk-Date must be signed"
    if not _is_recent(date, today):
        return "X-Sdk-Date is missing or too far from the present"
    if scope and not re.fullmatch(rf"{date[:8]}/[^/]*/[^/]*/sdk_request", scope):
        return "the Credential must be AK/day/region/service/sdk_request, of the day of X-Sdk-Date"
    lines = "".join(f"{name}:{headers.get(name, '').strip()}\n" for name in names)
    canonical = "\n".join(
        [
            method,
            canonical_path(path),
            canonical_query(query),
            lines,
            signed["names"],
            hashlib.sha256(body).hexdigest(),
        ]
    )
    parts = [ALGORITHM, date, *([scope] if scope else []), hashlib.sha256(canonical.encode()).hexdigest()]
    expected = _mac(_key(secret, scope), "\n".join(parts)).hex()
    return "" if hmac.compare_digest(expected, signed["signature"]) else "verify aksk signature fail"


def _mac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _key(secret: str, scope: str | None) -> bytes:
    """What a request is signed with: the secret key, or the one that is derived from it for a scope."""
    return reduce(_mac, scope.split("/"), f"SDK{secret}".encode()) if scope else secret.encode()


def _is_recent(date: str, today: float | None) -> bool:
    try:
        sent = datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return False
    return today is None or abs(sent - today) <= TOLERANCE
