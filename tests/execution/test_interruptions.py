"""Ctrl-C stops every run of the process, whichever frame, thread or library it interrupts."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

from drkit.execution.interruption import Interruptions, interrupted_by
from drkit.headless.kernelspec import OwnPython

PATIENCE = 30.0


@pytest.mark.slow
@pytest.mark.parametrize("how", ["waits", "swallows", "starts_in_a_thread"])
def test_interrupted_at_any_of_its_requests_a_run_sends_no_change_after_that(
    tmp_path: Path, how: str
) -> None:
    command = [sys.executable, "-m", "tests.execution.interrupting", str(tmp_path), how]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300, check=True)
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    assert len(found) > 20, ended.stderr
    assert [each for each in found if each["late"]] == []
    assert found[-1]["states"] == ["done"]
    assert {state for each in found for state in each["states"]} == {"stopped", "done"}


@pytest.mark.slow
def test_a_script_that_ends_while_its_run_goes_on_stops_it_in_order(tmp_path: Path) -> None:
    script = """
import sys, drkit
from drkit.plan import Plan, Step
site = drkit.connect()
plan = site.plan_attach("app-01", ["app-cache-01"])
site.run(Plan(plan.title, plan.backend, plan.groups, (Step("1", "Look"),), plan.read_at), "shop-backend")
"""
    journal = tmp_path / "journal.sqlite"
    environment = {**os.environ, "DRKIT_JOURNAL": str(journal), "DRKIT_REPORTS": str(tmp_path)}
    subprocess.run([sys.executable, "-c", script], env=environment, timeout=60, check=True)
    shown = subprocess.run(
        [Path(sys.executable).with_name("drkit"), "runs"],
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    assert " stopped " in shown.stdout
    assert [each.suffix for each in tmp_path.iterdir() if "report" in each.name or each.suffix == ".html"]


@pytest.fixture
def kernel(tmp_path: Path) -> Iterator[tuple[KernelManager, BlockingKernelClient]]:
    manager = KernelManager(kernel_spec_manager=OwnPython())
    manager.start_kernel(
        cwd=str(tmp_path),  # whose notebooks share a practice world
        env={**os.environ, "DRKIT_JOURNAL": str(tmp_path / "j.sqlite"), "DRKIT_REPORTS": str(tmp_path)},
    )
    client: BlockingKernelClient = manager.client()
    client.start_channels()
    client.wait_for_ready(timeout=PATIENCE)
    yield manager, client
    client.stop_channels()
    manager.shutdown_kernel(now=True)


def cell(client: BlockingKernelClient, source: str) -> str:
    """What a cell prints."""
    printed: list[str] = []

    def hear(message: dict[str, dict[str, str]]) -> None:
        content = message["content"]
        printed.append(content.get("text", "") + "".join(content.get("traceback", "")))

    client.execute_interactive(source, timeout=PATIENCE, output_hook=hear)
    return "".join(printed)


STARTED_BY_A_FORM = """
import threading
from drkit.runbooks import AttachRequest, AttachSession
from drkit.plan import Plan, Step
session = AttachSession(AttachRequest())
def begin():
    plan = session.site.plan_attach("app-01", ["app-cache-01"])
    steps = (Step("1", "Answers", check="tcp://127.0.0.1:1"),)
    plan = Plan(plan.title, plan.backend, plan.groups, steps, plan.read_at)
    runs.append(session.site.run(plan, "shop-backend"))
runs = []
thread = threading.Thread(target=begin); thread.start()
"""

AWAITING = """
import asyncio
print("there")
while runs[0].driven:
    await asyncio.sleep(0.05)
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    "busy",
    ["", "import time; print('there'); time.sleep(60)", AWAITING],
    ids=["idle", "in a cell", "in a cell that awaits"],
)
def test_interrupting_a_kernel_stops_its_runs_whether_a_cell_runs_or_none(
    kernel: tuple[KernelManager, BlockingKernelClient], busy: str
) -> None:
    manager, client = kernel
    assert cell(client, STARTED_BY_A_FORM) == ""
    assert cell(client, "thread.join(); print(runs[0].state().phase)") == "running\n"
    request = ""
    if busy:
        request = client.execute(busy)
        while client.get_iopub_msg(timeout=PATIENCE)["content"].get("text") != "there\n":
            pass
    manager.interrupt_kernel()
    while request and client.get_shell_msg(timeout=PATIENCE)["parent_header"].get("msg_id") != request:
        pass  # what is asked before that is not done
    told = cell(client, "runs[0]._engine.thread.join(20); print(runs[0].state().sentence)")
    assert "Interrupted: 1 working." in told


class TestTheNumber:
    @pytest.fixture
    def heard(self) -> Iterator[Interruptions]:
        before = signal.set_wakeup_fd(-1)
        yield Interruptions()
        signal.set_wakeup_fd(before)

    def test_grows_by_one_for_each_interruption_and_wakes_who_waits(self, heard: Interruptions) -> None:
        woken = threading.Event()
        heard.wakes(woken)
        assert heard.listen() == 0
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert woken.wait(PATIENCE)
        assert heard.listen() == 1

    def test_counts_no_signal_that_means_something_else(self, heard: Interruptions) -> None:
        heard.listen()
        kept = signal.signal(signal.SIGUSR1, lambda *_: None)
        signal.raise_signal(signal.SIGUSR1)
        signal.signal(signal.SIGUSR1, kept)
        assert heard.listen() == 0

    def test_is_known_to_a_thread_that_cannot_begin_to_listen(self, heard: Interruptions) -> None:
        told: list[int] = []
        thread = threading.Thread(target=lambda: told.append(heard.listen()))
        thread.start()
        thread.join()
        assert told == [0]
        assert signal.set_wakeup_fd(-1) == -1

    def test_leaves_nobody_out_who_listened_before(self, heard: Interruptions) -> None:
        near, far = socket.socketpair()
        far.setblocking(False)
        signal.set_wakeup_fd(far.fileno())
        near.settimeout(PATIENCE)
        heard.listen()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert near.recv(16) == bytes([signal.SIGINT])
        near.close()
        far.close()
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert heard.listen() == 2

    def test_of_a_forked_child_is_its_own(self, heard: Interruptions) -> None:
        heard.listen()
        child = os.fork()
        if child == 0:
            code = 1
            try:
                heard.listen()
                signal.raise_signal(signal.SIGINT)
            except KeyboardInterrupt:
                code = 0 if heard.listen() == 1 else 2
            finally:
                os._exit(code)
        assert os.waitpid(child, 0)[1] == 0
        assert heard.listen() == 0


class TestOtherSignals:
    def test_interrupt_once_and_are_put_back(self) -> None:
        before = signal.getsignal(signal.SIGTERM)
        with interrupted_by(signal.SIGTERM, signal.SIGHUP):
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
        assert signal.getsignal(signal.SIGTERM) == before

    def test_that_are_ignored_stay_so(self) -> None:
        before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
        with interrupted_by(signal.SIGTERM, signal.SIGHUP):
            signal.raise_signal(signal.SIGHUP)
            assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        signal.signal(signal.SIGHUP, before)
