"""What is shown of a reading's tables: the rows that fit every filter, and the code that gives the same."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd


STATUSES = ("status", "instance_status")
ZONES = ("zone", "production_zone", "dr_zone", "local_zone", "remote_zone")
TAGGED = ("server_id", "instance_id", "id")
THINGS = ("groups", "instances", "pairs", "servers", "drills")
"""The tables whose things have a status and belong to groups."""

ATTENTION = ("readiness", "state", "status")

ELSEWHERE = {"changes": "reading.changes(site.snapshot_of())", "runs": "site.runs()"}
"""How code makes the tables that rest on more than one reading."""

Tables = Callable[[str], "pd.DataFrame"]
"""What gives the tables of a reading, by name."""


@dataclass(frozen=True, slots=True)
class Filters:
    """What the rows of every table have to fit; what is empty lets everything through.

    `group` is an id, `tag` "key=value", `words` are in any column, whatever their case.
    """

    group: str = ""
    status: str = ""
    tag: str = ""
    zone: str = ""
    words: str = ""

    @property
    def given(self) -> Mapping[str, str]:
        """Those that are set, by name."""
        values = {each.name: str(getattr(self, each.name)) for each in fields(self)}
        return {name: value for name, value in values.items() if value}


@dataclass(frozen=True, slots=True)
class Condition:
    """That one of these columns has one of these values.

    `spelled` is how code names the values, and `before` are the lines that it needs for that.
    """

    columns: tuple[str, ...]
    values: tuple[str, ...]
    spelled: str
    before: tuple[str, ...] = ()

    def holds(self, frame: "pd.DataFrame") -> "pd.Series":
        """For each row whether it holds."""
        return frame[list(self.columns)].astype("str").isin(self.values).any(axis=1)

    def code(self, name: str) -> str:
        """The same as an expression of pandas."""
        return " | ".join(f'{name}["{column}"].isin({self.spelled})' for column in self.columns)


@dataclass(frozen=True, slots=True)
class WordsCondition:
    """That a column has these words."""

    words: str
    before: tuple[str, ...] = ()

    def holds(self, frame: "pd.DataFrame") -> "pd.Series":
        """For each row whether it holds."""
        texts = frame.astype("str")
        hits = texts.apply(lambda column: column.str.contains(self.words, case=False, regex=False))
        fits: pd.Series = hits.any(axis=1)
        return fits

    def code(self, name: str) -> str:
        """The same as an expression of pandas."""
        contains = f"lambda column: column.str.contains({self.words!r}, case=False, regex=False)"
        return f'{name}.astype("str").apply({contains}).any(axis=1)'


@dataclass(frozen=True, slots=True)
class Filtered:
    """The rows of a table that fit, the filters that it cannot be asked, and the lines that make it anew."""

    frame: "pd.DataFrame"
    not_asked: tuple[str, ...]
    lines: tuple[str, ...]


def filtered(name: str, filters: Filters, tables: Tables) -> Filtered:
    """The rows of a table that fit the filters, what needs attention first.

    Where no row has the status, zone, tag or words itself, those fit whose group does: by its zones, or by
    something in it that has them.
    """
    frame, asked = tables(name), {}
    for key, value in filters.given.items():
        asked[key] = _ASKED[key](frame, value, tables)
    conditions = [condition for condition in asked.values() if condition]
    for condition in conditions:
        frame = frame[condition.holds(frame)]
    lines = [*_lines(name, conditions)]
    if order := _order(frame):
        frame = frame.sort_values(order, kind="stable")
        lines.append(f'{name} = {name}.sort_values("{order}", kind="stable")')
    return Filtered(frame, tuple(key for key, condition in asked.items() if not condition), tuple(lines))


def tag_words(tags: "pd.DataFrame") -> "pd.Series":
    """Each row of the table of tags as "key=value"."""
    return tags["key"].astype("str") + "=" + tags["value"].astype("str")


def _group(frame: "pd.DataFrame", value: str, _: Tables) -> Condition | None:
    return _among(frame, ("group_id",), value)


def _status(frame: "pd.DataFrame", value: str, tables: Tables) -> Condition | None:
    own = _among(frame, STATUSES, value)
    if own and own.holds(frame).any():
        return own
    return _in_groups_of(frame, Condition(("status",), (value,), repr([value])), "with_status", tables)


def _zone(frame: "pd.DataFrame", value: str, tables: Tables) -> Condition | None:
    if own := _among(frame, ZONES, value):
        return own
    groups, sides = tables("groups"), Condition(("production_zone", "dr_zone"), (value,), repr([value]))
    lines = ("groups = reading.groups()", f'in_zone = groups.loc[{sides.code("groups")}, "group_id"]')
    return _in_groups(frame, groups.loc[sides.holds(groups), "group_id"], "in_zone", lines)


def _tag(frame: "pd.DataFrame", value: str, tables: Tables) -> Condition | None:
    tags, (key, _, rest) = tables("tags"), value.partition("=")
    tagged = tags.loc[tag_words(tags) == value, "id"]
    lines = (
        "tags = reading.tags()",
        f'tagged = tags.loc[(tags["key"] == {key!r}) & (tags["value"] == {rest!r}), "id"]',
    )
    if own := tuple(column for column in TAGGED if column in frame):
        return Condition(own, tuple(tagged), "tagged", lines)
    bearing = Condition(("instance_id", "server_id"), tuple(tagged), "tagged", lines)
    return _in_groups_of(frame, bearing, "with_tag", tables)


def _words(frame: "pd.DataFrame", value: str, tables: Tables) -> Condition | WordsCondition | None:
    own = WordsCondition(value)
    if "group_id" not in frame or own.holds(frame).any():
        return own
    return _in_groups_of(frame, own, "with_words", tables)


_ASKED: Mapping[str, Callable[["pd.DataFrame", str, Tables], Condition | WordsCondition | None]] = {
    "group": _group,
    "status": _status,
    "zone": _zone,
    "tag": _tag,
    "words": _words,
}


def _among(frame: "pd.DataFrame", columns: tuple[str, ...], value: str) -> Condition | None:
    there = tuple(column for column in columns if column in frame)
    return Condition(there, (value,), repr([value])) if there else None


def _in_groups(
    frame: "pd.DataFrame", group_ids: "pd.Series", spelled: str, lines: tuple[str, ...]
) -> Condition | None:
    if "group_id" not in frame:
        return None
    return Condition(("group_id",), tuple(group_ids), spelled, lines)


def _in_groups_of(
    frame: "pd.DataFrame", condition: Condition | WordsCondition, spelled: str, tables: Tables
) -> Condition | None:
    """That something in the row's group fits."""
    import pandas as pd  # noqa: PLC0415  # loaded with the first table: whoever is refused waits for none

    things = pd.concat([tables(each) for each in THINGS])
    things = things[(things["group_id"] != "") & condition.holds(things)]
    every = ", ".join(f"reading.{each}()" for each in THINGS)
    lines = (
        *condition.before,
        f"things = pd.concat([{every}])",
        f'{spelled} = things.loc[(things["group_id"] != "") & ({condition.code("things")}), "group_id"]',
    )
    return _in_groups(frame, things["group_id"], spelled, lines)


def _order(frame: "pd.DataFrame") -> str:
    """The column that brings what needs attention to the top: its categories begin with that."""
    ordered = (str(name) for name, kind in frame.dtypes.items() if getattr(kind, "ordered", False))
    return next((name for name in ordered if name in ATTENTION), "")


def _lines(name: str, conditions: list[Condition | WordsCondition]) -> Iterator[str]:
    """Python that reads the table and leaves the same rows."""
    yield from dict.fromkeys(line for condition in conditions for line in condition.before)
    yield f"{name} = {ELSEWHERE.get(name, f'reading.{name}()')}"
    for condition in conditions:
        yield f"{name} = {name}[{condition.code(name)}]"
