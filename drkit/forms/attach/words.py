"""What the attach runbook shows, as HTML and rows made from readings and plans. No widgets, no decisions."""

from collections.abc import Iterable, Iterator, Mapping, Sequence

from markupsafe import Markup

from drkit.forms.choosing import Option
from drkit.forms.markup import JOIN, Text, chip, identity, lines, moment, status_chip, table
from drkit.forms.naming import Naming
from drkit.model import (
    Change,
    Inventory,
    Operation,
    Phase,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
)
from drkit.plan import LeftOut, Plan
from drkit.report import look_of_group, look_of_pair
from drkit.runbooks import AttachSession, Chance, Objection
from drkit.showing import count, first_few

MOST_SHOWN = 12  # refused pairs in words; the others are counted

PICK_HEADS = ("Pair", "GB", "Disk", "State", "Can it be attached?", "Id")
PICK_HEADS_SEVERAL = ("Pair", "GB", "Disk", "State", "Goes to", "Can it be attached?", "Id")
INSTANCE_HEADS = ("Instance", "State", "Attached", "To know", "Id")


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
    return [(_instance_words(instance), instance.id) for instance in found]


def _instance_words(instance: ProtectedInstance) -> str:
    frozen = ("frozen",) if instance.frozen else ()
    held = f"{len(instance.attachments)} attached"
    return "  ·  ".join((instance.name, str(instance.status), *frozen, held))


