"""A reading that is kept is the reading that was made; what is damaged is said."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from drkit.errors import InputError
from drkit.model import Domain, FailedTask, Inventory, RpoPoint, from_kept, keeping, kept
from drkit.readiness import NOUNS
from tests.facts import BACKEND, NOW, Facts, reading

Json = Any  # what json.loads gives
FACTS: Facts = {
    "groups": {"shop": {"status": "brand-new"}},
    "instances": {"web": {"group": "shop", "attached": {"data": "/dev/vdb"}, "slots": 3}},
    "pairs": {"data": {"group": "shop", "disks": "in-use"}},
    "drills": {"spring": {"group": "shop", "servers": {"web": "drill-web"}}},
    "quotas": {"drills": (1, 2)},
    "problems": ["Something is odd."],
}


def whole() -> Inventory:
    made = reading(FACTS)
    parts: dict[str, Any] = {kind: getattr(made, kind) for kind in NOUNS}
    parts["failed_tasks"] = {
        "t": FailedTask("t", "attach", "attachFail", "pairs", "data-id", "data", None, "", "")
    }
    parts["domains"] = {"d": Domain("d", "far", "", False, "az1", "az2")}
    return Inventory(
        BACKEND,
        NOW,
        rpo=(RpoPoint(NOW, "replication", 2),),
        whole=made.whole,
        of_groups=frozenset({"shop-id"}),
        problems=made.problems,
        **parts,
    )


def test_a_kept_reading_is_the_one_that_was_made() -> None:
    keeping._reader.cache_clear()  # what reads a kind of thing is made once in a process: here
    assert from_kept(kept(whole())) == whole()


def test_a_reading_of_an_earlier_drkit_lacks_only_what_there_was_not_yet() -> None:
    content = json.loads(kept(whole()))
    for server in content["servers"]:
        del server["tags"], server["vcpus"]
    assert from_kept(json.dumps(content)) == whole()


def no_form(content: Json) -> Json:
    del content["form"]
    return content


def without_groups(content: Json) -> Json:
    del content["groups"]
    return content


def a_group(**fields: object) -> Callable[[Json], Json]:
    def change(content: Json) -> Json:
        content["groups"][0] |= fields
        return content

    return change


def nameless(content: Json) -> Json:
    del content["groups"][0]["name"]
    return content


def odd_place(content: Json) -> Json:
    content["drills"][0]["servers"] = [["only one"]]
    return content


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (no_form, "no kept reading"),
        (lambda _content: [1], "no kept reading"),
        (without_groups, "damaged: 'groups'"),
        (nameless, "a ProtectionGroup lacks name"),
        (a_group(progress="7"), "'7' is no int"),
        (a_group(progress=True), "'True' is no int"),
        (a_group(name=5), "'5' is no str"),
        (a_group(status=["protected"]), "is no str"),
        (a_group(created_at="yesterday"), "damaged"),
        (a_group(unknown="name"), "is no list"),
        (odd_place, "damaged"),
    ],
)
def test_what_is_damaged_is_said_in_a_sentence(damage: Callable[[Json], Json], words: str) -> None:
    with pytest.raises(InputError, match=words):
        from_kept(json.dumps(damage(json.loads(kept(whole())))))


@pytest.mark.parametrize("content", [b"", b"{", b"\xff", b"[" * 100_000])
def test_what_is_no_json_is_said_in_a_sentence(content: bytes) -> None:
    with pytest.raises(InputError, match="damaged"):
        from_kept(content)


def test_times_are_the_same_moments() -> None:
    content = json.loads(kept(whole()))
    assert datetime.fromisoformat(content["read_at"]).astimezone(UTC) == NOW
