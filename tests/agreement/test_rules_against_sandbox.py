"""Rules and sandbox are two readings of the same pages: hypothesis looks for where they contradict.

A world is the demo world with some twists: states, servers, disks, drills as no orderly history may ever have
left them. What only the service can know (whether a drill network has a subnet) is let pass.
"""

import pickle
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from math import inf
from typing import Protocol, TypeVar

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from drkit.api import Client, open_client, sandbox_profile
from drkit.errors import ServiceError
from drkit.model import (
    NEEDS,
    OPTIONS,
    Argument,
    Change,
    DrillStatus,
    GroupStatus,
    InstanceStatus,
    Operation,
    PairStatus,
    ReplicationStatus,
    ServerStatus,
)
from drkit.rules import RULES, ReadAlso, Verdict, judge
from drkit.rules.rule import Rule
from drkit.sandbox import Sandbox, World
from drkit.sandbox.things import Disk, Drill, Group, Instance, Pair

Value = TypeVar("Value")

NOWHERE = "00000000-0000-4000-a000-000000000000"
ONLY_THE_SERVICE_KNOWS = {
    *("SDRS.1908", "SDRS.1909"),  # whether a drill network has a subnet, and its CIDR
    *("SDRS.0204", "SDRS.1335", "SDRS.1334", "SDRS.0219"),  # what networks, subnets and addresses there are
    *("SDRS.1311", "SDRS.1340"),  # which card is the primary one, and how many there may be
}
REST = st.sampled_from(["ACTIVE", "SHUTOFF"])


@dataclass
class Range:
    """A sandbox, a client on it, and the world as it was before any twist."""

    sandbox: Sandbox
    client: Client
    pristine: bytes

    def reset(self, world: bytes = b"") -> World:
        """Go back to a world that `pickle.dumps` kept, the untwisted one if none is given."""
        self.sandbox.world = pickle.loads(world or self.pristine)
        return self.sandbox.world


@pytest.fixture(scope="module")
def practice() -> Iterator[Range]:
    sandbox = Sandbox("demo", now=lambda: 0.0)
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        client.groups()  # signs in, so that every copy of the world knows the token, for good
        for token in sandbox.world.tokens.values():
            token.expires = inf
        yield Range(sandbox, client, pickle.dumps(sandbox.world))


class Draw(Protocol):
    """How hypothesis gives a value."""

    def __call__(self, strategy: st.SearchStrategy[Value], /) -> Value: ...


def one(draw: Draw, things: list[str]) -> str:
    return draw(st.sampled_from(sorted(things))) if things else NOWHERE


def scratch(world: World, group: Group, draw: Draw) -> None:
    """A disk that SDRS does not know, on one of an instance's servers."""
    instance = world.instances.get(one(draw, group.instances))
    servers = world.servers_of(instance) if instance else []
    roomy = [each for each in servers if len(each.disks) < 10]
    if roomy:
        server = draw(st.sampled_from(roomy))
        free = sorted(set("bcdefghijkl") - {device[-1] for device in server.disks.values()})
        disk = Disk(world.new_id("disk"), "scratch", server.zone, 10)
        world.disks[disk.id] = disk
        world.attach_disk(server, disk, server.rewritten(f"/dev/vd{draw(st.sampled_from(free))}"))


def fill(world: World, group: Group, draw: Draw) -> None:
    """Disks that SDRS does not know, until one letter is left on one of an instance's servers, or none."""
    instance = world.instances.get(one(draw, group.instances))
    last = draw(st.sampled_from("wx"))
    for server in world.servers_of(instance)[:1] if instance else []:
        taken = {device[-1] for device in server.disks.values()}
        for letter in sorted(set("abcdefghijklmnopqrstuvw" + last) - taken):
            disk = Disk(world.new_id("disk"), f"scratch-{letter}", server.zone, 10)
            world.disks[disk.id] = disk
            world.attach_disk(server, disk, server.rewritten(f"/dev/vd{letter}"))


def forget_pairs(world: World, group: Group, draw: Draw) -> None:
    """A group whose pairs were all deleted."""
    for pair in [world.pairs.pop(each) for each in group.pairs]:
        for instance_id in list(pair.devices):
            world.part(world.instances[instance_id], pair)
    group.pairs.clear()


