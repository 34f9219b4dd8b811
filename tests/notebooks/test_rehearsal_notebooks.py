"""The rehearsal notebooks as they are shipped, run by `drkit run` on a practice range that goes on."""

import json
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import nbformat
import pytest

from drkit.cli import main
from drkit.forms import RehearsalRequest
from drkit.headless.parameters import declared
from drkit.sandbox import Sandbox, running

NOTEBOOKS = Path(__file__).parents[2] / "notebooks"
DRILL, PLANNED, LOST = (
    NOTEBOOKS / f"{name}.ipynb"
    for name in ("30_dr_drill", "40_planned_failover", "50_failover_and_reprotect")
)
AIMS = {
    "scenario": "Maintenance",
    "scope": "The shop",
    "criteria": "Orders can be placed.",
    "participants": ["Duty engineer"],
    "rto": {"*": "15 min"},
}


class Shell:
    """`drkit run` in a folder of its own; `said` is what it printed last, `last` the run gone on with."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._capsys, self.said, self.last = folder, capsys, "", ""

    def run(self, notebook: Path, *words: str, **given: object) -> int:
        file = self.folder / "given.json"
        file.write_text(json.dumps(given))
        code = main(["run", str(notebook), "-f", str(file), "--out", str(self.folder / "out"), *words])
        printed = self._capsys.readouterr()
        self.said = printed.out + printed.err
        return code

    def through(self, notebook: Path, **given: object) -> int:
        """Run, then answer what is asked as the printed `drkit resume` line says, to the end of the run."""
        code = self.run(notebook, **given)
        while code == 3:
            words = shlex.split(self.said.split("Go on with: drkit ")[1].split(" (an ANSWER is")[0])
            told = {"NAME": "Duty engineer"}
            code = main([told.get(word, word.replace("=ANSWER", "=passed: seen")) for word in words])
            printed = self._capsys.readouterr()
            self.said = printed.out + printed.err
            self.last = words[1]
        return code


@pytest.fixture
def shell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    return Shell(tmp_path, capsys)


@pytest.fixture
def shop(monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """The practice range with the healthy shop, for every kernel of the test; it tells what is printed."""
    with running(Sandbox("healthy-three-tier", speed=500.0, manner="reference")) as sandbox:
        monkeypatch.setenv("DRKIT_SANDBOX", json.dumps(sandbox.access))
        yield sandbox


def where(sandbox: Sandbox, group: str) -> tuple[str, str]:
    found = next(each for each in sandbox.world.groups.values() if each.name == group)
    return found.status, found.priority


def test_a_drill_is_verified_cleaned_up_and_accounted_for(shell: Shell, shop: Sandbox) -> None:
    given = {"groups": ["shop-app"], "drill_name": "d", "confirm": "shop-app"}
    assert shell.through(DRILL, **AIMS, **given) == 0, shell.said
    assert shell.run(DRILL, run=shell.last) == 0, shell.said  # shown as it ended
    assert "Verdict: carried out as planned, objectives met." in shell.said
    assert "Left: Drill network left over: shop-app" in shell.said
    assert not any(each.drills for each in shop.world.groups.values())


def test_production_goes_over_in_waves_stops_where_nobody_signs_and_comes_back(
    shell: Shell, shop: Sandbox
) -> None:
    given = {"waves": ["shop-db", "shop-app"], **AIMS, "confirm": "shop-db, shop-app"}
    assert shell.run(PLANNED, **given) == 3
    assert "waits for: Service answers: shop-db; Data is there: shop-db. Go on with: drkit " in shell.said
    run = shell.said.split("drkit resume ")[1].split()[0]
    assert shell.through(PLANNED, run=run) == 0, shell.said
    assert (where(shop, "shop-db"), where(shop, "shop-app")) == (("protected", "target"),) * 2
    assert shell.through(PLANNED, **given, action="failback") == 0, shell.said
    assert (where(shop, "shop-db"), where(shop, "shop-app")) == (("protected", "source"),) * 2


def test_a_lost_zone_is_left_and_protected_again(shell: Shell, shop: Sandbox) -> None:
    declared_ = {"declared_what": "The first zone is dark", "declared_by": "Shift lead"}
    given = {"waves": ["shop-app"], **AIMS, "confirm": "shop-app"}
    long_ago = "2026-01-01 00:00"
    assert shell.through(LOST, **given, **declared_, declared_at=long_ago) == 1, shell.said  # too late
    assert where(shop, "shop-app") == ("failed-over", "target")
    assert shell.run(LOST, **given | {"rto": {}}, action="reprotect") == 0, shell.said
    assert where(shop, "shop-app") == ("protected", "target")


def test_a_dry_run_prints_the_plan_and_sends_nothing(shell: Shell, shop: Sandbox) -> None:
    assert shell.run(PLANNED, "--dry-run", **AIMS, waves=["shop-db"]) == 0, shell.said
    assert "Planned failover of shop-db from sandbox-1a to sandbox-1b" in shell.said
    assert "assumed, no earlier run" in shell.said
    assert "Dry run: this is the plan. Nothing was sent." in shell.said
    assert where(shop, "shop-db") == ("protected", "source")
    assert shop.world.jobs == {}


@pytest.mark.parametrize("path", [DRILL, PLANNED, LOST], ids=lambda each: each.stem)
def test_each_parameter_is_explained_and_handed_on(path: Path) -> None:
    cells = nbformat.read(path, as_version=4).cells
    (parameters,) = [each for each in cells if "parameters" in each.metadata.get("tags", [])]
    known = declared(parameters.source)
    assert all(each.comment for each in known.values())
    code = "\n".join(each.source for each in cells if each.cell_type == "code" and each is not parameters)
    assert all(name in code for name in known)
    requested = {each.name for each in fields(RehearsalRequest)}
    assert set(known) - requested <= {"groups", "cleanup", "action"}
