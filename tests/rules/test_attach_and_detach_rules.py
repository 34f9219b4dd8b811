"""The rules for attaching a pair to an instance and for detaching it."""

from dataclasses import replace

import pytest

from drkit.model import Change, FreeSlots, GroupStatus, InstanceStatus, Inventory, Operation, PairStatus
from drkit.rules import Objection, judge
from tests.facts import Fact, Facts, reading

REFUSED = "is refused now: put right what stands against"
AT_WORK = {"available", "protected"}
DETACHABLE_GROUP = AT_WORK | {
    "failed-over",
    "error-starting",
    "error-stopping",
    "error-reversing",
    "error-failing-over",
}
DETACHABLE = DETACHABLE_GROUP | {"error-deleting", "error-reprotecting", "invalid", "fault"}
DETACHABLE_INSTANCE = DETACHABLE | {"error-resizing"}
DETACHABLE_PAIR = DETACHABLE | {"error-attaching", "error-detaching", "error-extending"}


def shop(
    *, group: Facts | None = None, instance: Facts | None = None, pair: Facts | None = None, **more: Fact
) -> Inventory:
    """Group shop with instance db-01 and pair new (not attached unless said), changed as said."""
    pairs = {"new": {"group": "shop", **(pair or {})}, **more.pop("pairs", {})}
    instances = {"db-01": {"group": "shop", **(instance or {})}, **more.pop("instances", {})}
    groups = {"shop": group or {}, **more.pop("groups", {})}
    return reading({"groups": groups, "instances": instances, "pairs": pairs, **more})


def attach(inventory: Inventory, device: str = "/dev/vdb", **ids: str) -> dict[str, Objection]:
    arguments = {"pair_id": "new-id", "instance_id": "db-01-id", "device": device, **ids}
    group_id = arguments.pop("group_id", "shop-id")
    verdict = judge(Change.of(Operation.ATTACH_PAIR, group_id, **arguments), inventory)
    return {each.rule: each for each in verdict.objections}


def detach(inventory: Inventory, **ids: str) -> dict[str, Objection]:
    arguments = {"pair_id": "new-id", "instance_id": "db-01-id", **ids}
    verdict = judge(Change.of(Operation.DETACH_PAIR, "shop-id", **arguments), inventory)
    return {each.rule: each for each in verdict.objections}


ATTACHED: Facts = {"attached": {"new": "/dev/vdb"}}


class TestStates:
    @pytest.mark.parametrize("status", [*GroupStatus, "brand-new"])
    def test_of_the_group(self, status: str) -> None:
        here: Facts = {"status": "protected"}
        free = shop(group={"status": status}, instance=here, pair=here)
        held = shop(group={"status": status}, instance={**here, **ATTACHED}, pair=here)
        assert set(attach(free)) == (set() if status in AT_WORK else {"group_is_available_or_protected"})
        assert set(detach(held)) == (set() if status in DETACHABLE_GROUP else {"group_status_fits"})

    @pytest.mark.parametrize("status", [*InstanceStatus, "brand-new"])
    def test_of_the_instance(self, status: str) -> None:
        free, held = shop(instance={"status": status}), shop(instance={"status": status, **ATTACHED})
        assert set(attach(free)) == (set() if status in AT_WORK else {"instance_status_fits"})
        assert set(detach(held)) == (set() if status in DETACHABLE_INSTANCE else {"instance_status_fits"})

    @pytest.mark.parametrize("status", [*PairStatus, "brand-new"])
    def test_of_the_pair(self, status: str) -> None:
        free, held = shop(pair={"status": status}), shop(pair={"status": status}, instance=ATTACHED)
        assert set(attach(free)) == (set() if status in AT_WORK else {"pair_status_fits"})
        assert set(detach(held)) == (set() if status in DETACHABLE_PAIR else {"pair_status_fits"})

    @pytest.mark.parametrize(
        ("status", "remedy"),
        [
            ("attaching", "Wait until it is no longer attaching, then read again."),
            ("failed-over", f"What leads out of failed-over {REFUSED} reprotect, or ask the provider."),
            (
                "error-attaching",
                f"What leads out of error-attaching {REFUSED} detach pair, or ask the provider.",
            ),
            ("brand-new", "Look at it in the cloud's console: drkit does not know this state."),
        ],
    )
    def test_come_with_what_to_do(self, status: str, remedy: str) -> None:
        objection = attach(shop(pair={"status": status}))["pair_status_fits"]
        assert (objection.found, objection.wanted) == (status, "available or protected")
        assert objection.remedy == remedy


