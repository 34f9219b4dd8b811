"""What a rule is: a plain function of a case, with the service's codes and the rules that go before it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any, TypeAlias, cast

from drkit.model import Change, Drill, ProtectedInstance, ProtectionGroup, ReplicationPair, Server
from drkit.rules.objections import Objection
from drkit.rules.projection import Projection

RuleAnswer: TypeAlias = tuple[str, str, str] | None
"""None when nothing speaks against it, else what is, what would have to be, and what to do about it."""


_Named: TypeAlias = ProtectionGroup | ProtectedInstance | ReplicationPair | Drill | Server


class Case:
    """One change and the world it is judged in.

    `group`, `instance`, `pair`, `drill`, `server` are what the change names; a rule that uses one needs
    the rule that says it exists.
    """

    __slots__ = ("arguments", "change", "drill", "group", "instance", "pair", "server", "world")

    def __init__(self, change: Change, world: Projection) -> None:
        self.change, self.world = change, world
        self.arguments = named = dict[str, Any](change.arguments)
        self.group = cast(ProtectionGroup, world.groups.get(change.group_id))
        self.instance = cast(ProtectedInstance, world.instances.get(named.get("instance_id", "")))
        self.pair = cast(ReplicationPair, world.pairs.get(named.get("pair_id", "")))
        self.drill = cast(Drill, world.drills.get(named.get("drill_id", "")))
        self.server = cast(Server, world.servers.get(named.get("server_id", "")))

    def text(self, name: str) -> str:
        """An argument of the change as text."""
        return str(self.arguments.get(name, ""))

    def called(self, about: str) -> str:
        """What the operator calls the thing a rule is about: its kind and its name, or its id."""
        identity = self.change.group_id if about == "group" else self.text(f"{about}_id")
        known: _Named | None = getattr(self, about)
        return f"{about} {known.name if known and known.name else identity}"


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is what it is called in verdicts, `sentence` what the operator reads.

    `codes` are the service's error codes for the same refusal, the likeliest first; `about` is the kind of
    thing it speaks of; `needs` are the names of the rules that must hold before it can be asked.
    `caution` marks what the service itself may let pass: there drkit is the more careful one.
    """

    ask: Callable[[Case], RuleAnswer]
    name: str
    sentence: str
    codes: tuple[str, ...]
    about: str
    needs: frozenset[str]
    caution: bool

    def objection(self, case: Case, answer: tuple[str, str, str]) -> Objection:
        """The objection that an answer of this rule amounts to."""
        return Objection(self.name, self.codes[0], self.sentence, case.called(self.about), *answer)


def rule(
    *codes: str, about: str, needs: Iterable[Rule] = (), caution: bool = False
) -> Callable[[Callable[[Case], RuleAnswer]], Rule]:
    """Make a rule of a function; the first paragraph of its docstring is the rule's sentence."""
    names = frozenset(each.name for each in needs)

    def make(ask: Callable[[Case], RuleAnswer]) -> Rule:
        sentence = " ".join((ask.__doc__ or "").split("\n\n", 1)[0].split())
        return Rule(ask, ask.__name__, sentence, codes, about, names, caution)

    return make


def either(words: Iterable[str]) -> str:
    """One word or another: "a, b or c"."""
    *rest, last = sorted(str(each) for each in words)
    return f"{', '.join(rest)} or {last}" if rest else last


def some_of(names: Iterable[str], shown: int = 3) -> str:
    """The first few names, and how many more there are."""
    all_names = list(names)
    more = len(all_names) - shown
    return ", ".join(all_names[:shown]) + (f" and {more} more" if more > 0 else "")
