import gzip
import itertools
import logging
import socket
import socketserver
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

import httpx
import pytest

from drkit.api import transport
from drkit.api.secret import Secret
from drkit.api.transport import Open, Transport
from drkit.api.wire import Json, Request
from drkit.clock import SteppedClock
from drkit.errors import (
    BusyError,
    DrkitError,
    OutcomeUnknownError,
    ServiceError,
    SignInError,
    UnavailableError,
    UnreachableError,
    WireError,
)
from tests.api.scripted import ROOT, Reply, Service, answer, network

READ = Request("GET", "/jobs/1", (("limit", "1"), ("ids", '["a","b"]')))
CHANGE = Request("POST", "/replications/1/action", body={"extend-replication": {"new_size": 9}}, changes=True)
REFUSED = {"error_code": "APIGW.0301", "error_msg": "token expires"}
TOKEN = "gAAAA-hush"

Script = Callable[..., Service]


class Pass:
    """A sign-in whose token is renewed as often as is asked."""

    def __init__(self, renewable: bool = True) -> None:
        self.renewals, self.renewable, self.secrets = 0, renewable, (Secret("hush-password"),)

    def headers(self, _call: object, /) -> dict[str, Secret]:
        return {"X-Auth-Token": Secret(f"{TOKEN}-{self.renewals}")}

    def renew(self, _refused: object, /) -> bool:
        self.renewals += 1
        return self.renewable


def send(service: Service, request: Request = READ, auth: transport.Auth | None = None) -> Json:
    return service.transport.send(request, ROOT, auth or Pass())[0]


def failure(service: Service, request: Request = READ, auth: transport.Auth | None = None) -> DrkitError:
    with pytest.raises(DrkitError) as raised:
        send(service, request, auth)
    return raised.value


class TestARequest:
    def test_goes_out_with_query_body_and_token(self, scripted: Script) -> None:
        service = scripted(answer(200, {"job_id": "1"}))
        assert send(service, CHANGE) == {"job_id": "1"}
        send(service)
        change, read = service.requests
        assert change.content == b'{"extend-replication":{"new_size":9}}'
        assert change.headers["Content-Type"] == "application/json"
        assert change.headers["X-Auth-Token"] == f"{TOKEN}-0"
        assert change.headers["User-Agent"].startswith("drkit/")
        assert str(read.url) == f"{ROOT}/jobs/1?limit=1&ids=%5B%22a%22%2C%22b%22%5D"
        assert "Content-Type" not in read.headers

    def test_carries_secrets_in_its_body_only_on_the_wire(self, scripted: Script) -> None:
        service = scripted(answer(200, {}))
        request = Request("POST", "/auth/tokens", body={"password": Secret("hush")}, service="iam")
        send(service, request, Open())
        assert b"hush" in service.requests[0].content
        assert "hush" not in repr(request)

    def test_without_an_answer_body_answers_nothing(self, scripted: Script) -> None:
        assert send(scripted(httpx.Response(204)), CHANGE) is None


