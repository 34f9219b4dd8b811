"""The report as files: written whole or not at all, and compared with the journal they came from."""

import json
import os
import re
import threading
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from drkit.errors import InputError
from drkit.journal import Entry, Journal
from drkit.report.comparing import json_differences, page_differences
from drkit.report.evidence import Evidence
from drkit.report.gathering import gather
from drkit.report.page import html

_ORIGIN = re.compile(r'<meta name="(drkit-run|drkit-head|generator)" content="([^"]*)">')


def write_report(evidence: Evidence, folder: str | Path) -> tuple[Path, Path]:
    """Write the report of a run as HTML and as JSON into a folder; their paths.

    The files are named after the run, and say PRACTICE in front where it ran on the practice range.
    """
    where = Path(folder)
    where.mkdir(parents=True, exist_ok=True)
    stem = ("PRACTICE-" if evidence.backend.practice else "") + re.sub(r"[^\w.-]", "_", evidence.run_id)
    page, plain = where / f"{stem}.html", where / f"{stem}.json"
    _write(page, html(evidence))
    _write(plain, as_json(evidence))
    return page, plain


def as_json(evidence: Evidence) -> str:
    """The report as one JSON text."""
    return json.dumps(evidence.to_json(), indent=1) + "\n"


def verify_report(path: str | Path, journal: Journal) -> list[str]:
    """Compute the report anew from the journal; what differs, as sentences. Empty when all of it holds.

    A report stays right when notes and sign-offs were added to the run later: it is compared with the
    journal as far as it had come. One that another drkit wrote may differ in its form, which is said.
    Raises `InputError` for a file that is no report, `UnknownNameError` for a run that this journal does
    not have.
    """
    text = _read(Path(path))
    run_id, head, writer = _origin(Path(path), text)
    faults = [f"The journal of the run: {each}" for each in journal.verify(run_id).faults]
    entries = _as_far_as(journal.entries(run_id), head)
    if not entries:
        return [*faults, f"The report rests on an entry {head[:12]}… that this journal does not have."]
    computed = gather(entries)
    evidence = replace(computed, written_by=writer)
    if text.startswith("{"):
        differences = json_differences(text, as_json(evidence))
    else:
        differences = page_differences(text, html(evidence))
    if differences and writer != computed.written_by:
        differences.insert(
            0, f"Written by {writer}, and this is {computed.written_by}: its form may have changed."
        )
    return [*faults, *differences]


def _write(path: Path, text: str) -> None:
    fresh = path.with_name(f".{path.name}-{os.getpid()}-{threading.get_ident()}")
    try:
        fresh.write_bytes(text.encode())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)


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
