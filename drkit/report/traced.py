"""A run's record beside the cloud's own trace: what was not traced, what others did meanwhile (pure).

The trace is kept by somebody who cannot write the journal, so a record that agrees with it holds against
something outside. A trace comes some minutes late, and the cloud forgets it after seven days.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from drkit.execution import Adopted, Intended, Lost, RunEnded, Sent, beginning, read
from drkit.journal import Entry
from drkit.model import Change, Inventory, Trace
from drkit.report.proving import Proof
from drkit.report.words import moment

LATE = timedelta(minutes=15)
"""By when a trace is there; sooner than that its absence says nothing."""
APART = timedelta(minutes=2)
"""How far the clocks of the cloud and of this machine may be apart, a request's way included."""

KEPT = timedelta(days=7)
"""How long the cloud tells of a trace."""

NAMES: Mapping[str, str] = {
    "attach_pair": "attachReplicationPair",
    "detach_pair": "detachReplicationPair",
    "enable_protection": "startProtectionGroup",
    "disable_protection": "stopProtectionGroup",
    "planned_failover": "reverseProtectionGroup",
    "failover": "failoverProtectionGroup",
    "reprotect": "reprotectProtectionGroup",
    "create_drill": "createDrDrill",
    "delete_drill": "deleteDrDrill",
    "rename_drill": "updateDrDrill",
    "expand_pair": "expandReplicationPair",
    "resize_instance": "resizeProtectedInstance",
    "stop_server": "stopServer",
    "start_server": "startServer",
    "create_group": "createProtectionGroup",
    "rename_group": "updateProtectionGroup",
    "delete_group": "deleteProtectionGroup",
    "create_instance": "createProtectedInstance",
    "create_instances": "createProtectedInstance",
    "rename_instance": "updateProtectedInstance",
    "delete_instance": "deleteProtectedInstance",
    "delete_instances": "deleteProtectedInstance",
    "add_nic": "addNic",
    "delete_nic": "deleteNic",
    "create_pair": "createReplicationPair",
    "rename_pair": "updateReplicationPair",
    "delete_pair": "deleteReplicationPair",
}
"""What the trace calls an operation; source: the pages "Key Operations on SDRS" and "... on ECS"."""

UNTRACED = frozenset({"set_tags", "delete_tags", "clear_failed_task", "clear_failed_tasks"})
"""The operations that these pages do not list: that one of them was not traced says nothing."""


@dataclass(frozen=True, slots=True)
class SentChange:
    """A change as the record has it. `taken` says whether the service is known to have taken it."""

    step: str
    change: Change
    at: datetime
    job_id: str
    taken: bool

    @property
    def words(self) -> str:
        """What was sent for which step, and when."""
        return f"step {self.step}, {self.change.operation.words}, sent at {moment(self.at)}"


def sent_changes(entries: Sequence[Entry]) -> tuple[SentChange, ...]:
    """The changes that went out, or may have, in order. What was refused is not among them."""
    sent: dict[tuple[str, datetime], SentChange] = {}
    open_: dict[str, tuple[Change, datetime]] = {}
    for entry in entries:
        if intended := read(entry, Intended):
            open_[entry.step] = Change.from_json(intended["change"]), wall(entry)
        elif entry.step in open_ and any(read(entry, shape) for shape in (Sent, Lost, Adopted)):
            change, at = open_[entry.step]
            taken = not read(entry, Lost)
            sent[entry.step, at] = SentChange(entry.step, change, at, entry.job_id, taken)
    return tuple(sent.values())


def wall(entry: Entry) -> datetime:
    """When an entry was written by the clock on the wall, which the cloud's is compared with."""
    return entry.clock.wall if entry.clock else entry.at


def window(entries: Sequence[Entry]) -> tuple[datetime, datetime]:
    """From when to when a run went on, with as much around it as clocks may be apart.

    What people add after its end belongs to it no more.
    """
    ended = [entry for entry in entries if read(entry, RunEnded)]
    ends = [wall(entry) for entry in (entries[0], ended[-1] if ended else entries[-1])]
    return min(ends) - APART, max(ends) + APART


