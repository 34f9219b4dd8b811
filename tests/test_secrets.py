"""No secret is in anything that drkit leaves behind: files, logs at debug level, errors, process lists."""

import base64
import os
import subprocess
import sys
import threading
import traceback
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest

from drkit.api import open_client, profile, sandbox_profile
from drkit.errors import DrkitError, SignInError
from drkit.journal import Journal
from drkit.sandbox import Sandbox, running

DRKIT = Path(sys.executable).with_name("drkit")
WRONG = "wrong/Pass+word=%Zürich 4711"
CLOSER_LOOK = """
import logging, os
logging.basicConfig(level=logging.DEBUG, filename=os.environ["DEBUG_LOG"])
"""
"""What every process does at its start: the whole log, of every library, at its most talkative."""


def spellings(secret: str) -> set[bytes]:
    """The secret as it may stand somewhere: plain, for an URL, in JSON, in hex, within base64 of more."""
    raw = secret.encode()
    found = {raw, raw.hex().encode(), quote(secret, safe="").encode(), quote_plus(secret).encode()}
    found |= {secret.encode("unicode_escape"), repr(secret)[1:-1].encode()}
    for shift in range(3):  # where it begins within a group of three
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            text = encode(bytes(shift) + raw).rstrip(b"=")
            found.add(text[0 if shift == 0 else shift + 1 : -1])
    return found


def leaks(secrets: Mapping[str, str], content: Iterable[tuple[str, bytes]]) -> list[str]:
    """Which secret stands where."""
    needles = [(name, each) for name, secret in secrets.items() for each in spellings(secret)]
    return sorted({f"{name} in {where}" for where, text in content for name, each in needles if each in text})


def everything_in(folder: Path) -> Iterator[tuple[str, bytes]]:
    """All files, and what the journals among them hold packed."""
    for path in folder.rglob("*"):
        if path.is_file() and not path.is_symlink():
            yield str(path.relative_to(folder)), path.read_bytes()
        if path.name == "journal.sqlite":
            with Journal.open(path) as journal:
                for kept in journal.readings():
                    yield f"reading {kept.number}", journal.reading(kept.number)


class ProcessList(threading.Thread):
    """What anybody on this machine sees of the commands that run."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self._over = threading.Event()
        self.seen: set[bytes] = set()

    def run(self) -> None:
        while not self._over.wait(0.05):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                with suppress(OSError):
                    self.seen.add(path.read_bytes())

    def __enter__(self) -> "ProcessList":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self.join()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with running(Sandbox("demo", speed=500.0)) as made:
        made.world.account.password = "s3cr3t/Pass+word=%Zürich 0815"  # spelled otherwise in every code
        yield made


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Where everything goes that the commands leave behind."""
    (tmp_path / "closer").mkdir()
    (tmp_path / "closer" / "sitecustomize.py").write_text(CLOSER_LOOK)
    (tmp_path / "home").mkdir()
    return tmp_path / "home"


def environment(home: Path, sandbox: Sandbox, *, keys: bool = False, password: str = "") -> dict[str, str]:
    access = sandbox.access
    user = {
        "OS_USERNAME": access["username"],
        "OS_PASSWORD": password or access["password"],
        "OS_USER_DOMAIN_NAME": access["domain"],
    }
    pair = {"OS_ACCESS_KEY": access["access_key"], "OS_SECRET_KEY": access["secret_key"]}
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(home),
        "TMPDIR": str(home),
        "PYTHONPATH": str(home.parent / "closer"),
        "DEBUG_LOG": str(home / "debug.log"),
        "DRKIT_PROFILE": "env",
        "DRKIT_JOURNAL": str(home / "journal.sqlite"),
        "DRKIT_SANDBOX_FILE": str(home / "none.json"),
        "OS_AUTH_URL": access["iam_url"],
        "OS_REGION_NAME": access["region"],
        "OS_PROJECT_NAME": access["project"],
        "DRKIT_SDRS_URL": access["url"],
        "DRKIT_ECS_URL": access["url"],
        "DRKIT_EVS_URL": access["url"],
        **(pair if keys else user),
    }


