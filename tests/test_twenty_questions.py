"""The questions that people ask of a DR project, each in one line, on the practice range's demo world."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from drkit import RunbookKind, RunPhase, SteppedClock
from drkit.model import PairStatus
from drkit.reading import Reading
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.clocks import Hurried
from tests.test_api import START, rehearse, request


@pytest.fixture
def sandbox() -> Sandbox:
    """The demo world with two tags, a smaller DR server, and an instance that runs on both sides."""
    box = Sandbox("demo", speed=1000.0)
    world = box.world
    named = {each.name: each for each in world.servers.values()}
    named["web-02-dr"].flavor = "s1.medium"
    named["web-01-dr"].status = "ACTIVE"
    instances = {each.name: each for each in world.instances.values()}
    instances["web-01"].tags["owner"] = instances["db-01"].tags["owner"] = "shop"
    return box


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Iterator[Site]:
    with practise(sandbox, clock=Hurried(100), journal=tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture
def reading(site: Site) -> Reading:
    return site.read()


def column(table: pd.DataFrame, name: str) -> list[object]:
    return table[name].tolist()


class TestTheQuestions:
    def test_which_pairs_are_not_protected(self, reading: Reading) -> None:
        found = (pairs := reading.pairs())[pairs.status != PairStatus.PROTECTED]
        assert {"app-01-data", "db-audit"} <= set(found.pair)

    def test_which_pairs_are_attached_to_nothing(self, reading: Reading) -> None:
        found = (pairs := reading.pairs())[pairs.attached_to == ""]
        assert column(found, "pair")[:3] == ["web-media-a", "web-media-b", "web-logs"]

    def test_which_servers_are_unprotected(self, reading: Reading) -> None:
        found = (servers := reading.servers())[servers.role == "unprotected"]
        assert column(found, "server") == ["search-01", "search-02", "fax-01"]

    def test_which_protected_servers_have_disks_that_nobody_replicates(self, reading: Reading) -> None:
        found = (disks := reading.disks())[(disks.role == "production") & ~disks.replicated]
        rows = found[["server", "disk", "device", "size_gb"]].values.tolist()
        assert rows[0] == ["web-03", "web-03-scratch", "/dev/vdc", 100]
        assert len(rows) == 22

    def test_which_groups_had_no_rehearsal_in_90_days(self, reading: Reading) -> None:
        found = (checks := reading.readiness())[(checks.check == "last drill") & (checks.state != "ok")]
        assert len(found) == 5

    def test_what_the_ways_out_of_an_error_state_are(self, reading: Reading) -> None:
        ways = reading.ways_out("shop-reporting")
        assert "retry planned failover" in column(ways[ways.open], "way")

    def test_how_many_gb_are_replicated_in_each_group(self, reading: Reading) -> None:
        sizes = reading.pairs().groupby("group").size_gb.sum()
        assert sizes["shop-frontend"] == 780

    def test_what_is_left_of_the_quotas(self, reading: Reading) -> None:
        assert dict(reading.quotas()[["quota", "left"]].values.tolist())["replications"] == 56

    def test_whose_dr_flavor_is_smaller_than_production(self, reading: Reading) -> None:
        found = (each := reading.instances())[
            (each.dr_vcpus < each.production_vcpus) | (each.dr_ram_gb < each.production_ram_gb)
        ]
        assert column(found, "instance") == ["web-02"]

    def test_which_groups_may_fail_over_now_and_why_not(self, reading: Reading) -> None:
        against = reading.why_not("failover", group=reading.groups().group)
        groups = reading.inventory.groups
        assert {groups[key].name for key in against.group_id} >= {"shop-backend", "shop-warehouse"}
        assert {groups[key].name for key in against.group_id}.isdisjoint({"shop-frontend"})

    def test_how_many_device_slots_are_free(self, reading: Reading) -> None:
        free = reading.servers().set_index("server").free_slots
        assert (free["etl-01"], free["app-01"]) == (1, 22)

    def test_which_servers_run_on_both_sides(self, reading: Reading) -> None:
        found = (each := reading.instances())[
            (each.production_status == "ACTIVE") & (each.dr_status == "ACTIVE")
        ]
        assert column(found, "instance") == ["web-01"]

    def test_how_the_recovery_point_was_exceeded_over_time(self, reading: Reading) -> None:
        points = reading.rpo()
        assert len(points) == 24
        assert points["at"].is_monotonic_increasing

    def test_which_jobs_failed_this_week(self, site: Site, sandbox: Sandbox) -> None:
        sandbox.fault("job-fails", job_type="attachReplicationPairNew", code="EVS.2024")
        plan = site.plan_attach("app-01", ["app-cache-01"])
        site.client.submit(next(step.change for step in plan.steps if step.change))
        sandbox.step(600)
        week = pd.Timestamp(site.inventory().read_at) - pd.Timedelta(days=7)
        found = (tasks := site.failed_tasks())[tasks.begin_at > week]
        assert column(found, "what") == ["app-cache-01"]
        assert column(found, "group") == ["shop-backend"]
        assert column(found, "failure") == ["attachFail"]

    def test_what_changed_since_last_week_and_since_a_snapshot(self, site: Site, sandbox: Sandbox) -> None:
        number = site.snapshot()
        next(each for each in sandbox.world.pairs.values() if each.name == "web-logs").size = 90
        told = ["pair web-logs was expanded from 80 to 90 GB"]
        assert column(site.changes(number), "change") == told
        assert column(site.changes(timedelta(0)), "change") == told

    def test_what_the_dr_side_costs(self, reading: Reading) -> None:
        costs = reading.costs("shop-frontend", prices={"SAS": 0.1, "s3.large.2 off": 2.5})
        rows = {
            what: (amount, cost) for what, amount, cost in costs[["what", "amount", "cost"]].values.tolist()
        }
        assert (rows["s3.large.2 off"], rows["SAS"]) == ((1, 2.5), (580, 58.0))
        assert costs.cost.isna().sum() == 4

    def test_whether_a_group_is_ready(self, reading: Reading) -> None:
        (row,) = reading.ready("shop-frontend").to_dict("records")
        assert row["readiness"] == "not ready"
        assert row["first"].startswith("Production and DR server both run: web-01.")

    def test_which_instances_have_a_tag(self, reading: Reading) -> None:
        found = (tags := reading.tags())[(tags.key == "owner") & (tags.value == "shop")]
        assert column(found, "name") == ["web-01", "db-01"]

    def test_what_the_addresses_of_the_servers_are(self, reading: Reading) -> None:
        servers = reading.servers().set_index("server")
        assert servers.private["web-01"].startswith("192.168.")
        assert servers.floating["web-01"] == ""


@pytest.mark.slow
class TestARehearsal:
    def test_tells_who_did_it_and_how_long_it_took_and_what_ends_its_proof(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clock = SteppedClock(START)
        sandbox = Sandbox("demo", speed=60.0, now=clock.monotonic)
        with practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite") as site:
            state = rehearse(site, request(RunbookKind.PLANNED_FAILOVER, "shop-frontend"))
            assert state.phase is RunPhase.DONE
            last = (runs := site.runs())[runs.kind == "planned failover"].to_dict("records")[0]
            assert " on " in last["who"]
            assert last["seconds"] > 0
            assert [each.moment for each in site.snapshots()] == ["end", "start"]
            assert set(site.proofs("shop-frontend").state) == {"proven"}
            assert column(site.changes(), "change") == column(site.changes(last["run"]), "change")
            pair = next(each for each in sandbox.world.pairs.values() if each.name == "web-01-content")
            pair.size = 90
            assert "pair web-01-content was expanded from 60 to 90 GB" in column(site.changes(), "change")
            ended = (proofs := site.proofs("shop-frontend"))[proofs.state == "expired"]
            assert set(ended.name) == {"shop-frontend", "web-01", "web-01-content"}
