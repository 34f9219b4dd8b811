"""What a reading says about a change that makes, takes away, renames or tags something."""

from dataclasses import replace

import pytest

from drkit.execution.late_binding import bind_late, bound, done_already
from drkit.execution.observations import ChangeStage, Observation, marks_of, observe
from drkit.execution.reads import groups_to_read
from drkit.execution.snapshot import snapshot
from drkit.model import FAILED_TASKS, Change, Inventory, Operation
from tests.facts import Fact
from tests.rules.test_protecting_rules import change, project

UNTOUCHED, MOVING, REACHED, BROKEN, ELSEWHERE = (
    ChangeStage.UNTOUCHED,
    ChangeStage.MOVING,
    ChangeStage.REACHED,
    ChangeStage.BROKEN,
    ChangeStage.ELSEWHERE,
)


def seen(wanted: Change, now: Inventory, before: Inventory | None = None) -> Observation:
    return observe(wanted, now, marks_of(wanted, before or project()))


def stage(wanted: Change, now: Inventory, before: Inventory | None = None) -> ChangeStage:
    return seen(wanted, now, before).stage


def groups(**more: Fact) -> Inventory:
    return project(groups={"shop": {}, "empty": {}, **more})


def test_a_group_that_was_made_is_the_new_one_of_its_name() -> None:
    create = change(Operation.CREATE_GROUP)
    assert stage(create, project()) is UNTOUCHED
    assert stage(create, groups(fresh={"status": "creating"})) is MOVING
    assert stage(create, groups(fresh={"status": "available"})) is REACHED
    assert stage(create, groups(fresh={"status": "error"})) is BROKEN


def test_an_instance_that_was_made_is_found_by_its_server() -> None:
    create = change(Operation.CREATE_INSTANCES, server_ids=("db-01-server", "db-02-server"))
    nothing = project(instances={}, pairs={})

    def now(**statuses: str) -> Inventory:
        return project(instances={name: {"group": "shop", "status": each} for name, each in statuses.items()})

    assert stage(create, now(**{"db-01": "creating"}), nothing) is MOVING
    assert stage(create, now(**{"db-01": "error"}), nothing) is BROKEN
    assert stage(create, now(**{"db-01": "protected"}), nothing) is ELSEWHERE
    assert stage(create, now(**{"db-01": "protected", "db-02": "protected"}), nothing) is REACHED


def test_a_pair_that_was_made_is_found_by_its_disk() -> None:
    create = change(Operation.CREATE_PAIR, disk_id="new-source")
    found = project(pairs={"data": {"group": "shop"}, "new": {"group": "shop", "status": "available"}})
    assert stage(create, found) is REACHED


@pytest.mark.parametrize(
    ("status", "wanted"), [("deleting", MOVING), ("error-deleting", BROKEN), ("fault", ELSEWHERE)]
)
def test_what_is_to_go_is_on_its_way_broken_or_still_there(status: str, wanted: ChangeStage) -> None:
    held = {"db-01": {"group": "shop", "status": status, "attached": {"data": "/dev/vdb"}}}
    assert stage(change(Operation.DELETE_INSTANCE), project(instances=held)) is wanted
    pairs = {"data": {"group": "shop"}, "log": {"group": "shop", "status": status}}
    assert stage(change(Operation.DELETE_PAIR), project(pairs=pairs)) is wanted


def test_what_is_gone_has_gone() -> None:
    assert stage(change(Operation.DELETE_INSTANCE), project(instances={})) is REACHED
    assert stage(change(Operation.DELETE_PAIR), project(pairs={})) is REACHED
    assert stage(change(Operation.DELETE_GROUP), project(groups={"shop": {}})) is REACHED


def test_a_name_is_as_it_is_wanted_or_another() -> None:
    renamed = project(pairs={"data": {"group": "shop"}, "log": {"group": "shop"}})
    vars(renamed)["pairs"] = {"log-id": replace(renamed.pairs["log-id"], name="logs")}
    assert stage(change(Operation.RENAME_PAIR), renamed) is REACHED
    assert stage(change(Operation.RENAME_PAIR), project(pairs={})) is ELSEWHERE
    assert stage(change(Operation.RENAME_PAIR, name="log"), project()) is REACHED  # as it was before


