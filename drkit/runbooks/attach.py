"""Attaching pairs to instances, with or without a screen: read, judge, plan, start."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from drkit.devices import assign, learn_prefix
from drkit.errors import InputError
from drkit.execution import Run, RunState, StepPhase, planned
from drkit.model import (
    Change,
    Inventory,
    Operation,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
)
from drkit.plan import Plan, Proposal, on_instance, plan_attach_several, plan_reattach_several, propose
from drkit.rules import NotAsked, Objection, Projection, judge_in
from drkit.runbooks.requests import AttachRequest
from drkit.runbooks.session import RunbookSession
from drkit.showing import first_few

BY_HAND = "you said so"


@dataclass(frozen=True, slots=True)
class Chance:
    """Whether one pair could be attached to an instance by itself: the device it would get, or the
    objections; rules that could not be asked are `unread`.

    Of several instances, `why` says why it would go to this one, or, where `instance` is None, to none; what
    is not `proposed` is picked by nobody but the operator. `key` tells it from others: the pair's id, and
    with shared disks and several instances also the instance's.
    """

    pair: ReplicationPair
    device: str
    objections: tuple[Objection, ...] = ()
    unread: tuple[NotAsked, ...] = ()
    instance: ProtectedInstance | None = None
    why: str = ""
    proposed: bool = True
    key: str = ""

    @property
    def open(self) -> bool:
        """Whether nothing speaks against it, and it is known where it goes."""
        return self.instance is not None and not self.objections

    @property
    def rank(self) -> int:
        """Where it stands in a list: proposed, an instance has to be said for it, refused."""
        if self.open:
            return 0 if self.proposed else 1
        return 2 if self.homeless else 3

    @property
    def homeless(self) -> bool:
        """Whether an instance has to be said for it, and none has it yet."""
        return self.instance is None and not self.pair.attachments

    @property
    def name(self) -> str:
        """What a plan calls the pair: where there are several instances, with that of its own."""
        return on_instance(self.pair, self.instance) if self.why and self.instance else self.pair.name


class AttachSession(RunbookSession[AttachRequest]):
    """Attaching pairs to one instance of one group, or to several."""

    surveys = ("groups", "instances")
    first = "Choose the group and the instance first."

    def restart(self, request: AttachRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.instance_ids: tuple[str, ...] = ()
        self.prefix = self._follows = ""
        self.chances: dict[str, Chance] = {}
        self.picked: tuple[str, ...] = ()
        self._given: dict[str, str] = {}

    @property
    def instances(self) -> tuple[ProtectedInstance, ...]:
        """The chosen instances, as they were read."""
        return tuple(self.reading.instances[key] for key in self.instance_ids)

    @property
    def several(self) -> bool:
        """Whether there is more than one instance."""
        return len(self.instance_ids) > 1

    @property
    def group(self) -> ProtectionGroup:
        """The chosen group, as it was read."""
        return self.reading.groups[self.instances[0].group_id]

    @property
    def picked_pairs(self) -> tuple[str, ...]:
        """The ids of the pairs that are picked, each once."""
        return tuple(dict.fromkeys(key.partition(" ")[0] for key in self.picked))

    def requested(self, overview: Inventory) -> tuple[str, tuple[str, ...]]:
        """The ids of the group and the instances that the parameters name, empty where they name none.

        Raises `UnknownNameError`, and `InputError` for instances of several groups. An instance alone tells
        its group.
        """
        group_id = overview.group(self.request.group).id if self.request.group else ""
        named = [overview.instance(each, group_id) for each in self.request.instances]
        if len({each.group_id for each in named}) > 1:
            raise InputError(
                f"{first_few(each.name for each in named)} are of several groups: attach in one at a time."
            )
        home = named[0].group_id if named else group_id
        return home, tuple(dict.fromkeys(each.id for each in named))

    def requested_pairs(self) -> tuple[str, ...]:
        """The keys of the pairs that the parameters name, each where they say, else where it is proposed.

        Raises `UnknownNameError`, and `InputError` where a pair is to go to several that goes to one only.
        """
        for name, places in self.request.places.items():
            self._put(self._pair(name), places)
        keys = list[str]()
        for name in self.request.pairs:
            pair = self.reading.pairs[self._pair(name)]
            rows = [each for each in self.chances.values() if each.pair.id == pair.id]
            keys += [each.key for each in rows if each.proposed or not (self.several and pair.shared)]
        return tuple(dict.fromkeys(keys))

    def requested_devices(self) -> dict[str, str]:
        """The device names that the parameters give, by key. Raises `UnknownNameError`."""
        given = {self._pair(name): device for name, device in self.request.devices.items()}
        every = {each.key: given.get(each.pair.id, "") for each in self.chances.values()}
        return {key: device for key, device in every.items() if device}

    def read(self, group_id: str, instance_ids: Iterable[str]) -> None:
        """Read the group, with the disks of both servers of each of these instances."""
        chosen = tuple(filter(None, instance_ids))
        if not group_id or not chosen:
            raise InputError("Choose a group and an instance.")
        reading = self.site.client.inventory(group_id, block_devices_of=chosen, disks=True)
        chosen = tuple(reading.instance(key).id for key in chosen)
        if chosen != self.instance_ids:
            self._given, self.chances = {}, {}
        self.instance_ids, self.inventory = chosen, reading

    def read_again(self) -> None:
        """Read the same group and instances once more."""
        self.read(self.instances[0].group_id, self.instance_ids)

    def judge_again(self) -> None:
        """Read the same once more and judge it; a pair that is gone is picked no longer."""
        self.read_again()
        self.judge(self.prefix)
        self.picked = tuple(each for each in self.picked if each in self.chances)

    def judge(self, prefix: str) -> None:
        """Judge every pair of the group: those that can be attached first, then by name.

        Of several instances each pair is judged for the one that it is proposed for, or that `give` gave it.
        Raises `InputError` when nobody knows how device names begin.
        """
        learned = {each.name: learn_prefix(self.reading, each) for each in self.instances}
        mute = {name: each.reason for name, each in learned.items() if not each.value}
        if mute and not prefix:
            raise InputError(
                f"Say how device names begin on {first_few(mute)}: /dev/vd on KVM, /dev/sd on Xen. The "
                f"servers do not tell: {first_few(mute.values(), between='; ')}."
            )
        self.prefix, world = prefix, Projection.of(self.reading)
        chances = [self._chance(world, *each) for each in self._proposals()]
        chances.sort(key=lambda each: (each.rank, each.pair.name, each.pair.id))
        self.chances = {chance.key: chance for chance in chances}

    def give(self, keys: Iterable[str], instance_id: str) -> None:
        """Have these pairs go to that instance; their chances are judged anew.

        Raises `InputError` where no instance is said, or for a pair with shared disks, which has a row for
        each instance.
        """
        if instance_id not in self.instance_ids:
            raise InputError("Choose the instance that the pairs go to.")
        instance, world = self.reading.instances[instance_id], Projection.of(self.reading)
        chosen = [self.chances[key] for key in keys]
        if fixed := [each.name for each in chosen if each.pair.shared and each.instance != instance]:
            raise InputError(
                f"{first_few(fixed)}: a pair with shared disks has a row for each instance; pick those rows."
            )
        for chance in chosen:
            self._given[chance.key] = instance_id
            said = Proposal(chance.pair, instance, BY_HAND, proposed=True)
            self.chances[chance.key] = self._chance(world, chance.key, said)

    def key_of(self, pair_id: str, instance_id: str) -> str:
        """The key of a pair on an instance."""
        both = f"{pair_id} {instance_id}"
        return both if both in self.chances else pair_id

    def in_order(self, keys: Iterable[str]) -> list[str]:
        """The keys of pairs that go to an instance, one instance after the other."""
        places = {key: at for at, key in enumerate(self.instance_ids)}
        there = [(each.instance.id, key) for key in keys if (each := self.chances[key]).instance]
        return [key for _, key in sorted(there, key=lambda place: places[place[0]])]

    def homeless(self, keys: Iterable[str], names: Iterable[str] = ()) -> str:
        """A sentence on those of these pairs that are to go to no instance; empty where there are none.

        `names` are pairs that should be among the keys; one with shared disks may have no row there.
        """
        asked = tuple(keys)
        nowhere = [chance for key in asked if not (chance := self.chances[key]).instance]
        there = {self.chances[key].pair.id for key in asked}
        missing = [pair for name in names if (pair := self._pair(name)) not in there]
        nowhere += [each for each in self.chances.values() if each.pair.id in missing]
        told = dict.fromkeys(f"{each.pair.name} ({each.why})" for each in nowhere)
        return f"Not known to which instance: {first_few(told, between='; ')}" if told else ""

    def draft(self, keys: Iterable[str], devices: Mapping[str, str]) -> Plan:
        """The plan for the pairs of these keys under these device names; the rest gets the next free ones.

        Pairs that are to go to no instance are not in it.
        """
        wanted, by_hand = dict[str, list[str]](), dict[str, dict[str, str]]()
        for key in keys:
            chance = self.chances[key]
            if chance.instance:
                wanted.setdefault(chance.instance.id, []).append(chance.pair.id)
                if key in devices:
                    by_hand.setdefault(chance.instance.id, {})[chance.pair.id] = devices[key]
        ordered = {key: wanted[key] for key in self.instance_ids if key in wanted}
        ordered = ordered or {self.instance_ids[0]: []}
        plan = planned(
            self.site.journal,
            [(group.id, group.name) for group in self.reading.groups.values()],
            lambda: plan_attach_several(self.reading, ordered, devices=by_hand, prefix=self.prefix),
        )
        if len(ordered) > 1 or not self.several:
            return plan
        [only] = ordered
        return replace(plan, left_out=tuple(replace(each, instance_id=only) for each in plan.left_out))

    def broken_off(self, state: RunState) -> dict[tuple[str, str], str]:
        """The pairs that a run sent and that stuck on their way, by the reading: device names by the ids of
        instance and pair.
        """
        sent = {
            (step.change.instance_id, step.change.pair_id): step.change.device
            for step, shown in zip(state.plan.steps, state.steps, strict=True)
            if step.change and step.change.operation is Operation.ATTACH_PAIR and shown.attempts
            if shown.phase is not StepPhase.DONE
        }
        pairs = self.reading.pairs
        stuck = {key for key in pairs if pairs[key].status is PairStatus.ERROR_ATTACHING}
        return {place: device for place, device in sent.items() if place[1] in stuck}

    def plan_again(self) -> Plan:
        """Plan to detach what stuck on its way in the run, and to attach it again under the same names.

        The run that carries the plan out is named in the record of this one. `InputError` where nothing
        is stuck any more.
        """
        run = self.started
        self.read_again()
        stuck = dict[str, dict[str, str]]()
        for (instance_id, pair_id), device in self.broken_off(run.state()).items():
            stuck.setdefault(instance_id, {})[pair_id] = device
        if not stuck:
            raise InputError("No pair of this run is stuck any more: read what is attached in the result.")
        plan = plan_reattach_several(self.reading, stuck)
        self.plan, self.run, self._follows = plan, None, run.id
        return plan

    def start(
        self, confirm: str, *, fail_fast: bool = False, takeover: bool = False, attended: bool = True
    ) -> Run:
        """Carry out the plan, as every session does; a run that this one goes on from names it."""
        run = super().start(confirm, fail_fast=fail_fast, takeover=takeover, attended=attended)
        if self._follows:
            follows, self._follows = self._follows, ""
            self.site.record(follows).followed(run.id)
        return run

    def _refuses(self, plan: Plan) -> str:
        operations = {step.change.operation for step in plan.steps if step.change}
        own = Operation.ATTACH_PAIR in operations <= {Operation.ATTACH_PAIR, Operation.DETACH_PAIR}
        return "" if own else f"does not attach pairs: {plan.title}."

    def _take_up(self, plan: Plan) -> None:
        changes = [step.change for step in plan.steps if step.change]
        self.read(changes[0].group_id, dict.fromkeys(change.instance_id for change in changes))
        self.picked = tuple(dict.fromkeys(change.pair_id for change in changes))

    def _proposals(self) -> Iterator[tuple[str, Proposal]]:
        """Where each pair of the group would go, with its key; of one instance all go there."""
        if not self.several:
            [instance] = self.instances
            for pair in self.reading.pairs_of(instance.group_id):
                yield pair.id, Proposal(pair, instance, "", proposed=True)
            return
        for proposal in propose(self.reading, self.instance_ids):
            pair, where = proposal.pair, proposal.instance
            key = f"{pair.id} {where.id}" if pair.shared and where else pair.id
            said = self.reading.instances.get(self._given.get(key, ""))
            yield key, Proposal(pair, said, BY_HAND, proposed=True) if said else proposal

    def _chance(self, world: Projection, key: str, proposal: Proposal) -> Chance:
        pair, instance = proposal.pair, proposal.instance
        if instance is None:
            return Chance(pair, "", why=proposal.why, proposed=False, key=key)
        device = assign(world, instance, pair, prefix=self.prefix).device
        ids = {"pair_id": pair.id, "instance_id": instance.id}
        verdict = judge_in(Change.of(Operation.ATTACH_PAIR, instance.group_id, **ids, device=device), world)
        against = verdict.objections, verdict.unread
        return Chance(pair, device, *against, instance, proposal.why, proposal.proposed, key)

    def _put(self, pair_id: str, names: Iterable[str]) -> None:
        """Have a pair go to these instances, as far as they are chosen."""
        pair, group_id = self.reading.pairs[pair_id], self.group.id
        places = [self.reading.instance(name, group_id).id for name in names]
        here = [key for key in places if key in self.instance_ids and self.several]
        if len(here) > 1 and not pair.shared:
            raise InputError(f"{pair.name} goes to one instance only, for its disks are not shared.")
        for instance_id in here:
            self.give([self.key_of(pair_id, instance_id)], instance_id)

    def _pair(self, name: str) -> str:
        return self.reading.pair(name, self.group.id).id
