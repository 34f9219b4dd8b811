"""A rehearsal, with or without a screen: read, judge, fix the objectives, plan, start, go on."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from drkit.errors import InputError
from drkit.execution import (
    Forecast,
    Past,
    RecoveryClock,
    Run,
    RunState,
    durations,
    forecast,
    holders,
    past,
    planned,
    readable,
    recovery_clocks,
)
from drkit.model import Inventory, ProtectionGroup
from drkit.plan import (
    MAIN,
    Plan,
    RuleCheck,
    RunbookKind,
    WayOut,
    drill_ways_out,
    plan_rehearsal,
    read_moment,
    rule_checks,
    spell_seconds,
    standing,
    wanted_by,
    way_there,
    ways_out,
)
from drkit.report import duration, moment
from drkit.runbooks.requests import RehearsalRequest
from drkit.runbooks.session import RunbookSession

if TYPE_CHECKING:
    from drkit.report import RunRecord

EARLIER_RUNS = 50  # so many of the newest runs teach the forecast
_SAME = (
    *("scenario", "scope", "criteria", "participants", "expert_absent", "second_person"),
    *("declared_what", "declared_by", "follows"),
)
"""What objectives and a request have in the same words."""


class RehearsalSession(RunbookSession[RehearsalRequest]):
    """A rehearsal of some groups. `chosen` is the request for them, with ids in place of all names."""

    surveys = ("groups", "drills")
    first = "Choose the protection groups first."

    def restart(self, request: RehearsalRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.kind = request.runbook()
        self.chosen = request
        self.__dict__.pop("past", None)

    @property
    def groups(self) -> tuple[ProtectionGroup, ...]:
        """The chosen groups, as they were read."""
        return tuple(self.reading.groups[key] for key in chain(*self.chosen.in_waves()))

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the chosen groups by id."""
        return {group.id: self.reading.called(group.id) for group in self.groups}

    def requested(self, overview: Inventory) -> RehearsalRequest:
        """What the parameters ask for, in ids. Raises `UnknownNameError`."""
        return replace(self.request, kind=self.kind.value).resolved(overview)

    def choose(self, waves: Sequence[str | Sequence[str]], drills: Sequence[str] = ()) -> None:
        """Read these groups (ids, by wave); `drills` are those to clean up. Raises `InputError` for none."""
        asked = replace(self.request, kind=self.kind.value, waves=waves, drills=drills)
        ids = tuple(chain(*asked.in_waves()))
        if not ids:
            raise InputError("Pick at least one protection group.")
        reading = self.site.client.inventory(ids, **wanted_by(asked))
        self.chosen, self.inventory = asked.resolved(reading), reading

    def ready(self, group: ProtectionGroup) -> tuple[RuleCheck, ...]:
        """Each rule of the runbook's main step with its answer for one group."""
        if self.kind not in MAIN:
            return ()
        return rule_checks(self.reading, group, self.kind, self.drill_name, self.request.drill_vpc_id)

    def way(self, group: ProtectionGroup) -> tuple[str, ...]:
        """The shortest legal way for a group to the runbook's main step, as sentences; first who holds it."""
        held = holders(self.site.journal, [(group.id, group.name)])
        waiting = (f"{group.name} is {each.found}. {each.remedy}" for each in held)
        return (*waiting, *(way_there(self.reading, group.id, self.kind) if self.kind in MAIN else ()))

    @property
    def drill_name(self) -> str:
        """The name for a drill: that of the parameters, else one with the present time."""
        return self.request.drill_name or f"drill-{self.clock.now():%Y%m%d-%H%M}"

    def draft(self, request: RehearsalRequest) -> Plan:
        """The plan of a request for the chosen groups; a drill without a name gets one.

        Raises `InputError` for objectives that are not complete, `RefusedError` with all objections.
        """
        named = replace(request, drill_name=request.drill_name or self.drill_name)
        groups = [(group.id, group.name) for group in self.reading.groups.values()]
        return planned(
            self.site.journal, groups, lambda: plan_rehearsal(self.reading, named, self.clock.now())
        )

    @cached_property
    def past(self) -> Past:
        """How long earlier steps took, on this backend only."""
        journal, backend = self.site.journal, self.site.backend
        here = (backend.practice, backend.label)
        rows = [row for row in journal.runs() if (row.practice, row.place) == here][:EARLIER_RUNS]
        states = (state for _, state in readable(journal, rows))
        return past((spent for state in states for spent in durations(state)), backend)

    def ahead(self, plan: Plan, state: RunState | None = None) -> Forecast:
        """When the plan's steps will end, from now on or as the run stands."""
        states, now = (state.steps, state.now(self.clock)) if state else ((), self.clock.now())
        return forecast(plan, self.past, now, states, pace=1 / self.site.client.speed)

    def _refuses(self, plan: Plan) -> str:
        return "" if plan.objectives else f"is no rehearsal: {plan.title}."

    def _take_up(self, plan: Plan) -> None:
        self.kind = plan.objectives.kind if plan.objectives else self.kind
        self.inventory = self.site.client.inventory(tuple(key for key, _ in plan.groups))
        self.chosen = replace(self.request, kind=self.kind.value, waves=waves_of(plan))

    def ways_out(self, group_id: str) -> tuple[tuple[str, ...], tuple[WayOut, ...]]:
        """Where a group stands now, read anew, and its ways out."""
        reading = self.site.client.inventory(group_id)
        ways = drill_ways_out if self.kind.beside else ways_out
        return standing(reading, group_id), ways(reading, group_id)

    def follow(
        self, kind: RunbookKind, group_ids: Sequence[str], drills: Sequence[str] = ()
    ) -> RehearsalRequest:
        """The request for the runbook that goes on from this run with some of its groups, in the same waves.

        The recovery clock goes on for what is not back yet; after a recovery it begins anew.
        """
        run, objectives = self.run, self.plan.objectives if self.plan else None
        if run is None or objectives is None:
            raise InputError("There is no run to go on from.")
        going_on = objectives.continued(kind, run.id, self._away_since(run, group_ids))
        declared_at = going_on.declared_at
        same = {name: getattr(going_on, name) for name in _SAME}
        targets = {key: spell_seconds(span) for key, span in objectives.rto_targets if key in group_ids}
        known = {*group_ids, *(name for _, name in run.plan.groups)}
        return replace(
            self.request,
            kind=kind.value,
            waves=self._same_waves(group_ids),
            rto=targets or self.request.rto,
            rpo=spell_seconds(objectives.rpo_target),
            declared_at=f"{declared_at:%Y-%m-%d %H:%M:%S}" if declared_at else "",
            checks={key: check for key, check in self.request.checks.items() if key in known},
            drills=drills,
            confirm="",
            run="",
            **same,
        )

    def _away_since(self, run: Run, group_ids: Sequence[str]) -> datetime | None:
        """Since when the first of these groups is without its service; None where none of them is.

        On the practice range that moment lies as far back as its own clock has run, however fast it did.
        """
        now = run.state().now(self.clock)
        away = [each for each in self.clocks_of(run) if each.group_id in group_ids and not each.until]
        return min((now - timedelta(seconds=each.seconds) for each in away if each.since), default=None)

    def clocks_of(self, run: Run) -> tuple[RecoveryClock, ...]:
        """The recovery clocks of a run as they stand now; a drill takes nothing away, so it has none."""
        state = run.state()
        return () if self.kind.beside else recovery_clocks(state, state.now(self.clock))

    @property
    def away(self) -> str:
        """Of a runbook that goes on from a run whose service is not back: since when, how long so far."""
        since = read_moment(self.chosen.declared_at) if self.chosen.follows else None
        if since is None:
            return ""
        passed = duration((self.clock.now() - since).total_seconds())
        return f"The service has been away since {moment(since)}: {passed} so far, and the clock goes on."

    def _same_waves(self, group_ids: Sequence[str]) -> list[tuple[str, ...]]:
        """These groups (ids) in their waves; a re-protection has none and hands on those asked for."""
        handed = self.kind is RunbookKind.REPROTECT and self.overview
        asked = self.requested(self.surveyed).in_waves() if handed else ()
        waves = asked if set(group_ids) <= set(chain(*asked)) else self.chosen.in_waves()
        kept = (tuple(key for key in wave if key in group_ids) for wave in waves)
        return [wave for wave in kept if wave]

    @property
    def record(self) -> "RunRecord":
        """The record of the run: its evidence, its report, and what is added later."""
        return self.site.record(self.started.id)


def waves_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """The groups of a plan by wave, as ids."""
    numbers = {step.group_id: step.wave for step in plan.steps if step.group_id}
    waves: dict[int, list[str]] = {}
    for key, _ in plan.groups:
        waves.setdefault(numbers.get(key, 0), []).append(key)
    return tuple(tuple(waves[number]) for number in sorted(waves))
