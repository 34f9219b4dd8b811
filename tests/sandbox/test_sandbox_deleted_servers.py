"""A group of which a server was deleted behind the service's back can do nothing until that is put right."""

import pytest

from tests.sandbox.practice import Practice


@pytest.fixture
def bereft() -> Practice:
    """shop-app, whose server app-02 was deleted."""
    return Practice("server-deleted")


def test_no_operation_can_be_performed_on_the_group(bereft: Practice) -> None:
    for verb in ("failover", "stop"):
        assert bereft.refusal(*bereft.act("shop-app", verb)) == "SDRS.1314"
    group = next(iter(bereft.world.groups.values()))
    for status in ("available", "failed-over"):
        group.status = status
        assert bereft.refusal(*bereft.act("shop-app", "start")) == "SDRS.1314"
    body = {"disaster_recovery_drill": {"server_group_id": group.id, "name": "spring"}}
    assert bereft.refusal("POST", "disaster-recovery-drills", body) == "SDRS.1314"


def test_a_planned_failover_is_taken_and_fails(bereft: Practice) -> None:
    bereft.power("os-stop", "app-01", "app-03")
    job = bereft.job(*bereft.act("shop-app", "reverse", priority_station="target"))
    assert (job["status"], job["error_code"]) == ("FAIL", "SDRS.1029")
    group = next(iter(bereft.world.groups.values()))
    assert (group.status, group.priority) == ("error-reversing", "source")
    assert bereft.refusal(*bereft.act("shop-app", "failover")) == "SDRS.1314"


def test_without_the_invalid_instance_the_group_goes_on(bereft: Practice) -> None:
    invalid = bereft.id("app-02")
    bereft.done("DELETE", f"protected-instances/{invalid}", {"delete_target_server": True})
    bereft.done(*bereft.act("shop-app", "failover"))
