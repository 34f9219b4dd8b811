"""The README says what is so. To write its computed parts anew: python tests/test_readme.py"""

import re
import shlex
from collections.abc import Iterable
from pathlib import Path

import pytest

import drkit
from drkit import cli
from drkit.api import profile
from drkit.api.settings import VARIABLES
from drkit.sandbox import FAULTS, SCENARIOS
from tests.plan.matrix import changes_matrix, matrix

ROOT = Path(__file__).parent.parent
README = ROOT / "README.md"


def table(heads: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    cells = [list(heads), ["---"] * len(list(heads)), *rows]
    return "\n".join(f"| {' | '.join(row)} |" for row in cells)


def named(things: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(f"`{name}`", words) for name, words in things]


COMPUTED = {
    "scenarios": table(("scenario", "story"), named((each.name, each.story) for each in SCENARIOS.values())),
    "faults": table(("fault", "what happens"), named((each.name, each.sentence) for each in FAULTS.values())),
    "matrix": matrix(),
    "changes": changes_matrix(),
}


def part(name: str) -> re.Pattern[str]:
    return re.compile(f"(?<=<!-- {name} -->\n).*?(?=<!-- /{name} -->)", re.DOTALL)


def blocks(language: str) -> list[str]:
    return re.findall(f"```{language}\n(.*?)```", README.read_text("utf-8"), re.DOTALL)


def said_commands() -> list[list[str]]:
    lines = [line for block in blocks("sh") for line in block.splitlines()]
    return [shlex.split(line) for line in lines if line.startswith("drkit ")]


@pytest.mark.parametrize("name", COMPUTED)
def test_a_computed_part_is_as_the_code_has_it(name: str) -> None:
    [found] = part(name).findall(README.read_text("utf-8"))
    assert found.strip() == COMPUTED[name], "write it anew: python tests/test_readme.py"


@pytest.mark.parametrize("words", said_commands(), ids=" ".join)
def test_each_command_is_one_that_drkit_understands(words: list[str]) -> None:
    assert cli.build_parser().parse_args(words[1:]).command


def test_every_runbook_is_described_and_there() -> None:
    named = set(re.findall(r"^\| `(\d\d_\w+)` \|", README.read_text("utf-8"), re.MULTILINE))
    assert named == {each.stem for each in (ROOT / "notebooks").glob("*.ipynb")}


def test_every_room_is_described() -> None:
    rooms = {f"drkit/{each.name}" for each in (ROOT / "drkit").iterdir() if (each / "__init__.py").exists()}
    assert rooms <= set(re.findall(r"`(drkit/\w+)`", README.read_text("utf-8")))


def test_every_variable_of_a_profile_is_described_and_read() -> None:
    text = README.read_text("utf-8").partition("| variable |")[2].partition("\n\n")[0]
    described = set(re.findall(r"`((?:OS|HUAWEICLOUD|DRKIT)_\w+)`", text))
    read = {name for names in VARIABLES.values() for name in names}
    own = {
        "HUAWEICLOUD_SDK_IAM_ENDPOINT",
        "OS_AUTH_TYPE",
        "OS_AUTH_TOKEN",
        "OS_INSECURE",
        "OS_PROJECT_DOMAIN_ID",
    }
    unnamed = own | {"OS_APPLICATION_CREDENTIAL_NAME", "OS_SECURITY_TOKEN"}
    assert described == read - unnamed


def test_the_profile_of_the_readme_is_one_that_drkit_understands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    [toml] = blocks("toml")
    (tmp_path / "profiles.toml").write_text(toml.replace('cloud = "otc"', 'cloud = "env"'))
    keys = {"OS_USERNAME": "jane", "OS_USER_DOMAIN_NAME": "d", "OS_PROJECT_NAME": "eu-de_shop"}
    environ = keys | {"OS_AUTH_URL": "https://iam.eu-de.otc.t-systems.com/v3"}
    found = profile("shop", environ | {"DRKIT_PROFILES": str(tmp_path / "profiles.toml")})
    assert (found.access, found.region, found.thresholds) == ("read-only", "eu-de", {"drill_days": 30})
    assert found.journal.startswith("postgresql://")


@pytest.mark.slow
def test_the_python_of_the_readme_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRKIT_JOURNAL", str(tmp_path / "journal.sqlite"))
    monkeypatch.setenv("DRKIT_SANDBOX_SPEED", "2000")
    names: dict[str, object] = {}
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), names)
    [planting] = re.findall(r"`(site\.sandbox\.fault\(.*?\))`", README.read_text("utf-8"))
    assert eval(planting, names)
    assert isinstance(names["site"], drkit.Site)
    names["site"].sandbox.clear_faults()
    names["site"].close()
    assert len(list((tmp_path / "reports").iterdir())) == 2 * 6  # HTML and JSON of each run


def test_every_picture_is_there() -> None:
    for path in re.findall(r"!\[[^\]]*\]\(([^)]+)\)", README.read_text("utf-8")):
        assert (ROOT / path).is_file()


if __name__ == "__main__":
    text = README.read_text("utf-8")
    for name, content in COMPUTED.items():
        found = part(name).search(text)
        assert found, name
        text = f"{text[: found.start()]}{content}\n{text[found.end() :]}"
    README.write_text(text, "utf-8")
