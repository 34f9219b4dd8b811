"""Every form of request that the reference prints is accepted, with ids of things that are there."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.sandbox.practice import Practice

Sent = tuple[str, str, Any]
FORMS: dict[str, Callable[[Practice], Sent]] = {}
TAGS = [{"key": "stage", "value": "live"}, {"key": "owner", "value": "desk-2"}]
WANTED = [{"key": "stage", "values": ["*live", "test"]}]
FILTERS = {
    "tags": WANTED,
    "tags_any": WANTED,
    "not_tags": [{"key": "owner", "values": ["desk-9"]}],
    "not_tags_any": [{"key": "owner", "values": ["desk-8", "*desk-7"]}],
    "matches": [{"key": "resource_name", "value": "web"}],
}


def form(make: Callable[[Practice], Sent]) -> Callable[[Practice], Sent]:
    """A request, made in a range that is prepared for it."""
    FORMS[make.__name__] = make
    return make


def of(practice: Practice, kind: str, name: str) -> str:
    return f"{kind}/{practice.id(name)}"


@form
def create_group(practice: Practice) -> Sent:
    domain, details = next(iter(practice.world.facts["domains"].items()))
    source, target = details["zones"]
    group = {
        "name": "archive",
        "description": "the archive",
        "source_availability_zone": source,
        "target_availability_zone": target,
        "domain_id": domain,
        "source_vpc_id": next(iter(practice.world.vpcs)),
        "dr_type": "migration",
    }
    return "POST", "server-groups", {"server_group": group}


@form
def rename_group(practice: Practice) -> Sent:
    return "PUT", of(practice, "server-groups", "shop-backend"), {"server_group": {"name": "backend_2"}}


@form
def rename_instance(practice: Practice) -> Sent:
    return "PUT", of(practice, "protected-instances", "app-01"), {"protected_instance": {"name": "app_1"}}


@form
def rename_pair(practice: Practice) -> Sent:
    return "PUT", of(practice, "replications", "app-cache-01"), {"replication": {"name": "cache_1"}}


@form
def rename_drill(practice: Practice) -> Sent:
    practice.done(*create_drill(practice))
    return (
        "PUT",
        of(practice, "disaster-recovery-drills", "spring_drill"),
        {"disaster_recovery_drill": {"name": "autumn_drill"}},
    )


@form
def enable_protection(practice: Practice) -> Sent:
    return practice.act("shop-backend", "start")


@form
def disable_protection(practice: Practice) -> Sent:
    return practice.act("shop-frontend", "stop")


@form
def fail_over(practice: Practice) -> Sent:
    return practice.act("shop-frontend", "failover")


@form
def switch_back_as_planned(practice: Practice) -> Sent:
    practice.power("os-stop", "web-01", "web-02", "web-03")
    practice.done(*practice.act("shop-frontend", "reverse", priority_station="target"))
    return practice.act("shop-frontend", "reverse", priority_station="source")


@form
def create_instance(practice: Practice) -> Sent:
    practice.sandbox.change_world("empty")
    practice.done(*create_group(practice))
    instance = {
        "server_group_id": practice.id("archive"),
        "server_id": practice.server("search-01"),
        "name": "search_instance",
        "description": "the search",
        "primary_subnet_id": next(iter(next(iter(practice.world.vpcs.values())).subnets)),
        "primary_ip_address": "192.168.0.77",
        "flavorRef": "s3.xlarge.2",
        "tags": TAGS,
    }
    return "POST", "protected-instances", {"protected_instance": instance}


@form
def delete_instance(practice: Practice) -> Sent:
    wish = {"delete_target_server": False, "delete_target_eip": False}
    return "DELETE", of(practice, "protected-instances", "app-01"), wish


@form
def resize_instance(practice: Practice) -> Sent:
    practice.power("os-stop", "web-01")
    path = of(practice, "protected-instances", "web-01")
    return "POST", f"{path}/resize", {"resize": {"flavorRef": "s3.2xlarge.2"}}


@form
def add_network_card(practice: Practice) -> Sent:
    subnet = next(iter(next(iter(practice.world.vpcs.values())).subnets))
    card = {"subnet_id": subnet, "security_groups": [{"id": "sg-1"}], "ip_address": "192.168.0.78"}
    return "POST", f"{of(practice, 'protected-instances', 'web-01')}/nic", card


@form
def remove_network_card(practice: Practice) -> Sent:
    job = practice.done(*add_network_card(practice))
    path = of(practice, "protected-instances", "web-01")
    return "POST", f"{path}/nic/delete", {"nic_id": job["entities"]["nic_id"]}


@form
def create_pair(practice: Practice) -> Sent:
    practice.sandbox.change_world("empty")
    practice.done(*create_group(practice))
    pair = {
        "server_group_id": practice.id("archive"),
        "volume_id": practice.disk("spare-1"),
        "name": "spare_pair",
        "description": "a spare",
    }
    return "POST", "replications", {"replication": pair}


@form
def delete_pair(practice: Practice) -> Sent:
    wish = {"server_group_id": practice.id("shop-backend"), "delete_target_volume": False}
    return "DELETE", of(practice, "replications", "app-cache-01"), {"replication": wish}


@form
def expand_pair(practice: Practice) -> Sent:
    path = of(practice, "replications", "app-cache-01")
    return "POST", f"{path}/action", {"extend-replication": {"new_size": 500}}


@form
def attach_system_disk(practice: Practice) -> Sent:
    practice.power("os-stop", "app-01")
    practice.done(*practice.detach("app-01", "app-01-system"))
    return practice.attach("app-01", "app-01-system", "/dev/vda")


@form
def create_drill(practice: Practice) -> Sent:
    network = next(vpc.id for vpc in practice.world.vpcs.values() if vpc.name == "vpc-drill")
    drill = {"name": "spring_drill", "server_group_id": practice.id("shop-frontend"), "drill_vpc_id": network}
    return "POST", "disaster-recovery-drills", {"disaster_recovery_drill": drill}


@form
def add_tag(practice: Practice) -> Sent:
    return "POST", f"{of(practice, 'protected-instances', 'web-01')}/tags", {"tag": TAGS[0]}


@form
def add_tags(practice: Practice) -> Sent:
    path = of(practice, "protected-instances", "web-01")
    return "POST", f"{path}/tags/action", {"action": "create", "tags": TAGS}


@form
def remove_tags(practice: Practice) -> Sent:
    practice.call(*add_tags(practice))
    path = of(practice, "protected-instances", "web-01")
    return "POST", f"{path}/tags/action", {"action": "delete", "tags": [{"key": "stage"}, TAGS[1]]}


@form
def filter_by_tags(practice: Practice) -> Sent:
    practice.call(*add_tags(practice))
    page = {"action": "filter", "limit": "100", "offset": "0"}
    return "POST", "protected-instances/resource_instances/action", FILTERS | page


@form
def count_by_tags(practice: Practice) -> Sent:
    practice.call(*add_tags(practice))
    return "POST", "protected-instances/resource_instances/action", FILTERS | {"action": "count"}


@pytest.mark.parametrize("name", FORMS)
def test_a_request_as_it_is_printed_is_accepted(name: str, demo: Practice) -> None:
    method, path, body = FORMS[name](demo)
    answer = demo.call(method, path, body)
    assert answer.status_code in (200, 204), answer.text
    if answer.content and "job_id" in answer.json():
        demo.sandbox.step(3600)
        assert demo.get(f"jobs/{answer.json()['job_id']}")["status"] == "SUCCESS"
    if name in ("filter_by_tags", "count_by_tags"):
        assert answer.json()["total_count"] == 1
    assert demo.sandbox.invariants() == []
