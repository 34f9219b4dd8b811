"""Drives a rehearsal on a sandbox in stepped time, with an operator who signs everything off."""

import threading
from collections.abc import Callable
from pathlib import Path

from drkit.clock import SteppedClock
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, RunState
from drkit.model import Inventory
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.steps import Plan
from drkit.sandbox import Sandbox
from drkit.sandbox.world import World
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.plan.rehearsal_world import aims, asked

Answer = Callable[[str], bool]
PATIENCE = 60.0  # real seconds


class WatchedClock(SteppedClock):
    """Something is done before each jump, in the thread that waits."""

    before: Callable[[], object] = staticmethod(lambda: None)

    def wait(self, seconds: float, stop: threading.Event | None = None) -> bool:
        self.before()
        return super().wait(seconds, stop)


class Range:
    """A sandbox, its site, and runs on it."""

    def __init__(
        self,
        folder: Path,
        world: World | str = "healthy-three-tier",
        manner: str = "full",
        *,
        speed: float = 1.0,
    ) -> None:
        self.clock = WatchedClock()
        self.sandbox = Sandbox(world, now=self.clock.monotonic, manner=manner, speed=speed)
        self.site: Site = at_the_end.enter_context(
            practise(self.sandbox, clock=self.clock, journal=folder / "journal.sqlite")
        )

    @property
    def inventory(self) -> Inventory:
        return self.site.inventory()

    def objectives(self, kind: RunbookKind) -> Objectives:
        return aims(kind, *self.inventory.groups)

    def plan(self, kind: RunbookKind, *waves: list[str], **more: object) -> Plan:
        return self.site.plan_rehearsal(asked(kind, *waves, **more))

    def start(self, plan: Plan, *, parallel: int = 4) -> Run:
        confirm = ", ".join(name for _, name in plan.groups)
        site = self.site
        return Run.start(
            plan,
            client=site.client,
            journal=site.journal,
            clock=self.clock,
            confirm=confirm,
            options=RunOptions(parallel=parallel, pace=1 / site.client.speed),
        )

    def to_the_end(self, run: Run, answer: Answer = lambda _title: True) -> RunState:
        """Sign off whatever asks for it until the run ends."""
        while (state := run.wait(PATIENCE)).phase.alive:
            assert state.phase is RunPhase.WAITING_FOR_OPERATOR, state.sentence
            asked = [each for each in state.steps if Action.SIGN_OFF in each.actions]
            assert asked, state.sentence
            for each in asked:
                run.sign_off(each.key, answer(each.title), "Duty engineer", "looked")
        return state
