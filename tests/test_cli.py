import csv
import json
import re
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest
from prometheus_client.parser import text_string_to_metric_families

from drkit import COLUMNS, cli, reading, site
from drkit.cli.looking import TABLES
from drkit.errors import OutcomeUnknownError
from drkit.headless import terminal
from drkit.sandbox import Sandbox


@pytest.fixture
def range_(monkeypatch: pytest.MonkeyPatch) -> Sandbox:
    """The practice range that every command of this test comes to."""
    made = Sandbox("demo", speed=10.0)
    monkeypatch.setattr(site, "_sandboxes", [made])
    return made


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("drkit 0.")


@pytest.mark.slow
def test_the_version_is_told_without_what_takes_long_to_load() -> None:
    ask = "try: cli.main(['--version'])\nexcept SystemExit: print(*sys.modules)"
    command = [sys.executable, "-c", f"import sys; from drkit import cli\n{ask}"]
    version, loaded = subprocess.run(command, check=True, capture_output=True, text=True).stdout.splitlines()
    assert version.startswith("drkit ")
    assert not {"httpx", "pandas", "sqlalchemy", "ipywidgets", "openstack"} & set(loaded.split())


class TestWords:
    @pytest.mark.parametrize(
        ("words", "near"),
        [(["tabel"], "No command is named 'tabel'; did you mean 'table'"), (["table", "grous"], "'groups'")],
    )
    def test_that_nearly_fit_are_told_what_comes_close(
        self, words: list[str], near: str, capsys: pytest.CaptureFixture[str]
    ) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(words)
        seen = capsys.readouterr().err
        assert (ended.value.code, seen.count("\n")) == (2, 1)
        assert near in seen

    def test_that_are_unknown_are_one_sentence(self, capsys: pytest.CaptureFixture[str]) -> None:
        with pytest.raises(SystemExit):
            cli.main(["runs", "--jsn"])
        assert capsys.readouterr().err == "drkit: Unrecognized arguments: --jsn. See drkit --help.\n"

    def test_of_every_command_stand_before_or_behind_it(
        self, capsys: pytest.CaptureFixture[str], range_: Sandbox
    ) -> None:
        for words in (["-q", "table", "groups"], ["table", "groups", "--quiet"]):
            assert cli.main(words) == 0
            seen = capsys.readouterr()
            assert (seen.err, seen.out.split()[0]) == ("", "group")
        for words in (["--profile", "nope", "table", "groups"], ["table", "groups", "--profile", "nope"]):
            assert cli.main(words) == 2
            assert "'nope'" in capsys.readouterr().err

    def test_tell_each_request_where_that_is_asked_for(
        self, capsys: pytest.CaptureFixture[str], range_: Sandbox
    ) -> None:
        assert cli.main(["table", "groups", "-v"]) == 0
        seen = capsys.readouterr().err
        assert "SDRS on GET /server-groups: 200 in " in seen
        assert range_.access["password"] not in seen
        assert cli.main(["table", "groups"]) == 0
        assert capsys.readouterr().err == "PRACTICE:\n"

    def test_of_a_profile_are_refused_where_nothing_is_connected_to(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["--profile", "sandbox", "completion", "bash"]) == 2
        assert "takes no --profile" in capsys.readouterr().err

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("typed", "completed"),
        [
            ("drkit tab", {"table"}),
            ("drkit table gr", {"groups"}),
            ("drkit resume --take", {"--takeover"}),
            ("drkit sandbox --spe", {"--speed"}),
        ],
    )
    def test_are_completed_by_bash(
        self, typed: str, completed: set[str], capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["completion", "bash"]) == 0
        words = typed.split()
        asking = f"COMP_WORDS=({typed}); COMP_CWORD={len(words) - 1}; COMP_LINE={typed!r}; "
        asking += f"COMP_POINT={len(typed)}; _shtab_drkit; printf '%s\n' \"${{COMPREPLY[@]}}\""
        script = f"{capsys.readouterr().out}\n{asking}"
        told = subprocess.run(["bash", "-c", script], capture_output=True, text=True, check=True)
        assert {word.strip() for word in told.stdout.split()} == completed


def test_bad_input_is_one_sentence_on_stderr_and_exit_code_2(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["run", str(tmp_path / "absent.ipynb")]) == 2
    seen = capsys.readouterr()
    assert seen.out == ""
    assert seen.err.startswith("drkit: No file or shipped runbook is named")
    assert seen.err.count("\n") == 1


