"""Looking around: one reading, filters that hold for everything below, and every table by its name."""

from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from drkit.clock import SteppedClock
from drkit.forms import look_around
from drkit.forms import looking as module
from drkit.forms.looking import LookAround
from drkit.forms.picturing import PlainLook
from drkit.forms.sections import TableSection
from drkit.runbooks import MOST_PAIRS, TABLES, ExploreSession, Filters
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.hands import plain


def practice(folder: Path) -> AbstractContextManager[Site]:
    clock = SteppedClock()
    return practise(
        Sandbox("demo", speed=1.0, now=clock.monotonic), clock=clock, journal=folder / "journal.sqlite"
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    monkeypatch.chdir(tmp_path)
    return at_the_end.enter_context(practice(tmp_path))


class Looker:
    """The view on a practice range, and what is done with it."""

    def __init__(self, site: Site, group: str = "") -> None:
        self.view = LookAround(ExploreSession(group=group, site=site))
        for name in TABLES:
            self.view.table(name)
        self.settle()

    def settle(self) -> None:
        for _ in range(3):  # also what the work of others asked for
            self.view.engine.settle()

    def choose(self, **filters: str) -> None:
        bar = self.view.filters
        for name, value in filters.items():
            (bar.words if name == "words" else bar.lists[name]).value = value
        self.settle()

    def open(self, name: str) -> TableSection:
        section = self.view.sections[name]
        if section.folded:
            section.toggle.click()
        self.settle()
        return section

    def rows(self, name: str) -> str:
        return str(self.view.sections[name].toggle.description)

    @property
    def trouble(self) -> str:
        return plain(self.view.trouble.value)


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Looker]:
    with practice(tmp_path_factory.mktemp("looking")) as site:
        yield Looker(site)


@pytest.fixture
def looker(shared: Looker) -> Iterator[Looker]:
    """One that others look through as well: what was filtered and opened is undone."""
    yield shared
    assert shared.trouble == ""
    shared.view.filters.clear.click()
    shared.settle()
    for section in shared.view.sections.values():
        section.fold(folded=section.name not in module.OPEN_AT_FIRST)


@pytest.fixture
def own(site: Site) -> Iterator[Looker]:
    """One whose project may be changed."""
    looker = Looker(site)
    yield looker
    assert looker.trouble == ""


def test_everything_of_one_reading_is_shown_with_its_time(looker: Looker) -> None:
    view = looker.view
    assert "PRACTICE" in view.band.value
    assert plain(view.summary.value).startswith("Read at")
    assert "5 of 5 groups shown." in plain(view.summary.value)
    assert "<svg" in view.drawn.value
    assert "The same as a table" in view.drawn.value
    assert plain(view.verbs.shown.value).startswith("Group enable protection disable protection")
    for box in (view.top(), view.picture(), view.why_not(), view.why_not_attach()):
        assert box.children


def test_a_filter_holds_for_the_picture_the_matrix_and_every_table(looker: Looker) -> None:
    group = looker.view.session.inventory.group("shop-database")
    looker.choose(group=group.id)
    view = looker.view
    assert "1 of 5 groups shown." in plain(view.summary.value)
    assert "shop-database" in view.drawn.value
    assert "shop-backend" not in view.drawn.value + view.verbs.shown.value
    assert set(view.pairs["group"]) == set(view.servers["group"]) == {"shop-database"}
    assert looker.rows("pairs") == "▸  11 of 44 rows"
    assert looker.rows("groups") == "▸  1 of 5 rows"
    view.filters.clear.click()
    looker.settle()
    assert looker.rows("pairs") == "▸  44 rows"


def test_each_table_is_a_data_frame_by_the_name_on_the_screen(looker: Looker) -> None:
    for name, section in looker.view.sections.items():
        assert f"<code>view.{name}</code>" in section.line.value
        assert isinstance(getattr(looker.view, name), pd.DataFrame)
    with pytest.raises(AttributeError, match="has no attribute 'paris'"):
        looker.view.paris  # noqa: B018


def test_a_table_reaches_the_page_once_it_is_opened(looker: Looker) -> None:
    assert looker.view.sections["servers"]._place.children == ()
    section = looker.open("pairs")
    (table,) = section._place.children
    assert len(table.df) == 44
    assert "drkit-is-failed" in table.df["status"].iloc[0]  # what needs attention comes first
    looker.choose(words="app-cache")
    (fewer,) = section._place.children
    assert len(fewer.df) == 4


