"""`drkit` in the shell: reads the words and hands over; each subcommand imports what it needs when it runs.

Not here: logic. A refused or bad input is one sentence on stderr and the error's own exit code.
"""

import argparse
import io
import json
import os
import signal
import sys
import traceback
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import Any

from drkit.cli.connecting import called, open_journal
from drkit.cli.doctor import add_doctor
from drkit.cli.doing import add_doing, do
from drkit.cli.looking import add_looking, complain, note
from drkit.cli.profiles import add_profiles
from drkit.cli.proving import add_verify
from drkit.cli.recording import add_record
from drkit.cli.words import Parser, Version, add_shared, completion
from drkit.errors import DrkitError, InputError, JournalDamagedError
from drkit.headless import heard

RECORDED = b'"drkit-talk-'
Command = Callable[[argparse.Namespace], int]

CODES = (
    "Exit codes: 0 done, 1 some step failed or an objective was missed, 2 refused or bad input, "
    "3 interrupted or outcome unknown."
)

NOWHERE = ("sandbox", "completion")
"""The commands that need neither a cloud nor a journal, and take no profile."""


def build_parser(sandbox: argparse.ArgumentParser | None = None) -> Parser:
    """Everything `drkit` understands, with the words of the practice range where they are given."""
    parser = Parser(prog="drkit", description="Disaster-recovery runbooks for SDRS.", epilog=CODES)
    parser.add_argument("--version", action=Version, nargs=0, help="show the version")
    commands: Any = parser.add_subparsers(title="commands", metavar="COMMAND", dest="word", required=True)
    for add in (
        _add_lab,
        _add_run,
        _add_runs,
        _add_findings,
        _add_approve,
        _add_accept,
        _add_show,
        _add_resume,
        _add_close,
        _add_report,
        add_verify,
        _add_sandbox,
        _add_completion,
        partial(add_record, main=main),
        add_looking,
        add_profiles,
        add_doctor,
    ):
        add(commands)
    add_doing(commands, CODES)
    add_shared(parser, commands.choices, NOWHERE)
    if sandbox:
        commands.choices["sandbox"] = sandbox
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code."""
    words = list(sys.argv[1:] if argv is None else argv)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # a name that this terminal cannot show
    if words[:1] == ["sandbox"]:  # the practice range reads its own words
        return _ended(lambda: _sandbox(words[1:]), sends=False)
    arguments = build_parser().parse_args(words)
    command: Command = arguments.command
    sends = command in {_run, _resume, do} and not getattr(arguments, "list", False)
    with heard(verbose=arguments.verbose):
        return _ended(lambda: command(_checked(arguments)), sends=sends)


def _checked(arguments: argparse.Namespace) -> argparse.Namespace:
    if arguments.profile and arguments.word in NOWHERE:
        raise InputError(f"drkit {arguments.word} connects nowhere and takes no --profile; nothing was done.")
    for value in vars(arguments).values():
        for text in filter(lambda each: isinstance(each, str), value if isinstance(value, list) else [value]):
            try:
                text.encode()
            except UnicodeEncodeError:
                raise InputError(f"{text!r} holds bytes that are no text here; type it anew") from None
    return arguments


def _ended(command: Callable[[], int], *, sends: bool) -> int:
    """The exit code of a command, whatever goes wrong; what went wrong is said."""
    try:
        code = command()
        if sys.stdout:
            sys.stdout.flush()
    except DrkitError as error:
        complain(f"drkit: {error}")
        code = error.exit_code
    except KeyboardInterrupt:
        complain("drkit: Interrupted.")
        code = 3
    except BrokenPipeError:  # `drkit table pairs | head` has seen enough
        _show_no_more()
        code = 0
    except Exception as error:  # noqa: BLE001 - a stack trace is never the only answer
        code = _unforeseen(error, sends=sends)
    return code


def _unforeseen(error: Exception, *, sends: bool) -> int:
    if isinstance(error, OSError) and not sends:
        if error.filename is None:
            _show_no_more()
        what = "The output" if error.filename is None else error.filename
        complain(f"drkit: {what} cannot be used or written: {error.strerror or error}.")
        return 2
    complain("".join(traceback.format_exception(error)).rstrip())
    complain(f"drkit: A fault in drkit itself ({type(error).__name__}); please report the lines above.")
    return 3


def _print_line(line: str) -> None:
    """Show what goes on; it goes on where nobody can read it: the terminal is gone, the disk is full."""
    try:
        print(line, flush=True)
    except OSError as error:
        _show_no_more()
        complain(f"drkit: The output cannot be written ({error.strerror}). What is under way goes on.")


def _show_no_more() -> None:
    """Whatever is written to stdout from now on, also what waits in its buffer, goes nowhere."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _add_lab(commands: Any) -> None:  # noqa: ANN401 - argparse does not publish the type
    lab = commands.add_parser(
        "lab",
        help="open the runbooks in JupyterLab",
        description="Lay the runbooks into a working folder and open them in JupyterLab, on the practice "
        "range unless a profile names a cloud. What you changed in the folder is never overwritten.",
    )
    lab.add_argument("--no-browser", action="store_true", help="only print the address")
    lab.add_argument(
        "--port", type=int, metavar="N", help="this port or none (default: the first free from 8888)"
    )
    lab.add_argument(
        "--dir",
        type=Path,
        default=Path("drkit-runbooks"),
        metavar="DIR",
        help="the working folder (default: ./%(default)s)",
    )
    lab.add_argument(
        "--world", default="demo", metavar="NAME", help="what the practice range holds (default: %(default)s)"
    )
    lab.add_argument(
        "--speed",
        type=float,
        default=10.0,
        metavar="X",
        help="how many times faster the practice range's time runs (default: 10)",
    )
    lab.set_defaults(command=_lab)


