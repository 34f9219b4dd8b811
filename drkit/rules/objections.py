"""What a rule says: one objection, and the verdict on one change."""

from dataclasses import dataclass

from markupsafe import Markup

from drkit.model import Change
from drkit.showing import card, count, line, table


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a change is not allowed now.

    `sentence` is the rule in words, `code` the service's error code for the same refusal (empty where
    drkit alone refuses), `found` what
    is, `wanted` what would have to be, `remedy` what to do about it.
    """

    rule: str
    code: str
    sentence: str
    subject: str
    found: str
    wanted: str
    remedy: str

    def __repr__(self) -> str:
        return line(self, f"{self.code} {self.judged}")

    def _repr_html_(self) -> str:
        return card("1 objection", _shown(self))

    def __str__(self) -> str:
        code = f" ({self.code})" if self.code else ""
        return f"{self.sentence} {self.judged} {self.remedy}{code}"

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

    def __repr__(self) -> str:
        return line(self, self._summary)

    def _repr_html_(self) -> str:
        return card(self._summary, _shown(*self.objections))

    @property
    def _summary(self) -> str:
        against = count(len(self.objections), "objection") if self.objections else "allowed"
        return f"{self.change.operation.words}: {against}"

    @property
    def allowed(self) -> bool:
        """Whether nothing speaks against it."""
        return not self.objections


def _shown(*objections: Objection) -> Markup:
    return table(
        ("about", "found", "must be", "what to do", "rule", "code"),
        [(one.subject, one.found, one.wanted, one.remedy, one.sentence, one.code) for one in objections],
    )
