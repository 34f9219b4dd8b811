"""What every session shares: its site, what was read, the plan, and the run that carries it out."""

from collections.abc import Iterable
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any, ClassVar, Generic, TypeVar

from drkit.clock import Clock, SystemClock
from drkit.errors import InputError
from drkit.execution import Run, holders, interruptions, recorded, unfinished
from drkit.journal import RunRow
from drkit.model import Inventory, ThingKind
from drkit.plan import Offer, Plan, offers_of
from drkit.rules import Objection
from drkit.runbooks.practice import world_name
from drkit.runbooks.requests import (
    AttachRequest,
    ChangeRequest,
    ProtectRequest,
    RehearsalRequest,
    RemovalRequest,
)
from drkit.site import Site, connect

if TYPE_CHECKING:
    from drkit.report import RunRecord

Request = TypeVar(
    "Request", bound=AttachRequest | ChangeRequest | ProtectRequest | RehearsalRequest | RemovalRequest
)


class RunbookSession(Generic[Request]):
    """What the steps of a runbook share. It has no thread of its own and is used by one at a time.

    `overview` holds what there is to choose from, `inventory` the reading that is judged and planned on; both
    are None before they were read. `takeover` are the runs (ids) of which the operator knows that nobody is
    behind them: their groups are taken over at the start. A subclass says which runs are its own (`_refuses`)
    and takes up the plan of one (`_take_up`).
    """

    surveys: ClassVar[tuple[ThingKind, ...]]
    first: ClassVar[str]  # what to do before there is a reading

    def __init__(self, request: Request, *, site: Site | None = None, clock: Clock | None = None) -> None:
        interruptions.listen()  # here, for a cell is run by the main thread, and a form's work is not
        self.clock = clock or SystemClock()
        self._site = site
        self._connected = ExitStack()  # the site, where it is this session's own
        self.overview: Inventory | None = None
        self.request = request
        self.run: Run | None = None
        self.restart(request)

    def restart(self, request: Request) -> None:
        """Forget everything that was chosen; another profile means another site."""
        if request.profile != self.request.profile:
            if self.run and self.run.state().phase.alive:  # it goes on, and needs its connections
                self._connected.pop_all()
            self._connected.close()
            self._site = self.overview = None
        self.request = request
        self.inventory: Inventory | None = None
        self.plan: Plan | None = None
        self.run = None
        self.takeover: frozenset[str] = frozenset()
        self.world = ""  # of the practice range, by its title

    @property
    def site(self) -> Site:
        """The site, connected when it is first needed."""
        if self._site is None:
            self._site = self._connected.enter_context(connect(self.request.profile or None))
        return self._site

    @property
    def profile(self) -> str:
        """The profile that was asked for by name, if one was."""
        return self.request.profile

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
            raise InputError(self.first)
        return self.inventory

    @property
    def drafted(self) -> Plan:
        """The plan that was made."""
        if self.plan is None:
            raise InputError("Make the plan first.")
        return self.plan

    @property
    def started(self) -> Run:
        """The run of the plan."""
        if self.run is None:
            raise InputError("There is no run yet: confirm the plan first.")
        return self.run

    @property
    def record(self) -> "RunRecord":
        """The record of the run: its evidence, its report, and what is added later."""
        return self.site.record(self.started.id)

    def survey(self) -> Inventory:
        """Read what there is to choose from."""
        self.overview = self.site.client.inventory(kinds=self.surveys)
        self.world = world_name(self.site)
        return self.overview

    def start(
        self, confirm: str, *, fail_fast: bool = False, takeover: bool = False, attended: bool = True
    ) -> Run:
        """Carry out the plan. Raises a `RefusedError` when nothing was sent, and why."""
        self.run = self.site.run(
            self.drafted,
            confirm,
            fail_fast=fail_fast,
            takeover=takeover or self._takes_over(),
            attended=attended,
        )
        self.takeover = frozenset()
        self.plan = self.run.plan  # with the names that the run gave
        return self.run

    def resume(self, run_id: str, *, takeover: bool = False, attended: bool = True) -> Run:
        """Go on with an earlier run, and read what it is about. `InputError` for a run of another kind."""
        if refusal := self._refuses(recorded(self.site.journal, run_id).plan):
            raise InputError(f"Run {run_id} {refusal}")
        run = self.site.resume(run_id, takeover=takeover, attended=attended)
        self.plan, self.run = run.plan, run  # first: it goes on, also where what it is about cannot be read
        self._take_up(run.plan)
        return run

    def held(self, groups: Iterable[tuple[str, str]]) -> tuple[Objection, ...]:
        """Who holds these groups (id, name) now, as objections; with `takeover` they are taken over."""
        return holders(self.site.journal, groups)

    def holding(self, groups: Iterable[tuple[str, str]]) -> frozenset[str]:
        """The runs (ids) that hold these groups (id, name) now."""
        ids = {key for key, _ in groups}
        leases = self.site.journal.leases()
        return frozenset(each.run_id for each in leases if each.group_id in ids and not each.expired)

    def _takes_over(self) -> bool:
        """Whether the groups are taken over: only from the runs that were shown to who said so."""
        return bool(self.takeover) and self.holding(self.drafted.groups) <= self.takeover

    def offers(self, objections: Iterable[Objection]) -> tuple[Offer, ...]:
        """The ways that these objections name, as they can be taken."""
        return offers_of(objections, self.reading)

    def unfinished(self) -> list[RunRow]:
        """Runs of this kind on this backend that somebody should look after."""
        rows = unfinished(self.site.journal, self.site.backend)
        return [row for row, state in rows if not self._refuses(state.plan)]

    def _refuses(self, plan: Plan) -> str:
        """Why a run with this plan is none of this kind; empty where it is one."""
        raise NotImplementedError

    def _take_up(self, plan: Plan) -> None:
        """Read what the plan of an earlier run is about."""
        raise NotImplementedError


AnySession = TypeVar("AnySession", bound=RunbookSession[Any])
"""For what belongs to a session: its cards, its form, its steps without a screen."""