class TestARead:
    @pytest.mark.parametrize(
        "trouble",
        [
            answer(500, {"error": {"code": "SDRS.0013", "message": "Internal error"}}),
            httpx.Response(502, content=b"<html>Bad gateway</html>"),
            answer(503),
            answer(408),
            answer(429),
            httpx.Response(200, content=b'{"groups": ['),
            httpx.ConnectError("refused"),
            httpx.ConnectTimeout("slow"),
            httpx.ReadTimeout("slow"),
            httpx.RemoteProtocolError("gone"),
        ],
        ids=str,
    )
    def test_is_tried_again_after_trouble_that_passes(self, scripted: Script, trouble: Reply) -> None:
        service = scripted(trouble, trouble, answer(200, {"status": "SUCCESS"}))
        assert send(service) == {"status": "SUCCESS"}
        assert len(service.requests) == 3

    def test_is_given_up_after_four_tries_that_wait_longer_each_time(self, scripted: Script) -> None:
        service = scripted(answer(503, {"error_msg": "Later.", "error_code": "APIGW.0106"}))
        error = failure(service)
        assert isinstance(error, UnavailableError)
        assert (len(service.requests), service.clock.monotonic()) == (4, 1.0 + 2.0 + 4.0)

    def test_waits_a_jittered_time(self) -> None:
        clock = SteppedClock()
        replies = iter([answer(503), answer(200, {})])
        sender = Transport(clock, inner=network(lambda _: next(replies)), jitter=lambda: 0.0)
        sender.send(READ, ROOT, Open())
        sender.close()
        assert clock.monotonic() == 0.5

    @pytest.mark.parametrize("status", [400, 403, 404, 302])
    def test_that_is_refused_is_not_tried_again(self, scripted: Script, status: int) -> None:
        service = scripted(answer(status, {"error": {"code": "SDRS.0201", "message": "No."}}))
        assert isinstance(failure(service), ServiceError)
        assert len(service.requests) == 1

    def test_waits_as_long_as_the_service_asks(self, scripted: Script) -> None:
        service = scripted(answer(429, retry_after="17"), answer(200, {}))
        send(service)
        assert service.clock.monotonic() == 17.0

    def test_does_not_wait_for_more_than_a_minute_but_says_what_was_asked(self, scripted: Script) -> None:
        service = scripted(answer(429, retry_after="3600"))
        error = failure(service)
        assert isinstance(error, BusyError)
        assert error.retry_after == 3600.0
        assert (len(service.requests), service.clock.monotonic()) == (1, 0.0)

    def test_without_any_answer_says_so(self, scripted: Script) -> None:
        error = failure(scripted(httpx.ReadTimeout("")))
        assert isinstance(error, UnavailableError)
        assert error.status == 0
        assert str(error) == "SDRS on GET /jobs/1 gave no answer: nothing came in time"

    def test_with_broken_json_for_ever_is_a_wire_error(self, scripted: Script) -> None:
        assert isinstance(failure(scripted(httpx.Response(200, content=b"{"))), WireError)


class TestAChange:
    @pytest.mark.parametrize(
        "trouble",
        [
            answer(500),
            answer(502),
            answer(503),
            answer(408),
            httpx.Response(200, content=b'{"job_id": "ab'),
            httpx.ReadTimeout("slow"),
            httpx.WriteTimeout("slow"),
            httpx.ReadError("reset"),
            httpx.WriteError("reset"),
            httpx.RemoteProtocolError("gone"),
            httpx.DecodingError("gzip"),
        ],
        ids=str,
    )
    def test_that_was_sent_and_not_answered_is_never_sent_again(
        self, scripted: Script, trouble: Reply
    ) -> None:
        service = scripted(trouble)
        error = failure(service, CHANGE)
        assert isinstance(error, OutcomeUnknownError)
        assert "Whether the change was taken is not known" in str(error)
        assert len(service.requests) == 1

    @pytest.mark.parametrize(
        "trouble",
        [
            httpx.ConnectError("[Errno 111] Connection refused"),
            httpx.ConnectTimeout("slow"),
            httpx.PoolTimeout("busy"),
            httpx.ProxyError("407"),
            httpx.UnsupportedProtocol("ftp"),
            httpx.LocalProtocolError("Illegal header value b'hush'"),
            httpx.InvalidURL("odd"),
        ],
        ids=str,
    )
    def test_that_found_no_connection_was_not_sent(self, scripted: Script, trouble: Reply) -> None:
        service = scripted(trouble)
        error = failure(service, CHANGE)
        assert isinstance(error, UnreachableError)
        assert "sdrs.example.test" in str(error)
        assert "Nothing was sent" in str(error)
        assert "hush" not in str(error)
        assert len(service.requests) == 1

    def test_that_is_refused_is_not_sent_again(self, scripted: Script) -> None:
        for status in (400, 403, 404, 409, 429):
            service = scripted(answer(status, {"error": {"code": "SDRS.1605", "message": "Attached."}}))
            assert isinstance(failure(service, CHANGE), ServiceError)
            assert len(service.requests) == 1

    def test_after_closing_is_not_sent(self, scripted: Script) -> None:
        service = scripted(answer(200, {}))
        service.transport.close()
        for request in (CHANGE, READ):
            with pytest.raises(UnreachableError, match="closed"):
                send(service, request)
        assert service.clock.monotonic() == 0.0


