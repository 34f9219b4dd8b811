"""What goes back over the wire: answers, refusals with the service's codes, and its ways to write a time."""

import csv
import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from importlib.resources import files
from itertools import islice
from typing import Final

from drkit.sandbox.things import Json


def _codes() -> dict[str, tuple[int, str]]:
    with files("drkit.sandbox").joinpath("error_codes.csv").open(encoding="utf-8") as lines:
        return {code: (int(status), message) for code, status, message in islice(csv.reader(lines), 1, None)}


CODES: Final = _codes()
"""The service's error codes: code -> (HTTP status, message)."""


@dataclass(slots=True)
class Answer:
    """An answer on its way out.

    `lost` says how it is lost: "hang-up", "timeout", or "unreachable" (nobody was there).
    `delay` holds it back for so many seconds on the wall.
    """

    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    lost: str = ""
    delay: float = 0.0

    def json(self) -> Json:
        """The body, read as JSON."""
        return json.loads(self.body)


class RefusalError(Exception):
    """The service says no: a status and a body in the shape that the part of the service uses."""

    def __init__(self, status: int, body: Json, code: str = "") -> None:
        super().__init__(f"{status} {code}")
        self.status, self.body, self.code = status, body, code


def refused(code: str, because: str = "") -> RefusalError:
    """An SDRS refusal. `because` is added to the table's message."""
    status, message = CODES[code]
    return RefusalError(
        status, {"error": {"code": code, "message": sentence(code, because) or message}}, code
    )


def sentence(code: str, because: str = "") -> str:
    """The message of an SDRS code, with its reason in this case."""
    message = CODES[code][1] if code in CODES else "Failed"
    return f"{message}: {because}" if because else f"{message}."


def gateway(status: int, code: str, message: str) -> RefusalError:
    """A refusal of the gateway before the service, with its flat body."""
    return RefusalError(status, {"error_code": code, "error_msg": message}, code)


def neighbour(status: int, code: str, message: str) -> RefusalError:
    """A refusal of ECS or EVS."""
    return RefusalError(status, {"error": {"code": code, "message": message}}, code)


def ok(body: Json, status: int = 200, **headers: str) -> Answer:
    """An answer with a JSON body."""
    text = json.dumps(body, separators=(",", ":")).encode()
    return Answer(status, text, {"Content-Type": "application/json"} | headers)


def no_content() -> Answer:
    """204 without a body, as the tag and task-center writes answer."""
    return Answer(204)


def _at(seconds: float) -> datetime:
    return datetime.fromtimestamp(min(round(seconds, 6), 253402300799.0), UTC)


@lru_cache(1 << 15)
def group_time(seconds: float) -> str:
    """yyyy-MM-dd HH:mm:ss.SSS of groups, instances and drills; trailing zeros of the fraction are lost."""
    moment = _at(seconds)
    fraction = f"{moment.microsecond // 1000:03}".rstrip("0") or "0"
    return f"{moment:%Y-%m-%d %H:%M:%S}.{fraction}"


@lru_cache(1 << 15)
def pair_time(seconds: float) -> str:
    """yyyy-MM-ddTHH:mm:ss.SSSSSS of pairs and disks."""
    return _at(seconds).replace(tzinfo=None).isoformat(timespec="microseconds")


def job_time(seconds: float | None) -> str | None:
    """yyyy-MM-ddTHH:mm:ss.SSSZ of jobs, or nothing yet."""
    if seconds is None:
        return None
    moment = _at(seconds)
    return f"{moment:%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03}Z"


def server_time(seconds: float) -> str:
    """yyyy-MM-ddTHH:mm:ssZ of servers."""
    return f"{_at(seconds):%Y-%m-%dT%H:%M:%SZ}"
