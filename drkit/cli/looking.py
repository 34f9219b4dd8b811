"""The commands that look: `drkit table`, `readiness`, `changes`, `snapshot`, `snapshots`. Nothing is sent."""

import argparse
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

from drkit.cli.connecting import called
from drkit.errors import InputError

TABLES = (
    "groups",
    "instances",
    "pairs",
    "attachments",
    "servers",
    "disks",
    "drills",
    "tags",
    "quotas",
    "failed_tasks",
    "domains",
    "rpo",
    "costs",
    "readiness",
    "ready",
    "proofs",
    "runs",
)
"""Every table of a reading, and the runs of the journal."""

READINESS_CODES = "Exit codes: 0 every group is ready, 1 one is not, 2 it could not be told."


def add_looking(commands: Any) -> None:  # noqa: ANN401 - argparse does not publish it
    """Add these commands."""
    for add in (_add_table, _add_readiness, _add_changes, _add_snapshot, _add_snapshots):
        add(commands)


def note(arguments: argparse.Namespace, line: str) -> None:
    """Say it to who looks on, unless they asked for quiet."""
    if not arguments.quiet:
        complain(line)


def complain(line: str) -> None:
    """Say it to who looks on, not to who reads the output: CSV stays CSV."""
    if sys.stderr:
        with suppress(OSError):
            print(line, file=sys.stderr, flush=True)


def _add_table(commands: Any) -> None:  # noqa: ANN401
    table = commands.add_parser(
        "table",
        help="print what is there",
        description="Print one table of what is there; on a terminal the columns that fit. --profile a,b "
        "reads several projects side by side; exit code 3 where one of them could not be read.",
    )
    table.add_argument("what", choices=TABLES, metavar="TABLE", help=", ".join(TABLES))
    table.add_argument(
        "--group", default="", metavar="NAME", help="only what belongs to this protection group"
    )
    _add_forms(table)
    table.set_defaults(command=_table)


def _add_forms(command: argparse.ArgumentParser) -> None:
    form = command.add_mutually_exclusive_group()
    form.add_argument("--wide", action="store_true", help="all columns, however wide the terminal is")
    form.add_argument("--csv", action="store_true", help="as CSV")
    form.add_argument("--json", action="store_true", help="as a JSON list of rows")


def _table(arguments: argparse.Namespace) -> int:
    from drkit.sites import Sites, connect

    profiles = list(filter(None, arguments.profile.split(",")))
    if len(profiles) > 1 and arguments.what == "runs":
        raise InputError(
            "The runs are those of the journal, whatever the project: name one profile, or none."
        )
    with connect(profiles if len(profiles) > 1 else arguments.profile or None) as site:
        of_group = {} if arguments.what == "runs" else {"group": arguments.group}
        table = getattr(site, arguments.what)(**of_group)
    note(arguments, f"{site.label if isinstance(site, Sites) else called(site)}:")
    for problem in table.attrs.get("problems", ()):
        note(arguments, f"Note: {problem}")
    print_table(table, arguments, f"There are no {arguments.what.replace('_', ' ')} here.")
    return 3 if table.attrs.get("failed") else 0


def print_table(table: Any, arguments: argparse.Namespace, nothing: str) -> None:  # noqa: ANN401 - a DataFrame
    """Print a table in the form that was asked for, else for who looks or for who reads along a pipe."""
    from drkit.headless import aligned, on_a_terminal, print_fitting
    from drkit.tables import to_csv

    if arguments.csv:
        print(to_csv(table), end="")
    elif arguments.json:
        print(table.to_json(orient="records", date_format="iso", indent=1))
    elif table.empty:
        print(nothing)
    elif on_a_terminal() and not arguments.wide:
        states = [str(name) for name in table.select_dtypes("category")]
        if left_out := print_fitting(cells(table), states):
            note(arguments, f"Not shown here: {left_out}. --wide shows all; --csv and --json too.")
    else:
        print(*aligned(cells(table)), sep="\n")


def cells(table: Any) -> list[dict[str, str]]:  # noqa: ANN401 - pandas stays in its rooms
    """The rows of a table as texts."""
    moments = table.select_dtypes("datetimetz")
    table = table.assign(**{name: moments[name].dt.strftime("%Y-%m-%d %H:%M:%SZ") for name in moments})
    rows = table.astype("object").fillna("-").to_dict("records")
    return [{str(name): _words(value) for name, value in row.items()} for row in rows]


