"""Pairs of several instances of a group in one plan, and which pair is proposed for which instance."""

import json
from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import InputError
from drkit.model import Change, Inventory
from drkit.plan import (
    Plan,
    Proposal,
    plan_attach,
    plan_attach_several,
    plan_reattach_several,
    propose,
    read_places,
)
from drkit.plan.proposing import placed
from tests.facts import Facts, reading

SHOP: Facts = {
    "groups": {"shop": {}, "other": {}},
    "instances": {
        "db-01": {"group": "shop", "attached": {"old": "/dev/vdb"}},
        "db-02": {"group": "shop"},
        "db-02-b": {"group": "shop"},
        "web-01": {"group": "other"},
    },
    "pairs": {
        "old": {"group": "shop"},
        "db-01-logs": {"group": "shop"},
        "db-02-data": {"group": "shop"},
        "db-02-b-data": {"group": "shop"},
        "db-011": {"group": "shop"},
        "quorum": {"group": "shop", "shared": True},
        "content": {"group": "other"},
    },
}


def changes(plan: Plan) -> list[Change]:
    return [step.change for step in plan.steps if step.change]


def proposals(inventory: Inventory, *instances: str) -> dict[str, Proposal]:
    return {each.pair.name: each for each in propose(inventory, [f"{name}-id" for name in instances])}


def with_disk_on(inventory: Inventory, pair: str, *servers: str) -> Inventory:
    """The production disk of the pair is attached to these servers, and the service says so."""
    disk = replace(next(iter(with_disks().disks.values())), id=f"{pair}-source", name="")
    return replace(
        inventory, disks={disk.id: replace(disk, servers=tuple((each, "/dev/vdf") for each in servers))}
    )


def with_disks() -> Inventory:
    return reading({"groups": {"shop": {}}, "pairs": {"p": {"group": "shop", "disks": "in-use"}}})


