"""What watching many jobs costs in requests, and what writing it all down costs in time.

    python tests/bench/bench_runs.py [--smoke]

Requests: pairs are attached side by side, one per instance, on a sandbox in this process whose time is
stepped; every request of the watching is counted, against a poll of each job each tick. Journal: entries of a
run, against the bare insert of a row into SQLite with the same settings (WAL, full sync).
"""

import argparse
import sqlite3
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from drkit.api import Client, open_client, sandbox_profile
from drkit.clock import SteppedClock
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.journal import EntryKind, Hold, Journal, NewRun
from drkit.model import Change, Operation
from drkit.plan.steps import Plan, Step
from drkit.sandbox import Sandbox


class Counted:
    """A client whose calls are counted by name."""

    def __init__(self, client: Client) -> None:
        self.client, self.calls = client, Counter[str]()

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever the client has
        self.calls[name] += 1
        return getattr(self.client, name)


def plan_of(client: Client, count: int) -> Plan:
    """Attach one free pair to each of so many instances."""
    now = client.inventory()
    group = next(iter(now.groups.values()))
    free = [each for each in now.pairs_of(group.id) if not each.attachments][:count]
    steps = tuple(
        Step(
            str(number),
            f"Attach {pair.name}",
            Change.of(
                Operation.ATTACH_PAIR, group.id, pair_id=pair.id, instance_id=instance.id, device="/dev/vdx"
            ),
            lane=instance.id,
        )
        for number, (pair, instance) in enumerate(zip(free, now.instances_of(group.id), strict=False), 1)
    )
    return Plan(f"Attach {count}", now.backend, ((group.id, group.name),), steps, now.read_at)


def watching(count: int) -> None:
    clock = SteppedClock()
    sandbox = Sandbox("large", speed=1.0, now=clock.monotonic, groups=1, instances=count, pairs=4 * count)
    with (
        open_client(sandbox_profile(sandbox.access), clock, inner=sandbox.transport()) as client,
        tempfile.TemporaryDirectory() as folder,
    ):
        journal = Journal.open(Path(folder, "j.sqlite"), clock)
        service: Any = Counted(client)
        plan = plan_of(client, count)
        name = plan.groups[0][1]
        service.calls.clear()
        began = time.perf_counter()
        run = Run.start(
            plan, client=service, journal=journal, clock=clock, confirm=name, options=RunOptions(parallel=16)
        )
        state = run.wait()
        journal.close()
        assert state.exit_code == 0, state.sentence
    lists, asked = service.calls["pairs"], service.calls["job"]
    share = (lists + asked) / (lists * count)
    took = time.perf_counter() - began
    cost = f"{lists} lists, {asked} jobs asked: {share:.3f} x a poll per job and tick"
    say(f"{count:5} jobs    {cost}; {took:.1f} s")


@contextmanager
def holding(folder: Path) -> Iterator[Hold]:
    journal = Journal.open(folder / "j.sqlite")
    yield journal.start(NewRun("r", "Bench", True, "PRACTICE", "s", (("g", "g"),), {}, "", {}))
    journal.close()


def writing(entries: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        bare = sqlite3.connect(Path(folder, "bare.sqlite"), isolation_level=None)
        bare.execute("PRAGMA journal_mode=WAL")
        bare.execute("PRAGMA synchronous=FULL")
        bare.execute("CREATE TABLE entries (seq INTEGER PRIMARY KEY, data TEXT)")
        began = time.perf_counter()
        for number in range(entries):
            bare.execute("INSERT INTO entries VALUES (?, ?)", (number, "x" * 300))
        floor = time.perf_counter() - began
        bare.close()
        with holding(Path(folder)) as hold:
            began = time.perf_counter()
            for _ in range(entries):
                hold.append(EntryKind.NOTED, "1", {"sentence": "x" * 300})
            ours = time.perf_counter() - began
    say(f"{entries:5} entries {1000 * ours / entries:.2f} ms each, {ours / floor:.1f} x a bare insert")


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few of each, once")
    smoke = parser.parse_args().smoke
    watching(5 if smoke else 200)
    writing(20 if smoke else 1000)


if __name__ == "__main__":
    main()
