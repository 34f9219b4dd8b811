"""The practice range as its card and a terminal tell of it, and whether another world may begin."""

from collections.abc import Sequence

from drkit.api import PracticeRange, PracticeWorld
from drkit.journal import RunRow
from drkit.showing import count

Reached = bool | None  # None: this world has no good end


def present_world(control: PracticeRange) -> tuple[PracticeWorld, Reached]:
    """The world there is now, and whether its good end is reached."""
    state = control.state()
    name, scenario = str(state["world"]), state["scenario"] or {}
    known = {world.name: world for world in control.worlds()}
    return known.get(name, PracticeWorld(name, name, "", "")), scenario.get("reached")


def story_text(control: PracticeRange) -> str:
    """The present world in plain text."""
    world, reached = present_world(control)
    sentences = [f"Practice range: {world.title}", world.story]
    if reached is not None:
        sentences.append(f"Good end: {world.good_end} ({'reached' if reached else 'not reached yet'})")
    return "\n".join(filter(None, sentences))


def run_under_way(runs: Sequence[RunRow]) -> str:
    """Why no other world may begin now; empty when nothing speaks against it."""
    alive = [run for run in runs if run.practice and not run.finished and run.held_by]
    if not alive:
        return ""
    first, *others = alive
    groups = ", ".join(name for _, name in first.groups)
    more = f" (and {count(len(others), 'more run')})" if others else ""
    return (
        f"A run is under way on the practice range: {first.title} in {groups}, run {first.id}{more}. "
        "Let it end, or stop it in its runbook; then start the scenario."
    )
