"""Time as a dependency: the machine's clock, and one that jumps so that no test sleeps."""

import threading
import time
from datetime import UTC, datetime, timedelta

import pytest

from drkit.clock import Clock, SteppedClock, SystemClock


class TestTheMachinesClock:
    def test_tells_utc_and_never_goes_backwards(self) -> None:
        clock: Clock = SystemClock()
        assert clock.now().tzinfo is UTC
        assert abs(clock.now() - datetime.now(UTC)) < timedelta(minutes=1)
        assert clock.monotonic() <= clock.monotonic()

    def test_goes_on_while_the_machine_sleeps(self) -> None:
        through_sleep = time.clock_gettime(time.CLOCK_BOOTTIME)
        assert 0 <= SystemClock().monotonic() - through_sleep < 60

    def test_waits_until_it_is_stopped(self) -> None:
        stop = threading.Event()
        assert SystemClock().wait(0.0) is False
        assert SystemClock().wait(0.0, stop) is False
        stop.set()
        assert SystemClock().wait(60.0, stop) is True


class TestASteppedClock:
    def test_jumps_ahead_when_somebody_waits_and_tells_of_it(self) -> None:
        jumps: list[float] = []
        clock = SteppedClock(on_advance=jumps.append)
        before = clock.now()
        assert clock.wait(5.0) is False
        assert clock.monotonic() == 5.0
        assert clock.now() - before == timedelta(seconds=5)
        clock.advance(1.5)
        assert jumps == [5.0, 1.5]

    @pytest.mark.parametrize(("is_set", "elapsed"), [(False, 5.0), (True, 0.0)])
    def test_stands_still_once_it_is_stopped(self, is_set: bool, elapsed: float) -> None:
        stop, clock = threading.Event(), SteppedClock()
        if is_set:
            stop.set()
        assert clock.wait(5.0, stop) is is_set
        assert clock.monotonic() == elapsed

    def test_takes_a_wait_for_less_than_nothing_as_none(self) -> None:
        clock = SteppedClock()
        clock.wait(-3.0)
        assert clock.monotonic() == 0.0
