"""What is known of a project besides its reading: rehearsals and who holds which group, from the journal."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from drkit.model import Inventory


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """A run that rehearsed groups. `to_the_end`: it was carried out to its end; `proves`: it brought the
    service back; `holds`: whether its record was verified, None where that was not looked at.
    """

    run_id: str
    words: str
    group_ids: tuple[str, ...]
    ended_at: datetime
    to_the_end: bool
    proves: bool
    holds: bool | None = None

    @property
    def name(self) -> str:
        """What it is called in a sentence: "the DR drill of 2026-11-01"."""
        return f"the {self.words} of {self.ended_at:%Y-%m-%d}"


@dataclass(frozen=True, slots=True)
class Held:
    """A group that a run holds; `gone`: nobody is behind that run any more."""

    group_id: str
    sentence: str
    gone: bool


@dataclass(frozen=True, slots=True)
class Known:
    """`rehearsals` are the newest first; `after` gives what was read at the end of one, None where that was
    not kept. `journal_read`: whether there was a journal to ask at all.
    """

    now: datetime
    rehearsals: tuple[Rehearsal, ...] = ()
    held: tuple[Held, ...] = ()
    after: Callable[[str], Inventory | None] = lambda _run_id: None
    journal_read: bool = True

    def of(self, group_id: str) -> Iterator[Rehearsal]:
        """The rehearsals of a group, the newest first."""
        return (each for each in self.rehearsals if group_id in each.group_ids)
