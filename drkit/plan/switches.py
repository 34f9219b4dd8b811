"""The runbooks that switch production, as plans: planned failover, the way back, failover, re-protect.

Source: what the user guide tells of a switch. Production servers are stopped before a planned failover and
stay stopped while it runs; whether servers start by themselves afterwards is documented both ways, so
they are looked at first and then started one by one.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import chain

from drkit.errors import InputError, RefusedError
from drkit.model import Change, Inventory, Operation, Phase, ProtectionGroup, Server, ServerStatus, Station
from drkit.plan.builder import PlanBuilder, distinct, named
from drkit.plan.objectives import Objectives, spell_seconds
from drkit.plan.order import Level, order_words, read_order
from drkit.plan.requests import PlanRequest
from drkit.plan.steps import ManualStep, Plan, checked
from drkit.rules import faulty
from drkit.showing import first_few

Place = tuple[tuple[str, ...], int]

PLANNED_NOTES = (
    "The service is down from the moment its servers are stopped until the new production servers run.",
    "IP addresses, EIPs and MAC addresses move along to the other site.",
    "The first switch of a server with cloud-init may change its password or key pair. Changes of hostname, "
    "name, security group, agency and tags are not carried over: compare them by hand.",
)
FAILOVER_NOTES = (
    "A failover cannot be undone: the production servers are forced off and cannot be started any more.",
    "Synchronisation stops, and protection is off until the group is re-protected.",
    *PLANNED_NOTES[1:],
)
REPROTECT_NOTES = (
    "Re-protection cannot be undone: what is at the old production site is overwritten from the present one.",
    "Until the synchronisation has ended there is no usable copy at the DR site.",
)


def plan_planned_failover(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """Stop production, move it to the other site, start it there, and verify: wave by wave.

    Raises `RefusedError` with every objection and the shortest way there, `InputError` for a health check
    that cannot be asked, or for a group that is not in the plan.
    """
    course = _Course(inventory, Operation.PLANNED_FAILOVER, request, objectives)
    ways = dict.fromkeys(f"{each.production_zone} to {each.dr_zone}" for each in course.groups)
    return _there(course, f"Planned failover of {named(course.groups)} from {', '.join(ways)}")


def plan_failback(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """The same steps the other way: production back to the zone it was set up in.

    Raises as `plan_planned_failover` does, and `RefusedError` where production is there already.
    """
    course = _Course(inventory, Operation.PLANNED_FAILOVER, request, objectives)
    if home := [each for each in course.groups if each.priority_station == Station.SOURCE]:
        raise RefusedError(
            "There is no way back to go: production is in its first zone already for "
            f"{first_few(map(_name, home))}. To move it away, plan a planned failover."
        )
    return _there(course, f"Failback of {named(course.groups)}")


def plan_failover(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """Give up a lost production site: fail over, start the servers at the DR site, and verify.

    The objectives must hold the declaration. Raises as `plan_planned_failover` does.
    """
    course = _Course(inventory, Operation.FAILOVER, request, objectives)
    course.draft.notes.extend(FAILOVER_NOTES)

    def steps(group: ProtectionGroup, place: Place) -> str:
        change = Change.of(Operation.FAILOVER, group.id)
        return course.verify(group, course.start(group, course.switch("Fail over", group, change, place)))

    return course.plan(f"Failover of {named(course.groups)}", steps)


def plan_restart(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """After a switch that failed: start production where it is, and verify.

    Raises as `plan_planned_failover` does, and `RefusedError` where nothing is stopped.
    """
    course = _Course(inventory, Operation.START_SERVER, request, objectives)
    if moving := [each for each in course.groups if each.status.phase is Phase.MOVING]:
        raise RefusedError(
            f"Wait until the service has done with {first_few(map(_name, moving))}, then look again."
        )
    if running := [each for each in course.groups if not course.is_stopped(each)]:
        raise RefusedError(
            f"No server of {first_few(map(_name, running))} is stopped where production is: nothing to start."
        )

    def steps(group: ProtectionGroup, place: Place) -> str:
        return course.verify(group, course.start(group, place))

    return course.plan(f"Restart of production of {named(course.groups)}", steps)


def plan_reprotect(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """After a failover: see that the old production servers are stopped, re-protect, and verify.

    Raises as `plan_planned_failover` does.
    """
    together = replace(request, waves=[tuple(chain(*request.waves))], checks={})
    course = _Course(inventory, Operation.REPROTECT, together, objectives)
    course.draft.notes.extend(REPROTECT_NOTES)

    def steps(group: ProtectionGroup, place: Place) -> str:
        stopped = course.stop(group, place, at_production=False, hard=False)
        change = Change.of(Operation.REPROTECT, group.id)
        needs, wave = course.switch("Re-protect", group, change, stopped)
        words = (
            f"reads the service until {group.name} is protected and all its pairs are synchronised, without "
            "a fault: only then is there a copy to fail over to, or to fail back with"
        )
        return course.draft.ask(
            ManualStep.PROTECTED_AGAIN, group.name, words, group.id, needs=needs, wave=wave
        )

    return course.plan(f"Re-protection of {named(course.groups)}", steps)


def _there(course: "_Course", title: str) -> Plan:
    hard = course.hard
    course.draft.notes.extend(PLANNED_NOTES)
    if hard:
        course.draft.notes.append("The servers are cut off hard: what they had not written is lost.")

    def steps(group: ProtectionGroup, place: Place) -> str:
        station = group.priority_station
        other = station.other.value if isinstance(station, Station) else ""
        change = Change.of(Operation.PLANNED_FAILOVER, group.id, to=other)
        stopped = course.stop(group, place, at_production=True, hard=hard)
        undo = "Fail back: the same steps the other way."
        moved = course.switch("Planned failover of", group, change, stopped, undo=undo)
        return course.verify(group, course.start(group, moved))

    return course.plan(title, steps)


class _Course:
    """The steps of a runbook on groups in waves. A `Place` is what the next step needs, and its wave."""

    def __init__(
        self, inventory: Inventory, operation: Operation, request: PlanRequest, objectives: Objectives
    ) -> None:
        self._waves = [[distinct(inventory, key) for key in wave] for wave in request.waves]
        self.groups = tuple(chain(*self._waves))
        self.draft = PlanBuilder(inventory, operation, self.groups, objectives)
        for group in self.groups:
            if wrong := list(faulty(inventory.instances_of(group.id), inventory.pairs_of(group.id))):
                self.draft.notes.append(f"Not sound in {group.name}: {first_few(wrong)}. Check it by hand.")
        self.hard, self._objectives = request.hard, objectives
        self._checks = _checked(request.checks, {group.id for group in self.groups})
        self._order = read_order(request.order)
        for group in self.groups:
            members = {each.id: each.name for each in inventory.instances_of(group.id)}
            if levels := self._levels_of(members):
                self.draft.notes.append(order_words(group.name, levels, members))

    def plan(self, title: str, steps: Callable[[ProtectionGroup, Place], str]) -> Plan:
        """Draw up the steps of each group; a wave needs the last step of every group of the one before."""
        needs: tuple[str, ...] = ()
        for number, wave in enumerate(self._waves, start=1):
            needs = tuple(steps(group, (needs, number)) for group in wave)
        return self.draft.plan(title)

    def stop(self, group: ProtectionGroup, place: Place, *, at_production: bool, hard: bool) -> Place:
        """Stop the servers of one site that are not stopped yet, from the last level to the first."""
        needs, wave = place
        servers = self._servers(group, production=at_production)
        if off := [each.name for each in servers if _is_off(each)]:
            self.draft.notes.append(f"Stopped already in {group.name}: {', '.join(off)}.")
        for level, held in reversed(self._in_levels(group, servers)):
            stopped = [
                self.draft.send(
                    f"Stop {server.name} ({'hard' if hard else 'soft'})",
                    Change.of(Operation.STOP_SERVER, group.id, server_id=server.id, hard=hard),
                    needs=needs,
                    undo="Start the server again.",
                    skippable=True,
                    wave=wave,
                )
                for server in held
                if not _is_off(server)
            ]
            needs = tuple(stopped) or needs
            if level.rest and stopped:
                words = f"Wait {spell_seconds(level.rest)} once {first_few(map(_name, held))} has stopped"
                needs = (self.draft.pause(words, level.rest, group.id, needs=needs, wave=wave),)
        return needs, wave

    def switch(
        self, verb: str, group: ProtectionGroup, change: Change, place: Place, undo: str = ""
    ) -> Place:
        """Switch the group."""
        needs, wave = place
        key = self.draft.send(f"{verb} {group.name}", change, needs=needs, undo=undo, wave=wave)
        return (key,), wave

    def start(self, group: ProtectionGroup, place: Place) -> Place:
        """Start what is production by then and is stopped, level by level."""
        needs, wave = place
        for level, servers in self._in_levels(group, self._servers(group, production=True)):
            started = [
                self.draft.send(
                    f"Start {server.name}",
                    Change.of(Operation.START_SERVER, group.id, server_id=server.id),
                    needs=needs,
                    undo="Stop the server again.",
                    skippable=True,
                    wave=wave,
                )
                for server in servers
                if _is_off(server)
            ]
            needs = tuple(started) or needs
            names = first_few(map(_name, servers))
            if level.pause and started:
                words = f"Wait {spell_seconds(level.pause)} after {names}"
                needs = (self.draft.pause(words, level.pause, group.id, needs=needs, wave=wave),)
            if level.check:
                words = f"Ready for the next: {names}"
                needs = (self.draft.probe(words, level.check, group.id, needs=needs, wave=wave),)
        return needs, wave

    def _levels_of(self, members: Collection[str]) -> list[Level]:
        """The levels of the order that name instances (ids) of a group, with no others."""
        levels = (
            replace(level, instances=tuple(key for key in level.instances if key in members))
            for level in self._order
        )
        return [level for level in levels if level.instances]

    def _in_levels(
        self, group: ProtectionGroup, servers: Collection[Server]
    ) -> list[tuple[Level, list[Server]]]:
        """The servers in the order of their instances; those that it does not name are the last."""
        of = {id_: each.id for each in self.draft.world.instances_of(group.id) for id_ in each.server_ids}
        levels = self._levels_of(of.values())
        placed = {key for level in levels for key in level.instances}
        rest = tuple(key for key in of.values() if key not in placed)
        found = [
            (level, [each for each in servers if of[each.id] in level.instances])
            for level in (*levels, Level(rest))
        ]
        return [(level, held) for level, held in found if held]

    def is_stopped(self, group: ProtectionGroup) -> bool:
        """Whether a server of the group is off where production is."""
        return any(_is_off(each) for each in self._servers(group, production=True))

    def verify(self, group: ProtectionGroup, place: Place) -> str:
        """See that the service answers, then accept it; the key of the acceptance."""
        needs, wave = place
        if check := self._checks.get(group.id):
            answers = self.draft.probe(
                f"{ManualStep.SERVICE_ANSWERS}: {group.name}", check, group.id, needs=needs, wave=wave
            )
        else:
            words = f"Does the service of {group.name} answer? Your word stops the recovery clock."
            answers = self.draft.ask(
                ManualStep.SERVICE_ANSWERS, group.name, words, group.id, needs=needs, wave=wave
            )
        names = sorted(each.name for each in self.draft.inventory.pairs_of(group.id))
        disks = first_few(names, most=20)
        data = self.draft.ask(
            ManualStep.DATA_IS_THERE,
            group.name,
            f"Is the data of {group.name} there, on each of its disks: {disks or 'none'}? Each is "
            "replicated by itself. Name in the note the newest that you found, for example the newest order "
            "and its time.",
            group.id,
            needs=needs,
            wave=wave,
        )
        accepted = self.draft.ask(
            ManualStep.ACCEPTED,
            group.name,
            f"Recovered means: {self._objectives.criteria} Is that so for {group.name}, and do logins work? "
            "Say in the note what you looked at.",
            group.id,
            needs=needs,
            after=(answers, data),
            wave=wave,
        )
        self.draft.recovered(group.id, ((answers, accepted),))
        return accepted

    def _servers(self, group: ProtectionGroup, *, production: bool) -> list[Server]:
        world = self.draft.world
        ids = (
            each.production_server_id if production else each.dr_server_id
            for each in world.instances_of(group.id)
        )
        found = [world.servers[each] for each in ids if each in world.servers]
        return sorted(found, key=lambda each: (each.name, each.id))


def _is_off(server: Server) -> bool:
    return server.status == ServerStatus.SHUTOFF


def _checked(checks: Mapping[str, str], groups: Collection[str]) -> Mapping[str, str]:
    if strangers := [key for key in checks if key not in groups]:
        raise InputError(f"A health check is given for what is not in this plan: {first_few(strangers)}.")
    if any("@" in each for each in checks.values()):
        raise InputError("A health check has no user and no password: a plan is kept whole in the record.")
    return {key: checked(check) for key, check in checks.items()}


def _name(thing: ProtectionGroup | Server) -> str:
    return thing.name
