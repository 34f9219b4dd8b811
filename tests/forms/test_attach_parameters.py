"""What the notebook's parameters fill in, and what the first steps say of trouble."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from drkit.api import Client
from drkit.errors import UnreachableError
from drkit.forms import AttachRequest, attach_pairs
from drkit.forms import form as module
from drkit.forms.attach import AttachForm
from drkit.model import Inventory
from drkit.runbooks import AttachSession, RehearsalRequest, RehearsalSession
from tests.forms.hands import Hands, plain


def test_group_instance_pairs_devices_and_fail_fast_are_filled_in_and_nothing_is_pressed(
    hands: Hands,
) -> None:
    request = AttachRequest(
        group="shop-backend",
        instance="app-01",
        pairs=["app-cache-02", "app-cache-01"],
        devices={"app-cache-02": "/dev/vdg"},
        confirm="shop-backend",
        fail_fast=True,
    )
    hands.another(request)
    assert hands.states()[0] == "ready"
    hands.press(hands.choose)
    assert "2 pairs picked" in plain(hands.pick.picked.value)
    hands.press(hands.pick)
    assert hands.names() == {"app-cache-01": "/dev/vdc", "app-cache-02": "/dev/vdg"}
    hands.press(hands.plan)
    assert hands.confirm.hold_back.value
    assert hands.confirm.name.field.value == ""
    assert hands.confirm.primary.disabled


def test_an_instance_alone_tells_its_group(hands: Hands) -> None:
    hands.another(AttachRequest(instance="db-01"))
    overview = hands.form.session.overview
    assert overview
    assert hands.choose.group.chosen == overview.group("shop-database").id
    assert hands.choose.instance.chosen == overview.instance("db-01").id


def test_a_misspelled_group_is_said_with_the_nearest_name_and_one_can_choose(hands: Hands) -> None:
    hands.another(AttachRequest(group="shop-backnd"))
    assert "did you mean 'shop-backend'" in plain(hands.choose.error.value)
    assert hands.go_to("shop-backend", "app-01") == ""


def test_a_misspelled_pair_is_said_in_its_step_and_the_table_is_there(hands: Hands) -> None:
    hands.another(AttachRequest(pairs=["app-cash-01"]))
    hands.go_to("shop-backend", "app-01")
    assert "did you mean 'app-cache-01'" in plain(hands.pick.error.value)
    assert hands.mark("app-cache-01").startswith("1 pair picked")
    assert hands.press(hands.pick) == ""


def test_a_taken_device_of_the_parameters_is_shown_in_its_field_with_what_is_wrong(hands: Hands) -> None:
    hands.another(AttachRequest(pairs=["app-cache-01"], devices={"app-cache-01": "/dev/vdb"}))
    hands.go_to("shop-backend", "app-01")
    hands.press(hands.pick)
    assert hands.names() == {"app-cache-01": "/dev/vdb"}
    (remark,) = hands.plan.names.remarks.values()
    assert "held by pair app-01-data" in plain(remark.value)


def without_device_names(read: Callable[..., Inventory]) -> Callable[..., Inventory]:
    def blind(*args: Any, **more: Any) -> Inventory:  # noqa: ANN401  # calls are passed on as they come
        found = read(*args, **more)
        servers = {key: replace(each, root_device="", disks=()) for key, each in found.servers.items()}
        instances = {key: replace(each, attachments=()) for key, each in found.instances.items()}
        pairs = {key: replace(each, attachments=()) for key, each in found.pairs.items()}
        return replace(found, servers=servers, instances=instances, pairs=pairs)

    return blind


def test_where_no_server_tells_its_device_names_the_operator_is_asked(
    hands: Hands, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = hands.site.client
    monkeypatch.setattr(client, "inventory", without_device_names(client.inventory))
    assert "Say how device names begin on app-01" in hands.go_to("shop-backend", "app-01")
    assert hands.choose.prefix.layout.display == ""
    hands.choose.prefix.value = "vd"
    assert hands.press(hands.choose) == ""
    hands.mark("app-cache-01")
    hands.press(hands.pick)
    assert hands.names() == {"app-cache-01": "/dev/vdb"}


def test_a_group_in_trouble_is_marked_before_anything_is_chosen(hands: Hands) -> None:
    hands.choose.group.field.value = hands._option(hands.choose.group.field.options, "shop-reporting")
    hands.settle()
    assert "in trouble" in plain(hands.choose.facts.value)
    hands.choose.group.field.value = ""
    hands.settle()
    assert hands.choose.facts.value == ""


def test_going_back_to_the_group_lets_the_later_steps_wait(hands: Hands) -> None:
    hands.up_to_confirm("app-cache-01")
    assert hands.states() == ["done", "done", "done", "ready", "waiting", "waiting"]
    hands.choose.change.click()
    hands.settle()
    assert hands.states() == ["ready", *["waiting"] * 5]
    hands.go_to("shop-frontend", "web-01")
    assert hands.mark().startswith("Nothing is picked")
    assert {hands.form.session.reading.pairs[each].group_id for each in hands.pick.table.ids} == {
        hands.form.session.group.id
    }


def test_picking_none_takes_all_marks_away(hands: Hands) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01", "app-cache-02")
    hands.pick.table.clear()
    hands.settle()
    assert plain(hands.pick.picked.value) == "Nothing is picked yet."


def test_without_a_connection_the_form_says_so_and_tries_again_when_asked(hands: Hands) -> None:
    hands.sandbox.fault("unreachable", times=None)
    hands.another(AttachRequest())
    assert hands.states()[0] == "ready"
    assert "Traceback" not in hands.choose.error.value
    assert hands.choose.error.value
    assert hands.choose.primary.description == "Try again"
    hands.sandbox.clear_faults()
    assert hands.press(hands.choose) == ""
    assert hands.choose.primary.description == "Continue"
    assert hands.go_to("shop-backend", "app-01") == ""


def test_a_profile_that_is_not_there_is_said_in_the_form(tmp_path: Path) -> None:
    form = AttachForm(AttachSession(AttachRequest(profile="nowhere")))
    form.book.engine.settle()
    assert "nowhere" in plain(form.book.cards["choose"].error.value)
    assert form.top.value == ""


def test_an_unexpected_error_is_a_sentence_in_the_card(
    hands: Hands, swallowed: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    hands.go_to("shop-backend", "app-01")
    hands.mark("app-cache-01")
    monkeypatch.setattr(hands.form.session, "chances", None)
    said = hands.press(hands.pick)
    assert "Something went wrong inside drkit (TypeError" in said
    assert hands.states()[1] == "ready"
    swallowed.clear()


def test_a_kernel_has_one_form_and_another_profile_is_another_site(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(module, "_forms", {})
    first = attach_pairs(AttachRequest(profile="nowhere"))
    assert attach_pairs(AttachRequest(profile="elsewhere")) is first
    assert isinstance(first, AttachForm)
    first.book.engine.settle()
    assert first.session.request.profile == "elsewhere"
    assert "elsewhere" in plain(first.book.cards["choose"].error.value)


@pytest.mark.parametrize(
    "session", [AttachSession(AttachRequest()), RehearsalSession(RehearsalRequest("failover"))]
)
def test_a_session_on_another_profile_closes_its_site_unless_a_run_goes_on_there(
    session: AttachSession | RehearsalSession, monkeypatch: pytest.MonkeyPatch, hands: Hands
) -> None:
    monkeypatch.setattr("drkit.runbooks.session.connect", lambda _profile: hands.connect())

    def leave_for(profile: str) -> Client:
        left = session.site.client
        session.restart(replace(session.request, profile=profile))  # type: ignore[arg-type]  # its own request
        assert session.site.client is not left
        return left

    with pytest.raises(UnreachableError, match="the connection was closed"):
        leave_for("one").groups()
    hands.sandbox.fault("job-stuck", times=1)
    run = session.run = hands.site.run(hands.site.plan_attach("app-01", "app-cache-01"), "shop-backend")
    assert leave_for("another").groups()
    run.stop()
    run.wait(60)


def test_each_cell_gets_its_own_card(hands: Hands) -> None:
    form = hands.form
    cells = [form.pick(), form.plan(), form.confirm(), form.run(), form.result()]
    assert [each.key for each in cells] == ["pick", "plan", "confirm", "run", "result"]
    assert form.choose().children[-1] is hands.choose
