"""`RunContext`: what the parts of a run's engine share, and how requests go to the workers and come back."""

import logging
import threading
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Protocol, TypeVar

from drkit.clock import Clock
from drkit.errors import JournalError, LeaseLostError
from drkit.execution.board import Board
from drkit.execution.entries import Phased, RunData, StepData
from drkit.execution.interruption import interruptions
from drkit.execution.limits import Pace
from drkit.journal import Entry, EntryKind, Moment
from drkit.model import (
    Backend,
    Change,
    Drill,
    FailedTask,
    Inventory,
    Job,
    Network,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    PublicAddress,
    ReplicationPair,
    Server,
)

if TYPE_CHECKING:
    from drkit.journal import Hold

_log = logging.getLogger("drkit.plan")
Result = TypeVar("Result")
READERS = 12  # of the 16 connections of a client; those that send have a turn as well
OnResult = Callable[[Callable[[], Result]], None]
"""Runs in the engine's thread; calling its argument gives the worker's result or raises its error."""


class CloudService(Protocol):
    """What a run asks of the service; `drkit.api.Client` is one."""

    # Each as its namesake in `Client`.
    # ruff: noqa: D102
    @property
    def backend(self) -> Backend: ...
    @property
    def speed(self) -> float: ...
    @property
    def copy_of(self) -> Mapping[str, str] | None: ...
    def inventory(
        self,
        group_id: tuple[str, ...],
        *,
        block_devices_of: Callable[[Inventory], Iterable[str]] = ...,
        disks: bool = False,
        quotas: bool = False,
        every_drill: bool = False,
        beside: bool = False,
        domains: bool = False,
    ) -> Inventory: ...
    def groups(self) -> tuple[ProtectionGroup, ...]: ...
    def instances(self, group_id: tuple[str, ...]) -> tuple[ProtectedInstance, ...]: ...
    def failed_tasks(self, group_id: str = "") -> tuple[FailedTask, ...]: ...
    def pairs(self, group_id: tuple[str, ...]) -> tuple[ReplicationPair, ...]: ...
    def pairs_in(self, status: PairStatus) -> tuple[ReplicationPair, ...]: ...
    def pairs_on(self, instance_ids: Iterable[str]) -> tuple[ReplicationPair, ...]: ...
    def drills(self, group_id: tuple[str, ...]) -> tuple[Drill, ...]: ...
    def servers(self) -> tuple[Server, ...]: ...
    def networks(self) -> tuple[Network, ...]: ...
    def public_addresses(self) -> tuple[PublicAddress, ...]: ...
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
    it has come to an end or broken off, before `Run.wait` returns. `on_reading`: is called with the run's id,
    what was read of its groups, and whether that was at its start or its end.
    """

    fail_fast: bool = False
    parallel: int = 4
    pace: float = 1.0
    attended: bool = True
    on_end: Callable[[str], object] = str
    on_reading: Callable[[str, Inventory, Moment], object] = lambda *_: None


USUAL = RunOptions()


class RunContext:
    """What the parts of an engine share: the board, the journal, the service, the clock, the workers."""

    def __init__(
        self,
        board: Board,
        hold: "Hold",
        service: CloudService,
        clock: Clock,
        options: RunOptions,
        *,
        interrupted_before: int,
        reading: tuple[float, Inventory] | None = None,
    ) -> None:
        self.board, self.hold, self.service, self.clock, self.options = board, hold, service, clock, options
        self.pace = Pace(options.pace)
        # Held by whoever decides: the engine in its turn, or an operator's instruction. A worker that sends
        # never takes it, so an answer is written down however long a turn lasts.
        self.lock = threading.RLock()
        self.stopping = threading.Event()
        self.wake = threading.Event()
        self._interrupted_before = interrupted_before
        interruptions.wakes(self.wake)
        # Both are counted up and down in the engine's thread alone, so they need no lock.
        self.sending = 0  # sent or about to be, and not answered
        self._reading = 0
        self._senders = ThreadPoolExecutor(options.parallel, thread_name_prefix="drkit-send")
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="drkit-look")
        self._done: SimpleQueue[Callable[[], None]] = SimpleQueue()  # what workers brought, for the engine
        self._written = clock.monotonic()
        self.reading = reading  # on which the plan was judged at the start, and when it began (`monotonic`)
        self._settled: list[tuple[EntryKind, str, Phased, str]] = []
        self.pairs_read = 0  # how many the last reading of the groups held; the engine's thread alone

    def write(self, kind: EntryKind, key: str, data: StepData | RunData, job_id: str = "") -> Entry:
        """Write one entry about a step, or the run (""), and show it.

        Raises JournalError: then nothing may be sent any more. Called by the engine, by workers that send,
        and for an operator's instruction.
        """
        # The journal first: nothing is shown, and nothing rests on it, that is not on the disk.
        entry = self.hold.append(kind, key, data, job_id)
        self._written = self.clock.monotonic()
        return self.board.apply(entry)

    def settle(self, key: str, data: Phased, job_id: str) -> None:
        """Have a step settled with the next `flush`: many jobs that end at once are one write.

        In the engine's thread alone.
        """
        self._settled.append((EntryKind.SETTLED, key, data, job_id))

    def flush(self) -> None:
        """Write what was settled, and show it; raises as `write` does."""
        settled, self._settled = self._settled, []
        if len(settled) == 1:
            kind, key, data, job_id = settled[0]
            self.write(kind, key, data, job_id)
        elif settled:
            entries = self.hold.append_all(settled)
            self._written = self.clock.monotonic()
            for entry in entries:
                self.board.apply(entry)

    @property
    def interrupted(self) -> bool:
        """Whether this process was interrupted since the run was asked for. Not for the main thread."""
        return interruptions.count() > self._interrupted_before

    @property
    def told_to_stop(self) -> bool:
        """Whether nothing more may be sent: on the operator's word, or because somebody interrupted."""
        return self.stopping.is_set() or self.interrupted

    def check_hold(self) -> None:
        """Right before sending: raise when this process slept so long that somebody else may have taken over.

        Raises `LeaseLostError`.
        """
        # The fence keeps a late holder out of the journal, but the service knows nothing of it: a change
        # that is sent late arrives. So time decides: the last write proved the hold for as long as a lease.
        if self.clock.monotonic() - self._written > self.hold.seconds:
            raise LeaseLostError(
                "This process slept longer than its lease lasts. Nothing more is sent; resume it.",
                run_id=self.hold.run_id,
            )

    def note_speed(self) -> None:
        """On the practice range: write down that its speed has changed, and look as often as fits it."""
        backend, speed = self.service.backend, self.service.speed
        if backend.practice and speed != self.board.speed:
            self.write(EntryKind.NOTED, "", {"speed": speed})
            self.pace = Pace(1 / speed)

    def keep_hold(self) -> None:
        """Renew the lease when nothing was written for a third of its time; raises `LeaseLostError`."""
        if self.clock.monotonic() - self._written >= self.hold.seconds / 3:
            self.hold.renew()
            self._written = self.clock.monotonic()

    def read(self, work: Callable[[], Result], then: OnResult[Result]) -> None:
        """Have a worker read something; `then` runs in the engine's thread, in a later turn."""

        def arrived(answer: Callable[[], Result]) -> None:
            self._reading -= 1
            then(answer)

        self._reading += 1
        self._hand_out(self._readers, work, arrived)

    def send(self, work: Callable[[], Result], then: OnResult[Result]) -> None:
        """Have a worker send something; `then` runs in the engine's thread, in a later turn."""

        def arrived(answer: Callable[[], Result]) -> None:
            self.sending -= 1
            then(answer)

        self.sending += 1
        self._hand_out(self._senders, work, arrived)

    def _hand_out(
        self, workers: ThreadPoolExecutor, work: Callable[[], Result], then: OnResult[Result]
    ) -> None:
        def arrived(future: Future[Result]) -> None:  # in the worker's thread: it decides nothing
            self._done.put(lambda: then(future.result))
            self.wake.set()

        workers.submit(work).add_done_callback(arrived)

    def take_up(self) -> None:
        """Take up, in the engine's thread, what the workers brought; raises what a `then` lets through."""
        while not self._done.empty():
            self._done.get()()
        self.flush()

    def drain(self) -> list[str]:
        """After the end: the sentences of what the workers could not write down."""
        sentences = []
        while not self._done.empty():
            try:
                self._done.get()()
                self.flush()
            except JournalError as error:
                sentences.append(str(error))
            # A fault of our own; the end is shown already, and this is too late to matter.
            except Exception as error:  # noqa: BLE001  # pragma: no cover
                _log.debug("After the end of run %s: %s", self.board.run_id, error)
        return sentences

    def rest(self, due: float | None) -> None:
        """Wait until a result arrives, an instruction comes, or the next look is due (`monotonic`)."""
        left = 1.0 if due is None else max(due - self.clock.monotonic(), 0.0)
        if self.sending or self._reading:
            self.wake.wait(min(left, 1.0))  # requests have their own time limits; wake up to keep the lease
        elif due is not None:
            self.clock.wait(left, self.wake)
        else:
            self.wake.wait(self.hold.seconds / 3)  # for the operator: no clock but theirs
        self.wake.clear()  # nothing is lost: who sets it has changed the queue or the board before

    def close(self) -> None:
        """End the workers: those that read at once, those that send when what was sent has been answered."""
        self._readers.shutdown(wait=False, cancel_futures=True)
        self._senders.shutdown()
