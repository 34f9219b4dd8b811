"""Tables and texts for a terminal; what comes from a server cannot steer it."""

import re
from collections.abc import Mapping, Sequence

_UNPRINTABLE = re.compile(r"[^\x20-\x7e\xa0-\u2027\u2030-\u2065\u2070-\U0010ffff\n\t]")
_NUMBER = re.compile(r"-?[\d.,]*")


def printable(text: str) -> str:
    """The text with a mark in place of every character that could steer a terminal or turn its direction."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text.replace("\r\n", "\n"))


def aligned(rows: Sequence[Mapping[str, str]]) -> list[str]:
    """The rows as lines under their column names: texts to the left, numbers to the right."""
    clean = [{key: printable(value).replace("\n", " ") for key, value in row.items()} for row in rows]
    lines: list[str] = [""] * (len(rows) + 1)
    for column in dict.fromkeys(key for row in clean for key in row):
        cells = [column, *(row.get(column, "") for row in clean)]
        width = max(map(len, cells))
        numeric = all(map(_NUMBER.fullmatch, cells[1:]))
        lines = [
            f"{line}  {cell.rjust(width) if numeric else cell.ljust(width)}"
            for line, cell in zip(lines, cells, strict=True)
        ]
    return [line[2:].rstrip() for line in lines] if clean else []
