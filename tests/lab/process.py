"""`drkit lab` as the process an operator starts, for tests that need a real one."""

import http.client
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest

import drkit
from drkit.api.practice import PracticeRange
from drkit.clock import SystemClock
from drkit.lab import shipped_notebooks
from drkit.lab.server import free_port

EXTENSIONS = Path(drkit.__file__).parent / "lab" / "labextensions"
THEME = os.environ.get("DRKIT_THEME", "light")
DRKIT = Path(sys.executable).with_name("drkit")


@dataclass
class Started:
    process: subprocess.Popen[str]
    lines: Sequence[str]
    port: int
    token: str
    folder: Path
    home: Path

    @property
    def alive(self) -> bool:
        return self.process.poll() is None

    def last_words(self) -> list[str]:
        """The last lines of Lab's own log."""
        log = self.folder / ".drkit" / "lab.log"
        return log.read_text(errors="replace").splitlines()[-10:] if log.exists() else []

    @contextmanager
    def practice(self) -> Iterator[PracticeRange]:
        """The practice range behind this Lab."""
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("DRKIT_SANDBOX_FILE", str(self.home / "sandbox.json"))
            with drkit.connect() as site:
                yield site.sandbox

    def ask(self, method: str, path: str, *, token: str | None = None) -> tuple[int, Any]:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Authorization": f"token {self.token if token is None else token}"}
        connection.request(method, path, headers=headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        return answer.status, json.loads(text) if text.startswith((b"{", b"[")) else text.decode()

    def end_kernels(self) -> None:
        """The next notebook that is opened gets a kernel of its own."""
        _, sessions = self.ask("GET", "/api/sessions")
        for each in sessions:
            self.ask("DELETE", f"/api/sessions/{each['id']}")

    def family(self) -> list[psutil.Process]:
        return psutil.Process(self.process.pid).children(recursive=True)


@contextmanager
def drkit_lab(folder: Path, *words: str, **environment: str) -> Iterator[Started]:
    """`drkit lab` in a home folder of its own, ready."""
    home = folder.parent / "home"
    home.mkdir(exist_ok=True)
    if THEME != "light":
        themes = home / ".jupyter/lab/user-settings/@jupyterlab/apputils-extension/themes.jupyterlab-settings"
        themes.parent.mkdir(parents=True, exist_ok=True)
        themes.write_text(json.dumps({"theme": f"JupyterLab {THEME.title()}"}))
    env = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("DRKIT_", "JUPYTER", "XDG_"))
    }
    env |= {"HOME": str(home), "DRKIT_SANDBOX_FILE": str(home / "sandbox.json")} | environment
    command: list[str | Path] = [DRKIT, "lab", "--no-browser", "--dir", folder, *words]
    with subprocess.Popen(
        command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        lines: list[str] = []
        found = None
        while not found and (line := process.stdout.readline()):
            lines.append(line.strip())
            found = re.search(r"http://127\.0\.0\.1:(\d+)/doc/tree/00_start_here\.ipynb\?token=(\S+)", line)
        try:
            assert found, (lines, process.stderr and process.stderr.read())
            yield Started(process, lines, int(found[1]), found[2], folder, home)
        finally:
            process.terminate()
            process.wait(60)


@contextmanager
def own_jupyter(folder: Path, application: str, *words: str) -> Iterator[Started]:
    """`jupyterlab` or `notebook` as somebody starts it who knows nothing of `drkit lab`, with the runbooks in
    its folder; `words` are more of its options.
    """
    home = folder.parent / "home"
    for path in (home, folder):
        path.mkdir(exist_ok=True)
    for notebook in shipped_notebooks():
        shutil.copy(notebook, folder)
    known = ("DRKIT_", "JUPYTER", "XDG_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(known)}
    env |= {"HOME": str(home), "DRKIT_SANDBOX_FILE": str(home / "sandbox.json")}
    token, port = "a-token", free_port(0)
    command = [sys.executable, "-m", application, "--no-browser", f"--ServerApp.root_dir={folder}"]
    command += [f"--ServerApp.port={port}", f"--IdentityProvider.token={token}", "--allow-root", *words]
    # As it is in this checkout: an editable install copied it once.
    kind = {"jupyterlab": "LabApp", "notebook": "JupyterNotebookApp"}[application]
    command.append(f"--{kind}.extra_labextensions_path={EXTENSIONS}")
    log = folder / ".drkit" / "lab.log"
    log.parent.mkdir()
    with log.open("wb") as said, subprocess.Popen(command, env=env, stdout=said, stderr=said) as process:
        started = Started(process, [], port, token, folder, home)  # type: ignore[arg-type]  # its words are in the log
        try:
            until = SystemClock().monotonic() + 120
            while not _answers(started) and SystemClock().monotonic() < until and started.alive:
                SystemClock().wait(0.2)
            assert _answers(started), started.last_words()
            yield started
        finally:
            process.terminate()
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:  # another project's server, which was seen to hang at its end
                process.kill()


def _answers(started: Started) -> bool:
    try:
        # Not /api/status: it can answer 500 while a kernel is being started, and one is started ahead.
        return started.ask("GET", "/api/contents?content=0")[0] == http.HTTPStatus.OK
    except OSError:
        return False
