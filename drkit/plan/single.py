"""One change as a plan of one step: judged with all objections, what is lost by it, how it is undone."""

from drkit.errors import IN_THE_TABLE, InputError, RefusedError
from drkit.model import Argument, Change, Inventory, Operation
from drkit.plan.builder import SWITCHES
from drkit.plan.changes import changes_of
from drkit.plan.commands import against
from drkit.plan.readiness import spelled_out, way_there
from drkit.plan.steps import Plan, Step
from drkit.plan.verbs import VERBS, group_of, loss, thing_of, title, undo
from drkit.rules import Objection, Projection, judge_in
from drkit.showing import count, first_few


def plan_change(
    inventory: Inventory,
    operation: Operation,
    *,
    group: str = "",
    instance: str = "",
    pair: str = "",
    **arguments: Argument,
) -> Plan:
    """Plan one change, named as operators name it; see `changes_of` for what each operation takes.

    Raises `RefusedError` with every objection, and the shortest way there for a switch; `InputError` for what
    does not fit, `UnknownNameError`.
    """
    pairs = (pair,) if pair else ()
    changes = changes_of(operation, inventory, group=group, instance=instance, pairs=pairs, **arguments)
    if len(changes) != 1 or (changes[0].pair_id and not pair):
        raise InputError(f"{operation.words} is planned for one pair at a time: name the pair.")
    return plan_of(inventory, changes[0])


def plan_of(inventory: Inventory, *changes: Change, heading: str = "") -> Plan:
    """The plan of some changes, one after the other, each judged on what those before it leave.

    The errors are those of `plan_change`. Where something is lost, its name confirms the plan, and not that
    of its group. `heading` is the plan's title where it has several steps.
    """
    world, steps, notes, typed = Projection.of(inventory), list[Step](), list[str](), list[str]()
    for number, change in enumerate(changes, start=1):
        verdict = judge_in(change, world)
        if verdict.objections:
            raise _refusal(inventory, change, verdict.objections)
        notes.extend(map(str, verdict.unread))
        if lost := loss(change, inventory):
            notes.append(f"Lost: {lost}")
            typed.append(thing_of(change, inventory))
        before = (str(number - 1),) if number > 1 else ()
        size = len(inventory.pairs_of(change.group_id)) if change.operation in SWITCHES else 0
        steps.append(
            Step(
                str(number),
                title(change, inventory),
                change,
                needs=before,
                undo=undo(change, inventory),
                skippable=len(changes) > 1,
                size=size,
            )
        )
        world = world.after(change)
    groups = dict.fromkeys((each.group_id, group_of(each, inventory)) for each in changes)
    return Plan(
        title=heading or steps[0].title,
        backend=inventory.backend,
        groups=tuple(groups),
        steps=tuple(steps),
        read_at=inventory.read_at,
        notes=(*dict.fromkeys(notes), *inventory.problems),
        confirms=", ".join(dict.fromkeys(typed)),
    )


def is_destructive(change: Change) -> bool:
    """Whether something is lost by a change."""
    return bool(VERBS[change.operation].lost)


def _refusal(inventory: Inventory, change: Change, objections: tuple[Objection, ...]) -> RefusedError:
    lines = [
        f"{title(change, inventory)}: refused, and nothing was sent. {count(len(objections), 'reason')}:"
    ]
    lines.append(first_few((against(each, inventory) for each in objections), IN_THE_TABLE, "\n"))
    kind = SWITCHES.get(change.operation)
    if kind and change.group_id in inventory.groups:
        lines.append("The shortest legal way to it:")
        way = spelled_out(way_there(inventory, change.group_id, kind))
        lines += [f"{number}. {step}" for number, step in enumerate(way, start=1)]
    return RefusedError("\n".join(lines), objections)
