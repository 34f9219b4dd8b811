"""The attach form and its headless twin with several instances of a group in one go."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from drkit.clock import SteppedClock
from drkit.errors import InputError, RefusedError
from drkit.runbooks import AttachRequest, AttachSession, UnattendedAttach
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end
from tests.forms.hands import Hands, plain

APPS = ("app-01", "app-02", "batch-01")


def choose_several(hands: Hands, group: str = "shop-backend", names: tuple[str, ...] = APPS) -> str:
    hands.choose.group.field.value = hands._option(hands.choose.group.field.options, group)
    hands.settle()
    hands.choose.several.value = True
    hands.settle()
    overview = hands.form.session.overview
    assert overview
    hands.choose.instances.pick([overview.instance(each).id for each in names])
    hands.settle()
    return hands.press(hands.choose)


def give(hands: Hands, pair: str, instance: str) -> None:
    """Press a pair's row, and have it go to an instance."""
    reading, table = hands.form.session.reading, hands.pick.table
    key = reading.pair(pair).id
    table._pressed(f"row:{table.ids.index(key)}")
    hands.settle()
    hands.pick.goes.field.value = reading.instance(instance).id
    hands.settle()
    hands.pick.give_one.click()
    hands.settle()


def row(hands: Hands, key: str) -> str:
    return " ".join(plain(str(cell)) for cell in hands.pick.table._rows[key])


def test_one_instance_is_chosen_as_ever_and_a_box_opens_the_table_of_several(hands: Hands) -> None:
    assert hands.choose.instances.layout.display == "none"
    hands.choose.group.field.value = hands._option(hands.choose.group.field.options, "shop-backend")
    hands.settle()
    hands.choose.instance.field.value = hands._option(hands.choose.instance.field.options, "app-01")
    hands.settle()
    hands.choose.several.value = True
    hands.settle()
    assert hands.choose.instance.layout.display == "none"
    assert plain(hands.choose.which.value) == "1 instance chosen: app-01."
    assert "Pick all that fit (4)" in hands.choose.instances.all.description
    hands.choose.several.value = False
    hands.settle()
    assert hands.press(hands.choose) == ""
    assert hands.pick.giving.layout.display == "none"


def test_with_none_chosen_it_says_what_is_missing_and_a_frozen_one_is_told_at_the_choice(
    hands: Hands,
) -> None:
    assert choose_several(hands, names=()) == "Choose a group and an instance."
    assert choose_several(hands, names=("app-01", "legacy-01")) == ""
    assert "legacy-01 is frozen" in plain(hands.choose.frozen.value)


@pytest.mark.slow
def test_pairs_of_three_instances_are_attached_and_more_can_be_with_the_same_ones(hands: Hands) -> None:
    assert choose_several(hands) == ""
    reading = hands.form.session.reading
    cache = reading.pair("app-cache-01").id
    assert "no instance its disk is attached to no server" in row(hands, cache)
    assert hands.pick.table.all.disabled
    hands.mark("app-cache-01")
    assert "1 pair picked of which it is not said where to: app-cache-01" in plain(hands.pick.picked.value)
    assert hands.press(hands.pick).startswith("Not known to which instance: app-cache-01")
    hands.pick.table.clear()
    for pair, instance in (
        ("app-cache-01", "app-01"), ("app-cache-02", "app-02"), ("batch-archive", "batch-01"),
    ):  # fmt: skip
        give(hands, pair, instance)
    assert "app-01 you said so" in row(hands, cache)
    assert len(hands.pick.table.picked) == 3
    shared = reading.pair("app-shared-config").id
    to_app_02 = f"{shared} {reading.instance('app-02').id}"
    hands.pick.table.pick([*hands.pick.table.picked, to_app_02])
    hands.settle()
    assert "4 pairs picked that can be attached" in plain(hands.pick.picked.value)
    assert hands.press(hands.pick) == ""
    names = {hands.form.session.chances[key].name: name for key, name in hands.plan.names.devices.items()}
    assert names == {
        "app-cache-01 on app-01": "/dev/vdc",
        "app-shared-config on app-02": "/dev/vdc",
        "app-cache-02 on app-02": "/dev/vdd",
        "batch-archive on batch-01": "/dev/sdb",
    }
    assert hands.name("app-cache-02", "/dev/vdb").startswith("/dev/vdb is held by pair app-02-data")
    assert hands.name("app-cache-02", "/dev/sdd").startswith("The service will make /dev/sdd into /dev/vdd")
    hands.name("app-cache-02", "/dev/vdd")
    assert hands.press(hands.plan) == ""
    shown = plain(hands.confirm.whole.value)
    assert "app-cache-02 40 data app-02 as /dev/vdd" in shown
    assert hands.confirmed() == ""
    hands.watched()
    assert hands.states() == ["done"] * 6
    assert (
        hands.attached("app-02").items()
        >= {"app-cache-02": "/dev/vdd", "app-shared-config": "/dev/vdc"}.items()
    )
    assert hands.attached("batch-01")["batch-archive"] == "/dev/sdb"
    result = plain(hands.result.attached.value)
    assert [f"Attached to {name} now" in result for name in APPS] == [True] * 3
    assert result.count("new") == 4
    hands.result.anew.click()
    hands.settle()
    assert hands.choose.several.value
    assert len(hands.choose.chosen) == 3
    assert "html" in hands.result.former.value
    assert hands.press(hands.choose) == ""


