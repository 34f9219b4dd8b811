"""The one importer of httpx beside the sandbox: sends requests, keeps time limits, tries reads again.

What is repeated and what not:

- A read is tried up to four times: when no connection was made, nothing or no JSON came back, or the answer
  was 408 or 5xx; up to eight times after 429. It waits in between, longer each time, or as long as
  Retry-After says (up to a minute; a longer one is the caller's matter). All threads wait (`throttling`).
- A change is sent once. There is no way to tell the service that two requests are the same change.
- A refused token is no exception to that: the service, or the gateway before it, said that it did not look
  at the call. So the client signs in again once and sends the call, a change too, with the new token. This
  holds only where the answer names the token; any other 401 ends a change as refused.

Nothing here keeps what httpx raised: its exceptions hold requests, and those hold tokens.
"""

import json
import logging
import random
import re
import ssl
import sys
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import cache
from typing import Protocol, Self, get_args
from urllib.parse import quote, urlsplit

from drkit.api import recording
from drkit.api.access import Access
from drkit.api.clouds import loopback, practice_host
from drkit.api.diagnosis import lasts, of_connection, of_skew
from drkit.api.responses import Response, decode, skew, token_refused
from drkit.api.secret import Secret
from drkit.api.throttling import UNSHARED, Pacing, Throttle
from drkit.api.wire import Json, Request, ServiceName
from drkit.clock import Clock
from drkit.errors import (
    BusyError,
    DrkitError,
    OutcomeUnknownError,
    ReadOnlyError,
    SignInError,
    UnavailableError,
    UnreachableError,
    WireError,
)
from drkit.showing import clean

_COMMAND_LINE = "httpx._main"
# Nobody calls httpx's command line here, and where rich and click are installed it loads them for it. What is
# None among the modules cannot be imported, and httpx does without it.
_before = sys.modules.setdefault(_COMMAND_LINE, None)  # type: ignore[arg-type]
try:
    import httpx
finally:
    if _before is None:
        del sys.modules[_COMMAND_LINE]

TRIES = 4
BUSY_TRIES = 8  # where the service only says that it is too busy now
PAUSE = 1.0  # seconds, where it does not say for how long
LARGEST = 16 * 1024 * 1024
"""Bytes of an answer, unpacked."""
LONGEST_ANSWER = 60.0
"""Seconds from the request to the last byte of the answer."""
LONGEST_PAUSE = 60.0
CONNECTIONS = 16
NO_NETWORK = "names under .invalid exist on no network"
IDLE = (
    3.0  # seconds; shorter than servers keep idle connections, so that a change never goes into a closing one
)

Inner = httpx.BaseTransport
"""What replaces the network: the way into a sandbox inside this process."""


@cache
def _agent() -> Mapping[str, str]:
    from importlib.metadata import version  # noqa: PLC0415  # takes its time to load

    return {"User-Agent": f"drkit/{version('drkit')}"}


_log = logging.getLogger("drkit.api")
_told_to_stop = ContextVar[Callable[[], bool]]("told_to_stop", default=bool)  # of the thread that sends


@contextmanager
def kept_back(told_to_stop: Callable[[], bool]) -> Iterator[None]:
    """Within this, a change that was not sent yet is not sent any more as soon as `told_to_stop` says so.

    It is an `UnreachableError` then. Signing in comes before a change, and may take minutes.
    """
    before = _told_to_stop.set(told_to_stop)
    try:
        yield
    finally:
        _told_to_stop.reset(before)


@dataclass(frozen=True, slots=True)
class OutgoingCall:
    """A request on its way out: the whole address, and the body as bytes."""

    request: Request
    url: str
    body: bytes = field(repr=False)

    @classmethod
    def of(cls, request: Request, base: str) -> Self:
        """The call that a request becomes at the service at `base`."""
        query = "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in request.query)
        url = f"{base}{request.path}?{query}" if query else f"{base}{request.path}"
        if request.body is None:
            return cls(request, url, b"")
        text = json.dumps(request.body, default=_revealed, separators=(",", ":"))
        return cls(request, url, text.encode())


def _revealed(secret: Secret) -> str:
    return secret.reveal()


class Auth(Protocol):
    """How a request shows who asks."""

    def headers(self, call: OutgoingCall, /) -> Mapping[str, Secret]:
        """The headers to add to a request."""
        ...

    def renew(self, refused: Mapping[str, Secret], /) -> bool:
        """Sign in again because these headers were refused; False where there is nothing to renew."""
        ...

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """What must not be shown, should an answer repeat it."""
        ...


class Open:
    """For calls that need no sign-in, such as the sign-in itself."""

    def __init__(self, *secrets: Secret) -> None:
        self.secrets = secrets

    def headers(self, _call: OutgoingCall, /) -> Mapping[str, Secret]:
        """None."""
        return {}

    def renew(self, _refused: Mapping[str, Secret], /) -> bool:
        """Nothing to renew."""
        return False