def _lab(arguments: argparse.Namespace) -> int:
    from drkit.lab import open_lab

    return open_lab(
        arguments.dir,
        print_line=_print_line,
        profile=arguments.profile,
        port=arguments.port,
        browser=not arguments.no_browser,
        world=arguments.world,
        speed=arguments.speed,
    )


def _add_run(commands: Any) -> None:  # noqa: ANN401
    run = commands.add_parser(
        "run",
        help="run a runbook without a browser",
        description="Check the parameters, run the notebook, save it after every cell, print the result.",
        epilog=CODES,
    )
    run.add_argument("notebook", type=Path, help="a file, or the name of a shipped runbook")
    run.add_argument(
        "-p",
        dest="parameters",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="a parameter; a list as a,b or as JSON, a mapping as k=v,k=v or as JSON; may be repeated",
    )
    run.add_argument(
        "-f", "--file", type=Path, metavar="FILE", help="a JSON file of parameters; -p goes over it"
    )
    run.add_argument(
        "--out",
        type=Path,
        default=Path("drkit-runs"),
        metavar="DIR",
        help="where the executed notebook goes (default: ./%(default)s)",
    )
    run.add_argument(
        "--dry-run",
        action="store_true",
        help="print the whole plan and send nothing; for runbooks with a parameter dry_run",
    )
    run.add_argument("--list", action="store_true", help="only show the notebook's parameters")
    run.set_defaults(command=_run)


def _run(arguments: argparse.Namespace) -> int:
    from drkit.headless import parameter_lines, parameters_of, printable, read_notebook, run_notebook
    from drkit.lab import find_notebook

    notebook = find_notebook(arguments.notebook)
    if arguments.list:
        print(*map(printable, parameter_lines(notebook)), sep="\n")
        return 0
    options = {"dry_run": "true" if arguments.dry_run else "", "profile": arguments.profile}
    wanted = {name: value for name, value in options.items() if value}
    for name in wanted.keys() - (parameters_of(read_notebook(notebook), notebook) if wanted else {}):
        raise InputError(
            f"{notebook.stem} knows no --{name.replace('_', '-')}, and nothing ran; see what it takes with "
            "--list"
        )
    given = [*arguments.parameters, *(f"{name}={value}" for name, value in wanted.items())]
    return run_notebook(notebook, given, file=arguments.file, out=arguments.out, print_line=_print_line)


def _add_runs(commands: Any) -> None:  # noqa: ANN401
    runs = commands.add_parser(
        "runs",
        help="list the runs",
        description="List the runs in the journal with their verdicts, the unfinished first.",
    )
    runs.add_argument("--json", action="store_true", help="as a JSON list of rows")
    runs.add_argument(
        "--overdue",
        type=int,
        metavar="DAYS",
        help="instead: the groups without a rehearsal for so many days, and the findings that are overdue; "
        "exit code 1 where there are any (of practice only where there are no real runs)",
    )
    runs.set_defaults(command=_runs)


def _runs(arguments: argparse.Namespace) -> int:
    from drkit.headless import aligned
    from drkit.report import run_rows

    if arguments.overdue is not None:
        return _overdue(arguments)
    with open_journal(arguments) as journal:
        rows = list(run_rows(journal))
    if arguments.json:
        print(_json(rows))
    elif rows:
        names = ("run", "state", "carried_out", "objectives", "title", "groups", "backend")
        print(*aligned([_columns(each, *names) for each in rows]), sep="\n")
    else:
        print(f"There are no runs in {journal.where}.")
    return 0


