"""How the shell's words are read: near misses are named, and what every command takes stands here once."""

import argparse
from collections.abc import Container, Mapping
from typing import Any, NoReturn

from drkit.errors import UnknownNameError


class Parser(argparse.ArgumentParser):
    """Answers a word that it does not know with one sentence, which names those that come close."""

    def error(self, message: str) -> NoReturn:
        """Say what is wrong in one sentence, and end with exit code 2."""
        end = "" if message.endswith(("?", ".")) else "."
        self.exit(2, f"drkit: {message[:1].upper()}{message[1:]}{end} See {self.prog} --help.\n")

    def _check_value(self, action: argparse.Action, value: Any) -> None:  # noqa: ANN401  # argparse's own name
        if action.choices is not None and value not in action.choices:
            what = str(action.metavar or action.dest).lower()
            raise argparse.ArgumentError(None, str(UnknownNameError.among(what, str(value), action.choices)))


class Version(argparse.Action):
    """Says the version, which is looked up only then: that takes its time."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        """Say it and end."""
        import drkit

        print(f"drkit {drkit.__version__}")
        parser.exit()


def add_shared(
    parser: argparse.ArgumentParser,
    commands: Mapping[str, argparse.ArgumentParser],
    nowhere: Container[str],
) -> None:
    """Add what is the same for every command: it may stand before the command or behind it.

    `nowhere` are the names of the commands that need neither a cloud nor a journal: they take no profile.
    """
    add_to(parser)
    for name, command in commands.items():
        add_to(command, profile=name not in nowhere)
    parser.set_defaults(profile="", quiet=False, verbose=False)


def add_to(command: argparse.ArgumentParser, *, profile: bool = True) -> None:
    """Add it to one command."""
    _add_saying(command)
    if profile:
        command.add_argument(
            "--profile",
            default=argparse.SUPPRESS,
            metavar="NAME",
            help="where to connect, as `drkit profiles` lists it (default: $DRKIT_PROFILE, else $OS_CLOUD, "
            "else env where $OS_AUTH_URL is set, else sandbox)",
        )


def _add_saying(parser: argparse.ArgumentParser) -> None:
    saying = parser.add_mutually_exclusive_group()
    saying.add_argument(
        "-q",
        "--quiet",
        action="store_true",
        default=argparse.SUPPRESS,
        help="only what was asked for, and errors",
    )
    saying.add_argument(
        "-v",
        "--verbose",
        action="store_true",
        default=argparse.SUPPRESS,
        help="also each request, and how long it took, on stderr",
    )


def completion(shell: str, parser: argparse.ArgumentParser) -> str:
    """The script by which a shell completes these words."""
    import shtab

    return str(shtab.complete(parser, shell=shell))
