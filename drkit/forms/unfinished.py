"""The first card of a runbook, as far as every runbook has it: it offers to go on with unfinished runs."""

from collections.abc import Sequence
from typing import Generic

from ipywidgets import Button, DOMWidget, HBox, VBox
from markupsafe import Markup

from drkit.errors import DrkitError, LeaseHeldError
from drkit.forms.card import Card
from drkit.forms.holding import TakeOver
from drkit.forms.live import Live
from drkit.forms.markup import chip, moment
from drkit.runbooks import AnySession, RunRow


class FirstCard(Card, Generic[AnySession]):
    """What a runbook is about is chosen here, or a run that nobody brought to its end is gone on with."""

    key = "choose"

    def __init__(
        self,
        session: AnySession,
        content: Sequence[DOMWidget],
        *,
        asides: Sequence[DOMWidget] = (),
        first: DOMWidget | None = None,
    ) -> None:
        self.session, self.unfinished = session, VBox()
        super().__init__([self.unfinished, *content], asides=asides, first=first)

    def prepare(self) -> None:
        """Offer no run until it was read which are unfinished; a subclass goes on from here."""
        self.unfinished.children = []

    def offer_runs(self) -> bool:
        """Offer the unfinished runs; one that the parameters name is gone on with, which is told."""
        self.unfinished.children = [self._offer(run) for run in self.session.unfinished()]
        if run_id := self.session.request.run:
            self._go_on(run_id)
        return bool(run_id)

    def _offer(self, run: RunRow) -> VBox:
        button, takeover = Button(description="Go on with it"), TakeOver()
        takeover.ask([_held_by(run)] if run.held_by else ())
        error = Live(spoken="assertive").add_class("drkit-error")

        def go_on() -> None:
            error.show("")
            try:
                self._go_on(run.id, takeover=takeover)
            except LeaseHeldError:
                pass  # the box to take it over says who holds it
            except DrkitError as refused:
                error.show(str(refused))

        button.on_click(lambda _: self.later(go_on))
        row = VBox([HBox([Live(unfinished_run(run)), button]), takeover, error])
        row.add_class("drkit-note")
        return row

    def _go_on(self, run_id: str, *, takeover: TakeOver | None = None) -> None:
        try:
            self.session.resume(run_id, takeover=bool(takeover and takeover.wanted))
        except LeaseHeldError as error:
            if takeover:
                takeover.ask([str(error)])
            raise
        finally:
            if self.session.run:  # it goes on, also where what it is about could not be read
                self.book.turn(self.book.wizard.skip_to("run", f"done before, in run {run_id}"))


def _held_by(run: RunRow) -> str:
    return f"It is driven by {run.held_by}."


def unfinished_run(run: RunRow) -> Markup:
    """A run that nobody brought to its end."""
    who = "" if run.held_by else " Nobody drives it now."
    return Markup("{} <b>{}</b> in {}, begun at {}, last heard of at {}.{} Run {}.").format(
        chip(run.state, "working" if run.held_by else "unknown"),
        run.title,
        ", ".join(name for _, name in run.groups),
        moment(run.started_at),
        moment(run.last_at),
        who,
        run.id,
    )
