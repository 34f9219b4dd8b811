"""One function per table; DataFrames with tidy types.

Here: groups, instances, pairs, attachments, servers, drills; disks, tags, quotas, failed tasks, domains,
RPO statistics, costs; readiness, proofs, changes; jobs, objections, ways out, runs, steps. One row per thing,
names first, ids last, the columns always the same, also in an empty table: `GROUPS`, `PAIRS` and so on say
which, and `COLUMNS` spells the dtypes of all. Times are UTC (`datetime64[us, UTC]`), sizes GB, states ordered
categories that sort what needs attention to the top. `export` writes them for other programs.
Not here: reading anything, judging anything; every function is pure.
"""

from collections.abc import Mapping

from drkit.tables.beside import (
    COSTS,
    DISKS,
    DOMAINS,
    FAILED_TASKS,
    QUOTAS,
    RPO,
    TAGS,
    costs,
    disks,
    domains,
    failed_tasks,
    quotas,
    rpo,
    tags,
)
from drkit.tables.columns import documented, dtypes
from drkit.tables.doings import JOBS, OBJECTIONS, RUNS, STEPS, WAYS, jobs, objections, runs, steps, ways
from drkit.tables.exporting import export, to_csv
from drkit.tables.joining import joined
from drkit.tables.standing import CHANGES, PROOFS, READINESS, READY, changes, proofs, readiness, ready
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
    "disks": dtypes(DISKS),
    "tags": dtypes(TAGS),
    "quotas": dtypes(QUOTAS),
    "failed_tasks": dtypes(FAILED_TASKS),
    "domains": dtypes(DOMAINS),
    "rpo": dtypes(RPO),
    "costs": dtypes(COSTS),
    "readiness": dtypes(READINESS),
    "ready": dtypes(READY),
    "proofs": dtypes(PROOFS),
    "changes": dtypes(CHANGES),
    "jobs": dtypes(JOBS),
    "objections": dtypes(OBJECTIONS),
    "ways": dtypes(WAYS),
    "runs": dtypes(RUNS),
    "steps": dtypes(STEPS),
}
"""By table, the name and dtype of each column, in their order."""

__all__ = [
    "ATTACHMENTS",
    "CHANGES",
    "COLUMNS",
    "COSTS",
    "DISKS",
    "DOMAINS",
    "DRILLS",
    "FAILED_TASKS",
    "GROUPS",
    "INSTANCES",
    "JOBS",
    "OBJECTIONS",
    "PAIRS",
    "PROOFS",
    "QUOTAS",
    "READINESS",
    "READY",
    "RPO",
    "RUNS",
    "SERVERS",
    "STEPS",
    "TAGS",
    "WAYS",
    "attachments",
    "changes",
    "costs",
    "disks",
    "documented",
    "domains",
    "drills",
    "export",
    "failed_tasks",
    "groups",
    "instances",
    "jobs",
    "joined",
    "objections",
    "pairs",
    "proofs",
    "quotas",
    "readiness",
    "ready",
    "rpo",
    "runs",
    "servers",
    "steps",
    "tags",
    "to_csv",
    "ways",
]
