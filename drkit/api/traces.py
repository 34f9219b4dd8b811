"""Reading the cloud's own trace (Cloud Trace Service), page by page.

Source: the page "Querying a Trace List" (v3) of its API reference: the latest come first, at most 200 at a
time, each page goes on from the marker of the one before. The service keeps them for seven days.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from drkit.api.wire import Json, Request
from drkit.errors import WireError
from drkit.model import Trace, WireFields

LARGEST_PAGE: Final = 200
MOST_PAGES: Final = 500


def read_traces(ask: Callable[[Request], Json], since: datetime, until: datetime) -> tuple[Trace, ...]:
    """All traces between two moments, the first one first. WireError where they do not end."""
    traces: dict[str, Trace] = {}
    marker = ""
    for _ in range(MOST_PAGES):
        page = WireFields.lenient("traces answer", ask(_page(since, until, marker)))
        read = [Trace.from_wire(each) for each in page.rows("traces")]
        before = len(traces)
        traces |= {trace.id: trace for trace in read}
        marker = page.object("meta_data").text("marker") or (read[-1].id if read else "")
        if len(traces) == before or len(read) < LARGEST_PAGE:
            return tuple(reversed(traces.values()))
    raise WireError(f"The list of traces goes on after {MOST_PAGES} pages of {LARGEST_PAGE}.")


def _page(since: datetime, until: datetime, marker: str) -> Request:
    milliseconds = [str(round(moment.timestamp() * 1000)) for moment in (since, until)]
    query = [("trace_type", "system"), ("limit", str(LARGEST_PAGE))]
    query += [("from", milliseconds[0]), ("to", milliseconds[1])]
    query += [("next", marker)] if marker else []
    return Request("GET", "/traces", tuple(query), service="cts")
