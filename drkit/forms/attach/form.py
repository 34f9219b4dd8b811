"""The attach runbook on the screen: its six cards over one session."""

from collections.abc import Mapping, Sequence
from contextlib import suppress

from ipywidgets import Button
from markupsafe import Markup

from drkit.errors import DrkitError
from drkit.execution import RunPhase, RunState, StepPhase
from drkit.forms.attach import words
from drkit.forms.attach.cards import ChooseInstanceCard, ConfirmAttachCard, PickCard, PlanCard
from drkit.forms.card import Card
from drkit.forms.form import RunbookForm
from drkit.forms.live import Live
from drkit.forms.markup import Text
from drkit.forms.progress import report_words
from drkit.forms.running import ResultCard, RunCard
from drkit.runbooks import AttachRequest, AttachSession
from drkit.showing import count


class AttachRunCard(RunCard[AttachSession]):
    """Watching the attachment; what stuck on its way is detached and attached again from here."""

    title = "Attach and watch"

    def exits(self) -> Sequence[Button]:
        """To detach and attach again."""
        self.once_more = Button(description="Detach and attach again")
        self.once_more.layout.display = "none"
        self.once_more.on_click(lambda _: self.later(self._once_more))
        return (self.once_more,)

    def show_exits(self, state: RunState) -> None:
        """The button, where a pair of the run is stuck."""
        stuck: Mapping[tuple[str, str], str] = {}
        if state.phase in {RunPhase.FAILED, RunPhase.STOPPED, RunPhase.UNKNOWN}:
            with suppress(DrkitError):  # where nothing can be read, the card says so beside what was pressed
                self.session.read_again()
                stuck = self.session.broken_off(state)
        self.once_more.layout.display = "" if stuck else "none"
        self.once_more.description = f"Detach and attach again: {count(len(stuck), 'pair')}"

    def _once_more(self) -> None:
        line = f"of run {self.session.started.id}"
        self.session.plan_again()
        self.leave()
        self.once_more.layout.display = "none"
        for key in ("plan", "confirm"):  # one after the other: the plan's words stand in the last one
            self.book.turn(self.book.wizard.skip_to(key, line, sent=False))


class AttachResultCard(ResultCard[AttachSession]):
    """What became of each pair, and what is attached to each instance now."""

    more = "Attach more pairs"

    def __init__(self, session: AttachSession) -> None:
        self.attached, self.report, self.former = Live(), Live(), Live()
        super().__init__(session, self.attached, self.report, self.former)
        self.parts = self.parts[:-1]  # what was before that is not forgotten

    def forget(self) -> None:
        """Nothing of a former run stands here, but that it was and where its report is."""
        if self.report.value:
            self.former.show(Markup("<h4>Before that</h4>") + Markup(self.report.value))  # noqa: S704 (shown already)
        super().forget()

    def prepare(self) -> None:
        """Show the result table, then read the attachments once more."""
        state = self._show_outcome()
        self.attached.show("Reading what is attached now…")
        self.session.read_again()
        done = {each.key for each in state.steps if each.phase == StepPhase.DONE}
        changes = [step.change for step in state.plan.steps if step.change and step.key in done]
        new = [(change.instance_id, change.pair_id) for change in changes]
        self.attached.show(words.attached_now(self.session.reading, self.session.instances, new))
        record = self.session.record
        record.write()
        self.report.show(report_words(state.run_id, state.plan.title, record.written))
        self._close(state)


class AttachForm(RunbookForm[AttachSession, AttachRequest]):
    """Leads through attaching pairs to instances; each step's method gives the card for its cell."""

    name = "attach"

    def _cards(self) -> Sequence[Card]:
        session, result = self.session, AttachResultCard(self.session)
        result.anew.on_click(lambda _: self.restart(session.request))
        choosing = [ChooseInstanceCard(session), PickCard(session), PlanCard(session)]
        return [*choosing, ConfirmAttachCard(session), AttachRunCard(session), result]

    def _places(self) -> Mapping[str, Text]:
        return {"group": self.session.reading.called(self.session.group.id)}

    def pick(self) -> Card:
        """Step 2: which pairs."""
        return self.book.cards["pick"]

    def plan(self) -> Card:
        """Step 3: the plan and its device names."""
        return self.book.cards["plan"]
