"""Columns with tidy types: texts, whole numbers, UTC moments, and states as ordered categories."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cache
from typing import Any, TypeAlias

import pandas as pd

from drkit.model import DrillStatus, GroupStatus, InstanceStatus, JobStatus, PairStatus, Phase, ServerStatus

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


def texts(values: Iterable[str]) -> Column:
    """Texts, `str`."""
    return pd.array(list(values), dtype="str")


def numbers(values: Iterable[int]) -> Column:
    """Whole numbers that are always there, `int64`."""
    return pd.array(list(values), dtype="int64")


def numbers_or_none(values: Iterable[int | None]) -> Column:
    """Whole numbers that can be missing, `Int64`."""
    return pd.array(list(values), dtype="Int64")


def flags(values: Iterable[bool]) -> Column:
    """Truth values, `bool`."""
    return pd.array(list(values), dtype="bool")


def flags_or_none(values: Iterable[bool | None]) -> Column:
    """Truth values that can be missing, `boolean`."""
    return pd.array(list(values), dtype="boolean")


def moments(values: Iterable[datetime | None]) -> Column:
    """Moments, `datetime64[us, UTC]`; what is missing is NaT."""
    return pd.array(list(values), dtype=pd.DatetimeTZDtype("us", "UTC"))


def statuses(values: Iterable[str], kind: Kind) -> Column:
    """States as an ordered category: sorting brings what needs attention to the top.

    Broken ones come first, then those that no reference names (kept as they came), moving, settled.
    """
    found = list(values)
    known = _by_attention(kind)
    unknown = sorted({str(each) for each in found} - {*known, ""})
    broken = sum(kind(each).phase is Phase.BROKEN for each in known)
    return words(found, [*known[:broken], *unknown, *known[broken:]])


def words(values: Iterable[str], order: Sequence[str]) -> Column:
    """Words as an ordered category; an empty one is missing, one not in `order` goes to the end."""
    found = [str(each) for each in values]
    rest = sorted(set(found) - set(order) - {""})
    places = {each: place for place, each in enumerate((*order, *rest))}
    codes = [places.get(each, -1) for each in found]
    return pd.Categorical.from_codes(codes, categories=pd.Index(list(places), dtype="str"), ordered=True)


@cache
def _by_attention(kind: Kind) -> list[str]:
    members: list[GroupStatus | InstanceStatus | PairStatus | DrillStatus | JobStatus | ServerStatus]
    members = list(kind)
    return [str(each) for each in sorted(members, key=lambda each: _ATTENTION.index(each.phase))]