class TestARefusedToken:
    def test_makes_a_read_sign_in_again_and_go_on(self, scripted: Script) -> None:
        for refusal in (answer(401, REFUSED), httpx.Response(401, content=b"<html>")):
            service, auth = scripted(refusal, answer(200, {"a": 1})), Pass()
            assert send(service, READ, auth) == {"a": 1}
            assert [each.headers["X-Auth-Token"] for each in service.requests] == [f"{TOKEN}-0", f"{TOKEN}-1"]
            assert service.clock.monotonic() == 0.0

    def test_makes_a_change_go_out_once_more_for_the_call_was_not_looked_at(self, scripted: Script) -> None:
        service, auth = scripted(answer(401, REFUSED), answer(200, {"job_id": "1"})), Pass()
        assert send(service, CHANGE, auth) == {"job_id": "1"}
        assert (len(service.requests), auth.renewals) == (2, 1)

    def test_does_not_make_a_change_go_out_again_when_the_answer_does_not_name_the_token(
        self, scripted: Script
    ) -> None:
        service, auth = scripted(httpx.Response(401, content=b"<html>Proxy</html>")), Pass()
        assert isinstance(failure(service, CHANGE, auth), SignInError)
        assert (len(service.requests), auth.renewals) == (1, 0)

    def test_twice_is_the_end_of_it(self, scripted: Script) -> None:
        for request in (READ, CHANGE):
            service, auth = scripted(answer(401, REFUSED)), Pass()
            assert isinstance(failure(service, request, auth), SignInError)
            assert (len(service.requests), auth.renewals) == (2, 1)

    def test_ends_a_call_at_once_where_there_is_nothing_to_renew(self, scripted: Script) -> None:
        service = scripted(answer(401, REFUSED))
        assert isinstance(failure(service, READ, Open()), SignInError)
        assert len(service.requests) == 1

    def test_after_which_a_lost_answer_still_leaves_the_outcome_open(self, scripted: Script) -> None:
        service = scripted(answer(401, REFUSED), httpx.ReadTimeout(""))
        assert isinstance(failure(service, CHANGE), OutcomeUnknownError)
        assert len(service.requests) == 2


class TestSecrets:
    @pytest.mark.parametrize(
        "reply",
        [
            answer(400, {"error_code": "X", "error_msg": f"header {TOKEN}-0 and hush-password are odd"}),
            httpx.Response(200, content=f"{TOKEN}-0".encode()),
            httpx.ReadTimeout(f"{TOKEN}-0"),
            httpx.ConnectError("refused"),
        ],
        ids=["error", "garbage", "timeout", "unreachable"],
    )
    def test_are_in_no_error_and_not_in_what_led_to_it(self, scripted: Script, reply: Reply) -> None:
        for request in (READ, CHANGE):
            error = failure(scripted(reply), request)
            shown = "".join(traceback.TracebackException.from_exception(error, capture_locals=True).format())
            ours = [each for each in shown.splitlines() if "reply" not in each and "scripted" not in each]
            assert "hush" not in "\n".join(ours)
            assert error.__cause__ is None
            assert error.__context__ is None or isinstance(error.__context__, (DrkitError, ValueError))

    def test_are_in_no_log_even_when_everything_is_logged(self, caplog: pytest.LogCaptureFixture) -> None:
        reply = (
            b"HTTP/1.1 200 OK\r\nX-Subject-Token: hush\r\nX-Request-Id: req-5\r\nContent-Length: 2\r\n\r\n{}"
        )
        caplog.set_level(logging.DEBUG)
        with listening(reply) as root, closing_transport() as sender:
            sender.send(READ, root, Pass())
        assert "hush" not in caplog.text
        assert "SDRS on GET /jobs/1: 200 in" in caplog.text
        assert "request id req-5" in caplog.text


