"""What a rehearsal says on the screen, where it is not said on the way through the runbooks."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from itables.widget import ITable
from pandas import DataFrame

from drkit.execution.recovery import RecoveryClock
from drkit.forms import progress
from drkit.forms.attach.words import group_options
from drkit.forms.exploring import Table, TableCode
from drkit.forms.rehearsal import words
from drkit.model import Backend
from drkit.plan.readiness import RuleCheck
from drkit.plan.steps import Plan
from drkit.runbooks import objectives_rows
from tests.facts import reading
from tests.forms.hands import plain

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def clock(seconds: float, target: int | None, **more: datetime | None) -> RecoveryClock:
    since = NOW - timedelta(seconds=seconds)
    said = {"until": None, "expected_end": None} | more
    end = said["expected_end"]
    expected = (end - since).total_seconds() if end else None
    return RecoveryClock("g", "erp", since, said["until"], seconds, target, end, (), expected=expected)


def test_a_clock_without_a_target_says_so() -> None:
    assert "no target" in plain(words.clocks_words([clock(5, None)], NOW))
    assert "stopped" in plain(words.clocks_words([clock(5, None, until=NOW)], NOW))


def test_a_clock_that_will_be_late_warns_before_it_is() -> None:
    late = clock(60, 120, expected_end=NOW + timedelta(seconds=90))
    assert "after the target" in plain(words.clocks_words([late], NOW))
    good = clock(60, 120, expected_end=NOW + timedelta(seconds=30))
    assert "after the target" not in plain(words.clocks_words([good], NOW))


def test_a_missed_target_is_said_in_words() -> None:
    assert "missed" in plain(words.clocks_words([clock(130, 120)], NOW))


def test_after_the_end_of_a_run_a_service_that_is_away_is_called_not_back() -> None:
    assert "running" in plain(words.clocks_words([clock(60, 120)], NOW))
    assert "not back" in plain(words.clocks_words([clock(60, 120)], NOW, ended=True))
    assert "kept" in plain(words.clocks_words([clock(60, 120, until=NOW)], NOW, ended=True))


def test_names_from_a_server_are_shown_and_not_obeyed() -> None:
    evil = RecoveryClock("g", "<img src=x onerror=alert(1)>", NOW, NOW, 1, 2, NOW, ())
    assert "<img" not in words.clocks_words([evil], NOW)


def test_two_groups_of_one_name_are_offered_with_what_tells_them_apart() -> None:
    shop = reading({"groups": {"shop": {}}, "drills": {"spring": {"group": "shop"}}})
    twin = replace(shop.groups["shop-id"], id="twin-of-shop")
    both = replace(shop, groups={**shop.groups, twin.id: twin})
    assert [row[0] for row in words.group_rows(both).values()] == ["shop (shop-id)", "shop (twin-of-)"]
    assert words.drill_rows(both)["spring-id"][2] == "shop (shop-id)"
    assert [told for told, _ in group_options(both)] == [
        "shop (shop-id)  ·  protected  ·  az1  ·  0 instances",
        "shop (twin-of-)  ·  protected  ·  az1  ·  0 instances",
    ]


def test_a_rule_that_was_not_asked_is_not_counted_among_those_that_hold() -> None:
    points = [
        RuleCheck("Have a pair.", True),
        RuleCheck("Stay below the quota.", None, None, "it was not read"),
    ]
    shown = plain(words.readiness_words("erp", points, ()))
    assert "not asked Stay below the quota. It may hold or not, for it was not read." in shown
    assert "1 rule was asked, and it holds" in shown
    assert "ready erp" in shown


def test_a_plan_without_objectives_has_none_to_show() -> None:
    assert objectives_rows(Plan("Attach", Backend(True, "", "", "", ""), (), (), NOW)) == []


def test_a_report_beside_the_notebook_can_be_opened(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    near = progress.file_words(Path.cwd() / "reports" / "a b.html")
    assert 'href="reports/a%20b.html"' in near
    assert "href" not in progress.file_words(Path("/elsewhere/a.html"))


def test_a_table_reaches_the_page_with_its_data(monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[dict[str, object]] = []
    really = ITable.open

    def spy(table: ITable) -> None:
        opened.append(table.get_state())
        really(table)

    monkeypatch.setattr(ITable, "open", spy)
    Table(DataFrame({"Group": ["erp"]}))
    (state,) = opened
    assert "erp" in str(state["_dt_args"])


def test_the_code_of_tables_is_sent_once_and_draws_a_table_once() -> None:
    assert str(ITable._esm).count('"change:_dt_args"') == 1
    first, second = Table(DataFrame({"Group": ["erp"]})), Table(DataFrame({"Group": ["crm"]}))
    assert len(first._esm) + len(first._css) + len(second._esm) + len(second._css) < 1_000
    assert TableCode.once() is TableCode.once()
    assert "_dt_args" in TableCode.once()._esm
    assert "change:_dt_args" not in TableCode.once()._esm
