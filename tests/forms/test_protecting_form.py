"""Protecting servers on a screen and without one: picked, grouped, confirmed, watched, gone on with."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest

from drkit.clock import SteppedClock
from drkit.errors import InputError, NotConfirmedError
from drkit.execution import Run, RunPhase
from drkit.forms.card import Card
from drkit.forms.protecting import ProtectForm
from drkit.forms.protecting.cards import ArrangeCard, ConfirmProtectCard, PickServersCard
from drkit.forms.protecting.form import ProtectResultCard, ProtectRunCard
from drkit.forms.running import STATES
from drkit.lab.shipped import is_shipped
from drkit.plan import PlanRequest
from drkit.runbooks import ProtectRequest, ProtectSession, UnattendedProtect
from drkit.sandbox import SCENARIOS, Sandbox, World
from drkit.sandbox.building import Builder
from drkit.site import practise
from tests.closing import at_the_end
from tests.forms.hands import PATIENCE, folder_of_runbooks, plain

pytestmark = pytest.mark.slow  # whole runs

SHOP = [f"{tier}-0{n}" for tier, most in (("web", 5), ("app", 4), ("db", 3)) for n in range(1, most + 1)]
Kind = TypeVar("Kind", bound=Card)


class Hands:
    """The form on a practice range in stepped time, and what is done with it; `clicks` counts all of it."""

    def __init__(self, folder: Path, request: ProtectRequest, world: str | World) -> None:
        self.clock = SteppedClock()
        self.sandbox = Sandbox(world, speed=1.0, now=self.clock.monotonic)
        self.site = at_the_end.enter_context(
            practise(self.sandbox, clock=self.clock, journal=folder / "journal.sqlite")
        )
        self.clicks = 0
        self.form = self.another(request)

    def another(self, request: ProtectRequest) -> ProtectForm:
        self.form = ProtectForm(ProtectSession(request, site=self.site, clock=self.clock))
        self.settle()
        return self.form

    def settle(self) -> None:
        for _ in range(3):
            self.form.book.engine.settle(PATIENCE)

    def card(self, kind: type[Kind]) -> Kind:
        return next(each for each in self.form.book.cards.values() if isinstance(each, kind))

    def press(self, kind: type[Card]) -> str:
        self.clicks += 1
        card = self.card(kind)
        card.primary.click()
        self.settle()
        return plain(card.error.value)

    def pick(self, *names: str) -> str:
        card = self.card(PickServersCard)
        ids = {each.server.name: key for key, each in self.form.session.candidates.items()}
        card.table.pick([ids[each] for each in names])
        self.clicks += len(names)
        self.settle()
        return plain(card.picked.value)

    def type(self, field: Any, text: str) -> None:  # noqa: ANN401  # a widget
        self.clicks += 1
        field.value = text
        self.settle()

    def confirmed(self, names: str) -> str:
        self.type(self.card(ConfirmProtectCard).name.field, names)
        return self.press(ConfirmProtectCard)

    def wait(self, run: Run) -> None:
        state = run.wait(PATIENCE)
        assert state.phase in STATES
        if watcher := self.card(ProtectRunCard).watcher:
            watcher.join(PATIENCE)
        self.settle()


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Callable[..., Hands]]:
    made: list[Hands] = []

    def new(world: str | World = "twelve-servers", **request: Any) -> Hands:  # noqa: ANN401  # its fields
        made.append(Hands(tmp_path, ProtectRequest(**request), world))
        return made[-1]

    yield new
    for each in made:
        if run := each.form.session.run:
            run.stop()
            run.wait(PATIENCE)
        each.card(ProtectRunCard).leave()
        each.settle()


def test_from_a_list_of_twelve_servers_to_a_drilled_and_reported_group(
    make: Callable[..., Hands], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Measured on the range: so many clicks and fields, so many minutes of the service's time."""
    hands = make()
    assert "Picked: 12 servers, with 24 pairs and 1600 GB." in hands.pick(*SHOP)
    assert hands.press(PickServersCard) == ""
    arrange = hands.card(ArrangeCard)
    hands.type(arrange.name, "shop")
    hands.type(arrange.domain.field, arrange.domain.field.options[1][1])
    assert hands.press(ArrangeCard) == ""
    shown = plain(hands.card(ConfirmProtectCard).whole.value)
    assert "Create protection group shop from sandbox-1a to sandbox-1b" in shown
    assert "Replication pairs: 0 now, 24 afterwards, with a limit of 100." in shown
    assert hands.confirmed("shop") == ""
    run = hands.form.session.started
    hands.wait(run)
    assert run.state().phase is RunPhase.DONE, run.state().sentence
    result = hands.card(ProtectResultCard)
    assert "shop" in plain(result.made.value)
    assert "drkit run 30_dr_drill -p groups=shop" in plain(result.next.value)
    monkeypatch.chdir(folder_of_runbooks(tmp_path))
    for _ in range(2):  # pressed again it is the same one
        result.next._handle_custom_msg({"press": "drill:0"}, [])
        hands.settle()
    assert 'href="30_dr_drill-shop.ipynb"' in result.opened.value
    assert is_shipped(json.loads(Path("30_dr_drill-shop.ipynb").read_text())["cells"]), "it runs by itself"
    assert "groups: list[str] = ['shop']" in Path("30_dr_drill-shop.ipynb").read_text()
    assert not Path("30_dr_drill-shop-2.ipynb").exists()
    assert SCENARIOS["twelve-servers"].reached(hands.sandbox.world)
    protected = hands.clock.monotonic()
    plan = hands.site.plan_rehearsal(
        PlanRequest(
            "dr_drill", ["shop"], "First drill", "The shop", "Orders work.", ["Duty lead"],
            rto={"*": "1 h"}, drill_name="first",
        )
    )  # fmt: skip
    drill = hands.site.run(plan, "shop")
    signatures = 0
    while (state := drill.wait(PATIENCE)).phase.alive:
        for each in state.steps:
            if "sign_off" in each.actions:
                drill.sign_off(each.key, True, "Duty lead", "looked")
                signatures += 1
    assert state.phase is RunPhase.DONE
    record = hands.site.record(drill.id)
    assert record.evidence.verdict.to_the_end
    minutes = (protected / 60, (hands.clock.monotonic() - protected) / 60)
    assert hands.clicks == 18  # 12 rows, a name, a domain, the typed confirmation, three buttons
    assert (
        signatures == 12 * 3 + 2 + 1 + 1
    )  # each drill server three times, the group, the release, the network
    assert minutes[0] < 30
    assert minutes[1] < 30
    now = hands.site.inventory()
    on_it = now.attachments_on(now.instance("app-01").id)
    (free,) = (now.pairs[each.pair_id].name for each in on_it if each.device == "/dev/vdb")
    plan = hands.site.plan_detach("app-01", free)
    assert hands.site.run(plan, plan.to_type).wait(PATIENCE).phase is RunPhase.DONE
    hands.form.book.later(result, result.prepare)
    hands.settle()
    assert f"Attach what is left in shop Free: {free}." in plain(result.next.value)
    result.next._handle_custom_msg({"press": "attach:0"}, [])
    hands.settle()
    assert 'href="20_attach_pairs-shop.ipynb"' in result.opened.value
    laid = Path("20_attach_pairs-shop.ipynb").read_text()
    assert "group: str = 'shop'" in laid
    assert f"pairs: list[str] = ['{free}']" in laid


