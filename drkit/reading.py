"""`Reading`: one reading of a project, and every question about it, without another request."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, TypeAlias

from drkit import tables
from drkit.errors import JournalError, UnknownNameError
from drkit.execution import holders_by_group
from drkit.model import Argument, Backend, Inventory
from drkit.plan import changes_of, given_to, read_operation, ways_out
from drkit.readiness import USUAL, Known, Standing, Thresholds, differences, proofs, standings
from drkit.rules import Projection, judge_in
from drkit.showing import line

if TYPE_CHECKING:
    import pandas as pd

    from drkit.journal import Journal

TABLES = (
    "groups",
    "instances",
    "pairs",
    "attachments",
    "servers",
    "disks",
    "drills",
    "tags",
    "quotas",
    "failed_tasks",
    "domains",
    "rpo",
    "costs",
    "readiness",
    "ready",
    "proofs",
)
"""The tables of a reading, by the name of their method."""


def names(given: str | Iterable[str]) -> tuple[str, ...]:
    """One name or several, without empty ones."""
    found = (given,) if isinstance(given, str) else given
    return tuple(each for each in found if each)


class Reading:
    """One reading of a project, by the names of its things; each method answers from it alone.

    What other runs did and who holds a group is asked of the journal, once. A method takes the name or id of
    a `group` for what belongs to it; a name that fits nothing raises UnknownNameError with suggestions.
    `attrs["problems"]` of a table says what contradicted itself or could not be read.
    """

    def __init__(self, inventory: Inventory, journal: "Callable[[], Journal]", now: datetime) -> None:
        self.inventory, self._journal, self._now = inventory, journal, now

    @property
    def label(self) -> str:
        """Of which project, and when it was read."""
        return f"{self.inventory.backend.label} at {self.inventory.read_at:%Y-%m-%d %H:%M:%S} UTC"

    def _repr_html_(self) -> str:
        return self.inventory._repr_html_()  # it shows what it holds

    @property
    def backend(self) -> Backend:
        """Practice or real: the cloud, region and project."""
        return self.inventory.backend

    @property
    def read_at(self) -> datetime:
        """When the reading began, UTC."""
        return self.inventory.read_at

    @cached_property
    def known(self) -> Known:
        """What the journal knows of the project."""
        from drkit.report import known_of  # noqa: PLC0415  # reports take their time to load

        try:
            known: Known = known_of(self._journal(), self.backend, self._now)
        except JournalError:  # what it would tell is not known then
            return Known(self._now, journal_read=False)
        return known

    def table(self, name: str, group: str = "") -> "pd.DataFrame":
        """One of the tables by its name ("pairs"). UnknownNameError for one that there is not."""
        if name not in TABLES:
            raise UnknownNameError.among("table", name, TABLES)
        made: pd.DataFrame = getattr(self, name)(group)
        return made

    @tables.documented(tables.GROUPS)
    def groups(self, group: str = "") -> "pd.DataFrame":
        """Protection groups."""
        return self._made(tables.groups, group)

    @tables.documented(tables.INSTANCES)
    def instances(self, group: str = "") -> "pd.DataFrame":
        """Protected instances with both of their servers."""
        return self._made(tables.instances, group)

    @tables.documented(tables.PAIRS)
    def pairs(self, group: str = "") -> "pd.DataFrame":
        """Replication pairs and what they are attached to."""
        return self._made(tables.pairs, group)

    @tables.documented(tables.ATTACHMENTS)
    def attachments(self, group: str = "") -> "pd.DataFrame":
        """Which pair is attached to which instance under which device name."""
        return self._made(tables.attachments, group)

    @tables.documented(tables.SERVERS)
    def servers(self, group: str = "") -> "pd.DataFrame":
        """Servers and the part they play."""
        return self._made(tables.servers, group)

    @tables.documented(tables.DISKS)
    def disks(self, group: str = "") -> "pd.DataFrame":
        """Disks: whose they are, under which device name, and whether a pair replicates them."""
        return self._made(tables.disks, group)

    @tables.documented(tables.DRILLS)
    def drills(self, group: str = "") -> "pd.DataFrame":
        """DR drills."""
        return self._made(tables.drills, group)

    @tables.documented(tables.TAGS)
    def tags(self, group: str = "") -> "pd.DataFrame":
        """Tags of instances and servers, one row for each."""
        return self._made(tables.tags, group)

    @tables.documented(tables.FAILED_TASKS)
    def failed_tasks(self, group: str = "") -> "pd.DataFrame":
        """Jobs that failed and that nobody has cleared yet, the newest first."""
        return self._made(tables.failed_tasks, group)

    @tables.documented(tables.COSTS)
    def costs(self, group: str = "", prices: Mapping[str, float] | None = None) -> "pd.DataFrame":
        """What the DR side takes, and costs as far as `prices` are given; see `drkit.tables.costs`."""
        return self._made(lambda inventory: tables.costs(inventory, prices), group)

    @tables.documented(tables.QUOTAS)
    def quotas(self, group: str = "") -> "pd.DataFrame":
        """How many groups, pairs and drills the project has, may have, and has left."""
        return self._made(tables.quotas, group)

    @tables.documented(tables.DOMAINS)
    def domains(self, group: str = "") -> "pd.DataFrame":
        """Active-active domains: between which zones groups can be protected."""
        return self._made(tables.domains, group)

    @tables.documented(tables.RPO)
    def rpo(self, group: str = "") -> "pd.DataFrame":
        """How many resources of the project exceeded their recovery point objective, by hour."""
        return self._made(tables.rpo, group)

    @tables.documented(tables.READINESS)
    def readiness(self, group: str = "", thresholds: Thresholds = USUAL) -> "pd.DataFrame":
        """Every check of each group: what was seen, why it is not ok, what to do."""
        return self._told(tables.readiness(self.standings(group, thresholds)))

    @tables.documented(tables.READY)
    def ready(self, group: str = "", thresholds: Thresholds = USUAL) -> "pd.DataFrame":
        """One word for each group, as `drkit.readiness.Readiness` has it; what to do first."""
        return self._told(tables.ready(self.standings(group, thresholds)))

    @tables.documented(tables.PROOFS)
    def proofs(self, group: str = "") -> "pd.DataFrame":
        """Of each group, instance and pair: proven by which rehearsal, and if not any more, why."""
        chosen = self._id(group)
        found = (each for each in proofs(self.inventory, self.known) if chosen in ("", each.group_id))
        return self._told(tables.proofs(found, self.inventory))

    def standings(
        self,
        group: str = "",
        thresholds: Thresholds = USUAL,
    ) -> tuple[Standing, ...]:
        """How each group stands, as values: its checks, its word, what to do first."""
        return standings(self.inventory, self.known, thresholds, self._id(group))

    @tables.documented(tables.CHANGES)
    def changes(self, earlier: "Reading | Inventory", *, quiet: bool = False) -> "pd.DataFrame":
        """What changed since an earlier reading, in sentences; with `quiet` also what changes by itself."""
        return changes(earlier, self, quiet=quiet)

    @tables.documented(tables.OBJECTIONS)
    def why_not(
        self,
        operation: str | Iterable[str],
        *,
        group: str | Iterable[str] = "",
        instance: str = "",
        pairs: str | Iterable[str] = (),
        **arguments: Argument,
    ) -> "pd.DataFrame":
        """Every objection to operations now, as `Site.why_not` says."""
        wanted = given_to([read_operation(each) for each in names(operation)], arguments)
        groups, chosen = names(group) or ("",), names(pairs)
        changes_asked = [
            change
            for each, given in wanted.items()
            for key in groups
            for change in changes_of(
                each, self.inventory, group=key, instance=instance, pairs=chosen, **given
            )
        ]
        world = Projection.of(self.inventory)
        asked = names_of(self.inventory, {change.group_id for change in changes_asked})
        held = holders_by_group(self._journal(), asked)
        verdicts = (judge_in(change, world) for change in changes_asked)
        return tables.objections(
            [
                replace(each, objections=(*held.get(each.change.group_id, ()), *each.objections))
                for each in verdicts
            ],
            self.inventory,
        )

    @tables.documented(tables.WAYS)
    def ways_out(self, group: str) -> "pd.DataFrame":
        """Where a group can go from its state: what is open, what it leads to, what is against it."""
        return tables.ways(ways_out(self.inventory, self.inventory.group(group).id))

    def _id(self, group: str) -> str:
        return self.inventory.group(group).id if group else ""

    def _made(self, make: Callable[[Inventory], "pd.DataFrame"], group: str) -> "pd.DataFrame":
        """A table, of which only the rows of a group stay where one is named and the rows are of groups."""
        chosen, made = self._id(group), make(self.inventory)
        if chosen and "group_id" in made:
            made = made[made["group_id"] == chosen].reset_index(drop=True)
        return self._told(made)

    def _told(self, made: "pd.DataFrame") -> "pd.DataFrame":
        made.attrs["problems"] = self.inventory.problems
        return made

    def __repr__(self) -> str:
        return line(self, self.label)


Read: TypeAlias = "Reading | Inventory"


@tables.documented(tables.CHANGES)
def changes(before: Read, after: Read, *, quiet: bool = False) -> "pd.DataFrame":
    """What changed between two readings, in sentences: of what both have read.

    `quiet`: also what changes by itself (progress, counts, times of change). Those of different projects can
    be compared as well: then everything is other.
    """
    old, new = (each.inventory if isinstance(each, Reading) else each for each in (before, after))
    return tables.changes(differences(old, new), new, quiet=quiet)


def names_of(inventory: Inventory, group_ids: Iterable[str]) -> list[tuple[str, str]]:
    """The (id, name) of those groups that there are."""
    return [(key, inventory.groups[key].name) for key in group_ids if key in inventory.groups]
