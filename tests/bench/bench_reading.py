"""Reading 10,000 pairs into a tidy, typed table, over HTTP with 20 ms of latency: time and memory.

    python tests/bench/bench_reading.py [--smoke] [--rounds N] [--json FILE]

The floor is what a person writes by hand who knows how many there are: all pages of groups, instances and
pairs asked for at once, read by orjson, and a frame of the same columns and dtypes as that of `site.pairs()`,
with nothing checked. The vendor's client reads page by page, and makes no table.
"""

import gc
import os
import tempfile
import tracemalloc
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from importlib import import_module
from typing import Any

import httpx
import orjson
import pandas as pd

from drkit.model import ThingKind
from drkit.site import Site
from tests.bench.parts.responder import PAGE, PROJECT, client_at, serving
from tests.bench.parts.rounds import arguments, measured, say, told, write

CONNECTIONS = 16


class ByHand:
    """The floor."""

    def __init__(self, port: int, pairs: int) -> None:
        self.client = httpx.Client(base_url=f"http://127.0.0.1:{port}/v1/{PROJECT}", trust_env=False)
        self.pool, self.pairs = ThreadPoolExecutor(CONNECTIONS), pairs

    def page(self, path: str) -> Any:  # noqa: ANN401  # JSON
        return orjson.loads(self.client.get(path).content)

    def table(self) -> pd.DataFrame:
        """Groups and instances have one page each up to 10,000 pairs."""
        starts = range(0, self.pairs, PAGE)
        paths = [f"/replications?limit={PAGE}&offset={start}" for start in starts]
        few = [f"/{kind}?limit={PAGE}&offset=0" for kind in ("server-groups", "protected-instances")]
        groups, instances, *pages = self.pool.map(self.page, (*few, *paths))
        group = {one["id"]: one["name"] for one in groups["server_groups"]}
        instance = {one["id"]: one["name"] for one in instances["protected_instances"]}
        return tidy([row for page in pages for row in page["replications"]], group, instance)


def tidy(rows: list[dict[str, Any]], group: dict[str, str], instance: dict[str, str]) -> pd.DataFrame:
    """The columns of `site.pairs()`."""
    disks = [row["volume_ids"].split(",") for row in rows]
    record = [row["record_metadata"] for row in rows]
    held = [row["attachment"] for row in rows]
    stations = [row["priority_station"] for row in rows]
    text = {
        "pair": [row["name"] for row in rows],
        "group": [group[row["server_group_id"]] for row in rows],
        "attached_to": [
            ", ".join([instance[one["protected_instance"]] for one in places]) for places in held
        ],
        "device": [", ".join([one["device"] for one in places]) for places in held],
        "disk_type": [one["volume_type"] for one in record],
        "failure_detail": [row.get("failure_detail") or "" for row in rows],
        "description": [row["description"] for row in rows],
        "pair_id": [row["id"] for row in rows],
        "group_id": [row["server_group_id"] for row in rows],
        "production_disk_id": [one[at == "target"] for one, at in zip(disks, stations, strict=True)],
        "dr_disk_id": [one[at == "source"] for one, at in zip(disks, stations, strict=True)],
    }
    frame = pd.DataFrame({name: pd.array(values, dtype="str") for name, values in text.items()})
    for name in ("status", "replication_status", "fault_level"):
        frame[name] = pd.Categorical([row[name] for row in rows], ordered=True)
    for name in ("created_at", "updated_at"):
        frame[name] = pd.to_datetime([row[name] for row in rows], utc=True, format="ISO8601").as_unit("us")
    frame["size_gb"] = [one["volume_size"] for one in record]
    frame["progress"] = [row["progress"] for row in rows]
    frame["system_disk"] = [one["bootable"] for one in record]
    frame["shared"] = [one["multiattach"] for one in record]
    return frame


def vendor(port: int, pairs: int) -> Callable[[], object]:
    """The vendor's client, page by page; it writes into the home folder when it is imported."""
    with tempfile.TemporaryDirectory() as home:
        before, os.environ["HOME"] = os.environ.get("HOME", ""), home
        models: Any = import_module("huaweicloudsdksdrs.v1")
        core = import_module("huaweicloudsdkcore.auth.credentials")
        os.environ["HOME"] = before
    url = f"http://127.0.0.1:{port}"
    keys = core.BasicCredentials("AK", "s" * 20, PROJECT).with_iam_endpoint(url)
    client = models.SdrsClient.new_builder().with_credentials(keys).with_endpoint(url).build()

    def read() -> int:
        asked = models.ListReplicationsRequest
        requests = (asked(limit=PAGE, offset=start) for start in range(0, pairs, PAGE))
        return sum(len(client.list_replications(request).replications) for request in requests)

    return read


def kept(make: Callable[[], object]) -> float:
    """MB that the result of some work holds, Arrow's own among them."""
    pa: Any = import_module("pyarrow")  # its memory is not Python's

    make()
    gc.collect()
    outside = pa.total_allocated_bytes()
    tracemalloc.start()
    result = make()
    gc.collect()
    inside, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    outside = pa.total_allocated_bytes() - outside
    del result
    return float(inside + outside) / 1e6


def main() -> None:
    given = arguments(__doc__)
    pairs = 300 if given.smoke else 10_000
    with serving(pairs, 0.02) as port, Site(client_at(port)) as site:
        by_hand = ByHand(port, pairs)
        assert len(by_hand.table()) == len(site.pairs()) == pairs
        assert not site.pairs().attrs["problems"]
        contenders: dict[str, Callable[[], object]] = {
            "floor by hand": by_hand.table,
            "site.pairs()": site.pairs,
            "site.inventory()": site.inventory,
            "client.pairs()": site.client.pairs,
            "vendor SDK, no table": vendor(port, pairs),
        }
        title = f"{pairs:,} pairs, 20 ms of latency"
        results = [told(title, measured(contenders, given.rounds), "floor by hand")]
        memory = {name: kept(contenders[name]) for name in ("floor by hand", "site.pairs()")}
        kinds: tuple[ThingKind, ...] = ("groups", "instances", "pairs")
        memory["inventory of groups, instances, pairs"] = kept(lambda: site.client.inventory(kinds=kinds))
        memory["... and all its values asked for"] = kept(lambda: used(site, kinds))
        say("\nMemory kept, in MB")
        for name, size in memory.items():
            say(f"  {name:38} {size:6.1f} = {size / memory['floor by hand']:.2f} x")
    write(given.json, [*results, {"memory in MB": memory}])


def used(site: Site, kinds: tuple[ThingKind, ...]) -> object:
    inventory = site.client.inventory(kinds=kinds)
    return inventory, [
        list(part.values()) for part in (inventory.groups, inventory.instances, inventory.pairs)
    ]


if __name__ == "__main__":
    main()