def test_what_the_parameters_say_is_picked_and_filled_in(make: Callable[..., Hands]) -> None:
    hands = make(servers=["db-01", "db-02"], name="shop", by_tag="tier", flavors={"db-01": "s3.xlarge.2"})
    assert "Picked: 2 servers" in plain(hands.card(PickServersCard).picked.value)
    assert hands.press(PickServersCard) == ""
    arrange = hands.card(ArrangeCard)
    assert (arrange.name.value, arrange.by_tag.value) == ("shop", "tier")
    assert arrange.flavors.value == "db-01 = s3.xlarge.2"
    arrange.flavors.value = "db-01 s3.xlarge.2"
    assert "write it as server = flavor" in hands.press(ArrangeCard)
    arrange.flavors.value = ""
    arrange.domain.field.value = ""
    assert hands.press(ArrangeCard) == "Choose the active-active domain."
    arrange.domain.field.value = arrange.domain.field.options[1][1]
    assert hands.press(ArrangeCard) == ""
    assert [name for _, name in hands.form.session.drafted.groups] == ["shop-db"]


def test_one_that_cannot_be_protected_says_why_and_is_not_taken(make: Callable[..., Hands]) -> None:
    hands = make()
    assert "Nothing is picked yet." in plain(hands.card(PickServersCard).picked.value)
    assert "Pick at least one" in hands.press(PickServersCard)
    assert "cluster-quorum" in hands.pick("cluster-01", "web-01")
    assert "cluster-01: disks that are shared" in hands.press(PickServersCard)


