"""`drkit run`: everything is checked before a kernel starts; then the notebook runs and gives its outcome."""

import warnings
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from pathlib import Path

from drkit import owned
from drkit.clock import Clock, SystemClock
from drkit.errors import LONGEST_NAME, InputError
from drkit.headless.notebooks import nbformat
from drkit.headless.parameters import Parameter, ParameterValue, bind, declared
from drkit.headless.printing import aligned, printable
from drkit.showing import cut

_NO_NOTEBOOK = (
    ValueError,
    LookupError,
    AttributeError,
    TypeError,
    RecursionError,
    nbformat.reader.NotJSONError,
)


def run_notebook(
    path: Path,
    given: Iterable[str] = (),
    *,
    file: Path | None = None,
    out: Path = Path("drkit-runs"),
    print_line: Callable[[str], None] = lambda _: None,
    clock: Clock | None = None,
) -> int:
    """Run a runbook with these parameters (each NAME=VALUE); gives the exit code. InputError: nothing ran."""
    notebook = read_notebook(path)
    values = bind(parameters_of(notebook, path), given, file)
    inject(notebook, values)
    target = _target(path, out, (clock or SystemClock()).now())
    print_line(f"The executed notebook is {target}")
    from drkit.headless.execution import execute  # noqa: PLC0415 - a second of imports that bad input need not wait for

    outcome = execute(notebook, target, lambda text: print_line(printable(text).rstrip("\n")))
    for line in [*aligned(outcome.table), printable(outcome.sentence)]:
        print_line(line)
    return outcome.exit


def parameter_lines(path: Path) -> list[str]:
    """The notebook's parameters as its author explains them, one a line."""
    known = parameters_of(read_notebook(path), path).values()
    heads = [
        f"{entry.name}: {entry.annotation}" + ("" if entry.required else f" = {entry.default!r}")
        for entry in known
    ]
    width = max(map(len, heads), default=0)
    return [
        f"{head.ljust(width)}  {entry.comment}".rstrip() for head, entry in zip(heads, known, strict=True)
    ]


def read_notebook(path: Path) -> nbformat.NotebookNode:
    """The notebook in this file; InputError when it is none."""
    try:
        raw = path.read_bytes()
    except OSError as error:
        raise InputError(f"The notebook {path} cannot be read: {error.strerror}") from error
    try:
        with warnings.catch_warnings(action="ignore"):  # what may be mended while reading is
            notebook: nbformat.NotebookNode = nbformat.convert(nbformat.reader.reads(raw.decode()), 4)
            nbformat.validator.normalize(notebook)
            nbformat.validate(notebook)
    except nbformat.ValidationError as error:
        raise InputError(
            f"{path} is not a notebook, or a damaged one: {cut(error.message, LONGEST_NAME)}"
        ) from error
    except _NO_NOTEBOOK as error:
        raise InputError(f"{path} is not a notebook") from error
    return notebook


def parameters_of(notebook: nbformat.NotebookNode, path: Path) -> dict[str, Parameter]:
    """What the notebook's one parameters cell declares."""
    cells = _tagged(notebook, "parameters")
    if len(cells) != 1:
        raise InputError(
            f"{path} has {len(cells) or 'no'} cells tagged `parameters`; a runbook has exactly one"
        )
    return declared(notebook.cells[cells[0]].source)


def inject(notebook: nbformat.NotebookNode, values: Mapping[str, ParameterValue]) -> None:
    """Add a cell that sets these values right after the parameters cell, in place of an earlier one."""
    for index in reversed(_tagged(notebook, "injected-parameters")):
        del notebook.cells[index]
    if values:
        source = "\n".join(["# Parameters", *(f"{name} = {value!r}" for name, value in values.items())])
        cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["injected-parameters"]})
        notebook.cells.insert(_tagged(notebook, "parameters")[0] + 1, cell)


def _tagged(notebook: nbformat.NotebookNode, tag: str) -> list[int]:
    return [index for index, cell in enumerate(notebook.cells) if tag in cell.metadata.get("tags", [])]


def _target(path: Path, out: Path, now: datetime) -> Path:
    """A file in `out` that does not exist yet, named after the notebook and the UTC time."""
    try:
        owned.make_folder(out)
    except OSError as error:
        raise InputError(
            f"The folder {out} cannot be used ({error.strerror}); name another one with --out"
        ) from error
    name, number = f"{path.stem}-{now:%Y%m%dT%H%M%SZ}", 1
    while True:
        target = out / f"{name}{f'-{number}' if number > 1 else ''}.ipynb"
        try:
            target.touch(mode=0o600, exist_ok=False)
        except FileExistsError:
            number += 1
        except OSError as error:
            raise InputError(
                f"Nothing can be written into {out} ({error.strerror}); name another one with --out"
            ) from error
        else:
            return target
