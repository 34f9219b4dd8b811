"""`Sender`: which step's turn it is, whether it is still allowed, and sending it, once."""

import math
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Unpack

from drkit.api import kept_back
from drkit.errors import (
    BusyError,
    DrkitError,
    EffectUnknownError,
    JournalError,
    OutcomeUnknownError,
    ServiceError,
    UnavailableError,
    UnreachableError,
    WireError,
)
from drkit.execution.context import CloudService, RunContext
from drkit.execution.entries import Adopted, Details, Intended, Lost, Phased, Remark, Sent, phased
from drkit.execution.late_binding import bind_late, done_already
from drkit.execution.ledger import kept
from drkit.execution.limits import FIRST_LOOK, LATEST_ARRIVAL, LONGEST_LAG, LONGEST_LOOK, PATIENCE
from drkit.execution.observations import marks_of, observe
from drkit.execution.reads import groups_to_read
from drkit.execution.records import StepRecord
from drkit.execution.recovery import recovery_point
from drkit.execution.remedies import remedy
from drkit.execution.states import MET, RESTING, Action, StepPhase
from drkit.journal import EntryKind
from drkit.model import Change, Inventory
from drkit.plan import Step
from drkit.rules import IN_THE_WHOLE_PROJECT, Projection, Verdict, judge_in, read_also, to_look_into

BATCH = 32  # steps that are judged and not answered, at most: what is sent was judged a moment ago
MOST_ATTEMPTS = 5  # of a change that the service was too busy to look at
MOST_REASONS = 3  # in a sentence on the screen; the journal keeps them all
_PASSING = (UnreachableError, UnavailableError, BusyError, WireError, EffectUnknownError)


def read_for(steps: Iterable[Step], service: CloudService, groups: Iterable[str] = ()) -> Inventory:
    """Read the world as far as judging these steps needs it, and those groups besides."""
    changes = [each.change for each in steps if each.change]
    everywhere = any(each.operation in IN_THE_WHOLE_PROJECT for each in changes)
    wanted = () if everywhere else groups_to_read({*groups, *(each.group_id for each in changes)})
    also = read_also(each.operation for each in changes)
    return service.inventory(wanted, block_devices_of=partial(to_look_into, changes), **also)


@dataclass(slots=True)
class _Judging:
    """Steps that are judged on one reading, one after the other, as there is room for them to be sent.

    `world` is the reading with everything done that was under way or sent since, but for what is still
    `ahead`; `resting` are the keys of the steps that were at rest when it was taken up, at `since`
    (`monotonic`).
    """

    steps: deque[Step]
    inventory: Inventory
    world: Projection
    ahead: list[Change]
    began: float
    since: float
    resting: set[str]


