from collections.abc import Iterator

import pytest

from drkit.forms.matrix import MatrixBox, cell_words, matrix_table
from drkit.forms.ways import WaysBox
from drkit.model import Inventory, Operation
from drkit.plan import Offer, RunbookKind, rule_checks, spelled_out
from drkit.runbooks import ExploreSession
from drkit.runbooks.matrix import NO_CELLS, Matrix, MatrixCell, pairs_by_instances, verbs_by_groups, way_to
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.forms.hands import plain

NASTY = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    with practise(Sandbox("demo"), journal=tmp_path_factory.mktemp("matrix") / "journal.sqlite") as site:
        yield site


@pytest.fixture(scope="module")
def world(site: Site) -> Inventory:
    return site.client.inventory(disks=True, quotas=True, every_drill=True)


@pytest.fixture(scope="module")
def verbs(world: Inventory) -> Matrix:
    return verbs_by_groups(world, world.groups.values())


@pytest.fixture
def ways(site: Site) -> WaysBox:
    return WaysBox(ExploreSession(site=site), lambda: None)


def cell(matrix: Matrix, row: str, column: str) -> MatrixCell:
    keys = {name: key for key, name in {**matrix.rows, **matrix.columns}.items()}
    return matrix.cells[keys[row], keys[column]]


@pytest.mark.parametrize(
    ("group", "verb", "word"),
    [
        ("shop-frontend", "planned failover", "yes"),
        ("shop-frontend", "enable protection", "1 reason"),
        ("shop-backend", "enable protection", "yes"),
        ("shop-database", "planned failover", "2 reasons"),
        ("shop-warehouse", "reprotect", "yes"),
    ],
)
def test_a_verb_is_open_for_a_group_or_there_are_so_many_reasons(
    verbs: Matrix, group: str, verb: str, word: str
) -> None:
    assert cell(verbs, group, verb).word == word


def test_a_cell_has_the_reasons_that_the_runbook_itself_gives(verbs: Matrix, world: Inventory) -> None:
    group = world.group("shop-database")
    checks = rule_checks(world, group, RunbookKind.PLANNED_FAILOVER)
    reasons = cell(verbs, "shop-database", "planned failover").objections
    assert reasons == tuple(each.objection for each in checks if each.objection)


def test_a_cell_without_a_runbook_has_the_reasons_of_why_not(verbs: Matrix, site: Site) -> None:
    told = site.why_not("disable protection", group="shop-warehouse")
    reasons = cell(verbs, "shop-warehouse", "disable protection").objections
    assert [each.found for each in reasons] == told["found"].tolist()


def test_what_was_not_asked_is_never_yes(world: Inventory, site: Site) -> None:
    group = world.group("shop-frontend")
    partly = site.client.inventory()  # without quotas
    drill = cell(verbs_by_groups(partly, [group]), "shop-frontend", "create drill")
    assert drill.word == "not known"
    assert "Not asked, for" in plain(cell_words(drill, ()))
    assert "Nothing speaks against it" not in plain(cell_words(drill, ()))


def test_who_holds_a_group_is_a_reason_in_each_of_its_cells(world: Inventory, verbs: Matrix) -> None:
    group = world.group("shop-frontend")
    (held, *_) = cell(verbs, "shop-database", "failover").objections
    matrix = verbs_by_groups(world, [group], {group.id: (held,)})
    assert all(held in each.objections for each in matrix.cells.values())


def test_a_pair_goes_to_an_instance_or_comes_from_it(world: Inventory) -> None:
    group = world.group("shop-backend")
    matrix = pairs_by_instances(world, world.pairs_of(group.id), world.instances_of(group.id))
    attached = cell(matrix, "app-01-data", "app-01")
    assert (attached.already, attached.operation) == ("/dev/vdb", Operation.DETACH_PAIR)
    elsewhere = cell(matrix, "app-01-data", "app-02")
    assert elsewhere.title == "attach pair app-01-data to app-02 as /dev/vdc"
    assert elsewhere.word == "1 reason"
    assert "attached to app-01" in elsewhere.objections[0].found


def test_the_way_is_the_shortest_legal_one(world: Inventory, verbs: Matrix) -> None:
    assert spelled_out(way_to(world, cell(verbs, "shop-backend", "failover"))) == (
        "Enable protection of shop-backend. [drkit do enable-protection --group shop-backend]",
    )
    assert spelled_out(way_to(world, cell(verbs, "shop-warehouse", "disable protection"))) == (
        "Re-protect shop-warehouse. [drkit do reprotect --group shop-warehouse]",
    )


def test_the_matrix_is_a_table_too(verbs: Matrix) -> None:
    frame = verbs.frame("group")
    assert frame.columns.tolist()[:2] == ["group", "enable protection"]
    assert frame.set_index("group").loc["shop-backend", "enable protection"] == "yes"


def test_one_cell_can_be_reached_by_the_tab_key_and_the_others_by_arrows(verbs: Matrix) -> None:
    html = matrix_table(verbs, "Group")
    assert html.count('tabindex="0"') == 1
    assert html.count('tabindex="-1"') == len(verbs.cells) - 1
    assert '<th scope="row">shop-backend</th>' in html


def test_a_pressed_cell_says_every_reason_and_the_way(verbs: Matrix, world: Inventory, ways: WaysBox) -> None:
    pressed: list[tuple[str, str]] = []
    box = MatrixBox(pressed.append, ways)
    box.fill(verbs, "Group")
    wanted = cell(verbs, "shop-database", "planned failover")
    number = list(verbs.cells.values()).index(wanted)
    box.shown._handle_custom_msg({"press": str(number)}, [])
    (key,) = pressed
    assert box.cell(key) is wanted
    box.show_answer(wanted, way_to(world, wanted))
    said = plain(box.answer.value)
    assert said.startswith("○ 2 reasons planned failover of shop-database")
    assert all(each.remedy in said for each in wanted.objections)
    assert "The shortest legal way there: Have the provider restore the replication link of db-audit." in said


@pytest.mark.parametrize("press", ["", "x", "-1", "99999"])
def test_a_press_on_nothing_does_nothing(verbs: Matrix, press: str, ways: WaysBox) -> None:
    pressed: list[tuple[str, str]] = []
    box = MatrixBox(pressed.append, ways)
    box.fill(verbs, "Group")
    box.shown._handle_custom_msg({"press": press}, [])
    assert pressed == []


def test_an_open_cell_says_that_nothing_speaks_against_it(verbs: Matrix) -> None:
    assert "Nothing speaks against it now." in plain(
        cell_words(cell(verbs, "shop-backend", "enable protection"), ())
    )


def test_no_name_becomes_markup() -> None:
    bad = MatrixCell(Operation.FAILOVER, "g", NASTY, already=NASTY)
    shown = matrix_table(Matrix({"r": NASTY}, {"c": NASTY}, {("r", "c"): bad}), NASTY)
    assert "<img" not in shown + cell_words(bad, [Offer(NASTY)])


def test_an_empty_matrix_has_no_cells_and_no_hint(ways: WaysBox) -> None:
    box = MatrixBox(lambda _: None, ways)
    box.fill(NO_CELLS, "Group")
    assert "<td" not in box.shown.value
    assert box.answer.value == ""
