"""The catalogue of the service's error codes: its own words, and ours for those that an operator meets.

Source: the page "Error Codes" of the SDRS API reference, in `codes.csv` beside this file; cause and remedy
are drkit's own words. Codes of what drkit never asks for (creating groups, quotas, tags in batches) have
none.
"""

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files


@dataclass(frozen=True, slots=True)
class ErrorCode:
    """A code: the usual HTTP status, the service's message, and in our words its cause and what to do."""

    code: str
    status: int
    message: str
    cause: str = ""
    remedy: str = ""


@cache
def catalogue() -> Mapping[str, ErrorCode]:
    """All of them, by their codes."""
    lines = files("drkit.api").joinpath("codes.csv").read_text("utf-8").splitlines()
    rows = [ErrorCode(code, int(status), *words) for code, status, *words in [*csv.reader(lines)][1:]]
    return {row.code: row for row in rows}
