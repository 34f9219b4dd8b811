import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from drkit.model import GroupStatus, Inventory, PairStatus, Unknown
from drkit.report import charts
from drkit.report.charts import FEW, MOST_GROUPS, MOST_INSTANCES, MOST_PAIRS
from drkit.report.folding import MOST_DIRECTIONS, MOST_NAMED
from drkit.report.looks import WORDS, group_lines
from drkit.report.marks import SIGNS
from drkit.sandbox import Sandbox
from drkit.site import practise


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    folder: Path = tmp_path_factory.mktemp("charts")
    with practise(Sandbox("demo"), journal=folder / "journal.sqlite") as site:
        return site.inventory()


def zones(world: Inventory, *groups: str, **readiness: str) -> str:
    """The picture of these groups, by name, or of all; `readiness` by name, with _ for -."""
    words = {world.group(name.replace("_", "-")).id: word for name, word in readiness.items()}
    return charts.zones(world, [world.group(each) for each in groups] or world.groups.values(), words)


def words(svg: str) -> list[str]:
    return [
        "".join(each.itertext()).strip() for each in ET.fromstring(svg).iter() if each.tag.endswith("text")
    ]


def test_groups_zones_servers_and_states_are_words_in_the_picture(world: Inventory) -> None:
    seen = words(zones(world))
    assert {"shop-backend", "shop-reporting", "sandbox-1a", "sandbox-1b", "production", "DR site"} <= set(
        seen
    )
    assert "error-reversing · in trouble" in seen
    assert any(each.startswith("app-01") and each.endswith("ACTIVE") for each in seen)


def test_groups_in_trouble_come_first(world: Inventory) -> None:
    names = [line.name for line in group_lines(world, world.groups.values())]
    assert names == ["shop-database", "shop-reporting", "shop-backend", "shop-warehouse", "shop-frontend"]
    seen = words(zones(world))
    assert seen.index("shop-reporting") < seen.index("shop-backend")


def test_one_group_can_be_drawn_alone(world: Inventory) -> None:
    seen = words(zones(world, "shop-backend"))
    assert "shop-backend" in seen
    assert "shop-database" not in seen


def test_what_a_group_means_stands_beside_its_state_and_its_readiness_in_its_place(world: Inventory) -> None:
    seen = words(zones(world, shop_frontend="ready with warnings"))
    assert "protected · ready with warnings" in seen
    assert "available · unprotected" in seen
    assert "protected · in trouble" in words(zones(world, "shop-database"))


def test_production_stands_at_the_side_that_has_the_priority(world: Inventory) -> None:
    seen = words(zones(world, "shop-warehouse"))
    assert seen.index("DR site") < seen.index("production")
    nowhere = replace(world.group("shop-warehouse"), priority_station=Unknown("elsewhere"))
    unknown = words(zones(replace(world, groups={nowhere.id: nowhere})))
    assert "production" not in unknown


def test_a_state_has_a_sign_of_its_own_besides_its_colour(world: Inventory) -> None:
    group = world.group("shop-backend")
    first, second, third, *rest = world.pairs_of(group.id)
    mixed = {
        first.id: replace(first, status=PairStatus.FAULT),
        second.id: replace(second, status=PairStatus.ATTACHING),
        third.id: replace(third, status=Unknown("brand-new")),
        **{each.id: each for each in rest},
    }
    svg = zones(replace(world, pairs=mixed), "shop-backend")
    for look in ("failed", "exposed", "unknown"):
        assert f"var(--drkit-{look}, #" in svg
    assert len(set(SIGNS.values())) == len(SIGNS)


