"""Tables of what is there: their rows, their types, and what is unknown or missing."""

from collections.abc import Callable
from dataclasses import replace

import pandas as pd
import pytest

from drkit import tables
from drkit.model import Inventory, Unknown
from tests.facts import Facts, reading

Table = Callable[[Inventory], pd.DataFrame]

EVERY: dict[str, Table] = {
    "groups": tables.groups,
    "instances": tables.instances,
    "pairs": tables.pairs,
    "attachments": tables.attachments,
    "servers": tables.servers,
    "drills": tables.drills,
}
every_table = pytest.mark.parametrize("table", EVERY.values(), ids=EVERY)

FACTS: Facts = {
    "groups": {"shop": {}, "mail": {"status": "error-reversing", "station": "target"}},
    "instances": {
        "db-01": {
            "group": "shop",
            "attached": {"data": "/dev/vdb", "quorum": "/dev/vdc"},
            "other": {"/dev/vdaa": "far", "/dev/vde": "scratch", "nvme0n1": "fast"},
            "slots": 7,
        },
        "mx-01": {
            "group": "mail",
            "attached": {"quorum": "/dev/sdb"},
            "root": "/dev/sda",
            "servers": {"production": "brand-new"},
        },
    },
    "pairs": {
        "data": {"group": "shop", "size": 250},
        "quorum": {"group": "shop", "shared": True, "status": "attaching", "replication": ""},
        "odd": {"group": "mail", "status": "brand-new", "fault_level": "7"},
    },
    "drills": {"spring": {"group": "shop", "status": "error", "servers": {"db-01": "drill-db-01"}}},
}


def rows(frame: pd.DataFrame, *columns: str) -> list[tuple[object, ...]]:
    return list(frame[list(columns)].itertuples(index=False, name=None))


class TestEveryTable:
    def test_has_the_columns_and_dtypes_that_are_promised(self) -> None:
        for name, table in EVERY.items():
            for facts in (FACTS, {}):
                kinds = {str(column): str(kind) for column, kind in table(reading(facts)).dtypes.items()}
                assert list(kinds.items()) == list(tables.COLUMNS[name].items()), name

    @every_table
    def test_begins_with_names_and_ends_with_ids(self, table: Table) -> None:
        names = [str(each) for each in table(reading({})).columns]
        ids = [each for each in names if each.endswith("_id")]
        assert ids
        assert names[-len(ids) :] == ids
        assert ids[0] == f"{names[0]}_id" or names[:2] == ["pair", "instance"]

    @every_table
    def test_has_times_in_utc_and_no_column_of_mere_objects(self, table: Table) -> None:
        kinds = {str(name): str(kind) for name, kind in table(reading(FACTS)).dtypes.items()}
        assert "object" not in kinds.values()
        assert {kind for name, kind in kinds.items() if name.endswith("_at")} <= {"datetime64[us, UTC]"}


class TestStates:
    def test_that_need_attention_sort_to_the_top(self) -> None:
        frame = tables.pairs(reading(FACTS)).sort_values("status")
        assert list(frame["status"]) == ["brand-new", "attaching", "protected"]
        assert list(tables.groups(reading(FACTS)).sort_values("status")["group"]) == ["mail", "shop"]

    def test_that_no_reference_names_are_kept(self) -> None:
        status = tables.pairs(reading(FACTS))["status"].cat
        categories = list(status.categories)
        assert status.ordered
        assert categories.index("fault") < categories.index("brand-new") < categories.index("creating")

    def test_that_were_not_told_are_missing(self) -> None:
        assert rows(tables.pairs(reading(FACTS)).isna(), "pair", "replication_status") == [
            (False, False),
            (False, True),
            (False, False),
        ]

    def test_of_faults_are_ordered_by_their_weight(self) -> None:
        frame = tables.pairs(reading(FACTS))
        assert list(frame["fault_level"]) == ["0", "0", "7"]
        assert list(frame["fault_level"].cat.categories) == ["0", "2", "5", "7"]


