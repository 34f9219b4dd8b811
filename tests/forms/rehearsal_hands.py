"""An operator's hands for the rehearsal form: what is typed and pressed, without a browser."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ipywidgets import Button

from drkit.execution import StepState
from drkit.forms.rehearsal import RehearsalForm
from drkit.forms.rehearsal.choosing import ChooseGroupsCard
from drkit.forms.rehearsal.confirming import ConfirmRehearsalCard
from drkit.forms.rehearsal.ending import RehearsalResultCard
from drkit.forms.rehearsal.objectives import ObjectivesCard
from drkit.forms.rehearsal.running import RehearsalRunCard
from drkit.forms.rehearsal.signing import Desk
from drkit.forms.wizard import State
from drkit.runbooks import RehearsalRequest, RehearsalSession
from drkit.sandbox import Sandbox
from drkit.sandbox.building import Builder
from drkit.sandbox.world import World
from drkit.site import practise
from tests.clocks import Hurried
from tests.closing import at_the_end
from tests.forms.hands import PATIENCE, plain, wait_until

SPEED = 2000.0


AIMS: dict[str, Any] = {
    "scenario": "Maintenance",
    "scope": "The shop",
    "criteria": "Orders can be placed.",
    "participants": ["Duty engineer", "Shift lead"],
    "rto": {"*": "15 min"},
}


def one_group(status: str = "protected", *, stopped: bool = False) -> World:
    """A world with the group erp: one instance with two servers and one pair."""
    build = Builder("one-group", start=time.time())
    instance = build.instance(build.group("erp", status), "erp-01")
    if stopped:
        build.world.servers[instance.source_server].status = "SHUTOFF"
    return build.world


@dataclass(frozen=True)
class Row:
    """One row of the desk; what is typed and pressed goes to the picked rows."""

    desk: Desk
    key: str
    shown: StepState

    @property
    def words(self) -> str:
        state = self.desk._due.get(self.key, self.shown)
        return f"{state.phase} {state.title} {state.words}"

    @property
    def buttons(self) -> dict[str, Button]:
        return {
            words: button for words, (_, button) in self.desk.answers.items() if not button.layout.display
        }


class RehearsalHands:
    """A form on a sandbox of its own in real time, and what an operator does with it."""

    def __init__(
        self, folder: Path, request: RehearsalRequest, world: World | str = "healthy-three-tier"
    ) -> None:
        self.sandbox, self.clock = Sandbox(world, speed=SPEED), Hurried(20)
        self.site = at_the_end.enter_context(
            practise(self.sandbox, clock=self.clock, journal=folder / "journal.sqlite")
        )
        self.form = self.another(request)

    def another(self, request: RehearsalRequest) -> RehearsalForm:
        """A form like that of a kernel that was started anew; from now on it is the one at hand."""
        self.form = RehearsalForm(RehearsalSession(request, site=self.site, clock=self.clock))
        self.settle()
        return self.form

    def close(self) -> None:
        if run := self.form.session.run:
            run.stop()
            run.wait(PATIENCE)
        self.run.leave()
        self.settle()

    def card(self, key: str) -> Any:  # noqa: ANN401 - each key has a card of its own class
        return self.form.book.cards[key]

    @property
    def choose(self) -> ChooseGroupsCard:
        return self.card("choose")  # type: ignore[no-any-return]

    @property
    def aims(self) -> ObjectivesCard:
        return self.card("objectives")  # type: ignore[no-any-return]

    @property
    def confirm(self) -> ConfirmRehearsalCard:
        return self.card("confirm")  # type: ignore[no-any-return]

    @property
    def run(self) -> RehearsalRunCard:
        return self.card("run")  # type: ignore[no-any-return]

    @property
    def result(self) -> RehearsalResultCard:
        return self.card("result")  # type: ignore[no-any-return]

    def settle(self) -> None:
        """Wait until everything that was asked for is done, and what that asked for in its turn."""
        for _ in range(3):
            self.form.book.engine.settle(PATIENCE)

    def press(self, key: str) -> str:
        """Press a card's button; what the card complains of afterwards."""
        self.card(key).primary.click()
        self.settle()
        return plain(self.card(key).error.value)

    def pick(self, *names: str) -> None:
        """Pick these groups or drills, and no others."""
        overview, table = self.form.session.overview, self.choose.table
        assert overview
        named = {each.name: key for key, each in overview.groups.items()}
        named |= {each.name: key for key, each in overview.drills.items()}
        table.pick([named[each] for each in names])
        self.settle()

    def turn_to(self, kind: str) -> None:
        """Choose another runbook of the same notebook."""
        self.choose.kinds.value = kind
        self.settle()

    def up_to_confirm(self) -> None:
        assert self.press("choose") == ""
        assert self.press("objectives") == ""

    def go_on_to(self, kind: str) -> None:
        """Press what usually follows, up to its plan."""
        self.result.next.click()
        self.until(lambda: self.form.session.kind == kind and self.state("choose") is State.READY)
        self.up_to_confirm()

    def confirmed(self, names: str) -> str:
        self.confirm.name.field.value = names
        self.settle()
        return self.press("confirm")

    def state(self, key: str) -> State:
        state: State = self.form.book.wizard.stage(key).state
        return state

    def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds, and what came with it is on the screen as well."""
        wait_until(holds)
        self.settle()

    def rows(self) -> list[Row]:
        """What waits to be answered."""
        desk = self.run.desk
        if desk.layout.display == "none":
            return []
        return [Row(desk, key, shown) for key, shown in tuple(desk._due.items())]

    def sign_all(
        self, *, who: str = "Duty engineer", failing: str = "no such step", until: str = "no such step"
    ) -> None:
        """Sign whatever is asked until the run has ended and its result is shown, or that is asked."""
        self.run.desk.who.value = who

        def signed() -> bool:
            rows = [each for each in self.rows() if "sign_off" in each.shown.actions]
            if any(until in each.shown.title for each in rows):
                return True
            for passed in (True, False):
                meant = [each.key for each in rows if (failing in each.shown.title) is not passed]
                if meant:
                    self.run.desk.table.pick(meant)
                    self.run.desk.note.value = "looked"
                    self.run.desk.answers["Passed" if passed else "Not passed"][1].click()
                    self.settle()
            self.settle()
            return self.state("result") is not State.WAITING

        self.until(signed)
        self.settle()

    def row(self, title: str) -> Row:
        """The row of that step (its state and title), once it is there; it is picked."""
        found: list[Row] = []

        def there() -> bool:
            self.settle()
            found.extend(each for each in self.rows() if title in each.words)
            return bool(found)

        self.until(there)
        self.settle()
        self.run.desk.table.pick([found[0].key])
        return found[0]

    def result_shown(self) -> None:
        """Wait until the run has ended and the result is shown."""
        self.until(lambda: self.state("result") is not State.WAITING)
        self.settle()
