"""What was not read makes a rule not asked: it is said, and never counts as holding."""

from dataclasses import replace

import pytest

from drkit.model import Change, Inventory, Operation
from drkit.model.operations import Argument
from drkit.rules import RULES, NotAsked, Verdict, judge, read_also, to_look_into
from tests.facts import Facts, reading

SHOP: Facts = {
    "groups": {"shop": {}, "other": {}},
    "instances": {
        "db-01": {
            "group": "shop",
            "slots": 3,
            "attached": {"data": "/dev/vdb", "boot": "/dev/vda"},
            "servers": {"production": "SHUTOFF", "dr": "SHUTOFF"},
        }
    },
    "pairs": {
        "data": {"group": "shop", "disks": "in-use"},
        "boot": {"group": "shop", "system": True},
        "free": {"group": "shop", "disks": "available"},
    },
    "drills": {"autumn": {"group": "other", "vpc": "net"}},
    "quotas": {"disaster_recovery_drills": (1, 5)},
}
TEN = {f"/dev/vd{letter}": f"disk-{letter}" for letter in "efghijklmn"}
ARGUMENTS: dict[Operation, dict[str, Argument]] = {
    Operation.ATTACH_PAIR: {"pair_id": "free-id", "instance_id": "db-01-id", "device": "/dev/vdc"},
    Operation.DETACH_PAIR: {"pair_id": "boot-id", "instance_id": "db-01-id"},
    Operation.PLANNED_FAILOVER: {"to": "target"},
    Operation.CREATE_DRILL: {"name": "spring", "drill_vpc_id": "another"},
    Operation.EXPAND_PAIR: {"pair_id": "free-id", "new_size_gb": 200},
    Operation.RESIZE_INSTANCE: {"instance_id": "db-01-id", "flavor": "large"},
}


def verdict(operation: Operation, inventory: Inventory, **arguments: Argument) -> Verdict:
    given = {**ARGUMENTS[operation], **arguments}
    return judge(Change.of(operation, "shop-id", **given), inventory)


def missing(operation: Operation, inventory: Inventory, **arguments: Argument) -> dict[str, str]:
    return {each.rule: each.missing for each in verdict(operation, inventory, **arguments).unread}


def without(*parts: str, **instance: object) -> Inventory:
    found = reading({**SHOP, "instances": {"db-01": {**SHOP["instances"]["db-01"], **instance}}})
    for part in parts:
        vars(found)[part] = {}
    return replace(found, whole=found.whole - set(parts))


@pytest.mark.parametrize("operation", ARGUMENTS)
def test_every_rule_is_asked_where_everything_was_read(operation: Operation) -> None:
    found = verdict(operation, without())
    assert (found.objections, found.not_asked, found.unread) == ((), (), ())


class TestARuleIsNotAsked:
    def test_about_drills_where_the_quotas_were_not_read(self) -> None:
        found = verdict(Operation.CREATE_DRILL, without("quotas"))
        [unread] = found.unread
        assert unread == NotAsked(
            "drill_quota_is_left",
            "Create a drill only while the quota for drills is not used up.",
            "group shop",
            "the quotas were not read",
        )
        assert found.not_asked == ("drill_quota_is_left",)
        assert found.allowed
        assert repr(found) == "<Verdict create drill: allowed, 1 rule not asked>"
        assert "the quotas were not read" in found._repr_html_()

    def test_about_drills_where_the_service_tells_no_such_quota(self) -> None:
        told = replace(without("quotas"), whole=without().whole)
        assert missing(Operation.CREATE_DRILL, told) == {
            "drill_quota_is_left": "the service tells no quota of drills"
        }

    def test_about_a_drill_network_where_only_the_drills_of_some_groups_were_read(self) -> None:
        [told] = missing(Operation.CREATE_DRILL, without("drills")).values()
        assert told == "the drills of the other groups were not read"
        assert not missing(Operation.CREATE_DRILL, without("drills"), drill_vpc_id="")
        taken = verdict(Operation.CREATE_DRILL, replace(without(), whole=frozenset()), drill_vpc_id="net")
        assert [each.rule for each in taken.objections] == ["drill_network_is_not_in_use"]

    def test_about_devices_and_slots_where_a_server_was_not_seen(self) -> None:
        seen = without(servers={"production": "SHUTOFF"})
        assert missing(Operation.ATTACH_PAIR, seen) == {
            "servers_have_a_free_slot": "a server of db-01 was not seen",
            "device_is_free": "a server of db-01 was not seen",
        }

    @pytest.mark.parametrize(
        "facts", [{"other": TEN}, {"root": "/dev/sda", "attached": {}}, {"other": {"/dev/vdz9z": "odd"}}]
    )
    def test_about_slots_that_were_not_read_where_the_listing_does_not_tell_them(self, facts: Facts) -> None:
        found = without(slots=None, **facts)
        told = missing(Operation.ATTACH_PAIR, found, device="/dev/vdx")["servers_have_a_free_slot"]
        assert told == "the free slots of db-01, db-01-dr were not read"

    def test_about_a_device_where_a_disk_tells_none(self) -> None:
        [told] = missing(Operation.ATTACH_PAIR, without(other={"": "mute"})).values()
        assert told == "disk mute-disk on server db-01 tells no device name"

    def test_about_a_letter_where_nobody_knows_how_names_begin(self) -> None:
        bare = without("servers", attached={})
        late = missing(Operation.ATTACH_PAIR, bare, device="/dev/sdz")
        assert late["device_is_within_reach"] == "it is not known how device names begin on db-01"
        assert "device_is_within_reach" not in missing(Operation.ATTACH_PAIR, bare, device="/dev/sdc")

    def test_about_the_servers_of_a_system_disk_that_were_not_seen(self) -> None:
        told = missing(Operation.DETACH_PAIR, without("servers"))
        assert set(told) == {
            "production_server_of_a_system_disk_is_stopped",
            "dr_server_of_a_system_disk_is_stopped",
        }
        assert not missing(Operation.DETACH_PAIR, without("servers"), pair_id="data-id")
        assert not missing(Operation.DETACH_PAIR, without("servers", status="invalid"))

    def test_about_production_servers_that_were_not_seen(self) -> None:
        found = verdict(Operation.PLANNED_FAILOVER, without("servers"))
        assert [each.rule for each in found.unread] == ["production_servers_are_stopped"]
        assert [each.rule for each in found.objections] == ["production_servers_stay_stopped"]

    def test_about_disks_that_were_not_read(self) -> None:
        assert missing(Operation.EXPAND_PAIR, without("disks")) == {
            "disks_rest": "a disk of free was not seen"
        }

    def test_about_flavors_that_are_not_told_or_not_read(self) -> None:
        [told] = missing(Operation.RESIZE_INSTANCE, without(flavor="")).values()
        assert told == "the flavor of db-01, db-01-dr is not told"
        unseen = missing(Operation.RESIZE_INSTANCE, without("servers"))
        assert set(unseen) == {"flavor_is_another", "servers_stay_stopped"}


