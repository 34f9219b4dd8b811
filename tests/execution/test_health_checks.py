import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from drkit.errors import InputError
from drkit.execution.checks import failing
from drkit.plan.steps import checked


class _Shop(BaseHTTPRequestHandler):
    def do_GET(self) -> None:  # as http.server calls it
        status = int(self.path.strip("/"))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/200")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # as http.server names it
        """Quiet."""


@pytest.fixture
def shop() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), _Shop) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("status", [200, 204, 302])
def test_a_url_holds_when_it_answers_well(shop: str, status: int) -> None:
    assert failing(f"{shop}/{status}") == ""


@pytest.mark.parametrize("status", [401, 404, 503])
def test_a_url_that_answers_an_error_does_not_hold(shop: str, status: int) -> None:
    assert failing(f"{shop}/{status}") == f"it answers {status}"


def test_a_port_holds_when_it_takes_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        check = f"tcp://127.0.0.1:{server.getsockname()[1]}"
        assert failing(check) == ""
    assert failing(check) == "it does not answer (Connection refused)"


def test_a_url_that_nobody_serves_does_not_hold() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert failing(f"http://127.0.0.1:{port}/").startswith("it does not answer (")


def test_something_that_answers_no_http_does_not_hold() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def mumble() -> None:
            line, _ = server.accept()
            line.recv(1000)
            line.sendall(b"mumble\r\n\r\n")
            line.close()

        thread = threading.Thread(target=mumble)
        thread.start()
        assert "does not answer" in failing(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join()


@pytest.mark.parametrize("good", ["tcp://shop:443", "http://shop", "https://shop:8443/health?deep=1"])
def test_a_port_or_a_url_is_a_check(good: str) -> None:
    assert checked(good) == good


@pytest.mark.parametrize(
    "bad", ["", "shop", "tcp://shop", "tcp://:443", "tcp://shop:x", "ftp://shop", "file:///etc"]
)
def test_anything_else_is_refused(bad: str) -> None:
    with pytest.raises(InputError, match="is no check; wanted: tcp://host:port"):
        checked(bad)
