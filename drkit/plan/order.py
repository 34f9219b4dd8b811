"""In which order the servers within a group start, and stop the other way round (pure).

An operator writes a level a line: the protected instances that go side by side, joined by "+", then what is
waited for before the next level, each after a semicolon: a span of time, a health check, and, with "stop"
before it, a span of time once they were stopped. "db-01+db-02; 60 s; tcp://db.internal:5432; stop 30 s".
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain

from drkit.errors import InputError
from drkit.model import Inventory, find
from drkit.plan.objectives import read_seconds, spell_seconds
from drkit.plan.steps import checked
from drkit.showing import first_few


@dataclass(frozen=True, slots=True)
class Level:
    """Protected instances (names, or ids once resolved) that start side by side.

    Before the next level there are `pause` seconds of the service's time, and then `check` has to answer.
    Once they were stopped there are `rest` seconds before what comes then.
    """

    instances: tuple[str, ...]
    pause: int = 0
    check: str = ""
    rest: int = 0

    @property
    def line(self) -> str:
        """The level as `read_order` reads it."""
        pause = spell_seconds(self.pause) if self.pause else ""
        rest = f"stop {spell_seconds(self.rest)}" if self.rest else ""
        return "; ".join(filter(None, ("+".join(self.instances), pause, self.check, rest)))


def read_order(lines: Iterable[str], known: Collection[str] = ()) -> tuple[Level, ...]:
    """The levels that these lines tell; a `known` name may have a + of its own.

    Raises `InputError` for a line that names nobody, or says a pause or a check twice, or neither.
    """
    return tuple(_level(line.strip(), known) for line in lines if line.strip())


def _level(line: str, known: Collection[str]) -> Level:
    names, *waits = (part.strip() for part in line.split(";"))
    instances = [names] if names in known else [each.strip() for each in names.split("+")]
    checks = [each for each in waits if "://" in each]
    rests = [each.removeprefix("stop ") for each in waits if each.startswith("stop ")]
    pauses = [each for each in waits if each and "://" not in each and not each.startswith("stop ")]
    if not all(instances):
        raise InputError(f"The order's line {line!r} names nobody; write it as db-01+db-02; 60 s.")
    if max(map(len, (checks, pauses, rests))) > 1:
        raise InputError(f"The order's line {line!r} has more than one pause, or more than one check.")
    if any("@" in each for each in checks):
        raise InputError("A health check has no user and no password: a plan is kept whole in the record.")
    pause, rest = (read_seconds(each[0]) if each else 0 for each in (pauses, rests))
    return Level(tuple(instances), pause, checked(checks[0]) if checks else "", rest)


def resolved_order(lines: Sequence[str], reading: Inventory, groups: Collection[str]) -> tuple[str, ...]:
    """The same lines with ids in place of names, looked up in these groups (ids).

    Raises `UnknownNameError`, and `InputError` for an instance that has two places.
    """
    members = {key: each for key, each in reading.instances.items() if each.group_id in groups}
    names = [each.name for each in members.values()]
    levels = [
        replace(
            level, instances=tuple(find("protected instance", name, members).id for name in level.instances)
        )
        for level in read_order(lines, names)
    ]
    ids = list(chain(*(level.instances for level in levels)))
    if twice := sorted({members[key].name for key in ids if ids.count(key) > 1}):
        raise InputError(f"An instance has one place in the order; more than one has: {first_few(twice)}.")
    return tuple(level.line for level in levels)


def order_words(group: str, levels: Sequence[Level], names: Mapping[str, str]) -> str:
    """The order of a group (its name) in one sentence; `names` are those of its instances by id."""
    places = []
    for number, level in enumerate(levels, start=1):
        waits = [spell_seconds(level.pause)] if level.pause else []
        waits += [f"until {level.check} answers"] if level.check else []
        after = f" (then {' and '.join(waits)})" if waits else ""
        places.append(f"{number}. {', '.join(names[key] for key in level.instances)}{after}")
    rest = sorted(name for key, name in names.items() if not any(key in level.instances for level in levels))
    places += [f"last: {first_few(rest)}"] if rest else []
    rests = "; ".join(
        f"{spell_seconds(level.rest)} after {', '.join(names[key] for key in level.instances)}"
        for level in reversed(levels)
        if level.rest
    )
    stops = f"Servers are stopped the other way round{f', with {rests}' if rests else ''}."
    return f"Order in {group}: {'; '.join(places)}. {stops}"
