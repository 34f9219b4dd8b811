"""The real JupyterLab, as a process of its own."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from threading import Event

import psutil
import pytest

from drkit.clock import SteppedClock, SystemClock
from drkit.errors import DrkitError, InputError
from drkit.lab.server import NO_PORT, LabServer, free_port
from tests.lab.process import DRKIT, drkit_lab

CLOUD = {  # nobody answers there; a lab without a practice range
    "DRKIT_PROFILE": "env",
    "OS_AUTH_URL": "https://127.0.0.1:9/v3",
    "OS_USERNAME": "operator",
    "OS_PASSWORD": "not-a-real-one",
    "OS_USER_DOMAIN_NAME": "domain",
    "OS_PROJECT_NAME": "project",
    "OS_REGION_NAME": "region-1",
}


def wait_until_gone(family: Sequence[psutil.Process]) -> None:
    _, alive = psutil.wait_procs(family, timeout=60)
    assert not alive


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL])
def test_lab_and_its_kernels_end_with_the_command_however_it_ends(
    tmp_path: Path, number: signal.Signals
) -> None:
    with drkit_lab(tmp_path / "work", **CLOUD) as lab:
        status, kernel = lab.ask("POST", "/api/kernels")
        assert status == 201, kernel
        family = lab.family()
        assert len(family) >= 2
        lab.process.send_signal(number)
        lab.process.wait(60)
        wait_until_gone(family)
        assert lab.process.returncode == (0 if number == signal.SIGINT else -signal.SIGKILL)


def test_the_operators_own_server_settings_cannot_open_the_door(tmp_path: Path) -> None:
    settings = tmp_path / "home" / ".jupyter"
    settings.mkdir(parents=True)
    (settings / "jupyter_server_config.json").write_text(
        json.dumps({"IdentityProvider": {"token": ""}, "ServerApp": {"ip": "0.0.0.0", "base_url": "/x"}})
    )
    with drkit_lab(tmp_path / "work", **CLOUD) as lab:
        assert lab.ask("GET", "/api/contents?content=0")[0] == 200
        assert lab.ask("GET", "/api/contents", token="wrong")[0] == 403
        assert lab.ask("GET", "/api/terminals")[0] == 404
        server = psutil.Process(lab.process.pid).children()[0]
        listening = {
            link.laddr.ip for link in server.net_connections("tcp") if link.status == psutil.CONN_LISTEN
        }
        assert listening <= {"127.0.0.1"}
        assert lab.token not in " ".join(server.cmdline())
    assert [path.name for path in settings.iterdir()] == ["jupyter_server_config.json"]


def test_the_kernels_know_the_practice_range_and_the_folder_holds_the_runbooks(tmp_path: Path) -> None:
    state = tmp_path / "sandbox.json"
    with drkit_lab(tmp_path / "work", "--speed", "60", DRKIT_SANDBOX_FILE=str(state)) as lab:
        assert any("Practice range: world demo" in line for line in lab.lines)
        status, contents = lab.ask("GET", "/api/contents")
        assert status == 200
        assert "00_start_here.ipynb" in {entry["name"] for entry in contents["content"]}
        server = psutil.Process(lab.process.pid).children()[0]
        access = json.loads(server.environ()["DRKIT_SANDBOX"])
        assert json.loads(state.read_text()) == access | {"pid": lab.process.pid}
        connection = http.client.HTTPConnection(access["url"].removeprefix("http://"), timeout=60)
        connection.request("GET", "/v3")
        assert connection.getresponse().status == 200
        connection.close()
    assert not state.exists()


def test_a_port_that_was_asked_for_and_is_taken_is_refused(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=f"Port {port} is taken"):
            free_port(port)
        result = subprocess.run(
            [DRKIT, "lab", "--no-browser", "--dir", tmp_path, "--port", str(port)],
            env=os.environ | CLOUD,
            capture_output=True,
            text=True,
            check=False,
        )
    assert result.returncode == 2
    assert result.stderr.startswith(f"drkit: Port {port} is taken")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nope", "No profile is named 'nope'"), ("env", "The profile env is incomplete: set OS_USERNAME")],
)
def test_a_profile_that_leads_nowhere_is_refused_before_anything_starts(
    tmp_path: Path, name: str, sentence: str
) -> None:
    bare = {
        key: value for key, value in os.environ.items() if not key.startswith(("OS_", "HUAWEI", "DRKIT_"))
    }
    result = subprocess.run(
        [DRKIT, "lab", "--no-browser", "--dir", tmp_path / "work", "--profile", name],
        env=bare,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert result.returncode == 2
    assert result.stderr.startswith(f"drkit: {sentence}")
    assert result.stdout == ""
    assert not (tmp_path / "work").exists()


def test_without_a_wish_the_next_free_port_is_taken(tmp_path: Path) -> None:
    with (
        drkit_lab(tmp_path / "one", **CLOUD) as one,
        drkit_lab(tmp_path / "two", **CLOUD) as two,
    ):
        assert one.port != two.port
        assert two.ask("GET", "/api/contents")[0] == 200
        assert two.ask("GET", "/api/contents", token=one.token)[0] == 403
    assert free_port(0) > 0


@pytest.mark.parametrize("port", ["70000", "-1"])
def test_a_port_that_cannot_be_is_refused(port: str) -> None:
    with pytest.raises(InputError, match="between 0 and 65535"):
        free_port(int(port))


class TestALabThatDoesNotComeUp:
    @pytest.fixture
    def server(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> LabServer:
        server = LabServer(tmp_path, [], private=tmp_path, clock=SteppedClock())
        self.words = "import sys; print('no such thing'); sys.exit(3)"
        monkeypatch.setattr(server, "_command", lambda: [sys.executable, "-c", self.words])
        return server

    def test_says_its_last_words(self, server: LabServer) -> None:
        with server, pytest.raises(DrkitError, match=r"ended before it answered.*no such thing"):
            server._process.wait(60)
            server.wait_until_ready(Event())

    def test_begins_again_where_its_port_was_taken_meanwhile(
        self, server: LabServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        starts = tmp_path / "starts"
        script = (
            f"open({str(starts)!r}, 'a').write('x'); import os; "
            f"print({NO_PORT!r} if os.path.getsize({str(starts)!r}) < 3 else 'the end')"
        )
        monkeypatch.setattr(server, "_command", lambda: [sys.executable, "-c", script])
        monkeypatch.setattr(server, "_clock", SystemClock())  # processes take their own time
        with server, pytest.raises(DrkitError, match=r"ended before it answered.*the end"):
            server.wait_until_ready(Event())
        assert starts.read_text() == "xxx"

    def test_does_not_begin_again_for_ever(self, server: LabServer, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(server, "_command", lambda: [sys.executable, "-c", f"print({NO_PORT!r})"])
        monkeypatch.setattr(server, "_clock", SystemClock())
        with server, pytest.raises(DrkitError, match="no available port"):
            server.wait_until_ready(Event())

    def test_is_not_waited_for_without_end(self, server: LabServer) -> None:
        self.words = "import time; time.sleep(100)"
        with server, pytest.raises(DrkitError, match="did not answer in 180 s"):
            server.wait_until_ready(Event())

    def test_is_not_waited_for_when_told_to_stop(self, server: LabServer) -> None:
        self.words = "import time; time.sleep(100)"
        stop = Event()
        stop.set()
        with server:
            assert not server.wait_until_ready(stop)
            server.wait_until_ended(stop)

    def test_is_an_error_when_it_breaks_down_later_and_none_when_it_was_shut_down(
        self, server: LabServer
    ) -> None:
        with server, pytest.raises(DrkitError, match=r"broke down \(exit code 3\)"):
            server._process.wait(60)
            server.wait_until_ended(Event())
        self.words = "pass"
        with server:
            server._process.wait(60)
            server.wait_until_ended(Event())

    def test_is_killed_when_it_does_not_listen(
        self, server: LabServer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("drkit.lab.server.SECONDS_TO_STOP", 0.2)
        ignore = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN)"
        self.words = f"{ignore}; print('deaf', flush=True); time.sleep(99)"
        with server:
            while "deaf" not in server.log.read_text():
                SystemClock().wait(0.02)
        assert server._process.returncode == -signal.SIGKILL


def test_the_server_says_which_notebooks_may_run_when_they_are_opened(tmp_path: Path) -> None:
    with drkit_lab(tmp_path / "work", **CLOUD) as lab:
        shutil.copy(lab.folder / "20_attach_pairs.ipynb", lab.folder / "mine.ipynb")
        (lab.folder / "theirs.ipynb").write_text(
            '{"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
        )
        assert lab.ask("GET", "/drkit/shipped?path=mine.ipynb") == (200, {"shipped": True})
        assert lab.ask("GET", "/drkit/shipped?path=theirs.ipynb") == (200, {"shipped": False})
        assert lab.ask("GET", "/drkit/shipped?path=nowhere.ipynb")[0] == 404
        assert lab.ask("GET", "/drkit/shipped?path=mine.ipynb", token="wrong")[0] in {302, 403}
        status, page = lab.ask("GET", "/doc/tree/mine.ipynb")
        assert status == 200
        assert page.index("Opening the runbook") < page.index("<body")


def test_a_kernel_is_ahead_once_and_is_nobodys_before(tmp_path: Path) -> None:
    with drkit_lab(tmp_path / "work", **CLOUD) as lab:

        def kernels() -> set[int]:
            return {each.pid for each in lab.family() if "ipykernel_launcher" in " ".join(each.cmdline())}

        while not kernels():  # asked while it is being started, too
            assert lab.ask("GET", "/api/kernels") == (200, [])
        ahead = kernels()
        assert lab.ask("GET", "/api/kernels")[1] == []
        status, mine = lab.ask("POST", "/api/kernels")
        assert status == 201
        assert [each["id"] for each in lab.ask("GET", "/api/kernels")[1]] == [mine["id"]]
        assert kernels() == ahead
        assert lab.ask("POST", "/api/kernels")[0] == 201
        assert len(kernels()) == 2