class TestWhatIsNamed:
    def test_has_to_be_there(self) -> None:
        refused = attach(shop(), pair_id="no", instance_id="no", group_id="no")
        assert {each.code for each in refused.values()} == {"SDRS.1013", "SDRS.1320", "SDRS.1608"}

    def test_has_to_be_in_the_group_of_the_change(self) -> None:
        inventory = shop(instances={"web-01": {"group": "web"}}, groups={"web": {}})
        refused = attach(inventory, instance_id="web-01-id")
        assert refused["instance_exists"].found == "in another group"
        assert set(refused) == {"instance_exists"}

    @pytest.mark.parametrize(("groups", "there"), [({"web": {}}, "web"), ({}, "web-id")])
    def test_has_to_be_in_one_group(self, groups: Facts, there: str) -> None:
        objection = attach(shop(pair={"group": "web"}, groups=groups))["pair_is_in_the_same_group"]
        assert (objection.code, objection.found, objection.wanted) == (
            "SDRS.1611",
            f"in group {there}",
            "in group shop",
        )

    def test_may_not_be_frozen(self) -> None:
        assert attach(shop(instance={"frozen": True}))["instance_is_not_frozen"].code == "SDRS.0225"

    def test_has_to_agree_on_the_production_site(self) -> None:
        refused = attach(shop(instance={"station": "target"}, pair={"station": ""}))
        assert refused["instance_agrees_on_production"].code == "SDRS.1025"
        assert refused["pair_agrees_on_production"].code == "SDRS.1026"
        assert refused["pair_agrees_on_production"].found == "production at no site"


class TestAnAttachedPair:
    def test_is_not_attached_elsewhere(self) -> None:
        inventory = shop(instances={"db-02": {"group": "shop", "attached": {"new": "/dev/vdd"}}})
        objection = attach(inventory)["pair_is_free"]
        assert (objection.code, objection.found) == ("SDRS.1605", "attached to db-02 as /dev/vdd")
        assert objection.remedy == "Detach it there first, or leave it where it is."

    def test_is_told_by_its_instances_id_where_that_was_not_read(self) -> None:
        inventory = shop(instances={"db-02": {"group": "shop", "attached": {"new": "/dev/vdd"}}})
        without = replace(inventory, instances={"db-01-id": inventory.instances["db-01-id"]})
        assert attach(without)["pair_is_free"].found == "attached to db-02-id as /dev/vdd"

    def test_needs_nothing_more_where_it_is_attached_already(self) -> None:
        objection = attach(shop(instance=ATTACHED), device="/dev/vdc")["pair_is_free"]
        assert objection.remedy.startswith("Nothing is to be done")

    def test_may_be_attached_elsewhere_too_where_its_disks_are_shared(self) -> None:
        elsewhere: Facts = {"db-02": {"group": "shop", "attached": {"new": "/dev/vdd"}}}
        assert attach(shop(pair={"shared": True}, instances=elsewhere)) == {}

    def test_is_attached_to_one_instance_once_even_where_its_disks_are_shared(self) -> None:
        refused = attach(shop(pair={"shared": True}, instance=ATTACHED), device="/dev/vdc")
        assert {each: one.code for each, one in refused.items()} == {
            "shared_pair_is_attached_once": "SDRS.1603"
        }
        assert refused["shared_pair_is_attached_once"].found == "attached to db-01 as /dev/vdb"


