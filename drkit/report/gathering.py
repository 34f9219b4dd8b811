"""`gather`: a run's journal entries in, `Evidence` out. Nothing else is asked (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime

from drkit.execution import (
    AtTheEnd,
    Board,
    Intended,
    RunEnded,
    RunPhase,
    RunState,
    SyncedPairs,
    beginning,
    files,
    findings,
    notes,
    read,
    recovery_clocks,
    sign_offs,
)
from drkit.journal import DRKIT_VERSION, Entry, EntryKind, Resumed, TakenOver, chain_faults
from drkit.model import Change
from drkit.report.clauses import clause_lines
from drkit.report.evidence import FORM, EntryLine, Evidence, JournalEvidence, RecoveryPoint
from drkit.report.stepping import line_of, step_records
from drkit.report.verdicts import deviations, ending, ledger, not_executed
from drkit.report.words import duration, moment

LONGEST_LINE = 160  # characters


def gather(entries: Sequence[Entry]) -> Evidence:
    """Everything a report says of the run that these entries tell of, from its plan on.

    Raises `JournalDamagedError` where they do not begin with a plan.
    """
    begun = beginning(entries)
    state = Board.replay(entries).state()
    first, plan = entries[0], state.plan
    own = [each for each in entries if each.fence]  # written by the run itself, not added to it later
    until = state.ended_at or own[-1].at
    steps = step_records(state, entries)
    clocks = recovery_clocks(state, until)
    points = _points(state, entries)
    off = deviations(steps, clocks, points, tuple(_breaks(entries)))
    aims = plan.objectives
    after = _at_the_end(entries)
    evidence = Evidence(
        form=FORM,
        written_by=f"drkit {DRKIT_VERSION}",
        run_id=first.run_id,
        title=plan.title,
        kind=aims.kind.words if aims else "change",
        backend=plan.backend,
        groups=plan.groups,
        plan_digest=str(first.data["digest"]),
        plan_read_at=plan.read_at,
        plan_notes=plan.notes,
        confirmed=f"{first.who} on {first.host} typed {begun['confirmed']!r}, {moment(first.at)}",
        versions=tuple(dict.fromkeys(f"drkit {each.version}" for each in entries)),
        people=tuple(dict.fromkeys(f"{each.who} on {each.host}" for each in entries)),
        started_at=state.started_at,
        ended_at=state.ended_at,
        last_at=until,
        verdict=ending(state, clocks, off),
        objectives=aims,
        steps=steps,
        clocks=clocks,
        points=points,
        left_out=plan.left_out,
        not_executed=not_executed(steps),
        deviations=off,
        findings=findings(entries),
        before=begun.get("snapshot"),
        after=after.get("snapshot"),
        after_missing=after.get("snapshot_missing", ""),
        ledger=ledger(state, steps, after.get("snapshot")),
        notes=tuple(each for each in notes(entries) if not each.step),
        attachments=files(entries),
        sign_offs=sign_offs(entries),
        clauses=(),
        record=JournalEvidence(entries[-1].hash, tuple(chain_faults(entries)), tuple(map(_line, entries))),
    )
    return replace(evidence, clauses=clause_lines(evidence)) if aims else evidence


def _at_the_end(entries: Sequence[Entry]) -> AtTheEnd:
    """What is known at the run's last end, if it came to one."""
    none: AtTheEnd = {}
    return next((end for entry in reversed(entries) if (end := read(entry, RunEnded))), none)


def _breaks(entries: Sequence[Entry]) -> Iterator[str]:
    """Where the run as a whole was interrupted, gone on with, or taken over."""
    for entry in entries:
        end = read(entry, RunEnded)
        if end and (entry.kind is EntryKind.STOPPED or end["phase"] == RunPhase.STOPPED):
            yield f"The run stopped at {moment(entry.at)}: {end['sentence']}"
            for under_way in end.get("in_flight", ()):
                what = f"{under_way['title']} {under_way['job_id']}".strip()
                yield f"Under way at the service when it stopped: {what}"
        if end and "snapshot_missing" in end:
            yield f"No step was compared with what is there at the end: {end['snapshot_missing']}"
        if resumed := read(entry, Resumed):
            yield f"The run was gone on with at {moment(entry.at)} by {resumed['resumed_by']}."
        if over := read(entry, TakenOver):
            for taking in over["takeover"]:
                group, holder = taking["group_id"], taking["from"]
                yield f"The group {group} was taken over at {moment(entry.at)} from {holder}."


def _points(state: RunState, entries: Sequence[Entry]) -> tuple[RecoveryPoint, ...]:
    """What the last reading before each switch says of lost data, by group."""
    names = dict(state.plan.groups)
    aims = state.plan.objectives
    points: dict[str, RecoveryPoint] = {}
    for entry in entries:
        if (intended := read(entry, Intended)) and (synced := intended.get("recovery_point")):
            group_id = Change.from_json(intended["change"]).group_id
            group = names.get(group_id, group_id)
            points[group_id] = _point(group, synced, aims.rpo_target if aims else 0)
    return tuple(points.values())


def _point(group: str, synced: SyncedPairs, target: int) -> RecoveryPoint:
    read_at = moment(datetime.fromisoformat(synced["read_at"]))
    pairs, behind, method = synced["pairs"], synced["behind"], synced["method"]
    if not pairs:
        return RecoveryPoint(group, "The group has no pairs, so nothing was replicated.", method, None)
    if not behind:
        statement = f"Nothing acknowledged is lost: all {pairs} pairs were synchronised at {read_at}."
        return RecoveryPoint(group, statement, method, True)
    late = f"{len(behind)} of {pairs} pairs were not synchronised at {read_at}: {', '.join(behind)}."
    if target:
        statement = f"{late} Whether that is within {duration(target)} cannot be told."
        return RecoveryPoint(group, statement, method, None)
    return RecoveryPoint(group, f"{late} What was written to them last may be lost.", method, False)


def _line(entry: Entry) -> EntryLine:
    line = line_of(entry)
    cut = line if len(line) <= LONGEST_LINE else line[: LONGEST_LINE - 1] + "…"
    return EntryLine(entry.seq, entry.at, entry.step, entry.kind.value, entry.who, cut, entry.hash)
