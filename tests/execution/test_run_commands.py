import json
import os
import re
import signal
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from drkit import cli
from drkit.errors import JournalDamagedError, LeaseHeldError, LeaseLostError
from drkit.execution.following import readable, recorded, unfinished
from drkit.execution.run import Run
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.plan.objectives import Objectives, RunbookKind
from drkit.plan.steps import ManualStep, Plan, ReadingCheck, Step
from drkit.runbooks import how_to_go_on
from drkit.sandbox import Sandbox
from drkit.site import Site, connect
from tests.execution.stage import until

pytestmark = pytest.mark.slow  # commands and signals: processes of their own


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    """The site that the commands connect to as well: a fast sandbox in this process, and its journal."""
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    monkeypatch.setenv("DRKIT_REPORTS", str(tmp_path / "reports"))
    monkeypatch.delenv("DRKIT_PROFILE", raising=False)
    monkeypatch.setattr("drkit.sandbox.find_running", lambda: None)
    monkeypatch.setattr("drkit.site._sandboxes", [Sandbox(speed=2000)])
    kept = signal.getsignal(signal.SIGTERM)
    with connect() as opened:
        yield opened
    signal.signal(signal.SIGTERM, kept)


def stopped(site: Site, *more: Step) -> str:
    """A run of one attach that was stopped before anything was sent."""
    plan = site.plan_attach("app-01", ["app-cache-01"])
    asked = Step("0", "Look\x1b[2J", instruction="Look at the shop.", skippable=True)
    run = site.run(Plan(plan.title, plan.backend, plan.groups, (asked, *more), plan.read_at), "shop-backend")
    until(run, lambda now: now.steps[0].phase is StepPhase.READY)
    run.stop()
    assert run.wait(60).phase is RunPhase.STOPPED
    return run.id


