"""Which handler answers which method and path. A static part of a path wins over an id in its place."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Final, TypeAlias

from drkit.sandbox.answers import Answer
from drkit.sandbox.reading import IncomingCall

Handler: TypeAlias = Callable[[IncomingCall], Answer]
OPERATIONS: Final[set[str]] = set()
"""Every operation that needs a token or a signature, by its name on the pages."""


@dataclass(frozen=True)
class Route:
    """One operation: `parts` are the path's segments, `{name}` standing for any one of them.

    Where several operations share a path, `names` tells them apart by what stands in the body.
    """

    method: str
    path: str
    handler: Handler
    is_open: bool = False
    names: Mapping[bytes, str] = field(default_factory=dict)

    @cached_property
    def parts(self) -> list[str]:
        """The segments of the path."""
        return self.path.strip("/").split("/")

    def match(self, segments: list[str]) -> dict[str, str] | None:
        """The ids in the path, or nothing when the path is another one."""
        found = {}
        for part, segment in zip(self.parts, segments, strict=True):
            if part.startswith("{"):
                found[part[1:-1]] = segment
            elif part != segment:
                return None
        return found


@dataclass
class Routes:
    """The operations of one subject, and all of them together."""

    routes: list[Route] = field(default_factory=list)

    def __call__(
        self, method: str, path: str, *, is_open: bool = False, names: Mapping[bytes, str] | None = None
    ) -> Callable[[Handler], Handler]:
        """Register a handler: `@routes("GET", "/path/{id}")`. An open route needs no token."""

        def add(handler: Handler) -> Handler:
            self.routes.append(Route(method, path, handler, is_open, names or {}))
            if not is_open and not path.startswith("/_sandbox"):
                OPERATIONS.update(names.values() if names else [handler.__name__])
            return handler

        return add

    @staticmethod
    def join(subjects: Iterable["Routes"]) -> "Router":
        """One router for the operations of several subjects."""
        return Router([route for subject in subjects for route in subject.routes])


class Router:
    """Finds the route of a request."""

    def __init__(self, routes: list[Route]) -> None:
        self.routes = routes
        self._by_length: dict[int, list[Route]] = {}
        for route in sorted(routes, key=lambda route: [part.startswith("{") for part in route.parts]):
            self._by_length.setdefault(len(route.parts), []).append(route)

    def find(self, method: str, segments: list[str]) -> tuple[Route | None, dict[str, str], list[str]]:
        """The route, the ids in the path, and the methods that this path knows."""
        methods = []
        for route in self._by_length.get(len(segments), []):
            found = route.match(segments)
            if found is not None:
                if route.method == method:
                    return route, found, []
                methods.append(route.method)
        return None, {}, methods
