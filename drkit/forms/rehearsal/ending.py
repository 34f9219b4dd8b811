"""The last step of a rehearsal: the verdict, what is left, the ways out, findings, the report."""

from collections.abc import Callable, Iterable

from ipywidgets import Button, Combobox, DatePicker, Dropdown, HBox, Layout, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import InputError
from drkit.execution import Finding, RunPhase, RunState
from drkit.forms.card import Card
from drkit.forms.live import Live
from drkit.forms.markup import chip, lines
from drkit.forms.progress import results_table
from drkit.forms.rehearsal import words
from drkit.plan import Offer, RunbookKind, WayOut
from drkit.report import Evidence
from drkit.runbooks import RehearsalRequest, RehearsalSession

_NEXT = {
    RunbookKind.PLANNED_FAILOVER: RunbookKind.FAILBACK,
    RunbookKind.FAILOVER: RunbookKind.REPROTECT,
    RunbookKind.REPROTECT: RunbookKind.FAILBACK,
}
"""What usually follows a rehearsal that went well."""

_LASTING = {RunbookKind.FAILOVER, RunbookKind.REPROTECT}
"""What cannot be undone; red means that."""


class Findings(HBox):
    """Something to put right: what, who, until when."""

    def __init__(self, note: Callable[[], object]) -> None:
        self.what = TextField(
            description="Finding",
            placeholder="a finding: what has to be put right",
            layout=Layout(width="420px"),
        )
        self.owner = TextField(description="Who", placeholder="who does it", layout=Layout(width="170px"))
        self.due = DatePicker(description="Due", layout=Layout(width="160px"))
        for each in (self.what, self.owner, self.due):
            each.add_class("drkit-spoken-label")
        self.button = Button(description="Note the finding")
        self.button.on_click(lambda _: note())
        super().__init__([self.what, self.owner, self.due, self.button])
        self.add_class("drkit-line-of-fields")

    def empty(self) -> None:
        """Ready for the next one."""
        self.what.value, self.owner.value, self.due.value = "", "", None


class Closing(HBox):
    """A finding that was put right, and how."""

    def __init__(self, close: Callable[[], object]) -> None:
        self.which = Dropdown(options=(), description="Finding", layout=Layout(width="420px"))
        self.outcome = TextField(
            description="How", placeholder="how it was put right", layout=Layout(width="340px")
        )
        for each in (self.which, self.outcome):
            each.add_class("drkit-spoken-label")
        self.button = Button(description="Close the finding")
        self.button.on_click(lambda _: close())
        super().__init__([self.which, self.outcome, self.button])
        self.add_class("drkit-line-of-fields")

    def offer(self, findings: Iterable[Finding]) -> None:
        """Those that can be closed; nothing is shown where there are none."""
        still = [(f"{each.number}. {each.text}", each.number) for each in findings if each.open]
        self.which.options = still
        self.which.value = still[0][1] if still else None
        self.layout.display = "" if still else "none"


class Acceptance(HBox):
    """The word of somebody on the record as a whole."""

    def __init__(self, sign: Callable[[bool], object]) -> None:
        self.who = Combobox(
            description="Who signs",
            placeholder="who signs",
            ensure_option=False,
            layout=Layout(width="170px"),
        )
        self.note = TextField(
            description="Note",
            placeholder="note; needed where it is not accepted",
            layout=Layout(width="420px"),
        )
        for each in (self.who, self.note):
            each.add_class("drkit-spoken-label")
        self.accept = Button(description="Accept the record", button_style="success")
        self.refuse = Button(description="Do not accept it", button_style="warning")
        self.accept.on_click(lambda _: sign(True))
        self.refuse.on_click(lambda _: sign(False))
        super().__init__([self.note, self.who, self.accept, self.refuse])
        self.add_class("drkit-line-of-fields")