def test_an_interrupted_one_is_offered_and_gone_on_with(make: Callable[..., Hands]) -> None:
    hands = make(servers=["web-01", "web-02"], name="web")
    hands.press(PickServersCard)
    arrange = hands.card(ArrangeCard)
    arrange.domain.field.value = arrange.domain.field.options[1][1]
    hands.press(ArrangeCard)
    hands.sandbox.fault("job-stuck", job_type="createProtectedInstanceNoCG")
    assert hands.confirmed("web") == ""
    run = hands.form.session.started
    while not any(each.phase == "working" and "Protect server" in each.title for each in run.state().steps):
        run.wait(0.01)
    run.stop()
    assert run.wait(PATIENCE).phase is RunPhase.STOPPED
    hands.card(ProtectRunCard).leave()
    hands.sandbox.clear_faults()
    again = hands.another(ProtectRequest(run=run.id))
    going_on = again.session.started
    hands.wait(going_on)
    assert going_on.state().phase is RunPhase.DONE, going_on.state().sentence
    names = [each.name for each in hands.sandbox.world.instances.values()]
    assert sorted(names) == ["web-01", "web-02"]  # none is made twice
    assert hands.sandbox.invariants() == []


def ten_thousand() -> World:
    build = Builder("many")
    for number in range(10_000):
        server = build.server(f"server-{number:05}", build.world.zones[0])
        build.disk(f"disk-{number:05}", build.world.zones[0], 40, on=server, letter="a", bootable=True)
    return build.world


def test_ten_thousand_servers_are_shown_to_pick_from(make: Callable[..., Hands]) -> None:
    hands = make(ten_thousand())
    assert len(hands.card(PickServersCard).table.ids) == 10_000
    assert "Picked: 2 servers, with 2 pairs and 80 GB." in hands.pick("server-00007", "server-09999")
    assert hands.press(PickServersCard) == ""


class TestWithoutAScreen:
    @pytest.fixture
    def told(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], Any]:
        file = tmp_path / "outcome.json"
        monkeypatch.setenv("DRKIT_OUTCOME", str(file))
        return lambda: json.loads(file.read_text())

    def book(self, hands: Hands, **request: Any) -> UnattendedProtect:  # noqa: ANN401  # its fields
        return UnattendedProtect(
            ProtectSession(ProtectRequest(**request), site=hands.site, clock=hands.clock)
        )

    def test_the_parameters_carry_it_out(self, make: Callable[..., Hands], told: Callable[[], Any]) -> None:
        book = self.book(make(), servers=["web-01", "app-01"], by_tag="tier", domain="", confirm="web, app")
        domain = next(iter(book.session.survey().domains.values())).id
        book = self.book(
            make(), servers=["web-01", "app-01"], by_tag="tier", domain=domain, confirm="web, app"
        )
        assert list(book.choose()["gb"]) == [80, 120]
        assert len(book.arrange()) == 8
        book.confirm()
        assert set(book.run()["phase"]) == {"done"}
        assert list(book.result()["group"]) == ["web", "app"]
        assert told()["exit"] == 0

    def test_a_dry_run_sends_nothing(self, make: Callable[..., Hands], told: Callable[[], Any]) -> None:
        hands = make()
        domain = next(iter(hands.form.session.reading.domains.values())).name
        book = self.book(hands, servers=["web-01"], name="web", domain=domain, dry_run=True)
        book.choose()
        book.arrange()
        assert len(book.confirm()) == len(book.run()) == 4
        assert book.result().empty
        assert told()["exit"] == 0
        assert hands.sandbox.world.jobs == {}

    def test_without_the_typed_names_nothing_is_sent(self, make: Callable[..., Hands]) -> None:
        hands = make()
        domain = next(iter(hands.form.session.reading.domains.values())).name
        book = self.book(hands, servers=["web-01"], name="web", domain=domain, confirm="wed")
        book.choose()
        book.arrange()
        with pytest.raises(NotConfirmedError, match="the names of the groups that will be made, 'web'"):
            book.confirm()
        assert hands.sandbox.world.jobs == {}

    def test_a_server_without_the_tag_is_refused_where_nobody_is_asked(
        self, make: Callable[..., Hands]
    ) -> None:
        hands = make()
        domain = next(iter(hands.form.session.reading.domains.values())).name
        book = self.book(hands, servers=["web-01"], by_tag="owner", domain=domain)
        book.choose()
        with pytest.raises(InputError, match=r"some servers come into no group\. web-01: no tag owner"):
            book.arrange()

    def test_a_run_of_another_kind_is_not_taken_up(self, make: Callable[..., Hands]) -> None:
        hands = make("demo")
        plan = hands.site.plan_attach("app-01", ["app-cache-01"])
        run = hands.site.run(plan, "shop-backend")
        run.wait(PATIENCE)
        with pytest.raises(InputError, match="does not protect servers"):
            self.book(hands, run=run.id).choose()
