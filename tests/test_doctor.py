"""`drkit doctor`, against ranges that are served, whole and with something wrong."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from drkit import cli
from drkit.api import proxy_for
from drkit.clock import SteppedClock
from drkit.doctor import Diagnosis, Health, examine, exit_code
from drkit.sandbox import Sandbox, running
from tests.api.encrypted import Answer, Authority, of_sandbox, serving


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    with running(Sandbox("demo", speed=1.0)) as sandbox:
        connect(monkeypatch, sandbox, sandbox.access["iam_url"])
        yield sandbox


def connect(monkeypatch: pytest.MonkeyPatch, sandbox: Sandbox, url: str, **more: str) -> None:
    access = sandbox.access
    for name, value in {
        "OS_AUTH_URL": url, "OS_USERNAME": access["username"], "OS_PASSWORD": access["password"],
        "OS_USER_DOMAIN_NAME": access["domain"], "OS_PROJECT_NAME": access["project"],
        "OS_REGION_NAME": access["region"], **more,
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)


def lines(**clock: datetime) -> dict[str, Diagnosis]:
    made = SteppedClock(clock["at"]) if clock else None
    return {each.check: each for each in examine("env", made)}


def test_everything_that_is_there_is_ok(served: Sandbox) -> None:
    found = lines()
    assert {each.health for each in found.values()} == {Health.OK}
    assert exit_code([*found.values()]) == 0
    assert found["IAM is reached"].seen.endswith("is 127.0.0.1")
    assert found["sign-in"].seen == "operator of practice, with the roles te_admin"
    assert "sandbox-1" in found["project"].seen
    assert {"reading DR drills", "reading servers", "reading disks"} <= found.keys()
    assert "0 runs" in found["journal"].seen
    assert found["versions"].seen.startswith("Python 3.")


def test_a_wrong_password_fails_the_sign_in_and_what_depends_on_it_is_not_known(
    served: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_PASSWORD", "hush-wrong")
    found = lines()
    assert found["sign-in"].health is Health.FAIL
    assert "password is wrong" in found["sign-in"].seen
    assert found["project"].health is Health.UNKNOWN
    assert found["journal"].health is Health.OK
    assert exit_code([*found.values()]) == 1
    assert "hush" not in repr(found)


@pytest.mark.parametrize(("minutes", "health"), [(2, Health.WARN), (10, Health.FAIL)])
def test_a_clock_that_is_off_is_told(served: Sandbox, minutes: int, health: Health) -> None:
    found = lines(at=datetime.now(UTC) + timedelta(minutes=minutes))["clock"]
    assert found.health is health
    assert "ahead of the cloud's" in found.seen
    assert "NTP" in found.to_do


def test_a_user_who_may_only_read_is_told_before_a_change_is_tried(served: Sandbox) -> None:
    served.world.account.roles = ["readonly"]
    assert lines()["changes"].health is Health.FAIL  # on a practice range everything would leave
    served.world.account.roles = ["sdrs_adm"]
    found = lines()["changes"]
    assert (found.health, "do not tell" in found.seen) == (Health.WARN, True)


def test_a_read_that_is_not_allowed_is_told_with_the_right_that_is_lacking(
    served: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        if "disaster-recovery-drills" in path:
            words = "Policy doesn't allow sdrs:drill:list to be performed."
            return 403, {}, json.dumps({"error": {"code": "403", "message": words}}).encode()
        return of_sandbox(served)(method, path, headers, body)

    with serving(handle) as url:
        connect(monkeypatch, served, url, DRKIT_SDRS_URL=url)
        found = lines()
    assert found["reading DR drills"].health is Health.FAIL
    assert "lacks the right sdrs:drill:list" in found["reading DR drills"].to_do
    assert found["reading replication pairs"].health is Health.OK


def test_a_certificate_that_ends_soon_is_a_warning(
    served: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    authority = Authority(tmp_path, days=3)
    with serving(of_sandbox(served), authority.issue("server")) as url:
        connect(monkeypatch, served, url, OS_CACERT=str(authority.file), DRKIT_SDRS_URL=url)
        found = lines()["IAM is reached"]
    assert found.health is Health.WARN
    assert "TLSv1.3" in found.seen


def test_what_a_proxy_stands_before_is_looked_at_by_signing_in(monkeypatch: pytest.MonkeyPatch) -> None:
    assert proxy_for("https://sdrs.example.test") == ""
    monkeypatch.setenv("HTTPS_PROXY", "http://jane:hush@proxy.test:3128")
    monkeypatch.setenv("NO_PROXY", "localhost, .inside.test")
    assert proxy_for("https://sdrs.example.test") == "proxy.test:3128"
    assert proxy_for("https://sdrs.inside.test") == proxy_for("https://127.0.0.1") == ""
    monkeypatch.setenv("NO_PROXY", "*")
    assert proxy_for("https://sdrs.example.test") == ""


def test_a_profile_that_lacks_something_and_a_journal_that_cannot_be_opened_are_told(
    served: Sandbox, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path))
    assert lines()["journal"].health is Health.FAIL
    monkeypatch.delenv("OS_USERNAME")
    found = lines()
    assert "set OS_USERNAME" in found["profile"].seen
    assert set(found) == {"profile", "versions"}


def test_what_is_set_and_not_used_is_a_warning(served: Sandbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OS_CLOUD", "otc")
    found = lines()["profile"]
    assert (found.health, "OS_CLOUD is set and not used" in found.seen) == (Health.WARN, True)


def test_the_command_prints_lines_or_json_and_ends_with_its_code(
    served: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["doctor", "--profile", "env"]) == 0
    assert "sign-in: ok  operator of practice" in capsys.readouterr().out
    served.world.account.roles = ["readonly"]
    assert cli.main(["doctor", "--json"]) == 1
    rows = json.loads(capsys.readouterr().out)
    assert {row["state"] for row in rows} == {"ok", "fail"}
    assert cli.main(["doctor", "--profile", "nope"]) == 2
    assert "No profile is named 'nope'" in capsys.readouterr().err
