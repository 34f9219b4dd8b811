"""What differs between a report and the same report computed anew, as sentences (pure)."""

import difflib
import json
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from itertools import zip_longest
from typing import Any

MOST_TOLD = 20  # differences; a report that was altered all over needs no longer list
LONGEST_TOLD = 200  # characters of each


def json_differences(said: str, computed: str) -> list[str]:
    """What two JSON texts differ in, place by place."""
    found = [
        f"{place}: the report says {_cut(json.dumps(one))}, the journal gives {_cut(json.dumps(other))}."
        for place, one, other in _walk("", json.loads(said), json.loads(computed))
    ]
    return _not_too_many(found)


def _walk(place: str, one: Any, other: Any) -> Iterator[tuple[str, Any, Any]]:  # noqa: ANN401  # JSON
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted({*one, *other}):
            yield from _walk(f"{place}.{key}".lstrip("."), one.get(key), other.get(key))
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for at, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from _walk(f"{place}[{at}]", left, right)
    elif one != other:
        yield place, one, other


def page_differences(text: str, computed: str) -> list[str]:
    """What two pages differ in, by the words a reader sees, else where their markup parts."""
    if text == computed:
        return []
    one, other = _Words.of(text), _Words.of(computed)
    matcher = difflib.SequenceMatcher(None, one, other, autojunk=False)
    differences = [
        sentence
        for tag, left, left_end, right, right_end in matcher.get_opcodes()
        if tag != "equal"
        for sentence in _different(one[left:left_end], other[right:right_end])
    ]
    if not differences:
        both = zip_longest(text.split("\n"), computed.split("\n"))
        line = next(number for number, (left, right) in enumerate(both, start=1) if left != right)
        differences = [
            f"All words are the same, but the file differs from line {line} on: its markup was altered."
        ]
    return _not_too_many(differences)


def _different(said: Sequence[tuple[str, str]], computed: Sequence[tuple[str, str]]) -> Iterator[str]:
    for one, other in zip_longest(said, computed):
        here, there = (repr(_cut(each[1])) if each else "nothing" for each in (one, other))
        yield f"{(one or other)[0]}: the report says {here}, the journal gives {there}."


def _cut(words: str) -> str:
    return words if len(words) <= LONGEST_TOLD else f"{words[:LONGEST_TOLD]}…"


def _not_too_many(found: list[str]) -> list[str]:
    more = len(found) - MOST_TOLD
    return [*found[:MOST_TOLD], f"And {more} more differences."] if more > 0 else found


class _Words(HTMLParser):
    """The words a reader sees, each with the heading it stands under."""

    def __init__(self) -> None:
        super().__init__()
        self.words: list[tuple[str, str]] = []
        self._heading, self._tag = "The head of the page", ""

    @classmethod
    def of(cls, text: str) -> list[tuple[str, str]]:
        reader = cls()
        reader.feed(text)
        reader.close()
        return reader.words

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        self._tag = tag

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002
        self._tag = ""

    def handle_data(self, data: str) -> None:
        words = " ".join(data.split())
        if self._tag == "h2":
            self._heading = words
        if words and self._tag != "style":
            self.words.append((self._heading, words))
