"""What changed between two readings: in words, and so that the later one can be made of the earlier one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from drkit.model import Attachment, Inventory, PairStatus, Quota
from drkit.readiness import NOUNS, applied, differences
from drkit.sandbox import Sandbox
from drkit.site import practise
from tests.facts import reading
from tests.readiness.test_readiness_checks import sound, with_pair, with_server

BEFORE = sound(
    instances={"web": {"group": "shop", "attached": {"data": "/dev/vdb"}}, "app": {"group": "shop"}}
)


def told(after: Inventory, before: Inventory = BEFORE) -> list[str]:
    return [each.sentence for each in differences(before, after) if not each.quiet]


class TestSentences:
    def test_tell_of_an_attachment_once_with_its_device(self) -> None:
        place = Attachment("data-id", "app-id", "/dev/vdc")
        after = with_pair(BEFORE, attachments=(*BEFORE.pairs["data-id"].attachments, place))
        instances = {**after.instances, "app-id": replace(after.instances["app-id"], attachments=(place,))}
        assert told(replace(after, instances=instances)) == ["pair data attached to app as /dev/vdc"]
        assert told(BEFORE, after) == ["pair data detached from app"]

    def test_tell_sizes_flavors_states_and_groups_of_names(self) -> None:
        assert told(with_pair(BEFORE, size_gb=200)) == ["pair data was expanded from 100 to 200 GB"]
        assert told(with_pair(BEFORE, size_gb=50)) == ["pair data changed size from 100 to 50 GB"]
        assert told(with_server(BEFORE, flavor="m3")) == ["server web was resized from s3.large.2 to m3"]
        assert told(with_pair(BEFORE, status=PairStatus.FAULT)) == ["pair data went from protected to fault"]
        assert told(with_server(BEFORE, security_groups=("a", "b"))) == [
            "server web changed security groups from sg to a, b"
        ]
        assert told(with_server(BEFORE, tags=(("owner", "shop"),))) == [
            "server web changed tags from nothing to owner=shop"
        ]
        assert told(with_pair(BEFORE, shared=True)) == ["pair data changed shared from no to yes"]
        assert told(with_pair(BEFORE, created_at=None)) == [
            "pair data changed created at from 2026-11-20 03:00:00 UTC to nothing"
        ]

    def test_tell_of_disks_that_sdrs_does_not_know(self) -> None:
        disks = BEFORE.servers["web-server"].disks
        other = reading(
            {"groups": {"x": {}}, "instances": {"y": {"group": "x", "other": {"/dev/vdz": "new"}}}}
        )
        more = (*disks, *other.servers["y-server"].disks)
        after = with_server(BEFORE, disks=more)
        assert told(after) == ["server web got a disk at /dev/vdz that SDRS does not know"]
        assert told(BEFORE, after) == ["server web lost the disk at /dev/vdz"]
        assert told(with_server(BEFORE, disks=())) == []  # a pair's own: the pair tells of it

    def test_tell_what_is_new_and_what_is_gone(self) -> None:
        after = replace(BEFORE, pairs={}, quotas={"drills": Quota("drills", 0, 1)})
        assert told(after) == ["pair data is gone", "quota replications is gone", "quota drills is new"]

    def test_do_not_tell_what_changes_by_itself(self) -> None:
        after = with_pair(BEFORE, progress=3, updated_at=None)
        assert told(after) == []
        assert [each.field for each in differences(BEFORE, after)] == ["progress", "updated_at"]


class TestWhatWasNotRead:
    def test_is_not_gone(self) -> None:
        unread = replace(BEFORE, servers={}, whole=BEFORE.whole - {"servers"})
        assert told(unread) == []
        assert told(BEFORE, unread) == []

    def test_of_other_groups_is_neither_new_nor_gone(self) -> None:
        both = sound(
            groups={"shop": {}, "mail": {}},
            pairs={"data": {"group": "shop", "disks": "in-use"}, "post": {"group": "mail"}},
            instances={"web": {"group": "shop", "attached": {"data": "/dev/vdb"}}},
        )
        one = replace(both, pairs={"data-id": both.pairs["data-id"]}, of_groups=frozenset({"shop-id"}))
        assert told(both, one) == told(one, both) == []
        assert told(replace(both, pairs={}), one) == ["pair data is gone"]


def demo() -> Inventory:
    with practise(Sandbox("demo")) as site:
        return site.read().inventory


DEMO = demo()
CHOICES: Mapping[str, Mapping[str, st.SearchStrategy[Any]]] = {
    "groups": {"status": st.sampled_from([each.status for each in DEMO.groups.values()]), "name": st.text()},
    "instances": {"frozen": st.booleans(), "attachments": st.just(())},
    "pairs": {"size_gb": st.integers(1, 9), "attachments": st.just(()), "fault_level": st.text()},
    "servers": {"flavor": st.text(), "disks": st.just(()), "tags": st.none(), "vcpus": st.integers(1, 9)},
    "disks": {"size_gb": st.integers(1, 9), "servers": st.just(())},
    "quotas": {"used": st.integers(0, 9)},
}


@st.composite
def later(draw: st.DrawFn) -> Inventory:
    """The demo world after anything may have happened to it."""
    parts: dict[str, Any] = {}
    for kind in NOUNS:
        things: dict[str, Any] = dict(getattr(DEMO, kind))
        for key in draw(st.sets(st.sampled_from(sorted(things)))) if things else ():
            if draw(st.booleans()):
                del things[key]
            elif kind in CHOICES:
                field = draw(st.sampled_from(sorted(CHOICES[kind])))
                things[key] = replace(things[key], **{field: draw(CHOICES[kind][field])})
        parts[kind] = things
    return replace(DEMO, **parts)


@settings(max_examples=60, deadline=None)
@given(later(), later())
def test_the_changes_applied_to_the_earlier_reading_give_the_later_one(
    before: Inventory, after: Inventory
) -> None:
    made = applied(before, differences(before, after))
    assert {kind: getattr(made, kind) for kind in NOUNS} == {kind: getattr(after, kind) for kind in NOUNS}
    assert differences(after, after) == ()
