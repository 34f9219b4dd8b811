"""What an entry of a run holds, by its kind: every key that a run writes and reads, in one place.

The classes are the JSON itself: a writer builds one (the phase of a step with `phased`), a reader asks for
one with `read`. Journals are kept for years: a key that is added later is never required, none gets another
meaning. Opaque here are `plan` and `change` (`Plan` and `Change` read them) and `before` (`observations`).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NotRequired, TypedDict, TypeVar, Unpack, cast

from drkit.errors import JournalDamagedError
from drkit.execution.snapshot import Snapshot
from drkit.execution.states import StepPhase
from drkit.journal import Entry, EntryKind, FirstEntry, Resumed, TakenOver

Shape = TypeVar("Shape")


# Of the run as a whole


class LastSynced(TypedDict):
    """When all pairs of a group were last read as synchronised (ISO 8601), and which run's reading it is."""

    read_at: str
    run: str


class AwaySince(TypedDict):
    """In the run that this one goes on from: since when (ISO 8601) a group was away, and was not back."""

    run: str
    since: str


class CopyOf(TypedDict):
    """Of which project a practice world is a copy (`name`: as people say it), as it was read when (ISO 8601);
    `reading` is the SHA-256 of the kept reading.
    """

    name: str
    cloud: str
    region: str
    project: str
    project_id: str
    read_at: str
    reading: str


class PredictedStep(TypedDict):
    """How long a step was expected to take, in seconds of the service's time: by the forecast, which rests on
    `source`, and, where it was rehearsed on a copy of the project, as long as it took there.
    """

    forecast: float
    source: str
    practised: NotRequired[float]


class Predicted(TypedDict):
    """What was expected of the steps, by their keys; `run` is the rehearsal on a copy of the project that
    `practised` comes from, where there was one.
    """

    steps: Mapping[str, PredictedStep]
    run: NotRequired[str]
    copy_of: NotRequired[CopyOf]


class Confirmed(TypedDict):
    """What was typed to start the run, how it is driven, and how its groups were then.

    `speed` is that of the practice range; a real cloud has none. `copy_of` is there where the range's world
    is a copy of a project, `predicted` on a real cloud. `synced` is what earlier runs know of the groups that
    this one fails over, by their ids; `away` is of the run that this one follows.
    """

    confirmed: str
    fail_fast: bool
    speed: NotRequired[float]
    copy_of: NotRequired[CopyOf]
    predicted: NotRequired[Predicted]
    synced: NotRequired[Mapping[str, LastSynced]]
    away: NotRequired[AwaySince]
    snapshot: NotRequired[Snapshot]


class Planned(FirstEntry, Confirmed):
    """The first entry: the plan as it was confirmed."""


class SpeedChanged(TypedDict):
    """The practice range runs at another speed from now on: so many of its seconds in one of the wall."""

    speed: float


class InFlight(TypedDict):
    """A change that goes on at the service, unwatched, when the run stops."""

    step: str
    title: str
    job_id: str
    seen: str


class AtTheEnd(TypedDict, total=False):
    """What is known at a run's end.

    After the last step: how the groups are, or why that could not be read. After a stop: what goes on at the
    service, the keys of the steps that were not sent, and of those that a person was asked about by then.
    """

    snapshot: Snapshot
    snapshot_missing: str
    in_flight: list[InFlight]
    not_sent: list[str]
    asked: list[str]


class RunEnded(AtTheEnd):
    """The end of a run, for good (*settled*) or until it is gone on with (*stopped*); a `RunPhase`."""

    phase: str
    sentence: str


# Of a step


class SyncedPairs(TypedDict):
    """How many pairs of a group there were right before a switch, how many synchronised, which were not."""

    pairs: int
    active: int
    behind: list[str]
    read_at: str
    method: str


class Intended(TypedDict):
    """About to be sent: the change with its last ids, and what the reading before said of its things."""

    change: Mapping[str, Any]
    before: NotRequired[Mapping[str, Any]]
    recovery_point: NotRequired[SyncedPairs]


class Answer(TypedDict):
    """What the service answered; the id of the job is in the entry's own column, too."""

    job_id: str


class Sent(TypedDict):
    """The service accepted the change."""

    answer: Answer


class Lost(TypedDict):
    """No answer came that says whether the change was accepted."""

    error: str


class Adopted(TypedDict):
    """The change was found at the service without an answer; how that was known."""

    how: str


class JobJson(TypedDict):
    """A job of the service as it was at its end; times are ISO 8601, empty where not known."""

    id: str
    type: str
    status: str
    begin_at: str
    end_at: str
    error_code: str
    fail_reason: str
    sub_jobs: "list[JobJson]"


