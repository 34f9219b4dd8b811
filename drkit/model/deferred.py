"""Things of a large listing that become values when somebody asks for them.

A reading holds thousands of pairs, and rules look at a few of them.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeVar

from drkit.model.statuses import PairStatus, ReplicationStatus, Unknown

Value_co = TypeVar("Value_co", covariant=True)


class Deferred(Mapping[str, Value_co]):
    """Things by id. `sources` are rows, and values where they were asked for: `make` makes one of a row.

    Threads may share it: two that ask for the same thing at once may get two equal values.
    """

    def __init__(self, sources: dict[str, Any], row: type, make: Callable[[Any], Value_co]) -> None:
        self.sources, self._row, self._make = sources, row, make

    def __getitem__(self, key: str) -> Value_co:
        source = self.sources[key]
        if isinstance(source, self._row):
            source = self.sources[key] = self._make(source)
        value: Value_co = source
        return value

    def __iter__(self) -> Iterator[str]:
        return iter(self.sources)

    def __len__(self) -> int:
        return len(self.sources)

    def __contains__(self, key: object) -> bool:
        return key in self.sources


class Place(Protocol):
    """Where a listed pair is attached."""

    @property
    def instance_id(self) -> str:
        """The instance."""
        ...

    @property
    def device(self) -> str:
        """Under which device name."""
        ...


class ListedPair(Protocol):
    """A pair, or a row of one that tells these things by the same names."""

    # Each as its namesake in `ReplicationPair`.
    # ruff: noqa: D102
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def group_id(self) -> str: ...
    @property
    def fault_level(self) -> str: ...
    @property
    def unknown(self) -> tuple[str, ...]: ...
    @property
    def status(self) -> PairStatus | Unknown: ...
    @property
    def replication_status(self) -> ReplicationStatus | Unknown: ...
    @property
    def size_gb(self) -> int: ...
    @property
    def attachments(self) -> Sequence[Place]: ...
