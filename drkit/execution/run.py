"""`Run`: a plan being carried out, recorded, watched, and gone on with after an interruption."""

import secrets
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, cast

from drkit.clock import Clock, SystemClock
from drkit.errors import (
    IN_THE_FAULTS,
    IN_THE_TABLE,
    InputError,
    JournalDamagedError,
    NotConfirmedError,
    RefusedError,
    StalePlanError,
)
from drkit.execution.annotations import note_entry, stated
from drkit.execution.board import Board
from drkit.execution.context import USUAL, CloudService, RunContext, RunOptions
from drkit.execution.engine import RunEngine
from drkit.execution.entries import Confirmed, CopyOf, Phased, beginning, phased, read
from drkit.execution.holding import check_free
from drkit.execution.interruption import interruptions
from drkit.execution.late_binding import bind_late
from drkit.execution.predicting import predicted
from drkit.execution.readings import away_since, last_synced
from drkit.execution.sending import read_for
from drkit.execution.snapshot import snapshot
from drkit.execution.states import BEGUN, Action, RunPhase, RunState, StepPhase
from drkit.journal import Entry, EntryKind, Resumed
from drkit.model import Backend, Inventory
from drkit.plan import Plan, recheck
from drkit.rules import Objection
from drkit.showing import count, cut, first_few

if TYPE_CHECKING:
    from drkit.journal import Hold, Journal, NewRun

Instruction = tuple[EntryKind, str, Phased]
"""What is written for an instruction: the kind of the entry, the key of the step, the step's phase by it."""

LAST_SECONDS = 20.0  # for each run that goes on when the process ends
_LOOK_AGAIN = phased(StepPhase.WORKING, "Looked at again.")
BEFOREHAND = "answered before the start"
_STILL_COMES = (
    "A retry looks once more, then sends it again. What was sent before may still arrive; then it is done "
    "twice."
)
_SENT_AGAIN = "To be sent again, on the operator's word. What was sent before may still arrive, too."
# What this process drives. A cell that is run again asks for its run by the id: `resume` gives back the live
# one from here, where a second would be refused by the lease of the first. It also keeps a run that nobody
# holds on to, and lets `stop_all` reach all of them. The module's, because a signal comes to the process; no
# two ids are the same, whatever journal they are in.
_live: "dict[str, Run]" = {}


