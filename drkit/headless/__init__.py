"""Runbooks without a browser: parameters from the shell, a kernel of our own, an exit code at the end.

Here: reading and checking a notebook's parameters, running it, and the word the kernel sends back on how
it ended. Not here: what a runbook does; anything about groups and pairs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drkit.headless.outcome import is_headless, is_watched, report_outcome
from drkit.headless.printing import aligned, printable

if TYPE_CHECKING:
    from drkit.headless.command import parameter_lines, parameters_of, read_notebook, run_notebook

_LATER = {"parameter_lines", "parameters_of", "read_notebook", "run_notebook"}
"""Loaded when first used: they bring nbformat along, and a second of imports with it."""


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module("drkit.headless.command"), name)


__all__ = [
    "aligned",
    "is_headless",
    "is_watched",
    "parameter_lines",
    "parameters_of",
    "printable",
    "read_notebook",
    "report_outcome",
    "run_notebook",
]
