"""How much longer the rules take than the least that any answer needs: 10,000 pairs judged for one instance.

    python tests/bench/bench_rules.py [--smoke]

The floor looks up group, instance and pair and compares three states, without saying why not. Both are run in
turns; the best of each counts, in processor time. The plan attaches as many pairs as fit.
"""

import argparse
import sys
import time
from collections.abc import Callable

from drkit.api import open_client, sandbox_profile
from drkit.model import Change, Inventory, Operation
from drkit.plan.attach import plan_attach
from drkit.rules import Projection, judge, judge_in
from drkit.sandbox import Sandbox


def large(pairs: int) -> Inventory:
    """A reading of a large world in this process."""
    sandbox = Sandbox("large", pairs=pairs, now=lambda: 0.0)
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        first = next(iter(client.instances()))
        return client.inventory(block_devices_of=[first.id])


def floor(changes: list[Change], inventory: Inventory) -> int:
    """Count what the states alone allow."""
    fit, allowed = {"available", "protected"}, 0
    for each in changes:
        instance = inventory.instances[each.instance_id]
        states = (
            inventory.groups[each.group_id].status,
            instance.status,
            inventory.pairs[each.pair_id].status,
        )
        allowed += all(status in fit for status in states)
    return allowed


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
    instance = next(iter(inventory.instances.values()))
    changes = [
        Change.of(
            Operation.ATTACH_PAIR, instance.group_id, pair_id=each, instance_id=instance.id, device="/dev/vdc"
        )
        for each in inventory.pairs
    ]
    world = Projection.of(inventory)
    least = best(lambda: floor(changes, inventory), rounds)
    sys.stdout.write(f"floor      {least * 1000:8.1f} ms for {len(changes)} pairs\n")
    for name, work in (
        ("judge_in", lambda: [judge_in(each, world) for each in changes]),
        ("judge", lambda: [judge(each, inventory) for each in changes]),
        ("plan_attach", lambda: plan_attach(inventory, instance.id, list(inventory.pairs))),
    ):
        took = best(work, rounds)
        sys.stdout.write(f"{name:<11}{took * 1000:8.1f} ms  {took / least:5.1f} x the floor\n")


if __name__ == "__main__":
    main()
