"""A list that lags: how the world was a while ago, remembered for as long as such a fault is planted."""

import json
from typing import Final

from drkit.sandbox import saving
from drkit.sandbox.things import Fault
from drkit.sandbox.world import World

USUAL: Final = 40.0
"""Seconds of simulated time."""


def lag(fault: Fault) -> float:
    """How many simulated seconds a list is behind."""
    return float(fault.where.get("seconds", USUAL))


def remember(world: World) -> None:
    """After a change: keep what a list that lags will show later, and forget what is older than the lag.

    It is kept among the world's facts, as [time, document], so that it is saved with the world.
    """
    lags = [lag(fault) for fault in world.faults.values() if fault.name == "list-lags"]
    past = world.facts.pop("past", [])
    if lags:
        past.append([world.now, json.dumps(saving.document(world))])
        begin = max((at for at, (now, _) in enumerate(past) if now <= world.now - max(lags)), default=0)
        world.facts["past"] = past[begin:]


def as_it_was(world: World, seconds: float) -> World:
    """The world so many seconds ago; none older than from when the fault was planted."""
    then, past = world.now - seconds, world.facts["past"]
    earlier = saving.world_from(next((text for at, text in reversed(past) if at <= then), past[0][1]))
    earlier.now = max(earlier.now, then)
    return earlier
