"""`Site`: what a notebook holds. Joins reading, judging, planning and running; decides nothing itself."""

import logging
import os
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from datetime import timedelta
from functools import cache, cached_property, partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar

from drkit import api, tables
from drkit.api import PracticeRange
from drkit.clock import Clock, SystemClock
from drkit.errors import DrkitError, ProfileError, ReadOnlyError, UnavailableError, UnknownNameError
from drkit.execution import Run, RunOptions, RunState, close, planned, recorded
from drkit.headless import is_notebook
from drkit.journal import KeptReading, Moment, authority
from drkit.model import Argument, Backend, Inventory, Operation, Part, ThingKind, find
from drkit.plan import (
    Plan,
    PlanRequest,
    Protection,
    Removal,
    groups_to_be,
    pair_in,
    plan_change,
    plan_protection,
    plan_rehearsal,
    plan_removal,
    read_operation,
    read_places,
    wanted_by,
)
from drkit.plan import attach as building
from drkit.readiness import USUAL, Thresholds
from drkit.reading import TABLES, Reading, names, names_of
from drkit.rules import IN_THE_WHOLE_PROJECT, read_also
from drkit.showing import card, first_few, line, table
from drkit.snapshots import Snapshots

if TYPE_CHECKING:
    import pandas as pd

    from drkit.journal import Journal
    from drkit.report import RunRecord
    from drkit.sandbox import Sandbox

_log = logging.getLogger("drkit.site")
Where = str | Path | None
Begun = TypeVar("Begun")
MOST_SLOTS = 200
"""Servers whose free slots are read with a table of them: each takes a request."""


def connect(profile: str | None = None, *, clock: Clock | None = None, journal: Where = None) -> "Site":
    """Sign in and return the site of a profile: the one named, else DRKIT_PROFILE, else the cloud that
    OS_CLOUD or OS_AUTH_URL names, else the sandbox.

    A profile is a cloud of clouds.yaml, a table of profiles.toml, or `env`. The sandbox is the one that runs
    on this machine, else one that the notebooks of a folder share, or outside of notebooks one inside this
    process; it is made at the first call and kept (DRKIT_SANDBOX_SPEED sets how fast its jobs go,
    DRKIT_SANDBOX_MANNER how much its answers tell). `journal` is a file or a database URL, else the
    profile's, else DRKIT_JOURNAL, else a file in the platform's data folder. What is set and not used is
    logged as a warning, once. Raises ProfileError that names what is missing, or says that the sandbox of
    DRKIT_SANDBOX is gone, SignInError for wrong credentials, UnreachableError for no connection.
    """
    name = api.chosen(profile)
    if name != api.SANDBOX:
        profile_ = api.profile(name)
        _warn(api.unused_sentence(name, profile_.unused))
        client = api.open_client(profile_, clock)
        return Site(
            client,
            clock=clock,
            journal=journal or profile_.journal or None,
            thresholds=Thresholds(**profile_.thresholds),
        )
    _warn(api.unused_sentence(name, api.set_and_not_used(os.environ)))
    journal = journal or api.journal_of(name) or None
    from drkit.sandbox import find_running  # noqa: PLC0415  # a real site never loads the sandbox

    try:
        access = find_running()
    except ConnectionError as error:
        raise ProfileError(str(error)) from None
    if access is None and not is_notebook():
        return practise(_embedded(), clock=clock, journal=journal)
    practised_in = "" if os.environ.get("DRKIT_SANDBOX") else "a world that is there already: joined"
    if access is None:
        access, practised_in = _of_the_folder(Path.cwd())
    site = Site(api.open_client(api.sandbox_profile(access), clock), clock=clock, journal=journal)
    site.practised_in = practised_in
    return site


@cache
def _warn(sentence: str) -> None:
    if sentence:
        _log.warning("%s", sentence)


