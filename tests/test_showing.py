"""What a console and a notebook show of each public value: short, and safe whatever names a server gives."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from enum import Enum
from html.parser import HTMLParser
from types import SimpleNamespace
from typing import Any, cast

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import drkit
from drkit.api import Access, Client
from drkit.execution import RunPhase, StepPhase
from drkit.plan import ways_out
from drkit.rules import judge
from drkit.sandbox import Sandbox
from drkit.showing import MOST_ROWS, Look, colour, cut, first_few, listed, state, table
from drkit.site import practise
from tests.facts import reading

NOW = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)
TAGS = {"div", "p", "b", "table", "tr", "th", "td", "ul", "li", "span", "h3"}


@pytest.fixture(params=["demo", "large"], scope="module")
def sandbox(request: pytest.FixtureRequest) -> Sandbox:
    if request.param == "demo":
        return Sandbox(now=lambda: 0.0)
    return Sandbox("large", now=lambda: 0.0, groups=4, instances=50, pairs=500)


@pytest.fixture(scope="module")
def site(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[drkit.Site]:
    clock = drkit.SteppedClock(on_advance=sandbox.step)
    with practise(sandbox, clock=clock, journal=tmp_path_factory.mktemp("journal") / "j.sqlite") as opened:
        yield opened


@pytest.fixture(scope="module")
def values(site: drkit.Site) -> list[object]:
    """At least one value of every public class, and all that a reading of the project holds."""
    inventory = site.inventory(disks=True)
    instance = next(iter(inventory.instances.values()))
    free = [pair for pair in inventory.pairs_of(instance.group_id) if not pair.attachments][:3]
    held = inventory.attachments_on(instance.id)[:1]
    plan = site.plan_attach(instance.id, [*(pair.id for pair in free), *(one.pair_id for one in held)])
    change = drkit.Change.of(drkit.Operation.FAILOVER, instance.group_id)
    run = site.run(plan, confirm=plan.groups[0][1])
    state = run.wait(60)
    drill = drkit.Drill("d1", "spring", drkit.DrillStatus.ERROR, "", instance.group_id, (), None, None)
    job = drkit.Job(
        "j1", "attachReplicationPair", drkit.JobStatus.FAIL, None, None, "", "", (("x", "y"),) * 99
    )
    aims = drkit.Objectives(drkit.RunbookKind.DRILL, "Practice " * 200, "All", "Orders", ("Duty lead",) * 90)
    lease = drkit.Lease("g", "r", 1, "ops", "host", 1, "Attach", NOW, NOW, expired=False)
    reviews = drkit.review(site.journal.where)
    things = (inventory.groups, inventory.instances, inventory.pairs, inventory.servers, inventory.disks)
    return [
        *(thing for kind in things for thing in kind.values()),
        *(inventory, inventory.backend, *inventory.attachments, drill, job, change, lease, aims),
        *(plan, *plan.steps, *plan.left_out, *(one for left in plan.left_out for one in left.objections)),
        *(judge(change, inventory), *ways_out(inventory, instance.group_id)),
        *(run, state, *state.steps, site, site.sandbox, site.journal, site.record(run.id)),
        *(reviews, reviews.practice, drkit.PlanRequest("dr_drill", [["a-group-with-a-name"] * 90])),
        *(drkit.SystemClock(), drkit.SteppedClock(), site.read(), drkit.Thresholds()),
        drkit.Sites({"sandbox": site}),
    ]


def public_values() -> set[type]:
    every = [getattr(drkit, name) for name in drkit.__all__]
    kinds = {each for each in every if isinstance(each, type) and not issubclass(each, (Exception, Enum))}
    return kinds - {drkit.Clock, drkit.Unknown}  # a protocol, and a mere text


@pytest.mark.xdist_group("public values")  # the worlds are made once
class TestEveryPublicValue:
    def test_has_an_example_here(self, values: list[object]) -> None:
        assert public_values() <= {type(value) for value in values}

    def test_is_one_short_line(self, values: list[object], sandbox: Sandbox) -> None:
        lines = [repr(value) for value in values]
        secret = sandbox.access["password"]
        assert [line for line in lines if len(line) >= 200 or "\n" in line or secret in line] == []

    def test_is_a_small_piece_of_html_where_it_has_one(self, values: list[Any]) -> None:
        kinds = {
            drkit.Site,
            drkit.Reading,
            drkit.Inventory,
            drkit.Plan,
            drkit.Run,
            drkit.RunState,
            drkit.Objection,
        }
        assert kinds | {drkit.Verdict, drkit.Review, drkit.Reviews} == {
            type(value) for value in values if hasattr(value, "_repr_html_")
        }
        for value in values:
            if hasattr(value, "_repr_html_") and not isinstance(value, drkit.Review):  # it shows pictures
                assert 0 < len(value._repr_html_()) < 20_000


class Page(HTMLParser):
    """The tags, the attributes and the text of a piece of HTML."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.styles: set[str | None] = set()
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.styles |= {value if name == "style" else name for name, value in attrs}

    def handle_data(self, data: str) -> None:
        self.text += data


