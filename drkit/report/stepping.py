"""What the entries say of each step: attempts, the jobs behind it, who checked it, what was noted (pure)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from drkit.execution import Note, RunState, StepPhase, StepState, notes
from drkit.journal import Entry, EntryKind
from drkit.model import Argument, Change
from drkit.plan import Step
from drkit.report.evidence import Attempt, Checked, StepEvidence, SubJob

_BEGINS = {StepPhase.WORKING, StepPhase.READY}
_ENDS = {StepPhase.DONE, StepPhase.FAILED, StepPhase.UNKNOWN}
_OVER = _ENDS | {StepPhase.SKIPPED}
_SAID = ("sentence", "how", "error", "resumed_by", "why")


def step_records(state: RunState, entries: Iterable[Entry]) -> tuple[StepEvidence, ...]:
    """Every step of the plan, in its order."""
    by_step: dict[str, list[Entry]] = {each.key: [] for each in state.plan.steps}
    for entry in entries:
        if entry.step in by_step:
            by_step[entry.step].append(entry)
    names = dict(state.plan.groups)
    return tuple(
        _record(number, step, state.step(step.key), names.get(step.group_id, ""), by_step[step.key])
        for number, step in enumerate(state.plan.steps, start=1)
    )


def words_of(entry: Entry) -> str:
    """What an entry says, in a line."""
    data = entry.data
    if entry.kind is EntryKind.PLANNED:
        return f"The plan: {data['plan']['title']}, {len(data['plan']['steps'])} steps"
    if entry.kind is EntryKind.INTENDED:
        return does_of(Change.from_json(data["change"]))
    if entry.kind is EntryKind.SENT:
        return f"Accepted as job {entry.job_id}"
    return next((str(data[each]) for each in _SAID if data.get(each)), _added(data))


def _added(data: Mapping[str, Any]) -> str:
    """What somebody added to the record."""
    if said := data.get("noted"):
        return f"Note by {said['who']}: {said['text'] or said['file']['name']}"
    if said := data.get("finding"):
        return f"Finding for {said['owner']} by {said['due']}: {said['text']}"
    if said := data.get("finding_closed"):
        return f"Finding {said['number']} closed: {said['outcome']}"
    if said := data.get("signed_off"):
        return f"{'Accepted' if said['accepted'] else 'Not accepted'} by {said['who']}"
    return ", ".join(sorted(data))


def does_of(change: Change) -> str:
    """A change in words: the operation and its arguments."""
    told = ", ".join(filter(None, (_argument(name, value) for name, value in change.arguments)))
    return f"{change.operation.words}, {told}" if told else change.operation.words


def _argument(name: str, value: Argument) -> str:
    words = name.removesuffix("_id").replace("_", " ")
    if isinstance(value, bool):
        return words if value else ""
    return f"{words} {value}" if value != "" else ""


def _record(number: int, step: Step, shown: StepState, group: str, entries: Sequence[Entry]) -> StepEvidence:
    started = shown.started_at
    ended = shown.ended_at if shown.phase in _OVER else None
    return StepEvidence(
        number=number,
        key=step.key,
        title=step.title,
        how="by hand" if step.manual else "check" if step.check else "change",
        group=group,
        wave=step.wave,
        does=_does(step, entries),
        undo=step.undo,
        phase=shown.phase.value,
        sentence=shown.sentence,
        code=shown.code,
        reason=shown.reason,
        remedy=shown.remedy,
        started_at=started,
        ended_at=ended,
        seconds=(ended - started).total_seconds() if started and ended else None,
        job_id=shown.job_id,
        sub_jobs=tuple(_sub_jobs(entries)),
        attempts=_attempts(entries),
        checked=tuple(_checked(entries)),
        notes=tuple(_notes(entries)),
        surprises=tuple(_surprises(entries)),
    )


def _does(step: Step, entries: Iterable[Entry]) -> str:
    if not step.change:
        return f"asks {step.check} until it answers" if step.check else step.instruction
    sent = [Change.from_json(each.data["change"]) for each in entries if each.kind is EntryKind.INTENDED]
    return does_of(sent[-1] if sent else step.change)


def _attempts(entries: Iterable[Entry]) -> tuple[Attempt, ...]:
    found: list[Attempt] = []
    for entry in entries:
        phase = StepPhase(entry.data["phase"]) if "phase" in entry.data else None
        over = not found or found[-1].outcome not in {"", StepPhase.UNKNOWN.value}
        if entry.kind is EntryKind.INTENDED or (phase in _BEGINS and over and "objections" not in entry.data):
            found.append(Attempt(entry.at, None, "", "", "", ""))
        elif entry.kind is EntryKind.SENT:
            found[-1] = replace(found[-1], job_id=entry.job_id)
        elif phase and phase in _ENDS and found and not over:
            sentence, code = (str(entry.data.get(name, "")) for name in ("sentence", "code"))
            found[-1] = replace(
                found[-1], ended_at=entry.at, outcome=phase.value, sentence=sentence, code=code
            )
    return tuple(found)


def _sub_jobs(entries: Sequence[Entry]) -> Iterator[SubJob]:
    jobs = [each.data["job"] for each in entries if "job" in each.data]
    if jobs:
        yield from _parts(jobs[-1], 1)


def _parts(job: Mapping[str, Any], level: int) -> Iterator[SubJob]:
    for each in job["sub_jobs"]:
        yield SubJob(each["id"], each["type"], each["status"], each["error_code"], each["fail_reason"], level)
        yield from _parts(each, level + 1)


def _checked(entries: Iterable[Entry]) -> Iterator[Checked]:
    for entry in entries:
        if who := entry.data.get("signed_by"):
            data = entry.data
            yield Checked(entry.step, who, data["passed"], data.get("note", ""), entry.at, entry.who)


def _notes(entries: Sequence[Entry]) -> Iterator[Note]:
    """What people noted, and what drkit noted in passing: silence, progress that went back."""
    yield from notes(entries)
    for entry in entries:
        if entry.kind is EntryKind.NOTED and "phase" not in entry.data and "sentence" in entry.data:
            yield Note(entry.step, entry.data["sentence"], "drkit", entry.at)


def _surprises(entries: Iterable[Entry]) -> Iterator[str]:
    """What did not go as planned although the step may have ended well."""
    for entry in entries:
        if entry.kind is EntryKind.LOST:
            yield "its answer was lost."
        if entry.kind is EntryKind.ADOPTED:
            yield str(entry.data["how"])
        if "resolved" in entry.data:
            yield str(entry.data["sentence"])
        if entry.kind is EntryKind.NOTED and "objections" in entry.data:
            yield str(entry.data["sentence"])