def test_a_pair_that_is_refused_on_one_instance_says_why_and_the_others_stay(hands: Hands) -> None:
    choose_several(hands, names=("app-01", "etl-01", "legacy-01"))
    give(hands, "app-cache-01", "app-01")
    give(hands, "app-cache-02", "legacy-01")
    said = plain(hands.pick.picked.value)
    assert "1 pair picked that can be attached: app-cache-01 on app-01" in said
    assert "app-cache-02 on legacy-01 frozen , must be not frozen" in said
    assert hands.press(hands.pick) == ""
    assert "app-cache-02 on legacy-01" in plain(hands.plan.rest.value)
    hands.press(hands.plan)
    plan = hands.form.session.drafted
    assert [each.title for each in plan.steps] == ["Attach app-cache-01 to app-01 as /dev/vdc"]
    assert [each.subject_id for each in plan.left_out] == [hands.form.session.reading.pair("app-cache-02").id]


def test_all_that_are_picked_can_be_given_at_once_but_shared_pairs_keep_their_rows(hands: Hands) -> None:
    choose_several(hands, names=("app-01", "app-02"))
    reading = hands.form.session.reading
    hands.mark("app-cache-01", "app-cache-02")
    assert hands.pick.give_all.disabled
    hands.pick.goes.field.value = reading.instance("app-02").id
    hands.settle()
    assert hands.pick.give_all.description == "Have all 2 picked pairs go there"
    hands.pick.give_all.click()
    hands.settle()
    assert "app-cache-01 on app-02, app-cache-02 on app-02" in plain(hands.pick.picked.value)
    shared = f"{reading.pair('app-shared-config').id} {reading.instance('app-01').id}"
    hands.pick.table.pick([shared, reading.pair("app-cache-01").id])
    hands.settle()
    hands.pick.give_all.click()
    hands.settle()
    assert "a pair with shared disks has a row for each instance" in plain(hands.pick.error.value)
    hands.pick.again.click()
    hands.settle()
    assert "app-cache-01 on app-02" in plain(hands.pick.picked.value)


def test_what_stuck_on_two_instances_is_attached_again_from_the_run(hands: Hands) -> None:
    hands.another(PARAMETERS)
    hands.press(hands.choose)
    hands.press(hands.pick)
    hands.press(hands.plan)
    hands.sandbox.fault("job-fails", code="SDRS.1807", reason="No free slot.", times=2)
    hands.confirmed()
    hands.watched()
    assert hands.run.once_more.description == "Detach and attach again: 2 pairs"
    hands.run.once_more.click()
    hands.settle()
    hands.confirmed()
    hands.watched()
    assert hands.attached("app-01")["app-cache-01"] == "/dev/vdc"
    assert hands.attached("app-02")["app-cache-02"] == "/dev/vdg"


