"""Runs a notebook on a kernel of our own, saves it after every cell, and ends it decently when told to."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import zmq
from jupyter_client.manager import AsyncKernelManager
from jupyter_core.utils import ensure_async
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, DeadKernelError

from drkit import owned
from drkit.headless.hearing import IN_THE_KERNEL, is_heard
from drkit.headless.kernelspec import OwnPython
from drkit.headless.notebooks import nbformat
from drkit.headless.outcome import (
    DONE,
    Outcome,
    after_death,
    after_error,
    after_interruption,
    read_outcome,
)

SECONDS_AFTER_INTERRUPT = 30.0


class Interrupted(Exception):  # noqa: N818 - not an error of anybody's
    """The run was told to end, and the cell that was running has ended."""


def execute(notebook: nbformat.NotebookNode, target: Path, on_output: Callable[[str], None]) -> Outcome:
    """Run every code cell; `target` holds the notebook as far as it got, `on_output` gets their prints."""
    with TemporaryDirectory(prefix="drkit-") as scratch:
        word = Path(scratch) / "outcome.json"
        environment = {**os.environ, "DRKIT_HEADLESS": "1", "DRKIT_OUTCOME": str(word)}
        return asyncio.run(_execute(notebook, target, on_output, environment, word))


async def _execute(
    notebook: nbformat.NotebookNode,
    target: Path,
    on_output: Callable[[str], None],
    environment: dict[str, str],
    word: Path,
) -> Outcome:
    client = RunbookClient(notebook, target, on_output)
    try:
        await client.async_execute(env=environment, cwd=str(Path.cwd()))
    except CellExecutionError as error:
        if client.interruptions:
            return after_interruption(read_outcome(word))
        return after_error(read_outcome(word), error.ename, error.evalue or error.ename)
    except Interrupted:
        return after_interruption(read_outcome(word))
    except (DeadKernelError, RuntimeError):
        ended = after_interruption if client.interruptions else after_death
        return ended(read_outcome(word))
    finally:
        client.save()
    return read_outcome(word) or Outcome(DONE, "The notebook ran to its end.")


class RunbookClient(NotebookClient):
    """nbclient with our own kernel and our own way of ending: interrupt first, so that a run inside stops
    sending and writes down what is in flight; kill on the second signal or after a while.
    """

    def __init__(
        self, notebook: nbformat.NotebookNode, target: Path, on_output: Callable[[str], None]
    ) -> None:
        super().__init__(notebook, timeout=None, kernel_name="python3", startup_timeout=120)
        self.extra_arguments = [f"--IPKernelApp.exec_lines={IN_THE_KERNEL}"] if is_heard() else []
        self._target, self._on_output = target, on_output
        self._ending: asyncio.Task[None] | None = None
        self.interruptions = self._told_by_a_person = 0
        self.on_cell_start = self._before_cell
        self.on_cell_executed = lambda **_: self.save()

    def save(self) -> None:
        """Put the notebook as it is now in its place, whole, for its owner alone."""
        try:
            owned.write(self._target, f"{nbformat.writes(self.nb)}\n".encode())
        except OSError as error:  # a full disk stops no run; its evidence is in the journal
            self._on_output(f"The executed notebook cannot be written: {error.strerror}")

    def create_kernel_manager(self) -> AsyncKernelManager:
        """The interpreter that runs drkit as the kernel."""
        self.km = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=OwnPython())
        self.km.shutdown_wait_time = SECONDS_AFTER_INTERRUPT  # for the answers to what a run has sent
        if zmq.has("curve"):  # else the kernel warns on the operator's terminal that others could listen
            self.km.transport_encryption = "auto"
        return self.km

    @asynccontextmanager
    async def async_setup_kernel(self, **kwargs: Any) -> AsyncIterator[None]:  # noqa: ANN401 - nbclient's
        """Start the kernel and end it; in between signals interrupt the cell that runs."""
        # One thread: the loop runs on the main one, cells are awaited, and `_on_signal` is called by the loop
        # between two steps, never in the middle of one. So nothing here needs a lock.
        loop = asyncio.get_running_loop()
        # A terminal that goes away is the commonest end; with `nohup` it is to be outlived.
        outlived = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
        numbers = [signal.SIGINT, signal.SIGTERM, *([] if outlived else [signal.SIGHUP])]
        for number in numbers:
            loop.add_signal_handler(number, self._on_signal, number)
        self.create_kernel_manager()
        try:
            await self.async_start_new_kernel(**kwargs)
            await self.async_start_new_kernel_client()
            yield
        finally:
            if self._ending:
                self._ending.cancel()
            if self.km:
                await self._async_cleanup_kernel()
            for number in numbers:
                loop.remove_signal_handler(number)

    def process_message(self, msg: dict[str, Any], cell: nbformat.NotebookNode, cell_index: int) -> Any:  # noqa: ANN401
        """Pass on what a cell prints while it runs, and what it logs where that is wanted."""
        if msg["msg_type"] == "stream" and msg["content"]["name"] == "stdout":
            self._on_output(msg["content"]["text"])
        elif msg["msg_type"] == "stream" and is_heard():
            sys.stderr.write(msg["content"]["text"])
        return super().process_message(msg, cell, cell_index)

    def _before_cell(self, **_: Any) -> None:  # noqa: ANN401
        if self.interruptions:
            raise Interrupted

    def _on_signal(self, number: signal.Signals) -> None:
        # The first signal interrupts the cell and kills the kernel after a while, a second one kills at once:
        # its task takes the place of the one that is still waiting. A terminal's end is told by the system,
        # twice at times, or with SIGTERM after it; no person has become impatient then.
        self.interruptions += 1
        self._told_by_a_person += number is not signal.SIGHUP
        if self._ending and self._told_by_a_person < 2:
            return
        if self._ending:
            self._ending.cancel()
        wait = 0 if self._ending else SECONDS_AFTER_INTERRUPT
        self._ending = asyncio.ensure_future(self._end(wait))

    async def _end(self, wait: float) -> None:
        if self.km and self.km.has_kernel:
            if wait:
                await ensure_async(self.km.interrupt_kernel())
                await asyncio.sleep(wait)
            await ensure_async(self.km.shutdown_kernel(now=True))
