"""What one reading says about a change that may or may not have been taken."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from drkit.errors import WireError
from drkit.execution.observations import ChangeStage, kinds_for, marks_of, observe
from drkit.execution.reads import read_lists
from drkit.model import (
    Change,
    Inventory,
    Operation,
    ProtectedInstance,
    ProtectionGroup,
    ReplicationPair,
    ServerStatus,
    ThingKind,
)
from drkit.model.operations import NEEDS
from tests.facts import NOW, reading

UNTOUCHED, MOVING, REACHED, BROKEN, ELSEWHERE = ChangeStage
GROUP, PAIR, INSTANCE, DRILL = "erp-id", "data-id", "app-id", "d1-id"
Facts = dict[str, Any]


def world(
    pair: Facts | None = None,
    group: Facts | None = None,
    instance: Facts | None = None,
    drills: Facts | None = None,
) -> Inventory:
    return reading(
        {
            "groups": {"erp": group or {}},
            "instances": {"app": {"group": "erp", **(instance or {})}},
            "pairs": {"data": {"group": "erp", **(pair or {})}},
            "drills": drills or {},
        }
    )


def stage(change: Change, now: Inventory, before: Inventory | None = None) -> ChangeStage:
    return observe(change, now, marks_of(change, before or world())).stage


ATTACH = Change.of(Operation.ATTACH_PAIR, GROUP, pair_id=PAIR, instance_id=INSTANCE, device="/dev/vdc")
DETACH = Change.of(Operation.DETACH_PAIR, GROUP, pair_id=PAIR, instance_id=INSTANCE)
EXPAND = Change.of(Operation.EXPAND_PAIR, GROUP, pair_id=PAIR, new_size_gb=150)
RESIZE = Change.of(Operation.RESIZE_INSTANCE, GROUP, instance_id=INSTANCE, flavor="big")
CREATE = Change.of(Operation.CREATE_DRILL, GROUP, name="d1", drill_vpc_id="")
DELETE = Change.of(Operation.DELETE_DRILL, GROUP, drill_id=DRILL)


FAIL_OVER = Change.of(Operation.FAILOVER, GROUP)


class Telling:
    """A service whose things all leave out one key."""

    def __init__(self, now: Inventory, untold: str) -> None:
        self.backend, self._now, self.untold = now.backend, now, untold

    def pairs(self, _: tuple[str, ...]) -> tuple[ReplicationPair, ...]:
        return tuple(replace(pair, unknown=(self.untold,)) for pair in self._now.pairs.values())

    def servers(self) -> tuple[()]:
        return ()

    def instance(self, identity: str) -> ProtectedInstance:
        return self._now.instances[identity]

    def group(self, identity: str) -> ProtectionGroup:
        return replace(self._now.groups[identity], unknown=(self.untold,))


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (world(), UNTOUCHED),
        (world(pair={"status": "attaching"}), MOVING),
        (world(instance={"attached": {"data": "/dev/vdc"}}), REACHED),
        (world(instance={"attached": {"data": "/dev/sdc"}}), REACHED),
        (world(instance={"attached": {"data": "/dev/vdd"}}), REACHED),
        (world(pair={"status": "error-attaching"}, instance={"attached": {"data": "/dev/vdc"}}), BROKEN),
        (world(pair={"status": "invalid"}), ELSEWHERE),
        (world(pair={"status": "frobnicated"}), ELSEWHERE),
        (replace(world(), pairs={}), ELSEWHERE),
    ],
)
def test_an_attach_is_told_by_the_pair_and_what_it_is_attached_to(
    now: Inventory, expected: ChangeStage
) -> None:
    assert stage(ATTACH, now) is expected


def test_a_pair_that_was_touched_since_is_not_untouched() -> None:
    now = world()
    touched = replace(now.pairs[PAIR], updated_at=NOW + timedelta(hours=1))
    assert stage(ATTACH, replace(now, pairs={PAIR: touched})) is ELSEWHERE


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (world(instance={"attached": {"data": "/dev/vdc"}}), UNTOUCHED),
        (world(pair={"status": "detaching"}, instance={"attached": {"data": "/dev/vdc"}}), MOVING),
        (world(), REACHED),
        (world(pair={"status": "error-detaching"}, instance={"attached": {"data": "/dev/vdc"}}), BROKEN),
        (world(pair={"status": "fault"}, instance={"attached": {"data": "/dev/vdc"}}), ELSEWHERE),
        (replace(world(), pairs={}), ELSEWHERE),
    ],
)
def test_a_detach_is_told_by_the_pair(now: Inventory, expected: ChangeStage) -> None:
    assert stage(DETACH, now, world(instance={"attached": {"data": "/dev/vdc"}})) is expected


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ({}, UNTOUCHED),
        ({"status": "extending"}, MOVING),
        ({"size": 150}, REACHED),
        ({"size": 149}, ELSEWHERE),
        ({"status": "error-extending"}, BROKEN),
    ],
)
def test_an_expansion_is_told_by_the_size(pair: Facts, expected: ChangeStage) -> None:
    assert stage(EXPAND, world(pair=pair)) is expected


def test_the_expansion_of_a_pair_that_is_gone_is_not_done() -> None:
    assert stage(EXPAND, replace(world(), pairs={})) is ELSEWHERE


@pytest.mark.parametrize(
    ("operation", "start", "moving", "end", "broken"),
    [
        (Operation.ENABLE_PROTECTION, "available", "starting", "protected", "error-starting"),
        (Operation.DISABLE_PROTECTION, "protected", "stopping", "available", "error-stopping"),
        (Operation.FAILOVER, "protected", "failing-over", "failed-over", "error-failing-over"),
        (Operation.REPROTECT, "failed-over", "reprotecting", "protected", "error-reprotecting"),
    ],
)
def test_a_switch_is_told_by_the_group(
    operation: Operation, start: str, moving: str, end: str, broken: str
) -> None:
    change, before = Change.of(operation, GROUP), world(group={"status": start})
    found = {
        each: stage(change, world(group={"status": each}), before) for each in (start, moving, end, broken)
    }
    assert found == {start: UNTOUCHED, moving: MOVING, end: REACHED, broken: BROKEN}
    assert stage(change, world(group={"status": "deleting"}), before) is ELSEWHERE
    assert stage(change, replace(world(), groups={}), before) is ELSEWHERE


def test_a_planned_failover_is_done_only_when_production_has_moved() -> None:
    change = Change.of(Operation.PLANNED_FAILOVER, GROUP, to="target")
    assert stage(change, world()) is UNTOUCHED
    assert stage(change, world(group={"status": "reversing"})) is MOVING
    assert stage(change, world(group={"station": "target"})) is REACHED
    again = world(group={"status": "error-reversing"})
    assert stage(change, world(), again) is ELSEWHERE
    assert stage(change, world(group={"status": "error-reversing"})) is BROKEN


def test_the_progress_of_a_group_is_told_while_it_moves() -> None:
    change = Change.of(Operation.FAILOVER, GROUP)
    moving = world(group={"status": "failing-over"})
    assert observe(change, moving, marks_of(change, world())).progress == 100
    assert observe(change, world(), marks_of(change, moving)).progress is None


@pytest.mark.parametrize(
    ("drills", "expected"),
    [
        ({}, UNTOUCHED),
        ({"d2": {"group": "erp", "name": "other"}}, UNTOUCHED),
        ({"d1": {"group": "erp", "status": "creating"}}, MOVING),
        ({"d1": {"group": "erp"}}, REACHED),
        ({"d1": {"group": "erp", "status": "error"}}, BROKEN),
    ],
)
def test_a_new_drill_is_told_by_its_name(drills: Facts, expected: ChangeStage) -> None:
    assert stage(CREATE, world(drills=drills)) is expected


def test_a_drill_of_that_name_that_was_there_before_is_not_ours() -> None:
    old = world(drills={"d1": {"group": "erp"}}).drills[DRILL]
    before = replace(world(), drills={"old": replace(old, id="old")})
    with_new = replace(before, drills={**before.drills, "new": replace(old, id="new")})
    assert stage(CREATE, before, before) is UNTOUCHED
    assert stage(CREATE, with_new, before) is REACHED
    two_new = replace(with_new, drills={**with_new.drills, "newer": replace(old, id="newer")})
    assert stage(CREATE, two_new, before) is ELSEWHERE


@pytest.mark.parametrize(
    ("drills", "expected"),
    [
        ({"d1": {"group": "erp"}}, UNTOUCHED),
        ({"d1": {"group": "erp", "status": "deleting"}}, MOVING),
        ({}, REACHED),
        ({"d1": {"group": "erp", "status": "error-deleting"}}, BROKEN),
        ({"d1": {"group": "erp", "status": "error"}}, ELSEWHERE),
    ],
)
def test_a_deleted_drill_is_told_by_its_absence(drills: Facts, expected: ChangeStage) -> None:
    assert stage(DELETE, world(drills=drills), world(drills={"d1": {"group": "erp"}})) is expected


@pytest.mark.parametrize(
    ("instance", "expected"),
    [
        ({"flavor": "small"}, UNTOUCHED),
        ({"flavor": "small", "status": "resizing"}, MOVING),
        ({"flavor": "big"}, REACHED),
        ({"flavor": "small", "status": "error-resizing"}, BROKEN),
        ({"flavor": "other"}, ELSEWHERE),
    ],
)
def test_a_resize_is_told_by_the_flavors_of_both_servers(instance: Facts, expected: ChangeStage) -> None:
    assert stage(RESIZE, world(instance=instance), world(instance={"flavor": "small"})) is expected


def test_the_resize_of_an_instance_that_is_gone_is_not_done() -> None:
    assert stage(RESIZE, replace(world(), instances={})) is ELSEWHERE


@pytest.mark.parametrize("operation", [Operation.STOP_SERVER, Operation.START_SERVER])
def test_a_server_is_told_by_its_state_and_what_it_is_doing(operation: Operation) -> None:
    now = world()
    server = next(iter(now.servers.values()))
    hard = {"hard": False} if operation is Operation.STOP_SERVER else {}
    change = Change.of(operation, GROUP, server_id=server.id, **hard)

    def seen(status: str, task: str = "") -> Inventory:
        return replace(
            now, servers={server.id: replace(server, status=ServerStatus.read(status), task_state=task)}
        )

    start, end = ("ACTIVE", "SHUTOFF") if operation is Operation.STOP_SERVER else ("SHUTOFF", "ACTIVE")
    before = seen(start)
    assert stage(change, seen(start), before) is UNTOUCHED
    assert stage(change, seen(start, "powering"), before) is MOVING
    assert stage(change, seen(end), before) is REACHED
    assert stage(change, seen("ERROR"), before) is BROKEN
    assert stage(change, replace(now, servers={}), before) is ELSEWHERE


@pytest.mark.parametrize("operation", Operation)
def test_every_operation_says_what_has_to_be_read_to_see_it(operation: Operation) -> None:
    examples: dict[type, Any] = {str: "x", int: 1, bool: True, tuple: ("x",)}
    arguments = {name: examples[kind] for name, kind in NEEDS[operation].items()}
    assert kinds_for(Change.of(operation, GROUP, **arguments))


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (world(), "pair protected, attached to nothing"),
        (world(pair={"status": "attaching"}), "pair attaching"),
        (
            world(instance={"attached": {"data": "/dev/vdd"}}),
            "pair protected, attached to this instance as /dev/vdd",
        ),
        (replace(world(), pairs={}), "pair gone"),
    ],
)
def test_what_was_seen_of_a_pair_is_told_in_words(now: Inventory, words: str) -> None:
    assert observe(ATTACH, now, {}).words == words


def test_what_was_seen_is_told_in_words() -> None:
    elsewhere = Change.of(Operation.DETACH_PAIR, GROUP, pair_id=PAIR, instance_id="another")
    on_app = world(instance={"attached": {"data": "/dev/vdd"}})
    assert observe(elsewhere, on_app, {}).words == "pair protected, attached to app-id instance as /dev/vdd"
    assert observe(EXPAND, world(), {}).words == "pair protected, 100 GB"
    assert observe(CREATE, world(), {"drill x": "available"}).words == "nothing of it is there"
    untouched = observe(Change.of(Operation.FAILOVER, GROUP), world(), marks_of(EXPAND, world()))
    assert untouched.words == "group protected, production source"


def test_a_time_that_one_reading_does_not_tell_is_no_change() -> None:
    told, pair = world(), world().pairs[PAIR]
    untold = replace(told, pairs={PAIR: replace(pair, updated_at=None)})
    assert stage(ATTACH, untold, told) is UNTOUCHED
    assert stage(ATTACH, told, untold) is UNTOUCHED


@pytest.mark.parametrize(
    ("change", "kind", "key"),
    [
        (DETACH, "pairs", "attachment"),
        (DETACH, "pairs", "attachment.device"),
        (FAIL_OVER, "groups", "priority_station"),
    ],
)
def test_what_does_not_tell_how_it_is_is_not_read_as_gone(change: Change, kind: ThingKind, key: str) -> None:
    service: Any = Telling(world(), key)
    with pytest.raises(WireError, match=r"does not tell '(attachment|priority_station)'"):
        read_lists(service, [kind], [change], NOW)
    service.untold = "description"
    assert read_lists(service, [kind], [change], NOW).problems == ()
