"""Time as a dependency: the only `sleep` and the only "now" of drkit (the sandbox has its own)."""

import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Protocol


class Clock(Protocol):
    """What the rest of drkit knows of time."""

    def now(self) -> datetime:
        """The present moment in UTC, for records."""
        ...

    def monotonic(self) -> float:
        """Seconds that never go backwards, for measuring durations."""
        ...

    @property
    def boot(self) -> str:
        """Where `monotonic` means something beyond this process: one start of one machine; empty: nowhere."""
        ...

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Wait so many seconds or until `stop` is set; True when it was set."""
        ...


_THROUGH_SLEEP: int | None = getattr(time, "CLOCK_BOOTTIME", None)
"""On Linux `time.monotonic` stands still while the machine sleeps, and a lease does not; this does not."""


@cache
def _boot() -> str:
    """This start of this machine, and the time namespace, each of which has a CLOCK_BOOTTIME of its own."""
    if _THROUGH_SLEEP is None:
        return ""
    with suppress(OSError):
        times, boot = Path("/proc/self/ns/time"), Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        return f"{boot} {times.readlink() if times.is_symlink() else ''}".strip()
    return ""


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        """The present moment in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed moment; they go on while the machine sleeps."""
        return time.monotonic() if _THROUGH_SLEEP is None else time.clock_gettime(_THROUGH_SLEEP)

    @property
    def boot(self) -> str:
        """This start of this machine; empty where `monotonic` is not told beyond this process."""
        return _boot()

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Wait so many seconds or until `stop` is set; True when it was set."""
        if stop is not None:
            return stop.wait(seconds)
        time.sleep(seconds)
        return False


class SteppedClock:
    """A clock that jumps ahead whenever somebody waits on it, so that tests never sleep.

    `on_advance` is told of each jump in seconds; a sandbox's `step` fits there.
    """

    def __init__(
        self,
        start: datetime = datetime(2026, 1, 1, tzinfo=UTC),
        *,
        on_advance: Callable[[float], object] = lambda _seconds: None,
    ) -> None:
        self._start, self._elapsed, self._on_advance = start, 0.0, on_advance
        self._lock = threading.Lock()
        self.boot = f"stepped {uuid.uuid4()}"

    def now(self) -> datetime:
        """The start moment plus what was waited since."""
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        """Seconds waited or advanced since the start."""
        with self._lock:
            return self._elapsed

    def set_by(self, seconds: float) -> None:
        """Set what the clock shows ahead (or back, below 0), while no time passes."""
        self._start += timedelta(seconds=seconds)

    def advance(self, seconds: float) -> None:
        """Move time ahead by hand."""
        with self._lock:
            self._elapsed += seconds
        self._on_advance(seconds)

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        """Jump ahead by so many seconds unless `stop` is set; True when it was set."""
        if stop is None or not stop.is_set():
            self.advance(max(seconds, 0.0))
        return stop is not None and stop.is_set()