def lost_server(world: World, group: Group, draw: Draw) -> None:
    """A server deleted behind the service's back."""
    if instance := world.instances.get(one(draw, group.instances)):
        instance.status = "invalid"
        for server in world.servers_of(instance)[:1]:
            world.drop_server(server)


def another_drill(world: World, group: Group, draw: Draw) -> None:
    status, vpc = draw(st.sampled_from([str(each) for each in DrillStatus])), one(draw, list(world.vpcs))
    drill = Drill(world.new_id("drill"), "earlier", group.id, vpc, status)
    world.drills[drill.id] = drill
    group.drills.append(drill.id)


def power(world: World, group: Group, draw: Draw) -> None:
    states = [str(each) for each in ServerStatus if each != ServerStatus.DELETED]
    task = {"SHUTOFF": "powering-on", "ACTIVE": "powering-off"}
    for each in group.instances:
        for server in world.servers_of(world.instances[each]):
            server.status = draw(REST)
    if instance := world.instances.get(one(draw, group.instances)):
        for server in world.servers_of(instance):
            server.status = draw(st.sampled_from(states))
            server.task = draw(st.sampled_from(["", task.get(server.status, "")]))


def all_off(world: World, group: Group, draw: Draw) -> None:
    for each in group.instances:
        for server in world.servers_of(world.instances[each]):
            server.status, server.task = "SHUTOFF", ""


def on_instance(change: Callable[[Instance, Draw], None]) -> "Twist":
    def twist(world: World, group: Group, draw: Draw) -> None:
        if instance := world.instances.get(one(draw, group.instances)):
            change(instance, draw)

    return twist


def on_pair(change: Callable[[World, Pair, Draw], None]) -> "Twist":
    def twist(world: World, group: Group, draw: Draw) -> None:
        if pair := world.pairs.get(one(draw, group.pairs)):
            change(world, pair, draw)

    return twist


def share(world: World, pair: Pair, draw: Draw) -> None:
    pair.shared = True
    for disk in world.disks_of(pair):
        disk.shared = True


def boot(world: World, pair: Pair, draw: Draw) -> None:
    pair.bootable = True
    for disk in world.disks_of(pair):
        disk.bootable = True


def move_disks(world: World, pair: Pair, draw: Draw) -> None:
    for disk in world.disks_of(pair):
        disk.moving = draw(st.sampled_from(["", "extending", "attaching"]))


Twist = Callable[[World, Group, Draw], None]


def words(kind: type[GroupStatus] | type[InstanceStatus] | type[PairStatus]) -> st.SearchStrategy[str]:
    return st.sampled_from([*map(str, kind)])


TWISTS: dict[str, Twist] = {
    "group status": lambda _, group, draw: setattr(group, "status", draw(words(GroupStatus))),
    "turned round": lambda _, group, draw: setattr(
        group, "priority", draw(st.sampled_from(["source", "target"]))
    ),
    "instance status": on_instance(lambda each, draw: setattr(each, "status", draw(words(InstanceStatus)))),
    "frozen": on_instance(lambda each, draw: setattr(each, "frozen", True)),
    "pair status": on_pair(lambda _, each, draw: setattr(each, "status", draw(words(PairStatus)))),
    "fault level": on_pair(lambda _, each, draw: setattr(each, "fault_level", draw(st.sampled_from("025")))),
    "synchronisation": on_pair(
        lambda _, each, draw: setattr(
            each, "replication", draw(st.sampled_from([None, *map(str, ReplicationStatus)]))
        )
    ),
    "shared": on_pair(share),
    "system disk": on_pair(boot),
    "busy disks": on_pair(move_disks),
    "unknown disk": scratch,
    "full server": fill,
    "no pairs": forget_pairs,
    "lost server": lost_server,
    "power": power,
    "all off": all_off,
    "earlier drill": another_drill,
    "no drill left": lambda world, _, __: world.quotas.update(disaster_recovery_drills=len(world.drills)),
}


def twisted(draw: Draw, world: World, most: int = 4) -> str:
    """Twist the world around one of its groups, at most so many times; the id of the group."""
    group = world.groups[one(draw, list(world.groups))]
    for name in draw(st.lists(st.sampled_from(sorted(TWISTS)), max_size=most)):
        TWISTS[name](world, group, draw)
    return group.id


