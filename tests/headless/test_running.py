"""Real kernels; each costs a second or two, so there are few."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import nbformat
import pytest

from drkit.clock import SteppedClock
from drkit.errors import InputError
from drkit.headless import heard
from drkit.headless.command import inject, parameters_of, read_notebook, run_notebook

DRKIT = Path(sys.executable).with_name("drkit")
Make = Callable[..., Path]


@pytest.fixture
def notebook(tmp_path: Path) -> Make:
    def make(*cells: str, parameters: str = 'group: str = ""  # the group', kernel: str = "python3") -> Path:
        book = nbformat.v4.new_notebook(metadata={"kernelspec": {"name": kernel, "display_name": kernel}})
        book.cells = [nbformat.v4.new_code_cell(parameters, metadata={"tags": ["parameters"]})]
        book.cells += [nbformat.v4.new_code_cell(cell) for cell in cells]
        path = tmp_path / "book.ipynb"
        nbformat.write(book, path)
        return path

    return make


def outputs(path: Path) -> list[str]:
    cells = nbformat.read(path, as_version=4).cells
    return ["".join(output.get("text", output.get("ename", "")) for output in cell.outputs) for cell in cells]


REPORT = "from drkit.headless import report_outcome\n"


@pytest.mark.slow
def test_a_notebook_runs_on_this_python_with_its_values_and_says_how_it_ended(
    notebook: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    foreign = tmp_path / "jupyter" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    (foreign / "kernel.json").write_text(
        json.dumps({"argv": ["/bin/false"], "display_name": "x", "language": "python"})
    )
    monkeypatch.setenv("JUPYTER_PATH", str(tmp_path / "jupyter"))
    path = notebook(
        "import os, sys; print(sys.executable, os.environ['DRKIT_HEADLESS'])",
        REPORT
        + "rows = [{'pair': 'a\\x1b[2J', 'state': 'done'}, {'pair': 'bc'}]\n"
        + "report_outcome(0, f'Attached to {group}.', rows)",
        kernel="something-else",
    )
    said: list[str] = []
    code = run_notebook(
        path, ["group=we'b"], out=tmp_path / "out", print_line=said.append, clock=SteppedClock()
    )
    assert code == 0
    executed = tmp_path / "out" / "book-20260101T000000Z.ipynb"
    assert said[0] == f"The executed notebook is {executed}"
    assert said[1] == f"{sys.executable} 1"
    assert said[2:] == ["pair   state", "a�[2J  done", "bc", "Attached to we'b."]
    assert nbformat.read(executed, as_version=4).cells[1].source == '# Parameters\ngroup = "we\'b"'
    assert outputs(executed)[2].startswith(sys.executable)
    assert outputs(path) == ["", "", ""]


@pytest.mark.slow
def test_what_a_kernel_logs_is_told_where_that_is_wanted(
    notebook: Make, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = notebook("import logging; logging.getLogger('drkit.api').debug('GET /jobs: 200')")
    assert run_notebook(path, out=tmp_path / "still") == 0
    assert capsys.readouterr().err == ""
    with heard(verbose=True):
        assert run_notebook(path, out=tmp_path / "told") == 0
    assert capsys.readouterr().err.endswith(" drkit.api: GET /jobs: 200\n")
    (executed,) = (tmp_path / "told").iterdir()
    assert outputs(executed)[1].endswith(" drkit.api: GET /jobs: 200\n")


@pytest.mark.slow
def test_the_executed_notebook_is_for_its_owner_alone_while_it_runs_and_after(
    notebook: Make, tmp_path: Path
) -> None:
    look = "print(*{oct(each.stat().st_mode & 0o777) for each in Path(where).parent.iterdir()})"
    path = notebook(f"from pathlib import Path; where = {str(tmp_path / 'out' / 'x')!r}", look)
    run_notebook(path, [], out=tmp_path / "out")
    (executed,) = (tmp_path / "out").iterdir()
    assert outputs(executed)[2] == "0o600\n"
    assert executed.stat().st_mode & 0o777 == 0o600
    assert executed.parent.stat().st_mode & 0o777 == 0o700


@pytest.mark.slow
def test_a_cell_that_raises_ends_the_run_and_what_came_before_is_saved(
    notebook: Make, tmp_path: Path
) -> None:
    path = notebook(
        "print('first')",
        "from drkit.errors import UnknownNameError\nraise UnknownNameError.among('group', 'wbe', ['web'])",
        "print('never')",
    )
    said: list[str] = []
    assert run_notebook(path, out=tmp_path, print_line=said.append, clock=SteppedClock()) == 2
    assert said[-1] == "No group is named 'wbe'; did you mean 'web'?"
    assert outputs(tmp_path / "book-20260101T000000Z.ipynb") == ["", "first\n", "UnknownNameError", ""]


@pytest.mark.slow
def test_a_kernel_that_is_killed_while_sending_leaves_an_unknown_outcome(
    notebook: Make, tmp_path: Path
) -> None:
    path = notebook(
        REPORT + "report_outcome(3, 'Changes were being sent.')",
        "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
    )
    said: list[str] = []
    assert run_notebook(path, out=tmp_path, print_line=said.append) == 3
    assert said[-1] == "The kernel died. Changes were being sent."


RUNNING = """\
import time
try:
    print("working", flush=True)
    time.sleep(60)
