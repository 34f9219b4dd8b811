"""Attaching at size, over HTTP with 20 ms of latency: 200 pairs at once, and watching 500 jobs to their ends.

    python tests/bench/bench_attaching.py [--smoke] [--rounds N] [--json FILE]

Attach: 200 pairs in 80 groups of a project of 10,000 pairs, jobs of 1 s, until all are known to be done. The
floor is what a person writes by hand: all requests in a pool, then each job asked until it has ended, with no
rules, nothing read before or after, and no record. drkit reads, judges, writes each step down before it is
sent, and reads at the end; its journal is a file that is synchronised with the disk at every write.

Watch: 500 jobs of 5 to 15 s, one in twenty fails. The floor lists what is `attaching` once a second and asks
each job once it is not in the list any more. Counted is what is asked for watching, the lag is from the end
of a job until it is known. Also with a list that is 1.5 s ahead of the jobs, and 1.5 s behind.

Gentle: the same under a service that answers 50 requests in each second and refuses the others (429).

Growth: the processor's time per pair and per job, of worlds and of jobs of several sizes, and the memory.
"""

import gc
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import mean, median
from typing import Any

import httpx
import orjson

from drkit.api import Client, open_client
from drkit.api.profiles import profile
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import StepPhase
from drkit.journal import EntryKind, Journal
from drkit.model import Change, Operation
from drkit.plan.steps import Plan, Step
from tests.bench.parts.responder import PROJECT, access
from tests.bench.parts.rounds import arguments, say, write
from tests.bench.parts.working import LOOKER, Stand, Work, working

