"""A run in a card: its table, and what the operator can do with it: stop, retry, go on, answer."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import ClassVar, Generic

from ipywidgets import Button

from drkit.errors import DrkitError, InputError, LeaseHeldError
from drkit.execution import Action, Run, RunPhase, RunState, StepState
from drkit.forms.card import Card
from drkit.forms.holding import TakeOver
from drkit.forms.live import Live, in_vscode
from drkit.forms.markup import Text
from drkit.forms.progress import RunObserver, counts, headline, remaining, results_table, steps_table
from drkit.forms.questions import Questions, RunCommand
from drkit.forms.wizard import State
from drkit.runbooks import AnySession, Objection
from drkit.showing import count, first_few

_ASKED = {Action.APPROVE, Action.RESOLVE, Action.LOOK_AGAIN}
STATES = {
    RunPhase.RUNNING: State.WORKING,
    RunPhase.WAITING_FOR_OPERATOR: State.READY,
    RunPhase.DONE: State.DONE,
    RunPhase.FAILED: State.FAILED,
    RunPhase.STOPPED: State.STOPPED,
    RunPhase.UNKNOWN: State.UNKNOWN,
}
"""How a run's phase looks on a card."""

_SENTENCES = {
    RunPhase.RUNNING: "The service is at work.",
    RunPhase.WAITING_FOR_OPERATOR: "The run waits for your word below.",
    RunPhase.DONE: "Everything is done.",
    RunPhase.FAILED: "Not everything was done. Read what to do beside each step, then retry.",
    RunPhase.STOPPED: "Nothing more is sent or watched. What was under way goes on at the service.",
    RunPhase.UNKNOWN: "What became of a step is not known. Look again, or say what you know.",
}