class TestAPlanForSeveral:
    def test_has_the_steps_of_all_with_devices_of_each_ones_own(self) -> None:
        wanted = {"db-01": ["db-01-logs", "db-011"], "db-02": ["db-02-data"]}
        plan = plan_attach_several(reading(SHOP), wanted)
        assert plan.title == "Attach 3 pairs to db-01, db-02"
        assert [(each.key, each.title, each.lane) for each in plan.steps] == [
            ("1", "Attach db-01-logs to db-01 as /dev/vdc", "db-01-id"),
            ("2", "Attach db-011 to db-01 as /dev/vdd", "db-01-id"),
            ("3", "Attach db-02-data to db-02 as /dev/vdb", "db-02-id"),
        ]
        plan.check(plan.backend)

    def test_for_one_of_them_is_the_plan_for_one(self) -> None:
        one = plan_attach(reading(SHOP), "db-01", ["db-01-logs"], devices={"db-01-logs": "vdg"})
        several = plan_attach_several(
            reading(SHOP), {"db-01": ["db-01-logs"]}, devices={"db-01": {"db-01-logs": "vdg"}}
        )
        assert several.digest == one.digest
        assert "instance_id" not in json.dumps(one.to_json()["left_out"])

    def test_says_of_what_is_left_out_on_which_instance_and_keeps_that(self) -> None:
        plan = plan_attach_several(reading(SHOP), {"db-01": ["db-01-logs"], "db-02": ["old"]})
        assert [(each.subject, each.instance_id) for each in plan.left_out] == [("old on db-02", "db-02-id")]
        assert len(plan.steps) == 1
        assert Plan.from_json(json.loads(json.dumps(plan.to_json()))) == plan

    def test_attaches_a_shared_pair_to_one_instance_after_the_other(self) -> None:
        plan = plan_attach_several(reading(SHOP), {"db-01": ["quorum"], "db-02": ["quorum"]})
        first, second = plan.steps
        assert (first.after, second.after) == ((), (first.key,))
        assert [each.device for each in changes(plan)] == ["/dev/vdc", "/dev/vdb"]

    def test_gives_a_pair_that_is_not_shared_to_the_first_and_refuses_it_to_the_second(self) -> None:
        plan = plan_attach_several(reading(SHOP), {"db-01": ["db-011"], "db-02": ["db-011"]})
        assert [each.instance_id for each in changes(plan)] == ["db-01-id"]
        assert [each.code for each in plan.left_out[0].objections] == ["SDRS.1605"]

    def test_says_what_the_service_rewrites_and_where(self) -> None:
        hand = {"db-01": {"db-01-logs": "/dev/sdc"}, "db-02": {"db-02-data": "/dev/vde"}}
        plan = plan_attach_several(
            reading(SHOP), {"db-01": ["db-01-logs"], "db-02": ["db-02-data"]}, devices=hand
        )
        assert [note.partition(": ")[0] for note in plan.notes] == [
            "db-01-logs on db-01",
            "db-02-data on db-02",
        ]

    def test_with_nothing_to_attach_says_so(self) -> None:
        plan = plan_attach_several(reading(SHOP), {"db-01": [], "db-02": []})
        assert plan.title == "Attach no pairs to db-01, db-02"
        assert "Nothing was asked for on db-01: no pair was chosen." in plan.notes

    @pytest.mark.parametrize(
        ("wanted", "words"),
        [
            ({}, "No instance was named"),
            ({"db-01": ["old"], "db-01-id": ["old"]}, "named twice"),
            ({"db-01": ["old"], "web-01": ["content"]}, "instances of several groups"),
        ],
    )
    def test_is_refused_where_it_makes_no_sense(self, wanted: dict[str, list[str]], words: str) -> None:
        with pytest.raises(InputError, match=words):
            plan_attach_several(reading(SHOP), wanted)

    def test_attaches_again_what_is_stuck_on_each(self) -> None:
        held = {**SHOP["instances"], "db-02": {"group": "shop", "attached": {"db-02-data": "/dev/vdb"}}}
        inventory = reading({**SHOP, "instances": held})
        stuck = {"db-01-id": {"old-id": "/dev/vdb"}, "db-02-id": {"db-02-data-id": "/dev/vdb"}}
        plan = plan_reattach_several(inventory, stuck)
        assert plan.title == "Detach from db-01, db-02 and attach again: 2 pairs"
        assert [(each.key, each.needs, each.lane) for each in plan.steps] == [
            ("1", (), "db-01-id"),
            ("2", ("1",), "db-01-id"),
            ("3", (), "db-02-id"),
            ("4", ("3",), "db-02-id"),
        ]
        one = plan_reattach_several(inventory, {"db-01-id": {"old-id": "/dev/vdb"}})
        assert one.title == "Detach from db-01 and attach again: 1 pair"

    @given(
        st.lists(st.integers(0, 3), max_size=24),
        st.lists(st.sets(st.sampled_from("bcdef")), min_size=4, max_size=4),
    )
    def test_is_the_union_of_the_plans_for_one_each_and_no_name_comes_twice(
        self, owners: list[int], held: list[set[str]]
    ) -> None:
        inventory = reading(
            {
                "groups": {"shop": {}},
                "instances": {
                    f"i{at}": {
                        "group": "shop",
                        "slots": 9,
                        "other": {f"/dev/vd{each}": each for each in letters},
                    }
                    for at, letters in enumerate(held)
                },
                "pairs": {f"p{number}": {"group": "shop"} for number in range(len(owners))},
            }
        )
        wanted = {
            f"i{at}": [f"p{number}" for number, owner in enumerate(owners) if owner == at] for at in range(4)
        }
        plan = plan_attach_several(inventory, wanted)
        singles = [plan_attach(inventory, name, pairs) for name, pairs in wanted.items()]
        assert changes(plan) == [change for single in singles for change in changes(single)]
        assert len(plan.left_out) == sum(len(single.left_out) for single in singles)
        names = defaultdict[str, list[str]](list)
        for change in changes(plan):
            names[change.instance_id].append(change.device[-1])
        for at, letters in enumerate(held):
            own = names[f"i{at}-id"]
            assert len(set(own)) == len(own)
            assert not set(own) & letters


