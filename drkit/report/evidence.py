"""`Evidence`: everything that a report says of one run, as frozen values, and as JSON.

It is computed from the run's journal entries alone (`drkit.report.gathering`). Times are UTC and those of
the wall; durations are seconds, on the run's clock (`drkit.execution.timing`): on the practice range those of
the service's time. A `section` is the anchor of a heading of the HTML report.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from datetime import date, datetime
from typing import Any

from drkit.execution import CopyOf, File, Finding, Note, RecoveryClock, SignOff, Snapshot, Stretch
from drkit.model import Backend
from drkit.plan import LeftOut, Objectives

FORM = 3
"""The number of this form of the report; it grows when a field changes its meaning."""


@dataclass(frozen=True, slots=True)
class SubJob:
    """A part of a job of the service, as the service told it; `level` is 1 for a part of the job itself."""

    id: str
    type: str
    status: str
    error_code: str
    fail_reason: str
    level: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try of a step: when it was sent, as which job, and how it ended (a phase of a step, or empty)."""

    started_at: datetime | None
    ended_at: datetime | None
    job_id: str
    outcome: str
    sentence: str
    code: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A person signed that a manual step was done, or was not passed; `beforehand`: before it was reached."""

    step: str
    who: str
    passed: bool
    note: str
    at: datetime
    written_by: str
    beforehand: bool = False


@dataclass(frozen=True, slots=True)
class StepEvidence:
    """One step of the plan and all that is known of it. `how` is "change", "check" or "by hand"; `kind` is
    what it is compared by: the operation, "check", or what a person was asked. `stretches` are its
    parts on the run's clock, the service's and those of people.
    """

    number: int
    key: str
    title: str
    kind: str
    how: str
    group: str
    wave: int
    does: str
    undo: str
    phase: str
    sentence: str
    code: str
    reason: str
    remedy: str
    started_at: datetime | None
    ended_at: datetime | None
    seconds: float | None
    stretches: tuple[Stretch, ...]
    job_id: str
    sub_jobs: tuple[SubJob, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    checked: tuple[Checked, ...] = ()
    notes: tuple[Note, ...] = ()
    surprises: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Deviation:
    """Where the run did not go as planned; `step` is the number of the step, 0 for the run as a whole."""

    step: int
    sentence: str


@dataclass(frozen=True, slots=True)
class NotExecuted:
    """Something that was asked for or planned and not done, and why."""

    what: str
    why: str


@dataclass(frozen=True, slots=True)
class Ending:
    """One part of a verdict in a word, and in a sentence."""

    word: str
    sentence: str


@dataclass(frozen=True, slots=True)
class StepComparison:
    """One step: how long it took on a copy of the project (None: it was not rehearsed there), what the
    forecast said and what that rests on, how long it took now (None: it was not done), and by how much that
    is more than in practice and more than the forecast; in seconds.
    """

    number: int
    title: str
    practised: float | None
    forecast: float
    source: str
    observed: float | None
    beyond_practice: float | None
    beyond_forecast: float | None


@dataclass(frozen=True, slots=True)
class StepPredictions:
    """What was expected of each step beside what it took. `run` is the rehearsal on a copy of the project,
    and `copy_of` says of which reading; empty and None where there was none.
    """

    run: str
    copy_of: CopyOf | None
    steps: tuple[StepComparison, ...]


TO_THE_END = frozenset({"as planned", "with deviations"})
"""How a plan was carried out that came to its end."""


@dataclass(frozen=True, slots=True)
class GroupVerdict:
    """Both parts of the verdict for one group."""

    group: str
    carried_out: Ending
    objectives: Ending


@dataclass(frozen=True, slots=True)
class RunVerdict:
    """Whether the plan was carried out, whether the objectives were met, and both for each group.

    `carried_out` is "as planned", "with deviations", "stopped", "failed", "outcome unknown" or "unfinished",
    of a group also "not begun"; `objectives` is "met", "missed", "not measured" or, without any, "none set".
    """

    carried_out: Ending
    objectives: Ending
    groups: tuple[GroupVerdict, ...]

    @property
    def words(self) -> str:
        """Both parts in a line."""
        done = self.carried_out.word
        told = f"carried out {done}" if self.to_the_end else done
        return told if self.objectives.word == "none set" else f"{told}, objectives {self.objectives.word}"

    @property
    def sentence(self) -> str:
        """What both parts rest on."""
        return f"{self.carried_out.sentence} {self.objectives.sentence}".strip()

    @property
    def to_the_end(self) -> bool:
        """Whether the plan was carried out to its end."""
        return self.carried_out.word in TO_THE_END

    @property
    def good(self) -> bool:
        """Whether the plan was carried out to its end and no objective was missed."""
        return self.to_the_end and self.objectives.word != "missed"


@dataclass(frozen=True, slots=True)
class RecoveryPoint:
    """How much data a group may have lost: the statement, the method it rests on, and whether it fits."""

    group: str
    statement: str
    method: str
    kept: bool | None


@dataclass(frozen=True, slots=True)
class LeftBehind:
    """One thing that the run made or left behind, what became of it, and whether that is settled."""

    what: str
    state: str
    settled: bool


@dataclass(frozen=True, slots=True)
class ClauseLine:
    """A clause, in our own words what it wants, where this report serves it, and what is missing."""

    standard: str
    number: str
    wants: str
    sections: tuple[str, ...]
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class EntryLine:
    """One entry of the journal in short."""

    seq: int
    at: datetime
    step: str
    kind: str
    who: str
    said: str
    hash: str


@dataclass(frozen=True, slots=True)
class SealLine:
    """So many entries were signed at that moment, on whose behalf, with the key of this public half; where
    that is empty, nothing was signed, and `why` says why.
    """

    entries: int
    at: datetime
    by: str
    key: str
    why: str


@dataclass(frozen=True, slots=True)
class JournalEvidence:
    """The journal's part: its entries, the hash of the last, whether the chain holds, who signed how far."""

    head: str
    faults: tuple[str, ...]
    lines: tuple[EntryLine, ...]
    seals: tuple[SealLine, ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    """All of it, for one run on one backend.

    `speeds` are those at which the practice range ran, one after the other; none for a real cloud. `copy_of`:
    of which project its world was a copy, if of one. `predictions` are there for a run on a real cloud.
    `lasted` is how long the run took, or has taken.
    """

    form: int
    written_by: str
    run_id: str
    title: str
    kind: str
    backend: Backend
    speeds: tuple[float, ...]
    copy_of: CopyOf | None
    groups: tuple[tuple[str, str], ...]
    plan_digest: str
    plan_read_at: datetime
    plan_notes: tuple[str, ...]
    confirmed: str
    versions: tuple[str, ...]
    people: tuple[str, ...]
    started_at: datetime
    ended_at: datetime | None
    last_at: datetime
    lasted: float
    verdict: RunVerdict
    objectives: Objectives | None
    steps: tuple[StepEvidence, ...]
    clocks: tuple[RecoveryClock, ...]
    points: tuple[RecoveryPoint, ...]
    predictions: StepPredictions | None
    left_out: tuple[LeftOut, ...]
    not_executed: tuple[NotExecuted, ...]
    deviations: tuple[Deviation, ...]
    findings: tuple[Finding, ...]
    before: Snapshot | None
    after: Snapshot | None
    after_missing: str
    ledger: tuple[LeftBehind, ...]
    notes: tuple[Note, ...]
    attachments: tuple[File, ...]
    sign_offs: tuple[SignOff, ...]
    followed_by: tuple[str, ...]
    clauses: tuple[ClauseLine, ...]
    record: JournalEvidence

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {each.name: _plain(getattr(self, each.name)) for each in fields(self)}


def _plain(value: object) -> object:
    if is_dataclass(value):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(each) for key, each in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value.isoformat() if isinstance(value, date) else value
