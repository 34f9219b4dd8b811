"""What a script can do with `drkit` alone: nothing else of it is imported here."""

import ast
import doctest
import pydoc
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import assert_type

import pandas as pd
import pytest

import drkit

ROOT = Path(__file__).parent.parent
PATIENCE = 60.0  # real seconds
KINDS = drkit.RunbookKind
START = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _a_practice_range_of_its_own(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("drkit.site._sandboxes", [])
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))


@pytest.fixture
def site() -> Iterator[drkit.Site]:
    """The practice range in stepped time: nobody waits."""
    with drkit.connect() as control:
        clock = drkit.SteppedClock(START, on_advance=control.sandbox.step)
        with drkit.connect(clock=clock) as opened:
            yield opened


def request(
    kind: drkit.RunbookKind, group: str, *, drill_name: str = "", drills: tuple[str, ...] = ()
) -> drkit.PlanRequest:
    """What is to be rehearsed, in the one place that knows how it is put together."""
    return drkit.PlanRequest(
        kind=kind.value,
        waves=[group],
        scenario="Practice",
        scope=group,
        criteria="Orders work",
        participants=["Duty lead"],
        rto={"*": "15 min"},
        declared_what="The zone is dark" if kind is KINDS.FAILOVER else "",
        declared_by="Shift lead" if kind is KINDS.FAILOVER else "",
        declared_at=f"{START:%Y-%m-%d %H:%M:%S}" if kind is KINDS.FAILOVER else "",
        drill_name=drill_name,
        drills=drills,
    )


def rehearse(site: drkit.Site, asked: drkit.PlanRequest, *, release: bool = True) -> drkit.RunState:
    plan = site.plan_rehearsal(asked)
    return see_through(site.run(plan, confirm=", ".join(name for _, name in plan.groups)), release=release)


def see_through(run: drkit.Run, *, release: bool = True) -> drkit.RunState:
    """Sign off all that asks for it until the run ends."""
    while (state := run.wait(PATIENCE)).phase.alive:
        asking = [step for step in state.steps if drkit.Action.SIGN_OFF in step.actions]
        assert asking, state.sentence
        for step in asking:
            run.sign_off(
                step.key, passed=release or not step.title.startswith("Release"), who="Duty lead", note="Seen"
            )
    return state


@pytest.mark.slow
class TestEachRunbookWithWhatDrkitGives:
    def test_pairs_are_attached_and_detached(self, site: drkit.Site) -> None:
        plan = site.plan_attach("app-01", ["app-cache-01"])
        assert see_through(site.run(plan, confirm="shop-backend")).phase is drkit.RunPhase.DONE
        assert "app-cache-01" in set(site.attachments("shop-backend")["pair"])
        back = site.plan_detach("app-01", "app-cache-01")
        assert see_through(site.run(back, confirm="shop-backend")).exit_code == 0

    def test_servers_are_protected_by_name_and_one_that_cannot_be_is_refused(self, site: drkit.Site) -> None:
        site.sandbox.change_world("twelve-servers")
        with pytest.raises(drkit.RefusedError, match="cluster-quorum"):
            site.plan_protection(["web-01", "cluster-01"], name="web")
        plan = site.plan_protection("web-01", name="web")
        assert [step.title for step in plan.steps][-1] == "Synchronised: web"
        assert see_through(site.run(plan, confirm="web")).phase is drkit.RunPhase.DONE
        assert site.instances("web")["instance"].tolist() == ["web-01"]

    def test_production_moves_to_the_other_zone_and_back(self, site: drkit.Site) -> None:
        site.sandbox.change_world("healthy-three-tier")
        for kind, station in (
            (KINDS.PLANNED_FAILOVER, drkit.Station.TARGET),
            (KINDS.FAILBACK, drkit.Station.SOURCE),
        ):
            assert rehearse(site, request(kind, "shop-app")).phase is drkit.RunPhase.DONE
            assert site.inventory().group("shop-app").priority_station is station

    def test_a_lost_zone_is_given_up_and_protection_restored(self, site: drkit.Site) -> None:
        site.sandbox.change_world("healthy-three-tier")
        for kind, status in (
            (KINDS.FAILOVER, drkit.GroupStatus.FAILED_OVER),
            (KINDS.REPROTECT, drkit.GroupStatus.PROTECTED),
        ):
            assert rehearse(site, request(kind, "shop-db")).phase is drkit.RunPhase.DONE
            assert site.inventory().group("shop-db").status is status

    def test_a_drill_that_was_kept_is_cleaned_up_later(self, site: drkit.Site) -> None:
        site.sandbox.change_world("healthy-three-tier")
        drill = request(KINDS.DRILL, "shop-app", drill_name="spring")
        assert rehearse(site, drill, release=False).phase is drkit.RunPhase.FAILED
        (left,) = site.drills()["drill"]
        assert left.startswith("spring-")
        cleanup = request(KINDS.CLEANUP, "shop-app", drills=(left,))
        assert rehearse(site, cleanup).phase is drkit.RunPhase.DONE
        assert site.drills().empty

    def test_production_is_started_again_after_a_switch_that_failed(self, site: drkit.Site) -> None:
        site.sandbox.change_world("half-way")
        assert site.ways_out("shop-report").set_index("way").loc["start production again", "open"]
        assert rehearse(site, request(KINDS.RESTART, "shop-report")).phase is drkit.RunPhase.DONE

    def test_every_kind_is_among_them(self) -> None:
        used = set(re.findall(r"KINDS\.(\w+)", Path(__file__).read_text("utf-8")))
        assert used == {kind.name for kind in KINDS}