def attaching(site: Site) -> str:
    plan = site.plan_attach("app-01", ["app-cache-01"])
    run = site.run(plan, "shop-backend")
    run.stop()
    assert run.wait(60).phase in {RunPhase.STOPPED, RunPhase.DONE}
    return run.id


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE drkit_entries SET data = '{}' WHERE seq = (SELECT max(seq) FROM drkit_entries)",
        "DELETE FROM drkit_entries WHERE seq = 0",
        "DELETE FROM drkit_entries",
    ],
)
def test_a_run_whose_record_was_altered_is_told_in_a_sentence(
    site: Site, tmp_path: Path, statement: str, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(site)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        for verb in ("update", "delete"):
            connection.execute(f"DROP TRIGGER drkit_entries_no_{verb}")
        connection.execute(statement)
    connection.close()
    assert cli.main(["show", run_id]) == 3
    told = capsys.readouterr().err
    assert "cannot be told from its record: it was altered" in told
    assert "Traceback" not in told


def test_a_run_that_nobody_will_go_on_with_is_closed_for_good(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(site)
    assert cli.main(["close", run_id, "--why", " "]) == 2
    assert "Say why the run is closed." in capsys.readouterr().err
    assert cli.main(["close", run_id, "--why", "Its practice world is gone."]) == 0
    told = capsys.readouterr().out
    assert re.search(r"stopped: Closed by .+ on .+: Its practice world is gone\.", told)
    page = Path(told.splitlines()[-1]).read_text("utf-8")
    assert "Its practice world is gone." in page
    assert "gone on with at" not in page
    (row,) = site.journal.runs()
    assert (row.state, row.finished, row.held_by) == ("closed", True, "")
    assert site.journal.leases() == ()
    assert site.journal.entries(run_id)[-1].data["not_sent"] == ["0"]
    assert cli.main(["verify", run_id]) == 0
    assert cli.main(["resume", run_id]) == 2
    assert "is not gone on with. Closed by " in capsys.readouterr().err
    assert cli.main(["close", run_id, "--why", "Again."]) == 2
    assert "has ended already: Closed by " in capsys.readouterr().err


def test_a_run_that_somebody_drives_is_not_closed(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = stopped(site)
    hold = site.journal.hold(run_id)
    with pytest.raises(LeaseHeldError, match="is held by"):
        site.close_run(run_id, "Nobody is there.")
    assert site.close_run(run_id, "Nobody is there.", takeover=True).phase is RunPhase.STOPPED
    assert site.record(run_id).written
    with pytest.raises(LeaseLostError):
        hold.renew()


def test_an_altered_run_is_left_out_of_those_that_can_be_read(site: Site, tmp_path: Path) -> None:
    altered, sound = stopped(site), stopped(site)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("DROP TRIGGER drkit_entries_no_update")
        connection.execute("UPDATE drkit_entries SET data = '{' WHERE run_id = ? AND seq = 1", [altered])
    connection.close()
    assert [row.id for row, _ in readable(site.journal, site.journal.runs())] == [sound]


def test_the_unfinished_runs_of_a_place_are_those_that_nobody_closed_there(site: Site) -> None:
    closed, left = stopped(site), stopped(site)
    site.close_run(closed, "It is not needed.")
    assert [row.id for row, _ in unfinished(site.journal, site.backend)] == [left]
    assert not list(unfinished(site.journal, replace(site.backend, practice=False, cloud="another")))


def test_a_run_whose_record_does_not_hold_is_not_closed(site: Site, tmp_path: Path) -> None:
    run_id = stopped(site)
    with sqlite3.connect(tmp_path / "journal.sqlite") as connection:
        connection.execute("DROP TRIGGER drkit_entries_no_update")
        connection.execute("UPDATE drkit_entries SET who = 'another' WHERE seq = 1")
    connection.close()
    with pytest.raises(JournalDamagedError, match="is not closed: Entry 1 "):
        site.close_run(run_id, "Nobody is there.")


def test_no_runs_are_no_runs(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["runs"]) == 0
    assert capsys.readouterr().out.startswith("There are no runs in ")
    assert cli.main(["runs", "--json"]) == 0
    assert json.loads(capsys.readouterr().out) == []


def test_runs_are_listed_with_their_state(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = stopped(site)
    assert cli.main(["runs"]) == 0
    header, line = capsys.readouterr().out.splitlines()
    assert header.split() == ["run", "state", "carried_out", "objectives", "title", "groups", "backend"]
    assert re.split(r"\s{2,}", line) == [
        run_id,
        "stopped",
        "stopped",
        "none set",
        "Attach 1 pair to app-01",
        "shop-backend",
        "PRACTICE",
    ]
    assert cli.main(["runs", "--json"]) == 0
    (row,) = json.loads(capsys.readouterr().out)
    assert (row["run"], row["state"], row["started_at"][-6:]) == (run_id, "stopped", "+00:00")


@pytest.mark.parametrize(
    "words", ["runs", "show RUN", "report RUN", "verify RUN", "close RUN --why gone", "table groups"]
)
def test_a_command_closes_the_journal_that_it_opened(site: Site, tmp_path: Path, words: str) -> None:
    run_id = stopped(site)
    site.close()
    assert cli.main(words.replace("RUN", run_id).split()) == 0
    held = [each.readlink() for each in Path("/proc/self/fd").iterdir() if each.is_symlink()]
    assert [each for each in held if each.is_relative_to(tmp_path)] == []


def test_a_run_is_shown_from_the_journal_alone(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = stopped(site)
    assert cli.main(["show", run_id]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(
        f"PRACTICE: Attach 1 pair to app-01 (run {run_id})\nstopped: Stopped by the operator"
    )
    assert "\x1b" not in shown
    assert cli.main(["show", run_id, "--json"]) == 0
    assert [each["phase"] for each in json.loads(capsys.readouterr().out)] == ["ready"]


def test_a_run_that_is_driven_elsewhere_is_shown_as_running(site: Site) -> None:
    run_id = stopped(site)
    run = site.resume(run_id)
    shown = recorded(site.journal, run_id)
    assert shown.phase is RunPhase.RUNNING
    assert shown.sentence.startswith("Held by ")
    run.stop()
    run.wait(60)
    assert recorded(site.journal, run_id).phase is RunPhase.STOPPED


def test_an_unknown_run_is_refused_with_the_nearest(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    run_id = stopped(site)
    for command in ("show", "resume"):
        assert cli.main([command, run_id[:-1] + "x"]) == 2
        assert f"did you mean {run_id!r}" in capsys.readouterr().err


def test_resuming_goes_on_to_the_end_and_says_what_becomes_of_each_step(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = attaching(site)
    assert cli.main(["resume", run_id]) == 0
    seen = capsys.readouterr()
    assert "Step 1 (Attach app-cache-01 to app-01 as /dev/vdc) done: Done, says job " in seen.out
    assert "done: Ended: 1 done." in seen.out
    assert seen.err == "PRACTICE:\n"
    assert "app-cache-01" in set(site.attachments("shop-backend")["pair"])


def test_resuming_ends_with_1_where_every_step_was_done_and_an_objective_was_missed(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    attach = site.plan_attach("app-01", ["app-cache-01"])
    [(group_id, _)] = attach.groups
    aims = Objectives(RunbookKind.PLANNED_FAILOVER, "s", "s", "c", ("Duty lead",), ((group_id, 1),))
    asked = Step("2", "Look", instruction="Look at the shop.", needs=("1",), about=group_id)
    answers = {group_id: (("2",),)}
    plan = replace(attach, steps=(*attach.steps, asked), objectives=aims, recovered_by=answers)
    run = site.run(plan, "shop-backend")
    until(run, lambda now: now.steps[-1].phase is StepPhase.READY)
    run.stop()
    assert run.wait(60).phase is RunPhase.STOPPED
    assert cli.main(["resume", run.id, "--attest", "2=passed: there", "--sign", "Duty lead"]) == 1
    assert site.record(run.id).evidence.verdict.objectives.word == "missed"
    capsys.readouterr()
    assert cli.main(["runs"]) == 0
    listed = " ".join(capsys.readouterr().out.split())
    assert f"{run.id} done with deviations missed" in listed or f"{run.id} done as planned missed" in listed


def test_a_question_stops_the_resumed_run_and_is_shown(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    run_id = stopped(site)
    assert cli.main(["resume", run_id]) == 3
    shown = capsys.readouterr().out
    assert "Waiting for you at step 0: Look" in shown
    assert f"Go on with: drkit resume {run_id} --attest 'Look�[2J=ANSWER' --sign NAME" in shown
    assert "\x1b" not in shown
    assert [each.state for each in site.journal.runs()] == ["stopped"]


class TestAnswersGivenBeforehand:
    def test_are_signed_and_the_run_goes_on_to_its_end(
        self, site: Site, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_id = stopped(site)
        assert cli.main(["resume", run_id, "--attest", "0=passed: all there", "--sign", "Duty lead"]) == 0
        assert "Step 0 (Look\ufffd[2J) done: Done, says Duty lead: all there" in capsys.readouterr().out
        (signed,) = [each for each in site.journal.entries(run_id) if "signed_by" in each.data]
        assert (signed.step, signed.data["signed_by"], signed.data["passed"]) == ("0", "Duty lead", True)

    def test_may_say_that_a_step_is_skipped_or_did_not_work_out(self, site: Site) -> None:
        sign = ["--sign", "Duty lead"]
        assert cli.main(["resume", stopped(site), "--attest", "0=skip: not needed", *sign]) == 0
        assert cli.main(["resume", stopped(site), "--attest", "0=failed: it is dark", *sign]) == 1

    @pytest.mark.parametrize(
        ("words", "sentence"),
        [
            (["--attest", "0=passed: seen"], "Say who signs: give --sign NAME"),
            (["--attest", "1=passed: seen", "--sign", "Duty lead"], "No manual step is named '1'"),
            (["--attest", "0=maybe", "--sign", "Duty lead"], "write passed: NOTE, failed: NOTE or"),
            (["--attest", "0=failed", "--sign", "Duty lead"], "needs a reason: failed: WHY."),
            (["--attest", "0", "--sign", "Duty lead"], "given once for a step, as STEP=ANSWER, not as '0'"),
        ],
    )
    def test_that_do_not_fit_are_refused_before_the_run_goes_on(
        self, site: Site, capsys: pytest.CaptureFixture[str], words: list[str], sentence: str
    ) -> None:
        run_id = stopped(site)
        entries = len(site.journal.entries(run_id))
        assert cli.main(["resume", run_id, *words]) == 2
        assert sentence in capsys.readouterr().err
        assert len(site.journal.entries(run_id)) == entries

    def test_do_not_say_yes_to_what_has_changed(self, site: Site) -> None:
        run = Run.start(
            site.plan_attach("app-01", ["app-cache-01"]),
            client=site.client,
            journal=site.journal,
            confirm="shop-backend",
        )
        run.stop()
        shown = run.wait(60)
        asked = replace(shown.steps[0], phase=StepPhase.READY)
        told = how_to_go_on(replace(shown, steps=(asked,)))
        assert told.endswith(f"go on with run {run.id} in its runbook (drkit lab).")
        assert how_to_go_on(replace(shown, steps=())) == ""


class TestASecondPerson:
    @pytest.fixture
    def run_id(self, site: Site) -> str:
        aims = Objectives(RunbookKind.DRILL, "Spring", "All", "It works.", ("Ada",), second_person=True)
        asks = Step("1", "Approved", check=ReadingCheck.APPROVED, asks=ManualStep.APPROVED)
        now = site.inventory()
        group = now.group("shop-backend")
        plan = Plan("Look", now.backend, ((group.id, group.name),), (asks,), now.read_at, objectives=aims)
        run = Run.start(plan, client=site.client, journal=site.journal, confirm="shop-backend")
        run.stop()
        run.wait(60)
        return run.id

    def test_sees_the_plan_approves_it_and_accepts_the_record(
        self,
        site: Site,
        run_id: str,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        words = ["--sign", "Alice", "--note", "read the plan"]
        monkeypatch.setenv("JUPYTERHUB_USER", "alice")
        assert cli.main(["approve", run_id, *words]) == 2
        seen = capsys.readouterr()
        assert "read from the record" in seen.out
        assert "to approve the plan, confirm it with 'shop-backend'" in seen.err
        assert cli.main(["approve", run_id, "--confirm", "shop-backend", *words]) == 0
        assert "Approved: the run goes on." in capsys.readouterr().out
        assert cli.main(["accept", run_id, "--sign", "Alice"]) == 0
        assert Path(capsys.readouterr().out.strip()).is_file()
        assert cli.main(["accept", run_id, "--refuse", "--sign", "Alice"]) == 2
        assert "Say why it is not accepted" in capsys.readouterr().err
        monkeypatch.delenv("JUPYTERHUB_USER")
        assert cli.main(["resume", run_id]) == 0
        assert cli.main(["accept", run_id, "--sign", "Alice"]) == 2
        assert "the second person does this from a login of their own" in capsys.readouterr().err


class TestASignal:
    """Ctrl-C and SIGTERM stop a resumed run in order, whenever they come."""

    @pytest.fixture(params=[signal.SIGINT, signal.SIGTERM])
    def by(self, request: pytest.FixtureRequest) -> signal.Signals:
        found: signal.Signals = request.param
        return found

    def run_that_is_checking(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> str:
        monkeypatch.setattr("drkit.api.client.failing", lambda *_: "it does not answer")
        return stopped(site, Step("1", "Answers", check="tcp://127.0.0.1:1"))

    def test_while_following(
        self,
        site: Site,
        capsys: pytest.CaptureFixture[str],
        by: signal.Signals,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        run_id, print_line = self.run_that_is_checking(site, monkeypatch), cli._print_line

        def interrupted(line: str) -> None:
            print_line(line)
            if "working" in line:
                os.kill(os.getpid(), by)

        monkeypatch.setattr(cli, "_print_line", interrupted)
        assert cli.main(["resume", run_id]) == 3
        assert "stopped: Interrupted: 1 ready, 1 working." in capsys.readouterr().out
        assert site.journal.leases() == ()

    def test_while_waiting(self, site: Site, by: signal.Signals, monkeypatch: pytest.MonkeyPatch) -> None:
        run_id, wait = self.run_that_is_checking(site, monkeypatch), Run.wait
        looks: list[int] = []

        def interrupted(self: Run, timeout: float | None = None) -> RunState:
            looks.append(1)
            if len(looks) == 2:
                threading.Timer(0.05, os.kill, (os.getpid(), by)).start()
            return wait(self, timeout)

        monkeypatch.setattr(Run, "wait", interrupted)
        assert cli.main(["resume", run_id]) == 3
        assert site.journal.entries(run_id)[-1].data["sentence"].startswith("Interrupted: ")

    def test_right_after_the_run_began(
        self,
        site: Site,
        capsys: pytest.CaptureFixture[str],
        by: signal.Signals,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        run_id, resume = self.run_that_is_checking(site, monkeypatch), Site.resume

        def interrupted(self: Site, run_id: str, **how: bool) -> Run:
            run = resume(self, run_id, **how)
            os.kill(os.getpid(), by)
            return run

        monkeypatch.setattr(Site, "resume", interrupted)
        assert cli.main(["resume", run_id]) == 3
        assert capsys.readouterr().err.endswith("drkit: Interrupted.\n")
        assert site.journal.entries(run_id)[-1].data["sentence"].startswith("Interrupted: ")


def test_what_failed_is_told_with_what_to_do(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    plan = site.plan_attach("app-01", ["app-cache-01"])
    site.sandbox.fault("job-fails", code="SDRS.1821", reason="No way.")
    run = site.run(plan, "shop-backend")
    run.wait(60)
    assert cli.main(["show", run.id]) == 0
    shown = capsys.readouterr().out
    assert "Step 1, failed: Job " in shown
    assert "Detach the pair to clean up" in shown
