"""Who holds a group, said wherever a change of it is refused: that run is the reason behind the others."""

from collections.abc import Callable, Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from drkit.errors import LeaseHeldError, RefusedError
from drkit.plan import Plan
from drkit.rules import Objection

if TYPE_CHECKING:
    from drkit.journal import Journal

ADVICE = (
    "Wait until that run is through; if you know that nobody is behind it any more, take the group over "
    "(takeover)."
)


def holders(journal: "Journal", groups: Iterable[tuple[str, str]]) -> tuple[Objection, ...]:
    """An objection for each of the (id, name) `groups` that a run holds now: who, since when, doing what."""
    return tuple(each for held in holders_by_group(journal, groups).values() for each in held)


def holders_by_group(
    journal: "Journal", groups: Iterable[tuple[str, str]]
) -> dict[str, tuple[Objection, ...]]:
    """The same for each group (id) that is held; the journal is asked once."""
    names, found = dict(groups), dict[str, tuple[Objection, ...]]()
    for lease in journal.leases():
        if lease.group_id in names and not lease.expired:
            objection = Objection(
                rule="no_run_holds_the_group",
                code="",
                sentence="One run at a time may change a group.",
                subject=f"group {names[lease.group_id]}",
                found=f"held by {lease.sentence}",
                wanted="held by nobody",
                remedy=ADVICE,
            )
            found[lease.group_id] = (*found.get(lease.group_id, ()), objection)
    return found


def check_free(journal: "Journal", groups: Iterable[tuple[str, str]]) -> None:
    """Raise `LeaseHeldError` where a run holds one of the groups.

    Asked before the rules are, which would only tell what that run is doing to the group. It is no promise:
    whoever starts takes the leases, and may be refused then.
    """
    names = dict(groups)
    held = [each for each in journal.leases() if each.group_id in names and not each.expired]
    if held:
        first = held[0]
        sentence = f"Group {names[first.group_id]!r} is held by {first.sentence}. {ADVICE}"
        raise LeaseHeldError(sentence, held)


def planned(journal: "Journal", groups: Iterable[tuple[str, str]], plan: Callable[[], Plan]) -> Plan:
    """The plan; what it refuses or leaves out names first who holds the group, where somebody does."""
    names = dict(groups)
    try:
        made = plan()
    except RefusedError as error:
        if held := holders(journal, names.items()):
            sentence = "\n".join([*map(str, held), str(error)])
            raise RefusedError(sentence, (*held, *error.objections)) from error
        raise
    if not made.left_out:
        return made
    held = holders(journal, made.groups)
    return replace(
        made, left_out=tuple(replace(each, objections=(*held, *each.objections)) for each in made.left_out)
    )
