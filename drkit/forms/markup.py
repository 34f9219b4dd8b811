"""The small pieces of HTML that every form shows. All of it goes through markupsafe: texts are escaped."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup, escape

from drkit.showing import Look, look

Text = str | Markup

_SIGNS = {
    "waiting": "○",
    "ready": "▸",
    "working": "◐",
    "done": "✓",
    "failed": "✗",
    "exposed": "!",
    "moving": "◐",
    "resting": "•",
    "stopped": "■",
    "unknown": "?",
    "skipped": "↷",
    "not sent": "–",
}
JOIN = Markup("")
_ID = re.compile(r"\b[0-9a-f]{8}(?:-?[0-9a-f]{4}){3}-?[0-9a-f]{12}\b")


def chip(word: str, like: str = "") -> Markup:
    """A state as a sign, a word and a colour; `like` is the state whose sign and colour it takes."""
    like = like or word
    return Markup('<span class="drkit-chip drkit-is-{}"><i aria-hidden="true">{}</i>{}</span>').format(
        like.replace(" ", "-"), _SIGNS.get(like, "•"), word
    )


def status_chip(status: str, meaning: Look | None = None) -> Markup:
    """A status as the service spells it, with the sign and colour of what it means.

    That is what the word means by itself, or the `meaning` that is given, where more is known.
    """
    return chip(str(status) or "not told", meaning or look(status))


JUDGED = {
    "ok": "done",
    "ready": "done",
    "warning": "exposed",
    "ready with warnings": "exposed",
    "failing": "failed",
    "not ready": "failed",
    "unknown": "unknown",
    "not known": "unknown",
    "proven": "done",
    "expired": "exposed",
    "never proven": "exposed",
    "done": "done",
    "failed": "failed",
    "running": "working",
    "waiting for operator": "working",
    "stopped": "stopped",
    "interrupted": "stopped",
}
"""With which sign and colour a word of readiness, of a proof or of a run is shown."""


def readiness_chip(word: str) -> Markup:
    """How ready a group is, or how a check of it came out; an empty one was not judged."""
    return chip(word or "not judged", JUDGED.get(word, "unknown"))


def identity(text: str) -> Markup:
    """An id, shortened to the eye; the whole of it on hover and when it is copied."""
    return Markup('<span class="drkit-id" title="{0}">{0}</span>').format(text) if text else JOIN


def with_short_ids(text: str) -> Markup:
    """A sentence whose ids are shortened as `identity` shortens one."""
    return Markup(_ID.sub(lambda found: identity(found[0]), escape(text)))  # noqa: S704  # escaped before


def moment(when: datetime | None) -> Markup:
    """A moment on the reader's clock, with UTC on hover."""
    if when is None:
        return JOIN
    return Markup('<time datetime="{}" title="{} UTC">{}</time>').format(
        when.isoformat(), f"{when:%Y-%m-%d %H:%M:%S}", f"{when.astimezone():%H:%M:%S}"
    )


def lines(items: Iterable[Text]) -> Markup:
    """A list, one line each; empty when there is nothing in it."""
    inside = JOIN.join(Markup("<li>{}</li>").format(each) for each in items)
    return Markup("<ul>{}</ul>").format(inside) if inside else JOIN


def table(
    heads: Sequence[str], rows: Iterable[Sequence[Text]], *, numbers: Iterable[int] = (), name: str = ""
) -> Markup:
    """A table; `numbers` are the columns whose cells stand at the right.

    `name` is read out before it; without one its heads are.
    """
    right = frozenset(numbers)
    head = _row("th", heads, right)
    body = JOIN.join(_row("td", row, right) for row in rows)
    named = name or ", ".join(Markup(each).striptags() for each in heads if each)  # noqa: S704 (of drkit's)
    return Markup(
        '<table class="drkit-table" aria-label="{}"><thead>{}</thead><tbody>{}</tbody></table>'
    ).format(named, head, body)


def _row(tag: str, cells: Sequence[Text], right: frozenset[int]) -> Markup:
    one = Markup("<{0}{1}>{2}</{0}>")
    number = Markup(' class="drkit-number"')
    inside = JOIN.join(
        one.format(tag, number if at in right else JOIN, cell) for at, cell in enumerate(cells)
    )
    return Markup("<tr>{}</tr>").format(inside)


def style_sheet() -> str:
    """The one style sheet, in its element."""
    return f"<style>{Path(__file__).with_name('style.css').read_text()}</style>"
