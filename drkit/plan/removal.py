"""Taking a group's protection away as a plan: what goes, what stays and keeps costing, and its ledger."""

from collections.abc import Iterable
from dataclasses import dataclass

from drkit.errors import IN_THE_TABLE, RefusedError
from drkit.model import Argument, Change, Inventory, Operation
from drkit.plan.builder import distinct
from drkit.plan.commands import against
from drkit.plan.steps import ManualStep, Plan, Step
from drkit.plan.verbs import title
from drkit.rules import Objection, Projection, judge_in
from drkit.showing import count, first_few

STAYS = "Production servers and disks stay as they are, and are not protected any more."
GENTLE = (
    "Nothing is detached: a disk stays on its production server. Pairs that were made with their instance go "
    "with it, and their steps find nothing left to do."
)
THOROUGH = (
    "To delete the disks at the DR site, each pair is detached first: its disk is taken off its production "
    "server, and a system disk wants that server stopped."
)


@dataclass(frozen=True, slots=True)
class Removal:
    """What goes with the protection of a group, besides its drills, pairs and instances and itself.

    `with_disks`: the disks at the DR site; `with_servers`: the DR servers; `with_eip`: their public
    addresses.
    """

    with_disks: bool = False
    with_servers: bool = False
    with_eip: bool = False


def plan_removal(inventory: Inventory, group_id: str, removal: Removal) -> Plan:
    """Plan to take away the protection of a group, and to keep the ledger of what is left of it.

    The order is the one that works: drills, attachments, pairs, instances, the group. The disks of production
    stay on their servers unless `with_disks` is wanted. Raises `RefusedError` with every objection.
    """
    return _Taking(inventory, group_id, removal).plan()


class _Taking:
    def __init__(self, inventory: Inventory, group_id: str, removal: Removal) -> None:
        self._inventory, self._removal = inventory, removal
        self._group = distinct(inventory, group_id)
        self._world = Projection.of(inventory)
        self._steps: list[Step] = []
        self._objections: list[Objection] = []
        self._notes: list[str] = []

    def plan(self) -> Plan:
        inventory, group = self._inventory, self._group
        drills = [
            self._send(Operation.DELETE_DRILL, drill_id=each.id) for each in inventory.drills_of(group.id)
        ]
        members = inventory.instances_of(group.id)
        held = {each.pair_id for one in members for each in inventory.attachments_on(one.id)}
        pairs = {each.id: each for each in inventory.pairs_of(group.id)}
        first = [key for key in pairs if self._removal.with_disks or key not in held]
        gone = [self._pair(key) for key in first]
        instances = [
            self._send(
                Operation.DELETE_INSTANCE,
                needs=gone if self._removal.with_disks else (),
                instance_id=each.id,
                with_server=self._removal.with_servers,
                with_eip=self._removal.with_eip,
            )
            for each in members
        ]
        rest = [self._pair(key, instances) for key in pairs if key not in first]
        last = self._send(Operation.DELETE_GROUP, needs=(*drills, *gone, *instances, *rest))
        for asks, words in self._left():
            self._ask(asks, words, last)
        if self._objections:
            raise self._refusal()
        return Plan(
            title=f"Remove the protection of {group.name}",
            backend=inventory.backend,
            groups=((group.id, group.name),),
            steps=tuple(self._steps),
            read_at=inventory.read_at,
            notes=(*dict.fromkeys(self._told()), *inventory.problems),
        )

    def _pair(self, pair_id: str, needs: Iterable[str] = ()) -> str:
        """Delete a pair; where its disk goes, too, it is detached first."""
        detached = [
            self._send(Operation.DETACH_PAIR, pair_id=pair_id, instance_id=each.instance_id)
            for each in (self._inventory.attachments_of(pair_id) if self._removal.with_disks else ())
        ]
        with_disk = self._removal.with_disks
        needs = (*needs, *detached)
        return self._send(Operation.DELETE_PAIR, needs, pair_id=pair_id, with_disk=with_disk)

    def _send(self, operation: Operation, needs: Iterable[str] = (), **arguments: Argument) -> str:
        change = Change.of(operation, self._group.id, **arguments)
        verdict = judge_in(change, self._world)
        self._objections.extend(verdict.objections)
        self._notes.extend(map(str, verdict.unread))
        if verdict.allowed:
            self._world = self._world.after(change)
        key = str(len(self._steps) + 1)
        step = Step(key, title(change, self._inventory), change, needs=tuple(dict.fromkeys(needs)))
        self._steps.append(step)
        return key

    def _ask(self, asks: ManualStep, words: str, after: str) -> None:
        key, name = str(len(self._steps) + 1), self._group.name
        step = Step(
            key,
            f"{asks}: {name}",
            instruction=words,
            after=(after,),
            about=self._group.id,
            asks=asks,
            skippable=True,
        )
        self._steps.append(step)

    def _left(self) -> Iterable[tuple[ManualStep, str]]:
        """What has to be looked after by a person, and goes on costing until then."""
        inventory, group = self._inventory, self._group
        keeps = "Delete what nobody needs, or say in the note who keeps it and why."
        instances, pairs = inventory.instances_of(group.id), inventory.pairs_of(group.id)
        if instances and not self._removal.with_servers:
            known = inventory.servers
            ids = [each.dr_server_id for each in instances]
            servers = [(known[key].name if key in known else "?", key) for key in ids]
            yield ManualStep.DR_SERVERS_LEFT, f"The DR servers stay and cost: {_listed(servers)}. {keeps}"
        if pairs and not self._removal.with_disks:
            disks = [(each.name, each.dr_disk_id) for each in pairs]
            words = f"The disks at the DR site stay and cost, of {_listed(disks)}. {keeps}"
            yield ManualStep.DR_DISKS_LEFT, words
        if instances and not self._removal.with_eip:
            words = f"A public address (EIP) of a DR server of {group.name} stays and costs. {keeps}"
            yield ManualStep.ADDRESSES_LEFT, words
        if vpcs := dict.fromkeys(each.drill_vpc_id for each in inventory.drills_of(group.id)):
            yield (
                ManualStep.DRILL_NETWORK_LEFT,
                f"The networks of its drills stay: {first_few(vpcs)}. {keeps}",
            )

    def _told(self) -> Iterable[str]:
        inventory, group = self._inventory, self._group
        goes = (
            count(len(inventory.drills_of(group.id)), "drill"),
            count(len(inventory.pairs_of(group.id)), "pair"),
            count(len(inventory.instances_of(group.id)), "instance"),
        )
        yield f"Lost: the protection of {group.name}, with {', '.join(goes)}, and the group itself."
        if self._removal.with_servers:
            yield "Lost: the DR servers, for good."
        if self._removal.with_disks:
            yield "Lost: the disks at the DR site with every copy on them, for good."
        yield STAYS
        yield THOROUGH if self._removal.with_disks else GENTLE
        for _, words in self._left():
            yield words.partition(" Delete what")[0]
        yield from self._notes

    def _refusal(self) -> RefusedError:
        lines = [
            f"The protection of {self._group.name} cannot be removed now, and nothing was sent. "
            f"{count(len(self._objections), 'reason')}:",
            first_few((against(each, self._inventory) for each in self._objections), IN_THE_TABLE, "\n"),
        ]
        return RefusedError("\n".join(lines), self._objections)


def _listed(things: Iterable[tuple[str, str]]) -> str:
    return first_few((f"{name} ({key})" for name, key in things), most=20)
