"""`gather`: a run's journal entries in, `Evidence` out. Nothing else is asked (pure)."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from drkit.errors import JournalDamagedError
from drkit.execution import (
    AtTheEnd,
    Board,
    FollowedBy,
    Intended,
    Phased,
    RecoveryClock,
    RunClock,
    RunEnded,
    RunPhase,
    RunState,
    StepPhase,
    SyncedPairs,
    beginning,
    files,
    findings,
    notes,
    read,
    recovery_clocks,
    sign_offs,
    synced_at,
)
from drkit.journal import DRKIT_VERSION, Entry, EntryKind, Journal, Resumed, Seal, TakenOver, chain_faults
from drkit.model import Change
from drkit.report.clauses import clause_lines
from drkit.report.evidence import (
    FORM,
    Deviation,
    EntryLine,
    Evidence,
    JournalEvidence,
    RecoveryPoint,
    RunVerdict,
    SealLine,
    StepEvidence,
)
from drkit.report.jumping import jumps
from drkit.report.predictions import predictions
from drkit.report.stepping import line_of, step_records
from drkit.report.verdicts import deviations, ledger, not_executed, verdict
from drkit.report.words import duration, moment
from drkit.showing import count

LONGEST_LINE = 160  # characters


def gather(entries: Sequence[Entry], seals: Sequence[Seal] = ()) -> Evidence:
    """Everything a report says of the run that these entries tell of, from its plan on, and who signed them.

    Raises `JournalDamagedError` where they do not begin with a plan.
    """
    begun, known = beginning(entries), JudgedRun.of(entries)
    state, steps, first = known.state, known.steps, entries[0]
    plan, aims, after = state.plan, state.plan.objectives, _at_the_end(entries)
    evidence = Evidence(
        form=FORM,
        written_by=f"drkit {DRKIT_VERSION}",
        run_id=first.run_id,
        title=plan.title,
        kind=known.kind,
        backend=plan.backend,
        speeds=state.speeds,
        copy_of=begun.get("copy_of"),
        groups=plan.groups,
        plan_digest=str(first.data["digest"]),
        plan_read_at=plan.read_at,
        plan_notes=plan.notes,
        confirmed=f"{first.who} on {first.host} typed {begun['confirmed']!r}, {moment(first.at)}",
        versions=tuple(dict.fromkeys(f"drkit {each.version}" for each in entries)),
        people=known.people,
        started_at=state.started_at,
        ended_at=state.ended_at,
        last_at=known.until,
        lasted=known.lasted,
        verdict=known.verdict,
        objectives=aims,
        steps=steps,
        clocks=known.clocks,
        points=known.points,
        predictions=predictions(begun.get("predicted"), steps),
        left_out=plan.left_out,
        not_executed=not_executed(steps),
        deviations=known.off,
        findings=findings(entries),
        before=begun.get("snapshot"),
        after=after.get("snapshot"),
        after_missing=after.get("snapshot_missing", ""),
        ledger=ledger(state, steps, after.get("snapshot")),
        notes=tuple(each for each in notes(entries) if not each.step),
        attachments=files(entries),
        sign_offs=sign_offs(entries),
        followed_by=tuple(told["followed_by"] for each in entries if (told := read(each, FollowedBy))),
        clauses=(),
        record=_record(entries, seals),
    )
    return replace(evidence, clauses=clause_lines(evidence)) if aims else evidence


@dataclass(frozen=True, slots=True)
class JudgedRun:
    """What a run's entries say of how it went, without what proves them or stands beside."""

    entries: Sequence[Entry]
    state: RunState
    until: datetime
    clock: RunClock
    steps: tuple[StepEvidence, ...]
    clocks: tuple[RecoveryClock, ...]
    points: tuple[RecoveryPoint, ...]
    off: tuple[Deviation, ...]

    @classmethod
    def of(cls, entries: Sequence[Entry]) -> "JudgedRun":
        """Of the run that these entries tell of. Raises `JournalDamagedError` as `gather` does."""
        state = Board.replay(entries).state()
        own = [each for each in entries if each.fence]  # written by the run itself, not added to it later
        until = state.ended_at or own[-1].at
        clock, clocks = RunClock(state, until), recovery_clocks(state, until)
        steps = step_records(clock, entries)
        points = _points(state, entries, {each.group_id for each in clocks if each.until is None})
        off = deviations(state, steps, (*_counted_late(state, entries), *jumps(entries), *_breaks(entries)))
        return cls(entries, state, until, clock, steps, clocks, points, off)

    @property
    def kind(self) -> str:
        """Which runbook it is, in words; "change" where it is none."""
        aims = self.state.plan.objectives
        return aims.kind.words if aims else "change"

    @property
    def people(self) -> tuple[str, ...]:
        """Who wrote in its record, the first first."""
        return tuple(dict.fromkeys(f"{each.who} on {each.host}" for each in self.entries))

    @property
    def lasted(self) -> float:
        """How long it took, or has taken, in seconds."""
        return self.clock.reaches(each.key for each in self.state.plan.steps)

    @property
    def verdict(self) -> RunVerdict:
        """Whether it was carried out, and whether its objectives were met."""
        return verdict(self.state, self.clocks, self.points, self.off)


