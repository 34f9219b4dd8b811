"""The practice range as its card and a terminal tell of it, and whether another world may begin."""

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from drkit.api import PracticeRange, PracticeWorld
from drkit.errors import DrkitError, InputError
from drkit.journal import KeptReading, RunRow
from drkit.model import Backend
from drkit.showing import count
from drkit.site import Site

Reached = bool | None  # None: this world has no good end


def present_world(control: PracticeRange) -> tuple[PracticeWorld, Reached]:
    """The world there is now, and whether its good end is reached."""
    state = control.state()
    if state.get("copy_of"):
        return _copy(state["copy_of"]), None
    name, scenario = str(state["world"]), state["scenario"] or {}
    known = {world.name: world for world in control.worlds()}
    return known.get(name, PracticeWorld(name, name, "", "")), scenario.get("reached")


def world_name(site: Site) -> str:
    """The world of a practice range by its title; empty on a real cloud, and where it cannot be read."""
    if not site.backend.practice:
        return ""
    try:
        return present_world(site.sandbox)[0].title
    except (DrkitError, LookupError, ValueError):  # a name in a band stops nobody
        return ""


def _copy(mark: Mapping[str, Any]) -> PracticeWorld:
    """The copy of a project as a world: of which, and what had to be assumed."""
    title = _title(mark["name"], datetime.fromisoformat(mark["read_at"]))
    notes = " ".join(map(str, mark["notes"])) or "Everything that it needs was told."
    story = f"A project as it was read, with its names, devices and sizes. Nothing here touches it. {notes}"
    return PracticeWorld("copy", title, story, "")


def _title(name: str, read_at: datetime) -> str:
    return f"Copy of {name}, read at {read_at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"


def copy_title(content: bytes) -> str:
    """What the copy of a kept reading will be called. Raises `InputError` for what is no kept reading."""
    try:
        top = json.loads(content)
        backend = Backend(**top["backend"])
        name = " ".join(filter(None, ("PRACTICE" if backend.practice else backend.cloud, backend.project)))
        return _title(name, datetime.fromisoformat(top["read_at"]))
    except (ValueError, LookupError, TypeError, RecursionError, OverflowError):
        raise InputError(
            "This is no kept reading of a project: choose one that drkit snapshot wrote."
        ) from None


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


def copyable(kept: Sequence[KeptReading]) -> list[tuple[str, str]]:
    """The readings in a journal that a copy can begin from, by hand or by runs: in words, and the number."""
    return [
        (f"{each.place}, {each.at:%Y-%m-%d %H:%M} UTC{_when(each)}", f"{each.number}")
        for each in kept
        if not each.practice
    ]


def _when(kept: KeptReading) -> str:
    return f", its groups at the {kept.moment} of run {kept.run_id}" if kept.run_id else ""
