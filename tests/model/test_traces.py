"""Traces as the cloud tells them."""

from datetime import UTC, datetime

import pytest

from drkit.errors import WireError
from drkit.model import Trace

TOLD = {
    "trace_id": "7c1",
    "time": 1767225600000,
    "service_type": "SDRS",
    "trace_name": "attachReplicationPair",
    "resource_type": "protectedInstance",
    "resource_id": "i-1",
    "resource_name": "app-01",
    "user": {"name": "duty", "id": "u-1"},
    "code": "200",
    "source_ip": "10.0.0.1",
    "request": '{"replicationAttachment":{"replication_id":"b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"}}',
    "response": '{"job_id":"0000000062db92d70162db9d200f000a"}',
}


def test_says_who_did_what_when_and_what_came_of_it() -> None:
    trace = Trace.from_wire(TOLD)
    assert (trace.user, trace.name, trace.resource_name) == ("duty", "attachReplicationPair", "app-01")
    assert trace.at == datetime(2026, 1, 1, tzinfo=UTC)
    assert trace.job_id == "0000000062db92d70162db9d200f000a"
    assert trace.mentions == {"b7fd8d29-9a9a-4b1a-8a5c-1a0c9ecb1e11"}


@pytest.mark.parametrize(
    "response",
    [
        {"job_id": "0000000062db92d70162db9d200f000a"},
        '"{\\"job_id\\": \\"0000000062db92d70162db9d200f000a\\"}"',
    ],
)
def test_finds_the_job_however_the_answer_is_written(response: object) -> None:
    assert Trace.from_wire(TOLD | {"response": response}).job_id == "0000000062db92d70162db9d200f000a"


def test_that_tells_little_is_read_all_the_same() -> None:
    trace = Trace.from_wire({"trace_id": "7c1", "time": "soon", "user": None, "code": 400})
    assert (trace.at, trace.user, trace.code, trace.job_id) == (None, "", "400", "")
    assert Trace.from_wire({"trace_id": "1", "time": "1767225600000"}).at == datetime(2026, 1, 1, tzinfo=UTC)


def test_must_say_which_it_is() -> None:
    with pytest.raises(WireError):
        Trace.from_wire({})
