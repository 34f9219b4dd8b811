"""A sandbox over HTTP that begins anew when told, and real processes that are let loose on it."""

import json
import multiprocessing
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import Connection as Pipe
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any

from drkit.api import open_client, sandbox_profile
from drkit.journal import EntryKind, Journal
from drkit.plan.attach import plan_attach
from drkit.sandbox import Sandbox, demo
from tests.crash import victim
from tests.crash.victim import Task

PAIRS = ("app-cache-01", "app-cache-02", "app-cache-03")
SPEED = 2000.0
PRELOADED = ["pytest", "tests.crash.victim", "httpcore", "h11", "sqlalchemy.dialects.sqlite"]
"""What every process would import for itself at its first request and its first entry."""


@dataclass(frozen=True)
class Told:
    """What a process said before it ended: nothing where it was killed."""

    phase: str = ""
    steps: tuple[str, ...] = ()
    points: tuple[str, ...] = ()


class Range:
    """One world at a time, its journal, and processes that carry out one plan in it.

    `fault` is planted in each world, with where it strikes; the plan is of one pair then, and its pace that
    of the world: that takes longer.
    """

    def __init__(
        self, sandbox: Sandbox, folder: Path, where: str = "", fault: Mapping[str, Any] | None = None
    ) -> None:
        self.sandbox, self.folder, self.where, self.fault = sandbox, folder, where, fault
        self.pairs = PAIRS[:1] if fault else PAIRS
        self.pace = 1 / sandbox.speed if fault else victim.PACE
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(PRELOADED)
        self.anew(0)
        self.where = where or self.where
        self.plan = self._plan()

    def anew(self, number: int) -> None:
        account = self.sandbox.world.account
        self.sandbox.world = demo.demo(0, time.time())
        self.sandbox.world.account = account
        if self.fault:
            self.sandbox.fault(**self.fault)
        self.where = str(self.folder / f"{number}.sqlite")

    def _plan(self) -> dict[str, Any]:
        with open_client(sandbox_profile(self.sandbox.access)) as client:
            instance = client.inventory().instance("app-01")
            now = client.inventory(instance.group_id, block_devices_of=[instance.id])
        plan = plan_attach(now, instance.id, [now.pair(each).id for each in self.pairs])
        kept: dict[str, Any] = json.loads(json.dumps(plan.to_json()))
        return kept

    def begin(self, **task: Any) -> tuple[ForkServerProcess, Pipe]:  # noqa: ANN401  # the fields of Task
        hears, tells = self.context.Pipe(duplex=False)
        wanted = Task(self.sandbox.access, self.where, self.plan, pace=self.pace, **task)
        process = self.context.Process(target=victim.main, args=(wanted, tells))
        process.start()
        tells.close()
        return process, hears

    def end(self, process: ForkServerProcess, hears: Pipe) -> Told:
        """Wait until the process has ended by itself or was killed.

        Its exit code tells nothing: on a busy machine the fork server at times loses it.
        """
        try:
            phase, steps, points = hears.recv()
            told = Told(phase, tuple(steps), tuple(points))
        except EOFError:
            told = Told()
        process.join(60)
        assert not process.is_alive()
        assert told.phase != "crashed", told.points
        return told

    def let_loose(self, **task: Any) -> Told:  # noqa: ANN401  # the fields of Task
        return self.end(*self.begin(**task))

    def attached(self) -> list[str]:
        world = self.sandbox.world
        instance = next(each for each in world.instances.values() if each.name == "app-01")
        return sorted(world.pairs[each].name for each in instance.devices)

    def jobs(self) -> int:
        return sum(each.type == "attachReplicationPairNew" for each in self.sandbox.world.jobs.values())

    def wrong(self, last: Told) -> list[str]:
        """What is not as it should be, after the last process ended."""
        journal = Journal.open(self.where)
        runs = journal.runs()
        verified = [journal.verify(each.id) for each in runs]
        kinds = [
            (entry.step, entry.kind) for each in runs for entry in journal.entries(each.id) if entry.step
        ]
        sent = {step: kinds.count((step, EntryKind.INTENDED)) for step, _ in kinds}
        said = {step: 1 + kinds.count((step, EntryKind.APPROVED)) for step, _ in kinds}
        journal.close()
        wanted = {
            "the run is done": last.phase == "done" and last.steps == ("done",) * len(self.pairs),
            "there is one run": [each.state for each in runs] == ["done"],
            "nothing was sent again but on a person's word": sent == said,
            "a job was begun for each pair": self.jobs() == len(self.pairs),
            "the pairs are attached": set(self.attached()) >= set(self.pairs),
            "the record verifies": all(each.holds for each in verified),
            "the world is sound": self.sandbox.invariants() == [],
        }
        return [f"not true that {each}: {last}" for each, holds in wanted.items() if not holds]
