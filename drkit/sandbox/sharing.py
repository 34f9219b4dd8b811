"""One practice world for all notebooks of a folder, in a Jupyter that `drkit lab` did not start.

The first notebook starts the range as a process of its own, which ends with that Jupyter; the others join it.
It is written down in the folder, in a file like the one of `command`, for its owner only.
"""

import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from drkit.sandbox.command import FOLDERS_OWN, find_written

SERVE = "import sys; from drkit.sandbox import serve_command; sys.exit(serve_command())"
SECONDS_TO_START = 60.0


def join_or_begin(folder: Path, speed: float, manner: str) -> tuple[dict[str, str], bool]:
    """How to reach the range of this folder, and whether it was there already; it ends with the process that
    started this one.

    ConnectionError with a sentence where none can be begun there, or one is there and silent.
    """
    place = folder / FOLDERS_OWN
    if access := find_written(place):
        return access, True
    try:
        with _alone(place.parent):
            if access := find_written(place):  # by another notebook, meanwhile
                return access, True
            return _begin(place, speed, manner), False
    except ConnectionError:
        raise
    except OSError as error:
        raise ConnectionError(
            f"No practice range can be begun for the notebooks of {folder} ({error.strerror or error})."
        ) from error


def _begin(place: Path, speed: float, manner: str) -> dict[str, str]:
    owner = os.getppid() if os.getppid() > 1 else os.getpid()
    words = ["--speed", str(speed), "--manner", manner, "--ends-with", str(owner)]
    process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
        [sys.executable, "-c", SERVE, *words],
        env=os.environ | {"DRKIT_SANDBOX_FILE": str(place)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        start_new_session=True,  # an interrupt of the notebook is not meant for it
        text=True,
    )
    deadline = time.monotonic() + SECONDS_TO_START
    while time.monotonic() < deadline and process.poll() is None:
        if access := find_written(place):
            return access
        time.sleep(0.05)
    process.terminate()
    said = process.communicate()[1].strip()
    raise ConnectionError(f"The practice range of {place.parent.parent} did not begin: {said}")


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Only one process at a time is in here."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (folder / "practice.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
