"""What the service shows settles a step, and no person is asked to sign it."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.errors import InputError, UnavailableError
from drkit.execution.annotations import approval
from drkit.execution.ledger import drill_left
from drkit.execution.probing import not_synchronised
from drkit.execution.run import Run
from drkit.execution.states import Action, RunPhase, StepPhase
from drkit.journal import Journal
from drkit.model import PLANNED, Change, Operation
from drkit.plan.objectives import RunbookKind
from drkit.report.gathering import gather
from drkit.report.page import html
from drkit.report.run_record import RunRecord
from drkit.sandbox.building import Builder
from drkit.sandbox.world import World
from tests.closing import at_the_end
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


class TestASecondPerson:
    @pytest.fixture
    def field(self, tmp_path: Path) -> Range:
        return Range(tmp_path)

    def waiting(self, field: Range) -> Run:
        """A run of a duty engineer's that waits for its approval."""
        run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"], second_person=True))
        while "nobody did" not in run.state().steps[0].sentence:
            assert run.wait(0.01).phase is RunPhase.RUNNING
        return run

    def record(self, field: Range, run: Run, who: str) -> RunRecord:
        journal = Journal.open(field.site.journal.where, field.clock, who=who)
        return RunRecord(at_the_end.enter_context(journal), run.id)

    def test_approves_before_the_first_change_and_is_waited_for(self, field: Range) -> None:
        run = self.waiting(field)
        assert [each.phase for each in run.state().steps[1:3]] == [StepPhase.WAITING] * 2
        assert field.sandbox.world.jobs == {}
        assert run.state().steps[0].actions == ()
        self.record(field, run, "alice (cloud user ops)").approve("Alice", "read the plan", "shop-db")
        while run.state().steps[0].phase is not StepPhase.DONE:
            run.wait(0.01)
        assert field.to_the_end(run).phase is RunPhase.DONE
        page = html(gather(field.site.journal.entries(run.id)))
        assert "somebody of another login than the runner&#39;s has approved it" in page
        assert "Note by Alice: read the plan" in page

    def test_is_not_who_started_the_run(self, field: Range) -> None:
        run = self.waiting(field)
        mine = self.record(field, run, f"{field.site.journal.who} (cloud user other)")
        with pytest.raises(InputError, match="the second person does this from a login of their own"):
            mine.approve("Somebody else", "read the plan", "shop-db")
        with pytest.raises(InputError, match="the second person does this from a login of their own"):
            mine.sign_off("Somebody else", accepted=True)
        field.site.journal.note(run.id, {"noted": {"text": "x", "who": "y", "approves": run.plan.digest}})
        assert approval(field.site.journal.entries(run.id)) == ""
        assert run.wait(0.05).steps[0].phase is StepPhase.WORKING

    def test_has_to_confirm_the_plan_and_may_accept_the_record(self, field: Range) -> None:
        run = self.waiting(field)
        alice = self.record(field, run, "alice")
        with pytest.raises(InputError, match="to approve the plan, confirm it with 'shop-db'"):
            alice.approve("Alice", "read the plan", "shop")
        with pytest.raises(InputError, match="Say what you looked at"):
            alice.approve("Alice", " ", "shop-db")
        alice._journal.note(run.id, {"noted": {"text": "x", "who": "y", "approves": "another plan"}})
        assert approval(field.site.journal.entries(run.id)) == ""
        alice.sign_off("Alice", accepted=False, note="not begun")
        assert alice.evidence.sign_offs[-1].written_by == "alice"

    def test_is_not_asked_where_the_objectives_do_not(self, field: Range) -> None:
        run = field.start(field.plan(RunbookKind.PLANNED_FAILOVER, ["shop-db"]))
        with pytest.raises(InputError, match="this run asks for no second person"):
            self.record(field, run, "alice").approve("Alice", "read the plan", "shop-db")


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
        assert evidence.verdict.carried_out.word != "as planned"
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
        assert gather(field.site.journal.entries(run.id)).verdict.carried_out.word == "failed"

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
