"""What a notebook or a console shows of a value: one short line, or a small piece of HTML.

Names come from a server and can be anything: lines are cut, and HTML is escaped by markupsafe. Colours are
JupyterLab's CSS variables, so the dark theme works; there are no scripts and no classes to depend on.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from enum import StrEnum
from typing import TypeVar

from markupsafe import Markup

Text = str | Markup
T = TypeVar("T")

LONGEST_LINE = 160  # characters of a line
LONGEST_TEXT = 50  # characters of a value in it
LONGEST_WORDS = 300  # characters of what a server says in its own words
MOST_ROWS = 50
MOST_NAMED = 5  # reasons or names in a sentence; a person reads no more of them
_TOKEN = re.compile(r"gAAAA[\w-]{40,}|MII[\w+/-]{40,}")


class Look(StrEnum):
    """What a state means for who looks at it; each has a sign and a colour wherever it is shown."""

    SOUND = "done"  # protected and in order
    EXPOSED = "exposed"  # at rest, and nothing protects it
    MOVING = "moving"  # changes by itself: wait
    TROUBLE = "failed"
    UNKNOWN = "unknown"
    RESTING = "resting"  # at rest, which is neither good nor bad


COLOURS = {
    Look.SOUND: "#009973",
    Look.EXPOSED: "#cc8400",
    Look.MOVING: "#cc8400",
    Look.TROUBLE: "#a51d1d",
    Look.UNKNOWN: "#7d4fb8",
    Look.RESTING: "#6b7280",
}
"""Told apart by the colour-blind, on paper and in a light theme; the style sheet of the forms has those of a
dark one. A word always stands beside them, and a sign."""

_SOUND = frozenset({"protected", "SUCCESS"})
_EXPOSED = frozenset({"available", "failed-over"})
_WORKING = "var(--jp-brand-color1)"


def cut(text: str, most: int = LONGEST_TEXT) -> str:
    """The text in one line of at most so many characters."""
    line = " ".join(text.split())
    return line if len(line) <= most else f"{line[: most - 1]}…"


def first_few(told: Iterable[object], rest: str = "", between: str = ", ", most: int = MOST_NAMED) -> str:
    """The first five (`most`) of what could be a long list, how many more there are, where the `rest` is."""
    texts = [str(each) for each in told]
    more = len(texts) - most
    where = f": {rest}" if rest else ""
    return between.join([*texts[:most], *([f"and {more} more{where}"] if more > 0 else [])])


def clean(text: str, longest: int = LONGEST_WORDS) -> str:
    """A server's words fit to be shown: no control characters, one line, not too long.

    What looks like a token of IAM is hidden, whoever's it is: of Keystone's kinds Fernet's begin with gAAAA,
    and those of a certificate with MII.
    """
    text = _TOKEN.sub("***", text[: 64 * longest])  # a token can be long, and goes before anything is cut
    shown = " ".join("".join(char if char.isprintable() else " " for char in text[: 8 * longest]).split())
    return shown if len(shown) <= longest else f"{shown[: longest - 3]}..."


def line(thing: object, text: str) -> str:
    """The one line of a thing: its type and a text, as "<Plan Attach 1 pair to app-01>"."""
    return f"<{type(thing).__name__} {cut(text, LONGEST_LINE)}>"


def shows(*names: str) -> Callable[[type[T]], type[T]]:
    """Have a class show these attributes only: "ProtectionGroup(name='shop', status='protected')"."""

    def represent(thing: object) -> str:
        shown = ", ".join(f"{name}={cut(_plain(getattr(thing, name)))}" for name in names)
        return f"{type(thing).__name__}({cut(shown, LONGEST_LINE)})"

    def decorate(kind: type[T]) -> type[T]:
        kind.__repr__ = represent  # type: ignore[method-assign]  # a method like any other
        return kind

    return decorate


def _plain(value: object) -> str:
    return repr(str(value)) if isinstance(value, str) else repr(value)  # a status as its word


def count(number: int, thing: str, things: str = "") -> str:
    """A number with its noun: "1 pair", "3 pairs"; `things` where an s does not make the plural."""
    return f"{number:,} {thing if number == 1 else things or thing + 's'}"


def look(status: str) -> Look:
    """What a status of the service means: "available" and "failed-over" are at rest and unprotected.

    A status with a `phase` is judged by it; of a mere text only the words that are known are.
    """
    phase = str(getattr(status, "phase", "unknown"))
    if phase == "broken" or status.startswith("error"):
        return Look.TROUBLE
    if status in _EXPOSED:
        return Look.EXPOSED
    if status in _SOUND:
        return Look.SOUND
    return {"moving": Look.MOVING, "settled": Look.RESTING}.get(phase, Look.UNKNOWN)


def colour(meaning: Look) -> str:
    """The colour of a look as a style sheet spells it: that of the page's theme, else that of paper."""
    return f"var(--drkit-{meaning}, {COLOURS[meaning]})"


def state(word: str) -> Markup:
    """The word of a state, with a colour where it is in order, goes on or needs attention."""
    if word == "working":
        shown = _WORKING
    elif word in set(Look):
        shown = colour(Look(word))
    else:
        meaning = look(word)
        shown = "inherit" if meaning is Look.UNKNOWN and not hasattr(word, "phase") else colour(meaning)
    return Markup('<span style="color: {}">{}</span>').format(shown, word)


def card(title: Text, *parts: Markup) -> str:
    """A titled piece of HTML."""
    return str(Markup("<div><p><b>{}</b></p>{}</div>").format(title, Markup().join(parts)))


def table(heads: Sequence[str], rows: Sequence[Sequence[Text]]) -> Markup:
    """A table, of long ones the beginning and how many more there are; nothing where there are no rows."""
    if not rows:
        return Markup()
    body = Markup().join(_row("td", row) for row in rows[:MOST_ROWS])
    return Markup("<table>{}{}</table>").format(_row("th", heads), body) + _more(len(rows))


def listed(title: str, items: Iterable[Text]) -> Markup:
    """A titled list; nothing where there are no items."""
    texts = tuple(items)
    if not texts:
        return Markup()
    inside = Markup().join(Markup("<li>{}</li>").format(text) for text in texts[:MOST_ROWS])
    return Markup("<p>{}</p><ul>{}</ul>").format(title, inside) + _more(len(texts))


def _more(rows: int) -> Markup:
    return Markup("<p>and {:,} more</p>").format(rows - MOST_ROWS) if rows > MOST_ROWS else Markup()


def _row(tag: str, cells: Sequence[Text]) -> Markup:
    cell = Markup('<{0} style="text-align: left">{1}</{0}>')  # the rest is as JupyterLab styles its tables
    return Markup("<tr>{}</tr>").format(Markup().join(cell.format(tag, text) for text in cells))
