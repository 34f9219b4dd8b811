"""What the attach runbook shows, as HTML and rows made from readings and plans. No widgets, no decisions."""

from collections.abc import Iterable, Mapping, Sequence

from markupsafe import Markup

from drkit.forms.choosing import Option
from drkit.forms.markup import JOIN, Text, chip, identity, lines, moment, status_chip, table
from drkit.forms.naming import Naming
from drkit.model import Change, Inventory, Phase, ProtectedInstance, ProtectionGroup, ReplicationPair
from drkit.plan import LeftOut, Plan
from drkit.runbooks import Chance, Objection
from drkit.showing import count, first_few

MOST_SHOWN = 12  # refused pairs in words; the others are counted

PICK_HEADS = ("Pair", "GB", "Disk", "State", "Can it be attached?", "Id")


def group_options(inventory: Inventory) -> list[Option]:
    """The groups to choose from, by name, with their state, production zone and size."""
    groups = sorted(inventory.groups.values(), key=lambda group: (group.name, group.id))
    return [(_group_words(inventory, group), group.id) for group in groups]


def _group_words(inventory: Inventory, group: ProtectionGroup) -> str:
    zone, size = group.production_zone or "no known zone", count(group.instance_count, "instance")
    return "  ·  ".join((inventory.called(group.id), str(group.status), zone, size))


def instance_options(inventory: Inventory, group_id: str) -> list[Option]:
    """The instances of a group to choose from, by name, with their state."""
    found = sorted(inventory.instances_of(group_id), key=lambda each: (each.name, each.id))
    return [
        (f"{each.name}  ·  {each.status}  ·  {len(each.attachments)} attached", each.id) for each in found
    ]


def group_facts(group: ProtectionGroup) -> Markup:
    """What to know of a group before working in it."""
    facts = Markup("{} production is in <b>{}</b>, the DR site in {}.").format(
        status_chip(group.status), group.production_zone or "no zone that is known", group.dr_zone or "none"
    )
    if group.status.phase == Phase.SETTLED:
        return facts
    return facts + Markup(
        '<div class="drkit-note">This group is {}: what its state forbids is refused below.</div>'
    ).format(
        {"broken": "in trouble", "moving": "in transition"}.get(
            group.status.phase.value, "in a state that drkit does not know"
        )
    )


