import importlib
import json
import re
from pathlib import Path
from typing import Any

import pytest

from drkit.api import wire
from drkit.api.wire import Json
from drkit.errors import InputError
from drkit.model import FAILED_TASKS, Change, Operation

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
    (
        Change.of(
            Operation.RESIZE_INSTANCE,
            A,
            instance_id=C,
            flavor="",
            dr_flavor="s3.large.2",
            production_flavor="",
        ),
        "POST",
        f"/protected-instances/{C}/resize",
        {"resize": {"dr_flavorRef": "s3.large.2"}},
    ),
    (
        Change.of(
            Operation.CREATE_GROUP,
            "planned:fresh",
            name="fresh",
            source_zone="az1",
            target_zone="az2",
            domain_id=A,
            vpc_id=B,
            description="new",
        ),
        "POST",
        "/server-groups",
        {
            "server_group": {
                "name": "fresh",
                "description": "new",
                "source_availability_zone": "az1",
                "target_availability_zone": "az2",
                "domain_id": A,
                "source_vpc_id": B,
                "dr_type": "migration",
            }
        },
    ),
    (
        Change.of(Operation.RENAME_GROUP, A, name="n"),
        "PUT",
        f"/server-groups/{A}",
        {"server_group": {"name": "n"}},
    ),
    (Change.of(Operation.DELETE_GROUP, A), "DELETE", f"/server-groups/{A}", None),
    (
        Change.of(
            Operation.CREATE_INSTANCE,
            A,
            server_id=B,
            name="n",
            description="d",
            flavor="s3.large.2",
            subnet_id=C,
            ip_address="192.168.0.5",
            tags=("key1=value1", "key=a=b"),
            dedicated_host_id="h1",
        ),
        "POST",
        "/protected-instances",
        {
            "protected_instance": {
                "server_group_id": A,
                "server_id": B,
                "name": "n",
                "description": "d",
                "primary_subnet_id": C,
                "primary_ip_address": "192.168.0.5",
                "flavorRef": "s3.large.2",
                "tags": [{"key": "key1", "value": "value1"}, {"key": "key", "value": "a=b"}],
                "tenancy": "dedicated",
                "dedicated_host_id": "h1",
            }
        },
    ),
    (
        Change.of(Operation.CREATE_INSTANCES, A, server_ids=(B, C), name="n", flavors=("f1", "f2")),
        "POST",
        "/protected-instances/batch",
        {
            "protected_instances": {
                "server_group_id": A,
                "name_prefix": "n",
                "servers": [{"server_id": B, "flavorRef": "f1"}, {"server_id": C, "flavorRef": "f2"}],
            }
        },
    ),
    (
        Change.of(Operation.RENAME_INSTANCE, A, instance_id=C, name="n"),
        "PUT",
        f"/protected-instances/{C}",
        {"protected_instance": {"name": "n"}},
    ),
    (
        Change.of(Operation.DELETE_INSTANCE, A, instance_id=C, with_server=False, with_eip=False),
        "DELETE",
        f"/protected-instances/{C}",
        {"delete_target_server": False, "delete_target_eip": False},
    ),
    (
        Change.of(Operation.DELETE_INSTANCES, A, instance_ids=(B, C), with_server=True, with_eip=True),
        "POST",
        "/protected-instances/delete",
        {
            "protected_instances": [{"id": B}, {"id": C}],
            "delete_target_server": True,
            "delete_target_eip": True,
        },
    ),
    (
        Change.of(Operation.ADD_NIC, A, instance_id=C, subnet_id=B, security_group_ids=("s1", "s2")),
        "POST",
        f"/protected-instances/{C}/nic",
        {"subnet_id": B, "security_groups": [{"id": "s1"}, {"id": "s2"}]},
    ),
    (
        Change.of(Operation.DELETE_NIC, A, instance_id=C, nic_id=B),
        "POST",
        f"/protected-instances/{C}/nic/delete",
        {"nic_id": B},
    ),
    (
        Change.of(Operation.SET_TAGS, A, instance_id=C, tags=("DEV=DEV1",)),
        "POST",
        f"/protected-instances/{C}/tags",
        {"tag": {"key": "DEV", "value": "DEV1"}},
    ),
    (
        Change.of(Operation.SET_TAGS, A, instance_id=C, tags=("key1=value1", "key=value3")),
        "POST",
        f"/protected-instances/{C}/tags/action",
        {
            "action": "create",
            "tags": [{"key": "key1", "value": "value1"}, {"key": "key", "value": "value3"}],
        },
    ),
    (
        Change.of(Operation.DELETE_TAGS, A, instance_id=C, keys=("a/b",)),
        "DELETE",
        f"/protected-instances/{C}/tags/a%2Fb",
        None,
    ),
    (
        Change.of(Operation.DELETE_TAGS, A, instance_id=C, keys=("key1", "key2")),
        "POST",
        f"/protected-instances/{C}/tags/action",
        {"action": "delete", "tags": [{"key": "key1"}, {"key": "key2"}]},
    ),
    (
        Change.of(Operation.CREATE_PAIR, A, disk_id=B, name="n", description="d", cluster_id=""),
        "POST",
        "/replications",
        {"replication": {"server_group_id": A, "volume_id": B, "name": "n", "description": "d"}},
    ),
    (
        Change.of(Operation.RENAME_PAIR, A, pair_id=B, name="n"),
        "PUT",
        f"/replications/{B}",
        {"replication": {"name": "n"}},
    ),
    (
        Change.of(Operation.DELETE_PAIR, A, pair_id=B, with_disk=False),
        "DELETE",
        f"/replications/{B}",
        {"replication": {"server_group_id": A, "delete_target_volume": False}},
    ),
    (
        Change.of(Operation.RENAME_DRILL, A, drill_id=B, name="n"),
        "PUT",
        f"/disaster-recovery-drills/{B}",
        {"disaster_recovery_drill": {"name": "n"}},
    ),
    (
        Change.of(Operation.CLEAR_FAILED_TASK, A, task_id=B),
        "DELETE",
        f"/task-center/failure-jobs/{B}",
        None,
    ),
    (Change.of(Operation.CLEAR_FAILED_TASKS, A), "DELETE", f"/task-center/{A}/failure-jobs/batch", None),
    (
        Change.of(Operation.CLEAR_FAILED_TASKS, FAILED_TASKS),
        "DELETE",
        "/task-center/failure-jobs/batch",
        None,
    ),
]

