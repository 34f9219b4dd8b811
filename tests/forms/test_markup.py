from datetime import UTC, datetime
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from drkit.forms.band import band
from drkit.forms.markup import chip, identity, lines, moment, status_chip, table, with_short_ids
from drkit.model import Backend, GroupStatus, PairStatus, ServerStatus, Unknown
from drkit.showing import count

NASTY = '<img src=x onerror="alert(1)">'


class Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: set[str] = set()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.add(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]


def tags(html: str) -> set[str]:
    parser = Tags()
    parser.feed(html)
    return parser.found


@given(st.text())
def test_no_text_of_a_server_becomes_markup(text: str) -> None:
    shown = table([text], [[text, identity(text), chip(text), status_chip(Unknown(text)), lines([text])]])
    assert tags(shown + chip("done", text)) <= {
        "table", "thead", "tbody", "tr", "th", "td", "span", "i", "ul", "li",
    }  # fmt: skip


def test_what_is_nasty_is_shown_as_it_is_spelled() -> None:
    assert "&lt;img" in identity(NASTY)
    assert tags(band(Backend(False, NASTY, NASTY, NASTY, "p"), {"group": NASTY})) <= {
        "div", "b", "em", "span", "small",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("status", "look"),
    [
        (PairStatus.PROTECTED, "done"),
        (PairStatus.ATTACHING, "moving"),
        (PairStatus.AVAILABLE, "exposed"),
        (GroupStatus.FAILED_OVER, "exposed"),
        (ServerStatus.SHUTOFF, "resting"),
        (PairStatus.FAULT, "failed"),
        (Unknown("brand-new"), "unknown"),
        ("plain text", "unknown"),
    ],
)
def test_a_status_is_a_word_a_sign_and_a_colour(status: str, look: str) -> None:
    shown = status_chip(status)
    assert f"drkit-is-{look}" in shown
    assert shown.endswith(f"</i>{status}</span>")


def test_a_status_that_was_not_told_says_so() -> None:
    assert "not told" in status_chip("")


def test_the_whole_id_is_there_to_hover_and_to_copy() -> None:
    assert identity("0d0d92db-c2f1") == '<span class="drkit-id" title="0d0d92db-c2f1">0d0d92db-c2f1</span>'
    assert identity("") == ""


def test_a_moment_is_on_the_local_clock_with_utc_on_hover() -> None:
    when = datetime(2026, 11, 23, 3, 4, 5, tzinfo=UTC)
    assert f'title="2026-11-23 03:04:05 UTC">{when.astimezone():%H:%M:%S}<' in moment(when)
    assert moment(None) == ""


def test_numbers_agree_with_their_nouns_and_stand_at_the_right() -> None:
    assert (count(1, "pair"), count(2, "pair"), count(0, "pair")) == ("1 pair", "2 pairs", "0 pairs")
    assert (count(1, "run is", "runs are"), count(2000, "run is", "runs are")) == (
        "1 run is",
        "2,000 runs are",
    )
    shown = table(("name", "GB"), [("a", "10")], numbers=[1])
    assert '<td>a</td><td class="drkit-number">10</td>' in shown
    assert '<th class="drkit-number">GB</th>' in shown


def test_an_empty_list_shows_nothing() -> None:
    assert lines([]) == ""
    assert lines(["a", Markup("<b>b</b>")]) == "<ul><li>a</li><li><b>b</b></li></ul>"


@pytest.mark.parametrize(
    ("practice", "access", "kind", "words"),
    [
        (True, "real", "practice", "nothing here touches a real cloud"),
        (False, "real", "real", "changes here are real"),
        (False, "read-only", "read-only", "real, read-only: no change leaves this machine"),
        (False, "drill-only", "drill-only", "real, drill only"),
    ],
)
def test_the_band_says_practice_or_what_leaves_for_a_real_cloud(
    practice: bool, access: str, kind: str, words: str
) -> None:
    backend = Backend(practice, "FlexibleEngine", "eu-west-0", "prod", "p1")
    shown = band(backend, {"group": "orders", "run": ""}, access)
    assert f"drkit-band-{kind}" in shown
    assert backend.label in shown
    assert words in shown
    assert "orders" in shown
    assert "run" not in shown


def test_ids_within_a_sentence_are_shortened_to_the_eye_and_the_rest_is_escaped() -> None:
    whole = "0e6125e7-8497-40d1-ad11-6b7b9016a3ab"
    shown = with_short_ids(f"The disk of <b> ({whole}) stays.")
    assert shown == f'The disk of &lt;b&gt; (<span class="drkit-id" title="{whole}">{whole}</span>) stays.'