class TestARefusal:
    def test_has_its_objections_as_a_table_like_that_of_why_not(self, site: drkit.Site) -> None:
        with pytest.raises(drkit.RefusedError) as refused:
            site.plan_rehearsal(request(KINDS.PLANNED_FAILOVER, "shop-backend"))
        table = refused.value.table()
        assert list(table["subject"]) == [one.subject for one in refused.value.objections] != []
        columns = {name: dtype for name, dtype in drkit.COLUMNS["objections"].items() if name in table}
        assert {str(name): str(dtype) for name, dtype in table.dtypes.items()} == columns
        assert list(drkit.RefusedError("No.").table().columns) == list(table.columns)

    def test_of_a_plan_that_is_stale_names_the_steps(self, site: drkit.Site) -> None:
        plan = site.plan_attach("app-01", ["app-cache-01"])
        see_through(site.run(site.plan_attach("app-02", ["app-cache-01"]), confirm="shop-backend"))
        with pytest.raises(drkit.StalePlanError) as stale:
            site.run(plan, confirm="shop-backend")
        assert stale.value.steps == plan.steps
        assert stale.value.objections

    def test_of_a_group_that_is_held_names_the_holder(self, site: drkit.Site) -> None:
        site.sandbox.change_world("healthy-three-tier")
        plan = site.plan_rehearsal(request(KINDS.PLANNED_FAILOVER, "shop-app"))
        first = site.run(plan, confirm="shop-app")
        first.wait(PATIENCE)
        with pytest.raises(drkit.LeaseHeldError) as held:
            site.close_run(first.id, "Nobody goes on with it")
        first.stop()
        first.wait(PATIENCE)
        assert held.value.run_id == first.id
        assert [lease.group_id for lease in held.value.leases] == [key for key, _ in plan.groups]


def test_type_checkers_know_what_each_call_gives(site: drkit.Site) -> None:
    assert_type(drkit.why_not(drkit.Operation.FAILOVER, group="shop-backend", site=site), pd.DataFrame)
    assert_type(site.inventory(), drkit.Inventory)
    assert_type(site.inventory().group("shop-backend").status, drkit.GroupStatus | drkit.Unknown)
    assert_type(site.pairs("shop-backend"), pd.DataFrame)
    plan = assert_type(site.plan_attach("app-01", ["app-cache-01"]), drkit.Plan)
    assert_type(site.plan_protection(["search-01"], name="web"), drkit.Plan)
    assert_type(plan.steps, tuple[drkit.Step, ...])
    assert_type(plan.left_out, tuple[drkit.LeftOut, ...])
    run = assert_type(site.run(plan, confirm="shop-backend"), drkit.Run)
    state = assert_type(run.wait(PATIENCE), drkit.RunState)
    assert_type(state.phase, drkit.RunPhase)
    assert_type(state.steps, tuple[drkit.StepState, ...])
    assert_type(state.steps[0].actions, tuple[drkit.Action, ...])
    assert_type(site.resume(run.id), drkit.Run)
    assert_type(site.record(run.id), drkit.RunRecord)
    assert_type(site.record(run.id).write(), Path)
    assert_type(site.journal, drkit.Journal)
    assert_type(site.sandbox, drkit.PracticeRange)
    assert_type(drkit.review(), drkit.Reviews)
    assert_type(drkit.RefusedError("No.").objections, tuple[drkit.Objection, ...])
    assert_type(drkit.LeaseHeldError("Held.").leases, tuple[drkit.Lease, ...])
    assert_type(drkit.COLUMNS["pairs"]["status"], str)


class TestHelp:
    @pytest.mark.parametrize("name", drkit.__all__)
    def test_names_all_that_is_public(self, name: str) -> None:
        assert getattr(drkit, name) is not None
        assert name in dir(drkit)
        assert re.search(rf"\b{name}\b", (drkit.__doc__ or "").partition("What is here:")[2])

    def test_shows_each_class_and_function_with_its_own_words(self) -> None:
        text = pydoc.plain(pydoc.render_doc(drkit))
        for name in drkit.__all__:
            value = getattr(drkit, name)
            if callable(value):
                assert value.__doc__
                assert pydoc.splitdoc(pydoc.getdoc(value))[0][:60] in text, name

    def test_lists_nothing_that_is_not_public(self) -> None:
        listed = (drkit.__doc__ or "").partition("What is here:")[2].partition("Public and stable")[0]
        names = set(re.findall(r"\b(?:[A-Z]\w+[a-z]\w*[A-Z]\w+|[A-Z]\w+Error)\b", listed))
        assert names - {"DataFrame"} <= set(drkit.__all__)

    def test_has_examples_that_are_so(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("DRKIT_SANDBOX_SPEED", "5000")
        (example,) = doctest.DocTestFinder(recurse=False).find(drkit, globs={})
        assert doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE).run(example).failed == 0


def test_the_readme_imports_nothing_private() -> None:
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "README.md").read_text("utf-8"), re.DOTALL)
    nodes = [node for block in blocks for node in ast.walk(ast.parse(block))]
    imports = [alias.name for node in nodes if isinstance(node, ast.Import) for alias in node.names]
    used = {
        node.attr
        for node in nodes
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "drkit"
    }
    assert not [node for node in nodes if isinstance(node, ast.ImportFrom)]
    assert {name for name in imports if name.startswith("drkit")} == {"drkit"}
    assert used <= set(drkit.__all__)
