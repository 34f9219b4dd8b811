"""`drkit run` and `drkit resume` as real processes that are told to end, or lose their terminal."""

import json
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from drkit.journal import Journal
from drkit.sandbox import Sandbox, running

pytestmark = pytest.mark.slow
DRKIT = Path(sys.executable).with_name("drkit")
ATTACH = (
    "run", "20_attach_pairs", "-p", "instance=app-01", "-p", "pairs=app-cache-01,app-cache-02,app-cache-03",
    "-p", "confirm=shop-backend",
)  # fmt: skip


FIRST_CHANGE = True  # counts as one


class Watched(Sandbox):
    """A practice range that does something at its Nth request, or at the first change, and tells which
    changes came after that.
    """

    def __init__(self) -> None:
        super().__init__("demo", speed=500.0)
        self.at: int = 0
        self.passed = 0
        self.act: Callable[[], object] = bool
        self.late: list[str] = []

    def handle(
        self, method: str, path: str, query: bytes | str, headers: Mapping[str, str], body: bytes
    ) -> Any:  # noqa: ANN401 - the sandbox's own
        if self.at is not FIRST_CHANGE or self.passed or "attachreplication" in path:
            self.passed += 1
        if self.passed == self.at:
            self.act()
            threading.Event().wait(1.0)  # a slow answer: by then the command has passed the signal on
        elif self.passed > self.at > 0 and "attachreplication" in path:
            self.late.append(path)
        return super().handle(method, path, query, headers, body)


@pytest.fixture
def there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Watched]:
    with running(Watched()) as sandbox:
        assert isinstance(sandbox, Watched)
        monkeypatch.setenv("DRKIT_SANDBOX", json.dumps(sandbox.access))
        monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
        monkeypatch.setenv("DRKIT_REPORTS", str(tmp_path / "reports"))
        monkeypatch.chdir(tmp_path)
        yield sandbox


def begin(*words: str, before: Callable[[], object] | None = None) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [DRKIT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, preexec_fn=before  # noqa: PLW1509
    )  # fmt: skip


def states(folder: Path) -> list[str]:
    journal = Journal.open(folder / "journal.sqlite")
    found = [each.state for each in journal.runs()]
    journal.close()
    return found


@pytest.mark.parametrize(
    ("number", "at"), [(signal.SIGINT, 6), (signal.SIGINT, 14), (signal.SIGTERM, 18), (signal.SIGINT, 30)]
)
def test_interrupted_at_a_request_a_headless_run_sends_no_change_after_that(
    there: Watched, tmp_path: Path, number: signal.Signals, at: int
) -> None:
    with begin(*ATTACH) as process:
        there.act, there.at = lambda: process.send_signal(number), at
        out, err = process.communicate(timeout=120)
    # Struck between two cells, a kernel has something to say of its own sockets; drkit has not.
    assert (there.late, re.findall(r"drkit: .*|drkit/\w+/\w+\.py", err)) == ([], [])
    assert process.returncode == 3, out
    assert "Interrupted" in out.splitlines()[-1]
    assert set(states(tmp_path)) <= {"stopped"}


def test_a_terminal_that_goes_away_ends_a_headless_run_in_order_and_nobody_is_told(
    there: Watched, tmp_path: Path
) -> None:
    with begin(*ATTACH) as process:

        def hang_up() -> None:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            process.stderr.close()
            for _ in range(2):  # by the shell and by the system
                process.send_signal(signal.SIGHUP)

        there.act, there.at = hang_up, FIRST_CHANGE
        assert process.wait(120) == 3
    assert there.late == []
    assert states(tmp_path) == ["stopped"]
    assert list((tmp_path / "reports").glob("*.html"))
    assert list((tmp_path / "drkit-runs").glob("*.ipynb"))


def ignore_hang_up() -> None:
    signal.signal(signal.SIGHUP, signal.SIG_IGN)


def test_with_nohup_a_headless_run_outlives_its_terminal(there: Watched, tmp_path: Path) -> None:
    with begin(*ATTACH, before=ignore_hang_up) as process:
        there.act, there.at = lambda: process.send_signal(signal.SIGHUP), FIRST_CHANGE
        out, _ = process.communicate(timeout=120)
    assert process.returncode == 0, out
    assert states(tmp_path) == ["done"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP], ids=lambda it: it.name)
def test_a_resumed_run_that_loses_its_terminal_is_stopped_and_reported(
    there: Watched, tmp_path: Path, number: signal.Signals
) -> None:
    with begin(*ATTACH) as process:
        there.act, there.at = lambda: process.send_signal(signal.SIGINT), FIRST_CHANGE
        process.communicate(timeout=120)
    journal = Journal.open(tmp_path / "journal.sqlite")
    (run,) = journal.runs()
    journal.close()
    for report in (tmp_path / "reports").iterdir():
        report.unlink()
    with begin("resume", run.id) as process:

        def hang_up() -> None:
            assert process.stdout
            assert process.stderr
            process.stdout.close()
            process.stderr.close()
            process.send_signal(number)
            process.send_signal(number)

        there.passed, there.late, there.act, there.at = 0, [], hang_up, 12
        assert process.wait(120) == 3
    assert there.late == []
    assert states(tmp_path) == ["stopped"]
    assert list((tmp_path / "reports").glob("*.html"))


def test_a_full_disk_behind_the_screen_stops_no_run(there: Watched, tmp_path: Path) -> None:
    with Path("/dev/full").open("w") as full:
        ended = subprocess.run(
            [DRKIT, *ATTACH], stdout=full, stderr=subprocess.PIPE, text=True, timeout=120, check=False
        )
    assert ended.returncode == 0, ended.stderr
    of_a_busy_machine = "IOStream.flush timed out\n"  # what a kernel that waits for its turn says
    assert ended.stderr.replace(of_a_busy_machine, "") == (
        "drkit: The output cannot be written (No space left on device). What is under way goes on.\n"
    )
    assert states(tmp_path) == ["done"]
    assert len([each for each in there.world.jobs.values() if not each.parent]) >= 3
