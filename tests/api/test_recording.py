"""Recordings: what was read, in other words."""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.api import Client, recorded
from drkit.api.pseudonyms import KEPT, Pseudonyms
from drkit.api.recording import UNREADABLE, Recording
from drkit.api.responses import Response
from drkit.api.wire import Request
from drkit.errors import InputError, UnreachableError
from drkit.model import Backend, Change, Operation
from drkit.sandbox import Sandbox

AT = datetime(2026, 1, 1, tzinfo=UTC)
SHOP = Backend(False, "Open Telekom Cloud", "eu-de", "eu-de_shop", "0a1b2c3d4e5f60718293a4b5c6d7e8f9")


def texts(value: Any) -> Iterator[str]:  # noqa: ANN401 (JSON)
    if isinstance(value, dict):
        yield from value
        for each in value.values():
            yield from texts(each)
    elif isinstance(value, list):
        for each in value:
            yield from texts(each)
    elif isinstance(value, str):
        yield value


class TestOtherWords:
    def test_are_the_same_for_the_same_thing_wherever_it_stands(self) -> None:
        other, pair = Pseudonyms(), "b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"
        both = other.text(f"{pair},{pair.upper()}", "volume_ids")
        first, second = both.split(",")
        assert first == second == other.text(pair, "id") != pair
        assert other.text(f'["{pair}"]') == f'["{first}"]'
        assert other.text("app-01", "name") == other.text("app-01", "resource_name") == "name-1"
        assert other.text("tier=web", "tags") == "name-2=name-3"

    def test_keep_the_form_of_ids_and_addresses(self) -> None:
        other = Pseudonyms()
        job = other.text("0000000062db92d70162db9d200f000a", "job_id")
        assert len(job) == 32 and "-" not in job
        assert other.text("192.168.0.5", "addr") == "10.0.0.1"
        assert other.text("192.168.0.0/16", "cidr") == "10.0.0.2/16"
        assert other.text("fe80::1", "addr") == "2001:db8::1"
        assert other.text("FA:16:3E:AA:BB:CC", "mac") == "fa:16:3e:00:00:01"

    def test_leave_what_the_reference_lists_and_what_is_no_text(self) -> None:
        told = {
            "status": "error-attaching",
            "progress": 40,
            "frozen": None,
            "volume_size": "10",
            "created_at": "2026-01-01 10:00:00.5",
            "bootable": "true",
            "availability_zone": "eu-de-01",
            "flavor": {"id": "s3.large.2", "name": "s3.large.2", "vcpus": "2"},
        }
        assert Pseudonyms().of(told) == told

    @pytest.mark.parametrize("key", sorted(KEPT))
    def test_hide_what_does_not_belong_under_a_key_that_is_kept(self, key: str) -> None:
        for secret in ("Müller & Sons", "10.1.2.3", "b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"):
            assert secret not in Pseudonyms().text(secret, key)

    def test_hide_free_text_and_the_keys_that_people_chose(self) -> None:
        told = {
            "metadata": {"owner-of-it": "Erika", "vpc_id": "b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"},
            "addresses": {"net-of-erika": [{"addr": "192.168.0.5"}]},
            "flavor": {"id": "flavor of Erika"},
            "fail_reason": "disk of Erika is full",
        }
        shown = json.dumps(Pseudonyms().of(told))
        assert not {"rika", "owner", "192.168"} & {
            word for word in ("rika", "owner", "192.168") if word in shown
        }
        assert "vpc_id" in shown

    @given(
        st.recursive(
            st.text() | st.integers() | st.none(), lambda it: st.lists(it) | st.dictionaries(st.text(), it)
        )
    )
    def test_keep_the_shape_of_whatever_comes(self, told: Any) -> None:  # noqa: ANN401 (JSON)
        other = Pseudonyms()
        shown = other.of(told)
        assert type(shown) is type(told)
        assert other.of(told) == shown


class TestARecording:
    def test_holds_every_reading_and_no_word_of_the_project(self, client: Client, sandbox: Sandbox) -> None:
        with recorded() as recording:
            client.inventory(disks=True, quotas=True, beside=True, block_devices_of=lambda it: it.instances)
        document = json.loads(recording.document(SHOP, AT, "0.1.0"))
        assert len(document["talks"]) == len(recording) > 20
        assert {talk["service"] for talk in document["talks"]} == {"sdrs", "ecs", "evs"}
        world, account = sandbox.world, sandbox.access
        every = list(texts(document))
        words = " ".join(every)
        kinds = (world.groups, world.instances, world.pairs, world.servers, world.disks)
        things = [thing for kind in kinds for thing in kind.values()]
        own = {thing.id for thing in things} | {thing.name for thing in things}
        own |= {nic.ip for server in world.servers.values() for nic in server.nics}
        own |= {account["project_id"], SHOP.project, SHOP.project_id, "practice-domain", "eu-de_shop"}
        assert own & {*every} == set()
        chance = re.compile(r"[0-9a-f-]{1,12}")  # what an id that was drawn may hold by chance
        assert {each for each in own if not chance.fullmatch(each) and each in words} == set()
        assert "X-Auth-Token" not in words and "MIIPRACTICE" not in words

    def test_keeps_an_answer_that_is_none_as_such(self) -> None:
        recording = Recording()
        recording.hear(
            Request("GET", "/jobs/b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"), Response(200, {}, b"<html>")
        )
        recording.hear(Request("GET", "/server-groups"), Response(204, {}, b""))
        recording.hear(Request("GET", "/Erika1"), Response(404, {}, b"{}"))
        first, second, third = json.loads(recording.document(SHOP, AT, "1"))["talks"]
        assert (first["answer"], second["answer"]) == (UNREADABLE, None)
        assert first["path"].startswith("/jobs/") and "9a9a" not in first["path"]
        assert third["path"] == "/name-1"

    def test_of_nothing_is_refused(self) -> None:
        with recorded() as recording, pytest.raises(InputError, match="Nothing was read"):
            recording.document(SHOP, AT, "1")

    def test_is_one_at_a_time(self) -> None:
        with recorded(), pytest.raises(InputError, match="already"), recorded():
            pass
        with recorded():
            pass

    def test_lets_nothing_but_reads_leave(self, client: Client, sandbox: Sandbox) -> None:
        server = next(iter(sandbox.world.servers.values()))
        change = Change.of(Operation.STOP_SERVER, "g", server_id=server.id, hard=False)
        with recorded() as recording:
            with pytest.raises(UnreachableError, match="nothing but reads leaves"):
                client.submit(change)
            assert len(recording) == 0
        assert server.task == ""
        assert client.submit(change)
