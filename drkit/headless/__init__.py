"""Runbooks without a browser: parameters from the shell, a kernel of our own, an exit code at the end.

Here: reading and checking a notebook's parameters, running it, and the word the kernel sends back on how
it ended. Not here: what a runbook does; anything about groups and pairs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drkit.headless.hearing import heard
from drkit.headless.outcome import is_headless, is_notebook, is_watched, report_outcome
from drkit.headless.printing import aligned, printable

if TYPE_CHECKING:
    from drkit.headless.command import parameter_lines, parameters_of, read_notebook, run_notebook
    from drkit.headless.parameters import declared
    from drkit.headless.terminal import on_a_terminal, print_fitting, print_line

_LATER = {
    "declared": "parameters",
    "on_a_terminal": "terminal",
    "parameter_lines": "command",
    "parameters_of": "command",
    "print_fitting": "terminal",
    "print_line": "terminal",
    "read_notebook": "command",
    "run_notebook": "command",
}
"""Loaded when first used: they bring nbformat or rich along, and a second of imports with it."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"drkit.headless.{_LATER[name]}"), name)


__all__ = [
    "aligned",
    "declared",
    "heard",
    "is_headless",
    "is_notebook",
    "is_watched",
    "on_a_terminal",
    "parameter_lines",
    "parameters_of",
    "print_fitting",
    "print_line",
    "printable",
    "read_notebook",
    "report_outcome",
    "run_notebook",
]
