"""The sandbox as a command, over HTTP, under remote control, and kept in a file."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from drkit.errors import ProfileError
from drkit.sandbox import SCENARIOS, Sandbox, find_running, invariants, running, saving, serve
from drkit.sandbox.command import serve_command
from drkit.sandbox.demo import large
from drkit.site import connect
from tests.sandbox.practice import Practice, password_sign_in

KEYS = [
    "url", "iam_url", "project_id", "project", "region", "username", "user_id", "domain",
    "password", "access_key", "secret_key", "application_credential_id", "application_credential_secret",
    "temporary_access_key", "temporary_secret_key", "security_token", "seed",
]  # fmt: skip


@contextlib.contextmanager
def command(*words: str, state: Path) -> Iterator[subprocess.Popen[str]]:
    code = "import sys; from drkit.sandbox.command import serve_command; sys.exit(serve_command())"
    env = os.environ | {"DRKIT_SANDBOX_FILE": str(state)}
    started = subprocess.Popen(
        [sys.executable, "-c", code, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
    )
    try:
        yield started
    finally:
        started.kill()
        started.communicate()


@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_command_prints_one_line_and_serves_until_it_is_stopped(
    number: signal.Signals, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    state = tmp_path / "run" / "sandbox.json"
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(state))
    assert find_running() is None
    with command("--world", "empty", state=state) as started:
        assert started.stdout is not None
        line = json.loads(started.stdout.readline())
        assert list(line) == KEYS
        assert httpx.get(line["iam_url"]).status_code == 200
        assert find_running() == line
        assert state.stat().st_mode & 0o777 == 0o600
        started.send_signal(number)
        out, err = started.communicate(timeout=60)
    assert (started.returncode, out, err) == (0, "", "")
    assert not state.exists()


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (["--port", "99999"], "The port must be 0 to 65535"),
        (["--port", "ten"], "invalid int value"),
        (["--speed", "0"], "The speed must be a number above 0"),
        (["--world", "moon"], "There is no world 'moon'"),
        (["--world", "none.json"], "none.json cannot be used: No such file or directory."),
        (["--host", "0.0.0.0"], "listens on loopback only"),
        (["--host", "example"], "is not an address"),
        (["--groups", "3"], "for the world large only"),
        (["--zones", "a,a"], "a, a cannot be the zones"),
        (["--zones", "a,b,c,d"], "at most 3 different names"),
        (["--zones", ""], "cannot be the zones"),
        (["--zones", "sandbox-1c"], "cannot be the zones"),
        (["--world", "large", "--pairs", "-1"], "must not be negative"),
        (["--faults", "none.json"], "none.json cannot be used: No such file or directory."),
        (["--what"], "nrecognized arguments"),
        (["--from", "none.json"], "none.json cannot be used: No such file or directory."),
        (["--from", "none.json", "--world", "demo"], "has its world, zones and sizes already: leave out"),
        (["--from", "none.json", "--zones", "a,b"], "has its world, zones and sizes already: leave out"),
    ],
)
def test_a_bad_option_is_a_sentence_and_exit_code_2(
    words: list[str], sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert serve_command(words) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.startswith("drkit sandbox: ")
    assert sentence in err


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "is not JSON"),
        ("{}", "must hold a list"),
        ("[1]", "must hold a list"),
        ('[{"name": "meteor"}]', "There is no fault 'meteor'"),
        ('[{"name": "slow", "operation": "list_pairs"}]', "There is no operation 'list_pairs'"),
    ],
)
def test_a_bad_file_of_faults_is_a_sentence(
    text: str, sentence: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "faults.json"
    path.write_text(text)
    assert serve_command(["--faults", str(path)]) == 2
    assert sentence in capsys.readouterr().err


@pytest.mark.parametrize("option", ["--world", "--faults"])
def test_a_file_that_is_no_text_is_a_sentence(
    option: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "found.json"
    path.write_bytes(b"\xff\xfe")
    assert serve_command([option, str(path)]) == 2
    assert capsys.readouterr().err.endswith("it is not a text.\n")


@pytest.mark.parametrize("content", [b"\xff", b"{}", b'{"form": 1, "backend": []}'])
def test_a_reading_that_cannot_be_copied_is_a_sentence(
    content: bytes, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "reading.json"
    path.write_bytes(content)
    assert serve_command(["--from", str(path)]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert "kept reading" in err


@pytest.mark.slow
def test_a_copy_is_served_and_what_was_assumed_is_said(tmp_path: Path) -> None:
    reading: dict[str, Any] = {
        "form": 1,
        "read_at": "2026-11-20T03:00:00Z",
        "backend": {"cloud": "Open Telekom Cloud", "project": "eu-de_shop"},
        "groups": [{"id": "g1", "name": "billing", "status": "protected", "source_zone": "a"}],
    }
    (tmp_path / "reading.json").write_text(json.dumps(reading))
    with command("--from", str(tmp_path / "reading.json"), state=tmp_path / "state.json") as started:
        assert started.stdout is not None
        access = json.loads(started.stdout.readline())
        answer = httpx.post(f"{access['iam_url']}/auth/tokens", json=password_sign_in(access))
        token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        state = httpx.get(f"{access['url']}/_sandbox/state", headers=token).json()
        large = b" " * (1 << 21) + json.dumps(reading).encode()
        again = httpx.post(f"{access['url']}/_sandbox/copy", headers=token, content=large)
        started.send_signal(signal.SIGTERM)
        _, told = started.communicate(timeout=30)
    assert state["copy_of"]["name"] == "Open Telekom Cloud eu-de_shop"
    assert again.status_code == 204
    assert "Copy of Open Telekom Cloud eu-de_shop, read at 2026-11-20 03:00:00 UTC." in told
    assert "Where production is is not known, taken as source: billing." in told


@pytest.mark.slow
def test_faults_and_a_saved_world_come_from_files(tmp_path: Path) -> None:
    (tmp_path / "faults.json").write_text('[{"name": "error-503", "times": 1}]')
    Practice("empty").sandbox.save(tmp_path / "world.json")
    words = ("--world", str(tmp_path / "world.json"), "--faults", str(tmp_path / "faults.json"))
    with command(*words, state=tmp_path / "state.json") as started:
        assert started.stdout is not None
        access = json.loads(started.stdout.readline())
        answer = httpx.post(f"{access['iam_url']}/auth/tokens", json=password_sign_in(access))
        token = {"X-Auth-Token": answer.headers["X-Subject-Token"]}
        url = f"{access['url']}/v1/{access['project_id']}/server-groups"
        assert [httpx.get(url, headers=token).status_code for _ in range(2)] == [503, 200]


def test_a_saved_world_has_its_seed_already(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert serve_command(["--world", str(tmp_path / "world.json"), "--seed", "3"]) == 2
    assert "has its seed, its zones and its sizes already" in capsys.readouterr().err


def test_a_running_sandbox_is_found_by_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "none"))
    with running(Sandbox("empty")) as sandbox:
        monkeypatch.setenv("DRKIT_SANDBOX", json.dumps(sandbox.access))
        assert find_running() == sandbox.access
    with pytest.raises(ConnectionError, match=r"DRKIT_SANDBOX names does not answer: .* its world is gone"):
        find_running()


@pytest.mark.parametrize(
    "line", ["no JSON", "[]", "{}", "[" * 99999, '{"iam_url": 5}', '{"iam_url": "http://["}']
)
def test_an_environment_that_names_no_sandbox_is_an_error_and_no_other_world(
    line: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DRKIT_SANDBOX", line)
    with pytest.raises(ProfileError, match="DRKIT_SANDBOX names does not answer"):
        connect()


def test_one_that_is_there_and_silent_is_an_error_and_no_other_world(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "state.json"))
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v3"
        (tmp_path / "state.json").write_text(json.dumps({"iam_url": url, "pid": os.getpid()}))
        with pytest.raises(ProfileError, match="is there and does not answer"):
            connect()


@pytest.mark.slow
def test_of_two_that_run_the_later_is_found_and_then_the_one_that_is_left(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    state = tmp_path / "state.json"
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(state))
    with contextlib.ExitStack() as both:
        first = both.enter_context(command("--world", "empty", state=state))
        assert first.stdout is not None
        of_first = json.loads(first.stdout.readline())
        later = both.enter_context(command("--world", "empty", state=state))
        assert later.stdout is not None
        of_later = json.loads(later.stdout.readline())
        assert find_running() == of_later
        later.send_signal(signal.SIGTERM)
        later.communicate(timeout=60)
        assert find_running() == of_first
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=60)
    assert not state.exists()


def test_what_a_dead_process_left_behind_is_not_found(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    monkeypatch.setenv("DRKIT_SANDBOX_FILE", str(tmp_path / "state.json"))
    monkeypatch.delenv("DRKIT_SANDBOX", raising=False)
    with running(Sandbox("empty")) as sandbox:
        beyond = json.dumps(sandbox.access | {"pid": 10**30})
        for text in (json.dumps(sandbox.access | {"pid": ended.pid}), beyond, "no JSON", "[]", "{}"):
            (tmp_path / "state.json").write_text(text)
            assert find_running() is None


def test_a_taken_port_is_a_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ValueError, match=f"Port {port} on 127.0.0.1 cannot be used"):
            serve(Sandbox("empty"), port=port)


def test_it_serves_on_any_loopback_address() -> None:
    for host in ("127.0.0.2", "::1", "localhost"):
        with running(Sandbox("empty"), host=host) as sandbox:
            assert httpx.get(f"{sandbox.url}/v3").status_code == 200
        assert sandbox.url == "http://sandbox.invalid"


def test_over_http_the_answers_are_the_same_as_in_process(demo: Practice) -> None:
    with running(demo.sandbox), httpx.Client(base_url=demo.sandbox.url) as client:
        token = {"X-Auth-Token": demo.http.headers["X-Auth-Token"]}
        path = f"/v1/{demo.access['project_id']}/protected-instances/{demo.id('web-01')}/tags/a%2Fb"
        inside = demo.http.delete(path)
        outside = client.delete(path, headers=token)
        assert (outside.status_code, outside.content) == (inside.status_code, inside.content)
        assert client.head("/v3").status_code == 401


def test_a_large_world_is_as_large_as_one_asks_for() -> None:
    practice = Practice("large", groups=4, instances=30, pairs=500)
    state = practice.sandbox.state()
    assert {key: state["counts"][key] for key in ("groups", "instances", "pairs")} == {
        "groups": 4,
        "instances": 30,
        "pairs": 500,
    }
    assert practice.sandbox.invariants() == []
    assert invariants.broken(large(groups=0)) == []
    assert len(large(groups=1, instances=1, pairs=100).pairs) == 100
    assert len(large(groups=2, instances=0, pairs=10).pairs) == 10


class Remote:
    """Remote control over HTTP, as another process has it."""

    def __init__(self, practice: Practice) -> None:
        self.http = practice.http

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        return self.http.request(method, f"/_sandbox/{path}", json=body)


@pytest.fixture
def remote(demo: Practice) -> Remote:
    return Remote(demo)


def test_state_tells_the_world_and_its_time(remote: Remote, demo: Practice) -> None:
    state = remote.ask("GET", "state").json()
    assert (state["world"], state["scenario"], state["counts"]["pairs"]) == ("demo", None, 44)
    assert remote.ask("POST", "step", {"seconds": 60}).status_code == 204
    assert remote.ask("GET", "state").json()["now"] == state["now"] + 60
    assert remote.ask("GET", "invariants").json() == {"invariants": []}
    assert demo.sandbox.state()["now"] == state["now"] + 60


def test_a_scenario_tells_its_story() -> None:
    state = Remote(Practice("the-way-back")).ask("GET", "state").json()
    assert state["scenario"]["title"] == SCENARIOS["the-way-back"].title
    assert state["scenario"]["reached"] is False


def test_faults_are_planted_listed_and_cleared(remote: Remote) -> None:
    planted = remote.ask("POST", "faults", {"name": "rate-limit", "where": {"method": "DELETE"}})
    assert planted.status_code == 201
    listed = remote.ask("GET", "faults").json()
    assert [it["id"] for it in listed["faults"]] == [planted.json()["id"]]
    assert listed["kinds"]["rate-limit"].startswith("The gateway answers 429")
    assert listed["keys"]["sync-stuck"] == ["after", "during", "lasts", "pair", "at"]
    assert remote.ask("DELETE", f"faults/{planted.json()['id']}").status_code == 204
    assert remote.ask("DELETE", f"faults/{planted.json()['id']}").status_code == 404
    remote.ask("POST", "faults", {"name": "zone-dark"})
    assert remote.ask("GET", "state").json()["dark"] == ["sandbox-1a"]
    dark = remote.ask("GET", "faults").json()["faults"][0]
    assert dark["names"] == {dark["where"]["group"]: "shop-frontend"}
    assert remote.ask("DELETE", "faults").status_code == 204
    assert remote.ask("GET", "state").json()["dark"] == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("faults", {"name": "meteor"}),
        ("faults", {"name": "slow", "where": {"x": 1}}),
        ("step", {}),
        ("step", {"seconds": -1}),
        ("step", {"seconds": True}),
    ],
)
def test_control_that_is_not_understood_is_refused(remote: Remote, path: str, body: Any) -> None:  # noqa: ANN401
    answer = remote.ask("POST", path, body)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "sandbox")


def test_control_is_for_those_who_signed_in(demo: Practice) -> None:
    del demo.http.headers["X-Auth-Token"]
    assert Remote(demo).ask("GET", "state").status_code == 401


def test_a_world_saved_over_the_control_api_can_be_loaded(
    remote: Remote, tmp_path: Path, demo: Practice
) -> None:
    demo.sandbox.fault("job-stuck")
    demo.call(*demo.act("shop-backend", "start"))
    (tmp_path / "world.json").write_bytes(remote.ask("POST", "save").content)
    loaded = Sandbox.load(tmp_path / "world.json", now=lambda: 0.0)
    assert saving.locked(loaded.world) == saving.locked(demo.world)
    loaded.clear_faults()
    loaded.step(1)
    assert loaded.world.groups[demo.id("shop-backend")].status == "protected"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("{", "it is not JSON"),
        ("[]", "it does not say drkit-sandbox-world"),
        ('{"format": "drkit-sandbox-world-1"}', "damaged: it has the wrong parts"),
    ],
)
def test_a_file_that_holds_no_world_is_refused(text: str, sentence: str, tmp_path: Path) -> None:
    (tmp_path / "world.json").write_text(text)
    with pytest.raises(ValueError, match=sentence):
        Sandbox.load(tmp_path / "world.json")


def test_a_damaged_world_is_refused(demo: Practice, tmp_path: Path) -> None:
    path = tmp_path / "world.json"
    demo.sandbox.save(path)
    document = json.loads(path.read_text())
    next(iter(document["pairs"].values()))["colour"] = "red"
    path.write_text(json.dumps(document))
    with pytest.raises(ValueError, match="This saved world is damaged"):
        Sandbox.load(path)


def test_simulated_time_runs_with_the_clock_at_its_speed() -> None:
    at = [100.0]
    sandbox = Sandbox("demo", now=lambda: at[0], speed=60)
    began = sandbox.state()["now"]
    at[0] = 102.0
    assert sandbox.state()["now"] == began + 120
    at[0] = 50.0
    assert sandbox.state()["now"] == began + 120


def test_a_broken_world_says_what_is_broken(demo: Practice) -> None:
    world = demo.world
    web, media = world.instances[demo.id("web-01")], world.pairs[demo.id("web-media-a")]
    server, disk = world.servers[web.source_server], world.disks[media.source_disk]
    media.devices = {web.id: "/dev/vdz", "nobody": "/dev/vdb"}
    web.devices["no-pair"] = "/dev/sdb"
    server.disks |= {"no-disk": "/dev/vda"} | {f"{number}": f"{number}" for number in range(30)}
    disk.servers = {"no-server": "/dev/vdb", web.target_server: "/dev/vdq"}
    disk.zone = "sandbox-1c"
    world.groups[demo.id("shop-backend")].pairs.pop()
    world.pairs[demo.id("web-logs")].source_disk = media.source_disk
    world.instances[demo.id("web-02")].source_server = web.source_server
    world.groups[demo.id("shop-backend")].status = "starting"
    text = " ".join(demo.sandbox.invariants())
    for words in (
        "the instance does not", "attached 2 times", "the pair does not", "a device name twice", "33 disks",
        "the disk does not", "the server does not", "on 2 servers", "are not the pairs of the project",
        "belongs to two pairs", "belongs to two instances", "no job moves it", "not in sandbox-1a",
        "wrong prefix",
    ):  # fmt: skip
        assert words in text, words
