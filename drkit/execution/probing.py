"""`Prober`: repeats health checks and readings until they hold."""

import math
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import partial

from drkit.errors import DrkitError
from drkit.execution.annotations import approval
from drkit.execution.context import OnResult, RunContext
from drkit.execution.entries import phased
from drkit.execution.late_binding import bind_late
from drkit.execution.limits import CHECK_EVERY, CHECK_TIMEOUT, PATIENCE, READ_EVERY, SYNC_TIMEOUT
from drkit.execution.reads import read_lists
from drkit.execution.records import StepRecord
from drkit.execution.states import StepPhase
from drkit.journal import EntryKind
from drkit.model import Change, GroupStatus, Inventory, Operation, ReplicationStatus, ServerStatus
from drkit.plan import ReadingCheck
from drkit.rules import faulty, some_of

HOLDS: Mapping[ReadingCheck | None, str] = {
    None: "It answers.",
    ReadingCheck.SYNCHRONISED: "Read: the group is protected, and every pair is synchronised.",
    ReadingCheck.DRILL_GONE: "Read: the drill is gone, and every server of it.",
    ReadingCheck.APPROVED: "Read: somebody of another login than the runner's has approved it.",
}
"""What is said of a check that holds."""

TIMEOUTS: Mapping[ReadingCheck | None, float] = {
    None: CHECK_TIMEOUT,
    ReadingCheck.SYNCHRONISED: SYNC_TIMEOUT,
    ReadingCheck.DRILL_GONE: PATIENCE,
    ReadingCheck.APPROVED: math.inf,
}
"""For how long a check is repeated, in seconds of the service's time."""


def not_synchronised(group_id: str, reading: Inventory) -> str:
    """What is against calling a group protected again, as words; empty where nothing is."""
    group, pairs = reading.groups.get(group_id), reading.pairs_of(group_id)
    if group is None:
        return "the group is gone"
    wrong = [] if group.status == GroupStatus.PROTECTED else [f"the group is {group.status}"]
    for pair in pairs:
        if pair.replication_status != ReplicationStatus.ACTIVE:
            told = pair.replication_status or "not known to be synchronised"
            wrong.append(f"{pair.name} is {told}, {pair.progress} %")
        elif "fault_level" in pair.unknown:
            wrong.append(f"of {pair.name} it is not known whether it has a fault")
    return some_of([*wrong, *faulty((), pairs)])


def drill_left(deletion: Change, servers: Collection[str] | None, reading: Inventory) -> str:
    """What is left of the drill that this change deletes, which had these servers; empty where nothing is."""
    drill = reading.drills.get(bind_late(deletion, reading).drill_id)
    if drill:
        return f"the drill {drill.name} is there, {drill.status}"
    if servers is None:
        return "the drill is gone, and which servers it had is not known"
    left = [each for key in servers if (each := reading.servers.get(key))]
    there = [each for each in left if each.status != ServerStatus.DELETED]
    return some_of([f"{each.name} is there, {each.status}" for each in there])


@dataclass(slots=True)
class _Probe:
    began: float
    due: float
    out: bool = False


class Prober:
    """Repeats the checks whose turn has come until they hold. Runs in the engine's thread, what it asks in
    those of workers.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self._probes: dict[str, _Probe] = {}

    @property
    def due(self) -> float | None:
        """When the next check is due."""
        return min((each.due for each in self._probes.values() if not each.out), default=None)

    def turn(self) -> None:
        """Ask what is due."""
        now = self.context.clock.monotonic()
        under_way = {
            each.step.key: each
            for each in self.context.board.records()
            if each.step.check and each.phase is StepPhase.WORKING
        }
        self._probes = {key: self._probes.get(key) or _Probe(now, now) for key in under_way}
        for key, probe in self._probes.items():
            if not probe.out and now >= probe.due:
                probe.out = True
                self._ask(under_way[key], partial(self._answered, key, probe))

    def _ask(self, record: StepRecord, then: OnResult[str]) -> None:
        step, service = record.step, self.context.service
        ask = partial(self._read, record) if step.reads else partial(service.check, step.check)
        self.context.read(ask, then)

    def _read(self, record: StepRecord) -> str:
        """In a worker's thread: what the service shows against it; empty where it holds."""
        board, service, now = self.context.board, self.context.service, self.context.clock.now()
        if record.step.reads is ReadingCheck.APPROVED:
            return (
                "" if approval(self.context.hold.entries()) else f"nobody did: drkit approve {board.run_id}"
            )
        if record.step.reads is ReadingCheck.SYNCHRONISED:
            change = Change.of(Operation.REPROTECT, record.step.group_id)
            return not_synchronised(change.group_id, read_lists(service, ("groups", "pairs"), [change], now))
        deletion = board.record(record.step.after[0])
        assert deletion.step.change  # noqa: S101  # what a ledger comes after deletes the drill
        reading = read_lists(service, ("drills", "servers"), [deletion.step.change], now)
        return drill_left(deletion.step.change, deletion.before.get("servers"), reading)

    def _answered(self, key: str, probe: _Probe, answer: Callable[[], str]) -> None:
        now, pace = self.context.clock.monotonic(), self.context.pace
        record = self.context.board.record(key)
        probe.out, probe.due = False, now + pace.pause(READ_EVERY if record.step.reads else CHECK_EVERY)
        if self._probes.get(key) is not probe or record.phase is not StepPhase.WORKING:
            return  # meanwhile somebody signed it off or skipped it
        reads, verb = record.step.reads, "Read" if record.step.reads else "Asked"
        try:
            fault = answer()
        except DrkitError as error:
            if not reads:
                self._end(key, StepPhase.FAILED, str(error))
                return
            fault = f"not known: {error}"
        if not fault:
            self._end(key, StepPhase.DONE, HOLDS[reads])
        elif now - probe.began > pace.patience(TIMEOUTS[reads]) or self._is_kept(record):
            self._end(key, StepPhase.FAILED, f"{verb} for {now - probe.began:.0f} s, and still {fault}.")
        else:
            until = "it holds" if reads else "it answers"
            self.context.board.show(key, sentence=f"{verb} again and again until {until}; now {fault}.")

    def _is_kept(self, record: StepRecord) -> bool:
        """Whether it is about a drill that was not deleted, so that there is nothing to wait for."""
        of_drill = record.step.reads is ReadingCheck.DRILL_GONE
        return of_drill and self.context.board.record(record.step.after[0]).phase is not StepPhase.DONE

    def _end(self, key: str, phase: StepPhase, sentence: str) -> None:
        self.context.write(EntryKind.SETTLED, key, phased(phase, sentence))