def run_rows(journal: Journal) -> Iterator[dict[str, Any]]:
    """The runs of a journal as plain table rows: what was done, by whom, how long it took (seconds, on the
    practice range of the service's time), both parts of the verdict ("none set" where it has no objectives).
    Empty where a record cannot be read.
    """
    for run in journal.runs():
        try:
            known = JudgedRun.of(journal.entries(run.id))
            ending = known.verdict
        except (JournalDamagedError, LookupError, ValueError, TypeError):  # it hides no other run
            yield run.row() | _UNREAD
        else:
            yield run.row() | {
                "kind": known.kind,
                "carried_out": ending.carried_out.word,
                "objectives": ending.objectives.word,
                "who": known.people[0],
                "seconds": round(known.lasted),
            }


def step_rows(journal: Journal, run_id: str) -> list[dict[str, Any]]:
    """The steps of a run as plain table rows: how each is, who wrote the last word on it, what it took."""
    entries = journal.entries(run_id)
    known = JudgedRun.of(entries)
    took = {each.key: each.seconds for each in known.steps}
    who = {each.step: f"{each.who} on {each.host}" for each in entries}
    return [
        row
        | {
            "who": who.get(row["step"], ""),
            "seconds": None if (seconds := took.get(row["step"])) is None else round(seconds),
        }
        for row in known.state.rows()
    ]


_UNREAD = {"kind": "", "carried_out": "", "objectives": "", "who": "", "seconds": None}


def _record(entries: Sequence[Entry], seals: Sequence[Seal]) -> JournalEvidence:
    signed = tuple(
        SealLine(seal.entries, seal.at, f"{seal.who} on {seal.host}", seal.key, seal.why)
        for seal in seals
        if seal.entries <= len(entries) and not seal.report  # that a report was written comes after it
    )
    faults, lines = tuple(chain_faults(entries)), tuple(map(_line, entries))
    return JournalEvidence(entries[-1].hash, faults, lines, signed)


def _at_the_end(entries: Sequence[Entry]) -> AtTheEnd:
    """What is known at the run's last end, if it came to one."""
    none: AtTheEnd = {}
    return next((end for entry in reversed(entries) if (end := read(entry, RunEnded))), none)


def _breaks(entries: Sequence[Entry]) -> Iterator[str]:
    """Where the run as a whole was interrupted, gone on with, or taken over.

    Nothing was broken off where it only waited for a person's answer and was gone on with.
    """
    last = max((entry.seq for entry in entries if read(entry, Resumed)), default=-1)
    waited = False
    for entry in entries:
        end = read(entry, RunEnded)
        stopped = end and (entry.kind is EntryKind.STOPPED or end["phase"] == RunPhase.STOPPED)
        if end and stopped and entry.seq < last and end.get("asked") and not end.get("in_flight"):
            waited = True
        elif end and stopped:
            yield f"The run stopped at {moment(entry.at)}: {end['sentence']}"
            for under_way in end.get("in_flight", ()):
                what = f"{under_way['title']} {under_way['job_id']}".strip()
                yield f"Under way at the service when it stopped: {what}"
        if end and "snapshot_missing" in end:
            yield f"No step was compared with what is there at the end: {end['snapshot_missing']}"
        if (resumed := read(entry, Resumed)) and not waited:
            yield f"The run was gone on with at {moment(entry.at)} by {resumed['resumed_by']}."
        waited = waited and not resumed
        if over := read(entry, TakenOver):
            for taking in over["takeover"]:
                group, holder = taking["group_id"], taking["from"]
                yield f"The group {group} was taken over at {moment(entry.at)} from {holder}."


