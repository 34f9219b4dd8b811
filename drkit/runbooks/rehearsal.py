"""A rehearsal, with or without a screen: read, judge, fix the objectives, plan, start, go on."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cached_property
from itertools import chain

from drkit.errors import InputError, UnknownNameError
from drkit.execution import (
    Forecast,
    Past,
    RecoveryClock,
    Run,
    RunState,
    forecast,
    holders,
    learned,
    planned,
    recovery_clocks,
)
from drkit.model import Drill, Inventory, ProtectionGroup
from drkit.plan import (
    MAIN,
    Offer,
    Plan,
    RuleCheck,
    RunbookKind,
    WayOut,
    drill_ways_out,
    offers_of,
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

_SAME = (
    *("scenario", "scope", "criteria", "participants", "expert_absent", "second_person"),
    *("declared_what", "declared_by", "follows"),
)
"""What objectives and a request have in the same words."""


class RehearsalSession(RunbookSession[RehearsalRequest]):
    """A rehearsal of some groups. `chosen` is the request for them, with ids in place of all names."""

    surveys = ("groups", "drills")
    first = "Choose the protection groups first."

    _seen: Mapping[str, str] = {}  # the names of what was read at any time, by id

    def restart(self, request: RehearsalRequest) -> None:
        """Forget everything that was chosen; another profile means another site."""
        super().restart(request)
        self.kind = request.runbook()
        self.chosen = request
        self.__dict__.pop("past", None)

    @property
    def groups(self) -> tuple[ProtectionGroup, ...]:
        """The chosen groups, as they were read; one that is gone by now is not among them."""
        known = self.reading.groups
        return tuple(known[key] for key in chain(*self.chosen.in_waves()) if key in known)

    @property
    def names(self) -> Mapping[str, str]:
        """The names of the chosen groups by id."""
        return {group.id: self.reading.called(group.id) for group in self.groups}

    def requested(self, overview: Inventory) -> RehearsalRequest:
        """What the parameters ask for, in ids. Raises `UnknownNameError`."""
        # The overview has no instances: what the order names is looked up once the groups are read.
        return replace(self.request, kind=self.kind.value, order=()).resolved(overview)

    def forget_unknown(self, overview: Inventory) -> tuple[str, ...]:
        """Leave out of the request what is not there (any more); a sentence for each that was left out.

        A world changes underneath: groups are deleted, and a practice range begins another scenario.
        """
        request, gone = self.request, list[str]()
        seen = self._seen = {**self._seen, **{each.id: each.name for each in _named_things(overview)}}
        names = [group.name for group in overview.groups.values()]
        waves = [
            tuple(each for each in wave if _is_there(overview.group, each, seen, gone))
            for wave in request.in_waves(names)
        ]
        drills = tuple(each for each in request.drills if _is_there(overview.drill, each, seen, gone))
        if not gone:
            return ()
        known = {"*", *names, *overview.groups}
        kept = replace(
            request,
            waves=[each for each in waves if each],
            drills=drills,
            rto={key: span for key, span in request.rto.items() if key in known},
            checks={key: check for key, check in request.checks.items() if key in known},
        )
        if request.follows and not kept.waves:  # nothing is left of what it went on from
            kept = replace(kept, follows="", declared_at="")
        self.request = kept
        return tuple(gone)

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

    def way(self, group: ProtectionGroup) -> tuple[Offer, ...]:
        """The shortest legal way for a group to the runbook's main step; first who holds it."""
        held = holders(self.site.journal, [(group.id, group.name)])
        waiting = (Offer(f"{group.name} is {each.found}. {each.remedy}") for each in held)
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
        return learned(self.site.journal, self.site.backend)

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

    def ways_out(self, group_id: str) -> tuple[tuple[str, ...], tuple[WayOut, ...], tuple[Offer, ...]]:
        """Where a group stands now, read anew, its ways out, and what opens those that are closed."""
        reading = self.site.client.inventory(group_id)
        ways = (drill_ways_out if self.kind.beside else ways_out)(reading, group_id)
        closed = (objection for each in ways for objection in each.objections)
        return standing(reading, group_id), ways, offers_of(closed, reading)

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
            order=self._same_order(kind, group_ids),
            drills=drills,
            confirm="",
            run="",
            **same,
        )

    def _same_order(self, kind: RunbookKind, group_ids: Sequence[str]) -> Sequence[str]:
        """The order of the servers, where what follows is about the same groups and starts some."""
        same = {*group_ids} == {group.id for group in self.groups}
        return self.request.order if same and kind not in {RunbookKind.DRILL, RunbookKind.CLEANUP} else ()

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


def _named_things(overview: Inventory) -> Iterable[ProtectionGroup | Drill]:
    return chain(overview.groups.values(), overview.drills.values())


def _is_there(find: Callable[[str], object], name: str, seen: Mapping[str, str], gone: list[str]) -> bool:
    try:
        find(name)
    except UnknownNameError as error:  # an id means nothing to people
        gone.append(f"{seen[name]} is not there any more." if name in seen else str(error))
        return False
    return True


def waves_of(plan: Plan) -> tuple[tuple[str, ...], ...]:
    """The groups of a plan by wave, as ids."""
    numbers = {step.group_id: step.wave for step in plan.steps if step.group_id}
    waves: dict[int, list[str]] = {}
    for key, _ in plan.groups:
        waves.setdefault(numbers.get(key, 0), []).append(key)
    return tuple(tuple(waves[number]) for number in sorted(waves))
