"""`RunEngine`: drives a run in one thread of its own until nothing goes on by itself."""

import logging
import threading

from drkit.errors import DrkitError, JournalError
from drkit.execution.agreeing import broken_off, contradicted
from drkit.execution.context import RunContext
from drkit.execution.entries import AtTheEnd, Details, InFlight, Phased, RunEnded, phased
from drkit.execution.limits import LONGEST_LAG, LONGEST_LOOK
from drkit.execution.observations import ChangeStage, Observation
from drkit.execution.probing import Prober
from drkit.execution.reads import groups_to_read
from drkit.execution.records import StepRecord
from drkit.execution.sending import Sender, waits_for_operator
from drkit.execution.snapshot import snapshot
from drkit.execution.states import BEGUN, RESTING, RunPhase, StepPhase
from drkit.execution.watching import JobWatcher
from drkit.journal import EntryKind
from drkit.model import Inventory
from drkit.plan import Plan
from drkit.rules import read_also
from drkit.showing import first_few

_log = logging.getLogger("drkit.plan")
ADVICE = "Look at the service before you go on: what was told of it and what it shows are not the same."


class RunEngine:
    """The thread that drives a run. `ended`: it will not do anything more; set under the context's lock."""

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.ended = False
        self._why_stopped = ""
        self._after: Inventory | None = None
        self._sender, self._watcher, self._prober = Sender(context), JobWatcher(context), Prober(context)
        name = f"drkit-run-{context.board.run_id}"
        self.thread = threading.Thread(target=self._run, name=name, daemon=True)

    @property
    def begun(self) -> bool:
        """Whether the thread runs or has run: an interruption may come between."""
        return self.thread.ident is not None

    def start(self) -> None:
        """Set it going."""
        self.go_on()
        self.thread.start()

    def go_on(self) -> None:
        """Act on what the operator said."""
        board = self.context.board
        board.phase(RunPhase.RUNNING, board.summary, self.context.hold.holder)
        self.context.wake.set()

    def stop(self, why: str) -> None:
        """Stop sending and watching as soon as what is being sent has been answered."""
        with self.context.lock:
            if not self.ended:
                self._why_stopped = self._why_stopped or why
                self.context.stopping.set()
                self._show_phase()
                self.context.wake.set()

    def _run(self) -> None:
        try:
            # The lock is free while the engine rests and while it reads how the groups are at the end: then
            # an operator's instruction may come in. So `_finish` asks once more whether it is over.
            while not (self._turn() and self._finish(self._read_after())):
                self.context.rest(self._due())
        except JournalError as error:  # the hold is lost, or the journal cannot be written
            self._break_off(str(error))
        except Exception as error:  # noqa: BLE001  # a thread's exception would go nowhere
            _log.exception("The engine of run %s broke off", self.context.board.run_id)
            self._break_off(f"A fault in drkit itself stopped the run: {type(error).__name__}: {error}")
        finally:
            self.context.close()
            self._call_on_end()

    def _call_on_end(self) -> None:
        run_id, options = self.context.board.run_id, self.context.options
        try:
            if self._after:
                options.on_reading(run_id, self._after, "end")
            options.on_end(run_id)
        except Exception:  # noqa: BLE001  # a report that could not be written is no fault of the run
            _log.exception("What was to be done after run %s failed", run_id)

    def _turn(self) -> bool:
        """One round; whether nothing is left to do."""
        context = self.context
        with context.lock:
            if context.interrupted:
                self.stop("Interrupted")
            context.keep_hold()
            context.take_up()
            context.note_speed()
            if not context.stopping.is_set():
                self._begin(self._sender.turn())
                self._watcher.turn(self._sender.busy)
                self._prober.turn()
            self._show_phase()
            return self._is_over()

    def _begin(self, due: list[StepRecord]) -> None:
        """Steps without a change whose turn has come: for a person to do, or to be checked."""
        for step in (record.step for record in due):
            phase = StepPhase.READY if step.manual else StepPhase.WORKING
            sentence = step.instruction or ("Do it, then sign it off." if step.manual else BEGUN)
            self.context.write(EntryKind.NOTED, step.key, phased(phase, sentence))

    def _due(self) -> float | None:
        dues = (self._sender.due, self._watcher.due, self._prober.due)
        return min((each for each in dues if each is not None), default=None)

    def _is_over(self) -> bool:
        return not self.context.sending and (self.context.stopping.is_set() or self._all_rest())

    def _all_rest(self) -> bool:
        return not self.context.board.keys(*frozenset(StepPhase) - RESTING)

    def _show_phase(self) -> None:
        board, holder = self.context.board, self.context.hold.holder
        if self.context.stopping.is_set():
            board.phase(RunPhase.RUNNING, "Stopping: waiting for the answers to what was sent.", holder)
            return
        asked = [each for each in board.chosen(board.keys(StepPhase.READY)) if waits_for_operator(each)]
        moving = board.keys(StepPhase.WORKING) or self._sender.busy
        if asked and not moving and self._sender.due is None:
            sentence = f"Waiting for you at step {asked[0].step.key}: {asked[0].step.title}"
            board.phase(RunPhase.WAITING_FOR_OPERATOR, sentence, holder)
        else:
            board.phase(RunPhase.RUNNING, board.summary, holder)

    def _read_after(self) -> Inventory | DrkitError | None:
        """The groups as they are now; the run has ended all the same where they cannot be read."""
        board = self.context.board
        if self.context.stopping.is_set() or not any(each.shown.attempts for each in board.records()):
            return None
        groups = groups_to_read(key for key, _ in board.plan.groups)
        beside = read_also(each.change.operation for each in board.plan.steps if each.change)["beside"]
        # A list may lag behind a job: what contradicts a step must still do so when every list has caught up.
        caught_up = self.context.clock.monotonic() + self.context.pace.pause(LONGEST_LAG)
        while True:
            certain = self.context.clock.monotonic() >= caught_up or self.context.stopping.is_set()
            try:
                reading = self.context.service.inventory(groups, beside=beside)
            except DrkitError as error:
                return error
            if certain or not contradicted(board.plan, board.records(), reading):
                return reading
            self.context.clock.wait(self.context.pace.pause(LONGEST_LOOK), self.context.stopping)

    def _finish(self, after: Inventory | DrkitError | None) -> bool:
        """Write the run's end and give the groups free, unless the operator said something meanwhile."""
        with self.context.lock:
            if not self._is_over():
                return False
            board = self.context.board
            if isinstance(after, Inventory):
                self._after = after
                for record, seen in contradicted(board.plan, board.records(), after):
                    self.context.write(EntryKind.SETTLED, record.step.key, _corrected(record, seen, after))
            records = board.records()
            if self._all_rest():
                broken = broken_off(records, after) if isinstance(after, Inventory) else []
                # What was left out is out of the way of other steps; done is said of nothing that is broken.
                verdict = _verdict(records)
                phase = RunPhase.FAILED if broken and verdict is RunPhase.DONE else verdict
                still = first_few(each.step.title for each in broken)
                sentence = f"Ended: {board.summary}." + (f" Not done: {still}." if broken else "")
                end: RunEnded = {"phase": phase.value, "sentence": sentence, **_at_the_end(board.plan, after)}
            else:
                phase, sentence = RunPhase.STOPPED, f"{self._why_stopped}: {board.summary}."
                end = {"phase": phase.value, "sentence": sentence, **left(records)}
            kind = EntryKind.SETTLED if phase in {RunPhase.DONE, RunPhase.FAILED} else EntryKind.STOPPED
            entry = self.context.hold.close(kind, end)
            # Before the board shows the end: who sees it and gives an instruction must not find an engine
            # that seems to run.
            self.ended = True
            self.context.board.apply(entry)
        return True

    def _break_off(self, sentence: str) -> None:
        """The journal cannot be written any more, or worse: nothing is sent after this."""
        # Not under the lock: a worker may wait long for an answer, and an instruction must not wait with it.
        # What the workers bring now cannot be written down any more, so it is shown.
        self.context.stopping.set()
        self.context.board.phase(RunPhase.RUNNING, f"{sentence} Waiting for answers to what was sent.")
        self.context.close()
        sentences = [sentence, *self.context.drain()]
        with self.context.lock:
            self.ended = True
            self.context.hold.abandon()
            shown = " ".join(dict.fromkeys(sentences))
            board = self.context.board
            board.end(RunPhase.STOPPED, shown, board.state().now(self.context.clock))


