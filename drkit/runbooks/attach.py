"""Attaching pairs to an instance, with or without a screen: read, judge, plan, start."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from drkit.devices import assign, learn_prefix
from drkit.errors import InputError
from drkit.execution import planned
from drkit.model import Change, Inventory, Operation, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.plan import Plan, plan_attach
from drkit.rules import NotAsked, Objection, Projection, judge_in
from drkit.runbooks.requests import AttachRequest
from drkit.runbooks.session import RunbookSession


@dataclass(frozen=True, slots=True)
class Chance:
    """Whether one pair could be attached by itself: the device it would get, or the objections; rules that
    could not be asked are `unread`."""

    pair: ReplicationPair
    device: str
    objections: tuple[Objection, ...] = ()
    unread: tuple[NotAsked, ...] = ()


class AttachSession(RunbookSession[AttachRequest]):
    """Attaching pairs to one instance of one group."""

    surveys = ("groups", "instances")
    first = "Choose the group and the instance first."

    def restart(self, request: AttachRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.instance_id = self.prefix = ""
        self.chances: dict[str, Chance] = {}
        self.picked: tuple[str, ...] = ()

    @property
    def instance(self) -> ProtectedInstance:
        """The chosen instance, as it was read."""
        return self.reading.instances[self.instance_id]

    @property
    def group(self) -> ProtectionGroup:
        """The chosen group, as it was read."""
        return self.reading.groups[self.instance.group_id]

    def requested(self, overview: Inventory) -> tuple[str, str]:
        """The ids of the group and the instance that the parameters name, empty where they name none.

        Raises `UnknownNameError`. An instance alone tells its group.
        """
        group_id = overview.group(self.request.group).id if self.request.group else ""
        if not self.request.instance:
            return group_id, ""
        instance = overview.instance(self.request.instance, group_id)
        return instance.group_id, instance.id

    def requested_pairs(self) -> tuple[str, ...]:
        """The ids of the pairs that the parameters name. Raises `UnknownNameError`."""
        return tuple(self._pair(name) for name in self.request.pairs)

    def requested_devices(self) -> dict[str, str]:
        """The device names that the parameters give, by pair id. Raises `UnknownNameError`."""
        return {self._pair(name): device for name, device in self.request.devices.items()}

    def read(self, group_id: str, instance_id: str) -> None:
        """Read the group, with the disks of both servers of the instance."""
        if not group_id or not instance_id:
            raise InputError("Choose a group and an instance.")
        reading = self.site.client.inventory(group_id, block_devices_of=[instance_id], disks=True)
        self.instance_id = reading.instance(instance_id).id
        self.inventory = reading

    def read_again(self) -> None:
        """Read the same group and instance once more."""
        self.read(self.instance.group_id, self.instance_id)

    def judge(self, prefix: str) -> None:
        """Judge every pair of the group: those that can be attached first, then by name.

        Raises `InputError` when nobody knows how device names begin.
        """
        learned = learn_prefix(self.reading, self.instance)
        if not (learned.value or prefix):
            raise InputError(
                f"Say how device names begin on {self.instance.name}: /dev/vd on KVM, /dev/sd on Xen. The "
                f"servers do not tell: {learned.reason}."
            )
        self.prefix, world = prefix, Projection.of(self.reading)
        pairs = self.reading.pairs_of(self.instance.group_id)
        chances = (_chance(world, self.instance, pair, prefix) for pair in pairs)
        ordered = sorted(chances, key=lambda each: (bool(each.objections), each.pair.name, each.pair.id))
        self.chances = {chance.pair.id: chance for chance in ordered}

    def draft(self, pair_ids: Iterable[str], devices: Mapping[str, str]) -> Plan:
        """The plan for these pairs under these device names; the rest gets the next free ones."""
        return planned(
            self.site.journal,
            [(group.id, group.name) for group in self.reading.groups.values()],
            lambda: plan_attach(
                self.reading, self.instance_id, pair_ids, devices=devices, prefix=self.prefix
            ),
        )

    def _refuses(self, plan: Plan) -> str:
        operations = {step.change.operation for step in plan.steps if step.change}
        return "" if operations == {Operation.ATTACH_PAIR} else f"does not attach pairs: {plan.title}."

    def _take_up(self, plan: Plan) -> None:
        changes = [step.change for step in plan.steps if step.change]
        self.read(changes[0].group_id, changes[0].instance_id)
        self.picked = tuple(change.pair_id for change in changes)

    def _pair(self, name: str) -> str:
        return self.reading.pair(name, self.instance.group_id).id


def _chance(world: Projection, instance: ProtectedInstance, pair: ReplicationPair, prefix: str) -> Chance:
    device = assign(world, instance, pair, prefix=prefix).device
    ids = {"pair_id": pair.id, "instance_id": instance.id}
    change = Change.of(Operation.ATTACH_PAIR, instance.group_id, **ids, device=device)
    verdict = judge_in(change, world)
    return Chance(pair, device, verdict.objections, verdict.unread)