def things_of(entries: Sequence[Entry], readings: Iterable[Inventory]) -> frozenset[str]:
    """The ids of the run's groups and of everything that was in them at its start or its end."""
    planned = {identity for identity, _ in beginning(entries)["plan"]["groups"]}
    ids = set(planned)
    for sent in sent_changes(entries):
        ids |= {str(value) for name, value in sent.change.arguments if name.endswith("_id") and value}
    for reading in readings:
        for group_id in planned:
            for instance in reading.instances_of(group_id):
                ids |= {instance.id, *instance.server_ids}
            for pair in reading.pairs_of(group_id):
                ids |= {pair.id, pair.source_disk_id, pair.target_disk_id}
            for drill in reading.drills_of(group_id):
                ids |= {drill.id, *(server for _, server in drill.servers)}
    return frozenset(ids - {""})


def hold_against_trace(
    proof: Proof, entries: Sequence[Entry], traces: Sequence[Trace], things: Collection[str], now: datetime
) -> None:
    """Say in a proof what the cloud traced of a run's changes, what it did not, and what others did."""
    sent, left = sent_changes(entries), list(traces)
    missing = []
    for change in sent:
        trace = _trace_of(change, left)
        if trace:
            left.remove(trace)
            if not change.taken:
                proof.meanwhile.append(f"{_upper(change.words)}: its answer was lost, and {_told(trace)}.")
        elif change.taken and change.change.operation not in UNTRACED:
            missing.append(change)
    taken = [change for change in sent if change.taken and change.change.operation not in UNTRACED]
    _judge_missing(proof, taken, missing, now)
    jobs, tried = {change.job_id for change in sent} - {""}, list(_tried(entries))
    proof.meanwhile += [
        _upper(f"{_told(trace)}; it is none of this run's changes.")
        for trace in left
        if trace.resource_id in things or trace.mentions & frozenset(things)
        if trace.job_id not in jobs and not (trace.code >= "300" and _is_of(trace, tried))
    ]


def _tried(entries: Sequence[Entry]) -> Iterator[tuple[frozenset[str], datetime]]:
    """The ids of each change that was about to be sent, refused ones too, and when."""
    for entry in entries:
        if intended := read(entry, Intended):
            yield _ids(Change.from_json(intended["change"])), wall(entry)


def _is_of(trace: Trace, tried: Iterable[tuple[frozenset[str], datetime]]) -> bool:
    return any(
        trace.at is not None
        and abs(trace.at - at) <= APART
        and (trace.resource_id in ids or trace.mentions & ids)
        for ids, at in tried
    )


def _ids(change: Change) -> frozenset[str]:
    return frozenset({change.group_id, *(str(value) for _, value in change.arguments)})


def _judge_missing(
    proof: Proof, taken: Sequence[SentChange], missing: Sequence[SentChange], now: datetime
) -> None:
    if forgotten := [change for change in missing if now - change.at > KEPT]:
        proof.unchecked.append(
            f"{len(forgotten)} changes against the cloud's own trace, which forgets after {KEPT.days} days"
        )
        missing = [change for change in missing if change not in forgotten]
    if not taken:
        proof.unchecked.append("the cloud's own trace: this run is not known to have changed anything")
    elif not missing and forgotten:
        return
    elif not missing:
        proof.outside.append(f"the cloud's own trace, which has all {len(taken)} changes of it")
    elif now - missing[-1].at < LATE:
        proof.unchecked.append(
            f"{len(missing)} of {len(taken)} changes against the cloud's own trace, which may come "
            f"{LATE.seconds // 60} minutes late: verify again"
        )
    elif len(missing) == len(taken):
        proof.unchecked.append(
            f"the cloud's own trace: it has none of the {len(taken)} changes; is its tracker enabled, and is "
            "this the project's own trace?"
        )
    else:
        proof.faults += [f"The cloud traced nothing of {change.words}." for change in missing]


def _trace_of(sent: SentChange, traces: Sequence[Trace]) -> Trace | None:
    """The trace of a change: by its job, else by what was done to what at that time and taken."""
    for trace in traces:
        if sent.job_id and trace.job_id == sent.job_id:
            return trace
    name, tried = NAMES.get(sent.change.operation), [(_ids(sent.change), sent.at)]
    for trace in traces:
        another = bool(trace.job_id and sent.job_id)
        if trace.name == name and not another and trace.code < "300" and _is_of(trace, tried):
            return trace
    return None


def _told(trace: Trace) -> str:
    what = trace.resource_name or trace.resource_id or "what it names"
    refused = "" if trace.code < "300" else f", which was refused ({trace.code})"
    when = f"at {moment(trace.at)} " if trace.at else ""
    return f"{when}{trace.user or 'somebody'} asked {trace.service} for {trace.name} of {what}{refused}"


def _upper(text: str) -> str:
    return text[:1].upper() + text[1:]