class Details(TypedDict, total=False):
    """What else belongs to a phase.

    Of the service: `code`, `reason`, `remedy` (what to do), `request_id`, `job`, `seen` (last), `busy`: it
    says that it did not look at the change. Of the rules: `objections`; `retry` says whether another try is
    offered. `deviation` says in what a step that is done differs from what was asked for. Of a person: `by`
    (the user), `signed_by` (the name given), `passed`, `note` and `beforehand` (before the step was reached)
    of a sign-off; `resolved` (was it done) and `why` of an unknown outcome.
    Of the reading at the end: `against`, what it, or a check, shows against what is told.
    """

    code: str
    reason: str
    remedy: str
    request_id: str
    job: JobJson
    seen: str
    busy: bool
    objections: list[str]
    retry: bool
    deviation: str
    by: str
    signed_by: str
    passed: bool
    note: str
    beforehand: bool
    resolved: bool
    why: str
    against: str


class Phased(Details):
    """A step is in this `StepPhase` from now on: *settled*, *approved* or *noted*."""

    phase: str
    sentence: str


class Remark(TypedDict):
    """Something worth knowing that leaves the step in its phase."""

    sentence: str
    error: NotRequired[str]


StepData = Intended | Sent | Lost | Adopted | Phased | Remark
RunData = SpeedChanged


# What people add, to a step or to the run, also after its end


class FileJson(TypedDict):
    """A file: its SHA-256, its size in bytes, and its base64 in pieces."""

    name: str
    media_type: str
    sha256: str
    size: int
    content: list[str]


class NoteJson(TypedDict):
    """A note, a file, or both; `approves`: a yes of the writer's to the plan with that digest."""

    text: str
    who: str
    file: NotRequired[FileJson]
    approves: NotRequired[str]


class Noted(TypedDict):
    """A note."""

    noted: NoteJson


class FindingJson(TypedDict):
    """Something to put right; `due` is an ISO 8601 date."""

    text: str
    owner: str
    due: str
    step: str


class FindingNoted(TypedDict):
    """A finding; the first of a run is number 1."""

    finding: FindingJson


class ClosingJson(TypedDict):
    """Which finding, and how it was put right."""

    number: int
    outcome: str


class FindingClosed(TypedDict):
    """A finding is closed."""

    finding_closed: ClosingJson


class SignOffJson(TypedDict):
    """Who accepts the record of the run, or does not, as far as the entry with the hash `head`."""

    who: str
    accepted: bool
    note: str
    head: NotRequired[str]


class SignedOff(TypedDict):
    """The record of the run is accepted, or not."""

    signed_off: SignOffJson


class FollowedBy(TypedDict):
    """The run, by its id, that goes on from this one, which did not reach what it was for."""

    followed_by: str


_ENDS = {EntryKind.SETTLED, EntryKind.STOPPED}
SHAPES: Mapping[object, Callable[[Entry], bool]] = {
    Planned: lambda entry: entry.kind is EntryKind.PLANNED,
    Resumed: lambda entry: "resumed_by" in entry.data,
    TakenOver: lambda entry: "takeover" in entry.data,
    SpeedChanged: lambda entry: "speed" in entry.data and entry.kind is EntryKind.NOTED,
    RunEnded: lambda entry: entry.kind in _ENDS and not entry.step,
    Intended: lambda entry: entry.kind is EntryKind.INTENDED,
    Sent: lambda entry: entry.kind is EntryKind.SENT,
    Lost: lambda entry: entry.kind is EntryKind.LOST,
    Adopted: lambda entry: entry.kind is EntryKind.ADOPTED,
    Phased: lambda entry: "phase" in entry.data and bool(entry.step),
    Remark: lambda entry: "sentence" in entry.data and "phase" not in entry.data,
    Noted: lambda entry: "noted" in entry.data,
    FindingNoted: lambda entry: "finding" in entry.data,
    FindingClosed: lambda entry: "finding_closed" in entry.data,
    SignedOff: lambda entry: "signed_off" in entry.data,
    FollowedBy: lambda entry: "followed_by" in entry.data,
}
"""Which entries have which shape."""


def read(entry: Entry, shape: type[Shape]) -> Shape | None:
    """What the entry holds, if it has that shape; None if it has another.

    The keys are not checked: where a record was altered, using what is missing raises KeyError.
    """
    return cast("Shape", entry.data) if SHAPES[shape](entry) else None


def beginning(entries: Sequence[Entry]) -> Planned:
    """The plan that a run begins with. Raises `JournalDamagedError` where it begins with anything else."""
    if entries and (planned := read(entries[0], Planned)):
        return planned
    raise JournalDamagedError(
        "The run does not begin with its plan, so it cannot be told from its record: it was altered. "
        "`drkit verify` says where.",
        run_id=entries[0].run_id if entries else "",
    )


def phased(phase: StepPhase, sentence: str, **details: Unpack[Details]) -> Phased:
    """A step's phase as it is written."""
    return {"phase": phase.value, "sentence": sentence, **details}
