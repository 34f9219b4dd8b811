"""The DR drill and its clean-up as plans. The runbooks that switch production are in `switches`."""

from collections.abc import Iterable
from itertools import chain

from drkit.errors import InputError
from drkit.model import PLANNED, Change, Drill, Inventory, Operation, ProtectedInstance, ProtectionGroup
from drkit.plan.builder import PlanBuilder, distinct, named
from drkit.plan.objectives import Objectives
from drkit.plan.requests import PlanRequest
from drkit.plan.steps import RUN_MARK, ManualStep, Plan

PER_SERVER = (
    (
        ManualStep.SERVICE_ANSWERS,
        "Does the service on the drill server of {name} answer? Reach it from inside the drill network: from "
        "outside it must not be reachable, so that nobody mistakes it for production.",
    ),
    (
        ManualStep.DATA_IS_THERE,
        "Is the data of {name} there, up to the moment the drill was created? Name what you looked at in "
        "the note, for example the newest order.",
    ),
    (
        ManualStep.LOGINS_WORK,
        "Can people and programs log in on the drill server of {name}? The first drill of a server with "
        "cloud-init may change its password or key pair.",
    ),
)
PER_GROUP = (
    (
        ManualStep.SETTINGS_CARRIED_OVER,
        "Changes of hostname, name, security group, agency and tags made since protection began are not "
        "carried over to the drill servers of {name}. Compare what your service depends on.",
    ),
    (
        ManualStep.DRILL_NETWORK,
        "Route tables and network ACLs are not copied to the drill VPC of {name}. Check that the drill "
        "servers reach what they need, and nothing of production.",
    ),
)
LEFT_OVER = (
    (
        ManualStep.DRILL_SERVERS_GONE,
        "reads the service until the drill of {name} and every server of it are gone",
    ),
    (
        ManualStep.DRILL_NETWORK_LEFT,
        "reads the networks: the drill VPC of {name} and its subnets stay when the drill is deleted. Delete "
        "them, and it is seen; or say in the note who keeps them and why.",
    ),
    (
        ManualStep.ADDRESSES_LEFT,
        "reads the public addresses: an EIP that led to a drill server of {name} is unbound now, and costs "
        "money. Release it, and it is seen; or say in the note who keeps it.",
    ),
)
_NOTES = (
    "Production is not touched and goes on. The drill servers run beside it and do not synchronise with it.",
    "Route tables and network ACLs are not copied to the drill network.",
    "The drill network and its subnets stay after the clean-up; public addresses are unbound, not deleted.",
    f"{RUN_MARK} in the name of a drill becomes the end of the run's id: no two drills have one name, so "
    "what becomes of each can be told for certain.",
)
LONGEST_NAME = 64


def plan_drill(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """Create a drill per group, verify each drill server by hand, clean up, and keep the ledger of the rest.

    A drill is called after the given name, with several groups also after its group, and bears the mark of
    the run and its step. An empty `drill_vpc_id` has the service make a network per group. Raises
    `RefusedError` with every objection, `InputError`.
    """
    groups = [distinct(inventory, key) for key in chain(*request.waves)]
    if request.drill_vpc_id and len(groups) > 1:
        raise InputError(
            "A drill network can serve one drill only. Leave drill_vpc_id empty, so that each group gets a "
            "network of its own, or pick one group."
        )
    draft = PlanBuilder(inventory, Operation.CREATE_DRILL, groups, objectives)
    draft.notes.extend(_NOTES)
    for group in groups:
        plain = inventory.groups[
            group.id
        ].name  # a drill's name takes no more than letters, digits, . _ and -
        name = request.drill_name if len(groups) == 1 else f"{request.drill_name}-{plain}"
        _drill(draft, group, _name_of_its_own(name, draft.next_key), request.drill_vpc_id)
    return draft.plan(f"DR drill of {named(groups)}")


def plan_drill_cleanup(inventory: Inventory, request: PlanRequest, objectives: Objectives) -> Plan:
    """Delete drills that are there, for example of a run that failed, and keep the ledger of the rest."""
    groups = [distinct(inventory, key) for key in chain(*request.waves)]
    draft = PlanBuilder(inventory, Operation.DELETE_DRILL, groups, objectives)
    for drill in (inventory.drills[key] for key in request.drills):
        deleted = _delete(draft, drill.group_id, drill.name, drill.id)
        _ledger(draft, distinct(inventory, drill.group_id), needs=(), after=(deleted,))
    return draft.plan(f"Clean-up of the DR drill of {named(groups)}")


def _name_of_its_own(name: str, step: str) -> str:
    """The name for the drill of one step; one that the service would take is cut to have room for both."""
    ending = f"-{RUN_MARK}-{step}"
    return f"{name[: LONGEST_NAME - len(ending)]}{ending}" if 0 < len(name) <= LONGEST_NAME else name


def _drill(draft: PlanBuilder, group: ProtectionGroup, name: str, vpc_id: str) -> None:
    change = Change.of(Operation.CREATE_DRILL, group.id, name=name, drill_vpc_id=vpc_id)
    undo = "Delete the drill; this plan does so at its end."
    created = draft.send(f"Create drill {name} of {group.name}", change, undo=undo)
    instances = sorted(draft.inventory.instances_of(group.id), key=_by_name)
    answers = []
    checks = []
    for instance in instances:
        keys = [
            draft.ask(asks, instance.name, words.format(name=instance.name), group.id, needs=(created,))
            for asks, words in PER_SERVER
        ]
        answers.append((keys[0],))
        checks.extend(keys)
    checks += [
        draft.ask(asks, group.name, words.format(name=group.name), group.id, needs=(created,))
        for asks, words in PER_GROUP
    ]
    draft.recovered(group.id, tuple(answers))
    release = draft.ask(
        ManualStep.RELEASE,
        group.name,
        f"Every check above has its answer. Sign as passed, and the drill {name} and its servers are deleted "
        "next. Sign as not passed, and they are kept for a closer look; clean up later.",
        group.id,
        needs=(created,),
        after=checks,
        skippable=False,
    )
    deleted = _delete(draft, group.id, name, f"{PLANNED}{name}", needs=(release,))
    _ledger(draft, group, needs=(created,), after=(deleted,))


def _delete(draft: PlanBuilder, group_id: str, name: str, drill_id: str, *, needs: Iterable[str] = ()) -> str:
    change = Change.of(Operation.DELETE_DRILL, group_id, drill_id=drill_id)
    return draft.send(f"Delete drill {name}", change, needs=needs)


def _ledger(
    draft: PlanBuilder, group: ProtectionGroup, *, needs: Iterable[str], after: Iterable[str]
) -> None:
    for asks, words in LEFT_OVER:
        draft.ask(asks, group.name, words.format(name=group.name), group.id, needs=needs, after=after)


def _by_name(thing: ProtectedInstance | Drill) -> tuple[str, str]:
    return thing.name, thing.id
