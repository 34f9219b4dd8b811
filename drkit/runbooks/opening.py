"""A runbook with some of its parameters filled in: a copy beside the one at hand, for its owner alone; and
the ways that lead through such a runbook.
"""

import json
import re
import shlex
from collections.abc import Mapping
from pathlib import Path

from drkit import owned
from drkit.errors import InputError
from drkit.headless import declared
from drkit.model import Inventory
from drkit.plan import REMOVAL, Offer, RunbookKind, unmistakable
from drkit.runbooks.notebooks import NOTEBOOKS

Values = Mapping[str, str | list[str]]


def runbook_offer(kind: RunbookKind, group_id: str, inventory: Inventory) -> Offer:
    """The way that a runbook leads through for a group: it asks for more than a change takes."""
    about, name = unmistakable(group_id, "groups", inventory), inventory.called(group_id)
    asked = [(word, text if isinstance(text, str) else text[0]) for word, text in _of(kind, about).items()]
    words = (part for word, text in asked for part in ("-p", f"{word}={text}"))
    return Offer(
        f"Its runbook asks what it is measured against, and shows the whole plan of {name} first.",
        f"Open the runbook: {kind.words} of {name}",
        (),
        (shlex.join(["drkit", "run", Path(NOTEBOOKS[kind]).stem, *words, "--dry-run"]),),
        (f"site.plan_rehearsal(drkit.PlanRequest({kind.value!r}, [{about!r}]))",),
        opens=kind.value,
        about=about,
    )


def runbook_of(way: Offer, profile: str) -> Path:
    """The runbook that a way `opens`, filled in; `InputError` as for `filled_in`."""
    return filled_in(NOTEBOOKS[way.opens], way.about, profile, _of(way.opens, way.about))


def _of(kind: str, group: str) -> Values:
    """The parameters that say to a runbook which group is meant, and where it has several, what of it."""
    if kind == REMOVAL:
        return {"group": group}
    return {"groups": [group]} if kind == RunbookKind.DRILL else {"action": kind, "waves": [group]}


def filled_in(notebook: str, about: str, profile: str, values: Values) -> Path:
    """The copy of a runbook of this folder that has these values, made where it is not there yet.

    It is named after what it is `about`; `profile` is the one that is at hand, if one was named. What
    somebody changed is never overwritten. `InputError` where the folder has no such runbook, or the copy
    cannot be written.
    """
    source, values = Path(notebook), {**({"profile": profile} if profile else {}), **values}
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
