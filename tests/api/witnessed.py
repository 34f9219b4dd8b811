"""What the requests of drkit's client are compared by: one line for each operation.

A line says how drkit asks, how the vendor's client (huaweicloudsdksdrs) does, how the OpenStack family's does
(otcextensions). Where one of them asks otherwise, or cannot ask at all, the line says why that is right.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from drkit.model import PairStatus, Server
from tests.sandbox.test_sandbox_huawei_witness import Vendor
from tests.sandbox.test_sandbox_openstack_witness import Cloud

GROUP, OTHER = "b3c5aa41-1d5a-4ae3-9b39-2e4e6c9d2a01", "b3c5aa41-1d5a-4ae3-9b39-2e4e6c9d2a02"
INSTANCE, PAIR = "8d2f6f0c-4a9b-4a3d-8c1e-0d9c1f4b7a03", "1f0e4a77-6a0d-4d57-9a52-6e1b8e1f5b04"
DRILL, SERVER = "5be2f5a4-11c8-4a60-8d7b-3a3a2d9e4c05", "2a7c9e10-9b7f-4c35-8f3e-71d0c5b8ad06"
DISK, SUBNET = "c9a1d3e2-0f4b-4d8a-9c6e-5b7a8d9e0f07", "d0b2e4f3-1a5c-4e9b-8d7f-6c8b9e0a1b08"
NIC, VPC = "e1c3f5a4-2b6d-4fac-9e80-7d9caf1b2c09", "f2d4a6b5-3c7e-4abd-8f91-8eadb02c3d10"
JOB, TASK = "0000000062db92d70162db9d200f000a", "0000000062db92d70162db9d200f000b"

NEW_GROUP = {
    "name": "shop",
    "source_availability_zone": "a",
    "target_availability_zone": "b",
    "domain_id": TASK,
    "source_vpc_id": VPC,
    "dr_type": "migration",
}
NEW_INSTANCE = {"server_group_id": GROUP, "server_id": SERVER, "name": "web-01"}
NEW_PAIR = {"server_group_id": GROUP, "volume_id": DISK, "name": "data"}
GONE_TOO = {"delete_target_server": True, "delete_target_eip": False}


@dataclass(frozen=True)
class Line:
    """How the three ask for the same thing; a reason stands where the other does not ask as drkit does."""

    ours: Callable[[Any], object] | dict[str, Any]
    """What to call on a `Client`, which may not have it yet; of a change its arguments."""
    huawei: Callable[[Vendor], object] | None = None
    huawei_why: str = ""
    otc: Callable[[Cloud], object] | None = None
    otc_why: str = ""


NOT_OF_SDRS = "a neighbour's operation, which this client of SDRS does not have"
NO_SUCH = "its client does not have this operation"
NO_PAGES = "asks for no number of things: without one the service gives as many as it likes"
REPEATS = "repeats the key for each id, where the page prints one list; the service is known to take both"


def named(operation: str, wrapper: str, path: str, id_: str) -> Callable[[Vendor], object]:
    """A change of a name by the vendor's client."""
    return lambda it: it.call(operation, **{path: id_}, body={wrapper: {"name": "new"}})


def action(operation: str, word: str, **details: str) -> Callable[[Vendor], object]:
    """An action on a group by the vendor's client."""
    return lambda it: it.call(operation, server_group_id=GROUP, body={word: details})