def test_a_server_that_was_not_read_is_not_called_deleted() -> None:
    change = Change.of(Operation.STOP_SERVER, "shop-id", server_id="db-01-server", hard=False)
    [read] = judge(change, replace(without("servers"), whole=frozenset({"servers"}))).objections
    [unread] = judge(change, without("servers")).objections
    assert (read.found, read.remedy) == ("not found", "Read again; it may have been deleted.")
    assert (unread.found, unread.remedy) == ("not seen, for the servers were not all read", "Read again.")


def test_drills_that_are_planned_count_against_the_quota_until_they_are_read() -> None:
    full = reading({**SHOP, "quotas": {"disaster_recovery_drills": (1, 2)}})
    drill = Change.of(Operation.CREATE_DRILL, "shop-id", name="spring", drill_vpc_id="")
    second = Change.of(Operation.CREATE_DRILL, "other-id", name="spring", drill_vpc_id="")
    there = Change.of(Operation.CREATE_DRILL, "other-id", name="autumn", drill_vpc_id="")
    assert judge(drill, full).allowed
    assert judge(drill, full, [there]).allowed
    [objection] = judge(drill, full, [second]).objections
    assert objection.found == "2 of 2 drills are used"


def test_what_is_read_beside_the_usual_is_what_the_rules_of_an_operation_rest_on() -> None:
    nothing = dict.fromkeys(("disks", "quotas", "every_drill", "beside", "domains"), False)
    assert read_also([]) == nothing
    assert read_also([Operation.CREATE_DRILL]) == {**nothing, "quotas": True, "every_drill": True}
    assert read_also([Operation.CREATE_GROUP]) == {**nothing, "quotas": True, "domains": True}
    assert read_also([Operation.CLEAR_FAILED_TASK]) == {**nothing, "beside": True}
    assert read_also([Operation.EXPAND_PAIR, Operation.FAILOVER])["disks"]
    parts = {part for rules in RULES.values() for rule in rules for part in rule.reads}
    assert parts == {"disks", "quotas", "drills", "domains", "failed_tasks"}


def attaching(pairs: int, instance: str = "db-01-id") -> list[Change]:
    wanted = {"instance_id": instance, "device": "/dev/vdc"}
    return [Change.of(Operation.ATTACH_PAIR, "shop-id", pair_id=str(one), **wanted) for one in range(pairs)]


class TestBlockDevices:
    def test_of_servers_with_few_disks_need_not_be_read(self) -> None:
        assert missing(Operation.ATTACH_PAIR, without(slots=None)) == {}
        assert to_look_into(attaching(1), without(slots=None)) == []

    def test_are_read_where_they_may_be_full_in_the_end(self) -> None:
        assert to_look_into(attaching(10), without(slots=None)) == []
        assert to_look_into(attaching(11), without(slots=None)) == ["db-01-id"]

    @pytest.mark.parametrize(
        "facts",
        [{"other": TEN}, {"root": "/dev/sda"}, {"servers": {}}, {"other": {"": "mute"}}],
        ids=["many disks", "Xen", "not seen", "a disk without a name"],
    )
    def test_are_read_where_the_listing_does_not_tell_enough(self, facts: Facts) -> None:
        assert to_look_into(attaching(1), without(slots=None, **facts)) == ["db-01-id"]

    def test_are_read_of_a_server_that_leaves_out_a_key(self) -> None:
        found = without(slots=None)
        servers = {key: replace(each, unknown=("status",)) for key, each in found.servers.items()}
        assert to_look_into(attaching(1), replace(found, servers=servers)) == ["db-01-id"]

    def test_are_read_for_attaching_alone(self) -> None:
        detach = Change.of(Operation.DETACH_PAIR, "shop-id", pair_id="data-id", instance_id="db-01-id")
        nobody = attaching(1, instance="nobody")
        assert to_look_into([detach, *nobody], without(slots=None, other=TEN)) == []
