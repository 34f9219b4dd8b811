from dataclasses import replace
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.forms import overview
from drkit.forms import starting as module
from drkit.forms.starting import Overview, attention, groups_table, summary, unfinished
from drkit.model import GroupStatus
from drkit.readiness import Check, CheckState, Standing
from drkit.runbooks import PlainOverview
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.hands import plain


@pytest.fixture
def site(tmp_path: Path) -> Site:
    clock = SteppedClock()
    sandbox = Sandbox("demo", speed=1.0, now=clock.monotonic)
    return at_the_end.enter_context(practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite"))


def test_the_start_shows_where_one_is_and_all_groups_with_those_in_trouble_first(site: Site) -> None:
    view = Overview(site=site)
    view.engine.settle()
    assert "PRACTICE" in view.top.value
    text = plain(view.groups.value)
    assert text.startswith("5 protection groups : 2 in trouble, 2 unprotected, 1 in order.")
    assert text.index("shop-reporting") < text.index("shop-backend")
    assert "No run is unfinished." in plain(view.runs.value)
    assert view.connection().children
    assert view.state().children


def test_each_group_says_what_an_operator_should_know(site: Site) -> None:
    now = site.inventory()
    told = {each.name: [str(one) for one in attention(now, each)] for each in now.groups.values()}
    assert told["shop-frontend"] == []
    assert told["shop-backend"] == ["protection is off: nothing is copied"]
    assert told["shop-warehouse"] == ["runs at the other site, unprotected until it is re-protected"]
    assert told["shop-database"] == ["1 pair in trouble: db-audit", "db-audit: The replication link is down."]
    assert told["shop-reporting"][0] == "the last operation on the group failed"
    assert "2 instances in trouble: report-01, report-02" in told["shop-reporting"]


def test_an_unfinished_run_leads_to_its_runbook_and_is_closed_with_a_reason(site: Site) -> None:
    site.sandbox.fault("job-stuck")
    run = site.run(site.plan_attach("app-01", "app-cache-01"), "shop-backend")
    run.stop()
    run.wait(60)
    view = Overview(site=site)
    view.engine.settle()
    assert 'href="20_attach_pairs.ipynb"' in view.runs.value
    assert "nothing here touches a real cloud" in plain(view.top.value)
    closing = view.closing
    assert (closing.layout.display, closing.button.disabled) == ("", True)
    closing.why.value = "its practice world is gone"
    closing.button.click()
    view.engine.settle()
    assert plain(view.trouble.value) == ""
    assert "No run is unfinished." in plain(view.runs.value)
    assert closing.layout.display == "none"
    (row_of,) = site.journal.runs()
    assert row_of.state == "closed"
    closing.button.click()
    view.engine.settle()
    assert "There is no run to close" in plain(view.trouble.value)


def row(view: Overview, group: str) -> str:
    """What one reads of a group in the table."""
    (found,) = [each for each in view.groups.value.split("<tr>") if f"<b>{group}</b>" in each]
    return plain(found)


def test_a_group_at_rest_has_a_tick_only_where_it_is_protected_and_in_order(site: Site) -> None:
    view = Overview(site=site)
    view.engine.settle()
    assert "! available ✗ not ready" in row(view, "shop-backend")
    assert "! failed-over ✗ not ready" in row(view, "shop-warehouse")
    assert "✗ protected ✗ not ready" in row(view, "shop-database")
    assert "✗ error-reversing ✗ not ready" in row(view, "shop-reporting")
    assert "✓ protected ! ready with warnings" in row(view, "shop-frontend")


def test_what_to_do_first_stands_beside_each_group_that_is_not_ready(site: Site) -> None:
    view = Overview(site=site)
    view.engine.settle()
    first = site.read().standings("shop-warehouse")[0].first
    assert f"First: {first}" in row(view, "shop-warehouse")


def test_a_proof_that_expired_says_because_of_what(site: Site) -> None:
    now = site.inventory()
    group = now.group("shop-frontend")
    check = Check("proof", CheckState.WARNING, "expired", "pair web-logs was expanded.", "Rehearse it anew.")
    told = [plain(str(one)) for one in attention(now, group, Standing(group, group.name, (check,)))]
    assert told == [
        "First: pair web-logs was expanded. Rehearse it anew.",
        "Not proven any more: pair web-logs was expanded.",
    ]


def test_a_group_in_transition_says_how_far_it_is(site: Site) -> None:
    now = site.inventory()
    moving = replace(now.group("shop-frontend"), status=GroupStatus.STARTING, progress=40)
    assert attention(now, moving) == ["in transition, 40 %"]


def test_of_many_in_trouble_the_first_are_named_and_the_others_counted(site: Site) -> None:
    now = site.inventory()
    group = now.group("shop-reporting")
    broken = next(iter(now.pairs_of(group.id)))
    many = {f"p{number}": replace(broken, id=f"p{number}", name=f"p{number}") for number in range(7)}
    assert "7 pairs in trouble: p0, p1, p2, p3 and 3 more" in attention(replace(now, pairs=many), group)


def test_what_the_reading_could_not_make_out_is_said(site: Site) -> None:
    now = replace(site.inventory(), problems=("Servers could not be read: <b>",))
    assert "Servers could not be read: <b>" in plain(summary(now))
    assert "<b>\n" not in summary(now)


def test_an_empty_project_is_shown_as_empty(site: Site) -> None:
    empty = replace(site.inventory(), groups={}, instances={}, pairs={})
    assert "there is none" in plain(summary(empty))
    assert "<td>" not in groups_table(empty)


def test_unfinished_runs_come_first_with_who_drives_them(site: Site) -> None:
    site.sandbox.fault("job-stuck", times=1)
    run = site.run(site.plan_attach("app-01", "app-cache-01"), "shop-backend")
    text = plain(unfinished(site.journal.runs()))
    assert "1 run is not finished" in text
    assert run.id in text
    assert "Attach 1 pair to app-01" in text
    run.stop()
    run.wait(60)
    assert "nobody" in plain(unfinished(site.journal.runs()))


def test_trouble_with_the_connection_is_a_sentence_and_reading_again_takes_it_away(site: Site) -> None:
    site.sandbox.fault("unreachable", times=None)
    view = Overview(site=site)
    view.engine.settle()
    assert "press Read again" in plain(view.trouble.value)
    site.sandbox.clear_faults()
    view.again.click()
    view.engine.settle()
    assert view.trouble.value == ""
    assert "5 protection groups" in plain(view.groups.value)


def test_a_profile_that_is_not_there_is_a_sentence() -> None:
    view = Overview("nowhere")
    view.engine.settle()
    assert "nowhere" in plain(view.trouble.value)
    assert view.top.value == ""


def test_without_a_screen_the_same_are_tables(site: Site) -> None:
    plainly = PlainOverview(site)
    assert {"title", "state"} <= {*plainly.connection().columns}
    ready = plainly.state()
    assert (ready["group"].iloc[0], ready["readiness"].iloc[0]) == ("shop-backend", "not ready")
    assert ready["group"].iloc[-1] == "shop-frontend"


def test_a_cell_that_is_run_again_reads_again_in_the_same_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_shown", [])
    first = overview("nowhere")
    assert overview("nowhere") is first
    other = overview("elsewhere")
    assert other is not first
    assert isinstance(first, Overview)
    assert isinstance(other, Overview)
    for each in (first, other):
        each.engine.settle()
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    monkeypatch.setattr("drkit.forms.connect", lambda profile: profile)
    assert isinstance(overview("nowhere"), PlainOverview)
