"""Ctrl-C, "Interrupt kernel", SIGTERM and a terminal that goes away: heard by the process, not by a frame.

Python's own way is an exception in whatever frame the main thread happens to run. In a kernel with a form, in
a library that swallows it, in an idle kernel that ignores it, it stops no run. So every interruption is
counted too, and a run reads that number before everything it sends.
"""

import os
import select
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from queue import Empty, SimpleQueue
from types import FrameType
from typing import Any
from weakref import WeakSet

_IN_STEP = 0  # no signal has this number


class Interruptions:
    """How often this process was interrupted.

    The system itself writes each signal's number into a pipe (`signal.set_wakeup_fd`), whichever thread and
    frame is interrupted and before any handler runs. So no handler is replaced, and whoever listened there
    before goes on hearing.
    """

    def __init__(self) -> None:
        # Held for a moment by any thread; whoever holds it takes no other lock.
        self._counting = threading.Lock()
        self._count, self._numbers = 0, {signal.SIGINT}
        self._events = WeakSet[threading.Event]()
        self._in_step = SimpleQueue[None]()
        self._ends: tuple[int, int] | None = None  # of the pipe: to read, to write
        self._others: int | None = None

    def listen(self, *numbers: signal.Signals) -> int:
        """Hear Ctrl-C and these signals from now on; gives how often the process was interrupted before.

        Python lets the main thread alone begin with it; then every thread's runs are stopped.
        """
        self._numbers.update(numbers)
        if threading.current_thread() is not threading.main_thread():
            return self.count()
        to_write = self._open()
        # The main thread does not read: the exception could strike it between reading and counting.
        os.write(to_write, bytes([_IN_STEP]))
        with suppress(Empty):
            self._in_step.get(timeout=5)
        return self._count

    def count(self) -> int:
        """How often until this very moment; for any thread but the main one."""
        with self._counting:
            counted = self._count
            if self._ends:
                with suppress(BlockingIOError):
                    while numbers := os.read(self._ends[0], 4096):
                        self._take(numbers)
            events = list(self._events) if self._count > counted else []
        for event in events:
            event.set()
        return self._count

    def wakes(self, event: threading.Event) -> None:
        """Set this event at each interruption, as long as somebody has it."""
        with self._counting:
            self._events.add(event)

    def _take(self, numbers: bytes) -> None:
        self._count += sum(number in self._numbers for number in numbers)
        if _IN_STEP in numbers:
            self._in_step.put(None)
        if self._others is not None:
            with suppress(OSError):
                os.write(self._others, numbers.replace(bytes([_IN_STEP]), b""))

    def _open(self) -> int:
        if self._ends is None:
            self._ends = os.pipe()
            for end in self._ends:
                os.set_blocking(end, False)
            threading.Thread(target=self._attend, args=self._ends[:1], name="drkit-stop", daemon=True).start()
            os.register_at_fork(after_in_child=self._forget)
        to_write = self._ends[1]
        before = signal.set_wakeup_fd(to_write, warn_on_full_buffer=False)
        if before not in {-1, to_write}:
            # A descriptor of our own: theirs may be closed one day, and its number become a file's.
            self._others = os.dup(before)
        _have_an_idle_kernel_hear()
        return to_write

    def _attend(self, to_read: int) -> None:
        poll = select.poll()
        poll.register(to_read, select.POLLIN)
        while poll.poll():  # pragma: no branch - until the process ends
            self.count()

    def _forget(self) -> None:  # pragma: no cover - in a forked child, which a test looks at from outside
        """In a forked child, where no run goes on: what it hears is not its parent's business."""
        signal.set_wakeup_fd(-1)
        for end in self._ends or ():
            os.close(end)
        self.__init__()  # type: ignore[misc]


interruptions = Interruptions()
"""Those of this process: it has one set of signals, however many runs and threads."""


@contextmanager
def interrupted_by(*numbers: signal.Signals) -> Iterator[None]:
    """Have these signals interrupt as Ctrl-C does, but once: who is told to end twice is still ending.

    One that is ignored (`nohup` does that with SIGHUP) stays so. For the main thread.
    """

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        for number in before:
            signal.signal(number, _nothing)
        raise KeyboardInterrupt

    before = {each: signal.getsignal(each) for each in numbers if signal.getsignal(each) != signal.SIG_IGN}
    interruptions.listen(*before)
    try:
        for number in before:
            signal.signal(number, interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _nothing(_number: int, _frame: FrameType | None) -> None:
    pass


def _have_an_idle_kernel_hear() -> None:
    """Between two cells ipykernel ignores Ctrl-C, and what is ignored nobody hears."""
    shell: Any = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    kernel: Any = getattr(shell, "kernel", None)
    # What is put back after the cell that runs. In a kernel, whose process the tests look at from outside:
    if getattr(kernel, "saved_sigint_handler", None) == signal.SIG_IGN:  # pragma: no cover
        kernel.saved_sigint_handler = _nothing
