"""Rehearsals from Python: what a site plans and tells, by the names of things."""

from pathlib import Path

import pytest

from drkit.errors import InputError
from drkit.plan.objectives import RunbookKind
from tests.execution.rehearsal_drive import Range
from tests.plan.rehearsal_world import asked


def test_a_site_plans_a_rehearsal_by_the_names_of_groups(tmp_path: Path) -> None:
    site = Range(tmp_path).site
    plan = site.plan_rehearsal(asked(RunbookKind.PLANNED_FAILOVER, ["shop-db"], rto={"shop-db": "15 min"}))
    assert plan.title == "Planned failover of shop-db from sandbox-1a to sandbox-1b"
    assert plan.objectives
    assert plan.objectives.target(plan.groups[0][0]) == 900


def test_a_site_plans_nothing_without_objectives(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="rto_targets: Set the time"):
        Range(tmp_path).site.plan_rehearsal(asked(RunbookKind.PLANNED_FAILOVER, ["shop-db"], rto={}))


def test_a_site_tells_the_ways_out_of_a_group(tmp_path: Path) -> None:
    field = Range(tmp_path, "half-way")
    for server in field.sandbox.world.servers.values():
        server.status = "UNKNOWN"
    ways = field.site.ways_out("shop-report").set_index("way")
    assert bool(ways.loc["failover", "open"])
    assert not bool(ways.loc["retry planned failover", "open"])
    assert "SDRS.1319" in str(ways.loc["retry planned failover", "against"])
    assert "stays down" in str(ways.loc["stop here", "consequences"])
