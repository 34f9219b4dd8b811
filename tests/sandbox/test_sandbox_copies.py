"""A kept reading as a practice world: what was known is as it was, what was not is sound and said."""

import json
from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import run_state_machine_as_test

from drkit.clock import SteppedClock
from drkit.model import Inventory
from drkit.model.keeping import kept
from drkit.sandbox import SCENARIOS, Sandbox
from drkit.sandbox.world import World
from drkit.site import practise
from tests.sandbox.practice import Practice
from tests.sandbox.test_sandbox_soundness import SLOW, Operators

KINDS = ("groups", "instances", "pairs", "drills", "servers", "disks", "quotas", "failed_tasks", "domains")
WORLDS = ("demo", "empty", *SCENARIOS)
Plain = dict[str, Any]


def read(sandbox: Sandbox) -> Inventory:
    """Everything there is to read, as `drkit snapshot` keeps it."""
    with practise(sandbox, clock=SteppedClock(datetime.fromtimestamp(sandbox.world.now, UTC))) as site:
        inventory = site.client.inventory(disks=True, quotas=True, beside=True)
        several = site.client.inventory(block_devices_of=tuple(inventory.instances))
        return replace(inventory, servers={**inventory.servers, **several.servers})


def copied(inventory: Inventory | Plain) -> Sandbox:
    content = kept(inventory) if isinstance(inventory, Inventory) else json.dumps(inventory).encode()
    return Sandbox.fork(content, speed=1.0, now=lambda: 0.0)


def notes(sandbox: Sandbox) -> list[str]:
    return list(sandbox.state()["copy_of"]["notes"])


def unlike(then: Inventory, now: Inventory) -> Iterator[str]:
    """What was known then and is otherwise now."""
    for kind in KINDS:
        there = getattr(now, kind)
        for key, thing in getattr(then, kind).items():
            if key not in there:
                yield f"{kind} {key} is gone"
                continue
            for name in (each.name for each in fields(thing)):
                known, here = getattr(thing, name), getattr(there[key], name)
                if known not in ("", None, ()) and known != here:
                    yield f"{name} of {kind} {thing} is {here}"


def parts(inventory: Inventory) -> Plain:
    """The reading but for where it is from and when it was made."""
    return {each.name: getattr(inventory, each.name) for each in fields(inventory)[2:-1]}


@pytest.mark.parametrize("name", WORLDS)
def test_a_reading_of_the_copy_of_a_world_is_the_reading_of_the_world(name: str) -> None:
    inventory = read(Sandbox(name, speed=1.0, now=lambda: 0.0))
    copy = copied(inventory)
    assert parts(read(copy)) == parts(inventory)
    assert copy.invariants() == []
    assert notes(copy) == [] or name == "server-deleted"


@pytest.mark.slow
def test_a_large_world_is_copied_whole() -> None:
    inventory = read(Sandbox("large", speed=1.0, now=lambda: 0.0))
    copy = copied(inventory)
    assert parts(read(copy)) == parts(inventory)
    assert copy.invariants() == []


def test_what_was_moving_moves_in_the_copy_as_far_as_it_was_and_comes_to_rest() -> None:
    practice = Practice("demo")
    drill = {"server_group_id": practice.id("shop-frontend"), "name": "spring"}
    practice.done("POST", "disaster-recovery-drills", {"disaster_recovery_drill": drill})
    practice.sandbox.fault("job-fails", job_type="attachReplicationPairNew")
    practice.job(*practice.attach("app-02", "app-cache-02", "/dev/vdc"))
    practice.call(*practice.attach("app-01", "app-cache-01", "/dev/vdc"))
    practice.call(*practice.act("shop-frontend", "stop"))
    practice.call("POST", "cloudservers/action", {"os-stop": {"servers": [{"id": practice.server("db-01")}]}})
    practice.sandbox.step(3)
    inventory = read(practice.sandbox)
    copy = copied(inventory)
    assert parts(read(copy)) == parts(inventory)
    assert copy.invariants() == []
    assert len(copy.world.live) == 3
    assert notes(copy) == [
        "Some pairs are attaching; their job is not known, and they come to rest: app-cache-01."
    ]
    copy.step(3600)
    assert copy.world.groups[practice.id("shop-frontend")].status == "available"
    assert copy.world.pairs[practice.id("app-cache-01")].status == "available"
    assert copy.world.servers[practice.server("db-01")].status == "SHUTOFF"
    assert copy.world.live == []
    assert len(copy.world.failures) == 1


