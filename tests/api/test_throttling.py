import threading
from collections.abc import Callable

import httpx
import pytest

from drkit.api.profiles import profile, sandbox_profile
from drkit.api.throttling import UNSHARED, Pacing, Throttle
from drkit.api.transport import Open, Transport
from drkit.api.wire import Request
from drkit.clock import SteppedClock
from drkit.errors import ProfileError, UnreachableError
from drkit.sandbox import Sandbox
from tests.api.scripted import ROOT, answer, network

KEYS = {
    "OS_ACCESS_KEY": "AK",
    "OS_SECRET_KEY": "s" * 20,
    "OS_PROJECT_ID": "0" * 32,
    "OS_REGION_NAME": "eu-de",
    "OS_AUTH_URL": "https://iam.example.test/v3",
    "DRKIT_SDRS_URL": "https://sdrs.example.test",
}


def asked(throttle: Throttle, times: int, given_up: Callable[[], bool] = bool) -> None:
    for _ in range(times):
        with throttle.turn(given_up):
            pass


class TestAThrottle:
    def test_lets_a_reading_go_at_once_and_then_as_many_a_second_as_it_may(self) -> None:
        clock = SteppedClock()
        throttle = Throttle(Pacing(10), clock)
        asked(throttle, 31)
        assert clock.monotonic() == pytest.approx(0.0)
        asked(throttle, 50)
        assert clock.monotonic() == pytest.approx(5.0)

    def test_lets_nothing_go_for_as_long_as_the_service_asks(self) -> None:
        clock = SteppedClock()
        throttle = Throttle(UNSHARED, clock)
        throttle.refused(7.0)
        throttle.refused(2.0)
        asked(throttle, 5)
        assert clock.monotonic() == 7.0

    def test_goes_no_faster_than_the_service_let_it_and_not_all_at_once(self) -> None:
        clock = SteppedClock()
        throttle = Throttle(Pacing(100), clock)
        asked(throttle, 52)
        throttle.refused(1.0)
        throttle.refused(1.0)  # one that was under way with it
        asked(throttle, 90)
        assert clock.monotonic() == pytest.approx(1.0 + 89 / 43.35)

    def test_goes_faster_again_after_a_minute_without_a_refusal(self) -> None:
        clock = SteppedClock()
        throttle = Throttle(Pacing(20), clock)
        asked(throttle, 10)
        throttle.refused(0.0)
        for _ in range(12):  # from 7 a second to 20
            clock.advance(61)
            asked(throttle, 1)
        began = clock.monotonic()
        asked(throttle, 60)
        assert clock.monotonic() - began == pytest.approx(0.0, abs=0.1)

    def test_waits_no_longer_for_who_has_given_up(self) -> None:
        clock = SteppedClock()
        throttle = Throttle(UNSHARED, clock)
        throttle.refused(60.0)
        asked(throttle, 1, lambda: clock.monotonic() >= 3.0)
        assert clock.monotonic() == 3.0

    def test_lets_so_many_go_at_a_time(self) -> None:
        throttle, inside = Throttle(Pacing(at_once=2), SteppedClock()), threading.Semaphore(0)
        go_on = threading.Event()

        def hold() -> None:
            with throttle.turn(bool):
                inside.release()
                go_on.wait(10)

        threads = [threading.Thread(target=hold) for _ in range(3)]
        for each in threads:
            each.start()
        assert inside.acquire(timeout=10)
        assert inside.acquire(timeout=10)
        assert not inside.acquire(timeout=0.05)
        go_on.set()
        assert inside.acquire(timeout=10)
        for each in threads:
            each.join(10)


def test_what_one_thread_is_told_holds_for_all_and_for_that_service_alone() -> None:
    clock, seen = SteppedClock(), list[tuple[str, float]]()
    replies = iter([answer(429, retry_after="5")])

    def answered(request: httpx.Request) -> httpx.Response:
        seen.append((request.url.path, clock.monotonic()))
        return next(replies, answer(200, {}))

    transport = Transport(clock, inner=network(answered))
    transport.send(Request("GET", "/a"), ROOT, Open())
    transport.send(Request("POST", "/b", changes=True), ROOT, Open())
    transport.close()
    assert seen == [("/a", 0.0), ("/a", 5.0), ("/b", 5.0)]


def test_a_change_that_waits_for_its_turn_is_not_sent_once_the_connection_is_closed() -> None:
    clock = SteppedClock()
    transport = Transport(clock, inner=network(lambda _: answer(200, {})))
    transport._throttles["sdrs"].refused(60.0)
    transport.close()
    with pytest.raises(UnreachableError, match="closed"):
        transport.send(Request("POST", "/b", changes=True), ROOT, Open())
    assert clock.monotonic() == 0.0


class TestAProfile:
    def test_of_a_real_cloud_asks_gently_unless_told_otherwise(self) -> None:
        assert profile("env", KEYS).pacing == Pacing(100, 16)
        more = {"DRKIT_REQUESTS_A_SECOND": "20", "DRKIT_REQUESTS_AT_ONCE": "4"}
        assert profile("env", KEYS | more).pacing == Pacing(20, 4)

    @pytest.mark.parametrize("text", ["0", "-1", "ten", "1.5", "10000"])
    def test_with_another_number_says_which_one_is_wanted(self, text: str) -> None:
        with pytest.raises(ProfileError, match=r"DRKIT_REQUESTS_AT_ONCE=.* from 1 to 9999"):
            profile("env", KEYS | {"DRKIT_REQUESTS_AT_ONCE": text})

    def test_of_a_practice_range_asks_as_fast_as_it_can(self) -> None:
        assert sandbox_profile(Sandbox().access).pacing == UNSHARED
