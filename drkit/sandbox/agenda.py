"""What happens by itself when its time has come.

No thread does it: time goes on only when `Sandbox` is asked something, in the caller's thread and under its
lock, and then everything that has fallen due happens in order before the answer.
"""

from collections.abc import Callable

from drkit.sandbox import jobs, lagging, troubles
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

Event = Callable[[World, Json], None]


def _strike(world: World, details: Json) -> None:
    if details in world.faults:
        troubles.strike(world, world.faults[details])


EVENTS: dict[str, Event] = {"job": jobs.finish, "strike": _strike, "clear": troubles.clear}
"""What can be on the agenda: a job's end, a fault that strikes or passes, and what `event` adds."""


def event(name: str) -> Callable[[Event], Event]:
    """Register what happens when an event falls due: `@event("arrive")`."""

    def add(effect: Event) -> Event:
        EVENTS[name] = effect
        return effect

    return add


def happen(world: World, name: str, details: Json) -> None:
    """Something on the agenda falls due."""
    EVENTS[name](world, details)
    lagging.remember(world)


def pass_time(world: World, simulated: float, wall: float) -> None:
    """Let simulated time and the wall's time go on by so many seconds each."""
    world.wall += wall
    world.advance(world.now + simulated, happen)
