"""What protecting servers says: the servers to pick from, the plan, and what was made."""

import shlex
from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from drkit.forms.choosing import Option
from drkit.forms.markup import JOIN, Text, chip, identity, lines, moment, status_chip, table
from drkit.forms.ways import line_of_code
from drkit.model import Domain, Inventory
from drkit.plan import Plan
from drkit.report import look_of_group
from drkit.runbooks import Candidate, MadeGroup, Protectable
from drkit.showing import count, first_few

HEADS = ("Server", "Zone", "Flavor", "Disks", "GB", "Tags", "Can it be protected?", "ID")
_CHIPS = {
    Protectable.YES: ("yes", "done"),
    Protectable.ALREADY: ("protected", "ready"),
    Protectable.NO: ("no", "failed"),
    Protectable.UNKNOWN: ("not known", "unknown"),
}


def pick_rows(candidates: Iterable[Candidate]) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the table to pick from, by server id."""
    return {
        one.server.id: (
            one.server.name,
            one.server.zone,
            one.server.flavor,
            len(one.server.disks),
            one.size_gb,
            ", ".join(f"{key}={value}" for key, value in one.server.tags or ()),
            _answer(one),
            identity(one.server.id),
        )
        for one in candidates
    }


def _answer(candidate: Candidate) -> Markup:
    return Markup("{} {}").format(chip(*_CHIPS[candidate.verdict]), first_few(candidate.reasons, "", "; "))


def picked_words(chosen: Sequence[Candidate]) -> Markup:
    """What is picked, and what of it cannot be protected."""
    if not chosen:
        return Markup("Nothing is picked yet.")
    good = [each for each in chosen if each.verdict is Protectable.YES]
    size = sum(each.size_gb for each in good)
    told = Markup("Picked: {}, with {} and {} GB.").format(
        count(len(good), "server"), count(sum(len(each.disks) for each in good), "pair"), size
    )
    wrong = [each for each in chosen if each not in good]
    return told + lines(
        Markup("{} <b>{}</b> {}").format(chip("no", "failed"), each.server.name, "; ".join(each.reasons))
        for each in wrong[:8]
    )


def domain_options(domains: Iterable[Domain]) -> list[Option]:
    """The domains to choose from."""
    return [
        (
            f"{each.name}: {each.local_zone} and {each.remote_zone}{', sold out' if each.sold_out else ''}",
            each.id,
        )
        for each in domains
    ]


def plan_words(plan: Plan, rows: Sequence[Mapping[str, str]], whole: str) -> Markup:
    """The whole plan: its groups, every step with how long it takes, what must be read before a yes."""
    shown = table(
        ("", "Step", "How", "Usually takes"),
        [(row["step"], row["title"], row["how"], row["usually"]) for row in rows],
        numbers=[0],
    )
    notes = JOIN.join(
        Markup('<div class="drkit-note">{} {}</div>').format(
            chip("smaller", "failed") if note.startswith("SMALLER") else JOIN, note
        )
        for note in plan.notes
    )
    left = lines(
        Markup("{} <b>{}</b> {}").format(chip("left out", "failed"), each.subject, each.objections[0].judged)
        for each in plan.left_out
    )
    read = Markup(
        '<p class="drkit-quiet">Judged on what the service said at {}. It is read again before each '
        "change.</p>"
    ).format(moment(plan.read_at))
    return Markup("<p>{}</p>").format(whole) + notes + left + shown + read


def made_words(reading: Inventory, made: Iterable[MadeGroup]) -> Markup:
    """What was made, as it is now, and what is left to do by hand."""
    rows = [
        (
            one.group.name,
            status_chip(one.group.status, look_of_group(reading, one.group)),
            str(len(one.instances)),
            str(len(one.pairs)),
            first_few(pair.name for pair in one.free) or "none",
            identity(one.group.id),
        )
        for one in made
    ]
    heads = ("Group", "Status", "Instances", "Pairs", "Attached to nothing", "ID")
    return table(heads, rows, numbers=[2, 3])


def next_words(made: Sequence[MadeGroup]) -> Markup:
    """What comes next, each with its button: attaching what is left, and a drill, which alone proves it."""
    ways: list[Text] = []
    for number, one in enumerate(made):
        name = one.group.name
        if one.free:
            free = first_few(pair.name for pair in one.free)
            ways.append(_way(f"attach:{number}", f"Attach what is left in {name}", f"Free: {free}.", ""))
        if one.group.status == "protected":
            line = shlex.join(["drkit", "run", "30_dr_drill", "-p", f"groups={name}", "--dry-run"])
            told = "Nothing is proven before a drill."
            ways.append(_way(f"drill:{number}", f"Drill {name}", told, line, "mod-primary"))
    return lines(ways)


def _way(press: str, title: str, words: str, line: str, look: str = "") -> Markup:
    button = Markup('<button class="jupyter-button {}" data-press="{}">{}</button> {}')
    return button.format(look, press, title, words) + (line_of_code(line) if line else JOIN)
