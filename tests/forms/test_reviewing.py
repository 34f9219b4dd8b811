from datetime import date

import pytest
from ipywidgets import VBox

from drkit.execution.annotations import finding_entry
from drkit.forms import show_review
from drkit.report.reviews import Review
from tests.report.stories import START, Story, usual, usual_plan


def review(*stories: Story) -> Review:
    return Review(tuple(each.evidence for each in stories), True, START, 90)


def titles(box: VBox) -> list[str]:
    values = [getattr(each, "value", "") for each in box.children]
    return [each.removeprefix("<h4>").removesuffix("</h4>") for each in values if each.startswith("<h4>")]


def test_the_tables_that_hold_anything_stand_below_the_pictures() -> None:
    failed = Story(usual_plan(), run_id="f").sent().failed().left("2").left("3").ends("failed")
    box = show_review(review(usual().added(finding_entry("DNS", "ops", date(2026, 4, 1))), failed))
    assert isinstance(box, VBox)
    assert titles(box) == [
        "Open findings",
        "Every rehearsal, the newest first",
        "How long steps take",
        "Failures by code",
    ]
    assert box.children[0].value.count("<svg ") == 2


def test_a_side_without_runs_says_so_and_shows_no_empty_table() -> None:
    box = show_review(review())
    assert isinstance(box, VBox)
    [said] = box.children
    assert "PRACTICE: no rehearsal yet." in said.value


def test_without_a_screen_it_is_the_review_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_HEADLESS", "1")
    told = review(usual())
    assert show_review(told) is told
