"""Readiness as metrics, for who watches many projects (pure)."""

from collections.abc import Iterable
from typing import TYPE_CHECKING

from drkit.model import Inventory
from drkit.readiness.checks import CheckState
from drkit.readiness.standings import Readiness, Standing

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry

_STATES = {CheckState.OK: 0, CheckState.WARNING: 1, CheckState.FAILING: 2, CheckState.UNKNOWN: 3}
_WORDS = {Readiness.READY: 0, Readiness.WARNINGS: 1, Readiness.NOT_READY: 2, Readiness.UNKNOWN: 3}


def metrics(found: Iterable[Standing], inventory: Inventory) -> "CollectorRegistry":
    """`drkit_group_readiness` and `drkit_group_check`: 0 ok or ready, 1 warning, 2 failing or not ready, 3
    not known; `drkit_read_at_seconds`: when the project was read, in seconds since the epoch.
    """
    from prometheus_client import CollectorRegistry, Gauge  # noqa: PLC0415  # few need it

    registry, backend = CollectorRegistry(), inventory.backend
    place = {"cloud": backend.label, "project": backend.project}
    labels = (*place, "group", "group_id")
    words = "0 ready, 1 with warnings, 2 not ready, 3 not known"
    groups = Gauge("drkit_group_readiness", words, labels, registry=registry)
    words = "0 ok, 1 warning, 2 failing, 3 not known"
    checks = Gauge("drkit_group_check", words, (*labels, "check"), registry=registry)
    for standing in found:
        of_group = place | {"group": standing.group.name, "group_id": standing.group.id}
        groups.labels(**of_group).set(_WORDS[standing.readiness])
        for check in standing.checks:
            checks.labels(**of_group, check=check.name).set(_STATES[check.state])
    read_at = Gauge("drkit_read_at_seconds", "When the project was read", tuple(place), registry=registry)
    read_at.labels(**place).set(inventory.read_at.timestamp())
    return registry
