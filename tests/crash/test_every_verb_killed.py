"""For each verb a real process is killed right after its change has left: it is done once all the same."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from drkit.api import open_client, sandbox_profile
from drkit.journal import EntryKind, Journal
from drkit.model import Operation
from drkit.plan import plan_change
from drkit.sandbox import Sandbox, running
from tests.crash.range import SPEED, Range

VERBS: dict[Operation, dict[str, Any]] = {
    Operation.CREATE_GROUP: {"name": "fresh"},
    Operation.RENAME_GROUP: {"group": "shop-backend", "name": "store"},
    Operation.ENABLE_PROTECTION: {"group": "shop-backend"},
    Operation.DISABLE_PROTECTION: {"group": "shop-frontend"},
    Operation.FAILOVER: {"group": "shop-frontend"},
    Operation.CREATE_INSTANCE: {"group": "shop-backend", "server": "search-01"},
    Operation.CREATE_INSTANCES: {
        "group": "shop-backend",
        "servers": ("search-01", "search-02"),
        "name": "search",
    },
    Operation.RENAME_INSTANCE: {"instance": "app-01", "name": "app-one"},
    Operation.DELETE_INSTANCE: {"instance": "app-01", "with_server": True},
    Operation.DELETE_INSTANCES: {"instances": ("app-01", "app-02")},
    Operation.SET_TAGS: {"instance": "app-01", "tags": ("tier=1", "team=shop")},
    Operation.RENAME_PAIR: {"pair": "app-cache-04", "name": "cache-four"},
    Operation.EXPAND_PAIR: {"pair": "app-cache-04", "new_size_gb": 500},
    Operation.ATTACH_PAIR: {"pair": "app-cache-04", "instance": "app-01"},
    Operation.DETACH_PAIR: {"pair": "app-01-data", "instance": "app-01"},
    Operation.DELETE_PAIR: {"pair": "app-cache-04", "with_disk": True},
    Operation.STOP_SERVER: {"group": "shop-backend", "server": "app-01"},
}


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Range]:
    with running(Sandbox(speed=SPEED)) as sandbox:
        yield Range(sandbox, tmp_path_factory.mktemp("killed"))


def planned(where: Range, operation: Operation) -> dict[str, Any]:
    words = dict(VERBS[operation])
    with open_client(sandbox_profile(where.sandbox.access)) as client:
        if operation is Operation.CREATE_GROUP:
            near = client.domains()[0]
            words |= {"domain": near.id, "source_zone": near.local_zone, "target_zone": near.remote_zone}
            words["vpc"] = client.groups()[0].source_vpc_id
        now = client.inventory(disks=True, quotas=True, domains=True)
    kept: dict[str, Any] = json.loads(json.dumps(plan_change(now, operation, **words).to_json()))
    return kept


@pytest.mark.parametrize("operation", VERBS)
def test_a_change_whose_sender_is_killed_is_done_once(
    where: Range, operation: Operation, tmp_path: Path
) -> None:
    where.folder = tmp_path
    where.anew(0)
    where.plan = planned(where, operation)
    whole = where.let_loose()
    assert whole.phase == "done"
    left = ("after POST", "after PUT", "after DELETE")
    point = next(number for number, name in enumerate(whole.points, 1) if name.startswith(left))
    where.anew(1)
    where.plan = planned(where, operation)
    assert not where.let_loose(die_at=point).phase  # killed before it heard the answer
    last = where.let_loose()
    assert last.phase == "done", last
    journal = Journal.open(where.where)
    [run] = journal.runs()
    kinds = [each.kind for each in journal.entries(run.id)]
    assert journal.verify(run.id).holds
    journal.close()
    assert kinds.count(EntryKind.INTENDED) == 1
    assert where.sandbox.invariants() == []
