"""Synchronisation of pairs and groups: when it starts, how far it is, what it is called on the wire."""

from collections.abc import Iterable
from typing import Final

from drkit.sandbox.things import Group, Pair
from drkit.sandbox.world import World

FIRST: Final = 4.0
"""Seconds for each GB of a first synchronisation."""
AGAIN: Final = 1.0
"""Seconds for each GB when most of the data is there already."""


def start(world: World, pair: Pair, *, pace: float = FIRST) -> None:
    """Let a pair synchronise from now on, for a time in proportion to its size."""
    pair.replication = "copying"
    pair.behind = world.now
    pair.sync_from, pair.sync_until = world.now, world.now + pair.size * pace


def stop(world: World, pair: Pair, word: str | None = "active-stopped") -> None:
    """Let a pair's synchronisation stop."""
    pair.replication = word
    pair.behind = pair.behind if word == "inactive" and pair.behind is not None else None
    if word == "inactive" and pair.behind is None:
        pair.behind = world.now


def status(world: World, pair: Pair) -> str | None:
    """active, inactive, copying, active-stopped, or nothing at all."""
    if pair.replication == "copying" and pair.stuck_at is None and world.now >= pair.sync_until:
        return "active"
    return pair.replication


def state(world: World, pair: Pair) -> tuple[str | None, int]:
    """The replication status of a pair, and how far its synchronisation is, 0 to 100."""
    word = status(world, pair)
    if word != "copying":
        return word, 100 if word == "active" else 0
    done = int(100 * (world.now - pair.sync_from) / max(1.0, pair.sync_until - pair.sync_from))
    return word, max(0, min(done, 99 if pair.stuck_at is None else pair.stuck_at))


def behind_since(world: World, pair: Pair) -> float | None:
    """Since when a pair misses its recovery point, if it does."""
    return None if status(world, pair) == "active" else pair.behind


def of_group(world: World, group: Group) -> tuple[str | None, int]:
    """The replication status and the progress of a group: the worst of its pairs."""
    pairs = pairs_of(world, group)
    states = [state(world, pair) for pair in pairs]
    words = {word for word, _ in states}
    for worst in ("inactive", "copying", "active", "active-stopped"):
        if worst in words:
            return worst, min((done for word, done in states if word in ("copying", "active")), default=0)
    return None, 0


def pairs_of(world: World, group: Group) -> list[Pair]:
    """The pairs of a group."""
    return [world.pairs[id_] for id_ in group.pairs]


def copying(world: World, pairs: Iterable[Pair]) -> bool:
    """Whether any of the pairs is still synchronising."""
    return any(status(world, pair) == "copying" for pair in pairs)
