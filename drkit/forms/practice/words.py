"""What the practice range's card shows, as HTML made from what the sandbox says of itself. No widgets."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from markupsafe import Markup

from drkit.forms.markup import JOIN, chip, identity, lines, moment, table
from drkit.runbooks import PracticeWorld, Reached, RunRow
from drkit.showing import count

_THINGS = ("group", "instance", "pair", "server")


def good_end_chip(reached: Reached) -> Markup:
    """Whether the good end is reached; nothing where there is none."""
    if reached is None:
        return JOIN
    return chip("good end reached", "done") if reached else chip("good end not reached yet", "waiting")


def story(world: PracticeWorld) -> Markup:
    """A world's story, and what a good operator has at the end."""
    end = Markup("<p><b>A good end:</b> {}</p>").format(world.good_end) if world.good_end else JOIN
    return Markup("<p>{}</p>").format(world.story) + end


def present_words(world: PracticeWorld, reached: Reached, seen: datetime) -> Markup:
    """The present world, its story and how it stands."""
    return Markup("<h4>Now: {}</h4>{}<p>{} <span class='drkit-quiet'>Looked at {}.</span></p>").format(
        world.title, story(world), good_end_chip(reached), moment(seen)
    )


def checked(broken: Sequence[str]) -> Markup:
    """What checking the world for contradictions found."""
    if not broken:
        return Markup("<p>{} Nothing in this world contradicts itself.</p>").format(chip("sound", "done"))
    head = count(len(broken), "contradiction")
    return Markup('<div class="drkit-note">{} {}</div>').format(chip(head, "failed"), lines(broken))


def copying() -> Markup:
    """What a copy is for, and where its reading comes from."""
    return Markup(
        "<p>Rehearse on your own groups, names, devices and sizes. <code>drkit snapshot</code> keeps a "
        "reading of the real project in the journal, with <code>--to FILE</code> in a file as well.</p>"
    )


def farewell(now: PracticeWorld, wanted: str, runs: Sequence[RunRow]) -> Markup:
    """What goes when another world begins, before the second press."""
    left = [each.id for each in runs if each.practice and not each.finished]
    lost = (
        f" {count(len(left), 'run')} that nobody drives cannot be gone on with afterwards: {', '.join(left)}."
        if left
        else ""
    )
    return Markup(
        "This throws the present world away: <b>{}</b>, with everything done in it, its jobs and faults. "
        "<b>{}</b> begins from its beginning.{} The journal and the reports stay."
    ).format(now.title, wanted, lost)


def planted(faults: Sequence[Mapping[str, Any]]) -> Markup:
    """The faults that are planted, where they strike, and how often they have."""
    if not faults:
        return Markup('<p class="drkit-quiet">No fault is planted.</p>')
    rows = [
        (
            Markup("<b>{}</b>").format(fault["name"]),
            str(fault["sentence"]),
            _where(fault["where"], fault["names"]),
            f"{fault['hits']} of {fault['times']}"
            if fault["times"]
            else f"{fault['hits']}, stays until cleared",
        )
        for fault in faults
    ]
    return table(("Planted", "What it does", "Where", "Has struck"), rows)


def _where(where: Mapping[str, Any], names: Mapping[str, str]) -> Markup:
    """Where a fault strikes, by names; what is gone by now has only its id."""
    shown = [
        Markup("{} {}").format(key, names.get(str(value)) or (identity(value) if key in _THINGS else value))
        for key, value in where.items()
        if key != "times"
    ]
    return Markup(", ").join(shown) if shown else Markup("anywhere")