def change_of(draw: Draw, operation: Operation, world: World, group_id: str) -> Change:
    """A change of that operation, mostly about things of the group."""
    group = world.groups[group_id]
    pair_id = one(draw, [*group.pairs, *group.pairs, one(draw, list(world.pairs)), NOWHERE])
    pair = world.pairs.get(pair_id)
    held = list(pair.devices) if pair else []
    instance_id = one(draw, [*held, *group.instances, one(draw, list(world.instances)), NOWHERE])
    instance = world.instances.get(instance_id)
    home = instance.group_id if instance else group_id
    if operation in MAKING:
        return making(draw, operation, world, group, {"instance_id": instance_id, "pair_id": pair_id})
    match operation:
        case Operation.ATTACH_PAIR:
            return Change.of(operation, home, pair_id=pair_id, instance_id=instance_id, device=draw(DEVICES))
        case Operation.DETACH_PAIR:
            return Change.of(operation, home, pair_id=pair_id, instance_id=instance_id)
        case Operation.PLANNED_FAILOVER:
            return Change.of(operation, group_id, to=draw(st.sampled_from(["source", "target", "nowhere"])))
        case Operation.CREATE_DRILL:
            return Change.of(operation, group_id, name=draw(NAMES), drill_vpc_id=one(draw, ["", *world.vpcs]))
        case Operation.DELETE_DRILL:
            drill = world.drills.get(one(draw, [*world.drills, NOWHERE]))
            where, what = (drill.group_id, drill.id) if drill else (group_id, NOWHERE)
            return Change.of(operation, where, drill_id=what)
        case Operation.EXPAND_PAIR:
            where, size = (pair.group_id, pair.size) if pair else (group_id, 10)
            grown = draw(st.one_of(st.integers(size - 2, size + 20), st.sampled_from(EDGES), st.integers()))
            return Change.of(operation, where, pair_id=pair_id, new_size_gb=grown)
        case Operation.RESIZE_INSTANCE:
            flavor = draw(st.sampled_from(["", "s3.large.2", "s3.xlarge.2"]))
            return Change.of(operation, home, instance_id=instance_id, flavor=flavor)
        case Operation.STOP_SERVER | Operation.START_SERVER:
            hard = {"hard": draw(st.booleans())} if operation is Operation.STOP_SERVER else {}
            return Change.of(operation, home, server_id=_server(draw, instance), **hard)
        case _:
            return Change.of(operation, one(draw, [group_id, group_id, group_id, NOWHERE]))


MAKING = frozenset(
    {
        *(Operation.CREATE_GROUP, Operation.RENAME_GROUP, Operation.CREATE_INSTANCE),
        *(Operation.CREATE_INSTANCES, Operation.RENAME_INSTANCE, Operation.DELETE_INSTANCE),
        *(Operation.DELETE_INSTANCES, Operation.ADD_NIC, Operation.DELETE_NIC, Operation.SET_TAGS),
        *(Operation.DELETE_TAGS, Operation.CREATE_PAIR, Operation.RENAME_PAIR, Operation.DELETE_PAIR),
        *(Operation.RENAME_DRILL, Operation.CLEAR_FAILED_TASK),
    }
)
TAGS = st.lists(st.sampled_from(["tier=1", "tier=2", "owner=shop", "=1", f"{'k' * 129}=1"]), max_size=3)
KEYS = st.lists(st.sampled_from(["tier", "owner", "team", " "]), max_size=3)


