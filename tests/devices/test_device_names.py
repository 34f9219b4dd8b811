"""Device names: reading, ordering, who holds which, the prefix, and what is assigned."""

from dataclasses import replace
from string import ascii_lowercase

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit import devices
from drkit.devices import DeviceName
from drkit.model import Inventory, ProtectedInstance, ReplicationPair
from tests.facts import Fact, Facts, reading

letters = st.text(ascii_lowercase, min_size=1, max_size=3)
prefixes = st.sampled_from(["vd", "sd"])
plain = st.builds(DeviceName, prefixes, letters)
single = st.builds(DeviceName, prefixes, st.sampled_from(ascii_lowercase))


def shop(pairs: Facts | None = None, **instance: Fact) -> Inventory:
    """One instance db-01 in group shop with what is said, and the pairs that are attached to it."""
    attached = instance.get("attached", {})
    told = {**{each: {"group": "shop"} for each in attached}, **(pairs or {})}
    return reading(
        {"groups": {"shop": {}}, "instances": {"db-01": {"group": "shop", **instance}}, "pairs": told}
    )


def on(inventory: Inventory) -> ProtectedInstance:
    return inventory.instances["db-01-id"]


def data(**facts: Fact) -> ReplicationPair:
    return shop({"new": {"group": "shop", **facts}}).pairs["new-id"]


class TestReading:
    @given(plain)
    def test_a_name_that_was_written_reads_back_as_itself(self, name: DeviceName) -> None:
        assert devices.parse(str(name)) == name

    @given(plain)
    def test_a_name_reads_without_its_folder_and_with_a_partition(self, name: DeviceName) -> None:
        assert devices.parse(str(name).removeprefix("/dev/")) == devices.parse(f"{name}1") == name

    @given(st.text())
    def test_any_text_is_a_name_or_none(self, text: str) -> None:
        name = devices.parse(text)
        assert name is None or text.removeprefix("/dev/").rstrip("0123456789") == name.prefix + name.letters

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "/dev/",
            "/dev/vd",
            "/dev/VDB",
            "/dev/nvme0n1",
            "dev/vdb",
            " /dev/vdb",
            "/dev/vdb\n",
            "/dev/vdé",
        ],
    )
    def test_what_has_no_letter_after_a_known_prefix_is_none(self, text: str) -> None:
        assert devices.parse(text) is None

    @given(single)
    def test_every_single_letter_may_be_sent(self, name: DeviceName) -> None:
        assert devices.assignable(str(name)) == name

    @pytest.mark.parametrize("text", ["vdb", "/dev/vdaa", "/dev/vdb1", "/dev/xvdb", "/dev/vdB", "/dev/vdb "])
    def test_nothing_else_may_be_sent(self, text: str) -> None:
        assert devices.assignable(text) is None


class TestOrder:
    def test_two_letters_come_after_z(self) -> None:
        shuffled = [DeviceName("vd", each) for each in ("aa", "b", "z", "a", "ab")]
        assert [each.letters for each in sorted(shuffled, key=lambda name: name.order)] == [
            "a",
            "b",
            "z",
            "aa",
            "ab",
        ]

    @given(plain, plain)
    def test_a_slot_is_shared_whatever_the_prefix(self, one: DeviceName, other: DeviceName) -> None:
        assert devices.same_slot(str(one), str(other)) == (one.letters == other.letters)

    def test_what_is_no_name_shares_no_slot(self) -> None:
        assert not devices.same_slot("nvme0n1", "nvme0n1")
        assert not devices.same_slot("/dev/vdb", "nvme0n1")


class TestTakenNames:
    def test_are_those_of_attached_pairs(self) -> None:
        inventory = shop(attached={"data-1": "/dev/vdb"})
        holder = devices.taken(inventory, on(inventory))["b"]
        assert (holder.what, holder.known) == ("pair data-1", True)

    @pytest.mark.parametrize("where", ["other", "other_dr"])
    def test_are_those_of_disks_that_sdrs_does_not_know_on_either_server(self, where: str) -> None:
        inventory = shop(**{where: {"/dev/sdc": "scratch"}})
        holder = devices.taken(inventory, on(inventory))["c"]
        server = "db-01-dr" if where == "other_dr" else "db-01"
        assert (holder.what, holder.known) == (f"disk scratch-disk on server {server}", False)

    def test_are_called_by_the_disks_name_where_it_was_read(self) -> None:
        inventory = shop({"old": {"group": "shop", "disks": "in-use"}}, other={"/dev/vdc": "x"})
        whole = replace(inventory, disks={"x-disk": inventory.disks["old-source"]})
        assert devices.taken(whole, on(whole))["c"].what == "disk old-source on server db-01"

    def test_are_told_by_the_disk_where_the_server_keeps_silent(self) -> None:
        inventory = shop({"old": {"group": "shop", "disks": "in-use"}}, other={"": "x"})
        assert devices.taken(inventory, on(inventory)) == {}
        disk = replace(inventory.disks["old-source"], servers=(("db-01-server", "/dev/vdf"),))
        whole = replace(inventory, disks={"x-disk": disk})
        assert list(devices.taken(whole, on(whole))) == ["f"]

    def test_count_a_pair_that_was_not_read_by_its_id(self) -> None:
        inventory = shop(attached={"data-1": "/dev/vdb"})
        without = replace(inventory, pairs={})
        assert devices.taken(without, on(without))["b"].what == "pair data-1-id"

    def test_leave_out_what_is_no_name(self) -> None:
        inventory = shop(attached={"data-1": ""}, other={"nvme0n1": "fast"})
        assert devices.taken(inventory, on(inventory)) == {}