def practise(sandbox: "Sandbox", *, clock: Clock | None = None, journal: Where = None) -> "Site":
    """The site of a sandbox inside this process."""
    client = api.open_client(api.sandbox_profile(sandbox.access), clock, inner=sandbox.transport())
    return Site(client, clock=clock, journal=journal)


@tables.documented(tables.OBJECTIONS)
def why_not(
    operation: str | Iterable[str],
    *,
    group: str | Iterable[str] = "",
    instance: str = "",
    pairs: str | Iterable[str] = (),
    site: "Site | None" = None,
    **arguments: Argument,
) -> "pd.DataFrame":
    """Every objection to an operation, as `Site.why_not` says; without a `site` that of `connect()`."""
    with nullcontext(site) if site else connect() as asked:
        return asked.why_not(operation, group=group, instance=instance, pairs=pairs, **arguments)


class Site:
    """One project of one backend, by the names of its things.

    Groups, instances, pairs, drills and servers are named by name or id; a name that fits nothing, or more
    than one thing, raises UnknownNameError with suggestions. Each method reads anew. Tables are DataFrames
    with one row per thing, times in UTC, sizes in GB; `attrs["problems"]` says what contradicted itself or
    could not be read. `practised_in` says in words that a practice world was begun or joined, but for the one
    that `drkit lab` names. Close it when done, or use it in a `with`.
    """

    def __init__(
        self,
        client: api.Client,
        *,
        clock: Clock | None = None,
        journal: Where = None,
        thresholds: Thresholds = USUAL,
    ) -> None:
        self.client, self.thresholds, self.practised_in = client, thresholds, ""
        self._clock, self._where = clock or SystemClock(), journal

    def __repr__(self) -> str:
        held = "" if self.access is api.Access.REAL else f", {self.access.words}"
        return line(self, f"{self.backend.label}, project {self.backend.project}{held}")

    def _repr_html_(self) -> str:
        backend = self.backend
        facts = [("region", backend.region), ("project", backend.project), ("its id", backend.project_id)]
        if not backend.practice:
            facts.append(("access", self.access.words))
        if "journal" in vars(self):  # showing a site does not open one
            facts.append(("journal", self.journal.where))
        return card(f"{backend.label}: {backend.cloud}", table(("what", "which"), facts))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close the connections and the journal."""
        self.client.close()
        if "journal" in vars(self):
            self.journal.close()

    @property
    def access(self) -> api.Access:
        """What the profile lets leave: only reads, reads and drills, or everything; held where requests
        leave.
        """
        return self.client.access

    @property
    def backend(self) -> Backend:
        """Practice or real: the cloud, region and project."""
        return self.client.backend

    @cached_property
    def journal(self) -> "Journal":
        """The durable record of runs, opened when it is first needed."""
        from drkit.journal import Journal  # noqa: PLC0415  # SQLAlchemy takes its time to load

        return Journal.open(self._where, self._clock, signed_in=self.client.user)

    @property
    def sandbox(self) -> PracticeRange:
        """The sandbox behind this site, to plant faults and move its time; InputError on a real site."""
        return self.client.practice

    # reading

    def inventory(
        self, group: str = "", *, block_devices_of: Iterable[str] = (), disks: bool = False
    ) -> Inventory:
        """One consistent reading, of a group if one is named; see `Client.inventory`.

        Of the instances in `block_devices_of`, by name or id, the disks and free slots of both servers too.
        """
        names = tuple(block_devices_of)
        group_id = self._group_id(group)
        known = {each.id: each for each in self.client.instances(group_id)} if names else {}
        ids = [find("protected instance", each, known).id for each in names]
        return self.client.inventory(group_id, block_devices_of=ids, disks=disks)

    @tables.documented(tables.GROUPS)
    def groups(self, group: str = "") -> "pd.DataFrame":
        """Protection groups."""
        inventory = self._read("", ("groups",))
        if group:
            chosen = inventory.group(group)
            inventory = replace(inventory, groups={chosen.id: chosen})
        return _with_problems(tables.groups(inventory), inventory)

    @tables.documented(tables.INSTANCES)
    def instances(self, group: str = "") -> "pd.DataFrame":
        """Protected instances with both of their servers."""
        inventory = self._read(group, ("groups", "instances", "servers"))
        return _with_problems(tables.instances(inventory), inventory)

    @tables.documented(tables.PAIRS)
    def pairs(self, group: str = "") -> "pd.DataFrame":
        """Replication pairs and what they are attached to."""
        inventory = self.client.listing(self._group_id(group), kinds=("groups", "instances", "pairs"))
        return _with_problems(tables.pairs(inventory), inventory)

    @tables.documented(tables.ATTACHMENTS)
    def attachments(self, group: str = "") -> "pd.DataFrame":
        """Which pair is attached to which instance under which device name."""
        inventory = self._read(group, ("groups", "instances", "pairs", "servers"))
        return _with_problems(tables.attachments(inventory), inventory)

    @tables.documented(tables.SERVERS)
    def servers(self, group: str = "") -> "pd.DataFrame":
        """Servers and the part they play; of a group, if one is named."""
        return self._whole(self.read(group, beside=False), "servers").servers(group)

    @tables.documented(tables.DRILLS)
    def drills(self, group: str = "") -> "pd.DataFrame":
        """DR drills."""
        inventory = self._read(group, ("groups", "drills"))
        return _with_problems(tables.drills(inventory), inventory)

    @tables.documented(tables.DISKS)
    def disks(self, group: str = "") -> "pd.DataFrame":
        """Disks: whose they are, under which device name, and whether a pair replicates them."""
        reading = self._reading(self.client.inventory(self._group_id(group), disks=True))
        return self._whole(reading, "disks").disks(group)

    @tables.documented(tables.TAGS)
    def tags(self, group: str = "") -> "pd.DataFrame":
        """Tags of instances and servers, one row for each."""
        return self._reading(self._read(group, ("groups", "instances", "servers"))).tags(group)

    @tables.documented(tables.QUOTAS)
    def quotas(self, group: str = "") -> "pd.DataFrame":
        """How many groups, pairs and drills the project has, may have, and has left."""
        reading = self._reading(self.client.inventory(kinds=("groups",), quotas=True))
        return self._whole(reading, "quotas").quotas(group)

    @tables.documented(tables.FAILED_TASKS)
    def failed_tasks(self, group: str = "") -> "pd.DataFrame":
        """Jobs that failed and that nobody has cleared yet, the newest first."""
        return self._beside("failed_tasks").failed_tasks(group)

    @tables.documented(tables.DOMAINS)
    def domains(self, group: str = "") -> "pd.DataFrame":
        """Active-active domains: between which zones groups can be protected."""
        return self._beside("domains").domains(group)

    @tables.documented(tables.RPO)
    def rpo(self, group: str = "") -> "pd.DataFrame":
        """How many resources of the project exceeded their recovery point objective, by hour."""
        return self._beside("rpo").rpo(group)

    @tables.documented(tables.COSTS)
    def costs(self, group: str = "", prices: Mapping[str, float] | None = None) -> "pd.DataFrame":
        """What the DR side takes, and costs as far as `prices` are given; see `drkit.tables.costs`."""
        return self._reading(self.inventory(group)).costs(group, prices)

    @tables.documented(tables.READINESS)
    def readiness(self, group: str = "", thresholds: Thresholds | None = None) -> "pd.DataFrame":
        """Every check of each group: what was seen, why it is not ok, what to do.

        `thresholds` as the profile has them, where none are given.
        """
        return self.read().readiness(group, thresholds or self.thresholds)

    @tables.documented(tables.READY)
    def ready(self, group: str = "", thresholds: Thresholds | None = None) -> "pd.DataFrame":
        """One word for each group, as `drkit.readiness.Readiness` has it; what to do first."""
        return self.read().ready(group, thresholds or self.thresholds)

    @tables.documented(tables.PROOFS)
    def proofs(self, group: str = "") -> "pd.DataFrame":
        """Of each group, instance and pair: proven by which rehearsal, and if not any more, why."""
        return self.read(beside=False).proofs(group)

    @tables.documented(tables.CHANGES)
    def changes(
        self, since: "str | int | timedelta | Reading" = "", *, quiet: bool = False
    ) -> "pd.DataFrame":
        """What changed in the project since an earlier reading that was kept, in sentences.

        `since` is the number of a snapshot, a run's id (what was read at its end, of its groups), a span of
        time ("7 d", "12 h": the newest snapshot that is older), or a Reading; without it the last rehearsal.
        Raises UnknownNameError where nothing fitting was kept.
        """
        earlier = since if isinstance(since, Reading) else self.snapshot_of(since)
        return self.read().changes(earlier, quiet=quiet)

    def read(self, group: str = "", *, beside: bool = True) -> Reading:
        """One reading of the whole project (of a group, if one is named), to ask many questions of.

        `beside`: with disks, quotas, failed tasks, domains and RPO statistics. The free slots of servers are
        read where there are no more than 200 of them.
        """
        inventory = self.client.inventory(
            self._group_id(group),
            block_devices_of=lambda reading: reading.instances if _few(reading) else (),
            disks=beside,
            quotas=beside,
            beside=beside,
        )
        if not _few(inventory):
            told = f"Free slots were not read, for there are more than {MOST_SLOTS} servers: name a group."
            inventory = replace(inventory, problems=(*inventory.problems, told))
        return self._reading(inventory)

    # what is kept

    def snapshot(self, to: str | Path = "") -> int:
        """Read the project, keep the reading in the journal, and return its number there.

        With `to` it is written to that file as well, as JSON that its owner alone can read.
        """
        return self._snapshots.keep(self.read().inventory, to)

    def snapshots(self) -> list[KeptReading]:
        """The readings of this project that were kept, the newest first; of runs those at start and end."""
        return self._snapshots.listed()

    def snapshot_of(self, since: str | int | timedelta = "") -> Reading:
        """A reading that was kept; `since` as in `changes`."""
        return self._reading(self._snapshots.found(since))

    def _keep(self, run_id: str, inventory: Inventory, moment: Moment) -> None:
        self._snapshots.keep_of_run(run_id, inventory, moment)

    @property
    def _snapshots(self) -> Snapshots:
        return Snapshots(self.journal, self.backend, self._clock.now())

    def _beside(self, part: Part) -> Reading:
        return self._whole(self._reading(self.client.inventory(kinds=("groups",), beside=True)), part)

    def _whole(self, reading: Reading, part: Part) -> Reading:
        """The reading, if something of a part was read: an empty table says that there is nothing."""
        inventory = reading.inventory
        if part in inventory.whole or getattr(inventory, part):
            return reading
        raise UnavailableError(0, "", first_few(inventory.problems, between=" "))

    def _reading(self, inventory: Inventory) -> Reading:
        return Reading(inventory, lambda: self.journal, self._clock.now())

    @tables.documented(tables.JOBS)
    def jobs(self, ids: Iterable[str]) -> "pd.DataFrame":
        """Jobs of SDRS, by their ids."""
        return tables.jobs(self.client.jobs(ids))

    def export(self, path: str | Path, *what: str, group: str = "") -> Path:
        """Write tables, by name ("pairs", "drills"; all of them where none is named), for other programs.

        The path's ending says how: `.xlsx` (a sheet each), `.csv` or `.parquet` (one table). Times are UTC,
        and the column says so; see `drkit.tables.export`. UnknownNameError for a table that there is not.
        """
        for name in what:
            if name not in TABLES:
                raise UnknownNameError.among("table", name, TABLES)
        reading = self.read(group)
        return tables.export(path, {name: reading.table(name, group) for name in what or TABLES})

    # judging and planning

    @tables.documented(tables.OBJECTIONS)
    def why_not(
        self,
        operation: str | Iterable[str],
        *,
        group: str | Iterable[str] = "",
        instance: str = "",
        pairs: str | Iterable[str] = (),
        **arguments: Argument,
    ) -> "pd.DataFrame":
        """Every objection to an operation now: what is, what would have to be, and what to do first.

        `operation` is its name ("attach_pair" or "attach pair"). Of several operations and groups each
        operation is judged for each group, all on one reading; an argument goes to those that take it.

        Attach and detach take an instance and pairs, all pairs of its group where none is named; each pair is
        judged by itself, without a `device` under the name it would be given. The others take what they need:
        a group, and `drill`, `server`, `to`, `name`, `drill_vpc_id`, `new_size_gb`, `flavor`, `hard`. A rule
        that could not be asked, for what it rests on was not read, is a row that is not `asked`. An empty
        table says that every rule was asked and nothing speaks against it.
        """
        operations = [read_operation(each) for each in names(operation)]
        inventory = self._around(operations, names(group) or ("",), instance, names(pairs))
        return self._reading(inventory).why_not(
            operation, group=group, instance=instance, pairs=pairs, **arguments
        )

    def plan_attach(
        self,
        instance: str | Iterable[str] | Mapping[str, str | Iterable[str]],
        pairs: str | Iterable[str] = (),
        *,
        group: str = "",
        devices: Mapping[str, str] = building.NO_DEVICES,
        prefix: str = "",
    ) -> Plan:
        """Plan to attach pairs to an instance, or several of one group; `devices` gives pairs names by hand.

        Of several, a mapping says which pairs go to which instance ({"app-01": ["app-cache-01"], ...});
        without one each pair goes where its disk is attached now, else where its name says, and InputError
        names those that nothing tells a place of. `prefix` is "vd" (KVM) or "sd" (Xen), for servers that
        don't tell. What the rules refuse is in `left_out`, with all objections. Nothing is sent.
        """
        if not isinstance(instance, str):
            return self._plan_attach_several(instance, names(pairs), group, devices, prefix)
        inventory, chosen, ids = self._looked_up(Operation.ATTACH_PAIR, group, instance, names(pairs))
        home = inventory.instances[chosen].group_id
        by_hand = {pair_in(inventory, name, home).id: each for name, each in devices.items()}
        return planned(
            self.journal,
            names_of(inventory, [home]),
            lambda: building.plan_attach(inventory, chosen, ids, devices=by_hand, prefix=prefix),
        )

    def _plan_attach_several(
        self,
        instances: Iterable[str] | Mapping[str, str | Iterable[str]],
        pairs: tuple[str, ...],
        group: str,
        devices: Mapping[str, str],
        prefix: str,
    ) -> Plan:
        given = instances if isinstance(instances, Mapping) else dict.fromkeys(instances, "")
        by_instance = {key: names(each) for key, each in given.items()}
        asked = (*pairs, *chain(*by_instance.values()))
        inventory = self._around([Operation.ATTACH_PAIR], (group,), by_instance, asked)
        wanted, by_hand = read_places(inventory, by_instance, pairs, devices, group)
        homes = dict.fromkeys(inventory.instances[key].group_id for key in wanted)
        return planned(
            self.journal,
            names_of(inventory, homes),
            lambda: building.plan_attach_several(inventory, wanted, devices=by_hand, prefix=prefix),
        )

    def plan_detach(self, instance: str, pairs: str | Iterable[str], *, group: str = "") -> Plan:
        """Plan to detach pairs from an instance. Nothing is sent."""
        inventory, chosen, ids = self._looked_up(Operation.DETACH_PAIR, group, instance, names(pairs))
        home = names_of(inventory, [inventory.instances[chosen].group_id])
        return planned(self.journal, home, lambda: building.plan_detach(inventory, chosen, ids))

    def plan(
        self, verb: str, *, group: str = "", instance: str = "", pair: str = "", **arguments: Argument
    ) -> Plan:
        """Plan one change: any `Operation`, with the names of the things that it is about. Nothing is sent.

        What each verb takes is in `drkit do VERB --help`. The plan's notes say what is lost by it, `to_type`
        what confirms it. Raises RefusedError with every objection and what to do first, InputError for what
        does not fit, UnknownNameError.
        """
        operation = read_operation(verb)
        inventory = self._for_one(operation, group, instance, pair)
        known = names_of(inventory, inventory.groups)
        return planned(
            self.journal,
            [each for each in known if not group or group in each],
            lambda: plan_change(inventory, operation, group=group, instance=instance, pair=pair, **arguments),
        )

    def plan_removal(
        self, group: str, *, with_disks: bool = False, with_servers: bool = False, with_eip: bool = False
    ) -> Plan:
        """Plan to take away the protection of a group: its drills, pairs, instances, and the group itself.

        What stays and keeps costing is in the notes, and a person signs for it at the end: DR servers, disks
        at the DR site, public addresses, networks of drills. `with_disks`, `with_servers` and `with_eip` have
        them deleted, for good. Nothing is sent. Raises RefusedError with every objection.
        """
        group_id = self._group_id(group)
        inventory = self.client.inventory(group_id)
        removal = Removal(with_disks, with_servers, with_eip)
        known = names_of(inventory, [group_id])
        return planned(self.journal, known, lambda: plan_removal(inventory, group_id, removal))

    def plan_protection(
        self,
        servers: str | Iterable[str],
        *,
        name: str = "",
        by_tag: str = "",
        domain: str = "",
        target_zone: str = "",
        flavors: Mapping[str, str] = building.NO_DEVICES,
    ) -> Plan:
        """Plan to protect servers: their groups, instances with pairs, protection, the first synchronisation.

        `name` is that of the group; `by_tag` makes one for each value of a tag. `domain` need not be named
        where one alone has the servers' zones, nor `target_zone`; `flavors` are other ones of DR servers, by
        server. Quotas and what is smaller are in the notes; a server without the tag is in `left_out`.
        Nothing is sent. Raises RefusedError with every objection, InputError for what is missing,
        UnknownNameError.
        """
        inventory = self.client.inventory(disks=True, quotas=True, domains=True)
        wanted = Protection(names(servers), name, by_tag, domain, target_zone, flavors)
        made, _ = groups_to_be(inventory, wanted)
        known = [("", each.name) for each in made]
        return planned(self.journal, known, lambda: plan_protection(inventory, wanted))

    def plan_rehearsal(self, request: PlanRequest) -> Plan:
        """Plan a DR drill or its clean-up, a planned failover, the way back, a failover, a re-protection, or
        the restart of production.

        The kind of the request decides which. Nothing is sent. Raises RefusedError with every objection
        and the shortest legal way there, InputError for objectives that are not complete.
        """
        inventory, now = self.client.inventory(**wanted_by(request)), self._clock.now()
        asked = request.resolved(inventory)
        groups = names_of(inventory, chain(*asked.in_waves()))
        return planned(self.journal, groups, lambda: plan_rehearsal(inventory, request, now))

    @tables.documented(tables.WAYS)
    def ways_out(self, group: str) -> "pd.DataFrame":
        """Where a group can go from its state: what is open, what it leads to, what is against it."""
        return self._reading(self.inventory(group)).ways_out(group)

    # running

    def run(
        self,
        plan: Plan,
        confirm: str,
        *,
        fail_fast: bool = False,
        takeover: bool = False,
        attended: bool = True,
    ) -> Run:
        """Start a plan that the operator confirmed by typing the name of its group; see `Run.start`.

        Several groups are confirmed by their names joined by ", ". `fail_fast`: the first failure holds back
        what was not sent. `takeover`: take a group over from a run whose holder is gone. `attended`: somebody
        is there to be asked; without, what would have to be asked is not sent. A profile that does not let
        the plan's changes leave raises ReadOnlyError; nothing is begun then.
        """
        if why := self.refusal(plan):
            raise ReadOnlyError(f"{plan.title} is not begun. {why}")
        run = Run.start(
            plan,
            client=self.client,
            journal=self.journal,
            clock=self._clock,
            confirm=confirm,
            takeover=takeover,
            options=self._options(attended=attended, fail_fast=fail_fast),
        )
        if follows := plan.objectives.follows if plan.objectives else "":
            try:
                self.record(follows).followed(run.id)
            except (
                DrkitError,
                OSError,
                LookupError,
                ValueError,
            ) as error:  # the run goes on
                _log.warning("Run %s cannot name %s as its successor: %s", follows, run.id, error)
        return run

    def resume(self, run_id: str, *, takeover: bool = False, attended: bool = True) -> Run:
        """Go on with a run of the journal, or show it as it ended; see `Run.resume`.

        ReadOnlyError where the profile does not let what is left to do leave; the run stays as it is then.
        """
        if self.access is not api.Access.REAL:
            state = recorded(self.journal, run_id)
            left = {each.key for each in state.steps if not each.phase.rests}
            if why := self.refusal(state.plan, left):
                raise ReadOnlyError(f"Run {run_id} is not gone on with. {why}")
        return Run.resume(
            run_id,
            client=self.client,
            journal=self.journal,
            clock=self._clock,
            takeover=takeover,
            options=self._options(attended=attended),
        )

    def refusal(self, plan: Plan, keys: Collection[str] | None = None) -> str:
        """Why the profile does not let a plan's changes leave (of those steps, where some are named); empty
        where it does. It is held where requests leave as well.
        """
        changes = [step.change for step in plan.steps if step.change and (keys is None or step.key in keys)]
        whys = (self.access.refuses_operation(change.operation) for change in changes)
        return next(filter(None, whys), "")

    def close_run(self, run_id: str, why: str, *, takeover: bool = False) -> RunState:
        """Close a run that nobody will go on with, for good; see `drkit.execution.following.close`."""
        state = close(self.journal, run_id, why, takeover=takeover)
        self._report(run_id)
        return state

    @tables.documented(tables.RUNS)
    def runs(self) -> "pd.DataFrame":
        """The runs in the journal with both parts of their verdicts, unfinished ones first."""
        from drkit.report import run_rows  # noqa: PLC0415  # as `record` below

        return tables.runs(run_rows(self.journal))

    @tables.documented(tables.STEPS)
    def steps(self, run_id: str) -> "pd.DataFrame":
        """The steps of a run as the journal knows them: how each is, who did it, how long it took."""
        from drkit.report import step_rows  # noqa: PLC0415  # as `record` below

        return tables.steps(step_rows(self.journal, run_id))

    def record(self, run_id: str) -> "RunRecord":
        """A run's record: its evidence, its report, and what is added later: notes, findings, sign-offs."""
        from drkit.report import RunRecord  # noqa: PLC0415  # matplotlib takes its time to load

        return RunRecord(self.journal, run_id)

    def _options(self, *, attended: bool, fail_fast: bool = False) -> RunOptions:
        return RunOptions(
            fail_fast=fail_fast,
            attended=attended,
            pace=1 / self.client.speed,
            on_end=self._report,
            on_reading=self._keep,
        )

    def _report(self, run_id: str) -> None:
        """Have the record of a run that is over stamped, and write its report, where `report_folder` says."""
        if url := authority():
            try:
                self.journal.stamp(run_id, url, partial(self.client.time_stamp, url))
            except (DrkitError, ConnectionError) as error:  # the record stands without; verifying says so
                _log.warning("Run %s has no time stamp of %s: %s", run_id, url, error)
        self.record(run_id).write()

    # what several of them need

    def _looked_up(
        self, operation: Operation, group: str, instance: str, pairs: tuple[str, ...]
    ) -> tuple[Inventory, str, list[str]]:
        """The reading to plan on, the id of the instance, and those of the pairs."""
        inventory = self._around([operation], (group,), instance, pairs)
        chosen = inventory.instance(instance, inventory.group(group).id if group else "")
        return inventory, chosen.id, [pair_in(inventory, each, chosen.group_id).id for each in pairs]

    def _for_one(self, operation: Operation, group: str, instance: str, pair: str) -> Inventory:
        """What has to be read to plan one change: around its group or instance, else the whole project."""
        if operation in IN_THE_WHOLE_PROJECT or not (group or instance):
            also = read_also([operation])
            also["disks"] = True  # what is lost is told by name
            return self.client.inventory(**also)
        return self._around([operation], (group,), instance, names(pair))

    def _group_id(self, group: str) -> str:
        if not group:
            return ""
        return find("protection group", group, {each.id: each for each in self.client.groups()}).id

    def _read(self, group: str, kinds: tuple[ThingKind, ...]) -> Inventory:
        return self.client.inventory(self._group_id(group), kinds=kinds)

    def _around(
        self,
        operations: Iterable[Operation],
        groups: Sequence[str],
        instance: str | Iterable[str],
        pairs: tuple[str, ...],
    ) -> Inventory:
        """What has to do with a group, or the group of instances; everything for several groups, or where
        a pair is elsewhere.
        """
        group_id = self._group_id(groups[0]) if len(groups) == 1 else ""
        homes: tuple[str, ...] = (group_id,) if group_id else ()
        devices_of: tuple[str, ...] = ()
        also = read_also(operations)
        if asked := names(instance):
            known = {each.id: each for each in self.client.instances(group_id)}
            chosen = [find("protected instance", each, known) for each in asked]
            homes = tuple(dict.fromkeys(each.group_id for each in chosen))
            devices_of = tuple(each.id for each in chosen)
        inventory = self.client.inventory(homes, block_devices_of=devices_of, **also)
        if not pairs or {*pairs} <= {*inventory.pairs, *(pair.name for pair in inventory.pairs.values())}:
            return inventory
        return self.client.inventory(block_devices_of=devices_of, **also)


