"""What is shown is what fits, and the code that is copied gives the same rows."""

from collections.abc import Iterator
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import drkit
from drkit.runbooks import TABLES, ExploreSession, Filters
from drkit.runbooks.filters import filtered
from drkit.sandbox import Sandbox
from drkit.site import practise


@pytest.fixture(scope="module")
def session(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ExploreSession]:
    with practise(Sandbox("demo"), journal=tmp_path_factory.mktemp("filters") / "journal.sqlite") as site:
        session = ExploreSession(site=site)
        session.read()
        inventory = session.inventory
        tagged = replace(inventory.instance("app-01"), tags=(("owner", "shop"),))
        session.reading.inventory = replace(inventory, instances={**inventory.instances, tagged.id: tagged})
        yield session


def shown(session: ExploreSession, name: str, **filters: str) -> pd.DataFrame:
    return filtered(name, Filters(**filters), session.whole).frame


def test_without_a_filter_all_is_shown_and_what_needs_attention_comes_first(session: ExploreSession) -> None:
    groups = shown(session, "groups")
    assert len(groups) == 5
    assert groups["status"].iloc[0] == "error-reversing"


def test_a_group_is_chosen_by_its_id(session: ExploreSession) -> None:
    group = session.inventory.group("shop-backend")
    for name in ("groups", "instances", "pairs", "attachments", "servers"):
        assert set(shown(session, name, group=group.id)["group"]) == {"shop-backend"}


def test_a_status_is_that_of_the_row_else_of_something_in_its_group(session: ExploreSession) -> None:
    assert shown(session, "pairs", status="fault")["pair"].tolist() == ["db-audit"]
    assert shown(session, "groups", status="fault")["group"].tolist() == ["shop-database"]
    assert set(shown(session, "servers", status="fault")["group"]) == {"shop-database"}
    assert set(shown(session, "servers", status="SHUTOFF")["status"]) == {"SHUTOFF"}


def test_a_zone_is_that_of_the_row_else_of_its_group(session: ExploreSession) -> None:
    assert set(shown(session, "servers", zone="sandbox-1b")["zone"]) == {"sandbox-1b"}
    assert len(shown(session, "pairs", zone="sandbox-1b")) == 44
    assert shown(session, "pairs", zone="elsewhere").empty


def test_words_are_in_any_column_whatever_their_case(session: ExploreSession) -> None:
    assert set(shown(session, "pairs", words="APP-CACHE")["pair"].str[:9]) == {"app-cache"}
    assert shown(session, "groups", words="app-cache")["group"].tolist() == ["shop-backend"]
    assert shown(session, "pairs", words=".*").empty
    assert shown(session, "quotas", words="app-cache").empty


def test_a_tag_is_that_of_the_row_else_of_something_in_its_group(session: ExploreSession) -> None:
    assert "owner=shop" in session.choices().tags
    assert shown(session, "instances", tag="owner=shop")["instance"].tolist() == ["app-01"]
    assert shown(session, "servers", tag="owner=shop")["instance"].tolist() == ["app-01"] * 2
    assert shown(session, "groups", tag="owner=shop")["group"].tolist() == ["shop-backend"]
    assert shown(session, "tags", tag="owner=shop")["value"].tolist() == ["shop"]


def test_a_table_says_which_filters_it_cannot_be_asked(session: ExploreSession) -> None:
    asked = filtered("quotas", Filters(group="g", zone="z", words="x"), session.whole)
    assert asked.not_asked == ("group", "zone")


def same(session: ExploreSession, name: str, filters: Filters) -> None:
    session.filters = filters
    code = session.code(name).removesuffix(f"{name}\n")
    names: dict[str, object] = {}
    site = SimpleNamespace(read=lambda: session.reading, runs=session.site.runs)
    reads_once = SimpleNamespace(connect=lambda *_: site)
    exec(code.replace("import drkit", ""), {"drkit": reads_once, "pd": pd}, names)
    made = names[name]
    assert isinstance(made, pd.DataFrame)
    pd.testing.assert_frame_equal(made, session.filtered(name).frame)


@given(st.data())
@settings(max_examples=25, deadline=None)
def test_the_copied_code_gives_the_rows_that_are_shown(session: ExploreSession, data: st.DataObject) -> None:
    choices = session.choices()
    name = data.draw(st.sampled_from([each for each in TABLES if each != "changes"]))
    filters = Filters(
        group=data.draw(st.sampled_from(["", *(key for _, key in choices.groups)])),
        status=data.draw(st.sampled_from(["", *choices.statuses])),
        tag=data.draw(st.sampled_from(["", *choices.tags, "no='such"])),
        zone=data.draw(st.sampled_from(["", *choices.zones])),
        words=data.draw(st.sampled_from(["", "app", "'", '"\\', "2026"])),
    )
    same(session, name, filters)


def test_the_copied_code_names_the_profile(session: ExploreSession) -> None:
    session.filters = Filters()
    assert "site = drkit.connect()\n" in session.code("pairs")
    elsewhere = ExploreSession("env", site=session.site)
    elsewhere.read()
    assert "site = drkit.connect('env')\n" in elsewhere.code("pairs")


def test_there_is_to_choose_from_what_is_there(session: ExploreSession) -> None:
    choices = session.choices()
    assert [name for name, _ in choices.groups][:2] == ["shop-backend", "shop-database"]
    assert {"fault", "ACTIVE", "error-reversing"} <= set(choices.statuses)
    assert {"sandbox-1a", "sandbox-1b"} <= set(choices.zones)


def test_nothing_is_shown_before_it_was_read() -> None:
    with pytest.raises(drkit.InputError, match="read again"):
        ExploreSession().inventory  # noqa: B018
