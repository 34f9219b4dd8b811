"""Reading one object of an answer, key by key, without trusting it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Self, TypeVar

from drkit.errors import WireError

T = TypeVar("T")

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|\+00:?00)?")


_NUMBER = re.compile(r"-?\d{1,18}")  # what is longer fits into no table, and is no count of anything


def parse_time(text: str) -> datetime:
    """Read any of the service's time spellings as UTC.

    With a space or a T, with any number of fraction digits, with or without seconds and Z.
    Raises ValueError on anything else.
    """
    match = _TIME.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is no time")
    *whole, fraction = match.groups()
    numbers = [int(part or 0) for part in whole]
    return datetime(*numbers, int((fraction or "0")[:6].ljust(6, "0")), tzinfo=UTC)  # type: ignore[misc,arg-type]  # six integers, the regular expression says so


class WireFields:
    """The keys of one JSON object; `kind` names it in errors.

    What is missing, or is not what the reference says, is a `WireError` that names it. Only what identifies
    a thing or decides about it has to be so strict: `lenient` notes the key in `unknown` instead and reads
    nothing, because real answers leave keys out, and one strange value must not hide the rest. Null stands
    for nothing, except where a number, a truth value or a word of the service (`known`) is wanted.
    """

    def __init__(
        self, kind: str, source: object, *, path: str = "", unknown: list[str] | None = None
    ) -> None:
        if not isinstance(source, Mapping):
            raise WireError(f"The answer holds no {kind} object but {_kind_of(source)}")
        self.kind = kind
        self.source: Mapping[str, Any] = source
        self._path, self._unknown = path, unknown

    @classmethod
    def lenient(cls, kind: str, source: object) -> Self:
        """The fields of a thing of which only what is read by `identity` has to be there."""
        return cls(kind, source, unknown=[])

    @property
    def unknown(self) -> tuple[str, ...]:
        """The keys that were asked for in vain so far, each once; a key of a nested object behind a dot, and
        left out where the whole object is not known."""
        keys = dict.fromkeys(self._unknown or ())
        return tuple(key for key in keys if key.rpartition(".")[0] not in keys)

    def _nothing(self, key: str, wanted: str, nothing: T) -> T:
        """What is read where there is nothing to read: it is noted, or an error."""
        if self._unknown is None:
            raise self._wrong(key, wanted)
        self._unknown.append(f"{self._path}{key}")
        return nothing

    def _wrong(self, key: str, wanted: str) -> WireError:
        if key not in self.source:
            return WireError(f"A {self.kind} in the answer lacks the documented key {key!r}")
        return WireError(f"{key!r} of a {self.kind} is not {wanted} but {_kind_of(self.source[key])}")

    def identity(self, key: str = "id") -> str:
        """A text that must be there and not empty, also where the rest is read leniently."""
        value = self.source.get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a text")
        return value

    def text(self, key: str) -> str:
        """A text; numbers are spelled out, null is empty."""
        value = self.source.get(key, _MISSING)
        if value is None:
            return ""
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        return self._nothing(key, "a text", "")

    def known(self, key: str) -> str:
        """A text that says something: null and empty count as missing."""
        return self.text(key) or self._nothing(key, "a text", "")

    def number(self, key: str) -> int:
        """A whole number, also one spelled as text."""
        value = self.source.get(key)
        if isinstance(value, str | int) and not isinstance(value, bool) and _NUMBER.fullmatch(str(value)):
            return int(value)
        return self._nothing(key, "a whole number", 0)

    def flag(self, key: str) -> bool:
        """A truth value, also one spelled as text."""
        value = self.source.get(key)
        spelled = str(value).lower()
        if spelled in {"true", "false"}:
            return spelled == "true"
        return self._nothing(key, "true or false", nothing=False)

    def time(self, key: str) -> datetime | None:
        """A moment in UTC; null and empty are None."""
        value = self.text(key)
        if not value:
            return None
        try:
            return parse_time(value)
        except ValueError:
            return self._nothing(key, "a time", None)

    def object(self, key: str) -> "WireFields":
        """A nested object; null is an empty one."""
        value = self.source.get(key, _MISSING)
        if value is not None and not isinstance(value, Mapping):
            value = self._nothing(key, "an object", None)
        return self._nested(key, value or {})

    def objects(self, key: str) -> "tuple[WireFields, ...]":
        """A list of objects; null is an empty one. What is none among them is noted and left out."""
        rows = self.rows(key)
        good: list[Mapping[str, Any]] = [row for row in rows if isinstance(row, Mapping)]
        if len(good) < len(rows):
            self._nothing(key, "a list of objects", None)
        return tuple(self._nested(key, row) for row in good)

    def rows(self, key: str) -> tuple[Any, ...]:
        """A list of whatever stands in it; null is an empty one."""
        value = self.source.get(key, _MISSING)
        if not isinstance(value, list | None):
            return self._nothing(key, "a list", ())
        return tuple(value or ())

    def _nested(self, key: str, source: Mapping[str, Any]) -> "WireFields":
        kind = f"{key} of a {self.kind}"
        return WireFields(kind, source, path=f"{self._path}{key}.", unknown=self._unknown)

    def has(self, key: str) -> bool:
        """Whether the key is there with something in it, for keys that come only now and then."""
        return self.source.get(key) is not None

    def optional(self, key: str) -> str:
        """The text of a key that comes only now and then; empty where it does not."""
        return self.text(key) if self.has(key) else ""

    def items(self) -> tuple[tuple[str, str], ...]:
        """The keys that hold plain texts, for objects whose keys vary."""
        return tuple((key, value) for key, value in self.source.items() if isinstance(value, str))


_MISSING = object()


def _kind_of(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
