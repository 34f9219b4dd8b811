"""What was not told is never taken for fit."""

from dataclasses import replace
from typing import Any

import pytest

from drkit.model import Change, Inventory, Operation
from drkit.model.operations import Argument
from drkit.rules import RULES, judge
from drkit.rules.knowing import _NEEDED
from tests.facts import Facts, reading

STOPPED: Facts = {"servers": {"production": "SHUTOFF", "dr": "SHUTOFF"}}
ARGUMENTS: dict[Operation, dict[str, Argument]] = {
    Operation.ATTACH_PAIR: {"pair_id": "log-id", "instance_id": "db-01-id", "device": "/dev/vdc"},
    Operation.DETACH_PAIR: {"pair_id": "data-id", "instance_id": "db-01-id"},
    Operation.PLANNED_FAILOVER: {"to": "target"},
    Operation.CREATE_DRILL: {"name": "spring", "drill_vpc_id": ""},
    Operation.DELETE_DRILL: {"drill_id": "winter-id"},
    Operation.EXPAND_PAIR: {"pair_id": "log-id", "new_size_gb": 2000},
    Operation.RESIZE_INSTANCE: {"instance_id": "db-01-id", "flavor": "s3.xlarge.2"},
    Operation.STOP_SERVER: {"server_id": "db-01-server", "hard": False},
    Operation.START_SERVER: {"server_id": "db-01-server"},
    Operation.CREATE_GROUP: {
        "name": "fresh",
        "source_zone": "az1",
        "target_zone": "az2",
        "domain_id": "near-id",
        "vpc_id": "shop-vpc",
    },
    Operation.RENAME_GROUP: {"name": "store"},
    Operation.CREATE_INSTANCE: {"server_id": "search-server", "name": "search"},
    Operation.CREATE_INSTANCES: {"server_ids": ("search-server",), "name": "search"},
    Operation.RENAME_INSTANCE: {"instance_id": "db-01-id", "name": "db-02"},
    Operation.DELETE_INSTANCE: {"instance_id": "db-01-id", "with_server": True, "with_eip": True},
    Operation.DELETE_INSTANCES: {"instance_ids": ("db-01-id",), "with_server": True, "with_eip": True},
    Operation.ADD_NIC: {"instance_id": "db-01-id", "subnet_id": "inner"},
    Operation.DELETE_NIC: {"instance_id": "db-01-id", "nic_id": "port-1"},
    Operation.SET_TAGS: {"instance_id": "db-01-id", "tags": ("tier=1",)},
    Operation.DELETE_TAGS: {"instance_id": "db-01-id", "keys": ("tier",)},
    Operation.CREATE_PAIR: {"disk_id": "spare-disk", "name": "spare"},
    Operation.RENAME_PAIR: {"pair_id": "log-id", "name": "logs"},
    Operation.DELETE_PAIR: {"pair_id": "log-id", "with_disk": True},
    Operation.RENAME_DRILL: {"drill_id": "winter-id", "name": "spring"},
    Operation.CLEAR_FAILED_TASK: {"task_id": "attach-id"},
}
HOMES = {Operation.CREATE_GROUP: "planned:fresh", Operation.DELETE_GROUP: "empty-id"}


def shop(operation: Operation) -> Inventory:
    status = {"enable_protection": "available", "reprotect": "failed-over"}.get(operation, "protected")
    running = {"servers": {"production": "ACTIVE", "dr": "SHUTOFF"}}
    return reading(
        {
            "groups": {"shop": {"status": status}, "empty": {}},
            "servers": {"search": {"disks": {"/dev/vda": "search-root"}}},
            "disks": {"search-root": {"on": "search"}, "spare": {}},
            "domains": {"near": {}},
            "failed_tasks": {"attach": {"group": "shop"}},
            "quotas": {"server_groups": (2, 5), "replications": (2, 50)},
            "instances": {
                "db-01": {
                    "group": "shop",
                    "nics": {"port-1": "10.0.0.5"},
                    "tags": {"tier": "0"},
                    "attached": {"data": "/dev/vdb"},
                    **(running if operation is Operation.STOP_SERVER else STOPPED),
                }
            },
            "pairs": {"data": {"group": "shop"}, "log": {"group": "shop"}},
            "drills": {"winter": {"group": "shop"}},
        }
    )


def change(operation: Operation) -> Change:
    return Change.of(operation, HOMES.get(operation, "shop-id"), **ARGUMENTS.get(operation, {}))


def not_telling(inventory: Inventory, part: str, key: str) -> Inventory:
    """The same project, with a key that no thing of that part tells."""
    kind = part if part.endswith("s") else f"{part}s"
    things = {
        identity: replace(thing, unknown=(key,)) for identity, thing in getattr(inventory, kind).items()
    }
    parts: dict[str, Any] = {kind: things}
    return replace(inventory, **parts)


@pytest.mark.parametrize("operation", Operation)
def test_what_is_known_is_not_objected_to(operation: Operation) -> None:
    assert judge(change(operation), shop(operation)).allowed


@pytest.mark.parametrize(
    ("operation", "part", "key"),
    [(op, part, key) for op, parts in _NEEDED.items() for part, keys in parts.items() for key in keys],
)
def test_each_key_that_an_operation_rests_on_has_to_be_known(
    operation: Operation, part: str, key: str
) -> None:
    [objection] = judge(change(operation), not_telling(shop(operation), part, key)).objections
    assert objection.rule == "what_it_rests_on_is_known"
    assert objection.found.startswith(f"not known: {key} of ")


def test_every_operation_says_what_it_rests_on() -> None:
    assert _NEEDED.keys() == RULES.keys() == set(Operation)


@pytest.mark.parametrize("key", ["attachment.device", "attachment", "record_metadata"])
def test_a_part_or_the_whole_of_a_key_counts_as_the_key(key: str) -> None:
    operation = Operation.ATTACH_PAIR
    assert not judge(change(operation), not_telling(shop(operation), "pair", key)).allowed


@pytest.mark.parametrize("key", ["description", "record_metadata.volume_type", "attachments", "created_at"])
def test_a_key_that_nothing_rests_on_stops_nobody(key: str) -> None:
    operation = Operation.ATTACH_PAIR
    assert judge(change(operation), not_telling(shop(operation), "pair", key)).allowed


def test_a_synchronisation_in_a_state_that_no_page_names_is_not_synchronised() -> None:
    world = reading(
        {"groups": {"shop": {}}, "pairs": {"data": {"group": "shop", "replication": "half-there"}}}
    )
    create = change(Operation.CREATE_DRILL)
    assert [each.found for each in judge(create, world).objections] == [
        "not synchronised: data is half-there"
    ]
