"""Clocks for tests that let the machine's own time go on."""

import threading

from drkit.clock import SystemClock


class Hurried(SystemClock):
    """The machine's clock, with waits that are so many times shorter."""

    def __init__(self, times: float) -> None:
        self._times = times

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        return super().wait(seconds / self._times, stop)