def _counted_late(state: RunState, entries: Sequence[Entry]) -> Iterator[str]:
    """Where the time is counted from later than the service was away in the run that this one follows."""
    away, aims = beginning(entries).get("away"), state.plan.objectives
    counted = (aims.declared_at if aims else None) or state.started_at
    if away and counted - (since := datetime.fromisoformat(away["since"])) >= timedelta(seconds=1):
        yield (
            f"The time is counted from {moment(counted)}, but in run {away['run']} the service was away "
            f"since {moment(since)}, and it was not back."
        )


def _points(state: RunState, entries: Sequence[Entry], away: Collection[str]) -> tuple[RecoveryPoint, ...]:
    """What the readings before each switch say of lost data, by group; those `away` have nothing kept yet."""
    names = dict(state.plan.groups)
    aims = state.plan.objectives
    points: dict[str, RecoveryPoint] = {}
    for position, entry in enumerate(entries):
        if (intended := read(entry, Intended)) and (synced := intended.get("recovery_point")):
            group_id = Change.from_json(intended["change"]).group_id
            group, target = names.get(group_id, group_id), aims.rpo_target if aims else 0
            event = (aims.declared_at if aims else None) or entry.at
            known = _last_known(entries[:position], group_id)  # what was read after it tells of the new pairs
            point = _point(group, synced, target, known and _Gap(event, known, state.speed))
            points[group_id] = replace(point, kept=None) if point.kept and group_id in away else point
    return tuple(points.values())


@dataclass(frozen=True, slots=True)
class _Gap:
    """From the last reading with all pairs synchronised, of which run (empty: this one), to the event."""

    event: datetime
    last: tuple[datetime, str]
    speed: float

    @property
    def seconds(self) -> float:
        """In the service's time: on the practice range data is written as fast as everything else goes on."""
        return max((self.event - self.last[0]).total_seconds(), 0.0) * self.speed

    @property
    def sentence(self) -> str:
        at, run = self.last
        whose = f" by run {run}" if run else ""
        known = f"All were read as synchronised at {moment(at)}{whose}"
        if not self.seconds:
            return f"{known}, which is not before the event at {moment(self.event)}."
        written = f"what was written in the {duration(self.seconds)} up to the event"
        return f"{known}: {written} at {moment(self.event)} may be lost."


def _last_known(entries: Sequence[Entry], group_id: str) -> tuple[datetime, str] | None:
    """The last reading with all pairs synchronised, and the earlier run that made it, or empty."""
    told = beginning(entries).get("synced", {}).get(group_id)
    own = synced_at(entries, group_id)
    readings = [(datetime.fromisoformat(told["read_at"]), told["run"])] if told else []
    return max([*readings, *([(own, "")] if own else [])], default=None)


def _point(group: str, synced: SyncedPairs, target: int, gap: _Gap | None) -> RecoveryPoint:
    read_at = moment(datetime.fromisoformat(synced["read_at"]))
    pairs, behind, method = synced["pairs"], synced["behind"], synced["method"]
    if not pairs:
        return RecoveryPoint(group, "The group has no pairs, so nothing was replicated.", method, None)
    if not behind:
        whole = "Its 1 pair was" if pairs == 1 else f"All {pairs} pairs were"
        statement = (
            f"{whole} synchronised at {read_at}, the last reading before the switch: each disk had "
            "what was written to it. Not known: the order of writes across disks, what was written "
            "after that reading, and what the application had not written yet. Only a check of the data "
            "tells that."
        )
        return RecoveryPoint(group, statement, method, True)
    late = (
        f"{len(behind)} of {count(pairs, 'pair')} {'was' if len(behind) == 1 else 'were'} not synchronised "
        f"at {read_at}: {', '.join(behind)}."
    )
    if gap:
        return RecoveryPoint(group, f"{late} {gap.sentence}", method, gap.seconds <= target)
    if target:
        statement = f"{late} Whether that is within {duration(target)} cannot be told."
        return RecoveryPoint(group, statement, method, None)
    return RecoveryPoint(group, f"{late} What was written to them last may be lost.", method, False)


def _line(entry: Entry) -> EntryLine:
    line = _line_of_step(read(entry, Phased)) or line_of(entry)
    cut = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    return EntryLine(entry.seq, entry.at, entry.step, entry.kind.value, entry.who, cut, entry.hash)


def _line_of_step(phased: Phased | None) -> str:
    """In short what the report tells in full at the step; empty where it does not."""
    if phased and phased["phase"] == StepPhase.READY:
        return "Asked"
    if phased and phased["phase"] == StepPhase.NOT_SENT:
        return "Not executed"
    if phased and "signed_by" in phased and "passed" in phased:
        return f"{'Passed' if phased['passed'] else 'Not passed'}, says {phased['signed_by']}"
    return ""
