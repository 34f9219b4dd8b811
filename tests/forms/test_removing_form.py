"""Removing a protection on a screen and without one: what goes and what stays, the typed name, the ledger."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.errors import NotConfirmedError
from drkit.execution import Action, RunPhase
from drkit.forms.removing import ChooseRemovalCard, ConfirmRemovalCard, RemovalForm, RemovalResultCard
from drkit.runbooks import RemovalRequest, RemovalSession, UnattendedRemoval, notebook_of
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.hands import PATIENCE, plain

pytestmark = pytest.mark.slow  # whole runs
GROUP = "shop-backend"


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.setenv("DRKIT_OUTCOME", str(tmp_path / "outcome.json"))
    clock = SteppedClock()
    sandbox = Sandbox("demo", speed=1.0, now=clock.monotonic)
    return at_the_end.enter_context(practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite"))


@pytest.fixture
def form(site: Site) -> Iterator[RemovalForm]:
    made = RemovalForm(RemovalSession(RemovalRequest(group=GROUP), site=site, clock=site._clock))
    settle(made)
    yield made
    if made.session.run:
        made.session.run.stop()
        made.session.run.wait(PATIENCE)
    made.book.cards["run"].leave()  # type: ignore[attr-defined]
    settle(made)


def settle(form: RemovalForm) -> None:
    for _ in range(4):
        form.book.engine.settle(PATIENCE)


def press(form: RemovalForm, key: str) -> str:
    form.book.cards[key].primary.click()
    settle(form)
    return plain(form.book.cards[key].error.value)


def test_it_is_removed_from_the_choice_to_the_ledger(site: Site, form: RemovalForm) -> None:
    choose = form.book.cards["choose"]
    assert isinstance(choose, ChooseRemovalCard)
    assert str(choose.group.field.label).startswith(GROUP)
    assert not any(flag.value for flag in choose.flags.values()), "nothing at the DR site goes by itself"
    assert press(form, "choose") == ""
    confirm = form.book.cards["confirm"]
    assert isinstance(confirm, ConfirmRemovalCard)
    shown = plain(confirm.whole.value)
    assert "What goes Lost: the protection of shop-backend" in shown
    assert "The DR servers stay and cost" in shown
    assert confirm.primary.button_style == "danger"
    confirm.name.field.value = "shop"
    assert confirm.primary.disabled
    confirm.name.field.value = GROUP
    assert press(form, "confirm") == ""
    run = form.session.started
    assert notebook_of(run.plan) == "16_remove_protection.ipynb"
    while (state := run.wait(PATIENCE)).phase.alive:
        for step in state.steps:
            if Action.SIGN_OFF in step.actions:
                run.sign_off(step.key, True, "Duty lead", "kept until spring")
    form.book.cards["run"].watcher.join(PATIENCE)  # type: ignore[attr-defined]
    settle(form)
    assert state.phase is RunPhase.DONE, state.sentence
    assert GROUP not in set(site.groups()["group"])
    result = form.book.cards["result"]
    assert isinstance(result, RemovalResultCard)
    said = plain(result.ledger.value)
    assert "The group is gone" in said
    assert "Every entry is accounted for." in said
    assert "DR servers left over" in said
    result.anew.click()
    settle(form)
    assert plain(result.ledger.value) == ""


def test_without_a_group_nothing_is_planned(site: Site, form: RemovalForm) -> None:
    choose = form.book.cards["choose"]
    assert isinstance(choose, ChooseRemovalCard)
    choose.group.field.value = ""
    settle(form)
    assert "protection group" in press(form, "choose")


def book(site: Site, **words: object) -> UnattendedRemoval:
    request = RemovalRequest(group=GROUP, **words)  # type: ignore[arg-type]
    return UnattendedRemoval(RemovalSession(request, site=site, clock=site._clock))


def test_a_dry_run_sends_nothing(site: Site, capsys: pytest.CaptureFixture[str]) -> None:
    made = book(site, dry_run=True)
    steps = made.choose()
    assert "Delete group shop-backend" in set(steps["title"])
    made.confirm()
    assert len(made.run()) == len(steps)
    assert GROUP in set(made.result()["group"])
    assert "Note: Lost: the protection of shop-backend" in capsys.readouterr().out


def test_without_the_typed_name_nothing_is_sent(site: Site) -> None:
    made = book(site, confirm="shop")
    made.choose()
    with pytest.raises(NotConfirmedError, match="the name of the group, 'shop-backend'"):
        made.confirm()


def test_where_nobody_signs_for_what_stays_the_run_stops_and_can_be_gone_on_with(
    site: Site, tmp_path: Path
) -> None:
    made = book(site, confirm=GROUP)
    made.choose()
    made.confirm()
    made.run()
    assert json.loads((tmp_path / "outcome.json").read_text())["exit"] == 3
    assert GROUP not in set(made.result()["group"])
    run = made.session.started
    asked = [step.title for step in run.state().steps if step.phase == "ready"]
    again = UnattendedRemoval(
        RemovalSession(
            RemovalRequest(
                run=run.id, signed_by="Duty lead", attest=dict.fromkeys(asked, "passed: kept until spring")
            ),
            site=site,
            clock=site._clock,
        )
    )
    again.choose()
    again.confirm()
    assert set(again.run()["phase"]) == {"done"}
