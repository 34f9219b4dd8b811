"""The rules of the house that no other tool holds."""

import ast
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
NOT_OURS = {
    "build",
    "dist",
    "drkit-runbooks",
    "drkit-runs",
    "drkit-views",
}  # made by building and by using it, ignored by git


def code_cells(path: Path) -> list[dict[str, Any]]:
    return [cell for cell in json.loads(path.read_text())["cells"] if cell["cell_type"] == "code"]


def syntax(path: Path) -> list[ast.AST]:
    return [node for cell in code_cells(path) for node in ast.walk(ast.parse("".join(cell["source"])))]


def test_the_top_level_holds_only_what_the_house_allows() -> None:
    seen = {entry.name for entry in ROOT.iterdir() if not entry.name.startswith(".")} - NOT_OURS
    assert seen <= {"pyproject.toml", "README.md", "notebooks", "drkit", "tests"}


def test_imports_keep_to_the_contracts() -> None:
    lint = Path(sys.executable).with_name("lint-imports")
    result = subprocess.run([lint, "--no-logo"], cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr


def test_nobody_opens_a_url_past_the_one_door() -> None:
    """The import contracts see only `urllib`, whose `parse` everybody may use."""
    imports = (
        (path.name, f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name)
        for path in (ROOT / "drkit").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
    )
    assert [pair for pair in imports if pair[1].startswith(("urllib.request", "urllib3", "requests"))] == []


ROOMS = {each.parent.name for each in (ROOT / "drkit").glob("*/__init__.py")}


def test_outsiders_import_from_the_face_of_a_room() -> None:
    wrong = []
    for path in (ROOT / "drkit").rglob("*.py"):
        home = path.relative_to(ROOT / "drkit").parts[0]
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.ImportFrom) and node.module:
                package, *inside = node.module.split(".")
                if package == "drkit" and len(inside) > 1 and inside[0] != home and inside[0] in ROOMS:
                    wrong.append(f"{path.relative_to(ROOT)}:{node.lineno} {node.module}")
    assert wrong == []


def test_forms_have_plans_made_and_never_make_or_judge_one() -> None:
    imported = {
        alias.name
        for path in (ROOT / "drkit" / "forms").rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ImportFrom) and node.module == "drkit.plan"
        for alias in node.names
    }
    assert {name for name in imported if name.startswith(("plan_", "recheck", "rule_", "way"))} == set()


VAGUE = {"each", "told", "said", "found"}
SCOPES = ast.FunctionDef | ast.Lambda | ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


def vague_lines(scope: ast.AST) -> Counter[str]:
    """On how many lines of a scope, without those in it, each vague name stands."""
    lines: set[tuple[str, int]] = set()
    inside = list(ast.iter_child_nodes(scope))
    for node in inside:
        if isinstance(node, ast.Name) and node.id in VAGUE:
            lines.add((node.id, node.lineno))
        if not isinstance(node, SCOPES):
            inside.extend(ast.iter_child_nodes(node))
    return Counter(name for name, _ in lines)


def test_what_more_than_three_lines_use_has_a_name_that_says_what_it_is() -> None:
    vague = [
        f"{path.relative_to(ROOT)}:{scope.lineno} {name}"
        for path in (ROOT / "drkit").rglob("*.py")
        for scope in ast.walk(ast.parse(path.read_text()))
        if isinstance(scope, SCOPES)
        for name, times in vague_lines(scope).items()
        if times > 3
    ]
    assert vague == []


def test_a_word_names_one_type() -> None:
    """Apart from the practice range, which has a world of its own."""
    named = Counter(
        node.name
        for path in (ROOT / "drkit").rglob("*.py")
        if "sandbox" not in path.parts
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef)
    )
    assert [name for name, times in named.items() if times > 1] == []


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
class TestEachNotebook:
    def test_is_source_and_holds_no_outputs(self, path: Path) -> None:
        cells = code_cells(path)
        assert all(cell["outputs"] == [] and cell["execution_count"] is None for cell in cells)

    def test_has_one_parameters_cell(self, path: Path) -> None:
        tags = [tag for cell in code_cells(path) for tag in cell["metadata"].get("tags", [])]
        assert tags.count("parameters") == 1
        assert "injected-parameters" not in tags

    def test_says_above_its_forms_what_to_press_where_they_are_not_there(self, path: Path) -> None:
        second = json.loads(path.read_text())["cells"][1]
        assert second["metadata"]["tags"] == ["drkit-run-all"]
        assert "Press **Run All**" in "".join(second["source"])

    def test_defines_no_functions_or_classes(self, path: Path) -> None:
        defining = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda
        assert not [node for node in syntax(path) if isinstance(node, defining)]

    def test_imports_from_drkit_and_its_forms_only(self, path: Path) -> None:
        imported = [
            alias.name for node in syntax(path) if isinstance(node, ast.Import) for alias in node.names
        ]
        imported += [node.module or "" for node in syntax(path) if isinstance(node, ast.ImportFrom)]
        assert set(imported) <= {"drkit", "drkit.forms"}

    def test_names_the_kernel_every_jupyter_has(self, path: Path) -> None:
        metadata = json.loads(path.read_text())["metadata"]
        assert metadata["kernelspec"]["name"] == "python3"
        assert set(metadata) <= {"kernelspec", "language_info"}
