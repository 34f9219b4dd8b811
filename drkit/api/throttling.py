"""`Throttle`: how fast the requests of all threads go to one service, and when none goes at all.

A cloud's API is shared: by every tool of a project, and by others. So there are at most so many requests at a
time and, over some seconds, so many a second. Where the service says that it is too many (429), all threads
wait as long as it asks, and from then on go no faster than it let them before; after a minute without another
429 a little faster again. On a practice range, which nobody shares, only what the service itself asks counts.
"""

import math
import threading
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from drkit.clock import Clock

BURST = 3.0
"""Seconds in which what was not asked before may be asked at once: a reading is a few dozen requests."""
BELOW = 0.85
"""Of what a service let through in the second before it refused: others are there, and its clock is its own.

Each further refusal would cost all threads its pause.
"""
FASTER, FASTER_AFTER = 1.1, 60.0
SLOWEST = 1.0
LISTENS_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Pacing:
    """At most so many requests a second, over some seconds, and so many at a time, to each service."""

    a_second: float = 100.0
    at_once: int = 16


UNSHARED = Pacing(a_second=math.inf)
"""For a practice range."""


class Throttle:
    """One service's; thread-safe."""

    def __init__(self, pacing: Pacing, clock: Clock) -> None:
        self._clock = clock
        self._room = threading.BoundedSemaphore(pacing.at_once)
        self._most = self._rate = pacing.a_second
        # Held for a moment by any thread; whoever holds it takes no other lock but a stepped clock's.
        self._deciding = threading.Lock()
        self._free_at = -math.inf  # when everything that was asked so far was due, at that rate
        self._held_until = -math.inf
        self._burst = BURST
        self._refused_at = -math.inf
        self._gone: deque[float] = deque()  # when those of the last second went that were not refused

    @contextmanager
    def turn(self, given_up: Callable[[], bool]) -> Iterator[None]:
        """Wait until one more request may go, and count as one until it is answered.

        `given_up` ends the wait.
        """
        with self._room:
            while (left := self._left()) > 0 and not given_up():
                self._clock.wait(min(left, LISTENS_EVERY))
            yield

    def refused(self, seconds: float) -> None:
        """Note that it was too much, and let nothing go for so many seconds."""
        with self._deciding:
            now = self._clock.monotonic()
            self._held_until = max(self._held_until, now + seconds)
            if self._most == math.inf:
                return
            if self._gone:
                self._gone.pop()
            if now >= self._refused_at + 1.0:  # those that were under way with it tell nothing new
                through = sum(moment > now - 1.0 for moment in self._gone)
                self._rate = max(min(self._rate, through) * BELOW, SLOWEST)
                self._burst = 0.0
            self._refused_at = now
            self._free_at = max(self._free_at, self._held_until)

    def _left(self) -> float:
        """How long the next request has to wait; where it need not, it is taken to go now."""
        with self._deciding:
            now = self._clock.monotonic()
            if now < self._held_until:
                return self._held_until - now
            if self._most == math.inf:
                return 0.0
            if self._rate < self._most and now > self._refused_at + FASTER_AFTER:
                self._rate, self._refused_at = min(self._rate * FASTER, self._most), now
                self._burst = BURST if self._rate == self._most else 0.0
            free_at = max(self._free_at, now - self._burst)
            if free_at > now:
                return free_at - now
            self._free_at = free_at + 1 / self._rate
            self._gone.append(now)
            while self._gone[0] < now - 1.0:
                self._gone.popleft()
            return 0.0