def making(draw: Draw, operation: Operation, world: World, group: Group, ids: dict[str, str]) -> Change:
    """A change that makes, names or takes away something; `ids` has an instance and a pair."""
    instance, domains = world.instances.get(ids["instance_id"]), world.facts["domains"]
    domain, servers = one(draw, [*domains, NOWHERE]), world.servers_of(instance) if instance else []
    zones = st.sampled_from([*(domains.get(domain) or {"zones": []})["zones"], "nowhere"])
    several = st.lists(st.sampled_from(sorted([*world.servers, NOWHERE])), max_size=2)
    mine = st.lists(st.sampled_from([*group.instances, NOWHERE]), max_size=2, unique=True)
    draws: dict[str, Callable[[], Argument]] = {
        "name": lambda: draw(NAMES),
        "description": lambda: draw(st.sampled_from(["", "a < b", "x" * 65])),
        "domain_id": lambda: domain,
        "source_zone": lambda: draw(zones),
        "target_zone": lambda: draw(zones),
        "vpc_id": lambda: one(draw, ["", *world.vpcs, NOWHERE]),
        "subnet_id": lambda: one(draw, ["", *(each for vpc in world.vpcs.values() for each in vpc.subnets)]),
        "server_id": lambda: one(draw, [*world.servers, NOWHERE]),
        "server_ids": lambda: tuple(draw(several)),
        "instance_ids": lambda: tuple(draw(mine)),
        "disk_id": lambda: one(draw, [*world.disks, NOWHERE]),
        "drill_id": lambda: one(draw, [*world.drills, NOWHERE]),
        "task_id": lambda: one(draw, [*world.failures, NOWHERE]),
        "nic_id": lambda: one(draw, [*(each.id for server in servers for each in server.nics), NOWHERE]),
        "tags": lambda: tuple(draw(TAGS)),
        "keys": lambda: tuple(draw(KEYS)),
        **dict.fromkeys(("with_server", "with_eip", "with_disk"), lambda: draw(st.booleans())),
    }
    wanted = [*NEEDS[operation], *({"description", "tags"} & OPTIONS.get(operation, {}).keys())]
    given = {key: ids[key] if key in ids else draws[key]() for key in wanted}
    home = _home(draw, operation, world, group, given)
    return Change.of(operation, home, **given)


def _home(draw: Draw, operation: Operation, world: World, group: Group, given: Mapping[str, Argument]) -> str:
    """The group of what a change names, and sometimes another one."""
    things: dict[str, Mapping[str, Instance | Pair | Drill]]
    things = {"instance_id": world.instances, "pair_id": world.pairs, "drill_id": world.drills}
    named = [kind.get(str(given[key])) for key, kind in things.items() if key in given]
    homes = [each.group_id for each in named if each] or [group.id]
    if operation is Operation.CREATE_GROUP:
        return f"planned:{given['name']}"
    if operation is Operation.DELETE_PAIR:
        return one(draw, [*homes, *homes, group.id])
    return one(draw, [group.id, group.id, NOWHERE]) if operation is Operation.RENAME_GROUP else homes[0]


def _server(draw: Draw, instance: Instance | None) -> str:
    return one(draw, [instance.source_server, instance.target_server, NOWHERE] if instance else [])


EDGES = [1024, 1025, 32768, 32769]
"""GB around the largest disks; of what else can be typed, `st.integers` draws all."""

DEVICES = st.one_of(
    st.sampled_from(["", "vdb", "/dev/vdaa", "/dev/xvdb", "/dev/vdB"]),
    st.builds("/dev/{}{}".format, st.sampled_from(["vd", "sd"]), st.sampled_from("abbccddeeffghxz")),
)
GOOD_DEVICES = st.builds("/dev/{}{}".format, st.sampled_from(["vd", "sd"]), st.sampled_from("abcdefxyz"))
NAMES = st.sampled_from(["spring", "spring-2026.1_a", "", "a b", "x" * 65])


def objecting(verdict: Verdict) -> list[Rule]:
    names = {each.rule for each in verdict.objections}
    return [each for each in RULES[verdict.change.operation] if each.name in names]


def answer(practice: Range, change: Change) -> str:
    """The code that the sandbox refuses a change with; empty when it accepts."""
    try:
        practice.client.submit(change)
    except ServiceError as refused:
        return refused.code
    return ""


def contradiction(verdict: Verdict, code: str) -> str:
    """What rules and sandbox do not agree on, in words; empty where they agree."""
    rules = objecting(verdict)
    named = {each for rule in rules for each in rule.codes}
    told = f"{verdict.change}: sandbox {code or 'accepts'}, rules {[each.name for each in rules]}"
    if any(each.name == "the_start_means_what_is_asked" for each in rules):
        return ""  # the service would do the other thing of the two, under the other thing's rules
    if not code:
        return told if any(not each.caution for each in rules) else ""
    return "" if code in named | ONLY_THE_SERVICE_KNOWS else told


