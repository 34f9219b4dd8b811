"""Tables of readiness, proofs and changes. Units and states as `drkit.readiness` has them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from drkit.model import Inventory
from drkit.readiness import NOUNS, CheckState, Difference, Readiness, Standing, ThingProof, spelled
from drkit.tables.columns import MOMENT, NUMBER, TEXT, Schema, documented, frame, word

if TYPE_CHECKING:
    import pandas as pd

READINESS: Schema = {
    "group": TEXT,
    "check": TEXT,
    "value": TEXT,
    "state": word(CheckState.FAILING, CheckState.UNKNOWN, CheckState.WARNING, CheckState.OK),
    "why": TEXT,
    "to_do": TEXT,
    "since": MOMENT,
    "group_id": TEXT,
}


@documented(READINESS)
def readiness(found: Iterable[Standing]) -> "pd.DataFrame":
    """The checks of each group: what was seen, why it is not ok, what to do, since when it is so."""
    standings = list(found)
    rows = [(standing, check) for standing in standings for check in standing.checks]
    return frame(
        READINESS,
        [check for _, check in rows],
        group=(standing.called for standing, _ in rows),
        check=(check.name for _, check in rows),
        group_id=(standing.group.id for standing, _ in rows),
    )


READY: Schema = {
    "group": TEXT,
    "readiness": word(Readiness.NOT_READY, Readiness.UNKNOWN, Readiness.WARNINGS, Readiness.READY),
    "status": TEXT,
    "first": TEXT,
    "failing": NUMBER,
    "unknown": NUMBER,
    "warnings": NUMBER,
    "group_id": TEXT,
}


@documented(READY)
def ready(found: Iterable[Standing]) -> "pd.DataFrame":
    """One word for each group, what to do first, and how many checks came out how."""
    rows = list(found)
    return frame(
        READY,
        rows,
        group=(row.called for row in rows),
        status=(str(row.group.status) for row in rows),
        failing=(len(row.of(CheckState.FAILING)) for row in rows),
        unknown=(len(row.of(CheckState.UNKNOWN)) for row in rows),
        warnings=(len(row.of(CheckState.WARNING)) for row in rows),
        group_id=(row.group.id for row in rows),
    )


PROOFS: Schema = {
    "kind": word("group", "instance", "pair"),
    "name": TEXT,
    "group": TEXT,
    "state": word("expired", "not known", "never proven", "proven"),
    "why": TEXT,
    "proven_at": MOMENT,
    "rehearsal": TEXT,
    "run": TEXT,
    "id": TEXT,
    "group_id": TEXT,
}


@documented(PROOFS)
def proofs(found: Iterable[ThingProof], inventory: Inventory) -> "pd.DataFrame":
    """Of each group, instance and pair: proven by which rehearsal, when; and if not any more, why."""
    rows = list(found)
    return frame(
        PROOFS,
        rows,
        kind=(NOUNS[row.kind] for row in rows),
        group=(inventory.called(row.group_id) for row in rows),
        proven_at=(row.at for row in rows),
        rehearsal=(row.by.words if row.by else "" for row in rows),
        run=(row.by.run_id if row.by else "" for row in rows),
    )


CHANGES: Schema = {
    "change": TEXT,
    "kind": TEXT,
    "name": TEXT,
    "what": word("removed", "added", "changed"),
    "field": TEXT,
    "old": TEXT,
    "new": TEXT,
    "group": TEXT,
    "id": TEXT,
    "group_id": TEXT,
}


@documented(CHANGES)
def changes(found: Iterable[Difference], inventory: Inventory, *, quiet: bool = False) -> "pd.DataFrame":
    """What changed between two readings, a sentence each; with `quiet` also what changes by itself."""
    rows = [each for each in found if quiet or not each.quiet]
    whole = [row.what != "changed" for row in rows]
    groups = inventory.groups
    return frame(
        CHANGES,
        rows,
        change=(row.sentence for row in rows),
        kind=(NOUNS[row.kind] for row in rows),
        old=("" if all_of_it else spelled(row.old) for row, all_of_it in zip(rows, whole, strict=True)),
        new=("" if all_of_it else spelled(row.new) for row, all_of_it in zip(rows, whole, strict=True)),
        group=(groups[row.group_id].name if row.group_id in groups else "" for row in rows),
    )