def test_a_shipped_runbook_is_found_by_its_name(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.main(["run", "00_start_here", "-p", "nothing=1"]) == 2
    assert "No parameter is named 'nothing'" in capsys.readouterr().err
    assert list(tmp_path.iterdir()) == []


def test_a_profile_is_given_to_a_runbook_as_to_every_other_command(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert cli.main(["run", "10_inspect", "--list"]) == 0
    assert "profile: str = ''" in capsys.readouterr().out
    assert cli.main(["run", "10_inspect", "--profile", "nope", "--out", str(tmp_path)]) == 2
    assert "'nope'" in capsys.readouterr().out
    assert cli.main(["run", "60_review_rehearsals", "--profile", "nope", "--out", str(tmp_path)]) == 2
    assert "'nope'" in capsys.readouterr().out
    twice = ["run", "10_inspect", "--profile", "sandbox", "-p", "profile=env", "--out", str(tmp_path)]
    assert cli.main(twice) == 2
    assert "profile" in capsys.readouterr().err


def test_a_dry_run_of_a_runbook_that_has_none_is_refused_and_nothing_runs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["run", "20_attach_pairs", "--dry-run", "--out", str(tmp_path / "out")]) == 2
    assert capsys.readouterr().err.startswith("drkit: 20_attach_pairs knows no --dry-run, and nothing ran")
    assert not (tmp_path / "out").exists()


def test_the_parameters_of_a_runbook_are_shown_as_its_author_explains_them(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    source = "group: str = ''  # name of the group\nparallel: int | None = None\npairs: list[str]"
    cell = nbformat.v4.new_code_cell(source, metadata={"tags": ["parameters"]})
    nbformat.write(nbformat.v4.new_notebook(cells=[cell]), tmp_path / "x.ipynb")
    assert cli.main(["run", str(tmp_path / "x.ipynb"), "--list"]) == 0
    assert capsys.readouterr().out.splitlines() == [
        "group: str = ''              name of the group",
        "parallel: int | None = None",
        "pairs: list[str]",
    ]


class TestTable:
    @pytest.mark.parametrize("what", sorted(set(TABLES) - {"drills", "tags", "failed_tasks", "runs"}))
    def test_prints_what_is_there_and_says_that_it_is_practice(
        self, capsys: pytest.CaptureFixture[str], what: str
    ) -> None:
        assert cli.main(["table", what]) == 0
        seen = capsys.readouterr()
        assert seen.err == "PRACTICE:\n"
        first = next(iter(COLUMNS[what]))
        assert seen.out.split()[0] == first
        assert len(seen.out.splitlines()) > 2

    @pytest.mark.parametrize("what", ["drills", "tags", "failed_tasks", "runs"])
    def test_says_that_there_is_nothing(
        self, capsys: pytest.CaptureFixture[str], what: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))  # of nobody else's runs
        assert cli.main(["table", what]) == 0
        assert capsys.readouterr().out == f"There are no {what.replace('_', ' ')} here.\n"

    def test_names_every_table_that_there_is(self) -> None:
        assert (*reading.TABLES, "runs") == TABLES
        assert cli.build_parser().parse_args(["table", "rpo"]).what == "rpo"

    def test_on_a_terminal_prints_the_columns_that_fit(
        self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(terminal, "on_a_terminal", lambda: True)
        monkeypatch.setenv("COLUMNS", "80")
        assert cli.main(["table", "pairs"]) == 0
        seen = capsys.readouterr()
        assert max(map(len, seen.out.splitlines())) <= 80
        assert "--wide shows all" in seen.err
        assert cli.main(["table", "pairs", "--wide"]) == 0
        assert max(map(len, capsys.readouterr().out.splitlines())) > 300

    def test_says_what_could_not_be_read(self, capsys: pytest.CaptureFixture[str], range_: Sandbox) -> None:
        range_.fault("forbidden", path="task-center", times=100)
        assert cli.main(["table", "domains"]) == 0
        assert "Note: The failed tasks could not be read" in capsys.readouterr().err
        assert cli.main(["table", "failed_tasks"]) == 1
        assert "The failed tasks could not be read" in capsys.readouterr().err

    def test_gives_csv_and_json_for_other_programs(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["table", "groups", "--json"]) == 0
        rows = json.loads(capsys.readouterr().out)
        assert cli.main(["table", "groups", "--csv"]) == 0
        read = list(csv.DictReader(capsys.readouterr().out.splitlines()))
        assert [row["group"] for row in rows] == [row["group"] for row in read]
        assert len(rows) >= 4

    def test_an_unknown_group_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["table", "pairs", "--group", "nope"]) == 2
        seen = capsys.readouterr()
        assert seen.out == ""
        assert "'nope'" in seen.err
        assert seen.err.count("\n") == 1

    def test_an_unknown_profile_is_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["table", "groups", "--profile", "nope"]) == 2
        assert "nope" in capsys.readouterr().err


