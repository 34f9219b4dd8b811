"""Every error of drkit. Each says in one sentence what is wrong, where, and what to do.

    DrkitError
    ├── InputError
    │   ├── ProfileError
    │   └── UnknownNameError
    ├── RefusedError
    │   ├── NotConfirmedError
    │   ├── StalePlanError
    │   └── LeaseHeldError
    ├── ServiceError
    │   ├── SignInError
    │   ├── GoneError
    │   ├── BusyError
    │   └── UnavailableError
    ├── UnreachableError
    ├── OutcomeUnknownError
    ├── WireError
    └── JournalError
        ├── JournalDamagedError
        └── LeaseLostError

`exit_code` is what a command ends with: 2 when nothing was changed because of it, 1 when a step
failed, 3 when the outcome of a change is not known.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import Any, ClassVar, Self


class DrkitError(Exception):
    """Anything drkit raises on purpose; `str()` of it is the sentence for the operator."""

    exit_code: ClassVar[int] = 2

    def _render_traceback_(self) -> list[str]:
        """What a notebook's cell shows of it: IPython asks for this; the sentence, not the stack."""
        return [str(self)]


class InputError(DrkitError):
    """What was asked for does not fit; nothing was sent."""


class ProfileError(InputError):
    """The profile is missing, incomplete or contradictory."""


class UnknownNameError(InputError):
    """A name or id fits nothing, or more than one thing."""

    @classmethod
    def among(cls, what: str, name: str, known: Iterable[str]) -> Self:
        """Build the sentence, with the nearest known names as suggestions."""
        names = sorted(set(known))
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = f"did you mean {' or '.join(map(repr, near))}?"
        elif names:
            hint = f"known: {', '.join(map(repr, names[:8]))}{', ...' if len(names) > 8 else ''}"
        else:
            hint = f"there is no {what} at all"
        return cls(f"No {what} is named {name!r}; {hint}")


class RefusedError(DrkitError):
    """The change is not allowed now; nothing was sent. `objections` holds the reasons, all of them."""

    def __init__(self, sentence: str, objections: Iterable[Any] = ()) -> None:
        super().__init__(sentence)
        self.objections = tuple(objections)


class NotConfirmedError(RefusedError):
    """The name of the group was not typed, or not as it is spelled."""


class StalePlanError(RefusedError):
    """The world changed after the plan was shown; the changed steps need a new yes."""


class LeaseHeldError(RefusedError):
    """Another run holds the group."""


class ServiceError(DrkitError):
    """The service answered with an error: HTTP `status`, its `code`, its `message`, the `request_id`.

    A status of 0 says that no answer came.
    """

    exit_code = 1

    def __init__(
        self, status: int, code: str, message: str, *, where: str = "", request_id: str = ""
    ) -> None:
        self.status, self.code, self.message = status, code, message
        self.where, self.request_id = where, request_id
        told = f"answered {status} {code}" if code != str(status) else f"answered {status}"
        said = told.strip() if status else "gave no answer"
        super().__init__(f"{where or 'The service'} {said}: {message}")


class SignInError(ServiceError):
    """The credentials or the token were refused (401)."""

    exit_code = 2


class GoneError(ServiceError):
    """The thing asked for does not exist (any more)."""


class BusyError(ServiceError):
    """Too many requests (429); `retry_after` in seconds where the service said so."""

    retry_after: float | None = None


class UnavailableError(ServiceError):
    """The service has an internal failure (5xx)."""


class UnreachableError(DrkitError):
    """No connection was made, so nothing was sent."""


class OutcomeUnknownError(DrkitError):
    """A change was sent and its answer was lost: it may or may not have been accepted."""

    exit_code = 3


class WireError(DrkitError):
    """An answer lacks a documented key or is not what the reference says."""

    exit_code = 1


class JournalError(DrkitError):
    """The journal cannot be read or written: the run stops before the next change."""

    exit_code = 3


class JournalDamagedError(JournalError):
    """The journal's chain does not hold; the sentence says where it breaks."""


class LeaseLostError(JournalError):
    """Another run took the group over; this one may no longer write or send."""
