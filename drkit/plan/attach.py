"""Building plans: from a request and a reading to steps, and what was left out and why. Pure."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from drkit import devices as names
from drkit.errors import EffectUnknownError, InputError
from drkit.model import Change, Inventory, Operation, ProtectedInstance, ReplicationPair
from drkit.plan.steps import LeftOut, Plan, Step
from drkit.rules import Projection, Verdict, judge_in
from drkit.showing import count, first_few

NO_DEVICES: Mapping[str, str] = MappingProxyType({})
NO_DEVICES_ANYWHERE: Mapping[str, Mapping[str, str]] = MappingProxyType({})


def plan_attach(
    inventory: Inventory,
    instance_id: str,
    pair_ids: Iterable[str],
    *,
    devices: Mapping[str, str] = NO_DEVICES,
    prefix: str = "",
) -> Plan:
    """Plan to attach pairs to an instance, each under a device name of its own.

    `devices` gives pairs a name by hand ("/dev/vdc" or "vdc"); those pairs are judged first, so that no name
    that was asked for is given to another pair. `prefix` ("vd" on KVM, "sd" on Xen) counts where none can be
    learned from the servers. Pairs that the rules refuse are left out, with all objections. Raises
    `UnknownNameError` for ids that are not there, `InputError` for a pair asked for twice, a device for a
    pair that was not asked for, or a prefix that is none.
    """
    return _attached(_Work(inventory, Operation.ATTACH_PAIR, instance_id, pair_ids), devices, prefix)


def plan_attach_several(
    inventory: Inventory,
    wanted: Mapping[str, Iterable[str]],
    *,
    devices: Mapping[str, Mapping[str, str]] = NO_DEVICES_ANYWHERE,
    prefix: str = "",
) -> Plan:
    """Plan to attach pairs to instances of one group: of each instance what `plan_attach` plans for it.

    `wanted` has the pairs by instance, `devices` the names by hand by instance and pair. Each instance has
    device names of its own. A pair with shared disks is attached to one instance after the other. What is
    left out says of which instance. Besides what `plan_attach` raises, `InputError` for instances of several
    groups, one that is named twice, or none.
    """
    instances = _of_one_group([inventory.instance(key) for key in wanted])
    asked = {key: tuple(pairs) for key, pairs in wanted.items()}
    if len(asked) == 1:
        [(key, pairs)] = asked.items()
        return plan_attach(inventory, key, pairs, devices=devices.get(key, NO_DEVICES), prefix=prefix)
    plans, world = list[Plan](), Projection.of(inventory)
    for key, pairs in asked.items():
        work = _Work(inventory, Operation.ATTACH_PAIR, key, pairs, among=world)
        plans.append(_attached(work, devices.get(key, NO_DEVICES), prefix))
        world = work.world
    joined = _joined(plans)
    counted = count(len(joined.steps), "pair") if joined.steps else "no pairs"
    return replace(joined, title=f"Attach {counted} to {first_few(each.name for each in instances)}")


def plan_detach(inventory: Inventory, instance_id: str, pair_ids: Iterable[str]) -> Plan:
    """Plan to detach pairs from an instance; the errors are those of `plan_attach`."""
    work = _Work(inventory, Operation.DETACH_PAIR, instance_id, pair_ids)
    for pair in work.pairs:
        work.consider(pair)
    held = {each.pair_id: each.device for each in inventory.attachments_on(work.instance.id)}
    return work.plan(
        "Detach",
        title=lambda pair, _: f"Detach {pair.name} from {work.instance.name} ({held[pair.id]})",
        undo=lambda pair, _: f"Attach {pair.name} to {work.instance.name} as {held[pair.id]} again.",
    )


def plan_reattach(inventory: Inventory, instance_id: str, devices: Mapping[str, str]) -> Plan:
    """Plan to detach pairs (ids) from an instance and to attach each again under its device name.

    The way out of an attachment that failed on its way. A pair that the rules refuse to detach, or to attach
    then, is left out with all objections; the errors are those of `plan_attach`.
    """
    return _reattached(_Work(inventory, Operation.DETACH_PAIR, instance_id, devices), devices)


def _reattached(work: "_Work", devices: Mapping[str, str]) -> Plan:
    name, steps = work.instance.name, list[Step]()
    for pair in work.pairs:
        device = devices[pair.id]
        work.consider(pair)
        if pair.id in work.left_out:
            continue
        detached = Step(
            str(len(steps) + 1),
            f"Detach {pair.name} from {name} ({device})",
            work.changes.pop(pair.id),
            lane=work.instance.id,
            undo="It is attached again by the next step.",
        )
        work.operation = Operation.ATTACH_PAIR
        work.consider(pair, device=device)
        work.operation = Operation.DETACH_PAIR
        if pair.id in work.left_out:
            continue
        attached = Step(
            str(len(steps) + 2),
            f"Attach {pair.name} to {name} as {work.outcome(device)}",
            work.changes[pair.id],
            needs=(detached.key,),
            lane=work.instance.id,
            undo=f"Detach {pair.name} from {name}.",
        )
        steps += [detached, attached]
    plan = work.plan("Attach", title=_no_words, undo=_no_words)
    counted = count(len(steps) // 2, "pair")
    return replace(plan, title=f"Detach from {name} and attach again: {counted}", steps=tuple(steps))


def plan_reattach_several(inventory: Inventory, devices: Mapping[str, Mapping[str, str]]) -> Plan:
    """Plan to detach pairs and to attach each again, as `plan_reattach` does, on instances of one group.

    `devices` has the device names by instance and pair.
    """
    instances = _of_one_group([inventory.instance(key) for key in devices])
    if len(devices) == 1:
        [(key, held)] = devices.items()
        return plan_reattach(inventory, key, held)
    plans, world = list[Plan](), Projection.of(inventory)
    for key, held in devices.items():
        work = _Work(inventory, Operation.DETACH_PAIR, key, held, among=world)
        plans.append(_reattached(work, held))
        world = work.world
    joined = _joined(plans)
    called, counted = first_few(each.name for each in instances), count(len(joined.steps) // 2, "pair")
    return replace(joined, title=f"Detach from {called} and attach again: {counted}")


def on_instance(pair: ReplicationPair, instance: ProtectedInstance) -> str:
    """What a plan for several instances calls a pair on one of them."""
    return f"{pair.name} on {instance.name}"


def recheck(
    plan: Plan, inventory: Inventory, settled: Collection[str] = ()
) -> tuple[tuple[Step, Verdict], ...]:
    """Judge a plan anew on a newer reading: the steps that are no longer allowed, with the objections.

    Each step is judged as if the allowed ones before it were done; those whose keys are in `settled` are
    done already and not judged. Raises `EffectUnknownError` with the step whose effect cannot be worked out.
    """
    world, refused = Projection.of(inventory), list[tuple[Step, Verdict]]()
    for step in plan.steps:
        if step.change is None or step.key in settled:
            continue
        verdict = judge_in(step.change, world)
        if not verdict.allowed:
            refused.append((step, verdict))
            continue
        try:
            world = world.after(step.change)
        except EffectUnknownError as error:
            raise EffectUnknownError(f"Step {step.key} ({step.title}): {error}") from None
    return tuple(refused)


def _attached(work: "_Work", devices: Mapping[str, str], prefix: str) -> Plan:
    by_hand, spoken = work.by_hand(devices), _prefix(prefix)
    for pair in sorted(work.pairs, key=lambda each: each.id not in by_hand):
        device = by_hand.get(pair.id) or names.assign(work.world, work.instance, pair, prefix=spoken).device
        work.consider(pair, device=device)
    return work.plan(
        "Attach",
        title=lambda pair, change: (
            f"Attach {pair.name} to {work.instance.name} as {work.outcome(change.device)}"
        ),
        undo=lambda pair, _: f"Detach {pair.name} from {work.instance.name}.",
        notes=(*work.about_prefix(spoken), *work.about_names()),
    )


def _of_one_group(instances: Sequence[ProtectedInstance]) -> Sequence[ProtectedInstance]:
    if not instances:
        raise InputError("No instance was named: name at least one")
    if len({each.id for each in instances}) < len(instances):
        raise InputError("An instance was named twice, by its name and its id; name each once")
    if len({each.group_id for each in instances}) > 1:
        raise InputError(
            f"{first_few(each.name for each in instances)} are instances of several groups; plan for one "
            "group at a time"
        )
    return instances


def _joined(plans: Sequence[Plan]) -> Plan:
    """One plan of all steps; the title is that of the first. A pair that comes again waits for itself."""
    steps, earlier = list[Step](), dict[str, str]()
    for plan in plans:
        keys = {each.key: str(len(steps) + number) for number, each in enumerate(plan.steps, start=1)}
        for alone in plan.steps:
            step = replace(alone, key=keys[alone.key], needs=tuple(keys[key] for key in alone.needs))
            pair_id = alone.change.pair_id if alone.change else ""
            waits = not alone.needs and pair_id in earlier
            steps.append(replace(step, after=(earlier[pair_id],)) if waits else step)
            earlier[pair_id] = step.key
    return replace(
        plans[0],
        steps=tuple(steps),
        left_out=tuple(out for plan in plans for out in plan.left_out),
        notes=tuple(dict.fromkeys(note for plan in plans for note in plan.notes)),
    )


Words = Callable[[ReplicationPair, Change], str]


def _no_words(_: ReplicationPair, __: Change) -> str:
    return ""


class _Work:
    """A plan in the making: pairs are considered one by one, in a world where the ones before are done.

    `among` is that world for one of several instances; then what is said of a pair names the instance too.
    """

    def __init__(
        self,
        inventory: Inventory,
        operation: Operation,
        instance_id: str,
        pair_ids: Iterable[str],
        among: Projection | None = None,
    ) -> None:
        self.inventory, self.operation = inventory, operation
        self.instance = inventory.instance(instance_id)
        self.pairs = _requested(inventory, pair_ids)
        self.world = among or Projection.of(inventory)
        self.several = among is not None
        self.changes: dict[str, Change] = {}
        self.left_out: dict[str, LeftOut] = {}
        self.unread: list[str] = []
        self.prefix = names.learn_prefix(inventory, self.instance)

    def consider(self, pair: ReplicationPair, **arguments: str) -> None:
        """Take a pair into the plan, or leave it out with all objections."""
        ids = {"pair_id": pair.id, "instance_id": self.instance.id}
        change = Change.of(self.operation, self.instance.group_id, **ids, **arguments)
        verdict = judge_in(change, self.world)
        self.unread.extend(map(str, verdict.unread))
        if verdict.allowed:
            self.world, self.changes[pair.id] = self.world.after(change), change
        else:
            where = self.instance.id if self.several else ""
            self.left_out[pair.id] = LeftOut(self.called(pair), pair.id, verdict.objections, where)

    def called(self, pair: ReplicationPair) -> str:
        """The name of a pair, with that of the instance where there are several."""
        return on_instance(pair, self.instance) if self.several else pair.name

    def plan(self, verb: str, *, title: Words, undo: Words, notes: Iterable[str] = ()) -> Plan:
        """The plan, in the order of the request."""
        steps = tuple(self._steps(title, undo))
        home = self.instance.group_id
        group = self.inventory.called(home) if home in self.inventory.groups else ""
        counted = count(len(steps), "pair") if steps else "no pairs"
        of_it = f" on {self.instance.name}" if self.several else ""
        nothing = () if self.pairs else (f"Nothing was asked for{of_it}: no pair was chosen.",)
        return Plan(
            title=f"{verb} {counted} {'to' if verb == 'Attach' else 'from'} {self.instance.name}",
            backend=self.inventory.backend,
            groups=((home, group),),
            steps=steps,
            read_at=self.inventory.read_at,
            left_out=tuple(self.left_out[each.id] for each in self.pairs if each.id in self.left_out),
            notes=(*notes, *nothing, *dict.fromkeys(self.unread), *self.inventory.problems),
        )

    def _steps(self, title: Words, undo: Words) -> Iterator[Step]:
        chosen = [(each, self.changes[each.id]) for each in self.pairs if each.id in self.changes]
        for number, (pair, change) in enumerate(chosen, start=1):
            yield Step(
                key=str(number),
                title=title(pair, change),
                change=change,
                lane=self.instance.id,
                undo=undo(pair, change),
                skippable=True,
            )

    def by_hand(self, devices: Mapping[str, str]) -> dict[str, str]:
        """The device names given by hand, by pair id."""
        found = {self.inventory.pair(each).id: _spelled(device) for each, device in devices.items()}
        strange = found.keys() - {each.id for each in self.pairs}
        if strange:
            listed = ", ".join(sorted(self.inventory.pairs[each].name for each in strange))
            raise InputError(f"A device was given for {listed}, which is not among the pairs to attach")
        return {key: device for key, device in found.items() if device}

    def outcome(self, device: str) -> str:
        """A device name, and what the service makes of it where that is another one."""
        made = names.as_attached(device, self.prefix.value)
        return device if made == device else f"{device} (the service makes it {made})"

    def about_prefix(self, spoken: str) -> Iterator[str]:
        """What to say about the prefix that the operator gave."""
        learned = self.prefix.value
        if spoken and learned and spoken != learned:
            yield f"You said {spoken}, but {self.prefix.reason}: names are assigned with {learned}."

    def about_names(self) -> Iterator[str]:
        """What to say about the names in the plan: rewritten by the service, or leaving a gap."""
        for pair_id, change in self.changes.items():
            device, called = change.device, self.called(self.inventory.pairs[pair_id])
            made = names.as_attached(device, self.prefix.value)
            if made != device:
                yield f"{called}: the service will make {device} into {made}, for {self.prefix.reason}."
            if gap := self._gap_before(made):
                yield f"{called}: {made} leaves {gap} free; the reference asks for alphabetical order."

    def _gap_before(self, device: str) -> names.DeviceName | None:
        name = names.assignable(device)
        if name is None or name.letters == names.SYSTEM:
            return None
        free = names.names_on(self.world, self.instance).free(name.prefix)
        return names.DeviceName(name.prefix, free[0]) if free and free[0] < name.letters else None


def _requested(inventory: Inventory, pair_ids: Iterable[str]) -> tuple[ReplicationPair, ...]:
    pairs = tuple(inventory.pair(each) for each in pair_ids)
    once = {each.id for each in pairs}
    if len(once) < len(pairs):
        twice = sorted({each.name for each in pairs if sum(other.id == each.id for other in pairs) > 1})
        raise InputError(f"Asked for more than once: {first_few(twice)}; name each pair once")
    return pairs


def _spelled(device: str) -> str:
    bare = device.strip()
    return bare if not bare or bare.startswith("/dev/") else f"/dev/{bare}"


def _prefix(text: str) -> str:
    bare = text.strip().removeprefix("/dev/")
    if bare and bare not in names.LETTERS:
        raise InputError(f"The prefix {text!r} is none; give vd (KVM) or sd (Xen)")
    return bare
