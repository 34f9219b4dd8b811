"""Hundreds of runs under seeded faults: no change takes effect twice, no job is lost, no "done" is false."""

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.errors import DrkitError
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.model import Change
from drkit.plan.steps import Plan
from tests.execution.stage import PATIENCE, Stage, intercepted

SEEDS = range(200)
ATTACH = "attach_protected_instance_replication"
PAIRS = ("app-cache-01", "app-cache-02", "app-cache-03", "app-cache-04", "batch-archive")
HOSTS = ("app-01", "app-02", "batch-01")
READS = ("list_replications", "show_job_status", "list_protected_instances", "list_protection_groups")


def some_faults(dice: random.Random) -> Iterator[tuple[str, dict[str, Any]]]:
    """A handful of troubles on the way there and back, most of them where it hurts: at an attach."""
    for _ in range(dice.randint(1, 4)):
        operation = ATTACH if dice.random() < 0.7 else dice.choice(READS)
        where: dict[str, Any] = {
            "operation": operation,
            "times": dice.randint(1, 2),
            "skip": dice.randint(0, 3),
        }
        accepted = {"accepted": dice.random() < 0.5}
        yield dice.choice(
            [
                ("answer-lost-after", {**where, "how": dice.choice(["hang-up", "timeout"])}),
                ("answer-lost-before", where),
                ("request-arrives-late", {**where, "seconds": dice.choice([5, 45, 400])}),
                ("list-lags", {"seconds": dice.choice([5, 40])}),
                ("unreachable", where),
                ("slow", {**where, "seconds": dice.choice([1, 20])}),
                ("rate-limit", {**where, "seconds": dice.randint(1, 5)}),
                (dice.choice(["error-500", "error-502", "error-503"]), {**where, **accepted}),
                ("truncated", where),
                ("second-operator", {**where, "action": dice.choice(["takes-pair", "takes-device"])}),
                ("job-fails", {"skip": dice.randint(0, 2)}),
                ("token-expires", {"after": dice.randint(0, 60)}),
            ]
        )
    if dice.random() < 0.03:
        yield "job-stuck", {"skip": dice.randint(0, 2)}


class Soak:
    """One seeded run: planned, started under faults, perhaps stopped in between and gone on with."""

    def __init__(self, stage: Stage, seed: int) -> None:
        self.stage, self.dice = stage, random.Random(seed)
        self.plan = self._plan()

    def _plan(self) -> Plan:
        chosen = self.dice.sample(PAIRS, self.dice.randint(1, 4))
        hosts = self.dice.sample(HOSTS, 2)
        wishes = [each for each in zip(hosts, (chosen[::2], chosen[1::2]), strict=True) if each[1]]
        plans = [self.stage.attach(*pairs, to=host) for host, pairs in wishes]
        steps = [each for plan in plans for each in plan.steps]
        return replace(
            plans[0], steps=tuple(replace(each, key=str(key)) for key, each in enumerate(steps, 1))
        )

    def run(self) -> RunState | None:
        for name, where in some_faults(self.dice):
            self.stage.sandbox.fault(name, **where)
        self.state = None
        try:
            run = self._start()
        except DrkitError:  # refused, or the service could not be read: nothing was sent
            return None
        state = self._ended(run)
        if state.phase in {RunPhase.STOPPED, RunPhase.WAITING_FOR_OPERATOR}:
            run.stop()
            self._ended(run)
        if state.phase is RunPhase.STOPPED or self.dice.random() < 0.3:
            self.stage.sandbox.clear_faults()
            resumed = self.stage.resume(run.id, attended=False)
            if (state := self._ended(resumed)).phase is RunPhase.WAITING_FOR_OPERATOR:
                resumed.stop()
                self._ended(resumed)
        return state

    def _start(self) -> Run:
        runs: list[Run] = []
        stop_at, calls = self.dice.choice([0, 0, 2, 5]), list[int]()

        def pairs(groups: tuple[str, ...]) -> Any:  # noqa: ANN401  # as the client's own
            calls.append(1)
            if len(calls) == stop_at and runs:
                runs[0].stop()
            return self.stage.client.pairs(groups)

        runs.append(
            Run.start(
                self.plan,
                client=intercepted(self.stage.client, pairs=pairs),
                journal=self.stage.journal,
                clock=self.stage.clock,
                confirm="shop-backend",
                options=RunOptions(attended=self.dice.random() < 0.3),
            )
        )
        return runs[0]

    def _ended(self, run: Run) -> RunState:
        state = run.wait(PATIENCE * 3)
        assert state.phase is not RunPhase.RUNNING, state.sentence
        return state

    def faults(self, state: RunState | None) -> list[str]:
        """What must never be, and is."""
        self.stage.sandbox.clear_faults()
        self.stage.clock.advance(3600)
        found = list(self.stage.sandbox.invariants())
        for step in self.plan.steps:
            assert step.change
            jobs = self.jobs(step.change)
            phase = state.step(step.key).phase if state else StepPhase.NOT_SENT
            found += [f"step {step.key} {phase}: {each}" for each in self.judged(step.change, jobs, phase)]
        for row in self.stage.journal.runs():
            found += self.stage.journal.verify(row.id).faults
        return found + [f"held by {each.sentence}" for each in self.stage.journal.leases()]

    def jobs(self, change: Change) -> list[str]:
        """How the jobs ended that the service began for just this change."""
        wanted = (change.pair_id, change.instance_id, change.device[-1])
        return [
            each.status
            for each in self.stage.sandbox.world.jobs.values()
            if each.type == "attachReplicationPairNew"
            and (each.touches[0][1], each.work["instance"], each.work["device"][-1]) == wanted
        ]

    def judged(self, change: Change, jobs: list[str], phase: StepPhase) -> Iterator[str]:
        on = self.stage.sandbox.world.instances[change.instance_id].devices
        attached = on.get(change.pair_id, "")[-1:] == change.device[-1]
        if len(jobs) > 1:
            yield f"taken {len(jobs)} times"
        if phase is StepPhase.DONE and (not attached or jobs != ["SUCCESS"]):
            yield f"a false done: attached is {attached}, jobs {jobs}"
        if phase is StepPhase.FAILED and "SUCCESS" in jobs:
            yield "called failed, and its job succeeded"
        if phase in {StepPhase.NOT_SENT, StepPhase.WAITING, StepPhase.READY, StepPhase.SKIPPED} and jobs:
            yield f"a lost job: {jobs}"


@pytest.mark.parametrize("eighth", range(8))
def test_under_faults_nothing_is_done_twice_lost_or_called_done_falsely(tmp_path: Path, eighth: int) -> None:
    found: dict[int, list[str]] = {}
    for seed in SEEDS[eighth::8]:
        folder = tmp_path / str(seed)
        folder.mkdir()
        stage = Stage(folder, seed=seed)
        soak = Soak(stage, seed)
        if faults := soak.faults(soak.run()):
            found[seed] = faults
        stage.close()
    assert found == {}
