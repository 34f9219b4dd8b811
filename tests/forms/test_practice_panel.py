import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.errors import UnreachableError
from drkit.execution.run import Run
from drkit.forms import practice as module
from drkit.forms import practice_range
from drkit.forms.practice import PracticeCard
from drkit.forms.practice.planting import CHOICES, NUMBERS, THINGS
from drkit.model import Backend, kept
from drkit.sandbox import FAULTS, SCENARIOS, Sandbox
from drkit.site import Site, practise
from tests.forms.hands import plain

NIGHT = datetime(2026, 11, 20, 3, tzinfo=UTC)
NASTY = "<img src=x onerror=alert(1)>"


class Panel:
    """The practice range's card and the hands on it."""

    def __init__(self, site: Site) -> None:
        self.changes: list[str] = []
        self.site = site
        self.card = PracticeCard(lambda: site, lambda: self.changes.append("changed"))
        self.beginning, self.planting = self.card.beginning, self.card.planting
        self.settle()

    def settle(self) -> None:
        for _ in range(3):
            self.card.engine.settle(20)

    def press(self, button: object) -> None:
        assert not button.disabled  # type: ignore[attr-defined]
        button.click()  # type: ignore[attr-defined]
        self.settle()

    def choose(self, world: str) -> None:
        self.beginning.world.field.value = world
        self.settle()

    def fault(self, name: str) -> None:
        self.planting.kind.field.value = name
        self.settle()

    @property
    def asks(self) -> bool:
        return bool(self.beginning.confirming.layout.display != "none")

    def error(self) -> str:
        return plain(self.beginning.error.value) + plain(self.planting.error.value)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = SteppedClock()
    sandbox = Sandbox("the-way-back", speed=1.0, now=clock.monotonic)
    with practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite") as opened:
        yield opened


@pytest.fixture
def panel(site: Site) -> Panel:
    return Panel(site)


def attaching(site: Site) -> Run:
    """A run that stays alive: its job does not end."""
    site.sandbox.change_world("demo")
    site.sandbox.fault("job-stuck")
    return site.run(site.plan_attach("app-01", "app-cache-01"), "shop-backend")


def upload(content: bytes) -> dict[str, object]:
    moment = datetime(2026, 1, 1, tzinfo=UTC)
    return {
        "name": "erp.json",
        "type": "application/json",
        "size": len(content),
        "last_modified": moment,
        "content": memoryview(content),
    }


def reading_of_a_cloud(site: Site) -> bytes:
    """A reading of the demo world, as if it were of a real project."""
    with practise(Sandbox("demo", now=lambda: 0.0), clock=SteppedClock()) as other:
        inventory = other.client.inventory(disks=True, quotas=True, beside=True)
    return kept(replace(inventory, backend=CLOUD))


CLOUD = Backend(False, "Open Telekom Cloud", "eu-de", "eu-de_shop", "0a1b")


