"""What an inventory looks like once planned changes are done."""

import pytest

from drkit.errors import EffectUnknownError
from drkit.model import Change, DrillStatus, Inventory, Operation, ReplicationStatus, ServerStatus
from drkit.model.operations import NEEDS, Argument
from drkit.rules import Projection
from tests.facts import Facts, reading

ATTACH: dict[str, Argument] = {"pair_id": "new-id", "instance_id": "db-01-id", "device": "/dev/sdc"}
ARGUMENTS: dict[str, Argument] = {
    **ATTACH,
    "to": "target",
    "name": "spring",
    "drill_vpc_id": "net",
    "drill_id": "autumn-id",
    "new_size_gb": 500,
    "flavor": "large",
    "server_id": "db-01-server",
    "hard": False,
    "source_zone": "az1",
    "target_zone": "az2",
    "domain_id": "near",
    "vpc_id": "shop-vpc",
    "server_ids": ("db-01-server", "db-01-dr-server"),
    "instance_ids": ("db-01-id", "db-02-id"),
    "with_server": False,
    "with_eip": False,
    "with_disk": False,
    "subnet_id": "inner",
    "nic_id": "port-1",
    "tags": ("tier=1", "owner=shop"),
    "keys": ("tier",),
    "disk_id": "spare-disk",
    "task_id": "attach-id",
}


def shop(**group: str) -> Inventory:
    facts: Facts = {
        "groups": {"shop": group},
        "instances": {
            "db-01": {
                "group": "shop",
                "attached": {"data": "/dev/vdb"},
                "slots": 3,
                "servers": {"production": "ACTIVE", "dr": "ACTIVE"},
            },
            "db-02": {"group": "shop", "status": "invalid", "servers": {}},
        },
        "pairs": {
            "data": {"group": "shop"},
            "new": {"group": "shop", "replication": "copying"},
            "lame": {"group": "shop", "status": "fault"},
        },
        "drills": {"autumn": {"group": "shop"}},
    }
    return reading(facts)


def change(operation: Operation, **arguments: Argument) -> Change:
    wanted = {**ARGUMENTS, **arguments}
    home = "planned:spring" if operation is Operation.CREATE_GROUP else "shop-id"
    return Change.of(operation, home, **{name: wanted[name] for name in NEEDS[operation]})


def after(*changes: Change, **group: str) -> Projection:
    return Projection.of(shop(**group), changes)


class TestAttachments:
    def test_come_with_the_name_that_the_service_makes_of_it(self) -> None:
        world = after(change(Operation.ATTACH_PAIR))
        assert [each.device for each in world.attachments_of("new-id")] == ["/dev/vdc"]
        assert [each.pair_id for each in world.attachments_on("db-01-id")] == ["data-id", "new-id"]

    def test_put_each_disk_on_the_server_of_its_site_and_take_a_slot(self) -> None:
        world = after(change(Operation.ATTACH_PAIR))
        for server, disk in (("db-01-server", "new-source"), ("db-01-dr-server", "new-target")):
            assert world.servers[server].disks[-1].disk_id == disk
            slots = world.servers[server].slots
            assert slots
            assert slots.disks == 2

    def test_go_with_their_disks_and_give_the_slot_back(self) -> None:
        world = after(change(Operation.DETACH_PAIR, pair_id="data-id"))
        assert world.attachments_of("data-id") == world.attachments_on("db-01-id") == ()
        slots = world.servers["db-01-server"].slots
        assert slots
        assert (world.servers["db-01-server"].disks, slots.disks) == ((), 4)

    def test_do_without_servers_and_slots_that_were_not_read(self) -> None:
        world = after(change(Operation.ATTACH_PAIR, instance_id="db-02-id"))
        assert [each.instance_id for each in world.attachments_of("new-id")] == ["db-02-id"]
        bare = Projection.of(
            reading(
                {
                    "groups": {"shop": {}},
                    "instances": {"db-01": {"group": "shop"}},
                    "pairs": {"new": {"group": "shop"}},
                }
            )
        )
        assert bare.after(change(Operation.ATTACH_PAIR)).servers["db-01-server"].slots is None


