"""`Site`: what a notebook holds. Joins reading, judging, planning and running; decides nothing itself."""

import logging
import os
import threading
from collections.abc import Iterable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import replace
from functools import cached_property, partial
from itertools import chain
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

import pandas as pd

from drkit import api, tables
from drkit.api import PracticeRange
from drkit.clock import Clock, SystemClock
from drkit.errors import DrkitError, ProfileError, UnknownNameError
from drkit.execution import Board, Run, RunOptions, RunState, close, holders, planned
from drkit.journal import Journal, authority
from drkit.model import Argument, Backend, Inventory, Operation, ThingKind, find
from drkit.plan import (
    Plan,
    PlanRequest,
    changes_of,
    given_to,
    pair_in,
    plan_rehearsal,
    read_operation,
    wanted_by,
    ways_out,
)
from drkit.plan import attach as building
from drkit.rules import Projection, judge_in, read_also
from drkit.showing import card, line, table

if TYPE_CHECKING:
    from drkit.report import RunRecord
    from drkit.sandbox import Sandbox

_log = logging.getLogger("drkit.site")
Where = str | Path | None
EXPORTED = ("groups", "instances", "pairs", "attachments", "servers", "drills")


def connect(profile: str | None = None, *, clock: Clock | None = None, journal: Where = None) -> "Site":
    """Sign in and return the site of a profile: the one named, else DRKIT_PROFILE, else the sandbox.

    The sandbox is the one that runs on this machine, else one inside this process, made at the first call
    and kept (DRKIT_SANDBOX_SPEED sets how fast its jobs go, DRKIT_SANDBOX_MANNER how much its answers tell).
    `journal` is a file or a database URL, else DRKIT_JOURNAL, else a file in the platform's data folder.
    Raises ProfileError that names what is missing, or says that the sandbox of DRKIT_SANDBOX is gone,
    SignInError for wrong credentials, UnreachableError for no connection.
    """
    name = api.chosen(profile)
    if name != api.SANDBOX:
        return Site(api.open_client(api.profile(name), clock), clock=clock, journal=journal)
    from drkit.sandbox import find_running  # noqa: PLC0415  # a real site never loads the sandbox

    try:
        access = find_running()
    except ConnectionError as error:
        raise ProfileError(str(error)) from None
    if access is None:
        return practise(_embedded(), clock=clock, journal=journal)
    return Site(api.open_client(api.sandbox_profile(access), clock), clock=clock, journal=journal)


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
) -> pd.DataFrame:
    """Every objection to an operation, as `Site.why_not` says; without a `site` that of `connect()`."""
    with nullcontext(site) if site else connect() as asked:
        return asked.why_not(operation, group=group, instance=instance, pairs=pairs, **arguments)


