"""Whether a group is ready for a runbook: each rule of its main step with its answer."""

from collections.abc import Iterable
from dataclasses import dataclass

from drkit.model import Argument, Change, Inventory, Operation, ProtectionGroup, ServerStatus, Station
from drkit.plan.objectives import RunbookKind
from drkit.plan.offers import Offer, offers_on
from drkit.plan.requests import PlanRequest
from drkit.rules import Objection, Projection, ReadAlso, judge_in, read_also, rules_for, steps_from

MAIN = {
    RunbookKind.DRILL: Operation.CREATE_DRILL,
    RunbookKind.PLANNED_FAILOVER: Operation.PLANNED_FAILOVER,
    RunbookKind.FAILBACK: Operation.PLANNED_FAILOVER,
    RunbookKind.FAILOVER: Operation.FAILOVER,
    RunbookKind.REPROTECT: Operation.REPROTECT,
}
"""The step that a runbook is about."""


def wanted_by(request: PlanRequest) -> ReadAlso:
    """What of a reading a runbook's main step rests on, beside the usual. Raises `UnknownNameError`."""
    main = MAIN.get(request.runbook())
    return read_also([main] if main else [])


@dataclass(frozen=True, slots=True)
class RuleCheck:
    """One rule and its answer: `holds` is None where it could not be asked.

    That is because one before it failed, or because what it rests on was not read: then `missing` says what.
    """

    sentence: str
    holds: bool | None
    objection: Objection | None = None
    missing: str = ""


def rule_checks(
    inventory: Inventory,
    group: ProtectionGroup,
    kind: RunbookKind,
    drill_name: str = "",
    drill_vpc_id: str = "",
) -> tuple[RuleCheck, ...]:
    """Every rule of the runbook's main step, judged as if the servers it stops itself were stopped."""
    arguments: dict[str, Argument] = {}
    if kind is RunbookKind.DRILL:
        arguments = {"name": drill_name, "drill_vpc_id": drill_vpc_id}
    elif MAIN[kind] is Operation.PLANNED_FAILOVER:
        station = group.priority_station
        arguments = {"to": station.other.value if isinstance(station, Station) else ""}
    change = Change.of(MAIN[kind], group.id, **arguments)
    verdict = judge_in(change, with_servers_stopped(Projection.of(inventory), group.id, kind))
    against = {objection.rule: objection for objection in verdict.objections}
    missing = {unread.rule: unread.missing for unread in verdict.unread}
    return tuple(
        RuleCheck(
            rule.sentence,
            None if rule.name in verdict.not_asked else rule.name not in against,
            against.get(rule.name),
            missing.get(rule.name, ""),
        )
        for rule in rules_for(MAIN[kind])
    )


def way_there(inventory: Inventory, group_id: str, kind: RunbookKind) -> tuple[Offer, ...]:
    """The shortest legal way to the runbook; the servers it stops itself are left to it."""
    world = with_servers_stopped(Projection.of(inventory), group_id, kind)
    return offers_on(steps_from(world, MAIN[kind], group_id), inventory)


def spelled_out(way: Iterable[Offer]) -> tuple[str, ...]:
    """The steps of a way as sentences, with the lines for the shell that do them."""
    return tuple(f"{step.words} [{'; '.join(step.shell)}]" if step.shell else step.words for step in way)


def with_servers_stopped(world: Projection, group_id: str, kind: RunbookKind) -> Projection:
    """The world once the runbook has stopped the servers that it stops itself: those that run."""
    for change in stops(world, group_id, kind):
        world = world.after(change)
    return world


def stops(world: Projection, group_id: str, kind: RunbookKind) -> tuple[Change, ...]:
    """What a runbook stops before its main step: production for a planned failover, else the DR site's."""
    instances = world.instances_of(group_id)
    if MAIN[kind] is Operation.PLANNED_FAILOVER:
        ids = [each.production_server_id for each in instances]
    elif kind is RunbookKind.REPROTECT:
        ids = [each.dr_server_id for each in instances]
    else:
        return ()
    running = (each for key in ids if (each := world.servers.get(key)) and each.status == ServerStatus.ACTIVE)
    return tuple(
        Change.of(Operation.STOP_SERVER, group_id, server_id=each.id, hard=False) for each in running
    )