class Transport:
    """One pool of connections; may be used from many threads at once.

    `inner` replaces the network (a sandbox in this process); `verify` is what TLS trusts; `proxies` says
    whether the environment's proxy settings count; `pacing` how fast requests go to each service; `tick`
    measures how long an answer takes, in real seconds like the network's other time limits. `access` is what
    may leave: what it refuses is a ReadOnlyError, whoever asked for it.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        inner: Inner | None = None,
        verify: ssl.SSLContext | bool = True,
        proxies: bool = True,
        pacing: Pacing = UNSHARED,
        access: Access = Access.REAL,
        jitter: Callable[[], float] = random.random,
        tick: Callable[[], float] = time.monotonic,
    ) -> None:
        # No lock of its own: `httpx.Client` is made for many threads, everything else here is set once, and
        # what a call needs (its tries, whether it signed in again) is local to the thread that sends. That
        # thread waits for its turn at the pool of connections; between tries it holds none.
        self._clock, self._jitter, self._tick = clock, jitter, tick
        self._on_network = inner is None
        self.access = access  # set once more, by whoever opens it, where what answers is a sandbox
        self._throttles = {name: Throttle(pacing, clock) for name in get_args(ServiceName)}
        _keep_headers_out_of_logs()
        self.speed = 1.0  # of the sandbox, as its last answer told it; written by whichever thread reads one
        self._client = httpx.Client(
            transport=inner,
            verify=verify,
            trust_env=proxies,
            timeout=httpx.Timeout(30.0, connect=10.0),
            limits=httpx.Limits(
                max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS, keepalive_expiry=IDLE
            ),
            headers={**_agent(), "Accept": "application/json", "Accept-Encoding": "gzip"},
        )

    def close(self) -> None:
        """Close all connections."""
        self._client.close()

    def send(self, request: Request, base: str, auth: Auth) -> tuple[Json, Response]:
        """Send to the service at `base` and return the answer's JSON and the answer.

        Raises as `decode` does; UnreachableError when no connection was made, so that nothing was sent;
        when something was sent and no answer came, UnavailableError for a read and OutcomeUnknownError for
        a change.
        """
        if why := self.access.refuses(request):
            raise ReadOnlyError(f"{request.where}: {why}")
        call, tries, renewed = OutgoingCall.of(request, base), 0, False
        while True:
            with self._throttles[request.service].turn(lambda: bool(self._kept_back(call))):
                headers = auth.headers(call)
                result, answer = self._try(call, auth, headers)
            if isinstance(result, BusyError):
                self._slow_down(request, result.retry_after)
            if answer is not None and not isinstance(result, DrkitError):
                return result, answer
            if not renewed and _may_renew(result, answer, request) and auth.renew(headers):
                renewed = True
                continue
            tries += 1
            pause = None if request.changes else self._pause(result, tries)
            if pause is None:
                raise result
            self._clock.wait(pause)

    def _slow_down(self, request: Request, asked: float | None) -> None:
        if asked is None or asked <= LONGEST_PAUSE:
            self._throttles[request.service].refused(PAUSE if asked is None else asked)

    def sandbox_speed(self, root: str) -> float | None:
        """How fast time passes in the sandbox that listens there; None where nothing says it is one."""
        answer = self._exchange(OutgoingCall.of(Request("GET", "/"), root), {})
        return _told_speed(answer) if isinstance(answer, Response) else None

    def _try(
        self, call: OutgoingCall, auth: Auth, headers: Mapping[str, Secret]
    ) -> tuple[Json, Response | None]:
        """The JSON or the error, as a value, and the answer if one came."""
        answer = self._exchange(call, headers)
        if isinstance(answer, DrkitError):
            return answer, None
        try:
            return decode(answer, call.request, (*auth.secrets, *headers.values())), answer
        except SignInError as error:
            return self._with_clock(error, answer).with_traceback(None), answer
        except DrkitError as error:
            return error.with_traceback(None), answer

    def _with_clock(self, error: SignInError, answer: Response) -> SignInError:
        """The same error, and that this machine's clock is off where it is: tokens and signatures depend on
        it.
        """
        if not (words := of_skew(skew(answer, self._clock.now()))):
            return error
        return SignInError(
            error.status,
            error.code,
            error.message,
            where=error.where,
            request_id=error.request_id,
            advice=words,
        )

    def _pause(self, error: DrkitError, tries: int) -> float | None:
        """The seconds before the next try; None when there is none."""
        if (
            tries >= (BUSY_TRIES if isinstance(error, BusyError) else TRIES)
            or self._client.is_closed
            or not isinstance(error, (UnreachableError, BusyError, UnavailableError, WireError))
            or (isinstance(error, UnreachableError) and error.lasting)
        ):
            return None
        asked = error.retry_after if isinstance(error, BusyError) else None
        if asked is not None:
            return asked if asked <= LONGEST_PAUSE else None
        return float(2 ** (tries - 1)) * (0.5 + self._jitter() / 2)

    def _exchange(self, call: OutgoingCall, headers: Mapping[str, Secret]) -> Response | DrkitError:
        """One request, one whole answer; or what went wrong, free of httpx's objects and of secrets."""
        began, request = self._tick(), call.request
        if why := self._kept_back(call):
            return UnreachableError(f"{request.where}: {why}")
        try:
            with self._client.stream(
                request.method, call.url, content=call.body, headers=_plain(call), auth=_Sealed(headers)
            ) as response:
                body = self._whole(response, began)
                answer = Response(response.status_code, dict(response.headers.items()), body)
        except _NOTHING_SENT as error:
            return _unreachable(call, error)
        except (httpx.HTTPError, httpx.StreamError) as error:
            return _no_answer(request, _reason(error))
        except _TooMuchError as error:
            return _no_answer(request, str(error))
        self.speed = _told_speed(answer) or self.speed
        recording.overhear(request, answer)
        took = self._tick() - began
        _log.debug("%s: %d in %.3f s, request id %s", request.where, answer.status, took, answer.request_id)
        return answer

    def _kept_back(self, call: OutgoingCall) -> str:
        """Why a call does not leave this machine; empty where it does."""
        if why := recording.refusal(call.request):
            return why
        if self._client.is_closed:
            return "the connection was closed. Nothing was sent; connect again."
        if self._on_network and practice_host(call.url):  # a catalog may name one; no resolver is asked
            return f"{NO_NETWORK}. Nothing was sent; check the endpoints."
        if call.request.changes and _told_to_stop.get()():
            return "stopped right before. Nothing was sent."
        return ""

    def _whole(self, response: httpx.Response, began: float) -> bytes:
        """The answer's body. Unpacked here and not by httpx, which unpacks whatever comes, however often it
        is packed and to any length: 2 kB can become gigabytes.
        """
        packing = response.headers.get("Content-Encoding", "identity").strip().lower()
        if packing not in {"identity", "gzip"}:
            raise _TooMuchError(f"its answer is packed as {clean(packing, 40)!r}, which was not asked for")
        unpacked = _Unpacked() if packing == "gzip" else None
        body = bytearray()
        for chunk in response.iter_raw():
            body += unpacked.more(chunk, LARGEST - len(body)) if unpacked else chunk
            if len(body) > LARGEST:
                raise _TooMuchError(f"its answer is larger than {LARGEST // 2**20} MiB")
            if self._tick() - began > LONGEST_ANSWER:
                raise _TooMuchError(f"its answer was not complete after {LONGEST_ANSWER:.0f} s")
        if unpacked and not unpacked.complete:
            raise _TooMuchError("its answer cannot be unpacked")
        return bytes(body)