EVERYTHING: ReadAlso = {
    "disks": True,
    "quotas": True,
    "every_drill": True,
    "beside": True,
    "domains": True,
}

ENOUGH = settings(
    max_examples=40,
    deadline=None,
    database=None,  # it now and then takes two different draws for one, and what it keeps fails for good
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)


def compare(practice: Range, drawn: list[Change]) -> None:
    """Judge each change and send it, all of them in the same world."""
    world = practice.sandbox.world
    before = pickle.dumps(world)
    around = {each.instance_id for each in drawn} & set(world.instances)
    inventory = practice.client.inventory(block_devices_of=around, **EVERYTHING)
    for change in drawn:
        code = answer(practice, change)
        assert not contradiction(judge(change, inventory), code)
        if not code:
            practice.reset(before)


@ENOUGH
@given(st.data())
def test_wherever_the_rules_object_the_sandbox_refuses_with_their_code_and_only_there(
    practice: Range, data: st.DataObject
) -> None:
    world = practice.reset()
    group_id = twisted(data.draw, world)
    compare(practice, [change_of(data.draw, each, world, group_id) for each in Operation])


@ENOUGH
@given(st.data())
def test_attaching_is_refused_in_all_its_ways(practice: Range, data: st.DataObject) -> None:
    world = practice.reset()
    group = world.groups[twisted(data.draw, world, most=2)]
    free = [each for each in group.pairs if not world.pairs[each].devices]
    shared = [each for each in group.pairs if world.pairs[each].shared]
    for each in free[: data.draw(st.integers(0, 2))]:
        boot(world, world.pairs[each], data.draw)
    compare(practice, [attach_of(data.draw, group, [*free, *shared]) for _ in range(6)])


def attach_of(draw: Draw, group: Group, likely: list[str]) -> Change:
    """Attach a pair that is likely to be free under a name that is likely to be right."""
    return Change.of(
        Operation.ATTACH_PAIR,
        group.id,
        pair_id=one(draw, [*likely, *likely, *group.pairs]),
        instance_id=one(draw, group.instances),
        device=draw(st.one_of(GOOD_DEVICES, GOOD_DEVICES, DEVICES)),
    )


@ENOUGH
@given(st.data())
def test_no_rule_holds_on_what_was_not_read(practice: Range, data: st.DataObject) -> None:
    world = practice.reset()
    group_id = twisted(data.draw, world)
    parts = data.draw(st.sets(st.sampled_from(["servers", "disks", "quotas"]), min_size=1))
    changes = [change_of(data.draw, operation, world, group_id) for operation in Operation]
    whole = practice.client.inventory(block_devices_of=world.groups[group_id].instances, **EVERYTHING)
    bare = replace(whole, whole=whole.whole - parts)
    vars(bare).update({part: {} for part in parts})
    for change in changes:
        against = {each.rule for each in judge(change, whole).objections}
        less = judge(change, bare)
        assert against <= {each.rule for each in less.objections} | {*less.not_asked}


SETTLED = 24 * 3600.0
"""Simulated seconds in which every job of the demo world ends."""

LEFT_OPEN = {"pairs_are_synchronised", "the_first_synchronisation_is_complete"}
"""A plan takes a synchronisation as finished; the sandbox needs its time for it."""


def names(verdict: Verdict) -> set[str]:
    return {each.rule for each in verdict.objections} - LEFT_OPEN


@ENOUGH
@given(st.data())
def test_what_is_planned_is_judged_as_if_it_were_done(practice: Range, data: st.DataObject) -> None:
    world = practice.reset()
    group_id = twisted(data.draw, world)
    drawn = [
        change_of(data.draw, each, world, group_id)
        for each in data.draw(st.lists(st.sampled_from(Operation), min_size=2, max_size=6))
    ]
    inventory = practice.client.inventory(block_devices_of=world.groups[group_id].instances, **EVERYTHING)
    planned: list[Change] = []
    for change in drawn:
        now = practice.client.inventory(block_devices_of=world.groups[group_id].instances, **EVERYTHING)
        assert names(judge(change, inventory, planned)) == names(judge(change, now)), planned
        if judge(change, now).allowed and not answer(practice, change):
            practice.sandbox.step(SETTLED)
            planned.append(change)
