"""What judging takes: 10,000 pairs, each for its own instance of a thousand, in 100 groups; and any question.

    python tests/bench/bench_rules.py [--smoke] [--rounds N] [--json FILE]

Judging: the floor is plain loops over dicts that compare what the rules of attaching compare, and say neither
why not nor what to do. Every second pair is free; the others are attached where they are asked for.

Questions: `why_not` for all operations of a group and every group, over HTTP with 20 ms of latency, against
the one reading that it takes. Planning: as many pairs of a group as fit are attached to one instance.
"""

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from drkit.api import open_client, sandbox_profile
from drkit.model import Change, Inventory, Operation
from drkit.plan import read_operation
from drkit.plan.attach import plan_attach
from drkit.rules import Projection, judge_in, read_also
from drkit.sandbox import Sandbox
from drkit.site import Site
from tests.bench.parts.responder import client_at, serving
from tests.bench.parts.rounds import arguments, measured, told, write

OPERATIONS = (
    *("enable_protection", "disable_protection", "planned_failover", "failover", "reprotect"),
    *("create_drill", "start_server", "stop_server"),
)
FIT = {"available", "protected"}


def world(pairs: int) -> Sandbox:
    """Ten pairs to an instance, ten instances to a group."""
    instances, groups = max(1, pairs // 10), max(1, pairs // 100)
    return Sandbox("large", pairs=pairs, instances=instances, groups=groups, now=lambda: 0.0)


def changes_in(inventory: Inventory) -> list[Change]:
    """For each pair to be attached to an instance of its group; of an attached one to where it is."""
    found = []
    for number, pair in enumerate(inventory.pairs.values()):
        instances = inventory.instances_of(pair.group_id)
        held = pair.attachments[0].instance_id if pair.attachments else instances[number % len(instances)].id
        ids = {"pair_id": pair.id, "instance_id": held, "device": "/dev/vdx"}
        found.append(Change.of(Operation.ATTACH_PAIR, pair.group_id, **ids))
    return found


def floor(changes: list[Change], inventory: Inventory) -> int:
    """How many may be attached: groups, states, sites, places and letters are compared."""
    letters = {
        key: {one.device[-1:] for one in inventory.attachments_on(key)}
        | {
            disk.device[-1:]
            for server in instance.server_ids
            if server in inventory.servers
            for disk in inventory.servers[server].disks
        }
        for key, instance in inventory.instances.items()
    }
    allowed = 0
    for each in changes:
        group = inventory.groups[each.group_id]
        instance, pair = inventory.instances[each.instance_id], inventory.pairs[each.pair_id]
        allowed += (
            group.status in FIT
            and instance.status in FIT
            and pair.status in FIT
            and pair.group_id == instance.group_id == group.id
            and group.priority_station == instance.priority_station == pair.priority_station
            and not instance.frozen
            and not pair.attachments
            and not pair.unknown
            and not instance.unknown
            and each.device[-1:] not in letters[each.instance_id]
        )
    return allowed


@contextmanager
def far_away(pairs: int) -> Iterator[Site]:
    with (
        serving(pairs, 0.02) as port,
        tempfile.TemporaryDirectory() as folder,
        Site(client_at(port), journal=Path(folder, "j.sqlite")) as site,
    ):
        yield site


def asked(site: Site) -> Callable[[], object]:
    """`why_not` of each operation and group, on one reading."""
    inventory = site.inventory()
    groups, server = list(inventory.groups), next(iter(inventory.servers))
    return lambda: site.why_not(OPERATIONS, group=groups, server=server, name="spring")


def judged(inventory: Inventory, changes: list[Change]) -> Callable[[], object]:
    world_now = Projection.of(inventory)
    return lambda: [judge_in(each, world_now) for each in changes]


def main() -> None:
    given = arguments(__doc__)
    pairs = 300 if given.smoke else 10_000
    sandbox = world(pairs)
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        inventory = client.inventory(disks=True)
    changes, instance = changes_in(inventory), next(iter(inventory.instances.values()))
    own = [each.id for each in inventory.pairs_of(instance.group_id)]
    rules = measured(
        {
            "dict loops": lambda: floor(changes, inventory),
            "judge_in": judged(inventory, changes),
            "plan_attach, one instance": lambda: plan_attach(inventory, instance.id, own),
        },
        given.rounds,
    )
    with far_away(pairs) as site:
        also = read_also(map(read_operation, OPERATIONS))
        reading = {"one reading": lambda: site.client.inventory(**also), "why_not": asked(site)}
        questions = measured(reading, given.rounds)
    title = f"{len(OPERATIONS)} operations x {len(inventory.groups)} groups"
    results = [
        told(f"Judging {len(changes):,} pairs", rules, "dict loops", wall=False),
        told(title, questions, "one reading"),
    ]
    write(given.json, results)


if __name__ == "__main__":
    main()
