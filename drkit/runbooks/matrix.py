"""Which changes are open now, on one reading: verbs by groups, and pairs by instances. No HTML.

Servers that a runbook stops itself count as stopped, as in the runbook's own check.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from drkit.devices import assign
from drkit.model import (
    Attachment,
    Change,
    Inventory,
    Operation,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
)
from drkit.plan import Offer, RunbookKind, offers_on, rule_checks, way_there
from drkit.rules import Objection, Projection, Verdict, judge_in, steps_from
from drkit.runbooks.rows import frame
from drkit.showing import count

if TYPE_CHECKING:
    import pandas as pd

VERBS: Mapping[Operation, RunbookKind | None] = {
    Operation.ENABLE_PROTECTION: None,
    Operation.DISABLE_PROTECTION: None,
    Operation.PLANNED_FAILOVER: RunbookKind.PLANNED_FAILOVER,
    Operation.FAILOVER: RunbookKind.FAILOVER,
    Operation.REPROTECT: RunbookKind.REPROTECT,
    Operation.CREATE_DRILL: RunbookKind.DRILL,
}
"""What can be done with a whole group, and the runbook that does it."""

NOBODY: Mapping[str, tuple[Objection, ...]] = {}


@dataclass(frozen=True, slots=True)
class MatrixCell:
    """Whether one change may be made now.

    `unread` are sentences on rules that were not asked, `already` says what is so already. `change` is what
    would be sent; None where a runbook leads through it, which stops servers or asks for more.
    """

    operation: Operation
    group_id: str
    about: str
    objections: tuple[Objection, ...] = ()
    unread: tuple[str, ...] = ()
    already: str = ""
    change: Change | None = None

    @property
    def word(self) -> str:
        """What the cell says: "yes", "3 reasons", or "not known", where a rule was not asked."""
        if self.objections:
            return count(len(self.objections), "reason")
        return "not known" if self.unread else "yes"

    @property
    def title(self) -> str:
        """What was asked: "planned failover of shop-backend"."""
        return f"{self.operation.words} {self.about}"


@dataclass(frozen=True, slots=True)
class Matrix:
    """Cells by the keys of their row and column; `rows` and `columns` have the names to the keys."""

    rows: Mapping[str, str]
    columns: Mapping[str, str]
    cells: Mapping[tuple[str, str], MatrixCell]

    def frame(self, head: str) -> "pd.DataFrame":
        """The words of the cells as a table; `head` says what its rows are."""
        rows = (
            [name, *(self.cells[key, column].word for column in self.columns)]
            for key, name in self.rows.items()
        )
        return frame(rows, [head, *self.columns.values()])


NO_CELLS = Matrix({}, {}, {})


def verbs_by_groups(
    inventory: Inventory,
    groups: Iterable[ProtectionGroup],
    held: Mapping[str, tuple[Objection, ...]] = NOBODY,
) -> Matrix:
    """Whether each verb is open for each group; `held` are objections of runs that hold a group, by id."""
    members = list(groups)
    cells = {
        (group.id, operation.value): _asked(inventory, group, operation, held.get(group.id, ()))
        for group in members
        for operation in VERBS
    }
    rows = {group.id: inventory.called(group.id) for group in members}
    return Matrix(rows, {operation.value: operation.words for operation in VERBS}, cells)


def pairs_by_instances(
    inventory: Inventory,
    pairs: Iterable[ReplicationPair],
    instances: Iterable[ProtectedInstance],
    held: Mapping[str, tuple[Objection, ...]] = NOBODY,
) -> Matrix:
    """Whether each pair may be attached to each instance; where it is, whether it may be detached.

    `held` is as for `verbs_by_groups`.
    """
    world, across = Projection.of(inventory), list(instances)
    down = list(pairs)
    cells = {
        (pair.id, instance.id): _attachable(world, pair, instance, held.get(pair.group_id, ()))
        for pair in down
        for instance in across
    }
    return Matrix({each.id: each.name for each in down}, {each.id: each.name for each in across}, cells)


def way_to(inventory: Inventory, cell: MatrixCell) -> tuple[Offer, ...]:
    """The shortest legal way to where the change is open for its group; none where it is."""
    kind = VERBS.get(cell.operation)
    if kind:
        return way_there(inventory, cell.group_id, kind)
    return offers_on(steps_from(Projection.of(inventory), cell.operation, cell.group_id), inventory)


def _asked(
    inventory: Inventory, group: ProtectionGroup, operation: Operation, held: tuple[Objection, ...]
) -> MatrixCell:
    cell = MatrixCell(operation, group.id, f"of {inventory.called(group.id)}")
    kind = VERBS[operation]
    if kind is None:
        return _judged(cell, judge_in(Change.of(operation, group.id), Projection.of(inventory)), held)
    checks = rule_checks(inventory, group, kind, drill_name="drill")
    against = tuple(each.objection for each in checks if each.objection)
    unread = tuple(f"Not asked, for {each.missing}: {each.sentence}" for each in checks if each.missing)
    return replace(cell, objections=(*held, *against), unread=unread)


def _attachable(
    world: Projection, pair: ReplicationPair, instance: ProtectedInstance, held: tuple[Objection, ...]
) -> MatrixCell:
    ids = {"pair_id": pair.id, "instance_id": instance.id}
    if attached := _attached(world.inventory, pair, instance):
        change = Change.of(Operation.DETACH_PAIR, pair.group_id, **ids)
        about, already = f"{pair.name} from {instance.name}", attached.device or "attached"
    else:
        device = assign(world, instance, pair).device
        change = Change.of(Operation.ATTACH_PAIR, pair.group_id, **ids, device=device)
        about, already = f"{pair.name} to {instance.name}{f' as {device}' if device else ''}", ""
    cell = MatrixCell(change.operation, pair.group_id, about, already=already)
    return _judged(cell, judge_in(change, world), held)


def _attached(inventory: Inventory, pair: ReplicationPair, instance: ProtectedInstance) -> Attachment | None:
    return next((each for each in inventory.attachments_of(pair.id) if each.instance_id == instance.id), None)


def _judged(cell: MatrixCell, verdict: Verdict, held: tuple[Objection, ...]) -> MatrixCell:
    unread = tuple(map(str, verdict.unread))
    return replace(cell, objections=(*held, *verdict.objections), unread=unread, change=verdict.change)
