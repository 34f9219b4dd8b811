"""Which profile a command means, what it says of it, and what a read-only profile keeps from leaving."""

import contextlib
import json
import logging
import os
import pty
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import drkit
from drkit import cli, site
from drkit.api import Access
from drkit.sandbox import Sandbox, running
from tests.api.encrypted import Answer, of_sandbox, serving

WITHOUT_ONE = {"completion", "sandbox"}


@pytest.fixture
def cloud(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Sandbox]:
    """A cloud named otc in clouds.yaml that counts as real: it does not say that it is a practice range."""
    sandbox = Sandbox("demo", speed=1.0)

    def handle(method: str, path: str, headers: dict[str, str], body: bytes) -> Answer:
        status, found, content = of_sandbox(sandbox)(method, path, headers, body)
        return status, {key: value for key, value in found.items() if key != "X-Drkit-Sandbox"}, content

    with serving(handle) as url:
        sandbox.url = url
        access = sandbox.access
        auth = {
            "auth_url": f"{url}/v3", "username": access["username"], "password": access["password"],
            "user_domain_name": access["domain"], "project_name": access["project"],
        }  # fmt: skip
        clouds = {"clouds": {"otc": {"auth": auth, "region_name": access["region"]}}}
        (tmp_path / "clouds.yaml").write_text(json.dumps(clouds))
        (tmp_path / "profiles.toml").write_text("")
        monkeypatch.setenv("OS_CLIENT_CONFIG_FILE", str(tmp_path / "clouds.yaml"))
        monkeypatch.setenv("DRKIT_PROFILES", str(tmp_path / "profiles.toml"))
        monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
        yield sandbox


def say(tmp_path: Path, text: str) -> None:
    (tmp_path / "profiles.toml").write_text(text)


def test_a_cloud_of_clouds_yaml_is_read_by_os_cloud_and_by_profile_alike(
    cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["table", "groups", "--profile", "otc", "--csv"]) == 0
    named = capsys.readouterr()
    monkeypatch.setenv("OS_CLOUD", "otc")
    assert cli.main(["table", "groups", "--csv"]) == 0
    meant = capsys.readouterr()
    assert meant.out == named.out
    assert "shop-backend" in meant.out
    assert meant.err.startswith("127.0.0.1 sandbox-1 sandbox-1 (read-only):")
    assert "PRACTICE" not in meant.out + meant.err


