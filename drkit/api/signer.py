"""SDK-HMAC-SHA256: how a request is signed with an access key and a secret key. Pure.

Source: "AK/SK Signing and Authentication" of the API sign guide. The signed path always ends in a slash,
though the path of the request does not; each of its segments and all of the query are percent-encoded.
"""

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import datetime
from urllib.parse import quote, unquote

ALGORITHM = "SDK-HMAC-SHA256"


def date_header(now: datetime) -> str:
    """The value of X-Sdk-Date for a moment in UTC; it has to be among the signed headers."""
    return now.strftime("%Y%m%dT%H%M%SZ")


def authorization(
    method: str,
    path: str,
    query: Sequence[tuple[str, str]],
    headers: Mapping[str, str],
    body: bytes,
    *,
    access_key: str,
    secret_key: str,
) -> str:
    """The value of the Authorization header that signs a request with all the `headers` given."""
    lines = {name.lower(): value.strip() for name, value in headers.items()}
    signed = sorted(lines)
    canonical = "\n".join(
        [
            method.upper(),
            _encoded_path(path),
            "&".join(f"{_encoded(key)}={_encoded(value)}" for key, value in sorted(query)),
            *(f"{name}:{lines[name]}" for name in signed),
            "",
            ";".join(signed),
            hashlib.sha256(body).hexdigest(),
        ]
    )
    to_sign = f"{ALGORITHM}\n{lines['x-sdk-date']}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(secret_key.encode(), to_sign.encode(), hashlib.sha256).hexdigest()
    return f"{ALGORITHM} Access={access_key}, SignedHeaders={';'.join(signed)}, Signature={signature}"


def _encoded_path(path: str) -> str:
    segments = "/".join(_encoded(each) for each in unquote(path).split("/"))
    return segments if segments.endswith("/") else f"{segments}/"


def _encoded(text: str) -> str:
    return quote(text, safe="~")
