"""Health checks: whether a service answers on a TCP port or a URL. They read, and change nothing.

What is checked is the operator's own and no part of the cloud: no token goes there, and a check goes to the
real network also where a sandbox in this process replaces the cloud.
"""

import socket
from urllib.parse import urlsplit

from drkit.api.clouds import practice_host
from drkit.api.transport import NO_NETWORK, status_of

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