def pick_rows(chances: Iterable[Chance]) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the table to pick from, by pair id."""
    return {
        chance.pair.id: (
            chance.pair.name,
            chance.pair.size_gb,
            disk_kind(chance.pair),
            status_chip(chance.pair.status),
            _answer(chance),
            identity(chance.pair.id),
        )
        for chance in chances
    }


def disk_kind(pair: ReplicationPair) -> str:
    """What kind of disk a pair is, in words."""
    return ("system" if pair.system_disk else "data") + (", shared" if pair.shared else "")


def _answer(chance: Chance) -> Markup:
    if not chance.objections:
        open_ = f" ({count(len(chance.unread), 'rule')} not asked)" if chance.unread else ""
        return Markup('{}<span title="{}">{}</span>').format(
            chip("yes", "done"), "\n".join(map(str, chance.unread)), open_
        )
    first, *others = chance.objections
    more = f" (and {count(len(others), 'more reason')})" if others else ""
    return Markup('{} <span title="{}">{}{}</span>').format(
        chip("no", "failed"), first_few(chance.objections, between="\n"), first.found, more
    )


def reason(objection: Objection) -> Markup:
    """One objection in full: what is, what would have to be, what to do."""
    return Markup('<b>{}</b>, must be {}. {} <span class="drkit-quiet">{} ({})</span>').format(
        objection.found, objection.wanted, objection.remedy, objection.sentence, objection.code
    )


def picked_words(picked: Sequence[Chance]) -> Markup:
    """What was picked: how many can be attached, and for each of the others why not."""
    if not picked:
        return Markup('<p class="drkit-quiet">Nothing is picked yet.</p>')
    good = [each for each in picked if not each.objections]
    bad = [LeftOut(each.pair.name, each.pair.id, each.objections) for each in picked if each.objections]
    names_of = ", ".join(each.pair.name for each in good[:MOST_SHOWN])
    more = f" and {len(good) - MOST_SHOWN:,} more" if len(good) > MOST_SHOWN else ""
    said = Markup("<p><b>{}</b> picked that can be attached{}{}{}</p>").format(
        count(len(good), "pair"), ": " if good else ".", names_of, more
    )
    return said + refused_words(bad, "picked that cannot, and will be left out")


def refused_words(refused: Sequence[LeftOut], words: str) -> Markup:
    """Each of those that cannot be done with all its reasons; the first few, the others counted."""
    if not refused:
        return JOIN
    shown = [
        Markup("<b>{}</b> {}").format(each.subject, lines(map(reason, each.objections)))
        for each in refused[:MOST_SHOWN]
    ]
    if len(refused) > MOST_SHOWN:
        shown.append(Markup("and {:,} more").format(len(refused) - MOST_SHOWN))
    head = Markup("<p>{} {} {}:</p>").format(chip("no", "failed"), count(len(refused), "pair"), words)
    return Markup('<div class="drkit-refused">{}{}</div>').format(head, lines(shown))


def proposed(inventory: Inventory, plan: Plan, by_hand: Mapping[str, str]) -> list[Naming]:
    """The rows of the device names to begin with: every pair in the plan, and those named by hand."""
    names_of = {each.change.pair_id: each.change.device for each in plan.steps if each.change}
    return namings(inventory, plan, {**by_hand, **names_of})


def namings(inventory: Inventory, plan: Plan, typed: Mapping[str, str]) -> list[Naming]:
    """The rows of the device names as typed, each judged; a plan made of just those names is given."""
    wrong = {each.subject_id: each.objections for each in plan.left_out}
    return [_naming(inventory.pairs[key], device, wrong.get(key, ()), plan) for key, device in typed.items()]


def _naming(pair: ReplicationPair, device: str, wrong: Sequence[Objection], plan: Plan) -> Naming:
    error = " ".join(f"{_capital(each.found)}, must be {each.wanted}. {each.remedy}" for each in wrong[:2])
    if not device:
        error = "No device name stands here. Type one, or press Suggest names again."
    label = Markup('{} <span class="drkit-quiet">{} GB, {}</span>').format(
        pair.name, pair.size_gb, disk_kind(pair)
    )
    own = (
        ()
        if plan.left_out
        else (each.removeprefix(f"{pair.name}: ") for each in plan.notes if each.startswith(f"{pair.name}: "))
    )
    return Naming(pair.id, pair.name, label, device, error, _capital(" ".join(own)))


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plan_words(inventory: Inventory, plan: Plan) -> Markup:
    """The whole plan: each step, what must be read first, what was left out, and when it was judged."""
    rows = [
        _plan_row(inventory, number, step.change)
        for number, step in enumerate(plan.steps, start=1)
        if step.change
    ]
    shown = table(("", "Pair", "GB", "Disk", "Instance", "Device name"), rows, numbers=[2])
    read = Markup(
        '<p class="drkit-quiet">Judged on what the service said at {}. It is read again before anything '
        "is sent.</p>"
    ).format(moment(plan.read_at))
    return shown + notes(plan) + refused_words(plan.left_out, "left out") + read


def notes(plan: Plan, beside: Iterable[str] = ()) -> Markup:
    """What must be read before a yes; notes on the pairs of these names are shown beside them instead."""
    pairs = tuple(f"{name}: " for name in beside)
    told = [each for each in plan.notes if not each.startswith(pairs)]
    return JOIN.join(Markup('<div class="drkit-note">{}</div>').format(each) for each in told)


def _plan_row(inventory: Inventory, number: int, change: Change) -> tuple[Text, ...]:
    pair, instance = inventory.pairs[change.pair_id], inventory.instances[change.instance_id]
    device = Markup("<code>{}</code>").format(change.device)
    return str(number), pair.name, str(pair.size_gb), disk_kind(pair), instance.name, device


def attached_now(inventory: Inventory, instance: ProtectedInstance, new: Iterable[str]) -> Markup:
    """What is attached to the instance, under its headline."""
    head = Markup("<h4>Attached to {} now <small>read at {}</small></h4>").format(
        instance.name, moment(inventory.read_at)
    )
    return head + attachments_table(inventory, instance, new)


def attachments_table(inventory: Inventory, instance: ProtectedInstance, new: Iterable[str]) -> Markup:
    """What is attached to the instance now, by device name; those in `new` are marked."""
    fresh = frozenset(new)
    rows = [
        (
            Markup("<code>{}</code>").format(held.device),
            pair.name if pair else "a pair that was not read",
            str(pair.size_gb) if pair else "",
            status_chip(pair.status) if pair else "",
            chip("new", "done") if held.pair_id in fresh else "",
            identity(held.pair_id),
        )
        for held in sorted(
            inventory.attachments_on(instance.id), key=lambda each: (len(each.device), each.device)
        )
        for pair in [inventory.pairs.get(held.pair_id)]
    ]
    return table(("Device name", "Pair", "GB", "State", "", "Id"), rows, numbers=[2])
