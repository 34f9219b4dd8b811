"""Looking around: one reading of the project, its tables filtered in the same way, and what is open on it."""

from collections.abc import Mapping
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import chain, count
from pathlib import Path
from typing import TYPE_CHECKING

from drkit import owned, tables
from drkit.errors import InputError, UnknownNameError
from drkit.execution import holders_by_group
from drkit.model import Inventory, ProtectionGroup
from drkit.plan import Offer, offer, offers_of, removals
from drkit.reading import Reading
from drkit.report import look_of_group, look_of_instance, look_of_pair
from drkit.rules import Objection
from drkit.runbooks.filters import THINGS, Filtered, Filters, filtered, tag_words
from drkit.runbooks.matrix import VERBS, Matrix, MatrixCell, pairs_by_instances, verbs_by_groups, way_to
from drkit.runbooks.opening import runbook_offer
from drkit.showing import Look
from drkit.site import Site, connect

if TYPE_CHECKING:
    import pandas as pd

TABLES: Mapping[str, str] = {
    "ready": "Which groups are ready",
    "readiness": "Every check of every group",
    "changes": "What changed since the last rehearsal",
    "groups": "Protection groups",
    "instances": "Protected instances",
    "pairs": "Replication pairs",
    "attachments": "What is attached where",
    "servers": "Servers",
    "disks": "Disks",
    "drills": "DR drills",
    "proofs": "What was proven by which rehearsal",
    "runs": "Runs, who did them and how long they took",
    "failed_tasks": "Failed tasks",
    "rpo": "Recovery points that were exceeded",
    "quotas": "Quotas",
    "tags": "Tags",
    "domains": "Active-active domains",
    "costs": "What the DR side takes",
}
"""The tables that there are to look at, by name, in their order."""

KEYS = {
    "ready": "group_id",
    "groups": "group_id",
    "instances": "instance_id",
    "pairs": "pair_id",
    "attachments": "pair_id",
}
"""Which column tells whose status a row has."""

FOLDER = Path("drkit-views")
MOST_PAIRS, MOST_INSTANCES = 20, 8  # of a matrix: more of them nobody reads


@dataclass(frozen=True, slots=True)
class Choices:
    """What there is to filter by: groups as (name, id), the others as they are."""

    groups: tuple[tuple[str, str], ...]
    statuses: tuple[str, ...]
    tags: tuple[str, ...]
    zones: tuple[str, ...]


