"""The OpenStack family's client (password) can't tell the sandbox from the service, through a whole life."""

import importlib
from collections.abc import Iterator
from typing import Any

import pytest

from drkit.sandbox import Sandbox, running

# What the client still uses of its own deprecated parts is not ours to change.
pytestmark = [
    pytest.mark.slow,  # the client takes seconds to load
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK50Warning"),
    pytest.mark.filterwarnings("ignore::openstack.warnings.RemovedInSDK60Warning"),
]
SCOPES: list[dict[str, str]] = [
    {"project_name": "project"},
    {"project_name": "project", "project_domain_name": "domain"},
    {"project_id": "project_id"},
]


class Cloud:
    """otcextensions over HTTP."""

    def __init__(self, sandbox: Sandbox, scope: dict[str, str] = SCOPES[0], **other: str) -> None:
        self.sandbox, access = sandbox, sandbox.access
        given = {"username": access["username"], "password": access["password"]}
        given |= {"user_domain_name": access["domain"]} | {key: access[name] for key, name in scope.items()}
        openstack = importlib.import_module("openstack")
        self.errors = importlib.import_module("openstack.exceptions")
        self.connection = openstack.connect(
            auth_url=access["iam_url"],
            region_name=access["region"],
            load_envvars=False,
            load_yaml_config=False,
            **(given | other),
        )
        importlib.import_module("otcextensions.sdk").register_otc_extensions(self.connection)

    @property
    def sdrs(self) -> Any:  # noqa: ANN401 (the client's)
        return self.connection.sdrs

    def done(self, answer: Any) -> Any:  # noqa: ANN401 (the client's)
        """Wait for the job that an answer or a resource names; its action calls give the bare response."""
        job_id = answer.json()["job_id"] if hasattr(answer, "json") else answer.job_id
        assert self.sdrs.get_job(job_id).status in ("INIT", "RUNNING")
        self.sandbox.step(3600)
        job = self.sdrs.get_job(job_id)
        assert job.status == "SUCCESS", job
        assert self.sandbox.invariants() == []
        return job

    def deleted(self, answer: Any) -> None:  # noqa: ANN401 (the client's)
        self.sandbox.step(3600)
        assert self.sandbox.invariants() == []
        assert self.sandbox.world.live == []


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with running(Sandbox("empty")) as sandbox:
        found = Cloud(sandbox)
        yield found
        found.connection.close()


def named(cloud: Cloud, kind: str, name: str) -> Any:  # noqa: ANN401
    return next(it for it in getattr(cloud.sandbox.world, kind).values() if it.name == name)


def new_group(cloud: Cloud) -> str:
    (answer,) = cloud.sdrs.get_domains()
    domain = answer.domains[0]
    group = cloud.sdrs.create_protection_group(
        name="shop",
        description="by the other client",
        source_availability_zone=domain.local_replication_cluster.availability_zone,
        target_availability_zone=domain.remote_replication_cluster.availability_zone,
        domain_id=domain.id,
        source_vpc_id=next(iter(cloud.sandbox.world.vpcs)),
        dr_type="migration",
    )
    return str(cloud.done(group).entities.server_group_id)


def new_instance(cloud: Cloud, group_id: str) -> str:
    server = named(cloud, "servers", "search-01")
    made = cloud.sdrs.create_protected_instance(
        server_group_id=group_id, server_id=server.id, name="search", tags=[{"key": "tier", "value": "web"}]
    )
    cloud.done(made)
    return str(cloud.sdrs.find_protected_instance("search").id)


def new_pair(cloud: Cloud, group_id: str) -> str:
    disk = named(cloud, "disks", "spare-1")
    made = cloud.sdrs.create_replication_pair(server_group_id=group_id, volume_id=disk.id, name="spare")
    cloud.done(made)
    return str(cloud.sdrs.find_replication_pair("spare").id)


@pytest.mark.parametrize("scope", SCOPES, ids="+".join)
def test_signing_in_works_with_every_form_of_scope(scope: dict[str, str]) -> None:
    with running(Sandbox("demo")) as sandbox:
        cloud = Cloud(sandbox, scope)
        assert len(list(cloud.sdrs.protection_groups())) == 5
        assert len(list(cloud.sdrs.replication_pairs())) == 44
        cloud.connection.close()


def test_a_wrong_password_is_refused() -> None:
    with running(Sandbox("demo")) as sandbox:
        errors = importlib.import_module("openstack.exceptions")
        with pytest.raises(errors.SDKException, match="The username or password is wrong"):
            Cloud(sandbox, password="wrong")


def test_the_client_signs_in_again_when_its_token_is_refused() -> None:
    with running(Sandbox("demo")) as sandbox:
        cloud = Cloud(sandbox)
        assert len(list(cloud.sdrs.protection_groups())) == 5
        sandbox.fault("token-expires")
        assert len(list(cloud.sdrs.protection_groups())) == 5
        cloud.connection.close()


