"""One change as a plan: its words, what is lost by it, what confirms it, and the lines that ask for it."""

import shlex
from dataclasses import replace
from typing import Any

import pytest

from drkit import cli
from drkit.errors import InputError, RefusedError, UnknownNameError
from drkit.model import FAILED_TASKS, Argument, Change, Inventory, Operation
from drkit.plan import (
    VERBS,
    Plan,
    is_destructive,
    loss,
    plan_change,
    plan_of,
    python_call,
    shell_line,
    takes,
)
from drkit.plan.changes import changes_of
from drkit.plan.verbs import title, undo
from drkit.rules import Projection
from tests.rules.test_knowing import ARGUMENTS, HOMES
from tests.rules.test_protecting_rules import change, project


def asked_again(line: str, inventory: Inventory) -> Change:
    """The change that a line for the shell means, read as the command reads it."""
    arguments = cli.build_parser().parse_args(shlex.split(line)[1:])
    given = {word: getattr(arguments, word) for word in arguments.words}
    words: dict[str, Any] = {
        key: tuple(one) if isinstance(one, list) else one for key, one in given.items() if one
    }
    pairs = (str(words.pop("pair")),) if "pair" in words else ()
    (found,) = changes_of(Operation(arguments.verb), inventory, pairs=pairs, **words)
    return found


@pytest.mark.parametrize("operation", Operation)
def test_the_line_for_the_shell_means_the_change_that_it_stands_for(operation: Operation) -> None:
    wanted = change(operation)
    assert asked_again(shell_line(wanted, project()), project()) == wanted


@pytest.mark.parametrize("operation", Operation)
def test_the_line_of_python_plans_the_change_that_it_stands_for(operation: Operation) -> None:
    asked: list[tuple[str, dict[str, Argument]]] = []

    class Site:
        def plan(self, verb: str, **words: Argument) -> None:
            asked.append((verb, words))

    eval(python_call(change(operation), project()), {"site": Site()})
    [(verb, words)] = asked
    pairs = (str(words.pop("pair")),) if "pair" in words else ()
    (found,) = changes_of(Operation(verb), project(), pairs=pairs, **words)  # type: ignore[arg-type]
    assert found == change(operation)


@pytest.mark.parametrize("operation", Operation)
def test_every_verb_has_words_that_name_what_it_is_about(operation: Operation) -> None:
    wanted, inventory = change(operation), project()
    words = (title(wanted, inventory), undo(wanted, inventory), loss(wanted, inventory))
    assert words[0]
    assert not any("{" in text or "-id" in text or "None" in text for text in words)
    assert bool(words[2]) == is_destructive(wanted)
    assert VERBS[operation].reference
    assert VERBS[operation].console


@pytest.mark.parametrize("operation", sorted(set(ARGUMENTS) | set(HOMES)))
def test_words_stay_words_where_nothing_was_read(operation: Operation) -> None:
    wanted, nothing = change(operation), project()
    for part in ("groups", "instances", "pairs", "drills", "servers", "disks", "failed_tasks"):
        vars(nothing)[part] = {}
    assert title(wanted, nothing)
    assert loss(wanted, nothing) or not is_destructive(wanted)


