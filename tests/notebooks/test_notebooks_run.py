"""The notebooks as they are shipped, run without a screen on a practice range of their own."""

import ast
import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

from drkit.errors import InputError
from drkit.forms import AttachRequest, ProtectRequest, RemovalRequest
from drkit.headless.command import run_notebook
from drkit.headless.parameters import declared
from drkit.sandbox import Sandbox

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
ATTACH = NOTEBOOKS / "20_attach_pairs.ipynb"
PROTECT = NOTEBOOKS / "12_protect_servers.ipynb"
PAIRS = 'pairs=["app-cache-01", "app-cache-02"]'
OBJECTIVES = (
    "scenario=Practice",
    "scope=The shop",
    "criteria=Orders work",
    "participants=Duty lead",
    "rto=*=1 h",
)
LOADED = """import sys
print("widgets:", sorted({"anywidget", "ipywidgets", "itables"} & {*sys.modules}))
"""


def run(notebook: Path, folder: Path, *given: str) -> tuple[int, str, nbformat.NotebookNode]:
    """Exit code, what was said, and the executed notebook. One that ran to its end has loaded no widgets."""
    book = nbformat.read(notebook, as_version=4)
    book.cells.append(nbformat.v4.new_code_cell(LOADED))
    nbformat.write(book, folder / notebook.name)
    said: list[str] = []
    code = run_notebook(folder / notebook.name, given, out=folder / "out", print_line=said.append)
    (executed,) = (folder / "out").glob("*.ipynb")
    found = nbformat.read(executed, as_version=4)
    assert code or found.cells[-1].outputs[0].text == "widgets: []\n"
    return code, "\n".join(said), found


def outputs(executed: nbformat.NotebookNode) -> str:
    return json.dumps([cell.outputs for cell in executed.cells if cell.cell_type == "code"])