def test_a_protected_pair_with_a_fault_has_no_tick(own: Looker) -> None:
    session = own.view.session
    pair = next(each for each in session.inventory.pairs.values() if each.name == "web-logs")
    faulty = replace(session.inventory, pairs={pair.id: replace(pair, fault_level="5")})
    session.reading.inventory = faulty
    own.view._looks = session.looks()
    session._made.clear()
    (table,) = own.open("pairs")._place.children
    assert "drkit-is-failed" in table.df["status"].iloc[0]
    assert "protected" in table.df["status"].iloc[0]


def test_what_was_filtered_is_copied_as_code(looker: Looker) -> None:
    looker.choose(words="it's")
    section = looker.open("pairs")
    assert 'data-copy="view.pairs"' in section.copies.value
    assert "column.str.contains(&#34;it&#39;s&#34;" in section.copies.value
    section.copies._handle_custom_msg({"copied": True}, [])
    assert plain(section.result.value) == "Copied."


def test_a_view_is_saved_as_csv_without_formulas_and_as_parquet(own: Looker, tmp_path: Path) -> None:
    session = own.view.session
    pair = next(iter(session.inventory.pairs.values()))
    session.reading.inventory = replace(
        session.inventory, pairs={pair.id: replace(pair, name='=HYPERLINK("http://x")')}
    )
    session._made.clear()
    section = own.open("pairs")
    for _ in range(2):
        section.saves["csv"].click()
        section.saves["parquet"].click()
        own.settle()
    assert section.error.value == ""
    files = sorted(each.name for each in (tmp_path / "drkit-views").iterdir())
    read_at = f"{session.inventory.read_at:%Y%m%d-%H%M%S}"
    assert files == [f"pairs-{read_at}{end}" for end in ("-2.csv", "-2.parquet", ".csv", ".parquet")]
    assert "'=HYPERLINK" in (tmp_path / "drkit-views" / files[2]).read_text("utf-8-sig")
    assert len(pd.read_parquet(tmp_path / "drkit-views" / files[3])) == 1
    assert plain(section.result.value) == f"Saved as drkit-views/{files[1]}"


def test_a_view_that_cannot_be_saved_says_so_beside_the_button(own: Looker, tmp_path: Path) -> None:
    (tmp_path / "drkit-views").write_text("in the way")
    section = own.open("pairs")
    section.saves["csv"].click()
    own.settle()
    assert "drkit-views" in plain(section.error.value)


def test_a_table_says_which_filter_it_cannot_be_asked(looker: Looker) -> None:
    looker.choose(zone="sandbox-1a")
    assert "It has no zone: that filter does not hold here." in plain(
        looker.view.sections["quotas"].line.value
    )


def test_a_pressed_cell_says_why_not(looker: Looker) -> None:
    view = looker.view
    keys = list(view.session.verbs().cells)
    group = view.session.inventory.group("shop-backend")
    number = keys.index((group.id, "failover"))
    view.verbs.shown._handle_custom_msg({"press": str(number)}, [])
    looker.settle()
    said = plain(view.verbs.answer.value)
    assert "failover of shop-backend" in said
    assert "The shortest legal way there: Enable protection of shop-backend." in said


def test_a_press_that_comes_after_another_matrix_does_nothing(looker: Looker) -> None:
    before = looker.view.verbs.answer.value
    looker.view._answer(looker.view.verbs, ("gone", "failover"))
    assert looker.view.verbs.answer.value == before


def test_the_pairs_of_a_chosen_group_are_shown_by_its_instances_some_at_a_time(own: Looker) -> None:
    view = own.view
    assert view.chooser.value == view.session.inventory.group("shop-backend").id
    assert plain(view.left.value).startswith("15 pairs by 5 instances, read at")
    assert view.more["pairs"].disabled
    assert "app-cache-01" in view.pairing.shown.value
    pair = view.session.inventory.pair("app-cache-01")
    many = {f"p{at}": replace(pair, id=f"p{at}", name=f"p{at:03}") for at in range(MOST_PAIRS + 2)}
    view.session.reading.inventory = replace(view.session.inventory, pairs=many)
    view.session._made.clear()
    own.choose(words="p0")
    assert "p021" not in view.pairing.shown.value
    view.more["pairs"].click()
    own.settle()
    assert "p021" in view.pairing.shown.value
    view.more["pairs"].click()
    own.settle()
    assert "p000" in view.pairing.shown.value


