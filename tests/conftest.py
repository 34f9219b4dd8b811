"""What holds for every test: which are slow, in which order they run, and that nothing of the person who runs
them is read or touched.
"""

import os
import signal
from pathlib import Path

import pytest

HERE = Path(__file__).parent
SLOW = ("browser", "crash", "notebooks", "lab")  # folders whose tests start kernels, Labs, browsers; longest first
DECIDING = ("devices", "execution", "journal", "model", "plan", "rules")  # only theirs count for coverage
KEPT = {"DRKIT_REQUIRE_BROWSER", "DRKIT_REQUIRE_POSTGRES", "DRKIT_SCREENSHOTS", "DRKIT_TEST_POSTGRES"}


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark each test by its folder, and put the long ones first, so that all workers end together."""
    for item in items:
        folder = folder_of(item)
        if folder in SLOW:
            item.add_marker(pytest.mark.slow)
        if folder not in DECIDING:
            item.add_marker(pytest.mark.no_cover)
        if folder == "browser":  # those that share a Lab run in one process
            item.add_marker(pytest.mark.xdist_group(f"lab-{getattr(item.getparent(pytest.Module).obj, 'SPEED', 60)}"))
    items.sort(key=rank)


def folder_of(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def rank(item: pytest.Item) -> int:
    if item.get_closest_marker("slow") is None:
        return len(SLOW) + 1
    folder = folder_of(item)
    return SLOW.index(folder) if folder in SLOW else len(SLOW)


@pytest.fixture(autouse=True, scope="session")
def _interrupts_are_heard() -> None:
    """Also where the tests were started in the background, and every child would inherit deaf ears."""
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(autouse=True, scope="session")
def _nobodys_settings(tmp_path_factory: pytest.TempPathFactory) -> None:
    """No profile, practice range, journal or proxy of the person who runs the tests."""
    place = tmp_path_factory.mktemp("nobody")
    for name in list(os.environ):
        foreign = name.startswith(("DRKIT_", "OS_", "HUAWEICLOUD_")) and name not in KEPT
        if foreign or name.lower().endswith("_proxy"):
            del os.environ[name]
    os.environ["DRKIT_JOURNAL"] = str(Path(place, "journal.sqlite"))
    os.environ["DRKIT_SANDBOX_FILE"] = str(Path(place, "sandbox.json"))
