"""From words to changes, on the sandbox's demo world."""

from collections.abc import Iterator

import pytest

from drkit.api import open_client, sandbox_profile
from drkit.errors import InputError, UnknownNameError
from drkit.model import Inventory, Operation
from drkit.model.operations import Argument
from drkit.plan.changes import changes_of, pair_in, read_operation
from drkit.sandbox import Sandbox


@pytest.fixture(scope="module")
def world() -> Iterator[Inventory]:
    sandbox = Sandbox("demo")
    with open_client(sandbox_profile(sandbox.access), inner=sandbox.transport()) as client:
        ids = [each.id for each in client.instances()]
        yield client.inventory(block_devices_of=ids, disks=True)


@pytest.mark.parametrize("text", ["attach_pair", "attach pair", " Attach-Pair ", Operation.ATTACH_PAIR])
def test_an_operation_is_named_in_any_spelling(text: str) -> None:
    assert read_operation(text) is Operation.ATTACH_PAIR


def test_an_unknown_operation_is_refused_with_suggestions() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'attach_pair'"):
        read_operation("atach_pair")


def test_a_pair_is_looked_for_in_the_group_first_and_then_elsewhere(world: Inventory) -> None:
    home = world.group("shop-backend").id
    assert pair_in(world, "app-01-data", home).group_id == home
    assert pair_in(world, "db-01-system", home).group_id != home
    with pytest.raises(UnknownNameError):
        pair_in(world, "nothing", home)


def test_attaching_means_one_change_for_each_pair_with_the_device_it_would_be_given(world: Inventory) -> None:
    changes = changes_of(
        Operation.ATTACH_PAIR, world, instance="app-01", pairs=["app-cache-01", "app-cache-02"]
    )
    assert [world.pairs[each.pair_id].name for each in changes] == ["app-cache-01", "app-cache-02"]
    assert len({each.device for each in changes}) == 1
    assert changes[0].device.startswith("/dev/vd")


def test_a_device_that_was_named_is_kept(world: Inventory) -> None:
    (change,) = changes_of(
        Operation.ATTACH_PAIR,
        world,
        group="shop-backend",
        instance="app-01",
        pairs=["app-cache-01"],
        device="/dev/vdq",
    )
    assert change.device == "/dev/vdq"


def test_without_pairs_all_of_the_group_are_meant(world: Inventory) -> None:
    changes = changes_of(Operation.DETACH_PAIR, world, instance="app-01")
    assert len(changes) == len(world.pairs_of(world.group("shop-backend").id))


def test_a_pair_of_another_group_is_meant_all_the_same_so_that_a_rule_can_object(world: Inventory) -> None:
    (change,) = changes_of(Operation.ATTACH_PAIR, world, instance="app-01", pairs=["db-01-system"])
    assert change.group_id == world.group("shop-backend").id


def test_a_planned_failover_goes_to_the_other_site(world: Inventory) -> None:
    (change,) = changes_of(Operation.PLANNED_FAILOVER, world, group="shop-database")
    assert change.to == "target"
    (back,) = changes_of(Operation.PLANNED_FAILOVER, world, group="shop-database", to="source")
    assert back.to == "source"


def test_where_the_site_is_not_known_it_has_to_be_named(world: Inventory) -> None:
    from dataclasses import replace

    from drkit.model import Unknown

    group = world.group("shop-database")
    odd = replace(world, groups={group.id: replace(group, priority_station=Unknown("moon"))})
    with pytest.raises(InputError, match="planned failover needs to"):
        changes_of(Operation.PLANNED_FAILOVER, odd, group="shop-database")


def test_a_server_brings_its_group_along(world: Inventory) -> None:
    server = world.servers[world.instance("app-01").production_server_id]
    (change,) = changes_of(Operation.STOP_SERVER, world, server=server.name)
    assert change.group_id == world.group("shop-backend").id
    assert (change.server_id, change.hard) == (server.id, 0)


def test_a_drill_brings_its_group_along(world: Inventory) -> None:
    from dataclasses import replace

    from drkit.model import Drill, DrillStatus

    group = world.group("shop-database")
    drill = Drill("d1", "q3", DrillStatus.AVAILABLE, "v", group.id, (), None, None)
    (change,) = changes_of(Operation.DELETE_DRILL, replace(world, drills={"d1": drill}), drill="q3")
    assert (change.group_id, change.drill_id) == (group.id, "d1")


def test_a_drill_to_create_needs_a_name_alone(world: Inventory) -> None:
    (change,) = changes_of(Operation.CREATE_DRILL, world, group="shop-database", name="q3")
    assert (change.name, change.drill_vpc_id) == ("q3", "")


def test_a_pair_to_expand_needs_a_group_and_a_size(world: Inventory) -> None:
    (change,) = changes_of(
        Operation.EXPAND_PAIR, world, group="shop-backend", pairs=["app-01-data"], new_size_gb=500
    )
    assert change.new_size_gb == 500
    (alone,) = changes_of(Operation.EXPAND_PAIR, world, pairs=["app-01-data"], new_size_gb=500)
    assert alone == change


@pytest.mark.parametrize(
    ("operation", "words", "sentence"),
    [
        (Operation.FAILOVER, {}, "failover needs a group; name it"),
        (Operation.ATTACH_PAIR, {"group": "shop-backend"}, "attach pair needs an instance; name it"),
        (Operation.CREATE_DRILL, {"group": "shop-database"}, "create drill needs name"),
        (Operation.EXPAND_PAIR, {"pairs": ["app-01-data"]}, "expand pair needs new_size_gb"),
        (Operation.DELETE_DRILL, {"group": "shop-database"}, "delete drill needs drill"),
        (Operation.RESIZE_INSTANCE, {"instance": "app-01"}, "resize instance needs flavor"),
        (
            Operation.EXPAND_PAIR,
            {"pairs": ["app-01-data"], "new_size_gb": "500"},
            "new_size_gb='500' of expand pair is no whole number",
        ),
        (Operation.STOP_SERVER, {"group": "shop-database"}, "stop server needs server"),
        (
            Operation.FAILOVER,
            {"group": "shop-database", "instance": "db-01", "pairs": ["x"], "force": True},
            "failover takes no force and no instance and no pairs; it takes group",
        ),
    ],
)
def test_what_is_missing_or_too_much_is_said_with_nothing_sent(
    world: Inventory, operation: Operation, words: dict[str, Argument], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        changes_of(operation, world, **words)  # type: ignore[arg-type]  # words of all kinds
