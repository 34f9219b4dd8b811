"""The readings of one project that are kept in the journal: keeping one, listing them, finding one again."""

import logging
import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from drkit import owned
from drkit.errors import DrkitError, InputError, UnknownNameError
from drkit.execution import scope_of
from drkit.journal import KeptReading, Moment
from drkit.model import Backend, Inventory, from_kept, kept

if TYPE_CHECKING:
    from drkit.journal import Journal

_log = logging.getLogger("drkit.snapshots")
_AGE = re.compile(r"(\d{1,5}) ?(?:(d)|(h)|(min))")


class Snapshots:
    """Of one backend's project, in one journal."""

    def __init__(self, journal: "Journal", backend: Backend, now: datetime) -> None:
        self._journal, self._backend, self._now = journal, backend, now

    def listed(self) -> list[KeptReading]:
        """Those that were kept, the newest first."""
        return self._journal.readings(scope_of(self._backend))

    def keep(self, inventory: Inventory, to: str | Path = "", run: tuple[str, Moment] = ("", "")) -> int:
        """Keep a reading, also in the file `to` where one is named; returns its number."""
        content, backend = kept(inventory), self._backend
        if to:
            try:
                owned.write(Path(to).expanduser(), content)
            except OSError as error:
                raise InputError(f"{to} cannot be written: {error.strerror}; nothing was kept.") from None
        project = (scope_of(backend), backend.label, backend.practice)
        return self._journal.keep_reading(content, inventory.read_at, project, run)

    def keep_of_run(self, run_id: str, inventory: Inventory, moment: Moment) -> None:
        """Keep what a run read of its groups; that it cannot be kept is no fault of the run."""
        members = {key for each in inventory.instances.values() for key in each.server_ids}
        members |= {key for drill in inventory.drills.values() for _, key in drill.servers}
        own = {key: each for key, each in inventory.servers.items() if key in members}
        smaller = replace(inventory, servers=own, whole=inventory.whole - {"servers"})
        try:
            self.keep(smaller, run=(run_id, moment))
        except DrkitError as error:
            _log.warning("What run %s read at its %s was not kept: %s", run_id, moment, error)

    def found(self, since: str | int | timedelta = "") -> Inventory:
        """One that was kept, see `Site.changes`. Raises `UnknownNameError` where none fits."""
        there, wanted = self.listed(), str(since).strip()
        if not wanted:
            fitting = self._of_the_last_rehearsal(there)
        elif wanted.isdecimal():
            fitting = [each for each in there if each.number == int(wanted)]
        elif (span := read_age(since)) is not None:
            fitting = [each for each in there if not each.run_id and self._now - each.at >= span]
        else:
            fitting = [each for each in there if (each.run_id, each.moment) == (wanted, "end")]
        if not fitting:
            raise UnknownNameError(
                f"No reading of this project was kept that fits {wanted or 'its last rehearsal'!r}. See "
                "drkit snapshots, and keep one with drkit snapshot.",
                what="snapshot",
                name=wanted,
                near=[str(each.number) for each in there[:5]],
            )
        return from_kept(self._journal.reading(fitting[0].number))

    def _of_the_last_rehearsal(self, there: list[KeptReading]) -> list[KeptReading]:
        from drkit.report import known_of  # noqa: PLC0415  # reports take their time to load

        rehearsed = known_of(self._journal, self._backend, self._now).rehearsals
        ends = {each.run_id: each for each in there if each.moment == "end"}
        return [ends[run.run_id] for run in rehearsed if run.run_id in ends]


def read_age(text: object) -> timedelta | None:
    """A span of time ("7 d", "12 h", "90 min"); None for what is none."""
    if isinstance(text, timedelta):
        return text
    if not (match := _AGE.fullmatch(str(text).strip())):
        return None
    number, days, hours, _minutes = match.groups()
    return int(number) * (
        timedelta(days=1) if days else timedelta(hours=1) if hours else timedelta(minutes=1)
    )
