import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit import owned


@pytest.fixture(autouse=True)
def _everybody_may_read_what_is_made() -> Iterator[None]:
    before = os.umask(0)
    yield
    os.umask(before)


def rights(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_a_folder_is_made_for_its_owner_and_so_are_those_above_it(tmp_path: Path) -> None:
    tmp_path.chmod(0o755)
    owned.make_folder(tmp_path / "a" / "b")
    owned.make_folder(tmp_path / "a" / "b")
    assert [rights(each) for each in (tmp_path / "a" / "b", tmp_path / "a", tmp_path)] == [
        0o700,
        0o700,
        0o755,
    ]


@pytest.mark.parametrize("before", [None, 0o644, 0o666])
def test_a_file_is_written_for_its_owner_whatever_was_there(tmp_path: Path, before: int | None) -> None:
    path = tmp_path / "report.html"
    if before is not None:
        path.write_text("before")
        path.chmod(before)
    owned.write(path, b"after")
    assert (rights(path), path.read_bytes()) == (0o600, b"after")
    assert list(tmp_path.iterdir()) == [path]


def test_a_file_that_cannot_be_put_in_place_leaves_nothing_behind(tmp_path: Path) -> None:
    (tmp_path / "report.html").mkdir()
    with pytest.raises(IsADirectoryError):
        owned.write(tmp_path / "report.html", b"after")
    assert [each.name for each in tmp_path.iterdir()] == ["report.html"]


def test_a_file_that_is_made_where_a_link_leads_is_its_owners_too(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("file")
    owned.make_file(tmp_path / "link")
    assert rights(tmp_path / "file") == 0o600


@pytest.mark.parametrize(("before", "after"), [(0o666, 0o600), (0o440, 0o400), (0o700, 0o700)])
def test_a_file_that_is_there_loses_the_rights_of_others_and_keeps_its_content(
    tmp_path: Path, before: int, after: int
) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_text("kept")
    path.chmod(before)
    owned.make_file(path)
    assert (rights(path), path.read_text()) == (after, "kept")


def test_a_file_of_somebody_else_stays_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_path: Path, _mode: int) -> None:
        raise PermissionError

    (tmp_path / "theirs").touch(0o644)
    monkeypatch.setattr(Path, "chmod", refuse)
    owned.narrow(tmp_path / "theirs")
    assert rights(tmp_path / "theirs") == 0o644
