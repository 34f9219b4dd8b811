"""A kept reading of a project, read by the practice range itself, and the notes on what it does not tell.

The file is JSON, {"form": 1, ...}, with a list for each kind of thing and the names of drkit's own fields.
What is missing, null or empty is not known, and a world needs a sound value in its place: each is noted.
What is of the wrong type is damage: `ValueError` with a sentence that says where.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from drkit.sandbox.things import Json

FORM: Final = 1
NAMED: Final = 3
"""So many things a note names; the others are counted."""
_MOST: Final = 10**9


class Notes:
    """What had to be assumed or left out, each with the things that it is about."""

    def __init__(self) -> None:
        self._about: dict[str, dict[str, None]] = {}

    def say(self, what: str, name: str) -> None:
        """Note something about a thing, by its name."""
        self._about.setdefault(what, {})[name] = None

    def lines(self) -> list[str]:
        """A sentence for each thing that was noted."""
        return [f"{what}: {_first(list(names))}." for what, names in self._about.items()]


def _first(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


class KeptRow:
    """One thing of a reading; `where` is its place in the file, for sentences about damage."""

    def __init__(self, where: str, values: Json) -> None:
        if not isinstance(values, dict):
            raise _damaged(where, values, "an object")
        self.where, self._values = where, values

    @property
    def id(self) -> str:
        """What identifies it."""
        given = self.text("id")
        if not given:
            raise ValueError(f"The kept reading is damaged: {self.where} has no id. Take another one.")
        return given

    @property
    def name(self) -> str:
        """What it is called."""
        return self.text("name") or self.id

    def knows(self, wire_key: str) -> bool:
        """Whether the service told what stands under that key of its answer, or under what is in it."""
        return not any(each.startswith(wire_key) for each in self.texts("unknown"))

    def text(self, key: str) -> str:
        """A text; empty where it is not known."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, str):
            raise _damaged(f"{self.where}.{key}", value, "a text")
        return value or ""

    def number(self, key: str) -> int:
        """A whole number that is not negative; 0 where it is not known."""
        value = self._values.get(key) or 0
        if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _MOST:
            raise _damaged(f"{self.where}.{key}", value, "a whole number")
        return value

    def flag(self, key: str) -> bool:
        """A truth value; false where it is not known."""
        value = self._values.get(key)
        if value is not None and not isinstance(value, bool):
            raise _damaged(f"{self.where}.{key}", value, "true or false")
        return bool(value)

    def moment(self, key: str) -> float | None:
        """A time in seconds since the epoch; None where it is not known."""
        given = self.text(key)
        if not given:
            return None
        try:
            moment = datetime.fromisoformat(given)
            return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
        except (ValueError, OverflowError):
            raise _damaged(f"{self.where}.{key}", given, "a time") from None

    def texts(self, key: str) -> list[str]:
        """A list of texts; empty where it is not known."""
        found = self._list(key)
        if not all(isinstance(each, str) for each in found):
            raise _damaged(f"{self.where}.{key}", found, "a list of texts")
        return found

    def twos(self, key: str) -> list[tuple[str, Json]]:
        """A list of pairs, a text first; empty where it is not known."""
        found = self._list(key)
        if not all(isinstance(each, list) and len(each) == 2 and isinstance(each[0], str) for each in found):
            raise _damaged(f"{self.where}.{key}", found, "a list of pairs")
        return [(first, second) for first, second in found]

    def text_pairs(self, key: str) -> list[tuple[str, str]]:
        """A list of pairs of texts; empty where it is not known."""
        found = self.twos(key)
        if not all(isinstance(second, str) for _, second in found):
            raise _damaged(f"{self.where}.{key}", found, "a list of pairs of texts")
        return found

    def rows(self, key: str) -> list["KeptRow"]:
        """A list of objects; empty where it is not known."""
        return [KeptRow(f"{self.where}.{key}[{at}]".lstrip("."), it) for at, it in enumerate(self._list(key))]

    def inner(self, key: str) -> "KeptRow":
        """The object under a key, which must be there."""
        return KeptRow(f"{self.where}.{key}".lstrip("."), self._values.get(key))

    def _list(self, key: str) -> list[Json]:
        value = self._values.get(key)
        if value is not None and not isinstance(value, list):
            raise _damaged(f"{self.where}.{key}".lstrip("."), value, "a list")
        return value or []


class KeptReading:
    """The reading in a file: what it is of, when it was read, and the things by kind and id."""

    def __init__(self, content: bytes) -> None:
        values = _json(content)
        plain = json.dumps(values, sort_keys=True, separators=(",", ":"))  # however the file is laid out
        self.digest = sha256(plain.encode()).hexdigest()
        self.top = KeptRow("", values)
        if self.top.number("form") != FORM:
            raise ValueError("This is no kept reading of a project, or one of a newer drkit.")
        self.of = self.top.inner("backend")
        read_at = self.top.moment("read_at")
        if read_at is None:
            raise ValueError(
                "The kept reading is damaged: it does not say when it was read. Take another one."
            )
        self.read_at = read_at
        self._kinds: dict[str, dict[str, KeptRow]] = {}

    def whole(self, kind: str) -> bool:
        """Whether all things of a kind were read, so that what is missing is not there."""
        return kind in self.top.texts("whole")

    def all(self, kind: str) -> Mapping[str, KeptRow]:
        """The things of a kind, by their ids."""
        if kind not in self._kinds:
            self._kinds[kind] = dict(self._by_id(kind))
        return self._kinds[kind]

    def _by_id(self, kind: str) -> Iterator[tuple[str, KeptRow]]:
        seen: set[str] = set()
        for row in self.top.rows(kind):
            if row.id in seen:
                raise ValueError(f"The kept reading is damaged: {kind} holds {row.id} twice.")
            seen.add(row.id)
            yield row.id, row


def _json(content: bytes) -> Json:
    try:
        return json.loads(content)
    except (ValueError, RecursionError):
        raise ValueError("This is no kept reading of a project: it is not JSON.") from None


def _damaged(where: str, value: Json, wanted: str) -> ValueError:
    shown = "missing" if value is None else f"{str(value)[:60]!r}, not {wanted}"
    return ValueError(f"The kept reading is damaged: {where.lstrip('.')} is {shown}. Take another one.")
