"""A rehearsal without a screen: the same cells, decided by the parameters."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drkit.clock import SteppedClock
from drkit.errors import InputError, NotConfirmedError, RefusedError, StalePlanError, UnknownNameError
from drkit.execution import StepPhase
from drkit.forms import rehearse
from drkit.runbooks import RehearsalRequest, RehearsalSession, UnattendedRehearsal
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.rehearsal_hands import AIMS, one_group

GOOD: dict[str, Any] = {
    "kind": "planned_failover",
    "waves": ["erp"],
    "confirm": "erp",
    "signed_by": "Duty engineer",
    **AIMS,
}
Make = Callable[..., UnattendedRehearsal]


class Field:
    def __init__(self, folder: Path) -> None:
        self.sandbox = Sandbox(one_group(), speed=1.0, now=lambda: 0.0)
        self.clock = SteppedClock(on_advance=self.sandbox.step)
        self.site: Site = at_the_end.enter_context(
            practise(self.sandbox, clock=self.clock, journal=folder / "journal.sqlite")
        )

    def book(self, **request: Any) -> UnattendedRehearsal:  # noqa: ANN401 - the fields of a request
        session = RehearsalSession(RehearsalRequest(**GOOD | request), site=self.site, clock=self.clock)
        return UnattendedRehearsal(session)

    def carried_out(self, answers: dict[str, str] | None = None, **request: Any) -> UnattendedRehearsal:  # noqa: ANN401
        """Gone through, each question answered once it is asked: passed, or as is given for its kind."""
        book = through(self.book(**request))
        while asked := [each for each in book.session.started.state().steps if each.phase is StepPhase.READY]:
            kinds = {each.title: each.title.partition(":")[0] for each in asked}
            attest = {title: (answers or {}).get(kind, "passed: seen") for title, kind in kinds.items()}
            book = through(
                self.book(**request | {"run": book.session.started.id, "confirm": "", "attest": attest})
            )
        return book


@pytest.fixture
def field(tmp_path: Path) -> Field:
    return Field(tmp_path)


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """What the kernel told `drkit run` last."""
    file = tmp_path / "outcome.json"
    monkeypatch.setenv("DRKIT_OUTCOME", str(file))
    return lambda: json.loads(file.read_text()) if file.exists() else None


def through(book: UnattendedRehearsal) -> UnattendedRehearsal:
    book.choose()
    book.objectives()
    book.confirm()
    book.run()
    return book


def test_good_parameters_carry_it_out_and_report_it(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    book = field.book()
    assert list(book.choose()["group"]) == ["erp"]
    aims = book.objectives().set_index("objective")["value"]
    assert aims["RTO target of erp"] == "15 min 00 s"
    plan = book.confirm()
    assert list(plan["title"])[:2] == ["Stop erp-01 (soft)", "Planned failover of erp"]
    assert list(book.run()["phase"])[3:] == ["ready", "ready", "waiting"]
    book = field.carried_out(run=book.session.started.id, confirm="")
    assert {each.phase for each in book.session.started.state().steps} == {StepPhase.DONE}
    (row,) = book.result().to_dict("records")
    assert row["kept"] == "yes"
    said = outcome()
    assert said["exit"] == 0
    printed = capsys.readouterr().out
    assert "Verdict: carried out as planned, objectives met." in printed
    assert "erp: its service usually answers 10 min 00 s after its first change" in printed
    assert "target 15 min 00 s: fits usually, and not at the slowest" in printed
    assert "Outage of erp: " in printed
    assert " of 15 min 00 s, kept" in printed
    assert "Recovery point of erp: Its 1 pair was synchronised" in printed
    assert "Every step can be taken back." in printed


def test_a_dry_run_prints_the_plan_and_sends_nothing(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    book = field.book(dry_run=True, confirm="")
    through(book)
    assert book.result().empty
    assert field.site.journal.runs() == []
    said = outcome()
    assert (said["exit"], said["sentence"]) == (0, "Dry run: this is the plan. Nothing was sent.")
    assert [each["title"] for each in said["table"]][1] == "Planned failover of erp"
    assert "assumed, no earlier run" in said["table"][0]["usually"]
    assert "Note: IP addresses" in capsys.readouterr().out


def test_a_dry_run_of_what_is_not_allowed_is_refused(field: Field) -> None:
    next(iter(field.sandbox.world.groups.values())).status = "available"
    book = field.book(dry_run=True)
    book.choose()
    with pytest.raises(RefusedError, match=r"1\. Enable protection of erp\."):
        book.objectives()


def test_without_the_names_the_plan_is_shown_and_nothing_is_sent(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    book = field.book(confirm="")
    book.choose()
    book.objectives()
    with pytest.raises(NotConfirmedError, match="'erp', as the parameter confirm"):
        book.confirm()
    assert "6     1  Accepted: erp" in capsys.readouterr().out
    assert outcome() is None


def test_a_world_that_changed_meanwhile_is_refused_with_nothing_sent(
    field: Field, outcome: Callable[[], Any]
) -> None:
    book = field.book()
    book.choose()
    book.objectives()
    next(iter(field.sandbox.world.groups.values())).status = "available"
    with pytest.raises(StalePlanError):
        book.confirm()
    assert outcome()["exit"] == 2


def test_a_manual_step_without_an_answer_stops_in_order_and_can_be_gone_on_with(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    through(field.book(signed_by="")).result()
    assert "Gives up the production site" not in capsys.readouterr().out
    said = outcome()
    assert said["exit"] == 3
    assert (
        "It waits for: Service answers: erp; Data is there: erp. Go on with: drkit resume "
        in said["sentence"]
    )
    (run,) = field.site.journal.runs()
    again = field.carried_out(run=run.id, confirm="")
    assert outcome()["exit"] == 0
    assert (
        again.session.record.evidence.verdict.carried_out.word == "as planned"
    )  # to wait for a person is no deviation


def test_a_failed_answer_fails_and_the_ways_out_are_told(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    field.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG")
    book = through(field.book())
    book.result()
    assert outcome()["exit"] == 1
    printed = capsys.readouterr().out
    assert "Verdict: failed, objectives missed." in printed
    assert "Deviation: Planned failover of erp: failed." in printed
    assert "erp: erp is error-reversing" in printed
    assert "  failover: Gives up the production site" in printed


def test_a_way_out_that_is_closed_says_why(field: Field, capsys: pytest.CaptureFixture[str]) -> None:
    field.sandbox.fault("job-fails", job_type="reverseProtectionGroupNoCG")
    book = through(field.book())
    for server in field.sandbox.world.servers.values():
        server.status = "UNKNOWN"
    book.result()
    assert "  retry planned failover: Not now: Stop all servers" in capsys.readouterr().out


def test_an_answer_may_fail_a_step_or_skip_it_with_a_reason(field: Field) -> None:
    book = through(field.book(attest={"Service answers: erp": "skip: nobody to ask"}))
    shown = {each.title: each for each in book.session.started.state().steps}
    assert "Skipped: nobody to ask" in shown["Service answers: erp"].sentence
    assert shown["Data is there: erp"].phase is StepPhase.READY


def test_an_answer_that_says_no_fails_the_run(field: Field, outcome: Callable[[], Any]) -> None:
    field.carried_out({"Accepted": "failed: orders are missing"})
    assert outcome()["exit"] == 1


@pytest.mark.parametrize("answer", ["passed: seen", "failed: it is dark"])
def test_what_nobody_can_have_seen_is_not_answered_beforehand(field: Field, answer: str) -> None:
    book = field.book(attest={"Service answers": answer})
    book.choose()
    with pytest.raises(InputError, match="'Service answers' is not asked now, and nobody can tell what will"):
        book.objectives()
    assert field.site.journal.runs() == []
    run = through(field.book()).session.started.id
    with pytest.raises(InputError, match="'Accepted' is not asked now"):
        through(field.book(run=run, confirm="", attest={"Accepted": answer}))


def test_an_answer_by_kind_waits_for_no_step_that_is_reached_later(field: Field) -> None:
    run = through(field.book(kind="dr_drill", drill_name="d")).session.started.id
    again = through(field.book(run=run, confirm="", attest={"Drill network": "passed: reaches nothing else"}))
    phases = {each.title: each.phase for each in again.session.started.state().steps}
    assert phases["Drill network: erp"] is StepPhase.DONE
    assert phases["Logins work: erp-01"] is StepPhase.READY


def test_a_decision_may_be_told_beforehand_and_is_marked_so(field: Field) -> None:
    release = {"Release": "passed: delete it when the checks are through"}
    run = through(field.book(kind="dr_drill", drill_name="d", attest=release)).session.started
    asked = [each.title for each in run.state().steps if each.phase is StepPhase.READY]
    attest = {**dict.fromkeys(asked, "passed: seen"), **release}
    again = through(field.book(run=run.id, confirm="", attest=attest)).session.started
    (released,) = [each for each in again.state().steps if each.title == "Release: erp"]
    assert released.sentence.startswith("Done, says Duty engineer, answered before the start: delete it")


def test_the_ledger_of_a_drill_is_printed(field: Field, capsys: pytest.CaptureFixture[str]) -> None:
    field.carried_out(kind="dr_drill", drill_name="d").result()
    assert "Left: Drill network left over: erp: Done" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("attest", "sentence"),
    [
        ({"Accepted": "yes"}, "write passed: NOTE"),
        ({"Accepted": "passed"}, "needs a note on what was seen: passed: NOTE"),
        ({"Accepted": "failed"}, "needs a reason"),
        ({"Accepted": "skip:"}, "needs a reason"),
    ],
)
def test_an_answer_that_cannot_be_read_is_refused_at_once(
    field: Field, attest: dict[str, str], sentence: str
) -> None:
    with pytest.raises(InputError, match=sentence):
        field.book(attest=attest)


def test_an_answer_to_what_is_looked_up_first_is_refused_before_anything_is_sent(field: Field) -> None:
    book = field.book(kind="dr_drill", attest={"Drill servers gone": "passed: looked"}, drill_name="d")
    book.choose()
    with pytest.raises(InputError, match="'Drill servers gone' is not asked now"):
        book.objectives()


def test_an_answer_to_no_step_is_refused_before_anything_is_sent(field: Field) -> None:
    book = field.book(attest={"Acepted": "passed: seen"})
    book.choose()
    with pytest.raises(UnknownNameError, match="did you mean 'Accepted'"):
        book.objectives()


def test_what_must_not_be_skipped_is_refused_before_anything_is_sent(field: Field) -> None:
    book = field.book(kind="dr_drill", attest={"Release": "skip: no time"})
    book.choose()
    with pytest.raises(InputError, match="'Release: erp' cannot be skipped"):
        book.objectives()


def test_answers_need_somebody_who_signs(field: Field) -> None:
    book = field.book(signed_by=" ", attest={"Accepted": "skip: no time"})
    book.choose()
    with pytest.raises(InputError, match="signed_by"):
        book.objectives()


def test_missing_objectives_are_told_all_at_once(field: Field) -> None:
    book = field.book(scope="", criteria="", rto={"erp": "15 min"})
    book.choose()
    with pytest.raises(InputError, match=r"scope: .*\ncriteria: "):
        book.objectives()


def test_groups_that_are_not_there_are_refused(field: Field) -> None:
    with pytest.raises(UnknownNameError, match="'erp'"):
        field.book(waves=["erb"]).choose()
    with pytest.raises(InputError, match="at least one protection group"):
        field.book(waves=[]).choose()


def test_a_runbook_that_there_is_not_is_refused(field: Field) -> None:
    with pytest.raises(UnknownNameError, match="planned_failover"):
        field.book(kind="planned failover")


def test_a_run_that_is_no_rehearsal_is_not_gone_on_with(field: Field) -> None:
    (pair,) = field.site.inventory().pairs.values()
    for server in field.sandbox.world.servers.values():
        server.status = "SHUTOFF"
    detached = field.site.run(field.site.plan_detach("erp-01", pair.id), "erp")
    detached.wait(60)
    with pytest.raises(InputError, match="is no rehearsal: Detach"):
        field.book(run=detached.id).choose()
    assert field.book().session.unfinished() == []


def test_an_interrupted_run_that_is_no_rehearsal_is_left_as_it_is(field: Field) -> None:
    (pair,) = field.site.inventory().pairs.values()
    for server in field.sandbox.world.servers.values():
        server.status = "SHUTOFF"
    field.sandbox.fault("job-stuck")
    detach = field.site.run(field.site.plan_detach("erp-01", pair.id), "erp")
    detach.stop()
    detach.wait(60)
    before = len(field.site.journal.entries(detach.id))
    with pytest.raises(InputError, match="is no rehearsal: Detach"):
        field.book(run=detach.id).choose()
    assert len(field.site.journal.entries(detach.id)) == before


def test_the_cells_out_of_order_say_what_is_missing(field: Field) -> None:
    book = field.book()
    with pytest.raises(InputError, match="not read yet"):
        _ = book.session.surveyed
    with pytest.raises(InputError, match="Choose the protection groups first"):
        book.objectives()
    book.choose()
    with pytest.raises(InputError, match="Make the plan first"):
        book.confirm()
    book.objectives()
    with pytest.raises(InputError, match="confirm the plan first"):
        book.run()
    with pytest.raises(InputError, match="no run yet"):
        book.result()
    with pytest.raises(InputError, match="no run to go on from"):
        book.session.follow(book.session.kind, [])


def test_in_drkit_run_the_rehearsal_needs_no_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    assert isinstance(rehearse(RehearsalRequest("dr_drill")), UnattendedRehearsal)


def test_earlier_runs_teach_the_forecast(field: Field) -> None:
    field.carried_out()
    book = field.book(kind="failback", dry_run=True)
    book.choose()
    book.objectives()
    plan = book.confirm()
    assert all("from earlier runs" in each for each in plan["usually"])


def test_a_profile_of_another_name_is_another_site(field: Field, monkeypatch: pytest.MonkeyPatch) -> None:
    session = field.book().session
    monkeypatch.setattr("drkit.runbooks.session.connect", lambda profile: (field.site, profile)[0])
    session.survey()
    session.restart(RehearsalRequest("dr_drill", profile="env"))
    assert session.overview is None
    assert session.site is field.site


def test_an_objective_that_was_missed_ends_with_1_though_every_step_was_done(
    field: Field, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    book = field.carried_out(rto={"*": "1 s"})
    assert book.session.started.state().exit_code == 0
    assert outcome()["exit"] == 1
    book.result()
    assert "Verdict: carried out as planned, objectives missed." in capsys.readouterr().out
