"""What the entries say of each step: attempts, the jobs behind it, who checked it, what was noted (pure)."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from drkit.execution import (
    Adopted,
    FindingClosed,
    FindingNoted,
    FollowedBy,
    Intended,
    JobJson,
    Lost,
    Note,
    Noted,
    Phased,
    Planned,
    Remark,
    RunClock,
    RunEnded,
    Sent,
    SignedOff,
    SpeedChanged,
    StepPhase,
    notes,
    read,
)
from drkit.journal import Entry, EntryKind, Resumed
from drkit.model import Argument, Change
from drkit.plan import Step
from drkit.report.evidence import Attempt, Checked, StepEvidence, SubJob

_BEGINS = {StepPhase.WORKING, StepPhase.READY}
_ENDS = {StepPhase.DONE, StepPhase.FAILED, StepPhase.UNKNOWN}
_OVER = _ENDS | {StepPhase.SKIPPED}


def step_records(clock: RunClock, entries: Iterable[Entry]) -> tuple[StepEvidence, ...]:
    """Every step of the plan, in its order."""
    state = clock.state
    by_step: dict[str, list[Entry]] = {each.key: [] for each in state.plan.steps}
    for entry in entries:
        if entry.step in by_step:
            by_step[entry.step].append(entry)
    names = dict(state.plan.groups)
    return tuple(
        _record(number, step, clock, names.get(step.group_id, ""), by_step[step.key])
        for number, step in enumerate(state.plan.steps, start=1)
    )


def line_of(entry: Entry) -> str:
    """What an entry says, in a line."""
    if planned := read(entry, Planned):
        copied = planned.get("copy_of")
        world = f", on a copy of {copied['name']}" if copied else ""
        return f"The plan: {planned['plan']['title']}, {len(planned['plan']['steps'])} steps{world}"
    if intended := read(entry, Intended):
        return does_of(Change.from_json(intended["change"]))
    if read(entry, Sent) is not None:
        return f"Accepted as job {entry.job_id}"
    return _sentence(entry) or _added(entry)


def _sentence(entry: Entry) -> str:
    """What the run itself wrote; empty where somebody added the entry."""
    if plain := read(entry, RunEnded) or read(entry, Phased) or read(entry, Remark):
        return plain["sentence"]
    if adopted := read(entry, Adopted):
        return adopted["how"]
    if lost := read(entry, Lost):
        return lost["error"]
    if changed := read(entry, SpeedChanged):
        return f"The practice range runs at speed {changed['speed']:g} from now on."
    return resumed["resumed_by"] if (resumed := read(entry, Resumed)) else ""


def _added(entry: Entry) -> str:
    """What somebody added to the record."""
    if noted := read(entry, Noted):
        note = noted["noted"]
        name = note["file"]["name"] if "file" in note else ""
        return f"Note by {note['who']}: {note['text'] or name}"
    if found := read(entry, FindingNoted):
        finding = found["finding"]
        return f"Finding for {finding['owner']} by {finding['due']}: {finding['text']}"
    if closed := read(entry, FindingClosed):
        closing = closed["finding_closed"]
        return f"Finding {closing['number']} closed: {closing['outcome']}"
    if signed := read(entry, SignedOff):
        off = signed["signed_off"]
        return f"{'Accepted' if off['accepted'] else 'Not accepted'} by {off['who']}"
    if followed := read(entry, FollowedBy):
        return f"Gone on with in run {followed['followed_by']}"
    return ", ".join(sorted(entry.data))


def does_of(change: Change) -> str:
    """A change in words: the operation and its arguments."""
    arguments = ", ".join(filter(None, (_argument(name, value) for name, value in change.arguments)))
    return f"{change.operation.words}, {arguments}" if arguments else change.operation.words


def _argument(name: str, value: Argument) -> str:
    words = name.removesuffix("_id").replace("_", " ")
    if isinstance(value, bool):
        return words if value else ""
    return f"{words} {value}" if value != "" else ""


def _record(number: int, step: Step, clock: RunClock, group: str, entries: Sequence[Entry]) -> StepEvidence:
    shown = clock.state.step(step.key)
    started = shown.started_at
    ended = shown.ended_at if shown.phase in _OVER else None
    return StepEvidence(
        number=number,
        key=step.key,
        title=step.title,
        kind=step.kind,
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
        seconds=clock.took(step.key) if started and ended else None,
        stretches=clock.stretches[step.key] if started else (),
        job_id=shown.job_id,
        sub_jobs=tuple(_sub_jobs(entries)),
        attempts=_attempts(entries),
        checked=tuple(_checked(entries)),
        notes=tuple(_notes(entries)),
        surprises=tuple(_surprises(entries)),
    )


def _does(step: Step, entries: Iterable[Entry]) -> str:
    if not step.change:
        return f"asks {step.check} until it answers" if step.probes else step.instruction
    sent = [intended["change"] for entry in entries if (intended := read(entry, Intended))]
    return does_of(Change.from_json(sent[-1]) if sent else step.change)


def _attempts(entries: Iterable[Entry]) -> tuple[Attempt, ...]:
    attempts: list[Attempt] = []
    for entry in entries:
        phased = read(entry, Phased)
        phase = StepPhase(phased["phase"]) if phased else None
        over = not attempts or attempts[-1].outcome not in {"", StepPhase.UNKNOWN.value}
        asked_again = phased and "objections" in phased
        if entry.kind is EntryKind.INTENDED or (phase in _BEGINS and over and not asked_again):
            attempts.append(Attempt(entry.at, None, "", "", "", ""))
        elif entry.kind is EntryKind.SENT:
            attempts[-1] = replace(attempts[-1], job_id=entry.job_id)
        elif entry.kind is EntryKind.ADOPTED:  # found after all, though a person had said it was not done
            attempts[-1] = replace(attempts[-1], ended_at=None, outcome="", sentence="", code="")
        elif phased and phase in _ENDS and attempts and not over:
            attempts[-1] = replace(
                attempts[-1],
                ended_at=entry.at,
                outcome=phased["phase"],
                sentence=phased["sentence"],
                code=phased.get("code", ""),
            )
    return tuple(attempts)


def _sub_jobs(entries: Sequence[Entry]) -> Iterator[SubJob]:
    jobs = [phased["job"] for entry in entries if (phased := read(entry, Phased)) and "job" in phased]
    if jobs:
        yield from _parts(jobs[-1], 1)


def _parts(job: JobJson, level: int) -> Iterator[SubJob]:
    for each in job["sub_jobs"]:
        yield SubJob(each["id"], each["type"], each["status"], each["error_code"], each["fail_reason"], level)
        yield from _parts(each, level + 1)


def _checked(entries: Iterable[Entry]) -> Iterator[Checked]:
    for entry in entries:
        if (signed := read(entry, Phased)) and "signed_by" in signed and "passed" in signed:
            who, note = signed["signed_by"], signed.get("note", "")
            early = signed.get("beforehand", False)
            yield Checked(entry.step, who, signed["passed"], note, entry.at, entry.who, early)


def _notes(entries: Sequence[Entry]) -> Iterator[Note]:
    """What people noted, and what drkit noted in passing: silence, progress that went back."""
    yield from notes(entries)
    for entry in entries:
        if remark := read(entry, Remark):
            yield Note(entry.step, remark["sentence"], "drkit", entry.at)


def _signed_against(phased: Phased) -> bool:
    """Whether a person signed as passed what a check did not show."""
    return "signed_by" in phased and "against" in phased


def _surprises(entries: Iterable[Entry]) -> Iterator[str]:
    """What did not go as planned although the step may have ended well."""
    for entry in entries:
        if entry.kind is EntryKind.LOST:
            yield "its answer was lost."
        if adopted := read(entry, Adopted):
            yield adopted["how"]
        phased = read(entry, Phased)
        if phased and "deviation" in phased:
            yield phased["deviation"]
        if phased and ("resolved" in phased or "objections" in phased or _signed_against(phased)):
            yield phased["sentence"]
