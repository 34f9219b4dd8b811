import csv
import json
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

from drkit import cli
from drkit.errors import OutcomeUnknownError


def test_the_version_is_the_packages(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.startswith("drkit 0.")


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
    assert "knows no --profile, and nothing ran" in capsys.readouterr().err
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
    @pytest.mark.parametrize("what", cli.TABLES)
    def test_prints_what_is_there_and_says_that_it_is_practice(
        self, capsys: pytest.CaptureFixture[str], what: str
    ) -> None:
        assert cli.main(["table", what]) == 0
        seen = capsys.readouterr()
        assert seen.err == "PRACTICE:\n"
        assert seen.out.split()[0] == {"attachments": "pair"}.get(what, what.removesuffix("s"))
        assert len(seen.out.splitlines()) > 3

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