class Run:
    """One run. Everything here may be called from any thread; the work is done in the run's own.

    `start` and `resume` read the service and the journal in the caller's thread, an instruction (`approve`,
    `retry` ...) writes its entry there.

    `id` names it in the journal, `plan` is what was confirmed, `backend` where it runs.
    """

    def __init__(
        self, board: Board, service: CloudService, journal: "Journal", clock: Clock, options: RunOptions
    ) -> None:
        self.id, self.plan, self.backend = board.run_id, board.plan, board.plan.backend
        self._board, self._service, self._journal = board, service, journal
        self._clock, self._options = clock, options
        self._keys = frozenset(each.key for each in self.plan.steps)
        # One instruction at a time: two that revive an ended run at once would make two engines. The first of
        # the locks: it is held while the engine's (`RunContext.lock`) is taken.
        self._instructing = threading.Lock()
        self._engine: RunEngine | None = None

    def __repr__(self) -> str:
        return f"<Run {self.id}: {cut(self.plan.title)}, {self.state().phase.value}>"

    def _repr_html_(self) -> str:
        return self.state()._repr_html_()

    @classmethod
    def start(
        cls,
        plan: Plan,
        *,
        client: CloudService,
        journal: "Journal",
        clock: Clock | None = None,
        confirm: str,
        takeover: bool = False,
        options: RunOptions = USUAL,
    ) -> "Run":
        """Start a plan that the operator confirmed by typing what `Plan.to_type` says: as a rule the names of
        its groups, joined by ", ".

        Drills get the mark of the run in their names. The world is read again first. Raises
        `NotConfirmedError` for another name, `StalePlanError` when a step is no longer allowed,
        `LeaseHeldError` when another run holds a group, `InputError` for a plan that cannot be run. Nothing
        was sent then.
        """
        clock, interrupted_before = clock or SystemClock(), interruptions.listen()
        plan.check(client.backend)
        _confirmed(plan, confirm)
        if not takeover:
            check_free(journal, plan.groups)
        run_id = f"{clock.now():%Y%m%d-%H%M%S}-{secrets.token_hex(3)}"
        plan = plan.for_run(run_id)
        began = clock.monotonic()
        reading = read_for(plan.steps, client, (key for key, _ in plan.groups))
        _still_fits(plan, reading)
        confirmed = _confirmation(plan, confirm, client, reading, options)
        if synced := last_synced(journal, plan):
            confirmed["synced"] = synced
        if away := away_since(journal, plan):
            confirmed["away"] = away
        if not plan.backend.practice:
            confirmed["predicted"] = predicted(journal, plan)
        hold = journal.start(_new_run(run_id, plan, confirmed), takeover=takeover)
        with _abandoned_if_broken_off(hold):
            run = cls(Board.replay(hold.taken), client, journal, clock, options)
            options.on_reading(run_id, reading, "start")
        run._drive(hold, interrupted_before, (began, reading))
        return run

    @classmethod
    def resume(
        cls,
        run_id: str,
        *,
        client: CloudService,
        journal: "Journal",
        clock: Clock | None = None,
        takeover: bool = False,
        options: RunOptions = USUAL,
    ) -> "Run":
        """Go on with a run from its journal, on any machine: what is settled stays, what was sent is watched,
        what was about to be sent is looked up first. A finished run is shown as it ended.

        A run that this very process drives is given back as it is. Raises `LeaseHeldError` when somebody
        else drives it, `JournalDamagedError` when its record does not hold, `RefusedError` for a run of
        another backend or one that was closed.
        """
        interrupted_before = interruptions.listen()
        if (live := _live.get(run_id)) and live.driven:
            return live
        if faults := journal.verify(run_id).faults:
            sentence = f"Run {run_id} is not gone on with: {first_few(faults, IN_THE_FAULTS, ' ')}"
            raise JournalDamagedError(sentence, run_id=run_id, faults=faults)
        entries = journal.entries(run_id)
        board = Board.replay(entries)
        if board.plan.backend != client.backend:
            raise RefusedError(_elsewhere(run_id, board.plan.backend, client.backend), run_id=run_id)
        if finished(entries) and board.state().phase is RunPhase.STOPPED:
            sentence = f"Run {run_id} is not gone on with. {board.state().sentence}"
            raise RefusedError(sentence, run_id=run_id)
        options = replace(options, fail_fast=beginning(entries)["fail_fast"])  # as it was at the start
        run = cls(board, client, journal, clock or SystemClock(), options)
        if not finished(entries):
            unknown = (each.key for each in run.state().steps if each.phase is StepPhase.UNKNOWN)
            again = [(EntryKind.NOTED, key, _LOOK_AGAIN) for key in unknown]
            run._revive(again, interrupted_before, takeover=takeover)
        return run

    # What is

    def state(self) -> RunState:
        """How everything is now; the same object as long as nothing changes."""
        return self._board.state()

    def wait(self, timeout: float | None = None) -> RunState:
        """Wait, at most so many seconds, until nothing goes on by itself: the end, or a question to the
        operator. Ctrl-C stops the run, in order."""
        try:
            return self._wait(timeout)
        except KeyboardInterrupt:
            self.stop("Interrupted")
            return self._wait(None)

    def _wait(self, timeout: float | None) -> RunState:
        state = self._board.wait_while(RunPhase.RUNNING, timeout)
        if not state.phase.alive and self._engine:
            self._engine.thread.join()
        return state

    def refused_again(self) -> Mapping[str, tuple[Objection, ...]]:
        """Why steps that can be tried again would be refused now, by key, judged on a new reading.

        One that is not in it may be tried again. Raises what the reading raises.
        """
        again = {each.key for each in self.state().steps if Action.RETRY in each.actions}
        steps = [each for each in self.plan.steps if each.key in again and each.change]
        if not steps:
            return {}
        reading = read_for(steps, self._service)
        bound = (replace(each, change=bind_late(each.change, reading)) for each in steps if each.change)
        fitted = replace(self.plan, steps=tuple(bound))
        return {step.key: verdict.objections for step, verdict in recheck(fitted, reading)}

    # What the operator instructs

    def stop(self, why: str = "Stopped by the operator") -> None:
        """Stop sending and watching at once. Jobs under way go on at the service and are written down."""
        if self._engine:
            self._engine.stop(why)

    def approve(self, key: str) -> None:
        """Say yes to a step that had to be asked about again: it is judged once more, then sent."""
        approved = phased(StepPhase.WAITING, "Approved anew.")
        self._instruct(key, Action.APPROVE, EntryKind.APPROVED, approved)

    def retry(self, key: str) -> None:
        """Try a step again that failed or was not sent; one that goes on already is left alone.

        A change whose answer never came is looked for once more, and sent again where it is not found.
        """
        self._known(key)
        record = self._board.record(key)
        if not record.phase.rests:
            return
        again = phased(StepPhase.WAITING, "To be tried again." if record.answered else _SENT_AGAIN)
        self._instruct(key, Action.RETRY, EntryKind.APPROVED, again)

    def skip(self, key: str, reason: str) -> None:
        """Leave a step out; what needs it goes on without it."""
        reason = stated("why the step is skipped", reason)
        against = self._against(key)
        sentence = f"Skipped: {reason} Last seen: {against}" if against else f"Skipped: {reason}"
        skipped = phased(StepPhase.SKIPPED, sentence, reason=reason)
        self._instruct(key, Action.SKIP, EntryKind.SETTLED, skipped)

    def sign_off(  # as a form calls it
        self,
        key: str,
        passed: bool,
        who: str,
        note: str = "",
        attachment: tuple[str, str, bytes] | None = None,
        *,
        beforehand: bool = False,
    ) -> None:
        """Say that a person did a step, or that it did not work out; also that a check holds.

        Either needs what was seen: a note, or a file as `note` takes it; `InputError` without one.
        `beforehand` says that the answer was given before the step was reached, and is told with it.
        """
        who = stated("who signs", who)
        if attachment is None or note.strip():
            note = stated("what you saw, in the note, or add a file", note)
        self._expect(key, Action.SIGN_OFF)
        if attachment:  # first: a word without what it rests on is worth less than a file without a word
            self.note(key, "", who, attachment)
        shown = note or f"with the file {attachment[0] if attachment else ''}"
        when = f", {BEFOREHAND}" if beforehand else ""
        sentence = f"{'Done' if passed else 'Not passed'}, says {who}{when}: {shown}"
        phase = StepPhase.DONE if passed else StepPhase.FAILED
        signed = phased(phase, sentence, signed_by=who, passed=passed, note=note)
        if beforehand:
            signed["beforehand"] = True
        if passed and (against := self._against(key)):
            signed["sentence"], signed["against"] = f"{sentence} The check: {against}", against
        self._instruct(key, Action.SIGN_OFF, EntryKind.SETTLED, signed)

    def resolve(self, key: str, adopt: bool, why: str) -> None:  # as a form calls it
        """Say of a step whose outcome is unknown that it was done (`adopt`), or that it was not.

        What was seen of it until then is kept. One that was not done can be retried.
        """
        why = stated("how you know", why)
        self._known(key)
        seen = self._board.record(key).shown.sentence
        sentence = f"{'Done' if adopt else 'Not done'}, on the operator's word: {why}"
        phase = StepPhase.DONE if adopt else StepPhase.FAILED
        resolved = phased(phase, sentence, resolved=adopt, why=why, seen=seen)
        if not adopt:
            resolved["remedy"] = f"{_STILL_COMES} What was seen before: {seen}"
        self._instruct(key, Action.RESOLVE, EntryKind.SETTLED, resolved)

    def look_again(self, key: str) -> None:
        """Look at the service again for a step whose outcome is unknown."""
        self._instruct(key, Action.LOOK_AGAIN, EntryKind.NOTED, _LOOK_AGAIN)

    def note(self, key: str, text: str, who: str, attachment: tuple[str, str, bytes] | None = None) -> None:
        """Add a note to a step, or ("") to the whole run, also after its end; it changes nothing else.

        An attachment is a file's name, media type and content, at most 1 MB; `InputError` for more.
        """
        if key:
            self._known(key)
        self._journal.note(self.id, note_entry(text, who, attachment), key)

    def _instruct(self, key: str, action: Action, kind: EntryKind, data: Phased) -> None:
        """Write an instruction down, and have the engine act on it; a run that ended goes on with it."""
        with self._instructing:
            if not self._taken_by_engine(key, action, kind, data):
                if self.state().phase is RunPhase.STOPPED:
                    raise InputError(f"The run is stopped; go on with it first: drkit resume {self.id}")
                self._expect(key, action)
                self._revive([(kind, key, data)], interruptions.listen())

    def _taken_by_engine(self, key: str, action: Action, kind: EntryKind, data: Phased) -> bool:
        if self._engine is None:
            return False
        # In the caller's thread, between two turns of the engine: whether the instruction still fits and its
        # entry are one, and the engine cannot end in between (`RunEngine._finish` takes the same lock).
        with self._engine.context.lock:
            if not self._engine.ended:
                self._expect(key, action)
                self._engine.context.write(kind, key, {**data, "by": self._engine.context.hold.who})
                self._engine.go_on()
            return not self._engine.ended

    def _against(self, key: str) -> str:
        """What a check that does not hold yet shows; empty where there is none."""
        record = self._board.record(key) if key in self._keys else None
        if (
            record is None
            or not record.step.check
            or record.step.signed  # what is left is what a person was asked about
            or record.shown.sentence in {BEGUN, record.step.instruction}
        ):
            return ""
        return record.shown.sentence

    def _known(self, key: str) -> None:
        if key not in self._keys:
            raise InputError(f"There is no step {key!r} in this run.")

    def _expect(self, key: str, action: Action) -> None:
        self._known(key)
        shown = self._board.record(key).shown
        if action not in shown.actions:
            can = " or ".join(shown.actions) or "nothing"
            raise InputError(f"Step {key} is {shown.phase.value}: you cannot {action} it now, but {can}.")

    # The thread behind it

    @property
    def driven(self) -> bool:
        """Whether this process drives it now."""
        return self._engine is not None and self._engine.begun and not self._engine.ended

    @property
    def through(self) -> bool:
        """Whether nothing of it goes on in this process, its report neither."""
        return self._engine is None or (self._engine.begun and not self._engine.thread.is_alive())

    def _revive(
        self, instructions: Iterable[Instruction], interrupted_before: int, *, takeover: bool = False
    ) -> None:
        """Take the groups again, write the instructions down, and go on. No engine runs while this does."""
        hold = self._journal.hold(self.id, takeover=takeover)
        with _abandoned_if_broken_off(hold):
            taken_up = [each.at for each in self._journal.entries(self.id) if read(each, Resumed)]
            self._board.pause(taken_up[-1])
            for kind, key, data in instructions:
                self._board.apply(hold.append(kind, key, {**data, "by": hold.who}))
            self._board.revive()
        self._drive(hold, interrupted_before)

    def _drive(
        self, hold: "Hold", interrupted_before: int, reading: tuple[float, Inventory] | None = None
    ) -> None:
        context = RunContext(
            self._board,
            hold,
            self._service,
            self._clock,
            self._options,
            interrupted_before=interrupted_before,
            reading=reading,
        )
        self._engine = RunEngine(context)
        for ended in [key for key, each in tuple(_live.items()) if each.through]:
            _live.pop(ended, None)  # another thread may have been faster
        _live[self.id] = self
        self._engine.start()