def _few(reading: Inventory) -> bool:
    """Whether the free slots of all servers of a reading's instances are asked for."""
    return 2 * len(reading.instances) <= MOST_SLOTS


def _with_problems(table: "pd.DataFrame", inventory: Inventory) -> "pd.DataFrame":
    table.attrs["problems"] = inventory.problems
    return table


# The range inside this process. The module's, for every `connect()` comes to the same one, whichever cell
# calls it first; the lock, because two may be first.
_sandboxes: list["Sandbox"] = []
_making = threading.Lock()


def _embedded() -> "Sandbox":
    """The sandbox inside this process, made once: what one cell attached the next one sees attached."""
    from drkit.sandbox import Sandbox  # noqa: PLC0415  # a real site never loads the sandbox

    with _making:
        if not _sandboxes:
            _sandboxes.append(_begun(lambda speed, manner: Sandbox(speed=speed, manner=manner)))
        return _sandboxes[0]


def _of_the_folder(folder: Path) -> tuple[dict[str, str], str]:
    """The sandbox that the notebooks of this folder share, and in words whether it was there already."""
    from drkit.sandbox import join_or_begin  # noqa: PLC0415  # as above

    try:
        access, joined = _begun(lambda speed, manner: join_or_begin(folder, speed, manner))
    except ConnectionError as error:
        raise ProfileError(str(error)) from None
    return access, f"the world of the notebooks in {folder}: {'joined' if joined else 'begun'}"


def _begun(begin: Callable[[float, str], Begun]) -> Begun:
    """What begins at the speed and in the manner that the environment names."""
    text = os.environ.get("DRKIT_SANDBOX_SPEED", "").strip() or "10"
    manner = os.environ.get("DRKIT_SANDBOX_MANNER", "").strip() or "full"
    try:
        return begin(float(text), manner)
    except ValueError as error:
        raise ProfileError(
            f"The practice range cannot begin with DRKIT_SANDBOX_SPEED={text!r} and "
            f"DRKIT_SANDBOX_MANNER={manner!r}: {error}"
        ) from None
