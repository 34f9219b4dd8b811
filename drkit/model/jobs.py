"""Jobs: work that the service accepted and does on its own.

Source: the page "Querying the Job Status" of the SDRS API reference; ECS jobs have the same shape.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from drkit.model.fields import WireFields
from drkit.model.statuses import JobStatus, Unknown
from drkit.showing import clean, shows


@shows("id", "type", "status")
@dataclass(frozen=True, slots=True)
class Job:
    """One job; `entities` are (key, id) pairs of what it is about, `sub_jobs` are jobs themselves.

    `fail_reason` is in the service's words, cleaned and cut as an error's message is.
    """

    id: str
    type: str
    status: JobStatus | Unknown
    begin_at: datetime | None
    end_at: datetime | None
    error_code: str
    fail_reason: str
    entities: tuple[tuple[str, str], ...] = ()
    sub_jobs: "tuple[Job, ...]" = ()

    @property
    def final(self) -> bool:
        """Whether the service is through with it."""
        return self.status in {JobStatus.SUCCESS, JobStatus.FAIL}

    def entity(self, key: str) -> str:
        """The id under that key, empty where there is none."""
        return dict(self.entities).get(key, "")

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one job answer."""
        fields = WireFields.lenient("job", source)
        entities = fields.object("entities")
        return cls(
            id=fields.identity("job_id"),
            type=fields.text("job_type"),
            status=JobStatus.read(fields.identity("status")),
            begin_at=fields.time("begin_time"),
            end_at=fields.time("end_time"),
            error_code=clean(fields.text("error_code"), 40),
            fail_reason=clean(fields.text("fail_reason")),
            entities=entities.items(),
            sub_jobs=tuple(
                cls.from_wire(each.source)
                for each in entities.objects("sub_jobs")
                if each.known("job_id") and each.known("status")
            ),
        )


@shows("type", "used", "limit")
@dataclass(frozen=True, slots=True)
class Quota:
    """How many things of a type there are and how many there may be."""

    type: str
    used: int
    limit: int

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one resource of the quota answer."""
        fields = WireFields("quota", source)
        return cls(fields.identity("type"), fields.number("used"), fields.number("quota"))
