"""Several projects at once: read side by side, and one that fails hides no other."""

import threading
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

import drkit
from drkit import cli
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from drkit.sites import READING, connect

NOT_A_READING_OF_A_PROJECT = {"runs", "steps", "jobs"}


def site_of(world: str, folder: Path) -> Site:
    return practise(
        Sandbox(world, seed=len(world), now=lambda: 0.0),
        clock=drkit.SteppedClock(),
        journal=folder / "journal.sqlite",
    )


def nowhere() -> Site:
    raise drkit.UnreachableError("No connection to Frankfurt.")


@pytest.fixture
def sites(tmp_path: Path) -> Iterator[drkit.Sites]:
    opened = {"shop": site_of("demo", tmp_path), "erp": site_of("the-way-back", tmp_path)}
    with drkit.Sites(opened) as found:
        yield found


@pytest.fixture
def with_one_that_fails(tmp_path: Path) -> Iterator[drkit.Sites]:
    with drkit.Sites({"gone": nowhere, "erp": site_of("the-way-back", tmp_path)}) as found:
        yield found


def test_every_table_of_a_site_is_there() -> None:
    tables = {
        name for name in drkit.COLUMNS if name not in {"objections", "ways", *NOT_A_READING_OF_A_PROJECT}
    }
    assert {*READING} == tables | {"why_not", "ways_out"}
    assert {*READING} <= {*dir(drkit.Sites({"a": nowhere}))}


@pytest.mark.parametrize("name", [name for name in READING if name not in {"why_not", "ways_out", "changes"}])
def test_a_table_has_the_rows_of_all_projects_with_profile_and_project_in_front(
    sites: drkit.Sites, name: str
) -> None:
    table = getattr(sites, name)()
    single = {profile: getattr(sites[profile], name)() for profile in sites.profiles}
    assert list(table.columns) == ["profile", "project", *single["shop"].columns]
    assert dict(table["profile"].value_counts()) == {
        key: len(each) for key, each in single.items() if len(each)
    }
    kinds = {column: str(dtype) for column, dtype in table.dtypes.items()}
    assert kinds == {
        "profile": "str",
        "project": "str",
        **{key: str(each) for key, each in single["shop"].dtypes.items()},
    }
    assert table.attrs["failed"] == {}


def test_what_takes_arguments_gets_them_for_each_project(sites: drkit.Sites) -> None:
    ways = sites.ways_out("shop-app")
    assert set(ways["profile"]) == {"erp"}
    assert "shop" in ways.attrs["failed"]
    for profile in sites.profiles:
        sites[profile].snapshot()
    changes = sites.changes("0 d")
    assert (len(changes), changes.attrs["failed"]) == (0, {})


def test_states_that_only_one_project_knows_keep_their_place_in_the_order(tmp_path: Path) -> None:
    strange = Sandbox("demo", now=lambda: 0.0)
    next(iter(strange.world.groups.values())).status = "hibernating"
    strange.world.live.clear()
    other = practise(strange, clock=drkit.SteppedClock(), journal=tmp_path / "j.sqlite")
    with drkit.Sites({"a": site_of("demo", tmp_path), "b": other}) as sites:
        groups = sites.groups()
    order = list(groups["status"].cat.categories)
    assert order == list(other_order(strange))
    assert groups["status"].cat.ordered
    assert groups.sort_values("status").iloc[0]["status"].startswith("error")


def other_order(sandbox: Sandbox) -> pd.Index:
    with practise(sandbox, clock=drkit.SteppedClock()) as site:
        return site.groups()["status"].cat.categories


def test_one_that_fails_is_said_and_the_others_come(with_one_that_fails: drkit.Sites) -> None:
    groups = with_one_that_fails.groups()
    assert set(groups["profile"]) == {"erp"}
    assert groups.attrs["problems"] == ("gone could not be read: No connection to Frankfurt.",)
    assert groups.attrs["failed"] == {"gone": "No connection to Frankfurt."}