def _words(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _add_readiness(commands: Any) -> None:  # noqa: ANN401
    readiness = commands.add_parser(
        "readiness",
        help="is a group ready to be failed over?",
        description="Check every group, or one: one word for each, what to do first, and each check that is "
        "not ok. What is not known is never taken for ok.",
        epilog=READINESS_CODES,
    )
    readiness.add_argument("--group", default="", metavar="NAME", help="only this protection group")
    readiness.add_argument("--all", action="store_true", help="the checks that are ok as well")
    readiness.add_argument(
        "--drill-days", type=_positive, metavar="N", help="default: the profile's, else 90"
    )
    readiness.add_argument(
        "--moving-minutes",
        type=_positive,
        metavar="N",
        help="how long a thing may be moving (default: the profile's, else 30)",
    )
    readiness.add_argument(
        "--quota-share",
        type=_share,
        metavar="X",
        help="the share of a quota that may be used (default: the profile's, else 0.9)",
    )
    form = readiness.add_mutually_exclusive_group()
    form.add_argument("--json", action="store_true", help="as a JSON list of checks")
    form.add_argument(
        "--openmetrics",
        type=Path,
        metavar="FILE",
        help="write it to a file (ending in .prom) that node_exporter reads",
    )
    readiness.set_defaults(command=_readiness, wide=False, csv=False)


def _positive(text: str) -> int:
    if not text.isdecimal() or not 1 <= int(text) <= 36500:
        raise argparse.ArgumentTypeError(f"{text!r} is no whole number from 1 to 36500")
    return int(text)


def _share(text: str) -> float:
    try:
        share = float(text)
    except ValueError:
        share = 0.0
    if not 0 < share <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} is no number above 0 and up to 1")
    return share


def _readiness(arguments: argparse.Namespace) -> int:
    from dataclasses import replace

    from drkit.headless import print_line
    from drkit.readiness import exit_code, metrics
    from drkit.site import connect
    from drkit.tables import readiness

    named = {key: getattr(arguments, key) for key in ("drill_days", "moving_minutes", "quota_share")}
    with connect(arguments.profile or None) as site:
        reading = site.read()
        limits = replace(site.thresholds, **{key: value for key, value in named.items() if value is not None})
        standings = reading.standings(arguments.group, limits)
    note(arguments, f"{reading.label}:")
    if arguments.openmetrics:
        _write_metrics(arguments.openmetrics, metrics(standings, reading.inventory))
    elif arguments.json:
        print_table(readiness(standings), arguments, "")
    else:
        for standing in standings:
            print_line(f"{standing.called}: ", standing.readiness)
            for check in standing.checks:
                if arguments.all or check.state != "ok":
                    told = " ".join(filter(None, (f"{check.value}.", check.why, check.to_do)))
                    print_line(f"  {check.name}: ", check.state, f" {told}")
        if not standings:
            print("There are no protection groups here.")
    return exit_code(standings)


def _write_metrics(file: Path, registry: Any) -> None:  # noqa: ANN401 - a CollectorRegistry
    """Write it in one go, so that nobody reads half of it."""
    from prometheus_client import write_to_textfile

    if file.suffix != ".prom":
        raise InputError(
            f"node_exporter reads files that end in .prom, not {file.name!r}; nothing was written."
        )
    try:
        write_to_textfile(str(file), registry)
    except OSError as error:
        raise InputError(f"{file} cannot be written: {error.strerror}; nothing was written.") from None
    print(file)


def _add_changes(commands: Any) -> None:  # noqa: ANN401
    changes = commands.add_parser(
        "changes",
        help="what changed since a snapshot or a rehearsal",
        description="Compare now with a reading that was kept: the last rehearsal's, or the one named.",
    )
    changes.add_argument(
        "since",
        nargs="?",
        default="",
        metavar="SINCE",
        help="the number of a snapshot, a run's id, or an age as 7d, 12h (default: the last rehearsal)",
    )
    changes.add_argument(
        "--all", action="store_true", help="also what changes by itself: progress, counts, times"
    )
    _add_forms(changes)
    changes.set_defaults(command=_changes)


def _changes(arguments: argparse.Namespace) -> int:
    from drkit.site import connect

    with connect(arguments.profile or None) as site:
        earlier = site.snapshot_of(arguments.since)
        table = site.changes(earlier, quiet=arguments.all)
    note(arguments, f"{called(site)}, since {earlier.read_at:%Y-%m-%d %H:%M:%S} UTC:")
    print_table(table, arguments, "Nothing changed.")
    return 0


def _add_snapshot(commands: Any) -> None:  # noqa: ANN401
    snapshot = commands.add_parser(
        "snapshot",
        help="keep a reading of the project",
        description="Read the whole project and keep the reading in the journal, to compare with later.",
    )
    snapshot.add_argument("--to", default="", metavar="FILE", help="write it to this file as well, as JSON")
    snapshot.set_defaults(command=_snapshot)


def _snapshot(arguments: argparse.Namespace) -> int:
    from drkit.site import connect

    with connect(arguments.profile or None) as site:
        number = site.snapshot(arguments.to)
    note(arguments, f"{called(site)}:")
    print(number)
    return 0


def _add_snapshots(commands: Any) -> None:  # noqa: ANN401
    snapshots = commands.add_parser(
        "snapshots",
        help="list the readings that were kept",
        description="List the readings of the project that were kept, by hand and at both ends of runs.",
    )
    snapshots.set_defaults(command=_snapshots)


def _snapshots(arguments: argparse.Namespace) -> int:
    from drkit.headless import aligned
    from drkit.site import connect

    with connect(arguments.profile or None) as site:
        kept = site.snapshots()
    note(arguments, f"{called(site)}:")
    rows = [
        {
            "number": str(one.number),
            "read_at": f"{one.at:%Y-%m-%d %H:%M:%S}Z",
            "of": f"{one.moment} of run {one.run_id}" if one.run_id else "by hand",
            "who": one.who,
        }
        for one in kept
    ]
    print(*(aligned(rows) if rows else ["No reading of this project was kept."]), sep="\n")
    return 0
