"""Who holds a group, wherever one comes to it, with the box to take it over."""

from collections.abc import Sequence

from ipywidgets import Checkbox, Layout, VBox

from drkit.forms.live import Live
from drkit.forms.markup import Text, lines
from drkit.runbooks import Objection


def held_words(held: Objection) -> str:
    """Who holds a group, since when, doing what."""
    return f"{held.subject[:1].upper()}{held.subject[1:]} is {held.found}."


class TakeOver(VBox):
    """Says who holds a group and offers to take it over; hidden while nobody does."""

    def __init__(self) -> None:
        self.runs: frozenset[str] = frozenset()
        self.who = Live(spoken="polite")
        self.box = Checkbox(
            description="Nobody is behind that run any more: take the group over",
            indent=False,
            layout=Layout(width="auto"),
        )
        super().__init__([self.who, self.box])
        self.add_class("drkit-note")
        self.ask(())

    def ask(self, held: Sequence[Text], runs: frozenset[str] = frozenset()) -> None:
        """Say these sentences, and offer the box; none takes both away. It stays ticked for the same runs."""
        self.who.show(lines(held))
        if not held or runs != self.runs:
            self.box.value = False
        self.runs = runs
        self.layout.display = "" if held else "none"

    @property
    def wanted(self) -> bool:
        """Whether the group is to be taken over."""
        return bool(self.box.value)