class TestSwitches:
    @pytest.mark.parametrize(
        ("operation", "status", "station"),
        [
            (Operation.ENABLE_PROTECTION, "protected", "source"),
            (Operation.DISABLE_PROTECTION, "available", "source"),
            (Operation.PLANNED_FAILOVER, "protected", "target"),
            (Operation.FAILOVER, "failed-over", "target"),
            (Operation.REPROTECT, "protected", "source"),
        ],
    )
    def test_take_sound_instances_and_pairs_along(
        self, operation: Operation, status: str, station: str
    ) -> None:
        world = after(change(operation))
        members = (world.groups["shop-id"], world.instances["db-01-id"], world.pairs["data-id"])
        assert {str(each.status) for each in members} == {status}
        assert {str(each.priority_station) for each in members} == {station}

    def test_leave_troubled_members_in_their_state(self) -> None:
        world = after(change(Operation.DISABLE_PROTECTION))
        assert world.pairs["lame-id"].status == "fault"
        assert world.instances["db-02-id"].status == "invalid"

    def test_leave_a_copy_unfinished_that_was_stopped_before_its_end(self) -> None:
        world = after(change(Operation.DISABLE_PROTECTION))
        assert world.pairs["new-id"].replication_status == ReplicationStatus.INACTIVE
        assert world.pairs["data-id"].replication_status == ReplicationStatus.ACTIVE_STOPPED
        again = world.after(change(Operation.ENABLE_PROTECTION))
        assert again.pairs["new-id"].replication_status == ReplicationStatus.ACTIVE

    def test_force_the_lost_production_servers_off(self) -> None:
        world = after(change(Operation.FAILOVER))
        assert world.servers["db-01-server"].status == ServerStatus.SHUTOFF
        assert world.servers["db-01-dr-server"].status == ServerStatus.ACTIVE

    def test_to_no_site_that_is_known_cannot_be_worked_out(self) -> None:
        with pytest.raises(
            EffectUnknownError, match=r"failover .* production site of group shop is not known"
        ):
            after(change(Operation.FAILOVER), station="")
        with pytest.raises(EffectUnknownError, match=r"planned failover .* 'nowhere' is no site"):
            after(change(Operation.PLANNED_FAILOVER, to="nowhere"))


@pytest.mark.parametrize("operation", [Operation.DETACH_PAIR, Operation.EXPAND_PAIR])
@pytest.mark.parametrize(
    ("group", "status", "fault_level", "then"),
    [
        ("available", "error-extending", "0", "available"),
        ("protected", "error-extending", "", "protected"),
        ("protected", "invalid", "0", "invalid"),
        ("protected", "error-extending", "2", "fault"),
        ("error-starting", "error-starting", "0", "error-starting"),
        ("error-starting", "error-extending", "0", "available"),
    ],
)
def test_a_pair_that_its_own_job_has_done_with_rests_as_its_group_does(
    operation: Operation, group: str, status: str, fault_level: str, then: str
) -> None:
    pair = {"group": "shop", "status": status, "fault_level": fault_level}
    facts: Facts = {
        "groups": {"shop": {"status": group}},
        "instances": {"db-01": {"group": "shop", "attached": {"new": "/dev/vdb"}, "servers": {}}},
        "pairs": {"new": pair},
    }
    assert Projection.of(reading(facts), [change(operation)]).pairs["new-id"].status == then


class TestTheOthers:
    def test_drills_come_and_go(self) -> None:
        world = after(change(Operation.CREATE_DRILL), change(Operation.DELETE_DRILL))
        assert [(each.name, each.status, each.drill_vpc_id) for each in world.drills.values()] == [
            ("spring", DrillStatus.AVAILABLE, "net")
        ]

    def test_sizes_flavors_and_power_change(self) -> None:
        world = after(
            change(Operation.EXPAND_PAIR), change(Operation.RESIZE_INSTANCE), change(Operation.STOP_SERVER)
        )
        assert world.pairs["new-id"].size_gb == 500
        assert {each.flavor for each in world.servers.values()} == {"large"}
        assert world.servers["db-01-server"].status == ServerStatus.SHUTOFF
        back = world.after(change(Operation.START_SERVER))
        assert back.servers["db-01-server"].status == ServerStatus.ACTIVE

    def test_a_drill_that_was_not_read_is_not_renamed(self) -> None:
        with pytest.raises(EffectUnknownError, match="drill 'gone' is not in the reading"):
            after(change(Operation.RENAME_DRILL, drill_id="gone"))

    @pytest.mark.parametrize("operation", sorted(set(Operation) - {Operation.CREATE_GROUP}))
    def test_what_names_nothing_that_is_there_cannot_be_worked_out(self, operation: Operation) -> None:
        with pytest.raises(
            EffectUnknownError, match=rf"{operation.words} .* is not in the reading. Read again"
        ):
            Projection.of(reading({}), [change(operation)])

    @pytest.mark.parametrize("operation", Operation)
    def test_what_names_another_thing_that_was_not_read_says_which(self, operation: Operation) -> None:
        wanted = change(operation)
        for part in ("instance", "pair", "server"):
            inventory = shop()
            if getattr(wanted, f"{part}_id"):
                vars(inventory)[f"{part}s"] = {}
                with pytest.raises(EffectUnknownError, match=f"{part} '.*' is not in the reading"):
                    Projection.of(inventory, [wanted])

    def test_the_inventory_itself_stays_as_it_is(self) -> None:
        inventory = shop()
        for operation in Operation:
            Projection.of(inventory, [change(operation)])
        assert inventory == shop()
