"""Where a form's work is done: one thread per form, and nothing it raises is lost.

Widget callbacks may come on any thread. They only hand over to the `FormWorker`; it does one thing after
another, so a form needs no lock of its own.
"""

import itertools
import logging
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from platformdirs import user_log_path

from drkit.errors import DrkitError, SecretNeededError
from drkit.forms.signing import ask_for

Work = Callable[[], object]
OnError = Callable[[str], object]


class FormWorker:
    """Does a form's work on one thread, in the order it came."""

    def __init__(self, name: str) -> None:
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)
        self._newest: Counter[str] = Counter()
        self._numbers = itertools.count(1)

    def do(self, work: Work, tell: OnError, *, instead_of: str = "") -> None:
        """Do this soon; `tell` gets the sentence when it fails.

        Of the works with the same `instead_of` that wait, only the newest is done: what was typed last
        counts.
        """
        number = next(self._numbers)
        if instead_of:
            self._newest[instead_of] = number
        self._pool.submit(lambda: None if self._newest[instead_of] > number else guarded(work, tell)())

    def settle(self, timeout: float = 30.0) -> None:
        """Wait until everything handed over so far is done. TimeoutError after so many seconds."""
        self._pool.submit(lambda: None).result(timeout)


def guarded(work: Work, tell: OnError) -> Callable[[], None]:
    """The same work, except that an error becomes a sentence for `tell` and goes no further."""

    def run() -> None:
        try:
            work()
        except SecretNeededError as error:
            tell(f"The {error.what} of profile {error.profile} is needed: type it above.")
            ask_for(error)
        except DrkitError as error:
            tell(str(error))
        except Exception as error:  # noqa: BLE001 - a form that swallows or dies helps nobody
            tell(unexpected(error))

    return run


def unexpected(error: Exception) -> str:
    """Write the whole error to the log file; what the operator reads instead of a stack trace."""
    where = _log_file()
    logging.getLogger("drkit.forms").error("Unexpected error in a form", exc_info=error)
    return (
        f"Something went wrong inside drkit ({type(error).__name__}: {error}). What a run has sent and "
        f"learned is in its journal. The details are at the end of {where}."
    )


def _log_file() -> Path:
    path = user_log_path("drkit", ensure_exists=True) / "forms.log"
    logger = logging.getLogger("drkit.forms")
    if not any(isinstance(each, logging.FileHandler) for each in logger.handlers):
        handler = logging.FileHandler(path, delay=True)
        handler.setFormatter(logging.Formatter("%(asctime)s %(levelname)s %(message)s"))
        logger.addHandler(handler)
    return path
