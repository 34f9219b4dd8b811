"""Contenders measured by turns, and what came out as a table and as JSON.

A round runs every contender once; the order turns round by round, so that none always comes first. A ratio is
that of two figures of one round: a machine that others use too is slow for both then. Told are medians, and
the smallest and the largest in brackets.
"""

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

Work = Callable[[], object]


@dataclass(frozen=True, slots=True)
class Times:
    """Seconds by the clock on the wall and of the processor, a figure per round."""

    wall: tuple[float, ...]
    cpu: tuple[float, ...]


def arguments(about: str | None) -> argparse.Namespace:
    """`smoke`, `rounds` and `json` of the command line."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="a small world, one round: does it run at all")
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender runs")
    parser.add_argument("--json", type=Path, help="also write the figures into this file")
    given = parser.parse_args()
    given.rounds = 1 if given.smoke else given.rounds
    return given


def measured(contenders: Mapping[str, Work], rounds: int) -> dict[str, Times]:
    """Each contender's times; every one runs once before, so that what is loaded late does not count."""
    for work in contenders.values():
        work()
    wall: dict[str, list[float]] = {name: [] for name in contenders}
    cpu: dict[str, list[float]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            gc.collect()
            began, spent = time.perf_counter(), time.process_time()
            contenders[name]()
            wall[name].append(time.perf_counter() - began)
            cpu[name].append(time.process_time() - spent)
        order.append(order.pop(0))
    return {name: Times(tuple(wall[name]), tuple(cpu[name])) for name in contenders}


def told(
    title: str, times: Mapping[str, Times], floor: str, *, wall: bool = True, cpu: bool = True
) -> dict[str, object]:
    """Print a table against the floor, and return it for the JSON file."""
    say(f"\n{title}")
    rows: dict[str, object] = {}
    kinds = [kind for kind, wanted in (("wall", wall), ("cpu", cpu)) if wanted]
    for name, one in times.items():
        figures: dict[str, float] = {}
        line = f"  {name:34}"
        for kind in kinds:
            seconds, least = getattr(one, kind), getattr(times[floor], kind)
            ratios = [mine / its for mine, its in zip(seconds, least, strict=True)]
            line += f"  {kind} {_spread(seconds, 1000)} ms = {_spread(ratios, 1, 2)} x"
            figures |= {f"{kind}_s": median(seconds), f"{kind}_ratio": median(ratios)}
        say(line)
        rows[name] = figures
    return {title: rows}


def write(path: Path | None, results: Sequence[Mapping[str, object]]) -> None:
    """Write what was told into a file, if one is wanted."""
    if path:
        whole = {key: value for result in results for key, value in result.items()}
        path.write_text(json.dumps(whole, indent=1) + "\n", encoding="utf-8")


def say(line: str) -> None:
    """Print a line."""
    sys.stdout.write(f"{line}\n")


def _spread(figures: Sequence[float], factor: float, digits: int = 1) -> str:
    middle, least, most = (factor * one for one in (median(figures), min(figures), max(figures)))
    return f"{middle:7.{digits}f} ({least:.{digits}f} to {most:.{digits}f})"
