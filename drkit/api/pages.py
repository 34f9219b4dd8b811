"""Reading all pages of many listings at once.

Source: the list operations of the SDRS, ECS and EVS API references. Every page tells the number of all
matches; a page past the end is empty.
"""

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from drkit.api.wire import PAGE, Filters, Json, Listing, Request
from drkit.errors import DrkitError, WireError
from drkit.model import WireFields

MOST_THINGS = 1_000_000
"""More of a kind than this is no count to believe."""

Ask = Callable[[Request], Json]


@dataclass(frozen=True, slots=True)
class Listed:
    """What a listing holds: its rows in order, and in which way its pages did not fit together."""

    objects: tuple[Json, ...] = ()
    problem: str = ""
    error: DrkitError | None = None


@dataclass(frozen=True, slots=True)
class _Page:
    objects: tuple[Json, ...]
    count: int


def read_listings(
    ask: Ask, pool: ThreadPoolExecutor, wanted: Sequence[tuple[Listing, Filters]]
) -> tuple[Listed, ...]:
    """Read all pages of several listings, side by side: first every first page, then all the others."""

    def fetch(task: tuple[Listing, Request]) -> _Page | DrkitError:
        listing, request = task
        try:
            return _page(listing, ask(request))
        except DrkitError as error:
            return error

    firsts = list(pool.map(fetch, [(listing, listing.page(0, PAGE, filters)) for listing, filters in wanted]))
    rest = [list(_others(first, *each)) for first, each in zip(firsts, wanted, strict=True)]
    others = pool.map(fetch, [task for tasks in rest for task in tasks])
    return tuple(
        _joined(listing, [first, *(next(others) for _ in tasks)])
        for first, tasks, (listing, _) in zip(firsts, rest, wanted, strict=True)
    )


def _page(listing: Listing, body: Json) -> _Page:
    fields = WireFields(f"page of {listing.key}", body)
    count = fields.number("count")
    if not 0 <= count <= MOST_THINGS:
        raise WireError(f"'count' of a page of {listing.key} cannot be {count}")
    return _Page(fields.rows(listing.key), count)  # a strange row among them is left to who reads the rows


def _others(
    first: _Page | DrkitError, listing: Listing, filters: Filters
) -> Iterator[tuple[Listing, Request]]:
    if isinstance(first, _Page) and first.objects:
        size = len(first.objects)  # a service may give smaller pages than were asked for
        for start in range(size, first.count, size):
            yield listing, listing.page(start, size, filters)


def _id_of(row: Json) -> str:
    identity = row.get("id") if isinstance(row, dict) else None
    return identity if isinstance(identity, str) else ""


def _joined(listing: Listing, pages: Sequence[_Page | DrkitError]) -> Listed:
    errors = [each for each in pages if isinstance(each, DrkitError)]
    if errors:
        return Listed(error=errors[0])
    good = [each for each in pages if isinstance(each, _Page)]
    rows = [row for page in good for row in page.objects]
    objects = {_id_of(row) or place: row for place, row in enumerate(rows)}
    counts = {each.count for each in good}
    problem = ""
    if counts != {len(objects)}:
        told = " or ".join(str(each) for each in sorted(counts))
        problem = (
            f"The list of {listing.key} changed while it was read: {told} announced, {len(objects)} read."
        )
    return Listed(tuple(objects.values()), problem)
