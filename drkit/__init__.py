"""Disaster-recovery runbooks for SDRS, with a practice range to learn, test and rehearse on.

    >>> import drkit

Connect: to the practice range, unless DRKIT_PROFILE or an argument names a cloud. `Site` is one project.

    >>> site = drkit.connect()
    >>> site
    <Site PRACTICE, project sandbox-1>

Look: every table is a DataFrame, names first, ids last, times in UTC, sizes in GB.

    >>> site.groups()[["group", "status", "pairs"]].head(2)
               group     status  pairs
    0  shop-frontend  protected      9
    1   shop-backend  available     15

One reading answers any number of questions, without another request:

    >>> reading = site.read()
    >>> reading.ready("shop-frontend")[["group", "readiness"]].values.tolist()
    [['shop-frontend', 'ready with warnings']]

Ask why not: each objection with what is, what would have to be, and what to do first. No row: it may be done.

    >>> site.why_not("planned_failover", group="shop-backend", to="target")["wanted"].iloc[0]
    'error-reversing or protected'

Plan: nothing is sent. What the rules refuse is left out, with the reasons.

    >>> plan = site.plan_attach("app-01", ["app-cache-01"])
    >>> [step.title for step in plan.steps]
    ['Attach app-cache-01 to app-01 as /dev/vdc']

Run: the name of the group confirms the plan. A change is never sent twice, whatever happens.

    >>> run = site.run(plan, confirm="shop-backend")

Watch: `wait` comes back at the end, or when the run asks somebody; `state` says how it is now.

    >>> run.wait().phase
    <RunPhase.DONE: 'done'>
    >>> site.steps(run.id)[["title", "phase"]].values.tolist()
    [['Attach app-cache-01 to app-01 as /dev/vdc', 'done']]

Resume: after a crash, a stop or an unknown outcome, from any machine that reaches the journal.

    >>> run = site.resume(run.id)

Rehearse: say what is measured, get the plan, start it, sign off what people do, and keep the report.

    >>> request = drkit.PlanRequest(
    ...     kind="planned_failover",
    ...     waves=["shop-frontend"],
    ...     scenario="Maintenance of the first zone",
    ...     scope="The shop's frontend",
    ...     criteria="Customers see the shop",
    ...     participants=["Duty lead"],
    ...     rto={"shop-frontend": "15 min"},
    ... )
    >>> plan = site.plan_rehearsal(request)
    >>> run = site.run(plan, confirm="shop-frontend")
    >>> while (state := run.wait()).phase.alive:
    ...     for step in state.steps:
    ...         if drkit.Action.SIGN_OFF in step.actions:
    ...             run.sign_off(step.key, passed=True, who="Duty lead", note="The shop opens")
    >>> state.phase
    <RunPhase.DONE: 'done'>
    >>> report = site.record(run.id).write()
    >>> site.close()

What is here:

- look: Reading (one reading, many questions), changes (between two), Thresholds (of readiness)
- begin: connect, Site, Sites (several projects, to read), why_not, PracticeRange (the practice range's faults
  and time), review
- plan: PlanRequest, Objectives, RunbookKind, Plan, Step, LeftOut, Objection, Verdict, WayOut
- run: Run, RunState, StepState, RunPhase, StepPhase, Action
- keep: Journal, Lease, RunRecord, Review, Reviews
- values: Backend, Inventory, ProtectionGroup, ProtectedInstance, ReplicationPair, Attachment, Drill, Server,
  Disk, Job, Change, Operation
- statuses: GroupStatus, InstanceStatus, PairStatus, DrillStatus, JobStatus, ServerStatus, ReplicationStatus,
  Station, Unknown (a word that no reference names), and the Phase of each
- tables: COLUMNS, the columns of every table with their dtypes
- time: Clock, SystemClock, SteppedClock (for tests that don't wait)
- errors: DrkitError and below it InputError, ProfileError, SecretNeededError, UnknownNameError, RefusedError,
  ReadOnlyError, NotConfirmedError,
  StalePlanError, EffectUnknownError, LeaseHeldError, ServiceError, SignInError, GoneError, BusyError,
  UnavailableError, UnreachableError, OutcomeUnknownError, WireError, JournalError, JournalDamagedError,
  LeaseLostError
- the version: __version__

Public and stable is what `drkit.__all__` lists, with its documented attributes; all else may change at any
time. Before 1.0 a new minor version (0.2) may change what is public, a patch (0.1.1) does not; the README's
part "Changes" says what changed. Everything is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from drkit.api import PracticeRange
    from drkit.clock import Clock, SteppedClock, SystemClock
    from drkit.errors import (
        BusyError,
        DrkitError,
        EffectUnknownError,
        GoneError,
        InputError,
        JournalDamagedError,
        JournalError,
        LeaseHeldError,
        LeaseLostError,
        NotConfirmedError,
        OutcomeUnknownError,
        ProfileError,
        ReadOnlyError,
        RefusedError,
        SecretNeededError,
        ServiceError,
        SignInError,
        StalePlanError,
        UnavailableError,
        UnknownNameError,
        UnreachableError,
        WireError,
    )
    from drkit.execution import Action, Run, RunPhase, RunState, StepPhase, StepState
    from drkit.journal import Journal, Lease
    from drkit.model import (
        Attachment,
        Backend,
        Change,
        Disk,
        Drill,
        DrillStatus,
        GroupStatus,
        InstanceStatus,
        Inventory,
        Job,
        JobStatus,
        Operation,
        PairStatus,
        Phase,
        ProtectedInstance,
        ProtectionGroup,
        ReplicationPair,
        ReplicationStatus,
        Server,
        ServerStatus,
        Station,
        Unknown,
    )
    from drkit.plan import LeftOut, Objectives, Plan, PlanRequest, RunbookKind, Step, WayOut
    from drkit.readiness import Thresholds
    from drkit.reading import Reading, changes
    from drkit.report import Review, Reviews, RunRecord, review
    from drkit.rules import Objection, Verdict
    from drkit.site import Site, why_not
    from drkit.sites import Sites, connect
    from drkit.tables import COLUMNS

    __version__: str

_LATER = {
    name: f"drkit.{room}"
    for room, names in {
        "api": ("PracticeRange",),
        "execution": ("Action", "Run", "RunPhase", "RunState", "StepPhase", "StepState"),
        "journal": ("Journal", "Lease"),
        "plan": ("LeftOut", "Objectives", "Plan", "PlanRequest", "RunbookKind", "Step", "WayOut"),
        "readiness": ("Thresholds",),
        "reading": ("Reading", "changes"),
        "report": ("Review", "Reviews", "RunRecord", "review"),
        "rules": ("Objection", "Verdict"),
        "site": ("Site", "why_not"),
        "sites": ("Sites", "connect"),
        "tables": ("COLUMNS",),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name == "__version__":
        return import_module("importlib.metadata").version("drkit")
    if name in _LATER:
        return getattr(import_module(_LATER[name]), name)
    for room in ("drkit.errors", "drkit.model", "drkit.clock") if name in __all__ else ():
        if hasattr(module := import_module(room), name):
            return getattr(module, name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "COLUMNS",
    "Action",
    "Attachment",
    "Backend",
    "BusyError",
    "Change",
    "Clock",
    "Disk",
    "Drill",
    "DrillStatus",
    "DrkitError",
    "EffectUnknownError",
    "GoneError",
    "GroupStatus",
    "InputError",
    "InstanceStatus",
    "Inventory",
    "Job",
    "JobStatus",
    "Journal",
    "JournalDamagedError",
    "JournalError",
    "Lease",
    "LeaseHeldError",
    "LeaseLostError",
    "LeftOut",
    "NotConfirmedError",
    "Objection",
    "Objectives",
    "Operation",
    "OutcomeUnknownError",
    "PairStatus",
    "Phase",
    "Plan",
    "PlanRequest",
    "PracticeRange",
    "ProfileError",
    "ProtectedInstance",
    "ProtectionGroup",
    "ReadOnlyError",
    "Reading",
    "RefusedError",
    "ReplicationPair",
    "ReplicationStatus",
    "Review",
    "Reviews",
    "Run",
    "RunPhase",
    "RunRecord",
    "RunState",
    "RunbookKind",
    "SecretNeededError",
    "Server",
    "ServerStatus",
    "ServiceError",
    "SignInError",
    "Site",
    "Sites",
    "StalePlanError",
    "Station",
    "Step",
    "StepPhase",
    "StepState",
    "SteppedClock",
    "SystemClock",
    "Thresholds",
    "UnavailableError",
    "Unknown",
    "UnknownNameError",
    "UnreachableError",
    "Verdict",
    "WayOut",
    "WireError",
    "__version__",
    "changes",
    "connect",
    "review",
    "why_not",
]
