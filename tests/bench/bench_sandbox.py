"""What a call to the sandbox costs in process, as a multiple of writing the same answer as JSON.

    python tests/bench/bench_sandbox.py [--smoke]

Calls are made in the demo world, pages of pairs in a large one. The floor for each is `json.dumps` of the
very answer it gives. The best of several runs counts; the goals in ms are for a machine with nothing else
to do.
"""

import argparse
import json
import sys
import time
from collections.abc import Callable
from functools import partial

from drkit.sandbox import Sandbox

GOAL = {"call": 1.0, "page": 20.0, "start": 5000.0}
"""Milliseconds that each may take."""


def best(work: Callable[[], object], times: int) -> float:
    """The shortest of so many runs, in milliseconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        work()
        found.append((time.perf_counter() - began) * 1000)
    return min(found)


class Caller:
    """A signed-in caller that goes straight to `Sandbox.handle`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.access = sandbox, sandbox.access
        domain = {"name": self.access["domain"]}
        user = {"name": self.access["username"], "password": self.access["password"], "domain": domain}
        identity = {"methods": ["password"], "password": {"user": user}}
        auth = {"auth": {"identity": identity, "scope": {"project": {"id": self.access["project_id"]}}}}
        answer = sandbox.handle("POST", "/v3/auth/tokens", "", {}, json.dumps(auth).encode())
        self.headers = {"X-Auth-Token": answer.headers["X-Subject-Token"]}

    def get(self, path: str, query: str = "") -> bytes:
        """The answer to one reading call, still as text."""
        path = f"/v1/{self.access['project_id']}/{path}"
        answer = self.sandbox.handle("GET", path, query, self.headers, b"")
        assert answer.status == 200, answer.body
        return answer.body


def report(kind: str, what: str, milliseconds: float, floor: float) -> None:
    """One line of figures."""
    ratio = f"{milliseconds / floor:6.1f} x the floor" if floor else " " * 18
    verdict = "within" if milliseconds <= GOAL[kind] else "ABOVE"
    sys.stdout.write(f"{what:34} {milliseconds:9.3f} ms  {ratio}  {verdict} {GOAL[kind]:g} ms\n")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small world, once")
    smoke = parser.parse_args().smoke
    times, pairs = (1, 1000) if smoke else (20, 10_000)
    demo = Caller(Sandbox("demo"))
    pair = next(iter(demo.sandbox.world.pairs))
    group = next(iter(demo.sandbox.world.groups))
    for path in (
        f"replications/{pair}",
        f"server-groups/{group}",
        "server-groups",
        "replications",
        "cloudservers/detail",
    ):
        value = json.loads(demo.get(path))
        floor = best(partial(json.dumps, value), times)
        milliseconds = best(partial(demo.get, path), times)
        report("call", f"GET {path.split('/')[0]}{'/{id}' if '/' in path else ''}", milliseconds, floor)
    report("start", f"a world of {pairs} pairs starts", best(lambda: Sandbox("large", pairs=pairs), 1), 0)
    large = Caller(Sandbox("large", pairs=pairs))
    for offset in (0, pairs // 2):
        query = f"limit=1000&offset={offset}"
        value = json.loads(large.get("replications", query))
        floor = best(partial(json.dumps, value), times)
        milliseconds = best(partial(large.get, "replications", query), times)
        report("page", f"1,000 pairs of {pairs} from {offset}", milliseconds, floor)


if __name__ == "__main__":
    main()
