"""An operator's hands for the attach runbook: what is chosen, typed and pressed, without a browser."""

import re
import time
from collections.abc import Callable
from html import unescape
from pathlib import Path
from typing import TypeVar

from drkit.clock import SteppedClock
from drkit.execution import RunPhase
from drkit.forms.attach import AttachForm
from drkit.forms.attach.cards import ChooseInstanceCard, ConfirmAttachCard, PickCard, PlanCard
from drkit.forms.attach.form import AttachResultCard, AttachRunCard
from drkit.forms.card import Card
from drkit.forms.running import STATES
from drkit.forms.ways import WaysBox, WayTaken
from drkit.lab import shipped_notebooks
from drkit.runbooks import AttachRequest, AttachSession
from drkit.sandbox import Sandbox
from drkit.site import Site, practise
from tests.closing import at_the_end

PATIENCE = 60.0  # real seconds; only a test that fails waits so long
Kind = TypeVar("Kind", bound=Card)


def plain(html: str) -> str:
    """What one reads of a piece of HTML."""
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", html))).strip()


def wait_until(holds: Callable[[], object]) -> None:
    """Wait until it holds; the test fails where it never does."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "it never came"
        time.sleep(0.02)


def folder_of_runbooks(folder: Path) -> Path:
    """That folder, with a copy of every runbook in it."""
    for path in shipped_notebooks():
        (folder / path.name).write_bytes(path.read_bytes())
    return folder


class Hands:
    """The attach form on a practice range in stepped time, and what is done with it."""

    def __init__(self, folder: Path, request: AttachRequest | None = None) -> None:
        self.clock = SteppedClock()
        self.sandbox = Sandbox("demo", speed=1.0, now=self.clock.monotonic)
        self.file = folder / "journal.sqlite"
        self.site = self.connect()
        self.form = self.another(request or AttachRequest())

    def connect(self) -> Site:
        return at_the_end.enter_context(practise(self.sandbox, clock=self.clock, journal=self.file))

    def another(self, request: AttachRequest, site: Site | None = None) -> AttachForm:
        """A form as a kernel that was started anew would make it; from now on it is the one at hand."""
        self.form = AttachForm(AttachSession(request, site=site or self.site, clock=self.clock))
        self.settle()
        return self.form

    def close(self) -> None:
        if run := self.form.session.run:
            run.stop()
            run.wait(PATIENCE)
        self.run.leave()
        self.settle()

    def settle(self) -> None:
        """Wait until everything that was asked for is done, and what that asked for in its turn."""
        for _ in range(3):
            self.form.book.engine.settle(PATIENCE)

    # the cards

    @property
    def choose(self) -> ChooseInstanceCard:
        return self._card(ChooseInstanceCard)

    @property
    def pick(self) -> PickCard:
        return self._card(PickCard)

    @property
    def plan(self) -> PlanCard:
        return self._card(PlanCard)

    @property
    def confirm(self) -> ConfirmAttachCard:
        return self._card(ConfirmAttachCard)

    @property
    def run(self) -> AttachRunCard:
        return self._card(AttachRunCard)

    @property
    def result(self) -> AttachResultCard:
        return self._card(AttachResultCard)

    def _card(self, kind: type[Kind]) -> Kind:
        return next(each for each in self.form.book.cards.values() if isinstance(each, kind))

    def states(self) -> list[str]:
        return [each.state.value for each in self.form.book.wizard.stages]

    # what is done

    def press(self, card: Card) -> str:
        """Press a card's button; gives the error line that stands there then."""
        card.primary.click()
        self.settle()
        return plain(card.error.value)

    def go_to(self, group: str, instance: str) -> str:
        self.choose.group.field.value = self._option(self.choose.group.field.options, group)
        self.settle()
        self.choose.instance.field.value = self._option(self.choose.instance.field.options, instance)
        return self.press(self.choose)

    def mark(self, *pairs: str) -> str:
        """Pick these pairs and no others; gives what stands below the table."""
        ids = [self.form.session.reading.pair(each).id for each in pairs]
        self.pick.table.pick(ids)
        self.settle()
        return plain(self.pick.picked.value)

    def name(self, pair: str, device: str) -> str:
        """Type a device name; gives the remark that stands beside it then."""
        key = self.form.session.reading.pair(pair).id
        self.plan.names.fields[key].value = device
        self.settle()
        return plain(self.plan.names.remarks[key].value)

    def names(self) -> dict[str, str]:
        pairs = self.form.session.reading.pairs
        return {pairs[key].name: device for key, device in self.plan.names.devices.items()}

    def up_to_confirm(self, *pairs: str) -> None:
        self.go_to("shop-backend", "app-01")
        self.mark(*pairs)
        self.press(self.pick)
        self.press(self.plan)

    def confirmed(self, name: str = "shop-backend") -> str:
        self.confirm.name.field.value = name
        return self.press(self.confirm)

    def watched(self) -> None:
        """Wait until the run has come to rest and the screen shows it."""
        run = self.form.session.run
        assert run
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            state = run.wait(1.0)
            self.settle()
            rests = state.phase is not RunPhase.RUNNING  # a step can ask while the run is still at it
            if rests and run.state() is state and self.run.stage.state == STATES[state.phase]:
                return
        raise AssertionError(f"still going: {run.state()}")

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds, and what came with it is on the screen as well."""
        wait_until(holds)
        self.settle()

    def attached(self, instance: str = "app-01") -> dict[str, str]:
        """What is attached by the service's own account: pair name to device."""
        now = self.site.inventory()
        return {
            now.pairs[each.pair_id].name: each.device
            for each in now.attachments_on(now.instance(instance).id)
        }

    @staticmethod
    def _option(options: object, name: str) -> str:
        assert isinstance(options, tuple)
        return str(next(value for label, value in options if label.startswith(f"{name} ")))


class WayHand:
    """What is done with a box of ways."""

    def __init__(self, box: WaysBox) -> None:
        self.box = box

    @classmethod
    def in_card(cls, card: Card) -> "WayHand":
        """With the ways that a card shows."""
        (box,) = card.ways.children
        assert isinstance(box, WaysBox)
        return cls(box)

    def press(self, title: str) -> str:
        """Press a way's button; gives what its plan says, or why there is none."""
        self.box.buttons[title].click()
        taken = self.taken
        taken.book.engine.settle(PATIENCE)
        return plain(taken.confirm.whole.value) + plain(taken.confirm.error.value)

    @property
    def taken(self) -> WayTaken:
        assert self.box.taken
        return self.box.taken

    def confirm(self, name: str) -> str:
        """Type the name, press, and wait for the end; gives what the result says."""
        taken = self.taken
        taken.confirm.name.field.value = name
        assert not taken.confirm.primary.disabled
        taken.confirm.primary.click()
        taken.book.engine.settle(PATIENCE)
        assert taken.session.run, plain(taken.confirm.error.value)
        taken.session.run.wait(PATIENCE)
        if taken.run.watcher:
            taken.run.watcher.join(PATIENCE)
        for _ in range(3):
            taken.book.engine.settle(PATIENCE)
        return plain(taken.result.outcome.value)
