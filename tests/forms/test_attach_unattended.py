"""The attach runbook without a screen: the same cells, decided by the parameters."""

import json
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drkit.clock import SteppedClock
from drkit.errors import (
    InputError,
    JournalError,
    NotConfirmedError,
    RefusedError,
    StalePlanError,
    UnknownNameError,
)
from drkit.execution.states import RunPhase
from drkit.forms import attach_pairs
from drkit.runbooks import AttachRequest, AttachSession, UnattendedAttach
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end

CACHES = ["app-cache-01", "app-cache-02"]
ATTACH = "attach_protected_instance_replication"
GOOD = {"instance": "app-01", "pairs": CACHES, "confirm": "shop-backend"}
Run = Callable[..., UnattendedAttach]


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
    """What the kernel told `drkit run` last."""
    file = tmp_path / "outcome.json"
    monkeypatch.setenv("DRKIT_OUTCOME", str(file))
    return lambda: json.loads(file.read_text()) if file.exists() else None


@pytest.fixture
def site(tmp_path: Path) -> Site:
    clock = SteppedClock()
    sandbox = Sandbox("demo", speed=1.0, now=clock.monotonic)
    return at_the_end.enter_context(practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite"))


@pytest.fixture
def book(site: Site) -> Callable[..., UnattendedAttach]:
    return lambda **request: UnattendedAttach(AttachSession(AttachRequest(**request), site=site))


def to_confirm(book: UnattendedAttach) -> UnattendedAttach:
    book.choose()
    book.pick()
    book.plan()
    book.confirm()
    return book


def test_good_input_attaches_waits_and_reports(
    book: Run, site: Site, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    runbook = book(**GOOD)
    assert list(runbook.choose()["instance"]) == ["app-01"]
    assert set(runbook.pick()["pair"]) == set(CACHES)
    assert list(runbook.plan()["device"]) == ["/dev/vdc", "/dev/vdd"]
    assert runbook.confirm() == "Attach 2 pairs to app-01, on PRACTICE"
    steps = runbook.run()
    assert list(steps["phase"]) == ["done", "done"]
    assert set(CACHES) <= set(runbook.result()["pair"])
    told = outcome()
    assert told["exit"] == 0
    assert "kept as run" in told["sentence"]
    assert [row["state"] for row in told["table"]] == ["done", "done"]
    assert "done     Attach app-cache-01 to app-01 as /dev/vdc" in capsys.readouterr().out
    assert set(CACHES) <= set(site.attachments()["pair"])


def test_no_confirmation_is_refused_with_nothing_sent_and_the_plan_shown(
    book: Run, site: Site, outcome: Callable[[], Any], capsys: pytest.CaptureFixture[str]
) -> None:
    runbook = book(**{**GOOD, "confirm": ""})
    with pytest.raises(NotConfirmedError, match="'shop-backend', as the parameter confirm; it was ''"):
        to_confirm(runbook)
    assert "app-cache-01  app-01    /dev/vdc" in capsys.readouterr().out
    assert outcome() is None
    assert set(CACHES).isdisjoint(site.attachments()["pair"])
    with pytest.raises(InputError, match="There is no run yet"):
        runbook.run()


def test_a_journal_that_cannot_be_written_sends_nothing_and_says_so(
    book: Run, site: Site, outcome: Callable[[], Any]
) -> None:
    runbook = book(**GOOD)
    with sqlite3.connect(site.journal.where) as connection:
        connection.execute("DROP TABLE drkit_runs")
    connection.close()
    with pytest.raises(JournalError, match="cannot be reached or used"):
        to_confirm(runbook)
    assert outcome() == {"exit": 3, "sentence": "Nothing was sent.", "table": []}
    assert set(CACHES).isdisjoint(site.attachments()["pair"])


def test_another_groups_name_is_no_confirmation(book: Run) -> None:
    with pytest.raises(NotConfirmedError):
        to_confirm(book(**{**GOOD, "confirm": "shop-frontend"}))


def test_a_pair_that_is_refused_refuses_the_whole_run_unless_it_may_be_skipped(
    book: Run, outcome: Callable[[], Any]
) -> None:
    runbook = book(**{**GOOD, "pairs": ["app-cache-01", "app-01-data"]})
    runbook.choose()
    runbook.pick()
    with pytest.raises(RefusedError) as refused:
        runbook.plan()
    assert str(refused.value).startswith(
        "Nothing was sent: 1 of 2 pairs cannot be attached. Give skip_refused=true"
    )
    assert "app-01-data: " in str(refused.value)
    assert [each.code for each in refused.value.objections] == ["SDRS.1605"]
    skipping = to_confirm(book(**{**GOOD, "pairs": ["app-cache-01", "app-01-data"], "skip_refused": True}))
    skipping.run()
    told = outcome()
    assert told["exit"] == 0
    assert [row["state"] for row in told["table"]] == ["done", "not sent"]
    assert "SDRS.1605" in told["table"][1]["result"]


def test_with_every_pair_refused_there_is_nothing_to_skip_to(book: Run) -> None:
    runbook = book(**{**GOOD, "pairs": ["app-01-data"], "skip_refused": True})
    runbook.choose()
    runbook.pick()
    with pytest.raises(RefusedError, match="1 of 1 pair cannot be attached"):
        runbook.plan()


@pytest.mark.parametrize(
    ("given", "error", "words"),
    [
        ({}, InputError, "give the parameter instance"),
        ({"group": "shop-backnd"}, UnknownNameError, "did you mean 'shop-backend'"),
        ({"instance": "app-o1"}, UnknownNameError, "did you mean 'app-01'"),
        ({"instance": "app-01"}, InputError, "give the parameter pairs"),
        ({"instance": "app-01", "pairs": ["app-cash-01"]}, UnknownNameError, "app-cache-01"),
    ],
)
def test_what_is_missing_or_misspelled_is_said_with_nothing_sent(
    book: Run, given: dict[str, Any], error: type[Exception], words: str
) -> None:
    runbook = book(**given)

    def begin() -> None:
        runbook.choose()
        runbook.pick()

    with pytest.raises(error, match=words):
        begin()


def test_a_device_by_hand_is_taken(book: Run) -> None:
    runbook = book(**GOOD, devices={"app-cache-01": "/dev/vdg"})
    runbook.choose()
    runbook.pick()
    assert list(runbook.plan()["device"]) == ["/dev/vdg", "/dev/vdc"]


def test_a_failed_step_is_exit_code_one(book: Run, site: Site, outcome: Callable[[], Any]) -> None:
    site.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", times=1)
    steps = to_confirm(book(**GOOD)).run()
    assert list(steps["phase"]) == ["failed", "done"]
    told = outcome()
    assert told["exit"] == 1
    assert told["table"][0]["code"] == "SDRS.1807"
    assert told["table"][0]["result"].count("No free slot.") == 1


def test_a_lost_answer_is_exit_code_three(book: Run, site: Site, outcome: Callable[[], Any]) -> None:
    site.sandbox.fault("answer-lost-before", operation=ATTACH, times=1)
    to_confirm(book(**GOOD)).run()
    assert outcome()["exit"] == 3


def test_a_plan_that_no_longer_fits_is_refused_with_nothing_sent(
    book: Run, site: Site, outcome: Callable[[], Any]
) -> None:
    runbook = book(**GOOD)
    runbook.choose()
    runbook.pick()
    runbook.plan()
    site.run(site.plan_attach("app-02", "app-cache-01"), "shop-backend").wait(60)
    with pytest.raises(StalePlanError):
        runbook.confirm()
    assert outcome()["exit"] == 2


def test_a_stopped_run_is_gone_on_with_by_its_id(book: Run, site: Site, outcome: Callable[[], Any]) -> None:
    site.sandbox.fault("job-stuck", times=1)
    first = to_confirm(book(**GOOD))
    assert first.session.run
    first.session.run.stop()
    assert first.session.run.wait(60).phase == RunPhase.STOPPED
    site.sandbox.clear_faults()
    again = to_confirm(book(run=first.session.run.id))
    assert list(again.run()["phase"]) == ["done", "done"]
    assert outcome()["exit"] == 0


def test_a_run_that_does_something_else_is_refused(book: Run, site: Site) -> None:
    run = site.run(site.plan_detach("app-01", "app-01-data"), "shop-backend")
    run.wait(60)
    with pytest.raises(InputError, match="does not attach pairs"):
        book(run=run.id).choose()


def test_a_question_that_nobody_is_there_to_answer_stops_the_run(
    book: Run, site: Site, outcome: Callable[[], Any]
) -> None:
    site.sandbox.fault("job-fails", times=1)
    runbook = to_confirm(book(**GOOD))
    runbook.run()
    run = runbook.session.run
    assert run
    attended = site.resume(run.id)
    attended.retry("1")
    runbook.session.run = attended
    runbook.run()
    assert attended.state().phase != RunPhase.WAITING_FOR_OPERATOR
    assert outcome()["exit"] in {1, 3}


def test_in_a_headless_kernel_the_cells_get_this_runbook(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    assert isinstance(attach_pairs(AttachRequest()), UnattendedAttach)