def cells(path: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(path.read_text())["cells"]
    return found


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a journal of its own, and a practice range that tells now as much as is printed, now as
    much as real services do.
    """
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    monkeypatch.setenv("DRKIT_SANDBOX_SPEED", "200")
    monkeypatch.setenv("DRKIT_SANDBOX_MANNER", "mixed")
    return tmp_path


@pytest.mark.parametrize(
    ("name", "words", "given"),
    [
        ("00_start_here", "shop-reporting", ()),
        ("10_inspect", "drkit-picture", ()),
        ("16_remove_protection", "Delete group shop-backend", ("group=shop-backend", "dry_run=true")),
        ("40_planned_failover", "shop-frontend", (*OBJECTIVES, "waves=shop-frontend", "dry_run=true")),
        ("60_review_rehearsals", "", ()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_looking_runs_to_the_end(name: str, words: str, given: tuple[str, ...], folder: Path) -> None:
    code, said, executed = run(NOTEBOOKS / f"{name}.ipynb", folder, *given)
    assert code == 0, said
    assert words in outputs(executed).replace("\\", "")


def test_the_attach_runbook_attaches_watches_to_the_end_and_prints_the_result(folder: Path) -> None:
    given = ("instance=app-01", PAIRS, "confirm=shop-backend", "devices=app-cache-02=/dev/vdg")
    code, said, executed = run(ATTACH, folder, *given)
    assert code == 0, said
    assert "done   Attach app-cache-01 to app-01 as /dev/vdc" in said
    assert "done   Attach app-cache-02 to app-01 as /dev/vdg" in said
    assert "It is kept as run" in said
    assert "/dev/vdg" in outputs(executed)
    assert "widget-view" not in outputs(executed)


@pytest.mark.parametrize("name", ["20_attach_pairs", "50_failover_and_reprotect"])
def test_a_program_that_executes_a_runbook_is_refused_and_told_of_drkit_run(
    name: str, tmp_path: Path
) -> None:
    # `jupyter execute`, papermill and nbconvert run this same client
    client = NotebookClient(nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4), kernel_name="python3")
    with pytest.raises(CellExecutionError, match=r"Nothing was sent.*`drkit run NOTEBOOK") as raised:
        client.execute(cwd=str(tmp_path))
    assert raised.value.ename == "InputError"
    assert not (tmp_path / "journal.sqlite").exists()


def test_a_program_that_executes_a_notebook_to_look_at_gets_plain_tables(tmp_path: Path) -> None:
    client = NotebookClient(
        nbformat.read(NOTEBOOKS / "10_inspect.ipynb", as_version=4), kernel_name="python3"
    )
    shown = outputs(client.execute(cwd=str(tmp_path)))
    assert "shop-backend" in shown
    assert "widget-view" not in shown


def test_servers_are_protected_watched_to_the_end_and_told(folder: Path) -> None:
    given = ("servers=search-01,search-02", "name=search", "confirm=search")
    domain = next(iter(Sandbox("demo").world.facts["domains"]))
    code, said, executed = run(PROTECT, folder, *given, f"domain={domain}")
    assert code == 0, said
    assert "done     Synchronised: search" in said or "done   Synchronised: search" in said
    assert "protected" in outputs(executed)


def test_the_attach_runbook_sends_nothing_without_a_confirmation(folder: Path) -> None:
    code, said, executed = run(ATTACH, folder, "instance=app-01", PAIRS)
    assert code == 2
    assert "Nothing was sent" in said
    assert "/dev/vdd" in outputs(executed)
    (error,) = [each for cell in executed.cells for each in cell.get("outputs", []) if "traceback" in each]
    assert error.traceback == [error.evalue]
    assert error.evalue.startswith("Nothing was sent")


@pytest.mark.parametrize("given", ["instnace=app-01", "pairs={}", "fail_fast=perhaps"])
def test_a_misspelled_parameter_is_refused_before_anything_runs(given: str, tmp_path: Path) -> None:
    with pytest.raises(InputError):
        run_notebook(ATTACH, [given], out=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_attach_runbook_asks_for_what_the_form_takes() -> None:
    source = "".join(next(cell for cell in cells(ATTACH) if cell["id"] == "attach-parameters")["source"])
    parameters = declared(source)
    assert list(parameters) == [each.name for each in fields(AttachRequest)]
    assert all(each.comment for each in parameters.values())


def test_protecting_asks_for_what_the_form_takes() -> None:
    source = "".join(next(cell for cell in cells(PROTECT) if cell["id"] == "protect-parameters")["source"])
    parameters = declared(source)
    assert set(parameters) == {each.name for each in fields(ProtectRequest)}
    assert all(each.comment for each in parameters.values())


def test_removing_asks_for_what_the_form_takes() -> None:
    path = NOTEBOOKS / "16_remove_protection.ipynb"
    source = "".join(next(cell for cell in cells(path) if cell["id"] == "removal-parameters")["source"])
    assert list(declared(source)) == [each.name for each in fields(RemovalRequest)]


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
class TestEachNotebook:
    def test_hides_its_code_from_the_operator(self, path: Path) -> None:
        shown = [
            cell["id"]
            for cell in cells(path)
            if cell["cell_type"] == "code" and not cell["metadata"].get("jupyter", {}).get("source_hidden")
        ]
        assert shown == []

    def test_names_its_cells_for_good(self, path: Path) -> None:
        ids = [cell["id"] for cell in cells(path)]
        assert len(set(ids)) == len(ids)
        assert all("-" in each and each == each.lower() and len(each) <= 40 for each in ids)

    def test_begins_with_a_title_and_keeps_its_cells_thin(self, path: Path) -> None:
        first, *_ = cells(path)
        assert "".join(first["source"]).startswith("# ")
        lengths = [
            len(ast.parse("".join(cell["source"])).body)
            for cell in cells(path)
            if cell["cell_type"] == "code" and "parameters" not in cell["metadata"].get("tags", [])
        ]
        assert max(lengths) <= 5


def test_one_thing_is_changed_without_a_screen(folder: Path) -> None:
    given = ("verb=rename_group", "arguments=group=shop-backend,name=store")
    code, said, _ = run(NOTEBOOKS / "15_change_one_thing.ipynb", folder, *given, "confirm=shop-backend")
    assert code == 0, said
    assert "Rename group shop-backend to store" in said
