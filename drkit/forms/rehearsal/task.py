"""A rehearsal as a task, with or without a screen: read, judge, fix the objectives, plan, start, go on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from drkit.clock import Clock, SystemClock
from drkit.errors import InputError
from drkit.execution import (
    Forecast,
    Past,
    Run,
    RunState,
    durations,
    forecast,
    past,
    readable,
    recorded,
    recovery_clocks,
    unfinished,
)
from drkit.forms.rehearsal.request import RehearsalRequest
from drkit.journal import RunRow
from drkit.model import Inventory, ProtectionGroup
from drkit.plan import (
    MAIN,
    Objectives,
    Plan,
    PlanRequest,
    RuleCheck,
    RunbookKind,
    WayOut,
    drill_ways_out,
    plan_rehearsal,
    rule_checks,
    spell_seconds,
    standing,
    way_there,
    ways_out,
)
from drkit.site import Site, connect

if TYPE_CHECKING:
    from drkit.report import RunRecord

EARLIER_RUNS = 50  # so many of the newest runs teach the forecast


class RehearsalTask:
    """What the steps of a rehearsal share. It has no thread of its own and is used by one at a time.

    `overview` holds the groups and drills to choose from, `inventory` the reading of the chosen groups;
    both are None before they were read.
    """

    def __init__(
        self, wish: RehearsalRequest, *, site: Site | None = None, clock: Clock | None = None
    ) -> None:
        self.clock = clock or SystemClock()
        self._site = site
        self.wish = wish
        self.overview: Inventory | None = None
        self.restart(wish)

    def restart(self, wish: RehearsalRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        if wish.profile != self.wish.profile:
            self._site = self.overview = None
        self.wish = wish
        self.kind = wish.kinds()
        self.waves: tuple[tuple[str, ...], ...] = ()
        self.drills: tuple[str, ...] = ()
        self.inventory: Inventory | None = None
        self.plan: Plan | None = None
        self.run: Run | None = None
        self.__dict__.pop("past", None)

    @property
    def site(self) -> Site:
        """The site, connected when it is first needed."""
        if self._site is None:
            self._site = connect(self.wish.profile or None)
        return self._site

    @property
    def surveyed(self) -> Inventory:
        """What there is to choose from, as it was read last."""
        if self.overview is None:
            raise InputError("What there is to choose from was not read yet: read again.")
        return self.overview

    @property
    def reading(self) -> Inventory:
        """The reading that is judged and planned on."""
        if self.inventory is None:
            raise InputError("Choose the protection groups first.")
        return self.inventory

    @property
    def groups(self) -> tuple[ProtectionGroup, ...]:
        """The chosen groups, as they were read."""
        return tuple(self.reading.groups[each] for each in chain(*self.waves))

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the chosen groups by id."""
        return {each.id: each.name for each in self.groups}

    @property
    def drafted(self) -> Plan:
        """The plan that was made."""
        if self.plan is None:
            raise InputError("Make the plan first.")
        return self.plan

    def survey(self) -> Inventory:
        """Read what there is to choose from."""
        self.overview = self.site.client.inventory(kinds=("groups", "drills"))
        return self.overview

    def wished_waves(self, overview: Inventory) -> tuple[tuple[str, ...], ...]:
        """The ids of the groups that the parameters name, by wave. Raises `UnknownNameError`."""
        if self.kind is RunbookKind.CLEANUP:
            drills = [overview.drill(each) for each in self.wish.drills]
            return tuple((each,) for each in dict.fromkeys(drill.group_id for drill in drills))
        waves = self.wish.split([each.name for each in overview.groups.values()])
        return tuple(tuple(overview.group(name).id for name in wave) for wave in waves)

    def choose(self, waves: Sequence[Sequence[str]], drills: Sequence[str] = ()) -> None:
        """Read these groups (ids, by wave); `drills` are those to clean up. Raises `InputError` for none."""
        chosen = tuple(tuple(each) for each in waves if each)
        if not chosen:
            raise InputError("Pick at least one protection group.")
        found = self.site.client.inventory(tuple(chain(*chosen)))
        if self.kind is RunbookKind.DRILL:
            found = replace(found, quotas={each.type: each for each in self.site.client.quotas()})
        self.inventory, self.waves = found, chosen
        self.drills = tuple(found.drill(each).id for each in drills)

    def ready(self, group: ProtectionGroup, drill_name: str, drill_vpc_id: str = "") -> tuple[RuleCheck, ...]:
        """Each rule of the runbook's main step with its answer for one group."""
        if self.kind not in MAIN:
            return ()
        return rule_checks(self.reading, group, self.kind, drill_name, drill_vpc_id)

    def way(self, group: ProtectionGroup) -> tuple[str, ...]:
        """The shortest legal way for a group to the runbook's main step, as sentences."""
        return way_there(self.reading, group.id, self.kind) if self.kind in MAIN else ()

    def wished_aims(self) -> Objectives:
        """The objectives that the parameters give, not yet checked. Raises `InputError`."""
        return replace(self.wish.objectives(self.names), kind=self.kind)

    @property
    def drill_name(self) -> str:
        """The name for a drill: that of the parameters, else one with the present time."""
        return self.wish.drill_name or f"drill-{self.clock.now():%Y%m%d-%H%M}"

    def draft(self, aims: Objectives, wish: RehearsalRequest) -> Plan:
        """The plan with these objectives; checks, hardness and the drill's network are those of `wish`.

        Raises `InputError` for objectives that are not complete, `RefusedError` with all objections.
        """
        wanted = PlanRequest(
            aims,
            self.waves,
            checks=wish.checks,
            hard=wish.hard,
            drill_name=wish.drill_name or self.drill_name,
            drill_vpc_id=wish.drill_vpc_id,
            drills=self.drills,
        )
        return plan_rehearsal(self.reading, wanted, self.clock.now())

    @cached_property
    def past(self) -> Past:
        """How long earlier steps took, on this kind of backend only."""
        journal, practice = self.site.journal, self.site.backend.practice
        rows = [each for each in journal.runs() if each.practice == practice][:EARLIER_RUNS]
        states = (state for _, state in readable(journal, rows))
        return past((row for state in states for row in durations(state)), practice=practice)

    def ahead(self, plan: Plan, state: RunState | None = None) -> Forecast:
        """When the plan's steps will end, from now on or as the run stands."""
        states = state.steps if state else ()
        return forecast(plan, self.past, self.clock.now(), states, pace=1 / self.site.client.speed)

    def start(self, confirm: str, *, takeover: bool = False, attended: bool = True) -> Run:
        """Carry out the plan. Raises a `RefusedError` when nothing was sent, and why."""
        self.run = self.site.run(self.drafted, confirm, takeover=takeover, attended=attended)
        return self.run

    def resume(self, run_id: str, *, takeover: bool = False, attended: bool = True) -> Run:
        """Go on with an earlier rehearsal. Raises `InputError` for a run of another kind."""
        plan = recorded(self.site.journal, run_id).plan
        aims = Objectives.from_facts(plan.facts)
        if aims is None:
            raise InputError(f"Run {run_id} is no rehearsal: {plan.title}.")
        run = self.site.resume(run_id, takeover=takeover, attended=attended)
        self.kind = aims.kind
        self.inventory = self.site.client.inventory(tuple(key for key, _ in run.plan.groups))
        self.waves = waves_of(run.plan)
        self.plan, self.run = run.plan, run
        return run

    def unfinished(self) -> list[RunRow]:
        """Rehearsals on this backend that somebody should look after."""
        found = unfinished(self.site.journal, self.site.backend)
        return [each for each, state in found if Objectives.from_facts(state.plan.facts)]

    def ways_out(self, group_id: str) -> tuple[tuple[str, ...], tuple[WayOut, ...]]:
        """Where a group stands now, read anew, and its ways out."""
        found = self.site.client.inventory(group_id)
        ways = drill_ways_out if self.kind in {RunbookKind.DRILL, RunbookKind.CLEANUP} else ways_out
        return standing(found, group_id), ways(found, group_id)

    def follow(
        self, kind: RunbookKind, group_ids: Sequence[str], drills: Sequence[str] = ()
    ) -> RehearsalRequest:
        """The wish for the runbook that goes on from this run with some of its groups, in the same waves.

        The recovery clock goes on for what is not back yet; after a recovery it begins anew.
        """
        run = self.run
        aims = Objectives.from_facts(self.drafted.facts)
        if run is None or aims is None:
            raise InputError("There is no run to go on from.")
        names = dict(self.drafted.groups)
        going_on = aims.continued(kind, run.id, self._away_since(run, group_ids))
        return replace(
            self.wish,
            kind=kind.value,
            waves=self._same_waves(group_ids),
            scenario=aims.scenario,
            scope=aims.scope,
            criteria=aims.criteria,
            participants=aims.participants,
            expert_absent=aims.expert_absent,
            rto={names[key]: spell_seconds(each) for key, each in aims.rto_targets if key in group_ids}
            or self.wish.rto,
            rpo=spell_seconds(aims.rpo_target),
            declared_what=going_on.declared_what,
            declared_by=going_on.declared_by,
            declared_at=f"{going_on.declared_at:%Y-%m-%d %H:%M:%S}" if going_on.declared_at else "",
            checks={
                key: each for key, each in self.wish.checks.items() if key in {*group_ids, *names.values()}
            },
            drills=drills,
            confirm="",
            run="",
            follows=run.id,
        )

    def _away_since(self, run: Run, group_ids: Sequence[str]) -> datetime | None:
        """Since when the first of these groups is without its service; None where none of them is."""
        clocks = () if self.kind is RunbookKind.DRILL else recovery_clocks(run.state(), self.clock.now())
        running = (each.since for each in clocks if each.group_id in group_ids and each.until is None)
        return min(running, default=None)

    def _same_waves(self, group_ids: Sequence[str]) -> list[str]:
        """These groups (ids) in their waves; a re-protection has none and hands on those wished for."""
        wished = (
            self.wished_waves(self.surveyed) if self.kind is RunbookKind.REPROTECT and self.overview else ()
        )
        waves = wished if set(group_ids) <= set(chain(*wished)) else self.waves
        kept = ([each for each in wave if each in group_ids] for wave in waves)
        return ["+".join(wave) for wave in kept if wave]

    @property
    def record(self) -> "RunRecord":
        """The record of the run: its evidence, its report, and what is added later."""
        if self.run is None:
            raise InputError("There is no run yet.")
        return self.site.record(self.run.id)


def waves_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """The groups of a plan by wave, as ids."""
    numbers = {step.group_id: step.wave for step in plan.steps if step.group_id}
    waves: dict[int, list[str]] = {}
    for key, _ in plan.groups:
        waves.setdefault(numbers.get(key, 0), []).append(key)
    return tuple(tuple(waves[number]) for number in sorted(waves))
