"""The one word of a group's readiness, and what to do first (pure)."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from drkit.model import Inventory, ProtectionGroup
from drkit.readiness.checks import USUAL, Check, CheckState, Looked, Thresholds, checks
from drkit.readiness.known import Known
from drkit.readiness.proofs import proofs


class Readiness(StrEnum):
    """Whether a group can be failed over now and would come back."""

    READY = "ready"
    WARNINGS = "ready with warnings"
    NOT_READY = "not ready"
    UNKNOWN = "not known"


@dataclass(frozen=True, slots=True)
class Standing:
    """A group with all its checks, the most urgent first."""

    group: ProtectionGroup
    called: str
    checks: tuple[Check, ...]

    def of(self, state: CheckState) -> tuple[Check, ...]:
        """The checks that came out so."""
        return tuple(each for each in self.checks if each.state is state)

    @property
    def readiness(self) -> Readiness:
        """The word: one check that fails makes it not ready, one that is not known makes it not known."""
        states = {each.state for each in self.checks}
        if CheckState.FAILING in states:
            return Readiness.NOT_READY
        if CheckState.UNKNOWN in states or not states:
            return Readiness.UNKNOWN
        return Readiness.WARNINGS if CheckState.WARNING in states else Readiness.READY

    @property
    def first(self) -> str:
        """What to do first, with the reason; empty where there is nothing to do."""
        for state in (CheckState.FAILING, CheckState.UNKNOWN, CheckState.WARNING):
            for each in self.of(state):
                return f"{each.why} {each.to_do}".strip()
        return ""


def standings(
    inventory: Inventory, known: Known, thresholds: Thresholds = USUAL, group_id: str = ""
) -> tuple[Standing, ...]:
    """How each group stands, or one of them."""
    proven = {each.id: each for each in proofs(inventory, known) if each.kind == "groups"}
    return tuple(
        Standing(
            group,
            inventory.called(key),
            checks(Looked(group, inventory, known, thresholds, proven[key])),
        )
        for key, group in inventory.groups.items()
        if not group_id or key == group_id
    )


def exit_code(found: Iterable[Standing]) -> int:
    """0 where every group is ready, 1 where one is not, else 2: it could not be told, or there is none."""
    words = {standing.readiness for standing in found}
    if Readiness.NOT_READY in words:
        return 1
    return 2 if Readiness.UNKNOWN in words or not words else 0