GIVEN: dict[str, Any] = {
    "group": "shop-backend",
    "instance": "app-01, app-02",
    "pairs": ["app-cache-01", "app-cache-02"],
    "devices": {"app-cache-02": "/dev/vdg"},
    "to": {"app-cache-01": "app-01", "app-cache-02": "app-02"},
}
PARAMETERS = AttachRequest(**GIVEN)


def test_parameters_fill_in_several_instances_and_where_each_pair_goes(hands: Hands) -> None:
    hands.another(PARAMETERS)
    assert hands.choose.several.value
    assert hands.press(hands.choose) == ""
    assert "app-cache-01 on app-01, app-cache-02 on app-02" in plain(hands.pick.picked.value)
    hands.press(hands.pick)
    assert list(hands.plan.names.devices.values()) == ["/dev/vdc", "/dev/vdg"]


def test_parameters_that_send_one_pair_to_two_instances_are_refused_in_their_step(hands: Hands) -> None:
    hands.another(AttachRequest(instance=["app-01", "app-02"], to={"app-cache-01": "app-01+app-02"}))
    hands.press(hands.choose)
    assert "app-cache-01 goes to one instance only" in plain(hands.pick.error.value)
    assert hands.pick.table.ids


@pytest.fixture
def book(tmp_path: Path) -> Callable[..., UnattendedAttach]:
    clock = SteppedClock()
    sandbox = Sandbox("demo", speed=1.0, now=clock.monotonic)
    site: Site = at_the_end.enter_context(practise(sandbox, clock=clock, journal=tmp_path / "j.sqlite"))
    return lambda **given: UnattendedAttach(AttachSession(AttachRequest(**given), site=site))


class TestWithoutAScreen:
    def test_pairs_of_three_instances_are_attached(self, book: Callable[..., UnattendedAttach]) -> None:
        to = {
            "app-cache-01": "app-01",
            "batch-archive": "batch-01",
            "app-shared-config": "app-01+app-02",
        }
        runbook = book(pairs=list(to), to=to, confirm="shop-backend")
        assert list(runbook.choose()["instance"]) == ["app-01", "app-02", "batch-01"]
        assert set(runbook.pick()["pair"]) == set(to)
        assert list(runbook.plan()["instance"]) == ["app-01", "app-01", "batch-01", "app-02"]
        assert runbook.confirm() == "Attach 4 pairs to app-01, batch-01, app-02, on PRACTICE"
        assert list(runbook.run()["phase"]) == ["done"] * 4
        held = runbook.result()
        assert set(held[held["pair"] == "app-shared-config"]["instance"]) == {"app-01", "app-02"}

    @pytest.mark.parametrize("pair", ["app-cache-01", "app-shared-config"])
    def test_a_pair_that_nothing_tells_a_place_of_is_refused_with_the_parameter_that_says_it(
        self, book: Callable[..., UnattendedAttach], pair: str
    ) -> None:
        runbook = book(instance=["app-01", "app-02"], pairs=[pair])
        runbook.choose()
        with pytest.raises(InputError, match=rf"Not known to which instance: {pair} .*Give the parameter to"):
            runbook.pick()

    def test_a_pair_that_one_instance_refuses_is_told_and_skipped_where_that_is_allowed(
        self, book: Callable[..., UnattendedAttach]
    ) -> None:
        given = {**GIVEN, "instance": "app-01,legacy-01", "devices": {}, "confirm": "shop-backend"}
        given["to"] = {"app-cache-01": "app-01", "app-cache-02": "legacy-01"}
        runbook = book(**given)
        runbook.choose()
        runbook.pick()
        with pytest.raises(
            RefusedError, match=r"1 of 2 pairs cannot be attached(.|\n)*app-cache-02 on legacy-01"
        ):
            runbook.plan()
        skipping = book(**given, skip_refused=True)
        skipping.choose()
        skipping.pick()
        assert list(skipping.plan()["pair"]) == ["app-cache-01", "app-cache-02 on legacy-01"]
        skipping.confirm()
        assert list(skipping.run()["phase"]) == ["done"]

    def test_instances_of_several_groups_are_refused(self, book: Callable[..., UnattendedAttach]) -> None:
        with pytest.raises(InputError, match="app-01, db-01 are of several groups"):
            book(instance="app-01,db-01").choose()
