"""A service that answers what a test tells it to."""

from collections.abc import Callable

import httpx

from drkit.api.transport import Transport
from drkit.api.wire import Json
from drkit.clock import SteppedClock

ROOT = "https://sdrs.example.test"

Reply = httpx.Response | Exception


def network(answered: Callable[[httpx.Request], httpx.Response]) -> httpx.BaseTransport:
    """A network that answers so; unlike what httpx makes for tests, its answers have not been read yet."""

    def fresh(request: httpx.Request) -> httpx.Response:
        reply = answered(request)
        unread = httpx.ByteStream(reply.read())
        return httpx.Response(reply.status_code, headers=reply.headers, stream=unread)

    return httpx.MockTransport(fresh)


class Service:
    """Answers one after the other what it was told to, the last one for ever; remembers the requests."""

    def __init__(self, *replies: Reply) -> None:
        self.replies, self.requests = list(replies), list[httpx.Request]()
        self.clock = SteppedClock()
        self.transport = Transport(self.clock, inner=network(self._answer), jitter=lambda: 1.0)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        reply = self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]
        if isinstance(reply, Exception):
            raise reply
        return reply


def answer(status: int = 200, body: Json = None, **headers: str) -> httpx.Response:
    """A reply with a JSON body; underscores in header names become hyphens."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(status, json=body, headers=named)
