"""A real process is killed with SIGKILL before and after every request and every write of the journal.

It carries out a real plan (three pairs are attached to an instance) over HTTP. Whatever the point, the run
that goes on with it leaves exactly one effect of each step at the service, and a record that verifies.
"""

from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

from drkit.sandbox import Sandbox, running
from tests.crash.range import SPEED, Range

LANES = 4  # ranges side by side, each with its own world
MANNERS = ("full", "reference", "mixed")


@pytest.fixture(params=range(len(MANNERS)), ids="turn {}".format)
def ranges(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[list[Range]]:
    """Each lane answers in another manner from turn to turn, so that every point is met in each of them."""
    with ExitStack() as stack:
        made = []
        for number in range(LANES):
            manner = MANNERS[(number + request.param) % len(MANNERS)]
            folder = tmp_path / str(number)
            folder.mkdir()
            made.append(Range(stack.enter_context(running(Sandbox(speed=SPEED, manner=manner))), folder))
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
    assert (len(writes), len(sends)) == (22, 6)

    def lane(number: int) -> list[str]:
        points = range(1 + number, len(whole.points) + 1, LANES)
        return [each for point in points for each in wrong_after(ranges[number], point)]

    with ThreadPoolExecutor(LANES) as lanes:
        found = [each for all_wrong in lanes.map(lane, range(LANES)) for each in all_wrong]
    assert found == []
