"""Whoever is refused because a run changes a group is told of that run: who, since when, doing what."""

from collections.abc import Iterator

import pytest

from drkit.errors import LeaseHeldError, RefusedError, StalePlanError
from drkit.execution.run import Run
from drkit.model import Operation
from drkit.plan import PlanRequest, RunbookKind
from drkit.plan.steps import Step
from drkit.runbooks import AttachRequest, AttachSession, RehearsalRequest, RehearsalSession
from drkit.site import Site
from tests.execution.stage import CACHES, Stage

WORDS = r"held by duty on .* \(process \d+\) since .* UTC, run .*: A plan of steps; last heard of"
ASKS = Step("1", "Look at it", instruction="Look.")


@pytest.fixture
def held(stage: Stage) -> Iterator[Run]:
    """A run of somebody that holds shop-backend while the service moves the group."""
    plan = stage.plan(ASKS)
    run = stage.start(plan)
    stage.ended(run)
    for group in stage.sandbox.world.groups.values():
        if group.name == "shop-backend":
            group.status = "reversing"
    yield run
    run.stop()
    run.wait()


@pytest.fixture
def site(stage: Stage) -> Iterator[Site]:
    with Site(stage.client, clock=stage.clock, journal=stage.file) as opened:
        yield opened


def rehearsal(kind: RunbookKind = RunbookKind.REPROTECT) -> PlanRequest:
    return PlanRequest(kind.value, ["shop-backend"], "s", "s", "c", ["Duty lead"])


def test_a_start_is_refused_with_the_holder_and_not_with_what_it_does(stage: Stage) -> None:
    plan = stage.attach(CACHES[0])
    run = stage.start(stage.plan(ASKS))
    stage.ended(run)
    for group in stage.sandbox.world.groups.values():
        group.status = "reversing"
    with pytest.raises(LeaseHeldError, match=WORDS) as refused:
        stage.start(plan)
    assert refused.value.run_id == run.id
    assert "reversing" not in str(refused.value)
    run.stop()
    stage.ended(run)
    with pytest.raises(StalePlanError, match="reversing"):
        stage.start(plan)


def test_why_not_names_the_holder_first(site: Site, held: Run) -> None:
    first, *others = site.why_not(Operation.REPROTECT, group="shop-backend").to_dict("records")
    assert held.id in first["found"]
    assert first["wanted"] == "held by nobody"
    assert others
    free = site.why_not(Operation.DISABLE_PROTECTION, group="shop-frontend")
    assert not free["found"].str.contains("held").any()


def test_a_rehearsal_that_is_refused_names_the_holder_first(site: Site, held: Run) -> None:
    with pytest.raises(RefusedError, match=WORDS) as refused:
        site.plan_rehearsal(rehearsal())
    rules = [each.rule for each in refused.value.objections]
    assert rules[0] == "no_run_holds_the_group"
    assert len(rules) > 1
    held.stop()
    held.wait()
    with pytest.raises(RefusedError) as alone:
        site.plan_rehearsal(rehearsal())
    assert "held by" not in str(alone.value)


def test_pairs_that_are_left_out_of_a_plan_tell_of_the_holder(site: Site, held: Run) -> None:
    plan = site.plan_attach("app-01", CACHES[0])
    (out,) = plan.left_out
    assert held.id in out.objections[0].found
    assert str(out.objections[0]).endswith("take the group over (takeover).")
    assert (
        site.plan_detach("app-01", "app-01-data").left_out[0].objections[0].rule == "no_run_holds_the_group"
    )


def test_the_forms_of_a_rehearsal_and_of_attaching_show_the_holder(site: Site, held: Run) -> None:
    session = RehearsalSession(RehearsalRequest("reprotect", ["shop-backend"]), site=site)
    session.choose(["shop-backend"], [])
    first, *_ = session.way(session.reading.group("shop-backend"))
    assert first.words.startswith("shop-backend is held by duty on")
    assert held.id in first.words
    attach = AttachSession(AttachRequest(), site=site)
    group = site.inventory().group("shop-backend")
    attach.read(group.id, ["app-01"])
    attach.judge("vd")
    pair = attach.reading.pair(CACHES[0]).id
    assert held.id in attach.draft([pair], {}).left_out[0].objections[0].found