CONNECTIONS = 16


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one contender took in one round: seconds, requests, lags; jobs told of wrongly or early; requests
    that the service refused for being too fast."""

    wall: float
    cpu: float
    requests: int
    watching: int
    lag: float
    longest: float
    wrong: int
    refused: int


class ByHand:
    """The floor."""

    def __init__(self, stand: Stand, work: Work) -> None:
        base = f"http://127.0.0.1:{stand.port}/v1/{PROJECT}"
        limits = httpx.Limits(max_connections=CONNECTIONS, max_keepalive_connections=CONNECTIONS)
        self.client = httpx.Client(base_url=base, trust_env=False, limits=limits)
        self.looker = httpx.Client(
            base_url=base, trust_env=False, limits=limits, headers={"Authorization": LOOKER}
        )
        self.pool, self.work = ThreadPoolExecutor(CONNECTIONS), work
        self.known: dict[str, tuple[float, bool]] = {}
        self.pairs: dict[str, str] = {}  # by job

    def send(self, one: tuple[str, str, str, str]) -> None:
        _, instance, pair, device = one
        body = {"replicationAttachment": {"replication_id": pair, "device": device}}
        answer = self.client.post(f"/protected-instances/{instance}/attachreplication", json=body)
        self.pairs[orjson.loads(answer.content)["job_id"]] = pair

    def ask(self, job: str) -> None:
        status = orjson.loads(self.looker.get(f"/jobs/{job}").content)["status"]
        if status in {"SUCCESS", "FAIL"}:
            self.known[job] = time.time(), status == "SUCCESS"

    def attach(self) -> None:
        """Each job is asked once it may have ended, and again until it has."""
        list(self.pool.map(self.send, self.work.wanted))
        time.sleep(self.work.shortest)
        while left := self.pairs.keys() - self.known.keys():
            list(self.pool.map(self.ask, left))

    def watch(self) -> None:
        """A list of what is attaching once a second; whatever is not in it is asked."""
        list(self.pool.map(self.send, self.work.wanted))
        while left := self.pairs.keys() - self.known.keys():
            time.sleep(1)
            page = self.looker.get("/replications?status=attaching&limit=1000&offset=0")
            moving = {one["id"] for one in orjson.loads(page.content)["replications"]}
            list(self.pool.map(self.ask, [job for job in left if self.pairs[job] not in moving]))


class Roles:
    """Two clients of one service, so that what is asked for watching can be counted."""

    def __init__(self, client: Client, looker: Client) -> None:
        self.client, self.looker = client, looker

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401  # whatever a client has
        of_all = name in {"inventory", "submit", "backend"}
        return getattr(self.client if of_all else self.looker, name)


@contextmanager
def roles(stand: Stand, work: Work) -> Iterator[Any]:
    """What a run asks; one client alone where the service has a limit, which two would learn by halves."""
    plain = access(stand.port)
    looking = {**plain, "OS_ACCESS_KEY": LOOKER}
    if work.limit:
        with open_client(profile("env", plain)) as client:
            yield Roles(client, client)
        return
    with open_client(profile("env", plain)) as client, open_client(profile("env", looking)) as looker:
        yield Roles(client, looker)


def plan_of(client: Client, work: Work) -> Plan:
    """One step per pair, all at once."""
    reading = client.inventory(kinds=("groups",))
    steps = tuple(
        Step(
            str(number),
            f"Attach pair {number}",
            Change.of(Operation.ATTACH_PAIR, group, pair_id=pair, instance_id=instance, device=device),
            lane=pair,
        )
        for number, (group, instance, pair, device) in enumerate(work.wanted, start=1)
    )
    groups = {step.group_id: reading.groups[step.group_id].name for step in steps}
    return Plan(f"Attach {work.jobs}", reading.backend, tuple(groups.items()), steps, reading.read_at)


def by_hand(work: Work, how: Callable[[ByHand], None]) -> Outcome:
    with working(work) as stand:
        hand = ByHand(stand, work)
        stand.told()
        gc.collect()
        began, spent = time.perf_counter(), time.process_time()
        how(hand)
        wall, cpu = time.perf_counter() - began, time.process_time() - spent
        hand.client.close()
        hand.looker.close()
        return outcome(
            stand, work, wall, cpu, {job: (hand.pairs[job], *one) for job, one in hand.known.items()}
        )


def by_drkit(work: Work) -> Outcome:
    with (
        working(work) as stand,
        roles(stand, work) as service,
        tempfile.TemporaryDirectory() as folder,
        Journal.open(Path(folder, "j.sqlite")) as journal,
    ):
        plan = plan_of(service.client, work)
        stand.told()
        gc.collect()
        began, spent = time.perf_counter(), time.process_time()
        confirm = ", ".join(name for _, name in plan.groups)
        options = RunOptions(parallel=CONNECTIONS)
        run = Run.start(plan, client=service, journal=journal, confirm=confirm, options=options)
        state = run.wait()
        wall, cpu = time.perf_counter() - began, time.process_time() - spent
        assert state.phase.value == ("failed" if work.failing else "done"), state.sentence
        pairs = {step.key: step.change.pair_id for step in plan.steps if step.change}
        known = {
            each.job_id: (pairs[each.step], each.at.timestamp(), each.data["phase"] == StepPhase.DONE.value)
            for each in journal.entries(run.id)
            if each.kind is EntryKind.SETTLED and each.step
        }
        return outcome(stand, work, wall, cpu, known)


def outcome(
    stand: Stand, work: Work, wall: float, cpu: float, known: dict[str, tuple[str, float, bool]]
) -> Outcome:
    """What it took, and what was told of the jobs held against how they were."""
    told = stand.told()
    lags = [known[job][1] - end for job, end in told["ends"].items() if job in known]
    right = {pair: not work.fails(int(pair.rpartition("-")[2])) for _, _, pair, _ in work.wanted}
    early = sum(lag < -0.01 for lag in lags)
    wrong = sum(done is not right[pair] for pair, _, done in known.values())
    missing = work.jobs - len(known)
    requests = sum(told["counts"].values())
    wrong += early + missing
    return Outcome(wall, cpu, requests, told["watching"], mean(lags), max(lags), wrong, told["refused"])


def compared(title: str, rounds: int, contenders: dict[str, Callable[[], Outcome]]) -> dict[str, object]:
    """Contenders by turns; the first is the floor. A ratio is that of two figures of one round."""
    found: dict[str, list[Outcome]] = {name: [] for name in contenders}
    order = list(contenders)
    for _ in range(rounds):
        for name in order:
            found[name].append(contenders[name]())
        order.append(order.pop(0))
    floor, rows = found[next(iter(contenders))], dict[str, object]()
    say(f"\n{title}")
    for name, mine in found.items():
        ratios = [one.wall / its.wall for one, its in zip(mine, floor, strict=True)]
        figures = {key: median(getattr(one, key) for one in mine) for key in Outcome.__slots__}
        rows[name] = {**figures, "wall_ratio": median(ratios)}
        say(
            f"  {name:20} {figures['wall']:6.2f} s = {median(ratios):.2f} x ({min(ratios):.2f} to "
            f"{max(ratios):.2f})  cpu {figures['cpu']:5.2f} s  {figures['requests']:5.0f} requests, "
            f"{figures['watching']:4.0f} to watch  lag {figures['lag']:.2f} s (at most "
            f"{figures['longest']:.2f})  {figures['wrong']:.0f} wrong"
        )
    return {title: rows}


def attaching(work: Work, rounds: int) -> dict[str, object]:
    title = f"Attach {work.jobs} pairs of {work.pairs:,}, jobs of {work.shortest} s"
    return compared(
        title,
        rounds,
        {"floor by hand": lambda: by_hand(work, ByHand.attach), "drkit": lambda: by_drkit(work)},
    )


def watching(work: Work, rounds: int) -> dict[str, object]:
    lists = f", lists {abs(work.ahead)} s {'ahead' if work.ahead > 0 else 'behind'}" if work.ahead else ""
    title = f"Watch {work.jobs} jobs of {work.shortest} to {work.longest} s{lists}"
    return compared(
        title, rounds, {"floor by hand": lambda: by_hand(work, ByHand.watch), "drkit": lambda: by_drkit(work)}
    )


def gentle(work: Work) -> dict[str, object]:
    """How near the throughput comes to the service's limit, with nothing told wrongly."""
    one = by_drkit(work)
    fast = one.requests / one.wall
    say(f"\nAttach {work.jobs} pairs of {work.pairs:,} where {work.limit} requests a second are answered")
    say(f"  drkit  {one.wall:.1f} s  {fast:.0f} requests a second, {one.refused} refused, {one.wrong} wrong")
    return {"gentle": {"wall": one.wall, "a_second": fast, "refused": one.refused, "wrong": one.wrong}}


