"""The range tells as little as real services do, and drkit works on it all the same."""

from pathlib import Path
from typing import Any

import pytest

from drkit.execution.states import RunPhase
from drkit.model import Inventory
from drkit.plan.objectives import RunbookKind
from drkit.sandbox import Sandbox
from drkit.sandbox.manners import MANNERS
from drkit.site import practise
from tests.execution.rehearsal_drive import Range
from tests.sandbox.practice import Practice

MANDATORY = {"id", "status", "server_group_id"}


def pairs(manner: str) -> list[dict[str, Any]]:
    return list(Practice(manner=manner).get("replications?limit=1000")["replications"])


def read(manner: str) -> Inventory:
    with practise(Sandbox(now=lambda: 0.0, manner=manner)) as site:
        return site.inventory()


def test_there_is_no_other_manner() -> None:
    with pytest.raises(ValueError, match="There is no manner 'curt'; known: full, reference, sparse, mixed"):
        Sandbox(manner="curt")


def test_as_printed_a_pair_tells_its_failure_only_when_it_failed() -> None:
    practice = Practice(manner="reference")
    assert "failure_detail" not in practice.pair("app-cache-01")
    assert practice.pair("app-cache-01")["replication_model"] == "hypermetro"
    practice.world.pairs[practice.id("app-cache-01")].status = "error"
    assert "failure_detail" in practice.pair("app-cache-01")


def test_as_printed_a_group_has_nulls() -> None:
    group = Practice(manner="reference").group("shop-backend")
    nulls = {key for key, value in group.items() if value is None}
    assert nulls >= {"protected_status", "replication_status", "health_status"}


def test_a_sparse_answer_tells_what_must_be_there_only() -> None:
    assert {key for pair in pairs("sparse") for key in pair} == MANDATORY


def test_a_mixed_range_answers_now_this_way_now_that_and_can_be_repeated() -> None:
    practice, again = Practice(manner="mixed", seed=1), Practice(manner="mixed", seed=1)
    told = [practice.pair("app-cache-01").keys() for _ in range(20)]
    assert told == [again.pair("app-cache-01").keys() for _ in range(20)]
    assert len({frozenset(keys) for keys in told}) > 2
    assert all(keys >= MANDATORY for keys in told)


def test_jobs_errors_and_neighbours_are_told_as_ever() -> None:
    practice = Practice(manner="sparse")
    assert practice.done(*practice.attach("app-01", "app-cache-01", "/dev/vdc"))["job_type"]
    assert practice.refusal("GET", "server-groups/gone") == "SDRS.1013"
    assert practice.get("cloudservers/detail")["servers"][0]["flavor"]


@pytest.mark.parametrize("manner", MANNERS)
def test_drkit_reads_everything_in_any_manner(manner: str) -> None:
    whole, found = read("full"), read(manner)
    for kind in ("groups", "instances", "pairs", "drills", "servers"):
        assert getattr(found, kind).keys() == getattr(whole, kind).keys()


def test_drkit_has_nothing_to_say_about_answers_as_they_are_printed() -> None:
    assert read("reference").problems == ()


def test_drkit_names_each_key_that_sparse_answers_leave_out() -> None:
    problems = read("sparse").problems
    assert any(each.startswith("'fault_level' is not known of the pairs ") for each in problems)
    assert any(each.startswith("'priority_station' is not known of the groups ") for each in problems)


@pytest.mark.slow
@pytest.mark.parametrize("manner", ["reference", "mixed"])
def test_production_moves_and_comes_back_in_any_manner_that_tells_enough(manner: str, tmp_path: Path) -> None:
    field = Range(tmp_path, manner=manner)
    for kind in (RunbookKind.PLANNED_FAILOVER, RunbookKind.FAILBACK, RunbookKind.DRILL):
        more = {"drill_name": "spring"} if kind is RunbookKind.DRILL else {}
        plan = field.plan(kind, ["shop-app"], **more)
        assert field.to_the_end(field.start(plan)).phase is RunPhase.DONE


def test_nothing_is_sent_where_nothing_is_known(tmp_path: Path) -> None:
    field = Range(tmp_path, manner="sparse")
    group = next(iter(field.sandbox.world.groups))  # its name is not told either
    for verb, arguments in {"planned_failover": {"to": "target"}, "failover": {}, "reprotect": {}}.items():
        rules = set(field.site.why_not(verb, group=group, **arguments)["rule"])
        assert "Act only on what the service has told." in rules
