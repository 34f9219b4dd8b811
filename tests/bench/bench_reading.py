"""How much longer reading a table takes than fetching its pages: `site.pairs()` against httpx alone.

    python tests/bench/bench_reading.py [--smoke]

The sandbox serves 10,000 pairs from a process of its own, over HTTP on loopback. The floor fetches the same
pages with the same number of connections and reads them as JSON, no more. Both are run in turns; the best of
each counts.
"""

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import httpx

from drkit import api
from drkit.api.wire import GROUPS, INSTANCES, PAIRS
from drkit.site import Site

CONNECTIONS = 16


@contextmanager
def served(pairs: int) -> Iterator[dict[str, str]]:
    """A large world in a process of its own; yields how to reach it."""
    with tempfile.TemporaryDirectory() as folder:
        drkit = str(Path(sys.executable).with_name("drkit"))
        command = [drkit, "sandbox", "--world", "large", "--pairs", str(pairs)]
        environment = {"DRKIT_SANDBOX_FILE": str(Path(folder, "sandbox.json"))}
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
            assert process.stdout
            try:
                yield json.loads(process.stdout.readline())
            finally:
                process.terminate()


def floor(
    access: Mapping[str, str], headers: Mapping[str, str], counts: Mapping[str, int]
) -> Callable[[], int]:
    """Fetch all pages of groups, instances and pairs and read them as JSON."""
    paths = [
        f"/v1/{access['project_id']}{listing.path}?limit=1000&offset={start}"
        for listing in (GROUPS, INSTANCES, PAIRS)
        for start in range(0, max(1, counts[listing.key]), 1000)
    ]
    client = httpx.Client(base_url=access["url"], headers=headers, trust_env=False)
    pool = ThreadPoolExecutor(CONNECTIONS)

    def fetch() -> int:
        pages = pool.map(lambda path: json.loads(client.get(path).content), paths)
        return sum(len(page.get("replications", ())) for page in pages)

    return fetch


def best(work: Callable[[], int], pairs: int, times: int) -> float:
    """The shortest of so many runs, in seconds."""
    found = []
    for _ in range(times):
        began = time.perf_counter()
        assert work() == pairs
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a small world, once")
    pairs, times = (200, 1) if parser.parse_args().smoke else (10_000, 5)
    with served(pairs) as access, Site(api.open_client(api.sandbox_profile(access))) as site:
        inventory = site.inventory()
        token = site.client._connection._auth.headers(None)  # type: ignore[arg-type]  # any call has the same token
        headers = {name: value.reveal() for name, value in token.items()}
        counts = {"server_groups": len(inventory.groups), "protected_instances": len(inventory.instances)}
        fetch = floor(access, headers, {**counts, "replications": pairs})
        bare = best(fetch, pairs, times)
        values = best(lambda: len(site.client.pairs()), pairs, times)
        table = best(lambda: len(site.pairs()), pairs, times)
        whole = best(lambda: len(site.inventory().pairs), pairs, times)
    for what, seconds in (
        ("pages as JSON, httpx alone", bare),
        ("client.pairs()", values),
        ("site.pairs()", table),
        ("site.inventory()", whole),
    ):
        sys.stdout.write(f"{pairs:6} pairs  {what:28} {seconds:6.3f} s  {seconds / bare:5.2f} x the floor\n")


if __name__ == "__main__":
    main()