class TestAProposal:
    def test_goes_by_the_name_of_the_instance_and_no_further_than_its_word(self) -> None:
        found = proposals(reading(SHOP), "db-01", "db-02")
        assert (found["db-01-logs"].instance, found["db-01-logs"].why) == (
            reading(SHOP).instances["db-01-id"],
            "its name begins with db-01",
        )
        assert found["db-011"].instance is None
        assert not found["db-011"].proposed
        assert "its name begins with that of no instance" in found["db-011"].why

    def test_takes_the_longest_name_and_none_where_that_instance_is_not_chosen(self) -> None:
        assert proposals(reading(SHOP), "db-01", "db-02")["db-02-b-data"].why == (
            "its name begins with db-02-b, and db-02-b is not chosen"
        )
        found = proposals(reading(SHOP), "db-02", "db-02-b")["db-02-b-data"]
        assert found.instance
        assert found.instance.name == "db-02-b"

    def test_goes_where_its_disk_is_whatever_its_name_is(self) -> None:
        inventory = with_disk_on(reading(SHOP), "db-01-logs", "db-02-server")
        found = proposals(inventory, "db-01", "db-02")["db-01-logs"]
        assert found.instance
        assert (found.instance.name, found.why) == ("db-02", "its disk is attached to db-02 now")

    @pytest.mark.parametrize(
        ("servers", "words"),
        [
            (["db-02-server"], "its disk is attached to db-02 now, and db-02 is not chosen"),
            (
                ["stranger"],
                "its disk is attached to stranger now, which is no production server of this group",
            ),
            (
                ["db-01-server", "db-02-server"],
                "attached to db-01 now, and its disk is attached to db-02 now",
            ),
        ],
    )
    def test_is_none_where_its_disk_is_elsewhere_or_at_several(self, servers: list[str], words: str) -> None:
        found = proposals(with_disk_on(reading(SHOP), "db-011", *servers), "db-01")["db-011"]
        assert (found.instance, found.proposed) == (None, False)
        assert words in found.why

    def test_goes_by_the_name_of_the_disk_where_that_of_the_pair_says_nothing(self) -> None:
        inventory = with_disk_on(reading(SHOP), "db-011")
        disk = replace(inventory.disks["db-011-source"], name="db-02-scratch")
        found = proposals(replace(inventory, disks={disk.id: disk}), "db-01", "db-02")["db-011"]
        assert found.why == "its disk's name begins with db-02"
        assert proposals(inventory, "db-01")["db-011"].why.startswith("its disk is attached to no server")

    def test_is_none_where_two_instances_fit(self) -> None:
        inventory = reading(SHOP)
        twin = replace(inventory.instances["db-02-id"], id="twin-id", source_server_id="unseen")
        twins = replace(inventory, instances={**inventory.instances, "twin-id": twin})
        found = {each.pair.name: each for each in propose(twins, ["db-02-id", "twin-id"])}["db-02-data"]
        assert (found.instance, found.why) == (None, "its name fits 2 instances: db-02")

    def test_says_of_an_attached_pair_where_it_is(self) -> None:
        assert proposals(reading(SHOP), "db-02")["old"].why == "it is attached to db-01 already"
        inventory = reading(SHOP)
        pair = inventory.pairs["old-id"]
        away = replace(pair, attachments=(replace(pair.attachments[0], instance_id="unread"),))
        instances = {
            **inventory.instances,
            "db-01-id": replace(inventory.instances["db-01-id"], attachments=()),
        }
        lost = replace(inventory, pairs={**inventory.pairs, "old-id": away}, instances=instances)
        assert proposals(lost, "db-02")["old"].why == "it is attached to unread already"

    def test_of_a_shared_pair_there_is_one_for_each_instance(self) -> None:
        held = {**SHOP["instances"], "db-01": {"group": "shop", "attached": {"quorum": "/dev/vdb"}}}
        inventory = with_disk_on(reading({**SHOP, "instances": held}), "quorum", "db-02-server")
        every = propose(inventory, ["db-01-id", "db-02-id", "db-02-b-id", "web-01-id"])
        assert [
            (each.instance.name, each.proposed, each.why)
            for each in every
            if each.pair.name == "quorum" and each.instance
        ] == [
            ("db-01", False, "it is attached to db-01 already"),
            ("db-02", True, "its disk is attached to db-02 now"),
            ("db-02-b", False, "its disks are shared, and nothing tells whether it goes here"),
        ]


class TestPlaces:
    def test_are_those_that_are_proposed_and_the_others_are_named_with_the_reason(self) -> None:
        inventory = reading(SHOP)
        ids = ["db-01-id", "db-02-id"]
        assert placed(inventory, ids, ["db-02-data-id"]) == {"db-02-id": ("db-02-data-id",)}
        with pytest.raises(
            InputError, match=r"Say to which instance these pairs go: db-011 \(.*content \(it is in"
        ):
            placed(inventory, ids, ["db-011-id", "content-id"])

    def test_are_read_by_name(self) -> None:
        inventory = reading(SHOP)
        wanted, devices = read_places(
            inventory, {"db-01": ["db-011"], "db-02": ["quorum"]}, (), {"quorum": "vdf"}, "shop"
        )
        assert wanted == {"db-01-id": ["db-011-id"], "db-02-id": ["quorum-id"]}
        assert devices == {"db-01-id": {}, "db-02-id": {"quorum-id": "vdf"}}
        both: dict[str, tuple[str, ...]] = dict.fromkeys(("db-01", "db-02"), ())
        assert read_places(inventory, both, ["db-01-logs"], {})[0] == {"db-01-id": ("db-01-logs-id",)}
        assert read_places(inventory, {"db-01": ()}, ["db-011"], {})[0] == {"db-01-id": ["db-011-id"]}
        with pytest.raises(InputError, match="of all pairs to which instance they go, or of none"):
            read_places(inventory, {"db-01": ["db-011"]}, ["quorum"], {})

    def test_a_device_for_a_pair_that_nobody_asked_for_is_refused(self) -> None:
        wanted, devices = read_places(reading(SHOP), {"db-01": ["db-011"], "db-02": ()}, (), {"old": "vdf"})
        with pytest.raises(InputError, match="A device was given for old"):
            plan_attach_several(reading(SHOP), wanted, devices=devices)
