"""The last question before something is sent: the name of the group, typed."""

from collections.abc import Callable

from ipywidgets import Text as TextField
from ipywidgets import VBox
from markupsafe import Markup

from drkit.forms.live import Live


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

    def ask(self, *names: str) -> None:
        """Ask for these names, joined by a comma and a space; what was typed before is gone."""
        self._wanted = ", ".join(names)
        what = "the name of the group" if len(names) == 1 else "the names of the groups, as they stand here"
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
