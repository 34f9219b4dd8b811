"""The last question before something is sent: the whole plan, and the name of the group, typed."""

from collections.abc import Callable, Sequence
from typing import ClassVar, Generic

from ipywidgets import DOMWidget, VBox
from ipywidgets import Text as TextField
from markupsafe import Markup

from drkit.errors import LeaseHeldError, StalePlanError
from drkit.forms.card import Card
from drkit.forms.holding import TakeOver
from drkit.forms.live import Live
from drkit.runbooks import AnySession, gives_up


class TypedName(VBox):
    """A field that fits when the wanted name stands in it; `on_type` is told of each change."""

    def __init__(self, on_type: Callable[[], object]) -> None:
        self._wanted = ""
        self._ask, self.hint = Live(), Live(spoken="polite").add_class("drkit-quiet")
        self.field = TextField(
            description="Name of the group", placeholder="the name, as it is spelled above"
        )
        self.field.add_class("drkit-typed").add_class("drkit-spoken-label")
        self.field.observe(lambda _: self._typed(on_type), "value")
        super().__init__([self._ask, self.field, self.hint])

    def ask(self, *names: str, thing: str = "") -> None:
        """Ask for these names, joined by a comma and a space; what was typed before is gone.

        `thing` says what has them, where it is no group.
        """
        self._wanted = ", ".join(names)
        what = "the name of the group" if len(names) == 1 else "the names of the groups, as they stand here"
        what = thing or what
        self._ask.show(Markup("To go ahead, type {}: <b><code>{}</code></b>").format(what, self._wanted))
        self.field.value = ""
        self.hint.show("")

    @property
    def fits(self) -> bool:
        """Whether the typed name is the wanted one."""
        return bool(self._wanted) and self.field.value == self._wanted

    def _typed(self, on_type: Callable[[], object]) -> None:
        typed = self.field.value
        almost = typed.strip().casefold() == self._wanted.casefold()
        hint = "Upper and lower case and spaces count." if almost else "That is not the name yet."
        self.hint.show("✓ The name fits." if self.fits else hint if typed else "")
        on_type()


class ConfirmCard(Card, Generic[AnySession]):
    """The whole plan once more, and the names of its groups, typed; a subclass has its `_plan_words`.

    Its button is red where something is given up for good. `stale` says what to do when the world has changed
    since; `options` are further fields. `_fail_fast`: the first failure holds back what was not sent. A plan
    that is `read_first` has the keyboard stay at the top, for it is to be read before the name is typed.
    """

    key = "confirm"
    stale: ClassVar[str]
    read_first: ClassVar[bool] = False

    def __init__(self, session: AnySession, options: Sequence[DOMWidget] = ()) -> None:
        self.session = session
        self.whole = Live()
        self.takeover = TakeOver()
        self.name = TypedName(self._allow)
        self._held = ""  # why the profile lets nothing of it leave
        super().__init__([self.whole, *options, self.takeover, self.name], first=self.name.field)

    def _plan_words(self) -> Markup:
        raise NotImplementedError

    def _fail_fast(self) -> bool:
        return False

    def prepare(self) -> None:
        """Show the whole plan and ask for the names."""
        plan = self.session.drafted
        where = "on the practice range" if plan.backend.practice else f"for real, in {plan.backend.label}"
        self._held = self.session.site.refusal(plan)
        over = f" The group is taken over from run {', '.join(sorted(self.session.takeover))}."
        told = Markup("This is what will be done <b>{}</b>. Read it once more.{}")
        self.say(
            Markup("This is what would be done <b>{}</b>. {}").format(where, self._held)
            if self._held
            else told.format(where, over if self.session.takeover else "")
        )
        self.whole.show(self._plan_words())
        self.takeover.ask(())
        self.primary.button_style = "danger" if gives_up(plan) else "primary"
        self.name.ask(*(name for _, name in plan.groups))
        self._allow()

    def work(self) -> str:
        """Start the run: the world is read once more, then the first changes are sent."""
        shown, typed = self._plan_words(), self.name.field.value
        try:
            run = self.session.start(typed, fail_fast=self._fail_fast(), takeover=self.takeover.wanted)
        except LeaseHeldError as error:
            self.takeover.ask([str(error)])
            raise
        except StalePlanError as error:
            raise StalePlanError(f"{error}\n{self.stale}", error.objections, steps=error.steps) from error
        self.detail.show(shown)
        return f"confirmed as run {run.id}"

    def focus_first(self) -> None:
        """Put the keyboard's focus where the card begins: on its top, or on the field for the name."""
        if self.read_first:
            self.toggle.focus()
        else:
            super().focus_first()

    def after_a_way(self) -> None:
        """Show the plan once more, for another yes. On any thread."""
        self.later(self.prepare)
        self.later(self.pardon)

    def _allow(self) -> None:
        self.primary.disabled = bool(self._held) or not self.name.fits
