"""`Prober`: repeats health checks and readings until they hold."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from drkit.errors import DrkitError
from drkit.execution.annotations import approval
from drkit.execution.context import OnResult, RunContext
from drkit.execution.entries import phased
from drkit.execution.ledger import SETTLES, left, may_not_look
from drkit.execution.limits import CHECK_EVERY, CHECK_TIMEOUT, PATIENCE, READ_EVERY, SYNC_TIMEOUT
from drkit.execution.reads import read_lists
from drkit.execution.records import StepRecord
from drkit.execution.states import StepPhase
from drkit.journal import EntryKind
from drkit.model import PLANNED, Change, GroupStatus, Inventory, Operation, ReplicationStatus
from drkit.plan import LOOKED_UP, ReadingCheck, spell_seconds
from drkit.rules import faulty
from drkit.showing import first_few

HOLDS: Mapping[ReadingCheck | None, str] = {
    None: "It answers.",
    ReadingCheck.SYNCHRONISED: "Read: the group is protected, and every pair is synchronised.",
    ReadingCheck.DRILL_GONE: "Read: the drill is gone, and every server of it.",
    ReadingCheck.NETWORK_GONE: "Read: the network of the drill is gone.",
    ReadingCheck.ADDRESSES_GONE: "Read: no public address that led to a drill server is left.",
    ReadingCheck.APPROVED: "Read: somebody of another login than the runner's has approved it.",
}
"""What is said of a check that holds."""

ASKED: Mapping[ReadingCheck | None, str] = {
    ReadingCheck.DRILL_GONE: "Look yourself whether the drill and its servers are gone; say so in the note.",
    ReadingCheck.NETWORK_GONE: (
        "Delete it with its subnets, and it is seen here; or say in the note who keeps it and why."
    ),
    ReadingCheck.ADDRESSES_GONE: (
        "Release it, and it is seen here; or say in the note who keeps it, or that there was none."
    ),
}
"""What a person is asked where something is left, or where drkit may not look."""

TIMEOUTS: Mapping[ReadingCheck | None, float] = {
    None: CHECK_TIMEOUT,
    ReadingCheck.SYNCHRONISED: SYNC_TIMEOUT,
    ReadingCheck.DRILL_GONE: PATIENCE,
    ReadingCheck.NETWORK_GONE: PATIENCE,
    ReadingCheck.ADDRESSES_GONE: PATIENCE,
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
    return first_few([*wrong, *faulty((), pairs)])


@dataclass(slots=True)
class _Probe:
    began: float
    due: float
    out: bool = False
    asked: bool = False


class Prober:
    """Repeats the checks whose turn has come until they hold. Runs in the engine's thread, what it asks in
    those of workers.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        steps = context.board.plan.steps
        self._checks = {each.key for each in steps if each.check}
        self._signed = {each.key for each in steps if each.check and each.signed}
        self._probes: dict[str, _Probe] = {}

    @property
    def due(self) -> float | None:
        """When the next check is due; what a person is asked is looked at now and then, at no set time."""
        return min((each.due for each in self._probes.values() if not (each.out or each.asked)), default=None)

    def turn(self) -> None:
        """Ask what is due."""
        now, board = self.context.clock.monotonic(), self.context.board
        working = board.keys(StepPhase.WORKING) & self._checks
        # While a person is asked what becomes of it, it is looked up on: what is gone by then is settled.
        asked = board.keys(StepPhase.READY) & self._signed
        under_way = {each.step.key: each for each in board.chosen(working | asked)}
        self._probes = {
            key: self._probes.get(key) or self._begun(each, now) for key, each in under_way.items()
        }
        for key, probe in self._probes.items():
            if probe.out or now < probe.due:
                continue
            if (seconds := under_way[key].step.pause) is not None:
                self._end(key, StepPhase.DONE, f"{spell_seconds(seconds)} have passed.")
                continue
            probe.out = True
            self._ask(under_way[key], partial(self._answered, key, probe))

    def _begun(self, record: StepRecord, now: float) -> _Probe:
        """A check is asked at once; a pause is over when it has lasted since its first entry."""
        if record.step.pause is None or record.shown.started_at is None:
            return _Probe(now, now)
        passed = (self.context.clock.now() - record.shown.started_at).total_seconds()
        return _Probe(now, now + self.context.pace.pause(record.step.pause) - max(passed, 0.0))

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
            change = Change.of(Operation.REPROTECT, self._group_id(record))
            return not_synchronised(change.group_id, read_lists(service, ("groups", "pairs"), [change], now))
        deletion = board.record(record.step.after[0])
        assert record.step.reads and deletion.step.change  # noqa: S101  # a ledger comes after a deletion
        return left(record.step.reads, deletion.step.change, deletion.before, service, now)

    def _group_id(self, record: StepRecord) -> str:
        """The group of a step; of one that an earlier step of this run made, the id that it got."""
        planned = self.context.board.plan.step(record.step.key).group_id
        if not planned.startswith(PLANNED):
            return planned
        changes = (self.context.board.record(key).step.change for key in record.step.needs)
        bound = (each.group_id for each in changes if each and not each.group_id.startswith(PLANNED))
        return next(bound, planned)

    def _answered(self, key: str, probe: _Probe, answer: Callable[[], str]) -> None:
        now, pace = self.context.clock.monotonic(), self.context.pace
        record = self.context.board.record(key)
        probe.out, probe.due = False, now + pace.pause(READ_EVERY if record.step.reads else CHECK_EVERY)
        if self._probes.get(key) is not probe or record.phase.rests:
            return  # meanwhile somebody signed it off or skipped it
        reads, verb = record.step.reads, "Read" if record.step.reads else "Asked"
        asks = False
        try:
            fault = answer()
            asks = bool(fault) and record.step.asks in LOOKED_UP
        except DrkitError as error:
            if not reads:
                self._end(key, StepPhase.FAILED, str(error))
                return
            fault = f"not known: {error}"
            asks = reads in SETTLES and may_not_look(error)
        if not fault:
            self._end(key, StepPhase.DONE, HOLDS[reads])
        elif asks or record.phase is StepPhase.READY:
            probe.asked = True
            self._ask_a_person(record, fault)
        elif now - probe.began > pace.patience(TIMEOUTS[reads]) or self._is_kept(record):
            self._end(key, StepPhase.FAILED, f"{verb} for {now - probe.began:.0f} s, and still {fault}.")
        else:
            until = "it holds" if reads else "it answers"
            self.context.board.show(key, sentence=f"{verb} again and again until {until}; now {fault}.")

    def _ask_a_person(self, record: StepRecord, fault: str) -> None:
        """Have a person say what becomes of what is left; written down the first time, then only shown."""
        key, sentence = record.step.key, f"{fault[0].upper()}{fault[1:]}. {ASKED[record.step.reads]}"
        if record.phase is StepPhase.READY:
            self.context.board.show(key, sentence=sentence)
        else:
            self.context.write(EntryKind.NOTED, key, phased(StepPhase.READY, sentence))

    def _is_kept(self, record: StepRecord) -> bool:
        """Whether it is about a drill that was not deleted, so that there is nothing to wait for."""
        of_drill = record.step.reads is ReadingCheck.DRILL_GONE
        return of_drill and self.context.board.record(record.step.after[0]).phase is not StepPhase.DONE

    def _end(self, key: str, phase: StepPhase, sentence: str) -> None:
        self.context.write(EntryKind.SETTLED, key, phased(phase, sentence))
