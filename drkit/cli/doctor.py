"""`drkit doctor`: is everything there that a profile needs? It reads, and sends no change."""

import argparse
import json
from typing import Any

CODES = "Exit codes: 0 nothing failed, 1 something failed or could not be told, 2 bad input."


def add_doctor(commands: Any) -> None:  # noqa: ANN401 - argparse does not publish it
    """Add the command."""
    doctor = commands.add_parser(
        "doctor",
        help="look whether a profile works, and what to do where it does not",
        description="Look at a profile from the outside to the inside: names and certificates, the clock, "
        "the sign-in, the project, each service, each kind of read, what the roles tell of changes, the "
        "journal, versions. Nothing is changed.",
        epilog=CODES,
    )
    doctor.add_argument("--json", action="store_true", help="as a JSON list of rows")
    doctor.set_defaults(command=_doctor)


def _doctor(arguments: argparse.Namespace) -> int:
    from drkit.doctor import examine, exit_code
    from drkit.headless import print_line

    found = []
    for each in examine(arguments.profile or None):
        found.append(each)
        if not arguments.json:
            print_line(
                f"{each.check}: ", each.health.value, f"  {' '.join(filter(None, (each.seen, each.to_do)))}"
            )
    if arguments.json:
        print(json.dumps([each.row() for each in found], indent=1))
    return exit_code(found)
