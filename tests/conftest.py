"""What holds for every test: which are slow, in what order they run, which count for coverage, what is said
of those that were skipped; and that nothing of the person who runs them is read or touched.
"""

import gc
import os
import signal
import sys
from collections import Counter
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.closing import at_the_end

settings.register_profile("patient", settings(), deadline=None)  # a busy machine is no fault of the code
settings.register_profile("brief", settings.get_profile("patient"), max_examples=10, database=None)
settings.load_profile("patient")
if (
    signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
):  # under nohup: processes that tests start would ignore it too
    signal.signal(signal.SIGHUP, signal.SIG_DFL)
HERE = Path(__file__).parent
SLOW = ("browser", "crash", "notebooks", "lab", "agreement")  # seconds for a test; the longest first
DECIDING = (
    "devices",
    "execution",
    "journal",
    "model",
    "plan",
    "readiness",
    "rules",
)  # rooms that their own tests must cover
KEPT = {
    "DRKIT_REQUIRE_BROWSER",
    "DRKIT_REQUIRE_POSTGRES",
    "DRKIT_SCREENSHOTS",
    "DRKIT_TEST_POSTGRES",
    "DRKIT_THEME",
}


@pytest.hookimpl(optionalhook=True)  # of pytest-xdist
def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """One more than there are processors for all tests: browsers and kernels wait more than they compute."""
    processors = os.cpu_count() or 1
    return processors if config.option.markexpr == "not slow" else processors + 1


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the tests by their folders, and put the long ones first so that all workers end together."""
    for item in items:
        folder = _folder(item)
        if folder in SLOW:
            item.add_marker(pytest.mark.slow)
        if folder == "browser":  # tests that share a Lab run on one worker
            module = item.getparent(pytest.Module)
            item.add_marker(pytest.mark.xdist_group(f"speed-{getattr(module and module.obj, 'SPEED', 60)}"))
    items.sort(key=_turn)


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """The folders of the slow tests take seconds to import alone: not where they are left out anyway."""
    left_out = config.option.markexpr == "not slow" and collection_path.parent == HERE
    return True if left_out and collection_path.name in SLOW else None


def pytest_collection_finish() -> None:
    """What is there by now stays: the garbage collector need not go through it again and again."""
    gc.collect()
    gc.freeze()


def _folder(item: pytest.Item) -> str:
    return item.path.relative_to(HERE).parts[0]


def _turn(item: pytest.Item) -> int:
    if item.get_closest_marker("slow") is None:
        return len(SLOW) + 1
    return (*SLOW, _folder(item)).index(_folder(item))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """The branches of the deciding rooms are taken by their own tests, and not by accident by others."""
    measuring = "coverage" in sys.modules and sys.modules["coverage"].Coverage.current()
    if not measuring or _folder(item) in DECIDING:
        return (yield)
    measuring.stop()
    try:
        return (yield)
    finally:
        measuring.start()


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Iterator[None]:
    """Right above pytest's own last line: what was skipped, and what has to be done to run it."""
    yield
    skipped = [report.longrepr for report in terminalreporter.stats.get("skipped", [])]
    reasons = Counter(str(each[2] if isinstance(each, tuple | list) else each) for each in skipped)
    told = [f"{count} {reason.removeprefix('Skipped: ')}" for reason, count in reasons.most_common()]
    if told:
        terminalreporter.write_line(f"{len(skipped)} skipped: {'; '.join(told)}")


@pytest.fixture(autouse=True)
def _what_helpers_opened_is_closed() -> Iterator[None]:
    yield
    if running := sys.modules.get("drkit.execution"):  # a run that goes on would open its journal once more
        running.stop_all("The test ended", patience=5)
    at_the_end.close()


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
    os.environ["XDG_CONFIG_HOME"] = str(place)  # profiles.toml and clouds.yaml
    os.environ["DRKIT_KEY"] = str(Path(place, "signing-key.pem"))
    os.environ["DRKIT_ANCHORS"] = str(Path(place, "anchors.jsonl"))


@pytest.fixture(autouse=True)
def _anchors_of_its_own(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tests give their runs the same names."""
    monkeypatch.setenv("DRKIT_ANCHORS", str(tmp_path_factory.mktemp("anchors") / "anchors.jsonl"))


@pytest.fixture(autouse=True, scope="session")
def _nothing_is_left_on_the_database_server() -> Iterator[None]:
    yield
    from tests.journal.stores import at_end

    at_end.close()