def _told_speed(answer: Response) -> float | None:
    told = answer.headers.get("x-drkit-sandbox", "")
    return float(told) if re.fullmatch(r"\d{1,9}(\.\d+)?(e[+-]?\d\d?)?", told) else None


class _Unpacked:
    """One gzip stream, unpacked no further than there is room."""

    def __init__(self) -> None:
        self._stream = zlib.decompressobj(16 + zlib.MAX_WBITS)  # 16: with gzip's head and check sum
        self._began = False

    def more(self, chunk: bytes, room: int) -> bytes:
        """The bytes of the next chunk: at most one more than there is room for."""
        self._began = self._began or bool(chunk)
        try:
            return self._stream.decompress(chunk, room + 1)
        except zlib.error:
            raise _TooMuchError("its answer cannot be unpacked") from None

    @property
    def complete(self) -> bool:
        """Whether the stream came to its end, and nothing behind it; an answer without a body has none."""
        return not self._began or (self._stream.eof and not self._stream.unused_data)


def answer_of(url: str, content: bytes, kind: str, seconds: float, ca_file: str = "") -> bytes:
    """What any address answers to this content of that media type, at most 1 MB; else as `status_of`.

    ConnectionError in words also for a status that is not 200.
    """
    try:
        with (
            httpx.Client(verify=_trust(ca_file), timeout=seconds, headers=_agent()) as client,
            client.stream("POST", url, content=content, headers={"Content-Type": kind}) as response,
        ):
            if response.status_code != 200:
                raise ConnectionError(f"it answered {response.status_code}")
            answer = b""
            for part in response.iter_bytes(65536):
                answer += part
                if len(answer) > 1_000_000:
                    raise ConnectionError("its answer does not end")
            return answer
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(clean(_cause(error), 120)) from None