class TestASocket:
    """What a real server can do to a connection."""

    def test_that_closes_after_the_request_leaves_a_change_open(self) -> None:
        assert isinstance(over_a_socket(b"", CHANGE), OutcomeUnknownError)

    def test_that_breaks_off_in_the_answer_leaves_a_change_open(self) -> None:
        cut = b'HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{"job_id": "1"'
        assert isinstance(over_a_socket(cut, CHANGE), OutcomeUnknownError)
        assert isinstance(over_a_socket(cut, READ), UnavailableError)

    def test_that_speaks_no_http_is_told_from_one_that_is_not_there(self) -> None:
        assert isinstance(over_a_socket(b"SSH-2.0-OpenSSH\r\n", CHANGE), OutcomeUnknownError)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            closed = f"http://127.0.0.1:{free.getsockname()[1]}"
        with closing_transport() as sender, pytest.raises(UnreachableError):
            sender.send(CHANGE, closed, Open())

    def test_that_sends_too_much_is_not_listened_to(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(transport, "LARGEST", 2**20)
        bomb = gzip.compress(b" " * 2**22)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
        error = over_a_socket(head + bomb, READ)
        assert "larger than 1 MiB" in str(error)
        assert isinstance(over_a_socket(head + bomb, CHANGE), OutcomeUnknownError)

    @pytest.mark.parametrize("packing", ["gzip, gzip", "gzip,identity", "br", "deflate", "\x1b[31m"])
    def test_that_packs_its_answer_as_nobody_asked_is_not_unpacked(self, packing: str) -> None:
        packed = gzip.compress(gzip.compress(b"{}"))
        error = over_a_socket(with_packing(packing, packed), READ)
        assert "which was not asked for" in str(error)
        assert str(error).isprintable()
        assert isinstance(over_a_socket(with_packing(packing, packed), CHANGE), OutcomeUnknownError)

    @pytest.mark.parametrize(
        "packed",
        [
            b"{}",
            gzip.compress(b"{}")[:-1],
            gzip.compress(b"{}") + b"{}",
            gzip.compress(b"{}")[:-8] + bytes(8),
        ],
        ids=["not packed", "cut", "with something behind it", "with a false sum"],
    )
    def test_whose_answer_cannot_be_unpacked_leaves_a_change_open(self, packed: bytes) -> None:
        error = over_a_socket(with_packing("gzip", packed), CHANGE)
        assert isinstance(error, OutcomeUnknownError)
        assert "cannot be unpacked" in str(error)

    @pytest.mark.parametrize("packing", ["gzip", "GZIP", "identity"])
    def test_that_packs_its_answer_as_was_asked_is_read(self, packing: str) -> None:
        body = b'{"job_id": "1"}'
        reply = with_packing(packing, body if packing == "identity" else gzip.compress(body))
        with listening(reply) as root, closing_transport() as sender:
            assert sender.send(READ, root, Open())[0] == {"job_id": "1"}

    def test_that_says_packed_and_sends_nothing_has_no_body(self) -> None:
        reply = b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n"
        with listening(reply) as root, closing_transport() as sender:
            assert sender.send(READ, root, Open())[0] is None

    def test_that_never_comes_to_an_end_is_not_listened_to(self) -> None:
        ticks = itertools.count(0.0, 80.0)
        reply = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}"
        with listening(reply) as root, closing_transport(lambda: next(ticks)) as sender:
            send_it = partial(sender.send, CHANGE, root, Open())
            with pytest.raises(OutcomeUnknownError, match="not complete after 60 s"):
                send_it()

    def test_that_redirects_is_not_followed(self) -> None:
        there = (
            b"HTTP/1.1 307 Temporary Redirect\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
        )
        assert "not followed" in str(over_a_socket(there, CHANGE))


class TestASandbox:
    @pytest.mark.parametrize(("told", "speed"), [("10", 10.0), ("2.5", 2.5), ("1e+06", 1e6)])
    def test_is_one_that_says_so_with_its_speed(self, scripted: Script, told: str, speed: float) -> None:
        service = scripted(answer(401, REFUSED, X_Drkit_Sandbox=told))
        assert service.transport.sandbox_speed(ROOT) == speed

    def test_is_nothing_else(self, scripted: Script) -> None:
        for reply in (answer(200, {}), answer(200, {}, X_Drkit_Sandbox="yes"), httpx.ConnectError("refused")):
            assert scripted(reply).transport.sandbox_speed(ROOT) is None


@contextmanager
def closing_transport(tick: Callable[[], float] = time.monotonic) -> Iterator[Transport]:
    sender = Transport(SteppedClock(), proxies=False, tick=tick)
    try:
        yield sender
    finally:
        sender.close()


@contextmanager
def listening(reply: bytes) -> Iterator[str]:
    """A server that reads a request, sends these bytes and hangs up, for every connection."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(65536)
            self.request.sendall(reply)

    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def with_packing(packing: str, body: bytes) -> bytes:
    head = f"HTTP/1.1 200 OK\r\nContent-Encoding: {packing}\r\nContent-Length: {len(body)}\r\n\r\n"
    return head.encode("latin-1") + body


def over_a_socket(reply: bytes, request: Request) -> DrkitError:
    with listening(reply) as root, closing_transport() as sender, pytest.raises(DrkitError) as raised:
        sender.send(request, root, Open())
    return raised.value