class RehearsalResultCard(Card):
    """What became of it; on a failure, the ways out, each with its consequences."""

    key, title, always_shown, stays_open = "result", "Result", True, True

    def __init__(
        self,
        session: RehearsalSession,
        go_on: Callable[[RehearsalRequest], object],
        resume: Callable[[], object],
    ) -> None:
        self.session, self._go_on, self._resume = session, go_on, resume
        self.verdict, self.clocks, self.details, self.report = Live(), Live(), Live(), Live()
        self.exits = VBox().add_class("drkit-exits")
        self.findings = Findings(lambda: self.later(self._note))
        self.closing = Closing(lambda: self.later(self._close))
        self.acceptance = Acceptance(lambda accepted: self.later(lambda: self._sign(accepted=accepted)))
        self.next = Button(button_style="primary")
        self.next.on_click(lambda _: self.later(self._next))
        self.anew = Button(description="Begin anew")
        self.anew.on_click(lambda _: self._go_on(self.session.request))
        shown = [self.verdict, self.exits, self.clocks, self.details]
        record = [self.report, self.findings, self.closing, self.acceptance]
        super().__init__([*shown, *record], asides=[self.next, self.anew])

    def forget(self) -> None:
        """Nothing of a former run stands here any more."""
        for each in (self.verdict, self.clocks, self.details, self.report):
            each.show("")
        self.exits.children = []
        self.next.layout.display = "none"

    def prepare(self) -> None:
        """Show the verdict at once, then read the groups anew for the ways out."""
        run = self.session.run
        if run is None:
            return
        state, evidence = run.state(), self.session.record.evidence
        self._show(state, evidence)
        self.session.record.write()
        self._show_report(evidence)
        if state.phase is RunPhase.DONE:
            self.exits.children = []
            self.book.done(self, evidence.verdict.words)
        else:
            self._show_exits(state)

    def _show(self, state: RunState, evidence: Evidence) -> None:
        self.verdict.show(words.verdict_words(evidence))
        now = state.now(self.session.clock)
        # The record ends with the run; where the service is not back its clock goes on, and is shown so.
        live = {each.group_id: each for each in self.session.clocks_of(self.session.started)}
        shown = [each if each.until else live.get(each.group_id, each) for each in evidence.clocks]
        self.clocks.show(words.clocks_words(shown, now, ended=True) + words.parts_words(shown))
        every = Markup("<details><summary>Every step</summary>{}</details>").format(results_table(state))
        self.details.show(words.details_words(evidence) + every)
        self._show_report(evidence)
        kind = _NEXT.get(self.session.kind)
        good = state.phase is RunPhase.DONE and kind is not None
        self.next.layout.display = "" if good else "none"
        self.next.description = f"Go on: {kind.words}" if kind else ""

    def _show_report(self, evidence: Evidence) -> None:
        fixed = evidence.objectives
        self.acceptance.who.options = list(fixed.participants) if fixed else []
        self.closing.offer(evidence.findings)
        self.report.show(words.record_words(evidence, self.session.record.written))

    def _show_exits(self, state: RunState) -> None:
        drilled = (
            self.session.kind is RunbookKind.DRILL
        )  # its servers answer, and are to be cleaned up all the same
        clocks = () if drilled else self.session.record.evidence.clocks
        recovered = {each.group_id for each in clocks if each.until}
        rows: list[Live | VBox] = []
        now = list[Offer]()
        if state.phase is RunPhase.STOPPED:
            rows.append(self._going_on())
        sent = {
            step.group_id
            for step, shown in zip(state.plan.steps, state.steps, strict=True)
            if step.change and shown.attempts
        }
        for key, name in state.plan.groups:
            if key in recovered:
                continue
            if key not in sent:
                rows.append(Live(words.untouched_words(name)))
                continue
            stands, ways, openers = self.session.ways_out(key)
            rows.append(Live(Markup("<h4>{}: ways out</h4>{}").format(name, lines(stands))))
            rows += [self._way(key, each) for each in ways]
            now += [*(each.offer for each in ways if each.legal and not each.kind), *openers]
        self.exits.children = rows
        self.offer(now)

    def after_a_way(self) -> None:
        """Read the groups anew for the ways out. On any thread."""
        self.later(lambda: self._show_exits(self.session.started.state()))

    def _going_on(self) -> VBox:
        """Go on with the run that was stopped: what it was for is still open."""
        words_of = Markup("{} <b>{}</b><br>{}").format(
            chip("open", "done"),
            "go on with the run",
            "What was sent is watched again, and what was not sent has its turn.",
        )
        button = Button(description="Go on with the run", button_style="primary")
        button.on_click(lambda _: self._resume())
        way = VBox([Live(words_of), button])
        way.add_class("drkit-way")
        return way

    def _way(self, group_id: str, way: WayOut) -> VBox:
        shown = VBox([Live(words.way_words(way))])
        shown.add_class("drkit-way")
        if way.legal and way.kind:
            kind = way.kind
            drill = way.change.drill_id if way.change and kind is RunbookKind.CLEANUP else ""
            style = "danger" if kind in _LASTING else "warning" if kind is RunbookKind.CLEANUP else "primary"
            button = Button(description=f"Go this way: {way.name}", button_style=style)
            button.on_click(lambda _: self.later(lambda: self._take(kind, group_id, drill)))
            shown.children = [*shown.children, button]
        return shown

    def _take(self, kind: RunbookKind, group_id: str, drill: str) -> None:
        self._go_on(self.session.follow(kind, [group_id], [drill] if drill else []))

    def _next(self) -> None:
        groups = [key for key, _ in self.session.drafted.groups]
        self._go_on(self.session.follow(_NEXT[self.session.kind], groups))

    def _note(self) -> None:
        form = self.findings
        if form.due.value is None:
            raise InputError("Say until when it has to be put right.")
        self.session.record.add_finding(form.what.value, form.owner.value, form.due.value)
        form.empty()
        self._recorded()

    def _close(self) -> None:
        form = self.closing
        if form.which.value is None:
            raise InputError("There is no open finding.")
        self.session.record.close_finding(form.which.value, form.outcome.value)
        form.outcome.value = ""
        self._recorded()

    def _sign(self, *, accepted: bool) -> None:
        form = self.acceptance
        self.session.record.sign_off(form.who.value, accepted=accepted, note=form.note.value)
        form.note.value = ""
        self._recorded()

    def _recorded(self) -> None:
        self.complain("")
        self._show_report(self.session.record.evidence)
