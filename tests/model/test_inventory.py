"""One reading of a project: its indexes, and finding things by name or id."""

from dataclasses import replace

import pytest

from drkit.errors import UnknownNameError
from drkit.model import Attachment, Backend, Deferred, Inventory, ReplicationPair, Unknown
from tests.facts import BACKEND, NOW, reading

INVENTORY = reading(
    {
        "groups": {"shop": {}, "mail": {"station": "target"}},
        "instances": {
            "db-01": {"group": "shop", "attached": {"data": "/dev/vdb", "quorum": "/dev/vdc"}},
            "db-02": {"group": "shop", "attached": {"quorum": "/dev/vdb"}, "servers": {}},
            "mx-01": {"group": "mail"},
        },
        "pairs": {
            "data": {"group": "shop"},
            "quorum": {"group": "shop", "shared": True},
            "spool": {"group": "mail"},
        },
        "drills": {"spring": {"group": "shop"}},
    }
)


class TestABackend:
    def test_says_practice_or_where_it_is(self) -> None:
        assert BACKEND.label == "PRACTICE"
        assert Backend(False, "OTC", "eu-de", "erp", "p1").label == "OTC eu-de erp"


class TestPairsThatAreListed:
    """Each stands for the pair of its position in the reading, of which it knows the id."""

    def deferred(self, made: list[int]) -> tuple[Inventory, Deferred[ReplicationPair]]:
        ids = list(INVENTORY.pairs)

        def make(row: object) -> ReplicationPair:
            assert isinstance(row, int)
            made.append(row)
            return INVENTORY.pairs[ids[row]]

        pairs = Deferred[ReplicationPair](dict(zip(ids, range(3), strict=True)), int, make)
        return replace(INVENTORY, pairs=pairs), pairs

    def test_become_values_once_and_only_where_they_are_asked_for(self) -> None:
        made: list[int] = []
        _, pairs = self.deferred(made)
        assert (len(pairs), list(pairs), "data-id" in pairs, "x" in pairs) == (
            3,
            list(INVENTORY.pairs),
            True,
            False,
        )
        assert made == []
        assert pairs["data-id"] is pairs["data-id"] is INVENTORY.pairs["data-id"]
        assert made == [list(pairs).index("data-id")]
        assert pairs.get("x") is None

    def test_are_the_same_reading_as_values(self) -> None:
        found, _ = self.deferred([])
        assert found == INVENTORY

    def test_are_found_by_their_group_without_becoming_values(self) -> None:
        pairs = Deferred[ReplicationPair](dict(INVENTORY.pairs), int, lambda _: pytest.fail("was made"))
        found = replace(INVENTORY, pairs=pairs)
        assert found.listed_pairs_of("shop-id") == found.pairs_of("shop-id") == INVENTORY.pairs_of("shop-id")
        assert found.attachments == INVENTORY.attachments


class TestIndexes:
    def test_lead_from_a_group_to_its_members(self) -> None:
        assert [each.name for each in INVENTORY.instances_of("shop-id")] == ["db-01", "db-02"]
        assert [each.name for each in INVENTORY.pairs_of("mail-id")] == ["spool"]
        assert [each.name for each in INVENTORY.drills_of("shop-id")] == ["spring"]
        assert not (INVENTORY.instances_of("x") or INVENTORY.pairs_of("x") or INVENTORY.drills_of("x"))

    def test_lead_from_either_side_to_each_attachment_once(self) -> None:
        assert len(INVENTORY.attachments) == 3
        assert {each.pair_id for each in INVENTORY.attachments_on("db-01-id")} == {"data-id", "quorum-id"}
        assert {each.instance_id for each in INVENTORY.attachments_of("quorum-id")} == {
            "db-01-id",
            "db-02-id",
        }
        assert INVENTORY.attachments_on("x") == INVENTORY.attachments_of("x") == ()

    def test_know_an_attachment_that_only_one_side_tells_of(self) -> None:
        assert len(replace(INVENTORY, instances={}).attachments) == 3
        assert Attachment("data-id", "db-01-id", "/dev/vdb") in replace(INVENTORY, pairs={}).attachments

    def test_lead_to_the_servers_of_each_site_as_far_as_they_were_read(self) -> None:
        assert [each.name for each in INVENTORY.production_servers_of("shop-id")] == ["db-01"]
        assert [each.name for each in INVENTORY.dr_servers_of("shop-id")] == ["db-01-dr"]
        assert [each.name for each in INVENTORY.production_servers_of("mail-id")] == ["mx-01-dr"]


