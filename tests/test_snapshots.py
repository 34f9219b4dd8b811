"""Readings of a project that are kept: by number, by age, by run, and what happens where none fits."""

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from drkit import changes
from drkit.clock import SteppedClock
from drkit.errors import InputError, UnknownNameError
from drkit.model import from_kept
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from drkit.snapshots import Snapshots, read_age
from tests.test_api import START


@pytest.fixture
def clock() -> SteppedClock:
    return SteppedClock(START)


@pytest.fixture
def site(clock: SteppedClock, tmp_path: Path) -> Iterator[Site]:
    sandbox = Sandbox("demo", speed=1.0, now=lambda: 0.0)
    with practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite") as opened:
        yield opened


def test_a_snapshot_is_kept_in_the_journal_and_in_a_file(site: Site, tmp_path: Path) -> None:
    file = tmp_path / "reading.json"
    number = site.snapshot(file)
    assert file.stat().st_mode & 0o777 == 0o600
    assert json.loads(file.read_bytes())["backend"]["practice"] is True
    assert from_kept(file.read_bytes()) == site.snapshot_of(number).inventory
    assert changes(site.snapshot_of(number), site.read()).empty


def test_one_that_cannot_be_written_is_not_kept(site: Site, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="cannot be written"):
        site.snapshot(tmp_path)
    assert site.snapshots() == []


def test_an_age_finds_the_newest_that_is_older(site: Site, clock: SteppedClock) -> None:
    first = site.snapshot()
    clock.advance(8 * 86400)
    second = site.snapshot()
    clock.advance(3600)
    assert [site.snapshot_of(age).read_at for age in ("7 d", "90min")] == [
        site.snapshot_of(first).read_at
    ] * 2
    assert site.snapshot_of("1h").read_at == site.snapshot_of(second).read_at
    assert site.changes(timedelta(days=7)).empty


@pytest.mark.parametrize("since", ["", "99", "7 d", "run-1"])
def test_where_none_fits_the_sentence_says_how_to_keep_one(site: Site, since: str) -> None:
    site.snapshot()
    with pytest.raises(UnknownNameError, match="drkit snapshot") as caught:
        site.changes(since)
    assert caught.value.near == ("1",)


def test_that_a_reading_of_a_run_cannot_be_kept_is_no_fault_of_the_run(
    site: Site, caplog: pytest.LogCaptureFixture, tmp_path: Path
) -> None:
    inventory = site.inventory()
    shelf = Snapshots(site.journal, site.backend, START)
    site.journal.close()
    (tmp_path / "journal.sqlite").unlink()
    shelf.keep_of_run("run-1", inventory, "end")
    assert "was not kept" in caplog.text


@pytest.mark.parametrize(
    ("text", "age"),
    [
        ("7 d", timedelta(days=7)),
        ("12h", timedelta(hours=12)),
        ("5 min", timedelta(minutes=5)),
        ("week", None),
    ],
)
def test_ages_are_spelled_as_people_do(text: str, age: timedelta | None) -> None:
    assert read_age(text) == age


def test_without_a_journal_that_can_be_read_no_group_is_called_ready(tmp_path: Path) -> None:
    broken = tmp_path / "journal.sqlite"
    broken.write_bytes(b"no database at all, but more than a hundred bytes of something else " * 9)
    with practise(Sandbox("demo", speed=1.0), journal=broken) as site:
        word = site.ready("shop-frontend")["readiness"].item()
        checks = site.readiness("shop-frontend").set_index("check")
    assert word == "not known"
    assert set(checks.index[checks.state == "unknown"]) == {"last drill", "proof", "lease"}
