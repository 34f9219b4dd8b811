"""Jobs: work that the service accepted and does on its own; and what it tells beside the things.

Source: the pages "Querying the Job Status", "Querying Failed Tasks", "Querying the Tenant Quota" and
"Querying an Active-Active Domain" of the SDRS API reference; ECS jobs have the same shape.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Self

from drkit.errors import WireError
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

    @property
    def left(self) -> int:
        """How many more there may be."""
        return max(0, self.limit - self.used)


@shows("type", "failure_status", "resource_name")
@dataclass(frozen=True, slots=True)
class FailedTask:
    """A job that failed, as the task center keeps it until somebody clears it.

    `group_id` is empty for failures at the level of protection groups; `failure_status` says at what it
    failed ("attachFail"). `fail_reason` is in the service's words, cleaned and cut.
    """

    id: str
    type: str
    failure_status: str
    resource_type: str
    resource_id: str
    resource_name: str
    begin_at: datetime | None
    error_code: str
    fail_reason: str
    group_id: str = ""

    @classmethod
    def from_wire(cls, source: object, group_id: str = "") -> Self:
        """Read one of `failure_jobs`."""
        fields = WireFields.lenient("failed task", source)
        return cls(
            id=fields.identity("job_id"),
            type=fields.text("job_type"),
            failure_status=fields.text("failure_status"),
            resource_type=fields.text("resource_type"),
            resource_id=fields.text("resource_id"),
            resource_name=clean(fields.text("resource_name"), 64),
            begin_at=fields.time("begin_time"),
            error_code=clean(fields.text("error_code"), 40),
            fail_reason=clean(fields.text("fail_reason")),
            group_id=group_id,
        )


@shows("name", "local_zone", "remote_zone")
@dataclass(frozen=True, slots=True)
class Domain:
    """An active-active domain: two zones between which groups can be protected; `sold_out`: no new ones."""

    id: str
    name: str
    description: str
    sold_out: bool
    local_zone: str
    remote_zone: str

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one of `domains`."""
        fields = WireFields.lenient("domain", source)
        return cls(
            id=fields.identity(),
            name=fields.known("name") or fields.identity(),
            description=fields.optional("description"),
            sold_out=fields.has("sold_out") and fields.flag("sold_out"),
            local_zone=fields.object("local_replication_cluster").text("availability_zone"),
            remote_zone=fields.object("remote_replication_cluster").text("availability_zone"),
        )


@shows("at", "exceeding")
@dataclass(frozen=True, slots=True)
class RpoPoint:
    """How many resources of a type exceeded their recovery point objective at a moment."""

    at: datetime
    resource_type: str
    exceeding: int

    @classmethod
    def from_wire(cls, source: object) -> Self:
        """Read one of `resource_rpo_statistics`."""
        fields = WireFields("RPO statistic", source)
        at = fields.time("point_time")
        if at is None:
            raise WireError("An RPO statistic in the answer lacks its point_time")
        return cls(at, fields.text("resource_type"), fields.number("resource_num"))
