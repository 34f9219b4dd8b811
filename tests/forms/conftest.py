import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.forms.hands import Hands

SWALLOWING = ("traitlets", "drkit.forms")
"""Where ipywidgets and our own engine write down an error that a callback raised."""


class Swallowed(logging.Handler):
    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.found.append(self.format(record))


@pytest.fixture(autouse=True)
def swallowed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """An error that a widget callback or an engine swallowed fails the test, unless it is taken from here."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    handler = Swallowed()
    loggers = [logging.getLogger(each) for each in SWALLOWING]
    for each in loggers:
        each.addHandler(handler)
    yield handler.found
    for each in loggers:
        each.removeHandler(handler)
    for left in list(logging.getLogger("drkit.forms").handlers):  # its file goes with the test's folder
        logging.getLogger("drkit.forms").removeHandler(left)
        left.close()
    assert handler.found == []


@pytest.fixture
def hands(tmp_path: Path) -> Iterator[Hands]:
    made = Hands(tmp_path)
    yield made
    made.close()
