"""Names instead of ids, yes and no, times as people say them: on every card, in every state of a run."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
from ipywidgets import Widget

from drkit import cli
from drkit import site as module
from drkit.forms.attach import AttachForm
from drkit.forms.changing import ChangeForm
from drkit.forms.protecting import ProtectForm
from drkit.forms.protecting.cards import ArrangeCard, PickServersCard
from drkit.forms.protecting.form import ProtectRunCard
from drkit.forms.rehearsal import RehearsalForm
from drkit.forms.starting import Overview
from drkit.forms.wizard import State
from drkit.runbooks import TABLES, AttachRequest, ProtectRequest, RehearsalRequest
from drkit.sandbox import Sandbox
from tests.closing import at_the_end
from tests.forms import test_changing, test_looking, test_protecting_form
from tests.forms.hands import Hands, plain
from tests.forms.rehearsal_hands import AIMS, RehearsalHands
from tests.shown import for_machines, read_of, texts

pytestmark = pytest.mark.slow  # whole runs


def misread(widgets: Iterable[Widget]) -> list[str]:
    return sorted({each for widget in widgets for text in texts(widget) for each in for_machines(text)})


def on(form: AttachForm | ChangeForm | ProtectForm | RehearsalForm) -> list[str]:
    return misread([form.top, *form.book.cards.values()])


def test_attaching_is_told_in_names(tmp_path: Path) -> None:
    hands = Hands(tmp_path, AttachRequest())
    bad = on(hands.form)
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01", "app-cache-02", "app-01-system")
    bad += on(hands.form)
    hands.press(hands.pick)
    hands.name("app-cache-01", "/dev/vda")
    bad += on(hands.form)
    hands.name("app-cache-01", "/dev/vdp")
    hands.press(hands.plan)
    hands.sandbox.fault("job-fails", times=1)
    hands.confirmed()
    hands.watched()
    bad += on(hands.form)
    hands.press(hands.run)
    hands.watched()
    bad += on(hands.form)
    hands.close()
    assert bad == []


def test_the_start_page_lists_the_reports_wherever_they_were_made(tmp_path: Path) -> None:
    hands = Hands(tmp_path, AttachRequest())
    hands.up_to_confirm("app-cache-01")
    hands.confirmed()
    hands.watched()
    hands.settle()
    start = Overview(site=hands.site)
    start.engine.settle(60)
    assert f"PRACTICE-{hands.form.session.started.id}.html" in start.reports.value
    assert "The latest reports: 1 run" in plain(start.reports.value)
    assert misread([start.connection(), start.state()]) == []
    hands.close()


@pytest.mark.parametrize("kind", ["planned_failover", "dr_drill", "failover"])
def test_a_rehearsal_is_told_in_names(tmp_path: Path, kind: str) -> None:
    declared = {"declared_what": "zone lost", "declared_by": "Shift lead", "declared_at": "2026-11-27 10:00"}
    more: dict[str, Any] = declared if kind == "failover" else {}
    hands = RehearsalHands(tmp_path, RehearsalRequest(kind, **AIMS, drill_name="d", **more))
    hands.pick("shop-app")
    bad = on(hands.form)
    hands.up_to_confirm()
    bad += on(hands.form)
    hands.confirmed("shop-app")
    hands.until(lambda: hands.rows() or hands.state("result") is not State.WAITING)
    bad += on(hands.form)
    hands.sign_all()
    bad += on(hands.form)
    for path in hands.form.session.record.written:
        if path.suffix == ".html":
            bad += [f"report {each}" for each in for_machines(read_of(path.read_text()))]
    hands.close()
    assert bad == []


def test_looking_around_is_told_in_names(tmp_path: Path) -> None:
    looker = test_looking.Looker(at_the_end.enter_context(test_looking.practice(tmp_path)))
    for name in TABLES:
        looker.open(name)
    view = looker.view
    assert misread([view.top(), view.picture(), view.why_not(), view.why_not_attach()]) == []
    assert misread(view.sections.values()) == []


def test_protecting_servers_is_told_in_names(tmp_path: Path) -> None:
    hands = test_protecting_form.Hands(tmp_path, ProtectRequest(name="shop"), "twelve-servers")
    hands.pick("app-01", "db-01")
    bad = on(hands.form)
    hands.press(PickServersCard)
    bad += on(hands.form)
    hands.press(ArrangeCard)
    bad += on(hands.form)
    hands.confirmed("shop")
    hands.wait(hands.form.session.started)
    bad += on(hands.form)
    hands.card(ProtectRunCard).leave()
    assert bad == []


@pytest.mark.parametrize(
    ("kind", "name", "verb", "words", "confirm"),
    [
        ("group", "", "rename_group", {"name": "store"}, "shop-backend"),
        ("pair", "app-cache-01", "delete_pair", {"with_disk": True}, "app-cache-01"),
    ],
)
def test_one_change_is_told_in_names(
    tmp_path: Path, kind: str, name: str, verb: str, words: dict[str, Any], confirm: str
) -> None:
    hand = test_changing.Hand(tmp_path)
    hand.thing("shop-backend", kind, name)
    bad = on(hand.form)
    assert hand.verb(verb, **words) == ""
    bad += on(hand.form)
    assert hand.confirmed(confirm) == ""
    bad += on(hand.form)
    hand.card("run").leave()  # type: ignore[attr-defined]
    assert bad == []


def test_the_shell_tells_runs_and_changes_in_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(module, "_sandboxes", [Sandbox("demo", speed=2000.0)])
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    rename = ["do", "rename-group", "--group", "shop-backend", "--name", "store"]
    assert cli.main([*rename, "--dry-run"]) == 0
    assert cli.main([*rename, "--confirm", "shop-backend"]) == 0
    assert cli.main(["do", "planned-failover", "--group", "store", "--confirm", "store"]) == 2
    assert cli.main(["runs"]) == 0
    with module.connect(journal=tmp_path / "journal.sqlite") as site:
        run = site.journal.runs()[0].id
    assert cli.main(["show", run]) == 0
    told = "".join(capsys.readouterr())
    assert "store" in told
    assert for_machines(told) == []
