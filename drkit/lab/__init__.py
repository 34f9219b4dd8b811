"""JupyterLab around the runbooks: lays the notebooks into a working folder and serves them.

Here: the working folder, Lab's settings, the processes and their end. Not here: anything that
knows about groups and pairs, widgets, or the service.
"""

import contextlib
import json
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from threading import Event
from types import FrameType

from drkit.errors import DrkitError, InputError
from drkit.lab.server import LabServer
from drkit.lab.workfolder import WorkFolder, find_notebook, shipped_notebooks

__all__ = ["LabServer", "WorkFolder", "find_notebook", "open_lab", "shipped_notebooks"]


def open_lab(
    folder: Path,
    *,
    print_line: Callable[[str], None],
    profile: str = "",
    port: int | None = None,
    browser: bool = True,
    world: str = "demo",
    speed: float = 10.0,
) -> int:
    """Serve the runbooks in `folder` until a signal or the page ends it; `print_line` gets the lines to show.

    Starts the practice range beside it unless a profile names a cloud. Raises InputError for a folder or
    a port that cannot be used, ProfileError for a profile that is unknown or incomplete, and DrkitError
    when JupyterLab does not come up.
    """
    from drkit import api  # noqa: PLC0415 - to find a runbook needs no network

    profile = api.chosen(profile)
    if profile != api.SANDBOX:
        api.profile(profile)  # what it lacks is said here, not in every notebook
    try:
        work = WorkFolder(folder.expanduser().resolve())
    except (RuntimeError, ValueError) as error:  # a home or a name that nobody has
        raise InputError(f"The folder {folder} cannot be used: {error}") from error
    runbooks = work.lay()
    if reports := _reports(profile):
        work.show_reports(reports)
    print_line(f"Runbooks are in {work.path}")
    for sentence in work.sentences:
        print_line(sentence)
    with _stop_signals() as stop, _practice_range(profile, world, speed, print_line) as environment:
        server = LabServer(
            work.path, runbooks, private=work.private, port=port, browser=browser, environment=environment
        )
        with server:
            if server.wait_until_ready(stop):
                print_line(f"JupyterLab is ready:\n\n    {server.url}\n\nCtrl-C ends everything.")
                server.wait_until_ended(stop)
            print_line("Ending JupyterLab and its kernels ...")
    print_line("Ended.")
    return 0


def _reports(profile: str) -> Path | None:
    """The one folder of reports; None where the journal cannot be opened, which every notebook says."""
    from drkit import api  # noqa: PLC0415 - as above
    from drkit.journal import Journal  # noqa: PLC0415 - to find a runbook needs no database either
    from drkit.report import report_folder  # noqa: PLC0415

    try:
        with contextlib.closing(Journal.open(api.journal_of(profile) or None)) as journal:
            return report_folder(journal).resolve()
    except DrkitError:
        return None


@contextlib.contextmanager
def _practice_range(
    profile: str, world: str, speed: float, print_line: Callable[[str], None]
) -> Iterator[dict[str, str]]:
    """The environment that tells the kernels where to connect; starts the practice range if it is that."""
    from drkit import api  # noqa: PLC0415 - as above

    if profile != api.SANDBOX:
        access = api.profile(profile).access.words
        print_line(f"Profile {profile}: the runbooks work on the cloud, not on the practice range; {access}")
        yield {"DRKIT_PROFILE": profile}
        return
    from drkit.sandbox import Sandbox, announced, running  # noqa: PLC0415 - not needed, so not loaded, with a cloud

    try:
        box = Sandbox(world, speed=speed)
    except ValueError as error:
        raise InputError(str(error)) from error
    with running(box) as sandbox, announced(sandbox) as announcement:
        announcement.write()  # `drkit table` in another terminal shows the same world
        print_line(f"Practice range: world {world}, time runs {speed:g} times as fast")
        yield {"DRKIT_PROFILE": profile, "DRKIT_SANDBOX": json.dumps(sandbox.access)}


@contextlib.contextmanager
def _stop_signals() -> Iterator[Event]:
    """An event that is set by Ctrl-C, by SIGTERM and by a terminal that goes away."""
    stop = Event()

    def on_signal(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    heard = [each for each in numbers if signal.getsignal(each) != signal.SIG_IGN]  # not so with nohup
    before = {number: signal.signal(number, on_signal) for number in heard}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
