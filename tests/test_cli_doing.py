"""`drkit do` and `drkit remove-protection`, as a person types them."""

import pytest

from drkit import cli, site
from drkit.model import Operation
from drkit.sandbox import Sandbox


@pytest.fixture
def range_(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The practice range that every command of this test comes to."""
    made = Sandbox("demo", speed=2000.0)
    monkeypatch.setattr(site, "_sandboxes", [made])
    return made


def names(range_: Sandbox) -> set[str]:
    return {each.name for each in range_.world.groups.values()}


def test_a_dry_run_shows_the_plan_and_sends_nothing(
    range_: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["do", "rename-group", "--group", "shop-backend", "--name", "store"]
    assert cli.main([*words, "--dry-run"]) == 0
    seen = capsys.readouterr()
    assert seen.out.splitlines() == [
        "Rename group shop-backend to store, on PRACTICE",
        "To undo it: Rename it to shop-backend again.",
        "Dry run: nothing was sent.",
    ]
    assert seen.err == "PRACTICE:\n"
    assert "store" not in names(range_)


def test_what_is_not_confirmed_is_not_sent(range_: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["do", "delete_pair", "--pair", "app-cache-01", "--with-disk", "--confirm", "shop-backend"]
    assert cli.main(words) == 2
    seen = capsys.readouterr()
    assert "every copy on it are DELETED, for good." in seen.out
    assert "give --confirm 'app-cache-01'; it was 'shop-backend'" in seen.err
    assert any(each.name == "app-cache-01" for each in range_.world.pairs.values())


def test_what_is_refused_says_why_and_which_line_helps(
    range_: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["do", "planned-failover", "--group", "shop-backend", "--confirm", "shop-backend"]) == 2
    assert "  drkit do enable-protection --group shop-backend" in capsys.readouterr().err


@pytest.mark.slow
def test_a_change_is_carried_out_and_watched_to_its_end(
    range_: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["do", "set-tags", "--instance", "app-01", "--tags", "tier=1", "--tags", "team=shop"]
    assert cli.main([*words, "--confirm", "shop-backend"]) == 0
    assert "done: Ended: 1 done." in capsys.readouterr().out
    tags = [each.tags for each in range_.world.instances.values() if each.name == "app-01"]
    assert tags == [{"tier": "1", "team": "shop"}]


@pytest.mark.slow
def test_the_protection_of_a_group_is_removed_until_a_person_has_to_look(
    range_: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["remove-protection", "--group", "shop-frontend"]
    assert cli.main([*words, "--dry-run"]) == 0
    assert cli.main([*words, "--confirm", "shop-frontend"]) == 3
    seen = capsys.readouterr().out
    assert "It waits for: DR servers left over: shop-frontend" in seen
    assert "shop-frontend" not in names(range_)
    production = {each.name: each.disks for each in range_.world.servers.values()}
    assert production["web-01"]


@pytest.mark.parametrize("operation", Operation)
def test_every_verb_tells_what_it_takes(operation: Operation, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["do", operation.value.replace("_", "-"), "--help"])
    assert ended.value.code == 0
    assert "in the console" in " ".join(capsys.readouterr().out.split())
