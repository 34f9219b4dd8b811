"""nbformat, loaded without what it does not need: two seconds less for a word in the shell.

Its check of a notebook loads jsonschema, which builds a grammar of addresses and loads a library of dates,
for formats that no notebook has. It goes without them where they are not installed, and so it does here.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager

FORMATS = ("isoduration", "rfc3986_validator", "rfc3987_syntax")


@contextmanager
def _not_installed(*names: str) -> Iterator[None]:
    """Have these modules not found within, where nobody has loaded them yet."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type] # None: not to be found, says Python
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with _not_installed(*FORMATS):
    import nbformat

__all__ = ["nbformat"]