class Sender:
    """Brings steps to the service in the order of the plan.

    Everything runs in the engine's thread, but `_send` and `_accepted` in that of a worker.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.busy: dict[str, Step] = {}  # being judged or sent
        self._judging: _Judging | None = None
        self._unreadable_since: float | None = None
        self._done: set[str] = set()  # of the changes
        self._done_at = -math.inf  # when the last of them was seen to be done
        self.due: float | None = None  # when to read the service again: it could not be, or told old news

    def turn(self) -> list[StepRecord]:
        """Leave undone what cannot come any more, send what can; returns the manual steps and checks whose
        turn has come."""
        self._judge_on()  # before: what is put back may have to be left undone
        while self._withhold():
            pass
        due = [each for each in self._waiting() if self._is_due(each)]
        changes = [each.step for each in due if each.step.change]
        self._note_what_is_done()
        if self.due is not None and self.context.clock.monotonic() >= self.due:
            self.due = None
        if changes and not self._judging and self.due is None:
            self._look(self._with_free_lanes(changes))
        return [each for each in due if not each.step.change]

    def _note_what_is_done(self) -> None:
        board = self.context.board
        done = board.keys(StepPhase.DONE)
        new = board.chosen(done - self._done)
        if any(each.step.change and each.shown.attempts for each in new):
            self._done_at = self.context.clock.monotonic()
        self._done = done

    def _waiting(self) -> list[StepRecord]:
        """What waits for its turn, in the order of the plan."""
        board = self.context.board
        return board.chosen(board.keys(StepPhase.WAITING) - self.busy.keys())

    def _is_due(self, record: StepRecord) -> bool:
        board = self.context.board
        needed = (board.record(key).phase in MET for key in record.step.needs)
        ended = (board.record(key).phase.rests for key in record.step.after)
        return all(needed) and all(ended)

    def _withhold(self) -> bool:
        board = self.context.board
        if not (waiting := self._waiting()):
            return False
        wrong = board.chosen(board.keys(StepPhase.FAILED, StepPhase.UNKNOWN))
        lanes = {each.step.lane: each for each in wrong if each.phase is StepPhase.UNKNOWN and each.step.lane}
        any_left = False
        for record in waiting:
            if why := self._why_not(record, lanes.get(record.step.lane), next(iter(wrong), None)):
                self._leave(record.step.key, why, retry=False)
                any_left = True
        return any_left

    def _why_not(self, record: StepRecord, in_lane: StepRecord | None, broken: StepRecord | None) -> str:
        if self.context.options.fail_fast and broken:
            return f"Held back: {_named(broken)}, and the run was to stop at the first such step."
        if in_lane:
            return f"Held back: {_named(in_lane)}, and only one change at a time may go there."
        for key in record.step.needs:
            need = self.context.board.record(key)
            if need.phase.rests and need.phase not in MET:
                return f"It needs {_named(need)}."
        return ""

    def _leave(self, key: str, sentence: str, **details: Unpack[Details]) -> None:
        self.context.write(EntryKind.NOTED, key, phased(StepPhase.NOT_SENT, sentence, **details))

    def _with_free_lanes(self, steps: Iterable[Step]) -> list[Step]:
        under_way = [each.step for each in self._working()]
        taken = {each.lane: each for each in (*under_way, *self.busy.values()) if each.lane}
        chosen: list[Step] = []
        for step in steps:
            if ahead := taken.get(step.lane):
                self.context.board.show(step.key, sentence=f"Waits until step {ahead.key} has settled.")
            else:
                chosen.append(step)
                taken.update({step.lane: step} if step.lane else {})
        return chosen

    def _look(self, steps: Sequence[Step]) -> None:
        if steps:
            self.busy.update({each.key: each for each in steps})
            for each in steps:
                self.context.board.show(each.key, sentence="Reading the service once more before sending.")
            began = self.context.clock.monotonic()
            # The groups of what is under way as well: it is judged as if that were done.
            groups = {each.group_id for each in self._under_way()}
            if reading := self._of_the_start(steps):
                self._judge(steps, reading[0], lambda: reading[1])
                return
            self.context.read(
                partial(read_for, steps, self.context.service, groups), partial(self._judge, steps, began)
            )

    def _of_the_start(self, steps: Sequence[Step]) -> tuple[float, Inventory] | None:
        """The reading on which the plan was judged a moment ago, where reading so much again would make the
        next one the older of the two; what is read in no time is read once more."""
        reading, self.context.reading = self.context.reading, None
        if reading is None or len(steps) <= BATCH:
            return None
        return reading if self._is_fresh(reading[0]) else None

    def _is_fresh(self, moment: float) -> bool:
        return self.context.clock.monotonic() - moment <= self.context.pace.pause(LONGEST_LOOK)

    def _under_way(self) -> list[Change]:
        return [each.step.change for each in self._working() if each.step.change]

    def _working(self) -> list[StepRecord]:
        return self.context.board.chosen(self.context.board.keys(StepPhase.WORKING))

    def _judge(self, steps: Sequence[Step], began: float, reading: Callable[[], Inventory]) -> None:
        try:
            inventory = reading()
        except DrkitError as error:
            self._unreadable(steps, error)
            return
        self._unreadable_since = None
        self.context.pairs_read = len(inventory.pairs)
        self._put_back()
        now, resting = self.context.clock.monotonic(), self.context.board.keys(*RESTING)
        world = Projection.of(inventory)
        self._judging = _Judging(deque(steps), inventory, world, self._under_way(), began, now, resting)
        self._judge_on()

    def _judge_on(self) -> None:
        """Judge more steps on the reading, as long as it says what is."""
        while (judging := self._judging) and judging.steps and self.context.sending < BATCH:
            if self._is_old(judging):
                self._put_back()
                return
            step = judging.steps.popleft()
            try:
                self._judge_step(judging, step)
            except EffectUnknownError as error:  # of what is under way: the next reading may tell
                self._unreadable([step, *judging.steps], error)
                judging.steps.clear()
        if judging and not judging.steps:
            self._judging = None

    def _put_back(self) -> None:
        """Leave what was not judged yet to the next reading."""
        for step in self._judging.steps if self._judging else ():
            del self.busy[step.key]
        self._judging = None

    def _is_old(self, judging: _Judging) -> bool:
        """Whether the world has to be read again: some time has passed, or a step did not end as expected."""
        if not self._is_fresh(judging.since):
            return True
        return bool(self.context.board.keys(*RESTING - MET) - judging.resting)

    def _judge_step(self, judging: _Judging, step: Step) -> None:
        assert step.change  # noqa: S101  # only changes are sent
        if self._came_late(step, judging.inventory):
            return
        change = bind_late(step.change, judging.inventory)
        if why := done_already(change, judging.inventory):
            del self.busy[step.key]
            self.context.write(EntryKind.SETTLED, step.key, phased(StepPhase.DONE, why))
            return
        while judging.ahead:
            judging.world = judging.world.after(judging.ahead[0])
            del judging.ahead[0]
        verdict = judge_in(change, judging.world)
        for unread in verdict.unread:
            self.context.write(EntryKind.NOTED, step.key, Remark(sentence=str(unread)))
        if not verdict.allowed:
            del self.busy[step.key]
            self._object(step, verdict, judging.began)
            return
        intended = Intended(
            change=change.to_json(),
            before={**marks_of(change, judging.inventory), **kept(change, judging.inventory)},
        )
        if point := recovery_point(change, judging.inventory):
            intended["recovery_point"] = point
        judging.ahead.append(change)
        self.context.send(partial(self._send, step.key, change, intended), partial(self._sent, step))

    def _came_late(self, step: Step, inventory: Inventory) -> bool:
        """Adopt a step that a person has sent again, if it is found after all; whether it was."""
        record = self.context.board.record(step.key)
        if record.answered or not record.step.change:
            return False
        if how := observe(record.step.change, inventory, record.before).trace:
            del self.busy[step.key]
            self.context.write(EntryKind.ADOPTED, step.key, Adopted(how=how))
        return bool(how)

    def _unreadable(self, steps: Sequence[Step], error: DrkitError) -> None:
        now, pace = self.context.clock.monotonic(), self.context.pace
        since = self._unreadable_since = now if self._unreadable_since is None else self._unreadable_since
        self.due = now + pace.pause(LONGEST_LOOK)
        give_up = not isinstance(error, _PASSING) or now - since > pace.patience(PATIENCE)
        for step in steps:
            del self.busy[step.key]
            if give_up:
                self._leave(step.key, f"The service could not be read: {error}", retry=True)
            else:
                self.context.board.show(step.key, sentence=f"The service cannot be read now: {error}")
        if give_up:
            self._unreadable_since = self.due = None

    def _object(self, step: Step, verdict: Verdict, began: float) -> None:
        shown, more = verdict.objections[:MOST_REASONS], len(verdict.objections) - MOST_REASONS
        reasons = " ".join([*(each.judged for each in shown), *([f"And {more} more."] if more > 0 else [])])
        details = Details(
            objections=[str(each) for each in verdict.objections],
            code=shown[0].code,
            remedy=" ".join(dict.fromkeys(each.remedy for each in shown)),
        )
        if began - self._done_at < self.context.pace.pause(LONGEST_LAG):
            # Lists may lag, and not show yet what this very run did last: that is no change of things.
            self.due = self.context.clock.monotonic() + self.context.pace.pause(LONGEST_LOOK)
            self.context.board.show(step.key, sentence=f"Read again soon, for lists may lag. Now: {reasons}")
            return
        sentence = f"Things have changed since the plan was shown: {reasons}"
        if self.context.options.attended:
            data = phased(StepPhase.READY, f"{sentence} It waits for a new yes.", **details)
            self.context.write(EntryKind.NOTED, step.key, data)
        else:
            details["retry"] = True
            self._leave(step.key, sentence, **details)

    def _send(self, key: str, change: Change, intended: Intended) -> None:
        """In a worker's thread: intend, send once, write down what came of it."""
        if self.context.told_to_stop:
            return
        # Written before it is sent: wherever this process dies, who goes on with the run knows of every
        # change that may have arrived, and looks for its trace instead of sending it again. The write also
        # proves, under the fence, that the run still holds its groups.
        self.context.write(EntryKind.INTENDED, key, intended)
        self.context.check_hold()
        try:
            with kept_back(lambda: self.context.told_to_stop):
                job_id = self.context.service.submit(change)
        except (OutcomeUnknownError, WireError) as error:
            self.context.write(EntryKind.LOST, key, Lost(error=str(error)))
        except DrkitError as error:
            stopped = isinstance(error, UnreachableError) and self.context.told_to_stop
            data = _kept_back(error) if stopped else self._refused_now(key, error)
            self.context.write(EntryKind.SETTLED, key, data)
        except Exception as error:  # noqa: BLE001  # whatever it was, the change may have been taken
            error_text = f"Sending broke off ({type(error).__name__})."
            self.context.write(EntryKind.LOST, key, Lost(error=error_text))
        else:
            if job_id:
                self._accepted(key, job_id)
            else:  # what it has done already, the service answers without a job
                self.context.write(EntryKind.SETTLED, key, phased(StepPhase.DONE, "Done, says the service."))

    def _refused_now(self, key: str, error: DrkitError) -> Phased:
        # 429 says that the call was not looked at, so it was not taken: the step has its turn once more,
        # looked for, judged anew and written down anew. All requests wait meanwhile as long as was asked.
        passes = isinstance(error, BusyError) and (error.retry_after or 0.0) <= LATEST_ARRIVAL
        if passes and self.context.board.record(key).shown.attempts < MOST_ATTEMPTS:
            return phased(StepPhase.WAITING, f"To be sent again: {error}", busy=True)
        return _refused(error)

    def _accepted(self, key: str, job_id: str) -> None:
        # Written by the worker itself as soon as the answer is there, not by the engine in its next turn:
        # until then the id of the job is in this thread only.
        try:
            self.context.write(EntryKind.SENT, key, Sent(answer={"job_id": job_id}), job_id)
        except JournalError as error:  # also a lost hold: the engine breaks off when it takes this up
            self.context.board.show(key, job_id=job_id)
            raise type(error)(
                f"{error} Step {key} was accepted as job {job_id} before, which is not written down."
            ) from error

    def _sent(self, step: Step, outcome: Callable[[], None]) -> None:
        del self.busy[step.key]
        if self.context.board.record(step.key).phase is StepPhase.WAITING:  # with the others that come back
            self.due = self.context.clock.monotonic() + self.context.pace.pause(FIRST_LOOK)
        outcome()  # raises what the worker raised: that ends the engine


def _refused(error: DrkitError) -> Phased:
    if isinstance(error, ServiceError):
        return phased(
            StepPhase.FAILED,
            f"The service refused it: {error.message or error.code or error.status}",
            reason=error.message,
            code=error.code,
            request_id=error.request_id,
            remedy=remedy(error.code),
        )
    advice = "Retry when the cause is gone."
    return phased(StepPhase.FAILED, f"Nothing was sent: {error}", reason=str(error), remedy=advice)


def _kept_back(error: DrkitError) -> Phased:
    return phased(StepPhase.WAITING, f"To be sent when the run goes on: {error}")


def _named(record: StepRecord) -> str:
    return f"step {record.step.key} ({record.step.title}), which is {record.phase.value}"


def waits_for_operator(record: StepRecord) -> bool:
    """Whether nothing goes on with a step until the operator gives an instruction."""
    return record.phase is StepPhase.READY and bool(
        set(record.shown.actions) & {Action.APPROVE, Action.SIGN_OFF}
    )
