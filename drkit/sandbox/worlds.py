"""The worlds that can be had by name, and putting another one under a running sandbox."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import Final

from drkit.sandbox import demo, forking, saving, scenarios
from drkit.sandbox.building import EPOCH
from drkit.sandbox.reading import NAME
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

_PLAIN: Final = {
    "demo": (
        "The demo shop",
        "Five protection groups as one meets them: one protected, one with protection off and free pairs, "
        "one with a broken pair, one failed over last night, one whose planned failover failed.",
    ),
    "empty": ("Nothing protected yet", "Servers and disks that wait to be protected: no group, no pair."),
    "large": ("A large project", "Twenty groups with 1,000 instances and 10,000 pairs."),
}
_KEPT: Final = {"account", "tokens", "wall", "requests"}


def named(
    name: str,
    seed: int = 0,
    start: float = EPOCH,
    sizes: Mapping[str, int | None] | None = None,
    zones: Sequence[str] = (),
) -> World:
    """The world of that name at its beginning; `sizes` are of the large one, `zones` the first ones' names.

    `ValueError` with a sentence.
    """
    return _in_zones(_built(name, seed, start, sizes), zones)


def _in_zones(world: World, zones: Sequence[str]) -> World:
    """The same world with other names for its zones."""
    every = [*zones, *world.zones[len(zones) :]]
    if len(zones) > len(world.zones) or len({*every}) < len(every) or not all(map(NAME.fullmatch, zones)):
        raise ValueError(
            f"{', '.join(zones)} cannot be the zones: at most {len(world.zones)} different names are, "
            "of a-z A-Z 0-9 . _ -."
        )
    if every == world.zones:
        return world
    names = dict(zip(world.zones, every, strict=True))
    text = re.sub(f'"({"|".join(names)})"', lambda found: f'"{names[found[1]]}"', saving.text(world))
    return saving.world_from(text)


def _built(name: str, seed: int, start: float, sizes: Mapping[str, int | None] | None) -> World:
    given = {key: value for key, value in (sizes or {}).items() if value is not None}
    if name == "large":
        return demo.large(seed, start, **given)
    if given:
        raise ValueError(
            f"Numbers of {', '.join(given)} can be given for the world large only, not for {name}."
        )
    if name in scenarios.SCENARIOS:
        return scenarios.SCENARIOS[name].build(seed, start)
    if name not in demo.WORLDS:
        known = ", ".join((*demo.WORLDS, *scenarios.SCENARIOS))
        raise ValueError(f"There is no world {name!r}. There are: {known}.")
    return demo.WORLDS[name](seed, start)


def change(world: World, name: str) -> None:
    """Let the world become another one, from its beginning. `ValueError` with a sentence for no such name.

    Account, keys and tokens stay, and time goes on; everything else is new, faults and running jobs are
    gone. No id of the old world stands for anything in the new one.
    """
    zones = () if "copy_of" in world.facts else world.zones
    become(world, named(name, world.seed + 1, world.now, zones=zones))


def change_to_copy(world: World, content: bytes) -> None:
    """Let the world become the copy of a kept reading. `ValueError` with a sentence for what is none."""
    become(world, forking.fork(content, world.now))


def become(world: World, fresh: World) -> None:
    """Let the world become another one; account, keys and tokens stay."""
    for each in fields(World):
        if each.name not in _KEPT:
            setattr(world, each.name, getattr(fresh, each.name))


def listing() -> list[Json]:
    """Every world to choose from: name, title, story and good end, which only scenarios have."""
    plain = [{"name": name, "title": title, "story": story, "good_end": ""}
             for name, (title, story) in _PLAIN.items()]  # fmt: skip
    return plain + [
        {"name": it.name, "title": it.title, "story": it.story, "good_end": it.good_end}
        for it in scenarios.SCENARIOS.values()
    ]
