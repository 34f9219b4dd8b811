"""Files and folders for their owner alone from the first moment: a record tells what a company runs."""

import os
import tempfile
from contextlib import suppress
from pathlib import Path

_OTHERS = 0o077


def make_folder(folder: Path) -> None:
    """Make a folder and those above it that are missing; one that is there keeps its rights. OSError."""
    for missing in [each for each in folder.parents if not each.exists()][::-1]:
        missing.mkdir(mode=0o700, exist_ok=True)
    folder.mkdir(mode=0o700, exist_ok=True)


def make_file(path: Path) -> None:
    """Make an empty file, or take the others' rights from the one that is there. OSError."""
    # One that is there is not opened: SQLite's locks are the process's, and closing any handle lets them go.
    path = path.resolve()  # a link may lead to a file that is not there yet
    try:
        path.touch(mode=0o600, exist_ok=False)
    except FileExistsError:
        narrow(path)


def narrow(path: Path) -> None:
    """Take the others' rights from a file, where there is one and it is ours."""
    with suppress(FileNotFoundError, PermissionError):
        mode = path.stat().st_mode
        if mode & _OTHERS:
            path.chmod(mode & 0o7777 & ~_OTHERS)


def write(path: Path, content: bytes) -> None:
    """Put a file in the place of what was there, whole or not at all. OSError."""
    number, draft = tempfile.mkstemp(prefix=".drkit-", dir=path.parent)  # its rights are 0600
    try:
        with os.fdopen(number, "wb") as file:
            file.write(content)
        Path(draft).replace(path)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise
