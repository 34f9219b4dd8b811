"""A real process is killed with SIGKILL before and after every request and every write of the journal.

It carries out a real plan (three pairs are attached to an instance) over HTTP. Whatever the point, the run
that goes on with it leaves exactly one effect of each step at the service, and a record that verifies. Where
nothing can tell whether a change was taken, a person looks and decides. The same holds where lists show what
was 40 s ago, and where each attach arrives 45 s late and is never answered.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from drkit.sandbox import Sandbox, running
from tests.crash.range import SPEED, Range

LANES = 4  # ranges side by side, each with its own world
SLOWER = 60.0  # where lists lag and requests are late, a process must be able to be faster than that
LATE = {"name": "request-arrives-late", "operation": "attach_protected_instance_replication", "times": None}
WORLDS: dict[str, tuple[str, dict[str, Any] | None]] = {  # the manner of answering, and what is planted
    "as printed": ("reference", None),
    "now more, now less": ("mixed", None),
    "lists lag": ("full", {"name": "list-lags"}),
    "requests are late": ("full", LATE),
}


@pytest.fixture(params=list(WORLDS.values()), ids=list(WORLDS))
def ranges(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Range]]:
    """Some ranges of one world, side by side."""
    manner, fault = request.param
    with ExitStack() as stack:
        made = []
        for number in range(LANES):
            sandbox = Sandbox(speed=SLOWER if fault else SPEED, manner=manner)
            folder = tmp_path / str(number)
            folder.mkdir()
            made.append(Range(stack.enter_context(running(sandbox)), folder, fault=fault))
        yield made


def wrong_after(where: Range, point: int) -> list[str]:
    """Kill a process at that point, let another go on, and say what is not as it should be."""
    where.anew(point)
    killed = where.let_loose(die_at=point)
    went_on = killed if killed.phase else where.let_loose()
    return [f"killed at point {point}: {each}" for each in where.wrong(went_on)]


def test_killed_at_any_point_a_run_goes_on_and_every_step_has_one_effect(ranges: Sequence[Range]) -> None:
    whole = ranges[0].let_loose()
    assert whole.phase == "done"
    writes = [each for each in whole.points if "writing" in each]
    sends = [each for each in whole.points if each.endswith("attachreplication")]
    # Where no answer comes there is no point after it, and two entries, lost and adopted, for the one sent.
    one = (12, 1) if ranges[0].fault == LATE else (10, 2)
    assert (len(writes), len(sends)) == (one if ranges[0].fault else (22, 6))

    def lane(number: int) -> list[str]:
        points = range(1 + number, len(whole.points) + 1, LANES)
        return [each for point in points for each in wrong_after(ranges[number], point)]

    with ThreadPoolExecutor(LANES) as lanes:
        found = [each for all_wrong in lanes.map(lane, range(LANES)) for each in all_wrong]
    assert found == []
