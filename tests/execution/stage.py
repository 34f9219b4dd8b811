"""A practice range in stepped time with a journal, and runs on it: what the tests of running a plan share."""

# ruff: noqa: ANN401  # calls are passed on as they come

from collections.abc import Callable
from pathlib import Path
from typing import Any

from drkit.api import Client, open_client, sandbox_profile
from drkit.clock import SteppedClock
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.journal import Entry, EntryKind, Journal
from drkit.model import Change, Inventory, Operation
from drkit.plan.attach import plan_attach, plan_detach
from drkit.plan.steps import Plan, Step
from drkit.sandbox import Sandbox
from drkit.sandbox.world import World
from tests.closing import at_the_end

PATIENCE = 60.0  # real seconds; only a test that fails waits so long
CACHES = ("app-cache-01", "app-cache-02", "app-cache-03")


def until(run: Run, seen: Callable[[RunState], bool]) -> RunState:
    """The state as soon as it is as wanted."""
    changed = run._board.changed
    with changed:
        assert changed.wait_for(lambda: seen(run.state()), PATIENCE)
        return run.state()


class Stage:
    """The shop of the demo world. Time passes only when somebody waits for it."""

    def __init__(self, folder: Path, world: World | str = "demo", seed: int = 0) -> None:
        self.clock = SteppedClock()
        self.sandbox = Sandbox(world, speed=1.0, now=self.clock.monotonic, seed=seed)
        self.client: Client = self.connect()
        self.file = folder / "journal.sqlite"
        self.journal = at_the_end.enter_context(Journal.open(self.file, self.clock, who="duty"))

    def connect(self) -> Client:
        access = sandbox_profile(self.sandbox.access)
        return at_the_end.enter_context(open_client(access, self.clock, inner=self.sandbox.transport()))

    def close(self) -> None:
        self.client.close()
        self.journal.close()

    # plans

    def inventory(self, *instances: str) -> Inventory:
        """What is, with the block devices of some instances (by name)."""
        known = {each.name: each.id for each in self.sandbox.world.instances.values()}
        return self.client.inventory(block_devices_of=[known[each] for each in instances])

    def attach(self, *pairs: str, to: str = "app-01", **devices: str) -> Plan:
        now = self.inventory(to)
        named = {now.pair(name.replace("_", "-")).id: device for name, device in devices.items()}
        ids = [now.pair(each).id for each in pairs or CACHES]
        return plan_attach(now, now.instance(to).id, ids, devices=named)

    def detach(self, *pairs: str, off: str = "app-01") -> Plan:
        now = self.inventory(off)
        return plan_detach(now, now.instance(off).id, [now.pair(each).id for each in pairs])

    def switch(self, group: str, *operations: Operation, **arguments: Any) -> Plan:
        now = self.inventory()
        chosen = now.group(group)
        steps = tuple(
            Step(str(number), each.words, Change.of(each, chosen.id, **arguments), needs=needs_of(number))
            for number, each in enumerate(operations, start=1)
        )
        return self.plan(*steps, group=group)

    def plan(self, *steps: Step, group: str = "shop-backend") -> Plan:
        now = self.inventory()
        chosen = now.group(group)
        return Plan("A plan of steps", now.backend, ((chosen.id, chosen.name),), steps, now.read_at)

    # runs

    def start(self, plan: Plan, **options: Any) -> Run:
        return Run.start(
            plan,
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            confirm=plan.to_type,
            options=RunOptions(**options),
        )

    def run(self, plan: Plan, **options: Any) -> RunState:
        """Start a plan and wait for its end, or for a question."""
        return self.ended(self.start(plan, **options))

    def ended(self, run: Run) -> RunState:
        state = run.wait(PATIENCE)
        assert state.phase is not RunPhase.RUNNING, state
        return state

    def resume(self, run_id: str, *, takeover: bool = False, **options: Any) -> Run:
        return Run.resume(
            run_id,
            client=self.client,
            journal=self.journal,
            clock=self.clock,
            takeover=takeover,
            options=RunOptions(**options),
        )

    # what happened

    def entries(self, run_id: str, *kinds: EntryKind) -> list[Entry]:
        return [each for each in self.journal.entries(run_id) if not kinds or each.kind in kinds]

    def story(self, run_id: str, step: str = "1") -> list[str]:
        """The kinds of the entries of a step, with the phase where they tell one."""
        found = (each for each in self.journal.entries(run_id) if each.step == step)
        return [" ".join(filter(None, (each.kind.value, each.data.get("phase", "")))) for each in found]

    def attached(self, instance: str = "app-01") -> dict[str, str]:
        """What is attached to an instance by the service's own account: pair name to device."""
        now = self.client.inventory()
        held = now.attachments_on(now.instance(instance).id)
        return {now.pairs[each.pair_id].name: each.device for each in held}

    def jobs(self, kind: str = "attachReplicationPairNew") -> int:
        """How many jobs of that type the service ever began."""
        return sum(each.type == kind for each in self.sandbox.world.jobs.values())


def needs_of(number: int) -> tuple[str, ...]:
    return (str(number - 1),) if number > 1 else ()


def phases(state: RunState) -> list[StepPhase]:
    return [each.phase for each in state.steps]


class _Intercepted:
    def __init__(self, client: Client, instead: dict[str, Callable[..., Any]]) -> None:
        self._client, self._instead = client, instead

    def __getattr__(self, name: str) -> Any:
        return self._instead.get(name) or getattr(self._client, name)


def intercepted(client: Client, **instead: Callable[..., Any]) -> Any:
    """A client that lets a test step in at any call; everything else goes through."""
    return _Intercepted(client, instead)
