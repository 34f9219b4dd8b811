"""`drkit sandbox`: start a practice range, say where it is in one line of JSON, serve until stopped."""

import argparse
import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import NoReturn

import httpx
import platformdirs

from drkit.sandbox import forking
from drkit.sandbox.box import Sandbox
from drkit.sandbox.http import serve
from drkit.sandbox.manners import MANNERS
from drkit.sandbox.replaying import Replay
from drkit.sandbox.saving import write
from drkit.sandbox.things import Json

SIZES = ("groups", "instances", "pairs")
FROM = "a copy of a real project: the file of a kept reading, or the number of one in the journal"
FOLDERS_OWN = Path(".drkit") / "practice.json"
"""Where the sandbox that a folder's notebooks share is written down, within the folder."""
FindKept = Callable[[str], bytes]


class _UsageError(Exception):
    pass


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Say what is wrong instead of leaving at once."""
        raise _UsageError(f"{message[:1].upper()}{message[1:]}. See {self.prog} --help.")


def _file(name: str) -> bytes:
    return Path(name).read_bytes()


def command_parser() -> argparse.ArgumentParser:
    """The options of the command."""
    found = _Parser(prog="drkit sandbox", description="Start a practice range and serve it until stopped.")
    add = found.add_argument
    add("--host", default="127.0.0.1", help="a loopback address (default 127.0.0.1)")
    add("--port", type=int, default=0, help="the port; 0, the default, takes a free one")
    add("--speed", type=float, default=10.0, help="simulated seconds in a real one (default 10)")
    add("--world", help="demo (the default), empty, large, the name of a scenario, or a saved world's file")
    add("--from", dest="kept", metavar="SNAPSHOT", help=FROM)
    add("--replay", type=Path, metavar="FILE", help="answer from a recording that drkit record wrote")
    add("--groups", type=int, help="number of groups in a large world")
    add("--instances", type=int, help="number of instances in a large world")
    add("--pairs", type=int, help="number of pairs in a large world")
    add("--zones", metavar="A,B", help="names for the zones of production and DR, and a third one")
    add("--manner", default="full", choices=MANNERS, help="how much the answers tell (default full)")
    add("--faults", type=Path, help="a JSON file with a list of faults to plant")
    add("--ends-with", type=int, metavar="PID", help="end when this process has ended")
    add("--seed", type=int, help="the same seed gives the same ids (default 0)")
    return found


def serve_command(argv: Sequence[str] | None = None, find_kept: FindKept = _file) -> int:
    """Run the command: 0 when it was stopped, 2 with a sentence on stderr when an option is bad.

    `find_kept` gives the content of the kept reading that `--from` names; by itself the sandbox knows files.
    """
    try:
        options = command_parser().parse_args(argv)
        sandbox = _sandbox(options, find_kept)
        if options.ends_with:
            threading.Thread(target=_end_after, args=(options.ends_with,), daemon=True).start()
        with _both_signals_interrupt(), announced(sandbox) as announce:
            serve(sandbox, host=options.host, port=options.port, on_ready=announce)
    except (_UsageError, ValueError) as error:
        print(f"drkit sandbox: {error}", file=sys.stderr)  # noqa: T201 (the command's output)
        return 2
    except OSError as error:
        print(f"drkit sandbox: {error.filename} cannot be used: {error.strerror}.", file=sys.stderr)  # noqa: T201
        return 2
    except KeyboardInterrupt:
        pass
    return 0


def _end_after(pid: int) -> None:
    """Interrupt this process when that one is gone."""
    with contextlib.suppress(ProcessLookupError):
        while True:
            os.kill(pid, 0)
            time.sleep(1)
    os.kill(os.getpid(), signal.SIGTERM)


@contextlib.contextmanager
def _both_signals_interrupt() -> Iterator[None]:
    """Let SIGTERM end the command as SIGINT does, with its leavings removed."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _sandbox(options: argparse.Namespace, find_kept: FindKept) -> Sandbox:
    if options.replay is not None:
        return _replayed(options)
    sandbox = _copy(options, find_kept) if options.kept is not None else _begun(options)
    for name, where in _faults(options.faults) if options.faults else []:
        sandbox.fault(name, **where)
    return sandbox


def _replayed(options: argparse.Namespace) -> Sandbox:
    if any(getattr(options, key) is not None for key in ("kept", "world", "seed", "zones", "faults", *SIZES)):
        raise _UsageError(
            "A recording answers as it was answered: --replay goes with --host and --port only."
        )
    return Replay(options.replay.read_bytes())


def _copy(options: argparse.Namespace, find_kept: FindKept) -> Sandbox:
    """The copy of a kept reading; what had to be assumed is said on stderr."""
    if any(getattr(options, key) is not None for key in ("world", "seed", "zones", *SIZES)):
        raise _UsageError(
            "A kept reading has its world, zones and sizes already: leave out --world, --seed, --zones, "
            "--groups, --instances and --pairs."
        )
    sandbox = Sandbox.fork(find_kept(options.kept), speed=options.speed, manner=options.manner)
    mark = sandbox.state()["copy_of"]
    for line in (f"{forking.title(mark)}.", *mark["notes"]):
        print(f"drkit sandbox: {line}", file=sys.stderr)  # noqa: T201 (the command's output)
    return sandbox


