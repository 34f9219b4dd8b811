"""What a rule says: one objection, and the verdict on one change."""

from dataclasses import dataclass

from drkit.model import Change


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a change is not allowed now.

    `sentence` is the rule in words, `code` the service's error code for the same refusal, `found` what
    is, `wanted` what would have to be, `remedy` what to do about it.
    """

    rule: str
    code: str
    sentence: str
    subject: str
    found: str
    wanted: str
    remedy: str

    def __str__(self) -> str:
        return f"{self.sentence} {self.judged} {self.remedy} ({self.code})"

    @property
    def judged(self) -> str:
        """What is and what would have to be, without the rule and the advice."""
        return f"{self.subject}: {self.found}, must be {self.wanted}."


@dataclass(frozen=True, slots=True)
class Verdict:
    """All objections to a change, and the rules that could not be asked because one before them failed."""

    change: Change
    objections: tuple[Objection, ...] = ()
    not_asked: tuple[str, ...] = ()

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.objections