def test_tags_are_as_they_are_wanted_or_not() -> None:
    tagged = project(instances={"db-01": {"group": "shop", "tags": {"tier": "1"}}})
    assert stage(change(Operation.SET_TAGS), tagged) is REACHED
    assert stage(change(Operation.SET_TAGS, tags=("tier=2",)), tagged) is ELSEWHERE
    assert stage(change(Operation.DELETE_TAGS), project()) is UNTOUCHED
    bare = project(instances={"db-01": {"group": "shop"}})
    assert stage(change(Operation.DELETE_TAGS), bare) is REACHED
    assert stage(change(Operation.SET_TAGS), project(instances={})) is ELSEWHERE


def test_one_more_card_is_ours_and_one_that_is_there_has_not_gone() -> None:
    def cards(**nics: str) -> Inventory:
        off = {"production": "SHUTOFF", "dr": "SHUTOFF"}
        return project(instances={"db-01": {"group": "shop", "nics": nics, "servers": off}})

    two = cards(a="10.0.0.5", b="10.0.0.6")
    one = cards(a="10.0.0.5")
    assert stage(change(Operation.ADD_NIC), two, one) is REACHED
    assert stage(change(Operation.DELETE_NIC, nic_id="b"), one, two) is REACHED
    assert stage(change(Operation.DELETE_NIC, nic_id="b"), two, one) is ELSEWHERE
    assert stage(change(Operation.ADD_NIC), project(instances={}), one) is ELSEWHERE


def test_failed_tasks_are_cleared_when_none_is_left() -> None:
    left = project(failed_tasks={"attach": {"group": "shop"}, "other": {}})
    assert stage(change(Operation.CLEAR_FAILED_TASK), left) is UNTOUCHED
    assert stage(change(Operation.CLEAR_FAILED_TASK), project(failed_tasks={})) is REACHED
    every = Change.of(Operation.CLEAR_FAILED_TASKS, FAILED_TASKS)
    assert stage(every, left) is ELSEWHERE
    assert stage(every, project(failed_tasks={})) is REACHED


def test_one_side_that_is_resized_is_looked_at_alone() -> None:
    def sized(dr: str) -> Inventory:
        now = project()
        servers = {**now.servers, "db-01-dr-server": replace(now.servers["db-01-dr-server"], flavor=dr)}
        return replace(now, servers=servers)

    one = change(Operation.RESIZE_INSTANCE, flavor="", dr_flavor="big")
    assert stage(one, sized("big")) is REACHED
    assert stage(one, sized("small")) is ELSEWHERE
    unseen = project(instances={"db-01": {"group": "shop", "servers": {}}})
    assert stage(one, unseen) is ELSEWHERE


class TestIdsThatWereNotKnown:
    def test_are_found_by_the_only_thing_of_that_name(self) -> None:
        enable = Change.of(Operation.ENABLE_PROTECTION, "planned:shop")
        assert bind_late(enable, project()).group_id == "shop-id"
        given = {"pair_id": "planned:log", "instance_id": "planned:db-01", "device": "/dev/vdc"}
        attach = bind_late(Change.of(Operation.ATTACH_PAIR, "planned:shop", **given), project())
        assert (attach.pair_id, attach.instance_id) == ("log-id", "db-01-id")

    def test_stay_where_none_or_more_than_one_bears_it(self) -> None:
        assert bound("planned:nothing", project().groups.values()) == "planned:nothing"
        assert bound("shop-id", project().groups.values()) == "shop-id"
        create = change(Operation.CREATE_GROUP)
        assert bind_late(create, project()) == create

    def test_limit_no_reading(self) -> None:
        assert groups_to_read(["b", "a"]) == ("a", "b")
        assert groups_to_read(["a", "planned:b"]) == ()

    def test_are_told_as_what_came_of_them(self) -> None:
        [group] = snapshot(project(), [("planned:shop", "shop")])["groups"]
        assert (group["id"], group["status"]) == ("shop-id", "protected")


def test_a_pair_that_is_gone_already_has_not_to_be_deleted() -> None:
    delete = change(Operation.DELETE_PAIR)
    assert done_already(delete, project(pairs={})) == "The pair is gone already; nothing was sent."
    assert not done_already(delete, project(pairs={}, problems=["Not all was read."]))
    assert not done_already(delete, project())