def _overdue(arguments: argparse.Namespace) -> int:
    from drkit.headless import aligned, printable
    from drkit.report import review

    reviews = review(profile=arguments.profile, days=arguments.overdue)
    if arguments.json:
        print(_json(reviews.rows))
    else:
        print(*map(printable, reviews.sentences), *aligned(reviews.rows), sep="\n")
    return reviews.exit_code


def _add_findings(commands: Any) -> None:  # noqa: ANN401
    findings = commands.add_parser(
        "findings",
        help="list, note or close findings",
        description="List the open findings of all runs, or all of one run; note or close one, after which "
        "the run's report is written anew.",
        epilog=CODES,
    )
    findings.add_argument("run", metavar="RUN", nargs="?", help="the run's id, as `drkit runs` lists it")
    findings.add_argument("--note", metavar="TEXT", help="something to put right; needs --owner and --due")
    findings.add_argument("--owner", default="", metavar="WHO", help="who puts it right")
    findings.add_argument("--due", type=_day, metavar="DATE", help="until when, as 2027-01-31")
    findings.add_argument("--step", default="", metavar="KEY", help="the step that it is about")
    findings.add_argument(
        "--close", type=int, metavar="N", help="close finding N of the run; needs --outcome"
    )
    findings.add_argument("--outcome", default="", metavar="TEXT", help="how it was put right")
    findings.add_argument("--json", action="store_true", help="as a JSON list of rows")
    findings.set_defaults(command=_findings)


def _add_approve(commands: Any) -> None:  # noqa: ANN401
    approve = commands.add_parser(
        "approve",
        help="approve the plan of a run, as its second person",
        description="Show the whole plan of a run that waits for its second person; approve it by confirming "
        "it with the names of its groups. Not for the login that started the run.",
        epilog=CODES,
    )
    _add_run_id(approve)
    approve.add_argument(
        "--confirm", default="", metavar="NAMES", help='the names of its groups, joined by ", "'
    )
    _add_word(approve, "what you looked at")
    approve.set_defaults(command=_approve)


def _add_accept(commands: Any) -> None:  # noqa: ANN401
    accept = commands.add_parser(
        "accept",
        help="accept the record of a run, or refuse it",
        description="Accept the record of a run as it is now, or refuse it. What is written later is not "
        "accepted.",
        epilog=CODES,
    )
    _add_run_id(accept)
    accept.add_argument("--refuse", action="store_true", help="do not accept it; the note says why")
    _add_word(accept, "what you looked at, or why it is not accepted")
    accept.set_defaults(command=_accept)


def _add_run_id(command: Any) -> None:  # noqa: ANN401
    command.add_argument("run", metavar="RUN", help="the run's id, as `drkit runs` lists it")


def _add_word(command: Any, note: str) -> None:  # noqa: ANN401
    command.add_argument("--sign", default="", metavar="NAME", help="your name")
    command.add_argument("--note", default="", metavar="TEXT", help=note)


def _approve(arguments: argparse.Namespace) -> int:
    from drkit.execution import recorded
    from drkit.headless import aligned, printable
    from drkit.report import RunRecord
    from drkit.runbooks import how, irreversible

    with open_journal(arguments) as journal:
        plan = recorded(journal, arguments.run).plan
        _print_line(printable(f"{plan.title}, on {plan.backend.label}"))
        rows = [
            {
                "step": step.key,
                "does": step.title,
                "how": how(step),
                "undo": "no" if irreversible(step) else "yes",
            }
            for step in plan.steps
        ]
        print(*aligned(rows), *(printable(f"Note: {each}") for each in plan.notes), sep="\n")
        RunRecord(journal, arguments.run).approve(arguments.sign, arguments.note, arguments.confirm)
    _print_line("Approved: the run goes on.")
    return 0


def _accept(arguments: argparse.Namespace) -> int:
    from drkit.report import RunRecord

    with open_journal(arguments) as journal:
        record = RunRecord(journal, arguments.run)
        _print_line(str(record.sign_off(arguments.sign, accepted=not arguments.refuse, note=arguments.note)))
    return 0


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r} is no date; write it as 2027-01-31") from None