def _begun(options: argparse.Namespace) -> Sandbox:
    for key in SIZES:
        if (getattr(options, key) or 0) < 0:
            raise _UsageError(f"--{key} must not be negative.")
    sizes = {key: getattr(options, key) for key in SIZES}
    world = "demo" if options.world is None else options.world
    if os.sep in world or world.endswith(".json"):
        if any(value is not None for value in (options.seed, options.zones, *sizes.values())):
            raise _UsageError("A saved world has its seed, its zones and its sizes already.")
        return Sandbox.load(world, speed=options.speed, manner=options.manner)
    return Sandbox(
        world,
        speed=options.speed,
        seed=options.seed or 0,
        manner=options.manner,
        zones=options.zones.split(",") if options.zones is not None else (),
        **sizes,
    )


def _faults(path: Path) -> list[tuple[str, dict[str, Json]]]:
    """The faults in a file: a JSON list of {"name": ..., and where it strikes}."""
    try:
        found = json.loads(path.read_text())
    except UnicodeDecodeError:
        raise _UsageError(f"{path} is not JSON: it is not a text.") from None
    except (ValueError, RecursionError) as error:
        raise _UsageError(f"{path} is not JSON: {error}.") from error
    if not isinstance(found, list) or not all(isinstance(it, dict) and "name" in it for it in found):
        raise _UsageError(f'{path} must hold a list of objects with a "name".')
    return [(str(it["name"]), {key: it[key] for key in it if key != "name"}) for it in found]


def state_file() -> Path:
    """Where a running sandbox is written down for other processes of this user."""
    given = os.environ.get("DRKIT_SANDBOX_FILE")
    return Path(given) if given else platformdirs.user_state_path("drkit") / "sandbox.json"


@contextlib.contextmanager
def announced(sandbox: Sandbox) -> Iterator["Announce"]:
    """Gives the function that announces a sandbox; takes the announcement back at the end."""
    announce = Announce(sandbox)
    try:
        yield announce
    finally:
        announce.withdraw()


class Announce:
    """Prints the JSON line, and writes it with the process id to the state file, for its owner only.

    The file has a line for each sandbox that runs, the one that began last on top.
    """

    def __init__(self, sandbox: Sandbox) -> None:
        self._sandbox, self._line = sandbox, ""

    def __call__(self) -> None:
        """Announce it."""
        self.write()
        print(json.dumps(self._sandbox.access), flush=True)  # noqa: T201 (the command's output)

    def write(self) -> None:
        """Put it on top of the state file: `find_running` finds it in other processes of this user."""
        others = self._others()
        self._line = json.dumps(self._sandbox.access | {"pid": os.getpid()})
        _write_state([self._line, *others])

    def withdraw(self) -> None:
        """Take it out of the state file; what another sandbox has put there stays."""
        with contextlib.suppress(OSError):
            if self._line:
                _write_state(self._others())

    def _others(self) -> list[str]:
        return [line for line in _read_state(state_file()) if line != self._line and _runs(line)]


def find_running() -> dict[str, str] | None:
    """How to reach the sandbox that runs on this machine: the keys of `Sandbox.access`, or None.

    It is the one that the environment's DRKIT_SANDBOX names (the JSON line itself), else the one that the
    notebooks of this folder share (see `sharing`), else the one of the state file that began last; what a
    process left there that is gone does not count. Raises ConnectionError with a sentence when the one of
    the environment does not answer, or one is there and silent: nobody shall work in another world without
    knowing.
    """
    if given := os.environ.get("DRKIT_SANDBOX", "").strip():
        with contextlib.suppress(httpx.TimeoutException):
            if access := _reached(given):
                return access
        raise ConnectionError(
            "The practice range that DRKIT_SANDBOX names does not answer: it has ended and its world is "
            "gone, or this is not the line that it printed. Unset DRKIT_SANDBOX, or set it to the line of "
            "one that runs."
        )
    return find_written(FOLDERS_OWN) or find_written(state_file())


def find_written(place: Path) -> dict[str, str] | None:
    """How to reach the sandbox of those in that file that runs and began last, as `find_running` says."""
    for line in filter(_runs, _read_state(place)):
        try:
            if access := _reached(line):
                return access
        except httpx.TimeoutException:
            raise ConnectionError(
                f"The practice range in {place} is there and does not answer. Try again, or end its process."
            ) from None
    return None


def _reached(line: str) -> dict[str, str] | None:
    """The access data in a line if a sandbox answers there; TimeoutException when there is silence."""
    try:
        access = json.loads(line)
        access.pop("pid", None)
        answer = httpx.get(access["iam_url"], timeout=2, trust_env=False)
    except httpx.TimeoutException:
        raise
    except _NO_LINE:
        return None
    return dict(access) if "x-drkit-sandbox" in answer.headers else None


_NO_LINE = (
    ValueError, ArithmeticError, RecursionError, LookupError, TypeError, AttributeError,
    OSError, httpx.HTTPError,
)  # fmt: skip
"""What goes wrong with a line that nobody wrote so, or with one whose sandbox is gone."""


def _runs(line: str) -> bool:
    """Whether the process that wrote the line is there; a line that names none is believed."""
    with contextlib.suppress(*_NO_LINE):
        pid = json.loads(line).get("pid")
        if pid is not None:
            os.kill(pid, 0)
        return True
    return False


def _read_state(place: Path) -> list[str]:
    try:
        return place.read_text().splitlines()
    except (OSError, UnicodeDecodeError):
        return []


def _write_state(lines: Sequence[str]) -> None:
    path = state_file()
    if not lines:
        path.unlink(missing_ok=True)
        return
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    write(path, "\n".join(lines))
