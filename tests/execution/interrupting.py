"""A process that interrupts itself at each request of a run in turn, and tells what it sent after that.

One world, one journal and one run for each; the last is never interrupted and comes to its end.
"""

import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import httpx

from drkit.api import open_client, sandbox_profile
from drkit.clock import SystemClock
from drkit.execution.context import RunOptions
from drkit.execution.interruption import interruptions
from drkit.execution.run import Run
from drkit.journal import Journal
from drkit.plan.attach import plan_attach
from drkit.sandbox import Sandbox

PATIENCE = 30.0


class Wire(httpx.BaseTransport):
    """The way into the practice range; interrupts this process right before request number `at`."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self.inner, self.at, self.passed = inner, sys.maxsize, 0
        self.late: list[str] = []
        self.lock = threading.Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        with self.lock:
            self.passed += 1
            number = self.passed
        if number == self.at:
            interrupt()
        elif number > self.at and request.method != "GET" and "tokens" not in request.url.path:
            self.late.append(f"{request.method} {request.url.path}")
        return self.inner.handle_request(request)


def interrupt() -> None:
    """Ctrl-C; wait until the system has delivered it. The exception strikes the main thread when it may."""
    before, deadline = interruptions.count(), time.monotonic() + PATIENCE
    os.kill(os.getpid(), signal.SIGINT)
    while interruptions.count() == before and time.monotonic() < deadline:
        time.sleep(0.0005)


def waits(start: Callable[[], Run]) -> None:
    """A script: it starts a run and waits for it."""
    with suppress(KeyboardInterrupt):
        start().wait(PATIENCE)


def swallows(start: Callable[[], Run]) -> None:
    """The exception strikes a frame that has nothing to do with the run, and goes no further."""
    runs: list[Run] = []
    with suppress(KeyboardInterrupt):
        runs.append(start())
    while runs and runs[0].driven:
        with suppress(KeyboardInterrupt):
            time.sleep(0.001)


def starts_in_a_thread(start: Callable[[], Run]) -> None:
    """The run is begun by another thread, as a form does, while the main thread is elsewhere."""
    interruptions.listen()
    through = threading.Event()

    def work() -> None:
        start().wait(PATIENCE)
        through.set()

    with suppress(KeyboardInterrupt):
        threading.Thread(target=work).start()
    while not through.is_set():
        with suppress(KeyboardInterrupt):
            time.sleep(0.001)


def once(folder: Path, at: int, how: Callable[[Callable[[], Run]], None]) -> dict[str, object]:
    """One run that is interrupted at request `at`: what was sent after that, and how the run ended."""
    sandbox = Sandbox("demo", speed=5000.0)
    wire, journal = Wire(sandbox.transport()), Journal.open(folder / f"{at}.sqlite", SystemClock())
    with open_client(sandbox_profile(sandbox.access), inner=wire) as client:
        instance = client.inventory().instance("app-01")
        now = client.inventory(instance.group_id, block_devices_of=[instance.id])
        pairs = [now.pair(name).id for name in ("app-cache-01", "app-cache-02", "app-cache-03")]
        plan = plan_attach(now, instance.id, pairs)
        wire.passed, wire.at = 0, at
        how(
            lambda: Run.start(
                plan,
                client=client,
                journal=journal,
                confirm="shop-backend",
                options=RunOptions(pace=0.001),
            )
        )
        for thread in threading.enumerate():
            if thread.name.startswith("drkit-run"):
                thread.join(PATIENCE)
    states = [each.state for each in journal.runs()]
    journal.close()
    return {"at": at, "late": wire.late, "requests": wire.passed, "states": states}


def main() -> None:
    """Interrupt at the first request, the second, and so on, until there are no more."""
    folder, how, at = Path(sys.argv[1]), globals()[sys.argv[2]], 1
    while True:
        found = once(folder, at, how)
        print(json.dumps(found), flush=True)  # noqa: T201 - for the test
        if at > int(str(found["requests"])):
            return
        at += 1


if __name__ == "__main__":
    main()
