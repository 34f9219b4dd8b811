"""`drkit verify`: what a run's record holds against; with --trace also against what the cloud traced."""

import argparse
from pathlib import Path
from typing import Any

from drkit.cli.connecting import open_journal
from drkit.cli.looking import complain
from drkit.errors import DrkitError, InputError


def add_verify(commands: Any) -> None:  # noqa: ANN401 - argparse does not publish it
    """Add the command."""
    verify = commands.add_parser(
        "verify",
        help="prove a run's record and its reports",
        description="Recompute, offline, the journal's chain of a run, its plan's hash, its signatures, and "
        "each number of the reports that were written of it; hold it against its anchors ($DRKIT_ANCHORS) "
        "and against what you kept elsewhere; say what holds against what, and what could not be checked.",
        epilog="Exit codes: 0 it holds against something outside of the journal, 1 something does not hold, "
        "2 bad input, 3 it agrees with itself, and nothing outside was there to hold it against.",
    )
    verify.add_argument("run", metavar="RUN", nargs="?", help="the run's id, as `drkit runs` lists it")
    verify.add_argument(
        "--all", action="store_true", help="every run, and those that were anchored and are gone"
    )
    verify.add_argument(
        "--against",
        action="append",
        default=[],
        metavar="REPORT|KEY",
        help="a report of the run that was kept elsewhere, or the public key that signed it; may be repeated",
    )
    verify.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="one more folder of reports (default: $DRKIT_REPORTS, else reports/ beside the journal)",
    )
    verify.add_argument(
        "--trace",
        action="store_true",
        help="sign in and hold it against the cloud's own trace (CTS) too: what was sent and not traced, and "
        "what others did to its groups meanwhile",
    )
    verify.set_defaults(command=_verify)


def _verify(arguments: argparse.Namespace) -> int:
    from drkit.headless import printable
    from drkit.report import prove, prove_all, report_folder

    if bool(arguments.run) == arguments.all:
        raise InputError("Name one run, or ask for --all of them.")
    if arguments.trace and arguments.all:
        raise InputError("Name the run that is held against the cloud's trace, one at a time.")
    with open_journal(arguments) as journal:
        folder = arguments.out or report_folder(journal)
        if arguments.run:
            proofs = [prove(journal, arguments.run, folder, arguments.against)]
            if arguments.trace:
                _prove_trace(proofs[0], journal, arguments.profile)
        else:
            proofs = list(prove_all(journal, folder, arguments.against))
            print(f"{len(proofs)} runs are in {journal.where} or were anchored from it.")
    for proof in proofs:
        for fault in proof.faults:
            complain(f"drkit: {fault}" if arguments.run else f"drkit: {proof.run_id}: {fault}")
        details = [f"Checked: {each}" for each in proof.checked]
        details += [f"Not checked: {each}" for each in proof.unchecked]
        details += [printable(f"Meanwhile: {each}") for each in proof.meanwhile]
        print(*(details if arguments.run else ()), proof.sentence, sep="\n")
    codes = {proof.exit_code for proof in proofs}
    return next((code for code in (1, 3) if code in codes), 0)


def _prove_trace(proof: Any, journal: Any, profile: str) -> None:  # noqa: ANN401 - a Proof and a Journal
    """Hold a record against the trace of the cloud that the run was on; what cannot be read is said."""
    from drkit.clock import SystemClock
    from drkit.execution import beginning
    from drkit.model import Backend, from_kept
    from drkit.report import hold_against_trace, things_of, window
    from drkit.site import connect

    if proof.faults:
        proof.unchecked.append("the cloud's own trace: what the record says does not hold as it is")
        return
    entries = journal.entries(proof.run_id)
    ran_on = Backend(**beginning(entries)["plan"]["backend"])
    with connect(profile or None) as site:
        if (site.backend.practice, site.backend.project_id) != (ran_on.practice, ran_on.project_id):
            raise InputError(
                f"Run {proof.run_id} was on {ran_on.label}, project {ran_on.project_id}; here is "
                f"{site.backend.label}, project {site.backend.project_id}. Name its profile with --profile."
            )
        try:
            traces = site.client.traces(*window(entries))
        except DrkitError as error:
            proof.unchecked.append(f"the cloud's own trace: {error}")
            return
    readings = []
    for kept in journal.readings(run_id=proof.run_id):
        try:
            readings.append(from_kept(journal.reading(kept.number)))
        except DrkitError as error:
            proof.unchecked.append(f"what was in its groups, by reading {kept.number}: {error}")
    hold_against_trace(proof, entries, traces, things_of(entries, readings), SystemClock().now())
