"""One function per table; DataFrames with tidy types.

Here: groups, instances, pairs, attachments, servers, drills, jobs, objections, ways out, runs, steps; one
row per thing, names first, ids last, the columns always the same, also in an empty table: `GROUPS`, `PAIRS`
and so on say which, and `COLUMNS` spells the dtypes of all. Times are UTC (`datetime64[us, UTC]`), sizes GB,
states ordered categories that sort what needs attention to the top. `export` writes them for other programs.
Not here: reading anything, judging anything; every function is pure.
"""

from collections.abc import Mapping

from drkit.tables.columns import documented, dtypes
from drkit.tables.doings import JOBS, OBJECTIONS, RUNS, STEPS, WAYS, jobs, objections, runs, steps, ways
from drkit.tables.exporting import export, to_csv
from drkit.tables.things import (
    ATTACHMENTS,
    DRILLS,
    GROUPS,
    INSTANCES,
    PAIRS,
    SERVERS,
    attachments,
    drills,
    groups,
    instances,
    pairs,
    servers,
)

COLUMNS: Mapping[str, Mapping[str, str]] = {
    "groups": dtypes(GROUPS),
    "instances": dtypes(INSTANCES),
    "pairs": dtypes(PAIRS),
    "attachments": dtypes(ATTACHMENTS),
    "servers": dtypes(SERVERS),
    "drills": dtypes(DRILLS),
    "jobs": dtypes(JOBS),
    "objections": dtypes(OBJECTIONS),
    "ways": dtypes(WAYS),
    "runs": dtypes(RUNS),
    "steps": dtypes(STEPS),
}
"""By table, the name and dtype of each column, in their order."""

__all__ = [
    "ATTACHMENTS",
    "COLUMNS",
    "DRILLS",
    "GROUPS",
    "INSTANCES",
    "JOBS",
    "OBJECTIONS",
    "PAIRS",
    "RUNS",
    "SERVERS",
    "STEPS",
    "WAYS",
    "attachments",
    "documented",
    "drills",
    "export",
    "groups",
    "instances",
    "jobs",
    "objections",
    "pairs",
    "runs",
    "servers",
    "steps",
    "to_csv",
    "ways",
]
