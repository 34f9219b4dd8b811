import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from drkit.errors import InputError, UnknownNameError
from drkit.headless.notebooks import FORMATS
from drkit.headless.parameters import Parameter, bind, declared

CELL = """\
# what a reader sees first
profile: str = ""  # where to connect
group: str | None = None  # name of the protection group
pairs: list[str] = []  # the pairs, by name
devices: dict[str, str] = {}
parallel: int = 4  # how many at once
patience: float = 2.5  # hours
fail_fast: bool = False  # stop at the first failure
"""


@pytest.fixture
def known() -> dict[str, Parameter]:
    return declared(CELL)


def test_the_cell_tells_names_types_defaults_and_comments(known: dict[str, Parameter]) -> None:
    assert list(known) == ["profile", "group", "pairs", "devices", "parallel", "patience", "fail_fast"]
    assert known["group"] == Parameter(
        "group", "str", optional=True, required=False, default=None, comment="name of the protection group"
    )
    assert known["group"].annotation == "str | None"
    assert known["devices"].comment == ""
    assert known["patience"].default == 2.5


@pytest.mark.parametrize(
    ("entry", "value"),
    [
        ("profile=a=b, c", "a=b, c"),
        ("profile=none", "none"),
        ("group=none", None),
        ("group=web", "web"),
        ("pairs=a, b", ["a", "b"]),
        ('pairs=["a,b"]', ["a,b"]),
        ("pairs=", []),
        ("devices=p1=/dev/vdb,p2=/dev/vdc", {"p1": "/dev/vdb", "p2": "/dev/vdc"}),
        ('devices={"p": "x"}', {"p": "x"}),
        ("parallel=7", 7),
        ("patience=3", 3.0),
        ("fail_fast=Yes", True),
        ("fail_fast=0", False),
    ],
)
def test_a_value_is_read_by_its_type(known: dict[str, Parameter], entry: str, value: object) -> None:
    name = entry.split("=", maxsplit=1)[0]
    assert bind(known, [entry]) == {name: value}
    assert type(bind(known, [entry])[name]) is type(value)


@pytest.mark.parametrize(
    ("entry", "words"),
    [
        ("parallel=many", "a whole number"),
        ("parallel=1.5", "'1.5'"),
        ("patience=nan", "a number"),
        ("patience=long", "a number"),
        ("fail_fast=maybe", "true or false"),
        ("pairs=a,,b", "a,b or"),
        ("pairs=[1]", "list[str]"),
        ("pairs=[", "list[str]"),
        ("devices=p1", "k=v"),
        ("devices=p=1,p=2", "k=v"),
        ('devices={"p": 1}', "k=v"),
        ("parallel=none", "a whole number"),
    ],
)
def test_a_value_of_another_type_is_refused(known: dict[str, Parameter], entry: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        bind(known, [entry])
    assert entry.split("=", maxsplit=1)[0] in str(refused.value)
    assert words in str(refused.value)


def test_a_misspelled_name_is_refused_with_the_nearest_one(known: dict[str, Parameter]) -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'pairs'"):
        bind(known, ["pars=a"])


@pytest.mark.parametrize("name", ["password", "secret_key", "access_key", "api_token", "SK"])
def test_a_secret_is_refused_wherever_it_shows_up(name: str) -> None:
    with pytest.raises(InputError, match="secret"):
        bind({}, [f"{name}=x"])
    with pytest.raises(InputError, match="secret") as refused:
        declared(f'a: int = 1\n{name}: str = ""')
    assert "line 2" in str(refused.value)


def test_what_is_given_twice_or_without_a_value_is_refused(known: dict[str, Parameter]) -> None:
    with pytest.raises(InputError, match="given twice"):
        bind(known, ["group=a", "group=b"])
    with pytest.raises(InputError, match="NAME=VALUE"):
        bind(known, ["group"])


def test_a_parameter_without_a_default_must_be_given() -> None:
    known = declared("group: str  # needed")
    with pytest.raises(InputError, match="add -p group=VALUE"):
        bind(known, [])
    assert bind(known, ["group=web"]) == {"group": "web"}


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("group = 1", "name: type = default"),
        ("import os", "name: type = default"),
        ("a.b: int = 1", "name: type = default"),
        ("group: bytes = b''", "known types"),
        ("group: str = str(1)", "plain value"),
        ("group: dict[str, str] = {[]: 1}", "plain value"),
        ("group: int = 'x'", "whole number"),
        ("group: int = None", "whole number"),
        ("group: int = (", "not Python, line 1"),
    ],
)
def test_a_cell_that_declares_otherwise_is_refused_and_never_run(cell: str, words: str) -> None:
    with pytest.raises(InputError) as refused:
        declared(cell)
    assert words in str(refused.value)
    assert "line 1" in str(refused.value)


def test_a_file_gives_values_and_the_shell_goes_over_it(known: dict[str, Parameter], tmp_path: Path) -> None:
    file = tmp_path / "attach.json"
    file.write_text(json.dumps({"group": None, "parallel": 2, "patience": 1, "pairs": ["a"]}))
    assert bind(known, ["parallel=9"], file) == {
        "group": None,
        "parallel": 9,
        "patience": 1.0,
        "pairs": ["a"],
    }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[]", "one JSON object"),
        ("{", "not JSON"),
        ('{"parallel": "2"}', "a whole number"),
        ('{"par": 2}', "par"),
    ],
)
def test_a_file_that_does_not_fit_is_refused(
    known: dict[str, Parameter], tmp_path: Path, text: str, words: str
) -> None:
    file = tmp_path / "attach.json"
    file.write_text(text)
    with pytest.raises(InputError, match=words):
        bind(known, [], file)
    with pytest.raises(InputError, match="cannot be read"):
        bind(known, [], tmp_path / "absent.json")


@pytest.mark.parametrize("value", [2**53 + 1, -(2**53) - 1, 10**400])
def test_a_whole_number_too_long_to_be_kept_as_it_is_is_refused(value: int) -> None:
    number = next(each for each in declared(CELL).values() if each.kind == "float")
    with pytest.raises(InputError, match=f"Parameter {number.name} is float"):
        number.accept(value)


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none(), st.lists(st.text())))
def test_a_true_value_is_never_a_number_and_text_is_never_guessed(value: object) -> None:
    for parameter in declared(CELL).values():
        try:
            accepted = parameter.accept(value)
        except InputError:
            continue
        assert accepted == value
        assert type(accepted) is type(value) or (parameter.kind == "float" and type(value) is int)


@pytest.mark.parametrize("words", [["20_attach_pairs", "--list"], ["20_attach_pairs", "-p", "grop=x"]])
def test_a_word_in_the_shell_loads_nothing_that_takes_seconds(words: list[str]) -> None:
    """The formats are jsonschema's, of addresses and dates; it checks notebooks without them as well."""
    slow = {"pandas", "numpy", "httpx", "sqlalchemy", "nbclient", *FORMATS}
    code = (
        f"import sys; from drkit.cli import main; main(['run', *{words}]); print(*{slow} & set(sys.modules))"
    )
    answer = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert answer.stdout.splitlines()[-1] == ""
    assert "group" in answer.stdout + answer.stderr
