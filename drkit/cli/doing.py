"""`drkit do VERB`: one change, planned and judged, shown with what is lost by it, confirmed, watched."""

import argparse
import signal
from typing import Any

from drkit.cli.connecting import called
from drkit.cli.looking import note
from drkit.cli.words import add_to
from drkit.errors import NotConfirmedError

_ABOUT = {
    "group": "the protection group, by name or id",
    "instance": "the protected instance, by name or id",
    "instances": "a protected instance, by name or id; may be repeated",
    "pair": "the replication pair, by name or id",
    "drill": "the DR drill, by name or id",
    "server": "the server, by name or id",
    "servers": "a server, by name or id; may be repeated",
    "disk": "the disk, by name or id",
    "domain": "the id of the active-active domain, as `drkit table domains` lists it",
    "vpc": "the id of the network (VPC) of the servers",
    "subnet": "the id of a subnet of the group's VPC",
    "nic": "the network card, by its private address or id",
    "task": "the id of the failed task, as `drkit table failed_tasks` lists it",
    "device": "the device name, as /dev/vdc (default: the next free one)",
    "to": "the site that becomes production: source or target (default: the other one)",
    "name": "the name to give (default: that of the server or disk, where one is named)",
    "new_size_gb": "the new size in GB",
    "flavor": "the flavor; of a new instance that of its DR server (default: that of production)",
    "flavors": "the flavor of a DR server, in the order of the servers; may be repeated",
    "hard": "pull the plug instead of asking the system to shut down",
    "with_server": "DELETE the server at the DR site too, for good",
    "with_eip": "RELEASE its public addresses (EIP) too",
    "with_disk": "DELETE the disk at the DR site too, with every copy on it, for good",
    "tags": "a tag as KEY=VALUE; may be repeated",
    "keys": "the key of a tag; may be repeated",
}

_METAVARS = {str: "TEXT", int: "N"}


def add_doing(commands: Any, codes: str) -> None:  # noqa: ANN401
    """Add `drkit do`, with a command for each verb."""
    from drkit.model import Operation

    doing = commands.add_parser(
        "do",
        help="make one change: create, rename, enable, attach, resize, delete, ...",
        description="Plan one change, show it with all that speaks against it and what is lost by it, and "
        "carry it out when --confirm has what the plan asks for: the name of the group, and where something "
        "is lost the name of the thing itself.",
        epilog=codes,
    )
    verbs = doing.add_subparsers(title="verbs", metavar="VERB", required=True)
    for operation in Operation:
        _add_verb(verbs, operation, codes)
    _add_removal(commands, codes)


def _add_removal(commands: Any, codes: str) -> None:  # noqa: ANN401
    removal = commands.add_parser(
        "remove-protection",
        help="take the protection of a group away, and account for what is left",
        description="Delete the drills, pairs and instances of a group, and the group itself, in the order "
        "that works. Production servers and disks stay. What stays at the DR site and keeps costing is "
        "signed for.",
        epilog=codes,
    )
    removal.add_argument("--group", required=True, metavar="NAME", help=_ABOUT["group"])
    flags = ("with_disks", "DELETE the disks at the DR site too, for good; detaches every pair first")
    for word, about in (flags, ("with_servers", _ABOUT["with_server"]), ("with_eip", _ABOUT["with_eip"])):
        removal.add_argument(f"--{word.replace('_', '-')}", dest=word, action="store_true", help=about)
    _add_confirming(removal)
    words = ("group", "with_disks", "with_servers", "with_eip")
    removal.set_defaults(command=do, verb=None, words=words)


def _add_confirming(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", action="store_true", help="print the plan and send nothing")
    parser.add_argument(
        "--confirm", default="", metavar="NAME", help="what the plan asks for; without it nothing is sent"
    )
    parser.add_argument(
        "--takeover",
        action="store_true",
        help="take the group over from a run that nobody is behind any more",
    )


def _add_verb(verbs: Any, operation: Any, codes: str) -> None:  # noqa: ANN401
    from drkit.plan import VERBS, takes, wants_group

    verb, name = VERBS[operation], operation.value.replace("_", "-")
    loss = " Something is lost by it: the name of the thing itself confirms it." if verb.lost else ""
    parser = verbs.add_parser(
        name,
        aliases=[operation.value] if operation.value != name else [],
        help=f"{verb.reference}{' (destructive)' if verb.lost else ''}",
        description=f'{verb.reference}; in the console: "{verb.console}".{loss}',
        epilog=codes,
    )
    kinds = {**({"group": str} if wants_group(operation) else {}), **takes(operation)}
    for word, kind in kinds.items():
        about, flag = _ABOUT.get(word, word.replace("_", " ")), f"--{word.replace('_', '-')}"
        if kind is bool:
            parser.add_argument(flag, dest=word, action="store_true", help=about)
        elif kind is tuple:
            parser.add_argument(flag, dest=word, action="append", default=[], metavar="X", help=about)
        else:
            parser.add_argument(
                flag,
                dest=word,
                type=kind,
                default=kind(),
                metavar=_METAVARS[kind],
                help=about,
            )
    _add_confirming(parser)
    add_to(parser)
    parser.set_defaults(command=do, verb=operation.value, words=tuple(kinds))


def do(arguments: argparse.Namespace) -> int:
    """Plan it, print the plan, and carry it out where it is confirmed."""
    from drkit.execution import follow, interrupted_by
    from drkit.headless import printable
    from drkit.runbooks import exit_code, how_to_go_on
    from drkit.site import connect

    given: dict[str, Any] = {word: getattr(arguments, word) for word in arguments.words}
    words: dict[str, Any] = {
        key: tuple(value) if isinstance(value, list) else value for key, value in given.items() if value
    }
    with interrupted_by(signal.SIGTERM, signal.SIGHUP), connect(arguments.profile or None) as site:
        note(arguments, f"{called(site)}:")
        plan = site.plan_removal(**words) if arguments.verb is None else site.plan(arguments.verb, **words)
        print(*map(printable, _shown(plan)), sep="\n", flush=True)
        if arguments.dry_run:
            print("Dry run: nothing was sent.")
            return 0
        if arguments.confirm.strip() != plan.to_type:
            raise NotConfirmedError(
                f"Nothing was sent: to have this carried out, give --confirm {plan.to_type!r}; it was "
                f"{arguments.confirm!r}."
            )
        run = site.run(plan, arguments.confirm, takeover=arguments.takeover, attended=False)
        state = follow(run, lambda line: print(printable(line), flush=True))
        code = exit_code(state, site.record(run.id))
    print(printable(f"{state.phase.value}: {state.sentence} (run {state.run_id})"))
    if waits := how_to_go_on(state):
        print(printable(waits))
    return code


def _shown(plan: Any) -> list[str]:  # noqa: ANN401 - a Plan
    undo = plan.steps[0].undo
    taken_back = f"To undo it: {undo}" if undo else "It cannot be undone."
    steps = [f"{each.key}. {each.title}" for each in plan.steps] if len(plan.steps) > 1 else []
    return [f"{plan.title}, on {plan.backend.label}", *steps, *plan.notes, taken_back]