class TestThePrefix:
    @pytest.mark.parametrize(("root", "prefix"), [("/dev/vda", "vd"), ("/dev/sda", "sd")])
    def test_is_learned_from_the_root_device(self, root: str, prefix: str) -> None:
        inventory = shop(root=root, attached={"data-1": "/dev/xvdb"})
        assert devices.prefix_of(inventory, on(inventory)) == prefix
        reason = devices.learn_prefix(inventory, on(inventory)).reason
        assert reason == f"db-01 boots from {root}, db-01-dr boots from {root}"

    def test_is_learned_from_what_is_attached_where_no_root_device_is_told(self) -> None:
        inventory = shop(root="", attached={"data-1": "/dev/sdb"})
        assert devices.learn_prefix(inventory, on(inventory)) == devices.Prefix("sd", "/dev/sdb is attached")

    def test_is_not_guessed_where_nothing_tells_it(self) -> None:
        inventory = shop(servers={})
        learned = devices.learn_prefix(inventory, on(inventory))
        assert learned == devices.Prefix(None, "no root device and no other disk of db-01 is known")

    @pytest.mark.parametrize("attached", [{"a": "/dev/sdb", "b": "/dev/vdc"}, {"a": "/dev/xvdb"}])
    def test_is_not_chosen_from_contradictory_evidence(self, attached: dict[str, str]) -> None:
        inventory = shop(root="", attached=attached)
        learned = devices.learn_prefix(inventory, on(inventory))
        assert learned.value is None
        assert "do not agree on /dev/vd or /dev/sd" in learned.reason

    def test_is_not_chosen_where_the_servers_differ(self) -> None:
        inventory = shop()
        production, dr = inventory.servers.values()
        differing = {production.id: production, dr.id: replace(dr, root_device="/dev/sda")}
        whole = replace(inventory, servers=differing)
        assert devices.prefix_of(whole, on(whole)) is None

    @given(single, prefixes)
    def test_is_what_the_service_rewrites(self, name: DeviceName, prefix: str) -> None:
        made = devices.as_attached(str(name), prefix)
        assert made == f"/dev/{prefix}{name.letters}"
        assert devices.same_slot(made, str(name))

    def test_leaves_a_name_as_it_is_where_it_is_not_known(self) -> None:
        assert devices.as_attached("/dev/sdb", None) == "/dev/sdb"
        assert devices.as_attached("rubbish", "vd") == "rubbish"


class TestAssigning:
    def test_gives_a_system_disk_the_letter_a(self) -> None:
        inventory = shop(root="/dev/sda")
        assert devices.assign(inventory, on(inventory), data(system=True)).device == "/dev/sda"

    def test_gives_a_data_disk_the_next_free_letter(self) -> None:
        inventory = shop(attached={"data-1": "/dev/vdb"}, other={"/dev/vdc": "scratch"})
        assert devices.assign(inventory, on(inventory), data()).device == "/dev/vdd"
        assert devices.assign(inventory, on(inventory), data(), reserved={"d"}).device == "/dev/vde"

    def test_uses_the_operators_prefix_only_where_none_is_learned(self) -> None:
        silent, told = shop(servers={}), shop(root="/dev/sda")
        assert devices.assign(silent, on(silent), data(), prefix="vd").device == "/dev/vdb"
        assert devices.assign(told, on(told), data(), prefix="vd").device == "/dev/sdb"

    def test_asks_where_no_prefix_is_known(self) -> None:
        silent = shop(servers={})
        given_none = devices.assign(silent, on(silent), data())
        assert given_none == devices.Assignment("", "no root device and no other disk of db-01 is known")

    @pytest.mark.parametrize(("root", "last"), [("/dev/vda", "x"), ("/dev/sda", "z")])
    def test_ends_at_x_on_kvm_and_at_z_on_xen(self, root: str, last: str) -> None:
        prefix = root.removesuffix("a")
        usable = ascii_lowercase[1 : ascii_lowercase.index(last) + 1]
        full = shop(root=root, other={f"{prefix}{each}": f"disk-{each}" for each in usable})
        assigned = devices.assign(full, on(full), data())
        assert assigned == devices.Assignment("", f"{prefix}b to {prefix}{last} are all taken")
        almost = shop(root=root, other={f"{prefix}{each}": f"disk-{each}" for each in usable[:-1]})
        assert devices.assign(almost, on(almost), data()).device == f"{prefix}{last}"

    @given(st.sets(letters), st.sets(st.sampled_from(ascii_lowercase)), prefixes)
    def test_never_gives_a_name_that_is_taken_or_reserved(
        self, held: set[str], reserved: set[str], prefix: str
    ) -> None:
        other = {f"/dev/{prefix}{each}": each for each in held}
        inventory = shop(root=f"/dev/{prefix}a", other=other)
        device = devices.assign(inventory, on(inventory), data(), reserved=reserved).device
        name = devices.assignable(device)
        if name is None:
            assert set(devices.LETTERS[prefix]) - {"a"} <= held | reserved
        else:
            assert name.letters not in held | reserved | {"a"}
            assert set(ascii_lowercase[1 : ascii_lowercase.index(name.letters)]) <= held | reserved
