"""The fourth step of a rehearsal: the run with its recovery clocks, its forecast, and what to sign."""

from collections.abc import Callable
from datetime import datetime

from drkit.execution import Run, RunPhase, RunState, recovery_clocks
from drkit.forms.live import Live
from drkit.forms.rehearsal import words
from drkit.forms.rehearsal.signing import Desk, waiting
from drkit.forms.rehearsal.task import RehearsalTask
from drkit.forms.running import RunCard
from drkit.forms.worker import guarded
from drkit.plan import Objectives


class RehearsalRunCard(RunCard):
    """Watches the rehearsal: how long the service is away, how far the steps are, what you have to do."""

    title = "Carry it out"

    def __init__(self, task: RehearsalTask) -> None:
        super().__init__(task.clock, lambda: task.run, task.resume)
        self.task = task
        self.clocks, self.ahead = Live(), Live(spoken="polite").add_class("drkit-ahead")
        self.desk = Desk(self._say_to_run)
        self._asked: object = None
        self.content.children = [self.clocks, self.ahead, self.desk, *self.content.children]

    def prepare(self) -> None:
        """Show the current run from now on, until it has ended."""
        self._asked = None
        aims = Objectives.from_facts(self.task.drafted.facts)
        self.desk.begin(aims.participants if aims else ())
        super().prepare()

    def left(self, state: RunState, now: datetime) -> str:
        """Nothing while the forecast says it."""
        return "" if state.phase is RunPhase.RUNNING else super().left(state, now)

    def _show(self, state: RunState) -> None:
        super()._show(state)
        now = self.task.clock.now()
        ahead = self.task.ahead(state.plan, state) if state.phase.alive else None
        self.clocks.show(words.clocks_words(recovery_clocks(state, now, ahead), now))
        self.ahead.show(words.step_line(state, ahead) if ahead else "")
        asked = (
            state.run_id,
            [(each.key, each.phase, each.attempts, each.actions) for each in waiting(state)],
        )
        if asked != self._asked:
            self._asked = asked
            self.later(lambda: self.desk.show(state))

    def _say_to_run(self, word: Callable[[Run], object], tell: Callable[[str], object]) -> None:
        self.tell(lambda run: guarded(lambda: word(run), tell)())
