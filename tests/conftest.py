"""What holds for every test: nothing of the person who runs them is read or touched."""

import os
import signal
from pathlib import Path

import pytest

KEPT = {"DRKIT_REQUIRE_BROWSER", "DRKIT_REQUIRE_POSTGRES", "DRKIT_SCREENSHOTS", "DRKIT_TEST_POSTGRES"}


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
