"""Health checks: whether a service answers on a TCP port or a URL. They read, and change nothing.

What is checked is the operator's own and no part of the cloud: no token goes there, and a check goes to the
real network also where a sandbox in this process replaces the cloud.
"""

import os
import socket
import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from drkit.api.clouds import loopback, practice_host
from drkit.api.diagnosis import of_connection
from drkit.api.profiles import Profile
from drkit.api.transport import NO_NETWORK, status_of, trust
from drkit.errors import UnreachableError

SECONDS = 5.0
"""So long a check waits for a connection, and then for the first line of an answer."""


def failing(check: str, ca_file: str = "") -> str:
    """Why the check does not hold now, in words; empty when it holds.

    A port ("tcp://host:port") holds when it takes a connection, a URL when it answers below 400.
    """
    parts = urlsplit(check)
    if practice_host(check):
        return f"it does not answer ({NO_NETWORK})"
    try:
        if parts.scheme == "tcp":
            socket.create_connection((parts.hostname, parts.port), SECONDS).close()
            return ""
        status = status_of(check, SECONDS, ca_file)
    except (OSError, UnicodeError) as error:
        return f"it does not answer ({getattr(error, 'strerror', None) or error or type(error).__name__})"
    return "" if status < 400 else f"it answers {status}"


@dataclass(frozen=True, slots=True)
class ServerDoor:
    """How a host was reached: its addresses, the version of TLS (empty without), its certificate's end."""

    addresses: tuple[str, ...]
    tls: str = ""
    certificate_ends: datetime | None = None


def door_of(url: str, profile: Profile) -> ServerDoor | None:
    """Look up the host of an address and shake hands with it; None where a proxy does both.

    Nothing is sent, and no secret is shown. UnreachableError says what does not work, and what to do.
    """
    parts = urlsplit(url)
    if practice_host(url) or proxy_for(url):
        return None
    host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = tuple(dict.fromkeys(str(entry[4][0]) for entry in found))
        with socket.create_connection((host, port), SECONDS) as plain:
            if parts.scheme != "https":
                return ServerDoor(addresses)
            context = trust(profile.ca_file, profile.cert_file, profile.key_file)
            with context.wrap_socket(plain, server_hostname=host) as tls:
                return ServerDoor(addresses, tls.version() or "", _end(tls))
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise UnreachableError(f"{host}: {reason}. {of_connection(str(error))}") from None


def proxy_for(url: str) -> str:
    """The proxy that the environment names for an address, without user and password; empty without one."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if loopback(url):
        return ""
    given = {name.lower(): value for name, value in os.environ.items()}
    left_out = [name.strip().lstrip("*.") for name in given.get("no_proxy", "").split(",")]
    if "*" in given.get("no_proxy", "").split(",") or any(
        name and (host == name or host.endswith(f".{name}")) for name in left_out
    ):
        return ""
    proxy = given.get(f"{parts.scheme}_proxy") or given.get("all_proxy") or ""
    return proxy.rpartition("@")[2].rpartition("/")[2]


def _end(tls: ssl.SSLSocket) -> datetime | None:
    certificate = tls.getpeercert() or {}
    if not (text := certificate.get("notAfter")):
        return None
    return datetime.fromtimestamp(ssl.cert_time_to_seconds(str(text)), UTC)
