"""`RunContext`: what the parts of a run's engine share, and how work is handed out and taken up."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import Any, Protocol, TypeVar

from drkit.clock import Clock
from drkit.errors import JournalError, LeaseLostError
from drkit.execution.board import Board
from drkit.execution.limits import Pace
from drkit.journal import Entry, EntryKind, Hold
from drkit.model import (
    Backend,
    Change,
    Drill,
    Inventory,
    Job,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    Server,
)

_log = logging.getLogger("drkit.plan")
Result = TypeVar("Result")
OnResult = Callable[[Callable[[], Result]], None]
"""Takes up a result in the engine's thread; calling its argument gives the result or raises its error."""


class CloudService(Protocol):
    """What a run asks of the service; `drkit.api.Client` is one."""

    # Each as its namesake in `Client`.
    # ruff: noqa: D102
    @property
    def backend(self) -> Backend: ...
    def inventory(
        self, group_id: tuple[str, ...], *, block_devices_of: tuple[str, ...], disks: bool
    ) -> Inventory: ...
    def pairs(self, group_id: tuple[str, ...]) -> tuple[ReplicationPair, ...]: ...
    def drills(self, group_id: tuple[str, ...]) -> tuple[Drill, ...]: ...
    def servers(self) -> tuple[Server, ...]: ...
    def group(self, identity: str) -> ProtectionGroup: ...
    def instance(self, identity: str) -> ProtectedInstance: ...
    def job(self, job_id: str) -> Job: ...
    def server_job(self, job_id: str) -> Job: ...
    def submit(self, change: Change) -> str: ...
    def check(self, address: str) -> str: ...


@dataclass(frozen=True, slots=True)
class RunOptions:
    """How a run is driven.

    `fail_fast`: hold back everything else after the first failure. `parallel`: how many changes are sent at
    a time. `pace`: 1 for a real cloud, 1/speed on the practice range. `attended`: somebody is there to be
    asked; without, what would have to be asked is not sent. `on_end`: is called with the run's id each time
    it has come to an end or broken off, before `Run.wait` returns.
    """

    fail_fast: bool = False
    parallel: int = 4
    pace: float = 1.0
    attended: bool = True
    on_end: Callable[[str], object] = str


USUAL = RunOptions()


class RunContext:
    """What the parts of an engine share: the board, the journal, the service, the clock, the helpers."""

    def __init__(
        self, board: Board, hold: Hold, service: CloudService, clock: Clock, options: RunOptions
    ) -> None:
        self.board, self.hold, self.service, self.clock, self.options = board, hold, service, clock, options
        self.pace = Pace(options.pace)
        self.lock = threading.RLock()  # held by who decides: the engine in its turn, or the operator's word
        self.stopping = threading.Event()
        self.wake = threading.Event()
        self.sending = 0  # what is being sent and has not been answered
        self._reading = 0
        self._senders = ThreadPoolExecutor(options.parallel, thread_name_prefix="drkit-send")
        self._readers = ThreadPoolExecutor(4, thread_name_prefix="drkit-look")
        self._done: SimpleQueue[Callable[[], None]] = SimpleQueue()
        self._written = clock.monotonic()

    def write(
        self, kind: EntryKind, key: str = "", data: dict[str, Any] | None = None, job_id: str = ""
    ) -> Entry:
        """Write one entry and let the board know. Raises JournalError: then nothing may be sent any more."""
        entry = self.hold.append(kind, key, data or {}, job_id)
        self._written = self.clock.monotonic()
        return self.board.tell(entry)

    def check_hold(self) -> None:
        """Right before sending: raise when this process slept so long that somebody else may have taken over.

        What the last write proved holds for as long as the lease; no service call can be fenced itself.
        """
        if self.clock.monotonic() - self._written > self.hold.seconds:
            raise LeaseLostError(
                "This process slept longer than its lease lasts. Nothing more is sent; resume it.",
                run_id=self.hold.run_id,
            )

    def keep_hold(self) -> None:
        """Renew the lease when a third of its time has passed without a word."""
        if self.clock.monotonic() - self._written >= self.hold.seconds / 3:
            self.hold.renew()
            self._written = self.clock.monotonic()

    def read(self, work: Callable[[], Result], then: OnResult[Result]) -> None:
        """Have a helper read something; the engine takes it up later."""

        def arrived(answer: Callable[[], Result]) -> None:
            self._reading -= 1
            then(answer)

        self._reading += 1
        self._hand_out(self._readers, work, arrived)

    def send(self, work: Callable[[], Result], then: OnResult[Result]) -> None:
        """Have a helper send something."""

        def arrived(answer: Callable[[], Result]) -> None:
            self.sending -= 1
            then(answer)

        self.sending += 1
        self._hand_out(self._senders, work, arrived)

    def _hand_out(
        self, helpers: ThreadPoolExecutor, work: Callable[[], Result], then: OnResult[Result]
    ) -> None:
        def arrived(future: Future[Result]) -> None:
            self._done.put(lambda: then(future.result))
            self.wake.set()

        helpers.submit(work).add_done_callback(arrived)

    def take_up(self) -> None:
        """Take up, in the engine's thread, what the helpers brought."""
        while not self._done.empty():
            self._done.get()()

    def drain(self) -> list[str]:
        """After the end: the sentences of what the helpers could not write down."""
        told = []
        while not self._done.empty():
            try:
                self._done.get()()
            except JournalError as error:
                told.append(str(error))
            except Exception as error:  # noqa: BLE001  # the end has been told; this is too late to matter
                _log.debug("After the end of run %s: %s", self.board.run_id, error)
        return told

    def rest(self, due: float | None) -> None:
        """Wait until something arrives, somebody speaks, or the time of the next look has come."""
        left = 1.0 if due is None else max(due - self.clock.monotonic(), 0.0)
        if self.sending or self._reading:
            self.wake.wait(min(left, 1.0))  # helpers have time limits of their own; wake up to keep the lease
        elif due is not None:
            self.clock.wait(left, self.wake)
        else:
            self.wake.wait(self.hold.seconds / 3)  # for the operator: no clock but theirs
        self.wake.clear()

    def close(self) -> None:
        """Send the helpers home, as soon as what was sent has been answered."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._senders.shutdown()
