"""`review`: rehearsals over time, from the journal alone. Practice and real runs are kept apart."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Self

from markupsafe import Markup

from drkit import api
from drkit.clock import Clock, SystemClock
from drkit.errors import InputError, JournalDamagedError
from drkit.headless import report_outcome
from drkit.journal import Journal
from drkit.report import history
from drkit.report.evidence import TO_THE_END, Evidence
from drkit.report.gathering import gather
from drkit.report.trends import Drawing, durations_picture, recovery_picture
from drkit.showing import shows

if TYPE_CHECKING:
    import pandas as pd


def review(
    journal: str | Path = "",
    *,
    profile: str = "",
    days: int = 90,
    groups: Iterable[str] = (),
    clock: Clock | None = None,
) -> "Reviews":
    """Look at all runs of a journal: a file or a URL, else that of the profile (empty: $DRKIT_PROFILE), else
    DRKIT_JOURNAL, else the platform's data folder. Nothing is signed in to.

    A group is overdue when its last proving rehearsal is more than `days` days ago; `groups` names groups
    that have to be rehearsed even if no run ever touched them. Raises `InputError`, `JournalError`, and
    `ProfileError` where there is no such profile.
    """
    if days < 1:
        raise InputError(f"days must be 1 or more, not {days}.")
    with Journal.open(journal or api.journal_of(api.chosen(profile)) or None) as opened:
        found, problems = _evidence(opened)
    now, wanted = (clock or SystemClock()).now(), tuple(groups)
    real, practice = (
        Review(tuple(each for each in found if each.backend.practice is side), side, now, days, wanted)
        for side in (False, True)
    )
    return Reviews(real, practice, problems)


def _evidence(journal: Journal) -> tuple[list[Evidence], tuple[str, ...]]:
    """What each run tells, the oldest first, and which could not be read."""
    found: list[Evidence] = []
    problems: list[str] = []
    for row in journal.runs():
        try:
            found.append(gather(journal.entries(row.id)))
        except (JournalDamagedError, LookupError, ValueError, TypeError) as error:
            problems.append(f"Run {row.id} is left out, its record cannot be read: {error}")
    return sorted(found, key=lambda each: each.started_at), tuple(problems)


@shows("title", "days", "groups")
@dataclass(frozen=True)
class Review:
    """The runs of one side, practice or real, oldest first. A notebook shows its summary and pictures."""

    runs: tuple[Evidence, ...]
    practice: bool
    now: datetime
    days: int = 90
    groups: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """Which side this is, for people; of the practice range at which speeds it ran, too."""
        if not self.practice:
            return "Real runs"
        speeds = sorted({each for run in self.runs for each in run.speeds})
        named = f" (speed {', '.join(f'{each:g}' for each in speeds)}; in the service's time)"
        return f"PRACTICE{named if speeds else ''}"

    @cached_property
    def rehearsals(self) -> "pd.DataFrame":
        """One row per rehearsal and group, the newest first: recovery time against target, the verdict."""
        return history.rehearsals(self.runs)

    @cached_property
    def steps(self) -> "pd.DataFrame":
        """How long each kind of step takes: usually, at the fastest and at the slowest."""
        return history.steps(self.runs)

    @cached_property
    def failures(self) -> "pd.DataFrame":
        """Failed attempts by the service's code."""
        return history.failures(self.runs)

    @cached_property
    def overdue(self) -> "pd.DataFrame":
        """Groups without a proving rehearsal for more than `days` days, or without any."""
        return history.overdue(self.runs, self.now, self.days, self.groups)

    @cached_property
    def findings(self) -> "pd.DataFrame":
        """Open findings, the one due first on top."""
        return history.findings(self.runs, self.now.date())

    @property
    def late(self) -> list[dict[str, str]]:
        """Its groups and open findings that are overdue, as rows of text."""
        due = self.findings[self.findings["overdue"]]
        found = [f"finding {row.number} of {row.run}, {row.owner}: {row.finding}" for row in due.itertuples()]
        names = [*(f"group {name}" for name in self.overdue["group"]), *found]
        return [{"runs": self.title, "overdue": name} for name in names]

    @property
    def recovery_picture(self) -> Drawing:
        """Recovery times over time as a share of their targets."""
        return recovery_picture(self.rehearsals, self.title)

    @property
    def durations_picture(self) -> Drawing:
        """How long each kind of step takes, from the fastest to the slowest."""
        return durations_picture(self.steps, self.title)

    @property
    def sentence(self) -> str:
        """All of it in one sentence."""
        table = self.rehearsals
        if table.empty and self.overdue.empty:
            return f"{self.title}: no rehearsal yet."
        missed = int((table["objectives"] == "missed").sum())
        unproved = table.loc[~table["carried_out"].isin(TO_THE_END), "run"].nunique()
        return (
            f"{self.title}: {_count(table['run'].nunique(), 'rehearsal')} of "
            f"{_count(table['group'].nunique(), 'group')}, {unproved} of them not carried out to the end; "
            f"objectives missed {_count(missed, 'time')}; "
            f"{_count(len(self.overdue), 'group')} without a rehearsal for {self.days} days; "
            f"{_count(len(self.findings), 'open finding')}."
        )

    def _repr_html_(self) -> str:
        shown = [each for each in (self.recovery_picture, self.durations_picture) if each]
        return str(Markup("<h3>{}</h3><p>{}</p>{}").format(self.title, self.sentence, Markup().join(shown)))


@shows("real", "practice")
@dataclass(frozen=True)
class Reviews:
    """Both sides, each for itself; `problems` are runs that could not be read, as sentences."""

    real: Review
    practice: Review
    problems: tuple[str, ...] = ()

    @property
    def sentences(self) -> tuple[str, ...]:
        """Both sides in a sentence each, and what could not be read."""
        return (self.real.sentence, self.practice.sentence, *self.problems)

    @property
    def rows(self) -> list[dict[str, str]]:
        """The groups that are overdue, and the open findings that are."""
        return [row for side in (self.real, self.practice) for row in side.late]

    @property
    def exit_code(self) -> int:
        """1 where a group or a finding of the real runs is overdue, or a run could not be read; else 0.

        Practice counts where there are no real runs at all.
        """
        side = self.real if self.real.runs or not self.practice.runs else self.practice
        return 1 if side.late or self.problems else 0

    def report(self) -> Self:
        """The same; for `drkit run` the sentences are the outcome, with a table of what is overdue."""
        report_outcome(self.exit_code, " ".join(self.sentences), self.rows)
        return self

    def _repr_html_(self) -> str:
        return str(Markup().join(Markup("<p>{}</p>").format(each) for each in self.sentences))


def _count(number: int, thing: str, things: str = "") -> str:
    return f"{number} {thing if number == 1 else things or thing + 's'}"