CHANGES: dict[str, Line] = {
    "attach_pair": Line(
        {"pair_id": PAIR, "instance_id": INSTANCE, "device": "/dev/vdc"},
        lambda it: it.call(
            "attach_protected_instance_replication",
            protected_instance_id=INSTANCE,
            body={"replication_attachment": {"replication_id": PAIR, "device": "/dev/vdc"}},
        ),
        otc=lambda it: it.sdrs.attach_replication_pair(INSTANCE, PAIR, "/dev/vdc"),
    ),
    "detach_pair": Line(
        {"pair_id": PAIR, "instance_id": INSTANCE},
        lambda it: it.call(
            "detach_protected_instance_replication", protected_instance_id=INSTANCE, replication_id=PAIR
        ),
        otc=lambda it: it.sdrs.detach_replication_pair(INSTANCE, PAIR),
    ),
    "enable_protection": Line(
        {},
        action("start_protection_group", "start_server_group"),
        otc=lambda it: it.sdrs.enable_protection(GROUP),
    ),
    "disable_protection": Line(
        {},
        action("stop_protection_group", "stop_server_group"),
        otc=lambda it: it.sdrs.disable_protection(GROUP),
    ),
    "reprotect": Line(
        {},
        action("start_protection_group", "start_server_group"),
        otc=lambda it: it.sdrs.enable_protection(GROUP),
    ),
    "planned_failover": Line(
        {"to": "target"},
        action("start_reverse_protection_group", "reverse_server_group", priority_station="target"),
        otc=lambda it: it.sdrs.perform_planned_failover(GROUP, "target"),
    ),
    "failover": Line(
        {},
        action("start_failover_protection_group", "failover_server_group"),
        otc=lambda it: it.sdrs.perform_failover(GROUP),
    ),
    "create_drill": Line(
        {"name": "spring", "drill_vpc_id": VPC},
        lambda it: it.call(
            "create_disaster_recovery_drill",
            body={
                "disaster_recovery_drill": {
                    "server_group_id": GROUP,
                    "name": "spring",
                    "drill_vpc_id": VPC,
                }
            },
        ),
        otc=lambda it: it.sdrs.create_dr_drill(server_group_id=GROUP, name="spring", drill_vpc_id=VPC),
    ),
    "delete_drill": Line(
        {"drill_id": DRILL},
        lambda it: it.call("delete_disaster_recovery_drill", disaster_recovery_drill_id=DRILL),
        otc=lambda it: it.sdrs.delete_dr_drill(DRILL, ignore_missing=False),
    ),
    "rename_drill": Line(
        {"drill_id": DRILL, "name": "new"},
        named(
            "update_disaster_recovery_drill_name",
            "disaster_recovery_drill",
            "disaster_recovery_drill_id",
            DRILL,
        ),
        otc=lambda it: it.sdrs.update_dr_drill(DRILL, "new"),
    ),
    "expand_pair": Line(
        {"pair_id": PAIR, "new_size_gb": 30},
        lambda it: it.call(
            "expand_replication", replication_id=PAIR, body={"extend_replication": {"new_size": 30}}
        ),
        otc=lambda it: it.sdrs.expand_replication_pair(PAIR, 30),
    ),
    "resize_instance": Line(
        {"instance_id": INSTANCE, "flavor": "s3.large.2"},
        lambda it: it.call(
            "resize_protected_instance",
            protected_instance_id=INSTANCE,
            body={"resize": {"flavor_ref": "s3.large.2"}},
        ),
        otc=lambda it: it.sdrs.modify_protected_instance(INSTANCE, flavor="s3.large.2"),
    ),
    "stop_server": Line({"server_id": SERVER, "hard": False}, huawei_why=NOT_OF_SDRS, otc_why=NOT_OF_SDRS),
    "start_server": Line({"server_id": SERVER}, huawei_why=NOT_OF_SDRS, otc_why=NOT_OF_SDRS),
    "create_group": Line(
        {"name": "shop", "source_zone": "a", "target_zone": "b", "domain_id": TASK, "vpc_id": VPC},
        lambda it: it.call("create_protection_group", body={"server_group": NEW_GROUP}),
        otc=lambda it: it.sdrs.create_protection_group(**NEW_GROUP),
    ),
    "rename_group": Line(
        {"name": "new"},
        named("update_protection_group_name", "server_group", "server_group_id", GROUP),
        otc=lambda it: it.sdrs.update_protection_group(GROUP, "new"),
    ),
    "delete_group": Line(
        {},
        lambda it: it.call("delete_protection_group", server_group_id=GROUP),
        otc=lambda it: it.sdrs.delete_protection_group(GROUP, ignore_missing=False),
    ),
    "create_instance": Line(
        {"server_id": SERVER, "name": "web-01"},
        lambda it: it.call("create_protected_instance", body={"protected_instance": NEW_INSTANCE}),
        otc=lambda it: it.sdrs.create_protected_instance(**NEW_INSTANCE),
    ),
    "create_instances": Line(
        {"server_ids": (SERVER,), "name": "web"},
        lambda it: it.call(
            "batch_create_protected_instances",
            body={
                "protected_instances": {
                    "server_group_id": GROUP,
                    "name_prefix": "web",
                    "servers": [{"server_id": SERVER}],
                }
            },
        ),
        otc_why=NO_SUCH,
    ),
    "rename_instance": Line(
        {"instance_id": INSTANCE, "name": "new"},
        named("update_protected_instance_name", "protected_instance", "protected_instance_id", INSTANCE),
        otc=lambda it: it.sdrs.update_protected_instance(INSTANCE, "new"),
    ),
    "delete_instance": Line(
        {"instance_id": INSTANCE, "with_server": True, "with_eip": False},
        lambda it: it.call("delete_protected_instance", protected_instance_id=INSTANCE, body=GONE_TOO),
        otc=lambda it: it.sdrs.delete_protected_instance(INSTANCE, **GONE_TOO, ignore_missing=False),
    ),
    "delete_instances": Line(
        {"instance_ids": (INSTANCE,), "with_server": True, "with_eip": False},
        lambda it: it.call(
            "batch_delete_protected_instances", body={"protected_instances": [{"id": INSTANCE}], **GONE_TOO}
        ),
        otc_why=NO_SUCH,
    ),
    "add_nic": Line(
        {"instance_id": INSTANCE, "subnet_id": SUBNET},
        lambda it: it.call(
            "add_protected_instance_nic", protected_instance_id=INSTANCE, body={"subnet_id": SUBNET}
        ),
        otc=lambda it: it.sdrs.add_nic(INSTANCE, SUBNET),
    ),
    "delete_nic": Line(
        {"instance_id": INSTANCE, "nic_id": NIC},
        lambda it: it.call(
            "delete_protected_instance_nic", protected_instance_id=INSTANCE, body={"nic_id": NIC}
        ),
        otc=lambda it: it.sdrs.delete_nic(INSTANCE, NIC),
    ),
    "set_tags": Line(
        {"instance_id": INSTANCE, "tags": ("tier=web", "size=big")},
        lambda it: it.call(
            "batch_add_tags",
            protected_instance_id=INSTANCE,
            body={
                "action": "create",
                "tags": [{"key": "tier", "value": "web"}, {"key": "size", "value": "big"}],
            },
        ),
        otc_why=NO_SUCH,
    ),
    "delete_tags": Line(
        {"instance_id": INSTANCE, "keys": ("a/b ü",)},
        lambda it: it.call("delete_protected_instance_tag", protected_instance_id=INSTANCE, key="a/b ü"),
        otc_why=NO_SUCH,
    ),
    "create_pair": Line(
        {"disk_id": DISK, "name": "data"},
        lambda it: it.call("create_replication", body={"replication": NEW_PAIR}),
        otc=lambda it: it.sdrs.create_replication_pair(**NEW_PAIR),
    ),
    "rename_pair": Line(
        {"pair_id": PAIR, "name": "new"},
        named("update_replication_name", "replication", "replication_id", PAIR),
        otc=lambda it: it.sdrs.update_replication_pair(PAIR, "new"),
    ),
    "delete_pair": Line(
        {"pair_id": PAIR, "with_disk": True},
        lambda it: it.call(
            "delete_replication",
            replication_id=PAIR,
            body={"replication": {"server_group_id": GROUP, "delete_target_volume": True}},
        ),
        otc=lambda it: it.sdrs.delete_replication_pair(
            PAIR, server_group_id=GROUP, delete_target_volume=True, ignore_missing=False
        ),
    ),
    "clear_failed_task": Line(
        {"task_id": TASK},
        lambda it: it.call("delete_failure_job", failure_job_id=TASK),
        otc=lambda it: it.sdrs.delete_failed_task(TASK, ignore_missing=False),
    ),
    "clear_failed_tasks": Line(
        {},
        lambda it: it.call("delete_server_group_failure_jobs", server_group_id=GROUP),
        otc=lambda it: it.sdrs.delete_protection_group_tasks(GROUP),
    ),
}


