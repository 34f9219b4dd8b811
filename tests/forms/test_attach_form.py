from dataclasses import replace

import pytest

from drkit.api import Access
from drkit.errors import InputError
from drkit.forms.attach.words import MOST_SHOWN, picked_words
from tests.forms.hands import Hands, WayHand, plain

CACHES = ("app-cache-01", "app-cache-02", "app-cache-03")
DONE = ["done"] * 6


def test_nothing_is_chosen_by_itself_and_one_thing_is_to_be_done(hands: Hands) -> None:
    assert hands.states() == ["ready", *["waiting"] * 5]
    assert (hands.choose.group.chosen, hands.choose.instance.chosen) == ("", "")
    assert "PRACTICE" in hands.form.top.value
    assert not hands.choose.folded
    assert hands.pick.folded
    assert hands.pick.toggle.disabled


def test_without_a_choice_the_first_step_says_what_is_missing(hands: Hands) -> None:
    assert hands.press(hands.choose) == "Choose a group and an instance."
    assert hands.states()[0] == "ready"


def test_three_pairs_are_attached_from_the_choice_to_the_result(hands: Hands) -> None:
    assert hands.go_to("shop-backend", "app-01") == ""
    assert hands.mark(*CACHES).startswith("3 pairs picked that can be attached")
    assert hands.press(hands.pick) == ""
    assert list(hands.names().values()) == ["/dev/vdc", "/dev/vdd", "/dev/vde"]
    assert hands.press(hands.plan) == ""
    assert hands.confirm.primary.disabled
    assert hands.confirmed() == ""
    hands.watched()
    assert hands.states() == DONE
    assert (
        hands.attached().items()
        >= dict(zip(CACHES, ["/dev/vdc", "/dev/vdd", "/dev/vde"], strict=True)).items()
    )
    assert "Attached to app-01 now" in plain(hands.result.attached.value)
    assert plain(hands.result.attached.value).count("new") == 3
    assert "3 of 3 ended" in plain(hands.run.head.value)
    run = hands.form.session.run
    assert run
    assert f"kept as run {run.id}" in hands.result.line.value


def test_what_a_read_only_profile_lets_not_leave_cannot_be_confirmed(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark(CACHES[0])
    hands.press(hands.pick)
    transport = hands.form.session.site.client._connection._transport
    transport.access = Access.READ_ONLY
    hands.press(hands.plan)
    hands.confirm.name.field.value = "shop-backend"
    assert hands.confirm.primary.disabled
    assert "This is what would be done" in plain(hands.confirm.sentence.value)
    assert "The profile is read-only" in plain(hands.confirm.sentence.value)


def test_a_pair_that_cannot_be_attached_says_why_and_is_left_out(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    said = hands.mark("app-cache-01", "app-01-data")
    assert "1 pair picked that cannot, and will be left out" in said
    assert "attached to app-01 as /dev/vdb , must be attached to no instance" in said
    assert "SDRS.1605" in said
    hands.press(hands.pick)
    assert list(hands.names()) == ["app-cache-01"]
    assert "1 pair left out" in plain(hands.plan.rest.value)
    hands.press(hands.plan)
    assert [each.subject for each in hands.form.session.drafted.left_out] == ["app-01-data"]
    assert "app-01-data" in plain(hands.confirm.whole.value)


def test_what_stands_against_a_pair_and_against_a_name_is_put_right_where_it_stands(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-02-data")
    hands.press(hands.pick)  # refused, and its way still stands there
    way = WayHand.in_card(hands.pick)
    assert "Lost: The disk of app-02-data" in way.press("Detach app-02-data from app-02")
    assert "✓ done Detach app-02-data from app-02" in way.confirm("app-02-data")
    way.taken.result.anew.click()
    hands.settle()
    assert "1 pair picked that can be attached" in plain(hands.pick.picked.value)
    assert way.box.buttons == {}
    assert hands.press(hands.pick) == ""
    assert "held by pair app-01-data" in hands.name("app-02-data", "/dev/vdb")
    way = WayHand.in_card(hands.plan)
    way.press("Detach app-01-data from app-01")
    way.confirm("app-01-data")
    way.taken.result.anew.click()
    hands.settle()
    assert hands.names() == {"app-02-data": "/dev/vdb"}
    assert hands.press(hands.plan) == ""


def test_with_nothing_that_can_be_attached_there_is_no_plan(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-01-data")
    assert hands.press(hands.pick).startswith("Pick at least one pair that can be attached")
    assert hands.states()[1] == "ready"


def test_a_device_name_is_judged_as_it_is_typed(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark(*CACHES)
    hands.press(hands.pick)
    assert "/dev/vdb is held by pair app-01-data" in hands.name("app-cache-01", "/dev/vdb")
    assert hands.press(hands.plan).startswith("Correct 1 device name first")
    assert hands.states()[2] == "ready"
    assert "held by pair app-cache-02" in hands.name("app-cache-01", "/dev/vdd")
    assert "No device name stands here" in hands.name("app-cache-01", "")
    assert hands.press(hands.plan).startswith("Correct 1 device name first")
    assert hands.name("app-cache-01", "/dev/vdc") == ""
    assert hands.press(hands.plan) == ""
    assert hands.plan.line.value == "/dev/vdc, /dev/vdd, /dev/vde"


def test_an_error_stands_beside_the_field_that_was_edited_last(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark(*CACHES)
    hands.press(hands.pick)
    hands.name("app-cache-01", "/dev/vde")
    remarks = {key: plain(each.value) for key, each in hands.plan.names.remarks.items()}
    assert [bool(each) for each in remarks.values()] == [True, False, False]


def test_what_the_service_will_rewrite_is_said_before_it_is_sent(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01")
    hands.press(hands.pick)
    assert hands.name("app-cache-01", "/dev/sdc").startswith("The service will make /dev/sdc into /dev/vdc")
    hands.press(hands.plan)
    assert "will make /dev/sdc into /dev/vdc" in plain(hands.confirm.whole.value)


def test_names_can_be_suggested_again(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01")
    hands.press(hands.pick)
    hands.name("app-cache-01", "/dev/vdx")
    hands.plan.suggest.click()
    hands.settle()
    assert hands.names() == {"app-cache-01": "/dev/vdc"}


def test_of_many_that_are_refused_the_first_are_told_and_the_others_counted(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    refused = next(each for each in hands.form.session.chances.values() if each.objections)
    many = [
        replace(refused, pair=replace(refused.pair, name=f"p{number}")) for number in range(MOST_SHOWN + 3)
    ]
    told = plain(picked_words(many))
    assert f"{MOST_SHOWN + 3} pairs picked that cannot" in told
    assert told.endswith("and 3 more")
    good = [replace(each, objections=()) for each in many]
    assert plain(picked_words(good)).endswith("p11 and 3 more")


def test_a_step_that_comes_too_early_says_what_comes_first(hands: Hands) -> None:
    session = hands.form.session
    for early in (lambda: session.reading, lambda: session.drafted, lambda: session.started, hands.run.work):
        with pytest.raises(InputError, match=r"first|no run"):
            early()
    hands.run.prepare()
    hands.run.stop.click()
    hands.settle()
    assert hands.states() == ["ready", *["waiting"] * 5]
