"""Reading all pages of many listings at once.

Source: the list operations of the SDRS, ECS and EVS API references. Every page tells the number of all
matches; a page past the end is empty. Cinder's own listings, to which a catalog may lead, tell no number.
A number is no more than a word: pages are asked for as long as they bring something new.
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice

from drkit.api.rows import ListedRow
from drkit.api.wire import PAGE, Filters, Json, Listing, Request
from drkit.errors import DrkitError, WireError
from drkit.model import WireFields

MOST_THINGS = 1_000_000
"""More of a kind than this is no count to believe; pages are asked for one by one then, as without one."""

MOST_PAGES = 1000
"""Of one listing; more than these are never asked for."""

ROUND = 16
"""Pages of a listing that are asked for at once, before as many have come."""

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
    count: int | None


@dataclass(slots=True)
class _Pages:
    """One listing while it is read: its pages so far, and which ones are asked for next."""

    listing: Listing
    filters: Filters
    read: list[_Page] = field(default_factory=list)
    rows: dict[Hashable, Json] = field(default_factory=dict)
    error: DrkitError | None = None
    ended: bool = False

    def take(self, answers: Iterable[_Page | DrkitError]) -> None:
        """Take up a round of pages; the listing has ended when one of them brought nothing new."""
        for page in answers:
            if isinstance(page, DrkitError):
                self.error, self.ended = self.error or page, True
                continue
            before = len(self.rows)
            for row in page.objects:  # those without an id are all kept, for who reads the rows to say so
                self.rows[_id_of(row, self.listing.identity) or len(self.rows)] = row
            self.ended = self.ended or len(self.rows) == before
            self.read.append(page)

    def next(self) -> list[Request]:
        """The requests of the next round: the pages that are announced, at most as many as were read so far.

        So a listing that announces more than comes is found out after a few of them.
        """
        if self.ended:
            return []
        if not self.read:
            return [self.listing.page(0, PAGE, self.filters)]
        done, count = len(self.read), self.read[0].count
        size = len(self.read[0].objects)  # a service may give smaller pages than were asked for
        wanted = min(-(-count // size), max(2 * done, ROUND)) if count is not None else done + 1
        if wanted > MOST_PAGES:
            self.error = WireError(f"The list of {self.listing.key} goes on after {done} pages of {size}")
            return []
        return [self.listing.page(place * size, size, self.filters) for place in range(done, wanted)]

    def listed(self) -> Listed:
        """What was read."""
        if self.error:
            return Listed(error=self.error)
        counts = {page.count for page in self.read if None not in (page.count, self.read[0].count)}
        problem = ""
        if counts - {len(self.rows)}:
            announced = " or ".join(sorted(map(str, counts)))
            problem = (
                f"The list of {self.listing.key} changed while it was read: {announced} announced, "
                f"{len(self.rows)} read."
            )
        return Listed(tuple(self.rows.values()), problem)


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

    listings = [_Pages(*each) for each in wanted]
    while rounds := [(pages, requests) for pages in listings if (requests := pages.next())]:
        answers = pool.map(
            fetch, [(pages.listing, request) for pages, requests in rounds for request in requests]
        )
        for pages, requests in rounds:
            pages.take(islice(answers, len(requests)))
    return tuple(pages.listed() for pages in listings)


def read_marked(ask: Ask, listing: Listing) -> tuple[Json, ...]:
    """All rows of a listing that goes by markers: page after page, until one brings nothing new.

    Raises `WireError` where it goes on and on; what the service refuses is raised as it is.
    """
    rows: dict[str, Json] = {}
    for _ in range(MOST_PAGES):
        marker, before = next(reversed(rows), ""), len(rows)
        page = WireFields(f"page of {listing.key}", ask(listing.page_after(marker))).rows(listing.key)
        rows.update(
            (_id_of(row, listing.identity) or f"{before}:{place}", row) for place, row in enumerate(page)
        )
        if len(rows) == before:  # a service may give smaller pages than were asked for
            return tuple(rows.values())
    raise WireError(f"The list of {listing.key} goes on after {MOST_PAGES} pages")


def _page(listing: Listing, body: Json) -> _Page:
    fields = WireFields(f"page of {listing.key}", body)
    rows = fields.rows(listing.key)  # a strange one among them is left to who reads the rows
    hint = WireFields.lenient("page", body)
    count = hint.number("count")
    return _Page(rows, None if hint.unknown or not len(rows) <= count <= MOST_THINGS else count)


def _id_of(row: Json, key: str) -> str:
    if isinstance(row, ListedRow):
        return row.id
    identity = row.get(key) if isinstance(row, dict) else None
    return identity if isinstance(identity, str) else ""