def _findings(arguments: argparse.Namespace) -> int:
    from drkit.report import RunRecord

    run_id, changes = arguments.run or "", (arguments.note, arguments.close)
    if not run_id and changes != (None, None):
        raise InputError("Name the run that the finding is of.")
    if None not in changes:
        raise InputError("Note a finding or close one, not both at once.")
    if arguments.note is not None and arguments.due is None:
        raise InputError("Say until when it has to be put right, with --due.")
    with open_journal(arguments) as journal:
        if arguments.note is not None:
            RunRecord(journal, run_id).add_finding(
                arguments.note, arguments.owner, arguments.due, step=arguments.step
            )
        if arguments.close is not None:
            RunRecord(journal, run_id).close_finding(arguments.close, arguments.outcome)
        _print_findings(journal, run_id, as_json=arguments.json)
    return 0


def _print_findings(journal: Any, run_id: str, *, as_json: bool) -> None:  # noqa: ANN401 - a Journal
    from drkit.execution import findings
    from drkit.headless import aligned, printable

    rows = []
    for run in [run_id] if run_id else [row.id for row in journal.runs()]:
        try:
            noted = findings(journal.entries(run))
        except JournalDamagedError as error:  # hides no other run
            print(f"drkit: {error}", file=sys.stderr)
            continue
        rows += [
            {
                "run": run,
                "number": finding.number,
                "due": finding.due,
                "owner": finding.owner,
                "finding": finding.text,
            }
            | {"state": "open" if finding.open else f"closed by {finding.closed_by}: {finding.outcome}"}
            for finding in noted
            if finding.open or run_id
        ]
    if as_json:
        print(_json(rows))
    else:
        texts = [{name: printable(str(value)) for name, value in row.items()} for row in rows]
        print(*(aligned(texts) if texts else ["There are no findings."]), sep="\n")


def _add_show(commands: Any) -> None:  # noqa: ANN401
    show = commands.add_parser(
        "show",
        help="show the steps of a run",
        description="Show a run and its steps, from the journal alone.",
    )
    _add_run_id(show)
    show.add_argument("--json", action="store_true", help="the steps as a JSON list of rows")
    show.set_defaults(command=_show)


def _show(arguments: argparse.Namespace) -> int:
    from drkit.execution import recorded

    with open_journal(arguments) as journal:
        state = recorded(journal, arguments.run)
    if arguments.json:
        print(_json(state.rows()))
    else:
        _print_run(state)
    return 0


def _add_resume(commands: Any) -> None:  # noqa: ANN401
    resume = commands.add_parser(
        "resume",
        help="go on with an interrupted run",
        description="Go on with a run from the journal: what is settled stays, what was sent is watched, "
        "what was about to be sent is looked up first and never sent twice.",
        epilog=CODES,
    )
    _add_run_id(resume)
    resume.add_argument(
        "--takeover", action="store_true", help="you know that nobody is behind the run any more"
    )
    resume.add_argument(
        "--attest",
        action="append",
        default=[],
        metavar="STEP=ANSWER",
        help="the answer to a manual step, by its title: passed: NOTE, failed: WHY or skip: WHY; "
        "may be repeated",
    )
    resume.add_argument("--sign", default="", metavar="NAME", help="who signs these answers")
    resume.set_defaults(command=_resume)


def _resume(arguments: argparse.Namespace) -> int:
    from drkit.execution import follow, interrupted_by, recorded, stop_all
    from drkit.headless import printable
    from drkit.runbooks import Answers, exit_code, how_to_go_on
    from drkit.site import connect

    answers = Answers(_attested(arguments.attest), arguments.sign, "--sign NAME")
    with interrupted_by(signal.SIGTERM, signal.SIGHUP):
        with connect(arguments.profile or None) as site:
            note(arguments, f"{called(site)}:")
            before = recorded(site.journal, arguments.run)
            answers.check(before.plan, before)
            try:
                run = site.resume(arguments.run, takeover=arguments.takeover, attended=False)
                state = follow(run, lambda line: _print_line(printable(line)), answers.give)
                code = exit_code(state, site.record(run.id))
            except KeyboardInterrupt:
                stop_all()
                raise
        _print_run(state, _print_line)
        if state.phase == "stopped" and (sentence := how_to_go_on(state)):
            _print_line(printable(sentence))
    return code


def _attested(given: list[str]) -> dict[str, str]:
    answers: dict[str, str] = {}
    for entry in given:
        step, equals, answer = entry.partition("=")
        if not equals or step.strip() in answers:
            raise InputError(f"An answer is given once for a step, as STEP=ANSWER, not as {entry!r}")
        answers[step.strip()] = answer
    return answers