def test_a_whole_life_of_a_group(cloud: Cloud) -> None:
    group_id = new_group(cloud)
    instance_id, pair_id = new_instance(cloud, group_id), new_pair(cloud, group_id)
    cloud.done(cloud.sdrs.attach_replication_pair(instance_id, pair_id, "/dev/vdc"))
    cloud.done(cloud.sdrs.expand_replication_pair(pair_id, 30))
    pair = cloud.sdrs.get_replication_pair(pair_id)
    assert (pair.attachment[0].device, pair.record_metadata.volume_size) == ("/dev/vdc", 30)
    cloud.done(cloud.sdrs.enable_protection(group_id))
    cloud.done(cloud.sdrs.create_dr_drill(server_group_id=group_id, name="rehearsal"))
    drill = cloud.sdrs.find_dr_drill("rehearsal")
    assert drill.drill_servers[0].protected_instance == instance_id
    assert cloud.sdrs.update_dr_drill(drill, name="other").name == "other"
    cloud.deleted(cloud.sdrs.delete_dr_drill(drill.id))
    for server in cloud.sandbox.world.servers.values():
        server.status = "SHUTOFF"
    cloud.done(cloud.sdrs.modify_protected_instance(instance_id, flavor="s3.xlarge.2"))
    cloud.done(cloud.sdrs.perform_planned_failover(group_id, "target"))
    assert cloud.sdrs.get_protection_group(group_id).priority_station == "target"
    cloud.done(cloud.sdrs.perform_failover(group_id))
    assert cloud.sdrs.get_protection_group(group_id).status == "failed-over"
    cloud.done(cloud.sdrs.enable_protection(group_id))
    cloud.done(cloud.sdrs.disable_protection(group_id))
    tear_down(cloud, group_id, instance_id, pair_id)


def tear_down(cloud: Cloud, group_id: str, instance_id: str, pair_id: str) -> None:
    cloud.done(cloud.sdrs.detach_replication_pair(instance_id, pair_id))
    cloud.deleted(cloud.sdrs.delete_protected_instance(instance_id, delete_target_server=True))
    for pair in list(cloud.sdrs.replication_pairs(server_group_id=group_id)):
        cloud.deleted(cloud.sdrs.delete_replication_pair(pair.id, server_group_id=group_id))
    cloud.deleted(cloud.sdrs.delete_protection_group(group_id))
    assert list(cloud.sdrs.protection_groups()) == []


def test_names_cards_tasks_and_quotas(cloud: Cloud) -> None:
    group_id = new_group(cloud)
    instance_id, pair_id = new_instance(cloud, group_id), new_pair(cloud, group_id)
    assert cloud.sdrs.update_protection_group(group_id, "renamed").name == "renamed"
    assert cloud.sdrs.update_protected_instance(instance_id, "renamed").name == "renamed"
    assert cloud.sdrs.update_replication_pair(pair_id, "renamed").name == "renamed"
    subnet = next(iter(next(iter(cloud.sandbox.world.vpcs.values())).subnets))
    card = cloud.done(cloud.sdrs.add_nic(instance_id, subnet, ip_address="192.168.0.210"))
    assert card.entities is not None
    nic = named(cloud, "servers", "search-01").nics[-1]
    cloud.done(cloud.sdrs.delete_nic(instance_id, nic.id))
    cloud.sandbox.fault("job-fails", pair=pair_id)
    cloud.sdrs.attach_replication_pair(instance_id, pair_id, "/dev/vdd")
    cloud.sandbox.step(60)
    (task,) = cloud.sdrs.failed_tasks(server_group_id=group_id)
    assert (task.failure_status, task.error_code) == ("attachFail", "SDRS.1821")
    cloud.sdrs.delete_failed_task(task.job_id)
    cloud.sdrs.delete_protection_group_tasks(group_id)
    cloud.sdrs.delete_all_failed_tasks()
    assert list(cloud.sdrs.failed_tasks(server_group_id=group_id)) == []
    (quotas,) = cloud.sdrs.quotas()
    assert [(it.type, it.used) for it in quotas.resources] == [
        ("server_groups", 1),
        ("replications", 3),
        ("disaster_recovery_drills", 0),
    ]


def test_id_lists_as_this_client_sends_them(cloud: Cloud) -> None:
    group_id = new_group(cloud)
    pair_id = new_pair(cloud, group_id)
    found = list(cloud.sdrs.replication_pairs(server_group_ids=[group_id, "other"]))
    assert [pair.id for pair in found] == [pair_id]
    found = list(cloud.sdrs.replication_pairs(server_group_ids=f"['{group_id}']"))
    assert [pair.id for pair in found] == [pair_id]


def test_refusals_reach_this_client(cloud: Cloud) -> None:
    with pytest.raises(cloud.errors.BadRequestException) as caught:
        cloud.sdrs.get_protection_group("gone")
    assert "SDRS.1013" in str(caught.value.response.text)
    answer = cloud.sdrs.enable_protection("gone")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "SDRS.1013")


def test_servers_and_flavors_are_read_as_the_command_line_reads_them() -> None:
    with running(Sandbox("demo")) as sandbox:
        cloud = Cloud(sandbox)
        servers = list(cloud.connection.compute.servers())
        assert [it.id for it in servers] == list(sandbox.world.servers)
        assert {it.flavor.id for it in servers} <= {it.id for it in cloud.connection.compute.flavors()}
        assert cloud.connection.compute.find_server("web-01").status == "ACTIVE"
        cloud.connection.close()