class Copiers(Operators):
    """Careless operators, and somebody who takes a copy of what they have come to."""

    def teardown(self) -> None:
        inventory = read(self.practice.sandbox)
        copy = copied(inventory)
        assert copy.invariants() == []
        assert list(unlike(inventory, read(copy))) == []
        copy.step(10**5)
        assert copy.invariants() == []
        assert copy.world.live == []


@pytest.mark.slow
def test_whatever_a_world_has_come_to_its_copy_is_like_it() -> None:
    usual = settings(suppress_health_check=SLOW, derandomize=True, deadline=None, phases=[Phase.generate])
    run_state_machine_as_test(Copiers, settings=settings(usual, max_examples=25, stateful_step_count=12))


DEMO: Plain = {}


def demo() -> Plain:
    """The reading of the demo world, as JSON values of one's own."""
    if not DEMO:
        DEMO.update(json.loads(kept(read(Sandbox("demo", now=lambda: 0.0)))))
    return dict(json.loads(json.dumps(DEMO)))


def one(reading: Plain, kind: str, name: str) -> Plain:
    return next(each for each in reading[kind] if each["name"] == name)


NOTHING: Plain = {}


def less(reading: Plain, dice: Random) -> None:
    """Leave out, in the manner of real answers: values, things, and whole parts."""
    for kind in KINDS[:6]:
        for thing in reading[kind]:
            for key in thing.keys() - {"id", "group_id", "unknown"}:
                if dice.random() < 0.15:
                    thing[key] = None
        reading[kind] = [thing for thing in reading[kind] if dice.random() < 0.9]
    reading["whole"] = [part for part in reading["whole"] if dice.random() < 0.5]
    for kind in ("quotas", "domains", "servers", "disks"):
        if dice.random() < 0.3:
            reading[kind] = []


def mixed_up(reading: Plain, dice: Random) -> None:
    """Let things stand in each other's place, and say words that nobody knows."""
    for kind in KINDS[:6]:
        for thing in reading[kind]:
            other = dice.choice(reading[kind])
            for key in thing.keys() - {"id", "unknown"}:
                if dice.random() < 0.05:
                    thing[key] = other[key]
            if dice.random() < 0.1:
                thing["status"] = dice.choice(
                    ["hibernating", "attaching", "starting", "error-reversing", "invalid"]
                )


@pytest.mark.parametrize("seed", range(30))
def test_a_copy_is_sound_however_little_the_reading_tells_and_however_it_contradicts_itself(
    seed: int,
) -> None:
    dice, reading = Random(seed), demo()
    less(reading, dice)
    if seed % 2:
        mixed_up(reading, dice)
    copy = copied(reading)
    assert copy.invariants() == []
    assert notes(copy)
    read(copy)
    copy.step(10**5)
    assert copy.invariants() == []
    assert copy.world.live == []


