"""`gather`: a run's journal entries in, `Evidence` out. Nothing else is asked (pure)."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from drkit.errors import JournalDamagedError
from drkit.execution import Board, RunPhase, RunState, files, findings, notes, recovery_clocks, sign_offs
from drkit.journal import DRKIT_VERSION, Entry, EntryKind, chain_faults
from drkit.model import Change
from drkit.report.clauses import clause_lines
from drkit.report.evidence import FORM, EntryLine, Evidence, JournalEvidence, RecoveryPoint
from drkit.report.stepping import step_records, words_of
from drkit.report.verdicts import deviations, ending, ledger, not_executed
from drkit.report.words import duration, moment

LONGEST_LINE = 160  # characters


def gather(entries: Sequence[Entry]) -> Evidence:
    """Everything a report says of the run that these entries tell of, from its plan on.

    Raises `JournalDamagedError` where they do not begin with a plan.
    """
    if not entries or entries[0].kind is not EntryKind.PLANNED:
        raise JournalDamagedError(
            "The run does not begin with its plan: there is nothing to report on.",
            run_id=entries[0].run_id if entries else "",
        )
    state = Board.replay(entries).state()
    first, plan = entries[0], state.plan
    own = [each for each in entries if each.fence]  # written by the run itself, not added to it later
    until = state.ended_at or own[-1].at
    steps = step_records(state, entries)
    clocks = recovery_clocks(state, until)
    points = _points(state, entries)
    off = deviations(steps, clocks, points, tuple(_breaks(entries)))
    aims = plan.objectives
    after = _end(entries)
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
        confirmed=f"{first.who} on {first.host} typed {first.data['confirmed']!r}, {moment(first.at)}",
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
        before=first.data.get("snapshot"),
        after=after.get("snapshot"),
        after_missing=str(after.get("snapshot_missing", "")),
        ledger=ledger(state, steps, after.get("snapshot")),
        notes=tuple(each for each in notes(entries) if not each.step),
        attachments=files(entries),
        sign_offs=sign_offs(entries),
        clauses=(),
        record=JournalEvidence(entries[-1].hash, tuple(chain_faults(entries)), tuple(map(_line, entries))),
    )
    return replace(evidence, clauses=clause_lines(evidence)) if aims else evidence


def _end(entries: Sequence[Entry]) -> dict[str, Any]:
    """What the run's last word says, if it came to one."""
    ends = [dict(each.data) for each in entries if _closes(each)]
    return ends[-1] if ends else {}


def _closes(entry: Entry) -> bool:
    return not entry.step and entry.kind in {EntryKind.SETTLED, EntryKind.STOPPED}


def _breaks(entries: Sequence[Entry]) -> Iterator[str]:
    """Where the run as a whole was interrupted, gone on with, or taken over."""
    for entry in entries:
        closed = _closes(entry) and entry.data.get("phase") == RunPhase.STOPPED
        if entry.kind is EntryKind.STOPPED or closed:
            yield f"The run stopped at {moment(entry.at)}: {entry.data.get('sentence', '')}"
            for each in entry.data.get("in_flight", ()):
                yield f"Under way at the service when it stopped: {each['title']} {each['job_id']}".strip()
        if "resumed_by" in entry.data:
            yield f"The run was gone on with at {moment(entry.at)} by {entry.data['resumed_by']}."
        for each in entry.data.get("takeover", ()):
            yield f"The group {each['group_id']} was taken over at {moment(entry.at)} from {each['from']}."


def _points(state: RunState, entries: Sequence[Entry]) -> tuple[RecoveryPoint, ...]:
    """What the last reading before each switch says of lost data, by group."""
    names = dict(state.plan.groups)
    aims = state.plan.objectives
    found: dict[str, RecoveryPoint] = {}
    for entry in entries:
        if said := entry.data.get("recovery_point"):
            group_id = Change.from_json(entry.data["change"]).group_id
            group = names.get(group_id, group_id)
            found[group_id] = _point(group, said, aims.rpo_target if aims else 0)
    return tuple(found.values())


def _point(group: str, said: dict[str, Any], target: int) -> RecoveryPoint:
    read_at = moment(datetime.fromisoformat(said["read_at"]))
    if not said["pairs"]:
        return RecoveryPoint(
            group, "The group has no pairs, so nothing was replicated.", said["method"], None
        )
    if not said["behind"]:
        statement = f"Nothing acknowledged is lost: all {said['pairs']} pairs were synchronised at {read_at}."
        return RecoveryPoint(group, statement, said["method"], True)
    behind = ", ".join(said["behind"])
    statement = (
        f"{len(said['behind'])} of {said['pairs']} pairs were not synchronised at {read_at}: {behind}. "
    )
    if target:
        told = f"Whether that is within {duration(target)} cannot be told."
        return RecoveryPoint(group, statement + told, said["method"], None)
    return RecoveryPoint(
        group, statement + "What was written to them last may be lost.", said["method"], False
    )


def _line(entry: Entry) -> EntryLine:
    said = words_of(entry)
    cut = said if len(said) <= LONGEST_LINE else said[: LONGEST_LINE - 1] + "…"
    return EntryLine(entry.seq, entry.at, entry.step, entry.kind.value, entry.who, cut, entry.hash)
