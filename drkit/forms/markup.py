"""The small pieces of HTML that every form shows. All of it goes through markupsafe: texts are escaped."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

from markupsafe import Markup

from drkit.model import Phase, Unknown

Text = str | Markup

_SIGNS = {
    "waiting": "○",
    "ready": "▸",
    "working": "◐",
    "done": "✓",
    "failed": "✗",
    "stopped": "■",
    "unknown": "?",
    "skipped": "↷",
    "not sent": "–",
}
_LOOKS = {
    Phase.SETTLED: "done",
    Phase.MOVING: "working",
    Phase.BROKEN: "failed",
    Phase.UNKNOWN: "unknown",
}
JOIN = Markup("")


def chip(word: str, look: str = "") -> Markup:
    """A state as a sign, a word and a colour; `look` is the state whose sign and colour it takes."""
    look = look or word
    return Markup('<span class="drkit-chip drkit-is-{}"><i aria-hidden="true">{}</i>{}</span>').format(
        look.replace(" ", "-"), _SIGNS.get(look, "•"), word
    )


def status_chip(status: str) -> Markup:
    """A status as the service spells it, coloured by what it means: at rest, moving, broken, unknown."""
    phase = getattr(status, "phase", Unknown(status).phase)
    return chip(str(status) or "not told", _LOOKS[phase])


def identity(text: str) -> Markup:
    """An id, shortened to the eye; the whole of it on hover and when it is copied."""
    return Markup('<span class="drkit-id" title="{0}">{0}</span>').format(text) if text else JOIN


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


def table(heads: Sequence[str], rows: Iterable[Sequence[Text]], *, numbers: Iterable[int] = ()) -> Markup:
    """A table; `numbers` are the columns whose cells stand at the right."""
    right = frozenset(numbers)
    head = _row("th", heads, right)
    body = JOIN.join(_row("td", row, right) for row in rows)
    return Markup('<table class="drkit-table"><thead>{}</thead><tbody>{}</tbody></table>').format(head, body)


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
