"""Reading what a client sent, key by key: nothing of the wrong type gets through."""

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import TypeVar
from urllib.parse import parse_qsl

from drkit.sandbox.answers import refused
from drkit.sandbox.things import Json
from drkit.sandbox.world import World

T = TypeVar("T")
NAME = re.compile(r"[A-Za-z0-9._-]{1,64}")
ID = re.compile(r"[A-Za-z0-9-]{1,64}")
INVALID = "SDRS.0201"


@dataclass(slots=True)
class RequestFields:
    """A JSON object of a request. A missing or mistyped key raises the refusal the pages give for it."""

    values: dict[str, Json]
    where: str = ""

    def __contains__(self, key: str) -> bool:
        return self.values.get(key) is not None

    def inner(self, key: str, code: str = INVALID) -> "RequestFields":
        """The object under `key`."""
        value = self.values.get(key)
        if not isinstance(value, dict):
            raise refused(code, f"{self.where}{key} must be an object")
        return RequestFields(value, f"{self.where}{key}.")

    def items(self, key: str, code: str = INVALID) -> list["RequestFields"]:
        """The list of objects under `key`."""
        value = self.values.get(key)
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            raise refused(code, f"{self.where}{key} must be a list of objects")
        return [RequestFields(item, f"{self.where}{key}.") for item in value]

    def text(self, key: str, default: str | None = None, code: str = INVALID, most: int = 255) -> str:
        """The string under `key`; without a default it must be there and not be empty."""
        value = self.values.get(key)
        if value is None and default is not None:
            return default
        if not isinstance(value, str) or len(value) > most or (default is None and not value):
            raise refused(code, f"{self.where}{key} must be a string of 1 to {most} characters")
        return value

    def id(self, key: str, code: str = INVALID) -> str:
        """The id under `key`."""
        value = self.text(key, code=code, most=64)
        if not ID.fullmatch(value):
            raise refused(code, f"{self.where}{key} is not an id")
        return value

    def flag(self, key: str) -> bool:
        """The boolean under `key`, false when it is absent."""
        value = self.values.get(key)
        if value is not None and not isinstance(value, bool):
            raise refused(INVALID, f"{self.where}{key} must be true or false")
        return bool(value)

    def name(self, key: str = "name") -> str:
        """A name: at most 64 bytes, of a-z A-Z 0-9 . _ - (SDRS.0202)."""
        value = self.values.get(key)
        if not isinstance(value, str) or not NAME.fullmatch(value):
            raise refused("SDRS.0202", "at most 64 bytes, of a-z A-Z 0-9 . _ -")
        return value

    def description(self) -> str:
        """A description: at most 64 bytes, no < or > (SDRS.0212)."""
        value = self.values.get("description")
        if value is None:
            return ""
        if (
            not isinstance(value, str)
            or len(value.encode("utf-8", "replace")) > 64
            or re.search("[<>]", value)
        ):
            raise refused("SDRS.0212", "at most 64 bytes, no < or >")
        return value


@dataclass
class IncomingCall:
    """One request that may come in: the world, the ids in its path, its query, its headers and its body.

    `by` is who sent it, where that is not the one that is signed in.
    """

    world: World
    method: str
    segments: list[str]
    raw_query: str
    headers: dict[str, str]
    raw: bytes
    path: dict[str, str] = field(default_factory=dict)
    origin: str = ""
    by: str = ""

    @cached_property
    def query(self) -> "Query":
        """The query of the request."""
        found: dict[str, list[str]] = {}
        for key, value in parse_qsl(self.raw_query, keep_blank_values=True):
            found.setdefault(key, []).append(value)
        return Query(found)

    def body(self) -> RequestFields:
        """The JSON object in the body; anything else is refused (SDRS.0201)."""
        try:
            value = json.loads(self.raw or b"null")
        except (ValueError, RecursionError):
            raise refused(INVALID, "the body is not JSON") from None
        if not isinstance(value, dict):
            raise refused(INVALID, "the body must be a JSON object")
        return RequestFields(value)

    def optional_body(self) -> RequestFields:
        """As `body`, but an absent body is an empty object."""
        return self.body() if self.raw.strip() else RequestFields({})


def whole(text: str) -> int | None:
    """A whole number written in plain digits, or nothing."""
    return int(text) if re.fullmatch(r"[0-9]{1,18}", text) else None


@dataclass(slots=True)
class Query:
    """The query of a request; of a key given twice the first counts, but for id lists."""

    values: dict[str, list[str]]

    def get(self, key: str) -> str:
        """The value of a key, empty when it is absent."""
        return self.values.get(key, [""])[0]

    def page(self, things: Sequence[T]) -> Sequence[T]:
        """The page that limit (0..1000, SDRS.0221) and offset (SDRS.0222) ask for."""
        limit, offset = whole(self.get("limit") or "1000"), whole(self.get("offset") or "0")
        if limit is None or limit > 1000:
            raise refused("SDRS.0221")
        if offset is None:
            raise refused("SDRS.0222")
        return things[offset : offset + limit]

    def ids(self, key: str, code: str) -> list[str] | None:
        """A list of at most 30 ids: ["a","b"], ['a','b'], or the key repeated; nothing when it is absent."""
        given = self.values.get(key)
        if given is None:
            return None
        found = [id_ for text in given for id_ in _listed(text, code)]
        if len(found) > 30:
            raise refused("SDRS.0226", f"{key} takes at most 30 ids")
        if not all(ID.fullmatch(id_) for id_ in found):
            raise refused(code)
        return list(dict.fromkeys(found))

    def one_or_many(self, key: str, code: str) -> list[str] | None:
        """The ids under `key`s, else the one under `key`, else nothing: the plural wins over the singular."""
        return self.ids(key + "s", code) or ([self.get(key)] if self.get(key) else None)


def _listed(text: str, code: str) -> Iterable[str]:
    if not text.startswith("["):
        return [part.strip() for part in text.split(",")]
    try:
        found = json.loads(text.replace("'", '"'))
    except (ValueError, RecursionError):
        raise refused(code, "not a list of ids") from None
    if not isinstance(found, list) or not all(isinstance(id_, str) for id_ in found):
        raise refused(code, "not a list of ids")
    return found
