"""JupyterLab as a child process: loopback only, token on, ended together with `drkit lab`."""

import http.client
import json
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from threading import Event
from types import TracebackType
from typing import Self

from jupyter_core.paths import jupyter_config_dir, jupyter_runtime_dir

from drkit import owned
from drkit.clock import Clock, SystemClock
from drkit.errors import DrkitError, InputError

CONFIG = Path(__file__).parent / "config"
FIRST_PORT = 8888  # Jupyter's own; it goes on to the next ones when that is taken
NO_PORT = "no available port could be found"  # jupyter_server's words
SECONDS_TO_START, SECONDS_TO_STOP = 180.0, 15.0  # one that ended is noticed at once


def free_port(wanted: int) -> int:
    """The wanted loopback port, or for 0 any free one; InputError when it cannot be had."""
    if not 0 <= wanted <= 65535:
        raise InputError(f"A port is a number between 0 and 65535, not {wanted}")
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            raise InputError(
                f"Port {wanted} is taken; name another one, or leave --port out to get a free one"
            ) from None
        return int(probe.getsockname()[1])


# No threads here: the main thread waits in `wait_until_...`, and signal handlers, which run on it too, set
# `stop` and no more. Lab is another process, and its end is tied to ours twice: `__exit__` ends it in order;
# should this process die without that, the lifeline closes, and a thread in Lab's server ends it
# (`lab.extension`).


class LabServer:
    """One JupyterLab; `with` starts it and ends it. `url` holds the token: show it to the operator only."""

    def __init__(
        self,
        folder: Path,
        runbooks: Sequence[str],
        *,
        private: Path,
        port: int | None = None,
        browser: bool = True,
        environment: Mapping[str, str] | None = None,
        clock: Clock | None = None,
    ) -> None:
        self._folder, self._runbooks, self._private = folder, list(runbooks), private
        self._browser, self._environment = browser, dict(environment or {})
        self._clock = clock or SystemClock()
        self._token = secrets.token_urlsafe(24)
        self._port = None if port is None else free_port(port)
        self.log = private / "lab.log"
        self._tries = 5

    @property
    def url(self) -> str:
        """Where the start notebook is, with the token that opens it, once Lab is ready."""
        return f"http://127.0.0.1:{self._bound_port()}/doc/tree/00_start_here.ipynb?token={self._token}"

    def __enter__(self) -> Self:
        self._begin()
        return self

    def _begin(self) -> None:
        owned.make_file(self.log)
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(  # noqa: S603 - our own interpreter, no shell
                self._command(),
                env=self._child_environment(),
                stdin=subprocess.PIPE,  # the lifeline: it closes when this process is gone
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C reaches `drkit lab` alone, and that ends this one
            )

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._process:  # closes the lifeline
            self._process.terminate()
            try:
                self._process.wait(SECONDS_TO_STOP)
            except subprocess.TimeoutExpired:
                os.killpg(self._process.pid, signal.SIGKILL)

    def wait_until_ready(self, stop: Event) -> bool:
        """Wait until Lab answers; False when `stop` was set first, DrkitError when Lab does not come up."""
        deadline = self._clock.monotonic() + SECONDS_TO_START
        while not self._answers():
            if self._process.poll() is not None:
                if not self._lost_its_port():
                    raise DrkitError(f"JupyterLab ended before it answered. {self._last_words()}")
                with self._process:  # closes its lifeline
                    self._begin()
            if self._clock.monotonic() > deadline:
                waited = f"{SECONDS_TO_START:.0f} s"
                raise DrkitError(f"JupyterLab did not answer in {waited}. {self._last_words()}")
            if self._clock.wait(0.1, stop):
                return False
        return True

    def _lost_its_port(self) -> bool:
        """Whether Lab ended because the port that it found free was taken before it listened there, as it
        happens when several start at once, and has another try.
        """
        self._tries -= 1
        return self._port is None and self._tries > 0 and NO_PORT in self.log.read_text(errors="replace")

    def wait_until_ended(self, stop: Event) -> None:
        """Wait until `stop` is set or Lab was shut down from the page; DrkitError when Lab broke down."""
        while not self._clock.wait(0.3, stop):
            code = self._process.poll()
            if code == 0:
                return
            if code is not None:
                raise DrkitError(f"JupyterLab broke down (exit code {code}). {self._last_words()}")

    def _answers(self) -> bool:
        port = self._bound_port()
        if port is None:
            return False
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
        try:
            connection.request("GET", "/api/status", headers={"Authorization": f"token {self._token}"})
            return connection.getresponse().status == http.HTTPStatus.OK
        except OSError:
            return False
        finally:
            connection.close()

    def _bound_port(self) -> int | None:
        """The port that the server has written down for itself; None until then."""
        try:
            written = json.loads(
                Path(jupyter_runtime_dir(), f"jpserver-{self._process.pid}.json").read_text()
            )
        except (OSError, ValueError):
            return None
        return int(written["port"])

    def _command(self) -> list[str]:
        command = [sys.executable, "-P", "-m", "jupyterlab", f"--ServerApp.root_dir={self._folder}"]
        command += [f"--ServerApp.port={self._port or FIRST_PORT}"]
        command += [f"--ServerApp.port_retries={50 if self._port is None else 0}"]
        command += [f"--LabApp.workspaces_dir={self._private / 'workspaces'}"]
        if not self._browser:
            command.append("--no-browser")
        if hasattr(os, "geteuid") and os.geteuid() == 0:
            command.append("--allow-root")
        return command

    def _child_environment(self) -> dict[str, str]:
        config_path = [str(CONFIG), *os.environ.get("JUPYTER_CONFIG_PATH", "").split(os.pathsep)]
        settings = Path(jupyter_config_dir()) / "lab" / "user-settings"  # theme, shortcuts: the operator's
        return {
            "JUPYTERLAB_SETTINGS_DIR": str(settings),
            **os.environ,
            **self._environment,
            "JUPYTER_CONFIG_PATH": os.pathsep.join(filter(None, config_path)),
            "JUPYTER_CONFIG_DIR": str(self._private / "jupyter"),  # server settings of other uses stay out
            "DRKIT_LAB_TOKEN": self._token,
            "DRKIT_LAB_RUNBOOKS": json.dumps(self._runbooks),
        }

    def _last_words(self) -> str:
        lines = self.log.read_text(errors="replace").strip().splitlines()
        return f"The end of {self.log}: " + (" | ".join(lines[-3:]) if lines else "(nothing)")