def stop_all(why: str = "Interrupted", patience: float | None = None) -> None:
    """Stop every run that this process drives, in order, and wait until that is written down and reported.

    At most `patience` seconds for each: a change that was sent may be answered late.
    """
    runs = [each for each in tuple(_live.values()) if not each.through]
    for run in runs:
        run.stop(why)
    for run in runs:
        run.wait(patience)


def _stop_in_the_end() -> None:  # pragma: no cover - tests look at it from outside of the process that ends
    """Bring what this process began to an end in order, also where an exception ends it, or a script is
    through without waiting."""
    stop_all("The process ended", LAST_SECONDS)


# Not by `atexit`: that comes when the workers of the runs take on nothing any more.
threading._register_atexit(_stop_in_the_end)  # type: ignore[attr-defined]  # noqa: SLF001


@contextmanager
def _abandoned_if_broken_off(hold: "Hold") -> Iterator[None]:
    try:
        yield
    except BaseException:  # Ctrl-C, too
        hold.abandon()  # nobody drives it: who tries again need not wait for the lease to run out
        raise


def finished(entries: Iterable[Entry]) -> bool:
    """Whether the run came to its end, apart from notes that were added later."""
    last = [each for each in entries if each.kind is not EntryKind.NOTED][-1]
    return last.kind is EntryKind.SETTLED and not last.step


