"""What a state means: green is protected and in order, amber unprotected or waiting, red in trouble."""

import re
from dataclasses import replace
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

import drkit.forms
from drkit.model import Inventory, PairStatus, ReplicationStatus, Unknown
from drkit.report.looks import look_of_group, look_of_pair, meanings
from drkit.sandbox import Sandbox
from drkit.showing import COLOURS, Look
from drkit.site import practise


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    with practise(Sandbox("demo"), journal=tmp_path_factory.mktemp("looks") / "journal.sqlite") as site:
        return site.inventory()


@pytest.mark.parametrize(
    ("group", "meaning"),
    [
        ("shop-frontend", Look.SOUND),
        ("shop-backend", Look.EXPOSED),
        ("shop-warehouse", Look.EXPOSED),
        ("shop-database", Look.TROUBLE),
        ("shop-reporting", Look.TROUBLE),
    ],
)
def test_a_group_at_rest_is_green_only_where_it_is_protected_and_in_order(
    world: Inventory, group: str, meaning: Look
) -> None:
    assert look_of_group(world, world.group(group)) is meaning


@pytest.mark.parametrize(
    ("readiness", "meaning"),
    [
        ("ready", Look.SOUND),
        ("ready with warnings", Look.SOUND),
        ("not ready", Look.TROUBLE),
        ("not known", Look.UNKNOWN),
    ],
)
def test_a_protected_group_looks_as_ready_as_it_was_judged(
    world: Inventory, readiness: str, meaning: Look
) -> None:
    assert look_of_group(world, world.group("shop-frontend"), readiness) is meaning
    assert look_of_group(world, world.group("shop-backend"), readiness) is Look.EXPOSED


def test_what_was_not_told_of_a_protected_group_is_not_known(world: Inventory) -> None:
    group = replace(world.group("shop-frontend"), replication_status=Unknown(""), health_status="")
    assert look_of_group(world, group) is Look.SOUND  # its pairs tell it
    assert look_of_group(replace(world, pairs={}), group) is Look.UNKNOWN
    silent = {key: replace(each, replication_status=Unknown("")) for key, each in world.pairs.items()}
    assert look_of_group(replace(world, pairs=silent), group) is Look.UNKNOWN


def test_a_group_is_no_better_than_its_health_and_what_is_in_it(world: Inventory) -> None:
    group = world.group("shop-frontend")
    assert look_of_group(world, replace(group, health_status="abnormal")) is Look.TROUBLE
    copying = replace(group, replication_status=ReplicationStatus.COPYING)
    assert look_of_group(world, copying) is Look.MOVING
    backend = world.group("shop-backend")
    pair = replace(world.pairs_of(backend.id)[0], status=PairStatus.FAULT)
    assert look_of_group(replace(world, pairs={pair.id: pair}), backend) is Look.TROUBLE


@pytest.mark.parametrize(
    ("replication", "fault", "meaning"),
    [
        (ReplicationStatus.ACTIVE, "0", Look.SOUND),
        (ReplicationStatus.ACTIVE, "", Look.SOUND),
        (ReplicationStatus.ACTIVE, "2", Look.TROUBLE),
        (ReplicationStatus.COPYING, "0", Look.MOVING),
        (ReplicationStatus.INACTIVE, "0", Look.EXPOSED),
        (Unknown("brand-new"), "0", Look.UNKNOWN),
    ],
)
def test_a_protected_pair_is_in_order_where_it_is_synchronised_and_without_a_fault(
    world: Inventory, replication: ReplicationStatus, fault: str, meaning: Look
) -> None:
    pair = world.pairs_of(world.group("shop-frontend").id)[0]
    assert look_of_pair(replace(pair, replication_status=replication, fault_level=fault)) is meaning


def test_how_many_mean_what_is_told_worst_first() -> None:
    assert meanings({Look.SOUND: 4, Look.TROUBLE: 1, Look.MOVING: 0}) == "1 in trouble, 4 in order"


# Machado, Oliveira and Fernandes (2009): what is seen of linear RGB with one kind of cone missing
BLINDNESS = {
    "none": "1 0 0  0 1 0  0 0 1",
    "deutan": "0.367322 0.860646 -0.227968  0.280085 0.672501 0.047413  -0.01182 0.04294 0.968881",
    "protan": "0.152286 1.052583 -0.204868  0.114503 0.786281 0.099216  -0.003882 -0.048116 1.051998",
    "tritan": "1.255528 -0.076749 -0.178779  -0.078411 0.930809 0.147602  0.004733 0.691367 0.3039",
}
XYZ = np.array(
    [[0.4339, 0.3762, 0.1899], [0.2126729, 0.7151522, 0.072175], [0.01775, 0.10945, 0.87289]]
)  # of linear sRGB, over the white point D65


def seen(colour: str, kind: str) -> np.ndarray:
    """The colour in CIELAB, as it is seen."""
    wire = np.array([int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)])
    linear = np.where(wire <= 0.04045, wire / 12.92, ((wire + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(XYZ @ np.clip(np.array(BLINDNESS[kind].split(), float).reshape(3, 3) @ linear, 0, 1))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


STYLE = Path(drkit.forms.__file__).with_name("style.css").read_text()
LIGHT, DARK = (
    {Look(name): shade for name, shade in re.findall(r"--drkit-(\w+): (#\w{6})", block)}
    for block in re.findall(r"\{([^}]*--drkit-done: #[^}]*)\}", STYLE)
)


@pytest.mark.parametrize("kind", BLINDNESS)
@pytest.mark.parametrize("palette", [LIGHT, DARK], ids=["light", "dark"])
def test_the_colours_of_states_are_told_apart_by_the_colour_blind(
    palette: dict[Look, str], kind: str
) -> None:
    shades = {palette[each] for each in Look} - {palette[Look.RESTING]}
    nearest = min(np.linalg.norm(seen(a, kind) - seen(b, kind)) for a, b in combinations(shades, 2))
    assert nearest > 25  # a difference of 2 can just be seen; Lab's own green and red are 14 apart


def test_a_picture_on_paper_has_the_colours_of_the_light_theme() -> None:
    assert LIGHT == COLOURS
