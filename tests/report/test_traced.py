"""A run's record beside the cloud's own trace."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drkit import cli
from drkit import site as site_module
from drkit.execution import RunPhase
from drkit.journal import Entry
from drkit.model import Operation, Trace, from_kept
from drkit.report.proving import Proof
from drkit.report.traced import NAMES, UNTRACED, hold_against_trace, sent_changes, things_of, window
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.clocks import Hurried

LATER = timedelta(hours=2)


@pytest.fixture
def sandbox(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Sandbox:
    made = Sandbox("demo", speed=1000.0)
    monkeypatch.setattr(site_module, "_sandboxes", [made])
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "none.json"))
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    return made


@pytest.fixture
def site(sandbox: Sandbox, tmp_path: Path) -> Iterator[Site]:
    with practise(sandbox, clock=Hurried(100), journal=tmp_path / "journal.sqlite") as opened:
        yield opened


def attached(site: Site) -> str:
    """A run that attached two pairs."""
    plan = site.plan_attach("app-01", ["app-cache-01", "app-cache-02"])
    run = site.run(plan, confirm="shop-backend")
    assert run.wait(60).phase is RunPhase.DONE
    return run.id


def judged(site: Site, run_id: str, traces: tuple[Trace, ...], now: datetime | None = None) -> Proof:
    entries, proof = site.journal.entries(run_id), Proof(run_id)
    readings = [from_kept(site.journal.reading(kept.number)) for kept in site.journal.readings(run_id=run_id)]
    things = things_of(entries, readings)
    hold_against_trace(proof, entries, traces, things, now or datetime.now(UTC) + LATER)
    return proof


def told(site: Site, run_id: str) -> tuple[Trace, ...]:
    return site.client.traces(*window(site.journal.entries(run_id)))


def test_every_operation_has_the_name_by_which_the_cloud_traces_it() -> None:
    assert {each.value for each in Operation} <= NAMES.keys() | UNTRACED


class TestARun:
    def test_that_the_cloud_traced_whole_holds_against_its_trace(self, site: Site) -> None:
        run_id = attached(site)
        proof = judged(site, run_id, told(site, run_id))
        assert proof.outside == ["the cloud's own trace, which has all 2 changes of it"]
        assert (proof.faults, proof.meanwhile, proof.unchecked) == ([], [], [])

    def test_that_tells_of_a_change_that_was_not_traced_does_not_hold(self, site: Site) -> None:
        run_id = attached(site)
        (first, _) = told(site, run_id)
        proof = judged(site, run_id, (first,))
        assert len(proof.faults) == 1
        assert "attach pair, sent at" in proof.faults[0]
        assert proof.outside == []

    def test_is_not_judged_by_traces_that_may_still_come(self, site: Site) -> None:
        run_id = attached(site)
        (first, _) = told(site, run_id)
        proof = judged(site, run_id, (first,), datetime.now(UTC))
        assert proof.faults == []
        assert "may come 15 minutes late: verify again" in proof.unchecked[0]

    def test_older_than_the_cloud_remembers_is_not_judged(self, site: Site) -> None:
        proof = judged(site, attached(site), (), datetime.now(UTC) + timedelta(days=8))
        assert (proof.faults, proof.outside) == ([], [])
        assert proof.unchecked == ["2 changes against the cloud's own trace, which forgets after 7 days"]

    def test_takes_its_own_refused_changes_and_the_other_traces_of_its_jobs_for_its_own(
        self, site: Site
    ) -> None:
        run_id = attached(site)
        first, second = told(site, run_id)
        refused = replace(first, id="r", job_id="", code="400", name="protectionGroupAction")
        same_job = replace(second, id="s", name="attachVolume")
        assert judged(site, run_id, (first, second, refused, same_job)).meanwhile == []
        late = replace(refused, at=datetime.now(UTC) + LATER)
        assert len(judged(site, run_id, (first, second, late)).meanwhile) == 1

    def test_is_over_when_it_ends_whatever_people_add_later(self, site: Site) -> None:
        run_id = attached(site)
        entries = site.journal.entries(run_id)
        noted = replace(
            entries[-1], data={"noted": {"text": "x", "who": "y"}}, at=entries[-1].at + LATER, clock=None
        )
        noted = replace(noted, kind=type(noted.kind)("noted"))
        assert window([*entries, noted]) == window(entries)

    def test_of_which_nothing_at_all_was_traced_asks_for_the_tracker(self, site: Site) -> None:
        proof = judged(site, attached(site), ())
        assert proof.faults == []
        assert "is its tracker enabled" in proof.unchecked[0]

    def test_is_told_what_somebody_else_did_to_its_groups(self, site: Site, sandbox: Sandbox) -> None:
        pair = next(each for each in sandbox.world.pairs.values() if each.name == "app-cache-01")
        path = f"/v1/{{project}}/replications/{pair.id}"
        send = {"method": "PUT", "path": path, "body": {"replication": {"name": "app-cache-one"}}}
        attaching = "attach_protected_instance_replication"
        sandbox.fault("second-operator", send=send, operation=attaching)
        run_id = attached(site)
        sandbox.fault("server-deleted", server="app-02")
        sandbox.fault("server-deleted", server="search-01")  # of no group
        proof = judged(site, run_id, told(site, run_id))
        assert [words.partition(" asked ")[2] for words in proof.meanwhile] == [
            "SDRS for updateReplicationPair of app-cache-one; it is none of this run's changes.",
            "ECS for deleteServer of app-02; it is none of this run's changes.",
        ]
        assert all(" colleague asked " in words for words in proof.meanwhile)

    def test_whose_traces_name_no_job_is_held_against_what_was_done_to_what_and_when(
        self, site: Site
    ) -> None:
        run_id = attached(site)
        bare = tuple(replace(trace, job_id="") for trace in told(site, run_id))
        assert judged(site, run_id, bare).outside
        others = tuple(replace(trace, job_id="", name="addNic") for trace in bare)
        assert not judged(site, run_id, others).outside
        undated = tuple(replace(trace, at=None) for trace in bare)
        assert not judged(site, run_id, undated).outside

    def test_with_a_lost_answer_is_told_that_the_cloud_took_it(self, site: Site, sandbox: Sandbox) -> None:
        run_id = attached(site)
        entries = [lost(entry) for entry in site.journal.entries(run_id)]
        assert [change.taken for change in sent_changes(entries)] == [False, False]
        proof = Proof(run_id)
        hold_against_trace(proof, entries, told(site, run_id), things_of(entries, ()), datetime.now(UTC))
        assert all("its answer was lost, and at " in words for words in proof.meanwhile)
        assert "not known to have changed anything" in proof.unchecked[0]


def lost(entry: Entry) -> Entry:
    if entry.kind.value != "sent":
        return entry
    return replace(entry, kind=type(entry.kind)("lost"), data={"error": "gone"}, job_id="")


class TestTheCommand:
    def test_says_what_others_did_and_what_holds(
        self, site: Site, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_id = attached(site)
        sandbox.fault("server-deleted", server="app-02")
        assert cli.main(["verify", run_id, "--trace"]) == 0
        printed = capsys.readouterr().out
        assert "the cloud's own trace, which has all 2 changes of it" in printed
        assert "Meanwhile: At " in printed
        assert "colleague asked ECS for deleteServer of app-02" in printed

    def test_says_that_the_trace_cannot_be_read(
        self, site: Site, sandbox: Sandbox, capsys: pytest.CaptureFixture[str]
    ) -> None:
        run_id = attached(site)
        sandbox.fault("forbidden", path="traces", times=100)
        cli.main(["verify", run_id, "--trace"])
        assert "Not checked: the cloud's own trace: CTS on GET /traces" in capsys.readouterr().out

    def test_refuses_the_trace_of_another_project(
        self,
        site: Site,
        sandbox: Sandbox,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        run_id = attached(site)
        monkeypatch.setattr(site_module, "_sandboxes", [Sandbox("empty", seed=7)])
        assert cli.main(["verify", run_id, "--trace"]) == 2
        assert "Name its profile with --profile" in capsys.readouterr().err

    @pytest.mark.parametrize(
        "words", [["--all", "--trace"], ["run-1", "--profile", "sandbox"]], ids=["all", "profile"]
    )
    def test_refuses_what_does_not_go_together(
        self, words: list[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["verify", *words]) == 2
        assert capsys.readouterr().err.count("\n") == 1
