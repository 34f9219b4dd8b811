"""`drkit record`: what is read of a real project, in other words, in a file for whoever looks for a bug."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from drkit.cli.looking import note
from drkit.errors import InputError

Main = Callable[[list[str]], int]
NOT_RECORDED = ("record", "lab", "sandbox", "run", "resume", "do", "remove-protection")


def add_record(commands: Any, main: Main) -> None:  # noqa: ANN401 - argparse does not publish it
    """Add the command; `main` runs the one that is recorded."""
    record = commands.add_parser(
        "record",
        help="record what is read of a project, in other words, to show a bug",
        description="Read the whole project, or run one command that reads, and write every request and "
        "answer into a file: ids, names and addresses are replaced, the same one by the same word; no token, "
        "header or sign-in is in it. Nothing but reads leaves meanwhile. Look through the file before you "
        "hand it on; drkit sandbox --replay FILE answers from it, drkit sandbox --from FILE makes a practice "
        "world of it.",
    )
    record.add_argument("file", type=Path, metavar="FILE", help="where the recording goes")
    record.add_argument(
        "words",
        nargs=argparse.REMAINDER,
        metavar="COMMAND",
        help="the command that is recorded, as: table pairs (default: one reading of the whole project)",
    )
    record.set_defaults(command=lambda arguments: _record(arguments, main))


def _record(arguments: argparse.Namespace, main: Main) -> int:
    import drkit
    from drkit import owned
    from drkit.api import recorded
    from drkit.clock import SystemClock
    from drkit.site import connect

    code, profile, failure = 0, arguments.profile or None, None
    with recorded() as recording, connect(profile) as site:
        try:
            if not arguments.words:
                site.read()
            elif arguments.words[0] in NOT_RECORDED:
                raise InputError(f"drkit {arguments.words[0]} cannot be recorded: it does more than reading.")
            else:
                code = main([*(["--profile", profile] if profile else []), *arguments.words])
        except Exception as error:
            if not len(recording):
                raise
            failure = error  # what went wrong is what the recording is for
    content = recording.document(site.backend, SystemClock().now(), drkit.__version__)
    try:
        owned.write(arguments.file.expanduser(), content)
    except OSError as error:
        raise InputError(f"{arguments.file} cannot be written: {error.strerror}; nothing was kept.") from None
    note(arguments, f"{site.backend.label}: {len(recording)} requests and their answers, in other words.")
    note(arguments, "Nothing was sent to anybody. Look through the file before you hand it on:")
    print(arguments.file)
    if failure:
        raise failure
    return code