def test_problems_of_a_project_are_told_with_its_name(tmp_path: Path) -> None:
    sparse = practise(Sandbox("demo", now=lambda: 0.0, manner="sparse"), journal=tmp_path / "journal.sqlite")
    with drkit.Sites({"shop": sparse, "erp": site_of("the-way-back", tmp_path)}) as sites:
        problems = sites.pairs().attrs["problems"]
    assert problems
    assert all(problem.startswith("shop: ") for problem in problems)


def test_a_fault_that_nobody_foresaw_hides_no_other_project(
    sites: drkit.Sites, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(group: str = "") -> pd.DataFrame:
        raise KeyError(group)

    monkeypatch.setattr(sites["shop"], "pairs", broken)
    assert sites.pairs().attrs["failed"] == {"shop": "a fault in drkit itself (KeyError: '')"}


def test_where_all_fail_there_is_no_table_but_the_error() -> None:
    with pytest.raises(drkit.UnreachableError, match="Frankfurt"):
        drkit.Sites({"a": nowhere, "b": nowhere}).groups()


def test_one_that_failed_is_tried_again_the_next_time(tmp_path: Path) -> None:
    lines: list[Site] = []

    def later() -> Site:
        if not lines:
            lines.append(site_of("the-way-back", tmp_path))
            return nowhere()
        return lines[0]

    with drkit.Sites({"erp": later, "shop": site_of("demo", tmp_path)}) as sites:
        assert "erp" in sites.groups().attrs["failed"]
        assert sites.groups().attrs["failed"] == {}


def test_projects_are_read_side_by_side(tmp_path: Path) -> None:
    meeting = threading.Barrier(2, timeout=30)

    def opened(world: str) -> Site:
        meeting.wait()  # comes through only where both are opened at once
        return site_of(world, tmp_path)

    with drkit.Sites({"a": lambda: opened("demo"), "b": lambda: opened("empty")}) as sites:
        assert sites.groups().attrs["failed"] == {}


@pytest.mark.parametrize("name", ["run", "plan_attach", "resume", "journal", "sandbox"])
def test_nothing_is_changed_through_several(sites: drkit.Sites, name: str) -> None:
    with pytest.raises(AttributeError, match=rf"Sites only reads; take one of them: sites\['shop'\].{name}"):
        getattr(sites, name)


def test_what_is_nowhere_is_told(sites: drkit.Sites) -> None:
    with pytest.raises(AttributeError, match="Sites has no 'paris'; it reads: groups"):
        sites.paris  # noqa: B018
    with pytest.raises(drkit.UnknownNameError, match="did you mean 'erp'"):
        sites["erb"]
    with pytest.raises(drkit.UnknownNameError, match="did you mean 'pairs'"):
        sites.table("pair")


def test_one_of_them_is_the_site_to_change_there(sites: drkit.Sites) -> None:
    assert isinstance(sites["shop"], Site)
    assert repr(sites) == "<Sites 2 projects: shop: PRACTICE, erp: PRACTICE>"


class TestConnecting:
    def test_several_profiles_make_sites_and_one_a_site(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("drkit.site._sandboxes", [])
        with drkit.connect(["sandbox", "env"]) as several, drkit.connect("sandbox") as one:
            assert isinstance(several, drkit.Sites)
            assert isinstance(one, Site)
            assert "The profile env is incomplete" in several.groups().attrs["failed"]["env"]

    @pytest.mark.parametrize("profiles", [[], ["sandbox", "sandbox"]])
    def test_profiles_are_named_once_and_there_is_one(self, profiles: list[str]) -> None:
        with pytest.raises(drkit.InputError, match="Name each profile once"):
            connect(profiles)


class TestTheCommand:
    @pytest.fixture(autouse=True)
    def _a_range(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("drkit.site._sandboxes", [])

    def test_says_what_failed_and_ends_with_3(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["table", "groups", "--profile", "sandbox,env", "--csv"]) == 3
        out, err = capsys.readouterr()
        assert out.splitlines()[0].startswith("profile,project,group,status")
        assert "sandbox,sandbox-1,shop-backend,available" in out
        assert "sandbox: PRACTICE, env: not open:" in err
        assert "Note: env could not be read: The profile env is incomplete" in err

    def test_ends_with_2_where_none_could_be_read(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["table", "groups", "--profile", "env,nosuch"]) == 2
        assert "The profile env is incomplete" in capsys.readouterr().err