class TestTheDeviceName:
    def test_has_to_be_given(self) -> None:
        assert attach(shop(), device="")["device_is_named"].found == "no device name was given"
        silent = attach(shop(instance={"servers": {}}), device="")
        assert silent["device_is_named"].found == "no root device and no other disk of db-01 is known"

    def test_is_left_while_a_letter_is_free(self) -> None:
        taken = {f"/dev/vd{each}": each for each in "bcdefghijklmnopqrstuvwx"}
        objection = attach(shop(instance={"other": taken}), device="")["a_letter_is_left"]
        assert (objection.code, objection.found) == ("SDRS.1807", "/dev/vdb to /dev/vdx are all taken")

    @pytest.mark.parametrize("device", ["vdb", "/dev/vdbb", "/dev/xvdb", "/dev/vdB", "rubbish"])
    def test_has_to_be_spelled_right(self, device: str) -> None:
        refused = attach(shop(), device=device)
        assert set(refused) == {"device_is_spelled_right"}
        assert refused["device_is_spelled_right"].found == f"device name {device!r}"

    def test_is_a_for_system_disks_and_for_no_others(self) -> None:
        assert attach(shop(pair={"system": True}), device="/dev/vda") == {}
        assert set(attach(shop(), device="/dev/sda")) == {"device_fits_the_kind_of_disk"}
        wrong = attach(shop(pair={"system": True}), device="/dev/vdb")["device_fits_the_kind_of_disk"]
        assert (wrong.found, wrong.wanted) == ("a system disk as /dev/vdb", "/dev/vda")

    @pytest.mark.parametrize("device", ["/dev/vdb", "/dev/sdb"])
    def test_is_free_on_the_instance_whatever_its_prefix(self, device: str) -> None:
        inventory = shop(instance={"attached": {"old": "/dev/vdb"}}, pairs={"old": {"group": "shop"}})
        objection = attach(inventory, device=device)["device_is_free"]
        assert objection.code == "SDRS.1603"
        assert objection.found == f"{device} is held by pair old"
        assert objection.wanted == "a free device name such as /dev/vdc"

    def test_is_free_on_both_servers_also_of_disks_that_sdrs_does_not_know(self) -> None:
        objection = attach(shop(instance={"other_dr": {"/dev/vdb": "scratch"}}))["device_is_free"]
        assert (
            objection.found
            == "/dev/vdb is held by disk scratch-disk on server db-01-dr, which SDRS does not know"
        )

    def test_is_not_offered_where_none_is_free(self) -> None:
        taken = {f"/dev/vd{each}": each for each in "bcdefghijklmnopqrstuvwx"}
        assert attach(shop(instance={"other": taken}))["device_is_free"].wanted == "a free device name"

    def test_ends_at_x_on_kvm(self) -> None:
        objection = attach(shop(), device="/dev/sdy")["device_is_within_reach"]
        assert (objection.found, objection.wanted) == (
            "/dev/vdy on a KVM server",
            "within /dev/vda to /dev/vdx",
        )
        assert attach(shop(instance={"root": "/dev/sda"}), device="/dev/vdy") == {}


class TestFreeSlots:
    def test_have_to_be_there_on_both_servers(self) -> None:
        objection = attach(shop(instance={"slots": 0}))["servers_have_a_free_slot"]
        assert objection.found == "no free slot on db-01, db-01-dr"
        assert attach(shop(instance={"slots": 1})) == {}

    def test_are_virtio_ones_on_kvm_and_any_on_xen(self) -> None:
        for root, refused in (("/dev/vda", {"servers_have_a_free_slot"}), ("/dev/sda", set())):
            inventory = shop(instance={"slots": 1, "root": root})
            servers = {
                key: replace(each, slots=FreeSlots(5, 0, 5)) for key, each in inventory.servers.items()
            }
            assert set(attach(replace(inventory, servers=servers))) == refused

    def test_are_not_guessed_where_they_were_not_read(self) -> None:
        assert attach(shop()) == {}


class TestDetaching:
    def test_needs_a_pair_that_is_attached_there(self) -> None:
        free = detach(shop())["pair_is_attached_here"]
        assert (free.code, free.found) == ("SDRS.1604", "attached to no instance")
        elsewhere = shop(instances={"db-02": {"group": "shop", "attached": {"new": "/dev/vdd"}}})
        assert detach(elsewhere)["pair_is_attached_here"].found == "attached to db-02"

    @pytest.mark.parametrize("device", ["/dev/vda", "/dev/sda"])
    def test_needs_stopped_servers_for_a_system_disk(self, device: str) -> None:
        running = shop(instance={"attached": {"new": device}}, pair={"system": True})
        objection = detach(running)["production_server_of_a_system_disk_is_stopped"]
        assert (objection.code, objection.found) == ("SDRS.1316", "a system disk; db-01 is ACTIVE")

    def test_needs_a_stopped_dr_server_too(self) -> None:
        servers = {"production": "SHUTOFF", "dr": "ACTIVE"}
        running = shop(instance={"attached": {"new": "/dev/vda"}, "servers": servers})
        assert set(detach(running)) == {"dr_server_of_a_system_disk_is_stopped"}

    @pytest.mark.parametrize("servers", [{"production": "SHUTOFF", "dr": "SHUTOFF"}, {}])
    def test_takes_a_system_disk_off_stopped_servers(self, servers: Facts) -> None:
        facts = {"attached": {"new": "/dev/vda"}, "servers": servers}
        assert detach(shop(instance=facts, pair={"system": True})) == {}

    def test_goes_by_the_kind_of_disk_where_the_device_tells_nothing(self) -> None:
        for system, refused in ((True, {"production_server_of_a_system_disk_is_stopped"}), (False, set())):
            inventory = shop(instance={"attached": {"new": ""}}, pair={"system": system})
            assert set(detach(inventory)) == refused

    def test_takes_data_disks_off_running_servers(self) -> None:
        assert detach(shop(instance=ATTACHED)) == {}