def crowd(world: Inventory, groups: int, instances: int = 0, pairs: int = 0, zones: int = 1) -> Inventory:
    """So many groups, copied in so many directions; the first has the instances and pairs."""
    group = world.group("shop-frontend")
    instance, pair = world.instances_of(group.id)[0], world.pairs_of(group.id)[0]
    return replace(
        world,
        groups={
            f"g{at}": replace(group, id=f"g{at}", name=f"group {at}", source_zone=f"zone-{at % zones}")
            for at in range(groups)
        },
        instances={
            f"i{at}": replace(instance, id=f"i{at}", group_id="g0", attachments=()) for at in range(instances)
        },
        pairs={f"p{at}": replace(pair, id=f"p{at}", group_id="g0", attachments=()) for at in range(pairs)},
    )


@pytest.mark.parametrize(("groups", "most"), [(1, MOST_INSTANCES), (MOST_GROUPS, FEW)])
def test_of_many_things_the_first_are_drawn_and_the_others_counted(
    world: Inventory, groups: int, most: int
) -> None:
    seen = words(zones(crowd(world, groups, most + 3, MOST_PAIRS + 4)))
    assert "and 3 more instances" in seen
    assert "+10" in seen  # what is drawn leaves room for the count
    assert ("no instances" in seen) is (groups > 1)


def height(svg: str) -> float:
    return float(ET.fromstring(svg).attrib["height"].removesuffix("pt"))


def test_many_groups_are_folded_by_direction_and_state_and_the_picture_does_not_grow(
    world: Inventory,
) -> None:
    hundred = crowd(world, 100, 30, 60)
    bad = {key: replace(each, status=GroupStatus.ERROR_REVERSING) for key, each in hundred.groups.items()}
    mixed = replace(hundred, groups={**hundred.groups, **{f"g{at}": bad[f"g{at}"] for at in range(12)}})
    seen = words(zones(mixed))
    assert {"100 groups", "30 instances", "60 pairs", "12", "88", "30", "60"} <= set(seen)
    assert "12 groups of 100 need attention" in seen
    assert f"and {12 - MOST_NAMED} more groups: the table has them all" in seen
    assert "group 11" in seen
    assert "group 50" not in seen
    assert height(zones(mixed)) == height(zones(crowd(world, 1000))) < 400


def test_of_many_directions_the_most_used_are_drawn(world: Inventory) -> None:
    seen = words(zones(crowd(world, 60, zones=MOST_DIRECTIONS + 2)))
    assert "and 20 groups in 2 other directions" in seen


def test_one_of_many_groups_that_needs_attention_is_one(world: Inventory) -> None:
    many = crowd(world, 20)
    off = replace(many.groups["g3"], status=GroupStatus.AVAILABLE)
    seen = words(zones(replace(many, groups={**many.groups, "g3": off})))
    assert "1 group of 20 needs attention" in seen
    assert "available · unprotected" in seen


def test_a_group_in_transition_says_how_far_it_is_and_one_without_zones_says_so(world: Inventory) -> None:
    moving = replace(world.group("shop-frontend"), status=GroupStatus.STARTING, progress=40, source_zone="")
    seen = words(zones(replace(world, groups={moving.id: moving})))
    assert "starting, 40 % · in transition" in seen
    assert "zone not told" in seen


def test_a_server_that_was_not_read_is_said(world: Inventory) -> None:
    assert any("server not read" in each for each in words(zones(replace(world, servers={}))))


def test_nothing_that_a_server_says_becomes_markup_or_a_formula(world: Inventory) -> None:
    nasty = replace(world.group("shop-backend"), name=r"<script>alert(1)</script> $\frac{1}{2}$ ✂ \x07")
    svg = zones(replace(world, groups={nasty.id: nasty}))
    assert "<script" not in svg
    assert any(r"$\frac{1}{2}$" in each for each in words(svg))


def test_an_empty_project_is_a_picture_without_groups(world: Inventory) -> None:
    assert set(WORDS.values()) - {"at rest"} <= set(words(zones(replace(world, groups={}))))


def test_the_picture_takes_on_the_pages_colours_and_stands_on_its_own_elsewhere(world: Inventory) -> None:
    svg = zones(world)
    assert "var(--jp-layout-color1, #ffffff)" in svg
    assert ": #ffffff" not in svg
    assert svg == zones(world)
