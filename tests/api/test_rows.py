"""Rows of listings: the fast reader and the careful one tell the same of every row."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.api.rows import InstanceRow, ListedRow, Page, PairRow, ServerRow, lacking, values
from drkit.errors import WireError
from drkit.model import ProtectedInstance, ReplicationPair, Server, Unknown
from tests.bench.parts.responder import world

WORLD = world(20)
KINDS: list[tuple[str, type[ListedRow], type[Any]]] = [
    ("replications", PairRow, ReplicationPair),
    ("protected_instances", InstanceRow, ProtectedInstance),
    ("servers", ServerRow, Server),
]
STRANGE: st.SearchStrategy[Any] = st.sampled_from(
    [
        None,
        "",
        "x",
        "10",
        " 10",
        "-3",
        "True",
        "false",
        "2022-03-05 09:29:16.22",
        "2022-02-30T09:29:16",
        "2022-03-05T09:29:16Z",
        "2022-03-05T09:29:16+02:00",
        "0000-03-05T09:29:16",
        "2022-03-05T24:00:00",
        "a, b,c",
        "target",
        0,
        10,
        10**18,
        1.0,
        True,
        False,
        [],
        [{}],
        {},
        {"__system__frozen": True},
        {"__system__frozen": "true"},
    ]
)


def careful(row: dict[str, Any], kind: type[Any]) -> object:
    try:
        return kind.from_wire(row)
    except WireError:
        return None


def fast(row: dict[str, Any], key: str, row_kind: type[ListedRow], kind: type[Any]) -> object:
    [read] = Page(key, row_kind)(json.dumps({key: [row], "count": 1}).encode())[key]
    return values({"one": read})[0]["one"] if isinstance(read, ListedRow) else careful(read, kind)


@pytest.mark.parametrize(("key", "row_kind", "kind"), KINDS)
class TestBothReaders:
    def test_tell_the_same_of_ordinary_rows(
        self, key: str, row_kind: type[ListedRow], kind: type[Any]
    ) -> None:
        body = json.dumps({key: WORLD[key], "count": 20}).encode()
        rows = Page(key, row_kind)(body)[key]
        assert all(isinstance(row, row_kind) for row in rows)
        assert list(values({row.id: row for row in rows})[0].values()) == [*map(kind.from_wire, WORLD[key])]

    @given(data=st.data())
    def test_tell_the_same_of_strange_rows(
        self, key: str, row_kind: type[ListedRow], kind: type[Any], data: st.DataObject
    ) -> None:
        row = copy.deepcopy(data.draw(st.sampled_from(WORLD[key])))
        for _ in range(data.draw(st.integers(1, 3))):
            inner = [part for part in row.values() if isinstance(part, dict) and part]
            at = data.draw(st.sampled_from([row, *inner]))
            name = data.draw(st.sampled_from(sorted(at))) if at else ""
            if data.draw(st.booleans()):
                at.pop(name, None)
            elif name:
                at[name] = copy.deepcopy(data.draw(STRANGE))
        assert fast(row, key, row_kind, kind) == careful(row, kind)


class TestAPage:
    def test_with_one_strange_row_reads_the_others_fast(self) -> None:
        rows = [*copy.deepcopy(WORLD["replications"])]
        rows[3]["progress"] = "half"
        read = Page("replications", PairRow)(json.dumps({"replications": rows}).encode())["replications"]
        assert [isinstance(row, PairRow) for row in read] == [place != 3 for place in range(20)]

    @pytest.mark.parametrize("body", [b"[1]", b'{"replications": 5}', b'{"count": 0}', b"null"])
    def test_that_is_none_is_handed_on_as_it_came(self, body: bytes) -> None:
        assert Page("replications", PairRow)(body) == json.loads(body)

    @pytest.mark.parametrize("body", [b"", b"<html>", b"{", b'{"a": NaN}', b"\xff", b"[" * 100_000])
    def test_that_is_no_json_is_a_value_error(self, body: bytes) -> None:
        with pytest.raises(ValueError, match=r"."):
            Page("replications", PairRow)(body)


class TestARow:
    def test_has_the_names_of_its_value(self) -> None:
        row = Page("replications", PairRow)(json.dumps({"replications": WORLD["replications"][:1]}).encode())
        [pair] = row["replications"]
        (value,) = values({pair.id: pair})[0].values()
        for name in ("id", "name", "status", "size_gb", "shared", "system_disk", "disk_type", "fault_level"):
            assert getattr(pair, name) == getattr(value, name)
        for name in ("production_disk_id", "dr_disk_id", "progress", "replication_status", "description"):
            assert getattr(pair, name) == getattr(value, name)

    def test_keeps_a_status_that_no_reference_names(self) -> None:
        odd = {**WORLD["replications"][0], "status": "shiny"}
        [pair] = Page("replications", PairRow)(json.dumps({"replications": [odd]}).encode())["replications"]
        assert pair.status == Unknown("shiny")

    def test_names_what_is_missing(self) -> None:
        lean = {key: WORLD["replications"][0][key] for key in ("id", "status", "server_group_id")}
        [pair] = Page("replications", PairRow)(json.dumps({"replications": [lean]}).encode())["replications"]
        assert lacking({pair.id: pair}) == [pair]
        assert pair.unknown == ReplicationPair.from_wire(lean).unknown