class TestSites:
    def test_follow_the_priority_station(self) -> None:
        shop, mail = INVENTORY.groups["shop-id"], INVENTORY.groups["mail-id"]
        assert (shop.production_zone, shop.dr_zone) == ("az1", "az2")
        assert (mail.production_zone, mail.dr_zone) == ("az2", "az1")
        spool = INVENTORY.pairs["spool-id"]
        assert (spool.production_disk_id, spool.dr_disk_id) == ("spool-target", "spool-source")
        assert spool.disk_ids == ("spool-source", "spool-target")
        assert shop.vpc_ids == {"shop-vpc"}

    def test_are_empty_where_the_station_is_unknown(self) -> None:
        odd = reading({"groups": {"g": {"station": "moon"}}, "instances": {"i": {"group": "g"}}})
        assert odd.groups["g-id"].production_zone == ""
        assert odd.instances["i-id"].dr_server_id == ""
        assert odd.instances["i-id"].server_ids == ("i-server", "i-dr-server")


class TestFinding:
    def test_goes_by_name_or_id(self) -> None:
        assert INVENTORY.group("shop") is INVENTORY.group("shop-id")
        assert INVENTORY.instance("db-01").id == "db-01-id"
        assert INVENTORY.pair("quorum").shared
        assert INVENTORY.drill("spring").group_id == "shop-id"

    def test_can_be_limited_to_a_group(self) -> None:
        assert INVENTORY.pair("data", "shop-id").name == "data"
        with pytest.raises(UnknownNameError, match="No replication pair is named 'data'; known: 'spool'"):
            INVENTORY.pair("data", "mail-id")
        with pytest.raises(UnknownNameError, match="there is no DR drill at all"):
            INVENTORY.drill("spring", "mail-id")

    def test_tells_groups_of_one_name_by_id_zone_and_size(self) -> None:
        ids = ("aaaaaaaa-1111", "aaaaaaaa-2222", "bbbbbbbb-3333")
        shop = reading({"groups": {"shop": {}}}).groups["shop-id"]
        groups = {key: replace(shop, id=key, instance_count=2, pair_count=1) for key in ids}
        groups["c"] = replace(shop, id="c", name="other", priority_station=Unknown("?"))
        found = Inventory(BACKEND, NOW, groups=groups)
        assert [found.called(key) for key in groups] == [
            "shop (aaaaaaaa-1)",
            "shop (aaaaaaaa-2)",
            "shop (bbbbbbbb)",
            "other",
        ]
        with pytest.raises(
            UnknownNameError, match=r"bbbbbbbb-3333 \(production in az1; 2 instances, 1 pair\)"
        ):
            found.group("shop")

    def test_asks_for_the_id_where_a_name_fits_two_things(self) -> None:
        twin = replace(INVENTORY.instances["db-02-id"], name="db-01")
        twins = replace(INVENTORY, instances={**INVENTORY.instances, twin.id: twin})
        with pytest.raises(
            UnknownNameError, match=r"2 things .* named 'db-01'; give one of their ids: db-01-id, db-02-id"
        ):
            twins.instance("db-01")


def test_a_memo_is_part_of_no_comparison_and_of_no_other_reading() -> None:
    one, other = Inventory(BACKEND, NOW), Inventory(BACKEND, NOW)
    one.memo["worked out"] = 1
    assert one == other
    assert replace(one, problems=()).memo == {}
    assert "memo" not in repr(one)


def test_a_notebook_shows_its_groups_and_a_console_its_counts() -> None:
    seen = replace(reading({"groups": {"shop": {}}}), problems=("The servers could not be read.",))
    summary = "PRACTICE at 2026-11-20 03:00:00 UTC: 1 group, 0 instances, 0 pairs, 0 drills, 0 servers"
    assert repr(seen) == f"<Inventory {summary}>"
    html = seen._repr_html_()
    assert [summary in html, ">shop</td>" in html, "The servers could not be read." in html] == [True] * 3