class TestAPlan:
    def test_of_one_change_has_one_step_and_is_confirmed_with_the_group(self) -> None:
        plan = plan_change(project(), Operation.RENAME_PAIR, pair="log", name="logs")
        assert [each.title for each in plan.steps] == ["Rename pair log to logs"]
        assert (plan.to_type, plan.confirms, plan.groups) == ("shop", "", (("shop-id", "shop"),))
        assert Plan.from_json(plan.to_json()) == plan

    def test_that_loses_something_says_what_and_is_confirmed_with_the_thing(self) -> None:
        plan = plan_change(project(), Operation.DELETE_PAIR, pair="log", with_disk=True)
        assert plan.to_type == "log"
        assert plan.notes[0].startswith("Lost: The replication of log; its production disk stays. The disk ")
        assert plan.notes[0].endswith("every copy on it are DELETED, for good.")
        assert Plan.from_json(plan.to_json()).to_type == "log"
        kept = plan_change(project(), Operation.DELETE_PAIR, pair="log")
        assert "keeps costing" in kept.notes[0]

    @pytest.mark.parametrize(
        ("with_server", "with_eip", "fate"),
        [
            (True, True, "are DELETED, for good, and their public addresses (EIP) are released."),
            (True, False, "are DELETED, for good; their public addresses (EIP) stay and cost."),
            (False, True, "keep costing; their public addresses (EIP) are RELEASED."),
            (False, False, "keep costing, their public addresses (EIP) too."),
        ],
    )
    def test_tells_deleting_with_and_without_the_dr_server_apart(
        self, with_server: bool, with_eip: bool, fate: str
    ) -> None:
        given: dict[str, Argument] = {"with_server": with_server, "with_eip": with_eip}
        plan = plan_change(project(), Operation.DELETE_INSTANCE, instance="db-01", **given)  # type: ignore[arg-type]
        assert plan.notes[0].endswith(fate)
        assert (" WITH " in plan.title) == (with_server or with_eip)

    def test_that_is_refused_says_all_reasons_with_the_lines_that_help(self) -> None:
        with pytest.raises(RefusedError) as caught:
            plan_change(project(), Operation.DELETE_PAIR, pair="data")
        assert "  drkit do detach-pair --group shop --instance db-01 --pair data" in str(caught.value)
        with pytest.raises(RefusedError, match="The shortest legal way to it:"):
            plan_change(project(groups={"shop": {"status": "available"}}), Operation.FAILOVER, group="shop")

    def test_needs_the_pair_named(self) -> None:
        with pytest.raises(InputError, match="one pair at a time: name the pair"):
            plan_change(project(), Operation.EXPAND_PAIR, group="shop", new_size_gb=200)

    def test_of_several_changes_goes_one_after_the_other_on_what_is_made(self) -> None:
        made = change(Operation.CREATE_GROUP)
        protect = change(Operation.CREATE_INSTANCE, "planned:fresh")
        enable = Change.of(Operation.ENABLE_PROTECTION, "planned:fresh")
        plan = plan_of(project(), made, protect, enable, heading="Protect search")
        assert (plan.title, plan.groups) == ("Protect search", (("planned:fresh", "fresh"),))
        assert [each.needs for each in plan.steps] == [(), ("1",), ("2",)]
        world = Projection.of(project(), [made, protect, enable])
        [instance] = world.instances_of("planned:fresh")
        assert (instance.name, instance.status) == ("search", "protected")
        assert [each.device for each in world.attachments_on(instance.id)] == ["/dev/vda"]


class TestWords:
    def test_are_those_of_the_operation(self) -> None:
        assert takes(Operation.RESIZE_INSTANCE).keys() >= {"instance", "flavor", "dr_flavor"}
        with pytest.raises(InputError, match="is no list of texts"):
            plan_change(project(), Operation.SET_TAGS, instance="db-01", tags="a=1")
        with pytest.raises(UnknownNameError):
            plan_change(project(), Operation.CREATE_PAIR, group="shop", disk="nothing")

    def test_a_server_or_a_disk_gives_its_name(self) -> None:
        plan = plan_change(project(), Operation.CREATE_PAIR, group="shop", disk="spare")
        assert plan.title == "Pair disk spare in shop as spare"

    def test_one_side_is_resized_without_the_other(self) -> None:
        plan = plan_change(project(), Operation.RESIZE_INSTANCE, instance="db-01", dr_flavor="big")
        assert plan.title == "Resize the DR server of db-01 to big"
        nothing = change(Operation.RESIZE_INSTANCE, flavor="")
        assert title(nothing, project()) == "Resize db-01"

    def test_failed_tasks_need_no_group(self) -> None:
        (found,) = changes_of(Operation.CLEAR_FAILED_TASKS, project())
        assert found.group_id == FAILED_TASKS
        assert title(found, project()) == "Clear all failed tasks of the protection groups themselves"
        (one,) = changes_of(Operation.CLEAR_FAILED_TASK, project(), task="attach-id")
        assert one.group_id == "shop-id"
        (other,) = changes_of(Operation.CLEAR_FAILED_TASK, project(), task="gone")
        assert other.group_id == FAILED_TASKS

    def test_instances_of_several_groups_are_not_deleted_at_once(self) -> None:
        two = project(
            instances={"db-01": {"group": "shop"}, "db-02": {"group": "empty"}},
            pairs={},
        )
        with pytest.raises(InputError, match="of several groups"):
            changes_of(Operation.DELETE_INSTANCES, two, instances=("db-01", "db-02"))

    def test_a_card_is_named_by_its_address(self) -> None:
        (found,) = changes_of(Operation.DELETE_NIC, project(), instance="db-01", nic="10.0.0.5")
        assert found.nic_id == "port-1"
        unseen = project(instances={"db-01": {"group": "shop", "servers": {}}})
        (same,) = changes_of(Operation.DELETE_NIC, unseen, instance="db-01", nic="port-1")
        assert same.nic_id == "port-1"

    def test_two_of_one_name_are_told_by_their_ids(self) -> None:
        twins = project()
        pair = twins.pairs["log-id"]
        vars(twins)["pairs"] = {**twins.pairs, "other-id": replace(pair, id="other-id")}
        line = shell_line(change(Operation.RENAME_PAIR), twins)
        assert line == "drkit do rename-pair --group shop --name logs --pair log-id"
