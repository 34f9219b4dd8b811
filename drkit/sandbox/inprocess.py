"""The way into the sandbox for httpx, without a socket."""

from collections.abc import Callable

import httpx

from drkit.sandbox.answers import Answer


class InProcess(httpx.BaseTransport):
    """An httpx transport that hands each request to a sandbox, and loses answers as httpx sees them lost."""

    def __init__(self, handle: Callable[..., Answer], wait: Callable[[float], None]) -> None:
        self._handle, self._wait = handle, wait

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request, or raise what httpx raises when an answer is lost or comes too late."""
        path, _, query = request.url.raw_path.partition(b"?")
        headers = {key.decode("latin-1"): value.decode("latin-1") for key, value in request.headers.raw}
        answer = self._handle(request.method, path.decode("latin-1"), query, headers, request.read())
        if answer.lost == "unreachable":
            raise httpx.ConnectError("Connection refused.", request=request)
        if answer.lost == "hang-up":
            raise httpx.RemoteProtocolError(
                "Server disconnected without sending a response.", request=request
            )
        patience = request.extensions.get("timeout", {}).get("read")
        late = answer.lost == "timeout" or (patience is not None and answer.delay > patience)
        if late or answer.delay:
            self._wait(min(answer.delay, patience or answer.delay))
        if late:
            raise httpx.ReadTimeout("The answer did not come in time.", request=request)
        return httpx.Response(
            answer.status, headers=answer.headers, stream=httpx.ByteStream(answer.body), request=request
        )
