"""A process that carries out a plan over HTTP and dies, or falls asleep, at the Nth point that could hurt.

A point is: right before and right after each request, and right before and right after each transaction
of the journal. By SIGKILL nothing is closed, flushed or said; by SIGSTOP it may wake up much later.
"""

import os
import signal
import threading
import traceback
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from multiprocessing.connection import Connection as Pipe
from typing import Any

import httpx
from sqlalchemy import Connection

from drkit.api import Client, open_client, sandbox_profile
from drkit.clock import SystemClock
from drkit.errors import DrkitError
from drkit.execution.context import RunOptions
from drkit.execution.observations import ChangeStage, observe
from drkit.execution.run import Run
from drkit.execution.states import RunState, StepPhase
from drkit.journal import Entry, EntryKind, Hold, Journal, LeaseHolder
from drkit.journal.database import Database, locate
from drkit.plan.steps import Plan

PACE = 0.001
NEVER = 10**9


@dataclass
class Points:
    """Counts the points. At the Nth the process dies; at the first of a certain name it falls asleep."""

    die_at: int
    sleep_at: str = ""
    passed: int = 0
    names: list[str] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)
    in_writing: threading.Lock = field(default_factory=threading.Lock)

    def spare(self) -> None:
        """From now on the process lives, whatever it still reaches: it is about to tell what it found."""
        with self.lock:
            self.die_at = NEVER

    def reach(self, name: str) -> None:
        with self.lock:
            self.passed += 1
            self.names.append(name)
            if self.passed == self.die_at:
                os.kill(os.getpid(), signal.SIGKILL)
            if name == self.sleep_at:
                self.sleep_at = ""
                with self.in_writing:  # a process that sleeps inside a transaction would lock SQLite for all
                    signal.pthread_kill(threading.get_ident(), signal.SIGSTOP)


class Wire(httpx.HTTPTransport):
    """The network, with a point before and after each request."""

    def __init__(self, points: Points) -> None:
        super().__init__(verify=False)  # loopback speaks no TLS, and its set-up takes longer than a request
        self.points = points

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.points.reach(f"before {request.method} {request.url.path}")
        response = super().handle_request(request)
        body = httpx.ByteStream(b"".join(response.iter_raw()))  # whole; and still to be read as it came
        self.points.reach(f"after {request.method} {request.url.path}")
        return httpx.Response(
            response.status_code, headers=response.headers, stream=body, extensions=response.extensions
        )


class Disk(Database):
    """The journal's database, with a point before and after each writing transaction."""

    points = Points(NEVER)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        self.points.reach("before writing")
        with self.points.in_writing, super().writing() as connection:
            yield connection
        self.points.reach("after writing")


DONE_OR_ON_ITS_WAY = {ChangeStage.REACHED, ChangeStage.MOVING}


@dataclass(frozen=True)
class Task:
    """What a process has to do: the plan, where, and at which point what happens to it."""

    access: Mapping[str, str]
    where: str
    plan: Mapping[str, Any]
    die_at: int = NEVER
    sleep_at: str = ""
    lease_seconds: float = 60.0
    takeover: bool = False
    pace: float = PACE


def carry_out(task: Task) -> tuple[RunState, Points]:
    """Start the plan, or go on with the run that was interrupted."""
    points = Points(NEVER)
    Disk.points = points
    if task.sleep_at:
        name_the_entries(points)
    journal = Journal(Disk(locate(task.where), SystemClock()), LeaseHolder.here("victim"), task.lease_seconds)
    with open_client(sandbox_profile(task.access), inner=Wire(points)) as client:
        points.passed, points.die_at, points.sleep_at = 0, task.die_at, task.sleep_at
        points.names.clear()  # signing in sent nothing and wrote nothing
        state = ended(begun(task, client, journal), client)
        points.spare()
    journal.close()
    return state, points


def ended(run: Run, client: Client) -> RunState:
    """The end of a run. Where it asks what became of a step, a person looks at the service, and decides."""
    state = run.wait(60)
    while unknown := [each.key for each in state.steps if each.phase is StepPhase.UNKNOWN]:
        now = client.inventory(disks=True, beside=True)
        for key in unknown:
            change = run.plan.step(key).change
            if change and observe(change, now, {}).stage in DONE_OR_ON_ITS_WAY:
                run.look_again(key)
            else:
                run.resolve(key, False, "I looked: it is not so")
                run.retry(key)
        state = run.wait(60)
    return state


def begun(task: Task, client: Client, journal: Journal) -> Run:
    plan, over, options = Plan.from_json(task.plan), task.takeover, RunOptions(pace=task.pace)
    if interrupted := journal.runs():
        return Run.resume(interrupted[0].id, client=client, journal=journal, options=options, takeover=over)
    return Run.start(
        plan,
        confirm=plan.to_type,
        client=client,
        journal=journal,
        options=options,
        takeover=over,
    )


def name_the_entries(points: Points) -> None:
    """Points of their own before and after each entry, by its kind: "before intended", "after intended"."""
    append = Hold.append

    def pointed(self: Hold, kind: EntryKind, *args: Any, **more: Any) -> Entry:  # noqa: ANN401  # passed on
        points.reach(f"before {kind}")
        entry = append(self, kind, *args, **more)
        points.reach(f"after {kind}")
        return entry

    Hold.append = pointed  # type: ignore[method-assign]  # in this process alone


def main(task: Task, pipe: Pipe) -> None:
    """What the process does; what it found goes into the pipe, if it lives to tell."""
    try:
        state, points = carry_out(task)
    except DrkitError as error:
        pipe.send((type(error).__name__, [], [str(error)]))
    except BaseException:
        pipe.send(("crashed", [], [traceback.format_exc()]))
        raise
    else:
        pipe.send((state.phase.value, [each.phase.value for each in state.steps], points.names))