def _corrected(record: StepRecord, seen: Observation, reading: Inventory) -> Phased:
    """What a step is called after all when the reading at the end shows something else: both are said."""
    shown, moving = record.shown, seen.stage is ChangeStage.MOVING
    sentence = f"{shown.sentence} But the reading of {reading.read_at:%H:%M:%S} UTC shows: {seen.words}."
    details = Details(code=shown.code, reason=shown.reason, remedy=ADVICE, against=seen.words)
    return phased(StepPhase.UNKNOWN if moving else StepPhase.FAILED, sentence, **details)


def _at_the_end(plan: Plan, after: Inventory | DrkitError | None) -> AtTheEnd:
    if isinstance(after, Inventory):
        return {"snapshot": snapshot(after, plan.groups)}
    return {"snapshot_missing": str(after)} if after else {}


def _verdict(records: tuple[StepRecord, ...]) -> RunPhase:
    phases = {each.phase for each in records}
    if StepPhase.UNKNOWN in phases:
        return RunPhase.UNKNOWN
    return RunPhase.FAILED if phases & {StepPhase.FAILED, StepPhase.NOT_SENT} else RunPhase.DONE


def left(records: tuple[StepRecord, ...]) -> AtTheEnd:
    """What goes on at the service without being watched, and what was not sent."""
    in_flight = [
        InFlight(step=shown.key, title=shown.title, job_id=shown.job_id, seen=shown.sentence)
        for step, shown in ((record.step, record.shown) for record in records)
        if shown.phase is StepPhase.WORKING and step.change
    ]
    asked = [each.step.key for each in records if each.phase is StepPhase.READY]
    waiting = [each.step.key for each in records if each.phase in {StepPhase.WAITING, StepPhase.READY}]
    return {"in_flight": in_flight, "not_sent": waiting, "asked": asked}
