"""`Board`: what is known of a run now, from its journal entries and, in passing, from its watchers."""

import threading
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from drkit.errors import JournalDamagedError
from drkit.execution.entries import RunEnded, SpeedChanged, beginning, read
from drkit.execution.records import StepRecord
from drkit.execution.snapshot import off_in
from drkit.execution.states import RunPhase, RunState, StepPhase
from drkit.journal import ClockReading, Entry, Resumed
from drkit.plan import Plan

_UNANSWERED = "Not looked for any more, and whether the service took it is not known"
_INTERRUPTED = "Interrupted: the process that ran it is gone."
_REOPENING = frozenset({StepPhase.FAILED, StepPhase.UNKNOWN})


class Board:
    """The records of all steps and how the run itself is. Thread-safe; everything it gives out is frozen."""

    def __init__(self, run_id: str, plan: Plan, started_at: datetime) -> None:
        self.run_id, self.plan, self.started_at = run_id, plan, started_at
        # The last of the locks: whoever holds it takes no other, and waits for nothing but a change.
        # Reentrant, because one change of the board may be made of others (`apply` ends, `end` shows steps).
        lock = threading.RLock()
        self.changed = threading.Condition(lock)
        self._phased = threading.Condition(lock)  # who waits for the run need not wake for every step
        self._records = {each.key: StepRecord.of(each) for each in plan.steps}
        self._places = {key: place for place, key in enumerate(self._records)}
        # By phase, so that a turn of the engine costs what moves and not what rests.
        self._keys: dict[StepPhase, set[str]] = {each: set() for each in StepPhase}
        self._keys[StepPhase.WAITING].update(self._records)
        self._phase, self._sentence = RunPhase.STOPPED, _INTERRUPTED
        self._ended_at: datetime | None = None
        self._version, self._lease = 0, ""
        self._speeds: tuple[float, ...] = ()
        self._pauses: tuple[tuple[datetime, datetime], ...] = ()
        self._last_at = started_at  # of the run's own entries
        self._off_before: frozenset[str] = frozenset()
        self._written: tuple[datetime, ClockReading | None] | None = None  # by anybody
        self._state: RunState | None = None

    @classmethod
    def replay(cls, entries: Sequence[Entry]) -> "Board":
        """The board after a run's entries; the first one is its plan.

        Raises `JournalDamagedError` where they were altered so that a board cannot be made of them.
        """
        try:
            begun = beginning(entries)
            board = cls(entries[0].run_id, Plan.from_json(begun["plan"]), entries[0].at)
            board._speeds = (float(begun["speed"]),) if "speed" in begun else ()
            if before := begun.get("snapshot"):
                board._off_before = frozenset(off_in(before))
            for each in entries:
                board.apply(each)
        except (LookupError, ValueError, TypeError, AttributeError) as error:
            raise JournalDamagedError(
                "The run cannot be told from its record: it was altered. `drkit verify` says where.",
                run_id=entries[0].run_id if entries else "",
            ) from error
        return board

    def apply(self, entry: Entry) -> Entry:
        """Bring the board up to one more entry; the entry."""
        with self.changed:
            if record := self._records.get(entry.step):
                self._put(entry.step, after := record.after(entry, self.speed))
                if record.phase in _REOPENING and after.phase is not record.phase:
                    self._reopen()
            elif (ended := read(entry, RunEnded)) is not None:
                self.end(RunPhase(ended["phase"]), ended["sentence"], entry.at)
            elif read(entry, Resumed):
                self.pause(entry.at)
                self.revive()
            elif changed := read(entry, SpeedChanged):
                self._speeds = (*self._speeds, float(changed["speed"]))
            if entry.fence:
                self._last_at = entry.at
            self._written = entry.at, entry.clock
            self._touch()
        return entry

    def pause(self, until: datetime) -> None:
        """Nobody drove the run from its last entry until then."""
        with self.changed:
            self._pauses = (*self._pauses, (self._last_at, until))
            for key, record in self._records.items():
                self._records[key] = record.paused(self._last_at, until, self.speed)
            self._touch()

    def revive(self) -> None:
        """The run goes on, or went on until it was interrupted."""
        with self.changed:
            self._ended_at = None
            self.phase(RunPhase.STOPPED, _INTERRUPTED)

    def show(self, key: str, **changes: Any) -> None:  # noqa: ANN401  # the fields of StepState
        """Change what is shown of a step in passing, without keeping it."""
        with self.changed:
            record = self._records[key]
            if any(getattr(record.shown, name) != value for name, value in changes.items()):
                self._put(key, record.shows(**changes))
                self._touch()

    def phase(self, phase: RunPhase, sentence: str, lease: str = "") -> None:
        """Show how the live run is."""
        with self.changed:
            if (phase, sentence, lease) != (self._phase, self._sentence, self._lease):
                self._phase, self._sentence, self._lease = phase, sentence, lease
                self._touch()
                self._phased.notify_all()

    def end(self, phase: RunPhase, sentence: str, at: datetime) -> None:
        """Show how the run ended; steps in flight go on at the service, as far as it took them."""
        with self.changed:
            self._ended_at = at
            self.phase(phase, sentence)
            for key, record in self._records.items():
                if record.phase is StepPhase.WORKING and record.step.change:
                    where = "Goes on at the service, not watched" if record.answered else _UNANSWERED
                    self.show(key, sentence=f"{where}. {record.shown.sentence}")
            self._touch()

    def record(self, key: str) -> StepRecord:
        """One step's record; KeyError where there is none."""
        with self.changed:
            return self._records[key]

    def records(self) -> tuple[StepRecord, ...]:
        """All records in the order of the plan."""
        with self.changed:
            return tuple(self._records.values())

    def keys(self, *phases: StepPhase) -> set[str]:
        """The keys of the steps that are in one of these phases."""
        with self.changed:
            return set().union(*(self._keys[each] for each in phases))

    def chosen(self, keys: Iterable[str]) -> list[StepRecord]:
        """The records of some steps, in the order of the plan."""
        with self.changed:
            return [self._records[key] for key in sorted(keys, key=self._places.__getitem__)]

    @property
    def summary(self) -> str:
        """How many steps are how: "2 done, 1 failed"."""
        with self.changed:
            counts = ((len(keys), phase.value) for phase, keys in self._keys.items() if keys)
            return ", ".join(f"{number} {phase}" for number, phase in counts) or "nothing to do"

    def state(self) -> RunState:
        """The whole, as one frozen value; the same object as long as nothing changed."""
        with self.changed:
            if self._state is None:
                steps = tuple(each.shown for each in self._records.values())
                self._state = RunState(
                    self.run_id,
                    self.plan,
                    self._phase,
                    steps,
                    self.started_at,
                    self._ended_at,
                    self._sentence,
                    exit_code(self._phase, self._records.values()),
                    self._version,
                    self._lease,
                    self._speeds,
                    self._pauses,
                    self._written,
                    self._off_before,
                )
            return self._state

    def wait_while(self, phase: RunPhase, timeout: float | None) -> RunState:
        """Wait until the run is in another phase, or so many seconds; the state then."""
        with self.changed:
            self._phased.wait_for(lambda: self._phase is not phase, timeout)
            return self.state()

    @property
    def speed(self) -> float | None:
        """The practice range's; 1 where an old record does not tell it, None for a real cloud."""
        return (self._speeds or (1.0,))[-1] if self.plan.backend.practice else None

    def _reopen(self) -> None:
        # A step that failed is tried again, so what was not sent because of it has its turn again.
        for key, record in self._records.items():
            if record.phase is StepPhase.NOT_SENT:
                self._put(key, replace(record, shown=StepRecord.of(record.step).shown))

    def _put(self, key: str, record: StepRecord) -> None:
        self._keys[self._records[key].phase].discard(key)
        self._keys[record.phase].add(key)
        self._records[key] = record

    def _touch(self) -> None:
        self._version += 1
        self._state = None
        self.changed.notify_all()


def exit_code(phase: RunPhase, records: Iterable[StepRecord]) -> int:
    """What a command ends with when the run is left like this."""
    if phase in {RunPhase.UNKNOWN, RunPhase.STOPPED} or phase.alive:
        return 3
    if phase is RunPhase.DONE:
        return 0
    begun = any(each.shown.attempts or each.phase is StepPhase.FAILED for each in records)
    return 1 if begun else 2
