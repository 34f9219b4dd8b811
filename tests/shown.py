"""What people read of a screen, a page or a terminal, and what of it is written for machines instead."""

import re
from collections.abc import Iterator
from html import unescape

from ipywidgets import Widget
from itables.widget import ITable

_ASIDE = re.compile(r'<(style|script|pre)\b.*?</\1>|<span class="drkit-id".*?</span>|<[^>]*>', re.DOTALL)
"""What is no text, and ids that are shortened to the eye."""

FOR_MACHINES = {
    "an id": re.compile(r"\b[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}\b|(?<!job )(?<!\(id )\b[0-9a-f]{32}\b"),
    "a word of Python": re.compile(r"(?<![\w.])(True|False|None(?!\.| was)|NaN|NaT|nan|<NA>)(?![\w.])"),
    "a time of a machine": re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d|\d\.\d{6}|timedelta|datetime"),
}


def read_of(html: str) -> str:
    """The text of a piece of HTML, as one reads it."""
    return re.sub(r"\s+", " ", unescape(_ASIDE.sub(" ", html))).strip()


def for_machines(text: str) -> list[str]:
    """What in a text is written for machines, each with what stands around it."""
    return [
        f"{what}: …{text[max(match.start() - 60, 0) : match.end() + 40]}…"
        for what, pattern in FOR_MACHINES.items()
        for match in pattern.finditer(text)
    ]


def texts(widget: Widget) -> Iterator[str]:
    """Every text that a widget and those within it show or can come to show."""
    if isinstance(widget, ITable):
        assert widget.df is not None
        for name in widget.df:
            yield from (f"{name}: {read_of(str(value))}" for value in widget.df[name])
        return
    options = getattr(widget, "options", None)  # what stands behind an option is not shown
    for name in ("description", "placeholder", "tooltip", *(() if options is not None else ("value",))):
        if isinstance(text := getattr(widget, name, None), str):
            yield read_of(text)
    for option in options or ():
        yield str(option[0] if isinstance(option, tuple) else option)
    for child in getattr(widget, "children", ()):
        yield from texts(child)