except KeyboardInterrupt:
    report_outcome(3, "Stopped; one pair is in flight.")
"""


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_interrupts_the_cell_and_lets_it_write_down_what_is_in_flight(
    notebook: Make, tmp_path: Path, number: signal.Signals
) -> None:
    path = notebook(REPORT + RUNNING, "print('never')")
    command: list[str | Path] = [DRKIT, "run", path, "--out", tmp_path / "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline() for _ in range(2)]
        assert lines[1] == "working\n"
        process.send_signal(number)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out) == (3, "Interrupted. Stopped; one pair is in flight.\n")
    assert err == ""
    (executed,) = (tmp_path / "out").iterdir()
    assert outputs(executed) == ["", "working\n", ""]


@pytest.mark.slow
def test_a_second_signal_kills_a_kernel_that_does_not_listen(notebook: Make, tmp_path: Path) -> None:
    deaf = "import signal, time\nsignal.signal(signal.SIGINT, lambda *_: print('deaf', flush=True))\n"
    path = notebook(deaf + "print('working', flush=True)\nfor _ in range(600): time.sleep(.1)")
    command: list[str | Path] = [DRKIT, "run", path, "--out", tmp_path / "out"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline()
        assert process.stdout.readline() == "working\n"
        process.send_signal(signal.SIGINT)
        assert process.stdout.readline() == "deaf\n"
        process.send_signal(signal.SIGINT)
        out, _ = process.communicate(timeout=60)
    assert process.returncode == 3
    assert out.endswith("Interrupted; nothing had been sent.\n")


class TestBeforeAnythingRuns:
    def test_a_misspelled_parameter_is_refused_and_leaves_nothing_behind(
        self, notebook: Make, tmp_path: Path
    ) -> None:
        with pytest.raises(InputError, match="did you mean 'group'"):
            run_notebook(notebook("1/0"), ["gruop=web"], out=tmp_path / "out")
        assert not (tmp_path / "out").exists()

    def test_a_file_that_is_no_notebook_is_refused(self, tmp_path: Path) -> None:
        for text in ("{", "[]", "{}", '{"cells": 1, "nbformat": 4, "nbformat_minor": 5, "metadata": {}}'):
            (tmp_path / "x.ipynb").write_text(text)
            with pytest.raises(InputError, match=r"not a notebook|a damaged notebook"):
                read_notebook(tmp_path / "x.ipynb")
        with pytest.raises(InputError, match="cannot be read"):
            read_notebook(tmp_path / "absent.ipynb")

    def test_a_notebook_without_its_parameters_cell_is_refused(self, notebook: Make) -> None:
        path = notebook()
        book = read_notebook(path)
        book.cells.append(book.cells[0].copy())
        with pytest.raises(InputError, match="has 2 cells tagged"):
            parameters_of(book, path)
        book.cells = []
        with pytest.raises(InputError, match="has no cells tagged"):
            parameters_of(book, path)

    def test_a_folder_that_cannot_be_written_is_refused(self, notebook: Make, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(InputError, match="--out"):
            run_notebook(notebook(), out=tmp_path / "file")
        if os.geteuid() == 0:
            with pytest.raises(InputError, match="--out"):
                run_notebook(notebook(), out=Path("/proc/self"))

    def test_an_earlier_injected_cell_is_replaced(self, notebook: Make) -> None:
        book = read_notebook(notebook("print(group)"))
        inject(book, {"group": "a"})
        inject(book, {"group": "b"})
        assert [cell.source for cell in book.cells][1:] == ["# Parameters\ngroup = 'b'", "print(group)"]
        inject(book, {})
        assert len(book.cells) == 2

    def test_an_executed_notebook_is_never_written_over(self, notebook: Make, tmp_path: Path) -> None:
        clock = SteppedClock(datetime(2026, 3, 1, 2, 3, 4, tzinfo=UTC))
        (tmp_path / "book-20260301T020304Z.ipynb").write_text("mine")
        assert run_notebook(notebook(), out=tmp_path, clock=clock) == 0
        assert (tmp_path / "book-20260301T020304Z.ipynb").read_text() == "mine"
        assert (tmp_path / "book-20260301T020304Z-2.ipynb").exists()
