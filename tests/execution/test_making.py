"""What a run makes is known to its later steps; what the service does at once is done at once."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from drkit.clock import SteppedClock
from drkit.execution import RunPhase
from drkit.plan import Protection, plan_protection
from drkit.sandbox import Sandbox
from drkit.site import Site, practise

PATIENCE = 60.0  # real seconds


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Site]:
    clock = SteppedClock()
    sandbox = Sandbox("twelve-servers", now=clock.monotonic, speed=1.0)
    with practise(sandbox, clock=clock, journal=tmp_path / "journal.sqlite") as opened:
        yield opened


def test_a_group_is_made_and_watched_until_it_is_synchronised_and_renamed_at_once(site: Site) -> None:
    found = site.client.inventory(disks=True, quotas=True, domains=True)
    domain = next(iter(found.domains.values())).id
    plan = plan_protection(found, Protection(servers=("web-01",), name="shop", domain=domain))
    assert site.run(plan, plan.to_type).wait(PATIENCE).phase is RunPhase.DONE
    renamed = site.run(site.plan("rename_group", group="shop", name="store"), "shop").wait(PATIENCE)
    assert [each.words for each in renamed.steps] == ["Done, says the service."]
    assert [each.name for each in site.inventory().groups.values()] == ["store"]
