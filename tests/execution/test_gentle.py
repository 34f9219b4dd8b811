"""Under a service's own limit a run goes as fast as that, and nobody hears of it; over HTTP, in real time."""

from pathlib import Path

import pytest

from drkit.api import open_client
from drkit.api.profiles import profile
from drkit.execution.context import RunOptions
from drkit.execution.run import Run
from drkit.execution.states import RunPhase
from drkit.journal import Journal
from tests.bench.bench_attaching import plan_of
from tests.bench.parts.responder import access
from tests.bench.parts.working import Work, working

LIMIT = 50  # requests a second


@pytest.mark.slow
def test_under_a_limit_of_the_service_no_error_is_told_and_it_goes_about_as_fast_as_that(
    tmp_path: Path,
) -> None:
    work = Work(400, 100, 0.2, 0.2, latency=0.005, limit=LIMIT)
    with (
        working(work) as stand,
        open_client(profile("env", access(stand.port))) as client,
        Journal.open(tmp_path / "journal.sqlite") as journal,
    ):
        plan = plan_of(client, work)
        stand.told()
        confirm = ", ".join(name for _, name in plan.groups)
        run = Run.start(
            plan, client=client, journal=journal, confirm=confirm, options=RunOptions(parallel=16)
        )
        state = run.wait(60)
        told = stand.told()
    assert state.phase is RunPhase.DONE, state.sentence
    assert told["refused"] > 0, "the limit was met"
    seconds = (max(each.ended_at for each in state.steps if each.ended_at) - state.started_at).total_seconds()
    asked = sum(told["counts"].values())
    assert asked / seconds > 0.6 * LIMIT
