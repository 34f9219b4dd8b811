"""The way into the sandbox over HTTP: uvicorn on a loopback port that is bound before all else.

The door lets nobody in whom a page in somebody's browser sent: a request must be for this very address, not
for a name that was bent to it, and must not come from a page (which says so by Origin or Sec-Fetch-Site).
"""

import asyncio
import contextlib
import ipaddress
import socket
import threading
from collections.abc import Callable, Iterator

import uvicorn
from starlette.datastructures import Headers
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from drkit.sandbox.answers import RefusalError, neighbour, ok
from drkit.sandbox.box import Sandbox

FOREVER = 600.0
"""Seconds to keep a caller waiting whose answer is lost and who was not hung up on."""
KEEP_ALIVE = 75.0
"""Seconds to keep an idle connection. Clients look every few seconds: where a server hangs up just then, a
request meets a closed connection now and then."""
LARGEST = 1 << 20
LARGEST_READING = 64 << 20
"""Bytes of a kept reading; 10,000 pairs have about 15 million."""
"""Bytes of a request's body."""


def application(sandbox: Sandbox) -> ASGIApp:
    """The sandbox as an ASGI application."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        request = Request(scope, receive)
        try:
            check_caller(request.headers, sandbox.url)
            body = await _body(request)
        except RefusalError as error:
            refusal = ok(error.body, error.status)
            await Response(refusal.body, refusal.status, refusal.headers)(scope, receive, send)
            return
        path = scope["raw_path"].decode("latin-1")
        query = scope["query_string"]
        # On the event loop's thread, so one request at a time; it takes milliseconds. Delays are awaited
        # after it, outside the sandbox's lock, and hold up nobody else.
        answer = sandbox.handle(request.method, path, query, dict(request.headers), body)
        if answer.delay or answer.lost == "timeout":
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(_gone(receive), answer.delay or FOREVER)
        if answer.lost:
            await _hang_up(receive, send)
            return
        await Response(answer.body, answer.status, answer.headers)(scope, receive, send)

    return app


def check_caller(headers: Headers, url: str) -> None:
    """Refuse a request that a page sent, or that is not for `url` or for localhost at its port (403)."""
    host, _, port = url.removeprefix("http://").rpartition(":")
    ours = {f"{name}:{port}" for name in (host, "localhost")}
    ours |= {host, "localhost"} if port == "80" else set()
    if headers.get("host", "").lower() not in ours:
        raise neighbour(403, "sandbox", "The Host of this request is not where the sandbox listens.")
    # No page is served from here, so a browser that says where its page is from is not wanted. What is
    # typed into its address line is no page ("none").
    if "origin" in headers or headers.get("sec-fetch-site", "none") != "none":
        raise neighbour(403, "sandbox", "The sandbox does not answer pages in a browser.")


async def _body(request: Request) -> bytes:
    """The body of a request; refused (413) when it is too large, before it is all in memory."""
    most = LARGEST_READING if request.url.path == "/_sandbox/copy" else LARGEST
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            raise neighbour(413, "sandbox", f"A request has at most {most} bytes.")
    return bytes(body)


async def _hang_up(receive: Receive, send: Send) -> None:
    """Close the connection without an answer. uvicorn's `send` belongs to what holds the connection."""
    send.__self__.transport.abort()  # type: ignore[attr-defined]
    await _gone(receive)


async def _gone(receive: Receive) -> None:
    """Wait until the caller has gone."""
    while (await receive())["type"] != "http.disconnect":
        pass  # pragma: no cover (the body was read before)


def bind(host: str, port: int) -> socket.socket:
    """A bound socket on a loopback address; `ValueError` with a sentence for any other address."""
    try:
        address = ipaddress.ip_address("127.0.0.1" if host == "localhost" else host)
    except ValueError:
        raise ValueError(f"{host!r} is not an address; the sandbox listens on 127.0.0.1.") from None
    if not address.is_loopback:
        raise ValueError(f"The sandbox listens on loopback only (127.0.0.1), not on {host}.")
    if not 0 <= port <= 65535:
        raise ValueError(f"The port must be 0 to 65535, not {port}.")
    family = socket.AF_INET6 if address.version == 6 else socket.AF_INET
    # The protocol is named so that asyncio sets TCP_NODELAY; without it an answer takes 40 ms.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((str(address), port))
    except OSError as error:
        listener.close()
        raise ValueError(f"Port {port} on {host} cannot be used: {error.strerror}.") from error
    return listener


def _listen(sandbox: Sandbox, host: str, port: int) -> socket.socket:
    listener = bind(host, port)
    address, number = listener.getsockname()[:2]
    sandbox.url = f"http://[{address}]:{number}" if ":" in address else f"http://{address}:{number}"
    return listener


class _Server(uvicorn.Server):
    def __init__(
        self, sandbox: Sandbox, on_ready: Callable[[], object], keep_alive: float = KEEP_ALIVE
    ) -> None:
        super().__init__(
            uvicorn.Config(
                application(sandbox), http="h11", ws="none", lifespan="off", access_log=False,
                log_level="critical", proxy_headers=False, timeout_graceful_shutdown=2,
                timeout_keep_alive=keep_alive,  # type: ignore[arg-type]  # parts of a second do as well
            )
        )  # fmt: skip
        self._on_ready = on_ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start, and say so."""
        await super().startup(sockets)
        self._on_ready()


def serve(
    sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0, on_ready: Callable[[], object] = lambda: None
) -> None:
    """Serve until SIGINT or SIGTERM. `on_ready` is called once requests are answered.

    Raises `ValueError` with a sentence when the address is not loopback or the port is taken.
    """
    with contextlib.closing(_listen(sandbox, host, port)) as listener:
        _Server(sandbox, on_ready).run([listener])


@contextlib.contextmanager
def running(
    sandbox: Sandbox, *, host: str = "127.0.0.1", port: int = 0, keep_alive: float = KEEP_ALIVE
) -> Iterator[Sandbox]:
    """Serve in a thread for as long as the `with` block lasts; `sandbox.url` is set inside.

    An idle connection is kept for `keep_alive` seconds.
    """
    before, ready = sandbox.url, threading.Event()
    with contextlib.closing(_listen(sandbox, host, port)) as listener:
        server = _Server(sandbox, ready.set, keep_alive)
        # The loop lives in this thread alone. Across threads go only `ready` (set there, awaited here) and
        # `should_exit`, a flag that the loop looks at several times a second.
        thread = threading.Thread(target=lambda: asyncio.run(server.serve([listener])), daemon=True)
        thread.start()
        try:
            if not ready.wait(30):
                raise RuntimeError("The sandbox did not start within 30 seconds.")
            yield sandbox
        finally:
            server.should_exit = True
            thread.join(10)
            sandbox.url = before
