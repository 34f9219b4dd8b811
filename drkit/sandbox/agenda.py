"""What happens by itself when its time has come.

No thread does it: time goes on only when `Sandbox` is asked something, in the caller's thread and under its
lock, and then everything that has fallen due happens in order before the answer.
"""

from drkit.sandbox import jobs, troubles
from drkit.sandbox.things import Json
from drkit.sandbox.world import World


def happen(world: World, event: str, details: Json) -> None:
    """Something on the agenda falls due: a job's end, a fault that strikes, a fault that passes."""
    if event == "job":
        jobs.finish(world, details)
    elif event == "strike" and details in world.faults:
        troubles.strike(world, world.faults[details])
    elif event == "clear":
        troubles.clear(world, details)


def pass_time(world: World, simulated: float, wall: float) -> None:
    """Let simulated time and the wall's time go on by so many seconds each."""
    world.wall += wall
    world.advance(world.now + simulated, happen)
