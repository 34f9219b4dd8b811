"""Reading the service's objects: what each key means, and which of them have to be there."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, TypeAlias

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drkit.errors import WireError
from drkit.model import (
    Attachment,
    BlockDevice,
    Disk,
    Domain,
    Drill,
    FailedTask,
    FreeSlots,
    GroupStatus,
    InstanceStatus,
    Job,
    JobStatus,
    Network,
    PairStatus,
    ProtectedInstance,
    ProtectionGroup,
    PublicAddress,
    Quota,
    ReplicationPair,
    RpoPoint,
    Server,
    Station,
    Unknown,
)

Json: TypeAlias = dict[str, Any]

GROUP: Json = {
    "id": "g1",
    "name": "shop",
    "description": "",
    "status": "protected",
    "progress": 100,
    "source_availability_zone": "az1",
    "target_availability_zone": "az2",
    "domain_id": "d1",
    "domain_name": "domain_001",
    "priority_station": "target",
    "protected_instance_num": 2,
    "replication_num": 5,
    "disaster_recovery_drill_num": 1,
    "protected_status": None,
    "replication_status": None,
    "health_status": None,
    "source_vpc_id": "v1",
    "target_vpc_id": "v1",
    "test_vpc_id": None,
    "dr_type": "migration",
    "created_at": "2026-11-20 03:04:05.678",
    "updated_at": "2026-11-20 03:04:05.7",
    "protection_type": "replication-pair",
    "replication_model": None,
    "server_type": "ECS",
}
INSTANCE: Json = {
    "id": "i1",
    "name": "db-01",
    "description": None,
    "status": "resizing",
    "source_server": "s1",
    "target_server": "s2",
    "server_group_id": "g1",
    "created_at": "2026-11-20 03:04:05.678",
    "updated_at": "",
    "metadata": {"__system__frozen": "true"},
    "attachment": [{"replication": "p1", "device": "/dev/vdb"}],
    "tags": [{"key": "tier", "value": "db"}],
    "progress": 0,
    "priority_station": "source",
}
PAIR: Json = {
    "id": "p1",
    "name": "data",
    "description": "",
    "status": "shiny",
    "volume_ids": "d1,d2",
    "attachment": [{"protected_instance": "i1", "device": "/dev/vdb"}],
    "created_at": "2026-11-20T03:04:05.678901",
    "updated_at": "2026-11-20T03:04:05",
    "replication_model": None,
    "progress": 37,
    "failure_detail": None,
    "record_metadata": {"multiattach": False, "bootable": "true", "volume_size": "10", "volume_type": "SAS"},
    "fault_level": 0,
    "server_group_id": "g1",
    "priority_station": "source",
    "replication_status": "copying",
}
DRILL: Json = {
    "id": "r1",
    "name": "spring",
    "status": "available",
    "drill_vpc_id": "v2",
    "created_at": "2026-11-20 03:04:05.678",
    "updated_at": None,
    "server_group_id": "g1",
    "drill_servers": [{"protected_instance": "i1", "drill_server_id": "s9"}],
}
JOB: Json = {
    "job_id": "j1",
    "job_type": "stopProtectionGroupNoCG",
    "status": "SUCCESS",
    "begin_time": "2026-11-20T03:04:05.678Z",
    "end_time": "2026-11-20T03:05:05.678Z",
    "error_code": None,
    "fail_reason": None,
    "entities": {
        "sub_jobs": [
            {
                "job_id": "j2",
                "job_type": "sub",
                "status": "FAIL",
                "entities": {"server_group_id": "g1"},
                "error_code": "SDRS.1030",
            }
        ]
    },
}
SERVER: Json = {
    "id": "s1",
    "name": "db-01",
    "status": "ACTIVE",
    "flavor": {"id": "s3.large.2"},
    "metadata": {"vpc_id": "v1"},
    "OS-EXT-AZ:availability_zone": "az1",
    "OS-EXT-STS:task_state": None,
    "OS-EXT-SRV-ATTR:root_device_name": "/dev/vda",
    "os-extended-volumes:volumes_attached": [
        {"id": "d0", "bootIndex": "0", "device": "/dev/vda", "delete_on_termination": "false"},
        {"id": "d1", "bootIndex": None},
    ],
}
DISK: Json = {
    "id": "d1",
    "name": "data",
    "status": "in-use",
    "size": 10,
    "volume_type": "SAS",
    "availability_zone": "az1",
    "bootable": "false",
    "multiattach": True,
    "encrypted": False,
    "attachments": [{"server_id": "s1", "device": "/dev/vdb"}],
}
QUOTA: Json = {"type": "replications", "used": 3, "quota": 100, "min": 0, "max": 1000}

NOON = datetime(2026, 11, 20, 3, 4, 5, 678000, UTC)

READERS: dict[str, tuple[Callable[[object], Any], Json, set[str]]] = {
    "group": (ProtectionGroup.from_wire, GROUP, {"id", "status"}),
    "instance": (ProtectedInstance.from_wire, INSTANCE, {"id", "status", "server_group_id"}),
    "pair": (ReplicationPair.from_wire, PAIR, {"id", "status", "server_group_id"}),
    "drill": (Drill.from_wire, DRILL, {"id", "status", "server_group_id"}),
    "server": (Server.from_wire, SERVER, {"id", "status"}),
    "disk": (Disk.from_wire, DISK, {"id", "status"}),
}
"""How each kind is read, a whole one, and the keys that identify it or decide about it."""

UNREAD = {"protected_status", "test_vpc_id", "dr_type", "protection_type", "replication_model", "server_type"}
NOW_AND_THEN = {"failure_detail", "OS-EXT-STS:task_state", "OS-EXT-SRV-ATTR:root_device_name", "encrypted"}
KEYS = [(name, key) for name, (_, source, _) in READERS.items() for key in source]
STRANGE = st.none() | st.integers() | st.text(max_size=9) | st.lists(st.integers(), max_size=2)


class TestEveryKind:
    @pytest.mark.parametrize(("name", "key"), KEYS)
    def test_does_not_know_what_a_key_that_is_missing_would_have_told(self, name: str, key: str) -> None:
        read, source, mandatory = READERS[name]
        less = {other: value for other, value in source.items() if other != key}
        if key in mandatory:
            with pytest.raises(WireError, match=f"lacks the documented key '{key}'"):
                read(less)
        else:
            assert read(less).unknown == (() if key in UNREAD | NOW_AND_THEN else (key,))

    @pytest.mark.parametrize("name", READERS)
    def test_that_is_whole_knows_everything(self, name: str) -> None:
        read, source, _ = READERS[name]
        assert read(source).unknown == ()

    @settings(max_examples=30)
    @given(data=st.data())
    @pytest.mark.parametrize("name", READERS)
    def test_is_read_whatever_the_other_keys_hold(self, name: str, data: st.DataObject) -> None:
        read, source, mandatory = READERS[name]
        keys = data.draw(st.sets(st.sampled_from(sorted(source.keys() - mandatory))))
        gone = data.draw(st.sets(st.sampled_from(sorted(keys)))) if keys else set()
        strange = {key: data.draw(STRANGE) for key in keys}
        damaged = {key: value for key, value in {**source, **strange}.items() if key not in gone}
        thing, whole = read(damaged), read(source)
        assert (thing.id, thing.status) == (whole.id, whole.status)
        assert thing.name
        assert gone - UNREAD - NOW_AND_THEN <= set(thing.unknown)

    @pytest.mark.parametrize("name", READERS)
    def test_ignores_keys_that_it_does_not_know(self, name: str) -> None:
        read, source, _ = READERS[name]
        assert read({**source, "brand_new": {"deep": [1]}}) == read(source)


class TestAGroup:
    def test_is_read(self) -> None:
        group = ProtectionGroup.from_wire(GROUP)
        assert (group.status, group.priority_station) == (GroupStatus.PROTECTED, Station.TARGET)
        assert (group.production_zone, group.dr_zone, group.vpc_ids) == ("az2", "az1", frozenset({"v1"}))
        assert (group.instance_count, group.pair_count, group.drill_count) == (2, 5, 1)
        assert (group.replication_status, group.health_status) == ("", "")
        assert group.created_at == NOON


class TestAnInstance:
    def test_is_read(self) -> None:
        instance = ProtectedInstance.from_wire(INSTANCE)
        assert instance.status is InstanceStatus.RESIZING
        assert instance.attachments == (Attachment("p1", "i1", "/dev/vdb"),)
        assert (instance.production_server_id, instance.dr_server_id) == ("s1", "s2")
        assert (instance.frozen, instance.tags, instance.updated_at) == (True, (("tier", "db"),), None)

    @pytest.mark.parametrize("metadata", [{}, None, {"__system__frozen": ""}, {"__system__frozen": "false"}])
    def test_is_frozen_only_where_that_is_said(self, metadata: object) -> None:
        assert not ProtectedInstance.from_wire({**INSTANCE, "metadata": metadata}).frozen


class TestAPair:
    def test_is_read(self) -> None:
        pair = ReplicationPair.from_wire(PAIR)
        assert pair.attachments == (Attachment("p1", "i1", "/dev/vdb"),)
        assert (pair.production_disk_id, pair.dr_disk_id) == ("d1", "d2")
        assert (pair.size_gb, pair.system_disk, pair.shared, pair.disk_type) == (10, True, False, "SAS")
        assert (pair.fault_level, pair.progress, pair.failure_detail) == ("0", 37, "")
        assert isinstance(pair.status, Unknown)

    @pytest.mark.parametrize(("told", "ids"), [("d1, d2", ("d1", "d2")), ("d1", ("d1",)), ("", ())])
    def test_has_the_disks_that_are_told(self, told: str, ids: tuple[str, ...]) -> None:
        assert ReplicationPair.from_wire({**PAIR, "volume_ids": told}).disk_ids == ids

    def test_can_be_in_no_state_at_all(self) -> None:
        with pytest.raises(WireError, match="'status' of a replication pair is not a text but None"):
            ReplicationPair.from_wire({**PAIR, "status": None})
        assert ReplicationPair.from_wire({**PAIR, "status": "protected"}).status is PairStatus.PROTECTED

    def test_tells_its_failure_only_where_it_has_one(self) -> None:
        sound = {key: value for key, value in PAIR.items() if key != "failure_detail"}
        assert ReplicationPair.from_wire(sound).failure_detail == ""
        failed = ReplicationPair.from_wire({**PAIR, "status": "error", "failure_detail": "SDRS.1606"})
        assert failed.failure_detail == "SDRS.1606"

    def test_whose_attachment_names_no_instance_is_not_known_to_be_free(self) -> None:
        pair = ReplicationPair.from_wire({**PAIR, "attachment": [{"device": "/dev/vdb"}]})
        assert (pair.attachments, pair.unknown) == ((), ("attachment.protected_instance",))

    def test_without_a_name_is_called_by_its_id(self) -> None:
        assert ReplicationPair.from_wire({**PAIR, "name": None}).name == "p1"


def test_a_drill_is_read() -> None:
    drill = Drill.from_wire(DRILL)
    assert (drill.servers, drill.drill_vpc_id, drill.updated_at) == ((("i1", "s9"),), "v2", None)


class TestAJob:
    def test_is_read_with_its_sub_jobs(self) -> None:
        job = Job.from_wire(JOB)
        assert (job.status, job.final, job.begin_at) == (JobStatus.SUCCESS, True, NOON)
        assert [(each.id, each.error_code, each.entity("server_group_id")) for each in job.sub_jobs] == [
            ("j2", "SDRS.1030", "g1")
        ]
        assert job.entity("server_group_id") == ""

    @pytest.mark.parametrize("status", ["INIT", "RUNNING", "shiny"])
    def test_is_not_final_before_its_end(self, status: str) -> None:
        job = Job.from_wire({"job_id": "j1", "job_type": "x", "status": status})
        assert (job.final, job.begin_at, job.end_at, job.error_code, job.sub_jobs) == (
            False,
            None,
            None,
            "",
            (),
        )


class TestAServer:
    def test_is_read(self) -> None:
        server = Server.from_wire(SERVER)
        assert server.disks == (BlockDevice("d0", "/dev/vda", 0), BlockDevice("d1", ""))
        assert (server.root_device, server.task_state, server.flavor) == ("/dev/vda", "", "s3.large.2")
        assert (server.vpc_id, server.slots) == ("v1", None)

    def test_may_tell_little(self) -> None:
        server = Server.from_wire({**SERVER, "metadata": {}, "flavor": None})
        assert (server.vpc_id, server.flavor) == ("", "")

    def test_gets_its_slots_from_its_block_devices(self) -> None:
        server = Server.from_wire(SERVER).with_block_devices(
            {
                "volumeAttachments": [
                    {"volumeId": "d7", "device": "/dev/vdc", "bus": "virtio", "bootIndex": 1, "size": 20}
                ],
                "attachableQuantity": {"free_scsi": 36, "free_blk": 21, "free_disk": 57},
            }
        )
        assert server.slots == FreeSlots(57, 21, 36)
        assert server.disks == (BlockDevice("d7", "/dev/vdc", 1, "virtio", 20),)

    def test_has_no_known_slots_where_one_of_the_numbers_is_missing(self) -> None:
        server = Server.from_wire(SERVER).with_block_devices(
            {
                "volumeAttachments": [
                    {"device": "/dev/vdc", "bus": "virtio", "size": 20},
                    {"volumeId": "d8", "device": "/dev/vdd", "bus": "virtio", "size": 20},
                ],
                "attachableQuantity": {"free_scsi": 36, "free_disk": 57},
            }
        )
        assert (server.slots, [disk.disk_id for disk in server.disks]) == (None, ["d8"])
        assert server.unknown == ("volumeAttachments.volumeId", "attachableQuantity.free_blk")


def test_a_disk_is_read() -> None:
    disk = Disk.from_wire(DISK)
    assert (disk.servers, disk.shared, disk.system_disk) == ((("s1", "/dev/vdb"),), True, False)
    assert Disk.from_wire({**DISK, "encrypted": None}).encrypted is False


def test_a_jobs_own_words_are_cleaned_and_cut_as_an_errors_message_is() -> None:
    reason = f"\x1b[31mNo.\r\nX-Auth-Token: gAAAAABo{'x_-9' * 40} {'why ' * 200}"
    job = Job.from_wire({**JOB, "fail_reason": reason, "error_code": "SDRS.1030\x07" * 9})
    assert job.fail_reason.startswith("[31mNo. X-Auth-Token: *** why why")
    assert (len(job.fail_reason), len(job.error_code)) == (300, 40)
    assert (job.fail_reason + job.error_code).isprintable()


def test_a_strange_sub_job_is_left_out() -> None:
    job = Job.from_wire(
        {**JOB, "entities": {"sub_jobs": [{"job_type": "sub"}, 5, *JOB["entities"]["sub_jobs"]]}}
    )
    assert [each.id for each in job.sub_jobs] == ["j2"]


def test_a_quota_is_read() -> None:
    assert Quota.from_wire(QUOTA) == Quota("replications", 3, 100)


class TestWhatIsBesideTheThings:
    def test_a_failed_task_is_read_as_printed(self) -> None:
        task = FailedTask.from_wire(
            {
                "job_status": "FAIL",
                "resource_id": "17984002",
                "resource_name": "Protected-Instance-ab14",
                "resource_type": "protectedInstance",
                "failure_status": "createFail",
                "job_id": "ff808082686f229a0168707beaab014e",
                "job_type": "createProtectedInstance",
                "begin_time": "2019-01-21T12:56:35.754Z",
                "error_code": "EVS.2024",
                "fail_reason": "SdrsGenerateNativeServerParamsTask-fail:volume is error!",
            }
        )
        assert (task.id, task.failure_status, task.error_code) == (
            "ff808082686f229a0168707beaab014e",
            "createFail",
            "EVS.2024",
        )
        assert task.begin_at == datetime(2019, 1, 21, 12, 56, 35, 754000, tzinfo=UTC)

    def test_a_domain_is_read_as_printed_and_without_what_may_be_missing(self) -> None:
        told = {
            "id": "fb4bb8e3",
            "name": "ActiveactiveDomain",
            "description": "my domain",
            "sold_out": False,
            "local_replication_cluster": {"availability_zone": "eu-de-01"},
            "remote_replication_cluster": {"availability_zone": "eu-de-02"},
        }
        assert Domain.from_wire(told) == Domain(
            "fb4bb8e3", "ActiveactiveDomain", "my domain", False, "eu-de-01", "eu-de-02"
        )
        assert Domain.from_wire({"id": "d"}) == Domain("d", "d", "", False, "", "")

    def test_an_rpo_statistic_without_a_time_is_no_point(self) -> None:
        told = {"point_time": "2026-11-27 05:00", "resource_num": 3, "resource_type": "replication"}
        assert RpoPoint.from_wire(told).exceeding == 3
        with pytest.raises(WireError, match="point_time"):
            RpoPoint.from_wire(told | {"point_time": ""})

    def test_a_network_is_read_as_printed_and_without_what_may_be_missing(self) -> None:
        told = {"id": "v1", "name": "vpc", "cidr": "10.0.0.0/8", "created_at": "2021-04-07T06:20:30"}
        assert Network.from_wire(told) == Network(
            "v1", "vpc", "10.0.0.0/8", datetime(2021, 4, 7, 6, 20, 30, tzinfo=UTC)
        )
        assert Network.from_wire({"id": "v1", "name": ""}) == Network("v1", "v1")

    def test_a_public_address_is_read_as_printed(self) -> None:
        told = {
            "id": "6285e7be",
            "status": "ACTIVE",
            "type": "5_bgp",
            "port_id": "f588ccfa",
            "public_ip_address": "139.9.204.183",
            "private_ip_address": "192.168.1.131",
            "create_time": "2019-06-29 06:45:32",
        }
        made = datetime(2019, 6, 29, 6, 45, 32, tzinfo=UTC)
        read = PublicAddress.from_wire(told)
        assert read == PublicAddress("6285e7be", "139.9.204.183", "ACTIVE", "f588ccfa", made)
        assert not read.unbound
        bare = PublicAddress.from_wire({"id": "a", "status": "DOWN", "public_ipv6_address": "::1"})
        assert (bare.address, bare.unbound, bare.created_at) == ("::1", True, None)
        with pytest.raises(WireError, match="public_ipv6_address"):
            PublicAddress.from_wire({"id": "a", "status": "DOWN"})

    def test_a_quota_tells_what_is_left(self) -> None:
        assert [Quota("drills", used, 5).left for used in (2, 9)] == [3, 0]

    def test_a_server_tells_addresses_tags_security_groups_and_its_size(self) -> None:
        server = Server.from_wire(
            {
                "id": "s",
                "name": "web",
                "status": "ACTIVE",
                "flavor": {"id": "s3", "vcpus": "2", "ram": "4096"},
                "addresses": {
                    "vpc": [
                        {"addr": "10.0.0.4", "OS-EXT-IPS:type": "fixed"},
                        {"addr": "80.1.2.3", "OS-EXT-IPS:type": "floating"},
                        {"version": 4},
                    ]
                },
                "security_groups": [{"id": "g", "name": "web"}, {"id": "h"}],
                "tags": ["owner=shop", "alone", 7],
            }
        )
        assert (server.vcpus, server.ram_mib) == (2, 4096)
        assert server.addresses == (("10.0.0.4", False), ("80.1.2.3", True))
        assert server.security_groups == ("web", "h")
        assert server.tags == (("owner", "shop"), ("alone", ""))
        bare = Server.from_wire({"id": "s", "status": "ACTIVE"})
        assert (bare.vcpus, bare.addresses, bare.security_groups, bare.tags) == (None, None, None, None)