def _add_close(commands: Any) -> None:  # noqa: ANN401
    close = commands.add_parser(
        "close",
        help="close a run that nobody will go on with",
        description="Close an unfinished run for good, from the journal alone, and write its report. Nothing "
        "is sent or looked up: what was under way goes on at the service.",
        epilog=CODES,
    )
    _add_run_id(close)
    close.add_argument("--why", required=True, metavar="TEXT", help="the reason, which is written down")
    close.add_argument(
        "--takeover", action="store_true", help="you know that nobody is behind the run any more"
    )
    close.set_defaults(command=_close)


def _close(arguments: argparse.Namespace) -> int:
    from drkit.execution import close
    from drkit.report import RunRecord

    with open_journal(arguments) as journal:
        _print_run(close(journal, arguments.run, arguments.why, takeover=arguments.takeover), _print_line)
        _print_line(str(RunRecord(journal, arguments.run).write()))
    return 0


def _print_run(state: Any, say: Callable[[str], object] = print) -> None:  # noqa: ANN401 - a RunState
    from drkit.headless import aligned, printable

    rests = [each for each in state.steps if each.phase.rests and each.phase.value != "done"]
    lines = [
        f"{state.plan.backend.label}: {printable(state.plan.title)} (run {state.run_id})",
        f"{state.phase}: {printable(state.sentence)}",
        *aligned([_columns(each, "step", "phase", "title", "job_id") for each in state.rows()]),
        *(printable(f"Step {each.key}, {each.phase}: {each.words}") for each in rests),
    ]
    say("\n".join(lines))


def _columns(row: dict[str, Any], *names: str) -> dict[str, str]:
    return {name: str(row[name]) for name in names}


def _json(rows: list[dict[str, Any]]) -> str:
    return json.dumps(rows, indent=1, default=lambda moment: moment.isoformat())


def _add_report(commands: Any) -> None:  # noqa: ANN401
    report = commands.add_parser(
        "report",
        help="write the evidence report of a run",
        description="Compute the evidence report of a run from the journal, offline; write it as HTML and "
        "as JSON. The journal is $DRKIT_JOURNAL, else the file in the platform's data folder.",
    )
    _add_run_id(report)
    report.add_argument(
        "--out",
        type=Path,
        metavar="DIR",
        help="the folder (default: $DRKIT_REPORTS, else reports/ beside the journal)",
    )
    report.add_argument("--json", action="store_true", help="only print the report as JSON")
    report.set_defaults(command=_report)


def _report(arguments: argparse.Namespace) -> int:
    from drkit.report import RunRecord

    with open_journal(arguments) as journal:
        dossier = RunRecord(journal, arguments.run, arguments.out)
        print(dossier.to_json() if arguments.json else dossier.write(), end="" if arguments.json else "\n")
    return 0


def _add_sandbox(commands: Any) -> None:  # noqa: ANN401
    sandbox = commands.add_parser("sandbox", help="serve the practice range", add_help=False)
    sandbox.set_defaults(command=lambda _: _sandbox([]))


def _sandbox(words: list[str]) -> int:
    from drkit.sandbox import serve_command

    return serve_command(words, _kept)


def _kept(name: str) -> bytes:
    """The reading in a file, or the one of that number in the journal."""
    from drkit.journal import Journal

    path = Path(name).expanduser()
    if not name.isdecimal() or path.exists():
        content = path.read_bytes()
        return _reading_of(content) if RECORDED in content[:200] else content
    with Journal.open() as journal:
        return journal.reading(int(name))


def _reading_of(recording: bytes) -> bytes:
    """The kept reading that a recording comes to when it is answered from once more."""
    from drkit.model import Backend, kept
    from drkit.sandbox import Replay
    from drkit.site import practise

    replay = Replay(recording)
    with practise(replay) as site:
        inventory = site.read().inventory
    of = replay.document
    backend = Backend(False, of["cloud"], of["region"], of["project"], of["project_id"])
    return kept(replace(inventory, backend=backend, read_at=datetime.fromisoformat(of["recorded_at"])))


def _add_completion(commands: Any) -> None:  # noqa: ANN401
    completing = commands.add_parser(
        "completion",
        help="print what makes a shell complete these words",
        description="Print the script by which a shell completes drkit's commands, options and tables. For "
        'bash: eval "$(drkit completion bash)" in ~/.bashrc; for zsh: drkit completion zsh > a file _drkit '
        "on $fpath.",
    )
    completing.add_argument(
        "shell", choices=("bash", "zsh", "tcsh"), metavar="SHELL", help="bash, zsh or tcsh"
    )
    completing.set_defaults(command=_completion)


def _completion(arguments: argparse.Namespace) -> int:
    from drkit.sandbox import command_parser

    print(completion(arguments.shell, build_parser(sandbox=command_parser())))
    return 0
