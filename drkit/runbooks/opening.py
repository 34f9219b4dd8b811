"""A runbook with some of its parameters filled in: a copy beside the one at hand, for its owner alone."""

import json
import re
from collections.abc import Mapping
from pathlib import Path

from drkit import owned
from drkit.errors import InputError
from drkit.headless import declared

Values = Mapping[str, str | list[str]]


def filled_in(notebook: str, about: str, values: Values) -> Path:
    """The copy of a runbook of this folder that has these values, made where it is not there yet.

    It is named after what it is `about`. What somebody changed is never overwritten. `InputError` where the
    folder has no such runbook, or the copy cannot be written.
    """
    source = Path(notebook)
    try:
        book = json.loads(source.read_bytes())
        for cell in book["cells"]:
            if "parameters" in cell["metadata"].get("tags", []):
                cell["source"] = _filled("".join(cell["source"]), values).splitlines(keepends=True)
            if cell["cell_type"] == "code":
                cell |= {"outputs": [], "execution_count": None}
        copy = _place(source.stem, re.sub(r"[^\w.-]+", "-", about)[:64], book)
        if not copy.exists():
            owned.write(copy, f"{json.dumps(book, indent=1, ensure_ascii=False)}\n".encode())
    except FileNotFoundError:
        raise InputError(f"There is no {notebook} in {Path.cwd()}: use the shell instead.") from None
    except OSError as error:
        raise InputError(f"A copy of {notebook} cannot be written: {error.strerror}") from error
    except (ValueError, LookupError, TypeError) as error:
        raise InputError(f"{notebook} in {Path.cwd()} is no runbook that can be copied.") from error
    return copy


def _filled(source: str, values: Values) -> str:
    known = declared(source)
    lines = source.splitlines()
    for name, value in values.items():
        at = next(number for number, line in enumerate(lines) if line.startswith(f"{name}:"))
        comment = f"  # {known[name].comment}" if known[name].comment else ""
        lines[at] = f"{name}: {known[name].annotation} = {value!r}{comment}"
    return "\n".join(lines)


def _place(stem: str, about: str, book: object) -> Path:
    """The first name that is free, or has just these cells."""
    number = 1
    while (path := Path(f"{stem}-{about}{f'-{number}' if number > 1 else ''}.ipynb")).exists():
        if _cells(json.loads(path.read_bytes())) == _cells(book):
            return path
        number += 1
    return path


def _cells(book: object) -> list[tuple[str, str]]:
    cells = book["cells"] if isinstance(book, dict) else []
    return [(cell["cell_type"], "".join(cell["source"])) for cell in cells]
