"""How much longer the tables take than pandas itself: 10,000 pairs, each table against from_records.

    python tests/bench/bench_tables.py [--smoke]

The floor is `pandas.DataFrame.from_records` of the same rows as plain tuples, which gives them no types. Both
are run in turns; the best of each counts, in processor time.
"""

import argparse
import sys
import time
from collections.abc import Callable
from functools import partial

import pandas as pd

from drkit import tables
from drkit.api import open_client, sandbox_profile
from drkit.model import Inventory
from drkit.sandbox import Sandbox

TABLES = (tables.groups, tables.instances, tables.pairs, tables.attachments, tables.servers)


def large(pairs: int) -> Inventory:
    """A reading of a large world in this process."""
    sandbox = Sandbox("large", pairs=pairs, now=lambda: 0.0)
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        return client.inventory()


def best(work: Callable[[], object], rounds: int) -> float:
    """The least processor time of several rounds, in seconds."""
    spent = []
    for _ in range(rounds):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--smoke", action="store_true", help="a small world, one round")
    smoke = parser.parse_args().smoke
    count, rounds = (200, 1) if smoke else (10_000, 5)
    inventory = large(count)
    for table in TABLES:
        frame = table(inventory)
        rows, names = list(frame.itertuples(index=False, name=None)), list(frame.columns)
        took = best(partial(table, inventory), rounds)
        least = best(partial(pd.DataFrame.from_records, rows, columns=names), rounds)
        shown = f"{table.__name__:<12}{len(frame):6} rows {took * 1000:8.1f} ms"
        sys.stdout.write(f"{shown}  {took / least:4.1f} x from_records\n")


if __name__ == "__main__":
    main()
