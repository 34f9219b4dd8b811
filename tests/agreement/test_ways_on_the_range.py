"""Each way that is named is taken on the practice range by the line that is printed, and leads there.

For every status of a group, every fault and every verb. What only the provider can do, the range does here.
"""

import pickle
import shlex
from typing import Any

import pytest

from drkit import cli
from drkit.errors import ServiceError
from drkit.model import Change, GroupStatus, Inventory, Operation, Phase
from drkit.plan import Plan, plan_change, python_call, shell_line, ways_out
from drkit.plan.changes import changes_of
from drkit.rules import Projection, WayStep, judge, steps_from
from drkit.rules.ways import ABOUT_THE_STATE
from tests.agreement.test_rules_against_sandbox import EVERYTHING, SETTLED, Range, practice

__all__ = ["practice"]  # the fixture
VERBS = (
    Operation.ENABLE_PROTECTION,
    Operation.DISABLE_PROTECTION,
    Operation.PLANNED_FAILOVER,
    Operation.FAILOVER,
    Operation.REPROTECT,
    Operation.CREATE_DRILL,
    Operation.CREATE_PAIR,
)
GROUP = "shop-frontend"


def stood(practice: Range, status: str, fault: str) -> str:
    """The range with its group in that status, a pair of it with that fault; the id of the group."""
    world = practice.reset()
    group = next(each for each in world.groups.values() if each.name == GROUP)
    group.status = status
    for key in group.instances:
        world.instances[key].status = status
    for key in group.pairs:
        world.pairs[key].status = status
    world.pairs[group.pairs[0]].fault_level = fault
    for key in group.instances:
        for server in world.servers_of(world.instances[key]):
            server.status, server.task = "SHUTOFF", ""
    return group.id


def read(practice: Range, group_id: str) -> Inventory:
    instances = practice.sandbox.world.groups[group_id].instances
    return practice.client.inventory(block_devices_of=instances, **EVERYTHING)


def typed(change: Change, inventory: Inventory) -> Change:
    """The change that the printed line means."""
    arguments = cli.build_parser().parse_args(shlex.split(shell_line(change, inventory))[1:])
    given = {word: getattr(arguments, word) for word in arguments.words}
    words: dict[str, Any] = {word: one for word, one in given.items() if one}
    pairs = (str(words.pop("pair")),) if "pair" in words else ()
    (found,) = changes_of(Operation(arguments.verb), inventory, pairs=pairs, **words)
    return found


class Asked:
    """What stands for `site` in a printed line of Python: it plans on a reading, as `Site.plan` does."""

    def __init__(self, inventory: Inventory) -> None:
        self.inventory = inventory

    def plan(self, verb: str, **words: Any) -> Plan:  # noqa: ANN401  # those of any verb
        return plan_change(self.inventory, Operation(verb), **words)


def evaluated(change: Change, inventory: Inventory) -> Change:
    """The change that the printed line of Python plans."""
    (step,) = eval(python_call(change, inventory), {"site": Asked(inventory)}).steps
    return Change(step.change.operation, step.change.group_id, step.change.arguments)


def take(practice: Range, group_id: str, step: WayStep) -> None:
    """Take one step as its sentence says: by its lines, by waiting, or as the provider would."""
    for change in step.changes:
        now = read(practice, group_id)
        meant = typed(change, now)
        assert evaluated(change, now) == meant, "the shell and Python mean the same"
        job_id = practice.client.submit(meant)
        practice.sandbox.step(SETTLED)
        job = practice.sandbox.world.jobs[job_id]
        assert job.status == "SUCCESS", (step.sentence, job.error_code, job.fail_reason)
    if step.sentence.startswith("Have the provider"):
        world = practice.sandbox.world
        for key in world.groups[group_id].pairs:
            world.pairs[key].fault_level, world.pairs[key].stuck_at = "0", None
    told = ("Have the provider", "Wait until", "Nothing", "Then nothing")
    assert step.changes or step.sentence.startswith(told)
    practice.sandbox.step(SETTLED)


@pytest.mark.parametrize("status", [each for each in GroupStatus if each.phase is not Phase.MOVING])
@pytest.mark.parametrize("fault", ["0", "2", "5"])
def test_a_way_leads_where_it_says(practice: Range, status: GroupStatus, fault: str) -> None:
    group_id = stood(practice, status, fault)
    before, inventory = pickle.dumps(practice.sandbox.world), read(practice, group_id)
    for operation in VERBS:
        practice.reset(before)
        steps = steps_from(Projection.of(inventory), operation, group_id)
        if steps and steps[0].sentence.startswith("No step of drkit leads"):
            continue
        for step in steps:
            take(practice, group_id, step)
        sample = {"to": "target"} if operation is Operation.PLANNED_FAILOVER else {}
        then = Change(operation, group_id, tuple(sample.items()))
        left = {each.rule for each in judge(then, read(practice, group_id)).objections} & ABOUT_THE_STATE
        ended = bool(steps) and "nothing is left" in steps[-1].sentence.lower()
        assert not left or ended or "Nothing is to be done" in steps[-1].sentence, (operation, steps, left)


@pytest.mark.parametrize("status", list(GroupStatus))
def test_every_way_out_that_is_open_is_taken_by_the_service(practice: Range, status: GroupStatus) -> None:
    group_id = stood(practice, status, "0")
    before, inventory = pickle.dumps(practice.sandbox.world), read(practice, group_id)
    for way in ways_out(inventory, group_id):
        practice.reset(before)
        if way.change is None or not way.legal:
            continue
        assert way.shell
        assert way.python
        try:
            if way.offer.changes and len(way.offer.changes) == 1:
                assert evaluated(way.change, inventory) == typed(way.change, inventory)
            practice.client.submit(typed(way.change, inventory) if len(way.shell) == 1 else way.change)
        except ServiceError as refused:
            raise AssertionError(f"{way.name}: {refused}") from refused
