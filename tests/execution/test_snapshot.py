import json
from datetime import UTC, datetime

from drkit.execution.snapshot import Snapshot, snapshot
from drkit.model import (
    Backend,
    Drill,
    DrillStatus,
    Inventory,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    Server,
    ServerStatus,
)

BACKEND = Backend(practice=True, cloud="sandbox", region="", project="practice", project_id="p")
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def group() -> ProtectionGroup:
    wire = {
        "id": "g1",
        "name": "billing",
        "description": "",
        "status": "protected",
        "progress": 0,
        "source_availability_zone": "az1",
        "target_availability_zone": "az2",
        "priority_station": "source",
        "domain_id": "d",
        "domain_name": "",
        "protected_instance_num": 1,
        "replication_num": 2,
        "disaster_recovery_drill_num": 1,
        "replication_status": "active",
        "health_status": "normal",
        "source_vpc_id": "v",
        "target_vpc_id": "v",
        "created_at": "",
        "updated_at": "",
    }
    return ProtectionGroup.from_wire(wire)


def instance() -> ProtectedInstance:
    return ProtectedInstance.from_wire(
        {
            "id": "i1",
            "name": "web",
            "description": "",
            "status": "protected",
            "source_server": "s1",
            "target_server": "s2",
            "server_group_id": "g1",
            "metadata": {},
            "attachment": [{"replication": "r1", "device": "/dev/vdb"}],
            "tags": [],
            "progress": 0,
            "priority_station": "source",
            "created_at": "",
            "updated_at": "",
        }
    )


def pair(identity: str, name: str) -> ReplicationPair:
    return ReplicationPair.from_wire(
        {
            "id": identity,
            "name": name,
            "description": "",
            "status": "protected",
            "volume_ids": "d1,d2",
            "attachment": [],
            "progress": 0,
            "failure_detail": "",
            "record_metadata": {
                "multiattach": False,
                "bootable": False,
                "volume_size": 10,
                "volume_type": "SSD",
            },
            "fault_level": "0",
            "server_group_id": "g1",
            "priority_station": "source",
            "replication_status": "active",
            "created_at": "",
            "updated_at": "",
        }
    )


def server(identity: str) -> Server:
    return Server(
        identity,
        f"name of {identity}",
        status=ServerStatus.ACTIVE,
        zone="az1",
        vpc_id="v",
        flavor="",
        root_device="",
        task_state="",
        disks=(),
    )


def read(*things: ProtectionGroup | ProtectedInstance | ReplicationPair | Drill | Server) -> Snapshot:
    inventory = Inventory(
        BACKEND,
        NOW,
        groups={each.id: each for each in things if isinstance(each, ProtectionGroup)},
        instances={each.id: each for each in things if isinstance(each, ProtectedInstance)},
        pairs={each.id: each for each in things if isinstance(each, ReplicationPair)},
        drills={each.id: each for each in things if isinstance(each, Drill)},
        servers={each.id: each for each in things if isinstance(each, Server)},
    )
    return snapshot(inventory, [("g1", "billing")])


def test_a_snapshot_goes_through_json_unchanged() -> None:
    taken = read(group(), instance(), pair("r1", "data"), server("s1"))
    assert json.loads(json.dumps(taken)) == taken


def test_it_tells_which_server_stands_at_which_site_and_whether_it_was_read() -> None:
    [told] = read(group(), instance(), server("s1"))["groups"]
    [web] = told["instances"]
    assert web["production_server"] == {"id": "s1", "name": "name of s1", "status": "ACTIVE"}
    assert web["dr_server"] == {"id": "s2", "name": "", "status": ""}
    assert (told["production_zone"], told["dr_zone"]) == ("az1", "az2")


def test_pairs_are_sorted_by_name() -> None:
    [told] = read(group(), pair("r1", "logs"), pair("r2", "data"))["groups"]
    assert [each["name"] for each in told["pairs"]] == ["data", "logs"]


def test_a_drill_names_its_servers() -> None:
    drill = Drill(
        "x1",
        "spring",
        status=DrillStatus.AVAILABLE,
        drill_vpc_id="v9",
        group_id="g1",
        servers=(("i1", "s3"),),
        created_at=None,
        updated_at=None,
    )
    [told] = read(group(), drill, server("s3"))["groups"]
    assert told["drills"] == [
        {
            "id": "x1",
            "name": "spring",
            "status": "available",
            "vpc": "v9",
            "servers": [{"id": "s3", "name": "name of s3", "status": "ACTIVE"}],
        }
    ]


def test_a_group_that_is_gone_is_said_to_be_gone_under_the_name_it_had() -> None:
    [told] = read()["groups"]
    assert (told["name"], told["status"], told["pairs"]) == ("billing", "gone", [])
