import xml.etree.ElementTree as ET
from dataclasses import replace
from pathlib import Path

import pytest

from drkit.errors import UnknownNameError
from drkit.model import GroupStatus, Inventory, PairStatus, Unknown
from drkit.report.charts import MOST_GROUPS, MOST_INSTANCES, MOST_PAIRS, by_trouble, zones
from drkit.sandbox import Sandbox
from drkit.site import practise


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Inventory:
    folder: Path = tmp_path_factory.mktemp("charts")
    with practise(Sandbox("demo"), journal=folder / "journal.sqlite") as site:
        return site.inventory()


def words(svg: str) -> list[str]:
    return [
        "".join(each.itertext()).strip() for each in ET.fromstring(svg).iter() if each.tag.endswith("text")
    ]


def test_groups_zones_servers_and_states_are_words_in_the_picture(world: Inventory) -> None:
    seen = words(zones(world))
    assert {"shop-backend", "shop-reporting", "sandbox-1a", "sandbox-1b", "production", "DR site"} <= set(
        seen
    )
    assert "error-reversing" in seen
    assert any(each.startswith("app-01") and each.endswith("ACTIVE") for each in seen)


def test_groups_in_trouble_come_first(world: Inventory) -> None:
    names = [each.name for each in by_trouble(world.groups.values())]
    assert names[0] == "shop-reporting"
    seen = words(zones(world))
    assert seen.index("shop-reporting") < seen.index("shop-backend")


def test_one_group_can_be_drawn_alone_and_a_strange_name_is_refused(world: Inventory) -> None:
    seen = words(zones(world, "shop-backend"))
    assert "shop-backend" in seen
    assert "shop-database" not in seen
    with pytest.raises(UnknownNameError, match="did you mean"):
        zones(world, "shop-backnd")


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
    for colour in ("--jp-error-color1", "--jp-brand-color1", "--jp-warn-color1", "--jp-success-color1"):
        assert colour in svg


def test_of_many_things_the_first_are_drawn_and_the_others_counted(world: Inventory) -> None:
    group = world.group("shop-backend")
    instance = world.instances_of(group.id)[0]
    pair = world.pairs_of(group.id)[0]
    crowd = replace(
        world,
        groups={f"g{at}": replace(group, id=f"g{at}", name=f"group {at}") for at in range(MOST_GROUPS + 2)},
        instances={
            f"i{at}": replace(instance, id=f"i{at}", group_id="g0", attachments=())
            for at in range(MOST_INSTANCES + 3)
        },
        pairs={
            f"p{at}": replace(pair, id=f"p{at}", group_id="g0", attachments=())
            for at in range(MOST_PAIRS + 4)
        },
    )
    seen = words(zones(crowd))
    assert "and 3 more instances" in seen
    assert "and 2 more groups" in seen
    assert "+4" in seen
    assert "no instances" in seen


def test_a_group_in_transition_says_how_far_it_is_and_one_without_zones_says_so(world: Inventory) -> None:
    moving = replace(world.group("shop-backend"), status=GroupStatus.STARTING, progress=40, source_zone="")
    seen = words(zones(replace(world, groups={moving.id: moving})))
    assert "starting, 40 %" in seen
    assert "zone not told" in seen


def test_a_server_that_was_not_read_is_said(world: Inventory) -> None:
    assert any("server not read" in each for each in words(zones(replace(world, servers={}))))


def test_nothing_that_a_server_says_becomes_markup_or_a_formula(world: Inventory) -> None:
    nasty = replace(world.group("shop-backend"), name=r"<script>alert(1)</script> $\frac{1}{2}$ ✂ \x07")
    svg = zones(replace(world, groups={nasty.id: nasty}))
    assert "<script" not in svg
    assert any(r"$\frac{1}{2}$" in each for each in words(svg))


def test_an_empty_project_is_a_picture_without_groups(world: Inventory) -> None:
    assert "pair at rest" in words(zones(replace(world, groups={})))


def test_the_picture_takes_on_the_pages_colours_and_stands_on_its_own_elsewhere(world: Inventory) -> None:
    svg = zones(world)
    assert "var(--jp-layout-color1, #ffffff)" in svg
    assert ": #ffffff" not in svg
    assert svg == zones(world)
