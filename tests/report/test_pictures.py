from datetime import UTC, datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from drkit.execution import Stretch
from drkit.report.drawing import Picture, shortened
from drkit.report.timeline import ROWS, Bar, Mark, timelines, topology
from drkit.report.words import duration, moment

START = datetime(2026, 1, 1, 3, tzinfo=UTC)


def bar(number: int, title: str = "Start server", phase: str = "done") -> Bar:
    return Bar(str(number), title, phase, (Stretch("1", number, number + 5, people=False),), ended=True)


def group(**more: object) -> Any:  # noqa: ANN401  # of a snapshot, what a picture needs
    return {
        "name": "billing",
        "status": "protected",
        "replication": "active",
        "production_zone": "az1",
        "dr_zone": "az2",
        "instances": [
            {
                "production_server": {"id": "a", "name": "web", "status": "ACTIVE"},
                "dr_server": {"id": "b", "name": "web-dr", "status": "SHUTOFF"},
            }
        ],
        "pairs": [{"status": "protected", "replication": "active"}],
        **more,
    }


def words_of(svg: str) -> list[str]:
    return [
        "".join(each.itertext()) for each in ElementTree.fromstring(svg).iter() if each.tag.endswith("}text")
    ]


def test_the_same_steps_give_the_same_bytes() -> None:
    def draw() -> tuple[str, ...]:
        return timelines([bar(1), bar(2, phase="failed")], [Mark(3, "answers")], START, 60)

    assert draw() == draw()


@pytest.mark.parametrize(
    "name", ["$\\frac{", "<script>alert(1)</script>", "数据库", "@0@ @99@", "a\x00b\x1b", "\ud800", "&amp;"]
)
def test_a_name_from_the_service_stays_a_name(name: str) -> None:
    [svg] = timelines([bar(1, name)], [Mark(1, name)], START, 60)
    shown = topology(group(production_zone=name, status=name), name)
    for picture in (svg, shown):
        assert any(shortened(name, 40) in each for each in words_of(picture))
        assert "<script" not in picture


def test_a_step_says_its_phase_in_words_and_how_long_it_took() -> None:
    steps = [
        Bar("1", "Stop", "done", (Stretch("1", 0, 9, False), Stretch("1", 9, 192, True)), ended=True),
        Bar("2", "Fail over", "unknown", (Stretch("2", 192, 400, people=False),), ended=False),
        Bar("3", "Verify", "not sent", (), ended=False),
    ]
    [svg] = timelines(steps, [], START, 400)
    assert {"done, 3 min 12 s", "unknown, no end", "not sent"} <= set(words_of(svg))


def test_many_steps_are_spread_over_pictures_that_fit_on_a_page() -> None:
    pictures = timelines([bar(each) for each in range(ROWS + 1)], [], START, 600)
    assert len(pictures) == 2


def test_no_steps_give_no_picture() -> None:
    assert timelines([], [], START, 1) == ()


def test_a_mark_outside_the_run_is_left_out() -> None:
    [svg] = timelines([bar(1)], [Mark(-60, "declared"), Mark(10, "answers")], START, 60)
    assert "answers" in words_of(svg)
    assert "declared" not in words_of(svg)


def test_marks_of_one_moment_share_a_line() -> None:
    marks = [Mark(30, "web answers"), Mark(30.1, "db answers"), Mark(50, "app answers")]
    [svg] = timelines([bar(1)], marks, START, 60)
    assert {"web answers, db answers", "app answers"} <= set(words_of(svg))


@pytest.mark.parametrize("seconds", [0, 5, 40, 400, 4000, 40_000, 400_000, 40_000_000])
def test_the_axis_has_few_ticks_whatever_the_length(seconds: int) -> None:
    [svg] = timelines([bar(1)], [], START, seconds)
    ticks = [each for each in words_of(svg) if each.endswith((" s", " min", " h")) and "," not in each]
    assert 1 <= len(ticks) <= 8


def test_the_topology_tells_zones_servers_and_pairs() -> None:
    svg = topology(group(), "billing before")
    assert {"production", "DR", "az1", "az2", "1 ACTIVE", "1 SHUTOFF", "1 pair", "1 protected"} <= set(
        words_of(svg)
    )


def test_a_group_that_is_gone_is_drawn_all_the_same() -> None:
    gone = group(status="gone", replication="", production_zone="", dr_zone="", instances=[], pairs=[])
    assert {"group gone", "zone not told", "no servers"} <= set(words_of(topology(gone, "billing after")))


def test_the_settings_of_others_stay_as_they_were() -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with Picture(1, 1) as picture:
        picture.svg("nothing")
    assert dict(mpl.rcParams) == before


def test_durations_and_moments_are_said_as_people_say_them() -> None:
    assert [duration(each) for each in (0, 12, 192, 3840)] == ["0 s", "12 s", "3 min 12 s", "1 h 04 min"]
    assert moment(START) == "2026-01-01 03:00:00 UTC"
    assert moment(None) == ""
