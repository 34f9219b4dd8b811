"""Reading one object of an answer, key by key, without trusting it."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from drkit.errors import WireError

_TIME = re.compile(r"(\d{4})-(\d\d)-(\d\d)[T ](\d\d):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?(?:Z|\+00:?00)?")


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

    A missing key is a `WireError` that names it; null stands for "nothing" except in an `id`.
    """

    def __init__(self, kind: str, source: object) -> None:
        if not isinstance(source, Mapping):
            raise WireError(f"The answer holds no {kind} object but {_kind_of(source)}")
        self.kind = kind
        self.source: Mapping[str, Any] = source

    def _get(self, key: str) -> object:
        if key not in self.source:
            raise WireError(f"A {self.kind} in the answer lacks the documented key {key!r}")
        return self.source[key]

    def _wrong(self, key: str, wanted: str) -> WireError:
        return WireError(f"{key!r} of a {self.kind} is not {wanted} but {_kind_of(self.source[key])}")

    def identity(self, key: str = "id") -> str:
        """A text that must be there and not empty."""
        value = self._get(key)
        if not isinstance(value, str) or not value:
            raise self._wrong(key, "a text")
        return value

    def text(self, key: str) -> str:
        """A text; numbers are spelled out, null is empty."""
        value = self._get(key)
        if value is None:
            return ""
        if isinstance(value, (str, int, float)) and not isinstance(value, bool):
            return str(value)
        raise self._wrong(key, "a text")

    def number(self, key: str) -> int:
        """A whole number, also one spelled as text; null is 0."""
        value = self._get(key)
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value):
            return int(value)
        if value is None:
            return 0
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        raise self._wrong(key, "a whole number")

    def flag(self, key: str) -> bool:
        """A truth value, also one spelled as text; null and empty are no."""
        value = self._get(key)
        spelled = str(value).lower()
        if value is None or isinstance(value, bool):
            return bool(value)
        if spelled in {"true", "false", ""}:
            return spelled == "true"
        raise self._wrong(key, "true or false")

    def time(self, key: str) -> datetime | None:
        """A moment in UTC; null and empty are None."""
        value = self.text(key)
        if not value:
            return None
        try:
            return parse_time(value)
        except ValueError:
            raise self._wrong(key, "a time") from None

    def object(self, key: str) -> "WireFields":
        """A nested object; null is an empty one."""
        value = self._get(key)
        return WireFields(f"{key} of a {self.kind}", {} if value is None else value)

    def objects(self, key: str) -> "tuple[WireFields, ...]":
        """A list of objects; null is an empty one."""
        value = self._get(key)
        if not isinstance(value, list) and value is not None:
            raise self._wrong(key, "a list")
        return tuple(WireFields(f"{key} of a {self.kind}", each) for each in value or ())

    def has(self, key: str) -> bool:
        """Whether the key is there with something in it, for keys that come only now and then."""
        return self.source.get(key) is not None

    def items(self) -> tuple[tuple[str, str], ...]:
        """The keys that hold plain texts, for objects whose keys vary."""
        return tuple((key, value) for key, value in self.source.items() if isinstance(value, str))


def _kind_of(value: object) -> str:
    shown = repr(value)
    return shown if len(shown) <= 60 else f"{shown[:57]}..."