@pytest.mark.parametrize(
    ("kind", "name", "changes", "note"),
    [
        (
            "groups",
            "shop-backend",
            {"status": "hibernating"},
            "The status hibernating of groups is not known, taken as available: shop-backend.",
        ),
        (
            "groups",
            "shop-backend",
            {"priority_station": ""},
            "Where production is is not known, taken as source: shop-backend.",
        ),
        (
            "groups",
            "shop-backend",
            {"target_vpc_id": "v2"},
            "The networks of both sites differ; here both have the source's: shop-backend.",
        ),
        (
            "instances",
            "app-01",
            {"status": "odd"},
            "The status odd of instances is not known, taken as available: app-01.",
        ),
        (
            "instances",
            "app-01",
            {"source_server_id": ""},
            "The servers of an instance were not read; one is made: app-01.",
        ),
        (
            "instances",
            "app-01",
            {"group_id": "gone"},
            "Instances are left out, for their group is not there: app-01.",
        ),
        (
            "pairs",
            "app-cache-01",
            {"target_disk_id": ""},
            "The disks of a pair were not read; they are made: app-cache-01.",
        ),
        (
            "pairs",
            "app-cache-01",
            {"fault_level": ""},
            "The fault level of a pair is not known, taken as 0: app-cache-01.",
        ),
        (
            "pairs",
            "db-restore-area",
            {"replication_status": ""},
            "Whether a pair is synchronised is not known, taken as by its status: db-restore-area.",
        ),
        (
            "servers",
            "app-01",
            {"status": "PAUSED"},
            "The status of a server is not known, taken as ACTIVE: app-01.",
        ),
        (
            "servers",
            "app-01",
            {"task_state": "resize_prep"},
            "A server's task resize_prep is not gone on with: app-01.",
        ),
        (
            "servers",
            "app-01",
            {"vcpus": None, "flavor": "c9.huge"},
            "How large the flavor c9.huge is is not known, taken as 2 vCPUs with 4096 MiB: app-01.",
        ),
        ("disks", "spare-1", {"zone": ""}, "The zone of a disk is not known, taken as sandbox-1a: spare-1."),
        ("disks", "spare-1", {"size_gb": 0}, "The size of a disk is not known, taken as 10 GB: spare-1."),
        ("disks", "spare-1", {"status": "downloading"}, "A disk was downloading; here it rests: spare-1."),
    ],
)
def test_what_is_assumed_is_said_with_the_name(kind: str, name: str, changes: Plain, note: str) -> None:
    reading = demo()
    one(reading, kind, name).update(changes)
    copy = copied(reading)
    assert note in notes(copy)
    assert copy.invariants() == []


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (
            lambda reading: one(reading, "instances", "db-01")["attachments"][0].update(device="/dev/vdx"),
            "Pair and instance name different devices; here it is the pair's: db-01.",
        ),
        (
            lambda reading: one(reading, "pairs", "app-01-data")["attachments"].append(
                {
                    "pair_id": one(reading, "pairs", "app-01-data")["id"],
                    "instance_id": one(reading, "instances", "app-02")["id"],
                    "device": "/dev/vdq",
                }
            ),
            "A pair is attached twice and not shared; only the first counts: app-01-data.",
        ),
        (
            lambda reading: one(reading, "pairs", "app-01-data")["attachments"][0].update(instance_id="gone"),
            "An attachment is left out, for its pair or instance is not there: app-01-data.",
        ),
        (
            lambda reading: one(reading, "servers", "app-01").update(root_device="/dev/xvda"),
            "A server's system disk is at /dev/vda here: app-01.",
        ),
        (
            lambda reading: one(reading, "servers", "app-01-dr").update(root_device="/dev/sda"),
            "The servers of an instance name disks differently; here both do as production: app-01.",
        ),
        (
            lambda reading: one(reading, "servers", "app-01-dr").update(addresses=[["80.1.2.3", True]]),
            "Public addresses and security groups are left out where a server has no address: app-01-dr.",
        ),
        (
            lambda reading: one(reading, "instances", "app-01").update(
                source_server_id=one(reading, "instances", "app-02")["source_server_id"]
            ),
            "Left out, for its server is in two places: app-02.",
        ),
        (
            lambda reading: one(reading, "groups", "shop-backend").update(progress=50),
            "The progress of some groups was told otherwise than it is here: shop-backend.",
        ),
        (
            lambda reading: reading["quotas"].pop(),
            "A quota is not known, taken as 10: disaster_recovery_drills.",
        ),
    ],
)
def test_what_contradicts_itself_is_said_with_the_name(change: Callable[[Plain], object], note: str) -> None:
    reading = demo()
    change(reading)
    copy = copied(reading)
    assert note in notes(copy)
    assert copy.invariants() == []
    copy.step(3600)


