"""Nothing that an operator types or opens ends in a traceback: one sentence, exit code 2, nothing sent."""

import ast
import json
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import drkit
from drkit import PlanRequest, cli
from drkit.errors import InputError, UnknownNameError
from drkit.headless.command import parameters_of, read_notebook

DEEP = 100_000  # brackets, far beyond what a parser goes down
PARAMETERS = "a: str = 'x'\nw: list[str] = []\nn: int = 1\nf: float = 1.0\nm: dict[str, str] = {}"
CELL: dict[str, object] = {
    "cell_type": "code", "id": "p", "metadata": {"tags": ["parameters"]}, "outputs": [],
    "execution_count": None, "source": PARAMETERS,
}  # fmt: skip


def notebook(*cells: object, **more: object) -> str:
    return json.dumps({"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **more})


def cell(**other: object) -> dict[str, object]:
    return {**CELL, **other}


def without(key: str) -> dict[str, object]:
    return {name: value for name, value in CELL.items() if name != key}


DAMAGED: Mapping[str, str] = {
    "empty": "",
    "deep": "[" * DEEP,
    "deep metadata": notebook(CELL).replace(
        '"metadata": {}', f'"metadata": {{"x": {"[" * DEEP}{"]" * DEEP}}}'
    ),
    "no source": notebook(without("source")),
    "no source elsewhere": notebook(CELL, {"cell_type": "code", "id": "q", "metadata": {}, "outputs": []}),
    "no metadata": notebook(CELL, without("metadata")),
    "no type": notebook(CELL, without("cell_type")),
    "tags null": notebook(cell(metadata={"tags": None})),
    "tags null elsewhere": notebook(CELL, cell(id="q", metadata={"tags": None})),
    "tags a number": notebook(cell(metadata={"tags": 5})),
    "tags a text": notebook(cell(metadata={"tags": "parameters"})),
    "metadata null": notebook(cell(metadata=None)),
    "metadata a list": notebook(CELL, cell(id="q", metadata=[])),
    "source a number": notebook(cell(source=5)),
    "source null": notebook(cell(source=None)),
    "a cell that is none": notebook(CELL, 5),
    "cells null": notebook().replace("[]", "null"),
    "outputs null": notebook(cell(outputs=None)),
    "version a text": notebook(CELL, nbformat="4"),
    "version of another time": notebook(CELL, nbformat=99),
    "version null": notebook(CELL, nbformat=None),
    "NUL in the source": notebook(cell(source="a: str = 'x'\0")),
    "half a character": notebook(cell(source="a: str = '\ud800'")),
    "deep default": notebook(cell(source=f"a: list[str] = {'[' * 5000}{']' * 5000}")),
    "deep sum": notebook(cell(source=f"a: int = {'-' * 50000}1")),
    "deep name": notebook(cell(source=f"a: {'x.' * 50000}y = 1")),
    "long number": notebook(cell(source=f"a: int = {'9' * 10000}")),
    "computed default": notebook(cell(source="a: dict[str, str] = {[]: 1}")),
}
FILES: Mapping[str, bytes] = {
    "deep": b"[" * DEEP,
    "deep value": b'{"w": ' + b"[" * DEEP + b"]" * DEEP + b"}",
    "no number": b'{"f": NaN}',
    "endless": b'{"f": 1e999}',
    "long": b'{"n": ' + b"9" * 10000 + b"}",
    "null": b'{"a": null}',
    "nested": b'{"m": {"a": {"b": 1}}}',
    "list": b"[]",
    "bytes": b"\xff\xfe\x00",
    "half a key": b'{"\\ud800": 1}',
    "empty": b"",
}
VALUES = (
    f"w={'[' * DEEP}", f"m={'{' * DEEP}", f'm={{"a":{"[" * DEEP}', f"n={'9' * 10000}", "n=1e5", "n=\udcff",
    "f=nan", "f=1e999", "a", "=", "=x", "w=,", "w=[1]", "w=[", "m=a", "m=a=1,a=2", 'm={"a":1}', "x" * 5000,
)  # fmt: skip
WORDS = (
    *(
        (command, run, *more)
        for command, *more in (("show",), ("resume",), ("close", "--why", "x"), ("report",), ("verify",))
        for run in ("", "nope", "x" * 5000, "\udcff", "'; drop table x", "a\nb", "../x", "*", "a\0b")
    ),
    ("run", ""), ("run", "."), ("run", "x" * 5000), ("run", "a\0b"), ("run", "/dev/null"),
    ("run", "00_start_here", "--out", "/dev/null/x"),
    ("resume", "nope", "--attest", "x"), ("resume", "nope", "--attest", "a=maybe"),
    ("resume", "nope", "--attest", "a=passed", "--attest", "a=passed"),
    ("close", "nope", "--why", ""),
    ("table", "pairs", "--group", "\udcff"), ("table", "pairs", "--group", "x" * 5000),
    ("table", "pairs", "--profile", "../x"),
    ("lab", "--port", "-1"), ("lab", "--port", "99999999"), ("lab", "--speed", "nan"),
    ("lab", "--speed", "0"), ("lab", "--world", "nope"),
    ("lab", "--dir", "/dev/null"), ("lab", "--dir", "~nobodyhere/x"),
    ("lab", "--profile", "nope"),
    ("sandbox", "--speed", "nan"), ("sandbox", "--world", "nope"), ("sandbox", "--world", "/dev/null"),
    ("sandbox", "--port", "99999"), ("sandbox", "--host", "8.8.8.8"), ("sandbox", "--faults", "deep.json"),
    ("sandbox", "--world", "./deep.json"), ("sandbox", "--pairs", "-1"),
)  # fmt: skip


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    Path("ok.ipynb").write_text(notebook(CELL))
    Path("deep.json").write_text("[" * DEEP)


def refused(words: tuple[str, ...], capsys: pytest.CaptureFixture[str]) -> str:
    """The one sentence that a command refuses these words with."""
    assert cli.main(words) == 2
    seen = capsys.readouterr()
    told = seen.err.removeprefix("PRACTICE:\n")
    assert told.count("\n") == 1, told
    assert told.startswith("drkit")
    assert len(told) < 1000
    assert "Traceback" not in seen.out
    return told


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_notebook_is_refused(damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("damaged.ipynb").write_bytes(DAMAGED[damage].encode("utf-8", "surrogatepass"))
    refused(("run", "damaged.ipynb", "--list"), capsys)
    refused(("run", "damaged.ipynb"), capsys)
    assert not Path("drkit-runs").exists()


@pytest.mark.parametrize("damage", FILES)
def test_a_damaged_parameter_file_is_refused(damage: str, capsys: pytest.CaptureFixture[str]) -> None:
    Path("given").write_bytes(FILES[damage])
    refused(("run", "ok.ipynb", "-f", "given", "-p", "zzz=1"), capsys)


@pytest.mark.parametrize("value", VALUES, ids=lambda value: ascii(value[:12]))
def test_a_value_that_does_not_fit_is_refused(value: str, capsys: pytest.CaptureFixture[str]) -> None:
    refused(("run", "ok.ipynb", "-p", value), capsys)
    assert not Path("drkit-runs").exists()


@pytest.mark.parametrize("words", WORDS, ids=lambda words: ascii(" ".join(words)[:40]))
def test_words_that_mean_nothing_are_refused(
    words: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    refused(words, capsys)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=5,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_stands_in_a_notebook_it_is_read_or_refused(data: st.DataObject) -> None:
    whole: dict[str, Any] = json.loads(notebook(CELL, cell(id="q", metadata={}, source="1")))
    place: Any = whole
    while isinstance(place, dict | list) and place:
        key = data.draw(st.sampled_from(list(place) if isinstance(place, dict) else range(len(place))))
        if not isinstance(place[key], dict | list) or data.draw(st.booleans()):
            place[key] = data.draw(JSON)
            break
        place = place[key]
    Path("some.ipynb").write_text(json.dumps(whole))
    try:
        parameters_of(read_notebook(Path("some.ipynb")), Path("some.ipynb"))
    except InputError as error:
        assert "\n" not in str(error)


@given(st.text())
def test_whatever_a_parameter_is_given_it_is_taken_or_refused(text: str) -> None:
    for parameter in parameters_of(read_notebook(Path("ok.ipynb")), Path("ok.ipynb")).values():
        try:
            parameter.parse(text)
        except InputError as error:
            assert len(str(error)) < 500


def test_an_unknown_name_is_told_by_what_the_known_ones_are_called() -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'reprotect'\?$"):
        PlanRequest(kind="reprotectt").runbook()


class TestOutputThatCannotBeWritten:
    @pytest.mark.slow
    @pytest.mark.parametrize("words", [("runs",), ("table", "pairs"), ("run", "00_start_here", "--list")])
    def test_is_told_and_is_exit_code_2(self, words: tuple[str, ...]) -> None:
        with Path("/dev/full").open("w") as full:
            ended = self.run(*words, stdout=full)
        assert ended.returncode == 2
        assert ended.stderr.removeprefix("PRACTICE:\n") == (
            "drkit: The output cannot be used or written: No space left on device.\n"
        )

    @pytest.mark.slow
    def test_because_it_is_closed_ends_without_a_traceback(self) -> None:
        drkit_ = Path(sys.executable).with_name("drkit")
        for words in ("runs >&-", "runs >&- 2>&-", "show nope 2>&-", "table pairs 2>/dev/full"):
            ended = subprocess.run(
                ["/bin/sh", "-c", f"{drkit_} {words}"], capture_output=True, text=True, check=False
            )
            assert "Traceback" not in ended.stderr
            assert ended.returncode in {0, 2}

    @pytest.mark.slow
    def test_in_letters_that_a_terminal_does_not_have_are_spelled_out(self) -> None:
        ended = self.run("show", "grün", env={"PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"})
        assert (ended.returncode, "gr\\xfcn" in ended.stderr) == (2, True)

    def run(
        self,
        *words: str,
        stdout: Any = subprocess.PIPE,  # noqa: ANN401 - a file, or what subprocess has for one
        env: Mapping[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        command: list[str | Path] = [Path(sys.executable).with_name("drkit"), *words]
        return subprocess.run(
            command,
            stdout=stdout,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
            env={**os.environ, **(env or {})},
        )


def test_every_command_that_a_sentence_names_exists() -> None:
    actions: Any = cli.build_parser()._actions
    commands: dict[str, Any] = next(each.choices for each in actions if isinstance(each.choices, dict))
    home, named = Path(drkit.__file__).parent, set[str]()
    for path in home.rglob("*.py"):
        for found in (found for text in texts(path) for found in COMMAND.finditer(text)):
            command, options = found[1], re.findall(r"--[a-z-]+", found[2])
            known = {name for action in commands[command]._actions for name in action.option_strings}
            assert {*options} <= known, (path, found[0])
            named.add(command)
    assert {"resume", "close", "verify", "runs", "lab"} <= named


COMMAND = re.compile(r"(?:`|<code>|\(|(?:with|first): )drkit ([a-z]+)((?: (?:--[a-z-]+|[A-Z]+|\{\}))*)")


def texts(path: Path) -> list[str]:
    """The texts in a file that are no docstrings; what is filled in later stands as {}."""
    tree = ast.parse(path.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    parts = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    found: list[str] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            found.append(
                "".join(getattr(part, "value", "") if _plain(part) else "{}" for part in node.values)
            )
        elif _plain(node) and id(node) not in docs | parts:
            found.append(getattr(node, "value", ""))
    return found


def _plain(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)