def _confirmed(plan: Plan, confirm: str) -> None:
    wanted = plan.to_type
    if confirm.strip() != wanted:
        raise NotConfirmedError(f"Nothing was sent: to confirm, type {wanted!r}, not {confirm!r}.")


def _elsewhere(run_id: str, home: Backend, here: Backend) -> str:
    """Why a run of the backend `home` is not gone on with `here`, and what to do."""
    if home.practice and here.practice:
        return (
            f"Run {run_id} belongs to another practice range than the one that answers here. If that one has "
            "ended, its world is gone and nobody can go on with the run: close it with "
            f'drkit close {run_id} --why "its practice world is gone"'
        )
    return (
        f"Run {run_id} belongs to {home.beside(here)}, and this is {here.beside(home)}: "
        "connect with the profile it was started with."
    )


def _still_fits(plan: Plan, reading: Inventory) -> None:
    refused = recheck(plan, reading)
    if refused:
        why = first_few(
            (
                f"step {step.key} ({step.title}): {each}"
                for step, verdict in refused
                for each in verdict.objections
            ),
            IN_THE_TABLE,
            between="; ",
        )
        objections = [each for _, verdict in refused for each in verdict.objections]
        raise StalePlanError(
            "Things changed since the plan was made. Nothing was sent. "
            f"{len(refused)} of {count(len(plan.steps), 'step')} would be refused now: {why}",
            objections,
            steps=[step for step, _ in refused],
        )


