"""What a rule is: a plain function of a case, with the service's codes and the rules that go before it."""

from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import dataclass
from typing import Generic, Literal, TypeAlias, TypeVar

from drkit.model import (
    PLANNED,
    Change,
    Disk,
    Drill,
    InstanceStatus,
    Part,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    Server,
)
from drkit.rules.objections import Objection
from drkit.rules.projection import Projection
from drkit.showing import first_few


@dataclass(frozen=True, slots=True)
class NotRead:
    """A rule's answer where what it rests on was not read; `what` says so as a clause."""

    what: str


Way: TypeAlias = tuple[Change, ...]
"""Changes, one after the other."""


@dataclass(frozen=True, slots=True)
class Advice:
    """What to do, as a sentence that names some `ways`: it is told only where each of them is open."""

    sentence: str
    ways: tuple[Way, ...] = ()


RuleAnswer: TypeAlias = tuple[str, str, str | tuple[Advice, ...]] | NotRead | None
"""None when nothing speaks against it, else what is, what would have to be, and what to do about it.

What to do is a sentence, or several pieces of advice, the best first; the last one names no way.
"""

About: TypeAlias = Literal["group", "instance", "pair", "drill", "server", "disk"]

T = TypeVar("T")
_Thing: TypeAlias = ProtectionGroup | ProtectedInstance | ReplicationPair | Drill | Server | Disk


class _Once(Generic[T]):
    """As `functools.cached_property`, without the lock it takes in Python 3.11: a case is one thread's."""

    def __init__(self, find: "Callable[[Case], T]") -> None:
        self._find, self._name, self.__doc__ = find, find.__name__, find.__doc__

    def __get__(self, case: "Case", _: type) -> T:
        found = case.__dict__[self._name] = self._find(case)
        return found


class Case:
    """One change and the world it is judged in.

    `group`, `instance`, `pair`, `drill`, `server` are what the change names; a rule that uses one needs
    the rule that says it exists.
    """

    def __init__(self, change: Change, world: Projection) -> None:
        self.change, self.world = change, world

    @_Once
    def group(self) -> ProtectionGroup:
        """The group that the change is about."""
        return self.world.groups[self.change.group_id]

    @_Once
    def instance(self) -> ProtectedInstance:
        """The instance that it names."""
        return self.world.instances[self.change.instance_id]

    @_Once
    def pair(self) -> ReplicationPair:
        """The pair that it names."""
        return self.world.pairs[self.change.pair_id]

    @_Once
    def drill(self) -> Drill:
        """The drill that it names."""
        return self.world.drills[self.change.drill_id]

    @_Once
    def server(self) -> Server:
        """The server that it names."""
        return self.world.servers[self.change.server_id]

    def unseen(self, instance: ProtectedInstance) -> NotRead | None:
        """What to answer where a server of an instance is not in the reading; a deleted one is not missed."""
        return unseen_of(instance, self.world.servers)

    def called(self, about: About) -> str:
        """What the operator calls the thing a rule is about: its kind and its name, or its id."""
        known: Mapping[str, _Thing] = getattr(self.world, f"{about}s")
        identity: str = getattr(self.change, f"{about}_id")
        if not identity and (several := getattr(self.change, f"{about}_ids", ())):
            return f"{about}s {first_few(known[each].name if each in known else each for each in several)}"
        identity = identity if identity in known else identity.removeprefix(PLANNED)
        if about == "group" and identity in self.world.inventory.groups:
            return f"group {self.world.inventory.called(identity) or identity}"
        return f"{about} {known[identity].name or identity if identity in known else identity}"


def unseen_of(instance: ProtectedInstance, servers: Container[str]) -> NotRead | None:
    """What to answer where a server of an instance is not among those that were read."""
    missing = any(each not in servers for each in instance.server_ids)
    gone = instance.status == InstanceStatus.INVALID
    return NotRead(f"a server of {instance.name} was not seen") if missing and not gone else None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. `name` is what it is called in verdicts, `sentence` what the operator reads.

    `codes` are the service's error codes for the same refusal, the likeliest first; `about` is the kind of
    thing it speaks of; `needs` are the names of the rules that must hold before it can be asked; `reads`
    are the parts of a reading that it rests on, beside groups, instances, pairs and servers.
    `caution` marks what the service itself may let pass: there drkit is the more careful one.
    """

    ask: Callable[[Case], RuleAnswer]
    name: str
    sentence: str
    codes: tuple[str, ...]
    about: About
    needs: frozenset[str]
    caution: bool
    reads: frozenset[Part] = frozenset()

    def objection(self, case: Case, found: str, wanted: str, advice: Advice) -> Objection:
        """The objection that an answer of this rule amounts to."""
        subject, remedy = case.called(self.about), advice.sentence
        return Objection(self.name, self.codes[0], self.sentence, subject, found, wanted, remedy, advice.ways)


def rule(
    *codes: str,
    about: About,
    needs: Iterable[Rule] = (),
    caution: bool = False,
    reads: Iterable[Part] = (),
) -> Callable[[Callable[[Case], RuleAnswer]], Rule]:
    """Make a rule of a function; the first paragraph of its docstring is the rule's sentence."""
    names, parts = frozenset(each.name for each in needs), frozenset(reads)

    def make(ask: Callable[[Case], RuleAnswer]) -> Rule:
        sentence = " ".join((ask.__doc__ or "").split("\n\n", 1)[0].split())
        return Rule(ask, ask.__name__, sentence, codes, about, names, caution, parts)

    return make


def either(words: Iterable[str]) -> str:
    """One word or another: "a, b or c"."""
    *rest, last = sorted(str(each) for each in words)
    return f"{', '.join(rest)} or {last}" if rest else last
