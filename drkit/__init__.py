"""drkit: disaster-recovery runbooks for SDRS, with a practice range.

    import drkit
    site = drkit.connect()      # the sandbox, unless another profile is named
    site.groups()

Here: what notebooks and scripts use. `connect` gives a `Site`; values and errors are those of `drkit.model`
and `drkit.errors`. What needs pandas and the network is loaded when it is first used.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from drkit.errors import (
    BusyError,
    DrkitError,
    GoneError,
    InputError,
    JournalDamagedError,
    JournalError,
    LeaseHeldError,
    LeaseLostError,
    NotConfirmedError,
    OutcomeUnknownError,
    ProfileError,
    RefusedError,
    ServiceError,
    SignInError,
    StalePlanError,
    UnavailableError,
    UnknownNameError,
    UnreachableError,
    WireError,
)
from drkit.model import (
    Attachment,
    Backend,
    Change,
    Drill,
    Inventory,
    Job,
    Operation,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    Server,
)

if TYPE_CHECKING:
    from drkit.plan import Plan, Step
    from drkit.report import review
    from drkit.site import Site, connect, why_not

    __version__: str

_LATER = {
    "Plan": "drkit.plan",
    "Site": "drkit.site",
    "Step": "drkit.plan",
    "connect": "drkit.site",
    "review": "drkit.report",
    "why_not": "drkit.site",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401  # the types are those imported above
    if name == "__version__":
        return import_module("importlib.metadata").version("drkit")
    if name not in _LATER:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(_LATER[name]), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})


__all__ = [
    "Attachment",
    "Backend",
    "BusyError",
    "Change",
    "Drill",
    "DrkitError",
    "GoneError",
    "InputError",
    "Inventory",
    "Job",
    "JournalDamagedError",
    "JournalError",
    "LeaseHeldError",
    "LeaseLostError",
    "NotConfirmedError",
    "Operation",
    "OutcomeUnknownError",
    "Plan",
    "ProfileError",
    "ProtectedInstance",
    "ProtectionGroup",
    "RefusedError",
    "ReplicationPair",
    "Server",
    "ServiceError",
    "SignInError",
    "Site",
    "StalePlanError",
    "Step",
    "UnavailableError",
    "UnknownNameError",
    "UnreachableError",
    "WireError",
    "__version__",
    "connect",
    "review",
    "why_not",
]