def group_facts(inventory: Inventory, group: ProtectionGroup) -> Markup:
    """What to know of a group before working in it."""
    facts = Markup("{} production is in <b>{}</b>, the DR site in {}.").format(
        status_chip(group.status, look_of_group(inventory, group)),
        group.production_zone or "no zone that is known",
        group.dr_zone or "none",
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


def instance_rows(inventory: Inventory, group_id: str) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the table to pick several instances of a group from, by id."""
    members = sorted(inventory.instances_of(group_id), key=lambda each: (each.name, each.id))
    return {
        instance.id: (
            instance.name,
            status_chip(instance.status),
            len(instance.attachments),
            "frozen: nothing can be attached" if instance.frozen else "",
            identity(instance.id),
        )
        for instance in members
    }


def frozen_words(instances: Iterable[ProtectedInstance]) -> Markup:
    """What frozen instances mean for the choice; nothing where none is frozen."""
    frozen = [each.name for each in instances if each.frozen]
    if not frozen:
        return JOIN
    return Markup(
        '<div class="drkit-note"><b>{}</b> {} frozen: nothing can be attached there until the provider lifts '
        "the freeze of the account, as a rule for an unpaid bill.</div>"
    ).format(first_few(frozen), "is" if len(frozen) == 1 else "are")


def chosen_words(instances: Sequence[ProtectedInstance]) -> Markup:
    """Which of several instances are chosen."""
    names_of = f": {first_few(each.name for each in instances)}" if instances else ""
    return Markup('<p class="drkit-quiet">{} chosen{}.</p>').format(
        count(len(instances), "instance"), names_of
    )


def pick_rows(chances: Iterable[Chance], *, several: bool = False) -> dict[str, tuple[Text | int, ...]]:
    """The rows of the table to pick from, by key; of several instances each says to which its pair goes."""
    return {
        chance.key: (
            chance.pair.name,
            chance.pair.size_gb,
            disk_kind(chance.pair),
            status_chip(chance.pair.status, look_of_pair(chance.pair)),
            *((_place(chance),) if several else ()),
            _answer(chance),
            identity(chance.pair.id),
        )
        for chance in chances
    }


def disk_kind(pair: ReplicationPair) -> str:
    """What kind of disk a pair is, in words."""
    return ("system" if pair.system_disk else "data") + (", shared" if pair.shared else "")


def _place(chance: Chance) -> Markup:
    where = Markup("<b>{}</b>").format(chance.instance.name) if chance.instance else "no instance"
    return Markup('{}<br><span class="drkit-quiet">{}</span>').format(where, chance.why)


def _answer(chance: Chance) -> Markup:
    if chance.homeless:
        return Markup("{} {}").format(chip("not known", "unknown"), "say where it goes")
    if chance.instance is None:
        return Markup("{} {}").format(chip("no", "failed"), chance.why)
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
    good = [each for each in picked if each.open]
    bad = [LeftOut(each.name, each.pair.id, each.objections) for each in picked if each.objections]
    names_of = ", ".join(each.name for each in good[:MOST_SHOWN])
    more = f" and {len(good) - MOST_SHOWN:,} more" if len(good) > MOST_SHOWN else ""
    said = Markup("<p><b>{}</b> picked that can be attached{}{}{}</p>").format(
        count(len(good), "pair"), ": " if good else ".", names_of, more
    )
    nowhere = [each.pair.name for each in picked if each.instance is None]
    open_ = Markup("<p>{} {} picked of which it is not said where to: {}</p>").format(
        chip("not known", "unknown"), count(len(nowhere), "pair"), first_few(nowhere)
    )
    refused = refused_words(bad, "picked that cannot, and will be left out")
    return said + (open_ if nowhere else JOIN) + refused


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


def namings(session: AttachSession, plan: Plan, typed: Mapping[str, str]) -> list[Naming]:
    """The rows of the device names as typed (by key), each judged; a plan made of just those is given."""
    wrong = {session.key_of(out.subject_id, out.instance_id): out.objections for out in plan.left_out}
    return [_naming(session.chances[key], device, wrong.get(key, ()), plan) for key, device in typed.items()]


def devices_of(session: AttachSession, plan: Plan) -> dict[str, str]:
    """The device names of a plan, by key."""
    changes = [step.change for step in plan.steps if step.change]
    return {session.key_of(each.pair_id, each.instance_id): each.device for each in changes}


def _naming(chance: Chance, device: str, wrong: Sequence[Objection], plan: Plan) -> Naming:
    error = " ".join(f"{_capital(each.found)}, must be {each.wanted}. {each.remedy}" for each in wrong[:2])
    if not device:
        error = "No device name stands here. Type one, or press Suggest names again."
    where = Markup("<b>{}</b> ").format(chance.instance.name) if chance.why and chance.instance else JOIN
    label = Markup('{}{} <span class="drkit-quiet">{} GB, {}</span>').format(
        where, chance.pair.name, chance.pair.size_gb, disk_kind(chance.pair)
    )
    own = () if plan.left_out else _own_notes(chance, plan)
    return Naming(chance.key, chance.name, label, device, error, _capital(" ".join(own)))


def _own_notes(chance: Chance, plan: Plan) -> Iterator[str]:
    for note in plan.notes:
        about, colon, rest = note.partition(": ")
        if colon and about in {chance.name, chance.pair.name}:
            yield rest


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def plan_words(inventory: Inventory, plan: Plan) -> Markup:
    """The whole plan: each step, what must be read first, what was left out, and when it was judged."""
    rows = [
        _plan_row(inventory, number, step.change)
        for number, step in enumerate(plan.steps, start=1)
        if step.change
    ]
    shown = table(("", "Pair", "GB", "Disk", "Instance", "What is done"), rows, numbers=[2], name="The plan")
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
    detached = change.operation is Operation.DETACH_PAIR
    device = Markup("detached") if detached else Markup("as <code>{}</code>").format(change.device)
    return str(number), pair.name, str(pair.size_gb), disk_kind(pair), instance.name, device


def attached_now(
    inventory: Inventory, instances: Sequence[ProtectedInstance], new: Iterable[tuple[str, str]]
) -> Markup:
    """What is attached to each of the instances, under a headline of its own; of very many to the first.

    `new` are the ids of instance and pair of what a run attached.
    """
    fresh, shown = frozenset(new), JOIN
    for instance in instances[:MOST_SHOWN]:
        head = Markup("<h4>Attached to {} now <small>read at {}</small></h4>").format(
            instance.name, moment(inventory.read_at)
        )
        own = [pair_id for instance_id, pair_id in fresh if instance_id == instance.id]
        shown += head + attachments_table(inventory, instance, own)
    if len(instances) > MOST_SHOWN:
        more = count(len(instances) - MOST_SHOWN, "more instance is", "more instances are")
        shown += Markup('<p class="drkit-quiet">{} not shown here; every step stands above.</p>').format(more)
    return shown


def attachments_table(inventory: Inventory, instance: ProtectedInstance, new: Iterable[str]) -> Markup:
    """What is attached to the instance now, by device name; those in `new` are marked."""
    fresh = frozenset(new)
    rows = [
        (
            Markup("<code>{}</code>").format(held.device),
            pair.name if pair else "a pair that was not read",
            str(pair.size_gb) if pair else "",
            status_chip(pair.status, look_of_pair(pair)) if pair else "",
            chip("new", "done") if held.pair_id in fresh else "",
            identity(held.pair_id),
        )
        for held in sorted(
            inventory.attachments_on(instance.id), key=lambda each: (len(each.device), each.device)
        )
        for pair in [inventory.pairs.get(held.pair_id)]
    ]
    return table(("Device name", "Pair", "GB", "State", "", "Id"), rows, numbers=[2], name="Attached now")
