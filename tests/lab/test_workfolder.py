import json
from collections.abc import Callable
from pathlib import Path

import nbformat
import pytest

from drkit.errors import InputError, UnknownNameError
from drkit.lab import WorkFolder, find_notebook, shipped_notebooks
from drkit.lab.workfolder import fingerprint

Ship = Callable[[str], list[Path]]
NAME = "20_attach.ipynb"


def write(path: Path, source: str, **extra: object) -> None:
    cell = nbformat.v4.new_code_cell(source, id="one", **extra)
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)


@pytest.fixture
def ship(tmp_path: Path) -> Ship:
    """Makes the one notebook of a release that says so much."""
    (tmp_path / "release").mkdir()

    def make(source: str) -> list[Path]:
        write(tmp_path / "release" / NAME, source)
        return [tmp_path / "release" / NAME]

    return make


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "deep" / "runbooks"


def lay(folder: Path, notebooks: list[Path]) -> list[str]:
    work = WorkFolder(folder)
    assert work.lay(notebooks) == [NAME]
    return work.sentences


def source(path: Path) -> str:
    return str(nbformat.read(path, as_version=4).cells[0].source)


def visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def test_a_new_folder_gets_the_notebooks(folder: Path, ship: Ship) -> None:
    assert lay(folder, ship("v1")) == []
    assert source(folder / NAME) == "v1"


def test_what_is_laid_is_for_its_owner_alone(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    lay(folder, ship("v2"))
    assert {each.stat().st_mode & 0o77 for each in (folder.parent, folder, *folder.rglob("*"))} == {0}


def test_the_shipped_notebooks_are_laid_when_none_are_named(folder: Path) -> None:
    names = WorkFolder(folder).lay()
    assert names[0] == "00_start_here.ipynb"
    assert visible(folder) == names == [path.name for path in shipped_notebooks()]


def test_running_a_notebook_does_not_count_as_changing_it(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    output = nbformat.v4.new_output("stream", text="hello")
    write(folder / NAME, "v1\n", outputs=[output], execution_count=3, metadata={"trusted": True})
    (sentence,) = lay(folder, ship("v2"))
    assert source(folder / NAME) == "v2"
    earlier = folder / ".drkit" / "earlier" / NAME
    assert str(earlier) in sentence
    assert nbformat.read(earlier, as_version=4).cells[0].outputs[0].text == "hello"


def test_a_changed_notebook_stays_and_the_newer_one_is_laid_beside_it_once(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    write(folder / NAME, "mine")
    assert lay(folder, ship("v1")) == []
    assert lay(folder, ship("v2")) == [
        f"You changed {NAME}, so it stays; the newer version is 20_attach.new.ipynb"
    ]
    assert source(folder / NAME) == "mine"
    assert source(folder / "20_attach.new.ipynb") == "v2"
    (folder / "20_attach.new.ipynb").unlink()
    assert lay(folder, ship("v2")) == []
    assert visible(folder) == [NAME]


def test_a_newer_one_laid_beside_is_not_written_over_either(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    write(folder / NAME, "mine")
    lay(folder, ship("v2"))
    write(folder / "20_attach.new.ipynb", "mine too")
    (sentence,) = lay(folder, ship("v3"))
    assert "20_attach.new2.ipynb" in sentence
    assert source(folder / "20_attach.new.ipynb") == "mine too"
    assert source(folder / "20_attach.new2.ipynb") == "v3"


def test_a_newer_one_that_the_operator_adopts_is_kept_up_to_date_again(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    write(folder / NAME, "mine")
    lay(folder, ship("v2"))
    (folder / "20_attach.new.ipynb").replace(folder / NAME)
    lay(folder, ship("v2"))
    lay(folder, ship("v3"))
    assert source(folder / NAME) == "v3"


def test_a_deleted_notebook_comes_back(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    (folder / NAME).unlink()
    lay(folder, ship("v1"))
    assert source(folder / NAME) == "v1"


@pytest.mark.parametrize("manifest", [None, "", "[]", '{"20_attach.ipynb": 1}'])
def test_without_a_readable_manifest_nothing_is_written_over(
    folder: Path, ship: Ship, manifest: str | None
) -> None:
    lay(folder, ship("v1"))
    laid = folder / ".drkit" / "laid.json"
    if manifest is None:
        laid.unlink()
    else:
        laid.write_text(manifest)
    lay(folder, ship("v2"))
    assert source(folder / NAME) == "v1"
    assert source(folder / "20_attach.new.ipynb") == "v2"
    assert json.loads(laid.read_text())[NAME] == {"offered": fingerprint(folder / "20_attach.new.ipynb")}


def test_a_file_that_is_no_notebook_is_left_alone(folder: Path, ship: Ship) -> None:
    folder.mkdir(parents=True)
    (folder / NAME).write_text("notes, not JSON")
    lay(folder, ship("v1"))
    assert (folder / NAME).read_text() == "notes, not JSON"
    for text in ("[]", '{"cells": [1]}', '{"cells": 5}'):
        (folder / NAME).write_text(text)
        lay(folder, ship("v1"))
        assert (folder / NAME).read_text() == text


def test_a_folder_that_cannot_be_used_is_refused(tmp_path: Path, ship: Ship) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="--dir"):
        WorkFolder(tmp_path / "file").lay(ship("v1"))


def test_no_half_written_file_is_left(folder: Path, ship: Ship) -> None:
    lay(folder, ship("v1"))
    assert sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*")) == [
        ".drkit",
        ".drkit/laid.json",
        NAME,
    ]


def test_a_notebook_is_found_as_a_file_or_among_the_shipped_ones(tmp_path: Path) -> None:
    file = tmp_path / "mine.ipynb"
    file.write_text("")
    assert find_notebook(file) == file
    assert find_notebook(Path("00_start_here")) == shipped_notebooks()[0]
    assert find_notebook(Path("00_start_here.ipynb")) == shipped_notebooks()[0]
    with pytest.raises(UnknownNameError, match="did you mean '00_start_here'"):
        find_notebook(Path("00_start_her"))
    with pytest.raises(UnknownNameError):
        find_notebook(tmp_path / "00_start_here.ipynb")


def test_the_one_folder_of_reports_is_seen_among_the_runbooks(tmp_path: Path) -> None:
    work, one, other = WorkFolder(tmp_path / "work"), tmp_path / "reports", tmp_path / "others"
    for folder in (one, other):  # of another journal the next time
        work.show_reports(folder)
        (folder / "a.html").write_text("a")
        assert (work.path / "reports" / "a.html").samefile(folder / "a.html")
    assert work.sentences == []


def test_a_folder_of_reports_that_is_there_already_stays(tmp_path: Path) -> None:
    work = WorkFolder(tmp_path)
    (tmp_path / "reports").mkdir()
    work.show_reports(tmp_path / "one")
    assert not (tmp_path / "reports").is_symlink()
    assert "stay where they are" in work.sentences[0]