def showing(name: str) -> list[Any]:
    """Values with HTML in which every text that comes from elsewhere is this one."""
    inventory = reading({"groups": {"shop": {}}})
    backend = drkit.Backend(False, name, name, name, name)
    group = replace(
        inventory.group("shop"), name=name, status=drkit.Unknown(name), source_zone=name, target_zone=name
    )
    objection = drkit.Objection(name, name, name, name, name, name, name)
    plan = drkit.Plan(
        title=name,
        backend=backend,
        groups=((name, name),),
        steps=(drkit.Step(name, name, needs=(name,), undo=name),),
        read_at=NOW,
        left_out=(drkit.LeftOut(name, name, (objection,)),),
        notes=(name,),
    )
    step = drkit.StepState(name, name, StepPhase.FAILED, name, code=name, reason=name, remedy=name)
    change = drkit.Change.of(drkit.Operation.FAILOVER, "shop-id")
    side = drkit.Review((), practice=False, now=NOW)
    return [
        drkit.Site(cast(Client, SimpleNamespace(backend=backend, access=Access.REAL))),
        drkit.Inventory(backend, NOW, groups={name: group}, problems=(name,)),
        plan,
        drkit.RunState(name, plan, RunPhase.FAILED, (step,), NOW, None, name, 1, 1, name),
        objection,
        drkit.Verdict(change, (objection,)),
        drkit.Reviews(side, side, (name,)),
    ]


@given(st.text(min_size=1))
@example('<img src=x onerror="alert(1)">')
@example("<script>alert(1)</script>")
@example("</td></table>'\" onmouseover='alert(1)'")
@settings(deadline=None)
def test_no_name_becomes_html(name: str) -> None:
    for value in showing(name):
        page = Page(value._repr_html_())
        assert page.tags <= TAGS
        assert page.styles <= {
            "text-align: left",
            "color: inherit",
            *(f"color: {colour(each)}" for each in Look),
        }
        assert name in page.text
        assert len(repr(value)) < 200
        assert "\n" not in repr(value)


def test_a_long_table_or_list_says_how_much_more_there_is() -> None:
    rows = [("a",)] * (MOST_ROWS + 1)
    assert table(("head",), rows).count("<td") == MOST_ROWS
    assert table(("head",), rows).endswith("<p>and 1 more</p>")
    assert listed("Notes", ["a"] * (MOST_ROWS + 3)).endswith("<p>and 3 more</p>")
    assert table(("head",), []) == listed("Notes", []) == ""


@pytest.mark.parametrize(
    ("word", "shade"),
    [
        ("done", "--drkit-done"),
        ("working", "brand"),
        ("error-reversing", "--drkit-failed"),
        (drkit.model.GroupStatus.FAILED_OVER, "--drkit-exposed"),
        (drkit.model.GroupStatus.STARTING, "--drkit-moving"),
        (drkit.model.GroupStatus.PROTECTED, "--drkit-done"),
        (drkit.model.ServerStatus.SHUTOFF, "--drkit-resting"),
        (drkit.model.Unknown("brand-new"), "--drkit-unknown"),
        ("waiting", "inherit"),
    ],
)
def test_the_colour_of_a_state_is_what_it_means(word: str, shade: str) -> None:
    assert shade in state(word).partition(">")[0]


def test_a_text_is_cut_to_one_line() -> None:
    assert cut("a\n b") == "a b"
    assert cut("x" * 60) == "x" * 49 + "…"


def test_of_a_long_list_a_sentence_tells_five_and_how_many_more_and_where() -> None:
    assert first_few(range(5)) == "0, 1, 2, 3, 4"
    assert first_few(range(7), between="; ") == "0; 1; 2; 3; 4; and 2 more"
    assert first_few(range(200), "see there") == "0, 1, 2, 3, 4, and 195 more: see there"
