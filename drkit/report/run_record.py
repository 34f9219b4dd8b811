"""`RunRecord`: one run's record after the fact: its evidence, its report, and what people add to it."""

import os
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

from platformdirs import user_data_path

from drkit.execution import annotations
from drkit.journal import Journal
from drkit.report.evidence import Evidence
from drkit.report.files import as_json, write_report
from drkit.report.gathering import gather
from drkit.report.proving import Proof, prove, written_reports
from drkit.showing import shows

Folder = str | Path | None


def report_folder(journal: Journal) -> Path:
    """Where reports go: $DRKIT_REPORTS, else beside the journal's file, else the platform's data folder."""
    if chosen := os.environ.get("DRKIT_REPORTS", "").strip():
        return Path(chosen).expanduser()
    where = Path(journal.where)
    home = where.parent if "://" not in journal.where and where.is_file() else user_data_path("drkit")
    return home / "reports"


@shows("run_id")
class RunRecord:
    """Needs the journal alone, no service. Each change to the record writes the report anew.

    Raises `UnknownNameError` for a run that is not in the journal, `JournalError` when the journal cannot
    be read or written.
    """

    def __init__(self, journal: Journal, run_id: str, folder: Folder = None) -> None:
        self._journal, self.run_id = journal, run_id
        self.folder = Path(folder) if folder else report_folder(journal)

    @property
    def evidence(self) -> Evidence:
        """Everything the journal says of the run, computed anew."""
        return gather(self._journal.entries(self.run_id), self._journal.seals(self.run_id))

    def to_json(self) -> str:
        """The report as one JSON text."""
        return as_json(self.evidence)

    def write(self) -> Path:
        """Write the report as HTML and as JSON; the path of the HTML."""
        return write_report(self.evidence, self.folder, self._journal)[0]

    @property
    def written(self) -> list[Path]:
        """The files of the report that are in the folder now."""
        return written_reports(self._journal, self.run_id, self.folder)[0]

    def prove(self, against: Sequence[str] = ()) -> Proof:
        """What holds of the journal and of every report that was written of the run, and against what.

        `against` are reports and public keys that were kept elsewhere. Raises `InputError` for what is
        neither.
        """
        return prove(self._journal, self.run_id, self.folder, against)

    def verify(self) -> list[str]:
        """What does not hold of the journal and of the written reports, as sentences; empty when all does."""
        return list(self.prove().faults)

    def note(
        self, text: str, who: str = "", *, step: str = "", attachment: tuple[str, str, bytes] | None = None
    ) -> Path:
        """Add a note, with a file (name, media type, content of at most 1 MB) or without."""
        return self._add(annotations.note_entry(text, who, attachment), step)

    def add_finding(self, text: str, owner: str, due: date, *, step: str = "") -> Path:
        """Add something to put right, by whom and until when; `step` is the key of the step it is about."""
        return self._add(annotations.finding_entry(text, owner, due, step), step)

    def close_finding(self, number: int, outcome: str) -> Path:
        """Close a finding by its number, and say how it was put right."""
        return self._add(annotations.closing_entry(self.evidence.findings, number, outcome))

    def followed(self, run_id: str) -> None:
        """Name the run that goes on from this one, where this one did not reach what it was for."""
        if not self.evidence.verdict.good:
            self._add({"followed_by": run_id})

    def approve(self, who: str, note: str, confirm: str) -> Path:
        """Approve the plan of a run that waits for its second person; `confirm` are the names of its groups.

        Raises `InputError` for the login that started it, and where it asks for no second person.
        """
        entries = self._journal.entries(self.run_id)
        return self._add(annotations.approval_entry(entries, self._journal.who, who, note, confirm))

    def sign_off(self, who: str, *, accepted: bool, note: str = "") -> Path:
        """Accept the run's record as it is now, or refuse it with a note that says why. The word lapses when
        anything but another sign-off is written after it. Where the run asks for a second person, raises
        `InputError` for the login that started it.
        """
        entries, aims = self._journal.entries(self.run_id), self.evidence.objectives
        if aims and aims.second_person:
            annotations.check_other_login(entries, self._journal.who)
        head = entries[-1].hash
        return self._add(annotations.sign_off_entry(who, note, accepted=accepted, head=head))

    def _add(self, data: Mapping[str, object], step: str = "") -> Path:
        self._journal.note(self.run_id, data, step)
        return self.write()