class TestCopiesOfAProject:
    def test_a_reading_of_the_journal_is_named_by_its_number(
        self, range_: Sandbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with site.connect() as opened:
            number = opened.snapshot()
        served: list[Sandbox] = []
        monkeypatch.setattr("drkit.sandbox.command.serve", lambda sandbox, **_: served.append(sandbox))
        assert cli.main(["sandbox", "--from", str(number)]) == 0
        assert served[0].world.pairs.keys() == range_.world.pairs.keys()
        assert served[0].state()["copy_of"]["project_id"] == range_.access["project_id"]

    def test_a_number_that_the_journal_has_not_is_one_sentence(
        self, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["sandbox", "--from", "4711"]) == 2
        assert capsys.readouterr().err.startswith("drkit: No reading is named '4711'")

    def test_a_file_of_that_name_comes_first(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        (tmp_path / "4711").write_text("{}")
        monkeypatch.chdir(tmp_path)
        assert cli.main(["sandbox", "--from", "4711"]) == 2
        assert "drkit sandbox: This is no kept reading" in capsys.readouterr().err


class TestRecordings:
    def test_of_a_project_are_a_practice_world_and_a_backend(
        self,
        range_: Sandbox,
        tmp_path: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        file = tmp_path / "talk.json"
        assert cli.main(["record", str(file)]) == 0
        seen = capsys.readouterr()
        assert (seen.out.strip(), "Look through the file" in seen.err) == (str(file), True)
        assert range_.access["password"] not in file.read_text()
        served: list[Sandbox] = []
        monkeypatch.setattr("drkit.sandbox.command.serve", lambda sandbox, **_: served.append(sandbox))
        assert cli.main(["sandbox", "--from", str(file)]) == 0
        assert cli.main(["sandbox", "--replay", str(file)]) == 0
        world, backend = served
        states = sorted(group.status for group in range_.world.groups.values())
        assert sorted(group.status for group in world.world.groups.values()) == states
        assert len(world.world.pairs) == len(range_.world.pairs)
        with site.practise(backend) as opened:
            assert sorted(opened.groups().status.astype(str)) == states

    def test_of_one_command_hold_what_it_asked_for(
        self, range_: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "talk.json"
        assert cli.main(["record", str(file), "table", "groups", "--csv"]) == 0
        assert [talk["path"] for talk in json.loads(file.read_text())["talks"]] == ["/server-groups"]
        assert capsys.readouterr().out.startswith("group,")

    def test_are_kept_where_the_reading_fails(
        self, range_: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        file = tmp_path / "talk.json"
        range_.fault("truncated", path="server-groups", times=100)
        assert cli.main(["record", str(file), "table", "groups"]) != 0
        assert "this was no JSON" in file.read_text()

    @pytest.mark.parametrize("words", [["run", "x"], ["lab"], ["record", "y"]])
    def test_of_what_changes_things_are_refused(
        self, words: list[str], range_: Sandbox, tmp_path: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert cli.main(["record", str(tmp_path / "x"), *words]) == 2
        assert "cannot be recorded" in capsys.readouterr().err
        assert not (tmp_path / "x").exists()

    def test_answer_as_they_were_answered(self, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["sandbox", "--replay", str(tmp_path / "none"), "--world", "demo"]) == 2
        assert "--replay goes with --host and --port only" in capsys.readouterr().err


class TestReadiness:
    def test_is_told_with_the_reasons_and_an_exit_code(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["readiness"]) == 1
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "shop-frontend: ready with warnings"
        assert "shop-backend: not ready" in lines
        assert not [line for line in lines if ": ok " in line]

    def test_of_one_group_is_told_with_every_check(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["readiness", "--group", "shop-frontend", "--all"]) == 0
        out = capsys.readouterr().out
        assert "  fault level: ok 0.\n" in out
        assert len(out.splitlines()) == 18

    def test_that_could_not_be_told_is_exit_code_2(
        self, capsys: pytest.CaptureFixture[str], range_: Sandbox
    ) -> None:
        range_.fault("forbidden", path="quotas", times=100)
        assert cli.main(["readiness", "--group", "shop-frontend", "--json"]) == 2
        rows = {row["check"]: row["state"] for row in json.loads(capsys.readouterr().out)}
        assert (rows["quotas"], rows["fault level"]) == ("unknown", "ok")

    def test_of_no_group_could_not_be_told(self, capsys: pytest.CaptureFixture[str], range_: Sandbox) -> None:
        range_.change_world("empty")
        assert cli.main(["readiness"]) == 2
        assert capsys.readouterr().out == "There are no protection groups here.\n"

    def test_is_a_file_that_node_exporter_reads(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path
    ) -> None:
        file = tmp_path / "dr.prom"
        assert cli.main(["readiness", "--openmetrics", str(file)]) == 1
        families = {each.name: each for each in text_string_to_metric_families(file.read_text())}
        values = {each.labels["group"]: each.value for each in families["drkit_group_readiness"].samples}
        assert (values["shop-frontend"], values["shop-backend"]) == (1.0, 2.0)
        assert len(families["drkit_group_check"].samples) == 5 * 17

    @pytest.mark.parametrize("file", ["x.txt", "none/x.prom"])
    def test_is_not_written_where_it_cannot_be_read(
        self, capsys: pytest.CaptureFixture[str], tmp_path: Path, file: str
    ) -> None:
        assert cli.main(["readiness", "--openmetrics", str(tmp_path / file)]) == 2
        assert capsys.readouterr().err.count("\n") == 2

    @pytest.mark.parametrize(
        "words",
        [["--drill-days", "0"], ["--moving-minutes", "x"], ["--quota-share", "2"], ["--quota-share", "x"]],
    )
    def test_takes_no_thresholds_that_make_no_sense(self, words: list[str]) -> None:
        with pytest.raises(SystemExit) as ended:
            cli.main(["readiness", *words])
        assert ended.value.code == 2


class TestSnapshots:
    def test_are_kept_listed_and_compared_with(
        self, capsys: pytest.CaptureFixture[str], range_: Sandbox
    ) -> None:
        assert cli.main(["snapshots"]) == 0
        assert capsys.readouterr().out == "No reading of this project was kept.\n"
        assert cli.main(["snapshot"]) == 0
        number = capsys.readouterr().out.strip()
        assert cli.main(["changes", number]) == 0
        assert capsys.readouterr().out == "Nothing changed.\n"
        next(iter(range_.world.pairs.values())).size += 10
        assert cli.main(["changes", number]) == 0
        assert "was expanded from 40 to 50 GB" in capsys.readouterr().out
        assert cli.main(["snapshots"]) == 0
        assert capsys.readouterr().out.splitlines()[1].split()[0] == number

    def test_that_are_not_there_are_refused(self, capsys: pytest.CaptureFixture[str]) -> None:
        assert cli.main(["changes"]) == 2
        assert "drkit snapshot" in capsys.readouterr().err


class TestWhateverGoesWrong:
    @pytest.mark.parametrize(
        ("error", "code", "sentence"),
        [
            (KeyboardInterrupt(), 3, "drkit: Interrupted."),
            (
                ZeroDivisionError(),
                3,
                "drkit: A fault in drkit itself (ZeroDivisionError); please report the lines above.",
            ),
            (OutcomeUnknownError("Lost."), 3, "drkit: Lost."),
        ],
    )
    def test_ends_with_a_sentence_and_a_code(
        self,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        error: BaseException,
        code: int,
        sentence: str,
    ) -> None:
        def fail(_path: Path) -> Path:
            raise error

        monkeypatch.setattr("drkit.lab.find_notebook", fail)
        assert cli.main(["run", "x"]) == code
        assert capsys.readouterr().err.splitlines()[-1] == sentence

    @pytest.mark.slow
    def test_a_reader_that_has_seen_enough_is_no_error(self) -> None:
        command = f"{Path(sys.executable).with_name('drkit')} run 00_start_here --list"
        result = subprocess.run(
            ["/bin/sh", "-c", f"{command} | true; exec {command} >&-"],
            capture_output=True,
            text=True,
            check=False,
        )
        assert "Traceback" not in result.stderr


@pytest.mark.parametrize("what", TABLES)
def test_a_table_is_told_in_names_and_in_yes_and_no(
    what: str, capsys: pytest.CaptureFixture[str], range_: Sandbox
) -> None:
    assert cli.main(["table", what, "--json"]) == 0
    raw = json.loads(capsys.readouterr().out or "[]") if what not in {"drills", "runs"} else []
    assert cli.main(["table", what, "--wide"]) == 0
    shown = capsys.readouterr().out
    for row in [line for line in shown.splitlines() if line]:
        assert {"True", "False", "None", "NaT"}.isdisjoint(row.split())
    ids = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
    told = {key for entry in raw for key, value in entry.items() if ids.fullmatch(str(value))}
    assert {key for key in told if not key.endswith("id")} == set()
