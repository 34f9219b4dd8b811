"""What drkit writes into its log, for who wants to see each request; no secret is among it."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

_LOG = logging.getLogger("drkit")
IN_THE_KERNEL = "from drkit.headless.hearing import hear; hear()"
"""The line by which a kernel writes the log to its own stderr, and so into the notebook."""


def hear() -> logging.Handler:
    """Write what drkit logs to stderr from now on."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s: %(message)s"))
    _LOG.addHandler(handler)
    _LOG.setLevel(logging.DEBUG)
    return handler


def is_heard() -> bool:
    """Whether what drkit logs is wanted, down to each request."""
    return _LOG.isEnabledFor(logging.DEBUG)


@contextmanager
def heard(*, verbose: bool) -> Iterator[None]:
    """Within this, what drkit writes into its log goes to stderr as well."""
    before, handler = _LOG.level, hear() if verbose else None
    try:
        yield
    finally:
        if handler:
            _LOG.removeHandler(handler)
        _LOG.setLevel(before)