VENDOR = {
    Operation.CREATE_GROUP: ["create_protection_group"],
    Operation.RENAME_GROUP: ["update_protection_group_name"],
    Operation.DELETE_GROUP: ["delete_protection_group"],
    Operation.CREATE_INSTANCE: ["create_protected_instance"],
    Operation.CREATE_INSTANCES: ["batch_create_protected_instances"],
    Operation.RENAME_INSTANCE: ["update_protected_instance_name"],
    Operation.DELETE_INSTANCE: ["delete_protected_instance"],
    Operation.DELETE_INSTANCES: ["batch_delete_protected_instances"],
    Operation.RESIZE_INSTANCE: ["resize_protected_instance"],
    Operation.ADD_NIC: ["add_protected_instance_nic"],
    Operation.DELETE_NIC: ["delete_protected_instance_nic"],
    Operation.SET_TAGS: ["add_protected_instance_tags", "batch_add_tags"],
    Operation.DELETE_TAGS: ["delete_protected_instance_tag", "batch_delete_tags"],
    Operation.CREATE_PAIR: ["create_replication"],
    Operation.RENAME_PAIR: ["update_replication_name"],
    Operation.DELETE_PAIR: ["delete_replication"],
    Operation.RENAME_DRILL: ["update_disaster_recovery_drill_name"],
    Operation.CLEAR_FAILED_TASK: ["delete_failure_job"],
    Operation.CLEAR_FAILED_TASKS: [
        "delete_server_group_failure_jobs",
        "delete_all_server_group_failure_jobs",
    ],
}
"""What the vendor's own client calls the operations that drkit sends, besides those of switches and pairs."""


@pytest.mark.slow  # the vendor's client takes seconds to load
def test_what_is_sent_is_what_the_vendors_own_client_would_send(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))  # the package writes into it when it is imported
    vendor = importlib.import_module("huaweicloudsdksdrs.v1")
    client = vendor.SdrsClient
    for change, method, path, body in CASES:
        if change.operation not in VENDOR:
            continue
        fitting = []
        for name in VENDOR[change.operation]:
            request = getattr(vendor, "".join(map(str.capitalize, name.split("_"))) + "Request")
            info = getattr(client, f"_{name}_http_info")(request())
            pattern = re.sub(r"\{\w+\}", "[^/]+", info["resource_path"].removeprefix("/v1/{project_id}"))
            if info["method"] == method and re.fullmatch(pattern, path):
                fitting.append(request)
        assert fitting, (change, path)
        assert any(_fits(vendor, request, body) for request in fitting), (change, body)


def _fits(vendor: Any, request: Any, body: Json) -> bool:  # noqa: ANN401 (the vendor's)
    """Whether the vendor's request takes that body, key by key."""
    kind = request.openapi_types.get("body")
    return body is None if kind is None else _known(vendor, kind, body)


def _known(vendor: Any, kind: str, value: Json) -> bool:  # noqa: ANN401 (the vendor's)
    if kind.startswith("list["):
        return isinstance(value, list) and all(_known(vendor, kind[5:-1], each) for each in value)
    model = getattr(vendor, kind, None)
    if model is None:
        return isinstance(value, {"str": str, "bool": bool, "int": int}[kind])
    types = {model.attribute_map[name]: told for name, told in model.openapi_types.items()}
    return isinstance(value, dict) and all(
        key in types and _known(vendor, types[key], each) for key, each in value.items()
    )


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


def test_flavors_for_some_servers_only_are_not_sent() -> None:
    some = Change.of(Operation.CREATE_INSTANCES, A, server_ids=(B, C), name="n", flavors=("f1",))
    with pytest.raises(InputError, match="one flavor for each server"):
        wire.request_for(some)


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
