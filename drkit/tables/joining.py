"""One table of those of several projects."""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


def joined(parts: Sequence[tuple[str, str, "pd.DataFrame"]]) -> "pd.DataFrame":
    """The tables of the same kind of several projects, one below the other: `profile` and `project` in front.

    Each part is the profile's name, the project's, and the table; there is at least one. `attrs["problems"]`
    are those of all parts, each with its profile's name.
    """
    import pandas as pd  # noqa: PLC0415  # as in columns

    frames = [frame.copy(deep=False) for _, _, frame in parts]
    for name in frames[0].select_dtypes("category"):
        order = _merged([list(frame[name].cat.categories) for frame in frames])
        for frame in frames:
            frame[name] = frame[name].cat.set_categories(order)
    problems = tuple(
        f"{profile}: {problem}" for profile, _, frame in parts for problem in frame.attrs.get("problems", ())
    )
    for (profile, project, _), frame in zip(parts, frames, strict=True):
        frame.insert(0, "profile", pd.Series(profile, index=frame.index, dtype="str"))
        frame.insert(1, "project", pd.Series(project, index=frame.index, dtype="str"))
        frame.attrs = {}
    table = pd.concat(frames, ignore_index=True)
    table.attrs["problems"] = problems
    return table


def _merged(orders: Iterable[list[str]]) -> list[str]:
    """One order of all words; one that only some tables have stands before what follows it there."""
    merged: list[str] = []
    for order in orders:
        at = len(merged)
        for word in reversed(order):
            if word in merged:
                at = merged.index(word)
            else:
                merged.insert(at, word)
    return merged
