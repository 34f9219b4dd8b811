"""Which notebooks may run when they are opened: those whose code is drkit's own.

A notebook that anybody can have written must not run before somebody has read it. What may differ in a copy
are texts and the values of its parameters, which are written out as plain values and so do nothing.
"""

import json
from collections.abc import Iterable, Mapping
from functools import cache
from typing import Any

from drkit.errors import InputError
from drkit.headless import declared
from drkit.lab.workfolder import shipped_notebooks

Cells = Iterable[Mapping[str, Any]]


def is_shipped(cells: Cells) -> bool:
    """Whether the code of these cells is a shipped runbook's, but for the values of its parameters."""
    try:
        return _code(cells) in _shipped()
    except (InputError, LookupError, TypeError, AttributeError):
        return False


@cache
def _shipped() -> frozenset[tuple[str, ...]]:
    return frozenset(_code(json.loads(path.read_bytes())["cells"]) for path in shipped_notebooks())


def _code(cells: Cells) -> tuple[str, ...]:
    """The code of each cell that has any; of the parameters their names and types."""
    return tuple(
        _parameters(source) if "parameters" in cell.get("metadata", {}).get("tags", []) else source
        for cell in cells
        if cell["cell_type"] == "code" and (source := "".join(cell["source"]).strip())
    )


def _parameters(source: str) -> str:
    return ", ".join(f"{each.name}: {each.annotation}" for each in declared(source).values())