class TestACopyOfAProject:
    def test_begins_from_a_file_after_a_second_press_and_says_so_on_the_card(
        self, panel: Panel, site: Site
    ) -> None:
        beginning = panel.beginning
        assert beginning.copy.disabled
        beginning.file.value = (upload(reading_of_a_cloud(site)),)
        panel.settle()
        panel.press(beginning.copy)
        assert panel.asks
        title = "Copy of Open Telekom Cloud eu-de_shop, read at 2026-01-01 00:00:00 UTC"
        assert f"{title} begins" in plain(beginning.question.value)
        assert site.sandbox.copy_of() is None
        panel.press(beginning.confirm)
        assert "has begun" in plain(beginning.said.value)
        assert plain(panel.card.line.value) == title
        shown = plain(panel.card.present.value)
        assert "Nothing here touches it. Everything that it needs was told." in shown
        assert (site.sandbox.copy_of() or {})["project"] == "eu-de_shop"
        assert panel.changes == ["changed"]

    def test_begins_from_a_reading_of_the_journal(self, panel: Panel, site: Site) -> None:
        project = ("Open Telekom Cloud/eu-de/0a1b", CLOUD.label, False)
        number = site.journal.keep_reading(reading_of_a_cloud(site), NIGHT, project)
        site.snapshot()
        panel.press(panel.card.again)
        offered = [option for option in panel.beginning.kept.field.options if option[1]]
        assert offered == [("Open Telekom Cloud eu-de eu-de_shop, 2026-11-20 03:00 UTC", f"{number}")]
        panel.beginning.kept.field.value = f"{number}"
        panel.settle()
        panel.press(panel.beginning.copy)
        panel.press(panel.beginning.confirm)
        assert site.sandbox.state()["world"] == "copy"

    def test_what_is_chosen_last_counts(self, panel: Panel, site: Site) -> None:
        number = site.journal.keep_reading(b"{}", NIGHT, ("c", "C", False), ("run-1", "end"))
        panel.press(panel.card.again)
        panel.beginning.file.value = (upload(b"{}"),)
        panel.settle()
        panel.beginning.kept.field.value = f"{number}"
        panel.settle()
        assert panel.beginning.file.value == ()
        panel.beginning.file.value = (upload(b"{}"),)
        panel.settle()
        assert panel.beginning.kept.chosen == ""

    @pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"\xff", b'{"backend": {"cloud": 1}}'])
    def test_what_is_no_reading_is_refused_at_the_first_press(self, panel: Panel, content: bytes) -> None:
        panel.beginning.file.value = (upload(content),)
        panel.settle()
        panel.press(panel.beginning.copy)
        assert "This is no kept reading of a project" in panel.error()
        assert not panel.asks

    def test_a_damaged_reading_leaves_the_present_world_alone(self, panel: Panel, site: Site) -> None:
        reading = json.loads(reading_of_a_cloud(site))
        reading["pairs"][0]["size_gb"] = NASTY
        panel.beginning.file.value = (upload(json.dumps(reading).encode()),)
        panel.settle()
        panel.press(panel.beginning.copy)
        panel.press(panel.beginning.confirm)
        assert "pairs[0].size_gb is" in panel.error()
        assert "<img" not in panel.beginning.error.value
        assert site.sandbox.state()["world"] == "the-way-back"

    def test_no_copy_begins_while_a_run_is_under_way(self, panel: Panel, site: Site) -> None:
        attaching(site)
        panel.beginning.file.value = (upload(reading_of_a_cloud(site)),)
        panel.settle()
        panel.press(panel.beginning.copy)
        assert "A run is under way" in panel.error()

    def test_names_of_the_project_are_escaped(self, panel: Panel, site: Site) -> None:
        reading = json.loads(reading_of_a_cloud(site))
        reading["backend"]["project"] = NASTY
        panel.beginning.file.value = (upload(json.dumps(reading).encode()),)
        panel.settle()
        panel.press(panel.beginning.copy)
        assert "<img" not in panel.beginning.question.value
        panel.press(panel.beginning.confirm)
        assert "<img" not in panel.card.line.value + panel.card.present.value


