"""What an operator asks of a rehearsal, as texts; and the one place where its names become ids (pure)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import chain
from typing import Self

from drkit.errors import InputError, UnknownNameError
from drkit.model import Inventory, parse_time
from drkit.plan.objectives import Objectives, RunbookKind, read_seconds
from drkit.plan.order import resolved_order
from drkit.showing import shows

EVERY_GROUP = "*"


@shows("kind", "waves")
@dataclass(frozen=True, slots=True)
class PlanRequest:
    """A rehearsal as an operator types it.

    `kind` is one of the runbooks ("dr_drill", "planned_failover", "failback", "failover", "reprotect",
    "restart", "cleanup"). `waves` are names or ids of groups; those that go side by side are joined by "+"
    or a sequence of their own. `rto` has spans of time by group ("15 min"; "*" stands for every group),
    `rpo` is one, and `checks` are health checks by group: "tcp://host:port" or a URL. `declared_at` is a
    time in UTC. With `second_person` another login than the runner's has to approve the plan and to accept
    the record. `order` has the protected instances in the order in which their servers start within a group,
    a level a text (see `plan.order`). `hard` cuts servers off instead of shutting them down. The drill's
    name and network count for a drill (run and step are added to the name; no network: the service makes
    one for each group), `drills` (names or ids) for a clean-up.
    `follows` is the run that this one goes on from.
    """

    kind: str
    waves: Sequence[str | Sequence[str]] = ()
    scenario: str = ""
    scope: str = ""
    criteria: str = ""
    participants: Sequence[str] = ()
    expert_absent: bool = False
    second_person: bool = False
    rto: Mapping[str, str] = field(default_factory=dict)
    rpo: str = "0 s"
    declared_what: str = ""
    declared_by: str = ""
    declared_at: str = ""
    checks: Mapping[str, str] = field(default_factory=dict)
    order: Sequence[str] = ()
    hard: bool = False
    drill_name: str = ""
    drill_vpc_id: str = ""
    drills: Sequence[str] = ()
    follows: str = ""

    def runbook(self) -> RunbookKind:
        """Which runbook is meant. Raises `UnknownNameError`."""
        try:
            return RunbookKind(self.kind)
        except ValueError:
            raise UnknownNameError.among("runbook", self.kind, RunbookKind) from None

    def in_waves(self, known: Collection[str] = ()) -> tuple[tuple[str, ...], ...]:
        """The groups of each wave, as they are named; a `known` name may have a + of its own."""
        waves = (_side_by_side(wave, known) for wave in self.waves)
        return tuple(filter(None, (tuple(filter(None, map(str.strip, wave))) for wave in waves)))

    def resolved(self, reading: Inventory) -> Self:
        """The same request with an id in place of every name: the one look-up, what comes later works on ids.

        A clean-up has the groups of its drills. What is given for a group outside the waves keeps its name,
        for the plan to object to. Raises `UnknownNameError`.
        """
        drills: Sequence[str] = self.drills
        if self.runbook() is RunbookKind.CLEANUP:
            found = [reading.drill(name) for name in self.drills]
            drills = tuple(drill.id for drill in found)
            named: tuple[tuple[str, ...], ...] = tuple(
                (key,) for key in dict.fromkeys(drill.group_id for drill in found)
            )
        else:
            named = self.in_waves([group.name for group in reading.groups.values()])
        waves = tuple(tuple(reading.group(name).id for name in wave) for wave in named)
        groups = tuple(chain(*waves))
        names = {reading.groups[key].name for key in groups}
        ids = {key: reading.group(key).id for key in {*self.rto, *self.checks} & names}
        every = dict.fromkeys(groups, self.rto[EVERY_GROUP]) if EVERY_GROUP in self.rto else {}
        targets = {ids.get(key, key): span for key, span in self.rto.items() if key != EVERY_GROUP}
        checks = {ids.get(key, key): check for key, check in self.checks.items()}
        order = resolved_order(self.order, reading, groups)
        return replace(self, waves=waves, drills=drills, rto=every | targets, checks=checks, order=order)

    def objectives(self) -> Objectives:
        """What a `resolved` request is measured against, not yet checked. Raises `InputError`."""
        return Objectives(
            kind=self.runbook(),
            scenario=self.scenario.strip(),
            scope=self.scope.strip(),
            criteria=self.criteria.strip(),
            participants=tuple(filter(None, map(str.strip, self.participants))),
            rto_targets=tuple((key, read_seconds(span)) for key, span in self.rto.items()),
            rpo_target=read_seconds(self.rpo or "0 s"),
            expert_absent=self.expert_absent,
            second_person=self.second_person,
            declared_what=self.declared_what.strip(),
            declared_by=self.declared_by.strip(),
            declared_at=read_moment(self.declared_at),
            follows=self.follows,
        )


def _side_by_side(wave: str | Sequence[str], known: Collection[str]) -> Sequence[str]:
    if not isinstance(wave, str):
        return wave
    return [wave] if wave in known else wave.split("+")


def read_moment(text: str) -> datetime | None:
    """A time in UTC, as "2026-11-20 03:05"; None where nothing is given. Raises `InputError`."""
    if not text.strip():
        return None
    try:
        return parse_time(text)
    except ValueError:
        raise InputError(f"{text!r} is no time; write it in UTC as 2026-11-20 03:05.") from None
