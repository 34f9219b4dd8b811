"""The architecture page says what is so."""

import configparser
import re
from pathlib import Path

import drkit

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / ".github" / "ARCHITECTURE.md").read_text("utf-8")
VAGUE = {"utils", "helpers", "common", "base", "manager"}


def layers() -> list[list[str]]:
    """The rooms of the layers contract, from the top to the bottom."""
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    text = contracts["importlinter:contract:way-of-the-data"]["layers"]
    return [re.findall(r"\((\w+)\)", line) for line in text.strip().splitlines()]


def test_the_rooms_are_those_of_the_layers_contract_in_its_order() -> None:
    described = re.findall(r"^\| `drkit/(\w+)` \|", PAGE, re.MULTILINE)
    level = {room: number for number, rooms in enumerate(layers()) for room in rooms}
    assert set(described) == level.keys() - {"__main__"}
    assert [level[room] for room in described] == sorted(level[room] for room in described)


def test_each_room_is_there() -> None:
    rooms = [room for rooms in layers() for room in rooms if room != "__main__"]
    assert [room for room in rooms if not list((ROOT / "drkit").glob(f"{room}*"))] == []


def test_each_type_among_the_words_is_one() -> None:
    words = PAGE.partition("## Words")[2].partition("## Traps")[0]
    types = [
        name for row in re.findall(r"^\| .*? \| (`.*?`) \|", words, re.MULTILINE) for name in row.split(", ")
    ]
    assert [name for name in types if not hasattr(drkit, name.strip("`"))] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    assert [path for path in (ROOT / "drkit").rglob("*.py") if path.stem in VAGUE] == []
