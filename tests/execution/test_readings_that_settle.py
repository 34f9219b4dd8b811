"""What the service shows settles a step, and no person is asked to sign it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.errors import InputError, UnavailableError
from drkit.execution.probing import drill_left, not_synchronised
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.model import Change, Operation
from drkit.plan import PLANNED
from drkit.plan.objectives import RunbookKind
from drkit.report.gathering import gather
from drkit.sandbox.building import Builder
from drkit.sandbox.world import World
from tests.execution.rehearsal_drive import PATIENCE, Range
from tests.facts import reading

GROUP = "erp-id"


def pairs(**facts: Any) -> Any:  # noqa: ANN401  # facts are JSON
    return reading({"groups": {"erp": {}}, "pairs": {"data": {"group": "erp", **facts}}})


def test_a_group_is_protected_again_when_it_is_protected_and_all_is_synchronised() -> None:
    assert not_synchronised(GROUP, pairs()) == ""
    assert not_synchronised(GROUP, pairs(replication="copying")) == "data is copying, 100 %"
    assert not_synchronised(GROUP, pairs(fault_level="2")) == "data has fault level 2"
    assert not_synchronised("gone", pairs()) == "the group is gone"
    off = reading({"groups": {"erp": {"status": "available"}}})
    assert not_synchronised(GROUP, off) == "the group is available"


def test_what_a_pair_does_not_tell_is_no_yes() -> None:
    now = pairs()
    untold = {key: replace(pair, unknown=("fault_level",)) for key, pair in now.pairs.items()}
    assert "it is not known whether it has a fault" in not_synchronised(GROUP, replace(now, pairs=untold))


def test_a_drill_is_gone_when_it_and_every_server_of_it_are_gone() -> None:
    there = reading(
        {
            "groups": {"erp": {}},
            "instances": {"app": {"group": "erp"}},
            "drills": {"d": {"group": "erp"}},
        }
    )
    delete = Change.of(Operation.DELETE_DRILL, GROUP, drill_id=f"{PLANNED}d")
    assert drill_left(delete, [], there) == "the drill d is there, available"
    gone, server = replace(there, drills={}), next(iter(there.servers.values()))
    assert drill_left(delete, [server.id], gone) == f"{server.name} is there, {server.status}"
    assert drill_left(delete, ["no-more"], gone) == ""
    assert drill_left(delete, None, gone) == "the drill is gone, and which servers it had is not known"


def failed_over() -> World:
    build = Builder("one-group")
    group = build.group("erp", "failed-over")
    build.instance(group, "erp-01")
    for server in build.world.servers.values():
        server.status = "SHUTOFF"
    return build.world


@pytest.mark.slow
class TestReprotection:
    def test_is_over_when_the_service_shows_it_and_nobody_signs(self, tmp_path: Path) -> None:
        field = Range(tmp_path, failed_over())
        run = field.start(field.plan(RunbookKind.REPROTECT, ["erp"]))
        state = run.wait(PATIENCE)
        assert state.phase is RunPhase.DONE
        last = state.steps[-1]
        assert last.sentence == "Read: the group is protected, and every pair is synchronised."
        assert {each.replication_status for each in field.inventory.pairs.values()} == {"active"}
        assert gather(field.site.journal.entries(run.id)).deviations == ()

    def test_with_a_pair_that_is_stuck_is_not_done_by_anybodys_word(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        field = Range(tmp_path, failed_over())
        field.sandbox.fault("sync-stuck", pair=next(iter(field.sandbox.world.pairs)), at=42)
        run = field.start(field.plan(RunbookKind.REPROTECT, ["erp"]))
        read, key = field.site.client.pairs, run.plan.steps[-1].key
        refusals: list[str] = []

        def looked(groups: tuple[str, ...]) -> Any:  # noqa: ANN401  # passed on
            shown = run.state().step(key)
            if "copying, 42 %" in shown.sentence and not refusals:
                assert shown.actions == (Action.SKIP,)
                with pytest.raises(InputError, match="cannot sign_off it now, but skip") as caught:
                    run.sign_off(key, True, "Duty lead", "all is there")
                refusals.append(str(caught.value))
                run.skip(key, "The link is being repaired.")
            return read(groups)

        monkeypatch.setattr(field.site.client, "pairs", looked)
        state = run.wait(PATIENCE)
        assert refusals
        assert state.steps[-1].phase is StepPhase.SKIPPED
        evidence = gather(field.site.journal.entries(run.id))
        assert evidence.verdict.word != "completed"
        (off,) = evidence.deviations
        assert "Skipped: The link is being repaired. Last seen: Read again and again until it holds" in (
            off.sentence
        )
        assert "copying, 42 %" in off.sentence

    def test_that_is_left_alone_with_a_stuck_pair_fails_after_hours(self, tmp_path: Path) -> None:
        field = Range(tmp_path, failed_over())
        field.sandbox.fault("sync-stuck", pair=next(iter(field.sandbox.world.pairs)), at=42)
        run = field.start(field.plan(RunbookKind.REPROTECT, ["erp"]))
        state = run.wait(PATIENCE)
        assert (state.phase, state.exit_code) == (RunPhase.FAILED, 1)
        assert "and still erp-01" in state.steps[-1].sentence
        assert gather(field.site.journal.entries(run.id)).verdict.word == "failed"

    def test_is_read_again_while_the_service_cannot_be_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        field = Range(tmp_path, failed_over())
        run_client, looks = field.site.client, iter(range(999))
        read = run_client.pairs

        def down(groups: tuple[str, ...]) -> Any:  # noqa: ANN401  # passed on
            if next(looks) < 3:
                raise UnavailableError(503, "", "Down.", where="pairs")
            return read(groups)

        monkeypatch.setattr(run_client, "pairs", down)
        state = field.start(field.plan(RunbookKind.REPROTECT, ["erp"])).wait(PATIENCE)
        assert state.phase is RunPhase.DONE


@pytest.mark.slow
def test_a_server_that_outlives_its_drill_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    field = Range(tmp_path)
    plan = field.plan(RunbookKind.DRILL, ["shop-app"], drill_name="drill-1")
    read, seen = field.site.client.servers, {}

    def lingering() -> Any:  # noqa: ANN401  # passed on
        now = {each.id: each for each in read()}
        seen.update(now)
        return tuple({**seen, **now}.values())

    monkeypatch.setattr(field.site.client, "servers", lingering)
    kept = field.site.client.inventory

    def inventory(*args: Any, **more: Any) -> Any:  # noqa: ANN401  # passed on
        now = kept(*args, **more)
        seen.update(now.servers)
        return now

    monkeypatch.setattr(field.site.client, "inventory", inventory)
    ended = field.to_the_end(field.start(plan))
    shown = next(each for each in ended.steps if each.title.startswith("Drill servers gone"))
    assert shown.phase is StepPhase.FAILED
    assert "and still app-01" in shown.sentence
