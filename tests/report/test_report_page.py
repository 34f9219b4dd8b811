import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser
from io import BytesIO
from typing import Any

import pytest
from playwright.sync_api import Browser
from pypdf import PdfReader

from drkit.execution.annotations import finding_entry, note_entry, sign_off_entry
from drkit.model import Backend
from drkit.report.page import LARGEST_PICTURE, html
from tests.browser.conftest import chromium as chromium  # noqa: PLC0414  # the fixture
from tests.report.stories import AIMS, REAL, START, Story, hand_step, plan_of, usual, usual_plan

NASTY = '<img src=x onerror=alert(1)></style></table><script>alert("x")</script>{{ 7 * 7 }}$\\frac{1}'
PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c63606060f80f0001"
    "0401005fe5c34b0000000049454e44ae426082"
)


class Page(HTMLParser):
    """What a browser would make of the page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def snapshot(**more: object) -> dict[str, Any]:
    server = {"id": "s1", "name": "web", "status": "ACTIVE"}
    instance = {"id": "i1", "name": "web", "status": "protected", "production_server": server}
    group = {
        "id": "g1",
        "name": "billing",
        "status": "protected",
        "replication": "active",
        "health": "normal",
        "production_zone": "az1",
        "dr_zone": "az2",
        "instances": [{**instance, "dr_server": {"id": "s2", "name": "", "status": ""}}],
        "pairs": [{"id": "p1", "name": "data", "status": "protected", "replication": "active"}],
        "drills": [],
    }
    return {"read_at": START.isoformat(), "problems": [], "groups": [{**group, **more}]}


def full_story(backend: Backend = REAL) -> Story:
    """A run with something in every part of the report."""
    story = Story(usual_plan(backend=backend), {"snapshot": snapshot()})
    story.sent().failed().sent().done().signed("2").skipped("3", "No time")
    story.ends("failed", {"snapshot": snapshot(production_zone="az2", dr_zone="az1", drills=[])})
    story.added(finding_entry("DNS was slow", "network team", date(2026, 4, 1), "2"))
    story.added(note_entry("The page.", "Database desk", ("page.png", "image/png", PNG)), "2")
    story.added(note_entry("The log.", "Database desk", ("log.txt", "text/plain", b"line 1\r\nline 2")), "2")
    story.added(sign_off_entry("Head of IT", "", accepted=True))
    return story


def page_of(story: Story) -> Page:
    return Page(html(story.evidence))


def test_the_same_journal_gives_the_same_bytes() -> None:
    assert html(full_story().evidence) == html(full_story().evidence)


def test_it_tells_the_verdict_the_objectives_the_steps_and_the_record() -> None:
    told = page_of(full_story()).text
    for words in (
        "Carried out: with deviations",
        "Work on the cooling of the first zone.",
        "RTO target, billing 15 min 00 s",
        "Attempt 1: failed",
        "Skipped: No time",
        "DNS was slow",
        "production zone az1 az2",
        "accepted by Head of IT",
        usual_plan(backend=REAL).digest,
        full_story().entries[-1].hash,
    ):
        assert words in told


def test_nothing_in_it_runs_and_nothing_is_loaded_from_elsewhere() -> None:
    page = page_of(full_story())
    assert not {"script", "iframe", "object", "embed", "link", "base", "form"} & {tag for tag, _ in page.tags}
    for tag, attributes in page.tags:
        assert not [name for name in attributes if name.startswith("on")]
        for name in ("src", "href", "xlink:href"):
            if attributes.get(name):
                assert re.match(r"#|data:image/(png|jpeg);base64,", attributes[name] or ""), (tag, attributes)


def test_whatever_a_name_or_a_note_holds_stays_text() -> None:
    aims = replace(AIMS, scenario=NASTY, participants=(NASTY,))
    plan = replace(
        plan_of(hand_step("1", NASTY, needs=()), hand_step("2", NASTY), aims=aims, backend=REAL),
        title=NASTY,
        groups=(("g1", NASTY),),
    )
    story = Story(plan, {"snapshot": snapshot(name=NASTY, status=NASTY, production_zone=NASTY)})
    story.signed("1", note=NASTY).ends(more={"snapshot": snapshot(name=NASTY, drills=[])})
    story.added(note_entry(NASTY, NASTY, (f"{NASTY}.txt", "text/html", NASTY.encode())))
    story.added(finding_entry(NASTY, NASTY, date(2026, 4, 1)))
    page, plain = page_of(story), page_of(usual(backend=REAL))
    assert {tag for tag, _ in page.tags} <= {tag for tag, _ in plain.tags} | {"ul", "li", "pre", "a", "img"}
    assert NASTY in page.text
    assert not [attributes for tag, attributes in page.tags if tag == "img"]


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "\x1b[31mred", "\x85", "\u202eflipped"])
def test_letters_that_a_page_cannot_hold_or_that_play_tricks_are_marked(text: str) -> None:
    told = html(Story(replace(usual_plan(), title=text)).evidence)
    assert told.encode()
    assert "\N{REPLACEMENT CHARACTER}" in told
    assert text not in told


def test_a_picture_is_shown_only_when_its_first_bytes_say_that_it_is_one() -> None:
    story = usual(backend=REAL)
    story.added(note_entry("a", "Database desk", ("a.png", "image/png", PNG)))
    story.added(note_entry("b", "Database desk", ("b.png", "image/png", b"<svg onload=alert(1)>")))
    story.added(note_entry("c", "Database desk", ("c.jpg", "text/plain", b"\xff\xd8\xff" + bytes(10))))
    story.added(
        note_entry("d", "Database desk", ("d.png", "image/png", PNG + bytes(LARGEST_PICTURE - len(PNG))))
    )
    page = page_of(story)
    shown = [str(attributes["src"]).partition(";")[0] for tag, attributes in page.tags if tag == "img"]
    assert shown == ["data:image/png", "data:image/jpeg"]
    assert all(name in page.text for name in ("a.png", "b.png", "c.jpg", "d.png"))


def test_a_long_text_is_cut_and_says_so() -> None:
    story = usual(backend=REAL)
    story.added(note_entry("a", "Database desk", ("a.txt", "text/plain", b"x" * 20_100)))
    assert "[100 more characters]" in page_of(story).text


def test_an_attachment_whose_content_was_altered_is_listed_and_not_shown() -> None:
    story = usual(backend=REAL)
    note = note_entry("a", "Database desk", ("a.png", "image/png", PNG))
    file = note["noted"].get("file")
    assert file
    file["content"] = ["not base64!"]
    assert "a.png" in page_of(story.added(note)).text
    assert "img" not in {tag for tag, _ in page_of(story).tags}


def test_a_practice_report_says_so_and_a_real_one_names_the_cloud_and_project() -> None:
    practised, real = page_of(usual()).text, page_of(usual(backend=REAL)).text
    assert "PRACTICE practice range: nothing here touched a cloud" in practised
    assert "Open Telekom Cloud eu-de eu-de_shop" in real
    assert "PRACTICE" not in real


def test_an_unfinished_run_gives_a_report_that_says_what_it_lacks() -> None:
    told = page_of(Story(usual_plan(), {"snapshot": snapshot()}).sent()).text
    assert "Carried out: unfinished" in told
    assert "has not ended; last entry 2026-03-01 03:00:20 UTC" in told
    assert "After: not read. The run has not come to its end." in told
    assert "not back after 10 s 15 min 00 s" in told


def test_many_groups_are_told_in_the_table_and_the_first_of_them_drawn() -> None:
    [group] = snapshot()["groups"]
    many = [{**group, "id": f"g{number}", "name": f"shop-{number:02}"} for number in range(13)]
    switched = [{**each, "production_zone": "az2", "dr_zone": "az1"} for each in many]
    story = Story(usual_plan(), {"snapshot": {**snapshot(), "groups": many}}).sent().done()
    story.signed("2").signed("3").ends(more={"snapshot": {**snapshot(), "groups": switched}})
    page = page_of(story)
    assert len([tag for tag, _ in page.tags if tag == "svg"]) == 1 + 12 * 2
    assert "Pictures of the first 12 groups; the table holds all that changed." in page.text
    assert "shop-12 production zone az1 az2" in page.text


def test_things_of_one_name_are_not_taken_for_one_another() -> None:
    pair = {"name": "data", "status": "protected", "replication": "active"}
    first, second = {**pair, "id": "p1"}, {**pair, "id": "p2"}
    lagging = {**first, "replication": "copying"}
    story = Story(usual_plan(), {"snapshot": snapshot(pairs=[first, second])}).sent().done()
    story.signed("2").signed("3").ends(more={"snapshot": snapshot(pairs=[lagging, second])})
    assert page_of(story).text.count("pair data protected active protected copying") == 1


def test_what_came_and_what_went_is_told() -> None:
    drill = {"id": "d1", "name": "spring", "status": "available", "servers": []}
    story = Story(usual_plan(), {"snapshot": snapshot()}).sent().done()
    story.signed("2").signed("3").ends(more={"snapshot": snapshot(drills=[drill], pairs=[])})
    told = page_of(story).text
    assert "drill spring was not there available" in told
    assert "pair data protected active is not there" in told


def test_a_run_over_midnight_tells_the_day_of_each_step() -> None:
    story = Story(usual_plan()).sent()
    late = replace(story.entries[-1], at=START.replace(day=2))
    story.entries[-1] = late
    assert "03-01 03:00:10" in page_of(story).text


def test_a_change_without_objectives_is_no_rehearsal() -> None:
    told = page_of(usual(aims=None)).text
    assert "it is a change, not a rehearsal" in told
    assert "What serves which clause" not in told


@pytest.mark.slow
@pytest.mark.parametrize("backend", [REAL, None])
def test_every_printed_page_says_where_it_ran_and_in_which_run(chromium: Browser, backend: Backend) -> None:
    story = full_story(backend) if backend else full_story(usual_plan().backend)
    with chromium.new_page() as page:
        complaints: list[str] = []
        page.on("console", lambda message: complaints.append(message.text))
        page.set_content(html(story.evidence))
        wide = page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        printed = PdfReader(BytesIO(page.pdf(prefer_css_page_size=True)))
    texts = [each.extract_text() for each in printed.pages]
    assert len(texts) >= 4
    assert "What to do next" in texts[0]
    assert "Annex. Fixed before the start" in texts[1]
    assert not wide
    assert complaints == []
    for number, text in enumerate(texts, start=1):
        assert story.plan.backend.label in text
        assert "run-1" in text
        assert f"Page {number} of {len(texts)}" in text


def test_a_signature_says_whose_login_wrote_it_and_whether_the_name_is_a_participants() -> None:
    story = usual()
    story.added(sign_off_entry("Head of IT", "", accepted=True, head=story.entries[-1].hash))
    story.added(note_entry("Wait.", "Database desk"))
    page = html(story.evidence)
    assert "says Database desk (written by duty) at" in page
    assert "Head of IT (written by duty, not among the participants)" in page
    assert "accepted, lapsed: 1 later entry is not signed" in page
    assert story.entries[8].hash[:12] in page


def test_the_first_page_tells_a_manager_what_is_left_to_do_and_by_when() -> None:
    [drill] = [{"id": "d1", "name": "spring", "status": "available", "servers": []}]
    story = Story(usual_plan(), {"snapshot": snapshot()}).sent().failed().left("2").left("3")
    story.ends("failed", {"snapshot": snapshot(drills=[drill])})
    story.added(finding_entry("DNS was slow", "network team", date(2026, 4, 1), "2"))
    first = page_of(story).text.partition("Annex.")[0]
    for words in (
        "Carried out: failed Not recovered: billing.",
        "billing failed missed not back after 50 s 15 min 00 s",
        "Step 1: Planned failover of billing: failed. It failed.",
        "1 DNS was slow network team 2026-04-01",
        "Drill spring: still there, available billing at the end: az1: 1 server on; "
        "az2: 0 servers on, 1 not read",
        "Step 1: Make room, then retry. at once Clean up what still costs. no date set "
        "Close finding 1 (network team). 2026-04-01 Have the record accepted. no date set",
    ):
        assert words in first


def test_the_worst_three_deviations_come_first_and_the_others_in_the_annex() -> None:
    steps = (*usual_plan().steps, *(hand_step(key, f"Look at {key}") for key in "45"))
    story = Story(plan_of(*steps)).sent().failed().skipped("2").skipped("3").skipped("4").left("5")
    first, _, annex = page_of(story.ends("failed")).text.partition("Annex.")
    assert "The worst 3 of 5 deviations Step 1: Planned failover of billing: failed." in first
    assert "Step 5: Look at 5: not executed." in first
    assert "Look at 4. Skipped" in annex


def test_no_question_and_no_lack_is_told_twice_and_what_was_not_asked_is_not_told() -> None:
    asked = Story(usual_plan()).sent().done().signed("2").signed("3").ends()
    assert page_of(asked).text.count("Look at it") == 2  # of two steps, once each
    assert page_of(asked).text.count("Nobody signed the report off yet.") == 1
    unasked = page_of(Story(usual_plan()).sent().failed().left("2").left("3").ends("failed")).text
    assert "Look at it" not in unasked
    assert "2 Service answers: billing not executed" in unasked
    assert "Nobody said that" in unasked
    assert "nobody said that they kept out of it" not in unasked


def test_a_run_that_did_not_reach_its_aim_names_its_successor_which_names_it() -> None:
    failed = Story(usual_plan()).sent().failed().left("2").left("3").ends("failed")
    told = page_of(failed.added({"followed_by": "run-2"})).text
    assert "Gone on with in run run-2" in told
    assert "Follow run run-2, which goes on from here. at once" in told
    assert "Make room, then retry" not in told
    assert "Goes on from run run-1" in page_of(usual(replace(AIMS, follows="run-1"))).text
