"""What a profile lets leave this machine: only reads, reads and the two verbs of drills, or everything.

A profile of a real cloud reads only, until the operator says otherwise in the profile. It is held where
requests leave (`Transport`), whoever asks for them. Pure.
"""

import re
from enum import StrEnum
from typing import Self

from drkit.api.wire import DRILLS, Request
from drkit.errors import ProfileError
from drkit.model import Operation


class Access(StrEnum):
    """How far a profile goes."""

    READ_ONLY = "read-only"
    DRILL_ONLY = "drill-only"
    REAL = "real"

    @classmethod
    def named(cls, text: str, where: str) -> Self:
        """The one of that name; ProfileError that calls the text by where it stands."""
        try:
            return cls(text.strip().lower().replace("_", "-").replace(" ", "-"))
        except ValueError:
            known = ", ".join(cls)
            raise ProfileError(f"{where}={text!r} is no kind of access; known: {known}.") from None

    @property
    def words(self) -> str:
        """What the band and every error say of it."""
        return _WORDS[self]

    def refuses(self, request: Request) -> str:
        """Why a request does not leave; empty where it does.

        A sign-in is no change. Whatever else is not a GET counts as one, marked as a change or not.
        """
        reads = request.method == "GET" and not request.changes
        if self is Access.REAL or reads or request == _sign_in(request):
            return ""
        if self is Access.DRILL_ONLY and _is_drill(request):
            return ""
        return self.sentence

    def refuses_operation(self, operation: Operation) -> str:
        """Why an operation cannot be asked for; empty where it can."""
        drill = operation in {Operation.CREATE_DRILL, Operation.DELETE_DRILL}
        allowed = self is Access.REAL or (self is Access.DRILL_ONLY and drill)
        return "" if allowed else self.sentence

    @property
    def sentence(self) -> str:
        """Why something else than this lets through is not sent, and what to do."""
        return (
            f"The profile is {self.words}: nothing was sent. For changes that are meant, say "
            'access = "real" for it in profiles.toml, or DRKIT_ACCESS=real for the profile env.'
        )


_WORDS = {
    Access.READ_ONLY: "read-only",
    Access.DRILL_ONLY: "drill only (reads, and the making and deleting of drills)",
    Access.REAL: "real (changes are sent)",
}


def _sign_in(request: Request) -> Request | None:
    signs_in = (request.service, request.method, request.path) == ("iam", "POST", "/auth/tokens")
    return request if signs_in else None


def _is_drill(request: Request) -> bool:
    if request.service != "sdrs":
        return False
    one = re.fullmatch(rf"{re.escape(DRILLS.path)}/[^/]+", request.path)
    return (request.method == "POST" and request.path == DRILLS.path) or (
        request.method == "DELETE" and bool(one)
    )
