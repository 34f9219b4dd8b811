"""The shortest legal way from the state a group is in to one where an operation is legal.

It is searched for, not written down: the rules say what is legal in a state, `Projection` says what each
step leads to. Steps that interrupt the service count for more than others. A failover is part of a way only
where one failed and is repeated: to begin one gives up the production site, and that is for people to say.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from heapq import heappop, heappush
from itertools import count
from typing import NamedTuple

from drkit.errors import EffectUnknownError
from drkit.model import (
    NEEDS,
    Change,
    GroupStatus,
    Operation,
    PairStatus,
    Phase,
    ReplicationPair,
    ReplicationStatus,
    Server,
    ServerStatus,
    Station,
)
from drkit.rules.advising import LINK_DOWN, moves
from drkit.rules.drilling import SYNCHRONISED
from drkit.rules.fitness import ALREADY
from drkit.rules.judging import judge_in
from drkit.rules.objections import Objection
from drkit.rules.powering import not_stopped, starting
from drkit.rules.projection import FOLLOWING, Projection
from drkit.rules.rule import Way
from drkit.showing import first_few

ABOUT_THE_STATE = frozenset(
    {
        "group_exists",
        "group_status_fits",
        "group_is_available_or_protected",
        "the_start_means_what_is_asked",
        "group_has_pairs",
        "no_server_was_deleted",
        "no_server_was_deleted_before_a_planned_failover",
        "production_servers_are_stopped",
        "production_servers_stay_stopped",
        "dr_servers_are_stopped",
        "dr_servers_stay_stopped",
        "replication_links_are_up",
        "replication_links_are_up_for_a_planned_failover",
        "pairs_are_synchronised",
        "the_first_synchronisation_is_complete",
    }
)
"""The rules that a way has to satisfy; the others are about the single change, not about the group."""

_ENDS_AS: Mapping[str, Operation] = {
    GroupStatus.STARTING: Operation.ENABLE_PROTECTION,
    GroupStatus.STOPPING: Operation.DISABLE_PROTECTION,
    GroupStatus.REVERSING: Operation.PLANNED_FAILOVER,
    GroupStatus.FAILING_OVER: Operation.FAILOVER,
    GroupStatus.REPROTECTING: Operation.REPROTECT,
}
"""Which operation is under way in a moving state; waiting leads to where that one ends."""

_VERBS = {
    Operation.ENABLE_PROTECTION: (1, "Enable protection of {}."),
    Operation.DISABLE_PROTECTION: (1, "Disable protection of {}."),
    Operation.REPROTECT: (1, "Re-protect {}."),
    Operation.PLANNED_FAILOVER: (3, "Perform the planned failover of {}."),
    Operation.FAILOVER: (1, "Repeat the failover of {}."),
}


_SYNCHRONISES = {Operation.ENABLE_PROTECTION, Operation.REPROTECT}


class WayStep(NamedTuple):
    """One step of a way: a sentence, and the changes that it takes; none where one waits or asks others."""

    sentence: str
    changes: Way = ()


@dataclass(frozen=True)
class _Move:
    cost: int
    sentence: str
    world: Projection
    changes: Way = ()


def way_from(start: Projection, operation: Operation, group_id: str) -> tuple[str, ...]:
    """The steps that make an operation legal for a group, as sentences; see `steps_from`."""
    return tuple(each.sentence for each in steps_from(start, operation, group_id))


def steps_from(start: Projection, operation: Operation, group_id: str) -> tuple[WayStep, ...]:
    """The steps that make an operation legal for a group; none when it is legal in `start`.

    Only the state of the group counts: its status, its servers, its synchronisation. A way that comes to
    where the operation itself would lead ends there and says so. Where no step leads there, one sentence
    says so and names the exit. `group_id` is a known one.
    """
    group, order = start.groups[group_id], count()
    queue: list[tuple[int, int, Projection, tuple[WayStep, ...]]] = [(0, next(order), start, ())]
    seen: set[object] = set()
    while queue:
        cost, _, world, steps = heappop(queue)
        if world.groups[group.id].status == ALREADY.get(operation):
            start_of = "Then nothing is left" if steps else "Nothing is"
            return (*steps, WayStep(f"{start_of} to be done: {group.name} is {ALREADY[operation]}."))
        if not _objections(operation, world, group.id):
            return steps
        if (here := _fingerprint(world, group.id)) in seen:
            continue
        seen.add(here)
        for move in _moves(world, group.id):
            step = WayStep(move.sentence, move.changes)
            heappush(queue, (cost + move.cost, next(order), move.world, (*steps, step)))
    remedies = dict.fromkeys(each.remedy for each in _objections(operation, start, group.id))
    lost = f"No step of drkit leads from {group.status} to where {operation.words} is legal."
    return (WayStep(" ".join((lost, *remedies))),)


def _objections(operation: Operation, world: Projection, group_id: str) -> list[Objection]:
    verdict = judge_in(_sample(operation, world, group_id), world)
    return [each for each in verdict.objections if each.rule in ABOUT_THE_STATE]


def _sample(operation: Operation, world: Projection, group_id: str) -> Change:
    """The operation on the group; what it is done with does not matter for the group's state."""
    station = world.groups[group_id].priority_station
    other = station.other if isinstance(station, Station) else Station.TARGET
    return Change(operation, group_id, (("to", other.value),))


def _sendable(sample: Change) -> Change:
    """The change with the arguments that it takes, and no others."""
    given = {key: value for key, value in sample.arguments if key in NEEDS[sample.operation]}
    return Change.of(sample.operation, sample.group_id, **given)


