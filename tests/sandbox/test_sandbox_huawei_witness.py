"""The vendor's own client (AK/SK) can't tell the sandbox from the service, through a whole life."""

import importlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drkit.sandbox import Sandbox, running

pytestmark = pytest.mark.slow  # the vendor's client takes seconds to load

PACKAGE = "huaweicloudsdksdrs.v1"


class Vendor:
    """huaweicloudsdksdrs over HTTP; `call("show_replication", ...)` builds its models from plain values."""

    def __init__(self, sandbox: Sandbox, **credentials: str) -> None:
        self.sandbox, self.models = sandbox, importlib.import_module(PACKAGE)
        access = sandbox.access
        core = importlib.import_module("huaweicloudsdkcore.auth.credentials")
        given = {"ak": access["access_key"], "sk": access["secret_key"], "project_id": access["project_id"]}
        signed = core.BasicCredentials(**(given | credentials))
        signed.with_iam_endpoint(access["url"])
        builder = self.models.SdrsClient.new_builder().with_credentials(signed)
        self.client = builder.with_endpoint(access["url"]).build()

    def model(self, name: str, values: Any) -> Any:  # noqa: ANN401 (the vendor's)
        if name.startswith("list["):
            return [self.model(name[5:-1], value) for value in values]
        kind = getattr(self.models, name, None)
        if kind is None or not isinstance(values, dict):
            return values
        return kind(**{key: self.model(kind.openapi_types[key], value) for key, value in values.items()})

    def call(self, operation: str, **values: Any) -> Any:  # noqa: ANN401 (the vendor's)
        name = "".join(part.capitalize() for part in operation.split("_")) + "Request"
        return getattr(self.client, operation)(self.model(name, values))

    def done(self, operation: str, **values: Any) -> Any:  # noqa: ANN401 (the vendor's)
        job_id = self.call(operation, **values).job_id
        assert self.call("show_job_status", job_id=job_id).status in ("INIT", "RUNNING")
        self.sandbox.step(3600)
        job = self.call("show_job_status", job_id=job_id)
        assert job.status == "SUCCESS", job
        assert self.sandbox.invariants() == []
        return job

    def refusal(self, operation: str, **values: Any) -> tuple[int, str]:  # noqa: ANN401 (the vendor's)
        errors = importlib.import_module("huaweicloudsdkcore.exceptions.exceptions")
        with pytest.raises(errors.ClientRequestException) as caught:
            self.call(operation, **values)
        return caught.value.status_code, caught.value.error_code


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The package writes into the home folder when it is imported."""
    with pytest.MonkeyPatch.context() as patch:
        home = tmp_path_factory.mktemp("home")
        patch.setenv("HOME", str(home))
        importlib.import_module(PACKAGE)
        yield home


@pytest.fixture
def vendor(home: Path) -> Iterator[Vendor]:
    with running(Sandbox("empty")) as sandbox:
        yield Vendor(sandbox)


def server(vendor: Vendor, name: str) -> Any:  # noqa: ANN401
    return next(it for it in vendor.sandbox.world.servers.values() if it.name == name)


def disk_id(vendor: Vendor, name: str) -> str:
    return next(it.id for it in vendor.sandbox.world.disks.values() if it.name == name)


def set_power(vendor: Vendor, status: str) -> None:
    """Every server of the first zones is started or stopped."""
    for it in vendor.sandbox.world.servers.values():
        it.status = status if not it.fenced else it.status


def new_group(vendor: Vendor) -> str:
    domain = vendor.call("list_active_active_domains").domains[0]
    group = {
        "name": "shop",
        "description": "by the vendor's client",
        "source_availability_zone": domain.local_replication_cluster.availability_zone,
        "target_availability_zone": domain.remote_replication_cluster.availability_zone,
        "domain_id": domain.id,
        "source_vpc_id": server(vendor, "search-01").vpc_id,
        "dr_type": "migration",
    }
    job = vendor.done("create_protection_group", body={"server_group": group})
    assert job.job_type == "createProtectionGroupNoCG"
    return str(job.entities.server_group_id)


def new_instance(vendor: Vendor, group_id: str, name: str = "search-01") -> str:
    body = {"server_group_id": group_id, "server_id": server(vendor, name).id, "name": name}
    body |= {"tags": [{"key": "tier", "value": "web"}]}
    job = vendor.done("create_protected_instance", body={"protected_instance": body})
    assert len(job.entities.sub_jobs) == 3
    return str(job.entities.protected_instance_id)


def new_pair(vendor: Vendor, group_id: str) -> str:
    body = {"server_group_id": group_id, "volume_id": disk_id(vendor, "spare-1"), "name": "spare"}
    return str(vendor.done("create_replication", body={"replication": body}).entities.replication_pair_id)


def act(vendor: Vendor, group_id: str, verb: str, **details: str) -> Any:  # noqa: ANN401
    operations = {
        "start": "start_protection_group",
        "stop": "stop_protection_group",
        "reverse": "start_reverse_protection_group",
        "failover": "start_failover_protection_group",
    }
    return vendor.done(operations[verb], server_group_id=group_id, body={f"{verb}_server_group": details})


def test_a_whole_life_of_a_group(vendor: Vendor) -> None:
    group_id = new_group(vendor)
    instance_id = new_instance(vendor, group_id)
    pair_id = new_pair(vendor, group_id)
    attachment = {"replication_id": pair_id, "device": "/dev/vdc"}
    vendor.done(
        "attach_protected_instance_replication",
        protected_instance_id=instance_id,
        body={"replication_attachment": attachment},
    )
    job = act(vendor, group_id, "start")
    assert job.job_type == "startProtectionGroupNoCG"
    assert {sub.entities.server_group_id for sub in job.entities.sub_jobs} == {group_id}
    group = vendor.call("show_protection_group", server_group_id=group_id).server_group
    assert (group.status, group.priority_station, group.replication_num) == ("protected", "source", 3)
    drill = {"server_group_id": group_id, "name": "rehearsal"}
    vendor.done("create_disaster_recovery_drill", body={"disaster_recovery_drill": drill})
    (drill,) = vendor.call("list_disaster_recovery_drills").disaster_recovery_drills
    assert drill.drill_servers[0].protected_instance == instance_id
    vendor.done("delete_disaster_recovery_drill", disaster_recovery_drill_id=drill.id)
    set_power(vendor, "SHUTOFF")
    act(vendor, group_id, "reverse", priority_station="target")
    act(vendor, group_id, "failover")
    group = vendor.call("show_protection_group", server_group_id=group_id).server_group
    assert (group.status, group.priority_station) == ("failed-over", "source")
    assert act(vendor, group_id, "start").job_type == "reprotectProtectionGroupNoCG"
    act(vendor, group_id, "stop")
    tear_down(vendor, group_id, instance_id, pair_id)


def tear_down(vendor: Vendor, group_id: str, instance_id: str, pair_id: str) -> None:
    vendor.done(
        "detach_protected_instance_replication", protected_instance_id=instance_id, replication_id=pair_id
    )
    with_server = {"delete_target_server": True, "delete_target_eip": False}
    vendor.done("delete_protected_instance", protected_instance_id=instance_id, body=with_server)
    for pair in vendor.call("list_replications", server_group_id=group_id).replications:
        body = {"replication": {"server_group_id": group_id, "delete_target_volume": True}}
        vendor.done("delete_replication", replication_id=pair.id, body=body)
    vendor.done("delete_protection_group", server_group_id=group_id)
    assert vendor.call("list_protection_groups").count == 0


def test_what_is_changed_on_instances_and_pairs(vendor: Vendor) -> None:
    group_id = new_group(vendor)
    instance_id, pair_id = new_instance(vendor, group_id), new_pair(vendor, group_id)
    vendor.done("expand_replication", replication_id=pair_id, body={"extend_replication": {"new_size": 25}})
    metadata = vendor.call("show_replication", replication_id=pair_id).replication.record_metadata
    assert metadata.volume_size == 25
    set_power(vendor, "SHUTOFF")
    resize = {"resize": {"flavor_ref": "s3.xlarge.2"}}
    vendor.done("resize_protected_instance", protected_instance_id=instance_id, body=resize)
    subnet = next(iter(vendor.sandbox.world.vpcs.values())).subnets
    nic = {
        "subnet_id": next(iter(subnet)),
        "security_groups": [{"id": "sg-1"}],
        "ip_address": "192.168.0.200",
    }
    job = vendor.done("add_protected_instance_nic", protected_instance_id=instance_id, body=nic)
    nic_body = {"nic_id": job.entities.nic_id}
    vendor.done("delete_protected_instance_nic", protected_instance_id=instance_id, body=nic_body)
    for operation, wrapper, key, id_ in (
        ("update_protection_group_name", "server_group", "server_group_id", group_id),
        ("update_protected_instance_name", "protected_instance", "protected_instance_id", instance_id),
        ("update_replication_name", "replication", "replication_id", pair_id),
    ):
        answer = vendor.call(operation, **{key: id_, "body": {wrapper: {"name": "renamed"}}})
        assert getattr(answer, wrapper).name == "renamed"


def test_tags_by_the_vendors_client(vendor: Vendor) -> None:
    instance_id = new_instance(vendor, new_group(vendor))
    at = {"protected_instance_id": instance_id}
    vendor.call("add_protected_instance_tags", **at, body={"tag": {"key": "a/b ü", "value": "1"}})
    tags = [{"key": "x", "value": "2"}, {"key": "y", "value": "3"}]
    vendor.call("batch_add_tags", **at, body={"tags": tags, "action": "create"})
    found = vendor.call("list_protected_instance_tags", **at).tags
    assert {tag.key: tag.value for tag in found} == {"tier": "web", "a/b ü": "1", "x": "2", "y": "3"}
    vendor.call("delete_protected_instance_tag", **at, key="a/b ü")
    vendor.call("batch_delete_tags", **at, body={"tags": [{"key": "x"}], "action": "delete"})
    (tag, _) = vendor.call("list_protected_instances_project_tags").tags
    assert (tag.key, tag.values) == ("tier", ["web"])
    query = {"tags": [{"key": "tier", "values": ["web"]}], "action": "filter", "limit": "10", "offset": "0"}
    answer = vendor.call("list_protected_instances_by_tags", body=query)
    assert (answer.total_count, answer.resources[0].resource_id) == (1, instance_id)


def test_batches_by_the_vendors_client(vendor: Vendor) -> None:
    group_id = new_group(vendor)
    servers = [{"server_id": server(vendor, name).id} for name in ("search-01", "search-02", "fax-01")]
    body = {"server_group_id": group_id, "name_prefix": "batch", "servers": servers}
    vendor.done("batch_create_protected_instances", body={"protected_instances": body})
    found = vendor.call("list_protected_instances", server_group_ids=[group_id]).protected_instances
    assert [it.name for it in found] == ["batch-0001", "batch-0002", "batch-0003"]
    ids = [{"id": it.id} for it in found]
    vendor.done(
        "batch_delete_protected_instances", body={"protected_instances": ids, "delete_target_server": True}
    )
    assert vendor.call("list_protected_instances", protected_instance_ids=[it["id"] for it in ids]).count == 0
    assert vendor.call("list_replications", server_group_ids=[group_id]).count == 0


def test_the_rest_of_the_reading_operations(vendor: Vendor) -> None:
    group_id = new_group(vendor)
    types = [it.type for it in vendor.call("show_quota").quotas.resources]
    assert types == ["server_groups", "replications", "disaster_recovery_drills"]
    assert vendor.call("list_api_versions").versions[0].id == "v1"
    assert vendor.call("show_specified_api_version", api_version="v1").version.status == "CURRENT"
    assert vendor.call("list_rpo_statistics").count in (24, 25)
    vendor.sandbox.fault("job-fails", job_type="createReplicationPairNoCG")
    body = {"server_group_id": group_id, "volume_id": disk_id(vendor, "spare-2"), "name": "bad"}
    vendor.call("create_replication", body={"replication": body})
    vendor.sandbox.step(100)
    (failure,) = vendor.call("list_failure_jobs", server_group_id=group_id).failure_jobs
    assert (failure.failure_status, failure.error_code) == ("createFail", "SDRS.1606")
    vendor.call("delete_failure_job", failure_job_id=failure.job_id)
    vendor.call("delete_server_group_failure_jobs", server_group_id=group_id)
    vendor.call("delete_all_server_group_failure_jobs")
    assert vendor.call("list_failure_jobs", server_group_id=group_id).count == 0
    drill = {"server_group_id": group_id, "name": "drill"}
    vendor.done("create_disaster_recovery_drill", body={"disaster_recovery_drill": drill})
    drill_id = vendor.call("list_disaster_recovery_drills").disaster_recovery_drills[0].id
    named = {"disaster_recovery_drill_id": drill_id, "body": {"disaster_recovery_drill": {"name": "other"}}}
    assert vendor.call("update_disaster_recovery_drill_name", **named).disaster_recovery_drill.name == "other"
    answer = vendor.call("show_disaster_recovery_drill", disaster_recovery_drill_id=drill_id)
    assert answer.disaster_recovery_drill.status == "available"
    instance_id = new_instance(vendor, group_id)
    answer = vendor.call("show_protected_instance", protected_instance_id=instance_id)
    assert answer.protected_instance.progress == 0


def test_refusals_reach_the_vendors_client(vendor: Vendor) -> None:
    assert vendor.refusal("show_protection_group", server_group_id="gone") == (400, "SDRS.1013")
    assert vendor.refusal("show_protected_instance", protected_instance_id="gone") == (400, "SDRS.1320")
    assert vendor.refusal("show_replication", replication_id="gone") == (400, "SDRS.1608")
    gone = {"protected_instance_id": "gone", "body": {}}
    assert vendor.refusal("delete_protected_instance", **gone) == (400, "SDRS.1301")
    assert vendor.refusal("delete_disaster_recovery_drill", disaster_recovery_drill_id="gone") == (
        400,
        "SDRS.1913",
    )
    assert vendor.refusal("list_protection_groups", limit=1001) == (400, "SDRS.0221")


def test_a_wrong_secret_is_refused_by_the_gateway(vendor: Vendor) -> None:
    other = Vendor(vendor.sandbox, sk="wrong")
    assert other.refusal("list_protection_groups") == (401, "APIGW.0301")


def test_the_vendors_client_finds_the_project_by_itself(vendor: Vendor) -> None:
    found = importlib.import_module("huaweicloudsdkcore.region.region")
    access, models = vendor.sandbox.access, vendor.models
    credentials = importlib.import_module("huaweicloudsdkcore.auth.credentials").BasicCredentials(
        access["access_key"], access["secret_key"]
    )
    credentials.with_iam_endpoint(access["url"])
    region = found.Region(access["region"], access["url"])
    client = models.SdrsClient.new_builder().with_credentials(credentials).with_region(region).build()
    assert client.list_protection_groups(models.ListProtectionGroupsRequest()).count == 0