def test_a_floating_address_moves_with_the_card_that_it_leads_to() -> None:
    reading = demo()
    server = one(reading, "servers", "web-01")
    server["addresses"].append(["80.1.2.3", True])
    with practise(copied(reading), clock=SteppedClock()) as site:
        assert site.inventory().servers[server["id"]].addresses == (
            (server["addresses"][0][0], False),
            ("80.1.2.3", True),
        )


def test_shared_and_bootable_are_the_disks_where_the_pair_does_not_tell() -> None:
    reading = demo()
    pair = one(reading, "pairs", "db-cluster-data")
    pair |= {"shared": False, "unknown": ["record_metadata"]}
    assert copied(reading).world.pairs[pair["id"]].shared


def test_a_device_that_an_attachment_does_not_tell_is_the_servers() -> None:
    reading = demo()
    pair = one(reading, "pairs", "db-01-backup")
    for holder in (pair, one(reading, "instances", "db-01")):
        for attachment in holder["attachments"]:
            if attachment["pair_id"] == pair["id"]:
                attachment["device"] = ""
    copy = copied(reading)
    assert list(copy.world.pairs[pair["id"]].devices.values()) == ["/dev/vde"]
    assert notes(copy) == []


def test_groups_of_which_nothing_was_read_are_left_out() -> None:
    with practise(Sandbox("demo", now=lambda: 0.0)) as site:
        group = site.inventory().group("shop-backend")
        copy = copied(site.client.inventory(group.id))
    assert [each.name for each in copy.world.groups.values()] == ["shop-backend"]
    first = "Left out, for what is in the group was not read: shop-frontend, shop-database, shop-warehouse"
    assert f"{first} and 1 more." in notes(copy)
    assert copy.invariants() == []


def test_a_note_names_three_things_and_counts_the_others() -> None:
    reading = demo()
    for thing in reading["pairs"]:
        thing["fault_level"] = ""
    counted = next(note for note in notes(copied(reading)) if "taken as 0" in note)
    first = ", ".join(thing["name"] for thing in reading["pairs"][:3])
    assert counted.endswith(f": {first} and {len(reading['pairs']) - 4} more.")


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"", "it is not JSON"),
        (b"\xff\xfe", "it is not JSON"),
        (b"[" * 10**5, "it is not JSON"),
        (b"[]", "is '[]', not an object"),
        (b"{}", "no kept reading of a project, or one of a newer drkit"),
        (b'{"form": 2}', "no kept reading of a project, or one of a newer drkit"),
        (b'{"form": 1}', "backend is missing"),
        (b'{"form": 1, "backend": {}}', "does not say when it was read"),
        (b'{"form": 1, "backend": {}, "read_at": "soon"}', "read_at is 'soon', not a time"),
    ],
)
def test_what_is_no_reading_is_told_in_a_sentence(content: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=r"^(This is no kept|The kept reading is damaged).*\.$") as caught:
        Sandbox.fork(content)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "changes", "why"),
    [
        ("pairs", {"size_gb": "large"}, "pairs[0].size_gb is 'large', not a whole number"),
        ("pairs", {"size_gb": 10**30}, "not a whole number"),
        ("pairs", {"shared": "yes"}, "pairs[0].shared is 'yes', not true or false"),
        ("pairs", {"created_at": "9999-99-99"}, "not a time"),
        ("pairs", {"id": ""}, "pairs[0] has no id"),
        ("pairs", {"attachments": [1]}, "pairs[0].attachments[0] is '1', not an object"),
        ("instances", {"tags": [["a"]]}, "not a list of pairs"),
        ("instances", {"tags": [["a", 1]]}, "not a list of pairs of texts"),
        ("servers", {"security_groups": [1]}, "not a list of texts"),
        ("servers", {"disks": {}}, "servers[0].disks is '{}', not a list"),
        ("groups", {"name": 7}, "groups[0].name is '7', not a text"),
    ],
)
def test_damage_is_told_with_its_place(kind: str, changes: Plain, why: str) -> None:
    reading = demo()
    reading[kind][0].update(changes)
    with pytest.raises(ValueError, match=r"^The kept reading is damaged: .*\.$") as caught:
        copied(reading)
    assert why in str(caught.value)