READS: dict[str, Line] = {
    "groups": Line(
        lambda it: it.groups(),
        lambda it: it.call("list_protection_groups", limit=1000, offset=0),
        otc=lambda it: list(it.sdrs.protection_groups()),
        otc_why=NO_PAGES,
    ),
    "instances": Line(
        lambda it: it.instances(GROUP),
        lambda it: it.call("list_protected_instances", server_group_id=GROUP, limit=1000, offset=0),
        otc=lambda it: list(it.sdrs.protected_instances(server_group_id=GROUP)),
        otc_why=NO_PAGES,
    ),
    "pairs": Line(
        lambda it: it.pairs([GROUP, OTHER]),
        lambda it: it.call("list_replications", server_group_ids=[GROUP, OTHER], limit=1000, offset=0),
        REPEATS,
        lambda it: list(it.sdrs.replication_pairs(server_group_ids=[GROUP, OTHER])),
        REPEATS,
    ),
    "pairs_in": Line(
        lambda it: it.pairs_in(PairStatus.ATTACHING),
        lambda it: it.call("list_replications", status="attaching", limit=1000, offset=0),
        otc=lambda it: list(it.sdrs.replication_pairs(status="attaching")),
        otc_why=NO_PAGES,
    ),
    "pairs_on": Line(
        lambda it: it.pairs_on([INSTANCE]),
        lambda it: it.call("list_replications", protected_instance_ids=[INSTANCE], limit=1000, offset=0),
        REPEATS,
        lambda it: list(it.sdrs.replication_pairs(protected_instance_ids=[INSTANCE])),
        REPEATS,
    ),
    "drills": Line(
        lambda it: it.drills(GROUP),
        lambda it: it.call("list_disaster_recovery_drills", server_group_id=GROUP, limit=1000, offset=0),
        otc=lambda it: list(it.sdrs.dr_drills(server_group_id=GROUP)),
        otc_why=NO_PAGES,
    ),
    "quotas": Line(
        lambda it: it.quotas(), lambda it: it.call("show_quota"), otc=lambda it: list(it.sdrs.quotas())
    ),
    "group": Line(
        lambda it: it.group(GROUP),
        lambda it: it.call("show_protection_group", server_group_id=GROUP),
        otc=lambda it: it.sdrs.get_protection_group(GROUP),
    ),
    "instance": Line(
        lambda it: it.instance(INSTANCE),
        lambda it: it.call("show_protected_instance", protected_instance_id=INSTANCE),
        otc=lambda it: it.sdrs.get_protected_instance(INSTANCE),
    ),
    "pair": Line(
        lambda it: it.pair(PAIR),
        lambda it: it.call("show_replication", replication_id=PAIR),
        otc=lambda it: it.sdrs.get_replication_pair(PAIR),
    ),
    "drill": Line(
        lambda it: it.drill(DRILL),
        lambda it: it.call("show_disaster_recovery_drill", disaster_recovery_drill_id=DRILL),
        otc=lambda it: it.sdrs.get_dr_drill(DRILL),
    ),
    "job": Line(
        lambda it: it.job(JOB),
        lambda it: it.call("show_job_status", job_id=JOB),
        otc=lambda it: it.sdrs.get_job(JOB),
    ),
    "servers": Line(
        lambda it: it.servers(),
        huawei_why=NOT_OF_SDRS,
        otc=lambda it: list(it.connection.compute.servers()),
        otc_why="asks the compute API of OpenStack, which tells no free slots and no job of a start",
    ),
    "server": Line(
        lambda it: it.server(SERVER),
        huawei_why=NOT_OF_SDRS,
        otc=lambda it: it.connection.compute.get_server(SERVER),
        otc_why="asks the compute API of OpenStack, as for the list",
    ),
    "disks": Line(lambda it: it.disks(), huawei_why=NOT_OF_SDRS, otc_why=NOT_OF_SDRS),
    "server_job": Line(lambda it: it.server_job(JOB), huawei_why=NOT_OF_SDRS, otc_why=NOT_OF_SDRS),
    "block_devices": Line(
        lambda it: it.block_devices(Server.from_wire({"id": SERVER, "status": "ACTIVE"})),
        huawei_why=NOT_OF_SDRS,
        otc_why=NOT_OF_SDRS,
    ),
    "traces": Line(
        lambda it: it.traces(datetime(2026, 1, 1, tzinfo=UTC), datetime(2026, 1, 2, tzinfo=UTC)),
        huawei_why=NOT_OF_SDRS,
        otc_why=NOT_OF_SDRS,
    ),
    "networks": Line(
        lambda it: it.networks(),
        huawei_why=NOT_OF_SDRS,
        otc=lambda it: list(it.connection.vpc.vpcs(limit=1000)),
    ),
    "public_addresses": Line(lambda it: it.public_addresses(), huawei_why=NOT_OF_SDRS, otc_why=NOT_OF_SDRS),
    "domains": Line(
        lambda it: it.domains(),
        lambda it: it.call("list_active_active_domains"),
        otc=lambda it: list(it.sdrs.get_domains()),
    ),
    "failed_tasks": Line(
        lambda it: it.failed_tasks(GROUP),
        lambda it: it.call("list_failure_jobs", server_group_id=GROUP, limit=1000, offset=0),
        otc=lambda it: list(it.sdrs.failed_tasks(server_group_id=GROUP)),
        otc_why=NO_PAGES,
    ),
    "rpo": Line(
        lambda it: it.rpo(), lambda it: it.call("list_rpo_statistics", limit=1000, offset=0), otc_why=NO_SUCH
    ),
    "tags": Line(
        lambda it: it.tags(INSTANCE),
        lambda it: it.call("list_protected_instance_tags", protected_instance_id=INSTANCE),
        otc_why=NO_SUCH,
    ),
    "tagged": Line(
        lambda it: it.tagged({"tier": ["web"]}),
        lambda it: it.call(
            "list_protected_instances_by_tags",
            body={
                "action": "filter",
                "tags": [{"key": "tier", "values": ["web"]}],
                "limit": "1000",
                "offset": "0",
            },
        ),
        otc_why=NO_SUCH,
    ),
}
"""Also of what a client does not read yet: the tests ask of those only that it has."""

OF_OTHERS = {"inventory", "listing", "jobs", "try_read"}
"""Methods of the client that ask by the others only."""
SILENT = {"access", "close", "submit", "check", "time_stamp", "practice", "speed", "copy_of"}
SILENT |= {"address_of", "versions", "version"}  # outside of any project, where there is one path to ask
"""Methods that ask the service for nothing of their own; a change goes out by `submit`, by its operation."""
