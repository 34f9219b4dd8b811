"""Health checks: whether a service answers on a TCP port or a URL. They read, and change nothing."""

import socket
import urllib.error
import urllib.request
from http.client import HTTPException
from urllib.parse import urlsplit

from drkit.plan import checked

SECONDS = 5.0


def failing(check: str, seconds: float = SECONDS) -> str:
    """Why the check does not hold now, to go into a sentence; empty when it holds.

    A port holds when it takes a connection, a URL when it answers below 400 (redirects are followed).
    """
    parts = urlsplit(checked(check))
    try:
        if parts.scheme == "tcp":
            socket.create_connection((parts.hostname, parts.port), seconds).close()
        else:
            urllib.request.urlopen(check, timeout=seconds).close()  # noqa: S310  # the scheme was checked
    except urllib.error.HTTPError as error:
        error.close()
        return f"it answers {error.code}"
    except (OSError, HTTPException) as error:
        reason = getattr(error, "reason", error)
        why = getattr(reason, "strerror", None) or reason or type(error).__name__
        return f"it does not answer ({why})"
    return ""
