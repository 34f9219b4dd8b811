"""Every error of drkit. Each says in one sentence what is wrong, where, and what to do.

    DrkitError
    ├── InputError
    │   ├── ProfileError
    │   │   └── SecretNeededError
    │   └── UnknownNameError
    ├── RefusedError
    │   ├── ReadOnlyError
    │   ├── NotConfirmedError
    │   ├── StalePlanError
    │   ├── EffectUnknownError
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
failed, 3 when the outcome of a change is not known. What an error speaks of it carries as values as well.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import TYPE_CHECKING, ClassVar, Self

if TYPE_CHECKING:
    import pandas as pd

    from drkit.journal import Lease
    from drkit.plan import Step
    from drkit.rules import Objection

LONGEST_NAME = 200  # of what was typed, in a sentence
IN_THE_TABLE = "all are in the table on this error, error.table()"
IN_THE_FAULTS = "all are in error.faults"
IN_THE_PLAN = "all are in plan.left_out"
BY_WHY_NOT = "all are told by why_not"


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


class SecretNeededError(ProfileError):
    """A person has to type a secret, `what` of the `profile`, and nobody is here to be asked."""

    def __init__(self, sentence: str, *, profile: str, what: str) -> None:
        super().__init__(sentence)
        self.profile, self.what = profile, what


class UnknownNameError(InputError):
    """A name or id fits nothing, or more than one thing.

    `what` was looked for ("protection group") under which `name`; `near` are the names that come close, or
    the ids of all things of that name.
    """

    def __init__(self, sentence: str, *, what: str = "", name: str = "", near: Iterable[str] = ()) -> None:
        super().__init__(sentence)
        self.what, self.name, self.near = what, name, tuple(near)

    @classmethod
    def among(cls, what: str, name: str, known: Iterable[str]) -> Self:
        """Build the sentence, with the nearest known names as suggestions."""
        names = sorted({str(each) for each in known})  # those of an enum, too
        near = get_close_matches(name, names, n=3, cutoff=0.5)
        if near:
            hint = f"did you mean {' or '.join(map(repr, near))}?"
        elif names:
            hint = f"known: {', '.join(map(repr, names[:8]))}{', ...' if len(names) > 8 else ''}"
        else:
            hint = f"there is no {what} at all"
        shown = str(name) if len(name) <= LONGEST_NAME else f"{name[: LONGEST_NAME - 1]}…"
        return cls(f"No {what} is named {shown!r}; {hint}", what=what, name=name, near=near)


class RefusedError(DrkitError):
    """The change is not allowed now; nothing was sent.

    `objections` holds the reasons, all of them; `run_id` names the run, where one is spoken of.
    """

    def __init__(self, sentence: str, objections: "Iterable[Objection]" = (), *, run_id: str = "") -> None:
        super().__init__(sentence)
        self.objections, self.run_id = tuple(objections), run_id

    def table(self) -> "pd.DataFrame":
        """One row per objection, with the texts of `Site.why_not`: what is, what would have to be, a remedy.

        The columns are subject, rule, code, found, wanted, remedy; an empty table has them too.
        """
        import pandas as pd  # noqa: PLC0415  # an error costs nothing as long as nobody asks for its table

        columns = ("subject", "rule", "code", "found", "wanted", "remedy")
        rows = [(it.subject, it.sentence, it.code, it.found, it.wanted, it.remedy) for it in self.objections]
        return pd.DataFrame(rows, columns=columns, dtype="str")


class ReadOnlyError(RefusedError):
    """The profile lets only reads through, or only those and drills; nothing was sent."""


class NotConfirmedError(RefusedError):
    """The name of the group was not typed, or not as it is spelled."""


class StalePlanError(RefusedError):
    """The world changed after the plan was shown; the changed steps, in `steps`, need a new yes."""

    def __init__(
        self, sentence: str, objections: "Iterable[Objection]" = (), *, steps: "Iterable[Step]" = ()
    ) -> None:
        super().__init__(sentence, objections)
        self.steps = tuple(steps)


class EffectUnknownError(RefusedError):
    """What a planned change would lead to cannot be worked out, so what comes after it cannot be judged."""


class LeaseHeldError(RefusedError):
    """Another run holds the group: the run `run_id`; `leases` say who, since when, doing what."""

    def __init__(self, sentence: str, leases: "Iterable[Lease]" = ()) -> None:
        self.leases = tuple(leases)
        super().__init__(sentence, run_id=self.leases[0].run_id if self.leases else "")


class ServiceError(DrkitError):
    """The service answered with an error: HTTP `status`, its `code`, its `message`, the `request_id`.

    A status of 0 says that no answer came. `advice` is our own: what it comes of, and what to do.
    """

    exit_code = 1

    def __init__(
        self,
        status: int,
        code: str,
        message: str,
        *,
        where: str = "",
        request_id: str = "",
        advice: str = "",
    ) -> None:
        self.status, self.code, self.message, self.advice = status, code, message, advice
        self.where, self.request_id = where, request_id
        answer = f"answered {status} {code}" if code != str(status) else f"answered {status}"
        outcome = answer.strip() if status else "gave no answer"
        end = f"{'' if message.endswith('.') else '.'} {advice}" if advice else ""
        super().__init__(f"{where or 'The service'} {outcome}: {message}{end}")


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
    """No connection was made, so nothing was sent; `lasting` where trying again helps nobody."""

    def __init__(self, sentence: str, *, lasting: bool = False) -> None:
        super().__init__(sentence)
        self.lasting = lasting


class OutcomeUnknownError(DrkitError):
    """A change was sent and its answer was lost: it may or may not have been accepted.

    `request_id` is what the service's support asks for, where an answer with one came.
    """

    exit_code = 3

    def __init__(self, sentence: str, *, request_id: str = "") -> None:
        super().__init__(sentence)
        self.request_id = request_id


class WireError(DrkitError):
    """An answer lacks a documented key or is not what the reference says."""

    exit_code = 1


class JournalError(DrkitError):
    """The journal cannot be read or written: the run stops before the next change.

    `run_id` names the run; it is empty where the whole journal is meant.
    """

    exit_code = 3

    def __init__(self, sentence: str, *, run_id: str = "") -> None:
        super().__init__(sentence)
        self.run_id = run_id


class JournalDamagedError(JournalError):
    """The journal's chain does not hold; `faults` are sentences that say where it breaks."""

    def __init__(self, sentence: str, *, run_id: str = "", faults: Iterable[str] = ()) -> None:
        super().__init__(sentence, run_id=run_id)
        self.faults = tuple(faults) or (sentence,)


class LeaseLostError(JournalError):
    """Another run took the group over; this one, `run_id`, may no longer write or send."""