class TestTheCard:
    def test_is_folded_and_says_in_one_line_how_it_stands(self, panel: Panel) -> None:
        assert panel.card.children
        assert panel.card.folded
        assert panel.card.toggle.description == "▸  Practice range"
        assert plain(panel.card.line.value) == SCENARIOS["the-way-back"].title
        assert "good end not reached yet" in plain(panel.card.badge.value)

    def test_opened_it_tells_the_story_and_the_good_end_as_they_are_now(
        self, panel: Panel, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        panel.press(panel.card.toggle)
        assert not panel.card.folded
        scenario = SCENARIOS["the-way-back"]
        for text in (scenario.title, scenario.story, scenario.good_end, "not reached yet"):
            assert text in plain(panel.card.present.value)
        reached = replace(scenario, reached=lambda _: True)
        monkeypatch.setitem(SCENARIOS, "the-way-back", reached)
        panel.press(panel.card.again)
        assert "✓ good end reached" in plain(panel.card.present.value)
        panel.press(panel.card.toggle)
        assert panel.card.folded

    def test_is_not_there_at_all_on_a_real_cloud(self, site: Site) -> None:
        site.client.backend = replace(site.backend, practice=False)
        assert Panel(site).card.children == ()

    def test_is_not_there_where_nothing_could_be_connected(self) -> None:
        def nowhere() -> Site:
            raise UnreachableError("No connection.")

        card = PracticeCard(nowhere)
        card.engine.settle(20)
        assert card.children == ()

    def test_says_when_the_practice_range_answers_no_more(self, panel: Panel) -> None:
        panel.site.client.close()
        panel.press(panel.card.again)
        assert plain(panel.card.line.value) == "The practice range could not be read."
        assert "connect again" in plain(panel.card.error.value)

    def test_checks_whether_the_world_is_sound(self, panel: Panel, monkeypatch: pytest.MonkeyPatch) -> None:
        panel.press(panel.card.check)
        assert "Nothing in this world contradicts itself." in plain(panel.card.checked.value)
        control = type(panel.site.sandbox)
        monkeypatch.setattr(control, "invariants", lambda _: [f"Pair {NASTY} is wrong."])
        panel.press(panel.card.check)
        assert "1 contradiction" in plain(panel.card.checked.value)
        assert NASTY not in panel.card.checked.value

    def test_a_world_that_came_from_a_file_has_its_name_and_no_good_end(
        self, site: Site, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        state = site.sandbox.state() | {"world": NASTY, "scenario": None}
        monkeypatch.setattr(type(site.sandbox), "state", lambda _: state)
        panel = Panel(site)
        assert plain(panel.card.line.value) == NASTY
        assert NASTY not in panel.card.line.value + panel.card.present.value
        assert panel.card.badge.value == ""


class TestBeginningAScenario:
    def test_scenarios_come_first_and_nothing_is_chosen(self, panel: Panel) -> None:
        offered = [value for _, value in panel.beginning.world.field.options]
        assert offered == ["", *SCENARIOS, "demo", "empty", "large"]
        assert panel.beginning.start.disabled

    def test_the_story_of_the_chosen_one_stands_beside_it(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        assert SCENARIOS["stuck-pair"].story in plain(panel.beginning.story.value)
        assert SCENARIOS["stuck-pair"].good_end in plain(panel.beginning.story.value)

    def test_the_first_press_only_asks_however_often_it_comes(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        panel.beginning.start.click()
        panel.beginning.start.click()
        panel.settle()
        assert panel.asks
        assert panel.beginning.start.disabled
        assert "throws the present world away: The way back" in plain(panel.beginning.question.value)
        assert panel.site.sandbox.state()["world"] == "the-way-back"

    def test_the_second_press_begins_it_and_everything_shows_it(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        panel.press(panel.beginning.start)
        panel.press(panel.beginning.confirm)
        assert panel.site.sandbox.state()["world"] == "stuck-pair"
        assert not panel.asks
        assert plain(panel.card.line.value) == SCENARIOS["stuck-pair"].title
        assert "has begun" in plain(panel.beginning.said.value)
        assert "sync-stuck" in plain(panel.planting.planted.value)
        assert panel.changes == ["changed"]

    def test_keeping_the_present_world_changes_nothing(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        panel.press(panel.beginning.start)
        panel.press(panel.beginning.keep)
        panel.press(panel.beginning.confirm)
        assert not panel.asks
        assert panel.site.sandbox.state()["world"] == "the-way-back"
        assert panel.changes == []

    def test_another_choice_takes_the_question_back(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        panel.press(panel.beginning.start)
        panel.choose("half-way")
        assert not panel.asks
        panel.choose("")
        assert panel.beginning.story.value == ""
        panel.beginning.start.click()
        panel.settle()
        assert "Choose a scenario first." in panel.error()

    def test_is_refused_while_a_run_is_under_way(self, panel: Panel) -> None:
        panel.choose("stuck-pair")
        panel.press(panel.beginning.start)
        run = attaching(panel.site)
        panel.press(panel.beginning.confirm)
        assert "A run is under way on the practice range: Attach 1 pair to app-01" in panel.error()
        panel.press(panel.beginning.start)
        assert run.id in panel.error()
        assert not panel.asks
        assert panel.site.sandbox.state()["world"] == "demo"
        run.stop()
        run.wait(60)
        panel.press(panel.beginning.start)
        assert f"cannot be gone on with afterwards: {run.id}" in plain(panel.beginning.question.value)
        panel.press(panel.beginning.confirm)
        assert panel.site.sandbox.state()["world"] == "stuck-pair"


class TestPlantingFaults:
    def test_every_fault_is_offered_with_its_sentence(self, panel: Panel) -> None:
        assert [value for _, value in panel.planting.kind.field.options] == ["", *FAULTS]
        assert panel.planting.plant.disabled
        panel.fault("link-broken")
        assert plain(panel.planting.sentence.value) == FAULTS["link-broken"].sentence

    @pytest.mark.parametrize("name", FAULTS)
    def test_every_fault_has_only_fields_that_it_understands_and_can_be_planted(
        self, panel: Panel, name: str
    ) -> None:
        panel.site.sandbox.change_world("demo")
        panel.fault(name)
        assert set(panel.planting.fields) <= set(FAULTS[name].keys)
        for key, field in panel.planting.fields.items():
            if key in ("pair", "server"):
                field.field.value = field.field.options[1][1]  # type: ignore[union-attr]
        panel.press(panel.planting.plant)
        assert panel.error() == ""
        assert [each["name"] for each in panel.site.sandbox.faults()] == [name]

    def test_what_is_chosen_and_typed_says_where_it_strikes(self, panel: Panel) -> None:
        group = next(iter(panel.site.inventory().groups.values()))
        panel.fault("zone-dark")
        fields = panel.planting.fields
        assert list(fields) == ["group", "after", "lasts"]
        fields["group"].field.value = group.id  # type: ignore[union-attr]
        fields["after"].value = " 60 "  # type: ignore[union-attr]
        fields["lasts"].value = "90.5"  # type: ignore[union-attr]
        panel.press(panel.planting.plant)
        where = panel.site.sandbox.faults()[0]["where"]
        assert {key: where[key] for key in fields} == {"group": group.id, "after": 60, "lasts": 90.5}
        shown = plain(panel.planting.planted.value)
        assert "group shop-app" in shown
        assert "0, stays until cleared" in shown

    def test_where_it_strikes_is_told_by_name_and_of_what_is_gone_by_id(self, panel: Panel) -> None:
        panel.site.sandbox.fault("server-deleted", server="app-01-dr", after=60)
        panel.press(panel.card.again)
        assert "server app-01-dr, after 60" in plain(panel.planting.planted.value)
        panel.site.sandbox.step(60)
        gone = panel.site.sandbox.faults()[0]["where"]["server"]
        panel.press(panel.card.again)
        assert f'title="{gone}"' in panel.planting.planted.value

    def test_a_fault_of_requests_strikes_the_next_change(self, panel: Panel) -> None:
        panel.fault("error-503")
        assert list(panel.planting.fields) == ["method", "accepted", "times"]
        panel.press(panel.planting.plant)
        assert "0 of 1" in plain(panel.planting.planted.value)
        assert panel.site.sandbox.faults()[0]["where"] == {"method": "POST", "accepted": False}

    @pytest.mark.parametrize(
        ("fault", "key", "typed", "sentence"),
        [
            ("slow", "seconds", "soon", "slow: seconds must be a number that is not negative, not 'soon'."),
            ("slow", "seconds", "-1", "must be a number that is not negative"),
            ("slow", "seconds", "1.2.3", "must be a number that is not negative"),
            ("sync-stuck", "at", "40", "sync-stuck needs to know which pair."),
        ],
    )
    def test_what_is_not_understood_is_a_sentence_and_nothing_is_planted(
        self, panel: Panel, fault: str, key: str, typed: str, sentence: str
    ) -> None:
        panel.fault(fault)
        panel.planting.fields[key].value = typed  # type: ignore[union-attr]
        before = panel.site.sandbox.faults()
        panel.press(panel.planting.plant)
        assert sentence in panel.error()
        assert panel.site.sandbox.faults() == before
        panel.fault("token-expires")
        assert panel.error() == ""

    def test_clearing_takes_all_back(self, panel: Panel) -> None:
        assert panel.planting.clear.disabled
        panel.fault("job-stuck")
        panel.press(panel.planting.plant)
        panel.press(panel.planting.plant)
        assert plain(panel.planting.planted.value).count("job-stuck") == 2
        panel.press(panel.planting.clear)
        assert plain(panel.planting.planted.value) == "No fault is planted."
        assert panel.site.sandbox.faults() == []

    def test_in_another_world_its_own_things_are_offered(self, panel: Panel) -> None:
        panel.fault("link-broken")
        panel.choose("half-way")
        panel.press(panel.beginning.start)
        panel.press(panel.beginning.confirm)
        groups = [label for label, _ in panel.planting.fields["group"].field.options]  # type: ignore[union-attr]
        assert groups[1:] == ["shop-report"]
        pairs = [label for label, _ in panel.planting.fields["pair"].field.options]  # type: ignore[union-attr]
        assert "report-01-data  ·  shop-report" in pairs

    def test_names_of_a_world_are_escaped_where_they_are_shown(self, panel: Panel, site: Site) -> None:
        panel.fault("job-fails")
        site.sandbox.fault("slow", path=NASTY)
        panel.press(panel.card.again)
        assert NASTY in plain(panel.planting.planted.value)
        assert NASTY not in panel.planting.planted.value

    def test_what_it_offers_the_sandbox_accepts(self) -> None:
        known = {key for kind in FAULTS.values() for key in kind.keys}
        assert {*CHOICES, *THINGS, *NUMBERS} <= known


class TestTheCell:
    def test_run_again_shows_the_same_card(self, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
        read: list[str] = []
        monkeypatch.setattr(module, "_shown", [])
        monkeypatch.setattr(module, "connect", lambda profile: site)
        monkeypatch.setattr(module, "shown_overview", read.append)
        first = practice_range("here")
        assert first
        assert practice_range("here") is first
        first.engine.settle(20)
        first.beginning.world.field.value = "half-way"
        first.beginning.start.click()
        first.beginning.confirm.click()
        first.engine.settle(20)
        assert read == ["here"]
        other = practice_range("there")
        assert other
        assert other is not first
        other.engine.settle(20)

    def test_without_a_screen_prints_the_story_and_the_good_end(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_HEADLESS", "1")
        for world in ("stuck-pair", "demo"):
            opened = practise(Sandbox(world), journal=tmp_path / "journal.sqlite")
            monkeypatch.setattr("drkit.forms.connect", lambda profile, opened=opened: opened)
            assert practice_range() is None
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == f"Practice range: {SCENARIOS['stuck-pair'].title}"
        assert lines[1] == SCENARIOS["stuck-pair"].story
        assert lines[2] == f"Good end: {SCENARIOS['stuck-pair'].good_end} (not reached yet)"
        assert lines[3] == "Practice range: The demo shop"
        assert len(lines) == 5

    def test_without_a_screen_says_nothing_of_a_real_cloud(
        self, site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        monkeypatch.setenv("DRKIT_HEADLESS", "1")
        site.client.backend = replace(site.backend, practice=False)
        monkeypatch.setattr("drkit.forms.connect", lambda profile: site)
        assert practice_range() is None
        assert capsys.readouterr().out == ""