def test_the_free_slots_of_a_chosen_group_are_read_where_the_project_is_large(
    site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("drkit.site.MOST_SLOTS", 10)  # servers: what is more than that is read by group
    looker = Looker(site)
    view = looker.view
    assert "Free slots were not read" in plain(view.summary.value)
    group = view.session.inventory.group("shop-backend")
    assert view.session.near(group.id) is view.session.near(group.id) is not view.session.inventory
    words = {cell.word for cell in view.session.pairing(group.id).cells.values()}
    assert "not known" not in words
    assert "yes" in words


def test_no_group_that_fits_leaves_nothing_to_choose(looker: Looker) -> None:
    looker.choose(words="nothing has this")
    assert "0 of 5 groups shown." in plain(looker.view.summary.value)
    assert looker.view.chooser.value is None
    assert "<td" not in looker.view.pairing.shown.value + looker.view.verbs.shown.value


def test_read_again_reads_anew_and_keeps_the_filters(own: Looker, site: Site) -> None:
    own.choose(words="app-cache")
    run = site.run(site.plan_attach("app-01", "app-cache-01"), "shop-backend")
    run.wait(60)
    assert own.view.pairs.set_index("pair").loc["app-cache-01", "attached_to"] == ""
    own.view.again.click()
    own.settle()
    assert own.view.pairs.set_index("pair").loc["app-cache-01", "attached_to"] == "app-01"
    assert own.view.filters.words.value == "app-cache"


def test_a_group_that_is_gone_stays_chosen_and_is_marked(own: Looker, site: Site) -> None:
    own.view.filters.offer(own.view.session.choices(), Filters(group="gone-id"))
    assert own.view.filters.lists["group"].options[-1] == ("gone-id (gone)", "gone-id")
    assert own.view.filters.filters == Filters(group="gone-id")


def test_what_changed_since_the_last_rehearsal_is_a_table_or_there_was_none(looker: Looker) -> None:
    assert "The journal keeps no rehearsal of this project" in plain(
        looker.view.sections["changes"].line.value
    )
    assert looker.view.changes.empty


def test_what_is_compared_with_is_named(own: Looker, site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    earlier = site.read()
    pair = earlier.inventory.pair("app-cache-01")
    earlier.inventory = replace(
        earlier.inventory, pairs={**earlier.inventory.pairs, pair.id: replace(pair, size_gb=1)}
    )
    monkeypatch.setattr(site, "snapshot_of", lambda: earlier)
    own.view.again.click()
    own.settle()
    assert f"Compared with {earlier.label}" in plain(own.view.sections["changes"].line.value)
    assert own.view.changes["name"].tolist() == ["app-cache-01"]
    assert "snapshot_of()" in own.view.session.code("changes")


def test_who_holds_a_group_is_a_reason_in_the_matrix(own: Looker, site: Site) -> None:
    site.sandbox.fault("job-stuck", times=1)
    run = site.run(site.plan_attach("app-01", "app-cache-01"), "shop-backend")
    own.view.again.click()
    own.settle()
    session = own.view.session
    cell = session.verbs().cells[session.inventory.group("shop-backend").id, "enable_protection"]
    assert "held by" in cell.objections[0].found
    run.stop()
    run.wait(60)


def test_one_can_begin_with_a_group_and_a_strange_name_is_a_sentence(site: Site) -> None:
    looker = Looker(site, "shop-frontend")
    assert set(looker.view.pairs["group"]) == {"shop-frontend"}
    other = Looker(site, "shop-frontned")
    assert "did you mean" in other.trouble
    assert "press Read again" in other.trouble
    other.view.again.click()
    other.settle()
    assert other.rows("pairs") == "▸  44 rows"


def test_trouble_with_the_connection_is_a_sentence_and_reading_again_takes_it_away(site: Site) -> None:
    site.sandbox.fault("unreachable", times=None)
    looker = Looker(site)
    assert "press Read again" in looker.trouble
    site.sandbox.clear_faults()
    looker.view.again.click()
    looker.settle()
    assert looker.trouble == ""
    assert looker.rows("pairs") == "▸  44 rows"


def test_without_a_screen_the_same_are_tables_and_a_picture(site: Site) -> None:
    plainly = PlainLook(ExploreSession(site=site))
    assert "PRACTICE" in str(plainly.top().data)
    assert "<svg" in str(plainly.picture().data)
    assert plainly.why_not()["group"].iloc[0] == "shop-reporting"
    assert "pair" in plainly.why_not_attach()
    pd.testing.assert_frame_equal(plainly.pairs, plainly.table("pairs"))
    with pytest.raises(AttributeError):
        plainly.paris  # noqa: B018


def test_a_cell_that_is_run_again_reads_again_in_the_same_view(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_shown", [])
    first = look_around("nowhere")
    assert look_around("nowhere") is first
    other = look_around("nowhere", "shop")
    assert other is not first
    for each in (first, other):
        assert isinstance(each, LookAround)
        each.engine.settle()
        assert "nowhere" in plain(each.trouble.value)
