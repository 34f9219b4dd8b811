"""The fourth step of a rehearsal: the run with its recovery clocks, its forecast, and what to sign."""

from datetime import datetime

from drkit.execution import RunPhase, RunState, recovery_clocks
from drkit.forms.live import Live
from drkit.forms.questions import RunCommand
from drkit.forms.rehearsal import words
from drkit.forms.rehearsal.signing import Desk, waiting
from drkit.forms.running import RunCard
from drkit.forms.worker import OnError, guarded
from drkit.runbooks import RehearsalSession


class RehearsalRunCard(RunCard[RehearsalSession]):
    """Watches the rehearsal: how long the service is away, how far the steps are, what you have to do."""

    title = "Carry it out"

    def __init__(self, session: RehearsalSession) -> None:
        super().__init__(session)
        self.clocks, self.ahead = Live(), Live(spoken="polite").add_class("drkit-ahead")
        self.desk = Desk(self._tell_run)
        self._asked: object = None
        self.content.children = [self.clocks, self.ahead, self.desk, *self.content.children]

    def prepare(self) -> None:
        """Show the current run from now on, until it has ended."""
        self._asked = None
        objectives = self.session.drafted.objectives
        self.desk.begin(objectives.participants if objectives else ())
        super().prepare()

    def left(self, state: RunState, now: datetime) -> str:
        """Nothing while the forecast says it."""
        return "" if state.phase is RunPhase.RUNNING else super().left(state, now)

    def _show(self, state: RunState) -> None:
        super()._show(state)
        now = state.now(self.session.clock)
        ahead = self.session.ahead(state.plan, state) if state.phase.alive else None
        self.clocks.show(words.clocks_words(recovery_clocks(state, now, ahead), now))
        self.ahead.show(words.step_line(state, ahead) if ahead else "")
        asked = (
            state.run_id,
            [(step.key, step.phase, step.attempts, step.actions) for step in waiting(state)],
        )
        if asked != self._asked:
            self._asked = asked
            self.later(lambda: self.desk.show(state))

    def _tell_run(self, command: RunCommand, complain: OnError) -> None:
        self.tell(lambda run: guarded(lambda: command(run), complain)())