class RunCard(Card, Generic[AnySession]):
    """Watches the run of a session and shows it.

    It turns its runbook with each turn of the run: a new phase, or other questions to the operator.
    """

    key, always_shown = "run", True
    title: ClassVar[str] = "Carry it out and watch"

    def __init__(self, session: AnySession) -> None:
        self.session = session
        self.watcher: RunObserver | None = None
        self._turn: object = None
        self.head, self.table = Live(spoken="polite"), Live().add_class("drkit-steps")
        self.questions = Questions(self.tell)
        self.stop = Button(description="Stop", button_style="warning").add_class("drkit-apart")
        self.stop.on_click(lambda _: self.tell(Run.stop))
        self.takeover = TakeOver()
        self.again: tuple[StepState, ...] = ()
        asides = [*self.exits(), self.stop]
        super().__init__([self.head, self.questions, self.table, self.takeover], asides=asides)

    def exits(self) -> Sequence[Button]:
        """Further buttons that lead out of a run that ended badly."""
        return ()

    def show_exits(self, state: RunState) -> None:
        """Show those of them that lead out of this state."""

    def forget(self) -> None:
        """Nothing of a former run stands here any more."""
        for each in (self.head, self.table):
            each.show("")
        self.questions.ask(())

    def prepare(self) -> None:
        """Show the current run from now on, until it has ended."""
        self.leave()
        self.takeover.ask(())
        if run := self.session.run:
            self.book.turn(self.book.wizard.mark_sent().begin(self.key))
            self.watcher = RunObserver(run, self.session.clock, self._show, self.complain)

    def work(self) -> None:
        """Go on: retry what failed, or resume what was stopped."""
        run = self.session.run
        if run is None:
            raise InputError("There is no run to go on with.")
        if run.state().phase == RunPhase.STOPPED:
            try:
                self.session.resume(run.id, takeover=self.takeover.wanted)
            except LeaseHeldError as error:
                self.takeover.ask([str(error)])
                raise
        else:
            for each in self.again:
                run.retry(each.key)
        self.prepare()

    def leave(self) -> None:
        """Look no more; a run that is under way goes on."""
        if self.watcher:
            self.watcher.leave()
        self.watcher, self._turn = None, None

    def tell(self, command: RunCommand) -> None:
        """Have the run do something, on the engine; one that had come to rest is watched again."""
        if run := self.session.run:
            self.later(lambda: self._do(run, command))

    def _do(self, run: Run, command: RunCommand) -> None:
        command(run)
        if self.watcher is None or self.watcher.through:
            self.prepare()

    def left(self, state: RunState, now: datetime) -> str:
        """What remains, in a few words."""
        return remaining(state, now)

    def _show(self, state: RunState) -> None:
        now = state.now(self.session.clock)
        self.head.show(headline(state, now, self.left(state, now)))
        self.table.show(steps_table(state, now, {each.key for each in asked(state)}))
        turn = (state.run_id, state.phase, tuple((each.key, each.actions) for each in asked(state)))
        if turn != self._turn:
            self._turn = turn
            self.later(lambda: self._take_turn(state))

    def _take_turn(self, state: RunState) -> None:
        self.stop.layout.display = "" if state.phase.alive else "none"
        self.questions.ask(asked(state))
        self.say(self._judge_again(state))
        self.relabel(_button(state, len(self.again)))
        self.show_exits(state)
        wizard = self.book.wizard
        if state.phase == RunPhase.DONE:
            self.book.done(self, counts(state))
        elif state.phase == RunPhase.RUNNING:
            self.book.turn(wizard.begin(self.key))
        elif state.phase == RunPhase.WAITING_FOR_OPERATOR:
            self.book.turn(wizard.refuse(self.key, ""))
        else:
            self.book.turn(wizard.end(self.key, STATES[state.phase], counts(state)))

    def _judge_again(self, state: RunState) -> Text:
        """Which steps can be tried again now, as a new reading has it; what to do, in a sentence."""
        self.again = () if state.phase.alive else retriable(state)
        refused: Mapping[str, tuple[Objection, ...]] = {}
        if self.again and state.phase is not RunPhase.STOPPED:
            with suppress(DrkitError):  # where nothing can be read, the try itself says so
                refused = self.session.started.refused_again()
        self.again = tuple(each for each in self.again if each.key not in refused)
        if refused:
            reasons = first_few((each.judged for many in refused.values() for each in many), between=" ")
            return f"Not everything was done, and trying again is closed now. {reasons}"
        if state.phase is RunPhase.FAILED and not self.again:
            return "Not everything was done. What leads on stands below."
        if state.phase is RunPhase.RUNNING:
            stays = "Leave this window open: VS Code may end the kernel, and the watching, with it."
            goes_on = "This page may be closed or loaded again: the run goes on."
            return f"{_SENTENCES[state.phase]} {stays if in_vscode() else goes_on}"
        return _SENTENCES[state.phase]


class ResultCard(Card, Generic[AnySession]):
    """What became of the run of a session: its table, and what else a subclass has `below`."""

    key, title, stays_open, always_shown = "result", "Result", True, True
    more: ClassVar[str] = "Begin anew"

    def __init__(self, session: AnySession, *below: Live) -> None:
        self.session, self.outcome = session, Live()
        self.parts: tuple[Live, ...] = (self.outcome, *below)
        self.anew = Button(description=self.more)
        super().__init__(self.parts, asides=[self.anew], first=self.anew)

    def forget(self) -> None:
        """Nothing of a former run stands here any more."""
        for each in self.parts:
            each.show("")

    def _show_outcome(self) -> RunState:
        state = self.session.started.state()
        self.outcome.show(results_table(state))
        return state

    def _close(self, state: RunState) -> None:
        """The run has ended so; where it is kept."""
        line = f"{counts(state)}; kept as run {state.run_id}"
        self.book.turn(self.book.wizard.end(self.key, STATES[state.phase], line))


def _button(state: RunState, again: int) -> str:
    if state.phase == RunPhase.STOPPED:
        return "Go on with the run"
    return f"Retry {count(again, 'step that was not done', 'steps that were not done')}" if again else ""


def retriable(state: RunState) -> tuple[StepState, ...]:
    """The steps that can be tried again."""
    return tuple(each for each in state.steps if Action.RETRY in each.actions)


def asked(state: RunState) -> tuple[StepState, ...]:
    """The steps that wait for a word of the operator."""
    return tuple(each for each in state.steps if not _ASKED.isdisjoint(each.actions))
