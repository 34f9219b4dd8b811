"""A way that is named, as it can be taken: by a button, by a line of the shell, by a line of Python. Pure."""

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from drkit.model import Inventory, ProtectionGroup
from drkit.plan.commands import python_call, shell_line, unmistakable
from drkit.plan.verbs import VERBS, title
from drkit.rules import Objection, Way, WayStep


@dataclass(frozen=True, slots=True)
class Offer:
    """A way: what it is in `words`, its `title` on a button, and its `changes`, one after the other.

    `shell` and `python` are the lines that plan the same, one for each change. Without changes no plan of
    changes takes it: one waits, asks the provider, or goes through a runbook. `lost`: something is, by it.
    `opens` is the runbook that takes it, by its kind, `REMOVAL` being one; `about` is its group's name.
    """

    words: str
    title: str = ""
    changes: Way = ()
    shell: tuple[str, ...] = ()
    python: tuple[str, ...] = ()
    lost: bool = False
    opens: str = ""
    about: str = ""


REMOVAL = "removal"
"""The runbook that takes a group's protection away, which is no rehearsal and so of no `RunbookKind`."""

NO_OFFER = Offer("")
"""Nothing that drkit could do."""


def offer(words: str, changes: Way, inventory: Inventory) -> Offer:
    """The way that these changes are."""
    names = [title(each, inventory) for each in changes]
    more = f" and {len(names) - 1} more" if len(names) > 1 else ""
    return Offer(
        words,
        f"{names[0]}{more}" if names else "",
        changes,
        tuple(shell_line(each, inventory) for each in changes),
        tuple(python_call(each, inventory) for each in changes),
        any(VERBS[each.operation].lost for each in changes),
    )


def offers_of(objections: Iterable[Objection], inventory: Inventory) -> tuple[Offer, ...]:
    """The ways that objections name, each once; a way without changes is none that drkit takes."""
    ways = {way: each.remedy for each in objections for way in each.ways if way}
    return tuple(offer(remedy, way, inventory) for way, remedy in ways.items())


def offers_on(steps: Iterable[WayStep], inventory: Inventory) -> tuple[Offer, ...]:
    """Each step of a way, also those that nobody but time or the provider takes."""
    return tuple(offer(step.sentence, step.changes, inventory) for step in steps)


def removal_offer(words: str, group: ProtectionGroup, inventory: Inventory) -> Offer:
    """The way that takes a group's protection away: a plan of its own, with a ledger."""
    name = unmistakable(group.id, "groups", inventory)
    return Offer(
        words,
        f"Remove the protection of {inventory.called(group.id)}",
        (),
        (shlex.join(["drkit", "remove-protection", "--group", name]),),
        (f"site.plan_removal({name!r})",),
        lost=True,
        opens=REMOVAL,
        about=name,
    )