def test_a_cloud_that_is_named_and_not_there_is_an_error_and_never_practice(
    cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("OS_CLOUD", "otcc")
    assert cli.main(["table", "groups"]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "did you mean 'otc'" in seen.err


def test_what_is_set_and_not_used_is_said_once(
    cloud: Sandbox, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(site, "_sandboxes", [Sandbox("empty")])
    monkeypatch.setenv("OS_CLOUD", "otc")
    site._warn.cache_clear()
    with caplog.at_level(logging.WARNING):
        for _ in range(2):
            drkit.connect("sandbox").close()
    sentence = "OS_CLOUD is set and not used: the profile is sandbox."
    assert [each.message for each in caplog.records] == [sentence]


def test_every_command_that_could_mean_a_profile_takes_one() -> None:
    choices = next(
        action.choices for action in cli.build_parser()._actions if isinstance(action.choices, dict)
    )
    lacking = {name for name, command in choices.items() if "--profile" not in command.format_help()}
    assert lacking == WITHOUT_ONE


def test_the_profile_names_the_journal_of_runs_show_and_report(
    cloud: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(tmp_path, f'[otc]\njournal = "{tmp_path}/team.sqlite"\n')
    requests = cloud.world.requests
    assert cli.main(["runs", "--profile", "otc"]) == 0
    assert f"There are no runs in {tmp_path}/team.sqlite" in capsys.readouterr().out
    for command in ("show", "report"):
        assert cli.main([command, "X", "--profile", "otc"]) == 2
    assert cli.main(["runs", "--profile", "nope"]) == 2
    assert cloud.world.requests == requests  # nobody signed in for that
    with drkit.connect("otc") as opened:
        assert opened.journal.where.endswith("team.sqlite")


def test_thresholds_of_the_profile_hold_where_none_are_given(cloud: Sandbox, tmp_path: Path) -> None:
    say(tmp_path, "[otc]\ndrill_days = 7\nquota_share = 0.5\n")
    with drkit.connect("otc") as opened:
        assert (opened.thresholds.drill_days, opened.thresholds.moving_minutes) == (7, 30)


def test_a_read_only_profile_plans_but_sends_nothing_and_begins_no_run(cloud: Sandbox) -> None:
    with drkit.connect("otc") as opened:
        assert opened.access is Access.READ_ONLY
        assert "read-only" in repr(opened)
        plan = opened.plan_attach("app-01", ["app-cache-01"])
        assert plan.steps
        with pytest.raises(
            drkit.ReadOnlyError, match=r"is not begun\. The profile is read-only: nothing was sent"
        ):
            opened.run(plan, confirm="shop-backend")
        assert opened.runs().empty
        change = plan.steps[0].change
        assert change is not None
        before = cloud.world.requests
        with pytest.raises(drkit.ReadOnlyError):
            opened.client.submit(change)
        assert cloud.world.requests == before


def test_a_profile_that_says_so_sends_changes(cloud: Sandbox, tmp_path: Path) -> None:
    say(tmp_path, '[otc]\naccess = "real"\n')
    with drkit.connect("otc") as opened:
        assert opened.access is Access.REAL
        change = opened.plan_attach("app-01", ["app-cache-01"]).steps[0].change
        assert change is not None
        assert opened.client.submit(change)


def test_the_profiles_are_listed_with_what_is_meant_and_where_each_value_stands(
    cloud: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    say(tmp_path, '[night]\ncloud = "otc"\naccess = "drill-only"\n[broken]\nregion = "EU!"\n')
    monkeypatch.setenv("OS_CLOUD", "otc")
    assert cli.main(["profiles", "--json"]) == 0
    rows = {row["profile"]: row for row in json.loads(capsys.readouterr().out)}
    assert {name: (row["access"], row["meant"]) for name, row in rows.items()} == {
        "sandbox": ("practice", ""), "env": ("", ""), "night": ("drill-only", ""), "broken": ("", ""),
        "otc": ("read-only", "yes"),
    }  # fmt: skip
    assert "EU!" in rows["broken"]["state"] or "incomplete" in rows["broken"]["state"]
    assert cli.main(["profiles", "--profile", "night", "--json"]) == 0
    values = {row["value"]: row for row in json.loads(capsys.readouterr().out)}
    assert values["password"]["is"] == "***"
    assert values["password"]["from"] == str(tmp_path / "clouds.yaml")
    assert values["access"]["from"] == str(tmp_path / "profiles.toml")
    assert cli.main(["profiles"]) == 0
    assert cli.main(["profiles", "--profile", "broken"]) == 2
    assert cloud.access["password"] not in capsys.readouterr().out


def test_a_file_that_cannot_be_read_hides_no_other_profile(
    cloud: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    say(tmp_path, '[whole]\nregion = "eu-de"\n')
    (tmp_path / "clouds.yaml").write_text("clouds: [")
    assert cli.main(["profiles"]) == 0
    seen = capsys.readouterr()
    assert "whole" in seen.out
    assert "clouds.yaml, line 1: this is no YAML" in seen.err


def test_a_run_that_is_not_over_is_not_gone_on_with_by_a_read_only_profile(
    cloud: Sandbox, tmp_path: Path
) -> None:
    say(tmp_path, '[otc]\naccess = "real"\n')
    with drkit.connect("otc") as opened:
        cloud.fault("job-stuck")
        run = opened.run(opened.plan_attach("app-01", ["app-cache-01"]), confirm="shop-backend")
        run.stop()
        run.wait(30)
    say(tmp_path, "")
    with drkit.connect("otc") as opened:
        assert opened.steps(run.id).shape[0] == 1
        with pytest.raises(drkit.ReadOnlyError, match=rf"Run {run.id} is not gone on with"):
            opened.resume(run.id)


@pytest.mark.slow
@pytest.mark.parametrize("profiles", ["otc", "day,night"])
def test_passwords_that_stand_nowhere_are_asked_for_in_the_terminal_one_after_the_other(
    cloud: Sandbox, tmp_path: Path, profiles: str
) -> None:
    say(tmp_path, '[day]\ncloud = "otc"\n[night]\ncloud = "otc"\n')
    text = (tmp_path / "clouds.yaml").read_text().replace(cloud.access["password"], "")
    (tmp_path / "clouds.yaml").write_text(text)
    ours, theirs = pty.openpty()
    command = [sys.executable, "-c", "from drkit import cli; raise SystemExit(cli.main())", "table", "groups"]
    with subprocess.Popen(
        [*command, "--profile", profiles], stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
    ) as process:
        os.close(theirs)
        seen = b""
        for nth in range(1, 2 + profiles.count(",")):
            while seen.count(b"Password of profile ") < nth or not seen.endswith(b": "):
                seen += os.read(ours, 1024)
            os.write(ours, cloud.access["password"].encode() + b"\n")
        with contextlib.suppress(OSError):  # the end of a terminal whose process is gone
            while part := os.read(ours, 1024):
                seen += part
        assert process.wait(30) == 0
    os.close(ours)
    assert b"shop-backend" in seen
    assert sorted(re.findall(rb"Password of profile (\w+): \r\n", seen)) == profiles.encode().split(b",")
    assert cloud.access["password"].encode() not in seen


def test_the_practice_range_keeps_the_last_word_where_it_is_named(
    cloud: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OS_CLOUD", "otc")
    with running(Sandbox("empty")) as other:
        monkeypatch.setenv("DRKIT_SANDBOX", json.dumps(other.access))
        with drkit.connect() as opened:
            assert opened.backend.practice
