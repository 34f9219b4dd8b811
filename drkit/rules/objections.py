"""What a rule says: one objection, and the verdict on one change."""

from dataclasses import dataclass, field

from markupsafe import Markup

from drkit.model import Change
from drkit.showing import card, count, line, listed, table


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a change is not allowed now.

    `sentence` is the rule in words, `code` the service's error code for the same refusal (empty where drkit
    alone refuses), `found` what is, `wanted` what would have to be, `remedy` what to do about it. `ways` are
    the courses of changes that the remedy names, each of them open when it was judged; they are not kept with
    a plan.
    """

    rule: str
    code: str
    sentence: str
    subject: str
    found: str
    wanted: str
    remedy: str
    ways: tuple[tuple[Change, ...], ...] = field(default=(), compare=False)

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
class NotAsked:
    """A rule that could not be asked, and what it rests on that was not read; it may hold or not."""

    rule: str
    sentence: str
    subject: str
    missing: str

    def __str__(self) -> str:
        return f"Not asked, for {self.missing}: {self.sentence}"


@dataclass(frozen=True, slots=True)
class Verdict:
    """All objections to a change, and the names of the rules that were not asked.

    A rule is not asked because one before it failed, or because what it rests on was not read: the latter
    are in `unread`.
    """

    change: Change
    objections: tuple[Objection, ...] = ()
    not_asked: tuple[str, ...] = ()
    unread: tuple[NotAsked, ...] = ()

    def __repr__(self) -> str:
        return line(self, self._summary)

    def _repr_html_(self) -> str:
        return card(self._summary, _shown(*self.objections), listed("Not asked", map(str, self.unread)))

    @property
    def _summary(self) -> str:
        against = count(len(self.objections), "objection") if self.objections else "allowed"
        unread = f", {count(len(self.unread), 'rule')} not asked" if self.unread else ""
        return f"{self.change.operation.words}: {against}{unread}"

    @property
    def allowed(self) -> bool:
        """Whether nothing that was read speaks against it."""
        return not self.objections


def _shown(*objections: Objection) -> Markup:
    return table(
        ("about", "found", "must be", "what to do", "rule", "code"),
        [(one.subject, one.found, one.wanted, one.remedy, one.sentence, one.code) for one in objections],
    )
