"""Columns with tidy types: texts, whole numbers, UTC moments, and states as ordered categories.

A `Schema` says which columns a table has, in their order; `frame` makes a table by it.
"""
# ruff: noqa: PLC0415  # pandas is loaded with the first table: half a second that no refusal waits for

import inspect
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from operator import attrgetter
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar

from drkit.model import DrillStatus, GroupStatus, InstanceStatus, JobStatus, PairStatus, Phase, ServerStatus

if TYPE_CHECKING:
    import pandas as pd

Column: TypeAlias = Any
"""What a DataFrame takes as a column; pandas has no narrower word for it."""

_ATTENTION = [Phase.BROKEN, Phase.UNKNOWN, Phase.MOVING, Phase.SETTLED]

Kind: TypeAlias = (
    type[GroupStatus]
    | type[InstanceStatus]
    | type[PairStatus]
    | type[DrillStatus]
    | type[JobStatus]
    | type[ServerStatus]
)
F = TypeVar("F", bound=Callable[..., "pd.DataFrame"])


@dataclass(frozen=True, slots=True)
class ColumnType:
    """What a column holds: its dtype, as pandas spells it, and how it is made of plain values."""

    dtype: str
    make: Callable[[Iterable[Any]], Column]


Schema: TypeAlias = Mapping[str, ColumnType]
"""The columns of a table, by name, in their order."""


def _plain(dtype: str) -> ColumnType:
    kind: Any = dtype  # the stubs know literal spellings only

    def make(values: Iterable[Any]) -> Column:
        import pandas as pd

        return pd.array(list(values), dtype=kind)

    return ColumnType(dtype, make)


TEXT = _plain("str")
NUMBER = _plain("int64")
NUMBER_OR_NONE = _plain("Int64")
REAL_OR_NONE = _plain("Float64")
FLAG = _plain("bool")
FLAG_OR_NONE = _plain("boolean")


def _moments(values: Iterable[datetime | str | None]) -> Column:
    """What is missing is NaT; texts are times in UTC as rows of a listing tell them."""
    import numpy as np
    import pandas as pd

    moments: list[Any] = list(values)
    if str not in set(map(type, moments)):
        return pd.array(moments, dtype="datetime64[us, UTC]")
    texts = [one.replace(tzinfo=None).isoformat() if isinstance(one, datetime) else one for one in moments]
    return pd.DatetimeIndex(np.array(texts, dtype="datetime64[us]")).tz_localize("UTC").array


MOMENT = ColumnType("datetime64[us, UTC]", _moments)


def status(kind: Kind) -> ColumnType:
    """States as an ordered category: sorting brings what needs attention to the top.

    Broken ones come first, then those that no reference names (kept as they came), moving, settled.
    """

    def make(values: Iterable[str]) -> Column:
        states = list(values)
        known = _by_attention(kind)
        unknown = sorted(map(str, {*states} - {*known, ""}))
        broken = sum(kind(state).phase is Phase.BROKEN for state in known)
        return _categories(states, [*known[:broken], *unknown, *known[broken:]])

    return ColumnType("category", make)


def word(*order: str) -> ColumnType:
    """Words as an ordered category; an empty one is missing, one not in `order` goes to the end."""
    return ColumnType("category", lambda values: _categories(values, order))


def frame(schema: Schema, rows: Sequence[object], **columns: Iterable[object]) -> "pd.DataFrame":
    """The table of a schema; a column that is not given is the attribute of its name, of each row."""
    import pandas as pd

    return pd.DataFrame(
        {
            name: kind.make(columns[name] if name in columns else map(attrgetter(name), rows))
            for name, kind in schema.items()
        }
    )


def from_rows(schema: Schema, rows: Iterable[Mapping[str, Any]]) -> "pd.DataFrame":
    """The table of a schema, of plain rows that have its columns by name."""
    plain = list(rows)
    return frame(schema, plain, **{name: [row[name] for row in plain] for name in schema})


def dtypes(schema: Schema) -> Mapping[str, str]:
    """The columns' names and dtypes."""
    return {name: kind.dtype for name, kind in schema.items()}


def documented(schema: Schema) -> Callable[[F], F]:
    """Have a function that gives such a table name its columns at the end of its docstring."""

    def document(function: F) -> F:
        columns = ", ".join(f"{name} ({kind.dtype})" for name, kind in schema.items())
        sentence = textwrap.fill(f"Columns: {columns}.", width=100)
        function.__doc__ = f"{inspect.cleandoc(function.__doc__ or '')}\n\n{sentence}"
        return function

    return document


def _categories(values: Iterable[str], order: Sequence[str]) -> Column:
    import pandas as pd

    words = list(values)  # a member of a StrEnum is its text
    rest = sorted(map(str, set(words) - set(order) - {""}))
    places = {str(name): place for place, name in enumerate((*order, *rest))}
    codes = [places.get(name, -1) for name in words]
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(places), dtype="str"), ordered=True)


@cache
def _by_attention(kind: Kind) -> list[str]:
    members: list[GroupStatus | InstanceStatus | PairStatus | DrillStatus | JobStatus | ServerStatus]
    members = list(kind)
    return [str(each) for each in sorted(members, key=lambda each: _ATTENTION.index(each.phase))]