def test_one_thing_twice_is_damage() -> None:
    reading = demo()
    reading["pairs"].append(reading["pairs"][0])
    with pytest.raises(ValueError, match=f"pairs holds {reading['pairs'][0]['id']} twice"):
        copied(reading)


values = st.none() | st.booleans() | st.integers() | st.text(max_size=4) | st.lists(st.integers(), max_size=1)


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_damage_ends_in_anything_but_a_sentence_or_a_sound_world(data: st.DataObject) -> None:
    reading = demo()
    for _ in range(4):
        kind = data.draw(st.sampled_from([kind for kind in KINDS[:6] if reading[kind]]))
        thing = data.draw(st.sampled_from(reading[kind]))
        thing[data.draw(st.sampled_from(sorted(thing)))] = data.draw(values)
    try:
        copy = copied(reading)
    except ValueError as error:
        assert str(error).startswith("The kept reading is damaged: ")
    else:
        assert copy.invariants() == []


class TestTheMark:
    def test_says_of_what_the_world_is_a_copy_and_of_which_reading(self) -> None:
        reading = demo()
        reading["backend"] = {"practice": False, "cloud": "Open Telekom Cloud", "region": "eu-de",
                              "project": "eu-de_shop", "project_id": "0a1b"}  # fmt: skip
        state = copied(reading).state()
        mark = state["copy_of"]
        assert (state["world"], mark["name"]) == ("copy", "Open Telekom Cloud eu-de_shop")
        assert (mark["cloud"], mark["region"], mark["project"], mark["project_id"]) == (
            "Open Telekom Cloud", "eu-de", "eu-de_shop", "0a1b",
        )  # fmt: skip
        assert (mark["read_at"], len(mark["reading"])) == ("2026-01-01T00:00:00+00:00", 64)

    def test_outlives_saving_and_goes_with_the_world(self, tmp_path: Path) -> None:
        copy = copied(demo())
        copy.save(tmp_path / "world.json")
        loaded = Sandbox.load(tmp_path / "world.json", now=lambda: 0.0)
        assert loaded.state()["copy_of"] == copy.state()["copy_of"]
        loaded.change_world("empty")
        assert loaded.state()["copy_of"] is None
        assert loaded.world.zones == World().zones

    def test_a_copy_is_of_another_project_each_time_it_begins(self) -> None:
        ids = {Sandbox.fork(json.dumps(demo()).encode()).access["project_id"] for _ in range(2)}
        assert len(ids) == 2


def test_a_copy_begins_under_a_running_range_and_a_damaged_file_leaves_it_alone() -> None:
    practice = Practice("the-way-back")
    answer = practice.http.post("/_sandbox/copy", content=b"{}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "sandbox")
    assert practice.sandbox.state()["world"] == "the-way-back"
    assert practice.http.post("/_sandbox/copy", json=demo()).status_code == 204
    assert practice.sandbox.state()["copy_of"]["name"] == "PRACTICE sandbox-1"
    assert practice.sandbox.invariants() == []
    practice.done(*practice.act("shop-backend", "start"))
