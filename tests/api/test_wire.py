import json

import pytest

from drkit.api import wire
from drkit.api.wire import Json
from drkit.errors import InputError
from drkit.model import Change, Operation

A, B, C = "11111111-aaaa", "22222222-bbbb", "33333333-cccc"
ATTACH = Change.of(Operation.ATTACH_PAIR, A, pair_id=B, instance_id=C, device="/dev/vdb")

CASES: list[tuple[Change, str, str, Json]] = [
    (
        ATTACH,
        "POST",
        f"/protected-instances/{C}/attachreplication",
        {"replicationAttachment": {"replication_id": B, "device": "/dev/vdb"}},
    ),
    (
        Change.of(Operation.DETACH_PAIR, A, pair_id=B, instance_id=C),
        "DELETE",
        f"/protected-instances/{C}/detachreplication/{B}",
        None,
    ),
    (
        Change.of(Operation.ENABLE_PROTECTION, A),
        "POST",
        f"/server-groups/{A}/action",
        {"start-server-group": {}},
    ),
    (
        Change.of(Operation.DISABLE_PROTECTION, A),
        "POST",
        f"/server-groups/{A}/action",
        {"stop-server-group": {}},
    ),
    (
        Change.of(Operation.PLANNED_FAILOVER, A, to="target"),
        "POST",
        f"/server-groups/{A}/action",
        {"reverse-server-group": {"priority_station": "target"}},
    ),
    (Change.of(Operation.FAILOVER, A), "POST", f"/server-groups/{A}/action", {"failover-server-group": {}}),
    (Change.of(Operation.REPROTECT, A), "POST", f"/server-groups/{A}/action", {"start-server-group": {}}),
    (
        Change.of(Operation.CREATE_DRILL, A, name="q3", drill_vpc_id=""),
        "POST",
        "/disaster-recovery-drills",
        {"disaster_recovery_drill": {"server_group_id": A, "name": "q3"}},
    ),
    (
        Change.of(Operation.CREATE_DRILL, A, name="q3", drill_vpc_id=B),
        "POST",
        "/disaster-recovery-drills",
        {"disaster_recovery_drill": {"server_group_id": A, "name": "q3", "drill_vpc_id": B}},
    ),
    (
        Change.of(Operation.DELETE_DRILL, A, drill_id=B),
        "DELETE",
        f"/disaster-recovery-drills/{B}",
        None,
    ),
    (
        Change.of(Operation.EXPAND_PAIR, A, pair_id=B, new_size_gb=200),
        "POST",
        f"/replications/{B}/action",
        {"extend-replication": {"new_size": 200}},
    ),
    (
        Change.of(Operation.RESIZE_INSTANCE, A, instance_id=C, flavor="s3.large.2"),
        "POST",
        f"/protected-instances/{C}/resize",
        {"resize": {"flavorRef": "s3.large.2"}},
    ),
    (
        Change.of(Operation.STOP_SERVER, A, server_id=B, hard=True),
        "POST",
        "/cloudservers/action",
        {"os-stop": {"type": "HARD", "servers": [{"id": B}]}},
    ),
    (
        Change.of(Operation.STOP_SERVER, A, server_id=B, hard=False),
        "POST",
        "/cloudservers/action",
        {"os-stop": {"type": "SOFT", "servers": [{"id": B}]}},
    ),
    (
        Change.of(Operation.START_SERVER, A, server_id=B),
        "POST",
        "/cloudservers/action",
        {"os-start": {"servers": [{"id": B}]}},
    ),
]


@pytest.mark.parametrize(
    ("change", "method", "path", "body"), CASES, ids=lambda each: getattr(each, "operation", "")
)
def test_each_change_has_the_request_of_the_reference(
    change: Change, method: str, path: str, body: Json
) -> None:
    request = wire.request_for(change)
    assert (request.method, request.path, request.body) == (method, path, body)
    assert request.changes
    server = change.operation in {Operation.STOP_SERVER, Operation.START_SERVER}
    assert request.service == ("ecs" if server else "sdrs")


def test_every_operation_has_a_request() -> None:
    assert {change.operation for change, *_ in CASES} == set(Operation)


@pytest.mark.parametrize("identity", ["", ".", ".."])
def test_what_is_no_id_never_becomes_a_path(identity: str) -> None:
    with pytest.raises(InputError, match="nothing was sent"):
        wire.request_for(Change.of(Operation.DELETE_DRILL, A, drill_id=identity))


def test_an_id_cannot_break_out_of_its_place_in_the_path() -> None:
    assert wire.job("a/../b?c#d").path == "/jobs/a%2F..%2Fb%3Fc%23d"


def test_listings_page_by_offset_and_servers_by_page_number() -> None:
    assert wire.PAIRS.page(2000).query == (("limit", "1000"), ("offset", "2000"))
    assert wire.SERVERS.page(0).query == (("limit", "1000"), ("offset", "1"))
    assert wire.SERVERS.page(2000).query == (("limit", "1000"), ("offset", "3"))
    assert wire.SERVERS.page(50, 25).query == (("limit", "25"), ("offset", "3"))


def test_one_group_is_asked_for_by_itself_and_several_as_lists_of_at_most_thirty() -> None:
    assert wire.of_groups([]) == ((),)
    assert wire.of_groups([A]) == ((("server_group_id", A),),)
    many = [f"id-{number}" for number in range(61)]
    lists = [json.loads(filters[0][1]) for filters in wire.of_groups([*many, *many])]
    assert [len(each) for each in lists] == [30, 30, 1]
    assert [each for one in lists for each in one] == many
    assert {filters[0][0] for filters in wire.of_groups(many)} == {"server_group_ids"}


def test_one_thing_is_shown_under_its_id() -> None:
    assert wire.show(wire.GROUPS, A).path == f"/server-groups/{A}"
    assert wire.show(wire.SERVERS, A).path == f"/cloudservers/{A}"
    assert wire.show(wire.SERVERS, A).service == "ecs"


def test_a_body_stays_out_of_what_is_printed() -> None:
    assert "/dev/vdb" not in repr(wire.request_for(ATTACH))
