"""The report as files: written whole or not at all, and compared with the journal they came from."""

import hashlib
import json
import logging
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from drkit import owned
from drkit.errors import InputError, JournalError
from drkit.journal import Entry, Journal
from drkit.report.comparing import json_differences, page_differences
from drkit.report.evidence import Evidence
from drkit.report.gathering import gather

_log = logging.getLogger("drkit.report")
_PICTURE = re.compile(r"<svg.*?</svg>", re.DOTALL)  # every text is escaped, so none of them begins one
_ORIGIN = re.compile(r'<meta name="(drkit-run|drkit-head|generator)" content="([^"]*)">')


def write_report(evidence: Evidence, folder: str | Path, journal: Journal | None = None) -> tuple[Path, Path]:
    """Write the report of a run as HTML and as JSON into a folder, for their owner alone; their paths.

    What was written is signed in the journal, if that is given, so that `drkit verify` knows each byte of it.

    The files are named after the run, and say PRACTICE in front where it ran on the practice range.
    """
    where = Path(folder)
    owned.make_folder(where)
    stem = ("PRACTICE-" if evidence.backend.practice else "") + re.sub(r"[^\w.-]", "_", evidence.run_id)
    page, plain = where / f"{stem}.html", where / f"{stem}.json"
    texts = {page: _page(evidence), plain: as_json(evidence)}
    for path, text in texts.items():
        owned.write(path, text.encode())
    if journal:
        _sign(texts, evidence, journal)
    return page, plain


def _sign(texts: Mapping[Path, str], evidence: Evidence, journal: Journal) -> None:
    files = {path.name: hashlib.sha256(text.encode()).hexdigest() for path, text in texts.items()}
    folder = str(next(iter(texts)).parent.resolve())
    try:
        journal.sign_report(evidence.run_id, evidence.record.head, folder, files)
    except JournalError as error:  # the report of a journal that cannot be written is a report all the same
        _log.warning("The report of run %s is not signed: %s", evidence.run_id, error)


def as_json(evidence: Evidence) -> str:
    """The report as one JSON text."""
    return json.dumps(evidence.to_json(), indent=1) + "\n"


@dataclass(frozen=True, slots=True)
class CheckedReport:
    """A report that was compared with its journal: how far it had come, and what differs, as sentences.

    `unchecked` says what of it could not be compared. `keys` are the public keys that it prints, where that
    was compared.
    """

    run_id: str
    entries: int
    faults: tuple[str, ...]
    unchecked: str = ""
    keys: tuple[str, ...] = ()


def verify_report(path: str | Path, journal: Journal) -> list[str]:
    """Compute the report anew from the journal; what differs, as sentences. Empty when all of it holds.

    A report stays right when notes and sign-offs were added to the run later: it is compared with the
    journal as far as it had come. One that another drkit wrote may differ in its form, which is said.
    Raises `InputError` for a file that is no report, `UnknownNameError` for a run that this journal does
    not have.
    """
    checked = check_report(path, journal)
    return [
        *(f"The journal of the run: {each}" for each in journal.verify(checked.run_id).faults),
        *checked.faults,
    ]


def check_report(path: str | Path, journal: Journal) -> CheckedReport:
    """As `verify_report`, for the report alone.

    Pictures are never drawn again to compare them: each matplotlib draws them to other bytes. A file that
    was signed when it was written is held by its hash, any other by its words and markup.
    """
    text = _read(Path(path))
    run_id, head, writer = _origin(Path(path), text)
    entries = _as_far_as(journal.entries(run_id), head)
    if not entries:
        fault = f"The report rests on an entry {head[:12]}… that this journal does not have."
        return CheckedReport(run_id, 0, (fault,))
    seals = journal.seals(run_id)
    computed = gather(entries, seals)
    digest = hashlib.sha256(text.encode()).hexdigest()
    signed = [seal for seal in seals if seal.report and seal.head == head and seal.holds]
    untouched = any(seal.report and digest in seal.report["files"].values() for seal in signed)
    if untouched and writer != computed.written_by:
        unchecked = f"it is as {writer} wrote and signed it; {computed.written_by} did not compute it anew"
        return CheckedReport(run_id, len(entries), (), unchecked)
    keys = tuple(dict.fromkeys(seal.key for seal in computed.record.seals if seal.key))
    differences = _differences(text, replace(computed, written_by=writer))
    if differences and writer != computed.written_by:
        differences.insert(
            0, f"Written by {writer}, and this is {computed.written_by}: its form may have changed."
        )
    unchecked = "" if untouched or text.startswith("{") else "its pictures are not compared with anything"
    if (
        not differences
        and unchecked
        and any(seal.report and Path(path).name in seal.report["files"] for seal in signed)
    ):
        differences, unchecked = ["All words are the same, but the file is not the one that was signed."], ""
    # The keys are the journal's: the report prints the same ones only where it does not differ.
    return CheckedReport(run_id, len(entries), tuple(differences), unchecked, () if differences else keys)


def _differences(text: str, computed: Evidence) -> list[str]:
    if text.startswith("{"):
        return json_differences(text, as_json(computed))
    return page_differences(_PICTURE.sub("", text), _PICTURE.sub("", _page(computed)))


def _read(path: Path) -> str:
    try:
        return path.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"The report {path} cannot be read: {error}") from error


def _origin(path: Path, text: str) -> tuple[str, str, str]:
    """The run a report is about, the hash of the last entry it knows, and what wrote it."""
    if text.startswith("{"):
        try:
            report = json.loads(text)
            return str(report["run_id"]), str(report["record"]["head"]), str(report["written_by"])
        except (ValueError, KeyError, TypeError, RecursionError):
            raise InputError(f"{path} is JSON, but not a report of drkit.") from None
    found = dict(_ORIGIN.findall(text))
    if found.keys() != {"drkit-run", "drkit-head", "generator"}:
        raise InputError(f"{path} is not a report of drkit.")
    return found["drkit-run"], found["drkit-head"], found["generator"]


def _as_far_as(entries: Sequence[Entry], head: str) -> Sequence[Entry]:
    return next((entries[: at + 1] for at, each in enumerate(entries) if each.hash == head), ())


def _page(evidence: Evidence) -> str:
    from drkit.report.page import html  # noqa: PLC0415  # matplotlib and jinja2 load when one is drawn

    return html(evidence)