def growth(worlds: tuple[int, ...], jobs: tuple[int, ...], seconds: float, within: int) -> dict[str, object]:
    """Milliseconds of the processor per pair of the world, and per job in a world of so many pairs; the most
    memory that this process has taken until then."""
    rows: dict[str, object] = {}
    say(f"\nGrowth: 10 jobs in worlds of several sizes, then as many jobs in a world of {within:,} pairs")
    for pairs in worlds:
        one = by_drkit(Work(pairs, min(10, pairs // 10), seconds, seconds))
        rows[f"{pairs} pairs"] = {"cpu_ms_each": 1000 * one.cpu / pairs, "wall": one.wall, "mb": memory()}
        say(
            f"  {pairs:6} pairs: cpu {one.cpu:6.2f} s, {1000 * one.cpu / pairs:7.3f} ms a pair; "
            f"{memory():.0f} MB"
        )
    for many in jobs:
        one = by_drkit(Work(within, many, seconds, seconds))
        rows[f"{many} jobs"] = {"cpu_ms_each": 1000 * one.cpu / many, "requests_each": one.requests / many}
        say(
            f"  {many:6} jobs:  cpu {one.cpu:6.2f} s, {1000 * one.cpu / many:7.3f} ms a job; "
            f"{one.requests} requests, {one.requests / many:.2f} a job; {one.wall:.1f} s; {memory():.0f} MB"
        )
    return {"growth": rows}


def memory() -> float:
    """The most memory (MB) that this process has taken so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1000


def main() -> None:
    given = arguments(__doc__)
    if given.smoke:
        results = [
            attaching(Work(300, 6, 0.2, 0.2, groups=2), 1),
            watching(Work(300, 6, 0.2, 1.0, failing=0.05), 1),
            gentle(Work(300, 6, 0.2, 0.2, limit=10)),
            growth((100,), (5,), 0.2, 100),
        ]
    else:
        results = [
            attaching(Work(10_000, 200, 1, 1, groups=80), given.rounds),
            *(watching(Work(10_000, 500, 5, 15, 0.05, ahead), given.rounds) for ahead in (0, 1.5, -1.5)),
            gentle(Work(10_000, 200, 1, 1, groups=80, limit=50)),
            growth((100, 1_000, 10_000, 50_000), (10, 100, 500, 2_000), 3, 10_000),
        ]
    write(given.json, results)


if __name__ == "__main__":
    main()
