from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.journal import Journal
from tests.journal.stores import store


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with store(request.param, tmp_path) as found:
        yield found


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock()


@pytest.fixture
def journal(where: str, clock: SteppedClock) -> Iterator[Journal]:
    opened = Journal.open(where, clock, who="duty")
    yield opened
    opened.close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "journal.sqlite"


@pytest.fixture
def kept(file: Path, clock: SteppedClock) -> Iterator[Journal]:
    """A journal in a file, for what concerns files only."""
    opened = Journal.open(file, clock, who="duty")
    yield opened
    opened.close()
