"""Which notebooks may run when they are opened."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest

from drkit.lab import shipped_notebooks
from drkit.lab.shipped import is_shipped

Cells = list[dict[str, Any]]


@pytest.fixture
def cells() -> Cells:
    (path,) = (each for each in shipped_notebooks() if each.stem == "20_attach_pairs")
    read: Cells = json.loads(path.read_bytes())["cells"]
    return copy.deepcopy(read)


def parameters(cells: Cells) -> dict[str, Any]:
    return next(each for each in cells if "parameters" in each["metadata"].get("tags", []))


def test_every_shipped_runbook_is_one() -> None:
    assert all(is_shipped(json.loads(path.read_bytes())["cells"]) for path in shipped_notebooks())


def test_a_copy_with_values_and_texts_of_its_own_still_is(cells: Cells) -> None:
    entry = parameters(cells)
    entry["source"] = "".join(entry["source"]).replace('group: str = ""', 'group: str = "mine"  # of us')
    cells[0]["source"] = "# Ours"
    cells.append({"cell_type": "code", "metadata": {}, "source": ["\n"]})
    assert is_shipped(cells)


def changes() -> dict[str, Callable[[Cells], object]]:
    return {
        "a line more": lambda cells: cells[-1].update(source="import os"),
        "a cell more": lambda cells: cells.append({"cell_type": "code", "metadata": {}, "source": "1"}),
        "a cell less": lambda cells: cells.pop(),
        "a computed value": lambda cells: parameters(cells).update(source="group: str = open('x').read()"),
        "code among the parameters": lambda cells: parameters(cells).update(source="import os"),
        "a parameter less": lambda cells: parameters(cells).update(source='profile: str = ""'),
        "injected code": lambda cells: cells.insert(
            3, {"cell_type": "code", "metadata": {"tags": ["injected-parameters"]}, "source": "group = 1"}
        ),
        "no source": lambda cells: cells[-1].pop("source"),
        "tags that are none": lambda cells: cells[-1].update(metadata=None),
    }


@pytest.mark.parametrize("name", changes())
def test_whatever_else_differs_it_is_not(name: str, cells: Cells) -> None:
    changes()[name](cells)
    assert not is_shipped(cells)