def _confirmation(
    plan: Plan, confirm: str, client: CloudService, reading: Inventory, options: RunOptions
) -> Confirmed:
    confirmed: Confirmed = {
        "confirmed": confirm,
        "fail_fast": options.fail_fast,
        "snapshot": snapshot(reading, plan.groups),
    }
    if plan.backend.practice:
        confirmed["speed"] = client.speed
        if copied := client.copy_of:
            confirmed["copy_of"] = cast("CopyOf", copied)
    return confirmed


def scope_of(backend: Backend) -> str:
    """Which cloud and project a backend is, as the journal tells them apart."""
    from drkit.journal import LeaseHolder  # noqa: PLC0415  # as below

    kind = f"practice at {LeaseHolder.here().host}" if backend.practice else backend.cloud  # ranges are local
    return f"{kind}/{backend.region}/{backend.project_id}"


def _new_run(run_id: str, plan: Plan, confirmed: Confirmed) -> "NewRun":
    from drkit.journal import NewRun  # noqa: PLC0415  # SQLAlchemy takes its time to load

    backend = plan.backend
    return NewRun(
        id=run_id,
        title=plan.title,
        practice=backend.practice,
        place=backend.label,
        scope=scope_of(backend),
        groups=plan.groups,
        plan=plan.to_json(),
        digest=plan.digest,
        data=confirmed,
    )