class TestGroups:
    def test_say_where_production_is(self) -> None:
        found = rows(tables.groups(reading(FACTS)), "group", "production_zone", "dr_zone", "priority_station")
        assert found == [("shop", "az1", "az2", "source"), ("mail", "az2", "az1", "target")]


class TestInstances:
    def test_have_their_servers_by_role_and_count_their_pairs(self) -> None:
        found = rows(
            tables.instances(reading(FACTS)), "instance", "group", "production_server", "dr_server", "pairs"
        )
        assert found == [("db-01", "shop", "db-01", "db-01-dr", 2), ("mx-01", "mail", "mx-01-dr", "", 1)]


class TestPairs:
    def test_say_where_they_are_attached(self) -> None:
        found = rows(
            tables.pairs(reading(FACTS)), "pair", "group", "attached_to", "device", "size_gb", "shared"
        )
        assert found == [
            ("data", "shop", "db-01", "/dev/vdb", 250, False),
            ("quorum", "shop", "db-01, mx-01", "/dev/vdc, /dev/sdb", 100, True),
            ("odd", "mail", "", "", 100, False),
        ]


class TestAttachments:
    def test_are_one_row_each_with_what_belongs_to_it(self) -> None:
        frame = tables.attachments(reading(FACTS))
        found = rows(frame, "pair", "instance", "device", "group", "size_gb", "shared", "production_server")
        assert found == [
            ("data", "db-01", "/dev/vdb", "shop", 250, False, "db-01"),
            ("quorum", "db-01", "/dev/vdc", "shop", 100, True, "db-01"),
            ("quorum", "mx-01", "/dev/sdb", "shop", 100, True, "mx-01-dr"),
        ]

    def test_are_shown_also_where_only_one_side_was_read(self) -> None:
        inventory = reading(FACTS)
        no_pairs = tables.attachments(replace(inventory, pairs={}))
        assert list(no_pairs["group"]) == ["shop", "shop", "mail"]
        assert no_pairs[["status", "size_gb", "system_disk", "shared"]].isna().all(axis=None)
        no_instances = tables.attachments(replace(inventory, instances={}))
        assert set(no_instances["instance"]) == set(no_instances["production_server"]) == {""}
        neither = replace(
            inventory, pairs={}, instances={"db-01-id": inventory.instances["db-01-id"]}, groups={}
        )
        assert set(tables.attachments(neither)["group"]) == {""}


class TestServers:
    def test_have_a_role(self) -> None:
        found = rows(tables.servers(reading(FACTS)), "server", "role", "instance", "group", "status")
        assert found == [
            ("db-01", "production", "db-01", "shop", "ACTIVE"),
            ("db-01-dr", "dr", "db-01", "shop", "SHUTOFF"),
            ("mx-01-dr", "production", "mx-01", "mail", "brand-new"),
            ("drill-db-01", "drill", "db-01", "shop", "ACTIVE"),
        ]

    def test_are_unprotected_where_nothing_has_them_and_without_a_role_where_the_site_is_unknown(
        self,
    ) -> None:
        inventory = reading(FACTS)
        alone = tables.servers(replace(inventory, instances={}))
        assert list(alone["role"]) == ["unprotected", "unprotected", "unprotected", "drill"]
        lost = {key: replace(each, priority_station=Unknown("")) for key, each in inventory.instances.items()}
        assert list(tables.servers(replace(inventory, instances=lost))["role"].isna()) == [
            True,
            True,
            True,
            False,
        ]

    def test_tell_their_slots_and_the_disks_that_sdrs_does_not_know(self) -> None:
        frame = tables.servers(reading(FACTS))
        assert list(frame["other_disks"]) == ["nvme0n1, /dev/vde, /dev/vdaa", "", "", ""]
        assert list(frame["disks"]) == [5, 2, 1, 0]
        assert frame["free_slots"].tolist()[:2] == [7, 7]
        assert list(frame["free_slots"].isna()) == [False, False, True, True]


class TestDrills:
    def test_count_their_servers(self) -> None:
        found = rows(tables.drills(reading(FACTS)), "drill", "group", "status", "servers", "drill_vpc_id")
        assert found == [("spring", "shop", "error", 1, "spring-vpc")]
