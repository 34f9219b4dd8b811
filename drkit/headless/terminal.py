"""A table as wide as the terminal: the columns that fit, their order kept, states in colour and word.

Colours are left out where NO_COLOR is set; nothing that a server said is markup.
"""

import sys
from collections.abc import Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from drkit.headless.printing import printable

WIDEST = 60  # characters of a cell, but for the last of a row
ID_SHOWN = 8  # characters of an id
GAP = 2

_STYLES = {
    "bold red": {"failing", "not ready", "fault", "invalid", "FAIL", "ERROR", "expired", "removed", "failed"},
    "yellow": {"warning", "ready with warnings", "available", "failed-over", "never proven", "changed"},
    "magenta": {"unknown", "not known", "UNKNOWN"},
    "green": {"ok", "ready", "protected", "proven", "ACTIVE", "SUCCESS", "added", "done"},
}


def on_a_terminal() -> bool:
    """Whether somebody looks at what is printed."""
    return bool(sys.stdout) and sys.stdout.isatty()


def print_fitting(rows: Sequence[Mapping[str, str]], states: Sequence[str], width: int | None = None) -> str:
    """Print the rows (at least one) in the width of the terminal; returns which columns were left out.

    A column in which no row has anything is left out first; ids, whose names end in `id`, are shortened.
    `states` are the columns whose words get a colour.
    """
    console = Console(width=width, highlight=False, markup=False, emoji=False)
    clean = [
        {name: _short(name, printable(value).replace("\n", " ")) for name, value in row.items()}
        for row in rows
    ]
    said = [name for name in clean[0] if any(row[name] not in ("", "-") for row in clean)]
    names = _fitting(clean, said, console.width)
    shown = Table(box=None, pad_edge=False, padding=(0, GAP, 0, 0), header_style="bold")
    for name in names:
        numbers = all(row[name].replace(".", "", 1).isdigit() for row in clean)
        shown.add_column(name, justify="right" if numbers else "left", overflow="ellipsis", no_wrap=True)
    for row in clean:
        shown.add_row(*(Text(row[name], style_of(row[name]) if name in states else "") for name in names))
    console.print(shown)
    return ", ".join(name for name in clean[0] if name not in names)


def print_line(before: str, state: str, after: str = "") -> None:
    """Print a line with the word of a state in it, in its colour where somebody looks."""
    console = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
    console.print(Text(printable(before)) + Text(state, style_of(state)) + Text(printable(after)))


def style_of(word: str) -> str:
    """The colour of a state's word; the word says all of it."""
    if word.startswith("error"):
        return "bold red"
    if word.endswith("ing") or word == "failing-over":
        return "bold red" if word == "failing" else "yellow"
    return next((style for style, words in _STYLES.items() if word in words), "")


def _short(name: str, value: str) -> str:
    if name == "id" or name.endswith("_id"):
        return value[:ID_SHOWN]
    return value


def _fitting(rows: Sequence[Mapping[str, str]], names: Sequence[str], width: int) -> list[str]:
    """The first columns that fit side by side; always the first two, which are cut where they must be."""
    chosen: list[str] = []
    left = width
    for name in names:
        needed = min(WIDEST, max(len(name), *(len(row[name]) for row in rows)))
        if needed > left and len(chosen) >= 2:
            continue
        chosen.append(name)
        left -= needed + GAP
    return chosen
