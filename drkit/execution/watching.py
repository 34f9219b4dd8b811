"""`JobWatcher`: follows every change that was sent to its end, with as few requests as will do.

The pairs come from one list request a tick: all of the groups where they are few, else only those that move,
so that a look costs what is in flight and not what rests. A job is asked when its pair has left the moving
state, or has moved for long. The job's own status is what counts. A change without a job id, because its
answer was lost or its sender died, is looked for at the service and then followed by the state of what it
changes. What is found counts at once; that nothing is found never says that nothing was taken.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import partial
from typing import Unpack

from drkit.errors import DrkitError, GoneError
from drkit.execution.agreeing import another_job
from drkit.execution.context import RunContext
from drkit.execution.entries import Adopted, Details, JobJson, Remark, phased
from drkit.execution.limits import (
    ASK_ANYWAY,
    FIRST_LOOK,
    GROWTH,
    LONGEST_LAG,
    LONGEST_LOOK,
    LOOK_ONCE_MORE,
    MANY_JOBS,
    MANY_PAIRS,
    SEEN_AT_ONCE,
)
from drkit.execution.observations import ChangeStage, Marks, Observation, kinds_for, observe
from drkit.execution.reads import MOVING, failure_of, job_json, read_lists, read_moving
from drkit.execution.records import StepRecord
from drkit.execution.remedies import remedy
from drkit.execution.states import StepPhase
from drkit.journal import EntryKind
from drkit.model import (
    Change,
    Inventory,
    Job,
    JobStatus,
    Operation,
    Phase,
    ReplicationPair,
    ThingKind,
)
from drkit.showing import count, cut

_UNSEEN = "under which device name it is attached was not seen"
STRANGE_LOOKS = 3  # so often in a row must a followed thing look wrong before it is called unknown
_OF_SERVERS = {Operation.STOP_SERVER, Operation.START_SERVER}


class Mode(StrEnum):
    """By what a change is followed: its job, the state of what it changes, or, its answer lost, its trace."""

    JOB = "job"
    STATE = "state"
    TRACE = "trace"


@dataclass(slots=True)
class Watch:
    """One change under way. Times are those of the clock's `monotonic`, `since` is in UTC.

    A reading that began before `certain_at` may show less than there is, so nothing is concluded from what
    it does not show.
    """

    key: str
    change: Change
    before: Marks
    mode: Mode
    job_id: str
    since: datetime
    began: float
    heard_at: float
    ask_at: float
    certain_at: float
    looks: int = 0
    begun: bool = False  # whether it was looked at, or is being
    asking: bool = False
    news: str = ""
    job_news: str = ""
    progress: int | None = None
    furthest: int = 0
    aside: str = ""
    silent: bool = False
    strange: bool = False
    seen: Observation | None = None
    over: JobJson | None = None  # the job that succeeded, while its effect was not seen yet
    over_at: float = 0.0

    @property
    def kinds(self) -> tuple[ThingKind, ...]:
        """What has to be listed to see it; nothing where only the job says how far it is."""
        if self.mode is Mode.JOB and self.change.operation not in MOVING:
            switches = kinds_for(self.change) == ("groups",)
            return ("groups",) if switches else ()
        return kinds_for(self.change)

    @property
    def reached(self) -> bool:
        """Whether the last look showed it done."""
        return self.seen is not None and self.seen.stage is ChangeStage.REACHED

    @property
    def last_seen(self) -> str:
        """What was last seen of it, for a sentence."""
        job = f"job {self.job_news}" if self.job_news else ""
        return "; ".join(filter(None, (self.news, job))) or "nothing yet"


@dataclass(slots=True)
class _Beat:
    due: float
    interval: float
    out: bool = False
    members: dict[str, Watch] = field(default_factory=dict)


class JobWatcher:
    """Follows what was sent. Everything runs in the engine's thread, only the requests in those of workers.

    So the watches need no lock. But an answer may come when its step is not watched any more (the operator
    decided, or it settled by another answer): whatever takes up an answer asks `_watched` first.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        self.watches: dict[str, Watch] = {}
        self._beats: dict[tuple[ThingKind, ...], _Beat] = {}
        self._changes = {each.key for each in context.board.plan.steps if each.change}
        self._late: dict[str, Watch] = {}  # whose job has succeeded, and whose effect nobody looks for yet
        self._asked = 0  # jobs that are being asked

    @property
    def due(self) -> float | None:
        """When the next look is due."""
        return min((each.due for each in self._beats.values() if each.members and not each.out), default=None)

    def turn(self, busy: Iterable[str]) -> None:
        """Take up what was sent meanwhile, and look where it is time."""
        now, board = self.context.clock.monotonic(), self.context.board
        working = board.keys(StepPhase.WORKING) & self._changes
        for record in board.chosen((working - self.watches.keys()).difference(busy)):
            self._begin(record, now)
        for kinds, beat in self._beats.items():
            if beat.members and not beat.out and now >= beat.due:
                beat.out = True
                self._look(kinds, beat)
        self._look_for_effects()

    def _begin(self, record: StepRecord, now: float) -> None:
        assert record.step.change  # noqa: S101  # only those are watched
        watch = self.watches[record.step.key] = self._watch(record, record.step.change, now)
        self._join(watch)

    def _watch(self, record: StepRecord, change: Change, now: float) -> Watch:
        job_id = record.shown.job_id
        mode = Mode.JOB if job_id else Mode.STATE if record.answered else Mode.TRACE
        # Counted from here, by the clock of this process: what another one wrote down, and its clock, says
        # nothing of how long its request may have been on its way.
        uncertain = self._pause(LOOK_ONCE_MORE) if record.sought else self.context.pace.uncertain
        return Watch(
            record.step.key,
            change,
            record.before,
            mode,
            job_id,
            since=self.context.clock.now(),
            began=now,
            heard_at=now,
            ask_at=now + self._pause(ASK_ANYWAY),
            certain_at=now + uncertain,
        )

    def _pause(self, seconds: float) -> float:
        return self.context.pace.pause(seconds)

    def _join(self, watch: Watch) -> None:
        """Have it looked at with those of its kinds, soon."""
        now, soon = self.context.clock.monotonic(), self._pause(FIRST_LOOK)
        beat = self._beats.setdefault(watch.kinds, _Beat(due=now + soon, interval=soon))
        beat.members[watch.key] = watch
        beat.due, beat.interval = min(beat.due, now + soon), soon

    def _follow_by(self, watch: Watch, mode: Mode) -> None:
        """Follow it by something else from now on."""
        self._beats[watch.kinds].members.pop(watch.key, None)
        watch.mode = mode
        self._join(watch)

    def _end(self, watch: Watch) -> None:
        """Watch it no longer."""
        for watches in (self.watches, self._late, self._beats[watch.kinds].members):
            watches.pop(watch.key, None)

    def _look(self, kinds: tuple[ThingKind, ...], beat: _Beat) -> None:
        members = list(beat.members.values())
        for watch in members:
            watch.begun = True
        if kinds == ("pairs",) and self.context.pairs_read > MANY_PAIRS:
            members = self._look_at_what_moves(members)
            if not members:
                return
        changes = [each.change for each in members]
        if kinds:
            self.context.read(
                partial(read_lists, self.context.service, kinds, changes, self.context.clock.now()),
                partial(self._lists_read, kinds, members, self.context.clock.monotonic()),
            )
        else:
            for watch in members:
                self._ask(watch)
            self._next(kinds, news=False)

    def _next(self, kinds: tuple[ThingKind, ...], *, news: bool) -> None:
        beat = self._beats[kinds]
        # One list tells of all of them: the more there are, the more does a look pay.
        many = len(beat.members)
        first, longest = self._pause(FIRST_LOOK), self._pause(LONGEST_LOOK)
        longest = max(longest / max(many // 5, 1), first)
        first = first / 2 if many >= MANY_JOBS else first
        new = not all(each.begun for each in beat.members.values())
        beat.interval = first if news or new else min(beat.interval * GROWTH, longest)
        beat.due, beat.out = self.context.clock.monotonic() + beat.interval, False

    def _lists_read(
        self,
        kinds: tuple[ThingKind, ...],
        members: Sequence[Watch],
        began: float,
        reading: Callable[[], Inventory],
    ) -> None:
        before = [each.last_seen for each in members]
        present = [each for each in members if self._watched(each)]
        try:
            inventory = reading()
        except DrkitError as error:
            for watch in present:
                self._troubled(watch, error)
        else:
            if "pairs" in kinds:
                self.context.pairs_read = len(inventory.pairs)
            for watch in present:
                seen = observe(watch.change, inventory, watch.before)
                self._judge(watch, seen, certain=began >= watch.certain_at)
        self._next(kinds, news=before != [each.last_seen for each in members])

    def _look_at_what_moves(self, members: Sequence[Watch]) -> list[Watch]:
        """Have those that are followed by their jobs looked at without what rests; returns the others."""
        by_job = [each for each in members if each.mode is Mode.JOB]
        if by_job:
            moving = [each.change for each in by_job if not each.over]
            effects = [each.change for each in by_job if each.over]
            self.context.read(
                partial(read_moving, self.context.service, moving, effects),
                partial(self._moving_read, by_job, beat=len(by_job) == len(members)),
            )
        return [each for each in members if each.mode is not Mode.JOB]

    def _look_for_effects(self) -> None:
        """Read at once what jobs that have succeeded did, of many together."""
        if self.context.pairs_read <= MANY_PAIRS or not self._late:
            return
        if len(self._late) >= SEEN_AT_ONCE or not self._asked:
            late, self._late = list(self._late.values()), {}
            self.context.read(
                partial(read_moving, self.context.service, (), [each.change for each in late]),
                partial(self._moving_read, late, beat=False),
            )

    def _moving_read(
        self, members: Sequence[Watch], reading: Callable[[], list[ReplicationPair]], *, beat: bool
    ) -> None:
        before = [each.last_seen for each in members]
        present = [each for each in members if self._watched(each) and each.mode is Mode.JOB]
        try:
            pairs = {each.id: each for each in reading()}
        except DrkitError as error:
            for watch in present:
                self._troubled(watch, error)
        else:
            inventory = Inventory(self.context.service.backend, self.context.clock.now(), pairs=pairs)
            for watch in present:
                moving = MOVING[watch.change.operation]
                unlisted = Observation(ChangeStage.UNTOUCHED, f"pair not listed as {moving}")
                there = watch.change.pair_id in pairs
                seen = observe(watch.change, inventory, watch.before) if there else unlisted
                self._judge(watch, seen, certain=False)
        if beat:
            self._next(("pairs",), news=before != [each.last_seen for each in members])

    def _judge(self, watch: Watch, observation: Observation, *, certain: bool) -> None:
        watch.seen = observation
        self._note_news(watch, observation.words, watch.job_news, observation.progress)
        if watch.over:
            self._wait_for_its_effect(watch, watch.over)
        elif watch.mode is Mode.JOB:
            moving = observation.stage is ChangeStage.MOVING and watch.change.operation in MOVING
            if not moving or self.context.clock.monotonic() >= watch.ask_at:
                self._ask(watch)
        elif watch.mode is Mode.STATE:
            self._follow(watch, observation, certain=certain)
        else:
            self._trace(watch, observation, certain=certain)
        self._check_time(watch)

    # By its job

    def _ask(self, watch: Watch) -> None:
        if not watch.asking:
            watch.asking = True
            self._asked += 1
            service = self.context.service
            ask = service.server_job if watch.change.operation in _OF_SERVERS else service.job
            self.context.read(partial(ask, watch.job_id), partial(self._job_answered, watch))

    def _job_answered(self, watch: Watch, answer: Callable[[], Job]) -> None:
        self._asked -= 1
        if not self._watched(watch):
            return
        watch.asking = False
        watch.ask_at = self.context.clock.monotonic() + self._pause(ASK_ANYWAY)
        try:
            job = answer()
            other = another_job(job, watch.job_id, watch.change)
        except GoneError as error:
            self._lose_job(watch, f"The service does not know job {watch.job_id} any more", str(error))
        except DrkitError as error:
            self._troubled(watch, error)
        else:
            if other:
                self._lose_job(watch, f"What is told of job {watch.job_id} is not this change: {other}", "")
                return
            self._note_job(watch, job)
            if job.final:
                self._settle_by(watch, job)
            else:
                self._check_time(watch)

    def _note_job(self, watch: Watch, job: Job) -> None:
        news = str(job.status)
        watch.strange = job.status.phase is Phase.UNKNOWN
        if watch.strange:
            news = f"{cut(news)!r}, which is no status that drkit knows"
            if news != watch.job_news:
                sentence = f"Job {job.id} is {news}: whether it goes on, ended or failed is not known."
                self.context.write(EntryKind.NOTED, watch.key, Remark(sentence=sentence))
        self._note_news(watch, watch.news, news, watch.progress)

    def _lose_job(self, watch: Watch, why: str, error: str) -> None:
        remark = Remark(sentence=f"{why}; followed by its state from now on.")
        self.context.write(EntryKind.NOTED, watch.key, {**remark, "error": error} if error else remark)
        self._follow_by(watch, Mode.STATE)

    def _settle_by(self, watch: Watch, job: Job) -> None:
        kept = job_json(job)
        if job.status is JobStatus.SUCCESS:
            sentence = f"Done, says job {job.id}."
            if watch.change.operation is not Operation.ATTACH_PAIR or watch.reached:
                self._settle_done(watch, sentence, job=kept)
            else:  # the list is behind the job, and only a list tells the device name
                watch.over, watch.over_at = kept, self.context.clock.monotonic()
                self._late[watch.key] = watch
            return
        code, reason = failure_of(job)
        sentence = f"Job {job.id} failed: {reason or 'the service gives no reason'}"
        details = Details(code=code, reason=reason, remedy=remedy(code), job=kept)
        self._settle(watch, StepPhase.FAILED, sentence, **details)

    def _wait_for_its_effect(self, watch: Watch, job: JobJson) -> None:
        waited = self.context.clock.monotonic() - watch.over_at
        if watch.reached:
            self._settle_done(watch, f"Done, says job {watch.job_id}.", job=job)
        elif waited > self._pause(LONGEST_LAG):
            sentence = f"Done, says job {watch.job_id}. Under which device name was not seen."
            self._settle(watch, StepPhase.DONE, sentence, job=job, deviation=f"{_UNSEEN}.")

    def _settle_done(self, watch: Watch, sentence: str, **details: Unpack[Details]) -> None:
        if watch.seen and watch.seen.differs:
            details["deviation"] = f"{watch.seen.differs}."
            sentence = f"{sentence} But {watch.seen.differs}."
        self._settle(watch, StepPhase.DONE, sentence, **details)

    # By the state of what it changes

    def _follow(self, watch: Watch, observation: Observation, *, certain: bool) -> None:
        if observation.stage is ChangeStage.MOVING:
            watch.looks = 0
        elif observation.stage in {ChangeStage.REACHED, ChangeStage.BROKEN}:
            self._settle_seen(watch, observation)
        else:
            watch.looks += 1
            if watch.looks >= STRANGE_LOOKS and certain:
                self._unknown(watch, f"It did not become what it was to become. Seen: {observation.words}.")

    def _settle_seen(self, watch: Watch, observation: Observation) -> None:
        if observation.stage is ChangeStage.REACHED:
            self._settle_done(watch, f"Done, as the service shows: {observation.words}.")
        else:
            sentence = f"It failed at the service: {observation.words}."
            advice = f"The service's task center has the reason. {remedy('')}"
            self._settle(watch, StepPhase.FAILED, sentence, reason=observation.words, remedy=advice)

    # By its trace, where no answer came

    def _trace(self, watch: Watch, observation: Observation, *, certain: bool) -> None:
        watch.looks += 1
        # What is broken may have been so before, and a list shows it late: it counts as ours only in the end.
        # Attached under another name than was asked: perhaps it is somebody else's.
        ours = observation.trace and not observation.differs
        if ours and (certain or observation.stage is not ChangeStage.BROKEN):
            self.context.write(EntryKind.ADOPTED, watch.key, Adopted(how=observation.trace))
            self._follow_by(watch, Mode.STATE)
            watch.looks = 0
            self._follow(watch, observation, certain=certain)
        elif certain:
            elsewhere = observation.stage is ChangeStage.ELSEWHERE or observation.differs
            self._unknown(
                watch,
                f"No answer came, and whether it was taken cannot be told: {count(watch.looks, 'look')} from "
                f"{watch.since:%H:%M:%S} to {self.context.clock.now():%H:%M:%S} UTC "
                f"{'found something else' if elsewhere else 'found no trace of it'}: {observation.words}. "
                "It may still come.",
            )

    # Common

    def _watched(self, watch: Watch) -> bool:
        return self.watches.get(watch.key) is watch

    def _note_news(self, watch: Watch, news: str, job_news: str, progress: int | None) -> None:
        if (news, job_news, progress) != (watch.news, watch.job_news, watch.progress):
            watch.heard_at, watch.silent = self.context.clock.monotonic(), False
        if progress is not None and watch.progress is not None and progress < watch.progress:
            sentence = f"Progress went back from {watch.progress} % to {progress} %."
            self.context.write(EntryKind.NOTED, watch.key, Remark(sentence=sentence))
            watch.aside = f" {sentence}"
        watch.news, watch.job_news, watch.progress = news, job_news, progress
        watch.furthest = max(watch.furthest, progress or 0)
        if watch.aside and progress == watch.furthest:
            watch.aside = ""
        going = "No answer came; it is looked for" if watch.mode is Mode.TRACE else "Under way"
        self._show(watch, f"{'Silent, nothing new' if watch.silent else going}: {watch.last_seen}.")

    def _troubled(self, watch: Watch, error: DrkitError) -> None:
        if watch.over:
            watch.seen = None
            self._wait_for_its_effect(watch, watch.over)
            return
        self._show(watch, f"Its state cannot be read now: {error} Last seen: {watch.last_seen}.")
        self._check_time(watch)

    def _show(self, watch: Watch, sentence: str) -> None:
        self.context.board.show(
            watch.key, sentence=sentence + watch.aside, progress=watch.progress, silent=watch.silent
        )

    def _check_time(self, watch: Watch) -> None:
        now, pace = self.context.clock.monotonic(), self.context.pace
        operation = watch.change.operation
        if not self._watched(watch):
            return
        if now - watch.began > pace.deadline(operation):
            seconds = pace.deadline(operation)
            limit = f"{seconds / 60:.0f} min" if seconds >= 120 else f"{seconds:.0f} s"
            self._unknown(
                watch, f"No end after {limit}, the limit for {operation.words}; last: {watch.last_seen}."
            )
        elif (
            watch.mode is not Mode.TRACE
            and now - watch.heard_at > pace.silent(operation)
            and not (watch.silent or watch.strange)
        ):
            watch.silent = True
            sentence = f"Silent: nothing new for {now - watch.heard_at:.0f} s. Last seen: {watch.last_seen}."
            self.context.write(EntryKind.NOTED, watch.key, Remark(sentence=sentence))
            self._show(watch, sentence)

    def _unknown(self, watch: Watch, sentence: str) -> None:
        advice = "Look at the service, then look again here, or say whether it was done."
        data = phased(StepPhase.UNKNOWN, sentence, remedy=advice, seen=watch.last_seen)
        self.context.write(EntryKind.NOTED, watch.key, data)
        self._end(watch)

    def _settle(self, watch: Watch, phase: StepPhase, sentence: str, **details: Unpack[Details]) -> None:
        data = phased(phase, sentence, **details)
        self.context.settle(watch.key, data, watch.job_id)
        self._end(watch)