class ExploreSession:
    """Looks at a project; it has no thread of its own and is used by one at a time."""

    def __init__(self, profile: str = "", group: str = "", *, site: Site | None = None) -> None:
        self.profile, self.requested, self._wanted = profile, group, group
        self._site, self._own = site, ExitStack()
        self._reading: Reading | None = None
        self._made: dict[str, pd.DataFrame] = {}
        self._near: dict[str, Inventory] = {}
        self._held: Mapping[str, tuple[Objection, ...]] = {}
        self.compared = ""
        self.filters = Filters()
        self.place: tuple[int, int] = (0, 0)  # the first pair and the first instance of the matrix

    @property
    def site(self) -> Site:
        """The site, connected when it is first needed."""
        if self._site is None:
            self._site = self._own.enter_context(connect(self.profile or None))
        return self._site

    def leave(self) -> None:
        """Give the connections back; a later reading connects again."""
        if self._site is not None:
            self._own.close()
            self._site = None

    @property
    def reading(self) -> Reading:
        """What was read last."""
        if self._reading is None:
            raise InputError("The project was not read yet: read again.")
        return self._reading

    @property
    def inventory(self) -> Inventory:
        """What was read last, as values."""
        return self.reading.inventory

    def read(self) -> None:
        """Read the project; what was filtered stays filtered.

        UnknownNameError for a strange group to begin with: the next reading begins with all of them.
        """
        self._reading = self.site.read()
        self._made, self._near = {}, {}
        names = ((key, group.name) for key, group in self.inventory.groups.items())
        self._held = holders_by_group(self.site.journal, names)
        wanted, self._wanted = self._wanted, ""
        if wanted:
            self.filters = replace(self.filters, group=self.inventory.group(wanted).id)

    @property
    def there(self) -> bool:
        """Whether the project was read."""
        return self._reading is not None

    def key_of(self, name: str) -> str:
        """The column of a table that tells whose status its rows have; empty where there is none."""
        return KEYS.get(name, "")

    def choices(self) -> Choices:
        """What there is to filter by in this reading."""
        zones = {
            zone
            for group in self.inventory.groups.values()
            for zone in (group.source_zone, group.target_zone)
        }
        zones |= {server.zone for server in self.inventory.servers.values()}
        statuses = {str(status) for name in THINGS for status in self.whole(name)["status"].unique()}
        groups = sorted((self.inventory.called(key), key) for key in self.inventory.groups)
        return Choices(
            tuple(groups),
            tuple(sorted(statuses - {""})),
            tuple(sorted(set(tag_words(self.whole("tags"))))),
            tuple(sorted(zones - {""})),
        )

    def whole(self, name: str) -> "pd.DataFrame":
        """A table without filters."""
        if name not in self._made:
            self._made[name] = self._anew(name)
        return self._made[name]

    def _anew(self, name: str) -> "pd.DataFrame":
        if name == "changes":
            return self._changes()
        return self.site.runs() if name == "runs" else self.reading.table(name)

    def filtered(self, name: str) -> Filtered:
        """A table as it is filtered now, what needs attention first."""
        return filtered(name, self.filters, self.whole)

    def code(self, name: str) -> str:
        """Python that gives the same table in a cell of one's own, or a program."""
        profile = repr(self.profile) if self.profile else ""
        lines = self.filtered(name).lines
        imports = ("import drkit", *(["import pandas as pd"] if any("pd." in line for line in lines) else []))
        start = (*imports, "", f"site = drkit.connect({profile})", "reading = site.read()")
        return "\n".join((*start, *lines, name, ""))

    def save(self, name: str, kind: str) -> Path:
        """Write a table as it is filtered now to a file of its own, "csv" or "parquet", and say where.

        InputError where it cannot be written, or where Parquet is not installed.
        """
        start = FOLDER / f"{name}-{self.inventory.read_at:%Y%m%d-%H%M%S}"
        try:
            owned.make_folder(FOLDER)
        except OSError as error:
            raise InputError(f"The folder {FOLDER} cannot be made: {error.strerror}") from None
        files = (
            start.with_name(f"{start.name}{end}.{kind}") for end in chain([""], (f"-{at}" for at in count(2)))
        )
        return tables.export(
            next(file for file in files if not file.exists()), {name: self.filtered(name).frame}
        )

    def groups(self) -> list[ProtectionGroup]:
        """The groups that fit the filters."""
        return [self.inventory.groups[key] for key in self.filtered("groups").frame["group_id"]]

    def readiness(self) -> dict[str, str]:
        """How ready each group is, by id."""
        table = self.whole("ready")
        return dict(zip(table["group_id"], table["readiness"].astype("str"), strict=True))

    def looks(self) -> dict[str, Look]:
        """What the state of each group, instance and pair means, by id."""
        inventory, readiness = self.inventory, self.readiness()
        return {
            **{
                key: look_of_group(inventory, each, readiness.get(key, ""))
                for key, each in inventory.groups.items()
            },
            **{key: look_of_instance(each) for key, each in inventory.instances.items()},
            **{key: look_of_pair(each) for key, each in inventory.pairs.items()},
        }

    def verbs(self) -> Matrix:
        """What is open for the groups that fit the filters."""
        return verbs_by_groups(self.inventory, self.groups(), self._held)

    def pairing(self, group_id: str) -> Matrix:
        """Which of a group's pairs may be attached to which of its instances, from `place` on."""
        pairs = self._fitting("pairs", group_id)[self.place[0] :][:MOST_PAIRS]
        instances = self._fitting("instances", group_id)[self.place[1] :][:MOST_INSTANCES]
        near = self.near(group_id)
        return pairs_by_instances(
            near,
            [near.pairs[key] for key in pairs if key in near.pairs],
            [near.instances[key] for key in instances if key in near.instances],
            self._held,
        )

    def near(self, group_id: str) -> Inventory:
        """The reading, or one of the group alone where that was too large to have the free slots of servers.

        Whether a disk can be attached rests on them.
        """
        members = {key for each in self.inventory.instances_of(group_id) for key in each.server_ids}
        servers = (self.inventory.servers.get(key) for key in members)
        if all(each.slots for each in servers if each):
            return self.inventory
        if group_id not in self._near:
            self._near[group_id] = self.site.read(group_id, beside=False).inventory
        return self._near[group_id]

    def sizes(self, group_id: str) -> tuple[int, int]:
        """How many of a group's pairs and instances fit the filters."""
        return len(self._fitting("pairs", group_id)), len(self._fitting("instances", group_id))

    def way(self, cell: MatrixCell) -> tuple[Offer, ...]:
        """The shortest legal way to what a cell asks; none where it is open."""
        return way_to(self._around(cell), cell) if cell.objections else ()

    def offers(self, cell: MatrixCell) -> tuple[Offer, ...]:
        """What of a cell can be done: the change itself where it is open, or its runbook; else what opens it,
        and for a group that nothing else leads out of, taking its protection away.
        """
        reading, kind = self._around(cell), VERBS.get(cell.operation)
        if not cell.objections:
            if kind:
                return (runbook_offer(kind, cell.group_id, reading),)
            return (offer(cell.title, (cell.change,), reading),) if cell.change else ()
        removal = removals(reading, cell.group_id) if cell.operation in VERBS else ()
        return (*offers_of(cell.objections, reading), *removal)

    def _around(self, cell: MatrixCell) -> Inventory:
        return self._near.get(cell.group_id, self.inventory)

    def _fitting(self, name: str, group_id: str) -> list[str]:
        """The ids of a group's things that fit the filters, by name."""
        frame = self.filtered(name).frame
        mine = frame[frame["group_id"] == group_id].sort_values(name.removesuffix("s"), kind="stable")
        return list(mine[f"{name.removesuffix('s')}_id"])

    def _changes(self) -> "pd.DataFrame":
        """What changed since the last rehearsal; nothing where none was kept, and `compared` says which."""
        try:
            earlier = self.site.snapshot_of()
        except UnknownNameError:
            self.compared = "The journal keeps no rehearsal of this project: nothing to compare with."
            earlier = self.reading
        else:
            when = "what was read of its groups at the end of the last rehearsal"
            self.compared = f"Compared with {earlier.label}, {when}."
        return self.reading.changes(earlier)
