"""Attaching pairs to an instance as a task, with or without a screen: read, judge, plan, start."""

from collections.abc import Iterable, Mapping

from drkit.clock import Clock, SystemClock
from drkit.devices import learn_prefix
from drkit.errors import InputError
from drkit.execution import Run, recorded, unfinished
from drkit.forms.attach.request import AttachRequest
from drkit.forms.attach.words import Chance, chances
from drkit.journal import RunRow
from drkit.model import Inventory, Operation, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.plan import Plan, plan_attach
from drkit.site import Site, connect


class AttachTask:
    """What the steps of the runbook share. It has no thread of its own and is used by one at a time.

    `overview` holds the groups and instances to choose from, `inventory` the reading that is judged and
    planned on; both are None before they were read.
    """

    def __init__(self, wish: AttachRequest, *, site: Site | None = None, clock: Clock | None = None) -> None:
        self.clock = clock or SystemClock()
        self._site = site
        self.overview: Inventory | None = None
        self.wish = wish
        self.restart(wish)

    def restart(self, wish: AttachRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        if wish.profile != self.wish.profile:
            self._site = self.overview = None
        self.wish = wish
        self.inventory: Inventory | None = None
        self.instance_id = self.prefix = ""
        self.chances: dict[str, Chance] = {}
        self.picked: tuple[str, ...] = ()
        self.plan: Plan | None = None
        self.run: Run | None = None

    @property
    def site(self) -> Site:
        """The site, connected when it is first needed."""
        if self._site is None:
            self._site = connect(self.wish.profile or None)
        return self._site

    @property
    def reading(self) -> Inventory:
        """The reading that is planned on."""
        if self.inventory is None:
            raise InputError("Choose the group and the instance first.")
        return self.inventory

    @property
    def instance(self) -> ProtectedInstance:
        """The chosen instance, as it was read."""
        return self.reading.instances[self.instance_id]

    @property
    def group(self) -> ProtectionGroup:
        """The chosen group, as it was read."""
        return self.reading.groups[self.instance.group_id]

    def survey(self) -> Inventory:
        """Read what there is to choose from."""
        self.overview = self.site.client.inventory(kinds=("groups", "instances"))
        return self.overview

    def wished(self, overview: Inventory) -> tuple[str, str]:
        """The ids of the group and the instance that the parameters name, empty where they name none.

        Raises `UnknownNameError`. An instance alone tells its group.
        """
        group_id = overview.group(self.wish.group).id if self.wish.group else ""
        if not self.wish.instance:
            return group_id, ""
        instance = overview.instance(self.wish.instance, group_id)
        return instance.group_id, instance.id

    def read(self, group_id: str, instance_id: str) -> None:
        """Read the group, with the disks of both servers of the instance."""
        if not group_id or not instance_id:
            raise InputError("Choose a group and an instance.")
        found = self.site.client.inventory(group_id, block_devices_of=[instance_id], disks=True)
        self.instance_id = found.instance(instance_id).id
        self.inventory = found

    def judge(self, prefix: str) -> None:
        """Judge every pair of the group. Raises `InputError` when nobody knows how device names begin."""
        learned = learn_prefix(self.reading, self.instance)
        if not (learned.value or prefix):
            raise InputError(
                f"Say how device names begin on {self.instance.name}: /dev/vd on KVM, /dev/sd on Xen. The "
                f"servers do not tell: {learned.reason}."
            )
        self.prefix = prefix
        self.chances = {each.pair.id: each for each in chances(self.reading, self.instance, prefix)}

    def wished_pairs(self) -> tuple[ReplicationPair, ...]:
        """The pairs that the parameters name. Raises `UnknownNameError`."""
        return tuple(self._pair(each) for each in self.wish.pairs)

    def wished_devices(self) -> dict[str, str]:
        """The device names that the parameters give, by pair id. Raises `UnknownNameError`."""
        return {self._pair(name).id: device for name, device in self.wish.devices.items()}

    def draft(self, pair_ids: Iterable[str], devices: Mapping[str, str]) -> Plan:
        """The plan for these pairs under these device names; the rest gets the next free ones."""
        return plan_attach(self.reading, self.instance_id, pair_ids, devices=devices, prefix=self.prefix)

    @property
    def drafted(self) -> Plan:
        """The plan that was checked."""
        if self.plan is None:
            raise InputError("Make the plan first.")
        return self.plan

    @property
    def started(self) -> Run:
        """The run of the plan."""
        if self.run is None:
            raise InputError("There is no run yet: confirm the plan first.")
        return self.run

    def start(self, confirm: str, *, fail_fast: bool, takeover: bool = False, attended: bool = True) -> Run:
        """Carry out the plan. Raises a `RefusedError` when nothing was sent, and why."""
        self.run = self.site.run(
            self.drafted, confirm, fail_fast=fail_fast, takeover=takeover, attended=attended
        )
        return self.run

    def resume(self, run_id: str, *, takeover: bool = False, attended: bool = True) -> Run:
        """Go on with an earlier run, and read what it is about. `InputError` for a run of another kind."""
        plan = recorded(self.site.journal, run_id).plan
        if not _attaches(plan):
            raise InputError(f"Run {run_id} does not attach pairs: {plan.title}.")
        run = self.site.resume(run_id, takeover=takeover, attended=attended)
        changes = [step.change for step in run.plan.steps if step.change]
        self.read(changes[0].group_id, changes[0].instance_id)
        self.picked = tuple(each.pair_id for each in changes)
        self.plan, self.run = run.plan, run
        return run

    def unfinished(self) -> list[RunRow]:
        """Runs of this kind on this backend that somebody should look after."""
        found = unfinished(self.site.journal, self.site.backend)
        return [each for each, state in found if _attaches(state.plan)]

    def _pair(self, name: str) -> ReplicationPair:
        return self.reading.pair(name, self.instance.group_id)


def _attaches(plan: Plan) -> bool:
    changes = [step.change for step in plan.steps if step.change]
    return bool(changes) and all(each.operation == Operation.ATTACH_PAIR for each in changes)