class Site:
    """One project of one backend, by the names of its things.

    Groups, instances, pairs, drills and servers are named by name or id; a name that fits nothing, or more
    than one thing, raises UnknownNameError with suggestions. Each method reads anew. Tables are DataFrames
    with one row per thing, times in UTC, sizes in GB; `attrs["problems"]` says what contradicted itself or
    could not be read. Close it when done, or use it in a `with`.
    """

    def __init__(
        self,
        client: api.Client,
        *,
        clock: Clock | None = None,
        journal: Where = None,
    ) -> None:
        self.client = client
        self._clock, self._where = clock or SystemClock(), journal

    def __repr__(self) -> str:
        return line(self, f"{self.backend.label}, project {self.backend.project}")

    def _repr_html_(self) -> str:
        backend = self.backend
        facts = [("region", backend.region), ("project", backend.project), ("its id", backend.project_id)]
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
    def backend(self) -> Backend:
        """Practice or real: the cloud, region and project."""
        return self.client.backend

    @cached_property
    def journal(self) -> Journal:
        """The durable record of runs, opened when it is first needed."""
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
    def groups(self, group: str = "") -> pd.DataFrame:
        """Protection groups."""
        inventory = self._read("", ("groups",))
        if group:
            chosen = inventory.group(group)
            inventory = replace(inventory, groups={chosen.id: chosen})
        return _with_problems(tables.groups(inventory), inventory)

    @tables.documented(tables.INSTANCES)
    def instances(self, group: str = "") -> pd.DataFrame:
        """Protected instances with both of their servers."""
        inventory = self._read(group, ("groups", "instances", "servers"))
        return _with_problems(tables.instances(inventory), inventory)

    @tables.documented(tables.PAIRS)
    def pairs(self, group: str = "") -> pd.DataFrame:
        """Replication pairs and what they are attached to."""
        inventory = self.client.listing(self._group_id(group), kinds=("groups", "instances", "pairs"))
        return _with_problems(tables.pairs(inventory), inventory)

    @tables.documented(tables.ATTACHMENTS)
    def attachments(self, group: str = "") -> pd.DataFrame:
        """Which pair is attached to which instance under which device name."""
        inventory = self._read(group, ("groups", "instances", "pairs", "servers"))
        return _with_problems(tables.attachments(inventory), inventory)

    @tables.documented(tables.SERVERS)
    def servers(self, group: str = "") -> pd.DataFrame:
        """Servers and the part they play; of a group, if one is named."""
        inventory = self._read(group, ("groups", "instances", "pairs", "drills"))
        members = {server for instance in inventory.instances.values() for server in instance.server_ids}
        members |= {server for drill in inventory.drills.values() for _, server in drill.servers}
        servers = {each.id: each for each in self.client.servers() if not group or each.id in members}
        inventory = replace(inventory, servers=servers)
        return _with_problems(tables.servers(inventory), inventory)

    @tables.documented(tables.DRILLS)
    def drills(self, group: str = "") -> pd.DataFrame:
        """DR drills."""
        inventory = self._read(group, ("groups", "drills"))
        return _with_problems(tables.drills(inventory), inventory)

    @tables.documented(tables.JOBS)
    def jobs(self, ids: Iterable[str]) -> pd.DataFrame:
        """Jobs of SDRS, by their ids."""
        return tables.jobs(self.client.jobs(ids))

    def export(self, path: str | Path, *what: str, group: str = "") -> Path:
        """Write tables, by name ("pairs", "drills"; all of them where none is named), for other programs.

        The path's ending says how: `.xlsx` (a sheet each), `.csv` or `.parquet` (one table). Times are UTC,
        and the column says so; see `drkit.tables.export`. UnknownNameError for a table that there is not.
        """
        for name in what:
            if name not in EXPORTED:
                raise UnknownNameError.among("table", name, EXPORTED)
        chosen = {name: getattr(self, name)(group=group) for name in what or EXPORTED}
        return tables.export(path, chosen)

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
    ) -> pd.DataFrame:
        """Every objection to an operation now: what is, what would have to be, and what to do first.

        `operation` is its name ("attach_pair" or "attach pair"). Of several operations and groups each
        operation is judged for each group, all on one reading; an argument goes to those that take it.

        Attach and detach take an instance and pairs, all pairs of its group where none is named; each pair is
        judged by itself, without a `device` under the name it would be given. The others take what they need:
        a group, and `drill`, `server`, `to`, `name`, `drill_vpc_id`, `new_size_gb`, `flavor`, `hard`. A rule
        that could not be asked, for what it rests on was not read, is a row that is not `asked`. An empty
        table says that every rule was asked and nothing speaks against it.
        """
        wanted = given_to([read_operation(each) for each in _names(operation)], arguments)
        groups, names = _names(group) or ("",), _names(pairs)
        inventory = self._around(wanted, groups, instance, names)
        changes = [
            change
            for each, given in wanted.items()
            for key in groups
            for change in changes_of(each, inventory, group=key, instance=instance, pairs=names, **given)
        ]
        world = Projection.of(inventory)
        held = {
            key: holders(self.journal, _names_of(inventory, [key]))
            for key in {change.group_id for change in changes}
        }
        verdicts = (judge_in(change, world) for change in changes)
        return tables.objections(
            [replace(each, objections=(*held[each.change.group_id], *each.objections)) for each in verdicts],
            inventory,
        )

    def plan_attach(
        self,
        instance: str,
        pairs: str | Iterable[str],
        *,
        group: str = "",
        devices: Mapping[str, str] = building.NO_DEVICES,
        prefix: str = "",
    ) -> Plan:
        """Plan to attach pairs to an instance; `devices` gives pairs a device name by hand.

        `prefix` is "vd" (KVM) or "sd" (Xen), for servers that don't tell. What the rules refuse is in
        `left_out`, with all objections. Nothing is sent.
        """
        inventory, chosen, ids = self._looked_up(Operation.ATTACH_PAIR, group, instance, _names(pairs))
        home = inventory.instances[chosen].group_id
        by_hand = {pair_in(inventory, name, home).id: each for name, each in devices.items()}
        return planned(
            self.journal,
            _names_of(inventory, [home]),
            lambda: building.plan_attach(inventory, chosen, ids, devices=by_hand, prefix=prefix),
        )

    def plan_detach(self, instance: str, pairs: str | Iterable[str], *, group: str = "") -> Plan:
        """Plan to detach pairs from an instance. Nothing is sent."""
        inventory, chosen, ids = self._looked_up(Operation.DETACH_PAIR, group, instance, _names(pairs))
        home = _names_of(inventory, [inventory.instances[chosen].group_id])
        return planned(self.journal, home, lambda: building.plan_detach(inventory, chosen, ids))

    def plan_rehearsal(self, request: PlanRequest) -> Plan:
        """Plan a DR drill or its clean-up, a planned failover, the way back, a failover, a re-protection, or
        the restart of production.

        The kind of the request decides which. Nothing is sent. Raises RefusedError with every objection
        and the shortest legal way there, InputError for objectives that are not complete.
        """
        inventory, now = self.client.inventory(**wanted_by(request)), self._clock.now()
        asked = request.resolved(inventory)
        groups = _names_of(inventory, chain(*asked.in_waves()))
        return planned(self.journal, groups, lambda: plan_rehearsal(inventory, request, now))

    @tables.documented(tables.WAYS)
    def ways_out(self, group: str) -> pd.DataFrame:
        """Where a group can go from its state: what is open, what it leads to, what is against it."""
        inventory = self.inventory(group)
        return tables.ways(ways_out(inventory, inventory.group(group).id))

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
        is there to be asked; without, what would have to be asked is not sent.
        """
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
        """Go on with a run of the journal, or show it as it ended; see `Run.resume`."""
        return Run.resume(
            run_id,
            client=self.client,
            journal=self.journal,
            clock=self._clock,
            takeover=takeover,
            options=self._options(attended=attended),
        )

    def close_run(self, run_id: str, why: str, *, takeover: bool = False) -> RunState:
        """Close a run that nobody will go on with, for good; see `drkit.execution.following.close`."""
        state = close(self.journal, run_id, why, takeover=takeover)
        self._report(run_id)
        return state

    @tables.documented(tables.RUNS)
    def runs(self) -> pd.DataFrame:
        """The runs in the journal with both parts of their verdicts, unfinished ones first."""
        from drkit.report import run_rows  # noqa: PLC0415  # as `record` below

        return tables.runs(run_rows(self.journal))

    @tables.documented(tables.STEPS)
    def steps(self, run_id: str) -> pd.DataFrame:
        """The steps of a run as the journal knows them."""
        return tables.steps(Board.replay(self.journal.entries(run_id)).state().rows())

    def record(self, run_id: str) -> "RunRecord":
        """A run's record: its evidence, its report, and what is added later: notes, findings, sign-offs."""
        from drkit.report import RunRecord  # noqa: PLC0415  # matplotlib takes its time to load

        return RunRecord(self.journal, run_id)

    def _options(self, *, attended: bool, fail_fast: bool = False) -> RunOptions:
        return RunOptions(
            fail_fast=fail_fast, attended=attended, pace=1 / self.client.speed, on_end=self._report
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

    def _group_id(self, group: str) -> str:
        if not group:
            return ""
        return find("protection group", group, {each.id: each for each in self.client.groups()}).id

    def _read(self, group: str, kinds: tuple[ThingKind, ...]) -> Inventory:
        return self.client.inventory(self._group_id(group), kinds=kinds)

    def _around(
        self, operations: Iterable[Operation], groups: Sequence[str], instance: str, pairs: tuple[str, ...]
    ) -> Inventory:
        """What has to do with a group, or the group of an instance; everything for several groups, or where
        a pair is elsewhere.
        """
        group_id = self._group_id(groups[0]) if len(groups) == 1 else ""
        devices_of: tuple[str, ...] = ()
        also = read_also(operations)
        if instance:
            known = {each.id: each for each in self.client.instances(group_id)}
            chosen = find("protected instance", instance, known)
            group_id, devices_of = chosen.group_id, (chosen.id,)
        inventory = self.client.inventory(group_id, block_devices_of=devices_of, **also)
        if {*pairs} <= {*inventory.pairs, *(pair.name for pair in inventory.pairs.values())}:
            return inventory
        return self.client.inventory(block_devices_of=devices_of, **also)


def _with_problems(table: pd.DataFrame, inventory: Inventory) -> pd.DataFrame:
    table.attrs["problems"] = inventory.problems
    return table


def _names(given: str | Iterable[str]) -> tuple[str, ...]:
    names = (given,) if isinstance(given, str) else given
    return tuple(each for each in names if each)


# The range inside this process. The module's, for every `connect()` comes to the same one, whichever cell
# calls it first; the lock, because two may be first.
_sandboxes: list["Sandbox"] = []
_making = threading.Lock()


def _embedded() -> "Sandbox":
    """The sandbox inside this process, made once: what one cell attached the next one sees attached."""
    from drkit.sandbox import Sandbox  # noqa: PLC0415  # a real site never loads the sandbox

    text = os.environ.get("DRKIT_SANDBOX_SPEED", "").strip() or "10"
    manner = os.environ.get("DRKIT_SANDBOX_MANNER", "").strip() or "full"
    with _making:
        if not _sandboxes:
            try:
                _sandboxes.append(Sandbox(speed=float(text), manner=manner))
            except ValueError as error:
                raise ProfileError(
                    f"The practice range cannot begin with DRKIT_SANDBOX_SPEED={text!r} and "
                    f"DRKIT_SANDBOX_MANNER={manner!r}: {error}"
                ) from None
        return _sandboxes[0]


def _names_of(inventory: Inventory, group_ids: Iterable[str]) -> list[tuple[str, str]]:
    """The (id, name) of those groups that there are."""
    return [(key, inventory.groups[key].name) for key in group_ids if key in inventory.groups]