def drkit(home: Path, given: dict[str, str], *words: str) -> int:
    """Run a command; what it prints goes into the home folder, too."""
    with (home / "printed.log").open("ab") as printed:
        return subprocess.run(
            [DRKIT, *words], cwd=home, env=given, stdout=printed, stderr=printed, check=False
        ).returncode


def secrets_of(sandbox: Sandbox) -> dict[str, str]:
    account = sandbox.world.account
    tokens = {f"token {number}": token for number, token in enumerate(sandbox.world.tokens)}
    assert tokens
    return {"password": account.password, "secret key": account.secret_key, "wrong password": WRONG} | tokens


@pytest.mark.slow
def test_nothing_that_a_whole_run_leaves_behind_holds_a_secret(
    home: Path, sandbox: Sandbox, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    given = environment(home, sandbox)
    attach = ["-p", "group=shop-backend", "-p", "instance=app-01", "-p", "pairs=app-cache-01"]
    with ProcessList() as processes:
        assert drkit(home, given, "run", "20_attach_pairs", *attach, "-p", "confirm=shop-backend") == 0
        sandbox.fault("token-expires")
        sandbox.fault("error-503", path="server-groups", times=1)
        assert drkit(home, given, "-v", "snapshot", "--to", "kept.json") == 0
        assert drkit(home, given, "record", "talk.json") == 0
        assert drkit(home, given, "table", "runs", "--json") == 0
        assert drkit(home, environment(home, sandbox, keys=True), "-v", "table", "groups") == 0
        assert drkit(home, environment(home, sandbox, password=WRONG), "-v", "table", "groups") == 2
    sandbox.save(home / "world.json")
    left = [*everything_in(home), ("the range's log", caplog.text.encode())]
    left += [("the process list", line) for line in processes.seen]
    names = {where for where, _ in left}
    assert {"debug.log", "printed.log", "kept.json", "talk.json", "world.json", "journal.sqlite"} <= names
    for part in ("drkit-runs/", ".ipynb", "PRACTICE-", ".html"):
        assert any(part in name for name in names), names
    assert any(b"20_attach_pairs" in line for line in processes.seen)
    assert b"/v3/auth/tokens" in dict(left)["debug.log"]  # it was as talkative as it gets
    assert leaks(secrets_of(sandbox), left) == []


def test_no_error_and_no_repr_holds_a_secret(sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = []
    for number, password in enumerate((sandbox.access["password"], WRONG)):
        entry = sandbox_profile(sandbox.access | {"password": password})
        shown.append((f"profile {number}", f"{entry!r} {entry} {vars_of(entry)}".encode()))
        try:
            with open_client(entry) as client:
                client.groups()
                shown.append(("client", f"{client!r} {vars_of(client)}".encode()))
                sandbox.fault("error-500", times=100)
                client.groups()
        except DrkitError as error:
            assert error.__traceback__
            error.__traceback__ = error.__traceback__.tb_next  # without what this test itself holds
            lines = traceback.TracebackException.from_exception(error, capture_locals=True).format()
            shown.append((f"error {number}", "".join(lines).encode()))
            sandbox.clear_faults()
    for name, value in environment(Path(), sandbox, password=WRONG).items():
        monkeypatch.setenv(name, value)
    with pytest.raises(SignInError) as caught:
        open_client(profile("env"))
    shown.append(("sign in", "".join(traceback.format_exception(caught.value)).encode()))
    assert len(shown) == 6
    assert leaks(secrets_of(sandbox), shown) == []


def vars_of(thing: object) -> dict[str, object]:
    return {name: getattr(thing, name) for name in dir(thing) if not name.startswith("__")}


def test_a_secret_that_leaks_is_found_however_it_is_spelled() -> None:
    secret = {"it": "s3cr3t/Pass+word=%Zürich 0815"}
    spelled = [
        f"a {secret['it']} b",
        quote(secret["it"], safe=""),
        quote_plus(secret["it"]),
        *(base64.b64encode(f"{'x' * pad}{secret['it']}tail".encode()).decode() for pad in range(4)),
        secret["it"].encode().hex(),
        repr({"password": secret["it"]}),
    ]
    for text in spelled:
        assert leaks(secret, [("here", text.encode())]) == ["it in here"], text
    assert leaks(secret, [("here", b"nothing of it")]) == []