def trust(ca_file: str = "", cert_file: str = "", key_file: str = "") -> ssl.SSLContext:
    """What TLS trusts for a cloud: the authorities in `ca_file` alone, else what httpx and this machine
    trust; and the certificate that is shown. OSError or SSLError for files that cannot be used.
    """
    context = ssl.create_default_context(cafile=ca_file) if ca_file else _trust("")
    if cert_file:  # never asks for the pass phrase of a key on a terminal that is somebody else's
        context.load_cert_chain(cert_file, key_file or None, password=_no_pass_phrase)
    return context


def _no_pass_phrase() -> str:
    raise ssl.SSLError("the key wants a pass phrase, which cannot be given here")


def _trust(ca_file: str) -> ssl.SSLContext:
    context = httpx.create_ssl_context()
    context.load_default_certs()  # a company's own authorities stand there
    if ca_file:
        context.load_verify_locations(ca_file)
    return context


def clock_skew(url: str, clock: Clock, seconds: float, *files: str) -> float | None:
    """How many seconds this machine's clock is ahead of the one of an address; None where it tells none.

    `files` as `trust` takes them.

    Nothing but a GET goes there, without a token. ConnectionError in words when no answer came.
    """
    try:
        with httpx.Client(
            verify=trust(*files), timeout=seconds, headers=_agent(), trust_env=not loopback(url)
        ) as client:
            before = clock.now()
            answer = client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL, OSError) as error:
        raise ConnectionError(clean(_cause(error), 120)) from None
    then = Response(answer.status_code, dict(answer.headers.items()), b"")
    if "date" not in answer.headers:
        return None
    middle = before + (clock.now() - before) / 2
    return skew(then, middle)


def status_of(url: str, seconds: float, ca_file: str = "") -> int:
    """The status that any address answers, with no token sent and the answer's body not read.

    Trusts what this machine trusts, and the authorities in `ca_file`; proxies come from the environment,
    redirects are followed. ConnectionError in words when no answer came; `seconds` limit each wait for one.
    The client lives for this one call: no cookie and no idle connection is carried into the next.
    """
    try:
        with (
            httpx.Client(
                verify=_trust(ca_file), timeout=seconds, follow_redirects=True, headers=_agent()
            ) as client,
            client.stream("GET", url) as response,
        ):
            return response.status_code
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise ConnectionError(clean(_cause(error), 120)) from None


class _TooMuchError(Exception):
    """An answer that does not end, or that cannot be unpacked."""


class _Sealed(httpx.Auth):
    """Adds secret headers where only httpx sees them."""

    def __init__(self, headers: Mapping[str, Secret]) -> None:
        self._headers = headers

    def auth_flow(self, request: httpx.Request) -> Iterator[httpx.Request]:  # type: ignore[override]  # a flow that takes no answer back
        request.headers.update({name: value.reveal() for name, value in self._headers.items()})
        yield request


_NOTHING_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
    httpx.LocalProtocolError,
    httpx.InvalidURL,
)


def _may_renew(error: DrkitError, answer: Response | None, request: Request) -> bool:
    if answer is None or not isinstance(error, SignInError):
        return False
    return token_refused(answer) or not request.changes


def _unreachable(call: OutgoingCall, error: Exception) -> UnreachableError:
    host, reason = urlsplit(call.url).netloc, _reason(error)
    return UnreachableError(
        f"{call.request.where}: no connection to {host} ({reason}). Nothing was sent. "
        f"{of_connection(reason)}",
        lasting=lasts(reason),
    )


def _no_answer(request: Request, reason: str) -> DrkitError:
    if request.changes:
        return OutcomeUnknownError(
            f"{request.where} was sent, but {reason}. Whether the change was taken is not known."
        )
    return UnavailableError(0, "", reason, where=request.where)


def _reason(error: Exception) -> str:
    if isinstance(error, httpx.TimeoutException):
        return "nothing came in time"
    if isinstance(error, (httpx.ConnectError, httpx.ProxyError)):
        return clean(str(error), 120) or "refused"
    return f"the connection failed ({type(error).__name__})"  # its own words may quote a header


def _cause(error: BaseException) -> str:
    """What the system said at the bottom of what httpx raised; to be used where no token was sent only."""
    while error.__context__:
        error = error.__context__
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"its certificate is not trusted: {error.verify_message}"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _plain(call: OutgoingCall) -> Mapping[str, str]:
    return {"Content-Type": "application/json"} if call.body else {}


def _keep_headers_out_of_logs() -> None:
    """Httpcore writes whole headers, tokens among them, into its debug log."""
    for name in ("httpcore.http11", "httpcore.http2", "httpcore.proxy", "httpcore.socks"):
        logging.getLogger(name).setLevel(logging.INFO)