def _fingerprint(world: Projection, group_id: str) -> object:
    group, pairs = world.groups[group_id], world.pairs_of(group_id)
    return (
        group.status,
        group.priority_station,
        bool(_running(world, group_id, production=True)),
        bool(_running(world, group_id, production=False)),
        any(each.fault_level == LINK_DOWN for each in pairs),
        any(map(_is_broken, pairs)),
        any(each.status == ServerStatus.ACTIVE for each in _running(world, group_id, production=True)),
        any(each.status == ServerStatus.ACTIVE for each in _running(world, group_id, production=False)),
        any(each.replication_status not in SYNCHRONISED for each in pairs),
    )


def _moves(world: Projection, group_id: str) -> Iterator[_Move]:
    group = world.groups[group_id]
    if group.status.phase is Phase.MOVING:
        yield from _waiting(world, group_id)
        return
    for operation, (cost, sentence) in _VERBS.items():
        change = _sample(operation, world, group_id)
        begun = operation is not Operation.FAILOVER or group.status == GroupStatus.ERROR_FAILING_OVER
        if begun and judge_in(change, world).allowed:
            then = world.after(change)
            if operation in _SYNCHRONISES:  # that takes its time, and is a move of its own
                then = then.with_pairs(
                    replace(each, replication_status=ReplicationStatus.COPYING)
                    for each in _behind(world, group_id)
                )
            yield _Move(cost, sentence.format(group.name), then, (_sendable(change),))
    yield from _stopping(world, group_id)
    yield from _mending(world, group_id)


def _waiting(world: Projection, group_id: str) -> Iterator[_Move]:
    group = world.groups[group_id]
    if group.status == GroupStatus.CREATING:
        then = world.with_group(group_id, GroupStatus.AVAILABLE)
    elif operation := _ENDS_AS.get(group.status):
        try:
            then = world.after(_sample(operation, world, group_id))
        except EffectUnknownError:
            return  # where it will end is not known: what an objection advises is said instead
    else:
        return
    end = then.groups[group_id].status
    yield _Move(1, f"Wait until {group.name} is no longer {group.status}; then it is {end}.", then)


def _stopping(world: Projection, group_id: str) -> Iterator[_Move]:
    for production, site, cost in ((True, "production", 2), (False, "DR", 1)):
        running = _running(world, group_id, production=production)
        if lost := [each for each in running if each.status != ServerStatus.ACTIVE and not moves(each)]:
            names = first_few(f"{each.name} is {each.status}" for each in lost)
            sentence = f"Have the provider bring back the servers at the {site} site: {names}."
            back = [replace(each, status=ServerStatus.ACTIVE, task_state="") for each in lost]
            yield _Move(20, sentence, world.with_servers(back))
        elif running:
            names = first_few(each.name for each in running)
            settled = ", once they have settled" if any(map(moves, running)) else ""
            stopped = [replace(each, status=ServerStatus.SHUTOFF, task_state="") for each in running]
            sentence = f"Stop the servers at the {site} site{settled}: {names}."
            sent = tuple(
                Change.of(Operation.STOP_SERVER, group_id, server_id=each.id, hard=False)
                for each in running
                if each.status == ServerStatus.ACTIVE
            )
            yield _Move(cost, sentence, world.with_servers(stopped), sent)


def _mending(world: Projection, group_id: str) -> Iterator[_Move]:
    """What takes its time; it costs more while the service is away, so that nothing is stopped for it."""
    pairs, away = world.pairs_of(group_id), not _running(world, group_id, production=True)
    for link, what in ((True, "replication link"), (False, "replication")):
        broken = [each for each in pairs if _is_broken(each) and (each.fault_level == LINK_DOWN) is link]
        if broken:
            sentence = f"Have the provider restore the {what} of {first_few(each.name for each in broken)}."
            yield _Move(20 + away, sentence, world.with_pairs(_mended(world, each) for each in broken))
    behind = _behind(world, group_id)
    off = world.groups[group_id].status == GroupStatus.AVAILABLE  # then nothing is synchronised
    if behind and not off and not any(map(_is_broken, behind)):
        sentence = f"Wait until {first_few(each.name for each in behind)} are synchronised."
        active = [replace(each, replication_status=ReplicationStatus.ACTIVE) for each in behind]
        yield _Move(1 + away, sentence, world.with_pairs(active))


def _behind(world: Projection, group_id: str) -> list[ReplicationPair]:
    return [each for each in world.pairs_of(group_id) if each.replication_status not in SYNCHRONISED]


def _is_broken(pair: ReplicationPair) -> bool:
    """Whether a pair is not synchronised however long one waits."""
    return pair.fault_level not in {"", "0"} or pair.status == PairStatus.FAULT


def _mended(world: Projection, pair: ReplicationPair) -> ReplicationPair:
    """The pair with its replication at work again: it goes along with its group, which may be protected."""
    status = world.groups[pair.group_id].status
    follows = (
        PairStatus(str(status)) if pair.status == PairStatus.FAULT and status in FOLLOWING else pair.status
    )
    return replace(pair, fault_level="0", status=follows)


def _running(world: Projection, group_id: str, *, production: bool) -> list[Server]:
    ids = (
        each.production_server_id if production else each.dr_server_id
        for each in world.instances_of(group_id)
    )
    return [each for key in ids if (each := world.servers.get(key)) and (not_stopped(each) or starting(each))]
