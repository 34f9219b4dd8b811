"""Reading the cloud's own trace."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from drkit.api import Client, wire
from drkit.api.client import ProjectConnection
from drkit.api.traces import MOST_PAGES, read_traces
from drkit.api.transport import Open, Transport
from drkit.clock import SteppedClock
from drkit.errors import ProfileError, WireError
from drkit.model import Change, Operation

BEGAN = datetime(2026, 1, 1, tzinfo=UTC)


def pages(size: int, ends: int) -> Callable[[wire.Request], wire.Json]:
    """A service that gives `ends` traces in all, `size` on a page."""

    def ask(request: wire.Request) -> wire.Json:
        begin = int(dict(request.query).get("next", "0"))
        ids = range(begin + 1, min(begin + size, ends) + 1)
        return {"traces": [{"trace_id": str(id_)} for id_ in ids], "meta_data": {"marker": str(begin + size)}}

    return ask


def test_all_pages_are_read_and_the_first_trace_comes_first() -> None:
    read = read_traces(pages(200, 450), BEGAN, BEGAN + timedelta(hours=1))
    assert [trace.id for trace in read] == [str(number) for number in range(450, 0, -1)]


def test_a_list_that_does_not_end_is_an_error() -> None:
    with pytest.raises(WireError, match=f"after {MOST_PAGES} pages"):
        read_traces(pages(200, 10**9), BEGAN, BEGAN)


def test_a_page_that_brings_nothing_new_is_the_last_one() -> None:
    def ask(_request: wire.Request) -> wire.Json:
        return {"traces": [{"trace_id": str(number)} for number in range(200)], "meta_data": None}

    assert len(read_traces(ask, BEGAN, BEGAN)) == 200


def test_the_practice_range_tells_what_was_asked_of_it(client: Client) -> None:
    now = datetime.now(UTC)
    server = next(each for each in client.servers() if each.name == "web-01")
    change = Change.of(Operation.STOP_SERVER, "g", server_id=server.id, hard=False)
    job_id = client.submit(change)
    (trace,) = client.traces(now - timedelta(minutes=1), now + timedelta(minutes=1))
    assert (trace.job_id, trace.name, trace.resource_id) == (job_id, "stopServer", server.id)
    assert client.traces(now - timedelta(hours=1), now - timedelta(minutes=1)) == ()


@pytest.mark.parametrize(
    ("sdrs", "cts"),
    [
        ("https://sdrs.eu-de.otc.t-systems.com", "https://cts.eu-de.otc.t-systems.com/v3/p"),
        ("https://dr.example", ""),
    ],
)
def test_where_the_service_is_follows_from_where_sdrs_is(sdrs: str, cts: str) -> None:
    asked: list[str] = []

    def handle(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, stream=httpx.ByteStream(b'{"traces": []}'))

    transport = Transport(SteppedClock(), inner=httpx.MockTransport(handle))
    connection = ProjectConnection(transport, Open(), {"sdrs": sdrs}, "p")
    if cts:
        assert read_traces(connection.ask, BEGAN, BEGAN) == ()
        assert asked[0].startswith(f"{cts}/traces?trace_type=system")
    else:
        with pytest.raises(ProfileError, match="DRKIT_CTS_URL"):
            read_traces(connection.ask, BEGAN, BEGAN)
    connection.close()
