"""What the cloud's own trace tells of a change: who asked for it, when, and what came of it.

Source: the page "Querying a Trace List" (v3) of the Cloud Trace Service's API reference.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from drkit.model.fields import WireFields
from drkit.showing import clean, shows

LONGEST = 20_000  # characters of a request or an answer that are looked at


@shows("name", "resource_name", "user")
@dataclass(frozen=True, slots=True)
class Trace:
    """One trace. `service` and `name` are the cloud's words ("SDRS", "stopProtectionGroup").

    `code` is the status that was answered, `job_id` the job that came of it, empty where none did; `mentions`
    are the ids in what was asked for. `at` is None where the trace does not tell it.
    """

    id: str
    at: datetime | None
    service: str
    name: str
    resource_type: str
    resource_id: str
    resource_name: str
    user: str
    code: str
    source_ip: str = ""
    job_id: str = ""
    mentions: frozenset[str] = frozenset()

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one of `traces`. WireError where it does not say which it is."""
        fields = WireFields.lenient("trace", source)
        return cls(
            id=fields.identity("trace_id"),
            at=_moment(fields.source.get("time")),
            service=clean(fields.text("service_type"), 40),
            name=clean(fields.text("trace_name"), 64),
            resource_type=clean(fields.text("resource_type"), 64),
            resource_id=clean(fields.text("resource_id"), 64),
            resource_name=clean(fields.text("resource_name"), 64),
            user=clean(fields.object("user").text("name"), 64),
            code=clean(str(fields.source.get("code") or ""), 8),
            source_ip=clean(fields.text("source_ip"), 40),
            job_id=_job_id(fields.source.get("response")),
            mentions=frozenset(_ID.findall(str(fields.source.get("request"))[:LONGEST])),
        )


def _moment(milliseconds: object) -> datetime | None:
    """Milliseconds since the epoch, which some regions write as a text."""
    text = str(milliseconds)
    return datetime.fromtimestamp(int(text) / 1000, UTC) if text.isdecimal() and len(text) < 15 else None


def _job_id(response: object) -> str:
    """The id of the job in an answer, which stands there as a text, as JSON in a text, or as an object."""
    found = _JOB.search(str(response)[:LONGEST])
    return found[1] if found else ""


_JOB = re.compile(r"job_id\W{1,12}([0-9A-Za-z-]{8,64})")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
