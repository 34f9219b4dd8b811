"""One function per table; DataFrames with tidy types.

Here: groups, instances, pairs, attachments, servers, drills, jobs, objections, ways out, runs, steps; one
row per thing, names first, ids last, the columns always the same, also in an empty table. Times are UTC
(`datetime64[us, UTC]`), sizes GB, states ordered categories that sort what needs attention to the top.
Not here: reading anything, judging anything; every function is pure.
"""

from drkit.tables.doings import jobs, objections, runs, steps, ways
from drkit.tables.things import attachments, drills, groups, instances, pairs, servers

__all__ = [
    "attachments",
    "drills",
    "groups",
    "instances",
    "jobs",
    "objections",
    "pairs",
    "runs",
    "servers",
    "steps",
    "ways",
]
